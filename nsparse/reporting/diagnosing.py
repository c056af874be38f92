"""`nsparse diagnose`: from dumps to a report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nsparse.reporting import ending, intake, output
from nsparse.reporting.configfile import in_force
from nsparse.reporting.options import (
    DIAGNOSE,
    OUTPUT,
    PATHS,
    form,
    judging_options,
    reading_options,
)

if TYPE_CHECKING:
    from nsparse.reporting.inputs import Refusal


@click.command(epilog=DIAGNOSE)
@PATHS
@form("text", "json")
@OUTPUT
@judging_options
@reading_options
def diagnose(
    paths: Sequence[str],
    form: str,
    target: Path | None,
    fail_on: str,
    select: Sequence[str],
    ignore: Sequence[str],
    config: Path | None,
    color: str,
    **options: Any,
) -> int:
    """Find what is wrong, and say which lines prove it."""
    chosen = in_force(config, select, ignore, verbose=options["verbose"])
    reading = intake.read(paths, target, options)
    if not reading.dumps:
        if form == "json":
            from nsparse.judging.report import nothing

            output.write_text(_document(nothing(), reading.refusals), target)
        return ending.FAILED
    from nsparse.judging.judge import judge

    report = judge(reading.dumps, chosen, options["host"])
    if form == "json":
        output.write_text(_document(report.to_dict(), reading.refusals), target)
    else:
        from nsparse.reporting.report import Style, text

        verbosity = int(options["verbose"]) - int(options["quiet"])
        style = Style(output.width(), verbosity, output.in_color(color, target))
        output.write_text(text(report, style, chosen, len(reading.refusals)), target)
    severities = (finding.severity for finding in report.findings)
    return ending.of_reading(reading, strict=options["strict"]) or ending.of_findings(
        severities, fail_on
    )


def _document(document: dict[str, Any], refusals: Iterable[Refusal]) -> Iterator[str]:
    """A report as JSON; what could not be read stands among its problems."""
    refused: list[dict[str, Any]] = [
        {"file": r.file, "line": None, "column": None, "text": r.reason, "expected": []}
        for r in refusals
    ]
    yield json.dumps({**document, "problems": [*refused, *document["problems"]]}, indent=2)
