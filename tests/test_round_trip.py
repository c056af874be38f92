"""Sockets that a tool's printer puts on paper come back as they were.

The printers (`tests/dumps/NAME.py`) are written after the tools' sources and know nothing of the
grammars. Hypothesis varies the sockets, the tool's version and flags, and what happened to the file
since; each printed line says what the frame must hold of it, and what it does not say must be NA.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nsparse
from tests.dumps import netstat_linux, netstat_macos, netstat_windows, ss_linux
from tests.dumps.paper import Line, Paper, Row, papers

FILE = "dump.txt"
DIALECTS = (netstat_linux, ss_linux, netstat_macos, netstat_windows)

# One example is a file with many sockets, so fewer than the profile's do.
few = settings(max_examples=settings().max_examples * 3 // 5)

# Texts for people, without a contract about their form.
FREE = {"details"}
# What is left of an end that was cut is kept as text, no address and no name.
CUT = {"local_addr", "local_name", "remote_addr", "remote_name"}


def expected(lines: Sequence[Line], first: Row) -> list[dict[str, object]]:
    """What the frame must hold of every socket, in the order of the file."""
    return [
        {**first, **line.row, "file": FILE, "line": number}
        for number, line in enumerate(lines, 1)
        if line.row is not None
    ]


def held(dump: nsparse.Dump) -> list[dict[str, object]]:
    """What the frame holds, without NA and without the columns that are free."""
    frame = dump.frame.drop(columns=[name for name in FREE if name in dump.frame.columns])
    there = frame.notna()
    names = list(frame.columns)
    return [
        {
            name: value
            for name, value, is_there in zip(names, values, flags, strict=True)
            if is_there
        }
        for values, flags in zip(
            frame.itertuples(index=False), there.itertuples(index=False), strict=True
        )
    ]


def comparable(row: Row) -> dict[str, object]:
    """A row without what is left of an end that the tool cut."""
    if "addr_truncated" not in row:
        return dict(row)
    return {name: value for name, value in row.items() if name not in CUT}


def check(lines: Sequence[Line], paper: Paper, first: Row, doubtful: Row | None = None) -> None:
    """Write, read, compare; nothing is lost and nothing is invented.

    Args:
        lines: What the tool prints.
        paper: How it is kept.
        first: What every row must say of its tool.
        doubtful: What a row may say of it, or leave out, because other tools print the same.
    """
    dump = nsparse.parse(io.BytesIO(paper.file(lines)), name=FILE)
    assert dump.problems == []
    assert dump.lines == len(lines) == sum(dump.census.values())
    got = [comparable({**(doubtful or {}), **row}) for row in held(dump)]
    assert got == [comparable(row) for row in expected(lines, {**first, **(doubtful or {})})]


@few
@given(lines=netstat_linux.dumps(), paper=papers())
def test_netstat_linux(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "linux", "tool": "netstat", "dialect": "netstat_linux"})


@few
@given(lines=ss_linux.dumps(), paper=papers())
def test_ss_linux(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "linux", "tool": "ss", "dialect": "ss_linux"})


@few
@given(lines=netstat_macos.dumps(), paper=papers())
def test_netstat_macos(lines: list[Line], paper: Paper) -> None:
    # FreeBSD up to 9 prints the same rows under the same heading.
    check(lines, paper, {"tool": "netstat"}, {"os": "macos", "dialect": "netstat_macos"})


@few
@given(lines=netstat_windows.dumps(), paper=papers(end="\r\n"))
def test_netstat_windows(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "windows", "tool": "netstat", "dialect": "netstat_windows"})


@settings(max_examples=10)
@pytest.mark.parametrize("printer", DIALECTS, ids=lambda printer: printer.__name__.split(".")[-1])
@given(data=st.data(), paper=papers())
def test_a_heading_without_rows_is_an_empty_table(
    printer: ModuleType, data: st.DataObject, paper: Paper
) -> None:
    lines = data.draw(printer.headings)
    dump = nsparse.parse(io.BytesIO(paper.file(lines)), name=FILE)
    assert (len(dump.frame), dump.problems) == (0, [])
    assert dump.lines == len(lines) == sum(dump.census.values())


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parent.glob("dumps/*.py")), ids=lambda p: p.stem
)
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
