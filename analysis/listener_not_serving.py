"""A port listens, handshakes pile up, and nothing gets established."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    count_of,
    is_missing,
    labels,
    owner_of,
    peers,
    settle,
)
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.queues import ownerless, stranded
from nsparse.prose import actor, plural, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

FLOOD = 5
"""So many half-open connections of addresses that never answer are a flood: `syn-recv-pile`."""
SCATTERED = 0.8
"""So large a part of them with an address of its own."""
SHOWN = ("recv_q", "send_q", "service", "local_port")
"""What is told of a listener, beside whose it is."""

NUMBERS = (
    Number("few", 3, "three clients that cannot get in are no single bad path"),
    Number("retrans", 1, "waits for a second or more"),
    Number("burst", 10, "fewer in the queue, and nothing else against it, may have just come"),
)
REFS = ("tcp_diag.c (Linux)",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a port listen while nothing that calls it gets established?

    Means: clients call the port and the program has none of them: their handshakes are repeated, or
        are finished and no program has taken them: none holds them, or all of them wait in the
        accept queue. On a port that works there would be others beside them.
    Do: look at the accept queue. Is it in use, take a stack of the program: it does not accept.
        Is it empty, look at the path back to the clients.
    False alarms: a program that has just started; TCP_DEFER_ACCEPT, which keeps handshakes
        half-open until data comes; a flood of a port that nobody uses.
    """
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    served = view.linked("listener")
    half, left, queued = _half_open(scene, limits), _left(scene), _in_queue(scene)
    waiting = served & (half | left | queued)
    if waiting.sum() < limits["few"]:
        return
    taken = view.leading("listener", served & view.is_("state", "ESTABLISHED") & ~waiting)
    waiting = waiting & (taken[view.numbers("listener")] == 0)
    told = {"half": half, "left": left, "queued": queued}
    found = Rows(view, waiting, **{name: rows[waiting] for name, rows in told.items()})
    for pile in piles(scene, found, limits, ("listener",), least=limits["few"]):
        if _enough(pile) and not _flood(pile):
            yield _finding(pile)


def _half_open(scene: Scene, limits: Limits) -> Bools:
    """Half-open for a second or more."""
    view = scene.view
    return view.is_("state", "SYN_RECEIVED") & view.at_least("retrans", limits["retrans"])


def _left(scene: Scene) -> Bools:
    """Finished and of no program, where the listener itself has an owner that is shown."""
    return scene.view.is_("state", "ESTABLISHED") & stranded(scene)


def _in_queue(scene: Scene) -> Bools:
    """Finished, and in the accept queue of a listener that holds all that nobody is named for.

    Whether the dump names owners does not matter: a queue that is as long as the port has
    connections leaves none that was accepted. It may be longer: a client that reset its connection
    has no row any more, and keeps its place. Of rows that no listener serves it says nothing.
    """
    view, queues = scene.view, _queues(scene)
    finished = view.is_("state", "ESTABLISHED", "CLOSE_WAIT") & ownerless(scene)
    if not queues.any():
        return finished & False
    left = view.leading("listener", finished) <= queues
    return finished & left[view.numbers("listener")]


def _queues(scene: Scene) -> Ints:
    """For each listener how many wait at its address and port, at it or at another one there."""
    import numpy as np

    view = scene.view
    at = view.is_("role", "listener").nonzero()[0]
    _, port = np.unique(view.keys_at(at, "bound"), return_inverse=True)
    waiting = np.zeros(len(view), dtype=np.int64)
    waiting[at] = np.bincount(port, weights=view.numbers("recv_q")[at])[port]
    return waiting


def _enough(pile: Pile) -> bool:
    """Whether one of the two kinds alone is enough."""
    half = pile.counts["half"]
    return max(half, pile.n - half) >= pile.limits["few"]


def _severity(pile: Pile) -> Severity:
    """Where nothing but the length of the queue says it, a few may be a burst."""
    seen = max(pile.counts["half"], pile.counts["left"]) >= pile.limits["few"]
    return "warning" if seen or pile.n >= pile.limits["burst"] else "notice"


def _queue(pile: Pile) -> int | None:
    """How many wait in the accept queue of the port, where it is printed."""
    return count_of(_listener(pile)["recv_q"])


def _listener(pile: Pile) -> pd.Series[Any]:
    """The row of the listener."""
    at = pile.rows["listener"].to_numpy()[:1]
    return pile.scene.view.pick(at, *WHOSE, *SHOWN).iloc[0]


def _flood(pile: Pile) -> bool:
    """Whether it looks as if the addresses were forged, and no queue of ours were in use."""
    sources = pile.rows.different("remote_addr")
    many = pile.n >= FLOOD and sources >= SCATTERED * pile.n
    return many and pile.counts["half"] == pile.n and not _queue(pile)


def _finding(pile: Pile) -> Finding:
    listener = _listener(pile)
    owner = owner_of(listener)
    again = int(before(pile.scene, pile.rows, ["line"])["line"].notna().sum())
    lasting = again >= pile.limits["few"]
    unsure = pile.counts["half"] == pile.n and not _queue(pile)
    agrees = pile.counts["queued"] >= pile.limits["burst"]
    cap: Confidence = "high" if lasting else "medium"
    return Finding(
        id="listener-not-serving",
        severity=_severity(pile),
        confidence=settle("medium", pile.scene, up=lasting + agrees, down=int(unsure), cap=cap),
        group=Group(**owner, role="server", service=listener["service"]),
        n=pile.n,
        verdict=_verdict(pile, listener, actor(owner["owner"], LOCAL_PROGRAM)),
        sockets=(*labels(pile.rows), int(str(listener.name))),
        limits=dict(pile.limits),
        evidence=tuple(_evidence(pile)),
        cause=(_cause(pile),),
        next=advice.steps(
            pile.scene,
            advice.filled(advice.ACCEPTING, port=listener["local_port"]),
            advice.stack_of(owner["process"], owner["pid"]),
            advice.filled(advice.CAPTURE, port=listener["local_port"]),
        ),
        caveats=tuple(_caveats(pile, lasting=lasting)),
    )


def _verdict(pile: Pile, listener: pd.Series[Any], who: str) -> str:
    half = pile.counts["half"]
    said = []
    if half:
        said.append(f"{plural(half, 'handshake')} of 1 s or more")
    if pile.n > half:
        said.append(plural(pile.n - half, "connection") + " that nobody has accepted")
    return (
        f"port {listener['local_port']} listens and has {' and '.join(said)}, "
        f"and {who} has none established."
    )


def _evidence(pile: Pile) -> Iterator[str]:
    waiting = _queue(pile)
    if waiting is not None:
        alone = pile.n == pile.counts["queued"] == waiting
        yield f"listener: Recv-Q {waiting}{' (= all connections of the port)' * alone}"
    yield f"states: {top(pile.rows['state'])}"
    if pile.rows.different("remote_addr"):
        yield peers(pile.rows)


def _cause(pile: Pile) -> str:
    if _queue(pile) or pile.counts["half"] < pile.n:
        return "suggests a program that does not accept"
    return "the accept queue is not in use: suggests a path that loses the answer or the last ACK"


def _caveats(pile: Pile, *, lasting: bool) -> Iterator[str]:
    if pile.counts["queued"] and is_missing(_listener(pile)["send_q"]):
        yield "the limit of the queue, and whether it is reached: ss -ltn prints it"
    if not lasting:
        yield "whether it lasts: take a second snapshot"


DIAGNOSES = (
    Diagnosis(
        "listener-not-serving",
        "Does a port listen while nothing that calls it gets established?",
        check,
        needs=("states", "timers|owner|inode|accept", "whole"),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("syn-recv-pile"),
            Absorbs("close-wait-unaccepted", "port"),
            Absorbs("accept-queue-filling", "port"),
        ),
        refs=REFS,
        states=("LISTEN", "SYN_RECEIVED"),
    ),
)
