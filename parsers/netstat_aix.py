"""`netstat` of AIX: BSD's rows, `tcp` for both families, UNIX sockets on two lines."""

from __future__ import annotations

from dataclasses import replace

from nsparse.dialect import Cell, Columns, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import RECV_Q, SEND_Q, details, state

ENDS = bsd.Narrow()
PROTO = "a protocol such as tcp4 or udp"


def _both(cell: str) -> Values:
    """Without a number a socket serves both families, as far as captures show; nothing says so."""
    return {"section": "inet", "proto": cell}


def _one(cell: str) -> Values:
    family = "ipv6" if cell.endswith("6") else "ipv4"
    return {**_both(cell[:-1]), "_proto_family": family}


def _wide(side: str, end: Cell) -> Cell:
    """An end that -A may have cut, with its width: one that is wider shows that -A cuts none."""
    name = f"_{side}_width"
    digits = end.digits and replace(end.digits, moot=(*end.digits.moot, name))
    return Cell(end.words, lambda cell: {**end.read(cell), name: len(cell)}, digits=digits)


def _settle(columns: Columns) -> None:
    """An end of 18 characters is cut in AIX 5, and whole in 7.3, where the columns are wider."""
    sides = ("local", "remote")
    blocks = columns.get("cookie", [None] * len(columns["proto"]))
    widths = [
        width
        for side in sides
        for width, block in zip(columns.pop(f"_{side}_width", ()), blocks, strict=False)
        if width and block
    ]
    if max(widths, default=0) > bsd.NARROW:
        for side in sides:
            columns.pop(f"_{side}_cut", None)
    bsd.settle_narrow(columns)


DIALECT = Dialect(
    name="netstat_aix",
    title="netstat on AIX",
    os="aix",
    tool="netstat",
    proved_on={"AIX 5": ("-an", "-Aan"), "AIX 7.3": ("-an", "-Aan")},
    settle=_settle,
    cells={
        **bsd.UNIX,
        "ONE": Cell(PROTO, _one),
        "BOTH": Cell(PROTO, _both),
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LOCAL": _wide("local", ENDS.local()),
        "REMOTE": _wide("remote", ENDS.remote()),
        "STATE": state(),
        "UNIX_PCB": details("a protocol control block, hexadecimal", "pcb"),
    },
)
