"""Words to classes: what the words at one place of many lines say.

Words of one class say the same, but for a number and a plain text that go into columns of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.distinct import REFUSED, Judged, judge
from nsparse.reading.columns.shapes import shaped
from nsparse.reading.columns.site import Numbers, numbers_of
from nsparse.reading.columns.words import LONGEST, between, codes

if TYPE_CHECKING:
    from nsparse.reading.columns.kinds import Meanings
    from nsparse.reading.columns.site import Outcome, Site
    from nsparse.reading.columns.words import Bools, Ints, Positions


class Texts(NamedTuple):
    """Texts that some rows of a block say, by where they stand in its bytes.

    Attributes:
        rows: The rows.
        starts: Where each text starts.
        ends: Where it ends.
        texts: All of them, where somebody had to take them out already.
    """

    rows: Any
    starts: Any
    ends: Any
    texts: Any = None


@dataclass
class Column:
    """What the rows of a block say in one column with digits, or as printed.

    Attributes:
        values: The numbers, if it is one of numbers.
        has: Whether a row says it here.
        kept: The texts, if it is one of texts; of later ones hold good where rows have several.
        said: What is not said as it is printed, in bytes behind those of the block.
        texts: The text of each row, when the block is done.
        missing: Whether what a row says here is that there is no number.
    """

    values: Any
    has: Bools
    kept: list[Texts] = field(default_factory=list)
    said: bytearray = field(default_factory=bytearray)
    texts: Any = None
    missing: Bools | None = None

    def value(self, row: int) -> object:
        """What one row says."""
        if self.texts is not None:
            return self.texts[row].as_py()
        if self.missing is not None and self.missing[row]:
            return None
        return self.values[row].item()

    def say(self, rows: Any, values: Any, missing: Bools) -> None:
        """Set what some rows say; where these are all, they are kept as they are given."""
        if isinstance(rows, slice):
            self.values, self.missing = values, missing
        else:
            if self.missing is None:
                self.missing = np.zeros(len(self.has), np.bool_)
            self.values[rows], self.missing[rows] = values, missing
        self.has[rows] = True

    def close(self, data: bytes) -> None:
        """Take the texts out of the bytes of the block."""
        if not self.kept:
            return
        first = self.kept[0]
        if len(self.kept) == 1 and isinstance(first.rows, slice) and first.texts is not None:
            self.texts = first.texts
        else:
            starts, ends = np.zeros((2, len(self.has)), np.int64)
            for rows, some_starts, some_ends, _ in self.kept:
                starts[rows], ends[rows] = some_starts, some_ends
            self.texts = between(data + self.said if self.said else data, starts, ends)
        self.kept, self.said = [], bytearray()


@dataclass
class Classes:
    """The classes of many words.

    Attributes:
        codes: The class of each word, `REFUSED` for those that nobody reads.
        meanings: What the classes say.
    """

    codes: Positions
    meanings: Meanings

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """Where each class leads."""
        return self.meanings.outcomes

    @cached_property
    def refuses(self) -> bool:
        """Whether a word is refused."""
        return bool(len(self.codes)) and int(self.codes.min()) == REFUSED


def classify(site: Site, meanings: Meanings, sink: Sink) -> Classes:
    """The classes of the words at one place; their numbers and plain texts go into the sink."""
    classes = Classes(np.full(len(site.starts), REFUSED, np.int32), meanings)
    numbers = numbers_of(site)
    rest = shaped(site, numbers, meanings, classes.codes, sink)
    if isinstance(rest, slice):
        classes.codes[:] = _one_by_one(site, numbers, meanings, sink)
    elif len(rest):
        left = numbers.some(rest)
        classes.codes[rest] = _one_by_one(site.some(rest), left, meanings, sink.some(rest))
    return classes


def _one_by_one(site: Site, numbers: Numbers, meanings: Meanings, sink: Sink) -> Positions:
    """The classes of words of which each that differs is judged."""
    long = numbers.stems > LONGEST
    if long.any():
        numbers.stems[long] = 0
    found, first = codes(
        site.text, site.starts, numbers.stems, numbers.counts | (numbers.form + 1) << 8
    )
    judged = judge(site, meanings, numbers, first)
    classes = judged.classes[found]
    classes[long] = REFUSED
    _keep(site, sink, numbers, found, classes, judged)
    return classes


# ---- what does not go into classes --------------------------------------------------------------


@dataclass(frozen=True)
class Sink:
    """Where numbers and plain texts of a block go.

    Attributes:
        columns: What is there already.
        rows: The lines of the words.
        length: How many lines the block has.
        size: How many bytes.
    """

    columns: dict[str, Column]
    rows: Any
    length: int
    size: int

    def some(self, which: Any) -> Sink:
        """For some of the words."""
        if isinstance(self.rows, slice):
            return replace(self, rows=which)
        return replace(self, rows=self.rows[which])

    def put(self, name: str, values: Ints, has: Any = True) -> None:
        """Set a column of the lines of the words to numbers, where they have them."""
        column = self._column(name)
        column.values[self.rows] = values
        column.has[self.rows] = has

    def keep(self, name: str, starts: Any, ends: Any, has: Any = True, texts: Any = None) -> None:
        """Set a column of the lines of the words to texts that stand in the block."""
        column = self._column(name)
        column.kept.append(Texts(self.rows, starts, ends, texts))
        column.has[self.rows] = has

    def say(self, name: str, text: str) -> tuple[int, int]:
        """Where a text is that does not stand in the block."""
        said = self._column(name).said
        start = self.size + len(said)
        said += text.encode()
        return start, self.size + len(said)

    def _column(self, name: str) -> Column:
        return column_of(self.columns, name, self.length)


def column_of(columns: dict[str, Column], name: str, length: int, dtype: Any = np.int64) -> Column:
    """A column of so many rows, a new one where there is none."""
    if name not in columns:
        values = np.zeros(length, dtype)  # memory never written to costs none
        columns[name] = Column(values, np.zeros(length, np.bool_))
    return columns[name]


def _keep(
    site: Site, sink: Sink, numbers: Numbers, found: Positions, classes: Positions, judged: Judged
) -> None:
    """Put numbers and plain texts into their columns."""
    fields = judged.meanings.fields
    for name in dict.fromkeys(fields):
        spec = site.plan.cells[name].digits if name else None
        if spec is None:
            continue
        holds = np.array([*(other == name for other in fields), False])[classes]
        if holds.all():
            sink.put(spec.column, numbers.values)
        elif holds.any():
            sink.some(np.flatnonzero(holds)).put(spec.column, numbers.values[holds])
        if spec.kept:
            _keep_texts(site, sink, spec.kept, numbers, found, holds, judged)


def _keep_texts(
    site: Site,
    sink: Sink,
    name: str,
    numbers: Numbers,
    found: Positions,
    holds: Bools,
    judged: Judged,
) -> None:
    """Put plain texts into a column."""
    which = np.flatnonzero(holds & (judged.front[found] >= 0))
    if len(which):
        some = found[which]
        ends = site.starts[which] + numbers.stems[which] - judged.back[some]
        sink.some(which).keep(name, site.starts[which] + judged.front[some], ends)
    if judged.said:
        spans = np.full((2, len(judged.front)), -1)
        for at, text in judged.said.items():
            spans[:, at] = sink.say(name, text)
        which = np.flatnonzero(holds & (spans[0][found] >= 0))
        sink.some(which).keep(name, *spans[:, found[which]])
