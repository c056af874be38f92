"""Listeners of one address family, where callers of `localhost` may try the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import flagged, group_of, labels, settle
from nsparse.judging.scope import public, scope
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene import Scene

FOUR, SIX = "IPv4", "IPv6"
LOCAL = {FOUR: "127.0.0.1", SIX: "::1"}
SPLIT = ("macos", "freebsd", "openbsd", "netbsd", "windows")
"""Systems that print which families a socket serves, or keep the families apart."""
NAMED = 8
"""Ports that the verdict names."""

NUMBERS = (Number("callers", 1, "one caller of the other family shows that somebody tries it"),)
REFS = ("nodejs/node #40702", "expressjs/express #2614", "web-tunnel/lite-http-tunnel #3")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Will `localhost` fail because only one family is listened on?

    Means: a port is listened on for IPv4 alone, or for IPv6 alone, on a host that has both. Some
        programs take only the first address that `localhost` resolves to, and are refused.
    Do: listen on both, or write 127.0.0.1 (or ::1) instead of localhost.
    False alarms: ports that nobody calls by name; `::` on Linux, which serves both by default.
    """
    rows = scene.rows
    if not _has_six(rows):
        return
    lone = _lone(rows, scene)
    calling = _calling(rows, lone)
    for label, callers in calling.items():
        if len(callers) >= limits["callers"]:
            yield _called(scene, limits, rows.loc[[label]], rows.loc[callers])
    quiet = lone.drop(index=[label for label in calling if len(calling[label]) >= 1])
    for family, part in quiet.groupby("only", sort=True):
        yield _listed(scene, limits, part, str(family))


def _has_six(rows: pd.DataFrame) -> bool:
    """Whether the host itself has an IPv6 address to be called at."""
    own = rows.loc[rows["section"] == "inet", "local_addr"].dropna().unique()
    return any(addr == "::1" or (":" in addr and public(addr)) for addr in own)


def _lone(rows: pd.DataFrame, scene: Scene) -> pd.DataFrame:
    """Listeners on loopback or every address whose port has none of the other family (`only`)."""
    waiting = rows[(rows["role"] == "listener") & rows["local_port"].notna()]
    addr = waiting["local_addr"]
    star = addr == "*"
    six = addr.str.contains(":") | (star & ~flagged(waiting["family"] == "ipv4"))
    dual = (star & ~flagged(waiting["family"].isin(("ipv4", "ipv6")))) | _serves_both(
        waiting, scene
    )
    served = {FOUR: ~six | dual, SIX: six}
    ports = {name: set(waiting.loc[mask, "local_port"]) for name, mask in served.items()}
    near = waiting[addr.map(scope).isin(("any", "loopback"))]
    only_four = near["local_port"].isin(ports[FOUR] - ports[SIX])
    only_six = near["local_port"].isin(ports[SIX] - ports[FOUR])
    near = near.assign(only=only_six.map({True: SIX, False: FOUR}))[only_four | only_six]
    return near.drop_duplicates(["netns", "local_port"])


def _serves_both(waiting: pd.DataFrame, scene: Scene) -> pd.Series[bool]:
    """IPv6 listeners that take IPv4 callers too: `::` of Linux, unless it says that it does not."""
    any_ = waiting["local_addr"].isin(("::", "*"))
    only = flagged(waiting["v6only"]) if "v6only" in waiting else any_ & False
    return any_ & ~only & (scene.os not in SPLIT)


def _calling(rows: pd.DataFrame, lone: pd.DataFrame) -> Mapping[int, list[int]]:
    """Attempts to call a port of this host over the family that nobody listens on, by listener."""
    tries = rows[(rows["state"] == "SYN_SENT") & rows["remote_port"].isin(lone["local_port"])]
    own = set(rows["local_addr"].dropna().unique())
    tries = tries[tries["remote_addr"].isin(own | set(LOCAL.values()))]
    six = tries["remote_addr"].str.contains(":")
    found: dict[int, list[int]] = {}
    for label, port, only in zip(lone.index, lone["local_port"], lone["only"], strict=True):
        others = tries[(tries["remote_port"] == port) & (six == (only == FOUR))]
        if len(others):
            found[int(label)] = [int(other) for other in others.index]
    return found


def _called(scene: Scene, limits: Limits, lone: pd.DataFrame, callers: pd.DataFrame) -> Finding:
    first = lone.iloc[0]
    here = SIX if ":" in str(callers["remote_addr"].iat[0]) else FOUR
    only = FOUR if here == SIX else SIX
    owner = first["owner"] or "the local program"
    return Finding(
        id="listener-family-mismatch",
        severity="notice",
        confidence=settle("medium", scene),
        group=group_of(first),
        n=len(callers),
        verdict=(
            f"{plural(len(callers), 'attempt')} of this host to call port {first['local_port']} "
            f"over {here}, and {owner} listens on {only} alone."
        ),
        sockets=labels(lone, callers),
        limits=dict(limits),
        cause=("`localhost` resolves to both addresses and the caller takes the first",),
        next=advice.steps(scene, f"listen on both families, or call {LOCAL[only]} by its number"),
    )


def _listed(scene: Scene, limits: Limits, part: pd.DataFrame, only: str) -> Finding:
    ports = sorted(int(port) for port in part["local_port"])
    shown = ", ".join(map(str, ports[:NAMED]))
    more = f" and {thousands(len(ports) - NAMED)} more" if len(ports) > NAMED else ""
    other = SIX if only == FOUR else FOUR
    return Finding(
        id="listener-family-mismatch",
        severity="info",
        confidence=settle("medium", scene),
        group=Group(),
        n=len(part),
        verdict=(
            f"{plural(len(ports), 'port')} {'is' if len(ports) == 1 else 'are'} listened on over "
            f"{only} alone on a host that has {other} too ({shown}{more}): a caller of "
            f"localhost that tries {LOCAL[other]} is refused."
        ),
        sockets=labels(part),
        limits=dict(limits),
        caveats=("whether anybody calls them by name: a refused call leaves no row",),
    )


DIAGNOSES = (
    Diagnosis(
        "listener-family-mismatch",
        "Will `localhost` fail because only one family is listened on?",
        check,
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN", "SYN_SENT"),
    ),
)
