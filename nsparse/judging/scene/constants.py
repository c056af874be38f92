"""The numbers of a host that no socket row shows: port range, timers, limits.

What its bundle says replaces the defaults of its system (diagnoses: constants), and `told` keeps
where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NO_FACTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Constants:
    """The numbers of a host that no socket row shows.

    Attributes:
        ephemeral_low: The first port that connect() draws from.
        ephemeral_high: The last one.
        time_wait_s: How long TIME_WAIT lasts, at least and at most.
        fin_timeout_s: How long the kernel keeps FIN_WAIT_2 of nobody.
        fd_limit: Descriptors of a process.
        listen_limit: The most that listen() may ask for.
        kernel: The version of the kernel.
        assumed: Which of them are defaults of the system.
        told: Of those that the host's bundle states, what states them: a setting, a file.
    """

    ephemeral_low: int
    ephemeral_high: int
    time_wait_s: tuple[int, int]
    fin_timeout_s: int
    fd_limit: int
    listen_limit: int | None = None
    kernel: str | None = None
    assumed: frozenset[str] = frozenset()
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def ephemeral_size(self) -> int:
        """How many ports there are to call from."""
        return self.ephemeral_high - self.ephemeral_low + 1


EPHEMERAL = {
    "linux": (32768, 60999),  # Documentation/networking/ip-sysctl.rst
    "macos": (49152, 65535),  # net.inet.ip.portrange.first and .last
    "windows": (49152, 65535),  # Microsoft, "Troubleshoot port exhaustion issues"
    "reactos": (49152, 65535),  # lwIP, TCP_LOCAL_PORT_RANGE_START
    "freebsd": (10000, 65535),  # netinet/in.h, IPPORT_EPHEMERALFIRST
    "openbsd": (1024, 49151),  # net.inet.ip.portfirst and .portlast
    "netbsd": (49152, 65535),  # net.inet.ip.anonportmin and .anonportmax
    "illumos": (32768, 65535),  # tcp smallest_anon_port and largest_anon_port
    "aix": (32768, 65535),  # no -o tcp_ephemeral_low, tcp_ephemeral_high
    "hpux": (49152, 65535),  # ndd tcp_smallest_anon_port
}
TIME_WAIT_S = {
    "linux": (60, 60),  # TCP_TIMEWAIT_LEN, not tunable
    "macos": (30, 30),  # twice net.inet.tcp.msl of 15 s
    "windows": (30, 240),  # TcpTimedWaitDelay: Microsoft says 240, newer systems 30
}
FD_LIMIT = {"macos": 256, "windows": 3000}
"""Soft limit of descriptors; on Windows, which has none, the handles that Microsoft suspects."""


def constants(os: str | None, facts: Mapping[str, object] = NO_FACTS) -> Constants:
    """The constants of a host: what its bundle says, else the defaults of its system.

    Args:
        os: Its system; what is not known counts as Linux.
        facts: Values by the names of the fields of `Constants`; those that are not there are taken
            from the kernel's settings, `sysctl`. What else there is is left alone.

    >>> constants("macos").ephemeral_size
    16384
    >>> "kernel" in constants("linux", {"kernel": "6.5"}).assumed
    False
    >>> constants("linux", {"sysctl": {"net.ipv4.tcp_fin_timeout": "30"}}).fin_timeout_s
    30
    """
    low, high = EPHEMERAL.get(os or "linux", EPHEMERAL["linux"])
    values: dict[str, object] = {
        "ephemeral_low": low,
        "ephemeral_high": high,
        "time_wait_s": TIME_WAIT_S.get(os or "linux", TIME_WAIT_S["linux"]),
        "fin_timeout_s": 60,  # tcp_fin_timeout
        "fd_limit": FD_LIMIT.get(os or "linux", 1024),
        "listen_limit": None,
        "kernel": None,
    }
    set_, told = _settings(facts)
    stated = {name: facts[name] for name in values if facts.get(name) is not None}
    told = {name: said for name, said in told.items() if name not in stated}
    told |= {name: origin for name in stated if (origin := origin_of(facts, name)) is not None}
    known = {**set_, **stated}
    return Constants(**{**values, **known}, assumed=frozenset(values) - known.keys(), told=told)  # type: ignore[arg-type]


def origin_of(facts: Mapping[str, object], name: str) -> str | None:
    """The file of the bundle that states a fact, where it is known."""
    origins = facts.get("from")
    origin = origins.get(name) if isinstance(origins, Mapping) else None
    return None if origin is None else str(origin)


SETTINGS: Mapping[str, tuple[str, ...]] = {
    "net.ipv4.ip_local_port_range": ("ephemeral_low", "ephemeral_high"),  # Linux
    "net.inet.ip.portrange.first": ("ephemeral_low",),  # macOS, FreeBSD
    "net.inet.ip.portrange.last": ("ephemeral_high",),
    "net.inet.ip.portfirst": ("ephemeral_low",),  # OpenBSD
    "net.inet.ip.portlast": ("ephemeral_high",),
    "net.inet.ip.anonportmin": ("ephemeral_low",),  # NetBSD
    "net.inet.ip.anonportmax": ("ephemeral_high",),
    "net.ipv4.tcp_fin_timeout": ("fin_timeout_s",),
    "net.core.somaxconn": ("listen_limit",),
    "kern.ipc.somaxconn": ("listen_limit",),  # macOS
    "kern.ipc.soacceptqueue": ("listen_limit",),  # FreeBSD
}
"""Settings of kernels that state constants, in order."""
MSL = "net.inet.tcp.msl"
"""Half of TIME_WAIT in milliseconds, on macOS and FreeBSD."""
RELEASE = "kernel.osrelease"


def _settings(facts: Mapping[str, object]) -> tuple[dict[str, object], dict[str, str]]:
    """The constants that the kernel's settings state, and which setting states each."""
    table = facts.get("sysctl")
    sysctl: Mapping[str, object] = table if isinstance(table, Mapping) else {}
    file = origin_of(facts, "sysctl")
    found: dict[str, object] = {}
    told: dict[str, str] = {}
    for setting, names in SETTINGS.items():
        numbers = str(sysctl.get(setting, "")).split()
        if len(numbers) == len(names) and all(number.isdecimal() for number in numbers):
            found |= dict(zip(names, map(int, numbers), strict=True))
            told |= dict.fromkeys(names, f"{setting} in {file}" if file else setting)
    half = str(sysctl.get(MSL, ""))
    if half.isdecimal():
        seconds = 2 * int(half) // 1000
        found["time_wait_s"], told["time_wait_s"] = (seconds, seconds), MSL
    if RELEASE in sysctl:
        found["kernel"], told["kernel"] = str(sysctl[RELEASE]), RELEASE
    return found, told
