"""Connections in TIME_WAIT: a client that opens a new one for each request."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import labels, settle, sysctl
from nsparse.judging.evidence.portrange import comes_back, drawn_from
from nsparse.judging.evidence.stated import TW_REUSE, constant, setting
from nsparse.judging.scene.scope import loopback
from nsparse.prose import are, percent, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("notice", 500, "eight new connections a second with 60 s of TIME_WAIT"),
    Number("times", 10, "so many closed for each that is open: they are not reused"),
    Number("fill", 0.25, "of the ports to one service: about 7 000 on Linux"),
)
AT_ONCE_S = 2
"""Whoever opens a connection for each request does not close hundreds within so short a time."""
ROUNDED_S = 1
"""So much longer than TIME_WAIT lasts a timer may seem to run: tools print whole seconds."""
REFS = (
    "Bernat: Coping with the TCP TIME-WAIT state on busy Linux servers",
    "RFC 6191",
    "RFC 1122 4.2.2.13",
)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is a client opening a new connection for each request?

    Means: towards one service far more connections were just closed than are open: no keep-alive,
        or a pool that is too small. TIME_WAIT itself is harmless; each one keeps a local port.
    Do: turn on keep-alive and pool connections: nginx `keepalive N` in the upstream with
        `proxy_http_version 1.1` and an empty Connection header, Go `MaxIdleConnsPerHost` and
        bodies drained and closed, in Python one Session, in .NET one HttpClient. Never
        tcp_tw_recycle; tcp_fin_timeout does not touch TIME_WAIT.
    False alarms: TIME_WAIT of a server takes no port, however many; load generators and scanners
        mean to do this; on loopback Linux takes the ports out of TIME_WAIT again, and where
        tcp_tw_reuse is 1 everywhere: no port is short there.
    """
    import numpy as np

    from nsparse.judging.scene.rows import Rows

    view = scene.view
    waiting = view.is_("state", "TIME_WAIT")
    if not waiting.any():
        return
    client = view.is_("role", "client")
    opened = client & view.is_("state", "ESTABLISHED")
    least = min(limits["notice"], _filling(scene, limits))
    at = (waiting & client).nonzero()[0]
    lots = list(view.lots(at, "service", least=least))
    firsts = np.array([lot[0] for lot in lots], dtype=np.int64)
    beside = view.tally(firsts, opened, "service").tolist()
    for lot, others in zip(lots, beside, strict=True):
        severity = _severity(scene, limits, lot, others)
        if severity is not None:
            there = opened.nonzero()[0]
            there = there[view.alike(there, lot[:1], "service")]
            yield _churn(scene, limits, Rows(view, lot), Rows(view, there), severity)
    for lot in view.lots(waiting & view.is_("role", "server")):
        yield _served(scene, Rows(view, lot))


def _filling(scene: Scene, limits: Limits) -> float:
    """How many to one service are a good part of the ports."""
    return limits["fill"] * scene.constants.ephemeral_size


def _severity(scene: Scene, limits: Limits, lot: Ints, opened: int) -> Severity | None:
    n, remote = len(lot), str(scene.view.cell("remote_addr", lot[0]))
    again = comes_back(scene, remote, sysctl(scene, TW_REUSE))
    if again and loopback(remote):
        return None
    if n >= _filling(scene, limits):
        return "notice" if again else "warning"
    return "notice" if n >= limits["notice"] and n >= limits["times"] * max(opened, 1) else None


def _churn(scene: Scene, limits: Limits, part: Rows, opened: Rows, severity: Severity) -> Finding:
    n, size = len(part), scene.constants.ephemeral_size
    closed = _closed(scene, part)
    service = str(part.row(0)["service"])
    owners = opened.leading("owner", len(opened))
    filled = severity == "warning"
    drawn = drawn_from(scene)
    beside = f"beside {thousands(len(opened))} open" if len(opened) else "and none is open"
    return Finding(
        id="time-wait-churn",
        severity=severity,
        # Ports in use are stated outright; that they tell of a missing pool is a shape.
        confidence=settle(
            "high" if filled else "medium",
            scene,
            up=int(len(owners) == 1),
            down=int(filled and not drawn.known),
        ),
        group=Group(role="client", service=service),
        n=n,
        base=size if filled else None,
        verdict=(
            f"{plural(n, 'connection')} to {service} {are(n)} in TIME_WAIT "
            f"{beside}: this host {_pace(scene, part, closed)}."
        ),
        sockets=labels(part),
        limits={**limits, "ephemeral_size": size},
        evidence=_evidence(scene, part, opened),
        cause=_cause(owners, closed),
        next=_steps(scene, service, {} if drawn.known else advice.PORT_RANGE),
        caveats=(*_caveats(scene), *drawn.doubts),
    )


class Closed(NamedTuple):
    """When connections were closed, by the timers of all of them, in seconds before the dump."""

    first: float
    last: float

    @property
    def lasted(self) -> float:
        """Over which time; ss prints whole seconds, so no time is shorter than one."""
        return max(self.first - self.last, 1)


def _closed(scene: Scene, part: Rows) -> Closed | None:
    """When they were closed: None without timers, or where it is not known how long they run."""
    short, long = scene.constants.time_wait_s
    if short != long or not part.view.known("timer_ms")[part.at].all():
        return None
    left = part.view.numbers("timer_ms")[part.at] / 1000
    if left.max() > long + ROUNDED_S:
        return None
    return Closed(first=long - left.min(), last=max(long - left.max(), 0))


def _pace(scene: Scene, part: Rows, closed: Closed | None) -> str:
    """How many a second, over which time; a range where the length of TIME_WAIT is one."""
    n, (short, long) = len(part), scene.constants.time_wait_s
    if closed is not None:
        ago = "less than 1 s" if closed.last < 1 else f"{thousands(closed.last)} s"
        return (
            f"closed about {thousands(n / closed.lasted)} a second for {thousands(closed.lasted)} "
            f"s, the last one {ago} ago, and reused none"
        )
    rate, over = f"about {thousands(n / long)}", f"{long} s"
    if short != long:
        rate, over = f"{thousands(n / long)} to {thousands(n / short)}", f"{short} to {long} s"
    return f"opens {rate} new ones a second, on average over the last {over}, and reuses none"


def _evidence(scene: Scene, part: Rows, opened: Rows) -> tuple[str, ...]:
    short, long = scene.constants.time_wait_s
    size = scene.constants.ephemeral_size
    low, high = scene.constants.ephemeral_low, scene.constants.ephemeral_high
    lasts = f"{short} s" if short == long else f"{short}-{long} s"
    lines = [
        f"{thousands(len(part))} TIME_WAIT of {lasts} each, {thousands(len(opened))} ESTABLISHED",
        f"{percent(len(part), size)} of {thousands(size)} local ports ({low}-{high})",
    ]
    if part.different("local_addr") > 1:
        lines.append(f"from {top(part.leading('local_addr', 3))}")
    if len(opened):
        owners = opened.leading("owner", len(opened))
        unknown = len(opened) - sum(owners.values())
        told = {**owners, "unknown": unknown} if unknown else owners
        lines.append(f"owners of the open ones: {top(told)}")
    return (*lines, *constant(scene, "ephemeral_low", "the range"), *setting(scene, TW_REUSE))


def _cause(owners: Collection[str], closed: Closed | None) -> tuple[str, ...]:
    if closed is not None and closed.lasted <= AT_ONCE_S:
        return (
            "all were closed at once: suggests a program that ended or a pool that was emptied",
        )
    said = ["no keep-alive, or a pool that holds fewer connections than are in use at once"]
    if len(owners) == 1:
        said.append(f"{next(iter(owners))} has all that are open: this suggests that it opens them")
    return tuple(said)


def _steps(scene: Scene, service: str, ports: advice.Advice) -> tuple[Step, ...]:
    return advice.steps(
        scene,
        {
            "linux": f"ss -tanp state established dst {shlex.quote(service)}",
            "macos": "netstat -anv -p tcp",
            **dict.fromkeys(advice.BSD, "netstat -an"),
            "windows": "netstat -anobq",
        },
        {"linux": "nstat -az TcpActiveOpens"},
        advice.TIME_WAIT_LENGTH,
        ports,
        "turn on keep-alive and pool connections: nginx upstream `keepalive`, Go "
        "MaxIdleConnsPerHost, one Session (Python), one HttpClient (.NET)",
    )


def _caveats(scene: Scene) -> tuple[str, ...]:
    said = ["which program opened them: TIME_WAIT has no owner"]
    short, long = scene.constants.time_wait_s
    if short != long:
        said.append(f"how long TIME_WAIT lasts here: {short} to {long} s are possible")
    return tuple(said)


def _served(scene: Scene, part: Rows) -> Finding:
    """What closed on the side that serves: it explains rows and takes no port, however many."""
    n, services = len(part), part.different("bound")
    return Finding(
        id="time-wait-churn",
        severity="info",
        confidence=settle("high", scene),
        group=Group(role="server", service=str(part.row(0)["bound"]) if services == 1 else None),
        n=n,
        verdict=(
            f"{plural(n, 'connection')} {are(n)} in TIME_WAIT on {plural(services, 'service')} of "
            "this host: harmless, a server that closes first takes no local port of its own."
        ),
        sockets=labels(part),
        evidence=(f"services: {top(part.leading('bound', 3))}",),
    )


DIAGNOSES = (
    Diagnosis(
        "time-wait-churn",
        "Is a client opening a new connection for each request?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("TIME_WAIT",),
    ),
)
