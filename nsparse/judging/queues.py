"""What the queue columns say: unread bytes of a connection, connections that nobody accepts.

The single most misread thing in a dump (diagnoses: columns assumed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.judging.finding import flagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from nsparse.judging.scene import Scene

FIN = 1
"""What an unread FIN adds to Recv-Q on Linux (tcp_diag.c: rcv_nxt - copied_seq)."""
RECORD = 64
"""Bytes that may be a FIN and a TLS close record: 32 with TLS 1.2 (31 + 1), 25 with TLS 1.3."""
NEARLY = 0.1
"""How far two counts of one moment may lie apart: no table is read in one instant."""
CLASSES = {"Recv-Q 0": (0, 0), "=1": (1, 1), "2-64": (2, RECORD), ">64": (RECORD + 1, 2**62)}
"""Amounts of unread bytes that mean different things after the other end has closed."""
READINGS = {
    "Recv-Q 0": "Recv-Q 0: {} has read end-of-stream and kept the descriptor (missing close in an "
    "error path).",
    "=1": "Recv-Q 1: only the FIN is unread: nobody has read since the other end closed (an idle "
    "pooled connection, or the thread is elsewhere).",
    "2-64": "Recv-Q 2-64: the FIN and a tiny record are unread; 25 and 32 suggest a TLS close "
    "record.",
    ">64": "Recv-Q over 64: a request or an answer lies unread: this suggests that {} hung or "
    "starved before reading.",
}
"""What they mean."""
NAMES = {"macos": "macOS", "windows": "Windows", "freebsd": "FreeBSD", "openbsd": "OpenBSD"}


def counts_fin(scene: Scene) -> bool:
    """Whether Recv-Q of a connection counts an unread FIN: Linux does, macOS and BSD do not."""
    return scene.os == "linux" and "queues" in scene.has


def classed(waiting: pd.Series[int]) -> dict[str, pd.Series[bool]]:
    """Which rows are in which class of unread bytes."""
    return {name: waiting.between(*bounds) for name, bounds in CLASSES.items()}


def readings(scene: Scene, counts: Mapping[str, int], who: str) -> tuple[str, ...]:
    """How far a program came before it left its connections, for each class that a fifth is in.

    Args:
        scene: The host; not every system shows it.
        counts: How many rows are in each class, and `n` in all.
        who: The program.
    """
    seen = {name: counts[name] for name in CLASSES}
    if counts_fin(scene):
        ranked = sorted(seen, key=lambda name: -seen[name])
        said = [READINGS[name] for name in ranked if seen[name] >= counts["n"] / 5]
        unprinted = "Recv-Q is not printed: how far the program has read is not shown."
        return tuple(text.format(who) for text in said) or (unprinted,)
    system = NAMES.get(scene.os or "", "this system")
    if any(seen.values()):
        return (f"{system} does not count a FIN in Recv-Q: 0 does not show that its end was read.",)
    return (f"{system} prints no Recv-Q: how far the program has read is not shown.",)


# ---- connections that nobody accepts ---------------------------------------------------------


def ownerless(rows: pd.DataFrame) -> pd.Series[bool]:
    """Rows that no program holds, or none that the dump names."""
    return ~rows["owned"] & rows["inode"].isna()


def tells_owners(scene: Scene) -> bool:
    """Whether a row without an owner proves that no program holds it."""
    return bool(scene.has & {"owner", "inode"})


def queued(rows: pd.DataFrame) -> pd.Series[bool]:
    """Connections that may wait to be accepted: of a server, nobody's, with something unread."""
    return (rows["role"] == "server") & ownerless(rows) & flagged(rows["recv_q"] > FIN)


def never_accepted(scene: Scene, rows: pd.DataFrame) -> pd.Series[bool]:
    """Those of a port whose listener has a visible owner.

    An unread FIN alone is enough where inodes are printed: an accepted socket has one. Where no
    owner is visible nothing proves it; but what the listener's own queue accounts for, nobody may
    be told to have kept.
    """
    if not tells_owners(scene):
        waits = queued(rows)
        together = waits.groupby(rows["listener"]).transform("sum")
        queue = scene.rows["recv_q"].reindex(rows["listener"]).fillna(0).to_numpy(dtype="int64")
        return waits & (together <= (1 + NEARLY) * queue)
    seen = (~ownerless(scene.rows)).reindex(rows["listener"], fill_value=False).to_numpy()
    alone = flagged(rows["recv_q"] == FIN) & ("inode" in scene.has)
    unread = flagged(rows["recv_q"] > FIN) | alone
    return (rows["role"] == "server") & ownerless(rows) & unread & seen
