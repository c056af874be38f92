"""`netstat.exe` as Windows XP to 11 prints it, in several languages.

Columns and blanks: ReactOS netstat.c and captures; words of other languages: captures. A field
that is too wide pushes the rest to the right and keeps two blanks behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.dumps import sockets as model
from tests.dumps.flags import Fields
from tests.dumps.paper import Line, Row, repeated, row
from tests.dumps.sockets import End, Socket

STATES = {"LISTEN": "LISTENING"}
WIDTHS = (7, 23, 23, 16, 9)  # Proto, Local Address, Foreign Address, State, PID
MACHINE = "MYPC"


@dataclass(frozen=True)
class Language:
    """The heading's words, the states that are translated, and what -b says of unknown owners."""

    name: str
    banner: str
    header: tuple[str, str, str, str]
    no_owner: str = "Can not obtain ownership information"
    states: Mapping[str, str] = field(default_factory=dict)
    proto: int = WIDTHS[0]


LANGUAGES = (
    Language(
        "English", "Active Connections", ("Proto", "Local Address", "Foreign Address", "State")
    ),
    Language(
        "German",
        "Aktive Verbindungen",
        ("Proto", "Lokale Adresse", "Remoteadresse", "Status"),
        states={
            "LISTEN": "ABHÖREN",
            "ESTABLISHED": "HERGESTELLT",
            "TIME_WAIT": "WARTEND",
            "CLOSE_WAIT": "SCHLIESSEN_WARTEN",
            "FIN_WAIT_2": "FIN_WARTEN_2",
            "SYN_SENT": "SYN_GESENDET",
        },
    ),
    Language(
        "French",
        "Connexions actives",
        ("Proto", "Adresse locale", "Adresse distante", "État"),
        "Impossible d’obtenir les informations de propriétaire",
    ),
    Language(
        "Spanish",
        "Conexiones activas",
        ("Proto", "Dirección local", "Dirección remota", "Estado"),
        "No se puede obtener información de propiedad",
    ),
    Language(
        "Portuguese", "Conexões ativas", ("Proto", "Endereço local", "Endereço externo", "Estado")
    ),
    Language(
        "Russian", "Активные подключения", ("Имя", "Локальный адрес", "Внешний адрес", "Состояние")
    ),
    Language(
        "Japanese",
        "アクティブな接続",
        ("プロトコル", "ローカル アドレス", "外部アドレス", "状態"),
        proto=12,
    ),
    Language("Chinese", "活动连接", ("协议", "本地地址", "外部地址", "状态"), "无法获取所有权信息"),
    Language("Korean", "활성 연결", ("프로토콜", "로컬 주소", "외부 주소", "상태")),
)


@dataclass(frozen=True)
class Layout:
    """A version and its flags.

    Attributes:
        language: Of the heading.
        numeric: -n.
        pid: -o.
        owner: -b.
        old: Whether -b is that of XP, with the modules between socket and process.
        offload: -t.
        bound: -q.
        header: Whether banner and header are there.
        runs: More than one with an interval.
    """

    language: Language
    numeric: bool = False
    pid: bool = False
    owner: bool = False
    old: bool = False
    offload: bool = False
    bound: bool = False
    header: bool = True
    runs: int = 1


PLAIN = Layout(LANGUAGES[0])
RELEASES: dict[str, Fields] = {
    "Windows XP": {"old": True},
    "Windows 7 to 11": {},
    **{f"Windows in {language.name}": {"language": language} for language in LANGUAGES[1:]},
}
OPTIONS = {
    "a": {},
    "n": {"numeric": True},
    "o": {"pid": True},
    "b": {"owner": True},
    "t": {"offload": True},
    "q": {"bound": True},
}
END = "\r\n"


layouts = st.builds(
    Layout,
    language=st.sampled_from(LANGUAGES),
    numeric=st.booleans(),
    pid=st.booleans(),
    owner=st.booleans(),
    old=st.booleans(),
    offload=st.booleans(),
    bound=st.booleans(),
    header=st.booleans(),
    runs=st.integers(1, 2),
)
names = st.one_of(
    st.sampled_from(("svchost.exe", "System", "My App (x86).exe", "[odd].exe", "Überwachung.exe")),
    # Of dots alone no file is named: Windows drops those at the end (CreateFile, "Naming Files").
    model.words("abX019()[]._-", 12).filter(lambda name: bool(name.strip("."))),
)


@dataclass(frozen=True)
class Entry:
    """A socket, and how -b knows its owner: by name, by component and name, or not at all."""

    socket: Socket
    known: int


inet = model.sockets(("tcp", "tcp", "udp"), names=names, families=("ipv4", "ipv6"))
entries = st.lists(st.builds(Entry, inet, st.integers(0, 3)), min_size=1, max_size=7)


@st.composite
def dumps(draw: st.DrawFn, layout: Layout | None = None) -> list[Line]:
    """What one call prints."""
    return show(draw(entries), layout or draw(layouts))


headings = layouts.map(lambda layout: show([], replace(layout, header=True, runs=1)))


def show(shown: Sequence[Entry], layout: Layout) -> list[Line]:
    """Print sockets."""
    lines = list(_heading(layout)) if layout.header else []
    for entry in shown:
        owners, owners_row = _owner(entry, layout)
        text, held = _row(entry.socket, layout)
        lines.append(Line(text, row(**{**held, **owners_row})))
        lines += [Line(owner) for owner in owners]
    return repeated(lines, layout.runs, told=layout.header)


def _heading(layout: Layout) -> Iterator[Line]:
    words = layout.language.header
    widths = (layout.language.proto, *WIDTHS[1:])
    cells = [f"{word:{width}}" for word, width in zip(words, widths, strict=False)]
    blocks = ("PID".ljust(WIDTHS[4]) if layout.pid else "") + (
        "Offload State" if layout.offload else ""
    )
    yield Line("")
    yield Line(layout.language.banner)
    yield Line("")
    yield Line(
        f"  {''.join(cells)}{blocks}".rstrip() if not blocks else f"  {''.join(cells)}{blocks}"
    )


def _row(socket: Socket, layout: Layout) -> tuple[str, dict[str, object]]:
    state = socket.state
    remote_end = socket.remote
    if layout.bound and state == "SYN_SENT":
        # What -q adds: a port that is taken and not used.
        state, remote_end = "BOUND", End()
    local, local_row = _end(socket, socket.local, layout, "local")
    remote, remote_row = _end(socket, remote_end, layout, "remote")
    if socket.proto == "udp":
        remote, remote_row = "*:*", {"remote_addr": "*"}
    word = layout.language.states.get(state) or STATES.get(state, state) if state else None
    owner = socket.owners[0].pid if socket.owners else 0
    cells = [socket.proto.upper(), local, remote, word or ""]
    if layout.pid:
        cells.append(str(owner))
    if layout.offload:
        cells.append("InHost" if socket.proto == "tcp" else "")
    widths = (layout.language.proto, *WIDTHS[1:])
    padded = [f"{cell:{width - 2}}  " for cell, width in zip(cells, widths, strict=False)]
    text = "  " + "".join([*padded, *cells[len(widths) :]])
    family = _family(socket, remote_end, layout)
    return text, {
        **row(
            section="inet",
            proto=socket.proto,
            family=family,
            state=state,
            state_raw=word,
            pid=owner or None if layout.pid else None,
        ),
        **local_row,
        **remote_row,
    }


def _family(socket: Socket, remote: End, layout: Layout) -> str | None:
    """Brackets and dots tell it; names do not."""
    ends = (socket.local,) if socket.proto == "udp" else (socket.local, remote)
    told = layout.numeric or not all(end.host or not end.addr for end in ends)
    return socket.family if told else None


def _end(socket: Socket, end: End, layout: Layout, side: str) -> tuple[str, Row]:
    """An end as printed, and what of it can be read again."""
    port = str(end.port or 0)
    number, service = end.port, None
    if not layout.numeric and end.service:
        port = service = end.service
        number = model.KNOWN_SERVICES.get(service)
    zone = None
    if not layout.numeric and (end.host or not end.addr):
        # The first label of a name, which may be a number; for a wildcard this machine's name.
        host, address = end.host.split(".")[0] if end.host else MACHINE, None
    elif socket.family == "ipv6":
        address = end.addr or "::"
        zone = "9" if address.startswith("fe80") else None
        host = f"[{address}%9]" if zone else f"[{address}]"
    else:
        host = address = end.addr or "0.0.0.0"
    token = f"{host}:{port}"
    return token, row(
        **{
            f"{side}_addr": address,
            f"{side}_port": number,
            f"{side}_zone": zone,
            f"{side}_name": token if address is None or service else None,
        }
    )


def _owner(entry: Entry, layout: Layout) -> tuple[list[str], Row]:
    """The lines of -b below a row; a socket without a process has none.

    No component stands alone: in every capture its program is named below (jc's tests, windows-10
    -aonb, and dumps that people sent).
    """
    if not layout.owner or not entry.socket.owners or entry.socket.state == "TIME_WAIT":
        return [], {}
    process = entry.socket.owners[0].process
    named = row(process=process)
    if layout.old:
        modules = [r"  c:\windows\system32\WS2_32.dll", "  -- unknown component(s) --"]
        return [*modules, f"  [{process}]", ""], named
    forms: tuple[tuple[list[str], Row], ...] = (
        ([f" [{process}]"], named),
        (["  Dnscache", f" [{process}]"], {**named, "component": "Dnscache"}),
        ([f" {layout.language.no_owner}"], {}),
        ([], {}),
    )
    return forms[entry.known]
