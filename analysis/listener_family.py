"""Listeners of one address family, where callers of `localhost` may try the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import GROUPED, group_of, labels, settle, some
from nsparse.judging.scope import public, scope
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.ends import Bools, Ints
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
    view = scene.view
    waiting = _within_both(scene, view.is_("role", "listener"))
    if not waiting.any():
        return
    lone = _lone(scene, waiting)
    calling = _calling(scene, lone)
    for label, callers in calling.items():
        if len(callers) >= limits["callers"]:
            one, many = lone.loc[[label]], view.pick(callers, "remote_addr")
            yield _called(scene, limits, one, many)
    quiet = lone.drop(index=[label for label in calling if len(calling[label]) >= 1])
    for family, part in quiet.groupby("only", sort=True):
        yield _listed(scene, limits, part, str(family))


def _within_both(scene: Scene, waiting: Bools) -> Bools:
    """Listeners of network namespaces that have an IPv6 address to be called at, and IPv4 too.

    `netstat -f inet6` leaves IPv4 out.
    """
    view, at, found = scene.view, waiting.nonzero()[0], waiting.copy()
    six = view.where("local_addr", lambda addr: addr == "::1" or (_is_six(addr) and public(addr)))
    four = view.is_("section", "inet") & ~view.is_("family", "ipv6")
    found[at] = view.alike(at, six.nonzero()[0]) & view.alike(at, four.nonzero()[0])
    return found


def _own(scene: Scene) -> list[str]:
    """The addresses of this host."""
    found: list[str] = scene.view.values("local_addr")
    return found


def _lone(scene: Scene, waiting: Bools) -> pd.DataFrame:
    """Listeners on loopback or every address whose port has none of the other family (`only`)."""
    import numpy as np

    view = scene.view
    star = view.is_("local_addr", "*") & ~view.is_("family", "ipv4")
    six = view.where("local_addr", _is_six, waiting) | star
    # `netstat -L` names no family: such a listener may serve both.
    unnamed = star & ~view.known("family")
    dual = view.is_("family", "dual") | unnamed | _serves_both(scene)
    four, six = waiting & (~six | dual), waiting & six
    ports = view.keys("local_port")
    # 127.0.0.53 and its like are loopback too, but nobody reaches them as `localhost`.
    near = view.where("local_addr", _is_any, waiting) | view.is_("local_addr", *LOCAL.values())
    only_four = four & ~np.isin(ports, ports[six])
    only_six = six & ~np.isin(ports, ports[four])
    lone = near & (only_four | only_six) & (ports >= 0)
    found = view.pick(lone, *GROUPED, "netns", "local_port")
    found["only"] = [SIX if one else FOUR for one in only_six[lone]]
    return found.drop_duplicates(["netns", "local_port"])


def _is_six(addr: str) -> bool:
    return ":" in addr


def _is_any(addr: str) -> bool:
    return scope(addr) == "any"


def _serves_both(scene: Scene) -> Bools:
    """IPv6 listeners that take IPv4 callers too: `::` of Linux, unless it says that it does not."""
    any_ = scene.view.is_("local_addr", "::", "*")
    return any_ & ~scene.view.true("v6only") & (scene.os not in SPLIT)


def _calling(scene: Scene, lone: pd.DataFrame) -> Mapping[int, Ints]:
    """Attempts to call a port of this host over the family that nobody listens on, by listener."""
    view = scene.view
    tries, own = view.is_("state", "SYN_SENT"), {*_own(scene), *LOCAL.values()}
    tries = tries & view.where("remote_addr", own.__contains__, tries)
    six = view.where("remote_addr", _is_six, tries)
    found, space = {}, view.codes("netns").of
    for label, port, only in zip(lone.index, lone["local_port"], lone["only"], strict=True):
        others = tries & view.is_("remote_port", port) & (six == (only == FOUR))
        others = (others & (space == space[label])).nonzero()[0]
        if len(others):
            found[int(label)] = others
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
    shown = some(ports[:NAMED], len(ports))
    other = SIX if only == FOUR else FOUR
    return Finding(
        id="listener-family-mismatch",
        severity="info",
        confidence=settle("medium", scene),
        group=Group(),
        n=len(part),
        verdict=(
            f"{plural(len(ports), 'port')} {'is' if len(ports) == 1 else 'are'} listened on over "
            f"{only} alone on a host that has {other} too ({shown}): a caller of "
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
        needs=("whole",),
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN", "SYN_SENT"),
    ),
)
