"""Paths inside a bundle: names for reports, never for the disk.

Whoever made an archive chose its names. They may be absolute, climb with `..`, or come from
Windows; what is left of them here is a relative path.
"""

from __future__ import annotations

import re

_DRIVE = re.compile(r"[A-Za-z]:")
_NO_NAMES = frozenset({"", ".", ".."})
_CLEAN = re.compile(r"(?:[A-Za-z0-9_-][^/\\:\ud800-\udfff]*/)*+[A-Za-z0-9_-][^/\\:\ud800-\udfff]*")
"""Most paths: nothing in them is to be taken out."""


def clean(path: str, longest: int) -> str:
    r"""A path with `/` between its parts, relative, without `.` and `..`.

    >>> clean("C:\\temp\\..\\netstat.txt", 1024), clean("/../etc/hosts", 1024)
    ('temp/netstat.txt', 'etc/hosts')
    """
    if len(path) <= longest and _CLEAN.fullmatch(path):
        return path
    parts = _DRIVE.sub("", path.replace("\\", "/")).split("/")
    plain = "/".join(part for part in parts if part not in _NO_NAMES)
    return plain.encode("utf-8", "backslashreplace").decode()[-longest:]


def inside(archive: str, name: str, longest: int) -> str:
    """The path of a file of an archive: behind the path of that archive."""
    path = clean(name, longest)
    return f"{archive}/{path}" if archive else path


def unpacked(path: str, suffixes: tuple[str, ...]) -> str:
    """The name of a packed file without its packing.

    >>> unpacked("var/ss.txt.gz", (".gz", ".tgz"))
    'var/ss.txt'
    """
    for suffix in suffixes:
        if path.lower().endswith(suffix) and len(path) > len(suffix):
            return path[: -len(suffix)]
    return path


def stem(name: str) -> str:
    """The last part of a path without the suffixes of archives.

    >>> stem("/tmp/sosreport-web1.tar.xz")
    'sosreport-web1'
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return _SUFFIX.sub("", last) or last


def is_archive_name(name: str) -> bool:
    """Whether a file is called like an archive; a single packed file is none.

    >>> is_archive_name("web1.tar.xz"), is_archive_name("ss.txt.gz")
    (True, False)
    """
    return _ARCHIVE.search(name) is not None


_PACKED = "gz|xz|bz2|zstd?"
_ARCHIVE = re.compile(rf"(?i)\.(?:zip|tgz|txz|tbz2?|tzst|tar(?:\.?(?:{_PACKED}))?)$")
_SUFFIX = re.compile(rf"{_ARCHIVE.pattern}|\.(?:{_PACKED})$")
