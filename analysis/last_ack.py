"""Both ends have closed, and our FIN is not acknowledged: LAST_ACK piles up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import unacked
from nsparse.judging.evidence.around import BY_SERVICE
from nsparse.judging.evidence.census import census
from nsparse.prose import are, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("few", 10, "the state lasts one round trip: a busy port has some"),
    Number("share", 0.1, "of the live connections of the same service or address"),
    Number("many", 200, "more than any busy port has at a moment"),
    Number("retrans", 2, "a FIN that was sent three times is beyond one lost packet"),
    Number("sure_few", 3, "their timers prove it: three are enough"),
    Number("sure_share", 0.05, "the same"),
    Number("sure_many", 50, "the same"),
)
REFS = ("RFC 9293 3.6", "ip-sysctl tcp_orphan_retries", "cloudfoundry/gorouter #238")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the FIN that we sent as the second to close not acknowledged?

    Means: the other end closed first, the program here then too, and no acknowledgement comes. The
        peers are gone, or something on the way drops what follows the first FIN. The kernel repeats
        the FIN some times and gives up.
    Do: capture the FIN and its ACK, and look at the session timeouts of firewalls and conntrack.
        Beside many CLOSE_WAIT of the same service it is a program that closes late: see there.
    False alarms: a single LAST_ACK with Send-Q 1.
    """
    stuck = unacked.closing(scene, "LAST_ACK")
    for pile in unacked.crowds(scene, stuck, limits["retrans"], limits, _speaks):
        yield _finding(pile)


def _speaks(pile: Pile) -> bool:
    return pile.speaks or unacked.proven(pile)


def _finding(pile: Pile) -> Finding:
    sure = unacked.mostly(pile, "sure")
    left = _still_open(pile)
    unknown = int(pile.first["role"] == "unknown")
    return pile.finding(
        "last-ack-pile",
        "warning",
        pile.confidence(up=sure, down=unknown, proven=sure),
        _verdict(pile),
        group=unacked.place(pile),
        evidence=tuple(_evidence(pile, left)),
        cause=(_cause(left >= pile.n),),
        next=unacked.steps(pile, "last-ack"),
        caveats=tuple(unacked.caveats(pile)),
    )


def _verdict(pile: Pile) -> str:
    has = "has" if pile.rows.different("remote_addr") == 1 else "have"
    return (
        f"{unacked.part(pile)} {are(pile.n)} LAST_ACK: both ends have closed, "
        f"{unacked.there(pile)} {has} not acknowledged our FIN{unacked.age(pile)}."
    )


def _still_open(pile: Pile) -> int:
    """How many connections of the same services a program has still to close."""
    import numpy as np

    counted, at = census(pile.scene), pile.rows.at
    _, each = np.unique(pile.scene.view.keys_at(at, *BY_SERVICE), return_index=True)
    return int(counted.sums(at[each], BY_SERVICE, counted.among(("CLOSE_WAIT",))).sum())


def _evidence(pile: Pile, left: int) -> Iterator[str]:
    if left:
        yield f"beside {plural(left, 'connection')} in CLOSE_WAIT"
    yield from unacked.evidence(pile)


def _cause(late: bool) -> str:
    if late:
        return "the program has begun to close, late: this suggests that its peers are long gone"
    return "suggests peers that are gone, or a firewall that forgot the connection at the first FIN"


DIAGNOSES = (
    Diagnosis(
        "last-ack-pile",
        "Is the FIN that we sent as the second to close not acknowledged?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("zero-window"), Absorbs("cwnd-collapse")),
        refs=REFS,
        states=("LAST_ACK",),
    ),
)
