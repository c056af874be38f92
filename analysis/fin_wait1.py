"""Closed here, and the FIN is not acknowledged: FIN_WAIT_1 piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging import unacked
from nsparse.prose import are, percent, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.pile import Pile
    from nsparse.judging.scene import Scene

SCATTERED = 0.8
"""So large a part of the connections with an address of their own are clients that went away."""

NUMBERS = (
    Number("few", 5, "one or two with Send-Q 1 are a FIN in flight"),
    Number("share", 0.1, "of the live connections of the same service or address"),
    Number("many", 100, "the state lasts one round trip"),
    Number("retrans", 3, "a FIN that was sent four times is not in flight any more"),
    Number("sure_few", 2, "their timers prove it: two are enough"),
    Number("sure_share", 0.05, "the same"),
    Number("sure_many", 50, "the same"),
    Number("critical", 1000, "thousands stopped a scanner with too many orphaned sockets"),
)
REFS = ("ip-sysctl tcp_orphan_retries", "RFC 9293 3.8.6.1", "RFC 6429")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is our FIN not acknowledged: peer gone, path blocked, or peer not reading?

    Means: the program here has closed. Its last data or its FIN is still out: the other end is
        gone, something on the way drops it, or the other end holds its window closed and cannot
        take it.
    Do: capture one of the peers: does the FIN leave, does an answer come? Mostly a firewall or NAT
        has forgotten the connection before its ends did.
    False alarms: one or two with Send-Q 1; a server of many slow mobile clients, that go away one
        by one.
    """
    stuck = unacked.closing(scene, "FIN_WAIT_1") & scene.view.at_least("send_q", 1)
    for pile in unacked.crowds(scene, stuck, limits["retrans"], limits, _speaks):
        yield _finding(pile)


def _speaks(pile: Pile) -> bool:
    return pile.speaks or unacked.proven(pile)


def _severity(pile: Pile) -> Severity:
    """What lasts cannot be told from one moment without timers: warning at most."""
    if _scattered(pile):
        return "notice"
    lasts = pile.proofs > 0 or unacked.mostly(pile, "sure")
    return "critical" if pile.n >= pile.limits["critical"] and lasts else "warning"


def _scattered(pile: Pile) -> bool:
    """Whether nearly each row is of a client of its own."""
    sources = pile.rows.different("remote_addr")
    return pile.n >= pile.limits["few"] and sources >= SCATTERED * pile.n


def _finding(pile: Pile) -> Finding:
    sure = unacked.mostly(pile, "sure")
    unknown = int(pile.first["role"] == "unknown")
    return pile.finding(
        "fin-wait1-stuck",
        _severity(pile),
        pile.confidence(up=sure, down=unknown, proven=sure),
        _verdict(pile),
        group=unacked.place(pile),
        evidence=tuple(_evidence(pile)),
        cause=(_cause(pile),),
        next=unacked.steps(pile, "fin-wait-1", {"linux": "netstat -s | grep -i orphan"}),
        caveats=tuple(unacked.caveats(pile)),
    )


def _verdict(pile: Pile) -> str:
    said = f"{unacked.part(pile)} {are(pile.n)} FIN_WAIT_1: this end has closed, "
    if unacked.mostly(pile, "closed"):
        one = pile.rows.different("remote_addr") == 1
        holds = "holds its window" if one else "hold their windows"
        return f"{said}{unacked.there(pile)} {holds} closed and cannot take the FIN."
    if _scattered(pile):
        share = percent(pile.n, pile.base)
        return f"{said}many unrelated peers have not acknowledged it ({share})."
    has = "has" if pile.rows.different("remote_addr") == 1 else "have"
    return f"{said}{unacked.there(pile)} {has} not acknowledged it{unacked.age(pile)}."


def _evidence(pile: Pile) -> Iterator[str]:
    yield f"{thousands(int(pile.rows['send_q'].sum()))} bytes in Send-Q, each FIN counts 1"
    if _to_itself(pile):
        yield f"{_to_itself(pile)} lead to a listener of this host that never took them"
    yield from unacked.evidence(pile)


def _to_itself(pile: Pile) -> int:
    """How many lead to a listener of this host, whose end of them is not there."""
    return int(((pile.rows["pair"] < 0) & (pile.rows["target"] >= 0)).sum())


def _cause(pile: Pile) -> str:
    if unacked.mostly(pile, "closed"):
        return "the program at the other end does not read what was sent before the FIN"
    if _to_itself(pile) * 2 >= pile.n:
        return "suggests an accept queue of this host that was full"
    if _scattered(pile):
        return "suggests slow or mobile clients that went away, each by itself"
    return "suggests a peer that is gone, or a firewall or NAT that has forgotten the connection"


DIAGNOSES = (
    Diagnosis(
        "fin-wait1-stuck",
        "Is our FIN not acknowledged: peer gone, path blocked, or peer not reading?",
        check,
        needs=("states", "queues"),
        numbers=NUMBERS,
        refs=REFS,
        states=("FIN_WAIT_1",),
    ),
)
