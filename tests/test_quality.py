"""What a dump itself tells of its quality: cut, filtered, nameless, torn."""

from __future__ import annotations

import io
from typing import Any

import pytest

import nsparse
from nsparse.diagnosis import Finding

SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
TIMED = "Proto Recv-Q Send-Q Local Address Foreign Address State Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"


def found(text: str, *ids: str, **more: Any) -> list[Finding]:
    dump = nsparse.parse(io.BytesIO(text.encode()))
    return list(nsparse.diagnose(dump, select=ids, **more).findings)


def severities(text: str, *ids: str) -> list[str]:
    return [finding.severity for finding in found(text, *ids)]


def established(count: int, *, state: str = "ESTAB", users: str = "") -> str:
    return "".join(
        f"{state} 0 0 192.0.2.1:80 203.0.113.9:{20000 + n} {users}\n" for n in range(count)
    )


LISTENER = "LISTEN 0 128 0.0.0.0:80 0.0.0.0:*\n"


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        (established(20), True),
        (established(19), False),
        (established(20) + LISTENER, False),
        (established(9) + established(11, state="CLOSE-WAIT"), True),
    ],
)
def test_states_that_were_left_out(text: str, *, speaks: bool) -> None:
    assert severities(SS + text, "state-filtered") == ["info"] * speaks


def test_states_need_states() -> None:
    text = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    text += "udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:*\n"
    report = nsparse.diagnose(
        nsparse.parse(io.BytesIO(text.encode())), select=["state-filtered", "dump-not-atomic"]
    )
    assert [name for name, _ in report.not_evaluated] == ["dump-not-atomic", "state-filtered"]


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
def test_owners_that_nobody_sees(text: str, *, speaks: bool) -> None:
    assert severities(SS + text, "owners-missing") == ["info"] * speaks


def test_names_for_numbers() -> None:
    named = "tcp 0 0 web1:https client.example:40000 ESTABLISHED -\n"
    assert severities(NETSTAT + named, "names-not-numbers") == ["info"]
    numbers = "tcp 0 0 192.0.2.1:443 203.0.113.9:40000 ESTABLISHED -\n"
    assert not severities(NETSTAT + numbers, "names-not-numbers")


def test_rows_twice() -> None:
    row = "ESTAB 0 0 192.0.2.1:80 203.0.113.8:9 ino:77 sk:1\n"
    assert severities(SS + established(98) + row * 2, "dup-rows") == ["info"]
    assert severities(SS + established(97) + row * 2, "dup-rows") == ["notice"]
    assert not severities(SS + established(98) + row, "dup-rows")


def test_a_word_nobody_knows() -> None:
    row = "  TCP    192.0.2.1:50000    203.0.113.9:443    {}    12\n"
    assert severities(WINDOWS + row.format("KWAAK"), "unknown-state") == ["notice"]
    assert not severities(WINDOWS + row.format("ESTABLISHED"), "unknown-state")


@pytest.mark.parametrize(
    ("row", "speaks"),
    [
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (59.00/0/0)", False),
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (62.00/0/0)", True),
        ("tcp 5 0 192.0.2.1:80 203.0.113.9:9 TIME_WAIT timewait (59.00/0/0)", True),
        ("tcp 5 1 192.0.2.1:80 203.0.113.9:9 SYN_SENT on (1.00/0/0)", True),
        ("tcp 0 1 192.0.2.1:80 203.0.113.9:9 SYN_SENT on (1.00/0/0)", False),
        ("tcp 5 0 192.0.2.1:80 203.0.113.9:9 ESTABLISHED off (0.00/0/0)", False),
        ("tcp 0 0 192.0.2.1:80 203.0.113.9:0 ESTABLISHED off (0.00/0/0)", True),
    ],
)
def test_what_cannot_be(row: str, *, speaks: bool) -> None:
    assert severities(f"{TIMED}{row}\n", "impossible-state") == ["notice"] * speaks


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
    ],
)
def test_no_single_moment(states: list[tuple[str, str]], *, speaks: bool) -> None:
    assert severities(pairs(states), "dump-not-atomic") == ["notice"] * speaks


def test_an_address_that_was_cut() -> None:
    dump = nsparse.parse(io.BytesIO((SS + established(3)).encode()), columns="all").frame
    assert not nsparse.diagnose(dump, select=["addr-truncated"]).findings
    [finding] = nsparse.diagnose(
        dump.assign(addr_truncated=dump["addr_truncated"].fillna(True)), select=["addr-truncated"]
    ).findings
    assert (finding.severity, finding.n) == ("info", 3)


def test_the_end_is_missing() -> None:
    assert severities(SS + established(3) + "ESTAB 0 0 192.0.2", "dump-truncated") == ["notice"]
    assert not severities(SS + established(3), "dump-truncated")
