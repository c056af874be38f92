"""Piles, and the steps by system: what every diagnosis is written with."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nsparse.judging.evidence import advice
from nsparse.judging.evidence.pile import Pile, piles
from nsparse.judging.scene.rows import Rows
from nsparse.judging.scene.scene import Scene, scenes
from nsparse.schema import frame

if TYPE_CHECKING:
    from tests.conftest import Ask

LIMITS = {"few": 4, "share": 0.5, "many": 50, "fd_share": 0.4}


def scene(*states: str, pid: int | None = 7) -> Scene:
    """Connections of one service in these states, one listener before them."""
    n = len(states) + 1
    same = {"file": "d.txt", "os": "linux", "tool": "ss", "section": "inet", "proto": "tcp"}
    cells: dict[str, list[Any]] = {name: [value] * n for name, value in same.items()}
    cells |= {"line": list(range(1, n + 1)), "state": ["LISTEN", *states]}
    cells |= {"local_addr": ["192.0.2.1"] * n, "local_port": [80] * n, "pid": [pid] * n}
    cells |= {
        "process": [pid and "java"] * n,
        "remote_addr": ["0.0.0.0"] + ["203.0.113.9"] * (n - 1),
    }
    cells |= {"remote_port": [None, *range(40001, 40000 + n)]}
    return scenes(frame(cells, n))[0]


def only(at: Scene, **truths: list[bool]) -> Pile:
    marks = {name: np.array(told) for name, told in truths.items()}
    [pile] = piles(at, Rows(at.view, at.view.is_("state", "LAST_ACK"), **marks), LIMITS)
    return pile


def test_a_pile_is_counted_inside_its_group() -> None:
    pile = only(scene("LAST_ACK", "LAST_ACK", "ESTABLISHED", "TIME_WAIT"), odd=[True, False])
    assert (pile.n, pile.base, pile.counts["odd"], pile.kept) == (2, 3, 1, 0)
    assert dict(pile.states) == {"LAST_ACK": 2, "ESTABLISHED": 1}
    assert list(pile.rows["line"]) == [2, 3]
    assert (pile.who, pile.program, pile.speaks) == ("java/7", "java", False)
    assert pile.part() == "2 of 3 connections accepted on port 80"
    assert pile.table("LAST_ACK", pile.states, "other", ["odd"]) == (
        "state        n  odd  oldest",
        "LAST_ACK     2  1    not in this dump",
        "ESTABLISHED  1",
    )


@pytest.mark.parametrize(("paired", "few"), [(1, 4), (2, 2), (3, 2)])
def test_what_is_proven_for_most_rows_halves_few(paired: int, few: int) -> None:
    pile = only(scene(*["LAST_ACK"] * 4), paired=[n < paired for n in range(4)])
    assert (pile.held["few"], pile.proofs) == (few, int(paired > 1))
    assert pile.confidence() == ("high" if paired > 1 else "medium")
    assert pile.finding("x", "notice", "low", "It is.").limits["few"] == few


def test_a_finding_stands_on_the_rows_of_its_pile() -> None:
    pile = only(scene(*["LAST_ACK"] * 5))
    finding = pile.finding("x", "notice", "low", "It is.", cause=("why",))
    assert (finding.n, finding.base, finding.sockets) == (5, 5, (1, 2, 3, 4, 5))
    assert (finding.group.owner, finding.group.service) == ("java/7", "192.0.2.1:80")
    assert (finding.cause, finding.refs) == (("why",), ())


def test_rows_tell_what_is_frequent_and_what_all_share() -> None:
    at = scene("LAST_ACK", "ESTABLISHED", "LAST_ACK", "CLOSING", pid=None)
    rows = Rows(at.view, at.view.true("live"), late=np.array([True, False, True, True]))
    assert (rows.different("state"), rows.only("state"), rows.only("proto")) == (3, None, "tcp")
    assert rows.leading("state", 1) == {"LAST_ACK": 2, "ESTABLISHED": 1, "CLOSING": 1}
    assert rows.leading("owner", 1) == {}
    assert (rows.different("process"), rows.only("process")) == (0, None)
    assert rows.leading("process", 1) == {}
    late = rows.part(rows.more["late"])
    assert (list(late.index), list(late["remote_port"])) == ([1, 3, 4], [40001, 40003, 40004])
    row = late.row(1)
    assert (row["line"], row["bound"], row["late"]) == (4, "192.0.2.1:80", True)


def test_too_few_rows_are_no_pile() -> None:
    at = scene("LAST_ACK")
    assert list(piles(at, Rows(at.view, at.view.is_("state", "LAST_ACK")), LIMITS)) == []
    assert list(piles(at, Rows(at.view, at.view.is_("state", "CLOSING")), LIMITS)) == []
    [pile] = piles(at, Rows(at.view, at.view.true("live")), LIMITS, ("listener",), least=1)
    assert (pile.n, pile.base) == (1, 1)


@pytest.mark.parametrize(
    ("os", "commands"),
    [
        ("linux", ["ss -ltnp '( sport = :80 )'", "jstack 7", "think"]),
        ("macos", ["netstat -Lan", "jstack 7", "think"]),
        ("freebsd", ["netstat -Lan", "jstack 7", "think"]),
        ("windows", ["jstack 7", "think"]),
        (
            None,
            ["ss -ltnp '( sport = :80 )'", "jstack 7", "netstat -Lan", *["jstack 7"] * 2, "think"],
        ),
    ],
)
def test_steps_are_those_of_the_system(os: str | None, commands: list[str]) -> None:
    host: Any = SimpleNamespace(os=os)
    queue = advice.filled(advice.ACCEPTING, port=80)
    steps = advice.steps(host, queue, "think", advice.stack({"pid": 7, "process": "java"}))
    assert [step.cmd for step in steps] == commands
    assert steps[-1].os == "any"


@pytest.mark.parametrize(
    ("os", "commands"),
    [
        ("macos", ["sample 7", "nc -vz -G 5 192.0.2.1 80", "netstat -s -p tcp", "launchctl limit"]),
        ("freebsd", ["procstat -kk 7", "nc -vz -w 5 192.0.2.1 80", "netstat -s -p tcp"]),
        ("openbsd", ["gdb -p 7", "nc -vz -w 5 192.0.2.1 80", "netstat -s -p tcp"]),
        ("illumos", ["pstack 7"]),
    ],
)
def test_systems_are_told_tools_that_they_have(os: str, commands: list[str]) -> None:
    host: Any = SimpleNamespace(os=os)
    shared, own = {"macos": "netstat -s -p tcp"}, {"macos": "launchctl limit"}
    reach = advice.filled(advice.REACH, addr="192.0.2.1", port=80)
    steps = advice.steps(host, advice.stack_of("nginx", 7), reach, shared, own)
    assert [(step.os, step.cmd) for step in steps] == [(os, command) for command in commands]


@pytest.mark.parametrize(
    ("os", "commands"),
    [
        ("macos", ["netstat -Lan", "netstat -anv", "netstat -anW"]),
        ("freebsd", ["netstat -Lan", "netstat -anx", "netstat -anW"]),
        ("openbsd", ["netstat -anB", "netstat -anv"]),
        ("netbsd", ["netstat -an", "netstat -anv"]),
    ],
)
def test_netstat_has_other_options_on_other_systems(os: str, commands: list[str]) -> None:
    """FreeBSD has no -v; on OpenBSD and NetBSD -L shows no queues, and -W no wide addresses."""
    host: Any = SimpleNamespace(os=os)
    every = {"macos": "netstat -anv -L"}  # what only macOS takes is told to nobody else
    steps = advice.steps(host, advice.LISTEN_QUEUES, advice.BUFFERS, advice.UNCUT, every)
    assert [step.cmd for step in steps] == commands + ["netstat -anv -L"] * (os == "macos")


def test_every_step_names_systems_that_there_are() -> None:
    tables = {name: value for name, value in vars(advice).items() if name.isupper()}
    steps = [value for value in tables.values() if isinstance(value, dict)]
    steps = [step for step in steps if step not in (advice.DUMPERS, advice.SS_STATES)]
    assert len(steps) > 10
    known = {*advice.SYSTEMS, ""}  # what stands for a system that is not known
    assert all(set(step) <= known for step in steps)


@pytest.mark.parametrize(
    ("os", "command"),
    [
        ("linux", "ls -l /proc/7/exe"),
        ("macos", "ps -o comm= -p 7"),
        ("netbsd", "ps -o command= -p 7"),  # its `comm` is a name without a folder
        ("windows", "Get-Process -Id 7 | Select-Object Path"),
    ],
)
def test_where_the_program_of_a_process_lies(os: str, command: str) -> None:
    host: Any = SimpleNamespace(os=os)
    [step] = advice.steps(host, advice.of_process(advice.BINARY, {"pid": 7}))
    assert step.cmd == command


# ---- a process for each connection -------------------------------------------------------------

LEAK = "close-wait-leak"
SS = "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"


def forked(processes: int, each: int = 1, *, name: str = "postgres", more: str = "") -> str:
    """Rows of so many processes, each with so many connections of one service."""
    rows = (
        f"CLOSE-WAIT 0 0 192.0.2.1:{{}} 203.0.113.9:5432"
        f' users:(("{name}",pid={700 + n // each},fd=9)){more}\n'
        for n in range(processes * each)
    )
    return SS + "".join(row.format(40000 + n) for n, row in enumerate(rows))


@pytest.mark.parametrize(
    ("processes", "each", "owners"),
    [
        (4, 1, []),  # four processes of a name may be four programs
        (5, 1, ["postgres"]),
        (5, 4, ["postgres"]),
        (5, 5, [f"postgres/{700 + n}" for n in range(5)]),  # each is a pile by itself
    ],
)
def test_processes_with_few_connections_each_are_one_program(
    ask: Ask, processes: int, each: int, owners: list[str]
) -> None:
    found = ask.found(forked(processes, each), LEAK)
    assert [one.group.owner for one in found] == owners
    for one in found:
        assert one.verdict.endswith(f"the server has closed, {one.group.owner} has not.")
        assert (one.group.pid is None) == (one.group.owner == "postgres")


@pytest.mark.parametrize(("processes", "speaks"), [(4, False), (5, True)])
def test_processes_without_names_are_nobodys(ask: Ask, processes: int, *, speaks: bool) -> None:
    """`netstat -ano` prints no names: it must not say less than `netstat -an`."""
    rows = "".join(
        f"  TCP    192.0.2.1:5432    203.0.113.9:{40000 + n}    CLOSE_WAIT    {n // 2 + 700}\n"
        for n in range(2 * processes)
    )
    listener = "  TCP    0.0.0.0:5432    0.0.0.0:0    LISTENING    600\n"
    found = ask.found(
        "  Proto  Local Address  Foreign Address  State  PID\n" + listener + rows, LEAK
    )
    assert [(one.group.owner, one.group.pid, one.n) for one in found] == [(None, None, 10)] * speaks


def test_processes_are_one_program_by_their_name_and_service(ask: Ask) -> None:
    """Titles that processes give themselves are no names; another service is another matter."""
    titles = ("postgres:", "/usr/bin/postgres", "postgres")
    rows = forked(6).splitlines()[1:]
    told = [row.replace("postgres", titles[n % 3]) for n, row in enumerate(rows)]
    [one] = ask.found(SS + "\n".join(told) + "\n", LEAK)
    assert (one.group.owner, one.group.process, one.n) == ("postgres", "postgres", 6)
    away = [row.replace(":5432", f":{6000 + n}") for n, row in enumerate(rows)]
    assert not ask.found(SS + "\n".join(away) + "\n", LEAK)


def test_the_descriptors_of_many_processes_are_not_those_of_one(ask: Ask) -> None:
    times = ("Mon Nov 23 09:00:00 UTC 2026", "Mon Nov 23 09:05:00 UTC 2026")
    for rows, severity in ((forked(500), "warning"), (forked(1, 500), "critical")):
        text = "".join(f"{when}\n{rows}" for when in times)
        assert ask.severities(text, LEAK) == [severity]


def test_every_process_has_a_pool_of_its_own(ask: Ask) -> None:
    """201 stale connections of one process are no pool any more; 4 of each of many still are."""
    stale = forked(100, 4, name="php-fpm").replace("CLOSE-WAIT 0", "CLOSE-WAIT 1")
    [one] = ask.found(stale, LEAK, "close-wait-pool")
    assert (one.id, one.severity, one.n) == ("close-wait-pool", "notice", 400)
    stale = forked(1, 201, name="php-fpm").replace("CLOSE-WAIT 0", "CLOSE-WAIT 1")
    assert [one.id for one in ask.found(stale, LEAK, "close-wait-pool")] == [LEAK]


def test_what_one_row_proves_is_said_once_of_many_processes(ask: Ask) -> None:
    probed = forked(6, more=" timer:(persist,30sec,0)").replace("CLOSE-WAIT 0 0", "ESTAB 0 9000")
    [one] = ask.found(probed, "zero-window")
    assert (one.n, one.group.owner, one.group.pid) == (6, "postgres", None)
