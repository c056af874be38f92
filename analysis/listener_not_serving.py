"""A port listens, handshakes pile up, and nothing gets established."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.elsewhere import before
from nsparse.judging.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    count_of,
    labels,
    owner_of,
    peers,
    settle,
)
from nsparse.judging.pile import piles
from nsparse.judging.queues import stranded
from nsparse.prose import actor, plural, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.codes import Bools
    from nsparse.judging.pile import Pile
    from nsparse.judging.scene import Scene

FLOOD = 5
"""So many half-open connections of addresses that never answer are a flood: `syn-recv-pile`."""
SCATTERED = 0.8
"""So large a part of them with an address of its own."""

NUMBERS = (
    Number("few", 3, "three clients that cannot get in are no single bad path"),
    Number("retrans", 1, "waits for a second or more"),
)
REFS = ("tcp_diag.c (Linux)",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a port listen while nothing that calls it gets established?

    Means: clients call the port and the program has none of them: their handshakes are repeated, or
        are finished and no program has taken them. On a port that works there would be others
        beside them.
    Do: look at the accept queue. Is it in use, take a stack of the program: it does not accept.
        Is it empty, look at the path back to the clients.
    False alarms: a program that has just started; TCP_DEFER_ACCEPT, which keeps handshakes
        half-open until data comes; a flood of a port that nobody uses.
    """
    from nsparse.judging.rows import Rows

    view = scene.view
    served = view.linked("listener") & view.true("live")
    waiting = served & _waits(scene, limits)
    if waiting.sum() < limits["few"]:
        return
    taken = view.leading("listener", served & view.is_("state", "ESTABLISHED") & ~waiting)
    waiting = waiting & (taken[view.numbers("listener")] == 0)
    found = Rows(view, waiting, half=view.is_("state", "SYN_RECEIVED")[waiting])
    for pile in piles(scene, found, limits, ("listener",), least=limits["few"]):
        if _enough(pile) and not _flood(pile):
            yield _finding(pile)


def _waits(scene: Scene, limits: Limits) -> Bools:
    """Half-open for a second or more, or finished and of no program.

    That no program has it is only told where the listener itself has an owner that is shown.
    """
    view = scene.view
    half = view.is_("state", "SYN_RECEIVED") & view.at_least("retrans", limits["retrans"])
    return half | (view.is_("state", "ESTABLISHED") & stranded(scene))


def _enough(pile: Pile) -> bool:
    """Whether one of the two kinds alone is enough."""
    half = pile.counts["half"]
    return max(half, pile.n - half) >= pile.limits["few"]


def _queue(pile: Pile) -> int | None:
    """How many wait in the accept queue of the port, where it is printed."""
    return count_of(_listener(pile)["recv_q"])


def _listener(pile: Pile) -> pd.Series[Any]:
    """The row of the listener."""
    at = pile.rows["listener"].to_numpy()[:1]
    return pile.scene.view.pick(at, *WHOSE, "recv_q", "service", "local_port").iloc[0]


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
    return Finding(
        id="listener-not-serving",
        severity="warning",
        confidence=settle("medium", pile.scene, up=int(lasting), down=int(unsure)),
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
        caveats=() if lasting else ("whether it lasts: take a second snapshot",),
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
        yield f"listener: Recv-Q {waiting}"
    yield f"states: {top(pile.rows['state'])}"
    yield peers(pile.rows)


def _cause(pile: Pile) -> str:
    if _queue(pile) or pile.counts["half"] < pile.n:
        return "suggests a program that does not accept"
    return "the accept queue is not in use: suggests a path that loses the answer or the last ACK"


DIAGNOSES = (
    Diagnosis(
        "listener-not-serving",
        "Does a port listen while nothing that calls it gets established?",
        check,
        needs=("states", "timers|owner|inode", "whole"),
        numbers=NUMBERS,
        absorbs=(Absorbs("syn-recv-pile"),),
        refs=REFS,
        states=("LISTEN", "SYN_RECEIVED"),
    ),
)
