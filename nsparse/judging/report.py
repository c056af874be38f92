"""A report: what was found, what could not be judged, and from what; as data, JSON and a frame."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nsparse.diagnosis import SEVERITIES, Finding
from nsparse.judging.evidence.measure import worst
from nsparse.judging.wanted import listed, wanted
from nsparse.prose import plural, severities

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.diagnosis import Severity
    from nsparse.judging.given import Source
    from nsparse.judging.scene.scene import Scene

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
        hidden: Findings above info that the settings leave out: of ignored ports, addresses and
            programs, or on the level "off". Those of ignored diagnoses nobody has looked for.
    """

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    sources: tuple[Source, ...]
    summary: Mapping[str, Any]
    problems: tuple[Any, ...]
    scenes: tuple[Scene, ...]
    hidden: int = 0

    def __repr__(self) -> str:
        """What was found, in a line: `<Report: 1 critical, 2 warnings in 24 rows of 1 host>`."""
        found = severities(Counter(finding.severity for finding in self.findings))
        rows = plural(int(self.summary["rows"]), "row")
        hosts = plural(int(self.summary["hosts"]), "host")
        return f"<Report: {found or 'no findings'} in {rows} of {hosts}>"

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
            "sources": [{**asdict(source), "notes": list(source.notes)} for source in self.sources],
            "summary": dict(self.summary),
            "findings": [_document(finding) for finding in self.findings],
            "not_evaluated": [
                {
                    "id": id_,
                    "needs": list(needs),
                    "what": listed(needs),
                    "command": wanted(needs, self.scenes).command,
                }
                for id_, needs in self.not_evaluated
            ],
            "problems": [_problem(problem) for problem in self.problems],
        }

    def records(self) -> list[dict[str, Any]]:
        """What `to_frame` has, as plain values by column."""
        return [_record(finding) for finding in self.findings]

    def to_frame(self) -> pd.DataFrame:
        """One row for each finding; texts of several lines are joined by line ends."""
        import pandas as pd

        from nsparse.schema import BY_NAME, pandas_dtype

        found = pd.DataFrame(self.records(), columns=list(RECORD))
        text = pandas_dtype(BY_NAME["path"])
        return found.astype(
            {name: text if kind == "str" else kind for name, kind in RECORD.items()}
        )


def nothing() -> dict[str, Any]:
    """The document of a run that read nothing."""
    return {
        "schema": SCHEMA,
        "sources": [],
        "summary": {
            "hosts": 0,
            "rows": 0,
            "connections": 0,
            "by_state": {},
            "by_severity": dict.fromkeys(SEVERITIES, 0),
        },
        "findings": [],
        "not_evaluated": [],
        "problems": [],
    }


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
        "next": [step._asdict() for step in finding.next],
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
