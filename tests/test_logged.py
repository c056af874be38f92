"""What programs put before every line they pass on, or behind it, is no part of a table."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest

import nsparse
from nsparse.reading import chunks
from tests.frames import assert_frame_equal

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


# ---- prompts behind a row that has lost its line end --------------------------------------------

LAST = {
    "linux": (LINUX, "tcp        0      0 192.0.2.10:23           0.0.0.0:*               LISTEN"),
    "a program": (
        LINUX,
        "tcp        0      0 192.0.2.10:23           0.0.0.0:*               LISTEN      7/telnetd",
    ),
    "windows": (
        WINDOWS,
        "  TCP    192.0.2.10:23          0.0.0.0:0              LISTENING       1234",
    ),
    "no pid": (WINDOWS, "  TCP    192.0.2.10:23          0.0.0.0:0              LISTENING"),
    "ss": (SS, "LISTEN 0      128       192.0.2.10:23         0.0.0.0:*"),
    "owners": (
        SS,
        'LISTEN 0      128       192.0.2.10:23         0.0.0.0:*    users:(("a",pid=7,fd=3))',
    ),
    "details": (SS, "LISTEN 0      128       192.0.2.10:23     0.0.0.0:*\n\t cubic rtt:0.5/0.25"),
}
SURE = ["[root@host ~]# ", "[u@host.example /var/log]$", "C:\\Users\\u>", "PS C:\\> "]
SHOWN = ["root@host:~# ", "u@host:/tmp$", "u@host ~ % ", "host:~ # ", "PS> ", "(env) u@host:~$ "]


@pytest.mark.parametrize("engine", ["lark", "regex", "columns"])
@pytest.mark.parametrize(
    ("above", "last", "behind"),
    [
        *(("", last, SURE[0]) for last in LAST),
        *(("", "no pid", one) for one in SURE[1:]),
        *(("", "a program", f"{one} exit\n") for one in SURE[:2]),
        *((f"{one} netstat -an\n", "a program", one) for one in SHOWN),
        # A sign alone waits at the end of a text, if it stands before a command above.
        *(("# netstat -an\n", last, one) for last in LAST for one in ("#", "# ")),
        *((f"{one} ss -tan\n", "owners", one) for one in "$%>"),
    ],
)
def test_a_prompt_behind_the_last_row_is_none_of_its_cells(
    above: str, last: str, behind: str, engine: str
) -> None:
    table, row = LAST[last]
    plain = parse(f"{above}{table}{row}\n{behind}", engine=engine)
    dump = parse(f"{above}{table}{row}{behind}", engine=engine)
    assert len(dump.frame) == 3
    assert cells(dump) == cells(plain)
    assert not dump.problems
    assert "1 line mended: a prompt behind the row" in dump.notes


def test_a_prompt_behind_a_row_stands_above_the_next_command() -> None:
    text = f"[root@web1 ~]# netstat -tn\n{LINUX}[root@web1 ~]# ls\n"
    dump = parse(text.replace("ESTABLISHED\n", "ESTABLISHED 7/a") + text)
    assert dump.frame["process"].dropna().tolist() == ["a"]
    assert dump.frame["snapshot"].tolist() == [0, 0, 1, 1]
    assert dump.frame["host"].unique().tolist() == ["web1"]
    assert sum(dump.census.values()) == dump.lines


@pytest.mark.parametrize(
    "name", ["[kworker/0:1]", "a#", "root@host:~#", "[root@host]#", "[a b]$", "c:>", "b$ c"]
)
def test_a_name_that_may_be_no_prompt_stays(name: str) -> None:
    row = (
        f"tcp        0      0 192.0.2.10:23           0.0.0.0:*               LISTEN      7/{name}"
    )
    for above in ("", "# netstat -an\n", "[root@web1 ~]# netstat -an\n"):
        assert parse(f"{above}{LINUX}{row}\n").frame["process"].iloc[-1] == name
    for above in ("", "% netstat -an\n", "# ls\n"):
        assert parse(f"{above}{LINUX}{row}").frame["process"].iloc[-1] == name


# ---- bold around a whole table -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "mark"),
    [*((last, "**") for last in LAST if last != "details"), ("a program", "__")],
)
def test_marks_for_bold_around_a_table_are_no_part_of_it(last: str, mark: str) -> None:
    table, row = LAST[last]
    text = f"{{}}u@host:~$ netstat -an\n{table}{row}{{}}\n\nAnd **so** on.\n"
    plain = parse(text.format("", ""))
    for engine, closes in (("regex", f" {mark} "), ("lark", mark), ("columns", mark)):
        dump = parse(text.format(mark, closes), engine=engine)
        assert cells(dump) == cells(plain)
        assert not dump.problems


AROUND_ONE = (
    *("**{}**", "**{} **", "*{}*", "__{}__", "_{}_", "***{}***", "~~{}~~", "=={}=="),
    *("“{}”", "« {} »", "{{{{{}}}}}"),
)
IN_FRONT = ("=> {}", "-> {}", "--> {}", "→ {}", "(1) {}")


@pytest.mark.parametrize("form", [*AROUND_ONE, *IN_FRONT])
def test_a_row_that_a_sentence_shows_is_one(form: str) -> None:
    row = "tcp        0      0 192.0.2.10:23           0.0.0.0:*               LISTEN"
    for engine in ("regex", "lark", "columns"):
        dump = parse(f"Look at this line:\n\n{form.format(row)}\nIt is open.\n", engine=engine)
        assert dump.frame["local_port"].tolist() == [23]
        assert dump.frame["state_raw"].tolist() == ["LISTEN"]
        assert dump.problems == []


@pytest.mark.parametrize("above", ["", "**bold** is closed\n", "** a list\n", "**bold\nends**\n"])
def test_a_mark_that_was_not_opened_stays(above: str) -> None:
    row = "tcp        0      0 192.0.2.10:23           0.0.0.0:*               LISTEN      7/a**"
    assert parse(f"{above}{LINUX}{row}\n").frame["process"].iloc[-1] == "a**"


# ---- in parts -------------------------------------------------------------------------------------


def in_parts(text: str) -> tuple[pd.DataFrame, int]:
    """The rows of a text that is read in parts, and how many of its lines are accounted for."""
    parts = [*chunks.dumps(io.BytesIO(text.encode()), name="dump.txt")]
    assert len(parts) > 2
    assert not any(part.problems for part in parts)
    frame = pd.concat([part.frame for part in parts], ignore_index=True)
    return frame, sum(sum(part.census.values()) for part in parts)


def rows_of(table: str, count: int) -> str:
    """A table of two rows with so many."""
    *head, first, second = table.splitlines()
    return "\n".join((*head, *(first, second) * (count // 2), ""))


@pytest.mark.parametrize("table", [LINUX, SS[: SS.index("\t")], WINDOWS[1:], SOLARIS])
@pytest.mark.parametrize("front", [*FRONTS, "> ", "[10:43:50] "])
def test_what_stands_before_each_line_is_known_in_every_part(
    front: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The heading that shows it stands in the first part alone."""
    monkeypatch.setattr(chunks, "PIECE", 1 << 12)
    text = behind(front, rows_of(table, 200))
    whole = parse(text)
    frame, lines = in_parts(text)
    assert len(frame) == 200
    assert lines == whole.lines
    columns = ["line", "dialect", "proto", "state", "local_port", "remote_addr", "pid"]
    assert_frame_equal(frame[columns], whole.frame[columns])


@pytest.mark.parametrize("prompt", SHOWN)
def test_a_prompt_is_known_in_every_part(prompt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "PIECE", 1 << 12)
    table, row = LAST["a program"]
    rows = f"{prompt} netstat -tlnp\n{rows_of(table, 100)}{row}"
    whole = parse(f"{rows}{rows}{prompt}")
    frame, lines = in_parts(f"{rows}{rows}{prompt}")
    assert frame["process"].dropna().tolist() == ["telnetd"] * 2
    assert lines == whole.lines
    assert frame["host"].unique().tolist() == whole.frame["host"].unique().tolist()


def test_what_a_command_asked_for_is_known_in_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "PIECE", 1 << 12)
    rows = "".join(f"0      0      192.0.2.10:{port} 192.0.2.53:53\n" for port in range(4000, 4400))
    heading = "Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
    frame, _ = in_parts(f"$ ss -nu\n{heading}{rows}")
    assert frame["proto"].unique().tolist() == ["udp"]
