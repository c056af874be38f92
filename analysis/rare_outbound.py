"""Connections that leave to unusual public ports."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import GROUPED, count_of, group_of, labels, settle
from nsparse.judging.evidence.finding import endpoint as end
from nsparse.judging.scene.scope import public
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

USUAL = (
    *(20, 21, 22, 25, 43, 53, 80, 110, 119, 123, 143, 389, 443, 465, 563, 587, 636, 843, 853, 873),
    *(989, 990, 993, 995, 1194, 1433, 1521, 1883, 1935, 3128, 3306, 3389, 3478, 4443, 5060, 5061),
    *(5222, 5223, 5228, 5229, 5230, 5269, 5432, 5671, 5672, 6379, 6443, 8000, 8080, 8443, 8883),
    *(9092, 9200, 9418, 9443, 11371, 27017),
)
"""Remote ports of the web, mail, names, chat, VPN and databases in the cloud."""
MIXES = {
    3333: "miners",
    4444: "miners and remote shells",
    5555: "miners",
    14444: "miners",
    6667: "IRC",
    9001: "Tor",
    9050: "Tor",
}
"""Ports that miners, remote shells and their like are known to use."""

NUMBERS = (
    Number("few", 3, "more connections to a port are a habit of this host"),
    Number("bytes", 1, "both ways something was said: the connection is in use"),
    Number("fresh_s", 600, "spoken within ten minutes: steady"),
    Number("habit", 5, "unusual ports of one program: it calls whatever port a peer names"),
)
REFS = ("IANA service names and port numbers",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which few connections leave to unusual public ports?

    Means: single sessions to odd ports of public addresses. Most are harmless; tunnels, miners
        and remote shells look like this too, hence a list and not an alarm.
    Do: find the program and its package, and whose address it is.
    False alarms: games, VPN, peer-to-peer programs, databases in a cloud.
    """
    from nsparse.judging.arrays.members import one_of

    view = scene.view
    out = view.is_("role", "client") & view.is_("state", "ESTABLISHED", "SYN_SENT")
    out = out & view.known("remote_port") & ~view.linked("pair") & ~view.linked("target")
    out = out & ~view.is_("remote_port", *USUAL)
    at = (out & view.where("remote_addr", public, out)).nonzero()[0]
    if not len(at):
        return
    at = at[view.sizes(at, "remote_port") <= limits["few"]]
    steady = _steady(scene, limits)[at] & one_of(view.numbers("remote_port")[at], (*MIXES,))
    steady &= ~_of_peers(scene, at, limits)
    for lot in view.lots(at[steady], "owner", "remote_port"):
        yield _known(scene, limits, view.pick(lot, *GROUPED, "remote_addr", "remote_port"))
    if len(rest := at[~steady]):
        shown = view.pick(rest, "remote_addr", "remote_port", "owner")
        yield _listed(scene, limits, shown)


def _of_peers(scene: Scene, at: Ints, limits: Limits) -> Bools:
    """Connections of a program that calls many such ports: it is peer-to-peer."""
    called = scene.view.pick(at, "owner", "remote_port")
    ports = called.groupby("owner")["remote_port"].transform("nunique")
    many: Bools = ((ports >= limits["habit"]) & (called["owner"] != "")).to_numpy()
    return many


def _steady(scene: Scene, limits: Limits) -> Bools:
    """Connections that last and are spoken on.

    They last where an earlier snapshot has them; or bytes went both ways and lately.
    """
    view, least = scene.view, limits["bytes"]
    spoke = view.at_least("bytes_acked", least) & view.at_least("bytes_received", least)
    lately = view.known("lastrcv_ms") & ~view.above("lastrcv_ms", 1000 * limits["fresh_s"])
    lasts = view.true("persistent") | (spoke & lately)
    return view.is_("state", "ESTABLISHED") & lasts


def _known(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    first = part.iloc[0]
    port = count_of(first["remote_port"]) or 0
    place = end(first["remote_addr"], port)
    return Finding(
        id="rare-outbound",
        severity="warning",
        confidence=settle("low", scene),
        group=group_of(first),
        n=len(part),
        verdict=(
            f"{first['owner'] or 'this host'} keeps {plural(len(part), 'connection')} to {place}, "
            f"a port of {MIXES[port]}."
        ),
        sockets=labels(part),
        limits=dict(limits),
        cause=("a long session to such a port suggests one of these, it does not prove it",),
        next=advice.steps(
            scene,
            advice.of_process(advice.BINARY, first),
            f"find out whose address {first['remote_addr']} is",
        ),
        caveats=("what is said on it",),
    )


def _listed(scene: Scene, limits: Limits, rare: pd.DataFrame) -> Finding:
    ends = zip(rare["remote_addr"], rare["remote_port"], rare["owner"], strict=True)
    counts = Counter(f"{end(addr, port)} {owner}".strip() for addr, port, owner in ends)
    told = [text if n == 1 else f"{text} ({thousands(n)})" for text, n in counts.items()]
    ports = rare["remote_port"].nunique()
    return Finding(
        id="rare-outbound",
        severity="info",
        confidence=settle("low", scene),
        group=Group(),
        n=len(rare),
        verdict=(
            f"{plural(len(rare), 'connection')} to {plural(ports, 'unusual public port')}: most "
            f"such are harmless, know {'it' if len(rare) == 1 else 'them'}."
        ),
        sockets=labels(rare),
        limits=dict(limits),
        evidence=(*told[:10], *((f"and {thousands(len(told) - 10)} more",) if told[10:] else ())),
        next=advice.steps(scene, "find the program of each, and whose address it is"),
    )


DIAGNOSES = (
    Diagnosis(
        "rare-outbound",
        "Which few connections leave to unusual public ports?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("ESTABLISHED", "SYN_SENT"),
    ),
)
