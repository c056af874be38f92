"""Tables, moments and everything around them: every line is accounted for."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsparse
from nsparse.registry import dialects

SAMPLES = Path(__file__).parent.parent / "samples"

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


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*--*.txt")), ids=lambda path: path.name)
def test_the_census_of_a_sample_adds_up(path: Path) -> None:
    if ".expected" in path.name:
        pytest.skip("an expectation, not a dump")
    assert adds_up(nsparse.parse(path))


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
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*--*.txt"))[:20]]
    read = 0
    for _ in range(150):
        data = bytearray(dice.choice(samples)[:3000])
        for _ in range(dice.randint(1, 40)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            assert adds_up(parse(bytes(data)))
            read += 1
        except nsparse.NsparseError:
            continue
    assert read > 50


# ---- damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("tcp        O      0 192.0.2.1:22 192.0.2.9:5 LISTEN", 12, "a number (Recv-Q)"),
        ("tcp        0     1O 192.0.2.1:22 192.0.2.9:5 LISTEN", 18, "a number (Send-Q)"),
        ("tcp        0      0 192.0.2.1:22", 33, "a blank"),
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


def test_a_damaged_row_without_a_header_is_a_problem_and_prose_is_not() -> None:
    dump = parse("it hangs since noon\n\n" + ROWS + "tcp 0 0 192.0.2.1\n\ntcp is a protocol\n")
    assert [problem.line for problem in dump.problems] == [5]
    assert dump.census["text"] == 2


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


def test_a_header_without_rows_is_an_empty_table() -> None:
    dump = parse(HEADINGS)
    assert len(dump.frame) == 0
    assert "no rows" in dump.notes[0]


# ---- moments -----------------------------------------------------------------------------------


def test_the_same_command_again_is_a_new_snapshot() -> None:
    dump = parse((HEADINGS + ROWS) * 3)
    assert dump.frame["snapshot"].tolist() == [0, 0, 1, 1, 2, 2]


def test_printed_times_belong_to_their_snapshots() -> None:
    first, second = "Sun Nov 22 10:00:00 UTC 2026\n", "Sun Nov 22 10:02:00 UTC 2026\n"
    dump = parse(first + HEADINGS + ROWS + second + HEADINGS + ROWS)
    times = dump.frame["taken_at"].dt.strftime("%H:%M").tolist()
    assert times == ["10:00", "10:00", "10:02", "10:02"]


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
    dump = parse("Połączenia internetowe aktywne\nProtokół Odbiór Wysyłka Adres Adres Stan\n" + ROWS)
    assert dump.census == {"headers": 2, "rows": 2}


def test_rows_of_a_header_without_states_are_rows_only_there() -> None:
    header = "Netid Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    row = 'udp   0      0      192.0.2.1:53  192.0.2.9:5  users:(("d",pid=1,fd=2))\n'
    assert parse(header + row).frame["tool"].tolist() == ["ss"]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*--*.txt")), ids=lambda path: path.name)
def test_a_sample_is_claimed_by_the_dialect_in_its_name_alone(path: Path) -> None:
    if ".expected" in path.name:
        pytest.skip("an expectation, not a dump")
    name = path.name.partition("--")[0]
    assert name in dialects()
    dump = nsparse.parse(path)
    assert set(dump.frame["dialect"]) == {name}
    assert not [note for note in dump.notes if "could be" in note]
