"""Where results go: the terminal, a pipe or a file; in colour or not; how wide."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from nsparse.errors import because, harmless
from nsparse.reporting.ending import Refused

WIDEST = 100
"""Prose over a wider line is hard to read, however wide the terminal is."""

NARROWEST = 40
"""Below this the hanging indents eat the text."""


def width(limit: int = WIDEST) -> int:
    """Columns to write in: `COLUMNS`, else the terminal's, else 80."""
    return min(max(shutil.get_terminal_size((80, 24)).columns, NARROWEST), limit)


def colored(choice: str, terminal: bool, environ: Mapping[str, str]) -> bool:
    """Whether to colour: `--color`, else `NO_COLOR`, else `FORCE_COLOR`, else the terminal.

    >>> colored("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"})
    False
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def in_color(choice: str, target: Path | None) -> bool:
    """Whether to colour what is written there."""
    return colored(choice, on_terminal(target), os.environ)


def on_terminal(target: Path | None) -> bool:
    """Whether a person looks at the output while it is written."""
    return target is None and sys.stdout is not None and sys.stdout.isatty()


def write_text(lines: Iterable[str], target: Path | None) -> None:
    """Write lines for a person; a character that the terminal cannot show becomes an escape.

    Raises:
        Refused: As `write_bytes`.
    """
    encoding = "utf-8" if target else (getattr(sys.stdout, "encoding", None) or "utf-8")
    write_bytes((f"{line}\n".encode(encoding, "backslashreplace") for line in lines), target)


def write_bytes(chunks: Iterable[bytes], target: Path | None) -> None:
    """Write to the file, or to standard output until nobody reads it any more.

    Raises:
        Refused: A full disk, a folder that is not there, a closed standard output.
    """
    with writing(target):
        if target is not None:
            with target.open("wb") as file:
                file.writelines(chunks)
        else:
            _print(chunks)


def _print(chunks: Iterable[bytes]) -> None:
    if sys.stdout is None:
        raise Refused("cannot write standard output: it is closed")
    stream = sys.stdout.buffer
    try:
        for chunk in chunks:
            stream.write(chunk)
        stream.flush()
    except BrokenPipeError:
        _silence()


@contextmanager
def writing(target: Path | None) -> Iterator[None]:
    """A full disk or a folder that is not there is one clear line and exit code 2."""
    try:
        yield
    except OSError as error:
        where = harmless(str(target)) if target else "standard output"
        raise Refused(f"cannot write {where}: {because(error)}") from error


def _silence() -> None:
    """Send the rest of the output nowhere, so that closing the stream does not complain."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def complain(message: str) -> None:
    """Say something on standard error; the message must be harmless already."""
    with contextlib.suppress(BrokenPipeError):
        click.echo(f"nsparse: {message}", err=True)


def say(lines: Iterable[str]) -> None:
    """Print lines on standard error; they must be harmless already."""
    for line in lines:
        click.echo(line, err=True)
