"""The columns of a scene in the forms that numpy reads: numbers, truths, codes of values, words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsparse.judging.arrays.codes import Bools, Codes, Ints, dense
from nsparse.judging.arrays.codes import Words as Texts
from nsparse.judging.arrays.texts import TEXT, at_hand
from nsparse.schema import BY_NAME, pandas_dtype

Numbers = npt.NDArray[Any]
"""A column of whole or broken numbers; what is not known is 0."""
Coded = tuple[Codes, Any]
"""The number of each row's value, 0 for none, and the values from 1 on."""

BYTE = 127
"""Codes of fewer values, and the 0 for none, fit in one byte."""
SPREAD = 1024
"""So few values are many fewer than the rows of a large dump. Whole numbers that lie so close
together, or closer than there are rows, are their own codes."""


@dataclass(frozen=True, eq=False)
class Words:
    """A column of words that are put in letters only where somebody asks for them.

    Attributes:
        of: The number of each row's word; equal words, equal numbers.
        size: The numbers are below.
        spell: The words of some numbers.
    """

    of: Numbers
    size: int
    spell: Callable[[Ints], Texts]

    @property
    def codes(self) -> Codes:
        """The same numbers, from 1 on: no row is without a word."""
        return small(self.of, self.size)

    @cached_property
    def _some(self) -> dict[int, str]:
        """Single words that were asked for."""
        return {}

    @cached_property
    def _each(self) -> Texts:
        """All words, where they are so few that each may as well be put in letters once."""
        return self.spell(np.arange(self.size))

    @cached_property
    def _all(self) -> Any:
        """The same as an array of pandas."""
        return pd.array(self._each, dtype=TEXT)

    def word(self, at: int) -> str:
        """The word of one row."""
        return self._spelled(int(self.of[at]))

    def words(self, which: Ints) -> list[str]:
        """The words of some numbers."""
        return [self._spelled(int(which[0]))] if len(which) == 1 else list(self.spell(which))

    def _spelled(self, number: int) -> str:
        """One word, put in letters once: findings ask again and again for that of their service."""
        if self.size <= SPREAD:
            return str(self._each[number])
        if number not in self._some:
            self._some[number] = str(self.spell(np.array([number]))[0])
        return self._some[number]

    def take(self, at: Ints | slice) -> Any:
        """The words of some rows."""
        if self.size <= SPREAD:
            return self._all.take(self.of[at])
        used, place = dense(self.of[at], self.size)
        return pd.array(self.spell(used), dtype=TEXT).take(place)


def listed(of: Numbers, texts: Sequence[str]) -> Words:
    """A column of words of a list; those that are equal count as one.

    >>> listed(np.array([0, 2, 1]), ["a", "b", "a"]).of.tolist()
    [0, 0, 1]
    """
    number, known = pd.factorize(np.array([*texts], dtype=object))
    some = of if len(known) == len(texts) else number.astype(np.int64)[of]
    return Words(some, len(known), known.__getitem__)


def absent(name: str, length: int) -> Any:
    """The array of a column that no row has a value in."""
    nothing = pd.array([], dtype=pandas_dtype(BY_NAME[name]))
    return nothing.take(np.full(length, -1), allow_fill=True)


def truths(array: Any) -> Bools:
    """A column of truths; what is not known is not true."""
    if array.dtype == np.bool_:
        return np.asarray(array)
    found: Bools = array.to_numpy(dtype=np.bool_, na_value=False)
    return found


def told(array: Any) -> Bools | bool:
    """Which rows have a value; one truth where it is the same of all."""
    held, mask = getattr(array, "_pa_array", None), getattr(array, "_mask", None)
    if held is not None and held.null_count in (0, len(held)):
        return not held.null_count
    missing = array.isna() if mask is None else mask
    if not missing.any():
        return True
    return False if missing.all() else ~missing


def numbers(array: Any) -> Numbers:
    """A column's numbers, 0 where none is known: mind sums of those that fit in four bytes."""
    kind, mask = array.dtype.kind, getattr(array, "_mask", None)
    if mask is None or kind not in "if":
        whole = "float64" if kind == "f" else "int64"
        found: Numbers = array.to_numpy(dtype=whole, na_value=0)
        return found
    partly = bool(mask.any())
    held: Numbers = array._data.copy() if partly else array._data
    if partly:
        held[mask] = 0
    return held.view()  # a view may be fixed, and the frame is not


def coded(array: Any) -> Coded:
    """The number of each row's value, and the values from 1 on."""
    if isinstance(array, pd.Categorical):
        return small(array.codes, len(array.categories)), array.categories.to_numpy(dtype=object)
    found, values = array.factorize()
    return small(found, len(values)), at_hand(values) if array.dtype == TEXT else values


def ranged(values: Numbers, known: Bools) -> Coded | None:
    """The same of a column of whole numbers that lie close together; None where they do not.

    Args:
        values: The numbers, 0 where none is known.
        known: Which of them are; some are.
    """
    told, room = values if known.all() else values[known], max(len(known), SPREAD)
    least, most = int(told.min()), int(told.max())
    if least > 0 and most < room:  # they are codes as they are
        return Codes(values, most + 1), range(1, most + 1)
    if most - least >= room:
        return None
    of = values - (least - 1)
    if told is not values:
        of *= known
    return Codes(fixed(of), most - least + 2), range(least, most + 1)


def small(of: Numbers, size: int) -> Codes:
    """Numbers below `size`, or -1, as codes; in one byte where that is enough: they compare fast.

    >>> small(np.array([1, -1, 0]), 2)
    Codes(of=array([2, 0, 1], dtype=int8), size=3)
    """
    codes: Numbers = np.add(of, 1, dtype=np.int8 if size < BYTE else np.int64, casting="unsafe")
    return Codes(fixed(codes), size + 1)


def fixed(array: Any) -> Any:
    """An array that nobody changes by mistake."""
    array.setflags(write=False)
    return array
