"""Some lines of a text: their bytes, where each starts and ends, and which are alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nsparse.reading.columns.lines import STEP
from nsparse.reading.columns.words import (
    PAD,
    Ints,
    Positions,
    Text,
    between,
    encoded,
    firsts,
    text_of,
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

        alike = self.text.bytes - ZERO
        for at in range(0, len(alike), STEP):
            # All digits become 9, and whatever else a byte may be stays unlike all others.
            part = alike[at : at + STEP]
            np.maximum(part, NINES[: len(part)], out=part)
        offsets = np.append(self.starts, self.ends[-1:] + np.int32(1))
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(alike)]
        codes = encoded(pa.Array.from_buffers(pa.binary(), len(self), buffers))[0]
        return codes, firsts(codes)


def part_of(data: memoryview, starts: Ints) -> Part:
    """Lines that follow one another, the end of the last left out; and where the next would be."""
    places = starts - starts[0] + PAD
    return Part(text_of(data), places[:-1].astype(np.int32), (places[1:] - 1).astype(np.int32))


def some_of(data: bytes, starts: Any, behind: Any) -> Part:
    """Some of the lines of some bytes, by where each starts and where one behind it would."""
    found = between(data, starts, behind)
    _, offsets, held = found.buffers()
    places = np.frombuffer(offsets, np.int64)[: len(starts) + 1]
    return part_of(memoryview(held)[: int(places[-1]) - 1], places)
