"""Sockets that no program holds any more come near the kernel's limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import flagged, labels, peers, settle, slim, sysctl
from nsparse.prose import percent, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.judging.scene import Scene

LIMIT = "net.ipv4.tcp_max_orphans"
STATES = ("FIN_WAIT_1", "LAST_ACK", "CLOSING", "FIN_WAIT_2")
"""States in which a socket that no program holds still counts. TIME_WAIT does not, SYN_RECV and
connections that nobody has accepted never had a program."""
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
    orphans = _orphans(scene)
    known = sysctl(scene, LIMIT)
    limit = int(known) if known and known.isdecimal() else 0
    severity = _severity(len(orphans), limit, limits)
    if severity is not None:
        yield _finding(scene, limits, orphans, limit, severity)


def _orphans(scene: Scene) -> pd.DataFrame:
    """Connections whose inode is 0.

    An orphan in FIN_WAIT_2 soon is a time-wait entry that keeps the name; only timers tell.
    """
    rows = scene.rows
    states = STATES if "timers" in scene.has else STATES[:-1]
    found = rows[rows["state"].isin(states) & rows["concrete"]]
    nobody = found["inode"].isna() & ~found["owned"]
    return slim(found[nobody & ~flagged(found["timer"] == "timewait")])


def _severity(n: int, limit: int, limits: Limits) -> Severity | None:
    if limit:
        if n >= limits["critical_share"] * limit:
            return "critical"
        return "warning" if n >= limits["warning_share"] * limit else None
    if n >= limits["warning"]:
        return "warning"
    return "notice" if n >= limits["notice"] else None


def _finding(
    scene: Scene, limits: Limits, orphans: pd.DataFrame, limit: int, severity: Severity
) -> Finding:
    state = str(orphans["state"].value_counts().index[0])
    return Finding(
        id="orphan-pressure",
        severity=severity,
        confidence=settle("high", scene, down=int(not limit)),
        group=Group(),
        n=len(orphans),
        base=limit or None,
        verdict=_verdict(len(orphans), limit),
        sockets=labels(orphans),
        limits={**limits, **({"tcp_max_orphans": float(limit)} if limit else {})},
        evidence=(f"states: {top(orphans['state'], 4)}", peers(orphans)),
        cause=(f"most are {state}: the other ends do not answer, see {DIAGNOSED[state]}",),
        next=_steps(scene, state),
        caveats=() if limit else (f"{LIMIT} of the host: sysctl -a, in the bundle",),
    )


def _verdict(n: int, limit: int) -> str:
    held = f"{plural(n, 'connection')} {'is' if n == 1 else 'are'} held by the kernel alone"
    if not limit:
        return f"{held} until their peers answer: the limit of the kernel is not known."
    left = limit - n
    rest = f"{thousands(left)} below" if left > 0 else "at or over"
    return f"{held}, {percent(n, limit)} of {thousands(limit)}: {rest} what the kernel allows."


def _steps(scene: Scene, state: str) -> tuple[Step, ...]:
    return advice.steps(
        scene,
        {"linux": "cat /proc/net/sockstat"},
        {"linux": f"sysctl {LIMIT}"},
        advice.sockets(state, flags="oe"),
        {"linux": "dmesg | grep -i 'too many orphaned'"},
    )


DIAGNOSES = (
    Diagnosis(
        "orphan-pressure",
        'How close is the kernel to "too many orphaned sockets"?',
        check,
        needs=("states", "inode"),
        numbers=NUMBERS,
        refs=REFS,
        states=("FIN_WAIT_1", "LAST_ACK", "CLOSING"),
    ),
)
