"""From matched lines to columns: each distinct text of a field is read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nsparse.dialect import CellFault, Columns, Dialect, Values
from nsparse.normal import normalise

if TYPE_CHECKING:
    from nsparse.grammar import Match


@dataclass
class Record:
    """One socket: the line it stands on, its cells, and the lines that continue it."""

    line: int
    match: Match
    more: list[Match] = field(default_factory=list)

    def cells(self) -> dict[str, str]:
        """Texts by field; a field that continuation lines repeat is joined by a blank."""
        cells = dict(zip(*self.match, strict=True))
        for match in self.more:
            for name, text in zip(*match, strict=True):
                cells[name] = f"{cells[name]} {text}" if name in cells else text
        return cells


@dataclass(frozen=True)
class BadCell:
    """A cell that matches its grammar and cannot be: its record, its text, what was expected."""

    record: int
    text: str
    expected: str


def bad_cells(dialect: Dialect, records: Sequence[Record]) -> list[BadCell]:
    """The cells whose reader refuses them; their rows are not read."""
    faults: dict[tuple[str, str], str] = {}
    for name, texts in _distinct(records).items():
        for text in texts:
            try:
                dialect.cells[name].read(text)
            except CellFault as fault:
                faults[name, text] = str(fault)
    if not faults:
        return []
    return [
        BadCell(number, text, faults[name, text])
        for number, record in enumerate(records)
        for name, text in record.cells().items()
        if (name, text) in faults
    ]


def columns_of(dialect: Dialect, records: Sequence[Record]) -> Columns:
    """The columns of one table's records, normalised."""
    length = len(records)
    columns: dict[str, list[Any]] = {}
    for name, texts in _texts(records).items():
        read = {text: dialect.cells[name].read(text) for text in set(texts) if text is not None}
        for column in _names(read.values()):
            by_text = {text: values.get(column) for text, values in read.items()}
            _merge(columns, column, [by_text.get(text) for text in texts])  # type: ignore[arg-type]
    columns.setdefault("proto", [None] * length)
    dialect.settle(columns)
    normalise(columns, length)
    columns["line"] = [record.line for record in records]
    return columns


def _texts(records: Sequence[Record]) -> dict[str, list[str | None]]:
    """The text of every field in every record, None where a record has no such field."""
    texts: dict[str, list[str | None]] = {}
    for number, record in enumerate(records):
        for name, text in record.cells().items():
            column = texts.get(name)
            if column is None:
                column = texts[name] = [None] * len(records)
            column[number] = text
    return texts


def _distinct(records: Sequence[Record]) -> dict[str, set[str]]:
    distinct: dict[str, set[str]] = {}
    for record in records:
        for name, text in record.cells().items():
            distinct.setdefault(name, set()).add(text)
    return distinct


def _names(read: Iterable[Values]) -> list[str]:
    return list(dict.fromkeys(name for values in read for name in values))


def _merge(columns: Columns, name: str, new: list[Any]) -> None:
    """Two cells may speak of one column: details add up, any other value stands once said."""
    old = columns.get(name)
    if old is None:
        columns[name] = new
    elif name == "details":
        columns[name] = [f"{a} {b}" if a and b else a or b for a, b in zip(old, new, strict=True)]
    else:
        columns[name] = [b if a is None else a for a, b in zip(old, new, strict=True)]
