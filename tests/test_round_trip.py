"""Sockets that a tool's printer puts on paper come back as they were.

The printers (`tests/dumps/NAME.py`) are written after the tools' sources and know nothing of the
grammars. Hypothesis varies the sockets, the tool's version and flags, and what happened to the file
since; each printed line says what the frame must hold of it, and what it does not say must be NA.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsparse
from tests.dumps import netstat_linux
from tests.dumps.paper import Line, Paper, Row, papers

FILE = "dump.txt"

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
    frame = dump.frame.drop(columns=[name for name in FREE if name in dump.frame.columns])
    there = frame.notna()
    names = list(frame.columns)
    return [
        {name: value for name, value, is_there in zip(names, values, flags, strict=True) if is_there}
        for values, flags in zip(
            frame.itertuples(index=False), there.itertuples(index=False), strict=True
        )
    ]


def check(lines: Sequence[Line], paper: Paper, first: Row) -> None:
    """Write, read, compare; nothing is lost and nothing is invented."""
    dump = nsparse.parse(io.BytesIO(paper.file(lines)), name=FILE)
    assert dump.problems == []
    assert dump.lines == len(lines) == sum(dump.census.values())
    assert held(dump) == expected(lines, first)


@given(lines=netstat_linux.dumps(), paper=papers())
def test_netstat_linux(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "linux", "tool": "netstat", "dialect": "netstat_linux"})
