"""Listeners: who is reachable, who is in the way of whom, and who is gone."""

from __future__ import annotations

import io
from typing import Any

import pytest

import nsparse
from nsparse.diagnosis import Finding
from nsparse.reporting.report import brief

SS = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

EXPOSED = "listener-exposed"
DUPLICATE = "listener-duplicate"
SHADOWED = "listener-shadowed"
FAMILY = "listener-family-mismatch"
DEAD = "listener-dead-process"
LOW = "privileged-port-unusual"


def report(text: str, *ids: str, **more: Any) -> nsparse.Report:
    dump = nsparse.parse(io.BytesIO(text.encode()))
    assert not dump.problems
    return nsparse.diagnose(dump, select=ids, **more)


def found(text: str, *ids: str, **more: Any) -> list[Finding]:
    return list(report(text, *ids, **more).findings)


def listening(addr: str, port: int, process: str = "", pid: int = 1, **more: str) -> str:
    users = f'users:(("{process}",pid={pid},fd={pid}))' if process else ""
    return f"tcp LISTEN 0 {more.get('backlog', '128')} {addr}:{port} 0.0.0.0:* {users}\n"


def established(here: str, there: str, state: str = "ESTAB") -> str:
    return f"tcp {state} 0 0 {here} {there}\n"


# ---- listener-exposed --------------------------------------------------------------------------

OPEN = """\
udp UNCONN 0 0    0.0.0.0:11211      0.0.0.0:*  users:(("memcached",pid=640,fd=27))
tcp LISTEN 0 1024 0.0.0.0:11211      0.0.0.0:*  users:(("memcached",pid=640,fd=26))
tcp LISTEN 0 4096 *:2375             *:*        users:(("dockerd",pid=900,fd=7))
tcp LISTEN 0 511  127.0.0.1:6379     0.0.0.0:*  users:(("redis-server",pid=701,fd=6))
tcp LISTEN 0 244  198.51.100.50:5432 0.0.0.0:*  users:(("postgres",pid=820,fd=5))
tcp LISTEN 0 128  0.0.0.0:22         0.0.0.0:*  users:(("sshd",pid=600,fd=3))
"""


def test_services_open_to_all_and_nothing_else() -> None:
    """6.8 of the catalogue, word for word."""
    said = [finding for finding in found(SS + OPEN) if finding.severity != "info"]
    assert [brief(finding) for finding in said] == [
        "warning listener-exposed :11211 memcached/640 (high): memcached listens on every IPv4 "
        "address, TCP and UDP; UDP can be used to amplify attacks, unless a firewall blocks it.",
        "warning listener-exposed :2375 dockerd/900 (high): the Docker API listens on its "
        "unencrypted port on every address; whoever reaches it controls this host, unless a "
        "firewall blocks it.",
        "notice listener-exposed 198.51.100.50:5432 postgres/820 (high): PostgreSQL listens on a "
        "public address.",
    ]
    assert [line for _, line in said[0].rows] == [2, 3]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (listening("0.0.0.0", 6379, "redis-server"), ["warning"]),
        (listening("0.0.0.0", 6390, "redis-server"), ["warning"]),
        (listening("127.0.0.1", 6379, "redis-server"), []),
        (listening("10.0.0.5", 6379, "redis-server"), []),
        (listening("100.64.0.5", 6379, "redis-server"), []),
        (listening("0.0.0.0", 6379), ["warning"]),
        (listening("0.0.0.0", 6379, "docker-proxy"), ["info"]),
        (listening("0.0.0.0", 5005, "java"), ["warning"]),
        (listening("0.0.0.0", 5005, "python3"), []),
        (listening("0.0.0.0", 5005), []),
        (listening("0.0.0.0", 8000, "java", backlog="1"), ["warning"]),
        (listening("0.0.0.0", 8000, "java", backlog="100"), []),
        (listening("0.0.0.0", 9090, "systemd"), []),
        (listening("0.0.0.0", 9090, "prometheus"), ["notice"]),
        (listening("0.0.0.0", 6001, "X"), ["warning"]),
        (listening("0.0.0.0", 6001, "node"), []),
        (listening("0.0.0.0", 111, "rpcbind"), ["notice"]),
        (listening("203.0.113.1", 111, "rpcbind"), ["warning"]),
        (listening("0.0.0.0", 2379, "etcd"), ["notice"]),
        (listening("0.0.0.0", 5000, "python3") + listening("*", 7000, "x"), []),
    ],
)
def test_exposed_by_the_table(rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in found(SS + rows, EXPOSED)] == expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("203.0.113.9", "critical"), ("10.0.0.9", "warning"), ("198.18.0.9", "warning")],
)
def test_a_caller_from_the_world_proves_it(peer: str, expected: str) -> None:
    rows = listening("0.0.0.0", 6379, "redis-server") + established(
        "10.0.0.5:6379", f"{peer}:40000"
    )
    assert [finding.severity for finding in found(SS + rows, EXPOSED)] == [expected]


def test_a_public_address_behind_the_wildcard() -> None:
    rows = listening("0.0.0.0", 2379, "etcd") + established("203.0.113.1:2379", "10.0.0.9:40000")
    assert [finding.severity for finding in found(SS + rows, EXPOSED)] == ["warning"]


def test_without_owners_it_is_less_sure() -> None:
    [finding] = found(SS + listening("0.0.0.0", 6379), EXPOSED)
    assert finding.confidence == "medium"


def test_another_program_on_a_port_of_the_table() -> None:
    [finding] = found(SS + listening("0.0.0.0", 5432, "pgpool"), EXPOSED)
    assert brief(finding) == (
        "notice listener-exposed :5432 pgpool/1 (medium): pgpool listens on port 5432, that of "
        "PostgreSQL, on every IPv4 address."
    )


# ---- listener-duplicate ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80, "b", 2), ["warning"]),
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80, "a", 2), ["info"]),
        (listening("0.0.0.0", 80, "a: /bin", 1) + listening("0.0.0.0", 80, "a", 2), ["info"]),
        (listening("0.0.0.0", 80, "a", 1) + listening("[::]", 80, "b", 2), []),
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 81, "b", 2), []),
    ],
)
def test_two_on_one_port(rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in found(SS + rows, DUPLICATE)] == expected


def test_two_on_one_port_of_windows() -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:5665    0.0.0.0:0    LISTENING    {pid}\n" for pid in (15136, 8692)
    )
    [finding] = found(WINDOWS + rows, DUPLICATE)
    assert brief(finding) == (
        "warning listener-duplicate 0.0.0.0:5665 (high): pid 15136 and pid 8692 listen on "
        "0.0.0.0:5665: Windows gives the callers to one of them only."
    )


@pytest.mark.parametrize("id_", ["listener-duplicate", "listener-shadowed", LOW])
def test_without_owners_nobody_is_named(id_: str) -> None:
    missing = report(SS + listening("0.0.0.0", 80), id_).not_evaluated
    assert [name for name, _ in missing] == [id_]


# ---- listener-shadowed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wild", "exact", "speaks"),
    [
        (("0.0.0.0", "a"), ("127.0.0.1", "b"), True),
        (("0.0.0.0", "a"), ("127.0.0.1", "a"), False),
        (("0.0.0.0", "docker-proxy"), ("127.0.0.1", "b"), False),
        (("0.0.0.0", "a"), ("[::1]", "b"), False),
        (("[::]", "a"), ("[::1]", "b"), True),
        (("[::]", "a"), ("127.0.0.1", "b"), False),
    ],
)
def test_one_in_front_of_another(
    wild: tuple[str, str], exact: tuple[str, str], *, speaks: bool
) -> None:
    rows = listening(wild[0], 80, wild[1], 1) + listening(exact[0], 80, exact[1], 2)
    assert [finding.severity for finding in found(SS + rows, SHADOWED)] == ["notice"] * speaks


def test_shadowed_in_words() -> None:
    rows = listening("0.0.0.0", 80, "a", 1) + listening("127.0.0.1", 80, "b", 2)
    [finding] = found(SS + rows, SHADOWED)
    assert finding.verdict == (
        "b/2 listens on 127.0.0.1:80 and a/1 on every address of that port: callers of 127.0.0.1 "
        "reach b/2 alone, all others a/1."
    )


# ---- listener-family-mismatch ------------------------------------------------------------------

SIX = listening("[::1]", 631, "cupsd") + listening("127.0.0.1", 631, "cupsd")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (SIX + listening("127.0.0.1", 3000, "node"), ["info"]),
        (SIX, []),
        (listening("127.0.0.1", 3000, "node"), []),
        (SIX + "tcp LISTEN 0 128 *:3000 *:*\n", []),
        (SIX + listening("[::]", 3000, "node"), ["info"]),  # ss prints `*` for both families
        (SIX + listening("[::1]", 3000, "node"), ["info"]),
        (SIX + listening("10.0.0.1", 3000, "node"), []),
        (
            SIX
            + listening("127.0.0.1", 3000, "node")
            + established("[::1]:40000", "[::1]:3000", "SYN-SENT"),
            ["notice"],
        ),
    ],
)
def test_one_family_alone(rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in found(SS + rows, FAMILY)] == expected


# ---- listener-dead-process ---------------------------------------------------------------------

GONE = """\
  TCP    0.0.0.0:7777         0.0.0.0:0            LISTENING       7312
  TCP    0.0.0.0:7777         0.0.0.0:0            LISTENING       5540
  TCP    192.0.2.70:7777      203.0.113.30:38773   CLOSE_WAIT      5540
  TCP    192.0.2.70:49755     203.0.113.31:443     TIME_WAIT       0
  TCP    0.0.0.0:445          0.0.0.0:0            LISTENING       4
  TCP    0.0.0.0:135          0.0.0.0:0            LISTENING       1052
"""
ALIVE = {0: "System Idle Process", 4: "System", 1052: "svchost.exe", 2020: "explorer.exe"}


def test_a_port_of_the_dead() -> None:
    """6.9 of the catalogue."""
    facts = {"win1": {"proctable": ALIVE}}
    said = [f for f in found(WINDOWS + GONE, host="win1", facts=facts) if f.severity != "info"]
    assert [brief(finding) for finding in said] == [
        "warning listener-dead-process 0.0.0.0:7777 (medium): port 7777 is held by PIDs 7312 and "
        "5540, neither of which exists: a child that inherited the socket keeps it open."
    ]
    assert [line.split(":")[0] for line in said[0].absorbed] == [DUPLICATE]


def test_a_list_of_other_processes_proves_nothing() -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:{pid}    0.0.0.0:0    LISTENING    {pid}\n" for pid in range(100, 110)
    )
    stale = {"win1": {"proctable": [0, 4, *range(106, 110)]}}
    assert not found(WINDOWS + rows, DEAD, host="win1", facts=stale)
    fresh = {"win1": {"proctable": [0, 4, *range(101, 110)]}}
    assert len(found(WINDOWS + rows, DEAD, host="win1", facts=fresh)) == 1


def test_the_dead_need_a_list_of_processes() -> None:
    missing = report(WINDOWS + GONE, "listener-dead-process").not_evaluated
    assert [name for name, _ in missing] == ["listener-dead-process"]


@pytest.mark.parametrize(("owned", "speaks"), [(4, True), (3, False)])
def test_a_listener_of_the_kernel(owned: int, *, speaks: bool) -> None:
    rows = "".join(
        f'tcp LISTEN 0 128 0.0.0.0:{80 + n} 0.0.0.0:* users:(("a",pid=1,fd={n})) ino:{n} sk:{n}\n'
        for n in range(1, owned + 1)
    )
    rows += "tcp LISTEN 0 64 0.0.0.0:2049 0.0.0.0:* ino:900 sk:900\n"
    assert [finding.severity for finding in found(SS + rows, DEAD)] == ["info"] * speaks


# ---- privileged-port-unusual -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "process", "speaks"),
    [
        (22, "nc", True),
        (22, "sshd", False),
        (22, "systemd", False),
        (443, "nginx", False),
        (443, "minerd", True),
        (1022, "minerd", False),
        (2222, "nc", False),
    ],
)
def test_a_low_port(port: int, process: str, *, speaks: bool) -> None:
    said = found(SS + listening("0.0.0.0", port, process), "privileged-port-unusual")
    assert [finding.severity for finding in said] == ["info"] * speaks
