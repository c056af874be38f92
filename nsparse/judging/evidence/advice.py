"""What to do next: commands by system, as data (diagnoses: "next" per system).

A diagnosis picks steps by name and adds what only it can say; the reader gets those for the
system of the dump, or for every system where that is unknown.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nsparse.diagnosis import Step
from nsparse.judging.evidence.finding import count_of
from nsparse.prose import port_of

if TYPE_CHECKING:
    from nsparse.judging.evidence.finding import Cells
    from nsparse.judging.scene.scene import Scene

Advice = Mapping[str, str]
"""One step: the command for each system that has one."""

SYSTEMS = ("linux", "macos", "freebsd", "openbsd", "netbsd", "illumos", "windows")
BSD = ("freebsd", "openbsd", "netbsd")
BSD_LIKE = ("macos", *BSD)
SHARED = ("netstat -an", "netstat -s", "ping", "ping6", "ifconfig", "ps")
"""How commands of macOS begin that the BSDs know too; they are told these where a step has none of
their own. They have no `sample`, no `launchctl`, no `nc -G`, no interface `any` for tcpdump, and no
lsof as installed. Of netstat FreeBSD has no -v, OpenBSD and NetBSD have no -L for queues and no -W
for width: that of OpenBSD asks for an interface (main.c of each)."""
COMMON = ("linux", "macos", "windows")
"""Systems that the reader is told of where that of the dump is unknown."""
LISTEN_QUEUES: Advice = dict.fromkeys(("macos", "freebsd"), "netstat -Lan")
ACCEPTING: Advice = {"linux": "ss -ltnp '( sport = :{port} )'", **LISTEN_QUEUES}
BUFFERS: Advice = {
    "macos": "netstat -anv",
    "freebsd": "netstat -anx",
    "openbsd": "netstat -anB",
    "netbsd": "netstat -an",
}
UNCUT: Advice = {
    "linux": "ss -tuan",
    **dict.fromkeys(("macos", "freebsd"), "netstat -anW"),
    **dict.fromkeys(("openbsd", "netbsd"), "netstat -anv"),
}
REFUSED: Advice = {"linux": "nstat -az TcpExtListenOverflows TcpExtListenDrops"}
HANDSHAKES: Advice = {
    "linux": "nstat -az | grep -i -E 'syncook|listen|reqq'",
    "macos": "netstat -s -p tcp",
    "windows": "netstat -s",
}
DESCRIPTORS: Advice = {
    "linux": "ls -l /proc/{pid}/fd | grep -c socket",
    "macos": "lsof -nP -p {pid} | wc -l",
    "windows": "(Get-Process -Id {pid}).HandleCount",
}
DESCRIPTOR_LIMIT: Advice = {"linux": "grep 'open files' /proc/{pid}/limits"}
PORT_RANGE: Advice = {
    "linux": "grep . /proc/sys/net/ipv4/ip_local_*port*",
    "macos": "sysctl net.inet.ip.portrange",
    "freebsd": "sysctl net.inet.ip.portrange",
    "openbsd": "sysctl net.inet.ip.porthifirst net.inet.ip.porthilast",
    "netbsd": "sysctl net.inet.ip.anonportmin net.inet.ip.anonportmax",
    "windows": "netsh int ipv4 show dynamicport tcp",
}
TIME_WAIT_LENGTH: Advice = dict.fromkeys(("macos", "freebsd"), "sysctl net.inet.tcp.msl")
REACH: Advice = {
    "linux": "nc -vz -w 5 {addr} {port}",
    "macos": "nc -vz -G 5 {addr} {port}",
    **dict.fromkeys(BSD, "nc -vz -w 5 {addr} {port}"),
    "windows": "Test-NetConnection {addr} -Port {port}",
}
TRACE: Advice = {"linux": "traceroute -T -p {port} {addr}"}
CAPTURE: Advice = {
    "linux": "tcpdump -nni any port {port}",
    "macos": "sudo tcpdump -nni any port {port}",
    **dict.fromkeys(BSD, "tcpdump -nni INTERFACE port {port}"),
    "windows": "pktmon start --capture",
}
SOCKETS: Advice = {
    "linux": "ss -tan{flags} state {ss}{where}",
    "macos": "lsof -nP -iTCP{port} -sTCP:{state}",
    "freebsd": "sockstat -46s | grep {state}",
    "openbsd": "fstat | grep internet",
    "netbsd": "sockstat -n",
    "windows": "Get-NetTCPConnection -State {windows} | Group-Object OwningProcess",
}
STACK: Advice = {
    "linux": "gdb -p {pid} -batch -ex 'thread apply all bt'",
    "macos": "sample {pid}",
    "freebsd": "procstat -kk {pid}",
    **dict.fromkeys(("openbsd", "netbsd"), "gdb -p {pid}"),
    "illumos": "pstack {pid}",
    "windows": "procdump -ma {pid}",
}
BINARY: Advice = {
    "linux": "ls -l /proc/{pid}/exe",
    "macos": "ps -o comm= -p {pid}",
    "freebsd": "procstat -b {pid}",
    **dict.fromkeys(("openbsd", "netbsd"), "ps -o command= -p {pid}"),
    "illumos": "ls -l /proc/{pid}/path/a.out",
    "windows": "Get-Process -Id {pid} | Select-Object Path",
}
DUMPERS = {
    "java": "jstack {pid}",
    "python": "py-spy dump --pid {pid}",
    "dotnet": "dotnet-stack report -p {pid}",
}
"""What prints the stacks of a program, by how its name begins; the same on every system."""
OWNERS: Advice = {
    "linux": "sudo ss -tuanpe",
    "macos": "sudo netstat -anv",
    "freebsd": "sockstat -46",
    "openbsd": "fstat | grep internet",
    "netbsd": "sockstat -n",
    "illumos": "netstat -anu",
    "windows": "netstat -anob, as administrator",
}
OWNERS_ELSEWHERE = "lsof -nP -i"
TIMERS: Advice = {
    "linux": "ss -o or netstat -o shows the timers",
    "freebsd": "netstat -x shows the timers",
    "": "ss -o or netstat -o shows the timers on Linux",
}
NO_TIMERS = "netstat of this system prints no timers"
SS_STATES = {"SYN_RECEIVED": "syn-recv"}
"""States that ss does not spell as the frame does, with hyphens."""


def steps(scene: Scene, *advice: Advice | str) -> tuple[Step, ...]:
    """The steps for the system of a dump; a text alone is for every system, and comes last."""
    told = [each for each in advice if isinstance(each, Mapping)]
    found = [
        Step(system, command)
        for system in (COMMON if scene.os is None else (scene.os,))
        for each in told
        if (command := _command(each, system))
    ]
    return (*found, *(Step("any", each) for each in advice if isinstance(each, str)))


def _command(advice: Advice, system: str) -> str | None:
    """The command of a step that serves a system."""
    shared = advice.get("macos", "")
    if system in BSD and any(f"{shared} ".startswith(f"{start} ") for start in SHARED):
        return advice.get(system, shared)
    return advice.get(system)


def which_program(scene: Scene) -> str:
    """That no program is known, and which command shows it."""
    return f"which program: {OWNERS.get(scene.os or '', OWNERS_ELSEWHERE)}"


def by_timers(scene: Scene, what: str) -> str:
    """That something is not known without timers, and whether an option shows them."""
    return f"{what}: {TIMERS.get(scene.os or '', NO_TIMERS)}"


def filled(advice: Advice, **values: object) -> Advice:
    """A step with its blanks filled in.

    >>> filled(REACH, addr="192.0.2.1", port=443)["windows"]
    'Test-NetConnection 192.0.2.1 -Port 443'
    """
    return {system: command.format_map(values) for system, command in advice.items()}


def dst(addr: object, port: object = None) -> str:
    """The filter of ss for an end: IPv6 in brackets, which a shell would take for a pattern.

    >>> dst("192.0.2.1", 443), dst("2001:db8::1"), dst("2001:db8::1", 443)
    ('dst 192.0.2.1:443', "dst '[2001:db8::1]'", "dst '[2001:db8::1]:443'")
    """
    six = ":" in str(addr)
    end = f"[{addr}]" if six else str(addr)
    end = end if port is None else f"{end}:{port}"
    return f"dst {shlex.quote(end) if six else end}"


def to_service(addr: object, port: object) -> Advice:
    """Who has connections to a service of another host.

    >>> to_service("2001:db8::1", 443)["macos"]
    "lsof -nP -iTCP@'[2001:db8::1]:443'"
    """
    end = dst(addr, port).removeprefix("dst ")
    where = f"-RemoteAddress {addr} -RemotePort {port}"
    return {
        "linux": f"ss -tanpoi dst {end}",
        "macos": f"lsof -nP -iTCP@{end}",
        "windows": f"Get-NetTCPConnection {where} | Group-Object OwningProcess",
    }


def ping(addr: object) -> Advice:
    """Whether a host answers; macOS has a tool of its own for IPv6."""
    six = "6" if ":" in str(addr) else ""
    return {"linux": f"ping -c 3 {addr}", "macos": f"ping{six} -c 3 {addr}"}


def ping_full(addr: object) -> Advice:
    """The same with packets of 1500 bytes, those of Ethernet, that must not be cut on their way.

    >>> [ping_full(addr)["linux"] for addr in ("192.0.2.1", "2001:db8::1")]
    ['ping -M do -s 1472 -c 3 192.0.2.1', 'ping -M do -s 1452 -c 3 2001:db8::1']
    """
    headers = (40 if ":" in str(addr) else 20) + 8  # of IPv6 or IPv4, and of ICMP
    return {"linux": f"ping -M do -s {1500 - headers} -c 3 {addr}"}


def of_process(advice: Advice, row: Cells) -> Advice:
    """A step about the process of a row; none where its number is unknown.

    >>> of_process(DESCRIPTORS, {"pid": 7})["macos"], of_process(DESCRIPTORS, {"pid": None})
    ('lsof -nP -p 7 | wc -l', {})
    """
    pid = count_of(row["pid"])
    return {} if pid is None else filled(advice, pid=pid)


def stack(row: Cells) -> Advice:
    """What the threads of a row's process are doing, by the tool that its name suggests.

    >>> [stack({"process": name, "pid": 70})["macos"] for name in ("java", "nginx")]
    ['jstack 70', 'sample 70']
    """
    return of_process(_dumper(str(row["process"])), row)


def _dumper(name: str) -> Advice:
    own = next((cmd for start, cmd in DUMPERS.items() if name.startswith(start)), None)
    return STACK if own is None else dict.fromkeys(SYSTEMS, own)


def stack_of(process: str | None, pid: int | None) -> Advice:
    """The same of a process that may be unknown; not on Windows.

    >>> stack_of("python3", 70)["linux"], stack_of(None, None)["macos"]
    ('py-spy dump --pid 70', 'sample PID')
    """
    found = filled(_dumper(process or ""), pid="PID" if pid is None else pid)
    return {system: command for system, command in found.items() if system != "windows"}


def sockets(state: str, row: Cells | None = None, flags: str = "pe") -> Advice:
    """Who owns the sockets of a state.

    Args:
        state: Its canonical name.
        row: One of those of a service, to ask for these alone.
        flags: Further options of ss.

    >>> sockets("FIN_WAIT_2")["linux"]
    'ss -tanpe state fin-wait-2'
    """
    bound = "" if row is None else str(row["bound"])
    port = port_of(bound) if port_of(bound).isdigit() else ""
    return filled(
        SOCKETS,
        flags=flags,
        ss=SS_STATES.get(state, state.lower().replace("_", "-")),
        state=state,
        windows=state.title().replace("_", ""),
        where="" if row is None else _where(row, bound, port),
        port=f":{port}" if port else "",
    )


def _where(row: Cells, bound: str, port: str) -> str:
    """The filter of ss for the service of a row."""
    if row["role"] == "client" and bound:
        return f" dst {shlex.quote(bound)}"
    return f" '( sport = :{port} )'" if port else ""
