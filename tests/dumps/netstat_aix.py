"""`netstat` of AIX 5 and 7.3, as captures of -Aan show it; the sources are not public.

What is taken from 4.4BSD, whose netstat it is: the header without -A, an IPv6 address that is cut at 16
characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.paper import CUT_ENDS, Line, Row, repeated, row
from tests.dumps.sockets import End, Socket, UnixSocket

STATES = {"SYN_RECEIVED": "SYN_RCVD"}
TYPES = ("stream", "dgram", "seqpac")
FAMILIES = {"ipv4": "4", "ipv6": "6", "dual": ""}
INET = "Active Internet connections (including servers)"
HEADER = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)"
PCB_HEADER = "PCB/ADDR         Proto Recv-Q Send-Q  Local Address      Foreign Address    (state)"
UNIX_HEADER = (
    "SADR/PCB         Type   Recv-Q Send-Q      Inode            Conn             Refs"
    "           Nextref      Addr"
)
KERNEL = 0xF1000F0000000000
BESIDE = 0xD80
"""So far from a socket lies its control block: never at the same address."""
NARROW, WIDE = 18, 21
HOST = 16


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        pcb: -A.
        narrow: Whether -A cuts ends, as in 5.
        runs: More than one with an interval.
    """

    pcb: bool = False
    narrow: bool = False
    runs: int = 1


PLAIN = Layout()
RELEASES = {"AIX 5": {"narrow": True}, "AIX 7.3": {}}
OPTIONS = {"A": {"pcb": True}, "a": {}, "n": {}}
UNTOLD = CUT_ENDS


layouts = st.builds(Layout, pcb=st.booleans(), narrow=st.booleans(), runs=st.integers(1, 2))
names = model.words("ab", 4)
inet = model.sockets(("tcp", "tcp", "udp"), names=names, families=tuple(FAMILIES))
unix = st.lists(model.unix_sockets(names), max_size=4)

# Without -A only both together are no other system's.
CERTAIN = tuple(
    Socket("tcp", family, "LISTEN", 0, 0, End("", port), End(), 0, "root", 0, (), None)
    for family, port in (("ipv4", 22), ("dual", 21))
)


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    layout = layout or draw(layouts)
    shown = draw(st.lists(inet, max_size=7))
    shown = draw(st.permutations([*shown, *CERTAIN]))
    return show(shown, draw(unix), layout)


headings = layouts.map(lambda layout: [Line(INET), Line(PCB_HEADER)])


def show(shown: Sequence[Socket], local: Sequence[UnixSocket], layout: Layout) -> list[Line]:
    """Print sockets."""
    lines = [Line(INET), Line(PCB_HEADER if layout.pcb else HEADER)]
    texts = [_end(end, layout) for socket in shown for end in (socket.local, socket.remote)]
    # With wider ends in the table nobody can think that one of 18 characters was cut.
    doubt = layout.pcb and max(map(len, texts)) <= NARROW
    lines += [_row(socket, layout, doubt) for socket in shown]
    if local:
        lines += [Line(""), Line("Active UNIX domain sockets"), Line(UNIX_HEADER)]
        lines += [line for socket in local for line in _unix_row(socket)]
    return repeated(lines, layout.runs, told=True)


def _row(socket: Socket, layout: Layout, doubt: bool) -> Line:
    width = (NARROW if layout.narrow else WIDE) if layout.pcb else 22
    pcb = f"{KERNEL + socket.inode:x}" if layout.pcb else None
    word = STATES.get(socket.state or "", socket.state)
    local, remote = _end(socket.local, layout), _end(socket.remote, layout)
    text = (
        f"{socket.proto + FAMILIES[socket.family]:5} {socket.recv_q:6} {socket.send_q:6}  "
        f"{local:{width}} {remote:{width}} {word or ''}"
    )
    held = row(
        section="inet",
        proto=socket.proto,
        family=None if socket.family == "dual" else socket.family,
        state=socket.state,
        state_raw=word,
        recv_q=socket.recv_q,
        send_q=socket.send_q,
        cookie=pcb,
        **_end_row("local", local, doubt),
        **_end_row("remote", remote, doubt),
    )
    cut = _is_cut(local, doubt) or _is_cut(remote, doubt)
    return Line(f"{pcb} {text}" if pcb else text, {**held, **row(addr_truncated=cut or None)})


def _end(end: End, layout: Layout) -> str:
    host = end.addr[:HOST] if ":" in end.addr else end.addr
    token = f"{host or '*'}.{'*' if end.port is None else end.port}"
    return token[:NARROW] if layout.pcb and layout.narrow else token


def _is_cut(token: str, doubt: bool) -> bool:
    host, _, _ = token.rpartition(".")
    return (":" in host and len(host) == HOST) or _port_in_doubt(token, doubt)


def _port_in_doubt(token: str, doubt: bool) -> bool:
    """A port that could have one digit more."""
    port = token.rpartition(".")[2]
    return doubt and len(token) == NARROW and port != "*" and int(port) * 10 <= 65535


def _end_row(side: str, token: str, doubt: bool) -> Row:
    host, _, port = token.rpartition(".")
    unknown = port == "*" or _port_in_doubt(token, doubt)
    return row(**{f"{side}_addr": host, f"{side}_port": None if unknown else int(port)})


def _unix_row(socket: UnixSocket) -> Iterator[Line]:
    address = f"{KERNEL + socket.inode:x}"
    yield Line(
        f"{address} {TYPES[socket.kind]:6} {socket.recv_q:6} {socket.send_q:6} {socket.peer:16x} "
        f"{socket.refcnt:16x} {0:16x} {0:16x} {socket.path}",
        row(
            section="unix",
            proto="unix",
            family="unix",
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            cookie=address,
            path=socket.path or None,
        ),
    )
    yield Line(f"{KERNEL + socket.inode + BESIDE:x}")
