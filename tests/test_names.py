"""Dumps without -n are judged by the names of hosts, as others are by their addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Ask

NETSTAT = "Proto Recv-Q Send-Q Local Address Foreign Address State PID/Program name Timer\n"
WINDOWS = "  Proto  Local Address          Foreign Address        State\n"
PORT = "{}"


def rows(count: int, queues: str, ends: str, state: str, timer: str) -> str:
    """Rows of `netstat -apo`; `{}` in their ends is a port of its own for each."""
    each = (ends.replace(PORT, str(40000 + n)) for n in range(count))
    return NETSTAT + "".join(f"tcp {queues} {told} {state} 7/app {timer}\n" for told in each)


OUT, IN = "web1:{} db1.example:https", "web1:https db1.example:{}"
SIX, PEER = "2001:db8::5:{} 2001:db8:9::80:443", " dst '[2001:db8:9::80]'"


@pytest.mark.parametrize(
    ("text", "id_", "said"),
    [
        (
            rows(6, "0 1", OUT, "SYN_SENT", "on (2.20/6/0)"),
            "syn-sent-dead-peer",
            "nc -vz -w 5 db1.example 443",
        ),
        (
            rows(6, "0 900", OUT, "ESTABLISHED", "on (12.00/6/0)"),
            "retransmit-stall",
            "ss -tanpoi dst db1.example",
        ),
        (
            rows(6, "0 90000", IN, "ESTABLISHED", "probe (42.00/0/0)"),
            "zero-window",
            "ss -tanpoi dst db1.example",
        ),
        (
            rows(9, "0 90", IN, "FIN_WAIT1", "on (20.20/5/0)"),
            "fin-wait1-stuck",
            "tcpdump -nni any host db1.example",
        ),
        (
            rows(6, "0 0", IN, "ESTABLISHED", "keepalive (20.20/0/6)"),
            "keepalive-failing",
            "ping -c 3 db1.example",
        ),
        (
            rows(6, "0 0", OUT, "FIN_WAIT2", "off (0.00/0/0)"),
            "fin-wait2-stuck",
            "at the other end (db1.example:443): find the owner in CLOSE_WAIT",
        ),
        (
            rows(1000, "0 0", OUT, "ESTABLISHED", "off (0.00/0/0)"),
            "conn-leak-backend",
            "ss -tanpoi dst db1.example:443",
        ),
    ],
)
def test_a_host_is_called_by_its_name(ask: Ask, text: str, id_: str, said: str) -> None:
    [finding] = ask.found(text, id_)
    assert said in [step.cmd for step in finding.next]
    assert not re.search(r"\bnan\b|<NA>|\b0 peers", f"{finding.verdict} {finding.evidence}")


def test_a_port_of_any_name_is_that_of_a_service(ask: Ask) -> None:
    """Who calls one is a client, whose stale connections are a pool."""
    text = rows(6, "1 0", "web1:{} db1.example:no-such", "CLOSE_WAIT", "off (0.00/0/0)")
    [finding] = ask.found(text, "close-wait-leak", "close-wait-pool")
    assert (finding.id, finding.group.role) == ("close-wait-pool", "client")


def test_names_that_differ_are_different_hosts(ask: Ask) -> None:
    text = rows(60, "0 1", "web1:{} h{}.example:ssh", "SYN_SENT", "on (2.20/6/0)")
    [finding] = ask.found(text, "syn-sent-scan")
    assert (finding.severity, finding.n) == ("critical", 60)


LISTENS = "Proto Recv-Q Send-Q Local Address Foreign Address State\n{}udp 0 0 *:ipp *:*\n"


@pytest.mark.parametrize(
    ("beside", "where"),
    [
        ("udp6 0 0 [::]:mdns [::]:*\n", "every IPv4 address"),
        ("udp6 0 0 *:mdns *:*\n", "every IPv4 address"),
        ("", "every address"),
        ("udp 0 0 *:mdns *:*\n", "every address"),
        ("udp6 0 0 fe80::1:123 [::]:*\n", "every address"),  # so do versions that say `*` of both
    ],
)
def test_every_address_is_of_ipv4_where_ipv6_is_told_apart(
    ask: Ask, beside: str, where: str
) -> None:
    """net-tools without -n print `*` for 0.0.0.0, and old versions for :: too."""
    [finding] = ask.found(LISTENS.format(beside), "listener-exposed")
    assert f"that of CUPS, is open on {where}, UDP" in finding.verdict


def test_a_name_in_a_command_does_nothing(ask: Ask) -> None:
    """Who answers for an address chooses its name."""
    ends = "web1:{} $(id).example:https"
    [finding] = ask.found(rows(6, "0 1", ends, "SYN_SENT", "on (2.20/6/0)"), "syn-sent-dead-peer")
    assert "nc -vz -w 5 '$(id).example' 443" in [step.cmd for step in finding.next]


@pytest.mark.parametrize(
    ("text", "id_", "said"),
    [
        (rows(6, "0 1", SIX, "SYN_SENT", "on (2.20/6/0)"), "syn-sent-dead-peer", PEER),
        (rows(6, "0 90000", SIX, "ESTABLISHED", "probe (42.00/0/0)"), "zero-window", PEER),
        (rows(6, "0 90000", SIX, "ESTABLISHED", "on (0.20/0/0)"), "send-q-backlog", PEER),
        (rows(6, "0 900", SIX, "ESTABLISHED", "on (12.00/6/0)"), "retransmit-stall", PEER),
        (rows(6, "0 0", SIX, "ESTABLISHED", "keepalive (9.00/0/6)"), "keepalive-failing", PEER),
        (
            rows(6, "0 900", SIX, "ESTABLISHED", "on (12.00/6/0)"),
            "retransmit-stall",
            "ping -M do -s 1452 -c 3 2001:db8:9::80",  # 1500 bytes with 40 of IPv6
        ),
        (
            rows(1000, "0 0", SIX, "ESTABLISHED", "off (0.00/0/0)"),
            "conn-leak-backend",
            "ss -tanpoi dst '[2001:db8:9::80]:443'",
        ),
    ],
)
def test_ss_takes_ipv6_in_brackets(ask: Ask, text: str, id_: str, said: str) -> None:
    """Of `dst 2001:db8:9::80` it takes the last part for a port, and says that it cannot parse."""
    [finding] = ask.found(text.replace("tcp ", "tcp6 "), id_)
    assert any(step.cmd.endswith(said) for step in finding.next)


@pytest.mark.parametrize("name", ["localhost", "localhost.localdo", "ip6-localhost"])
def test_localhost_is_no_path(ask: Ask, name: str) -> None:
    ends = f"{name}:{{}} {name}:https"
    text = rows(6, "0 900", ends, "ESTABLISHED", "on (12.00/6/0)")
    [finding] = ask.found(text, "retransmit-stall")
    assert finding.cause[0].startswith("the other end is on this host")


def test_windows_names_the_other_end_of_loopback(ask: Ask) -> None:
    """It prints the own end as a number; both rows are one connection, and prove each other."""
    text = WINDOWS + "".join(
        f"  TCP    127.0.0.1:5001   PC1:{port}   {here}\n [proxy.exe]\n"
        f"  TCP    127.0.0.1:{port} PC1:5001     {there}\n [browser.exe]\n"
        for port, here, there in (
            (50001, "CLOSE_WAIT", "FIN_WAIT_2"),
            (50002, "CLOSE_WAIT", "FIN_WAIT_2"),
            (50003, "CLOSE_WAIT", "FIN_WAIT_2"),
            (50004, "ESTABLISHED", "ESTABLISHED"),
        )
    )
    report = ask.report(text)
    assert report.summary["connections"] == 4
    [finding] = [one for one in report.findings if one.severity == "warning"]
    assert (finding.id, finding.confidence) == ("close-wait-leak", "high")
    assert finding.verdict == (
        "3 of 4 connections accepted on port 5001 are CLOSE_WAIT: browser.exe has closed, "
        "proxy.exe has not."
    )
