"""Local ports towards one destination: when they run out, and what is no use of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"
LINUX_PORTS = 28232
"""32768 to 60999 (ip-sysctl)."""

PORTS = "ephemeral-exhaustion-tuple"
SMALL = {"db1": {"ephemeral_low": 32768, "ephemeral_high": 32768 + 399}}
"""A bundle whose range has 400 ports, so that few rows fill it."""


LARGE = {"ephemeral_low": 32768, "ephemeral_high": 32768 + 999}
"""The same with 1 000 ports: half of them are more than the least that is worth a word."""


def small(ask: Ask, text: str, **facts: Any) -> list[tuple[str, str]]:
    said = ask.found(text, PORTS, host="db1", facts={"db1": {**SMALL["db1"], **facts}})
    return [(finding.severity, finding.confidence) for finding in said]


def out(
    n: int,
    *,
    state: str = "ESTAB",
    to: str = "203.0.113.8:5432",
    local: str = "192.0.2.1",
    first: int = 32768,
) -> str:
    """Rows of `ss -tanp`: so many connections to one destination."""
    owner = ' users:(("app",pid=7,fd=3))' if state == "ESTAB" else ""
    return "".join(f"{state} 0 0 {local}:{first + i} {to}{owner}\n" for i in range(n))


def test_nearly_all_ports_of_the_default_range(ask: Ask) -> None:
    text = SS + out(200) + out(26_900, state="TIME-WAIT", first=32768 + 200)
    [finding] = ask.found(text, PORTS)
    assert brief(finding) == (
        "critical ephemeral-exhaustion-tuple client 203.0.113.8:5432 app/7 (medium): 27 100 of "
        "28 232 local ports from 192.0.2.1 to 203.0.113.8:5432 are in use (96 %), 26 900 of them "
        "in TIME_WAIT: 1 132 are left for app/7."
    )
    assert finding.evidence[0] == "range 32768-60999: assumed, the Linux default"
    assert (finding.n, finding.base) == (27_100, LINUX_PORTS)
    assert any("assumed" in caveat for caveat in finding.caveats)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (199, []),
        (200, [("notice", "high")]),
        (319, [("notice", "high")]),
        (320, [("warning", "high")]),
        (379, [("warning", "high")]),
        (380, [("critical", "high")]),
        (400, [("critical", "high")]),
    ],
)
def test_levels(ask: Ask, n: int, expected: list[tuple[str, str]]) -> None:
    assert small(ask, SS + out(n)) == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (499, []),
        (500, [("notice", "high")]),
        (799, [("notice", "high")]),
        (800, [("warning", "high")]),
        (949, [("warning", "high")]),
        (950, [("critical", "high")]),
    ],
)
def test_levels_of_a_larger_range(ask: Ask, n: int, expected: list[tuple[str, str]]) -> None:
    assert small(ask, SS + out(n), **LARGE) == expected


@pytest.mark.parametrize(("n", "expected"), [(10, []), (199, []), (200, ["critical"])])
def test_few_ports_are_silent_however_large_their_part(
    ask: Ask, n: int, expected: list[str]
) -> None:
    """Every port of a range as small as this."""
    every = {"ephemeral_low": 32768, "ephemeral_high": 32768 + n - 1}
    assert [severity for severity, _ in small(ask, SS + out(n), **every)] == expected


def test_all_states_count_and_reserved_ports_do_not(ask: Ask) -> None:
    mixed = (
        out(150) + out(150, state="TIME-WAIT", first=32918) + out(20, state="SYN-SENT", first=33068)
    )
    assert small(ask, SS + mixed) == [("warning", "high")]
    sysctl = {"net.ipv4.ip_local_reserved_ports": "33138-33167,8080"}
    assert small(ask, SS + out(350), sysctl=sysctl) == [("warning", "high")]
    assert small(ask, SS + out(352), sysctl=sysctl) == [("critical", "high")]


def test_each_destination_and_each_own_address_by_itself(ask: Ask) -> None:
    text = SS + out(190) + out(190, to="203.0.113.9:5432") + out(190, local="192.0.2.2")
    assert small(ask, text + out(190, to="203.0.113.8:5433")) == []


def test_ports_of_a_listener_are_not_used_up(ask: Ask) -> None:
    rows = "".join(f"TIME-WAIT 0 0 192.0.2.1:443 203.0.113.5:{32768 + i}\n" for i in range(400))
    listener = 'LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=9,fd=6))\n'
    assert small(ask, SS + listener + rows) == []


def test_a_pair_on_this_host_counts_once(ask: Ask) -> None:
    there = "".join(
        f'ESTAB 0 0 127.0.0.1:5432 127.0.0.1:{32768 + i} users:(("pg",pid=9,fd={i}))\n'
        for i in range(250)
    )
    listener = 'LISTEN 0 511 127.0.0.1:5432 0.0.0.0:* users:(("pg",pid=9,fd=6))\n'
    here = out(250, to="127.0.0.1:5432", local="127.0.0.1")
    assert small(ask, SS + listener + there + here) == [("notice", "high")]


@pytest.mark.parametrize(
    ("to", "reuse", "kernel", "expected"),
    [
        ("203.0.113.8:5432", None, None, "critical"),
        ("127.0.0.1:5432", None, None, "warning"),
        ("127.0.0.1:5432", "0", None, "critical"),
        ("203.0.113.8:5432", "1", None, "warning"),
        ("203.0.113.8:5432", "2", None, "critical"),
        ("127.0.0.1:5432", None, "3.10", "critical"),
    ],
)
def test_time_wait_that_may_be_reused(
    ask: Ask, to: str, reuse: str | None, kernel: str | None, expected: str
) -> None:
    text = SS + out(100) + out(380, state="TIME-WAIT", to=to, local="127.0.0.1")
    facts = {"sysctl": {"net.ipv4.tcp_tw_reuse": reuse}, "kernel": kernel}
    assert [severity for severity, _ in small(ask, text, **facts)] == [expected]


@pytest.mark.parametrize(("waits", "expected"), [(304, "warning"), (303, "critical")])
def test_most_must_wait_to_be_reused(ask: Ask, waits: int, expected: str) -> None:
    text = SS + out(waits, state="TIME-WAIT") + out(380 - waits, first=32768 + waits)
    facts = {"sysctl": {"net.ipv4.tcp_tw_reuse": "1"}}
    assert [severity for severity, _ in small(ask, text, **facts)] == [expected]


def test_reuse_that_is_known_is_told_and_raised_by_nothing(ask: Ask) -> None:
    """Half of the ports, one level lower, and the churn that it takes over is no warning either."""
    text = SS + out(200, state="TIME-WAIT")
    known = {**SMALL["db1"], "sysctl": {"net.ipv4.tcp_tw_reuse": "1"}}
    [finding] = ask.found(text, PORTS, "time-wait-churn", host="db1", facts={"db1": known})
    assert finding.severity == "notice"
    assert finding.caveats == ()
    assert finding.evidence[-1] == "net.ipv4.tcp_tw_reuse 1"
    assert [line.split(":")[0] for line in finding.absorbed] == ["time-wait-churn"]


@pytest.mark.parametrize(
    ("beyond", "says", "source"),
    [
        (50, "1 000 of 41 000 local ports", "range 20000-60999: assumed, the ports in use lie in"),
        (49, "951 of 28 232 local ports", "range 32768-60999: assumed, the Linux default"),
    ],
)
def test_an_assumed_range_that_is_wider(ask: Ask, beyond: int, says: str, source: str) -> None:
    """A twentieth of the ports beyond it, and not less, shows that it is."""
    text = SS + out(1000 - beyond, first=40_000) + out(beyond, first=20_000)
    [finding] = ask.found(text, PORTS, config={PORTS: {"notice": 0.02}})
    assert says in finding.verdict
    assert finding.evidence[0].startswith(source)


def test_without_owners_and_without_a_range(ask: Ask) -> None:
    rows = out(27_000).replace(' users:(("app",pid=7,fd=3))', "")
    [finding] = ask.found(SS + rows, PORTS)
    assert finding.confidence == "low"
    assert finding.verdict.endswith(": 1 232 are left for the local program.")


@pytest.mark.parametrize(
    ("waits", "cause"),
    [
        (100, "most ports wait in TIME_WAIT: suggests a new connection for each request, no pool"),
        (99, "most connections are still open: suggests a pool without a limit, or a leak"),
    ],
)
def test_what_ports_in_use_suggest(ask: Ask, waits: int, cause: str) -> None:
    text = SS + out(waits, state="TIME-WAIT") + out(200 - waits, first=32768 + waits)
    [finding] = ask.found(text, PORTS, host="db1", facts=SMALL)
    assert finding.cause == (cause,)
    assert finding.caveats == ("whether tcp_tw_reuse lets ports in TIME_WAIT be taken again",)


def test_windows(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    192.0.2.1:{49152 + i}    10.0.0.9:1433    TIME_WAIT    0\n"
        for i in range(14_000)
    )
    [finding] = ask.found(WINDOWS + rows, PORTS)
    assert "14 000 of 16 384 local ports" in finding.verdict
    assert finding.severity == "warning"
    assert "netsh int ipv4 show dynamicport tcp" in [step.cmd for step in finding.next]
    assert finding.caveats == ("the port range of the host: assumed, the Windows default",)
