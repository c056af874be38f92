"""Texts of several hosts, each line behind the name of its own: pdsh, dsh, fabric, containers.

The lines of a host belong together, whatever came between them: they are read one host after
another, and each keeps the number it has in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nsparse.reading.damage.readings import begins_as_rows_do
from nsparse.reading.texts.unbroken import is_row

HEAD = 3
"""So many lines may stand above: the command, and what it says before it begins."""

LOOK = 1 << 16
"""A text of several hosts shows it in so many characters."""

SEVERAL = 2
"""One name may be a label; names of hosts and containers are several, or each stands often."""

MOST = 0.9
"""So large a share of the lines has a name in front; the others are of whoever ran the command."""

_NAMED = re.compile(
    r"(?:\[(?P<in>[A-Za-z0-9][A-Za-z0-9._/-]{0,80})\](?: (?:out|err):)?(?: |$)"
    r"|(?P<before>[A-Za-z0-9][A-Za-z0-9._-]{0,60})(?::|[ \t]{1,40}\|)(?: |$))"
)
_OF_FILE = re.compile(r".*\.(?:txt|log|out|md|dump)")
_OF_HOST = re.compile(r".*[A-Za-z].*|[0-9]+(?:\.[0-9]+){3}")


class Said(NamedTuple):
    """A line: whose it is, and what stands behind the name."""

    host: str
    text: str


class Hosts(NamedTuple):
    """The lines of several hosts, one host after another, an empty one above each.

    Attributes:
        lines: What they say.
        numbers: The line of the text that each is, from 1; 0 for an empty one.
        begin: The empty ones, from 1, and the name of the host that speaks below.
        named: How many lines had a name in front.
    """

    lines: list[str]
    numbers: list[int]
    begin: dict[int, str]
    named: int


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may be of several hosts."""
    return hosts_of(data[:LOOK].decode("latin-1").splitlines()) is not None


def hosts_of(lines: Sequence[str]) -> Hosts | None:
    """The hosts that speak in a text; None where no names stand in front of its lines."""
    head = [line for line in lines[: 2 * HEAD] if line.strip()][: HEAD + 1]
    if not any(map(_said, head)):
        return None
    said = [_said(line) for line in lines]
    if not _are_hosts([one for one in said if one], sum(1 for line in lines if line.strip())):
        return None
    return _one_after_another(lines, said)


def _said(line: str) -> Said | None:
    """Whose a line is, if a name stands in front."""
    found = _NAMED.match(line)
    host = (found["in"] or found["before"]) if found else ""
    if found is None or _OF_FILE.fullmatch(host) or not _OF_HOST.fullmatch(host):
        return None
    return None if begins_as_rows_do(host) else Said(host, line[found.end() :])


def _are_hosts(said: Sequence[Said], full: int) -> bool:
    """Whether names are those of hosts: nearly every line has one, and each is above a row."""
    names = Counter(one.host for one in said)
    if len(names) < SEVERAL or len(said) < MOST * (full - HEAD):
        return False
    like = all(any(not char.isalpha() for char in name) for name in names)
    with_rows = {one.host for one in said if is_row(one.text)}
    return len(with_rows) >= SEVERAL and (like or min(names.values()) >= SEVERAL)


def _one_after_another(lines: Sequence[str], said: Sequence[Said | None]) -> Hosts:
    spoken: dict[str, list[int]] = {}
    for at, host in enumerate(_whose(said)):
        spoken.setdefault(host, []).append(at)
    found = Hosts([], [], {}, sum(one is not None for one in said))
    for host, places in spoken.items():
        if host:
            found.lines.append("")
            found.numbers.append(0)
            found.begin[len(found.lines)] = host
        found.lines.extend(one.text if (one := said[at]) else lines[at] for at in places)
        found.numbers.extend(at + 1 for at in places)
    return found


def _whose(said: Sequence[Said | None]) -> Iterator[str]:
    """Whose each line is: one without a name is of whoever spoke last."""
    host = ""
    for one in said:
        host = one.host if one else host
        yield host
