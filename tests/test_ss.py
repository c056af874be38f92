"""What `ss` says of a socket beside its ends: timers, owners, options, internals, lines below.

The forms are those of iproute2's misc/ss.c from 3.1 to 7.1, written by hand; what it prints in all
its layouts is the business of its printer (`tests/test_round_trip.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import pytest

import nsparse
from tests.frames import assert_frame_equal

HEAD = "Netid State  Recv-Q Send-Q Local Address:Port  Peer Address:Port\n"
ROW = "tcp   ESTAB  0      0      192.0.2.1:22        192.0.2.9:51514 "


def parse(text: str) -> nsparse.Dump:
    """What Lark reads, and what the patterns read, the same."""
    dump, exact = (
        nsparse.parse(io.BytesIO((HEAD + text).encode()), name="dump.txt", engine=engine)
        for engine in ("regex", "lark")
    )
    assert dump.frame.equals(exact.frame)
    assert sum(dump.census.values()) == dump.lines
    return dump


def rows_of(said: Iterable[str]) -> nsparse.Dump:
    """A connection for each of some texts behind its ends."""
    return parse("".join(f"{ROW}{text}\n" for text in said))


def cells(dump: nsparse.Dump, *names: str) -> list[list[object]]:
    """The cells of some columns, row by row; None for what is missing."""
    known = dump.frame.reindex(columns=list(names)).astype(object)
    return known.where(known.notna(), None).values.tolist()


def test_rows_that_name_their_protocol_say_nothing_of_those_that_do_not() -> None:
    rows = "UNCONN 0 0 192.0.2.1:53 0.0.0.0:*\ntcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n"
    dump = nsparse.parse(io.BytesIO((HEAD.removeprefix("Netid ") + rows).encode()))
    assert cells(dump, "proto", "state") == [["udp", None], ["tcp", "LISTEN"]]


def table_of(*rows: str) -> nsparse.Dump:
    """Rows below a heading without a Netid."""
    text = HEAD.removeprefix("Netid ") + "".join(f"{row}\n" for row in rows)
    return nsparse.parse(io.BytesIO(text.encode()))


def test_a_state_that_ss_does_not_print_is_kept_and_counted() -> None:
    dump = table_of("KWAAK 0 0 192.0.2.1:22 192.0.2.9:5", "ESTAB 0 0 192.0.2.1:22 192.0.2.9:6")
    assert cells(dump, "state", "state_raw") == [["UNKNOWN", "KWAAK"], ["ESTABLISHED", "ESTAB"]]
    assert dump.notes == ["1 row in states no table knows: KWAAK (1)"]


# ss prints no Netid where it was asked for one table, no State for one state, no queues with -Q.
BY_NETID = {
    "tcp": "192.0.2.1:22      198.51.100.2:5555",
    "udp": "192.0.2.53%eth0:68    [2001:db8::2]:67",
    "u_str": "/run/my app.sock 1234 * 0",
    "nl": "rtnl:kernel   *",
    "p_raw": "ip:eth0   *",
    "ti_st": "1001002:3456789012 1001003:3456789013",
}
SECTIONS = ["inet", "inet", "unix", "netlink", "packet", "tipc"]
TAILS = {
    "": ("", ""),
    "-o": (" timer:(keepalive,119min,0)", ""),
    "-p": (' users:(("sshd",pid=7,fd=3))', ""),
    "-e": (" uid:1000 ino:12 sk:5 cgroup:/x <->", ""),
    "-i": ("", "\t cubic wscale:7,7 rto:204 rtt:0.5/0.2 cwnd:10\n"),
    "-m": ("", "\t skmem:(r0,rb131072,t0,tb87040,f0,w0,o0,bl0,d0)\n"),
}
ENGINES: tuple[Any, ...] = ("regex", "lark", "columns")


def every_engine(text: str) -> nsparse.Dump:
    """What all engines read, the same."""
    dump, *others = (nsparse.parse(io.BytesIO(text.encode()), engine=one) for one in ENGINES)
    for other in others:
        assert_frame_equal(dump.frame, other.frame)
        assert dump.problems == other.problems
    assert sum(dump.census.values()) == dump.lines
    return dump


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("queues", ["Recv-Q Send-Q ", ""])
@pytest.mark.parametrize("netids", [("tcp", "udp"), ("tcp",)])
@pytest.mark.parametrize("heading", [True, False])
def test_connections_of_one_state_are_rows(
    heading: bool, netids: tuple[str, ...], queues: str, tail: str
) -> None:
    """Without a heading two ends alone are what anybody prints: those are refused."""
    several = len(netids) > 1
    words = f"{'Netid ' * several}{queues}Local Address:Port Peer Address:Port Process\n"
    rows = "".join(
        f"{netid * several} {'0 36 ' * bool(queues)}{BY_NETID[netid]}{TAILS[tail][0]}\n{TAILS[tail][1]}"
        for netid in netids * 2
    )
    if not (heading or queues):
        with pytest.raises(nsparse.NotASocketTable):
            every_engine(rows.replace("udp", "tcp"))
        return
    dump = every_engine(words * heading + rows)
    assert dump.problems == []
    assert cells(dump, "proto", "tool", "state") == [[one, "ss", None] for one in netids] * 2
    assert cells(dump, "send_q") == [[36 if queues else None]] * len(dump.frame)
    assert dump.frame["local_port"].tolist() == [22, 68][: len(netids)] * 2


@pytest.mark.parametrize("state", ["LISTEN ", "KWAAK ", ""])
@pytest.mark.parametrize("queues", ["3 0 ", ""])
def test_sockets_of_other_families_are_rows_with_and_without_state_and_queues(
    queues: str, state: str
) -> None:
    words = f"{'State ' * bool(state)}{'Recv-Q Send-Q ' * bool(queues)}Local Address:Port"
    heading = f"Netid {words} Peer Address:Port\n"
    rows = "".join(f"{netid} {state}{queues}{ends}\n" for netid, ends in BY_NETID.items())
    dump = every_engine(heading + rows)
    assert dump.problems == []
    assert dump.frame["section"].tolist() == SECTIONS
    assert cells(dump, "recv_q") == [[3 if queues else None]] * len(BY_NETID)
    assert dump.frame["path"].dropna().tolist() == ["/run/my app.sock"]


@pytest.mark.parametrize("netid", BY_NETID)
@pytest.mark.parametrize("state", ["LISTEN ", "KWAAK ", ""])
@pytest.mark.parametrize("queues", ["3 0 ", ""])
def test_a_table_of_one_family_is_known_by_its_ends(queues: str, state: str, netid: str) -> None:
    words = f"{'State ' * bool(state)}{'Recv-Q Send-Q ' * bool(queues)}Local Address:Port"
    dump = every_engine(f"{words} Peer Address:Port\n{state}{queues}{BY_NETID[netid]}\n")
    assert dump.problems == []
    assert cells(dump, "recv_q") == [[3 if queues else None]]
    section = dict(zip(BY_NETID, SECTIONS, strict=True))[netid]
    # A context or a node, and a port: sockets of virtual machines look the same.
    assert dump.frame["section"].tolist() == ["other" if netid == "ti_st" else section]


def test_a_socket_of_tipc_without_another_end_tells_of_the_others() -> None:
    rows = "ESTAB 0 0 1001002:34567 1001003:3456789013\nLISTEN 0 0 1001002:34567 -\n"
    dump = every_engine(rows)
    assert (
        cells(dump, "section", "local_name", "local_port") == [["tipc", "1001002:34567", None]] * 2
    )


def test_a_state_that_no_release_prints_is_unknown_without_a_heading_too() -> None:
    odd = "KWAAK 0 0 192.0.2.1:22 192.0.2.9:5\n"
    known = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:6\n"
    for text, states in (
        (known + odd, ["ESTABLISHED", "UNKNOWN"]),
        (odd + known, ["UNKNOWN", "ESTABLISHED"]),
    ):
        dump = every_engine(text)
        assert dump.problems == []
        assert dump.frame["state"].tolist() == states
        assert dump.notes == ["1 row in states no table knows: KWAAK (1)"]


CUT = "tcp 0 0 192.0.2.1:22 198.51.100.2:5555\n"


@pytest.mark.parametrize(
    ("text", "tools", "damaged"),
    [
        (CUT, ["ss"], []),
        (CUT + CUT.replace("tcp", "udp"), ["ss", "ss"], []),
        # A row of netstat that lost its state is none of ss, whatever stands around.
        (CUT + CUT.replace("\n", " LISTEN\n"), ["netstat"], [1]),
        (CUT.replace("\n", " LISTEN\n") * 2 + CUT, ["netstat"] * 2, [3]),
        (CUT.replace("tcp", "udp") + CUT.replace("tcp", "udp6"), ["netstat"] * 2, []),
        # Two dialects print such ends of UDP without a state; that of netstat does so always.
        (CUT.replace("tcp", "udp"), ["netstat"], []),
        # A heading says whose rows are damaged.
        (f"Proto Recv-Q Send-Q Local Address Foreign Address State\n{CUT}", [], [2]),
    ],
)
def test_rows_of_one_state_without_a_heading_are_told_by_all_rows_of_the_text(
    text: str, tools: list[str], damaged: list[int]
) -> None:
    dump = every_engine(text)
    assert dump.frame["tool"].tolist() == tools
    assert [problem.line for problem in dump.problems] == damaged


@pytest.mark.parametrize("other", ["-", "1001003:77"])
def test_ends_without_a_host_are_no_tcp(other: str) -> None:
    """One socket of TIPC that has no other end tells what the others of its table are."""
    dump = table_of("ESTAB 0 0 1001002:12 1001003:78", f"ESTAB 0 0 1001002:13 {other}")
    told = "tipc" if other == "-" else "other"
    names = cells(dump, "proto", "section", "local_name", "remote_name", "local_port", "state")
    assert names[0] == [told, told, "1001002:12", "1001003:78", None, None]


# ---- timers -----------------------------------------------------------------------------------

# print_ms_timer: a dot parts seconds from milliseconds, whatever unit stands behind them.
TIMES = {
    "119min": 7_140_000,
    "1min2sec": 62_000,
    "1min": 60_000,
    "32sec": 32_000,
    "5sec": 5_000,
    "8.476ms": 8_476,  # up to 6.10
    "8.476sec": 8_476,  # from 6.11 on
    "204ms": 204,
    "004ms": 4,
    "": 0,
    "71582min": None,  # a negative rest, which has turned over
}


def test_every_form_of_a_time_is_read() -> None:
    dump = rows_of(f"timer:(keepalive,{time},2)" for time in TIMES)
    assert dump.problems == []
    assert cells(dump, "timer", "timer_ms", "probes") == [
        ["keepalive", ms, 2] for ms in TIMES.values()
    ]


def test_a_time_that_no_version_prints_is_none_and_said() -> None:
    odd = ("3.1sec", "12.345sec", "8ms", "1500ms")
    dump = rows_of(f"timer:(on,{time},2)" for time in odd)
    assert cells(dump, "timer", "timer_ms") == [["retransmit", None]] * len(odd)
    assert [problem.line for problem in dump.problems] == [2, 3, 4, 5]


# What the third item counts depends on the first; delack is of 7.1, T3_RTX is SCTP's.
TIMERS = {
    "on": ["retransmit", 5, None],
    "keepalive": ["keepalive", None, 5],
    "timewait": ["timewait", None, None],
    "persist": ["persist", None, 5],
    "delack": ["delack", None, None],
    "unknown": ["unknown", 5, None],
    "T3_RTX": ["unknown", 5, None],
}


def test_every_timer_is_known() -> None:
    dump = rows_of(f"timer:({name},32sec,5)" for name in TIMERS)
    assert cells(dump, "timer", "retrans", "probes") == list(TIMERS.values())


# ---- owners -----------------------------------------------------------------------------------

# A name is that of /proc/PID/stat up to its first `)`: quotes, commas and parentheses are its own.
OWNERS = {
    'users:(("sshd",1203,3))': ["sshd", 1203, 3],  # up to 3.13
    'users:(("sshd",pid=1203,fd=3))': ["sshd", 1203, 3],
    'users:(("Web Content",pid=9,fd=3))': ["Web Content", 9, 3],
    'users:(("we"b (x",pid=9,fd=3))': ['we"b (x', 9, 3],
    'users:(("a,b",pid=9,fd=3))': ["a,b", 9, 3],
    'users:(("(sd-pam",pid=9,fd=3))': ["(sd-pam", 9, 3],
    'users:(("a\\042b\\051c",pid=9,fd=3))': ["a\\042b\\051c", 9, 3],  # from 7.1 on
    'users:(("java",pid=10,tid=11,fd=3))': ["java", 10, 3],
    'users:(("x",pid=5,proc_ctx=system_u:system_r:x_t:s0-s0:c0.c9,fd=7,sock_ctx=u:r:y_t:s0))': [
        *("x", 5, 7),
    ],
    'users:(("x",pid=5))': ["x", 5, None],
}


def test_every_form_of_an_owner_is_read() -> None:
    dump = rows_of(OWNERS)
    assert dump.problems == []
    assert cells(dump, "process", "pid", "fd") == list(OWNERS.values())


def test_every_process_and_descriptor_of_a_socket_is_kept() -> None:
    dump = rows_of(['users:(("a",pid=1,fd=6),("a",pid=2,fd=6))', 'users:(("a",1,2),("b",3,4))'])
    assert cells(dump, "pid", "owners") == [
        [1, '[{"process": "a", "pid": 1, "fd": 6}, {"process": "a", "pid": 2, "fd": 6}]'],
        [1, '[{"process": "a", "pid": 1, "fd": 2}, {"process": "b", "pid": 3, "fd": 4}]'],
    ]


# ---- options and internals --------------------------------------------------------------------

# What stands behind a row, the columns it fills, and what `details` keep of it.
SAID: dict[str, tuple[dict[str, Any], str]] = {
    "uid:1000 ino:5 sk:1a fwmark:0x10 cgroup:/a v6only:1 <->": (
        {"uid": 1000, "inode": 5, "cookie": "1a", "v6only": True},
        "fwmark:0x10 cgroup:/a <->",
    ),
    "ino:5 sk:1a -->": ({"uid": 0, "inode": 5, "cookie": "1a"}, "-->"),  # a uid of 0 is left out
    "ino:0 sk:1a <--": ({"uid": 0, "cookie": "1a"}, "<--"),
    "sk:1a ---": ({"cookie": "1a"}, "---"),
    "uid=5 ino=99 sk=ffff8800": ({"uid": 5, "inode": 99, "cookie": "ffff8800"}, ""),  # up to 3.13
    "tos:0x10 tclass:0x20 class_id:0 inet-sockopt: ( recverr is_icsk )": (
        {},
        "tos:0x10 tclass:0x20 class_id:0 inet-sockopt: ( recverr is_icsk )",
    ),
    'opt:"a b"': ({}, 'opt:"a b"'),
    "\n\t skmem:(r1,rb2,t3,tb4,f5,w6,o7,bl8,d9)": (
        {"skmem_r": 1, "skmem_rb": 2, "skmem_t": 3, "skmem_tb": 4, "skmem_d": 9},
        "skmem:(r1,rb2,t3,tb4,f5,w6,o7,bl8,d9)",
    ),
    "\n\t mem:(r0,w0,f0,t0) ts sack": ({}, "mem:(r0,w0,f0,t0) ts sack"),
    "\n\t ts usec_ts sack ecn ecnseen fastopen cubic wscale:7,8 rto:204 backoff:2 rtt:1.25/0.5": (
        {"rto_ms": 204.0, "backoff": 2, "rtt_ms": 1.25, "rttvar_ms": 0.5},
        "ts usec_ts sack ecn ecnseen fastopen cubic wscale:7,8",
    ),
    "\n\t ato:40 qack:4 bidir mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 ssthresh:7": (
        {"mss": 1448, "cwnd": 10, "ssthresh": 7},
        "ato:40 qack:4 bidir pmtu:1500 rcvmss:536 advmss:1448",
    ),
    "\n\t bytes_sent:100 bytes_retrans:5 bytes_acked:96 bytes_received:1000 segs_out:9 segs_in:8"
    " data_segs_out:7 data_segs_in:6": (
        {
            **{"bytes_sent": 100, "bytes_retrans": 5, "bytes_acked": 96, "bytes_received": 1000},
            **{"segs_out": 9, "data_segs_out": 7},
        },
        "segs_in:8 data_segs_in:6",
    ),
    "\n\t dctcp:(ce_state:0,alpha:1024,ab_ecn:0,ab_tot:0) bbr:(bw:1.2Mbps,mrtt:0.5)": (
        {},
        "dctcp:(ce_state:0,alpha:1024,ab_ecn:0,ab_tot:0) bbr:(bw:1.2Mbps,mrtt:0.5)",
    ),
    "\n\t send 97090370370bps lastsnd:12 lastrcv:13 lastack:14 pacing_rate 185Mbps/1Gbps"
    " delivery_rate 187245.7Mbps delivered:8 delivered_ce:1 app_limited": (
        {"lastsnd_ms": 12, "lastrcv_ms": 13, "lastack_ms": 14, "app_limited": True},
        "send 97090370370bps pacing_rate 185Mbps/1Gbps delivery_rate 187245.7Mbps delivered:8"
        " delivered_ce:1",
    ),
    "\n\t busy:8476ms rwnd_limited:20ms(0.2%) sndbuf_limited:5ms(0.1%) unacked:3 retrans:1/4"
    " lost:1 sacked:2 fackets:2 dsack_dups:1 reord_seen:3 reordering:9": (
        {
            **{"busy_ms": 8476, "rwnd_limited_ms": 20, "sndbuf_limited_ms": 5},
            **{"unacked": 3, "retrans_now": 1, "retrans_total": 4, "lost": 1},
        },
        "sacked:2 fackets:2 dsack_dups:1 reord_seen:3 reordering:9",
    ),
    "\n\t rcv_rtt:1.5 rcv_space:14600 rcv_ssthresh:64088 notsent:77 minrtt:0.9 rcv_ooopack:4"
    " snd_wnd:64256 rcv_wnd:65536 rehash:2 md5keys:192.0.2.9/32=a\\040b": (
        {"notsent": 77, "minrtt_ms": 0.9},
        "rcv_rtt:1.5 rcv_space:14600 rcv_ssthresh:64088 rcv_ooopack:4 snd_wnd:64256"
        " rcv_wnd:65536 rehash:2 md5keys:192.0.2.9/32=a\\040b",
    ),
    "\n\t tcp-ulp-tls version: 1.2 cipher: aes-gcm-128 rxconf: sw txconf: none zc_ro_tx": (
        {},
        "tcp-ulp-tls version: 1.2 cipher: aes-gcm-128 rxconf: sw txconf: none zc_ro_tx",
    ),
    "\n\t tcp-ulp-mptcp flags:Mec token:0000(id:0)/1a2b(id:0) seq:0 sfseq:1 ssnoff:0 maplen:0": (
        {},
        "tcp-ulp-mptcp flags:Mec token:0000(id:0)/1a2b(id:0) seq:0 sfseq:1 ssnoff:0 maplen:0",
    ),
    "\n\t subflows:1 add_addr_signal:1 subflows_max:2 remote_key token:1a2b fallback": (
        {},
        "subflows:1 add_addr_signal:1 subflows_max:2 remote_key token:1a2b fallback",
    ),
    "\n\t cubic newkey:12 odd:(a,b) flagged rto:204": (
        {"rto_ms": 204.0},
        "cubic newkey:12 odd:(a,b) flagged",
    ),
    "\n\t cubic rto:204\n\tmap_id:5 [\n\t\tcong_control_used:1,\n\t]": (
        {"rto_ms": 204.0},
        "cubic map_id:5 [ cong_control_used:1, ]",
    ),
    "\n\t": ({}, ""),  # TIME-WAIT and orphans have nothing to say
}


def test_options_and_internals_are_read_or_kept() -> None:
    dump = rows_of(SAID)
    assert dump.problems == []
    names = sorted({name for columns, _ in SAID.values() for name in columns})
    assert cells(dump, *names) == [
        [columns.get(name) for name in names] for columns, _ in SAID.values()
    ]
    assert cells(dump, "details") == [[kept or None] for _, kept in SAID.values()]


# ---- other families ---------------------------------------------------------------------------

# Rows with what stands below them, the section, the end, and what `details` hold beside the Netid.
OTHERS = {
    "nl    UNCONN 0 0 rtnl:kernel  * sk=0 cb=0 groups=0x00000000\t skmem:(r0,rb212992,d7)": [
        *("netlink", "rtnl:kernel", "cb=0 groups=0x00000000 skmem:(r0,rb212992,d7)"),
    ],
    "nl    UNCONN 0 0 audit:-1100095455 *": ["netlink", "audit:-1100095455", ""],
    "nl    UNCONN 0 0 uevent:systemd/1  *": ["netlink", "uevent:systemd/1", ""],
    "p_raw UNCONN 0 0 *:eth0 * ino:5 sk:2\n"
    "\tver:1 cpy_thresh:0 flags( running auxdata ) ring_rx(blk_size:4096,blk_nr:2)"
    " fanout(id:1,type:0)\n\t bpf filter (3):  0x28 0 0 12, 0x15 0 1 2048, 0x6 0 0 262144,": [
        *("packet", "*:eth0"),
        "ver:1 cpy_thresh:0 flags( running auxdata ) ring_rx(blk_size:4096,blk_nr:2)"
        " fanout(id:1,type:0) bpf filter (3): 0x28 0 0 12, 0x15 0 1 2048, 0x6 0 0 262144,",
    ],
    "p_dgr UNCONN 0 0 [2054]:* *": ["packet", "[2054]:*", ""],
    "xdp   UNCONN 0 0 eth0:q0 *\n\trx(entries:2048)\n\tstats(rx dropped:0,rx invalid:0)": [
        *("xdp", "eth0:q0", "rx(entries:2048) stats(rx dropped:0,rx invalid:0)"),
    ],
    "v_dgr UNCONN 0 0 2:1024 3:22": ["vsock", "2:1024", ""],
}


def test_what_other_families_say_is_kept() -> None:
    dump = parse("".join(f"{text}\n" for text in OTHERS))
    assert dump.problems == []
    found = cells(dump, "section", "local_name", "details")
    assert [[*row[:2], str(row[2]).partition(" ")[2]] for row in found] == list(OTHERS.values())


def test_a_unix_socket_has_the_inode_of_the_socket_and_keeps_that_of_the_file() -> None:
    said = "<-> ino:99 dev:0/25 peers: 7 8"
    dump = parse(f'u_str ESTAB 0 0 /run/a 5 * 6 users:(("x",pid=1,fd=2)) {said}\n')
    assert cells(dump, "path", "inode", "process") == [["/run/a", 5, "x"]]
    assert dump.frame["details"].iloc[0] == f"netid:u_str peer:6 {said}"


# ---- ends -------------------------------------------------------------------------------------

# host, zone, port, name; zones stand behind the bracket from 4.13 on, before that nothing is bracketed.
ENDS = {
    "192.0.2.53%lo:53": ["192.0.2.53", "lo", 53, None],
    "0.0.0.0%virbr0:67": ["0.0.0.0", "virbr0", 67, None],
    "[fe80::1]%lo:18055": ["fe80::1", "lo", 18055, None],
    "fe80::1%lo:18055": ["fe80::1", "lo", 18055, None],
    "[::ffff:192.0.2.1]:443": ["192.0.2.1", None, 443, None],
    "host.example:ssh": [None, None, 22, "host.example:ssh"],
    "*:58": ["*", None, 58, None],
}


@pytest.mark.parametrize("end", ENDS)
def test_every_form_of_an_end_is_read(end: str) -> None:
    dump = parse(f"udp UNCONN 0 0 {end} *:*\n")
    names = ("local_addr", "local_zone", "local_port", "local_name")
    assert cells(dump, *names) == [ENDS[end]]
