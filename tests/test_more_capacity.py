"""Descriptors, ports of a host, ports towards a listener: what speaks, and what must not."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import nsparse
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
    [few] = ask.found(process(800), DESCRIPTORS)
    assert brief(few) == (
        "notice fd-pressure app/7 (medium): app/7 holds 800 sockets, its highest descriptor is 3: "
        "on the way to 1 024, a usual limit of descriptors."
    )
    assert finding.evidence == ("sockets: ESTABLISHED (1 010)", "most at 192.0.2.1:80 (1 010)")


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


@pytest.mark.parametrize(("fd", "expected"), [(798, []), (799, [("warning", "high")])])
def test_descriptors_of_a_single_socket(ask: Ask, fd: int, expected: list[tuple[str, str]]) -> None:
    """The lowest free number is taken: with descriptor 799 there were 800 at once, from 0 on."""
    assert known(ask, process(1, fd=fd), DESCRIPTORS, fd_limit=1000) == expected


def test_sockets_without_a_state_are_named_by_their_protocol(ask: Ask) -> None:
    rows = "".join(
        f'udp UNCONN 0 0 192.0.2.1:{5000 + i} 0.0.0.0:* users:(("app",pid=7,fd=3))\n'
        for i in range(100)
    )
    text = process(700).replace("ESTAB", "tcp ESTAB").replace(SS, f"Netid {SS}")
    [finding] = ask.found(text + rows, DESCRIPTORS)
    assert finding.evidence[0] == "sockets: ESTABLISHED (700), udp (100)"


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


def mostly_one_way(most: int, others: int) -> str:
    rest = windows(others, first=49152 + most).removeprefix(WINDOWS)
    return windows(most, ways=1) + rest.replace("203.0.113.", "198.51.100.")


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
        (windows(999), []),
        (windows(1000), ["notice"]),
        (windows(1599), ["notice"]),
        (windows(1600), ["warning"]),
        (windows(1899), ["warning"]),
        (windows(1900), ["critical"]),
        (windows(1900, ways=1), []),
        (mostly_one_way(900, 100), []),  # nine in ten lead there
        (mostly_one_way(899, 101), ["notice"]),
        (linux(999), []),
        (linux(1000), ["notice"]),
        (linux(1000, repeat=1), ["info"]),
        (linux(1000, ways=1), []),
        (windows(999) + "  TCP    0.0.0.0:51000    0.0.0.0:0    BOUND    3388\n", ["notice"]),
        (linux(999) + "LISTEN 0 5 0.0.0.0:34000 0.0.0.0:*\n", ["info"]),  # 999 may share theirs
    ],
)
def test_ports_of_a_host_by_their_numbers(ask: Ask, text: str, expected: list[str]) -> None:
    """A host whose range has 2 000 ports."""
    low = 49152 if text.startswith(WINDOWS) else 32768
    said = known(ask, text, HOST, ephemeral_low=low, ephemeral_high=low + 1999)
    assert [severity for severity, _ in said] == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [(199, None), (200, "info"), (999, "info"), (1000, "critical")],
)
def test_few_ports_are_silent_or_shared(ask: Ask, n: int, expected: str | None) -> None:
    """Every port of a range as small as this; below a thousand nothing shows who binds them."""
    said = known(ask, linux(n), HOST, ephemeral_low=32768, ephemeral_high=32768 + n - 1)
    assert [severity for severity, _ in said] == ([expected] if expected else [])


def test_a_host_that_takes_no_port_of_its_own(ask: Ask) -> None:
    assert not ask.found(SS + "ESTAB 0 0 192.0.2.1:80 203.0.113.9:50000\n", HOST)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (linux(999, repeat=1), "many connections to many peers"),
        (linux(1000), "no port is used twice: this suggests a bind to port 0 before each connect"),
        (windows(950), "a program that keeps too many connections, or does not close sockets"),
    ],
)
def test_what_a_host_without_ports_suggests(ask: Ask, text: str, cause: str) -> None:
    low = 49152 if text.startswith(WINDOWS) else 32768
    facts = {"db1": {"ephemeral_low": low, "ephemeral_high": low + 999}}
    [finding] = ask.found(text, HOST, host="db1", facts=facts)
    assert finding.cause == (cause,)


@pytest.mark.parametrize(
    ("beyond", "says"),
    [(50, "1 000 of 41 000 local ports"), (49, "951 of 28 232 local ports")],
)
def test_an_assumed_range_of_a_host_that_is_wider(ask: Ask, beyond: int, says: str) -> None:
    """A twentieth of the ports beyond it, and not less, shows that it is."""
    inside, outside = spread(1000 - beyond, first=40_000), spread(beyond, first=20_000)
    rows = "".join(f"ESTAB 0 0 {end}\n" for end in (*inside, *outside))
    [finding] = ask.found(SS + rows, HOST, config={HOST: {"notice": 0.02}})
    assert says in finding.verdict


@pytest.mark.parametrize(
    ("local", "says"), [("192.0.2.70:20", "849 of 40 900"), ("192.0.2.70:qqq", "800 of 28 232")]
)
def test_ports_without_a_number_are_of_no_range(ask: Ask, local: str, says: str) -> None:
    """Names that no table knows: a twentieth of the ports would widen it, if they were numbers."""
    inside = spread(800, first=40_000)
    outside = (f"{local}{n:03} 203.0.113.9:443" for n in range(100, 149))
    rows = "".join(f"ESTAB 0 0 {end}\n" for end in (*inside, *outside))
    [finding] = ask.found(SS + rows, HOST, config={HOST: {"notice": 0.01}})
    assert finding.verdict.startswith(says)


def test_ports_of_datagrams_are_others(ask: Ask) -> None:
    """A name server of Windows binds 2 500 of them when it starts."""
    rows = "".join(f"  UDP    0.0.0.0:{49152 + n}    *:*    1888\n" for n in range(400))
    config = {HOST: {"notice": 0.01}}
    assert not ask.found(windows(199) + rows, HOST, config=config)
    assert ask.found(windows(200) + rows, HOST, config=config)[0].n == 200


@pytest.mark.parametrize(("state", "confidence"), [("BOUND", "high"), ("LISTENING", "medium")])
def test_ports_that_lead_nowhere_are_taken_too(ask: Ask, state: str, confidence: str) -> None:
    """The range is assumed, and whoever has most of its ports is named."""
    row = f"  TCP    0.0.0.0:51000    0.0.0.0:0    {state}    4\n"
    text = WINDOWS + row + windows(199).removeprefix(WINDOWS)
    [finding] = ask.found(text, HOST, config={HOST: {"notice": 0.01}})
    assert (finding.n, finding.confidence, finding.group.pid) == (200, confidence, 3388)
    assert " are taken by connections to 4 destinations (" in finding.verdict


@pytest.mark.parametrize(("listeners_in", "n"), [("a", [299]), ("b", [])])
def test_each_namespace_has_ports_of_its_own(listeners_in: str, n: list[int]) -> None:
    listeners = "".join(f"LISTEN 0 5 0.0.0.0:{34000 + i} 0.0.0.0:*\n" for i in range(100))
    frame = nsparse.read(io.BytesIO(f"{linux(199)}{listeners}".encode()))
    frame = frame.assign(netns=["a"] * 199 + [listeners_in] * 100)
    found = nsparse.diagnose(frame, {HOST: {"notice": 0.01}}, select=[HOST]).findings
    assert [finding.n for finding in found] == n


def test_connections_of_a_listener_share_its_port(ask: Ask) -> None:
    """That port is used towards two clients: no sign that all others are shared as well."""
    served = "LISTEN 0 128 0.0.0.0:34000 0.0.0.0:*\n"
    served += "".join(f"ESTAB 0 0 192.0.2.70:34000 198.51.100.{n}:50000\n" for n in (1, 2))
    facts = {"db1": {"ephemeral_low": 32768, "ephemeral_high": 32768 + 1999}}
    [finding] = ask.found(linux(1000) + served, HOST, host="db1", facts=facts)
    assert (finding.severity, finding.n) == ("notice", 1001)


# ---- bound-pile --------------------------------------------------------------------------------

BOUND = "bound-pile"


def bound(n: int, *, linked: int = 0, first: int = 50000, owner: str = "") -> str:
    """Rows of `netstat -anoq`: ports that are bound, some with a connection beside."""
    rows = [
        f"  TCP    0.0.0.0:{first + i}    0.0.0.0:0    BOUND    3388\n{owner}" for i in range(n)
    ]
    rows += [
        f"  TCP    192.0.2.70:{first + i}    203.0.113.9:443    ESTABLISHED    3388\n{owner}"
        for i in range(linked)
    ]
    return WINDOWS + "".join(rows)


def test_bound(ask: Ask) -> None:
    [finding] = ask.found(bound(2100, owner=" [svc.exe]\n"), BOUND)
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
        (bound(500, linked=500).replace("0.0.0.0:5", "192.0.2.70:5"), []),
        (bound(500, linked=500).replace("0.0.0.0:5", "192.0.2.71:5"), ["notice"]),
        (bound(500, linked=500).replace("0.0.0.0:5", "web1:5"), []),  # it may be any address
        (bound(500) + "  TCP    0.0.0.0:50000    0.0.0.0:0    LISTENING    3388\n", []),
        (bound(499) + "  TCP    0.0.0.0:qqq    0.0.0.0:0    BOUND    3388\n", []),
        (bound(499) + "  UDP    0.0.0.0:60000    *:*    3388\n", []),
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


@pytest.mark.parametrize(
    ("n", "base", "guess"),
    [(1000, 1000, "if it has Linux defaults"), (1001, 64512, "if it uses all above 1023")],
)
def test_more_ports_than_the_default_range_are_of_all(
    ask: Ask, n: int, base: int, guess: str
) -> None:
    """65536 ports without the first 1024; here the default range has but 1 000."""
    [finding] = ask.found(behind(n), PROXY, config={PROXY: {"ports": 1000, "notice": 0.01}})
    assert finding.base == base
    assert guess in finding.verdict


@pytest.mark.parametrize(
    ("owners", "whom"),
    [
        (('("nginx",pid=9,fd=7)', '("nginx",pid=9,fd=8)'), "nginx/9"),
        (('("nginx",pid=9,fd=7)', '("nginx",pid=10,fd=7)'), "the local program"),
    ],
)
def test_whom_a_proxy_cannot_reach(ask: Ask, owners: tuple[str, ...], whom: str) -> None:
    rows = behind(200, state="ESTAB").splitlines()
    held = (f"{row} users:({owners[n % 2]})\n" for n, row in enumerate(rows[2:]))
    text = "\n".join(rows[:2]) + "\n" + "".join(held)
    [finding] = ask.found(text, PROXY, config={PROXY: {"ports": 250}})
    assert finding.verdict.endswith(f"50 are left to reach {whom}.")


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
    said = ask.found(WINDOWS + other + rows, DELETED)
    assert [finding.severity for finding in said] == expected
    stays = {"info": "gone in a moment, as a rule.", "warning": "the stack cannot finish."}
    assert all(finding.verdict.endswith(stays[finding.severity]) for finding in said)


def test_deleted_and_what_holds_them(ask: Ask) -> None:
    """Filters of the network: those of the platform, and the drivers bound to each adapter."""
    row = "  TCP    192.0.2.70:50000    203.0.113.9:443    DELETE_TCB    3388\n"
    [finding] = ask.found(WINDOWS + row, DELETED)
    assert [step.cmd for step in finding.next] == ["netsh wfp show state", "Get-NetAdapterBinding"]


@pytest.mark.parametrize(("seconds", "confidence"), [(119, "medium"), (120, "high")])
def test_deleted_for_long(ask: Ask, seconds: int, confidence: str) -> None:
    row = "  TCP    192.0.2.70:50000    203.0.113.9:443    DELETE_TCB    3388\n"
    later = f"Sun Nov 22 10:0{seconds // 60}:{seconds % 60:02} UTC 2026\n"
    text = f"Sun Nov 22 10:00:00 UTC 2026\n{WINDOWS}{row}\n{later}{WINDOWS}{row}"
    assert ask.levels(text, DELETED) == [("info", confidence)]


@pytest.mark.parametrize("id_", [HOST, BOUND, PROXY, DELETED])
def test_nothing_to_judge_without_states(ask: Ask, id_: str) -> None:
    assert ask.skipped("Netid " + SS + STATELESS, id_)


# ---- listener-in-ephemeral-range ---------------------------------------------------------------

INSIDE = "listener-in-ephemeral-range"
CALL = "ESTAB 0 0 192.0.2.1:41234 203.0.113.8:443\n"


def snapshots(
    first: int, second: int, more: str = CALL, addr: str = "0.0.0.0", pids: str = "45"
) -> str:
    row = 'LISTEN 0 128 {}:{} 0.0.0.0:* users:(("erl",pid={},fd=3))\n'
    then, now = (
        row.format(addr, port, pid) for port, pid in zip((first, second), pids, strict=True)
    )
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
        (snapshots(60999, 60999), ["info"]),
        (snapshots(61000, 61000), []),
        (snapshots(50000, 50001), []),
        (snapshots(50000, 50000, pids="55"), []),  # it may have asked for any port
        (snapshots(50000, 50000, pids="55", more=""), []),
        (snapshots(41234, 41234, addr="127.0.0.1"), ["notice"]),
    ],
)
def test_a_listener_by_its_port(ask: Ask, text: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(text, INSIDE)] == expected


def test_a_listener_on_a_reserved_port(ask: Ask) -> None:
    facts = {"sysctl": {"net.ipv4.ip_local_reserved_ports": "50000-50009"}}
    assert known(ask, snapshots(50000, 50000), INSIDE, **facts) == []


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ("ino:7", "ino:8", ["info"]),
        ("ino:7", "ino:7", []),
        ("ino:7", "", []),
        ("", "", []),  # nothing tells whether it was started anew
        ('users:(("erl",pid=4,fd=3)) ino:7', 'users:(("erl",pid=5,fd=3)) ino:7', []),  # handed on
    ],
)
def test_a_listener_that_was_started_anew(
    ask: Ask, then: str, now: str, expected: list[str]
) -> None:
    """Its port is the one that it asks for."""
    runs = zip(("10:00", "10:02"), (then, now), strict=True)
    text = "".join(
        f"Sun Nov 22 {at}:00 UTC 2026\n{SS}LISTEN 0 9 0.0.0.0:50000 0.0.0.0:* {more}\n"
        for at, more in runs
    )
    assert [finding.severity for finding in ask.found(text, INSIDE)] == expected


def test_a_listener_on_the_port_of_another_host() -> None:
    text = SS + "LISTEN 0 9 0.0.0.0:50000 0.0.0.0:*\n"
    frame = nsparse.parse(io.BytesIO(text.encode())).frame
    hosts = [frame.assign(host=name, file=name) for name in ("web1", "web2")]
    found = nsparse.diagnose(pd.concat(hosts, ignore_index=True), select=[INSIDE]).findings
    assert [finding.host for finding in found] == ["web1", "web2"]


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        (49663, ["info"]),
        (49664, []),
        (49670, []),
        (49671, ["info"]),
        (49152, []),
        (49158, ["info"]),
    ],
)
def test_ports_that_windows_gives_its_own_services(port: int, expected: list[str]) -> None:
    """They are the same on all hosts: whoever asks for any port gets the next one at its start."""
    frame = nsparse.parse(io.BytesIO(snapshots(port, port).encode())).frame
    frame = frame.assign(os=frame["os"].map(lambda _: "windows").astype(frame["os"].dtype))
    found = nsparse.diagnose(frame, select=[INSIDE]).findings
    assert [finding.severity for finding in found] == expected


@pytest.mark.parametrize(("space", "expected"), [("pod", ["info"]), ("host", ["notice"])])
def test_a_client_of_another_namespace_takes_no_port(space: str, expected: list[str]) -> None:
    text = snapshots(41234, 41234, addr="127.0.0.1")
    frame = nsparse.parse(io.BytesIO(text.encode())).frame
    client = frame["state"] == "ESTABLISHED"
    frame["netns"] = client.map({True: space, False: "host"}).astype(frame["netns"].dtype)
    found = nsparse.diagnose(frame, select=[INSIDE]).findings
    assert [finding.severity for finding in found] == expected


def test_a_listener_is_not_evaluated_in_one_moment(ask: Ask) -> None:
    assert ask.skipped(SS + "LISTEN 0 128 0.0.0.0:50000 0.0.0.0:*\n", INSIDE)
