"""What the print routines say that FreeBSD, macOS, OpenBSD and NetBSD inherited from 4.4BSD.

Sources: usr.bin/netstat/{inet,inet6,unix}.c of FreeBSD 8 to 15, OpenBSD 1.180 and NetBSD 1.93 and
later; netstat.tproj of Apple's network_cmds. All write an end as `HOST.PORT` and cut it to the
width of its column: the host at 16 characters, and with -A the end at 18 and a name at 12.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from nsparse.dialect import Cell, Columns, Values
from nsparse.reading.cells.common import PORT_MAX, Ends, details, ignored, local, put, remote, text

ENDS = Ends(separator=".", host_width=16)

NARROW = 18
"""With -A an end is cut to so many characters, its port first."""
NARROW_HOST = 12
"""With -A and names a host is cut to so many characters, an address as well."""

PROTOS = {"icm": "icmp", "div": "divert", "igm": "igmp", "toe": "tcp"}
FAMILIES = {"4": "ipv4", "6": "ipv6", "46": "dual", "66": "ipv6"}


# ---- protocols and states ----------------------------------------------------------------------


def _proto(cell: str) -> Values:
    """Three letters of the protocol, then the family; raw IP is `ip 4`."""
    name = cell[:3].rstrip(" 46")
    family = FAMILIES[cell[len(name) :].strip()]
    proto = PROTOS.get(name, name)
    values: dict[str, Any] = {"section": "inet", "proto": proto, "_proto_family": family}
    if proto in ("tcp", "udp") and family in ("ipv6", "dual"):
        values["v6only"] = family == "ipv6"
    return values


def _named(cell: str) -> Values:
    """The protocol's name, with a 6 for IPv6."""
    name = cell.removesuffix("6")
    family = "ipv6" if cell.endswith("6") else "ipv4"
    return {"section": "inet", "proto": name, "_proto_family": family}


PROTO = Cell("a protocol such as tcp4 or udp46", _proto)
NAMED_PROTO = Cell("a protocol such as tcp or udp6", _named)


def _listen_queue(cell: str) -> Values:
    """Only listening sockets have such queues (`so_qlimit`), so their state is known unprinted."""
    waiting, incomplete, limit = map(int, cell.split("/"))
    return {
        "state": "LISTEN",
        "recv_q": waiting,
        "send_q": limit,
        "details": f"incqlen:{incomplete}",
    }


LISTEN_QUEUE = Cell("three numbers (qlen/incqlen/maxqlen)", _listen_queue)


# ---- ends ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Narrow:
    """What -A does to an end.

    Attributes:
        ports: Whether a port may lose digits: not where it makes room for every IPv4 end (NetBSD).
        ipv6: Whether an IPv6 address is cut as names are (NetBSD, OpenBSD).
    """

    ports: bool = True
    ipv6: bool = False

    def local(self) -> Cell:
        """This host's end."""
        return self._cell("local", local(ENDS))

    def remote(self) -> Cell:
        """The other end."""
        return self._cell("remote", remote(ENDS))

    def _cell(self, side: str, whole: Cell) -> Cell:
        def read(cell: str) -> Values:
            """Only `settle_narrow` knows whether the row has -A."""
            host, _, port = cell.rpartition(".")
            values = whole.read(cell)
            cut = (self._cuts_port(cell, port), self._cuts_host(host, port))
            return {**values, f"_{side}_cut": (cell, *cut)} if any(cut) else values

        assert whole.digits is not None  # every end has a port
        digits = replace(whole.digits, not_with="PCB", moot=(f"_{side}_cut",))
        return Cell(whole.words, read, digits=digits)

    def _cuts_port(self, cell: str, port: str) -> bool:
        if len(cell) != NARROW or port == "*":
            return False
        return (self.ports and int(port) * 10 <= PORT_MAX) if port.isdecimal() else True

    def _cuts_host(self, host: str, port: str) -> bool:
        if len(host) != NARROW_HOST or port == "*":
            return False
        return not port.isdecimal() or (self.ipv6 and ":" in host)


def settle_narrow(columns: Columns) -> None:
    """With -A, which shows the control block, a port may lack digits: then it is none.

    `192.0.2.221.5486` in 18 characters may be any of ten ports and 5486; `.7000` is whole, since
    no port has 7000 and one digit more.
    """
    length = len(columns["proto"])
    blocks = columns.get("cookie", [None] * length)
    for side in ("local", "remote"):
        for number, said in enumerate(columns.pop(f"_{side}_cut", ())):
            if said is not None and blocks[number] is not None:
                _settle_end(columns, side, number, said)


def _settle_end(columns: Columns, side: str, number: int, said: tuple[str, bool, bool]) -> None:
    cell, cuts_port, cuts_host = said
    if cuts_port:
        put(columns, f"{side}_port", number, None)
        put(columns, f"{side}_name", number, cell)
    if cuts_port or cuts_host:
        put(columns, "addr_truncated", number, True)
        if columns[f"{side}_addr"][number] is None:
            put(columns, f"{side}_addr", number, cell.rpartition(".")[0])


# ---- control blocks and UNIX sockets ------------------------------------------------------------


def unix_type(cell: str) -> Values:
    """The type of a UNIX socket, the first cell that tells what the row is."""
    return {"section": "unix", "proto": "unix", "family": "unix", "details": f"type:{cell}"}


PCB = text("cookie", "a protocol control block, hexadecimal")
UNIX = {
    "PCB": PCB,
    "UNIX_TYPE": Cell("a type such as stream", unix_type),
    "VNODE": ignored("a vnode, hexadecimal"),
    "LINKS": details("three addresses (Conn, Refs, Nextref)", "links"),
    "PATH": text("path", "a path"),
}
"""The cells of a row of UNIX sockets. The vnode is an address, not the number of an inode."""
