"""Which tables of a text show the same moment.

A command prints one or more tables: they are one *view*. The same command again is a
new moment, a *snapshot*; another command is another view of the moment before. An echoed
command line or a printed time decides first; without them the view's tables do: dialect,
headers, protocols and kinds of line. The same heading again above other sockets altogether is
neither: one listing whose heading was repeated, or `-p tcp` and `-p tcpv6` of one moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.reading.grammar import Match
    from nsparse.reading.tables import Table

Identity = tuple[object, ...]

SEEN_AT_MOST = 200
"""The first rows of a table show what kinds of line its command prints."""

STAY_AT_LEAST = 3
"""Of so many sockets one is there in the next moment as well: a listener at the least."""


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
    def shape(self) -> Identity:
        """What the output looks like."""
        return tuple(_shape(table) for table in self.tables)

    def repeats(self, other: View) -> bool:
        """Whether both are of one command: by its echoes, else by what they look like."""
        if self.command is not None and other.command is not None:
            return self.command == other.command
        return self.shape == other.shape


def views_of(tables: Sequence[Table]) -> list[View]:
    """Group tables into views and number the moments they show."""
    views: list[View] = []
    for table in tables:
        if not views or table.breaks or _is_another_run(views[-1], table):
            views.append(View())
        views[-1].tables.append(table)
    _number(views)
    for _, moment in groupby(views, key=lambda view: view.snapshot):
        shown = list(moment)
        for number, view in enumerate(shown):
            view.number = number if len(shown) > 1 else None
    return views


def _number(views: Sequence[View]) -> None:
    seen: list[View] = []
    number = 0
    taken_at: datetime | None = None
    for view in views:
        if any(view.repeats(other) for other in seen):
            number, taken_at = number + 1, None
            seen.clear()
        seen.append(view)
        taken_at = taken_at or next((table.time for table in view.tables if table.time), None)
        view.snapshot, view.taken_at = number, taken_at


def _is_another_run(view: View, table: Table) -> bool:
    """Whether no run prints this table after those: in another tool's way, or what it has shown."""
    if any(other.voice.dialect is not table.voice.dialect for other in view.tables):
        return True
    if any(_same_heading(other, table) for other in view.tables):
        return not _goes_on(view, table)
    shown = frozenset().union(*map(_local_ends, view.tables))
    return not shown.isdisjoint(_local_ends(table))


def _same_heading(table: Table, later: Table) -> bool:
    """Whether a heading stands there again, with its banner or without."""
    if not later.header or later.header not in (table.header, table.header[-1:]):
        return False
    return not table.voice.dialect.repeats_heading or _protocols(table) == _protocols(later)


def _goes_on(view: View, table: Table) -> bool:
    """Whether the heading was only repeated: none of several sockets is shown again."""
    shown = frozenset().union(*map(_sockets, view.tables))
    return len(shown) >= STAY_AT_LEAST and shown.isdisjoint(_sockets(table))


def _sockets(table: Table) -> frozenset[tuple[str, ...]]:
    """The sockets of a table, as far as their ends tell them apart."""
    return frozenset(_socket(r.match, END_FIELDS) or r.match.texts for r in table.records)


def _local_ends(table: Table) -> frozenset[tuple[str, ...]]:
    """The local ends of the first rows, with what headings and rows say of their protocol."""
    told = table.cells.texts
    ends = (_socket(record.match, LOCAL_FIELDS) for record in table.records[:SEEN_AT_MOST])
    return frozenset((*told, *end) for end in ends if end)


def _protocols(table: Table) -> frozenset[str | None]:
    return frozenset(_protocol(record.match) for record in table.records[:SEEN_AT_MOST])


def _shape(table: Table) -> Identity:
    """Dialect, headers, protocols, and the fields of continuation lines."""
    records = table.records[:SEEN_AT_MOST]
    begins = frozenset(record.match.fields[0] for record in records)
    more = frozenset(name for r in records for match in r.more for name in match.fields)
    return (table.voice.dialect.name, table.header, begins, _protocols(table), more)


def _protocol(match: Match) -> str | None:
    """The protocol of a row; with -A of the BSDs it does not stand first."""
    named = zip(match.fields, match.texts, strict=True)
    return next((text for name, text in named if name in PROTOCOL_FIELDS), None)


def _socket(match: Match, names: Sequence[str]) -> tuple[str, ...]:
    """What tells a socket from others: its protocol, and the fields of these names if any."""
    named = zip(match.fields, match.texts, strict=True)
    ends = tuple(" ".join(text.split()) for name, text in named if name in names)
    return (_protocol(match) or "", *ends) if ends else ()


LOCAL_FIELDS = ("LOCAL", "ENDS", "UNIX_ENDS", "UNIX_INODE")
END_FIELDS = (*LOCAL_FIELDS, "REMOTE")
"""Fields that name a socket by its ends; the kernel's numbers do for UNIX sockets."""

PROTOCOL_FIELDS = ("TCP", "UDP", "RAW", "UNIX", "OTHER", "PROTO", "NETID")
"""Fields that name a row's protocol; a state at its start changes from run to run."""
