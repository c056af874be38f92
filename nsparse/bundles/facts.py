"""Facts: what a bundle says of a host beside its sockets, ready for the diagnoses.

A fact comes with where it was read: `from` names the member of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from nsparse.bundles import about, counters, moments, processes

Values = dict[str, Any]

BIGGEST = 8 << 20
"""Longer texts are no facts: `ps` of 10 000 processes has 2 MiB."""


class Fact(NamedTuple):
    """What one text tells: its member, the kind of command, and the values."""

    path: str
    kind: str
    values: Values


def _date(text: str) -> Values:
    found = moments.printed(text)
    return {} if found is None else {"collected_at": found[0], "zone_known": found[1]}


READERS: Mapping[str, Callable[[str], Values]] = {
    "sysctl": lambda text: {"sysctl": about.sysctl(text)},
    "counters": lambda text: {"counters": counters.counters(text)},
    "sockstat": lambda text: {"sockstat": counters.sockstat(text)},
    "processes": lambda text: {"proctable": processes.proctable(text)},
    "limits": lambda text: {"limits": processes.open_files(text)},
    "addresses": lambda text: {"addresses": about.addresses(text)},
    "hostname": lambda text: {"hostname": about.hostname(text)},
    "uname": about.uname,
    "uptime": lambda text: {"uptime_s": about.uptime(text)},
    "date": _date,
    "ports": about.ports,
    "system": about.system,
}
"""Reads the output of each kind of command."""


def fact(path: str, kind: str, text: str, pid: int | None = None) -> Fact | None:
    """What a text tells; None where it tells nothing, such as that a command is missing."""
    values = {key: value for key, value in READERS[kind](text).items() if value}
    if "limits" in values:
        values = {"limits": {pid: values["limits"]}} if pid is not None else {}
    return Fact(path, kind, values) if values else None


RANK = {"hostname": 0, "system": 1, "uname": 2}
"""Who knows a host's name best: the name itself, then what mentions it."""


def merged(found: Iterable[Fact], root: str = "") -> Values:
    """The facts of one host: of two texts that tell the same, both where they are tables.

    Args:
        found: What the texts tell.
        root: Where the host's bundle begins: files are named as they lie in that.
    """
    values: Values = {}
    origin: dict[str, str] = {}
    for one in sorted(found, key=lambda each: (RANK.get(each.kind, 0), each.path)):
        for key, value in one.values.items():
            known = values.get(key)
            if isinstance(value, dict) and isinstance(known, dict):
                values[key] = {**value, **known}
            elif known is None:
                values[key] = value
                origin[key] = one.path.removeprefix(root).lstrip("/")
    return {**values, "from": origin} if values else {}
