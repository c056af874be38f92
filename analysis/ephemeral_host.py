"""A host that runs out of local ports altogether."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import labels, owner_of, settle
from nsparse.judging.evidence.portrange import crowded, different, drawn_from, least_used, widened
from nsparse.judging.scene.scope import WILDCARDS
from nsparse.prose import percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.evidence.portrange import Range
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

SEVERE: tuple[Severity, ...] = ("critical", "warning", "notice")
SHARED = ("linux", None)
"""Systems that give one local port to connections towards different destinations."""
WAY = ("remote_addr", "remote_port")
ELSEWHERE = 0.1
"""Part of the rows beyond the largest destination from which on shared ports would be seen."""

NUMBERS = (
    Number("used", 200, "a test with a range of ten ports is no shortage"),
    Number("notice", 0.5, "half of the ports of the host"),
    Number("warning", 0.8, "a burst away from the end"),
    Number("critical", 0.95, "connect() and bind() fail now, or within moments"),
    Number("alone", 1000, "so many ports, none used twice: the program binds before it connects"),
    Number("outside", 0.05, "ports beyond the assumed range that show it to be wider"),
)
REFS = ("Microsoft: Troubleshoot port exhaustion issues", "ip(7) IP_BIND_ADDRESS_NO_PORT")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the host out of local ports altogether?

    Means: most local ports of the range are taken, whatever they lead to. On Windows and macOS the
        next connection of any program fails: logons, shares, name lookups. On Linux ports are
        shared between destinations, unless a program binds one before it connects.
    Do: find the process with most of them and have it reuse or close them. On Windows `netstat
        -anobq` and the events 4227 and 4231; on Linux drop the bind, or set
        IP_BIND_ADDRESS_NO_PORT. A reboot helps for a time only.
    False alarms: a busy Linux proxy with 100 000 connections to many peers; one destination alone
        that fills the range is the matter of ephemeral-exhaustion-tuple.
    """
    from nsparse.judging.scene.rows import Rows

    drawn = drawn_from(scene)
    least = least_used(drawn, limits, SEVERE)
    for addr, place in _places(scene, least):
        ports = scene.view.numbers("local_port")[place]
        span = widened(drawn, ports, limits["outside"])
        within = (ports >= span.low) & (ports <= span.high)
        used = different(ports[within])
        if used < least or used < span.size * min(limits[severity] for severity in SEVERE):
            continue
        inside = place if within.all() else place[within]
        severity = _severity(scene, limits, inside, used, span)
        if severity is not None:
            yield _finding(scene, limits, Rows(scene.view, inside), span, used, severity, addr)


def _taken(scene: Scene) -> Bools:
    """What takes a local port: connections that were made from here, bound ports, listeners."""
    view = scene.view
    out = view.true("concrete") & ~view.is_("role", "server")
    held = out | view.is_("state", "BOUND") | view.is_("role", "listener")
    return held & view.known("local_port")


def _places(scene: Scene, least: float) -> Iterator[tuple[str, Ints]]:
    """What shares one range: the host, on Windows and Linux each of its addresses."""
    import numpy as np

    view = scene.view
    wild, taken = view.is_("local_addr", *WILDCARDS), _taken(scene)
    if taken.sum() < least:
        return
    alone = view.codes("netns").size == 1  # then there is nothing to sort by
    for space in [taken.nonzero()[0]] if alone else view.lots(taken, least=least):
        free = wild[space]
        anywhere, here = space[free], space[~free] if free.any() else space
        if scene.os not in ("windows", *SHARED) or not len(here):
            yield "", space
            continue
        for part in view.lots(crowded(view, here, least - len(anywhere)), "local_addr"):
            both = np.insert(part, np.searchsorted(part, anywhere), anywhere)
            yield str(view.cell("local_addr", part[0])), both


def _severity(
    scene: Scene, limits: Limits, inside: Ints, used: int, span: Range
) -> Severity | None:
    reached = [severity for severity in SEVERE if used >= limits[severity] * span.size]
    view, out = scene.view, inside[scene.view.known("remote_port")[inside]]
    ways, ports = view.keys_at(out, *WAY), view.numbers("local_port")[out]
    if not reached or _one_way(ways, ports, (1 - ELSEWHERE) * used):
        return None
    if scene.os in SHARED and not _binds(ways, ports, limits["alone"]):
        return "info"
    return reached[0]


def _one_way(ways: Ints, ports: Ints, least: float) -> bool:
    """Whether nearly all ports are used towards one destination: that is another finding."""
    from nsparse.judging.arrays.lots import distinct, may_be_many

    some = may_be_many(ways, least) & (ways >= 0)
    return int(distinct(ways[some], ports[some]).max(initial=0)) >= least


def _binds(ways: Ints, ports: Ints, least: float) -> bool:
    """Whether a program reserves each port: none is used twice towards different destinations."""
    import numpy as np

    if different(ports) < least or ways.min(initial=0) < 0:
        return False
    way_of = np.zeros(int(ports.max(initial=0)) + 1, dtype=np.int64)
    way_of[ports] = ways
    return bool((way_of[ports] == ways).all())


def _finding(
    scene: Scene,
    limits: Limits,
    inside: Rows,
    span: Range,
    used: int,
    severity: Severity,
    addr: str,
) -> Finding:
    view, owners = scene.view, inside.leading("owner", 3)
    mostly = [owner for owner, n in owners.items() if 2 * n > len(inside)]
    first = inside.part(view.is_("owner", *mostly)[inside.at]).row(0) if mostly else None
    bound = int(view.is_("state", "BOUND")[inside.at].sum())
    return Finding(
        id="ephemeral-exhaustion-host",
        severity=severity,
        confidence=settle("high", scene, up=int(bound > 0), down=int(not span.known)),
        group=Group(**owner_of(first)) if first is not None else Group(),
        n=used,
        base=span.size,
        verdict=_verdict(inside, span, used, severity, addr),
        sockets=labels(inside),
        limits=dict(limits),
        evidence=_evidence(inside, span, owners),
        cause=_cause(severity, shared=scene.os in SHARED),
        next=advice.steps(
            scene,
            advice.PORT_RANGE,
            {"windows": "netstat -anobq"},
            {"windows": "Get-NetTCPConnection | Group-Object State,OwningProcess"},
            {"linux": "ss -tanp"},
        ),
        caveats=span.doubts,
    )


def _verdict(inside: Rows, span: Range, used: int, severity: Severity, addr: str) -> str:
    at = f" of {addr}" if addr else ""
    said = f"{thousands(used)} of {thousands(span.size)} local ports{at} are taken"
    share, left = percent(used, span.size), thousands(span.size - used)
    if severity == "info":
        return f"{said} ({share}), but towards different destinations ports are shared."
    there = _destinations(inside)
    far = f" by connections to {thousands(there)} destinations" if there > 1 else ""
    return f"{said}{far} ({share}): {left} are left for all programs of the host."


def _destinations(inside: Rows) -> int:
    """How many different ends the ports lead to."""
    view = inside.view
    out = inside.at[view.known("remote_port")[inside.at]]
    return len(set(view.keys_at(out, *WAY).tolist()))


def _evidence(inside: Rows, span: Range, owners: Mapping[str, int]) -> tuple[str, ...]:
    states = inside.leading("state", 5)
    lines = [f"range {span.low}-{span.high}: {span.source}", f"states: {top(states, 5)}"]
    return (*lines, f"owners: {top(owners)}") if owners else tuple(lines)


def _cause(severity: Severity, *, shared: bool) -> tuple[str, ...]:
    if severity == "info":
        return ("many connections to many peers",)
    if shared:
        return ("no port is used twice: this suggests a bind to port 0 before each connect",)
    return ("a program that keeps too many connections, or does not close sockets",)


DIAGNOSES = (
    Diagnosis(
        "ephemeral-exhaustion-host",
        "Is the host out of local ports altogether?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("BOUND", "TIME_WAIT"),
    ),
)
