"""`ss` of iproute2 as the versions from 3.10 to 7.1 print it (misc/ss.c).

What changed between them: brackets around IPv6 and what `*` means (4.13, 4.14), how wide the
columns are (4.15, 5.6, 7.0), the header's last word (5.4, 6.7). What stands behind the
addresses: `ss_tail`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps import ss_tail
from tests.dumps.flags import Fields
from tests.dumps.paper import Line, Row, repeated, row
from tests.dumps.sockets import End, Owner, Socket, UnixSocket

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

# An SCTP association stands below its endpoint, without Netid; ss.c sctp_sstate_name. TCP has no
# state like the last ones.
ASSOCIATION = "association"
ASSOCIATION_STATES = {
    "CLOSED": "CLOSED",
    "ESTAB": "ESTABLISHED",
    **dict.fromkeys(("COOKIE_WAIT", "COOKIE_ECHOED", "SHUTDOWN_SENT", "ACK_SENT"), "UNKNOWN"),
}
CHILD = "`- "

UNIX_KINDS = ("u_str", "u_dgr", "u_seq")
UNIX_STATES = ("UNCONN", "LISTEN", "ESTAB")
# Sockets without an IP address: Netid, section, the other end, and names they are printed by.
OTHERS = {
    "nl": ("netlink", "*", ("rtnl:kernel", "0:0", "audit:-1100095455", "uevent:systemd/1")),
    "p_raw": ("packet", "*", ("*:eth0", "ip:eth0", "[2054]:*")),
    "p_dgr": ("packet", "*", ("*:*", "[2054]:wlan0")),
    "v_str": ("vsock", "*:*", ("*:999", "2:1024")),
}


@dataclass(frozen=True)
class Other:
    """A netlink, packet or vsock socket."""

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
        table: Which was asked for; with several of them the column Netid is there.
        state: Whether several states were asked for, so that the column is there.
        queues: False with -Q.
        header: False with -H.
        numeric: -n.
        names: -r.
        process: -p.
        contexts: -Z.
        threads: -T.
        timers: -o.
        extended: -e.
        internals: -i.
        memory: -m.
        one_line: -O.
        slack: Blanks that the screen's width adds to each column.
        message: Whether the kernel refused one of the tables, between header and rows.
        runs: How often it was called.
    """

    version: tuple[int, int] = (6, 1)
    table: str = "all"
    state: bool = True
    queues: bool = True
    header: bool = True
    numeric: bool = False
    names: bool = False
    process: bool = False
    contexts: bool = False
    threads: bool = False
    timers: bool = False
    extended: bool = False
    internals: bool = False
    memory: bool = False
    one_line: bool = False
    slack: int = 0
    message: bool = False
    runs: int = 1

    @property
    def netid(self) -> bool:
        """Whether the column is there."""
        return self.table == "all"

    @property
    def brackets(self) -> bool:
        """Whether IPv6 has brackets, and `*` is a listener for both families."""
        return self.version >= (4, 14)


PLAIN = Layout()
RELEASES: dict[str, Fields] = {
    f"iproute2 {'.'.join(map(str, version))}": {"version": version} for version in VERSIONS
}
OPTIONS: dict[str, Fields] = {
    "a": {},
    "n": {"numeric": True},
    "r": {"names": True},
    "t": {"table": "tcp"},
    "u": {"table": "udp"},
    "p": {"process": True},
    "Z": {"process": True, "contexts": True},
    "T": {"process": True, "threads": True},
    "o": {"timers": True},
    "e": {"extended": True},
    "i": {"internals": True},
    "m": {"memory": True},
    "O": {"one_line": True},
    "H": {"header": False},
    "Q": {"queues": False},
    "state": {"state": False},
    "established": {},
    "f": {},
    "netlink": {"table": "nl"},
}

FLAGS = (
    *("numeric", "names", "process", "contexts", "threads", "timers", "extended"),
    *("internals", "memory", "one_line", "message", "header", "queues"),
)


@st.composite
def layouts(draw: st.DrawFn, *, table: str, state: bool) -> Layout:
    """A version with flags it has."""
    version = draw(st.sampled_from(VERSIONS))
    flags = {name: draw(st.booleans()) for name in FLAGS}
    flags["contexts"] &= version >= (3, 14)
    flags["threads"] &= version >= (6, 0)
    flags["one_line"] &= version >= (5, 2)
    # Without a header nothing would tell that rows without State or Netid belong to ss.
    flags["header"] |= version < (4, 7) or not state
    # With neither State nor queues a row is two addresses and nothing more.
    flags["queues"] |= version < (6, 9) or not state
    return Layout(
        version=version,
        table=table,
        state=state,
        slack=draw(st.integers(0, 9)),
        runs=draw(st.integers(1, 2)),
        **flags,
    )


# /proc/PID/comm up to its first parenthesis: 15 bytes of anything; ss 7.1 escapes, before it does not.
names = model.words('ab1"(/:,=é\u2028\x85', 12)
inet = model.sockets(
    ("tcp", "tcp", "udp", "raw", "mptcp", "dccp", "sctp"),
    names=names,
    zoned=True,
    most_owners=3,
    stateful=("tcp", "mptcp", "dccp", "sctp"),
)
associations = st.builds(
    lambda socket, word: replace(socket, state=word),
    model.sockets((ASSOCIATION,), names=names, stateful=(ASSOCIATION,)),
    st.sampled_from(tuple(ASSOCIATION_STATES)),
)
tcp = model.sockets(("tcp",), names=names, zoned=True, most_owners=3)
udp = model.sockets(("udp",), names=names, zoned=True, most_owners=3)
others = st.sampled_from(tuple(OTHERS)).flatmap(
    lambda netid: st.builds(
        Other,
        st.just(netid),
        st.sampled_from(OTHERS[netid][2]),
        model.queues,
        model.queues,
        model.owners(names, 2),
    )
)
infos = st.dictionaries(st.sampled_from(tuple(ss_tail.INFO)), st.integers(0, 10**6), max_size=8)
memories = st.tuples(*[st.integers(0, 10**7)] * 9)
TABLES: Mapping[str, st.SearchStrategy[Any_]] = {
    "all": st.one_of(inet, model.unix_sockets(names, 2), others, associations),
    "tcp": tcp,
    "udp": udp,
    "nl": others.filter(lambda other: other.netid == "nl"),
}


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    if layout is None:
        table = draw(st.sampled_from(tuple(TABLES)))
        layout = draw(layouts(table=table, state=table in ("udp", "nl") or draw(st.booleans())))
    entry = st.builds(Entry, TABLES[layout.table], infos, memories)
    if not layout.state:  # then nothing tells an association from an endpoint
        entry = entry.filter(lambda entry: not _is_association(entry.socket))
    entries = draw(st.lists(entry, min_size=1, max_size=7))
    if layout.table == "udp" and all(_connected(entry.socket) for entry in entries):
        return dumps_of_none(layout)
    return show(entries, layout)


headings = layouts(table="all", state=True).map(
    lambda layout: show([], replace(layout, header=True, runs=1))
)


def _is_association(socket: Any_) -> bool:
    return isinstance(socket, Socket) and socket.proto == ASSOCIATION


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
    state = socket.state
    netid = proto = socket.proto
    if _is_association(socket):
        netid, proto, state = "", "sctp", ASSOCIATION_STATES[word]
        word = CHILD + word
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
        netid,
        word,
        (socket.recv_q, socket.send_q),
        local,
        remote,
        row(
            section="inet",
            proto=proto,
            family=local_row["family"] or remote_row["family"],
            state=state if layout.state else None,
            **ends,
        ),
        frozenset(name for name, proved in (("old", old), ("new", new)) if proved),
    )


def _end(
    socket: Socket, end: End, layout: Layout
) -> tuple[tuple[str, str, str], dict[str, object]]:
    """An end as printed (host, separator, port), and what of it can be read again."""
    host, is_name = _host(socket, end, layout)
    port, number, is_service = model.linux_port(socket, end, numeric=layout.numeric)
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
    section, peer, _ = OTHERS[socket.netid]
    host, _, port = socket.name.partition(":")
    return Cells(
        socket.netid,
        "UNCONN",
        (socket.recv_q, socket.send_q),
        (host, ":", port),
        (peer, " ", ""),
        row(
            section=section,
            proto=section,
            family=section,
            local_name=socket.name,
            remote_name=peer if peer != "*" else None,
        ),
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
    ends = [end for cell in cells for end in (cell.local, cell.remote)]
    return Widths(
        _widest("Netid", [cell.netid for cell in cells]) + slack,
        _widest("State", [cell.state for cell in cells]) + slack,
        len("Recv-Q") + slack,
        _widest("Peer Address", [end[0] for end in ends]) + slack,
        _widest("Port", [end[2] for end in ends]),
    )


def _widest(word: str, texts: Sequence[str]) -> int:
    """The heading's word or a text below it."""
    return max(len(text) for text in (word, *texts))


def _front(netid: str, state: str, queues: tuple[object, object], w: Widths, layout: Layout) -> str:
    """Netid to Send-Q. From 4.15 to 4.19 nothing stands between Netid and State but their slack."""
    glued = (4, 15) <= layout.version < (4, 20) and layout.state
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
    widest = _widest("Port", [cell.remote[2] for cell in cells])
    return text + " " * (widest - len("Port")) + "Process"


def _lines(entry: Entry, cell: Cells, w: Widths, eras: set[str], layout: Layout) -> Iterator[Line]:
    socket = entry.socket
    front = _front(cell.netid, cell.state, cell.queues, w, layout)
    ends = " ".join(
        f"{host:>{w.host}}{separator}{port:{w.port}}"
        for host, separator, port in (cell.local, cell.remote)
    )
    users, users_row = ss_tail.users(socket.owners, layout)
    extended, extended_row = _extended(socket, layout)
    more, more_row = _internals(entry, layout)
    below = more and not layout.one_line and isinstance(socket, Socket)
    text = f"{front}{ends} {users}{extended}{'' if below else more}"
    held: dict[str, object] = {
        **_common(cell, eras, layout),
        **extended_row,
        **users_row,
        **more_row,
    }
    yield Line(text.rstrip() if layout.version >= (7, 0) else text, row(**held))
    if below:
        yield Line(f"\t{more}")


def _common(cell: Cells, eras: set[str], layout: Layout) -> dict[str, object]:
    """What every row says, and what `*` means in the table it stands in."""
    held = dict(cell.row)
    if layout.queues:
        held |= {"recv_q": cell.queues[0], "send_q": cell.queues[1]}
    if layout.state:
        held["state_raw"] = cell.state.removeprefix(CHILD)
    new = "new" in eras
    if held["section"] != "inet" or held.get("local_addr") not in ("*", "::"):
        return held
    if held["local_addr"] == "*" and "family" not in held:
        held["family"] = "dual" if new else "ipv4" if eras else None
    if new:
        held["v6only"] = held["local_addr"] == "::"
    return held


def _extended(socket: Any_, layout: Layout) -> tuple[str, Row]:
    """-o and -e; the inode behind a UNIX socket's arrow is that of its file."""
    if isinstance(socket, Socket):
        timer, timer_row = ss_tail.timer(socket.timer, layout)
        details, details_row = ss_tail.details(socket, layout)
        return timer + details, {**timer_row, **details_row}
    if not layout.extended:
        return "", {}
    if isinstance(socket, UnixSocket):
        return " <-> ino:7 dev:0/25 peers: 12 13", {}
    return " sk=7f00 cb=0 groups=0x00000000", row(cookie="7f00")


def _internals(entry: Entry, layout: Layout) -> tuple[str, Row]:
    """-m and -i; of a socket in TIME-WAIT the kernel knows nothing, and ss prints its TAB."""
    socket = entry.socket
    text, held = ss_tail.memory(entry.memory, layout)
    if isinstance(socket, Socket) and socket.proto == "tcp":
        more, more_row = ss_tail.internals(entry.info, layout)
        text, held = text + more, {**held, **more_row}
    if isinstance(socket, Socket) and socket.state == "TIME_WAIT":
        return (" " if text else ""), {}
    # The memory of a UNIX socket stays text.
    return text, {} if isinstance(socket, UnixSocket) else held
