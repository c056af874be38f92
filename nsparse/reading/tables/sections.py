"""Numbered lines to tables of sockets, with every line accounted for.

A line is asked, in this order: is it a row of the dialect that is speaking, does it
continue the row above, is it a row of another dialect, a header, a banner, something
the tool says beside its table, noise of shells and pagers? What is left is a problem
when it stands among rows or begins like one, and other text when it does not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence, Set
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING

from nsparse.reading.damage.margin import CUT, cuts
from nsparse.reading.damage.readings import begins_alike
from nsparse.reading.damage.stubs import shortened
from nsparse.reading.damage.tail import STOPS, WHOLE, Tail, is_beginning, is_cut
from nsparse.reading.damage.wraps import Whole, Wraps
from nsparse.reading.tables import noise, times
from nsparse.reading.tables.alike import Alike
from nsparse.reading.tables.beside import Beside
from nsparse.reading.tables.body import Body
from nsparse.reading.tables.course import ENDLESS, Bounded, Course
from nsparse.reading.tables.floor import Floor
from nsparse.reading.tables.implied import who_left_headings_out
from nsparse.reading.tables.ledger import Ledger, Line
from nsparse.reading.tables.table import Sections, Table, Voice, agree, name_hosts
from nsparse.reading.tables.unread import Unreads
from nsparse.reading.texts.coded import double_spaced
from nsparse.reading.texts.mend import AROUND, COMMENTED, PAGED, STAMPED, mended
from nsparse.reading.texts.peel import Mended, Peels
from nsparse.reading.texts.text import BLANKS

if TYPE_CHECKING:
    from nsparse.reading.columns.runs import Runs

MENDED_AT_MOST = 10_000
"""Longer lines are not mended: no row is that long, and mends look at every place of a line."""


def read_sections(
    lines: Sequence[str | None],
    voices: Sequence[Voice],
    runs: Runs | None = None,
    tail: Tail = WHOLE,
    idle: Set[int] = frozenset(),
    hosts: Mapping[int, str] = MappingProxyType({}),
) -> Sections:
    """Find the tables of a text; a line that is None was the end of the one above.

    Args:
        lines: The lines.
        voices: The dialects.
        runs: Who reads many rows at a time, if anybody.
        tail: How the text stops.
        idle: Lines that were made empty, for they said nothing of a table.
        hosts: Lines that stand for the names of hosts, each of which speaks below.
    """
    walk = _walked(lines, voices, runs, tail, idle, hosts)
    implied = who_left_headings_out(walk.ledger.found, walk.floor, lines)
    if implied:
        walk = _walked(lines, voices, runs, tail, idle, hosts, implied)
    cut = list(cuts(walk.ledger.found, lines))
    widths = {record.line: one.width for one in cut for record in one.rows}
    kept = shortened(cut, walk.ledger.found.unread, lines)
    if kept:
        parts = [kept.get(number, line) for number, line in enumerate(lines, 1)]
        end = WHOLE if len(lines) in kept else tail
        walk = _walked(parts, voices, None, end, idle, hosts, implied)
        walk.ledger.mend("cut", len(kept))
    walk.take_back({line: width for line, width in widths.items() if line not in kept})
    found = walk.ledger.found
    found.cut_at = tuple(sorted({one.width for one in cut}))
    agree(found.tables)
    name_hosts(found.tables)
    return found


def _walked(
    lines: Sequence[str | None],
    voices: Sequence[Voice],
    runs: Runs | None,
    tail: Tail,
    idle: Set[int],
    hosts: Mapping[int, str],
    implied: Sequence[Voice] = (),
) -> _Walk:
    """All lines, one after the other."""
    long = range(len(lines)) if runs is None else runs.long
    endless = [at for at in long if len(lines[at] or "") > ENDLESS]
    floor = Floor(voices, implied)
    walk = _Walk(Bounded(lines, endless) if endless else lines, floor, idle, hosts)
    number = 1
    while number <= len(lines):
        number += walk.rows(number) if runs is None else walk.run(runs, number)
        if number <= len(lines):
            number += walk.nobodys(number) or walk.rows(number) or walk.line(number)
    walk.close(tail)
    del walk.wraps  # they know each other, and a circle would keep a large text for long
    return walk


class _Walk:
    """From line to line."""

    def __init__(
        self,
        lines: Sequence[str | None],
        floor: Floor,
        idle: Set[int],
        hosts: Mapping[int, str],
    ) -> None:
        self.lines, self.idle, self.hosts = lines, idle, hosts
        self.floor = floor
        self.ledger = Ledger(Sections(unread=Unreads(lines)), self.floor.opens, self.floor.voice)
        self.course = Course(lines, self.floor, self.ledger, double_spaced(lines))
        self.body = Body(self.course)
        self.beside = Beside(self.course)
        self.wraps = Wraps(lines, self.floor, self._bare)
        self.alike = Alike(self.course)
        self.unknown = 0  # the last line that nobody knew
        self.damage: str | None = None  # the mend that helped the last line that needed one
        self.mended: Mended | None = None  # that line
        self.peels = Peels(lines, floor.voices)
        self.doubted = (
            0  # the line that may be the rest of the one that last said something of a row
        )

    def run(self, runs: Runs, number: int) -> int:
        """Take the rows from a line on that simply go on the table; how many there are."""
        table = self.floor.speaks
        if table is None:
            return 0
        return self._run_mended(table, number) or self._run(table, runs, number)

    def _run_mended(self, table: Table, number: int) -> int:
        """The same below a line that was mended, where those below have the same damage."""
        above = self.mended
        if above is None or above.number != number - 1:
            return 0
        runs = self.peels.below(above, table.voice)
        taken = self._run(table, runs, number) if runs is not None else 0
        if taken:
            self.ledger.mend(above.name, taken)
            self.mended = above._replace(number=number - 1 + taken)
        return taken

    def _run(self, table: Table, runs: Runs, number: int) -> int:
        run = runs.at(table, number, self.wraps.ends)
        if run is not None and self.wraps.whole(number + run.reach - 1):
            run = run.without_last()
        if run is None or not len(run):
            return 0
        self.body.extend(table, run)
        return run.reach

    def rows(self, number: int) -> int:
        """The same one by one: rows above other rows, which need no look at what is around them."""
        return 0 if self.damage in AROUND else self.body.rows(number)

    def nobodys(self, number: int) -> int:
        """Take the lines below a row or a damaged one that are damaged; how many there are."""
        if number <= self.doubted or self.damage in AROUND or self.course.elsewhere == number - 1:
            return 0
        if not self._may_be_nobodys(number):
            return 0
        taken = self.alike.take(number, self.damage)
        if taken:
            self.unknown = number - 1 + taken
        return taken

    def _may_be_nobodys(self, number: int) -> bool:
        """Whether a line stands below a damaged one, or below a row and only begins as one."""
        if self.unknown == number - 1:
            return True
        table = self.floor.speaks
        if table is None or self.course.taken != number - 1:
            return False
        text = (self.lines[number - 1] or "").strip(BLANKS)
        return self.floor.begins(text) and table.reads(table.voice, text) is None

    def line(self, number: int) -> int:
        """A line, with those below that are its rest; how many there are."""
        if isinstance(self.lines, Bounded) and number - 1 in self.lines.endless:
            self._unknown(Line(number, 0, self.lines.head(number - 1)))
            return 1
        whole = self.wraps.whole(number)
        self.course.followed = number if whole else 0
        if whole is None or whole.lines == 1 or not self._joined(number, whole):
            self.raw(number, self.lines[number - 1])
            whole = whole and whole._replace(lines=1)
        if whole is not None and whole.doubt and self.course.taken == number:
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
        if self.damage in AROUND:
            for name, undone in mended(text.lstrip(BLANKS), first=self.damage):
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
        """A line, blanks around it aside."""
        if line.number in self.hosts:
            self.course.leave()
            self.floor.coming.host = self.hosts[line.number]
        elif not line.text:
            if self.unknown == line.number - 1:
                self.unknown = line.number  # as what stands below is no other text for that
            self.beside.blank(line, idle=line.number in self.idle)
        elif self.body.row(line) or self.body.more(line):
            pass
        elif self.floor.looks.is_dull(line.text, self.damage):
            self._leave_comments()
            self._unknown(self._begun(line))
        elif not (self._start(line) or self.beside.known(line) or self._mended(line)):
            self._leave_comments()
            self._other(line)

    def _leave_comments(self) -> None:
        """A line without the mark of a comment is code, if what stands above has one."""
        if self.damage == COMMENTED:
            self.course.end()
            self.course.open = False

    def _other(self, line: Line) -> None:
        """No line of a table as it stands."""
        begun = self._begun(line)
        if begun is not line or not self.beside.noise(line):
            self._unknown(begun)

    def _begun(self, line: Line) -> Line:
        """A damaged row, without what stands in front of it before that is known of all lines."""
        behind = self.floor.opens_behind(line.text) if self.damage is None else None
        return line if behind is None else line._replace(text=behind)

    def _unknown(self, line: Line) -> None:
        """Text, or what has been a row."""
        self.unknown = line.number
        if line.number == self.doubted and self._may_be_rest(line):
            self.body.distrust()
        self.beside.unknown(line)

    def _may_be_rest(self, line: Line) -> bool:
        """Whether an unknown line may be the rest of the row above, and no text behind a table."""
        table = self.floor.table
        if table and table.records and begins_alike(table.records[-1].text, line.text):
            return False
        below = self.course.following(line)[:1]
        return noise.may_be_rest(line.text) or any(map(self.floor.opens, below))

    def _table_line(self, line: Line) -> bool:
        """A row, a continuation, a heading or a message of a tool."""
        return self.body.row(line) or self.body.more(line) or self._start(line)

    def _begins(self, line: Line) -> bool:
        """A line that needs no other to be one of a table: a heading, or a row of several words."""
        return (len(line.text.split(None, 1)) > 1 and self.body.row(line)) or self._start(line)

    def _start(self, line: Line) -> bool:
        """A heading, or a row that begins a table."""
        if not self.floor.may_start(line.text):
            return False
        return self.beside.heading(line) or self.body.new_row(line)

    def _mended(self, line: Line) -> bool:
        """A line of a table that something on the way has changed."""
        if len(line.text) > MENDED_AT_MOST or noise.prompt(line.text, strict=True):
            return False
        inner: Line | None = None
        for name, undone in mended(line.text, first=self.damage):
            text = undone.lstrip(BLANKS)
            indent = line.indent + len(undone) - len(text)
            whole = Line(line.number, indent, text)
            proved = name in (self.damage, PAGED)
            if text and (self._table_line(whole) if proved else self._begins(whole)):
                self.damage = name
                self.mended = Mended(line.number, line.text, undone, name)
                self.ledger.mend(name)
                if name == STAMPED:
                    self.floor.date(line.number, times.stamp(line.text))
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
            self.beside.blank(line)
        return not line.text or self.beside.known(line) or self.beside.noise(line)

    def close(self, tail: Tail) -> None:
        """No line follows."""
        table, last = self.floor.table, len(self.lines)
        if table is None or not len(table.records):
            pass
        elif is_cut(table, tail, last):
            self.body.distrust(STOPS)
        elif tail.ends:
            self.ledger.explain(last, table.voice, partial(is_beginning, table, tail))
        self.course.end()

    def take_back(self, widths: Mapping[int, int]) -> None:
        """Rows that are none, for they were cut: their lines, and at which width each."""
        cut = sorted(widths)
        for table in self.ledger.found.tables if widths else ():
            first, last = table.records.span if len(table.records) else (1, 0)
            if bisect_left(cut, first) < bisect_right(cut, last):
                rows = [row for row in table.records.as_records() if row.line in widths]
                for width, some in groupby(rows, key=lambda row: widths[row.line]):
                    self.body.take_back(table, list(some), CUT.format(width))
