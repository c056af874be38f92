"""What could not be read of a dump: a list of which most entries are made when somebody asks.

A text that is no dump at all but for its heading may have a million lines that are no rows. Of most
nothing is known but which they are: these are kept as numbers, beside the lines of the text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import eq
from typing import overload

from nsparse.reading.dump import Problem

NO_ROW = ("a row of a socket table",)
"""What is expected of a line of which nothing is known but that it is no row."""


class Problems(Sequence[Problem]):
    """Problems by line and column. It compares, prints and pickles as the list of them does."""

    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __init__(
        self,
        file: str,
        lines: Sequence[str],
        known: Iterable[Problem],
        others: Iterable[int] = (),
    ) -> None:
        """Put them in order.

        Args:
            file: As the file was named.
            lines: Its lines.
            known: Problems of which more is known than their line.
            others: The lines of the others; a known one of the same place stands before.
        """
        self._known = sorted(known, key=lambda problem: (problem.line, problem.column))
        self._others = sorted(others)
        self._file = file
        self._lines = lines if self._others else ()  # which may be a large text
        self._places = [number + self._above(problem) for number, problem in enumerate(self._known)]

    def _above(self, problem: Problem) -> int:
        """How many of the others stand before a known one."""
        find = bisect_right if problem.column > 1 else bisect_left
        return find(self._others, problem.line)

    def __len__(self) -> int:
        return len(self._known) + len(self._others)

    @overload
    def __getitem__(self, at: int) -> Problem: ...
    @overload
    def __getitem__(self, at: slice) -> list[Problem]: ...
    def __getitem__(self, at: int | slice) -> Problem | list[Problem]:
        """One of them, or some."""
        if isinstance(at, slice):
            return [self._made(place) for place in range(*at.indices(len(self)))]
        place = at if at >= 0 else at + len(self)
        if not 0 <= place < len(self):
            raise IndexError(at)
        return self._made(place)

    def _made(self, place: int) -> Problem:
        above = bisect_left(self._places, place)
        if above < len(self._places) and self._places[above] == place:
            return self._known[above]
        line = self._others[place - above]
        return Problem(self._file, line, 1, self._lines[line - 1], NO_ROW)

    def __iter__(self) -> Iterator[Problem]:
        return map(self._made, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | Problems):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[type[list[Problem]], tuple[list[Problem]]]:
        return list, (list(self),)
