"""The order of things: bytes to a `Dump`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from nsparse.convert import Record, bad_cells, columns_of
from nsparse.dialect import Columns
from nsparse.errors import DumpError, NotASocketTable, NsparseError
from nsparse.foreign import refusal
from nsparse.grammar import Refusal, load
from nsparse.registry import dialects
from nsparse.sections import Sections, Stretch, Table, Unread, Voice, read_sections
from nsparse.text import decode, looks_binary
from nsparse.text import lines as split_lines
from nsparse.views import View, views_of

if TYPE_CHECKING:
    import pandas as pd

Engine = Literal["auto", "lark", "regex"]
OnBadLines = Literal["warn", "error", "skip"]
Source = str | os.PathLike[str] | IO[bytes]

ENGINES: tuple[Engine, ...] = ("auto", "lark", "regex")
EXPLAINED_AT_MOST = 300
"""So many refused lines are explained by the grammar; the rest are listed without a column.

An explanation costs Lark about a tenth of a millisecond, and nobody reads more of them.
"""


@dataclass(frozen=True)
class Problem:
    """One line that could not be read, or a cell of a read row that could not be understood.

    Attributes:
        file: As the file was named.
        line: 1-based.
        column: 1-based; 1 where the place is not known.
        text: The line as it stands.
        expected: What the grammar would have accepted there, in plain words.
    """

    file: str
    line: int
    column: int
    text: str
    expected: tuple[str, ...]

    def error(self) -> DumpError:
        """The same as an exception; its text has a caret under the place."""
        return DumpError(self.file, self.line, self.column, self.text, self.expected)

    def __str__(self) -> str:
        return str(self.error())


@dataclass(frozen=True)
class Snapshot:
    """One moment within a file: its number, its time where printed, and what it holds."""

    number: int
    taken_at: Any
    dialects: tuple[str, ...]
    lines: tuple[int, int]
    rows: int


@dataclass
class Dump:
    """Everything that one file says.

    Attributes:
        file: As it was named.
        frame: The sockets, in the order of the file.
        problems: Lines and cells that could not be read.
        census: Lines by what they are; they add up to `lines`.
        snapshots: The moments the file shows.
        notes: What a person should know about how it was read.
        stretches: Lines that were passed over on purpose, and what they are.
        encoding: How the bytes were read.
        lines: How many lines there are.
    """

    file: str
    frame: pd.DataFrame
    problems: list[Problem]
    census: dict[str, int]
    snapshots: list[Snapshot]
    notes: list[str]
    stretches: list[Stretch]
    encoding: str
    lines: int
    tables: list[str] = field(default_factory=list)


def parse(
    source: Source,
    *,
    engine: Engine = "auto",
    encoding: str | None = None,
    host: str | None = None,
    on_bad_lines: OnBadLines = "warn",
    columns: Literal["used", "all"] = "used",
    name: str | None = None,
) -> Dump:
    """Read one dump: a path, `-` for standard input, or a binary file object.

    Args:
        source: Where the bytes are.
        engine: Which executor reads the rows; it never changes the result.
        encoding: Overrides the detection.
        host: Overrides the host name found in the text.
        on_bad_lines: As pandas spells it; the result lists problems whichever, `error` raises one.
        columns: `all` gives also the columns without a value.
        name: The file name to report, where `source` has none.

    Raises:
        NotASocketTable: There is no socket table in it; says what it is instead.
        DumpError: A damaged line, with `on_bad_lines="error"`.
        NsparseError: The file cannot be read, or an argument is not one of those above.
    """
    if engine not in ENGINES:
        raise NsparseError(f"engine={engine!r}: choose one of {', '.join(ENGINES)}")
    data, file = _bytes(source, name)
    if looks_binary(data):
        raise NotASocketTable(file, "a binary file", "give the text that netstat or ss printed")
    decoded = decode(data, encoding)
    lines = split_lines(decoded.text)
    voices = _voices("regex" if engine == "auto" else engine)
    found = read_sections(lines, voices)
    if not found.tables:
        raise refusal(file, lines)
    dump = _dump(file, lines, found, host, columns == "all")
    dump.encoding = decoded.encoding
    dump.notes[:0] = decoded.notes
    if on_bad_lines == "error" and dump.problems:
        raise dump.problems[0].error()
    return dump


def read(source: Source, **options: Any) -> pd.DataFrame:
    """The frame of `parse`; damaged lines are warnings unless `on_bad_lines="skip"`.

    Raises:
        NsparseError: As `parse`.
    """
    import warnings

    dump = parse(source, **options)
    if dump.problems and options.get("on_bad_lines", "warn") == "warn":
        first = dump.problems[0]
        warnings.warn(f"{len(dump.problems)} lines not read, the first: {first}", stacklevel=2)
    return dump.frame


def _bytes(source: Source, name: str | None) -> tuple[bytes, str]:
    if not isinstance(source, str | os.PathLike):
        data = source.read()
        if not isinstance(data, bytes):
            raise NsparseError("open the file in binary mode: nsparse decodes it itself")
        return data, name or str(getattr(source, "name", "<stream>"))
    if os.fspath(source) == "-":
        return sys.stdin.buffer.read(), name or "<stdin>"
    try:
        return Path(source).read_bytes(), name or os.fspath(source)
    except OSError as error:
        raise NsparseError(f"{os.fspath(source)}: {error.strerror or error}") from error


@cache
def _voices(engine: str) -> tuple[Voice, ...]:
    from nsparse.derive import opening

    voices = []
    for name, dialect in dialects().items():
        grammar = load(name)
        kinds = grammar.exact if engine == "lark" else grammar.patterns
        voices.append(Voice(dialect, grammar, kinds, opening(grammar.lark, "row")))
    return tuple(voices)


# ---- from sections to a dump ---------------------------------------------------------------


def _dump(file: str, lines: Sequence[str], found: Sections, host: str | None, full: bool) -> Dump:
    """Build the frame; rows with an impossible cell become problems first."""
    problems = _impossible(file, lines, found)
    problems += _problems(file, lines, found.unread)
    views = views_of(found.tables)
    frame = _frame(file, lines, views, host, full, problems)
    problems.sort(key=lambda problem: (problem.line, problem.column))
    return Dump(
        file=file,
        frame=frame,
        problems=problems,
        census={kind: count for kind, count in found.census.items() if count},
        snapshots=_snapshots(views),
        notes=_notes(found, frame),
        stretches=found.stretches,
        encoding="",
        lines=len(lines),
        tables=[table.voice.dialect.name for table in found.tables],
    )


def _impossible(file: str, lines: Sequence[str], found: Sections) -> list[Problem]:
    """Take rows with an impossible cell out of their tables."""
    problems = []
    for table in found.tables:
        bad = {fault.record: fault for fault in bad_cells(table.voice.dialect, table.records)}
        for number, fault in bad.items():
            record = table.records[number]
            text = lines[record.line - 1]
            column = max(text.find(fault.text), 0) + 1
            problems.append(Problem(file, record.line, column, text, (fault.expected,)))
            found.census["rows"] -= 1
            found.census["details"] -= len(record.more)
            found.census["problems"] += 1 + len(record.more)
        if bad:
            table.records = [r for number, r in enumerate(table.records) if number not in bad]
    return problems


def _problems(file: str, lines: Sequence[str], unread: Iterable[Unread]) -> list[Problem]:
    return [
        _explained(file, lines, refused)
        if number < EXPLAINED_AT_MOST
        else Problem(file, refused.line, 1, lines[refused.line - 1], ("a row of a socket table",))
        for number, refused in enumerate(unread)
    ]


def _explained(file: str, lines: Sequence[str], unread: Unread) -> Problem:
    line = lines[unread.line - 1]
    text = line.lstrip(" \t")
    nothing = Problem(file, unread.line, 1, line, ("a row of a socket table",))
    if unread.voice is None:
        return nothing
    outcome = unread.voice.grammar.exact["row"].read(text)
    if not isinstance(outcome, Refusal):
        return nothing
    words = tuple(dict.fromkeys(unread.voice.dialect.words(name) for name in outcome.expected))
    return Problem(file, unread.line, len(line) - len(text) + outcome.offset + 1, line, words)


def _odd(file: str, lines: Sequence[str], columns: Columns) -> list[Problem]:
    """Cells of rows that were read and could not be understood."""
    odd = columns.pop("_odd", [])
    found = []
    for number, said in zip(columns["line"], odd, strict=False):
        if said is not None:
            token, expected = said
            text = lines[number - 1]
            found.append(Problem(file, number, max(text.find(token), 0) + 1, text, (expected,)))
    return found


def _frame(
    file: str,
    lines: Sequence[str],
    views: Sequence[View],
    host: str | None,
    full: bool,
    problems: list[Problem],
) -> pd.DataFrame:
    """One frame for all tables, in the order of the file."""
    from nsparse.schema import frame

    values: dict[str, list[Any]] = {}
    length = 0
    for view in views:
        for table in view.tables:
            columns = _table_columns(file, view, table, host)
            problems += _odd(file, lines, columns)
            count = len(table.records)
            for name in values.keys() | columns.keys():
                column = values.setdefault(name, [None] * length)
                column.extend(columns.get(name, [None] * count))
            length += count
    return frame(values, length, full=full)


def _table_columns(file: str, view: View, table: Table, host: str | None) -> dict[str, list[Any]]:
    records: list[Record] = table.records
    count = len(records)
    columns = dict(columns_of(table.voice.dialect, records))
    same = {
        "file": file,
        "host": host or next((t.host for t in view.tables if t.host), None),
        "snapshot": view.snapshot,
        "taken_at": view.taken_at,
        "os": table.voice.dialect.os,
        "tool": table.voice.dialect.tool,
        "dialect": table.voice.dialect.name,
    }
    return columns | {name: [value] * count for name, value in same.items()}


def _snapshots(views: Sequence[View]) -> list[Snapshot]:
    shots = []
    for number in sorted({view.snapshot for view in views}):
        tables = [t for view in views if view.snapshot == number for t in view.tables]
        lines = [record.line for t in tables for record in t.records] or [t.start for t in tables]
        shots.append(
            Snapshot(
                number,
                next((view.taken_at for view in views if view.snapshot == number), None),
                tuple(dict.fromkeys(t.voice.dialect.name for t in tables)),
                (min(lines), max(lines)),
                sum(len(t.records) for t in tables),
            )
        )
    return shots


def _notes(found: Sections, frame: pd.DataFrame) -> list[str]:
    notes = []
    if not len(frame):
        notes.append("a table with a header and no rows")
    if any(table.time and not table.zone_known for table in found.tables):
        notes.append("times without a zone are taken as UTC")
    for line, names in found.ambiguous[:1]:
        notes.append(f"line {line} could be {' or '.join(names)}; the first was taken")
    unknown = frame["state_raw"][(frame["state"] == "UNKNOWN").fillna(False)]
    words = [str(word) for word in unknown.dropna().unique()]
    if words:
        notes.append(f"states no table knows: {', '.join(words[:10])}")
    return notes
