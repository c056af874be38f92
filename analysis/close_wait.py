"""The other end has closed, the local program has not: four kinds of CLOSE_WAIT.

Each row counts for exactly one of them, tried in this order: never accepted
(`close-wait-unaccepted`), unread and of a program that stopped reading (`close-wait-unread`),
still being answered (a legitimate half-close: none), stale in a pool of connections
(`close-wait-pool`), and all that is left (`close-wait-leak`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging import advice, queues
from nsparse.judging.accept import Length
from nsparse.judging.around import states_of
from nsparse.judging.closed_there import closed_there, of_kind
from nsparse.judging.finding import (
    HOW_LONG,
    LOCAL_PROGRAM,
    assumed_limit,
    count_of,
    group_of,
    labels,
    others,
    owner_of,
    peers,
    settle,
)
from nsparse.judging.measure import passes
from nsparse.judging.pile import piles
from nsparse.prose import actor, are, plural, port_of, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.around import States
    from nsparse.judging.closed_there import Kind
    from nsparse.judging.pile import Pile
    from nsparse.judging.rows import Row, Rows
    from nsparse.judging.scene import Scene

PROGRAMS = 20
"""Programs with stale pools that get a finding each; the rest share one."""
LISTENER = ("listener",)
PROGRAM = ("program",)

UNACCEPTED = (
    Number("few", 3, "three clients that gave up in one queue are no accident"),
    Number("share", 0.3, "of what is open on the port"),
    Number("many", 50, "so many waited in vain, whatever the port's size"),
)
UNREAD = (
    Number("bytes", 64, "more than a FIN and a TLS close record: a request or an answer"),
    Number("few", 3, "one is a download that was broken off"),
    Number("share", 0.5, "of all that the program has in CLOSE_WAIT"),
    Number("many", 30, "so many unread at the end are no accident"),
    Number("critical", 100, "the program serves nobody, if its open connections are unread too"),
    Number("open_share", 0.5, "part of its ESTABLISHED connections that holds unread data"),
)
POOL = (
    Number("few", 20, "pools of 10 or 20 are common defaults: not worth a word"),
    Number("many", 200, "no usual pool is larger: a leak"),
    Number("share", 0.9, "of the rows hold nothing but the FIN, perhaps with a TLS close record"),
    Number("dead", 20, "so many that lasted, and none established: the whole pool is dead"),
)
LEAK = (
    Number("few", 5, "harmless cases show one; a close in progress takes milliseconds"),
    Number("share", 0.5, "half of what the group has open"),
    Number("many", 100, "reported leaks: 710, 977, 1 837, 79 564"),
    Number("notice", 20, "worth a look, if it is a part of the group"),
    Number("notice_share", 0.1, "the least part for a notice"),
    Number("critical", 1000, "the number itself is the proof"),
    Number("fd_share", 0.4, "of the process's descriptor limit"),
    Number("sending_s", 10, "sent data so lately: still answering, a half-close"),
)
DEFAULTS = {
    name: {number.key: number.default for number in numbers}
    for name, numbers in (("unread", UNREAD), ("pool", POOL), ("leak", LEAK))
}
CLOSING = ("RFC 9293 3.3.2", "RFC 9293 3.6", "Linux net/ipv4/tcp_diag.c")
POOLING = (*CLOSING, "IBM technote 21222632")
ACCEPTING = (*CLOSING, "Linux include/net/sock.h, sk_acceptq_is_full")


def _kind(scene: Scene, kind: Kind, **given: Limits) -> Rows:
    """The rows of a kind, by the numbers in force for all of them."""
    held = {name: scene.numbers.get(f"close-wait-{name}", DEFAULTS[name]) for name in DEFAULTS}
    return of_kind(scene, kind, {**held, **given})


def check_leak(scene: Scene, limits: Limits) -> Iterator[Finding]:
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
    leaked = _kind(scene, "leak", leak=limits)
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
    limit = {"fd_limit": scene.constants.fd_limit} if level == "critical" and not counted else {}
    guessed = bool(limit.keys() & scene.constants.assumed)
    vague = (first["role"] == "unknown") + (not first["owner"] and "owner" in scene.has) + guessed
    return pile.finding(
        "close-wait-leak",
        level,
        pile.confidence(up=_aged(pile), down=int(vague), proven=counted),
        f"{pile.part()} {are(pile.n)} CLOSE_WAIT: {_closers(pile)} closed, {pile.who} has not.",
        limits=pile.held | limit,
        evidence=_evidence(pile, pile.states),
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
        caveats=(*_unknown(pile), *_leak_caveats(pile, guessed=guessed)),
    )


def _leak_caveats(pile: Pile, *, guessed: bool) -> Iterator[str]:
    if pile.counts["queued"]:
        yield "whether they were accepted: without owners a stuck accept loop looks the same"
    if guessed:
        yield assumed_limit(pile.scene)


def check_unaccepted(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are the CLOSE_WAIT rows connections that the server program has never accepted?

    Means: the kernel completed the handshake and queued the connection, the client sent its
        request, waited and gave up. The accept loop is stuck, not the close path.
    Do: a thread dump of the listener's owner. Is it out of descriptors (EMFILE), blocked in a TLS
        handshake or a name look-up inside the loop, is there one thread for everything?
    False alarms: a dump without rights shows `-` everywhere; that is no proof, so owners must be
        visible on the listener. Sockets of another PID namespace and of the kernel (NFS) have no
        owner either.
    """
    from nsparse.judging.rows import Row

    left, view = _kind(scene, "unaccepted"), scene.view
    left = left.part(queues.served_by_owner(scene)[left.at])
    if not len(left):
        return
    waits = view.is_("state", "CLOSE_WAIT", "ESTABLISHED")
    stranded = states_of(scene, waits & queues.ownerless(scene), left.at, LISTENER)
    for pile in piles(scene, left, limits, LISTENER):
        if pile.speaks:
            listener = Row(view, int(pile.first["listener"]))
            yield _unaccepted(pile, listener, stranded(pile.key))


def _unaccepted(pile: Pile, listener: Row, stranded: States) -> Finding:
    queue = Length(count_of(listener["recv_q"]), count_of(listener["send_q"]))
    agrees = queue.is_about(sum(stranded.values()))
    who, bound = actor(listener["owner"], LOCAL_PROGRAM), pile.first["bound"]
    without = ", ".join(f"{thousands(n)} {state}" for state, n in stranded.items())
    return pile.finding(
        "close-wait-unaccepted",
        "critical" if queue.full and (queue.over or pile.proofs) else "warning",
        pile.confidence(
            up=agrees + _alike(pile) + ("SYN_RECEIVED" in pile.states), proven=queue.over
        ),
        f"{thousands(pile.n)} of {plural(pile.base, 'connection')} on port {port_of(bound)} "
        f"{'was' if pile.n == 1 else 'were'} never accepted: {_closers(pile)} given up, "
        f"{who} has not called accept().",
        group=Group(**owner_of(listener), role="server", service=bound),
        evidence=(
            *_evidence(pile, pile.states),
            f"without an owner on the port: {without}; {queue}",
        ),
        cause=(f"the connections wait in the accept queue: {who} is not accepting, or too slowly",),
        next=advice.steps(
            pile.scene,
            advice.filled(advice.ACCEPTING, port=port_of(listener["service"])),
            advice.stack(listener),
            advice.of_process(advice.DESCRIPTOR_LIMIT, listener),
            "in the code: accept in a loop of its own, without a handshake or a look-up in it",
        ),
        caveats=_unknown(pile),
        refs=ACCEPTING,
    )


def _alike(pile: Pile) -> bool:
    """Whether the same amount is unread everywhere: the same request from all."""
    waiting = pile.rows.array("waiting")
    return bool(waiting.max() <= (1 + queues.NEARLY) * waiting.min())


def check_unread(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Did the program stop reading before the peers left?

    Means: a request or an answer lies unread in connections that the other end has closed: the
        program hung or starved first, and the peers gave up afterwards.
    Do: take a thread dump before any restart; look for lock waits, full thread pools, a pausing
        garbage collector.
    False alarms: a FIN with a TLS close record is up to 64 bytes and does not count; a download
        that the user broke off is one row.
    """
    deep = _kind(scene, "unread", unread=limits)
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
    proven = pile.proofs > 0 or pile.n >= DEFAULTS["leak"]["critical"]
    everywhere = passes(stuck, opened, 1, limits["open_share"], float("inf"))
    one = pile.rows.only("group") is not None
    return pile.finding(
        "close-wait-unread",
        "critical" if everywhere and proven and pile.n >= limits["critical"] else "warning",
        pile.confidence(up=_aged(pile), proven=proven),
        f"{thousands(pile.n)} of {plural(pile.base, 'CLOSE_WAIT connection')} of {who} {hold} "
        f"unread data, {amount}: {_closers(pile)} closed, {who} had stopped reading before.",
        group=group_of(first) if one else Group(**owner_of(first)),
        evidence=(*_evidence(pile, {"ESTABLISHED": opened}), *_starved(who, stuck, opened)),
        cause=(f"{pile.program} hung or starved before it read what had arrived",),
        next=advice.steps(
            pile.scene,
            advice.stack(first),
            advice.sockets("CLOSE_WAIT", first),
            "before any restart, look in the stacks for lock waits, a full thread pool, "
            "the garbage collector",
        ),
        caveats=_unknown(pile),
    )


def _starved(who: str, stuck: int, opened: int) -> tuple[str, ...]:
    """How many of a program's open connections are unread too, where the dump shows some."""
    said = f"unread data in {thousands(stuck)} of {thousands(opened)} ESTABLISHED of {who}"
    return (said,) if opened else ()


def check_pool(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are these merely stale connections of a client's pool?

    Means: the server closed connections that had been idle, and the client's pool notices at the
        next use. Nothing has read the FIN since.
    Do: nothing. If requests sometimes fail with a reset, set the client's idle timeout below the
        server's keep-alive timeout, or let the pool evict idle connections.
    False alarms: rows with Recv-Q 0 were read and kept and are no pool; more than 200, or a pool
        that stays dead, is reported as close-wait-leak.
    """
    import numpy as np

    from nsparse.judging.lots import largest
    from nsparse.judging.rows import Rows

    stale = _kind(scene, "pool", pool=limits)
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
        f"{pile.part()} lie untouched since {_closers(pile)} closed them: a pool that notices at "
        "the next use.",
        limits=pile.limits,
        evidence=_evidence(pile, pile.states),
        cause=queues.readings(pile.scene, pile.counts, pile.program),
        next=_evict(pile.scene),
        caveats=_unknown(pile),
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


# ---- words that they share -------------------------------------------------------------------


def _aged(pile: Pile) -> bool:
    """Whether most have received nothing for so long that no close is in progress."""
    return 2 * pile.counts["aged"] >= pile.n


def _closers(pile: Pile) -> str:
    """Who has closed: the one program at the other ends, where they are in a dump."""
    return others(pile.rows, pile.rows.array("far_owner"))


def _evidence(pile: Pile, states: States) -> tuple[str, ...]:
    """The table of states and Recv-Q classes, and who is at the other end."""
    shown = tuple(queues.CLASSES) if any(pile.counts[name] for name in queues.CLASSES) else ()
    alone = pile.first["role"] == "client" or not pile.rows.different("remote_addr")
    lines = pile.table("CLOSE_WAIT", states, "other kinds", shown)
    return lines if alone else (*lines, peers(pile.rows))


def _unknown(pile: Pile) -> tuple[str, ...]:
    """What no finding about CLOSE_WAIT can tell from such a dump."""
    said = [] if pile.kept else [HOW_LONG]
    if "owner" not in pile.scene.has:
        said.append("which program: take the dump as root, with owners (ss -p, netstat -p or -ob)")
    return tuple(said)


MIRRORED = (
    Absorbs("fin-wait2-stuck", by="mirror"),
    Absorbs("fd-pressure", by="owner"),
)
DIAGNOSES = (
    Diagnosis(
        "close-wait-leak",
        "Which process keeps connections that the other end has already closed?",
        check_leak,
        needs=("states",),
        numbers=LEAK,
        absorbs=MIRRORED,
        refs=CLOSING,
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-unaccepted",
        "Are the CLOSE_WAIT rows connections that the server program has never accepted?",
        check_unaccepted,
        needs=("states", "queues", "owner|inode"),
        numbers=UNACCEPTED,
        absorbs=(Absorbs("fin-wait2-stuck", by="mirror"),),
        refs=CLOSING,
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-unread",
        "Did the program stop reading before the peers left?",
        check_unread,
        needs=("states", "queues", "owner"),
        numbers=UNREAD,
        absorbs=MIRRORED,
        refs=CLOSING,
        states=("CLOSE_WAIT",),
    ),
    Diagnosis(
        "close-wait-pool",
        "Are these merely stale connections of a client's pool?",
        check_pool,
        needs=("states",),
        numbers=POOL,
        refs=POOLING,
        states=("CLOSE_WAIT",),
    ),
)
