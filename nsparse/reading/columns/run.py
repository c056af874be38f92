"""A run: rows of blocks that one plan has read, in their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.cells.convert import NOTHING, Record
from nsparse.reading.columns.block import Block
from nsparse.reading.columns.lines import Lines
from nsparse.reading.columns.words import Bools, Ints, Positions, encode
from nsparse.reading.grammar.grammar import Match
from nsparse.reading.tables.rows import Unproved
from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.tables.rows import Run


class Piece(NamedTuple):
    """Rows of one block: the first, and behind the last."""

    block: Block
    start: int
    stop: int

    @property
    def rows(self) -> slice:
        """The rows in their block."""
        return slice(self.start, self.stop)

    @property
    def places(self) -> Ints:
        """The line of each row, from 0."""
        return self.block.lines[self.rows]

    @property
    def more(self) -> Bools:
        """Whether a row goes on below."""
        return self.block.more[self.rows]

    def without(self, lost: Ints) -> Iterator[Piece]:
        """The rows between those that stand on lines that are lost, which are in their order."""
        start = self.start
        for row in [*np.flatnonzero(np.isin(self.places, lost)).tolist(), len(self.places)]:
            if self.start + row > start:
                yield self._replace(start=start, stop=self.start + row)
            start = self.start + row + 1

    def without_last(self) -> list[Piece]:
        """All rows but the last."""
        rest = self._replace(stop=self.stop - 1)
        return [rest] if rest.stop > rest.start else []


@dataclass
class BlockRun:
    """Rows of blocks that were read by one plan, in their order.

    Attributes:
        lines: The lines of the text.
        read: Reads one line.
        goes_on: Reads one that continues a row.
        pieces: The rows.
    """

    lines: Lines
    read: Callable[[str], Match | None]
    goes_on: Callable[[str], Match | None]
    pieces: list[Piece]
    _kinds: tuple[Positions, Positions] | None = None

    def __len__(self) -> int:
        return sum(piece.stop - piece.start for piece in self.pieces)

    @property
    def places(self) -> Ints:
        """The number of each row's line, from 0."""
        return np.concatenate([piece.places for piece in self.pieces])

    @property
    def more(self) -> Bools:
        """Whether a row goes on below."""
        return np.concatenate([piece.more for piece in self.pieces])

    @property
    def reach(self) -> int:
        """How many lines there are, from the first row to the end of the last."""
        first, last = self.pieces[0], self.pieces[-1]
        return int(last.places[-1] + last.more[-1]) + 1 - int(first.places[0])

    @property
    def census(self) -> Mapping[str, int]:
        """How many of these lines are of each kind."""
        rows, details = len(self), int(np.count_nonzero(self.more))
        return {"rows": rows, "details": details, "blank": self.reach - rows - details}

    def line(self, at: int) -> int:
        """The line of a row."""
        block, row = self._seat(at)
        return int(block.lines[row]) + 1

    def place(self, line: int) -> int:
        """How many rows stand above a line."""
        return sum(int(np.searchsorted(piece.places, line - 1)) for piece in self.pieces)

    def record(self, at: int) -> Record:
        """One row, read by itself."""
        block, row = self._seat(at)
        return self._record(int(block.lines[row]), more=bool(block.more[row]))

    def _seat(self, at: int) -> tuple[Block, int]:
        """The block of a row, and which of its rows that is."""
        for piece in self.pieces:
            if at < piece.stop - piece.start:
                return piece.block, piece.start + at
            at -= piece.stop - piece.start
        raise IndexError(at)

    def records(self) -> Iterator[Record]:
        """All rows, each read by itself."""
        return self._records(slice(None))

    def samples(self) -> Iterator[Record]:
        """One row of each kind, in the order in which the kinds appear."""
        return self._records(self.kinds[1])

    def _records(self, which: Any) -> Iterator[Record]:
        places, more = self.places[which].tolist(), self.more[which].tolist()
        return (self._record(at, more=on) for at, on in zip(places, more, strict=True))

    @property
    def kinds(self) -> tuple[Positions, Positions]:
        """Which kind each row is, numbered as they appear; and the first row of each kind."""
        if self._kinds is None:
            found = [one.block.kinds[one.rows] for one in self.pieces]
            self._kinds = encode(np.concatenate(found).astype(np.int64))
        return self._kinds

    def _record(self, number: int, *, more: bool) -> Record:
        text = self.lines[number].strip(BLANKS)
        record = Record(number + 1, text, self.read(text) or NOTHING)
        if more:
            record.more.append(self.goes_on(self.lines[number + 1].strip(BLANKS)) or NOTHING)
        return record

    def join(self, other: Run, between: Sequence[Record]) -> bool:
        """Take in the rows that follow, where the same plan has read them, and those between."""
        if not isinstance(other, BlockRun):
            return False
        last, first = self.pieces[-1].block, other.pieces[0].block
        if first.all is not last.all:
            return False
        held = [self._held(last if last.holds(one.line - 1) else first, one) for one in between]
        pieces = [piece for piece in held if piece is not None]
        if len(pieces) < len(between):
            return False
        self.pieces += [*pieces, *other.pieces]
        self._kinds = None
        return True

    def _held(self, block: Block, record: Record) -> Piece | None:
        """A row that was read by itself, if its block says the same."""
        row = block.row(record.line - 1)
        alone = row < len(block) and block.taken[row] and not (block.more[row] or record.more)
        if not alone or block.lines[row] != record.line - 1:
            return None
        same = self.lines[record.line - 1].strip(BLANKS) == record.text
        return Piece(block, row, row + 1) if same else None

    def without_last(self) -> BlockRun:
        """All but the last."""
        *before, last = self.pieces
        return replace(self, pieces=[*before, *last.without_last()], _kinds=None)

    def parted(self, at: int) -> tuple[BlockRun, BlockRun]:
        """The first so many, and the others."""
        above, below = list[Piece](), list[Piece]()
        for piece in self.pieces:
            cut = min(max(piece.start + at, piece.start), piece.stop)
            at -= piece.stop - piece.start
            above += [piece._replace(stop=cut)] if cut > piece.start else []
            below += [piece._replace(start=cut)] if cut < piece.stop else []
        return replace(self, pieces=above, _kinds=None), replace(self, pieces=below, _kinds=None)

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
