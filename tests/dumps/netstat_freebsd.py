"""`netstat` of FreeBSD 9, 12 and 15 (usr.bin/netstat/{inet,inet6,unix}.c)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.dumps import bsd
from tests.dumps import sockets as model
from tests.dumps.paper import Line, Row, repeated, row
from tests.dumps.sockets import Socket, UnixSocket

SHORT = {"icmp": "icm", "divert": "div", "igmp": "igm"}
VERSIONS = {"ipv4": "4", "ipv6": "6", "dual": "46"}
BUFFERS = (
    *("R-MBUF", "S-MBUF", "R-CLUS", "S-CLUS", "R-HIWA", "S-HIWA"),
    *("R-LOWA", "S-LOWA", "R-BCNT", "S-BCNT", "R-BMAX", "S-BMAX"),
)
TIMERS = ("rexmt", "persist", "keep", "2msl", "delack", "rcvtime")
TIMER_OF = {"retransmit": 0, "persist": 1, "keepalive": 2, "timewait": 3}


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        version: 9, 12 or 15.
        kind: plain, x, T, R or L.
        blocks: -A.
        numeric: -n.
        wide: -W.
        stack: -c.
        congestion: -C.
        log: -P.
        banner: Whether the line above the header is there.
        message: Whether sockets came and went while it ran.
        runs: How often it ran.
    """

    version: int = 15
    kind: str = "plain"
    blocks: bool = False
    numeric: bool = False
    wide: bool = False
    stack: bool = False
    congestion: bool = False
    log: bool = False
    banner: bool = True
    message: bool = False
    runs: int = 1

    @property
    def width(self) -> int:
        """Of the column of an end."""
        if self.wide:
            return 45 if self.version > 9 else 22
        return 18 if self.blocks else 22


PLAIN = Layout()
RELEASES = {f"FreeBSD {version}": {"version": version} for version in (9, 12, 15)}
OPTIONS = {
    "A": {"blocks": True},
    "a": {},
    "n": {"numeric": True},
    "W": {"wide": True},
    "c": {"stack": True},
    "C": {"congestion": True},
    "P": {"log": True},
    **{kind: {"kind": kind} for kind in "xTRL"},
}


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A version with flags it has."""
    version = draw(st.sampled_from((9, 12, 15)))
    kinds = ("plain", "plain", "x", "T", "L") if version == 9 else ("plain", "x", "T", "R", "L")
    names = ("blocks", "numeric", "wide", "banner", "message")
    return Layout(
        version=version,
        kind=draw(st.sampled_from(kinds)),
        **{name: draw(st.booleans()) for name in names},
        stack=version == 15 and draw(st.booleans()),
        congestion=version == 15 and draw(st.booleans()),
        log=version > 9 and draw(st.booleans()),
        runs=draw(st.integers(1, 2)),
    )


protos = ("tcp", "tcp", "tcp", "udp", "icmp", "divert", "ip")
names = model.words("abc", 8)
families = ("ipv4", "ipv6", "dual")
inet = st.lists(model.sockets(protos, names=names, zoned=True, families=families), max_size=6)
unix = st.lists(model.unix_sockets(names), max_size=3)


headings = layouts().map(lambda layout: list(_heading(layout)))


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    layout = layout or draw(layouts())
    shown = draw(inet)
    if layout.kind in ("L", "T"):  # without TCP, nothing tells what the others are
        shown.insert(0, draw(model.sockets(("tcp",), names=names, families=families)))
    if layout.kind == "L":
        shown = [replace(socket, state="LISTEN") for socket in shown if socket.proto == "tcp"]
    local = draw(unix)
    if not shown:  # UNIX sockets alone are the ones of several systems
        shown = [draw(model.sockets(("tcp",), names=names, families=families))]
    return show(shown, local, layout)


def show(shown: Sequence[Socket], local: Sequence[UnixSocket], layout: Layout) -> list[Line]:
    """Print sockets."""
    one = [*_heading(layout), *(_row(socket, layout) for socket in shown)]
    if layout.message:
        one.append(Line("Some tcp sockets may have been created."))
    if local and layout.kind == "L":
        one += [_unix_listener(socket, layout) for socket in local]
    elif local:
        one += [*bsd.unix_heading(16), *(_unix_row(socket) for socket in local)]
    return repeated(one, layout.runs, told=True)


def _heading(layout: Layout) -> Iterator[Line]:
    if layout.banner:
        is_queue = layout.kind == "L"
        yield Line(
            "Current listen queue sizes (qlen/incqlen/maxqlen)"
            if is_queue
            else "Active Internet connections (including servers)"
        )
    yield Line(("Tcpcb            " if layout.blocks else "") + _header(layout))


def _header(layout: Layout) -> str:
    local = f"{'Local Address':{layout.width}}"
    if layout.kind == "L":
        return f"Proto {'Listen':{14 if layout.version == 9 else 32}} {local}" + _chosen_head(
            layout
        )
    if layout.kind == "T":
        return f"Proto Rexmit OOORcv 0-win  {local} Foreign Address" + _chosen_head(layout)
    text = f"Proto Recv-Q Send-Q {local} {'Foreign Address':{layout.width}}"
    if layout.kind == "x":
        shown = BUFFERS if layout.version < 15 else BUFFERS[4:]
        blank = " " if layout.version < 15 else ""
        text += blank + " ".join(shown) + " " + " ".join(f"{name:>7}" for name in TIMERS)
    elif layout.kind == "R":
        text += f"  {'flowid':>8} {'ftype':>5}"
    else:
        text += " (state)" if layout.version == 9 else " (state)    "
    return text + _chosen_head(layout)


def _chosen_head(layout: Layout) -> str:
    stack = " Stack  " if layout.stack else ""
    congestion = f" CC    {'cwin':>10} {'ssthresh':>10}   MSS ECN" if layout.congestion else ""
    return stack + congestion + (" Log ID" if layout.log else "")


# ---- rows of IP sockets --------------------------------------------------------------------------


def _row(socket: Socket, layout: Layout) -> Line:
    named = not layout.numeric
    anonymous = socket.inode % 2 == 0
    local, local_row = bsd.end(socket, socket.local, _style(layout, named and not anonymous))
    remote, remote_row = bsd.end(
        socket,
        socket.remote,
        _style(layout, named and (anonymous or socket.local.port == socket.remote.port)),
    )
    tcp = socket.proto == "tcp"
    block = f"fffff80{socket.inode:09x}"
    counts, counts_row = _counts(socket, layout)
    tail, tail_row = _tail(socket, layout)
    proto = f"{SHORT.get(socket.proto, socket.proto):3.3}{VERSIONS[socket.family]:2} "
    ends = f"{local} " if layout.kind == "L" else f"{local} {remote} "
    told = local_row if layout.kind == "L" else remote_row
    ends_row = bsd.ends_row(local_row, told)
    if layout.kind == "L":
        ends_row = {k: v for k, v in ends_row.items() if not k.startswith("remote")}
    six = socket.proto in ("tcp", "udp") and socket.family != "ipv4"
    return Line(
        f"{f'{block} ' if layout.blocks else ''}{proto}{counts}{ends}{tail}",
        row(
            section="inet",
            proto=socket.proto,
            family=socket.family,
            v6only=(socket.family == "ipv6") if six else None,
            cookie=block if layout.blocks else None,
            **ends_row,
            **counts_row,
            **tail_row,
            **(_chosen_row(layout) if tcp else {}),
        ),
    )


def _style(layout: Layout, named: bool) -> bsd.Style:
    host = 12 if layout.blocks and named else 16
    return bsd.Style(
        host=39 if layout.wide else host,
        width=None if layout.wide else layout.width,
        pad=layout.width,
        service=15 if layout.version > 9 else 8,
        numeric=not named,
        names=not layout.numeric,
        narrow=layout.blocks,
    )


def _counts(socket: Socket, layout: Layout) -> tuple[str, Row]:
    """What stands before the ends."""
    if layout.kind == "L":
        queue = f"{socket.recv_q % 1000}/{socket.inode % 10}/{socket.send_q % 1000}"
        return f"{queue:{14 if layout.version == 9 else 32}} ", row(
            state="LISTEN", recv_q=socket.recv_q % 1000, send_q=socket.send_q % 1000
        )
    if layout.kind != "T":
        text = f"{socket.recv_q:6} {socket.send_q:6} "
        return text, row(recv_q=socket.recv_q, send_q=socket.send_q)
    if socket.proto != "tcp":
        return (" " * 21 if layout.version > 9 else ""), {}
    again = socket.send_q % 100_000
    text = f"{again:6} {socket.recv_q % 100_000:6} {socket.inode % 100:6} "
    return text, row(retrans_total=again)


def _tail(socket: Socket, layout: Layout) -> tuple[str, Row]:
    """What stands behind the ends."""
    tcp = socket.proto == "tcp"
    text, values = "", row()
    if layout.kind == "x":
        numbers = [socket.recv_q, socket.send_q, 0, 0, 65700, 33580, 1, 2048, 0, 256, 525600, 7]
        text = " ".join(f"{n:6}" for n in numbers[0 if layout.version < 15 else 4 :])
        if tcp:
            text += " " + " ".join(f"{ms // 1000:4}.{ms % 1000 // 10:02}" for ms in _timers(socket))
            values = _timer_row(socket)
    elif layout.kind == "R":
        text = f" {socket.uid:08x} {socket.inode % 4:5}"
    elif layout.kind == "plain" and tcp:
        word = bsd.state(socket)
        text = word or "" if layout.version == 9 else f"{word:11}"
        values = row(state=socket.state, state_raw=word)
    return text + (_chosen(layout) if tcp else ""), values


def _timers(socket: Socket) -> list[int]:
    times = [0] * 5 + [socket.uid % 100_000 * 10]
    if socket.timer:
        times[TIMER_OF[socket.timer.name]] = socket.timer.ms
    return times


def _timer_row(socket: Socket) -> Row:
    timer = socket.timer
    return row(timer=timer.name, timer_ms=timer.ms) if timer and timer.ms else {}


def _chosen(layout: Layout) -> str:
    stack = " freebsd" if layout.stack else ""
    congestion = f" cubic {14480:10} {1073725440:10} {1448:5} off" if layout.congestion else ""
    return stack + congestion + (" -" if layout.log else "")


def _chosen_row(layout: Layout) -> Row:
    return row(mss=1448) if layout.congestion else {}


# ---- rows of UNIX sockets ------------------------------------------------------------------------


def _unix_row(socket: UnixSocket) -> Line:
    block = f"fffff80{socket.inode:09x}"
    links = [0, socket.peer and 0xFFFFF80 << 36 | socket.peer, 0, 0]
    addresses = [block, *(f"{address:16x}" for address in links)]
    return bsd.unix_row(socket, addresses, socket.path, block)


def _unix_listener(socket: UnixSocket, layout: Layout) -> Line:
    queue = f"{socket.recv_q % 100}/0/{socket.send_q % 100}"
    return Line(
        f"unix  {queue:{14 if layout.version == 9 else 32}}"
        + (f" {socket.path}" if socket.path else ""),
        row(
            section="unix",
            proto="unix",
            family="unix",
            recv_q=socket.recv_q % 100,
            send_q=socket.send_q % 100,
            path=socket.path or None,
        ),
        fixed=True,
    )
