"""A dependency that does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.accept import Length
from nsparse.judging.evidence.across import there
from nsparse.judging.evidence.around import BY_SERVICE, GROUP
from nsparse.judging.evidence.calls import PROGRAM, SERVICE, calling, eyeballs, gaps_double, seeking
from nsparse.judging.evidence.census import census
from nsparse.judging.evidence.finding import endpoint, owner_of, settle, tally
from nsparse.judging.evidence.measure import eased, halved, syn_age
from nsparse.judging.evidence.pile import piles
from nsparse.judging.evidence.stated import tracked
from nsparse.judging.scene.scope import kind
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from nsparse.diagnosis import Confidence, Limits, Severity
    from nsparse.judging.arrays.codes import Bools
    from nsparse.judging.evidence.across import There
    from nsparse.judging.evidence.pile import Pile
    from nsparse.judging.scene.scene import Scene

NUMBERS = (
    Number("few", 3, "three at once are no single lost packet"),
    Number("retrans", 3, "four SYNs without an answer: at least 3 s"),
    Number("busy", 10, "attempts that stand out beside connections that work"),
    Number("share", 0.3, "a third of what the program has with the service"),
    Number("critical", 50, "a program that calls so often in vain can hardly do its work"),
    Number("notice_retrans", 2, "a single attempt: one lost SYN happens, two seldom"),
)
REPEATED = ("retrans", "retrans_total")
"""How often the SYN was sent again: the timer tells it (ss -o), or the kernel's account (ss -i)."""
REFS = ("ip-sysctl tcp_syn_retries", "RFC 9293 3.8.3")
EACH, TOGETHER = (*PROGRAM, *SERVICE), SERVICE
"""One program's attempts to reach a service, and all programs' together."""


@dataclass(frozen=True)
class Calls:
    """Attempts of one program, or of several together, to reach one service, without an answer.

    Attributes:
        pile: Their rows, a part of what the program has with the service.
        service: The number of the service (`View.keys`).
        established: Connections of this host to the service that work.
        callers: How many programs of this host call it in vain.
        retrans: The most retransmissions of one of them; None without timers.
        age: Least seconds since the oldest attempt began; None without timers.
    """

    pile: Pile
    service: int
    established: int
    callers: int
    retrans: int | None
    age: int | None

    @property
    def own(self) -> bool:
        """Whether the address is one of this host."""
        scene = self.pile.scene
        local = scene.once(Calls, lambda: {*scene.view.values("local_addr")})
        return self.pile.first["remote_addr"] in local

    @cached_property
    def there(self) -> There | None:
        """What the dump of the host that is called shows of the port, where it is in this run."""
        first = self.pile.first
        return there(self.pile.scene, str(first["remote_addr"]), int(first["remote_port"]))

    @property
    def queue(self) -> Length | None:
        """The accept queue of the port, where the dump of that host shows one."""
        far = self.there
        return Length(far.waiting, far.limit) if far and far.listens else None

    @cached_property
    def alive(self) -> tuple[int, ...]:
        """Other ports of the address to which connections of this host work."""
        view, at = self.pile.scene.view, self.pile.rows.at
        there = view.keys("remote_addr")
        works = view.is_("state", "ESTABLISHED") & view.is_("role", "client")
        works = works & view.known("remote_port") & (there == there[at[0]])
        ports = set(view.numbers("remote_port")[works].tolist())
        return tuple(sorted(ports - {self.pile.first["remote_port"]}))


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Which dependency does not answer?

    Means: a SYN is out and nothing has come back. A port that nobody listens on answers at once
        with a reset; silence is a firewall, a dead host, or a full accept queue.
        Programs that each call it too seldom to tell are counted together.
    Do: try the port from here, look at firewalls on the way, and at the accept queue over there.
        In the program: a connect timeout shorter than the kernel's two minutes, a circuit breaker,
        one attempt at a time.
    False alarms: IPv6 attempts beside IPv4 connections that work (happy eyeballs); crawlers,
        scanners, peer-to-peer and monitoring programs; a laptop that has just left a VPN.
    """
    calls = calling(scene)
    if not calls.any():
        return
    calls = calls & ~seeking(scene, calls)
    calls = calls & ~eyeballs(scene, calls, limits["few"] - 1)
    spoken = set()
    for each in _grouped(scene, limits, calls, EACH):
        severity = _severity(each, limits)
        if severity is not None:
            spoken.add(each.service)
            yield _finding(each, severity, owner_of(each.pile.first))
    for each in _grouped(scene, limits, _shared(scene, calls), TOGETHER):
        severity = _severity(each, limits)
        if severity is not None and not each.established and each.service not in spoken:
            yield _finding(each, severity, {})


def _shared(scene: Scene, calls: Bools) -> Bools:
    """The attempts to reach services that more than one program calls in vain."""
    at = calls.nonzero()[0]
    found = calls.copy()
    found[at] = scene.view.distinct(at, SERVICE, PROGRAM) > 1
    return found


def _grouped(scene: Scene, limits: Limits, calls: Bools, by: tuple[str, ...]) -> Iterator[Calls]:
    """The attempts towards each service that may be enough to speak of, by what they share."""
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    worth = _worth(scene, limits, calls, by)
    at = worth.nonzero()[0]
    if not len(at):
        return
    older = gaps_double(scene, calls)
    near = view.true("live")
    works = near & view.is_("state", "ESTABLISHED")
    established = view.tally(at, works, *SERVICE)
    nobodys = view.tally(at, calls & view.is_("owner", ""), *SERVICE) > 0
    callers = view.distinct(at, SERVICE, PROGRAM) - nobodys
    found = Rows(view, worth)
    again = found["retrans"].fillna(found["retrans_total"])
    most = again.fillna(-1).to_numpy()
    found = found.beside(retrans=again.array)
    services = view.keys_at(at, *SERVICE)
    base = view.tally(at, near, *by)
    for pile in piles(scene, found, limits, by, base=base, least=1):
        first = pile.places[0]
        repeats = int(most[pile.places].max())
        yield Calls(
            pile=pile,
            service=int(services[first]),
            established=int(established[first]),
            callers=int(callers[first]),
            retrans=None if repeats < 0 else repeats,
            age=None if repeats < 0 else _age(pile, older=older),
        )


def _age(pile: Pile, *, older: bool) -> int:
    """Least seconds since the oldest attempt began, by its count and the timeout that runs."""
    view, at = pile.scene.view, pile.rows.at
    clocks = (view.numbers(name)[at].tolist() for name in ("rto_ms", "backoff"))
    told = {*zip(pile.rows["retrans"].fillna(0).tolist(), *clocks, strict=True)}
    return max(
        syn_age(int(k), pile.scene, older=older, rto_s=rto_ms / 1000, backoff=backoff)
        for k, rto_ms, backoff in told
    )


def _worth(scene: Scene, limits: Limits, calls: Bools, by: tuple[str, ...]) -> Bools:
    """Rows that may be worth a word: a cheap look before each group is looked at."""
    import numpy as np

    view, at = scene.view, calls.nonzero()[0]
    tried = calls.copy()
    repeats = np.maximum(*(view.numbers(name)[at] for name in REPEATED))
    tried[at] = repeats >= limits["notice_retrans"]
    n, counted = view.sizes(at, *by), census(scene)
    # These are not all that work, or that the program has, where roles cannot be told.
    works = counted.sums(at, BY_SERVICE, counted.among(("ESTABLISHED",)))
    of = counted.sums(at, GROUP if by == EACH else BY_SERVICE, counted.live)
    drowned = (works > 0) & ((n < limits["busy"]) | (n < limits["share"] * of))
    found = calls.copy()
    found[at] = ((n >= halved(limits["few"])) & ~drowned) | (view.tally(at, tried, *by) > 0)
    return found


def _severity(calls: Calls, limits: Limits) -> Severity | None:
    pile, retrans = calls.pile, calls.retrans or 0
    if not calls.established:
        if pile.n >= limits["critical"] and (retrans >= 1 or pile.kept):
            return "critical"
        if pile.n >= eased(limits["few"], pile.kept) or retrans >= limits["retrans"]:
            return "warning"
    if pile.n >= limits["busy"] and pile.n >= limits["share"] * pile.base:
        return "warning"
    return "notice" if retrans >= limits["notice_retrans"] else None


def _finding(calls: Calls, severity: Severity, owner: dict[str, Any]) -> Finding:
    first = calls.pile.first
    addr, port = first["remote_addr"], first["remote_port"]
    return calls.pile.finding(
        "syn-sent-dead-peer",
        severity,
        _confidence(calls),
        _verdict(calls),
        group=Group(**owner, role="client", service=endpoint(addr, port)),
        limits=dict(calls.pile.limits),
        evidence=tuple(_evidence(calls, str(addr))),
        cause=(_cause(calls),),
        next=advice.steps(
            calls.pile.scene,
            {"linux": f"ss -tanpo state syn-sent {advice.dst(addr)}"},
            advice.filled(advice.REACH, addr=addr, port=port),
            advice.filled(advice.TRACE, addr=addr, port=port),
            "at the other end: does the port listen, is its accept queue full, what filters it",
        ),
        caveats=_caveats(calls),
    )


def _confidence(calls: Calls) -> Confidence:
    """A state that may be passing, unless its age, or a second program in trouble, says more."""
    old = (calls.retrans or 0) >= calls.pile.limits["retrans"]
    lasting = calls.pile.kept > 0
    shared = calls.callers > 1 and not calls.established
    seen = calls.there is not None and (calls.queue is None or calls.queue.full)
    cap: Confidence = "high" if calls.age is not None or lasting or seen else "medium"
    return settle("medium", calls.pile.scene, up=old + lasting + shared + seen, cap=cap)


def _verdict(calls: Calls) -> str:
    n = calls.pile.n
    waits = f"{plural(n, 'connection attempt')} unanswered"
    if calls.age:
        waits += f"{'' if n == 1 else ', the oldest'} for at least {thousands(calls.age)} s"
    if calls.established:
        return f"{waits}, beside {thousands(calls.established)} established."
    return f"{waits}, none established."


def _evidence(calls: Calls, addr: str) -> Iterator[str]:
    others = _listed(calls.alive)
    if calls.established:
        too = f"{others}, so it is up, and on this port too" if others else "on this port too"
        yield f"{addr} answers {too}: nothing filters it"
    elif others:
        yield (
            f"{addr} answers {others}, so the port is filtered or its accept queue is full, "
            "not the host down"
        )
    if where := kind(addr, own=calls.own):
        yield f"{addr} is {where}"
    if calls.there:
        yield _there(calls.there, calls.queue)
    if calls.age is not None:
        yield f"SYN retransmits: {tally(calls.pile.rows['retrans'])}"
    if calls.callers > 1:
        yield f"{calls.callers} programs of this host call it in vain"
    yield from tracked(calls.pile.scene)


def _listed(ports: tuple[int, ...]) -> str:
    """Some ports in words, "" for none."""
    shown = [str(port) for port in ports[:3]]
    if len(ports) <= 1:
        return "".join(f"on port {port}" for port in shown)
    if len(ports) > len(shown):
        return f"on ports {', '.join(shown)} and {len(ports) - len(shown)} more"
    return f"on ports {', '.join(shown[:-1])} and {shown[-1]}"


def _there(far: There, queue: Length | None) -> str:
    """What the dump of the other host shows."""
    if not queue:
        return f"nobody listens on that port of {far.host}, by its own dump"
    return f"on {far.host} {far.owner or 'a program'} listens on that port: {queue}"


def _cause(calls: Calls) -> str:
    if calls.there and calls.queue and calls.queue.full:
        return f"the accept queue over there is full: look at {calls.there.host}"
    if calls.there and not calls.queue:
        return (
            "suggests a wrong port or a service that is down, and a firewall that hides the reset"
        )
    if calls.established:
        return "some attempts get through: suggests an accept queue that is full at times, or loss"
    if calls.queue and calls.queue.waiting is not None:
        return "its accept queue has room: suggests a firewall, or a path that loses the answers"
    if calls.alive:
        return "suggests a firewall for this port, or a program that does not accept"
    return (
        "suggests a host that is down, a wrong address, a firewall on the way, or a full accept "
        "queue over there"
    )


def _caveats(calls: Calls) -> tuple[str, ...]:
    if calls.age is None:
        return (advice.by_timers(calls.pile.scene, "how long they wait"),)
    if calls.age == 0:
        return ("whether they last: no SYN has been repeated yet, all may be younger than 1 s",)
    clocked = calls.pile.scene.view.known("rto_ms")[calls.pile.rows.at].all()
    if calls.pile.scene.constants.kernel is None and not clocked:
        return ("the kernel: below 6.5 the same retransmits take longer",)
    return ()


DIAGNOSES = (
    Diagnosis(
        "syn-sent-dead-peer",
        "Which dependency does not answer?",
        check,
        needs=("states",),
        numbers=NUMBERS,
        refs=REFS,
        states=("SYN_SENT",),
    ),
)
