"""`nsparse parse`: from dumps to one table of sockets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nsparse.reporting import ending, intake, output
from nsparse.reporting.heard import damage
from nsparse.reporting.options import OUTPUT, PARSE, PATHS, form, reading_options


@click.command(epilog=PARSE)
@PATHS
@form("table", "csv", "json", "jsonl", "parquet")
@OUTPUT
@reading_options
def parse(paths: Sequence[str], form: str, target: Path | None, color: str, **options: Any) -> int:
    """Print the sockets as one table.

    The columns are the same whatever the tool and the system. On standard error stands what could
    not be read; with -v also how the input was understood.
    """
    if form == "parquet" and output.on_terminal(target):
        raise ending.Refused("Parquet is binary: name a file with -o, or use a pipe")
    from nsparse.reporting.streamed import streamable

    if form == "parquet" and streamable(paths):
        return _in_parts(paths[0], target, options)
    reading = intake.read(paths, target, options)
    if not options["quiet"]:
        for dump in reading.dumps:
            output.say(damage(dump.problems, everything=options["verbose"]))
    if not reading.dumps:
        return ending.FAILED
    from nsparse.reporting import render
    from nsparse.reporting.table import table

    frame = render.joined([dump.frame for dump in reading.dumps])
    if form == "table":
        lines = table(frame, full=options["verbose"], color=output.in_color(color, target))
        output.write_text(lines, target)
    else:
        output.write_bytes(render.FORMS[form](frame), target)
    return ending.of_reading(reading, strict=options["strict"])


def _in_parts(path: str, target: Path | None, options: dict[str, Any]) -> int:
    """Write Parquet as it is read, so that memory does not grow with the input."""
    from nsparse.reporting import render
    from nsparse.reporting.inputs import Source
    from nsparse.reporting.streamed import streamed

    intake.spare([Source(path)], target)
    found = streamed(path, options)
    output.write_bytes(render.parquet_parts(found.frames()), target)
    if not options["quiet"]:
        output.say(damage(found.problems, everything=options["verbose"]))
    return ending.FAILED if found.problems and not found.rows else ending.CLEAN
