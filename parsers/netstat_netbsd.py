"""`netstat` of NetBSD, with the compact states of `-A -n`."""

from __future__ import annotations

from nsparse.dialect import Cell, Columns, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, state

# With -A and -n the columns are 21 wide, which holds every IPv4 end.
NARROW = bsd.Narrow(ports=False, ipv6=True)


def _expires(cell: str) -> Values:
    """Milliseconds; what is over may still be printed, below 0."""
    if cell == "reclaimed":
        return {"details": cell}
    return {"timer": "timewait", "timer_ms": max(round(float(cell.removesuffix("ms"))), 0)}


def _settle(columns: Columns) -> None:
    """`-> PATH` is the name of the other end."""
    bsd.settle_narrow(columns)
    for number, is_peer in enumerate(columns.pop("_peer", ())):
        path = columns.get("path", [None] * len(columns["proto"]))[number]
        if is_peer and path is not None:
            columns["path"][number] = None
            columns["details"][number] += f" peer:{path}"


DIALECT = Dialect(
    name="netstat_netbsd",
    title="netstat on NetBSD",
    os="netbsd",
    tool="netstat",
    proved_on={"NetBSD 5 to 9": ("-a", "-an", "-Aa", "-Aan", "-anV")},
    settle=_settle,
    cells={
        **bsd.UNIX,
        "TCP": bsd.NAMED_PROTO,
        "OTHER": bsd.NAMED_PROTO,
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LOCAL": NARROW.local(),
        "REMOTE": NARROW.remote(),
        "STATE": state(),
        "EXPIRES": Cell("a time such as 1234.567ms", _expires),
        "PEER": Cell("`->` before the other end's path", lambda _: {"_peer": True}),
    },
)
