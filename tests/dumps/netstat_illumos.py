"""`netstat` of illumos and Solaris: a table for each protocol and family.

Widths, titles and columns: netstat.c and unix.c of illumos-gate; -u as illumos-omnios prints it; the
titles without a family as Solaris 7 printed them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.paper import Line, Row, repeated, row
from tests.dumps.sockets import End, Owner, Socket, UnixSocket

STATES = {"SYN_RECEIVED": "SYN_RCVD"}
TYPES = ("stream-ord", "dgram", "stream")
# SCTP has one table for both families.
TABLES = (
    ("udp", ("ipv4",)),
    ("udp", ("ipv6",)),
    ("tcp", ("ipv4",)),
    ("tcp", ("ipv6",)),
    ("sctp", ("ipv4", "ipv6")),
)
WIDTHS = {"ipv4": 20, "ipv6": 33, "sctp": 31}
OWNER = "  User    Pid      Command    "
NO_PATH = " " * 15
TURN = 2**32
RTO, MSS = 406, 1460
NOBODY = Owner("sched", 1, 0)


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        numeric: -n.
        verbose: -v.
        owner: -u.
        old: Whether titles name no family; then there is no IPv6.
        headings: Whether titles and headers are there.
        runs: More than one with an interval.
    """

    numeric: bool = False
    verbose: bool = False
    owner: bool = False
    old: bool = False
    headings: bool = True
    runs: int = 1


PLAIN = Layout()
RELEASES = {"illumos-gate": {}, "illumos-omnios": {}, "Solaris 7": {"old": True}}
OPTIONS = {"a": {}, "n": {"numeric": True}, "u": {"owner": True}, "v": {"verbose": True}}


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A version with flags it has; only rows without -u and -v are known without their headings."""
    verbose, owner = draw(st.booleans()), draw(st.booleans())
    return Layout(
        numeric=draw(st.booleans()),
        verbose=verbose,
        owner=owner,
        old=draw(st.booleans()) and not owner,
        headings=verbose or owner or draw(st.booleans()),
        runs=draw(st.integers(1, 2)),
    )


# A number alone is no command: it may belong to the columns of a row that was cut.
names = model.words("abXY0189:/[]_-", 16).filter(lambda name: not name.split()[0].isdecimal())
inet = model.sockets(
    ("tcp", "tcp", "udp", "sctp"),
    names=names,
    zoned=True,
    most_owners=2,
    families=("ipv4", "ipv6"),
    stateful=("tcp", "sctp"),
)
unix = st.lists(model.unix_sockets(names), max_size=4)


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    shown = draw(st.lists(inet, min_size=1, max_size=7))
    return show(shown, draw(unix), layout or draw(layouts()))


headings = layouts().map(
    lambda layout: list(_heading("tcp", "ipv4", replace(layout, headings=True, runs=1)))
)


def show(shown: Sequence[Socket], local: Sequence[UnixSocket], layout: Layout) -> list[Line]:
    """Print sockets, table by table."""
    lines: list[Line] = []
    for proto, families in TABLES:
        table = [s for s in shown if s.proto == proto and s.family in families]
        if table and not (layout.old and families == ("ipv6",)):
            lines += _table(table, proto, families[0], layout)
    if local:
        lines += _unix_heading() if layout.headings else []
        lines += [_unix_row(socket) for socket in local]
    if not any(line.row for line in lines):
        lines += _table([LISTENER], "tcp", "ipv4", layout)
    return repeated(lines, layout.runs, told=layout.headings)


LISTENER = Socket("tcp", "ipv4", "LISTEN", 0, 0, End("", 22), End(), 0, "root", 0, (NOBODY,), None)


def _table(table: Sequence[Socket], proto: str, family: str, layout: Layout) -> Iterator[Line]:
    if layout.headings:
        yield from _heading(proto, family, layout)
    for socket in table:
        yield from _row(socket, layout)


def _heading(proto: str, family: str, layout: Layout) -> Iterator[Line]:
    title = proto.upper()
    if proto == "sctp":
        title += ":"
    elif not layout.old:
        title += ": IPv4" if family == "ipv4" else ": IPv6"
    yield Line("")
    yield Line(title)
    words = _header(proto, family, layout)
    yield Line(words)
    yield Line(" ".join("-" * max(len(word), 5) for word in words.split()))


def _header(proto: str, family: str, layout: Layout) -> str:
    width = WIDTHS["sctp" if proto == "sctp" else family]
    ends = "   Local Address".ljust(width) + " " + "   Remote Address".ljust(width) + " "
    interface = "      If" if family == "ipv6" else ""
    owner = OWNER + " " if layout.owner else ""
    behind = owner if layout.verbose else ""
    before = "" if layout.verbose else owner
    if proto == "sctp":
        queues = "Swind  Send-Q Rwind  Recv-Q StrsI/O "
        return f"{ends}{queues}{before} State      {behind}"
    if proto == "udp":
        return f"{ends}{before}  State   {interface}{behind}"
    if layout.verbose:
        numbers = "Swind  Snext     Suna   Rwind  Rnext     Rack    Rto   Mss  "
        return f"{'Local/Remote Address':{width}} {numbers}   State   {interface} {behind}"
    return f"{ends}{before}Swind Send-Q Rwind Recv-Q    State   {interface}"


# ---- rows of IP sockets ----------------------------------------------------------------------


def _row(socket: Socket, layout: Layout) -> Iterator[Line]:
    owners = (socket.owners or (NOBODY,)) if layout.owner else ()
    if socket.proto == "udp":
        yield from _udp(socket, owners, layout)
    elif socket.proto == "sctp":
        for owner in owners or (None,):
            yield _sctp(socket, owner, layout)
    else:
        for owner in owners or (None,):
            yield from _tcp(socket, owner, layout)


def _tcp(socket: Socket, owner: Owner | None, layout: Layout) -> Iterator[Line]:
    """With -u the whole row comes again for each process."""
    local, remote, held = _ends(socket, layout)
    word = STATES.get(socket.state or "", socket.state)
    width = WIDTHS[socket.family]
    zone = _zone(socket)
    tail = f"{word:11} {zone}" if socket.family == "ipv6" else f"{word}"
    told = row(state=socket.state, state_raw=word, recv_q=socket.recv_q, send_q=socket.send_q)
    if layout.verbose:
        behind = f" {_named(socket, owner)} {_arguments(owner)}" if owner else ""
        yield Line(
            f"{local:{width}}",
            row(**held, **told, **_owner_row(socket, owner, layout), mss=MSS, rto_ms=float(RTO)),
        )
        yield Line(f"{remote:{width}} {_sequence(socket)} {tail}{behind}")
        return
    before = f"{_named(socket, owner)} {_command(owner)} " if owner else ""
    yield Line(
        f"{local:{width}} {remote:{width}} {before}{_queues(socket)} {tail}",
        row(**held, **told, **_owner_row(socket, owner, layout)),
    )


def _udp(socket: Socket, owners: Sequence[Owner], layout: Layout) -> Iterator[Line]:
    """With -u the ends are not printed again for each process."""
    local, remote, held = _ends(socket, layout)
    width = WIDTHS[socket.family]
    word = "Connected" if socket.connected else "Idle"
    tail = f"{word:10} {_zone(socket)}" if socket.family == "ipv6" else word
    ends = f"{local:{width}} {remote if socket.connected else '':{width}} "
    texts = [tail]
    if owners and layout.verbose:
        texts = [f"{_named(socket, o)} {tail} {_arguments(o)}" for o in owners]
    elif owners:
        texts = [f"{_named(socket, o)} {_command(o)} {tail}" for o in owners]
    first = owners[0] if owners else None
    yield Line(ends + texts[0], row(**held, state_raw=word, **_owner_row(socket, first, layout)))
    yield from (Line(text) for text in texts[1:])


def _sctp(socket: Socket, owner: Owner | None, layout: Layout) -> Line:
    local, remote, held = _ends(socket, layout)
    word = "LISTEN" if socket.state == "LISTEN" else "ESTABLISHED"
    width = WIDTHS["sctp"]
    numbers = f"{socket.uid:6} {socket.send_q:6} {102400:6} {socket.recv_q:6} {32:3}/{32:<3}"
    tail = word
    if owner:
        named = _named(socket, owner)
        tail = f"{named} {_command(owner)} {word}"
        if layout.verbose:
            tail = f"{named} {word:11} {_arguments(owner)}"
    told = row(state=word, state_raw=word, recv_q=socket.recv_q, send_q=socket.send_q)
    return Line(
        f"{local:{width}} {remote:{width}} {numbers} {tail}",
        row(**held, **told, **_owner_row(socket, owner, layout)),
    )


def _queues(socket: Socket) -> str:
    return f"{socket.uid:5} {socket.send_q:6} {128872:5} {socket.recv_q:6}"


def _sequence(socket: Socket) -> str:
    """Send-Q is snxt - suna - 1, Recv-Q is rnxt - rack, both modulo 2**32."""
    first = socket.inode % TURN
    snext = (first + socket.send_q + 1) % TURN
    rnext = (first + socket.recv_q) % TURN
    return (
        f"{socket.uid:5} {snext:08x} {first:08x} {128872:5} {rnext:08x} {first:08x} {RTO:5} {MSS:5}"
    )


# ---- their cells ------------------------------------------------------------------------------


def _ends(socket: Socket, layout: Layout) -> tuple[str, str, Row]:
    local, local_row, local_family = _end(socket, socket.local, layout, "local")
    remote, remote_row, remote_family = _end(socket, socket.remote, layout, "remote")
    family: str | None = socket.family
    if socket.proto == "sctp" and not socket.connected:
        # Without a port the other end is an address.
        remote = "0.0.0.0" if socket.family == "ipv4" else "::"
        remote_row, remote_family = row(remote_addr=remote), socket.family
    if socket.proto == "sctp" or not layout.headings:
        family = local_family or remote_family
    if socket.proto == "udp" and not socket.connected:
        remote_row = {}
        family = family if layout.headings else local_family
    zone = _zone(socket) if socket.proto != "sctp" else None
    held = row(
        section="inet",
        proto=socket.proto,
        family=family,
        local_zone=zone or None,
        remote_zone=(zone or None) if socket.connected else None,
    )
    return local, remote, {**held, **local_row, **remote_row}


def _end(socket: Socket, end: End, layout: Layout, side: str) -> tuple[str, Row, str | None]:
    """An end as printed, what can be read again, and the family its address shows."""
    host = "*" if not end.addr else end.addr
    is_name = bool(end.addr) and end.host is not None and not layout.numeric
    if is_name:
        host = end.host or ""
    service = None if layout.numeric else end.service
    token = f"{host}.{service or (end.port if end.port is not None else '*')}"
    number = model.KNOWN_SERVICES.get(service) if service else end.port
    told = {
        f"{side}_addr": None if is_name else host,
        f"{side}_port": number,
        f"{side}_name": token if is_name or service else None,
    }
    family = None if is_name or not end.addr else socket.family
    return ("      " if not end.addr else "") + token, row(**told), family


def _zone(socket: Socket) -> str:
    return (socket.local.zone or "") if socket.family == "ipv6" else ""


def _user(socket: Socket) -> str:
    # A user's name with a dot looks like the end that an unconnected UDP socket has not.
    return socket.user.replace(".", "")[:8]


def _named(socket: Socket, owner: Owner | None) -> str:
    return f"{_user(socket):8} {owner.pid:6}" if owner else ""


def _command(owner: Owner | None) -> str:
    return f"{owner.process[:14].strip():14}" if owner else ""


def _arguments(owner: Owner | None) -> str:
    return f"/usr/lib/{owner.process} -x 0" if owner else ""


def _owner_row(socket: Socket, owner: Owner | None, layout: Layout) -> Row:
    if owner is None:
        return {}
    text = _arguments(owner) if layout.verbose else _command(owner).strip()
    return row(user=_user(socket), pid=owner.pid, process=text)


# ---- rows of UNIX sockets --------------------------------------------------------------------


def _unix_heading() -> list[Line]:
    return [
        Line(""),
        Line("Active UNIX domain sockets"),
        Line("Address  Type          Vnode     Conn  Local Addr      Remote Addr"),
    ]


def _unix_row(socket: UnixSocket) -> Line:
    """Bound to its path, connected to it, both, or one of a pair."""
    path = "/" + socket.path.lstrip("@/") if socket.path else ""
    bound, far = socket.state != 2, socket.state == 2 or (socket.state == 1 and " " not in path)
    vnode = f"{socket.inode + 1:08x}"
    local = f"{path} " if path and bound else NO_PATH
    remote = f"{path} " if path and far else NO_PATH
    if not path:
        local = remote = " (socketpair)  "
    return Line(
        f"{socket.peer + 2**40:x} {TYPES[socket.kind]:10} {vnode if bound else '00000000'} "
        f"{vnode if far else '00000000'} {local}{remote}",
        row(
            section="unix",
            proto="unix",
            family="unix",
            cookie=f"{socket.peer + 2**40:x}",
            path=path or None if bound else None,
            remote_name=path or None if far else None,
        ),
    )
