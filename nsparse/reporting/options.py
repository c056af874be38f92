"""The options that commands share, and the examples under their help."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

ENGINES = ("auto", "lark", "regex")

# click keeps the lines of a paragraph that begins with a backspace.
EXITS = """\b
Exit codes: 0 clean, 1 findings at or above --fail-on,
            2 could not run or nothing read."""
DIAGNOSE = """\b
Examples:
  ss -tuanpeoim | nsparse diagnose -
  nsparse diagnose web1/netstat.txt web2/netstat.txt
  nsparse diagnose -f json --fail-on never dumps/ > report.json"""
PARSE = """\b
Examples:
  nsparse parse netstat.txt
  nsparse parse -f csv -o sockets.csv dumps/"""
EXPLAIN = """\b
Examples:
  nsparse explain close-wait-leak
  nsparse explain CLOSE_WAIT
  nsparse explain SCHLIESSEN_WARTEN"""


Command = Callable[..., Any]


def _file(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """The file to write; `-` is standard output, as it is where nothing is said."""
    return None if path == Path("-") else path


PATHS = click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
OUTPUT = click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_file,
    help="Write there instead of standard output.",
)

CONFIG = click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Other thresholds: nsparse.toml, or [tool.nsparse] of a pyproject.toml.",
)


def reading_options(command: Command) -> Command:
    """Add the options of every command that reads dumps."""
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
        click.option("--host", metavar="NAME", help="The host that all the input is from."),
        click.option("--strict", is_flag=True, help="Exit 2 if any input could not be read."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        click.option("-q", "--quiet", is_flag=True, help="Say less."),
        click.option(
            "--color",
            type=click.Choice(("auto", "always", "never")),
            default="auto",
            show_default=True,
            help="Colours; auto heeds NO_COLOR and FORCE_COLOR.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


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
