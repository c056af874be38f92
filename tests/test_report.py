"""The report as a person reads it; texts are compared word for word."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from nsparse.diagnosis import Finding, Group, Step
from nsparse.errors import DumpError
from nsparse.judging.arrays.view import View
from nsparse.judging.report import Report
from nsparse.layout import block, spread, wrap
from nsparse.reporting.report import Style, brief, full, ranges, text
from nsparse.reporting.verdict import totals
from nsparse.schema import empty

LEAK = Finding(
    id="close-wait-leak",
    severity="warning",
    confidence="medium",
    group=Group("java/4711", "java", 4711, "server", "198.51.100.20:8080"),
    n=6,
    base=7,
    verdict="6 of 7 connections accepted on port 8080 are CLOSE_WAIT: the clients have closed, "
    "java/4711 has not.",
    sockets=(1, 2, 3, 4, 5, 6),
    limits={"few": 5, "share": 0.5, "many": 100},
    evidence=(
        "state        n   Recv-Q 0   =1   2-64   >64   oldest",
        "CLOSE_WAIT   6          6    0      0     0   not in this dump",
        "peers: 203.0.113.7 (4), 203.0.113.9 (2)",
    ),
    cause=(
        "Recv-Q 0: java has read end-of-stream and kept the descriptor (missing close in an error "
        "path).",
    ),
    next=(Step("linux", "ss -tanpe state close-wait '( sport = :8080 )'"),),
    caveats=("how long: take a second snapshot 120 s later",),
    refs=("RFC 9293 3.6",),
    host="web1",
    rows=tuple(("dump.txt", line) for line in (3, 4, 5, 6, 7, 9)),
)

LEAK_TEXT = """\
warning  close-wait-leak  web1  server 198.51.100.20:8080  java/4711
         confidence medium
  6 of 7 connections accepted on port 8080 are CLOSE_WAIT: the clients have
  closed, java/4711 has not.
  evidence   state        n   Recv-Q 0   =1   2-64   >64   oldest
             CLOSE_WAIT   6          6    0      0     0   not in this dump
             peers: 203.0.113.7 (4), 203.0.113.9 (2)
  lines      dump.txt:3-7,9
  cause      Recv-Q 0: java has read end-of-stream and kept the descriptor
               (missing close in an error path).
  next       ss -tanpe state close-wait '( sport = :8080 )'
  not shown  how long: take a second snapshot 120 s later"""


def report(*findings: Finding, **parts: Any) -> Report:
    """A report as the judge hands it over, without a dump behind it."""
    host = findings[0].host or "" if findings else "web1"
    has, view = frozenset({"states", "queues"}), View(empty())
    scene: Any = SimpleNamespace(host=host, os="linux", has=has, view=view)
    held: dict[str, Any] = {
        "findings": findings,
        "not_evaluated": (),
        "sources": (),
        "summary": {"rows": 268},
        "problems": (),
        "scenes": (scene,),
    }
    return Report(**held | parts)


def shown(*findings: Finding, style: Style | None = None, **parts: Any) -> str:
    return "\n".join(text(report(*findings, **parts), style or Style()))


def test_a_finding() -> None:
    assert "\n".join(full(LEAK, Style())) == LEAK_TEXT


def test_the_last_line_counts() -> None:
    said = shown(LEAK, replace(LEAK, id="fd-pressure", severity="critical"))
    assert said.endswith("2 findings (1 critical, 1 warning) in 268 rows of 1 host")


def test_the_last_line_does_not_say_that_what_it_hides_is_not_there() -> None:
    hidden = report(replace(LEAK, severity="info"))
    assert totals(hidden, []) == "no findings above info in 268 rows of 1 host; 1 at info (-v)"
    assert totals(report(), []) == "no findings in 268 rows of 1 host"


def test_one_line_form() -> None:
    assert brief(LEAK) == (
        "warning close-wait-leak server 198.51.100.20:8080 java/4711 (medium): "
        "6 of 7 connections accepted on port 8080 are CLOSE_WAIT: the clients have closed, "
        "java/4711 has not."
    )


def test_missing_parts_are_left_out() -> None:
    bare = replace(LEAK, group=Group(service=":9000"), host=None, verdict="It waits.")
    assert brief(bare) == "warning close-wait-leak :9000 (medium): It waits."
    assert full(bare, Style())[0].startswith("warning  close-wait-leak  :9000   ")


def test_quiet_prints_verdicts_only_and_names_the_host_among_several() -> None:
    quiet = Style(verbosity=-1)
    assert shown(LEAK, style=quiet) == brief(LEAK)
    said = shown(LEAK, replace(LEAK, host="web2"), style=quiet)
    assert said.count("\n") == 1
    assert "close-wait-leak web2 server" in said


def test_info_is_for_those_who_ask() -> None:
    pool = replace(LEAK, id="close-wait-pool", severity="info")
    assert shown(LEAK, pool).endswith(
        "1 finding (1 warning) in 268 rows of 1 host; 1 more at info (-v)"
    )
    verbose = shown(LEAK, pool, style=Style(verbosity=1))
    assert "close-wait-pool" in verbose
    assert "  held to    few 5, share 0.5, many 100" in verbose
    assert "  refs       RFC 9293 3.6" in verbose


def test_many_findings_of_one_id_are_folded() -> None:
    many = [replace(LEAK, n=10 - number) for number in range(8)]
    said = shown(*many)
    assert said.count("not shown  how long") == 5
    assert "\nwarning  close-wait-leak  and 3 more groups, 12 sockets (all: -v)\n" in said
    assert shown(*many, style=Style(verbosity=1)).count("not shown  how long") == 8


def test_what_could_not_be_judged_and_the_way_out() -> None:
    missing = [
        ("zero-window", ("timers",)),
        ("retransmit-stall", ("timers",)),
        ("fd-pressure", ("owner",)),
        ("queue-pair", ("hosts", "queues")),
    ]
    said = shown(LEAK, not_evaluated=missing)
    assert (
        """
not evaluated: 4 diagnoses
  2 need timers   ss -tuano
  1 needs owners  sudo ss -tuanp
  1 needs several hosts and queues
      ss -tuan; dumps of the other hosts, in the same run
"""
        in said
    )
    assert "      retransmit-stall, zero-window" in shown(
        LEAK, not_evaluated=missing, style=Style(verbosity=1)
    )


@pytest.mark.parametrize(
    ("os", "need", "line"),
    [
        ("linux", "owner|inode", "1 needs owners or inodes  sudo ss -tuanp"),
        ("macos", "inode|owner", "1 needs owners  netstat -anv"),
        ("linux", "proctable|inode", "1 needs inodes  ss -tuane"),
        ("windows", "proctable|inode", "1 needs the list of processes  tasklist, in the bundle"),
        ("macos", "proctable|inode", "1 needs what macOS does not print"),
        ("linux", "proctable", "1 needs what Linux does not print"),
        ("linux", "accept", "1 needs accept queues  ss -tuan"),
        ("macos", "accept", "1 needs accept queues  netstat -Lan"),
        ("freebsd", "accept", "1 needs accept queues  netstat -Lan"),
        ("openbsd", "accept", "1 needs what OpenBSD does not print"),
        ("windows", "accept", "1 needs what Windows does not print"),
    ],
)
def test_the_way_out_on_each_system(os: str, need: str, line: str) -> None:
    scene: Any = SimpleNamespace(host="web1", os=os, has=frozenset({"states"}))
    said = shown(LEAK, not_evaluated=[("x", (need,))], scenes=(scene,))
    assert f"\n  {line}\n" in said


def test_damaged_lines() -> None:
    problems = [DumpError("d.txt", line, 7, "tcp   x   0", ("a number",)) for line in range(2, 8)]
    said = shown(LEAK, problems=problems)
    assert (
        """
6 lines could not be read
  d.txt:2:7: expected a number
    tcp   x   0
          ^
  d.txt:3:7"""
        in said
    )
    assert "\n  and 3 more (all: -v)\n" in said


@pytest.mark.parametrize("evil", ["\x1b[2J", "\x9b31m", "\u202e", "\r", "\x07", "[bold]"])
def test_nothing_from_a_dump_moves_the_terminal(evil: str) -> None:
    name = f"ja{evil}va"
    finding = replace(
        LEAK,
        group=Group(owner=name, service=f"{evil}:80"),
        host=evil,
        netns=evil,
        verdict=f"{name} has not closed.",
        evidence=(f"{name}   {name}", name * 40),
        cause=(name,),
        next=(Step("any", name),),
        caveats=(name,),
        absorbed=(name,),
        rows=((name, 1),),
    )
    for style in (Style(), Style(verbosity=-1), Style(verbosity=1)):
        said = shown(finding, style=style, problems=[DumpError(name, 1, 1, name, (name,))])
        assert not set(said) & set("\x1b\x9b\u202e\r\x07")
        if evil == "[bold]":
            assert "ja[bold]va has not closed." in said


def test_only_the_severity_has_a_colour() -> None:
    said = shown(LEAK, style=Style(color=True))
    assert said.startswith("\x1b[33m\x1b[1mwarning\x1b[0m  close-wait-leak")
    assert said.count("\x1b[0m") == 1
    assert "\x1b" not in shown(LEAK)


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_prose_keeps_to_the_width(width: int) -> None:
    prose = replace(LEAK, evidence=(), next=())
    assert max(map(len, full(prose, Style(width=width)))) <= width


def test_numbers_are_not_torn() -> None:
    for width in range(20, 60):
        joined = " ".join(wrap("in all 216 610 bytes of 28 232 wait, 50 % of them", width))
        lines = wrap("in all 216 610 bytes of 28 232 wait, 50 % of them", width)
        assert joined == "in all 216 610 bytes of 28 232 wait, 50 % of them"
        for number in ("216 610", "28 232", "50 %"):
            assert any(number in line for line in lines)


def test_a_line_of_a_table_is_not_wrapped() -> None:
    row = "state        n   Recv-Q 0   =1   2-64   >64   oldest"
    assert block("evidence", [row], 65, tables=True) == [f"  evidence   {row}"]
    # Too wide to stand beside its label it moves to the left, as far as it must.
    assert block("evidence", [row, "peers: 2"], 60, tables=True) == [
        "  evidence",
        f"        {row}",
        "        peers: 2",
    ]
    assert block("evidence", [row], 40, tables=True) == ["  evidence", f"  {row}"]


def test_a_heading_breaks_between_its_parts() -> None:
    lines = spread(
        ["critical", "accept-queue-full", "[2001:db8::1234]:9000"], "confidence high", 50
    )
    assert lines == [
        "critical  accept-queue-full  [2001:db8::1234]:9000",
        "          confidence high",
    ]


def test_ranges() -> None:
    assert ranges([7, 3, 4, 5, 9, 10]) == "3-5,7,9-10"


def test_what_is_wider_than_the_terminal_is_broken_where_it_may_be() -> None:
    rows = tuple(("a/rather/long/path/to/dump.txt", line) for line in range(100, 140, 2))
    lines = full(replace(LEAK, rows=rows, next=(), evidence=()), Style(width=60))
    assert max(map(len, lines)) <= 60
    numbers = "".join(line.strip() for line in lines if line.strip()[-3:].strip(",").isdigit())
    assert numbers.endswith(",".join(str(line) for _, line in rows))
    last = totals_of_many(60)
    assert max(map(len, last)) <= 60
    assert " ".join(last).endswith("1 info) in 123 456 rows of 1 host")


def totals_of_many(width: int) -> list[str]:
    findings = [replace(LEAK, id=s, severity=s) for s in ("critical", "warning", "notice", "info")]
    style = Style(width=width, verbosity=1)
    said = list(text(report(*findings, summary={"rows": 123_456}), style))
    return said[len(said) - said[::-1].index("") :]
