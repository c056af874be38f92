"""Processes as facts: which there are, and how many descriptors they may have."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

_RULER = re.compile(r"=+(?: =+)+")
_OPEN_FILES = re.compile(r"(?m)^Max open files\s+(\d+)\s")


def proctable(text: str) -> dict[int, str]:
    r"""The programs by PID, from `ps` with any columns, or from `tasklist`.

    >>> proctable("UID PID PPID C STIME TTY TIME CMD\nroot 1 0 0 Nov01 ? 00:01 /sbin/init splash")
    {1: 'init'}
    """
    lines = text.splitlines()
    ruler = next((at for at, line in enumerate(lines) if _RULER.fullmatch(line.strip())), None)
    if ruler is not None:
        return dict(_under_a_ruler(lines[ruler], lines[ruler + 1 :]))
    if any(line.startswith('"') for line in lines[:3]):
        return {int(row[1]): row[0] for row in csv.reader(lines) if _is_pid(row[1:2])}
    return dict(_in_columns(lines))


def _is_pid(cells: Iterable[str]) -> bool:
    return all(cell.isdecimal() for cell in cells)


def _under_a_ruler(ruler: str, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Tasklist: the ruler shows how wide its first two columns are, in every language."""
    name, pid = [match.span() for match in re.finditer("=+", ruler)][:2]
    for line in lines:
        cell = line[pid[0] : pid[1]].strip()
        if cell.isdecimal():
            yield int(cell), line[name[0] : name[1]].strip()


def _in_columns(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Ps: the heading says where the PID is; the command is the last column."""
    at, columns = None, 0
    for line in lines:
        words = line.split()
        if at is None:
            at, columns = (words.index("PID") if "PID" in words else None), len(words)
            continue
        cells = line.split(None, columns - 1)
        if len(cells) > at and cells[at].isdecimal():
            yield int(cells[at]), _program(cells[-1])


def _program(command: str) -> str:
    r"""The name of the program of a command line; `ps f` draws a tree before it.

    >>> _program(r"\_ /usr/sbin/nginx: worker"), _program("[kworker/0:0]")
    ('nginx:', '[kworker/0:0]')
    """
    words = command.lstrip("\\_| ").split()
    first = words[0] if words else ""
    return first if first.startswith("[") else first.rpartition("/")[2]


def open_files(text: str) -> int | None:
    """The soft limit of descriptors in /proc/PID/limits; None where it has none."""
    found = _OPEN_FILES.search(text)
    return int(found[1]) if found else None
