"""Dumps in, report out: every diagnosis on every host, one finding for one cause.

pandas is loaded by what this module calls, not by importing it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import SEVERITIES, Finding, alternatives
from nsparse.judging.absorb import absorbed
from nsparse.judging.given import facts as known
from nsparse.judging.given import given, joined, rules, sources
from nsparse.judging.ignored import without_ignored
from nsparse.judging.report import ROWS_SHOWN, NotEvaluated, Report
from nsparse.judging.settings import Settings, settings

if TYPE_CHECKING:
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.hosts import Named
    from nsparse.judging.scene.scene import Scene


def judge(
    data: Any,
    config: Settings | Mapping[str, Any] | None = None,
    host: str | None = None,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    facts: Mapping[str, Mapping[str, object]] | None = None,
) -> Report:
    """Judge dumps: a common frame, what `parse` gives, several of these, or a bundle.

    Args:
        data: A DataFrame, an object with `.frame` (and `.problems`, `.lines`, … where it has
            them), one with `.dumps` (and `.facts`), or a sequence of these.
        config: Thresholds and levels by id, and what else a config file may hold
            (`nsparse.judging.settings.KEYS`).
        host: The host that everything is from.
        select: Only these diagnoses.
        ignore: All but these.
        facts: What is known of a host beside its sockets, by host name; it takes the place of what
            a bundle says of that host.

    Raises:
        UnknownName: The config names a diagnosis or a number that nothing has.
        ConfigError: The config holds a value that is none.

    >>> import nsparse.schema
    >>> judge(nsparse.schema.empty()).findings
    ()
    """
    from nsparse.judging.scene.hosts import named
    from nsparse.judging.scene.scene import scenes

    chosen = settings(config, select, ignore)
    dumps = list(given(data))
    frame = joined(dumps)
    hosts = named(frame, host, rules(dumps))
    found = scenes(
        frame,
        hosts=hosts,
        facts=_facts({**known(dumps, hosts), **(facts or {})}, hosts, chosen),
        truncated=[dump.file for dump in dumps if dump.cut and dump.file is not None],
        unfiltered=[dump.file for dump in dumps if dump.unfiltered and dump.file is not None],
        timed=[dump.file for dump in dumps if dump.timed and dump.file is not None],
    )
    stage = tuple(_sighted(scene, chosen) for scene in found)
    judged = _judged(stage, chosen)
    findings = [finding for heard, _ in judged for finding in heard]
    findings.sort(key=_order)
    return Report(
        findings=tuple(findings),
        not_evaluated=tuple(_not_evaluated(stage, chosen)),
        sources=tuple(sources(dumps, frame, hosts)),
        summary=_summary(stage, findings, len(frame)),
        problems=tuple(problem for dump in dumps for problem in dump.problems),
        scenes=stage,
        hidden=sum(hidden for _, hidden in judged),
    )


def _facts(
    known: Mapping[str, Mapping[str, object]], hosts: Mapping[str, Named], chosen: Settings
) -> Mapping[str, Mapping[str, object]]:
    """What is known of each host; what the user says holds on all of them, whatever else is."""
    if not chosen.constants:
        return known
    names = {"", *known, *(named.host for named in hosts.values())}
    return {name: _told(known.get(name, {}), chosen) for name in names}


def _told(about: Mapping[str, object], chosen: Settings) -> Mapping[str, object]:
    """What is known of one host, and from where."""
    origins = about.get("from")
    origin = dict(origins) if isinstance(origins, Mapping) else {}
    origin |= dict.fromkeys(chosen.constants, chosen.source)
    return {**about, **chosen.constants, "from": origin}


def _sighted(scene: Scene, chosen: Settings) -> Scene:
    """A scene with what the user set.

    It has each alternative that is asked for (`owner|inode`) and met, too, and the numbers in
    force: diagnoses that split the same rows among them look at those of one another.
    """
    asked = {need for diagnosis in chosen.chosen() for need in diagnosis.needs}
    has = scene.has | alternatives(asked, scene.has)
    return replace(scene, has=has, numbers=chosen.all_limits())


def _judged(stage: Sequence[Scene], chosen: Settings) -> list[tuple[list[Finding], int]]:
    """The findings of each host, each cause once, and how many above info the user has hidden."""
    by_id = {diagnosis.id: diagnosis for diagnosis in chosen.chosen()}
    heard = [_heard(scene, chosen) for scene in stage]
    left = absorbed([found for found, _ in heard], stage, by_id)
    judged = []
    for scene, found, (_, unheard) in zip(stage, left, heard, strict=True):
        told = [finding for finding in found if chosen.levels.get(finding.id) != "off"]
        placed = [_placed(_leveled(finding, chosen), scene) for finding in told]
        judged.append((placed, unheard + _loud(found) - _loud(told)))
    return judged


def _heard(scene: Scene, chosen: Settings) -> tuple[list[Finding], int]:
    """All findings of one host, and how many above info are about what the user ignores."""
    found = [
        replace(finding, refs=finding.refs or diagnosis.refs)
        for diagnosis in chosen.chosen()
        if scene.has.issuperset(diagnosis.needs)
        for finding in diagnosis.check(scene, chosen.limits_of(diagnosis))
    ]
    kept = without_ignored(found, scene, chosen)
    return [_leveled(finding, chosen) for finding in kept], _loud(found) - _loud(kept)


def _loud(findings: Iterable[Finding]) -> int:
    """How many findings everybody hears of."""
    return sum(finding.severity != "info" for finding in findings)


def _leveled(finding: Finding, chosen: Settings) -> Finding:
    """A finding on the level that the user gives to its diagnosis, whatever it has taken over."""
    level = chosen.levels.get(finding.id, "off")
    return finding if level == "off" else replace(finding, severity=level)


def _placed(finding: Finding, scene: Scene) -> Finding:
    """A finding with its host, its namespace and the lines that prove it."""
    view, sockets = scene.view, finding.sockets
    return replace(
        finding,
        host=scene.host or None,
        netns=_netns(view, sockets),
        rows=finding.rows[:ROWS_SHOWN] or tuple(_lines(view, sockets)),
    )


def _netns(view: View, sockets: Sequence[int]) -> str | None:
    """The one namespace of some rows, if they are all of one."""
    import numpy as np

    spaces = view.codes("netns")
    if spaces.size == 1 or not sockets:
        return None
    found = set(spaces.of[np.asarray(sockets, dtype=np.int64)].tolist())
    return str(view.words("netns")[found.pop() - 1]) if len(found) == 1 and 0 not in found else None


def _lines(view: View, sockets: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Where the first of some rows stand."""
    import numpy as np

    at = np.asarray(sockets, dtype=np.int64)
    if not view.full("line"):
        at = at[view.known("line")[at]]
    at = at[:ROWS_SHOWN]
    names = view.words("file")
    lines = view.numbers("line")[at].tolist()
    for file, line in zip(view.codes("file").of[at].tolist(), lines, strict=True):
        yield str(names[file - 1]) if file else "", int(line)


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return (SEVERITIES.index(finding.severity), -finding.n, finding.id, finding.host or "")


def _not_evaluated(stage: Iterable[Scene], chosen: Settings) -> Iterator[NotEvaluated]:
    """Each diagnosis that some host's dump could not answer, with all that was missing."""
    known = [scene.has for scene in stage]
    for diagnosis in chosen.chosen():
        missing = [need for need in diagnosis.needs if any(need not in has for has in known)]
        if missing:
            yield NotEvaluated(diagnosis.id, tuple(missing))


def _summary(stage: Sequence[Scene], findings: Iterable[Finding], rows: int) -> dict[str, Any]:
    states: Counter[str] = Counter()
    for scene in stage:
        counts = scene.view.counts("state")
        states.update({str(state): n for state, n in counts.items() if n})
    severities = Counter(finding.severity for finding in findings)
    return {
        "hosts": len(stage),
        "rows": rows,
        "connections": sum(int(scene.view.true("once").sum()) for scene in stage),
        "by_state": dict(states.most_common()),
        "by_severity": {severity: severities[severity] for severity in SEVERITIES},
    }
