"""Connections that no program holds any more: how many they are, and how many may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nsparse.judging.evidence import stated
from nsparse.judging.evidence.finding import sysctl
from nsparse.judging.evidence.queues import ownerless

if TYPE_CHECKING:
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene

LIMIT = "net.ipv4.tcp_max_orphans"
STATES = ("FIN_WAIT_1", "LAST_ACK", "CLOSING", "FIN_WAIT_2")
"""States in which a socket that no program holds still counts. TIME_WAIT does not, SYN_RECV and
connections that nobody has accepted never had a program."""


class Orphans(NamedTuple):
    """What a host has of them.

    Attributes:
        n: How many they are: those in the dump, or what the kernel counts if that is more.
        limit: How many it allows; 0 where that is not known.
    """

    n: int
    limit: int

    def fill(self, share: float) -> bool:
        """Whether they are such a part of what is allowed."""
        return self.limit > 0 and self.n >= share * self.limit


def orphans(scene: Scene) -> Orphans:
    """How many connections no program holds, and the limit."""
    return scene.once(orphans, lambda: _counted(scene))


def _counted(scene: Scene) -> Orphans:
    known = sysctl(scene, LIMIT)
    return Orphans(
        n=max(int(rows(scene).sum()), stated.orphans(scene)),
        limit=int(known) if known and known.isdecimal() else 0,
    )


def rows(scene: Scene) -> Bools:
    """Connections whose inode is 0.

    An orphan in FIN_WAIT_2 soon is a time-wait entry that keeps the name; only timers tell. In a
    dump without inodes there is no telling: the kernel's own count is all there is.
    """
    view, shown = scene.view, "inode" in scene.has
    states = STATES if "timers" in scene.has else STATES[:-1]
    closed = view.is_("state", *states) & view.true("concrete") & shown
    return closed & ownerless(scene) & ~view.is_("timer", "timewait")
