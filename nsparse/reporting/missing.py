"""What could not be judged, and which command would show it.

A diagnosis without the columns it needs is neither quiet nor wrong: it is not evaluated, and the
reader gets the way to the dump that would allow it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nsparse.layout import table, wrap
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from nsparse.judging.report import Report

NAMES = {
    "states": "connection states",
    "queues": "queues",
    "accept": "accept queues",
    "backlog": "accept queue limits",
    "owner": "owners",
    "inode": "inodes",
    "timers": "timers",
    "tcpinfo": "path quality",
    "skmem": "socket memory",
    "snapshots": "several snapshots",
    "hosts": "several hosts",
    "sysctl": "kernel settings",
    "counters": "counters",
    "sockstat": "sockstat",
    "whole": "the end of the dump",
    "proctable": "the list of processes",
}
"""What each capability is called in a sentence."""

SS_FLAGS = {"states": "", "queues": "", "accept": "", "backlog": "", "owner": "p", "inode": "e"}
SS_FLAGS |= {"timers": "o", "tcpinfo": "i", "skmem": "m"}
"""Options of ss beside -tuan that print it (ss(8)); owners of others are only shown to root."""

SS_SYSTEMS = ("linux", "")
"""Systems that have ss; where none is known, it is said to be for Linux."""

NEVER = "does not print them"
ELSEWHERE = {
    "macos": {
        "accept": "netstat -Lan",
        "backlog": "netstat -Lan",
        "owner": "netstat -anv",
        "": "netstat -an",
    },
    "windows": {"owner": "netstat -anob, as administrator", "": "netstat -ano"},
    "freebsd": {"accept": "netstat -Lan", "backlog": "netstat -Lan", "": "netstat -an"},
    "openbsd": {"": "netstat -an"},
    "netbsd": {"": "netstat -an"},
    "illumos": {"owner": "netstat -anu", "": "netstat -an"},
    "aix": {"": "netstat -an"},
    "hpux": {"": "netstat -an"},
    "reactos": {"": "netstat -an"},
}
"""Commands of systems without ss; the last is for what their every dump holds."""
CALLED = {
    "macos": "macOS",
    "windows": "Windows",
    "freebsd": "FreeBSD",
    "openbsd": "OpenBSD",
    "netbsd": "NetBSD",
    "illumos": "illumos",
    "aix": "AIX",
    "hpux": "HP-UX",
    "reactos": "ReactOS",
}
COMMON = ("states", "queues")
UNPRINTED = {"windows": ("queues",), "reactos": ("queues",)}

BESIDE = {
    "snapshots": "again 120 s later, with `date`",
    "hosts": "dumps of the other hosts, in the same run",
    "sysctl": "sysctl -a, in the bundle",
    "counters": "netstat -s, in the bundle",
    "sockstat": "/proc/net/sockstat, in the bundle",
    "whole": "the same command again, to its end",
    "proctable": "ps -ef or tasklist, in the bundle",
}
"""What no single command on the sockets gives."""


def not_evaluated(report: Report, width: int, *, ids: bool) -> list[str]:
    """What could not be judged, by what was missing, and the command that would allow it.

    Args:
        report: What was judged.
        width: Columns to write in.
        ids: Whether to name the diagnoses too.
    """
    missing: dict[tuple[str, ...], set[str]] = {}
    for id_, needs in report.not_evaluated:
        missing.setdefault(tuple(needs), set()).add(id_)
    if not missing:
        return []
    merged: dict[tuple[str, str], set[str]] = {}
    for needs, names in missing.items():
        merged.setdefault(_told(report, needs), set()).update(names)
    groups = sorted(merged.items(), key=lambda group: (-len(group[1]), group[0]))
    rows = [
        (f"{thousands(len(names))} {'needs' if len(names) == 1 else 'need'} {what}", command)
        for (what, command), names in groups
    ]
    count = plural(len(set().union(*missing.values())), "diagnosis", "diagnoses")
    some = " on every host" if len(report.scenes) > 1 else ""
    lines = [f"not evaluated{some}: {count}"]
    for line, row, (_, names) in zip(table(rows), rows, groups, strict=True):
        lines += [line] if len(line) <= width else [f"  {row[0]}", f"      {row[1]}"]
        lines += wrap(", ".join(sorted(names)), width, "      ") if ids else []
    return lines


def _told(report: Report, needs: Sequence[str]) -> tuple[str, str]:
    """What is missing, and the command; what a system never prints is one thing, whatever it is."""
    lacking = [scene for scene in report.scenes if not scene.has.issuperset(needs)]
    where = f", on {plural(len(lacking), 'host')}" if len(report.scenes) > 1 else ""
    systems = {scene.os or "" for scene in lacking}
    system = systems.pop() if len(systems) == 1 else ""
    command = way(needs, system)
    if command.endswith(NEVER):
        return f"what {command.removesuffix(NEVER)}does not print{where}", ""
    return f"{_listed(needs)}{where}", command


def _listed(needs: Sequence[str]) -> str:
    """Capabilities as a person says them.

    >>> _listed(("queues", "owner|inode", "timers"))
    'queues, owners or inodes and timers'
    """
    *first, last = (" or ".join(NAMES.get(one, one) for one in need.split("|")) for need in needs)
    return f"{', '.join(first)} and {last}" if first else last


def way(needs: Sequence[str], system: str) -> str:
    """The commands that show what is missing.

    >>> way(("queues", "owner"), "linux"), way(("timers",), "windows")
    ('sudo ss -tuanp', 'Windows does not print them')
    >>> way(("inode|owner",), "macos"), way(("accept",), "netbsd")
    ('netstat -anv', 'NetBSD does not print them')
    >>> way(("queues",), "freebsd"), way(("queues", "timers"), "aix")
    ('netstat -an', 'AIX does not print them')
    >>> way(("inode|sockstat",), "linux"), way(("inode|sockstat",), "windows")
    ('ss -tuane', 'Windows does not print them')

    Of a system that is not known here it is not known which command shows more:

    >>> way(("tcpinfo", "owner|inode"), "toyos"), way(("counters",), "toyos")
    ('', 'netstat -s, in the bundle')
    """
    one_of_each = [_easiest(need.split("|"), system) for need in needs]
    return "; ".join(dict.fromkeys(_ways(one_of_each, system)))


def _easiest(needs: Sequence[str], system: str) -> str:
    """Of several that serve, the first that the system prints."""
    ways = [list(_ways([need], system)) for need in needs]
    printed = [need for need, way in zip(needs, ways, strict=True) if not _never(way)]
    return next(iter(printed), needs[0])


def _never(ways: Sequence[str]) -> bool:
    return any(way.endswith(NEVER) for way in ways)


def _ways(needs: Sequence[str], system: str) -> Iterator[str]:
    of_sockets = [need for need in needs if need in SS_FLAGS or _proc(need, system)]
    if system in ELSEWHERE:
        ways = [_elsewhere(need, system) for need in of_sockets]
        # What the system never prints, no command helps to.
        yield from [way for way in ways if way.endswith(NEVER)] or ways
    elif of_sockets and system in SS_SYSTEMS:
        flags = "".join(SS_FLAGS[need] for need in of_sockets)
        where = "" if system else "on Linux "
        yield f"{where}{'sudo ' if 'owner' in of_sockets else ''}ss -tuan{flags}"
    beside = [need for need in needs if need in BESIDE and need not in of_sockets]
    yield from (BESIDE[need] for need in beside)


def _proc(need: str, system: str) -> bool:
    """Whether it lies in /proc, of a system that has none."""
    return system not in SS_SYSTEMS and BESIDE.get(need, "").startswith("/proc/")


def _elsewhere(need: str, system: str) -> str:
    commands = ELSEWHERE[system]
    printed = need in COMMON and need not in UNPRINTED.get(system, ())
    return commands.get(need, commands[""] if printed else f"{CALLED[system]} {NEVER}")
