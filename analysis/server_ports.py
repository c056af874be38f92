"""One client, such as a proxy, that runs out of ports towards a listener here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    endpoint,
    labels,
    owner_of,
    settle,
)
from nsparse.judging.scene.scope import loopback
from nsparse.prose import actor, percent, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.scene import Scene

WAY = ("local_addr", "local_port", "remote_addr")

NUMBERS = (
    Number("notice", 0.5, "half of the ports that the client has towards us"),
    Number("warning", 0.8, "a burst away from the end"),
    Number("ports", 28232, "the default range of Linux, 32768-60999"),
    Number("all_ports", 64512, "every port above 1023: the client's range is wider"),
)
REFS = ("Bernat: Coping with the TCP TIME-WAIT state on busy Linux servers",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does one client in front of us run out of ports towards our listener?

    Means: one address has so many connections to one port here, closing ones included, that its own
        local ports towards us are nearly used. It will fail to connect; nothing here logs it.
    Do: keep connections alive between that client and this service; else more listening ports or
        addresses here, or more source addresses there.
    False alarms: several hosts behind one NAT share its address, and its ports as well.
    """
    view = scene.view
    served = view.is_("role", "server") & view.known("remote_port") & ~view.linked("pair")
    for lot in view.lots(served, *WAY, least=limits["notice"] * limits["ports"]):
        part = view.pick(lot, *WHOSE, *WAY, "remote_port", "state")
        ports = part.drop_duplicates("remote_port")
        size = limits["ports"] if len(ports) <= limits["ports"] else limits["all_ports"]
        share = len(ports) / size
        if share >= limits["notice"] and not loopback(str(ports["remote_addr"].iat[0])):
            severe = share >= limits["warning"]
            yield _finding(scene, limits, ports, int(size), "warning" if severe else "notice")


def _finding(
    scene: Scene, limits: Limits, ports: pd.DataFrame, size: int, severity: Severity
) -> Finding:
    first, n = ports.iloc[0], len(ports)
    owners = ports[ports["owner"] != ""]
    owner = owner_of(owners.iloc[0]) if owners["owner"].nunique() == 1 else {}
    place = endpoint(first["local_addr"], first["local_port"])
    closing = int((ports["state"] == "TIME_WAIT").sum())
    waiting = f", {thousands(closing)} of them in TIME_WAIT" if closing else ""
    guess = "if it has Linux defaults" if size == limits["ports"] else "if it uses all above 1023"
    whom = actor(owner.get("owner"), LOCAL_PROGRAM)
    return Finding(
        id="server-tuple-exhaustion",
        severity=severity,
        confidence=settle("high", scene, up=int(closing * 2 > n), down=1),
        group=Group(**owner, role="server", service=place),
        n=n,
        base=size,
        verdict=(
            f"{first['remote_addr']} uses {thousands(n)} of {thousands(size)} ports towards "
            f"{place} ({percent(n, size)}, {guess}){waiting}: "
            f"{thousands(size - n)} are left to reach {whom}."
        ),
        sockets=labels(ports),
        limits=dict(limits),
        evidence=(f"states: {top(ports['state'], 5)}",),
        cause=("suggests a proxy that opens a new connection for each request",),
        next=advice.steps(
            scene,
            {"linux": f"ss -tan {advice.dst(first['remote_addr'])}"},
            "keep connections alive between the two; then more ports or addresses to listen on",
        ),
        caveats=("the port range of the client", "whether it is a NAT with several hosts behind"),
    )


DIAGNOSES = (
    Diagnosis(
        "server-tuple-exhaustion",
        "Does one client in front of us run out of ports towards our listener?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("TIME_WAIT",),
    ),
)
