"""The driver of a batch by itself: what its memory and its time depend on.

`python -m benchmarks.driver` reads two small bundles once, and has the driver take their outcomes
again and again, under other names, as if as many bundles had been read: 60 to 12,000 of them, each
number in a process of its own. Its memory is to stay where it is once the parts of the dataset are
full, however many bundles there are.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

from benchmarks.bundles import SIZES, make, peak
from nsparse.batch import drive
from nsparse.batch.dataset import Dataset
from nsparse.batch.keeper import Child
from nsparse.batch.manifest import Manifest, begin
from nsparse.batch.order import Order, Outcome
from nsparse.batch.pools import AHEAD, Pool, processors

COUNTS = (60, 600, 3_000, 12_000)
SMALL = replace(SIZES["small"], megabytes=2, files=200)
"""Bundles that are made at once; their tables are those of any other."""
STEPS = 5
"""How often a run tells how large it is."""


def outcomes() -> list[Outcome]:
    """What workers answer for two bundles."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), 2, "gz", SMALL)
        paths = sorted(map(str, Path(folder).glob("sosreport-*")))
        child = Child(Order())  # what reading needs is not to be in this process
        try:
            return [child.read(path) for path in paths]
        finally:
            child.close()


def run(count: int) -> None:
    """Let the driver take so many outcomes, and print a line for each fifth of them."""
    known = cycle(outcomes())
    done, begun = 0, time.process_time()

    def work(task: Sequence[str], _: Order) -> list[Outcome]:
        return [_named(next(known), name) for name in task]

    def step() -> None:
        nonlocal done
        done += 1
        if done % max(1, count // STEPS) == 0:
            each = 1000 * (time.process_time() - begun) / done
            print(f"| {count} | {done} | {peak():.0f} | {each:.1f} |", flush=True)

    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as threads:
        dataset = Dataset(Path(folder), begin(Path(folder), Manifest({}, "/"), resume=False))
        pool = Pool(threads, 1, lambda: AHEAD * processors())
        with patch.object(drive, "work", work):
            names = (f"/bundles/{number}.tar.gz" for number in range(count))
            drive.Driver(pool, Order(), dataset, step).run(names)
        dataset.commit(finished=True)


def _named(outcome: Outcome, name: str) -> Outcome:
    return replace(outcome, record={**outcome.record, "bundle": name})


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, help="one run of so many, in this process")
    count = parser.parse_args().count
    if count is not None:
        run(count)
        return
    print("| bundles | taken | largest, MB | CPU ms each |")
    print("|---:|---:|---:|---:|", flush=True)
    for number in COUNTS:
        command = [sys.executable, "-m", "benchmarks.driver", "--count", str(number)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
