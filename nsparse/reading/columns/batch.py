"""Lines that continue rows, many at a time: those alike but for their numbers are read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from nsparse.reading.columns.alone import Words, read_alone
from nsparse.reading.columns.details import Details, Shape
from nsparse.reading.columns.items import TYPES
from nsparse.reading.columns.lines import STEP
from nsparse.reading.columns.part import Part
from nsparse.reading.columns.said import Number, Span
from nsparse.reading.columns.texts import without_texts
from nsparse.reading.columns.words import (
    MOST_DIGITS,
    PAD,
    Bools,
    Ints,
    Positions,
    Text,
    between,
    encoded,
    number,
)
from nsparse.reading.columns.words import firsts as firsts_of
from nsparse.schema import BY_NAME

DIGITS = b"0123456789"

MARK = 0xFF
"""Stands for a number; no UTF-8 holds it."""

RUN, FRACTION = 1, 2
"""Which of a `Number` says which number of a line it is, and which one stands behind its point."""

NONE = Number()

TOGETHER = 1 << 14
"""So many numbers are read together."""


@dataclass
class Batch:
    """Lines by their shape.

    Attributes:
        text: The bytes.
        starts: Where each line starts.
        shapes: What the shapes of these lines are.
        codes: The shape of each line.
        known: Whether a line says what its shape says.
        firsts: Which of all numbers is the first of each line.
        ends: Where each number ends.
        lengths: How many digits each has.
        before: How many digits are before it, and behind the last.
        classes: Which of all that lines say, beside numbers and what is kept as printed.
        words: What words say that are read as they stand.
    """

    text: Text
    starts: Positions
    shapes: Sequence[Shape]
    codes: Ints
    known: Bools
    firsts: Ints
    ends: Positions
    lengths: Positions
    before: Positions
    classes: Ints
    words: list[Words] = field(default_factory=list)

    def numbers(self, name: str) -> tuple[Any, Bools]:
        """A column of numbers, and which lines say none.

        A line whose number is too long, or is a 0 that says more, is not known any more.
        """
        told = [shape.said and shape.said.numbers.get(name) for shape in self.shapes]
        each = [one or NONE for one in told]
        runs, fractions = (np.array([one[at] for one in each]) for at in (RUN, FRACTION))
        dtype: Any = np.float64 if TYPES[BY_NAME[name].dtype] is float else np.int64
        values: Any = np.array([one.value for one in each], dtype)
        values = values[self.codes] if (runs < 0).any() else np.empty(len(self.codes), dtype)
        for fraction in (False, True):
            having = (runs >= 0) & ((fractions >= 0) == fraction)
            if having.any():
                which = self._which(having)
                values[which] = (
                    self._values(name, which, runs, fractions)
                    if fraction
                    else self.digits[name, RUN][which]
                )
        zero = np.array([one.zero for one in each])
        if not zero.all():
            self.known &= zero[self.codes] | (values != 0)
        missing = np.array([one is None for one in told])[self.codes]
        for words in self.words:
            words.put(name, values, missing)
        return values, missing

    def _which(self, shapes: Bools) -> Any:
        """The lines of some shapes."""
        return slice(None) if shapes.all() else np.flatnonzero(shapes[self.codes])

    def _values(self, name: str, which: Any, runs: Ints, fractions: Ints) -> Any:
        """The numbers of some lines that have fractions; those of too long ones mean nothing."""
        first, codes = self.firsts[which], self.codes[which]
        whole, more = self.lengths[first + runs[codes]], self.lengths[first + fractions[codes]]
        self.known[which] &= whole + more <= MOST_DIGITS
        power = _POWERS[np.minimum(more, MOST_DIGITS)]
        # Both are exact, so that their quotient is the number nearest to what is printed.
        whole, part = (self.digits[name, at][which] for at in (RUN, FRACTION))
        return (whole * power + part) / power

    @cached_property
    def digits(self) -> Mapping[tuple[str, int], Ints]:
        """The numbers of each line by their column, and what stands behind their points.

        They are read in parts that stay in the processor's cache. Where a line has none they mean
        nothing, and it is not known any more where they are too long.
        """
        said = [shape.said.numbers if shape.said else {} for shape in self.shapes]
        wanted = dict.fromkeys(
            (name, at)
            for numbers in said
            for name, one in numbers.items()
            for at in (RUN, FRACTION)
            if one[at] >= 0
        )
        runs = [[one.get(name, NONE)[at] for name, at in wanted] for one in said]
        table = np.array(runs, np.int32).reshape(len(said), -1)
        found = {key: np.empty(len(self.codes), np.int64) for key in wanted}
        step = TOGETHER // max(len(found), 1)
        for start in range(0, len(self.codes) if found else 0, step):
            part = slice(start, start + step)
            values = self._numbers(part, table[self.codes[part]])
            for column, some in zip(found.values(), values.T, strict=True):
                column[part] = some
        return found

    def _numbers(self, part: slice, runs: Positions) -> Ints:
        """Some of the numbers of each of some lines, given which, or -1 for none."""
        at = np.clip(runs + self.firsts[part, None], 0, len(self.ends) - 1)
        lengths = self.lengths[at].astype(np.intp)  # numpy takes from tables by these fastest
        if self.longest > MOST_DIGITS:
            self.known[part] &= ((lengths <= MOST_DIGITS) | (runs < 0)).all(axis=1)
            lengths = np.minimum(lengths, MOST_DIGITS)
        return number(self.text, self.ends[at].ravel(), lengths.ravel()).reshape(at.shape)

    @cached_property
    def longest(self) -> int:
        """How many digits the longest number has."""
        return int(self.lengths.max(initial=0))

    def texts(self) -> Iterator[tuple[str, Any, Ints, Ints]]:
        """The texts that numbers are: the column, the lines, and where each text is."""
        each = [shape.said.texts if shape.said else {} for shape in self.shapes]
        for name in dict.fromkeys(name for texts in each for name in texts):
            which = self._which(np.array([name in texts for texts in each]))
            runs = np.array([texts.get(name, 0) for texts in each])[self.codes[which]]
            at = self.firsts[which] + runs
            yield name, which, self.ends[at] - self.lengths[at], self.ends[at]

    def details(self, which: Any) -> tuple[Any, Ints]:
        """What is kept of some lines as printed, piece by piece, and how long it is in each."""
        spans = self.spans([shape.said.details if shape.said else () for shape in self.shapes])
        each, starts, ends = (one[which] for one in spans)
        # What parts the words of a line comes along, but not behind the last of them.
        ends += np.arange(1, ends.shape[1] + 1) != each[:, None]
        return between(self.text.raw, starts.ravel(), ends.ravel()), (ends - starts).sum(axis=1)

    def spans(self, spans: Sequence[Sequence[Span]]) -> tuple[Ints, Positions, Positions]:
        """Where parts of lines are, given for their shapes.

        Returns:
            How many each line has, where each starts, and where it ends: a line has as many places
            as any, and the last of these end before they start.
        """
        counts = np.array([len(some) for some in spans])
        table = np.zeros((4, len(spans), int(counts.max(initial=0))), np.int32)
        table[2] = -1
        for at, (shape, some) in enumerate(zip(self.shapes, spans, strict=True)):
            for turn, ((start, runs), (end, last_runs)) in enumerate(some):
                table[:, at, turn] = shape.indent + start, runs, shape.indent + end, last_runs
        first = self.firsts[:, None]
        origin = (self.starts - self.before[self.firsts])[:, None]
        starts, ends = (
            table[at][self.codes] + self.before[first + table[at + 1][self.codes]] + origin
            for at in (0, 2)
        )
        return counts[self.codes], starts, ends


_POWERS = 10 ** np.arange(MOST_DIGITS + 1)


def batch_of(details: Details, lines: Part) -> Batch:
    """Lines by their shape: what they are without digits, and where these stood."""
    text, starts, ends = lines.text, lines.starts, lines.ends
    plain = without_texts(text, details.texts)
    first, last, bare = _runs(plain)
    lengths = last - first
    before = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=before[1:])
    firsts = np.searchsorted(first, starts)
    # Of each number one byte is left.
    bare_starts = starts - (before[firsts] - firsts) - PAD
    found = _codes(bare, np.append(bare_starts, len(bare)).astype(np.int32))
    reps = firsts_of(found)
    # numpy takes from tables by no other integers without making them such first.
    codes = found.astype(np.intp)
    some = plain.lines(starts[reps], ends[reps])
    shapes = [details.shape(line.rstrip(" \t\r")) for line in some]
    known = np.array([shape.said is not None for shape in shapes])[codes]
    classes = np.array([shape.number for shape in shapes])[codes]
    batch = Batch(text, starts, shapes, codes, known, firsts, last, lengths, before, classes)
    read_alone(batch, details)
    return batch


def _codes(data: bytes, places: Positions) -> Positions:
    """The code of each text that stands between two places, equal for equal ones."""
    import pyarrow as pa

    buffers = [None, pa.py_buffer(places), pa.py_buffer(data)]
    return encoded(pa.Array.from_buffers(pa.binary(), len(places) - 1, buffers))[0]


def _runs(text: Text) -> tuple[Positions, Positions, bytes]:
    """Where numbers start and end, and the text with a mark in place of each."""
    found, bare = [], []
    for at in range(PAD, len(text.bytes) - PAD + 1, STEP):
        part = text.bytes[at - 1 : min(at + STEP, len(text.bytes) - PAD + 1)]
        digit = (part - np.uint8(ord("0"))) < 10
        edges = (digit[1:] != digit[:-1]).nonzero()[0]
        # There are many: as short integers from the start they take half the memory.
        found.append(edges.astype(np.int32) + np.int32(at))
        marked = bytearray(part[1:])
        np.frombuffer(marked, np.uint8)[edges[int(digit[0]) :: 2]] = MARK
        bare.append(marked.translate(None, DIGITS))
    both = np.concatenate(found)
    return both[0::2], both[1::2], b"".join(bare)
