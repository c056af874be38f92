"""How a text stops: behind a line, or within one, as where a limit or a full disk cut it.

Many texts have no end of their last line and are whole all the same, so a row without one is
distrusted only where the rows above tell that something is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from nsparse.dialect import CellFault
from nsparse.reading.cells.convert import Record
from nsparse.reading.damage.readings import begins_alike
from nsparse.reading.grammar.grammar import ROWS
from nsparse.reading.tables.table import Table
from nsparse.states import begins_one, is_known

LOOK = 8192
"""So many characters hold the last lines of a text."""

NEAR, LEAST, HEADINGS = 20, 3, 2
"""So many lines above the last show how wide rows are, if there are so many at least; the first
ones of a text are headings."""

ALIKE = 2
"""A cell that one row alone has may be missing in the next: an interface, a timer."""

STOPS = "the rest of the row: the text stops within it"
"""What a row lacks that the text stops in."""


WHOLE_ENDS = ("*", ")")
"""Nothing goes on behind an end without a port, nor behind an owner."""

_WORD, _DIGITS = re.compile(r"[^ \t]+(?=[ \t]*$)"), re.compile(r"[0-9]+(?=[ \t]*$)")
"""What a line ends in: its last word, and the number at the end of that."""


class Tail(NamedTuple):
    """How a text stops.

    Attributes:
        open: Whether its last line has no end, and no blank behind which a cell may be empty.
        shorter: Whether the lines above are filled up with blanks to one width, and the last is
            not, and its last word is shorter than theirs, or the number that it ends in.
    """

    open: bool = False
    shorter: bool = False


WHOLE = Tail()


def tail_of(text: str) -> Tail:
    r"""How a text stops.

    >>> tail_of("a  \nbb \nccc \nd"), tail_of("a\n")
    (Tail(open=True, shorter=False), Tail(open=False, shorter=False))
    """
    if not text or text.endswith(("\n", "\r", " ")):
        return WHOLE
    *above, last = re.split("\r\n|\r|\n", text[-LOOK:])
    if len(text) > LOOK:
        above = above[1:]  # of which only the end is there
    near = above[HEADINGS:][-NEAR:]
    filled = len({len(line) for line in near}) == 1 and all(line.endswith(" ") for line in near)
    filled = filled and len(near) >= LEAST and not last.endswith(WHOLE_ENDS)
    shorter = filled and any(_falls_short(look, last, near) for look in (_WORD, _DIGITS))
    return Tail(open=True, shorter=shorter)


def _falls_short(look: re.Pattern[str], last: str, near: Sequence[str]) -> bool:
    """Whether what the last line ends in is shorter than in all others."""
    lengths = [len(found[0]) for found in map(look.search, near) if found]
    found = look.search(last)
    return found is not None and len(lengths) >= LEAST and len(found[0]) < min(lengths)


def is_cut(table: Table, tail: Tail, lines: int) -> bool:
    """Whether the last row of a table is the last line of the text, and a part of a row.

    Args:
        table: The last table.
        tail: How the text stops.
        lines: How many lines it has.
    """
    if not tail.open or not len(table.records) or table.records.span[1] != lines:
        return False
    last = table.records[-1]
    if last.more:
        return False
    return tail.shorter or is_half_a_state(table, *last_cell(last)) or _lacks_cells(table, last)


def is_beginning(table: Table, text: str) -> bool:
    """Whether the text stops in a line that begins as the rows of a table do, and may go on so."""
    word = text.split(None, 1)[0]
    alike = begins_alike(table.records[-1].text, text)
    rows = islice(table.records.few, NEAR)
    return (alike or any(row.text.startswith(word) for row in rows)) and may_go_on(table, text)


def may_go_on(table: Table, text: str) -> bool:
    """Whether a line that is no row may be the beginning of one."""
    walks = table.voice.grammar.derived.walks
    return any(kind in walks and not walks[kind].dies(text) for kind in ROWS)


def is_half_a_state(table: Table, name: str, text: str) -> bool:
    """Whether a cell is the beginning of a word for a state, and no word for one."""
    return is_half(str(said(table, name, text).get("state_raw") or ""))


def is_half(word: str) -> bool:
    """Whether the word for a state begins so, and it is none itself."""
    return bool(word) and begins_one(word) and not is_known(word)


def _lacks_cells(table: Table, last: Record) -> bool:
    """Whether all rows in the same state go on where the last one ends, and they are some."""
    state, fields = _state(table, last), last.match.fields
    alike = [
        record.match.fields
        for record in table.records.few
        if record is not last and _state(table, record) == state
    ]
    longer = [names for names in alike if names[: len(fields)] == fields and names != fields]
    return bool(state) and len(longer) >= ALIKE and fields not in alike


def _state(table: Table, record: Record) -> str:
    """The word of a row for its state."""
    pairs = record.match.pairs
    words = (text for name, text in pairs if "state_raw" in said(table, name, text))
    return next(words, "")


def last_cell(record: Record) -> tuple[str, str]:
    """The field and the text that a row ends in."""
    return record.match.fields[-1], record.match.texts[-1]


def said(table: Table, name: str, text: str) -> Mapping[str, object]:
    """What a cell says; nothing where it cannot be, which is listed elsewhere."""
    try:
        return table.voice.dialect.cells[name].read(text)
    except CellFault:
        return {}
