"""`netstat` of Linux: net-tools 1.60 to 2.10, and BusyBox, whose rows have the same shape."""

from __future__ import annotations

from nsparse.dialect import Cell, Dialect, Values
from nsparse.reading.cells.common import (
    RECV_Q,
    SEND_Q,
    Ends,
    details,
    ignored,
    local,
    number,
    remote,
    state,
    text,
)

# lib/inet.c cuts the address so that address, colon and port take 23 columns.
ENDS = Ends(token_width=23)

# netstat.c finds `PID/name` in a buffer of 20 bytes (PROGNAME_WIDTH), its NUL included.
PROGRAM_WIDTH = 19
PATHS = ("/", "@")
"""What paths begin with."""

# Words of the Timer block (netstat.c tcp_do_one) and their translations (po/*.po, captures).
TIMERS = {
    "off": None,
    "aus": None,
    "desligado": None,
    "vyp": None,
    "eikäi": None,
    "オフ": None,
    "av": None,
    "aturada": None,
    "apagado": None,
    "关闭": None,
    "on": "retransmit",
    "on1": "retransmit",
    "on2": "retransmit",
    "ein": "retransmit",
    "ein1": "retransmit",
    "em": "retransmit",
    "ligado 1": "retransmit",
    "ligado 2": "retransmit",
    "zapnut": "retransmit",
    "käib": "retransmit",
    "オン": "retransmit",
    "på": "retransmit",
    "el": "retransmit",
    "encendido": "retransmit",
    "打开": "retransmit",
    "keepalive": "keepalive",
    "保持连接": "keepalive",
    "キープアライブ": "keepalive",
    "manténiu": "keepalive",
    "timewait": "timewait",
    "temps d'espera": "timewait",
    "時間待ち": "timewait",
    "probe": "persist",
    "プローブ": "persist",
    "sonda": "persist",
}
PERSIST_OF_1_60 = "-4"
"""net-tools 1.60 has no word for the zero window probe: `unkn-4`, translated or not."""


def _inet(cell: str) -> Values:
    """`tcp6` is IPv6; `tcp` may be either: 1.60 and BusyBox never print the 6."""
    name = cell.removesuffix("6")
    proto = "udplite" if name == "udpl" else name
    return {
        "section": "inet",
        "proto": proto,
        "_proto_family": "ipv6" if cell.endswith("6") else None,
    }


def _unix(cell: str) -> Values:
    return {"section": "unix", "proto": cell, "family": "unix"}


def _user(cell: str) -> Values:
    return {"uid": int(cell)} if cell.isdecimal() and cell.isascii() else {"user": cell}


def _program(cell: str) -> Values:
    pid, _, name = cell.partition("/")
    cut = len(cell) >= PROGRAM_WIDTH
    return {"pid": int(pid) or None, "process": name or None, "process_truncated": cut or None}


def _unix_program(cell: str) -> Values:
    """The name, and of 1.60 and BusyBox the path, which begins right behind its 20 columns."""
    if (
        cell[PROGRAM_WIDTH : PROGRAM_WIDTH + 1] != " "
        and cell[PROGRAM_WIDTH + 1 :][:1] not in PATHS
    ):
        return _program(cell)
    name, path = cell[: PROGRAM_WIDTH + 1].rstrip(), cell[PROGRAM_WIDTH + 1 :]
    return {**_program(name), "path": path or None}


def _timer(cell: str) -> Values:
    """`NAME (SECONDS/RETRANSMITS/PROBES)`; one translation prints two numbers."""
    name, _, rest = cell.partition("(")
    name = name.rstrip(" \t")
    seconds, *counts = rest.strip("()").split("/")
    timer = "persist" if name.endswith(PERSIST_OF_1_60) else TIMERS.get(name, "unknown")
    if timer is None:
        return {}
    retrans, probes = (*map(int, counts), None)[:2]
    return {
        "timer": timer,
        "timer_ms": round(float(seconds) * 1000),
        "retrans": retrans,
        "probes": probes,
    }


PROTO = Cell("a protocol such as tcp or udp6", _inet)
PROGRAM = Cell("PID/program name", _program)

DIALECT = Dialect(
    name="netstat_linux",
    title="netstat on Linux (net-tools)",
    os="linux",
    tool="netstat",
    proved_on={
        "net-tools 1.60": ("-a", "-an", "-anp", "-neopa", "-T -neopa"),
        "net-tools 1.60 of Red Hat": ("-an", "-anp"),
        "net-tools 2.10": ("-a", "-an", "-anp", "-ane", "-ano", "-anZ", "-W -neopa"),
        **{
            f"net-tools in {language}": ("-an", "-neopa")
            for language in (
                *("Catalan", "Czech", "French", "Georgian", "German"),
                *("Japanese", "Portuguese", "Swedish"),
            )
        },
        "BusyBox": ("-a", "-an", "-anp", "-anW"),
    },
    cells={
        **dict.fromkeys(("TCP", "SCTP", "UDP", "RAW"), PROTO),
        "UNIX": Cell("unix", _unix),
        "QUEUE": details("a number (Recv-Q or Send-Q)", "queue"),
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LOCAL": local(ENDS),
        "REMOTE": remote(ENDS),
        "MORE_ENDS": details("further addresses of the socket", "ends"),
        "STATE": state(),
        "TCP_STATE": state(),
        "UDP_STATE": state("a state in capitals"),
        "RAW_STATE": state("a number (state)"),
        "USER": Cell("a user", _user),
        "INODE": number("inode", "a number (inode)", zero=False),
        "NOBODY": ignored("`-` where no process is known"),
        "PROGRAM": PROGRAM,
        "CONTEXT": details("a security context", "context"),
        "TIMER": Cell("a timer such as off (0.00/0/0)", _timer),
        "REFCNT": details("a number (RefCnt)", "refcnt"),
        "FLAGS": details("flags in brackets", "flags"),
        "TYPE": details("a type such as STREAM", "type"),
        "UNIX_STATE": state("a state such as CONNECTED"),
        "UNIX_INODE": Cell(
            "a number (I-Node)", lambda cell: {"inode": int(cell) or None} if cell != "-" else {}
        ),
        "UNIX_PROGRAM": Cell("PID/program name", _unix_program),
        "PATH": text("path", "a path"),
    },
)
