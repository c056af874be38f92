"""Who holds how many connections, and which leave to where: what speaks, and what must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
LISTENER = 'LISTEN {q} 128 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=3))\n'


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


def test_one_caller_and_a_queue(ask: Ask) -> None:
    text = SS + LISTENER.format(q=4) + accepted([100, 1, 1, 1, 1])
    assert ask.severities(text, "hot-client") == ["warning"]


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


def test_one_caller_on_loopback(ask: Ask) -> None:
    text = SS + LISTENER.format(q=0) + accepted([100, 1, 1, 1, 1], first="127.0.0.1")
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
    [finding] = ask.found(SS + LISTENER.format(q=0) + accepted([50], HOURS), "idle-established")
    assert finding.verdict == (
        "50 of 50 connections on port 80 have been silent for 1 h or more: by design?"
    )


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
    ],
)
def test_ever_more_to_one_backend(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(SS + text, "conn-leak-backend") == expected


@pytest.mark.parametrize(("ports", "expected"), [(200, "warning"), (202, "notice")])
def test_half_of_the_ports_to_one_backend(ask: Ask, ports: int, expected: str) -> None:
    facts = {"app1": {"ephemeral_low": 35_000, "ephemeral_high": 35_000 + ports - 1}}
    text = SS + called("203.0.113.8", 5432, 100, info=QUIET)
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
    ],
)
def test_uneven_backends(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(text, "backend-imbalance") == expected


def test_uneven_backends_need_an_owner(ask: Ask) -> None:
    assert ask.skipped(SS + "ESTAB 0 0 192.0.2.1:40000 10.0.0.1:8081\n", "backend-imbalance")


# ---- rare-outbound -----------------------------------------------------------------------------

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
    ],
)
def test_odd_ports(ask: Ask, text: str, expected: list[str]) -> None:
    assert ask.severities(SS + text, "rare-outbound") == expected


def test_an_end_is_listed_once(ask: Ask) -> None:
    ends = ["203.0.113.9:5215"] * 2 + ["203.0.113.8:5216"]
    rows = "".join(f"ESTAB 0 0 192.0.2.1:{40000 + n} {end}\n" for n, end in enumerate(ends))
    [finding] = ask.found(SS + rows, "rare-outbound")
    assert finding.evidence == ("203.0.113.9:5215 (2)", "203.0.113.8:5216")
