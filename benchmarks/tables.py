"""What was measured, and the tables that say it."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from math import inf
from os import cpu_count
from pathlib import Path
from typing import Any

from benchmarks.plan import Aim, Run, Unit


@dataclass
class Measured:
    """One way on one dump, as often as it ran.

    Attributes:
        run: Which.
        bytes: The size of the dump.
        expected: What is in it, by what a way may count.
        times: Seconds on the clock and of the processor.
        counts: What the way found.
        failure: Why it did not, the last time that it did not.
        memory: Peak memory in MB, and how much of it was there before reading.
    """

    run: Run
    bytes: int
    expected: dict[str, int]
    times: list[tuple[float, float]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failure: str = ""
    memory: list[tuple[float, float]] = field(default_factory=list)

    def take(self, said: dict[str, Any]) -> None:
        """One more time that it ran."""
        self.counts = said.get("counts", self.counts)
        missing = "not installed" if "missing" in said else ""
        self.failure = said.get("failed", missing) or self.failure
        self.times += [(wall, cpu) for wall, cpu in said.get("times", ())]
        if "peak" in said:
            self.memory.append((said["peak"] / 1024, said["base"] / 1024))

    def cost(self, unit: Unit, start: int = 0) -> float:
        """Seconds of the processor, the median, for all or by row or byte; 0 where it failed."""
        if not self.times[start:]:
            return 0.0
        by = {"time a row": self.run.dump.rows, "time a byte": self.bytes}.get(unit, 1)
        return statistics.median(cpu for _, cpu in self.times[start:]) / by

    @property
    def peak(self) -> float | None:
        """MB at most, all told."""
        return max((peak for peak, _ in self.memory), default=None)

    @property
    def above(self) -> float | None:
        """MB at most above what was there before."""
        return max((peak - base for peak, base in self.memory), default=None)

    @property
    def verdict(self) -> str:
        """Whether what it found is what is there; of damaged dumps how much it found."""
        counts = self.counts
        if self.failure:
            return " ".join(self.failure.split()).replace("|", "/")
        wrong = [name for name in counts if self.expected.get(name, counts[name]) != counts[name]]
        if wrong:
            return "no: " + ", ".join(f"{counts[name]} {name}" for name in wrong)
        return ", ".join(counts) if self.expected else f"{counts.get('rows', 0)} rows"

    def document(self) -> dict[str, Any]:
        """Every number."""
        return {
            "way": self.run.way,
            "dump": self.run.dump.name,
            "rows": self.run.dump.rows,
            "bytes": self.bytes,
            "times": self.times,
            "peak_mb": self.peak,
            "above_mb": self.above,
            "right": self.verdict,
        }


def written(
    aims: Iterable[tuple[Aim, float | None]], runs: Iterable[Measured], *, quick: bool
) -> Iterator[str]:
    """The whole part of the docs."""
    yield from machine()
    yield ""
    if quick:
        yield "With `--quick`: few rounds, and small dumps where reading them takes long."
        yield ""
    yield "| what | measured | aim | reached |"
    yield "|---|---:|---:|---|"
    yield from (_aim(aim, number) for aim, number in aims)
    yield ""
    yield "| dump | way | ns a row | on the clock | MB above imports | right |"
    yield "|---|---|---:|---:|---:|---|"
    yield from (_run(run) for run in runs)


def _aim(aim: Aim, number: float | None) -> str:
    limit = "" if aim.most == inf else f"{aim.most:.3g}"
    if number is None:
        return f"| {aim.what} | not measured | {limit} | |"
    reached = "" if not limit else "yes" if number <= aim.most else "no"
    return f"| {aim.what} | {number:.3g} | {limit} | {reached} |"


def _run(run: Measured) -> str:
    name, way = run.run.dump.name, run.run.way
    if not run.times:
        return f"| {name} | {way} | | | | {run.verdict} |"
    wall = statistics.median(wall for wall, _ in run.times)
    memory = f"{run.above:.0f}" if run.above is not None else ""
    nanoseconds = f"{run.cost('time a row') * 1e9:,.0f}".replace(",", " ")
    return f"| {name} | {way} | {nanoseconds} | {wall:.3f} s | {memory} | {run.verdict} |"


def machine() -> Iterator[str]:
    """What it ran on."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if "model name" in line), "")
    packages = ("lark", "pandas", "numpy", "pyarrow", "jc", "insights-core")
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    yield f"{model or platform.processor()}, {cpu_count()} cores, {system}, Python"
    yield f"{platform.python_version()}, {', '.join(_version(name) for name in packages)}."
    yield "Processor time, medians, each way in a process of its own and in turns with the other;"
    yield "but for the lines that begin with `process`, without start and imports, the second time."
    yield 'Bare `read_csv` has `sep=r"\\s+"`: it splits no address and checks nothing.'


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"
