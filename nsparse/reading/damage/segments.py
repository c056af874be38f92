"""Which lines of a text belong together: from one that begins something to the next that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile, zip_longest
from typing import NamedTuple

from nsparse.reading.damage.folds import Fold, fold_of
from nsparse.reading.damage.readings import odd
from nsparse.reading.damage.sense import Sense
from nsparse.reading.tables import noise, times
from nsparse.reading.texts.text import BLANKS

PARTS = 20
"""A row with all that `ss` says of a socket has a thousand characters, 16 lines of 66."""

REMEMBERED = 1024
"""Of so many lines it is remembered whether they begin something: each is asked for by 20 above."""

AROUND, BESIDE = 1024, 64
"""So many lines are looked at together to see how they were broken, and of their neighbours."""


class Around(NamedTuple):
    """The lines around one: what all begin with, how they were broken, how long the longest is."""

    front: str
    fold: Fold
    longest: int


class _Told(NamedTuple):
    """What a line tells of whether it is the first of something.

    Attributes:
        alone: Whether it is.
        ends: Whether it is a damaged row below another, as it names both ends of a socket.
        opens: Whether it is the first of something below what rows do not begin with.
    """

    alone: bool
    ends: bool
    opens: bool


class _Stretch(NamedTuple):
    """Lines around one up to empty ones, without marks of quoting, and of which block they are."""

    block: int
    marks: str
    first: int
    texts: list[str]

    def holds(self, at: int) -> bool:
        """Whether a line is one of them."""
        return self.first <= at < self.first + len(self.texts)


@dataclass
class Segments:
    """The lines of a text, by what begins where.

    Attributes:
        lines: The lines of the text.
        sense: What they say here.
        bare: A line without what stands around all of them.
    """

    lines: Sequence[str | None]
    sense: Sense
    bare: Callable[[str], str]
    _known: dict[tuple[int, int, tuple[str, ...]], Around] = field(default_factory=dict)
    _last: _Stretch | None = None
    _rule: tuple[str, Fold] | None = None
    _asked: tuple[object, ...] = ()
    _begun: dict[str, _Told] = field(default_factory=dict)

    def line(self, number: int, front: str) -> str:
        """A line without what stands around it; empty where there is none."""
        raw = self.lines[number - 1] if number <= len(self.lines) else None
        return self.bare(without(raw, front))

    def of(self, number: int, front: str) -> list[str]:
        """A line and those below that begin nothing."""
        raws = self.lines[number - 1 : number + PARTS]
        texts = [self.bare(without(raw, front)) for raw in raws]
        empty = (at for at, text in enumerate(texts) if not text.strip(BLANKS))
        return next(self._parted(texts[: next(empty, PARTS)]), [])

    def begins(self, text: str, above: str) -> bool:
        """Whether a line is the first of something, and no rest of the one that begins above."""
        told = self._told(text)
        if told.alone or (told.ends and noise.holds_two_ends(above)):
            return True
        return told.opens and not self.sense.floor.begins(above.strip(BLANKS))

    def _told(self, text: str) -> _Told:
        """What a line tells of whether it is the first of something, whatever stands above."""
        floor = self.sense.floor
        speakers = floor.table.speakers if floor.table else ()
        asked = tuple(floor.near), speakers, self.sense.headed
        if asked != self._asked or len(self._begun) >= REMEMBERED:
            self._asked, self._begun = asked, {}
        if text not in self._begun:
            inner = text.strip(BLANKS)
            alone = self._begins_alone(text, inner)
            ends, opens = noise.holds_two_ends(inner), self.sense.opens(inner)
            self._begun[text] = _Told(alone, ends=ends, opens=opens)
        return self._begun[text]

    def _begins_alone(self, text: str, inner: str) -> bool:
        """Whether a line is the first of something by itself."""
        floor = self.sense.floor
        if text.startswith("\t") or floor.begins(inner) or self.sense.is_row(inner):
            return True
        if any(floor.claiming(kind, inner) for kind in ("header", "banner", "skip")):
            return True
        if floor.claiming("message", inner, floor.near):
            return True
        beside = noise.known(inner) or noise.prompt(inner, strict=True) or times.moment(inner)
        return bool(beside) or times.clock(inner)

    def around(self, number: int, marks: str) -> Around:
        """What the lines around one show, up to empty ones."""
        found = self._stretch(number - 1, marks)
        names = tuple(voice.dialect.name for voice in self.sense.floor.near)
        key = (found.first, len(found.texts), names)
        if key not in self._known:
            indent = _indent(found.texts)
            front = marks + indent
            texts = [self.bare(text) for text in _without(found.texts, indent)]
            segments = list(self._several(texts))
            fold = fold_of(segments, lambda text: -odd(self.sense.reads(text)))
            self._known[key] = Around(
                front, self._as_above(front, fold, segments), max(len(text) for text in texts)
            )
        return self._known[key]

    def _as_above(self, front: str, fold: Fold, segments: Sequence[Sequence[str]]) -> Fold:
        """How lines were broken that are too few to show it: as those before, if they fit that.

        Rows that end in blanks end their wrap in what looks like an empty line.
        """
        if fold.width:
            self._rule = front, fold
        elif self._rule is not None and self._rule[0] == front:
            rule = self._rule[1]
            breaks = [pair for segment in segments for pair in pairwise(segment)]
            shown = any(rule.broke(*pair) for pair in breaks)
            if shown and all(rule.may_have_broken(*pair) for pair in breaks):
                return rule
        return fold

    def _stretch(self, at: int, marks: str) -> _Stretch:
        """From which line to which none around one is empty, not further than the next block."""
        block, known = at // AROUND, self._last
        if known is not None and known[:2] == (block, marks) and known.holds(at):
            return known
        least = max(block * AROUND - BESIDE, 0)
        texts = _without(self.lines[least : (block + 1) * AROUND + BESIDE], marks)
        here = at - least
        above = takewhile(texts.__getitem__, range(here - 1, -1, -1))
        below = takewhile(texts.__getitem__, range(here, len(texts)))
        first, last = min(above, default=here), max(below, default=here - 1) + 1
        self._last = _Stretch(block, marks, least + first, texts[first:last])
        return self._last

    def _several(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Lines from one beginning to the next, where these are not one line, as most are."""
        stripped = [text.strip(BLANKS) for text in texts]
        others: Sequence[int] = range(len(texts))
        for voice in self.sense.floor.near:
            match = voice.opening.match
            others = [at for at in others if match(stripped[at]) is None]
        rows = sorted({*range(len(texts))}.difference(others))
        if not all(texts):
            rows = []  # behind nothing a row is no beginning
        for above, below in pairwise([*([] if rows[:1] == [0] else [0]), *rows, len(texts)]):
            if below - above > 1:
                yield from self._parted(texts[above : below + 1])

    def _parted(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Lines from one beginning to the next."""
        segment: list[str] = []
        for text, below in zip_longest(texts, texts[1:], fillvalue=""):
            first = segment[0] if segment else ""
            if first and (self.begins(text, first) or self._starts(first, text, below)):
                yield segment
                segment = []
            segment.append(text)
        yield segment

    def _starts(self, above: str, text: str, below: str) -> bool:
        """Whether a line is a row, with the next or alone, below one that no row begins with."""
        if self.sense.opens(above):
            return False
        texts = (text.strip(BLANKS), f"{text} {below}".strip(BLANKS), (text + below).strip(BLANKS))
        near = self.sense.floor.near
        return any(voice.reads(one, headed=True) for voice in near for one in texts)


def without(raw: str | None, front: str) -> str:
    """A line without what stands before it; empty where that is missing."""
    if not front:
        return raw or ""
    if raw is None or not raw.startswith(front.rstrip()):
        return ""
    return raw[len(front) :] if raw.startswith(front) else raw[len(front.rstrip()) :]


def _without(raws: Sequence[str | None], front: str) -> list[str]:
    """The same of several lines."""
    return [without(raw, front) for raw in raws] if front else [raw or "" for raw in raws]


def _indent(texts: Sequence[str]) -> str:
    """The blanks that all lines begin with."""
    if any(not text.startswith(" ") for text in texts):
        return ""
    return " " * min(len(text) - len(text.lstrip(" ")) for text in texts)
