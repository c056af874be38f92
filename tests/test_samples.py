"""Every sample with its frame and its report beside it, as a person who knows netstat reads them.

`samples/NAME--what.txt` is a dump; `.expected.csv` is its frame, without the columns that hold
nothing and without the file's name; `.expected.txt` is what `nsparse diagnose` prints. After
`pytest --update-samples` the diff is the review: read it against the dump, cell by cell.
"""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import nsparse
from nsparse.cli import cli
from nsparse.registry import dialects
from nsparse.reporting.render import csv, read_csv
from nsparse.schema import empty, faults
from tests.frames import assert_frame_equal

ROOT = Path(__file__).parent.parent
DUMPS = sorted(p for p in (ROOT / "samples").glob("*--*.txt") if not p.stem.endswith(".expected"))
COMMON = empty(full=True).columns


def written(frame: pd.DataFrame) -> str:
    """The frame as CSV: columns with a value, but for the file's name, which is the folder's business."""
    blocks = csv(frame.drop(columns="file").dropna(axis="columns", how="all"))
    return b"".join(blocks).decode()


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_a_sample_is_read_as_expected(path: Path, update_samples: bool) -> None:
    """One test for all that is true of each, so that each is read once."""
    dump = nsparse.parse(path)
    expected = path.with_suffix(".expected.csv")
    text = written(dump.frame)
    if update_samples:
        expected.write_text(text, "utf-8")
    assert text.splitlines() == expected.read_text("utf-8").splitlines()
    # What was written can be read again.
    back = read_csv(io.StringIO(text))
    assert_frame_equal(back, dump.frame[back.columns])
    # It is a common frame.
    assert faults(dump.frame) == []
    assert list(dump.frame.columns) == [name for name in COMMON if name in dump.frame]
    # Every line is accounted for.
    assert sum(dump.census.values()) == dump.lines
    assert dump.census.get("rows", 0) == len(dump.frame)
    # It is claimed by the dialects in its name alone.
    assert set(dump.frame["dialect"]) == set(path.name.partition("--")[0].split("+"))
    assert not [note for note in dump.notes if "could be" in note]


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem)
def test_the_report_is_as_expected(
    path: Path, update_samples: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    name = f"samples/{path.name}"
    result = CliRunner().invoke(cli, ["diagnose", name], env={"COLUMNS": "80", "NO_COLOR": "1"})
    expected = path.with_suffix(".expected.txt")
    if update_samples:
        expected.write_text(result.output, "utf-8")
    assert result.output == expected.read_text("utf-8")
    # Lines of the dump are shown as they are; nearly everything else keeps to the width.
    said = result.output.partition(" could not be read\n")[0]
    assert [line for line in said.splitlines() if len(line) > 80] == []


ONE_EACH = list({path.stem.partition("--")[0]: path for path in DUMPS}.values())


@pytest.mark.parametrize("path", ONE_EACH, ids=lambda path: path.stem)
def test_the_engines_agree(path: Path) -> None:
    by_lark, dump = nsparse.parse(path, engine="lark"), nsparse.parse(path)
    assert_frame_equal(by_lark.frame, dump.frame)
    assert by_lark.problems == dump.problems


def test_every_dialect_has_a_sample_and_every_sample_a_dialect() -> None:
    named = {name for path in DUMPS for name in path.name.partition("--")[0].split("+")}
    assert named == set(dialects())


def test_every_sample_is_in_the_docs() -> None:
    pages = [ROOT / "docs" / "samples.md", *(ROOT / "samples").glob("*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    assert [path.stem for path in DUMPS if path.stem.partition("--")[2] not in text] == []


def test_a_diagnosis_is_proved_and_kept_silent_by_samples() -> None:
    """Each one that has a sample of its own trouble fires there; none fires in the healthy ones."""
    texts = {path.stem: path.with_suffix(".expected.txt").read_text("utf-8") for path in DUMPS}
    for diagnosis, sample in SHOWN_BY.items():
        assert diagnosis in texts[sample], sample
    for name, text in texts.items():
        if "healthy" in name or "client-pool" in name:
            assert text.startswith("ok"), name


SHOWN_BY = {
    "close-wait-leak": "ss_linux--close-wait-leak",
    "fin-wait2-stuck": "ss_linux--fin-wait2-held",
    "accept-queue-full": "ss_linux--accept-queue-full",
    "close-wait-unaccepted": "ss_linux--accept-queue-full",
    "zero-window": "ss_linux--zero-window",
    "recv-q-backlog": "ss_linux--reader-stopped",
    "syn-sent-dead-peer": "ss_linux--syn-sent",
    "syn-recv-pile": "ss_linux--syn-recv",
    "time-wait-churn": "ss_linux--time-wait-churn",
}
"""A real dump of each trouble; the other diagnoses are shown by made dumps in the tests."""
