"""The commands as a user types them: what goes to which stream, and the exit codes."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import nsparse
from nsparse.cli import cli
from nsparse.diagnosis import SEVERITIES
from nsparse.registry import diagnoses, dialects
from nsparse.reporting import render
from nsparse.reporting.output import colored
from nsparse.reporting.table import table
from nsparse.schema import COLUMNS, faults, frame
from nsparse.states import STATES

ROOT = Path(__file__).parent.parent

LEAK = """\
State      Recv-Q Send-Q Local Address:Port  Peer Address:Port   Process
LISTEN     0      100    198.51.100.20:8080  0.0.0.0:*           users:(("java",pid=4711,fd=33))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50110   users:(("java",pid=4711,fd=41))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50112   users:(("java",pid=4711,fd=42))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50131   users:(("java",pid=4711,fd=43))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.7:50144   users:(("java",pid=4711,fd=47))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.9:41210   users:(("java",pid=4711,fd=48))
CLOSE-WAIT 0      0      198.51.100.20:8080  203.0.113.9:41216   users:(("java",pid=4711,fd=52))
ESTAB      0      0      198.51.100.20:8080  203.0.113.9:41300   users:(("java",pid=4711,fd=53))
"""
HEALTHY = """\
State      Recv-Q Send-Q Local Address:Port  Peer Address:Port   Process
LISTEN     0      511    198.51.100.20:443   0.0.0.0:*           users:(("nginx",pid=900,fd=6))
ESTAB      0      0      198.51.100.20:443   203.0.113.7:50110   users:(("nginx",pid=900,fd=7))
ESTAB      0      0      198.51.100.20:443   203.0.113.7:50112   users:(("nginx",pid=900,fd=8))
"""
DAMAGED = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp       1O      0 192.0.2.10:80           203.0.113.7:50110       ESTABLISHED
tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED
"""
ROUTES = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0
"""

COMPLETE = "TAB: "
"""Before a line that is typed so far, of which a shell asks what may follow."""


def run(
    *args: str | Path, stdin: bytes | None = None, env: dict[str, str | None] | None = None
) -> Result:
    return CliRunner(env=env).invoke(cli, [str(arg) for arg in args], input=stdin)


def process(*args: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """A real process, so that streams, terminals and exit codes are the real ones."""
    environ = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environ |= {"COLUMNS": "80", "PYTHONWARNINGS": "error", **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "nsparse", *map(str, args)],
        capture_output=True,
        text=True,
        env=environ,
        timeout=120,
        check=False,
        **options,
    )


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """A folder with every kind of file."""
    for name, text in (
        ("leak.txt", LEAK),
        ("healthy.txt", HEALTHY),
        ("damaged.txt", DAMAGED),
        ("routes.txt", ROUTES),
        ("sub/notes.md", "nothing to see here\n"),
        ("sub/again.txt", HEALTHY),
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


# --- without a dump ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        ["diagnose", "--help"],
        ["parse", "--help"],
        ["explain", "CLOSE_WAIT"],
        ["explain", "recv_q"],
        ["explain", "no-such-thing"],
        ["list"],
        ["list", "-f", "json"],
        ["dump.txt"],
        COMPLETE + "nsparse explain close-w",
        COMPLETE + "nsparse diagnose --select zero-window,close-w",
    ],
)
def test_what_needs_no_dump_loads_nothing_heavy(args: Sequence[str] | str) -> None:
    code = (
        "import atexit, sys\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'lark', 'rich', 'jinja2'}\n"
        "atexit.register(lambda: print('loaded', heavy & set(sys.modules)))\n"
        "from nsparse.cli import main\n"
        "main()"
    )
    typed = isinstance(args, str)
    done = subprocess.run(
        [sys.executable, "-c", code, *([] if typed else args)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | (completing(str(args)) if typed else {}),
    )
    assert done.stdout.splitlines()[-1] == "loaded set()", done.stderr
    if typed:
        assert "close-wait-leak" in done.stdout


def completing(typed: str) -> dict[str, str]:
    """The environment in which a shell asks what TAB may complete."""
    words = typed.removeprefix(COMPLETE)
    return {
        "_NSPARSE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["help"], "no command is named 'help'; did you mean `nsparse --help`?"),
        (["help", "parse"], "no command is named 'help'; did you mean `nsparse parse --help`?"),
        (
            ["dump.txt", "-q"],
            "no command is named 'dump.txt'; did you mean `nsparse diagnose dump.txt -q`?",
        ),
        (["-"], "no command is named '-'; did you mean `nsparse diagnose -`?"),
        (["pars"], "no command is named 'pars'; did you mean parse?"),
        (
            ["xyz"],
            "no command is named 'xyz'; there are diagnose, parse, batch, explain, list",
        ),
        (
            ["explain", "bogus"],
            "no diagnosis, state, column or dialect is named 'bogus'; `nsparse list` shows what "
            "there is",
        ),
        (["diagnose", "--no-such"], "no such option '--no-such'\nsee nsparse diagnose --help"),
        (["parse", ""], "invalid value for 'PATH...': an empty name: is a variable of the shell "),
        (
            ["parse"],
            "missing argument 'PATH...'. Give a file, a folder, a bundle, or - for standard input\n"
            "see nsparse parse --help",
        ),
        (
            ["batch", "-o", "out"],
            "missing argument 'PATH...'. Give a bundle, or a folder of bundles\n",
        ),
        (["diagnose", "--ignore", "bogus", "x"], "no diagnosis is named 'bogus'; "),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_what_cannot_be_done_is_said_in_one_way(
    args: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from nsparse.cli import main

    monkeypatch.setattr(sys, "argv", ["nsparse", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert not said.out
    assert said.err.startswith(f"nsparse: {says}")
    assert len(said.err.splitlines()) <= 2


def test_version() -> None:
    assert process("--version").stdout.startswith("nsparse 0.")


def test_list_names_all_that_can_be_explained() -> None:
    words = run("list").output.replace(",", "").split()
    assert set(words) >= {*dialects(), *diagnoses(), *STATES, *(column.name for column in COLUMNS)}
    held = json.loads(run("list", "-f", "json").output)
    assert [entry["name"] for entry in held["dialects"]] == list(dialects())
    assert [entry["id"] for entry in held["diagnoses"]] == list(diagnoses())


def test_every_name_is_explained() -> None:
    for name in (*diagnoses(), *dialects(), *(column.name for column in COLUMNS)):
        done = run("explain", name)
        assert done.exit_code == 0, name
        assert f"{name}: a " in done.output, name


def test_a_diagnosis_is_explained_with_its_numbers() -> None:
    said = run("explain", "zero-window").output
    for words in ("  Means  ", "  Do  ", "  False alarms  ", "  Needs  ", "  Numbers in force"):
        assert words in said
    for number in diagnoses()["zero-window"].numbers:
        assert f"    {number.key}" in said


@pytest.mark.parametrize("word", ["CLOSE_WAIT", "close-wait", "CLOSE-WAIT", "SCHLIESSEN_WARTEN"])
def test_a_state_is_explained_in_any_spelling(word: str) -> None:
    assert run("explain", word).output.startswith("CLOSE_WAIT: ")


def test_an_unknown_name_gets_the_nearest() -> None:
    done = run("explain", "zero-windw")
    assert done.exit_code == 2
    assert not done.stdout
    assert done.stderr == (
        "nsparse: no diagnosis, state, column or dialect is named 'zero-windw'; "
        "did you mean zero-window?\n"
    )


# --- diagnose ------------------------------------------------------------------------------------


def test_a_leak_is_found(dumps: Path) -> None:
    done = run("diagnose", dumps / "leak.txt")
    assert done.exit_code == 1
    assert not done.stderr
    assert done.stdout.startswith("warning  close-wait-leak")
    assert "java/4711 has not." in " ".join(done.stdout.split())
    assert f"{dumps / 'leak.txt'}:3-8" in done.stdout
    assert "1 finding (1 warning) in 8 rows of 1 host" in done.stdout.splitlines()[-1]


def test_one_line_form(dumps: Path) -> None:
    assert run("diagnose", "-q", dumps / "leak.txt").output == (
        "warning close-wait-leak server 198.51.100.20:8080 java/4711 (medium): 6 of 7 connections "
        "accepted on port 8080 are CLOSE_WAIT: the clients have closed, java/4711 has not.\n"
    )


def test_a_healthy_dump_reads_as_healthy(dumps: Path) -> None:
    done = run("diagnose", dumps / "healthy.txt")
    assert done.exit_code == 0
    first, second, third, *rest = done.output.splitlines()
    assert first.startswith("ok  no findings at warning or above  (")
    assert second == "  connections   2 (2 ESTABLISHED)"
    assert third == "                listeners 1, UDP 0, rows 3, 0 duplicates"
    assert "198.51.100.20:443 nginx/900 2 connections, accept queue 0 of 511" in done.output
    assert rest[-1].startswith("no findings in 3 rows of 1 host")
    assert run("diagnose", "-q", dumps / "healthy.txt").output == ""


def test_silence_is_not_said_of_rows_that_were_not_read(dumps: Path, tmp_path: Path) -> None:
    text = (dumps / "healthy.txt").read_text("utf-8")
    row = next(line for line in text.splitlines() if "nginx" in line)
    (tmp_path / "damaged.txt").write_text(text + f"{row[:30]}\n{row}\n" * 2, "utf-8")
    done = run("diagnose", "-q", tmp_path / "damaged.txt")
    assert done.stdout == "judged in part  2 lines could not be read\n"


def test_an_empty_table_is_nothing_to_judge(dumps: Path) -> None:
    (dumps / "empty.txt").write_text(LEAK.splitlines()[0] + "\n")
    done = run("diagnose", dumps / "empty.txt")
    assert done.exit_code == 0
    assert done.stdout == "nothing to judge: no sockets\n"
    assert "a table with a header and no rows" in done.stderr
    done = run("parse", dumps / "empty.txt")
    assert done.exit_code == 0
    assert not done.stdout
    assert "a table with a header and no rows" in done.stderr


def test_standard_input(dumps: Path) -> None:
    done = run("diagnose", "-", stdin=LEAK.encode("utf-16"))
    assert done.exit_code == 1
    assert "<stdin>:3-8" in done.output


@pytest.mark.parametrize(
    ("fail_on", "code"), [("critical", 0), ("warning", 1), ("notice", 1), ("never", 0)]
)
def test_fail_on(dumps: Path, fail_on: str, code: int) -> None:
    done = run("diagnose", "--fail-on", fail_on, dumps / "leak.txt")
    assert done.exit_code == code
    assert "close-wait-leak" in done.output


def test_select_and_ignore(dumps: Path) -> None:
    leak = dumps / "leak.txt"
    assert run("diagnose", "-q", "--select", "zero-window", leak).output == ""
    assert run("diagnose", "-q", "--ignore", "close-wait-leak,zero-window", leak).output == ""
    assert run("diagnose", "-q", "--select", "close-wait-leak", leak).exit_code == 1
    wrong = run("diagnose", "--select", "close-wait-leek", leak)
    assert wrong.exit_code == 2
    assert "did you mean close-wait-leak?" in wrong.stderr


def test_json(dumps: Path) -> None:
    done = run("diagnose", "-f", "json", dumps / "leak.txt", dumps / "damaged.txt")
    document = json.loads(done.stdout)
    assert not list(faulty(document, schema()))
    (finding,) = [f for f in document["findings"] if f["id"] == "close-wait-leak"]
    assert finding["n"] == 6
    assert finding["group"]["pid"] == 4711
    assert finding["rows"][0] == {"file": str(dumps / "leak.txt"), "line": 3}
    assert [problem["line"] for problem in document["problems"]] == [4]
    assert done.exit_code == 1
    missing = {entry.pop("id"): entry for entry in document["not_evaluated"]}
    assert missing["zero-window"] == {
        "needs": ["timer|tcpinfo"],
        "what": "timers or path quality",
        "command": "ss -tuano",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_read_is_2_and_still_a_document(dumps: Path, form: str) -> None:
    done = run("diagnose", "-f", form, dumps / "routes.txt", dumps / "missing.txt")
    assert done.exit_code == 2
    assert "routing table" in done.stderr
    assert f"nsparse: {dumps / 'missing.txt'}: no such file or directory\n" in done.stderr
    if form == "text":
        assert not done.stdout
        return
    document = json.loads(done.stdout)
    assert not list(faulty(document, schema()))
    assert document["summary"]["by_severity"] == dict.fromkeys(SEVERITIES, 0)
    assert [Path(problem["file"]).name for problem in document["problems"]] == [
        "routes.txt",
        "missing.txt",
    ]
    assert "routing table" in document["problems"][0]["text"]


def test_a_list_of_processes_by_the_name_that_collectors_give_it(dumps: Path) -> None:
    processes = dumps / "ps.txt"
    processes.write_text("  PID TTY          TIME CMD\n    1 ?        00:00:04 systemd\n" * 2)
    done = run("diagnose", processes)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"nsparse: {processes}: this is a list of processes")
    assert len(done.stderr.splitlines()) == 1


def test_one_bad_file_stops_nothing(dumps: Path) -> None:
    paths = (dumps / "healthy.txt", dumps / "routes.txt")
    assert run("diagnose", *paths).exit_code == 0
    assert "routing table" in run("diagnose", *paths).stderr
    assert run("diagnose", "--strict", *paths).exit_code == 2
    assert "with --strict also" in run("diagnose", "--help").stdout


def test_where_something_was_not_read_nothing_is_ok(dumps: Path) -> None:
    done = run("diagnose", dumps / "healthy.txt", dumps / "missing.txt")
    assert done.exit_code == 0
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("judged in part  1 input could not be read")
    assert last == "no findings in 3 rows of 1 host; 1 input could not be read"


@pytest.mark.parametrize(
    ("damaged", "first"),
    [(2, "ok  no findings"), (3, "judged in part  3 lines could not be read")],
)
def test_a_dump_of_which_much_is_damaged_is_not_ok(dumps: Path, damaged: int, first: str) -> None:
    """Of 20 rows two may be: a tenth."""
    heading, _, row, *_ = HEALTHY.splitlines(keepends=True)
    rows = [row.replace("50110", str(50110 + i)) for i in range(20 - damaged)]
    bad = row.replace(" 0 ", " O ", 1) * damaged
    (dumps / "damaged.txt").write_text(heading + bad + "".join(rows))
    said = run("diagnose", dumps / "damaged.txt").stdout
    assert said.startswith(first)
    assert f"of 1 host; {damaged} lines could not be read" in said.splitlines()[-1]


def test_rows_that_were_left_out_concern_every_count(dumps: Path) -> None:
    (dumps / "some.txt").write_text(HEALTHY + "[... 40 lines omitted ...]\n")
    said = " ".join(run("diagnose", dumps / "some.txt").stdout.split())
    assert f"{dumps / 'some.txt'}: rows were left out of this dump" in said
    (source,) = json.loads(run("diagnose", "-f", "json", dumps / "some.txt").stdout)["sources"]
    assert [note.partition(":")[0] for note in source["notes"]] == [
        "rows were left out of this dump by whoever shortened it"
    ]


def test_what_the_config_file_hides_is_counted(
    dumps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dumps)
    for text, hides in (
        ("ignore-ports = [8080]\n", "1 hidden by nsparse.toml"),
        ("[close-wait-leak]\nlevel = 'off'\n", "1 hidden by nsparse.toml"),
        ("ignore = ['close-wait-leak']\n", "1 diagnosis left out by nsparse.toml"),
        ("[close-wait-leak]\nlevel = 'info'\n", "1 at info (-v)"),
    ):
        (dumps / "nsparse.toml").write_text(text)
        done = run("diagnose", "leak.txt")
        assert done.exit_code == 0
        assert done.stdout.endswith(f" in 8 rows of 1 host; {hides}\n"), text


def test_a_folder_is_walked_and_what_is_no_dump_is_counted(dumps: Path) -> None:
    done = run("parse", "-q", dumps)
    assert done.exit_code == 0
    assert done.stderr == ""
    done = run("parse", "-f", "jsonl", "--strict", dumps)
    assert done.exit_code == 0
    assert f"nsparse: {dumps}: 2 files are no dumps, left out\n" in done.stderr
    files = [Path(json.loads(line)["file"]).name for line in done.stdout.splitlines()]
    assert list(dict.fromkeys(files)) == ["damaged.txt", "healthy.txt", "leak.txt", "again.txt"]


def test_a_file_is_read_once(dumps: Path) -> None:
    done = run("parse", "-f", "jsonl", dumps / "leak.txt", dumps, dumps / "leak.txt")
    names = [Path(json.loads(line)["file"]).name for line in done.stdout.splitlines()]
    assert names.count("leak.txt") == 8


@pytest.mark.parametrize("command", ["diagnose", "parse"])
def test_a_folder_without_a_dump(tmp_path: Path, command: str) -> None:
    done = run(command, tmp_path)
    assert done.exit_code == 2
    assert done.stderr == f"nsparse: nothing to read: no dump in {tmp_path}\n"


def test_a_pipe_in_a_folder_is_not_waited_for(dumps: Path) -> None:
    os.mkfifo(dumps / "pipe")
    assert run("parse", dumps).exit_code == 0


def test_wrong_arguments() -> None:
    for args in (["diagnose"], ["parse", "-f", "xml", "x"], ["parse", "--encoding", "x", "y"]):
        assert run(*args).exit_code == 2


def test_without_arguments_the_usage_is_shown() -> None:
    done = run()
    assert done.exit_code == 2
    assert not done.stdout
    assert done.stderr.startswith("Usage: ")
    assert "\n  diagnose " in done.stderr


def test_output_to_a_file(dumps: Path) -> None:
    target = dumps / "report.txt"
    done = run("diagnose", "-o", target, dumps / "leak.txt")
    assert done.exit_code == 1
    assert not done.output
    assert "close-wait-leak" in target.read_text()
    assert "report.txt" not in run("parse", "-v", "-o", target, dumps).stderr


def test_an_input_is_not_written_over(dumps: Path) -> None:
    leak = dumps / "leak.txt"
    assert run("parse", "-o", leak, leak).exit_code == 2
    assert leak.read_text() == LEAK


def test_a_file_that_cannot_be_written(dumps: Path) -> None:
    done = process("parse", "-o", dumps / "no" / "such" / "folder.csv", dumps / "leak.txt")
    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_name_that_is_no_text(dumps: Path) -> None:
    odd = os.fsencode(dumps) + b"/\xff\x1b[2J.txt"
    with open(odd, "w") as file:  # noqa: PTH123 - pathlib takes no bytes
        file.write(LEAK)
    done = process("diagnose", "-f", "json", os.fsdecode(odd))
    assert done.returncode == 1
    assert json.loads(done.stdout)["sources"][0]["file"].endswith("\\udcff\x1b[2J.txt")
    assert "\x1b" not in done.stdout


def test_another_number_from_a_config_file(dumps: Path) -> None:
    config = dumps / "nsparse.toml"
    config.write_text("[close-wait-leak]\nfew = 7\nmany = 999\n")
    leak = dumps / "leak.txt"
    assert run("diagnose", "-q", "--config", config, leak).exit_code == 0
    said = run("explain", "--config", config, "close-wait-leak").output
    assert "    few " in said
    assert f"set by {config}; the default is 5: " in " ".join(said.split())
    project = dumps / "pyproject.toml"
    project.write_text("[tool.nsparse.close-wait-leak]\nfew = 7\nmany = 999\n")
    assert run("diagnose", "-q", "--config", project, leak).exit_code == 0


def test_the_config_file_of_the_current_folder(
    dumps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dumps)
    assert run("diagnose", "-q", "leak.txt").exit_code == 1
    project = dumps / "pyproject.toml"
    project.write_text("[tool.other]\nfew = 1\n")
    assert run("diagnose", "-q", "leak.txt").exit_code == 1
    project.write_text("[tool.nsparse.close-wait-leak]\nlevel = 'notice'\n")
    assert run("diagnose", "-q", "leak.txt").exit_code == 0
    # The file of its own is before the one that is for others too; one that is named, before both.
    (dumps / "nsparse.toml").write_text("[close-wait-leak]\nfew = 2\n")
    done = run("diagnose", "-v", "leak.txt")
    assert done.exit_code == 1
    assert done.stderr.startswith("set by nsparse.toml\n  close-wait-leak: few 2\n")
    (dumps / "other.toml").write_text("ignore = ['close-wait-leak']\n")
    assert run("diagnose", "-q", "--config", "other.toml", "leak.txt").exit_code == 0
    assert "not judged: set by other.toml" in " ".join(
        run("explain", "--config", "other.toml", "close-wait-leak").stdout.split()
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ignore-port = [80]\n", "did you mean ignore-ports?"),
        ("[close-wait-leak]\nlevel = 'warn'\n", "did you mean warning?"),
        ("[close-wait-leek]\nfew = 7\n", "did you mean close-wait-leak?"),
        ("[close-wait-leak]\nfw = 7\n", "did you mean few?"),
        ("[close-wait-leak]\nfew = 'x'\n", "few must be a number"),
        ("few few\n", "this is no TOML"),
        ("few = 1\n", "few is a number of a diagnosis: it stands in the table of its diagnosis"),
        (None, "no such file or directory"),
    ],
)
def test_a_config_file_that_is_wrong(dumps: Path, text: str | None, says: str) -> None:
    config = dumps / "nsparse.toml"
    if text is not None:
        config.write_text(text)
    done = run("diagnose", "--config", config, dumps / "leak.txt")
    assert done.exit_code == 2
    assert says in done.stderr


def test_the_host_of_everything(dumps: Path) -> None:
    done = run("diagnose", "--host", "web1", dumps / "leak.txt")
    assert done.stdout.startswith("warning  close-wait-leak  web1  server")
    assert done.stdout.splitlines()[-1].endswith("of 1 host")


@pytest.mark.parametrize("form", ["text", "json", "table", "csv", "jsonl"])
def test_a_hostile_name_reaches_no_terminal(dumps: Path, form: str) -> None:
    evil = LEAK.replace("java", "=ja\x1b]0;owned\x07\u202e[bold]va")
    (dumps / "evil.txt").write_text(evil, encoding="utf-8")
    command = "diagnose" if form in ("text", "json") else "parse"
    for loud in ([], ["-v"], ["-q"]):
        done = run(command, "-f", form, *loud, dumps / "evil.txt")
        assert not set(done.output) & set("\x1b\x07\u202e")
    if form == "text":
        assert "=ja\\x1b]0;owned\\x07\\u202e[bold]va/4711" in done.output
    if form == "csv":
        assert ",'=ja" in done.output


# --- the real streams ----------------------------------------------------------------------------


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    file = tmp_path / "big.txt"
    file.write_text(HEALTHY + HEALTHY.splitlines()[2].join(["", "\n"]) * 3_000)
    command = f"'{sys.executable}' -m nsparse parse '{file}' | head -n 2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("parse - <&-", "<stdin>: it is closed, there is nothing to read"),
        ("parse -f parquet - <&- | cat", "<stdin>: it is closed, there is nothing to read"),
        ("explain CLOSE_WAIT >&-", "cannot write standard output: it is closed"),
    ],
)
def test_a_closed_stream_is_said_in_one_line(command: str, says: str) -> None:
    whole = f"'{sys.executable}' -m nsparse {command}"
    done = subprocess.run(whole, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == (0 if "|" in command else 2)
    assert (done.stdout, done.stderr) == ("", f"nsparse: {says}\n")


def test_exit_codes_of_the_process(dumps: Path) -> None:
    assert process("diagnose", dumps / "leak.txt").returncode == 1
    missing = process("diagnose", dumps / "missing.txt")
    assert missing.returncode == 2
    assert missing.stderr == f"nsparse: {dumps / 'missing.txt'}: no such file or directory\n"
    assert process("diagnose", "--no-such-option").returncode == 2


@pytest.mark.parametrize("command", ["diagnose", "parse", "parse -f parquet"])
def test_where_no_row_could_be_read_nothing_was(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsparse.reporting.streamed.LARGE", 0)  # Parquet in parts
    dump = tmp_path / "dump.txt"
    heading = "Proto Recv-Q Send-Q Local Address  Foreign Address  State\n"
    dump.write_text(heading + "tcp O O 192.0.2.1:22 0.0.0.0:* LISTEN\n")
    done = CliRunner().invoke(cli, [*command.split(), str(dump)])
    assert done.exit_code == 2
    if "parquet" not in command:
        assert f"nsparse: {dump}: a table of which no row could be read\n" in done.stderr
    if command == "diagnose":
        assert done.stdout.endswith("\nnothing to judge: no row could be read\n")
    dump.write_text(heading)  # an empty table is one
    assert CliRunner().invoke(cli, [*command.split(), str(dump)]).exit_code == 0


def test_a_mistake_of_ours_is_not_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from nsparse import cli as module

    def broken(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("evil\x1b[2J")

    monkeypatch.setattr(module.cli, "main", broken)
    said = StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert ended.value.code == 2
    assert "internal error" in said.getvalue()
    assert "\x1b" not in said.getvalue()


@pytest.mark.parametrize(
    ("choice", "terminal", "environ", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_colour(choice: str, terminal: bool, environ: dict[str, str], wanted: bool) -> None:
    assert colored(choice, terminal, environ) is wanted


def test_colour_in_a_pipe_only_when_forced(dumps: Path) -> None:
    leak = dumps / "leak.txt"
    plain: dict[str, str | None] = {"NO_COLOR": None, "FORCE_COLOR": None}
    assert "\x1b" not in run("diagnose", leak, env=plain).stdout
    assert "\x1b[33m" in run("diagnose", leak, env=plain | {"FORCE_COLOR": "1"}).stdout
    assert "\x1b[33m" in run("diagnose", "--color", "always", leak, env=plain).stdout
    forced = plain | {"FORCE_COLOR": "1", "NO_COLOR": "1"}
    assert "\x1b" not in run("diagnose", leak, env=forced).stdout


def test_a_pipe_that_knows_no_unicode(dumps: Path) -> None:
    evil = LEAK.replace("java", "j\u00e4va")
    (dumps / "evil.txt").write_text(evil, encoding="utf-8")
    done = process("diagnose", dumps / "evil.txt", env={"PYTHONIOENCODING": "ascii"})
    assert "j\\xe4va/4711" in done.stdout


# --- parse ---------------------------------------------------------------------------------------


TABLE = [
    "line  proto  state        recv_q  send_q  local               remote             process",
    "   2  tcp    LISTEN            0     100  198.51.100.20:8080  0.0.0.0:*          java/4711",
    "   3  tcp    CLOSE_WAIT        0       0  198.51.100.20:8080  203.0.113.7:50110  java/4711",
]


def test_table(dumps: Path) -> None:
    done = run("parse", dumps / "leak.txt")
    assert done.exit_code == 0
    assert done.output.splitlines()[:3] == TABLE
    assert "dialect" in run("parse", "-v", dumps / "leak.txt").stdout.splitlines()[0]


def test_damaged_lines_go_to_standard_error(dumps: Path) -> None:
    done = run("parse", dumps / "damaged.txt")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.startswith("1 line could not be read\n")
    assert f"{dumps / 'damaged.txt'}:4:" in done.stderr
    assert run("parse", "-q", dumps / "damaged.txt").stderr == ""


def test_how_it_was_understood(dumps: Path) -> None:
    said = run("parse", "-v", dumps / "damaged.txt").stderr
    assert said.startswith(f"{dumps / 'damaged.txt'}: 2 rows of 5 lines, ")
    assert "  tables   lines 1-5: netstat_linux: 2 tcp\n" in said
    assert "  lines    rows 2, headings 2, not read 1\n" in said


def test_csv_comes_back_as_it_was(dumps: Path) -> None:
    whole = run("parse", "-f", "csv", dumps / "leak.txt", dumps / "damaged.txt").stdout_bytes
    back = render.read_csv(BytesIO(whole))
    assert faults(back) == []
    one = run("parse", "-f", "jsonl", dumps / "leak.txt", dumps / "damaged.txt").stdout
    assert len(back) == len(one.splitlines())


def test_parquet(dumps: Path) -> None:
    target = dumps / "frame.parquet"
    assert run("parse", "-f", "parquet", "-o", target, dumps / "leak.txt").exit_code == 0
    assert len(pd.read_parquet(target)) == 8
    piped = run("parse", "-f", "parquet", dumps / "leak.txt").stdout_bytes
    assert len(pd.read_parquet(BytesIO(piped))) == 8


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''-1", "'plain", "a\x1b[2Jb"]
EVIL += ["\\x1b", "\\\\x1b", "\u202egnp.exe", "C:\\x\\new", "NA", "nan", "1", "a,b\"c'd", " x "]


def hostile() -> pd.DataFrame:
    """A frame whose texts are what a stranger may call a process."""
    count = len(EVIL)
    return frame(
        {
            "process": EVIL,
            "path": [None, *EVIL[1:]],
            "proto": ["tcp"] * count,
            "local_port": [None, *range(1, count)],
            "taken_at": ["2026-11-22T10:00:00.5Z"] * (count - 1) + [None],
            "v6only": [True, False] + [None] * (count - 2),
            "rtt_ms": [1.5] * count,
        },
        count,
    )


def test_csv_guards_cells_and_takes_the_guard_off_again() -> None:
    df = hostile()
    text = b"".join(render.csv(df)).decode()
    raw = pd.read_csv(StringIO(text), dtype="str", keep_default_na=False)
    assert not [cell for cell in raw["process"] if cell[0] in "=+-@\t\r"]
    assert not set(text) & set("\x1b\u202e\t\r")
    pd.testing.assert_frame_equal(render.read_csv(StringIO(text)), df)


def test_json_is_the_list_of_all_lines(dumps: Path) -> None:
    lines = run("parse", "-f", "JSONL", dumps / "leak.txt").stdout.splitlines()
    rows = json.loads(run("parse", "-f", "json", dumps / "leak.txt").stdout)
    assert len(rows) == 8
    assert rows == [json.loads(line) for line in lines]
    assert b"".join(render.array(frame({}, 0))) == b"[]\n"


def test_what_standard_input_is_instead_names_it_once() -> None:
    done = run("parse", "-", stdin=ROUTES.encode())
    assert done.exit_code == 2
    assert done.stderr.startswith("nsparse: <stdin>: this is a routing table")


def test_jsonl_leaves_out_what_is_missing() -> None:
    df = hostile()
    lines = b"".join(render.jsonl(df)).decode().splitlines()
    assert all(line.isascii() and line.isprintable() for line in lines)
    rows = [json.loads(line) for line in lines]
    assert [row["process"] for row in rows] == EVIL
    assert rows[0] == {
        "taken_at": "2026-11-22T10:00:00.500000+00:00",
        "proto": "tcp",
        "process": "=1+1",
        "v6only": True,
        "rtt_ms": 1.5,
    }


def test_parquet_comes_back_as_it_was() -> None:
    df = hostile()
    back = pd.read_parquet(BytesIO(b"".join(render.parquet(df))))
    # pandas 2 reads text as another string dtype; the fixed categories are those of the values.
    pd.testing.assert_frame_equal(back.astype(df.dtypes.to_dict()), df)


def test_a_table_holds_no_control_characters() -> None:
    for full in (False, True):
        assert all(line.isprintable() for line in table(hostile(), full=full))


def test_frames_below_one_another_are_a_common_frame() -> None:
    other = frame({"proto": ["udp"], "cookie": ["1f"]}, 1)
    both = render.joined([hostile(), other, frame({}, 0)])
    assert faults(both) == []
    assert len(both) == len(EVIL) + 1
    assert len(render.joined([])) == 0


# --- the schema of the JSON ----------------------------------------------------------------------


def schema() -> dict[str, Any]:
    held: dict[str, Any] = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    return held


KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def faulty(value: Any, rule: dict[str, Any], at: str = "$") -> list[str]:
    """What a JSON value breaks of the few keywords of JSON Schema that ours uses."""
    kinds = rule.get("type", list(KINDS))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    wrong = []
    if not any(isinstance(value, KINDS[kind]) for kind in kinds):
        wrong.append(f"{at} is {value!r}, not {kinds}")
    if value not in rule.get("enum", [value]) or value != rule.get("const", value):
        wrong.append(f"{at} is {value!r}")
    if isinstance(value, dict):
        wrong += faulty_object(value, rule, at)
    if isinstance(value, list):
        if len(value) > rule.get("maxItems", len(value)):
            wrong.append(f"{at} is too long")
        for number, part in enumerate(value):
            wrong += faulty(part, rule.get("items", {}), f"{at}[{number}]")
    return wrong


def faulty_object(value: dict[str, Any], rule: dict[str, Any], at: str) -> list[str]:
    """What an object breaks; a key that the schema does not name is a fault of the schema."""
    known = rule.get("properties", {})
    wrong = [f"{at} has no {name}" for name in rule.get("required", []) if name not in value]
    for name, part in value.items():
        if known and name not in known:
            wrong.append(f"{at}.{name} is not in the schema")
        inner = known.get(name, rule.get("additionalProperties", {}))
        wrong += faulty(part, inner, f"{at}.{name}")
    return wrong


# --- in Python -----------------------------------------------------------------------------------


def test_what_python_shows_is_a_line(dumps: Path) -> None:
    leak = dumps / "leak.txt"
    dump = nsparse.parse(leak)
    assert repr(dump) == f"<Dump {leak}: 8 rows of 9 lines, 1 snapshot, 0 problems>"
    assert repr(nsparse.diagnose(dump)) == "<Report: 1 warning in 8 rows of 1 host>"
    assert repr(nsparse.open_bundle(dumps / "sub")) == (
        f"<Bundle {dumps / 'sub'}: 1 dump, 3 rows, 0 problems>"
    )


def test_a_binary_file_is_refused_with_what_the_command_line_reads(tmp_path: Path) -> None:
    """No function of Python is named; what is packed never comes so far."""
    file = tmp_path / "core"
    file.write_bytes(b"\x7fELF" + bytes(range(256)) * 9)
    done = run("diagnose", str(file))
    assert done.exit_code == 2
    assert "this is a binary file" in done.stderr
    assert "a folder or an archive (tar, zip" in done.stderr
    assert "open_bundle" not in done.stderr
    with pytest.raises(nsparse.NsparseError, match="open_bundle reads what is packed"):
        nsparse.parse(BytesIO(gzip.compress(file.read_bytes())))
