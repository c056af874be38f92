"""Sockets as the kernel knows them, and strategies for them; how a tool prints them is its module's.

Addresses are from the ranges for documentation (RFC 5737, RFC 3849), loopback and link-local.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address

from hypothesis import strategies as st

PREFIX = 0x20010DB8 << 96
LINK_LOCAL = 0xFE80 << 112

# What a resolver and /etc/services say. No table of ours holds the last service.
HOSTS = (None, "db1", "localhost", "mail.example.net", "a-rather-long-name.example.org")
SERVICES = {22: "ssh", 25: "smtp", 53: "domain", 443: "https", 3306: "mysql", 7001: "frobd"}
KNOWN_SERVICES = {name: port for port, name in SERVICES.items() if name != "frobd"}
IP_PROTOCOLS = {1: "icmp", 58: "ipv6-icmp", 89: "ospf"}


@dataclass(frozen=True)
class End:
    """One end of a socket; without an address it is any, without a port too."""

    addr: str = ""
    port: int | None = None
    zone: str | None = None
    host: str | None = None

    @property
    def service(self) -> str | None:
        """The name that /etc/services has for the port."""
        return SERVICES.get(self.port) if self.port is not None else None


@dataclass(frozen=True)
class Owner:
    """A process that holds the socket, and by which descriptor."""

    process: str
    pid: int
    fd: int


@dataclass(frozen=True)
class Timer:
    """The timer that runs: its canonical name, the rest, and what has been counted."""

    name: str
    ms: int
    count: int


@dataclass(frozen=True)
class Socket:
    """An IP socket.

    Attributes:
        proto: tcp, udp or another that the tool knows.
        family: ipv4, ipv6, dual (one listener for both), mapped (an IPv6 socket that speaks IPv4).
        state: The RFC 9293 name, None for protocols without one.
        recv_q: As the tool prints it.
        send_q: As the tool prints it.
        local: This host's end.
        remote: The other end.
        uid: Its user.
        user: The user's name.
        inode: 0 where the kernel has none any more.
        owners: The processes that hold it.
        timer: The timer that runs, if any.
    """

    proto: str
    family: str
    state: str | None
    recv_q: int
    send_q: int
    local: End
    remote: End
    uid: int
    user: str
    inode: int
    owners: tuple[Owner, ...]
    timer: Timer | None

    @property
    def connected(self) -> bool:
        """Whether it has another end."""
        return self.remote.addr != ""


def linux_port(socket: Socket, end: End, *, numeric: bool) -> tuple[str, int | None, bool]:
    """A port as Linux prints it, its number where that can be read again, whether it is a name.

    A raw socket has its protocol there.
    """
    if end.port is None:
        return "*", None, False
    if socket.proto == "raw":
        protocol = end.port % 256
        name = None if numeric else IP_PROTOCOLS.get(protocol)
        return name or str(protocol), None if name else protocol, name is not None
    if numeric or end.service is None:
        return str(end.port), end.port, False
    return end.service, KNOWN_SERVICES.get(end.service), True


@dataclass(frozen=True)
class UnixSocket:
    """A UNIX socket; `state` and `kind` are indices into what the tools call them."""

    kind: int
    state: int
    refcnt: int
    recv_q: int
    send_q: int
    inode: int
    peer: int
    path: str
    owners: tuple[Owner, ...]


TCP_STATES = (
    "LISTEN",
    "SYN_SENT",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
)
TIMERS = ("retransmit", "keepalive", "timewait", "persist")

ports = st.one_of(st.sampled_from(tuple(SERVICES)), st.integers(1, 65535))
pids = st.integers(1, 4_194_304)
queues = st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 10**9))
inodes = st.one_of(st.just(0), st.integers(1, 2**32 - 1))
ipv4s = st.builds(
    "{}.{}".format,
    st.sampled_from(("192.0.2", "198.51.100", "203.0.113", "127.0.0")),
    st.integers(1, 254),
)
_groups = st.lists(st.one_of(st.just(0), st.integers(1, 0xFFFF)), min_size=6, max_size=6)
zones = st.sampled_from((None, "eth0", "lo0", "wlp0s20f3"))


def words(letters: str, size: int) -> st.SearchStrategy[str]:
    """Texts with single blanks within: two of them never touch, none stands at an edge."""
    word = st.text(letters, min_size=1, max_size=max(size // 2, 1))
    return st.lists(word, min_size=1, max_size=3).map(lambda parts: " ".join(parts)[:size].strip())


def _ipv6(prefix: int, groups: list[int]) -> str:
    rest = 0
    for group in groups:
        rest = rest << 16 | group
    return str(IPv6Address(prefix | rest))


ipv6s = st.one_of(st.just("::1"), st.builds(_ipv6, st.just(PREFIX), _groups))
link_locals = st.builds(_ipv6, st.just(LINK_LOCAL), _groups)
hosts = st.sampled_from(HOSTS)


@st.composite
def ends(draw: st.DrawFn, family: str, *, any_address: bool, zoned: bool = False) -> End:
    """An end with a port, of any address or of one."""
    port = draw(ports)
    if any_address:
        return End("", port, draw(zones) if zoned else None)
    if family in ("ipv4", "mapped"):
        return End(draw(ipv4s), port, draw(zones) if zoned else None, draw(hosts))
    if zoned and draw(st.booleans()):
        return End(draw(link_locals), port, draw(zones.filter(bool)))
    return End(draw(ipv6s), port, None, draw(hosts))


@st.composite
def timers(draw: st.DrawFn) -> Timer:
    """A timer with a rest of any size, in hundredths of a second as net-tools counts."""
    ms = draw(st.one_of(st.just(0), *(st.integers(0, 10**n) for n in (2, 3, 4, 5)))) * 10
    return Timer(draw(st.sampled_from(TIMERS)), ms, draw(st.integers(0, 15)))


def owners(names: st.SearchStrategy[str], most: int) -> st.SearchStrategy[tuple[Owner, ...]]:
    """The processes that hold a socket; none for those of other users."""
    owner = st.builds(Owner, names, pids, st.integers(0, 99999))
    return st.lists(owner, max_size=most, unique=True).map(tuple)


@st.composite
def sockets(
    draw: st.DrawFn,
    protos: tuple[str, ...],
    *,
    names: st.SearchStrategy[str],
    zoned: bool = False,
    most_owners: int = 1,
    families: tuple[str, ...] = ("ipv4", "ipv6", "dual", "mapped"),
    stateful: tuple[str, ...] = ("tcp",),
) -> Socket:
    """An IP socket as some kernel could hold it."""
    proto = draw(st.sampled_from(protos))
    state = draw(st.sampled_from(TCP_STATES)) if proto in stateful else None
    connected = state not in (None, "LISTEN") or (proto == "udp" and draw(st.booleans()))
    possible = [f for f in families if f != ("dual" if connected else "mapped")]
    family = draw(st.sampled_from(possible))
    anywhere = family == "dual" or (not connected and draw(st.booleans()))
    return Socket(
        proto=proto,
        family=family,
        state=state,
        recv_q=draw(queues),
        send_q=draw(queues),
        local=draw(ends(family, any_address=anywhere, zoned=zoned and family != "dual")),
        remote=draw(ends(family, any_address=False)) if connected else End(),
        uid=draw(st.one_of(st.just(0), st.integers(0, 2**32 - 2))),
        user=draw(st.sampled_from(("root", "_apt", "www-data", "systemd-resolve", "o.k"))),
        inode=draw(inodes),
        owners=draw(owners(names, most_owners)),
        timer=draw(st.none() | timers()),
    )


@st.composite
def unix_sockets(
    draw: st.DrawFn, names: st.SearchStrategy[str], most_owners: int = 1
) -> UnixSocket:
    """A UNIX socket: bound to a path, abstract, or nameless."""
    path = st.builds(
        str.__add__,
        st.sampled_from(("/run/", "@", "/tmp/.X11-unix/", "@/org/")),
        words("abcXYZ09._-:@/[]*", 12),
    )
    return UnixSocket(
        kind=draw(st.integers(0, 2)),
        state=draw(st.integers(0, 2)),
        refcnt=draw(st.integers(0, 1000)),
        recv_q=draw(queues),
        send_q=draw(queues),
        inode=draw(inodes),
        peer=draw(inodes),
        path=draw(st.just("") | path),
        owners=draw(owners(names, most_owners)),
    )
