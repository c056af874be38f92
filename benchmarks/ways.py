"""The ways to read a dump that are compared, each in a process of its own.

Run as `python -m benchmarks.ways WAY FORMAT PATH TIMES`, it prints what it measured as JSON. Only
the reading is timed, not the start of the interpreter and the imports; the first time is a warm-up
where there is another.
"""

from __future__ import annotations

import gc
import importlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.formats import FORMATS, Format

Counts = dict[str, int]
"""What a way found, for the check: rows, and the sum of all remote ports."""

Way = Callable[[Path, Format], Callable[[], Counts]]


def _nsparse(path: Path, form: Format) -> Callable[[], Counts]:
    import nsparse

    return lambda: _counted(nsparse.parse(path, on_bad_lines="skip").frame)


def _judge(path: Path, form: Format) -> Callable[[], Counts]:
    """All diagnoses, of a dump that is parsed already."""
    import nsparse

    dump = nsparse.parse(path, on_bad_lines="skip")
    return lambda: {"rows": int(nsparse.diagnose(dump).summary["rows"])}


def _scene(path: Path, form: Format) -> Callable[[], Counts]:
    """What all diagnoses read, made once: roles, owners, services, pairs."""
    import nsparse
    from nsparse.judging.given import given, joined
    from nsparse.judging.scene.scene import scenes

    dump = nsparse.parse(path, on_bad_lines="skip")
    return lambda: {"rows": sum(len(one.view) for one in scenes(joined(list(given(dump)))))}


def _regex(path: Path, form: Format) -> Callable[[], Counts]:
    import nsparse

    return lambda: _counted(nsparse.parse(path, on_bad_lines="skip", engine="regex").frame)


def _chunks(path: Path, form: Format) -> Callable[[], Counts]:
    import nsparse

    def run() -> Counts:
        found = {"rows": 0, "ports": 0}
        for frame in nsparse.read_chunks(path, on_bad_lines="skip"):
            part = _counted(frame)
            found = {name: found[name] + part[name] for name in found}
        return found

    return run


def _counted(frame: Any) -> Counts:
    return {"rows": len(frame), "ports": int(frame["remote_port"].sum())}


def _read_csv(path: Path, form: Format) -> Callable[[], Counts]:
    import pandas as pd

    names = list("abcdefgh")
    return lambda: {
        "rows": len(pd.read_csv(path, sep=r"\s+", header=None, skiprows=form.skip, names=names))
    }


def _read_csv_split(path: Path, form: Format) -> Callable[[], Counts]:
    """The same, and both ends split."""
    import pandas as pd

    names = list("abcdefgh")
    separator = "." if "macOS" in form.name else ":"
    first = {"ss": 3, "netstat": 3}[form.name.split()[0]] - 2 * ("Windows" in form.name)

    def run() -> Counts:
        frame = pd.read_csv(path, sep=r"\s+", header=None, skiprows=form.skip, names=names)
        for name in names[first : first + 2]:
            parts = frame[name].str.rsplit(separator, n=1, expand=True)
            frame[f"{name}_host"], frame[f"{name}_port"] = parts[0], parts[1].astype("int32")
        return {"rows": len(frame), "ports": int(frame[f"{names[first + 1]}_port"].sum())}

    return run


def _jc(path: Path, form: Format) -> Callable[[], Counts]:
    import jc

    def run() -> Counts:
        rows: Any = jc.parse(form.jc, path.read_text("ascii"), quiet=True)
        # jc calls the heading of Linux a row where it does not know it, so that only rows count.
        found = [row for row in rows if "state" in row]
        port = "peer_port_num" if form.jc == "ss" else "foreign_port_num"
        return {"rows": len(found), "ports": sum(row.get(port) or 0 for row in found)}

    return run


def _insights(path: Path, form: Format) -> Callable[[], Counts]:
    from insights.parsers import netstat
    from insights.tests import context_wrap

    def run() -> Counts:
        lines = path.read_text("ascii").splitlines()
        if form.name == "ss -tuan":
            return {"rows": len(netstat.SsTUPNA(context_wrap(lines)))}
        found = netstat.Netstat(context_wrap(lines))
        return {"rows": len(found.datalist[netstat.ACTIVE_INTERNET_CONNECTIONS])}

    return run


def _python(code: str, *words: str) -> Way:
    """A process of Python; its start is what it costs."""

    def way(path: Path, form: Format) -> Callable[[], Counts]:
        command = [sys.executable, "-c", code, *(str(path) if w == "PATH" else w for w in words)]

        def run() -> Counts:
            subprocess.run(command, capture_output=True, check=False)
            return {}

        return run

    return way


def _process(*command: str) -> Way:
    """Another program; its start is part of its time."""

    def way(path: Path, form: Format) -> Callable[[], Counts]:
        def run() -> Counts:
            done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
            return {"rows": int(done.stdout.split()[0]) - form.skip}

        return run

    return way


NSPARSE = "from nsparse.cli import main; main()"
_COUNT_STATES = "{ states[$1]++; n++ } END { print n; for (s in states) print s, states[s] }"

WAYS: dict[str, Way] = {
    "nsparse": _nsparse,
    "nsparse engine=regex": _regex,
    "nsparse diagnose": _judge,
    "nsparse scene": _scene,
    "nsparse read_chunks": _chunks,
    "read_csv": _read_csv,
    "read_csv + split": _read_csv_split,
    "jc": _jc,
    "insights-core": _insights,
    "mawk, states counted": _process("mawk", _COUNT_STATES),
    "wc -l": _process("wc", "-l"),
    "process: import pandas": _python("import pandas"),
    "process: nsparse diagnose": _python(NSPARSE, "diagnose", "PATH"),
    "process: import click": _python("import click"),
    "process: nsparse --help": _python(NSPARSE, "--help"),
}


def main() -> None:
    """Measure one way on one file."""
    name, form, path, times = sys.argv[1:5]
    found: dict[str, Any] = {}
    try:
        if name.startswith(("nsparse", "read_csv")):
            importlib.import_module("lark")
            importlib.import_module("pandas")
            importlib.import_module("pyarrow.compute")
        run = WAYS[name](Path(path), FORMATS[form])
        found["base"] = _largest()
        found["counts"], first = _timed(run)
        found["peak"] = _largest()
        found["times"] = [_timed(run)[1] for _ in range(int(times))] or [first]
    except (ImportError, FileNotFoundError) as error:
        found = {"missing": str(error)}
    except Exception as error:  # a peer may fail in any way; the table says so
        found = {"failed": f"{type(error).__name__}: {error}"[:200]}
    json.dump(found, sys.stdout)


def _largest() -> int:
    """The largest size that this process has had, in kilobytes.

    `ru_maxrss` of a new process is that of its parent at least, which Linux keeps over exec
    (exec_mmap in fs/exec.c).
    """
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _timed(run: Callable[[], Counts]) -> tuple[Counts, tuple[float, float]]:
    """What is counted; seconds on the clock, and of the processor (children included)."""
    gc.collect()
    wall, cpu = time.perf_counter(), _cpu()
    counts = run()
    return counts, (time.perf_counter() - wall, _cpu() - cpu)


def _cpu() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, whose))


if __name__ == "__main__":
    main()
