"""What a dump leaves out: its end, states, owners, numbers, whole addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import of_dump
from nsparse.prose import plural, thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsparse.diagnosis import Finding, Limits
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.advice import Advice
    from nsparse.judging.scene.scene import Scene

OWNABLE = ("LISTEN", "ESTABLISHED", "CLOSE_WAIT", "SYN_SENT")
"""States whose sockets a program holds; of the others many are the kernel's."""
WHOLE: Advice = {"linux": "ss -tuan", "macos": "netstat -an", "windows": "netstat -ano"}
STATES: Advice = {**WHOLE, "linux": "sudo ss -tanp"}
CUT_NUMBERS = r"[0-9.:]+|(?=.*:.*:)[0-9A-Fa-f:.\[\]]+(?:%\w+)?[0-9A-Fa-f:.\[\]]*"
"""What is left of an address and its port where a column was too narrow: of IPv4 digits, of IPv6
two colons or more and nothing that a number has not."""

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
        yield of_dump(
            limits,
            "dump-truncated",
            scene.view.last,
            f"the end of the dump is missing, after {plural(len(scene.view), 'row')}.",
            severity="notice",
            caveats=("what stood after the last line",),
        )


def filtered(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show only some states?

    Means: there are no listeners, or only listeners, or a single state: an option of the command
        may have left the others out, and who serves and who calls is then guessed from the ports.
        Or the dump has no column of states, as with `ss state X`: most diagnoses need them.
    Do: make the dump with -a (ss -tuan, netstat -an), and without a filter.
    False alarms: a host that serves nothing; an excerpt, which somebody chose. Where a banner, an
        option or other rows prove that nothing was left out, nothing is said.
    """
    rows = scene.view.is_("proto", "tcp")
    n, states = int(rows.sum()), scene.view.values("state", rows)
    if n and not states:
        yield _stateless(scene, limits, rows)
    elif n < max(limits["rows"], 1) or "unfiltered" in scene.has:
        return
    elif len(states) == 1 or "LISTEN" not in states:
        verdict = f"there is no listener among {plural(n, 'TCP row')}: none listens"
        if len(states) == 1:
            verdict = f"all {plural(n, 'TCP row')} are {states[0]}: there are no others"
        how = "with -l" if "LISTEN" in states else "without -a"
        yield of_dump(
            limits,
            "state-filtered",
            rows,
            f"{verdict}, or the dump was made {how}, or with a filter.",
            severity="info",
            confidence="low",
            steps=advice.steps(scene, WHOLE),
        )


def _stateless(scene: Scene, limits: Limits, rows: Bools) -> Finding:
    """Hardly anything can be said of such a dump, which must not look as if all were well."""
    hides = "`ss state X` prints the sockets of a state without the column State"
    return of_dump(
        limits,
        "state-filtered",
        rows,
        f"{plural(int(rows.sum()), 'TCP row')} without a state: most diagnoses need it.",
        severity="notice",
        cause=(hides,) if "ss" in scene.tools else (),
        steps=advice.steps(scene, STATES),
    )


def ownerless(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump name the owners of its sockets?

    Means: hardly any socket has a process. Without rights (root, administrator) a tool shows the
        owners of the own sockets alone; `-` does not mean that nobody owns them.
    Do: make the dump as root, or as administrator, with -p (ss, netstat), -ano (Windows).
    False alarms: a host whose sockets all belong to containers or to the kernel.
    """
    view = scene.view
    rows, owned = view.is_("state", *OWNABLE), view.true("owned")
    n, base = int((rows & owned).sum()), int(rows.sum())
    by_root = bool((rows & owned & view.is_("uid", 0)).any())
    if base >= max(limits["rows"], 1) and n < limits["share"] * base and not by_root:
        sockets = plural(base, "TCP socket that programs hold", "TCP sockets that programs hold")
        tells = "tells" if n == 1 else "tell"
        verdict = f"{thousands(n)} of {sockets} {tells} which process it is."
        steps, bare = advice.steps(scene, advice.OWNERS), rows & ~owned
        yield of_dump(limits, "owners-missing", bare, verdict, severity="info", steps=steps)


def named(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show names in place of numbers?

    Means: addresses or ports are printed as names. Ports are taken from a table of names; rows
        whose port is not in it take no part in what is said about ports.
    Do: make the dump with -n, which is faster too.
    False alarms: none.
    """
    view = scene.view
    own, far = (view.where(name, _is_name, view.inet) for name in ("local_name", "remote_name"))
    rows = own | far
    n = int(rows.sum())
    if n >= max(limits["rows"], 1):
        shown = view.pick(rows, "local_name", "remote_name")
        names = shown["local_name"].where(own[rows], shown["remote_name"])
        told = [f"such as {top(names)}"]
        # Of a raw socket the name there is that of its protocol.
        lost = int((rows & ~view.known("local_port") & ~view.is_("proto", "raw")).sum())
        if lost:
            told.append(f"{plural(lost, 'row')} with a local port of a name that no table knows")
        verdict = f"{plural(n, 'row')} with names in place of numbers."
        yield of_dump(
            limits,
            "names-not-numbers",
            rows,
            verdict,
            severity="info",
            evidence=tuple(told),
            steps=advice.steps(scene, WHOLE),
        )


def _is_name(text: str) -> bool:
    """Whether a text is a name, and no number that the tool cut."""
    return re.fullmatch(CUT_NUMBERS, text) is None


def shortened(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are addresses of the dump cut?

    Means: the tool cut long addresses to the width of its column. Such rows take no part in what
        joins the two ends of connections.
    Do: make the dump with -W (net-tools, macOS, FreeBSD), -v (OpenBSD, NetBSD), or with ss.
    False alarms: none.
    """
    rows = scene.view.true("addr_truncated")
    n = int(rows.sum())
    if n >= max(limits["rows"], 1):
        verdict = f"{plural(n, 'row')} with an address that the tool cut."
        steps = advice.steps(scene, advice.UNCUT)
        yield of_dump(limits, "addr-truncated", rows, verdict, severity="info", steps=steps)


REFS = ("ss(8)", "netstat(8)")
DIAGNOSES = (
    Diagnosis("dump-truncated", "Is the end of the dump missing?", cut, numbers=CUT, refs=REFS),
    Diagnosis(
        "state-filtered",
        "Does the dump show only some states?",
        filtered,
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
