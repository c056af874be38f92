"""Lines that continue rows: what all say that differ in their numbers alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading.columns.items import DIGIT, NUMBER, Reader, Unknown
from nsparse.reading.columns.said import Said, Told

if TYPE_CHECKING:
    from nsparse.dialect import Cell
    from nsparse.reading.grammar.grammar import Match

REMEMBERED = 100_000
"""So many lines are remembered, their numbers aside."""

_WORDS = re.compile(r"\S+(?: +\S+)*")
"""Words that nothing parts but blanks."""


class Shape(NamedTuple):
    """Lines that differ in their numbers alone.

    Attributes:
        said: What they say; None where only the pattern can tell.
        indent: How far they are indented.
        number: Which of all that lines say, beside numbers and what is kept as printed.
        empty: Whether there is nothing in them.
        field: The field that they are.
    """

    said: Said | None = None
    indent: int = 0
    number: int = 0
    empty: bool = False
    field: str = ""


@dataclass
class Details:
    """How the lines are read that go on with the rows of a dialect.

    Attributes:
        reads: What the grammar reads of one; it must not tell one number from another.
        cells: What its fields mean.
        rows: An expression for what rows begin with, whatever numbers stand in it.
        says: The columns that a row says something in.
        numbers: The columns of numbers that some line has said so far.
    """

    reads: Callable[[str], Match | None]
    cells: Mapping[str, Cell]
    rows: re.Pattern[str]
    says: Callable[[str], Collection[str]]
    numbers: dict[str, None] = field(default_factory=dict)
    _others: set[str] = field(default_factory=set)
    _rests: dict[object, int] = field(default_factory=dict)
    _readers: dict[str, Reader] = field(default_factory=dict)
    _known: dict[str, Shape] = field(default_factory=dict)
    _rows: dict[int, Collection[str]] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """More than any `Shape.number` so far."""
        return len(self._rests) + 1

    def may_go_on(self, kind: int, row: str) -> bool:
        """Whether rows of a kind say nothing in any column that some line has said so far.

        Args:
            kind: The kind.
            row: A row of it.
        """
        if kind not in self._rows:
            self._rows[kind] = self.says(row)
        return self.names.isdisjoint(self._rows[kind])

    @property
    def names(self) -> frozenset[str]:
        """The columns that some line has said something in so far."""
        return frozenset(self._others.union(self.numbers))

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """What words begin with whose rest is a text, and of which characters that is."""
        items = (cell.items for cell in self.cells.values() if cell.items)
        return {begin: chars for each in items for begin, chars in each.texts.items()}

    def told(self, name: str, words: Iterable[str]) -> list[Told | None]:
        """What words of a field say as they stand; None where only the pattern can tell."""
        told = list(map(self._readers[name].told, words))
        ways = {(one.names, tuple(one.numbers)) for one in told if one is not None}
        self.numbers |= dict.fromkeys(number for _, numbers in ways for number in numbers)
        self._others.update(*(names.difference(numbers) for names, numbers in ways))
        return told

    def number(self, *said: object) -> int:
        """The number of what lines say beside numbers and what is kept as printed."""
        return self._rests.setdefault(repr(said), len(self._rests) + 1)

    def shape(self, line: str) -> Shape:
        """What all lines say that differ from one in their numbers alone."""
        masked = NUMBER.sub(DIGIT, line)
        known = self._known.get(masked)
        if known is None:
            if len(self._known) > REMEMBERED:
                self._known.clear()
            known = self._known[masked] = self._shape(masked)
        return known

    def _shape(self, line: str) -> Shape:
        text = line.strip(" \t")
        indent = len(line) - len(line.lstrip(" \t"))
        if not text:
            return Shape(Said(), empty=True)
        name, said = self._read(text)
        if said is None:
            return Shape()
        self.numbers |= dict.fromkeys(said.numbers)
        self._others |= said.names - said.numbers.keys()
        number = self.number(said.rest, bool(said.details), sorted(said.texts))
        return Shape(said, indent, number, field=name)

    def _read(self, text: str) -> tuple[str, Said | None]:
        """The field that a text is, and what it says."""
        if self.rows.match(text) or not _WORDS.fullmatch(text):
            return "", None
        match = self.reads(text)
        name = match.fields[0] if match and match.texts == (text,) else ""
        items = self.cells[name].items if name else None
        if items is None:
            return "", None
        if name not in self._readers:
            self._readers[name] = Reader(items)
        try:
            return name, self._readers[name].read(text)
        except Unknown:
            return "", None
