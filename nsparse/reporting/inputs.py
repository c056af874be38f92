"""From the paths of a command line to dumps: files, folders, standard input.

One bad file stops nothing. A file that was named and is no dump is refused by name; a file of a
folder that is none is only counted.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nsparse.errors import NotASocketTable, NsparseError, harmless
from nsparse.prose import plural

if TYPE_CHECKING:
    from nsparse.reading.dump import Dump

STDIN = "-"
STDIN_NAME = "<stdin>"

Parse = Callable[[BinaryIO, str], "Dump"]
"""Reads one file under a name."""


@dataclass(frozen=True)
class Source:
    """One thing to read; `folder` is where it was found, None when it was named itself."""

    name: str
    folder: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Something named that could not be read, and why, in one harmless sentence."""

    file: str
    reason: str


@dataclass
class Reading:
    """What came of reading: dumps, refusals, and how many files of each folder are no dumps."""

    dumps: list[Dump] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    def asides(self) -> Iterator[str]:
        """A line for each folder that held other files."""
        for folder, count in self.others.items():
            files = plural(count, "file")
            verb = "is no dump" if count == 1 else "are no dumps"
            yield f"{harmless(folder)}: {files} {verb}, left out"


def sources(paths: Iterable[str], *, output: Path | None = None) -> Iterator[Source]:
    """Every file of the paths, once, in order; folders are walked, sorted, links not followed.

    Args:
        paths: As the user named them; `-` is standard input.
        output: The file that is about to be written; never read as an input of a folder.
    """
    seen = set()
    written = _identity(str(output)) if output else None
    for path in paths:
        for source in _walk(path):
            identity = _identity(source.name)
            if identity in seen or (source.folder is not None and identity == written):
                continue
            seen.add(identity)
            yield source


def _walk(path: str) -> Iterator[Source]:
    if path == STDIN or not Path(path).is_dir():
        yield Source(path)
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = Path(folder, name)
            if _is_regular(file):
                yield Source(str(file), path)


def _is_regular(file: Path) -> bool:
    """Whether reading it ends: a pipe or a device in a folder would wait for ever."""
    try:
        return stat.S_ISREG(file.stat().st_mode)
    except OSError:
        return False


def _identity(name: str) -> str:
    return name if name == STDIN else str(Path(name).resolve())


def read(found: Iterable[Source], parse: Parse) -> Reading:
    """Read each source."""
    reading = Reading()
    for source in found:
        try:
            reading.dumps.append(_parsed(source, parse))
        except NotASocketTable as error:
            if source.folder is None:
                reading.refusals.append(Refusal(source.name, str(error)))
            else:
                reading.others[source.folder] = reading.others.get(source.folder, 0) + 1
        except (NsparseError, OSError) as error:
            reading.refusals.append(Refusal(source.name, reason(error, source.name)))
    return reading


def _parsed(source: Source, parse: Parse) -> Dump:
    if source.name == STDIN:
        return parse(BytesIO(sys.stdin.buffer.read()), STDIN_NAME)
    with Path(source.name).open("rb") as file:
        return parse(file, source.name.encode("utf-8", "backslashreplace").decode())


def reason(error: Exception, file: str) -> str:
    """An error as one sentence that begins with the file.

    >>> reason(FileNotFoundError(2, "No such file or directory"), "dump.txt")
    'dump.txt: no such file or directory'
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{harmless(file)}: {error.strerror[0].lower()}{error.strerror[1:]}"
    text = str(error) if isinstance(error, NsparseError) else harmless(str(error))
    return text if text.startswith(harmless(file)) else f"{harmless(file)}: {text}"
