"""Bytes to words, and words to numbers and codes, many at a time.

Eight bytes of a word are one integer: digits are read, and words compared, without touching
them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nsparse.reading.columns.lines import NEWLINE, STEP

Ints = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int32]
Bytes8 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

PAD = 32
"""Bytes around a block: what is loaded before its first word and behind its last."""

LONGEST = 256
"""Longer words are left to the pattern."""

MOST_DIGITS = 15
"""A number of so many digits fits any integer; longer ones are left to the pattern."""

_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0x8080808080808080)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_OVER_9 = np.uint64(0x7676767676767676)
_FIRST = np.array([(1 << 8 * n) - 1 for n in range(8)] + [2**64 - 1], np.uint64)
"""Masks of the first n bytes of eight."""
_LAST = ~_FIRST[::-1]
_LAST[0] = 0
"""Masks of the last n bytes of eight."""
_LAST[8] = 2**64 - 1
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Text:
    """Bytes of a block, with `PAD` newlines on both sides.

    Attributes:
        raw: The bytes.
        bytes: The same for numpy.
        eights: At each place, the eight bytes from there on as one integer.
    """

    raw: bytes
    bytes: npt.NDArray[np.uint8]
    eights: Bytes8

    def words(self, starts: Positions, ends: Positions) -> Any:
        """The texts between places, as Arrow holds them."""
        import pyarrow as pa

        lengths = ends - starts
        eights = np.arange(0, int(lengths.max(initial=0)) + 1, 8, dtype=np.int32)
        # Behind the last place may be less room than the longest word takes.
        places = np.minimum(starts[:, None] + eights, len(self.eights) - 1)
        wide = self.eights[places].view(np.uint8).reshape(len(starts), 8 * len(eights))
        inside = np.arange(wide.shape[1], dtype=np.int32) < lengths[:, None]
        offsets = np.zeros(len(starts) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(wide[inside])]
        return pa.Array.from_buffers(pa.large_string(), len(starts), buffers)


def text_of(data: memoryview) -> Text:
    """A copy of some bytes with room around it."""
    room = bytes([NEWLINE]) * PAD
    raw = b"".join((room, data, room))
    eights = np.ndarray((len(raw) - 7,), "<u8", buffer=raw, strides=(1,))
    return Text(raw, np.frombuffer(raw, np.uint8), eights)


def edges(text: Text) -> tuple[Positions, Positions]:
    """Where words start and end; words stand between blanks, tabs and newlines."""
    found = []
    for at in range(PAD, len(text.bytes) - PAD, STEP):
        part = text.bytes[at - 1 : min(at + STEP, len(text.bytes) - PAD + 1)]
        between = part <= ord(" ")
        if np.count_nonzero(part < ord(" ")) != np.count_nonzero(part == NEWLINE):
            between = (part == ord(" ")) | (part == ord("\t")) | (part == NEWLINE)
        found.append((np.flatnonzero(between[1:] != between[:-1]) + at).astype(np.int32))
    both = np.concatenate(found) if found else np.zeros(0, np.int32)
    return both[0::2], both[1::2]


def digits(text: Text, ends: Positions) -> tuple[Ints, Ints]:
    """How many digits stand before each place, and the number they are.

    The count is exact up to `MOST_DIGITS`, and more than that where there are more.
    """
    count, value = _digits8(text.eights[ends - 8])
    if count.max(initial=0) == 8:
        more = np.flatnonzero(count == 8)
        again, high = _digits8(text.eights[ends[more] - 16])
        value[more] += high * 10**8
        count[more] += again
    return count, value


def _digits8(eight: Bytes8) -> tuple[Ints, Ints]:
    """The same within eight bytes."""
    bare = eight ^ _ZEROS
    other = (((bare & _LOW) + _OVER_9) | bare) & _HIGH
    # The highest byte that is no digit, by the exponent of the integer as a float.
    highest = (other.astype(np.float64).view(np.int64) >> 52) - 1023
    count = np.minimum((63 - highest) >> 3, 8)
    value = bare & _LAST[count]
    value = (value * np.uint64(2561)) >> np.uint64(8)
    value = ((value & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
    value = (value & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)
    return count, (value >> np.uint64(32)).view(np.int64)


def codes(text: Text, starts: Positions, lengths: Ints, also: Ints) -> tuple[Positions, Positions]:
    """The code of each word, equal for equal words with an equal `also`, and the first of each.

    Codes are -1 where two words that differ share a hash: those are left to the pattern.
    """
    if not lengths.any():
        return encode_few(also)
    loads = list(_loads(text, starts, lengths))
    meta = (lengths | (also << 16)).view(np.uint64)
    mixed = (meta + np.uint64(1)) * _MIX
    for where, load in loads:
        if where is None:
            mixed = (mixed ^ load) * _MIX
            mixed ^= mixed >> np.uint64(32)
        else:
            part = (mixed[where] ^ load) * _MIX
            mixed[where] = part ^ (part >> np.uint64(32))
    found, first = encode(mixed.view(np.int64))
    same = meta == meta[first][found]
    for where, load in loads:
        if where is None:
            same &= load == load[first][found]
        else:
            whole = np.zeros(len(starts), np.uint64)
            whole[where] = load
            same &= whole == whole[first][found]
    return np.where(same, found, np.int32(-1)) if not same.all() else found, first


def _loads(text: Text, starts: Positions, lengths: Ints) -> Any:
    """The bytes of the words, eight at a time; those that have as many, None for all."""
    longest = int(lengths.max(initial=0))
    where: Any = None
    for at in range(0, longest, 8):
        if at >= 16:
            where = np.flatnonzero(lengths > at)
            here, rest = starts[where], lengths[where]
        else:
            here, rest = starts, lengths
        yield where, text.eights[here + at] & _FIRST[np.clip(rest - at, 0, 8)]


def encode_few(keys: Ints) -> tuple[Positions, Positions]:
    """The same of small numbers."""
    present = np.flatnonzero(np.bincount(keys))
    if len(present) == 1:
        return np.zeros(len(keys), np.int32), np.zeros(1, np.int32)
    firsts = [int((keys == key).argmax()) for key in present.tolist()]
    order = np.argsort(firsts)
    code = np.zeros(int(present[-1]) + 1, np.int32)
    code[present[order]] = np.arange(len(present), dtype=np.int32)
    return code[keys], np.array(firsts, np.int32)[order]


def encode(keys: Ints) -> tuple[Positions, Positions]:
    """Codes of integers in the order of their first appearance, and where each appears first."""
    import pyarrow as pa

    buffers = [None, pa.py_buffer(np.ascontiguousarray(keys))]
    found = pa.Array.from_buffers(pa.int64(), len(keys), buffers).dictionary_encode()
    numbers = np.frombuffer(found.indices.buffers()[1], np.int32)[: len(keys)]
    # A code is new where none before is as large.
    highest = np.maximum.accumulate(numbers)
    first = np.flatnonzero(highest[1:] != highest[:-1]).astype(np.int32) + np.int32(1)
    return numbers, np.append(np.int32(0), first) if len(keys) else first
