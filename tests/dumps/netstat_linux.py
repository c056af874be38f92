"""`netstat` of Linux as net-tools 1.60 and 2.10 and BusyBox print it.

Widths, blank states, cuts and blocks: netstat.c and lib/inet.c of net-tools, its po/*.po for
other languages, networking/netstat.c of BusyBox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.flags import Fields
from tests.dumps.paper import CUT_ENDS, Line, Row, repeated, row
from tests.dumps.sockets import End, Owner, Socket, Timer, UnixSocket

PROGRAM = 20  # PROGNAME_WIDTH: the buffer, its NUL included; BusyBox counts without the NUL
CONTEXT = 50  # SELINUX_WIDTH
ADDRESS = 22  # of address and port together, without -W
PORT_KEPT = 18
MAPPED = re.compile(r"::ffff:((?:[0-9]+\.){3}[0-9]+)")

INET = "Active Internet connections"
HEADER = (
    "Proto Recv-Q Send-Q Local Address           Foreign Address         State",
    "Proto Recv-Q Send-Q Local Address               Foreign Address             State",
)
USER = " User       Inode     "
OWNER = " PID/Program name    "
MESSAGE = (
    "(Not all processes could be identified, non-owned process info",
    " will not be shown, you would have to be root to see it all.)",
)
STATES = {
    "SYN_RECEIVED": "SYN_RECV",
    "FIN_WAIT_1": "FIN_WAIT1",
    "FIN_WAIT_2": "FIN_WAIT2",
    "CLOSED": "CLOSE",
}
TIMERS = {"retransmit": "on", "keepalive": "keepalive", "timewait": "timewait", "persist": "probe"}

KINDS = ("STREAM", "DGRAM", "SEQPACKET")
UNIX_STATES = (("[ ]", None), ("[ ACC ]", "LISTENING"), ("[ ]", "CONNECTED"))


@dataclass(frozen=True)
class Language:
    """What a translation prints in place of the English words; what it lacks stays English."""

    name: str
    banner: str
    header: str | None = None
    states: Mapping[str, str] = field(default_factory=dict)
    timers: Mapping[str, str] = field(default_factory=dict)
    user: str = USER


ENGLISH = Language("English", f"{INET} (servers and established)")
LANGUAGES = (
    ENGLISH,
    Language("English", f"{INET} (only servers)"),
    Language("English", f"{INET} (w/o servers)"),
    Language(
        "German",
        "Aktive Internetverbindungen (Server und stehende Verbindungen)",
        states={"ESTABLISHED": "VERBUNDEN"},
        timers={"off": "aus", "on": "ein"},
        user=" Benutzer   Inode     ",
    ),
    Language(
        "French",
        "Connexions Internet actives (serveurs et établies)",
        "Proto Recv-Q Send-Q Adresse locale          Adresse distante        Etat",
        user=" Utilisatr  Inode     ",
    ),
    Language(
        "Portuguese",
        "Conexões Internet Ativas (sem os servidores)",
        "Proto Recv-Q Send-Q Endereço Local          Endereço Remoto         Estado",
        states={
            "ESTABLISHED": "ESTABELECIDA",
            "LISTEN": "OUÇA",
            "SYN_SENT": "SYN_ENVIADO",
            "SYN_RECEIVED": "SYN_RECEBIDO",
            "FIN_WAIT_1": "ESPERA_FIN1",
            "FIN_WAIT_2": "ESPERA_FIN2",
            "CLOSE_WAIT": "ESPERANDO_FECHAR",
            "LAST_ACK": "ÚLTIMO_ACK",
            "CLOSING": "FECHANDO",
        },
        timers={"off": "desligado", "on": "em"},
        user=" Usuário   ",
    ),
    Language(
        "Czech",
        "Aktivní Internetová spojení (servery a navázaná spojení)",
        "Proto Přích-F Odch-F Místní Adresa           Vzdálená Adresa         Stav",
        states={
            "ESTABLISHED": "SPOJENO",
            "LISTEN": "NASLOUCHÁ",
            "LAST_ACK": "POSLEDNÍ ACK",
            "CLOSING": "ZAVÍRÁ",
        },
        timers={"off": "vyp", "on": "zapnut"},
        user=" Uživatel   I-uzel    ",
    ),
    Language(
        "Japanese",
        "稼働中のインターネット接続 (サーバと確立)",
        "Proto 受信-Q 送信-Q 内部アドレス            外部アドレス            状態",
        timers={
            "off": "オフ",
            "on": "オン",
            "keepalive": "キープアライブ",
            "timewait": "時間待ち",
            "probe": "プローブ",
        },
        user=" ユーザ     Iノード    ",
    ),
    Language(
        "Swedish",
        "Aktiva internetanslutningar (servrar och etablerade)",
        "Proto Recv-Q Send-Q Lokal adress            Motpartsadress          Tillstånd",
        states={
            "ESTABLISHED": "ETABLERAD",
            "LISTEN": "LYSSNAR",
            "CLOSED": "STÄNG",
            "CLOSE_WAIT": "STÄNG_VÄNTA",
            "CLOSING": "STÄNGER",
        },
        timers={"off": "av", "on": "på"},
        user=" Användare  Inode     ",
    ),
    Language(
        "Catalan",
        "Connexions actives d'Internet (servidors i establerts)",
        "Proto Recv-Q Send-Q Adreça local Adreça exterior Estat",
        states={
            "ESTABLISHED": "ESTABLERT",
            "LISTEN": "ESCOLTA",
            "SYN_SENT": "SYNSENT",
            "SYN_RECEIVED": "SYNRECV",
            "FIN_WAIT_1": "FINWAIT1",
            "FIN_WAIT_2": "FINWAIT2",
            "TIME_WAIT": "TEMPS",
            "CLOSED": "TANCA",
            "CLOSE_WAIT": "CLOSEWAIT",
            "LAST_ACK": "LASTACK",
            "CLOSING": "TANCAMENT",
        },
        timers={
            "off": "aturada",
            "on": "el",
            "keepalive": "manténiu",
            "timewait": "temps d'espera",
            "probe": "sonda",
        },
        user=" Node d'usuari ",
    ),
    Language(
        "Georgian",
        "ინტერნეტის აქტიური შეერთებები (სერვერები)",
        "პროტო მიღ-Q გაგზ-Q ლოკალური მისამართი      გარე მისამართი          მდგომარეობა",
    ),
)


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        version: 2.10, 1.60, or busybox.
        language: Of the messages.
        numeric: -n.
        extended: -ee: user and inode.
        owner: -p.
        context: -Z, which implies -p.
        timers: -o.
        wide: -W.
        columns: 1 for the wider address columns of Red Hat's 1.60.
        banner: Whether the line above the header is there.
        header: Whether the header is there.
        message: Whether a user without rights ran it.
        runs: More than one with -c.
    """

    version: str = "2.10"
    language: Language = ENGLISH
    numeric: bool = False
    extended: bool = False
    owner: bool = False
    context: bool = False
    timers: bool = False
    wide: bool = False
    columns: int = 0
    banner: bool = True
    header: bool = True
    message: bool = False
    runs: int = 1

    @property
    def busybox(self) -> bool:
        """Whether it is BusyBox, which knows neither -e nor -o nor -Z here."""
        return self.version == "busybox"

    @property
    def sixes(self) -> bool:
        """Whether the protocol tells the family."""
        return self.version == "2.10"


PLAIN = Layout()
RELEASES: dict[str, Fields] = {
    "net-tools 2.10": {},
    "net-tools 1.60": {"version": "1.60"},
    "net-tools 1.60 of Red Hat": {"version": "1.60", "columns": 1, "wide": True},
    "BusyBox": {"version": "busybox", "wide": True},
    **{f"net-tools in {language.name}": {"language": language} for language in LANGUAGES[3:]},
}
OPTIONS: dict[str, Fields] = {
    "a": {},
    "n": {"numeric": True},
    "e": {"extended": True},
    "p": {"owner": True},
    "o": {"timers": True},
    "W": {"wide": True},
    "T": {"wide": True},
    "Z": {"context": True, "owner": True},
}
# Of 1.60 nobody can tell whether it is the toybox of Android, which cuts ports.
UNTOLD = CUT_ENDS | {"local_port", "remote_port"}


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A version with flags it has."""
    version = draw(st.sampled_from(("2.10", "2.10", "1.60", "busybox")))
    full = version != "busybox"
    flags = {
        name: draw(st.booleans())
        for name in ("numeric", "extended", "owner", "context", "timers", "wide")
    }
    if not full:
        flags |= {"extended": False, "context": False, "timers": False, "wide": True}
    columns = draw(st.integers(0, 1)) if version == "1.60" else 0
    return Layout(
        version=version,
        language=draw(st.sampled_from(LANGUAGES)) if full else ENGLISH,
        **flags
        | {"owner": flags["owner"] or flags["context"], "wide": flags["wide"] or columns > 0},
        columns=columns,
        banner=draw(st.booleans()),
        header=draw(st.booleans()),
        message=draw(st.booleans()),
        runs=draw(st.integers(1, 2)),
    )


# What people write behind a row, or a prompt: at its end nobody can tell them from a name.
_MARKED = re.compile(" (?:#|//) |@.*#")
# argv[0] of a process, up to its first NUL: any printable ASCII (netstat.c prg_cache_load).
names = model.words("abXY0189:/[]_.+-@#", 16).filter(lambda name: not _MARKED.search(name))
inet = st.lists(model.sockets(("tcp", "tcp", "udp", "raw", "udplite"), names=names), max_size=6)
unix = st.lists(model.unix_sockets(names), max_size=4)


@dataclass(frozen=True)
class Sctp:
    """A socket of SCTP, and the further addresses of both its ends."""

    socket: Socket
    more: tuple[tuple[str, str], ...]


_hosts = st.sampled_from(("192.0.2.11", "198.51.100.12", "2001:db8::11"))
sctp = st.builds(
    Sctp,
    model.sockets(("sctp",), names=names, families=("ipv4", "ipv6"), stateful=("sctp",)),
    st.lists(st.tuples(_hosts, _hosts), max_size=2).map(tuple),
)


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    layout = layout or draw(layouts())
    shown, local = draw(inet), draw(unix)
    if layout.language.header or layout.language.states:
        local = []  # the translated UNIX headings are not all known
    if not shown and not local:
        shown = [draw(model.sockets(("tcp",), names=names))]
    return show(shown, local, layout, draw(st.lists(sctp, max_size=2)) if layout.sixes else [])


headings = layouts().map(lambda layout: show([], [], replace(layout, header=True, runs=1)))


def show(
    shown: Sequence[Socket],
    local: Sequence[UnixSocket],
    layout: Layout,
    streams: Sequence[Sctp] = (),
) -> list[Line]:
    """Print sockets."""
    message = [Line(text) for text in MESSAGE] if layout.message else []
    one = [*_heading(layout), *(_row(socket, layout) for socket in shown)]
    one += [line for socket in streams for line in _sctp(socket, layout)]
    one = _shown_whole(one, layout) if layout.wide else one
    if local:
        one += [*_unix_heading(layout), *(_unix_row(socket, layout) for socket in local)]
    told = layout.banner or layout.header
    return [*message, *repeated(one, layout.runs, told=told)]


FOLLOWED = {"tcp": 2, "udp": 1, "udpl": 1, "raw": 1}
"""Behind so many of the ends of a row another cell stands."""


def _shown_whole(lines: Sequence[Line], layout: Layout) -> list[Line]:
    """Where nothing is cut an end as wide as others are cut is whole, if the table shows that.

    So it does by a wider name, or address of IPv4 within IPv6; or with wider columns by the blanks
    behind the first such end: behind the other one of UDP are as many where the state is empty, and
    behind the only one of SCTP.
    """
    width = ADDRESS + 1
    ends = [(line.text, _ends_of(line)) for line in lines]
    shown = layout.columns > 0 and any(
        len(end) == width
        for text, two in ends
        for end in two[: FOLLOWED.get(text[:4].rstrip("6 "), 0)]
    )
    wider = (end for _, two in ends for end in two if len(end) > width)
    if not shown and not any("." in end.rpartition(":")[0] for end in wider):
        return list(lines)
    return [
        Line(
            line.text,
            line.row
            and {name: said for name, said in line.row.items() if name != "addr_truncated"},
            fixed=line.fixed or shown,
        )
        for line in lines
    ]


def _ends_of(line: Line) -> list[str]:
    """The ends of a row."""
    return [word for word in line.text.split()[1:5] if ":" in word][:2] if line.row else []


def _heading(layout: Layout) -> Iterator[Line]:
    if layout.banner:
        yield Line(layout.language.banner)
    if layout.header:
        words = layout.language.header or HEADER[layout.columns]
        state = words + ("       " if layout.busybox else "      ")
        yield Line(state + _block_heading(layout))


def _block_heading(layout: Layout) -> str:
    if layout.busybox:
        return "PID/Program name    " if layout.owner else ""
    context = " Security Context".ljust(CONTEXT + 1)
    blocks = (
        (layout.extended, layout.language.user),
        (layout.owner, OWNER),
        (layout.context, context),
        (layout.timers, " Timer"),
    )
    return "".join(text for is_on, text in blocks if is_on)


# ---- rows of IP sockets ----------------------------------------------------------------------


def _row(socket: Socket, layout: Layout) -> Line:
    local, local_row = _end(socket, socket.local, layout)
    remote, remote_row = _end(socket, socket.remote, layout)
    word = _state(socket, layout)
    blocks, blocks_row = _blocks(socket, layout)
    width = (23, 27)[layout.columns]
    proto = _proto(socket, layout)
    text = (
        f"{proto:5} {socket.recv_q:6} {socket.send_q:6} {local:{width}} {remote:{width}} "
        f"{word or '':{12 if layout.busybox else 11}}{blocks}"
    )
    text += f" {_timer(socket, layout)}" if layout.timers else ""
    told = "ipv6" if proto.endswith("6") else local_row["family"] or remote_row["family"]
    return Line(
        text,
        row(
            section="inet",
            proto=socket.proto,
            family=told,
            state=socket.state,
            state_raw=word,
            recv_q=socket.recv_q,
            send_q=socket.send_q,
            local_addr=local_row["addr"],
            local_port=local_row["port"],
            local_name=local_row["name"],
            remote_addr=remote_row["addr"],
            remote_port=remote_row["port"],
            remote_name=remote_row["name"],
            addr_truncated=local_row["cut"] or remote_row["cut"],
            **blocks_row,
            **_timer_row(socket, layout),
        ),
    )


def _blocks(socket: Socket, layout: Layout) -> tuple[str, Row]:
    """The blocks of -e, -p and -Z."""
    program, program_row = _program(socket.owners, layout)
    if not layout.extended:
        return program, program_row
    user = str(socket.uid) if layout.numeric else socket.user
    told = row(
        uid=socket.uid if layout.numeric else None,
        user=None if layout.numeric else user,
        inode=socket.inode or None,
    )
    return f" {user:10} {socket.inode:<10}{program}", {**program_row, **told}


def _sctp(stream: Sctp, layout: Layout) -> Iterator[Line]:
    """An endpoint has no queues; further addresses stand below, and the blocks on the last line."""
    socket = stream.socket
    local, local_row = _end(socket, socket.local, layout)
    remote, remote_row = _end(socket, socket.remote, layout)
    blocks, blocks_row = _blocks(socket, layout)
    word = _state(socket, layout)
    linked = socket.connected
    queues = f"{socket.recv_q:6} {socket.send_q:6}" if linked else ""
    texts = [f"sctp  {queues:13} {local:23} {remote if linked else '':23} {word:11}"]
    port = "" if linked else f":{socket.local.port or '*'}"
    for near, far in stream.more:
        texts.append(f"{'':20}{near + port:23} {far if linked else '':23} {'':11}")
    texts[-1] += blocks
    ends = {
        f"{side}_{name}": end[name]
        for side, end in (("local", local_row), ("remote", remote_row))
        for name in ("addr", "port", "name")
        if side == "local" or linked
    }
    told = row(
        section="inet",
        proto="sctp",
        family=local_row["family"] or (remote_row["family"] if linked else None),
        state=socket.state,
        state_raw=word,
        recv_q=socket.recv_q if linked else None,
        send_q=socket.send_q if linked else None,
        addr_truncated=local_row["cut"] or (remote_row["cut"] if linked else None),
        **ends,
        **blocks_row,
    )
    yield Line(texts[0], told)
    yield from map(Line, texts[1:])


def _proto(socket: Socket, layout: Layout) -> str:
    name = "udpl" if socket.proto == "udplite" else socket.proto
    return name + "6" if layout.sixes and socket.family != "ipv4" else name


def _state(socket: Socket, layout: Layout) -> str | None:
    """Its word; UDP has one when connected, raw sockets have a number."""
    if socket.proto == "raw":
        return "7"
    if socket.state is None and not socket.connected:
        return None
    state = socket.state or "ESTABLISHED"
    return layout.language.states.get(state) or STATES.get(state, state)


def _end(socket: Socket, end: End, layout: Layout) -> tuple[str, dict[str, object]]:
    """An end as printed, and what of it can be read again."""
    host, is_name = _host(socket, end, layout)
    port, number, is_service = model.linux_port(socket, end, numeric=layout.numeric)
    if not layout.wide and len(host) + len(port) > ADDRESS:
        kept = min(len(port), PORT_KEPT)
        host = host[: ADDRESS - kept]
        port = port[:kept]
    token = f"{host}:{port}"
    return token, {
        "addr": None if is_name else MAPPED.sub(r"\1", host.strip("[]")),
        "port": number,
        "name": token if is_name or is_service else None,
        "family": None if is_name or host == "*" else "ipv6" if ":" in host else "ipv4",
        "cut": True if len(token) == ADDRESS + 1 else None,
    }


def _host(socket: Socket, end: End, layout: Layout) -> tuple[str, bool]:
    """The host, and whether it is a name."""
    if end.host and not layout.numeric:
        return end.host, True
    four = socket.family == "ipv4"
    if not end.addr:
        old = layout.version == "1.60" and not layout.numeric
        any_six = "::" if layout.numeric or layout.busybox else "[::]"
        return ("*" if old else "0.0.0.0") if four else any_six, False
    if socket.family == "mapped" and not layout.sixes:
        return f"::ffff:{end.addr}", False
    return end.addr, False


def _program(owners: tuple[Owner, ...], layout: Layout) -> tuple[str, Row]:
    """The blocks of -p and -Z; only the first process is shown."""
    if not layout.owner:
        return "", {}
    first = owners[0] if owners else None
    name = f"{first.pid}/{first.process}" if first else "-"
    context = "system_u:system_r:init_t:s0-s0:c0.c1023" if first else "-"
    if layout.busybox:
        return name[:PROGRAM], _owner_row(name[:PROGRAM])
    name = name[: PROGRAM - 1]
    block = f" {name:{PROGRAM}}" + (f" {context:{CONTEXT}}" if layout.context else "")
    return block, _owner_row(name)


def _owner_row(name: str) -> Row:
    if name == "-":
        return {}
    pid, _, process = name.rstrip().partition("/")
    maybe_cut = True if len(name.rstrip()) >= PROGRAM - 1 else None
    return row(pid=int(pid), process=process or None, process_truncated=maybe_cut)


def _running(socket: Socket) -> Timer | None:
    """UDP and raw sockets have no timer but the one for sending again."""
    timer = socket.timer
    if timer is not None and socket.proto != "tcp" and timer.name != "retransmit":
        return None
    return timer


def _timer(socket: Socket, layout: Layout) -> str:
    timer = _running(socket)
    words = layout.language.timers
    if timer is None:
        return f"{words.get('off', 'off')} (0.00/0/0)"
    word = TIMERS[timer.name]
    name = words.get(word, word)
    if layout.version == "1.60" and word == "probe":
        name = "unkn-4"
    if socket.proto != "tcp":
        name = "on1"
    return f"{name} ({timer.ms / 1000:2.2f}/{timer.count}/{timer.count // 2})"


def _timer_row(socket: Socket, layout: Layout) -> Row:
    timer = _running(socket)
    if timer is None or not layout.timers:
        return {}
    return row(timer=timer.name, timer_ms=timer.ms, retrans=timer.count, probes=timer.count // 2)


# ---- rows of UNIX sockets --------------------------------------------------------------------


def _unix_heading(layout: Layout) -> Iterator[Line]:
    if layout.banner:
        yield Line("Active UNIX domain sockets (servers and established)")
    if layout.header:
        text = "Proto RefCnt Flags       Type       State         I-Node"
        if layout.version == "2.10":
            context = " Security Context".ljust(CONTEXT + 1) if layout.context else ""
            text += "  " + (OWNER if layout.owner else "") + context
        elif layout.owner:
            text += OWNER.rstrip() + "   "
        yield Line(text + " Path")


def _unix_row(socket: UnixSocket, layout: Layout) -> Line:
    flags, word = UNIX_STATES[socket.state]
    inode = f"{socket.inode:6} " if layout.busybox else f"{socket.inode:<6} "
    program, program_row = _program(socket.owners, layout)
    if layout.version == "2.10":
        inode = f"{socket.inode:<8}"
        program += " "
    elif layout.busybox:
        program = f"{program:{PROGRAM}}" if layout.owner else ""
    else:
        program = program.removeprefix(" ")
    path = socket.path if layout.busybox else socket.path.split(" ")[0]
    return Line(
        f"unix  {socket.refcnt:<6} {flags:11} {KINDS[socket.kind]:10} {word or '':13} "
        f"{inode}{program}{path}",
        row(
            section="unix",
            proto="unix",
            family="unix",
            state_raw=word,
            inode=socket.inode or None,
            path=path or None,
            **program_row,
        ),
        fixed=layout.owner,
    )
