"""Words to classes: what the words at one place of many lines say.

Words of one class say the same, but for a number and a plain text that go into columns of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.distinct import REFUSED, Judged, judge
from nsparse.reading.columns.site import numbers_of
from nsparse.reading.columns.words import LONGEST, codes

if TYPE_CHECKING:
    from nsparse.reading.columns.site import Outcome, Site
    from nsparse.reading.columns.words import Bools, Ints, Positions


@dataclass
class Column:
    """What the rows of a block say in one column with digits, or as printed.

    Attributes:
        values: Numbers, or codes of texts.
        has: Whether a row says it here.
        texts: The texts, in parts, where `values` are their codes.
        count: How many texts.
    """

    values: Ints
    has: Bools
    texts: list[Any] = field(default_factory=list)
    count: int = 0

    def value(self, row: int) -> object:
        """What one row says."""
        number = int(self.values[row])
        for part in self.texts:
            if number < len(part):
                return part[number].as_py()
            number -= len(part)
        return number

    def add(self, texts: Any) -> Ints:
        """Keep more texts; their codes."""
        import pyarrow as pa

        self.texts.append(pa.array(texts, pa.large_string()) if isinstance(texts, list) else texts)
        self.count += len(texts)
        return np.arange(self.count - len(texts), self.count)


@dataclass
class Classes:
    """The classes of many words.

    Attributes:
        codes: The class of each word, `REFUSED` for those that nobody reads.
        outcomes: Where each class leads.
    """

    codes: Positions
    outcomes: Sequence[Outcome]

    @cached_property
    def refuses(self) -> bool:
        """Whether a word is refused."""
        return bool(len(self.codes)) and int(self.codes.min()) == REFUSED


def classify(site: Site, sink: Sink) -> Classes:
    """The classes of the words at one place; their numbers and plain texts go into the sink."""
    numbers = numbers_of(site)
    long = numbers.stems > LONGEST
    if long.any():
        numbers.stems[long] = 0
    found, first = codes(
        site.text, site.starts, numbers.stems, numbers.counts | (numbers.form + 1) << 8
    )
    if long.any():
        found = np.where(long, np.int32(REFUSED), found)
    judged = judge(site, numbers, first)
    by_code = np.append(judged.classes, np.int32(REFUSED))  # the last is for code -1
    classes = Classes(by_code[found], judged.outcomes)
    _keep(site, sink, numbers.values, found, classes, judged)
    return classes


# ---- what does not go into classes --------------------------------------------------------------


@dataclass(frozen=True)
class Sink:
    """Where numbers and plain texts of a block go.

    Attributes:
        columns: What is there already.
        rows: The lines of the words.
        length: How many lines the block has.
    """

    columns: dict[str, Column]
    rows: Any
    length: int

    def column(self, name: str) -> Column:
        """The column of that name."""
        if name not in self.columns:
            values = np.zeros(self.length, np.int64)
            self.columns[name] = Column(values, np.zeros(self.length, np.bool_))
        return self.columns[name]

    def put(self, name: str, values: Ints, has: Bools) -> None:
        """Set a column of the lines of the words."""
        column = self.column(name)
        column.values[self.rows] = values
        column.has[self.rows] = has


def _keep(
    site: Site, sink: Sink, values: Ints, found: Positions, classes: Classes, judged: Judged
) -> None:
    """Put numbers and plain texts into their columns."""
    for name in dict.fromkeys(judged.fields):
        spec = site.plan.cells[name].digits if name else None
        if spec is None:
            continue
        holds = np.array([*(other == name for other in judged.fields), False])[classes.codes]
        sink.put(spec.column, values, holds)
        if spec.kept:
            column = sink.column(spec.kept)
            by_code = np.full(len(judged.classes) + 1, -1)  # the last is for code -1
            for which, texts in judged.texts:
                by_code[which] = column.add(texts)
            numbers = by_code[found]
            sink.put(spec.kept, numbers, holds & (numbers >= 0))
