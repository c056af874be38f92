"""Many bundles to one dataset: nothing is lost, nothing comes twice, a bad bundle costs itself only.

Most runs judge by one diagnosis: what is tested is the way of the bundles, not what is found.
"""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import nsparse
from nsparse.batch.dataset import Dataset
from nsparse.batch.manifest import Manifest, begin, locked
from nsparse.batch.one import read_one
from nsparse.batch.order import Order, Outcome
from nsparse.batch.places import in_shard, listed
from nsparse.batch.run import stoppable
from nsparse.batch.summary import summarize, text
from nsparse.batch.tables import TABLES
from nsparse.cli import cli
from nsparse.judging.settings import Settings

ROOT = Path(__file__).parent.parent
ONE = ("--select", "close-wait-leak")
TABLE = "State      Recv-Q Send-Q Local Address:Port  Peer Address:Port   Process\n"
LISTENER = 'LISTEN     0      100    198.51.100.20:8080  0.0.0.0:*           users:(("java",pid=4711,fd=33))\n'
WAITING = 'CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.{n}:50110   users:(("java",pid=4711,fd={n}))\n'
CALLING = 'SYN-SENT   0      1      198.51.100.20:41000  192.0.2.77:5432     users:(("java",pid=4711,fd=90))\n'
DAMAGED = "ESTAB      0      x      198.51.100.20:8080  203.0.113.9:41300   -\n"


def leaking(count: int) -> str:
    """A dump with so many connections that java does not close, and one that it does not get."""
    return TABLE + LISTENER + CALLING + "".join(WAITING.format(n=40 + n) for n in range(count))


def packed(path: Path, members: dict[str, str], mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]  # the mode is no literal
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


def fill(folder: Path) -> Path:
    """Six bundles, of which four can be read, and one of these has a damaged line."""
    folder.mkdir()
    for number in range(2):
        packed(folder / f"web{number}.tar.gz", {f"web{number}/ss.txt": leaking(6 + number)})
    (folder / "plain.txt").write_text(leaking(7), "utf-8")
    (folder / "damaged.txt").write_text(leaking(8) + DAMAGED, "utf-8")
    (folder / "notes.txt").write_text("Dear colleague,\nthe dumps follow.\n", "utf-8")
    (folder / "cut.tar.gz").write_bytes((folder / "web0.tar.gz").read_bytes()[:60])
    return folder


READ = ("damaged.txt", "plain.txt", *(f"web{number}.tar.gz" for number in range(2)))


def batch(*args: str | Path) -> Result:
    return CliRunner().invoke(cli, ["batch", *map(str, args)])


def contents(out: Path) -> dict[str, pd.DataFrame]:
    """The tables without what differs from run to run, and without where the bundles lay."""
    held = nsparse.read_batch(out)
    tables = {name: getattr(held, name) for name in TABLES}
    tables["bundles"] = tables["bundles"].drop(columns=["seconds", "modified", "error"])
    return {name: frame.replace(r"\S*/bundles/", "", regex=True) for name, frame in tables.items()}


def assert_equal(found: Path, wanted: Path) -> None:
    theirs = contents(wanted)
    for name, frame in contents(found).items():
        pd.testing.assert_frame_equal(frame, theirs[name])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("batch")


@pytest.fixture(scope="module")
def bundles(work: Path) -> Path:
    return fill(work / "bundles")


@pytest.fixture(scope="module")
def run(work: Path, bundles: Path) -> tuple[Path, Result]:
    """A run that nothing disturbed, and what it said."""
    return work / "out", batch(bundles, "-o", work / "out", "--jobs", "1", *ONE)


# ---- what is in the dataset ------------------------------------------------------------------


def test_each_bundle_as_if_it_were_alone(run: tuple[Path, Result], bundles: Path) -> None:
    held = nsparse.read_batch(run[0])
    for name in READ:
        alone = nsparse.open_bundle(bundles / name)
        report = nsparse.diagnose(alone, select=["close-wait-leak"])
        rows = held.sockets[held.sockets["bundle"] == str(bundles / name)]
        assert set(rows["host"]) == {name.removesuffix(".tar.gz")}
        same = alone.frame().columns.difference(["host"], sort=False)
        pd.testing.assert_frame_equal(rows[same].reset_index(drop=True), alone.frame()[same])
        found = held.findings[held.findings["bundle"] == str(bundles / name)]
        wanted = report.to_frame()
        assert len(wanted) == 1
        same = wanted.columns.difference(["host"], sort=False)
        pd.testing.assert_frame_equal(found[same].reset_index(drop=True), wanted[same])


def test_one_row_a_bundle(run: tuple[Path, Result], bundles: Path) -> None:
    held = nsparse.read_batch(run[0])
    names = [Path(name).name for name in held.bundles["bundle"]]
    status = dict(zip(names, held.bundles["status"], strict=True))
    assert len(held.bundles) == 6
    assert status == dict.fromkeys(READ, "read") | {
        "notes.txt": "no sockets",
        "cut.tar.gz": "refused",
    }
    web1 = held.bundles.set_index("bundle").to_dict("index")[str(bundles / "web1.tar.gz")]
    told = [web1[name] for name in ("host", "hosts", "dumps", "rows", "warning", "problems")]
    assert told == ["web1", 1, 1, 9, 1, 0]
    assert repr(held) == (
        f"<Batch {run[0]}: sockets {len(held.sockets)}, findings {len(held.findings)}, "
        f"bundles 6, problems {len(held.problems)} rows>"
    )
    assert web1["size"] == (bundles / "web1.tar.gz").stat().st_size
    assert held.finished


def test_what_could_not_be_read_is_listed(run: tuple[Path, Result], bundles: Path) -> None:
    problems = nsparse.read_batch(run[0]).problems.set_index("bundle")
    line = problems.loc[str(bundles / "damaged.txt")]
    assert (line["line"], line["column"], line["text"]) == (12, 19, DAMAGED.rstrip("\n"))
    assert "number" in line["expected"]


def test_a_bundle_of_which_only_the_beginning_is_left(tmp_path: Path) -> None:
    """What was read of it counts, and nobody takes it for the whole."""
    whole = tmp_path / "web1.tar.gz"
    packed(whole, {"web1/ss.txt": leaking(6), "web1/log": random.Random(1).randbytes(99_999).hex()})
    cut = tmp_path / "cut" / "web1.tar.gz"
    cut.parent.mkdir()
    cut.write_bytes(whole.read_bytes()[:-20_000])
    (out := tmp_path / "out").mkdir()
    outcome = read_one(str(cut), Order())
    error = outcome.record["error"]
    assert (outcome.record["status"], outcome.record["rows"]) == ("in part", 8)
    assert "cut" in error
    dataset = Dataset(out, begin(out, Manifest({}, "."), resume=False))
    dataset.add(outcome)
    dataset.commit(finished=True)
    summary = summarize(out, dataset.manifest)
    assert [*text(summary)][:2] == ["1 bundle: 1 in part", f"  {cut}: in part: {error}"]
    assert (summary.read, summary.failures) == (1, 1)


def test_a_collector_without_sockets_says_so(tmp_path: Path) -> None:
    text = "zzz ***Sun Nov 22 10:43:50 UTC 2026\nKernel Interface table\n"
    packed(tmp_path / "osw.tar.gz", {"archive/oswnetstat/db1_netstat_26.11.22.1000.dat": text})
    record = read_one(str(tmp_path / "osw.tar.gz"), Order()).record
    assert (record["status"], record["layout"]) == ("no sockets", "Oracle OSWatcher or ExaWatcher")
    assert record["error"].startswith("it holds no socket table; Oracle OSWatcher")
    assert record["error"].endswith("interfaces and counters, no sockets")


def test_the_end_says_what_was_found(run: tuple[Path, Result]) -> None:
    result = run[1]
    assert result.exit_code == 1, result.stderr
    told = result.stdout
    assert "6 bundles: 4 read, 1 no sockets, 1 refused" in told
    assert re.search(r"warning +4 +4 +close-wait-leak", told)
    assert re.search(r"the worst bundles\n  \S+damaged.txt  1 warning", told)


def test_a_host_of_two_bundles_counts_once(tmp_path: Path) -> None:
    dataset = Dataset(tmp_path, begin(tmp_path, Manifest({}, "."), resume=False))
    for number, (host, hosts) in enumerate([("web1", 1), ("web1", 1), ("web2", 1), (None, 3)]):
        dataset.add(
            Outcome({"bundle": str(number), "status": "read", "host": host, "hosts": hosts})
        )
    dataset.commit(finished=True)
    assert summarize(tmp_path, dataset.manifest).hosts == 5


@pytest.fixture
def again(run: tuple[Path, Result], tmp_path: Path) -> Path:
    """A copy of the dataset, to go on with."""
    return Path(shutil.copytree(run[0], tmp_path / "again"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ((), 1),
        (("--fail-on", "critical"), 0),
        (("--fail-on", "never"), 0),
        (("--fail-on", "never", "--strict"), 2),  # one was refused
    ],
)
def test_exit_codes(more: Sequence[str], code: int, again: Path, bundles: Path) -> None:
    result = batch(bundles, "-o", again, "--resume", *ONE, *more)
    assert result.exit_code == code, result.stderr
    assert "6 of 6 bundles were done before" in result.stderr


# ---- bundles that bring their worker down ------------------------------------------------------

# Python runs a module of this name at its start: it makes workers do to some bundles what no bundle
# should do to them, and makes parts small and bundles slow enough to be interrupted.
SABOTAGE = """\
import os, signal, sys, time

if "nsparse.batch.child" in sys.orig_argv:
    import nsparse.batch.one as one

    read = one.read_one

    def sabotaged(bundle, order):
        time.sleep(float(os.environ.get("SLOW", 0)))
        if "kills" in bundle:
            os.kill(os.getpid(), signal.SIGKILL)
        while "hangs" in bundle:
            time.sleep(1)
        return read(bundle, order)

    def opened(bundle, order):
        kept = bytes(600 << 20) if "bombs" in bundle else b""
        return opening(bundle, order)

    opening, one.opened, one.read_one = one.opened, opened, sabotaged
elif "batch" in sys.argv or "batch" in sys.orig_argv:
    import nsparse.batch.dataset, nsparse.batch.pools

    nsparse.batch.dataset.PART_ROWS = nsparse.batch.pools.GROUP = 1
"""


@pytest.fixture(scope="module")
def sabotage(work: Path) -> Path:
    folder = work / "sabotage"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SABOTAGE, "utf-8")
    return folder


BAD = {
    "bombs.txt": ("memory", "it wants more than 512 megabytes of memory"),
    "hangs.txt": ("time", "not done after 2 seconds"),
    "kills.txt": ("crashed", "its worker was ended by SIGKILL (the system does so when memory"),
}


def test_bad_bundles_cost_themselves_only(
    sabotage: Path, bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one is read after two workers are gone.

    It has no table, so that it is done within the limit however busy the machine is.
    """
    monkeypatch.syspath_prepend(str(sabotage))
    for bad in BAD:
        (tmp_path / bad).write_text(leaking(6), "utf-8")
    paths = (*(tmp_path / bad for bad in BAD), bundles / "notes.txt", tmp_path / "*.tar")
    limits = ("--time-limit", "2", "--memory-limit", "512")
    result = batch(*paths, "-o", tmp_path / "out", "--jobs", "1", *limits, *ONE)
    held = nsparse.read_batch(tmp_path / "out")
    told = {row["bundle"]: row for row in held.bundles.to_dict("records")}
    assert told.keys() == set(map(str, paths))
    for bad, (status, error) in BAD.items():
        row = told[str(tmp_path / bad)]
        assert (row["status"], row["error"][: len(error)]) == (status, error)
        assert f"{bad}: {status}: {error}" in result.stdout
    assert told[str(bundles / "notes.txt")]["status"] == "no sockets"
    # So nothing could be read at all, which is an exit code of its own.
    assert result.exit_code == 2
    wanted = "5 bundles: 1 no sockets, 1 refused, 1 time, 1 memory, 1 crashed"
    assert wanted in result.stdout
    assert f"{tmp_path / '*.tar'}: refused: " in result.stdout
    assert {len(getattr(held, name)) for name in TABLES} == {0, 5}


# ---- hostile bundles ------------------------------------------------------------------------------


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def tar(*entries: tuple[tarfile.TarInfo, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for found, text in entries:
            found.size = len(text.encode())
            archive.addfile(found, io.BytesIO(text.encode()))
    return out.getvalue()


def matryoshka(depth: int) -> bytes:
    data = leaking(6).encode()
    for _ in range(depth):
        data = gzip.compress(data)
    return data


def locked_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ss.txt", leaking(6))
    data = bytearray(out.getvalue())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


ESCAPING = ("{out}/absolute.txt", "../../../../../../../../{out}/climbing.txt")
HOSTILE: dict[str, tuple[Callable[[str], bytes], str, str]] = {
    # what it is, its status, and how its error begins
    "absolute paths and ..": (
        lambda out: tar(*((entry(name.format(out=out)), leaking(6)) for name in ESCAPING)),
        "read",
        "",
    ),
    "links and devices": (
        lambda out: tar(
            (entry("in", tarfile.SYMTYPE, out), ""),
            (entry("in/through-a-link.txt"), "text"),
            (entry("hard.txt", tarfile.LNKTYPE, "/etc/hosts"), ""),
            (entry("null", tarfile.CHRTYPE), ""),
            (entry("pipe", tarfile.FIFOTYPE), ""),
        ),
        "no sockets",
        "it holds no socket table",
    ),
    "zeros": (
        lambda out: gzip.compress(bytes(16 << 20)) * 12,
        "refused",
        "its content is more than 250 times as large as it is itself: not read further",
    ),
    "50 deep": (
        lambda out: matryoshka(50),
        "refused",
        "archives are nested more than 4 deep: not read",
    ),
    "cut": (
        lambda out: gzip.compress(tar((entry("ss.txt"), leaking(6))))[:-100],
        "refused",
        "cut: its end is missing",
    ),
    "encrypted": (lambda out: locked_zip(), "refused", "1 of 1 files are encrypted"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bundle_is_one_line(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, status, error = HOSTILE[what]
    (tmp_path / "outside").mkdir()
    (tmp_path / "bad").write_bytes(make(str(tmp_path / "outside")))
    monkeypatch.chdir(tmp_path)
    order = Order(settings=Settings(select=frozenset({"close-wait-leak"})))
    record = read_one(str(tmp_path / "bad"), order).record
    assert (record["status"], record.get("error") or "") == (status, error)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["bad", "outside"]


def test_workers_that_cannot_start(
    bundles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('no licence')", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    result = batch(bundles, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "a worker process cannot start: SystemExit: no licence" in result.stderr
    assert not (tmp_path / "out").exists()


# ---- runs that are interrupted ------------------------------------------------------------------


def sabotaged(folder: Path, slow: float) -> dict[str, str]:
    """The environment of a process whose workers are sabotaged, and its parts small."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return {"PYTHONPATH": path, "SLOW": str(slow)}


@contextmanager
def process(*args: str | Path, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, which is gone afterwards."""
    command = [sys.executable, "-m", "nsparse", "batch", *map(str, args)]
    options: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    options |= {"env": {**os.environ, **environ}, "start_new_session": True}
    with subprocess.Popen(command, **options) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_for(true: Callable[[], bool], process: subprocess.Popen[Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, process.communicate(timeout=5)
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def needs(module: str, extra: str) -> None:
    """Skip where a library is not installed; it is not loaded, that is for the processes."""
    with suppress(ModuleNotFoundError):
        if find_spec(module):
            return
    pytest.skip(f"needs {extra}")


def parts(out: Path) -> list[str]:
    try:
        return list(json.loads((out / "manifest.json").read_text("utf-8"))["parts"])
    except FileNotFoundError:
        return []


def test_resume_loses_nothing_and_repeats_nothing(
    sabotage: Path, bundles: Path, run: tuple[Path, Result], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = (bundles, "-o", out, "--jobs", "1", *ONE)
    with process(*first, **sabotaged(sabotage, slow=0.3)) as started:
        wait_for(lambda: len(parts(out)) >= 2, started)
        started.kill()
    before = {path: path.stat().st_mtime_ns for path in nsparse.read_batch(out).files("bundles")}
    assert len(before) >= 2
    assert len(nsparse.read_batch(out).bundles) < 6
    # What a power failure leaves: files of a part that the manifest does not list.
    (out / "sockets" / "part-00077.parquet").write_bytes(b"half a part")
    (out / "sockets" / ".part-00078.tmp").write_bytes(b"")
    result = batch(*first, "--resume")
    assert result.exit_code == 1, result.stderr
    assert_equal(out, run[0])
    assert {path: path.stat().st_mtime_ns for path in before} == before, "read again"
    assert sorted(path.name for path in (out / "sockets").iterdir()) == sorted(parts(out))
    assert "were done before" in result.stderr


def test_a_folder_that_is_not_empty_is_not_touched(bundles: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    for more in ((), ("--resume",)):
        result = batch(bundles, "-o", tmp_path, *more)
        assert result.exit_code == 2
        assert "this folder is not empty" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((*ONE,), "this folder is not empty"),
        (("--resume",), "was begun with another select"),
        (("--resume", *ONE, "--shard", "1/2"), "was begun with another shard"),
    ],
)
def test_a_dataset_is_gone_on_with_as_it_was_begun(
    more: Sequence[str], said: str, run: tuple[Path, Result], bundles: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in run[0].rglob("*")}
    result = batch(bundles, "-o", run[0], *more)
    assert result.exit_code == 2
    assert said in result.stderr
    assert {path: path.stat().st_mtime_ns for path in run[0].rglob("*")} == before


def test_a_run_that_is_asked_to_stop_keeps_its_work(
    sabotage: Path, bundles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    environ = sabotaged(sabotage, slow=0.3)
    with process(bundles, "-o", out, "--jobs", "1", *ONE, **environ) as started:
        wait_for(lambda: len(parts(out)) >= 1, started)
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does it: the workers get it too
        _, said = started.communicate(timeout=120)
    assert started.returncode == 130, said
    assert "interrupted; go on with --resume" in said
    held = nsparse.read_batch(out)
    assert 1 <= len(held.bundles) < 6
    assert not held.finished
    assert set(held.bundles["status"]) <= {"read", "no sockets", "refused"}
    assert not list(out.glob("*/.part-*"))


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_said(again: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dataset, "commit", full)
    done = batch(bundles, "-o", again, "--resume", *ONE)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-2:] == [
        f"nsparse: what was finished is kept; go on with --resume -o {again}",
        f"nsparse: cannot write {again}: no space left on device",
    ]


def test_a_part_that_does_not_fit_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.batch.dataset.to_disk", full)
    dataset = Dataset(tmp_path, begin(tmp_path, Manifest({}, "."), resume=False))
    dataset.add(Outcome({"bundle": "web1", "status": "read"}))
    with pytest.raises(OSError, match="No space left"):
        dataset.commit()
    dataset.drop()
    assert [path for path in tmp_path.rglob("*part*") if path.is_file()] == []


def test_a_cluster_asks_to_stop_with_sigterm() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        assert signal.getsignal(signal.SIGTERM) == before, "the second does not wait"


def test_two_drivers_do_not_share_a_folder(again: Path, bundles: Path) -> None:
    pytest.importorskip("fcntl", reason="this system has no such locks")
    with locked(again):
        result = batch(bundles, "-o", again, "--resume", *ONE)
    assert result.exit_code == 2
    assert "another nsparse batch writes there" in result.stderr


# ---- shards, folders of bundles ------------------------------------------------------------------


@pytest.mark.parametrize("shard", ["3", "0/2", "3/2", "1/x", "-1/2"])
def test_a_shard_that_is_none(shard: str, tmp_path: Path) -> None:
    result = batch(tmp_path, "-o", tmp_path / "out", "--shard", shard)
    assert result.exit_code == 2
    assert "--shard" in result.stderr


SHELVES: dict[str, tuple[list[str], list[str]]] = {
    "archives": (["a.tar.xz", "b.zip", ".hidden.zip"], ["a.tar.xz", "b.zip"]),
    "checksums": (["a.tar.xz", "a.tar.xz.sha256", "b.md5"], ["a.tar.xz", "b.md5"]),
    "dumps": (["a.txt", "b.txt"], ["a.txt", "b.txt"]),
    "unpacked bundles": (["a/ss.txt", "a/sys/x", "b/ss.txt"], ["a", "b"]),
    "one unpacked bundle": (["version.txt", "sos_commands/networking/ss"], ["."]),
    "a supportconfig": (["basic-environment.txt", "network.txt"], ["."]),
    "a sosreport": (["sos_commands/networking/ss", "etc/hosts"], ["."]),
    "bugreports": (["bugreport-a.txt", "bugreport-b.txt"], ["bugreport-a.txt", "bugreport-b.txt"]),
    "years": (
        ["2025/07/a.tar", "2026/b.tgz", "2026/unpacked/ss"],
        ["2025/07/a.tar", "2026/b.tgz", "2026/unpacked"],
    ),
}


@pytest.mark.parametrize("case", SHELVES)
def test_what_a_folder_holds(case: str, tmp_path: Path) -> None:
    files, wanted = SHELVES[case]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    twice = (str(tmp_path), f"{tmp_path}/.")
    assert list(listed(twice)) == [os.path.normpath(tmp_path / name) for name in wanted]


def test_the_output_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "a.tar").touch()
    (tmp_path / "out").mkdir()
    assert list(listed([str(tmp_path)], str(tmp_path / "out"))) == [str(tmp_path / "a.tar")]


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "a.tar").touch()
    result = batch(tmp_path / "out", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "nothing to read: no bundle in" in result.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_that_is_there(tmp_path: Path) -> None:
    """A path that was mistyped fills no folder; among others it is refused."""
    gone, out = tmp_path / "gone", tmp_path / "out"
    result = batch(gone, tmp_path / "gone too" / "a.tar", "-o", out)
    assert result.exit_code == 2
    assert f"nothing to read: no such file or directory: {gone}, " in result.stderr
    assert not out.exists()
    dump = tmp_path / "ss.txt"
    dump.write_text(f"{TABLE}ESTAB 0 0 192.0.2.1:22 192.0.2.9:5\n", "utf-8")
    assert "gone: refused: no such file" in batch(gone, dump, "-o", out).stdout
    dump.unlink()
    assert batch(dump, "-o", out, "--resume").exit_code == 0  # it was read before


# ---- other machines ------------------------------------------------------------------------------


@contextmanager
def cluster(folder: Path, environ: dict[str, str]) -> Iterator[tuple[str, list[Any]]]:
    """A scheduler and two workers, each a process of its own; its address, and the workers."""
    file, log = folder / "scheduler.json", (folder / "cluster.log").open("wb")
    common = ("--no-dashboard", "--scheduler-file", str(file))
    worker = (*common, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
    with ExitStack() as stack:
        stack.enter_context(log)

        def start(kind: str, *args: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *args]
            streams: Any = {"stdout": log, "stderr": log, "env": {**os.environ, **environ}}
            process = stack.enter_context(subprocess.Popen(command, **streams))
            stack.callback(process.kill)
            return process

        scheduler = start("scheduler", *common, "--host", "127.0.0.1", "--port", "0")
        workers = [start("worker", *worker) for _ in range(2)]
        wait_for(file.is_file, scheduler)
        wait_for(lambda: log_of(folder).count("Starting established connection") >= 4, scheduler)
        yield json.loads(file.read_text("utf-8"))["address"], workers


def log_of(folder: Path) -> str:
    return (folder / "cluster.log").read_text("utf-8")


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker(
    sabotage: Path, bundles: Path, run: tuple[Path, Result], tmp_path: Path
) -> None:
    needs("distributed", "nsparse[dask]")
    out, environ = tmp_path / "out", sabotaged(sabotage, slow=0.3)
    with cluster(tmp_path, environ) as (address, workers):
        with process(bundles, "-o", out, "--dask", address, *ONE, **environ) as driver:
            wait_for(lambda: len(parts(out)) >= 1, driver)
            workers[0].kill()
            _, said = driver.communicate(timeout=120)
        assert driver.returncode == 1, said
        assert workers[0].wait() == -signal.SIGKILL
        assert workers[1].poll() is None
    assert_equal(out, run[0])


def test_a_cluster_knows_its_own_size(bundles: Path, tmp_path: Path) -> None:
    result = batch(bundles, "-o", tmp_path / "out", "--dask", "tcp://192.0.2.1:8786", "--jobs", "2")
    assert result.exit_code == 2
    assert "--jobs is for this machine" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_cluster_that_is_not_there(bundles: Path, tmp_path: Path) -> None:
    needs("distributed", "nsparse[dask]")
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{reserved.getsockname()[1]}"
        environ = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "0.5s"}
        with process(bundles, "-o", tmp_path / "out", "--dask", address, **environ) as driver:
            _, said = driver.communicate(timeout=120)
    assert driver.returncode == 2
    assert said.splitlines()[-1].startswith(f"nsparse: --dask {address}: cannot be reached")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def bucket(bundles: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The bundles in a bucket of a server on this machine; what leads the S3 libraries there."""
    needs("s3fs", "nsparse[cloud]")
    needs("moto.server", "moto[server]")
    log = tmp_path / "moto.log"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with ExitStack() as stack:
        said = stack.enter_context(log.open("wb"))
        server = stack.enter_context(subprocess.Popen(command, stdout=said, stderr=said))
        stack.callback(server.kill)
        wait_for(lambda: "Running on http://" in log.read_text("utf-8"), server)
        address = re.findall(r"Running on (http://\S+:\d+)", log.read_text("utf-8"))[-1]
        put(f"{address}/fleet", b"")
        for path in bundles.iterdir():
            put(f"{address}/fleet/bundles/{path.name}", path.read_bytes())
        keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        yield {**keys, "AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1"}


def put(address: str, data: bytes) -> None:
    kind = {"Content-Type": "application/octet-stream"}  # else it is taken for a form
    request = urllib.request.Request(address, data, kind, method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


@pytest.mark.slow
def test_bundles_in_a_bucket_and_shards(
    bucket: dict[str, str], run: tuple[Path, Result], tmp_path: Path
) -> None:
    common = ("s3://fleet/bundles/", "--jobs", "1", *ONE)
    with ExitStack() as stack:
        drivers = []
        for shard in ("1/2", "2/2"):
            args = (*common, "--shard", shard, "-o", tmp_path / shard[0])
            drivers.append(stack.enter_context(process(*args, **bucket)))
        for driver in drivers:
            said = driver.communicate(timeout=120)
            assert driver.returncode == 1, said
    counts = [len(nsparse.read_batch(tmp_path / name).bundles) for name in "12"]
    assert sum(counts) == 6
    assert 0 not in counts
    assert_equal(tmp_path, run[0])
    assert nsparse.read_batch(tmp_path).bundles["modified"].notna().all()


def test_a_shard_is_a_part() -> None:
    names = [f"bundles/{number}.tar.xz" for number in range(1000)]
    shares = [[in_shard(name, (number, 16)) for name in names] for number in range(1, 17)]
    assert all(sum(column) == 1 for column in zip(*shares, strict=True))
    assert all(40 < sum(share) < 90 for share in shares)


# ---- what the docs show ----------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars", "duckdb"])
def test_other_libraries_read_it(library: str, run: tuple[Path, Result]) -> None:
    module = pytest.importorskip(library, reason=f"needs {library}")
    pattern = str(run[0] / "sockets" / "*.parquet")
    rows = len(nsparse.read_batch(run[0]).sockets)
    if library == "duckdb":
        query = f"select count(*) from '{pattern}' where state = 'CLOSE_WAIT'"
        assert module.sql(query).fetchall() == [(rows - 8,)], "one listener and one call a dump"
    else:
        source = run[0] / "sockets" if library == "pandas" else pattern
        found = module.read_parquet(source)
        assert (found["state"] == "CLOSE_WAIT").sum() == rows - 8
        assert found.shape == (rows, len(TABLES["sockets"]))


def questions() -> list[tuple[str, str, str]]:
    """Each question of the docs, as pandas and as SQL."""
    text = (ROOT / "docs" / "batch.md").read_text("utf-8")
    return re.findall(r"### (\w[^\n]*)\n.*?```python\n(.*?)```\n+```sql\n(.*?)```", text, re.S)


@pytest.mark.parametrize("question", questions(), ids=lambda question: question[0])
def test_pandas_and_duckdb_answer_alike(
    question: tuple[str, str, str], run: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb = pytest.importorskip("duckdb", reason="needs duckdb")
    _, python, sql = question
    monkeypatch.chdir(run[0].parent)
    known: dict[str, Any] = {"batch": nsparse.read_batch("out")}
    exec(python, known)
    mine = [tuple(row) for row in known["answer"].itertuples(index=False)]
    theirs = duckdb.sql(sql).fetchall()
    assert mine == theirs
    assert mine, "a question without an answer tests nothing"


def test_five_questions() -> None:
    assert len(questions()) == 5


def test_the_docs_know_each_option() -> None:
    text = (ROOT / "docs" / "batch.md").read_text("utf-8")
    command = cli.get_command(click.Context(cli), "batch")
    assert command
    options = {name for option in command.params for name in option.opts}
    assert not {name for name in options if name.startswith("--") and f"`{name}" not in text}
