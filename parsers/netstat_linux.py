"""`netstat` of Linux: net-tools 1.60 to 2.10, and BusyBox, whose rows have the same shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nsparse.dialect import Cell, CellFault, Columns, Dialect, Values
from nsparse.reading.cells.common import (
    PORT_MAX,
    RECV_Q,
    SEND_Q,
    Ends,
    details,
    ignored,
    local,
    number,
    put,
    read_host,
    remote,
    state,
    text,
)
from nsparse.reading.cells.services import is_half
from nsparse.states import is_known

# lib/inet.c cuts the address so that address, colon and port take 23 columns. The toybox of
# Android 6 to 8 cuts all three there (netstat.c `%-23.23s`), and names no family (`tcp`).
WIDTH = 23
ENDS = Ends(token_width=WIDTH)
PORT_DIGITS = len(str(PORT_MAX))

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
    if cell.isupper() and is_known(cell):
        raise CellFault("a user")  # of a line below, which counts the rows in this state
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


def _end(side: str, whole: Cell) -> Cell:
    """An end that may be cut in its port; `_settle` knows whether this tool does that."""

    def read(cell: str) -> Values:
        values = whole.read(cell)
        return {**values, **_doubts(side, cell)} if len(cell) >= WIDTH else values

    return Cell(whole.words, read, digits=whole.digits)


def _doubts(side: str, cell: str) -> Values:
    """What a wide end says of the others of its table, or what it may lack itself."""
    text, _, port = cell.rpartition(":")
    host = read_host(text)
    if len(cell) > WIDTH:
        return {"_wide": True} if "." in text else {}
    if host.family == "ipv4":
        return {}
    short = host.family == "ipv6" and host.addr is None
    fills: Values = {"_short": True} if short else {f"_{side}_fills": cell}
    return fills if port == "*" else {**fills, **_doubts_of_port(side, cell, short=short)}


def _doubts_of_port(side: str, cell: str, *, short: bool) -> Values:
    """The same of its port; `short` is whether half an address stands before it."""
    port = cell.rpartition(":")[2]
    if len(port) == PORT_DIGITS and port.isdecimal():
        return {"_ports": True} if short else {}
    may_go_on = short or not port.isdecimal() or int(port) * 10 <= PORT_MAX
    return {f"_{side}_cut": cell} if may_go_on else {}


def _settle(columns: Columns) -> None:
    """What ends at the width lack hangs on the others, and on how wide the columns are."""
    wide = _settle_addresses(columns)
    _settle_ports(columns, wide=wide)


def _settle_addresses(columns: Columns) -> bool:
    """Ends at the width are whole where one is wider, or the columns are (`-W`, Red Hat); if so."""
    none = [None] * len(columns["proto"])
    halves = columns.pop("_short", none)
    fills = {side: columns.pop(f"_{side}_fills", none) for side in ("local", "remote")}
    wide = any(columns.pop("_wide", ())) or _are_wider(columns["_text"], fills)
    if not wide:
        return False
    for side, cells in fills.items():
        for at, cell in enumerate(cells):
            if cell and not halves[at]:
                put(columns, "addr_truncated", at, None)
            if cell and read_host(cell.rpartition(":")[0]).addr is None:
                put(columns, f"{side}_addr", at, None)
    return True


def _are_wider(rows: Sequence[str], fills: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether more than the one blank that parts columns stands behind the first end at the width.

    Only where another cell must follow: behind the other end of UDP none does without a state, nor
    behind the only one of SCTP.
    """
    for at, row in enumerate(rows):
        for side, cells in fills.items():
            followed = row.startswith("tcp") or (side == "local" and not row.startswith("sctp"))
            if cells[at] and followed:
                return f"{cells[at]}  " in row
    return False


def _settle_ports(columns: Columns, *, wide: bool) -> None:
    """A port at the width is none where the tool cuts ports, or nothing says that it does not.

    It does not where ends are whole at the width, where five digits stand behind half an address,
    or where the protocol names the family. Without these, it does where a service is half a name,
    and nobody knows of an address of IPv6.
    """
    cuts = [(side, columns.pop(f"_{side}_cut", [])) for side in ("local", "remote")]
    ports = any(columns.pop("_ports", ()))
    if wide or ports or "ipv6" in columns.get("_proto_family", ()):
        return
    half = any(is_half(cell.rpartition(":")[2]) for _, cells in cuts for cell in cells if cell)
    for side, cells in cuts:
        for at, cell in enumerate(cells):
            if cell and (half or ":" in cell.rpartition(":")[0]):
                put(columns, f"{side}_port", at, None)
                put(columns, f"{side}_name", at, cell)


PROTO = Cell("a protocol such as tcp or udp6", _inet)
PROGRAM = Cell("PID/program name", _program)

DIALECT = Dialect(
    name="netstat_linux",
    title="netstat on Linux (net-tools)",
    os="linux",
    tool="netstat",
    settle=_settle,
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
        "LOCAL": _end("local", local(ENDS)),
        "REMOTE": _end("remote", remote(ENDS)),
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
