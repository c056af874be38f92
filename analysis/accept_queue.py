"""A listener whose connections wait in vain to be accepted."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.accept import full, queues, together, told
from nsparse.judging.evidence.counters import overflows
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import LOCAL_PROGRAM, flagged, labels, owner_of, settle
from nsparse.judging.evidence.queues import tells_owners
from nsparse.judging.evidence.stated import overflowed
from nsparse.prose import actor, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.evidence.accept import Queue
    from nsparse.judging.scene.scene import Scene

LASTS_S = 120
"""A queue that is as long after so many seconds is no burst (diagnoses: thresholds)."""
ALL_LISTENERS = {"linux": "ss -ltnp", **advice.LISTEN_QUEUES}
RESERVES = "kube-proxy"
"""The rules of the packet filter answer what is sent to its ports, and its sockets nothing."""

NUMBERS = (
    Number("warning", 1, "with a limit of 0 one that waits is already all there is room for"),
    Number("critical", 2, "over the limit; a single one that waits may be on its way in"),
)
REFS = (
    "tcp_diag.c, sk_acceptq_is_full (Linux)",
    "ip-sysctl tcp_abort_on_overflow",
    "netstat(8) of net-tools",
)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the program failing to accept, so that the kernel drops handshakes?

    Means: the queue of finished handshakes is as long as it may be. The kernel drops the next ones;
        clients believe that they are connected, and time out.
    Do: take a stack of the program that listens: the accept loop is blocked, out of descriptors,
        paused, or has too few workers. Raising the backlog only buys time.
    False alarms: a short burst stays far below the limit. The Send-Q 0 that netstat prints is no
        limit, and `LISTEN 0 0` is an idle listen(0).
    """
    at_limit = full(scene, int(limits["warning"]))
    if not at_limit.any():
        return
    listeners = told(scene, at_limit)
    earlier = before(scene, listeners, ["recv_q"], LASTS_S)["recv_q"]
    lasting = flagged(earlier >= listeners["recv_q"])
    owned: dict[str, list[Queue]] = defaultdict(list)
    for queue in queues(scene, listeners.assign(lasting=lasting)):
        first = queue.listeners.iloc[0]
        owned[first["owner"] or first["service"]].append(queue)
    for of_one in owned.values():
        dropping = any(_drops(queue, limits) for queue in of_one)
        yield _finding(scene, limits, together(of_one), "critical" if dropping else "warning")


def _drops(queue: Queue, limits: Limits) -> bool:
    """Whether a queue over its limit shows by itself that nobody takes what waits."""
    return queue.over >= limits["critical"] or (queue.over > 0 and queue.witnessed)


def _finding(scene: Scene, limits: Limits, queue: Queue, severity: Severity) -> Finding:
    first = queue.listeners.iloc[0]
    service = first["service"] if queue.places == 1 else None
    group = Group(**owner_of(first), service=service)
    return Finding(
        id="accept-queue-full",
        severity=severity,
        confidence=_confidence(scene, queue),
        group=group,
        n=queue.waiting,
        verdict=_verdict(queue, actor(group.owner, LOCAL_PROGRAM)),
        sockets=labels(queue.listeners, queue.unaccepted, queue.half_open, queue.callers),
        limits={**limits, **_printed(queue)},
        evidence=(*queue.evidence(), *overflowed(scene)),
        cause=("suggests an accept loop that is blocked, out of descriptors, paused, or too slow",),
        next=advice.steps(
            scene,
            advice.filled(advice.ACCEPTING, port=first["local_port"]) if service else ALL_LISTENERS,
            advice.REFUSED,
            advice.stack_of(group.process, group.pid),
        ),
        caveats=tuple(_caveats(scene, queue)),
    )


def _confidence(scene: Scene, queue: Queue) -> Confidence:
    """A queue over its limit is high; a usual limit is only assumed."""
    left = queue.unaccepted
    lasting = bool(queue.listeners["lasting"].any()) or bool(left["persistent"].any())
    sure = int(queue.gave_up > 0) + lasting + (overflows(scene) > 0)
    return settle("high", scene, up=sure, down=int(not queue.limited))


def _printed(queue: Queue) -> dict[str, float]:
    return {"backlog": float(queue.listeners["send_q"].max())} if queue.limited else {}


def _verdict(queue: Queue, who: str) -> str:
    n = queue.waiting
    waits = f"{plural(n, 'connection')} {'waits' if n == 1 else 'wait'} for accept()"
    if (ports := queue.listeners["local_port"].nunique()) > 1:
        waits += f" on {thousands(ports)} ports"
    if not queue.limited:
        length = f", one more than the usual limit of {thousands(n - 1)}: {who} is not accepting"
        if len(queue.listeners) > 1:
            length = f", each queue one more than a usual limit: {who} is not accepting"
    elif queue.over:
        length = f" and {_limit(queue)}: {who} is not accepting"
    else:
        length = f" and {_limit(queue)}: {who} does not keep up"
    return f"{waits}{length}{queue.lost}."


def _limit(queue: Queue) -> str:
    limits = sorted({int(limit) for limit in queue.listeners["send_q"]})
    if len(queue.listeners) == 1:
        return f"the limit is {thousands(limits[0])}"
    among = " to ".join(thousands(limit) for limit in dict.fromkeys((limits[0], limits[-1])))
    return f"the limit of the {len(queue.listeners)} queues is {among}"


def _caveats(scene: Scene, queue: Queue) -> Iterator[str]:
    if RESERVES in set(queue.listeners["process"].dropna()):
        yield f"{RESERVES} holds node ports so that nobody else takes them, and accepts none there"
    if not queue.limited:
        yield "the limit: netstat does not print it, ss -ltn does"
    if not tells_owners(scene):
        yield "which connections of the port are not accepted: needs owners (as root)"
    if not queue.over and scene.snapshots == 1:
        yield "whether it lasts: take a second snapshot"


DIAGNOSES = (
    Diagnosis(
        "accept-queue-full",
        "Is the program failing to accept, so that the kernel drops handshakes?",
        check,
        needs=("accept",),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("close-wait-unaccepted"),
            Absorbs("syn-recv-pile"),
            Absorbs("syn-sent-dead-peer"),
            Absorbs("fin-wait1-stuck"),
            Absorbs("listener-not-serving", "port"),
            Absorbs("backlog-too-small", "port"),
        ),
        refs=REFS,
        states=("LISTEN", "SYN_RECEIVED"),
    ),
)
