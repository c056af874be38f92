"""Listeners of one address family, where callers of `localhost` may try the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import group_of, settle, some
from nsparse.judging.scene.scope import public, scope
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

FOUR, SIX = "IPv4", "IPv6"
LOCAL = {FOUR: "127.0.0.1", SIX: "::1"}
SPLIT = ("macos", "freebsd", "openbsd", "netbsd", "windows")
"""Systems that print which families a socket serves, or keep the families apart."""
NAMED = 8
"""Ports that the verdict names."""

NUMBERS = (Number("callers", 1, "one caller of the other family shows that somebody tries it"),)
REFS = ("nodejs/node #40702", "expressjs/express #2614", "web-tunnel/lite-http-tunnel #3")


class Lone(NamedTuple):
    """A listener whose port has none of the other family."""

    row: int
    port: int
    only: str


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Will `localhost` fail because only one family is listened on?

    Means: a port is listened on for IPv4 alone, or for IPv6 alone, on a host that has both. Some
        programs take only the first address that `localhost` resolves to, and are refused.
    Do: listen on both, or write 127.0.0.1 (or ::1) instead of localhost.
    False alarms: ports that nobody calls by name; `::` on Linux, which serves both by default.
    """
    waiting = scene.view.is_("role", "listener")
    if not waiting.any() or not (waiting := _within_both(scene, waiting)).any():
        return
    lone = _lone(scene, waiting)
    calling = _calling(scene, lone)
    for one in lone:
        if len(calling[one.row]) >= max(limits["callers"], 1):
            yield _called(scene, limits, one, calling[one.row])
    for only in (FOUR, SIX):
        if quiet := [one for one in lone if one.only == only and not len(calling[one.row])]:
            yield _listed(scene, limits, quiet, only)


def _within_both(scene: Scene, waiting: Bools) -> Bools:
    """Listeners of network namespaces that have an IPv6 address to be called at, and IPv4 too.

    `netstat -f inet6` leaves IPv4 out.
    """
    view, at, found = scene.view, waiting.nonzero()[0], waiting.copy()
    six = view.where("local_addr", lambda addr: addr == "::1" or (_is_six(addr) and public(addr)))
    four = view.is_("section", "inet") & ~view.is_("family", "ipv6")
    found[at] = view.alike(at, six) & view.alike(at, four)
    return found


def _lone(scene: Scene, waiting: Bools) -> list[Lone]:
    """Listeners on loopback or every address whose port has none of the other family."""
    view, at = scene.view, waiting.nonzero()[0]
    star = view.is_("local_addr", "*") & ~view.is_("family", "ipv4")
    six = view.where("local_addr", _is_six, waiting) | star
    # `netstat -L` names no family: such a listener may serve both.
    unnamed = star & ~view.known("family")
    dual = view.is_("family", "dual") | unnamed | _serves_both(scene)
    # 127.0.0.53 and its like are loopback too, but nobody reaches them as `localhost`.
    near = view.where("local_addr", _is_any, waiting) | view.is_("local_addr", *LOCAL.values())
    serves = {FOUR: (~six | dual)[at], SIX: six[at]}
    ports = view.keys_at(at, "local_port").tolist()
    taken = {
        family: {port for port, yes in zip(ports, told.tolist(), strict=True) if yes}
        for family, told in serves.items()
    }
    found: dict[int, Lone] = {}
    for row, port, local in zip(at.tolist(), ports, near[at].tolist(), strict=True):
        only = [family for family in (FOUR, SIX) if port in taken[family]]
        if local and port >= 0 and len(only) == 1:
            found.setdefault(port, Lone(row, int(view.cell("local_port", row)), only[0]))
    return list(found.values())


def _is_six(addr: str) -> bool:
    return ":" in addr


def _is_any(addr: str) -> bool:
    return scope(addr) == "any"


def _serves_both(scene: Scene) -> Bools:
    """IPv6 listeners that take IPv4 callers too: `::` of Linux, unless it says that it does not."""
    any_ = scene.view.is_("local_addr", "::", "*")
    return any_ & ~scene.view.true("v6only") & (scene.os not in SPLIT)


def _calling(scene: Scene, lone: Iterable[Lone]) -> dict[int, Ints]:
    """Attempts to call a port of this host over the family that nobody listens on, by listener."""
    view = scene.view
    tries, own = view.is_("state", "SYN_SENT"), {*view.values("local_addr"), *LOCAL.values()}
    tries = tries & view.where("remote_addr", own.__contains__, tries)
    at, space = tries.nonzero()[0], view.codes("netns").of
    six, ports = view.where("remote_addr", _is_six, tries)[at], view.numbers("remote_port")[at]
    return {
        one.row: at[
            (ports == one.port) & (six == (one.only == FOUR)) & (space[at] == space[one.row])
        ]
        for one in lone
    }


def _called(scene: Scene, limits: Limits, lone: Lone, callers: Ints) -> Finding:
    from nsparse.judging.scene.rows import Row

    first = Row(scene.view, lone.row)
    here = SIX if lone.only == FOUR else FOUR
    owner = first["owner"] or "the local program"
    return Finding(
        id="listener-family-mismatch",
        severity="notice",
        confidence=settle("medium", scene),
        group=group_of(first),
        n=len(callers),
        verdict=(
            f"{plural(len(callers), 'attempt')} of this host to call port {lone.port} "
            f"over {here}, and {owner} listens on {lone.only} alone."
        ),
        sockets=(lone.row, *callers.tolist()),
        limits=dict(limits),
        cause=("`localhost` resolves to both addresses and the caller takes the first",),
        next=advice.steps(
            scene, f"listen on both families, or call {LOCAL[lone.only]} by its number"
        ),
    )


def _listed(scene: Scene, limits: Limits, part: Sequence[Lone], only: str) -> Finding:
    ports = sorted(one.port for one in part)
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
        sockets=tuple(sorted(one.row for one in part)),
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
