"""Bytes to words, and words to numbers and codes, many at a time.

Eight bytes of a word are one integer: digits are read, and words compared, without touching
them one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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

SHORT = 8
"""So many bytes are one integer."""

_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0x8080808080808080)
_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_OVER_9 = np.uint64(0x7676767676767676)
_LAST = ~np.array([(1 << 8 * n) - 1 for n in range(8, -1, -1)], np.uint64)
"""Masks of the last n bytes of eight."""


@dataclass(frozen=True)
class Text:
    """Bytes of a block, with `PAD` others on both sides; those next to it are newlines.

    Attributes:
        raw: The bytes.
        bytes: The same for numpy.
        eights: At each place, the eight bytes from there on as one integer.
    """

    raw: bytes | memoryview
    bytes: npt.NDArray[np.uint8]
    eights: Bytes8

    def lines(self, starts: Positions, ends: Positions) -> list[str]:
        """The texts between places."""
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        return [bytes(self.raw[start:end]).decode() for start, end in spans]

    def words(self, starts: Positions, ends: Positions) -> Any:
        """The texts between places, as Arrow holds them."""
        return between(self.raw, starts, ends)


def between(data: bytes | memoryview, starts: Any, ends: Any) -> Any:
    """The texts between places of some bytes, as Arrow holds them.

    All texts and what stands between them are an array without a copy; Arrow takes each second.
    """
    import pyarrow as pa

    count = len(starts)
    places = np.empty(2 * count + 1, np.int64)
    places[0:-1:2], places[1::2], places[-1] = starts, ends, len(data)
    buffers = [None, pa.py_buffer(places), pa.py_buffer(data)]
    both = pa.Array.from_buffers(pa.large_string(), 2 * count, buffers)
    return both.take(_evens(1 << count.bit_length()).slice(0, count))


@cache
def _evens(count: int) -> Any:
    """So many even numbers."""
    return whole_numbers(np.arange(0, 2 * count, 2))


def whole_numbers(values: Ints) -> Any:
    """Integers as Arrow holds them, without a copy."""
    import pyarrow as pa

    held = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(held), [None, pa.py_buffer(held)])


def text_of(data: memoryview) -> Text:
    """A copy of some bytes with room around it."""
    room = bytes([NEWLINE]) * PAD
    return with_room(b"".join((room, data, room)))


def text_within(data: bytes, start: int, end: int) -> Text:
    """Lines that stand between two places, the end of the last left out."""
    view = memoryview(data)
    if start < PAD or end + PAD > len(data):
        return text_of(view[start:end])
    return with_room(view[start - PAD : end + PAD])


def with_room(raw: bytes | memoryview) -> Text:
    """Bytes that have room around them."""
    eights = np.ndarray((len(raw) - 7,), "<u8", buffer=raw, strides=(1,))
    return Text(raw, np.frombuffer(raw, np.uint8), eights)


def edges(text: Text, lines: int) -> tuple[Positions, Positions]:
    """Where words start and end; words stand between blanks, tabs and newlines.

    Args:
        text: So many lines.
        lines: How many.
    """
    # Hardly any text holds a control character beside its newlines.
    bare = np.count_nonzero(text.bytes[PAD:-PAD] < ord(" ")) == lines - 1
    found = []
    for at in range(PAD, len(text.bytes) - PAD + 1, STEP):
        part = text.bytes[at - 1 : min(at + STEP, len(text.bytes) - PAD + 1)]
        between = part <= ord(" ") if bare else _between(part)
        found.append((between[1:] != between[:-1]).nonzero()[0] + at)
    both = np.concatenate(found).astype(np.int32)
    return both[0::2], both[1::2]


def _between(part: npt.NDArray[np.uint8]) -> Bools:
    """Which bytes stand between words."""
    between: Bools = part == ord(" ")
    for byte in b"\t\n\r":
        between |= part == byte
    return between


def holds_at(text: Text, places: Positions, chars: str) -> Bools:
    """Whether some characters stand at each place."""
    found = np.ones(len(places), np.bool_)
    for at, char in enumerate(chars):
        found &= text.bytes[places + np.int32(at)] == ord(char)
    return found


def digits(text: Text, ends: Positions) -> tuple[Ints, Ints]:
    """How many digits stand before each place, and the number they are.

    The count is exact up to `MOST_DIGITS`, and more than that where there are more.
    """
    bare = _digits_before(text, ends)
    count = _count(bare)
    value = _value(bare & _LAST[count])
    if count.max(initial=0) == 8:
        more = np.flatnonzero(count == 8)
        bare = _digits_before(text, ends[more] - 8)
        again = _count(bare)
        value[more] += _value(bare & _LAST[again]) * 10**8
        count[more] += again
    return count, value


def number(text: Text, ends: Ints | Positions, counts: Ints | Positions) -> Ints:
    """The number that so many digits before each place are; at most `MOST_DIGITS`."""
    most = int(counts.max(initial=0))
    bare = _digits_before(text, ends)
    bare &= _LAST[counts if most <= 8 else np.minimum(counts, 8)]
    value = _value(bare)
    if most > 8:
        more = np.flatnonzero(counts > 8)
        bare = _digits_before(text, ends[more] - 8)
        bare &= _LAST[counts[more] - 8]
        value[more] += _value(bare) * 10**8
    return value


def _digits_before(text: Text, ends: Ints | Positions) -> Bytes8:
    """The eight bytes before each place, in which digits are what they say."""
    bare: Bytes8 = text.eights[ends - 8]
    bare ^= _ZEROS
    return bare


def digits_within(text: Text, starts: Positions, ends: Positions) -> tuple[Positions, Positions]:
    """From the first digit of each word to behind the last; words without any become empty."""
    words = text.words(starts, ends)
    places = np.frombuffer(words.buffers()[1], np.int64)[: len(starts) + 1]
    data = np.frombuffer(words.buffers()[2] or b"", np.uint8)
    found = ((data - np.uint8(ord("0"))) < 10).nonzero()[0]
    first, behind = np.searchsorted(found, places[:-1]), np.searchsorted(found, places[1:])
    has, shift = first < behind, starts - places[:-1]
    found = np.append(found, 0)  # words without any have something to look at, too
    begin, end = found[first] + shift, found[behind - 1] + shift + 1
    both = np.where(has, (begin, end), starts).astype(np.int32)
    return both[0], both[1]


def whole_number(text: Text, ends: Positions, lengths: Ints) -> Ints | None:
    """The numbers that short words are; None where one of them is more than digits."""
    if not len(lengths) or int(lengths.max()) > 8:
        return None
    bare = _digits_before(text, ends)
    bare &= _LAST[lengths]
    return None if _other(bare).any() else _value(bare)


def short_words(text: Text, ends: Positions, lengths: Positions) -> Ints:
    """Words of at most eight bytes, as integers."""
    words: Ints = (text.eights[ends - 8] & _LAST[lengths]).view(np.int64)
    return words


def _other(bare: Bytes8) -> Bytes8:
    """A bit for each byte that is no digit."""
    return (((bare & _LOW) + _OVER_9) | bare) & _HIGH


def _count(bare: Bytes8) -> Ints:
    """How many of the last bytes are digits."""
    # The highest byte that is no digit, by the exponent of the integer as a float.
    highest = (_other(bare).astype(np.float64).view(np.int64) >> 52) - 1023
    count: Ints = np.minimum((63 - highest) >> 3, 8)
    return count


def _value(bare: Bytes8) -> Ints:
    """The number that eight digits are; these are lost."""
    for dtype, factor in _STEPS:
        part = bare.view(dtype)
        part *= part.dtype.type(factor)
        part >>= part.dtype.type(4 * part.itemsize)
    number: Ints = bare.view(np.int64)
    return number


_STEPS = (("<u2", 10 << 8 | 1), ("<u4", 100 << 16 | 1), ("<u8", 10_000 << 32 | 1))
"""Digits to pairs, pairs to fours, fours to eights: integers as wide as two of them, times 1 and
times what the first of two counts for, so that the upper half becomes their sum."""


def codes(text: Text, starts: Positions, lengths: Ints, also: Ints) -> tuple[Positions, Positions]:
    """The code of each word, equal for equal words with an equal `also`, and the first of each."""
    if not lengths.any():
        return encode_few(also)
    found = encoded(text.words(starts, starts + lengths))[0]
    if (also == also[0]).all():
        return found, firsts(found)
    return encode(found.astype(np.int64) * (int(also.max()) + 1) + also)


def encoded(words: Any) -> tuple[Positions, Any]:
    """Codes of texts in the order of their first appearance, and the text of each code.

    Those of missing texts mean nothing.
    """
    found = words.dictionary_encode()
    held = found.indices.fill_null(0) if words.null_count else found.indices
    return np.frombuffer(held.buffers()[1], np.int32)[: len(words)], found.dictionary


def firsts(numbers: Positions) -> Positions:
    """Where each code appears first, if they are in that order."""
    if not len(numbers):
        return numbers
    # A code is new where none before is as large.
    highest = np.maximum.accumulate(numbers)
    first = np.flatnonzero(highest[1:] != highest[:-1]).astype(np.int32) + np.int32(1)
    return np.append(np.int32(0), first)


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
    return numbers, firsts(numbers)
