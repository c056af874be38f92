"""What could not be judged, and which command would show it.

A diagnosis without the columns it needs is neither quiet nor wrong: it is not evaluated, and the
reader gets the way to the dump that would allow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.judging.wanted import lacking, wanted
from nsparse.layout import wrap
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nsparse.judging.report import Report

INDENT, GAP, BELOW = "  ", "  ", "      "
"""Before a text, between it and its command, and before what stands below it."""


def not_evaluated(report: Report, width: int, *, ids: bool) -> list[str]:
    """What could not be judged, by what was missing, and the command that would allow it.

    Args:
        report: What was judged.
        width: Columns to write in.
        ids: Whether to name the diagnoses too.
    """
    merged: dict[tuple[str, str], set[str]] = {}
    for id_, needs in report.not_evaluated:
        what, command = wanted(needs, report.scenes)
        told = what + lacking(needs, report.scenes), command or ""
        merged.setdefault(told, set()).add(id_)
    if not merged:
        return []
    groups = sorted(merged.items(), key=lambda group: (-len(group[1]), group[0]))
    rows = [
        (f"{thousands(len(names))} {'needs' if len(names) == 1 else 'need'} {what}", command)
        for (what, command), names in groups
    ]
    count = plural(len(set().union(*merged.values())), "diagnosis", "diagnoses")
    some = " on every host" if len(report.scenes) > 1 else ""
    lines = [f"not evaluated{some}: {count}"]
    for entry, (_, names) in zip(_beside(rows, width), groups, strict=True):
        lines += entry
        lines += wrap(", ".join(sorted(names)), width, BELOW) if ids else []
    return lines


def _beside(rows: Sequence[tuple[str, str]], width: int) -> Iterator[list[str]]:
    """Texts with their commands beside them, or below where there is no room."""
    room = width - len(INDENT) - len(GAP)
    fitting = [len(what) for what, command in rows if command and len(what + command) <= room]
    column = max(fitting, default=0)
    for what, command in rows:
        if command and max(len(what), column) + len(command) <= room:
            yield [f"{INDENT}{what:<{column}}{GAP}{command}"]
        else:
            below = [BELOW + command] if command else []
            yield [*wrap(what, width, INDENT, BELOW), *below]
