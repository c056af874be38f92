"""An accept queue that is longer than a healthy program leaves it, and not yet full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.accept import EXPLAINED, full, listening, queues, told
from nsparse.judging.evidence.counters import overflows
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import LOCAL_PROGRAM, flagged, labels, owner_of, settle
from nsparse.judging.evidence.measure import halved
from nsparse.judging.evidence.stated import overflowed
from nsparse.prose import actor, percent, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits
    from nsparse.judging.evidence.accept import Queue
    from nsparse.judging.scene.scene import Scene


NUMBERS = (
    Number("share", 0.5, "of the limit: a healthy program leaves 0 in nearly every sample"),
    Number(
        "few", 10, "fewer are one burst between two calls of accept(); half, where some gave up"
    ),
    Number("unlimited", 50, "where no limit is printed: the backlog of many programs"),
    Number("unseen", 5, "the same, of listeners alone: nothing shows that others are accepted"),
    Number("small", 16, "a limit so low is half used by any burst: two snapshots are needed"),
    Number("warning", 100, "so many clients wait at this moment"),
    Number("gave_up", 2, "clients that closed while they waited: a check of the port is one"),
)
REFS = ("tcp_diag.c (Linux)", "netstat(8) of net-tools")
GROWING = "growing"
"""It was shorter in an earlier snapshot: whoever explains why it grows takes it over."""


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the accept queue longer than a healthy program ever leaves it?

    Means: finished handshakes wait for accept() faster than the program takes them. There is room
        left; when it is used up the kernel drops the next ones. Clients that closed while they
        waited prove that even a short queue lasts.
    Do: take a stack of the program that listens, and look at the queue again in some seconds: does
        it grow, stay, or go?
    False alarms: a burst at a listener with a short queue, in a single snapshot.
    """
    unseen = not scene.view.true("concrete").any()
    least = min(halved(limits["few"]), limits["unlimited"])
    if unseen:
        least = min(least, limits["unseen"])
    waits = listening(scene) & scene.view.at_least("recv_q", least) & ~full(scene, 1)
    if not waits.any():
        return
    long = told(scene, waits)
    earlier = before(scene, long, ["recv_q", "send_q"])
    again = _filled(earlier, limits)
    small = flagged(long["send_q"] <= limits["small"])
    grown = flagged(earlier["recv_q"] < long["recv_q"])
    long = long.assign(again=again, grown=grown, filled=_filled(long, limits) & (again | ~small))
    for queue in queues(scene, long):
        filled = queue.listeners["filled"]
        if queue.gave_up >= limits["gave_up"]:
            yield _finding(scene, limits, queue)
        elif filled.any():
            yield _finding(scene, limits, replace(queue, listeners=queue.listeners[filled]))
        elif unseen and not queue.limited and queue.waiting >= limits["unseen"]:
            yield _finding(scene, limits, queue, unseen=True)


def _filled(listening: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    waiting, limit = listening["recv_q"], listening["send_q"]
    used = flagged(waiting >= (limits["share"] * limit)) & flagged(limit > 0)
    unlimited = limit.isna() & flagged(waiting >= limits["unlimited"])
    return (used & flagged(waiting >= limits["few"])) | unlimited


def _finding(scene: Scene, limits: Limits, queue: Queue, *, unseen: bool = False) -> Finding:
    first = queue.listeners.iloc[0]
    again = bool(queue.listeners["again"].any())
    owner = owner_of(first)
    return Finding(
        id="accept-queue-filling",
        severity="warning" if again or queue.waiting >= limits["warning"] else "notice",
        confidence="low" if unseen else _confidence(scene, queue, again=again),
        group=Group(**owner, service=first["service"]),
        n=queue.waiting,
        base=int(queue.listeners["send_q"].sum()) if queue.limited else None,
        verdict=_verdict(queue, actor(owner["owner"], LOCAL_PROGRAM), again=again, unseen=unseen),
        sockets=labels(queue.listeners, queue.unaccepted, queue.half_open, queue.callers),
        limits=dict(limits),
        evidence=(*queue.evidence(), *overflowed(scene)),
        cause=("suggests an accept loop that is slow, blocked at times, or has too few workers",),
        next=advice.steps(
            scene,
            advice.filled(advice.ACCEPTING, port=first["local_port"]),
            advice.REFUSED,
            advice.stack_of(owner["process"], owner["pid"]),
        ),
        caveats=tuple(_caveats(queue, again=again, unseen=unseen)),
        about=GROWING if queue.listeners["grown"].any() else None,
    )


def _confidence(scene: Scene, queue: Queue, *, again: bool) -> Confidence:
    """A queue may be passing, unless it was as long before."""
    left, n = len(queue.unaccepted), queue.waiting
    explained = left > 0 and abs(left - n) <= EXPLAINED * n
    sure = again + explained + (overflows(scene) > 0)
    cap: Confidence = "high" if again else "medium"
    return settle("medium", scene, up=sure, down=int(not queue.limited), cap=cap)


def _verdict(queue: Queue, who: str, *, again: bool, unseen: bool) -> str:
    n = queue.waiting
    waits = f"{plural(n, 'connection')} wait for accept()"
    if unseen:
        waits += f" on port {queue.listeners.iloc[0]['local_port']}"
    if queue.limited:
        limit = int(queue.listeners["send_q"].sum())
        waits += f", {percent(n, limit)} of the {thousands(limit)} that may"
    behind = "falls behind"
    if unseen:
        behind += ", or does not accept"
    if again:
        behind += " as it did in the snapshot before"
    return f"{waits}: {who} {behind}{queue.lost}."


def _caveats(queue: Queue, *, again: bool, unseen: bool) -> Iterator[str]:
    if unseen:
        yield "whether others are accepted: the dump shows listeners alone, ss -tan shows all"
    if not queue.limited:
        yield "the limit: netstat does not print it, ss -ltn does"
    if not again:
        yield "whether it lasts or grows: take a second snapshot"


DIAGNOSES = (
    Diagnosis(
        "accept-queue-filling",
        "Is the accept queue longer than a healthy program ever leaves it?",
        check,
        needs=("accept",),
        numbers=NUMBERS,
        absorbs=(Absorbs("close-wait-unaccepted"), Absorbs("backlog-too-small", "port")),
        refs=REFS,
        states=("LISTEN",),
    ),
)
