"""How a single stream may be packed, and the quickest library at hand that reads it."""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import IO, Any, NamedTuple

from nsparse.bundles.gunzip import PIECE, Gunzip


class Packing(NamedTuple):
    """One way to pack a single stream: its first bytes, its suffixes, and what reads it."""

    magic: bytes
    suffixes: tuple[str, ...]
    open: Callable[[Any], Any]


@cache
def _xz_library() -> Any:
    """The faster one of two libraries with the same classes, where it is installed."""
    try:
        return import_module("lzma_mt")
    except ImportError:
        return lzma


def open_xz(stream: Any) -> IO[bytes]:
    """A reader of xz: with the extra `fast` by liblzma 5.8, which takes two thirds of the time.

    Python brings whichever liblzma its maker had, often an older one.
    """
    found: IO[bytes] = _xz_library().LZMAFile(_Pieces(stream))
    return found


class _Pieces:
    """Gives a reader of packed bytes more than the 8 KiB it asks for; so what it gives is more."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end."""
        data: bytes = self._stream.read(max(size, PIECE))
        return data


def _zstd(stream: Any) -> IO[bytes]:
    """A reader of zstd, which Python knows from 3.14 on, before with the extra `zstd`."""
    try:
        from compression import zstd  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            raise RuntimeError("packed with zstd: install nsparse[zstd]") from None
    found: IO[bytes] = zstd.ZstdFile(stream)
    return found


PACKINGS = (
    Packing(b"\x1f\x8b", (".gz", ".tgz"), Gunzip),
    Packing(b"\xfd7zXZ\x00", (".xz", ".txz"), open_xz),
    Packing(b"BZh", (".bz2", ".tbz", ".tbz2"), bz2.BZ2File),
    Packing(b"\x28\xb5\x2f\xfd", (".zst", ".zstd", ".tzst"), _zstd),
)


def packing_of(head: bytes) -> Packing | None:
    """How a stream is packed, by its first bytes."""
    return next((packing for packing in PACKINGS if head.startswith(packing.magic)), None)
