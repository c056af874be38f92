"""What the cells of a row mean, where several dialects print them alike.

Each function makes a `Cell`: the words for a refusal, and the reader of one distinct
text. A missing value is left out, never 0 and never "".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from ipaddress import AddressValueError, IPv6Address
from typing import Any, NamedTuple

from nsparse.dialect import Cell, CellFault, Columns, Digits, Plain, Values
from nsparse.reading.cells.normal import WILDCARDS
from nsparse.reading.cells.services import PORTS

PORT_MAX = 65535
NUMBER_MAX = 2**63 - 1
"""No counter of a kernel is larger, and no column holds more."""
HOSTS = 4096
"""So many hosts are remembered: nearly all ends of a dump have an address that others have too."""

_BLANKS = re.compile(r"[ \t]+")
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_COMMAS = re.compile(r"(?:[0-9]{1,3}[.,]){3}[0-9]{1,3}")
"""What readers of pictures, and programs that write numbers in some languages, make of dots."""
_DEFANGED = re.compile(r"\[([.:])\]")
"""How reports on attacks write addresses, so that nobody follows them."""
_BOLD = re.compile(r"(\*\*)([^* \t]+)\1")
"""Markdown for bold, around a part of a cell."""
_MASKED = re.compile(r"(?=.*[g-z*])[^:]*(?::[^:]+){3}", re.IGNORECASE)
"""An address of IPv4 that somebody has hidden: `10:xx:xx:xx`."""


def number(column: str, words: str, *, zero: bool = True) -> Cell:
    """A number; with `zero=False` the tool prints 0 for none."""
    return Cell(words, partial(_number, column, zero), digits=Digits(column, zero=zero))


def text(column: str, words: str) -> Cell:
    """A text kept as printed."""
    return Cell(words, lambda cell: {column: cell})


def word(words: str, **values: Any) -> Cell:
    """A word that always means the same."""
    return Cell(words, lambda _: values)


def ignored(words: str) -> Cell:
    """A cell that only holds its place."""
    return word(words)


def state(words: str = "a state such as ESTABLISHED or LISTEN") -> Cell:
    """A state as printed; `nsparse.reading.cells.normal` gives it its RFC 9293 name."""
    return text("state_raw", words)


def details(words: str, *labels: str) -> Cell:
    """Something no typed column holds, kept in `details` with a label before it."""
    label = "".join(f"{name}:" for name in labels)
    return Cell(words, lambda cell: {"details": label + cell})


def words_of(cell: str) -> list[str]:
    r"""The words of a cell that holds several, parted by what grammars call blanks alone.

    >>> words_of("a\x85b  c")
    ['a\x85b', 'c']
    """
    return _BLANKS.split(cell)


def put(columns: Columns, name: str, number: int, value: object) -> None:
    """Set one cell of a table's columns; the column may be new."""
    columns.setdefault(name, [None] * len(columns["proto"]))[number] = value


def _number(column: str, zero: bool, cell: str) -> Values:
    value = int(cell)
    if value > NUMBER_MAX:
        raise CellFault(f"a number up to {NUMBER_MAX}")
    return {column: value} if value or zero else {}


RECV_Q = number("recv_q", "a number (Recv-Q)")
SEND_Q = number("send_q", "a number (Send-Q)")


# ---- addresses -------------------------------------------------------------------------------


class Host(NamedTuple):
    """One end's host: an address, or a name where the dump was not numeric."""

    addr: str | None = None
    zone: str | None = None
    family: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Ends:
    """How a tool writes an end.

    Attributes:
        separator: What stands between host and port; the last one splits.
        token_width: A whole token this wide was cut (net-tools), 0 where never.
        host_width: An IPv6 address or name this wide was cut (BSD), 0 where never.
        zero_is_none: Whether a port 0 means none also behind an address (Windows).
    """

    separator: str = ":"
    token_width: int = 0
    host_width: int = 0
    zero_is_none: bool = False


def local(ends: Ends) -> Cell:
    """This host's end."""
    return Cell(
        f"a local address and port (host{ends.separator}port)",
        partial(_end, "local", ends),
        digits=_port("local", ends),
    )


def remote(ends: Ends) -> Cell:
    """The other end."""
    return Cell(
        f"a remote address and port (host{ends.separator}port)",
        partial(_end, "remote", ends),
        digits=_port("remote", ends),
    )


def _port(side: str, ends: Ends) -> Digits:
    """The port, and before it the host, where it is an IPv4 address."""
    return Digits(
        f"{side}_port",
        before=ends.separator,
        most=PORT_MAX,
        zero=side == "local" and not ends.zero_is_none,
        kept=f"{side}_addr",
        plain=(Plain(_IPV4.pattern), *_plain_ipv6(ends), *_cut_ipv6(side, ends)),
    )


_GROUP = "(?:0|[1-9a-f][0-9a-f]{0,3})"
# Eight groups; or some, `::`, and behind it so many that two at least are left out.
_CANONICAL = "|".join(
    [rf"{_GROUP}(?::{_GROUP}){{7}}"]
    + [rf"{_GROUP}(?::{_GROUP}){{{n}}}::(?:{_GROUP}(?::{_GROUP}){{0,{4 - n}}})?" for n in range(5)]
)
_NOT_CANONICAL = r"(?:^|:)0:(?:0(?::|$)|:)|::0(?::|$)"
"""RFC 5952: two groups of 0 are `::`, and it stands for as many as it can."""


def _plain_ipv6(ends: Ends) -> Iterator[Plain]:
    """IPv6 addresses as `ipaddress` writes them too, with and without brackets."""
    for front, back in (("[", "]"), ("", "")):
        cut = max(ends.host_width - len(front + back), 0)
        yield Plain(_CANONICAL, _NOT_CANONICAL, front, back, ends.token_width, cut)


_GROUPS = "[0-9a-f]{1,4}(?::[0-9a-f]{1,4})"
_NO_ADDRESS = f"{_GROUPS}{{1,6}}:?"
"""Too few groups, and no `::` that would stand for the others: it goes on in what was cut off."""


def _cut_ipv6(side: str, ends: Ends) -> Iterator[Plain]:
    """IPv6 addresses of which a tool cuts all but the first characters."""
    if ends.host_width:
        yield Plain(_CANONICAL, _NOT_CANONICAL, long=ends.host_width)
        yield Plain(_NO_ADDRESS, whole=f"{side}_name")


def _end(side: str, ends: Ends, cell: str) -> Values:
    if cell.startswith("[") and ":" not in cell:
        return {}  # net-tools `[NONE SET]`, `[UNKNOWN]`
    if "**" in cell or "[" in cell:
        cell = _BOLD.sub(r"\2", _DEFANGED.sub(r"\1", cell))
    if cell.startswith("[") and "]" not in cell:
        raise CellFault("an address with both its brackets")
    host_text, _, port_text = cell.rpartition(ends.separator)
    host = read_host(host_text)
    port, service = read_port(port_text)
    values: dict[str, Any] = {
        f"{side}_addr": host.addr,
        f"{side}_port": None if port == 0 and _is_none(side, ends, host) else port,
        f"{side}_zone": host.zone,
        "_family": host.family,
    }
    if host.name or service:
        values[f"{side}_name"] = cell
    if host.family != "ipv4" and _is_cut(ends, cell, host_text, host):
        values["addr_truncated"] = True
        if host.addr is None:
            values[f"{side}_addr"] = host.name
    return values


def _is_none(side: str, ends: Ends, host: Host) -> bool:
    """Whether a port 0 means none: programs that read the kernel's tables write it for `*`."""
    return ends.zero_is_none or (side == "remote" and host.addr in WILDCARDS)


def _is_cut(ends: Ends, cell: str, host_text: str, host: Host) -> bool:
    if host.family == "ipv6" and host.addr is None:
        return True  # what is no IPv6 address has been one
    return len(cell) == ends.token_width or len(host_text) == ends.host_width


@lru_cache(maxsize=HOSTS)
def read_host(host: str) -> Host:
    """An address as it is written by any tool: brackets, zone, IPv4-mapped, wildcard, or a name.

    >>> read_host("[::ffff:192.0.2.1]")
    Host(addr='192.0.2.1', zone=None, family='ipv6', name=None)
    >>> read_host("[fe80::1]%eth0").zone
    'eth0'
    """
    bare, _, zone = host.partition("%")
    if zone.endswith("]"):  # Windows writes the zone inside the brackets
        zone = zone[:-1]
        bare += "]"
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    if bare in ("*", ""):
        return Host("*", zone or None)
    if _IPV4.fullmatch(bare):
        return Host(bare, zone or None, "ipv4")
    if _COMMAS.fullmatch(bare):
        return Host(bare.replace(",", "."), zone or None, "ipv4")
    if ":" not in bare or _MASKED.fullmatch(bare):
        return Host(name=host)
    try:
        address = IPv6Address(bare)
    except AddressValueError:
        return Host(zone=zone or None, family="ipv6", name=bare)
    mapped = address.ipv4_mapped
    return Host(str(mapped or address), zone or None, "ipv6")


def read_port(port: str) -> tuple[int | None, str | None]:
    """A port and, where the tool printed one, the service's name.

    Raises:
        CellFault: A number that is no port.

    >>> read_port("ssh"), read_port("*"), read_port("8080")
    ((22, 'ssh'), (None, None), (8080, None))
    """
    if port == "*":
        return None, None
    if not (port.isascii() and port.isdigit()):
        return PORTS.get(port.lower()), port
    value = int(port)
    if value > PORT_MAX:
        raise CellFault(f"a port between 0 and {PORT_MAX}")
    return value, None
