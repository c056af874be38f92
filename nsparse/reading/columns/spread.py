"""From one row of each kind to all rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.reading.columns.run import BlockRun
from nsparse.reading.columns.words import whole_numbers
from nsparse.reading.tables.rows import Unproved
from nsparse.schema import BY_NAME, NUMBERS, array, joined, one_value, repeated, shown

if TYPE_CHECKING:
    import pandas as pd

    from nsparse import schema
    from nsparse.reading.columns.block import Block
    from nsparse.reading.columns.column import Column
    from nsparse.reading.columns.words import Bools, Ints, Positions
    from nsparse.reading.tables.rows import Rows


@dataclass(frozen=True)
class Part:
    """Rows that follow one another.

    Attributes:
        which: The row of the few that stands for each.
        own: The line of each that stands for itself.
        block: Where the numbers and plain texts of the others are.
        here: The rows in the block: a slice, or their places.
        firsts: Those of them that were read by themselves.
    """

    which: Positions
    own: Sequence[int] = ()
    block: Block | None = None
    here: Any = None
    firsts: Positions | None = None

    @property
    def lines(self) -> Ints:
        """The line of each."""
        return self.block.lines[self.here] + 1 if self.block else np.array(self.own, np.int64)

    def column(self, name: str) -> Column | None:
        """What the rows say in a column by themselves, if anything."""
        return self.block.columns.get(name) if self.block else None

    def forget(self, name: str) -> None:
        """Free the memory of a column."""
        if self.block:
            self.block.columns.pop(name, None)


def _parts(tables: Iterable[Rows]) -> Iterator[Part]:
    """What each row comes from, in the order of the file."""
    first = 0
    for part in (part for rows in tables for part in rows.parts):
        if isinstance(part, BlockRun):
            which, firsts = part.kinds
            yield from _pieces(part, which + np.int32(first), firsts)
            first += len(firsts)
        elif isinstance(part, list):
            which = np.arange(first, first + len(part), dtype=np.int32)
            yield Part(which, [record.line for record in part])
            first += len(part)


def _pieces(run: BlockRun, which: Positions, firsts: Positions) -> Iterator[Part]:
    """The rows of each block of a run."""
    at = 0
    for _, group in groupby(run.pieces, key=lambda piece: id(piece.block)):
        pieces = list(group)
        block = pieces[0].block
        here: Any = pieces[0].rows
        if len(pieces) > 1:
            here = np.concatenate([np.arange(piece.start, piece.stop) for piece in pieces])
        behind = at + sum(piece.stop - piece.start for piece in pieces)
        own = firsts[(firsts >= at) & (firsts < behind)] - np.int32(at)
        yield Part(which[at:behind], (), block, here, own)
        at = behind


def spread(
    values: Mapping[str, Sequence[Any]], count: int, tables: Sequence[Rows], *, full: bool
) -> pd.DataFrame:
    """The frame of all rows.

    Args:
        values: What the rows say that were read one by one, and one of each kind of each run.
        count: How many these are.
        tables: The rows of each table, in the order of the file.
        full: As of `nsparse.schema.frame`.

    Raises:
        Unproved: A row says something else by its bytes than when it was read by itself.
    """
    found = list(_parts(tables))
    which = np.concatenate([part.which for part in found])
    told = {column.name for column in shown(values, full)}
    # A row that stands for a kind need not say all that others of it say.
    said = {name for part in found if part.block for name in part.block.columns} - told
    columns = {}
    for name, column in BY_NAME.items():
        if name in told or name in said:
            columns[name] = _column(column, values.get(name), count, which, found)
        for part in found:
            part.forget(name)
    untold = {name for name in said if columns[name].isna().all()}
    return joined(
        {name: column for name, column in columns.items() if name not in untold}, len(which)
    )


def _column(
    column: schema.Column,
    values: Sequence[Any] | None,
    count: int,
    which: Positions,
    found: Sequence[Part],
) -> Any:
    import pandas as pd

    name, dtype = column.name, column.dtype
    if name == "line":
        lines = np.concatenate([part.lines for part in found])
        return pd.arrays.IntegerArray(lines, np.zeros(len(lines), np.bool_))
    same, value = one_value(values, count)
    if same and not any(part.column(name) for part in found):
        return repeated(column, value, len(which))
    few = array(column, values, count)
    if dtype == "str":
        return _texts(few, name, found)
    return _numbers(few, name, which, found) if dtype in NUMBERS else few.take(which)


def _from_arrow(few: Any, texts: Any) -> Any:
    """Texts as the array that the column has."""
    dtype: Any = few.dtype  # pandas-stubs knows no string dtype
    return dtype.__from_arrow__(texts)


def _numbers(few: Any, name: str, which: Positions, found: Sequence[Part]) -> Any:
    """A column of numbers: those that rows say by themselves, and else those of their kinds."""
    said = [column.has[part.here] if (column := part.column(name)) else None for part in found]
    if all(has is not None and has.all() for has in said):
        numbers = np.empty(len(which), few._data.dtype)
        values = type(few)(numbers, np.zeros(len(which), np.bool_))
    else:
        values = few.take(which)
    at = 0
    for part, has in zip(found, said, strict=True):
        there = slice(at, at + len(part.which))
        at = there.stop
        column = part.column(name)
        if column is not None and has is not None:
            _overwrite(few, part, column, has, values[there])
    return values


def _overwrite(few: Any, part: Part, column: Column, has: Bools, values: Any) -> None:
    """Put the numbers of some rows into their part of a column."""
    first, telling = part.which[part.firsts], has[part.firsts]
    numbers = column.values[part.here]
    missing = np.zeros(len(has), np.bool_) if column.missing is None else column.missing[part.here]
    where: Any = has.all() or has
    np.copyto(values._mask, missing, where=where)
    _check(telling, few._mask[first], missing[part.firsts])
    telling = telling & ~missing[part.firsts]
    _check(telling, few._data[first], numbers[part.firsts])
    np.copyto(values._data, numbers, where=where, casting="unsafe")


def _check(has: Bools, read: Any, said: Any) -> None:
    """Hold what rows say by their bytes against what they say when they are read as any row is."""
    if not (~has | (read == said)).all():
        raise Unproved


def _texts(few: Any, name: str, found: Iterable[Part]) -> Any:
    """A column of texts, a chunk a part."""
    import pyarrow as pa

    known = pa.array(few).cast(pa.large_string())
    chunks = [_chunk(known, part.column(name), part) for part in found]
    return _from_arrow(few, pa.chunked_array(chunks, pa.large_string()))


def _chunk(known: Any, column: Column | None, part: Part) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column is None:
        return known.take(pa.array(part.which))
    has = column.has[part.here]
    texts = _texts_of(column, part.here)
    few = known.take(pa.array(part.which[part.firsts])).to_numpy(zero_copy_only=False)
    said = texts.take(pa.array(part.firsts)).to_numpy(zero_copy_only=False)
    _check(has[part.firsts], few, said)
    if has.all():
        return texts
    return pc.if_else(pa.array(has), texts, known.take(pa.array(part.which)))


def _texts_of(column: Column, here: Any) -> Any:
    """The texts of some rows of a block."""
    if isinstance(here, slice):
        return column.texts.slice(here.start, here.stop - here.start)
    return column.texts.take(whole_numbers(here))
