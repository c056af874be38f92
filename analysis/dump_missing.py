"""What a dump leaves out: its end, states, owners, numbers, whole addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.finding import flagged, labels
from nsparse.prose import plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.advice import Advice
    from nsparse.judging.scene import Scene

OWNABLE = ("LISTEN", "ESTABLISHED", "CLOSE_WAIT", "SYN_SENT")
"""States whose sockets a program holds; of the others many are the kernel's."""
WHOLE: Advice = {"linux": "ss -tuan", "macos": "netstat -an", "windows": "netstat -ano"}
OWNERS: Advice = {
    "linux": "sudo ss -tuanpe",
    "macos": "sudo netstat -anv",
    "windows": "netstat -anob, as administrator",
}

ANY = (Number("rows", 1, "one such row is worth a word"),)
FILTERED = (Number("rows", 20, "a few rows are an excerpt: they show nothing about the options"),)
OWNED = (
    Number("rows", 1, "a dump without sockets that have an owner says nothing"),
    Number("share", 0.1, "without rights a user sees the owners of the own few sockets"),
)
CUT = (Number("files", 1, "one file without its end is enough"),)


def cut(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is the end of the dump missing?

    Means: the last line of a dump is cut, so rows may be missing. What is not in the dump says
        nothing, and every other finding is a step less sure.
    Do: make the dump again; look for a full disk, a time limit or a size limit of the collector.
    False alarms: a last line of other text that only looks cut.
    """
    if scene.truncated and limits["files"] <= 1:
        yield _finding(
            scene,
            limits,
            "dump-truncated",
            f"the end of the dump is missing, after {plural(len(scene.rows), 'row')}.",
            scene.rows.iloc[-1:],
            severity="notice",
            caveats=("what stood after the last line",),
        )


def filtered(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show only some states?

    Means: there are no listeners, or only listeners, or a single state: an option of the command
        left the others out. Who serves and who calls is then guessed from the ports.
    Do: make the dump with -a (ss -tuan, netstat -an).
    False alarms: a host that serves nothing; an excerpt, which somebody chose.
    """
    rows = scene.rows[(scene.rows["proto"] == "tcp") & scene.rows["state"].notna()]
    states = set(rows["state"].unique())
    if len(rows) < max(limits["rows"], 1) or ("LISTEN" in states and len(states) > 1):
        return
    what = f"only {next(iter(states))} sockets" if len(states) == 1 else "no listeners"
    verdict = f"the dump shows {what} among {plural(len(rows), 'TCP row')}: the others are left out"
    yield _finding(scene, limits, "state-filtered", f"{verdict}.", rows, WHOLE)


def ownerless(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump name the owners of its sockets?

    Means: hardly any socket has a process. Without rights (root, administrator) a tool shows the
        owners of the own sockets alone; `-` does not mean that nobody owns them.
    Do: make the dump as root, or as administrator, with -p (ss, netstat), -ano (Windows).
    False alarms: a host whose sockets all belong to containers or to the kernel.
    """
    rows = scene.rows[(scene.rows["proto"] == "tcp") & scene.rows["state"].isin(OWNABLE)]
    n = int(rows["owned"].sum())
    by_root = bool((rows["owned"] & flagged(rows["uid"] == 0)).any())
    if len(rows) >= max(limits["rows"], 1) and n < limits["share"] * len(rows) and not by_root:
        verdict = f"{thousands(n)} of {plural(len(rows), 'socket')} that have an owner name it."
        yield _finding(scene, limits, "owners-missing", verdict, rows[~rows["owned"]], OWNERS)


def named(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show names in place of numbers?

    Means: addresses or ports are printed as names. Ports are taken from a table of names; rows
        whose port is not in it take no part in what is said about ports.
    Do: make the dump with -n, which is faster too.
    False alarms: none.
    """
    rows = scene.rows[scene.rows["local_name"].notna() | scene.rows["remote_name"].notna()]
    rows = rows[rows["section"] == "inet"]
    if len(rows) >= max(limits["rows"], 1):
        lost = int((rows["local_port"].isna() & rows["local_name"].notna()).sum())
        names = rows["local_name"].fillna(rows["remote_name"])
        verdict = (
            f"{plural(len(rows), 'row')} with names in place of numbers, {thousands(lost)} with an "
            "own port that is not known."
        )
        told = (f"such as {top(names)}",)
        yield _finding(scene, limits, "names-not-numbers", verdict, rows, WHOLE, evidence=told)


def shortened(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are addresses of the dump cut?

    Means: the tool cut long addresses to the width of its column. Such rows take no part in what
        joins the two ends of connections.
    Do: make the dump with -W (net-tools), -l or -W (BSD, macOS), or with ss.
    False alarms: none.
    """
    rows = scene.rows[flagged(scene.column("addr_truncated"))]
    if len(rows) >= max(limits["rows"], 1):
        verdict = f"{plural(len(rows), 'row')} with an address that the tool cut."
        wide: Advice = {"linux": "ss -tuan", "macos": "netstat -anW"}
        yield _finding(scene, limits, "addr-truncated", verdict, rows, wide)


def _finding(
    scene: Scene,
    limits: Limits,
    id_: str,
    verdict: str,
    rows: pd.DataFrame,
    advised: Advice | None = None,
    *,
    severity: Severity = "info",
    evidence: tuple[str, ...] = (),
    caveats: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        id=id_,
        severity=severity,
        confidence="high",
        group=Group(),
        n=len(rows),
        verdict=verdict,
        sockets=labels(rows),
        limits=dict(limits),
        evidence=evidence,
        next=advice.steps(scene, advised or {}),
        caveats=caveats,
    )


REFS = ("ss(8)", "netstat(8)")
DIAGNOSES = (
    Diagnosis("dump-truncated", "Is the end of the dump missing?", cut, numbers=CUT, refs=REFS),
    Diagnosis(
        "state-filtered",
        "Does the dump show only some states?",
        filtered,
        needs=("states",),
        numbers=FILTERED,
        refs=REFS,
    ),
    Diagnosis(
        "owners-missing",
        "Does the dump name the owners of its sockets?",
        ownerless,
        numbers=OWNED,
        refs=REFS,
    ),
    Diagnosis(
        "names-not-numbers",
        "Does the dump show names in place of numbers?",
        named,
        numbers=ANY,
        refs=REFS,
    ),
    Diagnosis(
        "addr-truncated",
        "Are addresses of the dump cut?",
        shortened,
        numbers=ANY,
        refs=REFS,
    ),
)
