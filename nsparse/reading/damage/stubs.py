"""What is left of lines whose end was cut: the cells in front of the one that is not whole.

A row without its owner or its options is a row of the grammar all the same; one whose state,
queue or end was cut is none, but for a state of which only one word begins so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from nsparse.reading.cells.convert import Record
from nsparse.reading.damage.margin import Cut
from nsparse.reading.damage.tail import WHOLE_ENDS, said
from nsparse.reading.grammar.grammar import ROWS, Match
from nsparse.reading.tables.table import Table
from nsparse.reading.tables.unread import Unread, Unreads
from nsparse.reading.texts.text import BLANKS
from nsparse.states import begins_one, completed

NEEDED = ("state_raw", "recv_q", "send_q", "local_", "remote_", "path", "proto")
"""What the columns are called, or begin with, without which a row says nothing, or the wrong."""

_LAST_WORD = re.compile(r"[ \t]*[^ \t]*$")

Reader = Callable[[str], Match | None]
"""Reads one kind of line."""


def shortened(cuts: Sequence[Cut], unread: Unreads, lines: Sequence[str | None]) -> dict[int, str]:
    """The lines of tables that were cut, without the cell that was: those that still say a row.

    Args:
        cuts: The tables that were cut.
        unread: The lines of the text that should have been rows.
        lines: The lines of the text.
    """
    refused = {one.line: one for one in unread if not one.missing} if cuts else {}
    found: dict[int, str] = {}
    for cut in cuts:
        doubtful = {record.line: record for record in cut.rows}
        whole = {record.line for record in cut.table.records} - doubtful.keys()
        for number in cut.lines:
            line = lines[number - 1] or ""
            if len(line) == cut.width and number not in whole:
                text, left = _left(cut.table, doubtful.get(number) or refused.get(number), line)
                if left:
                    found[number] = line[: len(line) - len(text)] + left
    return found


def _left(table: Table, what: Record | Unread | None, line: str) -> tuple[str, str | None]:
    """The text of a line that was cut, and what is left of it, if that says anything."""
    text = what.text if what else line.strip(BLANKS)
    if not line.endswith(text):
        return text, None
    if isinstance(what, Record):
        return text, _of_cells(table, partial(table.reads, table.voice), text, what.match)
    row = next(_of_row(table, text), None) if what else None
    return text, row or _of_detail(table, text)


def _of_detail(table: Table, text: str) -> str | None:
    """What is left of a line that continues a row."""
    match = None if text.endswith(WHOLE_ENDS) else table.voice.match("detail", text)
    return match and _of_cells(table, partial(table.voice.match, "detail"), text, match)


def _of_cells(table: Table, read: Reader, text: str, match: Match) -> str | None:
    """A line that was read, without the last word or, where words are one, the last cell."""
    name, cell = match.fields[-1], match.texts[-1]
    values = said(table, name, cell)
    if "state_raw" in values:
        return _with_state(table, text.removesuffix(cell), cell)
    if any(column.startswith(NEEDED) for column in values):
        return None
    for part in (_LAST_WORD.sub("", text), text.removesuffix(cell).rstrip(BLANKS)):
        left = read(part) if part else None
        if left is not None and _is_rest(table, match, left, values):
            return part
    return None


def _is_rest(table: Table, match: Match, left: Match, values: Mapping[str, object]) -> bool:
    """Whether a shorter line says the same as a longer one, but for the end of that."""
    if left == Match(match.fields[:-1], match.texts[:-1]):
        return True
    if left.fields != match.fields or left.texts[:-1] != match.texts[:-1]:
        return False
    kept = said(table, left.fields[-1], left.texts[-1])
    return all(name == "details" or values.get(name) == value for name, value in kept.items())


def _of_row(table: Table, text: str) -> Iterator[str]:
    """What is left of a line that may be the beginning of a row."""
    walks = table.voice.grammar.derived.walks
    for kind in ROWS:
        if kind not in walks or walks[kind].dies(text):
            continue
        start = walks[kind].last(text)
        if text[start - 1 : start] not in tuple(BLANKS):
            continue  # in the middle of a word, which is no cell then
        left = text[:start].rstrip(BLANKS)
        match = table.reads(table.voice, left)
        if match is not None and begins_one(text[start:]) and not _has_state(table, match):
            yield from filter(None, [_with_state(table, text[:start], text[start:])])
        elif match is not None:
            yield left


def _with_state(table: Table, before: str, word: str) -> str | None:
    """A row whose state was cut with the whole word, if only one can have been meant."""
    whole = before + (completed(word) or word)
    return whole if completed(word) and table.reads(table.voice, whole) else None


def _has_state(table: Table, match: Match) -> bool:
    """Whether a row names its state."""
    pairs = match.pairs
    return any("state_raw" in said(table, name, text) for name, text in pairs)
