"""Texts told apart by their bytes: a million addresses in two thirds of the time that Arrow takes.

The first eight bytes and the last eight are all of a text of eight to sixteen, as most addresses
are. Mixed they give the number of a slot; of the rows that share a slot the first one stands for
all that are equal to it. What is left, and texts of other lengths, Arrow tells apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nsparse.judging.arrays.codes import SPREADING, Bools, Codes, Ints, firsts

EIGHT = 8
LEAST = 1 << 16
"""Fewer texts are not worth it."""
SAMPLE = 4096
"""So many texts show what the others are like."""
DIFFERENT, FITTING = 0.1, 0.9
"""The least parts of them: Arrow's table of fewer lies in the cache, or too many are left."""
BITS = 20
"""So many slots lie in the cache, and of 50 000 texts few share one."""
SECOND = -4417276706812531889
"""An odd number that has nothing to do with `SPREADING`, so that both ends of a text count."""


def is_worth(held: Any) -> bool:
    """Whether texts that Arrow holds are many, differ, and mostly are of such a length."""
    if len(held) < LEAST or held.null_count or held.type != pa.large_string():
        return False
    sample = held.slice(0, SAMPLE)
    fits = _fits(pc.binary_length(sample).to_numpy())
    return len(sample.unique()) > DIFFERENT * SAMPLE and bool(fits.mean() > FITTING)


def apart(held: Any) -> tuple[Ints, Any]:
    """The number of each text by first appearance, and the different texts.

    >>> texts = pa.chunked_array([pa.array(["192.0.2.10", "::1", "192.0.2.9", "192.0.2.10"])])
    >>> number, different = apart(texts.cast(pa.large_string()))
    >>> number.tolist(), different.to_pylist()
    ([0, 1, 2, 0], ['192.0.2.10', '::1', '192.0.2.9'])
    """
    head, tail, size = words = _words(held)
    mixed = head * SPREADING
    mixed += tail * SECOND
    mixed += size
    number, first = _by_slots(mixed, told := _fits(size))
    for word in words if len(first) else ():
        told &= word[first][number] == word
    left = np.flatnonzero(~told)
    if len(left):
        others = _taken(held, left).dictionary_encode()
        of = Codes(others.indices.to_numpy().astype(np.int64), len(others.dictionary))
        number[left] = len(first) + of.of
        # All are numbered anew, in the order in which they stand.
        first = np.concatenate([first, left[firsts(of)]])
        order = np.argsort(first)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        number, first = rank[number], first[order]
    return number, _taken(held, first)


def _fits(size: Ints) -> Bools:
    """Which texts of so many bytes are all in their first and last eight."""
    found: Bools = (size >= EIGHT) & (size <= 2 * EIGHT)
    return found


def _words(held: Any) -> tuple[Ints, Ints, Ints]:
    """The first and the last eight bytes of each text, and its size; of a short one no more."""
    head, tail, size = (np.zeros(len(held), dtype=np.int64) for _ in range(3))
    row = 0
    for part in held.chunks:
        rows = slice(row, row := row + len(part))
        _, offsets, raw = part.buffers()
        ends = np.frombuffer(offsets, np.int64)[part.offset : part.offset + len(part) + 1]
        size[rows] = ends[1:] - ends[:-1]
        if raw is not None and len(raw) >= EIGHT:
            eights = np.ndarray(len(raw) - EIGHT + 1, np.int64, buffer=raw, strides=(1,))
            head[rows] = eights[np.minimum(ends[:-1], len(eights) - 1)]
            tail[rows] = eights[np.maximum(ends[1:] - EIGHT, 0)]
    return head, tail, size


def _by_slots(mixed: Ints, among: Bools) -> tuple[Ints, Ints]:
    """The number of each row's slot, by first appearance, and the first row of each.

    Args:
        mixed: What the slots are taken from.
        among: The rows that have one; the others get whatever number.
    """
    none = 1 << BITS
    slots = (mixed >> (63 - BITS)) & (none - 1)
    slots[~among] = none
    first = np.full(none + 1, -1, dtype=np.int32)  # half the room: it is read in no order
    first[slots[::-1]] = np.arange(len(slots), dtype=np.int32)[::-1]  # the first is written last
    first[none] = -1
    used = np.sort(first[first >= 0]).astype(np.int64)
    place = np.zeros(none + 1, dtype=np.int32)
    place[slots[used]] = np.arange(len(used))
    return place[slots].astype(np.int64), used


def _taken(held: Any, rows: Ints) -> Any:
    """The texts of rows that ascend; Arrow would join all pieces before it takes a few."""
    ends = np.cumsum([len(part) for part in held.chunks])
    each = np.split(rows, np.searchsorted(rows, ends[:-1]))
    parts = zip(held.chunks, each, [0, *ends[:-1].tolist()], strict=True)
    return pa.concat_arrays([part.take(pa.array(at - start)) for part, at, start in parts])
