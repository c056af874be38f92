"""The end of a run: what became of the bundles, which findings on how many hosts, the worst ten.

Told from the dataset, not from the run, so that a run in ten pieces ends as one in a single piece.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsparse.batch.manifest import Manifest, files, read
from nsparse.batch.tables import STATUSES
from nsparse.diagnosis import SEVERITIES
from nsparse.errors import harmless
from nsparse.prose import plural, severities, thousands

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]
READ = ("read", "in part")
NO_FAILURE = ("read", "no sockets")
WORST = 10
ERRORS_SHOWN = 10
"""Bundles that were not read whole are named one by one up to here; all are in `bundles/`."""


@dataclass(frozen=True)
class Summary:
    """What a dataset says in short.

    Attributes:
        statuses: How many bundles of each status.
        hosts: How many hosts; one of several bundles counts once where each has that host alone.
        rows: How many rows of sockets.
        findings: One row for each diagnosis: id, its worst severity, findings, hosts.
        severities: How many findings of each severity.
        worst: The rows of `bundles` with the worst findings.
        unread: The rows of the first bundles that were not read, or not to their end, though they
            should have been; those of which nothing was read first.
    """

    statuses: Counter[str]
    hosts: int
    rows: int
    findings: list[Record]
    severities: Counter[str]
    worst: list[Record]
    unread: list[Record]

    @property
    def read(self) -> int:
        """How many bundles were read, whole or in part."""
        return sum(self.statuses[name] for name in READ)

    @property
    def failures(self) -> int:
        """How many bundles were not read, or not to their end, though they should have been."""
        return sum(n for status, n in self.statuses.items() if status not in NO_FAILURE)


def summarize(out: Path, manifest: Manifest) -> Summary:
    """Sum up a dataset, from the few columns that it takes."""
    import pandas as pd

    columns = ("bundle", "status", "error", "host", "hosts", "rows")
    bundles = _frame(out, manifest, "bundles", columns)
    counts = _frame(out, manifest, "bundles", SEVERITIES).fillna(0).astype("int64")
    found = _frame(out, manifest, "findings", ("id", "severity", "host"))
    whole = pd.concat([bundles, counts], axis=1)
    ranked = whole[counts.any(axis=1)].sort_values(
        [*SEVERITIES, "bundle"], ascending=[False] * len(SEVERITIES) + [True]
    )
    unread = bundles[~bundles["status"].isin(NO_FAILURE)]
    unread = unread.assign(some=unread["rows"].notna()).sort_values(["some", "bundle"])
    return Summary(
        statuses=Counter(bundles["status"]),
        hosts=_hosts(bundles),
        rows=int(bundles["rows"].fillna(0).sum()),
        findings=list(_by_id(found)),
        severities=Counter({name: int(counts[name].sum()) for name in SEVERITIES}),
        worst=_records(ranked.head(WORST)),
        unread=_records(unread.head(ERRORS_SHOWN)),
    )


def _hosts(bundles: pd.DataFrame) -> int:
    several = bundles["host"].isna()
    alone = bundles["host"].nunique()
    return int(alone + bundles.loc[several, "hosts"].fillna(0).sum())


def _by_id(found: pd.DataFrame) -> Iterator[Record]:
    """A row for each diagnosis, the worst first, then what most hosts have."""
    rank = {name: number for number, name in enumerate(SEVERITIES)}
    lots = found.assign(rank=found["severity"].map(rank)).groupby("id")
    table = lots.agg(rank=("rank", "min"), findings=("id", "size"), hosts=("host", "nunique"))
    ordered = table.reset_index().sort_values(
        ["rank", "hosts", "id"], ascending=[True, False, True]
    )
    for record in _records(ordered):
        yield {**record, "severity": SEVERITIES[record["rank"]]}


def _records(frame: pd.DataFrame) -> list[Record]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _frame(out: Path, manifest: Manifest, table: str, columns: Iterable[str]) -> pd.DataFrame:
    held: pd.DataFrame = read(files(out, manifest, table), table, columns).to_pandas()
    return held


# ---- as text ---------------------------------------------------------------------------------


def text(summary: Summary, *, everything: bool = False) -> Iterator[str]:
    """The summary as lines.

    Args:
        summary: What to tell.
        everything: Whether findings of severity info are told too.
    """
    yield from _statuses(summary)
    found = [row for row in summary.findings if everything or row["severity"] != "info"]
    if found:
        yield ""
        yield f"{'':10}{'findings':>10}{'hosts':>10}"
        for row in found:
            counts = f"{thousands(row['findings']):>10}{thousands(row['hosts']):>10}"
            yield f"{row['severity']:10}{counts}  {row['id']}"
    if summary.worst:
        yield ""
        yield "the worst bundles"
        yield from (f"  {harmless(row['bundle'])}  {_counted(row)}" for row in summary.worst)


def _statuses(summary: Summary) -> Iterator[str]:
    total = sum(summary.statuses.values())
    counts = [(name, summary.statuses[name]) for name in STATUSES if summary.statuses[name]]
    told = ", ".join(f"{thousands(n)} {name}" for name, n in counts)
    yield f"{plural(total, 'bundle')}: {told or 'none falls to this shard'}"
    for row in summary.unread:
        yield f"  {harmless(row['bundle'])}: {row['status']}: {harmless(row['error'])}"
    rest = summary.failures - len(summary.unread)
    if rest:
        yield f"  and {thousands(rest)} more, in bundles/"
    yield f"{plural(summary.hosts, 'host')}, {plural(summary.rows, 'row')}"


def _counted(row: Record) -> str:
    return severities({name: int(row[name]) for name in SEVERITIES})
