"""Tables that show more than one moment without a heading between: each moment is a table.

A loop that prints `ss -H` and a line between, or a report that shows the same sockets before and
after, says so by its sockets alone. One socket is never in two states at one time: where a block
behind such a line shows it again, with another state or other queues, a later moment begins.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from nsparse.reading.convert import Record
from nsparse.reading.tables import Sections, Stretch, Table
from nsparse.reading.views import (
    END_FIELDS,
    SEEN_AT_MOST,
    has_another_end,
    socket_of,
)

BETWEEN = frozenset({"elision", "fence", "rule", "text"})
"""What may stand between two moments: a rule, marks of Markdown, dots, a sentence."""

OWNERS = ("USERS",)
"""Fields that name a socket with its descriptor, so that no other has the same."""

SEVERAL = 2
"""So many sockets of one block are no accident; one may have a sibling (SO_REUSEPORT)."""

Socket = tuple[str, ...]


def part_moments(found: Sections) -> None:
    """Make a table of each moment."""
    between = [stretch for stretch in found.stretches if stretch.what in BETWEEN]
    if between:
        found.tables = [part for table in found.tables for part in _parts(table, between)]


def _parts(table: Table, between: Sequence[Stretch]) -> Iterator[Table]:
    """The moments of a table, in its order."""
    for line in _cuts(table, between):
        above, below = table.records.parted(line)
        yield replace(table, records=above)
        table = replace(table, records=below, start=line, time=None)
    yield table


def _cuts(table: Table, between: Sequence[Stretch]) -> list[int]:
    """The lines at which a later moment begins."""
    if not len(table.records):
        return []
    first, last = table.records.span
    start = bisect_left(between, first, key=lambda stretch: stretch.first)
    stop = bisect_left(between, last, key=lambda stretch: stretch.first)
    ends = [*(stretch.last for stretch in between[start:stop]), last]
    cuts: list[int] = []
    seen = _told(table.records.near(first, ends[0], SEEN_AT_MOST)) if start < stop else {}
    for above, below in pairwise(ends):
        rows = table.records.near(above + 1, below, SEEN_AT_MOST)
        told = _told(rows)
        if _is_later(rows, told, seen):
            cuts.append(rows[0].line)
            seen = {}
        seen = {**told, **seen}
    return cuts


def _told(rows: Sequence[Record]) -> dict[Socket, Mapping[str, str]]:
    """What rows say of each socket, beside its ends; of one that is there twice the first."""
    found: dict[Socket, Mapping[str, str]] = {}
    for row in rows:
        pairs = zip(row.match.fields, row.match.texts, strict=True)
        cells = {name: text for name, text in pairs if name not in END_FIELDS}
        found.setdefault(_socket(row), cells)
    return found


def _socket(row: Record) -> Socket:
    """What tells a socket from all others, as far as its row says it."""
    owners = zip(row.match.fields, row.match.texts, strict=True)
    open_ = not any(has_another_end(row.match))
    return (
        *socket_of(row.match, END_FIELDS),
        *(text for name, text in owners if open_ and name in OWNERS),
    )


def _is_later(
    rows: Sequence[Record],
    told: Mapping[Socket, Mapping[str, str]],
    seen: Mapping[Socket, Mapping[str, str]],
) -> bool:
    """Whether a block shows sockets again, and not as they were."""
    again = {socket for socket in told.keys() & seen.keys() if _differ(told[socket], seen[socket])}
    if not again:
        return False
    if any(_is_sure(row) for row in rows if _socket(row) in again):
        return True
    return len(told) >= SEVERAL and told.keys() <= seen.keys()


def _differ(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether something that both tell is not the same."""
    return any(one[name] != other[name] for name in one.keys() & other.keys())


def _is_sure(row: Record) -> bool:
    """Whether no other socket looks like this one: it is connected, or its descriptor is told."""
    return any(has_another_end(row.match)) or any(name in OWNERS for name in row.match.fields)
