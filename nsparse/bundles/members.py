"""The files of a bundle, one after another: of a folder, a tar, a zip, of archives inside these.

Nothing is written to disk. A member is read once, in the order of its archive; what it is shows in
its first bytes, never in its name.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any, NamedTuple

from nsparse.bundles.limits import Limits
from nsparse.bundles.names import clean, inside, unpacked
from nsparse.bundles.packings import Packing, packing_of
from nsparse.bundles.streams import (
    DAMAGE,
    HEAD,
    MARKS,
    REFUSED,
    ZIP,
    Meter,
    Source,
    Total,
    Unreadable,
    is_archive,
    is_tar,
    reason,
)
from nsparse.bundles.tars import Tape, content_of


class Member(NamedTuple):
    """One file of a bundle.

    Attributes:
        path: Its path inside the bundle, parts joined by `/`; a file of an archive in the bundle
            stands behind the path of that archive. Empty for a bundle that is one file.
        stream: What it holds, to be read at once.
        modified: When it was last changed, in seconds; it gives order at most. 0 where unknown.
        archive: The innermost archive that it lies in, as a path; empty for the bundle itself.
    """

    path: str
    stream: Source
    modified: float = 0.0
    archive: str = ""


def found_in(root: Path) -> Iterator[Path]:
    """Every file below a folder, sorted, and each folder that may not be looked into."""
    denied: list[OSError] = []
    for at, folders, names in os.walk(root, onerror=denied.append):
        folders.sort()
        yield from (Path(at, name) for name in sorted(names))
    yield from (Path(error.filename) for error in denied)


@dataclass(frozen=True)
class Unread:
    """A member that could not be read, or an archive that could not be read to its end.

    Attributes:
        path: As `Member.path`; empty for the bundle itself.
        why: One sentence without its full stop.
    """

    path: str
    why: str


class _Place(NamedTuple):
    """Where a stream lies: its path, who counts for all, how deep, when it was changed."""

    path: str
    total: Total
    depth: int = 0
    modified: float = 0.0
    archive: str = ""


@dataclass
class Walk:
    """The way through a bundle.

    Attributes:
        take: What is done with each member.
        dull: Whether a short file, by its path, its archive and its content, tells nothing and need
            not be taken: so it is with nearly all of an archive.
        limits: What is too much.
        problems: What could not be read on the way.
        archives: The archives that were entered, by path.
    """

    take: Callable[[Member], None]
    dull: Callable[[str, str, bytes], bool]
    limits: Limits
    problems: list[Unread] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)

    def folder(self, root: Path) -> None:
        """The files of a folder and of the archives in it, sorted; links are not followed."""
        self.files(root, found_in(root))

    def files(self, root: Path, files: Iterable[Path]) -> None:
        """Some files of a folder; a folder among them is one that may not be looked into."""
        for file in files:
            path = clean(str(file.relative_to(root)), self.limits.path)
            self._guarded(path, self._on_disk, file, _Place(path, Total(path, self.limits)))

    def file(self, stream: IO[bytes], modified: float = 0.0) -> None:
        """The files of an archive; of what is none, the file itself."""
        place = _Place("", Total("", self.limits), modified=modified)
        self._guarded("", self._open, Source(stream, "", file=_seekable(stream)), place)

    def _on_disk(self, file: Path, place: _Place) -> None:
        try:
            about = file.lstat()
            if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
                return
            stream = file.open("rb")
        except OSError as error:
            raise Unreadable(place.path, reason(error)) from error
        with stream:
            source = Source(stream, place.path, file=True)
            self._open(source, place._replace(modified=about.st_mtime))

    def _guarded(self, path: str, do: Callable[..., None], *what: Any) -> None:
        """Do something; a problem of this path ends here, one of the archive around it does not."""
        try:
            do(*what)
        except Unreadable as error:
            if error.path != path:
                raise
            self.problems.append(Unread(path, error.why))

    def _open(self, source: Source, place: _Place) -> None:
        """An archive, a packed file, or a plain one, by its first bytes."""
        head = source.peek()
        if is_tar(head):
            self._tar(source, self._entered(place))
        elif not head.startswith(MARKS):
            self.take(Member(place.path, source, place.modified, place.archive))
        elif (packing := packing_of(head)) is not None:
            self._unpack(source, packing, place)
        elif head.startswith(ZIP):
            self._zip(source, self._entered(place))
        else:
            (refused,) = (why for mark, why in REFUSED.items() if head.startswith(mark))
            raise Unreadable(place.path, refused)

    def _unpack(self, packed: Source, packing: Packing, place: _Place) -> None:
        with _blaming(place.path):
            plain = packing.open(packed)
        meter = Meter(place.path, lambda: packed.count, place.total)
        source = Source(plain, place.path, meter)
        head = source.peek()
        if is_tar(head):
            self._tar(source, self._entered(place))
        elif packing_of(head) or head.startswith(ZIP):
            self._open(source, self._entered(place))
        else:
            path = unpacked(place.path, packing.suffixes)
            self.take(Member(path, source, place.modified, place.archive))
            if not place.depth:
                # Damage may make a tar look like anything; its checksum is at the end.
                deque(source.chunks(), maxlen=0)

    def _entered(self, place: _Place) -> _Place:
        """The place inside an archive, unless that lies too deep."""
        if place.depth >= self.limits.nesting:
            why = f"archives are nested more than {self.limits.nesting} deep: not read"
            raise Unreadable(place.path, why)
        self.archives.append(place.path)
        return place._replace(depth=place.depth + 1, archive=place.path)

    def _counted(self, count: int, path: str) -> None:
        if count > self.limits.members:
            raise Unreadable(path, f"more than {self.limits.members:,} files in one archive")

    def _tar(self, source: Source, place: _Place) -> None:
        tape = Tape(source, place.path)
        with _blaming(place.path):
            for count, file in enumerate(tape.files(), 1):
                self._counted(count, place.path)
                if file is None:
                    continue
                path = inside(place.path, file.name, self.limits.path)
                content = content_of(tape, file.size, place.path)
                if isinstance(content, bytes):
                    if self._is_dull(path, place.archive, content):
                        continue
                    content = Source.of(content, place.path)
                at = _Place(path, place.total, place.depth, file.modified, place.archive)
                self._guarded(path, self._open, content, at)

    def _is_dull(self, path: str, archive: str, data: bytes) -> bool:
        """Whether a short file is none to be opened or taken."""
        return not is_archive(data[:HEAD]) and self.dull(path, archive, data)

    def _zip(self, source: Source, place: _Place) -> None:
        kept = source.stream if source.file else self._whole(source, place.path)
        with _blaming(place.path), zipfile.ZipFile(kept) as archive:
            entries = archive.infolist()
            self._counted(len(entries), place.path)
            locked = sum(entry.flag_bits & LOCKED for entry in entries)
            if locked:
                why = f"{locked} of {len(entries)} files are encrypted"
                self.problems.append(Unread(place.path, why))
            size = kept.seek(0, os.SEEK_END)
            meter = Meter(place.path, lambda: size, place.total)
            for entry in filter(_is_file, entries):
                path = inside(place.path, entry.filename, self.limits.path)
                at = place._replace(path=path, modified=_seconds(entry))
                self._guarded(path, self._zipped, archive, entry, meter, at)

    def _zipped(
        self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, meter: Meter, place: _Place
    ) -> None:
        with _blaming(place.path):
            content = archive.open(entry)
        self._open(Source(content, place.path, meter), place)

    def _whole(self, source: Source, path: str) -> IO[bytes]:
        """An archive that must be read from its end, in memory."""
        kept = BytesIO()
        for data in source.chunks():
            kept.write(data)
            if kept.tell() > self.limits.member:
                raise Unreadable(path, f"a zip of more than {self.limits.member:,} bytes inside")
        return kept


@contextmanager
def _blaming(path: str) -> Iterator[None]:
    """What a library raises is the fault of this path."""
    try:
        yield
    except Unreadable:
        raise
    except DAMAGE as error:
        raise Unreadable(path, reason(error)) from error


def _seekable(stream: Any) -> bool:
    try:
        return bool(stream.seekable())
    except (AttributeError, OSError, ValueError):
        return False


LOCKED = 1
"""The bit of a zip entry's flags that says it is encrypted."""


def _is_file(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file that can be read: no folder, no link, not encrypted."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return not (entry.is_dir() or entry.flag_bits & LOCKED) and kind in (0, stat.S_IFREG)


def _seconds(entry: zipfile.ZipInfo) -> float:
    """When an entry was changed; its clock has no zone, which for an order does not matter."""
    try:
        return datetime(*entry.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
