"""Rows that cannot be, or that nobody can read: unknown states, impossible ones, repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import flagged, labels
from nsparse.prose import are, percent, plural, thousands, top
from nsparse.states import MACHINE, can_face

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene import Scene

ANY = (Number("rows", 1, "one such row is worth a word"),)
TWICE = (
    Number("rows", 1, "the kernel repeats rows when sockets are added while it is read"),
    Number("share", 0.01, "beyond one in a hundred the reader was far behind"),
)
TORN = (
    Number("rows", 1, "one row of a pair that moved on is usual"),
    Number("share", 0.01, "beyond one in a hundred the dump shows no single moment"),
)
IMPOSSIBLE = (
    Number("rows", 1, "one such row is worth a word"),
    Number("time_wait_s", 61, "TIME_WAIT of Linux lasts 60 s, and tools round up"),
)


def unknown(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are there states that no table knows?

    Means: the tool printed a word for a state that nsparse does not know, of another language or
        of a new version. Such rows are counted, and no diagnosis about states sees them.
    Do: make the dump with LC_ALL=C; send the words to the authors of nsparse.
    False alarms: none; damaged lines may give such words too.
    """
    odd = scene.rows[scene.rows["state"] == "UNKNOWN"]
    if len(odd) >= max(limits["rows"], 1):
        yield Finding(
            id="unknown-state",
            severity="notice",
            confidence="high",
            group=Group(),
            n=len(odd),
            verdict=f"{plural(len(odd), 'row')} {are(len(odd))} in a state that no table knows.",
            sockets=labels(odd),
            limits=dict(limits),
            evidence=(f"words: {top(odd['state_raw'].dropna(), 8)}",),
            cause=("suggests another language, a new version of the tool, or damaged lines",),
            next=advice.steps(scene, {"linux": "LC_ALL=C ss -tuan"}),
        )


def repeated(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are rows of the dump repeated?

    Means: the same socket stands in the dump twice. The kernel prints rows again when sockets
        come and go while it is read; all counts are of unique rows.
    Do: nothing; ss reads faster than netstat on busy hosts.
    False alarms: none: several views of one moment are not counted.
    """
    if scene.os not in (None, "linux"):
        return  # elsewhere the table is copied whole: rows that repeat are of several views
    n, base = scene.duplicates, len(scene.rows) + scene.duplicates
    if n >= max(limits["rows"], 1):
        yield Finding(
            id="dup-rows",
            severity="notice" if n > limits["share"] * base else "info",
            confidence="high",
            group=Group(),
            n=n,
            base=base,
            verdict=(
                f"{thousands(n)} of {plural(base, 'row')} ({percent(n, base)}) "
                f"{'repeats' if n == 1 else 'repeat'} a socket: each is counted once."
            ),
            sockets=(),
            limits=dict(limits),
        )


def torn(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show one moment?

    Means: the two ends of connections within this host are in states that cannot be at one
        time, or one socket (by its inode) is in two states: the host moved on while it was read.
    Do: trust no duration of this dump; take another when the host is less busy.
    False alarms: a few such rows on a busy host are usual.
    """
    import pandas as pd

    rows = scene.rows
    near = rows[(rows["pair"] >= 0) & rows["live"] & rows["once"]]
    there = rows["state"].reindex(near["pair"]).astype("object")
    both = zip(near["state"].astype("object"), there, strict=True)
    odd = near[[not _together(str(one), str(other)) for one, other in both]]
    inodes = rows[rows["inode"].notna() & (rows["proto"] == "tcp")]
    states = inodes.groupby("inode")["state"].transform("nunique") if len(inodes) else None
    twice = inodes.iloc[:0] if states is None else inodes[states > 1]
    n, base = len(odd) + int(twice["inode"].nunique()), len(near) + len(inodes)
    if n > limits["rows"] and n > limits["share"] * base:
        yield Finding(
            id="dump-not-atomic",
            severity="notice",
            confidence="medium",
            group=Group(),
            n=n,
            base=base,
            verdict=(
                f"{plural(n, 'connection')} within this host {are(n)} in states that cannot be at "
                "one time: the dump shows no single moment."
            ),
            sockets=labels(pd.concat([odd, twice.drop(index=odd.index, errors="ignore")])),
            limits=dict(limits),
            evidence=(f"states: {top(odd['state'])}",) if len(odd) else (),
            cause=("the host moved on while it was read",),
            caveats=("durations and pairs of this dump: take another one",),
        )


def _together(one: str, other: str) -> bool:
    """Whether the two ends of a connection can be in these states; a state unknown can be any."""
    return not {one, other} <= MACHINE.keys() or can_face(one, other)


def impossible(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are there rows that cannot be?

    Means: a row says what no kernel says: TIME_WAIT with an owner or unread bytes, a listener
        with a remote end, unread bytes before the connection is open, port 0, a queue below 0.
    Do: look at the lines: the dump may be edited, damaged, or of another system than it seems.
    False alarms: kernels and tools with a bug of their own.
    """
    found = dict(_impossible(scene, limits))
    rows = scene.rows[sum(found.values(), start=scene.rows["owned"] & False) > 0]
    if len(rows) >= max(limits["rows"], 1):
        yield Finding(
            id="impossible-state",
            severity="notice",
            confidence="high",
            group=Group(),
            n=len(rows),
            verdict=f"{plural(len(rows), 'row')} cannot be as the dump says.",
            sockets=labels(rows),
            limits=dict(limits),
            evidence=tuple(
                f"{what}: {thousands(int(mask.sum()))}"
                for what, mask in found.items()
                if mask.any()
            ),
            cause=("suggests an edited or damaged dump, or another system than it seems",),
        )


def _impossible(scene: Scene, limits: Limits) -> Iterator[tuple[str, pd.Series[int]]]:
    """What cannot be, with the rows that say it, 1 or 0 each."""
    rows, state = scene.rows, scene.rows["state"]
    recv, send = rows["recv_q"], rows["send_q"]
    waits = (state == "TIME_WAIT") & (rows["os"] == "linux")
    long = flagged(rows["timer_ms"] > 1000 * limits["time_wait_s"]) & (rows["timer"] == "timewait")
    listens = (rows["role"] == "listener") & rows["remote_port"].notna()
    masks = {
        "TIME_WAIT with an owner": waits & (rows["owned"] | rows["inode"].notna()),
        "TIME_WAIT with unread bytes": waits & flagged(recv > 0),
        "TIME_WAIT with a timer beyond 60 s": waits & long,
        "LISTEN with a remote end": listens,
        "SYN_SENT with unread bytes": (state == "SYN_SENT") & flagged(recv > 0),
        "port 0 on a connection": rows["concrete"]
        & (flagged(rows["local_port"] == 0) | flagged(rows["remote_port"] == 0)),
        "a queue below 0": flagged(recv < 0) | flagged(send < 0),
    }
    for what, mask in masks.items():
        yield what, flagged(mask).astype("int64")


DIAGNOSES = (
    Diagnosis(
        "unknown-state",
        "Are there states that no table knows?",
        unknown,
        numbers=ANY,
        refs=("RFC 9293 3.3.2",),
        states=("UNKNOWN",),
    ),
    Diagnosis(
        "dup-rows",
        "Are rows of the dump repeated?",
        repeated,
        numbers=TWICE,
        refs=("prometheus/procfs #576", "elastic/quark #379"),
    ),
    Diagnosis(
        "dump-not-atomic",
        "Does the dump show one moment?",
        torn,
        needs=("states",),
        numbers=TORN,
        refs=("RFC 9293 3.3.2",),
    ),
    Diagnosis(
        "impossible-state",
        "Are there rows that cannot be?",
        impossible,
        numbers=IMPOSSIBLE,
        refs=("RFC 9293 3.3.2", "Linux TCP_TIMEWAIT_LEN"),
    ),
)
