"""Handshakes that are never finished pile up on a port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.finding import endpoint, netns_of, peers, settle, slim, steps_for, sysctl
from nsparse.measure import halved, passes, plural, synack_age, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.scene import Scene

FEW_SOURCES = 3
"""So few addresses are a path or one attacker, not a flood."""
SCATTERED = 0.8
"""So large a part of the connections with an address of their own looks like a flood."""
SURE_RETRANS = 2
"""An answer sent three times: beyond what one lost packet explains."""

NUMBERS = (
    Number("few", 5, "fewer may be one client with a bad path"),
    Number("old", 0.5, "half of them have waited a second: not the round trip of a busy port"),
    Number("share", 0.3, "a third of what the port has"),
    Number("many", 64, "half of the smallest tcp_max_syn_backlog, 128"),
    Number("busy", 0.2, "fewer that wait long are a busy and healthy port"),
    Number("untimed_few", 20, "without timers: 1000 connections a second at 20 ms have as many"),
    Number("untimed_many", 256, "without timers: twice the smallest tcp_max_syn_backlog"),
    Number("critical", 1024, "beyond what tcp_max_syn_backlog is on most hosts"),
    Number("critical_share", 0.5, "of tcp_max_syn_backlog, where it is known"),
)
REFS = ("RFC 4987", "ip-sysctl tcp_max_syn_backlog")


@dataclass(frozen=True)
class Pile:
    """The half-open connections of one local address and port.

    Attributes:
        rows: Their rows.
        established: How many finished connections the port has.
        old: How many of the handshakes have waited a second; None where no timers are printed.
        queue_full: Whether the accept queue of the port is over its limit.
    """

    rows: pd.DataFrame
    established: int
    old: int | None
    queue_full: bool

    @property
    def sources(self) -> int:
        """From how many addresses they come."""
        return int(self.rows["remote_addr"].nunique())


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Half-open flood, packets lost on the return path, or our own full accept queue?

    Means: our SYN-ACK has gone out, and the ACK that finishes the handshake does not come: the
        addresses are forged, the answer or the ACK is lost, or a full queue drops it.
    Do: look at whether the addresses are many or few, then capture both directions. A flood is
        filtered upstream and with SYN cookies; a path has its fault in routes or a firewall.
    False alarms: a busy port whose handshakes are all younger than a second; TCP_DEFER_ACCEPT,
        which keeps them here until data comes; a health probe that never finishes.
    """
    for pile in _piles(scene, limits):
        severity = _severity(scene, pile, limits)
        if severity is not None:
            yield _finding(scene, limits, pile, severity)


def _piles(scene: Scene, limits: Limits) -> Iterator[Pile]:
    rows = scene.rows
    half = rows[(rows["state"] == "SYN_RECEIVED") & rows["local_port"].notna()]
    sizes = half.groupby(_port(half), sort=False)["line"].transform("size")
    half = slim(half[sizes >= halved(_fewest(limits))], "timer", "retrans")
    if half.empty:
        return
    same = rows["local_port"].isin(half["local_port"].unique())
    others = rows[(rows["state"] == "ESTABLISHED") & same]
    finished: dict[Any, int] = others.groupby(_port(others)).size().to_dict()
    for key, part in half.groupby(_port(half), sort=False):
        yield Pile(part, finished.get(key, 0), _old(part), _full(rows, part))


def _fewest(limits: Limits) -> float:
    """The least number of rows that any of the rules speaks of."""
    names = ("few", "many", "untimed_few", "untimed_many", "critical")
    return min(limits[name] for name in names)


def _port(rows: pd.DataFrame) -> list[pd.Series[Any]]:
    return [netns_of(rows), rows["local_addr"], rows["local_port"]]


def _old(part: pd.DataFrame) -> int | None:
    """How many have sent their answer again, which they do first after a second."""
    if part["timer"].isna().all() and part["retrans"].isna().all():
        return None
    return int((part["retrans"] >= 1).fillna(False).sum())


def _full(rows: pd.DataFrame, part: pd.DataFrame) -> bool:
    served = part["listener"][part["listener"] >= 0].unique()
    queues = rows.loc[served]
    return bool((queues["recv_q"] > queues["send_q"]).fillna(False).any())


def _severity(scene: Scene, pile: Pile, limits: Limits) -> Severity | None:
    n, base = len(pile.rows), len(pile.rows) + pile.established
    if pile.old is not None and pile.old < limits["busy"] * n:
        return None
    many = n >= _critical(scene, limits)
    if pile.old is None:
        few, much = limits["untimed_few"], limits["untimed_many"]
        return "warning" if many or passes(n, base, few, limits["share"], much) else None
    if many:
        return "critical"
    few = limits["few"]
    if int(pile.rows["persistent"].sum()) >= halved(few):
        few = halved(few)
    large = passes(n, base, few, limits["share"], limits["many"])
    return "warning" if large and pile.old >= limits["old"] * n else None


def _critical(scene: Scene, limits: Limits) -> float:
    """How many are critical: a part of the kernel's own limit where that is known."""
    known = sysctl(scene, "net.ipv4.tcp_max_syn_backlog")
    if known and known.isdecimal():
        return min(limits["critical"], limits["critical_share"] * int(known))
    return limits["critical"]


def _finding(scene: Scene, limits: Limits, pile: Pile, severity: Severity) -> Finding:
    rows = pile.rows
    first = rows.iloc[0]
    return Finding(
        id="syn-recv-pile",
        severity=severity,
        confidence=_confidence(scene, pile),
        group=Group(role="server", service=endpoint(first["local_addr"], first["local_port"])),
        n=len(rows),
        base=len(rows) + pile.established,
        verdict=_verdict(pile),
        sockets=tuple(int(label) for label in rows.index),
        limits=dict(limits),
        evidence=_evidence(pile),
        cause=(_cause(pile),),
        next=_steps(scene, int(first["local_port"])),
        caveats=_caveats(pile),
        refs=REFS,
    )


def _confidence(scene: Scene, pile: Pile) -> Confidence:
    """Timers prove the age; without them it is a shape that may be passing."""
    lasting = bool(pile.rows["persistent"].any())
    if pile.old is None:
        return settle("low", scene, up=int(pile.established == 0) + lasting, cap="medium")
    sure = int((pile.rows["retrans"] >= SURE_RETRANS).sum()) * 2 >= len(pile.rows)
    return settle("medium", scene, up=sure + lasting)


def _verdict(pile: Pile) -> str:
    n, old = len(pile.rows), pile.old
    beside = f"beside {thousands(pile.established) if pile.established else 'none'} established"
    which = "all" if old == n else f"{thousands(old or 0)} of them"
    if n == old == 1:
        which = "it"
    waits = "" if old is None else f", {which} waiting 1 s or more for the last ACK,"
    sources = plural(pile.sources, "address", "addresses")
    return f"{plural(n, 'half-open connection')} from {sources}{waits} {beside}: {_looks(pile)}."


def _looks(pile: Pile) -> str:
    """What the pattern of addresses suggests."""
    if pile.queue_full:
        return "the accept queue of the port is full"
    if pile.sources <= FEW_SOURCES:
        return "suggests that the answer or the last ACK is lost on the way, or one attacker"
    if pile.sources < SCATTERED * len(pile.rows):
        return "suggests that the last ACK does not get through"
    if pile.old is None:
        return "may be a SYN flood, a spoofed scan, or only a busy port"
    return "looks like a SYN flood or spoofed scan"


def _cause(pile: Pile) -> str:
    if pile.queue_full:
        return "our own full accept queue drops the last ACK"
    if pile.sources <= FEW_SOURCES:
        return "few addresses: an asymmetric route, a firewall that eats SYN-ACK or ACK, a probe"
    return "many addresses that never answer suggest forged ones, or a return path that is cut"


def _evidence(pile: Pile) -> tuple[str, ...]:
    if pile.old is None:
        return (peers(pile.rows),)
    counts = pile.rows["retrans"].fillna(0).value_counts().sort_index()
    said = ", ".join(f"{k} ({thousands(n)})" for k, n in counts.items())
    oldest = synack_age(int(counts.index.max()))
    return (
        f"SYN-ACK retransmits: {said}; the oldest waits for at least {oldest} s",
        peers(pile.rows),
    )


def _caveats(pile: Pile) -> tuple[str, ...]:
    said = ["whether SYN cookies are being sent: then the table stops growing"]
    if pile.old is None:
        said.insert(0, "how long they wait: ss -o or netstat -o shows the timers")
    return tuple(said)


def _steps(scene: Scene, port: int) -> tuple[Step, ...]:
    return steps_for(
        scene,
        linux=(
            f"ss -tano state syn-recv '( sport = :{port} )'",
            "nstat -az | grep -i -E 'syncook|listen|reqq'",
            f"tcpdump -nni any port {port}",
        ),
        macos=("netstat -Lan", "netstat -s -p tcp", f"sudo tcpdump -nni any port {port}"),
        windows=("netstat -s", "pktmon start --capture"),
    )


DIAGNOSES = (
    Diagnosis(
        "syn-recv-pile",
        "Half-open flood, packets lost on the return path, or our own full accept queue?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
    ),
)
