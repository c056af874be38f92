"""A service meant for this host or a private network listens to everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.exposure import AMPLIFIES, PUBLISHES, SERVICES, Service
from nsparse.judging.finding import (
    WHOSE,
    endpoint,
    flagged,
    is_missing,
    labels,
    owner_of,
    settle,
)
from nsparse.judging.scope import public, scope
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.ends import Bools
    from nsparse.judging.scene import Scene

SHOWN = (*WHOSE, "os", "proto", "family", "local_addr", "local_port", "v6only")
"""Columns that tell of an open port."""
LOWERED: Mapping[str, Severity] = {"public": "notice", "warning": "warning", "notice": "notice"}
BY_PORT = "which program it is: the port is all that says what it serves"
FAMILIES = {(True, False): "every IPv4 address", (False, True): "every IPv6 address"}

NUMBERS = (
    Number("strangers", 1, "one established connection from a public address proves the way in"),
    Number("debugger", 1, "a debugger listens for one caller: more is another program, port 8000"),
)
REFS = ("docs.docker.com: daemon socket", "Redis commit edd4d55", "CVE-2018-1000115")


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does a service meant for this host or a private net listen on every address?

    Means: a database, a debugger, an API without a password or another service built for a
        trusted network accepts callers on every address of this host, or on a public one.
    Do: bind it to 127.0.0.1, ::1 or a private address, or close the port in the host's firewall;
        then test from outside.
    False alarms: a firewall that this dump cannot show; a port that a container publishes on
        purpose; another program on a port that the table knows.
    """
    open_ = _open(scene)
    if not open_.any():
        return
    found = scene.view.pick(open_, *SHOWN)
    found = found.assign(known=_services(scene, found, limits))
    found = found[found["known"] >= 0]
    for _, rows in found.groupby(["owner", "known"], sort=False):
        yield _finding(scene, limits, SERVICES[int(rows["known"].max())], rows)


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


# ---- which service it is ---------------------------------------------------------------------


def _services(scene: Scene, open_: pd.DataFrame, limits: Limits) -> list[int]:
    """The number of each socket's service, -1 for none of the table.

    A program on a port of its own is not looked at on its other ports: they belong to it.
    """
    names = [_short(name) for name in open_["process"].astype("object").fillna("")]
    busy = _serves_many(scene, limits)[open_.index]
    cells = list(zip(names, open_["proto"], open_["local_port"], busy, strict=True))
    by_port = {cell: _by_port(*cell) for cell in set(cells)}
    at_home = {number for cell in cells for number in by_port[cell] & _by_name(cell[0])}
    found = {
        cell: ports | (_by_name(cell[0]) & ANYWHERE) - at_home for cell, ports in by_port.items()
    }
    return [min(found[cell], default=-1) for cell in cells]


def _by_port(name: str, proto: str, port: int, busy: bool) -> frozenset[int]:
    """The services that a port tells of, where the program does not say that it is another."""
    own, needs = _by_name(name), ("",) if name else ("", "known")
    found = _of_port(proto, int(port)) - ({DEBUGGER} if busy else set())
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
    return frozenset(n for n, one in enumerate(SERVICES) if re.match(one.process, name))


ANYWHERE = frozenset(number for number, one in enumerate(SERVICES) if one.anywhere)
DEBUGGER = next(number for number, one in enumerate(SERVICES) if 5005 in one.tcp)
WEB = 8000
"""A port of the debugger that as many web servers use."""


def _serves_many(scene: Scene, limits: Limits) -> Bools:
    """Listeners of a port that debuggers share with web servers, and that serve several callers.

    The debugger of a JVM waits for one (libdt_socket listens with a backlog of 1).
    """
    view, most = scene.view, limits["debugger"]
    several = view.leading("listener", view.true("live")) > most
    return view.is_("local_port", WEB) & (several | view.above("send_q", most))


# ---- what is said about it -------------------------------------------------------------------


def _finding(scene: Scene, limits: Limits, service: Service, rows: pd.DataFrame) -> Finding:
    wild = rows["local_addr"].map(scope) == "any"
    first = (rows[wild] if wild.any() else rows).iloc[0]
    view = scene.view
    served = view.is_("listener", *rows.index) & view.is_("state", "ESTABLISHED")
    served = served & ~view.linked("pair")
    strangers = view.pick(served & view.where("remote_addr", public, served), "remote_addr")
    published = _foreign(service, first) and re.match(PUBLISHES, _program(first)) is not None
    called = view.values("local_addr", served)
    severity: Severity = "info" if published else _severity(scene, service, rows, called)
    if severity == "warning" and service.level == "warning" and _called(strangers, limits):
        severity = "critical"
    return Finding(
        id="listener-exposed",
        severity=severity,
        confidence=settle("high", scene, down=_doubts(scene, service, first)),
        group=Group(**owner_of(first), service=_place(first)),
        n=len(rows),
        verdict=_verdict(service, first, rows),
        sockets=labels(rows, strangers) if severity == "critical" else labels(rows),
        limits=dict(limits),
        evidence=tuple(_evidence(rows, strangers)),
        cause=_cause(service, first, published=published, wild=bool(wild.any())),
        next=advice.steps(
            scene,
            {"linux": f"ss -lntup '( sport = :{first['local_port']} )'"},
            service.do,
            f"from outside: nc -vz -w 5 ADDRESS {first['local_port']}",
        ),
        caveats=("whether a firewall blocks it", *(() if _program(first) else (BY_PORT,))),
    )


def _called(strangers: pd.DataFrame, limits: Limits) -> bool:
    return len(strangers) >= max(limits["strangers"], 1)


def _severity(scene: Scene, service: Service, rows: pd.DataFrame, called: list[str]) -> Severity:
    """The level of the table; on Windows, macOS and public addresses it may be another."""
    if scene.os in ("windows", "reactos") and service.windows:
        return service.windows
    if service.name == "VNC" and scene.os == "macos":
        return "notice"  # screen sharing of macOS asks for the login of an account
    reached = any(public(addr) for addr in (*rows["local_addr"], *called))
    return "warning" if service.level == "public" and reached else LOWERED[service.level]


def _program(row: pd.Series[Any]) -> str:
    return "" if is_missing(row["process"]) else _short(str(row["process"]))


def _short(process: str) -> str:
    """A program without its folder and what it tells of itself (`sshd: /usr/sbin`)."""
    first, _, _ = process.partition(" ")
    return first.rpartition("/")[2].rstrip(":")


def _foreign(service: Service, row: pd.Series[Any]) -> bool:
    """Whether a program holds the port that is not known to serve this."""
    name = _program(row)
    return bool(name) and re.match(service.process, name) is None


def _doubts(scene: Scene, service: Service, row: pd.Series[Any]) -> int:
    """Steps of confidence that it costs to know the service by its port alone."""
    return int(_foreign(service, row) or ("owner" in scene.has and not _program(row)))


def _place(row: pd.Series[Any]) -> str:
    if scope(row["local_addr"]) == "any":
        return f":{row['local_port']}"
    return endpoint(row["local_addr"], row["local_port"])


def _verdict(service: Service, first: pd.Series[Any], rows: pd.DataFrame) -> str:
    port = f"port {first['local_port']}, that of {service.name},"
    said = f"{service.name} {service.listens}"
    if not _program(first):
        said = f"{port} is open"
    elif _foreign(service, first):
        said = f"{_program(first)} listens on {port}"
    protos = {str(proto).upper() for proto in rows["proto"]}
    told = {("TCP", "UDP"): ", TCP and UDP", ("UDP",): ", UDP"}.get(tuple(sorted(protos)), "")
    risk = AMPLIFIES if service.amplifies and "UDP" in protos else service.risk
    ports = sorted({int(port) for port in rows["local_port"]})
    more = f" (ports {', '.join(map(str, ports))})" if len(ports) > 1 else ""
    end = f"; {risk}, unless a firewall blocks it." if risk else "."
    return f"{said} on {_where(rows)}{told}{more}{end}"


def _where(rows: pd.DataFrame) -> str:
    wild = rows[rows["local_addr"].map(scope) == "any"]
    if wild.empty:
        count = rows["local_addr"].nunique()
        return (
            "a public address"
            if count == 1
            else plural(count, "public address", "public addresses")
        )
    only = flagged(wild["v6only"])
    four = (wild["local_addr"] == "0.0.0.0") | flagged(wild["family"] == "ipv4")
    bsd = (wild["local_addr"] == "*") & (wild["os"] != "linux") & flagged(wild["family"] == "ipv6")
    six = ~four & (only | bsd)
    both = bool((~four & ~six).any())
    return FAMILIES.get((both or bool(four.any()), both or bool(six.any())), "every address")


def _evidence(rows: pd.DataFrame, strangers: pd.DataFrame) -> Iterator[str]:
    ends = zip(rows["proto"], rows["local_addr"], rows["local_port"], strict=True)
    shown = list(dict.fromkeys(f"{proto} {endpoint(addr, port)}" for proto, addr, port in ends))
    yield f"sockets: {', '.join(shown[:6])}{' …' if len(shown) > 6 else ''}"
    if len(strangers):
        addresses = strangers["remote_addr"].drop_duplicates().head(3)
        yield (
            f"{plural(len(strangers), 'established connection')} from public addresses: "
            f"{', '.join(addresses)}"
        )


def _cause(
    service: Service, first: pd.Series[Any], *, published: bool, wild: bool
) -> tuple[str, ...]:
    if published:
        return ("a container's port, published on purpose; the host's firewall may not see it",)
    if _foreign(service, first):
        return (f"{_program(first)} may serve something else there: the port is all that says it",)
    return (f"it is bound to {'every address' if wild else 'an address that the world reaches'}",)


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
