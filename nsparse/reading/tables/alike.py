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

from nsparse.reading.grammar.outlines import (
    DETAIL,
    NOWHERE,
    SEVERAL,
    Outline,
    leads,
    openings_of,
    outline_of,
)
from nsparse.reading.tables import noise
from nsparse.reading.tables.beside import NUMBERS, is_odd_row
from nsparse.reading.tables.course import Course
from nsparse.reading.tables.ledger import Line, Opener
from nsparse.reading.tables.looks import LONGEST
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.mend import PAGED, mended
from nsparse.reading.texts.text import BLANKS

FEW, MANY = 4, 512
"""So many lines are looked at together at first, and at most."""

WIDEST = 10_000
"""Longer lines are judged with those around them: a mend is tried on none that is longer."""

REMEMBERED = 20_000
"""So many verdicts are remembered."""

_ESCAPED = re.compile("&|=[0-9A-Fa-f]{2}")
"""What HTML and mails escape goes by its digits."""

QUOTE = ">"
"""What mails put in front of lines, which may be one without it."""

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
        self.voices = tuple(self.floor.voices)
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
        if len(text) > LONGEST:
            return _Seen(raw, text, begun, self._verdict(text, near))  # too long to be remembered
        end = text.find(" ") if text[0].isalpha() else 0
        key = text[:end] + masked.strip(BLANKS)[end:]
        if key not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[key] = self._verdict(text, near)
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
        both = verdict.both and below.verdict and below.verdict.both
        return bool(both) or self._are_apart(here, below)

    def _are_apart(self, here: _Seen, below: _Seen) -> bool:
        """Whether nobody reads two lines as one, nor with more, however they were broken."""
        blanks = below.raw[: below.indent]
        if here.text[0] == QUOTE or blanks.strip(" "):
            return False
        speaks = self.floor.voice()
        outlines = [outline_of(self.voices, SEVERAL)]
        if speaks is not None:
            outlines.append(outline_of((speaks,), DETAIL))
        return all(_is_apart(outline, here.text, below.text, len(blanks)) for outline in outlines)

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

    def _verdict(self, text: str, near: Sequence[Voice]) -> Verdict | None:
        """What is true of all lines alike; None where somebody may read, mend or continue one.

        Args:
            text: One of them.
            near: Those who speak, or are expected.
        """
        if _ESCAPED.search(text) or noise.stands_beside(text):
            return None
        voices, speaks = self.voices, self.floor.voice()
        several, *others = leads(text, voices, speaks)
        if several.final or any(place.final for place in others):
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
