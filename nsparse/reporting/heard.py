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

STRETCHES_SHOWN = 10
"""Stretches of other text that are named; a log has hundreds."""


def account(dump: Dump, width: int) -> Iterator[str]:
    """How a dump was read: what is in it, and what every line of it is."""
    read = f"{plural(len(dump.frame), 'row')} of {plural(dump.lines, 'line')}"
    yield f"{harmless(dump.file)}: {read}, {dump.encoding}"
    for label, texts in (
        ("tables", _tables(dump)),
        ("moments", _moments(dump)),
        ("lines", [", ".join(f"{thousands(n)} {kind}" for kind, n in dump.census.items())]),
        ("passed", _passed(dump)),
        ("note", dump.notes),
    ):
        yield from block(label, texts, width, gap=9)


def _tables(dump: Dump) -> list[str]:
    counts = {name: dump.tables.count(name) for name in dict.fromkeys(dump.tables)}
    return [", ".join(name if n == 1 else f"{name} ({n} tables)" for name, n in counts.items())]


def _moments(dump: Dump) -> Iterator[str]:
    if len(dump.snapshots) < 2 and not any(shot.taken_at for shot in dump.snapshots):
        return
    for shot in dump.snapshots:
        time = f", {shot.taken_at:%Y-%m-%d %H:%M:%S} UTC" if shot.taken_at else ""
        first, last = shot.lines
        yield f"{shot.number}: {plural(shot.rows, 'row')} in lines {first}-{last}{time}"


def _passed(dump: Dump) -> Iterator[str]:
    """Lines that are no rows on purpose."""
    for first, last, what in dump.stretches[:STRETCHES_SHOWN]:
        yield f"{f'line {first}' if first == last else f'lines {first}-{last}'}: {what}"
    if len(dump.stretches) > STRETCHES_SHOWN:
        yield f"and {thousands(len(dump.stretches) - STRETCHES_SHOWN)} more"


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
