"""The dataset on disk: parts that are whole or not there, and the manifest that counts them.

A part is one file in each of the four folders. It is written under a temporary name; when it is
full, its files get their names, and then the manifest is replaced by one that lists it. That last
step makes it count: what the manifest does not list was never there, and is removed on resume.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from nsparse.batch.manifest import Manifest, folder_to_disk, save, to_disk
from nsparse.batch.tables import TABLES, arrow_schema, rows, whole

if TYPE_CHECKING:
    import pyarrow as pa

    from nsparse.batch.order import Outcome

PART_ROWS = 1_000_000
"""Rows of sockets in one part, roughly: some 20 MB, which readers take in one piece."""
PART_SECONDS = 60
"""A part is closed after so long, so that a power failure costs this much work at most."""
GROUP_ROWS = 122_880
"""Rows of a row group. DuckDB reads in units of this size, one a thread."""
LEVEL = 3
"""Of zstd: its default; 9 saves a tenth and takes three times as long."""


class Table:
    """One table of the part that is being written."""

    def __init__(self, folder: Path, table: str, name: str) -> None:
        import pyarrow.parquet as pq

        self._table = table
        self._folder, self._name = folder, name
        self._temporary = folder / f".{name.removesuffix('.parquet')}.tmp"
        schema = arrow_schema(table)
        self._file = self._temporary.open("wb")
        self._writer = pq.ParquetWriter(
            self._file, schema, compression="zstd", compression_level=LEVEL
        )
        self._held: list[pa.Table] = []
        self._waiting = 0
        self.rows = 0

    def add(self, held: pa.Table) -> None:
        """Add rows; columns that they lack are NA."""
        self._held.append(held)
        self._waiting += len(held)
        self.rows += len(held)
        if self._waiting >= GROUP_ROWS:
            self._write()

    def finish(self) -> None:
        """Give the file its name, when all of it is on the disk."""
        self._write()
        self._writer.close()
        to_disk(self._file)
        self._file.close()
        self._temporary.replace(self._folder / self._name)
        folder_to_disk(self._folder)

    def drop(self) -> None:
        """Forget it, also where the disk takes nothing more."""
        for close in (self._writer.close, self._file.close, self._temporary.unlink):
            with suppress(OSError, ValueError):
                close()

    def _write(self) -> None:
        self._writer.write_table(whole(self._table, self._held), row_group_size=GROUP_ROWS)
        self._held, self._waiting = [], 0


class Dataset:
    """A dataset that grows."""

    def __init__(self, out: Path, manifest: Manifest) -> None:
        self.out, self.manifest = out, manifest
        self._part: dict[str, Table] = {}
        self._records: list[dict[str, Any]] = []
        self._begun = 0.0

    def add(self, outcome: Outcome) -> None:
        """Add a bundle; it counts when its part does."""
        if not self._part:
            self._begin()
        for name, stream in outcome.tables.items():
            self._part[name].add(_unpacked(stream))
        self._records.append(dict(outcome.record))
        if self._part["sockets"].rows >= PART_ROWS:
            self.commit()

    def commit_when_due(self) -> None:
        """Close the part if it has been open for long."""
        if self._part and monotonic() - self._begun >= PART_SECONDS:
            self.commit()

    def commit(self, *, finished: bool = False) -> None:
        """Close the part and count it."""
        parts = dict(self.manifest.parts)
        if self._part:
            self._part["bundles"].add(rows("bundles", self._records))
            for table in self._part.values():
                table.finish()
            parts[self._name()] = {name: table.rows for name, table in self._part.items()}
        self.manifest = replace(self.manifest, parts=parts, finished=finished)
        save(self.out, self.manifest)
        self._part, self._records = {}, []

    def drop(self) -> None:
        """Forget the part that is open."""
        for table in self._part.values():
            table.drop()
        self._part, self._records = {}, []

    def _begin(self) -> None:
        self._part = {name: Table(self.out / name, name, self._name()) for name in TABLES}
        self._begun = monotonic()

    def _name(self) -> str:
        return f"part-{len(self.manifest.parts):05}.parquet"


def _unpacked(stream: bytes) -> pa.Table:
    import pyarrow as pa

    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()
