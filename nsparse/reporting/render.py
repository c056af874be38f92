"""The frame as CSV, as JSON, as JSON lines, as Parquet.

Cells of a dump were written by strangers: no control character leaves in a table or a CSV, no cell
of a CSV starts a formula, and `read_csv` takes both guards off again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from io import RawIOBase
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from nsparse.errors import harmless
from nsparse.schema import BY_NAME, COLUMNS, pandas_dtype

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

BLOCK = 10_000
"""Rows turned into text at a time, so that a large frame does not stand in memory twice."""

# A cell that a spreadsheet would take for a formula, or that looks like one guarded already.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
# An escape, and what looks like one with a backslash more.
_LIKE_ESCAPE = re.compile(r"\\(\\*)(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Frames below one another, with the dtypes and the order of the common frame."""
    import pandas as pd

    from nsparse.schema import empty

    filled = [df for df in frames if len(df)]
    if len(filled) < 2:
        return (filled or list(frames) or [empty()])[0]
    known = {str(name) for df in filled for name in df.columns}
    columns = [column for column in COLUMNS if column.name in known]
    whole = pd.concat(
        [df.reindex(columns=[c.name for c in columns]).astype(_dtypes(columns)) for df in filled],
        ignore_index=True,
    )
    return whole.astype(_dtypes(columns))


def _dtypes(columns: Iterable[Any]) -> dict[str, Any]:
    return {column.name: pandas_dtype(column) for column in columns}


# --- CSV -----------------------------------------------------------------------------------------


def csv(df: pd.DataFrame) -> Iterator[bytes]:
    """The frame as CSV in UTF-8; lines end at LF, a missing value is an empty cell."""
    for start in range(0, max(len(df), 1), BLOCK):
        part = df.iloc[start : start + BLOCK].copy()
        for name in part.columns:
            if BY_NAME[str(name)].dtype == "str":
                part[name] = _guard(part[name])
        yield part.to_csv(index=False, header=not start, lineterminator="\n").encode()


def _guard(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Guard a column; few cells need it, so only the distinct ones are looked at."""
    distinct = cells.dropna().unique()
    changed = {cell: safe for cell in distinct if (safe := guarded(cell)) != cell}
    return cells.map(lambda cell: changed.get(cell, cell), na_action="ignore") if changed else cells


def guarded(cell: str) -> str:
    r"""A cell that neither starts a formula nor holds a control character.

    >>> guarded("=1+1"), guarded("a\x1b[2J")
    ("'=1+1", 'a\\x1b[2J')
    """
    quoted = f"'{cell}" if _FORMULA.match(cell) else cell
    return harmless(_LIKE_ESCAPE.sub(r"\\\\\1\2", quoted).replace("\t", r"\x09"))


def bare(cell: str) -> str:
    """The cell as it was before `guarded`.

    >>> bare(guarded("'=1+1"))
    "'=1+1"
    """
    plain = _LIKE_ESCAPE.sub(_unescape, cell)
    return plain[1:] if _GUARDED.match(plain) else plain


def _unescape(found: re.Match[str]) -> str:
    return found[1] + found[2] if found[1] else chr(int(found[2][1:], 16))


def read_csv(source: str | PathLike[str] | IO[bytes] | IO[str]) -> pd.DataFrame:
    """Read a frame that `nsparse parse -f csv` wrote, with the dtypes it had.

    Args:
        source: A path or a file object.
    """
    import pandas as pd

    raw = pd.read_csv(source, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8")
    return pd.DataFrame({name: _typed(raw[name]) for name in raw.columns})


def _typed(cells: pd.Series[Any]) -> Any:
    import pandas as pd

    column = BY_NAME[str(cells.name)]
    if column.dtype == "str":
        return cells.map(bare, na_action="ignore").astype(pandas_dtype(column))
    if column.dtype == "boolean":
        return cells.map({"True": True, "False": False}).astype("boolean")
    if column.dtype == "datetime64[ns, UTC]":
        return pd.to_datetime(cells, utc=True, format="ISO8601").astype(column.dtype)
    if column.dtype == "category":
        return cells.astype(pandas_dtype(column))
    return pd.to_numeric(cells).astype(column.dtype)


# --- JSON lines, Parquet -------------------------------------------------------------------------


def jsonl(df: pd.DataFrame) -> Iterator[bytes]:
    """One object a row, without what is missing; pure ASCII, so that no control survives."""
    for start in range(0, len(df), BLOCK):
        part = df.iloc[start : start + BLOCK]
        columns = [(str(name), _plain(part[name])) for name in part.columns]
        for cells in zip(*(values for _, values in columns), strict=True):
            names = (name for name, _ in columns)
            row = {n: cell for n, cell in zip(names, cells, strict=True) if cell is not None}
            yield json.dumps(row, separators=(",", ":")).encode() + b"\n"


def array(df: pd.DataFrame) -> Iterator[bytes]:
    """The objects of `jsonl` as one list, an object a line."""
    between = b"[\n"
    for line in jsonl(df):
        yield between + line.rstrip(b"\n")
        between = b",\n"
    yield b"\n]\n" if len(df) else b"[]\n"


def _plain(values: pd.Series[Any]) -> list[Any]:
    """Python values, None where missing; times in ISO 8601."""
    if BY_NAME[str(values.name)].dtype == "datetime64[ns, UTC]":
        return [None if missing else value.isoformat() for value, missing in pairs(values)]
    return [None if missing else value for value, missing in pairs(values)]


def pairs(values: pd.Series[Any]) -> Iterator[tuple[Any, bool]]:
    """Each value, and whether it is missing."""
    return zip(values.tolist(), values.isna().tolist(), strict=True)


class _Sink(RawIOBase):
    """A file that only counts; what was written to it is taken away again and again."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written.append(bytes(data))
        self.length += len(data)
        return len(data)

    def tell(self) -> int:
        return self.length

    def taken(self) -> Iterator[bytes]:
        """What was written since."""
        written, self.written = self.written, []
        return iter(written)


def parquet_parts(frames: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Frames below one another as one Parquet file, of which only one is in memory at a time.

    A single frame is written as `parquet` does. Of several the file has every column of the common
    frame: which of them hold a value is not known when its schema is written.
    """
    import pyarrow as pa
    from pyarrow import parquet as files

    from nsparse.schema import empty

    left = iter(frames)
    first, second = next(left), next(left, None)
    if second is None:
        yield from parquet(first)
        return
    whole = empty(full=True)
    schema = pa.Schema.from_pandas(whole, preserve_index=False)
    sink = _Sink()
    writer = files.ParquetWriter(sink, schema)
    for frame in chain((first, second), left):
        typed = frame.reindex(columns=whole.columns).astype(whole.dtypes)
        writer.write_table(pa.Table.from_pandas(typed, schema=schema, preserve_index=False))
        yield from sink.taken()
    writer.close()
    yield from sink.taken()


def parquet(df: pd.DataFrame) -> Iterator[bytes]:
    """The frame as one Parquet file."""
    from io import BytesIO

    buffer = BytesIO()
    df.to_parquet(buffer, index=False, engine="pyarrow")
    yield buffer.getvalue()


FORMS = {"csv": csv, "json": array, "jsonl": jsonl, "parquet": parquet}
"""What writes a frame, by the name of the format."""
