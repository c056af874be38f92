"""Lots: rows that share a number, cut apart and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from nsparse.judging.arrays.codes import THIN, Bools, Codes, Ints, compact, firsts, joined, slots

SHORT = (np.uint8, np.uint16)
"""Numbers that fit are sorted by counting them, a byte at a time."""
MOST_BITS = 20
"""Counts of so many buckets still lie in the cache of a processor."""


def positions(which: Bools | Ints) -> Ints:
    """Where a mask is true; positions are what they are."""
    if which.dtype == np.bool_:
        return np.flatnonzero(which)
    return which.astype(np.int64, copy=False)


def so_many(which: Bools | Ints) -> int:
    """How many rows a mask or positions say."""
    return int(np.count_nonzero(which)) if which.dtype == np.bool_ else len(which)


def mask(which: Bools | Ints, rows: int) -> Bools:
    """Positions among so many rows as a mask; a mask is what it is."""
    if which.dtype == np.bool_:
        return which.astype(np.bool_, copy=False)
    found = np.zeros(rows, dtype=np.bool_)
    found[which] = True
    return found


def lots(at: Ints, keys: Ints, least: float = 1) -> Iterator[Ints]:
    """Parts of some positions that have equal keys, by first appearance; a key of -1 is none.

    >>> [lot.tolist() for lot in lots(np.array([3, 5, 7, 9]), np.array([8, -1, 6, 8]))]
    [[3, 9], [7]]
    """
    least = max(least, 1)
    some, (of, size) = _told_apart(keys, least)
    counts = np.bincount(of, minlength=size)
    large = np.flatnonzero(counts >= least)
    place = np.full(size, -1, dtype=np.int32)
    place[large] = np.arange(len(large))
    number = place[of]
    if counts[large].sum() < len(some):
        kept = np.flatnonzero(number >= 0)
        some, number = some[kept], number[kept]
    if len(large) <= 1:
        yield from (at[some],) * len(large)
        return
    order = np.argsort(_short(number, len(large)), kind="stable")
    places = order if len(some) == len(at) else some[order]
    parts = np.split(at[places], np.cumsum(counts[large])[:-1])
    yield from sorted(parts, key=lambda part: int(part[0]))


def _short(number: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """Numbers below a size in as few bytes as they need."""
    fits = (kind for kind in SHORT if size <= np.iinfo(kind).max)
    return number.astype(next(fits, number.dtype), copy=False)


def _told_apart(keys: Ints, least: float) -> tuple[Ints, Codes]:
    """Where keys stand that may be there so often, and a number for each of them."""
    size = int(keys.max(initial=-1)) + 1
    if size <= len(keys):  # they are small as they are
        some = np.flatnonzero(keys >= 0)
        return some, Codes(keys if len(some) == len(keys) else keys[some], size)
    some = np.flatnonzero(may_be_many(keys, least) & (keys >= 0))
    return some, compact(keys[some])


def may_be_many(keys: Ints, least: float) -> Bools:
    """Which keys may be there so often: counted by some of their bits, far fewer than keys.

    >>> may_be_many(np.array([8, 3, 8]), 2).tolist()
    [True, False, True]
    """
    if least <= 1:
        return np.ones(len(keys), dtype=np.bool_)
    of, size = _buckets(keys, least)
    found: Bools = (np.bincount(of, minlength=size) >= least)[of]
    return found


def _buckets(keys: Ints, least: float) -> Codes:
    """A few well mixed bits of each key, so many that lots of keys seldom share them."""
    bits = min(max(int(THIN * len(keys) / least).bit_length(), 8), MOST_BITS)
    return Codes(slots(keys, bits), 1 << bits)


def largest(parts: Iterable[Ints], most: int) -> Iterator[Ints]:
    """So many of the largest parts, by first appearance, and in the end all others as one.

    >>> [part.tolist() for part in largest([np.array(rows) for rows in ([4], [1, 2], [3])], 1)]
    [[1, 2], [3, 4]]
    """
    listed = list(parts)
    ranked = sorted(range(len(listed)), key=lambda number: -len(listed[number]))
    yield from (listed[number] for number in sorted(ranked[:most]))
    if rest := [listed[number] for number in ranked[most:]]:
        yield np.sort(np.concatenate(rest))


def counted(keys: Ints, truths: Bools) -> Ints:
    """For each row how many rows with its key are true.

    >>> counted(np.array([5, 3, 5]), np.array([True, False, True])).tolist()
    [2, 0, 2]
    """
    of, size = compact(keys)
    sums: Ints = np.bincount(of[truths], minlength=size)[of]
    return sums


def distinct(keys: Ints, values: Ints) -> Ints:
    """For each row how many different values the rows with its key have; one below 0 is none.

    >>> distinct(np.array([5, 3, 5, 5]), np.array([1, 1, 2, 1])).tolist()
    [2, 1, 2, 2]
    """
    first = np.zeros(len(keys), dtype=np.bool_)
    first[firsts(compact(joined(compact(keys), compact(values))))] = True
    return np.where(keys < 0, 0, counted(keys, first & (values >= 0)))
