"""What the queue columns say: unread bytes of a connection, connections that nobody accepts.

The single most misread thing in a dump (diagnoses: columns assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

FIN = 1
"""What an unread FIN adds to Recv-Q on Linux (tcp_diag.c: rcv_nxt - copied_seq)."""
RECORD = 64
"""Bytes that may be a FIN and a record that ends a session, such as those of `TLS`."""
NEARLY = 0.1
"""How far two counts of one moment may lie apart: no table is read in one instant."""
CLASSES = {"Recv-Q 0": (0, 0), "=1": (1, 1), "2-64": (2, RECORD), ">64": (RECORD + 1, 2**62)}
"""Amounts of unread bytes that mean different things after the other end has closed."""
READINGS = {
    "Recv-Q 0": "Recv-Q 0: {} has read end-of-stream and kept the descriptor (missing close in an "
    "error path).",
    "=1": "Recv-Q 1: only the FIN is unread: nobody has read since the other end closed (the "
    "connection lies idle, or the thread is elsewhere).",
    "2-64": "Recv-Q 2-64: the FIN and a tiny record are unread{}.",
    ">64": "Recv-Q over 64: a request or an answer lies unread: this suggests that {} hung or "
    "starved before reading.",
}
"""What they mean."""
TLS = (25, 32)
"""Bytes of a TLS close record and a FIN, of TLS 1.3 and 1.2."""
CLOSED_BY_TLS = "; 25 and 32 bytes suggest a TLS close record"
NAMES = {"macos": "macOS", "windows": "Windows", "freebsd": "FreeBSD", "openbsd": "OpenBSD"}


def counts_fin(scene: Scene) -> bool:
    """Whether Recv-Q of a connection counts an unread FIN: Linux does, macOS and BSD do not."""
    return scene.os == "linux" and "queues" in scene.has


def classed(waiting: Ints) -> dict[str, Bools]:
    """Which rows are in which class of unread bytes, and which may hold a TLS close record."""
    found = {name: (waiting >= low) & (waiting <= high) for name, (low, high) in CLASSES.items()}
    return found | {"tls": (waiting == TLS[0]) | (waiting == TLS[1])}


def readings(scene: Scene, counts: Mapping[str, int], who: str) -> tuple[str, ...]:
    """How far a program came before it left its connections, for each class that a fifth is in.

    Args:
        scene: The host; not every system shows it.
        counts: How many rows `classed` tells apart, and `n` in all.
        who: The program.
    """
    seen = {name: counts[name] for name in CLASSES}
    if counts_fin(scene):
        ranked = sorted(seen, key=lambda name: -seen[name])
        asides = dict.fromkeys(CLASSES, who) | {"2-64": CLOSED_BY_TLS * bool(counts["tls"])}
        said = [
            READINGS[name].format(asides[name]) for name in ranked if seen[name] >= counts["n"] / 5
        ]
        unprinted = "Recv-Q is not printed: how far the program has read is not shown."
        return tuple(said) or (unprinted,)
    system = NAMES.get(scene.os or "", "this system")
    if any(seen.values()):
        return (f"{system} does not count a FIN in Recv-Q: 0 does not show that its end was read.",)
    return (f"{system} prints no Recv-Q: how far the program has read is not shown.",)


# ---- connections that nobody accepts ---------------------------------------------------------


def ownerless(scene: Scene) -> Bools:
    """Rows that no program holds, or none that the dump names."""
    view = scene.view
    return scene.once(ownerless, lambda: ~view.true("owned") & ~view.known("inode"))


def tells_owners(scene: Scene) -> bool:
    """Whether a row without an owner may prove that no program holds it."""
    return bool(scene.has & {"owner", "inode"})


def told_of(scene: Scene) -> Bools:
    """Rows of which the dump would say who holds them, if anybody did.

    Inodes are printed for everybody. Owners are: all of them for those with the rights to see them,
    else those of the own sockets, and what a listener of one's own has accepted is one's own too.
    """
    import numpy as np

    if scene.has & {"owners", "inode"}:
        return np.ones(len(scene.view), dtype=np.bool_)
    return served_by_owner(scene)


def served_by_owner(scene: Scene) -> Bools:
    """Connections of a listener that has an owner, or an inode, that is shown."""
    return scene.once(served_by_owner, lambda: _of_listeners(scene, ~ownerless(scene)))


def _of_listeners(scene: Scene, which: Bools) -> Bools:
    """Connections of some listeners."""
    served = scene.view.linked("listener")
    if not which.any() or not served.any():
        return which & served
    return which[scene.view.numbers("listener")] & served


def empty_queue(scene: Scene) -> Bools:
    """Connections of a listener in whose queue nobody waits, as it says itself.

    Kernels of long ago (Linux 2.6.18) print 0 in /proc/net/tcp for every listener: of netstat one
    queue that is not empty, or a limit beside them, must show that they are printed at all.
    """
    view = scene.view
    listens = view.is_("state", "LISTEN")
    printed = view.known("send_q") | bool((listens & view.above("recv_q", 0)).any())
    return _of_listeners(scene, listens & view.is_("recv_q", 0) & printed)


def stranded(scene: Scene) -> Bools:
    """Connections of a server that nobody holds, though the dump shows who does of its others.

    Not those of a listener whose own queue is empty: whatever they are, they were accepted.
    """
    served = served_by_owner(scene)
    return _nobodys(scene) & served & ~empty_queue(scene) if served.any() else served


def accepted(scene: Scene) -> Bools:
    """Connections that a program holds, by its name or because nothing waits to be accepted.

    Where the dump names nobody, those are a program's that this host has opened, and those of a
    listener whose own queue is printed and empty; all of them, where no queue is printed either.
    """
    import numpy as np

    view = scene.view
    if not tells_accepted(scene):
        return np.ones(len(view), dtype=np.bool_)
    empty = view.is_("state", "LISTEN") & view.is_("recv_q", 0)
    guessed = view.is_("role", "client") | _of_listeners(scene, empty)
    return ~ownerless(scene) | (guessed & ~told_of(scene))


def tells_accepted(scene: Scene) -> bool:
    """Whether anything may show that a program has accepted what it serves."""
    return tells_owners(scene) or "accept" in scene.has


def queued(scene: Scene) -> Bools:
    """Connections that may wait to be accepted: of a server, nobody's, with something unread.

    An unread FIN is enough: the client said nothing, waited for a greeting, and left.
    """
    return _nobodys(scene) & scene.view.at_least("recv_q", FIN)


def _nobodys(scene: Scene) -> Bools:
    return scene.view.is_("role", "server") & ownerless(scene)


def never_accepted(scene: Scene, at: Ints) -> Bools:
    """Which of some rows are those of a port whose listener has a visible owner.

    An unread FIN alone is enough there: nobody holds the connection, and nobody has read of it.
    Where no owner is visible nothing proves it; but what the listener's own queue accounts for,
    nobody may be told to have kept.

    Args:
        scene: The scene.
        at: The rows in question.
    """
    import numpy as np

    view = scene.view
    left = (stranded(scene) & view.at_least("recv_q", FIN))[at]
    waits = (queued(scene) & ~told_of(scene))[at]
    if not waits.any():
        return left
    listener = view.numbers("listener")[at[waits]]
    _, lot, sizes = np.unique(listener, return_inverse=True, return_counts=True)
    together = sizes[lot]
    queue = view.numbers("recv_q")[listener] * (listener >= 0)
    left[waits] |= together <= (1 + NEARLY) * queue
    return left
