"""Runs of rows: the lines from one place of a text on that a plan reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nsparse.reading.columns.block import Block, read_block
from nsparse.reading.columns.kinds import Kinds
from nsparse.reading.columns.lines import Lines
from nsparse.reading.columns.plan import Plan, plan_of
from nsparse.reading.columns.words import Ints, Positions, encode
from nsparse.reading.convert import NOTHING, Record
from nsparse.reading.grammar import ROWS, Match, load
from nsparse.reading.rows import Unproved
from nsparse.registry import dialects

if TYPE_CHECKING:
    from nsparse.reading.rows import Run
    from nsparse.reading.tables import Table, Voice

BLOCK = 1 << 21
"""Bytes that are read together: what numpy makes of them stays in the processor's cache."""

SHORTEST = 16
"""Shorter runs are read one by one."""

PATIENCE = 64
"""At most so many lines are passed before a run is looked for again."""


class Piece(NamedTuple):
    """Rows of one block: the first, and behind the last."""

    block: Block
    start: int
    stop: int

    @property
    def first(self) -> int:
        """The number of the first line, from 0."""
        return self.block.first + self.start

    def without(self, lost: Ints) -> Iterator[Piece]:
        """The rows between lines that are lost, given in their order and counted from 0."""
        first, last = np.searchsorted(lost, (self.first, self.block.first + self.stop))
        start = self.start
        for place in [*(lost[first:last] - self.block.first).tolist(), self.stop]:
            if place > start:
                yield self._replace(start=start, stop=place)
            start = place + 1


@dataclass
class BlockRun:
    """Rows of blocks that were read by one plan, in their order.

    Attributes:
        lines: The lines of the text.
        read: Reads one line.
        pieces: The rows.
    """

    lines: Lines
    read: Callable[[str], Match | None]
    pieces: list[Piece]
    _kinds: tuple[Positions, Positions] | None = None

    def __len__(self) -> int:
        return sum(piece.stop - piece.start for piece in self.pieces)

    @property
    def places(self) -> Ints:
        """The number of each row's line, from 0."""
        found = [np.arange(one.first, one.first + one.stop - one.start) for one in self.pieces]
        return np.concatenate(found)

    def line(self, at: int) -> int:
        """The line of a row."""
        return int(self.places[at] + 1)

    def record(self, at: int) -> Record:
        """One row, read by itself."""
        return self._record(int(self.places[at]))

    def records(self) -> Iterator[Record]:
        """All rows, each read by itself."""
        return map(self._record, self.places.tolist())

    def samples(self) -> Iterator[Record]:
        """One row of each kind, in the order in which the kinds appear."""
        return map(self._record, self.places[self.kinds[1]].tolist())

    @property
    def kinds(self) -> tuple[Positions, Positions]:
        """Which kind each row is, numbered as they appear; and the first row of each kind."""
        if self._kinds is None:
            found = [one.block.kinds[one.start : one.stop] for one in self.pieces]
            self._kinds = encode(np.concatenate(found).astype(np.int64))
        return self._kinds

    def _record(self, number: int) -> Record:
        text = self.lines[number].strip(" \t")
        return Record(number + 1, text, self.read(text) or NOTHING)

    def join(self, other: Run) -> bool:
        """Take in the rows that follow, where the same plan has read them."""
        if not isinstance(other, BlockRun):
            return False
        same = other.pieces[0].block.all is self.pieces[0].block.all
        if same:
            self.pieces += other.pieces
            self._kinds = None
        return same

    def without_last(self) -> BlockRun:
        """All but the last."""
        *before, last = self.pieces
        rest = last._replace(stop=last.stop - 1)
        kept = [*before, *([rest] if rest.stop > rest.start or not before else [])]
        return replace(self, pieces=kept, _kinds=None)

    def without(self, lines: Collection[int]) -> BlockRun:
        """All but the rows on these lines.

        Raises:
            Unproved: One of them stands for other rows as well.
        """
        places = self.places
        lost = np.flatnonzero(np.isin(places + 1, list(lines)))
        if not len(lost):
            return self
        kinds = self.kinds[0]
        if (np.bincount(kinds)[kinds[lost]] > 1).any():
            raise Unproved
        kept = [rest for piece in self.pieces for rest in piece.without(places[lost])]
        return replace(self, pieces=kept, _kinds=None)

    @property
    def indent(self) -> int:
        """How far the last row is indented."""
        last = self.pieces[-1]
        return int(last.block.indents[last.stop - 1])


class Runs:
    """Finds runs in the lines of a text."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._table: Table | None = None
        self._not_before = 0
        self._missed = 0

    def at(self, table: Table, number: int) -> BlockRun | None:
        """The run that begins with line `number`: rows that every speaker of a table reads.

        None where the next rows are better read one by one.
        """
        if table is self._table and number < self._not_before:
            return None
        run, stop = self._run(table, number - 1)
        self._missed = 0 if run else min(self._missed + 1, PATIENCE)
        if run is None:
            # A run that began before the line that stops this one would end there as well; and
            # where no run was found time and again, as between details, the next is likely short.
            self._table, self._not_before = table, stop + 1 + self._missed
        return run

    def _run(self, table: Table, start: int) -> tuple[BlockRun | None, int]:
        kinds = ROWS if table.header else ROWS[:1]
        reader = self._reader(table.voice, _first(table.voice, kinds))
        pieces: list[Piece] = []
        stop, refused = start, False
        while stop < len(self.lines) and not refused:
            at = stop
            ends = [self._end(table, voice, kinds, at) for voice in table.speakers]
            stop = min(end for end, _ in ends)
            refused = any(bad for end, bad in ends if end == stop)
            if reader.block is not None and stop > at:
                pieces.append(
                    Piece(reader.block, at - reader.block.first, stop - reader.block.first)
                )
        if refused and pieces:
            # What the line below says may be the rest of the last row: that is read by itself.
            pieces[-1:] = pieces[-1].without(np.array([stop - 1]))
        if sum(piece.stop - piece.start for piece in pieces) < SHORTEST or not pieces:
            return None, stop
        return BlockRun(self.lines, partial(table.reads, table.voice), pieces), stop

    def _end(
        self, table: Table, voice: Voice, kinds: Sequence[str], start: int
    ) -> tuple[int, bool]:
        """Behind the last line of those from `start` on that a dialect is known to read."""
        kind = _first(voice, kinds)
        if voice is not table.voice:
            # What these read is not kept: it only matters that they read it, as any kind of row.
            text = self.lines[start].strip(" \t")
            kind = next((one for one in kinds if voice.match(one, text)), kind)
        return self._reader(voice, kind).end(start, partial(table.reads, voice))

    def _reader(self, voice: Voice, kind: str) -> _Reader:
        """The reader of a kind of row of a dialect."""
        key = (voice.dialect.name, kind)
        if key not in self._readers:
            self._readers[key] = _Reader(_plan(voice, kind), self.lines)
        return self._readers[key]


def _first(voice: Voice, kinds: Sequence[str]) -> str:
    """The first kind of row that a dialect has."""
    return next((kind for kind in kinds if kind in voice.kinds), "")


def _plan(voice: Voice, kind: str) -> Plan | None:
    """The plan of a kind of row; those of the dialects that are installed are made once."""
    name = voice.dialect.name
    if voice.grammar is load(name):
        return _installed(name, kind)
    return plan_of(voice.grammar.derived, kind, voice.dialect.cells)


@cache
def _installed(name: str, kind: str) -> Plan | None:
    return plan_of(load(name).derived, kind, dialects()[name].cells)


class _Reader:
    """Reads blocks by one plan, as many as are asked for, and keeps the last."""

    def __init__(self, plan: Plan | None, lines: Lines) -> None:
        self.plan, self.lines = plan, lines
        self.block: Block | None = None
        self.kinds = Kinds()
        self._refused: list[int] = []

    def end(self, start: int, read: Callable[[str], Match | None]) -> tuple[int, bool]:
        """Behind the last line of those from `start` on that are rows, within a block.

        Args:
            start: The first line, from 0.
            read: Reads a line that the plan leaves.

        Returns:
            Where they end, and whether because the next line is no row.
        """
        if self.plan is None:
            return start, True
        block = self.block
        if block is None or not block.first <= start < block.first + len(block):
            count = self._count(start)
            self.block = block = read_block(self.plan, self.lines, start, count, self.kinds)
            self._refused = np.flatnonzero(~block.taken).tolist()
        at = bisect_left(self._refused, start - block.first)
        while at < len(self._refused):
            place = self._refused[at]
            text = self.lines[block.first + place].strip(" \t")
            if not text or read(text) is None:
                return block.first + place, True
            block.add(place)
            at += 1
        return block.first + len(block), False

    def _count(self, at: int) -> int:
        """How many lines from one on make a block."""
        starts = self.lines.starts
        behind = int(np.searchsorted(starts, starts[at] + BLOCK, "right")) - 1
        return min(max(behind - at, 1), len(self.lines) - at)
