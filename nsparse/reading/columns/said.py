"""What is said by cells of many words: which of their numbers and texts go into which column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Number(NamedTuple):
    """What goes into a column of numbers.

    Attributes:
        value: It, where it is no number of the cell.
        run: Which number of the cell it is, else -1.
        fraction: Which one stands behind its point, else -1.
        zero: Whether 0 says 0.
    """

    value: float = 0
    run: int = -1
    fraction: int = -1
    zero: bool = True


class Edge(NamedTuple):
    """A place in a cell: how many bytes that are no digits are before it, and numbers."""

    bytes: int
    runs: int


Span = tuple[Edge, Edge]
"""From where to where in a cell."""

Rest = tuple[tuple[str, Any], ...]
"""What is said in columns that are none of numbers."""


class Said(NamedTuple):
    """What all cells say that differ in their numbers alone.

    Attributes:
        numbers: By column.
        texts: Which number is the text of a column, by column.
        details: What is kept as printed, from where to where.
        words: The words that are to be read as they stand.
        rest: Everything else, by column.
    """

    numbers: Mapping[str, Number] = {}
    texts: Mapping[str, int] = {}
    details: Sequence[Span] = ()
    words: Sequence[Span] = ()
    rest: Rest = ()

    @property
    def names(self) -> frozenset[str]:
        """The columns that it says something in, as far as words do that need not be read."""
        kept = {"details"} if self.details else set()
        return frozenset({*self.numbers, *self.texts, *(name for name, _ in self.rest), *kept})


class Told(NamedTuple):
    """What one word says as it stands.

    Attributes:
        numbers: By column.
        rest: Everything else, by column.
        names: The columns.
    """

    numbers: Mapping[str, float]
    rest: Rest
    names: frozenset[str]
