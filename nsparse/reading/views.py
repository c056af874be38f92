"""Which tables of a text show the same moment.

A command prints one or more tables: they are one *view*. The same command again is a
new moment, a *snapshot*; another command is another view of the moment before. An echoed
command line or a printed time decides first; without them the view's tables do: dialect,
headers, protocols and kinds of line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.reading.grammar import Match
    from nsparse.reading.tables import Table

Identity = tuple[object, ...]

SEEN_AT_MOST = 200
"""The first rows of a table show what kinds of line its command prints."""


@dataclass
class View:
    """The tables one run of a command printed, and the moment they show."""

    tables: list[Table] = field(default_factory=list)
    snapshot: int = 0
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
        if not views or table.breaks or _repeats(views[-1], table):
            views.append(View())
        views[-1].tables.append(table)
    _number(views)
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


def _repeats(view: View, table: Table) -> bool:
    """Whether a table's heading has been seen in this view: the command began again."""
    same = _heading(table)
    return bool(table.header) and any(_heading(other) == same for other in view.tables)


def _heading(table: Table) -> Identity:
    """What no run prints twice: its headings, for OpenBSD with the protocols below them."""
    dialect = table.voice.dialect
    return (dialect.name, table.header, _protocols(table) if dialect.repeats_heading else None)


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


PROTOCOL_FIELDS = ("TCP", "UDP", "RAW", "UNIX", "OTHER", "PROTO", "NETID")
"""Fields that name a row's protocol; a state at its start changes from run to run."""
