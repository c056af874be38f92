"""Findings as text for a person: the worst first, what proves it, what to do next.

One finding is a heading, one sentence, and blocks below it. A host on which nothing is wrong gets
an overview, so that it reads as healthy and not as silence. At the end stand the lines that could
not be read, what could not be judged with the command that would allow it, and one line of totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

import click

from nsparse.diagnosis import Diagnosis, Finding, Step
from nsparse.errors import harmless
from nsparse.judging.settings import settings
from nsparse.layout import Whole, block, spread, wrap
from nsparse.prose import plural, thousands
from nsparse.reporting.heard import damage
from nsparse.reporting.missing import not_evaluated
from nsparse.reporting.verdict import OK, heading, in_part, judged_by, left_out, totals, unread

if TYPE_CHECKING:
    from nsparse.judging.report import Report
    from nsparse.judging.scene.scene import Scene
    from nsparse.judging.settings import Settings

COLORS: dict[str, dict[str, Any]] = {  # keyword arguments of click.style
    "critical": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "notice": {"fg": "cyan"},
    "info": {"dim": True},
    OK: {"fg": "green", "bold": True},
}

OVERVIEWS = 3
"""Healthy hosts with an overview; of more than these, one line each."""

HOSTS_SHOWN = 20
"""Healthy hosts with a line; the rest is a number."""

ROWS_SHOWN = 20
"""Lines named as evidence: enough to look one up, few enough to read past."""


@dataclass(frozen=True)
class Style:
    """How to write: columns, -1 quiet to 1 verbose, in colour or not."""

    width: int = 80
    verbosity: int = 0
    color: bool = False


def text(
    report: Report, style: Style, chosen: Settings | None = None, missing: int = 0
) -> Iterator[str]:
    """The report, line by line, without line ends.

    Args:
        report: What was found.
        style: How to write it.
        chosen: What the user set.
        missing: Files that were named and could not be read.
    """
    chosen = chosen or settings()
    shown = visible(report.findings, style)
    several = len({finding.host for finding in report.findings}) > 1
    if style.verbosity < 0:
        yield from (brief(finding, with_host=several) for finding in shown)
        yield from in_part(report)
        return
    parts = [*_findings(report, style), damage(report.problems, everything=style.verbosity > 0)]
    if report.summary["rows"]:
        parts[-1:-1] = _healthy(report, style, chosen.chosen(), missing)
        parts.append(_doubts(report, style))
        parts.append(not_evaluated(report, style.width, ids=style.verbosity > 0))
    last = "; ".join([totals(report, shown), *left_out(report, chosen, missing)])
    parts.append(wrap(last, style.width))
    for number, part in enumerate(part for part in parts if part):
        yield from ["", *part] if number else part


def visible(findings: Sequence[Finding], style: Style) -> list[Finding]:
    """The findings to show; `info` is only for those who ask."""
    return [f for f in findings if style.verbosity > 0 or f.severity != "info"]


def brief(finding: Finding, *, with_host: bool = False) -> str:
    """A finding in one line, as `-q` prints it."""
    host = finding.host if with_host else None
    who = [finding.severity, finding.id, host, place(finding), finding.group.owner]
    head = " ".join(part for part in who if part)
    return harmless(f"{head} ({finding.confidence}): {finding.verdict}")


def place(finding: Finding) -> str:
    """Where it is: `server 192.0.2.1:80`."""
    return " ".join(part for part in (finding.group.role, finding.group.service) if part)


def full(finding: Finding, style: Style) -> list[str]:
    """A finding with everything that a person needs to act on it."""
    netns = f"netns {finding.netns}" if finding.netns else ""
    who = [finding.severity, finding.id, finding.host, netns, place(finding), finding.group.owner]
    head = spread(filter(None, who), f"confidence {finding.confidence}", style.width)
    head[0] = _painted(head[0], finding.severity, style)
    lines = head + wrap(finding.verdict, style.width, "  ")
    for label, texts in _blocks(finding, style):
        lines += block(label, texts, style.width, tables=label == "evidence")
    return lines


def _blocks(finding: Finding, style: Style) -> Iterator[tuple[str, Iterable[str]]]:
    yield "evidence", finding.evidence
    yield "lines", _lines(finding)
    yield "explains", finding.absorbed
    yield "cause", finding.cause
    yield "next", _steps(finding.next)
    yield "not shown", finding.caveats
    if style.verbosity > 0:
        yield "held to", _limits(finding)
        yield "refs", ["; ".join(finding.refs)] if finding.refs else []


def _lines(finding: Finding) -> list[str]:
    """The lines that prove it, as `dump.txt:3-8,12`, a file each."""
    shown = finding.rows[:ROWS_SHOWN]
    places = [
        f"{file}:{ranges([line for _, line in rows])}"
        for file, rows in groupby(shown, key=lambda row: row[0])
    ]
    rest = (len(finding.sockets) or finding.n) - len(shown)
    if places and rest > 0:
        places[-1] += f" and {thousands(rest)} more"
    return places


def ranges(numbers: Sequence[int]) -> str:
    """Line numbers in short.

    >>> ranges([3, 4, 5, 8])
    '3-5,8'
    """
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _steps(steps: Sequence[Step]) -> list[str | Whole]:
    """The commands; the system is named only where they are for several."""
    several = len({step.os for step in steps} - {"any"}) > 1
    return [
        step.cmd if step.os == "any" else Whole(f"{step.os}: {step.cmd}" if several else step.cmd)
        for step in steps
    ]


def _limits(finding: Finding) -> list[str]:
    numbers = [f"{key} {value:g}" for key, value in finding.limits.items()]
    return [", ".join(numbers)] if numbers else []


def _findings(report: Report, style: Style) -> Iterator[list[str]]:
    """Each finding; of one diagnosis on a host the first few, then how many more there are."""
    if style.verbosity > 0:
        yield from (full(finding, style) for finding in report.findings)
        return
    last = {(f.id, f.host): f for f in report.shown}
    rest = {(folded.id, folded.host): folded for folded in report.folded}
    for finding in report.shown:
        if finding.severity != "info":
            yield full(finding, style)
            folded = rest.get((finding.id, finding.host))
            if folded and finding is last[finding.id, finding.host]:
                yield [
                    _painted(
                        f"{folded.severity}  {folded.id}  {folded.text} (all: -v)",
                        folded.severity,
                        style,
                    )
                ]


def _painted(line: str, severity: str, style: Style) -> str:
    """Colour the word in front; nothing else of a report has a colour."""
    if not style.color:
        return line
    return click.style(line[: len(severity)], **COLORS[severity]) + line[len(severity) :]


def _healthy(
    report: Report, style: Style, chosen: Sequence[Diagnosis], missing: int
) -> Iterator[list[str]]:
    """The hosts on which nothing is wrong; of many of them a line each."""
    ill = {f.host or "" for f in report.findings if f.severity in ("critical", "warning")}
    well = [scene for scene in report.scenes if scene.host not in ill]
    headings = (_heading(report, scene, style, chosen, missing) for scene in well)
    if len(well) <= OVERVIEWS or style.verbosity > 0:
        for scene, lines in zip(well, headings, strict=True):
            yield [*lines, *_overview(scene, style, chosen)]
        return
    lines = [line for some in islice(headings, HOSTS_SHOWN) for line in some]
    if len(well) > HOSTS_SHOWN:
        lines.append(f"{OK}  and {plural(len(well) - HOSTS_SHOWN, 'more host')} (all: -v)")
    yield lines


def _heading(
    report: Report, scene: Scene, style: Style, chosen: Sequence[Diagnosis], missing: int
) -> list[str]:
    first, *more = heading(scene, style.width, chosen, unread(report, scene, missing))
    return [_painted(first, OK, style) if first.startswith(f"{OK}  ") else first, *more]


def _overview(scene: Scene, style: Style, chosen: Sequence[Diagnosis]) -> list[str]:
    from nsparse.reporting.overview import overview

    lines: list[str] = []
    for label, texts in overview(scene) if judged_by(scene, chosen) else ():
        lines += block(label, texts, style.width, gap=14)
    return lines


def _doubts(report: Report, style: Style) -> list[str]:
    """What concerns every count of a file, once for all files of which it is true."""
    files: dict[str, list[str]] = {}
    for source in report.sources:
        for note in source.notes:
            files.setdefault(note, []).append(source.file)
    return [
        line
        for note, (first, *more) in files.items()
        for line in wrap(f"{first}{_more(len(more))}: {note}", style.width)
    ]


def _more(files: int) -> str:
    return f" and {plural(files, 'more file')}" if files else ""
