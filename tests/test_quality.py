"""What a dump itself tells of its quality: cut, filtered, nameless, torn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import nsparse
from nsparse.judging.scene.shown import made_with_timers
from nsparse.judging.wanted import wanted
from nsparse.registry import diagnoses
from nsparse.reporting.overview import overview
from nsparse.reporting.report import Style
from nsparse.reporting.report import text as lines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"


def established(count: int, *, state: str = "ESTAB", users: str = "") -> str:
    return "".join(
        f"{state} 0 0 192.0.2.1:80 203.0.113.9:{20000 + n} {users}\n" for n in range(count)
    )


def tcp(rows: str) -> str:
    """Rows of a dump that shows other protocols too."""
    return "".join(f"tcp {row}\n" for row in rows.splitlines())


LISTENER = "LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n"
NETID = SS.replace("State", "Netid State")
SERVERS = NETSTAT + "".join(f"tcp 0 0 0.0.0.0:{n} 0.0.0.0:* LISTEN -\n" for n in range(80, 100))


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        (established(20), True),
        (established(19), False),
        (established(20) + LISTENER, False),
        (established(9) + established(11, state="CLOSE-WAIT").replace("113.9:", "113.8:"), True),
        (tcp(established(19)) + "udp ESTAB 0 0 192.0.2.1:40000 203.0.113.9:53\n", False),
    ],
)
def test_states_that_were_left_out(ask: Ask, text: str, *, speaks: bool) -> None:
    head = NETID if "udp" in text else SS
    assert ask.severities(head + text, "state-filtered") == ["info"] * speaks


def test_states_that_were_left_out_in_words(ask: Ask) -> None:
    [one] = ask.found(SS + established(20), "state-filtered")
    nothing_else = "there are no others, or the dump was made {}, or with a filter."
    assert one.verdict == f"all 20 TCP rows are ESTABLISHED: {nothing_else.format('without -a')}"
    listeners = "".join(LISTENER.replace(":80", f":{port}") for port in range(80, 100))
    [alone] = ask.found(SS + listeners, "state-filtered")
    assert alone.verdict == f"all 20 TCP rows are LISTEN: {nothing_else.format('with -l')}"
    assert one.confidence == "low"
    two = established(20) + established(1, state="CLOSE-WAIT")
    [several] = ask.found(SS + two, "state-filtered")
    none = "there is no listener among 21 TCP rows: none listens, or the dump was made without -a"
    assert several.verdict == f"{none}, or with a filter."


CLOSING = established(20, state="CLOSE-WAIT") + established(1)
NETSTAT_ROWS = "".join(
    f"tcp 0 0 192.0.2.1:80 203.0.113.9:{20000 + n} {state} -\n"
    for n, state in enumerate(["ESTABLISHED", "TIME_WAIT"] * 10)
)
UNCONNECTED = "udp UNCONN 0 0 {}:68 0.0.0.0:*\n"
GERMAN = "Aktive Internetverbindungen (Server und stehende Verbindungen)\n"


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        # ss hides these states together with the listeners, netstat only the listeners.
        (SS + CLOSING + established(1, state="TIME-WAIT"), False),
        (SS + CLOSING + established(1, state="SYN-RECV"), False),
        (SS + established(20, state="TIME-WAIT"), True),
        (NETSTAT + NETSTAT_ROWS, True),
        # What is bound to no address, and connected to none, goes when listeners go.
        (NETID + tcp(CLOSING) + UNCONNECTED.format("0.0.0.0"), False),
        (NETID + tcp(established(20)) + UNCONNECTED.format("0.0.0.0"), False),
        (NETID + tcp(CLOSING) + UNCONNECTED.format("192.0.2.1"), True),
        (NETID + tcp(LISTENER * 20) + UNCONNECTED.format("0.0.0.0"), True),
        # Two commands: the one that showed all TCP is not known.
        (f"$ ss -tn\n{SS}{CLOSING}$ ss -uan\n{NETID}{UNCONNECTED.format('0.0.0.0')}", True),
        # What a banner or a command says.
        ("Active Internet connections (servers and established)\n" + NETSTAT + NETSTAT_ROWS, False),
        ("Active Internet connections (w/o servers)\n" + NETSTAT + NETSTAT_ROWS, True),
        ("Active Internet connections (only servers)\n" + SERVERS, True),
        (GERMAN + NETSTAT + NETSTAT_ROWS, False),
        (f"$ ss -tanp\n{SS}{CLOSING}", False),
        (f"$ sudo /usr/sbin/ss -t --all\n{SS}{CLOSING}", False),
        (f"$ ss -tnp\n{SS}{CLOSING}", True),
        (f"$ ss -tanl\n{SS}{CLOSING}", True),
        (f"$ ss -tan dport = :9\n{SS}{CLOSING}", True),
        (f"$ ss -t -f inet -A tcp\n{SS}{CLOSING}", True),
    ],
)
def test_a_host_without_listeners(ask: Ask, text: str, *, speaks: bool) -> None:
    """Where it is proven that none was left out, there is no accept queue to ask for either."""
    assert ask.severities(text, "state-filtered") == ["info"] * speaks
    assert ask.skipped(text, "accept-queue-full") == (speaks and "LISTEN" not in text)


def test_a_dump_that_is_cut_proves_no_absence(ask: Ask) -> None:
    cut = SS + CLOSING + established(1, state="TIME-WAIT") + "ESTAB 0 0 192.0.2"
    assert ask.severities(cut, "state-filtered", damaged=True) == ["info"]


def test_a_dump_without_states_does_not_look_healthy(ask: Ask) -> None:
    """As `ss state close-wait` prints it."""
    text = SS.removeprefix("State ") + established(2).replace("ESTAB ", "")
    [finding] = ask.found(text, "state-filtered")
    assert (finding.severity, finding.n) == ("notice", 2)
    assert finding.verdict == "2 TCP rows without a state: most diagnoses need it."
    assert [step.cmd for step in finding.next] == ["sudo ss -tanp"]
    assert finding.cause[0].startswith("`ss state X` prints")
    said = "\n".join(lines(ask.report(text), Style()))
    assert "judged in part  the dump shows no states" in said
    assert "ok  " not in said


def test_states_need_states() -> None:
    text = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    text += "udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n"
    report = nsparse.diagnose(
        nsparse.parse(io.BytesIO(text.encode())), select=["state-filtered", "dump-not-atomic"]
    )
    assert [name for name, _ in report.not_evaluated] == ["dump-not-atomic"]


USERS = 'users:(("a",pid=1,fd=3))'


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        (established(1), True),
        (established(9, state="TIME-WAIT"), False),
        (established(9) + f"ESTAB 0 0 192.0.2.1:80 203.0.113.8:9 {USERS}\n", False),
        (established(10) + f"ESTAB 0 0 192.0.2.1:80 203.0.113.8:9 {USERS}\n", True),
    ],
)
def test_owners_that_nobody_sees(ask: Ask, text: str, *, speaks: bool) -> None:
    assert ask.severities(SS + text, "owners-missing") == ["info"] * speaks


def test_owners_that_nobody_sees_are_those_of_what_programs_hold(ask: Ask) -> None:
    over = "FIN-WAIT-2 0 0 192.0.2.1:80 203.0.113.8:9\nTIME-WAIT 0 0 192.0.2.1:80 203.0.113.8:7\n"
    owned = f"ESTAB 0 0 192.0.2.1:80 203.0.113.8:8 {USERS}\n"
    verdicts = {
        established(7): "0 of 7 TCP sockets that programs hold tell which process it is.",
        established(11)
        + owned: "1 of 12 TCP sockets that programs hold tells which process it is.",
        established(1): "0 of 1 TCP socket that programs hold tell which process it is.",
    }
    for text, verdict in verdicts.items():
        [finding] = ask.found(SS + text + over, "owners-missing")
        assert finding.verdict == verdict


@pytest.mark.parametrize(("user", "speaks"), [(0, False), (1000, True)])
def test_root_sees_all_owners_that_there_are(ask: Ask, user: int, *, speaks: bool) -> None:
    """Where a socket of root has its process, the others have none that is to be seen."""
    head = "Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name\n"
    row = "tcp 0 0 192.0.2.1:80 203.0.113.9:{} ESTABLISHED {} {} {}\n"
    rows = "".join(row.format(20000 + n, 33, 70 + n, "-") for n in range(20))
    text = head + rows + row.format(30000, user, 99, "7/web")
    assert ask.severities(text, "owners-missing") == ["info"] * speaks


def test_names_for_numbers(ask: Ask) -> None:
    named = "tcp 0 0 web1:https client.example:40000 ESTABLISHED -\n"
    odd = "tcp 0 0 web1:frobnicate client.example:40000 ESTABLISHED -\n"
    [finding] = ask.found(NETSTAT + named, "names-not-numbers")
    assert (finding.severity, len(finding.evidence)) == ("info", 1)
    [finding] = ask.found(NETSTAT + named + odd, "names-not-numbers")
    assert finding.evidence[1] == "1 row with a local port of a name that no table knows"
    numbers = "tcp 0 0 192.0.2.1:443 203.0.113.9:40000 ESTABLISHED -\n"
    assert not ask.severities(NETSTAT + numbers, "names-not-numbers")


SS_NETID = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
NETLINK = "nl UNCONN 0 0 rtnl:ss/4711 *\n"
ICMP = "raw UNCONN 0 0 [::]:ipv6-icmp [::]:*\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SS_NETID + NETLINK, []),
        (SS_NETID + NETLINK + "udp UNCONN 0 0 *:bootpc *:*\n", ["1 row"]),
        (SS_NETID + ICMP, ["1 row"]),
    ],
)
def test_names_are_those_of_hosts_and_ports(ask: Ask, text: str, said: list[str]) -> None:
    """A netlink socket has neither, and a raw one a protocol in place of the port."""
    found = ask.found(text, "names-not-numbers")
    assert [one.verdict for one in found] == [f"{n} with names in place of numbers." for n in said]
    assert [len(one.evidence) for one in found] == [1] * len(said)


MAC = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"


@pytest.mark.parametrize(
    ("end", "named"),
    [
        ("2001:db8:4:8::.4 ", False),  # an address and a port that were cut
        ("fe80::1%lo0.4915 ", False),
        ("192.168.100.221.51", False),
        ("web1.example.c.443", True),
        ("db8.https         ", True),
    ],
)
def test_a_cut_number_is_no_name(end: str, *, named: bool) -> None:
    row = f"tcp6       0      0  {end:<22} 2001:db8:9::80.https   ESTABLISHED\n"
    row = row.replace("2001:db8:9::80.https  ", "2001:db8:9:1::.5  ")
    dump = nsparse.parse(io.BytesIO((MAC + row).encode()))
    assert not dump.problems
    report = nsparse.diagnose(dump, select=["names-not-numbers"])
    assert [finding.severity for finding in report.findings] == ["info"] * named


@pytest.mark.parametrize(
    ("os", "command"),
    [
        ("linux", "sudo ss -tuanpe"),
        ("freebsd", "sockstat -46"),
        ("openbsd", "fstat | grep internet"),
        ("macos", "sudo netstat -anv"),
    ],
)
def test_who_tells_the_owners(os: str, command: str) -> None:
    frame = nsparse.parse(io.BytesIO((SS + established(1)).encode())).frame
    there = frame["os"].map(lambda _: os).astype(frame["os"].dtype)
    [finding] = nsparse.diagnose(frame.assign(os=there), select=["owners-missing"]).findings
    assert [step.cmd for step in finding.next] == [command]


def test_a_dump_without_states_says_nothing_of_them() -> None:
    frame = nsparse.parse(io.BytesIO((SS + established(2) + LISTENER).encode())).frame
    nothing = frame["state"].mask(frame["state"].notna())
    [scene] = nsparse.diagnose(frame.assign(state=nothing)).scenes
    said = dict(overview(scene))
    assert said["connections"][0].endswith("(the dump shows no states)")
    assert said["connections"][1].startswith("listeners not shown")
    assert "closing" not in said


def test_a_dump_of_listeners_says_that_connections_are_not_in_it() -> None:
    every = "$ ss -tan\n" + SS + LISTENER
    said = [
        dict(overview(nsparse.diagnose(nsparse.parse(io.BytesIO(text.encode()))).scenes[0]))
        for text in (SS + LISTENER, every, SS + LISTENER + established(1))
    ]
    shown = ["0 (the dump shows listeners alone)", "0", "1 (1 ESTABLISHED)"]
    assert [one["connections"][0] for one in said] == shown


def test_what_is_closing_counts_both_ends_within_the_host() -> None:
    """The two are in different states: the one that did not close is not left out."""
    rows = "FIN-WAIT-2 0 0 192.0.2.1:80 192.0.2.1:9\nCLOSE-WAIT 1 0 192.0.2.1:9 192.0.2.1:80\n"
    [scene] = nsparse.diagnose(nsparse.parse(io.BytesIO((SS + rows).encode()))).scenes
    said = dict(overview(scene))
    assert (said["connections"][0], said["closing"]) == (
        "1 (1 closing)",
        ["1 FIN_WAIT_2, 1 CLOSE_WAIT"],
    )


@pytest.mark.parametrize(
    ("unknown", "known", "said"),
    [
        (1, 8, "judged in part  the state of 1 row is not known"),
        (2, 17, "judged in part  the state of 2 rows is not known"),
        (1, 9, "ok "),
        (0, 9, "ok "),
    ],
)
def test_whose_states_nobody_knows_is_not_well(unknown: int, known: int, said: str) -> None:
    """More than one word in ten: no diagnosis has judged what they mean."""
    states = ["KWAAK"] * unknown + ["ESTABLISHED"] * known
    row = "  TCP    192.0.2.1:80           203.0.113.8:{:<12} {:<16}7\n"
    text = WINDOWS + "".join(row.format(9 + n, state) for n, state in enumerate(states))
    report = nsparse.diagnose(nsparse.parse(io.BytesIO(text.encode())))
    told = list(lines(report, Style()))
    assert [one for one in told if one.startswith(said)]
    counted = f"({known} ESTABLISHED, {unknown} in a state that no table knows)"
    assert (counted in " ".join(" ".join(told).split())) == bool(unknown)


@pytest.mark.parametrize(
    ("pids", "who"),
    [
        (("web/7", "web/7"), "web/7 "),
        (("web/7", "web/8"), "web "),
        (("web/7", "proxy/8"), ""),
        (("web/7", ""), "web/7 "),  # what is closing belongs to the kernel
        (("", ""), ""),
    ],
)
def test_the_busiest_port_is_that_of_all_who_hold_it(pids: tuple[str, ...], who: str) -> None:
    rows = [f"tcp 0 0 192.0.2.1:80 203.0.113.8:{n} ESTABLISHED" for n in range(9, 9 + len(pids))]
    owned = zip(rows, pids, strict=True)
    text = NETSTAT + "".join(
        f"{row} {'/'.join(reversed(owner.split('/'))) or '-'}\n" for row, owner in owned
    )
    [scene] = nsparse.diagnose(nsparse.parse(io.BytesIO(text.encode()))).scenes
    assert dict(overview(scene))["busiest in"] == [f"192.0.2.1:80 {who}2 connections"]


def test_rows_twice(ask: Ask) -> None:
    row = "ESTAB 0 0 192.0.2.1:80 203.0.113.8:9 ino:77 sk:1\n"
    [finding] = ask.found(SS + established(98) + row * 2, "dup-rows")
    assert (finding.severity, finding.verdict) == (
        "info",
        "1 of 100 rows (1 %) repeats a socket: each is counted once.",
    )
    assert ask.severities(SS + established(97) + row * 2, "dup-rows") == ["notice"]
    [several] = ask.found(SS + row * 3, "dup-rows")
    assert several.verdict == "2 of 3 rows (67 %) repeat a socket: each is counted once."
    assert not ask.severities(SS + established(98) + row, "dup-rows")


def test_a_word_nobody_knows(ask: Ask) -> None:
    row = "  TCP    192.0.2.1:50000    203.0.113.9:443    {}    12\n"
    assert ask.severities(WINDOWS + row.format("KWAAK"), "unknown-state") == ["notice"]
    assert not ask.severities(WINDOWS + row.format("ESTABLISHED"), "unknown-state")
    two = row.format("CLOSE_WA1T") + row.format("KWAAK").replace("50000", "50001")
    [finding] = ask.found(WINDOWS + two, "unknown-state")
    assert finding.evidence == (
        "words: CLOSE_WA1T (1), KWAAK (1)",
        "CLOSE_WA1T looks like CLOSE_WAIT",
    )
    more = "".join(row.format(f"KWAAK{n}").replace("50000", f"5000{n}") for n in range(9))
    [finding] = ask.found(WINDOWS + more, "unknown-state")
    assert finding.evidence[0].endswith("KWAAK6 (1), KWAAK7 (1)")
    # What waits for anybody is a listener, whatever the word of its language (design, 4).
    waiting = row.replace("203.0.113.9:443", "0.0.0.0:0      ")
    assert not ask.severities(WINDOWS + waiting.format("KWAAK"), "unknown-state")


@pytest.mark.parametrize(
    ("row", "speaks"),
    [
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (59.00/0/0)", False),
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (61.00/0/0)", False),  # rounded up
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (61.01/0/0)", True),
        ("tcp 5 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (59.00/0/0)", True),
        ("tcp 5 1 192.0.2.1:80 203.0.113.9:9 SYN_SENT on (1.00/0/0)", True),
        ("tcp 0 1 192.0.2.1:80 203.0.113.9:9 SYN_SENT on (1.00/0/0)", False),
        ("tcp 5 0 192.0.2.1:80 203.0.113.9:9 ESTABLISHED off (0.00/0/0)", False),
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:0 ESTABLISHED off (0.00/0/0)", True),
    ],
)
def test_what_cannot_be(ask: Ask, row: str, *, speaks: bool) -> None:
    assert ask.severities(f"{TIMED}{row}\n", "impossible-state") == ["notice"] * speaks


def test_what_cannot_be_is_set_aside(ask: Ask) -> None:
    """It is named, and counts for nothing: here it would be an unread queue, and a listener."""
    rows = [
        "tcp 70000 1 192.0.2.1:40000 203.0.113.9:9 SYN_SENT on (90.00/6/0)",
        "tcp 0 0 192.0.2.1:80 203.0.113.9:9 LISTEN off (0.00/0/0)",
        "tcp 0 0 192.0.2.1:81 203.0.113.9:9 ESTABLISHED off (0.00/0/0)",
    ]
    report = ask.report(TIMED + "".join(f"{row}\n" for row in rows))
    [finding] = report.findings[:1]
    assert (finding.id, finding.n) == ("impossible-state", 2)
    assert [line for _, line in finding.rows] == [2, 3]
    assert finding.evidence == ("LISTEN with a remote end (1), SYN_SENT with unread bytes (1)",)
    assert [one.severity for one in report.findings[1:] if one.severity != "info"] == []
    assert report.summary["connections"] == 1


def pairs(states: list[tuple[str, str]]) -> str:
    rows = [LISTENER.replace("0.0.0.0:80", "127.0.0.1:80")]
    for port, (here, there) in enumerate(states, start=40000):
        rows.append(f"{here} 0 0 127.0.0.1:80 127.0.0.1:{port}\n")
        rows.append(f"{there} 0 0 127.0.0.1:{port} 127.0.0.1:80\n")
    return SS + "".join(rows)


@pytest.mark.parametrize(
    ("states", "speaks"),
    [
        ([("FIN-WAIT-2", "CLOSE-WAIT")] * 2, False),
        ([("ESTAB", "SYN-SENT")] * 1, False),
        ([("ESTAB", "SYN-SENT")] * 2, True),
        ([("ESTAB", "SYN-SENT")] * 2 + [("ESTAB", "ESTAB")] * 198, False),
        ([("ESTAB", "SYN-SENT")] * 2 + [("ESTAB", "ESTAB")] * 197, True),
        ([("SYN-RECV", "SYN-SENT")] * 2 + [("ESTAB", "ESTAB")], False),
        ([("ESTAB", "TIME-WAIT")] * 2, False),
        ([("TIME-WAIT", "ESTAB")] * 2, False),
    ],
)
def test_no_single_moment(ask: Ask, states: list[tuple[str, str]], *, speaks: bool) -> None:
    assert ask.severities(pairs(states), "dump-not-atomic") == ["notice"] * speaks


@pytest.mark.parametrize(
    ("apart", "expected"),
    [(1, ("warning", "medium")), (2, ("warning", "low"))],
)
def test_how_long_anything_lasts_is_unsure_in_a_dump_of_no_moment(
    ask: Ask, apart: int, expected: tuple[str, str]
) -> None:
    """What may be passing is worth less; what a timer says outright is worth as much."""
    unread = "".join(
        f'ESTAB 9000 0 192.0.2.1:80 203.0.113.9:{n} users:(("app",pid=7,fd={n}))\n'
        for n in range(1, 7)
    )
    probed = "ESTAB 0 900 192.0.2.1:81 203.0.113.9:9 timer:(persist,9sec,0)\n"
    text = pairs([("ESTAB", "SYN-SENT")] * apart) + unread + probed
    assert ask.levels(text, "recv-q-backlog") == [expected]
    assert ask.levels(text, "zero-window") == [("warning", "high")]


def test_connections_of_other_hosts_are_no_pairs(ask: Ask) -> None:
    """They have no other end here that could tell of another moment, so they are no base."""
    text = pairs([("ESTAB", "SYN-SENT")] * 2)
    [finding] = ask.found(text + established(300), "dump-not-atomic")
    # Each connection is told by the end that stands first.
    assert [line for _, line in finding.rows] == [3, 5]


def test_a_connection_that_took_over_the_ports_of_another(ask: Ask) -> None:
    """The TIME_WAIT of the one before stands beside it, and is no end of it."""
    before = "".join(f"TIME-WAIT 0 0 127.0.0.1:80 127.0.0.1:{40000 + n}\n" for n in range(5))
    assert not ask.severities(pairs([("ESTAB", "ESTAB")] * 5) + before, "dump-not-atomic")


@pytest.mark.parametrize(
    ("twice", "others", "speaks"),
    [(2, 197, True), (2, 198, False), (1, 0, False)],
)
def test_a_socket_in_two_states(ask: Ask, twice: int, others: int, *, speaks: bool) -> None:
    """By its inode; 2 of 199 sockets are more than one in a hundred, 2 of 200 are not."""
    rows = "".join(
        f"{state} 0 0 192.0.2.1:{40000 + n} 203.0.113.9:443 ino:{70 + n} sk:{n + 1}\n"
        for n in range(twice)
        for state in ("SYN-SENT", "ESTAB")
    )
    rows += "".join(
        f"ESTAB 0 0 192.0.2.1:80 203.0.113.9:{20000 + n} ino:{900 + n} sk:{900 + n}\n"
        for n in range(others)
    )
    found = ask.found(SS + rows, "dump-not-atomic")
    assert [finding.n for finding in found] == [2] * speaks
    again = "2 sockets printed again, in another state"
    assert [finding.evidence for finding in found] == [(again,)] * speaks
    datagrams = "".join(
        f"udp UNCONN 0 0 0.0.0.0:{500 + n} 0.0.0.0:* ino:{5000 + n} sk:{5000 + n}\n"
        for n in range(9)
    )
    assert len(ask.found(NETID + tcp(rows) + datagrams, "dump-not-atomic")) == speaks


def test_several_moments_or_hosts_in_one_file(tmp_path: Path) -> None:
    rows = SS + LISTENER + established(2)
    later = [f"$ date\nMon Nov 23 10:0{n}:00 UTC 2026\n$ ss -tan\n{rows}" for n in (0, 5, 7)]
    hosts = [
        "".join(
            f"web{n}: {line}\n" for line in rows.replace("192.0.2.1", f"192.0.2.{n}").splitlines()
        )
        for n in (1, 2)
    ]
    views = f"$ ss -tan\n{rows}$ ss -tano\n{rows}"
    said = {
        later[0]: [],
        "".join(later): [
            "3 moments of this host in one file: the last one is judged by those before."
        ],
        "".join(hosts): ["2 hosts in one file: each is judged by itself."],
        views: [],
    }
    for number, (text, verdicts) in enumerate(said.items()):
        file = tmp_path / f"{number}.txt"
        file.write_text(text)
        report = nsparse.diagnose(nsparse.parse(file), select=["mixed-dumps"])
        assert [finding.verdict for finding in report.findings] == verdicts
        assert all(finding.severity == "info" for finding in report.findings)
        apart = nsparse.diagnose(
            nsparse.parse(file), {"mixed-dumps": {"parts": 4}}, select=["mixed-dumps"]
        )
        assert not apart.findings


def test_an_address_that_was_cut() -> None:
    dump = nsparse.parse(io.BytesIO((SS + established(1)).encode()), columns="all").frame
    assert not nsparse.diagnose(dump, select=["addr-truncated"]).findings
    [finding] = nsparse.diagnose(
        dump.assign(addr_truncated=dump["addr_truncated"].fillna(True)), select=["addr-truncated"]
    ).findings
    assert (finding.severity, finding.n) == ("info", 1)


def test_the_end_is_missing(ask: Ask) -> None:
    cut = SS + established(3) + "ESTAB 0 0 192.0.2"
    assert ask.severities(cut, "dump-truncated", damaged=True) == ["notice"]
    listener = "LISTEN 0 9 0.0.0.0:80 0.0.0.0:*\n"
    lines = (SS + listener + established(9)).splitlines()
    sideways = "".join(f"{line[:36]}\n" for line in lines)
    assert not ask.severities(sideways, "dump-truncated", damaged=True)
    assert not ask.severities(SS + established(3), "dump-truncated")
    hosts = "".join(f"root@web{n}:~# ss -tan\n{SS}{established(n)}" for n in (1, 2))
    [finding] = ask.found(f"{hosts}ESTAB 0 0 192.0.2", "dump-truncated", damaged=True)
    assert (finding.host, finding.verdict) == (
        "web2",
        "the end of the dump is missing, after 2 rows.",
    )


@pytest.mark.parametrize(
    ("last", "cut"),
    [
        ("ESTAB 0 0 192.0.2", True),
        ("ESTAB 0 0 192.0.2.1:", True),
        ("LISTEN 0", True),
        ('ESTAB 0 0 192.0.2.1:80 203.0.113.9:7 users:(("Web Content",pid=7', True),
        ("ESTAB 0 0 [my host]:443 203.0.113.9:7", False),
        ('ESTAB 0 0 192.0.2.1:80 203.0.113.9:7 users:(("Web Content",pid=x,fd=3))', False),
        ("ESTAB 0 0 192.0.2.1:80 203.0.113.9:99999", False),
        ("ESTAB 0.23 0.00 0.12 0.01", False),
    ],
)
def test_a_last_row_that_goes_wrong_before_its_end_is_damaged(
    ask: Ask, last: str, *, cut: bool
) -> None:
    found = ask.severities(SS + established(9) + last, "dump-truncated", damaged=True)
    assert found == ["notice"] * cut


# ---- where the data of a diagnosis are missing ---------------------------------------------------

QUEUES = {"fin-wait1-stuck", "recv-q-backlog", "send-q-backlog", "udp-recv-backlog"}
QUEUES |= {"close-wait-unaccepted", "close-wait-unread", "zero-window"}
ACCEPT = {"accept-queue-filling", "accept-queue-full"}
BACKLOG = {"accept-queue-one-worker", "backlog-too-small"}
OWNERS = {"backend-imbalance", "close-wait-unread", "fd-pressure", "listener-duplicate"}
OWNERS |= {"listener-shadowed", "privileged-port-unusual"}
READING = {"listener-not-serving"}  # owners, inodes, accept queues
INODES = {"orphan-pressure"}
NEITHER = {"close-wait-unaccepted"}  # owners nor inodes
TIMERS = {"keepalive-failing", "keepalive-missing", "retransmit-stall", "zero-window"}
INTERNALS = {"cwnd-collapse", "idle-established", "keepalive-missing", "limited-by"}
INTERNALS |= {"loss-high", "nat-many-clients", "rtt-outlier"}
PROCESSES = {"listener-dead-process"}
LATER = {"listener-in-ephemeral-range"}
NAMELESS = OWNERS | READING | INODES | NEITHER | TIMERS | INTERNALS | PROCESSES | LATER
STATELESS = {"addr-truncated", "dump-truncated", "dup-rows", "impossible-state"}
STATELESS |= {"state-filtered", "listener-exposed", "listener-family-mismatch", "names-not-numbers"}
STATELESS |= {"mixed-dumps"}
STATELESS |= {"owners-missing", "send-q-backlog", "udp-recv-backlog", "unknown-state"}

WINDOWS_ANO = """\
  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4
  TCP    192.0.2.1:80           203.0.113.9:4000       ESTABLISHED     4
"""
MACOS_AN = """\
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  192.0.2.1.80           203.0.113.9.4000       ESTABLISHED
tcp4       0      0  *.80                   *.*                    LISTEN
"""
SS_TAN = SS + LISTENER + established(1)
NETSTAT_ANPEO = """\
Proto Recv-Q Send-Q Local Address Foreign Address  State       User Inode PID/Program name Timer
tcp   0      0      0.0.0.0:80    0.0.0.0:*        LISTEN      0    7001  7/web off (0.00/0/0)
tcp   0      0      192.0.2.1:80  203.0.113.9:4000 ESTABLISHED 0    7002  7/web keepalive (5.00/0/0)
"""
SS_UAN = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
SS_UAN += "udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n"
SS_ALL = """\
Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process
tcp LISTEN 0 128 0.0.0.0:80 0.0.0.0:* users:(("web",pid=7,fd=3)) ino:7001 sk:1 <->
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic cwnd:10
tcp ESTAB 0 0 192.0.2.1:80 203.0.113.9:4000 users:(("web",pid=7,fd=4)) ino:7002 sk:2 <->\
 timer:(keepalive,60sec,0)
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d0) cubic rtt:0.5/0.2 lastsnd:10 lastrcv:10 lastack:10
"""


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        (
            WINDOWS_ANO,
            QUEUES | ACCEPT | BACKLOG | INODES | TIMERS | INTERNALS | PROCESSES | LATER,
        ),
        (MACOS_AN, ACCEPT | BACKLOG | NAMELESS),
        (SS_TAN, NAMELESS - READING),
        (NETSTAT_ANPEO, BACKLOG | INTERNALS | LATER),
        (SS_UAN, set(diagnoses()) - STATELESS),
        (SS_ALL, LATER),
    ],
    ids=["netstat -ano", "netstat -an of macOS", "ss -tan", "netstat -anpeo", "ss -uan", "all"],
)
def test_what_a_dump_cannot_show_is_not_evaluated(text: str, lacking: set[str]) -> None:
    dump = nsparse.parse(io.BytesIO(text.encode()))
    assert not dump.problems
    report = nsparse.diagnose(dump)
    assert {id_ for id_, _ in report.not_evaluated} == lacking
    # Each with the command that would show it, unless the system has none.
    ways = [wanted(needs, report.scenes) for _, needs in report.not_evaluated]
    assert all((way.command is None) == way.what.endswith("does not print") for way in ways)


@pytest.mark.parametrize(
    ("heading", "timer", "skipped"),
    [
        (" Timer", " off (0.00/0/0)", False),
        (" Temporizador", " desligado (0.00/0/0)", False),
        ("", "", True),
    ],
)
def test_a_column_of_timers_that_are_all_off_is_one(
    ask: Ask, heading: str, timer: str, *, skipped: bool
) -> None:
    text = f"Proto Recv-Q Send-Q Local Address Foreign Address State{heading}\n"
    text += f"tcp 0 0 192.0.2.1:80 203.0.113.9:4000 ESTABLISHED{timer}\n"
    assert ask.skipped(text, "retransmit-stall") == skipped


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("ESTAB 0 0", "ino:7 sk:1", "timers (no timer ran, if taken with -o)"),
        ("ESTAB 0 0", "", "timers"),  # no other option was given either
        ("SYN-SENT 0 1", "ino:7 sk:1", "timers"),  # one runs, and is not shown
        ("ESTAB 0 90", "ino:7 sk:1", "timers"),  # here, too: what is not acknowledged has one
    ],
)
def test_ss_has_no_column_of_timers(ask: Ask, state: str, more: str, said: str) -> None:
    """A dump with -o shows nothing where none runs."""
    rows = f"{SS}{state} 192.0.2.1:80 203.0.113.9:4000 {more}\n"
    report = ask.report(rows, "retransmit-stall")
    ((_, needs),) = report.not_evaluated
    assert wanted(needs, report.scenes) == (said, "ss -tuano")


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("in/ss_-peaonmi", True),
        ("netstat_-W_-neopa.txt", True),
        ("ss -tano", True),
        ("ss_-peanmi", False),
        ("boss_-o.txt", False),
        ("in_-o/ss_-tan", False),
    ],
)
def test_a_file_is_named_like_its_command(file: str, *, shown: bool) -> None:
    assert made_with_timers(file) == shown


def test_each_need_is_missing_in_some_dump() -> None:
    """Those that can be judged of any dump need nothing but rows."""
    always = {id_ for id_, diagnosis in diagnoses().items() if not diagnosis.needs}
    assert always == STATELESS - {"send-q-backlog", "udp-recv-backlog", *ABSENCE}


ABSENCE = {"listener-family-mismatch", "listener-not-serving"}


def test_what_a_cut_dump_does_not_show_is_not_said_to_be_absent() -> None:
    whole = NETSTAT_ANPEO + NETSTAT_ANPEO.splitlines()[-1].replace("4000", "4001")
    cut = whole[: whole.rindex("ESTABLISHED")]
    missing = [
        {id_ for id_, _ in nsparse.diagnose(nsparse.parse(io.BytesIO(text.encode()))).not_evaluated}
        for text in (whole, cut)
    ]
    assert missing[1] - missing[0] == ABSENCE
