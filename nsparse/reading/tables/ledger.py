"""What becomes of the lines that are no rows: passed over, refused, or not settled yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from nsparse.reading.damage.readings import is_stub
from nsparse.reading.tables import noise
from nsparse.reading.tables.spoken import is_sentence
from nsparse.reading.tables.table import Sections, Stretch, Voice
from nsparse.reading.tables.unread import Unread
from nsparse.reading.texts.text import BLANKS

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


class Lot(NamedTuple):
    """Lines one below the other, read as they stand, of which is known who can explain each.

    None is a sentence.

    Attributes:
        first: The number of the first.
        speaker: The dialect that was speaking.
        voices: The dialects whose rows begin as they do, where there are such.
    """

    first: int
    speaker: Voice | None
    voices: Sequence[Voice | None]


Waiting = tuple[Line, Opener | None] | Lot
"""Lines that nobody knew, with each who can explain it."""


@dataclass
class Ledger:
    """The account of every line, kept in `found`.

    Attributes:
        found: What the text holds, as far as it has been read.
        explains: Who can explain a damaged line: the dialect whose rows begin as it does, or None.
        speaks: The dialect that is speaking, if any.
        waiting: Lines nobody knew among rows, one by one or many: what follows decides what they
            are. With each who can explain it, where that is known.
        damaged: The line that would continue a row that could not be read.
    """

    found: Sections
    explains: Callable[[str], Voice | None]
    speaks: Callable[[], Voice | None]
    waiting: list[Waiting] = field(default_factory=list)
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

    def refuse_all(self, first: int, voices: Sequence[Voice | None]) -> None:
        """The same of lines one below the other, read as they stand."""
        self.found.unread.extend(first, voices)
        self.count("problems", len(voices))
        self.damaged = first + len(voices)

    def wait(self, line: Line, opener: Opener | None = None) -> None:
        """A line that nobody knows, among rows."""
        self.waiting.append((line, opener))

    def explain(self, number: int, voice: Voice, of: Callable[[str], bool]) -> None:
        """A line that is waiting, if it is the last, is a damaged row of a dialect if it may be."""
        waiting = [one for some in self.waiting for one in self._one_by_one(some)]
        for line, _ in waiting[-1:]:
            if line.number == number and of(line.text):
                self.waiting = [*waiting[:-1], (line, Opener(self.speaks(), voice))]

    def settle(self, *, among_rows: bool) -> None:
        """Lines nobody knew are damaged rows when rows follow or they are few; else text.

        What is said between rows is text.
        """
        waiting, self.waiting = self.waiting, []
        lines = (len(some.voices) if isinstance(some, Lot) else 1 for some in waiting)
        few = sum(lines) <= LOST_AFTER
        for some in waiting:
            if isinstance(some, Lot) and among_rows and some.speaker is self.speaks():
                self.refuse_all(some.first, [voice or some.speaker for voice in some.voices])
                continue
            for line, opener in self._one_by_one(some):
                self._settle(line, opener, among_rows=among_rows, few=few)

    def _one_by_one(self, some: Waiting) -> Iterator[tuple[Line, Opener | None]]:
        """Lines that are waiting, each by itself."""
        if not isinstance(some, Lot):
            yield some
            return
        at = some.first - 1
        raws = self.found.unread.texts[at : at + len(some.voices)]
        for number, raw, voice in zip(count(some.first), raws, some.voices, strict=False):
            yield Line(number, 0, (raw or "").strip(BLANKS)), Opener(some.speaker, voice)

    def _settle(self, line: Line, opener: Opener | None, *, among_rows: bool, few: bool) -> None:
        """One that was waiting."""
        known = opener is not None and opener.speaker is self.speaks()
        voice = opener.voice if opener and known else self.explains(line.text)
        among = among_rows and not is_sentence(line.text)
        if among or voice is not None or self._was_row(line.text, few=few):
            self.refuse(line, voice or self.speaks())
        else:
            self.pass_over("text", line, "text")

    def _was_row(self, text: str, *, few: bool) -> bool:
        """Whether a line at the end of a table was a row of it, by its numbers, or its protocol."""
        if noise.holds_row(text) or (few and noise.holds_numbers(text)):
            return True
        above = self.found.tables[-1].records[-1:] if self.found.tables else []
        return any(is_stub(row.text, text) for row in above)
