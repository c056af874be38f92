"""Data that nobody takes, dead paths, datagrams and keepalives: what speaks, and what must not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from nsparse.judging.evidence.measure import lower
from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from nsparse.diagnosis import Confidence
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETID = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name Timer\n"
LISTENER = 'LISTEN 0 128 192.0.2.1:80 0.0.0.0:* users:(("app",pid=7,fd=3))\n'


def twice(first: str, second: str, seconds: int, head: str = SS) -> str:
    """Two snapshots, so many seconds apart."""
    later = f"Sun Nov 22 10:{seconds // 60:02}:{seconds % 60:02} UTC 2026\n"
    return f"Sun Nov 22 10:00:00 UTC 2026\n{head}{first}\n{later}{head}{second}"


def served(
    *queues: int, timer: str = "", more: str = "", peers: int = 1, first: int = 40000
) -> str:
    """Rows of `ss -tanpoi`: connections of one server, with so much unacknowledged on each."""
    return LISTENER + "".join(
        f"ESTAB 0 {q} 192.0.2.1:80 203.0.113.{9 + i % peers}:{first + i} "
        f'users:(("app",pid=7,fd={9 + i})){timer and f" timer:({timer})"}{more}\n'
        for i, q in enumerate(queues)
    )


def gone(count: int, here: str, there: str) -> str:
    """Connections that are over, which are no part of what a service has open."""
    return "".join(f"TIME-WAIT 0 0 {here}:{30000 + n} {there}\n" for n in range(count))


def served_before(count: int) -> str:
    """Connections of the server that are over."""
    return "".join(f"TIME-WAIT 0 0 192.0.2.1:80 203.0.113.9:{20000 + n}\n" for n in range(count))


# ---- send-q-backlog ----------------------------------------------------------------------------

UNSENT = "send-q-backlog"
WINDOW = "zero-window"
PUSH = """\
LISTEN 0      128   192.0.2.30:8010  0.0.0.0:*           users:(("pushd",pid=77,fd=5))
ESTAB  0      87936 192.0.2.30:8010  203.0.113.60:50021  users:(("pushd",pid=77,fd=9))  timer:(persist,21sec,0)
ESTAB  0      92160 192.0.2.30:8010  203.0.113.60:50022  users:(("pushd",pid=77,fd=10)) timer:(persist,40sec,0)
ESTAB  0      65160 192.0.2.30:8010  203.0.113.60:50023  users:(("pushd",pid=77,fd=11)) timer:(persist,3.272ms,0)
ESTAB  0      1448  192.0.2.30:8010  203.0.113.62:41922  users:(("pushd",pid=77,fd=12)) timer:(on,204ms,0)
ESTAB  0      0     192.0.2.30:8010  203.0.113.61:40001  users:(("pushd",pid=77,fd=13)) timer:(keepalive,54min,0)
"""


def test_unsent(ask: Ask) -> None:
    [finding] = ask.found(SS + served(20000, 20000, 20000, 20000, 30000, 0), UNSENT)
    assert brief(finding) == (
        "notice send-q-backlog server 192.0.2.1:80 app/7 (medium): 5 of 6 connections accepted on "
        "port 80 hold data that is not acknowledged, 110 000 bytes in all, up to 30 000 on one: "
        "203.0.113.9 has yet to take it."
    )
    assert finding.evidence[0] == "Send-Q: 30 000, 20 000, 20 000, 20 000, 20 000"
    assert finding.cause[0].startswith("one peer")
    [several] = ask.found(SS + served(*[20000] * 6, peers=2), UNSENT)
    assert several.evidence[0] == f"Send-Q: {', '.join(['20 000'] * 5)} and 1 more"
    assert several.cause[0].startswith("several peers")


def test_unsent_of_nobody_is_a_part_of_what_the_port_has(ask: Ask) -> None:
    nobodys = re.sub(r"users:\S+", "", served(*[20000] * 5).removeprefix(LISTENER))
    [finding] = ask.found(SS + served(0, 0, 0, first=50000) + nobodys, UNSENT)
    assert finding.verdict.startswith("5 of 8 connections on port 80 hold data")


@pytest.mark.parametrize(
    ("queues", "expected"),
    [
        ([16384] * 5 + [0] * 20, [("notice", "medium")]),
        ([16384] * 5 + [0] * 21, []),
        ([16384] * 4, []),
        ([16383] * 5, []),
        ([16384] * 50 + [0] * 300, [("notice", "medium")]),
        ([16384] * 49 + [0] * 300, []),
        ([2621440], []),
        ([65536] * 3, [("notice", "medium")]),  # all of them, and buffers that are full
        ([65535] * 3, []),
        ([65536, 65536, 65537], []),
        ([65536] * 2, []),
        ([65536] * 3 + [0], []),
    ],
)
def test_unsent_by_its_numbers(
    ask: Ask, queues: list[int], expected: list[tuple[str, str]]
) -> None:
    assert ask.levels(SS + served(*queues), UNSENT) == expected


def test_unsent_to_peers_that_are_known_by_name(ask: Ask) -> None:
    rows = served(*[65536] * 3).replace("203.0.113.9:", "client:")
    [finding] = ask.found(SS + rows, UNSENT)
    assert finding.verdict.endswith("65 536 on one: client has yet to take it.")


def test_unsent_is_a_share_of_what_is_open(ask: Ask) -> None:
    """In a dump without owners those of the service that are over would be in its group."""
    rows = re.sub(r"users:\S+", "", served(*[16384] * 5, *[0] * 20))
    assert len(ask.found(SS + rows + served_before(9), UNSENT)) == 1


@pytest.mark.parametrize(
    ("timer", "expected"),
    [("on (9.00/3/0)", 1), ("on (9.00/2/0)", 0), ("keepalive (9.00/3/0)", 0)],
)
def test_unsent_of_which_a_timer_tells_more(ask: Ask, timer: str, expected: int) -> None:
    """Three of four are enough where the timer says that they are sent in vain."""
    rows = "".join(
        f"tcp 0 {20000 * (n < 3)} 192.0.2.1:{40000 + n} 203.0.113.80:443 ESTABLISHED 7/app {timer}\n"
        for n in range(4)
    )
    assert len(ask.found(TIMED + rows, UNSENT)) == expected


def test_unsent_after_our_close_is_another_matter(ask: Ask) -> None:
    assert ask.found(SS + served(*[20000] * 5).replace("ESTAB", "CLOSE-WAIT"), UNSENT)
    assert not ask.found(SS + served(*[20000] * 5).replace("ESTAB", "FIN-WAIT-1"), UNSENT)


def test_unsent_in_two_snapshots(ask: Ask) -> None:
    rows = served(20000, 20000, 20000, 0)
    assert ask.levels(twice(rows, rows, 30), UNSENT) == [("warning", "high")]
    assert ask.levels(twice(rows, rows, 29), UNSENT) == []
    assert ask.levels(twice(rows, served(20001, 20001, 20001, 0), 30), UNSENT) == []
    assert ask.levels(twice(rows, served(20000, 20000, 20001, 0, 0), 30), UNSENT) == []


def test_an_old_connection_is_no_old_queue(ask: Ask) -> None:
    """That a connection was open two minutes before says nothing of what waits in it now."""
    then, now = served(*[0] * 5), served(*[20000] * 5)
    assert ask.levels(twice(then, now, 120), UNSENT) == [("notice", "medium")]
    fewer = served(*[20000] * 4, 0)
    assert ask.levels(twice(then, fewer, 120), UNSENT) == []


@pytest.mark.parametrize(
    ("unread", "count", "expected"),
    [(1, 3, [("notice", "high")]), (0, 3, []), (1, 2, [])],
)
def test_unsent_and_the_other_end_has_it_unread(
    ask: Ask, unread: int, count: int, expected: list[tuple[str, str]]
) -> None:
    rows = "".join(
        f'ESTAB {unread * (n < count)} 0 127.0.0.1:81 127.0.0.1:{40000 + n} users:(("b",pid=8,fd=4))\n'
        f'ESTAB 0 20000 127.0.0.1:{40000 + n} 127.0.0.1:81 users:(("a",pid=9,fd=4))\n'
        for n in range(4)
    )
    assert ask.levels(SS + rows, UNSENT) == expected


@pytest.mark.parametrize(
    ("unread", "said"),
    [(1, "1 other end with unread data is seen"), (4, "4 other ends with unread data are seen")],
)
def test_unsent_and_who_has_it_unread_in_words(ask: Ask, unread: int, said: str) -> None:
    rows = "".join(
        f'ESTAB {int(n < unread)} 0 127.0.0.1:81 127.0.0.1:{40000 + n} users:(("b",pid=8,fd=4))\n'
        f'ESTAB 0 20000 127.0.0.1:{40000 + n} 127.0.0.1:81 users:(("a",pid=9,fd=4))\n'
        for n in range(5)
    )
    [finding] = ask.found(SS + rows, UNSENT)
    assert finding.evidence[-1] == said
    again = "the same dump again {} s later: bytes that move are a transfer"
    assert finding.next[-1].cmd == again.format(30)
    [finding] = ask.found(SS + rows, UNSENT, config={UNSENT: {"stuck_s": 90}})
    assert finding.next[-1].cmd == again.format(90)


def test_unsent_and_the_peer_is_silent_or_takes_it(ask: Ask) -> None:
    info = " cubic rtt:1/1 lastsnd:100 lastrcv:90000 lastack:{}"
    rows = [20000] * 5
    assert ask.levels(SS + served(*rows, more=info.format(10000)), UNSENT) == [("warning", "high")]
    assert ask.levels(SS + served(*rows, more=info.format(9999)), UNSENT) == [("notice", "medium")]
    assert ask.levels(SS + served(*rows, more=info.format(1000)), UNSENT) == [("notice", "medium")]
    assert ask.levels(SS + served(*rows, more=info.format(999)), UNSENT) == []


@pytest.mark.parametrize(("retrans", "speaks"), [(3, True), (2, False)])
def test_unsent_that_is_sent_again_is_no_transfer(ask: Ask, retrans: int, *, speaks: bool) -> None:
    """Where retransmit-stall speaks, a young acknowledgement of something else says nothing."""
    rows = served(
        *[20000] * 5, timer=f"on,200ms,{retrans}", more=" cubic rtt:1/1 lastsnd:100 lastack:999"
    )
    assert bool(ask.found(SS + rows, UNSENT)) == speaks


def test_a_transfer_that_moves(ask: Ask) -> None:
    info = " cubic rtt:1/1 bytes_acked:{}"
    rows = [20000] * 5
    then, now = served(*rows, more=info.format(10)), served(*rows, more=info.format(99))
    assert ask.levels(twice(then, now, 60), UNSENT) == []
    assert ask.levels(twice(then, then, 60), UNSENT) == [("warning", "high")]


def test_a_closed_window_takes_it_over(ask: Ask) -> None:
    [finding] = ask.found(SS + PUSH, UNSENT, WINDOW)
    assert finding.id == WINDOW
    assert finding.absorbed == ("send-q-backlog: 3 rows",)


def test_each_closed_window_takes_over_its_own_peer(ask: Ask) -> None:
    """As long as the windows are told one by one, so is what waits behind them."""
    five = ask.found(SS + served(*[20000] * 15, timer="persist,9sec,0", peers=5), UNSENT, WINDOW)
    assert [one.absorbed for one in five] == [("send-q-backlog: 3 rows",)] * 5
    six = ask.found(SS + served(*[20000] * 18, timer="persist,9sec,0", peers=6), UNSENT, WINDOW)
    assert [one.absorbed for one in six] == [("send-q-backlog: 18 rows",)]


def test_unsent_is_not_evaluated_without_queues(ask: Ask) -> None:
    row = "  TCP    192.0.2.1:80    203.0.113.9:40000    ESTABLISHED    4\n"
    assert ask.skipped(WINDOWS + row, UNSENT)


# ---- retransmit-stall --------------------------------------------------------------------------

STALL = "retransmit-stall"


def stalled(*counts: int, more: int = 0) -> str:
    """Rows of `ss -tanpo`: connections of one client, each with so many retransmissions."""
    rows = [
        f"ESTAB 0 {100 if k else 0} 192.0.2.1:{40000 + i} 203.0.113.80:443 "
        f'users:(("app",pid=7,fd={9 + i})){f" timer:(on,9sec,{k})" if k else ""}\n'
        for i, k in enumerate([*counts, *[0] * more])
    ]
    return SS + "".join(rows)


def test_stall(ask: Ask) -> None:
    [finding] = ask.found(stalled(6, 5, 5, more=1), STALL)
    assert brief(finding) == (
        "warning retransmit-stall client 203.0.113.80:443 app/7 (high): 3 of 4 connections from "
        "app/7 to 203.0.113.80:443 get no acknowledgement: up to 6 retransmissions, the longest "
        "for at least 12 s."
    )
    assert finding.evidence[0] == "retransmissions: 5 (2), 6 (1)"
    assert finding.cause[0].startswith("suggests that the peer is gone")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (stalled(2, 2, 2, more=1), []),
        (stalled(3, more=1), ["notice"]),
        (stalled(4, 4, 4, more=1), ["notice"]),
        (stalled(5, more=2), ["notice"]),
        (stalled(5, more=19), ["warning"]),
        (stalled(5, more=20), ["notice"]),
        (stalled(5, 5, 5, more=97), ["warning"]),
        (stalled(5, 5, more=97), ["notice"]),
        (stalled(8, more=97), ["warning"]),
        (stalled(7, more=97), ["notice"]),
        (stalled(*[3] * 10, more=10), ["critical"]),
        (stalled(*[3] * 10, more=11), ["notice"]),
        (stalled(*[3] * 9), ["notice"]),
    ],
)
def test_stall_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, STALL)] == expected


@pytest.mark.parametrize(
    ("left", "k", "expected", "seconds"),
    [
        ("90sec", 3, "warning", 78),  # 45 s, 22 s and 11 s before the one that runs
        ("59sec", 3, "warning", 51),
        ("58sec", 3, "notice", 50),
        ("9sec", 7, "notice", 25),  # the count says more: 0.2 s doubled seven times
    ],
)
def test_a_timer_that_runs_for_long_has_done_so_before(
    ask: Ask, left: str, k: int, expected: str, seconds: int
) -> None:
    [finding] = ask.found(stalled(k, more=97).replace("on,9sec", f"on,{left}"), STALL)
    assert finding.severity == expected
    assert finding.verdict.endswith(f" for at least {seconds} s.")


@pytest.mark.parametrize(
    ("clock", "seconds", "severity"),
    [
        ("rto:16000 backoff:4", 15, "notice"),
        ("rto:208 backoff:0", 3, "notice"),
        ("rto:60000 backoff:3", 52, "warning"),
        ("rto:58000 backoff:3", 50, "notice"),
    ],
)
def test_the_timeout_that_runs_tells_how_long_the_others_took(
    ask: Ask, clock: str, seconds: int, severity: str
) -> None:
    """`ss -i` prints it, and how often it was doubled: 1, 2, 4 and 8 s before one of 16 s."""
    text = stalled(4, more=97).replace("9sec,4)", f"2sec,4) cubic {clock}")
    [finding] = ask.found(text, STALL)
    assert finding.severity == severity
    assert finding.verdict.endswith(f" for at least {seconds} s.")


def test_stall_is_a_share_of_what_is_open(ask: Ask) -> None:
    """Connections that are over are no part of it: 1 of 20 is a twentieth, 2 of 4 are a half."""
    over = gone(9, "192.0.2.1", "203.0.113.80:443")
    assert ask.severities(stalled(5, more=19) + over, STALL) == ["warning"]
    bare = re.sub(
        r"users:\S+",
        "",
        SS + served(100, timer="on,9sec,5") + served(*[0] * 19, first=50000).removeprefix(LISTENER),
    )
    [finding] = ask.found(bare + served_before(9), STALL)
    assert (finding.severity, finding.n, finding.base) == ("warning", 1, 20)


def test_a_stall_of_a_service_is_one_finding(ask: Ask) -> None:
    """Callers count by the service that they call, whatever their addresses."""
    rows = SS + served(*[100] * 3, timer="on,9sec,5", peers=3)
    [finding] = ask.found(rows, STALL)
    assert (finding.severity, finding.n, finding.base) == ("warning", 3, 3)
    assert finding.verdict.startswith("3 of 3 connections accepted on port 80 get no")
    assert finding.cause[0].startswith("several peers of 203.0.113.0/24: this suggests what leads")
    [finding] = ask.found(rows.replace("203.0.113.11", "198.51.100.11"), STALL)
    assert finding.cause[0].startswith("several peers at once: this suggests our own link")


def test_a_stall_is_a_part_of_what_goes_to_the_peer(ask: Ask) -> None:
    """Its words are those of all that are counted: 3 of one program, and 2 to another port."""
    other = 'ESTAB 0 0 192.0.2.1:4500{} 203.0.113.80:22 users:(("ssh",pid=8,fd=3))\n'
    text = stalled(5, 5, 5) + other.format(1) + other.format(2)
    [finding] = ask.found(text, STALL)
    assert finding.verdict.startswith("3 of 5 connections to 203.0.113.80 get no")
    twice = "ESTAB 0 90 203.0.113.80:{0} 203.0.113.80:{1} timer:(on,9sec,5)\n"
    mate = "ESTAB 0 {2} 203.0.113.80:{1} 203.0.113.80:{0} timer:({3},9sec,0)\n"
    for text in (twice + mate, mate + twice):  # two rows are one connection
        [finding] = ask.found(SS + text.format(1500, 4004, 90, "persist"), STALL)
        assert (finding.n, finding.base) == (1, 1)
    healthy = twice.replace("on,9sec,5", "on,9sec,0") + mate
    healthy = healthy.format(1501, 4005, 0, "keepalive")
    [finding] = ask.found(SS + healthy + (twice + mate).format(1500, 4004, 0, "keepalive"), STALL)
    assert (finding.n, finding.base) == (1, 2)
    nobodys = SS + re.sub(r"users:\S+", "", served(*[100] * 3, timer="on,9sec,5"))
    [finding] = ask.found(nobodys + served(0, 0, first=50000).removeprefix(LISTENER), STALL)
    assert finding.verdict.startswith("3 of 5 connections on port 80 get no")


@pytest.mark.parametrize(
    ("backoff", "ack", "expected"),
    [(3, 30_000, "high"), (2, 30_000, "medium"), (3, 29_999, "medium")],
)
def test_what_makes_a_stall_sure_without_owners(
    ask: Ask, backoff: int, ack: int, expected: str
) -> None:
    more = f" cubic rtt:1/1 backoff:{backoff} lastsnd:9 lastrcv:9 lastack:{ack}"
    bare = re.sub(r"users:\S+", "", served(100, timer="on,9sec,5", more=more))
    assert ask.levels(SS + bare, STALL) == [("notice", expected)]


@pytest.mark.parametrize("timer", ["probe (9.00/8/0)", "keepalive (9.00/8/0)"])
def test_another_timer_is_no_stall(ask: Ask, timer: str) -> None:
    row = "tcp 0 90 192.0.2.1:40000 203.0.113.80:443 ESTABLISHED 7/app {}\n"
    assert not ask.found(TIMED + row.format(timer), STALL)
    assert ask.found(TIMED + row.format("on (9.00/8/0)"), STALL)


@pytest.mark.parametrize(("program", "owner"), [("app", "app/7"), ("ssh", None)])
def test_a_dead_peer_of_several_services_is_one_finding(
    ask: Ask, program: str, owner: str | None
) -> None:
    other = stalled(5).replace(":443", ":8443").replace(":40000", ":50000").removeprefix(SS)
    [finding] = ask.found(stalled(5, 5) + other.replace('"app"', f'"{program}"'), STALL)
    assert (finding.n, finding.base, finding.group.service) == (3, 3, None)
    assert finding.group.owner == owner
    assert "3 of 3 connections to 203.0.113.80 get no acknowledgement" in finding.verdict


def test_a_stall_takes_over_what_waits(ask: Ask) -> None:
    [finding] = ask.found(SS + served(*[20000] * 3, 0, timer="on,9sec,5"), STALL, UNSENT)
    assert finding.id == STALL
    assert finding.absorbed == ("send-q-backlog: 3 rows",)


@pytest.mark.parametrize("state", ["SYN-SENT", "LAST-ACK", "FIN-WAIT-1"])
def test_no_stall_before_or_after(ask: Ask, state: str) -> None:
    assert not ask.found(stalled(9, more=1).replace("ESTAB", state), STALL)


def test_stall_is_not_evaluated_without_timers(ask: Ask) -> None:
    assert ask.skipped(SS + served(20000), STALL)


# ---- udp-recv-backlog --------------------------------------------------------------------------

DATAGRAMS = "udp-recv-backlog"


def udp(queued: int, *, rb: int | None = 212992, drops: int = 0, port: int = 514) -> str:
    memory = "" if rb is None else f" skmem:(r{queued},rb{rb},t0,tb212992,f0,w0,o0,bl0,d{drops})"
    return (
        f'udp UNCONN {queued} 0 0.0.0.0:{port} 0.0.0.0:* users:(("rsyslogd",pid=9,fd=4)){memory}\n'
    )


def test_datagrams(ask: Ask) -> None:
    [finding] = ask.found(NETID + udp(8390400, rb=8388608, port=1514, drops=12), DATAGRAMS)
    assert brief(finding) == (
        "warning udp-recv-backlog 0.0.0.0:1514 rsyslogd/9 (medium): 8 390 400 bytes wait unread on "
        "UDP port 1514 (100 % of the buffer), and 12 datagrams were dropped: rsyslogd/9 does not "
        "keep up."
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (udp(106495), []),
        (udp(106496), ["notice"]),
        (udp(170393), ["notice"]),
        (udp(170394), ["warning"]),
        (udp(200000, rb=8388608), []),
        (udp(65535, rb=None), []),
        (udp(65536, rb=None), ["notice"]),
        (udp(153599, rb=None), ["notice"]),
        (udp(153600, rb=None), ["warning"]),
        (udp(0), []),
        (udp(0, drops=7), ["info"]),
        (udp(768, drops=7), ["notice"]),
        (udp(212992, port=5353), ["notice"]),
        (udp(212992, port=1900), ["notice"]),
    ],
)
def test_datagrams_by_their_numbers(ask: Ask, row: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(NETID + row, DATAGRAMS)] == expected


@pytest.mark.parametrize(
    ("rb", "evidence"),
    [(212992, "Recv-Q 180 000 of 212 992, 0 drops"), (None, "Recv-Q 180 000 of 212 992")],
)
def test_drops_that_nobody_counted_are_not_none(ask: Ask, rb: int | None, evidence: str) -> None:
    [finding] = ask.found(NETID + udp(180000, rb=rb), DATAGRAMS)
    assert finding.evidence == (evidence,)


def test_bytes_of_a_connection_are_no_datagrams(ask: Ask) -> None:
    row = 'tcp ESTAB 200000 0 192.0.2.1:514 203.0.113.9:514 users:(("rsyslogd",pid=9,fd=4))\n'
    assert not ask.found(NETID + row, DATAGRAMS)


def test_datagrams_in_two_snapshots(ask: Ask) -> None:
    def both(then: str, now: str) -> list[tuple[str, str]]:
        return ask.levels(twice(then, now, 30, NETID), DATAGRAMS)

    assert both(udp(210000), udp(211000)) == [("critical", "high")]
    assert both(udp(202343), udp(202343)) == [("critical", "high")]
    assert both(udp(202342), udp(202342)) == [("warning", "medium")]
    assert both(udp(0), udp(211000)) == [("warning", "medium")]
    assert both(udp(0, drops=3), udp(0, drops=9)) == [("warning", "high")]
    assert both(udp(0, drops=9), udp(0, drops=9)) == [("info", "medium")]


@pytest.mark.parametrize(("queued", "drops"), [(106496, 0), (768, 7)])
def test_a_total_of_drops_makes_it_no_surer(ask: Ask, queued: int, drops: int) -> None:
    """They may be old; only drops that grow are of now."""
    row = udp(queued, drops=drops).replace('users:(("rsyslogd",pid=9,fd=4))', "")
    assert ask.levels(NETID + row, DATAGRAMS) == [("notice", "low")]


def test_datagrams_are_not_evaluated_on_windows(ask: Ask) -> None:
    assert ask.skipped(WINDOWS + "  UDP    0.0.0.0:514    *:*    4\n", DATAGRAMS)


# ---- keepalive-missing, keepalive-failing ------------------------------------------------------

UNKEPT = "keepalive-missing"
NO_ANSWER = "keepalive-failing"
BUSY = " cubic rtt:1/1 lastsnd:10 lastrcv:10 lastack:10"


def pool(idle: int, busy: int = 0, *, ms: int = 300_000, timer: str = "") -> str:
    """Rows of `ss -tanpoi`: connections of one client, some idle for so long."""
    clocks = f" cubic rtt:1/1 lastsnd:{ms} lastrcv:{ms} lastack:{ms}"
    rows = [
        f'ESTAB 0 0 192.0.2.1:{40000 + i} 203.0.113.8:5432 users:(("app",pid=7,fd={9 + i}))'
        f"{f' timer:({timer})' if timer else ''}{clocks if i < idle else BUSY}\n"
        for i in range(idle + busy)
    ]
    other = "ESTAB 0 0 192.0.2.1:22 192.0.2.9:50000 timer:(keepalive,60sec,0)"
    return f"{SS}{''.join(rows)}{other}{BUSY}\n"


def of_six(text: str, there: str) -> str:
    """The same over IPv6, from 2001:db8::1."""
    return text.replace("192.0.2.1:4", "[2001:db8::1]:4").replace("203.0.113.8", f"[{there}]")


def test_unkept(ask: Ask) -> None:
    [finding] = ask.found(pool(12), UNKEPT)
    assert brief(finding) == (
        "notice keepalive-missing client 203.0.113.8:5432 app/7 (medium): 12 of 12 connections "
        "from app/7 to 203.0.113.8:5432 are idle for 300 s or more with no keepalive: a NAT or "
        "load balancer in the path would drop them silently."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pool(10, 10), ["notice"]),
        (pool(9), []),
        (pool(10, 11), []),
        (pool(100, 200), ["notice"]),
        (pool(99, 200), []),
        (pool(12, ms=299_999), []),
        (pool(12, timer="keepalive,60sec,0"), []),
        (pool(12, timer="keepalive,5min51sec,0"), ["notice"]),
        (pool(12, timer="keepalive,5min50sec,0"), []),
        (pool(12).replace("203.0.113.8", "192.0.2.8"), []),
        (pool(12).replace("203.0.113.8", "127.0.0.1"), []),
        (of_six(pool(12), "2001:db8::8"), []),
        (of_six(pool(12), "2001:db8:0:1::8"), ["notice"]),
        (pool(12).replace("ESTAB 0 0", "ESTAB 0 9"), []),
        (pool(12).replace("lastsnd:300000", "lastsnd:50000"), []),
        (pool(12).replace("ESTAB", "CLOSE-WAIT"), []),
        (pool(9, 9), []),
    ],
)
def test_unkept_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, UNKEPT)] == expected


def test_unkept_and_one_of_them_is_cut_off(ask: Ask) -> None:
    lost = "ESTAB 0 99 192.0.2.1:50000 203.0.113.8:5432 "
    lost += f'users:(("app",pid=7,fd=99)) timer:(on,9sec,3){BUSY}\n'
    assert ask.levels(pool(12) + lost, UNKEPT) == [("warning", "high")]
    more = lost.replace("50000", "50001")
    for cut, said in ((lost, "1 other already gets"), (lost + more, "2 others already get")):
        [finding] = ask.found(pool(12) + cut, UNKEPT)
        assert finding.verdict.endswith(f"drop them silently; {said} no answer.")
    assert ask.levels(pool(12) + lost.replace("9sec,3", "9sec,2"), UNKEPT) == [("notice", "medium")]
    config = {STALL: {"notice": 4}}  # what counts as cut off is said by the other diagnosis
    assert ask.levels(pool(12) + lost, UNKEPT, config=config) == [("notice", "medium")]
    again = lost.replace("9sec,3", "9sec,4")
    assert ask.levels(pool(12) + again, UNKEPT, config=config) == [("warning", "high")]


@pytest.mark.parametrize(
    ("late", "keeps", "cause", "evidence"),
    [
        (
            0,
            "no keepalive:",
            "the program did not ask for keepalives",
            ["keepalive not set on 12"],
        ),
        (
            5,
            "no keepalive, or one that comes too late:",
            "the program did not ask for keepalives, or left the kernel's 2 hours",
            ["keepalive not set on 7", "keepalive set, and more than 350 s away, on 5"],
        ),
        (
            12,
            "a keepalive that comes too late:",
            "the program asked for keepalives and left the kernel's 2 hours",
            ["keepalive set, and more than 350 s away, on 12"],
        ),
    ],
)
def test_unkept_and_kept_too_late_in_words(
    ask: Ask, late: int, keeps: str, cause: str, evidence: list[str]
) -> None:
    text = pool(12).replace(" cubic", " timer:(keepalive,119min,0) cubic", late)
    [finding] = ask.found(text, UNKEPT)
    assert f"300 s or more with {keeps} a NAT" in finding.verdict
    assert finding.cause == (cause,)
    assert list(finding.evidence[1:]) == evidence


@pytest.mark.parametrize(
    ("then", "now", "seconds", "expected"),
    [
        ((9, 9), (9, 9), 300, ["notice"]),
        ((9, 9), (9, 9), 299, []),
        ((9, 9), (10, 9), 300, []),
        ((9, 9), (9, 10), 300, []),
    ],
)
def test_silent_by_the_bytes_of_two_snapshots(
    ask: Ask, then: tuple[int, int], now: tuple[int, int], seconds: int, expected: list[str]
) -> None:
    told = " cubic rtt:1/1 bytes_acked:{} bytes_received:{}"
    rows = pool(10).removeprefix(SS)
    first, second = (re.sub(r" cubic.*", told.format(*counts), rows) for counts in (then, now))
    assert ask.severities(twice(first, second, seconds), UNKEPT) == expected


def test_unkept_for_long_anyway(ask: Ask) -> None:
    """That they were open two minutes before adds nothing to five minutes of silence."""
    rows = pool(9).removeprefix(SS)
    assert ask.levels(twice(rows, rows, 120), UNKEPT) == []
    rows = pool(10).removeprefix(SS)
    assert ask.levels(twice(rows, rows, 120), UNKEPT) == [("notice", "medium")]


def test_unkept_is_not_evaluated_without_clocks_or_timers(ask: Ask) -> None:
    assert ask.skipped(pool(12).replace("lastsnd", "x").split(" cubic")[0] + "\n", UNKEPT)
    assert ask.skipped(pool(12).replace("timer:(keepalive,60sec,0)", ""), UNKEPT)


def probed(*counts: int, apart: bool = False) -> str:
    return SS + "".join(
        f"ESTAB 0 0 192.0.2.1:80 203.0.{113 + i * apart}.{9 + i}:40000 "
        f'users:(("app",pid=7,fd={9 + i})) timer:(keepalive,9sec,{k})\n'
        for i, k in enumerate(counts)
    )


def test_no_answer(ask: Ask) -> None:
    [finding] = ask.found(probed(5), NO_ANSWER)
    assert brief(finding) == (
        "warning keepalive-failing server 192.0.2.1:80 app/7 (high): 203.0.113.9 does not answer "
        "keepalive probes on 1 connection: 5 probes unanswered."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (probed(0, 0, 0), []),
        (probed(1), [("notice", "medium")]),
        (probed(2), [("notice", "medium")]),
        (probed(3), [("notice", "high")]),
        (probed(4), [("notice", "high")]),
        (probed(1, 1), [("notice", "medium")]),
        (probed(1, 1, 1), [("warning", "high")]),
        (probed(1, 1, 1, apart=True), [("notice", "medium")] * 3),
        (probed(5, apart=True), [("warning", "high")]),
        (probed(5).replace("keepalive", "persist"), []),
    ],
)
def test_no_answer_by_its_numbers(ask: Ask, text: str, expected: list[tuple[str, str]]) -> None:
    assert ask.levels(text, NO_ANSWER) == expected


@pytest.mark.parametrize(("apart", "count"), [("", 1), ("0:1:", 2)])
def test_peers_of_one_subnet_of_ipv6(ask: Ask, apart: str, count: int) -> None:
    rows = probed(1, 1).replace("192.0.2.1", "[2001:db8::1]")
    rows = rows.replace("203.0.113.9:", "[2001:db8::9]:")
    found = ask.found(rows.replace("203.0.113.10:", f"[2001:db8:{apart}:a]:"), NO_ANSWER)
    assert len(found) == count


def test_no_answer_is_not_evaluated_without_timers(ask: Ask) -> None:
    assert ask.skipped(SS + served(0), NO_ANSWER)


@pytest.mark.parametrize("own", [40000, 5000])
@pytest.mark.parametrize(
    ("id_", "sure", "text"),
    [
        ("recv-q-backlog", "medium", "ESTAB 9000 0 {} {} {}"),
        (NO_ANSWER, "high", "ESTAB 0 0 {} {} {} timer:(keepalive,9sec,1)"),
        (UNKEPT, "medium", "ESTAB 0 0 {} {} {} timer:(keepalive,119min,0) cubic rtt:1/1 {}"),
        ("cwnd-collapse", "medium", "ESTAB 0 0 {} {} {} cubic rtt:1/1 cwnd:2 retrans:1/9"),
        ("rtt-outlier", "medium", "ESTAB 0 0 {} {} {} cubic rtt:75/1 lastack:100 minrtt:25"),
    ],
)
def test_it_is_less_sure_where_nobody_knows_who_serves(
    ask: Ask, id_: str, sure: Confidence, text: str, own: int
) -> None:
    """From 5000 to 7000 both ports are such as programs choose: either side may be the server."""
    rows = (
        text.format(
            f"192.0.2.1:{own + n}",
            f"203.0.113.8:{7000 + n * (own < 7000)}",
            f'users:(("app",pid=7,fd={n}))',
            "lastsnd:300000 lastrcv:300000",
        )
        for n in range(12)
    )
    [finding] = ask.found(SS + "\n".join(rows) + "\n", id_)
    assert finding.n == 12
    assert finding.confidence == lower(sure, int(own == 5000))


# ---- loss-high, cwnd-collapse, limited-by, rtt-outlier -----------------------------------------

LOSS = "loss-high"
COLLAPSE = "cwnd-collapse"
LIMITED = "limited-by"
SLOW = "rtt-outlier"


def infos(*details: str) -> str:
    """Rows of `ss -tanpi`: connections of one client, each with its internals."""
    return SS + "".join(
        f'ESTAB 0 0 192.0.2.1:{40000 + i} 203.0.113.8:5432 users:(("app",pid=7,fd={9 + i}))'
        f" cubic {detail}\n"
        for i, detail in enumerate(details)
    )


def sent(size: int, again: int) -> str:
    return f"rtt:1/1 bytes_sent:{size} bytes_retrans:{again}"


def test_loss(ask: Ask) -> None:
    [finding] = ask.found(infos(*[sent(1_000_000, 35_000)] * 5), LOSS)
    assert brief(finding) == (
        "warning loss-high app/7 (high): 3.5 % of what was sent to 203.0.113.8 on 5 connections "
        "had to be sent again: the path loses too much."
    )
    assert finding.evidence == ("175 000 bytes of 5 000 000 sent again",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (infos(*[sent(1_000_000, 10_000)] * 5), ["notice"]),
        (infos(*[sent(1_000_000, 9_999)] * 5), []),
        (infos(*[sent(1_000_000, 30_000)] * 5), ["warning"]),
        (infos(*[sent(1_000_000, 29_999)] * 5), ["notice"]),
        (infos(*[sent(1_000_000, 90_000)] * 4), []),
        (infos(*[sent(999_999, 90_000)] * 5), []),
        (infos(sent(100_000_000, 1_000_000)), ["notice"]),
        (infos(sent(99_999_999, 1_000_000)), []),
        (infos(sent(3_000_000, 300_000) + " retrans:0/1000"), ["warning"]),
        (infos(*[sent(3_000_000, 300_000) + " retrans:0/500"] * 2), ["warning"]),
        (infos(sent(3_000_000, 300_000) + " retrans:0/999"), []),
        (infos(sent(3_000_000_000, 3_000_000) + " retrans:0/2000"), []),  # 0.1 %
        (infos(*["rtt:1/1 data_segs_out:1000 retrans:0/30"] * 5), ["warning"]),
        (infos(*["rtt:1/1 data_segs_out:999 retrans:0/30"] * 5), []),
        (infos(*["rtt:1/1 segs_out:1000 retrans:0/30"] * 5), ["warning"]),
        (infos(*["rtt:1/1 segs_out:999 retrans:0/30"] * 5), []),
        # A receiver: what it sends are acknowledgements.
        (infos(*["rtt:1/1 segs_out:9000 data_segs_out:90 retrans:0/30"] * 5), []),
    ],
)
def test_loss_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, LOSS)] == expected


def spread(*lost: int, size: int = 1_000_000) -> str:
    """Rows of `ss -tanpi`: a connection to each of so many peers, and how much each sent again."""
    rows = infos(*(sent(size, again) for again in lost)).splitlines(keepends=True)
    return "".join(row.replace("113.8:", f"113.{n}:") for n, row in enumerate(rows))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (spread(*[10_000] * 5), ["notice"]),
        (spread(*[9_999] * 5), []),
        (spread(*[30_000] * 5), ["warning"]),
        (spread(*[10_000] * 4), []),
        (spread(*[20_000] * 3, *[0] * 3), ["notice"]),
        (spread(*[60_000] * 5, *[0] * 6), []),
        (spread(*[40_000] * 3, *[0] * 4), []),  # 1.7 %, but most lose nothing
        (spread(900_000, *[0] * 5), []),
    ],
)
def test_loss_on_the_way_out_of_an_address(ask: Ask, text: str, expected: list[str]) -> None:
    """No peer has enough connections for its path to be blamed; all together they have."""
    assert ask.severities(text, LOSS) == expected


def test_loss_on_the_way_out_in_words(ask: Ask) -> None:
    [finding] = ask.found(spread(*[35_000] * 6), LOSS)
    assert finding.verdict == (
        "3.5 % of what was sent from 192.0.2.1 to 6 peers on 6 connections had to be sent again: "
        "our own link, or what they share, loses too much."
    )
    assert [step.cmd for step in finding.next][:2] == ["ip -s link", "mtr -n 203.0.113.1"]
    one = infos(*[sent(1_000_000, 40_000)] * 5).replace(":40", ":41")
    both = ask.found(one + spread(*[35_000] * 6).removeprefix(SS), LOSS)
    assert sorted(finding.n for finding in both) == [5, 6]  # each connection counts once
    apart = spread(*[35_000] * 6).replace("192.0.2.1:40000", "192.0.2.2:40000", 1)
    apart = apart.replace("192.0.2.1:40001", "192.0.2.2:40001", 1)
    assert not ask.found(apart, LOSS)


@pytest.mark.parametrize(("twice", "confidence"), [(20, "medium"), (19, "high")])
def test_segments_that_were_sent_again_for_nothing(ask: Ask, twice: int, confidence: str) -> None:
    again = f"{sent(1_000_000, 35_000)} retrans:0/25 dsack_dups:{twice}"
    [finding] = ask.found(infos(*[again] * 5), LOSS)
    assert finding.confidence == confidence
    assert ("reordering" in finding.cause[0]) == (confidence == "medium")


def test_a_window_that_a_dead_path_holds_down_is_no_cause_of_its_own(ask: Ask) -> None:
    row = 'ESTAB 0 90 192.0.2.1:{} 203.0.113.8:5432 users:(("app",pid=7,fd=9)) timer:(on,9sec,5)'
    rows = "".join(f"{row.format(40000 + n)} cubic rtt:1/1 cwnd:1 retrans:1/5\n" for n in range(4))
    [finding] = ask.found(SS + rows)
    assert (finding.id, finding.absorbed) == (STALL, ("cwnd-collapse: 4 rows",))


@pytest.mark.parametrize(
    ("state", "id_"),
    [
        ("FIN-WAIT-1", "fin-wait1-stuck"),
        ("LAST-ACK", "last-ack-pile"),
        ("CLOSING", "closing-pile"),
    ],
)
def test_a_window_that_a_lost_fin_holds_down_is_no_cause_of_its_own(
    ask: Ask, state: str, id_: str
) -> None:
    row = state + " 0 90 192.0.2.1:443 203.0.113.8:{} timer:(on,9sec,5)"
    rows = "".join(f"{row.format(40000 + n)} cubic rtt:1/1 cwnd:1 retrans:1/5\n" for n in range(5))
    rows += "".join(f"ESTAB 0 0 192.0.2.1:443 203.0.113.9:{40000 + n}\n" for n in range(5))
    [finding] = ask.found(SS + "LISTEN 0 511 0.0.0.0:443 0.0.0.0:*\n" + rows, id_, COLLAPSE)
    assert (finding.id, finding.absorbed) == (id_, ("cwnd-collapse: 5 rows",))


def test_one_connection_whose_ends_both_wait_is_one_finding(ask: Ask) -> None:
    """Within a host what drops the one end's data drops the other end's probes as well."""
    row = "ESTAB 0 90 192.0.2.1:{} 192.0.2.1:{} timer:({})\n"
    text = row.format(4004, 50000, "on,1min23sec,9") + row.format(
        50000, 4004, "persist,1min52sec,2"
    )
    [finding] = ask.found(SS + text, STALL, WINDOW)
    assert (finding.id, finding.absorbed) == (STALL, ("zero-window: 1 row",))


SMALL = "rtt:1/1 cwnd:2 retrans:1/9"
WELL = "rtt:1/1 cwnd:10"


def test_collapse(ask: Ask) -> None:
    [finding] = ask.found(infos(*[SMALL] * 3, WELL), COLLAPSE)
    assert brief(finding) == (
        "notice cwnd-collapse client 203.0.113.8:5432 app/7 (medium): 3 of 4 connections from "
        "app/7 to 203.0.113.8:5432 send with a congestion window of 2 segments, held down by "
        "loss."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (infos(*[SMALL] * 3, *[WELL] * 27), ["notice"]),
        (infos(*[SMALL] * 3, *[WELL] * 28), []),
        (infos(*[SMALL] * 2, *[WELL] * 2), []),
        (infos(*[SMALL.replace("cwnd:2", "cwnd:3")] * 4), []),
        (infos(*["rtt:1/1 cwnd:2"] * 4), []),
        (infos(*["rtt:1/1 cwnd:2 lost:1"] * 4), ["notice"]),
        (infos(*["rtt:1/1 cwnd:1 lost:1"] * 4).replace("ESTAB", "SYN-SENT"), []),
        (infos(*["rtt:1/1 retrans:1/9"] * 4), []),  # no window is printed
        (infos(*["rtt:1/1 cwnd:9 bytes_sent:1000000"] * 4), []),  # nor a threshold
        (infos(*["rtt:1/1 cwnd:9 ssthresh:7 bytes_sent:1000000"] * 4), ["notice"]),
        (infos(*["rtt:1/1 cwnd:9 ssthresh:8 bytes_sent:1000000"] * 4), []),
        (infos(*["rtt:1/1 cwnd:9 ssthresh:7 bytes_sent:999999"] * 4), []),
        (infos(*[f"{SMALL} bytes_sent:250000 bytes_retrans:7500"] * 4), ["warning"]),
        (infos(*[f"{SMALL} bytes_sent:250000 bytes_retrans:7499"] * 4), ["notice"]),
        (infos(*[f"{SMALL} bytes_sent:249999 bytes_retrans:9000"] * 4), ["notice"]),
        (infos(*[SMALL] * 50, *[WELL] * 451), ["notice"]),
        (infos(*[SMALL] * 49, *[WELL] * 442), []),
    ],
)
def test_collapse_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, COLLAPSE)] == expected


@pytest.mark.parametrize(
    ("more", "count"), [("rto:1000", 3), ("rto:999", 0), ("rto:999 backoff:1", 3)]
)
def test_a_timer_that_has_backed_off(ask: Ask, more: str, count: int) -> None:
    [finding] = ask.found(infos(*[f"{SMALL} {more}"] * 3, WELL), COLLAPSE)
    assert finding.evidence == (f"retransmission timer of 1 s or more, or backed off, on {count}",)


@pytest.mark.parametrize(
    ("then", "seconds", "expected"),
    [
        (SMALL, 120, [("notice", "high")]),
        (SMALL, 119, []),
        (WELL, 120, []),  # an old connection, and its window has only now fallen
    ],
)
def test_a_window_that_stays_small(
    ask: Ask, then: str, seconds: int, expected: list[tuple[str, str]]
) -> None:
    """Half of three is two, where a snapshot before shows the same."""
    before, now = (infos(text, text, WELL, WELL).removeprefix(SS) for text in (then, SMALL))
    assert ask.levels(twice(before, now, seconds), COLLAPSE) == expected


def busy(held: int, kind: str = "rwnd_limited", total: int = 1000) -> str:
    return f"rtt:1/1 busy:{total}ms {kind}:{held}ms({100 * held / total:.1f}%)"


def test_limited(ask: Ask) -> None:
    [finding] = ask.found(infos(*[busy(600)] * 5), LIMITED)
    assert brief(finding) == (
        "notice limited-by client 203.0.113.8:5432 app/7 (high): 5 of 5 busy connections of app/7 "
        "are held back by the window of the receivers, 60 % of the time that there was data to "
        "send."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (infos(busy(300)), ["info"]),
        (infos(busy(299)), []),
        (infos(busy(900, total=999)), []),
        (infos(busy(300), busy(300), *[busy(0)] * 2), ["notice"]),
        (infos(busy(300), *[busy(0)] * 3), ["info"]),
        (infos(*[busy(300)] * 3, *[busy(0)] * 7), ["notice"]),
        (infos(*[busy(300)] * 2, *[busy(0)] * 5), ["info"]),
        (infos(*[busy(300, "sndbuf_limited")] * 5, *[busy(0)] * 20), ["notice"]),
        (infos(*[busy(300, "sndbuf_limited")] * 4, *[busy(0)] * 20), ["info"]),
        (infos(*["rtt:1/1 app_limited busy:90000ms"] * 9), []),
    ],
)
def test_limited_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, LIMITED)] == expected


def trips(*rtts: float, least: float = 20, ack: int = 100) -> str:
    rows = (f"rtt:{rtt}/1 lastsnd:9 lastrcv:9 lastack:{ack} minrtt:{least}" for rtt in rtts)
    return infos(*rows)


def test_slow(ask: Ask) -> None:
    [finding] = ask.found(trips(20, 20, 20, 20, 400), SLOW)
    assert brief(finding) == (
        "notice rtt-outlier client 203.0.113.8:5432 app/7 (medium): 1 of 5 connections takes "
        "400 ms for a round trip where 20 ms is usual."
    )
    idle = infos("rtt:1/1 lastsnd:60000 lastrcv:60000 lastack:60000").replace(":40", ":41")
    [finding] = ask.found(trips(20, 20, 20, 20, 400) + idle.removeprefix(SS), SLOW)
    assert finding.verdict.startswith("1 of 5 busy connections takes 400 ms")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (trips(20, 20, 20, 400), []),
        (trips(25, 25, 25, 25, 125), ["notice"]),
        (trips(25, 25, 25, 25, 124), []),
        (trips(24, 24, 24, 24, 123), []),
        (trips(40, 40, 40, 40, 199), []),
        (trips(*[149] * 5, least=50), []),
        (trips(*[74] * 5, least=24.6), []),
        (trips(20, 20, 20, 20, 400, ack=59_999), ["notice"]),
        (trips(*[20] * 6, *[400] * 3), ["notice"]),
        (trips(*[20] * 8, *[400] * 3), ["notice"]),
        (trips(*[20] * 7, *[400] * 3), ["warning"]),
        (trips(*[20] * 8, *[400] * 2), ["notice"]),
        (trips(*[75] * 5, least=25), ["notice"]),
        (trips(*[74] * 5, least=25), []),
        (trips(*[75] * 10, least=25), ["warning"]),
        (trips(*[300] * 10, least=280), []),
        (infos(*["rtt:300/1"] * 10), []),
        (trips(20, 20, 20, 20, 400, ack=60_000), []),
        (
            trips(20, 20, 20, 400) + infos(*["cwnd:10"] * 9).removeprefix(SS).replace(":40", ":41"),
            [],
        ),
        (trips(20, 20, 20, 20, 400).replace("ESTAB", "CLOSE-WAIT"), []),
    ],
)
def test_slow_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, SLOW)] == expected


def test_a_service_of_one_connection_that_waits_in_a_queue(ask: Ask) -> None:
    """Where the user asks for no more."""
    config = {SLOW: {"rows": 1}}
    [finding] = ask.found(trips(75, least=25), SLOW, config=config)
    assert finding.verdict.startswith("1 of 1 connection takes 75 ms for a round trip where 25 ms")


def callers(*trips: tuple[str, float], least: float | None = None) -> str:
    """Rows of `ss -tanpi`: connections of one server, with who calls and the round trip to there."""
    rows = (
        f'ESTAB 0 0 192.0.2.1:80 {addr}:{40000 + n} users:(("app",pid=7,fd={9 + n})) '
        f"cubic rtt:{rtt}/1 lastsnd:9 lastrcv:9 lastack:9 minrtt:{least or rtt}\n"
        for n, (addr, rtt) in enumerate(trips)
    )
    return SS + LISTENER + "".join(rows)


NEAR, FAR = [("203.0.113.9", 20.0)] * 4, [("198.51.100.9", 280.0)] * 4
NEAR_SLOW, FAR_SLOW = ("203.0.113.9", 400.0), ("198.51.100.9", 1400.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (callers(*NEAR, *FAR, *NEAR, *FAR), None),  # each as slow as its ocean is wide
        (callers(*NEAR, NEAR_SLOW, *FAR), ("notice", "1 of 9 busy", "400 ms", "20 ms is usual")),
        (callers(*NEAR[1:], NEAR_SLOW, *FAR), None),  # of four on a path none is usual
        (
            callers(*NEAR, NEAR_SLOW, *FAR, FAR_SLOW),
            ("notice", "2 of 10 busy", "up to 1 400 ms", "20 to 280 ms is usual"),
        ),
        (
            callers(*NEAR, *FAR, ("192.0.2.9", 90.0), least=20),
            ("notice", "9 of 9 busy", "up to 280 ms", "20 ms is possible"),
        ),
    ],
)
def test_slow_callers_are_held_against_their_own_path(
    ask: Ask, text: str, said: tuple[str, ...] | None
) -> None:
    text += 'ESTAB 0 0 192.0.2.1:80 203.0.113.9:50000 users:(("app",pid=7,fd=99))\n'
    found = ask.found(text, SLOW)
    assert [finding.severity for finding in found] == ([said[0]] if said else [])
    assert all(words in finding.verdict for finding in found for words in (said or ())[1:])


@pytest.mark.parametrize("id_", [LOSS, COLLAPSE, LIMITED, SLOW])
def test_the_path_is_not_evaluated_without_internals(ask: Ask, id_: str) -> None:
    assert ask.skipped(SS + served(20000), id_)
