"""From matched lines to columns: each distinct text of a field is read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nsparse.dialect import CellFault, Columns, Dialect, Values
from nsparse.reading.cells.normal import normalise
from nsparse.reading.grammar.grammar import Match

NOTHING = Match((), ())
NO_VALUES: Values = {}

Texts = dict[str, list[str | None]]
"""The text of every field in every record, None where a record has no such field."""


@dataclass(slots=True)
class Record:
    """One socket: the line it stands on, its text and cells, and the lines that continue it."""

    line: int
    text: str
    match: Match
    more: list[Match] = field(default_factory=list)
    lines: int = 1


@dataclass(frozen=True)
class BadCell:
    """A cell that matches its grammar and cannot be: its record, its text, what was expected."""

    record: Record
    text: str
    expected: str


def columns_of(
    dialect: Dialect, records: Sequence[Record], cells: Match = NOTHING
) -> tuple[Columns, list[BadCell]]:
    """The columns of one table's records, normalised; records with an impossible cell are left out.

    Raises nothing: what cannot be is returned beside the columns.

    Args:
        dialect: What the cells mean.
        records: The rows.
        cells: What the headings say of every row; a cell of its own comes first.
    """
    texts = _texts(records, cells)
    readings, faults = _read(dialect, texts)
    if faults:
        bad = list(_bad_cells(records, texts, faults))
        lost = {id(cell.record) for cell in bad}
        columns, more = columns_of(dialect, [r for r in records if id(r) not in lost], cells)
        return columns, [*bad, *more]
    return _columns(dialect, records, texts, readings), []


def _texts(records: Sequence[Record], cells: Match) -> Texts:
    """A field that continuation lines repeat is joined by a blank."""
    every = ((record.match, *record.more) for record in records)
    kinds = dict.fromkeys(match.fields for matches in every for match in matches)
    texts: Texts = {name: [None] * len(records) for fields in kinds for name in fields}
    columns = {fields: [texts[name] for name in fields] for fields in kinds}
    for number, record in enumerate(records):
        for column, text in zip(columns[record.match.fields], record.match.texts, strict=True):
            column[number] = text
        for match in record.more:
            for column, text in zip(columns[match.fields], match.texts, strict=True):
                before = column[number]
                column[number] = text if before is None else f"{before} {text}"
    for name, text in cells.pairs:
        column = texts.get(name, [None] * len(records))
        texts[name] = [text if own is None else own for own in column]
    return texts


def _read(
    dialect: Dialect, texts: Texts
) -> tuple[dict[str, dict[str, Values]], dict[tuple[str, str], str]]:
    """The values of each distinct text by field, and what was expected of those that cannot be."""
    readings: dict[str, dict[str, Values]] = {}
    faults: dict[tuple[str, str], str] = {}
    for name, column in texts.items():
        read = dialect.cells[name].read
        known = readings[name] = {}
        for text in set(column):
            if text is None:
                continue
            try:
                known[text] = read(text)
            except CellFault as fault:
                faults[name, text] = str(fault)
    return readings, faults


def _bad_cells(
    records: Sequence[Record], texts: Texts, faults: dict[tuple[str, str], str]
) -> Iterable[BadCell]:
    for name, column in texts.items():
        for record, text in zip(records, column, strict=True):
            if text is not None and (name, text) in faults:
                yield BadCell(record, text, faults[name, text])


def _columns(
    dialect: Dialect,
    records: Sequence[Record],
    texts: Texts,
    readings: dict[str, dict[str, Values]],
) -> Columns:
    columns: dict[str, list[Any]] = {}
    for name, column in texts.items():
        known = readings[name]
        said = [NO_VALUES if text is None else known[text] for text in column]
        for target in dict.fromkeys(chain.from_iterable(known.values())):
            _merge(columns, target, [values.get(target) for values in said])
    columns.setdefault("proto", [None] * len(records))
    columns["_text"] = [record.text for record in records]
    dialect.settle(columns)
    normalise(columns, len(records))
    columns["line"] = [record.line for record in records]
    return columns


def _merge(columns: Columns, name: str, new: list[Any]) -> None:
    """Two cells may speak of one column: details add up, any other value stands once said."""
    old = columns.get(name)
    if old is None:
        columns[name] = new
    elif name == "details":
        columns[name] = [f"{a} {b}" if a and b else a or b for a, b in zip(old, new, strict=True)]
    else:
        columns[name] = [b if a is None else a for a, b in zip(old, new, strict=True)]
