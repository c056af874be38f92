"""Which dialect speaks under which heading, and what headings say of the rows below them."""

from __future__ import annotations

import io
from itertools import permutations

import pytest

import nsparse

GENERIC = """\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
"""
ONE = "tcp4       0      0  *.22                   *.*                    LISTEN\n"
BOTH = "tcp        0      0  *.21                   *.*                    LISTEN\n"
SIX = "tcp6       0      0  *.22                   *.*                    LISTEN\n"
AIX_UNIX = """\
Active UNIX domain sockets
SADR/PCB         Type   Recv-Q Send-Q      Inode            Conn             Refs           Nextref      Addr
f1000f0000c44808 dgram       0      0 f1000b02a0354c20                0                0                0 /dev/log
f1000f0000d45580
"""
PROCESS = "  Proto  Local Address          Foreign Address        State       Process\n"
PID = "  Proto  Local Address          Foreign Address        State           PID\n"
WINDOWS_ROW = "  TCP    192.0.2.80:445         0.0.0.0:0              LISTENING   4\n"
TCP_TITLE = """\
TCP: IPv4
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
"""
TCP_ROW = "      *.22                 *.*                0      0 128000      0 LISTEN\n"


def parse(text: str) -> nsparse.Dump:
    return nsparse.parse(io.BytesIO(text.encode()), name="dump.txt")


def speakers(dump: nsparse.Dump) -> list[str | None]:
    assert sum(dump.census.values()) == dump.lines
    names = dump.frame["dialect"].astype(object)
    return names.where(names.notna(), None).tolist()


# ---- what headings say ----------------------------------------------------------------------------


def test_a_heading_says_something_of_every_row_below_it() -> None:
    six = TCP_TITLE.replace("IPv4", "IPv6").replace("State\n", "State      If\n")
    dump = parse(TCP_TITLE + TCP_ROW * 2 + "\n" + six + TCP_ROW)
    assert dump.frame["family"].tolist() == ["ipv4", "ipv4", "ipv6"]
    assert dump.frame["proto"].tolist() == ["tcp"] * 3


def test_a_row_without_headings_says_what_its_shape_says() -> None:
    frame = parse(TCP_ROW).frame
    assert frame["proto"].tolist() == ["tcp"]
    assert frame["family"].isna().tolist() == [True]


def test_an_old_title_is_a_heading() -> None:
    dump = parse(TCP_TITLE.replace(": IPv4", "") + TCP_ROW)
    assert dump.census == {"headers": 2, "message": 1, "rows": 1}
    assert dump.frame["family"].tolist() == ["ipv4"]


def test_who_reads_more_than_words_in_a_heading_is_believed() -> None:
    assert speakers(parse(PROCESS + WINDOWS_ROW)) == ["netstat_reactos"]
    assert speakers(parse(PID + WINDOWS_ROW)) == ["netstat_windows"]


# ---- who reads rows that several could ------------------------------------------------------------


@pytest.mark.parametrize("rows", list(permutations((ONE, BOTH, SIX))))
def test_a_row_that_only_one_reads_decides_for_its_table(rows: tuple[str, ...]) -> None:
    dump = parse(GENERIC + "".join(rows))
    assert speakers(dump) == ["netstat_aix"] * 3
    assert dump.notes == []


def test_rows_that_look_like_another_dialects_are_that_ones() -> None:
    dump = parse(GENERIC + ONE * 2)
    assert speakers(dump) == ["netstat_macos"] * 2
    assert dump.notes == []


def test_a_table_that_only_one_reads_decides_for_its_command() -> None:
    assert speakers(parse(GENERIC + ONE + "\n" + AIX_UNIX)) == ["netstat_aix"] * 2


def test_another_command_decides_nothing() -> None:
    dump = parse("$ netstat -an\n" + GENERIC + ONE + "$ netstat -a -f unix\n" + AIX_UNIX)
    assert speakers(dump) == ["netstat_macos", "netstat_aix"]


def test_who_cannot_be_told_apart_is_named() -> None:
    dump = parse(GENERIC + BOTH)
    assert speakers(dump) == [None]
    assert dump.frame["os"].isna().all()
    assert dump.frame["state"].tolist() == ["LISTEN"]
    assert " or netstat_aix" in dump.notes[0]


def test_the_next_table_of_a_dialect_is_its_own_too() -> None:
    dump = parse((GENERIC + ONE + BOTH) + (GENERIC + ONE))
    assert speakers(dump) == ["netstat_aix"] * 3
    assert dump.notes == []


def test_a_row_that_needs_its_header_is_none_after_a_prompt() -> None:
    dump = parse(PROCESS + WINDOWS_ROW + "C:\\> type notes.txt\n" + WINDOWS_ROW)
    assert speakers(dump) == ["netstat_reactos", "netstat_windows"]


def test_a_damaged_row_is_explained_by_the_rows_it_is_like() -> None:
    damaged = "tcp4       0      x  *.22                   *.*                    LISTEN\n"
    problem = parse(GENERIC + BOTH + ONE + damaged + ONE).problems[0]
    assert (problem.line, problem.column) == (5, 19)
    assert problem.expected == ("a number (Send-Q)",)
