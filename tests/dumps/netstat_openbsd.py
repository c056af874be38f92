"""`netstat` of OpenBSD 5 and 7 (usr.bin/netstat/{inet,inet6,unix}.c)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from hypothesis import strategies as st

from tests.dumps import bsd
from tests.dumps import sockets as model
from tests.dumps.paper import Line, repeated, row
from tests.dumps.sockets import Socket, UnixSocket

ORDER = ("tcp", "udp", "ip", "divert")
POINTER = 18  # PLEN: 0x and 16 digits


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        current: 7; else 5, whose header is the one of 4.4BSD, once for all.
        blocks: -A.
        numeric: -n.
        windows: -B.
        runs: How often it ran.
    """

    current: bool = True
    blocks: bool = False
    numeric: bool = False
    windows: bool = False
    runs: int = 1

    @property
    def width(self) -> int:
        """Of the column of an end."""
        return 18 if self.blocks else 22


PLAIN = Layout()
RELEASES = {"OpenBSD 7": {}, "OpenBSD 5": {"current": False}}
OPTIONS = {"A": {"blocks": True}, "a": {}, "B": {"windows": True}, "n": {"numeric": True}}


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A version with flags it has."""
    current = draw(st.booleans())
    return Layout(
        current=current,
        # The old header alone is also macOS'; a control block is not.
        blocks=not current or draw(st.booleans()),
        numeric=draw(st.booleans()),
        windows=current and draw(st.booleans()),
        runs=draw(st.integers(1, 2)),
    )


names = model.words("abc", 8)
families = ("ipv4", "ipv6")
sockets = model.sockets(
    ("tcp", "tcp", "udp", "ip", "divert"), names=names, zoned=True, families=families
)


headings = layouts().map(lambda layout: list(_heading(" TCP-State", layout)))


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    layout = layout or draw(layouts())
    shown = draw(st.lists(sockets, max_size=6))
    local = draw(st.lists(model.unix_sockets(names), min_size=not shown, max_size=3))
    return show(shown, local, layout)


def show(shown: Sequence[Socket], local: Sequence[UnixSocket], layout: Layout) -> list[Line]:
    """Print sockets, sorted by family and type (inet.c kf_comp)."""
    one: list[Line] = []
    ordered = sorted(shown, key=lambda s: (s.family, ORDER.index(s.proto)))
    if layout.current:
        for (_, kind), group in groupby(ordered, key=lambda s: (s.family, _kind(s))):
            one += [*_heading(kind, layout), *(_row(socket, layout) for socket in group)]
    elif ordered:
        one += [*_heading("", layout), *(_row(socket, layout) for socket in ordered)]
    if local:
        one += [*bsd.unix_heading(POINTER), *(_unix_row(socket) for socket in local)]
    return repeated(one, layout.runs, told=True)


def _kind(socket: Socket) -> str:
    return {"tcp": " TCP-State", "udp": ""}.get(socket.proto, " IP-Proto")


def _heading(kind: str, layout: Layout) -> Iterator[Line]:
    yield Line("Active Internet connections (including servers)")
    proto = "Proto  " if layout.current else "Proto"
    windows = "Recv-W Send-W Cgst-W " if layout.windows and kind == " TCP-State" else ""
    width = layout.width
    yield Line(
        f"{'PCB                ' if layout.blocks else ''}{proto} Recv-Q Send-Q {windows} "
        f"{'Local Address':{width}} {'Foreign Address':{width}}"
        + (kind if layout.current else " (state)")
    )


def _row(socket: Socket, layout: Layout) -> Line:
    six = socket.family == "ipv6"
    named = layout.blocks and (six or not layout.numeric)
    style = bsd.Style(
        host=12 if named else 16,
        width=layout.width,
        pad=layout.width,
        service=8,
        numeric=layout.numeric,
        names=not layout.numeric,
        narrow=layout.blocks,
        cuts_ipv6=True,
    )
    local, local_row = bsd.end(socket, socket.local, style)
    remote, remote_row = bsd.end(socket, socket.remote, style)
    block = f"0xfffffd80{socket.inode:08x}"
    tcp = socket.proto == "tcp"
    proto = socket.proto + "6" * six
    windows = f" {17376:6} {socket.uid % 65536:6} {0:6}" if layout.windows and tcp else ""
    word = bsd.state(socket)
    tail = f" {word}" if tcp else "" if socket.proto == "udp" else f" {socket.uid % 256}"
    return Line(
        f"{f'{block} ' if layout.blocks else ''}{proto:{7 if layout.current else 5}} "
        f"{socket.recv_q:6} {socket.send_q:6}{windows}  {local} {remote}{tail}",
        row(
            section="inet",
            proto=socket.proto,
            family=socket.family,
            state=socket.state,
            state_raw=word,
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            cookie=block if layout.blocks else None,
            **bsd.ends_row(local_row, remote_row),
        ),
    )


def _unix_row(socket: UnixSocket) -> Line:
    block = f"0xfffffd80{socket.inode:08x}"
    peer = f"0xfffffd80{socket.peer:08x}" if socket.peer else None
    links = [_pointer(None), _pointer(peer), _pointer(None), _pointer(None)]
    return bsd.unix_row(socket, [block, *links], socket.path, block)


def _pointer(address: str | None) -> str:
    """FAKE_PTR of netstat.h: no 0x before a 0, and two blanks behind it instead."""
    return address or f"{'0':>{POINTER - 2}}  "
