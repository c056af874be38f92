"""Where something cut the lines of a text: the width of a screen, a pager that does not wrap.

Nobody can tell by one row that it was cut: `CLOSE` and 884 are whole words. Where rows end in half
a state and none goes further, all that end there were cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nsparse.reading.convert import Record
from nsparse.reading.tables import Table
from nsparse.reading.tail import is_half, is_half_a_state, last_cell, said
from nsparse.states import begins_another, is_known

OFTEN = 3
"""So many rows end at one place by a rule, and not by accident."""

NEAR = 100
"""So many lines show whether all were cut."""

WHOLE = "*"
"""An end without a port is whole, and nothing stands behind it that could have been cut."""


CUT = "the rest of the row: the lines of this table are cut at {} characters"
"""What these rows lack."""


def cut_rows(table: Table, lines: Sequence[str | None]) -> tuple[int, list[Record]]:
    """The width at which the rows of a table were cut, and those whose last cell is not whole.

    Args:
        table: The table.
        lines: The lines of the text.

    Returns:
        0 and no rows where nothing was cut.
    """
    if not len(table.records):
        return 0, []
    first, last = table.records.span
    if not _may_be_cut(lines[max(first - 1, last - NEAR) : last]):
        return 0, []
    widths = [len(line or "") for line in lines[first - 1 : last]]
    width = max(widths)
    ends = [one for one in table.records.as_records() if widths[one.line - first] == width]
    halves = [one for one in ends if is_half_a_state(table, *last_cell(one))]
    return (width, list(_not_whole(table, ends, lines))) if halves else (0, [])


def _may_be_cut(lines: Sequence[str | None]) -> bool:
    """Whether some lines end where none goes further, and one of them in half a state."""
    width = max(len(line or "") for line in lines)
    words = [line.split()[-1] for line in lines if line and len(line) == width]
    return len(words) >= OFTEN and any(word[0].isalpha() and is_half(word) for word in set(words))


def _not_whole(
    table: Table, records: Sequence[Record], lines: Sequence[str | None]
) -> Iterator[Record]:
    """Those of some rows whose last cell may have been longer."""
    for record in records:
        if not (lines[record.line - 1] or "").endswith(record.text):
            continue  # it goes on below
        name, text = last_cell(record)
        word = str(said(table, name, text).get("state_raw") or "")
        whole = is_known(word) and not begins_another(word) if word else text.endswith(WHOLE)
        if not whole:
            yield record
