"""Where bundles are: files and folders of this machine, or what fsspec can reach (`s3://…`)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsparse.bundles.layouts import layouts, marked
from nsparse.bundles.names import is_archive_name, stem
from nsparse.errors import NsparseError, harmless

if TYPE_CHECKING:
    from nsparse.batch.order import Order
    from nsparse.bundles.bundle import Bundle

_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
BLOCK = 8 << 20
"""Bytes asked for at a time over the network: bundles are read from their beginning to their end,
so few large requests are quickest."""


SUMS = (".md5", ".sha1", ".sha256", ".sha512", ".asc", ".sig")
"""How the name of a checksum or a signature goes on behind that of its file."""


def is_remote(name: str) -> bool:
    """Whether a name is an address for fsspec.

    >>> is_remote("s3://bundles/web1.tar.xz"), is_remote("C:/bundles")
    (True, False)
    """
    return _REMOTE.match(name) is not None


def name_of(bundle: str) -> str:
    """The name that stands for a host where a bundle names none.

    >>> name_of("s3://bundles/web1.tar.xz")
    'web1'
    """
    return stem(bundle)


# ---- what there is ---------------------------------------------------------------------------


def listed(paths: Iterable[str], output: str = "") -> Iterator[str]:
    """Every bundle of the paths, once, in order.

    A path is a bundle itself: a file, or the folder that one was unpacked to; or it is a folder of
    bundles, each entry of it one (`_is_shelf`). Hidden entries are left out.

    Args:
        paths: As the user named them.
        output: The folder that is written; never a bundle.

    Raises:
        NsparseError: A remote path cannot be listed.
    """
    seen = {fingerprint(output)} if output else set[bytes]()
    for path in paths:
        for name in _remote(path) if is_remote(path) else _local(path):
            mark = fingerprint(name)
            if mark not in seen:
                seen.add(mark)
                yield name


def may_be_there(name: str) -> bool:
    """Whether nothing says that a bundle is not there: what is remote is only known when read.

    >>> may_be_there("no such folder/web1.tar"), may_be_there("s3://bundles/web1.tar")
    (False, True)
    """
    try:
        return is_remote(name) or Path(name).lstat() is not None
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


def fingerprint(name: str, folder: str = "") -> bytes:
    """A short mark of a bundle that is the same however its path is written.

    Args:
        name: The bundle.
        folder: Where a relative name begins; else the current folder.
    """
    full = name if is_remote(name) else os.path.abspath(os.path.join(folder, name))  # noqa: PTH100, PTH118
    return hashlib.blake2b(os.fsencode(full), digest_size=12).digest()


def in_shard(name: str, shard: tuple[int, int]) -> bool:
    """Whether a bundle belongs to a shard; new bundles leave the others where they are.

    >>> sum(in_shard("web1.tar", (number, 3)) for number in (1, 2, 3))
    1
    """
    number, count = shard
    digest = hashlib.blake2b(os.fsencode(name), digest_size=8).digest()
    return int.from_bytes(digest) % count == number - 1


def _local(path: str, *, named: bool = True) -> Iterator[str]:
    """The bundles of one path; links to folders are not followed."""
    name = os.path.normpath(path)
    entries = _entries(name) if Path(name).is_dir() else []
    if not _is_shelf(entries, named=named):
        yield name
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _local(entry.path, named=False)
        elif entry.is_file():
            yield entry.path


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What a folder holds, but for hidden things; nothing where it may not be looked at."""
    try:
        with os.scandir(folder) as found:
            entries = {e.name: e for e in found if not e.name.startswith(".")}
    except OSError:
        return []
    return [entries[name] for name in _bundles(entries)]


def _bundles(names: Collection[str]) -> list[str]:
    """Some names without those of checksums, sorted: collectors write one beside each archive."""
    return sorted(
        name for name in names if not (name.endswith(SUMS) and name.rpartition(".")[0] in names)
    )


def _is_shelf(entries: Sequence[os.DirEntry[str]], *, named: bool) -> bool:
    """Whether a folder holds bundles, and is none that was unpacked.

    It is none with the marks of a collector. Else it is one when it holds archives, or nothing but
    folders with archives in them. A folder that the user named may also hold nothing but folders,
    or nothing but files: unpacked bundles, or dumps. What was unpacked mostly has both.
    """
    if any(_is_mark(entry) for entry in entries):
        return False
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    files = [entry for entry in entries if entry.is_file()]
    if any(is_archive_name(entry.name) for entry in files):
        return True
    if named:
        return bool(folders) != bool(files)
    return not files and any(_is_shelf(_entries(e.path), named=False) for e in folders)


def _is_mark(entry: os.DirEntry[str]) -> bool:
    """Whether only an unpacked bundle of some collector has such an entry.

    Marks with a star do not count for files: ten of these may be ten bundles.
    """
    if entry.is_dir(follow_symlinks=False):
        found = marked(f"{entry.name}/any")
        return found is not None and not found[0]
    return any(entry.name in layout.marks for layout in layouts().values())


def _remote(path: str) -> Iterator[str]:
    fs, root = _filesystem(path)
    try:
        if not fs.isdir(root):
            yield path
            return
        for found in _bundles(set(fs.find(root))):
            yield str(fs.unstrip_protocol(found))
    except Exception as error:  # each of these libraries has its own
        raise NsparseError(f"{harmless(path)}: cannot be listed: {error}") from error


# ---- one bundle ------------------------------------------------------------------------------


def about(bundle: str) -> dict[str, Any]:
    """What is known of a bundle from outside: bytes and time; nothing where it cannot be asked."""
    try:
        if is_remote(bundle):
            return _about_remote(bundle)
        found = Path(bundle).stat()
    except Exception:  # whatever it is, opening the bundle will tell it better
        return {}
    size = None if Path(bundle).is_dir() else found.st_size
    return {"size": size, "modified": datetime.fromtimestamp(found.st_mtime, UTC)}


def _about_remote(bundle: str) -> dict[str, Any]:
    fs, path = _filesystem(bundle)
    told = fs.info(path)
    when = told.get("LastModified") or told.get("last_modified") or told.get("mtime")
    return {"size": told.get("size"), "modified": when if isinstance(when, datetime) else None}


@contextmanager
def opened(bundle: str, order: Order) -> Iterator[Bundle]:
    """The bundle, read.

    Raises:
        NsparseError: It cannot be read.
        OSError: It is not there, or the network fails on the way.
    """
    from nsparse.bundles.bundle import open_bundle

    options: Any = {"engine": order.engine, "encoding": order.encoding}
    if not is_remote(bundle):
        yield open_bundle(bundle, name=printable(bundle), **options)
        return
    fs, path = _filesystem(bundle)
    try:
        stream = fs.open(path, "rb", block_size=BLOCK, cache_type="readahead")
    except Exception as error:  # each of these libraries has its own
        raise NsparseError(f"{harmless(bundle)}: {error}") from error
    with stream:
        yield open_bundle(stream, name=bundle, **options)


def printable(name: str) -> str:
    """A name as it can be written: a byte that is no text becomes an escape."""
    return name.encode("utf-8", "backslashreplace").decode()


def _filesystem(path: str) -> tuple[Any, str]:
    """The file system that a remote path is on.

    Raises:
        NsparseError: The library for it is not installed.
    """
    try:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(path)
    except (ImportError, ValueError) as error:
        hint = f"{error}; for remote paths install nsparse[cloud]"
        raise NsparseError(f"{harmless(path)}: {hint}") from error
    return fs, root
