"""Tables that show more than one moment without a heading between: each moment is a table.

A loop that prints `ss -H` says so by its sockets alone. Where lines stand between (a rule, a
sentence), a later moment begins with the block that shows a socket again, in another state or with
other queues, or all of them and nothing else. Where nothing stands between, connections tell: no
run of a tool lists one twice, so a loop shows the same ones over and over, and something of them
changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import pairwise
from operator import itemgetter

from nsparse.dialect import CellFault
from nsparse.reading.cells.convert import Record
from nsparse.reading.sockets import (
    END_FIELDS,
    SEEN_AT_MOST,
    connections,
    has_another_end,
    protocol_of,
    socket_of,
)
from nsparse.reading.tables.table import Sections, Stretch, Table
from nsparse.reading.texts.coded import double_spaced
from nsparse.reading.views import without_numbers

ELISION = "elision"
TEXT = "text"
UNREAD = "unread"
BETWEEN = frozenset({ELISION, "fence", "rule", TEXT})
"""What may stand between two moments: a rule, marks of Markdown, dots, a sentence."""

OWNERS = ("USERS",)
"""Fields that name a socket with its descriptor, so that no other has the same."""

REMARKS = 100
"""So many lines that nobody can read may be what somebody says; more are a damaged text."""

SEVERAL = 2
"""So many sockets of one block are no accident; one may have a sibling (SO_REUSEPORT)."""

STAY = 2
"""One in so many sockets of a moment at least is there in the next one as well."""

COURSE = frozenset({"state_raw", "recv_q", "send_q", "timer", "timer_ms", "retrans", "probes"})
"""Columns that say how far a connection has come."""

SINGLE_AT_MOST = 20_000
"""So many rows are looked at one by one, each of which is read by itself for that."""

Socket = tuple[str, ...]
Cells = Mapping[str, str]


def part_moments(found: Sections, lines: Sequence[str]) -> None:
    """Make a table of each moment.

    Args:
        found: The tables, and what stands between them.
        lines: The lines of the text.
    """
    between = [stretch for stretch in found.stretches if stretch.what in BETWEEN]
    if 0 < len(found.unread) <= REMARKS:
        unread = (Stretch(one.line, one.line, UNREAD) for one in found.unread)
        between = sorted((*between, *unread))
    found.tables = [
        moment
        for table in found.tables
        for one in _parts(table, _strangers(table, between, lines), _beheaded)
        for block in _parts(one, _blocks(one, between, lines))
        for moment in _parts(block, _turns(block))
    ]


def _later(table: Table) -> Table:
    """Rows of the table above, as they are later."""
    return replace(table, later=True)


def _beheaded(table: Table) -> Table:
    """Rows of another command, whose heading is not there."""
    return replace(table, header=(), said=[], command=None, breaks=True)


def _parts(
    table: Table, cuts: Sequence[int], as_part: Callable[[Table], Table] = _later
) -> Iterator[Table]:
    """The parts of a table, in its order: it is cut in the middle, and each half again."""
    if not cuts:
        yield table
        return
    middle = len(cuts) // 2
    line = cuts[middle]
    above, below = table.records.parted(line)
    part = as_part(replace(table, records=below, start=line, time=None))
    yield from _parts(replace(table, records=above), cuts[:middle], as_part)
    yield from _parts(part, cuts[middle + 1 :], as_part)


# ---- rows of another command, whose heading is not there ----------------------------------------


def _strangers(table: Table, between: Sequence[Stretch], lines: Sequence[str]) -> list[int]:
    """The lines behind a gap at which rows begin that are of another protocol than those above."""
    told = table.voice.dialect.told
    few = table.records.few if told and len(table.records) <= SINGLE_AT_MOST else ()
    words = {row.match.texts[0] for row in few}
    if len({told[word] for word in words & told.keys()}) < SEVERAL:
        return []
    cuts: list[int] = []
    known = set[str]()
    for rows in _behind_gaps(table.records.as_records(), between, lines):
        shown = set[str]().union(*(protocol_of(table, row) for row in rows))
        if shown and known and shown.isdisjoint(known):
            cuts.append(rows[0].line)
        known = shown or known
    return cuts


def _behind_gaps(
    rows: Sequence[Record], between: Sequence[Stretch], lines: Sequence[str]
) -> Iterator[Sequence[Record]]:
    """The rows between which no other line stands, and no empty one."""
    texts = {stretch.first for stretch in between if stretch.what != ELISION}
    spaced = double_spaced(lines)
    start = 0
    for at, (above, row) in enumerate(pairwise(rows), 1):
        gap = range(above.line + 1, row.line)
        if any(line in texts or not (spaced or lines[line - 1].strip()) for line in gap):
            yield rows[start:at]
            start = at
    yield rows[start:]


# ---- blocks, with lines between -----------------------------------------------------------------


def _blocks(table: Table, between: Sequence[Stretch], lines: Sequence[str]) -> list[int]:
    """The lines at which a block begins that shows a later moment."""
    if table.loops and len(table.records) <= SINGLE_AT_MOST:
        turns = _behind_gaps(table.records.as_records(), between, lines)
        return [rows[0].line for rows in turns if rows][1:]
    if not between or not len(table.records):
        return []
    first, last = table.records.span
    start = bisect_left(between, first, key=lambda stretch: stretch.first)
    stop = bisect_left(between, last, key=lambda stretch: stretch.first)
    if start == stop:
        return []
    gaps = [Stretch(first, first - 1, ""), *between[start:stop]]
    ends = [*(stretch.last for stretch in gaps), last]
    cuts: list[int] = []
    seen: dict[Socket, Cells] = {}
    label = ""
    for gap, (above, below) in zip(gaps, pairwise(ends), strict=True):
        rows = table.records.near(above + 1, below, SEEN_AT_MOST)
        told = {} if not rows else _told(rows)
        named = _label(rows, lines)
        several = len(told) >= SEVERAL or gap.what == TEXT
        whole = several and all(told) and told.keys() == seen.keys()
        again = bool(named) and named == label
        if rows and (whole or _is_later(rows, told, seen, again=again)):
            cuts.append(rows[0].line)
            seen = {}
        seen = {**told, **seen}
        label = named if rows else label
    return cuts


def _label(rows: Sequence[Record], lines: Sequence[str]) -> str:
    """What stands on the line above some rows, numbers aside: a loop prints the same each time."""
    above = rows[0].line - 1 if rows else 0
    return without_numbers(lines[above - 1].strip()) if above else ""


def _told(rows: Sequence[Record]) -> dict[Socket, Cells]:
    """What rows say of each socket, beside its ends; of one that is there twice the first."""
    found: dict[Socket, Cells] = {}
    for row in rows:
        found.setdefault(_socket(row), _cells(row))
    return found


def _cells(row: Record) -> Cells:
    """What a row says of a socket beside its ends."""
    pairs = row.match.pairs
    cells = {name: text for name, text in pairs if name not in END_FIELDS}
    more = _more(row)
    return {**cells, "more": more} if more else cells


def _more(row: Record) -> str:
    """What the lines that continue a row say."""
    return " ".join(text for match in row.more for text in match.texts)


def _socket(row: Record) -> Socket:
    """What tells a socket from all others, as far as its row says it."""
    owners = row.match.pairs
    open_ = not any(has_another_end(row.match))
    return (
        *socket_of(row.match, END_FIELDS),
        *(text for name, text in owners if open_ and name in OWNERS),
    )


def _is_later(
    rows: Sequence[Record],
    told: Mapping[Socket, Cells],
    seen: Mapping[Socket, Cells],
    *,
    again: bool,
) -> bool:
    """Whether a block shows sockets again, and not as they were, or below the same label."""
    shared = told.keys() & seen.keys()
    changed = {socket for socket in shared if _differ(told[socket], seen[socket])}
    telling = shared if again else changed
    if any(_is_sure(row) for row in rows if _socket(row) in telling):
        return True
    return bool(changed) and len(told) >= SEVERAL and told.keys() <= seen.keys()


def _differ(one: Cells, other: Cells) -> bool:
    """Whether something that both tell is not the same."""
    return any(one[name] != other[name] for name in one.keys() & other.keys())


def _is_sure(row: Record) -> bool:
    """Whether no other socket looks like this one: it is connected, or its descriptor is told."""
    return any(has_another_end(row.match)) or any(name in OWNERS for name in row.match.fields)


# ---- turns of a loop, with nothing between -------------------------------------------------------


def _turns(table: Table) -> list[int]:
    """The lines at which a loop shows the same sockets once more."""
    if len(table.records) < SEVERAL:
        return []
    span = table.records.span
    cuts = _again(table, table.records.near(*span, SEEN_AT_MOST))
    if cuts and len(table.records) > SEEN_AT_MOST:
        cuts = _again(table, table.records.as_records()[:SINGLE_AT_MOST])  # runs are cut row by row
    return cuts


def _again(table: Table, rows: Sequence[Record]) -> list[int]:
    """The lines of the rows with which connections come again, where that is a loop's doing."""
    ends = [_ends(row.match.fields)(row.match.texts) for row in rows]
    if len(set(ends)) == len(ends):
        return []
    sockets = [_socket(row) for row in rows]
    calls = connections(table, rows)
    if len({sockets[at] for at in calls}) == len(calls):
        return []
    starts = [0]
    seen: set[Socket] = set()
    above = 0
    for at in calls:
        if sockets[at] in seen:
            began = sockets[starts[-1]]
            near = range(above + 1, at)
            starts.append(next((one for one in near if sockets[one] == began), at))
            seen.clear()
        seen.add(sockets[at])
        above = at
    turns = [
        {socket: _course(table, row) for socket, row in zip(sockets[a:b], rows[a:b], strict=True)}
        for a, b in pairwise([*starts, len(rows)])
    ]
    return [rows[at].line for at in starts[1:]] if _is_loop(turns) else []


@cache
def _ends(fields: tuple[str, ...]) -> Callable[[tuple[str, ...]], object]:
    """What takes the ends out of the texts of such a row; what it begins with, if it has none."""
    return itemgetter(*([at for at, name in enumerate(fields) if name in END_FIELDS] or [0]))


def _course(table: Table, row: Record) -> Cells:
    """What a row says of a connection that changes with time; it may have many owners at once."""
    cells = table.voice.dialect.cells
    found = {"more": _more(row)}
    for name, text in row.match.pairs:
        with suppress(CellFault):
            values = cells[name].read(text)
            found |= {column: str(values[column]) for column in COURSE & values.keys()}
    return found


def _is_loop(turns: Sequence[Mapping[Socket, Cells]]) -> bool:
    """Whether most sockets come again each time, and one of them not as it was.

    A file that was put together from two has the same rows twice; one row more is a person's.
    The last turn may have been cut short, and no turn is far longer than the one before: the kernel
    shows some sockets of a long table twice, while they change.
    """
    pairs = [*pairwise(turns)]
    changed = any(_differ(a[name], b[name]) for a, b in pairs for name in a.keys() & b.keys())
    whole = pairs[:-1] or pairs
    stay = all(len(a.keys() & b.keys()) * STAY >= len(a) for a, b in whole)
    return changed and stay and all(len(a) * STAY >= len(b) for a, b in pairs)
