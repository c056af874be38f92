"""What a text would say as a line of a table, and how much sense that makes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from nsparse.dialect import Cell, CellFault
from nsparse.reading.grammar.grammar import Match
from nsparse.reading.tables.table import Voice
from nsparse.reading.texts.text import BLANKS
from nsparse.schema import PROTOS, STATEFUL
from nsparse.states import is_known

LONGEST = 1000
"""A row is hardly longer."""

_NAME = re.compile("[:=(]")
"""What stands behind the name of an option."""


class Reading(NamedTuple):
    """Who reads a text, as which kind of line, and what it says."""

    voice: Voice
    kind: str
    match: Match


class Long(NamedTuple):
    """The longest line that was found."""

    lines: int
    text: str
    reading: Reading | None
    doubt: bool = False

    @property
    def says(self) -> list[str]:
        """Its words."""
        return self.text.split()

    @property
    def is_row(self) -> bool:
        """Whether it is a row, whose cells may differ by how its lines are joined."""
        return self.reading is not None and self.reading.kind == "row"

    @property
    def matters(self) -> bool:
        """Whether its words are kept."""
        return self.reading is None or self.reading.kind != "header"

    @property
    def rank(self) -> tuple[float, ...]:
        """How likely it is: a line of a table, no odd cells, few words that may be any."""
        if self.reading is None:
            return (0,)
        voice, fields = self.reading.voice, self.reading.match.fields
        free = sum(is_any(voice, name) for name in fields)
        return (1, -odd(self.reading), len(fields) - free, -free)


def begins_as_rows_do(line: str) -> bool:
    """Whether a line begins with a protocol or a state, though it may be no row.

    >>> begins_as_rows_do("tcp4 ll O O.O.O.O:9O9O"), begins_as_rows_do("Proto Recv-Q Send-Q")
    (True, False)
    """
    return bool(_beginning(line))


def begins_alike(row: str, line: str) -> bool:
    """Whether a line begins with a protocol as a row does, or with a state as that does.

    >>> begins_alike("ESTAB 0 0", "LISTEN"), begins_alike("tcp 0 0", "LISTEN")
    (True, False)
    """
    return _beginning(line) == _beginning(row) != ""


def is_stub(row: str, line: str) -> bool:
    """Whether a line is the first word of a row and no more, or a protocol where that is one.

    A state alone is said of much.

    >>> is_stub("udp 0 0", "tcp6"), is_stub("udp 0 0", "TCP"), is_stub("u_str ESTAB 0", "u_str")
    (True, False, True)
    """
    first = row.split(None, 1)[0]
    if " " in line or is_state(line) or line.isupper() != first.isupper():
        return False
    return line == first or _beginning(line) == _beginning(row) == "protocol"


def _beginning(line: str) -> str:
    """What a line begins with, if that is a protocol or a state."""
    first = line.split(None, 1)[0] if line.strip() else ""
    if first.rstrip("46").lower() in PROTOS:
        return "protocol"
    return "state" if is_state(first) else ""


def is_state(word: str) -> bool:
    """Whether a word is one for a state, and no other.

    >>> is_state("LISTEN"), is_state("closed")
    (True, False)
    """
    return word.isupper() and is_known(word)


def ends_as_rows_do(voice: Voice, row: str, line: str) -> bool:
    """Whether a line is the end of a row like another, of which it says more than free words.

    Args:
        voice: Who reads the rows.
        row: A whole one.
        line: The line.
    """
    if len(line) > LONGEST or not any(map(str.isdecimal, line)):
        return False
    words = line.split()
    whole = voice.reads(row, headed=False)
    oddness = odd(whole and Reading(voice, "row", whole))
    for at in range(1, min(len(row), LONGEST)):
        match = voice.reads(row[:at] + line, headed=False)
        if match is None or not possible(voice, match):
            continue
        if odd(Reading(voice, "row", match)) > oddness:
            continue
        told = match.pairs
        if any(
            not is_any(voice, name) and (text in words or text.endswith((words[0], line)))
            for name, text in told
        ):
            return True
    return False


def says_more(old: Reading | None, new: Reading | None) -> bool:
    """Whether a row says more in its longer form than in free words."""
    if old is None or new is None or old.kind != new.kind:
        return new is not None
    if new.kind == "header":
        return True
    cells = new.voice.dialect.cells
    return any(not cells[name].free for name in added(old, new))


def added(old: Reading, new: Reading) -> list[str]:
    """The fields that a longer form of a row has and the shorter has not."""
    return [name for name in new.match.fields if name not in old.match.fields]


def _holding(new: Reading, below: str) -> list[str]:
    """The fields of a row that hold what stands below its first line, or the end of that.

    The first of them may begin above, where the shorter row had another.
    """
    held, rest = [], below.strip(BLANKS)
    for name, cell in reversed([*new.match.pairs]):
        if not rest:
            break
        held.append(name)
        front, found, _ = rest.rpartition(cell)
        rest = front.strip(BLANKS) if found else ""
    return held


def is_any(voice: Voice, name: str) -> bool:
    """Whether any words may stand in a cell."""
    return voice.dialect.cells[name].free or is_run(voice, name)


def is_run(voice: Voice, name: str) -> bool:
    """Whether a cell is a run of words, such as a path with blanks."""
    return f"{name}__" in voice.grammar.text


ODD = ("addr_truncated", "local_name", "remote_name")
"""Columns that say of an end that it is no address with a number behind it."""


def odd(reading: Reading | None) -> float:
    """How many cells are no address or state, as two that were joined are none."""
    if reading is None:
        return inf
    cells = reading.voice.dialect.cells
    fields = reading.match.pairs
    said = [cells[name].read(text) for name, text in fields]
    states = [
        values["state_raw"]
        for values in said
        if values.get("state_raw") and values.get("proto", "tcp") in STATEFUL
    ]
    return sum(bool(values.get(odd)) for values in said for odd in ODD) + sum(
        not is_known(state) for state in states
    )


def is_own(old: Reading, new: Reading, below: str) -> bool:
    """Whether a row has a kind of line for what stands below, which is just any words if joined."""
    inner = below.strip(BLANKS)
    kinds = ("detail", "owner", "rest") if below != inner else ("rest",)
    if inner.startswith("["):
        kinds = ("owner", *kinds)
    is_other = new.kind == "header" or is_state(inner)
    said = {kind: match for kind in kinds if (match := old.voice.match(kind, inner))}
    if is_other or not said:
        return False
    cells = new.voice.dialect.cells
    more = added(old, new) or new.match.fields[-1:]
    if more and "owner" in said and more[0] in said["owner"].fields:
        return True
    return all(is_run(new.voice, name) and not cells[name].free for name in more)


def is_second(old: Reading, new: Reading, below: str) -> bool:
    """Whether a tool prints a row on two lines, of which the second is any words if joined."""
    free = any(is_any(new.voice, name) for name in added(old, new))
    return free and old.voice.match("rest", below.strip(BLANKS)) is not None


def is_prose(old: Reading, new: Reading, below: str) -> bool:
    """Whether what stands below are words that would only be a name or a path of the row above.

    One word may be the rest of such a name, if the words above are what they were without it; where
    any words may stand it says nothing of the row, but for those that a tool prints there.
    """
    cells = new.voice.dialect.cells
    more = [name for name in _holding(new, below) if name not in old.match.fields]
    held = more or new.match.fields[-1:]
    words = below.split()
    if not (held and all(is_any(new.voice, name) for name in held)):
        return False
    if len(words) > 1:
        return not any(_may_hold(cells[name], words) for name in held)
    if not set(old.match.fields) <= set(new.match.fields):
        return True
    plain = not any(char.isdecimal() or char in "/@" for char in below)
    return plain and all(cells[name].free for name in held)


def _may_hold(cell: Cell, words: Sequence[str]) -> bool:
    """Whether one of some words is known in a cell of options."""
    known = cell.items.names if cell.items else ()
    return any(_NAME.split(word, 1)[0] in known for word in words)


def possible(voice: Voice, match: Match) -> bool:
    """Whether the cells of a row can be."""
    try:
        for name, text in match.pairs:
            voice.dialect.cells[name].read(text)
    except CellFault:
        return False
    return True
