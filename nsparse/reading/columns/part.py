"""Some lines of a text: their bytes, where each starts and ends, and which are alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nsparse.reading.columns.lines import STEP, Lines
from nsparse.reading.columns.words import (
    PAD,
    Ints,
    Positions,
    Text,
    between,
    encoded,
    firsts,
    text_within,
)

ZERO = np.uint8(ord("0"))

NINES = np.full(STEP, 9, np.uint8)
"""numpy is ten times as fast with this as with one 9."""


@dataclass(frozen=True)
class Part:
    """Some lines.

    Attributes:
        text: Their bytes.
        starts: Where each starts.
        ends: Where each ends.
    """

    text: Text
    starts: Positions
    ends: Positions

    def __len__(self) -> int:
        return len(self.starts)

    def some(self, which: Any) -> Part:
        """Some of them."""
        return some_of(self.text.raw, self.starts[which], self.ends[which] + 1)

    @cached_property
    def shapes(self) -> tuple[Positions, Positions]:
        """The shape of each line, and the first line of each: what lines are, all digits alike."""
        import pyarrow as pa

        alike = np.empty_like(self.text.bytes)
        for at in range(0, len(alike), STEP):
            # All digits become 9, and whatever else a byte may be stays unlike all others.
            part = alike[at : at + STEP]
            np.subtract(self.text.bytes[at : at + STEP], ZERO, out=part)
            np.maximum(part, NINES[: len(part)], out=part)
        offsets = np.append(self.starts, self.ends[-1:] + np.int32(1))
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(alike)]
        codes = encoded(pa.Array.from_buffers(pa.binary(), len(self), buffers))[0]
        return codes, firsts(codes)


def part_of(data: Any, starts: Ints) -> Part:
    """Lines of some bytes that follow one another; the last entry is where the next would start."""
    first, behind = int(starts[0]), int(starts[-1])
    places = starts - (first - PAD)
    ends = (places[1:] - 1).astype(np.int32)
    return Part(text_within(data, first, behind - 1), places[:-1].astype(np.int32), ends)


class Parts:
    """Parts of a text; who reads the lines that another has read gets the same part."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._last: tuple[int, int, Part] | None = None

    def of(self, first: int, count: int) -> Part:
        """So many lines from one on."""
        if self._last is None or self._last[:2] != (first, count):
            part = part_of(self.lines.data, self.lines.starts[first : first + count + 1])
            self._last = (first, count, part)
        return self._last[2]


def some_of(data: bytes | memoryview, starts: Any, behind: Any) -> Part:
    """Some of the lines of some bytes, by where each starts and where one behind it would."""
    return part_of(*copied(data, starts, behind))


def copied(data: bytes | memoryview, starts: Any, behind: Any) -> tuple[Any, Ints]:
    """A copy of such lines, and where they start in it; the last entry is where the next would."""
    room = (starts[0] >= PAD and behind[-1] + PAD <= len(data)) * PAD
    # The first and the last of them bring the room along that is around lines.
    starts, behind = starts.astype(np.int64), behind.astype(np.int64)
    starts[0] -= room
    behind[-1] += room
    _, offsets, held = between(data, starts, behind).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(starts) + 1].copy()
    places[0] += room
    places[-1] -= room
    return held, places
