"""Lines to kinds: rows of one kind say the same but for their numbers and plain addresses.

The lines of a block are read word by word, of those that are alike but for their digits one for
all. Equal words get one code, a number in a word that only gives its value is taken out first, and
what stands before it is kept aside where it is an address as any other. What is left of a line is
its *kind*: the classes of its words. One line of each kind is read as any line is, and stands for
all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.column import Column, column_of
from nsparse.reading.columns.delegates import read_rows
from nsparse.reading.columns.more import apart, end_as, go_on, part_ways
from nsparse.reading.columns.part import Parts
from nsparse.reading.columns.words import Bools, Ints, Positions

if TYPE_CHECKING:
    from nsparse.reading.columns.details import Details
    from nsparse.reading.columns.kinds import Kinds
    from nsparse.reading.columns.plan import Plan
    from nsparse.reading.columns.tails import Tails


@dataclass
class Block:
    """Rows that follow one another, as far as a plan reads them.

    Attributes:
        lines: The number of each row's line, from 0, and of the line behind the last.
        taken: Whether the plan reads a row, and what continues it.
        kinds: The kind of each row that it reads.
        all: What kinds there are.
        columns: What the rows say beside their kind.
        indents: How far each row is indented.
        more: Whether the line below a row goes on with it.
    """

    lines: Ints
    taken: Bools
    kinds: Positions
    all: Kinds
    columns: dict[str, Column]
    indents: Positions
    more: Bools

    def __len__(self) -> int:
        return len(self.taken)

    def holds(self, line: int) -> bool:
        """Whether a line is one of its."""
        return bool(self.lines[0] <= line < self.lines[-1])

    def column(self, name: str, dtype: Any = np.int64) -> Column:
        """What the rows say in a column beside their kind, nothing at first."""
        return column_of(self.columns, name, len(self), dtype)

    def row(self, line: int) -> int:
        """The first row that stands on a line or below it."""
        return int(np.searchsorted(self.lines, line))

    def add(self, row: int, *, more: bool) -> None:
        """A row that was read by itself after all is a kind of its own."""
        if not self.taken[row]:
            self.taken[row] = True
            self.more[row] = more
            self.kinds[row] = self.all.own()
            for column in self.columns.values():
                column.has[row] = False


def read_block(
    plan: Plan,
    parts: Parts,
    first: int,
    count: int,
    kinds: Kinds,
    details: Details | None = None,
    tails: Tails | None = None,
    *,
    kept: bool = True,
) -> Block:
    """Read `count` lines from `first` on; their kinds are numbered as in `kinds`.

    Args:
        plan: How rows are read.
        parts: The lines of the text.
        first: The first of them, from 0, which continues no row.
        count: How many.
        kinds: The kinds that are known.
        details: How lines are read that continue rows, where there are such lines.
        tails: How words at the ends of rows are read, where there are such words.
        kept: Whether it matters what rows say, and not only that they are some.
    """
    both = apart(parts.lines, first, count) if details else None
    rows = both.rows if both else parts.of(first, count)
    lines = both.lines if both else np.arange(first, first + count + 1)
    cut = tails.cut(rows) if tails else None
    found = read_rows(plan, cut.marked if cut else rows, kinds, kept=kept)
    more = np.zeros(len(rows), np.bool_)
    block = Block(lines, found.taken, found.kinds, kinds, found.columns, found.indents, more)
    if cut and tails:
        rows = cut.rows
        end_as(block, cut, found.behind, tails)
    if both and details:
        go_on(block, both._replace(rows=rows), details)
    if cut and tails and both and details:
        part_ways(block, cut, tails, details)
    return block
