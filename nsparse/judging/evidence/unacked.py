"""Closes that are not acknowledged: piled up by service, and else by the address at the other end.

FIN_WAIT_1, LAST_ACK and CLOSING last one round trip; their sockets mostly belong to the kernel by
then, so that the owner of their service is not theirs to be counted by.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Group
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import BY_SERVICE, GROUP, connections, live
from nsparse.judging.evidence.finding import how_long, owner_of, peers, tally
from nsparse.judging.evidence.measure import data_age, halved, passes
from nsparse.judging.evidence.pile import piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nsparse.diagnosis import Limits, Step
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

BY_PEER = ("remote_addr",)
SURE = ("sure_few", "sure_share", "sure_many")
"""The numbers for rows whose timer proves that no acknowledgement came."""


def closing(scene: Scene, state: str) -> Bools:
    """The connections in a state."""
    return scene.view.is_("state", state) & scene.view.true("concrete")


def crowds(
    scene: Scene, stuck: Bools, retrans: float, limits: Limits, speaks: Callable[[Pile], bool]
) -> Iterator[Pile]:
    """The piles that speak: of a service, then of an address, from the rows that are left.

    Of their rows it is counted how many are `sure` (their FIN was sent so often, or before a closed
    window), and `closed` (the kernel probes a window that the other end holds closed).

    Args:
        scene: The scene.
        stuck: The rows.
        retrans: How often a FIN must be repeated to be no ordinary loss.
        limits: The numbers that the piles are held against.
        speaks: Whether a pile is worth a finding.
    """
    import numpy as np

    from nsparse.judging.scene.rows import Rows

    view, at = scene.view, stuck.nonzero()[0]
    least, surely = _least(limits)
    if len(at) < min(least, surely):
        return
    closed = view.is_("timer", "persist")
    sure = closed | view.at_least("retrans", retrans)
    serves = view.is_("role", "server", "client")
    for ends, told in ((BY_SERVICE, serves), (BY_PEER, view.known("remote_addr"))):
        known = at[told[at]]
        worth = view.sizes(known, *ends) >= least
        worth |= view.tally(known, stuck & sure, *ends) >= surely
        found = Rows(view, known[worth], closed=closed[known[worth]], sure=sure[known[worth]])
        base = live(scene, found.at, ends)
        heard = [at[:0]]
        for pile in piles(scene, found, limits, ends, base=base, least=1):
            if speaks(pile):
                heard.append(pile.rows.at)
                yield pile
        at = np.setdiff1d(at, np.concatenate(heard), assume_unique=True)


def _least(limits: Limits) -> tuple[float, float]:
    """The fewest rows that can be enough, and the fewest of those that are `sure`."""
    few = halved(limits["few"]) if "few" in limits else math.inf
    others = (limits.get(name, math.inf) for name in ("many", "critical", "notice", "warning"))
    return min(few, *others), min(limits.get(name, math.inf) for name in SURE[::2])


def proven(pile: Pile) -> bool:
    """Whether there are enough rows whose timers prove that no acknowledgement came."""
    few, share, many = (pile.limits[name] for name in SURE)
    return passes(pile.counts["sure"], pile.base, few, share, many)


def mostly(pile: Pile, sign: str) -> bool:
    """Whether half of the rows or more have a sign."""
    return 2 * pile.counts[sign] >= pile.n


def place(pile: Pile) -> Group:
    """Whose they are: the service, and the owner if all have the same."""
    first = pile.first
    role = first["role"] if first["role"] in ("server", "client") else None
    owner = owner_of(first) if pile.rows.only("owner") is not None else {}
    one = pile.rows.only("bound") is not None
    return Group(
        **owner, role=role if one else None, service=(first["bound"] or None) if one else None
    )


def part(pile: Pile) -> str:
    """How many of which connections: `6 of 40 connections on port 443`."""
    if pile.whole == BY_PEER:
        return f"{thousands(pile.n)} of {plural(pile.base, 'connection')} with {there(pile)}"
    first = pile.rows.at[:1]
    owners = int(live(pile.scene, first, GROUP)[0])
    whole = GROUP if owners == pile.base else BY_SERVICE
    said = connections(pile.scene, int(first[0]), pile.base, whole)
    return f"{thousands(pile.n)} of {said}"


def there(pile: Pile) -> str:
    """Who is at the other ends: the one address, or how many."""
    peers = pile.rows.different("remote_addr")
    if peers != 1:
        return f"{thousands(peers)} peers"
    return next(iter(pile.rows.leading("remote_addr", 1)))


def age(pile: Pile) -> str:
    """How long the oldest has waited at least, where its retransmissions and their timer tell."""
    view, at = pile.scene.view, pile.rows.at
    left_ms = view.numbers("timer_ms")[at] * view.is_("timer", "retransmit")[at]
    clocks = (view.numbers(name)[at].tolist() for name in ("rto_ms", "backoff"))
    told = {*zip(view.numbers("retrans")[at].tolist(), left_ms.tolist(), *clocks, strict=True)}
    seconds = int(max(data_age(k, left / 1000, rto / 1000, n) for k, left, rto, n in told))
    return f" for at least {thousands(seconds)} s" if seconds else ""


def evidence(pile: Pile) -> Iterator[str]:
    """What the timers tell, and the addresses at the other ends."""
    if pile.rows.different("timer"):
        yield f"retransmits: {tally(pile.rows['retrans'])}"
    if pile.counts["closed"]:
        yield f"{thousands(pile.counts['closed'])} wait for a window that the peer holds closed"
    if pile.rows.different("remote_addr"):
        yield peers(pile.rows)


def steps(pile: Pile, ss_state: str, *more: advice.Advice | str) -> tuple[Step, ...]:
    """What to look at next."""
    peer: Any = pile.first["remote_addr"]
    return advice.steps(
        pile.scene,
        {"linux": f"ss -tano state {ss_state}"},
        *more,
        {"linux": f"tcpdump -nni any host {peer}", "macos": f"sudo tcpdump -nni any host {peer}"},
        "are session timeouts of firewalls and NAT on the way shorter than the connections live",
    )


def caveats(pile: Pile) -> Iterator[str]:
    """What the dump does not show."""
    if not pile.kept and not pile.counts["sure"]:
        yield how_long(pile.scene, pile.seen)
    if not pile.rows.different("timer"):
        yield advice.by_timers(pile.scene, "whether the FIN was repeated")
