"""Cells of many words: what they say, whatever numbers stand in them.

A cell is read with every number replaced by others, each of them unlike all the rest, so that what
it says then tells which number goes into which column. A word of which something changes with its
numbers in any other way is read as it stands, each that differs once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from nsparse.dialect import CellFault
from nsparse.reading.columns.said import Number, Rest, Said, Told
from nsparse.reading.columns.seats import Seat, Word, joined, runs_of, seats_of
from nsparse.schema import BY_NAME

if TYPE_CHECKING:
    from nsparse.dialect import Items, Values

DIGIT = "0"
"""Stands for any number."""

NUMBER = re.compile("[0-9]+")

TYPES: Mapping[str, type] = {"Int64": int, "Float64": float}
"""Columns that numbers go into, and what cells say there."""

LEAST = (101, 20_011)
"""The numbers that words are read with go up from here: at first, and when read again."""

READINGS = len(LEAST) + 2
"""A word is read with 0 and 1 as well, as these may be no numbers but a no and a yes."""

REMEMBERED = 100_000
"""So many words are remembered; no dump has more that come again."""


class Unknown(Exception):
    """What a cell says depends on its numbers; it never leaves the reader of columns."""


@dataclass
class Reader:
    """Reads cells in which `DIGIT` stands for every number.

    Attributes:
        items: What their words say.
    """

    items: Items
    _words: dict[str, Word] = field(default_factory=dict)
    _told: dict[str, Told | None] = field(default_factory=dict)
    _ways: dict[object, tuple[Rest, frozenset[str]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def read(self, cell: str) -> Said:
        """What a cell says.

        Raises:
            Unknown: That depends on its numbers.
        """
        texts = cell.split()
        words = [self._word(text) for text in texts]
        telling = [text for text, word in zip(texts, words, strict=True) if not word.kept]
        if len(set(telling)) < len(telling):
            raise Unknown  # nobody can tell which of them has the last word
        self._check([word for word in words if word.kept])
        seats = seats_of(cell, texts, words)
        numbers, rest = self._said(seats)
        columns = {seat.word.column: seat.runs for seat in seats if seat.word.column}
        details = joined([seat.span for seat in seats if seat.word.kept])
        alone = [seat.span for seat in seats if seat.word.alone]
        return Said(numbers, columns, details, alone, rest)

    def told(self, text: str) -> Told | None:
        """What a word says as it stands; None where that is not for columns."""
        if len(self._told) > REMEMBERED:
            self._told.clear()
        if text not in self._told:
            self._told[text] = self._tell(text)
        return self._told[text]

    def _tell(self, text: str) -> Told | None:
        try:
            said = self.items.together([self.items.each(text)])
        except CellFault:
            return None
        said = {name: value for name, value in said.items() if value is not None}
        if not said.keys() <= BY_NAME.keys() - {"details"}:
            return None
        dtypes = {name: TYPES.get(BY_NAME[name].dtype) for name in said}
        numbers: dict[str, Any] = {
            name: value for name, value in said.items() if type(value) is dtypes[name]
        }
        way = tuple(sorted(said.items() - numbers.items())), frozenset(said)
        # Thousands of words say the same but for their numbers: one copy keeps the collector calm.
        return Told(numbers, *self._ways.setdefault(way, way))

    def _said(self, seats: Sequence[Seat]) -> tuple[dict[str, Number], Rest]:
        """What words say in columns of numbers, and in others.

        What a word says changes only with those that say something in the same columns (`Items`).
        """
        every = Counter(name for seat in seats for name in seat.word.names)
        numbers: dict[str, Number] = {}
        rest: list[tuple[str, Any]] = []
        shared: list[Seat] = []
        for seat in seats:
            if any(every[name] > 1 for name in seat.word.names):
                shared.append(seat)
                continue
            for name, number in seat.word.numbers.items():
                numbers[name] = _behind(number, seat.runs)
            rest += seat.word.rest
        if shared:
            both = self._together(shared)
            numbers |= both[0]
            rest += both[1]
        return numbers, tuple(sorted(rest))

    def _together(self, seats: Sequence[Seat]) -> tuple[dict[str, Number], Rest]:
        """The same of words that may say something in one column."""
        words = [seat.word for seat in seats]
        said = [
            dict(self.items.together([word.said[at] for word in words])) for at in range(READINGS)
        ]
        for at, values in enumerate(said):
            kept = " ".join(word.texts[at] for word in words if word.kept)
            if values.pop("details", "") != kept:
                raise Unknown
        return _told(said, *(runs_of(seats, at) for at in range(2)))

    def _check(self, words: Sequence[Word]) -> None:
        """See that words which are kept as printed are so together."""
        kept = " ".join(word.texts[0] for word in words)
        if words and self.items.together([word.said[0] for word in words])["details"] != kept:
            raise Unknown

    def _word(self, text: str) -> Word:
        if len(self._words) > REMEMBERED:
            self._words.clear()
        if text not in self._words:
            self._words[text] = self._new(text)
        return self._words[text]

    def _new(self, text: str) -> Word:
        parts = text.split(DIGIT)
        runs = len(parts) - 1
        size = len(text.encode()) - runs
        alone = Word((), [{}] * READINGS, ({}, {}), runs, size, alone=True)
        if any(name in text for name in self._names):
            return alone
        steps = [next(self._numbers) for _ in range(runs)]
        numbers = [[least + step for step in steps] for least in LEAST]
        texts = [_with(parts, each) for each in (*numbers, [0] * runs, [1] * runs)]
        try:
            said = [self.items.each(one) for one in texts]
            column = self._column(text, texts, said)
            if column:
                return replace(alone, column=column, alone=False)
            word = Word(texts, said, [_by_value(parts, each) for each in numbers], runs, size)
            own, rest = self._together([Seat(word, 0, 0)])
        except (CellFault, Unknown):
            return alone
        return replace(word, numbers=own, rest=rest)

    def _column(self, text: str, texts: Sequence[str], said: Sequence[Values]) -> str:
        """The column whose text is all of a word behind its beginning, if one is."""
        begin = text.removesuffix(DIGIT)
        if begin not in self.items.texts:
            return ""
        column = next(iter(said[0]), "")
        rests = [{column: one.removeprefix(begin)} for one in texts]
        return column if rests == [dict(one) for one in said] else ""

    @cached_property
    def _names(self) -> Sequence[str]:
        """The names of words that have digits in them."""
        return [NUMBER.sub(DIGIT, name) for name in self.items.names if NUMBER.search(name)]


def _with(parts: Sequence[str], numbers: Sequence[int]) -> str:
    """A word with some numbers in it."""
    behind = (f"{number}{part}" for number, part in zip(numbers, parts[1:], strict=True))
    return parts[0] + "".join(behind)


def _by_value(parts: Sequence[str], numbers: Sequence[int]) -> dict[float, tuple[int, int]]:
    """Which number of a word is which; one with a point is two."""
    found: dict[float, tuple[int, int]] = {number: (at, -1) for at, number in enumerate(numbers)}
    for at, number in enumerate(numbers[:-1]):
        if parts[at + 1] == ".":
            found[float(f"{number}.{numbers[at + 1]}")] = (at, at + 1)
    return found


def _behind(number: Number, before: int) -> Number:
    """The same number of a cell in which so many others stand before."""
    value, run, fraction, zero = number
    if run < 0:
        return number
    return Number(value, run + before, fraction + before if fraction >= 0 else -1, zero)


def _told(
    said: Sequence[Values], *runs: Mapping[float, tuple[int, int]]
) -> tuple[dict[str, Number], Rest]:
    """Numbers by column, and the rest, of what words say each time."""
    numbers: dict[str, Number] = {}
    rest: list[tuple[str, Any]] = []
    for name in dict.fromkeys(name for values in said for name in values):
        values: list[Any] = [one.get(name) for one in said]
        column = BY_NAME.get(name)
        if column is None:
            raise Unknown  # it is for other ears than the frame's
        same = all(value == values[0] for value in values)
        if same and type(values[0]) is not TYPES.get(column.dtype):
            rest.append((name, values[0]))
        else:
            numbers[name] = Number(values[0]) if same else _number(column.dtype, values, runs)
    return numbers, tuple(sorted(rest))


def _number(dtype: str, said: list[Any], runs: Sequence[Mapping[float, tuple[int, int]]]) -> Number:
    """Where the number of a column comes from, by what is said each time."""
    first, again, zero, one = said
    if any(type(value) is not TYPES.get(dtype) for value in (first, again)):
        raise Unknown
    run, fraction = runs[0].get(first, (-1, -1))
    if run < 0 or runs[1].get(again) != (run, fraction) or one != (1 if fraction < 0 else 1.1):
        raise Unknown
    return Number(0, run, fraction, zero == 0)
