"""What a line looks like, whoever speaks: found out once, though those around it ask as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nsparse.reading.grammar.grammar import ROWS, Match
from nsparse.reading.grammar.heads import Heads, Kinds, by_kind
from nsparse.reading.tables import noise
from nsparse.reading.texts.mend import PAGED, mended
from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Voice

STARTS = (*ROWS, "header", "banner", "skip", "message")
"""The kinds of line that need no other above."""

LINES = 500
"""After so many lines it has paid to find out what lines may be by their first words."""

REMEMBERED, LONGEST = 256, 1000
"""So many lines are remembered, but for longer ones, of which there are few."""


class Look:
    """What one line is to anybody.

    Attributes:
        text: The line, without blanks around it.
        kinds: The kinds of line that it may be, by its first word.
    """

    __slots__ = ("_begun", "_heads", "_mends", "_read", "kinds", "text")

    def __init__(self, text: str, kinds: Kinds, heads: Heads) -> None:
        self.text, self.kinds, self._heads = text, kinds, heads
        self._read: dict[tuple[str, Voice], Match | None] = {}
        self._begun: dict[Voice, bool] = {}
        self._mends: Sequence[tuple[str, str]] | None = None

    def able(self, kind: str) -> Sequence[Voice]:
        """The dialects that it may be a line of that kind of."""
        return self.kinds.get(kind, ())

    def read(self, kind: str, voice: Voice) -> Match | None:
        """What a dialect that may reads of it as of a kind."""
        key = (kind, voice)
        if key not in self._read:
            self._read[key] = voice.match(kind, self.text)
        return self._read[key]

    def begun(self, voice: Voice) -> bool:
        """Whether the rows of a dialect begin as it does."""
        if voice not in self._begun:
            self._begun[voice] = voice.opening.match(self.text) is not None
        return self._begun[voice]

    @property
    def is_nobodys(self) -> bool:
        """Whether it is no row and no heading of anybody."""
        tried = ((kind, voice) for kind in STARTS for voice in self.able(kind))
        return all(self.read(*one) is None for one in tried)

    @property
    def mends(self) -> Sequence[tuple[str, str]]:
        """What it may have been, with the name of the damage."""
        if self._mends is None:
            self._mends = tuple(mended(self.text))
        return self._mends

    @property
    def goes_on(self) -> bool:
        """Whether it may be the beginning of a row or a heading of anybody."""
        kinds = self._heads.of(self.text)
        return "header" in kinds or not all(
            voice.grammar.derived.walks[kind].dies(self.text)
            for kind in ROWS
            for voice in kinds.get(kind, ())
        )


class Looks:
    """What the lines of a text look like."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self.heads = Heads(voices)
        self._all = by_kind((kind, voice) for voice in voices for kind in voice.kinds)
        self._known: dict[str, Look] = {}
        self._lines = 0

    def is_dull(self, text: str, damage: str | None) -> bool:
        """Whether a line is nothing of what tables are made of, nor beside them, nor mended so.

        Args:
            text: The line.
            damage: What lines around it had.
        """
        if len(text) > LONGEST:
            return False
        look = self.of(text)
        return (
            look.is_nobodys
            and not noise.stands_beside(text)
            and all(
                name not in (damage, PAGED) and self.of(undone.lstrip(BLANKS)).is_nobodys
                for name, undone in look.mends
            )
        )

    def of(self, text: str) -> Look:
        """What a line looks like."""
        known = self._known.get(text)
        if known is not None:
            return known
        self._lines += 1
        look = Look(text, self.heads.of(text) if self._lines > LINES else self._all, self.heads)
        if len(text) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[text] = look
        return look
