"""One of several equal backends gets far too little or too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import endpoint, labels, owner_of, settle
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

WEB = (53, 80, 443)
"""Ports of the world: addresses behind them are no backends of one pool."""
NAMED = 6
"""Backends that are listed with what they have."""

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
        yield from _uneven(scene, limits, lot)


def _uneven(scene: Scene, limits: Limits, lot: Ints) -> Iterator[Finding]:
    import numpy as np
    import pandas as pd

    from nsparse.judging.scene.rows import Rows

    view = scene.view
    place, tried = pd.factorize(view.codes("remote_addr").of[lot])
    held = np.bincount(place[~view.is_("state", "SYN_SENT")[lot]], minlength=len(tried))
    middle = np.median(held)
    if len(held) < limits["backends"] or held.sum() < limits["few"] or not middle:
        return
    odd = np.flatnonzero((held <= limits["low"] * middle) | (held >= limits["high"] * middle))
    if len(odd) == 1:
        shown = view.words_of("remote_addr", tried[:NAMED] - 1)
        each = tuple(f"{name}: {thousands(n)}" for name, n in zip(shown, held, strict=False))
        yield _finding(scene, limits, Rows(view, lot[place == odd[0]]), held, each)


def _finding(scene: Scene, limits: Limits, own: Rows, held: Ints, each: tuple[str, ...]) -> Finding:
    import numpy as np

    calls = int(scene.view.is_("state", "SYN_SENT")[own.at].sum())
    n, first = len(own) - calls, own.row(0)
    middle = np.median(held)
    dead = calls > 0 and n <= limits["low"] * middle
    severity: Severity = "warning" if dead else "notice"
    place = endpoint(first["remote_addr"], first["remote_port"])
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
        evidence=each,
        cause=("suggests a dead node" if dead else "suggests a drained node, or names that stick",),
        next=advice.steps(
            scene,
            advice.to_service(first["remote_addr"], first["remote_port"]),
            "look at the resolver, the balancer's weights, and the node",
        ),
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
