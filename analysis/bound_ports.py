"""Ports that are bound and lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import LOCAL_PROGRAM, WHOSE, labels, owner_of, settle
from nsparse.judging.evidence.portrange import drawn_from
from nsparse.judging.scene.scope import scope
from nsparse.prose import actor, percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene


NUMBERS = (
    Number("notice", 500, "no program needs so many ports that lead nowhere"),
    Number("warning", 0.1, "a tenth of the ports of the host"),
    Number("critical", 0.5, "half of the ports of the host"),
)
REFS = ("Microsoft: Troubleshoot port exhaustion issues", "ss(8) bound-inactive")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a process hold ports without any connection?

    Means: the ports are bound and no connection uses them: sockets that were not closed after an
        error, or after their connection ended. Nobody else gets the ports.
    Do: look at the handle count of the process (in Process Explorer, `Afd`), and ask its
        vendor. A restart of it gives the ports back for a time.
    False alarms: on Windows an outgoing connection may show a second row that is BOUND: a port that
        a connection uses does not count.
    """
    view = scene.view
    bound = view.is_("state", "BOUND") & view.known("local_port")
    if bound.sum() < min(limits["notice"], limits["warning"] * drawn_from(scene).size):
        return
    bound = bound & ~_used(scene, bound)
    for lot in view.lots(bound, "owner"):
        part = view.pick(lot, *WHOSE, "proto", "local_addr", "local_port")
        ports = part.drop_duplicates(["proto", "local_port"])
        severity = _severity(scene, limits, ports)
        if severity is not None:
            yield _finding(scene, limits, ports, severity)


def _used(scene: Scene, bound: Bools) -> Bools:
    """Ports that a connection or a listener uses."""
    view, at = scene.view, bound.nonzero()[0]
    linked = view.true("concrete") | view.is_("state", "LISTEN")
    one = view.where("local_addr", _is_one, bound)[at]
    by_port = view.tally(at, linked, "local_port") > 0
    exact = view.tally(at, linked, "local_addr", "local_port") > 0
    found = bound.copy()
    found[at] = (by_port & ~one) | exact
    return found


def _is_one(addr: str) -> bool:
    """Whether it is one address: that of a name, or none, may be any of the host."""
    return scope(addr) not in ("any", "")


def _inside(scene: Scene, ports: pd.DataFrame) -> int:
    drawn = drawn_from(scene)
    return int(ports["local_port"].between(drawn.low, drawn.high).sum())


def _severity(scene: Scene, limits: Limits, ports: pd.DataFrame) -> Severity | None:
    share = _inside(scene, ports) / drawn_from(scene).size
    if share >= limits["critical"]:
        return "critical"
    if share >= limits["warning"]:
        return "warning"
    return "notice" if len(ports) >= limits["notice"] else None


def _finding(scene: Scene, limits: Limits, ports: pd.DataFrame, severity: Severity) -> Finding:
    first, drawn, n = ports.iloc[0], drawn_from(scene), len(ports)
    owner = actor(first["owner"], LOCAL_PROGRAM)
    share = percent(_inside(scene, ports), drawn.size)
    return Finding(
        id="bound-pile",
        severity=severity,
        confidence=settle("high", scene, down=int(not drawn.known)),
        group=Group(**owner_of(first)),
        n=n,
        base=drawn.size,
        verdict=(
            f"{thousands(n)} of {thousands(drawn.size)} dynamic ports are bound without a "
            f"connection by {owner} ({share})."
        ),
        sockets=labels(ports),
        limits=dict(limits),
        evidence=(
            f"range {drawn.low}-{drawn.high}: {drawn.source}",
            f"addresses: {top(ports['local_addr'])}",
        ),
        cause=("suggests sockets that are not closed after an error",),
        next=advice.steps(
            scene,
            {"windows": "netstat -anobq"},
            {"windows": "Process Explorer: handles of the process, \\Device\\Afd"},
            advice.of_process(advice.DESCRIPTORS, first),
        ),
        caveats=drawn.doubts,
    )


DIAGNOSES = (
    Diagnosis(
        "bound-pile",
        "Does a process hold ports without any connection?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("BOUND",),
    ),
)
