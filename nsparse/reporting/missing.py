"""What could not be judged, and which command would show it.

A diagnosis without the columns it needs is neither quiet nor wrong: it is not evaluated, and the
reader gets the way to the dump that would allow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.judging.wanted import lacking, wanted
from nsparse.layout import table, wrap
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from nsparse.judging.report import Report


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
    for line, row, (_, names) in zip(table(rows), rows, groups, strict=True):
        lines += [line] if len(line) <= width else [f"  {row[0]}", f"      {row[1]}"]
        lines += wrap(", ".join(sorted(names)), width, "      ") if ids else []
    return lines
