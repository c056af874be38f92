"""Reads xz: by liblzma 5.8 where the extra `fast` is installed, which takes two thirds of the time.

Python brings whichever liblzma its maker had, often an older one. `lzma.LZMAFile` would do, with
each piece copied twice, and without what follows zeros between two streams.
"""

from __future__ import annotations

import lzma
from functools import cache
from importlib import import_module
from typing import IO, Any

from nsparse.bundles.gunzip import CUT, PIECE

MAGIC = b"\xfd7zXZ\0"


@cache
def library() -> Any:
    """The faster one of two libraries with the same classes, where it is installed."""
    try:
        return import_module("lzma_mt")
    except ImportError:
        return lzma


class Unxz:
    """The content of one or more xz streams behind one another, read forwards.

    Args:
        stream: The packed bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._packed, self._ended = stream, b"", False
        self._decompressor = self._new()

    def read1(self, size: int) -> bytes:
        """Some of the next bytes; none at the end.

        Raises:
            EOFError: The stream is cut.
            lzma.LZMAError: It is damaged.
        """
        while not self._ended:
            if self._decompressor.eof:
                self._go_on()
            elif data := self._unpacked(size):
                return data
        return b""

    read = read1

    def _new(self) -> Any:
        return library().LZMADecompressor(lzma.FORMAT_XZ)

    def _unpacked(self, size: int) -> bytes:
        packed = b""
        if self._decompressor.needs_input:
            packed, self._packed = self._packed or self._stream.read(PIECE), b""
            if not packed:
                raise EOFError(CUT)
        data: bytes = self._decompressor.decompress(packed, size)
        return data

    def _go_on(self) -> None:
        """The next stream: zeros may stand before it; what is none is left alone, as by Python."""
        rest = self._decompressor.unused_data.lstrip(b"\0")
        while len(rest) < len(MAGIC) and (more := self._stream.read(PIECE)):
            rest = (rest + more).lstrip(b"\0")
        self._packed, self._ended = rest, not rest.startswith(MAGIC)
        self._decompressor = self._new()
