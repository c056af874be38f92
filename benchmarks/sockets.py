"""The sockets of a busy proxy, as many as are asked for.

Eight local addresses, 60 000 peers, 8 % IPv6; half of the connections came in to three ports, the
others went out from ephemeral ones. Made from a fixed seed, so that every run reads the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

PEERS, PEERS_IPV6, SHARE_IPV6 = 60_000, 5_000, 0.08
EPHEMERAL = (32768, 60999)
LOCALS = 8
PROCESSES = (("haproxy", 811), ("haproxy", 812), ("haproxy", 813), ("nginx", 2207))


@dataclass(frozen=True)
class Socket:
    """One connection, as all tools know it."""

    v6: bool
    local: str
    local_port: int
    remote: str
    remote_port: int
    state: int
    recv_q: int
    send_q: int
    process: tuple[str, int]
    fd: int


STATES = ((0, 80), (1, 12), (2, 4), (3, 1), (4, 1), (5, 1), (6, 1))
"""Which of a tool's words, and how many of a hundred sockets are in that state."""
HELD = (0, 2)
"""States in which a process still owns the socket."""


def sockets(seed: int = 8) -> Iterator[Socket]:
    """Connections without end."""
    dice = random.Random(seed)
    local = [f"10.0.{number}.10" for number in range(LOCALS)]
    remote = [_ipv4(dice) for _ in range(PEERS)]
    remote6 = [_ipv6(dice) for _ in range(PEERS_IPV6)]
    states = [state for state, share in STATES for _ in range(share)]
    while True:
        v6 = dice.random() < SHARE_IPV6
        came_in = dice.random() < 0.5
        ports = [dice.choice((80, 443, 8443)), dice.randint(*EPHEMERAL)]
        idle = dice.random() < 0.9
        yield Socket(
            v6,
            "2001:db8::10" if v6 else dice.choice(local),
            ports[0] if came_in else ports[1],
            dice.choice(remote6 if v6 else remote),
            ports[1] if came_in else ports[0],
            dice.choice(states),
            0 if idle else dice.randint(0, 3000),
            0 if idle else dice.randint(0, 90_000),
            dice.choice(PROCESSES),
            dice.randint(8, 60_000),
        )


def _ipv4(dice: random.Random) -> str:
    return f"198.{dice.randint(18, 19)}.{dice.randint(0, 255)}.{dice.randint(1, 254)}"


def _ipv6(dice: random.Random) -> str:
    return (
        f"2001:db8:{dice.randint(1, 65535):x}:{dice.randint(1, 65535):x}::{dice.randint(1, 255):x}"
    )
