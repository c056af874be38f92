"""Whether a dump shows one moment: what cannot be at one time, and how much of it is too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nsparse.states import MACHINE, STATES, can_face

if TYPE_CHECKING:
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene

USUAL, USUAL_SHARE = 1, 0.01
"""So many, or such a part of all, move on in a busy host while it is read."""


class Apart(NamedTuple):
    """What cannot be at one time.

    Attributes:
        ends: Connections whose two ends are in states that do not fit; the first end of each.
        n: How many these are, and sockets that are printed in two states.
        base: How many connections within the host, and sockets with an inode, there are.
    """

    ends: Bools
    n: int
    base: int

    def beyond(self, rows: float, share: float) -> bool:
        """Whether these are more than so many, and than such a part of all."""
        return self.n > rows and self.n > share * self.base


def apart(scene: Scene) -> Apart:
    """What of a dump cannot be at one time."""
    return scene.once(apart, lambda: _apart(scene))


def is_torn(scene: Scene) -> bool:
    """Whether a dump shows no single moment: how long anything lasts is not to be told from it."""
    return apart(scene).beyond(USUAL, USUAL_SHARE)


def _apart(scene: Scene) -> Apart:
    view = scene.view
    live = view.true("live")
    # A TIME_WAIT of ends that are used again is no end of the connection there is now.
    near = view.linked("pair") & view.true("once") & live
    if near.any():
        near = near & live[view.numbers("pair")]
    sockets = view.known("inode") & view.is_("proto", "tcp")
    ends = _unfit(scene, near)
    return Apart(ends, int(ends.sum()) + scene.moved, int(near.sum()) + int(sockets.sum()))


def _unfit(scene: Scene, near: Bools) -> Bools:
    """Connections whose two ends cannot be in their states at one time."""
    view, found = scene.view, near & False
    if not near.any():
        return found
    there = view.numbers("pair")
    for one in view.values("state", near):
        mine = near & view.is_("state", one)
        fits = [other for other in STATES if _together(one, other)]
        found[mine] = ~view.is_("state", *fits)[there[mine]]
    return found


def _together(one: str, other: str) -> bool:
    """Whether the two ends of a connection can be in these states; a state unknown can be any."""
    return not {one, other} <= MACHINE.keys() or can_face(one, other)
