"""Lots: rows that share a number, cut apart and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from nsparse.judging.ends import Bools, Ints, compact, joined

SHORT = 1 << 16


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
    if keys.min(initial=0) < 0:
        at, keys = at[keys >= 0], keys[keys >= 0]
    of, size = compact(keys)
    counts = np.bincount(of, minlength=size)
    large = counts >= least
    if not large.all():
        at, of = at[large[of]], of[large[of]]
    # Numbers of 16 bits are sorted by counting them.
    order = np.argsort(of.astype(np.uint16) if size <= SHORT else of, kind="stable")
    yield from np.split(at[order], np.cumsum(counts[large])[:-1]) if len(at) else ()


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
    sums = np.bincount(of[truths], minlength=size)
    return sums[of]


def distinct(keys: Ints, values: Ints) -> Ints:
    """For each row how many different values the rows with its key have; one below 0 is none.

    >>> distinct(np.array([5, 3, 5, 5]), np.array([1, 1, 2, 1])).tolist()
    [2, 1, 2, 2]
    """
    first = ~pd.Index(joined(compact(keys), compact(values))).duplicated()
    return np.where(keys < 0, 0, counted(keys, first & (values >= 0)))
