"""What all lines of a text have alike is undone for many at a time, and no otherwise than by one."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

import nsparse
from nsparse.reading import chunks
from nsparse.reading.damage.tail import Tail
from nsparse.reading.tables.ledger import Line
from nsparse.reading.tables.sections import _Walk
from nsparse.reading.tables.table import Table
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from nsparse.registry import dialects
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(dialects())

HEADING = "State      Recv-Q Send-Q  Local Address:Port   Peer Address:Port Process"
STATES = ("ESTAB", "TIME-WAIT", "CLOSE-WAIT", "FIN-WAIT-1")
ROWS = [
    f"{STATES[n % 4]:<10} {n % 7:<6} 0      192.0.2.{n % 5}:443    [2001:db8::{n:x}]:{40000 + n}"
    for n in range(60)
]
CLEAN = [HEADING, *ROWS]

Engine = Literal["auto", "lark", "regex", "columns"]


def read(lines: list[str], engine: Engine = "regex") -> nsparse.Dump:
    """What an engine reads of some lines."""
    return nsparse.parse(io.BytesIO("\n".join((*lines, "")).encode()), engine=engine)


def both(lines: list[str]) -> nsparse.Dump:
    """What the two engines read, which must be the same."""
    one, many = read(lines), read(lines, "columns")
    assert_frame_equal(one.frame, many.frame)
    assert one.problems == many.problems
    assert one.notes == many.notes
    assert one.census == many.census
    assert one.stretches == many.stretches
    return many


STEERED: dict[str, tuple[Callable[[str], str], str]] = {
    "a control character": (lambda line: line.replace(" ", " \x01", 1), "with control characters"),
    "within a word": (lambda line: f"{line[:2]}\x0f{line[2:]}", "with control characters"),
    "a bell and padding": (lambda line: f"\x07{line}\x00\x00", "with control characters"),
    "coloured": (lambda line: f"\x1b[1;32m{line}\x1b[0m", "coloured by a terminal"),
    "erased behind": (lambda line: f"{line}\x1b[K", "coloured by a terminal"),
    "as tput does": (lambda line: f"\x1b[1m{line}\x1b(B\x1b[m", "coloured by a terminal"),
    "with a title": (lambda line: f"\x1b]0;web1\x07{line}", "coloured by a terminal"),
}


@pytest.mark.parametrize("what", STEERED)
def test_what_steers_a_terminal_in_every_line_is_taken_out(what: str) -> None:
    """The rows are those of the same lines without it, and it is said how many lines had it."""
    steer, said = STEERED[what]
    dump = both([*map(steer, CLEAN)])
    assert_frame_equal(dump.frame, read(CLEAN).frame)
    assert dump.notes == [f"{len(CLEAN)} lines mended: {said}"]
    assert not dump.problems


def test_a_prompt_above_may_be_without() -> None:
    """Nine of ten lines decide."""
    lines = ["$ ss -tan", *(f"\x0f{line}" for line in CLEAN)]
    assert len(both(lines).frame) == len(ROWS)


def test_a_control_character_that_only_rows_hold_is_not_taken_out() -> None:
    """It may stand where another was, or be a part of a program's name."""
    dump = both([HEADING, *(f"{row[:11]}\x01{row[11:]}" for row in ROWS)])
    assert len(dump.problems) == len(ROWS)
    named = [f'{row} users:(("\x1b[1mfoo",pid=1,fd={n}))' for n, row in enumerate(ROWS)]
    assert set(both([HEADING, *named]).frame["process"]) == {"\x1b[1mfoo"}


def test_chunks_know_what_the_first_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines that are put above each chunk have been read: nothing steers a terminal there."""
    monkeypatch.setattr(chunks, "PIECE", 1 << 14)
    lines = [f"{line}\x1b[K" for line in (HEADING, *ROWS * 20)]
    frames = list(nsparse.read_chunks(io.BytesIO("\n".join((*lines, "")).encode())))
    assert len(frames) > 1
    assert sum(map(len, frames)) == len(ROWS) * 20


FRONTS: dict[str, Callable[[str, int], str]] = {
    "quoted": lambda line, _: f"> {line}",
    "numbered by cat": lambda line, at: f"{at:6}\t{line}",
    "numbered by nl": lambda line, at: f"{at:6}  {line}",
    "found by number": lambda line, at: f"{at}:{line}",
    "found by file": lambda line, _: f"ss.txt:{line}",
    "found by both": lambda line, at: f"dumps/ss-{at % 2}.txt:{at}:{line}",
    "stamped": lambda line, at: f"2026-11-22T10:43:{at % 60:02}.{at:03}Z {line}",
    "stamped by syslog": lambda line, at: f"Nov 22 10:43:{at % 60:02} web1 ss[123]: {line}",
    "between bars": lambda line, _: f"| {line} |",
    "commented": lambda line, _: f"# {line}",
    "named": lambda line, _: f"web1 | {line}",
    "listed": lambda line, _: f"- {line}",
    "coloured but for the heading": lambda line, at: f"\x1b[32m{line}\x1b[0m" if at else line,
}
"""What stands around a line of a number."""

ODD = FRONTS | {
    "indented and quoted": lambda line, at: f"{'  ' * (at % 3)}> {line}",
    "found, and indented": lambda line, at: f"  {at}:{line}",
    "stamped, and indented": lambda line, at: f"10:43:{at % 60:02}  {line}",
    "in brackets": lambda line, at: f"[10:43:{at % 60:02}] {line}",
    "run by root": lambda line, at: f"# ss {line}" if at % 9 == 0 else f"# {line}",
}
"""The same, and what makes lines something else."""

BETWEEN = (
    "",
    "ESTAB 0 0 192.0.2.1:",
    "what a nice day",
    "--More--",
    "$ ss -tan",
    HEADING,
    "\t cubic rto:204",
)
"""Lines that part rows, or end them."""


@pytest.mark.parametrize("what", FRONTS)
def test_what_stands_in_front_of_every_line_is_undone_for_many(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are those of the lines without it, and most of them are read together."""
    front = FRONTS[what]
    clean = read(CLEAN)
    alone: list[Line] = []
    take = _Walk.take

    def noted(walk: _Walk, line: Line) -> None:
        alone.append(line)
        take(walk, line)

    monkeypatch.setattr(_Walk, "take", noted)
    dump = read([front(line, at) for at, line in enumerate(CLEAN)], "columns")
    assert_frame_equal(dump.frame.drop(columns="taken_at"), clean.frame.drop(columns="taken_at"))
    assert len(alone) < len(ROWS) / 2


def test_rows_between_damaged_ones_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind is read by itself, for all of a table: also those above damaged rows."""
    bad = ("ESTAB 0 0", "EST", "FIN-WAIT-1 0 0 192.0.2.1;443 192,0,2,9;4", "ESTAB 0 x 192.0.2.1:1")
    lines = [HEADING]
    for at in range(40):
        lines += [*ROWS[:20], bad[at % 4]]
    tables: list[Table] = []
    close = _Walk.close

    def noted(walk: _Walk, tail: Tail) -> None:
        close(walk, tail)
        tables.extend(walk.ledger.found.tables)

    monkeypatch.setattr(_Walk, "close", noted)
    assert len(both(lines).frame) >= 40 * 19
    assert len(tables[-1].records.parts) < 10


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_front_of_lines_never_changes_what_is_read(name: str) -> None:
    """Rows of any dialect, other lines between them, some of them without it."""
    dice = random.Random(name)
    path = min(path for path in SAMPLES.glob(f"{name}--*.txt") if ".expected" not in path.name)
    sample = [line for line in split_lines(decode(path.read_bytes()).text) if line.strip()][:60]
    for what in dice.sample(sorted(ODD), 2):
        lines: list[str] = []
        while len(lines) < 60:
            first = dice.randrange(len(sample))
            lines += sample[first : first + dice.randrange(40)]
            lines += dice.sample(BETWEEN, dice.randrange(2))
        texts = [ODD[what](line, at) for at, line in enumerate([*sample[:3], *lines])]
        for at in dice.sample(range(len(lines)), 3):
            texts[at] = dice.choice((lines[at], texts[at][1:], texts[at][:-3], ""))
        both(texts)
