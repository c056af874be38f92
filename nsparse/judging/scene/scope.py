"""How far an address reaches: this host, a link, a private network, the world.

An own table: the answers of `ipaddress` have changed in security releases, it calls multicast
groups global, and shared space (100.64.0.0/10) is neither private nor global to it.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network

WILDCARDS = ("0.0.0.0", "::", "*")
"""How tools print "any address"."""
NO_ADDRESS = frozenset((*WILDCARDS, ""))
"""What is no address of a host."""

SCOPES = tuple(
    (ip_network(net), scope)
    for net, scope in (
        ("0.0.0.0/32", "any"),
        ("::/128", "any"),
        ("127.0.0.0/8", "loopback"),  # RFC 1122
        ("::1/128", "loopback"),  # RFC 4291
        ("169.254.0.0/16", "linklocal"),  # RFC 3927
        ("fe80::/10", "linklocal"),  # RFC 4291
        ("10.0.0.0/8", "private"),  # RFC 1918
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("fc00::/7", "private"),  # RFC 4193
        ("fec0::/10", "private"),  # RFC 3879: site-local, of old
        ("100.64.0.0/10", "cgnat"),  # RFC 6598: between carrier and customer
        ("192.0.2.0/24", "documentation"),  # RFC 5737
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("2001:db8::/32", "documentation"),  # RFC 3849
        ("3fff::/20", "documentation"),  # RFC 9637
        ("2001:2::/48", "reserved"),  # RFC 5180: tests of network devices
        ("2000::/3", "global"),  # RFC 4291 2.4: of all others nothing is given to anybody
        ("64:ff9b::/96", "global"),  # RFC 6052: IPv4 behind a translator
        ("224.0.0.0/4", "multicast"),  # RFC 5771
        ("ff00::/8", "multicast"),  # RFC 4291
        ("0.0.0.0/8", "reserved"),  # RFC 1122: this network
        ("192.0.0.0/24", "reserved"),  # RFC 6890
        ("198.18.0.0/15", "reserved"),  # RFC 2544: tests of network devices
        ("240.0.0.0/4", "reserved"),  # RFC 1112
        ("::/0", "reserved"),
    )
)
"""Networks and what they are for; the first that fits decides, all other IPv4 is global."""
NETS = {
    version: tuple(
        (
            net.max_prefixlen - net.prefixlen,
            int(net.network_address) >> (net.max_prefixlen - net.prefixlen),
            what,
        )
        for net, what in SCOPES
        if net.version == version
    )
    for version in (4, 6)
}
"""The same by version, for a comparison of numbers: how many bits are the host's, the rest, the
scope."""
OCTETS = {str(number): number for number in range(256)}
"""The parts of an IPv4 address, as they are written."""
LOOPBACK = ("127.", "localhost", "ip6-localhost", "ip6-loopback")
"""How IPv4 addresses begin that never leave the host, and what tools print in their place."""
PUBLIC = ("global", "documentation")
"""Addresses that the world reaches; those of documentation stand for such ones."""
NEAR = ("private", "cgnat", "linklocal")
"""Addresses that only those nearby reach."""


@cache
def scope(addr: str) -> str:
    """What an address is for; "" for what is none.

    >>> [scope(addr) for addr in ("*", "100.64.0.1", "ff02::1", "::ffff:10.0.0.1", "db1")]
    ['any', 'cgnat', 'multicast', 'private', '']
    >>> [scope(addr) for addr in ("2a00::1", "2001:db8::1", "64:ff9b::1", "dead:beef::1")]
    ['global', 'documentation', 'global', 'reserved']
    >>> scope("localhost.localdo")
    'loopback'
    """
    if addr in NO_ADDRESS:
        return "any"
    version, number = 4, _four(addr)
    if number is None:
        try:
            version, number = _numbered(addr)
        except ValueError:
            return "loopback" if loopback(addr) else ""
    fits = (what for shift, net, what in NETS[version] if number >> shift == net)
    return next(fits, "global")


def public(addr: object) -> bool:
    """Whether the world reaches an address.

    >>> public("198.51.100.7"), public("192.168.0.7"), public("*"), public(None)
    (True, False, False, False)
    """
    return isinstance(addr, str) and scope(addr) in PUBLIC


def loopback(addr: str) -> bool:
    """Whether an address is one that never leaves the host.

    >>> loopback("127.0.0.53"), loopback("::1"), loopback("192.0.2.1")
    (True, True, False)
    """
    return addr.startswith(LOOPBACK) or addr == "::1"


def is_here(local: str, remote: str) -> bool:
    """Whether the other end of a connection is on this host: it never leaves it.

    >>> is_here("127.0.0.1", "127.0.0.53"), is_here("10.0.0.1", "10.0.0.1"), is_here("a", "b")
    (True, True, False)
    """
    return local == remote or scope(remote) == "loopback"


def subnet(addr: str) -> str:
    """The /24 of an address, or its /64; a name is in none but its own.

    >>> subnet("192.0.2.7"), subnet("2001:db8::7"), subnet("db1.example")
    ('192.0.2.0/24', '2001:db8::/64', 'db1.example')
    """
    try:
        return str(ip_network((addr, 64 if ":" in addr else 24), strict=False))
    except ValueError:
        return addr


def kind(addr: str, *, own: bool = False) -> str:
    """Where an address belongs, in words; "" of what is none, or is nobody's.

    Args:
        addr: The address as printed.
        own: Whether it is known to be one of this host.

    >>> kind("192.168.0.7"), kind("2001:db8::1"), kind("::1"), kind("web1")
    ('a private address', 'a public address', 'this host itself', '')
    >>> kind("240.0.0.1"), kind("dead:beef::1")
    ('', '')
    """
    where = scope(addr)
    if own or where == "loopback":
        return "this host itself"
    if where in NEAR:
        return "a private address"
    return "a public address" if where in PUBLIC else ""


def _four(addr: str) -> int | None:
    """The number of an IPv4 address; None of what is none. `ipaddress` takes six times as long."""
    parts = addr.split(".")
    if len(parts) != 4 or not OCTETS.keys() >= {*parts}:
        return None
    first, second, third, last = (OCTETS[part] for part in parts)
    return first << 24 | second << 16 | third << 8 | last


def _numbered(addr: str) -> tuple[int, int]:
    """The version and the number of an address.

    Raises:
        ValueError: It is none.
    """
    address = ip_address(addr)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).version, int(mapped or address)
