"""From frames to a report: absorption, order, limits, what could not be judged."""

from __future__ import annotations

import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import nsparse.judging.settings
from nsparse.diagnosis import Absorbs, Diagnosis, Finding, Group, Number, Severity
from nsparse.errors import ConfigError, NsparseError, UnknownName
from nsparse.judging.judge import judge
from nsparse.judging.report import Report
from nsparse.judging.settings import KEYS, settings
from nsparse.schema import empty, frame

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.diagnosis import Join, Limits
    from nsparse.judging.scene.scene import Scene

Rows = Sequence[int]


def dump(**columns: list[Any]) -> pd.DataFrame:
    """A frame of TCP rows; what is not given is the same for all."""
    length = len(columns["state"])
    same = {"file": "dump.txt", "os": "linux", "tool": "ss", "section": "inet", "proto": "tcp"}
    values = {name: [value] * length for name, value in same.items()}
    return frame({**values, "line": list(range(1, length + 1)), **columns}, length)


# Lines 1-2 listen; 3-6 are both ends of two connections to port 80, 7-8 calls to another host.
LOCAL = ["0.0.0.0:80", "0.0.0.0:81"]
LOCAL += ["127.0.0.1:80", "127.0.0.1:40001", "127.0.0.1:80", "127.0.0.1:40002"]
LOCAL += ["192.0.2.1:40003", "192.0.2.1:40004"]
REMOTE = ["0.0.0.0:*", "0.0.0.0:*"]
REMOTE += ["127.0.0.1:40001", "127.0.0.1:80", "127.0.0.1:40002", "127.0.0.1:80"]
REMOTE += ["203.0.113.5:443", "203.0.113.5:443"]


def ends(side: str, texts: list[str]) -> dict[str, list[Any]]:
    parts = [text.rpartition(":") for text in texts]
    ports = [None if port == "*" else int(port) for _, _, port in parts]
    return {f"{side}_addr": [address for address, _, _ in parts], f"{side}_port": ports}


HOST = dump(
    state=["LISTEN"] * 2 + ["ESTABLISHED"] * 6, **ends("local", LOCAL), **ends("remote", REMOTE)
)

MANY = dump(
    state=["ESTABLISHED"] * 30,
    **ends("local", ["192.0.2.1:443"] * 30),
    **ends("remote", [f"203.0.113.5:{port}" for port in range(1, 31)]),
)


@dataclass(frozen=True)
class Says:
    """A check that always finds the same."""

    findings: tuple[Finding, ...]

    def __call__(self, _scene: Scene, _limits: Limits) -> Iterator[Finding]:
        """Yield them, whatever the scene is."""
        yield from self.findings


def finding(
    id_: str, severity: Severity, rows: Rows, n: int | None = None, **group: Any
) -> Finding:
    return Finding(
        id=id_,
        severity=severity,
        confidence="low",
        group=Group(**group),
        n=len(rows) if n is None else n,
        verdict=f"{id_} speaks",
        sockets=tuple(rows),
    )


def says(id_: str, *findings: Finding, **more: Any) -> Diagnosis:
    return Diagnosis(id_, "?", Says(findings), **more)


Judged = Callable[..., Report]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    """Judge `HOST` by these diagnoses alone."""

    def run(*known: Diagnosis, data: Any = HOST, **options: Any) -> Report:
        by_id = {diagnosis.id: diagnosis for diagnosis in known}
        monkeypatch.setattr(nsparse.judging.settings, "diagnoses", lambda: by_id)
        return judge(data, **options)

    return run


# ---- absorption ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "winner", "loser", "taken"),
    [
        ("rows", (2, 3), (3,), True),
        ("rows", (2,), (2, 4), True),
        ("rows", (2,), (2, 4, 6), False),
        ("rows", (2,), (3,), False),
        ("mirror", (2, 4), (3, 5), True),
        ("mirror", (2, 4), (2, 4), False),
        ("port", (0,), (2, 4), True),
        ("port", (0,), (3, 5), True),
        ("port", (1,), (2, 4), False),
        ("port", (6,), (7,), False),
        ("service", (6,), (7,), True),
        ("service", (3,), (7,), False),
        ("owner", (2,), (6,), True),
    ],
)
def test_what_is_shared(judged: Judged, by: Join, winner: Rows, loser: Rows, taken: bool) -> None:
    strong = finding("b-strong", "notice", winner, owner="java/1", pid=1)
    weak = finding("a-weak", "warning", loser, owner="java/1", pid=1)
    report = judged(
        says("a-weak", weak), says("b-strong", strong, absorbs=(Absorbs("a-weak", by),))
    )
    assert len(report.findings) == (1 if taken else 2)
    if taken:
        assert report.findings[0].id == "b-strong"
        assert report.findings[0].severity == "warning"
        assert report.findings[0].confidence == "low"


@pytest.mark.parametrize(("shared", "taken"), [(10, True), (9, False)])
def test_half_of_the_rows_is_what_takes(judged: Judged, shared: int, taken: bool) -> None:
    weak, strong = finding("a", "notice", range(20)), finding("b", "notice", range(shared))
    report = judged(says("a", weak), says("b", strong, absorbs=(Absorbs("a"),)), data=MANY)
    assert len(report.findings) == (1 if taken else 2)


def test_owners_must_be_known_and_equal(judged: Judged) -> None:
    strong = finding("b", "notice", (2,), owner="java/1", pid=1)
    for other in (Group(), Group(owner="java/2", pid=2)):
        weak = replace(finding("a", "notice", (6,)), group=other)
        report = judged(says("a", weak), says("b", strong, absorbs=(Absorbs("a", "owner"),)))
        assert len(report.findings) == 2


@pytest.mark.parametrize(
    ("strong", "weak", "taken"),
    [
        ({"owner": "uid 33"}, {"owner": "uid 33"}, True),
        ({"owner": "uid 33"}, {"owner": "uid 34"}, False),
        ({"owner": "java/7", "pid": 7}, {"owner": "pid 7", "pid": 7}, True),  # a dump names fewer
        ({"owner": "java/7", "pid": 7}, {"owner": "java/7", "pid": 8}, False),
    ],
)
def test_an_owner_is_a_process_where_one_is_known(
    judged: Judged, strong: dict[str, Any], weak: dict[str, Any], taken: bool
) -> None:
    winner, loser = finding("b", "notice", (2,), **strong), finding("a", "notice", (6,), **weak)
    report = judged(says("a", loser), says("b", winner, absorbs=(Absorbs("a", "owner"),)))
    assert len(report.findings) == (1 if taken else 2)


@pytest.mark.parametrize(
    ("proto", "remote", "taken"),
    [
        ("tcp", ["203.0.113.5:443", "203.0.113.6:443"], False),  # two calls share a local port
        ("udp", ["0.0.0.0:*", "0.0.0.0:*"], True),  # two sockets share what they serve
    ],
)
def test_a_port_is_one_that_is_served(
    judged: Judged, proto: str, remote: list[str], taken: bool
) -> None:
    local = ["192.0.2.1:40003"] * 2
    state = ["ESTABLISHED" if proto == "tcp" else None] * 2
    data = dump(state=state, **ends("local", local), **ends("remote", remote)).assign(proto=proto)
    weak, strong = finding("a", "notice", (0,)), finding("b", "notice", (1,))
    absorbs = (Absorbs("a", "port"),)
    report = judged(says("a", weak), says("b", strong, absorbs=absorbs), data=data)
    assert len(report.findings) == (1 if taken else 2)


def test_through_several_steps(judged: Judged) -> None:
    report = judged(
        says("a", finding("a", "notice", (2,), owner="x/1"), absorbs=(Absorbs("b", "mirror"),)),
        says("b", finding("b", "info", (3,), owner="y/2"), absorbs=(Absorbs("c"),)),
        says("c", finding("c", "critical", (3,), owner="x/1")),
    )
    (only,) = report.findings
    assert (only.id, only.severity) == ("a", "critical")
    assert only.absorbed == ("b: 1 row of y/2", "c: 1 row")


def test_a_rule_that_refutes_does_not_raise(judged: Judged) -> None:
    refutes = says("a", finding("a", "info", (2,)), absorbs=(Absorbs("b", raises=False),))
    loud = says("b", finding("b", "critical", (2,)))
    (only,) = judged(refutes, loud).findings
    assert (only.id, only.severity, only.absorbed) == ("a", "info", ("b: 1 row",))
    behind = says("b", finding("b", "notice", (2,)), absorbs=(Absorbs("c"),))
    (only,) = judged(refutes, behind, says("c", finding("c", "critical", (2,)))).findings
    assert (only.severity, only.absorbed) == ("info", ("b: 1 row", "c: 1 row"))


@pytest.mark.parametrize(
    ("growth", "leak", "winner"),
    [
        ("warning", "warning", "growth"),
        ("critical", "warning", "growth"),
        ("notice", "warning", "leak"),
    ],
)
def test_the_graver_of_two_that_absorb_each_other(
    judged: Judged, growth: Severity, leak: Severity, winner: str
) -> None:
    report = judged(
        says("growth", finding("growth", growth, (2,)), absorbs=(Absorbs("leak"),)),
        says("leak", finding("leak", leak, (2,)), absorbs=(Absorbs("growth"),)),
    )
    assert [one.id for one in report.findings] == [winner]


def test_a_ring_leaves_one(judged: Judged) -> None:
    names = "abc"
    ring = [
        says(name, finding(name, "notice", (2,)), absorbs=(Absorbs(names[(at + 1) % 3]),))
        for at, name in enumerate(names)
    ]
    (only,) = judged(*ring).findings
    assert only.id == "a"
    assert len(only.absorbed) == 2


def test_a_finding_has_one_winner(judged: Judged) -> None:
    report = judged(
        says("a", finding("a", "notice", (2, 3)), absorbs=(Absorbs("c"),)),
        says("b", finding("b", "critical", (2, 3)), absorbs=(Absorbs("c"),)),
        says("c", finding("c", "warning", (2,))),
    )
    assert {one.id: one.absorbed for one in report.findings} == {"a": (), "b": ("c: 1 row",)}


# ---- the report ----------------------------------------------------------------------------------


def test_order_and_place(judged: Judged) -> None:
    report = judged(
        says("a", finding("a", "notice", (2,)), finding("a", "warning", (2,))),
        says("b", finding("b", "warning", (3, 2))),
        says("c", finding("c", "critical", ())),
    )
    assert [(one.severity, one.id) for one in report.findings] == [
        ("critical", "c"),
        ("warning", "b"),
        ("warning", "a"),
        ("notice", "a"),
    ]
    assert report.findings[1].rows == (("dump.txt", 4), ("dump.txt", 3))
    assert report.findings[1].host is None
    assert report.findings[0].rows == ()


def test_connections_are_counted_once(judged: Judged) -> None:
    """Of the two from this host to itself both ends are shown; a listener is none."""
    summary = judged(data=HOST.iloc[1:]).summary
    assert (summary["rows"], summary["connections"]) == (7, 4)


def test_rows_without_a_line_prove_nothing(judged: Judged) -> None:
    lines = HOST["line"].mask(HOST["line"] == 3)
    [one] = judged(says("a", finding("a", "notice", (2, 3))), data=HOST.assign(line=lines)).findings
    assert one.rows == (("dump.txt", 4),)


def test_the_source_of_a_table_without_rows(judged: Judged, tmp_path: Path) -> None:
    path = tmp_path / "dump.txt"
    path.write_text("State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n")
    [source] = judged(data=nsparse.parse(path)).sources
    assert (source.os, source.tool, source.dialect) == ("linux", "ss", "ss_linux")
    assert (source.rows, source.time_from) == (0, None)


def test_the_time_of_a_source_is_in_its_rows(judged: Judged) -> None:
    times = frame({"taken_at": ["2026-01-05T10:00:00Z"] * len(HOST)}, len(HOST))["taken_at"]
    said = [judged(data=data).sources[0].time_from for data in (HOST, HOST.assign(taken_at=times))]
    assert said == [None, "text"]


def test_twenty_lines_and_five_groups(judged: Judged) -> None:
    all_of = finding("a", "notice", range(30), n=30)
    groups = [finding("b", "notice", (n,), n=10 - n) for n in range(8)]
    report = judged(says("a", all_of), says("b", *groups), data=MANY)
    assert len(report.findings[0].rows) == 20
    assert len(report.findings) == 9
    assert [one.n for one in report.shown if one.id == "b"] == [10, 9, 8, 7, 6]
    assert [(one.id, one.text) for one in report.folded] == [("b", "and 3 more groups, 12 sockets")]


def test_netns_and_host_are_filled_in(judged: Judged) -> None:
    both = HOST.assign(netns=HOST["netns"].mask(HOST["line"] > 0, "blue"))
    report = judged(says("a", finding("a", "notice", (2,))), data=both, host="web1")
    assert (report.findings[0].host, report.findings[0].netns) == ("web1", "blue")
    assert report.sources[0].host_from == "option"


def test_what_could_not_be_judged(judged: Judged) -> None:
    spoken = finding("a", "critical", (2,))
    report = judged(says("a", spoken, needs=("states", "skmem", "hosts")), says("b", spoken))
    assert report.not_evaluated == (("a", ("skmem", "hosts")),)
    assert [one.id for one in report.findings] == ["a"]  # said by b


@pytest.mark.parametrize(
    ("os", "command", "file", "asked"),
    [
        ("linux", "ss -tano", "dump.txt", True),
        ("linux", "netstat -an --timers", "dump.txt", True),
        ("linux", "ss -tan state established", "dump.txt", False),
        ("linux", None, "dump.txt", False),
        ("linux", None, "in/ss_-peaonmi", True),
        ("windows", "netstat -ano", "netstat_-ano", False),  # -o prints the process there
    ],
)
def test_timers_that_were_asked_for_and_do_not_run_are_none(
    judged: Judged, os: str, command: str | None, file: str, asked: bool
) -> None:
    part = SimpleNamespace(command=command, unfiltered=False, timed=False)
    one = SimpleNamespace(frame=HOST.assign(os=os, file=file), file=file, parts=[part])
    report = judged(says("a", needs=("timers",)), data=one)
    assert report.not_evaluated == (() if asked else (("a", ("timers",)),))


@pytest.mark.parametrize(
    ("needs", "missing"),
    [
        ("states|skmem", ()),
        ("skmem|states", ()),
        ("skmem|hosts", ("skmem|hosts",)),
    ],
)
def test_one_of_two_is_enough(judged: Judged, needs: str, missing: tuple[str, ...]) -> None:
    report = judged(says("a", finding("a", "notice", (2,)), needs=("states", needs)))
    assert report.not_evaluated == ((("a", missing),) if missing else ())
    assert len(report.findings) == (0 if missing else 1)
    # The report counts what could be judged by the same capabilities.
    assert all(scene.has.issuperset({"states", needs}) != bool(missing) for scene in report.scenes)


def test_sources_are_those_of_the_diagnosis_unless_it_names_others(judged: Judged) -> None:
    own = replace(finding("a", "notice", (3,)), refs=("RFC 2",))
    report = judged(says("a", finding("a", "notice", (2,)), own, refs=("RFC 1",)))
    assert [one.refs for one in report.findings] == [("RFC 1",), ("RFC 2",)]


def test_each_host_by_itself(judged: Judged) -> None:
    other = HOST.assign(file=HOST["file"].mask(HOST["line"] > 0, "other.txt"))
    other["local_addr"] = other["local_addr"].replace("192.0.2.1", "192.0.2.2")
    first = SimpleNamespace(frame=HOST, file="dump.txt", problems=[], lines=8)
    second = SimpleNamespace(frame=other, file="other.txt", problems=[], lines=8)
    needy = says("a", finding("a", "notice", (2,)), needs=("hosts",))
    report = judged(needy, data=[first, second])
    assert [one.host for one in report.findings] == ["dump.txt", "other.txt"]
    assert report.summary["hosts"] == 2
    assert report.summary["connections"] == 8
    assert [source.host for source in report.sources] == ["dump.txt", "other.txt"]


# ---- settings ------------------------------------------------------------------------------------


def few(_scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Say which number is in force."""
    yield finding("few", "notice", (2,), n=int(limits["few"]))


FEW = Diagnosis("few", "?", few, numbers=(Number("few", 5, "because"),))


def test_numbers_come_from_the_config(judged: Judged) -> None:
    assert judged(FEW).findings[0].n == 5
    assert judged(FEW, config={"few": {"few": 7}}).findings[0].n == 7


def test_select_and_ignore(judged: Judged) -> None:
    other = says("a", finding("a", "notice", (2,)))
    assert [f.id for f in judged(FEW, other, select=["a"]).findings] == ["a"]
    assert [f.id for f in judged(FEW, other, ignore=["a"]).findings] == ["few"]
    assert judged(FEW, config={"ignore": ["few"]}).findings == ()


PROGRAMS = HOST.assign(
    process=frame({"process": ["nginx"] * 6 + ["backup-db"] * 2}, len(HOST))["process"]
)


@pytest.mark.parametrize(
    ("config", "left_out"),
    [
        ({"ignore-ports": [80]}, [(0,), (2,), (3,)]),
        ({"ignore-ports": [443]}, [(6,)]),
        ({"ignore-ports": [40001]}, []),
        ({"ignore-addresses": ["203.0.113.0/24"]}, [(6,)]),
        ({"ignore-addresses": ["127.0.0.1"]}, [(2,), (3,)]),
        ({"ignore-addresses": ["192.0.2.1"]}, []),  # the own end of a connection
        ({"ignore-addresses": ["0.0.0.0"]}, [(0,)]),
        ({"ignore-addresses": ["2001:db8::/32"]}, []),
        ({"ignore-processes": ["Nginx"]}, [(0,), (2,), (3,)]),
        ({"ignore-processes": ["backup"]}, []),
        ({"ignore-processes": ["backup*"]}, [(6,)]),
        (
            {"ignore-ports": [80], "ignore-processes": ["backup*"]},
            [(0,), (2,), (2, 6), (3,), (6,)],
        ),
    ],
)
def test_what_is_ignored(judged: Judged, config: dict[str, Any], left_out: list[Rows]) -> None:
    spoken = [(0,), (2,), (3,), (6,), (2, 6), ()]
    findings = [finding("a", "notice", rows) for rows in spoken]
    report = judged(says("a", *findings), data=PROGRAMS, config=config)
    heard = {one.sockets for one in report.findings}
    assert sorted(set(spoken) - heard) == left_out


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, [("a", "critical")]),
        ({"a": {"level": "info"}}, [("a", "info")]),
        ({"a": {"level": "off"}}, []),  # what it explains is not told either
        ({"b": {"level": "notice"}}, [("a", "warning")]),
        ({"b": {"level": "off"}}, [("a", "critical")]),
        ({"ignore": ["a"]}, [("b", "critical")]),
    ],
)
def test_levels(judged: Judged, config: dict[str, Any], said: list[tuple[str, str]]) -> None:
    winner = says("a", finding("a", "warning", (2, 3)), absorbs=(Absorbs("b"),))
    report = judged(winner, says("b", finding("b", "critical", (3,))), config=config)
    assert [(one.id, one.severity) for one in report.findings] == said


def test_what_the_user_knows_of_the_hosts(judged: Judged) -> None:
    config = {"ephemeral-range": [10_000, 20_000], "fd-limit": 4096}
    facts = {"": {"ephemeral_low": 30_000, "kernel": "6.1"}}
    [scene] = judged(FEW, config=config, facts=facts).scenes
    known = scene.constants
    assert (known.ephemeral_low, known.ephemeral_high, known.fd_limit) == (10_000, 20_000, 4096)
    assert known.kernel == "6.1"
    assert not known.assumed & {"ephemeral_low", "ephemeral_high", "fd_limit", "kernel"}


def test_a_finding_about_an_ignored_program_is_ignored(judged: Judged) -> None:
    """Although it stands on connections of nobody, or of another program too."""
    about = [finding("a", "notice", (0, 6), process=name) for name in ("nginx", "backup-db")]
    report = judged(
        says("a", *about),
        data=PROGRAMS.assign(process=None),
        config={"ignore-processes": ["NGINX"]},
    )
    assert [one.group.process for one in report.findings] == ["backup-db"]


PART = Diagnosis("part", "?", Says(()), numbers=(Number("share", 0.5, "half"),))


def test_a_part_is_no_number_of_sockets_nor_a_percentage(judged: Judged) -> None:
    judged(PART, config={"part": {"share": 1}})
    with pytest.raises(ConfigError, match="share must be a part, from 0 to 1, not 7"):
        judged(PART, config={"part": {"share": 7}})


def test_a_number_stands_in_the_table_of_its_diagnosis(judged: Judged) -> None:
    with pytest.raises(ConfigError, match=r"share is a number of a diagnosis: .* such as \[part\]"):
        judged(PART, config={"share": 0.4})
    with pytest.raises(UnknownName, match="share"):
        judged(PART, config={"share": {"level": "off"}})


def test_what_is_hidden_counts_above_info(judged: Judged) -> None:
    levels: tuple[Severity, ...] = ("info", "notice", "critical", "warning")
    known = [says(level, finding(level, level, (2,))) for level in levels]
    report = judged(*known, config={one.id: {"level": "off"} for one in known[:3]})
    assert (len(report.findings), report.hidden) == (1, 2)


def test_the_example_of_the_docs() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text("utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    chosen = settings(tomllib.loads(example))
    assert chosen.limits == {"close-wait-leak": {"few": 10, "share": 0.6}, "listener-exposed": {}}
    assert chosen.levels == {"listener-exposed": "info"}
    assert [key for key in KEYS if f"`{key}`" not in page and f"\n{key} = " not in page] == []


@pytest.mark.parametrize(
    "config",
    [
        {"nosuch": {}},
        {"nosuch": 3},
        {"few": {"level": "nosuch"}},
        {"few": {"nosuch": 1}},
        {"select": ["nosuch"]},
        {"ignore": ["nosuch"]},
    ],
)
def test_unknown_names(judged: Judged, config: dict[str, Any]) -> None:
    with pytest.raises(UnknownName, match="nosuch"):
        judged(FEW, config=config)


@pytest.mark.parametrize(
    "config",
    [
        {"few": 3},
        {"few": {"few": "3"}},
        {"few": {"few": True}},
        {"few": {"few": -1}},
        {"few": {"few": float("nan")}},
        {"select": "few"},
        {"ignore": 3},
        {"ignore-ports": [70000]},
        {"ignore-ports": ["80"]},
        {"ignore-ports": 80},
        {"ignore-addresses": ["192.0.2"]},
        {"ignore-addresses": [7]},
        {"ignore-processes": [""]},
        {"ignore-processes": "java"},
        {"ephemeral-range": [1024]},
        {"ephemeral-range": [2048, 1024]},
        {"ephemeral-range": [1024, 70000]},
        {"fd-limit": 0},
        {"fd-limit": True},
    ],
)
def test_values_that_are_none(judged: Judged, config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        judged(FEW, config=config)


# ---- as data -------------------------------------------------------------------------------------


def test_document(judged: Judged) -> None:
    spoken = replace(
        finding("a", "warning", (2,), owner="java/1", process="java", pid=1, role="server"),
        base=3,
        limits={"few": 1.0},
        cause=("because",),
    )
    problem = SimpleNamespace(file="dump.txt", line=9, column=3, text="x", expected=("a number",))
    given = SimpleNamespace(
        frame=HOST,
        file="dump.txt",
        problems=[problem],
        lines=9,
        encoding="utf-8",
        snapshots=[0],
        breaks_off=True,
    )
    report = judged(says("a", spoken), data=given)
    document = json.loads(json.dumps(report.to_dict()))
    assert list(document) == [
        "schema",
        "sources",
        "summary",
        "findings",
        "not_evaluated",
        "problems",
    ]
    assert document["schema"] == "nsparse.report/1"
    assert document["sources"] == [
        {
            "file": "dump.txt",
            "host": None,
            "host_from": "file",
            "time_from": None,
            "os": "linux",
            "tool": "ss",
            "dialect": None,
            "encoding": "utf-8",
            "snapshots": 1,
            "rows": 8,
            "lines": 9,
            "problems": 1,
            "notes": [],
        }
    ]
    assert document["summary"] == {
        "hosts": 1,
        "rows": 8,
        "connections": 4,
        "by_state": {"ESTABLISHED": 6, "LISTEN": 2},
        "by_severity": {"critical": 0, "warning": 1, "notice": 0, "info": 0},
    }
    assert document["problems"] == [vars(problem) | {"expected": ["a number"]}]
    (found,) = document["findings"]
    assert (found["n"], found["base"], found["share"]) == (1, 3, 0.3333)
    assert found["rows"] == [{"file": "dump.txt", "line": 3}]
    assert found["group"] == {
        "owner": "java/1",
        "process": "java",
        "pid": 1,
        "role": "server",
        "service": None,
    }
    assert report.scenes[0].truncated


def test_table(judged: Judged) -> None:
    found = judged(says("a", finding("a", "warning", (2, 3), pid=1))).to_frame()
    assert found["rows"].tolist() == ["dump.txt:3\ndump.txt:4"]
    assert found["pid"].tolist() == [1]
    none = judged(says("a")).to_frame()
    assert list(none.dtypes) == list(found.dtypes)
    assert len(none) == 0


def test_nothing_read(judged: Judged) -> None:
    for data in ([], empty(), [empty(), empty()]):
        report = judged(says("a", needs=("states",)), data=data)
        assert report.findings == ()
        assert report.not_evaluated == (("a", ("states",)),)
        assert report.summary["rows"] == 0


def _from_csv(df: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(io.StringIO(df.to_csv(index=False)))


@pytest.mark.parametrize(
    "changed",
    [
        _from_csv,
        lambda df: df.astype(object),
        lambda df: df.convert_dtypes(dtype_backend="pyarrow"),
        lambda df: df.assign(pid=df["pid"].astype("float64")),
    ],
)
def test_a_frame_is_judged_whatever_its_dtypes_have_become(
    changed: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    pids: Any = [900, None] * 4
    owned = HOST.assign(pid=pids, process="nginx", taken_at="2026-01-05T10:00:00Z")
    owned = owned.astype({name: HOST.dtypes[name] for name in ("pid", "process", "taken_at")})
    (scene,) = judge(changed(owned)).scenes
    assert scene.rows["owner"].tolist() == ["nginx/900", "nginx"] * 4
    assert judge(changed(owned)).to_dict() == judge(owned).to_dict()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("dump.txt", r"diagnose\('dump.txt'\): read it first, with parse\(\) or open_bundle\(\)"),
        ([Path("dump.txt")], r"read it first"),
        (b"tcp", r"read it first"),
        (7, r"takes a frame, a dump, a bundle or several, no int"),
        (HOST[["proto", "state"]], r"not the common frame: it lacks the column file"),
        (HOST.assign(pid=1.5), r"not the common frame: the column pid is float64, and no Int64"),
        (HOST.assign(line="first"), r"not the common frame: the column line is .*, and no Int64"),
    ],
    ids=["path", "paths", "bytes", "number", "frame", "float", "text"],
)
def test_what_is_no_dump(data: Any, said: str) -> None:
    with pytest.raises(NsparseError, match=said):
        judge(data)
