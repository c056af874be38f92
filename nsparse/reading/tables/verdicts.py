"""Verdicts: what is true of damaged lines that differ in nothing but their digits."""

from __future__ import annotations

import re
from functools import cached_property
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
from nsparse.reading.tables.beside import HEADING_WORDS, NUMBERS, is_odd_row
from nsparse.reading.tables.spoken import is_sentence
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.mend import FRONTS, PAGED, mended
from nsparse.reading.texts.text import BLANKS
from nsparse.reading.texts.unbroken import is_of_family

_ESCAPED = re.compile("&|=[0-9A-Fa-f]{2}")
"""What HTML and mails escape goes by its digits."""

QUOTE = ">"
"""What mails put in front of lines, which may be one without it."""


class Verdict:
    """What is true of all lines that differ in nothing but their digits, and are nobody's.

    All but one is found out when it is asked: of a line that begins as rows do hardly anything is.

    Attributes:
        dead: Whether nobody reads them with what stands below, whatever that is.
    """

    def __init__(self, judge: Judge, text: str, *, dead: bool) -> None:
        self.judge, self.text, self.dead = judge, text, dead

    @cached_property
    def short(self) -> bool:
        """Whether they may be the first part of something, though they begin as no row does."""
        return noise.begins_with_end(self.text) or not (self.data or self._numbers)

    @cached_property
    def alone(self) -> bool:
        """Whether they begin as rows of none but those who speak, or are expected."""
        near = self.judge.near
        strangers = tuple(voice for voice in self.judge.voices if voice not in near)
        return not openings_of(strangers).begins(self.text)

    @cached_property
    def both(self) -> bool:
        """Whether they name both ends of a socket."""
        return noise.holds_two_ends(self.text)

    @cached_property
    def data(self) -> bool:
        """Whether they are mostly ends and numbers."""
        return noise.holds_data(self.text)

    @cached_property
    def told(self) -> bool:
        """Whether they hold what no heading holds."""
        return self.data or self._numbers >= NUMBERS

    @cached_property
    def _numbers(self) -> int:
        return sum(map(str.isdecimal, self.text.split()))

    @property
    def few(self) -> bool:
        """Whether they have fewer words than a heading."""
        return len(self.text.split()) < HEADING_WORDS

    @property
    def odd(self) -> bool:
        """Whether they are rows, though nobody's."""
        return is_odd_row(self.text)

    @property
    def family(self) -> bool:
        """Whether they look like rows of sockets that are not of the internet."""
        return is_of_family(self.text)

    @property
    def sentence(self) -> bool:
        """Whether they are what people say."""
        return is_sentence(self.text)


class Judge(NamedTuple):
    """Who may read lines.

    Attributes:
        voices: The dialects.
        near: Those who speak, or are expected.
        speaks: The one that is speaking, if any.
        damage: What lines above had.
    """

    voices: tuple[Voice, ...]
    near: tuple[Voice, ...]
    speaks: Voice | None
    damage: str | None

    def verdict(self, text: str) -> Verdict | None:
        """What is true of lines like one; None where somebody may read, mend or continue one."""
        several, *others = leads(text, self.voices, self.speaks)
        if several.final or any(place.final for place in others):
            return None
        if _ESCAPED.search(text) or noise.stands_beside(text) or foreign.begins(text):
            return None
        for name, undone in mended(text):
            inner = undone.lstrip(BLANKS)
            if self._may_mend(name, inner) or (name in FRONTS and self._opens_behind(text, inner)):
                return None
        return Verdict(self, text, dead=several is NOWHERE)

    def _may_mend(self, name: str, undone: str) -> bool:
        """Whether a line may be one of a table without a damage."""
        if name in (self.damage, PAGED):
            return True
        places = leads(undone, self.voices, self.speaks) if undone else ()
        return any(place.final for place in places)

    def _opens_behind(self, text: str, undone: str) -> bool:
        """Whether a line may begin as rows do behind something, and does not as it stands."""
        if not (openings_of(self.voices).begins(undone) and noise.holds_data(undone)):
            return False
        own = (voice for voice in self.near if "row" in voice.kinds and is_steady(voice, text))
        return not any(voice.opening.match(text) for voice in own)

    def are_apart(self, text: str, raw: str) -> bool:
        """Whether nobody reads two lines as one, nor with more, however they were broken."""
        below = raw.strip(BLANKS)
        blanks = raw[: raw.find(below)]
        if text[0] == QUOTE or blanks.strip(" "):
            return False
        outlines = [outline_of(self.voices, SEVERAL)]
        if self.speaks is not None:
            outlines.append(outline_of((self.speaks,), DETAIL))
        return all(_is_apart(outline, text, below, len(blanks)) for outline in outlines)


def is_steady(voice: Voice, text: str) -> bool:
    """Whether rows begin as a text does, or do not, whatever digits stand behind its first word."""
    return not tells_digits(voice.opening.source, text, _counts(text))


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
