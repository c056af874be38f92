"""The options that commands share, and the examples under their help."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from nsparse.batch.limits import LEAST_MEMORY, MEMORY_LIMIT, TIME_LIMIT
from nsparse.diagnosis import SEVERITIES
from nsparse.reporting.ending import NEVER

ENGINES = ("auto", "lark", "regex", "columns")

# click keeps the lines of a paragraph that begins with a backspace.
EXITS = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
            2 could not run or nothing read; with --strict also if one of
              several inputs could not be read."""
DIAGNOSE = f"""{EXITS}

\b
Examples:
  ss -tuanpeoim | nsparse diagnose -
  nsparse diagnose web1/netstat.txt web2/netstat.txt
  nsparse diagnose sosreport-web1.tar.xz
  nsparse diagnose -f json --fail-on never dumps/ > report.json"""
PARSE = """\b
Examples:
  nsparse parse netstat.txt
  nsparse parse -f csv -o sockets.csv dumps/"""
BATCH = """\b
Examples:
  nsparse batch bundles/ -o out/
  nsparse batch bundles/ -o out/ --resume
  nsparse batch s3://bundles/2026/ -o out-3/ --shard 3/16"""
EXPLAIN = """\b
Examples:
  nsparse explain close-wait-leak
  nsparse explain CLOSE_WAIT
  nsparse explain SCHLIESSEN_WARTEN"""


Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def _file(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """The file to write; `-` is standard output, as it is where nothing is said."""
    return None if path == Path("-") else path


def _named(
    wanted: str, context: click.Context, argument: click.Parameter, paths: Sequence[str]
) -> Sequence[str]:
    """The paths, each with a name: `nsparse diagnose "$DUMP"` without DUMP is no current folder."""
    if not paths:
        raise click.MissingParameter(f"Give {wanted}.", ctx=context, param=argument)
    if "" in paths:
        raise click.BadParameter("an empty name: is a variable of the shell not set?")
    return paths


def _paths(wanted: str) -> Decorator:
    named = partial(_named, wanted)
    return click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(), callback=named)


PATHS = _paths("a file, a folder, a bundle, or - for standard input")
BUNDLES = _paths("a bundle, or a folder of bundles")


def _output(metavar: str, kind: click.Path, **more: Any) -> Decorator:
    return click.option("-o", "--output", "target", metavar=metavar, type=kind, **more)


OUTPUT = _output(
    "FILE",
    click.Path(dir_okay=False, path_type=Path),
    callback=_file,
    help="Write there instead of standard output.",
)


def form(*forms: str) -> Decorator:
    """The formats of a command, the usual one first."""
    return click.option(
        "-f",
        "--format",
        "form",
        type=click.Choice(forms, case_sensitive=False),
        default=forms[0],
        show_default=True,
    )


CONFIG = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Other thresholds, levels, what to ignore: a nsparse.toml, or a pyproject.toml with "
    "[tool.nsparse]. Without it the one in the current folder, if there is one.",
)


FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice((*SEVERITIES[:-1], NEVER)),
    default="warning",
    show_default=True,
    help="Exit 1 from this severity on.",
)


def judging_options(command: Command) -> Command:
    """Add the options of every command that judges."""
    options = (
        FAIL_ON,
        _ids("--select", "Only these diagnoses."),
        _ids("--ignore", "All but these."),
        CONFIG,
    )
    return _with(options, command)


def _ids(name: str, says: str) -> Decorator:
    return click.option(
        name,
        metavar="ID",
        multiple=True,
        callback=split_ids,
        shell_complete=some_ids,
        help=says,
    )


def decoding_options(command: Command) -> Command:
    """Add the options of every command that reads dumps, of whatever number of hosts."""
    options = (
        click.option(
            "--engine",
            type=click.Choice(ENGINES),
            default="auto",
            show_default=True,
            help="How lines are read; the result is the same.",
        ),
        click.option(
            "--encoding", metavar="NAME", callback=_encoding, help="Of the input; else detected."
        ),
        click.option("--strict", is_flag=True, help="Exit 2 if any input could not be read."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        click.option("-q", "--quiet", is_flag=True, help="Say less."),
    )
    return _with(options, command)


def reading_options(command: Command) -> Command:
    """Add the options of every command that reads a dump or a few."""
    options = (
        decoding_options,
        click.option("--host", metavar="NAME", help="The host that all the input is from."),
        click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            default="auto",
            show_default=True,
            help="Colours; auto heeds NO_COLOR and FORCE_COLOR.",
        ),
    )
    return _with(options, command)


def batch_options(command: Command) -> Command:
    """Add what only many bundles need."""
    options = (
        _output(
            "DIR",
            click.Path(file_okay=False, path_type=Path),
            required=True,
            help="The folder to write the dataset to.",
        ),
        click.option(
            "--jobs", metavar="N", type=click.IntRange(1), help="Bundles at a time; else one a CPU."
        ),
        click.option("--resume", is_flag=True, help="Go on with what is in DIR."),
        click.option(
            "--shard",
            metavar="I/N",
            callback=_shard,
            help="Only the I-th of N equal parts of the bundles.",
        ),
        click.option("--dask", metavar="ADDRESS", help="Have a Dask cluster do it (scheduler)."),
        click.option(
            "--time-limit",
            metavar="SECONDS",
            type=click.FloatRange(0, min_open=True),
            default=TIME_LIMIT,
            show_default=True,
            help="For one bundle.",
        ),
        click.option(
            "--memory-limit",
            metavar="MB",
            type=click.IntRange(LEAST_MEMORY),
            default=MEMORY_LIMIT,
            show_default=True,
            help="For one worker, where the system can hold it to that.",
        ),
    )
    return _with(options, command)


def _with(options: Sequence[Decorator], command: Command) -> Command:
    """A command with options, in the order in which help shows them."""
    for option in reversed(options):
        command = option(command)
    return command


def _shard(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, int]:
    number, slash, count = (text or "1/1").partition("/")
    if not (slash and number.isdecimal() and count.isdecimal()):
        raise click.BadParameter(f"{text!r} is no part of a whole: write 3/16")
    shard = int(number), int(count)
    if not 1 <= shard[0] <= shard[1]:
        raise click.BadParameter(f"{text}: the parts are numbered from 1 to {count}")
    return shard


def _encoding(_context: click.Context, _option: click.Parameter, name: str | None) -> str | None:
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        raise click.BadParameter(f"no encoding is named {name!r}") from None


def split_ids(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> tuple[str, ...]:
    """Ids of diagnoses, one an option or several with commas."""
    return tuple(id_.strip().replace("_", "-") for text in given for id_ in text.split(","))


# ---- what a shell offers when TAB is pressed -----------------------------------------------------


def some_ids(_context: click.Context, _option: click.Parameter, begun: str) -> list[str]:
    """Ids of diagnoses that go on from what was typed; of several, the last is completed.

    >>> some_ids(None, None, "zero-window,close-wait-l")
    ['zero-window,close-wait-leak']
    """
    from nsparse.registry import diagnoses

    typed, comma, last = begun.rpartition(",")
    return [typed + comma + id_ for id_ in diagnoses() if id_.startswith(last)]


def some_name(_context: click.Context, _argument: click.Parameter, begun: str) -> list[str]:
    """Names that `explain` knows and that go on from what was typed, in upper or lower case."""
    from nsparse.reporting.pages import names

    return [name for name in names() if name.lower().startswith(begun.lower())]
