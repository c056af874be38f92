"""Sockets that a tool's printer puts on paper come back as they were.

The printers (`tests/dumps/NAME.py`) are written after the tools' sources and know nothing of the
grammars. Hypothesis varies the sockets, the tool's version and flags, and what happened to the file
since; each printed line says what the frame must hold of it, and what it does not say must be NA.

A printer is found by its dialect's name. It has `dumps` and `headings`, and what `tests.dumps.flags`
needs; where they differ from what is usual, `END` (of a line), `UNTOLD` (columns it says nothing of
where an end was cut) and `DOUBTFUL` (other systems print the same).
"""

from __future__ import annotations

import ast
import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import nsparse
from nsparse.registry import dialects
from tests.dumps.flags import chosen
from tests.dumps.paper import Line, Paper, Row, papers
from tests.frames import rows

FILE = "dump.txt"
FOLDER = Path(__file__).parent / "dumps"
PRINTERS = {name: import_module(f"tests.dumps.{name}") for name in dialects()}
PROOFS = [
    (name, release, options)
    for name, dialect in dialects().items()
    for release, commands in dialect.proved_on.items()
    for options in commands
]

# One example is a file with many sockets, so fewer than the profile's do.
few = settings(max_examples=settings().max_examples // 6)
fewer = settings(max_examples=settings().max_examples // 100)

# Texts for people, without a contract about their form.
FREE = {"details"}


def expected(lines: Sequence[Line], first: Row) -> list[dict[str, object]]:
    """What the frame must hold of every socket, in the order of the file."""
    return [
        {**first, **line.row, "file": FILE, "line": number}
        for number, line in enumerate(lines, 1)
        if line.row is not None
    ]


def held(dump: nsparse.Dump) -> list[dict[str, object]]:
    """What the frame holds, without NA and without the columns that are free."""
    return rows(dump.frame.drop(columns=[name for name in FREE if name in dump.frame.columns]))


def comparable(row: Row, printer: ModuleType) -> dict[str, object]:
    """A row without what its printer does not tell of an end that the tool cut."""
    untold: frozenset[str] = getattr(printer, "UNTOLD", frozenset())
    if "addr_truncated" not in row:
        return dict(row)
    return {name: value for name, value in row.items() if name not in untold}


def repeats(lines: Sequence[Line]) -> bool:
    """Whether a connection is there twice, which no run of a tool prints: it would be a loop's."""
    ends = ("snapshot", "proto", "local_addr", "local_port", "remote_addr", "remote_port")
    shown = [line.row for line in lines if line.row and line.row.get("remote_port")]
    found = [tuple(row.get(name) for name in ends) for row in shown if row.get("proto") == "tcp"]
    return len(set(found)) < len(found)


def check(name: str, lines: Sequence[Line], paper: Paper) -> None:
    """Write, read, compare; nothing is lost and nothing is invented."""
    assume(not repeats(lines))
    printer = PRINTERS[name]
    tool, _, system = name.partition("_")
    speaks = {"os": system, "dialect": name}
    dump = nsparse.parse(io.BytesIO(paper.file(lines)), name=FILE)
    assert dump.problems == []
    assert dump.lines == len(lines) == sum(dump.census.values())
    doubtful = speaks if getattr(printer, "DOUBTFUL", False) else {}
    got = [comparable({**doubtful, **row}, printer) for row in held(dump)]
    first = {"tool": tool, **speaks}
    assert got == [comparable(row, printer) for row in expected(lines, first)]


def kept(name: str) -> st.SearchStrategy[Paper]:
    """Any way to keep a dump of this dialect."""
    return papers(getattr(PRINTERS[name], "END", "\n"))


@pytest.mark.parametrize("name", PRINTERS)
@few
@given(data=st.data())
def test_sockets_come_back(name: str, data: st.DataObject) -> None:
    check(name, data.draw(PRINTERS[name].dumps()), data.draw(kept(name)))


RUBBISH = (
    "??? what is this 12 34",
    "and this is where it went wrong",
    "Nov 23 15:31:15 web1 kernel: eth0: link up, 1000 Mbps",
    "2026-11-23T15:31:15Z ERROR worker 12 died",
    "/usr/lib/libfoo.so: No such file or directory",
    "key=value other=12",
    '{"a": 1, "b": [2]}',
    "deadbeef 00ff 1234",
    "@@@@ #### !!!!",
    "[ 123.456] usb 1-1: new device",
)
"""Lines that no row goes on with: one word alone may be the rest of a name."""

STAND = {"line", "snapshot", "view", "details"}
"""What a line between rows may change of those above and below: where they stand, and when."""


@pytest.mark.parametrize("name", PRINTERS)
@few
@given(data=st.data())
def test_rows_stand_whatever_is_said_below_them(name: str, data: st.DataObject) -> None:
    lines = data.draw(PRINTERS[name].dumps())
    rows_at = {at for at, line in enumerate(lines) if line.row is not None}
    assume(rows_at and not repeats(lines))
    among = sorted(at for at in rows_at if at - 1 in rows_at)
    at = data.draw(st.sampled_from([*among, len(lines)]))
    rubbish = Line(data.draw(st.sampled_from(RUBBISH)))
    paper = Paper(end=getattr(PRINTERS[name], "END", "\n"))
    whole, parted = (
        nsparse.parse(io.BytesIO(paper.file(text)), name=FILE)
        for text in (lines, [*lines[:at], rubbish, *lines[at:]])
    )
    assert [standing(row) for row in held(parted)] == [standing(row) for row in held(whole)]
    assert {problem.line for problem in parted.problems} <= {at + 1}
    assert parted.lines == len(lines) + 1 == sum(parted.census.values())


def standing(row: Row) -> dict[str, object]:
    """What a row says, wherever it stands."""
    return {name: value for name, value in row.items() if name not in STAND}


@pytest.mark.parametrize(("name", "release", "options"), PROOFS)
@fewer
@given(data=st.data())
def test_a_dialect_is_proved_on_what_it_says(
    name: str, release: str, options: str, data: st.DataObject
) -> None:
    printer = PRINTERS[name]
    lines = data.draw(printer.dumps(chosen(printer, release, options)))
    check(name, lines, Paper(end=getattr(printer, "END", "\n")))


@pytest.mark.parametrize("name", PRINTERS)
def test_a_dialect_says_everything_it_is_proved_on(name: str) -> None:
    assert set(dialects()[name].proved_on) == set(PRINTERS[name].RELEASES)


@settings(max_examples=10)
@pytest.mark.parametrize("name", PRINTERS)
@given(data=st.data())
def test_a_heading_without_rows_is_an_empty_table(name: str, data: st.DataObject) -> None:
    lines = data.draw(PRINTERS[name].headings)
    dump = nsparse.parse(io.BytesIO(data.draw(kept(name)).file(lines)), name=FILE)
    assert (len(dump.frame), dump.problems) == (0, [])
    assert dump.lines == len(lines) == sum(dump.census.values())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda p: p.stem)
def test_a_printer_knows_nothing_of_the_parser(path: Path) -> None:
    imported = [
        name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    assert [name for name in imported if name.split(".")[0] in ("nsparse", "lark")] == []
