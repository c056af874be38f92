"""A peer has stopped reading from us: its receive window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import some_of
from nsparse.judging.evidence.elsewhere import before, other_ends, within_host
from nsparse.judging.evidence.finding import (
    GROUPED,
    LOCAL_PROGRAM,
    flagged,
    group_of,
    labels,
    peers_of,
    settle,
)
from nsparse.judging.evidence.measure import PERSISTS_S
from nsparse.prose import actor, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene

OPEN = ("ESTABLISHED", "CLOSE_WAIT")
CLOSED = ("FIN_WAIT_1", "CLOSING", "LAST_ACK")
"""After our close the kernel goes on probing while something is left to send."""
FIN = 1
"""What Send-Q counts for the FIN: alone it is nothing that anybody waits for."""
PROGRAM = "program"
ENDS = ("local_addr", "local_port", "remote_addr", "remote_port")
SHOWN = ("group", "pair", *ENDS, "send_q", "timer", "timer_ms", "probes", "lastsnd_ms")
"""What is told of a connection, beside whose it is."""
NEARLY = 0.9
"""Part of the time since something was sent that the kernel counts as time of a closed window."""
BSD_FIRST_MS = 5000
"""FreeBSD waits so long before each probe at least (tcp_persmin, TCPTV_PERSMIN in tcp_timer.h)."""
PEERS_NAMED = 5
"""Peers of one service with a finding each; more of them are one finding."""

NUMBERS = (
    Number("few", 3, "three closed windows are more than one slow reader"),
    Number("remaining_s", 5, "the interval doubles from 0.2 s: so long a one proves a long wait"),
    Number("probes", 3, "a peer that lets three probes pass is silent, not slow"),
    Number("critical", 20, "so many blocked writes hold up the program itself"),
    Number("share", 0.5, "half of what the program serves"),
    Number(
        "moving_s", 1, "something was sent so lately: a slow reader's window opens all the time"
    ),
)
REFS = ("ss(8)", "RFC 9293 3.8.6.1", "RFC 6429")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which peer's program has stopped reading from us?

    Means: the kernel probes a window that the other end holds closed: that program does not read,
        and what we write to it waits here. A peer that keeps answering the probes keeps the
        connection for ever. Without timers (ss -o) the kernel's own account (ss -i) shows it too.
    Do: look at the program at the other end. Here: a write timeout, a bounded queue for each
        client, TCP_USER_TIMEOUT.
    False alarms: one slow consumer for a moment, such as a paused video or a pager. Windows that
        open again and again count only where the dump has no `ss -i` to show that data passes.
    """
    view = scene.view
    probed = view.is_("timer", "persist") | _waiting(scene, limits["remaining_s"])
    unsent = view.is_("state", *OPEN) & view.above("send_q", 0)
    unsent = unsent | (view.is_("state", *CLOSED) & view.above("send_q", FIN))
    stuck = probed & unsent & ~view.below("lastsnd_ms", 1000 * limits["moving_s"])
    if not stuck.any():
        return
    closed, at = _told(scene, view.pick(stuck, *GROUPED, *SHOWN)), stuck.nonzero()[0]
    blocked = view.sizes(at, PROGRAM)
    bases = view.tally(at, stuck | view.is_("state", "ESTABLISHED"), PROGRAM)
    told = dict(zip(at.tolist(), zip(blocked.tolist(), bases.tolist(), strict=True), strict=True))
    keys = [view.keys(PROGRAM)[at], closed["group"], _each(closed)]
    for _, part in closed.groupby(keys, sort=False):
        yield _finding(scene, limits, part, *told[part.index[0]])


def _waiting(scene: Scene, seconds: float) -> Bools:
    """Rows that must have a probe timer, of a dump without timers.

    All that was sent is acknowledged, more is to be sent, nothing was for so long, and the kernel
    has counted nearly all of that time as waiting for the window.
    """
    view = scene.view
    unsent = view.above("notsent", 0) & ~view.above("unacked", 0)
    if view.known("timer").any() or not unsent.any():
        return unsent & False
    limited = view.numbers("rwnd_limited_ms") >= NEARLY * view.numbers("lastsnd_ms")
    return unsent & limited & view.at_least("lastsnd_ms", 1000 * seconds)


def _told(scene: Scene, closed: pd.DataFrame) -> pd.DataFrame:
    """The rows with what else is known of them.

    That is `wait_ms` (how long at least), `seen` (closed in the snapshot before), `lasting`
    (closed long before), `reader` (the program at the other end) and `unread` (how many bytes it
    has not read; NA where its row is in no dump).
    """
    ends = other_ends(scene, closed, ["owner", "recv_q"])
    return closed.assign(
        wait_ms=_waits_ms(scene, closed),
        seen=before(scene, closed, ["timer"])["timer"] == "persist",
        lasting=before(scene, closed, ["timer"], PERSISTS_S)["timer"] == "persist",
        reader=ends["owner"].fillna(""),
        unread=ends["recv_q"],
    )


def _waits_ms(scene: Scene, closed: pd.DataFrame) -> pd.Series[Any]:
    """How long at least each window is closed.

    Where the interval begins with 0.2 s and doubles, a probe that is so far away follows others
    that took as long together. On FreeBSD the first one may be as far away as `BSD_FIRST_MS`: more
    proves that one such interval is over.
    """
    left = closed["timer_ms"]
    if scene.os == "freebsd":
        return (left > BSD_FIRST_MS) * BSD_FIRST_MS
    return left.where(closed["timer"].notna(), closed["lastsnd_ms"])


def _each(closed: pd.DataFrame) -> pd.Series[str]:
    """The peer of each row; all the same where a service has too many of them."""
    several = closed.groupby("group")["remote_addr"].transform("nunique")
    return closed["remote_addr"].astype("object").where(several <= PEERS_NAMED, "")


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, blocked: int, base: int) -> Finding:
    wait, probes = _most(part["wait_ms"]) / 1000, _most(part["probes"])
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
        evidence=_evidence(scene, part, blocked, base),
        cause=_cause(part, who, one=one, silent=silent > 0),
        next=_steps(scene, part),
        caveats=tuple(_caveats(part)),
    )


def _most(values: pd.Series[Any]) -> int:
    return int(values.fillna(0).max())


def _confidence(scene: Scene, part: pd.DataFrame, *, proven: bool) -> Confidence:
    """The timer says it outright; its age, or bytes unread at the other end, say it twice."""
    up = proven + bool(flagged(part["unread"] > 0).any()) + bool(part["lasting"].any())
    cap: Confidence = "medium" if part["timer"].isna().all() else "high"
    return settle("high", scene, up=up, down=int((part["role"] == "unknown").any()), cap=cap)


def _caveats(part: pd.DataFrame) -> Iterator[str]:
    if part["timer"].isna().all():
        yield "the timer that probes the window: ss -o"
    if part["unread"].isna().any():
        yield "what the program at the other end does: its own dump shows the Recv-Q"


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
    waiting = plural(int(part["send_q"].sum()), "byte waits", "bytes wait")
    return (
        f"{who} {has} {fault} on {plural(n, 'connection')} ({said}); "
        f"{waiting} to be sent to {'it' if one else 'them'}."
    )


def _evidence(scene: Scene, part: pd.DataFrame, blocked: int, base: int) -> tuple[str, ...]:
    longest = part.sort_values("wait_ms", ascending=False, kind="stable").head(3)
    lines = [*(_connection(row) for _, row in longest.iterrows()), _waits(part)]
    if len(part) == 1:
        lines = [", ".join(lines)]
    if part["remote_addr"].nunique() > 1:
        lines.append(peers_of(scene, part))
    if unread := int(part["unread"].fillna(0).sum()):
        lines.append(f"unread at the other end: {plural(unread, 'byte')}")
    owner = actor(str(part["owner"].iat[0]), LOCAL_PROGRAM)
    of = some_of(scene, int(part.index[0]), base, (PROGRAM,), "open")
    waits = "waits" if blocked == 1 else "wait"
    lines.append(f"{blocked} of {of} of {owner} {waits} for a closed window")
    return tuple(lines)


def _connection(row: pd.Series[Any]) -> str:
    """Which connection it is, and how much waits."""
    here = f" from port {row['local_port']}" if row["role"] == "client" else ""
    there = f"{row['remote_addr']} port {row['remote_port']}"
    return f"{there}{here}: Send-Q {thousands(row['send_q'])}"


def _waits(part: pd.DataFrame) -> str:
    """Since when they wait, or until when: of the first and of the last of them."""
    account = part["timer"].isna().all()
    waits = part["lastsnd_ms" if account else "timer_ms"].fillna(0)
    ends = dict.fromkeys(f"{wait / 1000:.1f}" for wait in (waits.min(), waits.max()))
    if account:
        return f"nothing sent for {' to '.join(ends)} s"
    probes = plural(_most(part["probes"]), "probe")
    counted = f", {probes} unanswered" if part["probes"].notna().any() else ""
    return f"next probe in {' to '.join(ends)} s{counted}"


def _cause(part: pd.DataFrame, who: str, *, one: bool, silent: bool) -> tuple[str, ...]:
    if silent and within_host(part):
        mute = "does not answer window probes, and is" if one else "do not answer, and are"
        return (
            f"{who} {mute} on this host: suggests its packet filter, or memory for sockets that "
            "is used up (net.ipv4.tcp_mem)",
        )
    if silent and one:
        return (f"{who} does not answer window probes: its host or the path to it suggests itself",)
    if silent:
        return (
            f"{who} do not answer window probes: suggests a path that they share, or their hosts",
        )
    if not one:
        return (
            f"the programs of {who} do not read what they are sent: they hang, or are too slow",
        )
    reader = who if (part["reader"] == who).all() else f"the program at {who}"
    return (f"{reader} does not read what it is sent: it hangs, or is too slow",)


def _steps(scene: Scene, part: pd.DataFrame) -> tuple[Step, ...]:
    peer = part["remote_addr"].iat[0]
    return advice.steps(
        scene,
        {"linux": f"ss -tanpoi {advice.dst(peer)}", **advice.BUFFERS},
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
        needs=("states", "queues", "timer|tcpinfo"),
        numbers=NUMBERS,
        absorbs=(Absorbs("send-q-backlog"), Absorbs("limited-by", about="rwnd_limited_ms")),
        refs=REFS,
        states=(*OPEN, *CLOSED),
    ),
)
