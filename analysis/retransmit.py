"""Data that is sent again and again and that nobody acknowledges."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import connections, ends_once, so_many, wholes
from nsparse.judging.evidence.elsewhere import within_host
from nsparse.judging.evidence.finding import (
    GROUPED,
    common_group,
    flagged,
    labels,
    peers_of,
    settle,
    tally,
)
from nsparse.judging.evidence.measure import SMALL_BASE, data_age
from nsparse.judging.evidence.stated import tracked
from nsparse.judging.scene.scope import subnet
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

# A handshake has no data; after our close the wait is the closing family's matter.
STATES = ("ESTABLISHED", "CLOSE_WAIT")
BY_PEER = ("remote_addr",)
SHOWN = (
    *("group", "local_addr", "remote_addr", "send_q"),
    *("timer_ms", "retrans", "rto_ms", "backoff", "lastack_ms"),
)
"""What is told of a connection, beside whose it is."""
BACKOFF = 3
"""Doublings of the timer that say the same as the count."""
SILENT_MS = 30_000
"""No acknowledgement for so long: loss alone is no longer likely."""

NUMBERS = (
    Number("notice", 3, "one or two are ordinary loss"),
    Number("warning", 5, "five in a row: 6 s or more without any acknowledgement"),
    Number("few", 3, "three connections at once are not by chance"),
    Number("share", 0.05, "a twentieth of the connections to the peer or of the service"),
    Number("alone", 8, "eight in a row, or a timer that proves as long: 51 s; one is enough"),
    Number("many", 10, "the smallest service of which a half says something"),
    Number("critical_share", 0.5, "half of a service is cut off"),
)
REFS = ("ip-sysctl tcp_retries2", "RFC 1122 4.2.3.5")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the path dead, or losing everything, for some connections?

    Means: data was sent again several times in a row, each time after twice as long, and no
        acknowledgement came. Linux gives up after about 15 minutes.
    Do: ping and trace the peer, also with full packets (`ping -M do -s 1472`): a path may lose only
        the large ones. A firewall that forgot idle connections looks the same. In the program:
        TCP_USER_TIMEOUT instead of waiting for 15 minutes.
    False alarms: a count of 1 or 2 is ordinary loss; tail-loss probes show a count of 0.
    """
    view = scene.view
    again = view.is_("state", *STATES) & view.is_("timer", "retransmit")
    lost = again & view.at_least("retrans", limits["notice"])
    if not lost.any():
        return
    found = view.pick(lost, *GROUPED, *SHOWN)
    bases, lots = _bases(scene, lost), _lots(scene, lost)
    for lot in sorted(lots, key=lambda rows: int(rows[0])):
        yield _finding(scene, limits, found.loc[lot], bases[lot[0]])


def _lots(scene: Scene, lost: Bools) -> list[Ints]:
    """Connections made to us count by their service, all others by their peer."""
    view, served = scene.view, scene.view.is_("role", "server")
    return [*view.lots(lost & served, "group"), *view.lots(lost & ~served, *BY_PEER)]


def _bases(scene: Scene, lost: Bools) -> dict[int, int]:
    """What each row is a part of: the live connections of its service, or with its peer."""
    view, served, at = scene.view, scene.view.is_("role", "server"), lost.nonzero()[0]
    by_service = so_many(scene, at, wholes(scene, at))
    called = ends_once(view, view.true("live") & ~served, BY_PEER, rather=lost)
    by_peer = view.tally(at, called, *BY_PEER)
    both = zip(served[at].tolist(), by_service.tolist(), by_peer.tolist(), strict=True)
    bases = (service if here else peer for here, service, peer in both)
    return dict(zip(at.tolist(), bases, strict=True))


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, base: int) -> Finding:
    most = int(part["retrans"].max())
    return Finding(
        id="retransmit-stall",
        severity=_severity(part, base, limits),
        confidence=settle(
            "high", scene, up=_silent(part), down=int((part["role"] == "unknown").any())
        ),
        group=common_group(part),
        n=len(part),
        base=base,
        verdict=f"{thousands(len(part))} of {_whole(scene, part, base)} {_verdict(part, most)}",
        sockets=labels(part),
        limits=dict(limits),
        evidence=_evidence(scene, part),
        cause=_cause(part),
        next=_steps(scene, part),
        caveats=("whether data is lost on the way there or acknowledgements on the way back",),
    )


def _severity(part: pd.DataFrame, base: int, limits: Limits) -> Severity:
    n, often = len(part), int((part["retrans"] >= limits["warning"]).sum())
    if n >= limits["many"] and n / base >= limits["critical_share"]:
        return "critical"
    shared = base >= SMALL_BASE and often > 0 and often / base >= limits["share"]
    if often >= limits["few"] or shared or _age(part) >= data_age(ceil(limits["alone"])):
        return "warning"
    return "notice"


def _age(part: pd.DataFrame) -> float:
    """Least seconds that the oldest of them has waited, by its count and by its timer."""
    clocks = (part[name].fillna(0) for name in ("timer_ms", "rto_ms", "backoff"))
    told = {*zip(part["retrans"], *clocks, strict=True)}
    return max(data_age(int(k), left / 1000, rto / 1000, int(n)) for k, left, rto, n in told)


def _silent(part: pd.DataFrame) -> int:
    """Whether the kernel's own numbers say the same."""
    backed, silent = part["backoff"] >= BACKOFF, part["lastack_ms"] >= SILENT_MS
    return int((flagged(backed) & flagged(silent)).any())


def _whole(scene: Scene, part: pd.DataFrame, base: int) -> str:
    """What they are a part of; of those with a peer the group, where it has no others."""
    at = part.index.to_numpy()[:1]
    whole = wholes(scene, at)[0]
    if so_many(scene, at, [whole])[0] == base:
        return connections(scene, int(at[0]), base, whole)
    return f"{plural(base, 'connection')} to {part['remote_addr'].iat[0]}"


def _verdict(part: pd.DataFrame, most: int) -> str:
    n, age = len(part), thousands(int(_age(part)))
    gets = "gets" if n == 1 else "get"
    often = f"{'' if n == 1 else 'up to '}{plural(most, 'retransmission')}"
    oldest = "" if n == 1 else "the longest "
    return f"{gets} no acknowledgement: {often}, {oldest}for at least {age} s."


def _evidence(scene: Scene, part: pd.DataFrame) -> tuple[str, ...]:
    waiting = int(part["send_q"].fillna(0).sum())
    return (
        f"retransmissions: {tally(part['retrans'])}",
        peers_of(scene, part),
        f"{plural(waiting, 'byte waits', 'bytes wait')} to be acknowledged",
        *tracked(scene),
    )


def _cause(part: pd.DataFrame) -> tuple[str, ...]:
    if within_host(part):
        return (
            "the other end is on this host: suggests its packet filter, or memory for sockets "
            "that is used up (net.ipv4.tcp_mem)",
        )
    peers = part["remote_addr"].dropna().unique()
    if len(peers) == 1:
        return ("suggests that the peer is gone, or that the path or a firewall drops it all",)
    nets = {subnet(str(addr)) for addr in peers}
    if len(nets) == 1:
        return (f"several peers of {nets.pop()}: this suggests what leads there, or a firewall",)
    return ("several peers at once: this suggests our own link, or a path that they share",)


def _steps(scene: Scene, part: pd.DataFrame) -> tuple[Any, ...]:
    peer = part["remote_addr"].iat[0]
    return advice.steps(
        scene,
        {"linux": f"ss -tanpoi {advice.dst(peer)}"},
        advice.ping(peer),
        advice.ping_full(peer),
        "in the program: TCP_USER_TIMEOUT, and keepalives for connections that idle",
    )


DIAGNOSES = (
    Diagnosis(
        "retransmit-stall",
        "Is the path dead, or losing everything, for some connections?",
        check,
        needs=("timers",),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("send-q-backlog"),
            Absorbs("cwnd-collapse"),
            Absorbs("zero-window", "mirror"),
        ),
        refs=REFS,
        states=("ESTABLISHED", "CLOSE_WAIT"),
    ),
)
