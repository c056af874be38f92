"""The other end has closed before the local program accepted the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice, queues
from nsparse.judging.evidence.accept import Length
from nsparse.judging.evidence.around import LISTENER, on_port, states_among
from nsparse.judging.evidence.closed_there import SOURCES, closers, evidence, of_kind, unknown
from nsparse.judging.evidence.finding import LOCAL_PROGRAM, count_of, owner_of
from nsparse.judging.evidence.pile import piles
from nsparse.prose import actor, plural, port_of, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits
    from nsparse.judging.evidence.around import States
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Row
    from nsparse.judging.scene.scene import Scene

FAMILY = "close-wait"
ELSEWHERE = (
    "where they wait: the queue of the listener is shorter. Kernels before 2.6.18 show 0 there; "
    "else a program that this dump cannot see, as in a container, may hold them"
)
NUMBERS = (
    Number("few", 3, "three clients that gave up in one queue are no accident"),
    Number("share", 0.3, "of what is open on the port"),
    Number("many", 50, "so many waited in vain, whatever the port's size"),
)
REFS = (*SOURCES, "Linux include/net/sock.h, sk_acceptq_is_full", "netstat(8) of net-tools")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are the CLOSE_WAIT rows connections that the server program has never accepted?

    Means: the kernel completed the handshake and queued the connection, the client sent its
        request, waited and gave up. The accept loop is stuck, not the close path.
    Do: a thread dump of the listener's owner. Is it out of descriptors (EMFILE), blocked in a TLS
        handshake or a name look-up inside the loop, is there one thread for everything?
    False alarms: a dump without rights shows `-` everywhere; that is no proof, so owners must be
        visible on the listener. Sockets of another PID namespace and of the kernel (NFS) have no
        owner either.
    """
    from nsparse.judging.scene.rows import Row

    left, view = of_kind(scene, FAMILY, "unaccepted"), scene.view
    if len(left):
        left = left.part(queues.served_by_owner(scene)[left.at])
    if not len(left):
        return
    waits = view.is_("state", "CLOSE_WAIT", "ESTABLISHED")
    stranded = states_among(scene, waits & queues.ownerless(scene), left.at, LISTENER)
    for pile in piles(scene, left, limits, LISTENER):
        if pile.speaks:
            listener = Row(view, int(pile.first["listener"]))
            yield _unaccepted(pile, listener, stranded(pile.key))


def _unaccepted(pile: Pile, listener: Row, stranded: States) -> Finding:
    queue = Length(count_of(listener["recv_q"]), count_of(listener["send_q"]))
    agrees, short = (told(sum(stranded.values())) for told in (queue.is_about, queue.is_short_of))
    who, bound = actor(listener["owner"], LOCAL_PROGRAM), pile.first["bound"]
    place = on_port(pile.scene, int(pile.rows.at[0]), LISTENER)
    without = ", ".join(f"{thousands(n)} {state}" for state, n in stranded.items())
    return pile.finding(
        "close-wait-unaccepted",
        "critical" if queue.full and (queue.over or pile.proofs) else "warning",
        pile.confidence(
            up=agrees + _alike(pile) + ("SYN_RECEIVED" in pile.states),
            down=int(short),
            proven=queue.over,
        ),
        f"{thousands(pile.n)} of {plural(pile.base, 'connection')} {place} "
        f"{'was' if pile.n == 1 else 'were'} never accepted: {closers(pile)} given up, "
        f"{who} has not called accept().",
        group=Group(**owner_of(listener), role="server", service=bound),
        evidence=(
            *evidence(pile, pile.states),
            f"without an owner on the port: {without}; {queue}",
        ),
        cause=(
            f"nobody holds them: suggests that {who} is not accepting, or too slowly"
            if short
            else f"the connections wait in the accept queue: {who} is not accepting, or too slowly",
        ),
        next=advice.steps(
            pile.scene,
            advice.filled(advice.ACCEPTING, port=port_of(listener["service"])),
            advice.stack(listener),
            advice.of_process(advice.DESCRIPTOR_LIMIT, listener),
            "in the code: accept in a loop of its own, without a handshake or a look-up in it",
        ),
        caveats=(*unknown(pile), *((ELSEWHERE,) if short else ())),
    )


def _alike(pile: Pile) -> bool:
    """Whether the same amount is unread everywhere: the same request from all."""
    waiting = pile.rows.array("waiting")
    return bool(waiting.max() <= (1 + queues.NEARLY) * waiting.min())


DIAGNOSES = (
    Diagnosis(
        "close-wait-unaccepted",
        "Are the CLOSE_WAIT rows connections that the server program has never accepted?",
        check,
        needs=("states", "queues", "owner|inode"),
        numbers=NUMBERS,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"),),
        refs=REFS,
        states=("CLOSE_WAIT",),
    ),
)
