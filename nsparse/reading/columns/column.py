"""Columns of a block: what its rows say beside their kind, numbers and texts as printed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.words import between

if TYPE_CHECKING:
    from nsparse.reading.columns.site import Bound, Numbers, Site
    from nsparse.reading.columns.words import Bools


class Stand(NamedTuple):
    """Where in the bytes of a block some rows say what they do in a column.

    Attributes:
        rows: The rows.
        starts: Where what each says starts.
        ends: Where it ends.
        texts: All of it, where somebody had to take it out already.
        bound: Which numbers may stand there, if they are numbers.
    """

    rows: Any
    starts: Any
    ends: Any
    texts: Any = None
    bound: Bound | None = None


class Telling(NamedTuple):
    """Bytes of some rows that tell what these say: with other digits there it may be otherwise."""

    rows: Any
    starts: Any
    ends: Any


@dataclass
class Column:
    """What the rows of a block say in one column with digits, or as printed.

    Attributes:
        values: The numbers, if it is one of numbers.
        has: Whether a row says it here.
        stands: Where; of later ones hold good where rows have several.
        said: What is not said as it is printed, in bytes behind those of the block.
        texts: The text of each row, when the block is done.
        missing: Whether what a row says here is that there is no number.
    """

    values: Any
    has: Bools
    stands: list[Stand] = field(default_factory=list)
    said: bytearray = field(default_factory=bytearray)
    texts: Any = None
    missing: Bools | None = None

    @property
    def of_texts(self) -> bool:
        """Whether it is one of texts."""
        return bool(self.stands) and self.stands[0].bound is None

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
            self.values = self.values.astype(np.result_type(self.values, values), copy=False)
            self.values[rows], self.missing[rows] = values, missing
        self.has[rows] = True

    def close(self, data: bytes | memoryview) -> None:
        """Take the texts out of the bytes of the block."""
        if self.of_texts:
            self.texts = self._texts(bytes(data) + self.said if self.said else data)
        self.stands, self.said = [], bytearray()

    def _texts(self, data: bytes | memoryview) -> Any:
        first = self.stands[0]
        if len(self.stands) == 1 and isinstance(first.rows, slice):
            return between(data, first.starts, first.ends) if first.texts is None else first.texts
        starts, ends = np.zeros((2, len(self.has)), np.int64)
        for stand in self.stands:
            starts[stand.rows], ends[stand.rows] = stand.starts, stand.ends
        return between(data, starts, ends)


@dataclass(frozen=True)
class Sink:
    """Where numbers and plain texts of a block go.

    Attributes:
        columns: What is there already.
        telling: What tells the kinds of its rows.
        rows: The lines of the words.
        length: How many lines the block has.
        size: How many bytes.
    """

    columns: dict[str, Column]
    telling: list[Telling]
    rows: Any
    length: int
    size: int

    def some(self, which: Any) -> Sink:
        """For some of the words."""
        if isinstance(self.rows, slice):
            return replace(self, rows=which)
        return replace(self, rows=self.rows[which])

    def put(self, name: str, site: Site, numbers: Numbers, bound: Bound, has: Any = True) -> None:
        """Set a column of the lines of the words to their numbers, where they have them."""
        column = self._column(name)
        column.values[self.rows] = numbers.values
        column.has[self.rows] = has
        starts = site.starts + numbers.stems
        column.stands.append(Stand(self.rows, starts, starts + numbers.counts, None, bound))

    def keep(self, name: str, starts: Any, ends: Any, has: Any = True, texts: Any = None) -> None:
        """Set a column of the lines of the words to texts that stand in the block."""
        column = self._column(name)
        column.stands.append(Stand(self.rows, starts, ends, texts))
        column.has[self.rows] = has

    def say(self, name: str, text: str) -> tuple[int, int]:
        """Where a text is that does not stand in the block."""
        said = self._column(name).said
        start = self.size + len(said)
        said += text.encode()
        return start, self.size + len(said)

    def tells(self, starts: Any, ends: Any) -> None:
        """What the words say may change with the digits between some places."""
        self.telling.append(Telling(self.rows, starts, ends))

    def _column(self, name: str) -> Column:
        return column_of(self.columns, name, self.length)


def column_of(columns: dict[str, Column], name: str, length: int, dtype: Any = np.int64) -> Column:
    """A column of so many rows, a new one where there is none."""
    if name not in columns:
        values = np.zeros(length, dtype)  # memory never written to costs none
        columns[name] = Column(values, np.zeros(length, np.bool_))
    return columns[name]
