"""Accept queues, half-open connections, unanswered calls: what speaks, and what must not."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest

import nsparse
from nsparse.judging.scene.scene import scenes
from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

QUEUE = "accept-queue-full"
PILE = "syn-recv-pile"
DEAD = "syn-sent-dead-peer"


# ---- accept-queue-full -------------------------------------------------------------------------

STUCK = """\
LISTEN     6   5 198.51.100.20:9000 0.0.0.0:*          users:(("python3",pid=812,fd=3))
CLOSE-WAIT 251 0 198.51.100.20:9000 203.0.113.21:40112
CLOSE-WAIT 251 0 198.51.100.20:9000 203.0.113.21:40118
CLOSE-WAIT 149 0 198.51.100.20:9000 203.0.113.22:51820
CLOSE-WAIT 251 0 198.51.100.20:9000 203.0.113.24:33010
ESTAB      250 0 198.51.100.20:9000 203.0.113.25:60001
ESTAB      148 0 198.51.100.20:9000 203.0.113.22:51900
SYN-RECV   0   0 198.51.100.20:9000 203.0.113.26:45001
ESTAB      0   0 198.51.100.20:22   192.0.2.9:50514    users:(("sshd",pid=1022,fd=4))
"""


def test_accept_queue_over_its_limit(ask: Ask) -> None:
    [finding] = ask.found(SS + STUCK, QUEUE)
    assert brief(finding) == (
        "critical accept-queue-full 198.51.100.20:9000 python3/812 (high): 6 connections wait for "
        "accept() and the limit is 5: python3/812 is not accepting; in 4 of the 6 the client has "
        "already given up."
    )
    assert "4 CLOSE_WAIT and 2 ESTABLISHED without owner (= Recv-Q 6), 1 SYN_RECV" in (
        finding.evidence
    )
    assert finding.n == 6
    assert finding.limits["backlog"] == 5
    assert [line for _, line in finding.rows] == [2, 3, 4, 5, 6, 7, 8, 9]
    assert "close" not in " ".join((finding.verdict, *finding.cause)).replace("closed", "")


def test_accept_queue_takes_over_what_it_causes(ask: Ask) -> None:
    half_open = "".join(
        f"SYN-RECV 0 0 198.51.100.20:9000 203.0.113.{n}:45001\n" for n in range(100, 130)
    )
    caller = 'SYN-SENT 0 1 198.51.100.20:{} 198.51.100.20:9000 users:(("curl",pid=9,fd={}))\n'
    calls = "".join(caller.format(40000 + n, n) for n in range(3))
    [finding] = ask.found(SS + STUCK + half_open + calls, QUEUE, PILE, DEAD)
    assert finding.id == QUEUE
    assert any(line.startswith(PILE) for line in finding.absorbed)
    assert any(line.startswith(DEAD) for line in finding.absorbed)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("LISTEN 4 5 0.0.0.0:80 0.0.0.0:*", None),
        ("LISTEN 5 5 0.0.0.0:80 0.0.0.0:*", "warning"),
        ("LISTEN 6 5 0.0.0.0:80 0.0.0.0:*", "critical"),
        ("LISTEN 0 0 127.0.0.1:80 0.0.0.0:*", None),
        ("LISTEN 1 0 127.0.0.1:80 0.0.0.0:*", "warning"),
        ("LISTEN 2 0 127.0.0.1:80 0.0.0.0:*", "critical"),
        ("LISTEN 129 0 [::]:80 [::]:*", "critical"),
    ],
)
def test_accept_queue_by_its_numbers(ask: Ask, rows: str, expected: str | None) -> None:
    said = [f.severity for f in ask.found(f'{SS}{rows} users:(("a",pid=1,fd=3))\n', QUEUE)]
    assert said == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("witness", "expected"),
    [
        ("SYN-SENT 0 1 127.0.0.1:40000 127.0.0.1:80", "critical"),
        ("SYN-RECV 0 0 192.0.2.1:80 203.0.113.1:40000", "critical"),
        ("CLOSE-WAIT 1 0 192.0.2.1:80 203.0.113.1:40000", "critical"),
        ("ESTAB 9 0 192.0.2.1:80 203.0.113.1:40000", "critical"),
        ("ESTAB 0 0 192.0.2.1:80 203.0.113.1:40000", "warning"),
        ("SYN-SENT 0 1 192.0.2.1:40000 203.0.113.1:80", "warning"),
        ("SYN-RECV 0 0 192.0.2.1:81 203.0.113.1:40000", "warning"),
    ],
)
def test_accept_queue_of_one_needs_a_witness(ask: Ask, witness: str, expected: str) -> None:
    listener = 'LISTEN 1 0 0.0.0.0:80 0.0.0.0:* users:(("a",pid=1,fd=3))\n'
    assert [f.severity for f in ask.found(f"{SS}{listener}{witness}\n", QUEUE)] == [expected]


def test_accept_queue_of_an_unknown_program(ask: Ask) -> None:
    [finding] = ask.found(SS + "LISTEN 130 128 0.0.0.0:80 0.0.0.0:*\n", QUEUE)
    assert brief(finding) == (
        "critical accept-queue-full 0.0.0.0:80 (medium): 130 connections wait for accept() and "
        "the limit is 128: the local program is not accepting."
    )


@pytest.mark.parametrize(("waiting", "speaks"), [(128, False), (129, True), (130, False)])
def test_accept_queue_at_a_usual_limit_of_netstat(ask: Ask, waiting: int, speaks: bool) -> None:
    said = ask.found(f"{NETSTAT}tcp {waiting} 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n", QUEUE)
    assert [brief(finding) for finding in said] == speaks * [
        "warning accept-queue-full 0.0.0.0:80 java/7 (medium): 129 connections wait for accept(), "
        "one more than the usual limit of 128: java/7 is not accepting."
    ]


@pytest.mark.parametrize(
    ("before", "seconds", "confidence"),
    [(129, 120, "high"), (130, 120, "high"), (128, 120, "medium"), (129, 119, "medium")],
)
def test_accept_queue_at_a_usual_limit_that_lasts(
    ask: Ask, before: int, seconds: int, confidence: str
) -> None:
    row = "tcp {} 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n"
    then = f"Sun Nov 22 10:00:00 UTC 2026\n{NETSTAT}{row.format(before)}"
    later = f"Sun Nov 22 10:0{seconds // 60}:{seconds % 60:02} UTC 2026\n{NETSTAT}{row.format(129)}"
    assert ask.levels(f"{then}\n{later}", QUEUE) == [("warning", confidence)]


def test_accept_queue_asks_for_a_second_snapshot_where_there_is_one_alone(ask: Ask) -> None:
    once = f"{NETSTAT}tcp 129 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n"
    more = "whether it lasts: take a second snapshot"
    assert [more in finding.caveats for finding in ask.found(once, QUEUE)] == [True]
    assert [more in finding.caveats for finding in ask.found(f"{once}\n{once}", QUEUE)] == [False]


def test_accept_queue_at_a_usual_limit_and_clients_gave_up(ask: Ask) -> None:
    text = f"{NETSTAT}tcp 6 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n" + "".join(
        f"tcp 200 0 192.0.2.1:80 203.0.113.9:{port} CLOSE_WAIT -\n" for port in range(4001, 4007)
    )
    assert ask.levels(text, QUEUE) == [("warning", "high")]


def test_accept_queue_of_several_listeners_of_one_port(ask: Ask) -> None:
    rows = "".join(
        f'LISTEN {q} 5 0.0.0.0:80 0.0.0.0:* users:(("a",pid=1,fd={fd})) ino:{fd}\n'
        for fd, q in enumerate((6, 6, 0), start=3)
    )
    [finding] = ask.found(SS + rows, QUEUE)
    assert "12 connections wait for accept() and the limit of the 2 queues is 5" in finding.verdict


@pytest.mark.parametrize("first", ["netstat", "ss"])
def test_accept_queue_that_two_tools_show(ask: Ask, tmp_path: Path, first: str) -> None:
    """net-tools prints 0 for every limit: it does not hide the one that ss prints."""
    texts = {
        "netstat": f"{NETSTAT}tcp 5 0 192.0.2.1:90 0.0.0.0:* LISTEN 7/python3\n",
        "ss": SS + 'LISTEN 5 4 192.0.2.1:90 0.0.0.0:* users:(("worker",pid=7,fd=3))\n',
    }
    order = sorted(texts, key=lambda tool: tool != first)
    for number, tool in enumerate(order):
        (tmp_path / f"{number}.txt").write_text(texts[tool])
    [finding] = ask.found("\n".join(texts[tool] for tool in order), QUEUE)
    assert brief(finding) == (
        "critical accept-queue-full 192.0.2.1:90 worker/7 (high): 5 connections wait for accept() "
        "and the limit is 4: worker/7 is not accepting."
    )
    folder = nsparse.diagnose(nsparse.open_bundle(tmp_path), select=(QUEUE,)).findings
    assert list(map(brief, folder)) == [brief(finding)]


def queued(*rows: tuple[int, int, str]) -> str:
    """Listeners of `ss -ltnp`, each with what waits, how many may, and whose it is."""
    return SS + "".join(
        f"LISTEN {waiting} {limit} 0.0.0.0:{30000 + n} 0.0.0.0:*"
        + (f' users:(("{name}",pid=7,fd={n + 3}))' if name else "")
        + "\n"
        for n, (waiting, limit, name) in enumerate(rows)
    )


def test_full_queues_of_one_program_are_one_finding(ask: Ask) -> None:
    rows = [(129, 128, "kube-proxy")] * 6 + [(50, 50, "kube-proxy"), (6, 5, "java"), (0, 5, "java")]
    proxy, java = ask.found(queued(*rows), QUEUE)
    assert brief(proxy) == (
        "critical accept-queue-full kube-proxy/7 (high): 824 connections wait for accept() on 7 "
        "ports and the limit of the 7 queues is 50 to 128: kube-proxy/7 is not accepting."
    )
    assert proxy.evidence[0] == "listener 0.0.0.0:30000: Recv-Q 129, Send-Q 128"
    assert proxy.evidence[4:] == (
        "listener 0.0.0.0:30004: Recv-Q 129, Send-Q 128",
        "and 2 more listeners",
    )
    assert proxy.caveats[0].startswith("kube-proxy holds node ports")
    assert ("linux", "ss -ltnp") in proxy.next
    assert (java.n, java.group.service, len(java.caveats)) == (6, "0.0.0.0:30007", 0)


def test_full_queues_of_nobody_known_are_a_finding_each(ask: Ask) -> None:
    found = ask.found(queued((129, 128, ""), (129, 128, "")), QUEUE)
    assert [finding.group.service for finding in found] == ["0.0.0.0:30000", "0.0.0.0:30001"]


def test_rows_without_owner_are_not_unaccepted_where_owners_are_hidden(ask: Ask) -> None:
    hidden = STUCK.replace(' users:(("python3",pid=812,fd=3))', "")
    [finding] = ask.found(SS + hidden, QUEUE)
    assert "given up" not in finding.verdict


def test_accept_queue_is_not_evaluated_on_windows(ask: Ask) -> None:
    assert ask.skipped(WINDOWS + "  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING    4\n", QUEUE)


@pytest.mark.parametrize(
    ("one", "other", "half_open", "expected"),
    [
        ("1 0", "1 0", None, "warning"),
        ("5 5", "1 0", None, "warning"),
        ("5 5", "2 1", None, "critical"),
        # A handshake that is not finished speaks of its own port.
        ("5 5", "1 0", 9001, "warning"),
        ("5 5", "1 0", 9002, "critical"),
    ],
)
def test_accept_queues_of_one_program_are_held_each_against_its_limit(
    ask: Ask, one: str, other: str, half_open: int | None, expected: str
) -> None:
    """One that waits at each of two ports is not two that wait at one."""
    rows = [
        f'LISTEN {queue} 127.0.0.1:{port} 0.0.0.0:* users:(("helper",pid=31,fd=4))\n'
        for queue, port in ((one, 9001), (other, 9002))
    ]
    if half_open:
        rows.append(f"SYN-RECV 0 0 127.0.0.1:{half_open} 127.0.0.1:40000\n")
    assert ask.severities(SS + "".join(rows), QUEUE) == [expected]


MAC = """\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  *.8080                 *.*                    LISTEN
"""
QUEUES = """\
Current listen queue sizes (qlen/incqlen/maxqlen)
Listen         Local Address
{}/0/128        *.8080
0/0/128        127.0.0.1.5432
"""


def test_accept_queue_is_not_evaluated_where_listeners_show_no_queue(ask: Ask) -> None:
    assert ask.skipped(MAC, QUEUE)
    assert ask.skipped(SS + "ESTAB 0 0 192.0.2.1:80 203.0.113.9:4000\n", QUEUE)
    assert not ask.skipped(QUEUES.format(0), QUEUE)
    assert not ask.skipped(NETSTAT + "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN -\n", QUEUE)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [(127, []), (128, ["warning"]), (191, ["warning"]), (192, ["critical"])],
)
def test_accept_queue_of_bsd_grows_to_one_and_a_half_of_its_limit(
    ask: Ask, waiting: int, expected: list[str]
) -> None:
    said = ask.found(QUEUES.format(waiting), QUEUE)
    assert [finding.severity for finding in said] == expected
    assert all(finding.limits["backlog"] == 128 for finding in said)


def test_accept_queue_of_bsd_says_which_of_its_limits_is_reached(ask: Ask) -> None:
    [finding] = ask.found(QUEUES.format(193), QUEUE)
    assert brief(finding) == (
        "critical accept-queue-full *:8080 (medium): 193 connections wait for accept() and the "
        "limit is 128: the local program is not accepting."
    )
    assert [step.cmd for step in finding.next] == ["netstat -Lan", "sample PID"]


OWNED = """\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address    Foreign Address      (state)     rhiwat shiwat    pid   epid
tcp4       0      0  192.0.2.10.8080  203.0.113.7.50000    ESTABLISHED 131072 131072    812      0
tcp46      0      0  *.8080           *.*                  LISTEN      131072 131072    812      0
tcp4       0      0  127.0.0.1.5432   *.*                  LISTEN      131072 131072    813      0
"""


@pytest.mark.parametrize(
    "text",
    [
        OWNED + QUEUES.format(193),
        QUEUES.format(193) + OWNED,
        f"$ netstat -anv\n{OWNED}$ netstat -Lan\n{QUEUES.format(193)}",
    ],
)
def test_accept_queue_of_bsd_is_that_of_the_listener_with_an_owner(ask: Ask, text: str) -> None:
    """`netstat -L` names no owner and no other end, `netstat -anv` prints no queue."""
    [finding] = ask.found(text, QUEUE)
    assert brief(finding) == (
        "critical accept-queue-full *:8080 pid 812 (high): 193 connections wait for accept() and "
        "the limit is 128: pid 812 is not accepting."
    )
    dump = nsparse.parse(io.BytesIO(text.encode()))
    [seen] = scenes(dump.frame)
    listens = seen.rows[seen.rows["state"] == "LISTEN"]
    assert listens[["recv_q", "send_q", "pid"]].to_numpy().tolist() == [
        [193, 128, 812],
        [0, 128, 813],
    ]


BOTH_TOOLS = """\
Proto Recv-Q Send-Q Local Address      Foreign Address    State  User Inode PID/Program name
tcp6  6      0      :::9000            :::*               LISTEN 0    701   812/python3
tcp6  251    0      198.51.100.20:9000 203.0.113.21:40112 CLOSE_WAIT 0 0    -
Netid State      Recv-Q Send-Q Local Address:Port             Peer Address:Port
tcp   LISTEN     6      5      *:9000                         *:*      ino:701 sk:1 v6only:0 <->
tcp   CLOSE-WAIT 251    0      [::ffff:198.51.100.20]:9000    [::ffff:203.0.113.21]:40112 ino:0 sk:2
"""


def test_accept_queue_of_a_listener_for_both_families_counts_once(ask: Ask) -> None:
    """Netstat prints it as `::`, ss as `*`: a sosreport holds both."""
    head, tail = BOTH_TOOLS.split("Netid")
    for text in (BOTH_TOOLS, f"Netid{tail}{head}"):
        [finding] = ask.found(text, QUEUE)
        assert finding.verdict.startswith("6 connections wait for accept() and the limit is 5: ")
        assert finding.group.owner == "python3/812"
        assert "1 CLOSE_WAIT without owner (Recv-Q 6)" in finding.evidence


def test_listeners_of_one_family_each_stay_two(ask: Ask) -> None:
    apart = SS + "LISTEN 6 5 0.0.0.0:9000 0.0.0.0:*\nLISTEN 6 5 [::]:9000 [::]:*\n"
    old = "LISTEN 6 5 *:9000 *:*\nLISTEN 6 5 :::9000 :::*\n"
    for text in (apart, SS + old):
        assert [finding.n for finding in ask.found(text, QUEUE)] == [6, 6]


# ---- syn-recv-pile -----------------------------------------------------------------------------

FLOOD = """\
tcp 0 0 0.0.0.0:443    0.0.0.0:*           LISTEN      900/nginx            off (0.00/0/0)
tcp 0 0 192.0.2.10:443 203.0.113.5:1044    SYN_RECV    -                    on (3.20/2/0)
tcp 0 0 192.0.2.10:443 203.0.113.61:2187   SYN_RECV    -                    on (1.02/2/0)
tcp 0 0 192.0.2.10:443 203.0.113.98:5301   SYN_RECV    -                    on (6.64/3/0)
tcp 0 0 192.0.2.10:443 198.51.100.14:1090  SYN_RECV    -                    on (7.90/3/0)
tcp 0 0 192.0.2.10:443 198.51.100.201:3377 SYN_RECV    -                    on (2.75/2/0)
tcp 0 0 192.0.2.10:443 203.0.113.144:4410  SYN_RECV    -                    on (0.31/1/0)
tcp 0 0 192.0.2.10:443 198.51.100.77:52001 ESTABLISHED 900/nginx            keepalive (55.10/0/0)
"""


def half_open(n: int, old: int, *, established: int = 0, sources: int = 250) -> str:
    """Rows of `ss -tano`: so many half-open, the first of them a second old and more."""
    rows = [
        f"SYN-RECV 0 0 192.0.2.1:80 203.0.{i % sources // 250}.{i % sources % 250}:{40000 + i}"
        f" timer:(on,1sec,{int(i < old)})"
        for i in range(n)
    ]
    rows += [f"ESTAB 0 0 192.0.2.1:80 198.51.100.7:{50000 + i}" for i in range(established)]
    return SS + "LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n" + "\n".join(rows) + "\n"


def untimed(n: int, *, established: int = 0) -> str:
    rows = [f"tcp 0 0 192.0.2.1:80 203.0.113.{i % 250}:{40000 + i} SYN_RECV -" for i in range(n)]
    rows += [
        f"tcp 0 0 192.0.2.1:80 198.51.100.7:{50000 + i} ESTABLISHED 9/nginx"
        for i in range(established)
    ]
    listener = "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 9/nginx\n"
    return NETSTAT + listener + "\n".join(rows) + "\n"


GONE = "TIME-WAIT 0 0 192.0.2.1:80 198.51.100.7:49999\n"


def test_flood(ask: Ask) -> None:
    [finding] = ask.found(TIMED + FLOOD, PILE)
    assert brief(finding) == (
        "warning syn-recv-pile server 192.0.2.10:443 (high): 6 half-open connections from 6 "
        "addresses, all waiting 1 s or more for the last ACK, beside 1 established: looks like a "
        "SYN flood or spoofed scan."
    )
    assert (finding.n, finding.base) == (6, 7)
    assert finding.evidence[0].endswith("the oldest waits for at least 7 s")
    assert finding.cause[0].startswith("many addresses that never answer suggest forged ones")


def test_the_count_of_ss_proves_a_second_and_no_more(ask: Ask) -> None:
    """It rises with every SYN that the client repeats: after 4.5 s it was 5."""
    rows = half_open(6, 6).replace("timer:(on,1sec,1)", "timer:(on,1.580ms,5)")
    [finding] = ask.found(rows, PILE)
    assert "all waiting 1 s or more for the last ACK" in finding.verdict
    assert finding.evidence[0] == "SYN-ACK retransmits: 5 (6); the oldest waited 1 s or more"
    [finding] = ask.found(rows.replace("1.580ms", "6.200ms", 1), PILE)  # a gap of 8 s
    assert finding.evidence[0] == "SYN-ACK retransmits: 5 (6); the oldest waits for at least 7 s"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (half_open(5, 5), ["warning"]),
        (half_open(4, 4), []),
        (half_open(10, 5), ["warning"]),
        (half_open(10, 4), []),
        (half_open(9, 9, established=21), ["warning"]),
        (half_open(8, 8, established=22), []),
        (half_open(9, 9, established=21) + GONE, ["warning"]),
        (half_open(64, 32, established=500), ["warning"]),
        (half_open(63, 63, established=500), []),
        (half_open(128, 64), ["warning"]),
        (half_open(128, 63), []),
        (half_open(1024, 205, established=500, sources=1024), ["critical"]),
        (half_open(1024, 204, established=500, sources=1024), []),
        (half_open(1023, 1023, established=500, sources=1024), ["warning"]),
        (untimed(20), ["warning"]),
        (untimed(19), ["notice"]),
        (untimed(3), ["notice"]),
        (untimed(3).replace("0.0.0.0:80", "192.0.2.1:80"), ["notice"]),
        (untimed(3).replace(" 192.0.2.1:80", " 192.0.2.1:qqq"), []),
        (untimed(2), []),
        (untimed(19, established=1), []),
        (untimed(19).replace("203.0.113.0:40000 SYN_RECV", "203.0.113.0:40000 TIME_WAIT"), []),
        (untimed(19).replace("0.0.0.0:80", "0.0.0.0:81"), []),
        (half_open(19, 0), []),
        (untimed(20, established=47), []),
        (untimed(256, established=5000), ["warning"]),
        (untimed(255, established=5000), []),
        (untimed(2000), ["warning"]),
    ],
)
def test_half_open_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [f.severity for f in ask.found(text, PILE)] == expected


def test_half_open_without_timers_is_at_most_medium(ask: Ask) -> None:
    [finding] = ask.found(untimed(300), PILE)
    assert finding.confidence == "medium"
    assert "may be a SYN flood" in finding.verdict
    assert any("how long" in caveat for caveat in finding.caveats)


@pytest.mark.parametrize(("counted", "expected"), [(True, []), (False, ["warning"])])
def test_timers_that_count_no_retransmission_show_no_age(
    *, counted: bool, expected: list[str]
) -> None:
    """As those of `netstat -x` on FreeBSD: how long each handshake waits is not known."""
    frame = nsparse.read(io.BytesIO(half_open(20, 0).encode()))
    told = frame if counted else frame.assign(retrans=None)
    found = nsparse.diagnose(told, select=[PILE]).findings
    assert [finding.severity for finding in found] == expected


def test_a_port_with_nothing_but_half_open_connections(ask: Ask) -> None:
    [finding] = ask.found(untimed(3).replace("203.0.113.1", "203.0.113.0"), PILE)
    assert (finding.severity, finding.confidence) == ("notice", "low")
    assert finding.verdict == (
        "3 half-open connections from 2 addresses beside none established: suggests that the "
        "answer or the last ACK is lost on the way, or one attacker."
    )


@pytest.mark.parametrize(
    ("counters", "doubted"), [({}, True), ({"TcpExtSyncookiesSent": 0}, False)]
)
def test_cookies_are_doubted_where_nothing_counts_them(
    ask: Ask, counters: dict[str, int], doubted: bool
) -> None:
    facts = {"web1": {"counters": counters}}
    [finding] = ask.found(half_open(6, 6), PILE, host="web1", facts=facts)
    assert [told for told in finding.caveats if "cookies" in told] == doubted * [
        "whether SYN cookies are being sent: then the table stops growing"
    ]


@pytest.mark.parametrize(
    ("sources", "looks", "cause"),
    [
        (3, "suggests that the answer or the last ACK is lost on the way", "few addresses: an asy"),
        (4, "suggests that the last ACK does not get through.", "many addresses that never answer"),
        (15, "suggests that the last ACK does not get through.", "many addresses that never"),
        (16, "looks like a SYN flood or spoofed scan.", "many addresses that never answer"),
    ],
)
def test_half_open_by_where_they_come_from(ask: Ask, sources: int, looks: str, cause: str) -> None:
    [finding] = ask.found(half_open(20, 20, sources=sources), PILE)
    start = f"20 half-open connections from {sources} addresses, all waiting 1 s or more for the "
    assert finding.verdict.startswith(f"{start}last ACK, beside none established: {looks}")
    assert finding.cause[0].startswith(cause)


@pytest.mark.parametrize(
    ("text", "full"),
    [
        (half_open(8, 8).replace("LISTEN 0 128", "LISTEN 129 128"), True),
        (half_open(8, 8).replace("LISTEN 0 128", "LISTEN 128 128"), False),
        (
            half_open(8, 8).replace("LISTEN 0 128", "LISTEN 129 128").replace("0:80 ", "0:81 ")
            + "ESTAB 9 0 192.0.2.1:22 203.0.113.9:50000\n",
            False,
        ),
        (TIMED + FLOOD.replace("tcp 0 0 0.0", "tcp 9 0 0.0"), False),  # no limit is printed
    ],
)
def test_half_open_at_a_full_queue(ask: Ask, text: str, full: bool) -> None:
    [finding] = ask.found(text, PILE)
    assert finding.verdict.endswith(": the accept queue of the port is full.") == full
    assert finding.cause[0].startswith("our own full accept queue") == full


@pytest.mark.parametrize(("seconds", "confidence"), [(119, "low"), (120, "medium")])
def test_half_open_for_long(ask: Ask, seconds: int, confidence: str) -> None:
    """Repeated once, in a dump without owners: a second moment makes it surer."""
    rows = half_open(5, 5)
    later = f"Sun Nov 22 10:0{seconds // 60}:{seconds % 60:02} UTC 2026"
    text = f"Sun Nov 22 10:00:00 UTC 2026\n{rows}\n{later}\n{rows}"
    assert ask.levels(text, PILE) == [("warning", confidence)]


@pytest.mark.parametrize(("n", "severity"), [(64, "critical"), (63, "warning")])
def test_half_open_against_the_limit_of_the_kernel(ask: Ask, n: int, severity: str) -> None:
    facts = {"web1": {"sysctl": {"net.ipv4.tcp_max_syn_backlog": "128"}}}
    said = ask.found(half_open(n, n), PILE, host="web1", facts=facts)
    assert [finding.severity for finding in said] == [severity]


@pytest.mark.parametrize(
    ("id_", "rows"),
    [
        (QUEUE, "LISTEN 6 5 0.0.0.0:80 0.0.0.0:* {}"),
        ("accept-queue-filling", "LISTEN 100 128 0.0.0.0:80 0.0.0.0:* {}"),
        (
            "accept-queue-one-worker",
            "LISTEN 6 5 0.0.0.0:80 0.0.0.0:* {}\nLISTEN 0 5 0.0.0.0:80 0.0.0.0:* {}",
        ),
        (
            "listener-not-serving",
            "LISTEN 3 5 0.0.0.0:80 0.0.0.0:* {}\n"
            + "".join(f"ESTAB 1 0 192.0.2.1:80 203.0.113.9:{n}\n" for n in range(40000, 40003)),
        ),
        ("recv-q-backlog", "ESTAB 90000 0 192.0.2.1:80 203.0.113.9:40000 {}"),
    ],
)
def test_the_stack_of_a_program_by_the_tool_for_it(ask: Ask, id_: str, rows: str) -> None:
    for process, command in (("python3", "py-spy dump --pid 7"), ("java", "jstack 7")):
        user = f'users:(("{process}",pid=7,fd=3))'
        [finding] = ask.found(f"{SS}{rows.replace('{}', user)}\n", id_)
        assert command in [step.cmd for step in finding.next]


# ---- syn-sent-dead-peer ------------------------------------------------------------------------

GATEWAY = """\
tcp 0 1 198.51.100.40:46460 203.0.113.80:8443 SYN_SENT    2210/gateway         on (0.61/3/0)
tcp 0 1 198.51.100.40:46462 203.0.113.80:8443 SYN_SENT    2210/gateway         on (0.80/3/0)
tcp 0 1 198.51.100.40:46470 203.0.113.80:8443 SYN_SENT    2210/gateway         on (0.32/4/0)
tcp 0 1 198.51.100.40:46488 203.0.113.80:8443 SYN_SENT    2210/gateway         on (0.44/1/0)
tcp 0 0 198.51.100.40:51200 203.0.113.80:443  ESTABLISHED 2210/gateway         keepalive (12.30/0/0)
tcp 0 0 198.51.100.40:51204 203.0.113.81:8443 ESTABLISHED 2210/gateway         keepalive (28.71/0/0)
"""


def calls(*retrans: int, established: int = 0, timers: bool = True) -> str:
    """Rows of `ss -tanpo`: attempts with so many retransmits each, and connections that work."""
    rows = [
        f'SYN-SENT 0 1 192.0.2.1:{40000 + i} 203.0.113.8:8443 users:(("gw",pid=5,fd={i}))'
        + f" timer:(on,500ms,{k})" * timers
        for i, k in enumerate(retrans)
    ]
    rows += [
        f'ESTAB 0 0 192.0.2.1:{50000 + i} 203.0.113.8:8443 users:(("gw",pid=5,fd=9{i}))'
        for i in range(established)
    ]
    return SS + "\n".join(rows) + "\n"


def test_dead_peer(ask: Ask) -> None:
    [finding] = ask.found(TIMED + GATEWAY, DEAD)
    assert brief(finding) == (
        "warning syn-sent-dead-peer client 203.0.113.80:8443 gateway/2210 (high): 4 connection "
        "attempts unanswered, the oldest for at least 4 s, none established."
    )
    assert finding.evidence == (
        "203.0.113.80 answers on port 443, so the port is filtered or its accept queue is full, "
        "not the host down",
        "203.0.113.80 is a public address",
        "SYN retransmits: 1 (1), 3 (2), 4 (1)",
    )


def test_a_gap_over_a_second_is_an_older_kernel(ask: Ask) -> None:
    text = TIMED + GATEWAY.replace("0.32/4/0", "1.32/4/0")
    assert "at least 15 s" in ask.found(text, DEAD)[0].verdict


@pytest.mark.parametrize(
    ("left", "k", "seconds"),
    [
        ("1sec", 4, 4),
        ("1.001ms", 4, 15),
        ("2sec", 5, 5),
        ("2.010ms", 5, 31),
        ("4sec", 6, 7),
        ("5sec", 6, 63),
        ("5sec", 0, 0),
    ],
)
def test_gaps_of_older_kernels_double_from_the_first_on(
    ask: Ask, left: str, k: int, seconds: int
) -> None:
    [finding] = ask.found(calls(k, k, k).replace("500ms", left, 1), DEAD)
    waits = f", the oldest for at least {seconds} s" if seconds else ""
    assert finding.verdict == f"3 connection attempts unanswered{waits}, none established."


@pytest.mark.parametrize(
    ("account", "timer", "seconds"),
    [
        ("rto:64000 backoff:6 retrans:1/6", "", 63),  # all six gaps were doubled
        ("rto:16000 backoff:4 retrans:1/8", "", 19),  # the first four were not
        ("rto:6000 backoff:1 retrans:1/1", "", 3),  # the first timeout was one of 3 s
        ("rto:1000 retrans:1/4", "", 4),
        ("rto:4000 backoff:2 retrans:1/2", "timer:(on,500ms,5)", 31),  # so all gaps double
        ("rto:1000 retrans:1/2", "timer:(on,500ms,5)", 5),
        ("rto:2000 backoff:1 retrans:1/5", "timer:(on,500ms,5)", 5),
    ],
)
def test_the_kernels_own_clock_tells_how_long_a_call_waits(
    ask: Ask, account: str, timer: str, seconds: int
) -> None:
    """`ss -i` prints the timeout that runs, and how often it was doubled."""
    first, *others = calls(0, 0, 0, timers=False).removeprefix(SS).splitlines()
    rows = [f"{first} cubic {account}", *(f"{row} {timer}" for row in others)]
    [finding] = ask.found(SS + "\n".join(rows) + "\n", DEAD)
    assert f"the oldest for at least {seconds} s" in finding.verdict
    [alone] = ask.found(SS + rows[0].replace("retrans:1/1", "retrans:1/2") + "\n", DEAD)
    assert not [caveat for caveat in alone.caveats if caveat.startswith("the kernel:")]


def test_the_kernel_is_known(ask: Ask) -> None:
    said = ask.found(TIMED + GATEWAY, DEAD, host="gw1", facts={"gw1": {"kernel": "5.15"}})
    assert "at least 15 s" in said[0].verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (calls(0, 0, 0), [("warning", "medium")]),
        (calls(0, 0), []),
        (calls(1, 1), []),
        (calls(0, 0, 0, timers=False), [("warning", "medium")]),
        (calls(0, 0, timers=False), []),
        (calls(3), [("warning", "high")]),
        (calls(2), [("notice", "medium")]),
        (calls(3, established=1), [("notice", "high")]),
        (calls(0, 0, 0, established=1), []),
        (calls(*[0] * 10, established=23), [("warning", "medium")]),
        (calls(*[0] * 10, established=24), []),
        (calls(*[0] * 9, established=1), []),
        (calls(*[3] * 50), [("critical", "high")]),
        (calls(*[3] * 49), [("warning", "high")]),
        (calls(*[0] * 60, timers=False), [("warning", "medium")]),
    ],
)
def test_calls_by_their_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, DEAD) == expected


@pytest.mark.parametrize("over", [0, 9])
def test_calls_are_a_share_of_what_is_open(ask: Ask, over: int) -> None:
    """In a dump without owners those of the service that are over would be in its group."""
    rows = re.sub(r"users:\S+", "", calls(*[0] * 10, established=23))
    gone = "".join(f"TIME-WAIT 0 0 192.0.2.1:{60000 + n} 203.0.113.8:8443\n" for n in range(over))
    assert ask.severities(rows + gone, DEAD) == ["warning"]


def test_calls_with_the_account_of_the_kernel(ask: Ask) -> None:
    """`ss -i` tells how often the SYN was sent again, without a timer."""
    account = " cubic rto:1000 backoff:{} mss:524 cwnd:1 retrans:1/{}"
    text = calls(*[0] * 9, established=11, timers=False)
    again = text.replace("fd=0))", f"fd=0)){account.format(0, 2)}")
    assert ask.levels(text, DEAD) == []
    [finding] = ask.found(again, DEAD)
    assert (finding.severity, finding.n) == ("notice", 9)
    assert finding.evidence[-1] == "SYN retransmits: 0 (8), 2 (1)"
    once = text.replace("fd=0))", f"fd=0)){account.format(0, 1)}")
    assert ask.levels(once, DEAD) == []
    alone = calls(0, timers=False).rstrip() + account.format(5, 9)
    assert "unanswered for at least 35 s" in ask.found(alone, DEAD)[0].verdict


@pytest.mark.parametrize(
    ("established", "elsewhere", "first"),
    [
        (1, "", "203.0.113.8 answers on this port too: nothing filters it"),
        (
            1,
            "ESTAB 0 0 192.0.2.1:51000 203.0.113.8:22\n",
            "203.0.113.8 answers on port 22, so it is up, and on this port too: nothing filters it",
        ),
        (0, "", "203.0.113.8 is a public address"),
    ],
)
def test_a_port_that_answers_is_not_filtered(
    ask: Ask, established: int, elsewhere: str, first: str
) -> None:
    [finding] = ask.found(calls(3, established=established) + elsewhere, DEAD)
    assert finding.evidence[0] == first


# ---- both ends in one run ----------------------------------------------------------------------

CALLER = (
    calls(0, 0, 0).replace("203.0.113.8:8443", "10.0.0.7:5432").replace("192.0.2.1", "10.0.0.9")
)
SERVES = 'ESTAB 0 0 10.0.0.7:22 10.0.0.1:50000 users:(("sshd",pid=8,fd=3))\n'
PG = 'LISTEN {} 128 {}:5432 0.0.0.0:* users:(("pg",pid=7,fd=3))\n'


@pytest.fixture
def hosts(tmp_path: Path) -> Callable[..., nsparse.Report]:
    """The report on the dumps of several hosts, each with its name."""

    def report(**texts: str) -> nsparse.Report:
        dumps = []
        for name, text in texts.items():
            path = tmp_path / f"{name}.txt"
            path.write_text(text.replace("State", f"root@{name}:~# ss -tanp\nState", 1))
            dumps.append(nsparse.parse(path))
        return nsparse.diagnose(dumps, select=(QUEUE, DEAD))

    return report


@pytest.mark.parametrize(
    ("rows", "evidence", "cause", "confidence"),
    [
        (
            PG.format(128, "0.0.0.0") + SERVES,
            "on db1 pg/7 listens on that port: 128 wait for accept(), the limit is 128",
            "the accept queue over there is full: look at db1",
            "high",
        ),
        (
            PG.format(127, "10.0.0.7") + SERVES,
            "on db1 pg/7 listens on that port: 127 wait for accept(), the limit is 128",
            "its accept queue has room: suggests a firewall, or a path that loses the answers",
            "medium",
        ),
        (
            PG.format(0, "127.0.0.1") + SERVES,
            "nobody listens on that port of db1, by its own dump",
            "suggests a wrong port or a service that is down, and a firewall that hides the reset",
            "high",
        ),
        (
            PG.format(0, "0.0.0.0").replace("5432", "5433") + SERVES,
            "nobody listens on that port of db1, by its own dump",
            "suggests a wrong port",
            "high",
        ),
        (SERVES, None, "suggests a host that is down", "medium"),  # shows no listeners
        (PG.format(128, "0.0.0.0"), None, "suggests a host that is down", "medium"),  # whose?
    ],
)
def test_a_call_and_what_the_called_host_shows(
    hosts: Callable[..., nsparse.Report],
    rows: str,
    evidence: str | None,
    cause: str,
    confidence: str,
) -> None:
    found = hosts(web1=CALLER, db1=SS + rows).findings
    [dead] = [finding for finding in found if finding.id == DEAD]
    told = [line for line in dead.evidence if "db1" in line]
    assert told == ([evidence] if evidence else [])
    assert dead.cause[0].startswith(cause)
    assert dead.confidence == confidence


def test_an_address_that_two_hosts_have_is_nobodys(hosts: Callable[..., nsparse.Report]) -> None:
    full = SS + PG.format(129, "0.0.0.0") + SERVES
    found = hosts(web1=CALLER, db1=full, db2=full).findings
    [dead] = [finding for finding in found if finding.id == DEAD]
    assert not [line for line in dead.evidence if "db" in line]


@pytest.mark.parametrize(
    ("waiting", "addr", "caller", "expected"),
    [
        (1, "0.0.0.0", CALLER, "critical"),
        (1, "10.0.0.7", CALLER, "critical"),
        (1, "10.0.0.8", CALLER, "warning"),
        (1, "0.0.0.0", CALLER.replace("5432", "5433"), "warning"),
        (1, "0.0.0.0", CALLER.replace("SYN-SENT", "ESTAB"), "warning"),
    ],
)
def test_a_queue_and_its_callers_on_other_hosts(
    hosts: Callable[..., nsparse.Report], waiting: int, addr: str, caller: str, expected: str
) -> None:
    """One that waits where none may is no proof yet, unless somebody calls in vain."""
    rows = PG.format(waiting, addr).replace(" 128 ", " 0 ") + SERVES
    found = hosts(web1=caller, db1=SS + rows).findings
    [queue] = [finding for finding in found if finding.id == QUEUE]
    assert queue.severity == expected
    told = "3 attempts of web1 to call it get no answer" in queue.evidence
    assert told == (expected == "critical")


def test_calls_of_another_moment_are_no_callers(hosts: Callable[..., nsparse.Report]) -> None:
    full = SS + PG.format(129, "0.0.0.0") + SERVES
    dates = [f"Sun Nov 22 10:0{minutes} UTC 2026\n" for minutes in ("0:00", "2:00", "2:01")]
    for date, linked in zip(dates, (True, True, False), strict=True):
        found = hosts(web1=dates[0] + CALLER, db1=date + full).findings
        told = [line for finding in found for line in finding.evidence if "web1" in line]
        assert bool(told) == linked


def test_one_call(ask: Ask) -> None:
    [finding] = ask.found(calls(3), DEAD)
    assert finding.verdict == (
        "1 connection attempt unanswered for at least 3 s, none established."
    )


@pytest.mark.parametrize(
    ("other", "established", "confidence", "shared"),
    [
        ('"gw",pid=5', 0, "medium", False),
        ('"cron",pid=6', 0, "high", True),
        ('"cron",pid=6', 1, "medium", True),
    ],
)
def test_two_programs_that_call_it_in_vain_are_surer(
    ask: Ask, other: str, established: int, confidence: str, shared: bool
) -> None:
    """One that gets through to it shows that it answers after all."""
    more = calls(*[0] * 10).removeprefix(SS).replace("192.0.2.1:4", "192.0.2.1:3")
    more = more.replace('"gw",pid=5', other)
    said = ask.found(calls(*[0] * 10, established=established) + more, DEAD)
    assert {finding.confidence for finding in said} == {confidence}
    says = "2 programs of this host call it in vain"
    assert {says in finding.evidence for finding in said} == {shared}


def test_attempts_of_nobody_are_those_of_no_further_program(ask: Ask) -> None:
    """As of a dump that names the programs of one user."""
    more = re.sub(r"users:\S+", "", calls(*[0] * 10).removeprefix(SS))
    said = ask.found(calls(*[0] * 10) + more.replace("192.0.2.1:4", "192.0.2.1:3"), DEAD)
    assert len(said) == 2
    assert not [line for one in said for line in one.evidence if "programs" in line]


@pytest.mark.parametrize(
    ("programs", "established", "verdicts"),
    [
        (3, 0, ["3 connection attempts unanswered, none established."]),
        (2, 0, []),
        (3, 1, []),
    ],
)
def test_programs_that_each_call_once_are_counted_together(
    ask: Ask, programs: int, established: int, verdicts: list[str]
) -> None:
    rows = calls(*[0] * programs, established=established, timers=False)
    each = re.sub(r"pid=5,fd=(\d)\)", r"pid=1\1,fd=3)", rows)
    said = ask.found(each, DEAD)
    assert [finding.verdict for finding in said] == verdicts
    assert [finding.group.owner for finding in said] == [None] * len(verdicts)


@pytest.mark.parametrize(("seconds", "confidence"), [(119, "medium"), (120, "high")])
def test_calls_that_last_are_surer(ask: Ask, seconds: int, confidence: str) -> None:
    rows, minute = calls(0, 0, 0, timers=False), f"10:0{seconds // 60}:{seconds % 60:02}"
    text = f"Sun Nov 22 10:00:00 UTC 2026\n{rows}\nSun Nov 22 {minute} UTC 2026\n{rows}"
    assert ask.levels(text, DEAD) == [("warning", confidence)]


@pytest.mark.parametrize(
    ("ports", "says"),
    [
        ((443,), "on port 443, so"),
        ((443, 80), "on ports 80 and 443, so"),
        ((443, 80, 25), "on ports 25, 80 and 443, so"),
        ((443, 80, 25, 22, 8443), "on ports 22, 25, 80 and 1 more, so"),
    ],
)
def test_other_ports_of_the_address_answer(ask: Ask, ports: tuple[int, ...], says: str) -> None:
    """What works on the port itself is no other port; nor is what others have made from there."""
    works = "".join(f"ESTAB 0 0 192.0.2.1:{51000 + n} 203.0.113.8:{n}\n" for n in ports)
    served = "LISTEN 0 5 0.0.0.0:22 0.0.0.0:*\nESTAB 0 0 192.0.2.1:22 203.0.113.8:39000\n"
    [finding] = ask.found(calls(3) + works + served, DEAD)
    assert says in finding.evidence[0]
    none = ask.found(calls(3) + served, DEAD)
    assert [finding.evidence[0] for finding in none] == ["203.0.113.8 is a public address"]


def test_a_call_without_timers_to_this_host_itself(ask: Ask) -> None:
    [finding] = ask.found(calls(0, 0, 0, timers=False).replace("203.0.113.8", "192.0.2.1"), DEAD)
    assert finding.evidence == ("192.0.2.1 is this host itself",)


@pytest.mark.parametrize(
    ("text", "kernel", "caveat"),
    [
        (calls(0, 0, 0, timers=False), None, "how long they wait: ss -o or netstat -o shows"),
        (calls(0, 0, 0), None, "whether they last: no SYN has been repeated yet"),
        (calls(0, 0, 3), None, "the kernel: below 6.5 the same retransmits take longer"),
        (calls(0, 0, 3), "6.8", ""),
    ],
)
def test_what_a_call_does_not_show(ask: Ask, text: str, kernel: str | None, caveat: str) -> None:
    [finding] = ask.found(
        text, DEAD, host="gw1", facts={"gw1": {"kernel": kernel} if kernel else {}}
    )
    assert len(finding.caveats) == bool(caveat)
    assert "".join(finding.caveats).startswith(caveat)


@pytest.mark.parametrize(("tracked", "nearly_full"), [(58_982, False), (58_983, True)])
def test_a_table_of_tracked_connections_that_is_nearly_full(
    ask: Ask, tracked: int, *, nearly_full: bool
) -> None:
    """Nine tenths of 65 536 are 58 982.4."""
    table = {"net.netfilter.nf_conntrack_count": str(tracked)}
    table |= {"net.netfilter.nf_conntrack_max": "65536"}
    [finding] = ask.found(calls(3), DEAD, host="gw1", facts={"gw1": {"sysctl": table}})
    assert any("filter tracks 58 983 conn" in line for line in finding.evidence) == nearly_full


EYEBALLS = """\
SYN-SENT 0 1 [2001:db8::5]:50410 [2001:db8:9::80]:443 users:(("curl",pid=8,fd=5)) timer:(on,620ms,4)
ESTAB    0 0 192.0.2.60:50412    203.0.113.80:443     users:(("curl",pid=8,fd=6))
"""


def test_happy_eyeballs(ask: Ask) -> None:
    assert not ask.found(SS + EYEBALLS, DEAD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("203.0.113.80:443 ", "203.0.113.80:80 "),
        ('users:(("curl",pid=8,fd=6))', ""),
        ("ESTAB", "TIME-WAIT"),
        ("192.0.2.60:50412    203.0.113.80", "[2001:db8::5]:50412 [2001:db8:9::81]"),  # IPv6 works
    ],
)
def test_not_quite_happy_eyeballs(ask: Ask, old: str, new: str) -> None:
    [finding] = ask.found(SS + EYEBALLS.replace(old, new), DEAD)
    assert finding.group.service == "[2001:db8:9::80]:443"


def test_programs_that_call_far_and_wide(ask: Ask) -> None:
    row = (
        'SYN-SENT 0 1 192.0.2.1:{} 203.0.113.{}:{} users:(("node",pid=5,fd=3)) timer:(on,1sec,5)\n'
    )
    wide = "".join(row.format(40000 + n, n, 6000 + n) for n in range(20))
    narrow = "".join(row.format(40000 + n, n, 6000 + n) for n in range(19))
    assert not ask.found(SS + wide, DEAD)
    assert len(ask.found(SS + narrow, DEAD)) == 19
    assert not ask.found(calls(5).replace('"gw"', '"prometheus"'), DEAD)


def test_dead_peer_of_an_unknown_program_on_windows(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    192.0.2.1:{50000 + n}    10.0.0.9:1433    SYN_SENT    4321\n" for n in range(3)
    )
    [finding] = ask.found(WINDOWS + rows, DEAD)
    assert finding.verdict == "3 connection attempts unanswered, none established."
    assert "10.0.0.9 is a private address" in finding.evidence
    assert finding.next[0].cmd == "Test-NetConnection 10.0.0.9 -Port 1433"
