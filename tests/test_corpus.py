"""Real dumps that people sent, counted twice by others.

`NSPARSE_CORPUS` names a folder that holds `manifest.jsonl` and `dumps/`. Its texts have licences of
their own and are no part of this project, so the test skips where the variable is unset.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import nsparse
from tests.frames import assert_frame_equal

CORPUS = os.environ.get("NSPARSE_CORPUS", "")
pytestmark = pytest.mark.skipif(not CORPUS, reason="NSPARSE_CORPUS names no folder of real dumps")

FAMILIES = {
    ("linux", "netstat"): "Linux netstat",
    ("linux-busybox", "netstat"): "Linux netstat",
    ("linux", "ss"): "ss",
    ("macos", "netstat"): "macOS netstat",
    ("windows", "netstat"): "Windows netstat",
}

AT_FAULT: dict[str, str] = {}
"""Dumps whose manifest or file is at fault, by number, and why."""

Entry = dict[str, Any]


@cache
def entries() -> tuple[Entry, ...]:
    """The manifest, empty where there is no corpus."""
    if not CORPUS:
        return ()
    text = (Path(CORPUS) / "manifest.jsonl").read_text("utf-8")
    return tuple(json.loads(line) for line in text.splitlines())


def family(entry: Entry) -> str:
    """The family of a dump, or why it is none."""
    if entry["expect_refusal"]:
        return "to be refused"
    return FAMILIES.get((entry["os"], str(entry["tool"]).split()[0]), "other systems")


def number(entry: Entry) -> str:
    return Path(entry["file"]).name[:3]


def read(entry: Entry, engine: Any = "auto") -> nsparse.Dump | nsparse.NsparseError:
    try:
        return nsparse.parse(Path(CORPUS) / entry["file"], engine=engine)
    except nsparse.NsparseError as error:
        return error


def counts(dump: nsparse.Dump) -> dict[str, Any]:
    """What the manifest counts, counted in the frame."""
    frame = dump.frame
    inet, unix = frame["section"] == "inet", frame["section"] == "unix"
    tcp, udp = frame["proto"] == "tcp", frame["proto"] == "udp"
    return {
        "socket_rows": int((inet | unix).sum()),
        "tcp_rows": int(tcp.sum()),
        "udp_rows": int(udp.sum()),
        "raw_rows": int((inet & ~tcp & ~udp).sum()),
        "unix_rows": int(unix.sum()),
        "other_rows": int((~inet & ~unix).sum()),
        "by_state": dict(Counter(frame.loc[tcp, "state_raw"].fillna("(none)"))),
    }


def is_exact(entry: Entry) -> bool:
    outcome = read(entry)
    if isinstance(outcome, nsparse.Dump) and entry.get("either"):
        # Read where a refusal was right as well: then the rows that `debatable` counts.
        return int(re.findall(r"accepted: ([0-9]+)", entry["debatable"])[0]) == len(outcome.frame)
    if entry["expect_refusal"]:
        return isinstance(outcome, nsparse.NotASocketTable)
    if isinstance(outcome, nsparse.NsparseError):
        return False
    found = counts(outcome)
    differ = {name for name, count in found.items() if count != entry[name]}
    return not differ or (differ <= PROTOCOLS and is_also_right(entry, found))


PROTOCOLS = {"tcp_rows", "udp_rows", "by_state"}


def is_also_right(entry: Entry, found: dict[str, Any]) -> bool:
    """Whether sockets that a tool calls tcp are counted as the UDP sockets that they are."""
    told = re.search(r"([0-9]+) tcp \+ ([0-9]+) udp is also right", entry["debatable"])
    return told is not None and [found["tcp_rows"], found["udp_rows"]] == [*map(int, told.groups())]


def test_the_dumps_are_read_exactly(capsys: pytest.CaptureFixture[str]) -> None:
    exact: dict[str, list[bool]] = {}
    wrong: dict[str, list[str]] = {}
    for entry in entries():
        right = is_exact(entry)
        exact.setdefault(family(entry), []).append(right)
        if not right:
            wrong.setdefault(family(entry), []).append(number(entry))
    with capsys.disabled():
        print(f"\n{'family':<18}{'exact':>7}{'dumps':>7}   not exact")
        for name, outcomes in sorted(exact.items()):
            print(
                f"{name:<18}{sum(outcomes):>7}{len(outcomes):>7}   {' '.join(wrong.get(name, []))}"
            )
    assert {name for names in wrong.values() for name in names} == set(AT_FAULT)


@pytest.mark.parametrize("entry", entries(), ids=number)
def test_every_line_is_accounted_for(entry: Entry) -> None:
    outcome = read(entry)
    if not isinstance(outcome, nsparse.NsparseError):
        assert sum(outcome.census.values()) == outcome.lines
        assert outcome.census.get("rows", 0) == len(outcome.frame)


@pytest.mark.parametrize("engine", ["lark", "columns"])
@pytest.mark.parametrize("entry", entries(), ids=number)
def test_the_engines_give_equal_dumps(
    entry: Entry, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By columns also what is too short to be worth it.
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    by_regex, by_other = read(entry, "regex"), read(entry, engine)
    if isinstance(by_regex, nsparse.NsparseError):
        assert str(by_regex) == str(by_other)
        return
    assert isinstance(by_other, nsparse.Dump)
    assert_frame_equal(by_regex.frame, by_other.frame)
    assert replace(by_regex, frame=None) == replace(by_other, frame=None)  # type: ignore[arg-type]
