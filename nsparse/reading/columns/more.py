"""Rows, and what continues them: lines below, and words at their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.batch import Batch, batch_of
from nsparse.reading.columns.cohorts import WHOLE
from nsparse.reading.columns.part import Part, some_of
from nsparse.reading.columns.words import Bools, Ints, Positions, between, encode

if TYPE_CHECKING:
    from nsparse.reading.columns.block import Block
    from nsparse.reading.columns.details import Details
    from nsparse.reading.columns.lines import Lines
    from nsparse.reading.columns.tails import Cut, Tails

FIRST = ord(" ")
"""No row begins with a lower byte: a tab stands before details, and an empty line is its end."""

OWN = -1
"""Stands before what rows say in further lines: no place of a word has this number."""


NONE = -1
"""The row of lines that belong to none."""

ADDED = frozenset({"details"})
"""What several parts of a row say there adds up."""


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
    data = lines.data
    if len(data) < starts[-1]:  # the last line has no end
        data, starts = data[int(starts[0]) :] + b"\n", starts - starts[0]
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
    indents, empty = (
        np.array(said)[batch.codes]
        for said in zip(*((one.indent, one.empty) for one in batch.shapes), strict=True)
    )
    first = parts.next & ~empty
    batch.known &= empty | (first & (indents > block.indents[parts.above]))
    which: Any = slice(None) if first.all() else np.flatnonzero(first)
    rows = parts.above[which]
    _say(block, batch, rows, which, details)
    block.more[rows] = True
    block.taken[parts.above[~batch.known]] = False
    _kinds(block, parts.rows, rows, batch.classes[which], details)


def end_as(block: Block, cut: Cut, behind: Positions, tails: Tails) -> None:
    """Read the words at the ends of rows.

    Args:
        block: The rows.
        cut: The same as they were read, and their ends.
        behind: The state in which each goes on.
        tails: How these words are read.
    """
    block.taken[cut.which] &= behind[cut.which] != WHOLE
    which = np.flatnonzero(block.taken[cut.which])
    states = behind[cut.which[which]]
    for state in np.unique(states).tolist():
        details = tails.details(state)
        some = which[states == state]
        rows = cut.which[some]
        if details is None:
            block.taken[rows] = False
            continue
        batch = batch_of(
            details, cut.tails if len(some) == len(cut.tails) else cut.tails.some(some)
        )
        _say(block, batch, rows, slice(None), details)
        block.taken[rows[~batch.known]] = False
        _kinds(block, cut.rows, rows, batch.classes, details)


def part_ways(block: Block, cut: Cut, tails: Tails, details: Details) -> None:
    """Leave rows to the pattern that may say something in a column at their end and below."""
    if any(one.names & details.names - ADDED for one in tails.known):
        block.taken[cut.which[block.more[cut.which]]] = False


def _say(block: Block, batch: Batch, rows: Ints, which: Any, details: Details) -> None:
    """Put what some lines of a batch say where the rows that they belong to say theirs."""
    every: Any = slice(None) if len(rows) == len(block) else rows
    for name in details.numbers:
        values, missing = batch.numbers(name)
        block.column(name, values.dtype).say(every, values[which], missing[which])
    row = np.full(len(batch.codes), NONE)
    row[which] = rows
    for name, lines, starts, ends in batch.texts():
        has = row[lines] != NONE
        starts, ends = starts[has], ends[has]
        _keep(block, name, row[lines][has], between(batch.text.raw, starts, ends), ends - starts)
    texts, lengths = batch.details(which)
    has = lengths > 0
    if has.any():
        _keep(block, "details", rows[has], texts, lengths[has])


def _keep(block: Block, name: str, rows: Ints, pieces: Any, lengths: Ints) -> None:
    """What is kept of lines as printed, behind what their rows say there already.

    Args:
        block: The rows.
        name: The column.
        rows: Those of the lines, in their order.
        pieces: The texts of the lines, one behind the other.
        lengths: How long each is.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = block.column(name)
    places = np.zeros(len(block) + 1, np.int64)
    places[rows + 1] = lengths
    buffers = [None, pa.py_buffer(np.cumsum(places)), pieces.buffers()[2]]
    texts = pa.Array.from_buffers(pa.large_string(), len(block), buffers)
    if column.texts is not None:
        both = np.zeros(len(block), np.int64)
        both[rows] = column.has[rows]
        texts = pc.binary_join_element_wise(column.texts, texts, between(b" ", both * 0, both))
    column.texts = texts
    column.has[rows] = True


def _kinds(block: Block, part: Part, rows: Ints, classes: Ints, details: Details) -> None:
    """Rows that are continued are of other kinds than those alike that are not."""
    taken = block.taken[rows]
    rows, classes = rows[taken], classes[taken]
    codes, firsts = encode(block.kinds[rows].astype(np.int64) * details.classes + classes)
    kinds = np.zeros(len(firsts), np.int32)
    known = np.ones(len(firsts), np.bool_)
    some = rows[firsts]
    texts = part.text.lines(part.starts[some], part.ends[some])
    each = zip(block.kinds[some].tolist(), classes[firsts].tolist(), texts, strict=True)
    for at, (kind, number, text) in enumerate(each):
        known[at] = details.may_go_on(kind, text)
        kinds[at] = block.all.of(((OWN, kind), (OWN, number)))
    block.kinds[rows] = kinds[codes]
    block.taken[rows[~known[codes]]] = False
