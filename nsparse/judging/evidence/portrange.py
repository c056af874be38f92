"""The local ports that connect() draws from: the range in force, and when a port comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nsparse.judging.evidence.finding import sysctl
from nsparse.judging.evidence.measure import is_older
from nsparse.judging.scene.scope import loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

RANGE = ("ephemeral_low", "ephemeral_high")
REUSE_SINCE = (4, 19)
"""Linux: since then tcp_tw_reuse is 2 by default, reuse of TIME_WAIT ports on loopback."""
NAMES = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}


@dataclass(frozen=True)
class Range:
    """The local ports that connect() draws from, and how we know."""

    low: int
    high: int
    source: str
    known: bool
    reserved: int = 0

    @property
    def size(self) -> int:
        """How many ports it has for connect()."""
        return max(1, self.high - self.low + 1 - self.reserved)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is to be said wherever its ports are counted: that nobody has stated it.

        >>> Range(32768, 60999, "assumed, the Linux default", known=False).doubts
        ('the port range of the host: assumed, the Linux default',)
        """
        return () if self.known else (f"the port range of the host: {self.source}",)


def drawn_from(scene: Scene) -> Range:
    """The range in force without the ports that are reserved, or the default of the system."""
    known = not scene.constants.assumed.intersection(RANGE)
    system = NAMES.get(scene.os or "", "usual")
    told = scene.constants.told.get("ephemeral_low", "the range of the host")
    source = told if known else f"assumed, the {system} default"
    low, high = scene.constants.ephemeral_low, scene.constants.ephemeral_high
    reserved = ports_of(sysctl(scene, "net.ipv4.ip_local_reserved_ports") or "")
    return Range(low, high, source, known, sum(low <= port <= high for port in reserved))


def ports_of(ranges: str) -> set[int]:
    """The ports of a list as the kernel writes it.

    >>> sorted(ports_of("8080,9148-9150"))
    [8080, 9148, 9149, 9150]
    """
    found: set[int] = set()
    for first, last in re.findall(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", ranges):
        found.update(range(int(first), int(last or first) + 1))
    return found


def widened(drawn: Range, ports: Ints, outside: float) -> Range:
    """An assumed range, made as wide as the ports in use show that it is.

    Args:
        drawn: The range.
        ports: The ports that connections of this host use.
        outside: The part of them that must lie beyond it.
    """
    beyond = int(((ports < drawn.low) | (ports > drawn.high)).sum())
    if drawn.known or not len(ports) or beyond < outside * len(ports):
        return drawn
    low, high = min(drawn.low, int(ports.min())), max(drawn.high, int(ports.max()))
    return Range(low, high, "assumed, the ports in use lie in it", known=False)


def different(ports: Ints) -> int:
    """How many different ports there are among some.

    >>> import numpy as np
    >>> different(np.array([80, 443, 80]))
    2
    """
    import numpy as np

    return int(np.count_nonzero(np.bincount(ports)))


def crowded(view: View, at: Ints, least: float) -> Ints:
    """Those of some rows of whose local address so many ports are in use.

    Args:
        view: The view.
        at: The rows, all with a local port.
        least: How many different ones.
    """
    import numpy as np

    from nsparse.judging.arrays.codes import TABLE

    address, ports = view.codes("local_addr").of[at], view.numbers("local_port")[at]
    known, room = int(address.max(initial=0)) + 1, int(ports.max(initial=0)) + 1
    if known * room > TABLE * len(at):  # few rows, or many addresses
        return at
    there = np.zeros(known * room, dtype=np.bool_)
    there[address * np.int64(room) + ports] = True
    found: Ints = at[(there.reshape(known, room).sum(axis=1) >= least)[address]]
    return found


def least_used(drawn: Range, limits: Limits, severities: Iterable[Severity]) -> float:
    """The fewest ports in use that are worth a word, whatever else they show the range to be.

    Args:
        drawn: The range; it may be found to be wider, never narrower.
        limits: The numbers: `used`, and for each severity the part of the range.
        severities: Those that there are.
    """
    return max(limits["used"], 1, drawn.size * min(limits[name] for name in severities))


def comes_back(scene: Scene, remote: str, setting: str | None = None) -> bool:
    """Whether Linux takes ports towards an address out of TIME_WAIT again.

    Args:
        scene: The host; an unknown kernel is taken as a new one.
        remote: The address of the other end.
        setting: Its tcp_tw_reuse, where it is known.
    """
    if scene.os != "linux":
        return False
    if setting is None:
        setting = "0" if is_older(scene.constants.kernel, REUSE_SINCE) else "2"
    return setting == "1" or (setting == "2" and loopback(remote))
