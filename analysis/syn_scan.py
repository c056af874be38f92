"""A program that tries many addresses, or many ports of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.calls import FAR_AND_WIDE, calling, of_seekers
from nsparse.judging.evidence.finding import LOCAL_PROGRAM, labels, owner_of, settle
from nsparse.judging.evidence.sweeps import by_program, counted_through, others_before, sweeps
from nsparse.prose import actor, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.evidence.sweeps import Sweep
    from nsparse.judging.scene.scene import Scene

LEVELS: tuple[Severity, ...] = ("critical", "warning")
MAIL = 25
"""Mail servers call many slow hosts on it."""
NUMBERS = (
    Number("warning", 20, "addresses, or ports: no program has so many dependencies at once"),
    Number("hits", 0.1, "as many of them answer: a client of many services has far more"),
    Number("critical", 200, "addresses, on any port"),
    Number("risky", 20, "addresses, on a port that intruders look for"),
)
REFS = ("MITRE ATT&CK T1046", "Vectra: Outbound Port Sweep", "AlphaSOC: outbound_port_scan")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is a process trying many addresses or ports?

    Means: one program calls many addresses on the same port, or many ports of one address, and
        next to none answers. That is the shape of a scan, by an intruder, a worm or a tool.
    Do: find the program: its path, parent, start time and user. Isolate the host if nobody knows
        it.
    False alarms: monitoring, scans by staff, peer-to-peer nodes, crawlers, mail servers on port 25.
    """
    view, calls = scene.view, calling(scene)
    if calls.sum() < min(limits["warning"], limits["risky"]):
        return
    calls = calls & ~of_seekers(scene, calls, FAR_AND_WIDE) & ~view.is_("remote_port", MAIL)
    up = (view.is_("state", "ESTABLISHED") & ~view.is_("role", "server")).nonzero()[0]
    found = [each for wide in (True, False) for each in sweeps(scene, calls, up, limits, wide=wide)]
    for of_one in by_program(found):
        yield _finding(scene, limits, of_one)


def _severity(sweep: Sweep, limits: Limits) -> Severity:
    few = limits["risky"] if sweep.risky else limits["critical"]
    return "critical" if sweep.wide and sweep.n >= few else "warning"


def _finding(scene: Scene, limits: Limits, tried: list[Sweep]) -> Finding:
    first = tried[0]
    owner = owner_of(first.rows.iloc[0])
    every = {label: None for sweep in tried for label in labels(sweep.rows)}
    return Finding(
        id="syn-sent-scan",
        severity=min((_severity(sweep, limits) for sweep in tried), key=LEVELS.index),
        confidence=_confidence(scene, first),
        group=Group(**owner, role="client"),
        n=first.n,
        verdict=_verdict(first, actor(owner["owner"], LOCAL_PROGRAM)),
        sockets=tuple(every),
        limits=dict(limits),
        evidence=tuple(_evidence(tried)),
        cause=("suggests a scan; a client of so many services would have more that answer",),
        next=advice.steps(
            scene,
            {"linux": "ss -tanpo state syn-sent", "windows": "netstat -anob"},
            advice.of_process({"linux": "ls -l /proc/{pid}/exe; ps -fp {pid}"}, owner),
            advice.of_process({"macos": "ps -fp {pid}"}, owner),
            "who started it, when, and as which user; isolate the host if nobody knows",
        ),
        caveats=("whether it is a tool of your own: monitoring and inventory look the same",),
    )


def _confidence(scene: Scene, sweep: Sweep) -> Confidence:
    """A shape, and no more; addresses counted through, or other ones before, make it surer."""
    up = counted_through(sweep) + others_before(scene, sweep)
    return settle("low", scene, up=up, cap="medium")


def _verdict(sweep: Sweep, who: str) -> str:
    answer = f"{thousands(sweep.hits)} of them {'answers' if sweep.hits == 1 else 'answer'}"
    if not sweep.hits:
        answer = "none answers"
    return f"{who} tries {sweep.said} at once and {answer}: looks like a scan."


def _evidence(tried: list[Sweep]) -> Iterator[str]:
    each = tried[0].tried
    more = f" and {thousands(len(each) - 5)} more" if len(each) > 5 else ""
    yield f"tried: {', '.join(str(value) for value in each.head(5))}{more}"
    for sweep in tried[1:4]:
        yield f"also {sweep.said}"


DIAGNOSES = (
    Diagnosis(
        "syn-sent-scan",
        "Is a process trying many addresses or ports?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        absorbs=(Absorbs("syn-sent-dead-peer", "owner"), Absorbs("syn-sent-dead-peer")),
        refs=REFS,
        states=("SYN_SENT",),
    ),
)
