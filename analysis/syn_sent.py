"""A dependency that does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.finding import endpoint, netns_of, owner_of, settle, slim, steps_for
from nsparse.measure import halved, plural, syn_age, synack_age, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.scene import Scene

LINEAR_GAP_MS = 1000
LINEAR_SYNS = 4
"""Since Linux 6.5 the first four SYNs are repeated after a second each (tcp_syn_linear_timeouts):
a longer gap then is an older kernel, whose gaps double from the start."""
SCATTERED = 20
"""A program that calls so many services in vain is a crawler, a scanner or a peer-to-peer node:
its single attempts say nothing about a dependency."""
SEEKERS = (
    "prometheus",
    "blackbox",
    "zabbix",
    "nmap",
    "masscan",
    "transmission",
    "qbittorrent",
    "rtorrent",
    "bitcoin",
    "monerod",
)
"""Programs whose work it is to call what may not answer."""
PRIVATE = tuple(
    ip_network(net)
    for net in (
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",  # RFC 6598, between carrier and customer
        "169.254.0.0/16",  # RFC 3927, link-local
        "fc00::/7",  # RFC 4193
        "fe80::/10",  # RFC 4291, link-local
    )
)

NUMBERS = (
    Number("few", 3, "three at once are no single lost packet"),
    Number("retrans", 3, "four SYNs without an answer: at least 3 s"),
    Number("busy", 10, "attempts that stand out beside connections that work"),
    Number("share", 0.3, "a third of what the program has with the service"),
    Number("critical", 50, "a program that calls so often in vain can hardly do its work"),
    Number("notice_retrans", 2, "a single attempt: one lost SYN happens, two seldom"),
)
REFS = ("ip-sysctl tcp_syn_retries", "RFC 9293 3.8.3")


@dataclass(frozen=True)
class Calls:
    """Attempts of one program to reach one service, without an answer.

    Attributes:
        rows: Their rows.
        established: Connections of this host to the service that work.
        base: Connections of the program to it, these included.
        callers: How many programs of this host call it in vain.
        alive: Other ports of the address to which connections work.
        own: Whether the address is one of this host.
        age: Least seconds since the oldest attempt began; None without timers.
    """

    rows: pd.DataFrame
    established: int
    base: int
    callers: int
    alive: tuple[int, ...]
    own: bool
    age: int | None

    @property
    def retrans(self) -> int:
        """The most retransmissions of one of them."""
        return 0 if self.rows["retrans"].isna().all() else int(self.rows["retrans"].max())


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which dependency does not answer?

    Means: a SYN is out and nothing has come back. A port that nobody listens on answers at once
        with a reset; silence is a firewall, a dead host, or a full accept queue.
    Do: try the port from here, look at firewalls on the way, and at the accept queue over there.
        In the program: a connect timeout shorter than the kernel's two minutes, a circuit breaker,
        one attempt at a time.
    False alarms: IPv6 attempts beside IPv4 connections that work (happy eyeballs); crawlers,
        scanners, peer-to-peer and monitoring programs; a laptop that has just left a VPN.
    """
    rows = scene.rows
    calling = rows[(rows["state"] == "SYN_SENT") & rows["remote_port"].notna()]
    calling = calling[~_seeking(calling)]
    if calling.empty:
        return
    calling = calling[~_eyeballs(rows, calling, limits)]
    for calls in _grouped(scene, calling, limits):
        severity = _severity(scene, calls, limits)
        if severity is not None:
            yield _finding(scene, limits, calls, severity)


def _seeking(calling: pd.DataFrame) -> pd.Series[bool]:
    """Single attempts of programs that call far and wide."""
    named = calling["process"].str.lower().str.startswith(SEEKERS, na=False).astype("bool")
    key = [netns_of(calling), calling["owner"]]
    services = (
        calling.assign(service=_service(calling)).groupby(key)["service"].transform("nunique")
    )
    single = calling.groupby([*key, _service(calling)])["line"].transform("size") <= 1
    return named | ((services >= SCATTERED) & single)


def _service(rows: pd.DataFrame) -> pd.Series[Any]:
    return rows["remote_addr"].astype("object") + " " + rows["remote_port"].astype("str")


def _eyeballs(rows: pd.DataFrame, calling: pd.DataFrame, limits: Limits) -> pd.Series[bool]:
    """IPv6 attempts of a program that has IPv4 connections to the same port, one beside each."""
    six = calling["remote_addr"].str.contains(":", regex=False, na=False).astype("bool")
    if not six.any():
        return six
    works = rows[
        (rows["state"] == "ESTABLISHED") & rows["remote_port"].isin(calling["remote_port"])
    ]
    works = works[~works["remote_addr"].str.contains(":", regex=False, na=True).astype("bool")]
    there = _caller(calling).map(_caller(works).value_counts()).fillna(0)
    attempts = _service(calling).groupby([_caller(calling), _service(calling)]).transform("size")
    return six & (there > 0) & (attempts <= there.clip(lower=limits["few"] - 1))


def _caller(rows: pd.DataFrame) -> pd.Series[Any]:
    """The program and the port that it calls."""
    owner = rows["owner"].astype("object")
    return netns_of(rows) + "/" + owner + " " + rows["remote_port"].astype("str")


def _grouped(scene: Scene, calling: pd.DataFrame, limits: Limits) -> Iterator[Calls]:
    """The attempts of each program towards each service that may be enough to speak of."""
    key = [netns_of(calling), calling["owner"], calling["remote_addr"], calling["remote_port"]]
    size = calling.groupby(key)["line"].transform("size")
    tried = (calling["retrans"] >= limits["notice_retrans"]).fillna(False).astype("bool")
    worth = (size >= halved(limits["few"])) | tried.groupby(key).transform("any")
    working = Working.towards(scene.rows, calling[worth])
    older = _old_kernel(calling)
    for at, part in slim(calling[worth], "retrans").groupby(key, sort=False):
        netns, owner, addr, port = at
        yield Calls(
            rows=part,
            established=working.established.get((netns, addr, port), 0),
            base=working.live[(netns, owner, addr, port)],
            callers=working.callers[(netns, addr, port)],
            alive=tuple(sorted(working.ports.get((netns, addr), set()) - {port})),
            own=addr in working.own,
            age=_age(scene, part, older=older),
        )


@dataclass(frozen=True)
class Working:
    """What else this host has with the addresses that some attempts go to.

    Attributes:
        established: Connections that work, by namespace, address and port.
        live: All connections of one program, by namespace, owner, address and port.
        callers: Programs that call in vain, by namespace, address and port.
        ports: Ports to which connections work, by namespace and address.
        own: Those of the addresses that this host has itself.
    """

    established: dict[Any, int]
    live: dict[Any, int]
    callers: dict[Any, int]
    ports: dict[Any, set[int]]
    own: set[Any]

    @classmethod
    def towards(cls, rows: pd.DataFrame, calling: pd.DataFrame) -> Working:
        """Count them, once for all attempts."""
        same = rows["live"] & rows["remote_addr"].isin(calling["remote_addr"].unique())
        near = rows[same & rows["remote_port"].notna()]
        works = near[near["state"] == "ESTABLISHED"]
        ours = works[works["role"] == "client"]
        return cls(
            established=works.groupby(_towards(works)).size().to_dict(),
            live=near.groupby(_towards(near, near["owner"])).size().to_dict(),
            callers=calling.groupby(_towards(calling))["owner"].nunique().to_dict(),
            ports=ours.groupby([netns_of(ours), ours["remote_addr"]])["remote_port"]
            .agg(set)
            .to_dict(),
            own=set(rows["local_addr"].unique()) & set(calling["remote_addr"].unique()),
        )


def _towards(rows: pd.DataFrame, *more: pd.Series[Any]) -> list[pd.Series[Any]]:
    return [netns_of(rows), *more, rows["remote_addr"], rows["remote_port"]]


def _old_kernel(calling: pd.DataFrame) -> bool:
    """Whether a gap shows a Linux below 6.5, whatever is known of it otherwise."""
    early = calling["retrans"].between(1, LINEAR_SYNS) & (calling["timer_ms"] > LINEAR_GAP_MS)
    return bool(early.fillna(False).any())


def _age(scene: Scene, rows: pd.DataFrame, *, older: bool) -> int | None:
    if rows["retrans"].isna().all():
        return None
    most = int(rows["retrans"].max())
    return synack_age(most) if older else syn_age(most, scene)


def _severity(scene: Scene, calls: Calls, limits: Limits) -> Severity | None:
    n, few = len(calls.rows), limits["few"]
    lasting = int(calls.rows["persistent"].sum())
    if lasting >= halved(few):
        few = halved(few)
    if not calls.established:
        if n >= limits["critical"] and (calls.retrans >= 1 or lasting):
            return "critical"
        if n >= few or calls.retrans >= limits["retrans"]:
            return "warning"
    if n >= limits["busy"] and n >= limits["share"] * calls.base:
        return "warning"
    return "notice" if calls.retrans >= limits["notice_retrans"] else None


def _finding(scene: Scene, limits: Limits, calls: Calls, severity: Severity) -> Finding:
    first = calls.rows.iloc[0]
    service = endpoint(first["remote_addr"], first["remote_port"])
    return Finding(
        id="syn-sent-dead-peer",
        severity=severity,
        confidence=_confidence(scene, calls, limits),
        group=Group(**owner_of(first), role="client", service=service),
        n=len(calls.rows),
        base=calls.base,
        verdict=_verdict(calls),
        sockets=tuple(int(label) for label in calls.rows.index),
        limits=dict(limits),
        evidence=_evidence(calls),
        cause=(_cause(calls),),
        next=_steps(scene, first),
        caveats=_caveats(scene, calls),
        refs=REFS,
    )


def _confidence(scene: Scene, calls: Calls, limits: Limits) -> Confidence:
    """A state that may be passing, unless its age, or a second program in trouble, says more."""
    old = calls.retrans >= limits["retrans"]
    lasting = bool(calls.rows["persistent"].any())
    shared = calls.callers > 1 and not calls.established
    proven = calls.age is not None or lasting
    return settle("medium", scene, up=old + lasting + shared, cap="high" if proven else "medium")


def _verdict(calls: Calls) -> str:
    n = len(calls.rows)
    waits = f"{plural(n, 'connection attempt')} unanswered"
    if calls.age:
        waits += f"{'' if n == 1 else ', the oldest'} for at least {thousands(calls.age)} s"
    if calls.established:
        return f"{waits}, beside {thousands(calls.established)} established."
    return f"{waits}, none established."


def _evidence(calls: Calls) -> tuple[str, ...]:
    first = calls.rows.iloc[0]
    addr = str(first["remote_addr"])
    lines = [f"{addr} is {_kind(addr, own=calls.own)}"]
    if calls.age is not None:
        counts = calls.rows["retrans"].fillna(0).value_counts().sort_index()
        said = ", ".join(f"{k} ({thousands(n)})" for k, n in counts.items())
        lines.append(f"SYN retransmits: {said}")
    if calls.alive:
        ports = f"{'port' if len(calls.alive) == 1 else 'ports'} {_listed(calls.alive)}"
        lines.insert(
            0,
            f"{addr} answers on {ports}, so the port is filtered or its accept queue is full, "
            "not the host down",
        )
    if calls.callers > 1:
        lines.append(f"{calls.callers} programs of this host call it in vain")
    return tuple(lines)


def _listed(ports: tuple[int, ...]) -> str:
    shown = [str(port) for port in ports[:3]]
    if len(ports) > len(shown):
        return f"{', '.join(shown)} and {len(ports) - len(shown)} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _kind(addr: str, *, own: bool) -> str:
    """Where an address belongs: to this host, to a private network, or to the world."""
    try:
        address = ip_address(addr)
    except ValueError:
        return "a name"
    if own or address.is_loopback:
        return "this host itself"
    private = any(address in net for net in PRIVATE if net.version == address.version)
    return "a private address" if private else "a public address"


def _cause(calls: Calls) -> str:
    if calls.established:
        return "some attempts get through: suggests an accept queue that is full at times, or loss"
    if calls.alive:
        return "suggests a firewall for this port, or a program that does not accept"
    return "suggests a host that is down, a wrong address, or a firewall on the way"


def _caveats(scene: Scene, calls: Calls) -> tuple[str, ...]:
    if calls.age is None:
        return ("how long they wait: ss -o or netstat -o shows the timers on Linux",)
    if calls.age == 0:
        return ("whether they last: no SYN has been repeated yet, all may be younger than 1 s",)
    if scene.constants.kernel is None:
        return ("the kernel: below 6.5 the same retransmits take longer",)
    return ()


def _steps(scene: Scene, first: pd.Series[Any]) -> tuple[Step, ...]:
    addr, port = first["remote_addr"], first["remote_port"]
    return steps_for(
        scene,
        linux=(
            f"ss -tanpo state syn-sent dst {addr}",
            f"nc -vz -w 5 {addr} {port}",
            f"traceroute -T -p {port} {addr}",
        ),
        macos=(f"nc -vz -G 5 {addr} {port}",),
        windows=(f"Test-NetConnection {addr} -Port {port}",),
        other=(
            "at the other end: does the port listen, is its accept queue full, what filters it",
        ),
    )


DIAGNOSES = (
    Diagnosis(
        "syn-sent-dead-peer",
        "Which dependency does not answer?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
    ),
)
