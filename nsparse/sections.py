"""Numbered lines to tables of sockets, with every line accounted for.

A line is asked, in this order: is it a row of the dialect that is speaking, does it
continue the row above, is it a row of another dialect, a header, a banner, something
the tool says beside its table, noise of shells and pagers? What is left is a problem
when it stands among rows or begins like one, and other text when it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from nsparse import noise
from nsparse.convert import Record
from nsparse.grammar import ROWS, Match

if TYPE_CHECKING:
    import re

    from nsparse.dialect import Dialect
    from nsparse.grammar import Executor, Grammar

BLANKS = " \t"
LOST_AFTER = 1
"""So many unknown lines at a table's end are still called damaged rows."""


@dataclass(frozen=True)
class Voice:
    """A dialect that can speak: its grammar, and the executor of each kind of line."""

    dialect: Dialect
    grammar: Grammar
    kinds: Mapping[str, Executor]
    opening: re.Pattern[str]

    def match(self, kind: str, text: str) -> Match | None:
        """The fields of a line of that kind; None when it is none, or there is no such kind."""
        executor = self.kinds.get(kind)
        return executor.match(text) if executor else None

    def reads(self, text: str, *, headed: bool) -> Match | None:
        """The fields of a row; under a header also of one that only a header makes a row."""
        for kind in ROWS if headed else ROWS[:1]:
            match = self.match(kind, text)
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
        time: The time that was printed above.
        zone_known: Whether that time named a zone.
        breaks: Whether something above says that another command begins here.
        said: The dialects that read fields in the headings, and what they read.
        rivals: Other dialects that would read every row as well.
        heirs: Those that would too, although the rows look like another dialect's.
    """

    voice: Voice
    header: tuple[str, ...] = ()
    start: int = 0
    command: str | None = None
    host: str | None = None
    time: datetime | None = None
    zone_known: bool = True
    breaks: bool = False
    said: list[Claim] = field(default_factory=list)
    rivals: tuple[Voice, ...] = ()
    heirs: tuple[Voice, ...] = ()
    records: list[Record] = field(default_factory=list)

    @property
    def cells(self) -> Match:
        """What the headings say of every row."""
        matches = [match for voice, match in self.said if voice is self.voice]
        fields = tuple(field for match in matches for field in match.fields)
        return Match(fields, tuple(text for match in matches for text in match.texts))

    @property
    def speakers(self) -> tuple[Voice, ...]:
        """Every dialect that reads all the rows, likeliest first."""
        return (self.voice, *self.rivals, *self.heirs)

    def reads(self, voice: Voice, text: str) -> Match | None:
        """What a dialect would read of a row of this table."""
        return voice.reads(text, headed=bool(self.header))


class Readers(NamedTuple):
    """The dialects that read a row, and those that would although it looks like another's."""

    claims: Sequence[Claim]
    heirs: tuple[Voice, ...] = ()


class Unread(NamedTuple):
    """A line that is no row and should have been one: its number, and the voice to explain it."""

    line: int
    voice: Voice | None


class Stretch(NamedTuple):
    """Lines that were passed over on purpose, first and last, and what they are."""

    first: int
    last: int
    what: str


@dataclass
class Sections:
    """What a text holds."""

    tables: list[Table] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    census: Counter[str] = field(default_factory=Counter)


def read_sections(lines: Sequence[str], voices: Sequence[Voice]) -> Sections:
    """Find the tables of a text."""
    walk = _Walk(lines, voices)
    for number, line in enumerate(lines, 1):
        walk.take(number, line)
    walk.close()
    return walk.found


class _Walk:
    """The state between two lines."""

    def __init__(self, lines: Sequence[str], voices: Sequence[Voice]) -> None:
        self.lines = lines
        self.voices = voices
        self.found = Sections()
        self.table: Table | None = None
        self.open = False  # whether an unknown line here stands among rows
        self.skipping: str | None = None
        self.indent = 0
        self.pending: list[str] = []  # headers whose rows have not come yet
        self.claims: list[Voice] = []
        self.unknown: list[int] = []
        self.empty: Table | None = None
        self.context = Table(voices[0])

    # ---- one line --------------------------------------------------------------------------

    def take(self, number: int, line: str) -> None:
        text = line.strip(BLANKS)
        if not text:
            self._blank()
        elif not (
            self._row(number, line, text)
            or self._more(line, text)
            or self._foreign_row(number, line, text)
            or self._heading(number, text)
            or self._noise(number, text)
        ):
            self._unknown(number, text)

    def _blank(self) -> None:
        self.found.census["blank"] += 1
        self._settle_unknown(among_rows=False)
        self.open = False

    def _row(self, number: int, line: str, text: str) -> bool:
        """One more row of the table that is open."""
        table = self.table
        if table is None or self.pending or self.context.breaks:
            return False
        match = table.reads(table.voice, text)
        if match is None:
            return False
        self._add(table.voice, number, line, text, match)
        return True

    def _more(self, line: str, text: str) -> bool:
        """A line that continues the row above."""
        if self.table is None or self.pending or not self.table.records or not self.open:
            return False
        if self.table.voice.opening.match(text):
            return False  # a damaged row, not a free text that happens to begin like one
        for kind in self._continuations(line, text):
            match = self.table.voice.match(kind, text)
            if match is not None:
                self.table.records[-1].more.append(match)
                self.table.rivals = self.table.heirs = ()
                self.found.census["details"] += 1
                self._settle_unknown(among_rows=True)
                return True
        return False

    def _continuations(self, line: str, text: str) -> Iterator[str]:
        """The kinds of continuation line that may stand at this indentation."""
        indent = len(line) - len(text)
        if indent > self.indent:
            yield "detail"
        if indent or text.startswith("["):
            yield "owner"
        yield "rest"

    def _foreign_row(self, number: int, line: str, text: str) -> bool:
        """A row that begins a table, or shows that the one above is another dialect's."""
        if self._turns_out(number, line, text):
            return True
        readers = self._readers(text)
        if not readers.claims:
            return False
        (voice, match), *others = readers.claims
        rivals = tuple(voice for voice, _ in others)
        self._add(voice, number, line, text, match, rivals, readers.heirs)
        return True

    def _readers(self, text: str) -> Readers:
        """Who reads a row that begins a table.

        The dialect that was speaking, if it claims the headings as well; else those that claim
        them; else those that know the shape of the row.
        """
        by_shape = self._claims("row", text)
        known = self._claims("row", text, self.claims)
        known += self._claims("bare", text, self._without(known))
        faint = self._claims("faint", text, self._without(known))
        spoke = (self.table.voice, *self.table.rivals) if self.table else ()
        went_on = [claim for claim in (*known, *faint) if claim[0] in spoke]
        equal = went_on or known or faint or by_shape
        chosen = [voice for voice, _ in equal]
        others = (voice for voice, _ in (*known, *faint))
        return Readers(equal, tuple(voice for voice in others if voice not in chosen))

    def _without(self, claims: list[Claim]) -> list[Voice]:
        """Those that claim the headings above and have not read the row yet."""
        done = [voice for voice, _ in claims]
        return [voice for voice in self.claims if voice not in done]

    def _turns_out(self, number: int, line: str, text: str) -> bool:
        """Whether a row shows that the rows above were another dialect's, and which."""
        table = self.table
        if table is None or self.pending or self.context.breaks:
            return False
        readers = [voice for voice in table.speakers[1:] if table.reads(voice, text)]
        if not readers:
            return False
        self._hand_over(table, readers[0])
        table.rivals, table.heirs = tuple(readers[1:]), ()
        match = table.reads(table.voice, text)
        if match is not None:
            self._add(table.voice, number, line, text, match)
        return match is not None

    def _hand_over(self, table: Table, voice: Voice) -> None:
        """Another dialect reads the rows of a table."""
        table.voice = voice
        for record in table.records:
            text = self.lines[record.line - 1].strip(BLANKS)
            record.match = table.reads(voice, text) or record.match

    def _add(
        self,
        voice: Voice,
        number: int,
        line: str,
        text: str,
        match: Match,
        rivals: tuple[Voice, ...] = (),
        heirs: tuple[Voice, ...] = (),
    ) -> None:
        table = self.table
        if table is None or table.voice is not voice or self.pending or self.context.breaks:
            table = self._begin(voice, number)
            table.rivals, table.heirs = rivals, heirs
        self._settle_unknown(among_rows=self.open)
        if table.rivals or table.heirs:
            table.rivals = tuple(voice for voice in table.rivals if table.reads(voice, text))
            table.heirs = tuple(voice for voice in table.heirs if table.reads(voice, text))
        table.records.append(Record(number, match))
        self.found.census["rows"] += 1
        self.indent = len(line) - len(text)
        self.open = True
        self.skipping = None

    def _heading(self, number: int, text: str) -> bool:
        """A heading of any dialect, the start of a section without sockets, a tool's message."""
        for kind in ("header", "banner", "skip", "message"):
            claims = self._claims(kind, text)
            if claims:
                getattr(self, f"_{kind}")(number, text, claims)
                return True
        return False

    def _header(self, number: int, text: str, claims: list[Claim]) -> None:
        self._settle_unknown(among_rows=False)
        self.found.census["headers"] += 1
        self.pending.append(" ".join(text.split()))
        # Who reads more than words in a heading knows it better than who does not.
        telling = [claim for claim in claims if claim[1].fields]
        self.context.said += telling
        voices = [voice for voice, _ in telling or claims]
        self.claims = [voice for voice in self.claims if voice in voices] or voices
        self.context.start = self.context.start or number
        self.open = True
        self.skipping = None

    def _banner(self, number: int, text: str, claims: list[Claim]) -> None:
        self._header(number, text, claims)

    def _skip(self, number: int, text: str, claims: list[Claim]) -> None:
        self._settle_unknown(among_rows=False)
        self._pass_over("section", number, text)
        self.skipping = text
        self.open = False

    def _message(self, number: int, text: str, claims: list[Claim]) -> None:
        self._pass_over("message", number, f"message of the tool: {text}")

    def _noise(self, number: int, text: str) -> bool:
        """What shells, pagers and people put around tables."""
        said = noise.prompt(text)
        if said is not None:
            self._leave()
            self.context.breaks = True
            self.context.host = said.host or self.context.host
            self.context.command = said.command if said.runs_tool else None
            self._pass_over("prompt", number, "prompt")
            return True
        when = noise.moment(text)
        if when is not None:
            self._leave()
            self.context.breaks = True
            self.context.time, self.context.zone_known = when
            self._pass_over("time", number, "time")
            return True
        kind = noise.known(text)
        if kind is not None:
            self._pass_over(kind, number, kind)
        return kind is not None

    def _unknown(self, number: int, text: str) -> None:
        if self._announces(number):
            self._header(number, text, [])
        elif self.skipping is not None:
            self._pass_over("section", number, self.skipping)
        elif self.open:
            self.unknown.append(number)
        elif voice := self._opens(text):
            self._refuse(number, voice)
        else:
            self._pass_over("text", number, "text")

    # ---- what a line begins or ends ---------------------------------------------------------

    def _announces(self, number: int) -> bool:
        """Whether an unknown line is a heading in another language, by what follows it."""
        following = [line.strip(BLANKS) for line in self.lines[number : number + 2]]
        if not following or not following[0]:
            return False
        if self._claims("header", following[0]):
            return True
        among_rows = self.open and not self.pending
        if among_rows or len(self.lines[number - 1].split()) < HEADING_WORDS:
            return False
        if self._claims("row", following[0]):
            return True
        unknown = len(following[0].split()) >= HEADING_WORDS and not noise.prompt(following[0])
        return unknown and len(following) > 1 and bool(self._claims("row", following[1]))

    def _opens(self, text: str) -> Voice | None:
        """The dialect whose rows begin as this line does."""
        speakers = self.table.speakers if self.table else ()
        openers = (v for v in self._ordered() if "row" in v.kinds or v in speakers)
        return next((voice for voice in openers if voice.opening.match(text)), None)

    def _begin(self, voice: Voice, number: int) -> Table:
        self._settle_unknown(among_rows=False)
        table = self.context
        table.voice = voice
        table.header = tuple(self.pending)
        table.start = table.start or number
        self.found.tables.append(table)
        self.table, self.context = table, Table(self.voices[0])
        self.pending, self.claims = [], []
        return table

    def _leave(self) -> None:
        """A shell speaks: no table is open, and headings without rows stay without."""
        self._settle_unknown(among_rows=False)
        self._empty_table()
        self.open = False
        self.skipping = None

    def _empty_table(self) -> None:
        """Keep a header that no row followed: it proves an empty table."""
        if self.pending and self.claims:
            self.empty = self.empty or Table(
                self.claims[0], tuple(self.pending), self.context.start
            )
        self.pending = []
        self.claims = []
        self.context.said = []

    def close(self) -> None:
        self._settle_unknown(among_rows=False)
        self._empty_table()
        if self.empty is not None and not self.found.tables:
            self.found.tables.append(self.empty)
        for run in _runs(self.found.tables):
            self._agree(run)

    def _agree(self, run: Sequence[Table]) -> None:
        """One command speaks one dialect: a table that only one reads decides for the others."""
        sure = {id(table.voice) for table in run if len(table.speakers) == 1}
        for table in run:
            known = [voice for voice in table.speakers if id(voice) in sure]
            if len(known) == 1 and len(table.speakers) > 1:
                self._hand_over(table, known[0])
                table.rivals, table.heirs = (), ()

    # ---- lines that are no rows -------------------------------------------------------------

    def _settle_unknown(self, *, among_rows: bool) -> None:
        """Lines nobody knew are damaged rows when rows follow or they are few; else text."""
        lost = among_rows or len(self.unknown) <= LOST_AFTER
        for number in self.unknown:
            text = self.lines[number - 1].strip(BLANKS)
            voice = self._opens(text)
            if lost or voice is not None:
                self._refuse(number, voice or (self.table.voice if self.table else None))
            else:
                self._pass_over("text", number, "text")
        self.unknown = []

    def _refuse(self, number: int, voice: Voice | None) -> None:
        self.found.unread.append(Unread(number, voice))
        self.found.census["problems"] += 1

    def _pass_over(self, kind: str, number: int, what: str) -> None:
        self.found.census[kind] += 1
        stretches = self.found.stretches
        if stretches and stretches[-1].what == what and stretches[-1].last == number - 1:
            stretches[-1] = stretches[-1]._replace(last=number)
        else:
            stretches.append(Stretch(number, number, what))

    # ---- who claims a line ------------------------------------------------------------------

    def _claims(
        self, kind: str, text: str, among: Sequence[Voice] | None = None
    ) -> list[Claim]:
        voices = (v for v in self._ordered() if among is None or v in among)
        claimed = ((voice, voice.match(kind, text)) for voice in voices)
        return [(voice, match) for voice, match in claimed if match is not None]

    def _ordered(self) -> Iterator[Voice]:
        """Every dialect, the one that is speaking first."""
        first = self.table.voice if self.table else None
        if first is not None:
            yield first
        yield from (voice for voice in self.voices if voice is not first)


HEADING_WORDS = 3
"""A heading in any language names at least a protocol and two ends."""


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
