"""A bundle: what one folder, archive or packed file says about the hosts it was taken from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from nsparse.bundles.limits import LIMITS, Limits
from nsparse.bundles.members import Unread, Walk
from nsparse.bundles.placing import settled
from nsparse.bundles.reader import Options, Reader
from nsparse.errors import BundleError, NsparseError, because, harmless
from nsparse.prose import plural
from nsparse.reading.texts.source import name_of, only_bytes, opened

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.reading.dump import Dump
    from nsparse.reading.pipeline import Engine


@dataclass
class Bundle:
    """What a bundle says.

    Attributes:
        name: As it was named.
        dumps: Its socket tables; those of a known collector in the order in which it wrote them.
        problems: Members that could not be read, and archives that could not be to their end.
        layout: The collector that made it; None where it is not known.
        notes: What a person should know of bundles of that layout.
        members: How many files there were, by what they are: files, dumps, facts, others.
    """

    name: str
    dumps: tuple[Dump, ...] = ()
    problems: tuple[Unread, ...] = ()
    layout: str | None = None
    notes: tuple[str, ...] = ()
    members: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What is in it, in a line: `<Bundle web1.tar.xz: 3 dumps, 812 rows, 0 problems>`."""
        held = f"{plural(len(self.dumps), 'dump')}, "
        held += plural(sum(len(dump.frame) for dump in self.dumps), "row")
        return f"<Bundle {harmless(self.name)}: {held}, {plural(len(self.problems), 'problem')}>"

    def frame(self) -> pd.DataFrame:
        """The rows of all dumps.

        A socket that two commands printed is in it twice, told by `file` and `tool`; diagnoses
        count it once.
        """
        from nsparse.judging.given import given, joined

        return joined(list(given(self.dumps)))

    @cached_property
    def facts(self) -> Mapping[str, Mapping[str, object]]:
        """What is known of each host beside its sockets, by the name that a report gives it."""
        from nsparse.judging.given import facts, given, joined
        from nsparse.judging.scene.hosts import named

        dumps = list(given(self.dumps))
        return facts(dumps, named(joined(dumps))) if dumps else {}


def open_bundle(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    engine: Engine = "auto",
    encoding: str | None = None,
    host: str | None = None,
    columns: Literal["used", "all"] = "used",
    name: str | None = None,
    limits: Limits = LIMITS,
) -> Bundle:
    """Read a bundle: a folder, an archive (tar, zip; gzip, bzip2, xz, zstd), or a packed file.

    It is read once, from its beginning to its end (a zip by its directory), and never unpacked to
    disk. A member that cannot be read is one of `problems` and stops nothing.

    Args:
        source: A path, or a binary file object.
        engine: As `parse` has it.
        encoding: As `parse` has it, for every text.
        host: The host that everything is from.
        columns: As `parse` has it.
        name: What to call it, where `source` has no name.
        limits: What is too much.

    Raises:
        BundleError: Nothing in it could be read. A bundle that was read and holds no socket table
            is no error: it has no dumps.
        NsparseError: The file cannot be read, or an argument is not one of those above.
    """
    called = name or name_of(source)
    reader = Reader(called, Options(engine, encoding, host, columns == "all", limits.member))
    walk = Walk(reader.take, reader.dull, limits)
    if not isinstance(source, str | os.PathLike):
        with opened(source) as stream:
            only_bytes(stream.read(0))
            walk.file(stream)
    elif (path := Path(source)).is_dir():
        walk.folder(path)
    else:
        _on_disk(walk, path)
    return _bundle(reader, walk)


def open_files(
    folder: str,
    files: Iterable[Path],
    *,
    engine: Engine = "auto",
    encoding: str | None = None,
    host: str | None = None,
    limits: Limits = LIMITS,
) -> Bundle:
    """Read some files of a folder as one bundle; as `open_bundle`, which takes all of them."""
    reader = Reader(folder, Options(engine, encoding, host, largest=limits.member))
    walk = Walk(reader.take, reader.dull, limits)
    walk.files(Path(folder), files)
    return _bundle(reader, walk)


def _on_disk(walk: Walk, path: Path) -> None:
    try:
        with path.open("rb") as stream:
            walk.file(stream, path.stat().st_mtime)
    except OSError as error:
        raise NsparseError(f"{path}: {because(error)}") from error


def _bundle(reader: Reader, walk: Walk) -> Bundle:
    problems = (*walk.problems, *reader.problems)
    if problems and not reader.count["files"]:
        raise BundleError(_join(reader.name, problems[0].path), problems[0].why)
    roots = settled(reader, walk.archives)
    kinds = {kind.key: kind for root in roots for kind in root.kinds}
    return Bundle(
        name=reader.name,
        dumps=tuple(found.dump for found in reader.dumps),
        problems=problems,
        layout=", ".join(kind.title for kind in kinds.values()) or None,
        notes=tuple(f"{kind.title}: {kind.note}" for kind in kinds.values() if kind.note),
        members={key: reader.count[key] for key in ("files", "dumps", "facts", "others")},
    )


def _join(name: str, path: str) -> str:
    return f"{name}/{path}" if path else name
