"""What a dump is read from: a path, `-` for standard input, a file object that gives bytes."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

from nsparse.errors import NsparseError, because

Source = str | os.PathLike[str] | IO[bytes]

STDIN, STDIN_NAME = "-", "<stdin>"

FOLDER = "this is a folder; nsparse.open_bundle reads folders"
AS_TEXT = "this is the text of a dump and no path; give io.BytesIO(text.encode())"
AS_BYTES = "these are the bytes of a dump and no path; give io.BytesIO(data)"
CLOSED = f"{STDIN_NAME}: it is closed, there is nothing to read"
DECODED = "open the file in binary mode: nsparse decodes it itself"

START = 40
"""So many characters of a text show which it is."""


def name_of(source: Source) -> str:
    """What a source is called in messages and in the column `file`."""
    if isinstance(source, str | os.PathLike):
        path = os.fspath(source)
        return STDIN_NAME if path == STDIN else path
    return str(getattr(source, "name", "<stream>"))


def opened(source: Source) -> AbstractContextManager[IO[bytes]]:
    """The bytes as a stream; one that was given stays open.

    Raises:
        NsparseError: It cannot be read, or is nothing to read from; says what to give instead.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        raise NsparseError(AS_BYTES)
    if not isinstance(source, str | os.PathLike):
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise NsparseError(f"a dump is read from a path or a binary file, not from {kind}")
        return nullcontext(source)
    path = os.fspath(source)
    if path == STDIN:
        return nullcontext(standard_input())
    try:
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise NsparseError(_why_not(path, error)) from error


def standard_input() -> IO[bytes]:
    """Standard input, as bytes.

    Raises:
        NsparseError: The process was started without one (`<&-`).
    """
    if sys.stdin is None:
        raise NsparseError(CLOSED)
    return sys.stdin.buffer


def only_bytes(data: Any) -> bytes:
    """What a stream gave.

    Raises:
        NsparseError: It was text.
    """
    if not isinstance(data, bytes):
        raise NsparseError(DECODED)
    return data


def _why_not(path: str, error: OSError | ValueError) -> str:
    """Why nothing is read from a path; a whole dump is no file's name."""
    too_long = isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG
    if too_long or "\n" in path or not isinstance(error, OSError):
        return f"{path[:START]!r}…: {AS_TEXT}"
    return f"{path}: {FOLDER if Path(path).is_dir() else because(error)}"
