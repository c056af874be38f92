"""Dumps in, report out: every diagnosis on every host, one finding for one cause.

pandas is loaded by what this module calls, not by importing it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from nsparse.diagnosis import SEVERITIES, Finding, alternatives
from nsparse.judging.absorb import absorbed
from nsparse.judging.given import Source, given, joined, rules, sources
from nsparse.judging.given import facts as known
from nsparse.judging.ignored import without_ignored
from nsparse.judging.measure import worst
from nsparse.judging.settings import Settings, settings
from nsparse.prose import plural

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.diagnosis import Severity
    from nsparse.judging.hosts import Named
    from nsparse.judging.scene import Scene

SCHEMA = "nsparse.report/1"
ROWS_SHOWN = 20
"""Lines of evidence of one finding; `n` is the total (design: commands)."""
GROUPS_SHOWN = 5
"""Findings of one diagnosis on one host before the rest is folded (diagnoses: numbers)."""


class NotEvaluated(NamedTuple):
    """A diagnosis that could not be judged on some host, and what was missing for it."""

    id: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Folded:
    """The findings of one diagnosis on one host beyond the first few."""

    id: str
    host: str | None
    severity: Severity
    groups: int
    sockets: int

    @property
    def text(self) -> str:
        """As a line below the findings that are shown."""
        return f"and {plural(self.groups, 'more group')}, {plural(self.sockets, 'socket')}"


@dataclass(frozen=True)
class Report:
    """What was found, what could not be judged, and from what.

    Attributes:
        findings: All of them, the worst first.
        not_evaluated: What could not be judged everywhere, by id.
        sources: The files.
        summary: hosts, rows that were read; connections and by_state of the last moments;
            by_severity.
        problems: Lines that could not be read.
        scenes: The hosts as the diagnoses saw them.
    """

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    sources: tuple[Source, ...]
    summary: Mapping[str, Any]
    problems: tuple[Any, ...]
    scenes: tuple[Scene, ...]

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings without those that are folded."""
        return tuple(finding for finding, rest in self._split() if not rest)

    @property
    def folded(self) -> tuple[Folded, ...]:
        """What is left of a diagnosis with many findings on one host."""
        lots: dict[tuple[str, str | None], list[Finding]] = defaultdict(list)
        for finding, rest in self._split():
            if rest:
                lots[finding.id, finding.host].append(finding)
        return tuple(
            Folded(id_, host, worst(f.severity for f in lot), len(lot), sum(f.n for f in lot))
            for (id_, host), lot in lots.items()
        )

    def _split(self) -> Iterator[tuple[Finding, bool]]:
        seen: Counter[tuple[str, str | None]] = Counter()
        for finding in self.findings:
            seen[finding.id, finding.host] += 1
            yield finding, seen[finding.id, finding.host] > GROUPS_SHOWN

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it (design: commands); every value is a plain Python one."""
        return {
            "schema": SCHEMA,
            "sources": [asdict(source) for source in self.sources],
            "summary": dict(self.summary),
            "findings": [_document(finding) for finding in self.findings],
            "not_evaluated": [
                {"id": id_, "needs": list(needs)} for id_, needs in self.not_evaluated
            ],
            "problems": [_problem(problem) for problem in self.problems],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row for each finding; texts of several lines are joined by line ends."""
        import pandas as pd

        from nsparse.schema import BY_NAME, pandas_dtype

        rows = [_record(finding) for finding in self.findings]
        found = pd.DataFrame(rows, columns=list(RECORD))
        text = pandas_dtype(BY_NAME["path"])
        return found.astype(
            {name: text if kind == "str" else kind for name, kind in RECORD.items()}
        )


RECORD = {
    "id": "str",
    "severity": "str",
    "confidence": "str",
    "host": "str",
    "netns": "str",
    "owner": "str",
    "process": "str",
    "pid": "Int64",
    "role": "str",
    "service": "str",
    "n": "Int64",
    "base": "Int64",
    "share": "Float64",
    "verdict": "str",
    "rows": "str",
    "cause": "str",
    "next": "str",
    "caveats": "str",
    "refs": "str",
    "absorbed": "str",
}
"""Columns of `Report.to_frame` and their dtypes."""


def _record(finding: Finding) -> dict[str, Any]:
    document = _document(finding)
    lists = {
        "rows": [f"{row['file']}:{row['line']}" for row in document["rows"]],
        "next": [f"{step['os']}: {step['cmd']}" for step in document["next"]],
    }
    lists |= {name: document[name] for name in ("cause", "caveats", "refs", "absorbed")}
    texts = {name: "\n".join(lines) or None for name, lines in lists.items()}
    flat = {**document, **document["group"], **texts}
    return {name: flat[name] for name in RECORD}


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "host": finding.host,
        "netns": finding.netns,
        "group": {name: _plain(value) for name, value in asdict(finding.group).items()},
        "n": int(finding.n),
        "base": None if finding.base is None else int(finding.base),
        "share": None if finding.share is None else round(float(finding.share), 4),
        "limits": {key: _plain(value) for key, value in finding.limits.items()},
        "rows": [{"file": file, "line": line} for file, line in finding.rows],
        "verdict": finding.verdict,
        "cause": list(finding.cause),
        "next": [asdict(step) for step in finding.next],
        "caveats": list(finding.caveats),
        "refs": list(finding.refs),
        "absorbed": list(finding.absorbed),
    }


def _plain(value: Any) -> Any:
    """A number of numpy as one of Python: json knows no other."""
    return value.item() if hasattr(value, "item") else value


def _problem(problem: Any) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "text": problem.text,
        "expected": list(problem.expected),
    }


# ---- from dumps to a report ------------------------------------------------------------------


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
    from nsparse.judging.hosts import named
    from nsparse.judging.scene import scenes

    chosen = settings(config, select, ignore)
    dumps = list(given(data))
    frame = joined(dumps)
    hosts = named(frame, host, rules(dumps))
    found = scenes(
        frame,
        hosts=hosts,
        facts=_facts({**known(dumps, hosts), **(facts or {})}, hosts, chosen),
        truncated=[dump.file for dump in dumps if dump.cut and dump.file is not None],
    )
    stage = tuple(_sighted(scene, chosen) for scene in found)
    findings = [finding for scene in stage for finding in _judged(scene, chosen)]
    findings.sort(key=_order)
    return Report(
        findings=tuple(findings),
        not_evaluated=tuple(_not_evaluated(stage, chosen)),
        sources=tuple(sources(dumps, frame, hosts)),
        summary=_summary(stage, findings, len(frame)),
        problems=tuple(problem for dump in dumps for problem in dump.problems),
        scenes=stage,
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


def _judged(scene: Scene, chosen: Settings) -> list[Finding]:
    """The findings of one host, each cause once."""
    wanted = chosen.chosen()
    found = [
        replace(finding, refs=finding.refs or diagnosis.refs)
        for diagnosis in wanted
        if scene.has.issuperset(diagnosis.needs)
        for finding in diagnosis.check(scene, chosen.limits_of(diagnosis))
    ]
    heard = [_leveled(finding, chosen) for finding in without_ignored(found, scene, chosen)]
    left = absorbed(heard, scene, {diagnosis.id: diagnosis for diagnosis in wanted})
    told = [finding for finding in left if chosen.levels.get(finding.id) != "off"]
    return [_placed(_leveled(finding, chosen), scene) for finding in told]


def _leveled(finding: Finding, chosen: Settings) -> Finding:
    """A finding on the level that the user gives to its diagnosis, whatever it has taken over."""
    level = chosen.levels.get(finding.id, "off")
    return finding if level == "off" else replace(finding, severity=level)


def _placed(finding: Finding, scene: Scene) -> Finding:
    """A finding with its host, its namespace and the lines that prove it."""
    import numpy as np

    view, at = scene.view, list(finding.sockets)
    spaces = set(view.codes("netns").of[at].tolist()) if at else {0}
    known = view.known("line")
    shown = list(islice((row for row in at if known[row]), ROWS_SHOWN))
    told = view.pick(np.array(shown, dtype=np.int64), "file", "line")
    files, lines = told["file"].fillna("").tolist(), told["line"].tolist()
    return replace(
        finding,
        host=scene.host or None,
        netns=str(view.array("netns")[at[0]]) if len(spaces) == 1 and 0 not in spaces else None,
        rows=finding.rows[:ROWS_SHOWN]
        or tuple((str(file), int(line)) for file, line in zip(files, lines, strict=True)),
    )


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
