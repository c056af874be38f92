"""Data that was written and that the other end does not acknowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.elsewhere import before, other_ends
from nsparse.judging.evidence.finding import flagged, peers, queues
from nsparse.judging.evidence.measure import eased, halved, passes
from nsparse.judging.evidence.pile import piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

# After our close the wait is the closing family's matter.
STATES = ("ESTABLISHED", "CLOSE_WAIT")
PEERS_NAMED = 5
"""Peers of one service that are looked at one by one where the timers name the trouble."""
RETRANSMITS = 3
"""From so many on a row is one of retransmit-stall."""

NUMBERS = (
    Number("unsent", 16384, "less is one answer on its way"),
    Number("few", 5, "fewer may each be in the middle of a transfer"),
    Number("share", 0.2, "a fifth of the service's connections"),
    Number("many", 50, "no healthy service waits for so many peers at once"),
    Number(
        "full", 65536, "exactly as much on all, if three or more; less may be one message to all"
    ),
    Number("stuck_s", 30, "the same bytes for so long are no transfer"),
    Number("silent_s", 10, "nothing acknowledged for so long with data waiting"),
    Number("moving_s", 1, "acknowledged so lately: a transfer, however large"),
)
REFS = ("tcp_diag.c (Linux)", "IBM: what Recv-Q and Send-Q mean")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which peer does not take our data: its program, its host, or the path?

    Means: bytes were written here and are not acknowledged. One peer points to that peer or the
        path to it; many peers in different networks point to our own way out.
    Do: look at the timers: `persist` means that the peer's program does not read, `on` with
        retransmissions that the path loses everything. Then the same dump again 30 s later.
    False alarms: a bulk transfer has a large Send-Q all the time, and its bytes move.
    """
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    waiting = view.is_("state", *STATES) & view.at_least("send_q", limits["unsent"])
    at, least = waiting.nonzero()[0], min(halved(limits["few"]), limits["many"])
    at = at[view.sizes(at, "group") >= least]
    if not len(at):
        return
    held = _told(scene, Rows(view, at), limits)
    held = held.part(~held.more["moving"] | held.more["named"])
    for pile in piles(scene, held, limits, keys=_keys(scene, held)):
        if _speaks(pile):
            yield _finding(pile)


def _told(scene: Scene, held: Rows, limits: Limits) -> Rows:
    """The rows with what else is known of them.

    That is `named` (a timer says what is wrong: the row is that diagnosis's), `persistent` (the
    same bytes for long), `paired` (the other end has them unread), `moving` (a transfer),
    and the bytes that are `waiting`.
    """
    view, at = scene.view, held.at
    retransmits = view.is_("timer", "retransmit") & view.at_least("retrans", RETRANSMITS)
    # A window that opens again and again lets data through (zero-window).
    sent = view.below("lastsnd_ms", 1000 * limits["moving_s"])
    unread = other_ends(scene, held, ["recv_q"])["recv_q"]
    silent = view.at_least("lastack_ms", 1000 * limits["silent_s"])[at]
    moving = view.below("lastack_ms", 1000 * limits["moving_s"])[at]
    if scene.earlier:
        then = before(scene, held, ["send_q", "bytes_acked"], limits["stuck_s"])
        gone = flagged(held["bytes_acked"] > then["bytes_acked"]).to_numpy()
        silent = silent | (flagged(then["send_q"] == held["send_q"]).to_numpy() & ~gone)
        moving = moving | gone
    return held.beside(
        named=((view.is_("timer", "persist") & ~sent) | retransmits)[at],
        persistent=silent,
        paired=flagged(unread > 0).to_numpy(),
        moving=moving,
        waiting=view.numbers("send_q")[at],
    )


def _keys(scene: Scene, held: Rows) -> Ints:
    """The group of each row; where a timer names the trouble also its peer, as that names it."""
    import numpy as np

    from nsparse.judging.arrays.codes import Codes, compact, joined
    from nsparse.judging.arrays.lots import distinct

    view, at, named = scene.view, held.at, held.more["named"]
    timer, peer = view.codes("timer"), view.codes("remote_addr")
    kind = Codes(np.where(named, timer.of[at], 0), timer.size)
    lots = joined(compact(view.numbers("group")[at]), kind)
    apart = named & (distinct(lots, peer.of[at] - 1) <= PEERS_NAMED)
    return joined(compact(lots), Codes(np.where(apart, peer.of[at], 0), peer.size))


def _speaks(pile: Pile) -> bool:
    """Whether it is large enough; half of `few` is, where it is seen to last.

    That is by its timers, by a moment before, or by the other ends. Where all connections of the
    service hold exactly as much, their buffers are full: bytes that move differ.
    """
    limits = pile.limits
    if halved(limits["few"]) <= pile.n == pile.base:
        amounts = {*_waiting(pile).tolist()}
        if len(amounts) == 1 and amounts.pop() >= limits["full"]:
            return True
    proven = max(pile.counts[sign] for sign in ("named", "persistent", "paired"))
    few = eased(limits["few"], proven)
    return passes(pile.n, pile.base, few, limits["share"], limits["many"])


def _finding(pile: Pile) -> Finding:
    stuck = pile.kept >= halved(pile.limits["few"])
    severity: Severity = "warning" if stuck else "notice"
    later = f"{pile.limits['stuck_s']:g} s"
    return pile.finding(
        "send-q-backlog",
        severity,
        pile.confidence(down=int(pile.first["role"] == "unknown")),
        _verdict(pile, stuck=stuck),
        limits=pile.limits,
        evidence=_evidence(pile),
        cause=_cause(pile),
        next=advice.steps(
            pile.scene,
            {
                "linux": f"ss -tanpoi {advice.dst(pile.first['remote_addr'])}",
                **advice.BUFFERS,
            },
            *(
                ()
                if stuck
                else (f"the same dump again {later} later: bytes that move are a transfer",)
            ),
        ),
        caveats=() if stuck else ("whether it lasts: one snapshot cannot tell it from a transfer",),
    )


def _verdict(pile: Pile, *, stuck: bool) -> str:
    sent = _waiting(pile)
    peers = pile.rows.different("remote_addr")
    one = peers == 1
    who = next(iter(pile.rows.leading("remote_addr", 1))) if one else f"{thousands(peers)} peers"
    fault = ("does" if one else "do") + " not take it" if stuck else "yet to take it"
    has = "" if stuck else ("has " if one else "have ")
    holds = "holds" if pile.n == 1 else "hold"
    return (
        f"{pile.part()} {holds} data that is not acknowledged, {plural(int(sent.sum()), 'byte')} "
        f"in all, up to {thousands(int(sent.max()))} on one: {who} {has}{fault}."
    )


def _waiting(pile: Pile) -> Ints:
    found: Ints = pile.rows.more["waiting"]
    return found


def _evidence(pile: Pile) -> tuple[str, ...]:
    lines = [queues("Send-Q", _waiting(pile)), peers(pile.rows)]
    if pile.kept:
        lines.append(f"{plural(pile.kept, 'connection')} unchanged, or silent for long")
    if pile.counts["paired"]:
        seen = "with unread data is seen", "with unread data are seen"
        lines.append(plural(pile.counts["paired"], f"other end {seen[0]}", f"other ends {seen[1]}"))
    return tuple(lines)


def _cause(pile: Pile) -> tuple[str, ...]:
    if pile.rows.different("remote_addr") == 1:
        return ("one peer: this suggests its program, its host or the path to it",)
    return ("several peers: if they are in different networks, this suggests our own way out",)


DIAGNOSES = (
    Diagnosis(
        "send-q-backlog",
        "Which peer does not take our data, and is it its program, its host or the path?",
        check,
        needs=("queues",),
        numbers=NUMBERS,
        refs=REFS,
        states=("ESTABLISHED", "CLOSE_WAIT"),
    ),
)
