"""What to do next: commands by system, as data (diagnoses: "next" per system).

A diagnosis picks steps by name and adds what only it can say; the reader gets those for the
system of the dump, or for every system where that is unknown.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nsparse.diagnosis import Step
from nsparse.judging.finding import count_of
from nsparse.prose import port_of

if TYPE_CHECKING:
    from nsparse.judging.finding import Cells
    from nsparse.judging.scene import Scene

Advice = Mapping[str, str]
"""One step: the command for each system that has one."""

SYSTEMS = ("linux", "macos", "freebsd", "openbsd", "netbsd", "windows")
BSD_LIKE = ("macos", "freebsd", "openbsd", "netbsd")
"""Systems that share the tools of macOS, unless a step has a command of their own."""
COMMON = ("linux", "macos", "windows")
"""Systems that the reader is told of where that of the dump is unknown."""
ACCEPTING: Advice = {"linux": "ss -ltnp '( sport = :{port} )'", "macos": "netstat -Lan"}
REFUSED: Advice = {"linux": "nstat -az TcpExtListenOverflows TcpExtListenDrops"}
HANDSHAKES: Advice = {
    "linux": "nstat -az | grep -i -E 'syncook|listen|reqq'",
    "macos": "netstat -s -p tcp",
    "windows": "netstat -s",
}
DESCRIPTORS: Advice = {"linux": "ls -l /proc/{pid}/fd | grep -c socket"}
DESCRIPTOR_LIMIT: Advice = {"linux": "grep 'open files' /proc/{pid}/limits"}
PORT_RANGE: Advice = {
    "linux": "grep . /proc/sys/net/ipv4/ip_local_*port*",
    "macos": "sysctl net.inet.ip.portrange",
    "windows": "netsh int ipv4 show dynamicport tcp",
}
TIME_WAIT_LENGTH: Advice = {"macos": "sysctl net.inet.tcp.msl"}
REACH: Advice = {
    "linux": "nc -vz -w 5 {addr} {port}",
    "macos": "nc -vz -G 5 {addr} {port}",
    "windows": "Test-NetConnection {addr} -Port {port}",
}
TRACE: Advice = {"linux": "traceroute -T -p {port} {addr}"}
CAPTURE: Advice = {
    "linux": "tcpdump -nni any port {port}",
    "macos": "sudo tcpdump -nni any port {port}",
    "windows": "pktmon start --capture",
}
SOCKETS: Advice = {
    "linux": "ss -tan{flags} state {ss}{where}",
    "macos": "lsof -nP -iTCP{port} -sTCP:{state}",
    "windows": "Get-NetTCPConnection -State {windows} | Group-Object OwningProcess",
}
STACK: Advice = {
    "linux": "gdb -p {pid} -batch -ex 'thread apply all bt'",
    "macos": "sample {pid}",
    "windows": "procdump -ma {pid}",
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
        Step(system, each[system])
        for system in SYSTEMS
        for each in told
        if system in each and system in _systems(scene, each)
    ]
    return (*found, *(Step("any", each) for each in advice if isinstance(each, str)))


def _systems(scene: Scene, advice: Advice) -> tuple[str, ...]:
    """The systems whose command of a step serves the host of a dump."""
    if scene.os is None:
        return COMMON
    return ("macos",) if scene.os in BSD_LIKE and scene.os not in advice else (scene.os,)


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


def of_process(advice: Advice, row: Cells) -> Advice:
    """A step about the process of a row; none where its number is unknown.

    >>> of_process(DESCRIPTORS, {"pid": 7}), of_process(DESCRIPTORS, {"pid": None})
    ({'linux': 'ls -l /proc/7/fd | grep -c socket'}, {})
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
    return {system: found[system] for system in ("linux", "macos")}


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
