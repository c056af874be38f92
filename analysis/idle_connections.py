"""Connections that are open and not used: accepted ones, and those of a caller to its backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.around import LISTENER, on_port, some_of
from nsparse.judging.evidence.finding import (
    GROUPED,
    endpoint,
    group_of,
    labels,
    peers_of,
    settle,
    silent,
)
from nsparse.judging.evidence.portrange import different, drawn_from
from nsparse.prose import percent, plural, port_of, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.scene.scene import Scene

IDLE_NUMBERS = (
    Number("few", 50, "so many silent connections cost memory and descriptors"),
    Number("share", 0.5, "half of what the listener has"),
    Number("idle_s", 3600, "an hour: longer than most timeouts of programs"),
    Number("fd_share", 0.8, "of the descriptor limit: the listener runs out of them"),
)
LEAK_NUMBERS = (
    Number("few", 100, "more than a usual pool"),
    Number("share", 0.8, "nearly all of them idle"),
    Number("many", 1000, "beyond every usual pool, idle or not"),
    Number("warning", 5000, "reported: 37 732 from one program to one host"),
    Number("ports_share", 0.5, "half of the local ports towards one destination"),
    Number("idle_s", 300, "silent for so long is idle, not slow"),
)


def idle(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """How many accepted connections have been silent for an hour or more?

    Means: clients have gone away, or keep connections that they do not use. Without keepalive
        nothing ends one whose other end is gone.
    Do: an idle timeout in the program, and keepalive on the sockets it accepts.
    False alarms: websockets, push, SSH and database sessions are silent by design.
    """
    view = scene.view
    open_ = view.is_("state", "ESTABLISHED") & view.linked("listener")
    quiet = open_ & silent(scene, limits["idle_s"])
    bases, listener = view.leading("listener", open_), view.numbers("listener")
    for lot in view.lots(quiet, "listener", least=limits["few"]):
        base = int(bases[listener[lot[0]]])
        if len(lot) >= limits["share"] * base:
            part = view.pick(lot, *GROUPED, "owned", "remote_addr", "timer")
            yield _idle(scene, limits, part, base)


def _idle(scene: Scene, limits: Limits, part: pd.DataFrame, base: int) -> Finding:
    full = bool(part["owned"].any()) and base >= limits["fd_share"] * scene.constants.fd_limit
    severity: Severity = "warning" if full else "notice"
    port = port_of(str(part["bound"].iat[0]))
    at = int(part.index[0])
    all_ = some_of(scene, at, base, LISTENER, "ESTABLISHED")
    timed, bare = "timers" in scene.has, int((part["timer"] != "keepalive").sum())
    return Finding(
        id="idle-established",
        severity=severity,
        confidence=settle("medium", scene, up=1),
        group=group_of(part.iloc[0]),
        n=len(part),
        base=base,
        verdict=(
            f"{thousands(len(part))} of {all_} {on_port(scene, at, LISTENER)} have been silent "
            f"for {limits['idle_s'] / 3600:.3g} h or more: by design?"
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(
            peers_of(scene, part),
            *((f"without a keepalive timer: {thousands(bare)}",) if timed else ()),
        ),
        cause=("suggests clients that went away, or that hold connections they do not use",),
        next=advice.steps(
            scene,
            {"linux": f"ss -tnoi state established '( sport = :{port} )'"},
            "an idle timeout in the program, keepalive on the sockets it accepts",
        ),
        caveats=(
            "whether they are silent by design: websockets, push, SSH, database sessions",
            *(() if timed else (advice.by_timers(scene, "whether they have keepalives"),)),
        ),
    )


# ---- from here to a backend ------------------------------------------------------------------


def leak(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a program open ever more connections to one destination?

    Means: one program has more connections to one address and port than any usual pool, or many
        that nobody uses: they are opened and not given back.
    Do: look at the stack where the program connects and at the numbers of its pool; a client
        object for each request, or a connection not returned on an exception.
    False alarms: pools of a fixed size, which stay the same; proxies, whose work it is.
    """
    view = scene.view
    open_ = view.is_("state", "ESTABLISHED") & view.is_("role", "client")
    open_ = open_ & view.known("remote_addr") & view.known("remote_port")
    least = min(limits["few"], limits["many"])
    unused = silent(scene, limits["idle_s"])
    shown = bool(unused.any())
    for lot in view.lots(open_, "group", least=least):
        quiet = int(unused[lot].sum()) if shown else 0
        if len(lot) >= limits["many"] or quiet >= limits["share"] * len(lot):
            yield _leak(scene, limits, lot, quiet)


def _leak(scene: Scene, limits: Limits, lot: Ints, quiet: int) -> Finding:
    from nsparse.judging.scene.rows import Row

    view, n, drawn = scene.view, len(lot), drawn_from(scene)
    first = Row(view, int(lot[0]))
    told = lot if view.full("local_port") else lot[view.known("local_port")[lot]]
    ports = different(view.numbers("local_port")[told])
    drains = ports >= limits["ports_share"] * drawn.size
    severity: Severity = "warning" if n >= limits["warning"] or drains else "notice"
    place = endpoint(first["remote_addr"], first["remote_port"])
    idle = f", {percent(quiet, n)} of them idle" if quiet else ""
    return Finding(
        id="conn-leak-backend",
        severity=severity,
        confidence=settle("medium", scene, down=int(not quiet)),
        group=group_of(first),
        n=n,
        base=n,
        verdict=(
            f"{first['owner'] or 'this host'} has {plural(n, 'connection')} to {place} "
            f"open{idle}: more than a usual pool."
        ),
        sockets=labels(lot),
        limits=dict(limits),
        evidence=(f"{percent(ports, drawn.size)} of {thousands(drawn.size)} local ports to it",),
        cause=("suggests a client for each request, or connections that are not given back",),
        next=advice.steps(
            scene,
            advice.to_service(first["remote_addr"], first["remote_port"]),
            advice.stack(first),
            "compare with the size of the program's pool",
        ),
        caveats=("whether it grows: take a second snapshot later", *drawn.doubts),
    )


DIAGNOSES = (
    Diagnosis(
        "idle-established",
        "How many accepted connections have been silent for an hour or more?",
        idle,
        needs=("tcpinfo",),
        numbers=IDLE_NUMBERS,
        refs=("shadowsocks/v2ray-plugin #69", "netdata/netdata #6598"),
        states=("ESTABLISHED",),
    ),
    Diagnosis(
        "conn-leak-backend",
        "Does a program open ever more connections to one destination?",
        leak,
        needs=("states",),
        numbers=LEAK_NUMBERS,
        refs=("Linuxfabrik/monitoring-plugins #621", "kubernetes/kubernetes #18354"),
        states=("ESTABLISHED",),
    ),
)
