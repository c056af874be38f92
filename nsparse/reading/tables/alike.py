"""Damaged lines one below the other: those alike but for their digits are judged once.

Where many lines are damaged, most of them are damaged in a few ways. What a line that nobody can
read may be hangs on its characters, and of its digits hardly any expression tells one from another:
where none that is tried on a line does, all lines with other digits in the same places are nobody's
either. Nothing is said here of a line that somebody may read, mend or join: it goes its usual way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from nsparse.reading.foreign import outputs as foreign
from nsparse.reading.grammar.outlines import (
    DETAIL,
    NOWHERE,
    SEVERAL,
    Outline,
    leads,
    openings_of,
    outline_of,
    tells_digits,
)
from nsparse.reading.tables import noise
from nsparse.reading.tables.beside import NUMBERS, is_odd_row
from nsparse.reading.tables.course import Course
from nsparse.reading.tables.ledger import Line, Opener
from nsparse.reading.tables.looks import LONGEST
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.mend import PAGED, mended
from nsparse.reading.texts.text import BLANKS

FEW, MANY = 32, 512
"""So many lines are looked at together at first, and at most."""

WIDEST = 10_000
"""Longer lines are judged with those around them: a mend is tried on none that is longer."""

REMEMBERED = 20_000
"""So many verdicts are remembered."""

_ESCAPED = re.compile("&|=[0-9A-Fa-f]{2}")
"""What HTML and mails escape goes by its digits."""

QUOTE = ">"
"""What mails put in front of lines, which may be one without it."""

_NO_DIGIT = {ord(digit): None for digit in "0123456789"}

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


class _Kind(NamedTuple):
    """What is known of lines that differ in nothing but their digits.

    Attributes:
        indent: How far they are indented.
        verdict: What is true of all of them, if they are nobody's.
        steady: Whether no digit tells whether rows begin so.
        begun: Whether rows of those who speak or are expected begin so; of one, if not steady.
        begins: Whether nothing above goes on with them: they are empty, or begin as rows do.
        free: Whether they are nobody's whatever stands below.
        opener: Who can explain them, where that is sure.
    """

    indent: int
    verdict: Verdict | None
    steady: bool
    begun: bool
    begins: bool
    free: bool
    opener: Opener | None


class Alike:
    """Takes damaged lines below others, as long as each is like one that was judged."""

    def __init__(self, course: Course) -> None:
        self.course, self.floor, self.ledger = course, course.floor, course.ledger
        self.voices = tuple(self.floor.voices)
        self._known: dict[object, dict[str, _Kind]] = {}
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
        known: dict[str, _Kind],
    ) -> int:
        """Take lines of a few, of which the last only stands below; how many there are."""
        raws = [raw or "" for raw in lines]
        masked = "\n".join(raws).translate(MASK).split("\n")
        kinds = (self._kind(*pair, near, known) for pair in zip(raws, masked, strict=True))
        here = next(kinds)
        for at, (raw, next_raw) in enumerate(pairwise(raws)):
            if here.verdict is None:
                return at
            below = next(kinds)
            free = here.free or self._is_nobodys(here, below, raw, next_raw)
            if not free or not self._take(number + at, here, below, raw, near):
                return at
            here = below
        return len(raws) - 1

    def _kind(self, raw: str, masked: str, near: Sequence[Voice], known: dict[str, _Kind]) -> _Kind:
        """What is known of a line."""
        kind = known.get(masked) or self._of_word(raw, masked, near, known)
        return kind if kind.steady else self._made(raw, near, kind.verdict)

    def _of_word(
        self, raw: str, masked: str, near: Sequence[Voice], known: dict[str, _Kind]
    ) -> _Kind:
        """The same of one that is not known by its digits alone: those of a first word count."""
        text = raw.strip(BLANKS)
        if not text or len(text) > LONGEST:  # too long to be remembered
            judged = 0 < len(text) <= WIDEST
            return self._made(raw, near, self._verdict(text, near) if judged else None)
        end = _counts(text)
        start = len(raw) - len(raw.lstrip(BLANKS))
        told = masked[: start + end] != masked[: start + end].translate(_NO_DIGIT)
        key = f"\n{raw[: start + end]}{masked[start + end :]}" if told else masked
        if key not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            verdict = self._verdict(text, near)
            steady = verdict is not None and not any(
                tells_digits(voice.opening.source, text, end) for voice in near
            )
            known[key] = self._made(raw, near, verdict, steady=steady)
        return known[key]

    def _made(
        self, raw: str, near: Sequence[Voice], verdict: Verdict | None, *, steady: bool = True
    ) -> _Kind:
        """What is known of a line by its verdict, and what rows begin with."""
        text = raw.strip(BLANKS)
        indent = len(raw) - len(raw.lstrip(BLANKS))
        begun = any(voice.opening.match(text) for voice in near)
        free, opener = False, None
        if verdict is not None:
            goes_on = begun or verdict.short or not verdict.alone
            free = not indent and (verdict.dead or not goes_on)
            opener = self._surely(verdict, near, begun=begun)
        return _Kind(indent, verdict, steady, begun, begun or not text, free, opener)

    def _surely(self, verdict: Verdict, near: Sequence[Voice], *, begun: bool) -> Opener | None:
        """Whose rows begin as lines do, where no look at one of them is needed for that."""
        speaker = self.floor.voice()
        if begun and len(near) == 1 and near[0] is speaker:
            return Opener(speaker, speaker)
        return Opener(speaker, None) if verdict.alone and not begun else None

    def _is_nobodys(self, here: _Kind, below: _Kind, raw: str, next_raw: str) -> bool:
        """Whether a line is neither read by anybody nor joined with the one below."""
        verdict = here.verdict
        assert verdict is not None
        deeper = here.indent if self.floor.table is not None else 0
        if deeper > self.course.indent:
            return False
        goes_on = here.begun or verdict.short or deeper or not verdict.alone
        if not goes_on or below.begins or (verdict.dead and not deeper):
            return True
        both = verdict.both and below.verdict and below.verdict.both
        return bool(both) or self._are_apart(raw.strip(BLANKS), next_raw)

    def _are_apart(self, text: str, raw: str) -> bool:
        """Whether nobody reads two lines as one, nor with more, however they were broken."""
        below = raw.strip(BLANKS)
        blanks = raw[: raw.find(below)]
        if text[0] == QUOTE or blanks.strip(" "):
            return False
        speaks = self.floor.voice()
        outlines = [outline_of(self.voices, SEVERAL)]
        if speaks is not None:
            outlines.append(outline_of((speaks,), DETAIL))
        return all(_is_apart(outline, text, below, len(blanks)) for outline in outlines)

    def _take(
        self, number: int, here: _Kind, below: _Kind, raw: str, near: Sequence[Voice]
    ) -> bool:
        """Take a line that is nobody's, if it surely is no heading."""
        verdict = here.verdict
        assert verdict is not None
        line = Line(number, here.indent, raw.strip(BLANKS))
        known = here.opener
        opener = known.voice if known else self.floor.opens(line.text)
        if self.floor.headings:
            opener = opener or (near[0] if verdict.odd else None)
            waits = False
        else:
            waits = self.course.open
        if waits and (opener or verdict.told or below.verdict):
            speaker = self.floor.voice()
            sure = known or (Opener(speaker, opener) if opener is speaker else None)
            self.ledger.wait(line, sure)
        elif opener is not None and not waits:
            self.ledger.refuse(line, opener)
        elif verdict.told and below.verdict and not self.course.open:
            self.ledger.pass_over("text", line, "text")
        else:
            return False
        return True

    # ---- what all that are alike have in common ------------------------------------------------

    def _verdict(self, text: str, near: Sequence[Voice]) -> Verdict | None:
        """What is true of all lines alike; None where somebody may read, mend or continue one.

        Args:
            text: One of them.
            near: Those who speak, or are expected.
        """
        voices, speaks = self.voices, self.floor.voice()
        several, *others = leads(text, voices, speaks)
        if several.final or any(place.final for place in others):
            return None
        if _ESCAPED.search(text) or noise.stands_beside(text) or foreign.begins(text):
            return None
        for name, undone in mended(text):
            inner = undone.lstrip(BLANKS)
            proved = name in (self._damage, PAGED)
            if proved or (inner and any(place.final for place in leads(inner, voices, speaks))):
                return None
        numbers = sum(map(str.isdecimal, text.split()))
        data = noise.holds_data(text)
        strangers = tuple(voice for voice in voices if voice not in near)
        return Verdict(
            dead=several is NOWHERE,
            short=noise.begins_with_end(text) or not (data or numbers),
            alone=not openings_of(strangers).begins(text),
            both=noise.holds_two_ends(text),
            told=data or numbers >= NUMBERS,
            odd=is_odd_row(text),
        )


def _counts(text: str) -> int:
    """How much of a text its digits count in: a first word that begins with a letter."""
    if not text[0].isalpha():
        return 0
    blank = text.find(" ")
    return len(text) if blank < 0 else blank


def _is_apart(outline: Outline, above: str, below: str, blanks: int) -> bool:
    """Whether no line begins with a text and another, with so many blanks between and one more."""
    place = outline.after(above)
    for _ in range(blanks + 2):
        if place is NOWHERE:
            return True
        if outline.on(place, below) is not NOWHERE:
            return False
        place = outline.on(place, " ")
    return True
