"""`netstat` of HP-UX 11, as captures of its IP sections show it: each family under a banner of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.flags import Fields
from tests.dumps.paper import Line, repeated, row
from tests.dumps.sockets import End, Socket

STATES = {"SYN_RECEIVED": "SYN_RCVD"}
BANNERS = {
    "ipv4": "Active Internet connections (including servers)",
    "ipv6": "Active Internet connections (IPv6, including servers)",
}
HEADER = "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)"


@dataclass(frozen=True)
class Layout:
    """Its flags.

    Attributes:
        numeric: -n.
        runs: More than one with an interval.
    """

    numeric: bool = False
    runs: int = 1


PLAIN = Layout()
RELEASES: dict[str, Fields] = {"HP-UX 11": {}}
OPTIONS = {"a": {}, "n": {"numeric": True}}

layouts = st.builds(Layout, numeric=st.booleans(), runs=st.integers(1, 2))
names = model.words("ab", 4)
inet = model.sockets(("tcp", "tcp", "udp"), names=names, families=tuple(BANNERS))
# Without IPv6, whose banner is its own, the rows are those of other systems as well.
CERTAIN = Socket("tcp", "ipv6", "LISTEN", 0, 0, End("", 22), End(), 0, "root", 0, (), None)
headings = st.just([Line(BANNERS["ipv6"]), Line(HEADER)])


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    shown = [*draw(st.lists(inet, max_size=7)), CERTAIN]
    return show(shown, layout or draw(layouts))


def show(shown: Sequence[Socket], layout: Layout) -> list[Line]:
    """Print sockets."""
    lines: list[Line] = []
    for family, banner in BANNERS.items():
        rows = [_row(socket, layout.numeric) for socket in shown if socket.family == family]
        lines += [Line(banner), Line(HEADER), *rows] if rows else []
    return repeated(lines, layout.runs, told=True)


def _row(socket: Socket, numeric: bool) -> Line:
    word = STATES.get(socket.state or "", socket.state)
    proto = socket.proto + ("6" if socket.family == "ipv6" else "")
    (local, local_row), (remote, remote_row) = (
        _end(side, end, numeric)
        for side, end in (("local", socket.local), ("remote", socket.remote))
    )
    return Line(
        f"{proto:5} {socket.recv_q:6} {socket.send_q:6}  {local:22} {remote:23} {word or ''}",
        row(
            section="inet",
            proto=socket.proto,
            family=socket.family,
            state=socket.state,
            state_raw=word,
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            **local_row,
            **remote_row,
        ),
    )


def _end(side: str, end: End, numeric: bool) -> tuple[str, dict[str, object]]:
    is_name = bool(end.addr) and end.host is not None and not numeric
    host = (end.host if is_name else end.addr) or "*"
    service = None if numeric else end.service
    token = f"{host}.{service or ('*' if end.port is None else end.port)}"
    return token, {
        f"{side}_addr": None if is_name else host,
        f"{side}_port": model.KNOWN_SERVICES.get(service) if service else end.port,
        f"{side}_name": token if is_name or service else None,
    }
