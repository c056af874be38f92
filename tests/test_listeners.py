"""Listeners: who is reachable, who is in the way of whom, and who is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nsparse.reporting.report import brief

if TYPE_CHECKING:
    from tests.conftest import Ask

SS = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

EXPOSED = "listener-exposed"
DUPLICATE = "listener-duplicate"
SHADOWED = "listener-shadowed"
FAMILY = "listener-family-mismatch"
DEAD = "listener-dead-process"
LOW = "privileged-port-unusual"


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


def test_services_open_to_all_and_nothing_else(ask: Ask) -> None:
    """6.8 of the catalogue, word for word."""
    said = [finding for finding in ask.found(SS + OPEN) if finding.severity != "info"]
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
        (listening("0.0.0.0", 8000, "java", backlog="2"), []),
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
def test_exposed_by_the_table(ask: Ask, rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(SS + rows, EXPOSED)] == expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [("203.0.113.9", "critical"), ("10.0.0.9", "warning"), ("198.18.0.9", "warning")],
)
def test_a_caller_from_the_world_proves_it(ask: Ask, peer: str, expected: str) -> None:
    rows = listening("0.0.0.0", 6379, "redis-server") + established(
        "10.0.0.5:6379", f"{peer}:40000"
    )
    assert [finding.severity for finding in ask.found(SS + rows, EXPOSED)] == [expected]


def test_a_public_address_behind_the_wildcard(ask: Ask) -> None:
    rows = listening("0.0.0.0", 2379, "etcd") + established("203.0.113.1:2379", "10.0.0.9:40000")
    assert [finding.severity for finding in ask.found(SS + rows, EXPOSED)] == ["warning"]


def test_without_owners_it_is_less_sure(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 6379), EXPOSED)
    assert finding.confidence == "medium"


def test_another_program_on_a_port_of_the_table(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 5432, "pgpool"), EXPOSED)
    assert brief(finding) == (
        "notice listener-exposed :5432 pgpool/1 (medium): pgpool listens on port 5432, that of "
        "PostgreSQL, on every IPv4 address."
    )


def windows(proto: str, port: int, pid: int) -> str:
    there, state = ("0.0.0.0:0", "LISTENING") if proto == "TCP" else ("*:*", "")
    return f"  {proto}    0.0.0.0:{port}    {there}    {state}    {pid}\n"


def test_a_port_is_no_proof_of_the_program(ask: Ask) -> None:
    """One process may hold the ports of several services: it publishes them for containers."""
    text = WINDOWS + windows("TCP", 6379, 77) + windows("TCP", 5432, 77)
    assert [brief(finding) for finding in ask.found(text, EXPOSED)] == [
        "warning listener-exposed :6379 pid 77 (medium): port 6379, that of Redis, is open on "
        "every IPv4 address; whoever reaches it reads and changes all its data, unless a firewall "
        "blocks it.",
        "notice listener-exposed :5432 pid 77 (medium): port 5432, that of PostgreSQL, is open on "
        "every IPv4 address.",
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (windows("UDP", 123, 4), "info"),  # the time service of every Windows
        (windows("UDP", 161, 4), "notice"),
        (windows("TCP", 6379, 7) + " [com.docker.backend.exe]\n", "info"),
        (windows("TCP", 6379, 7) + " [redis-server.exe]\n", "warning"),
    ],
)
def test_exposed_on_windows(ask: Ask, rows: str, expected: str) -> None:
    assert [finding.severity for finding in ask.found(WINDOWS + rows, EXPOSED)] == [expected]


def test_the_place_is_the_wildcard_where_there_is_one(ask: Ask) -> None:
    rows = 'udp UNCONN 0 0 203.0.113.1:123 0.0.0.0:* users:(("ntpd",pid=9,fd=4))\n'
    [one] = ask.found(SS + rows, EXPOSED)
    assert (one.group.service, one.cause) == (
        "203.0.113.1:123",
        ("it is bound to an address that the world reaches",),
    )
    [all_] = ask.found(SS + rows + rows.replace("203.0.113.1", "0.0.0.0"), EXPOSED)
    assert (all_.group.service, all_.cause) == (":123", ("it is bound to every address",))


def test_a_broker_by_any_name(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 5672, "qpidd"), EXPOSED)
    assert finding.verdict == "the AMQP broker listens on every IPv4 address."


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
def test_two_on_one_port(ask: Ask, rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(SS + rows, DUPLICATE)] == expected


def test_two_on_one_port_of_windows(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:5665    0.0.0.0:0    LISTENING    {pid}\n" for pid in (15136, 8692)
    )
    [finding] = ask.found(WINDOWS + rows, DUPLICATE)
    assert brief(finding) == (
        "warning listener-duplicate 0.0.0.0:5665 (high): pid 15136 and pid 8692 listen on "
        "0.0.0.0:5665: Windows gives the callers to one of them only."
    )


def test_more_on_one_port_than_are_named(ask: Ask) -> None:
    rows = "".join(windows("TCP", 8001, pid) for pid in range(70, 75))
    [finding] = ask.found(WINDOWS + rows, DUPLICATE)
    assert finding.verdict.startswith("5 processes listen on 0.0.0.0:8001")
    assert [line.split(":")[0] for line in finding.evidence] == [
        *(f"pid {pid}" for pid in range(70, 74)),
        "and 1 more",
    ]


@pytest.mark.parametrize("id_", ["listener-duplicate", "listener-shadowed", LOW])
def test_without_owners_nobody_is_named(ask: Ask, id_: str) -> None:
    missing = ask.report(SS + listening("0.0.0.0", 80), id_).not_evaluated
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
    ask: Ask, wild: tuple[str, str], exact: tuple[str, str], *, speaks: bool
) -> None:
    rows = listening(wild[0], 80, wild[1], 1) + listening(exact[0], 80, exact[1], 2)
    assert [finding.severity for finding in ask.found(SS + rows, SHADOWED)] == ["notice"] * speaks


def test_shadowed_in_words(ask: Ask) -> None:
    rows = listening("0.0.0.0", 80, "a", 1) + listening("127.0.0.1", 80, "b", 2)
    [finding] = ask.found(SS + rows, SHADOWED)
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
        (SIX + listening("127.0.0.53", 53, "systemd-resolve"), []),  # nobody's `localhost`
        (listening("[::1]", 3000, "node"), []),  # a dump of IPv6 alone
        (
            SIX
            + listening("127.0.0.1", 3000, "node")
            + established("[::1]:40000", "[::1]:3000", "SYN-SENT"),
            ["notice"],
        ),
    ],
)
def test_one_family_alone(ask: Ask, rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(SS + rows, FAMILY)] == expected


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


def test_a_port_of_the_dead(ask: Ask) -> None:
    """6.9 of the catalogue."""
    facts = {"win1": {"proctable": ALIVE}}
    said = [f for f in ask.found(WINDOWS + GONE, host="win1", facts=facts) if f.severity != "info"]
    assert [brief(finding) for finding in said] == [
        "warning listener-dead-process 0.0.0.0:7777 (medium): port 7777 is held by PIDs 7312 and "
        "5540, neither of which exists: a child that inherited the socket keeps it open."
    ]
    assert [line.split(":")[0] for line in said[0].absorbed] == [DUPLICATE]


def test_a_list_of_other_processes_proves_nothing(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:{pid}    0.0.0.0:0    LISTENING    {pid}\n" for pid in range(100, 110)
    )
    stale = {"win1": {"proctable": [0, 4, *range(106, 110)]}}
    assert not ask.found(WINDOWS + rows, DEAD, host="win1", facts=stale)
    fresh = {"win1": {"proctable": [0, 4, *range(101, 110)]}}
    assert len(ask.found(WINDOWS + rows, DEAD, host="win1", facts=fresh)) == 1


@pytest.mark.parametrize(
    ("owners", "gone", "said"), [(9, 5, 5), (9, 6, 0), (20, 10, 10), (20, 11, 0)]
)
def test_so_many_dead_that_the_list_is_another_moment(
    ask: Ask, owners: int, gone: int, said: int
) -> None:
    rows = "".join(windows("TCP", pid, pid) for pid in range(100, 100 + owners))
    facts = {"win1": {"proctable": [0, 4, *range(100 + gone, 100 + owners)]}}
    assert len(ask.found(WINDOWS + rows, DEAD, host="win1", facts=facts)) == said


def test_the_dead_need_a_list_of_processes(ask: Ask) -> None:
    missing = ask.report(WINDOWS + GONE, "listener-dead-process").not_evaluated
    assert [name for name, _ in missing] == ["listener-dead-process"]


@pytest.mark.parametrize(("owned", "speaks"), [(4, True), (3, False)])
def test_a_listener_of_the_kernel(ask: Ask, owned: int, *, speaks: bool) -> None:
    rows = "".join(
        f'tcp LISTEN 0 128 0.0.0.0:{80 + n} 0.0.0.0:* users:(("a",pid=1,fd={n})) ino:{n} sk:{n}\n'
        for n in range(1, owned + 1)
    )
    rows += "tcp LISTEN 0 64 0.0.0.0:2049 0.0.0.0:* ino:900 sk:900\n"
    assert [finding.severity for finding in ask.found(SS + rows, DEAD)] == ["info"] * speaks


# ---- privileged-port-unusual -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "process", "speaks"),
    [
        (22, "nc", True),
        (22, "sshd", False),
        (22, "systemd", False),
        (443, "nginx", False),
        (443, "minerd", True),
        (443, "/usr/sbin/apach", False),  # apache2, cut after 15 characters
        (443, "/usr/sbin/miner", True),
        (443, "/sbin/apach", True),
        (1022, "minerd", False),
        (2222, "nc", False),
    ],
)
def test_a_low_port(ask: Ask, port: int, process: str, *, speaks: bool) -> None:
    said = ask.found(SS + listening("0.0.0.0", port, process), "privileged-port-unusual")
    assert [finding.severity for finding in said] == ["info"] * speaks
