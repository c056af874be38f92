"""The other end has closed connections that a client keeps in a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice, queues
from nsparse.judging.evidence.closed_there import (
    PROGRAM,
    SOURCES,
    closers,
    evidence,
    of_kind,
    unknown,
)
from nsparse.judging.evidence.finding import labels, owner_of, settle
from nsparse.judging.evidence.pile import piles
from nsparse.prose import plural, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Step
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

FAMILY = "close-wait"
PROGRAMS = 20
"""Programs with stale pools that get a finding each; the rest share one."""
NUMBERS = (
    Number("few", 20, "pools of 10 or 20 are common defaults: not worth a word"),
    Number("many", 200, "no usual pool is larger: a leak"),
    Number("share", 0.9, "of the rows hold nothing but the FIN, perhaps with a TLS close record"),
    Number("dead", 20, "so many that lasted, and none established: the whole pool is dead"),
)
REFS = (*SOURCES, "IBM technote 21222632")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are these merely stale connections of a client's pool?

    Means: the server closed connections that had been idle, and the client's pool notices at the
        next use. Nothing has read the FIN since.
    Do: nothing. If requests sometimes fail with a reset, set the client's idle timeout below the
        server's keep-alive timeout, or let the pool evict idle connections.
    False alarms: rows with Recv-Q 0 were read and kept and are no pool; more than 200, or a pool
        that stays dead, is reported as close-wait-leak.
    """
    import numpy as np

    from nsparse.judging.arrays.lots import largest
    from nsparse.judging.scene.rows import Rows

    stale = of_kind(scene, FAMILY, "pool")
    if not len(stale):
        return
    large = list(piles(scene, stale, limits, least=limits["few"] + 1))
    yield from map(_pool, large)
    small = np.delete(stale.at, np.concatenate([[], *(pile.places for pile in large)]).astype(int))
    for lot in largest(scene.view.lots(small, *PROGRAM), PROGRAMS):
        yield _stale(scene, limits, Rows(scene.view, lot))


def _pool(pile: Pile) -> Finding:
    """One service's pool that is large enough for a word."""
    return pile.finding(
        "close-wait-pool",
        "notice",
        _passive(pile.scene),
        f"{pile.part()} lie untouched since {closers(pile)} closed them: a pool that notices at "
        "the next use.",
        limits=pile.limits,
        evidence=evidence(pile, pile.states),
        cause=queues.readings(pile.scene, pile.counts, pile.program),
        next=_evict(pile.scene),
        caveats=unknown(pile),
    )


def _stale(scene: Scene, limits: Limits, part: Rows) -> Finding:
    """All the small pools of one program, or of several: they explain rows, no more."""
    first = part.row(0)
    services, programs = part.different("bound"), part.different("owner")
    who = plural(programs, "program")
    if programs == 1:
        who = str(first["owner"]) or "this host"
    owner = owner_of(first) if programs == 1 else {}
    return Finding(
        "close-wait-pool",
        "info",
        _passive(scene),
        Group(**owner, role="client", service=str(first["bound"]) if services == 1 else None),
        len(part),
        f"{plural(len(part), 'connection')} of {who} to {plural(services, 'service')} "
        f"{'lies' if len(part) == 1 else 'lie'} idle after the other end has closed: a pool that "
        "notices at the next use.",
        labels(part),
        limits=limits,
        evidence=(f"services: {top(part.leading('bound', 3))}",),
        next=_evict(scene),
    )


def _passive(scene: Scene) -> Confidence:
    return settle("medium" if queues.counts_fin(scene) else "low", scene)


def _evict(scene: Scene) -> tuple[Step, ...]:
    return advice.steps(
        scene,
        "none needed; if requests fail with a reset, set the client's idle timeout below the "
        "server's keep-alive timeout",
    )


DIAGNOSES = (
    Diagnosis(
        "close-wait-pool",
        "Are these merely stale connections of a client's pool?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"),),
        refs=REFS,
        states=("CLOSE_WAIT",),
    ),
)
