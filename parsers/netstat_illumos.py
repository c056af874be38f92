"""`netstat` of illumos and Solaris: a table for each protocol and family, Send-Q before Recv-Q."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from nsparse.dialect import Cell, Columns, Dialect, Values
from nsparse.reading.cells import bsd
from nsparse.reading.cells.common import (
    RECV_Q,
    SEND_Q,
    Ends,
    details,
    ignored,
    local,
    put,
    remote,
    text,
    words_of,
)

ENDS = Ends(separator=".")
LOCAL = local(ENDS)
REMOTE = remote(ENDS)

INET = "inet"
_NO_PORT = re.compile(r"::|(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
SOCKETPAIR = "(socketpair)"
_PATH = re.compile(rf"[ \t]+(?=/|{re.escape(SOCKETPAIR)})")

SIGN = 0x80000000
TURN = 0x100000000
"""Sequence numbers turn over at 32 bits; the upper half of a difference is negative."""


# ---- headings ----------------------------------------------------------------------------------


def _title(cell: str) -> Values:
    """`TCP: IPv4`; SCTP has one table for both families."""
    proto, _, family = cell.partition(":")
    values: dict[str, Any] = {"section": INET, "proto": proto.lower()}
    return values | ({"_proto_family": family.strip().lower()} if family else {})


def _family_heading(cell: str) -> Values:
    return {"_proto_family": "ipv6" if cell.endswith("If") else "ipv4"}


# ---- ends --------------------------------------------------------------------------------------


def _local(cell: str) -> Values:
    return {"section": INET, **LOCAL.read(cell)}


def _end(end: Cell) -> Cell:
    """One of two ends; one without a port is an address alone (SCTP)."""

    def read(cell: str) -> Values:
        return end.read(f"{cell}.*" if _NO_PORT.fullmatch(cell) else cell)

    return replace(end, read=read)


HERE, THERE = _end(LOCAL), _end(REMOTE)


def _ends(cell: str) -> Values:
    """Two ends."""
    here, there = words_of(cell)
    near, far = HERE.read(here), THERE.read(there)
    return {"section": INET, **far, **near, "_family": near["_family"] or far["_family"]}


def _owner(cell: str) -> Values:
    user, pid = words_of(cell)
    return {"user": user, "pid": int(pid) or None}


# ---- queues ------------------------------------------------------------------------------------


def _queues(cell: str) -> Values:
    """`Swind Send-Q Rwind Recv-Q`."""
    send_window, send_q, receive_window, recv_q = map(int, cell.split())
    return {
        "recv_q": recv_q,
        "send_q": send_q,
        "details": f"swind:{send_window} rwind:{receive_window}",
    }


def _sequence(cell: str) -> Values:
    """With -v sequence numbers; the queues are what netstat.c makes of them without -v."""
    swind, snext, suna, rwind, rnext, rack, rto, mss = cell.split()
    return {
        "recv_q": _bytes(int(rnext, 16) - int(rack, 16)),
        "send_q": _bytes(int(snext, 16) - int(suna, 16) - 1),
        "mss": int(mss) or None,
        "rto_ms": float(rto),
        "details": f"swind:{swind} rwind:{rwind}",
    }


def _bytes(difference: int) -> int:
    difference %= TURN
    return 0 if difference >= SIGN else difference


# ---- states ------------------------------------------------------------------------------------


def _state(proto: str) -> Cell:
    def read(cell: str) -> Values:
        return {"section": INET, "proto": proto, "state_raw": cell}

    example = "Idle or Connected" if proto == "udp" else "ESTABLISHED or LISTEN"
    return Cell(f"a state such as {example}", read)


# ---- UNIX sockets ------------------------------------------------------------------------------


def _vnodes(cell: str) -> Values:
    """Those of this end and of the other one, zeros for none."""
    vnode, peer = cell.split()
    known = (int(vnode, 16) != 0, int(peer, 16) != 0)
    return {"details": f"vnode:{vnode} conn:{peer}", "_vnodes": known}


def _paths(cell: str) -> Values:
    """`Local Addr` and `Remote Addr`, either of which may be blank."""
    paths = tuple(path for path in _PATH.split(cell) if path != SOCKETPAIR)
    return {"_paths": paths} if paths else {}


def _settle_paths(columns: Columns) -> None:
    """Blanks stand in paths and for paths; the vnodes tell which ends have one."""
    known = columns.pop("_vnodes", ())
    for number, paths in enumerate(columns.pop("_paths", ())):
        if paths is None:
            continue
        if len(paths) == 2 and known[number] == (True, True):
            put(columns, "path", number, paths[0])
            put(columns, "remote_name", number, paths[1])
        else:
            far = known[number] == (False, True)
            put(columns, "remote_name" if far else "path", number, " ".join(paths))


# ---- rows --------------------------------------------------------------------------------------


def _settle(columns: Columns) -> None:
    """The interface is that of both ends, where there are two."""
    _settle_paths(columns)
    for number, zone in enumerate(columns.get("local_zone", ())):
        if zone is not None and _has_remote(columns, number):
            put(columns, "remote_zone", number, zone)


def _has_remote(columns: Columns, number: int) -> bool:
    said = [columns[name][number] for name in ("remote_addr", "remote_name") if name in columns]
    return any(text not in (None, "*") for text in said)


DIALECT = Dialect(
    name="netstat_illumos",
    title="netstat on illumos and Solaris",
    os="illumos",
    tool="netstat",
    proved_on={
        "Solaris 7": ("-a", "-an", "-anv"),
        "illumos-gate": ("-a", "-an", "-anv"),
        "illumos-omnios": ("-an", "-anu", "-anuv"),
    },
    settle=_settle,
    cells={
        "TITLE": Cell("a title such as TCP: IPv4", _title),
        "FAMILY_HEADING": Cell("State", _family_heading),
        "STREAMS_HEADING": ignored("StrsI/O"),
        "UNIX_HEADING": ignored("Address Type Vnode Conn Local Addr Remote Addr"),
        "ENDS": Cell(
            "a local and a remote address and port (host.port)", _ends, parts=(HERE, THERE)
        ),
        "LOCAL": Cell(LOCAL.words, _local),
        "REMOTE": REMOTE,
        "SWIND": details("a number (Swind)", "swind"),
        "SEND_Q": SEND_Q,
        "RWIND": details("a number (Rwind)", "rwind"),
        "RECV_Q": RECV_Q,
        "QUEUES": Cell("four numbers (Swind, Send-Q, Rwind, Recv-Q)", _queues),
        "SEQUENCE": Cell("windows and sequence numbers (Swind to Mss)", _sequence),
        "STREAMS": details("numbers of streams (in/out)", "streams"),
        "STATE": _state("tcp"),
        "UDP_STATE": _state("udp"),
        "SCTP_STATE": _state("sctp"),
        "BUFFERS": details("four numbers (buffers and their overflows)", "buffers"),
        "ZONE": text("local_zone", "an interface"),
        "OWNER": Cell("a user and a number (Pid)", _owner),
        "COMMAND": text("process", "a command"),
        "ARGUMENTS": text("process", "a command line"),
        "LABEL": details("a security label", "label"),
        "ALSO": details("another process of the socket", "also"),
        "MORE_ENDS": details("further addresses of the socket", "ends"),
        "ADDRESS": bsd.PCB,
        "UNIX_TYPE": Cell("a type such as stream-ord", bsd.unix_type),
        "VNODES": Cell("two addresses (Vnode, Conn)", _vnodes),
        "PATHS": Cell("a path", _paths),
    },
)
