"""Rows, and the lines that continue them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nsparse.reading.cells.convert import Record
from nsparse.reading.damage.readings import is_stub
from nsparse.reading.grammar.grammar import Match
from nsparse.reading.tables import noise
from nsparse.reading.tables.course import Course
from nsparse.reading.tables.ledger import Line, Opener
from nsparse.reading.tables.table import Table, Voice
from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.tables.rows import Run

AFTER_BLANK = 2
"""Forums and XP put an empty line between a row and the line of its program."""

OWNER_LINES = 20
"""Windows XP names so many modules, one a line, before the program that a connection is of."""

TAB = 8
"""A terminal has a stop at every so many characters."""

ROW_INDENT = 2
"""Windows indents rows so far, and by one less why it names no program; who copies rows may begin
behind the blanks of the first."""

REST = "the rest of the row, which the line below may be"
"""What a row lacks that may have been cut, where its end would go on with the next line."""


class Half(NamedTuple):
    """The first line of a row of two, who reads it, and what."""

    line: Line
    voice: Voice
    match: Match


class Body:
    """The rows of the tables of a text."""

    def __init__(self, course: Course) -> None:
        self.course, self.floor, self.ledger = course, course.floor, course.ledger
        self._half: Half | None = None
        """The line that is a row if the next one is its second half."""
        self._paired: Record | None = None
        """The last row that had both."""

    def extend(self, table: Table, run: Run) -> None:
        """Many rows that simply go on a table."""
        self.ledger.settle(among_rows=self.course.open)
        table.records.extend(run)
        for kind, lines in run.census.items():
            self.ledger.count(kind, lines)
        self.course.taken = run.line(0) + run.reach - 1
        self._stand(run.indent)

    def rows(self, number: int) -> int:
        """Take the rows from a line on that stand above other rows; how many there are.

        Where the next line surely is a row, nothing below is the rest of this one.
        """
        table, lines = self.floor.speaks, self.course.lines
        if table is None:
            return 0
        found: list[Record] = []
        text = (lines[number - 1] or "").strip(BLANKS)
        for at in range(number, len(lines)):
            below = (lines[at] or "").strip(BLANKS)
            match = table.reads(table.voice, text) if self.floor.begins(below) else None
            if match is None:
                break
            if table.rivals or table.heirs:
                table.narrow(text)
            found.append(Record(at, text, match))
            text = below
        if found:
            self._take(table, found)
        return len(found)

    def _take(self, table: Table, records: Sequence[Record]) -> None:
        """More rows of a table, one below the other."""
        last = records[-1]
        self.ledger.settle(among_rows=self.course.open)
        table.records.more(records)
        self.ledger.count("rows", len(records))
        self.course.taken = last.line
        self._stand((self.course.lines[last.line - 1] or "").find(last.text))

    def row(self, line: Line) -> bool:
        """One more row of the table that is open, or the first half of one."""
        table = self.floor.speaks
        match = table.reads(table.voice, line.text) if table is not None else None
        if table is None or match is None:
            return self._halved(line)
        self._add(table.voice, line, match)
        return True

    def _halved(self, line: Line) -> bool:
        """The first line of a row of two, which waits for the second: alone it is none.

        Where such rows stand, or others that begin with an end as it does, it is a damaged one.
        """
        if not self.course.open:
            return False
        claims = self.floor.claiming("first", line.text, self.floor.near)
        if not claims:
            return False
        (voice, match), *_ = claims
        self._half = Half(line, voice, match)
        table, speaker = self.floor.table, self.floor.voice()
        paired = table is not None and table.records[-1:] == [self._paired]
        among = self.floor.headings or paired
        sure = among or noise.begins_with_end(line.text)
        self.ledger.wait(line, Opener(speaker, voice) if sure else None)
        return True

    def _second(self, line: Line) -> bool:
        """The other half of a row whose first stands above."""
        half, waiting = self._half, self.ledger.waiting
        if half is None or not waiting or waiting[-1][0] is not half.line:
            return False
        match = half.voice.match("second", line.text)
        if match is None:
            return False
        waiting.pop()
        table = self._add(half.voice, half.line, half.match)
        self._paired = table.records[-1]
        self._continue(table, line, match)
        return True

    def more(self, line: Line) -> bool:
        """A line that continues the row above, or the damaged one that stands there."""
        if self._second(line):
            return True
        table = self.floor.table
        if table is None or self.floor.headings or not table.records or not self._is_near(line):
            return False
        if table.voice.opening.match(line.text) or is_stub(table.records[-1].text, line.text):
            return False  # a damaged row, not a free text that happens to begin like one
        for kind in self._continuations(line):
            match = table.voice.match(kind, line.text)
            if match is not None:
                self._continue(table, line, match)
                return True
        return False

    def _continuations(self, line: Line) -> Iterator[str]:
        """The kinds of continuation line that may stand at this indentation."""
        if line.indent > self.course.indent or self._is_behind_a_tab(line):
            yield "detail"
        if self._has_owners() and self._owns(line) and not self._heads(line.text):
            yield "owner"
        yield "rest"

    def _is_behind_a_tab(self, line: Line) -> bool:
        """Whether a TAB indents a line, and blanks the row above, by less than that."""
        table, lines = self.floor.table, self.course.lines
        if table is None or not (lines[line.number - 1] or "").startswith("\t"):
            return False
        row = lines[table.records[-1].line - 1] or ""
        return not row.startswith("\t") and self.course.indent < TAB

    def _has_owners(self) -> bool:
        """Whether those who speak print owners on lines of their own."""
        return self.floor.table is not None and "owner" in self.floor.table.voice.kinds

    def _is_near(self, line: Line) -> bool:
        """Whether a line stands among rows: a program in brackets also below one empty line."""
        below = line.number - self.course.taken
        return self.course.open or (line.text.startswith("[") and below == AFTER_BLANK)

    def _heads(self, text: str) -> bool:
        """Whether a line of several words is a heading, of any dialect."""
        kinds = ("header", "banner") if " " in text else ()
        return any(self.floor.claiming(kind, text) for kind in kinds)

    def _continue(self, table: Table, line: Line, match: Match) -> None:
        if self.ledger.waiting:
            self.ledger.settle(among_rows=True)
            self.ledger.damaged = line.number
        if self.ledger.damaged == line.number:
            self.ledger.pass_over("orphan", line, "continues a row that could not be read")
            self.ledger.damaged = line.number + 1
            return
        self.course.taken = line.number
        table.records[-1].more.append(match)
        table.rivals = table.heirs = ()
        self.ledger.count("details")

    def _owns(self, line: Line) -> bool:
        """Whether a line may name an owner: by its brackets, or by what stands around.

        Where nothing but such lines follow it is a remark, if none of the rows above names an owner
        and it is not indented less than they are; and so are several words without indentation.
        """
        table = self.floor.table
        if line.text.startswith("[") or table is None:
            return table is not None
        if self.course.indent and not line.indent:
            return False
        named = any(record.more for record in table.records[-9:])
        less = 0 < line.indent < max(self.course.indent, ROW_INDENT)
        if line.indent:
            return less or named or self._is_above_more(line, table.voice)
        follows = (*self.course.following(line), "")[0]
        if follows.startswith("[") or table.voice.opening.match(follows):
            return True
        return named and " " not in line.text

    def _is_above_more(self, line: Line, voice: Voice) -> bool:
        """Whether the lines below go on with the table, or with what is none of its owners.

        Below an empty line only a program does.
        """
        parted = False
        for raw in self.course.lines[line.number : line.number + OWNER_LINES]:
            text = (raw or "").strip(BLANKS)
            if not text:
                parted = not self.course.spaced
            elif text.startswith("[") or parted or voice.match("owner", text) is None:
                return text.startswith("[") or not parted
        return False

    def new_row(self, line: Line) -> bool:
        """A row that begins a table, or shows that the one above is another dialect's."""
        if self._turns_out(line):
            return True
        readers = self.floor.readers(line.text)
        if not readers.claims:
            return False
        (voice, match), *others = readers.claims
        stranger = self.floor.begins(line.text) and not self.floor.expects(voice)
        if stranger and line.number == self.course.followed:
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
        return self.row(line)

    def _add(self, voice: Voice, line: Line, match: Match) -> Table:
        table = self.floor.speaks
        if table is None or table.voice is not voice:
            self.ledger.settle(among_rows=False)
            table = self.floor.begin(voice, line.number)
            self.ledger.found.tables.append(table)
        self.ledger.settle(among_rows=self.course.open)
        if table.rivals or table.heirs:
            table.narrow(line.text)
        table.records.append(Record(line.number, line.text, match))
        self.ledger.count("rows")
        self.course.taken = line.number
        self._stand(line.indent)
        return table

    def _stand(self, indent: int) -> None:
        """Rows are open, and the last is indented so far."""
        self.course.indent = indent
        self.course.open = True
        self.course.skipping = None

    def distrust(self, missing: str = REST) -> None:
        """Take back the last row, if there is one: it may have been cut at its end."""
        table = self.floor.table
        if table is None:
            return
        self.take_back(table, [table.records[-1]], missing)

    def take_back(self, table: Table, records: Sequence[Record], missing: str) -> None:
        """Some rows, with the lines that continue them, are none: they lack something."""
        table.records.drop({id(record) for record in records})
        for record in records:
            self.ledger.count("rows", -1)
            self.ledger.count("details", -len(record.more))
            self.ledger.refuse(Line(record.line, 0, record.text), table.voice, missing)
            self.ledger.count("problems", len(record.more))
