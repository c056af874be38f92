"""A program leaves data unread in its connections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import GROUP, ends_once, some_of
from nsparse.judging.evidence.elsewhere import before, other_ends
from nsparse.judging.evidence.finding import (
    GROUPED,
    LOCAL_PROGRAM,
    flagged,
    group_of,
    labels,
    owner_of,
    peers_of,
    queues,
    settle,
)
from nsparse.judging.evidence.measure import eased, halved, passes
from nsparse.judging.evidence.queues import accepted, tells_accepted, tells_owners
from nsparse.prose import actor, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.around import Whole
    from nsparse.judging.scene.scene import Scene

PROGRAM = "program"
SHOWN = ("group", "recv_q", "remote_addr", "bytes_received", "skmem_r", "skmem_rb")
"""What is told of a connection, beside whose it is."""
NUMBERS = (
    Number("unread", 4096, "less may be one request that has just come in"),
    Number("few", 5, "fewer connections may be read in the next moment"),
    Number("share", 0.2, "a fifth of the program's connections"),
    Number("many", 50, "no program that reads is so far behind"),
    Number("large", 32768, "one connection with half of a window unread"),
    Number("window", 61440, "a reader that stops is left with 64 KiB or more, the window closed"),
    Number("critical", 20, "so many with data that nobody reads: the program hangs"),
    Number("critical_share", 0.5, "half of the program's connections"),
    Number("stuck_s", 30, "unread for so long is no longer the next moment"),
    Number("moving_s", 1, "data still arrives: a transfer, not a hang"),
    Number("blocked", 16384, "the other leg of a proxy waits: it holds back on purpose"),
)
NEAR = 0.9
"""Part of its receive buffer from which on a socket is about full."""
REFS = ("tcp_diag.c, tcp_recvmsg (Linux)", "ip-sysctl tcp_rmem")


@dataclass(frozen=True)
class Backlog:
    """The connections of one program, or of one of its services, that hold unread data.

    Attributes:
        rows: They.
        base: How many are ESTABLISHED there.
        whole: What these have in common.
        group: Whose they are.
    """

    rows: pd.DataFrame
    base: int
    whole: Whole
    group: Group


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which program has data waiting and does not read it?

    Means: bytes have arrived and been acknowledged, and the program has not called read for them.
        When the buffer is full the window closes and the other end must wait.
    Do: take a stack of the program: is it blocked on a slow disk, a lock, a second socket? Look for
        a blocking handler in an event loop, reads that back-pressure turned off for good, a thread
        pool that has run out.
    False alarms: a bulk transfer in the middle; a proxy that holds back because its other leg is
        slow; connections nobody has accepted yet (they have no owner and are not counted; where
        the dump names no owner at all, those of a listener with connections in its queue; where
        it prints no such queue either, nobody can tell, and that they are unread is all it says).
    """
    view = scene.view
    established = view.is_("state", "ESTABLISHED") & accepted(scene)
    unread = _unread(scene, established, limits)
    if unread is None:
        return
    for backlog in _backlogs(scene, unread, established, limits):
        severity = _severity(backlog, limits)
        if severity is not None:
            yield _finding(scene, limits, backlog, severity)


def _unread(scene: Scene, established: Bools, limits: Limits) -> pd.DataFrame | None:
    """The rows that count: not transfers on their way, not what a proxy holds back on purpose.

    They get the columns `closed` (the other end probes a closed window), `waits` (it has data
    that it cannot get rid of) and `stuck` (the bytes have lain there for long).
    """
    view = scene.view
    full = established & (view.at_least("recv_q", limits["unread"]) | _probed(scene))
    if not full.any():
        return None
    held = view.pick(full, *GROUPED, *SHOWN)
    ends = other_ends(scene, held, ["timer", "send_q"])
    long = view.at_least("lastrcv_ms", limits["stuck_s"] * 1000)[full]
    held = held.assign(
        closed=ends["timer"] == "persist",
        waits=flagged(ends["send_q"] > 0),
        stuck=_left_lying(scene, held, limits["stuck_s"]) | long,
    )
    moving = view.below("lastrcv_ms", limits["moving_s"] * 1000)[full]
    held = held[~moving | held["closed"]]
    blocked = established & view.at_least("send_q", limits["blocked"])
    left: pd.DataFrame = held[~_held_back(scene, held, blocked)]
    return left


def _probed(scene: Scene) -> Bools:
    """Connections with anything unread whose other end probes a closed window.

    However little it is: the window closed when the buffer was full, and a program may have set a
    small one.
    """
    unread = scene.view.above("recv_q", 0).copy()
    if not any(one.view.is_("timer", "persist").any() for one in (scene, *scene.peers)):
        return unread & False
    ends = other_ends(scene, scene.view.pick(unread), ["timer"])
    unread[unread] = flagged(ends["timer"] == "persist").to_numpy()
    return unread


def _left_lying(scene: Scene, held: pd.DataFrame, seconds: float) -> pd.Series[bool]:
    """Whether a moment before shows the same data: as much then, and nothing read since."""
    then = before(scene, held, ["recv_q", "bytes_received"], seconds)
    grown = held["recv_q"] - then["recv_q"]
    came = held["bytes_received"] - then["bytes_received"]
    return flagged(grown >= 0) & (came.isna() | flagged(came == grown))


def _held_back(scene: Scene, held: pd.DataFrame, blocked: Bools) -> Bools:
    """Whether as many of the program's connections on its other side wait to send."""
    view, at = scene.view, held.index.to_numpy()
    side = ("role", PROGRAM)
    elsewhere = view.tally(at, blocked, PROGRAM) - view.tally(at, blocked, *side)
    return elsewhere >= view.sizes(at, *side)


def _backlogs(
    scene: Scene, unread: pd.DataFrame, established: Bools, limits: Limits
) -> Iterator[Backlog]:
    """Per program; where the program as a whole is not behind, per service of it."""
    import numpy as np

    view = scene.view
    unread = unread[_worth(scene, unread, limits)]
    at = unread.index.to_numpy()
    waits = np.zeros(len(view), dtype=np.bool_)
    waits[at] = True
    once = ends_once(view, established, (PROGRAM,), rather=waits)
    bases = dict(zip(at.tolist(), view.tally(at, once, PROGRAM).tolist(), strict=True))
    own = view.tally(at, established, PROGRAM, "group")
    services = dict(zip(at.tolist(), own.tolist(), strict=True))
    for lot in view.lots(at, PROGRAM):
        part, base = unread.loc[lot], bases[lot[0]]
        if part["group"].nunique() > 1 and _many(part, base, limits):
            yield Backlog(part, base, (PROGRAM,), Group(**owner_of(part.iloc[0])))
            continue
        for some in view.lots(lot, "group"):
            rows = unread.loc[some]
            group = group_of(rows.iloc[0])
            yield Backlog(rows, services[some[0]], (PROGRAM, *GROUP), group)


def _worth(scene: Scene, unread: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Rows of programs that may be worth a word: a cheap look before each is looked at."""
    keys = scene.view.keys(PROGRAM)[unread.index]
    enough = scene.view.sizes(unread.index.to_numpy(), PROGRAM) >= min(
        halved(limits["few"]), limits["many"]
    )
    telling = unread["closed"] | (unread["recv_q"] >= min(limits["large"], limits["window"]))
    return telling.groupby(keys).transform("any") | enough


def _many(unread: pd.DataFrame, base: int, limits: Limits) -> bool:
    """Whether there are enough of them; fewer are where they last, or the other ends wait."""
    few = eased(limits["few"], int(max(unread["waits"].sum(), unread["stuck"].sum())))
    return passes(len(unread), base, few, limits["share"], limits["many"])


def _severity(backlog: Backlog, limits: Limits) -> Severity | None:
    unread, base = backlog.rows, backlog.base
    stuck = int(unread["stuck"].sum())
    if stuck >= limits["critical"] and stuck / base >= limits["critical_share"]:
        return "critical"
    most = int(unread["recv_q"].max())
    if most >= limits["window"] or unread["closed"].any() or _many(unread, base, limits):
        return "warning"
    return "notice" if most >= limits["large"] else None


def _finding(scene: Scene, limits: Limits, backlog: Backlog, severity: Severity) -> Finding:
    unread = backlog.rows
    owner = actor(backlog.group.owner, LOCAL_PROGRAM)
    return Finding(
        id="recv-q-backlog",
        severity=severity,
        confidence=_confidence(scene, limits, unread),
        group=backlog.group,
        n=len(unread),
        base=backlog.base,
        verdict=_verdict(scene, backlog, owner),
        sockets=labels(unread),
        limits=dict(limits),
        evidence=_evidence(scene, limits, unread),
        cause=(f"suggests that {owner} is blocked elsewhere, or no longer asks for data",),
        next=_steps(scene, limits, backlog),
        caveats=tuple(_caveats(scene, limits, unread)),
    )


def _confidence(scene: Scene, limits: Limits, unread: pd.DataFrame) -> Confidence:
    """Bytes that could be passing are worth medium, and no more while nothing proves how long."""
    stuck, closed = bool(unread["stuck"].any()), bool(unread["closed"].any())
    full = flagged(unread["skmem_r"] >= NEAR * unread["skmem_rb"]).any()
    weak = len(unread) < limits["few"] and scene.snapshots == 1
    return settle(
        "low" if weak else "medium",
        scene,
        up=stuck + bool(unread["waits"].any()) + bool(full),
        down=int((unread["role"] == "unknown").any()),
        cap="high" if stuck or closed else "medium",
    )


def _may_wait(scene: Scene, unread: pd.DataFrame) -> bool:
    """Whether some may wait to be accepted; what this host has opened never does."""
    served = ~scene.view.is_("role", "client")[unread.index]
    return bool(served.any()) and not tells_accepted(scene)


def _verdict(scene: Scene, backlog: Backlog, owner: str) -> str:
    unread, at = backlog.rows, int(backlog.rows.index[0])
    n, most = len(unread), thousands(int(unread["recv_q"].max()))
    of = f"{thousands(n)} of {some_of(scene, at, backlog.base, backlog.whole, 'ESTABLISHED')}"
    if n == 1:
        return f"{of} holds {most} unread bytes: {owner} is not reading."
    total = thousands(int(unread["recv_q"].sum()))
    return (
        f"{of} hold unread data, {total} bytes in all, up to {most} on one: {owner} is not reading."
    )


def _evidence(scene: Scene, limits: Limits, unread: pd.DataFrame) -> tuple[str, ...]:
    lines = [queues("Recv-Q", unread["recv_q"].to_numpy(dtype="int64")), peers_of(scene, unread)]
    if unread["waits"].any():
        ends = other_ends(scene, unread[unread["waits"]], ["owner"])["owner"]
        lines.append(f"the other ends wait to send: {top(ends.replace('', 'no known owner'))}")
    if unread["stuck"].any():
        stuck = plural(int(unread["stuck"].sum()), "connection")
        lines.append(f"{stuck} unread for {limits['stuck_s']:g} s or more")
    return tuple(lines)


def _caveats(scene: Scene, limits: Limits, unread: pd.DataFrame) -> Iterator[str]:
    if not tells_owners(scene):
        yield "which program: needs owners (as root)"
    if _may_wait(scene, unread):
        yield "whether they were accepted: neither owners nor accept queues are shown"
    if unread["stuck"].any():
        return
    seconds = f"{limits['stuck_s']:g} s"
    if scene.snapshots > 1:
        yield f"how long: no earlier snapshot, {seconds} or more before, shows the same bytes"
    else:
        yield f"one snapshot: take a second {seconds} later to prove it"


def _steps(scene: Scene, limits: Limits, backlog: Backlog) -> tuple[Step, ...]:
    proven = bool(backlog.rows["stuck"].any())
    return advice.steps(
        scene,
        advice.stack_of(backlog.group.process, backlog.group.pid),
        {"linux": "ss -tanpim", **advice.BUFFERS},
        *(() if proven else (f"the same dump again {limits['stuck_s']:g} s later",)),
    )


DIAGNOSES = (
    Diagnosis(
        "recv-q-backlog",
        "Which program has data waiting and does not read it?",
        check,
        needs=("states", "queues"),
        numbers=NUMBERS,
        absorbs=(Absorbs("zero-window", "mirror"), Absorbs("send-q-backlog", "mirror")),
        refs=REFS,
        states=("ESTABLISHED",),
    ),
)
