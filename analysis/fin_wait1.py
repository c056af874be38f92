"""Closed here, and the FIN is not acknowledged: FIN_WAIT_1 piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import advice, unacked
from nsparse.judging.evidence.finding import GROUPED, common_group, how_long, labels, peers, settle
from nsparse.judging.evidence.orphaned import orphans
from nsparse.judging.scene.scope import loopback
from nsparse.prose import are, percent, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

CLOSINGS = ("FIN_WAIT_1", "LAST_ACK", "CLOSING")
"""States in which our FIN is out and not acknowledged."""
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
    Number("orphan_share", 0.8, "of tcp_max_orphans: beyond it connections are reset at once"),
    Number("link_few", 10, "closes towards many peers at once: the link of this host is cut"),
    Number("link_share", 0.5, "of all connections that leave this host"),
    Number("link_peers", 4, "so many peers do not vanish together"),
)
REFS = ("ip-sysctl tcp_orphan_retries", "RFC 9293 3.8.6.1", "RFC 6429")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is our FIN not acknowledged: peer gone, path blocked, or peer not reading?

    Means: the program here has closed. Its last data or its FIN is still out: the other end is
        gone, something on the way drops it, or the other end holds its window closed and cannot
        take it.
    Do: capture one of the peers: does the FIN leave, does an answer come? Mostly a firewall or NAT
        has forgotten the connection before its ends did.
        Where half of all that leaves the host waits so, towards many peers, look at its own link:
        it slept, changed its network, or a NAT or VPN near it forgot everything.
    False alarms: one or two with Send-Q 1; a server of many slow mobile clients, that go away one
        by one.
    """
    stuck = unacked.closing(scene, "FIN_WAIT_1") & scene.view.at_least("send_q", 1)
    cut = _cut(scene, limits)
    if cut is not None:
        stuck = stuck & ~cut
        yield _of_link(scene, limits, cut)
    for pile in unacked.crowds(scene, stuck, limits["retrans"], limits, _speaks):
        yield _finding(pile)


def _speaks(pile: Pile) -> bool:
    return pile.speaks or unacked.proven(pile)


def _severity(pile: Pile) -> Severity:
    """What lasts cannot be told from one moment without timers: warning at most."""
    if _scattered(pile):
        return "notice"
    lasts = pile.proofs > 0 or unacked.mostly(pile, "sure")
    grave = pile.n >= pile.limits["critical"] or _crowded(pile)
    return "critical" if grave and lasts else "warning"


def _crowded(pile: Pile) -> bool:
    """Whether most of what the kernel holds alone is of it, near what the kernel allows."""
    held = orphans(pile.scene)
    return held.fill(pile.limits["orphan_share"]) and 2 * pile.n >= held.n


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
        next=unacked.steps(pile, "fin-wait-1", {"linux": "grep orphan /proc/net/sockstat"}),
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
    if _crowded(pile):
        held = orphans(pile.scene)
        room = f"of {thousands(held.limit)} at most"
        yield f"{plural(held.n, 'connection')} held by the kernel alone, {room}"


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


# ---- towards many peers at once --------------------------------------------------------------


def _cut(scene: Scene, limits: Limits) -> Bools | None:
    """The closes of this host's own calls, where so many peers answer none of them at once."""
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    if view.is_("state", *CLOSINGS).sum() < limits["link_few"]:
        return None
    closing = _leaving(scene, *CLOSINGS)
    rows = Rows(view, closing)
    if len(rows) < limits["link_few"] or rows.different("remote_addr") < limits["link_peers"]:
        return None
    fresh = rows.different("timer") > 0 and not _repeated(rows)
    small = fresh or len(rows) < limits["link_share"] * _leaving(scene).sum()
    return None if small else closing


def _leaving(scene: Scene, *states: str) -> Bools:
    """The live connections that this host has opened to others; those in some states alone."""
    view = scene.view
    out = view.true("live") & view.is_("role", "client")
    out = out & ~view.linked("target") & ~view.linked("pair")
    out = out & view.is_("state", *states) if states else out
    return out & ~view.where("local_addr", loopback, out)  # few beside the remote ones


def _repeated(rows: Rows) -> bool:
    """Whether the FIN of most was sent again: they are no closes of this very moment."""
    return bool(2 * rows.view.at_least("retrans", 1)[rows.at].sum() >= len(rows))


def _of_link(scene: Scene, limits: Limits, cut: Bools) -> Finding:
    from nsparse.judging.scene.rows import Rows

    rows, base = Rows(scene.view, cut), int(_leaving(scene).sum())
    n, there, lasts = len(rows), rows.different("remote_addr"), _repeated(rows)
    return Finding(
        id="fin-wait1-stuck",
        severity="warning",
        confidence=settle("medium", scene, up=int(lasts)),
        group=common_group(scene.view.pick(rows.at, *GROUPED, "group")),
        n=n,
        base=base,
        verdict=(
            f"{thousands(n)} of {plural(base, 'connection')} that leave this host are closed, and "
            f"{thousands(there)} peers at once do not acknowledge it: suggests its own link."
        ),
        sockets=labels(rows),
        limits=dict(limits),
        evidence=(f"states: {top(rows.leading('state', len(CLOSINGS)))}", peers(rows)),
        cause=(
            "suggests that the host slept or changed its network, or that a NAT, a firewall or a "
            "VPN near it forgot its connections",
        ),
        next=advice.steps(
            scene,
            {"linux": "ip -s link; ip route", "macos": "ifconfig; netstat -rn -f inet"},
            {"windows": "ipconfig /all"},
            "does anything get through now: the gateway first, then an address beyond it",
        ),
        caveats=() if lasts else (how_long(scene),),
    )


DIAGNOSES = (
    Diagnosis(
        "fin-wait1-stuck",
        "Is our FIN not acknowledged: peer gone, path blocked, or peer not reading?",
        check,
        needs=("states", "queues"),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("last-ack-pile"),
            Absorbs("closing-pile"),
            Absorbs("zero-window"),
            Absorbs("cwnd-collapse"),
        ),
        refs=REFS,
        states=("FIN_WAIT_1",),
    ),
)
