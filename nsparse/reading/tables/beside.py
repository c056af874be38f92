"""Lines that are no rows: headings, what tools and shells say, and what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.reading.damage.readings import begins_as_rows_do, ends_as_rows_do, is_state
from nsparse.reading.foreign import outputs as foreign
from nsparse.reading.tables import noise, times
from nsparse.reading.tables.course import Course
from nsparse.reading.tables.ledger import Line
from nsparse.reading.tables.noise import Prompt
from nsparse.reading.tables.spoken import is_sentence
from nsparse.reading.texts.text import BLANKS
from nsparse.reading.texts.unbroken import is_of_family

if TYPE_CHECKING:
    from nsparse.reading.tables.table import Voice

PAGER = "pager"

ABOVE = 12
"""So many lines below a row that is left of one table the next one's rows begin: a prompt, a
banner and headings stand between, and empty lines."""

BROKEN = "a line end, for rows stand behind the heading"
"""What a heading lacks that names both ends of a socket."""

NUMBERS = 2
"""No heading in any language has so many numbers that stand alone."""

HEADING_WORDS = 3
"""A heading in any language names at least a protocol and two ends."""


OF_SOURCE = frozenset('="`')
"""Signs of a program's source, which no heading has in any language."""


class Beside:
    """The lines around and between rows."""

    def __init__(self, course: Course) -> None:
        self.course, self.floor, self.ledger = course, course.floor, course.ledger
        self._unclosed = -1
        """The line of a message that has opened a parenthesis and not closed it."""

    def blank(self, line: Line, *, idle: bool = False) -> None:
        """An empty line ends a table, but for one that a pager wiped."""
        if idle or not (self.course.spaced or self.course.paged == line.number - 1):
            self.course.close()
        if idle:
            self.ledger.pass_over("text", line, "text")
        else:
            self.ledger.count("blank")

    def heading(self, line: Line) -> bool:
        """A heading of any dialect, the start of a section without sockets, a tool's message."""
        for kind in ("header", "banner", "skip", "message"):
            claims = self.floor.claiming(kind, line.text)
            if not claims:
                continue
            if kind == "skip":
                self.ledger.settle(among_rows=False)
                self.course.skipping = f"section `{line.text}`"
                self.ledger.pass_over("section", line, self.course.skipping)
                self.course.open = False
            elif kind == "message" and self.course.skipping is not None:
                self.ledger.pass_over("section", line, self.course.skipping)
            elif kind == "message":
                self._say(line)
            elif noise.holds_two_ends(line.text):
                self.ledger.refuse(line, claims[0][0], BROKEN)
            else:
                self.course.announce(line, claims, header=kind == "header")
            return True
        return False

    def _say(self, line: Line) -> None:
        """A line of what the tool says."""
        self.ledger.pass_over("message", line, f"message of the tool: {line.text}")
        if "(" in line.text and ")" not in line.text:
            self._unclosed = line.number

    def noise(self, line: Line) -> bool:
        """What shells, pagers and people put around tables."""
        said = noise.prompt(line.text)
        if said is not None:
            self._asked(said)
            self.ledger.pass_over("prompt", line, "prompt")
            return True
        when = times.moment(line.text)
        if when is not None or times.clock(line.text):
            self.course.leave()
            self.floor.coming.time, self.floor.coming.zone_known = when or (None, True)
            self.ledger.pass_over("time", line, "time")
            return True
        return False

    def _asked(self, said: Prompt) -> None:
        """A command begins, on the host that is named."""
        self.course.leave()
        coming = self.floor.coming
        coming.host = said.host or coming.host
        coming.loops, coming.away = said.loops, said.away
        if said.command is not None:
            coming.command = said.command if said.runs_tool else None

    def known(self, line: Line) -> bool:
        """Lines that stand beside tables and mean nothing for them, but for what `watch` says."""
        kind = noise.known(line.text)
        if kind is not None:
            watched = noise.watched(line.text) if kind == noise.WATCH else None
            if watched is not None:
                self._asked(watched)
                coming = self.floor.coming
                coming.time, coming.zone_known = times.moment(watched.time) or (None, True)
            if kind == "fence" or len(line.text) == 1:
                self.course.close()
            self.ledger.pass_over(kind, line, kind)
            self.course.paged = line.number if kind == PAGER else self.course.paged
        return kind is not None

    def unknown(self, line: Line) -> None:
        """A line that is none of all that: text, or what has been a row."""
        if self._goes_on(line):
            self._say(line)
            return
        opener = self.floor.opens(line.text)
        if self._is_anothers(line, opener):
            self.ledger.pass_over("text", line, "text")
            return
        if opener is None and self.floor.headings and is_odd_row(line.text):
            opener = (*self.floor.claims, None)[0]
        if opener is None and not self._beheaded(line) and self._announces(line):
            self.course.announce(line, [])
        elif self.course.skipping is not None:
            self.ledger.pass_over("section", line, self.course.skipping)
        elif self.course.open and not (opener and self.floor.headings):
            self.ledger.wait(line)
        elif opener is not None or self._beheaded(line) or is_of_family(line.text):
            self.ledger.refuse(line, opener)
        else:
            self.ledger.pass_over("text", line, "text")

    def _is_anothers(self, line: Line, opener: Voice | None) -> bool:
        """Whether another command printed a line: what it begins runs to the next empty one."""
        if self.course.skipping is not None:
            return False
        begins = opener is None and foreign.begins(line.text)
        if begins:
            self.course.close()
        elif self.course.elsewhere != line.number - 1:
            return False
        self.course.elsewhere = line.number
        return True

    def _goes_on(self, line: Line) -> bool:
        """Whether a line is the second of three in parentheses, as some translations have it."""
        below = self.course.following(line)[:1] if self._unclosed == line.number - 1 else ()
        return any(text.endswith(")") and self.floor.claiming("message", text) for text in below)

    def _beheaded(self, line: Line) -> bool:
        """Whether a line above rows is the rest of one: a dump that was cut at its start.

        Right above a row data is enough; what else the first line of a text may be, a row tells.
        """
        holds_data = noise.holds_data(line.text)
        below = self.course.following(line)[:1]
        if holds_data and any(self.floor.claiming("row", text) for text in below):
            return True
        if not self._is_first():
            return False
        if holds_data or any(map(is_state, line.text.split())):
            near = self.course.lines[line.number : line.number + ABOVE]
            below = [raw.strip(BLANKS) for raw in near if raw]
        rows = ((voice, text) for text in below for voice, _ in self.floor.claiming("row", text))
        return any(ends_as_rows_do(voice, row, line.text) for voice, row in rows)

    def _is_first(self) -> bool:
        """Whether no line of the text has said anything yet."""
        return not any(kind != "blank" for kind in self.ledger.found.census)

    def _announces(self, line: Line) -> bool:
        """Whether an unknown line is a heading in another language, by what follows it."""
        following = self.course.following(line)
        numbers = noise.holds_data(line.text) or noise.holds_numbers(line.text)
        if numbers or not following or not following[0]:
            return False
        if not OF_SOURCE.isdisjoint(line.text) or is_sentence(line.text):
            return False
        if sum(word.isdecimal() for word in line.text.split()) >= NUMBERS:
            return False
        if self.floor.claiming("header", following[0]):
            return True
        among_rows = self.course.open and not self.floor.headings
        if among_rows or (len(line.text.split()) < HEADING_WORDS and not self.floor.headings):
            return False
        below = following[0]
        if self.floor.claiming("row", below) or (self.floor.headings and self.floor.opens(below)):
            return True
        unknown = len(below.split()) >= HEADING_WORDS and not noise.prompt(below)
        return unknown and len(following) > 1 and bool(self.floor.claiming("row", following[1]))


def is_odd_row(text: str) -> bool:
    """Whether what stands below headings is a row, though of nobody who is known."""
    return begins_as_rows_do(text) or noise.holds_numbers(text)
