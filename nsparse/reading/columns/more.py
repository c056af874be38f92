"""Rows and the lines that continue them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.batch import batch_of
from nsparse.reading.columns.part import Part, some_of
from nsparse.reading.columns.words import Bools, Ints, between, encode

if TYPE_CHECKING:
    from nsparse.reading.columns.block import Block
    from nsparse.reading.columns.details import Details
    from nsparse.reading.columns.lines import Lines

FIRST = ord(" ")
"""No row begins with a lower byte: a tab stands before details, and an empty line is its end."""

OWN = -1
"""Stands before what rows say in further lines: no place of a word has this number."""


class Apart(NamedTuple):
    """Lines of a block: rows, and those that continue them.

    Attributes:
        rows: The rows.
        lines: The number of each row's line, from 0, and of the line behind the last.
        others: The other lines.
        above: The row that each of these stands below.
        next: Whether it is the next line.
    """

    rows: Part
    lines: Ints
    others: Part
    above: Ints
    next: Bools


def continues(lines: Lines, line: int) -> bool:
    """Whether a line begins as none that is a row."""
    start = int(lines.starts[line])
    return start < len(lines.data) and lines.data[start] < FIRST


def apart(lines: Lines, first: int, count: int) -> Apart | None:
    """Lines, apart by what they begin with; None where all may be rows."""
    starts = lines.starts[first : first + count + 1]
    others = np.frombuffer(lines.data, np.uint8)[starts[:-1]] < FIRST
    if not others.any():
        return None
    # Behind the last line there may be no end.
    data = lines.data[int(starts[0]) : int(starts[-1])].ljust(int(starts[-1] - starts[0]), b"\n")
    starts = starts - starts[0]
    rows, rest = np.flatnonzero(~others), np.flatnonzero(others)
    above = np.searchsorted(rows, rest) - 1
    return Apart(
        some_of(data, starts[rows], starts[rows + 1]),
        np.append(rows, count) + first,
        some_of(data, starts[rest], starts[rest + 1]),
        above,
        rest == rows[above] + 1,
    )


def go_on(block: Block, parts: Apart, details: Details) -> None:
    """Read the lines that continue rows, and put what they say where the rows say theirs."""
    batch = batch_of(details, parts.others)
    indents, empty, classes = (
        np.array(said)[batch.codes]
        for said in zip(*((one.indent, one.empty, one.number) for one in batch.shapes), strict=True)
    )
    first = parts.next & ~empty
    batch.known &= empty | (first & (indents > block.indents[parts.above]))
    which: Any = slice(None) if first.all() else np.flatnonzero(first)
    rows = parts.above[which]
    every: Any = slice(None) if len(rows) == len(block) else rows
    for name in details.numbers:
        values, missing = batch.numbers(name)
        block.column(name, values.dtype).say(every, values[which], missing[which])
    data, starts, ends, has = batch.details()
    if has.any():
        _keep(block, rows, data, starts[which], ends[which], has[which])
    block.more[rows] = True
    block.taken[parts.above[~batch.known]] = False
    _kinds(block, parts, rows, classes[which], details)


def _keep(block: Block, rows: Ints, data: bytes, starts: Ints, ends: Ints, has: Bools) -> None:
    """What is kept of lines as printed, where their rows say theirs."""
    column = block.column("details")
    places = np.zeros((2, len(block)), np.int64)
    places[:, rows] = np.where(has, (starts, ends), 0)
    column.texts = between(data, *places)
    column.has[rows] = has


def _kinds(block: Block, parts: Apart, rows: Ints, classes: Ints, details: Details) -> None:
    """Rows that are continued are of other kinds than those alike that are not."""
    taken = block.taken[rows]
    rows, classes = rows[taken], classes[taken]
    codes, firsts = encode(block.kinds[rows].astype(np.int64) * details.classes + classes)
    kinds = np.zeros(len(firsts), np.int32)
    known = np.ones(len(firsts), np.bool_)
    some = rows[firsts]
    texts = parts.rows.text.lines(parts.rows.starts[some], parts.rows.ends[some])
    each = zip(block.kinds[some].tolist(), classes[firsts].tolist(), texts, strict=True)
    for at, (kind, number, text) in enumerate(each):
        known[at] = details.may_go_on(kind, text)
        kinds[at] = block.all.of(((OWN, kind), (OWN, number)))
    block.kinds[rows] = kinds[codes]
    block.taken[rows[~known[codes]]] = False
