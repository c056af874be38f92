"""The other end has closed, the local program has not: it leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import advice, queues
from nsparse.judging.evidence.closed_there import SOURCES, aged, closers, evidence, of_kind, unknown
from nsparse.judging.evidence.finding import assumed_limit
from nsparse.judging.evidence.pile import piles
from nsparse.prose import are

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

FAMILY = "close-wait"
NUMBERS = (
    Number("few", 5, "harmless cases show one; a close in progress takes milliseconds"),
    Number("share", 0.5, "half of what the group has open"),
    Number("many", 100, "reported leaks: 710, 977, 1 837, 79 564"),
    Number("notice", 20, "worth a look, if it is a part of the group"),
    Number("notice_share", 0.1, "the least part for a notice"),
    Number("critical", 1000, "the number itself is the proof"),
    Number("fd_share", 0.4, "of the process's descriptor limit"),
    Number("sending_s", 10, "sent data so lately: still answering, a half-close"),
)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which process keeps connections that the other end has already closed?

    Means: the peer has sent its FIN and the program has not called close(). No kernel timer ends
        this state: the descriptors add up until the process has none left.
    Do: find the owner, take a thread dump, look for the path without close(): a response body, a
        stream, an error branch, a return value 0 of read() that is ignored. A restart helps for a
        while; kernel settings do not.
    False alarms: a busy server closes through CLOSE_WAIT for milliseconds; a half-close whose
        answer is still on its way (rows with Send-Q are left out); a proxy copies the fault of
        the end behind it.
    """
    leaked = of_kind(scene, FAMILY, "leak")
    least = min(limits["few"] / 2, limits["many"], limits["notice"], limits["critical"])
    for pile in piles(scene, leaked, limits, least=least):
        level = _leak_level(pile, limits)
        if level is not None:
            yield _leak(pile, level)


def _leak_level(pile: Pile, limits: Limits) -> Severity | None:
    if pile.n >= limits["critical"]:
        return "critical"
    if pile.starves:
        return "critical" if pile.proofs else "warning"
    if pile.speaks:
        return "warning"
    noticed = pile.n >= limits["notice"] and pile.n >= limits["notice_share"] * pile.base
    return "notice" if noticed else None


def _leak(pile: Pile, level: Severity) -> Finding:
    scene, first = pile.scene, pile.first
    counted = pile.n >= pile.limits["critical"]
    starves, descriptors = level == "critical" and not counted, pile.descriptors
    limit = {"fd_limit": descriptors.limit} if starves else {}
    guessed = starves and descriptors.assumed
    vague = (first["role"] == "unknown") + (not first["owner"] and "owner" in scene.has) + guessed
    return pile.finding(
        "close-wait-leak",
        level,
        pile.confidence(up=aged(pile), down=int(vague), proven=counted),
        f"{pile.part()} {are(pile.n)} CLOSE_WAIT: {closers(pile)} closed, {pile.who} has not.",
        limits=pile.held | limit,
        evidence=(*evidence(pile, pile.states), *(descriptors.told if starves else ())),
        cause=queues.readings(scene, pile.counts, pile.program),
        next=advice.steps(
            scene,
            advice.sockets("CLOSE_WAIT", first),
            advice.stack(first),
            advice.of_process(advice.DESCRIPTORS, first),
            "in the code: a response, stream or socket that an error path does not close; "
            "a read of 0 bytes that is ignored",
            "until then: restart the program; no kernel setting closes these",
        ),
        caveats=(*unknown(pile), *_leak_caveats(pile, guessed=guessed)),
    )


def _leak_caveats(pile: Pile, *, guessed: bool) -> Iterator[str]:
    if pile.counts["queued"]:
        yield "whether they were accepted: without owners a stuck accept loop looks the same"
    if guessed:
        yield assumed_limit(pile.scene)


DIAGNOSES = (
    Diagnosis(
        "close-wait-leak",
        "Which process keeps connections that the other end has already closed?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"), Absorbs("fd-pressure", by="owner")),
        refs=SOURCES,
        states=("CLOSE_WAIT",),
    ),
)
