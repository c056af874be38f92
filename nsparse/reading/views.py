"""Which tables of a text show the same moment.

A command prints one or more tables: they are one *view*. The same command again is a
new moment, a *snapshot*; another command is another view of the moment before. An echoed
command line or a printed time decides first; without them the view's tables do: dialect,
headers, protocols and kinds of line. A table without rows is one of them: its heading was printed.
The same heading again above other sockets altogether is neither: one listing whose heading was
repeated, or `-p tcp` and `-p tcpv6` of one moment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from nsparse.reading.sockets import (
    SEEN_AT_MOST,
    has_another_end,
    local_ends,
    protocol_of,
    protocol_text,
    protocols_of,
    share_an_end,
    sockets_of,
)

if TYPE_CHECKING:
    from nsparse.reading.cells.convert import Record
    from nsparse.reading.tables.table import Table

STAY_AT_LEAST = 3
"""Of so many sockets one is there in the next moment as well: a listener at the least."""

_NUMBERS = re.compile("[0-9]+")


@dataclass
class View:
    """The tables one run of a command printed, and the moment they show.

    Attributes:
        tables: What it printed.
        snapshot: The number of the moment.
        number: Which view of its moment it is; None where there is one alone.
        taken_at: When that was, where a time is printed.
    """

    tables: list[Table] = field(default_factory=list)
    snapshot: int = 0
    number: int | None = None
    taken_at: datetime | None = None

    @property
    def command(self) -> str | None:
        """The command that was echoed above, blanks collapsed."""
        command = next((table.command for table in self.tables if table.command), None)
        return " ".join(command.split()) if command is not None else None

    @cached_property
    def shapes(self) -> dict[tuple[str, ...], _Shape]:
        """What the output looks like: the rows below each heading, with whose dialect they are."""
        shapes: dict[tuple[str, ...], _Shape] = {}
        for table in self.tables:
            heading = (table.voice.dialect.name, *_words(table.header))
            shapes.setdefault(heading, _Shape()).add(table)
        return shapes

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(len(table.records) for table in self.tables)

    @property
    def is_later(self) -> bool:
        """Whether it begins with a table that shows sockets once more."""
        return self.tables[0].later

    @cached_property
    def systems(self) -> frozenset[str | None]:
        """Those that print such tables, where a heading tells; else any may."""
        headed = all(table.header for table in self.tables)
        voices = (voice for table in self.tables for voice in table.speakers)
        return frozenset(voice.dialect.os if headed else None for voice in voices)

    def is_elsewhere(self, other: View) -> bool:
        """Whether no system prints both: so they are of two hosts."""
        return self.systems.isdisjoint(other.systems) and None not in self.systems | other.systems

    def repeats(self, other: View) -> bool:
        """Whether both are of one command: by its echoes, else by what they look like."""
        if self.command is not None and other.command is not None:
            return self.command == other.command
        mine, others = self.shapes, other.shapes
        return mine.keys() == others.keys() and all(
            shape.is_like(others[heading]) for heading, shape in mine.items()
        )


@dataclass
class _Shape:
    """The kinds of rows and of lines that continue them which stand below one heading.

    Attributes:
        kinds: How many of the rows that were looked at are of each.
        protocols: Those of these rows.
        ends: Of how many of them it holds that they have another end.
        unseen: How many rows were not looked at.
    """

    kinds: Counter[object] = field(default_factory=Counter)
    protocols: set[str] = field(default_factory=set)
    ends: Counter[bool] = field(default_factory=Counter)
    unseen: int = 0

    def add(self, table: Table) -> None:
        """More rows below the same heading."""
        for record in table.records[:SEEN_AT_MOST]:
            self.kinds.update(_kinds(record))
            self.protocols |= protocol_of(table, record)
            self.ends.update(has_another_end(record.match))
        self.unseen += max(len(table.records) - SEEN_AT_MOST, 0)

    def is_like(self, other: _Shape) -> bool:
        """Whether both can be of one command: a moment later some few sockets may be gone.

        Listeners stay: those alone (`ss -tln`) and none (`ss -tn`) are of two commands, as are
        those of one protocol and of another.
        """
        if not (self.rows and other.rows):
            return True
        told = (self.ends.keys(), other.ends.keys()), (self.protocols, other.protocols)
        if any(mine and others and mine.isdisjoint(others) for mine, others in told):
            return False
        return self._is_in(other) and other._is_in(self)

    @property
    def rows(self) -> bool:
        """Whether there are any."""
        return bool(self.kinds)

    def _is_in(self, other: _Shape) -> bool:
        """Whether the other has every kind of which this one has several."""
        several = {kind for kind, count in self.kinds.items() if count >= STAY_AT_LEAST}
        return bool(other.unseen) or several <= other.kinds.keys()


def _kinds(record: Record) -> Iterator[object]:
    """What a row begins with, its protocol, and the fields of lines that continue it."""
    yield record.match.fields[0], protocol_text(record.match)
    yield from {name for match in record.more for name in match.fields}


def views_of(tables: Sequence[Table]) -> list[View]:
    """Group tables into views and number the moments they show."""
    views: list[View] = []
    for table, below in zip(tables, _telling(tables), strict=True):
        begins = not views or table.breaks or table.later
        if begins or _is_another_run(views[-1], table, below):
            views.append(View())
        views[-1].tables.append(table)
    _number(views)
    for _, moment in groupby(views, key=lambda view: view.snapshot):
        shown = [view for view in moment if view.rows]
        for number, view in enumerate(shown):
            view.number = number if len(shown) > 1 else None
    return views


def _telling(tables: Sequence[Table]) -> list[Table]:
    """Each table, or below one without rows the first with some: it tells whose run prints both."""
    told: list[Table] = []
    below: Table | None = None
    for table in reversed(tables):
        if below is None or len(table.records) or table.voice.dialect is not below.voice.dialect:
            below = table
        told.append(below)
        below = None if table.breaks else below
    return told[::-1]


def _number(views: Sequence[View]) -> None:
    seen: list[View] = []
    number = 0
    taken_at: datetime | None = None
    for view in views:
        if view.is_later or any(view.repeats(other) or view.is_elsewhere(other) for other in seen):
            number, taken_at = number + 1, None
            seen.clear()
        seen.append(view)
        taken_at = taken_at or next((table.time for table in view.tables if table.time), None)
        view.snapshot, view.taken_at = number, taken_at


def _is_another_run(view: View, table: Table, telling: Table) -> bool:
    """Whether no run prints this table after those: in another tool's way, or what it has shown."""
    if any(other.voice.dialect is not table.voice.dialect for other in view.tables):
        return True
    same = [other for other in view.tables if _same_heading(other, table)]
    if same and not table.loops and _goes_on(same, table):
        return telling is not table and _is_another_run(view, telling, telling)
    if same:
        return True
    shown = frozenset().union(*map(local_ends, view.tables))
    return share_an_end(shown, local_ends(table))


def _same_heading(table: Table, later: Table) -> bool:
    """Whether a heading stands there again, with its banner or without."""
    above, below = _words(table.header), _words(later.header)
    if not below or below not in (above, above[-1:]):
        return False
    return not table.voice.dialect.repeats_heading or protocols_of(table) == protocols_of(later)


def _words(header: Sequence[str]) -> tuple[str, ...]:
    """Headings without the numbers in them: what a loop prints above each run counts or dates it.

    >>> _words(["run 7, 05:23:55"])
    ('run , ::',)
    """
    return tuple(map(without_numbers, header))


def without_numbers(text: str) -> str:
    """A text without the numbers in it."""
    return _NUMBERS.sub("", text)


def _goes_on(above: Sequence[Table], table: Table) -> bool:
    """Whether a heading was only repeated: none of the several sockets below it is shown again.

    One run lists the sockets of a protocol together: another one goes back to what it began with.
    """
    shown = frozenset().union(*map(sockets_of, above))
    if len(shown) < STAY_AT_LEAST or not shown.isdisjoint(sockets_of(table)):
        return False
    listed = set[str]().union(*(protocol_of(one, row) for one in above for row in one.records.few))
    last, first = above[-1].records[-1:], table.records[:1]
    stays = not (last and first) or protocol_of(above[-1], last[0]) == protocol_of(table, first[0])
    return stays or listed.isdisjoint(protocol_of(table, first[0]))
