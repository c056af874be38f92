"""Break the diagnoses on purpose, and list what no test notices.

    python tests/mutants.py                     # all diagnoses: an hour or two
    python tests/mutants.py close-wait-leak     # some
    python tests/mutants.py --numbers           # the thresholds alone: a third of the time
    python tests/mutants.py --list zero-window  # what would be broken

A *mutant* is a diagnosis with one thing wrong: a threshold a little higher or lower, or a
comparison that says the opposite. The tests that are about the diagnosis must fail; a mutant that
survives is a threshold without a case just under it, or a condition that no case needs.

Nothing on disk changes. The tests are collected once; each mutant lives in a process forked off,
which replaces the module in its memory and runs the tests that are about the diagnosis. These are
the tests in which it speaks, or which ask for few diagnoses and it is one of them. Tests that
print or list all diagnoses are left out: they notice a number that changed, not that it decides.

Needs a system with fork. Exit 0 when no mutant survives, 1 when one does, 2 when the tests fail
as they are.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
FILES = (
    *("closing", "opening", "more_opening", "capacity", "more_capacity", "datapath"),
    *("more_datapath", "distribution", "listeners", "quality", "examples"),
)
"""Tests about what diagnoses say; `test_NAME.py`."""
FEW = 6
"""A test that asks for so many diagnoses at most is about each of them."""
TIME_LIMIT_S = 120
"""A mutant that loops for ever counts as noticed."""
AMONG_MANY = re.compile(r"test_examples\.py::.*\d000")
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True)
class Mutant:
    """One thing that is wrong: where, what, and the tree of the module that has it."""

    id: str
    module: str
    line: int
    what: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.id}: {self.module}.py:{self.line}: {self.what}"


# ---- what to break -------------------------------------------------------------------------------


def mutants(id_: str, *, numbers_alone: bool = False) -> Iterator[Mutant]:
    """Everything that can be broken in one diagnosis."""
    from nsparse.registry import diagnoses

    diagnosis = diagnoses()[id_]
    module = sys.modules[diagnosis.check.__module__]
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    name = module.__name__.rpartition(".")[2]
    keys = {number.key: number.default for number in diagnosis.numbers}
    for line, what, changed in _numbers(tree, id_, keys):
        yield Mutant(id_, name, line, what, changed)
    inside = [] if numbers_alone else _reached(tree, diagnosis.check.__name__)
    for line, what, changed in _comparisons(tree, inside):
        yield Mutant(id_, name, line, what, changed)


Change = tuple[int, str, ast.Module]


def _numbers(tree: ast.Module, id_: str, keys: dict[str, float]) -> Iterator[Change]:
    """The thresholds of a diagnosis, each one step higher and one lower."""
    for key, default in keys.items():
        for value in _beside(default):
            changed = copy.deepcopy(tree)
            line = _give(changed, id_, key, value)
            yield line, f"{key} {default:g} is {value:g}", changed


def _beside(default: float) -> tuple[float, ...]:
    """The next numbers on both sides; of a share, which no small table meets exactly, a tenth."""
    if default == 1:
        return (2,)  # none at all means nothing
    if default < 1 or default != int(default):
        return (default * 1.1, default * 0.9)
    return (default + 1, default - 1)


def _give(tree: ast.Module, id_: str, key: str, value: float) -> int:
    """Let the diagnosis of an id have another number; where numbers are shared, it alone.

    Returns:
        The line of its entry in `DIAGNOSES`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Diagnosis":
            at = next(a for a in node.args if isinstance(a, ast.Constant))
            if at.value == id_:
                numbers = next(word for word in node.keywords if word.arg == "numbers")
                chosen = f"n.key == {key!r}"
                source = f"tuple(Number(n.key, {value!r}, n.why) if {chosen} else n for n in ())"
                made: Any = ast.parse(source, mode="eval").body
                made.args[0].generators[0].iter = numbers.value
                numbers.value = made
                ast.fix_missing_locations(tree)
                return node.lineno
    raise LookupError(id_)


def _reached(tree: ast.Module, check: str) -> list[str]:
    """The functions of a module that a check calls, itself among them."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found, todo = list[str](), [check]
    while todo:
        name = todo.pop()
        if name in functions and name not in found:
            found.append(name)
            nodes = ast.walk(functions[name])
            todo += [node.id for node in nodes if isinstance(node, ast.Name)]
    return found


def _comparisons(tree: ast.Module, inside: Sequence[str]) -> Iterator[Change]:
    """The comparisons in these functions, each turned into its opposite."""
    for number, node in enumerate(ast.walk(tree)):
        if not isinstance(node, ast.Compare) or type(node.ops[0]) not in OPPOSITES:
            continue
        if not any(_holds(tree, name, node) for name in inside):
            continue
        changed = copy.deepcopy(tree)
        same: Any = next(n for at, n in enumerate(ast.walk(changed)) if at == number)
        before = ast.unparse(same)
        same.ops[0] = OPPOSITES[type(same.ops[0])]()
        yield node.lineno, f"{before} is {ast.unparse(same)}", changed


def _holds(tree: ast.Module, name: str, node: ast.AST) -> bool:
    """Whether a node lies in a function of the module."""
    functions = (f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == name)
    return any(node is inner for function in functions for inner in ast.walk(function))


# ---- who notices ---------------------------------------------------------------------------------


About = dict[str, list[str]]
"""The diagnoses that each test is about, by the name of the test, the quickest test first."""


class Mutants:
    """A pytest plugin: in place of running the tests once, runs them against every mutant."""

    def __init__(self, ids: Sequence[str], *, numbers_alone: bool = False) -> None:
        self.ids = ids
        self.numbers_alone = numbers_alone
        self.survivors: list[Mutant] = []
        self.sound = True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the examples among thousands of healthy rows: they say the same as alone."""
        items[:] = [item for item in items if not AMONG_MANY.search(item.nodeid)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn which test is about what, then break one thing after the other."""
        about = _forked_about(session.items)
        self.sound = about is not None
        for id_ in self.ids if about is not None else ():
            self._break(id_, session.items, about or {})
        return True

    def _break(self, id_: str, items: Sequence[pytest.Item], about: About) -> None:
        by_name = {item.nodeid: item for item in items}
        mine = [by_name[name] for name, ids in about.items() if id_ in ids]
        broken = list(mutants(id_, numbers_alone=self.numbers_alone))
        start = time.monotonic()
        left = [mutant for mutant in broken if not _noticed(mutant, mine)]
        took = time.monotonic() - start
        print(f"{id_}: {len(broken)} mutants, {len(mine)} tests, {len(left)} survive, {took:.0f} s")
        for mutant in left:
            print(f"  {mutant.module}.py:{mutant.line}: {mutant.what}")
        sys.stdout.flush()
        self.survivors += left


def _noticed(mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
    """Whether a test fails when the diagnosis is broken so."""
    if not items:
        return False
    child = os.fork()
    if child == 0:
        _silence()
        signal.alarm(TIME_LIMIT_S)
        os._exit(1 if _fails(mutant, items) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _silence() -> None:
    """What a test prints is not for the reader of the list."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _fails(mutant: Mutant, items: Sequence[pytest.Item]) -> bool:
    try:
        _install(mutant)
    except Exception:
        return True
    return not all(_passes(items))


def _install(mutant: Mutant) -> None:
    from nsparse import registry

    module = sys.modules[f"nsparse.analysis.{mutant.module}"]
    exec(compile(mutant.tree, str(module.__file__), "exec"), module.__dict__)
    registry.diagnoses.cache_clear()


def _passes(items: Sequence[pytest.Item]) -> Iterator[bool]:
    from _pytest.runner import runtestprotocol

    for item, after in zip(items, [*items[1:], None], strict=True):
        reports = runtestprotocol(item, log=False, nextitem=after)
        yield not any(report.failed for report in reports)


def _forked_about(items: Sequence[pytest.Item]) -> About | None:
    """What each test is about; None where one fails as it is."""
    with tempfile.NamedTemporaryFile() as told:
        child = os.fork()
        if child == 0:
            _silence()
            Path(told.name).write_text(json.dumps(_about(items)))
            os._exit(0)
        os.waitpid(child, 0)
        text = Path(told.name).read_text()
    found: dict[str, list[str] | None] = json.loads(text or "{}")
    for name in [name for name, ids in found.items() if ids is None]:
        print(f"fails as it is: {name}")
    sound = {name: ids for name, ids in found.items() if ids is not None}
    return sound if found and len(sound) == len(found) else None


def _about(items: Sequence[pytest.Item]) -> dict[str, list[str] | None]:
    """The diagnoses of each test, the quickest test first; none where it fails as it is."""
    from nsparse import registry

    asked, spoke = set[str](), set[str]()
    known: Any = registry.diagnoses()  # the one table that all of this process share
    for id_, diagnosis in known.items():
        known[id_] = replace(diagnosis, check=_heard(diagnosis, asked, spoke))
    found: dict[str, list[str] | None] = {}
    took: dict[str, float] = {}
    for item in items:
        asked.clear()
        spoke.clear()
        start = time.monotonic()
        sound = all(_passes([item])) or not asked
        took[item.nodeid] = time.monotonic() - start
        found[item.nodeid] = (
            sorted(spoke | (asked if len(asked) <= FEW else set())) if sound else None
        )
    return dict(sorted(found.items(), key=lambda test: took[test[0]]))


def _heard(diagnosis: Any, asked: set[str], spoke: set[str]) -> Any:
    """A check that notes that it was asked, and whether it spoke."""

    def check(scene: Any, limits: Any) -> Iterator[Any]:
        asked.add(diagnosis.id)
        for finding in diagnosis.check(scene, limits):
            spoke.add(diagnosis.id)
            yield finding

    return check


def _test(name: str) -> Path:
    return HERE / f"test_{name}.py"


def _names_one(path: Path, ids: Sequence[str]) -> bool:
    """Whether a file of tests has a word to say on one of these diagnoses."""
    text = path.read_text("utf-8")
    return any(f'"{id_}"' in text or f" {id_} " in text for id_ in ids)


def main() -> int:
    """Read the arguments, break, and say what survived."""
    from nsparse.registry import diagnoses

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("ids", nargs="*", metavar="ID", help="of diagnoses; all without")
    parser.add_argument("--list", action="store_true", help="say what would be broken")
    parser.add_argument("--numbers", action="store_true", help="break the thresholds alone")
    given = parser.parse_args()
    ids = given.ids or list(diagnoses())
    if given.list:
        chosen = (mutants(id_, numbers_alone=given.numbers) for id_ in ids)
        print("\n".join(str(mutant) for each in chosen for mutant in each))
        return 0
    loop = Mutants(ids, numbers_alone=given.numbers)
    files = [str(path) for path in map(_test, FILES) if _names_one(path, ids)]
    code = pytest.main(["-p", "no:cacheprovider", "-p", "no:terminal", *files], [loop])
    if code or not loop.sound:
        return 2
    print(f"{len(loop.survivors)} survive")
    return 1 if loop.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
