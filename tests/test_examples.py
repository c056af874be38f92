"""The worked examples of the catalogue, word for word, and the look-alikes that must stay silent.

What an example yields is the whole report at default verbosity: one line for each finding, and
nothing else may appear. Around each stand healthy rows in three amounts: the ratios inside a
service must keep the verdict.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nsparse
from nsparse.registry import diagnoses
from nsparse.reporting.report import brief
from nsparse.schema import frame

EXAMPLES = {
    "6.1 close-wait-leak": (
        """\
State      Recv-Q Send-Q Local Address:Port  Peer Address:Port   Process
LISTEN     0      100    198.51.100.20:8080  0.0.0.0:*           users:(("java",pid=4711,fd=33))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50110   users:(("java",pid=4711,fd=41))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50112   users:(("java",pid=4711,fd=42))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50131   users:(("java",pid=4711,fd=43))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50144   users:(("java",pid=4711,fd=47))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.9:41210   users:(("java",pid=4711,fd=48))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.9:41216   users:(("java",pid=4711,fd=52))
ESTAB      0      0      198.51.100.20:8080  203.0.113.9:41300   users:(("java",pid=4711,fd=53))
""",
        [
            "warning close-wait-leak server 198.51.100.20:8080 java/4711 (medium): 6 of 7 connections accepted on port 8080 are CLOSE_WAIT: the clients have closed, java/4711 has not.",
        ],
    ),
    "6.2 accept-queue-full": (
        """\
State      Recv-Q Send-Q Local Address:Port  Peer Address:Port   Process
LISTEN     6      5      198.51.100.20:9000  0.0.0.0:*           users:(("python3",pid=812,fd=3))
CLOSE-WAIT 251    0      198.51.100.20:9000  203.0.113.21:40112
CLOSE-WAIT 251    0      198.51.100.20:9000  203.0.113.21:40118
CLOSE-WAIT 149    0      198.51.100.20:9000  203.0.113.22:51820
CLOSE-WAIT 251    0      198.51.100.20:9000  203.0.113.24:33010
ESTAB      250    0      198.51.100.20:9000  203.0.113.25:60001
ESTAB      148    0      198.51.100.20:9000  203.0.113.22:51900
SYN-RECV   0      0      198.51.100.20:9000  203.0.113.26:45001
ESTAB      0      0      198.51.100.20:22    192.0.2.9:50514     users:(("sshd",pid=1022,fd=4))
""",
        [
            "critical accept-queue-full 198.51.100.20:9000 python3/812 (high): 6 connections wait for accept() and the limit is 5: python3/812 is not accepting; in 4 of the 6 the client has already given up.",
        ],
    ),
    "6.3 recv-q-backlog": (
        """\
Proto Recv-Q Send-Q Local Address        Foreign Address      State       PID/Program name
tcp        0      0 0.0.0.0:10911        0.0.0.0:*            LISTEN      1855/java
tcp    38216      0 198.51.100.30:10911  203.0.113.11:59666   ESTABLISHED 1855/java
tcp    52110      0 198.51.100.30:10911  203.0.113.12:39666   ESTABLISHED 1855/java
tcp    44800      0 198.51.100.30:10911  203.0.113.13:39670   ESTABLISHED 1855/java
tcp    61004      0 198.51.100.30:10911  203.0.113.14:40122   ESTABLISHED 1855/java
tcp    20480      0 198.51.100.30:10911  203.0.113.15:41234   ESTABLISHED 1855/java
tcp        0      0 198.51.100.30:10911  203.0.113.16:42000   ESTABLISHED 1855/java
""",
        [
            "warning recv-q-backlog server 0.0.0.0:10911 java/1855 (medium): 5 of 6 connections hold unread data, 216 610 bytes in all, up to 61 004 on one: java/1855 is not reading.",
        ],
    ),
    "6.4 syn-sent-dead-peer": (
        """\
Proto Recv-Q Send-Q Local Address        Foreign Address     State       PID/Program name Timer
tcp        0      1 198.51.100.40:46460  203.0.113.80:8443   SYN_SENT    2210/gateway     on (0.61/3/0)
tcp        0      1 198.51.100.40:46462  203.0.113.80:8443   SYN_SENT    2210/gateway     on (0.80/3/0)
tcp        0      1 198.51.100.40:46470  203.0.113.80:8443   SYN_SENT    2210/gateway     on (0.32/4/0)
tcp        0      1 198.51.100.40:46488  203.0.113.80:8443   SYN_SENT    2210/gateway     on (0.44/1/0)
tcp        0      0 198.51.100.40:51200  203.0.113.80:443    ESTABLISHED 2210/gateway     keepalive (12.30/0/0)
tcp        0      0 198.51.100.40:51204  203.0.113.81:8443   ESTABLISHED 2210/gateway     keepalive (28.71/0/0)
""",
        [
            "warning syn-sent-dead-peer client 203.0.113.80:8443 gateway/2210 (high): 4 connection attempts unanswered, the oldest for at least 4 s, none established.",
        ],
    ),
    "6.5 syn-recv-pile": (
        """\
tcp  0  0 0.0.0.0:443      0.0.0.0:*            LISTEN      900/nginx  off (0.00/0/0)
tcp  0  0 192.0.2.10:443   203.0.113.5:1044     SYN_RECV    -          on (3.20/2/0)
tcp  0  0 192.0.2.10:443   203.0.113.61:2187    SYN_RECV    -          on (1.02/2/0)
tcp  0  0 192.0.2.10:443   203.0.113.98:5301    SYN_RECV    -          on (6.64/3/0)
tcp  0  0 192.0.2.10:443   198.51.100.14:1090   SYN_RECV    -          on (7.90/3/0)
tcp  0  0 192.0.2.10:443   198.51.100.201:3377  SYN_RECV    -          on (2.75/2/0)
tcp  0  0 192.0.2.10:443   203.0.113.144:4410   SYN_RECV    -          on (0.31/1/0)
tcp  0  0 192.0.2.10:443   198.51.100.77:52001  ESTABLISHED 900/nginx  keepalive (55.10/0/0)
""",
        [
            "warning syn-recv-pile server 192.0.2.10:443 (high): 6 half-open connections from 6 addresses, all waiting 1 s or more for the last ACK, beside 1 established: looks like a SYN flood or spoofed scan.",
        ],
    ),
    "6.6 close-wait-leak seen from both ends, loopback": (
        """\
LISTEN     0 511 127.0.0.1:3000  0.0.0.0:*        users:(("node",pid=300,fd=18))
FIN-WAIT-2 0 0   127.0.0.1:3000  127.0.0.1:40110  users:(("node",pid=300,fd=21))
CLOSE-WAIT 0 0   127.0.0.1:40110 127.0.0.1:3000   users:(("worker",pid=95,fd=60))
FIN-WAIT-2 0 0   127.0.0.1:3000  127.0.0.1:40112  users:(("node",pid=300,fd=22))
CLOSE-WAIT 0 0   127.0.0.1:40112 127.0.0.1:3000   users:(("worker",pid=95,fd=61))
FIN-WAIT-2 0 0   127.0.0.1:3000  127.0.0.1:40120  users:(("node",pid=300,fd=25))
CLOSE-WAIT 0 0   127.0.0.1:40120 127.0.0.1:3000   users:(("worker",pid=95,fd=64))
ESTAB      0 0   127.0.0.1:3000  127.0.0.1:40130  users:(("node",pid=300,fd=26))
ESTAB      0 0   127.0.0.1:40130 127.0.0.1:3000   users:(("worker",pid=95,fd=65))
""",
        [
            "warning close-wait-leak client 127.0.0.1:3000 worker/95 (high): 3 of 4 connections from worker/95 to 127.0.0.1:3000 are CLOSE_WAIT: node/300 has closed, worker/95 has not.",
        ],
    ),
    "6.7 zero-window": (
        """\
LISTEN 0      128   192.0.2.30:8010  0.0.0.0:*           users:(("pushd",pid=77,fd=5))
ESTAB  0      87936 192.0.2.30:8010  203.0.113.60:50021  users:(("pushd",pid=77,fd=9))  timer:(persist,21sec,0)
ESTAB  0      92160 192.0.2.30:8010  203.0.113.60:50022  users:(("pushd",pid=77,fd=10)) timer:(persist,40sec,0)
ESTAB  0      65160 192.0.2.30:8010  203.0.113.60:50023  users:(("pushd",pid=77,fd=11)) timer:(persist,3.272ms,0)
ESTAB  0      1448  192.0.2.30:8010  203.0.113.62:41922  users:(("pushd",pid=77,fd=12)) timer:(on,204ms,0)
ESTAB  0      0     192.0.2.30:8010  203.0.113.61:40001  users:(("pushd",pid=77,fd=13)) timer:(keepalive,54min,0)
""",
        [
            "warning zero-window server 192.0.2.30:8010 pushd/77 (high): 203.0.113.60 has stopped reading on 3 connections (window closed, on one for at least 40 s); 245 256 bytes wait to be sent to it.",
        ],
    ),
}

LOOK_ALIKES = {
    "7.1 A connection pool with expired keep-alives": """\
CLOSE-WAIT 32 0 192.0.2.40:53126  203.0.113.71:443  users:(("app",pid=9337,fd=60))
CLOSE-WAIT 1  0 192.0.2.40:46921  203.0.113.72:80   users:(("app",pid=9337,fd=61))
CLOSE-WAIT 25 0 192.0.2.40:58805  203.0.113.71:443  users:(("app",pid=9337,fd=62))
ESTAB      0  0 192.0.2.40:53200  203.0.113.71:443  users:(("app",pid=9337,fd=63))
ESTAB      0  0 192.0.2.40:53202  203.0.113.71:443  users:(("app",pid=9337,fd=64))
""",
    "7.2 TIME_WAIT on a server": """\
LISTEN    0 511 0.0.0.0:443     0.0.0.0:*
TIME-WAIT 0 0   192.0.2.10:443  203.0.113.5:50001
TIME-WAIT 0 0   192.0.2.10:443  203.0.113.5:50003
TIME-WAIT 0 0   192.0.2.10:443  203.0.113.8:41200
ESTAB     0 0   192.0.2.10:443  203.0.113.8:41206
""",
    "7.3 The same rows as 6.2 taken without root": """\
tcp 0   0 0.0.0.0:9000       0.0.0.0:*           LISTEN      -
tcp 251 0 198.51.100.20:9000 203.0.113.21:40112  CLOSE_WAIT  -
tcp 0   0 198.51.100.20:9000 203.0.113.25:60001  ESTABLISHED -
tcp 0   0 198.51.100.20:9000 203.0.113.25:60007  ESTABLISHED -
tcp 0   0 198.51.100.20:22   192.0.2.9:50514     ESTABLISHED -
""",
    "7.4 A fast upload": """\
ESTAB 0 2621440 192.0.2.50:50344 203.0.113.90:22  users:(("rsync",pid=71,fd=3)) timer:(on,212ms,0)
ESTAB 0 0       192.0.2.50:50346 203.0.113.91:443 users:(("agent",pid=72,fd=9)) timer:(keepalive,1min,0)
""",
    "7.5 Kernel-held FIN_WAIT2": """\
tcp 0 0 192.0.2.10:80 203.0.113.4:40110  FIN_WAIT2 -  timewait (54.82/0/0)
tcp 0 0 192.0.2.10:80 203.0.113.4:40114  FIN_WAIT2 -  timewait (12.10/0/0)
tcp 0 0 192.0.2.10:80 203.0.113.9:51044  FIN_WAIT2 -  timewait (3.71/0/0)
tcp 0 1 192.0.2.10:80 203.0.113.17:6596  LAST_ACK  -  on (0.18/0/0)
""",
    "7.6 Happy eyeballs and a healthy busy port": """\
SYN-SENT 0 1 [2001:db8::5]:50410 [2001:db8:9::80]:443 users:(("curl",pid=8,fd=5)) timer:(on,620ms,0)
ESTAB    0 0 192.0.2.60:50412    203.0.113.80:443     users:(("curl",pid=8,fd=6))
SYN-RECV 0 0 192.0.2.60:443      203.0.113.14:40001   timer:(on,890ms,0)
SYN-RECV 0 0 192.0.2.60:443      203.0.113.15:40002   timer:(on,930ms,0)
""",
    "7.8 An idle `listen(0)`": """\
LISTEN 0 0 127.0.0.1:45902 0.0.0.0:* users:(("helper",pid=31,fd=4))
""",
}

MORE = {
    "close-wait-unread": "LISTEN 0 100 198.51.100.20:8080 0.0.0.0:*\n"
    + "".join(
        f'CLOSE-WAIT 3069 0 198.51.100.20:8080 203.0.113.7:{port} users:(("java",pid=1,fd=9))\n'
        for port in range(50_110, 50_116)
    ),
    "ephemeral-exhaustion-tuple": "".join(
        f'ESTAB 0 0 192.0.2.1:{port} 203.0.113.8:5432 users:(("app",pid=7,fd=3))\n'
        for port in range(32_768, 48_000)
    ),
}
"""A dump for each diagnosis that speaks in none of the above, not even as information."""

HEALTHY = (0, 2_000, 200_000) if os.environ.get("NSPARSE_FULL") else (0, 2_000)
"""Rows around an example: a small host, a usual one, and with NSPARSE_FULL a busy proxy."""


def read(dump: str) -> pd.DataFrame:
    return nsparse.parse(io.BytesIO(dump.encode()), name="dump.txt").frame


def surrounded(dump: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The dump among the connections of a service that has nothing to do with it and is well."""
    if not rows:
        return dump
    like = dump[dump["proto"] == "tcp"].iloc[0]
    healthy: dict[str, list[Any]] = {
        "file": ["dump.txt"] * rows,
        "line": list(range(1_000, 1_000 + rows)),
        "snapshot": [0] * rows,
        "os": [like["os"]] * rows,
        "tool": [like["tool"]] * rows,
        "dialect": [like["dialect"]] * rows,
        "section": ["inet"] * rows,
        "proto": ["tcp"] * rows,
        "family": ["ipv4"] * rows,
        "state": ["LISTEN", *["ESTABLISHED"] * (rows - 1)],
        "state_raw": ["LISTEN", *["ESTABLISHED"] * (rows - 1)],
        "recv_q": [0] * rows,
        "send_q": [511, *[0] * (rows - 1)],
        "local_addr": ["192.0.2.200"] * rows,
        "local_port": [8443] * rows,
        "remote_addr": ["0.0.0.0", *[f"198.18.{n // 250 % 250}.{n % 250}" for n in range(1, rows)]],
        "remote_port": [None, *[20_000 + n % 12_000 for n in range(1, rows)]],
    }
    if dump["pid"].notna().any():
        healthy |= {"pid": [77] * rows, "process": ["proxy"] * rows}
    return pd.concat([dump, frame(healthy, rows)], ignore_index=True)


@pytest.mark.parametrize("rows", HEALTHY)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_yields_its_text_and_nothing_else(name: str, rows: int) -> None:
    dump, yields = EXAMPLES[name]
    report = nsparse.diagnose(surrounded(read(dump), rows))
    assert [brief(finding) for finding in report.findings if finding.severity != "info"] == yields


@pytest.mark.parametrize("rows", HEALTHY)
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_look_alike_yields_nothing(name: str, rows: int) -> None:
    report = nsparse.diagnose(surrounded(read(LOOK_ALIKES[name]), rows))
    assert [brief(finding) for finding in report.findings if finding.severity != "info"] == []


def test_an_unread_pool_is_said_as_information() -> None:
    [name] = [name for name in LOOK_ALIKES if name.startswith("7.1")]
    report = nsparse.diagnose(read(LOOK_ALIKES[name]))
    assert {finding.id for finding in report.findings} == {"close-wait-pool"}


def test_without_root_nobody_says_that_no_one_owns_a_socket() -> None:
    [name] = [name for name in LOOK_ALIKES if name.startswith("7.3")]
    report = nsparse.diagnose(read(LOOK_ALIKES[name]))
    assert "close-wait-unaccepted" in {missing.id for missing in report.not_evaluated}


def test_a_hundred_loopback_connections_are_a_hundred() -> None:
    """7.7: each of them stands in two rows."""
    rows = ["LISTEN 0 128 127.0.0.1:5432 0.0.0.0:*"]
    for port in range(40_000, 40_100):
        rows.append(f"ESTAB 0 0 127.0.0.1:5432 127.0.0.1:{port}")
        rows.append(f"ESTAB 0 0 127.0.0.1:{port} 127.0.0.1:5432")
    report = nsparse.diagnose(read("\n".join(rows)))
    assert report.to_dict()["summary"]["connections"] == 100


def test_every_diagnosis_speaks_in_a_dump_and_is_silent_in_one() -> None:
    """Those that need more than one dump are named in a test of their own."""
    spoke, silent = set[str](), set[str]()
    texts = [dump for dump, _ in EXAMPLES.values()] + [*LOOK_ALIKES.values(), *MORE.values()]
    for text in texts:
        report = nsparse.diagnose(read(text))
        taken = {line.split(":")[0] for finding in report.findings for line in finding.absorbed}
        said = {finding.id for finding in report.findings} | taken
        spoke |= said
        silent |= set(diagnoses()) - said - {missing.id for missing in report.not_evaluated}
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [
        id_ for id_ in diagnoses() if id_ not in spoke & silent and f'"{id_}"' not in tests
    ] == []
