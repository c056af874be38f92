"""One input of any size to Parquet, in memory that does not grow with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nsparse.reading.texts.source import STDIN, STDIN_NAME, standard_input

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.reading.dump import Dump, Problem

LARGE = 1 << 24
"""From so many bytes on a file is read in parts."""

HEAD = 1 << 13
"""So many bytes from the start tell text from an archive."""


def streamable(paths: Sequence[str]) -> bool:
    """Whether there is one input, it is a text, and it is large or a stream of unknown size."""
    if len(paths) != 1:
        return False
    if paths[0] == STDIN:
        buffer: Any = standard_input()  # always a BufferedReader, which the types do not know
        return _is_text(buffer.peek(HEAD))
    path = Path(paths[0])
    if not path.is_file() or path.stat().st_size < LARGE:
        return False
    with path.open("rb") as file:
        return _is_text(file.read(HEAD))


def _is_text(head: bytes) -> bool:
    from nsparse.reading.texts.text import looks_binary

    return not looks_binary(head)


@dataclass
class Streamed:
    """A dump that is being read in parts.

    Attributes:
        parts: The parts that have not been read.
        problems: What could not be read so far.
        rows: How many rows have been read.
    """

    parts: Iterator[Dump]
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0

    def frames(self) -> Iterator[pd.DataFrame]:
        """The frame of each part."""
        for part in self.parts:
            self.problems += part.problems
            self.rows += len(part.frame)
            yield part.frame


def streamed(path: str, options: dict[str, Any]) -> Streamed:
    """Begin to read; its first part has been read, so that what is no dump is refused by now.

    Raises:
        NsparseError: It cannot be read, or is no dump.
    """
    from nsparse.reading.chunks import dumps

    source: IO[bytes] | str = standard_input() if path == STDIN else path
    name = STDIN_NAME if path == STDIN else os.fsencode(path).decode("utf-8", "backslashreplace")
    how = {name: options[name] for name in ("engine", "encoding", "host")}
    parts = dumps(source, name=name, on_bad_lines="skip", **how)
    return Streamed(chain([next(parts)], parts))
