"""What a report says of everything: whether a host is well, how much was found and was not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nsparse.diagnosis import SEVERITIES, Diagnosis, Finding
from nsparse.layout import spread
from nsparse.prose import plural, severities, thousands

if TYPE_CHECKING:
    from nsparse.judging.report import Report
    from nsparse.judging.scene.scene import Scene
    from nsparse.judging.settings import Settings

OK = "ok"
"""What the heading of a host begins with that is well, and only that."""

UNREAD = 0.1
"""Part of the rows of a host that may be damaged before nobody can call it well; and part of its
states that may be words of no table, for no diagnosis judges those."""


def heading(scene: Scene, width: int, chosen: Sequence[Diagnosis], unread: str) -> list[str]:
    """The heading of a host without findings: `ok` if it was read and half of all could judge it.

    Args:
        scene: The host.
        width: Columns to write in.
        chosen: The diagnoses that were asked for.
        unread: What `unread` says of it.
    """
    judged = judged_by(scene, chosen)
    if not judged:
        nothing = "no diagnosis could be made of these rows"
        return spread(filter(None, ("not judged", scene.host)), nothing, width, right=False)
    count = (
        f"({plural(judged, 'diagnosis', 'diagnoses')} judged, {len(chosen) - judged} not evaluated)"
    )
    said = "the dump shows no states" if _stateless(scene) else "no findings at warning or above"
    if unread or _stateless(scene) or 2 * judged < len(chosen):
        parts = filter(None, ("judged in part", scene.host, unread, said))
        return spread(parts, count, width, right=False)
    return spread(filter(None, (OK, scene.host, said)), count, width, right=False)


def _stateless(scene: Scene) -> bool:
    """Whether there are connections, but no states, which two diagnoses of three need."""
    return "states" not in scene.has and bool(scene.view.is_("proto", "tcp").any())


def judged_by(scene: Scene, chosen: Sequence[Diagnosis]) -> int:
    """How many of the diagnoses had what they need."""
    return sum(scene.has.issuperset(diagnosis.needs) for diagnosis in chosen)


def unread(report: Report, scene: Scene, missing: int) -> str:
    """What of a host was not read, or not understood, if that is too much to call it well.

    Of a single host is also what names none: a file that is missing, or that has no row.
    """
    alone = len(report.scenes) == 1
    if alone and missing:
        return _not_read(missing, "input")
    own = [source for source in report.sources if alone or source.host == (scene.host or None)]
    rows, problems = sum(each.rows for each in own), sum(each.problems for each in own)
    if problems > UNREAD * (rows + problems):
        return _not_read(problems, "line")
    unknown = int(scene.view.is_("state", "UNKNOWN").sum())
    too_many = unknown > UNREAD * int(scene.view.known("state").sum())
    return f"the state of {plural(unknown, 'row')} is not known" if too_many else ""


def in_part(report: Report) -> Iterator[str]:
    """The hosts of which so much was not read that silence would say too much: a line each."""
    for scene in report.scenes:
        if reason := unread(report, scene, 0):
            yield "  ".join(filter(None, ("judged in part", scene.host, reason)))


def _not_read(count: int, what: str) -> str:
    return f"{plural(count, what)} could not be read"


def totals(report: Report, shown: Sequence[Finding]) -> str:
    """The last line: how many findings of which severity, in how many rows."""
    if not report.summary["rows"]:
        none = "no row could be read" if report.problems else "no sockets"
        return f"nothing to judge: {none}"
    counts = Counter(finding.severity for finding in shown)
    named = severities({severity: counts[severity] for severity in SEVERITIES})
    hidden = len(report.findings) - len(shown)
    nothing = "no findings above info" if hidden else "no findings"
    found = f"{plural(len(shown), 'finding')} ({named})" if shown else nothing
    hosts = plural(len({scene.host for scene in report.scenes}), "host")
    said = f"{found} in {plural(int(report.summary['rows']), 'row')} of {hosts}"
    more = "more " if shown else ""
    return f"{said}; {hidden} {more}at info (-v)" if hidden else said


def left_out(report: Report, chosen: Settings, missing: int) -> Iterator[str]:
    """What the totals do not hold: what could not be read, and what the user does not want."""
    if report.problems and report.summary["rows"]:
        yield _not_read(len(report.problems), "line")
    if missing:
        yield _not_read(missing, "input")
    if report.hidden:
        yield f"{thousands(report.hidden)} hidden by {chosen.source}"
    if chosen.unasked:
        yield f"{plural(chosen.unasked, 'diagnosis', 'diagnoses')} left out by {chosen.source}"
