"""Many bundles: `nsparse batch` against `tar -xO` of the same archives, in processor time.

`python -m benchmarks.bundles` makes sosreports of a few hosts, each under many names (hard links:
neither side is to wait for a disk), has both sides take all of them, in turns, and prints a table.
Processor time is that of all processes of a side, so that other work on the machine weighs little;
both sides keep all processors busy, since two threads of one core slow each other down.
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

from benchmarks.make import FORMATS, sockets
from nsparse.batch.pools import processors

HOSTS = 4
"""Different bundles; the others are the same under other names."""
WRITERS = {"xz": "w:xz", "gz": "w:gz"}
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


def make(folder: Path, count: int, packing: str, files: int, megabytes: float, rows: int) -> int:
    """Write so many bundles, and return how many bytes the files in one have."""
    made = []
    for host in range(min(HOSTS, count)):
        path = folder / f".host{host}"
        found = list(members(host, files, megabytes, rows))
        with tarfile.open(path, WRITERS[packing]) as archive:  # type: ignore[call-overload]
            for name, data in found:
                entry = tarfile.TarInfo(f"sosreport-web{host}-2026-11-22-abcdefg/{name}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        made.append(path)
    for number, path in zip(range(count), cycle(made)):
        os.link(path, folder / f"sosreport-{number:05}.tar.{packing}")
    for path in made:
        path.unlink()
    return sum(len(data) for _, data in found)


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
    peak = run()
    after, ended = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, ended - begun, peak)


def _driven(command: Sequence[str]) -> float:
    """Run the driver, and return how large its own process has been, where the system tells."""
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as driver:
        while driver.poll() is None:
            peak = _peak(driver.pid) or peak
            time.sleep(0.1)
    if driver.returncode:
        raise SystemExit(f"nsparse batch ended with {driver.returncode}")
    return peak


def _peak(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(PEAK)), 0.0)


def measure(folder: Path, packing: str, counts: Sequence[int], rounds: int) -> Iterator[str]:
    """The lines of the table of one packing: the start of the workers is what one bundle takes.

    Times on the clock are worth something only where nothing else runs.
    """
    bundles = sorted(folder.glob("sosreport-*"))
    for count in counts:
        costs, starts = [], []
        for _ in range(rounds):
            starts.append(batch(bundles[:1], folder))
            costs.append((batch(bundles[:count], folder), tar(bundles[:count], folder)))
        start, clock = min(cost.cpu for cost in starts), min(cost.wall for cost in starts)
        mine = min(cost.cpu for cost, _ in costs) - start
        theirs = min(cost.cpu for _, cost in costs)
        rates = [min(cost.wall for cost, _ in costs) - clock, min(cost.wall for _, cost in costs)]
        peak = max(cost.peak for cost, _ in costs)
        packed = f"{bundles[0].stat().st_size / 1e6:.2f} MB {packing}"
        each = f"{1000 * mine / count:.0f} | {1000 * theirs / count:.0f}"
        fast = " | ".join(f"{count / seconds:.1f}" if seconds > 0 else "" for seconds in rates)
        ratio = f"{mine / theirs:.2f}"
        yield f"| {count} | {packed} | {each} | {ratio} | {fast} | {start:.1f} | {peak:.0f} |"


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--packings", nargs="+", choices=list(WRITERS), default=list(WRITERS))
    parser.add_argument("--files", type=int, default=800)
    parser.add_argument("--megabytes", type=float, default=16.0, help="of one bundle, unpacked")
    parser.add_argument("--rows", type=int, default=400, help="sockets in each of its two tables")
    parser.add_argument("--times", type=int, default=1, help="rounds; the least is printed")
    asked = parser.parse_args()
    shown = f"{asked.files} files, {asked.megabytes:g} MB unpacked, 2 tables of {asked.rows} rows"
    print(f"{shown}; milliseconds of the processor a bundle", end="\n\n")
    print("| bundles | each | nsparse batch, ms | tar -xO, ms | ratio ", end="")
    print("| nsparse batch, bundles a second | tar -xO | start, s | driver, MB |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for packing in asked.packings:
        with tempfile.TemporaryDirectory() as folder:
            at = Path(folder)
            make(at, max(asked.counts), packing, asked.files, asked.megabytes, asked.rows)
            for line in measure(at, packing, asked.counts, asked.times):
                print(line, flush=True)


if __name__ == "__main__":
    main()
