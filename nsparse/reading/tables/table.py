"""What a text holds: tables, who reads them, and the lines that are none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading.grammar.grammar import ROWS, Match
from nsparse.reading.tables.rows import Rows
from nsparse.reading.tables.unread import Unreads

if TYPE_CHECKING:
    from nsparse.dialect import Dialect
    from nsparse.reading.grammar.grammar import Executor, Grammar
    from nsparse.reading.grammar.starts import Start


@dataclass(frozen=True, eq=False)
class Voice:
    """A dialect that can speak: its grammar, and the executor of each kind of line."""

    dialect: Dialect
    grammar: Grammar
    kinds: Mapping[str, Executor]

    @cached_property
    def opening(self) -> Start:
        """What a row begins with, to tell a damaged one from other text."""
        return self.grammar.derived.opens

    def match(self, kind: str, text: str) -> Match | None:
        """The fields of a line of that kind; None when it is none, or there is no such kind."""
        executor = self.kinds.get(kind)
        return executor.match(text) if executor else None

    @cached_property
    def _rows(self) -> Mapping[bool, Sequence[Executor]]:
        """What reads rows, below a header and without one."""
        kinds = {True: ROWS, False: ROWS[:1]}
        return {
            headed: [self.kinds[kind] for kind in some if kind in self.kinds]
            for headed, some in kinds.items()
        }

    def reads(self, text: str, *, headed: bool) -> Match | None:
        """The fields of a row; under a header also of one that only a header makes a row."""
        for executor in self._rows[headed]:
            match = executor.match(text)
            if match is not None:
                return match
        return None


Claim = tuple[Voice, Match]
"""A dialect that reads a line, and what it reads."""


@dataclass
class Table:
    """The rows under one header, or headerless rows of one dialect.

    Attributes:
        voice: The dialect that reads them.
        header: The headings above them, blanks collapsed.
        start: The line of the first heading, else of the first row.
        command: The command line that was echoed above, where it runs the tool.
        host: The host that a prompt named.
        away: Whether that is one on which a command of another host ran.
        time: The time that was printed above.
        zone_known: Whether that time named a zone.
        breaks: Whether something above says that another command begins here.
        loops: Whether the command above runs the tool over and over.
        later: Whether it shows sockets of the table above once more, as they are later.
        implied: Whether its heading was left out, so that rows which only that makes rows are some.
        said: The dialects that read fields in the headings, and what they read.
        rivals: Other dialects that would read every row as well.
        heirs: Those that would too, although the rows look like another dialect's.
    """

    voice: Voice
    header: tuple[str, ...] = ()
    start: int = 0
    command: str | None = None
    host: str | None = None
    away: bool = False
    time: datetime | None = None
    zone_known: bool = True
    breaks: bool = False
    loops: bool = False
    later: bool = False
    implied: bool = False
    said: list[Claim] = field(default_factory=list)
    rivals: tuple[Voice, ...] = ()
    heirs: tuple[Voice, ...] = ()
    records: Rows = field(default_factory=Rows)

    @property
    def cells(self) -> Match:
        """What the headings and the command say of every row."""
        matches = [match for voice, match in self.said if voice is self.voice]
        asked = self.voice.dialect.asked(self.command) if self.command else {}
        fields = tuple(field for match in matches for field in match.fields)
        texts = tuple(text for match in matches for text in match.texts)
        return Match((*fields, *asked.keys()), (*texts, *asked.values()))

    @property
    def speakers(self) -> tuple[Voice, ...]:
        """Every dialect that reads all the rows, likeliest first."""
        return (self.voice, *self.rivals, *self.heirs)

    @property
    def headed(self) -> bool:
        """Whether rows that only a heading makes rows are some."""
        return self.implied or bool(self.header)

    def reads(self, voice: Voice, text: str) -> Match | None:
        """What a dialect would read of a row of this table."""
        return voice.reads(text, headed=self.headed)

    def narrow(self, text: str) -> None:
        """Keep as speakers those that read this row as well."""
        self.rivals = tuple(voice for voice in self.rivals if self.reads(voice, text))
        self.heirs = tuple(voice for voice in self.heirs if self.reads(voice, text))

    def hand_over(self, voice: Voice) -> None:
        """Another dialect reads the rows."""
        self.voice = voice
        for record in self.records.as_records():
            record.match = self.reads(voice, record.text) or record.match


class Readers(NamedTuple):
    """The dialects that read a row, and those that would although it looks like another's."""

    claims: Sequence[Claim]
    heirs: tuple[Voice, ...] = ()


class Stretch(NamedTuple):
    """Lines that were passed over on purpose, first and last, and what they are."""

    first: int
    last: int
    what: str


@dataclass
class Sections:
    """What a text holds; its lines may have been cut, each table's at some width."""

    tables: list[Table] = field(default_factory=list)
    unread: Unreads = field(default_factory=Unreads)
    stretches: list[Stretch] = field(default_factory=list)
    census: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    cut_at: tuple[int, ...] = ()


def agree(tables: Sequence[Table]) -> None:
    """One command speaks one dialect: a table that only one reads decides for its neighbours."""
    for run in _runs(tables):
        sure = {id(table.voice) for table in run if len(table.speakers) == 1}
        for table in run:
            known = [voice for voice in table.speakers if id(voice) in sure]
            if len(known) == 1 and len(table.speakers) > 1:
                table.hand_over(known[0])
                table.rivals, table.heirs = (), ()


def name_hosts(tables: Sequence[Table]) -> None:
    """Where the prompts of a text name one host, what has none is of that host as well."""
    named = {table.host for table in tables if table.host}
    if len(named) == 1 and not any(table.away for table in tables):
        for table in tables:
            table.host = next(iter(named))


def _runs(tables: Sequence[Table]) -> Iterator[list[Table]]:
    """The tables that one command may have printed."""
    run: list[Table] = []
    for table in tables:
        if table.breaks and run:
            yield run
            run = []
        run.append(table)
    if run:
        yield run
