"""Words of which what they say does not go into columns as their numbers do: each is read once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.words import Bools, Ints, Positions, encode, encoded

if TYPE_CHECKING:
    from nsparse.reading.columns.batch import Batch
    from nsparse.reading.columns.details import Details
    from nsparse.reading.columns.said import Told

UNKNOWN = -1
"""Stands for what only the pattern can tell."""


class Words(NamedTuple):
    """Words that were read as they stand.

    Attributes:
        lines: The line of each.
        codes: Which of those that differ each is.
        told: What these say.
    """

    lines: Ints
    codes: Positions
    told: Sequence[Told | None]

    def put(self, name: str, values: Any, missing: Bools) -> None:
        """Put the numbers of a column where they belong."""
        has = np.array([one is not None and name in one.numbers for one in self.told])
        if has.any():
            each = [one.numbers.get(name, 0) if one else 0 for one in self.told]
            say = has[self.codes]
            lines = self.lines[say]
            values[lines] = np.array(each, values.dtype)[self.codes[say]]
            missing[lines] = False


class _Class(NamedTuple):
    """What lines say.

    Attributes:
        names: The columns that they say something in.
        number: Which of all that lines say, beside numbers and what is kept as printed.
    """

    names: frozenset[str]
    number: int

    def then(self, told: Told | None, details: Details) -> _Class:
        """What lines say that have a further word."""
        if told is None or self.number == UNKNOWN or self.names & told.names:
            return _Class(self.names, UNKNOWN)
        return _Class(self.names | told.names, details.number(self.number, told.rest))


def read_alone(batch: Batch, details: Details) -> None:
    """Read the words of lines that are to be read as they stand, each that differs once."""
    shapes = batch.shapes
    each, starts, ends = batch.spans([one.said.words if one.said else () for one in shapes])
    if not each.any():
        return
    names = [one.said.names if one.said else frozenset() for one in shapes]
    said = [_Class(*both) for both in zip(names, (one.number for one in shapes), strict=True)]
    classes = batch.codes.astype(np.int64)
    fields = list(dict.fromkeys(one.field for one in shapes))
    of_line = np.array([fields.index(one.field) for one in shapes])[batch.codes]
    for turn, number in product(range(starts.shape[1]), range(len(fields))):
        which = np.flatnonzero((each > turn) & (of_line == number))
        if len(which):
            words = batch.text.words(starts[which, turn], ends[which, turn])
            codes, texts = encoded(words)
            told = details.told(fields[number], texts.to_pylist())
            batch.words.append(Words(which, codes, told))
            _join(classes, said, batch.words[-1], details)
    numbers = np.array([one.number for one in said])[classes]
    batch.known &= numbers != UNKNOWN
    batch.classes = np.maximum(numbers, 0)


def _join(classes: Ints, said: list[_Class], words: Words, details: Details) -> None:
    """Lines say what they did, and what their words do."""
    alike: dict[tuple[object, ...], int] = {}
    ways = [alike.setdefault((one and (one.names, one.rest),), len(alike)) for one in words.told]
    first = dict(zip(reversed(ways), reversed(words.told), strict=True))
    before = classes[words.lines]
    both, firsts = encode(before * len(alike) + np.array(ways)[words.codes])
    some = zip(before[firsts].tolist(), words.codes[firsts].tolist(), strict=True)
    classes[words.lines] = both + len(said)
    said += [said[old].then(first[ways[code]], details) for old, code in some]
