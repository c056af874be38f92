"""The local ports towards one destination run out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    endpoint,
    labels,
    owner_of,
    settle,
    sysctl,
)
from nsparse.judging.evidence.portrange import comes_back, drawn_from, least_used, widened
from nsparse.judging.evidence.stated import TW_REUSE, setting
from nsparse.prose import actor, percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.judging.evidence.portrange import Range
    from nsparse.judging.scene.scene import Scene

SEVERE: tuple[Severity, ...] = ("critical", "warning", "notice")
LOWERED: dict[Severity, Severity] = {"critical": "warning", "warning": "notice", "notice": "info"}
WAY = ("local_addr", "remote_addr", "remote_port")
"""All that is fixed of the connections that share their local ports."""

NUMBERS = (
    Number("used", 200, "a test with a range of ten ports is no shortage"),
    Number("notice", 0.5, "half: connect() has begun to search the other half of the range"),
    Number("warning", 0.8, "a burst away from the end"),
    Number("critical", 0.95, "connect() fails now, or within moments"),
    Number("reusable", 0.8, "TIME_WAIT part of the ports from which on reuse makes it milder"),
    Number("outside", 0.05, "ports beyond the assumed range that show it to be wider"),
)
REFS = (
    "ip-sysctl ip_local_port_range",
    "Bernat: TIME-WAIT on busy Linux servers",
    "NGINX: overcoming ephemeral port exhaustion",
)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are the local ports towards one destination nearly used up?

    Means: a connection is told apart by both its ends. Towards one address and port, from one own
        address, only the local port is free, and the range of it is nearly used. When it is,
        connect() fails (EADDRNOTAVAIL; on Windows 10048 or 10055).
    Do: keep connections alive and pool them. Then widen: more destination or source addresses, a
        wider range. Behind NAT the gateway has the same limit.
    False alarms: connections that others made to a listener here share its port and use none; the
        same local port towards another destination is another connection, not a second use.
    """
    import numpy as np

    view, drawn = scene.view, drawn_from(scene)
    out = view.true("concrete") & ~view.is_("role", "server") & view.known("local_port")
    least = least_used(drawn, limits, SEVERE)
    for lot in view.lots(out & ~view.true("addr_truncated"), *WAY, least=least):
        ports, first = np.unique(view.numbers("local_port")[lot], return_index=True)
        span = widened(drawn, ports, limits["outside"])
        within = lot[np.sort(first[(ports >= span.low) & (ports <= span.high)])]
        if len(within) < max(limits["used"], span.size * min(limits[level] for level in SEVERE)):
            continue
        used = view.pick(within, *WHOSE, "state", "local_port", *WAY)
        severity = _severity(used, span, scene, limits)
        if severity is not None:
            yield _finding(scene, limits, used, span, severity)


def _severity(used: pd.DataFrame, span: Range, scene: Scene, limits: Limits) -> Severity | None:
    share = len(used) / span.size
    reached = [severity for severity in SEVERE if share >= limits[severity]]
    if not reached:
        return None
    again = comes_back(scene, str(used["remote_addr"].iat[0]), sysctl(scene, TW_REUSE))
    milder = again and _waiting(used) >= limits["reusable"] * len(used)
    return LOWERED[reached[0]] if milder else reached[0]


def _waiting(used: pd.DataFrame) -> int:
    return int((used["state"] == "TIME_WAIT").sum())


def _finding(
    scene: Scene, limits: Limits, used: pd.DataFrame, span: Range, severity: Severity
) -> Finding:
    first = used.iloc[0]
    place = endpoint(first["remote_addr"], first["remote_port"])
    owners = used["owner"][used["owner"] != ""]
    one = owners.nunique() == 1
    owner = owner_of(used.loc[owners.index[0]]) if one else {}
    return Finding(
        id="ephemeral-exhaustion-tuple",
        severity=severity,
        confidence=settle("high", scene, down=int(not span.known)),
        group=Group(**owner, role="client", service=place),
        n=len(used),
        base=span.size,
        verdict=_verdict(used, span, f"{first['local_addr']} to {place}", owner.get("owner")),
        sockets=labels(used),
        limits=dict(limits),
        evidence=(*_evidence(used, span, owners), *setting(scene, TW_REUSE)),
        cause=_cause(used),
        next=_steps(scene, first),
        caveats=_caveats(scene, span),
    )


def _verdict(used: pd.DataFrame, span: Range, way: str, owner: str | None) -> str:
    waiting = _waiting(used)
    in_time_wait = f", {thousands(waiting)} of them in TIME_WAIT" if waiting else ""
    left = span.size - len(used)
    rest = f"{thousands(left)} {'is' if left == 1 else 'are'}" if left else "none is"
    share = percent(len(used), span.size)
    return (
        f"{thousands(len(used))} of {thousands(span.size)} local ports from {way} are in use "
        f"({share}){in_time_wait}: {rest} left for {actor(owner, LOCAL_PROGRAM)}."
    )


def _evidence(used: pd.DataFrame, span: Range, owners: pd.Series[str]) -> tuple[str, ...]:
    lines = [f"range {span.low}-{span.high}: {span.source}", f"states: {top(used['state'], 5)}"]
    if len(owners):
        lines.append(f"owners: {top(owners)}")
    return tuple(lines)


def _cause(used: pd.DataFrame) -> tuple[str, ...]:
    if _waiting(used) * 2 >= len(used):
        return (
            "most ports wait in TIME_WAIT: suggests a new connection for each request, no pool",
        )
    return ("most connections are still open: suggests a pool without a limit, or a leak",)


def _caveats(scene: Scene, span: Range) -> tuple[str, ...]:
    again = "whether tcp_tw_reuse lets ports in TIME_WAIT be taken again"
    unknown = scene.os == "linux" and sysctl(scene, TW_REUSE) is None
    return (*span.doubts, again) if unknown else span.doubts


def _steps(scene: Scene, first: pd.Series[Any]) -> tuple[Step, ...]:
    return advice.steps(
        scene,
        {"linux": f"ss -tan {advice.dst(first['remote_addr'], first['remote_port'])}"},
        advice.PORT_RANGE,
        {"windows": "netstat -anobq"},
        "keep connections alive and pool them, then widen: more addresses, a wider range",
    )


DIAGNOSES = (
    Diagnosis(
        "ephemeral-exhaustion-tuple",
        "Are the local ports towards one destination nearly used up?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("time-wait-churn", "service"), Absorbs("conn-leak-backend", "service")),
        refs=REFS,
        states=("TIME_WAIT",),
    ),
)
