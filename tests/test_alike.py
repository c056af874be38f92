"""Damaged lines that are alike: judged once for all, and never otherwise than each by itself."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

import nsparse
from nsparse.reading.assemble import assemble
from nsparse.reading.grammar import heads
from nsparse.reading.grammar.grammar import ROWS, load
from nsparse.reading.grammar.outlines import NOWHERE, openings_of, outline_of, tells_digits
from nsparse.reading.pipeline import _voices
from nsparse.reading.tables import noise, sections
from nsparse.reading.tables.alike import Alike, _keys
from nsparse.reading.tables.beside import is_odd_row
from nsparse.reading.tables.refusals import EXPLAINED_AT_MOST
from nsparse.reading.tables.rows import Rows
from nsparse.reading.tables.table import Sections
from nsparse.reading.tables.unread import Unread, Unreads
from nsparse.reading.texts import mend
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from nsparse.registry import dialects
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = sorted(dialects())
SIGNS = "0179ax:.*[]%/\\_,;=\"'<#| \t\x01\x07\x1b"


def sample(name: str) -> list[str]:
    """The lines of the first sample of a dialect."""
    paths = (path for path in SAMPLES.glob(f"{name}--*.txt") if ".expected" not in path.name)
    path = min(paths)
    return [line for line in split_lines(decode(path.read_bytes()).text) if line.strip()]


def damaged(line: str, dice: random.Random) -> str:
    """A line that lost its end, its beginning or a cell, or with other characters in it."""
    at = dice.randrange(len(line) + 1)
    sign = dice.choice(SIGNS)
    return dice.choice(
        (
            line[:at],
            line[at:],
            line[:at] + sign + line[at + 1 :],
            line.replace(":", ";").replace(".", ","),
            line.replace(" ", f" {sign}", 1),
            " ".join(line.split()[dice.randrange(3) :]),
        )
    )


def renumbered(line: str, dice: random.Random) -> str:
    """The same line with other digits."""
    return re.sub("[0-9]", lambda _: dice.choice("0123456789"), line)


def texts(name: str) -> Iterator[bytes]:
    """Many damaged lines below a heading, below and between rows, alike in pairs and one by one."""
    lines = sample(name)
    for seed in range(2):
        dice = random.Random(seed)
        kinds = [damaged(dice.choice(lines), dice) for _ in range(16)] + lines[-4:]
        body = [
            renumbered(kind, dice) for kind in dice.choices(kinds, k=32) for _ in range(1 + seed)
        ]
        yield "\n".join([*lines[: 4 + 4 * seed], *body]).encode()


@pytest.mark.parametrize("name", NAMES)
def test_lines_alike_are_what_each_of_them_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = Alike.take

    def counted(self: Alike, number: int, damage: str | None) -> int:
        taken.append(take(self, number, damage))
        return taken[-1]

    for data in texts(name):
        monkeypatch.setattr(Alike, "take", counted)
        alike = nsparse.parse(io.BytesIO(data), engine="regex")
        monkeypatch.setattr(Alike, "take", lambda *_: 0)
        each = nsparse.parse(io.BytesIO(data), engine="regex")
        assert_frame_equal(alike.frame, each.frame)
        assert replace(alike, frame=None) == replace(each, frame=None)  # type: ignore[arg-type]
    assert sum(taken) > 1


def is_mended(line: str) -> list[tuple[str, int]]:
    """The mends that change a line, and how long it is then."""
    return [(name, len(undone)) for name, undone in mend.mended(line)]


FACTS: tuple[Callable[[str], object], ...] = (
    noise.stands_beside,
    noise.holds_data,
    noise.holds_two_ends,
    noise.begins_with_end,
    lambda line: sum(map(str.isdecimal, line.split())),
    is_mended,
    # Of a first word with a letter in it each digit counts; what begins with none is no state.
    lambda line: line[:1].isalpha() or is_odd_row(line),
)


@pytest.mark.parametrize("fact", FACTS)
def test_no_digit_is_told_from_another(fact: Callable[[str], object]) -> None:
    dice = random.Random(5)
    lines = [line.strip() for name in NAMES for line in sample(name)]
    lines += ["2026-11-22 10:43:50", "Sun Nov 22 10:43:50 UTC 2026", "=== 12:00:01 ===", "12| tcp"]
    lines += ["netstat.txt:12:tcp 0", "3 more rows", "2026-11-22T10:43:50Z stdout F tcp  0"]
    found = set()
    for line in lines:
        for kind in (line, damaged(line, dice).strip()):
            if kind and not re.search("&|=[0-9A-Fa-f]", kind):
                found.add(repr(fact(kind)))
                assert fact(renumbered(kind, dice)) == fact(kind), kind
    assert len(found) > 1


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_of_a_kind_that_its_beginning_rules_out(name: str) -> None:
    derived, dice = load(name).derived, random.Random(6)
    dead = 0
    for line in (line.strip() for line in sample(name)):
        for kind, pattern in derived.patterns.items():
            if pattern.match(line) is None:
                continue
            for at in range(1, len(line) + 1):
                assert not heads.is_lost(pattern.begins, line[:at])
                assert kind not in derived.walks or not derived.walks[kind].dies(line[:at])
        broken = damaged(line, dice).strip()
        dead += any(derived.walks[kind].dies(broken) for kind in ROWS if kind in derived.walks)
    assert dead > 1


@pytest.mark.parametrize("name", NAMES)
def test_every_line_stays_within_the_outline_of_its_kind(name: str) -> None:
    (voice,) = (one for one in _voices("regex") if one.dialect.name == name)
    derived, dice = voice.grammar.derived, random.Random(7)
    opening, left = openings_of((voice,)), 0
    for line in (line.strip() for line in sample(name)):
        for kind, pattern in derived.patterns.items():
            outline = outline_of((voice,), (kind,))
            if pattern.match(line) is not None:
                assert outline.after(line).final
                assert all(outline.after(line[:at]) is not NOWHERE for at in range(1, len(line)))
                # Of a digit nothing is known but that it is one, of a letter abroad nothing.
                assert outline.after(renumbered(line, dice)) is outline.after(line)
            left += outline.after(damaged(line, dice).strip() or "?") is NOWHERE
        assert opening.begins(line) or not voice.opening.match(line)
    assert left > len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_rows_begin_with_hangs_on_no_digit_that_is_said_not_to_tell(name: str) -> None:
    source = load(name).derived.opens.source
    opening, dice = re.compile(source), random.Random(9)
    steady = 0
    for line in (line.strip() for line in sample(name)):
        for text in (line, damaged(line, dice).strip()):
            word = re.match("[^0-9 ][^ ]*", text)
            end = word.end() if word else 0
            if not tells_digits(source, text, end):
                steady += 1
                other = text[:end] + renumbered(text[end:], dice)
                assert bool(opening.match(text)) is bool(opening.match(other)), (text, other)
    assert steady


def test_problems_stand_in_the_order_of_lines_whether_explained_or_not() -> None:
    bad = "ESTAB 0 0 192.0.2.10:443 198.51.100.7:70000"
    rows = [*[ROW.rstrip()] * 3, "ESTAB 0 0 192,0,2,10;443", "x ESTAB 0", bad]
    lines = [HEADING.rstrip(), *rows * (EXPLAINED_AT_MOST // 2 + 9), ROW.rstrip()]
    dump = nsparse.parse(io.BytesIO("\n".join(lines).encode()), name="d.txt")
    assert [one.line for one in dump.problems] == [
        number for number, line in enumerate(lines, 1) if number > 1 and line != ROW.rstrip()
    ]
    assert all(one.text == lines[one.line - 1] for one in dump.problems)
    assert {one.column for one in dump.problems[-3:]} == {1, bad.index("198") + 1}


HEADING = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
ROW = "ESTAB  0      0      192.0.2.10:443     198.51.100.7:51514\n"


@pytest.mark.parametrize("bad", ["ESTAB \x07 0 0\n", "ESTAB 0 0 192,0,2,10;443\n", "EST\n"])
def test_rows_around_damaged_lines_are_read_together(
    bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is one run needs one row of each kind to be read by itself, and not one of each run."""
    seen: list[Rows] = []

    def watched(file: str, lines: Sequence[str], found: Sections, **how: Any) -> nsparse.Dump:
        seen.extend(table.records for table in found.tables)
        return assemble(file, lines, found, **how)

    monkeypatch.setattr("nsparse.reading.pipeline.assemble", watched)
    text = HEADING + (ROW * 20 + bad) * 30 + ROW * 20
    dump = nsparse.parse(io.BytesIO(text.encode()), engine="columns")
    assert (len(dump.frame), len(dump.problems)) == (620, 30)
    assert len(list(seen[0].few)) < 30


LONG = 40


@pytest.mark.parametrize("engine", ["regex", "columns"])
@pytest.mark.parametrize(
    ("line", "column"),
    [("x" * LONG, 1), ("é" * LONG, 1), ("ESTAB 0 0 192.0.2.10:443 " + "9" * LONG, 26)],
)
def test_an_endless_line_is_damaged_and_costs_itself(
    line: str, column: int, engine: Literal["regex", "columns"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    for module in ("tables.sections", "columns.runs"):
        monkeypatch.setattr(f"nsparse.reading.{module}.ENDLESS", len(ROW))
    endless = line * (1 + len(ROW) // len(line))
    text = HEADING + ROW * 3 + endless + "\n" + ROW * 3
    dump = nsparse.parse(io.BytesIO(text.encode()), engine=engine)
    assert dump.frame["line"].tolist() == [2, 3, 4, 6, 7, 8]
    assert [(one.line, one.column, one.text) for one in dump.problems] == [(5, column, endless)]
    assert dump.census == {"headers": 1, "rows": 6, "problems": 1}


def test_what_tells_lines_apart() -> None:
    lines = b"tcp4  10 a1\n  12 tcp4\n\xc3\xa94 5\nESTAB 9 \t\n1.2 b3"
    assert _keys(lines) == [b"tcp4  00 a0", b"  00 tcp0", b"\xc3\xa94 0", b"ESTAB 0", b"0.0 b0"]


def test_lines_that_were_not_read() -> None:
    found = Unreads(["one", " two ", None, "four"])
    found.append(Unread(4, None, "our", "an end"))
    found.extend(1, [None, None])
    assert found.lines == [4, 1, 2]
    assert found[:2] == [Unread(4, None, "our", "an end"), Unread(1, None, "one")]
    assert found[-1] == Unread(2, None, "two")
    assert [one.line for one in found] == [4, 1, 2]


@pytest.mark.parametrize("engine", ["regex", "columns"])
def test_few_damaged_lines_are_judged_by_themselves(
    engine: Literal["regex", "columns"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also below empty lines, where they are text if they do not begin as rows do."""
    alone: list[int] = []
    line = sections._Walk.line

    def counted(self: Any, number: int) -> int:
        alone.append(number)
        return line(self, number)

    monkeypatch.setattr(sections._Walk, "line", counted)
    bad = "ESTAB 0 0 192,0,2,1;22 198,51,100,7;40{}"
    some = "\n".join((bad, "ESTAB\x07 {}", "EST", bad))
    body = (f"{some}\n\n{some}\n{ROW}".replace("{}", str(at)) for at in range(30))
    text = HEADING + ROW + "".join(body)
    dump = nsparse.parse(io.BytesIO(text.encode()), engine=engine)
    assert dump.census == {"headers": 1, "rows": 31, "problems": 120, "text": 120, "blank": 30}
    assert len(alone) < 40
