"""`netstat` of NetBSD 5 to 9 (usr.bin/netstat/{inet,inet6,unix}.c)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.dumps import bsd
from tests.dumps import sockets as model
from tests.dumps.flags import Fields
from tests.dumps.paper import Line, repeated, row
from tests.dumps.sockets import Socket, UnixSocket

COMPACT = {
    "SYN_SENT": "SYNSEN",
    "SYN_RECEIVED": "SYSRCV",
    "ESTABLISHED": "ESTABL",
    "CLOSE_WAIT": "CLWAIT",
    "FIN_WAIT_1": "FWAIT1",
    "FIN_WAIT_2": "FWAIT2",
    "CLOSING": "CLOSNG",
    "LAST_ACK": "LASTAK",
    "TIME_WAIT": "TMWAIT",
}


@dataclass(frozen=True)
class Layout:
    """Its flags.

    Attributes:
        blocks: -A.
        numeric: -n.
        vestiges: -V, for connections that are over.
        runs: How often it ran.
    """

    blocks: bool = False
    numeric: bool = False
    vestiges: bool = False
    runs: int = 1

    @property
    def compact(self) -> bool:
        """Whether states are six letters and one blank less stands before the ends."""
        return self.blocks and self.numeric

    @property
    def width(self) -> int:
        """Of the column of an IPv4 end."""
        return 22 if not self.blocks else 21 if self.compact else 18


PLAIN = Layout()
RELEASES: dict[str, Fields] = {"NetBSD 5 to 9": {}}
OPTIONS = {"A": {"blocks": True}, "a": {}, "n": {"numeric": True}, "V": {"vestiges": True}}

layouts = st.builds(Layout, st.booleans(), st.booleans(), st.booleans(), st.integers(1, 2))
names = model.words("abc", 8)
families = ("ipv4", "ipv6")
sockets = model.sockets(("tcp", "tcp", "udp"), names=names, zoned=True, families=families)


headings = layouts.map(lambda layout: list(_heading("ipv4", layout)))


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    shown = draw(st.lists(sockets, min_size=1, max_size=6))
    local = draw(st.lists(model.unix_sockets(names), max_size=3))
    return show(shown, local, layout or draw(layouts))


def show(shown: Sequence[Socket], local: Sequence[UnixSocket], layout: Layout) -> list[Line]:
    """Print sockets."""
    one: list[Line] = []
    for family in families:
        group = [socket for socket in shown if socket.family == family]
        if group:
            one += [*_heading(family, layout), *(_row(socket, layout) for socket in group)]
    if local:
        one += [*bsd.unix_heading(8), *(_unix_row(socket) for socket in local)]
    return repeated(one, layout.runs, told=True)


def _heading(family: str, layout: Layout) -> Iterator[Line]:
    six = family == "ipv6"
    yield Line(f"Active Internet{'6' if six else ''} connections (including servers)")
    blank = "" if layout.compact and not six else " "
    width = layout.width if not six else 18 if layout.blocks else 22
    last = "(state)" if six else "State         Expires" if layout.vestiges else "State"
    yield Line(
        f"{'PCB      ' if layout.blocks else ''}Proto Recv-Q Send-Q {blank}"
        f"{'Local Address':{width}} {'Foreign Address':{width}} {last}"
    )


def _row(socket: Socket, layout: Layout) -> Line:
    six = socket.family == "ipv6"
    width = (18 if layout.blocks else 22) if six else layout.width
    style = bsd.Style(
        host=12 if layout.blocks and (six or not layout.numeric) else 16,
        width=width,
        pad=width,
        service=99,
        numeric=layout.numeric,
        names=not layout.numeric,
        narrow=layout.blocks,
        cuts_ipv6=True,
        cuts_ports=False,
    )
    local, local_row = bsd.end(socket, socket.local, style)
    remote, remote_row = bsd.end(socket, socket.remote, style)
    block = f"ffff9080{socket.inode:08x}"
    word = bsd.state(socket)
    if layout.compact and socket.state:
        word = COMPACT.get(socket.state, socket.state)
    expires = layout.vestiges and not six and socket.state == "TIME_WAIT"
    ms = socket.uid % 60_000
    return Line(
        f"{f'{block} ' if layout.blocks else ''}{socket.proto + '6' * six:5} {socket.recv_q:6} "
        f"{socket.send_q:6}{'' if layout.compact else ' '} {local} {remote}"
        + (f" {word}" if word else "")
        + (f" {ms:.3f}ms" if expires else ""),
        row(
            section="inet",
            proto=socket.proto,
            family=socket.family,
            state=socket.state,
            state_raw=word,
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            cookie=block if layout.blocks else None,
            timer="timewait" if expires else None,
            timer_ms=ms if expires else None,
            **bsd.ends_row(local_row, remote_row),
        ),
    )


def _unix_row(socket: UnixSocket) -> Line:
    block = f"ffff9080{socket.inode:08x}"
    links = [f"{address:8x}" for address in (0, socket.peer, 0, 0)]
    path = f"-> {socket.path}" if socket.path and socket.peer % 2 else socket.path
    return bsd.unix_row(socket, [block, *links], path, block)
