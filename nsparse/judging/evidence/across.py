"""What the hosts of a run show of the ports that they call each other at.

An address counts where one host of the run alone has it: those of bridges and of containers are the
same on many.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

from nsparse.judging.evidence.finding import count_of
from nsparse.judging.evidence.measure import PERSISTS_S
from nsparse.judging.scene.scope import PUBLIC, WILDCARDS, scope

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene

CALLED = (*PUBLIC, "private", "cgnat")
"""How far the addresses reach that one host calls another by."""


class There(NamedTuple):
    """What another host of the run shows of a port.

    Attributes:
        host: Its name.
        listens: Whether anybody listens there.
        owner: Who; "" where it is not known.
        waiting: How many wait in the accept queue; None where it is not printed.
        limit: How many may; None where it is not printed.
    """

    host: str
    listens: bool = False
    owner: str = ""
    waiting: int | None = None
    limit: int | None = None


def there(scene: Scene, addr: str, port: int) -> There | None:
    """What the one other host that has an address shows of a port; None where no dump tells."""
    found = [peer for peer in scene.peers if addr in _own(peer)]
    if len(found) != 1 or addr in _own(scene) or not _one_moment(scene, found[0]):
        return None
    view = found[0].view
    listens = view.is_("role", "listener")
    here = listens & view.is_("local_port", port) & view.is_("local_addr", addr, *WILDCARDS)
    if not here.any():
        shown = listens.any() and "whole" in found[0].has
        return There(found[0].host) if shown else None
    at = here.nonzero()[0]
    longest = int(at[view.numbers("recv_q")[at].argmax()])
    waiting, limit = (count_of(view.cell(name, longest)) for name in ("recv_q", "send_q"))
    return There(found[0].host, True, str(view.cell("owner", longest)), waiting, limit)


def unanswered(scene: Scene, addrs: Collection[str], port: int) -> Mapping[str, int]:
    """How many attempts of other hosts to call a port of this one get no answer, by host.

    Args:
        scene: The host that is called.
        addrs: What its listeners are bound to.
        port: Their port.
    """
    own = _own(scene) if {*WILDCARDS} & {*addrs} else _own(scene) & {*addrs}
    found: dict[str, int] = {}
    for peer in scene.peers if own else ():
        calls = peer.view.is_("state", "SYN_SENT")
        if calls.any() and _one_moment(scene, peer):
            calls = calls & peer.view.is_("remote_port", port)
            calls = calls & peer.view.is_("remote_addr", *(own - _own(peer)))
            found[peer.host] = int(calls.sum())
    return {host: n for host, n in found.items() if n}


def _own(scene: Scene) -> frozenset[str]:
    """The addresses of a host that others can call it by."""

    def found() -> frozenset[str]:
        return frozenset(a for a in scene.view.values("local_addr") if scope(a) in CALLED)

    return scene.once(_own, found)


def _one_moment(one: Scene, other: Scene) -> bool:
    """Whether an attempt that one host shows may be as old as what the other one shows."""
    if one.taken_at is None or other.taken_at is None:
        return True
    return bool(abs((one.taken_at - other.taken_at).total_seconds()) <= PERSISTS_S)
