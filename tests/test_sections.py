"""Tables, moments and everything around them: every line is accounted for."""

from __future__ import annotations

import io
import random
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsparse
from nsparse.reading.texts.text import decode
from nsparse.reading.texts.text import lines as split_lines
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
DUMPS = sorted(p for p in SAMPLES.glob("*--*.txt") if not p.stem.endswith(".expected"))

ROWS = """\
tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
"""
HEADINGS = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
"""


def parse(text: str | bytes, **options: object) -> nsparse.Dump:
    data = text.encode() if isinstance(text, str) else text
    return nsparse.parse(io.BytesIO(data), name="dump.txt", **options)  # type: ignore[arg-type]


def adds_up(dump: nsparse.Dump) -> bool:
    return sum(dump.census.values()) == dump.lines and dump.census.get("rows", 0) == len(dump.frame)


# ---- the census ------------------------------------------------------------------------------


PIECES = [
    *HEADINGS.splitlines(),
    *ROWS.splitlines(),
    "tcp        O      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED",
    "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process",
    'ESTAB  0      0      192.0.2.10:22       198.51.100.7:51514 users:(("sshd",pid=9,fd=4))',
    "\t cubic wscale:7,7 rto:204 rtt:0.1/0.2",
    "\t",
    "  Proto  Local Address          Foreign Address        State           PID",
    "  TCP    192.0.2.10:445         0.0.0.0:0              LISTENING       4",
    " [svchost.exe]",
    "tcp4       0      0  192.0.2.10.52011       203.0.113.4.443        ESTABLISHED",
    "Kernel IP routing table",
    "Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface",
    "$ netstat -an",
    "PS C:\\Users\\u> netstat -ano",
    "Sun Nov 22 10:43:50 UTC 2026",
    "```",
    "(Not all processes could be identified, non-owned process info",
    " will not be shown, you would have to be root to see it all.)",
    "the application hangs since this morning",
    "",
]


@given(
    lines=st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=30),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_census_of_anything_adds_up(lines: list[str], end: str) -> None:
    try:
        dump = parse(end.join(lines))
    except nsparse.NotASocketTable:
        return
    assert adds_up(dump)


def test_bytes_never_raise_anything_but_our_errors() -> None:
    dice = random.Random(4)
    samples = [path.read_bytes() for path in DUMPS[:20]]
    read = 0
    for _ in range(100):
        data = bytearray(dice.choice(samples)[:3000])
        for _ in range(dice.randint(1, 40)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            assert adds_up(parse(bytes(data)))
            read += 1
        except nsparse.NsparseError:
            continue
    assert read > 30


# ---- damage ------------------------------------------------------------------------------------


USERS = 'users:(("program",pid=N,fd=N))'


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("tcp        O      0 192.0.2.1:22 192.0.2.9:5 LISTEN", 12, "a number (Recv-Q)"),
        ("tcp        0     1O 192.0.2.1:22 192.0.2.9:5 LISTEN", 18, "a number (Send-Q)"),
        ("tcp        0      0 192.0.2.1:22", 33, "a remote address and port (host:port)"),
        ("tcp        0      0 192.0.2.1:22 192.", 34, "a remote address and port (host:port)"),
        ("tcp  0  0 192.0.2.1:66000 192.0.2.9:5 LISTEN", 11, "a port between 0 and 65535"),
        ("ESTAB  x  0  192.0.2.1:22  192.0.2.9:5", 1, "a protocol such as tcp or udp6"),
    ],
)
def test_a_damaged_row_names_its_place_and_loses_nothing_else(
    line: str, column: int, expected: str
) -> None:
    dump = parse(HEADINGS + ROWS + line + "\n" + ROWS)
    assert len(dump.frame) == 4
    assert [(p.file, p.line, p.column, p.text) for p in dump.problems] == [
        ("dump.txt", 5, column, line)
    ]
    assert expected in dump.problems[0].expected


SS_HEADING = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
SS_ROW = 'ESTAB 0 0 192.0.2.1:22 192.0.2.9:5 users:(("sshd",pid=7,fd=3))\n'


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("ES\x01AB 0 0 192.0.2.1:22 192.0.2.9:5", 1, ("a state such as ESTAB or LISTEN",)),
        ("ESTAB 0 0 192.0.2.1:22 192.0.2.9:5 users:", 36, (USERS,)),
        ('ESTAB 0 0 192.0.2.1:22 192.0.2.9:5 users:(("ss', 36, (USERS,)),
        ("ESTAB 0 0 192.0.2.1:22", 23, ("a remote address and port (host:port)",)),
        ("ESTAB 0 0", 10, ("a local address and port (host:port)",)),
    ],
)
def test_what_could_have_stood_there_is_what_other_rows_have(
    line: str, column: int, expected: tuple[str, ...]
) -> None:
    dump = parse(f"{SS_HEADING}{SS_ROW}{line}\n{SS_ROW}")
    assert [(p.line, p.column, p.expected) for p in dump.problems] == [(3, column, expected)]
    assert len(dump.frame) == 2


def test_a_damaged_row_without_a_header_is_a_problem_and_prose_is_not() -> None:
    dump = parse("it hangs since noon\n\n" + ROWS + "tcp 0 0 192.0.2.1\n\ntcp is a protocol\n")
    assert [problem.line for problem in dump.problems] == [5]
    assert dump.census["text"] == 2


@pytest.mark.parametrize("below", ["DONE", "done", "ESTAB", "exit"])
@pytest.mark.parametrize("heading", [SS_HEADING, ""])
def test_a_row_is_whole_whatever_word_stands_below(heading: str, below: str) -> None:
    dump = parse(f"{heading}{SS_ROW}{below}\n")
    # Rows begin with a state here: alone at the end of a text it is the first word of one.
    assert [problem.line for problem in dump.problems] == [dump.lines] * (below == "ESTAB")
    assert dump.frame["pid"].tolist() == [7]


def test_the_beginning_of_a_row_is_no_rest_of_the_one_above() -> None:
    dump = parse(f"{HEADINGS}{ROWS}tcp\n{ROWS}")
    assert [problem.line for problem in dump.problems] == [5]
    assert len(dump.frame) == 4


@pytest.mark.parametrize(
    ("owner", "process", "pid", "problems"),
    [
        ("users:((“sshd”,pid=7,fd=3))", "sshd", 7, 0),
        ('users:(("sshd"))', "sshd", None, 0),
        ('users:(("sshd",pid=l7,fd=3))', "sshd", None, 1),
    ],
)
def test_owners_that_somebody_typed(
    owner: str, process: str | None, pid: int | None, problems: int
) -> None:
    row = f"ESTAB 0 0 192.0.2.1:22 192.0.2.9:5 {owner}\n"
    dump = parse(f"{SS_HEADING}{row}{SS_ROW}")
    told = dump.frame[["process", "pid"]].astype(object)
    assert told.where(told.notna(), None).values.tolist() == [[process, pid], ["sshd", 7]]
    assert [p.expected for p in dump.problems] == [(USERS,)] * problems


SS_DAMAGED = """\
State  Recv-Q Send-Q Local Address:Port  Peer Address:Port
LISTEN O      1O     O.O.O.O:22          *:*
"""


@pytest.mark.parametrize(
    ("text", "rows", "place"),
    [
        (HEADINGS + ROWS.translate(str.maketrans("0125", "OlZS")), 2, (3, 12)),
        (HEADINGS + ROWS.replace(":", " : "), 2, (3, 21)),
        (SS_DAMAGED, 1, (2, 8)),
    ],
    ids=["letters for digits", "blanks around colons", "letters in ss"],
)
def test_where_every_row_is_damaged_each_is_a_problem(
    text: str, rows: int, place: tuple[int, int]
) -> None:
    dump = parse(text)
    assert len(dump.frame) == 0
    assert len(dump.problems) == rows
    assert (dump.problems[0].line, dump.problems[0].column) == place


def test_a_damaged_first_row_without_a_header_is_no_heading() -> None:
    dump = parse("ESTAB 0 x 192.0.2.1:22 192.0.2.9:5000\nESTAB 0 0 192.0.2.1:22 192.0.2.9:5000\n")
    assert dump.census == {"problems": 1, "rows": 1}


def test_what_continues_a_damaged_row_does_not_go_to_the_row_above() -> None:
    good, bad = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:5000", "ESTAB 0 x 192.0.2.1:23 192.0.2.9:5001"
    detail = "\t cubic rto:{}"
    header = "State Recv-Q Send-Q Local Address:Port Peer Address:Port"
    lines = [header, good, detail.format(204), bad, detail.format(999), good, detail.format(208)]
    dump = parse("\n".join(lines))
    assert dump.frame["rto_ms"].tolist() == [204, 208]
    assert dump.census == {"headers": 1, "rows": 2, "details": 2, "problems": 1, "orphan": 1}


MENDED = {
    "quoted": ["> {}", ">> {}", "| {}"],
    "listed": ["- {}", "* {}"],
    "found": ["netstat.txt:12:{}", "C:\\dumps\\netstat.txt:12:{}", "12:{}", "netstat.txt:{}"],
    "numbered": ["  12  {}", "12. {}", "12| {}"],
    "coloured": ["\x1b[31m{}\x1b[0m", "\x1b[01;31m\x1b[K{}\x1b[m\x1b[K"],
    "paged": ["--More--\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08\x08\x08{}"],
}


ONE_EACH = list({path.stem.partition("--")[0]: path for path in reversed(DUMPS)}.values())


@cache
def unchanged(path: Path) -> nsparse.Dump:
    return nsparse.parse(path)


@pytest.mark.parametrize("path", ONE_EACH, ids=lambda path: path.stem)
@pytest.mark.parametrize("style", [style for styles in MENDED.values() for style in styles])
def test_a_changed_dump_is_read_as_it_was(path: Path, style: str) -> None:
    plain = unchanged(path)
    if plain.problems or ("illumos" in path.stem and style in MENDED["found"]):
        return  # a row of illumos begins with its address: a prefix without a blank is part of it
    lines = split_lines(decode(path.read_bytes()).text)
    dump = parse("\n".join(style.format(line) for line in lines))
    same = plain.frame.columns.drop(["file", "taken_at", "host", "snapshot"])
    assert_frame_equal(dump.frame[same], plain.frame[same])


@pytest.mark.parametrize("remark", ["   <-- this one", " # see the ticket", "      and no other"])
def test_a_remark_behind_a_row_is_no_part_of_it(remark: str) -> None:
    dump = parse(HEADINGS + ROWS.replace("ESTABLISHED", "ESTABLISHED" + remark))
    assert dump.frame["state"].tolist() == ["ESTABLISHED", "LISTEN"]
    assert dump.notes == ["1 line mended: a remark behind the row"]
    assert not dump.problems


@pytest.mark.parametrize("dots", [" ...", "  …", " ....."])
@pytest.mark.parametrize(
    "row",
    [
        "tcp4       0      0 192.0.2.10.22          198.51.100.7.{}     ESTABLISHED",
        "tcp        0      0 192.0.2.10:22           198.51.100.7:{}      ESTABLISHED",
        "tcp   ESTAB 0      0      192.0.2.10:22      198.51.100.7:{}",
        "  TCP    192.0.2.10:22          198.51.100.7:{}     ESTABLISHED",
        "  TCP    192.0.2.10:22          198.51.100.7:{}     ESTABLISHED     812",
    ],
)
def test_dots_behind_a_row_are_no_cell_of_it(row: str, dots: str) -> None:
    """They stand for rows or cells that somebody left out."""
    rows = [row.format(port) for port in (5001, 5002)]
    for engine in ("regex", "lark", "columns"):
        plain = parse("\n".join((*rows, "")), engine=engine)
        dump = parse("\n".join((rows[0], rows[1] + dots, "")), engine=engine)
        assert_frame_equal(dump.frame, plain.frame)
        assert dump.problems == []


def by_words(line: str) -> list[str]:
    """As a mailer wraps at 72 columns: between words."""
    return textwrap.wrap(line, 72, break_long_words=False, break_on_hyphens=False) or [line]


def by_width(line: str) -> list[str]:
    """As a terminal wraps at 80 columns: anywhere."""
    return [line[at : at + 80] for at in range(0, len(line), 80)] or [line]


@pytest.mark.parametrize("wrap", [by_words, by_width])
@pytest.mark.parametrize(
    "name",
    ["netstat_linux--close-wait-leak", "netstat_linux--zero-window", "ss_linux--close-wait-leak"],
)
def test_wrapped_lines_are_joined(name: str, wrap: Callable[[str], list[str]]) -> None:
    path = SAMPLES / f"{name}.txt"
    lines = [part for line in split_lines(path.read_text("utf-8")) for part in wrap(line)]
    dump, plain = parse("\n".join(lines)), nsparse.parse(path)
    assert adds_up(dump)
    assert not dump.problems
    same = plain.frame.columns.drop(["file", "line"])
    assert_frame_equal(dump.frame[same], plain.frame[same])


def test_a_damaged_row_stops_the_reading_when_asked() -> None:
    with pytest.raises(nsparse.DumpError, match=r"dump.txt:5:5: expected a number \(Recv-Q\)"):
        parse(HEADINGS + ROWS + "tcp x 0 a:1 b:2 LISTEN\n", on_bad_lines="error")


def test_a_time_no_version_of_ss_prints_is_a_problem_and_no_guess() -> None:
    row = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:5 timer:(keepalive,{},0)\n"
    dump = parse(row.format("8.476ms") + row.format("12.345sec") + row.format("1min2sec"))
    assert dump.frame["timer_ms"].tolist()[0::2] == [8476, 62000]
    assert dump.frame["timer_ms"].isna().tolist() == [False, True, False]
    assert [problem.line for problem in dump.problems] == [2]


# ---- what is no socket table --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty"),
        ("Kernel IP routing table\nDestination Gateway Genmask Flags\n", "routing table"),
        ("the server hangs, please help\n", "without a socket table"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00" * 20, "binary"),
    ],
)
def test_other_texts_are_refused_by_name(text: str | bytes, what: str) -> None:
    with pytest.raises(nsparse.NotASocketTable, match=what):
        parse(text)


@pytest.mark.parametrize(
    "headings",
    [HEADINGS, "NetidState  Recv-Q Send-Q  Local Address:Port  Peer Address:Port\n"],
)
def test_a_header_without_rows_is_an_empty_table(headings: str) -> None:
    dump = parse(headings)
    assert len(dump.frame) == 0
    assert "no rows" in dump.notes[0]


EMPTY = {
    "macOS": (
        "Active Internet connections\n"
        "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n",
        "tcp4       0      0  192.0.2.10.52011       203.0.113.4.443        ESTABLISHED\n",
        "Active Multipath Internet connections\n"
        "Proto/ID  Flags      Local Address          Foreign Address        (state)\n",
    ),
    "Linux": (
        HEADINGS,
        ROWS,
        "Active UNIX domain sockets (servers and established)\n"
        "Proto RefCnt Flags       Type       State         I-Node   Path\n",
    ),
    "ss": (
        "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n",
        "tcp   ESTAB 0      0      192.0.2.10:22      198.51.100.7:51514\n",
        "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n",
    ),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_table_changes_nothing_of_the_next(name: str) -> None:
    headings, rows, empty = EMPTY[name]
    moment = headings + rows + empty
    whole = parse(moment * 2)
    assert [shot.rows for shot in whole.snapshots] == [rows.count("\n")] * 2
    assert [part.rows for part in whole.parts[:3]] == [rows.count("\n"), 0, rows.count("\n")]
    assert "view" not in whole.frame
    for first in (empty, headings, empty + headings):
        late = parse(first + headings + rows)
        assert_frame_equal(late.frame[SAID], parse(headings + rows).frame[SAID])


SAID = ["proto", "family", "state", "local_addr", "remote_addr", "dialect", "os"]


def test_below_a_heading_nothing_with_numbers_is_passed_over() -> None:
    dump = parse(HEADINGS + "xyz 0 0 192.0.2.10:22 192.0.2.9:5 ESTABLISHED\nbye\n")
    assert [problem.line for problem in dump.problems] == [3]


def test_a_moment_without_rows_is_one() -> None:
    dump = parse(HEADINGS + ROWS + HEADINGS * 2 + ROWS)
    assert [(shot.number, shot.rows) for shot in dump.snapshots] == [(0, 2), (1, 0), (2, 2)]
    assert dump.frame["snapshot"].tolist() == [0, 0, 2, 2]
    run = "$ netstat -an\n" + HEADINGS + EMPTY["Linux"][2]
    other = "$ netstat -anx\n" + EMPTY["Linux"][2] + HEADINGS + ROWS
    assert [shot.lines for shot in parse(run * 2 + other).snapshots] == [(2, 4), (16, 17)]


def test_the_titles_of_an_empty_table_say_nothing_of_the_next() -> None:
    dump = parse(
        "TCP: IPv4\n   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n"
        "\nUDP: IPv6\n   Local Address   Remote Address   State  If\n      *.546   Idle   net0\n"
    )
    assert dump.frame[["proto", "family"]].values.tolist() == [["udp", "ipv6"]]


# ---- moments -----------------------------------------------------------------------------------


def test_the_same_command_again_is_a_new_snapshot() -> None:
    dump = parse((HEADINGS + ROWS) * 3)
    assert dump.frame["snapshot"].tolist() == [0, 0, 1, 1, 2, 2]


UNIX = EMPTY["Linux"][2] + "".join(
    f"unix  2      [ ]         STREAM     CONNECTED     {inode}\n" for inode in (7, 8, 9)
)


@pytest.mark.parametrize(("first", "then"), [("", ""), (ROWS * 2, ""), ("", ROWS * 2)])
def test_a_moment_may_lack_all_sockets_below_one_of_its_headings(first: str, then: str) -> None:
    """A heading without rows is of the run that prints the next table, not of the one above."""
    dump = parse(HEADINGS + first + UNIX + HEADINGS + then + UNIX)
    rows = [3 + first.count("\n"), 3 + then.count("\n")]
    assert [shot.rows for shot in dump.snapshots] == rows
    assert "view" not in dump.frame


def test_a_moment_may_lack_the_few_sockets_of_a_protocol() -> None:
    raw = "raw        0      0 0.0.0.0:1               0.0.0.0:*               7\n"
    dump = parse(HEADINGS + ROWS + raw + HEADINGS + ROWS)
    assert dump.frame["snapshot"].tolist() == [0, 0, 0, 1, 1]
    udp = "".join(f"udp        0      0 0.0.0.0:{port}    0.0.0.0:*\n" for port in (53, 67, 123))
    narrower = parse(HEADINGS + ROWS + udp + HEADINGS + ROWS)
    assert narrower.frame["snapshot"].unique().tolist() == [0]


def test_listeners_and_connections_are_two_commands_of_one_moment() -> None:
    """`ss -tln` and `ss -tn` without their prompts: listeners would still be there."""
    heading = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    listener = "LISTEN 3 2 0.0.0.0:80 0.0.0.0:*\n"
    caller = "ESTAB 0 0 192.0.2.1:80 192.0.2.9:50000\n"
    dump = parse(heading + listener + heading + caller)
    assert dump.frame[["snapshot", "view"]].to_numpy().tolist() == [[0, 0], [0, 1]]
    again = parse(heading + listener + caller + heading + listener)
    assert again.frame["snapshot"].tolist() == [0, 0, 1]


NC = 'LISTEN {} 1 *:12345 *:* users:(("nc",pid=9,fd=3))\n'
CONNECTION = "{} 192.0.2.1:40000 192.0.2.2:80\n"
SIBLING = "LISTEN {} 128 0.0.0.0:80 0.0.0.0:*\n"
QUEUES = "tcp4  {}/0/32  *.143\ntcp46 {}/0/32  *.110\n"


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        (NC.format(0) + "...\n" + NC.format(1) + "---\n" + NC.format(1), [0, 1, 1]),
        # Below the same line each time, what is the same is shown once more.
        (NC.format(0) + "---\n" + NC.format(1) + "---\n" + NC.format(1), [0, 1, 2]),
        ("@@ss 1\n{1}\nEND\n@@ss 2\n{1}", [0, 1]),
        ("+ ss -tan\n+ grep 80\n{}+ lsmod\ncifs  11755 2\n+ ss -tan\n+ grep 80\n{}", [0, 1]),
        ("{}```\nWait 2 seconds...\n```\n{}", [0, 1]),
        (QUEUES.format(33, 0) + "...\n" + QUEUES.format(36, 1), [0, 0, 1, 1]),
        # One that looks the same may be another: listeners share a port (SO_REUSEPORT).
        (SIBLING.format(0) + "...\n" + SIBLING.format(3), [0, 0]),
        # Somebody says a row again; a line between rows alone parts nothing.
        (NC.format(1) + SIBLING.format(0) + "As you see:\n" + NC.format(1), [0, 0, 0]),
        (NC.format(0) + SIBLING.format(0) + NC.format(1), [0, 0, 0]),
    ],
)
def test_a_socket_that_is_shown_again_in_another_state_is_so_later(
    text: str, moments: list[int]
) -> None:
    states = CONNECTION.format("ESTAB 0 0"), CONNECTION.format("FIN-WAIT-1 0 5")
    dump = parse(text.format(*states))
    assert dump.frame["snapshot"].tolist() == moments
    assert len(dump.snapshots) == max(moments) + 1


ACCEPTING = (
    "Current listen queue sizes (qlen/incqlen/maxqlen)\n",
    "Proto Listen         Local Address         \n",
)
FULL = "tcp4  {}/0/128  *.443\ntcp6  0/0/128  *.22\n"


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ("10表示当前未完成的连接数，128表示最大值\n", []),
        ("Und 2 Minuten später sah es so aus:\n", []),
        ("a little later, after the restart\nit was still like this\n", []),
        # What may as well be left of a row is a problem, and parts the two all the same.
        ("193/0/128 means 193 connections\n", [5]),
        ("Later again\n", [5]),
    ],
)
@pytest.mark.parametrize("queue", [193, 194])
def test_what_is_said_between_a_table_and_the_same_again_parts_two_moments(
    said: str, problems: list[int], queue: int
) -> None:
    """Each listener counts once, with a heading above it again or without."""
    rows = FULL.format(193), FULL.format(queue)
    dump = parse("".join((*ACCEPTING, rows[0], said, rows[1])))
    assert adds_up(dump)
    assert [problem.line for problem in dump.problems] == problems
    assert dump.frame["snapshot"].tolist() == [0, 0, 1, 1]
    assert not any(finding.n > queue for finding in nsparse.diagnose(dump).findings)


@pytest.mark.parametrize("heading", [ACCEPTING, ACCEPTING[:1], ACCEPTING[1:]])
def test_what_is_said_above_a_heading_is_no_heading(heading: tuple[str, ...]) -> None:
    said = "10表示当前未完成的连接数，128表示最大值\n"
    rows = FULL.format(193), FULL.format(194)
    dump = parse("".join((*ACCEPTING, rows[0], said, *heading, rows[1])))
    assert dump.census == {"headers": 2 + len(heading), "rows": 4, "text": 1}
    moments = dump.frame[["snapshot", "view"]] if len(heading) == 1 else dump.frame[["snapshot"]]
    assert len(moments.drop_duplicates()) == 2


@pytest.mark.parametrize(
    ("between", "moments"),
    [
        ("And so it was a minute later:\n", [0, 1]),
        # Dots and damaged rows may stand between two that share a port (SO_REUSEPORT).
        ("...\n", [0, 0]),
        ("LISTEN O 128 0.0.0.0:80\n", [0, 0]),
    ],
)
def test_a_listener_that_is_said_again_is_no_second_one(between: str, moments: list[int]) -> None:
    row = SIBLING.format(100)
    assert parse(row + between + row).frame["snapshot"].tolist() == moments


LISTENER = "tcp 0 {} 0.0.0.0:80 0.0.0.0:* LISTEN\n"
CALL = "tcp 0 {} 192.0.2.1:80 198.51.100.{}:4000 ESTABLISHED\n"


def turn(sent: int, *peers: int) -> str:
    return LISTENER.format(0) + "".join(CALL.format(sent, peer) for peer in peers)


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        # A loop with nothing between shows connections over and over, and something changes.
        ("".join(CALL.format(sent, 7) for sent in (0, 4, 4, 0)), [0, 1, 2, 3]),
        (turn(0, 7, 8) + turn(0, 7, 8) + turn(5, 7), [0, 0, 0, 1, 1, 1, 2, 2]),
        (LISTENER.format(0) + turn(0, 7) + LISTENER.format(0) + turn(5, 7), [0, 0, 0, 1, 1, 1]),
        # Two files of one moment in one; a row that somebody says again; one that many own.
        (turn(0, 7, 8) * 2, [0] * 6),
        (turn(0, 7, 8, 9) + CALL.format(5, 9), [0] * 5),
        (CALL.format(0, 7) * 3, [0] * 3),
        # A loop goes on beyond the rows that are looked at first.
        ("".join(turn(n, *range(90)) for n in range(4)), [n for n in range(4) for _ in range(91)]),
    ],
)
def test_no_run_lists_a_connection_twice(text: str, moments: list[int]) -> None:
    for engine in ("regex", "columns"):
        dump = nsparse.parse(io.BytesIO(text.encode()), engine=engine)
        assert dump.frame["snapshot"].tolist() == moments


LINUX = HEADINGS + "tcp 0 0 192.0.2.1:{} 198.51.100.7:80 TIME_WAIT\n" * 3
DATAGRAM = "udp 0 0 192.0.2.1:{} 198.51.100.7:53 ESTABLISHED\n"
WATCH = "Every 2.0s: netstat -tn       web1: Mon Nov 23 06:10:{} 2026\n\n"
LOOP = "$ while true; do {} ; sleep 1; echo ----; done\n"
TAN = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        # One run lists a protocol once; its heading may stand there again, as on pages.
        (LINUX + DATAGRAM + LINUX + DATAGRAM, [0, 0, 0, 0, 1, 1, 1, 1]),
        (LINUX + LINUX + DATAGRAM, [0] * 7),
        ((WATCH.format(22) + LINUX) + (WATCH.format(24) + LINUX), [0, 0, 0, 1, 1, 1]),
        (LOOP.format("netstat -tn") + LINUX + LINUX, [0, 0, 0, 1, 1, 1]),
        (LOOP.format("ss -Htn | grep x") + "----\n" * 2 + f"{CONNECTION}----\n" * 2, [0, 1]),
        (LOOP.format("ss -Htn") + f"{CONNECTION}...\n" * 2, [0, 0]),
        # A loop over ports or hosts shows one moment; so do two commands that look alike.
        ("$ for p in 1 2; do ss -Htn; echo; done\n" + f"{CONNECTION}\n" * 2, [0, 0]),
        (f"{HEADINGS}tcp 0 0 *:{{}} *:* LISTEN\n{HEADINGS}udp 0 0 *:{{}} *:*\n", [0, 0]),
        (f"{TAN}LISTEN 0 9 *:{{}} *:*\n{TAN}UNCONN 0 0 *:{{}} *:*\n", [0, 0]),
    ],
)
def test_other_sockets_are_of_another_moment_where_something_says_so(
    text: str, moments: list[int]
) -> None:
    text = text.replace("{} 192.0.2.1:40000", "ESTAB 0 0 192.0.2.1:{}")
    dump = parse(text.format(*range(4000, 4000 + text.count("{}"))))
    assert dump.frame["snapshot"].tolist() == moments


def test_what_watch_prints_names_host_command_and_time() -> None:
    above = "Every 1.0s: ss -unp       web1: Mon Nov 23 06:10:22 2026\n\n"
    dump = parse(
        f"{above}Recv-Q Send-Q Local Address:Port Peer Address:Port\n0 0 [::1]:1 [::1]:2\n"
    )
    assert dump.frame[["proto", "host"]].values.tolist() == [["udp", "web1"]]
    assert dump.frame["taken_at"].dt.strftime("%H:%M:%S").tolist() == ["06:10:22"]


@pytest.mark.parametrize("between", ["\n", "----\n", "\nand these listen:\n\n", "```\n\n```\n"])
@pytest.mark.parametrize("heading", [TAN, "", f"$ ss -uan\n{TAN}"])
@pytest.mark.parametrize("engine", ["regex", "columns"])
def test_rows_without_a_protocol_are_no_part_of_a_table_of_another(
    heading: str, between: str, engine: str
) -> None:
    datagrams, listeners = "UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n", "LISTEN 0 9 0.0.0.0:80 0.0.0.0:*\n"
    text = f"{heading}{datagrams}...\n{datagrams}{between}{listeners * 2}"
    dump = parse(text, engine=engine)
    assert dump.frame["proto"].tolist() == ["udp", "udp", "tcp", "tcp"]
    assert dump.frame["snapshot"].tolist() == [0, 0, 0, 0]
    bound = parse(f"{heading[-len(TAN) :]}{listeners}{datagrams}", engine=engine)
    assert bound.frame["proto"].tolist() == ["tcp", "tcp"]


def test_a_connection_and_what_carries_it_are_two_sockets() -> None:
    """A subflow of MPTCP has the ends of its connection, and a state of its own."""
    ends = "192.0.2.2:10019 192.0.2.1:57670\n"
    rows = f"tcp ESTAB 0 0 {ends}mptcp FIN-WAIT-2 0 0 {ends}"
    dump = parse(f"Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n{rows}")
    assert dump.frame["snapshot"].tolist() == [0, 0]


def test_a_heading_may_name_the_protocol_that_grep_left_out() -> None:
    """The same local end, once without its protocol: that is another run."""
    row = "ESTAB 0 0 192.0.2.1:48508 192.0.2.2:3000\n"
    dump = parse(
        f"{row}\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port\ntcp {row}"
    )
    assert dump.frame["view"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("above", "proto"),
    [
        (f"{TAN}UNCONN 0 0 *:53 *:*\n", "udp"),
        (f"$ ss -un\n{TAN}", "udp"),
        (f"{TAN}LISTEN 0 9 *:80 *:*\n", "tcp"),
        (f"$ ss -tn\n{TAN}", "tcp"),
        (TAN, "tcp"),
    ],
)
def test_only_of_tcp_no_run_lists_a_connection_twice(above: str, proto: str) -> None:
    """Any number of sockets of UDP may share both ends (SO_REUSEPORT)."""
    row = "ESTAB 0 {} 192.0.2.1:5353 192.0.2.9:5353\n"
    dump = parse(above + row.format(0) + row.format(768))
    assert dump.frame["snapshot"].tolist()[-2:] == [0, int(proto == "tcp")]
    assert set(dump.frame["proto"]) == {proto}


def test_a_socket_of_two_owners_is_no_loop() -> None:
    heading = (
        "Local Address Remote Address User Pid Command Swind Send-Q Rwind Recv-Q State\n"
        "------------- -------------- ---- --- ------- ----- ------ ----- ------ -----\n"
    )
    row = "192.0.2.1.22 198.51.100.7.34640 {} {} sshd 134664 51 128872 0 ESTABLISHED\n"
    dump = parse(heading + row.format("root", 531) + row.format("ann", 533))
    assert dump.frame["pid"].tolist() == [531, 533]
    assert dump.frame["snapshot"].tolist() == [0, 0]


def test_tables_of_two_systems_are_of_no_one_moment() -> None:
    solaris = (
        "TCP: IPv4\n   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n"
        "-------------------- -------------------- ----- ------ ----- ------ -----------\n"
        "192.0.2.60.32784     192.0.2.72.6000      32120      0 24820     32 ESTABLISHED\n"
    )
    dump = parse(f"Linux:\n{HEADINGS}{ROWS}\nSolaris:\n{solaris}")
    assert dump.frame["snapshot"].tolist() == [0, 0, 1]


FILTERED = (
    'u_str 18     0      /run/app one.sock 1204  * 1205 users:(("app",pid=3,fd=2))',
    "u_seq 0      768    * 1205  * 1204",
    "p_raw 0      0      ip:eth0  *",
    "v_str 0      0      2:1024 3:1025",
)


@pytest.mark.parametrize("quotes", ["{}\n", "  '{}',\n"])
def test_rows_of_one_state_have_no_word_for_it(quotes: str) -> None:
    """`ss -a state established`: without headings the names of families tell that these are rows."""
    whole = "u_str ESTAB 0 0 /run/b.sock 1 * 2"
    dump = parse("".join(map(quotes.format, (*FILTERED, whole, *FILTERED))))
    assert adds_up(dump)
    assert dump.problems == []
    assert dump.frame["recv_q"].tolist() == [18, 0, 0, 0, 0, 18, 0, 0, 0]
    assert dump.frame["path"].dropna().tolist() == [
        "/run/app one.sock",
        "/run/b.sock",
        "/run/app one.sock",
    ]
    assert dump.frame["state_raw"].dropna().tolist() == ["ESTAB"]


SOLARIS = """\
TCP: IPv4
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
192.0.2.60.32784     192.0.2.72.6000      32120      0 24820     32 ESTABLISHED
"""
HALVES = (
    "192.0.2.10.22\n",
    "192.0.2.9.51514      49640 1a2b3c4e 1a2b3c4d 128872 5e6f7081 5e6f7081   406  1460 ESTABLISHED\n",
)
ON_TWO_LINES = (
    "TCP: IPv4\n"
    "Local/Remote Address Swind  Snext     Suna   Rwind  Rnext     Rack    Rto   Mss     State\n"
) + "".join(HALVES)


@pytest.mark.parametrize(
    ("text", "rows", "damaged"),
    [
        # `sort | uniq -c`, and ends and names by themselves.
        (f"{SOLARIS}\n     45 192.0.2.7\n     12 192.0.2.8\n", 1, []),
        (f"{SOLARIS}\n192.0.2.7.22\n", 1, []),
        (f"{SOLARIS}\nhost.example\n", 1, []),
        (f"{SOLARIS}host.example\n", 1, []),
        # Among rows, or right below them where they begin so, it is one that was cut.
        (f"{SOLARIS}192.0.2.60.22\n", 1, [5]),
        (f"{SOLARIS}host.example\n{SOLARIS[-78:]}", 2, [5]),
        # Such an end is the first half of a row of two lines, of which none is a row alone.
        (ON_TWO_LINES + "".join(HALVES), 2, []),
        (ON_TWO_LINES + HALVES[0], 1, [5]),
        (ON_TWO_LINES + HALVES[0] + "".join(HALVES), 2, [5]),
        (ON_TWO_LINES + HALVES[1] + "".join(HALVES), 2, [5]),
        (f"{ON_TWO_LINES}\n192.0.2.7.22\n", 1, []),
    ],
)
def test_an_end_alone_is_a_row_only_with_its_other_half(
    text: str, rows: int, damaged: list[int]
) -> None:
    dump = parse(text)
    assert adds_up(dump)
    assert len(dump.frame) == rows == dump.frame["remote_port"].notna().sum()
    assert [problem.line for problem in dump.problems] == damaged


def test_moments_of_many_rows_are_parted_as_well() -> None:
    rows = [f"ESTAB 0 {{}} 192.0.2.1:{port} 192.0.2.2:80\n" for port in range(1024, 1100)]
    text = "---\n".join("".join(row.format(sent) for row in rows) for sent in (0, 5, 7))
    dumps = [
        nsparse.parse(io.BytesIO(text.encode()), engine=engine) for engine in ("regex", "columns")
    ]
    for dump in dumps:
        assert dump.frame["snapshot"].tolist() == [n for n in range(3) for _ in rows]
        assert dump.frame["send_q"].tolist() == [n for n in (0, 5, 7) for _ in rows]
    assert_frame_equal(dumps[0].frame, dumps[1].frame)


@pytest.mark.parametrize(
    ("command", "row", "proto"),
    [
        ("ss -nump", "0 0 192.0.2.1:34953 192.0.2.53:53", "udp"),
        ("sudo ss -uanp | grep 53", "ESTAB 0 0 192.0.2.1:34953 192.0.2.53:53", "udp"),
        ("ss --raw -an", "UNCONN 0 0 192.0.2.1:icmp 0.0.0.0:*", "raw"),
        ("ss -tn state time-wait", "0 0 192.0.2.1:34953 192.0.2.53:53", "tcp"),
        ("ss -an", "ESTAB 0 0 192.0.2.1:34953 192.0.2.53:53", "tcp"),
        ("ss -tuan", "udp ESTAB 0 0 192.0.2.1:34953 192.0.2.53:53", "udp"),
        # Releases around 3.16 call UDP tcp; only they print `*` so.
        ("ss -tuan", "tcp UNCONN 0 0 192.0.2.1:68 *:*", "udp"),
        ("ss -tuan", "tcp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*", "tcp"),
    ],
)
def test_the_command_says_which_protocol_rows_without_one_have(
    command: str, row: str, proto: str
) -> None:
    heading = "Recv-Q Send-Q Local Address:Port Peer Address:Port"
    shown = f"[root@web1 ~]# {command}\n{heading}\n{row}\n"
    for engine in ("regex", "lark", "columns"):
        dump = nsparse.parse(io.BytesIO(shown.encode()), engine=engine)
        assert dump.frame["proto"].tolist() == [proto]


def test_rows_of_netstat_below_a_heading_of_ss_are_rows_of_netstat() -> None:
    dump = parse(f"{SS_HEADING}{SS_ROW}\nand below:\n\n{ROWS}")
    assert dump.frame["dialect"].tolist() == ["ss_linux", "netstat_linux", "netstat_linux"]
    assert dump.frame["state"].notna().all()


def test_printed_times_belong_to_their_snapshots() -> None:
    first, second = "Sun Nov 22 10:00:00 UTC 2026\n", "Sun Nov 22 10:02:00 UTC 2026\n"
    dump = parse(first + HEADINGS + ROWS + second + HEADINGS + ROWS)
    times = dump.frame["taken_at"].dt.strftime("%H:%M").tolist()
    assert times == ["10:00", "10:00", "10:02", "10:02"]


def test_seconds_since_1970_are_times() -> None:
    row = 'ESTAB 0 {} 192.0.2.1:22 192.0.2.9:5 users:(("sshd",pid=7,fd=3))'
    lines = [
        f"17953442{n}.814789 {row.format(n)}\n17953442{n}.814999 \t cubic rto:204\n"
        for n in (30, 40)
    ]
    dump = parse("".join(lines))
    assert dump.frame["taken_at"].dt.strftime("%d %H:%M").tolist()[:1] == ["22 10:43"]
    assert dump.frame[["snapshot", "rto_ms"]].values.tolist() == [[0, 204], [1, 204]]


def test_another_command_is_another_view_of_the_same_moment() -> None:
    tcp = "$ ss -tan\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    udp = "$ ss -uan\nState Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    row, datagram = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:5\n", "UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\n"
    dump = parse(tcp + row + udp + datagram)
    assert dump.frame["snapshot"].tolist() == [0, 0]
    assert dump.frame["proto"].tolist() == ["tcp", "udp"]
    again = parse((tcp + row) * 2)
    assert again.frame["snapshot"].tolist() == [0, 1]


def test_a_prompt_names_the_host() -> None:
    dump = parse("[root@web1 ~]# netstat -an\n" + HEADINGS + ROWS + "[root@web1 ~]# exit\n")
    assert dump.frame["host"].tolist() == ["web1", "web1"]
    assert parse(HEADINGS + ROWS, host="db1").frame["host"].tolist() == ["db1", "db1"]


# ---- who speaks -----------------------------------------------------------------------------------


def test_headings_in_a_language_no_grammar_knows_are_headings() -> None:
    dump = parse(
        "Połączenia internetowe aktywne\nProtokół Odbiór Wysyłka Adres Adres Stan\n" + ROWS
    )
    assert dump.census == {"headers": 2, "rows": 2}


def test_rows_of_a_header_without_states_are_rows_only_there() -> None:
    header = "Netid Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    row = 'udp   0      0      192.0.2.1:53  192.0.2.9:5  users:(("d",pid=1,fd=2))\n'
    assert parse(header + row).frame["tool"].tolist() == ["ss"]
