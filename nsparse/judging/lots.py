"""Lots: rows that share a number, cut apart and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from nsparse.judging.codes import Bools, Ints, compact, firsts, joined

SHORT = 1 << 16
THIN = 8
"""How many buckets there are for each lot that may be large enough: most of them stay empty."""
MOST_BITS = 20
"""Counts of so many buckets still lie in the cache of a processor."""
SPREADING = -7046029254386353131
"""2**64 divided by the golden ratio: keys that differ little differ in the high bits of the product
(D. Knuth, The Art of Computer Programming 6.4)."""


def positions(which: Bools | Ints) -> Ints:
    """Where a mask is true; positions are what they are."""
    if which.dtype == np.bool_:
        return np.flatnonzero(which)
    return which.astype(np.int64)


def lots(at: Ints, keys: Ints, least: float = 1) -> Iterator[Ints]:
    """Parts of some positions that have equal keys, by first appearance; a key of -1 is none.

    >>> [lot.tolist() for lot in lots(np.array([3, 5, 7, 9]), np.array([8, -1, 6, 8]))]
    [[3, 9], [7]]
    """
    some = crowded(keys, least) & (keys >= 0)
    if not some.all():
        at, keys = at[some], keys[some]
    of, size = compact(keys)
    counts = np.bincount(of, minlength=size)
    large = counts >= least
    if not large.all():
        some = large[of]
        at, of, counts = at[some], (np.cumsum(large) - 1)[of[some]], counts[large]
    if len(counts) <= 1:
        yield from (at,) * len(counts)
        return
    # Numbers of 16 bits are sorted by counting them.
    order = np.argsort(of.astype(np.uint16) if len(counts) <= SHORT else of, kind="stable")
    parts = np.split(order, np.cumsum(counts)[:-1])
    yield from (at[part] for part in sorted(parts, key=lambda part: part[0]))


def crowded(keys: Ints, least: float) -> Bools:
    """Which keys may be there so often: counted by some of their bits, far fewer than keys.

    >>> crowded(np.array([8, 3, 8]), 2).tolist()
    [True, False, True]
    """
    if least <= 1:
        return np.ones(len(keys), dtype=np.bool_)
    bits = min(max(int(THIN * len(keys) / least).bit_length(), 8), MOST_BITS)
    bucket = (keys * SPREADING >> (63 - bits)) & ((1 << bits) - 1)
    often = np.bincount(bucket, minlength=1 << bits) >= least
    found: Bools = often[bucket]
    return found


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
