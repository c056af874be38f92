"""Handshakes that are never finished pile up on a port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.counters import counter
from nsparse.judging.evidence.finding import endpoint, peers, settle, sysctl, tally
from nsparse.judging.evidence.measure import eased, passes, synack_age
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.stated import counted, setting
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

PORT = ("local_addr", "local_port")
SIZES = ("few", "many", "untimed_few", "untimed_many", "untimed_alone", "critical")
"""The numbers that speak of how many rows there are."""
FEW_SOURCES = 3
"""So few addresses are a path or one attacker, not a flood."""
SCATTERED = 0.8
"""So large a part of the connections with an address of their own looks like a flood."""
SURE_RETRANS = 2
"""An answer sent three times: beyond what one lost packet explains."""

BACKLOG = "net.ipv4.tcp_max_syn_backlog"
COOKIES = ("TcpExt", "SyncookiesSent")

NUMBERS = (
    Number("few", 5, "fewer may be one client with a bad path"),
    Number("old", 0.5, "half of them have waited a second: not the round trip of a busy port"),
    Number("share", 0.3, "a third of what the port has"),
    Number("many", 64, "half of the smallest tcp_max_syn_backlog, 128"),
    Number("busy", 0.2, "fewer that wait long are a busy and healthy port"),
    Number("untimed_few", 20, "without timers: 1000 connections a second at 20 ms have as many"),
    Number("untimed_many", 256, "without timers: twice the smallest tcp_max_syn_backlog"),
    Number("untimed_alone", 3, "without timers: three are no chance where a port has nothing else"),
    Number("critical", 1024, "beyond what tcp_max_syn_backlog is on most hosts"),
    Number("critical_share", 0.5, "of tcp_max_syn_backlog, where it is known"),
)
REFS = ("RFC 4987", "ip-sysctl tcp_max_syn_backlog")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Half-open flood, packets lost on the return path, or our own full accept queue?

    Means: our SYN-ACK has gone out, and the ACK that finishes the handshake does not come: the
        addresses are forged, the answer or the ACK is lost, or a full queue drops it.
    Do: look at whether the addresses are many or few, then capture both directions. A flood is
        filtered upstream and with SYN cookies; a path has its fault in routes or a firewall.
    False alarms: a busy port whose handshakes are all younger than a second; TCP_DEFER_ACCEPT,
        which keeps them here until data comes; a health probe that never finishes. Without timers
        a port that has nothing but a few half-open connections is a notice.
    """
    view, least = scene.view, min(limits[name] for name in SIZES) / 2
    half = view.is_("state", "SYN_RECEIVED")
    if half.sum() < least:
        return
    found = _half_open(scene, half)
    near = view.is_("state", "SYN_RECEIVED", "ESTABLISHED")
    base = view.tally(found.at, near, *PORT)
    for pile in piles(scene, found, limits, PORT, base=base, least=least):
        severity = _severity(pile, limits)
        if severity is not None:
            yield _finding(pile, severity)


def _half_open(scene: Scene, half: Bools) -> Rows:
    """Rows with what is counted of them; a handshake first repeats its answer after a second."""
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    at, all_of = half.nonzero()[0], view.true("concrete")
    over = view.known("send_q") & (view.numbers("recv_q") > view.numbers("send_q"))
    return Rows(
        view,
        half,
        timed=view.known("retrans")[half],
        old=view.at_least("retrans", 1)[half],
        sure=view.at_least("retrans", SURE_RETRANS)[half],
        full=(over[view.numbers("listener")] & view.linked("listener"))[half],
        alone=(view.tally(at, all_of, *PORT) == view.sizes(at, *PORT))
        & view.linked("listener")[at],
    )


def _severity(pile: Pile, limits: Limits) -> Severity | None:
    n, base, old = pile.n, pile.base, pile.counts["old"]
    many = n >= _critical(pile.scene, limits)
    if not pile.counts["timed"]:
        few, much = limits["untimed_few"], limits["untimed_many"]
        if many or passes(n, base, few, limits["share"], much):
            return "warning"
        return "notice" if pile.counts["alone"] == n >= limits["untimed_alone"] else None
    if old < limits["busy"] * n:
        return None
    if many:
        return "critical"
    few = eased(limits["few"], pile.kept)
    large = passes(n, base, few, limits["share"], limits["many"])
    return "warning" if large and old >= limits["old"] * n else None


def _critical(scene: Scene, limits: Limits) -> float:
    """How many are critical: a part of the kernel's own limit where that is known."""
    known = sysctl(scene, BACKLOG)
    if known and known.isdecimal():
        return min(limits["critical"], limits["critical_share"] * int(known))
    return limits["critical"]


def _finding(pile: Pile, severity: Severity) -> Finding:
    addr, port = pile.first["local_addr"], pile.first["local_port"]
    return pile.finding(
        "syn-recv-pile",
        severity,
        _confidence(pile),
        _verdict(pile),
        group=Group(role="server", service=endpoint(addr, port)),
        limits=dict(pile.limits),
        evidence=tuple(_evidence(pile)),
        cause=(_cause(pile),),
        next=advice.steps(
            pile.scene,
            {"linux": f"ss -tano state syn-recv '( sport = :{port} )'", **advice.LISTEN_QUEUES},
            advice.HANDSHAKES,
            advice.filled(advice.CAPTURE, port=port),
        ),
        caveats=tuple(_caveats(pile)),
    )


def _confidence(pile: Pile) -> Confidence:
    """Timers prove the age; without them it is a shape that may be passing."""
    surer = (pile.kept > 0) + bool(counter(pile.scene, *COOKIES))
    if not pile.counts["timed"]:
        alone = pile.n == pile.base and pile.n >= pile.limits["untimed_few"]
        return settle("low", pile.scene, up=alone + surer, cap="medium")
    return settle("medium", pile.scene, up=(pile.counts["sure"] * 2 >= pile.n) + surer)


def _verdict(pile: Pile) -> str:
    n, old, established = pile.n, pile.counts["old"], pile.base - pile.n
    beside = f"beside {thousands(established) if established else 'none'} established"
    which = "all" if old == n else f"{thousands(old)} of them"
    waits = f", {which} waiting 1 s or more for the last ACK," if pile.counts["timed"] else ""
    sources = plural(_sources(pile), "address", "addresses")
    return f"{plural(n, 'half-open connection')} from {sources}{waits} {beside}: {_looks(pile)}."


def _sources(pile: Pile) -> int:
    """From how many addresses they come."""
    return int(pile.rows["remote_addr"].nunique())


def _looks(pile: Pile) -> str:
    """What the pattern of addresses suggests."""
    if pile.counts["full"]:
        return "the accept queue of the port is full"
    if _sources(pile) <= FEW_SOURCES:
        return "suggests that the answer or the last ACK is lost on the way, or one attacker"
    if _sources(pile) < SCATTERED * pile.n:
        return "suggests that the last ACK does not get through"
    if not pile.counts["timed"]:
        return "may be a SYN flood, a spoofed scan, or only a busy port"
    return "looks like a SYN flood or spoofed scan"


def _cause(pile: Pile) -> str:
    if pile.counts["full"]:
        return "our own full accept queue drops the last ACK"
    if _sources(pile) <= FEW_SOURCES:
        return "few addresses: an asymmetric route, a firewall that eats SYN-ACK or ACK, a probe"
    return "many addresses that never answer suggest forged ones, or a return path that is cut"


def _evidence(pile: Pile) -> Iterator[str]:
    if pile.counts["timed"]:
        retrans, tools = pile.rows["retrans"].fillna(0), pile.scene.tools
        left_s = pile.rows["timer_ms"].fillna(0).max() / 1000
        age = synack_age(int(retrans.max()), tools, left_s)
        oldest = f"the oldest waits for at least {age} s"
        if tools != {"netstat"} and age <= 1:
            oldest = f"the oldest {'has waited less than 1 s' if age < 1 else 'waited 1 s or more'}"
        yield f"SYN-ACK retransmits: {tally(retrans)}; {oldest}"
    yield peers(pile.rows)
    yield from setting(pile.scene, BACKLOG)
    yield from counted(pile.scene, *COOKIES)


def _caveats(pile: Pile) -> Iterator[str]:
    if not pile.counts["timed"]:
        yield advice.by_timers(pile.scene, "how long they wait")
    if counter(pile.scene, *COOKIES):
        yield "how many there are: SYN cookies were sent, and with them the table stops growing"
    elif counter(pile.scene, *COOKIES) is None:
        yield "whether SYN cookies are being sent: then the table stops growing"


DIAGNOSES = (
    Diagnosis(
        "syn-recv-pile",
        "Half-open flood, packets lost on the return path, or our own full accept queue?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("SYN_RECEIVED",),
    ),
)
