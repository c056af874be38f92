"""The rows of a table, in the order of the file: read one by one, or many at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Protocol, overload

from nsparse.reading.cells.convert import Record


class Run(Protocol):
    """Rows that follow one another and were read together."""

    def __len__(self) -> int:
        """How many there are."""

    @property
    def reach(self) -> int:
        """How many lines there are, from the first row to the end of the last."""

    @property
    def census(self) -> Mapping[str, int]:
        """How many of these lines are of each kind."""

    @property
    def indent(self) -> int:
        """How far the last of them is indented."""

    def line(self, at: int) -> int:
        """The line of one of them."""

    def place(self, line: int) -> int:
        """How many of them stand above a line."""

    def record(self, at: int) -> Record:
        """One of them, read by itself."""

    def records(self) -> Iterator[Record]:
        """All of them, each read by itself."""

    def join(self, other: Run, between: Sequence[Record]) -> bool:
        """Take in the rows that follow, and those between, if they can be one run."""

    def samples(self) -> Iterator[Record]:
        """One row of each kind, in the order in which the kinds appear."""

    def without_last(self) -> Run:
        """All but the last."""

    def parted(self, at: int) -> tuple[Run, Run]:
        """The first so many, and the others."""

    def without(self, lines: Collection[int]) -> Run:
        """All but the rows on these lines.

        Raises:
            Unproved: One of them stands for other rows as well.
        """


class Unproved(Exception):
    """A row of a run says something else when it is read by itself; it never leaves the core."""


class Rows(Sequence[Record]):
    """Records and runs of rows; a row of a run becomes a record when somebody asks for it.

    Those asked for from the end are records from then on, so that a line may continue them.
    """

    def __init__(self) -> None:
        self.parts: list[list[Record] | Run] = []
        self._length = 0

    def append(self, record: Record) -> None:
        """One more row."""
        self.more([record])

    def more(self, records: Sequence[Record]) -> None:
        """More rows that were read one by one."""
        self._list().extend(records)
        self._length += len(records)

    def extend(self, run: Run) -> None:
        """More rows."""
        self._join_last()
        self.parts.append(run)
        self._length += len(run)

    def _join_last(self) -> None:
        """The last run joins the one above, with what was read one by one between.

        It waits for that until another follows: rows asked for from the end are taken off it.
        """
        at = len(self.parts) - 1
        at -= at >= 0 and isinstance(self.parts[at], list)
        lists = at > 0 and isinstance(self.parts[at - 1], list)
        between, above = (self.parts[at - 1] if lists else []), at - 1 - lists
        if above < 0 or not isinstance(between, list):
            return
        one, other = self.parts[above], self.parts[at]
        if not isinstance(one, list) and not isinstance(other, list) and one.join(other, between):
            del self.parts[above + 1 : at + 1]

    def as_records(self) -> list[Record]:
        """All rows, every one a record from now on."""
        if not self.whole:
            self.parts = [list(self)]
        return [record for part in self.parts if isinstance(part, list) for record in part]

    def drop(self, lost: Collection[int]) -> None:
        """Take out the records of these ids, which mostly are the last."""
        left = len(lost)
        for at in range(len(self.parts) - 1, -1, -1):
            part = self.parts[at]
            if isinstance(part, list) and left:
                self.parts[at] = kept = [record for record in part if id(record) not in lost]
                left -= len(part) - len(kept)
                if not kept:
                    del self.parts[at]
        self._length -= len(lost) - left

    def drop_lines(self, lost: Collection[int]) -> None:
        """Take out the rows on these lines.

        Raises:
            Unproved: One of them stands for rows of a run, of which each may be right or wrong.
        """
        for at, part in enumerate(self.parts):
            if isinstance(part, list):
                self.parts[at] = [record for record in part if record.line not in lost]
            else:
                self.parts[at] = part.without(lost)
        self._settle()

    def _settle(self) -> None:
        self.parts = [part for part in self.parts if len(part)]
        self._length = sum(map(len, self.parts))

    def near(self, first: int, last: int, count: int) -> list[Record]:
        """The rows on lines from one to another, so many at most."""
        found: list[Record] = []
        for part in self.parts:
            start, stop = _place(part, first), _place(part, last + 1)
            stop = min(stop, start + count - len(found))
            if isinstance(part, list):
                found += part[start:stop]
            else:
                found += [part.record(at) for at in range(start, stop)]
        return found

    def parted(self, line: int) -> tuple[Rows, Rows]:
        """The rows above a line, and those from it on."""
        above, below = Rows(), Rows()
        for part in self.parts:
            at = _place(part, line)
            if isinstance(part, list):
                halves: tuple[list[Record] | Run, ...] = (part[:at], part[at:])
            else:
                halves = part.parted(at)
            above.parts.append(halves[0])
            below.parts.append(halves[1])
        above._settle()
        below._settle()
        return above, below

    @property
    def whole(self) -> bool:
        """Whether every row was read one by one."""
        return all(isinstance(part, list) for part in self.parts)

    @property
    def few(self) -> Iterator[Record]:
        """The rows that were read one by one, and of each run one row of each kind."""
        for part in self.parts:
            yield from part if isinstance(part, list) else part.samples()

    @property
    def span(self) -> tuple[int, int]:
        """The lines of the first and the last row."""
        first, last = (part for part in (self.parts[0], self.parts[-1]))
        return _line(first, 0), _line(last, len(last) - 1)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Record]:
        for part in self.parts:
            yield from part if isinstance(part, list) else part.records()

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        """Rows counted from the start, or the last ones."""
        if isinstance(at, slice):
            first = at.start or 0
            if first < 0:
                return self._last(-first)[: at.stop]
            return list(islice(self, first, at.stop))
        if at >= 0:
            return next(islice(self, at, None))
        return self._last(-at)[0]

    def _last(self, count: int) -> list[Record]:
        """The last rows, as records."""
        found: list[Record] = []
        for at in range(len(self.parts) - 1, -1, -1):
            if len(found) >= count:
                break
            found = [*self._end(at, count - len(found)), *found]
        return found

    def _end(self, at: int, count: int) -> list[Record]:
        part = self.parts[at]
        if isinstance(part, list):
            return part[-count:]
        taken: list[Record] = []
        while len(part) and len(taken) < count:
            taken.insert(0, part.record(len(part) - 1))
            part = part.without_last()
        # What is left of a run is joined with one below where nothing but one list is between.
        below = self.parts[at + 1] if at + 1 < len(self.parts) else None
        rest = [*taken, *below] if isinstance(below, list) else taken
        self.parts[at : at + 1 + isinstance(below, list)] = [part, rest] if len(part) else [rest]
        return taken

    def _list(self) -> list[Record]:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, list):
            return last
        fresh: list[Record] = []
        self.parts.append(fresh)
        return fresh


def _place(part: list[Record] | Run, line: int) -> int:
    """How many of some rows stand above a line."""
    if isinstance(part, list):
        return bisect_left(part, line, key=lambda record: record.line)
    return part.place(line)


def _line(part: list[Record] | Run, at: int) -> int:
    return part[at].line if isinstance(part, list) else part.line(at)
