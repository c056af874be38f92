"""How a text stops: behind a line, or within one, as where a limit or a full disk cut it.

Many texts have no end of their last line and are whole all the same, and others that were cut got
one: the last row is distrusted only where it stops in its state or before it, or has no end and the
rows above tell that something is missing.
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
from nsparse.reading.tables.noise import begins_with_end
from nsparse.reading.tables.table import Table
from nsparse.schema import STATEFUL
from nsparse.states import begins_one, is_known

LOOK = 8192
"""So many characters hold the last lines of a text."""

NEAR, LEAST, HEADINGS = 20, 3, 2
"""So many lines above the last show how wide rows are, if there are so many at least; the first
ones of a text are headings."""

ALIKE = 2
"""A cell that one row alone has may be missing in the next: an interface."""

TIMER = frozenset({"timer", "timer_ms", "retrans", "probes"})
"""What a row says of a timer, while one runs."""

STOPS = "the rest of the row: the text stops within it"
"""What a row lacks that the text stops in."""


WHOLE_ENDS = ("*", ")")
"""Nothing goes on behind an end without a port, nor behind an owner."""

_WORD, _DIGITS = re.compile(r"[^ \t]+(?=[ \t]*$)"), re.compile(r"[0-9]+(?=[ \t]*$)")
"""What a line ends in: its last word, and the number at the end of that."""

_HEX = re.compile(r"(?=[a-f]*[0-9])[0-9a-f]{8,16}(?![^ \t])")
"""Where the kernel keeps a socket."""


class Tail(NamedTuple):
    """How a text stops.

    Attributes:
        ends: Whether nothing follows; behind a part of a text the next one does.
        open: Whether its last line has no end, and no blank behind which a cell may be empty.
        shorter: Whether the lines above are filled up with blanks to one width, and the last is
            not, and its last word is shorter than theirs, or the number that it ends in.
    """

    ends: bool = False
    open: bool = False
    shorter: bool = False


WHOLE = Tail()
"""That of a text which goes on elsewhere: its last line is as whole as any other."""


def tail_of(text: str) -> Tail:
    r"""How a text stops.

    >>> tail_of("a  \nbb \nccc \nd").open, tail_of("a\n").open, tail_of("a\n").ends
    (True, False, True)
    """
    if not text or text.endswith(("\n", "\r", " ")):
        return Tail(ends=True)
    *above, last = re.split("\r\n|\r|\n", text[-LOOK:])
    if len(text) > LOOK:
        above = above[1:]  # of which only the end is there
    near = above[HEADINGS:][-NEAR:]
    filled = len({len(line) for line in near}) == 1 and all(line.endswith(" ") for line in near)
    filled = filled and len(near) >= LEAST and not last.endswith(WHOLE_ENDS)
    shorter = filled and any(_falls_short(look, last, near) for look in (_WORD, _DIGITS))
    return Tail(ends=True, open=True, shorter=shorter)


def _falls_short(look: re.Pattern[str], last: str, near: Sequence[str]) -> bool:
    """Whether what the last line ends in is shorter than in all others."""
    lengths = [len(found[0]) for found in map(look.search, near) if found]
    found = look.search(last)
    return found is not None and len(lengths) >= LEAST and len(found[0]) < min(lengths)


def is_cut(table: Table, tail: Tail, lines: int) -> bool:
    """Whether the last row of a table is the last line of the text, and a part of a row.

    Args:
        table: The last table, which has rows.
        tail: How the text stops.
        lines: How many lines it has.
    """
    if not tail.ends or table.records.span[1] != lines:
        return False
    (last,) = table.records.near(lines, lines, 1)
    if last.more:
        return False
    if _stops_in_its_state(table, last) or _lacks_its_state(table, last):
        return True
    return tail.open and (tail.shorter or _lacks_cells(table, last))


def is_beginning(table: Table, tail: Tail, text: str) -> bool:
    """Whether the text stops in a line that begins as the rows of a table do, and may go on so.

    Args:
        table: The last table, which has rows.
        tail: How the text stops: within a word of the line, or behind one.
        text: The line.
    """
    if not may_go_on(table, text):
        return False
    first, *words = text.split()
    row = table.records[-1].text
    if _begin_with_numbers(row, text):
        return True
    if not tail.open:
        return begins_alike(row, text) and not any(map(_is_said, words))
    rows = islice(table.records.few, NEAR)
    return begins_alike(row, text) or any(row.text.startswith(first) for row in rows)


def _is_said(word: str) -> bool:
    """Whether a word is one of a sentence, or of a heading: no number, no state."""
    return word.isalpha() and not (word.isupper() and begins_one(word))


def _begin_with_numbers(row: str, text: str) -> bool:
    """Whether a line begins with an end of a socket, or with the address of one, as a row does.

    >>> _begin_with_numbers("fffff80012530700 stream 0", "fffff80012530a00 stre")
    True
    """
    if begins_with_end(text):
        return begins_with_end(row)
    first, other = _HEX.match(row), _HEX.match(text)
    return first is not None and other is not None and first.end() == other.end()


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


def _stops_in_its_state(table: Table, last: Record) -> bool:
    """Whether a row ends in half a state; a tool that cuts its words has cut others as well."""
    if not is_half_a_state(table, *last_cell(last)):
        return False
    above = table.records.near(last.line - NEAR, last.line - 1, NEAR)
    return not any(is_half(_state(table, record)) for record in above)


def _lacks_its_state(table: Table, last: Record) -> bool:
    """Whether a row of a protocol that has states stops before its own, and no other one does."""
    cells = (said(table, *cell) for cell in last.match.pairs)
    if _state(table, last) or not any(cell.get("proto") in STATEFUL for cell in cells):
        return False
    fields = last.match.fields
    others = [record.match for record in table.records.few if record.line != last.line]
    return all(match.fields != fields for match in others) and any(
        match.fields[: len(fields)] == fields
        and "state_raw" in said(table, match.fields[len(fields)], match.texts[len(fields)])
        for match in others
    )


def _lacks_cells(table: Table, last: Record) -> bool:
    """Whether all rows in the same state go on where the last one ends, and they are some."""
    state, fields = _state(table, last), last.match.fields
    alike = [
        record
        for record in table.records.few
        if record.line != last.line and _state(table, record) == state
    ]
    longer = [row for row in alike if row.match.fields[: len(fields)] == fields]
    ends = any(row.match.fields == fields or _has_timer(table, row, len(fields)) for row in longer)
    return bool(state) and len(longer) >= ALIKE and not ends


def _has_timer(table: Table, row: Record, at: int) -> bool:
    """Whether a row goes on with nothing but a timer, which other rows in its state may lack."""
    name, *more = row.match.fields[at:]
    free = table.voice.dialect.cells[name].free and not more
    return free and said(table, name, row.match.texts[at]).keys() <= TIMER


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
