"""One of several equal backends gets far too little or too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import WHOSE, endpoint, labels, owner_of, settle
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene import Scene

WEB = (53, 80, 443)
"""Ports of the world: addresses behind them are no backends of one pool."""

NUMBERS = (
    Number("backends", 3, "of two, one may be the replica of the other"),
    Number("few", 30, "fewer connections are uneven by chance"),
    Number("low", 0.1, "of the median: next to nothing"),
    Number("high", 5, "times the median: carries the others' part"),
)
REFS = ("RFC 6724",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does one of several equal backends get far too little or too much?

    Means: one program has connections to several addresses on one port, and one of these stands
        far below or above the rest: a node that is drained or dead, or names that stick.
    Do: look at the resolver and at the weights of the balancer; at the node itself.
    False alarms: a primary among replicas; ports of the web, where the addresses are strangers.
    """
    view = scene.view
    out = view.true("live") & view.is_("role", "client") & ~view.is_("owner", "")
    out = out & ~view.is_("remote_port", *WEB)
    for lot in view.lots(out, "owner", "remote_port", least=limits["few"]):
        part = view.pick(lot, *WHOSE, "state", "remote_addr", "remote_port")
        yield from _uneven(scene, limits, part)


def _uneven(scene: Scene, limits: Limits, part: pd.DataFrame) -> Iterator[Finding]:
    held = part[part["state"] != "SYN_SENT"]["remote_addr"].value_counts()
    tried = part["remote_addr"].unique()
    held = held.reindex(tried, fill_value=0)
    middle = float(held.median())
    if len(held) < limits["backends"] or held.sum() < limits["few"] or not middle:
        return
    odd = held[(held <= limits["low"] * middle) | (held >= limits["high"] * middle)]
    if len(odd) == 1:
        yield _finding(scene, limits, part, str(odd.index[0]), int(odd.iloc[0]), held)


def _finding(
    scene: Scene, limits: Limits, part: pd.DataFrame, addr: str, n: int, held: pd.Series[int]
) -> Finding:
    own = part[part["remote_addr"] == addr]
    calls = int((own["state"] == "SYN_SENT").sum())
    middle = float(held.median())
    dead = calls > 0 and n <= limits["low"] * middle
    severity: Severity = "warning" if dead else "notice"
    first = own.iloc[0]
    place = endpoint(addr, first["remote_port"])
    told = f"; {plural(calls, 'attempt')} to it unanswered" if dead else ""
    return Finding(
        id="backend-imbalance",
        severity=severity,
        confidence=settle("low", scene, up=int(dead)),
        group=Group(**owner_of(first), role="client", service=place),
        n=n,
        base=int(held.sum()),
        verdict=(
            f"{first['owner']} has {plural(n, 'connection')} to {place} and {middle:.0f} to each "
            f"of {thousands(len(held) - 1)} others on that port (median){told}."
        ),
        sockets=labels(own),
        limits=dict(limits),
        evidence=tuple(f"{name}: {thousands(count)}" for name, count in held.head(6).items()),
        cause=("suggests a dead node" if dead else "suggests a drained node, or names that stick",),
        next=advice.steps(scene, "look at the resolver, the balancer's weights, and the node"),
        caveats=("whether they are equal: a primary has more than its replicas",),
    )


DIAGNOSES = (
    Diagnosis(
        "backend-imbalance",
        "Does one of several equal backends get far too little or too much?",
        check,
        needs=("states", "owner"),
        numbers=NUMBERS,
        refs=REFS,
        states=("ESTABLISHED", "SYN_SENT"),
    ),
)
