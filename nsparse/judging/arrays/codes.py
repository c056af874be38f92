"""Values as whole numbers: equal values, equal numbers, so that a join is a look-up of integers."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]

TABLE = 8
"""A table of all numbers that may be is worth its room, if they are not more times the rows."""
SPREADING = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: keys that differ little differ in the high bits of the product
(D. Knuth, The Art of Computer Programming 6.4)."""
MANY = 1 << 16
"""So many numbers are sooner looked up in a table of slots than sought by halves."""
THIN = 8
"""How many slots there are for each number: most of them stay empty."""
SLOTS = 16
"""So many bits of a number say which slot it has, where few differ: a table in the cache."""
BYTES = 16
"""So many values of one byte are compared with all rows sooner than these are counted."""
GAPS = 256
"""So few gaps in an array are sooner passed over than rows are gathered one by one."""
ROOM = 2**62
"""Products of codes stay below, so that no two tuples share a number."""


class Codes(NamedTuple):
    """A number from 0 to `size - 1` for each row, in as few bytes as that takes: mind sums."""

    of: npt.NDArray[np.signedinteger[Any]]
    size: int

    def at(self, rows: Any) -> Codes:
        """Those of some rows."""
        return Codes(self.of[rows], self.size)


class Kept:
    """Some rows of many, in their order.

    >>> kept = Kept(np.array([True, False, True, True]))
    >>> len(kept), kept.at.tolist(), kept.cut(np.array([5, 6, 7, 8])).tolist()
    (3, [0, 2, 3], [5, 7, 8])
    """

    def __init__(self, left: Bools) -> None:
        """Keep the rows of a mask."""
        self._left = left
        self._size = int(np.count_nonzero(left))

    def __len__(self) -> int:
        """How many they are."""
        return self._size

    @cached_property
    def at(self) -> Ints:
        """Their positions."""
        return np.flatnonzero(self._left)

    @cached_property
    def _parts(self) -> list[slice]:
        """What lies between the rows that are left out, if these are few."""
        if len(self._left) - len(self) > GAPS:
            return []
        out = np.flatnonzero(~self._left).tolist()
        return list(map(slice, [0, *(row + 1 for row in out)], [*out, len(self._left)]))

    def cut(self, array: Any) -> Any:
        """What an array of all rows says of these."""
        if not self._parts:
            return array[self.at]
        return np.concatenate([array[part] for part in self._parts])

    def part(self, kept: Kept) -> Kept:
        """Some of them."""
        left = np.zeros(len(self._left), dtype=np.bool_)
        left[self.at[kept.at]] = True
        return Kept(left)

    def codes(self, codes: Codes) -> Codes:
        """The codes of these rows."""
        return Codes(self.cut(codes.of), codes.size)


def codes(values: pd.Series) -> Codes:
    """Number the values of a column; NA is 0.

    >>> codes(pd.Series(["b", None, "a", "b"])).of.tolist()
    [1, 0, 2, 1]
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Codes(
            values.cat.codes.to_numpy().astype(np.int64) + 1, len(values.cat.categories) + 1
        )
    found, known = pd.factorize(values)
    return Codes(found.astype(np.int64) + 1, len(known) + 1)


def joined(first: Codes, *others: Codes) -> Ints:
    """One number for each tuple of numbers: equal tuples, equal numbers.

    >>> joined(Codes(np.array([1, 0, 1]), 2), Codes(np.array([2, 2, 2]), 3)).tolist()
    [5, 2, 5]
    """
    return tuples(first, *others).of


def tuples(first: Codes, *others: Codes) -> Codes:
    """The numbers of `joined`, and what they are below."""
    # What says the same of all rows tells none apart.
    (total, size), *telling = [each for each in (first, *others) if each.size > 1] or [first]
    for part, parts in telling:
        if size * parts >= ROOM:
            total, size = compact(total)
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
    if len(codes.of) and codes.of.min() == codes.of.max():
        return Codes(np.zeros(len(codes.of), dtype=np.int8), 1)
    used, place = dense(codes.of, codes.size)
    return Codes(place, len(used))


def dense(numbers: Ints, size: int) -> tuple[Ints, Ints]:
    """The different ones of some numbers below `size`, ascending, and the place of each among them.

    >>> [found.tolist() for found in dense(np.array([7, 2, 7]), 9)]
    [[2, 7], [1, 0, 1]]
    """
    if size > TABLE * len(numbers):
        found = _slotted(numbers) if len(numbers) > MANY else None
        return found or _sorted(numbers)
    there = np.zeros(size, dtype=np.bool_)
    there[numbers] = True
    used = np.flatnonzero(there)
    # Half the room for a table that lies in no cache, as it is read in no order.
    place = np.empty(size, dtype=np.int64 if size < MANY else np.int32)
    place[used] = np.arange(len(used))
    return used, place[numbers].astype(np.int64, copy=False)


def slots(numbers: Ints, bits: int) -> Ints:
    """So many well mixed bits of each number: different numbers seldom share them."""
    mixed = numbers.astype(np.int64, copy=False).view(np.uint64) * SPREADING
    mixed >>= np.uint64(64 - bits)
    return mixed.view(np.int64)


def _slotted(numbers: Ints) -> tuple[Ints, Ints] | None:
    """The same of many numbers few of which differ; None where they do.

    One of each slot has it for its own, and those that share a slot with others are sorted.
    """
    slot = slots(numbers, SLOTS)
    holder = np.empty(1 << SLOTS, dtype=np.int64)
    holder[slot] = numbers
    others = np.flatnonzero(holder[slot] != numbers)
    if THIN * len(others) > len(numbers):
        return None
    there = np.zeros(1 << SLOTS, dtype=np.bool_)
    there[slot] = True
    own = np.flatnonzero(there)
    more, at = _sorted(numbers[others])
    used = np.concatenate([holder[own], more])
    order = np.argsort(used)
    rank = np.empty(len(used), dtype=np.int64)
    rank[order] = np.arange(len(used))
    place = np.empty(1 << SLOTS, dtype=np.int64)
    place[own] = rank[: len(own)]
    found = place[slot]
    found[others] = rank[len(own) :][at]
    return used[order], found


def _sorted(numbers: Ints) -> tuple[Ints, Ints]:
    """The same where a table would be too long: sorted with their positions in the low bits.

    Numbers are sorted in half the time in which they are hashed, if they are many.
    """
    bits, size = len(numbers).bit_length(), int(numbers.max(initial=0)) + 1
    if size << bits >= ROOM:
        place, known = pd.factorize(numbers, sort=True)
        return np.asarray(known), place.astype(np.int64)
    ordered = np.left_shift(numbers, bits, dtype=np.int64)
    ordered += np.arange(len(numbers))
    ordered.sort()
    at = ordered & ((1 << bits) - 1)
    ordered >>= bits
    new = np.ones(len(numbers), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    place = np.empty(len(numbers), dtype=np.int32)  # half the room: it is written in no order
    place[at] = np.cumsum(new, dtype=np.int32) - 1
    return ordered[np.flatnonzero(new)], place.astype(np.int64)


def frequency(codes: Codes) -> Ints:
    """How often each number occurs.

    >>> frequency(Codes(np.array([2, 0, 2]), 4)).tolist()
    [1, 0, 2, 0]
    """
    of = codes.of
    if of.itemsize > 1 or codes.size > BYTES:
        return np.bincount(of, minlength=codes.size)
    # Bytes are compared sooner than counted.
    return np.array([np.count_nonzero(of == value) for value in range(codes.size)])


def firsts(codes: Codes) -> Ints:
    """The position of the first row of each number; all of them must occur.

    >>> firsts(Codes(np.array([1, 0, 1]), 2)).tolist()
    [1, 0]
    """
    if codes.size == 1:
        return np.zeros(1, dtype=np.int64)
    first = np.empty(codes.size, dtype=np.int64)
    first[codes.of[::-1]] = np.arange(len(codes.of))[::-1]  # the first of each is written last
    return first


def flags(values: pd.Series) -> Bools:
    """A column of truths; what is NA is not true."""
    return values.fillna(False).to_numpy(dtype=np.bool_)


def sought(numbers: Ints, known: Ints) -> Ints:
    """The place of each number among some that ascend, -1 where it is none of them.

    >>> sought(np.array([7, 2, 5]), np.array([2, 7])).tolist()
    [1, 0, -1]
    """
    if not len(known):
        return np.full(len(numbers), -1, dtype=np.int64)
    if len(numbers) < MANY or THIN * len(known) > len(numbers):
        at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
        return np.where(known[at] == numbers, at, -1)
    bits = (THIN * len(known)).bit_length()
    mine, slot = slots(known, bits), slots(numbers, bits)
    holder = np.zeros(1 << bits, dtype=np.int64)
    holder[mine[::-1]] = np.arange(len(known))[::-1]  # the first of equal ones is written last
    at = holder[slot]
    found = np.where(known[at] == numbers, at, -1)
    shared = np.zeros(1 << bits, dtype=np.bool_)
    shared[mine[known[holder[mine]] != known]] = True
    others = np.flatnonzero(shared[slot] & (found < 0))
    if len(others):
        found[others] = sought(numbers[others], known)
    return found


class Finder:
    """Where a number stands: the position given for its first occurrence, or -1.

    >>> Finder(np.array([7, 9, 7]), np.array([0, 1, 2])).find(np.array([9, 8, 7])).tolist()
    [1, -1, 0]
    """

    def __init__(self, keys: Ints, positions: Ints) -> None:
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._positions = positions[order]

    def find(self, keys: Ints) -> Ints:
        """The position of each key."""
        if not len(self._keys):
            return np.full(len(keys), -1, dtype=np.int64)
        at = sought(keys, self._keys)
        return np.where(at < 0, -1, self._positions[at])

    @property
    def several(self) -> bool:
        """Whether some number stands in several places."""
        return bool((self._keys[1:] == self._keys[:-1]).any())
