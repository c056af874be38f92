"""What one file says: its sockets, and everything about how they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from nsparse.errors import DumpError
from nsparse.reading.tables import Stretch, Table

if TYPE_CHECKING:
    import pandas as pd


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
    taken_at: datetime | None
    dialects: tuple[str, ...]
    lines: tuple[int, int]
    rows: int


@dataclass(frozen=True)
class Part:
    """One table of a file: its first and last line, who read it, and the command above it.

    Attributes:
        first: The line of its first heading, else of its first row.
        last: The line of its last row, else of its last heading.
        rows: How many rows it has.
        dialects: Who reads it; several where nothing decides.
        command: The command that was echoed above, if any.
    """

    first: int
    last: int
    rows: int
    dialects: tuple[str, ...]
    command: str | None


def parts_of(tables: Sequence[Table]) -> list[Part]:
    """What the tables of a text are, in its order."""
    return [
        Part(
            table.start,
            table.records[-1].line if table.records else table.start + len(table.header) - 1,
            len(table.records),
            tuple(voice.dialect.name for voice in (table.voice, *table.rivals)),
            table.command,
        )
        for table in tables
    ]


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
        tables: The dialects of its tables.
        parts: Where each table stands, and what it is.
        host_from: What named its host: the option, its text, its bundle; None where nothing did.
        time_from: What told when it was taken: its text, its bundle, a name; None where nothing.
        facts: What its bundle says of its host beside the sockets.
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
    parts: list[Part] = field(default_factory=list)
    host_from: str | None = None
    time_from: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
