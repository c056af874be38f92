"""A listener whose connections wait in vain to be accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.finding import (
    BSD_LIKE,
    LOCAL_PROGRAM,
    before,
    netns_of,
    owner_of,
    peers,
    settle,
    slim,
    steps_for,
)
from nsparse.measure import actor, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.scene import Scene

USUAL = (6, 51, 101, 129, 512, 1025, 4097)
"""One more than the backlogs that programs ask for: 5 (Python), 50 (Java), 100 (Tomcat), 128 (old
somaxconn), 511 (nginx, node, redis), 1024, 4096 (somaxconn since 5.4). net-tools prints no limit,
and a queue that is exactly so long stands at one."""
BSD_FACTOR = 1.5
"""The BSDs and macOS let a queue grow to one and a half times its limit (sonewconn)."""
LASTS_S = 120
"""A queue that is as long after so many seconds is no burst (diagnoses: thresholds)."""
EXPLAINED = 0.1
"""How far the rows without an owner may be from the queue to be the same thing."""

NUMBERS = (
    Number("warning", 1, "with a limit of 0 one that waits is already all there is room for"),
    Number("critical", 2, "over the limit; a single one that waits may be on its way in"),
)
REFS = (
    "tcp_diag.c, sk_acceptq_is_full (Linux)",
    "ip-sysctl tcp_abort_on_overflow",
    "netstat(8) of net-tools",
)


@dataclass(frozen=True)
class Queue:
    """The full queue of one address and port, or the full ones of several listeners there.

    Attributes:
        listeners: The LISTEN rows that are full.
        over: Whether one is over its limit, not only at it.
        unaccepted: Connections of the port that no program holds.
        half_open: Handshakes of the port that are not finished.
        callers: Connections of this host to the port that get no answer.
    """

    listeners: pd.DataFrame
    over: bool
    unaccepted: pd.DataFrame
    half_open: pd.DataFrame
    callers: pd.DataFrame

    @property
    def waiting(self) -> int:
        """How many connections wait for accept()."""
        return int(self.listeners["recv_q"].sum())

    @property
    def gave_up(self) -> int:
        """In how many of them the client has closed by now."""
        return int((self.unaccepted["state"] == "CLOSE_WAIT").sum())

    @property
    def limited(self) -> bool:
        """Whether the limit was printed."""
        return bool(self.listeners["send_q"].notna().all())

    @property
    def witnessed(self) -> bool:
        """Whether another row shows that connections do not get in."""
        left = self.unaccepted
        waits = (left["recv_q"] > 0).fillna(False) | (left["state"] == "CLOSE_WAIT")
        called = (self.callers["state"] == "SYN_SENT").any()
        return bool(waits.any()) or bool(called) or not self.half_open.empty


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the program failing to accept, so that the kernel drops handshakes?

    Means: the queue of finished handshakes is as long as it may be. The kernel drops the next ones;
        clients believe that they are connected, and time out.
    Do: take a stack of the program that listens: the accept loop is blocked, out of descriptors,
        paused, or has too few workers. Raising the backlog only buys time.
    False alarms: a short burst stays far below the limit. The Send-Q 0 that netstat prints is no
        limit, and `LISTEN 0 0` is an idle listen(0).
    """
    full = _full(scene, limits)
    if full.empty:
        return
    earlier = before(scene, full, ["recv_q"], LASTS_S)["recv_q"]
    full = full.assign(lasting=(earlier >= full["recv_q"]).fillna(False).astype("bool"))
    for queue in _queues(scene, full):
        yield _finding(scene, limits, queue)


def _full(scene: Scene, limits: Limits) -> pd.DataFrame:
    """The listeners whose queue is at its limit, or at a usual one where none is printed."""
    listening = scene.rows[(scene.rows["state"] == "LISTEN") & scene.rows["local_port"].notna()]
    waiting, limit = listening["recv_q"], listening["send_q"]
    full = (waiting >= limit.clip(lower=int(limits["warning"]))).fillna(False).astype("bool")
    if scene.os == "linux":
        full |= limit.isna() & waiting.isin(USUAL)
    return slim(listening[full])


def _over(scene: Scene, listeners: pd.DataFrame) -> bool:
    """Whether a queue is longer than its limit lets it grow to."""
    waiting, limit = listeners["recv_q"], listeners["send_q"]
    if scene.os in BSD_LIKE:
        return bool((waiting >= BSD_FACTOR * limit).fillna(False).any())
    return bool((waiting > limit).fillna(False).any())


def _queues(scene: Scene, full: pd.DataFrame) -> Iterator[Queue]:
    """The full queues with the rows of their port, each row looked up once."""
    rows = scene.rows
    served = (rows["role"] == "server") & rows["bound"].isin(full["service"].unique())
    at_port = slim(rows[served])
    left, half = at_port[_unaccepted(scene, at_port)], at_port[at_port["state"] == "SYN_RECEIVED"]
    callers = _callers(rows)
    of_left = left.groupby(_keys(left, left["bound"])).indices
    of_half = half.groupby(_keys(half, half["bound"])).indices
    of_port = callers.groupby(_keys(callers, callers["service"])).indices
    for (key, _), listeners in full.groupby(
        [_keys(full, full["service"]), full["owner"]], sort=False
    ):
        told = bool(listeners["owned"].any()) or "inode" in scene.has
        yield Queue(
            listeners=listeners,
            over=_over(scene, listeners),
            unaccepted=left.iloc[of_left.get(key, []) if told else []],
            half_open=half.iloc[of_half.get(key, [])],
            callers=callers.iloc[of_port.get(key, [])],
        )


def _keys(rows: pd.DataFrame, ends: pd.Series[str]) -> pd.Series[Any]:
    return netns_of(rows) + " " + ends.astype("object")


def _unaccepted(scene: Scene, rows: pd.DataFrame) -> pd.Series[bool]:
    """Finished handshakes that no program holds; none where the dump cannot show it."""
    finished = rows["state"].isin(("ESTABLISHED", "CLOSE_WAIT")) & ~rows["owned"]
    if "inode" in scene.has:
        return finished & rows["inode"].isna()
    return finished if "owner" in scene.has else finished & False


def _callers(rows: pd.DataFrame) -> pd.DataFrame:
    """Connections of this host to itself that are not taken: SYN or FIN unanswered.

    Their `service` becomes that of the listener they lead to, which may listen on every address.
    """
    unanswered = (rows["state"] == "SYN_SENT") | (
        (rows["state"] == "FIN_WAIT_1") & (rows["send_q"] > 0).fillna(False)
    )
    out = rows[unanswered & (rows["target"] >= 0)]
    return slim(out).assign(service=rows.loc[out["target"], "service"].set_axis(out.index))


def _finding(scene: Scene, limits: Limits, queue: Queue) -> Finding:
    first = queue.listeners.iloc[0]
    enough = queue.waiting >= limits["critical"] or queue.witnessed
    severity: Severity = "critical" if queue.over and enough else "warning"
    group = Group(**owner_of(first), service=first["service"])
    shown = (queue.listeners, queue.unaccepted, queue.half_open, queue.callers)
    return Finding(
        id="accept-queue-full",
        severity=severity,
        confidence=_confidence(scene, queue),
        group=group,
        n=queue.waiting,
        verdict=_verdict(queue, actor(group.owner, LOCAL_PROGRAM)),
        sockets=tuple(int(label) for rows in shown for label in rows.index),
        limits=dict(limits) | _printed(queue),
        evidence=_evidence(queue),
        cause=("suggests an accept loop that is blocked, out of descriptors, paused, or too slow",),
        next=_steps(scene, group.pid, first["local_port"]),
        caveats=_caveats(scene, queue),
        refs=REFS,
    )


def _printed(queue: Queue) -> dict[str, float]:
    return {"backlog": float(queue.listeners["send_q"].max())} if queue.limited else {}


def _confidence(scene: Scene, queue: Queue) -> Confidence:
    """A queue over its limit is high; a usual limit is only assumed."""
    left = queue.unaccepted
    lasting = bool(queue.listeners["lasting"].any()) or bool(left["persistent"].any())
    return settle("high", scene, up=int(queue.gave_up > 0) + lasting, down=int(not queue.limited))


def _verdict(queue: Queue, who: str) -> str:
    n = queue.waiting
    waits = f"{plural(n, 'connection')} {'waits' if n == 1 else 'wait'} for accept()"
    if not queue.limited:
        length = f", one more than the usual limit of {thousands(n - 1)}: {who} is not accepting"
        if len(queue.listeners) > 1:
            length = f", each queue one more than a usual limit: {who} is not accepting"
    elif queue.over:
        length = f" and {_limit(queue)}: {who} is not accepting"
    else:
        length = f" and {_limit(queue)}: {who} does not keep up"
    return f"{waits}{length}{_given_up(queue)}."


def _limit(queue: Queue) -> str:
    limits = sorted({int(limit) for limit in queue.listeners["send_q"]})
    if len(queue.listeners) == 1:
        return f"the limit is {thousands(limits[0])}"
    among = " to ".join(thousands(limit) for limit in dict.fromkeys((limits[0], limits[-1])))
    return f"the limit of the {len(queue.listeners)} queues is {among}"


def _given_up(queue: Queue) -> str:
    gone, n = queue.gave_up, queue.waiting
    if not gone:
        return ""
    if gone > n:
        return f"; in {plural(gone, 'connection')} of the port the client has already given up"
    return f"; in {thousands(gone)} of the {thousands(n)} the client has already given up"


def _evidence(queue: Queue) -> tuple[str, ...]:
    longest = queue.listeners.sort_values("recv_q", ascending=False).head(5)
    lines = [
        f"listener: Recv-Q {q}, Send-Q {limit}" if queue.limited else f"listener: Recv-Q {q}"
        for q, limit in zip(longest["recv_q"], longest["send_q"], strict=True)
    ]
    if told := ", ".join(
        filter(None, (_left(queue), _count(queue.half_open), _count(queue.callers)))
    ):
        lines.append(told)
    if len(queue.unaccepted):
        lines.append(peers(queue.unaccepted))
    return tuple(lines)


def _left(queue: Queue) -> str:
    """The connections that make up the queue: `4 CLOSE_WAIT without owner (= Recv-Q 4)`."""
    counted = _count(queue.unaccepted)
    if not counted:
        return ""
    rows, n = len(queue.unaccepted), queue.waiting
    sign = "= " if rows == n else "about " if abs(rows - n) <= EXPLAINED * n else ""
    return f"{counted} without owner ({sign}Recv-Q {n})"


def _count(rows: pd.DataFrame) -> str:
    """How many of which state, with the words of the tools."""
    if rows.empty:
        return ""
    counts = rows["state"].value_counts()
    counts = counts[counts > 0]
    words = {"SYN_RECEIVED": "SYN_RECV", "FIN_WAIT_1": "FIN_WAIT1"}
    local = " of this host" if set(counts.index) & {"SYN_SENT", "FIN_WAIT_1"} else ""
    named = (f"{thousands(n)} {words.get(str(state), state)}" for state, n in counts.items())
    return " and ".join(named) + local


def _caveats(scene: Scene, queue: Queue) -> tuple[str, ...]:
    said = []
    if not queue.limited:
        said.append("the limit: netstat does not print it, ss -ltn does")
    if "owner" not in scene.has and "inode" not in scene.has:
        said.append("which connections of the port are not accepted: needs owners (as root)")
    if not queue.over and scene.snapshots == 1:
        said.append("whether it lasts: take a second snapshot")
    return tuple(said)


def _steps(scene: Scene, pid: int | None, port: int) -> tuple[Step, ...]:
    who = "PID" if pid is None else pid
    return steps_for(
        scene,
        linux=(
            f"ss -ltnp '( sport = :{port} )'",
            "nstat -az TcpExtListenOverflows TcpExtListenDrops",
            f"gdb -p {who} -batch -ex 'thread apply all bt'",
        ),
        macos=("netstat -Lan", f"sample {who}"),
    )


DIAGNOSES = (
    Diagnosis(
        "accept-queue-full",
        "Is the program failing to accept, so that the kernel drops handshakes?",
        check,
        needs=("queues",),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("close-wait-unaccepted"),
            Absorbs("syn-recv-pile"),
            Absorbs("syn-sent-dead-peer"),
            Absorbs("fin-wait1-stuck"),
            Absorbs("listener-not-serving", "port"),
            Absorbs("backlog-too-small", "port"),
            Absorbs("loopback-asymmetry", "port"),
        ),
        refs=REFS,
    ),
)
