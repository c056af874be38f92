"""A peer has stopped reading from us: its receive window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging import advice
from nsparse.judging.elsewhere import before, other_ends
from nsparse.judging.finding import (
    GROUPED,
    LOCAL_PROGRAM,
    flagged,
    group_of,
    labels,
    peers,
    settle,
)
from nsparse.prose import actor, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.scene import Scene

# After our close the wait is the closing family's matter (FIN_WAIT_1 with a closed window).
STATES = ("ESTABLISHED", "CLOSE_WAIT")
PROGRAM = "program"
SHOWN = ("group", "pair", "remote_addr", "remote_port", "send_q", "timer_ms", "probes")
"""What is told of a connection, beside whose it is."""
LASTS_S = 120
"""So far apart two snapshots prove that it lasts (diagnoses: thresholds)."""
PEERS_NAMED = 5
"""Peers of one service with a finding each; more of them are one finding."""

NUMBERS = (
    Number("few", 3, "three closed windows are more than one slow reader"),
    Number("remaining_s", 5, "the interval doubles from 0.2 s: so long a one proves a long wait"),
    Number("probes", 3, "a peer that lets three probes pass is silent, not slow"),
    Number("critical", 20, "so many blocked writes hold up the program itself"),
    Number("share", 0.5, "half of what the program serves"),
)
REFS = ("ss(8)", "RFC 9293 3.8.6.1", "RFC 6429")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which peer's program has stopped reading from us?

    Means: the kernel probes a window that the other end holds closed: that program does not read,
        and what we write to it waits here. A peer that keeps answering the probes keeps the
        connection for ever.
    Do: look at the program at the other end. Here: a write timeout, a bounded queue for each
        client, TCP_USER_TIMEOUT.
    False alarms: one slow consumer for a moment, such as a paused video or a pager.
    """
    view = scene.view
    stuck = view.is_("state", *STATES) & view.is_("timer", "persist") & view.above("send_q", 0)
    if not stuck.any():
        return
    closed, at = _told(scene, view.pick(stuck, *GROUPED, *SHOWN)), stuck.nonzero()[0]
    blocked = view.sizes(at, PROGRAM)
    bases = view.tally(at, stuck | view.is_("state", "ESTABLISHED"), PROGRAM)
    told = dict(zip(at.tolist(), zip(blocked.tolist(), bases.tolist(), strict=True), strict=True))
    keys = [view.keys(PROGRAM)[at], closed["group"], _each(closed)]
    for _, part in closed.groupby(keys, sort=False):
        yield _finding(scene, limits, part, *told[part.index[0]])


def _told(scene: Scene, closed: pd.DataFrame) -> pd.DataFrame:
    """The rows with what else is known of them.

    That is `seen` (closed in the snapshot before), `lasting` (closed long before), `reader` (the
    program at the other end) and `unread` (it has bytes of ours unread).
    """
    ends = other_ends(scene, closed, ["owner", "recv_q"])
    return closed.assign(
        seen=before(scene, closed, ["timer"])["timer"] == "persist",
        lasting=before(scene, closed, ["timer"], LASTS_S)["timer"] == "persist",
        reader=ends["owner"].fillna(""),
        unread=flagged(ends["recv_q"] > 0),
    )


def _each(closed: pd.DataFrame) -> pd.Series[str]:
    """The peer of each row; all the same where a service has too many of them."""
    several = closed.groupby("group")["remote_addr"].transform("nunique")
    return closed["remote_addr"].astype("object").where(several <= PEERS_NAMED, "")


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, blocked: int, base: int) -> Finding:
    wait, probes = _most(part["timer_ms"]) / 1000, _most(part["probes"])
    silent = probes if probes >= limits["probes"] else 0
    severity: Severity = "notice"
    if blocked >= limits["critical"] and blocked / base >= limits["share"]:
        severity = "critical"
    elif (
        len(part) >= limits["few"] or wait >= limits["remaining_s"] or silent or part["seen"].any()
    ):
        severity = "warning"
    who, one = _who(part)
    return Finding(
        id="zero-window",
        severity=severity,
        confidence=_confidence(scene, part, proven=wait >= limits["remaining_s"]),
        group=group_of(part.iloc[0]),
        n=len(part),
        base=base,
        verdict=_verdict(part, who, one=one, wait=wait, probes=silent),
        sockets=labels(part),
        limits=dict(limits),
        evidence=_evidence(part, blocked, base),
        cause=_cause(who, silent=silent > 0),
        next=_steps(scene, part),
        caveats=("what the program at the other end does: its own dump shows the Recv-Q",),
    )


def _most(values: pd.Series[Any]) -> int:
    return int(values.fillna(0).max())


def _confidence(scene: Scene, part: pd.DataFrame, *, proven: bool) -> Confidence:
    """The timer says it outright; its age, or bytes unread at the other end, say it twice."""
    up = proven + bool(part["unread"].any()) + bool(part["lasting"].any())
    return settle("high", scene, up=up, down=int((part["role"] == "unknown").any()))


def _who(part: pd.DataFrame) -> tuple[str, bool]:
    """Who does not read: a program in these dumps or an address; or how many. And if it is one."""
    readers = part["reader"].unique()
    if len(readers) == 1 and readers[0]:
        return str(readers[0]), True
    there = part["remote_addr"].dropna().unique()
    return (str(there[0]), True) if len(there) == 1 else (plural(len(there), "peer"), False)


def _verdict(part: pd.DataFrame, who: str, *, one: bool, wait: float, probes: int) -> str:
    n = len(part)
    has = "has" if one else "have"
    told = ["window closed"]
    if probes:
        told.append(f"{plural(probes, 'probe')} unanswered")
    if wait >= 1:
        told.append(f"{'on one ' if n > 1 else ''}for at least {int(wait)} s")
    said = ", ".join(told) if n > 1 or probes else " ".join(told)
    fault = "stopped answering" if probes else "stopped reading"
    waiting = plural(int(part["send_q"].sum()), "byte")
    return (
        f"{who} {has} {fault} on {plural(n, 'connection')} ({said}); "
        f"{waiting} wait to be sent to {'it' if one else 'them'}."
    )


def _evidence(part: pd.DataFrame, blocked: int, base: int) -> tuple[str, ...]:
    longest = part.sort_values("timer_ms", ascending=False, kind="stable").head(3)
    cells = zip(
        longest["remote_addr"],
        longest["remote_port"],
        longest["send_q"],
        longest["timer_ms"].fillna(0),
        longest["probes"].fillna(0),
        strict=True,
    )
    lines = [
        f"{addr} port {port}: Send-Q {thousands(int(send_q))}, next probe in {ms / 1000:.1f} s, "
        f"{plural(int(probes), 'probe')} unanswered"
        for addr, port, send_q, ms, probes in cells
    ]
    if part["remote_addr"].nunique() > 1:
        lines.append(peers(part))
    owner = actor(str(part["owner"].iat[0]), LOCAL_PROGRAM)
    lines.append(f"{blocked} of {plural(base, 'connection')} of {owner} wait for a closed window")
    return tuple(lines)


def _cause(who: str, *, silent: bool) -> tuple[str, ...]:
    if silent:
        return (f"{who} does not answer window probes: its host or the path to it suggests itself",)
    return (f"the program at {who} does not read what it is sent: it hangs, or is too slow",)


def _steps(scene: Scene, part: pd.DataFrame) -> tuple[Step, ...]:
    peer = part["remote_addr"].iat[0]
    return advice.steps(
        scene,
        {"linux": f"ss -tanpoi dst {peer}", "macos": "netstat -anv"},
        {
            "linux": "at the other end: ss -tanp, then a stack of the owner",
            "macos": f"sudo tcpdump -nni any host {peer}",
        },
        "here: a write timeout, a bounded queue for each client, TCP_USER_TIMEOUT",
    )


DIAGNOSES = (
    Diagnosis(
        "zero-window",
        "Which peer's program has stopped reading from us?",
        check,
        needs=("queues", "timers"),
        numbers=NUMBERS,
        absorbs=(Absorbs("send-q-backlog"), Absorbs("limited-by")),
        refs=REFS,
        states=("ESTABLISHED",),
    ),
)
