"""Windows connections that hang in deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import labels, peers_of, settle
from nsparse.prose import are, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.scene import Scene

NUMBERS = (Number("warning", 50, "the state lasts for a moment: a pile of them is stuck"),)
REFS = ("MIB_TCP_STATE (Microsoft)",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are Windows connections hanging in deletion?

    Means: the stack has given the connections up and is about to forget them. That takes a moment;
        a pile means that it cannot finish, mostly because a filter driver holds them.
    Do: look for network filters of other vendors (security suites, VPN), update or remove them; a
        reboot clears the pile.
    False alarms: a handful in one dump.
    """
    view = scene.view
    for lot in view.lots(view.is_("state", "DELETE_TCB")):
        yield _finding(scene, limits, view.pick(lot, "remote_addr", "persistent"))


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    n = len(part)
    severity: Severity = "warning" if n >= limits["warning"] else "info"
    stuck = int(part["persistent"].sum())
    rest = "the stack cannot finish" if severity == "warning" else "gone in a moment, as a rule"
    return Finding(
        id="delete-tcb",
        severity=severity,
        confidence=settle("medium", scene, up=int(stuck > 0), cap="high" if stuck else "medium"),
        group=Group(),
        n=n,
        verdict=f"{plural(n, 'connection')} {are(n)} being deleted (DELETE_TCB): {rest}.",
        sockets=labels(part),
        limits=dict(limits),
        evidence=(peers_of(scene, part),),
        cause=("a pile suggests a network filter that holds them",),
        next=advice.steps(
            scene, {"windows": "netsh wfp show state"}, {"windows": "Get-NetAdapterBinding"}
        ),
        caveats=() if stuck else ("whether they stay: take a second snapshot",),
    )


DIAGNOSES = (
    Diagnosis(
        "delete-tcb",
        "Are Windows connections hanging in deletion?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("DELETE_TCB",),
    ),
)
