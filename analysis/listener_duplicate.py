"""Several programs listen on one address and port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import (
    WHOSE,
    endpoint,
    labels,
    owner_of,
    settle,
)
from nsparse.judging.scene.processes import program_of
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.scene import Scene

PLACE = ("local_addr", "local_port", "family")
NAMED = 4
"""Programs that the verdict names; of more it gives the number."""

NUMBERS = (Number("processes", 2, "a port has one listener unless both ask to share it"),)
REFS = ("tornadoweb/tornado #550", "Icinga/icinga2 #3269", "HigherOrderCO/Bend #972")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Do two processes listen on the same port?

    Means: several processes wait for callers at one address and port. Windows lets a second
        program take a port that is in use (SO_REUSEADDR) and gives it nothing until the first
        one stops; macOS hands everything to one of them.
    Do: stop one of them, or give it a port of its own; on Windows open listeners with
        SO_EXCLUSIVEADDRUSE.
    False alarms: workers of one program that share the port on purpose (SO_REUSEPORT); a child
        with the socket of its parent; the IPv4 and the IPv6 listener of one program.
    """
    view = scene.view
    waiting = view.is_("role", "listener") & view.true("owned")
    for lot in view.lots(waiting, *PLACE, least=limits["processes"]):
        part = view.pick(lot, *WHOSE, "inode", "local_addr", "local_port")
        held = _distinct(part)
        if _holders(held) >= limits["processes"]:
            yield _finding(scene, limits, part, held)


def _distinct(part: pd.DataFrame) -> pd.DataFrame:
    """One row for each socket: parent and child that share one (by its inode) count once."""
    same = part["inode"].notna() & part["inode"].duplicated()
    return part[~same]


def _holders(held: pd.DataFrame) -> int:
    """How many processes: two views of a moment may name one with and without its program."""
    return int((held["pid"] if held["pid"].notna().all() else held["owner"]).nunique())


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame, held: pd.DataFrame) -> Finding:
    first = part.iloc[0]
    names = {program_of(name).lower() for name in held["process"]}
    workers = len(names) == 1 and "" not in names and scene.os != "windows"
    severity: Severity = "warning"
    if workers:
        severity = "info"
    elif "" in names and scene.os != "windows":
        severity = "notice"
    place = endpoint(first["local_addr"], first["local_port"])
    return Finding(
        id="listener-duplicate",
        severity=severity,
        confidence=settle("high", scene),
        group=Group(process=str(first["process"]) if workers else None, service=place),
        n=len(held),
        verdict=_workers(held, place) if workers else _conflict(scene, held, place),
        sockets=labels(part),
        limits=dict(limits),
        evidence=tuple(_evidence(scene, held)),
        cause=_cause(scene, workers=workers),
        next=() if workers else _steps(scene, first),
        caveats=() if workers else ("whether all of these processes still run",),
    )


def _workers(held: pd.DataFrame, place: str) -> str:
    count = held["owner"].nunique()
    return f"{plural(count, 'process', 'processes')} of one program share {place}: workers."


def _conflict(scene: Scene, held: pd.DataFrame, place: str) -> str:
    owners = [str(owner) for owner in held["owner"].unique()]
    said = f"{', '.join(owners[:-1])} and {owners[-1]}"
    if len(owners) > NAMED:
        said = f"{thousands(len(owners))} processes"
    if scene.os == "windows":
        return f"{said} listen on {place}: Windows gives the callers to one of them only."
    return f"{said} listen on {place}: each gets a part of the callers, or none."


def _evidence(scene: Scene, held: pd.DataFrame) -> Iterator[str]:
    for label, row in held.head(NAMED).iterrows():
        owner = owner_of(row)["owner"] or "an unknown program"
        calls = int(scene.view.is_("listener", label).sum())
        yield f"{owner}: {plural(calls, 'connection')} in this dump"
    if len(held) > NAMED:
        yield f"and {thousands(len(held) - NAMED)} more"


def _cause(scene: Scene, *, workers: bool) -> tuple[str, ...]:
    if workers:
        return ("SO_REUSEPORT: the kernel spreads the callers over the workers",)
    if scene.os == "windows":
        return ("SO_REUSEADDR lets a second program take a port in use without an error",)
    return ("both asked to share the port (SO_REUSEPORT): suggests an old instance left running",)


def _steps(scene: Scene, first: pd.Series[Any]) -> tuple[Any, ...]:
    port = first["local_port"]
    return advice.steps(
        scene,
        {
            "linux": f"ss -ltnpe '( sport = :{port} )'",
            "macos": f"lsof -nP -iTCP:{port} -sTCP:LISTEN",
            "windows": f"Get-NetTCPConnection -State Listen -LocalPort {port} | "
            "Select-Object OwningProcess",
        },
        "stop one of them, or give it a port of its own",
    )


DIAGNOSES = (
    Diagnosis(
        "listener-duplicate",
        "Do two processes listen on the same port?",
        check,
        needs=("owner",),
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN",),
    ),
)
