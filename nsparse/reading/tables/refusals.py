"""Lines that should have been rows: where each leaves its grammar, and what would have gone on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter

from nsparse.dialect import COMMON_WORDS
from nsparse.reading.dump import Problem
from nsparse.reading.grammar.grammar import ROWS, Grammar, Refusal, field_name
from nsparse.reading.tables.table import Sections, Table
from nsparse.reading.tables.unread import Unread

EXPLAINED_AT_MOST = 300
"""So many refused lines are explained by the grammar; the rest are listed without a column.

An explanation costs Lark about a tenth of a millisecond, and nobody reads more of them.
"""

NO_ROW = ("a row of a socket table",)
"""What is expected of a line of which nothing is known but that it is no row."""

Places = Mapping[str, int]
"""The fields of a table's rows, and how many stand before each at least."""


def problems_of(
    file: str, lines: Sequence[str], found: Sections, cells: Sequence[Problem]
) -> list[Problem]:
    """What is wrong with each line that is no row and should have been one.

    Args:
        file: What the text is called.
        lines: The lines of the text.
        found: What was read of them.
        cells: What is wrong with cells of those that are rows.
    """
    explained = _first_of(file, lines, found, found.unread[:EXPLAINED_AT_MOST])
    problems = [*cells, *explained]
    for first, behind in _stretches(sorted(found.unread.lines[EXPLAINED_AT_MOST:])):
        texts = enumerate(lines[first - 1 : behind - 1], first)
        problems += [Problem(file, number, 1, text, NO_ROW) for number, text in texts]
    problems.sort(key=attrgetter("column"))
    problems.sort(key=attrgetter("line"))  # and of one line by the column, as before
    return problems


def _stretches(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """From which line to which others stand below one another: the first, and behind the last."""
    first = behind = numbers[0] if numbers else 0
    for number in numbers:
        if number != behind:
            yield first, behind
            first = number
        behind = number + 1
    if numbers:
        yield first, behind


def _first_of(
    file: str, lines: Sequence[str], found: Sections, first: Sequence[Unread]
) -> Iterator[Problem]:
    """Those that are explained."""
    starts = [table.start for table in found.tables]

    @cache
    def fields(number: int) -> Places:
        return _places(found.tables[number])

    for unread in first:
        line = lines[unread.line - 1]
        at = max(bisect_right(starts, unread.line) - 1, 0)
        ours = bool(starts) and found.tables[at].voice is unread.voice
        column, words = _explained(unread, line, fields(at) if ours else {})
        yield Problem(file, unread.line, column, line, words)


def _places(table: Table) -> Places:
    """The fields that the rows of a table have."""
    shapes = {record.match.fields for record in table.records.few}
    found: dict[str, int] = {}
    for place, name in sorted((at, name) for fields in shapes for at, name in enumerate(fields)):
        found.setdefault(name, place)
    return found


def _explained(unread: Unread, line: str, places: Places) -> tuple[int, tuple[str, ...]]:
    """At which column the grammar stops, and what could have stood there."""
    if unread.missing:
        return len(line) + 1, (unread.missing,)
    outcome = _refusal(unread.voice.grammar, unread.text) if unread.voice else None
    if unread.voice is None or outcome is None:
        return 1, NO_ROW
    expected = outcome.expected
    if likely := _likely(outcome, places):
        ends = [name for name in expected if name in COMMON_WORDS]
        expected = (*sorted(likely, key=lambda name: places[field_name(name)]), *ends)
    column = max(line.find(unread.text), 0) + outcome.offset + 1
    return column, tuple(dict.fromkeys(map(unread.voice.dialect.words, expected)))


def _likely(outcome: Refusal, places: Places) -> list[str]:
    """Of the fields that may stand there those of other rows, at the start what begins them."""
    known = [name for name in outcome.expected if field_name(name) in places]
    first = [name for name in known if places[field_name(name)] == 0]
    return known if outcome.offset else first


def _refusal(grammar: Grammar, text: str) -> Refusal | None:
    """Where the line leaves the kind of row that it follows longest.

    What a line lacks that ends too early is the cell behind the next blank, not the blank.
    """
    rows = ((kind, grammar.explain(kind, text)) for kind in ROWS if kind in grammar.kinds)
    refusals = [(kind, outcome) for kind, outcome in rows if isinstance(outcome, Refusal)]
    if not refusals:
        return None
    kind, longest = max(refusals, key=lambda refusal: refusal[1].offset)
    if longest.offset == len(text):
        behind = grammar.explain(kind, text + " ")
        if isinstance(behind, Refusal) and behind.offset > len(text):
            return Refusal(len(text), behind.expected)
    return longest
