"""Queues and closes that do not move, ports that serve nobody, scans: what speaks, what must not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

LOW = "backlog-too-small"
FILLING = "accept-queue-filling"
FULL = "accept-queue-full"
WORKER = "accept-queue-one-worker"
FIN1 = "fin-wait1-stuck"
LAST = "last-ack-pile"
CLOSING = "closing-pile"
ORPHANS = "orphan-pressure"
SYSCTL_ORPHANS = "net.ipv4.tcp_max_orphans"
IDLE = "listener-not-serving"
SCAN = "syn-sent-scan"
DEAD = "syn-sent-dead-peer"
PILE = "syn-recv-pile"


def lines(*rows: Iterable[str]) -> str:
    return "".join(f"{row}\n" for some in rows for row in some)


# ---- backlog-too-small -------------------------------------------------------------------------


def listening(waiting: int, limit: int, live: int, *more: str, name: str = "java") -> str:
    """Rows of `ss -tanp`: a listener on port 80 and so many connections of it."""
    users = f'users:(("{name}",pid=7,fd=3))'
    return SS + lines(
        [f"LISTEN {waiting} {limit} 0.0.0.0:80 0.0.0.0:* {users}"],
        (f"ESTAB 0 0 192.0.2.1:80 203.0.113.9:{40000 + n} {users}" for n in range(live)),
        more,
    )


def test_backlog_too_small_for_what_the_port_carries(ask: Ask) -> None:
    [finding] = ask.found(listening(0, 5, 50), LOW)
    assert brief(finding) == (
        "notice backlog-too-small 0.0.0.0:80 java/7 (medium): java/7 listens on port 80 with 5 "
        "places in its queue, and has 50 live connections: a burst of more than fits is dropped."
    )
    assert finding.limits["backlog"] == 5


def test_backlog_stands_on_the_listener_and_what_it_serves(ask: Ask) -> None:
    """Line 1 is the header; the connection of another port in line 13 is no part of it."""
    other = "ESTAB 0 0 192.0.2.1:22 203.0.113.9:50000"
    [finding] = ask.found(listening(0, 1, 10, other), LOW)
    assert [line for _, line in finding.rows] == list(range(2, 13))


def test_backlog_partly_used_now(ask: Ask) -> None:
    [finding] = ask.found(listening(2, 5, 0), LOW)
    assert "with 5 places in its queue where 2 wait now, and has 0 live" in finding.verdict


OLD = "SYN-RECV 0 0 192.0.2.1:80 203.0.113.7:4000{} timer:(on,1sec,{})"


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        (listening(0, 5, 49), False),
        (listening(0, 128, 1280), True),
        (listening(0, 128, 1279), False),
        (listening(0, 129, 1300), False),
        (listening(0, 0, 10), True),
        (listening(0, 0, 9), False),
        (listening(1, 5, 0), False),
        (listening(32, 128, 0), True),
        (listening(31, 128, 0), False),
        (listening(1, 128, 0, OLD.format(1, 1)), True),
        (listening(1, 128, 0, OLD.format(1, 0)), False),
        (listening(0, 128, 0, OLD.format(1, 1)), False),
        (listening(0, 2, 0, OLD.format(1, 1), OLD.format(2, 1)), True),
        (listening(0, 5, 50, name="sshd"), False),
        (listening(0, 5, 50).replace(":80 ", ":22 "), False),
        (listening(0, 5, 0), False),
    ],
)
def test_backlog_by_its_numbers(ask: Ask, text: str, speaks: bool) -> None:
    assert ask.severities(text, LOW) == ["notice"] * speaks


def test_backlog_that_has_overflowed(ask: Ask) -> None:
    facts = {"web1": {"counters": {"TcpExtListenOverflows": 12}}}
    assert ask.levels(listening(0, 5, 50), LOW, host="web1", facts=facts) == [("warning", "high")]


def test_backlog_is_not_evaluated_without_limits(ask: Ask) -> None:
    assert ask.skipped(f"{NETSTAT}tcp 3 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n", LOW)


def test_a_full_queue_takes_over_its_low_limit(ask: Ask) -> None:
    assert [finding.id for finding in ask.found(listening(6, 5, 0), LOW, FULL)] == [FULL]


# ---- accept-queue-filling ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (None, [FILLING, "fd-pressure"]),
        (49, ["fd-pressure"]),
        (50, [FILLING, "fd-pressure"]),
        (51, [FILLING, "fd-pressure"]),
    ],
)
def test_descriptors_explain_a_queue_that_grows(
    ask: Ask, before: int | None, expected: list[str]
) -> None:
    """At its limit a program cannot accept; a queue that was as long has a reason of its own."""

    def taken(waiting: int) -> str:
        listener = f'LISTEN {waiting} 100 192.0.2.1:80 0.0.0.0:* users:(("app",pid=7,fd=3))'
        held = (
            f'ESTAB 0 0 192.0.2.1:80 203.0.113.9:{40000 + i} users:(("app",pid=7,fd={i + 4}))'
            for i in range(1000)
        )
        return SS + lines([listener], held)

    now = taken(50)
    if before is not None:
        now = f"Sun Nov 22 10:00:00 UTC 2026\n{taken(before)}\nSun Nov 22 10:02:00 UTC 2026\n{now}"
    found = ask.found(now, FILLING, "fd-pressure")
    assert sorted(finding.id for finding in found) == expected


@pytest.mark.parametrize(("waiting", "seen", "speaks"), [(5, 0, 1), (4, 0, 0), (5, 1, 0)])
def test_queue_of_listeners_alone(ask: Ask, waiting: int, seen: int, speaks: int) -> None:
    """`netstat -tlnp` shows no connection, and no limit: what waits is all there is to see."""
    listener = f"tcp {waiting} 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n"
    other = "tcp 0 0 192.0.2.1:22 203.0.113.9:4001 ESTABLISHED 8/sshd\n" * seen
    found = ask.found(NETSTAT + listener + other, FILLING)
    assert [brief(finding) for finding in found] == speaks * [
        "notice accept-queue-filling 0.0.0.0:80 java/7 (low): 5 connections wait for accept() on "
        "port 80: java/7 falls behind, or does not accept."
    ]


@pytest.mark.parametrize(
    ("waiting", "limit", "expected"),
    [
        (20, 40, "notice"),
        (19, 40, None),
        (10, 20, "notice"),
        (9, 17, None),
        (12, 16, None),
        (12, 17, "notice"),
        (99, 128, "notice"),
        (100, 200, "warning"),
        (100, 201, None),
        (40, 40, None),
    ],
)
def test_queue_fills(ask: Ask, waiting: int, limit: int, expected: str | None) -> None:
    said = ask.severities(listening(waiting, limit, 0), FILLING)
    assert said == ([expected] if expected else [])


def test_queue_fills_in_words(ask: Ask) -> None:
    [finding] = ask.found(listening(20, 40, 0), FILLING, LOW)
    assert brief(finding) == (
        "notice accept-queue-filling 0.0.0.0:80 java/7 (medium): 20 connections wait for "
        "accept(), 50 % of the 40 that may: java/7 falls behind."
    )
    assert [line.split(":")[0] for line in finding.absorbed] == [LOW]


def test_clients_that_gave_up_in_a_filling_queue_are_one_cause(ask: Ask) -> None:
    gone = (f"CLOSE-WAIT 90 0 192.0.2.1:80 203.0.113.8:{41000 + n}" for n in range(20))
    [finding] = ask.found(listening(20, 40, 5, *gone), FILLING, "close-wait-unaccepted", LOW)
    assert (finding.id, finding.n) == (FILLING, 20)
    assert "close-wait-unaccepted: 20 rows" in finding.absorbed


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (49, []),
        (50, [("notice", "low")]),
        (51, []),
        (100, [("warning", "low")]),
        (101, []),
        (200, [("warning", "low")]),
    ],
)
def test_queue_fills_without_a_limit(
    ask: Ask, waiting: int, expected: list[tuple[str, str]]
) -> None:
    text = f"{NETSTAT}tcp {waiting} 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n"
    other = "tcp 0 0 192.0.2.1:22 203.0.113.9:4001 ESTABLISHED 8/sshd\n"
    assert ask.levels(text + other, FILLING) == expected


def test_queue_fills_in_two_snapshots(ask: Ask) -> None:
    now = listening(12, 16, 0)
    assert ask.levels(f"{now}\n{now}", FILLING) == [("warning", "high")]
    assert not ask.found(f"{listening(2, 16, 0)}\n{now}", FILLING)


def test_queue_that_rows_without_owner_make_up(ask: Ask) -> None:
    left = (f"ESTAB 9 0 192.0.2.1:80 203.0.113.9:{41000 + n}" for n in range(20))
    [finding] = ask.found(listening(20, 40, 0, *left), FILLING)
    assert finding.confidence == "medium"
    assert "20 ESTABLISHED without owner (= Recv-Q 20)" in finding.evidence


@pytest.mark.parametrize(
    ("left", "sign"),
    [
        (17, ""),
        (18, "about "),
        (19, "about "),
        (20, "= "),
        (21, "about "),
        (22, "about "),
        (23, ""),
    ],
)
def test_queue_beside_what_rows_without_owner_make_up(ask: Ask, left: int, sign: str) -> None:
    rows = (f"ESTAB 9 0 192.0.2.1:80 203.0.113.9:{41000 + n}" for n in range(left))
    [finding] = ask.found(listening(20, 40, 0, *rows), FILLING)
    assert f"{left} ESTABLISHED without owner ({sign}Recv-Q 20)" in finding.evidence


@pytest.mark.parametrize(("unsent", "calls"), [(1, ["1 FIN_WAIT1 of this host"]), (0, [])])
def test_queue_and_what_this_host_calls_it_with(ask: Ask, unsent: int, calls: list[str]) -> None:
    """A FIN that is acknowledged was taken by somebody."""
    row = f"FIN-WAIT-1 0 {unsent} 127.0.0.1:40000 127.0.0.1:80"
    [finding] = ask.found(listening(20, 40, 0, row), FILLING)
    assert [line for line in finding.evidence if "FIN_WAIT1" in line] == calls


@pytest.mark.parametrize(
    ("left", "confidence"),
    [(0, "low"), (89, "low"), (90, "medium"), (110, "medium"), (111, "low")],
)
def test_queue_that_rows_without_owner_explain(ask: Ask, left: int, confidence: str) -> None:
    """100 wait, a limit is not known; within a tenth the rows that nobody holds are these 100."""
    text = NETSTAT + lines(
        ["tcp 100 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java"],
        (f"tcp 9 0 192.0.2.1:80 203.0.113.9:{41000 + n} ESTABLISHED -" for n in range(left)),
    )
    assert ask.levels(text, FILLING) == [("warning", confidence)]


def queue_of(
    waiting: int, limit: int, gave_up: int, owner: str = ' users:(("java",pid=7,fd=3))'
) -> str:
    """A listener that so many wait at, and connections of its port that the client has closed."""
    return SS + lines(
        [f"LISTEN {waiting} {limit} 0.0.0.0:80 0.0.0.0:*{owner}"],
        (f"CLOSE-WAIT 9 0 192.0.2.1:80 203.0.113.9:{41000 + n}" for n in range(gave_up)),
        ['ESTAB 0 0 192.0.2.1:22 203.0.113.9:41000 users:(("sshd",pid=8,fd=3))'],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (queue_of(5, 128, 2), [("notice", "medium")]),
        (queue_of(4, 128, 2), []),
        (queue_of(5, 128, 1), []),
        (queue_of(5, 16, 2), [("notice", "medium")]),
        (queue_of(5, 5, 2), []),  # full
        (queue_of(100, 4096, 2), [("warning", "medium")]),
        (queue_of(99, 4096, 2), [("notice", "medium")]),
        (queue_of(8, 128, 8, ""), []),  # nobody's listener: who has accepted what is not shown
        (queue_of(8, 128, 8, " ino:7 sk:1"), [("notice", "medium")]),  # all that is held has one
    ],
)
def test_a_queue_that_clients_have_given_up_in(
    ask: Ask, text: str, expected: list[tuple[str, str]]
) -> None:
    assert ask.levels(text, FILLING) == expected


def test_a_short_queue_that_clients_have_given_up_in_in_words(ask: Ask) -> None:
    [finding] = ask.found(queue_of(8, 128, 2), FILLING)
    assert finding.verdict == (
        "8 connections wait for accept(), 6 % of the 128 that may: java/7 falls behind; in 2 of "
        "the 8 the client has already given up."
    )


def test_queue_is_not_evaluated_on_windows(ask: Ask) -> None:
    assert ask.skipped(WINDOWS + "  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING    4\n", FILLING)


# ---- accept-queue-one-worker -------------------------------------------------------------------


def workers(*queues: tuple[int, int]) -> str:
    return SS + lines(
        f'LISTEN {waiting} {limit} 0.0.0.0:443 0.0.0.0:* users:(("haproxy",pid=7,fd={n}))'
        for n, (waiting, limit) in enumerate(queues, start=5)
    )


def test_one_worker_of_several(ask: Ask) -> None:
    [finding] = ask.found(workers((0, 80000), (80001, 80000)), WORKER, FULL, FILLING, LOW)
    assert brief(finding) == (
        "critical accept-queue-one-worker 0.0.0.0:443 haproxy/7 (high): haproxy/7 does not accept "
        "on 1 of 2 listeners of port 443: 80 001 connections wait there and the limit is 80 000, "
        "while the other listener keeps up."
    )
    assert [line.split(":")[0] for line in finding.absorbed] == [FULL]
    apart = workers((0, 9)).replace("0.0.0.0:443", "127.0.0.1:443").removeprefix(SS)
    [finding] = ask.found(workers((0, 80000), (80001, 80000)) + apart, WORKER)
    assert "on 1 of 2 listeners of 0.0.0.0:443: 80 001 connections" in finding.verdict


@pytest.mark.parametrize(
    ("queues", "speaks"),
    [
        (((0, 100), (99, 100)), False),
        (((0, 100), (100, 100)), True),
        (((10, 100), (10, 100), (100, 100)), True),
        (((11, 100), (11, 100), (100, 100)), False),
        (((0, 0), (1, 0)), False),
        (((0, 0), (2, 0)), True),
        (((101, 100), (101, 100), (0, 100)), False),
        (((101, 100),), False),
    ],
)
def test_one_worker_by_its_numbers(
    ask: Ask, queues: tuple[tuple[int, int], ...], speaks: bool
) -> None:
    assert ask.levels(workers(*queues), WORKER) == [("critical", "high")] * speaks


def test_listeners_of_two_families_are_no_siblings(ask: Ask) -> None:
    """BSD prints `*` for both."""
    text = "Current listen queue sizes (qlen/incqlen/maxqlen)\n"
    text += "Proto Listen           Local Address\n"
    text += "tcp4  49/0/32          *.143\ntcp6  0/0/32           *.143\n"
    assert ask.severities(text, WORKER, FULL) == ["critical"]
    assert not ask.found(text, WORKER)
    [finding] = ask.found(text.replace("tcp6", "tcp4"), WORKER)
    assert finding.caveats == ("which listener it is",)


def test_the_one_that_waits_has_given_up(ask: Ask) -> None:
    listener = 'LISTEN 1 1 0.0.0.0:80 0.0.0.0:* users:(("app",pid=7,fd=3))\n'
    [finding] = ask.found(SS + listener + "CLOSE-WAIT 1 0 192.0.2.1:80 203.0.113.9:7\n", FULL)
    assert finding.verdict.endswith("does not keep up; its client has already given up.")


@pytest.mark.parametrize(
    ("before", "confidence"),
    [((0, 100), "medium"), ((99, 100), "medium"), ((100, 100), "high"), ((101, 100), "high")],
)
def test_one_worker_that_was_stuck_before(
    ask: Ask, before: tuple[int, int], confidence: str
) -> None:
    """A dump without owners is a step less sure, and a second moment a step surer.

    The listeners share address and port: which is which their inodes tell.
    """
    then, now = workers((0, 100), before), workers((0, 100), (101, 100))
    text = re.sub(r"users:\S+fd=(.)\)\)", r"ino:\1", f"{then}\n{now}")
    assert ask.levels(text, WORKER) == [("critical", confidence)]


@pytest.mark.parametrize(
    ("listeners", "rest"), [(5, "listener: Recv-Q 0, Send-Q 9, haproxy/7"), (7, "and 2 more")]
)
def test_one_worker_of_so_many_that_not_all_are_shown(ask: Ask, listeners: int, rest: str) -> None:
    [finding] = ask.found(workers((9, 9), *[(0, 9)] * (listeners - 1)), WORKER)
    assert finding.evidence[0] == "listener: Recv-Q 9, Send-Q 9, haproxy/7"
    assert finding.evidence[-1] == rest


def test_one_worker_is_not_evaluated_without_limits(ask: Ask) -> None:
    assert ask.skipped(f"{NETSTAT}tcp 3 0 0.0.0.0:80 0.0.0.0:* LISTEN 7/java\n", WORKER)


# ---- fin-wait1-stuck ---------------------------------------------------------------------------

LISTENER = "tcp 0 0 0.0.0.0:443 0.0.0.0:* LISTEN 9/nginx off (0.00/0/0)"
OFF = "off (0.00/0/0)"
ONCE = "on (0.20/0/0)"
THRICE = "on (1.20/3/0)"


def closes(
    state: str, n: int, live: int, timer: str = ONCE, *, sources: int = 1, q: int = 1
) -> str:
    """Rows of `netstat -tanpo`: so many closes of port 443, and connections beside them."""
    return TIMED + lines(
        [LISTENER],
        (
            f"tcp 0 {q} 192.0.2.1:443 203.0.113.{n % sources}:{40000 + n} {state} - {timer}"
            for n in range(n)
        ),
        (
            f"tcp 0 0 192.0.2.1:443 198.51.100.{n % 250}:{50000 + n} ESTABLISHED 9/nginx {OFF}"
            for n in range(live)
        ),
    )


def test_fin_that_is_not_acknowledged(ask: Ask) -> None:
    [finding] = ask.found(closes("FIN_WAIT1", 5, 45, "on (9.20/8/0)"), FIN1)
    assert brief(finding) == (
        "warning fin-wait1-stuck server 0.0.0.0:443 (high): 5 of 50 connections on port 443 are "
        "FIN_WAIT_1: this end has closed, 203.0.113.0 has not acknowledged it for at least 51 s."
    )
    assert (finding.n, finding.base) == (5, 50)
    commands = [step.cmd for step in finding.next if step.os == "linux"]
    assert commands == [
        "ss -tano state fin-wait-1",
        "grep orphan /proc/net/sockstat",
        "tcpdump -nni any host 203.0.113.0",
    ]


@pytest.mark.parametrize(
    ("closing", "live", "says", "owner"),
    [
        ("-", "9/nginx", "5 of 50 connections on port 443 are", None),
        ("9/nginx", "9/nginx", "5 of 50 connections accepted on port 443 are", "nginx/9"),
        # All that the port has.
        ("9/nginx", "8/nginx", "5 of 50 connections on port 443 are", "nginx/9"),
    ],
)
def test_closes_are_a_part_of_what_the_port_has(
    ask: Ask, closing: str, live: str, says: str, owner: str | None
) -> None:
    text = closes("FIN_WAIT1", 5, 45).replace("FIN_WAIT1 -", f"FIN_WAIT1 {closing}")
    [finding] = ask.found(text.replace("ESTABLISHED 9/nginx", f"ESTABLISHED {live}"), FIN1)
    assert finding.verdict.startswith(says)
    assert finding.group.owner == owner


def test_a_timer_that_runs_for_long_tells_how_long_a_fin_waits(ask: Ask) -> None:
    [finding] = ask.found(closes("FIN_WAIT1", 5, 45, "on (80.00/3/0)"), FIN1)  # 40, 20 and 10 s
    assert finding.verdict.endswith("203.0.113.0 has not acknowledged it for at least 70 s.")


def test_the_timeout_that_runs_tells_how_long_a_fin_waits(ask: Ask) -> None:
    row = "FIN-WAIT-1 0 1 192.0.2.1:443 203.0.113.9:4000{} timer:(on,2sec,4) cubic {}\n"
    rows = [row.format(n, "rto:16000 backoff:4" if n == 3 else "rto:3200") for n in range(5)]
    [finding] = ask.found(SS + "".join(rows), FIN1)
    assert finding.verdict.endswith("203.0.113.9 has not acknowledged it for at least 15 s.")


def test_fin_before_a_closed_window(ask: Ask) -> None:
    [finding] = ask.found(closes("FIN_WAIT1", 2, 2, "probe (9.20/0/0)", q=9000), FIN1)
    assert finding.verdict == (
        "2 of 4 connections on port 443 are FIN_WAIT_1: this end has closed, 203.0.113.0 holds "
        "its window closed and cannot take the FIN."
    )
    assert finding.confidence == "high"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (closes("FIN_WAIT1", 5, 45), [("warning", "medium")]),
        (closes("FIN_WAIT1", 4, 0), []),
        (closes("FIN_WAIT1", 5, 46), [("warning", "medium")]),
        (closes("FIN_WAIT1", 5, 0, q=0), []),
        (closes("FIN_WAIT1", 2, 38, THRICE), [("warning", "high")]),
        (closes("FIN_WAIT1", 5, 50, sources=5), []),
        (closes("FIN_WAIT1", 2, 38, "on (0.80/2/0)"), []),
        (closes("FIN_WAIT1", 2, 41, THRICE, sources=2), []),
        (closes("FIN_WAIT1", 1, 9, THRICE), []),
        (closes("FIN_WAIT1", 1000, 10), [("warning", "medium")]),
        (closes("FIN_WAIT1", 1000, 10, THRICE), [("critical", "high")]),
        (closes("FIN_WAIT1", 999, 10, THRICE), [("warning", "high")]),
        (closes("FIN_WAIT1", 50, 450, sources=40), [("notice", "medium")]),
        (closes("FIN_WAIT1", 50, 450, sources=39), [("warning", "medium")]),
        (closes("FIN_WAIT1", 100, 5000, sources=10), [("warning", "medium")]),
        (closes("FIN_WAIT1", 99, 5000, sources=40), []),
        (closes("FIN_WAIT1", 50, 5000, THRICE, sources=10), [("warning", "high")]),
        (closes("FIN_WAIT1", 49, 5000, THRICE, sources=40), []),
    ],
)
def test_fins_by_their_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, FIN1) == expected


def test_one_address_of_a_busy_port_that_is_gone(ask: Ask) -> None:
    text = closes("FIN_WAIT1", 6, 500)
    [finding] = ask.found(text, FIN1)
    assert finding.verdict == (
        "6 of 6 connections with 203.0.113.0 are FIN_WAIT_1: this end has closed, 203.0.113.0 has "
        "not acknowledged it."
    )


def leaving(n: int, live: int, timer: str = OFF, *, last: int = 0, peers: int = 250) -> str:
    """Rows of `netstat -tanpo`: calls of this host that are closed, and others beside them."""
    return TIMED + lines(
        (
            f"tcp 0 1 192.0.2.1:{40000 + i} 203.0.113.{i % peers}:{1 + i % 1000} "
            f"{'LAST_ACK' if i < last else 'FIN_WAIT1'} - {timer}"
            for i in range(n)
        ),
        (
            f"tcp 0 0 192.0.2.1:{50000 + i} 198.51.100.{i % 250}:443 ESTABLISHED 9/app {OFF}"
            for i in range(live)
        ),
    )


def leading_back(rows: str) -> str:
    """Rows of `netstat -tanpo`: closed calls to four other addresses of the host, and more rows."""
    calls = (f"tcp 0 1 192.0.2.1:{40000 + i} 192.0.2.{2 + i % 4}:80 LAST_ACK" for i in range(12))
    return TIMED + lines(f"{call} - {THRICE}" for call in calls) + rows


OTHER_ENDS = lines(
    f"tcp 0 0 192.0.2.{2 + i % 4}:80 192.0.2.1:{40000 + i} FIN_WAIT2 9/app {OFF}" for i in range(12)
)
OWN_LISTENER = lines(
    [f"tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 9/app {OFF}"],
    (f"tcp 0 0 192.0.2.{n}:22 198.51.100.9:{n} ESTABLISHED 5/sshd {OFF}" for n in range(2, 6)),
)
OVER = "tcp 0 0 192.0.2.1:60000 198.51.100.9:443 TIME_WAIT - timewait (9.00/0/0)\n"


def test_closes_that_no_peer_acknowledges(ask: Ask) -> None:
    """Each peer and each state has too few of them by itself: what they share is the own link."""
    text = leaving(18, 4, THRICE, last=8)
    [finding] = ask.found(text, FIN1, LAST)
    assert brief(finding) == (
        "warning fin-wait1-stuck (high): 18 of 22 connections that leave this host are "
        "closed, and 18 peers at once do not acknowledge it: suggests its own link."
    )
    assert finding.evidence[0] == "states: FIN_WAIT_1 (10), LAST_ACK (8)"
    assert [line for _, line in finding.rows] == list(range(2, 20))


def test_a_link_that_is_cut_explains_last_acks(ask: Ask) -> None:
    [finding] = ask.found(leaving(20, 0, THRICE, last=20, peers=4), FIN1, LAST)
    assert finding.id == FIN1
    assert finding.absorbed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (leaving(10, 10, THRICE, last=9) + OVER, ["warning"]),
        (leaving(9, 0, THRICE, last=8), []),
        (leaving(10, 11, THRICE, last=9), []),
        (leaving(12, 0, THRICE, last=12, peers=4), ["warning"]),
        (leaving(12, 0, THRICE, last=12, peers=3), []),
        (leaving(12, 0, "on (0.20/0/0)", last=9), []),
        (leaving(12, 0, "on (0.20/1/0)", last=9), ["warning"]),
        (leaving(12, 0, THRICE, last=12).replace(" 192.0.2.1:", " 127.0.0.1:"), []),
        (closes("LAST_ACK", 12, 0, THRICE, sources=12), []),
        (leading_back(""), ["warning"]),
        (leading_back(OTHER_ENDS), []),
        (leading_back(OWN_LISTENER), []),
    ],
)
def test_the_own_link_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(text, FIN1) == expected


def test_unrelated_clients_that_went_away(ask: Ask) -> None:
    [finding] = ask.found(closes("FIN_WAIT1", 50, 450, sources=50), FIN1)
    assert "many unrelated peers have not acknowledged it (10 %)" in finding.verdict


def test_fins_to_a_full_queue_of_this_host(ask: Ask) -> None:
    text = SS + lines(
        ['LISTEN 6 5 127.0.0.1:5000 0.0.0.0:* users:(("dotnet",pid=5,fd=3))'],
        (f"FIN-WAIT-1 0 256 127.0.0.1:{40000 + n} 127.0.0.1:5000" for n in range(8)),
    )
    [finding] = ask.found(text, FIN1, FULL)
    assert finding.id == FULL
    assert [line.split(":")[0] for line in finding.absorbed] == [FIN1]


@pytest.mark.parametrize(
    ("mirrored", "elsewhere", "lead"),
    [(0, 0, 8), (4, 0, 4), (5, 0, 3), (8, 0, 0), (0, 9, 8)],
)
def test_fins_to_a_listener_of_this_host(
    ask: Ask, mirrored: int, elsewhere: int, lead: int
) -> None:
    """Their other end would be a row here too; where it is none the listener has not taken it."""
    text = SS + lines(
        ['LISTEN 0 5 127.0.0.1:5000 0.0.0.0:* users:(("dotnet",pid=5,fd=3))'],
        (f"FIN-WAIT-1 0 256 127.0.0.1:{40000 + n} 127.0.0.1:5000" for n in range(8)),
        (f"FIN-WAIT-1 0 256 192.0.2.1:{40000 + n} 203.0.113.9:5000" for n in range(elsewhere)),
        (f"ESTAB 0 0 127.0.0.1:5000 127.0.0.1:{40000 + n}" for n in range(mirrored)),
    )
    own = [one for one in ask.found(text, FIN1) if one.group.service == "127.0.0.1:5000"]
    says = f"{lead} lead to a listener of this host that never took them"
    assert [says in finding.evidence for finding in own] == [lead > 0]
    assert ["accept queue of this host" in finding.cause[0] for finding in own] == [lead >= 4]
    away = [one for one in ask.found(text, FIN1) if one.group.service == "203.0.113.9:5000"]
    assert ["lead to a listener" in " ".join(finding.evidence) for finding in away] == (
        [False] if elsewhere else []
    )


def test_fins_are_not_evaluated_on_windows(ask: Ask) -> None:
    rows = "  TCP    192.0.2.1:80    203.0.113.1:40000    FIN_WAIT_1    4\n"
    assert ask.skipped(WINDOWS + rows, FIN1)


# ---- last-ack-pile -----------------------------------------------------------------------------

TWICE = "on (0.80/2/0)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (closes("LAST_ACK", 10, 90), [("warning", "medium")]),
        (closes("LAST_ACK", 9, 0), []),
        (closes("LAST_ACK", 10, 90, sources=2), [("warning", "medium")]),
        (closes("LAST_ACK", 10, 91, sources=2), []),
        (closes("LAST_ACK", 200, 5000, sources=40), [("warning", "medium")]),
        (closes("LAST_ACK", 199, 5000, sources=40), []),
        (closes("LAST_ACK", 3, 57, TWICE), [("warning", "high")]),
        (closes("LAST_ACK", 3, 58, TWICE, sources=3), []),
        (closes("LAST_ACK", 2, 10, TWICE), []),
        (closes("LAST_ACK", 3, 57, "on (0.80/1/0)"), []),
        (closes("LAST_ACK", 50, 5000, TWICE, sources=50), [("warning", "high")]),
        (closes("LAST_ACK", 49, 5000, TWICE, sources=40), []),
        (closes("LAST_ACK", 1, 0), []),
    ],
)
def test_last_acks_by_their_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, LAST) == expected


def test_last_acks_beside_close_waits(ask: Ask) -> None:
    waiting = lines(
        f"tcp 1 0 192.0.2.1:443 203.0.113.0:{30000 + n} CLOSE_WAIT 9/nginx {OFF}" for n in range(40)
    )
    [finding] = ask.found(closes("LAST_ACK", 10, 0) + waiting, LAST)
    assert brief(finding) == (
        "warning last-ack-pile server 0.0.0.0:443 (medium): 10 of 50 connections on port 443 are "
        "LAST_ACK: both ends have closed, 203.0.113.0 has not acknowledged our FIN."
    )
    assert finding.evidence[0] == "beside 40 connections in CLOSE_WAIT"
    assert finding.cause[0].startswith("the program has begun to close, late")


def test_last_acks_are_not_evaluated_without_states(ask: Ask) -> None:
    assert ask.skipped(
        SS.replace("State", "Netid State") + "udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\n", LAST
    )


# ---- closing-pile ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (closes("CLOSING", 4, 0), []),
        (closes("CLOSING", 5, 95, sources=5), [("warning", "medium")]),
        (closes("CLOSING", 5, 96, sources=5), [("notice", "medium")]),
        (closes("CLOSING", 49, 2000, sources=49), [("notice", "medium")]),
        (closes("CLOSING", 50, 2000, sources=50), [("warning", "medium")]),
        (closes("CLOSING", 5, 96, TWICE), [("notice", "high")]),
        (closes("CLOSING", 5, 96, "on (0.80/1/0)"), [("notice", "medium")]),
    ],
)
def test_closing_by_its_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, CLOSING) == expected


def test_closing_in_words(ask: Ask) -> None:
    [finding] = ask.found(closes("CLOSING", 5, 5, TWICE), CLOSING)
    assert finding.verdict == (
        "5 of 10 connections on port 443 are CLOSING: both ends closed at once, 203.0.113.0 has "
        "not acknowledged our FIN."
    )


def test_closing_is_not_evaluated_without_states(ask: Ask) -> None:
    udp = SS.replace("State", "Netid State") + "udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\n"
    assert ask.skipped(udp, CLOSING)


# ---- orphan-pressure ---------------------------------------------------------------------------


def orphans(n: int, state: str = "FIN-WAIT-1", timer: str = "timer:(on,1sec,0)") -> str:
    """Rows of `ss -tanoe`: so many that no program holds, and a connection that one does."""
    return SS + lines(
        ["ESTAB 0 0 192.0.2.1:22 203.0.113.1:50000 timer:(keepalive,1min,0) uid:0 ino:99 sk:1"],
        (
            f"{state} 0 1 192.0.2.1:80 203.0.{n // 250}.{n % 250}:40000 {timer} ino:0 sk:{n + 2:x}"
            for n in range(n)
        ),
    )


@pytest.mark.parametrize(
    ("n", "expected"), [(999, None), (1000, "notice"), (4999, "notice"), (5000, "warning")]
)
def test_orphans_without_a_known_limit(ask: Ask, n: int, expected: str | None) -> None:
    said = ask.levels(orphans(n), ORPHANS)
    assert [severity for severity, _ in said] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("n", "expected"),
    [(511, None), (512, "warning"), (921, "warning"), (922, "critical")],
)
def test_orphans_against_the_limit(ask: Ask, n: int, expected: str | None) -> None:
    facts = {"web1": {"sysctl": {"net.ipv4.tcp_max_orphans": "1024"}}}
    said = ask.severities(orphans(n), ORPHANS, host="web1", facts=facts)
    assert said == ([expected] if expected else [])


def test_orphans_in_words(ask: Ask) -> None:
    facts = {"web1": {"sysctl": {"net.ipv4.tcp_max_orphans": "1024"}}}
    [finding] = ask.found(orphans(922), ORPHANS, host="web1", facts=facts)
    assert finding.verdict == (
        "922 connections are held by the kernel alone, 90 % of 1 024: 102 below what the kernel "
        "allows."
    )
    assert finding.evidence[0] == "states: FIN_WAIT_1 (922)"


SENT_AGAIN = "timer:(on,9sec,4)"


@pytest.mark.parametrize(
    ("limit", "n", "timer", "counted", "expected"),
    [
        (100, 80, SENT_AGAIN, 0, "critical"),
        (101, 80, SENT_AGAIN, 0, "warning"),
        # The kernel's own count, most of which these closes are, or not.
        (200, 80, SENT_AGAIN, 160, "critical"),
        (200, 79, SENT_AGAIN, 160, "warning"),
        # Nothing shows that they last.
        (100, 80, "timer:(on,1sec,0)", 0, "warning"),
    ],
)
def test_unacknowledged_closes_near_the_limit_of_orphans(
    ask: Ask, limit: int, n: int, timer: str, counted: int, expected: str
) -> None:
    known = {"sysctl": {SYSCTL_ORPHANS: str(limit)}, "sockstat": {"TCP orphan": counted}}
    text = re.sub(r"203[.]\S+:40000", "203.0.113.9:PORT", orphans(n, timer=timer))
    ports = iter(range(40000, 50000))
    text = re.sub("PORT", lambda _: str(next(ports)), text)
    [finding] = ask.found(text, FIN1, host="web1", facts={"web1": known})
    assert finding.severity == expected
    said = f"{max(n, counted)} connections held by the kernel alone, of {limit} at most"
    assert (said in finding.evidence) == (limit != 101 and n != 79)


@pytest.mark.parametrize(
    ("state", "timer"),
    [
        ("TIME-WAIT", "timer:(timewait,10sec,0)"),
        ("SYN-RECV", "timer:(on,1sec,0)"),
        ("CLOSE-WAIT", ""),
        ("FIN-WAIT-2", "timer:(timewait,10sec,0)"),
    ],
)
def test_what_is_no_orphan(ask: Ask, state: str, timer: str) -> None:
    assert not ask.found(orphans(1000, state, timer), ORPHANS)


def test_orphans_in_fin_wait2_are_told_by_their_timers(ask: Ask) -> None:
    """Without timers they may be time-wait entries, which keep the name and are no orphans."""
    text = orphans(1000, "FIN-WAIT-2", "timer:(keepalive,1min,0)")
    assert ask.severities(text, ORPHANS) == ["notice"]
    assert ask.severities(re.sub(r"timer:\S+ ", "", text), ORPHANS) == []


@pytest.mark.parametrize(("counted", "confidence"), [(499, "low"), (500, "medium")])
def test_orphans_that_the_kernel_counts_about_as_many_of_are_surer(
    ask: Ask, counted: int, confidence: str
) -> None:
    """No limit and no owners cost a step each; the kernel was asked at another moment."""
    facts = {"web1": {"sockstat": {"TCP orphan": counted}}}
    said = ask.levels(orphans(1000), ORPHANS, host="web1", facts=facts)
    assert said == [("notice", confidence)]


def test_orphans_are_not_evaluated_without_inodes(ask: Ask) -> None:
    assert ask.skipped(closes("FIN_WAIT1", 5, 5), ORPHANS)


@pytest.mark.parametrize(
    ("text", "n", "expected"),
    [
        (closes("FIN_WAIT1", 5, 5), 1003, ("critical", 1003)),  # the dump shows no inodes
        (closes("FIN_WAIT1", 5, 5), 499, None),
        (orphans(5), 1003, ("critical", 1003)),
        (orphans(500), 5, ("warning", 500)),
    ],
)
def test_orphans_that_the_kernel_counts(
    ask: Ask, text: str, n: int, expected: tuple[str, int] | None
) -> None:
    facts = {"web1": {"sockstat": {"TCP orphan": n}, "sysctl": {SYSCTL_ORPHANS: "1000"}}}
    said = ask.found(text, ORPHANS, host="web1", facts=facts)
    assert [(one.severity, one.n) for one in said] == ([expected] if expected else [])


# ---- listener-not-serving ----------------------------------------------------------------------


def serving(half: int, taken: int, left: int, *, k: int = 1, sources: int = 1) -> str:
    """Rows of `netstat -tanpo`: half-open, established, and finished ones that nobody has."""
    return TIMED + lines(
        [LISTENER],
        ["tcp 0 0 192.0.2.1:22 198.51.100.9:50000 ESTABLISHED 5/sshd off (0.00/0/0)"],
        (
            f"tcp 0 0 192.0.2.1:443 203.0.113.{n % sources}:{40000 + n} SYN_RECV - on (1.0/{k}/0)"
            for n in range(half)
        ),
        (
            f"tcp 0 0 192.0.2.1:443 203.0.113.99:{41000 + n} ESTABLISHED 9/nginx {OFF}"
            for n in range(taken)
        ),
        (
            f"tcp 9 0 192.0.2.1:443 203.0.113.98:{42000 + n} ESTABLISHED - {OFF}"
            for n in range(left)
        ),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (serving(3, 0, 0), [("warning", "low")]),
        (serving(2, 0, 0), []),
        (serving(3, 0, 0, k=0), []),
        (serving(3, 1, 0), []),
        (serving(0, 0, 3), [("warning", "medium")]),
        (serving(0, 0, 2), []),
        (serving(2, 0, 2), []),
        (serving(0, 1, 3), []),
        (serving(5, 0, 0, sources=4), []),
        (serving(4, 0, 0, sources=4), [("warning", "low")]),
        (serving(8, 0, 0, sources=6), [("warning", "low")]),
        (serving(3, 0, 0).replace(":443 0.0.0.0:*", ":8443 0.0.0.0:*"), []),  # not listened on
        (serving(0, 3, 0).replace(OFF, "on (1.00/1/0)"), []),  # sends again, and is served
    ],
)
def test_not_serving_by_its_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, IDLE) == expected


def test_not_serving_in_words(ask: Ask) -> None:
    [finding] = ask.found(serving(3, 0, 4), IDLE)
    assert brief(finding) == (
        "warning listener-not-serving server 0.0.0.0:443 nginx/9 (medium): port 443 listens and "
        "has 3 handshakes of 1 s or more and 4 connections that nobody has accepted, and nginx/9 "
        "has none established."
    )


@pytest.mark.parametrize(
    ("text", "queue", "cause"),
    [
        (serving(3, 0, 0), 0, "the accept queue is not in use: suggests a path that loses the"),
        (serving(3, 0, 3), 0, "suggests a program that does not accept"),
        (serving(3, 0, 0).replace("tcp 0 0 0.0", "tcp 2 0 0.0"), 2, "suggests a program that"),
    ],
)
def test_not_serving_suggests_the_program_or_the_path(
    ask: Ask, text: str, queue: int, cause: str
) -> None:
    [finding] = ask.found(text, IDLE)
    assert finding.evidence[0] == f"listener: Recv-Q {queue}"
    assert finding.cause[0].startswith(cause)


NAMELESS = "Proto Recv-Q Send-Q Local Address Foreign Address State\n"


def waiting_all(
    queues: tuple[int, ...], established: int, closed: int = 0, *, over: int = 0, unread: int = 0
) -> str:
    """Rows of `netstat -tan`: listeners of one port, and connections that nobody is named for."""
    return NAMELESS + lines(
        (f"tcp {waiting} 0 0.0.0.0:7070 0.0.0.0:* LISTEN" for waiting in queues),
        ["tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN"],
        ["tcp 0 0 192.0.2.1:22 198.51.100.9:50000 ESTABLISHED"],
        (
            f"tcp {unread} 0 192.0.2.1:7070 203.0.113.9:{40000 + n} ESTABLISHED"
            for n in range(established)
        ),
        (f"tcp 1 0 192.0.2.1:7070 203.0.113.9:{42000 + n} CLOSE_WAIT" for n in range(closed)),
        (f"tcp 0 0 192.0.2.1:7070 203.0.113.9:{43000 + n} TIME_WAIT" for n in range(over)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (waiting_all((11,), 11), [("warning", "medium")]),
        (waiting_all((11,), 8, 3), [("warning", "medium")]),
        (waiting_all((10,), 10), [("warning", "medium")]),
        (waiting_all((9,), 9), [("notice", "low")]),
        (waiting_all((3,), 3), [("notice", "low")]),
        (waiting_all((2,), 2), []),
        (waiting_all((20,), 11), [("warning", "medium")]),  # some were reset and have no row
        (waiting_all((11,), 12), []),  # one is served: a slow program, no stuck one
        (waiting_all((0,), 11), []),
        (waiting_all((11,), 0), []),
        (waiting_all((4, 7), 11), [("warning", "medium")]),
        (waiting_all((4, 6), 11), []),
        (waiting_all((11,), 11, over=5), [("warning", "medium")]),
        (waiting_all((2,), 12, unread=5), []),  # the connections hold more than the queue does
    ],
)
def test_a_queue_that_holds_all_connections_of_its_port(
    ask: Ask, text: str, expected: list[tuple[str, str]]
) -> None:
    """No owner is named, and none need be: none of them was accepted."""
    assert ask.levels(text, IDLE) == expected


def test_a_queue_that_holds_all_connections_of_its_port_in_words(ask: Ask) -> None:
    [finding] = ask.found(waiting_all((11,), 8, 3), IDLE)
    assert finding.verdict == (
        "port 7070 listens and has 11 connections that nobody has accepted, and the local program "
        "has none established."
    )
    assert finding.evidence[0] == "listener: Recv-Q 11 (= all connections of the port)"
    assert (
        finding.caveats[0] == "the limit of the queue, and whether it is reached: ss -ltn prints it"
    )
    assert sorted(line for _, line in finding.rows) == [2, *range(5, 16)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (waiting_all((60,), 60), [IDLE]),
        (waiting_all((51,), 51), [FULL]),
        (waiting_all((60,), 61), [FILLING]),
    ],
)
def test_a_port_that_serves_nobody_is_one_finding(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.id for finding in ask.found(text, IDLE, FULL, FILLING)] == expected


def test_not_serving_takes_over_clients_that_gave_up(ask: Ask) -> None:
    left = [f"tcp 9 0 192.0.2.1:443 203.0.113.97:{43000 + n} CLOSE_WAIT - {OFF}" for n in range(3)]
    found = ask.found(serving(0, 0, 3) + lines(left), IDLE, "close-wait-unaccepted")
    assert [finding.id for finding in found] == [IDLE]


def test_not_serving_takes_over_its_half_open_connections(ask: Ask) -> None:
    assert [finding.id for finding in ask.found(serving(8, 0, 0), IDLE, PILE)] == [IDLE]


def test_not_serving_where_the_owner_of_the_listener_is_hidden(ask: Ask) -> None:
    assert not ask.found(serving(0, 0, 3).replace("9/nginx", "-"), IDLE)


def test_not_serving_is_not_evaluated_without_timers_owners_and_queues(ask: Ask) -> None:
    assert ask.skipped(WINDOWS + "  TCP    0.0.0.0:80    0.0.0.0:0    LISTENING\n", IDLE)


# ---- syn-sent-scan -----------------------------------------------------------------------------


def sweep(
    n: int, port: int = 8081, *, hits: int = 0, name: str = "x", ports: int = 1, step: int = 1
) -> str:
    """Rows of `ss -tanp`: attempts at so many addresses, or with `ports` at so many ports of one."""
    users = f'users:(("{name}",pid=5,fd=3))'
    wide = ports == 1
    ends = [
        f"203.0.{113 + i * step // 250}.{i * step % 250}:{port}" if wide else f"203.0.113.7:{i + 1}"
        for i in range(n if wide else ports)
    ]
    return SS + lines(
        (f"SYN-SENT 0 1 192.0.2.1:{40000 + i} {end} {users}" for i, end in enumerate(ends)),
        (f"ESTAB 0 0 192.0.2.1:{50000 + i} 198.51.100.{i}:{port} {users}" for i in range(hits)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (sweep(20), [("warning", "medium")]),
        (sweep(20, step=4), [("warning", "medium")]),  # near enough to be counted through
        (sweep(20, step=5), [("warning", "low")]),
        (sweep(20, step=9), [("warning", "low")]),
        (sweep(19), []),
        (sweep(20, hits=2), [("warning", "medium")]),
        (sweep(20, hits=3), []),
        (sweep(28, hits=3), []),
        (sweep(20, 22), [("critical", "medium")]),
        (sweep(19, 22), []),
        (sweep(200), [("critical", "medium")]),
        (sweep(199), [("warning", "medium")]),
        (sweep(0, ports=20), [("warning", "medium")]),
        (sweep(0, ports=19), []),
        (sweep(0, ports=300), [("warning", "medium")]),
        (sweep(40, 25), []),
        (sweep(40, name="prometheus"), []),
        (sweep(40, name="qbittorrent-nox"), []),
    ],
)
def test_scans_by_their_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, SCAN) == expected


def swept_before(n: int, port: int = 8081) -> str:
    return sweep(n, port, step=9).replace("203.0.113", "198.51.100")


@pytest.mark.parametrize(
    ("then", "confidence"),
    [
        (swept_before(10), "medium"),
        (swept_before(9), "low"),
        (swept_before(10).replace('"x"', '"y"'), "low"),
        (swept_before(10, 8082), "low"),
        (swept_before(10).replace("SYN-SENT 0 1", "ESTAB 0 0"), "low"),
        (sweep(20, step=9), "low"),  # the same ones
    ],
)
def test_scan_that_tried_half_as_many_others_before_is_surer(
    ask: Ask, then: str, confidence: str
) -> None:
    """Its 20 addresses are no neighbours of one another."""
    first, second = (f"Sun Nov 22 10:0{n}:00 UTC 2026\n" for n in (0, 2))
    text = f"{first}{then}\n{second}{sweep(20, step=9)}"
    assert ask.levels(text, SCAN) == [("warning", confidence)]


def test_scan_in_words(ask: Ask) -> None:
    [finding] = ask.found(sweep(34, 22, hits=2), SCAN)
    assert brief(finding) == (
        "critical syn-sent-scan client x/5 (medium): x/5 tries 34 addresses on port 22 at once "
        "and 2 of them answer: looks like a scan."
    )
    [finding] = ask.found(sweep(0, ports=20), SCAN)
    assert finding.verdict == (
        "x/5 tries 20 ports of 203.0.113.7 at once and none answers: looks like a scan."
    )
    assert finding.evidence == ("tried: 1, 2, 3, 4, 5 and 15 more",)
    [finding] = ask.found(sweep(20, hits=1), SCAN)
    assert finding.verdict.endswith("and 1 of them answers: looks like a scan.")


def test_scan_of_few_by_the_numbers_of_the_user(ask: Ask) -> None:
    [finding] = ask.found(sweep(5, 22), SCAN, config={SCAN: {"warning": 5, "risky": 6}})
    assert finding.evidence == (
        "tried: 203.0.113.0, 203.0.113.1, 203.0.113.2, 203.0.113.3, 203.0.113.4",
    )
    assert finding.severity == "warning"


@pytest.mark.parametrize(("n", "severity"), [(19, "warning"), (20, "critical")])
def test_scan_of_a_risky_port_where_less_is_a_scan(ask: Ask, n: int, severity: str) -> None:
    assert ask.severities(sweep(n, 22), SCAN, config={SCAN: {"warning": 10}}) == [severity]


def test_scan_in_both_directions_is_one(ask: Ask) -> None:
    both = sweep(20) + sweep(0, ports=21).removeprefix(SS).replace("192.0.2.1:4", "192.0.2.1:3")
    [finding] = ask.found(both, SCAN)
    assert finding.verdict.startswith("x/5 tries 22 ports of 203.0.113.7 at once")  # and 8081
    assert finding.evidence[1] == "also 20 addresses on port 8081"


def test_scan_takes_over_what_does_not_answer(ask: Ask) -> None:
    row = 'SYN-SENT 0 1 192.0.2.1:{} 198.51.100.8:9999 users:(("x",pid=5,fd=3)) timer:(on,1sec,5)\n'
    calls = "".join(row.format(30000 + n) for n in range(3))
    [finding] = ask.found(sweep(20) + calls, SCAN, DEAD)
    assert finding.id == SCAN
    assert any(line.startswith(DEAD) for line in finding.absorbed)


def test_scan_of_an_unknown_program_on_windows(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    192.0.2.1:{50000 + n}    203.0.113.{n}:445    SYN_SENT    4321\n"
        for n in range(20)
    )
    [finding] = ask.found(WINDOWS + rows, SCAN)
    assert finding.severity == "critical"
    assert finding.verdict.startswith("pid 4321 tries 20 addresses on port 445")


def test_scan_is_not_evaluated_without_states(ask: Ask) -> None:
    udp = SS.replace("State", "Netid State") + "udp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*\n"
    assert ask.skipped(udp, SCAN)
