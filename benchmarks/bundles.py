"""Many bundles: `nsparse batch` against `tar -xO` of the same archives, on the same processors.

`python -m benchmarks.bundles` makes sosreports of a few hosts, each under many names (hard links:
neither side is to wait for a disk), has both sides take all of them, in turns, and prints a table:
processor time of all processes of a side, and how fast it was on the clock, which is worth
something only where nothing else runs. Both keep all processors busy: `tar` is run as `xargs -P`
would run it. `--full` takes 2,000 bundles of each kind, which is some two hours.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from benchmarks.formats import FORMATS
from benchmarks.sockets import sockets
from nsparse.batch.pools import processors
from nsparse.bundles.gunzip import library

HOSTS = 2
"""Different bundles; the others are the same under other names."""
WRITERS: dict[str, dict[str, Any]] = {
    "gz": {"mode": "w:gz", "compresslevel": 6},
    "xz": {"mode": "w:xz", "preset": 3},
}
"""As sos packs them (sos/archive.py)."""


@dataclass(frozen=True)
class Size:
    """How large a bundle is: megabytes unpacked, files, sockets in each of its two tables."""

    megabytes: float
    files: int
    rows: int = 400


SIZES = {"usual": Size(120, 4000), "small": Size(16, 800)}
"""120 MB are 16 MB as tar.gz, which sosreports "can pretty easily exceed" (cockpit-project/cockpit,
pull request 8620): sos takes up to 25 MiB of each log and 100 MB of the journal. A bare system, as
containers and new machines are, gives 8 to 16 MB in 800 files (a run of sos 4.0)."""
COUNTS = {"usual": 60, "small": 120}
"""Bundles a kind, so that all is done in some minutes."""
FULL = 2000
SENTENCES = 300
"""That the programs of one host have to say."""
PEAK = "VmHWM:"
"""What Linux calls the largest size that a process has had."""
PROGRAMS = ("sshd", "systemd", "kernel", "haproxy", "java", "crond", "NetworkManager", "postfix")
PHRASES = (
    "connection session opened closed for user root request upstream timed out while reading",
    "response header from client accepted failed started stopped unit service reached target",
    "device link is ready state change audit type denied granted buffer retry queue message",
    "removed delivered status reloading configuration worker process exited on signal memory",
)
WORDS = [word for phrase in PHRASES for word in phrase.split()]


# ---- making them ---------------------------------------------------------------------------------


def members(host: int, files: int, megabytes: float, rows: int) -> Iterator[tuple[str, bytes]]:
    """The files of the sosreport of one host, in the order in which sos packs them.

    Args:
        host: Its number; it seeds everything.
        files: How many there are; most are the short outputs of commands.
        megabytes: How large they are together; what the others leave is logs.
        rows: How many sockets each of its tables has.
    """
    dice = random.Random(host)
    named = [*_sockets(dice, rows), *_facts(dice, host)]
    named += [
        (f"sos_commands/{dice.choice(PROGRAMS)}/command_{number}", _short(dice))
        for number in range(files - len(named) - len(LOGS))
    ]
    left = int(megabytes * 1e6) - sum(len(data) for _, data in named)
    named += [(path, _log(dice, host, int(left * share))) for path, share in LOGS]
    yield from sorted(named)


LOGS = (
    ("sos_commands/logs/journalctl_--no-pager_--catalog_--boot", 0.4),
    ("var/log/messages", 0.3),
    ("var/log/audit/audit.log", 0.2),
    ("var/log/secure", 0.1),
)
"""The large files of a sosreport, and their shares of what is left to fill."""


def _sockets(dice: random.Random, rows: int) -> Iterator[tuple[str, bytes]]:
    known = list(islice(sockets(dice.randint(0, 999)), rows))
    tables = {"netstat_-W_-neopa": "netstat -anp (Linux)", "ss_-peaonmi": "ss -tanp"}
    for name, form in tables.items():
        lines = [FORMATS[form].heading, *map(FORMATS[form].row, known)]
        yield f"sos_commands/networking/{name}", "\n".join([*lines, ""]).encode()


def _facts(dice: random.Random, host: int) -> Iterator[tuple[str, bytes]]:
    settings = "".join(f"net.made.{n % 90}.up_{n} = {dice.randint(0, 9999)}\n" for n in range(1000))
    yield "sos_commands/kernel/sysctl_-a", (settings + "net.core.somaxconn = 4096\n").encode()
    counters = "".join(f"    {dice.randint(0, 10**8)} packets of kind {n}\n" for n in range(120))
    yield "sos_commands/networking/netstat_-s", ("Tcp:\n" + counters).encode()
    yield "sos_commands/host/hostname", f"web{host}.example.com\n".encode()
    yield "sos_commands/date/date", b"Sun Nov 22 10:43:50 UTC 2026\n"
    table = "".join(
        f"root {pid:>8}  0.0  0.1 {dice.randint(9999, 999999)} 1024 ? Ss Nov01 0:01 /bin/{name}\n"
        for pid, name in enumerate(islice(cycle(PROGRAMS), 400), 800)
    )
    heading = "USER       PID %CPU %MEM    VSZ   RSS TTY STAT START   TIME COMMAND\n"
    yield "sos_commands/process/ps_auxwww", (heading + table).encode()
    for pid in range(800, 840):
        limit = "Max open files            65536                65536                files\n"
        yield f"proc/{pid}/limits", limit.encode()


def _short(dice: random.Random) -> bytes:
    """The output of a command: from a line to some hundred."""
    lines = int(dice.paretovariate(1.0)) % 400 + 1
    return "".join(f"{' '.join(dice.choices(WORDS, k=7))}\n" for _ in range(lines)).encode()


def _log(dice: random.Random, host: int, size: int) -> bytes:
    """A log as programs write it: few sentences, again and again, with other numbers in them."""
    said = [
        f"{dice.choice(PROGRAMS)}[{dice.randint(800, 30000)}]: "
        + " ".join(dice.choices(WORDS, k=dice.randint(4, 12)))
        for _ in range(SENTENCES)
    ]
    out = bytearray()
    at = 0
    while len(out) < size:
        at += dice.randint(0, 3)
        clock = f"{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}"
        number = dice.randint(1024, 65535) if dice.random() < 0.5 else 0
        peer = f" from 198.18.{number % 200}.{number % 99} port {number}" if number else ""
        sentence = said[int(SENTENCES * dice.random() ** 3)]
        out += f"Nov 22 {clock} web{host} {sentence}{peer}\n".encode()
    return bytes(out[:size])


def make(folder: Path, count: int, packing: str, size: Size) -> None:
    """Write so many bundles."""
    hosts = range(min(HOSTS, count))
    with ThreadPoolExecutor(processors()) as pool:
        made = list(pool.map(lambda host: _packed(folder, packing, size, host), hosts))
    for number, path in zip(range(count), cycle(made)):
        os.link(path, folder / f"sosreport-{number:05}.tar.{packing}")
    for path in made:
        path.unlink()


def _packed(folder: Path, packing: str, size: Size, host: int) -> Path:
    path = folder / f".host{host}"
    with tarfile.open(path, **WRITERS[packing]) as archive:
        for name, data in members(host, size.files, size.megabytes, size.rows):
            entry = tarfile.TarInfo(f"sosreport-web{host}-2026-11-22-abcdefg/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


# ---- measuring -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What one side took: seconds of the processor, on the clock, megabytes of its own process."""

    cpu: float
    wall: float
    peak: float = 0.0


def batch(bundles: Sequence[Path], folder: Path) -> Cost:
    """`nsparse batch` of some bundles, with as many workers as there are processors."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "nsparse", "batch", *map(str, bundles), "-o", str(out)]
    return _cost(lambda: _driven([*command, "--quiet", "--fail-on", "never"]))


def tar(bundles: Sequence[Path], folder: Path) -> Cost:
    """`tar -xO` of the same bundles, a process each, as many at a time as there are processors."""

    def one(path: Path) -> None:
        subprocess.run(["tar", "-xOf", str(path)], stdout=subprocess.DEVNULL, check=True)

    def run() -> float:
        with ThreadPoolExecutor(processors()) as pool:
            deque(pool.map(one, bundles), maxlen=0)
        return 0.0

    return _cost(run)


def _cost(run: Any) -> Cost:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    largest = run()
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, ended - begun, largest)


def _driven(command: Sequence[str]) -> float:
    """Run the driver, and return how large its own process has been, where the system tells."""
    largest = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as driver:
        while driver.poll() is None:
            largest = peak(driver.pid) or largest
            time.sleep(0.1)
    if driver.returncode:
        raise SystemExit(f"nsparse batch ended with {driver.returncode}")
    return largest


def peak(pid: int | str = "self") -> float:
    """How large a process has been, in megabytes; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(PEAK)), 0.0)


def measure(folder: Path, count: int, rounds: int) -> tuple[Cost, Cost]:
    """What one bundle costs both sides, by the least of some rounds.

    The start of the workers is not counted: it is what as many bundles cost as there are workers.
    """
    bundles = sorted(folder.glob("sosreport-*"))
    few = processors()
    starts, mine, theirs = [], [], []
    for _ in range(rounds):
        starts.append(batch(bundles[:few], folder))
        mine.append(batch(bundles[: count + few], folder))
        theirs.append(tar(bundles[:count], folder))
    start, all_of_it, other = _least(starts), _least(mine), _least(theirs)
    cpu, wall = (all_of_it.cpu - start.cpu) / count, (all_of_it.wall - start.wall) / count
    return Cost(cpu, wall, all_of_it.peak), Cost(other.cpu / count, other.wall / count)


def _least(costs: Sequence[Cost]) -> Cost:
    cpu, wall = min(cost.cpu for cost in costs), min(cost.wall for cost in costs)
    return Cost(cpu, wall, max(cost.peak for cost in costs))


def row(folder: Path, packing: str, size: Size, count: int, rounds: int) -> str:
    """The line of the table of one kind of bundle."""
    make(folder, count + processors(), packing, size)
    packed = next(folder.glob("sosreport-*")).stat().st_size / 1e6
    mine, theirs = measure(folder, count, rounds)
    cells = [
        f"{packed:.1f} MB `tar.{packing}`",
        f"{size.megabytes:g} MB",
        str(size.files),
        str(count),
        f"{1000 * mine.cpu:.0f}",
        f"{1000 * theirs.cpu:.0f}",
        f"{mine.cpu / theirs.cpu:.2f}",
        f"{1 / mine.wall:.1f}",
        f"{1 / theirs.wall:.1f}",
        f"{mine.wall / theirs.wall:.2f}",
        f"{mine.peak:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


HEADINGS = (
    *("a bundle", "unpacked", "files", "bundles"),
    *("CPU ms, nsparse", "`tar -xO`", "ratio"),
    *("a second, nsparse", "`tar -xO`", "ratio", "driver, MB"),
)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL} bundles of each kind")
    parser.add_argument("--count", type=int, help="so many bundles of each kind")
    parser.add_argument("--packings", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=1, help="the least is printed")
    asked = parser.parse_args()
    print(f"gzip by {library().__name__}; on {processors()} processors", end="\n\n")
    print(f"| {' | '.join(HEADINGS)} |")
    print("|---|" + "---:|" * (len(HEADINGS) - 1), flush=True)
    for size in asked.sizes:
        for packing in asked.packings:
            count = asked.count or (FULL if asked.full else COUNTS[size])
            with tempfile.TemporaryDirectory() as folder:
                print(row(Path(folder), packing, SIZES[size], count, asked.rounds), flush=True)


if __name__ == "__main__":
    main()
