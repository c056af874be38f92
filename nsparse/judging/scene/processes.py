"""The list of processes in the bundle of a host: whom it names, and whether it names all.

Nothing here imports pandas at the top, so that a diagnosis may import it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.arrays.view import View

SYSTEM, KERNEL = 4, "System"
"""The process of the kernel of Windows, which a list of all of them names."""


def program_of(process: object) -> str:
    """A program without its folder and what it tells of itself; "" where none is known.

    >>> program_of("/usr/sbin/sshd: /usr"), program_of("nginx: worker"), program_of(None)
    ('sshd', 'nginx', '')
    """
    first = process.partition(" ")[0] if isinstance(process, str) else ""
    return first.rpartition("/")[2].rstrip(":")


def listed(facts: Mapping[str, object]) -> dict[int, str]:
    """The programs by PID, "" where the list has none.

    >>> listed({"proctable": {4: "System"}}), listed({"proctable": [7]}), listed({})
    ({4: 'System'}, {7: ''}, {})
    """
    table = facts.get("proctable")
    names = table if isinstance(table, Mapping) else {}
    pids = table if isinstance(table, Iterable) else ()
    return {int(pid): str(names.get(pid, "")) for pid in pids if str(pid).isdecimal()}


def complete(view: View, os: str | None, facts: Mapping[str, object]) -> bool:
    """Whether the list may be of all processes: one of a few proves of no other that it is gone.

    It is of use on Windows alone: elsewhere a dump names no process that has ended.

    Args:
        view: The rows of the host.
        os: Its system.
        facts: What its bundle says.
    """
    known = listed(facts)
    return os == "windows" and SYSTEM in known and len(known) >= len(view.values("pid"))


def called(view: View, os: str | None, facts: Mapping[str, object]) -> View:
    """The same rows, where processes of Windows known by their PID alone have their names.

    Only `tasklist` has a column of names: in what ps prints a name with blanks has no end. The
    kernel's process has the same number on every Windows, and `netstat -b` cannot name it.
    """
    import pandas as pd

    names = {SYSTEM: KERNEL} | {pid: name for pid, name in listed(facts).items() if name}
    bare = ~view.known("process") & view.is_("pid", *names)
    if os != "windows" or not bare.any():
        return view
    told = pd.Series(view.array("pid"))[bare].map(names)
    column = pd.Series(view.array("process"))
    column[told.index] = told.astype(column.dtype)
    return view.beside_columns({"process": column.array})
