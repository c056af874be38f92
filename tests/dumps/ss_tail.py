"""What `ss` prints behind the addresses: who holds the socket, timers, details, internals.

misc/ss.c of iproute2; what changed between versions: the spelling of users (3.14, 7.1) and of
seconds in a timer (6.11), `cgroup:` (5.8), `v6only:` (4.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.dumps.paper import Row, row
from tests.dumps.sockets import Owner, Socket, Timer

if TYPE_CHECKING:
    from tests.dumps.ss_linux import Layout

TIMERS = {
    "retransmit": "on",
    "keepalive": "keepalive",
    "timewait": "timewait",
    "persist": "persist",
}
COUNTS = {"retransmit": "retrans", "keepalive": "probes", "persist": "probes"}

# tcp_info in the order of print: how an item is spelt, and the columns it fills.
INFO: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ts": ("ts sack cubic wscale:7,8", ()),
    "rto": ("rto:{}", ("rto_ms",)),
    "backoff": ("backoff:{}", ("backoff",)),
    "rtt": ("rtt:{}/0.75", ("rtt_ms",)),
    "ato": ("ato:40", ()),
    "mss": ("mss:{}", ("mss",)),
    "pmtu": ("pmtu:1500 rcvmss:536 advmss:1448", ()),
    "cwnd": ("cwnd:{}", ("cwnd",)),
    "ssthresh": ("ssthresh:{}", ("ssthresh",)),
    "bytes_sent": ("bytes_sent:{}", ("bytes_sent",)),
    "bytes_retrans": ("bytes_retrans:{}", ("bytes_retrans",)),
    "bytes_acked": ("bytes_acked:{}", ("bytes_acked",)),
    "bytes_received": ("bytes_received:{}", ("bytes_received",)),
    "segs_out": ("segs_out:{} segs_in:7", ("segs_out",)),
    "data_segs_out": ("data_segs_out:{}", ("data_segs_out",)),
    "bbr": ("bbr:(bw:1.2Mbps,mrtt:0.05,pacing_gain:2.8)", ()),
    "send": ("send 77.2Mbps", ()),
    "lastsnd": ("lastsnd:{}", ("lastsnd_ms",)),
    "lastrcv": ("lastrcv:{}", ("lastrcv_ms",)),
    "lastack": ("lastack:{}", ("lastack_ms",)),
    "pacing": ("pacing_rate 154Mbps/200Mbps delivery_rate 1158400000bps delivered:4", ()),
    "app_limited": ("app_limited", ()),
    "busy": ("busy:{}ms", ("busy_ms",)),
    "rwnd": ("rwnd_limited:{}ms(12.5%)", ("rwnd_limited_ms",)),
    "sndbuf": ("sndbuf_limited:{}ms(0.1%)", ("sndbuf_limited_ms",)),
    "unacked": ("unacked:{}", ("unacked",)),
    "retrans": ("retrans:3/{}", ("retrans_total",)),
    "lost": ("lost:{}", ("lost",)),
    "rcv": ("rcv_rtt:1.5 rcv_space:14480", ()),
    "notsent": ("notsent:{}", ("notsent",)),
    "minrtt": ("minrtt:{}", ("minrtt_ms",)),
    "ulp": ("tcp-ulp-tls version: 1.2 cipher: aes-gcm-128 rxconf: sw txconf: none", ()),
}
# What two items say besides the number that varies.
ALSO: Mapping[str, Row] = {
    "rtt": {"rttvar_ms": 0.75},
    "retrans": {"retrans_now": 3},
    "app_limited": {"app_limited": True},
}


def users(owners: tuple[Owner, ...], layout: Layout) -> tuple[str, Row]:
    """`users:(...)`: one entry for each process and descriptor."""
    if not layout.process or not owners:
        return "", {}
    held = [
        {"process": _escaped(owner.process, layout), "pid": owner.pid, "fd": owner.fd}
        for owner in owners
    ]
    entries = ",".join(_spelling(layout).format(*owner.values()) for owner in held)
    several = json.dumps(held, ensure_ascii=False) if len(held) > 1 else None
    return f"users:({entries})", row(**held[0], owners=several)


def _spelling(layout: Layout) -> str:
    if layout.version < (3, 14):
        return '("{}",{},{})'
    thread = ",tid={1}" if layout.threads else ""
    context = ",proc_ctx=system_u:system_r:sshd_t:s0-s0:c0,c5" if layout.contexts else ""
    return '("{0}",pid={1}' + thread + context + ",fd={2})"


def _escaped(process: str, layout: Layout) -> str:
    return process.replace('"', '\\"') if layout.version >= (7, 1) else process


def timer(timer: Timer | None, layout: Layout) -> tuple[str, Row]:
    """-o, which -e implies."""
    if timer is None or not (layout.timers or layout.extended):
        return "", {}
    time, ms = _time(timer.ms, layout)
    count = COUNTS.get(timer.name)
    held: dict[str, object] = {"timer": timer.name, "timer_ms": ms}
    if count:
        held[count] = timer.count
    return f" timer:({TIMERS[timer.name]},{time},{timer.count})", held


def _time(ms: int, layout: Layout) -> tuple[str, int]:
    """A rest as print_ms_timer writes it, and what of it can be read again."""
    seconds, rest = divmod(ms, 1000)
    minutes = seconds // 60
    if minutes >= 10:
        return f"{minutes}min", minutes * 60_000
    if minutes:
        over = seconds % 60
        return f"{minutes}min" + (f"{over}sec" if over else ""), seconds * 1000
    if seconds >= 10 or (seconds and not rest):
        return f"{seconds}sec", seconds * 1000
    if seconds:
        return f"{seconds}.{rest:03}" + ("ms" if layout.version < (6, 11) else "sec"), ms
    return (f"{rest:03}ms" if rest else ""), ms


def details(socket: Socket, layout: Layout) -> tuple[str, Row]:
    """-e: `uid:` is left out when it is 0; before 3.14 UDP has `=` for `:`."""
    if not layout.extended:
        return "", {}
    sign = "=" if layout.version < (3, 14) and socket.proto == "udp" else ":"
    uid = f" uid{sign}{socket.uid}" if socket.uid else ""
    text = f"{uid} ino{sign}{socket.inode} sk{sign}ffff8800{socket.recv_q % 65536:04x}"
    held: dict[str, object] = {
        "uid": socket.uid,
        "inode": socket.inode or None,
        "cookie": f"ffff8800{socket.recv_q % 65536:04x}",
    }
    if layout.version >= (5, 8):
        text += " cgroup:/system.slice/ssh.service"
    if layout.version >= (4, 2) and socket.family != "ipv4":
        only = socket.family == "ipv6"
        text += f" v6only:{int(only)}"
        held["v6only"] = only
    return f"{text} <->", row(**held)


def memory(amounts: tuple[int, ...], layout: Layout) -> tuple[str, Row]:
    """-m."""
    if not layout.memory:
        return "", {}
    pairs = dict(zip(("r", "rb", "t", "tb", "f", "w", "o", "bl", "d"), amounts, strict=True))
    text = ",".join(f"{name}{amount}" for name, amount in pairs.items())
    return f" skmem:({text})", {f"skmem_{n}": pairs[n] for n in ("r", "rb", "t", "tb", "d")}


def internals(info: Mapping[str, int], layout: Layout) -> tuple[str, Row]:
    """-i, of a TCP socket."""
    if not layout.internals:
        return "", {}
    text = ""
    held: dict[str, object] = {}
    for name, (spell, columns) in INFO.items():
        if name in info:
            text += " " + spell.format(info[name])
            held |= {**dict.fromkeys(columns, info[name]), **ALSO.get(name, {})}
    return text, held
