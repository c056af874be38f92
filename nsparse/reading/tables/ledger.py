"""What becomes of the lines that are no rows: passed over, refused, or not settled yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from nsparse.reading.damage.readings import is_stub
from nsparse.reading.tables import noise
from nsparse.reading.tables.spoken import is_sentence
from nsparse.reading.tables.table import Sections, Stretch, Unread, Voice

LOST_AFTER = 1
"""So many unknown lines at a table's end are still called damaged rows, if they hold a number."""


class Line(NamedTuple):
    """One line: its number, how far it is indented, and what stands there between blanks."""

    number: int
    indent: int
    text: str


class Opener(NamedTuple):
    """The dialect whose rows begin as a line does, if any, as long as another is speaking."""

    speaker: Voice | None
    voice: Voice | None


@dataclass
class Ledger:
    """The account of every line, kept in `found`.

    Attributes:
        found: What the text holds, as far as it has been read.
        explains: Who can explain a damaged line: the dialect whose rows begin as it does, or None.
        speaks: The dialect that is speaking, if any.
        waiting: Lines nobody knew among rows: what follows decides what they are. With each who
            can explain it, where that is known.
        damaged: The line that would continue a row that could not be read.
    """

    found: Sections
    explains: Callable[[str], Voice | None]
    speaks: Callable[[], Voice | None]
    waiting: list[tuple[Line, Opener | None]] = field(default_factory=list)
    damaged: int = 0

    def count(self, kind: str, lines: int = 1) -> None:
        """More lines of a kind."""
        self.found.census[kind] += lines

    def mend(self, name: str, lines: int = 1) -> None:
        """More lines that were read after that damage was undone."""
        self.found.mended[name] += lines

    def pass_over(self, kind: str, line: Line, what: str) -> None:
        """A line that is no row on purpose; neighbours of one kind are one stretch."""
        self.count(kind)
        stretches = self.found.stretches
        if stretches and stretches[-1].what == what and stretches[-1].last == line.number - 1:
            stretches[-1] = stretches[-1]._replace(last=line.number)
        else:
            stretches.append(Stretch(line.number, line.number, what))

    def refuse(self, line: Line, voice: Voice | None, missing: str = "") -> None:
        """A line that is no row and should have been one."""
        self.found.unread.append(Unread(line.number, voice, line.text, missing))
        self.count("problems")
        self.damaged = line.number + 1

    def wait(self, line: Line, opener: Opener | None = None) -> None:
        """A line that nobody knows, among rows."""
        self.waiting.append((line, opener))

    def explain(self, number: int, voice: Voice, of: Callable[[str], bool]) -> None:
        """A line that is waiting, if it is the last, is a damaged row of a dialect if it may be."""
        for line, _ in self.waiting[-1:]:
            if line.number == number and of(line.text):
                self.waiting[-1] = line, Opener(self.speaks(), voice)

    def settle(self, *, among_rows: bool) -> None:
        """Lines nobody knew are damaged rows when rows follow or they are few; else text.

        What is said between rows is text.
        """
        few = len(self.waiting) <= LOST_AFTER
        for line, opener in self.waiting:
            known = opener is not None and opener.speaker is self.speaks()
            voice = opener.voice if opener and known else self.explains(line.text)
            among = among_rows and not is_sentence(line.text)
            if among or voice is not None or self._was_row(line.text, few=few):
                self.refuse(line, voice or self.speaks())
            else:
                self.pass_over("text", line, "text")
        self.waiting = []

    def _was_row(self, text: str, *, few: bool) -> bool:
        """Whether a line at the end of a table was a row of it, by its numbers, or its protocol."""
        if noise.holds_row(text) or (few and noise.holds_numbers(text)):
            return True
        above = self.found.tables[-1].records[-1:] if self.found.tables else []
        return any(is_stub(row.text, text) for row in above)
