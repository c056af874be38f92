"""`netstat` of macOS as network_cmds 433 (10.9) to 741 (26.3) print it.

Widths, cuts and the columns of -v: netstat.tproj/{inet,inet6,unix,systm}.c. The header of 730.80
and later is wider than its rows, because the test for -l stands the wrong way round there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.paper import CUT_ENDS, Line, Row, repeated, row
from tests.dumps.sockets import End, Socket, UnixSocket

VERSIONS = (433, 543, 624, 671, 705, 726, 741)
STATES = {"SYN_RECEIVED": "SYN_RCVD"}
PROTOS = {"icmp": "icm", "divert": "div", "igmp": "igm"}
SUFFIXES = {"ipv4": "4", "ipv6": "6", "dual": "46"}
KINDS = ("stream", "dgram", "raw")
PCB = 0x1F2E3D4C5B6A0000

PIDS = 100_000  # of macOS; Linux has more
LIMITS = " rhiwat shiwat    pid   epid"
FIELDS = " state  options           gencnt    flags   flags1 usscnt rtncnt fltrs"
QUEUES = ("Current listen queue sizes (qlen/incqlen/maxqlen)", "Listen         Local Address")
UNIX_HEADER = (
    "Address          Type   Recv-Q Send-Q            Inode             Conn"
    "             Refs          Nextref"
)
MULTIPATH = (
    "Active Multipath Internet connections",
    "Proto/ID  Flags      Local Address          Foreign Address        (state)    ",
)
# mptcp.c and vsock.c; what TCP has no state like is UNKNOWN.
MULTIPATH_STATES = {
    **{word: word for word in ("CLOSED", "LISTEN", "ESTABLISHED", "CLOSE_WAIT", "TIME_WAIT")},
    "TERMINATE": "UNKNOWN",
}
VSOCK_STATES = ("CONNECTING", "ESTABLISHED", "CLOSING", "LISTEN", "CLOSED")
VSOCK = (
    "Active VSock sockets",
    "Proto Type   Recv-Q Send-Q Local Address      Foreign Address    State      ",
)
VSOCK_LIMITS = (
    "        rxcnt      txcnt peer_rxcnt peer_rxhiwat rxhiwat txhiwat    pid state    options"
)
KERNEL = (
    ("Active kernel event sockets", None),
    ("Proto Recv-Q Send-Q vendor  class subcl", None),
    ("kevt       0      0      1      4      0", row(proto="kevt")),
    ("Active kernel control sockets", None),
    ("Proto Recv-Q Send-Q   unit     id name", None),
    (
        "kctl       0     17      1      2 com.example.nke",
        row(proto="kctl", path="com.example.nke"),
    ),
)


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        version: Of network_cmds.
        numeric: -n.
        everything: -a.
        pcb: -A.
        bytes: -b.
        verbose: -v.
        long: -l.
        wide: -W.
        queues: -L.
        banner: Whether the banner is there.
        packets: -vv.
        multipath: Whether the kernel has Multipath TCP.
        kernel: Whether all sections were asked for.
        runs: How often it was called.
    """

    version: int = 741
    numeric: bool = False
    everything: bool = False
    pcb: bool = False
    bytes: bool = False
    verbose: bool = False
    packets: bool = False
    long: bool = False
    wide: bool = False
    queues: bool = False
    banner: bool = True
    multipath: bool = False
    kernel: bool = False
    runs: int = 1

    @property
    def width(self) -> int:
        """Of the two address columns."""
        return 45 if self.long else 18 if self.pcb else 22

    @property
    def paths(self) -> bool:
        """Whether the section of multipath connections is there, as it is even without one."""
        return self.multipath and not self.pcb

    @property
    def counts(self) -> bool:
        """Whether bytes are printed: from 698 on -v does it, too."""
        return self.bytes or (self.verbose and self.version >= 698)


PLAIN = Layout()
RELEASES = {
    f"network_cmds {version}, macOS {system}": {"version": version}
    for version, system in (
        (433, "10.9"),
        (543, "10.13"),
        (624, "12"),
        (671, "14"),
        (705, "15"),
        (726, "26"),
        (741, "26.3"),
    )
}
OPTIONS = {
    "a": {"everything": True, "kernel": True, "multipath": True},
    "n": {"numeric": True},
    "A": {"pcb": True},
    "b": {"bytes": True},
    "v": {"verbose": True},
    "vv": {"verbose": True, "packets": True},
    "l": {"long": True},
    "L": {"queues": True},
    "W": {"wide": True},
}
# FreeBSD up to 9 prints the same rows under the same heading.
DOUBTFUL = True
UNTOLD = CUT_ENDS

FLAGS = (
    *("numeric", "everything", "pcb", "bytes", "verbose", "packets", "long", "wide"),
    *("banner", "multipath", "kernel"),
)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A version with flags it has."""
    version = draw(st.sampled_from(VERSIONS))
    flags = {name: draw(st.booleans()) for name in FLAGS}
    flags["long"] &= version >= 624
    if flags["pcb"]:
        # A row does not tell -l and names from -A alone, which cuts otherwise.
        flags |= {"long": False, "numeric": True}
    flags["packets"] &= flags["verbose"] and version >= 726
    return Layout(version=version, runs=draw(st.integers(1, 2)), **flags)


names = st.one_of(
    st.sampled_from(("launchd", "Some App (x)", "1Password 7", "com.apple.WebKit.Networking")),
    model.words("abX():._-é\u2028", 20),
)
_v6 = ("ipv4", "ipv6")
inet = st.one_of(
    model.sockets(("tcp", "tcp", "udp"), names=names, zoned=True, families=(*_v6, "dual")),
    model.sockets(("icmp", "divert", "igmp", "ip"), names=names, families=_v6),
)
unix = st.lists(model.unix_sockets(names), max_size=4)


@dataclass(frozen=True)
class Multipath:
    """A connection over several paths."""

    state: str
    flags: int
    flows: list[Socket]


@dataclass(frozen=True)
class Vsock:
    """A socket to or from a virtual machine: a context id and a port, or none, at each end."""

    local: tuple[int, int] | None
    remote: tuple[int, int] | None
    state: str
    recv_q: int
    pid: int


others = st.integers(0, 2**31)
flows = model.sockets(("tcp",), names=names, families=_v6)
multipath = st.builds(
    Multipath, st.sampled_from(tuple(MULTIPATH_STATES)), others, st.lists(flows, max_size=2)
)
_machine = st.none() | st.tuples(others, others)
vsocks = st.builds(
    Vsock, _machine, _machine, st.sampled_from(VSOCK_STATES), model.queues, model.pids
)


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    shown = draw(st.lists(inet, min_size=1, max_size=7))
    layout = layout or draw(layouts())
    paths = draw(st.lists(multipath, max_size=2)) if layout.paths else []
    machines = draw(st.lists(vsocks, max_size=2)) if layout.kernel else []
    return show(shown, draw(unix), layout, paths, machines)


headings = layouts().map(lambda layout: show([], [], replace(layout, kernel=False, runs=1)))


def show(
    shown: Sequence[Socket],
    local: Sequence[UnixSocket],
    layout: Layout,
    paths: Sequence[Multipath] = (),
    machines: Sequence[Vsock] = (),
) -> list[Line]:
    """Print sockets."""
    if layout.queues:
        listeners = [_listener(socket, layout) for socket in shown if socket.proto == "tcp"]
        return repeated([*map(Line, QUEUES), *listeners], layout.runs, told=True)
    lines = [*_heading(layout), *(_row(socket, layout) for socket in shown)]
    if layout.paths:
        lines += [Line(text) for text in MULTIPATH]
        lines += [
            line for number, path in enumerate(paths) for line in _paths(number, path, layout)
        ]
    if local:
        verbose = _verbose_heading(layout) if layout.version >= 667 else ""
        lines.append(Line("Active LOCAL (UNIX) domain sockets"))
        lines.append(Line(f"{UNIX_HEADER}{verbose} Addr"))
        lines += [_unix_row(socket, layout) for socket in local]
    if layout.kernel and not layout.verbose:
        lines += _kernel()
    if machines:
        lines += [Line(VSOCK[0]), Line(VSOCK[1] + VSOCK_LIMITS * layout.verbose)]
        lines += [_vsock(socket, layout) for socket in machines]
    return repeated(lines, layout.runs, told=True)


def _heading(layout: Layout) -> Iterator[Line]:
    if layout.banner:
        servers = " (including servers)" if layout.everything else ""
        yield Line(f"Active Internet connections{servers}")
    width = layout.width
    if layout.version >= 731 and not layout.long:
        width = 45
    pcb = "Socket           Flowhash " if layout.pcb else ""
    yield Line(
        f"{pcb}Proto Recv-Q Send-Q  {'Local Address':{width}} {'Foreign Address':{width}} (state)    "
        + _verbose_heading(layout)
    )


def _verbose_heading(layout: Layout) -> str:
    if layout.packets:
        limits = "  rhiwat  shiwat    process:pid      eprocess:epid  "
        return "  rxbytes/packets  txbytes/packets" + limits + FIELDS.replace("usscnt", "usecnt")
    text = "     rxbytes      txbytes" if layout.counts else ""
    if not layout.verbose or layout.version < 457:
        return text
    if layout.version >= 726:
        return text + "  rhiwat  shiwat    process:pid   " + FIELDS.replace("usscnt", "usecnt")
    text += LIMITS
    if layout.version >= 641:
        return text + FIELDS
    return text + ("  state    options" if layout.version >= 544 else "")


# ---- rows of IP sockets ----------------------------------------------------------------------


def _row(socket: Socket, layout: Layout) -> Line:
    ends, ends_row = _ends(socket, layout)
    word = STATES.get(socket.state, socket.state) if socket.state else None
    proto = f"{PROTOS.get(socket.proto, socket.proto):3}{SUFFIXES[socket.family]:2}"
    pcb = f"{PCB + socket.recv_q % 65536:16x}" if layout.pcb else None
    verbose, verbose_row = _verbose(socket, layout)
    text = (
        f"{f'{pcb} {socket.send_q % 4096:8x} ' if pcb else ''}{proto} {socket.recv_q:6} "
        f"{socket.send_q:6}  {ends} {word or '':11}{verbose}"
    )
    held: dict[str, object] = {
        "section": "inet",
        "proto": socket.proto,
        "family": socket.family,
        "state": socket.state,
        "state_raw": word,
        "recv_q": socket.recv_q,
        "send_q": socket.send_q,
        "cookie": pcb,
        "v6only": _v6only(socket),
    }
    return Line(text, row(**held, **ends_row, **verbose_row))


def _listener(socket: Socket, layout: Layout) -> Line:
    """Its queues, and no protocol: an address alone tells the family."""
    end, held = _end(socket, socket.local, layout)
    queues = f"{socket.recv_q % 200}/{socket.uid % 9}/{socket.send_q % 200}"
    is_address = held["addr"] not in (None, "*")
    return Line(
        f"{queues:14} {end}",
        row(
            section="inet",
            proto="tcp",
            state="LISTEN",
            family=("ipv6" if ":" in str(held["addr"]) else "ipv4") if is_address else None,
            recv_q=socket.recv_q % 200,
            send_q=socket.send_q % 200,
            addr_truncated=held.pop("cut"),
            **{f"local_{name}": value for name, value in held.items()},
        ),
    )


def _ends(socket: Socket, layout: Layout) -> tuple[str, dict[str, object]]:
    """Both ends in their columns, and what of them can be read again."""
    local, local_row = _end(socket, socket.local, layout)
    remote, remote_row = _end(socket, socket.remote, layout)
    held = {
        f"{side}_{name}": value
        for side, values in (("local", local_row), ("remote", remote_row))
        for name, value in values.items()
        if name != "cut"
    }
    held["addr_truncated"] = local_row["cut"] or remote_row["cut"]
    return f"{local:{layout.width}} {remote:{layout.width}}", held


def _v6only(socket: Socket) -> bool | None:
    """`tcp6` refuses IPv4, `tcp46` takes it."""
    if socket.proto not in ("tcp", "udp") or socket.family == "ipv4":
        return None
    return socket.family == "ipv6"


def _end(socket: Socket, end: End, layout: Layout) -> tuple[str, dict[str, object]]:
    """An end as printed, and what of it can be read again."""
    is_name = bool(end.host) and not layout.numeric
    text = end.host if is_name and end.host else end.addr or "*"
    zone = end.zone if end.addr and not is_name and socket.family == "ipv6" else None
    text += f"%{zone}" if zone else ""
    port, number, is_service = _port(socket, end, layout)
    uncut = layout.wide and (is_name or socket.family == "ipv4")
    if not uncut:
        text = text[: 39 if layout.long else 16]
    token = f"{text}.{port}"
    if not uncut:
        token = token[: layout.width]
    return token, _seen(token, layout, is_name=is_name, port=(number, is_service))


def _seen(
    token: str, layout: Layout, *, is_name: bool, port: tuple[int | None, bool]
) -> dict[str, object]:
    """What can be read again of an end that may have been cut."""
    host, _, shown = token.rpartition(".")
    number, is_service = port
    # One digit more would still be a port, so this one may have lost it.
    port_cut = layout.pcb and len(token) == 18 and shown != "*" and int(shown) * 10 <= 65535
    if port_cut:
        number = None
    if is_service and shown not in model.KNOWN_SERVICES:
        number = None
    bare, _, zone = host.partition("%")
    four = bare.replace(".", "").isdigit()
    cut = port_cut or (len(host) == 16 and not four)
    return {
        "addr": None if is_name else bare,
        "zone": zone or None,
        "port": number,
        "name": token if is_name or is_service else None,
        "cut": True if cut else None,
    }


def _port(socket: Socket, end: End, layout: Layout) -> tuple[str, int | None, bool]:
    """The port as printed, its number where that can be read again, and whether it is a name."""
    if end.port is None or socket.proto not in ("tcp", "udp"):
        return "*", None, False
    if layout.numeric or end.service is None:
        return str(end.port), end.port, False
    return end.service, model.KNOWN_SERVICES.get(end.service), True


# ---- what -b and -v add ----------------------------------------------------------------------


def _verbose(socket: Socket | UnixSocket, layout: Layout) -> tuple[str, Row]:
    received, sent = socket.recv_q * 3, socket.send_q * 5
    width = 12 if layout.version >= 698 else 10
    text, held = "", {}
    if layout.counts:
        text = f" {received:{width}} {sent:{width}}"
        held = {"bytes_received": received, "bytes_sent": sent}
    if not layout.verbose or layout.version < 457:
        return text, held
    owner = socket.owners[0] if socket.owners else None
    pid = owner.pid % PIDS if owner else 0
    fields = _fields(socket, layout)
    if layout.version < 726:
        return f"{text} {131072:6} {131768:6} {pid:6} {pid:6}{fields}", {
            **held,
            **row(pid=pid or None),
        }
    process = owner.process if owner else ""
    named = row(pid=pid or None, process=process or None)
    if layout.packets:
        counts = f" {received:>10}/{socket.recv_q:<6} {sent:>10}/{socket.send_q:<6}"
        text = (
            f"{counts} {131072:7} {131768:7} {process:>16}:{pid:<6} {'launchd':>16}:{1:<6}{fields}"
        )
        return text, {"bytes_received": received, "bytes_sent": sent, **named}
    return f"{text} {131072:7} {131768:7} {process:>16}:{pid:<6}{fields}", {**held, **named}


def _fields(socket: Socket | UnixSocket, layout: Layout) -> str:
    """Flags and options of the socket: hexadecimal, from 641 on without 0x and many more."""
    if layout.version < 544:
        return ""
    if layout.version < 641:
        return f" 0x{socket.recv_q % 65536:04x} 0x{socket.send_q % 2**32:08x}"
    return (
        f" {socket.recv_q % 65536:05x} {socket.send_q % 2**32:08x} {socket.inode:016x} 00000080"
        f" 04000900 {socket.recv_q % 100:6} {socket.send_q % 100:6} 000000"
    )


# ---- rows of other sockets -------------------------------------------------------------------


def _unix_row(socket: UnixSocket, layout: Layout) -> Line:
    pcb = f"{PCB + socket.recv_q % 65536:16x}"
    verbose, verbose_row = _verbose(socket, layout) if layout.version >= 667 else ("", {})
    if not layout.verbose:
        verbose, verbose_row = "", {}
    return Line(
        f"{pcb} {KINDS[socket.kind]:6} {socket.recv_q:6} {socket.send_q:6} {socket.inode:16x} "
        f"{socket.peer:16x} {0:16x} {0:16x}{verbose} {socket.path}",
        row(
            section="unix",
            proto="unix",
            family="unix",
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            cookie=pcb,
            path=socket.path or None,
            **verbose_row,
        ),
    )


def _paths(number: int, path: Multipath, layout: Layout) -> Iterator[Line]:
    """A connection and its subflows, each a TCP socket; up to 10.11 without flags and counters."""
    told = row(
        section="inet", proto="mptcp", state=MULTIPATH_STATES[path.state], state_raw=path.state
    )
    old = layout.version < 457
    flags = f"{path.flags:08x}/{path.flags + 1:08x}"
    name = f"mptcp/{number:02}"
    yield Line(f"{name} {path.state:>69}" if old else f"{name}  {flags} {path.state:>50} ", told)
    if not old:
        yield Line(f"      [tok({path.flags:#x}) snd(0x10) rcv(0x20) aid({number})]")
    for flow, socket in enumerate(path.flows):
        ends, ends_row = _ends(socket, layout)
        word = STATES.get(socket.state or "", socket.state)
        yield Line(
            f" tcp{SUFFIXES[socket.family]}/{flow:02}  {path.flags:08x}   {ends} {word} ",
            row(
                section="inet",
                proto="tcp",
                family=socket.family,
                state=socket.state,
                state_raw=word,
                v6only=_v6only(socket),
                **ends_row,
            ),
        )
        if not old:
            yield Line(f"      [relseq({flow:04}), err(0)]")


def _vsock(socket: Vsock, layout: Layout) -> Line:
    ends = ["*:*" if end is None else f"{end[0]}:{end[1]}" for end in (socket.local, socket.remote)]
    text = f"vsock stream {socket.recv_q:6} {0:6} {ends[0]:18} {ends[1]:18} {socket.state:11}"
    if layout.verbose:
        numbers = " ".join(f"{socket.recv_q + more:10}" for more in range(6))
        text += f" {numbers} {socket.pid:6} 0x0102 0x00000008"
    held = row(
        section="vsock",
        proto="vsock",
        family="vsock",
        state_raw=socket.state,
        recv_q=socket.recv_q,
        send_q=0,
        local_name=ends[0],
        remote_name=ends[1],
        pid=socket.pid if layout.verbose else None,
    )
    return Line(text, held)


def _kernel() -> Iterator[Line]:
    for text, told in KERNEL:
        if told is None:
            yield Line(text)
        else:
            _, received, sent, *_ = text.split()
            same = {"section": "kernel", "family": "kernel"}
            yield Line(text, {**told, **same, "recv_q": int(received), "send_q": int(sent)})
