"""Lines that are alike but for their digits: one of each shape is read word by word, for all.

Lines of one *shape* have the same words at the same places, and numbers of as many digits. What one
of them says the others say with their own digits, as long as nothing that was asked of it on the
way could tell these from its own. Where something could, as in a word that is taken as it stands,
lines with other digits there are read for themselves; and so is a line whose number is too large.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from nsparse.reading.columns.cohorts import Found, read_words
from nsparse.reading.columns.column import Column, Stand
from nsparse.reading.columns.places import Places, places_of
from nsparse.reading.columns.words import (
    SHORT,
    Bools,
    Ints,
    Positions,
    digits_within,
    encode,
    encoded,
    number,
    short_words,
)

if TYPE_CHECKING:
    from nsparse.reading.columns.kinds import Kinds
    from nsparse.reading.columns.part import Part
    from nsparse.reading.columns.plan import Plan

LEAST = 1 << 14
"""Of fewer lines each is read by itself: to read some of them costs nearly what all of them do."""

WORTH = 2
"""Where more than one line in so many is unlike all others, each is read by itself."""

TOGETHER = 1 << 14
"""Lines whose numbers are read together."""


def read_rows(plan: Plan, part: Part, kinds: Kinds, *, kept: bool = True) -> Found:
    """Read lines, those that are alike by one of them.

    Args:
        plan: How they are read.
        part: The lines.
        kinds: The kinds that are known.
        kept: Whether it matters what they say, and not only which of them the plan reads.
    """
    if len(part) < LEAST or len(part.shapes[1]) * WORTH > len(part):
        found = read_words(plan, part, kinds)
    else:
        found = _Delegates(plan, part, kinds, kept=kept).read()
    for column in found.columns.values():
        column.close(part.text.raw)
    return found


class _Delegates:
    """Reads lines by those that stand for them.

    Attributes:
        codes: Which of those stands for each line.
        firsts: The lines that stand for others, each also for itself.
        found: What they say.
    """

    def __init__(self, plan: Plan, part: Part, kinds: Kinds, *, kept: bool) -> None:
        self.plan, self.part, self.kinds, self.kept = plan, part, kinds, kept
        codes, self.firsts = part.shapes
        # numpy takes from tables by no other integers without making them such first.
        self.codes = codes.astype(np.intp)
        self.found: list[tuple[Found, Part]] = []

    def read(self) -> Found:
        """What all lines say."""
        columns: dict[str, Column] = {}
        read = 0
        while read < len(self.firsts):
            lines = self.part.some(self.firsts[read:])
            found = read_words(self.plan, lines, self.kinds)
            self.found.append((found, lines))
            self._split(found, lines, read)
            read += len(lines)
            if read == len(self.firsts):
                columns = self._columns()
        each = [found for found, _ in self.found]
        return Found(
            np.concatenate([found.taken for found in each])[self.codes],
            np.concatenate([found.kinds for found in each])[self.codes],
            np.concatenate([found.indents for found in each])[self.codes],
            np.concatenate([found.behind for found in each])[self.codes],
            columns,
        )

    # ---- who stands for whom -------------------------------------------------------------------

    def _split(self, found: Found, lines: Part, first: int) -> None:
        """Part those for whom some lines stand from these, where digits tell them apart."""
        for_others = np.bincount(self.codes)[first:] > 1
        telling = list(_telling(found, lines, for_others))
        asked = np.zeros(len(self.firsts), np.bool_)
        for starts, ends in telling:
            asked[first:] |= ends > starts
        rows = np.flatnonzero(asked[self.codes])
        like = self.codes[rows] - first
        for starts, ends in telling:
            which = np.flatnonzero((ends > starts)[like])
            some, origins = rows[which], self.part.starts[rows[which]]
            words = self._words(origins + starts[like[which]], origins + ends[like[which]])
            codes = self.codes[some]
            own = np.flatnonzero(self.firsts[codes] == some)
            said = np.empty(len(self.firsts), words.dtype)
            said[codes[own]] = words[own]
            differ = np.flatnonzero(words != said[codes])
            if len(differ):
                self._part(some[differ], encode(words[differ].astype(np.int64))[0])

    def _words(self, starts: Positions, ends: Positions) -> Ints | Positions:
        """Equal integers for equal words."""
        text = self.part.text
        if int((ends - starts).max(initial=0)) <= SHORT:
            return short_words(text, ends, ends - starts)
        return encoded(text.words(starts, ends))[0]

    def _part(self, rows: Ints, words: Positions) -> None:
        """Some lines are not as the one that stood for them; those with the same word are alike."""
        keys = self.codes[rows] * (int(words.max()) + 1) + words
        codes, firsts = encode(keys)
        self.codes[rows] = codes + len(self.firsts)
        self.firsts = np.append(self.firsts, rows[firsts].astype(np.int32))

    def _alone(self, rows: Ints) -> None:
        """Some lines stand for themselves."""
        self.codes[rows] = np.arange(len(self.firsts), len(self.firsts) + len(rows))
        self.firsts = np.append(self.firsts, rows.astype(np.int32))

    # ---- what all say --------------------------------------------------------------------------

    def _columns(self) -> dict[str, Column]:
        """The columns of all lines; those whose number is out of bounds are to be read again."""
        columns: dict[str, Column] = {}
        numbers: dict[str, Places] = {}
        for name in dict.fromkeys(name for found, _ in self.found for name in found.columns):
            each = [(found.columns.get(name), lines) for found, lines in self.found]
            places = reduce(Places.then, (places_of(column, lines) for column, lines in each))
            if any(column is not None and column.of_texts for column, _ in each):
                columns |= {name: self._texts(places)} if self.kept else {}
            elif self.kept or places.bounded:
                values = np.empty(len(self.codes), places.dtype)
                columns[name] = Column(values, self._has(places))
                numbers[name] = places
        self._alone(np.unique(self._numbers(columns, numbers)))
        return columns

    def _numbers(self, columns: Mapping[str, Column], numbers: Mapping[str, Places]) -> Ints:
        """Read all numbers of some lines at a time: these lines stay in the processor's cache.

        Returns:
            The lines of which a number is none that may stand there.
        """
        each = [
            (columns[name].values, places.ends.astype(np.intp), places.counts, places)
            for name, places in numbers.items()
        ]
        over = [np.zeros(0, np.int64)]
        for at in range(0, len(self.codes), TOGETHER):
            part = slice(at, at + TOGETHER)
            codes = self.codes[part]
            starts = self.part.starts[part].astype(np.intp)
            for values, ends, counts, places in each:
                found = number(self.part.text, starts + ends[codes], counts[codes])
                values[part] = found
                over.append(places.over(found, codes) + at)
        return np.concatenate(over)

    def _texts(self, places: Places) -> Column:
        """Texts that stand in the lines, or behind all of them."""
        origins = self.part.starts
        if places.apart.any():
            size = np.int32(len(self.part.text.raw))
            origins = np.where(places.apart[self.codes], size, origins)
        starts, ends = origins + places.starts[self.codes], origins + places.ends[self.codes]
        stand = Stand(slice(None), starts, ends)
        return Column(None, self._has(places), [stand], bytearray(places.said))

    def _has(self, places: Places) -> Bools:
        """Which lines say something."""
        if places.has.all():
            return np.ones(len(self.codes), np.bool_)
        has: Bools = places.has[self.codes]
        return has


def _telling(found: Found, lines: Part, asked: Bools) -> Iterator[tuple[Positions, Positions]]:
    """Where the digits of words are that tell what lines say: first of one of each, then another.

    From the first digit of a word to its last, counted from the start of the line, and empty where
    a line has no more such words: what is around them is the same in all lines that are alike.
    Short ones, which are compared faster, come by themselves.

    Args:
        found: What the lines say.
        lines: The lines.
        asked: About which of them.
    """
    every = np.arange(len(lines), dtype=np.int32)
    spans = [(every[one.rows], one.starts, one.ends) for one in found.telling]
    if not spans:
        return
    rows, starts, ends = (np.concatenate(parts) for parts in zip(*spans, strict=True))
    which = np.flatnonzero(asked[rows])
    starts, ends = digits_within(lines.text, starts[which], ends[which])
    rows, lengths = rows[which], ends - starts
    for some in ((lengths > 0) & (lengths <= SHORT), lengths > SHORT):
        yield from _in_turns(lines, rows[some], starts[some], ends[some])


def _in_turns(
    lines: Part, rows: Positions, starts: Positions, ends: Positions
) -> Iterator[tuple[Positions, Positions]]:
    """Words of lines, one of each at a time, counted from the starts of the lines."""
    order = np.argsort(rows, kind="stable")
    rows, starts, ends = rows[order], starts[order], ends[order]
    turns = np.arange(len(rows)) - np.searchsorted(rows, rows)
    for turn in range(int(turns.max(initial=-1)) + 1):
        now = turns == turn
        places = np.zeros((2, len(lines)), np.int32)
        places[:, rows[now]] = (starts[now], ends[now]) - lines.starts[rows[now]]
        yield places[0], places[1]
