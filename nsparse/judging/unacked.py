"""Closes that are not acknowledged: piled up by service, and else by the address at the other end.

FIN_WAIT_1, LAST_ACK and CLOSING last one round trip; their sockets mostly belong to the kernel by
then, so that the owner of their service is not theirs to be counted by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Group
from nsparse.judging import advice
from nsparse.judging.finding import (
    HOW_LONG,
    connections,
    owner_of,
    peers,
    tally,
)
from nsparse.judging.measure import data_age, passes
from nsparse.judging.pile import PILED, piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nsparse.diagnosis import Limits, Step
    from nsparse.judging.ends import Bools
    from nsparse.judging.pile import Pile
    from nsparse.judging.scene import Scene

BY_SERVICE = ("role", "bound")
BY_PEER = ("remote_addr",)
SHOWN = ("send_q", "pair", "target", "timer", "retrans")
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
    view = scene.view
    if stuck.sum() < _least(limits):
        return
    closed = view.is_("timer", "persist")
    sure = closed | view.at_least("retrans", retrans)
    found = view.pick(stuck, *PILED, *SHOWN).assign(closed=closed[stuck], sure=sure[stuck])
    live = view.true("live")
    for ends in (BY_SERVICE, BY_PEER):
        known = found[found[ends[-1]].fillna("") != ""]
        if len(known) < _least(limits):
            continue
        sizes = view.tally(known.index.to_numpy(), live, *ends)
        heard = []
        for pile in piles(scene, known, limits, ends, base=sizes, least=_least(limits)):
            if speaks(pile):
                heard += list(pile.rows.index)
                yield pile
        found = found.drop(index=heard)


def _least(limits: Limits) -> float:
    names = ("few", "many", *SURE[::2], "critical", "notice", "warning")
    return min(limits[name] for name in names if name in limits) / 2


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
    owner = owner_of(first) if pile.rows["owner"].nunique() == 1 else {}
    one = pile.rows["bound"].nunique() == 1
    return Group(
        **owner, role=role if one else None, service=(first["bound"] or None) if one else None
    )


def part(pile: Pile) -> str:
    """How many of which connections: `6 of 40 connections on port 443`."""
    n, first = thousands(pile.n), dict(pile.first)
    if pile.ground.by == BY_PEER:
        return f"{n} of {plural(pile.base, 'connection')} with {there(pile)}"
    if pile.rows["owner"].nunique() > 1:
        first["owner"] = ""
    return f"{n} of {connections(first, pile.base)}"


def there(pile: Pile) -> str:
    """Who is at the other ends: the one address, or how many."""
    known = pile.rows["remote_addr"].dropna().unique()
    return str(known[0]) if len(known) == 1 else f"{thousands(len(known))} peers"


def age(pile: Pile) -> str:
    """How long the oldest has waited at least, where its retransmissions tell."""
    retrans = pile.rows["retrans"].fillna(0).max()
    seconds = int(data_age(int(retrans)))
    return f" for at least {thousands(seconds)} s" if seconds else ""


def evidence(pile: Pile) -> Iterator[str]:
    """What the timers tell, and the addresses at the other ends."""
    timers = pile.rows["timer"].dropna()
    if len(timers):
        yield f"retransmits: {tally(pile.rows['retrans'])}"
    if pile.counts["closed"]:
        yield f"{thousands(pile.counts['closed'])} wait for a window that the peer holds closed"
    if pile.rows["remote_addr"].notna().any():
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
        yield HOW_LONG
    if pile.rows["timer"].isna().all():
        yield "whether the FIN was repeated: ss -o or netstat -o shows the timers"
