"""Runs of rows: the lines from one place of a text on that a plan reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.block import Block, read_block
from nsparse.reading.columns.lines import Lines
from nsparse.reading.columns.plan import Plan, plan_of
from nsparse.reading.columns.words import Ints, Positions, encode
from nsparse.reading.convert import NOTHING, Record
from nsparse.reading.grammar import ROWS, Match

if TYPE_CHECKING:
    from nsparse.reading.rows import Run
    from nsparse.reading.tables import Table, Voice

BLOCK = 1 << 24
"""Bytes that are read together: distinct words are judged once a block."""

SHORTEST = 16
"""Shorter runs are read one by one."""


@dataclass
class BlockRun:
    """Rows of one block, in its order.

    Attributes:
        lines: The lines of the text.
        read: Reads one line.
        block: The block.
        ranges: The rows, in the block: the first and behind the last of each stretch.
    """

    lines: Lines
    read: Callable[[str], Match | None]
    block: Block
    ranges: list[tuple[int, int]]

    def __len__(self) -> int:
        return sum(stop - start for start, stop in self.ranges)

    @property
    def here(self) -> Any:
        """Where the rows are in the block: a slice, or their places."""
        if len(self.ranges) == 1:
            return slice(*self.ranges[0])
        return np.concatenate([np.arange(start, stop) for start, stop in self.ranges])

    @property
    def places(self) -> Ints:
        """The place of each row in the block."""
        places: Ints = np.arange(len(self.block))[self.here]
        return places

    def line(self, at: int) -> int:
        """The line of a row."""
        return int(self.block.first + self.places[at] + 1)

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
        return encode(self.block.kinds[self.here].astype(np.int64))

    def _record(self, place: int) -> Record:
        number = self.block.first + place
        text = self.lines[number].strip(" \t")
        return Record(number + 1, text, self.read(text) or NOTHING)

    def join(self, other: Run) -> bool:
        """Take in the rows that follow, where they are of the same block."""
        same = isinstance(other, BlockRun) and other.block is self.block
        if same and isinstance(other, BlockRun):
            self.ranges += other.ranges
        return same

    def without_last(self) -> BlockRun:
        """All but the last."""
        *before, (start, stop) = self.ranges
        rest = [(start, stop - 1)] if stop - 1 > start else []
        return replace(self, ranges=[*before, *rest] or [(start, start)])

    @property
    def indent(self) -> int:
        """How far the last row is indented."""
        return int(self.block.indents[self.ranges[-1][1] - 1])


class Runs:
    """Finds runs in the lines of a text."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._readers: dict[tuple[str, str], _Reader] = {}
        self._table: Table | None = None
        self._not_before = 0

    def at(self, table: Table, number: int) -> BlockRun | None:
        """The run that begins with line `number`: rows that every speaker of a table reads.

        None where the next rows are better read one by one.
        """
        if table is self._table and number < self._not_before:
            return None
        run, stop = self._run(table, number - 1)
        if run is None:
            # A run that began before the line that stops this one would end there as well.
            self._table, self._not_before = table, stop + 2
        return run

    def _run(self, table: Table, start: int) -> tuple[BlockRun | None, int]:
        kinds = ROWS if table.header else ROWS[:1]
        stop = len(self.lines)
        for voice in table.speakers:
            stop = min(stop, self._stop(table, voice, kinds, start))
            if stop - start < SHORTEST:
                return None, stop
        block = self._reader(table.voice, kinds).block
        if block is None:
            return None, stop
        ranges = [(start - block.first, stop - block.first)]
        return BlockRun(self.lines, partial(table.reads, table.voice), block, ranges), stop

    def _stop(self, table: Table, voice: Voice, kinds: Sequence[str], start: int) -> int:
        """Behind the last line of those from `start` on that a dialect reads."""
        return self._reader(voice, kinds).stop(start, partial(table.reads, voice))

    def _reader(self, voice: Voice, kinds: Sequence[str]) -> _Reader:
        """The reader of the first kind of row that a dialect has."""
        kind = next((kind for kind in kinds if kind in voice.kinds), "")
        key = (voice.dialect.name, kind)
        if key not in self._readers:
            plan = plan_of(voice.grammar.derived, kind, voice.dialect.cells)
            self._readers[key] = _Reader(plan, self.lines)
        return self._readers[key]


class _Reader:
    """Reads blocks by one plan, as many as are asked for, and keeps the last."""

    def __init__(self, plan: Plan | None, lines: Lines) -> None:
        self.plan, self.lines = plan, lines
        self.block: Block | None = None
        self._refused: list[int] = []
        self._next = 0

    def stop(self, start: int, read: Callable[[str], Match | None]) -> int:
        """Behind the last line of those from `start` on that are rows, within a block.

        Args:
            start: The first line, from 0.
            read: Reads a line that the plan leaves.
        """
        if self.plan is None:
            return start
        block = self.block
        if block is None or not block.first <= start < block.first + len(block):
            self.block = block = read_block(self.plan, self.lines, start, self._count(start))
            self._refused = np.flatnonzero(~block.taken).tolist()
        at = bisect_left(self._refused, start - block.first)
        while at < len(self._refused):
            place = self._refused[at]
            text = self.lines[block.first + place].strip(" \t")
            if not text or read(text) is None:
                return block.first + place
            block.add(place)
            at += 1
        return block.first + len(block)

    def _count(self, at: int) -> int:
        """How many lines from one on make a block."""
        starts = self.lines.starts
        behind = int(np.searchsorted(starts, starts[at] + BLOCK, "right")) - 1
        return min(max(behind - at, 1), len(self.lines) - at)
