"""A frame as numpy sees it: each column is looked up once, each mask is made once.

A diagnosis finds its rows by masks and keys, which are cheap on a million rows as on thirty; only
what it finds becomes a (narrow) frame again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Bools, Codes, Ints, frequency
from nsparse.judging.arrays.columns import SPREAD, Coded, Numbers, fixed
from nsparse.judging.arrays.counts import Counts
from nsparse.judging.arrays.keys import LOOSE, PROGRAM, Keys
from nsparse.judging.arrays.lots import lots, mask, positions
from nsparse.judging.arrays.members import one_of
from nsparse.judging.arrays.store import Store

T = TypeVar("T")

MANY = 64
"""So many lots of the size that is asked for are worth more than a look at single columns."""


class View:
    """The columns of a frame whose index is 0, 1, 2, …, so that a position is a label.

    Masks may be held by many: none of them is ever changed.
    """

    def __init__(self, held: pd.DataFrame | Store) -> None:
        """Look at a frame, or at what holds the columns of one."""
        self._store = held if isinstance(held, Store) else Store(held)
        self._once = self._store.once
        self._keys = Keys(self._store)
        self._counts = Counts(self._store, self._keys)

    def __len__(self) -> int:
        """How many rows."""
        return len(self._store)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """All of it as one frame: for those who need every column of every row."""
        return self._store.rows

    @property
    def names(self) -> list[str]:
        """The columns that the frame has."""
        return self._store.names

    def array(self, name: str) -> Any:
        """The column's array; all NA where no row of the dump has the column.

        Raises:
            KeyError: Neither the frame nor the schema knows the name.
        """
        return self._store.array(name)

    def pieces(self, name: str) -> Any:
        """The column's array, for who goes through it once: it may be in several pieces."""
        return self._store.pieces(name)

    def know(self, name: str, told: Coded) -> None:
        """Take the codes of a column from somebody who has them already."""
        self._store.know(name, told)

    def at(self, left: Bools) -> View:
        """Some of the rows, under new labels, with what is known of their columns."""
        return self if left.all() else View(self._store.at(left))

    def beside_columns(self, more: Mapping[str, Any]) -> View:
        """The same rows with more columns, or others in place of theirs: arrays, or `Words`."""
        return View(self._store.beside(more))

    @property
    def inet(self) -> Bools:
        """The rows of IP sockets; a frame made by hand may leave the section out."""
        return self.is_("section", "inet") | ~self.known("section")

    # ---- masks -------------------------------------------------------------------------------

    def is_(self, name: str, *values: object) -> Bools:
        """Rows with one of these values; NA is none of them."""
        return self._once(("is", name, *values), lambda: fixed(self._is(name, values)))

    def _is(self, name: str, values: tuple[object, ...]) -> Bools:
        if self.empty(name):
            return np.zeros(len(self), dtype=np.bool_)
        if self._store.kind(name) in "iuf":
            number = self.numbers(name)
            return one_of(number, values) & self.known(name)
        codes, wanted = self.codes(name), self._store.codes_of(name, values)
        return one_of(codes.of, wanted)

    def known(self, name: str) -> Bools:
        """Rows with a value."""
        return self._store.known(name)

    def full(self, name: str) -> bool:
        """Whether all rows have a value."""
        return self._store.full(name)

    def empty(self, name: str) -> bool:
        """Whether no row has a value."""
        return self._store.empty(name)

    def true(self, name: str) -> Bools:
        """Rows of which a column of truths is true."""
        return self._store.true(name)

    def above(self, name: str, limit: float) -> Bools:
        """Rows with a greater number."""
        return self._once((">", name, limit), lambda: self._held(name, np.greater, limit))

    def at_least(self, name: str, limit: float) -> Bools:
        """Rows with this number or a greater one."""
        return self._once((">=", name, limit), lambda: self._held(name, np.greater_equal, limit))

    def below(self, name: str, limit: float) -> Bools:
        """Rows with a smaller number."""
        return self._once(("<", name, limit), lambda: self._held(name, np.less, limit))

    def _held(self, name: str, compare: np.ufunc, limit: float) -> Bools:
        """Rows whose number is found to be so beside a limit."""
        if self.empty(name):
            return self.known(name)
        numbers = self.numbers(name)
        if numbers.dtype.kind == "i" and math.isfinite(limit):
            # Whole numbers are compared with a broken one in six times the time.
            limit = math.floor(limit) if compare is np.greater else math.ceil(limit)
        held = compare(numbers, limit)
        told: Bools = fixed(held if self._store.full(name) else held & self.known(name))
        return told

    def where(self, name: str, test: Callable[[Any], bool], among: Bools | None = None) -> Bools:
        """Rows whose value passes a test, which is asked once for each distinct value.

        Args:
            name: The column.
            test: What to ask; of values that other rows have, too.
            among: The only rows that matter; of the others the answer is False.
        """
        if self.empty(name):
            return np.zeros(len(self), dtype=np.bool_)
        codes = self.codes(name)
        at = None if among is None or codes.size <= SPREAD else np.flatnonzero(among)
        passed = np.zeros(codes.size, dtype=np.bool_)
        often = self._frequency(name) if at is None else frequency(codes.at(at))
        used = np.flatnonzero(often[1:])
        passed[used + 1] = [bool(test(value)) for value in self.words_of(name, used)]
        if at is None:
            found = one_of(codes.of, np.flatnonzero(passed).tolist())
            return found if among is None else found & among
        found = np.zeros(len(self), dtype=np.bool_)
        found[at] = passed[codes.of[at]]
        return found

    @property
    def last(self) -> Bools:
        """The last row."""
        return mask(np.arange(len(self))[-1:], len(self))

    def linked(self, name: str) -> Bools:
        """Rows that lead to another one by `pair`, `listener` or `target`."""
        return self._once(("linked", name), lambda: fixed(self.numbers(name) >= 0))

    # ---- numbers and keys --------------------------------------------------------------------

    def numbers(self, name: str) -> Numbers:
        """A column's numbers, 0 where none is known."""
        return self._store.numbers(name)

    def codes(self, name: str) -> Codes:
        """The number of each row's value, 0 for NA; equal values, equal numbers."""
        return self._store.codes(name)

    def words(self, name: str) -> list[Any]:
        """All values of a column, by their codes from 1 on."""
        return self._store.words(name)

    def words_of(self, name: str, which: Ints) -> list[Any]:
        """Values of a column by their numbers, which begin at 0."""
        return self._store.words_of(name, which)

    def keys(self, *names: str) -> Ints:
        """One number for each row's network namespace and these columns.

        Equal keys are equal numbers; -1 where one of the columns has no value.
        """
        return self._keys.of(names)

    def keys_at(self, at: Ints, *names: str) -> Ints:
        """The keys of some rows: the same numbers, whoever asks."""
        return self._keys.at(at, names)

    # ---- rows --------------------------------------------------------------------------------

    def lots(self, which: Bools | Ints, *names: str, least: float = 1) -> Iterator[Ints]:
        """Positions of rows that share their namespace and these columns, by first appearance.

        Args:
            which: The rows in question: a mask, or positions.
            names: Columns; a row that has no value in one of them is in no lot.
            least: Lots of fewer rows are left out.
        """
        at = positions(which)
        if len(at) and len(at) >= least and not self._too_few(names, len(at), least):
            yield from lots(at, self.keys_at(at, *names), least)

    def _too_few(self, names: tuple[str, ...], rows: int, least: float) -> bool:
        """Whether some column has no value so often; asked where few lots could be so large."""
        if least * MANY <= rows:
            return False
        columns = [name for name in names if name != PROGRAM and name not in LOOSE]
        columns.sort(key=lambda name: not self._store.has(("often", name)))  # those are counted
        return any(self.most(name) < least for name in columns)

    def most(self, name: str) -> int:
        """How often the most frequent value of a column occurs."""
        return int(self._frequency(name)[1:].max(initial=0))

    def tally(self, of: Ints, among: Bools | Ints, *names: str) -> Ints:
        """For each row of `of` how many rows of `among` share its namespace and these columns."""
        return self._counts.tally(of, among, names)

    def sizes(self, at: Ints, *names: str) -> Ints:
        """For each of some rows how many of them share its namespace and these columns."""
        return self._counts.sizes(at, names)

    def counts(self, name: str) -> dict[Any, int]:
        """How often each value of a column occurs, the most frequent first."""
        found = self._frequency(name)[1:]
        pairs = zip(self.words(name), found.tolist(), strict=True)
        return dict(sorted(pairs, key=lambda pair: -pair[1]))

    def alike(self, at: Ints, others: Bools | Ints, *names: str) -> Bools:
        """Which of some rows share their namespace and these columns with one of some others."""
        return self._counts.alike(at, others, names)

    def values(self, name: str, among: Bools | None = None) -> list[Any]:
        """The different values that the rows, or some of them, have in a column."""
        if among is None:
            often = self._frequency(name)
        elif 2 * np.count_nonzero(among) <= len(self):
            often = frequency(self.codes(name).at(np.flatnonzero(among)))
        else:  # the others are fewer
            others = self.codes(name).at(np.flatnonzero(~among))
            often = self._frequency(name) - frequency(others)
        return self.words_of(name, np.flatnonzero(often[1:]))

    def _frequency(self, name: str) -> Ints:
        """How often each number of a column's values occurs."""
        return self._once(("often", name), lambda: fixed(frequency(self.codes(name))))

    def leading(self, name: str, among: Bools) -> Ints:
        """For each row how many of some rows lead to it by `pair`, `listener` or `target`."""
        at = np.flatnonzero(among & self.linked(name))
        return np.bincount(self.numbers(name)[at], minlength=len(self))

    def distinct(self, at: Ints, by: Sequence[str], what: Sequence[str]) -> Ints:
        """For each of these rows how many different ones, by `what`, those alike by `by` are."""
        return self._counts.distinct(at, tuple(by), tuple(what))

    def pick(self, which: Bools | Ints, *names: str) -> pd.DataFrame:
        """Some rows (a mask, or positions) with only these columns; they keep their labels."""
        at = positions(which)
        columns = {name: self._store.taken(name, at) for name in names}
        return pd.DataFrame(columns, index=pd.Index(at), copy=False)

    def taken(self, name: str, at: Ints) -> Any:
        """The array of a column at some positions."""
        return self._store.taken(name, at)

    def cell(self, name: str, at: int) -> Any:
        """One cell."""
        return self._store.cell(name, at)

    def beside(self, at: Ints, index: pd.Index, *names: str) -> pd.DataFrame:
        """Columns of the rows at these positions under other labels; NA where there is none, -1."""
        there = at >= 0
        place = np.where(there, np.cumsum(there) - 1, -1)
        columns = {
            name: self._store.taken(name, at[there]).take(place, allow_fill=True) for name in names
        }
        return pd.DataFrame(columns, index=index, copy=False)
