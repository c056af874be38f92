"""Where an address belongs: to this host, to a private network, to the world."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

PRIVATE = tuple(
    ip_network(net)
    for net in (
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # RFC 6598, between carrier and customer
        "169.254.0.0/16",  # RFC 3927, link-local
        "fc00::/7",  # RFC 4193
        "fe80::/10",  # RFC 4291, link-local
    )
)


def kind(addr: str, *, own: bool = False) -> str:
    """Where an address belongs, in words.

    Args:
        addr: The address as printed.
        own: Whether it is known to be one of this host.

    >>> kind("192.168.0.7"), kind("2001:db8::1"), kind("::1"), kind("web1")
    ('a private address', 'a public address', 'this host itself', 'a name')
    """
    try:
        address = ip_address(addr)
    except ValueError:
        return "a name"
    if own or address.is_loopback:
        return "this host itself"
    private = any(address in net for net in PRIVATE if net.version == address.version)
    return "a private address" if private else "a public address"


def loopback(addr: str) -> bool:
    """Whether an address is one that never leaves the host.

    >>> loopback("127.0.0.53"), loopback("::1"), loopback("192.0.2.1")
    (True, True, False)
    """
    return addr.startswith("127.") or addr == "::1"
