"""What tells the BSDs from each other and from macOS, and what their layouts mean."""

from __future__ import annotations

import io

import pytest

import nsparse


def parse(text: str) -> nsparse.Dump:
    return nsparse.parse(io.BytesIO(text.encode()), name="dump.txt")


# ---- which system ---------------------------------------------------------------------------------

TCP4 = "tcp4       0      0 192.0.2.10.22          198.51.100.7.51514     ESTABLISHED\n"
TCP = "tcp        0      0  192.0.2.10.22          198.51.100.7.51514     ESTABLISHED\n"
ONE_BLANK = "Proto Recv-Q Send-Q Local Address          Foreign Address        (state)\n"
TWO_BLANKS = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (ONE_BLANK + TCP4, "netstat_freebsd"),
        (TWO_BLANKS + TCP4, "netstat_macos"),
        ("Active Internet connections\n" + TWO_BLANKS + TCP4, "netstat_macos"),
        (
            "Active Internet6 connections\n" + TWO_BLANKS + TCP.replace("tcp ", "tcp6"),
            "netstat_netbsd",
        ),
        (TWO_BLANKS.replace("(state)", "State") + TCP, "netstat_netbsd"),
        (
            TWO_BLANKS.replace("Proto ", "Proto   ").replace("(state)", "TCP-State") + TCP,
            "netstat_openbsd",
        ),
        ("Listen         Local Address\n0/0/128        *.22\n", "netstat_macos"),
        ("Proto Listen         Local Address\ntcp4  0/0/128        *.22\n", "netstat_freebsd"),
    ],
)
def test_a_header_tells_the_system(text: str, name: str) -> None:
    dump = parse(text)
    assert dump.frame["dialect"].tolist() == [name]
    assert dump.notes == []


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (TCP4, "netstat_freebsd or netstat_macos"),
        (TCP, "netstat_netbsd or netstat_openbsd"),
    ],
)
def test_a_row_that_two_systems_print_alike_names_none(row: str, names: str) -> None:
    dump = parse(row * 2)
    assert dump.frame["os"].isna().all()
    assert dump.frame["tool"].tolist() == ["netstat"] * 2
    assert dump.notes == [f"the rows from line 1 on could be {names}: no header decides"]


# ---- what the layouts mean ------------------------------------------------------------------------


def test_a_banner_for_every_family_is_one_moment() -> None:
    head = "Active Internet connections\n" + TWO_BLANKS.replace("Proto ", "Proto   ")
    six = head + "{0}tcp6         0      0  *.22                   *.*                    LISTEN\n"
    four = head + "{0}tcp          0      0  *.22                   *.*                    LISTEN\n"
    for block in ("", "0xfffffd803d0a1c20 "):
        run = (four + six).format(block)
        assert parse(run).frame["snapshot"].tolist() == [0, 0]
        assert parse(run * 2).frame["snapshot"].tolist() == [0, 0, 1, 1]


def test_listen_queues_are_queues_of_listeners() -> None:
    dump = parse("Proto Listen Local Address\ntcp46 129/3/128 *.80\nunix  1/0/4 /tmp/my app.sock\n")
    frame = dump.frame.astype(object).where(dump.frame.notna(), None)
    assert frame["state"].tolist() == ["LISTEN", None]
    assert frame["state_raw"].tolist() == [None, None]
    assert frame[["recv_q", "send_q"]].values.tolist() == [[129, 128], [1, 4]]
    assert frame["details"].tolist() == ["incqlen:3", "incqlen:0"]
    assert frame["path"].tolist() == [None, "/tmp/my app.sock"]


@pytest.mark.parametrize("flags", ["", "   00100", "   0x0100 0x0000", "   001"])
def test_a_process_ends_in_its_id_whatever_flags_are_left(flags: str) -> None:
    row = "tcp4       0      0  192.0.2.10.22          *.*                    LISTEN      0 0 131072 131072   Some App (x):4321"
    (socket,) = parse(TWO_BLANKS + row + flags + "\n").frame.itertuples()
    assert (socket.process, socket.pid) == ("Some App (x)", 4321)


@pytest.mark.parametrize(
    ("end", "port", "is_cut"),
    [
        ("198.51.100.12.5486", None, True),  # 5486, or 54860 to 54869
        ("198.51.100.12.7000", 7000, False),  # 70000 is no port
        ("198.51.100.1.51514", 51514, False),
        ("198.51.100.12.548", 548, False),  # not as wide as the column
    ],
)
def test_a_port_that_may_lack_digits_is_none(end: str, port: int | None, is_cut: bool) -> None:
    header = "Tcpcb            Proto Recv-Q Send-Q Local Address      Foreign Address    (state)\n"
    row = f"fffff8010a41e3d0 tcp4       0      0 {end:18} 203.0.113.7.443    ESTABLISHED\n"
    frame = parse(header + row).frame
    assert frame["local_port"].notna().tolist() == [port is not None]
    assert port is None or frame["local_port"].tolist() == [port]
    assert ("addr_truncated" in frame) == is_cut


def test_what_the_connection_waits_for_comes_before_its_keepalive() -> None:
    header = ONE_BLANK.replace("(state)", "R-HIWA S-HIWA")
    row = TCP4.replace("ESTABLISHED", "1 1 1 1 1 1 1 1  {} 0.03 1.50")
    timers = parse(
        header
        + row.format("0.23 0.00 7199.98 0.00")
        + row.format("0.00 4.98 7199.98 0.00")
        + row.format("0.00 0.00 7199.98 0.00")
        + row.format("0.00 0.00 0.00 41.30")
    ).frame
    assert timers["timer"].tolist() == ["retransmit", "persist", "keepalive", "timewait"]
    assert timers["timer_ms"].tolist() == [230, 4980, 7_199_980, 41_300]
    assert timers["details"].iloc[0].endswith("rexmt:0.23 keep:7199.98 delack:0.03 rcvtime:1.50")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("tcp4       0      0 192.0.2.10.22      198.51.100.7.51514", 75),
        ("tcp4       0      0 192.0.2.10.22", 51),
        ("tcp4       O      0 192.0.2.10.22      198.51.100.7.51514 LISTEN", 29),
        ("udp4       0        192.0.2.10.53      *.*", 38),
    ],
)
def test_a_damaged_row_is_a_problem(row: str, column: int) -> None:
    header = "Tcpcb            Proto Recv-Q Send-Q Local Address      Foreign Address    (state)\n"
    block = "fffff8010a41e3d0 "
    dump = parse(header + block + TCP4 + block + row + "\n" + block + TCP4)
    assert len(dump.frame) == 2
    assert [(problem.line, problem.column) for problem in dump.problems] == [(3, column)]


# ---- tables of one run ----------------------------------------------------------------------------


def test_titles_of_solaris_7_tell_no_protocol_but_states_do() -> None:
    dump = parse(
        "UDP\n   Local Address        Remote Address      State\n"
        "-------------------- -------------------- -------\n"
        "192.0.2.1.551                             Idle\n\n"
        "TCP\nLocal/Remote Address Swind  Snext     Suna   Rwind  Rnext     Rack    Rto   Mss     State\n"
        "-------------------- ----- -------- -------- ----- -------- -------- ----- ----- -----------\n"
        "192.0.2.1.551\n"
        "192.0.2.9.22             0 00000001 00000000 64436 00000000 00000000   406  1460 SYN_SENT\n"
    )
    assert dump.frame["proto"].tolist() == ["udp", "tcp"]
    assert "view" not in dump.frame
