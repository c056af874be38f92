"""Wrapped lines: a line is read with those below that are its rest, before it is read alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile, zip_longest
from typing import NamedTuple

from nsparse.reading import noise
from nsparse.reading.floor import Floor
from nsparse.reading.folds import Fold, fold_of
from nsparse.reading.readings import (
    Long,
    Reading,
    begins_as_rows_do,
    is_own,
    is_prose,
    is_second,
    odd,
    possible,
    says_more,
)
from nsparse.reading.tables import Voice
from nsparse.reading.text import BLANKS

PARTS = 20
"""A row with all that `ss` says of a socket has a thousand characters, 16 lines of 66."""

AROUND, BESIDE = 1024, 64
"""So many lines are looked at together to see how they were broken, and of their neighbours."""

HEADING_PARTS = 4
"""A heading is no longer."""

TERMINAL = 80
"""Terminals are at least so wide and wrap in the middle of a word; mailers before, at a blank."""

_QUOTED = re.compile(r"(?:> ?)+")


class Whole(NamedTuple):
    """Lines that are one.

    Attributes:
        lines: How many.
        text: What they say.
        doubt: Whether the line below may be its rest too, though nobody can read it so.
    """

    lines: int
    text: str
    doubt: bool


class _Around(NamedTuple):
    """The lines around one: what all begin with, how they were broken, how long the longest is."""

    front: str
    fold: Fold
    longest: int


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
class Wraps:
    """Finds the rest of a line in those below it.

    Attributes:
        lines: The lines of the text.
        floor: Who reads them.
        bare: A line without what stands around all of them.
    """

    lines: Sequence[str | None]
    floor: Floor
    bare: Callable[[str], str]
    _known: dict[tuple[int, int, tuple[str, ...]], _Around] = field(default_factory=dict)
    _last: _Stretch | None = None
    _rule: tuple[str, Fold] | None = None

    def whole(self, number: int) -> Whole | None:
        """The longest line that a line is with those below, or None where it can only be alone."""
        first = self.lines[number - 1] or ""
        marks = _marks(first)
        whole = self._whole(number, first, marks)
        return (marks and self._past(number, whole or Whole(1, first, doubt=False), marks)) or whole

    def _past(self, number: int, whole: Whole, marks: str) -> Whole | None:
        """A quoted text that was wrapped once more: the ends of its lines have no marks."""
        at = number + whole.lines - 1
        below = (self.lines[at] if at < len(self.lines) else None) or ""
        text = whole.text.removeprefix(marks)
        if not below.strip(BLANKS) or _marks(below) or self._begins(below, text):
            return None
        old = self._reads(text)
        for gap in (" ", ""):
            longer = text + gap + below.strip(BLANKS)
            new = self._reads(longer)
            if new is not None and odd(new) <= odd(old) and says_more(old, new):
                return Whole(whole.lines + 1, marks + longer, doubt=False)
        return None

    def _whole(self, number: int, first: str, marks: str) -> Whole | None:
        """The same, as far as the lines below have the same marks."""
        inner = _without(first, marks)
        below = _without(self.lines[number], marks) if number < len(self.lines) else ""
        if not (below.strip(BLANKS) and inner) or self._is_above_row(below):
            return None
        if not self._may_go_on(self.bare(inner)) or self._begins(self.bare(below), inner):
            return None
        if not self._goes_on(inner):
            return Whole(1, first, doubt=False)
        around = self._around(number, marks)
        if not around.fold.width and self._owned(inner, self.bare(below)):
            return None
        segment = self._segment(number, around.front)
        if len(segment) < 2:
            return None
        if not first.endswith(segment[0]):
            return Whole(1, first, doubt=True)
        readings = [
            self._longest(segment, way, sure=way is around.fold)
            for way in _ways(around.fold, segment)
        ]
        best = max(readings, key=lambda one: (one.lines > 1, one.rank))
        others = [
            one
            for one in readings
            if one is not best and (one.doubt or (one.rank == best.rank and one.says != best.says))
        ]
        near = Fold(around.longest).broke(*segment[:2])
        doubt = any(one.doubt for one in readings) and bool(around.fold.width or near)
        best = best._replace(doubt=doubt)
        if best.lines > 1 and others and best.matters:
            best = Long(1, segment[0], None, doubt=True)
        front = first[: len(first) - len(segment[0])]
        return Whole(best.lines, front + best.text, best.doubt)

    def _is_above_row(self, below: str) -> bool:
        """Whether the line below is a row like those above, as most are: that is told sooner."""
        return self.floor.begins(self.bare(below).strip(BLANKS))

    def _may_go_on(self, text: str) -> bool:
        """Whether a line may be the first part of a row, of what follows one, or of a heading."""
        inner = text.strip(BLANKS)
        if self._opens(inner) or (self.floor.table is not None and text != inner):
            return True
        if self.floor.near and noise.begins_with_end(inner):
            return True
        return not noise.holds_data(inner) and not any(map(str.isdecimal, inner.split()))

    def _goes_on(self, text: str) -> bool:
        """Whether what a line and more lines say may be a line of a table."""
        inner = text.strip(BLANKS)
        detail = self.floor.table is not None and text != inner
        return detail or self.bare(text) != text or self.floor.looks.of(inner).goes_on

    def _owned(self, text: str, below: str) -> bool:
        """Whether a line is a row, and the one below names its owner: nothing is left to join."""
        texts = text.strip(BLANKS), below.strip(BLANKS)
        return texts[1].startswith("[") and any(
            voice.match("owner", texts[1]) and voice.reads(texts[0], headed=True)
            for voice in self.floor.near
        )

    # ---- which lines belong together -----------------------------------------------------------

    def _segment(self, number: int, front: str) -> list[str]:
        """A line and those below that begin nothing."""
        raws = self.lines[number - 1 : number + PARTS]
        texts = [self.bare(_without(raw, front)) for raw in raws]
        empty = (at for at, text in enumerate(texts) if not text.strip(BLANKS))
        return next(self._segments(texts[: next(empty, PARTS)]), [])

    def _begins(self, text: str, above: str) -> bool:
        """Whether a line is the first of something, and no rest of the one that begins above."""
        inner = text.strip(BLANKS)
        if text.startswith("\t") or self.floor.begins(inner):
            return True
        if noise.holds_two_ends(inner) and noise.holds_two_ends(above):
            return True  # a damaged row
        if not self.floor.begins(above.strip(BLANKS)) and self._opens(inner):
            return True
        if any(self.floor.claiming(kind, inner) for kind in ("header", "banner", "skip")):
            return True
        if self.floor.claiming("message", inner, self.floor.near):
            return True
        beside = noise.known(inner) or noise.prompt(inner, strict=True) or noise.moment(inner)
        return bool(beside) or noise.clock(inner)

    def _around(self, number: int, marks: str) -> _Around:
        """What the lines around one show, up to empty ones."""
        found = self._stretch(number - 1, marks)
        key = (found.first, len(found.texts), tuple(v.dialect.name for v in self.floor.near))
        if key not in self._known:
            indent = " " * min(len(text) - len(text.lstrip(" ")) for text in found.texts)
            front = marks + indent
            texts = [self.bare(_without(text, indent)) for text in found.texts]
            segments = list(self._several(texts))
            fold = fold_of(segments, lambda text: -odd(self._reads(text)))
            self._known[key] = _Around(
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
        texts = [_without(raw, marks) for raw in self.lines[least : (block + 1) * AROUND + BESIDE]]
        above = takewhile(lambda n: texts[n], range(at - least - 1, -1, -1))
        below = takewhile(lambda n: texts[n], range(at - least, len(texts)))
        first, last = min(above, default=at - least), max(below, default=at - least - 1) + 1
        self._last = _Stretch(block, marks, least + first, texts[first:last])
        return self._last

    def _several(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Lines from one beginning to the next, where these are not one line, as most are."""
        openings = [voice.opening.match for voice in self.floor.near]
        stripped = [text.strip(BLANKS) for text in texts]
        rows = [at for at, text in enumerate(stripped) if any(match(text) for match in openings)]
        if not all(texts):
            rows = []  # behind nothing a row is no beginning
        for above, below in pairwise([*([] if rows[:1] == [0] else [0]), *rows, len(texts)]):
            if below - above > 1:
                yield from self._segments(texts[above : below + 1])

    def _segments(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """Lines from one beginning to the next."""
        segment: list[str] = []
        for text, below in zip_longest(texts, texts[1:], fillvalue=""):
            first = segment[0] if segment else ""
            if first and (self._begins(text, first) or self._starts(first, text, below)):
                yield segment
                segment = []
            segment.append(text)
        yield segment

    def _starts(self, above: str, text: str, below: str) -> bool:
        """Whether a line is a row, with the next or alone, below one that no row begins with."""
        if self._opens(above):
            return False
        texts = (text.strip(BLANKS), f"{text} {below}".strip(BLANKS), (text + below).strip(BLANKS))
        return any(voice.reads(one, headed=True) for voice in self.floor.near for one in texts)

    # ---- what they say -----------------------------------------------------------------------

    def _longest(self, segment: Sequence[str], way: Fold, *, sure: bool) -> Long:
        """The longest line that a segment begins with, when its lines were broken in one way."""
        best = Long(1, segment[0], self._reads(segment[0]))
        known = best.reading is not None or self._opens(segment[0])
        doubt = False
        for count in range(2, 1 + (len(segment) if known else min(len(segment), HEADING_PARTS))):
            text = way.join(segment[:count])
            longer = self._reads(text)
            if longer is None or odd(longer) > odd(best.reading):
                continue
            last = segment[count - 1]
            numbers = any(map(str.isdecimal, last.split()))
            if longer.kind == "header" and (numbers or begins_as_rows_do(last)):
                break  # a damaged row: no heading has numbers
            if best.reading is not None:
                pair = best.reading, longer, segment[best.lines]
                if is_own(*pair) or (not sure and (is_second(*pair) or is_prose(*pair))):
                    break
            pairs = zip(segment[best.lines - 1 : count], segment[best.lines : count], strict=False)
            broken = all(way.broke(*pair) for pair in pairs)
            if best.reading is None or (sure and broken) or says_more(best.reading, longer):
                best = Long(count, text, longer)
            else:
                doubt = doubt or broken
        ends = segment[best.lines - 1 : best.lines + 1]
        if sure and best.reading is not None and len(ends) > 1:
            doubt = doubt or way.broke(*ends)
        return best._replace(doubt=doubt)

    def _opens(self, text: str) -> bool:
        """Whether rows of any dialect begin like that."""
        return self.floor.opens(text.strip(BLANKS)) is not None

    def _reads(self, text: str) -> Reading | None:
        """Who reads a text as a line that begins something."""
        inner = text.strip(BLANKS)
        headed = bool(self.floor.headings or (self.floor.table and self.floor.table.header))
        for voice in self._voices(inner):
            match = voice.reads(inner, headed=headed)
            if match is not None and possible(voice, match):
                return Reading(voice, "row", match)
        headers = self.floor.claiming("header", inner)
        if headers:
            return Reading(headers[0][0], "header", headers[0][1])
        table = self.floor.table
        if table is not None and text != inner:
            match = table.voice.match("detail", inner)
            if match is not None:
                return Reading(table.voice, "detail", match)
        return None

    def _voices(self, text: str) -> Sequence[Voice]:
        """Those whose rows may come next, and who knows the beginning of a line."""
        if self.floor.begins(text):
            return self.floor.near
        others = [voice for voice in self.floor.voices if voice.opening.match(text)]
        return [*self.floor.near, *others]


def _marks(raw: str) -> str:
    """The marks of quoting before a line."""
    quoted = _QUOTED.match(raw)
    return quoted[0] if quoted else ""


def _without(raw: str | None, front: str) -> str:
    """A line without what stands before it; empty where that is missing."""
    if not front:
        return raw or ""
    if raw is None or not raw.startswith(front.rstrip()):
        return ""
    return raw[len(front) :] if raw.startswith(front) else raw[len(front.rstrip()) :]


def _ways(fold: Fold, segment: Sequence[str]) -> list[Fold]:
    """How lines may have been broken: as those around, else in both ways."""
    if fold.width:
        return [fold]
    width = len(segment[0])
    cut, parted = Fold(width, cuts=True), Fold(width)
    return [cut, parted] if width >= TERMINAL else [parted, cut]
