"""Where the reading of a text stands between two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nsparse.reading.floor import Floor
from nsparse.reading.ledger import Ledger, Line
from nsparse.reading.tables import Claim, Table
from nsparse.reading.text import BLANKS

LOOK_AHEAD = 6
"""So many lines hold the next two, parts of wrapped ones left out."""


@dataclass
class Course:
    """What is known after some lines.

    Attributes:
        lines: All lines of the text.
        floor: Who reads them.
        ledger: What became of those so far.
        spaced: Whether every second line is empty.
        open: Whether an unknown line here stands among rows.
        skipping: The section without sockets that is open, if one is.
        indent: How far the last row is indented.
        paged: The line at which a pager last waited.
        followed: The last line below which one stands that begins nothing.
        taken: The line that last said something of a row.
    """

    lines: Sequence[str | None]
    floor: Floor
    ledger: Ledger
    spaced: bool
    open: bool = False
    skipping: str | None = None
    indent: int = 0
    paged: int = 0
    followed: int = 0
    taken: int = 0

    def announce(self, line: Line, claims: list[Claim], *, header: bool = False) -> None:
        """A header or another heading: rows are to come."""
        self.ledger.settle(among_rows=False)
        self.ledger.count("headers")
        self._keep(self.floor.announce(line, claims, header=header))
        self.open = True
        self.skipping = None

    def leave(self) -> None:
        """A shell or a clock speaks: another command begins, headings without rows stay so."""
        self.end()
        self.floor.coming.breaks = True
        self.open = False
        self.skipping = None

    def end(self) -> None:
        """No row will follow those above, nor the headings."""
        self.ledger.settle(among_rows=False)
        self._keep(self.floor.leave())

    def _keep(self, empty: Table | None) -> None:
        """A table without rows is one as well."""
        if empty is not None:
            self.ledger.found.tables.append(empty)

    def following(self, line: Line) -> list[str]:
        """The next two lines."""
        near = self.lines[line.number : line.number + LOOK_AHEAD]
        return [raw.strip(BLANKS) for raw in near if raw is not None][:2]
