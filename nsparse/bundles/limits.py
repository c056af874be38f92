"""How much of a bundle is read: what is larger, denser or deeper than honest bundles are, is not.

Whoever can make a host crash can also choose what lies in its bundle (design: dumps are hostile).
"""

from __future__ import annotations

from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True)
class Limits:
    """Caps on one bundle.

    Attributes:
        member: Bytes of one text that is kept in memory. A dump of a million sockets has 200 MiB.
        total: Bytes that all members have together, those of archives inside it counted again.
        ratio: How often larger than its archive the content may be, once `slack` is passed. Texts
            of logs are packed to a thirtieth, sometimes to a hundredth; zeros to a thousandth.
        slack: So many bytes are read before the ratio counts.
        nesting: Archives inside one another. A log collector's archive of sosreports that hold
            archives themselves has three.
        members: Files of one archive. Large sosreports have 20 000.
        path: Characters of a member's path.
    """

    member: int = 256 * MIB
    total: int = 64 * GIB
    ratio: int = 250
    slack: int = 128 * MIB
    nesting: int = 4
    members: int = 65_536
    path: int = 1024


LIMITS = Limits()
