"""What the counters of a host say: a fact of its bundle, counted since the host started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene


def counter(scene: Scene, group: str, name: str) -> int | None:
    """A counter of the kernel; None where it is unknown.

    Args:
        scene: The host.
        group: What `nstat -az` puts before the name: TcpExt, Tcp, Udp.
        name: Its name, which may stand alone, as in /proc/net/netstat.
    """
    known = scene.facts.get("counters")
    values = known if isinstance(known, Mapping) else {}
    found = (str(values[key]) for key in (group + name, name) if key in values)
    return max((int(value) for value in found if value.isdecimal()), default=None)


def overflows(scene: Scene) -> int:
    """How often an accept queue of the host has overflowed since it started; 0 where unknown."""
    return counter(scene, "TcpExt", "ListenOverflows") or 0


def resent(scene: Scene) -> float | None:
    """Which part of the segments that the host has sent was sent again; None where unknown."""
    sent, again = (counter(scene, "Tcp", name) for name in ("OutSegs", "RetransSegs"))
    return again / sent if sent and again is not None else None
