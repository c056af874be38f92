"""Connections that leave to unusual public ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import count_of, flagged, group_of, keyed, labels, settle
from nsparse.judging.finding import endpoint as end
from nsparse.judging.scope import public
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene import Scene

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
)
REFS = ("IANA service names and port numbers",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which few connections leave to unusual public ports?

    Means: single sessions to odd ports of public addresses. Most are harmless; tunnels, miners
        and remote shells look like this too, hence a list and not an alarm.
    Do: find the program and its package, and whose address it is.
    False alarms: games, VPN, peer-to-peer programs, databases in a cloud.
    """
    rows = scene.rows
    out = rows[(rows["role"] == "client") & rows["state"].isin(("ESTABLISHED", "SYN_SENT"))]
    out = out[(out["pair"] < 0) & (out["target"] < 0) & out["remote_port"].notna()]
    out = out[~out["remote_port"].isin(USUAL)]
    far = {addr for addr in out["remote_addr"].dropna().unique() if public(addr)}
    out = out[out["remote_addr"].isin(far)]
    sizes = out.groupby(keyed(out, "remote_port"))["line"].transform("size")
    rare = out[sizes <= limits["few"]]
    steady = _steady(scene, rare, limits)
    for _, part in rare[steady].groupby(keyed(rare[steady], "owner", "remote_port"), sort=False):
        yield _known(scene, limits, part)
    if len(rest := rare[~steady]):
        yield _listed(scene, limits, rest)


def _steady(scene: Scene, rare: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """Connections to a port of the bad mixes that last and are spoken on.

    They last where an earlier snapshot has them; or bytes went both ways and lately.
    """
    fresh = 1000 * limits["fresh_s"]
    spoke = [
        flagged(scene.column("bytes_acked")[rare.index] >= limits["bytes"]),
        flagged(scene.column("bytes_received")[rare.index] >= limits["bytes"]),
        flagged(scene.column("lastrcv_ms")[rare.index] <= fresh),
    ]
    lasts = rare["persistent"] | (spoke[0] & spoke[1] & spoke[2])
    return rare["remote_port"].isin(list(MIXES)) & (rare["state"] == "ESTABLISHED") & lasts


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
            f"a port that {MIXES[port]} use."
        ),
        sockets=labels(part),
        limits=dict(limits),
        cause=("a long session to such a port suggests one of these, it does not prove it",),
        next=advice.steps(
            scene,
            advice.of_process({"linux": "ls -l /proc/{pid}/exe"}, first),
            f"find out whose address {first['remote_addr']} is",
        ),
        caveats=("what is said on it",),
    )


def _listed(scene: Scene, limits: Limits, rare: pd.DataFrame) -> Finding:
    ends = zip(rare["remote_addr"], rare["remote_port"], rare["owner"], strict=True)
    told = [f"{end(addr, port)} {owner}".strip() for addr, port, owner in ends]
    ports = rare["remote_port"].nunique()
    return Finding(
        id="rare-outbound",
        severity="info",
        confidence=settle("low", scene),
        group=Group(),
        n=len(rare),
        verdict=(
            f"{plural(len(rare), 'connection')} to {plural(ports, 'unusual public port')}: most "
            "are harmless, know them."
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
