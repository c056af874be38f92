"""Where the reading of a text stands between two lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import overload

from nsparse.reading.tables.floor import Floor
from nsparse.reading.tables.ledger import Ledger, Line
from nsparse.reading.tables.table import Claim, Table
from nsparse.reading.texts.text import BLANKS

ENDLESS, HEAD = 1 << 20, 200
"""Longer lines are read by nobody; so much of them tells what they may have been."""

LOOK_AHEAD = 6
"""So many lines hold the next two, parts of wrapped ones left out."""


class Bounded(Sequence[str | None]):
    """The lines of a text without the endless ones, which go on nowhere, nor does a line in them.

    Attributes:
        lines: All lines.
        endless: Those that are, from 0.
    """

    def __init__(self, lines: Sequence[str | None], endless: Collection[int]) -> None:
        self.lines, self.endless = lines, frozenset(endless)

    def __len__(self) -> int:
        return len(self.lines)

    @overload
    def __getitem__(self, at: int) -> str | None: ...
    @overload
    def __getitem__(self, at: slice) -> list[str | None]: ...
    def __getitem__(self, at: int | slice) -> str | list[str | None] | None:
        """A line, or some of them."""
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return None if at in self.endless else self.lines[at]

    def head(self, at: int) -> str:
        """What an endless line begins with."""
        return (self.lines[at] or "").strip(BLANKS)[:HEAD]


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
        elsewhere: The last line of what another command printed.
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
    elsewhere: int = -1
    followed: int = 0
    taken: int = 0

    def announce(self, line: Line, claims: list[Claim], *, header: bool = False) -> None:
        """A header or another heading: rows are to come."""
        self.ledger.settle(among_rows=False)
        self.ledger.count("headers")
        self._keep(self.floor.announce(line, claims, header=header))
        self.open = True
        self.skipping = None

    def close(self) -> None:
        """What stands here is no line of the table: unknown ones above it are text."""
        self.ledger.settle(among_rows=False)
        self.open = False

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
