"""`netstat` of FreeBSD, from 8 to 15: every layout of -A, -T, -x, -R, -c, -C, -P and -L."""

from __future__ import annotations

from nsparse.dialect import Cell, Columns, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, details, state

NARROW = bsd.Narrow()

BUFFERS = ("mbuf", "clus", "hiwat", "lowat", "bcnt", "bmax")
"""What -x prints of either buffer; from 14 on without the first two."""
TIMERS = ("rexmt", "persist", "keep", "2msl", "delack", "rcvtime")
# A keepalive timer runs beside all others and is the longest; what the connection waits for is
# another one, if any. The last column is no timer: it says how long nothing has come in.
RUNNING = (
    ("rexmt", "retransmit"),
    ("persist", "persist"),
    ("2msl", "timewait"),
    ("keep", "keepalive"),
    ("delack", "delack"),
)


def _unix(cell: str) -> Values:
    return {"section": "unix", "proto": cell, "family": "unix"}


def _buffers(cell: str) -> Values:
    """Pairs, the receive buffer's number first."""
    numbers = cell.split()
    names = [side + name for name in BUFFERS[-(len(numbers) // 2) :] for side in "rs"]
    told = zip(names, numbers, strict=True)
    return {"details": " ".join(f"{name}:{number}" for name, number in told)}


def _timers(cell: str) -> Values:
    """Seconds; 0.00 is a timer that does not run."""
    seconds = dict(zip(TIMERS, map(float, cell.split()), strict=True))
    told = " ".join(f"{name}:{value:.2f}" for name, value in seconds.items() if value)
    values: dict[str, object] = {"details": told} if told else {}
    for name, timer in RUNNING:
        if seconds[name]:
            return values | {"timer": timer, "timer_ms": round(seconds[name] * 1000)}
    return values


def _flow(cell: str) -> Values:
    number, kind = cell.split()
    return {"details": f"flowid:{number} flowtype:{kind}"}


def _congestion(cell: str) -> Values:
    """Windows in bytes, where the frame's `cwnd` and `ssthresh` count segments."""
    name, window, threshold, mss, *ecn = cell.split()
    told = f"cc:{name} cwin:{window} ssthresh:{threshold}"
    return {"mss": int(mss) or None, "details": " ".join((told, *(f"ecn:{e}" for e in ecn)))}


def _log_id(cell: str) -> Values:
    return {} if cell == "-" else {"details": f"logid:{cell}"}


def _settle(columns: Columns) -> None:
    """Three numbers before the ends are not queues but what -T counts."""
    bsd.settle_narrow(columns)
    length = len(columns["proto"])
    for number, zero in enumerate(columns.pop("_zero_win", ())):
        if zero is None:
            continue
        again, disorder = columns["recv_q"][number], columns["send_q"][number]
        columns["recv_q"][number] = columns["send_q"][number] = None
        columns.setdefault("retrans_total", [None] * length)[number] = again
        told = columns.setdefault("details", [None] * length)
        counted = f"ooorcv:{disorder} zerowin:{zero}"
        told[number] = f"{counted} {told[number]}" if told[number] else counted


DIALECT = Dialect(
    name="netstat_freebsd",
    title="netstat on FreeBSD",
    os="freebsd",
    tool="netstat",
    proved_on={
        "FreeBSD 9": ("-a", "-an", "-Aan", "-anx", "-anT", "-anL"),
        "FreeBSD 12": ("-a", "-an", "-anW", "-Aan", "-anx", "-anR", "-anT", "-anL", "-AanP"),
        "FreeBSD 15": ("-a", "-an", "-anW", "-Aan", "-anx", "-anR", "-anT", "-anL", "-ancCP"),
    },
    settle=_settle,
    cells={
        **bsd.UNIX,
        "TCP": bsd.PROTO,
        "OTHER": bsd.PROTO,
        "UNIX": Cell("unix", _unix),
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "ZERO_WIN": Cell("a number (0-win)", lambda cell: {"_zero_win": int(cell)}),
        "LISTEN_QUEUE": bsd.LISTEN_QUEUE,
        "LOCAL": NARROW.local(),
        "REMOTE": NARROW.remote(),
        "STATE": state(),
        "BUFFERS": Cell("twelve or eight numbers (R-MBUF to S-BMAX)", _buffers),
        "TIMERS": Cell("six times in seconds (rexmt to rcvtime)", _timers),
        "FLOW": Cell("a flow id and its type", _flow),
        "STACK": details("a TCP stack such as freebsd", "stack"),
        "CC": Cell("a congestion control, its windows and the MSS", _congestion),
        "LOG_ID": Cell("a log id or `-`", _log_id, free=True),
    },
)
