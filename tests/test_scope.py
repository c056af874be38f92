"""How far addresses reach: the first and the last of each network, and those just outside."""

from __future__ import annotations

import pytest

from nsparse.judging.scene.scope import is_here, kind, loopback, public, scope

SCOPES = {
    "any": "0.0.0.0 :: *",
    "loopback": "127.0.0.0 127.255.255.255 ::1 ::ffff:127.0.0.1 localhost ip6-localhost",
    "linklocal": "169.254.0.0 169.254.255.255 fe80:: febf:ffff::",
    "private": "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 "
    "fc00:: fdff:ffff:: fec0:: feff:ffff:: ::ffff:10.0.0.1",
    "cgnat": "100.64.0.0 100.127.255.255",
    "documentation": "192.0.2.0 192.0.2.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 "
    "2001:db8:: 2001:db8:ffff:: 3fff:: 3fff:fff::",
    "multicast": "224.0.0.0 239.255.255.255 ff00:: ffff::",
    "reserved": "0.0.0.1 0.255.255.255 192.0.0.0 192.0.0.255 198.18.0.0 198.19.255.255 240.0.0.0 "
    "255.255.255.255 ::2 1fff:: 2001:2:: 4000:: 64:ff9b:1:: fbff:: fe00::",
    "global": "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 "
    "169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.167.255.255 "
    "192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 "
    "223.255.255.255 2000:: 2001:1:: 2001:2:1:: 2001:db7:: 2001:db9:: 3ffe:: 3fff:1000:: "
    "64:ff9b:: 64:ff9b::ffff:ffff",
    "": "db1 10.0 10.0.0 10.0.0.0.0 10.0.0.256 10.0.0.x ::x",
}


@pytest.mark.parametrize("name", SCOPES)
def test_scopes_end_where_their_networks_do(name: str) -> None:
    addresses = SCOPES[name].split()
    assert {addr: scope(addr) for addr in addresses} == dict.fromkeys(addresses, name)
    assert {public(addr) for addr in addresses} == {name in ("global", "documentation")}


@pytest.mark.parametrize(
    ("local", "remote", "here"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "127.0.0.2", True),
        ("127.0.0.1", "192.0.2.1", False),
        ("db1", "db2", False),
    ],
)
def test_what_never_leaves_the_host(local: str, remote: str, *, here: bool) -> None:
    assert is_here(local, remote) == here


def test_where_an_address_belongs_in_words() -> None:
    private, public_ = "a private address", "a public address"
    said = {"10.0.0.1": private, "100.64.0.1": private, "fe80::1": private, "11.0.0.0": public_}
    said |= {"203.0.113.1": public_, "127.0.0.1": "this host itself", "240.0.0.1": "", "db1": ""}
    assert {addr: kind(addr) for addr in said} == said
    assert kind("203.0.113.1", own=True) == "this host itself"
    assert [loopback(addr) for addr in ("::1", "::", "128.0.0.1")] == [True, False, False]
