"""What holds a slow transfer back: the receiver, or our own send buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import (
    GROUPED,
    LOCAL_PROGRAM,
    common_group,
    labels,
    peers_of,
    settle,
)
from nsparse.judging.evidence.measure import SMALL_BASE
from nsparse.prose import actor, percent, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.scene import Scene

PROGRAM = "program"
HELD = {
    "rwnd_limited_ms": "the window of the receivers",
    "sndbuf_limited_ms": "the send buffer here",
}
"""What the kernel counts the time of, in words."""
CAUSES = {
    "rwnd_limited_ms": "the receiving program is slow, or its buffer is small",
    "sndbuf_limited_ms": "suggests a fixed SO_SNDBUF in the program, or a small tcp_wmem",
}

NUMBERS = (
    Number("busy_ms", 1000, "so long with data to send: a transfer, not an answer"),
    Number("limited", 0.3, "of the busy time: what else holds it back matters less"),
    Number("few", 5, "so many connections of a program that agree"),
    Number("share", 0.3, "or so many of those that are busy"),
)
REFS = ("uapi tcp.h: tcpi_rwnd_limited, tcpi_sndbuf_limited", "ip-sysctl tcp_wmem")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """What holds a slow transfer back: the receiver, or our send buffer?

    Means: the kernel counts how long a connection had data to send, and how much of that time it
        could not: the receiver's window was full, or our send buffer was too small.
    Do: at the receiver look for Recv-Q. Here look for a fixed SO_SNDBUF in the program: it switches
        off the kernel's own tuning.
    False alarms: short answers do not count. That a program writes slowly (app_limited) is how
        requests and answers look, and no finding.
    """
    view = scene.view
    busy = view.at_least("busy_ms", limits["busy_ms"])
    if not busy.any():
        return
    at, spent = busy.nonzero()[0], view.numbers("busy_ms").clip(1)
    bases = dict(zip(at.tolist(), view.sizes(at, PROGRAM).tolist(), strict=True))
    for kind in HELD:
        limited = view.numbers(kind) / spent >= limits["limited"]
        for lot in view.lots(busy & limited, PROGRAM):
            rows = view.pick(lot, *GROUPED, "group", "remote_addr", "busy_ms", kind)
            yield _finding(scene, limits, rows, kind, bases[lot[0]])


def _finding(scene: Scene, limits: Limits, rows: pd.DataFrame, kind: str, base: int) -> Finding:
    n, first = len(rows), rows.iloc[0]
    shared = base >= SMALL_BASE and n / base >= limits["share"]
    severity: Severity = "notice" if n >= limits["few"] or shared else "info"
    busy = rows["busy_ms"]
    part = percent(float(rows[kind].sum()), float(busy.sum()))
    return Finding(
        id="limited-by",
        about=kind,
        severity=severity,
        confidence=settle("high", scene),
        group=common_group(rows),
        n=n,
        base=base,
        verdict=(
            f"{thousands(n)} of {plural(base, 'busy connection')} of "
            f"{actor(first['owner'], LOCAL_PROGRAM)} {'is' if n == 1 else 'are'} held back by "
            f"{HELD[kind]}, {part} of the time that there was data to send."
        ),
        sockets=labels(rows),
        limits=dict(limits),
        evidence=(f"busy for {thousands(int(busy.sum()) // 1000)} s in all", peers_of(scene, rows)),
        cause=(CAUSES[kind],),
        next=advice.steps(scene, {"linux": f"ss -tanpoim {advice.dst(first['remote_addr'])}"}),
    )


DIAGNOSES = (
    Diagnosis(
        "limited-by",
        "What holds a slow transfer back: the receiver, or our send buffer?",
        check,
        needs=("tcpinfo",),
        numbers=NUMBERS,
        refs=REFS,
        states=("ESTABLISHED",),
    ),
)
