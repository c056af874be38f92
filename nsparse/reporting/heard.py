"""What became of the lines of a dump: read, passed over, damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nsparse.errors import harmless
from nsparse.layout import block
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from nsparse.reading.dump import Dump, Problem

PROBLEMS_SHOWN = 3
"""Damaged lines shown in full; they are often all of one kind."""

KINDS_SHOWN, PLACES_SHOWN = 12, 8
"""Kinds of other lines that are named, and the places of each; a log has hundreds."""

TABLES_SHOWN = 20
"""Tables that are listed; a loop prints the same ones again and again."""

LINES = {
    "rows": "rows",
    "details": "lines that continue them",
    "headers": "headings",
    "blank": "empty",
    "joined": "joined to the line above",
    "problems": "not read",
    "orphan": "continuing what was not read",
    "section": "sections without sockets",
    "message": "messages",
    "text": "other text",
}
"""What each kind of line is called where all of them are counted."""

PASSED = {
    "conflict": "marks of a merge conflict",
    "elision": "rows left out by whoever shortened the dump",
    "fence": "fences of Markdown or a ticket",
    "message": "messages of a shell",
    "pager": "a pager that waited",
    "prompt": "prompts",
    "rule": "ruled lines",
    "text": "text that is no table",
    "time": "times",
    "watch": "what watch prints above",
}
"""What lines are called that stand beside tables; of others their own words are shown."""


def account(dump: Dump, width: int) -> Iterator[str]:
    """How a dump was read: what is in it, and what every line of it is."""
    read = f"{plural(len(dump.frame), 'row')} of {plural(dump.lines, 'line')}"
    yield f"{harmless(dump.file)}: {read}, {dump.encoding}"
    for label, texts in (
        ("tables", _tables(dump)),
        ("moments", _moments(dump)),
        ("lines", [_lines(dump)]),
        ("passed", _passed(dump)),
        ("note", dump.notes),
    ):
        yield from block(label, texts, width, gap=9)


def _tables(dump: Dump) -> Iterator[str]:
    """Where each table stands, who read it, and what sockets it holds."""
    for part in dump.parts[:TABLES_SHOWN]:
        rows = dump.frame[dump.frame["line"].between(part.first, part.last)]
        what = rows["proto"].astype("object").fillna("other").value_counts(sort=False)
        held = ", ".join(f"{thousands(n)} {proto}" for proto, n in what.items()) or "no rows"
        command = f", `{harmless(part.command)}`" if part.command else ""
        yield f"{_place(part.first, part.last)}: {' or '.join(part.dialects)}{command}: {held}"
    if len(dump.parts) > TABLES_SHOWN:
        yield f"and {thousands(len(dump.parts) - TABLES_SHOWN)} more"


def _lines(dump: Dump) -> str:
    """Every line of the file, by what it is."""
    counts = dump.census
    told = {name: counts[kind] for kind, name in LINES.items() if kind in counts}
    beside = sum(count for kind, count in counts.items() if kind not in LINES)
    told |= {"prompts and the like": beside} if beside else {}
    return ", ".join(f"{name} {thousands(count)}" for name, count in told.items())


def _moments(dump: Dump) -> Iterator[str]:
    if len(dump.snapshots) < 2 and not any(shot.taken_at for shot in dump.snapshots):
        return
    for shot in dump.snapshots:
        time = f", {shot.taken_at:%Y-%m-%d %H:%M:%S} UTC" if shot.taken_at else ""
        first, last = shot.lines
        yield f"{shot.number}: {plural(shot.rows, 'row')} in lines {first}-{last}{time}"


def _passed(dump: Dump) -> Iterator[str]:
    """Lines that are no rows on purpose: what they are, and where they stand."""
    places: dict[str, list[str]] = {}
    for first, last, what in dump.stretches:
        places.setdefault(what, []).append(_place(first, last).partition(" ")[2])
    for what, where in list(places.items())[:KINDS_SHOWN]:
        more = len(where) - PLACES_SHOWN
        shown = [*where[:PLACES_SHOWN], *([f"and {thousands(more)} more"] if more > 0 else [])]
        one = len(where) == 1 and "-" not in where[0]
        yield f"{PASSED.get(what, what)}: {'line' if one else 'lines'} {', '.join(shown)}"
    if len(places) > KINDS_SHOWN:
        yield f"and {thousands(len(places) - KINDS_SHOWN)} other kinds"


def _place(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first}-{last}"


def damage(problems: Sequence[Problem], *, everything: bool = False) -> list[str]:
    """The lines that could not be read: how many, and the first few with a caret."""
    count = len(problems)
    if not count:
        return []
    most = count if everything else PROBLEMS_SHOWN
    lines = [f"{plural(count, 'line')} could not be read"]
    for problem in problems[:most]:
        lines += [f"  {line}" for line in str(problem).split("\n")]
    if count > most:
        lines.append(f"  and {thousands(count - most)} more (all: -v)")
    return lines
