"""`ss` of iproute2: every table it prints, with and without its Netid and State columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from nsparse.dialect import Cell, Columns, Dialect, Digits, Items, Values
from nsparse.later import later
from nsparse.reading.cells.common import (
    RECV_Q,
    SEND_Q,
    Ends,
    ignored,
    local,
    put,
    remote,
    state,
    text,
    words_of,
)

ENDS = Ends()
_QUEUE = later(r"[^:]+:q[0-9]+")
_POINT = later("[0-9]+:[0-9]+")

PROTOS = {"udpl": "udplite", "???": "other"}
SECTIONS = {
    "nl": "netlink",
    "p_raw": "packet",
    "p_dgr": "packet",
    "xdp": "xdp",
    "v_str": "vsock",
    "v_dgr": "vsock",
    "ti_st": "tipc",
    "ti_dg": "tipc",
    "ti_rd": "tipc",
    "ti_sq": "tipc",
}


def _inet(cell: str) -> Values:
    return {"section": "inet", "proto": PROTOS.get(cell, cell)}


def _unix(cell: str) -> Values:
    return {"section": "unix", "proto": "unix", "family": "unix", "details": f"netid:{cell}"}


def _other(cell: str) -> Values:
    section = SECTIONS.get(cell)
    if section is None:
        return {"section": "other", "proto": "other", "details": f"netid:{cell}"}
    return {
        "section": section,
        "proto": section,
        "family": section,
        "details": f"netid:{cell}",
    }


def _netlink(cell: str) -> Values:
    return {"section": "netlink", "proto": "netlink", "family": "netlink", "local_name": cell}


def _child_state(cell: str) -> Values:
    return {"section": "inet", "proto": "sctp", "state_raw": cell}


# ---- sockets of one table alone, whose family their ends tell --------------------------------


def _lone_path(cell: str) -> Values:
    told = {"section": "unix", "proto": "unix", "family": "unix"}
    return told if cell == "*" else {**told, "path": cell}


def _lone_name(cell: str) -> Values:
    """A device and its queue (`eth0:q0`), or what a packet socket hears on which device."""
    family = "xdp" if _QUEUE.fullmatch(cell) else "packet"
    return {"section": family, "proto": family, "family": family, "local_name": cell}


def _no_point(_: str) -> Values:
    """Sockets of virtual machines print something else where they have no other end."""
    return {"section": "tipc", "proto": "tipc", "family": "tipc"}


# ---- ends --------------------------------------------------------------------------------------


def _with_era(end: Cell) -> Cell:
    """Ss writes IPv6 in brackets from 4.13, IPv4's wildcard as 0.0.0.0 from 4.14."""

    def read(cell: str) -> Values:
        values = dict(end.read(cell))
        if cell.startswith(("[", "0.0.0.0:", "0.0.0.0%")):
            values["_era"] = "new"
        elif cell.count(":") > 1 and values.get("_family") == "ipv6":
            values["_era"] = "old"
        return values

    return replace(end, read=read)


def _unix_ends(cell: str) -> Values:
    """Inode, peer, peer inode: the first is this socket's, 0 is none."""
    inode, peer, peer_inode = words_of(cell)
    values: dict[str, Any] = {"inode": int(inode) or None}
    if peer != "*":
        values["remote_name"] = peer
    if int(peer_inode):
        values["details"] = f"peer:{peer_inode}"
    return values


# ---- users:(("NAME",pid=N,fd=N),...), before 3.14 ("NAME",N,N) --------------------------------

INT_MAX = 2**31 - 1
"""The largest descriptor: an int of the kernel."""

_INTEGER = later("-?[0-9]+")
_ENTRY = later(r'\("(?P<name>[^)]*?)",(?P<ids>(?:[a-z_]+=)?[0-9-]+(?:,[^()"]*)?)\)')
_NAME = later(r'\("(?P<name>[^)"]+)"\)')
"""What people leave of it."""
_ONE = later(r'users:\(\("(?P<name>[^"()“”„]*)",pid=(?P<pid>[0-9]+),fd=(?P<fd>[0-9]+)\)\)')
"""What nearly all of them are: this is read in a fifth of the time."""
_BEGUN = later(r'users:\(\("(?P<name>[^)"]+)"')
_TYPED = str.maketrans("“”„", '"""')
"""The quotes that mailers and word processors make of plain ones."""
OWNERS = 'users:(("program",pid=N,fd=N))'


def _users(cell: str) -> Values:
    one = _ONE.fullmatch(cell)
    if one is not None:
        return {"process": one["name"], "pid": int(one["pid"]), "fd": int(one["fd"])}
    owners = list(_owners(cell))
    if not owners:
        return {"process": _first(cell), "details": cell, "_odd": (cell, OWNERS)}
    first = owners[0]
    values: dict[str, Any] = dict(first)
    if len(owners) > 1:
        values["owners"] = json.dumps(owners, ensure_ascii=False)
    return values


def _first(cell: str) -> str | None:
    """The first name of owners of which no more can be read."""
    found = _BEGUN.match(cell.translate(_TYPED))
    return found["name"] if found else None


def _owners(cell: str) -> Iterator[dict[str, Any]]:
    """Each process and descriptor that holds the socket."""
    plain = cell.removeprefix("users:").translate(_TYPED)
    yield from ({"process": found["name"]} for found in _NAME.finditer(plain))
    for found in _ENTRY.finditer(plain):
        ids = found["ids"].split(",")
        named = dict(item.split("=", 1) for item in ids if "=" in item)
        pid = named.get("pid", ids[0])
        fd = named.get("fd", ids[1] if len(ids) > 1 and "=" not in ids[1] else None)
        if all(number is None or _INTEGER.fullmatch(number) for number in (pid, fd)):
            yield {"process": found["name"], "pid": int(pid), "fd": None if fd is None else int(fd)}


# ---- options, internals, memory ------------------------------------------------------------------

_TIMER = later(r"timer:\((?P<name>[^,()]*),(?P<time>[^,()]*),(?P<count>[0-9]+)\)")
TIMERS = {
    "on": "retransmit",
    "keepalive": "keepalive",
    "timewait": "timewait",
    "persist": "persist",
    "delack": "delack",
}
# What the third item counts; of the others ss prints a 0 that counts nothing. SCTP has T3_RTX.
COUNTS = {
    "retransmit": "retrans",
    "unknown": "retrans",
    "keepalive": "probes",
    "persist": "probes",
}
# misc/ss.c print_ms_timer, every tag from 3.0 to 7.1: a dot separates seconds from milliseconds,
# whatever unit follows (`8.476ms` before 6.11, `8.476sec` since).
_TIME = later(
    r"(?P<min>[1-9][0-9]*)min(?:(?P<minsec>[1-9][0-9]?)sec)?"
    r"|(?P<sec>[1-9][0-9]?)sec"
    r"|(?P<dot>[1-9])\.(?P<frac>[0-9]{3})(?:ms|sec)"
    r"|(?P<ms>[0-9]{3})ms"
)
WRAPPED_MIN = 71_000
"""A negative rest wraps at 2**32 ms, which is 71 582 min: no time at all."""


def milliseconds(time: str) -> int | None:
    """A timer's rest in ms; None for a shape that no version prints."""
    if not time:
        return 0
    found = _TIME.fullmatch(time)
    if found is None:
        return None
    part = {name: int(value) for name, value in found.groupdict().items() if value}
    minutes = part.get("min", 0)
    if minutes >= WRAPPED_MIN:
        return None
    seconds = 60 * minutes + part.get("minsec", 0) + part.get("sec", 0) + part.get("dot", 0)
    return 1000 * seconds + part.get("frac", 0) + part.get("ms", 0)


def _timer(token: str) -> Values:
    found = _TIMER.fullmatch(token)
    if found is None:
        return {"details": token}
    timer = TIMERS.get(found["name"], "unknown")
    ms = milliseconds(found["time"])
    values: dict[str, Any] = {"timer": timer, "timer_ms": ms}
    if timer in COUNTS:
        values[COUNTS[timer]] = int(found["count"])
    if ms is None and not found["time"].endswith("min"):
        values["_odd"] = (token, "a time such as 8.476sec, 32sec or 1min2sec")
    return values


def _ints(*names: str) -> dict[str, tuple[str, type]]:
    return {name: (name, int) for name in names}


# Key of tcp_info as printed (misc/ss.c tcp_stats_print) to column and type.
PLAIN = _ints(
    "backoff", "mss", "cwnd", "ssthresh", "unacked", "lost", "notsent", "segs_out", "data_segs_out"
) | _ints("bytes_sent", "bytes_retrans", "bytes_acked", "bytes_received", "uid")
PLAIN |= {
    "rto": ("rto_ms", float),
    "minrtt": ("minrtt_ms", float),
    "lastsnd": ("lastsnd_ms", int),
    "lastrcv": ("lastrcv_ms", int),
    "lastack": ("lastack_ms", int),
    "ino": ("inode", int),
}
PAIRS = {"rtt": ("rtt_ms", "rttvar_ms", float), "retrans": ("retrans_now", "retrans_total", int)}
# `busy:8476ms`, `rwnd_limited:20ms(0.2%)`: always plain milliseconds.
SPANS = {
    "busy": "busy_ms",
    "rwnd_limited": "rwnd_limited_ms",
    "sndbuf_limited": "sndbuf_limited_ms",
}
_SPAN = later(r"([0-9]+)ms(?:\([0-9.]+%\))?")
_SKMEM = later(r"([a-z]+)([0-9]+)")
_HEX = later(r"[0-9a-f]+")
SKMEM = {"r": "skmem_r", "rb": "skmem_rb", "t": "skmem_t", "tb": "skmem_tb", "d": "skmem_d"}


def _plain(key: str, value: str) -> Values:
    column, kind = PLAIN[key]
    return {column: kind(value)}


def _pair(key: str, value: str) -> Values:
    first, second, kind = PAIRS[key]
    one, _, two = value.partition("/")
    return {first: kind(one), second: kind(two)}


def _span(key: str, value: str) -> Values:
    found = _SPAN.fullmatch(value)
    if found is None:
        raise ValueError(value)
    return {SPANS[key]: int(found[1])}


def _skmem(value: str) -> Values:
    parts = dict(_SKMEM.findall(value))
    return {SKMEM[name]: int(amount) for name, amount in parts.items() if name in SKMEM} | {
        "details": f"skmem:{value}"
    }


def _cookie(value: str) -> Values:
    if _HEX.fullmatch(value) is None:
        raise ValueError(value)
    return {"cookie": value}


def _item(key: str, value: str, token: str) -> Values:
    """What one word of the options says; ValueError for a value that is not of its kind."""
    readers: tuple[tuple[bool, Callable[[], Values]], ...] = (
        (key in PLAIN, lambda: _plain(key, value)),
        (key in PAIRS, lambda: _pair(key, value)),
        (key in SPANS, lambda: _span(key, value)),
        (key == "timer", lambda: _timer(token)),
        (key == "skmem", lambda: _skmem(value)),
        (key == "sk", lambda: _cookie(value)),
        (key == "v6only", lambda: {"v6only": value == "1"}),
        (token == "app_limited", lambda: {"app_limited": True}),
    )
    return next((read() for fits, read in readers if fits), {"details": token})


NAMES = (*PLAIN, *PAIRS, *SPANS, "timer", "skmem", "sk", "v6only", "app_limited")
"""What a word of the options is known by."""

TOKENS_KNOWN = 1 << 14
"""Most words of the options stand on many rows."""


@lru_cache(TOKENS_KNOWN)
def _token(token: str) -> Values:
    """What one word of the options says; one that cannot be understood is a detail."""
    key, separator, value = token.partition(":")
    if not separator and not token.startswith("0x"):
        key, _, value = token.partition("=")
    try:
        return _item(key, value, token)
    except ValueError:
        return {"details": token}


def _info(cell: str) -> Values:
    """Words `key:value`, `key=value` (before 3.14) or flags; the rest stays in details."""
    return _together(map(_token, cell.split()))


def _together(said: Iterable[Values]) -> Values:
    """What words of the options say together."""
    values: dict[str, Any] = {}
    rest: list[str] = []
    for token in said:
        for name, value in token.items():
            if name == "details":
                rest.append(value)
            else:
                values[name] = value
    if values.get("inode") is not None:
        # ss prints uid only when it is not 0, and never without the inode (ss.c inet_show_sock).
        values.setdefault("uid", 0)
        values["inode"] = values["inode"] or None
    if rest:
        values["details"] = " ".join(rest)
    return values


ITEMS = Items(_token, _together, NAMES, texts={"sk:": "0123456789abcdef"})


def _unix_info(cell: str) -> Values:
    """Of a UNIX socket `ino:` is the file's inode, not the socket's."""
    return {"details": cell}


# ---- what a command asks for ------------------------------------------------------------------

FAMILIES = {"t": "tcp", "u": "udp", "w": "raw", "S": "sctp", "d": "dccp", "M": "mptcp"}
"""Options that ask for one kind of sockets (ss.8); with one of them alone no Netid is printed."""
OTHERS = frozenset("x0fA")
_TOOL = later(r"^(?:.*[/\s])?ss\s")
_LONG = {"tcp": "t", "udp": "u", "raw": "w", "sctp": "S", "dccp": "d", "mptcp": "M", "unix": "x"}


def _asked(command: str) -> Mapping[str, str]:
    """The protocol of all rows, where the options ask for one.

    >>> _asked("sudo -u root ss -unap | grep 53"), _asked("ss -tuan"), _asked("ss -an")
    ({'INET': 'udp'}, {}, {})
    """
    letters = set[str]()
    for word in _TOOL.sub("", command.partition("|")[0]).split():
        if word.startswith("--"):
            letters.add(_LONG.get(word[2:].partition("=")[0], ""))
        elif word.startswith("-"):
            letters |= set(word[1:])
    told = [FAMILIES[letter] for letter in sorted(letters & FAMILIES.keys())]
    return {"INET": told[0]} if len(told) == 1 and not letters & OTHERS else {}


# ---- what the rows of one table say together --------------------------------------------------

TCP_ONLY = {
    "LISTEN",
    "SYN-SENT",
    "SYN-RECV",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSE-WAIT",
    "LAST-ACK",
    "CLOSING",
}
TOLD = {"UNCONN": "udp", **dict.fromkeys(TCP_ONLY, "tcp")}
"""What a state says of the protocol; below states of TCP, UNCONN is a TCP socket that is bound."""


def _settle(columns: Columns) -> None:
    """One table without Netid holds one protocol; `*` means what the table's era says."""
    length = len(columns["proto"])
    none = [None] * length
    _pointed(columns, length)
    states = columns.get("state_raw", none)
    words = {word for word, proto in zip(states, columns["proto"], strict=True) if not proto}
    only = "udp" if {TOLD.get(word) for word in words} - {None} == {"udp"} else "tcp"
    if "sctp" in columns["proto"]:  # an association, below an endpoint of the same table
        only = "sctp"
    columns["proto"] = [proto or only for proto in columns["proto"]]
    columns["section"] = [section or "inet" for section in columns.get("section", none)]
    eras = columns.pop("_era", none)
    era = "new" if "new" in eras else "old" if "old" in eras else None
    _stars(columns, length, era)
    if "UNCONN" in states:
        _misnamed(columns, length, era)
        _bound(columns, length)


def _pointed(columns: Columns, length: int) -> None:
    """Such ends are of a context or a node, and of a port: of a node, if another row tells."""
    told = "tipc" if "tipc" in columns["proto"] else None
    for row, name in enumerate(columns.get("local_name", [None] * length)):
        if not columns["proto"][row] and _POINT.fullmatch(name or ""):
            put(columns, "section", row, told or "other")
            put(columns, "family", row, told)
            columns["proto"][row] = told or "other"


def _misnamed(columns: Columns, length: int, era: str | None) -> None:
    """Releases around 3.16 call UDP sockets tcp (Red Hat bug 1063927); none shows bound TCP ones.

    They print `*` where newer ones have 0.0.0.0 beside an address of IPv4. Connected UDP sockets
    look like TCP in all their cells, and stay what the tool says.
    """
    none = [None] * length
    cells = (columns.get(name, none) for name in ("state_raw", "local_addr", "remote_addr"))
    for row, (word, here, there) in enumerate(zip(*cells, strict=True)):
        old = era == "old" or ("." in (here or "") and there == "*")
        if old and word == "UNCONN" and columns["proto"][row] == "tcp":
            columns["proto"][row] = "udp"


def _bound(columns: Columns, length: int) -> None:
    """A TCP socket with a port and no connection is bound; ss shows such ones from 6.8 on."""
    none = [None] * length
    cells = (columns.get(name, none) for name in ("state_raw", "local_port", "remote_port"))
    told = columns.setdefault("state", [None] * length)
    for row, (proto, word, port, peer) in enumerate(zip(columns["proto"], *cells, strict=True)):
        if proto in ("tcp", "mptcp") and word == "UNCONN" and port is not None and peer is None:
            told[row] = "BOUND"


def _stars(columns: Columns, length: int, era: str | None) -> None:
    """`*` is IPv4's wildcard up to 4.13, and one socket for both families since 4.14."""
    none = [None] * length
    star = {"old": "ipv4", "new": "dual"}.get(era or "")
    family = columns.setdefault("_family", [None] * length)
    only = columns.setdefault("v6only", [None] * length)
    for row, (section, addr) in enumerate(
        zip(columns["section"], columns.get("local_addr", none), strict=True)
    ):
        if section != "inet":
            continue
        if addr == "*" and family[row] is None:
            family[row] = star
        if era == "new" and only[row] is None and addr in ("*", "::"):
            only[row] = addr == "::"


DIALECT = Dialect(
    name="ss_linux",
    title="ss on Linux (iproute2)",
    os="linux",
    tool="ss",
    proved_on={
        "iproute2 3.10": ("-an", "-tan", "-tanp", "-peaonmi"),
        "iproute2 4.11": ("-an", "-tan", "-tanp", "-Htan", "-peaonmi"),
        "iproute2 4.18": ("-an", "-tan", "-tanp", "-peaonmi"),
        "iproute2 5.5": ("-an", "-tan", "-tanp", "-peaonmi", "-tanOi"),
        "iproute2 6.1": (
            *("-a", "-an", "-tan", "-tar", "-Htan", "-uan", "-tanp", "-tanpoe", "-tanpT", "-tanpZ"),
            *("-tanOi", "-peaonmi", "-tn state established", "-f netlink"),
        ),
        "iproute2 6.7": ("-an", "-tan", "-tanp", "-peaonmi"),
        "iproute2 6.9": ("-an", "-tan", "-tanQ", "-tanp", "-peaonmi"),
        "iproute2 6.11": ("-an", "-tan", "-tanp", "-peaonmi"),
        "iproute2 7.1": ("-an", "-tan", "-tanp", "-peaonmi"),
    },
    settle=_settle,
    asked=_asked,
    told=TOLD,
    cells={
        "INET": Cell("a netid such as tcp or udp", _inet),
        "UNIX": Cell("a netid such as u_str", _unix),
        "OTHER": Cell("a netid such as nl", _other),
        "NETID": Cell("a netid", _other),
        "POINT": Cell("a netid such as v_str", _other),
        "STATE": state("a state such as ESTAB or LISTEN"),
        "ODD_STATE": state("a state such as ESTAB or LISTEN"),
        "CHILD_STATE": Cell("a state such as ESTAB", _child_state),
        "RECV_Q": RECV_Q,
        "SEND_Q": SEND_Q,
        "LOCAL": _with_era(local(ENDS)),
        "REMOTE": _with_era(remote(ENDS)),
        "PATH": Cell("a path", lambda cell: {} if cell == "*" else {"path": cell}),
        "UNIX_ENDS": Cell("an inode, the peer and its inode", _unix_ends),
        "NAME": text("local_name", "a name"),
        "LONE_POINT": text("local_name", "a context or node id, and a port"),
        "POINT_PEER": text("remote_name", "a context or node id, and a port"),
        "NO_POINT": Cell("`-`", _no_point),
        "LONE_PATH": Cell("a path", _lone_path),
        "LONE_NAME": Cell("a protocol or a device, and a device or a queue", _lone_name),
        "KERNEL": Cell("a netlink family and port", _netlink),
        "NO_PEER": ignored("`*`"),
        "POINT_LOCAL": text("local_name", "a context or node id, and a port"),
        "POINT_REMOTE": Cell(
            "a context or node id, and a port",
            lambda cell: {} if cell == "-" else {"remote_name": cell},
        ),
        "USERS": Cell(
            OWNERS,
            _users,
            digits=Digits("fd", before="=", after="))", most=INT_MAX),
        ),
        "OPTIONS": Cell("options of the socket", _info, free=True, items=ITEMS),
        "INFO": Cell("internals of the socket", _info, free=True, items=ITEMS),
        "UNIX_INFO": Cell("options of the socket", _unix_info, free=True),
    },
)
