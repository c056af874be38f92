"""Numbered lines to tables of sockets, with every line accounted for.

A line is asked, in this order: is it a row of the dialect that is speaking, does it
continue the row above, is it a row of another dialect, a header, a banner, something
the tool says beside its table, noise of shells and pagers? What is left is a problem
when it stands among rows or begins like one, and other text when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nsparse.reading import noise
from nsparse.reading.coded import double_spaced
from nsparse.reading.convert import Record
from nsparse.reading.floor import Floor
from nsparse.reading.grammar import Match
from nsparse.reading.ledger import Ledger, Line
from nsparse.reading.mend import mended
from nsparse.reading.tables import Claim, Sections, Table, Voice, agree
from nsparse.reading.wraps import Whole, Wraps, begins_as_rows_do

if TYPE_CHECKING:
    from nsparse.reading.columns.runs import Runs

BLANKS = " \t"
MENDED_AT_MOST = 10_000
"""Longer lines are not mended: no row is that long, and mends look at every place of a line."""

STAMPED, PAGED, PAGER = "stamped", "paged", "pager"
AROUND = frozenset({"quoted", "numbered", STAMPED, "barred"})
"""Damage of every line of a text: one that is no line of a table has it as well."""

LOOK_AHEAD = 6
"""So many lines hold the next two, parts of wrapped ones left out."""

NUMBERS = 2
"""No heading in any language has so many numbers that stand alone."""

REST = "the rest of the row, which the line below may be"
"""What a row lacks that may have been cut, where its end would go on with the next line."""

HEADING_WORDS = 3
"""A heading in any language names at least a protocol and two ends."""


def read_sections(
    lines: Sequence[str | None], voices: Sequence[Voice], runs: Runs | None = None
) -> Sections:
    """Find the tables of a text; a line that is None was the end of the one above.

    Args:
        lines: The lines.
        voices: The dialects.
        runs: Who reads many rows at a time, if anybody.
    """
    walk = _Walk(lines, voices)
    number = 1
    while number <= len(lines):
        if runs is not None:
            number += walk.run(runs, number)
        if number <= len(lines):
            number += walk.line(number)
    walk.close()
    del walk.wraps  # they know each other, and a circle would keep a large text for long
    return walk.ledger.found


class _Walk:
    """The state between two lines."""

    def __init__(self, lines: Sequence[str | None], voices: Sequence[Voice]) -> None:
        self.lines = lines
        self.spaced = double_spaced(lines)
        self.floor = Floor(voices)
        self.ledger = Ledger(Sections(), self.floor.opens, self.floor.voice)
        self.wraps = Wraps(lines, self.floor, self._bare)
        self.open = False  # whether an unknown line here stands among rows
        self.skipping: str | None = None
        self.indent = 0  # of the last row
        self.paged = 0  # the line at which a pager last waited
        self.damage: str | None = None  # the mend that helped the last line that needed one
        self.followed = 0  # the last line below which one stands that begins nothing
        self.taken = 0  # the line that last said something of a row
        self.doubted = 0  # the line that may be the rest of that, although nobody reads it so

    # ---- many lines ------------------------------------------------------------------------

    def run(self, runs: Runs, number: int) -> int:
        """Take the rows from a line on that simply go on the table; how many there are."""
        table = self.floor.speaks
        if table is None:
            return 0
        run = runs.at(table, number)
        if run is not None and self.wraps.whole(number + len(run) - 1):
            run = run.without_last()
        if run is None or not len(run):
            return 0
        self.ledger.settle(among_rows=self.open)
        table.records.extend(run)
        self.ledger.found.census["rows"] += len(run)
        self.indent = run.indent
        self.open = True
        self.skipping = None
        return len(run)

    # ---- one line --------------------------------------------------------------------------

    def line(self, number: int) -> int:
        """A line, with those below that are its rest; how many there are."""
        whole = self.wraps.whole(number)
        self.followed = number if whole else 0
        if whole is None or whole.lines == 1 or not self._joined(number, whole):
            self.raw(number, self.lines[number - 1])
            whole = whole and whole._replace(lines=1)
        if whole is not None and whole.doubt and self.taken == number:
            self.doubted = number + whole.lines
        return whole.lines if whole else 1

    def _joined(self, number: int, whole: Whole) -> bool:
        """Take several lines as one, if that is one of a table."""
        text = whole.text.strip(BLANKS)
        line = Line(number, whole.text.find(text), text)
        headings = self.ledger.found.census["headers"]
        if not (self._table_line(line) or self._mended(line)):
            return False
        kind = "details" if self.ledger.found.census["headers"] == headings else "headers"
        for _ in range(whole.lines - 1):
            self.ledger.count(kind)
            self.ledger.mend("wrapped")
        return True

    def _bare(self, text: str) -> str:
        """A line without what stands around every line of the text."""
        inner = text.lstrip(BLANKS)
        for name, undone in mended(inner, first=self.damage) if self.damage in AROUND else ():
            return undone if name == self.damage else text
        return text

    def raw(self, number: int, raw: str | None) -> None:
        """A line as it stands; None for one that was the end of the line above."""
        if raw is None:
            self.ledger.count("joined")
            return
        text = raw.strip(BLANKS)
        self.take(Line(number, raw.find(text) if text else 0, text))

    def take(self, line: Line) -> None:
        if not line.text:
            self._blank(line)
        elif not (self._table_line(line) or self._known(line) or self._mended(line)):
            self._other(line)

    def _other(self, line: Line) -> None:
        """No line of a table as it stands."""
        if not self._noise(line):
            self._unknown(line)

    def _blank(self, line: Line) -> None:
        """An empty line ends a table, but for one that a pager wiped."""
        self.ledger.count("blank")
        if not self.spaced and self.paged != line.number - 1:
            self.ledger.settle(among_rows=False)
            self.open = False

    def _table_line(self, line: Line) -> bool:
        """A row, a continuation, a heading or a message of a tool."""
        return self._row(line) or self._more(line) or self._heading(line) or self._new_row(line)

    def _begins(self, line: Line) -> bool:
        """A line that needs no other to be one of a table: a row or a heading."""
        return self._row(line) or self._heading(line) or self._new_row(line)

    def _mended(self, line: Line) -> bool:
        """A line of a table that something on the way has changed."""
        if len(line.text) > MENDED_AT_MOST or noise.prompt(line.text, strict=True):
            return False
        inner: Line | None = None
        for name, undone in mended(line.text, first=self.damage):
            text = undone.lstrip(BLANKS)
            indent = line.indent + len(undone) - len(text)
            whole = Line(line.number, indent, text)
            proved = name in (self.damage, PAGED)  # nothing but a pager leaves backspaces
            if text and (self._table_line(whole) if proved else self._begins(whole)):
                self.damage = name
                self.ledger.mend(name)
                if name == STAMPED:
                    self.floor.date(line.number, noise.stamp(line.text))
                return True
            if proved and self._beside(whole):
                return True
            inner = whole if proved and name in AROUND else inner
        if inner is not None:
            self.ledger.mend(str(self.damage))
            self._other(inner)
        return inner is not None

    def _beside(self, line: Line) -> bool:
        """What stands between the lines of a table that all have the same damage."""
        if not line.text:
            self._blank(line)
        return not line.text or self._known(line) or self._noise(line)

    def _row(self, line: Line) -> bool:
        """One more row of the table that is open."""
        table = self.floor.speaks
        if table is None:
            return False
        match = table.reads(table.voice, line.text)
        if match is None:
            return False
        self._add(table.voice, line, match)
        return True

    def _more(self, line: Line) -> bool:
        """A line that continues the row above, or the damaged one that stands there."""
        table = self.floor.table
        if table is None or self.floor.headings or not table.records or not self.open:
            return False
        if table.voice.opening.match(line.text):
            return False  # a damaged row, not a free text that happens to begin like one
        for kind in self._continuations(line):
            match = table.voice.match(kind, line.text)
            if match is not None:
                self._continue(table, line, match)
                return True
        return False

    def _continuations(self, line: Line) -> Iterator[str]:
        """The kinds of continuation line that may stand at this indentation."""
        if line.indent > self.indent:
            yield "detail"
        if line.indent or line.text.startswith("[") or self._between(line):
            yield "owner"
        yield "rest"

    def _continue(self, table: Table, line: Line, match: Match) -> None:
        if self.ledger.waiting:
            self.ledger.settle(among_rows=True)
            self.ledger.damaged = line.number
        if self.ledger.damaged == line.number:
            self.ledger.pass_over("orphan", line, "continues a row that could not be read")
            self.ledger.damaged = line.number + 1
            return
        self.taken = line.number
        table.records[-1].more.append(match)
        table.rivals = table.heirs = ()
        self.ledger.count("details")

    def _between(self, line: Line) -> bool:
        """Whether all indentation is lost, and what stands around tells an owner from a remark."""
        if self.indent or self.floor.table is None:
            return False
        follows = (*self._following(line), "")[0]
        if follows.startswith("[") or self.floor.table.voice.opening.match(follows):
            return True
        return " " not in line.text and any(record.more for record in self.floor.table.records[-9:])

    def _new_row(self, line: Line) -> bool:
        """A row that begins a table, or shows that the one above is another dialect's."""
        if self._turns_out(line):
            return True
        readers = self.floor.readers(line.text)
        if not readers.claims:
            return False
        (voice, match), *others = readers.claims
        stranger = self.floor.begins(line.text) and not self.floor.expects(voice)
        if stranger and line.number == self.followed:
            return False  # a damaged row of those who speak, and only its beginning
        table = self._add(voice, line, match)
        if len(table.records) == 1:
            table.rivals, table.heirs = tuple(v for v, _ in others), readers.heirs
        return True

    def _turns_out(self, line: Line) -> bool:
        """Whether a row shows that the rows above were another dialect's, and which."""
        table = self.floor.speaks
        if table is None:
            return False
        readers = [voice for voice in table.speakers[1:] if table.reads(voice, line.text)]
        if not readers:
            return False
        table.hand_over(readers[0])
        table.rivals, table.heirs = tuple(readers[1:]), ()
        return self._row(line)

    def _add(self, voice: Voice, line: Line, match: Match) -> Table:
        table = self.floor.speaks
        if table is None or table.voice is not voice:
            self.ledger.settle(among_rows=False)
            table = self.floor.begin(voice, line.number)
            self.ledger.found.tables.append(table)
        self.ledger.settle(among_rows=self.open)
        if table.rivals or table.heirs:
            table.narrow(line.text)
        table.records.append(Record(line.number, line.text, match))
        self.ledger.count("rows")
        self.indent = line.indent
        self.taken = line.number
        self.open = True
        self.skipping = None
        return table

    # ---- headings, messages, noise ------------------------------------------------------------

    def _heading(self, line: Line) -> bool:
        """A heading of any dialect, the start of a section without sockets, a tool's message."""
        for kind in ("header", "banner", "skip", "message"):
            claims = self.floor.claiming(kind, line.text)
            if not claims:
                continue
            if kind == "skip":
                self.ledger.settle(among_rows=False)
                self.skipping = f"section `{line.text}`"
                self.ledger.pass_over("section", line, self.skipping)
                self.open = False
            elif kind == "message" and self.skipping is not None:
                self.ledger.pass_over("section", line, self.skipping)
            elif kind == "message":
                self.ledger.pass_over("message", line, f"message of the tool: {line.text}")
            else:
                self._announce(line, claims)
            return True
        return False

    def _announce(self, line: Line, claims: list[Claim]) -> None:
        """A header or banner: rows are to come."""
        self.ledger.settle(among_rows=False)
        self.ledger.count("headers")
        self.floor.announce(line, claims)
        self.open = True
        self.skipping = None

    def _noise(self, line: Line) -> bool:
        """What shells, pagers and people put around tables."""
        said = noise.prompt(line.text)
        if said is not None:
            self._leave()
            coming = self.floor.coming
            coming.host = said.host or coming.host
            if said.command is not None:
                coming.command = said.command if said.runs_tool else None
            self.ledger.pass_over("prompt", line, "prompt")
            return True
        when = noise.moment(line.text)
        if when is not None or noise.clock(line.text):
            self._leave()
            self.floor.coming.time, self.floor.coming.zone_known = when or (None, True)
            self.ledger.pass_over("time", line, "time")
            return True
        return False

    def _known(self, line: Line) -> bool:
        """Lines that stand beside tables and mean nothing for them."""
        kind = noise.known(line.text)
        if kind is not None:
            self.ledger.pass_over(kind, line, kind)
            self.paged = line.number if kind == PAGER else self.paged
        return kind is not None

    def _distrust(self, table: Table) -> None:
        """Take back the last row: it may have been cut at its end."""
        record = table.records[-1]
        table.records.drop({id(record)})
        lines = 1 + len(record.more)
        self.ledger.count("rows", -1)
        self.ledger.count("details", 1 - lines)
        self.ledger.refuse(Line(record.line, 0, record.text), table.voice, REST)
        self.ledger.count("problems", lines - 1)

    def _unknown(self, line: Line) -> None:
        if line.number == self.doubted and self.floor.table is not None:
            self._distrust(self.floor.table)
        opener = self.floor.opens(line.text)
        if opener is None and self.floor.headings and begins_as_rows_do(line.text):
            opener = (*self.floor.claims, None)[0]
        if opener is None and self._announces(line):
            self._announce(line, [])
        elif self.skipping is not None:
            self.ledger.pass_over("section", line, self.skipping)
        elif self.open and not (opener and self.floor.headings):
            self.ledger.wait(line)
        elif opener is not None or self._beheaded(line):
            self.ledger.refuse(line, opener)
        else:
            self.ledger.pass_over("text", line, "text")

    def _beheaded(self, line: Line) -> bool:
        """Whether a line above rows is the rest of one: a dump that was cut at its start."""
        if not noise.holds_data(line.text):
            return False
        following = self._following(line)
        return bool(following) and bool(self.floor.claiming("row", following[0]))

    # ---- what a line begins or ends ---------------------------------------------------------

    def _announces(self, line: Line) -> bool:
        """Whether an unknown line is a heading in another language, by what follows it."""
        following = self._following(line)
        if not following or not following[0] or noise.holds_data(line.text):
            return False
        if sum(word.isdecimal() for word in line.text.split()) >= NUMBERS:
            return False
        if self.floor.claiming("header", following[0]):
            return True
        among_rows = self.open and not self.floor.headings
        if among_rows or (len(line.text.split()) < HEADING_WORDS and not self.floor.headings):
            return False
        below = following[0]
        if self.floor.claiming("row", below) or (self.floor.headings and self.floor.opens(below)):
            return True
        unknown = len(below.split()) >= HEADING_WORDS and not noise.prompt(below)
        return unknown and len(following) > 1 and bool(self.floor.claiming("row", following[1]))

    def _following(self, line: Line) -> list[str]:
        """The next two lines."""
        near = self.lines[line.number : line.number + LOOK_AHEAD]
        return [raw.strip(BLANKS) for raw in near if raw is not None][:2]

    def _leave(self) -> None:
        """A shell or a clock speaks: another command begins, headings without rows stay so."""
        self.ledger.settle(among_rows=False)
        self.floor.leave()
        self.floor.coming.breaks = True
        self.open = False
        self.skipping = None

    def close(self) -> None:
        self.ledger.settle(among_rows=False)
        self.floor.leave()
        tables = self.ledger.found.tables
        if self.floor.empty is not None and not tables:
            tables.append(self.floor.empty)
        agree(tables)
