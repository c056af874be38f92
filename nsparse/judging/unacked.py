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
    flagged,
    keyed,
    owner_of,
    peers,
    slim,
    tally,
)
from nsparse.judging.measure import data_age, passes
from nsparse.judging.pile import piles
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Step
    from nsparse.judging.pile import Pile
    from nsparse.judging.scene import Scene

BY_SERVICE = ("role", "bound")
BY_PEER = ("remote_addr",)
SURE = ("sure_few", "sure_share", "sure_many")
"""The numbers for rows whose timer proves that no acknowledgement came."""


def closing(scene: Scene, state: str, retrans: float) -> pd.DataFrame:
    """The rows of a state, and which of them are `sure`: sent so often, or before a closed window.

    They are `closed` where the kernel probes a window that the other end holds closed.
    """
    rows = scene.rows
    found = slim(rows[(rows["state"] == state) & rows["concrete"]], "timer", "retrans")
    closed = flagged(found["timer"] == "persist")
    return found.assign(closed=closed, sure=closed | flagged(found["retrans"] >= retrans))


def crowds(
    scene: Scene, found: pd.DataFrame, limits: Limits, speaks: Callable[[Pile], bool]
) -> Iterator[Pile]:
    """The piles that speak: of a service, then of an address, from the rows that are left."""
    live = scene.rows[scene.rows["live"]]
    for ends in (BY_SERVICE, BY_PEER):
        known = found[found[ends[-1]].fillna("") != ""]
        sizes = live.groupby(keyed(live, *ends), sort=False).size()
        heard = []
        for pile in piles(scene, known, limits, keyed(known, *ends), sizes, _least(limits)):
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
    n, first = thousands(pile.n), pile.first.copy()
    if len(pile.key) <= len(BY_SERVICE):  # a namespace and an address
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
