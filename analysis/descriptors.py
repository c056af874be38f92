"""A process that is about to run out of descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import assumed_limit, count_of, labels, owner_of, settle
from nsparse.judging.evidence.stated import limit_from, open_files, open_files_of
from nsparse.prose import percent, plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene.rows import Row, Rows
    from nsparse.judging.scene.scene import Scene

PLATEAUS = {"macos": (256, 1024, 4096, 65536), "windows": ()}
USUAL = (1024, 4096, 65536)
"""Limits that processes usually have: the soft default, systemd's, and what admins set."""

NUMBERS = (
    Number("warning", 0.8, "of a known limit"),
    Number("critical", 0.95, "of a known limit: accept() and open() fail within moments"),
    Number("near", 0.05, "so little below a usual limit a process stands at it"),
    Number("notice", 800, "on the way to 1024, the usual limit; beyond that it is another one"),
    Number("usual", 1024, "the usual soft limit, and what select() can watch"),
)
REFS = ("proc(5) limits", "select(2) FD_SETSIZE")


@dataclass(frozen=True)
class Use:
    """What one process holds, and the limit that it nears."""

    rows: Rows
    sockets: int
    highest: int | None
    limit: int
    known: bool = False

    @property
    def most(self) -> int:
        """At least so many descriptors were open at once: the lowest free number is taken."""
        return max(self.sockets, 0 if self.highest is None else self.highest + 1)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is a process about to hit its descriptor limit?

    Means: each socket is a descriptor, and a process may have only so many. At the limit accept()
        and connect() fail, connections stay where they are, log files cannot be opened.
    Do: read the limit of the process (`/proc/PID/limits`, `LimitNOFILE=` of its unit); then find
        out why it has so many: a leak is no reason to raise it.
    False alarms: a limit that the dump does not show is guessed from the usual ones; a socket that
        several workers hold counts for one of them.
    """
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    least = _least(scene, limits)
    held = view.known("pid")
    high, at = held & view.at_least("fd", least - 1), held.nonzero()[0]
    if len(at) < least and not high.any():
        return
    large = view.sizes(at, "pid") >= least
    if high.any():
        large |= view.tally(at, high, "pid") > 0
    for lot in view.lots(at[large], "pid"):
        use = _use(scene, Rows(view, lot), limits)
        severity = _severity(use, limits)
        if severity is not None:
            yield _finding(scene, limits, use, severity)


def _plateaus(scene: Scene) -> tuple[int, ...]:
    return PLATEAUS.get(scene.os or "", USUAL)


def _least(scene: Scene, limits: Limits) -> float:
    """The fewest descriptors that are worth a look."""
    enough = [limits["warning"] * limit for limit in open_files(scene)]
    if "fd_limit" in scene.constants.assumed:
        near = [(1 - limits["near"]) * limit for limit in _plateaus(scene)]
        enough += [limits["notice"], *near]
    return min(enough)


def _use(scene: Scene, part: Rows, limits: Limits) -> Use:
    sockets, highest = len(part), count_of(part["fd"].max())
    limit = open_files_of(scene, count_of(part.row(0)["pid"]))
    if limit is not None:
        return Use(part, sockets, highest, limit, known=True)
    use = Use(part, sockets, highest, scene.constants.fd_limit)
    near = 1 - limits["near"]
    for limit in _plateaus(scene):
        if near * limit <= sockets <= limit or near * limit <= use.most <= limit:
            return Use(part, sockets, highest, limit)
    usual = int(limits["usual"]) if _plateaus(scene) else 0
    return Use(part, sockets, highest, usual)


def _severity(use: Use, limits: Limits) -> Severity | None:
    if use.known:
        part = use.most / use.limit
        return (
            "critical"
            if part >= limits["critical"]
            else "warning"
            if part >= limits["warning"]
            else None
        )
    if use.most > use.limit:
        return None
    near = use.most >= (1 - limits["near"]) * use.limit
    if near:
        return "warning"
    return "notice" if use.sockets >= limits["notice"] else None


def _finding(scene: Scene, limits: Limits, use: Use, severity: Severity) -> Finding:
    known = use.known
    group = Group(**owner_of(use.rows.row(0)))
    return Finding(
        id="fd-pressure",
        severity=severity,
        confidence=settle("high", scene, down=int(not known), cap="high" if known else "medium"),
        group=group,
        n=use.sockets,
        base=use.limit,
        verdict=_verdict(use, str(group.owner), near=severity == "warning"),
        sockets=labels(use.rows),
        limits={**limits, "fd_limit": use.limit},
        evidence=(*_evidence(use), *(limit_from(scene, group.pid) if known else ())),
        cause=("at the limit accept() and connect() fail; a leak is the usual reason",),
        next=_steps(scene, use.rows.row(0)),
        caveats=() if known else (assumed_limit(scene),),
    )


def _verdict(use: Use, owner: str, *, near: bool) -> str:
    limit = thousands(use.limit)
    held = plural(use.sockets, "socket")
    if use.highest is not None:
        held += f", its highest descriptor is {thousands(use.highest)}"
    if use.known:
        return f"{owner} holds {held}: {percent(use.most, use.limit)} of its limit of {limit}."
    where = "close to" if near else "on the way to"
    return f"{owner} holds {held}: {where} {limit}, a usual limit of descriptors."


def _evidence(use: Use) -> tuple[str, ...]:
    rows, known = use.rows, use.rows.view.known("state")[use.rows.at]
    states = rows.part(known).leading("state", 5) | rows.part(~known).leading("proto", 5)
    lines = [f"sockets: {top(states, 5)}"]
    if served := rows.leading("bound", 3):
        lines.append(f"most at {top(served)}")
    return tuple(lines)


def _steps(scene: Scene, first: Row) -> tuple[Any, ...]:
    return advice.steps(
        scene,
        advice.of_process(advice.DESCRIPTOR_LIMIT, first),
        advice.of_process(advice.DESCRIPTORS, first),
        {"macos": "launchctl limit maxfiles"},
        "find out why it has so many before the limit is raised",
    )


DIAGNOSES = (
    Diagnosis(
        "fd-pressure",
        "Is a process about to hit its descriptor limit?",
        check,
        needs=("owner",),
        numbers=NUMBERS,
        absorbs=(Absorbs("accept-queue-filling", "owner", about="growing"),),
        refs=REFS,
    ),
)
