"""What each tool prints of the same sockets, one format a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.sockets import EPHEMERAL, HELD, LOCALS, Socket

SS = ("ESTAB", "TIME-WAIT", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2", "LAST-ACK", "SYN-SENT")
LINUX = ("ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2", "LAST_ACK", "SYN_SENT")
BSD = tuple(name.replace("WAIT1", "WAIT_1").replace("WAIT2", "WAIT_2") for name in LINUX)


def _ends(socket: Socket) -> tuple[str, str]:
    """Both ends, addresses of IPv6 in brackets."""
    hosts = [f"[{host}]" if socket.v6 else host for host in (socket.local, socket.remote)]
    return f"{hosts[0]}:{socket.local_port}", f"{hosts[1]}:{socket.remote_port}"


def _ss(socket: Socket, behind: str = "") -> str:
    local, remote = _ends(socket)
    queues = f"{socket.recv_q:<6} {socket.send_q:<6}"
    return f"{SS[socket.state]:<10} {queues} {local:>30} {remote:>35} {behind}"


def _ss_netid(socket: Socket) -> str:
    """`ss -tuan` names the protocol first: the only layout of `ss` that jc reads."""
    return f"tcp   {_ss(socket)}"


def _ss_process(socket: Socket) -> str:
    name, pid = socket.process
    held = socket.state in HELD
    return _ss(socket, f' users:(("{name}",pid={pid},fd={socket.fd}))' if held else "")


def _ss_options(socket: Socket) -> str:
    """With `-o` and `-e`: a timer, whose socket it is, its inode and cookie, behind the row."""
    minutes, seconds = divmod(socket.fd * 7 % 7200, 60)
    rest = f"{minutes}min{seconds or ''}{'sec' * bool(seconds)}" if minutes else f"{seconds + 1}sec"
    held = socket.state in HELD
    timer = f"keepalive,{rest},0" if held else f"timewait,{1 + socket.fd % 59}sec,0"
    owner = (
        f" uid:{socket.process[1] % 7 * 12} ino:{socket.fd * 97 + socket.recv_q}" if held else ""
    )
    cookie = f"{socket.fd * 1021 + socket.remote_port:x}"
    return f"{_ss_process(socket)} timer:({timer}){owner} sk:{cookie} cgroup:/system.slice <->"


def _ss_all(socket: Socket) -> str:
    """All that the README asks for: the same, and memory and internals below."""
    memory = f"skmem:(r{socket.recv_q},rb131072,t0,tb{socket.fd * 3},f0,w{socket.send_q},o0,bl0,d0)"
    return f"{_ss_options(socket)}\n\t {memory}{_info(socket)}"


def _ss_info(socket: Socket) -> str:
    """Two lines: `ss -i` prints the internals below the row."""
    return f"{_ss(socket)}\n\t{_info(socket)}"


def _info(socket: Socket) -> str:
    return (
        f" cubic wscale:7,7 rto:{200 + socket.fd % 90} rtt:{socket.fd % 97}.{socket.fd % 9}/12.5"
        f" ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:10 bytes_sent:{socket.fd * 7}"
        f" bytes_acked:{socket.fd * 7} bytes_received:{socket.fd * 3} segs_out:{socket.fd % 501}"
        f" segs_in:12 send 2.4Mbps lastsnd:{socket.fd} lastrcv:{socket.fd} rcv_space:14480"
    )


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


def _windows(width: int) -> Callable[[Socket], str]:
    """As Windows and ReactOS print it, which give the state another width."""

    def row(socket: Socket) -> str:
        local, remote = _ends(socket)
        return f"  TCP    {local:<22} {remote:<22} {BSD[socket.state]:<{width}} {socket.process[1]}"

    return row


def _bsd(protos: tuple[str, str], queues: str, end: int, far_end: int) -> Callable[[Socket], str]:
    """As the tools of the BSDs and their heirs print it, in columns that differ.

    Port and all of an address are cut to 22 columns, as macOS and others do without -W.
    """

    def row(socket: Socket) -> str:
        local = f"{socket.local[:16]}.{socket.local_port}"
        remote = f"{socket.remote[:16]}.{socket.remote_port}"
        waiting = queues.format(socket.recv_q, socket.send_q)
        ends = f"{local:<{end}} {remote:<{far_end}}"
        return f"{protos[socket.v6]:<5} {waiting} {ends} {BSD[socket.state]}"

    return row


def _illumos(socket: Socket) -> str:
    """IPv6 stands in a table of its own, so that all are IPv4 here."""
    hosts = ("10.0.0.10", "198.18.0.7") if socket.v6 else (socket.local, socket.remote)
    local, remote = f"{hosts[0]}.{socket.local_port}", f"{hosts[1]}.{socket.remote_port}"
    windows = f"{64240:>5} {socket.send_q:>6} {128872:>5} {socket.recv_q:>6}"
    return f"{local:<20} {remote:<20} {windows} {BSD[socket.state]}"


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


_INTERNET = "Active Internet connections (including servers)"
_BSD = "Proto Recv-Q Send-Q  Local Address          Foreign Address"
_SS_HEADING = f"State      Recv-Q Send-Q {'Local Address:Port':>30} {'Peer Address:Port':>35}"
FORMATS = {
    found.name: found
    for found in (
        Format("ss -tan", _SS_HEADING, _ss),
        Format("proxy", _SS_HEADING, _ss, numbered=_proxy),
        Format("ss -tuan", f"Netid {_SS_HEADING}", _ss_netid, jc="ss"),
        Format("ss -tanp", f"{_SS_HEADING}  Process", _ss_process),
        Format("ss -tani", _SS_HEADING, _ss_info),
        Format("ss -tanpoe", f"{_SS_HEADING}  Process", _ss_options),
        Format("ss -tanpeoim", f"{_SS_HEADING}  Process", _ss_all),
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
            f"{_INTERNET}\n{_BSD}        (state)    ",
            _bsd(("tcp4", "tcp6"), " {:>6}  {:>6} ", 22, 22),
            skip=2,
            jc="netstat",
        ),
        Format(
            "netstat -an (FreeBSD)",
            f"{_INTERNET}\n"
            "Proto Recv-Q Send-Q Local Address          Foreign Address        (state)    ",
            _bsd(("tcp4", "tcp6"), "{:>6} {:>6}", 22, 22),
            skip=2,
        ),
        Format(
            "netstat -an (OpenBSD)",
            f"{_INTERNET}\n"
            "Proto   Recv-Q Send-Q  Local Address          Foreign Address        TCP-State",
            _bsd(("tcp", "tcp6"), "  {:>6} {:>6} ", 22, 22),
            skip=2,
        ),
        Format(
            "netstat -an (NetBSD)",
            f"{_INTERNET}\n{_BSD}        State",
            _bsd(("tcp", "tcp6"), "{:>6} {:>6} ", 22, 22),
            skip=2,
        ),
        Format(
            "netstat -an (AIX)",
            f"{_INTERNET}\n{_BSD}        (state)",
            _bsd(("tcp4", "tcp6"), "{:>6} {:>6} ", 22, 22),
            skip=2,
        ),
        Format(
            "netstat -an (HP-UX)",
            f"{_INTERNET}\n{_BSD}        (state)",
            _bsd(("tcp", "tcp6"), "{:>6} {:>6} ", 22, 23),
            skip=2,
        ),
        Format(
            "netstat -an (illumos)",
            "\nTCP: IPv4\n"
            "   Local Address        Remote Address    Swind Send-Q Rwind Recv-Q    State\n"
            "-------------------- -------------------- ----- ------ ----- ------ -----------",
            _illumos,
            skip=4,
        ),
        Format(
            "netstat -ano (ReactOS)",
            "\r\nActive Connections\r\n\r\n"
            "  Proto  Local Address          Foreign Address        State       Process",
            _windows(11),
            end="\r\n",
            skip=4,
        ),
        Format(
            "netstat -ano (Windows)",
            "\r\nActive Connections\r\n\r\n"
            "  Proto  Local Address          Foreign Address        State           PID",
            _windows(15),
            end="\r\n",
            skip=4,
        ),
    )
}
