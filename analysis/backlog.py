"""A listen limit that is low for what the port carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import LOCAL_PROGRAM, count_of, flagged, labels, owner_of, settle, slim
from nsparse.judging.overflows import overflows
from nsparse.prose import actor, plural, port_of, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene import Scene

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
    rows = scene.rows
    low = rows[(rows["role"] == "listener") & flagged(rows["send_q"] <= limits["limit"])]
    low = low[low["local_port"].notna() & ~_quiet(low)]
    if low.empty:
        return
    low = _told(rows, slim(low), limits)
    places, waiting = low["send_q"].clip(lower=1), low["recv_q"].fillna(0)
    crowded = waiting >= (limits["waiting"] * low["send_q"]).clip(lower=1)
    # Half-open connections count against the same limit (inet_csk_reqsk_queue_is_full).
    blocked = (low["half_open"] > 0) & ((waiting > 0) | (low["half_open"] >= places))
    for _, row in low[crowded | blocked | (low["served"] >= limits["busy"] * places)].iterrows():
        yield _finding(scene, limits, row)


def _quiet(listeners: pd.DataFrame) -> pd.Series[bool]:
    named = listeners["process"].str.lower().isin(QUIET).astype("bool")
    return named | listeners["local_port"].isin(QUIET_PORTS)


def _told(rows: pd.DataFrame, low: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The listeners with how many connections and half-open ones they serve.

    Several listeners of one address and port share them.
    """
    served = rows[rows["live"] & rows["listener"].isin(low.index)]
    old = served[
        (served["state"] == "SYN_RECEIVED") & flagged(served["retrans"] >= limits["retrans"])
    ]
    return low.assign(
        served=served["listener"].value_counts().reindex(low.index).fillna(0).astype("int64"),
        half_open=old["listener"].value_counts().reindex(low.index).fillna(0).astype("int64"),
    )


def _finding(scene: Scene, limits: Limits, row: pd.Series[Any]) -> Finding:
    served, dropped = int(row["served"]), overflows(scene)
    mine = scene.rows[scene.rows["live"] & (scene.rows["listener"] == row.name)]
    return Finding(
        id="backlog-too-small",
        severity="warning" if dropped else "notice",
        confidence=settle("medium", scene, up=int(dropped > 0)),
        group=Group(**owner_of(row), service=row["service"]),
        n=served,
        verdict=_verdict(row),
        sockets=(int(str(row.name)), *labels(mine)),
        limits={**limits, "backlog": float(row["send_q"])},
        evidence=tuple(_evidence(row, dropped)),
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


def _evidence(row: pd.Series[Any], dropped: int) -> Iterator[str]:
    yield f"listener: Recv-Q {row['recv_q']}, Send-Q {row['send_q']}"
    if row["half_open"]:
        yield f"{plural(int(row['half_open']), 'handshake')} repeated at least once"
    if dropped:
        yield f"ListenOverflows {thousands(dropped)} since the host started, of all its ports"


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
