"""From one row of each kind to all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.runs import BlockRun
from nsparse.reading.rows import Unproved
from nsparse.schema import BY_NAME

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.reading.columns.classes import Column
    from nsparse.reading.columns.words import Ints, Positions
    from nsparse.reading.rows import Rows

NUMBERS = ("Int64", "Int32")


@dataclass(frozen=True)
class Part:
    """Rows that follow one another.

    Attributes:
        which: The row of the few that stands for each.
        lines: The line of each.
        run: Where their numbers and plain texts are; None for rows that stand for themselves.
        firsts: The rows of a run that were read by themselves.
    """

    which: Positions
    lines: Ints
    run: BlockRun | None = None
    firsts: Positions | None = None

    def column(self, name: str) -> Column | None:
        """What the rows say in a column by themselves, if anything."""
        return self.run.block.columns.get(name) if self.run else None

    @cached_property
    def here(self) -> Any:
        """The rows in their block."""
        return self.run.here if self.run else slice(0)


def _parts(tables: Iterable[Rows]) -> Iterator[Part]:
    """What each row comes from, in the order of the file."""
    first = 0
    for part in (part for rows in tables for part in rows.parts):
        if isinstance(part, BlockRun):
            which, firsts = part.kinds
            lines = part.places + (part.block.first + 1)
            yield Part(which + np.int32(first), lines, part, firsts)
            first += len(firsts)
        elif isinstance(part, list):
            which = np.arange(first, first + len(part), dtype=np.int32)
            yield Part(which, np.array([record.line for record in part], np.int64))
            first += len(part)


def spread(few: pd.DataFrame, tables: Sequence[Rows]) -> pd.DataFrame:
    """The frame of all rows.

    Args:
        few: The frame of the rows that were read one by one, and of one of each kind of each run.
        tables: The rows of each table, in the order of the file.

    Raises:
        Unproved: A row says something else by its bytes than when it was read by itself.
    """
    import pandas as pd

    found = list(_parts(tables))
    which = np.concatenate([part.which for part in found])
    columns = {name: _column(few[name], name, which, found) for name in map(str, few.columns)}
    return pd.DataFrame(columns, copy=False)


def _column(few: pd.Series[Any], name: str, which: Positions, found: Sequence[Part]) -> Any:
    import pandas as pd

    dtype = BY_NAME[name].dtype
    if name == "line":
        lines = np.concatenate([part.lines for part in found])
        return pd.arrays.IntegerArray(lines, np.zeros(len(lines), np.bool_))
    said = any(part.column(name) for part in found)
    if not said and few.nunique(dropna=False) == 1:
        return _constant(few, dtype, len(which))
    if dtype == "str":
        return _texts(few, name, found)
    values = few.array.take(which)
    if dtype in NUMBERS:
        _overwrite(few.array, values, name, found)
    return values


def _constant(few: pd.Series[Any], dtype: str, length: int) -> Any:
    """A column that says one thing on every row, or nothing."""
    import pandas as pd
    import pyarrow as pa

    missing = bool(few.isna().iloc[0])
    if dtype == "str":
        value = pa.scalar(None if missing else str(few.iloc[0]), pa.large_string())
        texts = pa.nulls(length, value.type) if missing else pa.repeat(value, length)
        return _from_arrow(few, pa.chunked_array([texts]))
    if dtype in NUMBERS and missing:
        # Memory that is never written to costs none.
        return pd.arrays.IntegerArray(
            np.zeros(length, few.array._data.dtype), np.ones(length, np.bool_)
        )
    return few.array.take(np.zeros(length, np.int32))


def _from_arrow(few: pd.Series[Any], texts: Any) -> Any:
    """Texts as the array that the column has."""
    dtype: Any = few.dtype  # pandas-stubs knows no string dtype
    return dtype.__from_arrow__(texts)


def _overwrite(few: Any, values: Any, name: str, found: Iterable[Part]) -> None:
    """Put the numbers of runs into a column."""
    at = 0
    for part in found:
        there = slice(at, at + len(part.lines))
        at = there.stop
        column = part.column(name)
        if column is None or part.run is None:
            continue
        has, numbers = column.has[part.here], column.values[part.here]
        _check(part, has, few._data[part.which[part.firsts]], numbers[part.firsts])
        np.copyto(values._data[there], numbers, where=has, casting="unsafe")
        values._mask[there] &= ~has


def _check(part: Part, has: Any, read: Any, said: Any) -> None:
    """Hold what rows say by their bytes against what they say when they are read as any row is."""
    if not (~has[part.firsts] | (read == said)).all():
        raise Unproved


def _texts(few: pd.Series[Any], name: str, found: Iterable[Part]) -> Any:
    """A column of texts, a chunk a part."""
    import pyarrow as pa

    known = pa.array(few.array).cast(pa.large_string())
    chunks = [_chunk(known, part.column(name), part) for part in found]
    return _from_arrow(few, pa.chunked_array(chunks, pa.large_string()))


def _chunk(known: Any, column: Column | None, part: Part) -> Any:
    import pyarrow as pa

    if column is None:
        return known.take(pa.array(part.which))
    every = pa.concat_arrays([known, *column.texts])
    has = column.has[part.here]
    numbers = np.where(has, column.values[part.here] + len(known), part.which)
    read = known.take(pa.array(part.which[part.firsts])).to_numpy(zero_copy_only=False)
    said = every.take(pa.array(numbers[part.firsts])).to_numpy(zero_copy_only=False)
    _check(part, has, read, said)
    return every.take(pa.array(numbers))
