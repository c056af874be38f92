"""A frame as numpy sees it: each column is looked up once, each mask is made once.

A diagnosis finds its rows by masks and keys, which are cheap on a million rows as on thirty; only
what it finds becomes a (narrow) frame again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsparse.judging.ends import Bools, Codes, Ints, Words, compact, joined
from nsparse.judging.lots import counted, distinct, lots, positions
from nsparse.schema import BY_NAME, pandas_dtype

T = TypeVar("T")
Numbers = npt.NDArray[Any]
"""A column of whole or broken numbers; what is not known is 0."""

Coded = tuple[Codes, Any]
"""The number of each row's value, 0 for none, and the values from 1 on."""

LOOSE = ("family",)
"""Columns of which no value is a value in a key, as it is of the network namespace."""
PROGRAM = "program"
"""A key of rows, beside the columns: their owner, or their group where none is known."""


class View:
    """The columns of a frame whose index is 0, 1, 2, …, so that a position is a label.

    Masks may be held by many: none of them is ever changed.
    """

    def __init__(self, rows: pd.DataFrame, coded: Mapping[str, Coded] | None = None) -> None:
        """Look at a frame.

        Args:
            rows: The frame.
            coded: The codes of columns of which they are known already.
        """
        self.rows = rows
        self._made: dict[Hashable, Any] = {("codes", n): told for n, told in (coded or {}).items()}

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this key: it looks at the rows alone."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def array(self, name: str) -> Any:
        """The column's array; all NA where no row of the dump has the column.

        Raises:
            KeyError: Neither the frame nor the schema knows the name.
        """
        return self._once(name, lambda: self._array(name))

    def _array(self, name: str) -> Any:
        if name in self.rows.columns:
            return self.rows[name].array
        return absent(name, len(self.rows))

    # ---- masks -------------------------------------------------------------------------------

    def is_(self, name: str, *values: object) -> Bools:
        """Rows with one of these values; NA is none of them."""
        return self._once(("is", name, *values), lambda: _fixed(self._is(name, values)))

    def _is(self, name: str, values: tuple[object, ...]) -> Bools:
        if self.array(name).dtype.kind in "iuf":
            number = self.numbers(name)
            several = len(values) != 1
            found: Bools = np.isin(number, np.array(values)) if several else number == values[0]
            return found & self.known(name)
        codes, known = self.codes(name), self._values(name)
        wanted = np.zeros(codes.size, dtype=np.bool_)
        wanted[[known[value] for value in values if value in known]] = True
        told: Bools = wanted[codes.of]
        return told

    def known(self, name: str) -> Bools:
        """Rows with a value."""
        return self._once(("known", name), lambda: _fixed(~np.asarray(self.array(name).isna())))

    def true(self, name: str) -> Bools:
        """Rows of which a column of truths is true."""
        return self._once(("true", name), lambda: _fixed(_truths(self.array(name))))

    def above(self, name: str, limit: float) -> Bools:
        """Rows with a greater number."""
        return self._once((">", name, limit), lambda: self._told(name, self.numbers(name) > limit))

    def at_least(self, name: str, limit: float) -> Bools:
        """Rows with this number or a greater one."""
        return self._once(
            (">=", name, limit), lambda: self._told(name, self.numbers(name) >= limit)
        )

    def below(self, name: str, limit: float) -> Bools:
        """Rows with a smaller number."""
        return self._once(("<", name, limit), lambda: self._told(name, self.numbers(name) < limit))

    def _told(self, name: str, mask: Bools) -> Bools:
        told: Bools = _fixed(mask & self.known(name))
        return told

    def where(self, name: str, test: Callable[[Any], bool], among: Bools | None = None) -> Bools:
        """Rows whose value passes a test, which is asked once for each distinct value.

        Args:
            name: The column.
            test: What to ask.
            among: The only rows that matter; of the others the answer is False.
        """
        codes, known = self._coded(name)
        of = codes.of if among is None else np.where(among, codes.of, 0)
        used = np.flatnonzero(np.bincount(of, minlength=codes.size)[1:])
        passed = np.zeros(codes.size, dtype=np.bool_)
        passed[used + 1] = [bool(test(known[number])) for number in used]
        found: Bools = passed[of]
        return found

    @property
    def last(self) -> Bools:
        """The last row."""
        mask = np.zeros(len(self.rows), dtype=np.bool_)
        mask[-1:] = True
        return mask

    def linked(self, name: str) -> Bools:
        """Rows that lead to another one by `pair`, `listener` or `target`."""
        return self._once(("linked", name), lambda: _fixed(self.numbers(name) >= 0))

    # ---- numbers and keys --------------------------------------------------------------------

    def numbers(self, name: str) -> Numbers:
        """A column's numbers, 0 where none is known."""
        return self._once(("numbers", name), lambda: _fixed(_numbers(self.array(name))))

    def codes(self, name: str) -> Codes:
        """The number of each row's value, 0 for NA; equal values, equal numbers."""
        return self._coded(name)[0]

    def _values(self, name: str) -> dict[object, int]:
        """The values of a column with their codes."""
        known = self._coded(name)[1]
        return self._once(("values", name), lambda: {value: n for n, value in enumerate(known, 1)})

    def _coded(self, name: str) -> Coded:
        return self._once(("codes", name), lambda: _codes(self.array(name)))

    def keys(self, *names: str) -> Ints:
        """One number for each row's network namespace and these columns.

        Equal keys are equal numbers; -1 where one of the columns has no value.
        """
        return self._once(("keys", *names), lambda: _fixed(self._keys(names)))

    def _keys(self, names: tuple[str, ...]) -> Ints:
        columns = [name for name in names if name != PROGRAM]
        parts = [self.codes(name) for name in columns]
        parts += [self._programs() for _ in names[len(columns) :]]
        found = joined(self.codes("netns"), *parts)
        known = [self.known(name) for name in columns if name not in LOOSE]
        return np.where(np.logical_and.reduce(known), found, -1) if known else found

    def _programs(self) -> Codes:
        owner, group = self.codes("owner"), self.numbers("group") + 2
        size = int(group.max(initial=0)) + 1
        of = np.where(self.is_("owner", ""), group, size + owner.of)
        return Codes(of, size + owner.size)

    # ---- parts -------------------------------------------------------------------------------

    @property
    def coded(self) -> dict[str, Coded]:
        """The codes of the columns that were looked up so far."""
        made = self._made.items()
        return {key[1]: told for key, told in made if isinstance(key, tuple) and key[0] == "codes"}

    def at(self, left: Bools) -> View:
        """Some of the rows, under new labels, with what is known of their columns."""
        known = {
            name: (Codes(_fixed(found.of[left]), found.size), values)
            for name, (found, values) in self.coded.items()
        }
        return View(self.rows[left].reset_index(drop=True), known)

    # ---- rows --------------------------------------------------------------------------------

    def lots(self, which: Bools | Ints, *names: str, least: float = 1) -> Iterator[Ints]:
        """Positions of rows that share their namespace and these columns, by first appearance.

        Args:
            which: The rows in question: a mask, or positions.
            names: Columns; a row that has no value in one of them is in no lot.
            least: Lots of fewer rows are left out.
        """
        at = positions(which)
        if len(at) and len(at) >= least:
            yield from lots(at, self.keys(*names)[at], least)

    def tally(self, of: Ints, among: Bools, *names: str) -> Ints:
        """For each row of `of` how many rows of `among` share its namespace and these columns."""
        keys = self.keys(*names)
        mine = compact(keys[of])
        known = pd.Index(keys[of]).unique()
        at = known.get_indexer(pd.Index(keys[among]))
        counts = np.bincount(at[at >= 0], minlength=mine.size)
        return np.where(keys[of] < 0, 0, counts[mine.of])

    def sizes(self, at: Ints, *names: str) -> Ints:
        """For each of some rows how many of them share its namespace and these columns."""
        keys = self.keys(*names)[at]
        return counted(keys, keys >= 0)

    def counts(self, name: str) -> dict[Any, int]:
        """How often each value of a column occurs, the most frequent first."""
        codes, known = self._coded(name)
        found = np.bincount(codes.of, minlength=codes.size)[1:].tolist()
        return dict(sorted(zip(known, found, strict=True), key=lambda pair: -pair[1]))

    def alike(self, at: Ints, others: Ints, *names: str) -> Bools:
        """Which of some rows share their namespace and these columns with one of some others."""
        keys = self.keys(*names)
        return np.isin(keys[at], keys[others])

    def values(self, name: str, among: Bools) -> list[Any]:
        """The different values that some rows have in a column."""
        codes, known = self._coded(name)
        used = np.flatnonzero(np.bincount(codes.of[among], minlength=codes.size)[1:])
        return [known[number] for number in used]

    def leading(self, name: str, among: Bools) -> Ints:
        """For each row how many of some rows lead to it by `pair`, `listener` or `target`."""
        to = self.numbers(name)[among & self.linked(name)]
        return np.bincount(to, minlength=len(self.rows))

    def distinct(self, at: Ints, by: Sequence[str], what: Sequence[str]) -> Ints:
        """For each of these rows how many different ones, by `what`, those alike by `by` are."""
        return distinct(self.keys(*by)[at], self.keys(*what)[at])

    def pick(self, which: Bools | Ints, *names: str) -> pd.DataFrame:
        """Some rows (a mask, or positions) with only these columns; they keep their labels."""
        at = positions(which)
        columns = {name: self.array(name).take(at) for name in names}
        return pd.DataFrame(columns, index=pd.Index(at), copy=False)

    def beside(self, at: Ints, index: pd.Index, *names: str) -> pd.DataFrame:
        """Columns of the rows at these positions under other labels; NA where there is none, -1."""
        columns = {name: self.array(name).take(at, allow_fill=True) for name in names}
        return pd.DataFrame(columns, index=index, copy=False)


def absent(name: str, length: int) -> Any:
    """The array of a column that no row has a value in."""
    nothing = pd.array([], dtype=pandas_dtype(BY_NAME[name]))
    return nothing.take(np.full(length, -1), allow_fill=True)


def _truths(array: Any) -> Bools:
    if array.dtype == np.bool_:
        return np.asarray(array)
    found: Bools = array.to_numpy(dtype=np.bool_, na_value=False)
    return found


def _numbers(array: Any) -> Numbers:
    numbers: Numbers = array.to_numpy(
        dtype="float64" if array.dtype.kind == "f" else "int64", na_value=0
    )
    return numbers


def coded(of: Ints, words: Sequence[str] | Words) -> Coded:
    """The codes of a column of words, by the number of each row's word; words may be equal.

    >>> coded(np.array([0, 2, 1]), ["a", "b", "a"])[0].of.tolist()
    [1, 1, 2]
    """
    number, known = pd.factorize(np.array([*words], dtype=object))
    return Codes(_fixed(number[of].astype(np.int64) + 1), len(known) + 1), known


def _codes(array: Any) -> Coded:
    """The number of each row's value, and the values from 1 on."""
    if isinstance(array, pd.Categorical):
        found, known = array.codes, array.categories
    else:
        found, known = array.factorize()
    return Codes(_fixed(found.astype(np.int64) + 1), len(known) + 1), known


def _fixed(array: Any) -> Any:
    """An array that nobody changes by mistake."""
    array.setflags(write=False)
    return array
