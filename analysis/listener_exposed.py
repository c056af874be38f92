"""A service meant for this host or a private network listens to everybody."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice, stated
from nsparse.judging.evidence.exposure import AMPLIFIES, PUBLISHES, SERVICES, Service
from nsparse.judging.evidence.finding import endpoint, settle, some
from nsparse.judging.scene.scope import public, scope
from nsparse.judging.scene.shown import PRIVILEGED
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nsparse.diagnosis import Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

LOWERED: Mapping[str, Severity] = {"public": "notice", "warning": "warning", "notice": "notice"}
BY_PORT = "which program it is: the port is all that says what it serves"
FAMILIES = {(True, False): "every IPv4 address", (False, True): "every IPv6 address"}

NUMBERS = (
    Number("strangers", 1, "one established connection from a public address proves the way in"),
    Number("debugger", 1, "a debugger listens for one caller: more is another program, port 8000"),
    Number("asking", 20, "UDP ports of one program: a service waits on a few, a resolver has many"),
)
PORTS = "IANA service names and port numbers"
REFS = (*(ref for one in SERVICES for ref in one.refs), PORTS)


class Open(NamedTuple):
    """A socket that waits for anybody; its cells are named as their columns."""

    row: int
    owner: str
    process: str | None
    pid: int | None
    os: str | None
    proto: str
    family: str | None
    local_addr: str
    local_port: int
    v6only: bool | None

    @property
    def program(self) -> str:
        """Its program, without its folder and what it tells of itself (`sshd: /usr/sbin`)."""
        first, _, _ = (self.process or "").partition(" ")
        return first.rpartition("/")[2].rstrip(":")

    @property
    def wild(self) -> bool:
        """Whether it waits on every address."""
        return scope(self.local_addr) == "any"


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a service meant for this host or a private net listen on every address?

    Means: a database, a debugger, an API without a password or another service built for a
        trusted network accepts callers on every address of this host, or on a public one.
    Do: bind it to 127.0.0.1, ::1 or a private address, or close the port in the host's firewall;
        then test from outside.
    False alarms: a firewall that this dump cannot show; a port that a container publishes on
        purpose; another program on a port that the table knows. The UDP ports of a program with
        many of them do not count: a resolver sends each question from a port taken at random.
    """
    from nsparse.judging.scene.rows import Rows

    open_ = _open(scene)
    if not open_.any():
        return
    found = _waiting(
        [Open(*cells) for cells in Rows(scene.view, open_).cells(*Open._fields[1:])], limits
    )
    told: dict[tuple[str, int], list[Open]] = defaultdict(list)
    for one, known in zip(found, _services(scene, found, limits), strict=True):
        if known >= 0:
            told[one.owner, known].append(one)
    for (_, known), rows in told.items():
        yield _finding(scene, limits, SERVICES[known], rows)


def _open(scene: Scene) -> Bools:
    """Sockets that wait for anybody on every address, or on a public one.

    Those of a named network namespace are a container's, with an address of its own.
    """
    view = scene.view
    waits = view.is_("role", "listener") | (view.is_("proto", "udp") & ~view.known("remote_port"))
    waits = waits & view.known("local_port") & ~view.known("netns")
    return waits & view.where("local_addr", _reaches, waits)


def _reaches(addr: str) -> bool:
    return public(addr) or scope(addr) == "any"


def _waiting(open_: Sequence[Open], limits: Limits) -> list[Open]:
    """Without what was opened to ask from: UDP ports of whoever has many; no owner counts as one.

    They are taken at random from the ports that need no privilege.
    """
    ports: dict[str, set[int]] = defaultdict(set)
    for one in open_:
        if one.proto == "udp" and one.local_port >= PRIVILEGED:
            ports[one.owner].add(one.local_port)
    asked = {owner: held for owner, held in ports.items() if len(held) >= limits["asking"]}
    return [
        one for one in open_ if one.proto != "udp" or one.local_port not in asked.get(one.owner, ())
    ]


# ---- which service it is ---------------------------------------------------------------------


def _services(scene: Scene, open_: Sequence[Open], limits: Limits) -> list[int]:
    """The number of each socket's service, -1 for none of the table.

    A process on a port of its own is not looked at on its other ports: they belong to it.
    """
    busy = _serves_many(scene, limits)
    by_port = [
        _by_port(one.program, one.proto, one.local_port, bool(busy[one.row])) for one in open_
    ]
    at_home: dict[str, frozenset[int]] = defaultdict(frozenset)
    for one, ports in zip(open_, by_port, strict=True):
        at_home[one.owner] |= ports & _by_name(one.program)
    found = (
        ports | _anywhere(one.program, one.proto) - at_home[one.owner]
        for one, ports in zip(open_, by_port, strict=True)
    )
    return [min(ports, default=-1) for ports in found]


def _by_port(name: str, proto: str, port: int, busy: bool) -> frozenset[int]:
    """The services that a port tells of, where the program does not say that it is another."""
    own, needs = _by_name(name), ("",) if name else ("", "known")
    found = _of_port(proto, port) - ({DEBUGGER} if busy else set())
    return frozenset(n for n in found if n in own or SERVICES[n].needs in needs)


@cache
def _of_port(proto: str, port: int) -> frozenset[int]:
    """The services of a port."""
    listed = enumerate(SERVICES)
    return frozenset(
        n for n, one in listed if port in {"tcp": one.tcp, "udp": one.udp}.get(proto, ())
    )


@cache
def _by_name(name: str) -> frozenset[int]:
    """The services that a program is known to serve."""
    return frozenset(n for n, one in enumerate(SERVICES) if _is_one(name, one.process))


@cache
def _anywhere(name: str, proto: str) -> frozenset[int]:
    """The services that a program is known to serve on whatever port of a protocol."""
    known = [(n, SERVICES[n]) for n in _by_name(name) if SERVICES[n].anywhere]
    return frozenset(
        n for n, one in known if {"tcp": one.tcp, "udp": one.udp}.get(proto) or not one.tcp
    )


def _is_one(program: str, names: str) -> bool:
    """Whether a program has one of these names; Windows prints any case."""
    return re.match(names, program, re.IGNORECASE) is not None


DEBUGGER = next(number for number, one in enumerate(SERVICES) if 5005 in one.tcp)
WEB = 8000
"""A port of the debugger that as many web servers use."""


def _serves_many(scene: Scene, limits: Limits) -> Bools:
    """Listeners of a port that debuggers share with web servers, and that serve several callers.

    The debugger of a JVM waits for one (libdt_socket listens with a backlog of 1).
    """
    view, most = scene.view, limits["debugger"]
    if not (web := view.is_("local_port", WEB)).any():
        return web
    several = view.leading("listener", view.true("live")) > most
    return web & (several | view.above("send_q", most))


# ---- what is said about it -------------------------------------------------------------------


def _finding(scene: Scene, limits: Limits, service: Service, rows: Sequence[Open]) -> Finding:
    first = min(rows, key=lambda one: (not one.wild, one.local_port))
    view = scene.view
    served = view.is_("listener", *(one.row for one in rows)) & view.is_("state", "ESTABLISHED")
    served = served & ~view.linked("pair")
    strangers = (served & view.where("remote_addr", public, served)).nonzero()[0]
    published = _foreign(service, first) and _is_one(first.program, PUBLISHES)
    called = [addr for addr in view.values("local_addr", served) if public(addr)]
    held = [addr for addr in stated.own_addresses(scene) if first.wild and public(addr)]
    severity: Severity = "info" if published else _severity(scene, service, rows, [*called, *held])
    if severity == "warning" and service.level == "warning" and _called(strangers, limits):
        severity = "critical"
    return Finding(
        id="listener-exposed",
        severity=severity,
        confidence=settle("high", scene, down=_doubts(scene, service, first)),
        group=Group(first.owner or None, first.process, first.pid, service=_place(first)),
        n=len(rows),
        verdict=_verdict(service, first, rows),
        sockets=(
            *(one.row for one in rows),
            *(strangers.tolist() if severity == "critical" else ()),
        ),
        limits=dict(limits),
        evidence=tuple(_evidence(scene, rows, strangers, held)),
        cause=_cause(service, first, published=published),
        next=_steps(scene, service, first.local_port, {one.proto for one in rows}),
        caveats=("whether a firewall blocks it", *(() if first.program else (BY_PORT,))),
        refs=(*service.refs, PORTS),
    )


def _steps(scene: Scene, service: Service, port: int, protos: set[str]) -> tuple[Step, ...]:
    udp = protos == {"udp"}
    windows = "Get-NetUDPEndpoint" if udp else "Get-NetTCPConnection -State Listen"
    return advice.steps(
        scene,
        {
            "linux": f"ss -lntup '( sport = :{port} )'",
            "macos": f"lsof -nP -i{'UDP' if udp else 'TCP'}:{port}",
            "windows": f"{windows} -LocalPort {port}",
        },
        service.do,
        f"from outside: nc -vz{'u' if udp else ''} -w 5 ADDRESS {port}",
    )


def _called(strangers: Ints, limits: Limits) -> bool:
    return len(strangers) >= max(limits["strangers"], 1)


def _severity(scene: Scene, service: Service, rows: Sequence[Open], called: list[str]) -> Severity:
    """The level of the table; on Windows, macOS and public addresses it may be another.

    Args:
        scene: The host.
        service: What listens.
        rows: Where it does.
        called: Addresses of the host that lead there.
    """
    if scene.os in ("windows", "reactos") and service.windows:
        return service.windows
    if service.name == "VNC" and scene.os == "macos":
        return "notice"  # screen sharing of macOS asks for the login of an account
    reached = any(public(addr) for addr in (*(one.local_addr for one in rows), *called))
    return "warning" if service.level == "public" and reached else LOWERED[service.level]


def _foreign(service: Service, one: Open) -> bool:
    """Whether a program holds the port that is not known to serve this."""
    return bool(one.program) and not _is_one(one.program, service.process)


def _doubts(scene: Scene, service: Service, one: Open) -> int:
    """Steps of confidence that it costs to know the service by its port alone."""
    return int(_foreign(service, one) or ("owner" in scene.has and not one.program))


def _place(one: Open) -> str:
    return f":{one.local_port}" if one.wild else endpoint(one.local_addr, one.local_port)


def _verdict(service: Service, first: Open, rows: Sequence[Open]) -> str:
    port = f"port {first.local_port}, that of {service.name},"
    said = f"{service.name} {service.listens}"
    if not first.program:
        said = f"{port} is open"
    elif _foreign(service, first):
        said = f"{first.program} listens on {port}"
    protos = {one.proto.upper() for one in rows}
    told = {("TCP", "UDP"): ", TCP and UDP", ("UDP",): ", UDP"}.get(tuple(sorted(protos)), "")
    risk = AMPLIFIES if service.amplifies and "UDP" in protos else service.risk
    ports = sorted({one.local_port for one in rows})
    more = f" (ports {', '.join(map(str, ports))})" if len(ports) > 1 else ""
    end = f"; {risk}, unless a firewall blocks it." if risk else "."
    return f"{said} on {_where(rows)}{told}{more}{end}"


def _where(rows: Sequence[Open]) -> str:
    wild = [one for one in rows if one.wild]
    if not wild:
        count = len({one.local_addr for one in rows})
        if count == 1:
            return "a public address"
        return plural(count, "public address", "public addresses")
    serves = {(_serves_four(one), _serves_six(one)) for one in wild}
    four, six = (any(served) for served in zip(*serves, strict=True))
    return FAMILIES.get((four, six), "every address")


def _serves_four(one: Open) -> bool:
    """Whether a socket on every address takes callers over IPv4."""
    alone = one.v6only or (one.local_addr == "*" and one.os != "linux" and one.family == "ipv6")
    return _four(one) or not alone


def _serves_six(one: Open) -> bool:
    """Whether it takes callers over IPv6."""
    return not _four(one)


def _four(one: Open) -> bool:
    return one.local_addr == "0.0.0.0" or one.family == "ipv4"


def _evidence(
    scene: Scene, rows: Sequence[Open], strangers: Ints, held: Sequence[str]
) -> Iterator[str]:
    shown = [f"{one.proto} {endpoint(one.local_addr, one.local_port)}" for one in rows]
    shown = list(dict.fromkeys(shown))
    yield f"sockets: {', '.join(shown[:6])}{' …' if len(shown) > 6 else ''}"
    if len(strangers):
        addresses = dict.fromkeys(scene.view.taken("remote_addr", strangers))
        yield (
            f"{plural(len(strangers), 'established connection')} from public addresses: "
            f"{', '.join(list(addresses)[:3])}"
        )
    if held:
        from_ = stated.addresses_from(scene)
        yield f"public addresses of the host: {some(held[:3], len(held))}{from_}"


def _cause(service: Service, first: Open, *, published: bool) -> tuple[str, ...]:
    if published:
        return ("a container's port, published on purpose; the host's firewall may not see it",)
    if _foreign(service, first):
        return (f"{first.program} may serve something else there: the port is all that says it",)
    return (
        f"it is bound to {'every address' if first.wild else 'an address that the world reaches'}",
    )


DIAGNOSES = (
    Diagnosis(
        "listener-exposed",
        "Does a service meant for this host or a private net listen on every address?",
        check,
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN",),
    ),
)
