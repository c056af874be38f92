"""A listener on one address hides the one on every address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import endpoint, flagged, labels, settle
from nsparse.judging.scene.processes import program_of
from nsparse.judging.scene.scope import WILDCARDS, scope
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene.scene import Scene

NUMBERS = (Number("pairs", 1, "one listener in front of another one is enough"),)
REFS = ("apache/kafka #13572",)
SHOWN = ("netns", "family", "local_addr", "local_port", "owner", "process")
HELPERS = ("docker-proxy", "dockerd", "rootlessport")
"""Publish a container's port; what listens on loopback beside them is a helper of it."""


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does one listener hide another on the same port?

    Means: one program listens on every address, another one on a single address of the same
        port. Callers of that address reach the second, all others the first: "works on
        localhost, not from outside", or the reverse.
    Do: give one of them another port, or stop it.
    False alarms: two sockets of one program; a published container port beside a loopback helper.
    """
    view = scene.view
    waiting = view.is_("role", "listener") & ~view.is_("owner", "") & view.known("local_port")
    wild = waiting & view.is_("local_addr", *WILDCARDS)
    exact = waiting & ~wild
    if exact.sum() < limits["pairs"] or not wild.any() or not exact.any():
        return
    hidden = _hidden(view.pick(wild, *SHOWN), view.pick(exact, *SHOWN))
    for _, part in hidden.groupby(["under", "owner"], sort=False):
        if len(part) >= limits["pairs"]:
            under = view.pick(part["under"].to_numpy()[:1], "owner", "local_port").iloc[0]
            yield _finding(scene, limits, under, str(part["owner"].iat[0]), part)


def _hidden(wild: pd.DataFrame, exact: pd.DataFrame) -> pd.DataFrame:
    """Listeners of one address with the label of the one of every address (`under`)."""
    import pandas as pd

    kept = ["netns", "local_port", "owner", "process"]
    under = _by_family(wild)[[*kept, "six"]].reset_index(names="under")
    over = exact.assign(six=exact["local_addr"].str.contains(":")).reset_index(names="over")
    over = over[[*kept, "local_addr", "six", "over"]]
    both = over.merge(under, on=["netns", "local_port", "six"], suffixes=("", "_wild"))
    both = both[(both["owner"] != both["owner_wild"]) & ~_same_program(both) & ~_helper(both)]
    return pd.DataFrame(both).drop_duplicates("over").set_index("over")


def _by_family(wild: pd.DataFrame) -> pd.DataFrame:
    """Each wildcard listener once for each family in which it can hide behind another one.

    Beside a socket of `::` that serves IPv4 too Linux lets nobody bind the port to an IPv4
    address, and Windows prints such a socket once for each family: `::` counts for IPv6 alone.
    """
    import pandas as pd

    star = wild["local_addr"] == "*"
    four = (wild["local_addr"] == "0.0.0.0") | (star & ~flagged(wild["family"] == "ipv6"))
    six = (wild["local_addr"] == "::") | (star & ~flagged(wild["family"] == "ipv4"))
    return pd.concat([wild[four].assign(six=False), wild[six].assign(six=True)])


def _same_program(both: pd.DataFrame) -> pd.Series[bool]:
    mine, wild = (both[name].map(program_of) for name in ("process", "process_wild"))
    return (mine == wild) & (mine != "")


def _helper(both: pd.DataFrame) -> pd.Series[bool]:
    """A container's published port beside something on loopback."""
    local = both["local_addr"].map(scope) == "loopback"
    return local & (both["process_wild"].isin(HELPERS) | both["process"].isin(HELPERS))


def _finding(
    scene: Scene, limits: Limits, everywhere: pd.Series[Any], owner: str, part: pd.DataFrame
) -> Finding:
    over = scene.view.pick(part.index.to_numpy(), "owner", "local_addr")
    port = everywhere["local_port"]
    first = str(over["local_addr"].iat[0])
    count = over["local_addr"].nunique()
    where = endpoint(first, port) if count == 1 else f"{count} addresses of port {port}"
    callers = first if count == 1 else "these"
    return Finding(
        id="listener-shadowed",
        severity="notice",
        confidence=settle("high", scene),
        group=Group(service=endpoint(first, port)),
        n=len(over),
        verdict=(
            f"{owner} listens on {where} and {everywhere['owner']} on every address of that port: "
            f"callers of {callers} reach {owner} alone, all others {everywhere['owner']}."
        ),
        sockets=(*labels(over), int(str(everywhere.name))),
        limits=dict(limits),
        evidence=tuple(_evidence(scene, everywhere, over)),
        cause=("the more exact address wins: the other program seems broken to some callers",),
        next=advice.steps(
            scene,
            {
                "linux": f"ss -ltnpe '( sport = :{port} )'",
                "macos": f"lsof -nP -iTCP:{port} -sTCP:LISTEN",
                "windows": f"Get-NetTCPConnection -State Listen -LocalPort {port}",
            },
            "give one of them another port, or stop it",
        ),
        caveats=("which of the two the callers mean",),
    )


def _evidence(scene: Scene, everywhere: pd.Series[Any], over: pd.DataFrame) -> Iterator[str]:
    for owner, rows in (
        (everywhere["owner"], [everywhere.name]),
        (over["owner"].iat[0], over.index.tolist()),
    ):
        served = int(scene.view.is_("listener", *rows).sum())
        yield f"{owner!s}: {plural(served, 'connection')}"


DIAGNOSES = (
    Diagnosis(
        "listener-shadowed",
        "Does one listener hide another on the same port?",
        check,
        needs=("owner",),
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN",),
    ),
)
