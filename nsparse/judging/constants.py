"""The numbers of a host that no socket row shows: port range, timers, limits.

What its bundle says replaces the defaults of its system (diagnoses: constants).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

NO_FACTS: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Constants:
    """The numbers of a host that no socket row shows; `assumed` names those that are defaults."""

    ephemeral_low: int
    ephemeral_high: int
    time_wait_s: tuple[int, int]
    fin_timeout_s: int
    fd_limit: int
    listen_limit: int | None = None
    kernel: str | None = None
    assumed: frozenset[str] = frozenset()

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
        facts: Values by the names of the fields of `Constants`; others are left alone.

    >>> constants("macos").ephemeral_size
    16384
    >>> "kernel" in constants("linux", {"kernel": "6.5"}).assumed
    False
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
    known = {name: facts[name] for name in values if facts.get(name) is not None}
    return Constants(**{**values, **known}, assumed=frozenset(values) - frozenset(known))  # type: ignore[arg-type]
