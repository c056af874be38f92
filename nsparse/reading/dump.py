"""What one file says: its sockets, and everything about how they were read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from nsparse.errors import DumpError
from nsparse.reading.tables import Stretch

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
