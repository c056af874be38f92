"""Two network namespaces, one cable, and small programs that can be told what to do.

Used by make.py. A program is a Python interpreter with a name, a user and a namespace
of its own: it carries out the lines that a scenario sends it.
"""

from __future__ import annotations

import ctypes
import errno  # noqa: F401  (used by the lines that the programs run)
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

SAMPLES = Path(__file__).resolve().parent
# What the captured commands see of the environment: no language, no terminal width.
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# As it is installed for the interpreter that runs make.py.
JUDGE = (sys.executable, "-m", "nsparse", "diagnose", "-q")
NOBODY = 65534
CLONE_NEWNET = 0x40000000
PR_SET_NAME = 15

# Long on purpose: net-tools cuts it where -W is missing.
LONG = "2001:db8:1234:5678:9abc:def0:1"


class Side(NamedTuple):
    """One end of the cable."""

    netns: str
    mac: str
    addresses: tuple[str, ...]


SERVER = Side(
    "nsparse-server",
    "02:00:00:00:00:10",
    ("192.0.2.10/24", "2001:db8::10/64", f"{LONG}:10/112", "fe80::10/64"),
)
CLIENT = Side(
    "nsparse-client",
    "02:00:00:00:00:20",
    ("192.0.2.20/24", "2001:db8::20/64", f"{LONG}:20/112", "fe80::20/64"),
)
# A neighbour that everybody knows and nobody is.
NOWHERE = "02:00:00:00:00:99"


# --- the programs: an interpreter with another name, in another namespace --------------


def enter(netns: str, comm: str, uid: int) -> None:
    """Move this process into a namespace, under a name and a user of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{netns}").open("rb") as door:
        if libc.setns(door.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {netns}")
    libc.prctl(PR_SET_NAME, comm.encode(), 0, 0, 0)
    os.chdir("/")
    if uid:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


def listen(host: str, port: int, backlog: int = 128, *, dual: bool = False) -> socket.socket:
    """Listen on one address, IPv6 where it holds a colon."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
    door.bind((host, port))
    door.listen(backlog)
    return door


def connect(host: str, port: int, *, source: str = "", wait: bool = True) -> socket.socket:
    """Open a connection, or only send the first packet of one (`wait=False`)."""
    host, _, zone = host.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    end = socket.socket(family, socket.SOCK_STREAM)
    if source:
        end.bind((source, 0))
    end.setblocking(wait)
    target = (host, port, 0, socket.if_nametoindex(zone)) if zone else (host, port)
    if wait:
        end.connect(target)
    else:
        end.connect_ex(target)
    return end


def fill(end: socket.socket) -> int:
    """Write until the kernel takes no more."""
    end.setblocking(False)
    total = 0
    try:
        while True:
            total += end.send(b"x" * 4096)
    except BlockingIOError:
        return total


def act(netns: str, comm: str, uid: str) -> None:
    """Be a program: carry out what the scenario sends, one JSON text a line."""
    enter(netns, comm, int(uid))
    scope = dict(globals())
    for line in sys.stdin:
        exec(json.loads(line), scope)
        print("done", flush=True)


class Program:
    """A process of a scenario; `do` runs a few lines in it and waits for them."""

    def __init__(self, netns: str, comm: str, argv0: str, uid: int) -> None:
        self.process = subprocess.Popen(
            [argv0 or comm, "-s", "-S", __file__, netns, comm, str(uid)],
            executable=sys.executable,
            env={**ENV, "PYTHONHOME": sys.base_prefix},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def do(self, code: str) -> None:
        """Run lines in the program; they share its names from call to call."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError(f"failed in the program: {code}")

    def end(self) -> None:
        """Kill it and the children it forked: only its own session."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


# --- the namespaces ---------------------------------------------------------------------


def run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, env=ENV)


class Lab:
    """Two namespaces, one cable, the programs in them; all gone at the end."""

    def __init__(self) -> None:
        self.programs: list[Program] = []

    def __enter__(self) -> Lab:
        try:
            self.build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def build(self) -> None:
        """Make the namespaces and the cable, and give both ends their addresses."""
        for side in (SERVER, CLIENT):
            run("ip", "netns", "add", side.netns)
        run(
            *("ip", "link", "add", "eth0", "netns", SERVER.netns, "type", "veth"),
            *("peer", "name", "eth0", "netns", CLIENT.netns),
        )
        for side in (SERVER, CLIENT):
            ip = ("ip", "-n", side.netns)
            run(*ip, "link", "set", "lo", "up")
            run(*ip, "link", "set", "eth0", "address", side.mac, "addrgenmode", "none", "up")
            for address in side.addresses:
                # nodad: an IPv6 address is usable at once only without its test.
                flags = ("nodad",) if ":" in address else ()
                run(*ip, "address", "add", address, "dev", "eth0", *flags)

    def close(self) -> None:
        """End the programs, then take down what was built, as far as it got."""
        for program in self.programs:
            program.end()
        for side in (SERVER, CLIENT):
            subprocess.run(["ip", "netns", "delete", side.netns], check=False, env=ENV)

    def start(self, side: Side, comm: str, *, argv0: str = "", uid: int = 0) -> Program:
        """Start a program in one of the namespaces."""
        program = Program(side.netns, comm, argv0, uid)
        self.programs.append(program)
        return program

    def unanswered(self, side: Side, *addresses: str) -> None:
        """Packets to these addresses go out and reach nobody."""
        for address in addresses:
            run(
                *("ip", "-n", side.netns, "neighbour", "replace", address),
                *("lladdr", NOWHERE, "dev", "eth0", "nud", "permanent"),
            )

    def ports(self, side: Side, first: int, last: int) -> None:
        """Narrow the ephemeral ports of a namespace."""
        value = f"net.ipv4.ip_local_port_range={first} {last}"
        run("ip", "netns", "exec", side.netns, "sysctl", "-qw", value)

    def show(self, side: Side, *command: str, messages: bool = False) -> bytes:
        """What a command prints in a namespace; with its messages as in `2>&1`."""
        done = subprocess.run(
            ["ip", "netns", "exec", side.netns, *command],
            env=ENV,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if messages else subprocess.DEVNULL,
            check=False,
        )
        return done.stdout

    def store(self, name: str, side: Side, command: str, *, messages: bool = False) -> None:
        """Keep what a command prints as a sample."""
        keep(name, self.show(side, *command.split(), messages=messages))

    def judge(self, side: Side, command: str) -> None:
        """Print what nsparse says of what a command prints; nothing is kept."""
        shown = self.show(side, *command.split())
        print(f"{command}: {shown.count(bytes([10]))} lines")
        subprocess.run([*JUDGE, "-"], input=shown, check=False)


def keep(name: str, content: bytes) -> None:
    """Write one file beside this script."""
    path = SAMPLES / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{name}: {content.count(bytes([10]))} lines")


if __name__ == "__main__":
    act(*sys.argv[1:])
