"""This end has closed, the other end has not: FIN_WAIT_2 of programs, and of the kernel alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import GROUP
from nsparse.judging.evidence.census import census
from nsparse.judging.evidence.closed_there import of_kind
from nsparse.judging.evidence.elsewhere import facing
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    assumed_limit,
    endpoint,
    group_of,
    how_long,
    labels,
    others,
    peers,
    settle,
)
from nsparse.judging.evidence.measure import halved
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.queues import ownerless, told_of
from nsparse.judging.evidence.stated import constant
from nsparse.prose import actor, are, plural, port_of, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("few", 5, "one close in progress is none; five to one service are not by chance"),
    Number("share", 0.2, "of what the group has open"),
    Number("many", 100, "reported: over 300 beside 40 that were alive"),
    Number("critical", 1000, "reported: 14 544, a third of all sockets of a proxy"),
    Number("fd_share", 0.4, "of the process's descriptor limit"),
    Number("fresh_s", 10, "received data so lately: a half-close in use"),
    Number("vague_few", 20, "without owners and timers most of them may be the kernel's"),
    Number("vague_share", 0.3, "the same"),
    Number("vague_many", 500, "the same"),
    Number("kernel", 1000, "so many kernel-held ones tell of peers that are slow to close"),
)
REFS = ("ip-sysctl tcp_fin_timeout", "RFC 9293 3.6.1", "Linux get_timewait4_sock")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the other end never close, and who holds this end?

    Means: a program here has sent its FIN and keeps the descriptor; the other end has
        acknowledged and never closes. While a program holds it no kernel timer ends the state:
        tcp_fin_timeout is for those that no program holds any more.
    Do: look at the end that is in CLOSE_WAIT, the fault is there. Here: after shutdown() read with
        a deadline, then close; a proxy needs a timeout for half-closed sessions.
    False alarms: a half-close in use, which still receives. Rows that the kernel holds (timer
        `timewait`, or no owner) go by themselves within a minute; OpenBSD never times them out.
        Those that it may hold are none either where the other ends are a stale pool of this host.
    """
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    closed = view.is_("state", "FIN_WAIT_2") & view.true("concrete")
    if not closed.any():
        return
    found = Rows(view, closed)
    kinds = _kinds(scene, limits, found.at)
    for kind in dict.fromkeys(kinds.tolist()):
        part = found.part(kinds == kind)
        if kind == "kernel":
            yield from _kernel_held(scene, limits, part)
        elif kind != "receiving":
            yield from _stuck(scene, limits, part, vague=kind == "vague")


def _kinds(scene: Scene, limits: Limits, at: Ints) -> npt.NDArray[np.str_]:
    """Who holds each row: kernel, a program (held), not to be told (vague); or it still receives.

    Linux moves a socket that no program holds to a time-wait entry that keeps the name, with
    timer `timewait`, uid 0 and inode 0 (get_timewait4_sock).
    """
    import numpy as np

    view = scene.view
    shown = "timers" in scene.has and scene.os == "linux"
    nobodys = ownerless(scene)[at]
    kernel = view.is_("timer", "timewait")[at] | (nobodys & told_of(scene)[at])
    receives = view.below("lastrcv_ms", 1000 * limits["fresh_s"])[at]
    kinds: npt.NDArray[np.str_] = np.select(
        [kernel, receives, ~nobodys], ["kernel", "receiving", "held"], "held" if shown else "vague"
    )
    return kinds


# ---- that a program holds --------------------------------------------------------------------


def _stuck(scene: Scene, limits: Limits, found: Rows, *, vague: bool) -> Iterator[Finding]:
    """Piles that a program holds, or may hold; each that is large enough."""
    least = min(halved(limits["few"]), limits["many"], limits["critical"])
    large = found.part(scene.view.sizes(found.at, "group") >= least)
    large = facing(scene, large, "CLOSE_WAIT").beside(pooled=_pooled(scene, large.at))
    counted = census(scene)
    over = counted.sums(large.at, GROUP, counted.among(("TIME_WAIT",)))
    for pile in piles(scene, large, limits, least=least):
        if vague and not pile.proofs:
            unsure = replace(pile, limits=_vague(limits))
            # Where many were closed well, some that wait for the other end are on their way.
            if replace(unsure, base=pile.base + int(over[pile.places[0]])).speaks:
                yield _finding(unsure, drained=False, vague=True)
            continue
        drained = pile.n >= limits["critical"] or pile.starves
        if drained or pile.speaks:
            said = _finding(pile, drained=drained, vague=False)
            yield replace(said, severity="info") if _benign(pile, vague=vague) else said


def _pooled(scene: Scene, at: Ints) -> Bools:
    """Connections whose other end lies in a stale pool of a program on this host."""
    import numpy as np

    pair = scene.view.numbers("pair")[at]
    found: Bools = np.isin(pair, of_kind(scene, "close-wait", "pool").at)
    return found


def _benign(pile: Pile, *, vague: bool) -> bool:
    """Whether the kernel may hold them, for pools that will close at their next use.

    A program that is known to hold its end may wait for as long as the pool does nothing.
    """
    return (vague or pile.scene.os != "linux") and pile.counts["pooled"] == pile.n


def _vague(limits: Limits) -> dict[str, float]:
    return {**limits, **{key: limits[f"vague_{key}"] for key in ("few", "share", "many")}}


def _finding(pile: Pile, *, drained: bool, vague: bool) -> Finding:
    """What lasts cannot be told from one moment: warning at most, unless something proves it."""
    severity: Severity = "critical" if drained and pile.proofs else "warning"
    short = severity == "critical" and pile.n < pile.limits["critical"]
    guessed = short and pile.descriptors.assumed
    who = actor(pile.first["owner"], "this host" if vague else LOCAL_PROGRAM)
    far = [owner for owner in dict.fromkeys(pile.rows.array("far_owner")) if owner]
    return pile.finding(
        "fin-wait2-stuck",
        severity,
        _confidence(pile, guessed=guessed, vague=vague),
        f"{pile.part()} {are(pile.n)} FIN_WAIT_2: {who} has closed its direction, "
        f"{others(pile.rows, far)} not.",
        evidence=(*_evidence(pile), *(pile.descriptors.told if short else ())),
        cause=(_cause(pile, far),),
        next=_steps(pile),
        caveats=tuple(_caveats(pile, vague=vague, guessed=guessed)),
    )


def _confidence(pile: Pile, *, guessed: bool, vague: bool) -> Confidence:
    """How sure it is; that an owner is shown proves less where it may be shown after close()."""
    if vague:
        return "low"
    unproven = pile.scene.os != "linux" and not pile.proofs
    return pile.confidence(down=guessed + (pile.first["role"] == "unknown") + unproven)


def _evidence(pile: Pile) -> Iterator[str]:
    """The states of the group, the timers of the pile, and who is at the other end."""
    states = {"FIN_WAIT_2": pile.n} | dict(pile.states)
    yield from pile.table("FIN_WAIT_2", states, "not stuck")
    if "timers" in pile.scene.has:
        yield f"timers: {top(pile.rows['timer'].astype('object').fillna('off'))}"
    if pile.first["role"] != "client" and pile.rows.different("remote_addr"):
        yield peers(pile.rows)


def _cause(pile: Pile, far: list[str]) -> str:
    if pile.counts["paired"]:
        owners = " and ".join(far) or "the program at the other end"
        return f"the other ends are seen in CLOSE_WAIT: {owners} has to close"
    return "the other end acknowledged and never closed: this suggests CLOSE_WAIT over there"


def _caveats(pile: Pile, *, vague: bool, guessed: bool) -> Iterator[str]:
    if not pile.kept:
        yield how_long(pile.scene, pile.seen)
    if vague:
        yield "who holds them: owners or timers would show it (ss -tanpo, as root)"
    elif pile.scene.os != "linux":
        yield "whether the program still holds them: this system may name the owner after close()"
    if guessed:
        yield assumed_limit(pile.scene)


def _steps(pile: Pile) -> tuple[Step, ...]:
    there = endpoint(pile.first["remote_addr"], pile.first["remote_port"])
    one = pile.rows.only("remote_addr") is not None and pile.rows.only("remote_port") is not None
    more = "" if one else " and others"
    return advice.steps(
        pile.scene,
        advice.sockets("FIN_WAIT_2", flags="poe"),
        f"at the other end ({there}{more}): find the owner in CLOSE_WAIT",
        "here: after shutdown() read with a deadline, then close; in a proxy set the timeout "
        "for half-closed sessions",
    )


# ---- that the kernel holds -------------------------------------------------------------------


def _kernel_held(scene: Scene, limits: Limits, found: Rows) -> Iterator[Finding]:
    """Those that go by themselves: a word for a large group, one line for all the rest."""
    import numpy as np

    from nsparse.judging.scene.rows import Rows

    view, rest = scene.view, found.at
    for lot in view.lots(found.at, "role", "bound", least=limits["kernel"]):
        rest = np.setdiff1d(rest, lot, assume_unique=True)
        yield _passing(scene, limits, Rows(view, lot), "notice")
    for lot in view.lots(rest):
        yield _passing(scene, limits, Rows(view, lot), "info")


def _passing(scene: Scene, limits: Limits, part: Rows, severity: Severity) -> Finding:
    n, seconds = len(part), scene.constants.fin_timeout_s
    one = part.only("bound") is not None and part.only("role") is not None
    place = group_of(part.row(0)) if one else Group()
    rate = "" if n < limits["kernel"] else f", about {thousands(n / seconds)} a second"
    return Finding(
        id="fin-wait2-stuck",
        severity=severity,
        confidence=settle("high", scene),
        group=Group(role=place.role, service=place.service),
        n=n,
        verdict=(
            f"{_where(n, place)} {are(n)} FIN_WAIT_2 and held by the kernel alone{rate}: "
            f"{'it' if n == 1 else 'each'} goes by itself within {seconds} s."
        ),
        sockets=labels(part),
        limits={"kernel": limits["kernel"], "fin_timeout_s": seconds},
        evidence=(peers(part), *constant(scene, "fin_timeout_s", f"{seconds} s")),
        cause=("the program here has closed; the other end is slow to close its direction",),
    )


def _where(n: int, place: Group) -> str:
    said = plural(n, "connection")
    if place.service and place.role == "server":
        return f"{said} on port {port_of(place.service)}"
    return f"{said} to {place.service}" if place.service else said


DIAGNOSES = (
    Diagnosis(
        "fin-wait2-stuck",
        "Does the other end never close, and who holds this end?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("close-wait-pool", by="mirror"),),
        refs=REFS,
        states=("FIN_WAIT_2",),
    ),
)
