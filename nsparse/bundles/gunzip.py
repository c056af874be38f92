"""Reads gzip: by ISA-L where the extra `fast` is installed, which takes a third of zlib's time.

`gzip.GzipFile` would do, with zlib only and 8 KiB at a time; the reader of `isal` loses what stands
in the last piece before a cut, which may hold a dump.
"""

from __future__ import annotations

import zlib
from functools import cache
from importlib import import_module
from typing import IO, Any

PIECE = 32 << 10
"""Bytes of the packed stream that are unpacked at a time: some 250 KB of text."""
MAGIC, DEFLATED = b"\x1f\x8b", 8
HEADER, TRAILER, LENGTHS = 10, 8, 2
EXTRA, NAMED, REMARKED, CHECKED = 4, 8, 16, 2
"""Bits of a header's flags: what else it holds (RFC 1952)."""
RAW = -zlib.MAX_WBITS
"""Deflate without a frame: the checksum behind it is compared when all before it was taken."""
CUT = "unexpected end of data"
NUMBERS = 1 << 32
"""The length in a trailer is told modulo this."""


@cache
def library() -> Any:
    """The faster one of two libraries with the same functions, where it is installed."""
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


class Gunzip:
    """The content of a gzip stream of one or more members, read forwards.

    Args:
        stream: The packed bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._library = stream, library()
        self._packed, self._ended = b"", False
        self._inflate: Any = None
        self._checksum = self._length = 0

    def read1(self, size: int) -> bytes:
        """Some of the next bytes; none at the end.

        Raises:
            EOFError: The stream is cut.
            ValueError: It is damaged.
        """
        while not self._ended:
            if self._inflate is None:
                self._begin()
            elif self._inflate.eof:
                self._finish()
            elif data := self._unpacked(size):
                return data
        return b""

    read = read1

    def _unpacked(self, size: int) -> bytes:
        packed = self._packed or self._stream.read(PIECE)
        try:
            data: bytes = self._inflate.decompress(packed, size)
        except self._library.error as error:
            raise ValueError(str(error)) from error
        if not (packed or data):
            raise EOFError(CUT)
        self._packed = self._inflate.unconsumed_tail or self._inflate.unused_data
        self._checksum = self._library.crc32(data, self._checksum)
        self._length += len(data)
        return data

    def _begin(self) -> None:
        """Take the header of a member."""
        head = self._exactly(HEADER)
        if head[:2] != MAGIC or head[2] != DEFLATED:
            raise ValueError("not a gzip stream")
        flags = head[3]
        if flags & EXTRA:
            self._exactly(int.from_bytes(self._exactly(LENGTHS), "little"))
        for _ in range(bool(flags & NAMED) + bool(flags & REMARKED)):
            self._pass_text()
        if flags & CHECKED:
            self._exactly(LENGTHS)
        self._inflate = self._library.decompressobj(RAW)
        self._checksum = self._length = 0

    def _finish(self) -> None:
        """Compare the trailer of a member; tapes and some tools fill up with zeros behind it."""
        trailer = self._exactly(TRAILER)
        told = [int.from_bytes(half, "little") for half in (trailer[:4], trailer[4:])]
        if told != [self._checksum, self._length % NUMBERS]:
            raise ValueError("CRC check failed")
        self._inflate = None
        self._packed = self._packed.lstrip(b"\0")
        while not self._packed and (more := self._stream.read(PIECE)):
            self._packed = more.lstrip(b"\0")
        self._ended = not self._packed

    def _exactly(self, count: int) -> bytes:
        while len(self._packed) < count:
            self._packed += self._more()
        data, self._packed = self._packed[:count], self._packed[count:]
        return data

    def _pass_text(self) -> None:
        """Pass over a name or a remark: it ends with a NUL."""
        while (end := self._packed.find(b"\0")) < 0:
            self._packed = self._more()
        self._packed = self._packed[end + 1 :]

    def _more(self) -> bytes:
        if more := self._stream.read(PIECE):
            return more
        raise EOFError(CUT)
