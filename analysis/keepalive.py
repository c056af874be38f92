"""Idle connections: those that nothing keeps alive, and those whose peer no longer answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.address import loopback
from nsparse.judging.elsewhere import before
from nsparse.judging.finding import (
    flagged,
    group_of,
    labels,
    netns_of,
    owner_of,
    peers,
    settle,
    slim,
    tally,
)
from nsparse.judging.pile import piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.pile import Pile
    from nsparse.judging.scene import Scene

STALLED = 3
"""Retransmissions in a row from which on a connection of the service counts as cut off."""
LONG = 350
"""Seconds after which an AWS network load balancer forgets a flow; Azure's does after 240."""

MISSING = (
    Number("few", 10, "a handful of idle connections is no pool"),
    Number("share", 0.5, "half of what the service has open"),
    Number("many", 100, "so many idle ones are not by chance"),
    Number("idle_s", 300, "Azure's load balancer forgets after 240 s, AWS's after 350 s"),
    Number("slow_s", LONG, "a keepalive later than that comes too late"),
)
FAILING = (
    Number("few", 3, "three of one peer or subnet: it is cut off"),
    Number("probes", 5, "more than half of the nine that Linux sends"),
    Number("surer", 3, "an answered probe resets the count: three were not lost by chance"),
)


def check_missing(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Will long-idle connections die silently behind a NAT or a load balancer?

    Means: connections have been idle for minutes and no keepalive is set, or one that comes after
        hours. What stands in the path forgets them, and nobody is told: the next request hangs.
    Do: SO_KEEPALIVE with TCP_KEEPIDLE 60 to 120, TCP_KEEPINTVL and TCP_KEEPCNT (macOS:
        TCP_KEEPALIVE; Windows: SIO_KEEPALIVE_VALS); a pool's longest idle time below that of the
        middlebox; JDBC `tcpKeepAlive`, gRPC keepalive.
    False alarms: there may be no middlebox: peers on this host or in the same subnet do not count.
        Connections with heartbeats of the program are not idle.
    """
    rows = scene.rows
    quiet = (rows["state"] == "ESTABLISHED") & flagged(rows["send_q"] == 0)
    slow = (rows["timer"] == "keepalive") & flagged(rows["timer_ms"] > 1000 * limits["slow_s"])
    found = slim(rows[quiet & rows["concrete"] & (rows["timer"].isna() | slow)], "timer")
    found = found[_idle(scene, found, limits)]
    found = found[_afar(found)]
    for pile in piles(scene, found.assign(slow=found["timer"].notna()), limits):
        if pile.speaks:
            yield _unkept(pile)


def _idle(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Nothing sent or received for long, by the kernel's clocks or by its byte counters."""
    least = 1000 * limits["idle_s"]
    sent, came = (scene.column(name)[found.index] for name in ("lastsnd_ms", "lastrcv_ms"))
    names = ["bytes_acked", "bytes_received"]
    then = before(scene, found, names, limits["idle_s"])
    same = [flagged(then[name] == scene.column(name)[found.index]) for name in names]
    return (flagged(sent >= least) & flagged(came >= least)) | (same[0] & same[1])


def _afar(found: pd.DataFrame) -> pd.Series[bool]:
    """Peers that are neither on this host nor, by their addresses, in the same subnet."""
    remote, local = found["remote_addr"].astype("object"), found["local_addr"].astype("object")
    here = remote.map(lambda addr: loopback(str(addr)))
    return ~here.astype("bool") & (subnets(remote) != subnets(local))


def subnets(addresses: pd.Series[Any]) -> pd.Series[Any]:
    """The /24, or /64, that each address is probably in.

    An IPv6 address is cut at the fourth colon, which `::` may hide: then it is its own subnet.
    """
    text = addresses.astype("object").fillna("").astype("str")
    six = text.str.extract(r"^((?:[0-9a-fA-F]+:){4})", expand=False)
    four = text.str.extract(r"^(\d+\.\d+\.\d+)\.\d+$", expand=False)
    found: pd.Series[Any] = four.fillna(six).fillna(text)
    return found


def _unkept(pile: Pile) -> Finding:
    stalled = _stalled(pile)
    severity: Severity = "warning" if stalled else "notice"
    slow = pile.counts["slow"]
    idle = "is" if pile.n == 1 else "are"
    keeps = "no keepalive" if not slow else "no keepalive, or one that comes too late"
    lost = f"; {plural(stalled, 'other')} of them already get no answer" if stalled else ""
    return pile.finding(
        "keepalive-missing",
        severity,
        pile.confidence(up=int(stalled > 0), proven=True),
        f"{pile.part()} {idle} idle for {thousands(pile.limits['idle_s'])} s or more with {keeps}: "
        f"a NAT or load balancer in the path would drop them silently{lost}.",
        evidence=(peers(pile.rows), f"keepalive not set on {thousands(pile.n - slow)}"),
        cause=("the program did not ask for keepalives, or left the kernel's 2 hours",),
        next=advice.steps(
            pile.scene,
            {"linux": f"ss -tanpoi dst {pile.first['remote_addr']}", "macos": "netstat -anv"},
            "SO_KEEPALIVE with a first probe after 60 to 120 s, or close idle connections sooner",
        ),
        caveats=("whether a NAT or load balancer stands in the path",),
    )


def _stalled(pile: Pile) -> int:
    """Connections of the same service that retransmit in vain."""
    rows = pile.scene.rows
    lost = (rows["group"] == pile.key) & (rows["timer"] == "retransmit")
    return int((lost & flagged(rows["retrans"] >= STALLED)).sum())


# ---- keepalives without an answer ------------------------------------------------------------


def check_failing(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which peers no longer answer keepalive probes?

    Means: the kernel asks whether the other end is still there, and gets no answer: the peer's host
        is gone or cut off. An answered probe sets the count back to 0.
    Do: ping and trace the peer; find out how it left: power, VPN, a NAT that was restarted.
    False alarms: a single probe may have been lost.
    """
    rows = scene.rows
    asked = rows["concrete"] & (rows["timer"] == "keepalive")
    found = slim(rows[asked & flagged(rows["probes"] >= 1)], "probes")
    if found.empty:
        return
    keys = netns_of(found) + " " + subnets(found["remote_addr"])
    for _, part in found.groupby(keys, sort=False):
        yield _silent(scene, limits, part)


def _silent(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    n, most = len(part), int(part["probes"].max())
    severity: Severity = "warning" if n >= limits["few"] or most >= limits["probes"] else "notice"
    first, one = part.iloc[0], part["remote_addr"].nunique() == 1
    who = (
        str(first["remote_addr"])
        if one
        else f"{thousands(part['remote_addr'].nunique())} peers of one subnet"
    )
    answers = "does not answer" if one else "do not answer"
    on = f" on {plural(n, 'connection')}"
    alike, owned = part["group"].nunique() == 1, part["owner"].nunique() == 1
    group = group_of(first) if alike else Group(**owner_of(first)) if owned else Group()
    return Finding(
        id="keepalive-failing",
        severity=severity,
        confidence=settle(
            "medium" if most < limits["surer"] else "high", scene, up=int(n >= limits["few"])
        ),
        group=group,
        n=n,
        verdict=(
            f"{who} {answers} keepalive probes{on}: "
            f"{'up to ' if n > 1 else ''}{plural(most, 'probe')} unanswered."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(f"probes unanswered: {tally(part['probes'])}", peers(part)),
        cause=("suggests that the host of the peer is gone, or cut off from here",),
        next=advice.steps(
            scene,
            dict.fromkeys(("linux", "macos"), f"ping {first['remote_addr']}"),
            {"linux": f"ss -tanpoi dst {first['remote_addr']}"},
        ),
        caveats=("how the peer left: power, VPN, a restarted NAT",),
    )


DIAGNOSES = (
    Diagnosis(
        "keepalive-missing",
        "Will long-idle connections die silently behind a NAT or a load balancer?",
        check_missing,
        needs=("timers", "tcpinfo"),
        numbers=MISSING,
        refs=("RFC 1122 4.2.3.6", "RFC 9293 3.8.4", "RFC 5382 REQ-5"),
        states=("ESTABLISHED",),
    ),
    Diagnosis(
        "keepalive-failing",
        "Which peers no longer answer keepalive probes?",
        check_failing,
        needs=("timers",),
        numbers=FAILING,
        refs=("ip-sysctl tcp_keepalive_*",),
        states=("ESTABLISHED",),
    ),
)
