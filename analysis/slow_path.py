"""Connections that are slower than others on the same path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import GROUP, some_of
from nsparse.judging.evidence.finding import GROUPED, flagged, group_of, labels, peers_of, settle
from nsparse.prose import thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("rows", 5, "a median of fewer says nothing"),
    Number("times", 5, "so much slower than the others with its peer"),
    Number("more_ms", 100, "and by so much: below it nobody notices"),
    Number("queue_times", 3, "so much slower than the path was at its best"),
    Number("queue_ms", 50, "and by so much: delayed acknowledgements cost 40 ms"),
    Number("idle_ms", 60_000, "the time of a connection without acknowledgements is an old one"),
    Number("many", 10, "the smallest service of which a part says something"),
    Number("share", 0.3, "of its connections"),
)
REFS = ("ss(8) rtt", "tcp_info tcpi_min_rtt (Linux)")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which connections are slower than others on the same path, or wait in a queue?

    Means: a few connections take many times as long for a round trip as others with the same peer;
        or all of a service take many times as long as their paths did at their best: packets wait
        in a queue.
    Do: look for a full line (bufferbloat), Wi-Fi, a peer without CPU. If all connections of one
        peer are slow, it is that peer.
    False alarms: 300 ms is normal across an ocean: connections are only held against others with
        the same peer. Idle ones tell old times.
    """
    view = scene.view
    timed = view.is_("state", "ESTABLISHED") & view.known("rtt_ms")
    at = (timed & ~view.at_least("lastack_ms", limits["idle_ms"])).nonzero()[0]
    at = at[view.sizes(at, "group") >= limits["rows"]]
    if not len(at):
        return
    services = _told(scene, limits, at).groupby("group", sort=False)
    middle = services[["rtt", "least"]].median()
    waits = _queues(middle, limits)
    for group in middle.index[waits | services["slow"].any()]:
        part, best = services.get_group(group), float(middle["least"][group])
        slow = part[part["slow"]]
        if len(slow):
            ends = dict.fromkeys(f"{ms:.0f}" for ms in (slow["usual"].min(), slow["usual"].max()))
            usual = f"where {' to '.join(ends)} ms is usual"
            yield _finding(scene, limits, slow, len(part), usual)
        else:
            queued = f"where {best:.0f} ms is possible: packets wait in a queue"
            yield _finding(scene, limits, part, len(part), queued)


def _told(scene: Scene, limits: Limits, at: Ints) -> pd.DataFrame:
    """Connections with what is `usual` with their peer, and whether they are `slow` beside that.

    Callers of a service are at the ends of many paths: one across an ocean is no slower than its
    own path.
    """
    told = scene.view.pick(at, *GROUPED, "group", "remote_addr", "rtt_ms", "minrtt_ms")
    told = told.rename(columns={"rtt_ms": "rtt", "minrtt_ms": "least"})
    told = told.assign(path=scene.view.keys_at(at, "group", "remote_addr"))
    path = told.groupby("path")["rtt"]
    usual = path.transform("median")
    slow = (told["rtt"] >= limits["times"] * usual) & (told["rtt"] - usual >= limits["more_ms"])
    slow = slow & (path.transform("size") >= limits["rows"])
    return told.assign(usual=usual, slow=flagged(slow))


def _queues(middle: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Services whose round trips take much longer than at their best, where that is known."""
    over = middle["rtt"] - middle["least"]
    waits = (middle["rtt"] >= limits["queue_times"] * middle["least"]) & (
        over >= limits["queue_ms"]
    )
    return flagged(waits)


def _finding(scene: Scene, limits: Limits, slow: pd.DataFrame, base: int, beside: str) -> Finding:
    n, most = len(slow), float(slow["rtt"].max())
    severe = base >= limits["many"] and n / base >= limits["share"]
    severity: Severity = "warning" if severe else "notice"
    of = some_of(scene, int(slow.index[0]), base, GROUP, "busy")
    takes = "takes" if n == 1 else "take up to"
    return Finding(
        id="rtt-outlier",
        severity=severity,
        confidence=settle(
            "medium", scene, down=int((slow["role"] == "unknown").any()), cap="medium"
        ),
        group=group_of(slow.iloc[0]),
        n=n,
        base=base,
        verdict=(f"{thousands(n)} of {of} {takes} {thousands(most)} ms for a round trip {beside}."),
        sockets=labels(slow),
        limits=dict(limits),
        evidence=(peers_of(scene, slow),),
        cause=("suggests a full line, Wi-Fi, or a peer that is short of CPU",),
        next=advice.steps(scene, {"linux": f"ss -tanpoi {advice.dst(slow['remote_addr'].iat[0])}"}),
        caveats=("whether it lasts: take more snapshots",),
    )


DIAGNOSES = (
    Diagnosis(
        "rtt-outlier",
        "Which connections are slower than others on the same path, or wait in a queue?",
        check,
        needs=("tcpinfo",),
        numbers=NUMBERS,
        refs=REFS,
        states=("ESTABLISHED",),
    ),
)
