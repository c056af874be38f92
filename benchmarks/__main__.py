"""Make the dumps, read them in every way in turns, and write the tables.

`python -m benchmarks --quick` takes some minutes, without `--quick` about half an hour. `--write`
puts the tables into docs/performance.md, `--json FILE` keeps every number. Peers that are not
installed are left out and named. Two ways that are compared run in turns, each in a process of its
own, so that what else the machine does meets both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.make import ports
from benchmarks.plan import Aim, Dump, Run, aims
from benchmarks.tables import Measured, written

DOCS = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- begin: measured -->\n", "<!-- end: measured -->\n"


LARGE = 5_000_000
"""Dumps of so many rows are read once, without a round to warm up."""


class Bench:
    """Dumps that were made, and what was measured of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.measured: dict[Run, Measured] = {}

    def compare(self, aim: Aim) -> float | None:
        """Run both sides of an aim in turns; the number that is held against it."""
        runs = [aim.mine] if aim.theirs is None else [aim.mine, aim.theirs]
        kept = [self._known(run) for run in runs]
        starts = [len(found.times) for found in kept]
        for _ in range(aim.rounds):
            for run in runs:
                self._once(run)
        mine, *theirs = kept
        if aim.unit == "MB":
            return mine.peak
        if aim.unit == "bytes a byte":
            return mine.above and mine.above * 2**20 / mine.bytes
        costs = [found.cost(aim.unit, start) for found, start in zip(kept, starts, strict=True)]
        return costs[0] / costs[1] if theirs and all(costs) else None

    def _known(self, run: Run) -> Measured:
        if run not in self.measured:
            path = self._path(run.dump)
            self.measured[run] = Measured(run, path.stat().st_size, _expected(run.dump))
        return self.measured[run]

    def _once(self, run: Run) -> None:
        # What a large dump costs, the first time a process reads one adds nothing to.
        warm = run.dump.rows < LARGE
        words = [run.way, run.dump.form, str(self._path(run.dump)), str(int(warm))]
        command = [sys.executable, "-m", "benchmarks.ways", *words]
        plain = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=plain)
        said = json.loads(done.stdout) if done.stdout else {"failed": done.stderr[-200:]}
        self.measured[run].take(said)

    def _path(self, dump: Dump) -> Path:
        path = self.folder / "".join(c if c.isalnum() else "_" for c in dump.name)
        if not path.exists():
            dump.write(path)
        return path


def _expected(dump: Dump) -> dict[str, int]:
    """What is in a dump, for those that anybody can read."""
    if dump.look != "clean" or dump.form == "proxy":
        return {}
    return {"rows": dump.rows, "ports": ports(dump.rows)}


def results(asked: list[Aim], folder: Path) -> Iterator[tuple[Aim, float | None, Bench]]:
    """Each aim with its number, as it is measured."""
    bench = Bench(folder)
    for aim in asked:
        number = bench.compare(aim)
        print(f"{'-' if number is None else f'{number:8.3f}'}  {aim.what}", file=sys.stderr)
        yield aim, number, bench


def _into(text: str, path: Path) -> None:
    """Put the tables between their marks."""
    before, rest = path.read_text("utf-8").split(BEGIN)
    path.write_text(f"{before}{BEGIN}{text}{END}{rest.split(END)[1]}", "utf-8")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds, smaller damaged dumps: some minutes"
    )
    parser.add_argument("--only", default="", help="only what has this in its words")
    parser.add_argument("--write", action="store_true", help=f"into {DOCS.name}")
    parser.add_argument("--json", type=Path, help="every number, as JSON")
    asked = parser.parse_args()
    chosen = [aim for aim in aims(quick=asked.quick) if asked.only in aim.what]
    with tempfile.TemporaryDirectory() as folder:
        found = list(results(chosen, Path(folder)))
    runs = list(found[-1][2].measured.values()) if found else []
    numbers = [(aim, number) for aim, number, _ in found]
    text = "".join(f"{line}\n" for line in written(numbers, runs, quick=asked.quick))
    print(text)
    if asked.write:
        _into(text, DOCS)
    if asked.json:
        document: dict[str, Any] = {
            "aims": [{"what": a.what, "most": str(a.most), "measured": n} for a, n in numbers],
            "runs": [run.document() for run in runs],
        }
        asked.json.write_text(json.dumps(document, indent=1), "utf-8")


if __name__ == "__main__":
    main()
