"""What the kernel counts: `nstat`, `netstat -s`, the files of /proc/net they read.

All end under the names that `nstat` prints, such as `TcpExtListenOverflows`.
"""

from __future__ import annotations

import re
from itertools import pairwise

_PAIR = re.compile(r"([A-Z]\w+) {2,}(-?\d+)(?: +[-\d.]+)?$")
_SENTENCE = re.compile(r"\s+(?:(\w+): (\d+)|(\d+) (.+))$")

# net-tools' statistics.c and the BSDs' tcp_stats: what they print, and what the kernel calls it.
SENTENCES = {
    "times the listen queue of a socket overflowed": "TcpExtListenOverflows",
    "listen queue overflow": "TcpExtListenOverflows",
    "SYNs to LISTEN sockets dropped": "TcpExtListenDrops",
    "SYNs to LISTEN sockets ignored": "TcpExtListenDrops",
    "SYN cookies sent": "TcpExtSyncookiesSent",
    "invalid SYN cookies received": "TcpExtSyncookiesFailed",
    "connections aborted due to memory pressure": "TcpExtTCPAbortOnMemory",
    "segments received": "TcpInSegs",
    "segments sent out": "TcpOutSegs",
    "segments send out": "TcpOutSegs",
    "segments retransmitted": "TcpRetransSegs",
    "segments retransmited": "TcpRetransSegs",
    "active connection openings": "TcpActiveOpens",
    "active connections openings": "TcpActiveOpens",
    "passive connection openings": "TcpPassiveOpens",
    "failed connection attempts": "TcpAttemptFails",
    "connection resets received": "TcpEstabResets",
    "connections established": "TcpCurrEstab",
    "resets sent": "TcpOutRsts",
    "packet receive errors": "UdpInErrors",
    "receive buffer errors": "UdpRcvbufErrors",
    "send buffer errors": "UdpSndbufErrors",
}
_BY_LENGTH = sorted(SENTENCES, key=len, reverse=True)


def counters(text: str) -> dict[str, int]:
    r"""The counters of a text, whichever command printed it.

    >>> counters("TcpExt:\n    12 times the listen queue of a socket overflowed")
    {'TcpExtListenOverflows': 12}
    >>> counters("TcpExt: SyncookiesSent ListenDrops\nTcpExt: 0 3")["TcpExtListenDrops"]
    3
    """
    lines = text.splitlines()
    return _columns(lines) or _pairs(lines) or _sentences(lines)


def _columns(lines: list[str]) -> dict[str, int]:
    """/proc/net/netstat, /proc/net/snmp: a line of names, and a line of numbers below it."""
    found: dict[str, int] = {}
    for above, below in pairwise(lines):
        names, numbers = above.split(), below.split()
        if len(names) == len(numbers) > 1 and names[0] == numbers[0] and names[0].endswith(":"):
            pairs = zip(names[1:], numbers[1:], strict=True)
            group = names[0].rstrip(":")
            found |= {group + name: int(n) for name, n in pairs if n.lstrip("-").isdecimal()}
    return found


def _pairs(lines: list[str]) -> dict[str, int]:
    """Nstat: a name, the number, and the rate."""
    matches = map(_PAIR.match, lines)
    return {match[1]: int(match[2]) for match in matches if match is not None}


def _sentences(lines: list[str]) -> dict[str, int]:
    """`netstat -s`: a number and what it counts; for rare ones the kernel's name and the number."""
    found: dict[str, int] = {}
    group = ""
    for line in lines:
        if line[:1].isalpha():
            group = line.strip().rstrip(":")
        match = _SENTENCE.match(line)
        if match is None:
            continue
        raw, value, count, sentence = match.groups()
        name = f"{group}{raw}" if raw else _named(sentence or "")
        if name and name not in found:
            found[name] = int(value or count)
    return found


def _named(sentence: str) -> str | None:
    return next((SENTENCES[known] for known in _BY_LENGTH if sentence.startswith(known)), None)


_SOCKSTAT = re.compile(r"(\w+): (.+)")


def sockstat(text: str) -> dict[str, int]:
    r"""/proc/net/sockstat: how many sockets of which kind there are.

    >>> sockstat("sockets: used 120\nTCP: inuse 5 orphan 2 tw 9 alloc 8 mem 1")["TCP orphan"]
    2
    """
    found: dict[str, int] = {}
    for match in map(_SOCKSTAT.fullmatch, text.splitlines()):
        words = match[2].split() if match else []
        pairs = zip(words[::2], words[1::2], strict=False)
        found |= {f"{match[1]} {name}": int(n) for name, n in pairs if match and n.isdecimal()}
    return found
