"""What Solaris, AIX, HP-UX and ReactOS put on paper comes back as it was (`tests/test_round_trip.py`)."""

from __future__ import annotations

from hypothesis import given

from tests.dumps import netstat_aix, netstat_hpux, netstat_illumos, netstat_reactos
from tests.dumps.paper import Line, Paper, papers
from tests.test_round_trip import check, few


@few
@given(lines=netstat_illumos.dumps(), paper=papers())
def test_netstat_illumos(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "illumos", "tool": "netstat", "dialect": "netstat_illumos"})


@few
@given(lines=netstat_aix.dumps(), paper=papers())
def test_netstat_aix(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "aix", "tool": "netstat", "dialect": "netstat_aix"})


@few
@given(lines=netstat_hpux.dumps(), paper=papers())
def test_netstat_hpux(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "hpux", "tool": "netstat", "dialect": "netstat_hpux"})


@few
@given(lines=netstat_reactos.dumps(), paper=papers(end="\r\n"))
def test_netstat_reactos(lines: list[Line], paper: Paper) -> None:
    check(lines, paper, {"os": "reactos", "tool": "netstat", "dialect": "netstat_reactos"})
