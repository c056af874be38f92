"""From the paths of a command line to dumps: files, folders, bundles, standard input.

One bad file stops nothing. A file that was named and is no dump is refused by name; a file of a
folder or a bundle that is none is only counted.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from nsparse.errors import NsparseError, because, harmless
from nsparse.prose import plural
from nsparse.reading.texts.source import STDIN, STDIN_NAME, standard_input

if TYPE_CHECKING:
    from nsparse.bundles.bundle import Bundle
    from nsparse.reading.dump import Dump
    from nsparse.reading.pipeline import Engine


@dataclass(frozen=True)
class How:
    """How to read: as `nsparse.parse` has it."""

    engine: Engine = "auto"
    encoding: str | None = None
    host: str | None = None


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
    """What came of reading: dumps, refusals, and how many files of folders and bundles are none."""

    dumps: list[Dump] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    others: dict[str, int] = field(default_factory=dict)

    def asides(self) -> Iterator[str]:
        """A line for each folder or bundle that held other files."""
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
    from nsparse.bundles.members import found_in

    for file in found_in(Path(path)):
        if _is_regular(file):
            yield Source(str(file), path)


def _is_regular(file: Path) -> bool:
    """Whether reading it ends: a pipe or a device in a folder would wait for ever.

    So does that of a folder that may not be looked into: by an error, which is told.
    """
    try:
        mode = file.stat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    except OSError:
        return False


def _identity(name: str) -> str:
    return name if name == STDIN else str(Path(name).resolve())


def read(found: Iterable[Source], how: How) -> Reading:
    """Read each source; the files of a folder together, because they tell of one another."""
    reading = Reading()
    for folder, lot in groupby(found, key=lambda source: source.folder):
        if folder is None:
            for source in lot:
                _read_one(source.name, how, reading)
        else:
            _read_folder(folder, (Path(source.name) for source in lot), how, reading)
    return reading


def _read_folder(folder: str, files: Iterable[Path], how: How, reading: Reading) -> None:
    from nsparse.bundles.bundle import open_files

    options = {"engine": how.engine, "encoding": how.encoding, "host": how.host}
    _add(open_files(folder, files, **options), reading)  # type: ignore[arg-type]


def _read_one(name: str, how: How, reading: Reading) -> None:
    """A file that was named: a dump or a bundle, else refused."""
    try:
        if name == STDIN:
            _read_stream(BytesIO(standard_input().read()), STDIN_NAME, how, reading)
            return
        with Path(name).open("rb") as file:
            _read_stream(file, name.encode("utf-8", "backslashreplace").decode(), how, reading)
    except (NsparseError, OSError) as error:
        called = STDIN_NAME if name == STDIN else name
        reading.refusals.append(Refusal(called, reason(error, called)))


def _read_stream(file: BinaryIO, name: str, how: How, reading: Reading) -> None:
    import nsparse
    from nsparse.bundles.streams import is_bundle

    if is_bundle(file, name) and _read_bundle(file, name, how, reading):
        return
    dump = nsparse.parse(
        file,
        engine=how.engine,
        encoding=how.encoding,
        host=how.host,
        on_bad_lines="skip",
        name=name,
    )
    reading.dumps.append(dump)


def _read_bundle(file: BinaryIO, name: str, how: How, reading: Reading) -> bool:
    """Read an archive, or a text of several commands; whether that is what it was.

    The text is known by its name alone. One without a table is read as a dump once more, which
    says what it is instead.
    """
    from nsparse.bundles.bundle import open_bundle
    from nsparse.bundles.streams import HEAD, is_archive

    start = file.tell()
    archive = is_archive(file.read(HEAD))
    file.seek(start)
    bundle = open_bundle(file, name=name, engine=how.engine, encoding=how.encoding, host=how.host)
    if not bundle.dumps and not archive:
        file.seek(start)
        return False
    if bundle.dumps:
        _add(bundle, reading)
    else:
        _add_problems(bundle, reading)
        reading.refusals.append(Refusal(name, f"{harmless(name)}: {harmless(_empty(bundle))}"))
    return True


def _add(bundle: Bundle, reading: Reading) -> None:
    reading.dumps += bundle.dumps
    others = bundle.members["others"]
    if others:
        reading.others[bundle.name] = reading.others.get(bundle.name, 0) + others
    _add_problems(bundle, reading)


def _add_problems(bundle: Bundle, reading: Reading) -> None:
    for problem in bundle.problems:
        file = f"{bundle.name}/{problem.path}" if problem.path else bundle.name
        reading.refusals.append(Refusal(file, f"{harmless(file)}: {harmless(problem.why)}"))


def _empty(bundle: Bundle) -> str:
    """Why a bundle that was read gives nothing; its notes, where it has any, name its layout."""
    known = bundle.layout if not bundle.notes else None
    what = f"this {known}" if known else "this bundle"
    files = plural(bundle.members["files"], "file")
    return "; ".join([f"no socket table in {what} ({files})", *bundle.notes])


def reason(error: Exception, file: str) -> str:
    """An error as one sentence that begins with the file.

    >>> reason(FileNotFoundError(2, "No such file or directory"), "dump.txt")
    'dump.txt: no such file or directory'
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{harmless(file)}: {because(error)}"
    text = str(error) if isinstance(error, NsparseError) else harmless(str(error))
    return text if text.startswith(harmless(file)) else f"{harmless(file)}: {text}"
