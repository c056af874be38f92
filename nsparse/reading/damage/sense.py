"""What a text says to those who read a table, and how much below a line belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from nsparse.reading.damage.folds import Fold
from nsparse.reading.damage.readings import (
    Long,
    Reading,
    added,
    begins_as_rows_do,
    is_own,
    is_prose,
    is_run,
    is_second,
    odd,
    possible,
    says_more,
)
from nsparse.reading.tables.floor import Floor
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.text import BLANKS

HEADING_PARTS = 4
"""A heading is no longer."""

SEEN = 20
"""So many rows above show which cells those of a table have."""


class Way(NamedTuple):
    """How some lines may have been broken.

    Attributes:
        fold: The rule.
        sure: Whether the lines around them show it.
        among: Whether a row follows them: what stands behind a table may be any text.
    """

    fold: Fold
    sure: bool
    among: bool


@dataclass(frozen=True)
class Sense:
    """What a text would say here.

    Attributes:
        floor: Who reads the lines.
    """

    floor: Floor

    def opens(self, text: str) -> bool:
        """Whether rows of any dialect begin like that."""
        return self.floor.opens(text.strip(BLANKS)) is not None

    def is_row(self, text: str) -> bool:
        """Whether a line is a whole row by itself, of a kind that begins like nothing else too."""
        return self.headed and bool(self.floor.claiming("bare", text, self.floor.near))

    @property
    def headed(self) -> bool:
        """Whether the rows here stand below a heading."""
        return bool(self.floor.headings or (self.floor.table and self.floor.table.headed))

    def reads(self, text: str) -> Reading | None:
        """Who reads a text as a line that begins something."""
        inner = text.strip(BLANKS)
        for voice in self._voices(inner):
            match = voice.reads(inner, headed=self.headed)
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

    def longest(self, segment: Sequence[str], way: Way) -> Long:
        """The longest line that a segment begins with, when its lines were broken in one way."""
        fold, sure, among = way
        best = Long(1, segment[0], self.reads(segment[0]))
        known = best.reading is not None or self.opens(segment[0])
        doubt = False
        for count in range(2, 1 + (len(segment) if known else min(len(segment), HEADING_PARTS))):
            text = fold.join(segment[:count])
            longer = self.reads(text)
            if longer is None or odd(longer) > odd(best.reading):
                continue
            last = segment[count - 1]
            numbers = any(map(str.isdecimal, last.split()))
            if longer.kind == "header" and (numbers or begins_as_rows_do(last)):
                break  # a damaged row: no heading has numbers
            if best.reading is not None:
                triple = best.reading, longer, segment[best.lines]
                more = text[len(best.text) :]
                if is_own(*triple) or (not sure and self._is_text(*triple, more, among=among)):
                    break
            pairs = zip(segment[best.lines - 1 : count], segment[best.lines : count], strict=False)
            broken = all(fold.broke(*pair) for pair in pairs)
            if best.reading is None or (sure and broken) or says_more(best.reading, longer):
                best = Long(count, text, longer)
            else:
                doubt = doubt or broken
        ends = segment[best.lines - 1 : best.lines + 1]
        if sure and best.reading is not None and len(ends) > 1:
            doubt = doubt or fold.broke(*ends)
        return best._replace(doubt=doubt)

    def _is_text(self, old: Reading, new: Reading, below: str, more: str, *, among: bool) -> bool:
        """Whether what stands below a row is no part of it, as far as nothing else tells.

        Where rows end as it does, what may be any words is none of it, and nothing is behind the
        last.
        """
        if is_second(old, new, below) or is_prose(old, new, more):
            return True
        runs = all(is_run(new.voice, name) for name in added(old, new))
        return (runs or not among) and self._ends(old) and not self._ends(new)

    def _ends(self, reading: Reading) -> bool:
        """Whether a row of the table has the cells of this one, and no more."""
        table = self.floor.speaks
        if table is None or reading.kind != "row" or table.voice is not reading.voice:
            return False
        seen = islice(table.records.few, SEEN)
        return any(record.match.fields == reading.match.fields for record in seen)
