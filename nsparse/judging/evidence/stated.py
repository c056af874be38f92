"""What the bundle of a host states, as lines of evidence: a finding says which facts it used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nsparse.judging.evidence.counters import counter, resent
from nsparse.judging.evidence.finding import sysctl
from nsparse.judging.scene.constants import origin_of
from nsparse.prose import lasted, thousands

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene


def counted(scene: Scene, group: str, *names: str) -> Iterator[str]:
    """Counters of the kernel that are no longer 0.

    Args:
        scene: The host.
        group: As `counter` has it.
        names: The same.
    """
    told = [(name, counter(scene, group, name)) for name in names]
    said = " and ".join(f"{name} {thousands(count)}" for name, count in told if count)
    if said:
        since = _since(scene, "the host")
        yield f"{said} since {since}, of all its ports{_where(scene, 'counters')}"


def overflowed(scene: Scene) -> Iterator[str]:
    """How often accept queues have overflowed, and how many handshakes have been dropped."""
    yield from counted(scene, "TcpExt", "ListenOverflows", "ListenDrops")


def lost(scene: Scene) -> Iterator[str]:
    """Which part of all that the host has sent was sent again."""
    share = resent(scene)
    if share is not None:
        said = f"of all that the host has sent since {_since(scene, 'it')}"
        yield f"{said} {100 * share:.1f} % was sent again{_where(scene, 'counters')}"


def _since(scene: Scene, host: str) -> str:
    """When counters began to count, and how long ago that was where it is known."""
    up = scene.facts.get("uptime_s")
    return f"{host} started" + (f" {lasted(up)} ago" if isinstance(up, int) else "")


TW_REUSE = "net.ipv4.tcp_tw_reuse"
"""Whether connect() takes ports out of TIME_WAIT: 0 never, 1 always, 2 on loopback (ip-sysctl)."""
TRACKED, TRACKED_AT_MOST = (f"net.netfilter.nf_conntrack_{name}" for name in ("count", "max"))
NEARLY_FULL = 0.9
"""Of the table in which Linux tracks connections: it drops new ones when it is full."""


def tracked(scene: Scene) -> Iterator[str]:
    """That the host itself may drop packets: its table of tracked connections is nearly full."""
    told = [sysctl(scene, name) or "" for name in (TRACKED, TRACKED_AT_MOST)]
    if not all(map(str.isdecimal, told)):
        return
    count, most = map(int, told)
    if count >= NEARLY_FULL * most:
        room = f"{thousands(count)} connections, of {thousands(most)} at most"
        yield f"the packet filter tracks {room}, and drops what is more{_where(scene, 'sysctl')}"


def setting(scene: Scene, name: str) -> Iterator[str]:
    """A setting of the kernel, where it is known."""
    value = sysctl(scene, name)
    if value is not None:
        yield f"{name} {value}{_where(scene, 'sysctl')}"


def constant(scene: Scene, name: str, words: str) -> Iterator[str]:
    """A number of the host, where it is no default.

    Args:
        scene: The host.
        name: The name of the field of `Constants`.
        words: What it is, as the report has it.
    """
    told = scene.constants.told.get(name)
    if told is not None:
        yield f"{words}: {told}"


def open_files(scene: Scene) -> Iterator[int]:
    """The limits of descriptors that are known: of the host, of single processes."""
    if "fd_limit" not in scene.constants.assumed:
        yield scene.constants.fd_limit
    yield from (limit for limit in _limits(scene).values() if isinstance(limit, int))


def open_files_of(scene: Scene, pid: int | None) -> int | None:
    """How many descriptors a process may have, where that is known."""
    own = _limits(scene).get(pid)
    if isinstance(own, int):
        return own
    return None if "fd_limit" in scene.constants.assumed else scene.constants.fd_limit


class Descriptors(NamedTuple):
    """How many descriptors a process may have.

    Attributes:
        limit: The limit.
        told: Where it is read, as a line of evidence.
        assumed: Whether nothing tells: it is the usual one of the system.
    """

    limit: int
    told: tuple[str, ...] = ()
    assumed: bool = False


def descriptors(scene: Scene, pid: int | None) -> Descriptors:
    """How many descriptors a process may have, known or not."""
    known = open_files_of(scene, pid)
    if known is None:
        return Descriptors(scene.constants.fd_limit, assumed=True)
    return Descriptors(known, tuple(limit_from(scene, pid)))


def limit_from(scene: Scene, pid: int | None) -> Iterator[str]:
    """Where the limit of a process is read."""
    if pid in _limits(scene):
        yield f"its limit: /proc/{pid}/limits"
    else:
        yield from constant(scene, "fd_limit", "its limit")


def _limits(scene: Scene) -> Mapping[object, object]:
    known = scene.facts.get("limits")
    return known if isinstance(known, Mapping) else {}


def orphans(scene: Scene) -> int:
    """How many connections the kernel counts that no program holds; 0 where unknown."""
    table = scene.facts.get("sockstat")
    count = table.get("TCP orphan") if isinstance(table, Mapping) else None
    return count if isinstance(count, int) else 0


def orphaned(scene: Scene) -> Iterator[str]:
    """The kernel's own count of orphans."""
    if orphans(scene):
        yield f"the kernel counts {thousands(orphans(scene))}{_where(scene, 'sockstat')}"


def own_addresses(scene: Scene) -> Sequence[str]:
    """The addresses that the host has; none where they are unknown."""
    known = scene.facts.get("addresses")
    return known if isinstance(known, tuple | list) else ()


def addresses_from(scene: Scene) -> str:
    """Where they are listed, as the end of a sentence."""
    return _where(scene, "addresses")


def processes(scene: Scene) -> str:
    """Where the list of processes lies, as the end of a sentence."""
    return _where(scene, "proctable")


def _where(scene: Scene, fact: str) -> str:
    file = origin_of(scene.facts, fact)
    return f" ({file})" if file else ""
