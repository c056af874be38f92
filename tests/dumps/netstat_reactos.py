"""`netstat.exe` of ReactOS (base/applications/network/netstat/netstat.c), with -o."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.flags import Fields
from tests.dumps.paper import Line, repeated, row
from tests.dumps.sockets import Socket

STATES = {
    "LISTEN": "LISTENING",
    "SYN_RECEIVED": "SYN_RCVD",
    "FIN_WAIT_1": "FIN_WAIT1",
    "FIN_WAIT_2": "FIN_WAIT2",
}
HEADER = "  Proto  Local Address          Foreign Address        State       Process"


@dataclass(frozen=True)
class Layout:
    """Its flags: always -a, -n and -o.

    Attributes:
        runs: More than one with an interval.
    """

    runs: int = 1


PLAIN = Layout()
RELEASES: dict[str, Fields] = {"ReactOS 0.4": {}}
OPTIONS: dict[str, Fields] = {"a": {}, "n": {}, "o": {}}
END = "\r\n"

names = model.words("ab", 4)
inet = model.sockets(("tcp", "tcp", "udp"), names=names, families=("ipv4",))
headings = st.just([Line(""), Line("Active Connections"), Line(""), Line(HEADER)])


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    layout = layout or Layout(draw(st.integers(1, 2)))
    return show(draw(st.lists(inet, min_size=1, max_size=7)), layout)


def show(shown: Sequence[Socket], layout: Layout) -> list[Line]:
    """Print sockets."""
    lines = [Line(""), Line("Active Connections"), Line(""), Line(HEADER)]
    return repeated([*lines, *map(_row, shown)], layout.runs, told=True)


def _row(socket: Socket) -> Line:
    local = socket.local.addr or "0.0.0.0"
    pid = socket.owners[0].pid if socket.owners else 0
    held = row(
        section="inet",
        proto=socket.proto,
        family="ipv4",
        local_addr=local,
        local_port=socket.local.port,
        pid=pid or None,
    )
    end = f"{local}:{socket.local.port}"
    if socket.proto == "udp":
        return Line(f"  {'UDP':6} {end:22} {'*:*':34} {pid}", {**held, "remote_addr": "*"})
    # A listener's other end is its own address.
    remote = socket.remote.addr or local
    word = STATES.get(socket.state or "", socket.state)
    told = row(
        state=socket.state, state_raw=word, remote_addr=remote, remote_port=socket.remote.port
    )
    return Line(
        f"  {'TCP':6} {end:22} {f'{remote}:{socket.remote.port or 0}':22} {word:11} {pid}",
        {**held, **told},
    )
