"""The command line: arguments, exit codes, what goes to which stream.

Heavy libraries are loaded inside the commands that need them, so that `--help`, `--version`,
`explain` and `list` answer at once.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from nsparse import __version__
from nsparse.diagnosis import SEVERITIES
from nsparse.errors import NsparseError, UnknownName, harmless
from nsparse.reporting import output
from nsparse.reporting.heard import damage
from nsparse.reporting.options import (
    BATCH,
    CONFIG,
    DIAGNOSE,
    EXITS,
    EXPLAIN,
    OUTPUT,
    PARSE,
    PATHS,
    batch_options,
    decoding_options,
    judging_options,
    reading_options,
)
from nsparse.reporting.report import Style, text

if TYPE_CHECKING:
    from nsparse.judging.report import Report
    from nsparse.judging.settings import Settings
    from nsparse.reporting.inputs import Reading, Refusal

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

NEW_OBJECTS = 50_000
"""Objects made before the collector looks for cycles: what start-up makes stays, all of it."""


def main() -> NoReturn:
    """Run, and end with the exit code: 0 clean, 1 findings, 2 could not run."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    try:
        code = cli.main(prog_name="nsparse", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except Exception:
        _internal_error()
        code = FAILED
    # What the libraries have made is not worth looking through for cycles once more at the end.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else CLEAN)


def _internal_error() -> None:
    """A mistake of ours, with what is needed to find it; 1 would mean findings."""
    import traceback

    output.complain("internal error; please report it with the lines below")
    for line in traceback.format_exc().split("\n"):
        click.echo(harmless(line), err=True)


@click.group(
    epilog=EXITS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Read what netstat and ss printed, on any system; find what is wrong in it.

    A PATH is a file, a folder (every file in it), a support bundle (tar, zip, gzip, xz, …), or -
    for standard input.
    """


@cli.result_callback()
def _exit(code: int) -> None:
    """What a command returns is the exit code."""
    click.get_current_context().exit(code)


def _settings(
    config: Path | None, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Settings:
    """What the user set, checked before anything is read."""
    from nsparse.judging.settings import settings
    from nsparse.reporting.configfile import configured

    try:
        return settings(configured(config), select, ignore)
    except NsparseError as error:
        raise click.UsageError(str(error)) from error


@cli.command(epilog=DIAGNOSE)
@PATHS
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
)
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
    from nsparse.reporting import intake

    chosen = _settings(config, select, ignore)
    _configured(_settings(config), options)
    reading = intake.read(paths, target, options)
    if not reading.dumps:
        if form == "json":
            from nsparse.judging.report import nothing

            output.write_text(_document(nothing(), reading.refusals), target)
        return FAILED
    from nsparse.judging.judge import judge

    report = judge(reading.dumps, chosen, options["host"])
    if form == "json":
        output.write_text(_document(report.to_dict(), reading.refusals), target)
    else:
        style = Style(output.width(), _verbosity(options), _colors(color, target))
        output.write_text(text(report, style, chosen.chosen()), target)
    return _code(reading, options) or _found(report, fail_on)


def _found(report: Report, fail_on: str) -> int:
    return _bad((finding.severity for finding in report.findings), fail_on)


def _bad(severities: Iterable[str], fail_on: str) -> int:
    """Whether a finding is as bad as the user allows at most."""
    if fail_on == "never":
        return CLEAN
    bad = SEVERITIES[: list[str](SEVERITIES).index(fail_on) + 1]
    return FOUND if any(severity in bad for severity in severities) else CLEAN


def _document(document: dict[str, Any], refusals: Iterable[Refusal]) -> Iterator[str]:
    """A report as JSON; what could not be read stands among its problems."""
    refused: list[dict[str, Any]] = [
        {"file": r.file, "line": None, "column": None, "text": r.reason, "expected": []}
        for r in refusals
    ]
    yield json.dumps({**document, "problems": [*refused, *document["problems"]]}, indent=2)


@cli.command(epilog=PARSE)
@PATHS
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("table", "csv", "jsonl", "parquet")),
    default="table",
    show_default=True,
)
@OUTPUT
@reading_options
def parse(paths: Sequence[str], form: str, target: Path | None, color: str, **options: Any) -> int:
    """Print the sockets as one table.

    The columns are the same whatever the tool and the system. On standard error stands what could
    not be read; with -v also how the input was understood.
    """
    if form == "parquet" and output.on_terminal(target):
        raise click.UsageError("Parquet is binary: name a file with -o, or use a pipe.")
    from nsparse.reporting import intake
    from nsparse.reporting.streamed import streamable

    if form == "parquet" and streamable(paths):
        return _in_parts(paths[0], target, options)
    reading = intake.read(paths, target, options)
    if not options["quiet"]:
        for dump in reading.dumps:
            intake.say(damage(dump.problems, everything=options["verbose"]))
    if not reading.dumps:
        return FAILED
    from nsparse.reporting import render
    from nsparse.reporting.table import table

    frame = render.joined([dump.frame for dump in reading.dumps])
    if form == "table":
        lines = table(frame, full=options["verbose"], color=_colors(color, target))
        output.write_text(lines, target)
    else:
        output.write_bytes(getattr(render, form)(frame), target)
    return _code(reading, options)


@cli.command(epilog=BATCH)
@PATHS
@batch_options
@judging_options
@decoding_options
def batch(
    paths: Sequence[str],
    target: Path,
    select: Sequence[str],
    ignore: Sequence[str],
    config: Path | None,
    **options: Any,
) -> int:
    """Read many bundles into one Parquet dataset, here or on a cluster.

    A PATH is a bundle, a folder of bundles, or such an address as s3://bucket/folder/. A bundle
    that cannot be read costs itself only, and is listed. Interrupted runs go on with --resume.
    """
    chosen = _settings(config, select, ignore)
    _configured(_settings(config), options)
    from nsparse.batch.order import Order
    from nsparse.batch.run import Run
    from nsparse.batch.summary import text as summed_up

    limits = {name: options[name] for name in ("time_limit", "memory_limit")}
    order = Order(options["engine"], options["encoding"], chosen, **limits)
    how = {name: options[name] for name in ("resume", "shard", "jobs", "dask", "quiet")}
    try:
        with output.writing(target):
            summary = Run(paths, target, order, **how).execute(output.complain)
    except NsparseError as error:
        output.complain(str(error))
        return FAILED
    output.write_text(summed_up(summary, everything=options["verbose"]), None)
    nothing = summary.statuses and not summary.statuses["read"]
    if nothing or (options["strict"] and summary.failures):
        return FAILED
    return _bad(summary.severities.elements(), options["fail_on"])


def _configured(own: Settings, options: dict[str, Any]) -> None:
    """What a config file has changed, for those who ask."""
    from nsparse.reporting import intake
    from nsparse.reporting.configfile import told

    lines = list(told(own)) if options["verbose"] else []
    if lines:
        intake.say([f"set by {harmless(own.source)}", *(f"  {harmless(line)}" for line in lines)])


def _in_parts(path: str, target: Path | None, options: dict[str, Any]) -> int:
    """Write Parquet as it is read, so that memory does not grow with the input."""
    from nsparse.reporting import intake, render
    from nsparse.reporting.inputs import Source
    from nsparse.reporting.streamed import streamed

    intake.spare([Source(path)], target)
    try:
        found = streamed(path, options)
    except NsparseError as error:
        output.complain(str(error))
        return FAILED
    output.write_bytes(render.parquet_parts(found.frames()), target)
    if not options["quiet"]:
        intake.say(damage(found.problems, everything=options["verbose"]))
    return CLEAN


@cli.command(epilog=EXPLAIN)
@click.argument("name")
@OUTPUT
@CONFIG
def explain(name: str, target: Path | None, config: Path | None) -> int:
    """Explain a diagnosis, a state, a column or a dialect.

    A TCP state may be spelled as any tool prints it, in any language; `states` explains them all.
    """
    from nsparse.reporting import pages

    try:
        lines = pages.explain(name, output.width(), _settings(config))
    except UnknownName as error:
        output.complain(str(error))
        return FAILED
    output.write_text(lines, target)
    return CLEAN


@cli.command("list")
@click.option(
    "-f", "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
@OUTPUT
def list_(form: str, target: Path | None) -> int:
    """List the dialects and the diagnoses."""
    from nsparse.reporting import pages

    if form == "json":
        output.write_text([json.dumps(pages.facts(), indent=2)], target)
    else:
        output.write_text(pages.catalogue(output.width()), target)
    return CLEAN


def _colors(choice: str, target: Path | None) -> bool:
    return output.colored(choice, output.on_terminal(target), os.environ)


def _verbosity(options: dict[str, Any]) -> int:
    return int(options["verbose"]) - int(options["quiet"])


def _code(reading: Reading, options: dict[str, Any]) -> int:
    """What reading alone decides: nothing was read, or not everything that was named."""
    if any(dump.problems for dump in reading.dumps) and not any(map(_holds_rows, reading.dumps)):
        return FAILED
    return FAILED if options["strict"] and reading.refusals else CLEAN


def _holds_rows(dump: Any) -> bool:
    return len(dump.frame) > 0
