"""What is measured, and what is aimed at: one entry a line of the table in docs/performance.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from typing import Literal

from benchmarks import make
from benchmarks.formats import FORMATS, Format

Look = Literal["clean", "1 % damaged", "damaged", "escapes", "one line"]

WRITERS: dict[Look, Callable[[Path, Format, int], None]] = {
    "clean": make.write,
    "1 % damaged": lambda path, form, rows: make.write(path, form, rows, 1),
    "damaged": lambda path, form, rows: make.write(path, form, rows, 100),
    "escapes": make.write_escapes,
    "one line": make.write_long,
}


@dataclass(frozen=True)
class Dump:
    """A dump to read."""

    form: str
    rows: int
    look: Look = "clean"

    @property
    def name(self) -> str:
        """For the tables."""
        look = "" if self.look == "clean" else f", {self.look}"
        return f"`{self.form}`, {spaced(self.rows)} rows{look}"

    def write(self, path: Path) -> None:
        """Make it."""
        WRITERS[self.look](path, FORMATS[self.form], self.rows)


@dataclass(frozen=True)
class Run:
    """One way to read one dump."""

    way: str
    dump: Dump


Unit = Literal["time", "time a row", "time a byte", "bytes a byte", "MB"]


@dataclass(frozen=True)
class Aim:
    """A number that is aimed at.

    Attributes:
        what: In words.
        most: The largest that is good.
        mine: What nsparse does.
        theirs: What it is held against, in turns with it; none for memory.
        unit: What of both makes the number.
        rounds: How often both are run.
    """

    what: str
    most: float
    mine: Run
    theirs: Run | None
    unit: Unit = "time"
    rounds: int = 5


DIALECTS = (
    "netstat -an (FreeBSD)",
    "netstat -an (OpenBSD)",
    "netstat -an (NetBSD)",
    "netstat -an (AIX)",
    "netstat -an (HP-UX)",
    "netstat -an (illumos)",
    "netstat -ano (ReactOS)",
)
"""One dump of each dialect that has no aim of its own."""

HOSTILE: dict[Look, str] = {
    "1 % damaged": "half",
    "damaged": "half",
    "escapes": "half",
    "one line": "large",
}
"""How damaged dumps look, and how many rows those have, and the clean ones beside them."""


def aims(*, quick: bool) -> list[Aim]:
    """Everything that is measured, in the order of the table."""
    size = Size(rounds=2, few=1_000, starts=9) if quick else Size()
    return [*_peers(size), *_dialects(size), *_costs(size), *_memory(size), *_processes(size)]


@dataclass(frozen=True)
class Size:
    """How large the dumps are, how often each way reads them, and how often processes are started.

    Where one round takes long, a number is the median of fewer.
    """

    huge: int = 5_000_000
    large: int = 1_000_000
    half: int = 250_000
    some: int = 50_000
    few: int = 5_000
    rounds: int = 5
    starts: int = 15

    @property
    def fewer(self) -> int:
        """How often those read that no aim is set for."""
        return max(self.rounds - 1, 1)


def _peers(size: Size) -> Iterator[Aim]:
    """Against other ways to read the same dumps."""
    yield _against("read_csv", Dump("ss -tan", size.half), 1.0, 2 * size.rounds - 1)
    yield _against("read_csv", Dump("ss -tan", size.large), 1.0, size.rounds)
    yield _against("read_csv", Dump("ss -tanp", size.half), 1.6, size.rounds)
    for form in ("netstat -anp (Linux)", "netstat -an (macOS)", "netstat -ano (Windows)"):
        yield _against("read_csv", Dump(form, size.half), 1.3, size.rounds)
    # A dump of a busy host, and a small one: what nsparse prepares once weighs more in that.
    for rows in (size.half, size.some):
        for form in ("ss -tuan", "netstat -anp (Linux)", "netstat -an (macOS)"):
            yield _against("jc", Dump(form, rows), 1 / 30, 2)
    # insights-core reads no `netstat -anp` without the columns User and Inode.
    yield _against("insights-core", Dump("ss -tuan", size.some), inf, size.fewer)
    for way, most in (("read_csv + split", inf), ("mawk, states counted", inf), ("wc -l", inf)):
        yield _against(way, Dump("ss -tan", size.half), most, size.fewer)


def _dialects(size: Size) -> Iterator[Aim]:
    """Every other dialect, and each of them damaged."""
    for form in DIALECTS:
        yield _against("read_csv", Dump(form, size.some), inf, size.fewer)
    for form in (
        "netstat -anp (Linux)",
        "netstat -an (macOS)",
        "netstat -ano (Windows)",
        *DIALECTS,
    ):
        clean = Run("nsparse", Dump(form, size.few))
        looks: tuple[Look, ...] = ("1 % damaged", "damaged")
        for look in looks:
            bad = Run("nsparse", Dump(form, size.few, look))
            what = f"`{form}`, {spaced(size.few)} rows, {look}, against clean, a byte"
            yield Aim(what, inf, bad, clean, "time a byte", 1)


def _costs(size: Size) -> Iterator[Aim]:
    """What a row costs, whatever is in the dump and however large it is; and what judging costs."""
    clean = Run("nsparse", Dump("ss -tan", size.half))
    for form, most in (("ss -tani", 3), ("ss -tanpoe", 3), ("ss -tanpeoim", inf)):
        more = Run("nsparse", Dump(form, size.half))
        what = f"`{form}`, a socket, against a row of `ss -tan`"
        yield Aim(what, most, more, clean, "time a row", size.rounds)
    for rows, most in ((1_000, inf), (size.large, 1.3), (size.huge, 1.3)):
        one, other = (Run("nsparse", Dump("ss -tan", many)) for many in (rows, 10_000))
        what = f"a row of {spaced(rows)} against one of 10 000"
        yield Aim(what, most, one, other, "time a row", 1 if rows == size.huge else 3)
    for look, which in HOSTILE.items():
        as_many = Dump("ss -tan", getattr(size, which))
        bad, good = Run("nsparse", replace(as_many, look=look)), Run("nsparse", as_many)
        what = f"`ss -tan`, {spaced(as_many.rows)} rows, {look}, against as many clean, a byte"
        yield Aim(what, 3, bad, good, "time a byte", 1)
    proxy = Dump("proxy", size.large)
    for way, what, most in (
        ("nsparse diagnose", "all diagnoses and their scene", 1),
        ("nsparse scene", "the scene alone", inf),
    ):
        told = f"{what}, {spaced(size.large)} rows, against the parse"
        yield Aim(told, most, Run(way, proxy), Run("nsparse", proxy), "time", 2)


def _memory(size: Size) -> Iterator[Aim]:
    frame = Run("nsparse", Dump("ss -tan", size.large))
    yield Aim(
        "the frame, bytes above imports for a byte of input", 4, frame, None, "bytes a byte", 1
    )
    parts = Run("nsparse read_chunks", Dump("ss -tan", size.huge))
    what = f"`read_chunks` of {spaced(size.huge)} rows, MB at most, imports included"
    yield Aim(what, 200, parts, None, "MB", 1)


def _processes(size: Size) -> Iterator[Aim]:
    """Whole processes, from start to end."""
    dump = Dump("ss -tan", 200)
    for mine, theirs, most in (
        ("nsparse diagnose", "import pandas", 1.3),
        ("nsparse --help", "import click", 2),
    ):
        runs = Run(f"process: {mine}", dump), Run(f"process: {theirs}", dump)
        yield Aim(f"process: `{mine}` against `{theirs}`", most, *runs, "time", size.starts)


def spaced(number: int) -> str:
    """A number with a blank between the thousands."""
    return f"{number:,}".replace(",", " ")


def _against(way: str, dump: Dump, most: float, rounds: int) -> Aim:
    what = f"{dump.name}: against {way}"
    return Aim(what, most, Run("nsparse", dump), Run(way, dump), "time", rounds)
