"""Where something cut the lines of a text: the width of a screen, a pager that does not wrap.

Nobody can tell by one row that it was cut: `CLOSE` and 884 are whole words. Where none of the lines
of a table goes further than many of them, and one of the signs below says that what stands there
is not whole, all that end there were cut.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nsparse.reading.cells.convert import Record
from nsparse.reading.damage.tail import (
    WHOLE_ENDS,
    is_half,
    is_half_a_state,
    last_cell,
    may_go_on,
    said,
)
from nsparse.reading.tables.table import Sections, Table
from nsparse.reading.tables.unread import Unread
from nsparse.states import begins_another, is_known

OFTEN = 3
"""So many rows end at one place by a rule, and not by accident."""

NEAR = 100
"""So many lines show whether all were cut."""

BESIDE = 3
"""Fewer lines end up to so many characters before the longest ones than with them, if these were
cut: the longest of lines that were not are the fewest."""

MANY = 6
"""So many hosts and ports are not as long as one another by accident."""

APART = 0.6
"""At most so large a share of the last cells that were cut begins at one place. Where most do, the
words of a column are of one length."""

SEPARATORS = ":./"
"""What parts a host and a port, a process id and a name."""

HEADINGS = (
    *("Address", "Address:Port", "Addr", "Port", "Process", "Program", "PID", "PID/Program"),
    *("name", "State", "(state)", "Timer", "User", "Inode", "I-Node", "Path", "Security"),
    *("Context", "Local", "Foreign", "Peer", "Remote", "Send-Q", "Recv-Q", "Offload", "Conn"),
    "Nextref",
)
"""The words that headings in English end in, or behind which they go on."""

CUT = "the rest of the row: the lines of this table are cut at {} characters"
"""What these rows lack."""


class Cut(NamedTuple):
    """A table whose lines were cut.

    Attributes:
        table: The table.
        width: Where they were cut.
        rows: Those whose last cell is not whole.
        lines: From its first row on, up to the next table.
    """

    table: Table
    width: int
    rows: list[Record]
    lines: range


def cuts(found: Sections, lines: Sequence[str | None]) -> Iterator[Cut]:
    """The tables of a text whose lines were cut.

    Args:
        found: What the text holds.
        lines: The lines of the text.
    """
    unread = found.unread
    order = sorted(range(len(unread)), key=unread.lines.__getitem__)
    numbers = [unread.lines[at] for at in order]
    starts = [*(table.start for table in found.tables), len(lines) + 1]
    for table, end in zip(found.tables, starts[1:], strict=True):
        lost = order[bisect_left(numbers, table.start) : bisect_left(numbers, end)]
        own = [unread.lines[at] for at in lost if unread.voices[at] is table.voice]
        own += table.records.span if len(table.records) else ()
        near = [unread[at] for at in lost[-NEAR:]]
        width = _width(table, lines, near, (min(own), max(own))) if own else 0
        if not width:
            continue
        full = [
            one for one in table.records.as_records() if len(lines[one.line - 1] or "") == width
        ]
        yield Cut(table, width, list(_not_whole(table, full, lines)), range(min(own), end))


def _width(
    table: Table, lines: Sequence[str | None], unread: Sequence[Unread], span: tuple[int, int]
) -> int:
    """The width at which the lines of a table were cut; 0 where nothing says that they were."""
    first, last = span
    least = max(first, last - NEAR + 1)
    near = [line or "" for line in lines[least - 1 : last]]
    width = max(map(len, near))
    # What was wrapped goes on in the next line; only the last one can have been cut.
    heading = next(filter(None, reversed(lines[max(table.start, 1) - 1 : first - 1])), "")
    full = [line for line in near if len(line) == width]
    lost = [one for one in unread if not one.missing and len(lines[one.line - 1] or "") == width]
    shown = len(heading) == width and is_half_a_heading(heading)
    if not shown and len(lost) + len(full) >= OFTEN:
        shown = sum(may_go_on(table, one.text) for one in lost) > 1
    apart = not shown and len(full) >= OFTEN and (_holds_half(full) or _may_end_apart(near, full))
    alone = not (shown or apart) and len(full) >= MANY and _end_alone(near, full)
    if apart or alone:
        some = table.records.near(least, last, NEAR)
        rows = [row for row in some if len(lines[row.line - 1] or "") == width]
        shown = _rows_show(table, rows) if apart else _fill_a_column(table, rows)
    whole = shown and all(len(line or "") <= width for line in lines[first - 1 : last])
    return width if whole else 0


def _rows_show(table: Table, rows: Sequence[Record]) -> bool:
    """Whether one of some rows of one width ends in half a state, or their last cells nowhere.

    Cells that begin at different places and end at one were cut there, if their last parts do too:
    `ss` ends hosts at one place, and begins ports there.
    """
    ends = [last_cell(row) for row in rows]
    cells = [len(text) for _, text in ends]
    parts = [len(text) - max(map(text.rfind, SEPARATORS)) for _, text in ends]
    return (_vary(cells) and _vary(parts)) or any(is_half_a_state(table, *cell) for cell in ends)


def _fill_a_column(table: Table, rows: Sequence[Record]) -> bool:
    """Whether rows stop in ends that are as long as one another, though their hosts are not.

    Of another cell that fills its column a tool may have cut it: names of programs.
    """
    ends = [last_cell(row) for row in rows]
    if len(ends) < MANY or len({len(text) for _, text in ends}) > 1:
        return False
    hosts = _vary([max(map(text.rfind, SEPARATORS)) for _, text in ends])
    return hosts and all("remote_addr" in said(table, *end) for end in ends)


def _vary(lengths: Sequence[int]) -> bool:
    """Whether some lengths differ, and no one of them is that of most."""
    counts = Counter(lengths)
    return len(counts) >= OFTEN and max(counts.values()) <= APART * len(lengths)


def is_half_a_heading(line: str) -> bool:
    """Whether a heading ends within one of its words.

    >>> is_half_a_heading("Local Address:Port Peer Addre"), is_half_a_heading("Foreign Address  ")
    (True, False)
    """
    word = line.split(" ")[-1]
    return bool(word) and word not in HEADINGS and any(one.startswith(word) for one in HEADINGS)


def _holds_half(full: Sequence[str]) -> bool:
    """Whether one of some lines ends in half a word for a state."""
    words = {line.split()[-1] for line in full if line.strip()}
    return any(word[0].isalpha() and is_half(word) for word in words)


def _may_end_apart(near: Sequence[str], full: Sequence[str]) -> bool:
    """Whether so many lines end where none goes further, and others of as many words sooner."""
    width = len(full[0])
    shapes = {len(line.split()) for line in full}
    shorter = [len(line) for line in near if len(line) < width and len(line.split()) in shapes]
    before = sum(one >= width - BESIDE for one in shorter)
    return len(full) > max(before, OFTEN) and len(shorter) >= OFTEN


def _end_alone(near: Sequence[str], full: Sequence[str]) -> bool:
    """Whether no line of as many words ends sooner than where none goes further."""
    shapes = {len(line.split()) for line in full}
    return sum(len(line.split()) in shapes for line in near) == len(full)


def _not_whole(
    table: Table, records: Sequence[Record], lines: Sequence[str | None]
) -> Iterator[Record]:
    """Those of some rows whose last cell may have been longer."""
    for record in records:
        if not (lines[record.line - 1] or "").endswith(record.text):
            continue  # it goes on below
        name, text = last_cell(record)
        word = str(said(table, name, text).get("state_raw") or "")
        whole = is_known(word) and not begins_another(word) if word else text.endswith(WHOLE_ENDS)
        if not whole:
            yield record
