"""The four tables of a dataset, declared once: their columns, and how frames become Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import SEVERITIES
from nsparse.judging.report import RECORD
from nsparse.schema import COLUMNS, Column, Dtype

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SCHEMA = "nsparse.batch/1"
"""The layout of the dataset; another number means that programs which read it must look again."""

STATUSES: Mapping[str, str] = {
    "read": "at least one dump was found in it and read",
    "in part": "the same, but something in it could not be read: a member, or its end",
    "no sockets": "it was opened, and holds no socket table",
    "refused": "it cannot be opened or read: not there, damaged, encrypted, too much in it",
    "time": "it took longer than `--time-limit`, and its worker was ended",
    "memory": "it wanted more memory than `--memory-limit`",
    "crashed": "its worker died of it",
    "lost": "the cluster gave it up: each worker that had it went away",
    "internal": "a mistake of nsparse; please report it",
}
"""What can become of a bundle."""

BUNDLE = Column(
    "bundle", "str", "the bundle, as it was named or found; the key of all four tables", always=True
)

_FOUND: Mapping[str, str] = {
    "id": "the diagnosis that speaks",
    "severity": "critical, warning, notice or info",
    "confidence": "high, medium or low",
    "host": "as in `sockets`",
    "netns": "network namespace, when all its rows are of one",
    "owner": "program and process id, as the report prints them",
    "process": "program name",
    "pid": "process id",
    "role": "server or client, where the service is known",
    "service": "address and port that the sockets belong to",
    "n": "sockets (or ports) that the verdict counts",
    "base": "what `n` is a part of",
    "share": "`n` as a part of `base`, 0 to 1",
    "verdict": "one sentence: the numbers, the place, the actor",
    "rows": "the lines that prove it, FILE:LINE, at most 20, one a line",
    "cause": "what the evidence suggests, one a line",
    "next": "what to do next, SYSTEM: COMMAND, one a line",
    "caveats": "what the dump could not show, one a line",
    "refs": "where the rule comes from, one a line",
    "absorbed": "findings of the same cause that it took over, one a line",
}


def _finding(name: str, dtype: Any) -> Column:
    return Column(name, dtype, _FOUND.get(name, "as in `Report.to_frame`"))


TABLES: Mapping[str, tuple[Column, ...]] = {
    "sockets": (BUNDLE, *COLUMNS),
    "findings": (BUNDLE, *(_finding(name, dtype) for name, dtype in RECORD.items())),
    "bundles": (
        BUNDLE,
        Column("status", "str", "what became of it: see below"),
        Column("error", "str", "why it was not read, or not all of it, in one sentence"),
        Column("layout", "str", "the collector that made it, where it is known"),
        Column("host", "str", "its host; NA when it holds several, or none"),
        Column("hosts", "Int64", "hosts in it"),
        Column("dumps", "Int64", "files with socket tables in it"),
        Column("rows", "Int64", "its rows in `sockets`"),
        *(Column(name, "Int64", f"its findings of severity {name}") for name in SEVERITIES),
        Column("problems", "Int64", "lines and members not read, also those not listed"),
        Column("size", "Int64", "bytes of the file; NA for a folder"),
        Column("modified", "datetime64[ns, UTC]", "when the file was last written"),
        Column("seconds", "Float64", "how long it took, from opening to the last finding"),
        Column("nsparse", "str", "version that read it"),
    ),
    "problems": (
        BUNDLE,
        Column("file", "str", "the member that the line stands in"),
        Column("line", "Int64", "1-based; NA for a whole member"),
        Column("column", "Int64", "1-based; NA for a whole member"),
        Column("text", "str", "the line as it stands, cut after 500 characters"),
        Column("expected", "str", "what could have stood there; or why a member was not read"),
    ),
}
"""The tables by name; each is a folder of the dataset."""

_ARROW: Mapping[Dtype, str] = {
    "str": "string",
    "category": "string",
    "Int64": "int64",
    "Int32": "int32",
    "Float64": "float64",
    "boolean": "bool_",
}


def arrow_type(column: Column) -> Any:
    """How a column is written: small vocabularies as text, which every reader takes.

    Times have microseconds: no tool prints finer ones, and all readers know them.
    """
    import pyarrow as pa

    if column.dtype == "datetime64[ns, UTC]":
        return pa.timestamp("us", tz="UTC")
    return getattr(pa, _ARROW[column.dtype])()


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table, with the version of the layout in its metadata."""
    import pyarrow as pa

    from nsparse import __version__

    fields = [pa.field(column.name, arrow_type(column)) for column in TABLES[table]]
    return pa.schema(fields, {"nsparse.schema": SCHEMA, "nsparse.version": __version__})


def packed(table: str, frame: pd.DataFrame) -> pa.Table:
    """A frame's columns that hold a value, as Arrow; `whole` adds the others.

    Most of the hundred columns of a frame of sockets are empty: they need not travel.
    """
    import pyarrow as pa

    held = {}
    for column in TABLES[table]:
        if column.name in frame.columns:
            values = pa.Array.from_pandas(frame[column.name])
            if values.null_count < len(values):
                held[column.name] = values.cast(arrow_type(column))
    return pa.table(held)


def whole(table: str, parts: Iterable[pa.Table]) -> pa.Table:
    """Tables below one another, with every column of the schema in its order.

    Most columns of sockets are empty: those of one type share their memory.
    """
    import pyarrow as pa

    schema = arrow_schema(table)
    held = list(parts) or [schema.empty_table()]
    found = pa.concat_tables(held, promote_options="default")
    empty = {type_: pa.nulls(len(found), type_) for type_ in set(schema.types)}
    columns = [
        found[field.name].cast(field.type)
        if field.name in found.column_names
        else empty[field.type]
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def rows(table: str, records: list[dict[str, Any]]) -> pa.Table:
    """Records as Arrow; a name that they lack is NA."""
    import pyarrow as pa

    return pa.Table.from_pylist(records, schema=arrow_schema(table))
