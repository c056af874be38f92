"""Wrapped lines: the rest of a line, joined to the one above it is whole, or says more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nsparse.reading.convert import Record
from nsparse.reading.floor import Floor
from nsparse.reading.grammar import Match
from nsparse.reading.ledger import Ledger, Line
from nsparse.reading.tables import Voice

BLANKS = " \t"
TERMINAL = 80
"""Terminals are at least so wide and wrap in the middle of a word; mailers before, at a blank."""

NARROWEST, CUT_OFTEN = 60, 3
"""So many lines of the greatest length, which is no word's, were cut there."""

PARTS = 8
"""A row of 500 characters, wider than any, has so many parts at the 66 columns of a narrow mail."""


@dataclass(frozen=True)
class Wraps:
    """Joins the parts of wrapped lines.

    Attributes:
        lines: The lines of the text.
        floor: Who reads them.
        ledger: Where they are counted.
        take: Reads a whole line as one of a table, and says whether it is one.
    """

    lines: Sequence[str | None]
    floor: Floor
    ledger: Ledger
    take: Callable[[Line], bool]

    def join(self, line: Line) -> bool:
        """Whether a line is the rest of the one above; then it has been read with it."""
        if any(self.floor.goes_on(line, gap) for gap in self._gaps(line)):
            return self._joined("headers")
        if self.ends(line):
            return True
        if any(self._adds(line, gap) for gap in self._gaps(line)):
            return self._joined("details")
        return self._lengthens(line)

    @cached_property
    def width(self) -> int:
        """The width at which something cut the lines in the middle of words, else 0."""
        lengths = [len(line) for line in self.lines if line]
        longest = max(lengths, default=0)
        return longest if longest >= NARROWEST and lengths.count(longest) >= CUT_OFTEN else 0

    def _joined(self, kind: str) -> bool:
        self.ledger.count(kind)
        self.ledger.mend("wrapped")
        return True

    def _gaps(self, line: Line) -> tuple[str, ...]:
        """What stood where the line was broken, the likelier first."""
        above = (self.lines[line.number - 2] if line.number > 1 else None) or ""
        if _indent(self.lines[line.number - 1] or "") > _indent(above):
            return (" ",)
        return ("", " ") if len(above) >= TERMINAL else (" ", "")

    def _above(self, line: Line) -> Line | None:
        """What nobody knew, where a line follows it directly."""
        above = self.ledger.broken
        follows = above is not None and self.ledger.parts[-1].number == line.number - 1
        return above if follows else None

    def ends(self, line: Line) -> bool:
        """Whether a line ends the one above that nobody knew; then it has been read with it."""
        return self.completes(line) and self._joined("details")

    def completes(self, line: Line) -> bool:
        """Whether nobody knew the line above, and it is a row or a heading with this one."""
        above = self._above(line)
        return above is not None and any(
            self._completes(above, line, gap) for gap in self._gaps(line)
        )

    def _completes(self, above: Line, line: Line, gap: str) -> bool:
        whole = Line(above.number, above.indent, above.text + gap + line.text)
        if not (self.floor.fits(whole.text) or self.floor.claiming("header", whole.text)):
            return False
        parts = self.ledger.take_back()
        if not self.take(whole):
            return False
        if self.floor.headings:
            self.floor.last = Line(line.number, whole.indent, whole.text)
        elif self.floor.table is not None:
            self.floor.table.records[-1].lines = parts + 1
        for _ in range(parts - 1):
            self._joined("headers" if self.floor.headings else "details")
        return True

    def _lengthens(self, line: Line) -> bool:
        """Whether a row that nobody knows yet may go on with this line, and further."""
        above = self._above(line)
        if above is None or self.ledger.parts[-1] not in self.ledger.waiting:
            return False
        if len(self.ledger.parts) >= PARTS or self.floor.begins(line.text):
            return False
        table = self.floor.speaks
        goes_on = table is not None and table.records and self._held(table.records[-1])
        if not goes_on and not self.floor.opens(above.text):
            return False
        gap = self._gaps(line)[0]
        self.ledger.lengthen(line, Line(above.number, above.indent, above.text + gap + line.text))
        return True

    def begins(self, line: Line) -> bool:
        """Whether a line that a stranger reads is a row of those who speak here, with its rest."""
        opener = self.floor.opens(line.text)
        near = self.floor.near or ([opener] if opener else [])
        before = (self.lines[line.number - 1] or "").partition(line.text)[0]  # marks of quoting
        texts = [line.text]
        for raw in self.lines[line.number : line.number + PARTS] if near else ():
            rest = (raw or "").removeprefix(before).strip(BLANKS)
            if not rest or any(voice.match("row", rest) for voice in near):
                return False
            texts = [text + gap + rest for text in texts[:1] for gap in (" ", "")]
            if any(voice.match("row", text) for voice in near for text in texts):
                return True
        return False

    def _adds(self, line: Line, gap: str) -> bool:
        """Whether the row above says more with this line than in free words."""
        table = self.floor.table
        if table is None or not table.records or self.floor.headings:
            return False
        record = table.records[-1]
        held = self._held(record)
        if record.line + record.lines + len(held) != line.number:
            return False
        whole = " ".join([record.text, *(part.text for part in held)]) + gap + line.text
        match = table.reads(table.voice, whole)
        if match is None:
            return False
        if not self._says_more(table.voice, record.match, match, line, cut=not gap):
            return False
        record.text, record.match, record.lines = whole, match, record.lines + 1 + len(held)
        table.narrow(whole)
        for _ in range(self.ledger.take_back() if held else 0):
            self._joined("details")
        return True

    def _says_more(self, voice: Voice, old: Match, new: Match, line: Line, *, cut: bool) -> bool:
        """Whether a row says more in its longer form than in free words."""
        if cut and len(self.lines[line.number - 2] or "") == self.width:
            return not self.floor.begins(line.text)
        added = [name for name in new.fields if name not in old.fields]
        said = [name for name in added if not voice.dialect.cells[name].free]
        if not added and " " in old.texts[-1]:
            said = [name for name in new.fields[-1:] if not _is_run(voice, name)]
        if any(not _is_run(voice, name) for name in said):
            return True
        return bool(said) and not self.floor.begins(line.text)

    def _held(self, record: Record) -> list[Line]:
        """The lines below a row that may go on with it."""
        parts = self.ledger.parts if self.ledger.broken else []
        below = parts and parts[0].number == record.line + record.lines
        return parts if below and parts[-1] in self.ledger.waiting else []


def _is_run(voice: Voice, name: str) -> bool:
    """Whether a field is a run of any words, such as a path with blanks."""
    return f"{name}__" in voice.grammar.text


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(BLANKS))
