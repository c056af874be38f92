"""A service on a port that the kernel may give to any client."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import group_of, labels, settle, sysctl
from nsparse.judging.evidence.portrange import drawn_from, ports_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.evidence.portrange import Range
    from nsparse.judging.scene.scene import Scene

BY = ("pid", "inode")
"""What tells one holder of a port from the next."""
REFS = ("ip-sysctl ip_local_reserved_ports",)
WINDOWS_RPC = (*range(49152, 49158), *range(49664, 49671))
"""The same on every Windows: its own services ask for any port, in the same order after each start.
The first are those of its range, or since Windows 10 those from 49664 on."""


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """May a service fail to start because a client took its port?

    Means: the service listens inside the range that connect() takes its ports from. While it is
        down any client may get the port, and its next start fails: address in use.
    Do: reserve the port (`net.ipv4.ip_local_reserved_ports`), or move the service below the range.
    False alarms: a program that asked for any port gets one of the range, another one each time;
        only ports that are the same after a restart, or on several hosts, are told, and none of
        those that services of Windows are given after each start.
    """
    view, drawn = scene.view, drawn_from(scene)
    inside = view.is_("role", "listener") & view.at_least("local_port", drawn.low)
    inside = inside & ~view.above("local_port", drawn.high)
    if not inside.any():
        return
    reserved = ports_of(sysctl(scene, "net.ipv4.ip_local_reserved_ports") or "")
    any_port = set(WINDOWS_RPC) if scene.os == "windows" else set()
    fixed = _restarted(scene) | _elsewhere(scene)
    inside = inside & view.is_("local_port", *(fixed - reserved - any_port))
    for lot in view.lots(inside, "owner", "local_port"):
        yield _finding(scene, lot, drawn)


def _elsewhere(scene: Scene) -> set[int]:
    """The ports that something listens on on another host."""
    return {port for other in scene.peers for port in _holders(other)}


def _restarted(scene: Scene) -> set[int]:
    """The ports that another process, or another socket, listened on at an earlier moment.

    As long as the same one listens its port stays the same, whatever it asked for.
    """
    now, found = _holders(scene), set[int]()
    for other in scene.earlier:
        then = _holders(other)
        known = (port for port in then.keys() & now.keys() if then[port] and now[port])
        found.update(port for port in known if then[port].isdisjoint(now[port]))
    return found


def _holders(scene: Scene) -> dict[int, set[tuple[str, int]]]:
    """Who listens on each port, by process and by socket, as far as it is known."""
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    held: dict[int, set[tuple[str, int]]] = defaultdict(set)
    listens = view.is_("role", "listener") & view.known("local_port")
    for _, port, *numbers in Rows(view, listens).cells("local_port", *BY):
        told = zip(BY, numbers, strict=True)
        held[port].update((name, number) for name, number in told if number is not None)
    return held


def _finding(scene: Scene, lot: Ints, drawn: Range) -> Finding:
    from nsparse.judging.scene.rows import Row

    view, first = scene.view, Row(scene.view, int(lot[0]))
    port = int(first["local_port"])
    clients = view.is_("role", "client").nonzero()[0]
    calls = clients[view.alike(clients, lot[:1], "local_port")]
    severity: Severity = "notice" if len(calls) else "info"
    now = ", and one has it now" if len(calls) else ""
    return Finding(
        id="listener-in-ephemeral-range",
        severity=severity,
        confidence=settle("high", scene, up=int(len(calls) > 0), down=int(not drawn.known)),
        group=group_of(first),
        n=len(lot),
        verdict=(
            f"port {port} lies in the range that clients get their ports from "
            f"({drawn.low}-{drawn.high}){now}: the service may fail to start."
        ),
        sockets=labels(lot, calls),
        evidence=(f"range {drawn.low}-{drawn.high}: {drawn.source}",),
        cause=("the port is not reserved",),
        next=advice.steps(scene, advice.PORT_RANGE, {"linux": f"ss -tanp '( sport = :{port} )'"}),
        caveats=drawn.doubts,
    )


DIAGNOSES = (
    Diagnosis(
        "listener-in-ephemeral-range",
        "May a service fail to start because a client took its port?",
        check,
        needs=("states", "snapshots|hosts"),
        refs=REFS,
        states=("LISTEN",),
    ),
)
