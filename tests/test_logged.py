"""What programs put before every line they pass on, or behind it, is no part of a table."""

from __future__ import annotations

import io
from typing import Any

import pytest

import nsparse

LINUX = """Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 192.0.2.10:22           0.0.0.0:*               LISTEN
tcp        0     36 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED
"""
WINDOWS = """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    192.0.2.10:445         0.0.0.0:0              LISTENING       4
  TCP    192.0.2.10:445         198.51.100.7:51514     ESTABLISHED     4
"""
SS = """State  Recv-Q Send-Q Local Address:Port  Peer Address:Port
LISTEN 0      128       192.0.2.10:22         0.0.0.0:*
ESTAB  0      36        192.0.2.10:22    198.51.100.7:51514
\t cubic wscale:7,7 rto:204 rtt:0.5/0.25 mss:1448 cwnd:10
"""
SOLARIS = """TCP: IPv4
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
      *.22                 *.*                0      0 128000      0 LISTEN
192.0.2.10.22        198.51.100.7.51514  128872      0 128872      0 ESTABLISHED
"""
FRONTS = [
    "[INFO] ",
    "INFO - ",
    "INFO:root:",
    "==> default: ",
    "#8 0.123 ",
    "[pod/app-5d/main] ",
    "D/MAIN: Line ",
    "01-02 03:04:05.678  1234  5678 I netstat : ",
    "Notice: /Stage[main]/Main/Exec[netstat]/returns: ",
    "[2024-01-02, 03:04:05 UTC] {main.py:12} INFO - ",
    "2024-01-02T03:04:05.123+00:00 app[web.1]: ",
    "E   ",
    ": ",
]


def parse(text: str, **options: Any) -> nsparse.Dump:
    return nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", **options)


def behind(front: str, text: str) -> str:
    return "".join((front + line).rstrip(" \n") + "\n" for line in text.splitlines())


def cells(dump: nsparse.Dump) -> str:
    return str(dump.frame.drop(columns="taken_at").to_csv())


@pytest.mark.parametrize("table", [LINUX, WINDOWS, SS, SOLARIS])
@pytest.mark.parametrize("front", FRONTS)
def test_a_front_is_no_part_of_a_row(front: str, table: str) -> None:
    plain, dump = parse(table), parse(behind(front, table))
    assert cells(dump) == cells(plain)
    assert not dump.problems
    assert any("behind what a log puts before each line" in note for note in dump.notes)


@pytest.mark.parametrize("table", [LINUX, WINDOWS, SS, SOLARIS])
@pytest.mark.parametrize("mark", ["$", "\\", " \\", "¶", " ↵"])
def test_a_mark_for_the_end_of_every_line_is_no_part_of_a_row(mark: str, table: str) -> None:
    dump = parse(table.replace("\n", f"{mark}\n"))
    assert cells(dump) == cells(parse(table))
    assert not dump.problems


@pytest.mark.parametrize("mark", ["$", "\\"])
def test_a_mark_behind_some_rows_alone_stays(mark: str) -> None:
    (row,) = parse(f"tcp 0 0 192.0.2.1:22 0.0.0.0:* LISTEN 7/app{mark}\n").frame.itertuples()
    assert row.process == f"app{mark}"


@pytest.mark.parametrize("engine", ["lark", "regex", "columns"])
def test_lines_without_the_front_are_text(engine: str) -> None:
    text = "It starts.\n" + behind("[INFO] ", "It runs.\n\n" + LINUX) + "\nIt is done.\n"
    dump = parse(text, engine=engine)
    assert dump.frame["line"].tolist() == [5, 6]
    assert dump.census == {"headers": 1, "rows": 2, "text": 3, "blank": 2}


def test_numbers_of_a_front_may_change_and_names_may_not() -> None:
    first, second = behind("#8 9.991 ", LINUX), behind("#8 10.01 ", LINUX.split("\n", 1)[1])
    assert len(parse(first + second).frame) == 4
    other = "==> web2: tcp 0 0 192.0.2.99:80 0.0.0.0:* LISTEN\n"
    assert len(parse(behind("==> web1: ", LINUX) + other).frame) == 2


def test_the_time_in_a_front_is_that_of_its_line() -> None:
    text = "".join(behind(f"web_1  | 2024-01-02T03:04:0{n}.5Z ", LINUX) for n in (5, 9))
    frame = parse(text).frame
    assert frame["snapshot"].tolist() == [0, 0, 1, 1]
    assert [str(time) for time in frame["taken_at"].dt.strftime("%H:%M:%S")] == [
        *["03:04:05"] * 2,
        *["03:04:09"] * 2,
    ]


def test_the_column_of_a_problem_counts_the_front() -> None:
    (plain,) = parse(LINUX.replace("36 192", "x6 192")).problems
    (found,) = parse(behind("[INFO] ", LINUX.replace("36 192", "x6 192"))).problems
    assert (found.line, found.column) == (plain.line, plain.column + len("[INFO] "))


@pytest.mark.parametrize(
    "text",
    [
        "The heading is Proto Recv-Q Send-Q Local Address\nand rows are tcp 0 0 192.0.2.1:22\n",
        behind("-", LINUX),
        behind("a,", LINUX),
        "".join(f"name{number} {line}\n" for number, line in enumerate(LINUX.splitlines())),
    ],
)
def test_what_may_be_no_front_is_none(text: str) -> None:
    with pytest.raises(nsparse.NotASocketTable):
        parse(text)
