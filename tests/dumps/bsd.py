"""What the printers of the BSDs share: how an end and a row of UNIX sockets is put on paper.

After inetprint and inet6print of usr.bin/netstat/{inet,inet6}.c and unixdomainpr of unix.c in
FreeBSD, NetBSD and OpenBSD.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from tests.dumps import sockets as model
from tests.dumps.paper import Line, Row, row
from tests.dumps.sockets import End, Socket, UnixSocket

STATES = {"SYN_RECEIVED": "SYN_RCVD"}
TYPES = ("stream", "dgram", "seqpacket")
UNIX_BANNER = "Active UNIX domain sockets"
NARROW = 18


@dataclass(frozen=True)
class Style:
    """How an end is written.

    Attributes:
        host: An address or a name is cut to so many characters, None where never.
        width: Then the whole end, None where never.
        pad: The width of the column.
        service: A service's name is cut to so many characters.
        numeric: Whether ports are numbers.
        names: Whether hosts have names.
        narrow: Whether the row has -A and 18 characters for an end.
        cuts_ipv6: Whether that cuts numeric IPv6 addresses as well.
        cuts_ports: Whether it cuts numeric ports.
    """

    host: int | None
    width: int | None
    pad: int
    service: int
    numeric: bool
    names: bool
    narrow: bool = False
    cuts_ipv6: bool = False
    cuts_ports: bool = True


def end(socket: Socket, end: End, style: Style) -> tuple[str, Row]:
    """An end as printed, and what of it can be read again."""
    host, is_name = _host(end, style)
    host = host[: style.host]
    port, is_service = _port(socket, end, style)
    token = f"{host}.{port}"[: style.width]
    return f"{token:{style.pad}}", _readable(token, is_name=is_name, is_service=is_service, s=style)


def _host(end: End, style: Style) -> tuple[str, bool]:
    if not end.addr:
        return "*", False
    if end.host and style.names:
        return end.host, True
    zone = f"%{end.zone}" if end.zone and end.addr.startswith("fe80") else ""
    return end.addr + zone, False


def _port(socket: Socket, end: End, style: Style) -> tuple[str, bool]:
    if end.port is None or socket.proto not in ("tcp", "udp"):
        return "*", False
    if style.numeric or end.service is None:
        return str(end.port), False
    return end.service[: style.service], True


def _readable(token: str, *, is_name: bool, is_service: bool, s: Style) -> Row:
    """What is left of an end after all cuts; who reads it knows its text and whether it has -A."""
    host, _, port = token.rpartition(".")
    bare, _, zone = host.partition("%")
    number = model.KNOWN_SERVICES.get(port) if is_service else None if port == "*" else int(port)
    lost_digits = s.cuts_ports and not is_service and number is not None and number * 10 <= 65535
    cut_port = s.narrow and len(token) == NARROW and port != "*" and (is_service or lost_digits)
    cut_host = s.narrow and len(host) == 12 and port != "*"
    cut_host = cut_host and (is_service or (s.cuts_ipv6 and ":" in host))
    broken = is_name or (":" in bare and not _is_ipv6(bare))
    six = ":" in bare
    cut = cut_port or cut_host or (six and broken) or (len(host) == 16 and (six or is_name))
    return {
        "addr": bare if not broken or (cut and six) else host if cut else None,
        "port": None if cut_port else number,
        "zone": zone or None if not is_name else None,
        "name": token if broken or is_service or cut_port else None,
        "cut": True if cut else None,
    }


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def ends_row(local: Row, remote: Row) -> Row:
    """The columns of both ends."""
    return row(
        **{
            f"{side}_{name}": said[name]
            for side, said in (("local", local), ("remote", remote))
            for name in ("addr", "port", "zone", "name")
        },
        addr_truncated=local["cut"] or remote["cut"],
    )


def state(socket: Socket) -> str | None:
    """The word for its state."""
    return STATES.get(socket.state, socket.state) if socket.state else None


# ---- UNIX sockets --------------------------------------------------------------------------------


def unix_heading(width: int) -> list[Line]:
    """The banner, and the header with addresses of that width."""
    links = " ".join(f"{name:>{width}}" for name in ("Inode", "Conn", "Refs", "Nextref"))
    return [Line(UNIX_BANNER), Line(f"{'Address':{width}} Type   Recv-Q Send-Q {links} Addr")]


def unix_row(socket: UnixSocket, addresses: list[str], path: str, cookie: str) -> Line:
    """A row; the addresses stand as they are printed, padding and all."""
    block, *links = addresses
    kind = TYPES[socket.kind][:6]
    text = f"{block} {kind:6} {socket.recv_q:6} {socket.send_q:6} {' '.join(links)}"
    return Line(
        text + (f" {path}" if path else ""),
        row(
            section="unix",
            proto="unix",
            family="unix",
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            cookie=cookie,
            path=path if path and not path.startswith("-> ") else None,
        ),
        fixed=True,
    )
