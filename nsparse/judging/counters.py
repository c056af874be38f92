"""What the counters of a host say about its accept queues: a fact of its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.judging.scene import Scene

NAMES = ("TcpExtListenOverflows", "ListenOverflows")
"""As `nstat -az` names it, and as /proc/net/netstat does."""


def overflows(scene: Scene) -> int:
    """How often an accept queue of the host has overflowed since it started; 0 where unknown."""
    known = scene.facts.get("counters")
    values = known if isinstance(known, Mapping) else {}
    found = (str(values[name]) for name in NAMES if name in values)
    return max((int(value) for value in found if value.isdecimal()), default=0)
