"""Which of many numbers are among others, and where: small ones are looked up in a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nsparse.judging.arrays.codes import TABLE, Bools, Ints, sought

FEW = 4
"""Numbers are compared with so many values sooner than they are looked up."""


def is_among(numbers: Ints, others: Ints, size: int) -> Bools:
    """Which of some numbers below `size` are among some others.

    >>> is_among(np.array([7, 2, 7]), np.array([2, 3]), 9).tolist()
    [False, True, False]
    """
    if size > TABLE * len(numbers):
        return sought(numbers, np.sort(others)) >= 0
    there = np.zeros(size, dtype=np.bool_)
    there[others] = True
    return there[numbers]


def places(numbers: Ints, known: Ints) -> Ints:
    """The place of each number among some that are known, -1 for others and below 0.

    >>> places(np.array([7, 2, 5, -1]), np.array([2, 7])).tolist()
    [1, 0, -1, -1]
    """
    size = int(max(numbers.max(initial=0), known.max(initial=0))) + 1
    if size > TABLE * len(numbers):
        found = pd.Index(known).get_indexer(pd.Index(numbers))
        return np.where(numbers < 0, -1, found)
    place = np.full(size + 1, -1, dtype=np.int64)  # the last is that of -1
    place[known[known >= 0]] = np.flatnonzero(known >= 0)
    return place[numbers]


def one_of(numbers: npt.NDArray[Any], values: Sequence[Any]) -> Bools:
    """Which numbers are among some values; of many, ports and the like are looked up in a table."""
    if not values:
        return np.zeros(len(numbers), dtype=np.bool_)
    if len(values) <= FEW:
        found: Bools = reduce(or_, (numbers == value for value in values))
        return found
    wanted = np.array(values, dtype=numbers.dtype)
    size = int(max(numbers.max(initial=0), wanted.max(initial=0))) + 1
    if numbers.dtype.kind == "f" or min(numbers.min(initial=0), wanted.min(initial=0)) < 0:
        return np.isin(numbers, wanted)
    return is_among(numbers, wanted, size)
