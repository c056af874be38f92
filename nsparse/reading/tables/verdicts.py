"""Verdicts: what is true of damaged lines that differ in nothing but their digits."""

from __future__ import annotations

import re
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


class Verdict(NamedTuple):
    """What is true of all lines that differ in nothing but their digits, and are nobody's.

    Attributes:
        dead: Whether nobody reads them with what stands below, whatever that is.
        short: Whether they may be the first part of something, though they begin as no row does.
        alone: Whether they begin as rows of none but those who speak, or are expected.
        both: Whether they name both ends of a socket.
        data: Whether they are mostly ends and numbers.
        told: Whether they hold what no heading holds.
        few: Whether they have fewer words than a heading.
        odd: Whether they are rows, though nobody's.
        family: Whether they look like rows of sockets that are not of the internet.
        sentence: Whether they are what people say.
    """

    dead: bool
    short: bool
    alone: bool
    both: bool
    data: bool
    told: bool
    few: bool
    odd: bool
    family: bool
    sentence: bool


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
        if any(self._may_mend(name, undone.lstrip(BLANKS)) for name, undone in mended(text)):
            return None
        words = text.split()
        numbers = sum(map(str.isdecimal, words))
        data = noise.holds_data(text)
        strangers = tuple(voice for voice in self.voices if voice not in self.near)
        return Verdict(
            dead=several is NOWHERE,
            short=noise.begins_with_end(text) or not (data or numbers),
            alone=not openings_of(strangers).begins(text),
            both=noise.holds_two_ends(text),
            data=data,
            told=data or numbers >= NUMBERS,
            few=len(words) < HEADING_WORDS,
            odd=is_odd_row(text),
            family=is_of_family(text),
            sentence=is_sentence(text),
        )

    def _may_mend(self, name: str, undone: str) -> bool:
        """Whether a line may be one of a table without a damage, or begins as rows do."""
        begins = name in FRONTS and openings_of(self.voices).begins(undone)
        if name in (self.damage, PAGED) or (begins and noise.holds_data(undone)):
            return True
        places = leads(undone, self.voices, self.speaks) if undone else ()
        return any(place.final for place in places)

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
