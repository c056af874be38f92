"""Words of cells of many words, and where they stand in a cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading.columns.said import Edge, Number, Rest, Span

if TYPE_CHECKING:
    from nsparse.dialect import Values


@dataclass(frozen=True)
class Word:
    """A word, whatever numbers stand in it.

    Attributes:
        texts: It with some numbers, with others, with nothing but 0, and with nothing but 1.
        said: What it says each time.
        runs: Which number is which, and its fraction, by its value; the first and second time.
        count: How many numbers it has.
        size: How many bytes it has beside these.
        column: The column of the text that its number is, if it is one.
        alone: Whether it is to be read as it stands.
        numbers: What it says in columns of numbers, by itself.
        rest: What it says in others.
    """

    texts: Sequence[str]
    said: Sequence[Values]
    runs: Sequence[Mapping[float, tuple[int, int]]]
    count: int
    size: int
    column: str = ""
    alone: bool = False
    numbers: Mapping[str, Number] = field(default_factory=dict)
    rest: Rest = ()

    @cached_property
    def kept(self) -> bool:
        """Whether it is kept as printed."""
        return "details" in self.said[0]

    @cached_property
    def names(self) -> Collection[str]:
        """The columns that it says something in."""
        return {*self.numbers, *(name for name, _ in self.rest)}


class Seat(NamedTuple):
    """A word of a cell.

    Attributes:
        word: The word.
        size: How many bytes that are no digits stand before it.
        runs: How many numbers do.
    """

    word: Word
    size: int
    runs: int

    @property
    def span(self) -> Span:
        """From where to where it is."""
        end = Edge(self.size + self.word.size, self.runs + self.word.count)
        return Edge(self.size, self.runs), end


def seats_of(cell: str, texts: Sequence[str], words: Sequence[Word]) -> list[Seat]:
    """Where the words of a cell are."""
    found: list[Seat] = []
    at = size = runs = 0
    for text, word in zip(texts, words, strict=True):
        start = cell.index(text, at)
        size += start - at
        found.append(Seat(word, size, runs))
        at = start + len(text)
        size += word.size
        runs += word.count
    return found


def joined(spans: Sequence[Span]) -> list[Span]:
    """Those that one blank parts as one."""
    found: list[Span] = []
    for first, last in spans:
        joins = found and found[-1][1] == (first.bytes - 1, first.runs)
        found.append((found.pop()[0] if joins else first, last))
    return found


def runs_of(seats: Sequence[Seat], at: int) -> dict[float, tuple[int, int]]:
    """The same of words of a cell."""
    return {
        value: (seat.runs + run, seat.runs + fraction if fraction >= 0 else -1)
        for seat in seats
        for value, (run, fraction) in seat.word.runs[at].items()
    }
