"""Every format and every state word that tools print: the shortest dump that shows it.

The tables are written by hand after the tools' sources and captures. What a tool prints in all its
layouts is the business of the printers (`tests/test_round_trip.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

import nsparse


def parse(text: str) -> nsparse.Dump:
    """What Lark reads, all lines, and what the patterns read, the same."""
    dump, exact = by_patterns(text), _read(text, "lark")
    assert dump.frame.equals(exact.frame)
    assert replace(dump, frame=None) == replace(exact, frame=None)  # type: ignore[arg-type]
    return dump


def by_patterns(text: str) -> nsparse.Dump:
    """What the patterns read, all lines."""
    dump = _read(text, "regex")
    assert dump.problems == []
    assert sum(dump.census.values()) == dump.lines
    return dump


def _read(text: str, engine: Any) -> nsparse.Dump:
    return nsparse.parse(io.BytesIO(text.encode()), name="dump.txt", engine=engine)


def assert_printed_by(dump: nsparse.Dump, names: str) -> None:
    """The rows are those of one dialect, or it is said that several print the same."""
    one = " or " not in names
    known = dump.frame[["dialect", "os"]].drop_duplicates().dropna().values.tolist()
    assert [dialect for dialect, _ in known] == ([names] if one else [])
    doubt = f"the rows from line 1 on could be {names}: no header decides"
    assert dump.notes == ([] if one else [doubt])


def by_all(text: str, monkeypatch: pytest.MonkeyPatch) -> nsparse.Dump:
    """What all engines read, the same; columns reads single rows only where it is told to."""
    dump = parse(text)
    monkeypatch.setattr("nsparse.reading.columns.runs.SHORTEST", 1)
    assert _read(text, "columns").frame.equals(dump.frame)
    return dump


# ---- headings that tell formats apart ---------------------------------------------------------

BANNER = "Active Internet connections (including servers)\n"
TWO = "Proto Recv-Q Send-Q  Local Address          Foreign Address        {}\n"
ONE = "Proto Recv-Q Send-Q Local Address           Foreign Address        {}\n"
UNIX = "Address          Type   Recv-Q Send-Q            Inode             Conn             Refs          Nextref Addr\n"
UNIX_ROW = "fffff8010a41f000 stream      0      0 fffff8010b7281e0                0                0                0 /run/a.sock\n"
SHORT_UNIX = "Address  Type   Recv-Q Send-Q    Inode     Conn     Refs  Nextref Addr\n"
ILLUMOS = """\

TCP: IPv4
   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State
-------------------- -------------------- ----- ------ ----- ------ -----------
"""
WINDOWS = "\nActive Connections\n\n  Proto  Local Address          Foreign Address        State           {}\n"

HEADED = {
    "ss": (
        "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        "ESTAB  0      0      192.0.2.10:22       198.51.100.7:51514\n",
        "ss_linux",
    ),
    "ss, Process": (
        "State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess\n"
        "ESTAB  0      0      192.0.2.10:22       198.51.100.7:51514\n",
        "ss_linux",
    ),
    "ss, Netid": (
        "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        "udp   UNCONN 0      0      0.0.0.0:68          0.0.0.0:*\n",
        "ss_linux",
    ),
    "ss, NetidState": (
        "NetidState  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        "u_strLISTEN 0      0      /run/a.sock 47128          * 0\n",
        "ss_linux",
    ),
    "ss without a state": (
        "Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        "0      0      192.0.2.10:22       198.51.100.7:51514\n",
        "ss_linux",
    ),
    "Windows": (
        WINDOWS.format("PID") + "  TCP    192.0.2.10:445         0.0.0.0:0    LISTENING  4\n",
        "netstat_windows",
    ),
    "ReactOS": (
        WINDOWS.format("Process") + "  TCP    192.0.2.10:445         0.0.0.0:0    LISTENING  4\n",
        "netstat_reactos",
    ),
    "macOS": (
        BANNER + TWO.format("(state)") + "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED\n",
        "netstat_macos",
    ),
    "FreeBSD": (
        BANNER + ONE.format("(state)") + "tcp4  0  0 192.0.2.10.22  198.51.100.7.5  ESTABLISHED\n",
        "netstat_freebsd",
    ),
    "net-tools": (
        "Active Internet connections (w/o servers)\n"
        + ONE.format("State      ")
        + "tcp        0      0 192.0.2.10:22           198.51.100.7:5      ESTABLISHED\n",
        "netstat_linux",
    ),
    "BusyBox": (
        ONE.format("State       ") + "tcp        0      0 2001:db8::10:22  2001:db8::7:5  LISTEN\n",
        "netstat_linux",
    ),
    "OpenBSD": (
        BANNER
        + "Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State\n"
        + "tcp          0      0  192.0.2.10.22          198.51.100.7.5     ESTABLISHED\n",
        "netstat_openbsd",
    ),
    "NetBSD": (
        BANNER
        + TWO.format("State")
        + "tcp    0   0  192.0.2.10.22   198.51.100.7.5  ESTABLISHED\n",
        "netstat_netbsd",
    ),
    "illumos": (
        ILLUMOS + "192.0.2.10.22   198.51.100.7.5   49640   0 128872   0 ESTABLISHED\n",
        "netstat_illumos",
    ),
    "AIX": (
        BANNER
        + "PCB/ADDR         Proto Recv-Q Send-Q  Local Address      Foreign Address    (state)\n"
        + "f1000f00002d8bc0 tcp4       0      0  192.0.2.10.22      198.51.100.7.5     ESTABLISHED\n",
        "netstat_aix",
    ),
    "net-tools, UNIX": (
        "Proto RefCnt Flags       Type       State         I-Node   Path\n"
        "unix  2      [ ACC ]     STREAM     LISTENING     47128    /run/app.sock\n",
        "netstat_linux",
    ),
    "macOS, UNIX": ("Active LOCAL (UNIX) domain sockets\n" + UNIX + UNIX_ROW, "netstat_macos"),
    "macOS, -L": ("Listen         Local Address\n0/0/128        *.22\n", "netstat_macos"),
    "FreeBSD, -L": (
        "Proto Listen         Local Address\ntcp4  0/0/128        *.22\n",
        "netstat_freebsd",
    ),
}


@pytest.mark.parametrize("name", HEADED)
def test_a_heading_tells_the_format(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, dialect = HEADED[name]
    assert_printed_by(by_all(text, monkeypatch), dialect)


def test_a_summary_of_counts_is_no_table() -> None:
    summary = "Total: 173\nTCP:   16 (estab 9, closed 2)\n\nTransport Total     IP        IPv6\n"
    with pytest.raises(nsparse.NotASocketTable, match="summary of counts"):
        parse(summary + "TCP\t  14        7         7\n")


# ---- rows without a heading -------------------------------------------------------------------

BARE = {
    "tcp        0      0 192.0.2.10:22   198.51.100.7:5   ESTABLISHED": "netstat_linux",
    "udp6       0      0 :::53           :::*": "netstat_linux",
    "raw        0      0 0.0.0.0:1       0.0.0.0:*        7": "netstat_linux",
    "unix  2      [ ]         DGRAM                    36371    @abs/name": "netstat_linux",
    "tcp46      0      0  *.443          *.*              LISTEN": "netstat_freebsd or netstat_macos",
    "ip 4       0      0  *.*            *.*": "netstat_freebsd or netstat_macos",
    "tcp        0      0  192.0.2.10.22  198.51.100.7.5   ESTABLISHED": (
        "netstat_netbsd or netstat_openbsd"
    ),
    "  TCP    192.0.2.10:445    0.0.0.0:0    LISTENING": "netstat_windows",
    "  UDP    [fe80::1%9]:1900  *:*          8844": "netstat_windows",
    "ESTAB      0      0      192.0.2.10:22    198.51.100.7:5": "ss_linux",
    "u_dgr UNCONN 0 0 /run/log 12 * 0": "ss_linux",
    "nl    UNCONN 0 0 rtnl:kernel *": "ss_linux",
    "0      0      192.0.2.10:22    198.51.100.7:5": "ss_linux",
    "0/0/128        *.22": "netstat_macos",
    "192.0.2.10.22  198.51.100.7.5  49640  0 128872  0 ESTABLISHED": "netstat_illumos",
    "f1000f00002d8bc0 tcp4 0 0 192.0.2.10.22 198.51.100.7.5 ESTABLISHED": "netstat_aix or netstat_freebsd or netstat_macos",
}


@pytest.mark.parametrize("row", BARE)
def test_a_row_without_a_heading_is_known_by_its_shape(row: str) -> None:
    assert_printed_by(parse(row + "\n"), BARE[row])


HEIRS = "netstat_freebsd or netstat_macos or netstat_netbsd or netstat_openbsd"
AMBIGUOUS = {
    "heirs of 4.4BSD, IPv6": ("tcp6  0  0  *.22  *.*  LISTEN\n", HEIRS),
    "heirs of 4.4BSD, a heading of all": (
        BANNER + TWO.format("(state)") + "tcp  0  0  *.21   *.*   LISTEN\n",
        "netstat_netbsd or netstat_openbsd or netstat_aix or netstat_hpux",
    ),
    "UNIX sockets of any BSD": (
        "Active UNIX domain sockets\n" + SHORT_UNIX + UNIX_ROW,
        "netstat_freebsd or netstat_netbsd or netstat_hpux",
    ),
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_several_systems_print_alike_is_said_and_not_guessed(name: str) -> None:
    text, names = AMBIGUOUS[name]
    dump = parse(text)
    assert_printed_by(dump, names)
    assert dump.frame["os"].isna().all()


def test_what_a_star_of_ss_means_is_not_guessed() -> None:
    dump = parse("LISTEN 0 128 *:22 *:*\n")
    assert dump.frame["dialect"].tolist() == ["ss_linux"]
    assert dump.frame["family"].isna().all()


# ---- states ----------------------------------------------------------------------------------

# One row of each dialect; a heading where the row alone could be another's.
ROWS = {
    "netstat_linux": "tcp        0      0 192.0.2.10:22   198.51.100.7:5   {}",
    "ss_linux": "tcp {} 0 0 192.0.2.10:22 198.51.100.7:5",
    "netstat_macos": BANNER + TWO.format("(state)") + "tcp4  0  0  192.0.2.10.22  192.0.2.9.5  {}",
    "netstat_freebsd": ONE.format("(state)") + "tcp4  0  0 192.0.2.10.22  192.0.2.9.5  {}",
    "netstat_netbsd": TWO.format("State") + "tcp  0  0  192.0.2.10.22  192.0.2.9.5  {}",
    "netstat_openbsd": HEADED["OpenBSD"][0].rpartition(" ")[0] + " {}",
    "netstat_illumos": ILLUMOS + "192.0.2.10.22  198.51.100.7.5  49640  0 128872  0 {}",
    "netstat_aix": HEADED["AIX"][0].rpartition(" ")[0] + " {}",
    "netstat_hpux": "Active Internet connections (IPv6, including servers)\n"
    + TWO.format("(state)")
    + "tcp6  0  0  *.22  *.*  {}",
    "netstat_windows": "  TCP    192.0.2.10:445    198.51.100.7:5    {}  4",
    "netstat_reactos": WINDOWS.format("Process") + "  TCP  192.0.2.10:445  198.51.100.7:5  {}  4",
    "netstat_netbsd, -A -n": (
        "PCB      Proto Recv-Q Send-Q Local Address         Foreign Address       State\n"
        "ffff90800d0e2a08 tcp  0  0 192.0.2.10.22  192.0.2.9.5  {}"
    ),
}
BSD = """LISTEN SYN_SENT SYN_RCVD:SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING
    LAST_ACK TIME_WAIT CLOSED 13:UNKNOWN"""
WORDS = {
    "netstat_linux": """LISTEN SYN_SENT SYN_RECV:SYN_RECEIVED ESTABLISHED FIN_WAIT1:FIN_WAIT_1
        FIN_WAIT2:FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSE:CLOSED UNKNOWN""",
    "ss_linux": """LISTEN SYN-SENT:SYN_SENT SYN-RECV:SYN_RECEIVED ESTAB:ESTABLISHED
        FIN-WAIT-1:FIN_WAIT_1 FIN-WAIT-2:FIN_WAIT_2 CLOSE-WAIT:CLOSE_WAIT CLOSING
        LAST-ACK:LAST_ACK TIME-WAIT:TIME_WAIT UNCONN:CLOSED UNKNOWN UNDEF:UNKNOWN""",
    "netstat_macos": BSD,
    "netstat_freebsd": BSD + " SYN_SENT*:SYN_SENT",
    "netstat_netbsd": BSD,
    "netstat_openbsd": BSD,
    "netstat_aix": BSD.replace("13:UNKNOWN", ""),
    "netstat_illumos": BSD.replace("13:UNKNOWN", "")
    + " IDLE:CLOSED BOUND UnknownState(13):UNKNOWN",
    "netstat_hpux": BSD.replace("13:UNKNOWN", ""),
    "netstat_windows": """LISTENING:LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED FIN_WAIT_1 FIN_WAIT_2
        CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED BOUND SYN_SEND:SYN_SENT TIMED_WAIT:TIME_WAIT""",
    "netstat_reactos": """LISTENING:LISTEN SYN_SENT SYN_RCVD:SYN_RECEIVED ESTABLISHED
        FIN_WAIT1:FIN_WAIT_1 FIN_WAIT2:FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT CLOSED
        DELETE_TCB ???:UNKNOWN""",
    "netstat_netbsd, -A -n": """LISTEN SYNSEN:SYN_SENT SYSRCV:SYN_RECEIVED ESTABL:ESTABLISHED
        FWAIT1:FIN_WAIT_1 FWAIT2:FIN_WAIT_2 CLWAIT:CLOSE_WAIT CLOSNG:CLOSING LASTAK:LAST_ACK
        TMWAIT:TIME_WAIT CLOSED 13:UNKNOWN""",
}
"""What each tool prints, with the RFC's name where it is another."""


def states() -> Iterator[tuple[str, str, str]]:
    for where, words in WORDS.items():
        for pair in words.split():
            word, _, state = pair.partition(":")
            yield where, word, state or word


@pytest.mark.parametrize(("where", "word", "state"), list(states()))
def test_every_state_of_every_tool(where: str, word: str, state: str) -> None:
    dump = by_patterns(ROWS[where].format(word) + "\n")
    assert dump.frame["state"].tolist() == [state]
    assert dump.frame["state_raw"].tolist() == [word]
    assert_printed_by(dump, where.partition(",")[0])


@pytest.mark.parametrize("where", WORDS)
def test_every_engine_reads_every_state(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    head, _, row = ROWS[where].rpartition("\n")
    told = [(word, state) for place, word, state in states() if place == where]
    rows = "".join(row.format(word) + "\n" for word, _ in told)
    dump = by_all(f"{head}\n{rows}", monkeypatch)
    assert dump.frame[["state_raw", "state"]].values.tolist() == [list(pair) for pair in told]


def test_a_tcp_socket_of_ss_that_has_a_port_and_no_connection_is_bound() -> None:
    dump = parse(
        "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
        "LISTEN 0      5      192.0.2.10:22       0.0.0.0:*\n"
        "UNCONN 0      0      192.0.2.10:40000    0.0.0.0:*\n"
        "UNCONN 0      0      0.0.0.0:*           0.0.0.0:*\n"
    )
    assert dump.frame["state"].tolist() == ["LISTEN", "BOUND", "CLOSED"]


def test_the_marks_of_multilevel_ports_hide_no_state() -> None:
    marked = (ROWS["netstat_illumos"].format(f"LISTEN{mark}") for mark in (" P", " S", " P S"))
    assert [parse(text + "\n").frame["state"].iloc[0] for text in marked] == ["LISTEN"] * 3


# Rows whose word is no state of a connection: it is kept, and there is no state.
STATELESS = {
    "udp        0      0 192.0.2.10:5    192.0.2.9:53     ESTABLISHED": "ESTABLISHED",
    "udp        0      0 192.0.2.10:5    192.0.2.9:53     UNKNOWN": "UNKNOWN",
    "raw        0      0 0.0.0.0:1       0.0.0.0:*        7": "7",
    "unix  2      [ ACC ]     STREAM     LISTENING     47128    /run/app.sock": "LISTENING",
    "unix  3      [ ]         STREAM     CONNECTED     47129": "CONNECTED",
    "unix  3      [ ]         STREAM     CONNECTING    0        /run/app.sock": "CONNECTING",
    "unix  3      [ ]         STREAM     DISCONNECTING 47130": "DISCONNECTING",
    "unix  2      [ ]         STREAM     FREE          47131": "FREE",
    "udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*": "UNCONN",
    "udp ESTAB 0 0 192.0.2.10:5 192.0.2.9:53": "ESTAB",
    "u_str LISTEN 0 0 /run/a.sock 12 * 0": "LISTEN",
    "v_str ESTAB 0 0 2:1024 3:22": "ESTAB",
    "ti_st LISTEN 0 0 1001002:3465 -": "LISTEN",
    "ti_sq ESTAB 0 0 1001002:3465 1001003:99": "ESTAB",
    "xdp UNCONN 0 0 eth0:q0 *": "UNCONN",
    "192.0.2.10.68       Idle": "Idle",
    "192.0.2.10.68       Unbound": "Unbound",
    "192.0.2.10.5   192.0.2.9.53   Connected": "Connected",
}


@pytest.mark.parametrize("row", STATELESS)
def test_a_word_of_a_socket_without_a_connection_is_no_state(row: str) -> None:
    dump = parse(row + "\n")
    assert dump.frame["state"].isna().tolist() == [True]
    assert dump.frame["state_raw"].tolist() == [STATELESS[row]]
    assert dump.notes == []


# Sockets of families that hold no TCP: their states, of which some have a blank, are nobody's rows.
PASSED_OVER = {
    "AX.25": """\
Active AX.25 sockets
Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q
*          N0CALL-1   ax0     LISTENING    000/000  0       0
N1CALL-2   N0CALL-1   ax0     SABM SENT    000/000  0       0
""",
    "X.25": """\
Active X.25 sockets
Dest         Source          Device  LCI  State        Vr/Vs  Send-Q  Recv-Q
*            4711            ---     0    DISC SENT    0/0    0       0
""",
    "NET/ROM": """\
Active NET/ROM sockets
User       Dest       Source     Device  State        Vr/Vs    Send-Q  Recv-Q
N0CALL-1   N1CALL-2   N0CALL-3   nr0     CONN SENT    000/000  0       0
""",
    "Bluetooth": """\
Active Bluetooth connections (w/o servers)
Proto  Destination       Source            State         PSM DCID   SCID      IMTU    OMTU Security
l2cap  00:00:5E:00:53:01 00:00:5E:00:53:02 CONNECTED     3 0x0040 0x0041     672     672 Low
Proto  Destination       Source            State     Channel
rfcomm 00:00:5E:00:53:01 00:00:5E:00:53:02 OPEN            1
""",
    "ROSE": """\
Active ROSE sockets
dest_addr  dest_call src_addr   src_call  dev   lci neigh st vs vr va   t  t1  t2  t3  hb    idle Snd-Q Rcv-Q inode
*          *         1234567890 N0CALL-1  rose0 000 00000  0  0  0  0   0   0   0   0   0   0/000     0     0   123
""",
    "groups": """\
IPv6/IPv4 Group Memberships
Interface       RefCnt Group
--------------- ------ ---------------------
lo              1      224.0.0.1
eth0            1      ff02::1
""",
    "routes": """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0
""",
    "routes, German": """\
Kernel-IP-Routentabelle
Ziel            Router          Genmask         Flags   MSS Fenster irtt Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0
""",
    "interfaces": """\
Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0             1500     1200      0      0 0          1100      0      0      0 BMRU
""",
}


LINUX_OVER = """\
Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED
"""
MACOS_OVER = (
    BANNER + TWO.format("(state)") + "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED\n"
)


@pytest.mark.parametrize("name", PASSED_OVER)
def test_tables_of_other_families_are_passed_over_and_counted(name: str) -> None:
    dump = parse(LINUX_OVER + PASSED_OVER[name])
    assert len(dump.frame) == 1
    assert dump.census["section"] == PASSED_OVER[name].count("\n")


# What netstat.exe prints for -r, -s, -e and -x, and ss for -s.
BETWEEN = {
    "routes": (
        "IPv4 Route Table\n" + "=" * 75 + "\nActive Routes:\n"
        "Network Destination        Netmask          Gateway       Interface  Metric\n"
        "          0.0.0.0          0.0.0.0        192.0.2.1      192.0.2.10     25\n"
        + "=" * 75
        + "\nPersistent Routes:\n  None\n"
    ),
    "routes, German": (
        "IPv4-Routentabelle\n" + "=" * 75 + "\nAktive Routen:\n"
        "     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik\n"
        "          0.0.0.0          0.0.0.0        192.0.2.1      192.0.2.10     25\n"
    ),
    "routes, Portuguese": (
        "Tabela de rotas IPv6\n" + "=" * 75 + "\nRotas ativas:\n"
        " Se destino de rede de métrica      Gateway\n"
        "  1    331 ::1/128                  No vínculo\n"
        " 11    281 2001:db8::4a5a:6b08:a0ab:c514/128\n"
        "                                    No vínculo\n"
    ),
    "routes, Italian": (
        "IPv6 Tabella route\n" + "=" * 75 + "\n  1    331 ::1/128                  On-link\n"
    ),
    "routes, Korean": (
        "IPv6 경로 테이블\n" + "=" * 75 + "\n  1    331 ::1/128                  연결됨\n"
    ),
    "statistics": "IPv4 Statistics\n\n  Packets Received                   = 120\n\n"
    "TCP Statistics for IPv4\n\n  Current Connections                = 3\n",
    "interface": "Interface Statistics\n\n                           Received            Sent\n\n"
    "Bytes                    1234567890        12345678\nUnknown protocols                 0\n",
    "NetworkDirect": "Active NetworkDirect Connections, Listeners, SharedEndpoints\n\n"
    "  Mode   IfIndex Type           Local Address          Foreign Address        PID\n"
    "  Kernel 12      Connection     192.0.2.10:445         198.51.100.7:5         4\n",
    "processors": "Linux 5.15.0-91-generic (web1) \t11/23/2026 \t_x86_64_\t(4 CPU)\n\n"
    "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
    "           1.23    0.00    0.45    0.01    0.00   98.31\n",
    "summary": "Total: 173 (kernel 200)\nTCP:   16 (estab 9, closed 2, timewait 2/0), ports 0\n\n"
    "Transport Total     IP        IPv6\n*\t  200       -         -\nTCP\t  14        7         7\n",
}


@pytest.mark.parametrize("name", BETWEEN)
def test_what_is_no_table_of_sockets_between_two_is_no_damage(name: str) -> None:
    table = HEADED["ss, Netid" if name == "summary" else "Windows"][0]
    dump = parse(f"{table}\n{BETWEEN[name]}\n{table}")
    assert len(dump.frame) == 2


def test_what_another_command_prints_right_below_rows_is_no_damage() -> None:
    """The ends of rows of lsof that a mail broke begin as rows of netstat do."""
    ends = "TCP 192.0.2.22:{}->198.51.100.4:5223 (ESTABLISHED)\n"
    listed = "COMMAND PID USER FD   TYPE DEVICE SIZE/OFF NODE NAME\nsshd    640 root 3u   IPv4 12345  0t0\n"
    text = LINUX_OVER + listed + "".join(ends.format(62497 + at) for at in range(3))
    dump = parse(text)
    assert (dump.census["rows"], dump.census["text"], list(dump.problems)) == (1, 5, [])


def test_what_busybox_prints_otherwise() -> None:
    """networking/netstat.c: addresses and paths are whole, 20 columns of a program, no `tcp6`."""
    dump = parse(
        INET.replace("State      ", "State       PID/Program name    ")
        + "tcp        0      0 2001:db8:1234:5678:9abc:def0:1234:5678:18443 :::*  "
        "LISTEN      1203/averylongprogra\n"
        + "raw        0      0 :::58                   :::*                    58          812/odhcp\n"
        + "Active UNIX domain sockets (servers and established)\n"
        + "Proto RefCnt Flags       Type       State         I-Node PID/Program name    Path\n"
        + "unix  2      [ ACC ]     STREAM     LISTENING      18438 1203/sshd           /run/a b\n"
        + "unix  2      [ ]         DGRAM                     18439 12/ubusd            /a^Xb^?c^{\n"
    )
    names = ("family", "local_addr", "state_raw", "process", "process_truncated", "path")
    assert cells(dump, *names) == [
        ["ipv6", "2001:db8:1234:5678:9abc:def0:1234:5678", "LISTEN", "averylongprogra", True, None],
        ["ipv6", "::", "58", "odhcp", None, None],
        ["unix", None, "LISTENING", "sshd", None, "/run/a b"],
        ["unix", None, None, "ubusd", None, "/a^Xb^?c^{"],
    ]


@pytest.mark.parametrize("mark", ["CODE", "quote"])
def test_the_mark_of_a_forum_is_no_part_of_the_row_it_stands_at(mark: str) -> None:
    row = "tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED 640/sshd"
    dump = parse(f"[{mark}]{row}\n{row.replace('51514', '51515')}[/{mark}]\nThanks!\n")
    assert cells(dump, "remote_port", "process") == [[51514, "sshd"], [51515, "sshd"]]


def test_what_watch_prints_above_is_no_damage() -> None:
    above = "Every 2.0s: netstat -tan             web1: Mon Nov 23 06:10:22 2026\n\n"
    assert parse(above + LINUX_OVER).census == {"watch": 1, "blank": 1, "headers": 2, "rows": 1}


def test_bytes_of_one_interface_of_macos_are_bytes() -> None:
    """-P of network_cmds up to 696."""
    head = BANNER + TWO.format("(state)      rxbytes[443]    txbytes[443]")
    row = "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED  123  456\n"
    assert cells(parse(head + row), "bytes_received", "bytes_sent") == [[123, 456]]


SCTP = {
    "CLOSED": "CLOSED",
    "ESTAB": "ESTABLISHED",
    **dict.fromkeys(
        (
            *("COOKIE_WAIT", "COOKIE_ECHOED", "SHUTDOWN_PENDING", "SHUTDOWN_SENT"),
            *("SHUTDOWN_RECEIVED", "ACK_SENT"),
        ),
        "UNKNOWN",
    ),
}


def test_a_state_of_sctp_is_known_although_tcp_has_none_like_it() -> None:
    rows = "".join(f"`- {word} 0 0 192.0.2.1:5 192.0.2.9:5\n" for word in SCTP)
    dump = parse(f"sctp LISTEN 0 128 192.0.2.1:5 *:*\n{rows}")
    assert dump.frame["state"].tolist() == ["LISTEN", *SCTP.values()]


def test_a_short_address_of_a_32_bit_kernel_begins_a_row() -> None:
    row = " 31eca18 stream      0      0        0  32c0bb0        0        0 /var/run/app\n"
    header = "Address  Type   Recv-Q Send-Q    Inode     Conn     Refs  Nextref Addr\n"
    dump = parse(
        f"Active LOCAL (UNIX) domain sockets\n{header}{row}unexpected kind 242 which 0xf2\n"
    )
    held = dump.frame[["os", "cookie", "path"]].values.tolist()
    assert held == [["macos", "31eca18", "/var/run/app"]]
    assert not dump.problems


def test_associations_alone_are_rows_and_nothing_that_grep_marked() -> None:
    row = "      `- CLOSED  0      0       :::ssh       :::*\n\t skmem:(r0,rb0)\n"
    dump = parse(row * 2)
    assert (
        dump.frame[["proto", "state", "local_port"]].values.tolist() == [["sctp", "CLOSED", 22]] * 2
    )
    assert "wrapped" not in str(dump.notes)
    assert dump.notes == []
    report = nsparse.diagnose(dump)
    assert "unknown-state" not in {finding.id for finding in report.findings}


def test_a_word_that_no_table_knows_is_counted_and_shows_a_listener_all_the_same() -> None:
    row = "  TCP    0.0.0.0:{0}         {1}              KWAAK       4\n"
    dump = parse(row.format(80, "0.0.0.0:0") + row.format(81, "192.0.2.9:5"))
    assert dump.frame["state"].tolist() == ["LISTEN", "UNKNOWN"]
    assert dump.notes == ["1 row in states no table knows: KWAAK (1)"]


# ---- what tools print beside the plain rows ---------------------------------------------------

INET = "Active Internet connections (servers and established)\n" + ONE.format("State      ")


def cells(dump: nsparse.Dump, *names: str) -> list[list[object]]:
    """The cells of some columns, row by row; None for what is missing."""
    known = dump.frame.reindex(columns=list(names)).astype(object)
    return known.where(known.notna(), None).values.tolist()


def test_further_addresses_of_an_sctp_socket_belong_to_its_row() -> None:
    """netstat.c of net-tools: an endpoint has no queues, and the blocks stand on the last line."""
    dump = parse(
        INET.replace("State      ", "State       User       Inode      PID/Program name")
        + "sctp                192.0.2.10:5000                                 LISTEN     \n"
        + " " * 20
        + f"{'198.51.100.10:5000':47}             1000       4711       812/sctpd\n"
        + "sctp       3      4 192.0.2.10:5000         192.0.2.9:6000          ESTABLISHED\n"
        + f"{'':20}{'198.51.100.10':23} {'198.51.100.9':23}             0          4712       -\n"
    )
    names = ("line", "proto", "state", "recv_q", "local_port", "remote_port", "uid", "process")
    assert cells(dump, *names) == [
        [3, "sctp", "LISTEN", None, 5000, None, 1000, "sctpd"],
        [5, "sctp", "ESTABLISHED", 3, 5000, 6000, 0, None],
    ]
    assert dump.frame["details"].iloc[0] == "ends:198.51.100.10:5000"


def test_a_row_of_sctp_with_one_queue_is_read() -> None:
    """Nobody can tell which of the two it is."""
    rows = (
        "sctp       1        localhost.localdo:65435     LISTEN\n"
        "sctp              1 localhost.localdo:65438   localhost.localdo:20537   LISTEN\n"
    )
    dump = parse(INET + rows)
    assert cells(dump, "recv_q", "send_q", "local_port", "remote_port", "details") == [
        [None, None, 65435, None, "queue:1"],
        [None, None, 65438, 20537, "queue:1"],
    ]


def test_rows_of_macos_may_be_shortened_behind_the_process_or_before_it() -> None:
    first = "Proto Recv-Q Send-Q  Local Address  Foreign Address  (state)"
    row = "tcp4       0      0  192.0.2.1.80   192.0.2.9.5      ESTABLISHED"
    dump = parse(
        f"{first} rxbytes txbytes rhiwat shiwat process:pid\n{row} 7 8 131072 65536 my app:6123\n"
        f"{first} rhiwat shiwat pid epid state options\n"
        f"{row} 131072 65536 6123 0 0x0100 0x00000106 my app:6123\n"
    )
    limits = "rhiwat:131072 shiwat:65536"
    assert cells(dump, "bytes_received", "pid", "process", "details") == [
        [7, 6123, "my app", limits],
        [None, 6123, "my app", f"{limits} so:0x0100 0x00000106"],
    ]


def test_a_family_that_is_not_known_is_kept_raw() -> None:
    head = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    rows = "new   ESTAB 0 0 192.0.2.1:22 192.0.2.2:5\ntcp   ESTAB 0 0 192.0.2.1:22 192.0.2.2:6\n"
    dump = parse(head + rows)
    assert cells(dump, "section", "proto", "state_raw", "details", "remote_port") == [
        ["other", "other", "ESTAB", "netid:new", 5],
        ["inet", "tcp", "ESTAB", None, 6],
    ]


def test_a_protocol_without_a_name_is_no_message() -> None:
    """What ss.c proto_name has no name for; NetBSD prints such signs alone, as a message."""
    head = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    dump = parse(head + "???   ESTAB 0 0 192.0.2.1:22 192.0.2.2:5\n")
    assert cells(dump, "section", "proto", "local_port") == [["inet", "other", 22]]


def test_a_connected_socket_of_tipc_has_another_end() -> None:
    """Node and reference of both, or `-` (ss.c tipc_show_sock); --tipcinfo goes on below."""
    head = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    rows = (
        "ti_st LISTEN 0 0 1001002:3465 -\n type:STREAM cong:none  drop:0  publ\n"
        'ti_rd ESTAB 0 0 1001002:3466 1001003:99 users:(("a",pid=7,fd=3)) ino:4711 sk:1\n'
    )
    dump = parse(head + rows)
    assert cells(dump, "section", "local_name", "remote_name", "process", "inode") == [
        ["tipc", "1001002:3465", None, None, None],
        ["tipc", "1001002:3466", "1001003:99", "a", 4711],
    ]
    assert "drop:0" in dump.frame["details"].iloc[0]


def test_one_table_of_another_family_has_no_netid() -> None:
    """`ss -A unix_stream`, `-A packet_raw`, `--xdp`: ss.c prints Netid where it shows several."""
    head = "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
    unix = (
        'LISTEN 0 128 /run/a b.sock 47128 * 0 users:(("x",pid=1,fd=2))\n'
        "ESTAB 0 0 * 5 * 6 <-> ino:4711\nESTAB 0 0 @a@b 7 /run/c 8\n"
    )
    names = ("section", "path", "inode", "remote_name", "process")
    assert cells(parse(head + unix), *names) == [
        ["unix", "/run/a b.sock", 47128, None, "x"],
        ["unix", None, 5, None, None],
        ["unix", "@a@b", 7, "/run/c", None],
    ]
    packet = 'UNCONN 0 0 *:eth0 * users:(("dhc",pid=5,fd=6))\nUNCONN 0 0 [2054]:* *\n'
    assert cells(parse(head + packet), "section", "local_name", "process") == [
        ["packet", "*:eth0", "dhc"],
        ["packet", "[2054]:*", None],
    ]
    assert cells(parse(head + "UNCONN 0 0 eth0:q0 *\n"), "section") == [["xdp"]]
    netlink = "UNCONN 0 0 audit:-1100095455 *\nUNCONN 0 0 0:0 *\n"
    assert cells(parse(head + netlink), "section") == [["netlink"], ["netlink"]]


def test_one_table_of_sctp_is_sctp() -> None:
    head = "State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
    rows = "LISTEN 0 5 192.0.2.1:5 *:*\n`- ESTAB 0 0 192.0.2.1:5 192.0.2.9:5\n"
    assert parse(head + rows).frame["proto"].tolist() == ["sctp", "sctp"]


HALF = "www.mail.example.com:ht"
"""Half a service: such a tool cuts ports."""
MAPPED = "::ffff:192.0.2.131:5432"
"""As wide as the column: port 5432, or one of ten that begin with it, or of an address cut."""


@pytest.mark.parametrize(
    ("ends", "port"),
    [
        ([MAPPED], None),
        ([HALF, "www.imap.example.com:44"], None),
        (["2001:db8:1:2:3:4:5:9999"], None),
        (["::ffff:192.0.2.13:51514"], 51514),
        ([HALF, MAPPED.replace("5432", "7000")], 7000),
        # Not where something says that it is the address which the tool cuts, or nothing.
        (["2001:db8:1:2:3:4::51514", MAPPED], 5432),
        (["::ffff:192.0.2.131:51514", MAPPED], 5432),
        (["2001:db8:1:2:3:4:5:9999", "tcp6"], 9999),
        (["www.imap.example.com:44"], 44),
    ],
)
def test_a_port_that_may_be_cut_is_none(ends: list[str], port: int | None) -> None:
    *ends, proto = ends if ends[-1] == "tcp6" else [*ends, "tcp"]
    rows = "".join(f"{proto:5} 0 0 {end:23} 192.0.2.1:22 ESTABLISHED\n" for end in ends)
    text = f"Proto Recv-Q Send-Q Local Address Foreign Address State\n{rows}"
    for dump in (parse(text), _read(text, "columns")):
        *_, last = cells(dump, "local_port", "local_name")
        assert last[0] == port
        assert port or last[1] == ends[-1]
        assert not dump.problems


@pytest.mark.parametrize("count", ["ESTABLISHED 3", "TIME_WAIT 2", "VERBUNDEN 7"])
def test_a_count_of_states_below_rows_is_no_user(count: str) -> None:
    row = "tcp        0      0 192.0.2.1:22            192.0.2.9:51514         ESTABLISHED\n"
    for dump in (parse(f"{row}{count}\n"), _read(f"{row}{count}\n", "columns")):
        assert cells(dump, "user", "inode") == [[None, None]]
        assert dump.census == {"rows": 1, "text": 1}


MARKED = ["0 #", "a # b c", "x // y", "b | c", "a@b:~ #"]
"""Names of programs that would be remarks, prompts or bars at the end of a row."""


@pytest.mark.parametrize("name", MARKED)
@pytest.mark.parametrize("behind", ["off (0.00/0/0)", "system_u:system_r:init_t:s0"])
def test_what_stands_before_a_timer_or_a_context_is_all_of_the_name(
    name: str, behind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = (
        f"tcp        0      0 192.0.2.1:22            0.0.0.0:*               LISTEN      7/{name}"
    )
    dump = by_all(f"{row:105}{behind}\n", monkeypatch)
    assert (dump.problems, cells(dump, "pid", "process")) == ([], [[7, name]])


def test_a_mark_of_remarks_with_nothing_behind_it_is_a_part_of_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = "tcp        0      0 192.0.2.1:22            0.0.0.0:*               LISTEN      7/sshd #"
    assert cells(by_all(f"{row}\n", monkeypatch), "process") == [["sshd #"]]
    assert cells(by_all(f"{row} the old one\n", monkeypatch), "process") == [["sshd"]]


@pytest.mark.parametrize("end", ["[NONE SET]", "[UNKNOWN]", "[NICHT GESETZT]"])
def test_an_end_without_a_family_is_none(end: str) -> None:
    row = f"tcp        0      0 {end:23} {end:23} CLOSE\n"
    assert cells(parse(INET + row), "local_addr", "local_name", "remote_addr", "remote_name") == [
        [None] * 4
    ]


MESSAGES = {
    "English": "(Not all processes could be identified, non-owned process info\n"
    " will not be shown, you would have to be root to see it all.)\n",
    "German": "(Es konnten nicht alle Prozesse identifiziert werden; Informationen über\n"
    "nicht-eigene Prozesse werden nicht angezeigt; Root kann sie anzeigen.)\n",
    "Japanese": "(一部のプロセスが識別されますが, それら全てを閲覧するにはルートである必要があります.)\n",
    "Chinese": "（并非所有进程都能被检测到，所有非本用户的进程信息将不会显示）\n",
    "Swedish, three lines": "(Alla processer kunde inte identifieras, information om processer\n"
    "som inte ägs av användaren visas inte, du måste vara root\n"
    "för att se allt.)\n",
    "bogus line": "warning, got bogus tcp line.\n",
    "no kernel support": "netstat: no support for `AF INET (sctp)' on this system.\n",
    "SELinux": "SELinux is not enabled on this machine.\n",
    "BusyBox": "netstat: showing only processes with your user ID\n",
    "BusyBox, /proc": "netstat: can't scan /proc - are you root?\n",
    "BusyBox, no IPv6": "netstat: /proc/net/tcp6: No such file or directory\n",
    "BusyBox, bogus line": "netstat: /proc/net/tcp: bogus data on line 3\n",
    "not root": '(No info could be read for "-p": geteuid()=1000 but you should be root.)\n',
    "ss, a family that the kernel lacks": "RTNETLINK answers: Invalid argument\n",
    "ss, a container": "Cannot open netlink socket: Permission denied\n",
    "ss, SELinux": "ss: SELinux is not enabled.\n",
    "ss, nothing asked for": "ss: no socket tables to show with such filter.\n",
    "ss, cgroup": "Failed to open cgroup2 by ID\n",
    "macOS": "Some tcp sockets may have been deleted.\n",
    "FreeBSD": "Some tcp sockets may have been created.\n",
    "BSD": "netstat: sysctl: net.inet.udp.pcblist: No such file or directory\n",
    "OpenBSD": "Out of memory (file table).\n",
    "NetBSD": "???\n",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_between_rows_is_no_damage(name: str) -> None:
    row = "tcp        0      0 192.0.2.10:22           198.51.100.7:5          ESTABLISHED\n"
    dump = by_patterns(INET + row + MESSAGES[name] + row)
    assert dump.census == {"headers": 2, "rows": 2, "message": MESSAGES[name].count("\n")}


ELEVATION = (
    "The requested operation requires elevation.",
    "Der angeforderte Vorgang erfordert erhöhte Rechte.",
    "L’opération demandée nécessite une élévation.",
    "La operación solicitada necesita elevación.",
    "A operação solicitada requer elevação.",
    "Запрошенная операция требует повышения прав.",
    "请求的操作需要提升(作为管理员运行)。",
    "要求された操作には管理者特権が必要です。",
)


@pytest.mark.parametrize("said", ELEVATION)
def test_what_windows_says_of_missing_rights_is_a_message(said: str) -> None:
    row = "  TCP    192.0.2.10:22          198.51.100.7:5         ESTABLISHED     4\n"
    dump = by_patterns(f"{said}\n{row}{said}\n{row}")
    assert dump.census == {"message": 2, "rows": 2}


# What shells tell the terminal between words, as `script` keeps it (ECMA-48, xterm).
PROMPTS = (
    "\x1b[01;32mann@web1\x1b[00m:\x1b[01;34m~\x1b[00m$ netstat -an",
    "\x1b]0;ann@web1: ~\x07ann@web1:~$ netstat -an",
    "\x1b[?2004h[ann@web1 ~]$ \x1b[Knetstat -an",
)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_is_known_whatever_the_terminal_is_told(prompt: str) -> None:
    row = "tcp        0      0 192.0.2.10:22           198.51.100.7:{}        ESTABLISHED\n"
    runs = [f"{prompt}\n{INET}{row.format(port)}" for port in (5, 6)]
    dump = parse("".join(runs) + prompt.replace("netstat -an", "exit") + "\n")
    assert cells(dump, "host", "snapshot") == [["web1", 0], ["web1", 1]]
    assert dump.census == {"prompt": 3, "headers": 4, "rows": 2}


def test_every_socket_of_macos_is_read() -> None:
    """Routing and key sockets without ends, and those of virtual machines (vsock.c)."""
    dump = parse(
        MACOS_OVER
        + "Proto  Recv-Q Send-Q  Local Address      Foreign Address   \n"
        + "unspec      0      0                                       \n"
        + "v2          0      7                                       \n"
        + "Active VSock sockets\n"
        + "Proto Type   Recv-Q Send-Q Local Address      Foreign Address    State      \n"
        + "vsock stream      0      1 *:1024             *:*                LISTEN     \n"
        + "vsock stream      0      0 2:1024             3:22               ESTABLISHED"
        + "          1          2          3          4      5      6    812 0x0102 0x00000008\n"
    )
    assert cells(dump, "section", "send_q", "local_name", "remote_name", "state_raw", "pid")[
        1:
    ] == [
        ["other", 0, None, None, None, None],
        ["other", 7, None, None, None, None],
        ["vsock", 1, "*:1024", "*:*", "LISTEN", None],
        ["vsock", 0, "2:1024", "3:22", "ESTABLISHED", 812],
    ]


def test_a_multipath_connection_of_macos_and_its_subflows_are_rows() -> None:
    """network_cmds mptcp.c: up to 10.11 without flags, and without the lines below."""
    head = "Active Multipath Internet connections\n" + TWO.format("(state)").replace(
        "Proto Recv-Q Send-Q", "Proto/ID  Flags     "
    )
    dump = parse(
        MACOS_OVER
        + head
        + f"mptcp/00  00000001/00000001 {'ESTABLISHED':>50} \n"
        + "      [tok(0x1b2c3d4e) snd(0x10) rcv(0x20) aid(1)]\n"
        + " tcp4/01  00000003   192.0.2.10.52012   203.0.113.4.443   CLOSE_WAIT \n"
        + "      [relseq(0001), err(0)]\n"
        + f"mptcp/01 {'TERMINATE':>69}\n"
    )
    assert cells(dump, "line", "proto", "family", "state", "local_port", "remote_port")[1:] == [
        [6, "mptcp", None, "ESTABLISHED", None, None],
        [8, "tcp", "ipv4", "CLOSE_WAIT", 52012, 443],
        [10, "mptcp", None, "UNKNOWN", None, None],
    ]
    assert dump.census == {"headers": 4, "rows": 4, "details": 2}
    assert dump.notes == []


def test_a_row_behind_the_message_that_macos_does_not_end_is_read() -> None:
    glued = "Some tcp sockets may have been created or deletedudp4  0  0  *.5353  *.*\n"
    dump = parse(MACOS_OVER + glued)
    assert cells(dump, "line", "proto", "local_port") == [[3, "tcp", 22], [4, "udp", 5353]]
    assert dump.notes == ["1 line mended: behind a message that has no line end"]


def test_a_row_of_macos_with_packets_names_two_processes() -> None:
    head = TWO.format("(state) rxbytes/packets txbytes/packets rhiwat shiwat process:pid")
    row = "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED  14360/12  2173/3  131072  131472"
    tail = "  Some App (x):811  launchd:1  00102 00000008 00000000002ecc57 00000080 04000900  2  0 000000\n"
    dump = parse(head + row + tail)
    names = ("pid", "process", "bytes_received", "bytes_sent")
    assert cells(dump, *names) == [[811, "Some App (x)", 14360, 2173]]
    assert "eprocess:launchd:1" in dump.frame["details"].iloc[0]


def test_a_process_of_macos_may_be_called_by_numbers() -> None:
    head = TWO.format("(state) rxbytes txbytes rhiwat shiwat process:pid state options")
    row = "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED  14360  2173  131072  131472"
    tail = "  12 34:811  00102 00000008 00000000002ecc57 00000080 04000900  2  0 000000\n"
    dump = parse(head + row + tail)
    assert cells(dump, "pid", "process", "bytes_received") == [[811, "12 34", 14360]]


def test_what_macos_dropped_is_no_limit_of_a_buffer() -> None:
    """-d adds a column before `rhiwat`, which the heading alone tells."""
    row = "tcp4  0  0  192.0.2.10.22  198.51.100.7.5  ESTABLISHED  14360  2173 {} 131072  131472"
    tail = "  Some App (x):811  00102 00000008 00000000002ecc57 00000080 04000900  2  0 000000\n"
    names = ("pid", "process", "bytes_received", "bytes_sent")
    for drops, number in (("rxdrops ", " 5 "), ("", "")):
        head = TWO.format(f"(state)  rxbytes txbytes {drops} rhiwat shiwat process:pid state")
        dump = parse(head + row.format(number) + tail)
        assert cells(dump, *names) == [[811, "Some App (x)", 14360, 2173]]
        assert "rhiwat:131072 shiwat:131472" in dump.frame["details"].iloc[0]


def test_datagram_sockets_of_illumos_name_their_processes() -> None:
    dump = parse(
        "UDP: IPv4\n"
        "   Local Address        Remote Address      User    Pid      Command       State   \n"
        "-------------------- -------------------- -------- ------ -------------- ----------\n"
        "      *.68                                root       101 dhcpagent      Idle\n"
        "192.0.2.10.5151      192.0.2.9.53         www        640 app worker     Connected"
    )
    assert not dump.problems
    assert dump.frame["local_port"].tolist() == [68, 5151]
    assert dump.frame["pid"].tolist() == [101, 640]
    assert dump.frame["process"].tolist() == ["dhcpagent", "app worker"]
    assert dump.frame["state_raw"].tolist() == ["Idle", "Connected"]


def test_what_illumos_prints_below_a_row_is_no_row() -> None:
    labels = ("INVALID", "CONFIDENTIAL : INTERNAL USE ONLY", "0x0002-08-08", "[0x0002-08-08]")
    row = ROWS["netstat_illumos"].removeprefix(ILLUMOS).format("ESTABLISHED\n")
    dump = parse(ILLUMOS + "".join(f"{row}   {label}\n" for label in labels))
    assert [said.partition("label:")[2] for said in dump.frame["details"]] == list(labels)


# ---- languages ---------------------------------------------------------------------------------

# Banner, headings of protocol, ends and state, and a word for LISTEN that only tests show.
WINDOWS_IN = {
    "Italian": ("Connessioni attive", "Proto  Indirizzo locale  Indirizzo esterno  Stato"),
    "Traditional Chinese": ("活動連線", "通訊協定  本機位址  外部位址  狀態"),
    "Turkish": ("Etkin Bağlantılar", "Proto  Yerel Adres  Yabancı Adres  Durum"),
    "Dutch": ("Actieve verbindingen", "Proto  Lokaal adres  Extern adres  Status"),
    "Swedish": ("Aktiva anslutningar", "Proto  Lokal adress  Utländsk adress  Tillstånd"),
    "Polish": ("Aktywne połączenia", "Protokół  Adres lokalny  Obcy adres  Stan"),
}
LISTENING_IN = {
    "Italian": "IN ASCOLTO",
    "Traditional Chinese": "偵聽",
    "Turkish": "DİNLENİYOR",
    "Dutch": "LUISTEREN",
    "Swedish": "LYSSNAR",
    "Polish": "NASŁUCHIWANIE",
}


@pytest.mark.parametrize("language", WINDOWS_IN)
def test_windows_in_languages_that_only_tests_show(language: str) -> None:
    banner, header = WINDOWS_IN[language]
    row = "  TCP    192.0.2.10:445         0.0.0.0:0              {}       4\n"
    dump = parse(f"\n{banner}\n\n  {header}  PID\n" + row.format(LISTENING_IN[language]))
    assert cells(dump, "state", "state_raw", "pid") == [["LISTEN", LISTENING_IN[language], 4]]


# net-tools po/*.po: the words of the Timer block that TIMERS of other tests do not show.
TIMERS = {
    "eikäi ((0.00/0/0)": None,
    "käib (1.20/3/0)": "retransmit",
    "eitea-4 (1.20/3/0)": "persist",
    "av (0.00/0/0)": None,
    "på (1.20/3/0)": "retransmit",
    "aturada (0.00/0/0)": None,
    "el (1.20/3/0)": "retransmit",
    "manténiu (1.20/3/0)": "keepalive",
    "temps d'espera (1.20/3/0)": "timewait",
    "sonda (1.20/3/0)": "persist",
    "ein1 (1.20/3/0)": "retransmit",
    "ligado 1 (1.20/3/0)": "retransmit",
    "desconh.-4 (1.20/3)": "persist",
    "nezn-4 (1.20/3/0)": "persist",
    "unkn-7 (1.20/3/0)": "unknown",
    "on2 (1.20/3/0)": "retransmit",
}


def test_every_word_for_a_timer() -> None:
    row = "tcp 0 0 192.0.2.10:22 198.51.100.7:5 ESTABLISHED 0 48213 1203/sshd            "
    dump = parse("".join(f"{row}{words}\n" for words in TIMERS))
    assert cells(dump, "process", "timer", "timer_ms", "retrans") == [
        ["sshd", timer, *([1200, 3] if timer else [None, None])] for timer in TIMERS.values()
    ]


UNIX_WORDS = """HÖRT VERBUNDEN VERBINDUNGSAUFBAU VERBINDUNGSABBAU FREI NASLOUCHÁ SPOJEN SPOJUJE ODPOJUJE
    NEALOKOVÁN OUVINDO CONECTADO CONECTANDO DESCONECTANDO LIVRE LYSSNAR ANSLUTEN ANSLUTER KOPPLAR_FRÅN
    LEDIG ESCOLTANT CONNECTAT CONNECTANT DESCONNECTANT LLIURE CONNECTE ENCONNEXION ENDECONNEXION
    LIBRE ÜHENDATUD ÜHENDUMAS VABA"""


def test_every_state_of_a_unix_socket_in_every_language() -> None:
    words = [word.replace("_", " ") for word in UNIX_WORDS.split()]
    row = "unix  2      [ ACC ]     SEQPAKET   {:13} 47128    1203/sshd            /run/a.sock\n"
    dump = parse("".join(map(row.format, words)))
    assert cells(dump, "state", "state_raw", "inode", "process", "path") == [
        [None, word, 47128, "sshd", "/run/a.sock"] for word in words
    ]


def test_owners_of_windows_that_a_script_put_behind_their_rows() -> None:
    row = "  TCP    0.0.0.0:{}    0.0.0.0:0    LISTENING    {}\n"
    behind = ("1948 RpcSs [svchost.exe]", "5268   [LMS.exe]", "[a b (x86).exe]", "612")
    text = "".join(row.format(135 + at, told) for at, told in enumerate(behind))
    dump = parse(f"{text}  RpcSs\n [svchost.exe]\n")
    assert dump.problems == []
    assert dump.notes == []
    told = dump.frame[["pid", "component", "process"]].astype(object)
    assert told.where(told.notna(), None).values.tolist() == [
        [1948, "RpcSs", "svchost.exe"],
        [5268, None, "LMS.exe"],
        [None, None, "a b (x86).exe"],
        [612, "RpcSs", "svchost.exe"],
    ]


@pytest.mark.parametrize(
    ("row", "far"),
    [
        ("tcp        0      0 {}:22     {}:{}    LISTEN", ("0.0.0.0", "::")),
        ("LISTEN 0 128 {}:22 {}:{}", ("0.0.0.0", "[::]", "*")),
    ],
)
def test_a_remote_port_0_is_none_behind_a_wildcard_alone(
    row: str, far: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = row.replace("LISTEN", "ESTAB" if row[0] == "L" else "ESTABLISHED")
    rows = [connected.format("192.0.2.1", host, 5) for host in far]
    rows += [row.format("192.0.2.1", host, 0) for host in far]
    rows += [connected.format("192.0.2.1", "192.0.2.7", port) for port in (0, 5151)]
    rows += [connected.format("0.0.0.0", "192.0.2.7", 5152).replace(":22", ":0")]
    dump = by_all("\n".join([*rows, ""]) * 3, monkeypatch)
    told = [*(5 for _ in far), *(None for _ in far), 0, 5151, 5152]
    assert cells(dump, "remote_port") == [[port] for port in told * 3]
    assert dump.frame["local_port"].tolist() == [*([22] * (len(rows) - 1)), 0] * 3
