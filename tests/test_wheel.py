"""What is built is what the repository holds: nothing forgotten, nothing left of an old build."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NEEDS = 77  # the setuptools of pyproject.toml: older ones do not know license expressions
HOME = {"nsparse": "nsparse", "parsers": "nsparse/parsers", "analysis": "nsparse/analysis"}


@dataclass(frozen=True)
class Built:
    """The repository's files, and what was built of them (path in the archive to content)."""

    files: dict[str, bytes]
    wheel: dict[str, bytes]
    sdist: dict[str, bytes]


def tracked() -> list[str]:
    """Return the files that git has or would add: the tree as it is, without what it ignores."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    return sorted({name for name in done.stdout.decode().split("\0") if (ROOT / name).is_file()})


def build(folder: Path) -> Built:
    """Build an sdist of a clean export, and the wheel of that sdist, without the network."""
    if int(metadata.version("setuptools").split(".")[0]) < NEEDS:
        pytest.skip(f"the build needs setuptools {NEEDS}: pip install '.[test]'")
    export, out = folder / "export", folder / "dist"
    files = tracked()
    for name in files:
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, export / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, export],
        capture_output=True,
        check=True,
    )
    return Built(
        {name: (export / name).read_bytes() for name in files},
        read_wheel(next(out.glob("*.whl"))),
        read_sdist(next(out.glob("*.tar.gz"))),
    )


def read_wheel(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_sdist(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        members = [member for member in archive if member.isfile()]
        found = {member.name: archive.extractfile(member) for member in members}
        return {name.split("/", 1)[1]: file.read() for name, file in found.items() if file}


def test_what_is_built(tmp_path: Path) -> None:
    """One test, so that one process builds once."""
    built = build(tmp_path)
    the_wheel_holds_the_packages_and_nothing_else(built)
    the_sdist_holds_all_that_people_run(built)
    the_wheel_says_what_it_is(built)


def the_wheel_holds_the_packages_and_nothing_else(built: Built) -> None:
    wanted = {}
    for name, content in built.files.items():
        folder, _, rest = name.partition("/")
        if folder in HOME:
            wanted[f"{HOME[folder]}/{rest}"] = content
    found = {name: text for name, text in built.wheel.items() if ".dist-info/" not in name}
    assert found.keys() == wanted.keys()
    assert found == wanted


def the_sdist_holds_all_that_people_run(built: Built) -> None:
    wanted = {name for name in built.files if not name.startswith(".")}
    assert wanted - built.sdist.keys() == set()
    made = {"PKG-INFO", "setup.cfg"}
    extra = {name for name in built.sdist if not name.startswith("nsparse.egg-info/")}
    assert extra - wanted - made == set()


def the_wheel_says_what_it_is(built: Built) -> None:
    info = {
        name.split("/")[-1]: text.decode() for name, text in built.wheel.items() if "-info" in name
    }
    assert "nsparse = nsparse.cli:main" in info["entry_points.txt"]
    assert info["top_level.txt"].split() == ["nsparse"]
    for line in ("License-Expression: MIT", "Requires-Python: >=3.11", "Provides-Extra: test"):
        assert line in info["METADATA"]
    assert "LICENSE" in info
