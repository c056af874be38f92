"""One of several listeners of a port is stuck, the others are idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.accept import listening, told
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    count_of,
    flagged,
    labels,
    owner_of,
    settle,
)
from nsparse.prose import actor, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("waiting", 2, "with a limit of 0 or 1 one that waits may be on its way in"),
    Number("idle", 0.1, "of their limit: the siblings keep up"),
)
REFS = ("haproxy/haproxy #2519", "sock.h, sk_acceptq_is_full (Linux)", "socket(7) SO_REUSEPORT")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is one of several SO_REUSEPORT listeners stuck while its siblings are idle?

    Means: the kernel spreads connections over the listeners of a port by a hash of their ends. One
        of the threads or workers has stopped accepting: a fixed part of all clients hang, the rest
        work, and every average looks fine.
    Do: find the thread or worker that owns the listener with the long queue, by its inode, and take
        its stack. Compare how many connections its siblings accept.
    False alarms: queues of different lengths of which none is at its limit.
    """
    view = scene.view
    shown = listening(scene) & view.known("send_q")
    stuck, at = shown.copy(), shown.nonzero()[0]
    limit = view.numbers("send_q")[at].clip(int(limits["waiting"]))
    stuck[at] = view.numbers("recv_q")[at] >= limit
    if not stuck.any():
        return
    for lot in _siblings(scene, shown):
        if stuck[lot].any():
            part = told(scene, lot).assign(stuck=stuck[lot])
            if _one_is_stuck(part, limits):
                yield _finding(scene, limits, part)


def _siblings(scene: Scene, shown: Bools) -> Iterator[Ints]:
    """Listeners that share a place; `*` of IPv4 and of IPv6 are two places."""
    import numpy as np

    family = scene.view.codes("family").of
    for lot in scene.view.lots(shown, "proto", "local_addr", "local_port", least=2):
        for each in np.unique(family[lot]):
            if (alike := family[lot] == each).sum() > 1:
                yield lot[alike]


def _one_is_stuck(part: pd.DataFrame, limits: Limits) -> bool:
    """Whether the longest queue is at its limit, and the others are next to empty."""
    worst = part[part["stuck"]]["recv_q"].idxmax()
    others = part.drop(index=worst)
    used = others["recv_q"] / others["send_q"].clip(lower=1)
    return bool(used.median() <= limits["idle"])


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    stuck = part[part["stuck"]]
    first, at = stuck.iloc[0], stuck.index.to_numpy()[:1]
    others = int(scene.view.tally(at, listening(scene), "local_port")[0]) > len(part)
    place = str(first["service"]) if others else f"port {first['local_port']}"
    earlier = before(scene, stuck, ["recv_q"])["recv_q"]
    lasting = bool(flagged(earlier >= stuck["send_q"].clip(lower=1)).any())
    owner = owner_of(first) if stuck["owner"].nunique() == 1 else {}
    return Finding(
        id="accept-queue-one-worker",
        severity="critical",
        confidence=settle("high", scene, up=int(lasting)),
        group=Group(**owner, service=first["service"]),
        n=len(stuck),
        base=len(part),
        verdict=_verdict(stuck, len(part), place, actor(owner.get("owner"), LOCAL_PROGRAM)),
        sockets=labels(stuck, part[~part["stuck"]]),
        limits={**limits, "backlog": float(first["send_q"])},
        evidence=tuple(_evidence(part)),
        cause=("suggests a thread or worker that is blocked, or lost from the event loop",),
        next=advice.steps(
            scene,
            {"linux": f"ss -ltnpe '( sport = :{first['local_port']} )'"},
            advice.REFUSED,
            advice.stack_of(owner.get("process"), owner.get("pid")),
        ),
        caveats=_caveats(scene, stuck),
    )


def _verdict(stuck: pd.DataFrame, total: int, place: str, who: str) -> str:
    n, waiting = len(stuck), int(stuck["recv_q"].sum())
    limits = sorted({int(limit) for limit in stuck["send_q"]})
    limit = " to ".join(thousands(limit) for limit in dict.fromkeys((limits[0], limits[-1])))
    return (
        f"{who} does not accept on {n} of {plural(total, 'listener')} of {place}: "
        f"{plural(waiting, 'connection')} wait there and the limit is {limit}, while the other "
        f"{'listener keeps' if total - n == 1 else 'listeners keep'} up."
    )


def _evidence(part: pd.DataFrame) -> Iterator[str]:
    longest = part.sort_values("recv_q", ascending=False, kind="stable").head(5)
    cells = zip(
        longest["recv_q"], longest["send_q"], longest["inode"], longest["owner"], strict=True
    )
    for waiting, limit, inode, owner in cells:
        number = count_of(inode)
        whose = f", inode {number}" if number else ""
        yield f"listener: Recv-Q {waiting}, Send-Q {limit}{whose}{f', {owner}' if owner else ''}"
    if len(part) > len(longest):
        yield f"and {len(part) - len(longest)} more"


def _caveats(scene: Scene, stuck: pd.DataFrame) -> tuple[str, ...]:
    if stuck["inode"].notna().any():
        return ("which thread it is: the inode is that of a descriptor in /proc/PID/fd",)
    inodes = ": ss -e prints the inodes" if scene.os == "linux" else ""
    return (f"which listener it is{inodes}",)


DIAGNOSES = (
    Diagnosis(
        "accept-queue-one-worker",
        "Is one of several SO_REUSEPORT listeners stuck while its siblings are idle?",
        check,
        needs=("backlog",),
        numbers=NUMBERS,
        absorbs=(
            Absorbs("accept-queue-full", "port"),
            Absorbs("accept-queue-filling", "port"),
            Absorbs("close-wait-unaccepted", "port"),
            Absorbs("syn-recv-pile", "port"),
            Absorbs("syn-sent-dead-peer", "port"),
            Absorbs("fin-wait1-stuck", "port"),
            Absorbs("listener-not-serving", "port"),
            Absorbs("backlog-too-small", "port"),
        ),
        refs=REFS,
        states=("LISTEN",),
    ),
)
