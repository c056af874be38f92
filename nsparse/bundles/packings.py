"""How a single stream may be packed, and the quickest library at hand that reads it."""

from __future__ import annotations

import bz2
from collections.abc import Callable
from typing import IO, Any, NamedTuple

from nsparse.bundles.gunzip import Gunzip
from nsparse.bundles.unxz import Unxz


class Packing(NamedTuple):
    """One way to pack a single stream: its first bytes, its suffixes, and what reads it."""

    magic: bytes
    suffixes: tuple[str, ...]
    open: Callable[[Any], Any]


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
    Packing(b"\xfd7zXZ\x00", (".xz", ".txz"), Unxz),
    Packing(b"BZh", (".bz2", ".tbz", ".tbz2"), bz2.BZ2File),
    Packing(b"\x28\xb5\x2f\xfd", (".zst", ".zstd", ".tzst"), _zstd),
)


def packing_of(head: bytes) -> Packing | None:
    """How a stream is packed, by its first bytes."""
    return next((packing for packing in PACKINGS if head.startswith(packing.magic)), None)
