"""Listeners: who is reachable, who is in the way of whom, and who is gone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import nsparse
from nsparse.judging.wanted import wanted
from nsparse.reporting.report import brief

if TYPE_CHECKING:
    import pandas as pd

    from tests.conftest import Ask

SS = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State           PID\n"

MAC = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)\n"
OPENBSD = "Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State\n"
MACOS = MAC + "tcp4 0 0 127.0.0.1.631 *.* LISTEN\ntcp6 0 0 ::1.631 *.* LISTEN\n"

EXPOSED = "listener-exposed"
DUPLICATE = "listener-duplicate"
SHADOWED = "listener-shadowed"
FAMILY = "listener-family-mismatch"
DEAD = "listener-dead-process"
LOW = "privileged-port-unusual"


def listening(addr: str, port: int, process: str = "", pid: int = 1, **more: str) -> str:
    users = f'users:(("{process}",pid={pid},fd={pid}))' if process else ""
    return f"tcp LISTEN 0 {more.get('backlog', '128')} {addr}:{port} 0.0.0.0:* {users}\n"


def accepted(here: str, process: str, pid: int) -> str:
    users = f'users:(("{process}",pid={pid},fd=9))'
    return f"tcp ESTAB 0 0 {here} 203.0.113.9:{40000 + pid} {users}\n"


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
        (listening("0.0.0.0", 6390, "redis-server").replace("6390", "qqq"), []),  # of no known port
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


@pytest.mark.parametrize(
    "rows",
    [
        established("10.0.0.5:22", "203.0.113.9:40000") + listening("0.0.0.0", 22, "sshd"),
        established("10.0.0.5:6379", "203.0.113.9:40000", "SYN-RECV"),
        established("203.0.113.1:6379", "203.0.113.1:40000")
        + established("203.0.113.1:40000", "203.0.113.1:6379"),
    ],
    ids=["of another port", "not yet established", "of this host itself"],
)
def test_no_caller_from_the_world(ask: Ask, rows: str) -> None:
    text = SS + listening("0.0.0.0", 6379, "redis-server") + rows
    assert [finding.severity for finding in ask.found(text, EXPOSED)] == ["warning"]


@pytest.mark.parametrize(
    "row",
    [
        "tcp UNCONN 0 0 0.0.0.0:6379 0.0.0.0:*\n",  # bound, and not listening
        "udp ESTAB 0 0 203.0.113.1:123 198.51.100.7:123\n",  # a question on its way
        "udp UNCONN 0 0 *:* *:*\n",
    ],
)
def test_a_socket_that_waits_for_nobody(ask: Ask, row: str) -> None:
    assert not ask.found(SS + row, EXPOSED)


@pytest.mark.parametrize(("ports", "expected"), [(19, ["warning"]), (20, [])])
@pytest.mark.parametrize("owner", ["", 'users:(("unbound",pid=9,fd=4))'])
def test_ports_that_a_resolver_asks_from_are_no_service(
    ask: Ask, ports: int, owner: str, expected: list[str]
) -> None:
    """Random source ports meet those of the table; what needs privilege was not taken at random."""
    taken = (11211 + n for n in range(ports))
    rows = "".join(f"udp UNCONN 0 0 0.0.0.0:{port} 0.0.0.0:* {owner}\n" for port in taken)
    assert ask.severities(SS + rows, EXPOSED) == expected
    server = "udp UNCONN 0 0 0.0.0.0:161 0.0.0.0:* \n" + listening("0.0.0.0", 6379)
    said = {finding.group.service: finding.severity for finding in ask.found(SS + rows + server)}
    assert (said[":161"], said[":6379"]) == ("notice", "warning")


def test_a_container_has_an_address_of_its_own(ask: Ask) -> None:
    frame = nsparse.parse(io.BytesIO((SS + listening("0.0.0.0", 6379)).encode())).frame
    for netns, count in ((None, 1), ("blue", 0)):
        report = nsparse.diagnose(frame.assign(netns=netns), select=[EXPOSED])
        assert len(report.findings) == count


@pytest.mark.parametrize(
    ("calls", "state", "expected"),
    [(1, "ESTAB", ["warning"]), (2, "ESTAB", []), (2, "TIME-WAIT", ["warning"])],
)
def test_a_debugger_has_one_caller(ask: Ask, calls: int, state: str, expected: list[str]) -> None:
    rows = listening("0.0.0.0", 8000, "java", backlog="1") + "".join(
        established("10.0.0.5:8000", f"10.0.0.9:{40000 + n}", state) for n in range(calls)
    )
    assert [finding.severity for finding in ask.found(SS + rows, EXPOSED)] == expected


def test_the_callers_that_prove_it_are_shown(ask: Ask) -> None:
    calls = established("10.0.0.5:6379", "203.0.113.9:40000")
    calls += established("10.0.0.5:2379", "203.0.113.9:40000")
    rows = listening("0.0.0.0", 6379, "redis-server") + listening("0.0.0.0", 2379, "etcd") + calls
    redis, etcd = ask.found(SS + rows, EXPOSED)
    assert (redis.severity, [line for _, line in redis.rows]) == ("critical", [2, 4])
    assert (etcd.severity, [line for _, line in etcd.rows]) == ("notice", [3])
    assert redis.evidence == (
        "sockets: tcp 0.0.0.0:6379",
        "1 established connection from public addresses: 203.0.113.9",
    )


@pytest.mark.parametrize(
    ("head", "proto", "port", "severity", "where"),
    [
        ("macos", "tcp4", 5900, "notice", "every IPv4 address"),
        ("macos", "tcp6", 5900, "notice", "every IPv6 address"),
        ("macos", "tcp46", 6379, "warning", "every address"),
        ("openbsd", "tcp", 6379, "warning", "every IPv4 address"),
        ("openbsd", "tcp6", 6379, "warning", "every IPv6 address"),
    ],
)
def test_exposed_on_bsd(
    ask: Ask, head: str, proto: str, port: int, severity: str, where: str
) -> None:
    end, there = f"*.{port}", "*.*"
    text = {"macos": MACOS, "openbsd": OPENBSD}[head]
    text += f"{proto:<5}      0      0  {end:<22} {there:<22} LISTEN\n"
    [finding] = ask.found(text, EXPOSED)
    assert finding.severity == severity
    assert f"open on {where}" in finding.verdict


def test_a_screen_open_to_all(ask: Ask) -> None:
    """Elsewhere than on macOS nobody asks for the login of an account."""
    [finding] = ask.found(SS + listening("0.0.0.0", 5900, "x11vnc"), EXPOSED)
    assert finding.severity == "warning"


def test_a_public_address_behind_the_wildcard(ask: Ask) -> None:
    rows = listening("0.0.0.0", 2379, "etcd") + established("203.0.113.1:2379", "10.0.0.9:40000")
    assert [finding.severity for finding in ask.found(SS + rows, EXPOSED)] == ["warning"]


@pytest.mark.parametrize(
    ("own", "listens", "severity"),
    [
        (("127.0.0.1", "203.0.113.1"), "0.0.0.0", "warning"),
        (("10.0.0.5", "fe80::1"), "0.0.0.0", "notice"),
        (("203.0.113.1",), "10.0.0.5", None),
    ],
)
def test_a_public_address_that_the_bundle_lists(
    ask: Ask, own: tuple[str, ...], listens: str, severity: str | None
) -> None:
    facts = {"web1": {"addresses": own, "from": {"addresses": "ip_addr"}}}
    found = ask.found(SS + listening(listens, 2379, "etcd"), EXPOSED, host="web1", facts=facts)
    assert [finding.severity for finding in found] == ([severity] if severity else [])
    told = "public addresses of the host: 203.0.113.1 (ip_addr)"
    assert [told in finding.evidence for finding in found] == [severity == "warning"] * len(found)


def test_without_owners_it_is_less_sure(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 6379), EXPOSED)
    assert finding.confidence == "medium"


def test_another_program_on_a_port_of_the_table(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 5432, "haproxy"), EXPOSED)
    assert brief(finding) == (
        "notice listener-exposed :5432 haproxy/1 (medium): haproxy listens on port 5432, that of "
        "PostgreSQL, on every IPv4 address."
    )


def test_a_second_process_of_a_program_has_its_own_port(ask: Ask) -> None:
    """Other ports of the one that holds the usual port belong to it."""
    text = WINDOWS + "".join(
        windows("TCP", port, pid) + f" [{name}]\n"
        for port, pid, name in (
            (6379, 7, "redis-server.exe"),
            (16379, 7, "redis-server.exe"),
            (6380, 8, "redis-server.exe"),
            (5432, 9, "pgpool.exe"),
            (9898, 9, "pgpool.exe"),
            (5433, 10, "postgres.exe"),
        )
    )
    places = [finding.group.service for finding in ask.found(text, EXPOSED)]
    assert sorted(map(str, places)) == [":5432", ":5433", ":6379", ":6380"]


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
        (windows("TCP", 445, 4), "info"),
        (windows("TCP", 3389, 4), "info"),
        (windows("TCP", 5985, 4), "info"),
        (windows("TCP", 6379, 7) + " [com.docker.backend.exe]\n", "info"),
        (windows("TCP", 6379, 7) + " [redis-server.exe]\n", "warning"),
        (windows("TCP", 5900, 7) + " [tvnserver.exe]\n", "warning"),
        (windows("TCP", 5900, 7) + " [WinVNC.exe]\n", "warning"),
        (windows("TCP", 27018, 7) + " [Mongod.exe]\n", "warning"),
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


def test_the_place_is_the_lowest_port_in_whatever_order(ask: Ask) -> None:
    rows = [listening("0.0.0.0", port, "beam.smp") for port in (5672, 15672)]
    for text in (rows, rows[::-1]):
        assert [one.group.service for one in ask.found(SS + "".join(text), EXPOSED)] == [":5672"]


@pytest.mark.parametrize(
    ("port", "program", "refs"),
    [
        (6379, "redis-server", ("Redis commit edd4d55",)),
        (2375, "dockerd", ("docs.docker.com: daemon socket", "moby/moby #37299")),
        (5432, "postgres", ()),
    ],
)
def test_the_sources_are_those_of_the_service(
    ask: Ask, port: int, program: str, refs: tuple[str, ...]
) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", port, program), EXPOSED)
    assert finding.refs == (*refs, "IANA service names and port numbers")


UDP_ALONE = 'udp UNCONN 0 0 0.0.0.0:161 0.0.0.0:* users:(("snmpd",pid=7,fd=4))\n'


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            SS + listening("0.0.0.0", 6379, "redis-server"),
            ("ss -lntup '( sport = :6379 )'", "nc -vz -w 5 ADDRESS 6379"),
        ),
        (SS + UDP_ALONE, ("ss -lntup '( sport = :161 )'", "nc -vzu -w 5 ADDRESS 161")),
        (SS + OPEN.replace(":2375", ":1"), ("ss -lntup '( sport = :11211 )'", "nc -vz -w 5 ")),
        (
            WINDOWS + windows("TCP", 6379, 7),
            ("Get-NetTCPConnection -State Listen -LocalPort 6379", "nc -vz -w 5 ADDRESS 6379"),
        ),
        (
            WINDOWS + windows("UDP", 161, 7),
            ("Get-NetUDPEndpoint -LocalPort 161", "nc -vzu -w 5 ADDRESS 161"),
        ),
        (
            MAC + "tcp4 0 0 *.6379 *.* LISTEN\n",
            ("lsof -nP -iTCP:6379", "nc -vz -w 5 ADDRESS 6379"),
        ),
    ],
)
def test_how_to_look_and_to_try_from_outside(ask: Ask, text: str, steps: tuple[str, str]) -> None:
    """`nc -z` without -u tries TCP, on which nothing listens."""
    first, *_, last = ask.found(text, EXPOSED)[0].next
    assert first.cmd == steps[0]
    assert last.cmd.startswith(f"from outside: {steps[1]}")


def test_a_broker_by_any_name(ask: Ask) -> None:
    [finding] = ask.found(SS + listening("0.0.0.0", 5672, "qpidd"), EXPOSED)
    assert finding.verdict == "the AMQP broker listens on every IPv4 address."


INSTALLED = """\
warning the Docker API: tcp 2375 dockerd
warning Redis: tcp 6379 redis-server, tcp 6380 valkey-server
warning memcached: tcp 11211 memcached, tcp 11212 memcached, udp 11211 memcached
warning MongoDB: tcp 27017 mongod, tcp 27018 mongos
warning Elasticsearch: tcp 9200 java, tcp 9300 opensearch
warning CouchDB: tcp 5984 beam.smp
warning Cassandra: tcp 9042 scylla
warning ZooKeeper: tcp 2181 java
warning Consul: tcp 8500 consul
warning Spark: tcp 7077 java
warning Hadoop: tcp 8088 java, tcp 50070 java
warning the Java debugger: tcp 5005 java
warning Java JMX or RMI: tcp 1099 java, tcp 7199 java
warning the Node.js inspector: tcp 9229 node
warning the Android debugger: tcp 5555 adbd
warning X11: tcp 6000 Xorg, tcp 6005 Xvnc
warning VNC: tcp 5900 Xvnc
public the kubelet: tcp 10250 kubelet, tcp 10255 k3s-server
public etcd: tcp 2379 etcd, tcp 2380 etcd
public rpcbind: tcp 111 rpcbind, udp 111 rpcbind
public NFS: tcp 2049 nfsd, udp 2049 nfsd
public the NFS mount daemon: tcp 20048 rpc.mountd, udp 20048 rpc.mountd
public an NFS helper: tcp 39281 rpc.statd, udp 39281 rpc.statd
public Kafka: tcp 9092 java
notice PostgreSQL: tcp 5432 postgres, tcp 5433 postgres, tcp 5432 pgpool, tcp 6432 pgbouncer
notice MySQL: tcp 3306 mysqld, tcp 3307 mariadbd
notice SQL Server: tcp 1433 sqlservr, udp 1434 sqlbrowser
notice the Oracle listener: tcp 1521 tnslsnr
notice InfluxDB: tcp 8086 influxd
notice the AMQP broker: tcp 5672 beam.smp, tcp 15672 beam.smp
notice the Erlang port mapper: tcp 4369 epmd
notice LDAP: tcp 389 slapd, udp 389 samba
notice Jupyter: tcp 8888 jupyter-lab
notice Prometheus: tcp 9090 prometheus
notice Grafana: tcp 3000 grafana
notice the node exporter: tcp 9100 node_exporter
notice SNMP: udp 161 snmpd
notice NTP: udp 123 chronyd
notice CUPS: tcp 631 cupsd, udp 631 cups-browsed
notice telnet: tcp 23 telnetd
notice FTP: tcp 21 vsftpd
notice SMB: tcp 445 smbd
notice remote desktop: tcp 3389 xrdp
notice WinRM: tcp 5985 svchost.exe
"""
"""What installed programs listen on, and how grave it is; public: a warning on such an address."""


@pytest.mark.parametrize(("addr", "public"), [("0.0.0.0", "notice"), ("203.0.113.1", "warning")])
def test_services_as_they_are_installed(ask: Ask, addr: str, public: str) -> None:
    rows, expected = "", dict[int | None, tuple[str, str, bool]]()
    for line in INSTALLED.splitlines():
        told, _, sockets = line.partition(": ")
        level, _, name = told.partition(" ")
        for proto, port, program in map(str.split, sockets.split(", ")):
            pid = len(expected) + 1
            state = {"tcp": "LISTEN", "udp": "UNCONN"}[proto]
            rows += f'{proto} {state} 0 0 {addr}:{port} 0.0.0.0:* users:(("{program}",pid={pid},fd=3))\n'
            amplifies = proto == "udp" and "NFS" not in name
            expected[pid] = (public if level == "public" else level), name, amplifies
    found = ask.found(SS + rows, EXPOSED)
    assert expected == {
        one.group.pid: (
            one.severity,
            one.verdict.partition(" listens on")[0],
            "amplify" in one.verdict,
        )
        for one in found
    }


BY_PROGRAM = (
    *(1099, 3000, 5005, 5555, 6432, 7077, 7199, 8000, 8088, 8500, 8888, 9090, 9092, 9229),
    50070,
)
NOT_OF_ANOTHER = (6000, 6005, 5900)


def test_ports_that_say_nothing_alone(ask: Ask) -> None:
    """Many programs use them; some are told of where nobody knows the program."""
    nameless = "".join(listening("0.0.0.0", port) for port in BY_PROGRAM)
    named = "".join(listening("0.0.0.0", port, "app") for port in (*BY_PROGRAM, *NOT_OF_ANOTHER))
    assert not ask.found(SS + nameless + named.replace("0.0.0.0:", "[::]:"), EXPOSED)
    unknown = "".join(listening("0.0.0.0", port) for port in (*NOT_OF_ANOTHER, 5999, 6006))
    assert [finding.n for finding in ask.found(SS + unknown, EXPOSED)] == [2, 1]


# ---- listener-duplicate ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80, "b", 2), ["warning"]),
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80, "a", 2), ["info"]),
        (listening("0.0.0.0", 80, "a: /bin", 1) + listening("0.0.0.0", 80, "a", 2), ["info"]),
        (listening("0.0.0.0", 80, "a", 1) + listening("[::]", 80, "b", 2), []),
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 81, "b", 2), []),
        (listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80), []),
        (accepted("10.0.0.5:80", "a", 1) + accepted("10.0.0.5:80", "b", 2), []),
    ],
)
def test_two_on_one_port(ask: Ask, rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(SS + rows, DUPLICATE)] == expected


def test_two_on_one_port_in_words(ask: Ask) -> None:
    rows = listening("0.0.0.0", 80, "a", 1) + listening("0.0.0.0", 80, "b", 2)
    [finding] = ask.found(SS + rows + accepted("10.0.0.5:80", "a", 1), DUPLICATE)
    assert finding.verdict == (
        "a/1 and b/2 listen on 0.0.0.0:80: each gets a part of the callers, or none."
    )
    assert finding.evidence == (
        "a/1: 1 connection in this dump",
        "b/2: 0 connections in this dump",
    )
    assert "old instance" in finding.cause[0]


def test_parent_and_child_share_a_socket(ask: Ask) -> None:
    """Old versions of ss print a line for each of them; the inode says that it is one socket."""
    rows = [listening("0.0.0.0", 80, name, 1).rstrip() for name in "ab"]
    assert not ask.found(SS + "".join(f"{row} ino:77 sk:1\n" for row in rows), DUPLICATE)


def test_two_on_one_port_of_windows(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:5665    0.0.0.0:0    LISTENING    {pid}\n" for pid in (15136, 8692)
    )
    [finding] = ask.found(WINDOWS + rows, DUPLICATE)
    assert brief(finding) == (
        "warning listener-duplicate 0.0.0.0:5665 (high): pid 15136 and pid 8692 listen on "
        "0.0.0.0:5665: Windows gives the callers to one of them only."
    )
    assert finding.cause[0].startswith("SO_REUSEADDR")


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
        (("0.0.0.0", "/usr/sbin/a: x"), ("127.0.0.1", "a"), False),
        (("0.0.0.0", "a: master"), ("127.0.0.1", "a: worker"), False),
    ],
)
def test_one_in_front_of_another(
    ask: Ask, wild: tuple[str, str], exact: tuple[str, str], *, speaks: bool
) -> None:
    rows = listening(wild[0], 80, wild[1], 1) + listening(exact[0], 80, exact[1], 2)
    assert [finding.severity for finding in ask.found(SS + rows, SHADOWED)] == ["notice"] * speaks


@pytest.mark.parametrize(
    ("wild", "exact", "speaks"),
    [
        ("tcp4 *.80", "tcp4 127.0.0.1.80", True),
        ("tcp4 *.80", "tcp6 ::1.80", False),
        ("tcp6 *.80", "tcp4 127.0.0.1.80", False),
        ("tcp6 *.80", "tcp6 ::1.80", True),
        ("tcp46 *.80", "tcp4 127.0.0.1.80", True),
        ("tcp46 *.80", "tcp6 ::1.80", True),
    ],
)
def test_one_in_front_of_another_on_macos(ask: Ask, wild: str, exact: str, *, speaks: bool) -> None:
    head = MAC.rstrip("\n") + "      rhiwat  shiwat    pid   epid\n"
    rows = "".join(
        f"{proto:<5}      0      0  {end:<22} *.*                    LISTEN       131072  131072  {pid:>5}      0\n"
        for pid, (proto, end) in enumerate((wild.split(), exact.split()), 500)
    )
    assert [finding.severity for finding in ask.found(head + rows, SHADOWED)] == ["notice"] * speaks


@pytest.mark.parametrize(
    "row",
    [
        accepted("192.0.2.1:80", "b", 2),  # a connection hides nothing
        listening("192.0.2.1", 80),
        listening("192.0.2.1", 81, "b", 2),
    ],
)
def test_nobody_in_front_of_another(ask: Ask, row: str) -> None:
    assert not ask.found(SS + listening("0.0.0.0", 80, "a", 1) + row, SHADOWED)


def test_ports_by_names_that_no_table_knows_are_not_one_port(ask: Ask) -> None:
    head = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name\n"
    rows = [f"tcp 0 0 {end} 0.0.0.0:* LISTEN {pid}/x{pid}\n" for pid, end in enumerate(UNNAMED, 1)]
    assert not ask.found(head + "".join(rows), SHADOWED)


UNNAMED = ("0.0.0.0:frobnicate", "127.0.0.1:twiddle")


def test_shadowed_in_words(ask: Ask) -> None:
    rows = listening("0.0.0.0", 80, "a", 1) + listening("127.0.0.1", 80, "b", 2)
    rows += accepted("10.0.0.5:80", "a", 1)
    [finding] = ask.found(SS + rows, SHADOWED)
    assert finding.evidence == ("a/1: 1 connection", "b/2: 0 connections")
    assert finding.verdict == (
        "b/2 listens on 127.0.0.1:80 and a/1 on every address of that port: callers of 127.0.0.1 "
        "reach b/2 alone, all others a/1."
    )


# ---- listener-family-mismatch ------------------------------------------------------------------

SIX = listening("[::1]", 631, "cupsd") + listening("127.0.0.1", 631, "cupsd")
LONE = SIX + listening("0.0.0.0", 3000, "node")


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
        (listening("[::1]", 3000, "node") + "u_str ESTAB 0 0 * 19000 * 19001\n", []),
        (LONE + established("[::1]:40000", "[::1]:3000", "TIME-WAIT"), ["info"]),
        (LONE + established("127.0.0.1:40000", "127.0.0.1:3000", "SYN-SENT"), ["info"]),
        (LONE + established("[2001:db8::5]:40000", "[2001:db8:9::80]:3000", "SYN-SENT"), ["info"]),
        (LONE + established("[2001:db8::5]:40000", "[2001:db8::5]:3000", "SYN-SENT"), ["notice"]),
        (
            LONE
            + listening("127.0.0.1", 3001, "node")
            + established("[::1]:40000", "[::1]:3001", "SYN-SENT"),
            ["notice", "info"],
        ),
    ],
)
def test_one_family_alone(ask: Ask, rows: str, expected: list[str]) -> None:
    assert [finding.severity for finding in ask.found(SS + rows, FAMILY)] == expected


def test_a_listen_queue_without_a_family_may_serve_both(ask: Ask) -> None:
    """`netstat -L` prints `*.3000`, whatever families the socket serves."""
    queues = (
        "Current listen queue sizes (qlen/incqlen/maxqlen)\nListen         Local Address         \n"
    )
    assert not ask.found(f"{MACOS}\n{queues}0/0/128        *.3000\n", FAMILY)
    assert ask.found(f"{MACOS}\n{queues}0/0/128        127.0.0.1.3000\n", FAMILY)


def test_each_namespace_has_its_own_families() -> None:
    """A port that one namespace serves over IPv6 is no help to callers within another one."""
    rows = SIX + listening("127.0.0.1", 3000, "node") + listening("[::1]", 3000, "node")
    frame = nsparse.parse(io.BytesIO((SS + rows).encode())).frame
    assert _families(frame) == []
    assert _families(frame.assign(netns=["pod"] * 3 + ["other"])) == ["info"]
    assert _families(frame.assign(netns=["a", "b", "b", "a"])) == []


def _families(frame: pd.DataFrame) -> list[str]:
    return [found.severity for found in nsparse.diagnose(frame).findings if found.id == FAMILY]


def test_one_family_alone_in_words(ask: Ask) -> None:
    [one] = ask.found(SS + LONE, FAMILY)
    assert one.verdict == (
        "1 port is listened on over IPv4 alone on a host that has IPv6 too (3000): a caller of "
        "localhost that tries ::1 is refused."
    )
    ports = "".join(listening("[::1]", port, "node") for port in range(3000, 3009))
    [many] = ask.found(SS + SIX + ports, FAMILY)
    assert many.verdict == (
        "9 ports are listened on over IPv6 alone on a host that has IPv4 too (3000, 3001, 3002, "
        "3003, 3004, 3005, 3006, 3007 and 1 more): a caller of localhost that tries 127.0.0.1 is "
        "refused."
    )


@pytest.mark.parametrize(
    ("listens", "calls", "over", "alone", "number"),
    [
        ("127.0.0.1", "[::1]", "IPv6", "IPv4", "127.0.0.1"),
        ("[::1]", "127.0.0.1", "IPv4", "IPv6", "::1"),
    ],
)
def test_a_call_over_the_other_family_in_words(
    ask: Ask, listens: str, calls: str, over: str, alone: str, number: str
) -> None:
    call = established(f"{calls}:40000", f"{calls}:3000", "SYN-SENT")
    [finding] = ask.found(SS + SIX + listening(listens, 3000, "node") + call, FAMILY)
    assert finding.verdict == (
        f"1 attempt of this host to call port 3000 over {over}, and node/1 listens on {alone} "
        "alone."
    )
    assert finding.next[0].cmd.endswith(f"or call {number} by its number")


LINUX = "Proto Recv-Q Send-Q Local Address Foreign Address State\n"
LINUX += "tcp 0 0 127.0.0.1:631 0.0.0.0:* LISTEN\ntcp6 0 0 ::1:631 :::* LISTEN\n"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (LINUX + "tcp6 0 0 :::3000 :::* LISTEN\n", None),  # serves both, as a rule
        (LINUX + "tcp 0 0 0.0.0.0:3000 0.0.0.0:* LISTEN\n", "IPv4"),
        (MACOS + "tcp4 0 0 *.3000 *.* LISTEN\n", "IPv4"),
        (MACOS + "tcp6 0 0 *.3000 *.* LISTEN\n", "IPv6"),
        (MACOS + "tcp46 0 0 *.3000 *.* LISTEN\n", None),
        (SS + SIX + listening("[::ffff:127.0.0.1]", 3000), "IPv4"),
    ],
)
def test_which_family_is_alone(ask: Ask, text: str, alone: str | None) -> None:
    said = [finding.verdict.partition(" on a host")[0] for finding in ask.found(text, FAMILY)]
    assert said == [f"1 port is listened on over {alone} alone"] * (alone is not None)


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


@pytest.mark.parametrize(
    ("rows", "n", "evidence"),
    [
        ("  TCP    192.0.2.70:50000   203.0.113.30:443     ESTABLISHED  5540\n", 0, ""),
        ("  TCP    192.0.2.70:7777    203.0.113.30:40000   CLOSE_WAIT   5540\n", 0, ""),
        ("  UDP    0.0.0.0:7777       *:*                               5540\n", 0, ""),
        (
            "  TCP    0.0.0.0:7777       0.0.0.0:0            LISTENING    5540\n"
            "  TCP    192.0.2.70:7777    203.0.113.30:40000   ESTABLISHED  5540\n"
            "  TCP    192.0.2.70:7777    203.0.113.30:40001   ESTABLISHED  5540\n"
            "  TCP    192.0.2.70:7777    203.0.113.30:40002   CLOSE_WAIT   5540\n",
            3,
            "2 established connections to it",
        ),
    ],
)
def test_what_the_dead_hold(ask: Ask, rows: str, n: int, evidence: str) -> None:
    facts = {"win1": {"proctable": ALIVE}}
    found = ask.found(WINDOWS + rows, DEAD, host="win1", facts=facts)
    assert [finding.n for finding in found] == [n] * (n > 0)
    assert [finding.evidence[1] for finding in found] == [evidence] * (n > 0)


def test_a_list_of_other_processes_proves_nothing(ask: Ask) -> None:
    rows = "".join(
        f"  TCP    0.0.0.0:{pid}    0.0.0.0:0    LISTENING    {pid}\n" for pid in range(100, 110)
    )
    stale = {"win1": {"proctable": [0, 4, *range(106, 120)]}}
    assert not ask.found(WINDOWS + rows, DEAD, host="win1", facts=stale)
    fresh = {"win1": {"proctable": [0, 4, *range(101, 120)]}}
    assert len(ask.found(WINDOWS + rows, DEAD, host="win1", facts=fresh)) == 1


@pytest.mark.parametrize(
    ("owners", "gone", "said"), [(9, 5, 5), (9, 6, 0), (20, 10, 10), (20, 11, 0)]
)
def test_so_many_dead_that_the_list_is_another_moment(
    ask: Ask, owners: int, gone: int, said: int
) -> None:
    rows = "".join(windows("TCP", pid, pid) for pid in range(100, 100 + owners))
    others = range(1000, 1020)
    facts = {"win1": {"proctable": [0, 4, *range(100 + gone, 100 + owners), *others]}}
    assert len(ask.found(WINDOWS + rows, DEAD, host="win1", facts=facts)) == said


@pytest.mark.parametrize(
    ("pids", "judged"),
    [
        ([0, 4, 8, 1052], True),
        ([0, 1, 8, 1052], False),  # without System
        ([4, 8, 1052], False),  # 4, 1052, 5540 and 7312 have sockets
        ([1052], False),  # tasklist /fi "PID eq 1052"
    ],
)
def test_a_list_of_a_few_processes_proves_nothing(
    ask: Ask, pids: list[int], *, judged: bool
) -> None:
    rows = GONE.replace("TIME_WAIT       0", "ESTABLISHED     4")
    report = ask.report(WINDOWS + rows, DEAD, host="win1", facts={"win1": {"proctable": pids}})
    assert [finding.n for finding in report.findings] == [2] * judged
    assert [name for name, _ in report.not_evaluated] == [DEAD] * (not judged)


@pytest.mark.parametrize(
    ("row", "owner"),
    [
        ("7788\n", "java.exe/7788"),
        ("7788\n [javaw.exe]\n", "javaw.exe/7788"),  # the dump's own word counts
        ("7789\n", "pid 7789"),
        ("4\n", "System/4"),
        ("0\n", None),  # held by no process, though the list has one of this number
    ],
)
def test_a_list_of_processes_names_owners(ask: Ask, row: str, owner: str | None) -> None:
    text = WINDOWS + "".join(
        f"  TCP    192.0.2.70:8443   203.0.113.{n}:40000   CLOSE_WAIT   {row}" for n in range(9)
    )
    facts = {"win1": {"proctable": {0: "System Idle Process", 4: "System", 7788: "java.exe"}}}
    (finding,) = ask.found(text, "close-wait-leak", DEAD, host="win1", facts=facts)
    assert finding.group.owner == owner


@pytest.mark.parametrize(
    ("text", "way"),
    [
        (SS + "tcp LISTEN 0 64 0.0.0.0:2049 0.0.0.0:* ino:900 sk:900\n", "sudo ss -tuanp"),
        (SS + listening("0.0.0.0", 80, "a"), "ss -tuane"),
        (SS + listening("0.0.0.0", 80), "sudo ss -tuanpe"),
    ],
)
def test_listeners_without_a_process_need_owners_to_be_told(ask: Ask, text: str, way: str) -> None:
    """Where the dump names no owner at all, that a listener has none says nothing."""
    report = ask.report(text, DEAD)
    [(_, needs)] = report.not_evaluated
    assert wanted(needs, report.scenes).command == way


def test_a_list_of_processes_names_owners_of_windows_alone(ask: Ask) -> None:
    """What lists them elsewhere prints names with blanks that have no end."""
    head = MAC.rstrip("\n") + "      rhiwat  shiwat    pid   epid\n"
    text = head + "".join(
        f"tcp4       0      0  192.0.2.70.8443        203.0.113.{n}.40000      CLOSE_WAIT   131072"
        "  131072    500      0\n"
        for n in range(9)
    )
    facts = {"mac1": {"proctable": {1: "launchd", 500: "java"}}}
    (finding,) = ask.found(text, "close-wait-leak", DEAD, host="mac1", facts=facts)
    assert finding.group.owner == "pid 500"


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
    rows += "tcp ESTAB 0 0 192.0.2.1:80 203.0.113.9:40000 ino:901 sk:901\n"
    rows += "tcp LISTEN 0 64 0.0.0.0:2050 0.0.0.0:*\n"  # of an inode nothing is known
    found = ask.found(SS + rows, DEAD)
    assert [(finding.severity, finding.n) for finding in found] == [("info", 1)] * speaks
    assert all("without a process (2049)" in finding.verdict for finding in found)


@pytest.mark.parametrize(
    ("ports", "says"),
    [
        (8, "8 listeners without a process (2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008): "),
        (9, "9 listeners without a process (2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008 and 1 "),
    ],
)
def test_ports_of_the_kernel_that_are_named(ask: Ask, ports: int, says: str) -> None:
    rows = "".join(
        f'tcp LISTEN 0 128 0.0.0.0:{80 + n} 0.0.0.0:* users:(("a",pid=1,fd={n})) ino:{n} sk:{n}\n'
        for n in range(1, 4 * ports + 1)
    )
    rows += "".join(
        f"tcp LISTEN 0 64 0.0.0.0:{2000 + n} 0.0.0.0:* ino:{900 + n} sk:{900 + n}\n"
        for n in range(1, ports + 1)
    )
    [finding] = ask.found(SS + rows, DEAD)
    assert finding.verdict.startswith(says)


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


@pytest.mark.parametrize(
    "row",
    [
        accepted("10.0.0.5:22", "rsync", 9),  # a connection: its program may be any
        listening("0.0.0.0", 22),  # nobody knows whose
    ],
)
def test_a_low_port_of_nobody(ask: Ask, row: str) -> None:
    text = SS + listening("0.0.0.0", 25, "master") + row
    assert not ask.found(text, "privileged-port-unusual")


def test_a_low_port_in_use(ask: Ask) -> None:
    rows = listening("0.0.0.0", 22, "nc", 7) + listening("0.0.0.0", 80, "nginx", 8)
    rows += accepted("10.0.0.5:22", "nc", 7) + accepted("10.0.0.5:80", "nginx", 8)
    [finding] = ask.found(SS + rows, "privileged-port-unusual")
    assert finding.evidence == ("1 connection to it in this dump",)
