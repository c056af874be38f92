"""Data that is sent again and again and that nobody acknowledges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import (
    connections,
    flagged,
    group_of,
    labels,
    netns_of,
    owner_of,
    peers,
    settle,
    slim,
    tally,
)
from nsparse.judging.measure import SMALL_BASE, data_age
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene import Scene

# A handshake has no data; after our close the wait is the closing family's matter.
STATES = ("ESTABLISHED", "CLOSE_WAIT")
BACKOFF = 3
"""Doublings of the timer that say the same as the count."""
SILENT_MS = 30_000
"""No acknowledgement for so long: loss alone is no longer likely."""

NUMBERS = (
    Number("notice", 3, "one or two are ordinary loss"),
    Number("warning", 5, "five in a row: 6 s or more without any acknowledgement"),
    Number("few", 3, "three connections at once are not by chance"),
    Number("share", 0.05, "a twentieth of the connections to the peer or of the service"),
    Number("alone", 8, "eight in a row: 51 s or more; one is enough"),
    Number("many", 10, "the smallest service of which a half says something"),
    Number("critical_share", 0.5, "half of a service is cut off"),
)
REFS = ("ip-sysctl tcp_retries2", "RFC 1122 4.2.3.5")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the path dead, or losing everything, for some connections?

    Means: data was sent again several times in a row, each time after twice as long, and no
        acknowledgement came. Linux gives up after about 15 minutes.
    Do: ping and trace the peer, also with full packets (`ping -M do -s 1472`): a path may lose only
        the large ones. A firewall that forgot idle connections looks the same. In the program:
        TCP_USER_TIMEOUT instead of waiting for 15 minutes.
    False alarms: a count of 1 or 2 is ordinary loss; tail-loss probes show a count of 0.
    """
    rows = scene.rows
    again = rows["state"].isin(STATES) & (rows["timer"] == "retransmit") & rows["concrete"]
    lost = slim(rows[again & flagged(rows["retrans"] >= limits["notice"])], "retrans")
    if lost.empty:
        return
    live = rows[rows["live"] & (rows["group"].isin(lost["group"]) | _to(rows, lost))]
    sizes = _keys(live).value_counts()
    for key, part in lost.groupby(_keys(lost), sort=False):
        yield _finding(scene, limits, part, int(sizes[key]))


def _to(rows: pd.DataFrame, lost: pd.DataFrame) -> pd.Series[bool]:
    return rows["remote_addr"].isin(lost["remote_addr"].unique())


def _keys(rows: pd.DataFrame) -> pd.Series[Any]:
    """Connections made to us count by their service, all others by their peer."""
    served = "group " + rows["group"].astype("str")
    return served.where(
        rows["role"] == "server", netns_of(rows) + " " + rows["remote_addr"].astype("object")
    )


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, base: int) -> Finding:
    first, most = part.iloc[0], int(part["retrans"].max())
    alike = part["group"].nunique() == 1
    return Finding(
        id="retransmit-stall",
        severity=_severity(part, base, limits),
        confidence=settle(
            "high", scene, up=_silent(scene, part), down=int((part["role"] == "unknown").any())
        ),
        group=group_of(first) if alike else _shared(part),
        n=len(part),
        base=base,
        verdict=_verdict(part, base, most, alike=alike),
        sockets=labels(part),
        limits=dict(limits),
        evidence=_evidence(part),
        cause=_cause(part),
        next=_steps(scene, part),
        caveats=("whether data is lost on the way there or acknowledgements on the way back",),
    )


def _severity(part: pd.DataFrame, base: int, limits: Limits) -> Severity:
    n, often = len(part), int((part["retrans"] >= limits["warning"]).sum())
    if n >= limits["many"] and n / base >= limits["critical_share"]:
        return "critical"
    shared = base >= SMALL_BASE and often > 0 and often / base >= limits["share"]
    if often >= limits["few"] or shared or int(part["retrans"].max()) >= limits["alone"]:
        return "warning"
    return "notice"


def _silent(scene: Scene, part: pd.DataFrame) -> int:
    """Whether the kernel's own numbers say the same."""
    backed = scene.column("backoff")[part.index] >= BACKOFF
    silent = scene.column("lastack_ms")[part.index] >= SILENT_MS
    return int((flagged(backed) & flagged(silent)).any())


def _shared(part: pd.DataFrame) -> Group:
    """What connections of several services have in common."""
    one = part["owner"].nunique() == 1
    return Group(**owner_of(part.iloc[0])) if one else Group()


def _verdict(part: pd.DataFrame, base: int, most: int, *, alike: bool) -> str:
    n, first = len(part), part.iloc[0]
    if alike:
        of = connections(first, base)
    else:
        of = f"{plural(base, 'connection')} to {first['remote_addr']}"
    gets = "gets" if n == 1 else "get"
    often = f"{'' if n == 1 else 'up to '}{plural(most, 'retransmission')}"
    oldest = "" if n == 1 else "the longest "
    return (
        f"{thousands(n)} of {of} {gets} no acknowledgement: {often}, "
        f"{oldest}for at least {thousands(int(data_age(most)))} s."
    )


def _evidence(part: pd.DataFrame) -> tuple[str, ...]:
    waiting = int(part["send_q"].fillna(0).sum())
    return (
        f"retransmissions: {tally(part['retrans'])}",
        peers(part),
        f"{plural(waiting, 'byte')} wait to be acknowledged",
    )


def _cause(part: pd.DataFrame) -> tuple[str, ...]:
    if part["remote_addr"].nunique() == 1:
        return ("suggests that the peer is gone, or that the path or a firewall drops it all",)
    return ("several peers at once: this suggests our own link, or a path that they share",)


def _steps(scene: Scene, part: pd.DataFrame) -> tuple[Any, ...]:
    peer = part["remote_addr"].iat[0]
    return advice.steps(
        scene,
        {"linux": f"ss -tanpoi dst {peer}", "macos": f"ping -c 3 {peer}"},
        {"linux": f"ping -M do -s 1472 -c 3 {peer}"},
        "in the program: TCP_USER_TIMEOUT, and keepalives for connections that idle",
    )


DIAGNOSES = (
    Diagnosis(
        "retransmit-stall",
        "Is the path dead, or losing everything, for some connections?",
        check,
        needs=("timers",),
        numbers=NUMBERS,
        absorbs=(Absorbs("send-q-backlog"),),
        refs=REFS,
        states=("ESTABLISHED", "CLOSE_WAIT"),
    ),
)
