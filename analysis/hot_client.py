"""One caller holds most connections of a service, or many callers behind one address do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import LISTENER, on_port
from nsparse.judging.evidence.elsewhere import within_host
from nsparse.judging.evidence.finding import GROUPED, flagged, group_of, labels, settle, silent
from nsparse.prose import percent, plural, port_of, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("few", 100, "fewer are nothing that a service feels"),
    Number("share", 0.5, "half of the service for one caller"),
    Number("remotes", 5, "a service of a few callers always has one in front"),
    Number("idle_share", 0.8, "connections that are held and not used"),
    Number("idle_s", 300, "silent for so long is idle, not slow"),
    Number("fd_share", 0.8, "of the descriptor limit: the service runs out of them"),
)
NAT_NUMBERS = (
    Number("rows", 20, "fewer paths are too few to compare"),
    Number("spread", 5, "one host has one path: its least round trips are alike"),
    Number("mixed", 0.1, "of the connections, with other TCP options than most: another system"),
)
OPTIONS = {"ts": "timestamps", "ecn": "ECN"}
"""Options of TCP that both ends agree on when they connect, as ss prints them and in words."""


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does one remote hold most connections of a service?

    Means: one address has at least half of what a service has open, and many at that. A count
        alone says nothing; beside a full accept queue, or when most are idle, it is a fault.
    Do: find out who it is and how often it asks; limit connections by client.
    False alarms: load balancers, proxies, NAT and monitoring, which stand for many callers.
    """
    view = scene.view
    live = view.true("live") & view.linked("listener")
    # Of a listener of too many no address, however frequent, can hold its share.
    served = view.leading("listener", live)
    worth = served >= limits["few"]
    worth[worth] = limits["share"] * served[worth] <= view.most("remote_addr")
    if worth.any():
        live = live & worth[view.numbers("listener")]
        yield from _of_listeners(scene, limits, live)


def _of_listeners(scene: Scene, limits: Limits, live: Bools) -> Iterator[Finding]:
    view = scene.view
    for lot in view.lots(live, "listener", least=limits["few"]):
        most = max(limits["few"], limits["share"] * len(lot))
        if view.most("remote_addr") >= most and view.sizes(lot, "remote_addr").max() >= most:
            part = view.pick(lot, *GROUPED, "owned", "local_addr", "remote_addr")
            yield from _held(scene, limits, part)


def _held(scene: Scene, limits: Limits, part: pd.DataFrame) -> Iterator[Finding]:
    held = part["remote_addr"].value_counts()
    own = part[part["remote_addr"] == held.index[0]]
    if len(held) >= limits["remotes"] and not within_host(own):
        yield _finding(scene, limits, part, held)


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, held: pd.Series[int]) -> Finding:
    addr, n = str(held.index[0]), int(held.iloc[0])
    own = part[part["remote_addr"] == addr]
    signs = list(_signs(scene, limits, part, own))
    severity: Severity = "warning" if signs else "notice"
    port = port_of(str(own["bound"].iat[0]))
    place = on_port(scene, int(own.index[0]), LISTENER)
    others = held.iloc[1:]
    return Finding(
        id="hot-client",
        severity=severity,
        confidence=settle("medium", scene),
        group=group_of(own.iloc[0]),
        n=n,
        base=len(part),
        verdict=(
            f"{addr} holds {thousands(n)} of {plural(len(part), 'connection')} {place} "
            f"({percent(n, len(part))}){', and ' + signs[0] if signs else ''}."
        ),
        sockets=labels(own),
        limits=dict(limits),
        evidence=(
            f"{thousands(len(held))} addresses; the median of the others is {others.median():.0f}",
            *signs,
        ),
        cause=("suggests a caller without a pool limit, or a proxy or NAT that stands for many",),
        next=advice.steps(
            scene,
            {
                "linux": f"ss -tan src :{port} {advice.dst(addr)}",
                "macos": f"netstat -an | grep {addr}",
                "windows": f"Get-NetTCPConnection -LocalPort {port} -RemoteAddress {addr}",
            },
            "find out who it is and how often it asks; limit connections by client",
        ),
        caveats=("whether it is a load balancer, a proxy or NAT: the dump shows its address only",),
    )


def _signs(scene: Scene, limits: Limits, part: pd.DataFrame, own: pd.DataFrame) -> Iterator[str]:
    """What shows that the service suffers from it."""
    view, at = scene.view, own.index.to_numpy()
    waiting = int(view.numbers("recv_q")[view.numbers("listener")[at[0]]])
    if waiting > 0:
        yield f"{plural(waiting, 'connection waits', 'connections wait')} for accept()"
    if part["owned"].any() and len(part) >= limits["fd_share"] * scene.constants.fd_limit:
        limit = thousands(scene.constants.fd_limit)
        yield f"the service has {thousands(len(part))} of {limit} descriptors"
    idle = int((silent(scene, limits["idle_s"]) & view.is_("recv_q", 0))[at].sum())
    if idle >= limits["idle_share"] * len(own):
        yield f"{percent(idle, len(own))} of them are idle for {limits['idle_s']:.0f} s or more"


# ---- many behind one address -----------------------------------------------------------------


def many(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the hot client really many hosts behind one address?

    Means: the connections from one address have round trips too different for one host, or do not
        agree in the options of TCP: NAT or a proxy stands for many. What one address holds is then
        no sign of a greedy caller.
    Do: limit by session or account, not by address.
    False alarms: one host that moves between networks; fewer connections than can be compared.
    """
    view = scene.view
    at = view.is_("role", "server").nonzero()[0]
    at = at[view.sizes(at, "group", "remote_addr") >= limits["rows"]]
    if not len(at):
        return
    told = view.pick(at, *GROUPED, "remote_addr", "minrtt_ms", "mss", "details")
    told = told.assign(caller=view.keys_at(at, "group", "remote_addr"))
    callers = told.groupby("caller", sort=False)
    apart = {**_stacks(told, limits), **_paths(told, limits)}
    found = [(callers.get_group(caller), why) for caller, why in apart.items()]
    for part, why in sorted(found, key=lambda each: int(each[0].index[0])):
        yield _behind(scene, limits, part, why)


class Apart(NamedTuple):
    """What tells the connections of an address apart: the end of a sentence, proof, and why."""

    said: str
    evidence: str
    cause: str


def _paths(told: pd.DataFrame, limits: Limits) -> dict[int, Apart]:
    """Callers whose least round trips are too different for one path."""
    best = told[flagged(told["minrtt_ms"] > 0)].groupby("caller")["minrtt_ms"]
    n, low, high = best.size(), best.quantile(0.1), best.quantile(0.9)
    odd = n.index[(n >= limits["rows"]) & flagged(high >= limits["spread"] * low)]
    cause = "one host has one path: suggests NAT or a proxy"
    return {
        caller: Apart(
            f"the least round trips of its {plural(int(n[caller]), 'connection')} go from "
            f"{low[caller]:.1f} to {high[caller]:.1f} ms",
            f"minrtt: 10 % below {low[caller]:.1f} ms, 10 % above {high[caller]:.1f} ms",
            cause,
        )
        for caller in odd
    }


def _stacks(told: pd.DataFrame, limits: Limits) -> dict[int, Apart]:
    """Callers whose options of TCP are too different for one system."""
    told = told[told["mss"].notna()]
    words = " " + told["details"].astype("str").fillna("") + " "
    sets = "mss " + told["mss"].astype("str")
    for option, name in OPTIONS.items():
        sets += words.str.contains(f" {option} ", regex=False).map({True: f" {name}", False: ""})
    counts = sets.groupby([told["caller"], sets]).size()
    each = counts.groupby(level=0)
    total, others = each.sum(), each.sum() - each.max()
    odd = total.index[(total >= limits["rows"]) & (others >= limits["mixed"] * total)]
    cause = "one host has one system: suggests NAT or a proxy"
    return {
        caller: Apart(
            f"its {plural(int(total[caller]), 'connection')} have {len(counts[caller])} different "
            "sets of TCP options",
            f"options: {top(counts[caller].to_dict())}",
            cause,
        )
        for caller in odd
    }


def _behind(scene: Scene, limits: Limits, part: pd.DataFrame, apart: Apart) -> Finding:
    addr = part["remote_addr"].iat[0]
    first: pd.Series[Any] = part.iloc[0]
    return Finding(
        id="nat-many-clients",
        severity="info",
        confidence=settle("medium", scene),
        group=group_of(first),
        n=len(part),
        verdict=f"{addr} looks like many hosts behind one address: {apart.said}.",
        sockets=labels(part),
        limits=dict(limits),
        evidence=(apart.evidence,),
        cause=(apart.cause,),
        next=advice.steps(scene, "limit by session or account, not by address"),
    )


DIAGNOSES = (
    Diagnosis(
        "hot-client",
        "Does one remote hold most connections of a service?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=("CpanelInc/SSP #3",),
        states=("ESTABLISHED",),
    ),
    Diagnosis(
        "nat-many-clients",
        "Is the hot client really many hosts behind one address?",
        many,
        needs=("tcpinfo",),
        numbers=NAT_NUMBERS,
        absorbs=(Absorbs("hot-client", "rows", raises=False),),
        refs=("Bernat: TIME-WAIT on busy Linux servers",),
        states=("ESTABLISHED",),
    ),
)
