"""Both ends closed at once, and the last ACK is missing: CLOSING piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import unacked
from nsparse.judging.evidence.finding import settle
from nsparse.prose import are

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

SURE_RETRANS = 2
"""A FIN that was sent three times: beyond what one lost packet explains."""

NUMBERS = (
    Number("notice", 5, "a simultaneous close is rare, and ends in one round trip"),
    Number("warning", 50, "so many at one moment are not in passing"),
    Number("share", 0.05, "of the live connections of the same service or address"),
)
REFS = ("RFC 9293 3.6, case 3",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Did both ends close at once, and is the last ACK missing?

    Means: each end sent its FIN before it saw the other one, and ours is not acknowledged. One is
        chance; many are a path that drops what follows a FIN, or a protocol in which both sides
        hang up on the same message.
    Do: capture FIN and ACK of one peer, and look at the session timeouts of firewalls. In the
        protocol: let one side close first.
    False alarms: up to four of them.
    """
    stuck = unacked.closing(scene, "CLOSING")
    for pile in unacked.crowds(scene, stuck, SURE_RETRANS, limits, _speaks):
        yield _finding(pile)


def _speaks(pile: Pile) -> bool:
    return pile.n >= pile.limits["notice"]


def _severity(pile: Pile) -> Severity:
    share = pile.n >= pile.limits["share"] * pile.base
    return "warning" if share or pile.n >= pile.limits["warning"] else "notice"


def _finding(pile: Pile) -> Finding:
    return pile.finding(
        "closing-pile",
        _severity(pile),
        _confidence(pile),
        _verdict(pile),
        group=unacked.place(pile),
        evidence=tuple(unacked.evidence(pile)),
        cause=(
            "suggests a path that drops what follows a FIN, or a protocol in which both sides hang "
            "up on the same message",
        ),
        next=unacked.steps(pile, "closing"),
        caveats=tuple(unacked.caveats(pile)),
    )


def _confidence(pile: Pile) -> Confidence:
    """A state that should be passing, unless timers or an earlier snapshot say otherwise."""
    sure = unacked.mostly(pile, "sure")
    lasting = unacked.mostly(pile, "persistent")
    cap: Confidence = "high" if sure or lasting else "medium"
    unknown = int(pile.first["role"] == "unknown")
    return settle("medium", pile.scene, up=sure + lasting, down=unknown, cap=cap)


def _verdict(pile: Pile) -> str:
    has = "has" if pile.rows.different("remote_addr") == 1 else "have"
    return (
        f"{unacked.part(pile)} {are(pile.n)} CLOSING: both ends closed at once, "
        f"{unacked.there(pile)} {has} not acknowledged our FIN{unacked.age(pile)}."
    )


DIAGNOSES = (
    Diagnosis(
        "closing-pile",
        "Did both ends close at once, and is the last ACK missing?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("zero-window"), Absorbs("cwnd-collapse")),
        refs=REFS,
        states=("CLOSING",),
    ),
)
