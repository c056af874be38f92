"""A tar, read forwards: tarfile finds the files, their content never passes through it.

tarfile would read a packed tar in time that grows with its square (python/cpython#121109), keep all
that describes files in memory, and stop without a word at a header that is damaged or cut.
"""

from __future__ import annotations

import re
import tarfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple, Self

from nsparse.bundles.streams import CHUNK, Broken, Source, Unreadable

HEADERS_AT_MOST = 4 << 20
"""So much may describe one file: long names and attributes are a few KiB."""
CUT = "unexpected end of data"
"""What tarfile says of an archive that ends too early."""
_HEADER = re.compile(
    rb"(?=.{124}([0-7]{11})[ \0]([0-7]{11})[ \0]([0-7]{6})\0 0.{188}\0)([^\0]{1,100})", re.DOTALL
)
"""The header of a plain file as nearly all write it: size, time, checksum, no prefix, name."""
BLANKS = 8 * ord(" ")
"""The checksum is reckoned as if these stood in its own place."""
ADLER = 65_521
"""Adler-32 holds the sum of all bytes and one, modulo this, in its lower half."""
HALF = 0xFFFF


class File(NamedTuple):
    """A plain file of a tar: its name, its size in bytes, when it was last changed in seconds."""

    name: str
    size: int
    modified: float


class Entry(tarfile.TarInfo):
    """A file of a tar, or what else stands in one."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
        """The next entry, as tarfile asks for it.

        Raises:
            tarfile.ReadError: There is none, and this is not the end of the archive either.
        """
        try:
            return super().fromtarfile(tar)
        except tarfile.HeaderError as error:
            kind = type(error).__name__
            if kind == "EOFHeaderError":
                raise
            cut = kind in ("EmptyHeaderError", "TruncatedHeaderError")
            raise tarfile.ReadError(CUT if cut else "damaged") from error


class Tape:
    """What tarfile reads from: it moves forwards only, and bounds what describes a file.

    Args:
        source: The archive.
        path: Its path in the bundle.
    """

    def __init__(self, source: Source, path: str) -> None:
        self._source, self._path = source, path
        self._data, self._at, self._before = b"", 0, 0
        self._described = 0
        self._broken: Broken | None = None

    def tell(self) -> int:
        """Where the next byte stands."""
        return self._before + self._at

    def read(self, size: int) -> bytes:
        """The next bytes; tarfile asks for those that describe files.

        Raises:
            Unreadable: They are too many.
        """
        self._described += size
        if self._described > HEADERS_AT_MOST:
            raise Unreadable(self._path, "what describes a file in it is too large")
        return self.all_of(size)

    def all_of(self, size: int) -> bytes:
        """So many of the next bytes; fewer only at the end, or where the archive breaks."""
        data = self.some(size)
        if len(data) == size:
            return data
        parts = [data]
        size -= len(data)
        try:
            while size and (part := self.some(size)):
                parts.append(part)
                size -= len(part)
        except Broken as error:
            self._broken = error
        return b"".join(parts)

    def some(self, size: int) -> bytes:
        """Some of the next bytes; none at the end."""
        if self._at == len(self._data):
            self._fill()
        data = self._data[self._at : self._at + size]
        self._at += len(data)
        return data

    def seek(self, to: int) -> None:
        """Pass over what lies before a place."""
        while (at := to - self._before) > len(self._data) and self._data:
            self._fill()
        self._at = min(max(at, self._at), len(self._data))

    def _fill(self) -> None:
        if self._broken is not None:
            raise self._broken
        self._before += len(self._data)
        self._data, self._at = self._source.read(CHUNK), 0

    def files(self) -> Iterator[File | None]:
        """Each entry, None for one that is no plain file; what it holds is to be read at once."""
        with tarfile.TarFile(fileobj=self, mode="r", tarinfo=Entry) as tar:  # type: ignore[arg-type]
            while (entry := tar.next()) is not None:
                plain = entry.isreg() and not entry.issparse()
                yield File(entry.name, entry.size, float(entry.mtime)) if plain else None
                self.seek(tar.offset)
                self._described = 0
                # tarfile would keep every one of them, and what is said of all files.
                tar.members.clear()  # type: ignore[attr-defined]
                tar.pax_headers.clear()  # type: ignore[attr-defined]
                while (file := self._plain()) is not None:
                    tar.offset = self.tell() + file.size + -file.size % tarfile.BLOCKSIZE
                    yield file
                    self.seek(tar.offset)

    def _plain(self) -> File | None:
        """The next entry in a tenth of the time, if it is a plain file, as most are.

        That is: with a name in one piece, octal numbers that fill their fields, and a header that
        is at hand.
        """
        found = _HEADER.match(self._data, self._at)
        if found is None:
            return None
        size, changed, checksum, name = found.groups()
        head = self._data[self._at : self._at + tarfile.BLOCKSIZE]
        total = int(checksum, 8) + sum(checksum) + ord(" ") - BLANKS
        if len(head) < tarfile.BLOCKSIZE or zlib.adler32(head) & HALF != (1 + total) % ADLER:
            return None
        self._at += len(head)
        return File(name.decode("utf-8", "surrogateescape"), int(size, 8), float(int(changed, 8)))


def content_of(tape: Tape, size: int, path: str) -> bytes | Source:
    """The content of the file at which a tape stands: most are small, and read at once."""
    data = tape.all_of(size) if size <= CHUNK else b""
    return data if len(data) == size else Source(_Content(tape, size, data), path)


class _Content:
    """The content of a large file, or of one that is cut, of which the start is at hand."""

    def __init__(self, tape: Tape, size: int, start: bytes) -> None:
        self._tape, self._left, self._start = tape, size, start

    def read1(self, size: int) -> bytes:
        """Some of the next bytes; none at the end.

        Raises:
            tarfile.ReadError: The archive ends before the file does.
        """
        data, self._start = self._start[:size], self._start[size:]
        data = data or self._tape.some(min(size, self._left))
        if not data and self._left:
            raise tarfile.ReadError(CUT)
        self._left -= len(data)
        return data

    read = read1
