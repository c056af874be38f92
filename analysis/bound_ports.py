"""Ports that are bound and lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import LOCAL_PROGRAM, keyed, labels, netns_of, owner_of, settle, slim
from nsparse.judging.portrange import drawn_from
from nsparse.prose import actor, percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene import Scene

WILD = ("0.0.0.0", "::", "*")

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
    rows = scene.rows
    bound = rows[(rows["state"] == "BOUND") & rows["local_port"].notna()]
    if len(bound) < min(limits["notice"], limits["warning"] * drawn_from(scene).size):
        return
    bound = slim(bound[~_used(rows, bound)])
    for _, part in bound.groupby(keyed(bound, "owner"), sort=False):
        ports = part.drop_duplicates(["proto", "local_port"])
        severity = _severity(scene, limits, ports)
        if severity is not None:
            yield _finding(scene, limits, ports, severity)


def _used(rows: pd.DataFrame, bound: pd.DataFrame) -> pd.Series[bool]:
    """Whether a connection or a listener uses the port: a wildcard is any address."""
    linked = rows[(rows["concrete"] | (rows["state"] == "LISTEN")) & rows["local_port"].notna()]
    wild = bound["local_addr"].isin(WILD)
    by_port = _keys(bound).isin(_keys(linked))
    exact = _keys(bound, "local_addr").isin(_keys(linked, "local_addr"))
    return (wild & by_port) | exact


def _keys(rows: pd.DataFrame, *more: str) -> pd.Series[Any]:
    keys = netns_of(rows) + " " + rows["local_port"].astype("str")
    for name in more:
        keys = keys + " " + rows[name].astype("object")
    return keys


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
        caveats=() if drawn.known else ("the port range of the host: assumed",),
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
