"""A listen limit that is low for what the port carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.counters import overflows
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    count_of,
    labels,
    owner_of,
    settle,
)
from nsparse.judging.evidence.stated import constant, overflowed
from nsparse.prose import actor, plural, port_of, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

QUIET_PORTS = (22, 623, 631)
"""ssh, IPMI, cups: people and a few machines call them, whatever the limit is."""
QUIET = ("sshd", "dropbear", "cupsd")
"""The programs of such ports, on whatever port they listen."""

NUMBERS = (
    Number("limit", 128, "the old somaxconn: what listens with more has been thought about"),
    Number("busy", 10, "live connections for each place in the queue: all may come back at once"),
    Number("waiting", 0.25, "of the limit is in use in a moment that nobody chose"),
    Number("retrans", 1, "a SYN-ACK that was sent twice: the last ACK may have been dropped"),
)
REFS = ("ip-sysctl somaxconn", "listen(2)")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the listen limit low for what this port carries?

    Means: the program asked for a short queue, or somaxconn cut it. The port carries so much that
        a burst, or all clients that come back at once, is more than fits: the kernel drops the
        handshakes that do not.
    Do: raise both numbers, the argument of listen() and somaxconn: the smaller one counts. The
        program must be restarted.
    False alarms: ports that few call, such as ssh, cups and management; half-open connections at a
        port whose queue is empty are a path or a flood, not this limit.
    """
    from nsparse.judging.arrays.members import one_of

    view = scene.view
    low = view.is_("role", "listener") & view.known("local_port") & view.known("send_q")
    low, at = low & ~view.above("send_q", limits["limit"]), low.nonzero()[0]
    low[at] &= ~one_of(view.numbers("local_port")[at], QUIET_PORTS)
    low = low & ~view.where("process", _quiet, low)
    if not low.any():
        return
    low = low & _crowded(scene, limits)
    for _, row in _told(scene, low, limits).iterrows() if low.any() else ():
        yield _finding(scene, limits, row)


def _quiet(process: str) -> bool:
    return process.lower() in QUIET


def _served(scene: Scene) -> Ints:
    """How many connections each row serves; listeners of one address and port share them."""
    return scene.view.leading("listener", scene.view.true("live"))


def _half_open(scene: Scene, limits: Limits) -> Ints:
    """How many handshakes each row has that were repeated."""
    view = scene.view
    old = view.is_("state", "SYN_RECEIVED") & view.at_least("retrans", limits["retrans"])
    return view.leading("listener", view.true("live") & old)


def _crowded(scene: Scene, limits: Limits) -> Bools:
    """Rows whose queue is in use, or is short for what they serve."""
    waiting, limit = scene.view.numbers("recv_q"), scene.view.numbers("send_q")
    places, half_open = limit.clip(1), _half_open(scene, limits)
    in_use = waiting >= (limits["waiting"] * limit).clip(1)
    # Half-open connections count against the same limit (inet_csk_reqsk_queue_is_full).
    blocked = (half_open > 0) & ((waiting > 0) | (half_open >= places))
    return in_use | blocked | (_served(scene) >= limits["busy"] * places)


def _told(scene: Scene, low: Bools, limits: Limits) -> pd.DataFrame:
    """The listeners with how many connections and half-open ones they serve."""
    found = scene.view.pick(low, *WHOSE, "service", "local_port", "recv_q", "send_q")
    return found.assign(served=_served(scene)[low], half_open=_half_open(scene, limits)[low])


def _finding(scene: Scene, limits: Limits, row: pd.Series[Any]) -> Finding:
    served, dropped = int(row["served"]), overflows(scene)
    view = scene.view
    mine = view.pick(view.true("live") & (view.numbers("listener") == row.name))
    return Finding(
        id="backlog-too-small",
        severity="warning" if dropped else "notice",
        confidence=settle("medium", scene, up=int(dropped > 0)),
        group=Group(**owner_of(row), service=row["service"]),
        n=served,
        verdict=_verdict(row),
        sockets=(int(str(row.name)), *labels(mine)),
        limits={**limits, "backlog": float(row["send_q"])},
        evidence=(*_evidence(row), *_somaxconn(scene), *overflowed(scene)),
        cause=("suggests a default that nobody chose: 5 (Python), 50 (Java), 100 (Tomcat), 128",),
        next=advice.steps(
            scene,
            advice.filled(advice.ACCEPTING, port=row["local_port"]),
            advice.REFUSED,
            {"linux": "sysctl net.core.somaxconn", "macos": "sysctl kern.ipc.somaxconn"},
            "raise the argument of listen() and somaxconn, then restart the program",
        ),
        caveats=() if dropped else ("whether it ever overflowed: the counters show it",),
    )


def _verdict(row: pd.Series[Any]) -> str:
    """The limit, against what the port carries and what waits."""
    who, port = actor(row["owner"], LOCAL_PROGRAM), port_of(str(row["service"]))
    waiting = count_of(row["recv_q"]) or 0
    now = (
        f" where {thousands(waiting)} {'waits' if waiting == 1 else 'wait'} now" if waiting else ""
    )
    return (
        f"{who} listens on port {port} with {plural(int(row['send_q']), 'place')} in its queue"
        f"{now}, and has {plural(int(row['served']), 'live connection')}: a burst of more than "
        "fits is dropped."
    )


def _evidence(row: pd.Series[Any]) -> Iterator[str]:
    yield f"listener: Recv-Q {row['recv_q']}, Send-Q {row['send_q']}"
    if row["half_open"]:
        yield f"{plural(int(row['half_open']), 'handshake')} repeated at least once"


def _somaxconn(scene: Scene) -> Iterator[str]:
    """The kernel's own limit: where it is larger, the program asked for less."""
    known = scene.constants.listen_limit
    if known is not None:
        yield from constant(scene, "listen_limit", f"the kernel allows {thousands(known)}")


DIAGNOSES = (
    Diagnosis(
        "backlog-too-small",
        "Is the listen limit low for what this port carries?",
        check,
        needs=("backlog",),
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN",),
    ),
)
