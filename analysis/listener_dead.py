"""A port is held for a process that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import labels, settle, some
from nsparse.judging.evidence.stated import processes
from nsparse.judging.scene.processes import listed
from nsparse.prose import plural, port_of, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene.scene import Scene

KERNEL = (0, 4)
"""PIDs of Windows that are no processes: the idle one, and System."""

NAMED = 8
"""Ports that the verdict names."""

NUMBERS = (
    Number("few", 5, "so few may be gone whatever part of the owners they are"),
    Number("stale", 0.5, "if more of the owners are gone the list is of another time or host"),
    Number("owned", 0.8, "so many listeners with an owner show that the dump was made with rights"),
)
REFS = ("thedotmack/claude-mem #3482", "oven-sh/bun #36936")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a port belong to a process that no longer exists?

    Means: Windows shows the process that opened a listener even when it has ended and a child
        that inherited the socket keeps it. Callers are let into the queue and nobody answers.
    Do: find the children of the dead process and end the one that holds the socket; in the
        program open sockets so that children do not inherit them.
    False alarms: a list of processes taken minutes apart; one without System, or of fewer processes
        than have sockets, is of a few and proves nothing. On Linux a listener without an owner
        is the kernel's (NFS, WireGuard) or belongs to another PID namespace.
    """
    if scene.os == "windows":
        yield from _dead(scene, limits)
    elif scene.os == "linux":
        yield from _nobody(scene, limits)


def _dead(scene: Scene, limits: Limits) -> Iterator[Finding]:
    alive, view = set(listed(scene.facts)), scene.view
    owners = {int(pid) for pid in view.values("pid")} - set(KERNEL)
    gone = owners - alive
    stale = len(gone) > max(limits["few"], limits["stale"] * len(owners))
    if "proctable" not in scene.has or not gone or stale:
        return
    serves = view.linked("listener") & view.is_("state", "ESTABLISHED")
    held = view.is_("role", "listener") | serves
    for lot in view.lots(held & view.is_("pid", *gone), "bound"):
        yield _finding(scene, limits, view.pick(lot, "bound", "pid", "role"))


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    place = str(part["bound"].iat[0])
    pids = [str(pid) for pid in part["pid"].unique()]
    several = len(pids) > 1
    said = f"PIDs {', '.join(pids[:-1])} and {pids[-1]}" if several else f"PID {pids[0]}"
    exists = ("none of which exists" if len(pids) > 2 else "neither of which exists") * several
    calls = int((part["role"] == "server").sum())
    return Finding(
        id="listener-dead-process",
        severity="warning",
        confidence=settle("medium", scene),
        group=Group(service=place),
        n=len(part),
        verdict=(
            f"port {port_of(place)} is held by {said}, {exists or 'which does not exist'}: "
            "a child that inherited the socket keeps it open."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(
            f"not among the {thousands(len(listed(scene.facts)))} PIDs of the list"
            f"{processes(scene)}: {', '.join(pids)}",
            *((f"{plural(calls, 'established connection')} to it",) if calls else ()),
        ),
        cause=("the handle was inheritable: suggests a program that was started by the dead one",),
        next=advice.steps(
            scene,
            *(f'Get-CimInstance Win32_Process -Filter "ParentProcessId={pid}"' for pid in pids[:3]),
            "end the child that holds the port; open sockets with WSA_FLAG_NO_HANDLE_INHERIT",
        ),
        caveats=("whether the list of processes was taken in the same minute",),
    )


def _nobody(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Listeners of Linux that nobody owns, where nearly all others have an owner."""
    view = scene.view
    waiting = view.is_("role", "listener") & view.known("inode")
    alone = waiting & ~view.true("owned")
    n, all_ = int(alone.sum()), int(waiting.sum())
    if not n or all_ - n < limits["owned"] * all_:
        return
    ports = sorted(int(port) for port in view.values("local_port", alone))
    shown = some(ports[:NAMED], len(ports))
    yield Finding(
        id="listener-dead-process",
        severity="info",
        confidence=settle("medium", scene),
        group=Group(),
        n=n,
        verdict=(
            f"{plural(n, 'listener')} without a process ({shown}): the kernel's own, or "
            "of another PID namespace."
        ),
        sockets=labels(view.pick(alone)),
        limits=dict(limits),
        next=advice.steps(scene, {"linux": "rpcinfo -p; lsns -t pid"}),
    )


DIAGNOSES = (
    Diagnosis(
        "listener-dead-process",
        "Does a port belong to a process that no longer exists?",
        check,
        needs=("owner", "proctable|inode"),
        numbers=NUMBERS,
        absorbs=(Absorbs("listener-duplicate", "port"),),
        refs=REFS,
        states=("LISTEN",),
    ),
)
