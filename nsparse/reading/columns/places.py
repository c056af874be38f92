"""Where lines that stand for others say what they do, counted from where each line starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.words import MOST_DIGITS, Bools, Ints, Positions

if TYPE_CHECKING:
    from nsparse.reading.columns.column import Column
    from nsparse.reading.columns.part import Part

ANY = 10**MOST_DIGITS
"""More than any number that is read."""

LARGEST = 2**31 - 1
"""Numbers up to this one take half the memory."""


class Places(NamedTuple):
    """Where lines that stand for others say something in a column.

    Attributes:
        has: Whether a line says it.
        starts: Where that starts, counted from the start of the line, or in `said`.
        ends: Where it ends.
        most: The largest number that may stand there.
        zero: Whether 0 may.
        apart: Whether it is a text in `said`.
        said: Texts that are not said as they are printed.
    """

    has: Bools
    starts: Positions
    ends: Positions
    most: Ints
    zero: Bools
    apart: Bools
    said: bytes = b""

    @property
    def counts(self) -> Ints:
        """How many digits numbers have."""
        return (self.ends - self.starts).astype(np.int64)

    @property
    def dtype(self) -> type[np.signedinteger[Any]]:
        """Of numbers as large as may stand there."""
        most = int(self.most.max(where=self.has, initial=0))
        return np.int32 if most <= LARGEST else np.int64

    @property
    def bounded(self) -> bool:
        """Whether numbers of so many digits may be out of bounds."""
        return not self.zeros or bool((10.0**self.counts > self.most).any())

    def over(self, values: Ints, codes: Ints) -> Ints:
        """Which numbers of lines, for which these stand, are none that may stand there."""
        which = np.zeros(0, np.int64)
        if values.max(initial=0) > self.least or not (self.zeros or values.all()):
            which = np.flatnonzero((values > self.least) | (values == 0))
        values, codes = values[which], codes[which]
        holds = (values <= self.most[codes]) & ((values != 0) | self.zero[codes])
        over: Ints = which[~holds & self.has[codes]]
        return over

    @property
    def least(self) -> int:
        """The largest number that may stand in any line."""
        return int(self.most.min())

    @property
    def zeros(self) -> bool:
        """Whether 0 may stand in every line."""
        return bool(self.zero.all())

    def then(self, other: Places) -> Places:
        """These, and those of more lines."""
        shift = other.apart * np.int32(len(self.said))
        return Places(
            np.append(self.has, other.has),
            np.append(self.starts, other.starts + shift),
            np.append(self.ends, other.ends + shift),
            np.append(self.most, other.most),
            np.append(self.zero, other.zero),
            np.append(self.apart, other.apart),
            self.said + other.said,
        )


def places_of(column: Column | None, lines: Part) -> Places:
    """Where some lines say something in a column."""
    count, size = len(lines), len(lines.text.raw)
    starts, ends = np.zeros((2, count), np.int32)
    has, apart = np.zeros((2, count), np.bool_)
    most, zero = np.full(count, ANY), np.ones(count, np.bool_)
    if column is None:
        return Places(has, starts, ends, most, zero, apart)
    for rows, first, behind, _, bound in column.stands:
        starts[rows], ends[rows] = first, behind
        if bound is not None:
            most[rows], zero[rows] = bound
    apart = starts >= size
    origins = np.where(apart, size, lines.starts) * (ends > starts)
    said = bytes(column.said)
    return Places(column.has, starts - origins, ends - origins, most, zero, apart, said)
