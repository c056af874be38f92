"""Make the dumps, read them in every way in turns, and write the tables.

`python -m benchmarks` takes some minutes; `--rows` and `--times` shorten it. Peers that are not
installed are left out and named. Each round runs every way once, so that what else the machine does
meets all of them; the table has the medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.make import FORMATS, Format, sockets, write
from benchmarks.ways import WAYS

ROWS = (1_000, 10_000, 250_000, 1_000_000)
SLOW = {"jc": 50_000, "insights-core": 50_000, "nsparse engine=regex": 50_000}
"""Ways that are given no larger dumps: they take a second for so many rows."""
DAMAGED = (1, 100)
LARGEST = 5_000_000


@dataclass(frozen=True)
class Case:
    """A dump to read."""

    form: Format
    rows: int
    damaged: int = 0

    @property
    def name(self) -> str:
        """For the table."""
        return f"{self.form.name}, {self.rows:,} rows".replace(",", " ").replace("  ", ", ", 1)

    def expected(self) -> dict[str, int]:
        """What is in it."""
        found = islice(sockets(), self.rows)
        return {"rows": self.rows, "ports": sum(socket.remote_port for socket in found)}


@dataclass
class Result:
    """One way on one dump."""

    way: str
    times: list[tuple[float, float]]
    found: dict[str, Any]

    @property
    def seconds(self) -> float:
        """Of the processor, the median."""
        return statistics.median(cpu for _, cpu in self.times)

    @property
    def wall(self) -> float:
        """On the clock, the median."""
        return statistics.median(wall for wall, _ in self.times)


def measure(case: Case, path: Path, ways: Sequence[str], rounds: int) -> Iterator[Result]:
    """Read a dump in every way, in turns."""
    results: dict[str, Result] = {}
    for _ in range(rounds):
        for way in ways:
            if case.rows > SLOW.get(way, LARGEST):
                continue
            found = _run(way, case, path)
            result = results.setdefault(way, Result(way, [], found))
            result.times += [tuple(pair) for pair in found.get("times", ())]
    yield from results.values()


def _run(way: str, case: Case, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.ways", way, case.form.name, str(path), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout) if done.stdout else {"failed": done.stderr[-200:]}


# ---- tables --------------------------------------------------------------------------------------


def table(case: Case, results: Sequence[Result]) -> Iterator[str]:
    """The lines of one table."""
    yield f"### {case.name}{f', {case.damaged} % damaged' if case.damaged else ''}"
    yield ""
    yield "| way | ns a row | against read_csv | on the clock | MB above imports | right |"
    yield "|---|---:|---:|---:|---:|---|"
    base = next((r.seconds for r in results if r.way == "read_csv" and r.times), None)
    expected = case.expected() if not case.damaged else {}
    for result in results:
        yield _line(result, case, base, expected)
    yield ""


def _line(result: Result, case: Case, base: float | None, expected: dict[str, int]) -> str:
    if not result.times:
        why = "not installed" if "missing" in result.found else result.found.get("failed", "?")
        return f"| {result.way} | {why} | | | | |".replace("\n", " ")
    counts = result.found["counts"]
    ratio = f"{result.seconds / base:.2f}" if base else ""
    right = [name for name in counts if expected.get(name, counts[name]) == counts[name]]
    said = ", ".join(right) if len(right) == len(counts) else f"no: {counts}"
    megabytes = (result.found["peak"] - result.found["base"]) / 1024
    nanoseconds = f"{result.seconds / case.rows * 1e9:,.0f}".replace(",", " ")
    return (
        f"| {result.way} | {nanoseconds} | {ratio} | {result.wall:.3f} s | {megabytes:.0f}"
        f" | {said if expected else counts['rows']} |"
    )


def machine() -> Iterator[str]:
    """What it ran on."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(": ")[2] for line in lines if "model name" in line), "")
    packages = ("lark", "pandas", "numpy", "pyarrow", "jc", "insights-core")
    yield f"{model or platform.processor()}, {platform.system()} {platform.release()}, Python"
    yield f"{platform.python_version()}, {', '.join(_version(name) for name in packages)}"


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--formats", nargs="+", choices=list(FORMATS), default=list(FORMATS))
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--damaged", type=int, nargs="*", default=list(DAMAGED))
    parser.add_argument("--times", type=int, default=5, help="rounds; the medians are printed")
    asked = parser.parse_args()
    print("\n".join(machine()), end="\n\n", flush=True)
    cases = [Case(FORMATS[name], rows) for name in asked.formats for rows in asked.rows]
    cases += [Case(FORMATS["ss -tan"], min(asked.rows[-1], 50_000), d) for d in asked.damaged]
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            path = Path(folder, "dump.txt")
            write(path, case.form, case.rows, case.damaged)
            results = list(measure(case, path, asked.ways, asked.times))
            print("\n".join(table(case, results)), flush=True)


if __name__ == "__main__":
    main()
