"""Dumps of a busy proxy, of any size, as each tool prints them; and dumps as nobody wants them.

Eight local addresses, 60 000 peers, 8 % IPv6; half of the connections came in to three ports, the
others went out from ephemeral ones. Made from a fixed seed, so that every run reads the same bytes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

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


# ---- the tools ---------------------------------------------------------------------------------

SS = ("ESTAB", "TIME-WAIT", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2", "LAST-ACK", "SYN-SENT")
LINUX = ("ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2", "LAST_ACK", "SYN_SENT")
BSD = tuple(name.replace("WAIT1", "WAIT_1").replace("WAIT2", "WAIT_2") for name in LINUX)


def _ss(socket: Socket, behind: str = "") -> str:
    hosts = [f"[{host}]" if socket.v6 else host for host in (socket.local, socket.remote)]
    local, remote = f"{hosts[0]}:{socket.local_port}", f"{hosts[1]}:{socket.remote_port}"
    queues = f"{socket.recv_q:<6} {socket.send_q:<6}"
    return f"{SS[socket.state]:<10} {queues} {local:>30} {remote:>35} {behind}"


def _ss_netid(socket: Socket) -> str:
    """`ss -tuan` names the protocol first: the only layout of `ss` that jc reads."""
    return f"tcp   {_ss(socket)}"


def _ss_process(socket: Socket) -> str:
    name, pid = socket.process
    held = socket.state in HELD
    return _ss(socket, f' users:(("{name}",pid={pid},fd={socket.fd}))' if held else "")


def _ss_info(socket: Socket) -> str:
    """Two lines: `ss -i` prints the internals below the row."""
    info = (
        f"\t cubic wscale:7,7 rto:{200 + socket.fd % 90} rtt:{socket.fd % 97}.{socket.fd % 9}/12.5"
        f" ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 bytes_sent:{socket.fd * 7}"
        f" bytes_acked:{socket.fd * 7} bytes_received:{socket.fd * 3} segs_out:{socket.fd % 501}"
        f" segs_in:12 send 2.4Mbps lastsnd:{socket.fd} lastrcv:{socket.fd} rcv_space:14480"
    )
    return f"{_ss(socket)}\n{info}"


def _linux(socket: Socket) -> str:
    local, remote = (
        f"{socket.local}:{socket.local_port}",
        f"{socket.remote}:{socket.remote_port}",
    )
    name, pid = socket.process
    owner = f"{pid}/{name}" if socket.state in HELD else "-"
    proto = "tcp6" if socket.v6 else "tcp"
    queues = f"{socket.recv_q:>6} {socket.send_q:>6}"
    return f"{proto:<5} {queues} {local:<23} {remote:<23} {LINUX[socket.state]:<11} {owner:<20}"


def _macos(socket: Socket) -> str:
    # Port and all of an address are cut to 22 columns (-W shows more), as network_cmds does.
    local = f"{socket.local[:16]}.{socket.local_port}"
    remote = f"{socket.remote[:16]}.{socket.remote_port}"
    proto = "tcp6" if socket.v6 else "tcp4"
    queues = f"{socket.recv_q:>6}  {socket.send_q:>6}"
    return f"{proto:<5}  {queues}  {local:<22} {remote:<22} {BSD[socket.state]}"


def _windows(socket: Socket) -> str:
    hosts = [f"[{host}]" if socket.v6 else host for host in (socket.local, socket.remote)]
    local, remote = f"{hosts[0]}:{socket.local_port}", f"{hosts[1]}:{socket.remote_port}"
    return f"  TCP    {local:<22} {remote:<22} {BSD[socket.state]:<15} {socket.process[1]}"


# ---- a proxy with listeners and backends -------------------------------------------------------

LISTENING = ((80, 511), (443, 511), (8443, 511), (22, 128), (9100, 4096))
BACKENDS = 40


def _proxy(number: int, socket: Socket) -> str:
    """The same sockets as they are to be judged: listeners first, half of the rest to backends.

    As a kernel prints them: no two connections have the same ends, and none whose program is gone
    has bytes for it.
    """
    if number < len(LISTENING):
        port, backlog = LISTENING[number]
        ends = f"{f'0.0.0.0:{port}':>30} {'0.0.0.0:*':>35}"
        return f"{'LISTEN':<10} {0:<6} {backlog:<6} {ends} "
    if socket.state not in HELD:
        socket = replace(socket, recv_q=0, send_q=0)
    if socket.local_port < EPHEMERAL[0] or socket.v6:
        return _ss(socket)
    turn, local = divmod(number, LOCALS)
    turn, backend = divmod(turn, BACKENDS)
    port = EPHEMERAL[0] + turn % (EPHEMERAL[1] - EPHEMERAL[0] + 1)
    here, there = f"10.0.{local}.10", f"10.20.0.{10 + backend}"
    return _ss(replace(socket, local=here, local_port=port, remote=there, remote_port=8080))


@dataclass(frozen=True)
class Format:
    """One command of one system.

    Attributes:
        name: As people know it.
        heading: The lines above the rows.
        row: A socket as it prints it.
        end: The line end.
        skip: How many lines a reader of plain columns must leave out.
        jc: The parser of jc for it, if there is one.
        numbered: As `row`, where it matters how many rows are above.
    """

    name: str
    heading: str
    row: Callable[[Socket], str]
    end: str = "\n"
    skip: int = 1
    jc: str = ""
    numbered: Callable[[int, Socket], str] | None = None

    def row_of(self, number: int, socket: Socket) -> str:
        """A socket, and how many are above it."""
        return self.numbered(number, socket) if self.numbered else self.row(socket)


_SS_HEADING = f"State      Recv-Q Send-Q {'Local Address:Port':>30} {'Peer Address:Port':>35}"
FORMATS = {
    found.name: found
    for found in (
        Format("ss -tan", _SS_HEADING, _ss),
        Format("proxy", _SS_HEADING, _ss, numbered=_proxy),
        Format("ss -tuan", f"Netid {_SS_HEADING}", _ss_netid, jc="ss"),
        Format("ss -tanp", f"{_SS_HEADING}  Process", _ss_process),
        Format("ss -tani", _SS_HEADING, _ss_info),
        Format(
            "netstat -anp (Linux)",
            "Active Internet connections (servers and established)\n"
            "Proto Recv-Q Send-Q Local Address           Foreign Address         State"
            "       PID/Program name    ",
            _linux,
            skip=2,
            jc="netstat",
        ),
        Format(
            "netstat -an (macOS)",
            "Active Internet connections (including servers)\n"
            "Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)    ",
            _macos,
            skip=2,
            jc="netstat",
        ),
        Format(
            "netstat -ano (Windows)",
            "\r\nActive Connections\r\n\r\n"
            "  Proto  Local Address          Foreign Address        State           PID",
            _windows,
            end="\r\n",
            skip=4,
        ),
    )
}

DAMAGE: tuple[Callable[[str, int], str], ...] = (
    lambda row, at: row[: at % len(row)],
    lambda row, at: row.replace(":", ";").replace(".", ","),
    lambda row, at: f"{row[:9]}\x07{row[9:20]}",
)
"""What happens to rows: cut off, retyped, with a control character and the rest lost."""


def write(path: Path, form: Format, rows: int, damaged: int = 0) -> None:
    """Write a dump; of a hundred rows, so many are damaged."""

    def row_of(number: int, socket: Socket) -> str:
        row = form.row_of(number, socket).replace("\n", form.end)
        # 37 and 100 have no common divisor, so that damage is spread evenly.
        if number * 37 % 100 < damaged:
            row = DAMAGE[number % len(DAMAGE)](row, number)
        return row

    _write(path, form, rows, row_of)


def write_escapes(path: Path, form: Format, rows: int) -> None:
    """Write a dump with a control character in every row, behind its first word."""
    _write(path, form, rows, lambda _, socket: form.row(socket).replace(" ", " \x01", 1))


def write_long(path: Path, form: Format, rows: int) -> None:
    """Write a dump of one row, and one line as long as so many rows."""
    with path.open("w", encoding="ascii", newline="") as file:
        first = form.row(next(sockets()))
        file.write(f"{form.heading}{form.end}{first}{form.end}")
        file.write("x" * (rows * (len(first) + 1)) + form.end)


def _write(path: Path, form: Format, rows: int, row_of: Callable[[int, Socket], str]) -> None:
    with path.open("w", encoding="ascii", newline="") as file:
        file.write(form.heading + form.end)
        for number, socket in enumerate(islice(sockets(), rows)):
            file.write(row_of(number, socket) + form.end)
