"""Diagnoses of closing: CLOSE_WAIT in four kinds, FIN_WAIT_2, TIME_WAIT.

A row of a table is `STATE RECV-Q SEND-Q LOCAL REMOTE [PROCESS/PID] [COLUMN=VALUE ...]`, with `-`
for what the tool did not print; `many` repeats one with ports of its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nsparse
from nsparse.diagnosis import alternatives
from nsparse.judging.scene.scene import constants, scenes
from nsparse.registry import diagnoses
from nsparse.schema import frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from nsparse.diagnosis import Finding
    from nsparse.judging.scene.scene import Scene

FAMILY = ("close-wait-leak", "close-wait-unaccepted", "close-wait-unread", "close-wait-pool")
ALL = (*FAMILY, "fin-wait2-stuck", "time-wait-churn")
TEXTS = {"host", "netns", "timer", "tool"}

# Ends that most tables need: a service of this host, the callers of it, a service elsewhere.
HERE, THERE = "198.51.100.20:8080", "203.0.113.9:443"
JAVA = f"LISTEN 0 100 {HERE} 0.0.0.0:* java/4711"
LEFT = f"CLOSE_WAIT 0 0 {HERE} 203.0.113.7:PORT java/4711"
UNREAD = f"CLOSE_WAIT 3069 0 {HERE} 203.0.113.7:PORT java/4711"
OPEN = f"ESTABLISHED 0 0 {HERE} 203.0.113.8:PORT java/4711"
CALL = f"ESTABLISHED 0 0 192.0.2.40:PORT {THERE} app/9337"
POOL = f"CLOSE_WAIT 1 0 192.0.2.40:PORT {THERE} app/9337"
FREE = POOL.removesuffix(" app/9337")


def many(n: int, row: str, start: int = 40000) -> list[str]:
    """The row n times, each with its own PORT."""
    return [row.replace("PORT", str(start + i)) for i in range(n)]


def _end(text: str, side: str) -> dict[str, Any]:
    addr, _, port = text.rpartition(":")
    return {f"{side}_addr": addr.strip("[]"), f"{side}_port": None if port == "*" else int(port)}


def _row(line: str) -> dict[str, Any]:
    state, recv_q, send_q, local, remote, *rest = line.split()
    row: dict[str, Any] = {"state": None if state == "-" else state, "state_raw": state}
    row |= _end(local, "local") | _end(remote, "remote")
    row["recv_q"] = None if recv_q == "-" else int(recv_q)
    row["send_q"] = None if send_q == "-" else int(send_q)
    for word in rest:
        if "=" in word:
            name, value = word.split("=", 1)
            row[name] = value if name in TEXTS else int(value)
        else:
            process, _, pid = word.rpartition("/")
            row |= {"process": process or None, "pid": int(pid)}
    return row


def dump(rows: Iterable[str], os: str = "linux", moments: tuple[str, ...] = ()) -> pd.DataFrame:
    """The common frame; with `moments` the same rows once for each of those times."""
    return _dump(tuple(rows), os, moments)


@cache
def _dump(rows: tuple[str, ...], os: str, moments: tuple[str, ...]) -> pd.DataFrame:
    found = [_row(line) for line in rows]
    times = moments or ("",)
    cells = [{**row, "snapshot": i, "taken_at": t} for i, t in enumerate(times) for row in found]
    for number, cell in enumerate(cells):
        fixed = {"file": "dump.txt", "line": number + 1, "os": os, "section": "inet"}
        cell |= {**fixed, "proto": "tcp", "family": "ipv4"}
        cell.setdefault("tool", "ss" if os == "linux" else "netstat")
        cell["taken_at"] = cell["taken_at"] or None
    names = {name for cell in cells for name in cell}
    values = {name: [cell.get(name) for cell in cells] for name in names}
    return frame(values, len(cells))


def scene(
    rows: Iterable[str], os: str = "linux", moments: tuple[str, ...] = (), **also: Any
) -> Scene:
    """The scene of the first host."""
    return scenes(dump(rows, os, moments), **also)[0]


def with_constants(at: Scene, **facts: object) -> Scene:
    """The scene of a host of which more is known."""
    return replace(at, constants=constants(at.os, facts))


def able(id_: str, at: Scene) -> bool:
    """Whether a diagnosis can be judged."""
    needs = diagnoses()[id_].needs
    return set(needs) <= at.has | alternatives(needs, at.has)


def found(id_: str, at: Scene, **numbers: float) -> list[Finding]:
    """What one diagnosis says of a scene in which it can be judged."""
    assert able(id_, at), "not evaluated"
    return said(id_, at, **numbers)


def said(id_: str, at: Scene, **numbers: float) -> list[Finding]:
    """What one diagnosis says of a scene, by the numbers in force for all of them."""
    limits = {name: {**one.defaults} for name, one in diagnoses().items()}
    limits[id_] |= numbers
    return list(diagnoses()[id_].check(replace(at, numbers=limits), limits[id_]))


def brief(finding: Finding) -> str:
    group = finding.group
    place = " ".join(part for part in (group.role, group.service, group.owner) if part)
    return f"{finding.severity} {finding.id} {place} ({finding.confidence}): {finding.verdict}"


def loud(at: Scene) -> list[str]:
    """Everything at notice or above that the six diagnoses say."""
    judged = [id_ for id_ in ALL if able(id_, at)]
    return [brief(f) for id_ in judged for f in found(id_, at) if f.severity != "info"]


@pytest.mark.parametrize(
    ("id_", "state"),
    [("fin-wait2-stuck", "FIN_WAIT_2"), ("close-wait-leak", "CLOSE_WAIT")],
)
def test_a_row_without_a_remote_end_is_no_connection(id_: str, state: str) -> None:
    n = 100  # so many are enough, whatever they are a part of
    assert found(id_, scene([JAVA, *many(n, f"{state} 0 0 {HERE} 203.0.113.7:PORT java/4711")]))
    assert not found(id_, scene([JAVA, *[f"{state} 0 0 {HERE} 0.0.0.0:* java/4711"] * n]))


LEAK = [
    JAVA,
    *many(4, LEFT, 50110),
    *many(2, f"CLOSE_WAIT 0 0 {HERE} 203.0.113.9:PORT java/4711", 41210),
    *many(1, OPEN),
]
BOTH_ENDS = [
    "LISTEN 0 511 127.0.0.1:3000 0.0.0.0:* node/300",
    *many(3, "FIN_WAIT_2 0 0 127.0.0.1:3000 127.0.0.1:PORT node/300", 40110),
    *many(3, "CLOSE_WAIT 0 0 127.0.0.1:PORT 127.0.0.1:3000 worker/95", 40110),
    *many(1, "ESTABLISHED 0 0 127.0.0.1:3000 127.0.0.1:PORT node/300", 40130),
    *many(1, "ESTABLISHED 0 0 127.0.0.1:PORT 127.0.0.1:3000 worker/95", 40130),
]
UNACCEPTED = [
    "LISTEN 6 5 198.51.100.20:9000 0.0.0.0:* python3/812",
    "CLOSE_WAIT 251 0 198.51.100.20:9000 203.0.113.21:40112",
    "CLOSE_WAIT 251 0 198.51.100.20:9000 203.0.113.21:40118",
    "CLOSE_WAIT 149 0 198.51.100.20:9000 203.0.113.22:51820",
    "CLOSE_WAIT 251 0 198.51.100.20:9000 203.0.113.24:33010",
    "ESTABLISHED 250 0 198.51.100.20:9000 203.0.113.25:60001",
    "ESTABLISHED 148 0 198.51.100.20:9000 203.0.113.22:51900",
    "SYN_RECEIVED 0 0 198.51.100.20:9000 203.0.113.26:45001",
    "ESTABLISHED 0 0 198.51.100.20:22 192.0.2.9:50514 sshd/1022",
]


def test_leak_reads_as_in_the_catalogue() -> None:
    (finding,) = found("close-wait-leak", scene(LEAK))
    assert brief(finding) == (
        "warning close-wait-leak server 198.51.100.20:8080 java/4711 (medium): 6 of 7 connections "
        "accepted on port 8080 are CLOSE_WAIT: the clients have closed, java/4711 has not."
    )
    assert (finding.n, finding.base, finding.sockets) == (6, 7, (1, 2, 3, 4, 5, 6))
    assert finding.evidence == (
        "state        n  Recv-Q 0  =1  2-64  >64  oldest",
        "CLOSE_WAIT   6  6         0   0     0    not in this dump",
        "ESTABLISHED  1",
        "peers: 203.0.113.7 (4), 203.0.113.9 (2)",
    )
    assert finding.cause == (
        "Recv-Q 0: java has read end-of-stream and kept the descriptor (missing close in an error "
        "path).",
    )
    assert [step.cmd for step in finding.next][:2] == [
        "ss -tanpe state close-wait '( sport = :8080 )'",
        "jstack 4711",
    ]
    assert finding.caveats == ("how long: take a second snapshot 120 s later",)
    assert loud(scene(LEAK)) == [brief(finding)]


def test_leak_shows_the_states_of_what_is_open() -> None:
    """In a dump without owners those of the service that are over would be in its group."""
    over = f"TIME_WAIT 0 0 {HERE} 203.0.113.8:PORT"
    rows = [row.removesuffix(" java/4711") for row in LEAK]
    (finding,) = found("close-wait-leak", scene([*rows, *many(9, over, 60000)]))
    assert (finding.n, finding.base) == (6, 7)
    assert "TIME_WAIT" not in " ".join(finding.evidence)


def test_leak_seen_from_both_ends() -> None:
    at = scene(BOTH_ENDS)
    (leak,) = found("close-wait-leak", at)
    assert brief(leak) == (
        "warning close-wait-leak client 127.0.0.1:3000 worker/95 (high): 3 of 4 connections from "
        "worker/95 to 127.0.0.1:3000 are CLOSE_WAIT: node/300 has closed, worker/95 has not."
    )
    assert leak.limits["few"] == 3
    (stuck,) = found("fin-wait2-stuck", at)
    assert brief(stuck) == (
        "warning fin-wait2-stuck server 127.0.0.1:3000 node/300 (high): 3 of 4 connections "
        "accepted on port 3000 are FIN_WAIT_2: node/300 has closed its direction, worker/95 has "
        "not."
    )
    assert set(at.rows.loc[list(leak.sockets), "pair"]) == set(stuck.sockets)


def test_one_cause_is_one_finding() -> None:
    both = nsparse.diagnose(dump(BOTH_ENDS), select=ALL)
    assert [(f.id, f.absorbed) for f in both.findings] == [
        ("close-wait-leak", ("fin-wait2-stuck: 3 rows of node/300",))
    ]
    queue = nsparse.diagnose(dump(UNACCEPTED), select=[*ALL, "accept-queue-full"])
    assert [(f.id, f.absorbed) for f in queue.findings] == [
        ("accept-queue-full", ("close-wait-unaccepted: 4 rows",))
    ]


def test_the_other_end_may_be_on_another_host() -> None:
    far = "FIN_WAIT_2 0 0 203.0.113.7:PORT 198.51.100.20:8080 curl/7 host=app1"
    rows = [f"{line} host=web1" for line in [JAVA, *many(3, LEFT), *many(1, OPEN)]]
    assert found("close-wait-leak", scene(rows)) == []
    (finding,) = found("close-wait-leak", scene([*rows, *many(3, far)]))
    assert finding.confidence == "high"
    assert finding.verdict.endswith("are CLOSE_WAIT: curl/7 has closed, java/4711 has not.")


@pytest.mark.parametrize(
    ("far", "others", "expected"),
    [
        # The rows of the two findings are the two ends of the same connections.
        (40000, 0, ["close-wait-leak"]),
        # Half of what the other host waits for is here; the rest is not.
        (40000, 6, ["close-wait-leak"]),
        (40000, 7, ["close-wait-leak", "fin-wait2-stuck"]),
        # The same hosts, and other connections.
        (50000, 0, ["close-wait-leak", "fin-wait2-stuck"]),
    ],
)
def test_one_cause_is_one_finding_on_two_hosts(far: int, others: int, expected: list[str]) -> None:
    held = "FIN_WAIT_2 0 0 203.0.113.7:PORT 198.51.100.20:8080 curl/7 host=app1"
    rows = [f"{line} host=web1" for line in [JAVA, *many(6, LEFT)]]
    report = nsparse.diagnose(
        dump([*rows, *many(6, held, far), *many(others, held, 60000)]), select=ALL
    )
    assert sorted(finding.id for finding in report.findings) == expected
    leak = next(finding for finding in report.findings if finding.id == expected[0])
    assert (leak.host, leak.absorbed) == (
        "web1",
        (f"fin-wait2-stuck: {6 + others} rows of curl/7 on app1",) * (len(expected) == 1),
    )


def test_nothing_is_summed_over_namespaces() -> None:
    rows = [f"{line} netns={name}" for name in ("blue", "red") for line in many(3, UNREAD)]
    assert loud(scene(rows)) == []
    assert loud(scene([line.split(" netns")[0] for line in many(6, UNREAD)])) != []


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ([JAVA, *many(4, LEFT)], None),
        ([JAVA, *many(5, LEFT)], "warning"),
        ([JAVA, *many(5, LEFT), *many(5, OPEN)], "warning"),
        ([JAVA, *many(5, LEFT), *many(6, OPEN)], None),
        ([JAVA, *many(19, LEFT), *many(100, OPEN)], None),
        ([JAVA, *many(20, LEFT), *many(100, OPEN)], "notice"),
        ([JAVA, *many(20, LEFT), *many(180, OPEN)], "notice"),
        ([JAVA, *many(20, LEFT), *many(181, OPEN)], None),
        ([JAVA, *many(99, LEFT), *many(901, OPEN)], None),
        ([JAVA, *many(100, LEFT), *many(901, OPEN)], "warning"),
        ([JAVA, *many(500, LEFT)], "warning"),  # one moment: not critical, whatever the limit
        ([JAVA, *many(999, LEFT)], "warning"),
        ([JAVA, *many(1000, LEFT), *many(9000, OPEN, 50000)], "critical"),
    ],
)
def test_leak_levels(rows: list[str], severity: str | None) -> None:
    assert [f.severity for f in found("close-wait-leak", scene(rows))] == [severity] * bool(
        severity
    )


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("", "accepted on port 8080 are CLOSE_WAIT: the clients have closed, java/4711 has not."),
        ("-", "on port 8080 are CLOSE_WAIT: the clients have closed, the local program has not."),
    ],
)
def test_leak_without_owners_is_less_sure(word: str, says: str) -> None:
    rows = LEAK if not word else [line.replace(" java/4711", "") for line in LEAK]
    (finding,) = found("close-wait-leak", scene(rows))
    assert finding.verdict == f"6 of 7 connections {says}"
    assert finding.confidence == ("low" if word else "medium")
    assert any("which program" in caveat for caveat in finding.caveats) == bool(word)


def test_leak_of_nobody_in_a_dump_with_owners_is_less_sure() -> None:
    """They were read (Recv-Q 0), so that somebody has accepted them: it is not shown who."""
    rows = [line.replace(" java/4711", "") for line in LEAK]
    seen = f"ESTABLISHED 0 0 {HERE.replace('8080', '22')} 192.0.2.9:50514 sshd/1022"
    (finding,) = found("close-wait-leak", scene([*rows, seen]))
    assert finding.confidence == "low"
    assert not any("which program" in caveat for caveat in finding.caveats)


def test_leak_of_a_uid() -> None:
    rows = [f"{line} uid=1000 inode=77".replace(" java/4711", "") for line in LEAK]
    (finding,) = found("close-wait-leak", scene(rows))
    assert finding.verdict.endswith("the clients have closed, uid 1000 has not.")


def test_leak_of_an_unknown_direction() -> None:
    rows = many(6, "CLOSE_WAIT 0 0 198.51.100.20:45PORT 203.0.113.7:46PORT java/4711", 100)
    (finding,) = found("close-wait-leak", scene(rows))
    assert brief(finding) == (
        "warning close-wait-leak java/4711 (low): 6 of 6 connections of java/4711 are CLOSE_WAIT: "
        "the other ends have closed, java/4711 has not."
    )


NOBODYS = [row.removesuffix(" java/4711") for row in LEAK[:7]]
ASTRAY = "CLOSE_WAIT 0 0 198.51.100.20:45PORT 203.0.113.7:46PORT"
"""Neither of its ports tells which end serves."""


@pytest.mark.parametrize(
    ("count", "owner", "levels"),
    [
        (19, "", []),
        (20, "", ["notice"]),
        (99, "", ["notice"]),
        (100, "", ["warning"]),
        (6, "java/4711", ["warning"]),
    ],
)
def test_what_is_nobodys_and_of_no_service_has_no_share(
    count: int, owner: str, levels: list[str]
) -> None:
    """Without owners, as of `netstat -an | grep CLOSE_WAIT`, it may be all of the dump."""
    rows = many(count, f"{ASTRAY} {owner}", 100)
    assert [one.severity for one in found("close-wait-leak", scene(rows))] == levels


@pytest.mark.parametrize(
    ("rows", "says", "beside"),
    [
        # What the program has besides, whatever its service is; what is over is no part of it.
        (
            [
                *many(6, f"{ASTRAY} java/4711", 100),
                f"ESTABLISHED 0 0 192.0.2.40:41000 {THERE} java/4711",
                *many(9, f"TIME_WAIT 0 0 192.0.2.40:PORT {THERE} java/4711"),
                f"ESTABLISHED 0 0 192.0.2.40:41001 {THERE} app/9337",
            ],
            "6 of 7 connections of java/4711",
            1,
        ),
        # A connection of the program to itself is one, though it has two rows.
        (
            [
                *many(6, f"{ASTRAY} java/4711", 100),
                "LISTEN 0 9 127.0.0.1:3000 0.0.0.0:* java/4711",
                "ESTABLISHED 0 0 127.0.0.1:3000 127.0.0.1:40000 java/4711",
                "ESTABLISHED 0 0 127.0.0.1:40000 127.0.0.1:3000 java/4711",
            ],
            "6 of 7 connections of java/4711",
            2,
        ),
        # Connections of nobody are a part of the service, whoever has the others.
        ([*NOBODYS, *many(2, OPEN)], "6 of 8 connections on port 8080", 2),
        (
            [
                *many(100, ASTRAY, 100),
                *many(3, ASTRAY.replace("CLOSE_WAIT", "ESTABLISHED"), 200),
                *many(2, f"{ASTRAY} java/4711".replace("CLOSE_WAIT", "ESTABLISHED"), 300),
            ],
            "100 of 105 connections without a known service",
            5,
        ),
        # Another worker has accepted on the port as well.
        (
            [*LEAK, *many(3, OPEN.replace("4711", "4712"), 60000)],
            "6 of 7 connections accepted by java/4711 on port 8080",
            1,
        ),
        # The port is served on another address, too; then on both by both.
        (
            [*LEAK, "ESTABLISHED 0 0 198.51.100.21:8080 203.0.113.8:50000 java/4711"],
            f"6 of 7 connections accepted on {HERE}",
            1,
        ),
        (
            [
                *LEAK,
                "ESTABLISHED 0 0 198.51.100.21:8080 203.0.113.8:50000 java/4711",
                *many(3, OPEN.replace("4711", "4712"), 60000),
            ],
            f"6 of 7 connections accepted by java/4711 on {HERE}",
            1,
        ),
        # What is over there, or leads from here to such a port elsewhere, is not served here.
        (
            [
                *LEAK,
                "TIME_WAIT 0 0 198.51.100.21:8080 203.0.113.8:50000",
                "ESTABLISHED 0 0 192.0.2.40:40000 203.0.113.9:8080 java/4711",
            ],
            "6 of 7 connections accepted on port 8080",
            1,
        ),
    ],
)
def test_how_many_of_which_connections(rows: list[str], says: str, beside: int) -> None:
    """Who counts the rows of the dump comes to the same numbers, and so does the table."""
    (finding,) = found("close-wait-leak", scene(rows))
    assert finding.verdict.startswith(f"{says} are CLOSE_WAIT: ")
    assert says.startswith(f"{finding.n} of {finding.base} ")
    assert f"ESTABLISHED  {beside}" in finding.evidence


@pytest.mark.parametrize("more", ["send_q=1", "lastsnd_ms=9000"])
def test_half_close_in_use_is_no_leak(more: str) -> None:
    busy = [f"{line} {more}" if line.startswith("CLOSE") else line for line in LEAK]
    assert loud(scene(busy)) == []
    assert loud(scene([f"{line} lastsnd_ms=10000" for line in LEAK])) != []


def test_snapshots_that_are_too_near_to_prove_anything() -> None:
    moments = ("2026-01-05T10:00:00Z", "2026-01-05T10:01:50Z")
    (finding,) = found("close-wait-leak", scene([JAVA, *many(5, LEFT)], moments=moments))
    assert "at least 110 s" in finding.evidence[1]


def test_persistence_halves_few_and_lifts_the_cap() -> None:
    rows = [f"{line} inode={n}" for n, line in enumerate([JAVA, *many(3, LEFT), *many(3, OPEN)], 9)]
    early, late = "2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z"
    assert found("close-wait-leak", scene(rows)) == []
    assert found("close-wait-leak", scene(rows, moments=(early, "2026-01-05T10:01:59Z"))) == []
    (finding,) = found("close-wait-leak", scene(rows, moments=(early, late)))
    assert (finding.severity, finding.confidence, finding.limits["few"]) == ("warning", "high", 3)
    assert "at least 120 s" in finding.evidence[1]
    (finding,) = found(
        "close-wait-leak", scene(rows, moments=(early, late, "2026-01-05T12:00:00Z"))
    )
    assert "at least 7 200 s" in finding.evidence[1]
    large = [f"{line} inode={n}" for n, line in enumerate([JAVA, *many(410, LEFT)], 9)]
    (finding,) = found("close-wait-leak", scene(large[:-1], moments=(early, late)))
    assert finding.severity == "warning"  # 409 are less than 40 % of 1 024
    (finding,) = found("close-wait-leak", scene(large, moments=(early, late)))
    assert (finding.severity, finding.confidence) == ("critical", "medium")
    assert "the descriptor limit: 1 024 is assumed" in finding.caveats
    known = with_constants(scene(large, moments=(early, late)), fd_limit=1024)
    assert found("close-wait-leak", known)[0].confidence == "high"


@pytest.mark.parametrize(
    ("id_", "row"), [("close-wait-leak", LEFT), ("fin-wait2-stuck", LEFT.replace("CLOSE", "FIN"))]
)
@pytest.mark.parametrize(
    ("n", "limit", "severity"),
    [
        (102, 256, "warning"),
        (103, 256, "critical"),  # 40 % of 256 are 102.4
        (500, 1250, "critical"),
        (500, 1251, "warning"),
    ],
)
def test_a_pile_is_held_against_the_limit_of_its_own_process(
    id_: str, row: str, n: int, limit: int, severity: str
) -> None:
    """`/proc/PID/limits` in the bundle holds before what is usual."""
    row = row.replace("FIN_WAIT", "FIN_WAIT_2")
    rows = [f"{line} inode={i}" for i, line in enumerate([JAVA, *many(n, row)], 9)]
    moments = ("2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z")
    at = replace(scene(rows, moments=moments), facts={"limits": {4711: limit, 4712: 50}})
    (finding,) = found(id_, at)
    assert (finding.severity, finding.confidence, finding.caveats) == (severity, "high", ())
    told = "its limit: /proc/4711/limits" in finding.evidence
    assert told == (severity == "critical")


def test_leak_steps_down_in_a_cut_dump() -> None:
    (finding,) = found("close-wait-leak", scene(LEAK, truncated=("dump.txt",)))
    assert finding.confidence == "low"


@pytest.mark.parametrize(
    ("os", "queue", "cause", "command"),
    [
        ("linux", "1", "Recv-Q 1: only the FIN is unread", "jstack 4711"),
        ("linux", "25", "Recv-Q 2-64: the FIN and a tiny record are unread; 25 and 32 bytes", ""),
        ("linux", "32", "Recv-Q 2-64: the FIN and a tiny record are unread; 25 and 32 bytes", ""),
        ("linux", "33", "Recv-Q 2-64: the FIN and a tiny record are unread.", "jstack 4711"),
        ("linux", "64", "Recv-Q 2-64: the FIN and a tiny record are unread.", "jstack 4711"),
        ("macos", "0", "macOS does not count a FIN in Recv-Q", "lsof -nP -iTCP:8080"),
        ("windows", "-", "Windows prints no Recv-Q", "Get-NetTCPConnection -State CloseWait"),
    ],
)
def test_leak_reads_recv_q_as_the_system_prints_it(
    os: str, queue: str, cause: str, command: str
) -> None:
    rows = [line.replace("CLOSE_WAIT 0 0", f"CLOSE_WAIT {queue} 0") for line in LEAK]
    (finding,) = found("close-wait-leak", scene(rows, os))
    assert finding.cause[0].startswith(cause)
    assert any(step.cmd.startswith(command) for step in finding.next)
    assert {step.os for step in finding.next} == {os, "any"}
    assert ("Recv-Q" in finding.evidence[0]) == (queue != "-")


@pytest.mark.parametrize(
    ("os", "where"),
    [
        ("linux", "sudo ss -tuanpe"),
        ("macos", "sudo netstat -anv"),
        ("windows", "netstat -anob, as administrator"),
        ("aix", "lsof -nP -i"),
    ],
)
def test_which_program_by_the_tools_of_the_system(os: str, where: str) -> None:
    rows = [row.replace(" java/4711", "") for row in [JAVA, *many(5, LEFT)]]
    (finding,) = found("close-wait-leak", scene(rows, os))
    assert f"which program: {where}" in finding.caveats


@pytest.mark.parametrize(
    ("more", "says"), [((), ""), ((4,), " and 1 more"), ((4, 5), " and 2 more")]
)
def test_leak_names_three_of_its_peers(more: tuple[int, ...], says: str) -> None:
    rows = [
        row
        for n in (1, 2, 3, *more)
        for row in many(6 - n, LEFT.replace("203.0.113.7", f"203.0.113.{n}"), 40000 + 10 * n)
    ]
    (finding,) = found("close-wait-leak", scene([JAVA, *rows]))
    named = "203.0.113.1 (5), 203.0.113.2 (4), 203.0.113.3 (3)"
    assert finding.evidence[-1] == f"peers: {named}{says}"


@pytest.mark.parametrize(
    ("far", "closed"),
    [
        ("java/4711", "the other end, in the same process, has closed, java/4711 has not."),
        ("java/9", "java/9 has closed, java/4711 has not."),
    ],
)
def test_both_ends_in_one_process(far: str, closed: str) -> None:
    here, there = "127.0.0.1:8080", "127.0.0.1:PORT"
    rows = [f"LISTEN 0 100 {here} 0.0.0.0:* java/4711"]
    rows += many(6, f"CLOSE_WAIT 0 0 {here} {there} java/4711")
    rows += many(6, f"FIN_WAIT_2 0 0 {there} {here} {far}")
    (finding,) = found("close-wait-leak", scene(rows))
    assert finding.verdict.endswith(f"CLOSE_WAIT: {closed}")


@pytest.mark.parametrize(
    ("moments", "asks"),
    [
        ((), "how long: take a second snapshot 120 s later"),
        (("", ""), "how long: no time is printed between the snapshots; run `date` before each"),
        (
            ("2026-01-05T10:00:00Z", "2026-01-05T10:00:30Z"),
            "whether it lasts: take the snapshots 120 s apart or more",
        ),
    ],
)
def test_how_long_needs_two_moments_and_their_times(moments: tuple[str, ...], asks: str) -> None:
    (finding,) = found("close-wait-leak", scene(LEAK, moments=moments))
    assert asks in finding.caveats


def test_unaccepted_speaks_of_the_listener() -> None:
    at = scene(UNACCEPTED)
    (finding,) = found("close-wait-unaccepted", at)
    assert brief(finding) == (
        "critical close-wait-unaccepted server 198.51.100.20:9000 python3/812 (high): 4 of 7 "
        "connections on port 9000 were never accepted: the clients have given up, python3/812 has "
        "not called accept()."
    )
    assert finding.evidence[-1] == (
        "without an owner on the port: 4 CLOSE_WAIT, 2 ESTABLISHED; 6 wait for accept(), the limit "
        "is 5"
    )
    assert "py-spy dump --pid 812" in [step.cmd for step in finding.next]
    assert found("close-wait-leak", at) == []
    assert found("close-wait-unread", at) == []


@pytest.mark.parametrize(
    ("given_up", "accepted", "severity"),
    [
        (2, 2, None),
        (3, 0, None),
        (3, 7, "warning"),
        (3, 8, None),
        (49, 151, None),
        (50, 151, "warning"),
    ],
)
def test_unaccepted_levels(given_up: int, accepted: int, severity: str | None) -> None:
    left = f"CLOSE_WAIT 90 0 {HERE} 203.0.113.7:PORT"
    java = JAVA.replace("LISTEN 0", f"LISTEN {given_up}")
    at = scene([java, *many(given_up, left), *many(accepted, OPEN)])
    assert [f.severity for f in found("close-wait-unaccepted", at)] == [severity] * bool(severity)
    assert found("close-wait-leak", at) == []


@pytest.mark.parametrize(("waiting", "severity"), [(4, "warning"), (5, "warning"), (6, "critical")])
def test_unaccepted_is_critical_over_the_limit(waiting: int, severity: str) -> None:
    rows = [UNACCEPTED[0].replace("LISTEN 6", f"LISTEN {waiting}"), *UNACCEPTED[1:]]
    assert [f.severity for f in found("close-wait-unaccepted", scene(rows))] == [severity]


@pytest.mark.parametrize(
    ("waiting", "unread", "more", "confidence"),
    [
        ("3", (100, 100, 111), [], "medium"),  # as many as wait in the queue of the listener
        ("10", (100, 200) * 4 + (100,), [], "medium"),  # 9 of 10: no table is one instant
        ("10", (100, 200) * 4, [], "low"),  # 8 are not 10, and not the same request
        ("-", (100, 100, 110), [], "medium"),  # the same request from all, within a tenth
        ("-", (100, 100, 111), [], "low"),
        ("-", (100, 100, 111), ["SYN_RECEIVED 0 0 HERE 203.0.113.9:500"], "medium"),
        ("-", (100, 100, 111), ["ESTABLISHED 0 0 HERE 203.0.113.9:500 inode=8"], "low"),
        ("3", (100, 100, 110), [], "medium"),  # high only over the limit, or when it lasts
        ("5", (100,) * 9, [], "medium"),
        ("4", (100,) * 9, [], "low"),  # most of them do not wait in the queue
    ],
)
def test_unaccepted_is_surer_where_more_agrees(
    waiting: str, unread: tuple[int, ...], more: list[str], confidence: str
) -> None:
    """Inodes without programs prove that nobody accepted, and cost a step."""
    rows = [f"LISTEN {waiting} 128 {HERE} 0.0.0.0:* inode=7"]
    rows += [f"CLOSE_WAIT {q} 0 {HERE} 203.0.113.7:{40000 + n}" for n, q in enumerate(unread)]
    rows += [f"ESTABLISHED 0 0 {HERE} 203.0.113.8:50000 inode=9"]
    (finding,) = found(
        "close-wait-unaccepted", scene([*rows, *(line.replace("HERE", HERE) for line in more)])
    )
    assert (finding.severity, finding.confidence) == ("warning", confidence)


def test_unaccepted_needs_visible_owners() -> None:
    rows = [" ".join(line.split()[:5]) for line in UNACCEPTED]
    at = scene(rows)
    assert not able("close-wait-unaccepted", at)
    assert loud(at) == []  # four CLOSE_WAIT rows are under few, whoever they belong to
    hidden = [UNACCEPTED[0].removesuffix(" python3/812"), *UNACCEPTED[1:]]
    assert found("close-wait-unaccepted", scene(hidden)) == []


@pytest.mark.parametrize(("queue", "kept"), [(0, 6), (5, 6), (6, 0)])
@pytest.mark.parametrize("unread", [1, 3069])
def test_what_the_accept_queue_explains_is_not_kept(queue: int, kept: int, unread: int) -> None:
    """Whether the clients have said something or not, before they left."""
    left = UNREAD.replace("3069", str(unread))
    rows = [f"LISTEN {queue} 128 {HERE} 0.0.0.0:*", *many(6, left), *many(2, OPEN)]
    at = scene([line.replace(" java/4711", "") for line in rows])
    said = found("close-wait-leak", at)
    assert [f.n for f in said] == [kept] * bool(kept)
    assert all(any(each.startswith("whether they were acc") for each in f.caveats) for f in said)


@pytest.mark.parametrize(
    ("row", "queue", "unaccepted", "leaked"),
    [
        ("CLOSE_WAIT 1 0", 5, 5, 0),  # the client said nothing, waited for a greeting, and left
        ("CLOSE_WAIT 0 0", 0, 0, 5),  # somebody has read the FIN
        ("CLOSE_WAIT 1 0", 0, 0, 5),  # nobody waits: they were accepted, whoever holds them
    ],
)
def test_an_unread_fin_alone_is_enough(row: str, queue: int, unaccepted: int, leaked: int) -> None:
    java = JAVA.replace("LISTEN 0", f"LISTEN {queue}")
    rows = [java, *many(5, f"{row} {HERE} 203.0.113.7:PORT"), *many(1, OPEN)]
    with_inodes = [f"{line} inode=9" if "java" in line else line for line in rows]
    for at in (scene(rows), scene(with_inodes)):
        assert sum(f.n for f in found("close-wait-unaccepted", at)) == unaccepted
        assert sum(f.n for f in found("close-wait-leak", at)) == leaked


@pytest.mark.parametrize(("other", "unaccepted"), [(0, 5), (1, 0)])
def test_old_kernels_print_no_queue_of_a_listener(other: int, unaccepted: int) -> None:
    """Where /proc/net/tcp shows 0 for all of them, 0 is not the length of the queue."""
    rows = [JAVA, f"LISTEN {other} 5 {HERE[:-4]}9000 0.0.0.0:* python3/812", *many(1, OPEN)]
    rows += many(5, f"CLOSE_WAIT 1 0 {HERE} 203.0.113.7:PORT")
    at = scene([f"{line} tool=netstat" for line in rows])
    assert sum(f.n for f in found("close-wait-unaccepted", at)) == unaccepted


def test_unread_says_how_much() -> None:
    at = scene([JAVA, *many(3, UNREAD), *many(2, LEFT, 45000), *many(4, OPEN)])
    (finding,) = found("close-wait-unread", at)
    assert brief(finding) == (
        "warning close-wait-unread server 198.51.100.20:8080 java/4711 (medium): 3 of 5 CLOSE_WAIT "
        "connections of java/4711 hold unread data, 9 207 bytes in all, up to 3 069 on one: the "
        "clients have closed, java/4711 had stopped reading before."
    )
    assert [step.cmd for step in finding.next[:2]] == [
        "jstack 4711",
        "ss -tanpe state close-wait '( sport = :8080 )'",
    ]
    assert found("close-wait-leak", at) == []


@pytest.mark.parametrize(
    ("other", "closed"), [(THERE, "the server has"), ("203.0.113.10:443", "the other ends have")]
)
def test_unread_of_a_client_says_who_has_closed(other: str, closed: str) -> None:
    row = UNREAD.replace(HERE, "192.0.2.40:PORT").replace("java/4711", "app/9337")
    rows = [row.replace("203.0.113.7:PORT", end) for end in (THERE, other)]
    (finding,) = found("close-wait-unread", scene([*many(2, rows[0]), *many(2, rows[1], 45000)]))
    assert finding.verdict.endswith(f": {closed} closed, app/9337 had stopped reading before.")


def test_unread_on_several_ports_asks_for_all() -> None:
    other = [line.replace(":8080", ":9090") for line in (JAVA, *many(3, UNREAD))]
    (finding,) = found("close-wait-unread", scene([JAVA, *many(3, UNREAD), *other]))
    assert finding.next[1].cmd == "ss -tanpe state close-wait"


@pytest.mark.parametrize(
    ("unread", "read", "said", "kept"),
    [
        (2, 0, 0, 0),
        (2, 2, 0, 0),
        (3, 0, 0, 0),
        (3, 1, 3, 0),
        (3, 3, 3, 0),
        (3, 4, 0, 7),
        (29, 31, 0, 60),
        (30, 31, 30, 31),
    ],
)
def test_unread_levels(unread: int, read: int, said: int, kept: int) -> None:
    at = scene([JAVA, *many(unread, UNREAD), *many(read, LEFT, 45000)])
    assert [f.n for f in found("close-wait-unread", at)] == [said] * bool(said)
    # What is too little for a finding of its own counts as kept, and nothing counts twice.
    assert [f.n for f in found("close-wait-leak", at)] == [kept] * bool(kept)


@pytest.mark.parametrize(("queue", "fires"), [(64, False), (65, True)])
def test_a_close_record_is_not_unread_data(queue: int, *, fires: bool) -> None:
    rows = [JAVA, *many(6, UNREAD.replace("3069", str(queue)))]
    assert bool(found("close-wait-unread", scene(rows))) == fires
    assert bool(found("close-wait-leak", scene(rows))) != fires


@pytest.mark.parametrize(
    ("aged", "silent_ms", "confidence"),
    [(0, 120_000, "low"), (1, 120_000, "low"), (2, 120_000, "medium"), (4, 119_999, "low")],
)
def test_unread_of_which_half_has_been_silent_is_surer(
    aged: int, silent_ms: int, confidence: str
) -> None:
    """No close in progress takes two minutes; the dump is cut, which costs a step."""
    old = f"{UNREAD} lastrcv_ms={silent_ms}"
    at = scene([*many(aged, old), *many(4 - aged, UNREAD, 45000)], truncated=("dump.txt",))
    assert [f.confidence for f in found("close-wait-unread", at)] == [confidence]


@pytest.mark.parametrize(
    ("n", "served", "starving", "severity"),
    [(100, 2, 2, "critical"), (99, 2, 2, "warning"), (100, 6, 5, "warning")],
)
def test_unread_everywhere_is_critical_once_it_lasts(
    n: int, served: int, starving: int, severity: str
) -> None:
    starved = OPEN.replace("ESTABLISHED 0", "ESTABLISHED 77")
    rows = [JAVA, *many(n, UNREAD)]
    rows += [*many(served, OPEN, 50000), *many(starving, starved, 51000)]
    rows = [f"{line} inode={n}" for n, line in enumerate(rows, 9)]
    assert [f.severity for f in found("close-wait-unread", scene(rows))] == ["warning"]
    both = ("2026-01-05T10:00:00Z", "2026-01-05T10:05:00Z")
    assert [f.severity for f in found("close-wait-unread", scene(rows, moments=both))] == [severity]


STALE = [
    "CLOSE_WAIT 32 0 192.0.2.40:53126 203.0.113.71:443 app/9337",
    "CLOSE_WAIT 1 0 192.0.2.40:46921 203.0.113.72:80 app/9337",
    "CLOSE_WAIT 25 0 192.0.2.40:58805 203.0.113.71:443 app/9337",
    "ESTABLISHED 0 0 192.0.2.40:53200 203.0.113.71:443 app/9337",
    "ESTABLISHED 0 0 192.0.2.40:53202 203.0.113.71:443 app/9337",
]


def test_not_to_know_the_program_makes_a_pool_no_graver() -> None:
    rows = many(8, "CLOSE_WAIT 1 0 192.0.2.40:PORT 203.0.113.71:80", 53000)
    assert loud(scene(rows)) == []
    assert [brief(f) for f in found("close-wait-pool", scene(rows))] == [
        "info close-wait-pool client 203.0.113.71:80 (low): 8 connections of this host to 1 "
        "service lie idle after the other end has closed: a pool that notices at the next use."
    ]


def test_a_stale_pool_is_no_leak() -> None:
    at = scene(STALE)
    assert loud(at) == []
    assert [brief(f) for f in found("close-wait-pool", at)] == [
        "info close-wait-pool client app/9337 (medium): 3 connections of app/9337 to 2 services "
        "lie idle after the other end has closed: a pool that notices at the next use."
    ]


def test_of_stale_pools_of_many_programs_the_smallest_share_a_finding() -> None:
    rows = [
        line.replace("app/9337", f"app{n}/{100 + n}")
        for n in range(22)
        for line in many(1 if n == 3 else 2, POOL, 40000 + 10 * n)
    ]
    said = found("close-wait-pool", scene(rows))
    assert [f.group.pid for f in said] == [100, 101, 102, *range(104, 121), None]
    assert said[-1].verdict.startswith("3 connections of 2 programs to 1 service lie idle")


@pytest.mark.parametrize(
    ("rows", "pool", "leak"),
    [
        (many(20, POOL), "info", None),
        (many(21, POOL), "notice", None),
        (many(200, POOL), "notice", None),
        (many(201, POOL), None, "warning"),
        ([*many(9, POOL), *many(1, POOL.replace("WAIT 1", "WAIT 0"), 50000)], "info", None),
        ([*many(8, POOL), *many(2, POOL.replace("WAIT 1", "WAIT 0"), 50000)], None, "warning"),
        ([*many(17, POOL), *many(3, POOL.replace("WAIT 1", "WAIT 0"), 50000)], None, "warning"),
        ([JAVA, *many(6, LEFT.replace("WAIT 0", "WAIT 1"))], None, "warning"),  # not a client
        (many(6, FREE), "info", None),  # whoever owns them
        (many(20, FREE.replace("WAIT 1", "WAIT 64")), "info", None),  # a FIN and a tiny record
        (many(20, FREE.replace("WAIT 1", "WAIT 65")), None, "warning"),  # an answer
    ],
)
def test_pool_or_leak(rows: list[str], pool: str | None, leak: str | None) -> None:
    at = scene(rows)
    assert [f.severity for f in found("close-wait-pool", at)] == [pool] * bool(pool)
    assert [f.severity for f in found("close-wait-leak", at)] == [leak] * bool(leak)


def paired(n: int, unread: str, os: str, *more: str) -> pd.DataFrame:
    """A server that has closed, and its clients on the same host that have not, of one program."""
    server = many(n, "FIN_WAIT_2 0 0 127.0.0.1:4200 127.0.0.1:PORT node/7")
    client = many(n, f"CLOSE_WAIT {unread} 0 127.0.0.1:PORT 127.0.0.1:4200 browser/9")
    return dump(["LISTEN 0 128 127.0.0.1:4200 0.0.0.0:* node/7", *server, *client, *more], os)


@pytest.mark.parametrize(
    ("os", "n", "unread", "expected"),
    [
        # On Linux the owner is shown as long as the program holds its end, and it may do so for
        # ever: a pool that nobody touches is its other half.
        ("linux", 20, "1", "warning fin-wait2-stuck"),
        ("linux", 21, "1", "warning fin-wait2-stuck"),
        ("linux", 20, "0", "warning close-wait-leak"),  # the FIN was read: no pool
        # Elsewhere it may be shown after close(): nothing proves that more than a pool is left.
        ("macos", 20, "0", "info close-wait-pool"),
        ("windows", 20, "-", "info close-wait-pool"),
        ("windows", 21, "-", "warning close-wait-leak"),
    ],
)
def test_a_stale_pool_and_the_server_that_closed_it_are_one_finding(
    os: str, n: int, unread: str, expected: str
) -> None:
    ids = ("close-wait-pool", "close-wait-leak", "fin-wait2-stuck")
    [finding] = nsparse.diagnose(paired(n, unread, os), select=ids).findings
    assert f"{finding.severity} {finding.id}" == expected
    other = ("close-wait-pool", "browser/9"), ("fin-wait2-stuck", "node/7")
    id_, owner = other["fin-wait2" not in finding.id]
    assert finding.absorbed == (f"{id_}: {n} rows of {owner}",)


def test_a_pool_that_explains_but_a_part_lowers_nothing() -> None:
    lost = many(1, "FIN_WAIT_2 0 0 127.0.0.1:4200 192.0.2.9:PORT node/7", 50000)
    both = paired(8, "0", "macos", *lost)
    [finding] = nsparse.diagnose(both, select=("close-wait-pool", "fin-wait2-stuck")).findings
    assert (finding.severity, finding.id, finding.n) == ("warning", "fin-wait2-stuck", 9)


@pytest.mark.parametrize(("os", "queue"), [("windows", "-"), ("macos", "0")])
def test_without_a_counted_fin_only_a_small_pile_is_a_pool(os: str, queue: str) -> None:
    row = POOL.replace("WAIT 1", f"WAIT {queue}").replace("PORT", "5PORT")
    assert [f.severity for f in found("close-wait-pool", scene(many(20, row, 1000), os))] == [
        "info"
    ]
    assert loud(scene(many(20, row, 1000), os)) == []
    assert [f.n for f in found("close-wait-leak", scene(many(21, row, 1000), os))] == [21]


def test_what_is_no_pool_by_the_numbers_of_the_user_is_a_leak() -> None:
    """The four kinds share out the rows by the numbers in force, whichever of them is asked."""
    frame = dump(many(15, POOL))
    assert [f.id for f in nsparse.diagnose(frame).findings if "close" in f.id] == [
        "close-wait-pool"
    ]
    config = {"close-wait-pool": {"many": 10, "few": 5}}
    left = [f for f in nsparse.diagnose(frame, config).findings if "close" in f.id]
    assert [(f.id, f.n) for f in left] == [("close-wait-leak", 15)]


def test_a_dead_pool_that_lasts_is_a_leak() -> None:
    rows = [f"{line} inode={n}" for n, line in enumerate(many(20, POOL), 9)]
    both = ("2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z")
    assert [f.severity for f in found("close-wait-leak", scene(rows, moments=both))] == ["warning"]
    assert found("close-wait-pool", scene(rows, moments=both)) == []
    assert [f.n for f in found("close-wait-pool", scene(rows[:19], moments=both))] == [19]
    alive = [*rows, f"{CALL.replace('PORT', '50000')} inode=5"]
    assert found("close-wait-leak", scene(alive, moments=both)) == []
    assert [f.severity for f in found("close-wait-pool", scene(alive, moments=both))] == ["info"]


def first(n: int, scene: Scene) -> Scene:
    """A scene of its first rows alone."""
    return replace(scene, view=scene.view.at(np.arange(len(scene.view)) < n))


def test_a_pool_that_grows_is_a_leak() -> None:
    assert found("close-wait-leak", scene(many(12, POOL), moments=("", "", ""))) == []
    at = scene(many(12, POOL), moments=("", "", ""))
    grown = replace(at, earlier=tuple(first(4 + n, one) for n, one in enumerate(at.earlier)))
    assert [f.n for f in found("close-wait-leak", grown)] == [12]


def test_each_row_is_of_one_kind() -> None:
    rows = [
        *UNACCEPTED,
        *LEAK,
        *many(4, UNREAD.replace("java/4711", "proxy/5"), 46000),
        *many(22, POOL),
        *STALE,
    ]
    at = scene(rows)
    spoken = [label for id_ in FAMILY for finding in found(id_, at) for label in finding.sockets]
    assert sorted(spoken) == at.rows.index[at.rows["state"] == "CLOSE_WAIT"].tolist()


HELD = "FIN_WAIT_2 0 0 192.0.2.10:80 203.0.113.4:PORT nginx/70"
WEB = ["LISTEN 0 511 192.0.2.10:80 0.0.0.0:* nginx/70"]
BUSY = "ESTABLISHED 0 0 192.0.2.10:80 203.0.113.8:PORT nginx/70"


@pytest.mark.parametrize(
    ("rows", "fires"),
    [
        ([*WEB, *many(5, HELD), *many(20, BUSY)], True),
        ([*WEB, *many(4, HELD)], False),
        ([*WEB, *many(5, HELD), *many(21, BUSY)], False),
        ([*WEB, *many(99, HELD), *many(400, BUSY)], False),
        ([*WEB, *many(100, HELD), *many(401, BUSY)], True),
        ([*WEB, *many(5, f"{HELD} timer=keepalive")], True),
        ([*WEB, *many(5, f"{HELD} lastrcv_ms=9999")], False),
        ([*WEB, *many(5, f"{HELD} lastrcv_ms=10000")], True),
    ],
)
def test_fin_wait2_that_a_program_holds(rows: list[str], *, fires: bool) -> None:
    findings = found("fin-wait2-stuck", scene(rows))
    assert [(f.severity, f.confidence) for f in findings] == [("warning", "medium")] * fires


def test_fin_wait2_verdict_without_the_other_end() -> None:
    (finding,) = found("fin-wait2-stuck", scene([*WEB, *many(5, HELD), *many(3, BUSY)]))
    assert brief(finding) == (
        "warning fin-wait2-stuck server 192.0.2.10:80 nginx/70 (medium): 5 of 8 connections "
        "accepted on port 80 are FIN_WAIT_2: nginx/70 has closed its direction, the clients have "
        "not."
    )
    assert finding.evidence[-1] == "peers: 203.0.113.4 (5)"
    assert not any(line.startswith("timers") for line in finding.evidence)
    assert finding.next[1].cmd.startswith("at the other end (203.0.113.4:40000 and others): find")
    assert finding.caveats == ("how long: take a second snapshot 120 s later",)


def test_fin_wait2_of_a_caller_has_one_peer_alone() -> None:
    row = f"FIN_WAIT_2 0 0 192.0.2.40:PORT {THERE} app/9337"
    (finding,) = found("fin-wait2-stuck", scene(many(5, row)))
    assert finding.verdict.startswith(f"5 of 5 connections from app/9337 to {THERE} are")
    assert finding.next[1].cmd.startswith(f"at the other end ({THERE}): find")
    assert not any(line.startswith("peers") for line in finding.evidence)


def test_fin_wait2_may_be_named_after_its_close_on_other_systems() -> None:
    (finding,) = found("fin-wait2-stuck", scene([*WEB, *many(5, HELD)], "macos"))
    assert finding.caveats[1].startswith("whether the program still holds them")


def test_a_time_wait_timer_alone_shows_that_the_kernel_holds_them() -> None:
    row = f"FIN_WAIT_2 0 0 192.0.2.40:PORT {THERE}"
    for timer, held in (("timewait", False), ("keepalive", True)):
        (finding,) = found("fin-wait2-stuck", scene(many(20, f"{row} timer={timer}")))
        assert ("kernel" not in finding.verdict) == held


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ("LISTEN 0 5 0.0.0.0:22 0.0.0.0:* sshd/9", False),  # root has looked: nobody holds them
        ("LISTEN 0 5 0.0.0.0:22 0.0.0.0:*", True),  # a user has: some other user's program may
        ("LISTEN 0 5 0.0.0.0:22 0.0.0.0:*|LISTEN 0 5 0.0.0.0:80 0.0.0.0:* app/3", False),
        ("LISTEN 0 5 *:22 *:*|LISTEN 0 5 *:25 *:*|LISTEN 0 5 *:80 *:* app/3", True),
        ("LISTEN 0 5 0.0.0.0:9000 0.0.0.0:*", True),
        ("LISTEN 0 5 0.0.0.0:22 0.0.0.0:* inode=5", False),  # inodes are printed for everybody
    ],
)
def test_owners_of_other_users_need_rights(more: str, *, held: bool) -> None:
    own = "LISTEN 0 5 127.0.0.1:3000 0.0.0.0:* node/7"
    at = scene([own, *more.split("|"), *many(20, f"FIN_WAIT_2 0 0 192.0.2.40:PORT {THERE}")])
    (finding,) = found("fin-wait2-stuck", at)
    assert ("kernel" not in finding.verdict) == held


@pytest.mark.parametrize(
    "row",
    [
        "FIN_WAIT_2 0 0 192.0.2.10:80 203.0.113.4:PORT timer=timewait",
        "FIN_WAIT_2 0 0 192.0.2.10:80 203.0.113.4:PORT",  # no owner where owners are visible
    ],
)
@pytest.mark.parametrize(("n", "severity"), [(1, "info"), (999, "info"), (1000, "notice")])
def test_fin_wait2_that_the_kernel_holds(row: str, n: int, severity: str) -> None:
    (finding,) = found("fin-wait2-stuck", scene([*WEB, *many(n, row)]))
    assert (finding.severity, finding.n) == (severity, n)
    assert ("each goes" if n > 1 else "it goes") in finding.verdict
    if n == 1000:
        assert finding.verdict == (
            "1 000 connections on port 80 are FIN_WAIT_2 and held by the kernel alone, about 17 a "
            "second: each goes by itself within 60 s."
        )


@pytest.mark.parametrize(
    ("n", "more", "fires"),
    [(19, 0, False), (20, 46, True), (20, 47, False), (500, 5000, True), (499, 5000, False)],
)
def test_fin_wait2_of_nobody_knows_whom(n: int, more: int, *, fires: bool) -> None:
    rows = [*WEB, *many(n, HELD), *many(more, BUSY)]
    findings = found("fin-wait2-stuck", scene([line.replace(" nginx/70", "") for line in rows]))
    assert [(f.severity, f.confidence) for f in findings] == [("warning", "low")] * fires


@pytest.mark.parametrize(("over", "fires"), [(46, True), (47, False)])
def test_fin_wait2_beside_what_was_closed_well(over: int, *, fires: bool) -> None:
    """20 of 66 are three in ten: under load some always wait for the other end."""
    gone = "TIME_WAIT 0 0 192.0.2.10:80 203.0.113.4:PORT"
    rows = [line.replace(" nginx/70", "") for line in (*WEB, *many(20, HELD))]
    assert bool(found("fin-wait2-stuck", scene([*rows, *many(over, gone, 50000)]))) == fires


def test_fin_wait2_of_timers_alone() -> None:
    rows = [*WEB, *many(5, HELD), f"{BUSY.replace('PORT', '6')} timer=keepalive timer_ms=9000"]
    (finding,) = found("fin-wait2-stuck", scene([line.replace(" nginx/70", "") for line in rows]))
    assert finding.severity == "warning"
    assert "timers: off (5)" in finding.evidence
    assert finding.verdict.endswith(
        "the local program has closed its direction, the clients have not."
    )


def test_fin_wait2_is_critical_only_when_proven() -> None:
    rows = [f"{line} inode={n}" for n, line in enumerate([*WEB, *many(1000, HELD)], 9)]
    assert [f.severity for f in found("fin-wait2-stuck", scene(rows))] == ["warning"]
    both = ("2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z")
    assert [f.severity for f in found("fin-wait2-stuck", scene(rows, moments=both))] == ["critical"]


@pytest.mark.parametrize(
    ("n", "descriptors", "severity"),
    [
        (409, 1024, "warning"),
        (410, 1024, "critical"),
        (999, 1_000_000, "warning"),
        (1000, 1_000_000, "critical"),
    ],
)
def test_fin_wait2_that_uses_up_the_descriptors(n: int, descriptors: int, severity: str) -> None:
    rows = [f"{line} inode={i}" for i, line in enumerate([*WEB, *many(n, HELD)], 9)]
    at = scene(rows, moments=("2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z"))
    (finding,) = found("fin-wait2-stuck", with_constants(at, fd_limit=descriptors))
    assert (finding.severity, finding.confidence) == (severity, "high")


@pytest.mark.parametrize(("n", "guessed"), [(409, False), (410, True), (999, True), (1000, False)])
def test_fin_wait2_and_a_limit_that_is_assumed(n: int, guessed: bool) -> None:
    """A thousand are critical whatever the limit of the process is."""
    rows = [f"{line} inode={i}" for i, line in enumerate([*WEB, *many(n, HELD)], 9)]
    at = scene(rows, moments=("2026-01-05T10:00:00Z", "2026-01-05T10:02:00Z"))
    (finding,) = found("fin-wait2-stuck", at)
    assert finding.confidence == ("medium" if guessed else "high")
    assert finding.caveats == ("the descriptor limit: 1 024 is assumed",) * guessed


CHURN = "TIME_WAIT 0 0 192.0.2.40:PORT 203.0.113.9:5432"
DB = "ESTABLISHED 0 0 192.0.2.40:PORT 203.0.113.9:5432 gateway/2210"


@pytest.mark.parametrize(
    ("waiting", "opened", "severity"),
    [
        (499, 0, None),
        (500, 0, "notice"),
        (500, 50, "notice"),
        (500, 51, None),
        (7057, 1, "notice"),
        (7058, 1, "warning"),
        (7058, 900, "warning"),
    ],
)
def test_churn_levels(waiting: int, opened: int, severity: str | None) -> None:
    at = scene([*many(waiting, CHURN), *many(opened, DB, 50000)])
    assert [f.severity for f in found("time-wait-churn", at)] == [severity] * bool(severity)


def test_churn_names_the_rate() -> None:
    (finding,) = found("time-wait-churn", scene([*many(600, CHURN), *many(3, DB, 50000)]))
    assert brief(finding) == (
        "notice time-wait-churn client 203.0.113.9:5432 (high): 600 connections to "
        "203.0.113.9:5432 are in TIME_WAIT beside 3 open: this host opens about 10 new ones a "
        "second, on average over the last 60 s, and reuses none."
    )
    assert finding.cause[1].startswith("gateway/2210 has all that are open: this suggests")
    assert finding.evidence == (
        "600 TIME_WAIT of 60 s each, 3 ESTABLISHED",
        "2 % of 28 232 local ports (32768-60999)",
        "owners of the open ones: gateway/2210 (3)",
    )
    assert finding.caveats == (
        "which program opened them: TIME_WAIT has no owner",
        "the port range of the host: assumed, the Linux default",
    )


@pytest.mark.parametrize(
    ("n", "owners", "size", "confidence"),
    [
        (500, ["gateway/2210"], None, "high"),
        (500, ["gateway/2210", "cron/7"], None, "medium"),  # no one opens them all
        (7058, ["gateway/2210"], None, "high"),
        (7058, ["gateway/2210", "cron/7"], None, "medium"),  # the range is assumed
        (7058, ["gateway/2210", "cron/7"], 28232, "high"),
    ],
)
def test_churn_is_as_sure_as_what_it_counts(
    n: int, owners: list[str], size: int | None, confidence: str
) -> None:
    opened = [DB.replace("gateway/2210", owner) for owner in owners]
    opened = [row.replace("PORT", str(50000 + i)) for i, row in enumerate(opened)]
    at = scene([*many(n, CHURN), *opened])
    if size:
        at = with_constants(at, ephemeral_low=32768, ephemeral_high=32767 + size)
    (finding,) = found("time-wait-churn", at)
    assert finding.confidence == confidence
    assert (finding.base == 28232) == (n == 7058)
    assert len(finding.cause) == (2 if len(owners) == 1 else 1)
    assumed = "the port range of the host: assumed, the Linux default"
    assert (assumed in finding.caveats) == (not size)
    assert any("ip_local_" in step.cmd for step in finding.next) == (not size)


def test_churn_from_two_addresses() -> None:
    rows = [*many(400, CHURN), *many(200, CHURN.replace("192.0.2.40", "192.0.2.41"))]
    (finding,) = found("time-wait-churn", scene(rows))
    assert finding.evidence[-1] == "from 192.0.2.40 (400), 192.0.2.41 (200)"
    assert finding.verdict.startswith("600 connections to 203.0.113.9:5432 are in TIME_WAIT and")


def test_churn_on_windows_is_a_range() -> None:
    rows = many(600, CHURN.replace("TIME_WAIT 0 0", "TIME_WAIT - -"), 50000)
    (finding,) = found("time-wait-churn", scene(rows, "windows"))
    assert "about" not in finding.verdict
    assert "opens 2 to 20 new ones a second, on average over the last 30 to" in finding.verdict
    assert finding.evidence[0] == "600 TIME_WAIT of 30-240 s each, 0 ESTABLISHED"
    assert "how long TIME_WAIT lasts here: 30 to 240 s are possible" in finding.caveats


@pytest.mark.parametrize(
    ("left", "pace", "cause"),
    [
        # Seconds that the timers still run, of 60.
        ((58, 59), "closed about 600 a second for 1 s, the last one 1 s ago", "all were closed"),
        ((1, 2), "closed about 600 a second for 1 s, the last one 58 s ago", "all were closed"),
        ((50, 52), "closed about 300 a second for 2 s, the last one 8 s ago", "all were closed"),
        ((49, 52), "closed about 200 a second for 3 s, the last one 8 s ago", "no keep-alive"),
        ((0, 60), "closed about 10 a second for 60 s, the last one less than 1 s", "no keep-alive"),
        ((0, 61), "closed about 10 a second for 60 s, the last one less than 1 s", "no keep-alive"),
        ((1, None), "opens about 10 new ones a second, on average over the last", "no keep-alive"),
    ],
)
def test_churn_by_the_timers(left: tuple[int | None, ...], pace: str, cause: str) -> None:
    """Timers tell when, unless one is missing."""
    timers = ["" if s is None else f" timer=timewait timer_ms={s * 1000}" for s in left]
    rows = [row + timers[i % 2] for i, row in enumerate(many(600, CHURN))]
    (finding,) = found("time-wait-churn", scene(rows))
    assert pace in finding.verdict
    assert finding.cause[0].startswith(cause)


@pytest.mark.parametrize(
    ("left_ms", "pace"),
    [
        (31_000, "closed about 600 a second for 1 s, the last one less than 1 s ago"),  # rounded
        (31_300, "opens about 20 new ones a second, on average over the last 30 s,"),
        (41_300, "opens about 20 new ones a second, on average over the last 30 s,"),
    ],
)
def test_churn_where_timers_run_longer_than_time_wait_is_known_to(left_ms: int, pace: str) -> None:
    rows = many(600, f"{CHURN} timer=timewait timer_ms={left_ms}", 50000)
    (finding,) = found("time-wait-churn", scene(rows, "macos"))
    assert pace in finding.verdict


@pytest.mark.parametrize("n", [3, 8000])
def test_time_wait_of_a_server_is_harmless(n: int) -> None:
    """Of a client 7 058 to one service are a warning."""
    served = [f"TIME_WAIT 0 0 192.0.2.10:443 203.0.113.{i % 200}:{i % 60000 + 1}" for i in range(n)]
    at = scene(["LISTEN 0 511 0.0.0.0:443 0.0.0.0:*", *served])
    assert loud(at) == []
    said = found("time-wait-churn", at)
    assert [(f.severity, f.n, f.group.service) for f in said] == [("info", n, "0.0.0.0:443")]


def test_time_wait_of_two_services_is_of_no_single_one() -> None:
    rows = ["LISTEN 0 511 0.0.0.0:443 0.0.0.0:*", "LISTEN 0 511 0.0.0.0:80 0.0.0.0:*"]
    rows += [f"TIME_WAIT 0 0 192.0.2.10:{port} 203.0.113.5:50001" for port in (80, 443)]
    (finding,) = found("time-wait-churn", scene(rows))
    assert finding.group.service is None
    assert finding.verdict.startswith("2 connections are in TIME_WAIT on 2 services of this host")


def test_time_wait_on_loopback_is_reused() -> None:
    rows = many(600, CHURN.replace("192.0.2.40", "127.0.0.1").replace("203.0.113.9", "127.0.0.1"))
    assert loud(scene(rows)) == []
    old = with_constants(scene(rows), kernel="4.18")
    assert [f.severity for f in found("time-wait-churn", old)] == ["notice"]


@pytest.mark.parametrize(
    ("reuse", "here", "there"),
    [
        (None, [], ["warning"]),
        ("2", [], ["warning"]),
        # Ports that are taken again are not short: what is left is a connection for each request.
        ("1", [], ["notice"]),
        ("0", ["warning"], ["warning"]),
    ],
)
def test_time_wait_by_what_the_kernel_is_told(
    reuse: str | None, here: list[str], there: list[str]
) -> None:
    """7 058 are a quarter of the ports of Linux to one service."""
    known = {} if reuse is None else {"sysctl": {"net.ipv4.tcp_tw_reuse": reuse}}
    for service, expected in (("127.0.0.1", here), ("203.0.113.9", there)):
        rows = many(7058, CHURN.replace("203.0.113.9", service), 32768)
        told = found("time-wait-churn", replace(scene(rows), facts=known))
        assert [finding.severity for finding in told] == expected
        said = [f"net.ipv4.tcp_tw_reuse {reuse}" in finding.evidence for finding in told]
        assert said == [reuse is not None] * len(told)


@pytest.mark.parametrize("id_", ALL)
def test_nothing_of_nothing(id_: str) -> None:
    for rows in ([], [JAVA], [f"- 0 0 {HERE} 203.0.113.7:500"]):
        assert said(id_, scene(rows)) == []


@pytest.mark.parametrize("id_", ALL)
def test_the_page_of_a_diagnosis_is_complete(id_: str) -> None:
    diagnosis = diagnoses()[id_]
    page = diagnosis.check.__doc__ or ""
    assert all(f"{heading}:" in page for heading in ("Means", "Do", "False alarms"))
    assert diagnosis.asks.endswith("?")
    assert all(number.why for number in diagnosis.numbers)
    assert diagnosis.refs
