"""The other end has closed, and the local program had stopped reading before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.closed_there import (
    PROGRAM,
    SOURCES,
    aged,
    closed_there,
    closers,
    evidence,
    of_kind,
    unknown,
)
from nsparse.judging.evidence.finding import group_of, owner_of
from nsparse.judging.evidence.measure import passes
from nsparse.judging.evidence.pile import piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

FAMILY, LEAK = "close-wait", "close-wait-leak"
NUMBERS = (
    Number("bytes", 64, "more than a FIN and a TLS close record: a request or an answer"),
    Number("few", 3, "one is a download that was broken off"),
    Number("share", 0.5, "of all that the program has in CLOSE_WAIT"),
    Number("many", 30, "so many unread at the end are no accident"),
    Number("critical", 100, "the program serves nobody, if its open connections are unread too"),
    Number("open_share", 0.5, "part of its ESTABLISHED connections that holds unread data"),
)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Did the program stop reading before the peers left?

    Means: a request or an answer lies unread in connections that the other end has closed: the
        program hung or starved first, and the peers gave up afterwards.
    Do: take a thread dump before any restart; look for lock waits, full thread pools, a pausing
        garbage collector.
    False alarms: a FIN with a TLS close record is up to 64 bytes and does not count; a download
        that the user broke off is one row.
    """
    deep = of_kind(scene, FAMILY, "unread")
    if not len(deep):
        return
    view, at = scene.view, deep.at
    established = view.is_("state", "ESTABLISHED")
    opened = view.tally(at, established, *PROGRAM)
    stuck = view.tally(at, established & view.above("recv_q", 0), *PROGRAM)
    base = view.tally(at, closed_there(scene), *PROGRAM)
    for pile in piles(scene, deep, limits, PROGRAM, base=base):
        first = pile.places[0]
        yield _unread(pile, int(opened[first]), int(stuck[first]))


def _unread(pile: Pile, opened: int, stuck: int) -> Finding:
    first, limits, waiting = pile.first, pile.limits, pile.rows.array("waiting")
    who, total = pile.who, plural(int(waiting.sum()), "byte")
    hold, amount = ("holds", total)
    if pile.n > 1:
        hold, amount = "hold", f"{total} in all, up to {thousands(int(waiting.max()))} on one"
    proven = pile.proofs > 0 or pile.n >= pile.scene.numbers[LEAK]["critical"]
    everywhere = passes(stuck, opened, 1, limits["open_share"], float("inf"))
    one = pile.rows.only("group") is not None
    return pile.finding(
        "close-wait-unread",
        "critical" if everywhere and proven and pile.n >= limits["critical"] else "warning",
        pile.confidence(up=aged(pile), proven=proven),
        f"{thousands(pile.n)} of {plural(pile.base, 'CLOSE_WAIT connection')} of {who} {hold} "
        f"unread data, {amount}: {closers(pile)} closed, {who} had stopped reading before.",
        group=group_of(first) if one else Group(**owner_of(first)),
        evidence=(*evidence(pile, {"ESTABLISHED": opened}), *_starved(who, stuck, opened)),
        cause=(f"{pile.program} hung or starved before it read what had arrived",),
        next=advice.steps(
            pile.scene,
            advice.stack(first),
            advice.sockets("CLOSE_WAIT", first if one else None),
            "before any restart, look in the stacks for lock waits, a full thread pool, "
            "the garbage collector",
        ),
        caveats=unknown(pile),
    )


def _starved(who: str, stuck: int, opened: int) -> tuple[str, ...]:
    """How many of a program's open connections are unread too, where the dump shows some."""
    said = f"unread data in {thousands(stuck)} of {thousands(opened)} ESTABLISHED of {who}"
    return (said,) if opened else ()


DIAGNOSES = (
    Diagnosis(
        "close-wait-unread",
        "Did the program stop reading before the peers left?",
        check,
        needs=("states", "queues", "owner"),
        numbers=NUMBERS,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"), Absorbs("fd-pressure", by="owner")),
        refs=SOURCES,
        states=("CLOSE_WAIT",),
    ),
)
