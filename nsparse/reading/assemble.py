"""From the tables of a text to its dump."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from nsparse.dialect import Columns
from nsparse.prose import plural
from nsparse.reading.cells.convert import BadCell, columns_of
from nsparse.reading.dump import Dump, Problem, Snapshot, doubts, parts_of
from nsparse.reading.moments import part_moments
from nsparse.reading.tables.refusals import problems_of
from nsparse.reading.tables.table import Sections, Stretch, Table
from nsparse.reading.texts.mend import SAID
from nsparse.reading.views import View, views_of
from nsparse.states import is_known

if TYPE_CHECKING:
    import pandas as pd

SHOWN_WORDS = 10
"""So many unknown states a note lists; a dump with more is damaged, and its problems say where."""


@dataclass
class _Source:
    """The text that is being read, and what was wrong with it."""

    file: str
    lines: Sequence[str]
    host: str | None
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, text: str, expected: str) -> None:
        """A cell that could not be, or not be understood."""
        whole = self.lines[line - 1]
        column = max(whole.find(text), 0) + 1
        self.problems.append(Problem(self.file, line, column, whole, (expected,)))


def assemble(
    file: str,
    lines: Sequence[str],
    found: Sections,
    *,
    host: str | None,
    full: bool,
    numbers: Sequence[int] = (),
) -> Dump:
    """Build the dump: rows with an impossible cell become problems, all others make the frame.

    Args:
        file: What the text is called.
        lines: Its lines.
        found: What was read of them.
        host: Overrides the host that is named there.
        full: Whether to give also the columns without a value.
        numbers: Where lines held several or were put in order, the line of each that was read.
    """
    if numbers:
        lines = [lines[number - 1] if number else "" for number in numbers]
    source = _Source(file, lines, host)
    part_moments(found, lines)
    views = views_of(found.tables)
    frame = _frame(source, views, found, full)
    problems = problems_of(file, lines, found, source.problems)
    dump = Dump(
        file=file,
        frame=frame,
        problems=problems,
        census={kind: count for kind, count in found.census.items() if count},
        snapshots=_snapshots(views),
        notes=_notes(found, frame, numbers),
        stretches=found.stretches,
        encoding="",
        lines=sum(map(bool, numbers)) if numbers else len(lines),
        tables=[table.voice.dialect.name for table in found.tables],
        parts=parts_of(found.tables),
        cut_at=found.cut_at,
        breaks_off=_breaks_off(problems, source, len(lines)),
    )
    return _renumbered(dump, numbers) if numbers else dump


def _breaks_off(problems: Sequence[Problem], source: _Source, lines: int) -> bool:
    """Whether the last line is the beginning of a row, which goes wrong in its last word.

    Where others follow that, or a cell is whole that cannot be, it is damaged, not cut. An owner is
    one word, whatever blanks are in the names of its programs.
    """
    if not problems or problems[-1].line != lines or problems[-1] in source.problems:
        return False
    last = problems[-1]
    rest = last.text[last.column - 1 :]
    owners = rest.startswith("users:(") and rest.count("(") > rest.count(")")
    return owners or len(rest.split()) <= 1


def _renumbered(dump: Dump, numbers: Sequence[int]) -> Dump:
    """A dump of lines that stood on few, or in another order, with those that its text has."""

    def of(line: int) -> int:
        return numbers[line - 1]

    frame = dump.frame.assign(line=dump.frame["line"].map(of).astype("Int64"))
    return replace(
        dump,
        frame=frame.sort_values("line", kind="stable", ignore_index=True),
        problems=sorted(
            (problem._replace(line=of(problem.line)) for problem in dump.problems),
            key=lambda problem: (problem.line, problem.column),
        ),
        snapshots=[
            replace(shot, lines=(of(shot.lines[0]), of(shot.lines[1]))) for shot in dump.snapshots
        ],
        stretches=[Stretch(of(each.first), of(each.last), each.what) for each in dump.stretches],
        parts=[replace(part, first=of(part.first), last=of(part.last)) for part in dump.parts],
    )


# ---- the frame -------------------------------------------------------------------------------


def _frame(source: _Source, views: Sequence[View], found: Sections, full: bool) -> pd.DataFrame:
    """One frame for all tables, in the order of the file."""
    from nsparse.schema import frame

    values: dict[str, list[Any]] = {}
    length = 0
    for view in views:
        for table in view.tables:
            columns = _table(source, view, table, found)
            count = len(columns["line"])
            for name in values.keys() | columns.keys():
                column = values.setdefault(name, [None] * length)
                column.extend(columns.get(name, [None] * count))
            length += count
    rows = [table.records for view in views for table in view.tables]
    if all(one.whole for one in rows):
        return frame(values, length, full=full)
    from nsparse.reading.columns.spread import spread

    return spread(values, length, rows, full=full)


def _table(source: _Source, view: View, table: Table, found: Sections) -> Columns:
    """One table's columns, with what all its rows share."""
    columns, bad = columns_of(table.voice.dialect, list(table.records.few), table.cells)
    if bad:
        _take_out(source, table, bad, found)
    _odd(source, columns)
    dialect = table.voice.dialect
    rivals = [rival.dialect for rival in table.rivals]
    shared = {
        "file": source.file,
        "host": source.host or next((t.host for t in view.tables if t.host), None),
        "snapshot": view.snapshot,
        "view": view.number,
        "taken_at": view.taken_at,
        "os": dialect.os if all(rival.os == dialect.os for rival in rivals) else None,
        "tool": dialect.tool if all(rival.tool == dialect.tool for rival in rivals) else None,
        "dialect": None if rivals else dialect.name,
    }
    count = len(columns["line"])
    return {**columns, **{name: [value] * count for name, value in shared.items()}}


def _take_out(source: _Source, table: Table, bad: Iterable[BadCell], found: Sections) -> None:
    """Rows with an impossible cell are problems, with the lines that continue them."""
    lost = {cell.record.line: cell for cell in bad}
    for cell in lost.values():
        source.refuse(cell.record.line, cell.text, cell.expected)
        found.census["rows"] -= 1
        found.census["details"] -= len(cell.record.more)
        found.census["problems"] += 1 + len(cell.record.more)
    table.records.drop_lines(lost)


def _odd(source: _Source, columns: Columns) -> None:
    """Cells of rows that were read and could not be understood."""
    for line, said in zip(columns["line"], columns.pop("_odd", []), strict=False):
        if said is not None:
            text, expected = said
            source.refuse(line, text, expected)


# ---- what is said of all of it ---------------------------------------------------------------


def _snapshots(views: Sequence[View]) -> list[Snapshot]:
    shots = []
    for number, moment in groupby(views, key=lambda view: view.snapshot):
        shown = list(moment)
        tables = [table for view in shown for table in view.tables]
        spans = [line for t in tables if len(t.records) for line in t.records.span]
        lines = spans or [t.start for t in tables]
        shots.append(
            Snapshot(
                number,
                shown[0].taken_at,
                tuple(dict.fromkeys(t.voice.dialect.name for t in tables)),
                (min(lines), max(lines)),
                sum(len(t.records) for t in tables),
            )
        )
    return shots


def _notes(found: Sections, frame: pd.DataFrame, numbers: Sequence[int]) -> list[str]:
    notes = [f"{plural(n, 'line')} mended: {SAID[name]}" for name, n in found.mended.items()]
    if not len(frame):
        notes.append("a table with a header and no rows")
    if any(table.time and not table.zone_known for table in found.tables):
        notes.append("times without a zone that is known are taken as UTC")
    for table in found.tables:
        if table.rivals and table.records:
            names = " or ".join(voice.dialect.name for voice in (table.voice, *table.rivals))
            first = numbers[table.start - 1] if numbers else table.start
            notes.append(f"the rows from line {first} on could be {names}: no header decides")
    notes += doubts(found.census, found.cut_at)
    words = _unknown_words(frame)
    if words:
        counted = [f"{word} ({count})" for word, count in words.most_common(SHOWN_WORDS)]
        rows = plural(words.total(), "row")
        notes.append(f"{rows} in states no table knows: {', '.join(counted)}")
    return notes


def _unknown_words(frame: pd.DataFrame) -> Counter[str]:
    """Words where a state stands that no table knows, and how often each does."""
    states: Any = frame["state"].array
    unknown = states.codes == states.categories.get_loc("UNKNOWN")
    if not unknown.any():
        return Counter()
    words = Counter(frame["state_raw"].array[unknown].dropna())
    return Counter({word: count for word, count in words.items() if not is_known(word)})
