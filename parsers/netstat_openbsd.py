"""`netstat` of OpenBSD, whose banner stands before every family and type of socket."""

from __future__ import annotations

from nsparse.dialect import Cell, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, details, state

NARROW = bsd.Narrow(ipv6=True)


def _windows(cell: str) -> Values:
    """Bytes; the last is 0 unless the connection is established (inet.c netdomainpr)."""
    told = zip(("rcvwnd", "sndwnd", "cwnd"), cell.split(), strict=True)
    return {"details": " ".join(f"{name}:{number}" for name, number in told)}


DIALECT = Dialect(
    name="netstat_openbsd",
    title="netstat on OpenBSD",
    os="openbsd",
    tool="netstat",
    proved_on={"OpenBSD 5": ("-Aa", "-Aan"), "OpenBSD 7": ("-a", "-an", "-Aan", "-anB")},
    settle=bsd.settle_narrow,
    repeats_heading=True,
    cells={
        **bsd.UNIX,
        "TCP": bsd.NAMED_PROTO,
        "UDP": bsd.NAMED_PROTO,
        "RAW": bsd.NAMED_PROTO,
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "WINDOWS": Cell("three numbers (Recv-W, Send-W, Cgst-W)", _windows),
        "LOCAL": NARROW.local(),
        "REMOTE": NARROW.remote(),
        "STATE": state(),
        "IP_PROTO": details("an IP protocol, a number or a name", "ipproto"),
    },
)
