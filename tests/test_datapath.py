"""Unread data and closed windows: what speaks, and what must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nsparse.judging.wanted import wanted
from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

WAITING = "6 of 6 connections of app/7 wait for a closed window"
UNREAD = "recv-q-backlog"
WINDOW = "zero-window"
STALL = "retransmit-stall"


def twice(first: str, second: str, seconds: int) -> str:
    """Two snapshots, so many seconds apart."""
    later = f"Sun Nov 22 10:{seconds // 60:02}:{seconds % 60:02} UTC 2026\n"
    return f"Sun Nov 22 10:00:00 UTC 2026\n{SS}{first}\n{later}{SS}{second}"


# ---- recv-q-backlog ----------------------------------------------------------------------------

BROKER = """\
tcp     0 0 0.0.0.0:10911       0.0.0.0:*          LISTEN      1855/java
tcp 38216 0 198.51.100.30:10911 203.0.113.11:59666 ESTABLISHED 1855/java
tcp 52110 0 198.51.100.30:10911 203.0.113.12:39666 ESTABLISHED 1855/java
tcp 44800 0 198.51.100.30:10911 203.0.113.13:39670 ESTABLISHED 1855/java
tcp 61004 0 198.51.100.30:10911 203.0.113.14:40122 ESTABLISHED 1855/java
tcp 20480 0 198.51.100.30:10911 203.0.113.15:41234 ESTABLISHED 1855/java
tcp     0 0 198.51.100.30:10911 203.0.113.16:42000 ESTABLISHED 1855/java
"""


def served(*queues: int, more: str = "", first: int = 40000) -> str:
    """Rows of `ss -tanp`: connections of one server, with so much unread on each."""
    listener = 'LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("app",pid=7,fd=3))\n'
    return listener + "".join(
        f'ESTAB {q} 0 192.0.2.1:80 203.0.113.9:{first + i} users:(("app",pid=7,fd={9 + i})){more}\n'
        for i, q in enumerate(queues)
    )


def test_unread(ask: Ask) -> None:
    [finding] = ask.found(NETSTAT + BROKER, UNREAD)
    assert brief(finding) == (
        "warning recv-q-backlog server 0.0.0.0:10911 java/1855 (medium): 5 of 6 connections hold "
        "unread data, 216 610 bytes in all, up to 61 004 on one: java/1855 is not reading."
    )
    assert finding.caveats == ("one snapshot: take a second 30 s later to prove it",)
    assert finding.evidence[0] == "Recv-Q: 61 004, 52 110, 44 800, 38 216, 20 480"
    assert [line for _, line in finding.rows] == [3, 4, 5, 6, 7]


def test_unread_of_those_that_are_open(ask: Ask) -> None:
    """Where a program has others too, the words say which of its connections are counted."""
    over = "tcp 0 0 198.51.100.30:10911 203.0.113.16:4200{} {} 1855/java\n"
    [finding] = ask.found(NETSTAT + BROKER + over.format(1, "CLOSE_WAIT"), UNREAD)
    assert finding.verdict.startswith("5 of 6 ESTABLISHED connections hold unread data")
    [finding] = ask.found(NETSTAT + BROKER + over.format(1, "TIME_WAIT"), UNREAD)
    assert finding.verdict.startswith("5 of 6 connections hold unread data")
    other = over.replace(":10911", ":22").format(1, "CLOSE_WAIT").replace("1855/java", "7/sshd")
    [finding] = ask.found(NETSTAT + BROKER + other, UNREAD)
    assert finding.verdict.startswith("5 of 6 connections hold unread data")


def test_unread_of_a_program_that_talks_to_itself(ask: Ask) -> None:
    """Both rows of a connection are one: three wait at the server's end, three at the caller's."""
    row = "tcp {} 0 127.0.0.1:{} 127.0.0.1:{} ESTABLISHED 7/java\n"
    rows = "".join(
        row.format(9000 * (n < 3), 10911, 40000 + n)
        + row.format(9000 * (2 < n < 6), 40000 + n, 10911)
        for n in range(7)
    )
    listener = "tcp 0 0 127.0.0.1:10911 0.0.0.0:* LISTEN 7/java\n"
    [finding] = ask.found(NETSTAT + listener + rows, UNREAD)
    assert (finding.n, finding.base) == (6, 7)
    assert finding.verdict.startswith("6 of 7 connections hold unread data")


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        ([4096] * 5 + [0] * 20, [("warning", "medium")]),
        ([4096] * 4 + [0] * 4, []),
        ([4095] * 5, []),
        ([4096] * 5 + [0] * 21, []),
        ([4096] * 50 + [0] * 300, [("warning", "medium")]),
        ([4096] * 49 + [0] * 300, []),
        ([61440, 0, 0], [("warning", "low")]),
        ([61439, 0, 0], [("notice", "low")]),
        ([32768, 0, 0], [("notice", "low")]),
        ([32767, 0, 0], []),
        ([14480], []),
    ],
)
def test_unread_by_its_numbers(
    ask: Ask, queues: list[int], expected: list[tuple[str, str]]
) -> None:
    assert ask.levels(SS + served(*queues), UNREAD) == expected


LISTENS = "LISTEN {} 128 0.0.0.0:80 0.0.0.0:*\n"
SERVED = "ESTAB 127480 0 192.0.2.1:80 203.0.113.9:40000\n"
CALLED = "ESTAB 127480 0 192.0.2.1:40000 203.0.113.9:443\n"
HELD = "ESTAB 0 0 192.0.2.1:40001 203.0.113.9:443 {}\n"


@pytest.mark.parametrize(
    ("rows", "speaks"),
    [
        (LISTENS.format(0) + SERVED, True),  # nothing waits, so it was accepted
        (LISTENS.format(1) + SERVED, False),
        (LISTENS.format(1) + CALLED, True),  # whom this host calls, it has not to accept
        (LISTENS.format(0) + SERVED + HELD.format('users:(("app",pid=7,fd=9))'), True),
        (LISTENS.format(0) + SERVED + HELD.format("ino:77 sk:1"), False),
        (LISTENS.format(1) + SERVED.rstrip() + " ino:78 sk:2\n", True),
        (SERVED, True),  # accepted or not: nobody reads it, and nothing here can tell more
    ],
)
def test_unread_in_a_dump_that_names_no_owners(ask: Ask, rows: str, *, speaks: bool) -> None:
    """A connection that nobody has accepted would look the same (diagnoses: recv-q-backlog)."""
    assert ask.levels(SS + rows, UNREAD) == [("warning", "low")] * speaks


def test_unread_by_a_program_that_is_not_named(ask: Ask) -> None:
    [finding] = ask.found(SS + LISTENS.format(0) + SERVED, UNREAD)
    assert finding.verdict.endswith("127 480 unread bytes: the local program is not reading.")
    assert finding.caveats[0] == "which program: needs owners (as root)"


def test_one_unread(ask: Ask) -> None:
    [finding] = ask.found(SS + served(70000, 0), UNREAD)
    assert finding.verdict == "1 of 2 connections holds 70 000 unread bytes: app/7 is not reading."


@pytest.mark.parametrize(("held", "expected"), [(117_965, "medium"), (117_964, "low")])
def test_a_buffer_that_is_about_full(ask: Ask, held: int, expected: str) -> None:
    """Nine tenths of 131 072 bytes are 117 964.8; one row of one snapshot is unsure without."""
    memory = f" skmem:(r{held},rb131072,t0,tb16384,f0,w0,o0,bl0,d0)"
    assert ask.levels(SS + served(70000, more=memory), UNREAD) == [("warning", expected)]


def test_unread_in_two_snapshots(ask: Ask) -> None:
    many = [4096] * 20 + [0] * 10
    fresh = served(*[5000] * 20, *[0] * 10)
    assert ask.levels(twice(served(*many), fresh, 30), UNREAD) == [("critical", "high")]
    assert ask.levels(twice(served(*many), fresh, 29), UNREAD) == [("warning", "medium")]
    less = served(*[4200] * 20, *[0] * 10)
    assert ask.levels(twice(fresh, less, 60), UNREAD) == [("warning", "medium")]
    others = served(*many, first=50000)
    assert ask.levels(twice(others, fresh, 60), UNREAD) == [("warning", "medium")]
    half = served(*[5000] * 19, *[0] * 10)
    assert ask.levels(twice(served(*many), half, 60), UNREAD) == [("warning", "high")]
    for seconds, again in ((30, False), (29, True)):
        [finding] = ask.found(twice(served(*many), fresh, seconds), UNREAD)
        assert ("the same dump again 30 s later" in [step.cmd for step in finding.next]) == again


@pytest.mark.parametrize(
    ("then", "now", "seconds", "expected"),
    [
        ([5000] * 3 + [0], [5000] * 3 + [0], 30, [("warning", "high")]),
        ([5000] * 3 + [0], [5000] * 3 + [0], 29, []),
        ([5000] * 3 + [0], [5000, 5000, 4999, 0], 30, []),
        ([5000] * 2 + [0] * 2, [5000] * 2 + [0] * 2, 30, []),
    ],
)
def test_fewer_are_enough_where_they_are_seen_to_last(
    ask: Ask, then: list[int], now: list[int], seconds: int, expected: list[tuple[str, str]]
) -> None:
    """Half of five is three (diagnoses: few / share / many)."""
    assert ask.levels(twice(served(*then), served(*now), seconds), UNREAD) == expected


def test_unread_for_as_long_as_the_user_says(ask: Ask) -> None:
    """The words tell the number that is in force."""
    rows, config = served(*[4096] * 5), {UNREAD: {"stuck_s": 90}}
    [alone] = ask.found(SS + rows, UNREAD, config=config)
    assert alone.caveats == ("one snapshot: take a second 90 s later to prove it",)
    assert "the same dump again 90 s later" in [step.cmd for step in alone.next]
    [early] = ask.found(twice(rows, rows, 89), UNREAD, config=config)
    assert early.caveats[0].startswith("how long: no earlier snapshot, 90 s or more before")
    [stuck] = ask.found(twice(rows, rows, 90), UNREAD, config=config)
    assert "5 connections unread for 90 s or more" in stuck.evidence


def test_bytes_that_came_and_were_read_in_between(ask: Ask) -> None:
    then = served(*[4096] * 20, more=" cubic rtt:1/1 bytes_received:100000")
    read = served(*[5000] * 20, more=" cubic rtt:1/1 bytes_received:900000")
    left = served(*[5000] * 20, more=" cubic rtt:1/1 bytes_received:100904")
    assert ask.levels(twice(then, read, 60), UNREAD) == [("warning", "medium")]
    assert ask.levels(twice(then, left, 60), UNREAD) == [("critical", "high")]


def test_last_data_long_ago_proves_it(ask: Ask) -> None:
    quiet = " cubic rtt:1/1 lastsnd:90000 lastrcv:{} lastack:90000"
    assert ask.levels(SS + served(*[4096] * 20, more=quiet.format(30000)), UNREAD) == [
        ("critical", "high")
    ]
    assert ask.levels(SS + served(*[4096] * 20, more=quiet.format(29999)), UNREAD) == [
        ("warning", "medium")
    ]
    assert ask.levels(SS + served(*[70000] * 20, more=quiet.format(1000)), UNREAD) == [
        ("warning", "medium")
    ]
    assert ask.levels(SS + served(*[70000] * 20, more=quiet.format(999)), UNREAD) == []


LATELY = "ESTAB 0 0 192.0.2.1:22 203.0.113.9:4001 cubic rtt:1/1 lastsnd:9 lastrcv:9 lastack:9\n"


@pytest.mark.parametrize(
    ("account", "other", "speaks"),
    [
        ("rtt:1/1 lastsnd:90000 lastack:90000", "", False),  # lastrcv is 0
        ("rtt:1/1", LATELY, False),  # all three are
        ("rtt:1/1", "", True),  # an ss that prints none of them
        ("", LATELY, True),
    ],
)
def test_a_time_that_ss_leaves_out_is_0(
    ask: Ask, account: str, other: str, *, speaks: bool
) -> None:
    rows = served(*[70000] * 5, more=f" cubic {account}")
    assert bool(ask.found(SS + rows + other, UNREAD)) == speaks


@pytest.mark.parametrize(("idle", "severity"), [(20, "critical"), (21, "warning")])
def test_half_of_the_program_makes_it_critical(ask: Ask, idle: int, severity: str) -> None:
    quiet = " cubic rtt:1/1 lastsnd:90000 lastrcv:30000 lastack:90000"
    rows = served(*[4096] * 20, *[0] * idle, more=quiet)
    assert ask.severities(SS + rows, UNREAD) == [severity]


@pytest.mark.parametrize("state", ["CLOSE-WAIT", "FIN-WAIT-1"])
def test_unread_after_a_close_is_another_matter(ask: Ask, state: str) -> None:
    assert not ask.found(SS + served(*[70000] * 5).replace("ESTAB", state), UNREAD)


def test_rows_without_owner_are_not_unread_by_a_program(ask: Ask) -> None:
    rows = "".join(f"ESTAB 70000 0 192.0.2.1:80 203.0.113.9:{n}\n" for n in range(4000, 4020))
    assert not ask.found(SS + served(0, 0, 0, 0) + rows, UNREAD)


PROXY = """\
ESTAB 50000 0 192.0.2.1:3128  203.0.113.9:41000  users:(("proxy",pid=5,fd=8))
ESTAB 0 {}    192.0.2.1:51000 198.51.100.8:443 users:(("proxy",pid=5,fd=9))
"""


def test_a_proxy_that_holds_back(ask: Ask) -> None:
    listener = 'LISTEN 0 128 0.0.0.0:3128 0.0.0.0:* users:(("proxy",pid=5,fd=3))\n'
    assert not ask.found(SS + listener + PROXY.format(16384), UNREAD)
    assert len(ask.found(SS + listener + PROXY.format(16383), UNREAD)) == 1


def test_unread_over_several_services_of_a_program(ask: Ask) -> None:
    rows = "".join(
        f'ESTAB 5000 0 192.0.2.1:{40000 + n} 203.0.113.{n}:5432 users:(("job",pid=3,fd={n}))\n'
        for n in range(1, 6)
    )
    [finding] = ask.found(SS + rows, UNREAD)
    assert brief(finding).startswith("warning recv-q-backlog job/3 (medium): 5 of 5 connections")


LOOPBACK = """\
LISTEN 0     128   127.0.0.1:3000  0.0.0.0:*       users:(("node",pid=300,fd=18))
ESTAB  20000 0     127.0.0.1:3000  127.0.0.1:40110 users:(("node",pid=300,fd=21))
ESTAB  0     90000 127.0.0.1:40110 127.0.0.1:3000  users:(("worker",pid=95,fd=60)) timer:(persist,12sec,0)
ESTAB  0     0     127.0.0.1:3000  127.0.0.1:40112 users:(("node",pid=300,fd=22))
ESTAB  0     0     127.0.0.1:40112 127.0.0.1:3000  users:(("worker",pid=95,fd=61))
"""


def test_both_ends_are_one_cause(ask: Ask) -> None:
    [finding] = ask.found(SS + LOOPBACK, UNREAD, WINDOW)
    assert brief(finding) == (
        "warning recv-q-backlog server 127.0.0.1:3000 node/300 (medium): 1 of 2 connections holds "
        "20 000 unread bytes: node/300 is not reading."
    )
    assert finding.absorbed == ("zero-window: 1 row of worker/95",)


@pytest.mark.parametrize(
    ("unread", "timer", "speaks"),
    [
        (1, "persist,12sec,0", True),  # a small buffer is full as well
        (4095, "persist,12sec,0", True),
        (0, "persist,12sec,0", False),
        (4095, "on,200ms,0", False),
    ],
)
def test_a_window_that_is_closed_at_any_size(
    ask: Ask, unread: int, timer: str, *, speaks: bool
) -> None:
    rows = LOOPBACK.replace("20000", str(unread)).replace("persist,12sec,0", timer)
    assert ask.levels(SS + rows, UNREAD) == [("warning", "medium")] * speaks
    both = [finding.id for finding in ask.found(SS + rows, UNREAD, WINDOW)]
    assert both == ([UNREAD] if speaks else [WINDOW] * ("persist" in timer))


def test_two_programs_that_wait_for_each_other(ask: Ask) -> None:
    """Both write, and neither reads: nobody else's row is in the dump."""
    row = (
        'ESTAB 900 900 127.0.0.1:{} 127.0.0.1:{} users:(("{}",pid=7,fd=9)) timer:(persist,2sec,0)\n'
    )
    found = ask.found(SS + row.format(80, 40000, "a") + row.format(40000, 80, "b"), UNREAD)
    assert [finding.group.process for finding in found] == ["a", "b"]


def test_a_window_that_is_closed_on_another_host(ask: Ask) -> None:
    here = 'ESTAB {} 0 192.0.2.1:80 192.0.2.2:40000 users:(("app",pid=7,fd=9))\n'
    there = "ESTAB 0 900 192.0.2.2:40000 192.0.2.1:80 timer:(persist,12sec,0)\n"
    for unread, count in ((9, 1), (0, 0)):
        hosts = f"root@web1:~# ss -tanpo\n{SS}{here.format(unread)}"
        hosts += f"root@web2:~# ss -tanpo\n{SS}{there}"
        assert [one.host for one in ask.found(hosts, UNREAD)] == ["web1"] * count


def test_the_program_at_the_other_end_is_named(ask: Ask) -> None:
    [finding] = ask.found(SS + LOOPBACK, WINDOW)
    assert finding.verdict.startswith("node/300 has stopped reading on 1 connection")


def test_what_the_other_end_shows_is_evidence_and_not_missing(ask: Ask) -> None:
    [finding] = ask.found(SS + LOOPBACK, WINDOW)
    assert "unread at the other end: 20 000 bytes" in finding.evidence
    assert not any("the other end" in text for text in finding.caveats)


@pytest.mark.parametrize(
    ("peer", "cause"),
    [
        ("203.0.113.9", "its host or the path to it suggests itself"),
        ("192.0.2.1", "is on this host: suggests its packet filter"),
    ],
)
def test_no_path_leads_to_the_own_host(ask: Ask, peer: str, cause: str) -> None:
    row = f"ESTAB 0 9000 192.0.2.1:40000 {peer}:80 timer:(persist,20sec,9)\n"
    [finding] = ask.found(SS + row, WINDOW)
    assert cause in finding.cause[0]
    [stalled] = ask.found(SS + row.replace("persist", "on"), "retransmit-stall")
    assert ("is on this host" in stalled.cause[0]) == (peer == "192.0.2.1")


def test_the_other_end_waits_and_fewer_are_enough(ask: Ask) -> None:
    pairs = "".join(
        f'ESTAB 4096 0 127.0.0.1:80 127.0.0.1:{n} users:(("app",pid=7,fd={n}))\n'
        f'ESTAB 0 9000 127.0.0.1:{n} 127.0.0.1:80 users:(("cli",pid=8,fd={n}))\n'
        for n in range(40001, 40004)
    )
    [finding] = ask.found(SS + served(0) + pairs, UNREAD)
    assert (finding.severity, finding.n, finding.base) == ("warning", 3, 4)


def test_a_window_that_limits_is_the_closed_one(ask: Ask) -> None:
    rows = "".join(
        f'ESTAB 0 90000 192.0.2.1:80 203.0.113.9:{n} users:(("app",pid=7,fd={n})) '
        "timer:(persist,21sec,0) cubic rtt:1/1 busy:9000ms rwnd_limited:8000ms(88.9%)\n"
        for n in range(40001, 40006)
    )
    assert [finding.id for finding in ask.found(SS + rows, "limited-by")] == ["limited-by"]
    [finding] = ask.found(SS + rows, WINDOW, "limited-by")
    assert (finding.id, finding.absorbed) == (WINDOW, ("limited-by: 5 rows",))


def test_unread_is_not_evaluated_without_queues(ask: Ask) -> None:
    assert ask.skipped(WINDOWS + "  TCP  192.0.2.1:80  203.0.113.9:4000  ESTABLISHED  4\n", UNREAD)


@pytest.mark.parametrize(
    ("ends", "may_wait"),
    [
        ("192.0.2.20.6000{} 203.0.113.9.443", False),
        ("192.0.2.20.443 203.0.113.9.6000{}", True),
    ],
)
def test_unread_where_neither_owners_nor_accept_queues_are_shown(
    ask: Ask, ends: str, *, may_wait: bool
) -> None:
    """What this host has opened waits for no accept(); unread is what it serves, too."""
    heading = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"
    rows = "".join(f"tcp4 120000 0 {ends.format(n)} ESTABLISHED\n" for n in range(5))
    [finding] = ask.found(heading + rows, UNREAD)
    assert (finding.severity, finding.confidence, finding.n) == ("warning", "low", 5)
    said = "whether they were accepted: neither owners nor accept queues are shown"
    assert (said in finding.caveats) == may_wait


# ---- zero-window -------------------------------------------------------------------------------

PUSH = """\
LISTEN 0 128   192.0.2.30:8010 0.0.0.0:*          users:(("pushd",pid=77,fd=5))
ESTAB  0 87936 192.0.2.30:8010 203.0.113.60:50021 users:(("pushd",pid=77,fd=9))  timer:(persist,21sec,0)
ESTAB  0 92160 192.0.2.30:8010 203.0.113.60:50022 users:(("pushd",pid=77,fd=10)) timer:(persist,40sec,0)
ESTAB  0 65160 192.0.2.30:8010 203.0.113.60:50023 users:(("pushd",pid=77,fd=11)) timer:(persist,3.272ms,0)
ESTAB  0 1448  192.0.2.30:8010 203.0.113.62:41922 users:(("pushd",pid=77,fd=12)) timer:(on,204ms,0)
ESTAB  0 0     192.0.2.30:8010 203.0.113.61:40001 users:(("pushd",pid=77,fd=13)) timer:(keepalive,54min,0)
"""


def closed(*timers: str, more: int = 0, peers: int = 1) -> str:
    """Rows of `ss -tanpo`: connections with a persist timer, and some that are well."""
    rows = [
        f"ESTAB 0 5000 192.0.2.1:80 203.0.113.{i % peers}:{40000 + i} "
        f'users:(("app",pid=7,fd=9)) timer:(persist,{timer})'
        for i, timer in enumerate(timers)
    ]
    rows += [
        f'ESTAB 0 0 192.0.2.1:80 198.51.100.9:{50000 + i} users:(("app",pid=7,fd=9))'
        for i in range(more)
    ]
    listener = 'LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("app",pid=7,fd=3))\n'
    return SS + listener + "\n".join(rows) + "\n"


def test_closed_window(ask: Ask) -> None:
    [finding] = ask.found(SS + PUSH, WINDOW)
    assert brief(finding) == (
        "warning zero-window server 192.0.2.30:8010 pushd/77 (high): 203.0.113.60 has stopped "
        "reading on 3 connections (window closed, on one for at least 40 s); 245 256 bytes wait "
        "to be sent to it."
    )
    assert [line for _, line in finding.rows] == [3, 4, 5]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (closed("9sec,0"), "the program at 203.0.113.0 does not read what it is sent: it "),
        (
            closed(*["9sec,0"] * 6, peers=6),
            "the programs of 6 peers do not read what they are sent: they ",
        ),
        (closed("9sec,4"), "203.0.113.0 does not answer window probes: its host or "),
        (closed(*["9sec,4"] * 6, peers=6), "6 peers do not answer window probes: suggests a path "),
        (SS + LOOPBACK, "node/300 does not read what it is sent: it "),
    ],
)
def test_why_a_window_is_closed(ask: Ask, text: str, cause: str) -> None:
    [finding] = ask.found(text, WINDOW)
    assert finding.cause[0].startswith(cause)


def test_one_byte_waits(ask: Ask) -> None:
    [finding] = ask.found(closed("9sec,0").replace(" 5000 ", " 1 "), WINDOW)
    assert finding.verdict.endswith("; 1 byte waits to be sent to it.")
    [stalled] = ask.found(closed("9sec,5").replace(" 5000 ", " 1 ").replace("persist", "on"), STALL)
    assert "1 byte waits to be acknowledged" in stalled.evidence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (closed("200ms,0"), "notice"),
        (closed("200ms,0", "200ms,0"), "notice"),
        (closed("200ms,0", "200ms,0", "200ms,0"), "warning"),
        (closed("4sec,0"), "notice"),
        (closed("5sec,0"), "warning"),
        (closed("200ms,2"), "notice"),
        (closed("200ms,3"), "warning"),
        (closed(*["200ms,0"] * 20, more=20), "critical"),
        (closed(*["200ms,0"] * 20, more=21), "warning"),
        (closed(*["200ms,0"] * 19), "warning"),
    ],
)
def test_closed_windows_by_their_numbers(ask: Ask, text: str, expected: str) -> None:
    assert ask.levels(text, WINDOW) == [(expected, "high")]


def test_a_window_closed_in_two_snapshots(ask: Ask) -> None:
    row = 'ESTAB 0 5000 192.0.2.1:80 203.0.113.9:40000 users:(("a",pid=1,fd=3)) timer:({},0)\n'
    closed_now, open_then = row.format("persist,1sec"), row.format("on,200ms")
    assert ask.levels(twice(closed_now, closed_now, 60), WINDOW) == [("warning", "high")]
    assert ask.levels(twice(open_then, closed_now, 60), WINDOW) == [("notice", "high")]


def test_a_silent_peer_is_not_called_slow(ask: Ask) -> None:
    [finding] = ask.found(closed("200ms,4"), WINDOW)
    assert finding.verdict == (
        "203.0.113.0 has stopped answering on 1 connection (window closed, 4 probes unanswered); "
        "5 000 bytes wait to be sent to it."
    )
    assert finding.cause[0].startswith("203.0.113.0 does not answer window probes")
    [slow] = ask.found(closed("200ms,2"), WINDOW)
    assert slow.cause[0].startswith("the program at 203.0.113.0 does not read")


@pytest.mark.parametrize("state", ["FIN-WAIT-1", "CLOSING", "LAST-ACK"])
@pytest.mark.parametrize("unsent", [2, 1735147])
def test_a_window_that_stays_closed_after_our_close(ask: Ask, state: str, unsent: int) -> None:
    """One byte of them is the FIN."""
    row = f"{state} 0 {unsent} 192.0.2.50:50344 203.0.113.90:22 timer:(persist,22sec,0)\n"
    [finding] = ask.found(SS + row, WINDOW)
    assert (finding.severity, finding.n) == ("warning", 1)
    assert finding.verdict.startswith("203.0.113.90 has stopped reading on 1 connection (window")


@pytest.mark.parametrize(
    ("state", "id_"),
    [("FIN-WAIT-1", "fin-wait1-stuck"), ("CLOSING", "closing-pile"), ("LAST-ACK", "last-ack-pile")],
)
def test_closed_windows_after_our_close_are_one_finding(ask: Ask, state: str, id_: str) -> None:
    rows = "".join(
        f"{state} 0 9000 192.0.2.50:{50344 + n} 203.0.113.90:22 timer:(persist,22sec,0)\n"
        for n in range(5)
    )
    assert [finding.id for finding in ask.found(SS + rows, WINDOW, id_)] == [id_]


def test_many_peers_of_one_service_are_one_finding(ask: Ask) -> None:
    one, *others = ask.found(closed(*["9sec,0"] * 5, peers=5), WINDOW)
    assert len(others) == 4
    assert [line.split()[0] for line in one.evidence] == ["203.0.113.0", "5"]
    [finding] = ask.found(closed(*["9sec,0"] * 6, peers=6), WINDOW)
    assert finding.verdict == (
        "6 peers have stopped reading on 6 connections (window closed, on one for at least 9 s); "
        "30 000 bytes wait to be sent to them."
    )
    shown = [f"203.0.113.{n} port {40000 + n}: Send-Q 5 000" for n in range(3)]
    assert list(finding.evidence[:4]) == [*shown, "next probe in 9.0 s, 0 probes unanswered"]
    assert [line.split(":")[0] for line in finding.evidence[4:]] == ["peers", WAITING]
    over = 'CLOSE-WAIT 0 0 192.0.2.1:80 198.51.100.9:50000 users:(("app",pid=7,fd=9))\n'
    [finding] = ask.found(closed(*["9sec,0"] * 6, peers=6) + over, WINDOW)
    assert finding.evidence[-1] == WAITING.replace("connections", "open connections")
    [finding] = ask.found(closed("9sec,0"), WINDOW)
    assert finding.evidence[-1] == "1 of 1 connection of app/7 waits for a closed window"
    [finding] = ask.found(closed("9sec,0", "200ms,1"), WINDOW)
    assert finding.evidence[2] == "next probe in 0.2 to 9.0 s, 1 probe unanswered"


def test_closed_window_without_owner_in_netstat(ask: Ask) -> None:
    row = "tcp 0 70000 192.0.2.1:80 203.0.113.9:4000 ESTABLISHED -                   probe (12.30/0/0)\n"
    listener = "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN -                   off (0.00/0/0)\n"
    [finding] = ask.found(TIMED + listener + row, WINDOW)
    assert (finding.severity, finding.group.owner) == ("warning", None)
    assert "closed for at least 12 s" in finding.verdict


BSD = "Active Internet connections (including servers)\nProto Recv-Q Send-Q Local Address Foreign Address "
STATES = BSD + "(state)\ntcp4 0 33304 192.0.2.10.80 203.0.113.7.50144 ESTABLISHED\n"
BUFFERS = (
    BSD
    + "R-MBUF S-MBUF R-CLUS S-CLUS R-HIWA S-HIWA R-LOWA S-LOWA R-BCNT S-BCNT R-BMAX S-BMAX "
    + "rexmt persist keep 2msl delack rcvtime\n"
    + "tcp4 0 33304 192.0.2.10.80 203.0.113.7.50144 0 1 0 0 65700 33580 1 2048 0 256 525600 268640 "
    + "0.00 {} 0.00 0.00 0.00 912.40\n"
)


@pytest.mark.parametrize("first", ["states", "timers"])
@pytest.mark.parametrize(
    ("left", "severity", "says"),
    [
        ("4.98", "notice", "(window closed)"),  # FreeBSD waits 5 s before its first probe
        ("5.00", "notice", "(window closed)"),
        ("5.01", "warning", "(window closed for at least 5 s)"),
        ("21.40", "warning", "(window closed for at least 5 s)"),
    ],
)
def test_closed_window_of_two_commands_of_freebsd(
    ask: Ask, first: str, left: str, severity: str, says: str
) -> None:
    """-an prints the states and -x the timers; of one moment they are told together."""
    texts = [STATES, BUFFERS.format(left)][:: 1 if first == "states" else -1]
    [finding] = ask.found("\n".join(texts), WINDOW)
    assert finding.severity == severity
    assert says in finding.verdict
    assert finding.evidence[0].endswith(f"next probe in {float(left):.1f} s")


def test_freebsd_shows_which_timer_runs_and_not_how_often_it_did(ask: Ask) -> None:
    queues = "Proto Listen         Local Address\ntcp4  0/0/128        *.80\n"  # not as on macOS
    report = ask.report(f"{STATES}\n{queues}", WINDOW, "retransmit-stall", "keepalive-failing")
    ways = {id_: wanted(needs, report.scenes) for id_, needs in report.not_evaluated}
    assert ways.pop(WINDOW) == ("timers", "netstat -anx")
    assert {*ways.values()} == {("what FreeBSD does not print", None)}
    assert len(ways) == 2
    assert ask.skipped(BUFFERS.format("4.98"), "retransmit-stall")


NOBODYS = "ESTAB 0 5000 127.0.0.1:40000 127.0.0.1:80 timer:(persist,{},0)\n"
FACING = "LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\nESTAB {} 0 127.0.0.1:80 127.0.0.1:40000\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SS + NOBODYS.format("4sec"), ("notice", "medium")),
        (SS + NOBODYS.format("5sec"), ("warning", "high")),  # the wait proves its age
        (SS + FACING.format(0) + NOBODYS.format("1sec"), ("notice", "medium")),
        (SS + FACING.format(500) + NOBODYS.format("1sec"), ("notice", "high")),
        (twice(NOBODYS.format("1sec"), NOBODYS.format("1sec"), 119), ("warning", "medium")),
        (twice(NOBODYS.format("1sec"), NOBODYS.format("1sec"), 120), ("warning", "high")),
        (
            twice(NOBODYS.format("1sec").replace("persist", "on"), NOBODYS.format("1sec"), 120),
            ("notice", "medium"),
        ),
    ],
)
def test_what_makes_a_closed_window_sure_without_owners(
    ask: Ask, text: str, expected: tuple[str, str]
) -> None:
    assert ask.levels(text, WINDOW) == [expected]


@pytest.mark.parametrize(
    ("sent", "speaks"), [("", False), ("lastsnd:999 ", False), ("lastsnd:1000 ", True)]
)
def test_a_window_that_lets_something_through_is_a_slow_reader(
    ask: Ask, sent: str, *, speaks: bool
) -> None:
    """One that opens and closes all the time is closed at most moments."""
    row = "ESTAB 0 60000 192.0.2.1:{} 203.0.113.9:7070 timer:(persist,200ms,0)"
    rows = "".join(f"{row.format(n)} cubic rtt:1/1 {sent}lastrcv:9\n" for n in range(40000, 40003))
    said = [finding.id for finding in ask.found(SS + rows, WINDOW, "send-q-backlog")]
    assert said == [WINDOW] * speaks


TO_READER = 'ESTAB 0 60000 192.0.2.1:40000 203.0.113.9:7070 users:(("app",pid=7,fd=3)){}\n'
ACCOUNT = " cubic rtt:1/1 {}lastsnd:{} lastrcv:9 lastack:9 busy:90000ms {}{}"
PROBED_ELSEWHERE = "ESTAB 0 0 192.0.2.1:40001 203.0.113.9:22 timer:(keepalive,60sec,0)"
LIMITED, MORE = "rwnd_limited:{}ms(50.0%) ", "notsent:60000"


@pytest.mark.parametrize(
    ("account", "speaks"),
    [
        (ACCOUNT.format("", 64400, LIMITED.format(57960), MORE), True),
        (ACCOUNT.format("", 64400, LIMITED.format(57959), MORE), False),
        (ACCOUNT.format("", 64400, "", MORE), False),
        (ACCOUNT.format("", 64400, LIMITED.format(64400), ""), False),
        (ACCOUNT.format("", 64400, LIMITED.format(64400), "notsent:0"), False),
        (ACCOUNT.format("unacked:2 ", 64400, LIMITED.format(64400), MORE), False),
        (ACCOUNT.format("unacked:0 ", 64400, LIMITED.format(64400), MORE), True),
        (ACCOUNT.format("", 5000, LIMITED.format(5000), MORE), True),
        (ACCOUNT.format("", 4999, LIMITED.format(5000), MORE), False),
        # Where ss was asked for timers, a closed window has one.
        (ACCOUNT.format("", 9000, LIMITED.format(9000), MORE) + "\n" + PROBED_ELSEWHERE, False),
    ],
)
def test_closed_window_by_the_account_of_the_kernel(
    ask: Ask, account: str, *, speaks: bool
) -> None:
    text = SS + TO_READER.format(account)
    assert ask.levels(text, WINDOW) == [("warning", "medium")] * speaks


def test_closed_window_without_timers_in_words(ask: Ask) -> None:
    account = ACCOUNT.format("", 64400, LIMITED.format(64400), MORE)
    [finding] = ask.found(SS + TO_READER.format(account), WINDOW, "limited-by")
    assert "window closed for at least 64 s" in finding.verdict
    assert finding.absorbed == ("limited-by: 1 row",)
    place = "203.0.113.9 port 7070 from port 40000"
    assert finding.evidence[0] == f"{place}: Send-Q 60 000, nothing sent for 64.4 s"
    assert finding.caveats[0] == "the timer that probes the window: ss -o"


def test_our_own_buffer_is_another_cause_than_a_closed_window(ask: Ask) -> None:
    both = LIMITED.format(64400) + "sndbuf_limited:40000ms(44.4%) "
    row = SS + TO_READER.format(ACCOUNT.format("", 64400, both, MORE))
    window, buffer = ask.found(row, WINDOW, "limited-by")
    assert (window.id, window.absorbed) == (WINDOW, ("limited-by: 1 row",))
    assert "held back by the send buffer here" in buffer.verdict


@pytest.mark.parametrize(
    "row",
    [
        'ESTAB 0 2621440 192.0.2.50:50344 203.0.113.90:22 users:(("rsync",pid=71,fd=3)) timer:(on,212ms,0)',
        'ESTAB 0 0 192.0.2.50:50344 203.0.113.90:22 users:(("a",pid=71,fd=3)) timer:(persist,9sec,0)',
        "FIN-WAIT-1 0 1 192.0.2.50:50344 203.0.113.90:22 timer:(persist,9sec,0)",
        "LAST-ACK 0 9000 192.0.2.50:50344 203.0.113.90:22 timer:(on,9sec,0)",
        "FIN-WAIT-2 0 9000 192.0.2.50:50344 203.0.113.90:22 timer:(persist,9sec,0)",
    ],
)
def test_no_closed_window(ask: Ask, row: str) -> None:
    assert not ask.found(f"{SS}{row}\n", WINDOW)


def test_closed_window_is_not_evaluated_without_timers(ask: Ask) -> None:
    assert ask.skipped(SS + "ESTAB 0 70000 192.0.2.1:80 203.0.113.9:4000\n", WINDOW)
