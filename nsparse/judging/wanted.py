"""What a diagnosis lacks, as a person says it, and which command would show it.

The keys are the capabilities of a scene (`nsparse.judging.scene.scene`), which diagnoses name as
needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from nsparse.judging.scene.shown import may_hide_no_timer
from nsparse.prose import plural

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene

NAMES = {
    "states": "connection states",
    "queues": "queues",
    "accept": "accept queues",
    "backlog": "accept queue limits",
    "owner": "owners",
    "inode": "inodes",
    "timer": "timers",
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

SS_FLAGS = {
    "states": "",
    "queues": "",
    "accept": "",
    "backlog": "",
    "owner": "p",
    "inode": "e",
    "timer": "o",
    "timers": "o",
    "tcpinfo": "i",
    "skmem": "m",
}
"""Options of ss beside -tuan that print it (ss(8)); owners of others are only shown to root."""

SS_SYSTEMS = ("linux", "")
"""Systems that have ss; where none is known, it is said to be for Linux."""


class System(NamedTuple):
    """A system without ss: what it is called, and its commands; it prints nothing else."""

    name: str
    commands: Mapping[str, str]


EVERY_DUMP = {"states": "netstat -an", "queues": "netstat -an"}
LISTENERS = {"accept": "netstat -Lan", "backlog": "netstat -Lan"}
WINDOWS_DUMP = {"states": "netstat -ano"}

ELSEWHERE = {
    "macos": System("macOS", {**EVERY_DUMP, **LISTENERS, "owner": "netstat -anv"}),
    "windows": System("Windows", {**WINDOWS_DUMP, "owner": "netstat -anob, as administrator"}),
    "freebsd": System("FreeBSD", {**EVERY_DUMP, **LISTENERS, "timer": "netstat -anx"}),
    "openbsd": System("OpenBSD", EVERY_DUMP),
    "netbsd": System("NetBSD", EVERY_DUMP),
    "illumos": System("illumos", {**EVERY_DUMP, "owner": "netstat -anu"}),
    "aix": System("AIX", EVERY_DUMP),
    "hpux": System("HP-UX", EVERY_DUMP),
    "reactos": System("ReactOS", {"states": "netstat -an"}),
}

BESIDE = {
    "snapshots": "again 120 s later, with `date`",
    "hosts": "dumps of the other hosts, in the same run",
    "sysctl": "sysctl -a, in the bundle",
    "counters": "netstat -s, in the bundle",
    "sockstat": "/proc/net/sockstat, in the bundle",
    "whole": "the same command again, to its end",
    "proctable": "tasklist, in the bundle",
}
"""What no single command on the sockets gives."""
NO_TIMER_RAN = " (no timer ran, if taken with -o)"
ONLY = {"sockstat": SS_SYSTEMS, "proctable": ("windows", "")}
"""Of these what only some systems have, or need: elsewhere no dump names a process that is gone."""
KNOWN = (*SS_SYSTEMS, *ELSEWHERE)


class Wanted(NamedTuple):
    """What is missing, in words, and the command that shows it; None where none does."""

    what: str
    command: str | None


def wanted(needs: Sequence[str], scenes: Iterable[Scene]) -> Wanted:
    """What hosts lack of what a diagnosis needs.

    What a system never prints is one thing, whatever it is, and is not named where something else
    serves. Hosts of several systems are told the commands of Linux, and that they are for Linux.
    """
    without = [scene for scene in scenes if not scene.has.issuperset(needs)]
    systems = {scene.os or "" for scene in without}
    system = systems.pop() if len(systems) == 1 else ""
    command = way(needs, system)
    if command is None:
        name = ELSEWHERE[system].name if system in ELSEWHERE else "Linux"
        return Wanted(f"what {name} does not print", None)
    serve = [[one for one in need.split("|") if not _never(one, system)] for need in needs]
    timed = not {*chain(*serve)}.isdisjoint(("timer", "timers"))
    unsure = timed and all(map(may_hide_no_timer, without))
    return Wanted(listed(list(map("|".join, serve))) + NO_TIMER_RAN * unsure, command or None)


def lacking(needs: Sequence[str], scenes: Sequence[Scene]) -> str:
    """On how many hosts it is missing, where there are several.

    >>> lacking(["timers"], [])
    ''
    """
    count = sum(not scene.has.issuperset(needs) for scene in scenes)
    return f", on {plural(count, 'host')}" if len(scenes) > 1 else ""


def listed(needs: Sequence[str]) -> str:
    """Capabilities as a person says them.

    >>> listed(("queues", "owner|inode", "timers"))
    'queues, owners or inodes, and timers'
    """
    *first, last = (" or ".join(NAMES.get(one, one) for one in need.split("|")) for need in needs)
    comma = "," if any("|" in need for need in needs) else ""
    return f"{', '.join(first)}{comma} and {last}" if first else last


def way(needs: Sequence[str], system: str) -> str | None:
    """The commands that show what is missing; None if the system prints some of it never.

    >>> way(("queues", "owner"), "linux"), way(("timers",), "windows")
    ('sudo ss -tuanp', None)
    >>> way(("inode|owner",), "macos"), way(("accept",), "netbsd")
    ('netstat -anv', None)
    >>> way(("queues",), "freebsd"), way(("queues", "timers"), "aix")
    ('netstat -an', None)
    >>> way(("inode|sockstat",), "linux"), way(("inode|sockstat",), "windows")
    ('ss -tuane', None)

    Of a system that is not known here it is not known which command shows more:

    >>> way(("tcpinfo", "owner|inode"), "toyos"), way(("counters",), "toyos")
    ('', 'netstat -s, in the bundle')
    """
    easiest = [_easiest(need.split("|"), system) for need in needs]
    # What the system never prints, no command helps to.
    if any(_never(need, system) for need in easiest):
        return None
    of_sockets = [need for need in easiest if need in SS_FLAGS]
    commands = ELSEWHERE[system].commands if system in ELSEWHERE else {}
    ways = [commands[need] for need in of_sockets if need in commands]
    if of_sockets and system in SS_SYSTEMS:
        ways.append(_ss(of_sockets, system))
    ways += [BESIDE[need] for need in easiest if need in BESIDE and not _foreign(need, system)]
    return "; ".join(dict.fromkeys(ways))


def _easiest(needs: Sequence[str], system: str) -> str:
    """Of several that serve, the first that the system prints."""
    return next((need for need in needs if not _never(need, system)), needs[0])


def _never(need: str, system: str) -> bool:
    """Whether the system, being known, does not print it whatever the command."""
    if need in SS_FLAGS:
        return system in ELSEWHERE and need not in ELSEWHERE[system].commands
    return system in KNOWN and _foreign(need, system)


def _foreign(need: str, system: str) -> bool:
    return system not in ONLY.get(need, (system,))


def _ss(needs: Sequence[str], system: str) -> str:
    flags = "".join(SS_FLAGS[need] for need in needs)
    where = "" if system else "on Linux "
    return f"{where}{'sudo ' if 'owner' in needs else ''}ss -tuan{flags}"
