"""The command line: arguments, exit codes, what goes to which stream.

Heavy libraries are loaded inside the commands that need them, so that `--help`, `--version`,
`explain` and `list` answer at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from nsparse import __version__
from nsparse.diagnosis import SEVERITIES
from nsparse.errors import NsparseError, UnknownName, harmless
from nsparse.reporting import output
from nsparse.reporting.heard import damage
from nsparse.reporting.options import (
    CONFIG,
    DIAGNOSE,
    EXITS,
    EXPLAIN,
    OUTPUT,
    PARSE,
    PATHS,
    reading_options,
    split_ids,
)
from nsparse.reporting.report import Style, text

if TYPE_CHECKING:
    from nsparse.judging.judge import Report
    from nsparse.judging.settings import Settings
    from nsparse.reading.dump import Dump
    from nsparse.reporting.inputs import Reading, Refusal, Source

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

MANY_FILES = 20
"""From here on reading takes long enough for a bar of progress."""


class CannotWrite(click.ClickException):
    """The results have nowhere to go."""

    exit_code = FAILED


def main() -> NoReturn:
    """Run, and end with the exit code: 0 clean, 1 findings, 2 could not run."""
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

    A PATH is a file, a folder (every file in it), or - for standard input.
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
    from nsparse.reporting.configfile import load

    try:
        return settings(load(config) if config else None, select, ignore)
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
@click.option(
    "--fail-on",
    type=click.Choice(("critical", "warning", "notice", "never")),
    default="warning",
    show_default=True,
    help="Exit 1 from this severity on.",
)
@click.option(
    "--select", metavar="ID", multiple=True, callback=split_ids, help="Only these diagnoses."
)
@click.option("--ignore", metavar="ID", multiple=True, callback=split_ids, help="All but these.")
@CONFIG
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
    chosen = _settings(config, select, ignore)
    reading = _read(paths, target, options)
    if not reading.dumps:
        if form == "json":
            _write(_document(_nothing(), reading.refusals), target)
        return FAILED
    from nsparse.judging.judge import judge

    report = judge(reading.dumps, chosen, options["host"])
    if form == "json":
        _write(_document(report.to_dict(), reading.refusals), target)
    else:
        style = Style(output.width(), _verbosity(options), _colors(color, target))
        _write(text(report, style, chosen.chosen()), target)
    return _code(reading, options) or _found(report, fail_on)


def _found(report: Report, fail_on: str) -> int:
    """Whether a finding is as bad as the user allows at most."""
    if fail_on == "never":
        return CLEAN
    bad = SEVERITIES[: list[str](SEVERITIES).index(fail_on) + 1]
    return FOUND if any(finding.severity in bad for finding in report.findings) else CLEAN


def _nothing() -> dict[str, Any]:
    """The document of a run that read nothing."""
    return {
        "schema": "nsparse.report/1",
        "sources": [],
        "summary": {"hosts": 0, "rows": 0, "connections": 0, "by_state": {}, "by_severity": {}},
        "findings": [],
        "not_evaluated": [],
        "problems": [],
    }


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
    reading = _read(paths, target, options)
    if not options["quiet"]:
        for dump in reading.dumps:
            _say(damage(dump.problems, everything=options["verbose"]))
    if not reading.dumps:
        return FAILED
    from nsparse.reporting import render

    frame = render.joined([dump.frame for dump in reading.dumps])
    if form == "table":
        lines = render.table(frame, full=options["verbose"], color=_colors(color, target))
        _write(lines, target)
    else:
        _write_bytes(getattr(render, form)(frame), target)
    return _code(reading, options)


def _heard(dump: Dump, options: dict[str, Any]) -> None:
    """How a dump was understood, for those who ask; of an empty one everybody hears."""
    from nsparse.reporting.heard import account

    if options["verbose"]:
        _say(account(dump, output.width()))
    elif not len(dump.frame) and not options["quiet"]:
        output.complain(f"{harmless(dump.file)}: {harmless('; '.join(dump.notes))}")


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, err=True)


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
    _write(lines, target)
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
        _write([json.dumps(pages.facts(), indent=2)], target)
    else:
        _write(pages.catalogue(output.width()), target)
    return CLEAN


def _read(paths: Sequence[str], target: Path | None, options: dict[str, Any]) -> Reading:
    """Read everything named; say on standard error what could not be read."""
    from nsparse.reporting import inputs

    found = list(inputs.sources(paths, output=target))
    _spare_inputs(found, target)
    with _progress(found, options) as watched:
        reading = inputs.read(watched, _parser(options))
    for refusal in reading.refusals:
        output.complain(refusal.reason)
    if not options["quiet"] or not reading.dumps:
        for aside in reading.asides():
            output.complain(aside)
    for dump in reading.dumps:
        _heard(dump, options)
    if not reading.dumps and not reading.refusals:
        reading.refusals += [inputs.Refusal(path, "no dump in this folder") for path in paths]
        output.complain("nothing to read: no dump in " + ", ".join(map(harmless, paths)))
    return reading


def _spare_inputs(found: Iterable[Source], target: Path | None) -> None:
    """Refuse to write over what is to be read."""
    if target and any(Path(s.name).resolve() == target.resolve() for s in found):
        raise click.UsageError(f"{harmless(str(target))} is an input; write somewhere else.")


def _parser(options: dict[str, Any]) -> Callable[[Any, str], Dump]:
    import nsparse

    def parse_one(source: Any, name: str) -> Dump:
        return nsparse.parse(
            source,
            engine=options["engine"],
            encoding=options["encoding"],
            host=options["host"],
            on_bad_lines="skip",
            name=name,
        )

    return parse_one


@contextmanager
def _progress(found: Sequence[Source], options: dict[str, Any]) -> Iterator[Iterable[Source]]:
    """Show how far reading is, where somebody looks and it takes long."""
    if len(found) < MANY_FILES or options["quiet"] or not sys.stderr.isatty():
        yield found
        return
    with click.progressbar(found, label="reading", file=sys.stderr) as bar:
        yield bar


def _colors(choice: str, target: Path | None) -> bool:
    return output.colored(choice, output.on_terminal(target), os.environ)


def _verbosity(options: dict[str, Any]) -> int:
    return int(options["verbose"]) - int(options["quiet"])


def _code(reading: Reading, options: dict[str, Any]) -> int:
    return FAILED if options["strict"] and reading.refusals else CLEAN


def _write(lines: Iterable[str], target: Path | None) -> None:
    with _writing(target):
        output.write_text(lines, target)


def _write_bytes(chunks: Iterable[bytes], target: Path | None) -> None:
    with _writing(target):
        output.write_bytes(chunks, target)


@contextmanager
def _writing(target: Path | None) -> Iterator[None]:
    """A full disk or a folder that is not there is one clear line and exit code 2."""
    try:
        yield
    except OSError as error:
        where = harmless(str(target)) if target else "standard output"
        raise CannotWrite(f"cannot write {where}: {error.strerror}") from error
