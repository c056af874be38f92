"""Damaged lines one below the other: those alike but for their digits are judged once.

Where many lines are damaged, most of them are damaged in a few ways. What a line that nobody can
read may be hangs on its characters, and of its digits hardly any expression tells one from another:
where none that is tried on a line does, all lines with other digits in the same places are nobody's
either. Nothing is said here of a line that somebody may read, mend or join: it goes its usual way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading import noise
from nsparse.reading.beside import NUMBERS, is_odd_row
from nsparse.reading.course import Course
from nsparse.reading.grammar import ROWS
from nsparse.reading.heads import Kinds, fate, is_settled
from nsparse.reading.ledger import Line, Opener
from nsparse.reading.looks import STARTS
from nsparse.reading.tables import Voice
from nsparse.reading.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.derive import Pattern

FEW, MANY = 4, 512
"""So many lines are looked at together at first, and at most."""

WIDEST = 1000
"""Longer lines are not held against others."""

REMEMBERED = 20_000
"""So many verdicts are remembered."""

MORE = ("owner", "rest")
"""The kinds of line that may continue a row without being indented deeper than it."""

HEADER = "header"
"""The kind of line that stands on several lines, but for rows."""

_ESCAPED = re.compile("&|=[0-9A-Fa-f]{2}")
"""What HTML and mails escape goes by its digits."""

MASK = {ord(digit): "0" for digit in "123456789"}


class Verdict(NamedTuple):
    """What is true of all lines that differ in nothing but their digits, and are nobody's.

    Attributes:
        dead: Whether nobody reads them with what stands below, whatever that is.
        short: Whether they may be the first part of something, though they begin as no row does.
        alone: Whether they begin as rows of none but those who speak, or are expected.
        both: Whether they name both ends of a socket.
        told: Whether they hold what no heading holds.
        odd: Whether they are rows, though nobody's.
    """

    dead: bool
    short: bool
    alone: bool
    both: bool
    told: bool
    odd: bool


class _Seen(NamedTuple):
    """A line as it stands and without blanks around it, whether rows begin so, and the verdict."""

    raw: str
    text: str
    begun: bool
    verdict: Verdict | None

    @property
    def indent(self) -> int:
        """How far it is indented."""
        return len(self.raw) - len(self.raw.lstrip(BLANKS))


class Alike:
    """Takes damaged lines below others, as long as each is like one that was judged."""

    def __init__(self, course: Course) -> None:
        self.course, self.floor, self.ledger = course, course.floor, course.ledger
        self._known: dict[object, dict[str, Verdict | None]] = {}
        self._damage: str | None = None

    def take(self, number: int, damage: str | None) -> int:
        """Take the lines from one on that are nobody's; how many there are.

        Args:
            number: The first.
            damage: What lines above had.
        """
        floor, course = self.floor, self.course
        near = tuple(floor.near)
        if not near or course.skipping or (floor.coming.breaks and not floor.headings):
            return 0
        self._damage = damage
        known = self._known.setdefault((near, floor.voice(), bool(floor.headings), damage), {})
        taken, size = 0, FEW
        while True:
            lines = course.lines[number + taken - 1 : number + taken + size]
            count = self._some(number + taken, lines, near, known)
            taken += count
            if count < size:
                return taken
            size = min(2 * size, MANY)

    def _some(
        self,
        number: int,
        lines: Sequence[str | None],
        near: Sequence[Voice],
        known: dict[str, Verdict | None],
    ) -> int:
        """Take lines of a few, of which the last only stands below; how many there are."""
        raws = [raw or "" for raw in lines]
        masked = "\n".join(raws).translate(MASK).split("\n")
        seen = (self._seen(*pair, near, known) for pair in zip(raws, masked, strict=True))
        for at, (here, below) in enumerate(pairwise(seen)):
            if not self._is_nobodys(here, below) or not self._take(number + at, here, below, near):
                return at
        return len(raws) - 1

    def _seen(
        self,
        raw: str,
        masked: str,
        near: Sequence[Voice],
        known: dict[str, Verdict | None],
    ) -> _Seen:
        """A line, and what is known of it."""
        text = raw.strip(BLANKS)
        begun = any(voice.opening.match(text) for voice in near)
        if not text or len(text) > WIDEST:
            return _Seen(raw, text, begun, None)
        end = text.find(" ") if text[0].isalpha() else 0
        key = text[:end] + masked.strip(BLANKS)[end:]
        if key not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = self._verdict(text, max(end, 0), near)
        return _Seen(raw, text, begun, known[key])

    def _is_nobodys(self, here: _Seen, below: _Seen) -> bool:
        """Whether a line is neither read by anybody nor joined with the one below."""
        verdict = here.verdict
        if verdict is None:
            return False
        deeper = 0
        if self.floor.table is not None and here.raw[0] in BLANKS:
            deeper = here.indent
        if deeper > self.course.indent:
            return False
        goes_on = here.begun or verdict.short or deeper or not verdict.alone
        if not goes_on or not below.text or below.begun or (verdict.dead and not deeper):
            return True
        return bool(verdict.both and below.verdict and below.verdict.both)

    def _take(self, number: int, here: _Seen, below: _Seen, near: Sequence[Voice]) -> bool:
        """Take a line that is nobody's, if it surely is no heading."""
        verdict = here.verdict
        assert verdict is not None
        line = Line(number, here.indent, here.text)
        opener = self._opener(here, verdict, near)
        if self.floor.headings:
            opener = opener or (near[0] if verdict.odd else None)
            waits = False
        else:
            waits = self.course.open
        if waits and (opener or verdict.told or below.verdict):
            speaker = self.floor.voice()
            sure = opener is speaker or (verdict.alone and not here.begun)
            self.ledger.wait(line, Opener(speaker, opener) if sure else None)
        elif opener is not None and not waits:
            self.ledger.refuse(line, opener)
        elif verdict.told and below.verdict and not self.course.open:
            self.ledger.pass_over("text", line, "text")
        else:
            return False
        return True

    def _opener(self, here: _Seen, verdict: Verdict, near: Sequence[Voice]) -> Voice | None:
        """The dialect whose rows begin as a line does."""
        if here.begun and len(near) == 1 and near[0] is self.floor.voice():
            return near[0]
        return None if verdict.alone and not here.begun else self.floor.opens(here.text)

    # ---- what all that are alike have in common ------------------------------------------------

    def _verdict(self, text: str, exact: int, near: Sequence[Voice]) -> Verdict | None:
        """What is true of all lines alike; None where somebody may read, mend or continue one.

        Args:
            text: One of them.
            exact: So much at its start is the same in all.
            near: Those who speak, or are expected.
        """
        looks = self.floor.looks
        if _ESCAPED.search(text) or not looks.is_dull(text, self._damage):
            return None
        fates = list(self._fates(text, exact))
        if None in fates or any(None in self._fates(*one) for one in self._mended(text, exact)):
            return None
        numbers = sum(map(str.isdecimal, text.split()))
        data = noise.holds_data(text)
        return Verdict(
            dead=all(fates),
            short=noise.begins_with_end(text) or not (data or numbers),
            alone=not any(self._openers(text, exact, near)),
            both=noise.holds_two_ends(text),
            told=data or numbers >= NUMBERS,
            odd=is_odd_row(text),
        )

    def _openers(self, text: str, exact: int, near: Sequence[Voice]) -> Iterator[Voice]:
        """The other dialects whose rows may begin as one of all lines alike does."""
        kinds = self.floor.looks.heads.of(text[: exact + 1]) if exact else None
        for voice in self.floor.voices:
            patterns = voice.grammar.derived.patterns
            for kind in ROWS[:2]:
                if voice in near or kind not in patterns:
                    continue
                if kinds is None or voice in kinds.get(kind, ()):
                    told = fate(patterns[kind].begins, text, 0, exact)
                    if told is None or told.end is not None:
                        yield voice

    def _mended(self, text: str, exact: int) -> Iterator[tuple[str, int]]:
        """What a line may have been, and how much of that is the same in all."""
        for _, undone in self.floor.looks.of(text).mends:
            inner = undone.lstrip(BLANKS)
            yield inner, max(exact - len(text) + len(inner), 0) if text.endswith(inner) else 0

    def _fates(self, text: str, exact: int) -> Iterator[bool | None]:
        """For each kind of line whether no line alike is one, also with what stands below."""
        kinds = self.floor.looks.heads.of(text[: exact + 1]) if exact else None
        return fates(self.floor.voices, self.floor.voice(), text, exact, kinds)


def fates(
    voices: Sequence[Voice], speaks: Voice | None, text: str, exact: int, kinds: Kinds | None = None
) -> Iterator[bool | None]:
    """For each kind of line whether no line alike is one, whatever is added to its end.

    Args:
        voices: The dialects.
        speaks: The one that is speaking.
        text: One of lines that differ in their digits.
        exact: So much at its start is the same in all.
        kinds: Those that they may be, where that is known.
    """
    for voice in voices:
        derived = voice.grammar.derived
        for kind in (*STARTS, *(MORE if voice is speaks else ())):
            if kinds is not None and voice not in kinds.get(kind, ()):
                continue  # its first word alone rules that out
            if kind in derived.walks:
                yield derived.walks[kind].fate(text, exact)
            elif kind in derived.patterns:
                yield _fate(kind, derived.patterns[kind], text, exact)


def _fate(kind: str, pattern: Pattern, text: str, exact: int) -> bool | None:
    """The same of a kind of line that is not read state by state."""
    begun = fate(pattern.begins, text, 0, exact)
    if begun is not None and begun.end is None:
        return kind != HEADER or is_settled(begun.wide, text)
    whole = fate(pattern.source, text, 0, exact)
    return None if whole is None or whole.end is not None else kind != HEADER
