"""Every kind of damage: what mails, tickets, editors and collectors do must not change the rows.

`samples/damage.py` makes a sample of each kind and tests/test_samples.py reads them; here are the
rules, one case each, and every kind done to dumps of every dialect.
"""

from __future__ import annotations

import html
import io
import json
import quopri
import re
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

import nsparse
from nsparse.reading.chunks import dumps
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from tests.frames import assert_frame_equal, rows

SAMPLES = Path(__file__).parent.parent / "samples"
LINUX = "netstat_linux--close-wait-leak"
SS = "ss_linux--close-wait-leak"

HEADER = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
"""
LISTENER = (
    "tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN      612/sshd"
)
SESSION = "tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED 640/sshd"


def parse(text: str | bytes) -> nsparse.Dump:
    data = text.encode() if isinstance(text, str) else text
    dump = nsparse.parse(io.BytesIO(data), name="dump.txt")
    assert sum(dump.census.values()) == dump.lines
    return dump


def sample(name: str) -> list[str]:
    return split_lines(decode((SAMPLES / f"{name}.txt").read_bytes()).text)


# ---- one damage, every dialect -----------------------------------------------------------------

Lines = list[str]


def quoted_printable(lines: Lines) -> Lines:
    return quopri.encodestring("\n".join(lines).encode()).decode().split("\n")


def in_front(before: str) -> Callable[[Lines], Lines]:
    return lambda lines: [before + line for line in lines]


DAMAGE: dict[str, Callable[[Lines], Lines]] = {
    "pre": lambda lines: ["<pre>", *map(html.escape, lines), "</pre>"],
    "br": lambda lines: [f"{html.escape(line)}<br>" for line in lines],
    "markdown": lambda lines: [re.sub(r"([*_\[\]#])", r"\\\1", line) for line in lines],
    "quoted-printable": quoted_printable,
    "fence": lambda lines: ["It hangs. See below:", "", "```", *lines, "```", "", "Thank you"],
    "jira": lambda lines: ["{noformat}", *lines, "{noformat}"],
    "quote": lambda lines: [
        "Sam wrote:",
        "> Hi,",
        ">",
        *in_front("> ")(lines),
        ">",
        "> bye",
        "",
        "I",
    ],
    "indent": in_front("    "),
    "tab": in_front("\t"),
    "bars": lambda lines: [f"| {line:<120} |" for line in lines],
    "double": lambda lines: [part for line in lines for part in (line, "")],
    "iso": in_front("2026-11-22T10:43:50+0000 "),
    "bracket": in_front("[2026-11-22 10:43:50] "),
    "container": in_front("2026-11-22T10:43:50.123456789Z stdout F "),
    "pdsh": in_front("web1: "),
    "diff": in_front("+"),
    "commented": lambda lines: ["# netstat says:", *in_front("# ")(lines), "exit 0"],
    "concatenated": lambda lines: [
        "String printed =",
        *("    " + json.dumps(line + "\r\n", ensure_ascii=False) + " +" for line in lines),
        '    "";',
    ],
    "backquoted": lambda lines: ["var Lines = []string{", *(f"\t`{line}`," for line in lines), "}"],
    "compose": in_front("web1  | "),
    "nbsp": lambda lines: [line.replace("  ", "\xa0 ") for line in lines],
    "context": lambda lines: [f"{number}-{line}" for number, line in enumerate(lines, 1)],
    "found": lambda lines: [f"    a/net.txt:{at}:{line}" for at, line in enumerate(lines, 1)],
    "collapsed": lambda lines: [" ".join(line.split()) for line in lines],
    "tsv": lambda lines: [re.sub(" {2,}", "\t", line) for line in lines],
}
DUMPS = sorted(p.stem for p in SAMPLES.glob("*--*.txt") if not p.stem.endswith(".expected"))
# The plainest sample of each dialect, and layouts that damage could change in another way.
ONE_EACH = sorted(
    {
        *(name for name in DUMPS if name.endswith(("--an", "--basic"))),
        "netstat_linux--healthy",
        "netstat_linux--syn-recv",
        "netstat_macos--anv-26",
        "netstat_windows--ano",
        "netstat_windows--anob",
        "netstat_windows--german",
        LINUX,
        SS,
        "ss_linux--healthy",
        "ss_linux--zero-window",
    }
)

# What stands in front of a line meets the same in these as in another sample of their dialect.
IN_FRONT = {"indent", "tab", "iso", "bracket", "container", "pdsh", "diff", "context"}
IN_FRONT |= {"commented", "concatenated", "backquoted", "compose", "found"}
SAME_FRONT = {
    *("netstat_linux--healthy", "netstat_linux--syn-recv", "netstat_macos--anv-26"),
    *("netstat_windows--german", "ss_linux--healthy"),
}
SAID = ("proto", "state", "recv_q", "send_q", "pid", "process", "timer", "inode", "rto_ms")
ENDS = ("local_addr", "local_port", "remote_addr", "remote_port", "local_name", "remote_name")


def values(frame: pd.DataFrame, names: tuple[str, ...]) -> dict[str, list[object]]:
    known = [name for name in names if name in frame]
    cells = frame[known].to_numpy(dtype=object, na_value=None)  # type: ignore[arg-type]
    return {name: list(column) for name, column in zip(known, cells.T, strict=True)}


def assert_says_the_same(dump: nsparse.Dump, plain: nsparse.Dump) -> None:
    """All rows are there, on whatever lines, and nothing else was read or refused."""
    mine, theirs = (
        frame[[name for name in SAID + ENDS if name in frame]]
        for frame in (dump.frame, plain.frame)
    )
    assert_frame_equal(mine, theirs)
    assert dump.problems == []


@cache
def undamaged(name: str) -> nsparse.Dump:
    return nsparse.parse(SAMPLES / f"{name}.txt")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in ONE_EACH
        for kind in DAMAGE
        if not (kind in IN_FRONT and name in SAME_FRONT)
    ],
)
def test_no_damage_changes_a_row(name: str, kind: str) -> None:
    plain = undamaged(name)
    dump = parse("\n".join(DAMAGE[kind](sample(name))))
    assert_says_the_same(dump, plain)
    # Of some dialects nothing but the blanks of the heading tells: then it is not known, not guessed.
    assert set(dump.frame["os"].dropna()) <= set(plain.frame["os"])


def wrapped(width: int, before: str = "") -> Callable[[Lines], Lines]:
    def wrap(lines: Lines) -> Lines:
        parts = (
            textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False) or [""]
            for line in lines
        )
        return [before + part for row in parts for part in row]

    return wrap


WRAPPED = [
    *(LINUX, SS, "netstat_linux--users-inodes", "netstat_linux--syn-recv", "netstat_windows--ano"),
    *("netstat_freebsd--an", "netstat_openbsd--an", "netstat_netbsd--an", "netstat_aix--an"),
    *("netstat_macos--an", "netstat_macos--anv-14", "ss_linux--no-header"),
]


@pytest.mark.parametrize("wrap", [wrapped(72), wrapped(76), wrapped(72, "> "), wrapped(66, ">> ")])
@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrapped_mail_is_joined(name: str, wrap: Callable[[Lines], Lines]) -> None:
    assert_says_the_same(parse("\n".join(wrap(sample(name)))), undamaged(name))


def cut(width: int) -> Callable[[str], Lines]:
    """As a terminal wraps: anywhere."""
    return lambda line: [line[at : at + width] for at in range(0, len(line), width)] or [line]


def parted(width: int) -> Callable[[str], Lines]:
    """As a mailer wraps: between words."""
    options = {"break_on_hyphens": False, "break_long_words": False, "expand_tabs": False}
    return lambda line: (
        textwrap.wrap(line, width, **options) if len(line) > width else [line]  # type: ignore[arg-type]
    )


WIDTHS = (66, 70, 80, 132)
BACK = {
    "netstat_aix--Aan": 0.86,
    "netstat_aix--an": 1.0,
    "netstat_freebsd--Aan": 1.0,
    "netstat_freebsd--an": 0.96,
    "netstat_freebsd--x": 0.97,
    "netstat_hpux--an": 1.0,
    "netstat_illumos--an": 1.0,
    "netstat_illumos--an-v6": 1.0,
    "netstat_illumos--unix": 0.91,
    "netstat_linux--users-inodes": 1.0,
    "netstat_macos--an": 1.0,
    "netstat_macos--anv-14": 1.0,
    "netstat_macos--anv-26": 0.94,
    "netstat_netbsd--Aan": 0.98,
    "netstat_openbsd--an": 0.98,
    "netstat_reactos--an": 1.0,
    "netstat_windows--anob": 1.0,
    "netstat_windows--f": 0.83,
    "ss_linux--all-tables": 0.98,
    "ss_linux--details": 0.96,
    "ss_linux--zero-window": 1.0,
}
"""So large a share of the rows comes back at least, measured over these widths; a row whose
last words alone are on a line of their own may be complete without them, and is then listed. So is
one of which nothing shows whether a word or a blank was broken."""


def rows_of(frame: pd.DataFrame) -> dict[int, dict[str, object]]:
    """What every row says, by its line; runs of blanks in a text may be where a mailer broke it."""
    said = frame.drop(columns=["file", "snapshot", "view"], errors="ignore")
    return {
        int(row.pop("line")): {
            name: " ".join(value.split()) if isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in rows(said)
    }


@cache
def rows_undamaged(name: str) -> dict[int, dict[str, object]]:
    return rows_of(undamaged(name).frame)


@pytest.mark.parametrize("how", [cut, parted])
@pytest.mark.parametrize("name", BACK)
def test_a_wrapped_row_comes_back_as_it_was_or_is_listed(
    name: str, how: Callable[[int], Callable[[str], Lines]]
) -> None:
    back = sum(rows_that_come_back(name, how(width)) for width in WIDTHS)
    assert back >= BACK[name] * len(WIDTHS) * len(undamaged(name).frame)


def rows_that_come_back(name: str, break_up: Callable[[str], Lines]) -> int:
    """How many rows of a sample are read once its lines are broken up; the others are listed."""
    plain = rows_undamaged(name)
    parts = [
        (number, part) for number, line in enumerate(sample(name), 1) for part in break_up(line)
    ]
    dump = parse("\n".join(part for _, part in parts))
    read = {parts[line - 1][0]: said for line, said in rows_of(dump.frame).items()}
    assert len(read) == len(dump.frame)
    assert {line: said for line, said in read.items() if said != plain[line]} == {}
    listed = {parts[problem.line - 1][0] for problem in dump.problems}
    assert plain.keys() - read.keys() <= listed
    return len(read)


# In words and in front of them; at 120 nothing else is broken, so that nothing shows which.
CUT_PATHS = {
    ("netstat_aix--Aan", 60): 2,
    ("netstat_aix--Aan", 120): 1,
    ("netstat_macos--sysdiagnose", 132): 3,
}
"""So many rows at most do not come back where paths and names were cut at a width."""


@pytest.mark.parametrize(("name", "width"), CUT_PATHS)
def test_a_path_that_was_cut_holds_no_blank(name: str, width: int) -> None:
    back = rows_that_come_back(name, cut(width))
    assert back >= len(undamaged(name).frame) - CUT_PATHS[name, width]


# As `ss` pads rows without an owner: folded at 80 columns, what is left of the blanks is a line.
FOLDED = """\
CLOSE-WAIT 1      0        192.0.2.10:8080  198.51.100.7:{port} users:(("python",
pid=6313,fd={port}))
"""
PADDED = """\
ESTAB      0      0        192.0.2.10:8080  198.51.100.7:{port}

"""


@pytest.mark.parametrize("few", [1, 2])
def test_rows_too_few_to_show_how_they_were_wrapped_were_as_those_above(few: int) -> None:
    heading = "State      Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n\n"
    rows = [FOLDED] * 3 + [PADDED] + [FOLDED] * few + [PADDED]
    assert {len(FOLDED.format(port=50000).split("\n")[0])} == {80}
    text = heading + "".join(row.format(port=50000 + at) for at, row in enumerate(rows))
    dump = parse(text)
    assert dump.problems == []
    assert dump.frame["remote_port"].tolist() == [50000 + at for at in range(len(rows))]
    assert dump.frame["fd"].dropna().tolist() == [
        50000 + at for at, row in enumerate(rows) if row is FOLDED
    ]


# `grep -n`, and `grep -H` and `-nH` of two files.
GREPPED: dict[str, Callable[[int], str]] = {
    "number": lambda at: f"{at}:",
    "file": lambda at: f"netstat-web{1 + at // 12}.txt:",
    "both": lambda at: f"case/{'ab'[at % 2]}/netstat.txt:{at}:",
}


@pytest.mark.parametrize("how", [cut, parted])
@pytest.mark.parametrize("width", [66, 80])
@pytest.mark.parametrize("mark", GREPPED)
@pytest.mark.parametrize("name", ["netstat_linux--users-inodes", SS, "netstat_windows--ano"])
def test_what_grep_found_and_something_wrapped_is_read_or_listed(
    name: str, mark: str, width: int, how: Callable[[int], Callable[[str], Lines]]
) -> None:
    rows = [line for line in sample(name) if "CLOSE" in line or "ESTAB" in line][:8]
    plain = rows_of(parse("\n".join(rows)).frame)
    parts = [
        (number, part)
        for number, row in enumerate(rows, 1)
        for part in how(width)(GREPPED[mark](number + 7) + row)
    ]
    dump = parse("\n".join(part for _, part in parts))
    read = {parts[line - 1][0]: said for line, said in rows_of(dump.frame).items()}
    assert {line: said for line, said in read.items() if said != plain[line]} == {}
    assert plain.keys() - read.keys() <= {parts[problem.line - 1][0] for problem in dump.problems}
    assert len(read) >= len(plain) // 2


def test_the_end_of_a_quoted_line_may_stand_below_it_without_a_mark() -> None:
    """A mail that was wrapped, quoted, and wrapped once more."""
    rows = "\n".join(
        f"> tcp        0      0 192.0.2.10:8080         192.0.2.20:5860{n}\n"
        "> CLOSE_WAIT  65534      27204      9925/leaky-app       off\n(0.00/0/0)"
        for n in range(3)
    )
    dump = parse(f"{rows}\n\nThat is what I see.\n")
    assert dump.frame["process"].tolist() == ["leaky-app"] * 3
    assert dump.frame["line"].tolist() == [1, 4, 7]
    assert not dump.problems


@pytest.mark.parametrize(
    ("row", "rest"),
    [
        (
            "tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED 640/ss",
            "hd",
        ),
        (
            "unix  3      [ ]         STREAM     CONNECTED     27203    640/sshd             /run/my",
            "app.sock",
        ),
    ],
)
def test_a_row_that_may_go_on_below_is_refused_where_nothing_tells(row: str, rest: str) -> None:
    dump = parse(f"{LISTENER}\n{row}\n{rest}\n{LISTENER}\n")
    assert dump.frame["line"].tolist() == [1, 4]
    assert [problem.line for problem in dump.problems] == [2, 3]
    assert dump.problems[0].expected == ("the rest of the row, which the line below may be",)


SS_OWNED = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
FREEBSD = "tcp4       0      0 192.0.2.10.22          198.51.100.7.{}        ESTABLISHED\n"
WINDOWS = "  TCP    192.0.2.10:22          198.51.100.7:{}     ESTABLISHED     812\n"
LAST = {
    "ss": SS_OWNED + 'ESTAB 0 0 192.0.2.10:80 198.51.100.7:{} users:(("web",pid=9,fd=4))\n',
    "net-tools": f"{SESSION.replace('51514', '{}')}\n",
    "net-tools, without owners": SESSION.replace("51514", "{}").replace("640/sshd", "") + "\n",
    "FreeBSD": FREEBSD,
    "Windows": WINDOWS,
}
"""Rows, the last of which is as long as any other, and nothing shows where lines were broken."""


@pytest.mark.parametrize("word", ["done", "3", "host1:", "node-1.example.com", "total 48"])
@pytest.mark.parametrize("rows", LAST)
def test_a_word_below_the_last_row_is_no_part_of_it(rows: str, word: str) -> None:
    text = "".join(LAST[rows].format(51514 + at) for at in range(2))
    plain, dump = parse(text), parse(f"{text}{word}\n")
    assert dump.problems == []
    assert dump.notes == plain.notes
    pd.testing.assert_frame_equal(dump.frame, plain.frame)


MACOS = (
    "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)    {}\n",
    "tcp4       0      0  192.0.2.10.22          198.51.100.7.5151{}     ESTABLISHED {}\n",
)
BYTES = "     rxbytes      txbytes"
NUMBERED = {
    "six": (
        f"{BYTES} rhiwat shiwat    pid   epid",
        "         300          500 131072 131768 81 81",
    ),
    "four": (" rhiwat shiwat    pid   epid", "131072 131768     81     81"),
    "flags": (" rhiwat shiwat    pid   epid", "131072 131768     81     81 0x0102 0x00000008"),
}
SAID_BELOW = (
    "Nov 23 15:31:15 web1 kernel: eth0: link up, 1000 Mbps",
    "??? what is this 12 34",
    "2026-11-23T15:31:15Z ERROR worker 12 died",
    "key=value other=12",
)


@pytest.mark.parametrize("said", SAID_BELOW)
@pytest.mark.parametrize("numbers", NUMBERED)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_numbers_that_end_a_row_begin_no_name_below_it(numbers: str, said: str, at: int) -> None:
    heading, ends = NUMBERED[numbers]
    rows = [MACOS[1].format(port, ends) for port in range(3)]
    above, below = (MACOS[0].format(heading) + "".join(rows[:at]), "".join(rows[at:]))
    dump = parse(f"{above}{said}\n{below}")
    assert dump.frame["pid"].tolist() == [81] * 3
    assert dump.frame["process"].isna().all()
    assert {problem.line for problem in dump.problems} <= {at + 2}


@pytest.mark.parametrize(
    "row",
    [
        "ESTAB 0      0               192.0.2.1:ssh              192.0.2.1:ssh     \n",
        "unix  0      [ ]         STREAM                   0      1/init               system_u:s0 \n",
    ],
)
def test_words_are_no_end_of_a_cell_and_a_cell_behind_it(row: str) -> None:
    heading = "State Recv-Q Send-Q      Local Address:Port          Peer Address:Port \n"
    text = heading * row.startswith("ESTAB") + row
    plain, dump = parse(text + row), parse(f"{text}??? what is this 12 34\n{row}")
    assert [*rows_of(dump.frame).values()] == [*rows_of(plain.frame).values()]
    assert len(dump.problems) == 1


def test_a_word_below_a_whole_row_is_no_cell_that_other_rows_have_not() -> None:
    heading, ends = NUMBERED["four"]
    rows = [MACOS[1].format(port, ends) for port in range(3)]
    dump = parse("".join([MACOS[0].format(heading), *rows[:2], "foo\n", rows[2]]))
    assert dump.frame["pid"].tolist() == [81] * 3
    assert [problem.line for problem in dump.problems] == [4]


def test_a_row_that_only_its_heading_makes_one_is_no_rest_of_another() -> None:
    heading = "Netid Recv-Q Send-Q      Local Address:Port          Peer Address:Port \n"
    named = "tcp   0      0               192.0.2.1:ssh                      *:*       \n"
    plain = "u_str 0      0                       * 0                        * 2       \n"
    dump = parse(heading + plain + named + plain)
    assert dump.frame["proto"].tolist() == ["unix", "tcp", "unix"]
    assert not dump.notes


# ---- one rule, one case ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("...", "elision"),
        ("[...]", "elision"),
        ("[…]", "elision"),
        ("(output omitted)", "elision"),
        ("<snip>", "elision"),
        ("--- 120 lines omitted ---", "elision"),
        ("(100 more lines)", "elision"),
        (". . .", "elision"),
        ("etc.", "elision"),
        ("<<<<<<< HEAD", "conflict"),
        ("=======", "conflict"),
        (">>>>>>> branch", "conflict"),
        ("```", "fence"),
        ("{code:title=netstat}", "fence"),
        ("├────┼────┤", "rule"),
        ("--", "rule"),
        ("== 443", "rule"),
        ("--- port 443 ---", "rule"),
        ("### https:", "rule"),
        ("--More--(12%)", "pager"),
        ("lines 1-20/40 50%", "pager"),
        ("Press any key to continue . . .", "pager"),
        ("netstat: no support for `AF IPX' on this system.", "message"),
    ],
)
def test_a_line_between_rows_is_known_and_parts_nothing(line: str, kind: str) -> None:
    dump = parse(f"{HEADER}{LISTENER}\n{line}\n{SESSION}\n")
    assert dump.census == {"headers": 2, "rows": 2, kind: 1}
    assert [shot.rows for shot in dump.snapshots] == [2]
    assert not dump.problems


def test_what_says_that_rows_are_missing_is_a_note() -> None:
    dump = parse(f"{HEADER}{LISTENER}\n[...]\n{SESSION}\n")
    assert dump.notes == [
        "rows were left out of this dump by whoever shortened it: counts are too low"
    ]


def test_both_sides_of_a_conflict_are_kept_and_noted() -> None:
    text = f"{HEADER}<<<<<<< HEAD\n{LISTENER}\n=======\n{SESSION}\n>>>>>>> other\n"
    dump = parse(text)
    assert dump.frame["line"].tolist() == [4, 6]
    assert dump.notes == ["marks of a merge conflict: the rows of both sides are kept"]


def test_the_rest_of_a_row_above_rows_is_damaged_and_no_heading() -> None:
    dump = parse(
        f"192.0.2.10:22 198.51.100.9:4000 ESTABLISHED 641/sshd\n{LISTENER}\n{SESSION[:52]}"
    )
    assert [problem.line for problem in dump.problems] == [1, 3]
    assert dump.frame["line"].tolist() == [2]


OWNED = 'CLOSE-WAIT 1 0 192.0.2.10:80 198.51.100.7:5151{} users:(("web",pid=9,fd=4))\n'
WIDE = "tcp        0      0 192.0.2.10:80           198.51.100.7:5151{}      ESTABLISHED\n"
NAMED = "unix  2      [ ACC ]     STREAM     LISTENING     4712{} /run/app.sock\n"
FILLED = "ESTAB 0      0      192.0.2.10:80   198.51.100.7:5151{}  \n"
LONGER = "ESTAB 0      0      192.0.2.10:80   198.51.100.7{0}:5151{0}  \n"
TIMED = "ESTAB 0      0      192.0.2.10:80   198.51.100.7:5151{} timer:(keepalive,1min,0)\n"
COOKIES = "ESTAB 0      0      192.0.2.10:80   198.51.100.7:5151{} timer:(on,200ms,0) sk:1\n"
LISTENS = "LISTEN 0      5      192.0.2.10:808{}   0.0.0.0:*  \n"
TAILS = {
    "before the owner that all others in this state have": (OWNED, "5151", True),
    "in the owner": (OWNED, "pid=", True),
    "in the state": (WIDE, "ESTABLI", True),
    "where the others are filled up, with a shorter number": (FILLED, ":51", True),
    "where the others are filled up, with fewer digits": (LONGER, "5151", True),
    "behind the number": (FILLED, "51514", False),
    "before what a timer stands before": (COOKIES, "51514", True),
    "where others have a timer that runs": (TIMED, "51514", False),
    "behind an end without a port": (LISTENS, "*", False),
    "behind the row": (WIDE, "ESTABLISHED", False),
    "behind the blank before a path": (NAMED, "47124 ", False),
}


@pytest.mark.parametrize("engine", ["regex", "columns"])
@pytest.mark.parametrize("where", TAILS)
def test_a_row_that_the_text_stops_in_is_listed(
    where: str, engine: Literal["regex", "columns"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    row, end, cut = TAILS[where]
    header = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" * row[:1].isupper()
    text = header + "".join(map(row.format, range(5)))
    text = text[: text.rfind(end) + len(end)]
    dump = nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", engine=engine)
    assert len(dump.frame) == 5 - cut
    assert [problem.line for problem in dump.problems] == [dump.lines] * cut
    assert sum(dump.census.values()) == dump.lines


HALF = "tcp        0      0 192.0.2.10:80           198.51.100.7:5151{}      {}\n"
ENDED = {
    "before the state that others name": (WINDOWS, "  TCP    192.0.2.10:22    192.0.2.7:1", True),
    "within the port before it": (WINDOWS, "  TCP    192.0.2.10:22    192.0.2.7:5151", True),
    "behind a row of UDP": (WINDOWS, "  UDP    0.0.0.0:500            *:*", False),
    "behind the first row of UDP": (WIDE, "udp 0 0 192.0.2.10:53 0.0.0.0:*", False),
    "in the state": (WIDE, HALF.format(9, "TIME_").rstrip(), True),
    "in a word that is no state": (WIDE, HALF.format(9, "HALF_OPEN").rstrip(), False),
    "where a tool cuts every state": (
        HALF.replace("{}\n", "CLOSE_WA\n"),
        HALF.format(9, "TIME_WAI").rstrip(),
        False,
    ),
}


@pytest.mark.parametrize("end", ["", "\n", "   "])
@pytest.mark.parametrize("engine", ["regex", "columns"])
@pytest.mark.parametrize("where", ENDED)
def test_a_row_that_was_cut_is_told_though_its_line_has_an_end(
    where: str, engine: Literal["regex", "columns"], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    row, last, cut = ENDED[where]
    rows = "".join(map(row.format, range(3)))
    data = f"{rows}{last}{end}".encode()
    dump = nsparse.parse(io.BytesIO(data), name="dump.txt", engine=engine)
    assert len(dump.frame) == 4 - cut
    assert [problem.line for problem in dump.problems] == [4] * cut
    assert sum(dump.census.values()) == dump.lines


def test_half_a_state_where_a_part_of_a_text_ends_is_no_end_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [WIDE.format(at) for at in range(9)]
    rows[5] = HALF.format(5, "TIME_")
    # A part ends before the last row that is whole in it, which lines to come may continue.
    monkeypatch.setattr("nsparse.reading.chunks.PIECE", len("".join(rows[:7])))
    parts = list(dumps(io.BytesIO("".join(rows).encode())))
    assert [len(part.frame) for part in parts] == [6, 3]
    assert not any(part.problems for part in parts)


SCREENS = {
    "netstat_linux--healthy": 76,
    "netstat_freebsd--Aan": 80,
    "netstat_windows--german": 60,
    "netstat_windows--ano": 72,  # within the PID and its heading
    SS: 60,  # within the port, and the heading within a word
}


@pytest.mark.parametrize("engine", ["lark", "regex", "columns"])
@pytest.mark.parametrize("name", SCREENS)
def test_rows_that_a_screen_cut_are_listed(
    name: str, engine: Literal["lark", "regex", "columns"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    width, plain = SCREENS[name], undamaged(name).frame.set_index("line")
    text = "\n".join(line[:width].rstrip() for line in sample(name)) + "\n"
    dump = nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", engine=engine)
    rows = dump.frame.set_index("line")
    inet = rows.index[rows["section"] == "inet"]  # of paths nobody can tell
    for column in ("state", "remote_port", "pid"):
        told = rows.loc[inet, column].dropna()
        assert told.astype(str).equals(plain.loc[told.index, column].astype(str))
    cut = [problem for problem in dump.problems if str(width) in problem.expected[0]]
    assert cut or any("cut on the right" in note for note in dump.notes)
    assert len(rows) + len(dump.problems) == len(plain)


@pytest.mark.parametrize("width", [76, 80, 120])
def test_columns_that_were_cut_are_no_path_and_no_pid(width: int) -> None:
    """Rows of macOS that lack their ends are rows of no other system."""
    plain = undamaged("netstat_macos--anv-26").frame.set_index("line")
    dump = parse("\n".join(line[:width] for line in sample("netstat_macos--anv-26")) + "\n")
    assert set(dump.frame["os"]) == {"macos"}
    for column in ("pid", "path", "state", "bytes_received"):
        told = dump.frame.set_index("line").reindex(columns=[column])[column].dropna()
        assert told.astype(str).equals(plain.loc[told.index, column].astype(str))
    assert len(dump.frame) + len({problem.line for problem in dump.problems}) == len(plain)


CUT_OWNERS = """State      Recv-Q Send-Q Local Address:Port   Peer Address:Port Process
LISTEN     5      4         192.0.2.10:9000      0.0.0.0:*     users:(("stuckacc",pid=812,fd=3)) ino:71 sk:2
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic cwnd:10 bytes_acked:123456 segs_out:12
ESTAB      0      0         192.0.2.10:9000  203.0.113.7:43742 users:(("web server",pid=97,fd=11)) ino:72 sk:3
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic cwnd:12 bytes_acked:98765432 segs_out:7
ESTAB      0      0         192.0.2.10:9000  203.0.113.7:43 timer:(keepalive,12min,0) ino:73 sk:4 uid:1000 rto:204
TIME-WAIT  0      0         192.0.2.10:9000  203.0.113.7:43744
"""


@pytest.mark.parametrize("engine", ["lark", "regex", "columns"])
@pytest.mark.parametrize("width", [72, 80, 88])
def test_rows_cut_behind_their_ends_are_kept(
    width: int, engine: Literal["lark", "regex", "columns"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was whole is read as ever; the cell that was cut, and what stood behind it, is not."""
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    plain = parse(CUT_OWNERS).frame
    text = "".join(f"{line[:width]}\n" for line in CUT_OWNERS.splitlines())
    dump = nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", engine=engine)
    assert not dump.problems
    assert any("cut on the right" in note for note in dump.notes)
    assert dump.cut_at == (width,)
    for column in ("line", "state", "recv_q", "local_port", "remote_addr", "remote_port"):
        assert dump.frame[column].equals(plain[column])
    for column in dump.frame.columns.intersection(
        ["pid", "process", "inode", "uid", "bytes_acked"]
    ):
        told = dump.frame[column].dropna()
        assert told.astype(str).equals(plain.loc[told.index, column].astype(str))


@pytest.mark.parametrize(
    ("width", "states"), [(76, ["ESTABLISHED", "CLOSE_WAIT"]), (73, ["ESTABLISHED"])]
)
def test_a_state_that_was_cut_is_the_only_one_that_begins_so(width: int, states: list[str]) -> None:
    rows = [WIDE.format(number) for number in range(6)]
    rows += [row.replace("ESTABLISHED", "CLOSE_WAIT ") for row in rows]
    rows += [row.replace("ESTABLISHED", "FIN_WAIT2  ") for row in rows[:2]]
    text = "".join(f"{row.rstrip()[:width]}\n" for row in rows)
    dump = parse(HEADER + text)
    assert sorted(set(dump.frame["state"]) - {"FIN_WAIT_2"}) == sorted(states)
    assert len(dump.frame) + len(dump.problems) == len(rows)


@pytest.mark.parametrize(("width", "cut"), [(48, 6), (None, 0)])
def test_ports_that_fill_a_column_to_its_end_were_cut(width: int | None, cut: int) -> None:
    heading = "  Proto  Local Address          Foreign Address        State           PID\n"
    ends = [f"198.51.100.{host}:{port}" for host in (7, 42, 250) for port in (51514, 60021)]
    lines = (f"  TCP    192.0.2.1:135          {end:22} ESTABLISHED     4" for end in ends)
    dump = parse(heading + "".join(f"{line[:width]}\n" for line in lines))
    assert [problem.line for problem in dump.problems] == [*range(2, 2 + cut)]
    assert len(dump.frame) == 6 - cut
    assert dump.cut_at == ((width,) if width else ())


def test_rows_that_end_alike_are_whole() -> None:
    """Half a state that ends before other rows do was not cut with them."""
    rows = "".join(map(WIDE.format, range(4)))
    half = WIDE.format(4).replace("ESTABLISHED", "ESTA")
    dump = parse(HEADER + rows + half + WIDE.format(5))
    assert dump.frame["state_raw"].tolist() == ["ESTABLISHED"] * 4 + ["ESTA", "ESTABLISHED"]


ENDING = {
    "programs that net-tools has cut": [
        f"{LISTENER.removesuffix('612/sshd')}{name}"
        for name in (
            *("600/sshd: /usr/sbin", "1817931/agent_of_zb", "1187/pool: watch /x", "912/a.b"),
            *("9/the.longest.of.al", "44/web", "77/db", "1/init"),
        )
    ],
    "ports behind hosts of any length": [
        f"ESTAB 0      0      192.0.2.10:22  {host:>14}:{port}"
        for host, port in (
            *(("192.0.2.1", 51514), ("192.0.2.12", 51515), ("198.51.100.7", 51516)),
            *(("203.0.113.10", 51517), ("10.0.0.1", 443), ("10.0.0.2", 80), ("10.0.0.3", 53)),
        )
    ],
}
"""Many rows of one width, some shorter ones, and last cells or parts of them of any length."""


@pytest.mark.parametrize("rows", ENDING)
def test_rows_whose_last_cells_end_at_one_place_by_rule_are_whole(rows: str) -> None:
    dump = parse("".join(f"{row}\n" for row in ENDING[rows]))
    assert (len(dump.frame), dump.problems) == (len(ENDING[rows]), [])


def test_a_row_that_cannot_be_tells_nothing_of_the_last() -> None:
    row = WIDE.replace(":80 ", ":{} ")
    dump = parse(HEADER + row.format(99999, 1) + row.format(80, 2).rstrip("\n"))
    assert [problem.line for problem in dump.problems] == [HEADER.count("\n") + 1]
    assert len(dump.frame) == 1


ENDS_ALONE = "ESTAB 0      0      192.0.2.10:80      198.51.100.7:{}"
BSD_UNIX = "Active UNIX domain sockets\nfffffe0b1c2d44c0 stream fffffe0b1c2d4000 00000000 /run/{}"
SOLARIS = "TCP: IPv4\n192.0.2.60.32784     192.0.2.72.{}      32120      0 24820     32 ESTABLISHED"


@pytest.mark.parametrize(
    ("row", "stub", "end"),
    [
        *((LISTENER, stub, "\n") for stub in ("udp6", "tcp      ", "udp        0")),
        *((LISTENER, stub, "") for stub in ("t", "tcp6", "tcp        0      0 192.0.2.10:22")),
        *((WINDOWS, stub, "\n") for stub in ("  UDP", "TCP", "  TCP    192.0.2.10:22")),
        *((ENDS_ALONE, stub, "") for stub in ("LISTEN", "E", "ESTAB 0")),
        *((FREEBSD, stub, "\n\nThat is all.\n") for stub in ("tcp4", "udp6")),
        ("u_str LISTEN 0 128 /run/a.sock {} * 0", "u_str", "\n"),
        ("tcp   LISTEN 0 128 192.0.2.10:22 0.0.0.0:*", "tcp   L", ""),
        *((WINDOWS, "  TCP    192.0.2", end) for end in ("\n", "  ")),
        *((ENDS_ALONE, stub, end) for stub in ("TIME-WAIT", "ESTAB  0") for end in ("\n", "  ")),
        *((BSD_UNIX, f"fffffe0b1c2d4b00{more}", "\n") for more in ("", " str", " stream fffffe0")),
        *((SOLARIS, stub, "\n") for stub in ("192.0.2", "*.22", "192.0.2.60.22        198")),
    ],
)
def test_the_beginning_of_a_row_that_a_table_ends_in_is_listed(
    row: str, stub: str, end: str
) -> None:
    *above, row = row.splitlines(keepends=True)
    rows = "".join(f"{row.rstrip()}\n".format(51514 + at) for at in range(2))
    dump = parse(f"{''.join(above)}{rows}{stub}{end}")
    assert dump.frame["line"].tolist() == [len(above) + 1, len(above) + 2]
    assert [problem.line for problem in dump.problems] == [len(above) + 3]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        *((LISTENER, word) for word in ("UDP", "udp is next", "ESTAB", "total", "t")),
        *((ENDS_ALONE.format(1), word) for word in ("total", "ESTAB sockets", "t")),
        *((WINDOWS.format(1).strip(), word) for word in ("TCP connections", "T", "TCP: 1")),
        *((SOLARIS.format(1), word) for word in ("19", "192", "1.5", "192.0.2.1 is mine", "a.b c")),
        *((BSD_UNIX.format(1), word) for word in ("ffff", "2026", "deadbeef")),
    ],
)
def test_a_word_below_rows_that_is_no_beginning_is_text(row: str, word: str) -> None:
    dump = parse(f"{row}\n{word}\n")
    assert (len(dump.frame), dump.problems) == (1, [])
    assert dump.census["text"] == 1


OWNERLESS = " Can not obtain ownership information\n"


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("    That is what I see here.\n", 0),
        ("    That is what I see\n    on the other one.\n", 0),
        (OWNERLESS, 1),
        (f" [System]\n{WINDOWS.format(9)}   Not obtained\n", 2),
        ("  C:\\WINDOWS\\a.dll\n  C:\\WINDOWS\\b.dll\n  -- unknown --\n  [svchost.exe]\n", 4),
    ],
)
def test_what_is_indented_below_the_last_row_of_windows_is_its_owner_where_others_have_one(
    below: str, said: int
) -> None:
    dump = parse(f"{WINDOWS.format(51514)}{below}")
    assert dump.problems == []
    assert dump.census.get("details", 0) == said


RED_HAT = "tcp        0      0 {:27} {:27} ESTABLISHED 7172/java"
MAPPED = "::ffff:192.0.2.28:23564"  # of 23 characters, as others are when they are cut


@pytest.mark.parametrize(
    ("rows", "cut"),
    [
        ([RED_HAT.format(MAPPED, "192.0.2.3:1521")], False),
        ([RED_HAT.format("192.0.2.3:1521", MAPPED)], False),
        ([f"tcp        0      0 {MAPPED} 192.0.2.3:1521          ESTABLISHED 7172/java"], True),
        ([f"udp        0      0 192.0.2.3:1521          {MAPPED}             7172/java"], True),
        (
            [
                f"tcp 0 0 {MAPPED} {end} LISTEN"
                for end in ("0.0.0.0:*", "web-1.db-1.example.com:80")
            ],
            False,
        ),
        (["tcp 0 0 a-very-long-name.exam:d web-1.db-1.example.com:80 ESTABLISHED"], False),
        (["tcp 0 0 a-very-long-name.exam:d web-1.example:80 ESTABLISHED"], True),
        (["sctp                a-very-long-name.exam:d                     LISTEN"], True),
    ],
)
@pytest.mark.parametrize("engine", ["lark", "regex", "columns"])
def test_an_end_of_the_width_is_whole_where_columns_are_wider(
    rows: list[str], cut: bool, engine: Literal["lark", "regex", "columns"]
) -> None:
    text = "".join(f"{row}\n" for row in rows) * 20
    frame = nsparse.parse(io.BytesIO(text.encode()), engine=engine).frame
    assert ("addr_truncated" in frame) == cut
    if "a-very" in text:
        assert frame["local_addr"].notna().all() == cut
        assert frame["local_name"].tolist() == ["a-very-long-name.exam:d"] * 20


BY_NAME = "tcp        1      0 web1.example:3595{}      192.0.2.82:http         CLOSE_WAIT\n"
HEADS = {
    ':(("python3",pid=5030,fd=15))': OWNED,
    '0.7:51514 users:(("web",pid=9,fd=4))': OWNED,
    "0:80           198.51.100.7:51514      ESTABLISHED": WIDE,
    "4      ESTABLISHED": WIDE,
    "14      ESTABLISHED 640/sshd": SESSION + "{}\n",
    ":35952         192.0.2.82:http       CLOSE_WAIT": BY_NAME,
    "er        [::]:*                  LISTEN      731/java": (
        "tcp6       0      0 [::]:ssh                [::]:*                  LISTEN      68{}/sshd\n"
    ),
}


@pytest.mark.parametrize("head", HEADS)
def test_the_end_of_a_row_that_a_text_begins_with_is_listed(head: str) -> None:
    dump = parse(f"{head}\n" + "".join(map(HEADS[head].format, range(3))))
    assert dump.frame["line"].tolist() == [2, 3, 4]
    assert [problem.line for problem in dump.problems] == [1]


@pytest.mark.parametrize(
    "head",
    [
        "0.0.0.0:912            0.0.0.0:0              LISTENING       6188",
        "       LISTENING       6188",
        "12     198.51.100.7:51514     CLOSE_WAIT      6188",
    ],
)
@pytest.mark.parametrize("between", ["", "C:\\>netstat -ano\n", "\nC:\\>netstat -ano\n\n"])
def test_such_an_end_is_listed_whatever_stands_below(head: str, between: str) -> None:
    dump = parse(f"{head}\n{between}{''.join(map(WINDOWS.format, range(3)))}")
    assert len(dump.frame) == 3
    assert [problem.line for problem in dump.problems] == [1]


@pytest.mark.parametrize(
    "title", ["web1:", "Sockets of 192.0.2.10", "Output", "host web1, 2 sockets"]
)
def test_a_title_above_rows_is_no_damage(title: str) -> None:
    for row in (OWNED, WIDE, SESSION + "\n", BY_NAME):
        dump = parse(f"{title}\n" + "".join(map(row.format, range(3))))
        assert (len(dump.frame), dump.problems) == (3, [])


def test_a_soft_break_joins_and_line_numbers_stay() -> None:
    rows = 'ESTAB 0 0 192.0.2.1:22 192.0.2.9:50 users:(("a=3Db",pid=3D640,=\nfd=3D4))\n' * 2
    dump = parse("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n" + rows)
    assert dump.frame["line"].tolist() == [2, 4]
    assert dump.frame["process"].tolist() == ["a=b", "a=b"]
    assert dump.frame["fd"].tolist() == [4, 4]
    assert dump.census == {"headers": 1, "rows": 2, "joined": 2}


@pytest.mark.parametrize("name", ["a=", "x=20", "pid=3Dx"])
def test_a_name_that_looks_encoded_alone_changes_nothing(name: str) -> None:
    dump = parse(f"{HEADER}{SESSION.replace('sshd', name)}\n{LISTENER}\n")
    assert dump.frame["process"].tolist() == [name, "sshd"]


def test_an_escape_sequence_in_a_name_is_data() -> None:
    name = "a\x1b[31mb\x1b[0m"
    dump = parse(f"{HEADER}{LISTENER.replace('sshd', name)}\n")
    assert dump.frame["process"].tolist() == [name]


@pytest.mark.parametrize(
    "row",
    [
        SESSION.replace("ESTABLISHED", "\x1b[32mESTABLISHED\x1b[0m"),
        SESSION.replace(":22", ":\x1b[01;31m\x1b[K22\x1b[m\x1b[K"),
        "\x1b[33mtcp\x1b[0m" + SESSION[3:],
        f"\x1b[1m{SESSION}\x1b[0m",
    ],
)
def test_colours_of_a_terminal_go(row: str) -> None:
    dump = parse(f"{HEADER}{row}\n")
    assert dump.frame["state"].tolist() == ["ESTABLISHED"]
    assert dump.frame["local_port"].tolist() == [22]
    assert dump.notes == ["1 line mended: coloured by a terminal"]


@pytest.mark.parametrize("first", ["", "$ netstat -tanp\n"])
def test_the_same_table_again_is_a_new_moment_with_or_without_its_command(first: str) -> None:
    table = f"{HEADER}{LISTENER}\n"
    dump = parse(f"{first}{table}\nand later:\n\n{table}")
    assert dump.frame["snapshot"].tolist() == [0, 1]


PAGES = [
    [f"tcp        0      0 192.0.2.10:80           198.51.100.{n}:{port}     ESTABLISHED 9/web"]
    for n, port in enumerate((4001, 4002, 4003, 4004), 1)
]


def test_a_heading_that_comes_again_above_other_sockets_parts_no_moments() -> None:
    header = HEADER.splitlines()[1]
    rows = [row for page in PAGES for row in page]
    dump = parse("\n".join([*HEADER.splitlines(), *rows[:3], header, rows[3]]))
    assert dump.frame["snapshot"].tolist() == [0] * 4
    assert "view" not in dump.frame
    # One socket that is there again says that the host was asked again.
    dump = parse("\n".join([header, *rows[:3], header, rows[3], rows[0]]))
    assert dump.frame["snapshot"].tolist() == [0, 0, 0, 1, 1]


def test_runs_of_one_moment_are_views_even_where_nothing_is_echoed() -> None:
    frame = nsparse.parse(SAMPLES / "netstat_windows--tss.txt").frame
    # -anob, -nato, -nato -p tcp, -anoq; -r and -es print no sockets.
    assert frame.groupby("view").size().to_dict() == {0: 31, 1: 31, 2: 26, 3: 45}
    report = nsparse.diagnose(frame)
    exposed = [f.rows for f in report.findings if f.id == "listener-exposed"]
    assert len(exposed) == len(set(exposed))
    assert "dup-rows" not in {finding.id for finding in report.findings}


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("Sun Nov 22 10:43:50 UTC 2026", "10:43"),
        ("zzz ***Sun Nov 22 10:43:50 UTC 2026", "10:43"),
        ("zzz ***Sun Nov 22 10:43:50 UTC 2026 Sample interval: 30 seconds", "10:43"),
        ("zzz *** 2026-11-22 10:43:50Z Sample Interval: 5 Seconds", "10:43"),
        ("zzz ***So 22. Nov 10:43:50 CET 2026 Sample interval: 30 seconds", "09:43"),
        ("zzz <11/22/2026 10:43:50> Count:7", "10:43"),
        ("Sun Nov 22 10:43:50 PM UTC 2026", "22:43"),
        ("Sun 22 Nov 2026 10:43:50 AM UTC", "10:43"),
        ("Sun 22 Nov 10:43:50 GMT 2026", "10:43"),
        ("Sun, 22 Nov 2026 10:43:50 +0100", "09:43"),
        ("Sun Nov 22 10:43:50 2026", "10:43"),
        ("=== 2026-11-22 10:43:50 ===", "10:43"),
        ("=== 10:43:50 ===", None),
        ("Date: Sun Nov 22 10:43:50 UTC 2026", "10:43"),
        ("timestamp=2026-11-22T10:43:50Z", "10:43"),
        ("当前时间:10:43:50", None),
        ("Sun Nov 22 10:43:50 CET 2026", "09:43"),
        ("Sun Nov 22 10:43:50 CST 2026", "10:43"),  # in China, in Chicago, in Havana
        ("So 22. Nov 10:43:50 CET 2026", "09:43"),
        ("dimanche 22 novembre 2026, 10:43:50 (UTC+0100)", "09:43"),
        ("2026年 11月 22日 星期日 10:43:50 JST", "01:43"),
        ("2026/11/22 10:43:50", "10:43"),
        ("2026-11-22 10:43:50 UTC", "10:43"),
        ("Sun 2026-11-22 10:43:50 CET", "09:43"),
        ("2026-11-22 10:43:50 +0200 CET", "08:43"),  # what is written out is sure
        ("2026-11-22 10:43:50 IST", "10:43"),  # in India, in Israel, in Ireland
    ],
)
def test_a_time_between_tables_is_that_of_the_next(line: str, time: str | None) -> None:
    dump = parse(f"{HEADER}{LISTENER}\n{line}\n{HEADER}{LISTENER}\n")
    assert dump.frame["snapshot"].tolist() == [0, 1]
    times = dump.frame["taken_at"].dt.strftime("%H:%M")
    assert times.isna().tolist() == [True, time is None]
    assert time is None or times.iloc[1] == time


def test_a_time_in_front_of_every_line_is_that_of_its_table() -> None:
    runs = [
        f"2026-11-22T10:4{n}:50.123456789Z stdout F {line}"
        for n in (3, 4)
        for line in f"{HEADER}{LISTENER}".splitlines()
    ]
    times = parse("\n".join(runs)).frame["taken_at"].dt.strftime("%H:%M:%S.%f")
    assert times.tolist() == ["10:43:50.123456", "10:44:50.123456"]


def test_a_time_in_front_may_have_slashes() -> None:
    dump = parse("".join(f"[2026/11/2 10:43:5{n}] {SESSION}\n" for n in range(3)))
    assert dump.frame["taken_at"].dt.strftime("%m-%d %H:%M:%S").tolist() == ["11-02 10:43:50"] * 3


def test_a_queue_that_cannot_be_is_no_number_of_a_line() -> None:
    heading = "State      Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    row = "CLOSE-WAIT {}      0      192.0.2.1:80       198.51.100.7:4001\n"
    dump = parse(heading + "".join(map(row.format, (1, -1, 1))))
    assert dump.frame["line"].tolist() == [2, 4]
    assert [problem.column for problem in dump.problems] == [12]


@pytest.mark.parametrize("wiped", ["-- More  -- \r            \r", "-- Suite --\r          \r"])
def test_what_a_pager_wiped_ends_no_table(wiped: str) -> None:
    rows = "  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    812\r\n  RpcSs\r\n"
    dump = parse(f"\r\nActive Connections\r\n\r\n{rows}{wiped} [svchost.exe]\r\n")
    assert dump.frame["process"].tolist() == ["svchost.exe"]
    assert not dump.problems


STRINGS = {
    "backquotes": ("const out = `{}", "{}`;"),
    "triple": ('text = """{}', '{}"""'),
    "shell": ("NS_OUT='{}", "{}'"),
}


@pytest.mark.parametrize("name", STRINGS)
def test_a_string_begins_and_ends_at_rows(name: str) -> None:
    first, last = STRINGS[name]
    rows = [SESSION.removesuffix(" 640/sshd"), LISTENER.removesuffix("   612/sshd")]
    dump = parse(f"{first.format(rows[0])}\n{last.format(rows[1])}\nreturn out\n")
    assert dump.frame["state_raw"].tolist() == ["ESTABLISHED", "LISTEN"]
    assert not dump.problems


@pytest.mark.parametrize(
    "command", ["ss -tan '( sport = :22 )'", 'ss -tan dst "192.0.2.9:22 or x y"']
)
def test_the_quotes_of_an_echoed_command_are_its_own(command: str) -> None:
    dump = parse(f"[root@web1 ~]# {command}\nESTAB 0 0 192.0.2.10:22 198.51.100.7:5\n`tcp 1`\n")
    assert dump.frame["host"].tolist() == ["web1"]
    assert dump.parts[0].command == command


@pytest.mark.parametrize(
    "behind",
    [
        *(
            "```",
            "````",
            '"""',
            '";',
            '"#;',
            "});",
            "`",
            "}",
            "##### END",
            "In contrast, see below:",
        ),
        *("命令执行后可以看到结果", "+ another item", "exit 0", "-- \nSam <sam@example.com>"),
    ],
)
def test_what_stands_behind_a_table_is_no_damaged_row(behind: str) -> None:
    dump = parse(f"{HEADER}{LISTENER}\n{SESSION}\n{behind}\n")
    assert dump.problems == []
    assert dump.frame["process"].tolist() == ["sshd", "sshd"]


@pytest.mark.parametrize("elision", [".", "⋮", "[...]", "[…]", "....ETC to the end....", "(...)"])
def test_rows_that_were_left_out_are_no_part_of_others(elision: str) -> None:
    windows = "  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    812\n [svchost.exe]\n"
    header = "Active Connections\n\n  Proto  Local Address  Foreign Address  State  PID\n"
    sockets = "u_str LISTEN 0 5 /var/run/sdp 11528 * 0\n\t skmem:(r0,rb0)\n"
    for text in (header + windows + f"{elision}\n" + windows, sockets + f"{elision}\n" + sockets):
        dump = parse(text)
        assert len(dump.frame) == 2
        assert dump.problems == []
        assert dump.notes == [
            "rows were left out of this dump by whoever shortened it: counts are too low"
        ]
    assert "[..." not in str(parse(header + windows + elision).frame["process"].tolist())


@pytest.mark.parametrize("end", ["[/code]", "[/quote]", "[/b][/size]"])
def test_what_ends_a_quotation_in_a_forum_is_no_program(end: str) -> None:
    row = "  TCP    192.0.2.10:445    0.0.0.0:0    LISTENING    4\n"
    dump = parse(f"{row}{end}\n")
    assert dump.frame["process"].isna().all()
    assert dump.problems == []


def test_only_what_names_an_owner_goes_on_with_a_row_of_windows() -> None:
    row = "  TCP    0.0.0.0:135    0.0.0.0:0    LISTENING    812\n"
    other = "  ESTAB  0      0      192.0.2.10:22      198.51.100.7:51514\n"
    header = "  State  Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    dump = parse(f"{row} [a.exe]\n{row}\n [b.exe]\n{header}{other}")
    assert dump.frame["process"].tolist()[:2] == ["a.exe", "b.exe"]
    assert dump.frame["tool"].tolist() == ["netstat", "netstat", "ss"]
    listed = parse("".join(f" * {line}\n" for line in (row, row, row)))
    assert len(listed.frame) == 3


def test_a_timer_that_was_cut_is_no_part_of_a_name() -> None:
    row = f"{LISTENER}      off (0.00/0/0"
    dump = parse(f"{HEADER}{row})\n{row}\n")
    assert dump.frame["process"].tolist() == ["sshd"]
    assert [problem.line for problem in dump.problems] == [4]


@pytest.mark.parametrize(
    "behind", [" |  |", "  | |", " │  │ │", " bob@web1:~$ exit", " bob@db:/a#"]
)
def test_bars_and_prompts_behind_a_name_are_no_part_of_it(behind: str) -> None:
    dump = parse(f"{HEADER}{SESSION}\n{LISTENER}{behind}\n{SESSION}: bob@pts/0\n")
    assert dump.frame["process"].tolist() == ["sshd", "sshd", "sshd: bob@pts/0"]


def test_a_heading_behind_rows_on_one_line_is_no_name() -> None:
    unix = "Active UNIX domain sockets (servers and established) Proto RefCnt Flags Type State Path"
    dump = parse(" ".join([*HEADER.split(), SESSION, LISTENER, unix, NAMED.format(1)]))
    assert dump.frame["process"].dropna().tolist() == ["sshd", "sshd"]
    assert dump.frame["path"].dropna().tolist() == ["/run/app.sock"]


def test_a_sentence_below_a_row_without_a_path_is_none() -> None:
    row = "fffffe0b1c2d44c0 stream-ord fffffe0b1c2d4000 00000000\n"
    dump = parse(
        f"Active UNIX domain sockets\n{row}{row}RTNETLINK answers: Invalid argument\n{row}"
    )
    assert len(dump.frame) == 3
    assert "path" not in dump.frame or dump.frame["path"].isna().all()


def test_further_processes_of_illumos_are_none_behind_a_time() -> None:
    header = "UDP: IPv4\n   Local Address   Remote Address   State\n"
    rows = [f"Nov 22 10:43:50 web1 log[811]:       *.{port}     Idle\n" for port in (631, 632, 633)]
    assert parse(header + "".join(rows)).frame["local_port"].tolist() == [631, 632, 633]


def test_what_select_string_found_among_its_context_is_read() -> None:
    row = "  TCP    0.0.0.0:{}    0.0.0.0:0    LISTENING    812"
    marks = ("  netstat.txt:4:", "> netstat.txt:5:", "  netstat.txt:6:")
    dump = parse("".join(f"{mark}{row.format(135 + n)}\n" for n, mark in enumerate(marks)))
    assert dump.frame["local_port"].tolist() == [135, 136, 137]


def test_signs_around_cells_are_no_part_of_them() -> None:
    bold = SESSION.replace("tcp        0", "tcp   **121347**")
    glued = f"{LISTENER}      off(0.00/0/0)"
    dump = parse(f"{HEADER}{bold}\n{glued}\n")
    assert dump.frame["recv_q"].tolist() == [121347, 0]
    assert dump.frame["process"].tolist() == ["sshd", "sshd"]
    owners = (
        'State Recv-Q Send-Q Local Address:Port Process\nLISTEN 0 128 0.0.0.0:22 users:(("sshd"))\n'
    )
    frame = parse(owners).frame
    assert frame[["local_port", "remote_addr"]].isna().values.tolist() == [[False, True]]


def test_what_other_tools_print_beside_a_table_is_no_row_of_it() -> None:
    text = "lo0: flags=849\n        inet 127.0.0.1  netmask ff000000\n"
    assert parse(f"{text}{HEADER}{LISTENER}\n").problems == []


@pytest.mark.parametrize("front", ["   ", "\t", "       ", ""])
@pytest.mark.parametrize("engine", ["regex", "lark", "columns"])
def test_what_a_tab_indents_is_below_a_row_that_is_indented_less(
    front: str, engine: Literal["regex", "lark", "columns"]
) -> None:
    """By as many blanks as a TAB is wide, and not by one."""
    row, below = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:{}\n", "\t new_cc wscale:7,7 rto:204\n"
    text = "".join(f"{front}{row.format(port)}{below}" for port in range(4000, 4040))
    dump = nsparse.parse(io.BytesIO(text.encode()), engine=engine)
    assert dump.census == {"rows": 40, "details": 40}
    assert dump.frame["rto_ms"].tolist() == [204] * 40


COMMENTS = ("", "# ", "// ", " * ", "-- ")


@pytest.mark.parametrize("front", COMMENTS)
@pytest.mark.parametrize(
    "table",
    [
        r"""ESTAB 0 0 192.0.2.1:22 192.0.2.9:4000
\t cubic wscale:7,7 rto:204
ESTAB 0 0 192.0.2.1:22 192.0.2.9:4001
\tcubic rto:204
""",
        "tcp\\t0\\t0\\t192.0.2.1:22\\t192.0.2.9:4000\\tESTABLISHED\n"
        "tcp\\t0\\t0\\t192.0.2.1:22\\t192.0.2.9:4001\\tESTABLISHED\n",
    ],
)
def test_a_tab_that_was_written_out_is_one(table: str, front: str) -> None:
    text = "".join(f"{front}{line}\n" for line in table.splitlines())
    dump, plain = parse(text), parse(table.replace("\\t", "\t"))
    assert dump.problems == []
    assert dump.census == plain.census
    assert dump.frame.drop(columns="line").equals(plain.frame.drop(columns="line"))


def test_a_file_of_windows_may_begin_with_a_t() -> None:
    row = r"  TCP    192.0.2.10:445         0.0.0.0:0              LISTENING       4"
    dump = parse(f"{row}\n [a\\t 1.exe]\n{row}\n [x\\t.exe]\n")
    assert dump.frame["process"].tolist() == [r"a\t 1.exe", r"x\t.exe"]


def test_a_row_is_whole_whatever_prompt_stands_below() -> None:
    row = "unix  2      [ ]         DGRAM                    15404    /var/cache/samba/msg/878\n"
    dump = parse(f"{row.replace('15404', '15405')}{row}web1:~ # \nweb1:~ # exit\n")
    assert dump.problems == []
    assert len(dump.frame) == 2


def test_a_program_may_be_named_as_a_mark_of_a_forum_is() -> None:
    named = SESSION.replace("640/sshd", "640/[/b]")
    assert parse(f"{HEADER}{named}\n{LISTENER}\n").frame["process"].tolist() == ["[/b]", "sshd"]
    marked = SESSION.replace("640/sshd", "[b]640/sshd[/b]")
    assert parse(f"{HEADER}{marked}\n{LISTENER}\n").frame["pid"].tolist() == [640, 612]


@pytest.mark.parametrize(
    "remark", ["所有地址均可连接22", "<-- слушает 22 порт", "   <-- this one", "\\", " ← here"]
)
def test_a_remark_in_any_letters_is_no_part_of_a_row(remark: str) -> None:
    row = LISTENER.removesuffix("612/sshd")
    dump = parse(f"{HEADER}{row} {remark}\n{SESSION}\n")
    assert dump.frame["state"].tolist() == ["LISTEN", "ESTABLISHED"]
    assert dump.frame["process"].dropna().tolist() == ["sshd"]
    if remark[:2] in ("<-", "  ", " ←"):  # else a program's name may go on so
        assert parse(f"{HEADER}{LISTENER} {remark}\n").frame["process"].tolist() == ["sshd"]


def test_a_mend_takes_away_what_stands_in_front_and_nothing_further_on() -> None:
    header = "Proto Recv-Q Send-Q Local Address          Foreign Address        (state)\n"
    # Without its state the row is damaged; `46` is no line number in the middle of it.
    dump = parse(f"{header}tcp46      0      0 *.443                  *.*\n")
    assert [problem.line for problem in dump.problems] == [2]
    assert len(dump.frame) == 0


def test_a_lone_hash_below_a_command_does_not_take_it_back() -> None:
    table = f"{HEADER}{LISTENER}\n"
    dump = parse(f"#\n# netstat -tanp\n#\n{table}#\n# netstat -tanpW\n#\n{table}")
    assert dump.frame["snapshot"].tolist() == [0, 0]


def test_owner_lines_without_indentation_belong_to_their_rows() -> None:
    rows = "TCP 0.0.0.0:135 0.0.0.0:0 LISTENING 1052\nRpcSs\n[svchost.exe]\n"
    rows += "TCP 0.0.0.0:445 0.0.0.0:0 LISTENING 4\nCan not obtain ownership information\n"
    rows += "UDP [::1]:61022 *:* 7012\nSpooler\n\nThat is all.\n"
    dump = parse("Active Connections\n\nProto Local Address Foreign Address State PID\n" + rows)
    assert dump.frame["component"].fillna("").tolist() == ["RpcSs", "", "Spooler"]
    assert dump.frame["process"].fillna("").tolist() == ["svchost.exe", "", ""]
    assert dump.census == {"headers": 2, "blank": 2, "rows": 3, "details": 4, "text": 1}


def test_a_problem_in_a_quoted_line_is_shown_where_it_stands() -> None:
    quoted = [f"> {line}" for line in f"{HEADER}{LISTENER}\n{SESSION}".splitlines()]
    dump = parse("\n".join([*quoted, "> tcp        O      0 192.0.2.10:22 192.0.2.9:1 LISTEN -"]))
    assert [(problem.line, problem.column) for problem in dump.problems] == [(5, 14)]


ILLUMOS = """\
# TCP: IPv4
#    Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
#      *.22                 *.*                0      0 24576      0 LISTEN
#192.0.2.30.2500   198.51.100.206.53436 16080      0 24616      0 ESTABLISHED
"""


def test_the_sign_of_a_comment_is_no_part_of_an_address() -> None:
    assert parse(ILLUMOS).frame["local_addr"].tolist() == ["*", "192.0.2.30"]


CELLS = {
    "192[.]0[.]2[.]1:80": ("192.0.2.1", 80, "ipv4"),  # so that nobody follows it
    "192,0,2,1:80": ("192.0.2.1", 80, "ipv4"),
    "192.0.2.1:**80**": ("192.0.2.1", 80, "ipv4"),  # bold in Markdown
    "192:xx:xx:xx:80": (None, 80, None),  # masked
    "192.0.2.1:zabbix-agent": ("192.0.2.1", 10050, "ipv4"),
}


@pytest.mark.parametrize("end", CELLS)
def test_an_end_is_read_as_people_write_it(end: str) -> None:
    dump = parse(
        f"State Recv-Q Send-Q Local Address:Port Peer Address:Port\nESTAB 0 0 {end} {end}\n"
    )
    [row] = dump.frame[["local_addr", "local_port", "family"]].itertuples(index=False)
    assert tuple(None if pd.isna(value) else value for value in row) == CELLS[end]


def test_what_scripts_and_cheat_sheets_put_behind_a_pid_of_windows() -> None:
    row = "  TCP    192.0.2.10:80          0.0.0.0:0              LISTENING       "
    dump = parse("".join(f"{row}{end}\n" for end in ("1564 (w3wp)", "4 (System)", "[PID]")))
    assert dump.frame["process"].fillna("").tolist() == ["w3wp", "System", ""]
    assert dump.frame["pid"].fillna(0).tolist() == [1564, 4, 0]


def test_internals_without_indentation_belong_to_the_row_above() -> None:
    row = "ESTAB 0 0 192.0.2.2:42278 198.51.100.10:5215\n"
    said = "cubic wscale:7,6 rto:236\nrtt:34.2/16.5 ato:40\n"
    dump = parse(f"{row}{said}{row.replace('78', '79')}cubic\n")
    assert dump.frame["rto_ms"].fillna(0).tolist() == [236, 0]
    assert dump.frame["rtt_ms"].fillna(0).tolist() == [34.2, 0]
    assert not dump.problems


# ---- languages ---------------------------------------------------------------------------------

STATES = {
    "netstat_linux--net-tools-german": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_linux--net-tools-french": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_linux--net-tools-portuguese": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_linux--net-tools-japanese": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_linux--net-tools-spanish": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_linux--net-tools-italian": {"ESTABLISHED": 11, "LISTEN": 2, "CLOSE_WAIT": 9},
    "netstat_windows--windows-french": {"ESTABLISHED": 6, "LISTEN": 7, "CLOSE_WAIT": 3},
    "netstat_windows--windows-spanish": {"ESTABLISHED": 6, "LISTEN": 7, "CLOSE_WAIT": 3},
    "netstat_windows--windows-chinese": {"ESTABLISHED": 6, "LISTEN": 7, "CLOSE_WAIT": 3},
    "netstat_windows--windows-portuguese": {"ESTABLISHED": 7, "LISTEN": 10, "CLOSE_WAIT": 7},
    "netstat_windows--windows-russian": {"ESTABLISHED": 7, "LISTEN": 10, "CLOSE_WAIT": 7},
    "netstat_windows--windows-japanese": {"ESTABLISHED": 7, "LISTEN": 10, "CLOSE_WAIT": 7},
    "netstat_windows--unknown-language": {"UNKNOWN": 14, "LISTEN": 10, "TIME_WAIT": 2},
}
"""Counted by hand in the samples that these were made from."""

ENCODINGS = {
    "french": "cp850",
    "spanish": "utf-16-le",
    "portuguese": "cp850",
    "russian": "cp866",
    "chinese": "gb18030",
    "japanese": "cp932",
}


@pytest.mark.parametrize("name", STATES)
def test_states_of_every_language(name: str) -> None:
    dump = undamaged(name)
    counts = dump.frame["state"].value_counts()
    assert {state: counts[state] for state in STATES[name]} == STATES[name]
    assert not dump.problems


@pytest.mark.parametrize("name", [name for name in STATES if "net-tools" in name])
def test_timers_of_every_language(name: str) -> None:
    frame = undamaged(name).frame
    counts = frame["timer"].value_counts()
    assert counts[counts > 0].to_dict() == {"retransmit": 4, "persist": 3, "timewait": 1}
    waits = frame.loc[frame["timer"] == "retransmit", "timer_ms"]
    assert waits.tolist() == [470, 470, 470, 400]


@pytest.mark.parametrize("language", ENCODINGS)
def test_code_pages_are_known_by_their_words(language: str) -> None:
    dump = nsparse.parse(SAMPLES / f"netstat_windows--windows-{language}.txt")
    assert dump.encoding == ENCODINGS[language]


def test_states_of_an_unknown_language_are_counted_in_a_note() -> None:
    dump = nsparse.parse(SAMPLES / "netstat_windows--unknown-language.txt")
    assert dump.notes == ["14 rows in states no table knows: SIDOTTU (7), LOPUN_OTTO (7)"]


# ---- collectors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("netstat_linux--zzz", [11, 13]),
        ("ss_linux--suse", [37]),
        ("netstat_macos--sysdiagnose", [34]),
        ("netstat_windows--tss", [133]),
        ("ss_linux--ec2rescue", [6, 9, 12]),
        ("netstat_linux+ss_linux--prompts", [24]),
        ("ss_linux--fenced", [12, 5]),
    ],
)
def test_moments_of_collectors(name: str, rows: list[int]) -> None:
    dump = undamaged(name)
    assert [shot.rows for shot in dump.snapshots] == rows
    assert not dump.problems


# What people and scripts make of rows, and what the columns of these hold then.
RETYPED: dict[str, tuple[str, dict[str, list[object]]]] = {
    "queues left out": (
        "Proto Local Address  Foreign Address  State  PID/Program name\n"
        "tcp   127.0.0.1:3306    0.0.0.0:*         LISTEN      403/mysqld\n"
        "tcp6  :::80  :::*  LISTEN  417/web\n"
        "udp   0.0.0.0:68  0.0.0.0:*    512/dhcp\n",
        {"local_port": [3306, 80, 68], "pid": [403, 417, 512], "recv_q": [None] * 3},
    ),
    "queues and heading left out": (
        "tcp  192.0.2.10:52341  198.51.100.34:80  CLOSE_WAIT\n",
        {"proto": ["tcp"], "state": ["CLOSE_WAIT"], "remote_port": [80]},
    ),
    "capitals made small": (
        "netid state recv-q send-q local address:port peer address:portprocess\n"
        "tcp   listen    0 10   192.0.2.1:53  0.0.0.0:*\n"
        "tcp   time-wait 0 0    192.0.2.1:53  192.0.2.9:40100\n"
        'udp   unconn    0 0    192.0.2.1:53  0.0.0.0:* users:(("named",pid=3,fd=9))\n',
        {"state_raw": ["LISTEN", "TIME-WAIT", "UNCONN"], "process": [None, None, "named"]},
    ),
    "remarks behind programs": (
        f"{HEADER}{SESSION}   # to the backup\n{SESSION.replace('51514', '51515')} <- mine\n",
        {"process": ["sshd"] * 2, "remote_port": [51514, 51515]},
    ),
    "columns of Solaris 11.4 behind the state": (
        "UDP: IPv4\n"
        "   Local Address        Remote Address      User    Pid      Command      State"
        "       Send Buf     TxOverflows     Recv Buf     RxOverflows\n"
        "192.0.2.5.40000       192.0.2.1.53          root        900 named          Connected"
        "         57344               0        57344               0\n"
        "      *.111                               daemon      901 rpcbind        Idle     "
        "         57344               0        57344               0\n",
        {"process": ["named", "rpcbind"], "pid": [900, 901], "local_port": [40000, 111]},
    ),
    "bullets in front": (
        f"◦\t{LISTENER}\n◦\t{SESSION}\n",
        {"local_port": [22, 22], "pid": [612, 640]},
    ),
    "rows of two families made one": (
        "tcp4/tcp6      0      0  *.5000                 *.*                    LISTEN\n"
        "tcp4           0      0  *.5001                 *.*                    LISTEN\n",
        {"family": ["dual", "ipv4"], "local_port": [5000, 5001]},
    ),
}


@pytest.mark.parametrize("how", RETYPED)
def test_rows_that_people_have_retyped_are_read(how: str) -> None:
    text, columns = RETYPED[how]
    dump = parse(text)
    assert dump.problems == []
    assert values(dump.frame, tuple(columns)) == columns


def test_a_word_where_a_pid_stands_is_no_part_of_the_state() -> None:
    row = "  TCP    192.0.2.10:22          198.51.100.7:51514     ESTABLISHED     invalid\n"
    dump = parse(f"{row}{WINDOWS}")
    assert dump.frame["state_raw"].tolist() == ["ESTABLISHED"] * 2
    assert [(one.line, one.expected) for one in dump.problems] == [(1, ("a number (PID)",))]


@pytest.mark.parametrize("state", ["EST\x01B     0", "ESTAB     x"])
@pytest.mark.parametrize("rows", [3, 120])
def test_a_damaged_row_is_no_rest_of_the_one_above(state: str, rows: int) -> None:
    """Both lines name two ends: they are two rows, and only the damaged one is listed."""
    heading = "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
    row = "ESTAB     0      0      192.0.2.1:443       203.0.113.7:{}\n"
    texts = [row.format(20000 + number) for number in range(rows)]
    damaged = range(1, rows, 40)
    for at in damaged:
        texts[at] = texts[at].replace("ESTAB     0", state)
    dump = parse(heading + "".join(texts))
    assert [problem.line for problem in dump.problems] == [at + 2 for at in damaged]
    assert len(dump.frame) == rows - len(damaged)


FRONT = ("> ", "12: ", "# ", "- ", "2026-11-23 10:00:00 ", "web1 | ", "net.txt:")


@pytest.mark.parametrize("engine", ["regex", "lark", "columns"])
@pytest.mark.parametrize("front", FRONT)
def test_a_damaged_row_above_all_others_is_lost_to_nobody(
    front: str, engine: Literal["regex", "lark", "columns"]
) -> None:
    """What stands in front of every line is not known yet, and no heading announces a row."""
    cut = SESSION[: SESSION.index("51514")]
    lines = ["I see this:", "", *(f"{front}{row}" for row in (cut, LISTENER, SESSION))]
    dump = nsparse.parse(io.BytesIO("\n".join((*lines, "")).encode()), engine=engine)
    assert [(p.line, p.text) for p in dump.problems] == [(3, lines[2].rstrip())]
    assert dump.problems[0].expected == ("a remote address and port (host:port)",)
    assert dump.frame["line"].tolist() == [4, 5]
    assert sum(dump.census.values()) == dump.lines


@pytest.mark.parametrize("front", FRONT)
@pytest.mark.parametrize("said", ["tcp 0 is a protocol", "udp 53 and udp 123", "ESTAB 0 0 it says"])
def test_a_sentence_that_begins_as_rows_do_is_none_behind_something(front: str, said: str) -> None:
    dump = parse(f"Look:\n\n{front}{said}\n\n{LISTENER}\n")
    assert dump.problems == []
    assert len(dump.frame) == 1


OF_OTHERS = (
    "root           4  0.0  0.0      0     0 ?        I<   14:42   0:00 [rcu_par_gp]",
    "user     pts/0        2026-05-18 12:34 (192.0.2.1)",
    " 10:22:33 up 12 days,  3:04,  2 users,  load average: 0.10, 0.20, 0.30",
    "   1234 pts/0    00:00:01 bash",
)


@pytest.mark.parametrize("line", OF_OTHERS)
def test_a_time_is_no_end_of_a_socket(line: str) -> None:
    """What `ps`, `who` and `uptime` printed above rows is no row that was cut, and no heading."""
    rows = [row.rpartition(" ")[0] for row in (LISTENER, SESSION)]
    dump = parse("\n".join((line, *rows, "")))
    assert dump.problems == []
    assert dump.census == {"text": 1, "rows": 2}


def test_the_rest_of_a_row_above_others_is_a_damaged_one_still() -> None:
    dump = parse(f"0:22  198.51.100.7:51514  ESTABLISHED\n{LISTENER}\n")
    assert [problem.line for problem in dump.problems] == [1]
