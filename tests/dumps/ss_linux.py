"""`ss` of iproute2 as the versions from 3.10 to 7.1 print it (misc/ss.c).

What changed between them: brackets around IPv6 and what `*` means (4.13, 4.14), how wide the
columns are (4.15, 5.6, 7.0), the header's last word (5.4, 6.7), the spelling of users (3.14, 7.1)
and of seconds in a timer (6.11).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.paper import Line, Row, repeated, row
from tests.dumps.sockets import End, Owner, Socket, Timer, UnixSocket

VERSIONS = ((3, 10), (4, 11), (4, 18), (5, 5), (6, 1), (6, 7), (6, 9), (6, 11), (7, 1))
STATES = {
    "SYN_SENT": "SYN-SENT",
    "SYN_RECEIVED": "SYN-RECV",
    "ESTABLISHED": "ESTAB",
    "FIN_WAIT_1": "FIN-WAIT-1",
    "FIN_WAIT_2": "FIN-WAIT-2",
    "CLOSE_WAIT": "CLOSE-WAIT",
    "LAST_ACK": "LAST-ACK",
    "TIME_WAIT": "TIME-WAIT",
}
TIMERS = {"retransmit": "on", "keepalive": "keepalive", "timewait": "timewait", "persist": "persist"}
COUNTS = {"retransmit": "retrans", "keepalive": "probes", "persist": "probes"}
IP_PROTOCOLS = {1: "icmp", 58: "ipv6-icmp", 89: "ospf"}

UNIX_KINDS = ("u_str", "u_dgr", "u_seq")
UNIX_STATES = ("UNCONN", "LISTEN", "ESTAB")
# Sockets without an IP address: Netid, section, and names they are printed by.
OTHERS = {
    "nl": ("netlink", ("rtnl:kernel", "0:0", "audit:-1100095455", "uevent:systemd/1")),
    "p_raw": ("packet", ("*:eth0", "ip:eth0", "[2054]:*")),
    "p_dgr": ("packet", ("*:*", "[2054]:wlan0")),
}

# tcp_info in the order of print: how an item is spelt, and the columns it fills.
INFO: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ts": ("ts sack cubic wscale:7,8", ()),
    "rto": ("rto:{}", ("rto_ms",)),
    "backoff": ("backoff:{}", ("backoff",)),
    "rtt": ("rtt:{}/0.75", ("rtt_ms",)),
    "ato": ("ato:40", ()),
    "mss": ("mss:{}", ("mss",)),
    "pmtu": ("pmtu:1500 rcvmss:536 advmss:1448", ()),
    "cwnd": ("cwnd:{}", ("cwnd",)),
    "ssthresh": ("ssthresh:{}", ("ssthresh",)),
    "bytes_sent": ("bytes_sent:{}", ("bytes_sent",)),
    "bytes_retrans": ("bytes_retrans:{}", ("bytes_retrans",)),
    "bytes_acked": ("bytes_acked:{}", ("bytes_acked",)),
    "bytes_received": ("bytes_received:{}", ("bytes_received",)),
    "segs_out": ("segs_out:{} segs_in:7", ("segs_out",)),
    "data_segs_out": ("data_segs_out:{}", ("data_segs_out",)),
    "bbr": ("bbr:(bw:1.2Mbps,mrtt:0.05,pacing_gain:2.8)", ()),
    "send": ("send 77.2Mbps", ()),
    "lastsnd": ("lastsnd:{}", ("lastsnd_ms",)),
    "lastrcv": ("lastrcv:{}", ("lastrcv_ms",)),
    "lastack": ("lastack:{}", ("lastack_ms",)),
    "pacing": ("pacing_rate 154Mbps/200Mbps delivery_rate 1158400000bps delivered:4", ()),
    "app_limited": ("app_limited", ()),
    "busy": ("busy:{}ms", ("busy_ms",)),
    "rwnd": ("rwnd_limited:{}ms(12.5%)", ("rwnd_limited_ms",)),
    "sndbuf": ("sndbuf_limited:{}ms(0.1%)", ("sndbuf_limited_ms",)),
    "unacked": ("unacked:{}", ("unacked",)),
    "retrans": ("retrans:3/{}", ("retrans_total",)),
    "lost": ("lost:{}", ("lost",)),
    "rcv": ("rcv_rtt:1.5 rcv_space:14480", ()),
    "notsent": ("notsent:{}", ("notsent",)),
    "minrtt": ("minrtt:{}", ("minrtt_ms",)),
    "ulp": ("tcp-ulp-tls version: 1.2 cipher: aes-gcm-128 rxconf: sw txconf: none", ()),
}
# What two items say besides the number that varies.
ALSO: Mapping[str, Row] = {
    "rtt": {"rttvar_ms": 0.75},
    "retrans": {"retrans_now": 3},
    "app_limited": {"app_limited": True},
}


@dataclass(frozen=True)
class Other:
    """A netlink or packet socket."""

    netid: str
    name: str
    recv_q: int
    send_q: int
    owners: tuple[Owner, ...]


Any_ = Socket | UnixSocket | Other


@dataclass(frozen=True)
class Entry:
    """A socket, and what -i and -m know of it."""

    socket: Any_
    info: Mapping[str, int]
    memory: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        version: Of iproute2.
        netid: Whether several tables were asked for, so that the column is there.
        state: Whether several states were asked for, so that the column is there.
        queues: False with -Q.
        header: False with -H.
        numeric: -n.
        names: -r.
        process: -p.
        timers: -o.
        extended: -e.
        internals: -i.
        memory: -m.
        one_line: -O.
        slack: Blanks that the screen's width adds to each column.
        message: Whether the kernel refused one of the tables, between header and rows.
        runs: How often it was called.
    """

    version: tuple[int, int]
    netid: bool
    state: bool
    queues: bool
    header: bool
    numeric: bool
    names: bool
    process: bool
    timers: bool
    extended: bool
    internals: bool
    memory: bool
    one_line: bool
    slack: int
    message: bool
    runs: int

    @property
    def brackets(self) -> bool:
        """Whether IPv6 has brackets, and `*` is a listener for both families."""
        return self.version >= (4, 14)


@st.composite
def layouts(draw: st.DrawFn, *, netid: bool, state: bool) -> Layout:
    """A version with flags it has."""
    version = draw(st.sampled_from(VERSIONS))
    names = (
        "numeric names process timers extended internals memory one_line message header queues"
    ).split()
    flags = {name: draw(st.booleans()) for name in names}
    flags["one_line"] &= version >= (5, 2)
    # Without a header nothing would tell that rows without State or Netid belong to ss.
    flags["header"] |= version < (4, 7) or not state
    flags["queues"] |= version < (6, 9)
    return Layout(
        version=version,
        netid=netid,
        state=state,
        slack=draw(st.integers(0, 9)),
        runs=draw(st.integers(1, 2)),
        **flags,
    )


# /proc/PID/comm up to its first parenthesis: 15 bytes of anything; ss 7.1 escapes, before it does not.
names = model.words('ab1"(/:,=é\u2028\x85', 12)
inet = model.sockets(
    ("tcp", "tcp", "udp", "raw", "mptcp", "dccp"),
    names=names,
    zoned=True,
    most_owners=3,
    stateful=("tcp", "mptcp", "dccp"),
)
tcp = model.sockets(("tcp",), names=names, zoned=True, most_owners=3)
udp = model.sockets(("udp",), names=names, zoned=True, most_owners=3)
others = st.sampled_from(tuple(OTHERS)).flatmap(
    lambda netid: st.builds(
        Other,
        st.just(netid),
        st.sampled_from(OTHERS[netid][1]),
        model.queues,
        model.queues,
        model.owners(names, 2),
    )
)
infos = st.dictionaries(st.sampled_from(tuple(INFO)), st.integers(0, 10**6), max_size=8)
memories = st.tuples(*[st.integers(0, 10**7)] * 9)
TABLES: Mapping[str, st.SearchStrategy[Any_]] = {
    "all": st.one_of(inet, model.unix_sockets(names, 2), others),
    "tcp": tcp,
    "udp": udp,
    "nl": others.filter(lambda other: other.netid == "nl"),
}


@st.composite
def dumps(draw: st.DrawFn) -> list[Line]:
    """What one call prints."""
    table = draw(st.sampled_from(tuple(TABLES)))
    layout = draw(layouts(netid=table == "all", state=table != "tcp" or draw(st.booleans())))
    entry = st.builds(Entry, TABLES[table], infos, memories)
    entries = draw(st.lists(entry, min_size=1, max_size=7))
    if table == "udp" and all(_connected(entry.socket) for entry in entries):
        return dumps_of_none(layout)
    return show(entries, layout)


def _connected(socket: Any_) -> bool:
    return isinstance(socket, Socket) and socket.connected


def dumps_of_none(layout: Layout) -> list[Line]:
    """Nothing tells a table of connected UDP sockets from one of TCP: print an empty TCP listener."""
    end = End("", 22)
    only = Socket("tcp", "ipv4", "LISTEN", 0, 0, end, End(), 0, "root", 0, (), None)
    return show([Entry(only, {}, (0,) * 9)], layout)


def show(entries: Sequence[Entry], layout: Layout) -> list[Line]:
    """Print sockets."""
    cells = [_cells(entry.socket, layout) for entry in entries]
    widths = _widths(cells, layout)
    eras = {era for cell in cells for era in cell.eras}
    lines = [Line(_header(cells, widths, layout))] if layout.header else []
    if layout.message and layout.header:
        lines.append(Line("RTNETLINK answers: Invalid argument"))
    for entry, cell in zip(entries, cells, strict=True):
        lines += _lines(entry, cell, widths, eras, layout)
    return repeated(lines, layout.runs, told=layout.header)


# ---- cells -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cells:
    """The texts of one row, what the frame must hold of them, and the eras they prove."""

    netid: str
    state: str
    queues: tuple[int, int]
    local: tuple[str, str, str]
    remote: tuple[str, str, str]
    row: Row
    eras: frozenset[str] = frozenset()


def _cells(socket: Any_, layout: Layout) -> Cells:
    if isinstance(socket, Socket):
        return _inet(socket, layout)
    return _unix(socket, layout) if isinstance(socket, UnixSocket) else _other(socket, layout)


def _inet(socket: Socket, layout: Layout) -> Cells:
    local, local_row = _end(socket, socket.local, layout)
    remote, remote_row = _end(socket, socket.remote, layout)
    listens = "ESTAB" if socket.connected else "UNCONN"
    word = STATES.get(socket.state, socket.state) if socket.state else listens
    both = (local, remote)
    old = any(token[0].count(":") > 1 and not token[0].startswith("[") for token in both)
    new = any(token[0].startswith(("[", "0.0.0.0")) for token in both)
    ends = {
        f"{side}_{name}": value
        for side, values in (("local", local_row), ("remote", remote_row))
        for name, value in values.items()
        if name != "family"
    }
    return Cells(
        socket.proto,
        word,
        (socket.recv_q, socket.send_q),
        local,
        remote,
        row(
            section="inet",
            proto=socket.proto,
            family=local_row["family"] or remote_row["family"],
            state=socket.state if layout.state else None,
            **ends,
        ),
        frozenset(name for name, proved in (("old", old), ("new", new)) if proved),
    )


def _end(
    socket: Socket, end: End, layout: Layout
) -> tuple[tuple[str, str, str], dict[str, object]]:
    """An end as printed (host, separator, port), and what of it can be read again."""
    host, is_name = _host(socket, end, layout)
    port, number, is_service = _port(socket, end, layout)
    zone = f"%{end.zone}" if end.zone and not is_name else ""
    token = f"{host}{zone}:{port}"
    four = "." in host and ":" not in host
    return (host + zone, ":", port), {
        "addr": None if is_name else host.strip("[]").removeprefix("::ffff:"),
        "zone": zone[1:] or None,
        "port": number,
        "name": token if is_name or is_service else None,
        "family": None if is_name or host == "*" else "ipv4" if four else "ipv6",
    }


def _host(socket: Socket, end: End, layout: Layout) -> tuple[str, bool]:
    """The host, and whether it is a name."""
    if end.host and layout.names:
        return end.host, True
    if end.addr:
        text = f"::ffff:{end.addr}" if socket.family == "mapped" else end.addr
    elif layout.brackets:
        text = {"ipv4": "0.0.0.0", "ipv6": "::"}.get(socket.family, "*")
    else:
        text = "*" if socket.family == "ipv4" else "::"
    return f"[{text}]" if layout.brackets and ":" in text else text, False


def _port(socket: Socket, end: End, layout: Layout) -> tuple[str, int | None, bool]:
    """The port as printed, its number where that can be read again, and whether it is a name."""
    if end.port is None:
        return "*", None, False
    if socket.proto == "raw":
        protocol = end.port % 256
        name = None if layout.numeric else IP_PROTOCOLS.get(protocol)
        return name or str(protocol), None if name else protocol, name is not None
    if layout.numeric or end.service is None:
        return str(end.port), end.port, False
    return end.service, model.KNOWN_SERVICES.get(end.service), True


def _unix(socket: UnixSocket, layout: Layout) -> Cells:
    """Path and inode stand where address and port do, with a blank between."""
    path = socket.path or "*"
    return Cells(
        UNIX_KINDS[socket.kind],
        UNIX_STATES[socket.state],
        (socket.recv_q, socket.send_q),
        (path, " ", str(socket.inode)),
        ("*", " ", str(socket.peer)),
        row(
            section="unix",
            proto="unix",
            family="unix",
            inode=socket.inode or None,
            path=socket.path or None,
        ),
    )


def _other(socket: Other, layout: Layout) -> Cells:
    section = OTHERS[socket.netid][0]
    host, _, port = socket.name.partition(":")
    return Cells(
        socket.netid,
        "UNCONN",
        (socket.recv_q, socket.send_q),
        (host, ":", port),
        ("*", " ", ""),
        row(section=section, proto=section, family=section, local_name=socket.name),
    )


# ---- columns ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Widths:
    """How wide the columns are."""

    netid: int
    state: int
    queues: int
    host: int
    port: int


def _widths(cells: Sequence[Cells], layout: Layout) -> Widths:
    """Fixed up to 4.14; then measured, and stretched to the screen."""
    if layout.version < (4, 15):
        return Widths(5, 10, 6, 18, 7)
    slack = layout.slack
    return Widths(
        max(5, *(len(c.netid) for c in cells)) + slack,
        max(5, *(len(c.state) for c in cells)) + slack,
        6 + slack,
        max(12, *(len(end[0]) for c in cells for end in (c.local, c.remote))) + slack,
        max(4, *(len(end[2]) for c in cells for end in (c.local, c.remote))),
    )


def _front(netid: str, state: str, queues: tuple[object, object], w: Widths, layout: Layout) -> str:
    """Netid to Send-Q. From 4.15 to 4.19 nothing stands between Netid and State but their slack."""
    glued = (4, 15) <= layout.version < (4, 20)
    text = f"{netid:{w.netid}}" + ("" if glued else " ") if layout.netid else ""
    text += f"{state:{w.state}} " if layout.state else ""
    if layout.queues:
        text += f"{queues[0]:<{w.queues}} {queues[1]:<{w.queues}} "
    return text


def _header(cells: Sequence[Cells], w: Widths, layout: Layout) -> str:
    front = _front("Netid", "State", ("Recv-Q", "Send-Q"), w, layout)
    text = f"{front}{'Local Address':>{w.host}}:{'Port':{w.port}} {'Peer Address':>{w.host}}:Port"
    version = layout.version
    if version < (5, 4) or (version >= (6, 7) and not layout.process):
        return text + " "
    # The last column begins where the widest port ends; `Port` itself is four wide.
    widest = max(len(cell.remote[2]) for cell in cells)
    return text + " " * max(0, widest - 4) + "Process"


def _lines(
    entry: Entry, cell: Cells, w: Widths, eras: set[str], layout: Layout
) -> Iterator[Line]:
    socket = entry.socket
    front = _front(cell.netid, cell.state, cell.queues, w, layout)
    ends = " ".join(
        f"{host:>{w.host}}{separator}{port:{w.port}}"
        for host, separator, port in (cell.local, cell.remote)
    )
    users, users_row = _users(socket, layout)
    extended, extended_row = _extended(socket, layout)
    more, more_row = _internals(entry, layout)
    below = more and not layout.one_line and isinstance(socket, Socket)
    text = f"{front}{ends} {users}{extended}{'' if below else more}"
    held: dict[str, object] = {**_common(cell, eras, layout), **extended_row, **users_row, **more_row}
    yield Line(text.rstrip() if layout.version >= (7, 0) else text, row(**held))
    if below:
        yield Line(f"\t{more}")


def _common(cell: Cells, eras: set[str], layout: Layout) -> dict[str, object]:
    """What every row says, and what `*` means in the table it stands in."""
    held = dict(cell.row)
    if layout.queues:
        held |= {"recv_q": cell.queues[0], "send_q": cell.queues[1]}
    if layout.state:
        held["state_raw"] = cell.state
    new = "new" in eras
    if held["section"] != "inet" or held.get("local_addr") not in ("*", "::"):
        return held
    if held["local_addr"] == "*" and "family" not in held:
        held["family"] = "dual" if new else "ipv4" if eras else None
    if new:
        held["v6only"] = held["local_addr"] == "::"
    return held


# ---- users, timers, details ------------------------------------------------------------------


def _users(socket: Any_, layout: Layout) -> tuple[str, Row]:
    """`users:(...)`: one entry for each process and descriptor."""
    if not layout.process or not socket.owners:
        return "", {}
    spell = '("{}",{},{})' if layout.version < (3, 14) else '("{}",pid={},fd={})'
    held = [
        {"process": _escaped(owner.process, layout), "pid": owner.pid, "fd": owner.fd}
        for owner in socket.owners
    ]
    entries = ",".join(spell.format(*owner.values()) for owner in held)
    several = json.dumps(held, ensure_ascii=False) if len(held) > 1 else None
    return f"users:({entries})", row(**held[0], owners=several)


def _escaped(process: str, layout: Layout) -> str:
    return process.replace('"', '\\"') if layout.version >= (7, 1) else process


def _extended(socket: Any_, layout: Layout) -> tuple[str, Row]:
    if isinstance(socket, Other):
        return (" sk=0 cb=0 groups=0x00000000" if layout.extended else ""), {}
    if isinstance(socket, UnixSocket):
        return (" <-> ino:7 dev:0/25 peers: 12 13" if layout.extended else ""), {}
    text, held = "", {}
    if socket.timer and (layout.timers or layout.extended):
        text, held = _timer(socket.timer, layout)
    if layout.extended:
        more, more_row = _details(socket, layout)
        text, held = text + more, {**held, **more_row}
    return text, held


def _timer(timer: Timer, layout: Layout) -> tuple[str, dict[str, object]]:
    time, ms = _time(timer.ms, layout)
    count = COUNTS.get(timer.name)
    held: dict[str, object] = {"timer": timer.name, "timer_ms": ms}
    if count:
        held[count] = timer.count
    return f" timer:({TIMERS[timer.name]},{time},{timer.count})", held


def _time(ms: int, layout: Layout) -> tuple[str, int]:
    """A rest as print_ms_timer writes it, and what of it can be read again."""
    seconds, rest = divmod(ms, 1000)
    minutes = seconds // 60
    if minutes >= 10:
        return f"{minutes}min", minutes * 60_000
    if minutes:
        over = seconds % 60
        return f"{minutes}min" + (f"{over}sec" if over else ""), seconds * 1000
    if seconds >= 10 or (seconds and not rest):
        return f"{seconds}sec", seconds * 1000
    if seconds:
        return f"{seconds}.{rest:03}" + ("ms" if layout.version < (6, 11) else "sec"), ms
    return (f"{rest:03}ms" if rest else ""), ms


def _details(socket: Socket, layout: Layout) -> tuple[str, Row]:
    """`uid:` is left out when it is 0; before 3.14 UDP has `=` for `:`."""
    sign = "=" if layout.version < (3, 14) and socket.proto == "udp" else ":"
    uid = f" uid{sign}{socket.uid}" if socket.uid else ""
    text = f"{uid} ino{sign}{socket.inode} sk{sign}ffff8800{socket.recv_q % 65536:04x}"
    held: dict[str, object] = {
        "uid": socket.uid,
        "inode": socket.inode or None,
        "cookie": f"ffff8800{socket.recv_q % 65536:04x}",
    }
    if layout.version >= (5, 8):
        text += " cgroup:/system.slice/ssh.service"
    if layout.version >= (4, 2) and socket.family != "ipv4":
        only = socket.family == "ipv6"
        text += f" v6only:{int(only)}"
        held["v6only"] = only
    return f"{text} <->", held


def _internals(entry: Entry, layout: Layout) -> tuple[str, Row]:
    """-m and -i; ss says nothing of sockets that are in TIME-WAIT, and prints their TAB."""
    socket = entry.socket
    text, held = "", {}
    if layout.memory:
        names = ("r", "rb", "t", "tb", "f", "w", "o", "bl", "d")
        pairs = dict(zip(names, entry.memory, strict=True))
        text = " skmem:(" + ",".join(f"{name}{n}" for name, n in pairs.items()) + ")"
        held = {f"skmem_{name}": pairs[name] for name in ("r", "rb", "t", "tb", "d")}
    if layout.internals and isinstance(socket, Socket) and socket.proto == "tcp":
        for name, (spell, columns) in INFO.items():
            if name in entry.info:
                value = entry.info[name]
                text += " " + spell.format(value)
                held |= {**dict.fromkeys(columns, value), **ALSO.get(name, {})}
    if isinstance(socket, Socket) and socket.state == "TIME_WAIT":
        return (" " if text else ""), {}
    return text, (held if isinstance(socket, Socket) or isinstance(socket, Other) else {})
