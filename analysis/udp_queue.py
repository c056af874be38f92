"""A UDP service that does not read its datagrams fast enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.counters import counter
from nsparse.judging.evidence.elsewhere import before
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    WHOSE,
    endpoint,
    flagged,
    labels,
    owner_of,
    settle,
)
from nsparse.judging.evidence.measure import worst
from nsparse.judging.evidence.stated import counted
from nsparse.prose import actor, percent, plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.scene import Scene

DEFAULT = 212_992
"""net.core.rmem_default of Linux with 4 KiB pages, where the dump prints no buffer."""
DEFAULTS = {"macos": 786_896, "freebsd": 42_080}
"""net.inet.udp.recvspace of systems that give a socket another one."""
DISCOVERY = (5353, 1900)
"""mDNS and SSDP: multicast that nobody reads on many a desktop."""

NUMBERS = (
    Number("notice", 0.5, "half of the buffer"),
    Number("warning", 0.8, "a burst away from dropping"),
    Number("full", 0.95, "full: what arrives now is lost"),
    Number("notice_bytes", 65536, "where no buffer is printed"),
    Number("warning_bytes", 153600, "where no buffer is printed: most of the default one"),
)
REFS = ("ss(8) skmem", "udp(7)", "RHEL performance guide: Socket Queue")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is a UDP service too slow, so that datagrams are lost?

    Means: datagrams have arrived and nobody has read them. When the buffer is full the kernel drops
        what comes next, and nobody is told.
    Do: read faster, with more workers (SO_REUSEPORT); only then a larger buffer (SO_RCVBUF,
        rmem_max). `nstat -az UdpRcvbufErrors` counts what was lost.
    False alarms: an old total of drops beside an empty queue; multicast that nobody reads on a
        desktop (mDNS, SSDP). Recv-Q counts the kernel's memory, which is more than the payload.
    """
    view = scene.view
    waits = view.is_("proto", "udp") & (view.above("recv_q", 0) | view.above("skmem_d", 0))
    if not waits.any():
        return
    ends, queue = ("local_addr", "local_port"), ("recv_q", "skmem_rb", "skmem_d")
    found = _told(scene, view.pick(waits, *WHOSE, *ends, *queue), limits)
    loud = found.index[found["level"] != ""].to_numpy()
    for lot in view.lots(loud, "owner", *ends):
        yield _finding(scene, limits, found.loc[lot])


def _told(scene: Scene, found: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The rows with their buffer, their drops, and the level that they are worth."""
    buffer, drops = found["skmem_rb"], found["skmem_d"]
    then = before(scene, found, ["recv_q", "skmem_d"])
    room = buffer.fillna(DEFAULTS.get(scene.os or "", DEFAULT)).clip(lower=1)
    found = found.assign(
        room=room,
        printed=buffer.notna(),
        drops=drops.fillna(0),
        growing=flagged(drops > then["skmem_d"]),
        twice=flagged(found["recv_q"] >= limits["full"] * room)
        & flagged(then["recv_q"] >= limits["full"] * room),
    )
    return found.assign(level=_levels(found, limits, by_bytes=scene.os not in DEFAULTS))


def _levels(found: pd.DataFrame, limits: Limits, *, by_bytes: bool) -> pd.Series[str]:
    """How grave each row is; "" where it is none."""
    import pandas as pd

    queued, room, printed = found["recv_q"].fillna(0), found["room"], found["printed"]
    noisy = found["local_port"].isin(DISCOVERY)
    least = {
        name: (limits[name] * room).where(printed | (not by_bytes), limits[f"{name}_bytes"])
        for name in ("notice", "warning")
    }
    dropped = (found["drops"] > 0) & (queued > 0)
    levels = pd.Series("", index=found.index, dtype="object")
    levels[found["drops"] > 0] = "info"
    levels[(queued >= least["notice"]) | dropped] = "notice"
    levels[((queued >= least["warning"]) | found["growing"]) & ~noisy] = "warning"
    levels[found["twice"] & ~noisy] = "critical"
    return levels


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    first = part.iloc[0]
    severity: Severity = worst(part["level"])
    place = endpoint(first["local_addr"], first["local_port"])
    proven = bool(part["growing"].any() or part["twice"].any())
    known = bool(part["printed"].all())
    return Finding(
        id="udp-recv-backlog",
        severity=severity,
        confidence=settle(
            "medium",
            scene,
            up=proven + bool(counter(scene, "Udp", "RcvbufErrors")),
            down=int(not known),
            cap="high" if proven else "medium",
        ),
        group=Group(**owner_of(first), service=place),
        n=len(part),
        verdict=_verdict(part, actor(first["owner"], LOCAL_PROGRAM)),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(*_evidence(part), *counted(scene, "Udp", "RcvbufErrors")),
        cause=("the program reads more slowly than datagrams arrive, or not at all",),
        next=_steps(scene, first),
        caveats=_caveats(known=known, proven=proven),
    )


def _verdict(part: pd.DataFrame, who: str) -> str:
    port, queued = part["local_port"].iat[0], int(part["recv_q"].fillna(0).sum())
    drops = int(part["drops"].sum())
    lost = f"{plural(drops, 'datagram')} {'was' if drops == 1 else 'were'} dropped"
    if not queued:
        return f"{lost} on UDP port {port} at some time; {who} has read all that is there now."
    n = len(part)
    whose = "" if n == 1 else f" of {plural(n, 'socket')}"
    filled = percent(queued, float(part["room"].sum()))
    waiting = f"{plural(queued, 'byte')} {'waits' if queued == 1 else 'wait'} unread"
    rest = f", and {lost}" if drops else ""
    return (
        f"{waiting} on UDP port {port} ({filled} of the "
        f"{'buffer' if part['printed'].all() else 'default buffer'}{whose}){rest}: "
        f"{who} does not keep up."
    )


def _evidence(part: pd.DataFrame) -> tuple[str, ...]:
    largest = part.sort_values("recv_q", ascending=False, kind="stable").head(3)
    # Where the dump counts no drops there may have been many: of them nothing is said.
    counted = largest["skmem_d"].notna()
    lost = [f", {plural(int(n), 'drop')}" for n in largest["drops"]]
    cells = zip(largest["recv_q"].fillna(0), largest["room"], lost, counted, strict=True)
    return tuple(
        f"Recv-Q {thousands(int(queued))} of {thousands(int(room))}{drops if known else ''}"
        for queued, room, drops, known in cells
    )


def _caveats(*, known: bool, proven: bool) -> tuple[str, ...]:
    said = [] if known else ["the buffer: the default of the system is assumed"]
    if not proven:
        said.append("whether it lasts: take a second snapshot")
    return tuple(said)


def _steps(scene: Scene, first: pd.Series[Any]) -> tuple[Any, ...]:
    return advice.steps(
        scene,
        {
            "linux": f"ss -uanpm '( sport = :{first['local_port']} )'",
            "macos": "netstat -s -p udp",
            "windows": "netstat -s -p udp",
        },
        {"linux": "nstat -az UdpRcvbufErrors UdpInErrors"},
        advice.stack(first),
    )


DIAGNOSES = (
    Diagnosis(
        "udp-recv-backlog",
        "Is a UDP service too slow, so that datagrams are lost?",
        check,
        needs=("queues",),
        numbers=NUMBERS,
        refs=REFS,
    ),
)
