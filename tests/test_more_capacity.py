"""Descriptors, ports of a host, ports towards a listener: what speaks, and what must not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"
STATELESS = "udp UNCONN 0 0 0.0.0.0:514 0.0.0.0:*\n"
"""No TCP row: there are no states to judge."""


def known(ask: Ask, text: str, id_: str, **facts: Any) -> list[tuple[str, str]]:
    return ask.levels(text, id_, host="db1", facts={"db1": facts})


# ---- fd-pressure -------------------------------------------------------------------------------

DESCRIPTORS = "fd-pressure"


def process(sockets: int, *, fd: int = 3) -> str:
    """Rows of `ss -tanp`: so many connections of one process, the last with this descriptor."""
    return SS + "".join(
        f"ESTAB 0 0 192.0.2.1:80 203.0.{i // 250}.{i % 250}:40000 "
        f'users:(("app",pid=7,fd={fd if i == sockets - 1 else 3}))\n'
        for i in range(sockets)
    )


def test_descriptors(ask: Ask) -> None:
    [finding] = ask.found(process(1010, fd=1020), DESCRIPTORS)
    assert brief(finding) == (
        "warning fd-pressure app/7 (medium): app/7 holds 1 010 sockets, its highest descriptor is "
        "1 020: close to 1 024, a usual limit of descriptors."
    )
    assert finding.base == 1024


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (process(799), []),
        (process(800), ["notice"]),
        (process(972), ["notice"]),
        (process(973), ["warning"]),
        (process(1024), ["warning"]),
        (process(1025), []),
        (process(2000), []),
        (process(3891), []),
        (process(3892), ["warning"]),
        (process(10, fd=971), []),
        (process(10, fd=972), ["warning"]),
        (process(10, fd=255), []),
    ],
)
def test_descriptors_by_their_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, DESCRIPTORS)] == expected


@pytest.mark.parametrize(
    ("sockets", "expected"),
    [
        (1599, []),
        (1600, [("warning", "high")]),
        (1899, [("warning", "high")]),
        (1900, [("critical", "high")]),
    ],
)
def test_descriptors_of_a_known_limit(
    ask: Ask, sockets: int, expected: list[tuple[str, str]]
) -> None:
    assert known(ask, process(sockets), DESCRIPTORS, fd_limit=2000) == expected


def test_a_known_limit_is_named(ask: Ask) -> None:
    [finding] = ask.found(process(1900), DESCRIPTORS, host="db1", facts={"db1": {"fd_limit": 2000}})
    assert finding.verdict == (
        "app/7 holds 1 900 sockets, its highest descriptor is 3: 95 % of its limit of 2 000."
    )


def test_sockets_of_several_workers_count_once(ask: Ask) -> None:
    shared = process(500).replace('("app",pid=7,fd=3)', '("app",pid=7,fd=3),("app",pid=8,fd=3)')
    assert not ask.found(shared, DESCRIPTORS)


def test_descriptors_are_not_evaluated_without_owners(ask: Ask) -> None:
    assert ask.skipped(SS + "ESTAB 0 0 192.0.2.1:80 203.0.113.9:40000\n", DESCRIPTORS)


# ---- ephemeral-exhaustion-host -----------------------------------------------------------------

HOST = "ephemeral-exhaustion-host"


def spread(n: int, *, ways: int = 4, first: int = 49152, repeat: int = 0) -> Iterable[str]:
    """Ends of connections: each from a port of its own, towards several destinations."""
    for i in range(n):
        yield f"192.0.2.70:{first + i} 203.0.113.{1 + i % ways}:443"
    for i in range(repeat):
        yield f"192.0.2.70:{first + i} 203.0.113.{99}:443"


def windows(n: int, **more: Any) -> str:
    rows = (end.split() for end in spread(n, **more))
    return WINDOWS + "".join(f"  TCP    {a}    {b}    ESTABLISHED    3388\n" for a, b in rows)


def linux(n: int, **more: Any) -> str:
    ends = spread(n, first=32768, **more)
    return SS + "".join(f'ESTAB 0 0 {end} users:(("envoy",pid=5,fd=9))\n' for end in ends)


def test_ports_of_a_host(ask: Ask) -> None:
    [finding] = ask.found(windows(15600), HOST)
    assert brief(finding) == (
        "critical ephemeral-exhaustion-host pid 3388 (medium): 15 600 of 16 384 local ports of "
        "192.0.2.70 are taken by connections to 4 destinations (95 %): 784 are left for all "
        "programs of the host."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (windows(8191), []),
        (windows(8192), ["notice"]),
        (windows(13107), ["notice"]),
        (windows(13108), ["warning"]),
        (windows(15564), ["warning"]),
        (windows(15565), ["critical"]),
        (windows(15600, ways=1), []),
        (linux(14115), []),
        (linux(14116), ["notice"]),
        (linux(14116, repeat=1), ["info"]),
        (linux(14116, ways=1), []),
    ],
)
def test_ports_of_a_host_by_their_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, HOST)] == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [(199, None), (200, "info"), (999, "info"), (1000, "critical")],
)
def test_few_ports_are_silent_or_shared(ask: Ask, n: int, expected: str | None) -> None:
    """Every port of a range as small as this; below a thousand nothing shows who binds them."""
    said = known(ask, linux(n), HOST, ephemeral_low=32768, ephemeral_high=32768 + n - 1)
    assert [severity for severity, _ in said] == ([expected] if expected else [])


def test_connections_of_a_listener_take_no_port(ask: Ask) -> None:
    rows = "".join(
        f"ESTAB 0 0 192.0.2.1:443 203.0.113.{i % 250}:{1024 + i}\n" for i in range(30_000)
    )
    assert not ask.found(SS + "LISTEN 0 128 0.0.0.0:443 0.0.0.0:*\n" + rows, HOST)


# ---- bound-pile --------------------------------------------------------------------------------

BOUND = "bound-pile"


def bound(n: int, *, linked: int = 0, first: int = 50000) -> str:
    """Rows of `netstat -anobq`: ports that are bound, some with a connection beside."""
    rows = [
        f"  TCP    0.0.0.0:{first + i}    0.0.0.0:0    BOUND    3388\n [svc.exe]\n"
        for i in range(n)
    ]
    rows += [
        f"  TCP    192.0.2.70:{first + i}    203.0.113.9:443    ESTABLISHED    3388\n [svc.exe]\n"
        for i in range(linked)
    ]
    return WINDOWS + "".join(rows)


def test_bound(ask: Ask) -> None:
    [finding] = ask.found(bound(2100), BOUND)
    assert finding.severity == "warning"
    assert finding.group.owner == "svc.exe/3388"
    assert finding.verdict == (
        "2 100 of 16 384 dynamic ports are bound without a connection by svc.exe/3388 (13 %)."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (bound(499), []),
        (bound(500), ["notice"]),
        (bound(1638), ["notice"]),
        (bound(1639), ["warning"]),
        (bound(8191), ["warning"]),
        (bound(8192), ["critical"]),
        (bound(2100, linked=2100), []),
        (bound(2100, linked=1601), []),
        (bound(2100, linked=1600), ["notice"]),
    ],
)
def test_bound_by_its_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, BOUND)] == expected


# ---- server-tuple-exhaustion -------------------------------------------------------------------

PROXY = "server-tuple-exhaustion"


def behind(n: int, *, state: str = "TIME-WAIT", clients: int = 1) -> str:
    rows = "".join(
        f"{state} 0 0 192.0.2.1:443 203.0.113.{5 + i % clients}:{1024 + i}\n" for i in range(n)
    )
    return SS + "LISTEN 0 511 0.0.0.0:443 0.0.0.0:*\n" + rows


def test_ports_of_a_proxy(ask: Ask) -> None:
    [finding] = ask.found(behind(23_000), PROXY)
    assert brief(finding) == (
        "warning server-tuple-exhaustion server 192.0.2.1:443 (medium): 203.0.113.5 uses 23 000 of "
        "28 232 ports towards 192.0.2.1:443 (81 %, if it has Linux defaults), 23 000 of them in "
        "TIME_WAIT: 5 232 are left to reach the local program."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (behind(14_115), []),
        (behind(14_116), ["notice"]),
        (behind(22_585), ["notice"]),
        (behind(22_586), ["warning"]),
        (behind(28_233), []),
        (behind(32_256), ["notice"]),
        (behind(28_000, clients=2), []),
        (behind(23_000).replace("203.0.113.5", "127.0.0.1"), []),
    ],
)
def test_ports_of_a_proxy_by_their_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, PROXY)] == expected


# ---- delete-tcb --------------------------------------------------------------------------------

DELETED = "delete-tcb"


@pytest.mark.parametrize(
    ("n", "expected"), [(0, []), (1, ["info"]), (49, ["info"]), (50, ["warning"])]
)
def test_deleted(ask: Ask, n: int, expected: list[str]) -> None:
    rows = "".join(
        f"  TCP    192.0.2.70:{50000 + i}    203.0.113.9:443    DELETE_TCB    3388\n"
        for i in range(n)
    )
    other = "  TCP    192.0.2.70:49999    203.0.113.9:443    ESTABLISHED    3388\n"
    assert [finding.severity for finding in ask.found(WINDOWS + other + rows, DELETED)] == expected


@pytest.mark.parametrize("id_", [HOST, BOUND, PROXY, DELETED])
def test_nothing_to_judge_without_states(ask: Ask, id_: str) -> None:
    assert ask.skipped("Netid " + SS + STATELESS, id_)


# ---- listener-in-ephemeral-range ---------------------------------------------------------------

INSIDE = "listener-in-ephemeral-range"
CALL = "ESTAB 0 0 192.0.2.1:41234 203.0.113.8:443\n"


def snapshots(first: int, second: int, more: str = CALL, addr: str = "0.0.0.0") -> str:
    row = 'LISTEN 0 128 {}:{} 0.0.0.0:* users:(("erl",pid=5,fd=3))\n'
    then, now = row.format(addr, first), row.format(addr, second)
    return (
        f"Sun Nov 22 10:00:00 UTC 2026\n{SS}{then}\nSun Nov 22 10:02:00 UTC 2026\n{SS}{now}{more}"
    )


def test_a_listener_among_the_ports_of_clients(ask: Ask) -> None:
    [finding] = ask.found(snapshots(50000, 50000), INSIDE)
    assert brief(finding) == (
        "info listener-in-ephemeral-range 0.0.0.0:50000 erl/5 (medium): port 50000 lies in the "
        "range that clients get their ports from (32768-60999): the service may fail to start."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (snapshots(32767, 32767), []),
        (snapshots(32768, 32768), ["info"]),
        (snapshots(50000, 50001), []),
        (snapshots(41234, 41234, addr="127.0.0.1"), ["notice"]),
    ],
)
def test_a_listener_by_its_port(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, INSIDE)] == expected


def test_a_listener_on_a_reserved_port(ask: Ask) -> None:
    facts = {"sysctl": {"net.ipv4.ip_local_reserved_ports": "50000-50009"}}
    assert known(ask, snapshots(50000, 50000), INSIDE, **facts) == []


def test_a_listener_is_not_evaluated_in_one_moment(ask: Ask) -> None:
    assert ask.skipped(SS + "LISTEN 0 128 0.0.0.0:50000 0.0.0.0:*\n", INSIDE)
