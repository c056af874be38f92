"""Lines that continue rows, many at a time: those alike but for their numbers are read once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    encode,
    encoded,
    number,
)
from nsparse.reading.columns.words import firsts as firsts_of
from nsparse.schema import BY_NAME

DIGITS = b"0123456789"

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
        each = [one or Number() for one in told]
        runs, fractions = (np.array([one[at] for one in each]) for at in (1, 2))
        dtype: Any = np.float64 if TYPES[BY_NAME[name].dtype] is float else np.int64
        values: Any = np.array([one.value for one in each], dtype)
        values = values[self.codes] if (runs < 0).any() else np.empty(len(self.codes), dtype)
        for fraction in (False, True):
            having = (runs >= 0) & ((fractions >= 0) == fraction)
            if having.any():
                which = self._which(having)
                codes = self.codes[which]
                found = self._values(which, runs[codes], fractions[codes] if fraction else None)
                values[which] = found
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

    def _values(self, which: Any, runs: Ints, fractions: Ints | None) -> Any:
        """The numbers of some lines; those of a line that has too long ones mean nothing."""
        at = self.firsts[which] + runs
        values, lengths = self.digits[at], self.lengths
        if fractions is None:
            if self.longest > MOST_DIGITS:
                self.known[which] &= lengths[at] <= MOST_DIGITS
            return values
        behind = self.firsts[which] + fractions
        more = lengths[behind]
        self.known[which] &= lengths[at] + more <= MOST_DIGITS
        power = _POWERS[np.minimum(more, MOST_DIGITS)]
        # Both are exact, so that their quotient is the number nearest to what is printed.
        return (values * power + self.digits[behind]) / power

    @cached_property
    def longest(self) -> int:
        """How many digits the longest number has."""
        return int(self.lengths.max(initial=0))

    @cached_property
    def digits(self) -> Ints:
        """All numbers, in parts that stay in the processor's cache; too long ones mean nothing."""
        found = np.empty(len(self.ends), np.int64)
        for at in range(0, len(found), TOGETHER):
            part = slice(at, at + TOGETHER)
            lengths = np.minimum(self.lengths[part], MOST_DIGITS)
            found[part] = number(self.text, self.ends[part], lengths)
        return found

    def texts(self) -> Iterator[tuple[str, Any, Ints, Ints]]:
        """The texts that numbers are: the column, the lines, and where each text is."""
        each = [shape.said.texts if shape.said else {} for shape in self.shapes]
        for name in dict.fromkeys(name for texts in each for name in texts):
            which = self._which(np.array([name in texts for texts in each]))
            runs = np.array([texts.get(name, 0) for texts in each])[self.codes[which]]
            at = self.firsts[which] + runs
            yield name, which, self.ends[at] - self.lengths[at], self.ends[at]

    def details(self) -> tuple[bytes, Ints, Ints, Bools]:
        """What is kept as printed: bytes, where it stands in them, and which lines have some."""
        each, _, starts, ends = self.spans(
            [shape.said.details if shape.said else () for shape in self.shapes]
        )
        # What parts the words of a line comes along, and is cut off behind the last of them.
        data = between(self.text.raw, starts, ends + 1).buffers()[2].to_pybytes()
        places = np.append(0, np.cumsum(ends + 1 - starts))
        behind = np.cumsum(each)
        return data, places[behind - each], places[behind] - 1, each > 0

    def spans(self, spans: Sequence[Sequence[Span]]) -> tuple[Ints, Ints, Positions, Positions]:
        """Where parts of lines are, given for their shapes.

        Returns:
            How many each line has; and of each part the line, where it starts, and where it ends.
        """
        counts = np.array([len(some) for some in spans])
        offsets = np.cumsum(counts) - counts
        flat = [
            (shape.indent + one.bytes, one.runs, shape.indent + other.bytes, other.runs)
            for shape, some in zip(self.shapes, spans, strict=True)
            for one, other in some
        ]
        start, runs, end, last_runs = np.array(flat or [(0, 0, 0, 0)]).T
        each = counts[self.codes]
        lines = np.repeat(np.arange(len(each)), each)
        first_of = np.cumsum(each) - each
        at = np.arange(len(lines)) - np.repeat(first_of - offsets[self.codes], each)
        first = self.firsts[lines]
        origin = self.starts[lines] - self.before[first]
        starts = (origin + start[at] + self.before[first + runs[at]]).astype(np.int32)
        ends = (origin + end[at] + self.before[first + last_runs[at]]).astype(np.int32)
        return each, lines, starts, ends


_POWERS = 10 ** np.arange(MOST_DIGITS + 1)


def batch_of(details: Details, lines: Part) -> Batch:
    """Lines by their shape: what they are without digits, and where these stood."""
    text, starts, ends = lines.text, lines.starts, lines.ends
    plain = without_texts(text, details.texts)
    first, last = _runs(plain)
    lengths = last - first
    before = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=before[1:])
    firsts = np.searchsorted(first, starts)
    behind = np.append(firsts[1:], len(first))
    origins = starts - before[firsts]
    bare = between(bytes(plain.raw).translate(None, DIGITS), origins, ends - before[behind])
    places = first - before[:-1] - np.repeat(origins, behind - firsts)
    found, reps = _shapes(encoded(bare)[0], places, firsts, behind)
    # numpy takes from tables by no other integers without making them such first.
    codes = found.astype(np.intp)
    some = plain.lines(starts[reps], ends[reps])
    shapes = [details.shape(line.rstrip(" \t\r")) for line in some]
    known = np.array([shape.said is not None for shape in shapes])[codes]
    classes = np.array([shape.number for shape in shapes])[codes]
    batch = Batch(text, starts, shapes, codes, known, firsts, last, lengths, before, classes)
    read_alone(batch, details)
    return batch


def _shapes(
    codes: Positions, places: Positions, firsts: Ints, behind: Ints
) -> tuple[Positions, Positions]:
    """The shape of each line, and a line of each.

    Args:
        codes: What each line is without digits.
        places: Where in it each number stood.
        firsts: Which of all numbers is the first of each line.
        behind: Which is the first that is not its.
    """
    reps = firsts_of(codes)
    differ = np.flatnonzero(~_alike(places, firsts, behind, reps[codes]))
    if not len(differ):
        return codes, reps
    # Text with its numbers at other places: rare enough to be looked at line by line.
    own: dict[tuple[int, bytes], int] = {}
    for line in differ.tolist():
        where = places[firsts[line] : behind[line]].tobytes()
        codes[line] = own.setdefault((int(codes[line]), where), len(reps) + len(own))
    return encode(codes.astype(np.int64))


def _runs(text: Text) -> tuple[Positions, Positions]:
    """Where numbers start and end."""
    found = []
    for at in range(PAD, len(text.bytes) - PAD, STEP):
        part = text.bytes[at - 1 : min(at + STEP, len(text.bytes) - PAD + 1)]
        digit = (part - np.uint8(ord("0"))) < 10
        # There are many: as short integers from the start they take half the memory.
        found.append((digit[1:] != digit[:-1]).nonzero()[0].astype(np.int32) + np.int32(at))
    both = np.concatenate(found) if found else np.zeros(0, np.int32)
    return both[0::2], both[1::2]


def _alike(places: Positions, firsts: Ints, behind: Ints, like: Positions) -> Bools:
    """Whether the numbers of each line stand where those of another do."""
    counts = behind - firsts
    alike: Bools = counts == counts[like]
    other = np.arange(len(places)) + np.repeat(firsts[like] - firsts, counts)
    differ = np.flatnonzero(places != places[np.minimum(other, len(places) - 1)])
    alike[np.searchsorted(behind, differ, "right")] = False
    return alike
