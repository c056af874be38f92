"""Runs of rows: the lines from one place of a text on that a plan reads."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from nsparse.reading.columns.agree import Agreement
from nsparse.reading.columns.block import Block, read_block
from nsparse.reading.columns.details import Details
from nsparse.reading.columns.kinds import Kinds
from nsparse.reading.columns.lines import Lines
from nsparse.reading.columns.more import continues
from nsparse.reading.columns.part import Parts
from nsparse.reading.columns.plan import Plan, plan_of
from nsparse.reading.columns.run import BlockRun, Piece
from nsparse.reading.columns.tails import Tails
from nsparse.reading.columns.words import PAD
from nsparse.reading.grammar.grammar import ROWS, Match, load
from nsparse.reading.tables.course import ENDLESS
from nsparse.reading.texts.text import BLANKS
from nsparse.registry import dialects

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Table, Voice

BLOCK = 12 << 20
"""Bytes that are read together: the more these are, the more of their lines are alike."""

LARGE = 1 << 13
"""To copy so many lines takes as long as to read the last one by itself."""

SHORTEST = 16
"""Shorter runs are read one by one, and what is left of a text behind its last block: a block costs
what a hundred lines do that are read by themselves, be it of one line."""

DETAIL = "detail"
"""The kind of line that goes on with a row in further columns."""

CELLS = 2
"""So many cells tell a row from what continues one (`nsparse.reading.grammar.derive.opening`)."""

FEW = 16
"""Where a dialect may not read more than one row in so many that another reads, it is asked."""

PATIENCE = 64
"""At most so many lines are passed before a run is looked for again."""


class Runs:
    """Finds runs in the lines of a text.

    Attributes:
        lines: The lines.
        parts: The same, as they are read.
        long: The lines that may be endless, from 0.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines, self.parts = lines, Parts(lines)
        self.long: list[int] = np.flatnonzero(np.diff(lines.starts) > ENDLESS).tolist()
        self._readers: dict[tuple[str, str, bool, bool], _Reader] = {}
        self._table: Table | None = None
        self._not_before = 0
        self._missed = 0

    def at(self, table: Table, number: int, ends: Callable[[int], bool]) -> BlockRun | None:
        """The run that begins with a line: rows that every speaker of a table reads.

        Args:
            table: The table.
            number: The line.
            ends: Whether what stands below a row, by the line of that, is surely no rest of it.

        Returns:
            None where the next rows are better read one by one.
        """
        if table is self._table and number < self._not_before:
            return None
        run, stop = self._run(table, number - 1, ends)
        self._missed = 0 if run else min(self._missed + 1, PATIENCE)
        if run is None:
            # A run that began before the line that stops this one would end there as well; and
            # where no run was found time and again, as between details, the next is likely short.
            self._table, self._not_before = table, stop + 1 + self._missed
        return run

    def _run(
        self, table: Table, start: int, ends_at: Callable[[int], bool]
    ) -> tuple[BlockRun | None, int]:
        kinds = ROWS if table.headed else ROWS[:1]
        alone = len(table.speakers) == 1  # what continues a row says that nobody else reads it
        first = _first(table.voice, kinds)
        reader = self._reader(table.voice, first, alone=alone, kept=True)
        pieces: list[Piece] = []
        stop, refused = start, False
        while stop < len(self.lines) and not refused:
            at = stop
            ends = [self._end(table, voice, kinds, at) for voice in table.speakers]
            stop = min(end for end, _ in ends)
            refused = any(bad for end, bad in ends if end == stop)
            block = reader.block
            if block is not None and stop > at:
                pieces.append(Piece(block, block.row(at), block.row(stop)))
        if refused and pieces and not ends_at(stop):
            # What the line below says may be the rest of the last row: that is read by itself.
            pieces[-1:] = pieces[-1].without_last()
        if sum(piece.stop - piece.start for piece in pieces) < SHORTEST or not pieces:
            return None, stop
        # By the voice and not by the table, which holds the run: a circle would keep both for long.
        read = partial(table.voice.reads, headed=table.headed)
        goes_on = partial(table.voice.match, DETAIL)
        return BlockRun(self.lines, read, goes_on, pieces), stop

    def _end(
        self, table: Table, voice: Voice, kinds: Sequence[str], start: int
    ) -> tuple[int, bool]:
        """Behind the last line of those from `start` on that a dialect is known to read."""
        kind, alone = _first(voice, kinds), len(table.speakers) == 1
        kept = voice is table.voice
        if not kept:
            # What these read is not kept: it only matters that they read it, as any kind of row.
            text = self.lines[start].strip(BLANKS)
            kind = next((one for one in kinds if voice.match(one, text)), kind)
        reader = self._reader(voice, kind, alone=alone, kept=kept)
        if not kept:
            plans = [plan for one in kinds if (plan := _plan(voice, one)) is not None]
            first = _first(table.voice, kinds)
            reader.agree(start, self._reader(table.voice, first, alone=alone, kept=True), plans)
        return reader.end(start, partial(_reads, table, voice))

    def _reader(self, voice: Voice, kind: str, *, alone: bool, kept: bool) -> _Reader:
        """The reader of a kind of row of a dialect, and where it is alone of what continues one."""
        key = (voice.dialect.name, kind, alone, kept)
        if key not in self._readers:
            details = _details(voice, kind) if alone else None
            tails = _tails(voice, kind) if alone else None
            reader = _Reader(_plan(voice, kind), self.parts, voice, details, tails, kept=kept)
            self._readers[key] = reader
            reader.long = self.long
        return self._readers[key]


def _reads(table: Table, voice: Voice, text: str) -> Match | None:
    """What a dialect reads of a row that surely is one; others may be the rest of those above."""
    begins = any(speaker.opening.match(text) for speaker in table.speakers)
    return table.reads(voice, text) if begins else None


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


def _details(voice: Voice, kind: str) -> Details | None:
    """How lines are read that continue rows; None where nothing is known of their words."""
    plan = _plan(voice, DETAIL)
    if plan is None or not any(cell.items for cell in plan.cells.values()) or not plan.stretches:
        return None
    rows = [other.begins(0, CELLS) for one in ROWS if (other := _plan(voice, one)) is not None]
    reads = partial(voice.match, DETAIL)
    return Details(reads, plan.cells, re.compile("|".join(rows)), partial(_says, voice, kind))


def _tails(voice: Voice, kind: str) -> Tails | None:
    """How words at the ends of rows are read; None where nothing is known of them."""
    plan = _plan(voice, kind)
    if plan is None or not any(cell.items for cell in plan.cells.values()):
        return None
    return Tails(plan, partial(_says, voice, kind))


def _says(voice: Voice, kind: str, row: str) -> Collection[str]:
    """The columns that a row says something in."""
    match = voice.match(kind, row.strip(BLANKS))
    fields = match.pairs if match else ()
    read = (voice.dialect.cells[name].read(text) for name, text in fields)
    return {name for values in read for name, value in values.items() if value is not None}


class _Reader:
    """Reads blocks by one plan, as many as are asked for, and keeps the last.

    Attributes:
        plan: How it reads, if it can.
        parts: The lines of the text.
        voice: Who reads one by one.
        details: How lines are read that continue rows, where there are such lines.
        tails: How words at the ends of rows are read, where there are such words.
        kept: Whether it matters what rows say, and not only that they are some.
        block: The last block.
        kinds: The kinds of the rows of all blocks.
        long: The lines that may be endless: no block holds one.
    """

    def __init__(
        self,
        plan: Plan | None,
        parts: Parts,
        voice: Voice,
        details: Details | None,
        tails: Tails | None,
        *,
        kept: bool,
    ) -> None:
        self.plan, self.parts, self.voice = plan, parts, voice
        self.details, self.tails = details, tails
        self.lines, self.kept = parts.lines, kept
        self.block: Block | None = None
        self.kinds = Kinds()
        self.long: list[int] = []
        self._refused: list[int] = []
        self._agreements: dict[int, Agreement] = {}

    def agree(self, start: int, other: _Reader, plans: Sequence[Plan]) -> None:
        """Take over the block of another from a line on, where it is proved what is read of it.

        Args:
            start: The line, from 0.
            other: The other.
            plans: How rows are read, of whatever kind.
        """
        block = other.block
        if not (other.plan and block and block.holds(start)):
            return
        if self.block is not None and self.block.holds(start):
            return
        if id(other) not in self._agreements:
            self._agreements[id(other)] = Agreement(plans, other.plan, other.kinds)
        taken = block.taken & self._agreements[id(other)].reads(block.kinds)
        if np.count_nonzero(~taken) * FEW > len(taken):
            return
        kinds, more = block.kinds.copy(), block.more.copy()
        self.block = replace(block, taken=taken, kinds=kinds, all=self.kinds, columns={}, more=more)
        self._refused = np.flatnonzero(~taken).tolist()

    def end(self, start: int, read: Callable[[str], Match | None]) -> tuple[int, bool]:
        """Behind the last line of those from `start` on that are rows, within a block.

        Args:
            start: The first line, from 0.
            read: Reads a line that the plan leaves.

        Returns:
            Where they end, and whether because the next line is no row.
        """
        if self.plan is None or (self.details and continues(self.lines, start)):
            return start, True
        if start in self.long:
            return start, True
        block = self.block
        if block is None or not block.holds(start):
            count = self._count(start)
            if count < SHORTEST:
                return start, True
            below_and_behind = self.details, self.tails
            self.block = block = read_block(
                self.plan, self.parts, start, count, self.kinds, *below_and_behind, kept=self.kept
            )
            self._refused = np.flatnonzero(~block.taken).tolist()
        at = bisect_left(self._refused, block.row(start))
        while at < len(self._refused):
            row = self._refused[at]
            more = self._more(block, row, read)
            if more is None:
                return int(block.lines[row]), True
            block.add(row, more=more)
            at += 1
        return int(block.lines[-1]), False

    def _more(self, block: Block, row: int, read: Callable[[str], Match | None]) -> bool | None:
        """Whether a row goes on below; None where there is no row, or nobody knows how it goes on.

        Only the line below may, and what more is there must be empty.
        """
        first, behind = block.lines[row : row + 2].tolist()
        text, *below = (self.lines[line].strip(BLANKS) for line in range(first, behind))
        if read(text) is None:
            return None
        if not any(below):
            return False
        if (
            any(below[1:])
            or self.voice.opening.match(below[0])
            or self.voice.reads(below[0], headed=True)
        ):
            return None
        line = self.lines[first + 1]
        deeper = len(line) - len(line.lstrip(BLANKS)) > int(block.indents[row])
        return True if deeper and self.voice.match(DETAIL, below[0]) else None

    def _count(self, at: int) -> int:
        """How many lines from one on make a block."""
        starts, lines = self.lines.starts, len(self.lines)
        behind = int(np.searchsorted(starts, starts[at] + BLOCK, "right")) - 1
        count = min(max(behind - at, 1), lines - at)
        for line in self.long[bisect_left(self.long, at) :][:1]:
            count = min(count, line - at)
        # Lines that are followed by too little to be read where they are would all be copied, as
        # those are anyway that stand above what continues them.
        roomy = int(np.searchsorted(starts, len(self.lines.data) + 1 - PAD, "right")) - 1 - at
        if count > roomy >= LARGE and not continues(self.lines, lines - 1):
            count = roomy
        while self.details and 1 < count < lines - at and continues(self.lines, at + count):
            count -= 1
        return count
