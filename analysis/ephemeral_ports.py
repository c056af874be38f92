"""The local ports towards one destination run out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.finding import (
    LOCAL_PROGRAM,
    endpoint,
    netns_of,
    owner_of,
    settle,
    slim,
    steps_for,
    sysctl,
)
from nsparse.measure import actor, percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.scene import Scene

SEVERE: tuple[Severity, ...] = ("critical", "warning", "notice")
LOWERED: dict[Severity, Severity] = {"critical": "warning", "warning": "notice", "notice": "info"}
RANGE = ("ephemeral_low", "ephemeral_high")
REUSE_SINCE = (4, 19)
"""Linux: since then tcp_tw_reuse is 2 by default, reuse of TIME_WAIT ports on loopback."""
NAMES = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}

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


@dataclass(frozen=True)
class Range:
    """The local ports that connect() draws from, and how we know."""

    low: int
    high: int
    source: str
    known: bool
    reserved: int = 0

    @property
    def size(self) -> int:
        """How many ports it has for connect()."""
        return max(1, self.high - self.low + 1 - self.reserved)


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
    out = _outgoing(scene.rows)
    keys = [netns_of(out), out["local_addr"], out["remote_addr"], out["remote_port"]]
    sizes = out.groupby(keys, sort=False)["local_port"].transform("size")
    out = out[sizes >= limits["used"]]
    drawn = _range(scene)
    keys = [netns_of(out), out["local_addr"], out["remote_addr"], out["remote_port"]]
    for _, part in slim(out).groupby(keys, sort=False):
        ports = part.drop_duplicates("local_port")
        span = _widened(drawn, ports["local_port"], limits["outside"])
        used = ports[ports["local_port"].between(span.low, span.high)]
        severity = _severity(used, span, scene, limits)
        if severity is not None:
            yield _finding(scene, limits, used, span, severity)


def _outgoing(rows: pd.DataFrame) -> pd.DataFrame:
    """Connections that use up a local port: every state, but for those made to a listener here."""
    out = rows[rows["concrete"] & (rows["role"] != "server") & rows["local_port"].notna()]
    if "addr_truncated" in out:
        out = out[~out["addr_truncated"].fillna(False).astype("bool")]
    return out


def _range(scene: Scene) -> Range:
    """The range in force without the ports that are reserved, or the default of the system."""
    known = not scene.constants.assumed.intersection(RANGE)
    system = NAMES.get(scene.os or "", "usual")
    source = "the range of the host" if known else f"assumed, the {system} default"
    low, high = scene.constants.ephemeral_low, scene.constants.ephemeral_high
    reserved = _ports_of(sysctl(scene, "net.ipv4.ip_local_reserved_ports") or "")
    return Range(low, high, source, known, sum(low <= port <= high for port in reserved))


def _ports_of(ranges: str) -> set[int]:
    """The ports of a list such as `8080,9148-9150`."""
    found: set[int] = set()
    for part in re.findall(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", ranges):
        found.update(range(int(part[0]), int(part[1] or part[0]) + 1))
    return found


def _widened(drawn: Range, ports: pd.Series[int], outside: float) -> Range:
    """An assumed range, made as wide as the ports in use show that it is."""
    beyond = int((~ports.between(drawn.low, drawn.high)).sum())
    if drawn.known or beyond < outside * len(ports):
        return drawn
    low, high = min(drawn.low, int(ports.min())), max(drawn.high, int(ports.max()))
    return Range(low, high, "assumed, the ports in use lie in it", known=False)


def _severity(used: pd.DataFrame, span: Range, scene: Scene, limits: Limits) -> Severity | None:
    share = len(used) / span.size
    reached = [severity for severity in SEVERE if share >= limits[severity]]
    if len(used) < limits["used"] or not reached:
        return None
    waiting = int((used["state"] == "TIME_WAIT").sum())
    if waiting >= limits["reusable"] * len(used) and _reuses(used, scene):
        return LOWERED[reached[0]]
    return reached[0]


def _reuses(used: pd.DataFrame, scene: Scene) -> bool:
    """Whether the kernel may take ports out of TIME_WAIT, by its setting or its default."""
    if scene.os != "linux":
        return False
    reuse = sysctl(scene, "net.ipv4.tcp_tw_reuse")
    if reuse is None:
        reuse = "2" if _version(scene.constants.kernel) >= REUSE_SINCE else "0"
    remote = str(used["remote_addr"].iat[0])
    loopback = remote.startswith("127.") or remote == "::1"
    return reuse == "1" or (reuse == "2" and loopback)


def _version(kernel: str | None) -> tuple[int, ...]:
    """Its first two numbers; a kernel that is unknown is taken as a new one."""
    numbers = re.findall(r"[0-9]+", kernel or "")[:2]
    return tuple(map(int, numbers)) or REUSE_SINCE


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
        sockets=tuple(int(label) for label in used.index),
        limits=dict(limits),
        evidence=_evidence(used, span, owners),
        cause=_cause(used),
        next=_steps(scene, first),
        caveats=_caveats(scene, span),
        refs=REFS,
    )


def _verdict(used: pd.DataFrame, span: Range, way: str, owner: str | None) -> str:
    waiting = int((used["state"] == "TIME_WAIT").sum())
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
    if int((used["state"] == "TIME_WAIT").sum()) * 2 >= len(used):
        return (
            "most ports wait in TIME_WAIT: suggests a new connection for each request, no pool",
        )
    return ("most connections are still open: suggests a pool without a limit, or a leak",)


def _caveats(scene: Scene, span: Range) -> tuple[str, ...]:
    said = [] if span.known else ["the port range and the reserved ports of the host: assumed"]
    if scene.os == "linux":
        said.append("whether tcp_tw_reuse lets ports in TIME_WAIT be taken again")
    return tuple(said)


def _steps(scene: Scene, first: pd.Series[Any]) -> tuple[Step, ...]:
    return steps_for(
        scene,
        linux=(
            f"ss -tan dst {endpoint(first['remote_addr'], first['remote_port'])}",
            "sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports",
        ),
        macos=("sysctl net.inet.ip.portrange",),
        windows=("netsh int ipv4 show dynamicport tcp", "netstat -anobq"),
        other=("keep connections alive and pool them, then widen: more addresses, a wider range",),
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
    ),
)
