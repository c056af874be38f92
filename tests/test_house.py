"""The house rules: who imports whom, what is cheap to import, what must agree."""

from __future__ import annotations

import ast
import doctest
import importlib
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import nsparse

ROOT = Path(__file__).parent.parent
PACKAGES = {"nsparse": "nsparse", "parsers": "nsparse.parsers", "analysis": "nsparse.analysis"}
HEAVY = {"pandas", "numpy", "pyarrow", "lark", "jinja2"}

# What each folder never imports, in any line. The registry is the border: what reaches it stands
# above dialects and diagnoses (it finds them) and is closed to them: `test_below_the_registry`.
NEVER = {
    "nsparse": {"nsparse.parsers", "nsparse.analysis"},
    "nsparse/reading": {"nsparse.judging", "nsparse.reporting", "nsparse.bundles"},
    "nsparse/bundles": {"nsparse.reporting", "lark"},
    "nsparse/judging": {"nsparse.reading", "nsparse.reporting", "lark"},
    "parsers": {"pandas", "numpy", "pyarrow", "nsparse.parsers", "nsparse.analysis"}
    | {"nsparse.diagnosis", "nsparse.judging", "nsparse.reporting"},
    "analysis": {"lark", "nsparse.parsers", "nsparse.analysis"}
    | {"nsparse.dialect", "nsparse.reading", "nsparse.reporting"},
    "tests": {"nsparse.parsers", "nsparse.analysis"},
    "benchmarks": {"nsparse.parsers", "nsparse.analysis"},
}
# What is loaded only where it is used: inside functions, or under TYPE_CHECKING.
LATE = {"parsers": HEAVY, "analysis": HEAVY}


@dataclass(frozen=True)
class Import:
    """One imported module, and how it is imported."""

    module: str
    line: int
    late: bool
    typing: bool


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    return tuple(walk(ast.parse(path.read_text("utf-8")), late=False, typing=False))


def walk(node: ast.AST, *, late: bool, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, late, typing)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            yield Import(module, child.lineno, late, typing)
            if module.split(".")[0] == "nsparse":  # `from nsparse import report` names a module
                for alias in child.names:
                    yield Import(f"{module}.{alias.name}", child.lineno, late, typing)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from walk(child, late=late or function, typing=typing or checking)


def touches(module: str, names: set[str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in names)


def module_name(path: Path) -> str:
    folder, *floors = path.parent.relative_to(ROOT).parts
    package = ".".join([PACKAGES[folder], *floors])
    return package if path.stem == "__init__" else f"{package}.{path.stem}"


def names_of(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


ALL = [path for folder in PACKAGES for path in sources(folder)]
ROOMS = [path for path in [*sources("parsers"), *sources("analysis")] if path.stem != "__init__"]


@pytest.mark.parametrize("folder", NEVER)
def test_what_a_folder_never_imports(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"
        for path in sources(folder)
        for found in imports(path)
        if touches(found.module, NEVER[folder])
    ]
    assert not wrong


@pytest.mark.parametrize("folder", LATE)
def test_what_a_folder_imports_late(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{found.line} imports {found.module} at its top"
        for path in sources(folder)
        for found in imports(path)
        if touches(found.module, LATE[folder]) and not (found.late or found.typing)
    ]
    assert not wrong


@cache
def core() -> dict[str, set[str]]:
    """Return for each module of the core what it needs of the core to be imported."""
    known = {module_name(path) for path in sources("nsparse")} - {"nsparse"}
    return {
        module_name(path): {f.module for f in imports(path) if not (f.late or f.typing)} & known
        for path in sources("nsparse")
        if path.stem != "__init__"
    }


def reached(module: str) -> set[str]:
    seen: set[str] = set()
    todo = [module]
    while todo:
        current = todo.pop()
        if current not in seen:
            seen.add(current)
            todo.extend(core().get(current, ()))
    return seen


@pytest.mark.parametrize("path", ROOMS, ids=names_of(ROOMS))
def test_below_the_registry(path: Path) -> None:
    wrong = [
        f"line {found.line}: {found.module} reaches the registry"
        for found in imports(path)
        if not found.typing and "nsparse.registry" in reached(found.module)
    ]
    assert not wrong


def test_the_core_has_no_circle_of_imports() -> None:
    left = dict(core())
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    assert not left


def test_rooms_are_flat() -> None:
    folders = [path for room in ("parsers", "analysis") for path in (ROOT / room).iterdir()]
    assert [p.name for p in folders if p.is_dir() and p.name != "__pycache__"] == []


def test_cheap_to_import() -> None:
    cheap = [module_name(path) for path in [*sources("parsers"), *sources("analysis")]]
    cheap += [f"nsparse.{name}" for name in ("cli", "registry") if f"nsparse.{name}" in core()]
    assert loaded(f"import {', '.join(cheap)}") == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["list"]], ids=" ".join)
def test_cheap_to_ask(arguments: list[str]) -> None:
    if "nsparse.cli" not in core():
        pytest.skip("there is no command line yet")
    assert loaded(f"sys.argv = ['nsparse', *{arguments!r}]", "nsparse.cli.main()") == []


def loaded(*statements: str) -> list[str]:
    """Run statements in a fresh interpreter and return which heavy libraries that loaded."""
    body = "\n    ".join(statements)
    script = f"""
import sys
import nsparse.cli
try:
    {body}
except SystemExit as end:
    assert not end.code, end.code
finally:
    print("\\nLOADED", *sorted({HEAVY!r} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT.anchor
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


@pytest.mark.parametrize("folder", ["parsers", "analysis"])
def test_the_second_name_is_guarded(folder: str) -> None:
    spec = importlib.util.spec_from_file_location(folder, ROOT / folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=rf"import nsparse\.{folder}, not {folder}"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.parametrize("path", ALL, ids=names_of(ALL))
def test_examples_in_docstrings(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("path", ALL, ids=names_of(ALL))
def test_a_public_name_exists(path: Path) -> None:
    module = importlib.import_module(module_name(path))
    assert [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)] == []


def test_the_door_holds_what_it_says() -> None:
    assert set(nsparse.__all__) <= set(dir(nsparse))


def version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def test_one_version() -> None:
    assert nsparse.__version__ == version()


FIRST_RELEASE = "0.1.0"


def test_the_changelog_knows_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings: list[str] = re.findall(r"(?m)^## \[?([^\]\s]+)", text)
    assert headings[0] == "Unreleased"
    # Until the first release the version in pyproject.toml is the one that will be.
    assert [*headings[1:], FIRST_RELEASE][0] == version()
    assert "Unreleased" not in headings[1:]


def test_the_map_of_the_core_is_complete() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    core_part = text.partition("## The core")[2].partition("\n## ")[0]
    mapped = set(re.findall(r"(?m)^\| `([a-z_.]+)` \|", core_part))
    modules = {module_name(path) for path in sources("nsparse") if not path.stem.startswith("__")}
    assert {f"nsparse.{name}" for name in mapped} == modules
