"""Streams of bytes that are counted while they are read, and known by what they begin with."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from os import SEEK_CUR
from tarfile import TarError
from typing import IO, Any
from zipfile import BadZipFile

from nsparse.bundles.layouts import heading
from nsparse.bundles.limits import Limits
from nsparse.bundles.packings import PACKINGS
from nsparse.errors import NsparseError

CHUNK = 256 << 10
"""Bytes read at a time: large enough to be quick, small enough to notice a bomb at once."""
HEAD = 512
"""The first bytes tell what a stream is; the mark of a tar ends at 262, its header at 512."""
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
REFUSED = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it first",
    b"Rar!\x1a\x07": "a rar archive: unpack it first",
    b"MSCF": "a cabinet file: unpack it first",
    b"-----BEGIN PGP": "encrypted with PGP: decrypt it first",
    b"Salted__": "encrypted with openssl: decrypt it first",
}
"""What some archives begin with that are not read, and what to do about it."""

DAMAGE = (
    TarError,
    BadZipFile,
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    ValueError,  # tarfile, over numbers that are none
    IndexError,  # the same
    ArithmeticError,
    RuntimeError,  # zipfile, over an encrypted member or (NotImplementedError) an unknown method
)
"""What the libraries raise over an archive that they cannot read."""


class Unreadable(NsparseError):
    """An archive, or a file in one, that cannot be read.

    Args:
        path: Which, as a path inside the bundle; empty for the bundle itself.
        why: One sentence without its full stop.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = path, why


class Broken(Unreadable):
    """One that ends too early, or is damaged from some place on: what came before it stands."""


class Total:
    """What all that was taken out of one file on disk may have together."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.count = 0

    def spend(self, count: int) -> None:
        """Count bytes of content.

        Raises:
            Unreadable: They are too many.
        """
        self.count += count
        if self.count > self.limits.total:
            raise Unreadable(self.path, f"its content has more than {self.limits.total:,} bytes")


class Meter:
    """Counts what comes out of an archive, and stops what no honest archive holds.

    Args:
        path: The archive.
        packed: How many bytes of the archive itself have been read.
        total: Who counts for all.
    """

    def __init__(self, path: str, packed: Callable[[], int], total: Total) -> None:
        self._path, self._packed, self._total = path, packed, total
        self._count = 0

    def spend(self, count: int) -> None:
        """Count bytes of content.

        Raises:
            Unreadable: They are too many for the size of the archive, or at all.
        """
        self._count += count
        limits = self._total.limits
        if self._count > limits.slack and self._count > limits.ratio * self._packed():
            times = f"more than {limits.ratio} times as large as it is itself"
            raise Unreadable(self._path, f"its content is {times}: not read further")
        self._total.spend(count)


class Source:
    """A stream that is only read, forwards.

    Args:
        stream: What is read.
        path: Whose fault it is when reading fails.
        meter: Who counts what is read.
        file: Whether the stream is a file of its own, which may also be read from its end.

    Attributes:
        broken: Why `blocks` gave no more, where it was not the end.
    """

    def __init__(
        self, stream: Any, path: str, meter: Meter | None = None, *, file: bool = False
    ) -> None:
        self._path, self._meter = path, meter
        self._head, self._ended = b"", False
        # One step at a time: before a cut in a packed stream stands what can still be read.
        self._some: Callable[[int], bytes] = getattr(stream, "read1", None) or stream.read
        self.stream, self.file = stream, file
        self.count = 0
        self.broken: Broken | None = None

    @classmethod
    def of(cls, data: bytes, path: str) -> Source:
        """A stream of what is in memory already; it is counted by whoever read it."""
        source = cls(BytesIO(), path)
        source._head, source._ended, source.count = data, True, len(data)
        return source

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, at most a chunk; none at the end.

        Raises:
            Unreadable: The archive is damaged or cut, or holds too much.
        """
        wanted = CHUNK if size is None or size < 0 else min(size, CHUNK)
        if self._head:
            data, self._head = self._head[:wanted], self._head[wanted:]
            return data
        return self._fresh(wanted)

    def peek(self, size: int = HEAD) -> bytes:
        """The first bytes of what is left; they are read again afterwards."""
        while len(self._head) < size and (more := self._fresh(size - len(self._head))):
            self._head += more
        return self._head[:size]

    def chunks(self) -> Iterator[bytes]:
        """All that is left."""
        while data := self.read(CHUNK):
            yield data

    def blocks(self) -> Iterator[bytes]:
        """The same in larger pieces, for streams give what they have: the first is a chunk or all.

        The others are a quarter of one at least, but for the last. A stream that is broken gives
        what it has.
        """
        waiting: list[bytes] = []
        size, enough = 0, CHUNK
        for data in self._unbroken():
            waiting.append(data)
            size += len(data)
            if size >= enough:
                yield b"".join(waiting)
                waiting, size, enough = [], 0, CHUNK // 4
        if waiting:
            yield b"".join(waiting)

    def _unbroken(self) -> Iterator[bytes]:
        """All that is left, up to where it breaks."""
        try:
            yield from self.chunks()
        except Broken as error:
            self.broken = error

    def _fresh(self, size: int) -> bytes:
        if self._ended:
            return b""
        try:
            data: bytes = self._some(size)
        except Unreadable:
            raise
        except DAMAGE as error:
            raise Broken(self._path, reason(error)) from error
        self._ended = not data and size > 0
        self.count += len(data)
        if self._meter is not None:
            self._meter.spend(len(data))
        return data


MARKS = (*(packing.magic for packing in PACKINGS), *ZIP, *REFUSED)
"""What archives and packed files begin with, but for tars."""


def is_tar(head: bytes) -> bool:
    """Whether a stream is a tar: POSIX and GNU write a mark, older ones at least a checksum."""
    if head[257:262] == b"ustar":
        return True
    said = head[148:156].strip(b" \0")
    if len(head) < HEAD or not head[0] or not said or said.strip(b"01234567"):
        return False
    return int(said, 8) == sum(head) - sum(head[148:156]) + 8 * ord(" ")


def is_archive(head: bytes) -> bool:
    """Whether a file that begins so holds others, or is packed."""
    return head.startswith(MARKS) or is_tar(head)


def is_bundle(stream: IO[bytes], name: str) -> bool:
    """Whether a file is more than one dump: an archive, packed, or a text of several commands.

    The stream is left as it was.
    """
    head = stream.read(HEAD)
    stream.seek(-len(head), SEEK_CUR)
    return is_archive(head) or heading(name) is not None


def reason(error: BaseException) -> str:
    """What a library's error means, in a few words.

    >>> reason(EOFError("Compressed file ended before the end-of-stream marker was reached"))
    'cut: its end is missing'
    """
    text = str(error)
    known = {
        "cut: its end is missing": ("end of data", "end-of-stream", "truncated"),
        "encrypted": ("password", "encrypted"),
        "damaged: its checksum is wrong": ("crc", "checksum"),
        text: ("nsparse[",),
    }
    for said, words in known.items():
        if any(word in text.lower() for word in words):
            return said
    if isinstance(error, NotImplementedError):
        return "packed in a way that is not known here"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "damaged"
