"""A dataset as frames."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsparse.batch.manifest import MANIFEST, Manifest, files, load, read
from nsparse.batch.tables import TABLES, arrow_type
from nsparse.errors import NsparseError
from nsparse.prose import thousands
from nsparse.schema import Column, pandas_dtype

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class Batch:
    """What `nsparse batch` wrote; each table is loaded when it is first asked for.

    The rows are in the order of the bundles' names, and those of one bundle in its own order.
    """

    def __init__(self, parts: list[tuple[Path, Manifest]]) -> None:
        self._parts = parts

    def __repr__(self) -> str:
        """The folders, and how many rows each table has; no table is loaded for it."""
        import pyarrow.parquet as pq

        rows = {
            table: sum(pq.read_metadata(path).num_rows for path in self.files(table))
            for table in TABLES
        }
        held = ", ".join(f"{table} {thousands(count)}" for table, count in rows.items())
        return f"<Batch {', '.join(str(out) for out, _ in self._parts)}: {held} rows>"

    @cached_property
    def sockets(self) -> pd.DataFrame:
        """The common frame of all bundles, with the column `bundle` in front."""
        return self._frame("sockets")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The columns of `Report.to_frame`, with `bundle` in front."""
        return self._frame("findings")

    @cached_property
    def bundles(self) -> pd.DataFrame:
        """One row a bundle: what became of it."""
        return self._frame("bundles")

    @cached_property
    def problems(self) -> pd.DataFrame:
        """Lines and members that could not be read."""
        return self._frame("problems")

    @property
    def finished(self) -> bool:
        """Whether no run of it was interrupted."""
        return all(manifest.finished for _, manifest in self._parts)

    def files(self, table: str) -> list[Path]:
        """The Parquet files of a table that count: for DuckDB, polars and others."""
        return [path for out, manifest in self._parts for path in files(out, manifest, table)]

    def _frame(self, table: str) -> pd.DataFrame:
        held = read(self.files(table), table).replace_schema_metadata(None)
        shown = [
            column
            for column in TABLES[table]
            if column.always or table != "sockets" or held[column.name].null_count < len(held)
        ]
        frame = _typed(held.select([column.name for column in shown]), shown)
        return frame.sort_values("bundle", kind="stable").reset_index(drop=True)


def _typed(held: pa.Table, columns: list[Column]) -> pd.DataFrame:
    """A table with the dtypes of the common frame."""
    import pandas as pd

    dtypes: dict[str, Any] = {column.name: pandas_dtype(column) for column in columns}
    whole = {
        arrow_type(column): pd.api.types.pandas_dtype(dtypes[column.name])
        for column in columns
        if column.dtype not in ("category", "datetime64[ns, UTC]")
    }
    frame: pd.DataFrame = held.to_pandas(types_mapper=whole.get)
    return frame.astype(dtypes)


def read_batch(out: str | os.PathLike[str]) -> Batch:
    """Read what `nsparse batch` wrote.

    Args:
        out: The folder; or one that holds the folders of several shards.

    Raises:
        NsparseError: It is no such folder, or was written in another layout.
    """
    folders = list(_folders(Path(out)))
    return Batch([(folder, load(folder)) for folder in folders or [Path(out)]])


def _folders(out: Path) -> Iterator[Path]:
    if (out / MANIFEST).is_file():
        yield out
        return
    try:
        inside = sorted(out.iterdir())
    except OSError as error:
        raise NsparseError(f"{out}: {error.strerror}") from error
    yield from (folder for folder in inside if (folder / MANIFEST).is_file())
