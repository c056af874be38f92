"""Who holds how many connections, and which leave to where: what speaks, and what must not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

import nsparse
from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
LISTENER = 'LISTEN {q} 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=3))\n'


OWNED = 'ESTAB 0 0 192.0.2.1:22 203.0.113.9:50000 users:(("sshd",pid=3,fd=3))\n'


def accepted(counts: Iterable[int], info: str = "", first: str = "203.0.113.1") -> str:
    """Connections on port 80: so many from each address, the first of them named."""
    rows = []
    for number, count in enumerate(counts):
        addr = f"198.51.100.{number}" if number else first
        rows += [
            f'ESTAB 0 0 192.0.2.1:80 {addr}:{20000 + n} users:(("nginx",pid=9,fd={n})){info}\n'
            for n in range(count)
        ]
    return "".join(rows)


def called(
    addr: str, port: int, count: int, *, info: str = "", state: str = "ESTAB", start: int = 35000
) -> str:
    return "".join(
        f'{state} 0 0 192.0.2.1:{start + n} {addr}:{port} users:(("app",pid=5,fd={n})){info}\n'
        for n in range(count)
    )


def listened(count: int, start: int) -> str:
    """Listeners of the program that calls: what comes to their ports are no calls of its own."""
    return "".join(
        f'LISTEN 0 9 0.0.0.0:{start + n} 0.0.0.0:* users:(("app",pid=5,fd={n}))\n'
        for n in range(count)
    )


# ---- hot-client, nat-many-clients --------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([100, 1, 1, 1, 1], ["notice"]),
        ([99, 1, 1, 1, 1], []),
        ([100, 1, 1, 1], []),
        ([100, 25, 25, 25, 25], ["notice"]),
        ([100, 26, 25, 25, 25], []),
    ],
)
def test_one_caller(ask: Ask, counts: list[int], expected: list[str]) -> None:
    assert ask.severities(SS + LISTENER.format(q=0) + accepted(counts), "hot-client") == expected


def test_one_caller_in_words(ask: Ask) -> None:
    [finding] = ask.found(SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1]), "hot-client")
    assert brief(finding) == (
        "notice hot-client server 0.0.0.0:80 nginx/9 (medium): 203.0.113.1 holds 100 of 104 "
        "connections on port 80 (96 %)."
    )


@pytest.mark.parametrize(
    ("os", "hot", "leak"),
    [
        (
            "linux",
            "ss -tan src :80 dst 203.0.113.1",
            "ss -tanpoi dst 203.0.113.8:5432",
        ),
        (
            "macos",
            "netstat -an | grep 203.0.113.1",
            "lsof -nP -iTCP@203.0.113.8:5432",
        ),
        (
            "windows",
            "Get-NetTCPConnection -LocalPort 80 -RemoteAddress 203.0.113.1",
            "Get-NetTCPConnection -RemoteAddress 203.0.113.8 -RemotePort 5432 "
            "| Group-Object OwningProcess",
        ),
    ],
)
def test_what_to_look_at_on_each_system(os: str, hot: str, leak: str) -> None:
    text = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1])
    text += called("203.0.113.8", 5432, 1000)
    frame = nsparse.parse(io.BytesIO(text.encode())).frame
    there = frame["os"].map(lambda _: os).astype(frame["os"].dtype)
    report = nsparse.diagnose(frame.assign(os=there), select=["hot-client", "conn-leak-backend"])
    first = {finding.id: finding.next[0].cmd for finding in report.findings}
    assert first == {"hot-client": hot, "conn-leak-backend": leak}


def test_one_caller_of_a_port_that_others_serve_too(ask: Ask) -> None:
    text = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1])
    other = text.replace("0.0.0.0:80", "198.51.100.8:80").replace("192.0.2.1:80", "198.51.100.8:80")
    first, second = ask.found(text + other.removeprefix(SS), "hot-client")
    assert first.verdict.endswith("100 of 104 connections on 0.0.0.0:80 (96 %).")
    assert second.verdict.endswith("100 of 104 connections on 198.51.100.8:80 (96 %).")
    workers = text + text.removeprefix(SS).replace("pid=9", "pid=8")
    first, second = ask.found(re.sub(r":2(\d{4}) (.*pid=8)", r":3\1 \2", workers), "hot-client")
    assert first.verdict.endswith("100 of 104 connections accepted by nginx/9 on port 80 (96 %).")


@pytest.mark.parametrize(("queue", "waits"), [(1, "1 connection waits"), (4, "4 connections wait")])
def test_one_caller_and_a_queue(ask: Ask, queue: int, waits: str) -> None:
    text = SS + LISTENER.format(q=queue) + accepted([100, 1, 1, 1, 1])
    [finding] = ask.found(text, "hot-client")
    assert finding.severity == "warning"
    assert finding.verdict.endswith(f" (96 %), and {waits} for accept().")


@pytest.mark.parametrize(
    ("idle", "ms", "expected"),
    [(80, 300_000, "warning"), (79, 300_000, "notice"), (100, 299_999, "notice")],
)
def test_one_caller_that_holds_and_does_not_use(
    ask: Ask, idle: int, ms: int, expected: str
) -> None:
    rows = accepted([100, 1, 1, 1, 1]).splitlines()
    quiet = f" cubic rtt:1/1 lastsnd:{ms} lastrcv:{ms} lastack:9"
    rows = [f"{row}{quiet}" if n < idle else row for n, row in enumerate(rows)]
    text = SS + LISTENER.format(q=0) + "\n".join(rows) + "\n"
    assert ask.severities(text, "hot-client") == [expected]


@pytest.mark.parametrize(
    ("limit", "hot", "idle"), [(130, "warning", "warning"), (131, "notice", "notice")]
)
def test_descriptors_that_run_out_make_it_graver(ask: Ask, limit: int, hot: str, idle: str) -> None:
    facts = {"web1": {"fd_limit": limit}}
    rows = accepted([100, 1, 1, 1, 1])
    assert ask.severities(
        SS + LISTENER.format(q=0) + rows, "hot-client", host="web1", facts=facts
    ) == [hot]
    rows = accepted([0, *[1] * 104], HOURS)
    assert ask.severities(
        SS + LISTENER.format(q=0) + rows, "idle-established", host="web1", facts=facts
    ) == [idle]


def test_only_open_connections_to_a_listener_have_a_caller(ask: Ask) -> None:
    hot = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1])
    over = re.sub(r"ESTAB(.*) users:.*", r"TIME-WAIT\1", hot)
    assert not ask.severities(over, "hot-client")
    calls = called("203.0.113.8", 443, 100) + "".join(
        called(f"10.0.0.{n}", 443, 1) for n in range(5)
    )
    assert not ask.severities(SS + calls, "hot-client")


def test_one_caller_whose_requests_are_not_read(ask: Ask) -> None:
    """It does use its connections: the program does not."""
    quiet = " cubic rtt:1/1 lastsnd:300000 lastrcv:300000 lastack:9"
    text = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1], quiet)
    assert ask.severities(text, "hot-client") == ["warning"]
    assert ask.severities(text.replace("ESTAB 0", "ESTAB 9"), "hot-client") == ["notice"]


@pytest.mark.parametrize("caller", ["127.0.0.1", "192.0.2.1"])
def test_one_caller_on_this_host(ask: Ask, caller: str) -> None:
    """By loopback, or by the address that it calls."""
    text = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1], first=caller)
    assert not ask.severities(text, "hot-client")


def paths(*best: float) -> str:
    rows = [
        f"ESTAB 0 0 192.0.2.1:80 203.0.113.1:{20000 + n} cubic rtt:{ms + 1}/1 minrtt:{ms}\n"
        for n, ms in enumerate(best)
    ]
    return SS + LISTENER.format(q=0) + "".join(rows)


@pytest.mark.parametrize(
    ("best", "speaks"),
    [
        ([10.0] * 10 + [50.0] * 10, True),
        ([10.0] * 10 + [49.0] * 10, False),
        ([10.0] * 9 + [50.0] * 10, False),
    ],
)
def test_many_behind_one_address(ask: Ask, best: list[float], *, speaks: bool) -> None:
    assert ask.severities(paths(*best), "nat-many-clients") == ["info"] * speaks


def stacks(*options: str) -> str:
    rows = [
        f"ESTAB 0 0 192.0.2.1:80 203.0.113.1:{20000 + n} {told} rtt:2/1 minrtt:1\n"
        for n, told in enumerate(options)
    ]
    return SS + LISTENER.format(q=0) + "".join(rows)


TS, PLAIN, ECN = "ts sack cubic mss:1448", "sack cubic mss:1460", "ts sack ecn cubic mss:1448"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([TS] * 18 + [PLAIN] * 2, "its 20 connections have 2 different sets of TCP options"),
        ([TS] * 19 + [PLAIN], None),
        ([TS] * 17 + [PLAIN] * 2, None),
        ([TS] * 19 + [PLAIN] * 2, None),
        ([TS] * 10 + [ECN] * 10, "its 20 connections have 2 different sets of TCP options"),
        ([TS] * 18 + [ECN, PLAIN], "its 20 connections have 3 different sets of TCP options"),
        ([TS] * 10 + [TS.replace("ts", "ecnseen ts")] * 10, None),  # what came of it is no option
        ([TS.replace("mss:1448", "")] * 10 + [PLAIN] * 10, None),
    ],
)
def test_many_systems_behind_one_address(ask: Ask, options: list[str], said: str | None) -> None:
    found = ask.found(stacks(*options), "nat-many-clients")
    expected = [f"203.0.113.1 looks like many hosts behind one address: {said}."]
    assert [finding.verdict for finding in found] == (expected if said else [])


def test_many_systems_behind_one_address_in_words(ask: Ask) -> None:
    [finding] = ask.found(stacks(*[ECN] * 12, *[PLAIN] * 9), "nat-many-clients")
    assert finding.evidence == ("options: mss 1448 timestamps ECN (12), mss 1460 (9)",)


def test_paths_that_are_not_of_one_caller(ask: Ask) -> None:
    unknown = "".join(f"ESTAB 0 0 192.0.2.1:80 203.0.113.1:{30000 + n}\n" for n in range(20))
    assert not ask.severities(paths(*[10.0] * 9 + [50.0] * 10) + unknown, "nat-many-clients")
    unmeasured = unknown.replace("\n", " cubic rtt:1/1 minrtt:0\n")
    assert not ask.severities(paths(*[50.0] * 19) + unmeasured, "nat-many-clients")
    calls = "".join(
        called("203.0.113.1", 443, 10, info=f" cubic rtt:99/1 minrtt:{ms}", start=35000 + ms)
        for ms in (10, 50)
    )
    assert not ask.severities(SS + calls, "nat-many-clients")


def test_many_behind_one_address_are_no_hot_client(ask: Ask) -> None:
    text = paths(*[10.0, 90.0] * 60) + accepted([0, 1, 1, 1, 1])
    [finding] = ask.found(text, "nat-many-clients", "hot-client")
    assert (finding.id, finding.severity) == ("nat-many-clients", "info")
    assert finding.absorbed[0].startswith("hot-client")


@pytest.mark.parametrize("id_", ["nat-many-clients", "idle-established"])
def test_without_tcp_info_nobody_knows(ask: Ask, id_: str) -> None:
    assert ask.skipped(SS + LISTENER.format(q=0) + accepted([100]), id_)


# ---- idle-established, conn-leak-backend -------------------------------------------------------

HOURS = " cubic rtt:1/1 lastsnd:3600000 lastrcv:3600000 lastack:9"
FRESH = " cubic rtt:1/1 lastsnd:3599999 lastrcv:3600000 lastack:9"


@pytest.mark.parametrize(
    ("idle", "fresh", "speaks"), [(50, 50, True), (50, 51, False), (49, 0, False)]
)
def test_silent_for_an_hour(ask: Ask, idle: int, fresh: int, *, speaks: bool) -> None:
    rows = accepted([0, idle], HOURS) + accepted([0, 0, fresh], FRESH)
    text = SS + LISTENER.format(q=0) + rows
    assert ask.severities(text, "idle-established") == ["notice"] * speaks


def test_silent_in_words(ask: Ask) -> None:
    kept = accepted([50], HOURS).replace(" cubic", " timer:(keepalive,9sec,0) cubic", 20)
    [finding] = ask.found(SS + LISTENER.format(q=0) + kept, "idle-established")
    assert finding.evidence[1] == "without a keepalive timer: 30"
    assert finding.verdict == (
        "50 of 50 connections on port 80 have been silent for 1 h or more: by design?"
    )
    half = ask.found(
        SS + LISTENER.format(q=0) + kept,
        "idle-established",
        config={"idle-established": {"idle_s": 1800}},
    )
    assert half[0].verdict.endswith(" have been silent for 0.5 h or more: by design?")
    over = accepted([0, 0, 1]).replace("ESTAB", "CLOSE-WAIT")
    [finding] = ask.found(SS + LISTENER.format(q=0) + kept + over, "idle-established")
    assert finding.verdict.startswith("50 of 50 ESTABLISHED connections on port 80 have")


def test_keepalives_that_a_dump_does_not_show_are_not_missing(ask: Ask) -> None:
    [finding] = ask.found(SS + LISTENER.format(q=0) + accepted([50], HOURS), "idle-established")
    assert not any("keepalive" in line for line in finding.evidence)
    said = "whether they have keepalives: ss -o or netstat -o shows the timers"
    assert finding.caveats[-1] == said


def test_silent_connections_that_nobody_accepted(ask: Ask) -> None:
    closed = SS + LISTENER.format(q=0) + accepted([0, 50], HOURS).replace("ESTAB", "CLOSE-WAIT")
    assert not ask.severities(closed, "idle-established")
    assert not ask.severities(SS + called("203.0.113.8", 22, 50, info=HOURS), "idle-established")


QUIET = " cubic rtt:1/1 lastsnd:300000 lastrcv:300000 lastack:9"
BUSY = " cubic rtt:1/1 lastsnd:5 lastrcv:5 lastack:9"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (called("203.0.113.8", 5432, 100, info=QUIET), ["notice"]),
        (called("203.0.113.8", 5432, 99, info=QUIET), []),
        (called("203.0.113.8", 5432, 100, info=BUSY), []),
        (called("203.0.113.8", 5432, 100, info=QUIET.replace("300000", "299999")), []),
        (
            called("203.0.113.8", 5432, 80, info=QUIET)
            + called("203.0.113.8", 5432, 20, start=36000),
            ["notice"],
        ),
        (
            called("203.0.113.8", 5432, 79, info=QUIET)
            + called("203.0.113.8", 5432, 21, start=36000),
            [],
        ),
        (called("203.0.113.8", 5432, 4999), ["notice"]),
        (called("203.0.113.8", 5432, 1000), ["notice"]),
        (called("203.0.113.8", 5432, 999), []),
        (called("203.0.113.8", 5432, 5000), ["warning"]),
        (called("203.0.113.8", 5432, 600) + called("203.0.113.9", 5432, 600), []),
        (called("203.0.113.8", 5432, 1000, state="SYN-SENT"), []),
        (called("203.0.113.8", 20, 100, info=QUIET), ["notice"]),
        (listened(100, 35000) + called("203.0.113.8", 20, 100, info=QUIET), []),  # FTP, active
    ],
)
def test_ever_more_to_one_backend(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(SS + text, "conn-leak-backend") == expected


@pytest.mark.parametrize(
    ("ports", "name", "expected"),
    [(200, "", "warning"), (202, "", "notice"), (200, "qqq", "notice")],  # which port is not known
)
def test_half_of_the_ports_to_one_backend(ask: Ask, ports: int, name: str, expected: str) -> None:
    facts = {"app1": {"ephemeral_low": 35_000, "ephemeral_high": 35_000 + ports - 1}}
    text = SS + called("203.0.113.8", 5432, 100, info=QUIET).replace(
        ":35000 ", f":{name or 35000} "
    )
    said = ask.severities(text, "conn-leak-backend", host="app1", facts=facts)
    assert said == [expected]


# ---- backend-imbalance -------------------------------------------------------------------------


def pool(*counts: int, port: int = 8081) -> str:
    parts = [
        called(f"10.0.0.{n}", port, count, start=33000 + 500 * n) for n, count in enumerate(counts)
    ]
    return SS + "".join(parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pool(20, 20, 2), ["notice"]),
        (pool(20, 20, 3), []),
        (pool(20, 20, 100), ["notice"]),
        (pool(20, 20, 99), []),
        (pool(19, 19, 2), []),
        (pool(40, 1), []),
        (pool(15, 14, 1), ["notice"]),
        (pool(14, 14, 1), []),
        (pool(20, 20, 2, port=443), []),
        (pool(20, 20) + called("10.0.0.9", 8081, 1, state="SYN-SENT"), ["warning"]),
        (pool(20, 20) + called("10.0.0.9", 8081, 20, state="SYN-SENT"), ["warning"]),
        (re.sub(r"users:\S+", "", pool(20, 20, 2)) + OWNED, []),  # whose they are is not known
        (pool(20, 20, 2, port=20) + listened(1100, 33000), []),  # they call us
        (pool(20, 20, 2).replace("ESTAB", "udp ESTAB").replace("State", "Netid State"), []),
        (pool(20, 20, 2).replace("ESTAB", "TIME-WAIT"), []),
    ],
)
def test_uneven_backends(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(text, "backend-imbalance") == expected


def test_so_many_backends_that_not_all_are_listed(ask: Ask) -> None:
    [finding] = ask.found(pool(*[20] * 6, 2), "backend-imbalance")
    assert finding.evidence == tuple(f"10.0.0.{n}: 20" for n in range(6))


def test_connections_that_are_over_show_no_backends(ask: Ask) -> None:
    """Windows prints pid 0 for them, whoever had them; others may print whose they were."""
    head = "  Proto  Local Address          Foreign Address        State           PID\n"
    rows = "".join(
        f"  TCP    192.0.2.1:{50000 + 100 * to + n}    10.0.0.{to}:8081    {{0}}    {{1}}\n"
        for to, count in enumerate((20, 20, 2))
        for n in range(count)
    )
    assert ask.severities(head + rows.format("ESTABLISHED", 7), "backend-imbalance") == ["notice"]
    for pid in (0, 7):
        assert not ask.severities(head + rows.format("TIME_WAIT", pid), "backend-imbalance")


def test_uneven_backends_need_an_owner(ask: Ask) -> None:
    assert ask.skipped(SS + "ESTAB 0 0 192.0.2.1:40000 10.0.0.1:8081\n", "backend-imbalance")


# ---- rare-outbound -----------------------------------------------------------------------------

SELF = called("203.0.113.8", 7331, 1).replace("192.0.2.1", "203.0.113.8")
SPOKEN = "bytes_acked:900 bytes_received:900"
LIVELY = " cubic rtt:1/1 bytes_acked:900 bytes_received:900 lastsnd:9 lastrcv:9 lastack:9"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (called("203.0.113.8", 7331, 3), ["info"]),
        (called("203.0.113.8", 7331, 4), []),
        (called("203.0.113.8", 443, 1), []),
        (called("10.0.0.8", 7331, 1), []),
        (called("203.0.113.8", 4444, 1), ["info"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY), ["warning"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("acked:900", "acked:1")), ["warning"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("acked:900", "acked:0")), ["info"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("rcv:9", "rcv:600000")), ["warning"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("rcv:9", "rcv:600001")), ["info"]),
        (called("203.0.113.8", 7331, 1, info=LIVELY), ["info"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("ived:900", "ived:0")), ["info"]),
        (called("203.0.113.8", 4444, 1, info=LIVELY.replace("ived:900", "ived:1")), ["warning"]),
        (called("203.0.113.8", 4444, 1, info=f" cubic {SPOKEN}"), ["info"]),  # long ago, perhaps
        (called("203.0.113.8", 7331, 1, state="CLOSE-WAIT"), []),
        (LISTENER.format(q=0) + called("203.0.113.8", 7331, 1).replace(":35000", ":80"), []),
        (SELF + LISTENER.format(q=0).replace("0.0.0.0:80", "203.0.113.8:7331"), []),
        (called("203.0.113.8", 7331, 1) + "ESTAB 0 0 203.0.113.8:7331 192.0.2.1:35000\n", []),
    ],
)
def test_odd_ports(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(SS + text, "rare-outbound") == expected


@pytest.mark.parametrize(
    ("state", "seconds", "expected"),
    [("ESTAB", 120, "warning"), ("ESTAB", 119, "info"), ("SYN-SENT", 120, "info")],
)
def test_a_session_that_lasts(ask: Ask, state: str, seconds: int, expected: str) -> None:
    rows = called("203.0.113.8", 4444, 1, state=state)
    later = f"Sun Nov 22 10:0{seconds // 60}:{seconds % 60:02} UTC 2026\n"
    text = f"Sun Nov 22 10:00:00 UTC 2026\n{SS}{rows}\n{later}{SS}{rows}"
    assert ask.severities(text, "rare-outbound") == [expected]


@pytest.mark.parametrize(
    ("others", "owners", "expected"),
    [(3, "77777", ["warning", "info"]), (4, "77777", ["info"]), (4, "78888", ["warning", "info"])],
)
def test_a_program_that_calls_whatever_port_its_peers_name(
    ask: Ask, others: int, owners: str, expected: list[str]
) -> None:
    """One of its peers on a port of Tor is no more than another; whose they are must be known."""
    row = 'ESTAB 0 0 192.0.2.1:40000 203.0.113.{}:{} users:(("torrent",pid={},fd=9))\n'
    more = [row.format(n, 7000 + n, owners[n]) for n in range(1, others + 1)]
    rows = row.format(9, 9001, owners[0]) + "".join(more)
    text = "".join(f"Sun Nov 22 10:0{at}:00 UTC 2026\n{SS}{rows}" for at in (0, 2))
    assert ask.severities(text, "rare-outbound") == expected
    nameless = re.sub("users:.*", "", text)
    assert ask.severities(nameless, "rare-outbound") == ["warning", "info"]


def test_a_port_of_miners_or_of_tor_in_words(ask: Ask) -> None:
    rows = called("203.0.113.8", 9001, 1, info=LIVELY)
    [finding] = ask.found(SS + rows, "rare-outbound")
    assert finding.verdict == "app/5 keeps 1 connection to 203.0.113.8:9001, a port of Tor."


def test_a_port_by_a_name_that_no_table_knows(ask: Ask) -> None:
    head = "Proto Recv-Q Send-Q Local Address Foreign Address State\n"
    row = "tcp 0 0 192.0.2.1:40000 203.0.113.9:{} ESTABLISHED\n"
    called = row.format("frobnicate").replace("ESTABLISHED", "SYN_SENT")  # so it is a client
    assert not ask.severities(head + called, "rare-outbound")
    assert ask.severities(head + row.format("5215"), "rare-outbound") == ["info"]


def test_an_end_is_listed_once(ask: Ask) -> None:
    ends = ["203.0.113.9:5215"] * 2 + ["203.0.113.8:5216"]
    rows = "".join(f"ESTAB 0 0 192.0.2.1:{40000 + n} {end}\n" for n, end in enumerate(ends))
    [finding] = ask.found(SS + rows, "rare-outbound")
    assert finding.evidence == ("203.0.113.9:5215 (2)", "203.0.113.8:5216")
    assert finding.verdict.startswith("3 connections to 2 unusual public ports: most such are ")
    [one] = ask.found(SS + called("203.0.113.8", 7331, 1), "rare-outbound")
    assert one.verdict == (
        "1 connection to 1 unusual public port: most such are harmless, know it."
    )
