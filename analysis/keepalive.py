"""Idle connections: those that nothing keeps alive, and those whose peer no longer answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import (
    GROUPED,
    common_group,
    flagged,
    labels,
    peers,
    peers_of,
    settle,
    silent,
    sysctl,
    tally,
)
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.stated import setting
from nsparse.judging.scene.scope import loopback, subnet
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

STALL = "retransmit-stall"
"""What says from how many retransmissions in a row on a connection counts as cut off."""
LONG = 350
"""Seconds after which an AWS network load balancer forgets a flow; Azure's does after 240."""

FIRST = "net.ipv4.tcp_keepalive_time"
"""Seconds after which Linux asks for the first time, where the program does not say."""
PROBES = "net.ipv4.tcp_keepalive_probes"

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
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    # With nothing to send the only timer of a connection is that of its keepalive.
    slow = view.above("timer_ms", 1000 * limits["slow_s"])
    quiet = view.is_("state", "ESTABLISHED") & view.is_("send_q", 0)
    unkept = quiet & (slow | ~view.known("timer"))
    if unkept.sum() < min(limits["few"], limits["many"]):
        return
    at = _idle(scene, unkept, limits)
    found = Rows(view, at)
    found = found.part(_afar(found).to_numpy())
    # That a connection is as old as its idle time proves nothing more.
    found = found.beside(slow=view.known("timer")[found.at], persistent=found.at < 0)
    for pile in piles(scene, found, limits):
        if pile.speaks:
            yield _unkept(pile)


def _idle(scene: Scene, unkept: Bools, limits: Limits) -> Bools:
    """Nothing sent or received for long, by the kernel's clocks or by its byte counters."""
    idle = unkept & silent(scene, limits["idle_s"])
    if not scene.earlier:
        return idle
    names = ["bytes_acked", "bytes_received"]
    now = scene.view.pick(unkept, *names)
    then = before(scene, now, names, limits["idle_s"])
    same = [flagged(then[name] == now[name]).to_numpy() for name in names]
    idle[unkept] |= same[0] & same[1]
    return idle


def _afar(found: Rows) -> pd.Series[bool]:
    """Peers that are neither on this host nor, by their addresses, in the same subnet."""
    remote, local = found["remote_addr"].astype("object"), found["local_addr"].astype("object")
    here = remote.map(lambda addr: loopback(str(addr)))
    return ~here.astype("bool") & (subnets(remote) != subnets(local))


def subnets(addresses: pd.Series[Any]) -> pd.Series[Any]:
    """The subnet that each address is probably in."""
    text = addresses.astype("object").fillna("").astype("str")
    found: pd.Series[Any] = text.map({addr: subnet(addr) for addr in text.unique()})
    return found


def _unkept(pile: Pile) -> Finding:
    stalled = _stalled(pile)
    severity: Severity = "warning" if stalled else "notice"
    idle, (keeps, cause) = "is" if pile.n == 1 else "are", _keeps(pile)
    others = plural(stalled, "other already gets", "others already get")
    lost = f"; {others} no answer" if stalled else ""
    return pile.finding(
        "keepalive-missing",
        severity,
        pile.confidence(
            up=int(stalled > 0), down=int(pile.first["role"] == "unknown"), proven=True
        ),
        f"{pile.part()} {idle} idle for {thousands(pile.limits['idle_s'])} s or more with {keeps}: "
        f"a NAT or load balancer in the path would drop them silently{lost}.",
        evidence=(peers(pile.rows), *_kept(pile), *setting(pile.scene, FIRST)),
        cause=(cause,),
        next=advice.steps(
            pile.scene,
            {
                "linux": f"ss -tanpoi {advice.dst(pile.first['remote_addr'])}",
                **advice.BUFFERS,
            },
            "SO_KEEPALIVE with a first probe after 60 to 120 s, or close idle connections sooner",
        ),
        caveats=("whether a NAT or load balancer stands in the path",),
    )


def _keeps(pile: Pile) -> tuple[str, str]:
    """Which keepalives they have, and why."""
    if not pile.counts["slow"]:
        return "no keepalive", "the program did not ask for keepalives"
    left = f"left the kernel's {_first(pile)}"
    if pile.counts["slow"] == pile.n:
        return "a keepalive that comes too late", f"the program asked for keepalives and {left}"
    late = "no keepalive, or one that comes too late"
    return late, f"the program did not ask for keepalives, or {left}"


def _kept(pile: Pile) -> Iterator[str]:
    """How many have which."""
    slow = pile.counts["slow"]
    if slow < pile.n:
        yield f"keepalive not set on {thousands(pile.n - slow)}"
    if slow:
        seconds = f"{pile.limits['slow_s']:g} s"
        yield f"keepalive set, and more than {seconds} away, on {thousands(slow)}"


def _first(pile: Pile) -> str:
    """After how long the kernel asks for the first time, where the program does not say."""
    known = sysctl(pile.scene, FIRST)
    return plural(int(known), "second") if known and known.isdecimal() else "2 hours"


def _stalled(pile: Pile) -> int:
    """Connections of the same service that retransmit in vain."""
    view = pile.scene.view
    lost = view.at_least("retrans", pile.scene.numbers[STALL]["notice"])
    return int((lost & (view.keys("group") == pile.key)).sum())


# ---- keepalives without an answer ------------------------------------------------------------


def check_failing(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which peers no longer answer keepalive probes?

    Means: the kernel asks whether the other end is still there, and gets no answer: the peer's host
        is gone or cut off. An answered probe sets the count back to 0.
    Do: ping and trace the peer; find out how it left: power, VPN, a NAT that was restarted.
    False alarms: a single probe may have been lost.
    """
    view = scene.view
    asked = view.is_("timer", "keepalive") & view.at_least("probes", 1)
    if not asked.any():
        return
    found = view.pick(asked, *GROUPED, "netns", "remote_addr", "probes", "group")
    keys = found["netns"].astype("object").fillna("") + " " + subnets(found["remote_addr"])
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
    return Finding(
        id="keepalive-failing",
        severity=severity,
        confidence=settle(
            "medium" if most < limits["surer"] else "high",
            scene,
            up=int(n >= limits["few"]),
            down=int((part["role"] == "unknown").any()),
        ),
        group=common_group(part),
        n=n,
        verdict=(
            f"{who} {answers} keepalive probes{on}: "
            f"{'up to ' if n > 1 else ''}{plural(most, 'probe')} unanswered."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(
            f"probes unanswered: {tally(part['probes'])}",
            peers_of(scene, part),
            *setting(scene, PROBES),
        ),
        cause=("suggests that the host of the peer is gone, or cut off from here",),
        next=advice.steps(
            scene,
            advice.ping(first["remote_addr"]),
            {"linux": f"ss -tanpoi {advice.dst(first['remote_addr'])}"},
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
