"""Sockets that no program holds any more come near the kernel's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice, orphaned, stated
from nsparse.judging.evidence.finding import labels, peers_of, settle
from nsparse.judging.evidence.orphaned import LIMIT
from nsparse.prose import percent, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.judging.scene.scene import Scene

DIAGNOSED = {
    "FIN_WAIT_1": "fin-wait1-stuck",
    "LAST_ACK": "last-ack-pile",
    "CLOSING": "closing-pile",
    "FIN_WAIT_2": "fin-wait2-stuck",
}

NUMBERS = (
    Number("notice", 1000, "limit unknown: small machines have one of 1024"),
    Number("warning", 5000, "limit unknown: at 64 KB each they may hold 300 MB"),
    Number("warning_share", 0.5, "of tcp_max_orphans: the kernel counts some of them twice"),
    Number("critical_share", 0.9, "of tcp_max_orphans: beyond it connections are reset at once"),
)
REFS = ("ip-sysctl tcp_max_orphans",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """How close is the kernel to "too many orphaned sockets"?

    Means: these connections are closed by their programs, and the kernel still waits for the other
        ends. Each may hold about 64 KB of memory that cannot be swapped; over tcp_max_orphans the
        kernel resets what is closed next, and data that was under way is lost.
    Do: find out why the other ends do not answer, by the state that most of them are in. Raise
        tcp_max_orphans only after that.
    False alarms: TIME_WAIT, half-open connections and those that wait to be accepted have no inode
        either, and are not counted.
    """
    found = orphaned.orphans(scene)
    severity = _severity(found, limits)
    if severity is not None:
        orphans = scene.view.pick(orphaned.rows(scene), "state", "remote_addr")
        yield _finding(scene, limits, orphans, found.n, found.limit, severity)


def _severity(found: orphaned.Orphans, limits: Limits) -> Severity | None:
    if found.limit:
        if found.fill(limits["critical_share"]):
            return "critical"
        return "warning" if found.fill(limits["warning_share"]) else None
    if found.n >= limits["warning"]:
        return "warning"
    return "notice" if found.n >= limits["notice"] else None


def _finding(
    scene: Scene, limits: Limits, orphans: pd.DataFrame, n: int, limit: int, severity: Severity
) -> Finding:
    counts = orphans["state"].value_counts()
    states = [str(state) for state in counts[counts > 0].index[:1]]
    return Finding(
        id="orphan-pressure",
        severity=severity,
        confidence=settle("high", scene, up=_agrees(scene, n), down=int(not limit)),
        group=Group(),
        n=n,
        base=limit or None,
        verdict=_verdict(n, limit),
        sockets=labels(orphans),
        limits={**limits, **({"tcp_max_orphans": float(limit)} if limit else {})},
        evidence=(
            *((f"states: {top(orphans['state'], 4)}", peers_of(scene, orphans)) if states else ()),
            *stated.setting(scene, LIMIT),
            *stated.orphaned(scene),
        ),
        cause=tuple(
            f"most are {state}: the other ends do not answer, see {DIAGNOSED[state]}"
            for state in states
        ),
        next=_steps(scene, states),
        caveats=tuple(_unseen(states, limit)),
    )


def _unseen(states: list[str], limit: int) -> Iterator[str]:
    if not states:
        yield "which connections they are: the dump shows no inodes, or was taken later"
    if not limit:
        yield f"{LIMIT} of the host: sysctl -a, in the bundle"


def _agrees(scene: Scene, n: int) -> int:
    """Whether the kernel counts at least half as many: it was asked at another moment."""
    return int(2 * stated.orphans(scene) >= n)


def _verdict(n: int, limit: int) -> str:
    held = f"{plural(n, 'connection')} {'is' if n == 1 else 'are'} held by the kernel alone"
    if not limit:
        return f"{held} until their peers answer: the limit of the kernel is not known."
    left = limit - n
    rest = f"{thousands(left)} below" if left > 0 else "at or over"
    return f"{held}, {percent(n, limit)} of {thousands(limit)}: {rest} what the kernel allows."


def _steps(scene: Scene, states: list[str]) -> tuple[Step, ...]:
    return advice.steps(
        scene,
        {"linux": "cat /proc/net/sockstat"},
        {"linux": f"sysctl {LIMIT}"},
        *(advice.sockets(state, flags="oe") for state in states),
        {"linux": "dmesg | grep -i 'too many orphaned'"},
    )


DIAGNOSES = (
    Diagnosis(
        "orphan-pressure",
        'How close is the kernel to "too many orphaned sockets"?',
        check,
        needs=("states", "inode|sockstat"),
        numbers=NUMBERS,
        refs=REFS,
        states=("FIN_WAIT_1", "LAST_ACK", "CLOSING"),
    ),
)
