"""What one file says: its sockets, and everything about how they were read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from nsparse.errors import DumpError, harmless
from nsparse.prose import plural
from nsparse.reading.tables.table import Stretch, Table

if TYPE_CHECKING:
    import pandas as pd


class Problem(NamedTuple):
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
        unfiltered: Whether its heading or that command says that sockets of all states are shown.
        timed: Whether its heading has a column of timers, whatever stands in it.
    """

    first: int
    last: int
    rows: int
    dialects: tuple[str, ...]
    command: str | None
    unfiltered: bool = False
    timed: bool = False


def parts_of(tables: Sequence[Table]) -> list[Part]:
    """What the tables of a text are, in its order."""
    return [
        Part(
            table.start,
            table.records[-1].line
            if table.records
            else table.start + max(len(table.header), 1) - 1,
            len(table.records),
            tuple(voice.dialect.name for voice in (table.voice, *table.rivals)),
            table.command,
            _unfiltered(table),
            any(not TIMERS.isdisjoint(heading.split()[-1:]) for heading in table.header),
        )
        for table in tables
    ]


DOUBTS = {
    "elision": "rows were left out of this dump by whoever shortened it: counts are too low",
    "conflict": "marks of a merge conflict: the rows of both sides are kept",
}
"""Kinds of lines after which no count is the host's: rows are missing, or some of another dump."""


CUT = "the lines of a table are cut at {} characters: what stood behind is missing"
"""What is said of a table of which something cut every line."""


def doubts(census: Mapping[str, int], cut_at: Sequence[int] = ()) -> list[str]:
    """Why the counts of a dump are not those of its host, or what all its rows lack.

    >>> doubts({"rows": 3, "conflict": 1})
    ['marks of a merge conflict: the rows of both sides are kept']
    """
    known = [said for kind, said in DOUBTS.items() if census.get(kind)]
    return [*known, *map(CUT.format, cut_at)]


ALL_SHOWN = re.compile(
    r"(?:Active Internet6? connections|Aktive Internetverbindungen|Connexions Internet actives"
    r"|Conexões Internet Ativas|Conexiones activas de Internet|稼働中のインターネット接続) ?"
    r"\((?:(?:IPv6, )?including servers|servers and established|Server und stehende Verbindungen"
    r"|serveurs et établies|servidores e estabelecidas|servidores y establecidos|サーバと確立)\)"
)
"""The banner that netstat prints with -a (net-tools netstat.c and its po/*.po, BSD inet.c)."""
TIMERS = frozenset({"Timer", "Temporizador", "Temporitzador", "Časovač", "Taimer", "タイマ"})
"""The last column of net-tools with -o, by language (its po/*.po); most rows say `off` there."""
TOOL = re.compile(r"(?:^|[/\\])(?:ss|netstat)(?:\.exe)?$", re.IGNORECASE)
OTHER_KINDS = frozenset("uwx")
"""Options for UDP, raw and UNIX sockets: with one of them alone there is no TCP."""


def _unfiltered(table: Table) -> bool:
    """Whether a table shows sockets of every state, listeners and connections, by what it says."""
    banner = any(ALL_SHOWN.fullmatch(heading) for heading in table.header)
    return banner or (table.command is not None and _asks_for_all(table.command))


def _asks_for_all(command: str) -> bool:
    """Whether a command has -a and is no filter, nor goes through one.

    >>> [_asks_for_all(f"sudo ss {rest}") for rest in ("-tanp", "-tn", "-tan state closing")]
    [True, False, False]
    """
    words = command.split()
    tools = [at for at, word in enumerate(words) if TOOL.search(word)]
    asked = words[tools[-1] + 1 :] if tools else []
    # ss takes the last of -l and -a.
    letters = {letter for word in asked if not word.startswith("--") for letter in word}
    everything = ("a" in letters or "--all" in asked) and "l" not in letters
    of_tcp = "t" in letters or not letters & OTHER_KINDS
    return everything and of_tcp and all(word.startswith("-") for word in asked)


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
        cut_at: At how many characters the lines of tables are cut, where they are.
        breaks_off: Whether the text stops within a row.
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
    cut_at: tuple[int, ...] = ()
    breaks_off: bool = False

    @property
    def doubts(self) -> list[str]:
        """Of the notes those that concern every count."""
        return doubts(self.census, self.cut_at)

    def __repr__(self) -> str:
        """What is in it, in a line: `<Dump a.txt: 3 rows of 4 lines, 1 snapshot, 0 problems>`."""
        held = f"{plural(len(self.frame), 'row')} of {plural(self.lines, 'line')}"
        moments, bad = (
            plural(len(self.snapshots), "snapshot"),
            plural(len(self.problems), "problem"),
        )
        return f"<Dump {harmless(self.file)}: {held}, {moments}, {bad}>"
