"""A service meant for this host or a private network listens to everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging import advice
from nsparse.judging.exposure import AMPLIFIES, PUBLISHES, SERVICES, Service
from nsparse.judging.finding import (
    endpoint,
    flagged,
    is_missing,
    labels,
    netns_of,
    owner_of,
    settle,
)
from nsparse.judging.scope import public, scope
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits, Severity
    from nsparse.judging.scene import Scene

LOWERED: Mapping[str, Severity] = {"public": "notice", "warning": "warning", "notice": "notice"}
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
    open_ = _open(scene.rows)
    services = _services(open_, scene, limits)
    open_ = open_.assign(known=services)[services >= 0]
    keys = [netns_of(open_), open_["owner"].astype("object"), open_["known"]]
    for _, rows in open_.groupby(keys, sort=False):
        yield _finding(scene, limits, SERVICES[int(rows["known"].max())], rows)


def _open(rows: pd.DataFrame) -> pd.DataFrame:
    """Sockets that wait for anybody on every address, or on a public one.

    Those of a named network namespace are a container's, with an address of its own.
    """
    waits = (rows["role"] == "listener") | ((rows["proto"] == "udp") & rows["remote_port"].isna())
    rows = rows[waits & rows["local_port"].notna() & rows["netns"].isna()]
    far = {addr for addr in rows["local_addr"].dropna().unique() if _reaches(addr)}
    return rows[rows["local_addr"].isin(far)]


def _reaches(addr: str) -> bool:
    return public(addr) or scope(addr) == "any"


# ---- which service it is ---------------------------------------------------------------------


def _services(open_: pd.DataFrame, scene: Scene, limits: Limits) -> pd.Series[int]:
    """The number of each socket's service, -1 for none of the table.

    A program on a port of its own is not looked at on its other ports: they belong to it.
    """
    import pandas as pd

    found = pd.Series(-1, index=open_.index, dtype="int64")
    process = open_["process"].astype("object").where(open_["process"].notna(), "")
    name = process.map(_short)
    for number, service in enumerate(SERVICES):
        own = name.str.match(service.process) if len(open_) else name == ""
        port = _on_port(open_, service) & _fits(service, own, name)
        if number == DEBUGGER:
            port &= ~_serves_many(open_, scene, limits)
        alone = own if service.anywhere and not (port & own).any() else port
        found[(port | alone) & (found < 0)] = number
    return found


def _on_port(open_: pd.DataFrame, service: Service) -> pd.Series[bool]:
    tcp = (open_["proto"] == "tcp") & open_["local_port"].isin(service.tcp)
    udp = (open_["proto"] == "udp") & open_["local_port"].isin(service.udp)
    return tcp | udp


def _fits(service: Service, own: pd.Series[bool], name: pd.Series[Any]) -> pd.Series[bool]:
    if service.needs == "both":
        return own
    return own | (name == "") | (service.needs == "")


DEBUGGER = next(number for number, one in enumerate(SERVICES) if 5005 in one.tcp)
WEB = 8000
"""A port of the debugger that as many web servers use."""


def _serves_many(open_: pd.DataFrame, scene: Scene, limits: Limits) -> pd.Series[bool]:
    """Listeners of a port that debuggers share with web servers, and that serve several callers.

    The debugger of a JVM waits for one (libdt_socket listens with a backlog of 1).
    """
    live = scene.rows["listener"][scene.rows["live"]].value_counts()
    several = live.reindex(open_.index).fillna(0) > limits["debugger"]
    return (open_["local_port"] == WEB) & (several | flagged(open_["send_q"] > limits["debugger"]))


# ---- what is said about it -------------------------------------------------------------------


def _finding(scene: Scene, limits: Limits, service: Service, rows: pd.DataFrame) -> Finding:
    first = rows.iloc[0]
    served = scene.rows[scene.rows["listener"].isin(rows.index)]
    served = served[(served["state"] == "ESTABLISHED") & (served["pair"] < 0)]
    strangers = served[served["remote_addr"].map(public).astype("bool")]
    published = _foreign(service, first) and re.match(PUBLISHES, _program(first)) is not None
    severity: Severity = "info" if published else _severity(scene, service, rows, served)
    if severity == "warning" and service.level == "warning" and _called(strangers, limits):
        severity = "critical"
    return Finding(
        id="listener-exposed",
        severity=severity,
        confidence=settle("high", scene, down=int(_foreign(service, first))),
        group=Group(**owner_of(first), service=_place(first)),
        n=len(rows),
        verdict=_verdict(service, rows),
        sockets=labels(rows, strangers) if severity == "critical" else labels(rows),
        limits=dict(limits),
        evidence=tuple(_evidence(rows, strangers)),
        cause=_cause(service, first, published=published),
        next=advice.steps(
            scene,
            {"linux": f"ss -lntup '( sport = :{first['local_port']} )'"},
            service.do,
            f"from outside: nc -vz -w 5 ADDRESS {first['local_port']}",
        ),
        caveats=("whether a firewall blocks it",),
    )


def _called(strangers: pd.DataFrame, limits: Limits) -> bool:
    return len(strangers) >= max(limits["strangers"], 1)


def _severity(scene: Scene, service: Service, rows: pd.DataFrame, served: pd.DataFrame) -> Severity:
    """The level of the table; on Windows, macOS and public addresses it may be another."""
    if scene.os in ("windows", "reactos") and service.windows:
        return service.windows
    if service.name == "VNC" and scene.os == "macos":
        return "notice"  # screen sharing of macOS asks for the login of an account
    reached = rows["local_addr"].map(public).any() or served["local_addr"].map(public).any()
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


def _place(row: pd.Series[Any]) -> str:
    if scope(row["local_addr"]) == "any":
        return f":{row['local_port']}"
    return endpoint(row["local_addr"], row["local_port"])


def _verdict(service: Service, rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    said = f"{service.name} {service.listens}"
    if _foreign(service, first):
        said = f"{_program(first)} listens on port {first['local_port']}, that of {service.name},"
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
    only = flagged(wild["v6only"]) if "v6only" in wild else wild["owned"] & False
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


def _cause(service: Service, first: pd.Series[Any], *, published: bool) -> tuple[str, ...]:
    if published:
        return ("a container's port, published on purpose; the host's firewall may not see it",)
    if _foreign(service, first):
        return (f"{_program(first)} may serve something else there: the port is all that says it",)
    return ("it is bound to every address, or to one that the world reaches",)


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
