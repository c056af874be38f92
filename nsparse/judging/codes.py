"""Values as whole numbers: equal values, equal numbers, so that a join is a look-up of integers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

TABLE = 8
"""A table of all numbers that may be is worth its room, if they are not more times the rows."""
ROOM = 2**62
"""Products of codes stay below, so that no two tuples share a number."""


class Codes(NamedTuple):
    """A number from 0 to `size - 1` for each row, in as few bytes as that takes: mind sums."""

    of: npt.NDArray[np.signedinteger[Any]]
    size: int


def codes(values: pd.Series) -> Codes:
    """Number the values of a column; NA is 0.

    >>> codes(pd.Series(["b", None, "a", "b"])).of.tolist()
    [1, 0, 2, 1]
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Codes(
            values.cat.codes.to_numpy().astype(np.int64) + 1, len(values.cat.categories) + 1
        )
    if only(values.array) is not None:
        return Codes(np.ones(len(values), dtype=np.int64), 2)
    found, known = pd.factorize(values)
    return Codes(found.astype(np.int64) + 1, len(known) + 1)


def only(texts: Any) -> str | None:
    """The one text of a column of texts; None where there are several, or a row has none.

    >>> only(pd.array(["a", "a"], dtype="str")), only(pd.array(["a", None, "a"], dtype="str"))
    ('a', None)
    """
    if not isinstance(texts.dtype, pd.StringDtype) or not len(texts):
        return None
    if pd.isna(texts[0]) or pd.isna(texts[-1]) or texts[0] != texts[-1]:
        return None
    return str(texts[0]) if flags(pd.Series(texts == texts[0])).all() else None


def joined(first: Codes, *others: Codes) -> Ints:
    """One number for each tuple of numbers: equal tuples, equal numbers.

    >>> joined(Codes(np.array([1, 0, 1]), 2), Codes(np.array([2, 2, 2]), 3)).tolist()
    [5, 2, 5]
    """
    return tuples(first, *others).of


def tuples(first: Codes, *others: Codes) -> Codes:
    """The numbers of `joined`, and what they are below."""
    total, size = first
    for part, parts in others:
        if size * parts >= ROOM:
            total, size = compact(total)
        if parts > 1:
            total, size = np.multiply(total, parts, dtype=np.int64), size * parts
            total += part
    return Codes(total.astype(np.int64, copy=False), size)


def compact(numbers: Ints) -> Codes:
    """The same distinctions with the smallest numbers, in whatever order."""
    low = numbers.min(initial=0)
    used, place = dense(numbers - low if low else numbers, int(numbers.max(initial=0) - low) + 1)
    return Codes(place, len(used))


def dense_codes(codes: Codes) -> Codes:
    """The same distinctions with small numbers."""
    used, place = dense(codes.of, codes.size)
    return Codes(place, len(used))


def dense(numbers: Ints, size: int) -> tuple[Ints, Ints]:
    """The different ones of some numbers below `size`, and the place of each among them.

    >>> [found.tolist() for found in dense(np.array([7, 2, 7]), 9)]
    [[2, 7], [1, 0, 1]]
    """
    if size > TABLE * len(numbers):
        place, used = pd.factorize(numbers)
        return np.asarray(used), place.astype(np.int64)
    there = np.zeros(size, dtype=np.bool_)
    there[numbers] = True
    used = np.flatnonzero(there)
    place = np.empty(size, dtype=np.int32)  # half the room: it is read in no order
    place[used] = np.arange(len(used))
    return used, place[numbers].astype(np.int64)


def flags(values: pd.Series) -> Bools:
    """A column of truths; what is NA is not true."""
    return values.fillna(False).to_numpy(dtype=np.bool_)


class Finder:
    """Where a number stands: the position given for its first occurrence, or -1.

    >>> Finder(np.array([7, 9, 7]), np.array([0, 1, 2])).find(np.array([9, 8, 7])).tolist()
    [1, -1, 0]
    """

    def __init__(self, keys: Ints, positions: Ints) -> None:
        first = ~pd.Index(keys).duplicated()
        self._keys = pd.Index(keys[first])
        self._positions = positions[first]

    def find(self, keys: Ints) -> Ints:
        """The position of each key."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = self._keys.get_indexer(pd.Index(keys))
        return np.where(at < 0, -1, self._positions[at])
