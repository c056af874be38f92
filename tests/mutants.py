"""Break the diagnoses on purpose, and list what no test notices.

    python tests/mutants.py                     # all diagnoses: half an hour or so
    python tests/mutants.py close-wait-leak     # some
    python tests/mutants.py unacked             # what diagnoses share: judging/evidence/
    python tests/mutants.py shown               # or what they see: judging/scene/
    python tests/mutants.py --numbers           # the thresholds alone: a third of the time
    python tests/mutants.py --strict hot-client # each mask always true, and always false, too
    python tests/mutants.py --list zero-window  # what would be broken

A *mutant* is a diagnosis with one thing wrong: a threshold, or another number that has a name, a
little higher or lower, a comparison that says the opposite, a mask of rows (`view.is_(...)`) that
is turned over or whose edge is moved. The tests that are about the diagnosis must fail; a mutant
that survives is a threshold without a case just under it, or a condition that no case needs.

Nothing on disk changes. The tests are collected and run once, which loads all that they need and
keeps what is read of their dumps; each mutant lives in a process forked off, which replaces the
module in its memory and runs the tests that are about the diagnosis. These are the tests in which
it speaks, or which ask for few diagnoses and it is one of them. A module of judging/ concerns all
diagnoses that need it, directly or through others; with it go the tests in files that import it, or
what needs it, and its doctests. Tests that print or list all diagnoses are left out: they notice
a number that changed, not that it decides.

Needs a system with fork. Exit 0 when no mutant survives, 1 when one does, 2 when the tests fail
as they are.
"""

from __future__ import annotations

import argparse
import ast
import copy
import doctest
import gc
import io
import os
import re
import signal
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest

HERE = Path(__file__).parent
FILES = (
    *("closing", "opening", "more_opening", "capacity", "more_capacity", "datapath"),
    *("more_datapath", "distribution", "listeners", "quality", "examples", "judge", "bundles"),
)
"""Tests about what diagnoses say, and about what becomes of it; `test_NAME.py`."""
SHARED_FILES = ("arrays", "scene", "names", "pile", "scope", "report")
"""Tests about what diagnoses share, and what they are part of."""
SCENE_FILES = ("names", "quality")
"""Tests about what a dump shows: they concern what all diagnoses see, and import none of it."""
TIME_LIMIT_S = 120
"""A mutant that loops for ever counts as noticed."""
MOST = 255
"""The largest exit code."""
PROGRESS_S = 30
How = Literal["numbers", "all", "strict"]
"""What is broken: numbers alone; comparisons and masks too; and masks in every way."""
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


MASKS = {"is_": "", "known": "", "true": "", "linked": "", "where": "", "below": ""}
EDGES = {"at_least": "above", "above": "at_least"}
"""Methods of a view that say which rows are meant; of some the edge can be moved as well."""
JUDGING = "nsparse.judging"
SCENES: dict[Any, Any] = {}
"""What is kept of the scenes of all tests (`_keep_what_is_read`)."""


@dataclass(frozen=True)
class Mutant:
    """One thing that is wrong: in which module, where, what, and the tree of the module."""

    module: str
    line: int
    what: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}.py:{self.line}: {self.what}"


# ---- what to break -------------------------------------------------------------------------------


def mutants(name: str, how: How) -> Iterator[Mutant]:
    """Everything that can be broken in one diagnosis, or in a module of what they share."""
    from nsparse.registry import diagnoses

    diagnosis, module = diagnoses().get(name), _module(name)
    tree = _tree(module)
    keys = {number.key: number.default for number in diagnosis.numbers} if diagnosis else {}
    inside = _nodes(tree, diagnosis.check.__name__ if diagnosis else None)
    for line, what, changed in (*_numbers(tree, name, keys), *_constants(tree, inside)):
        yield Mutant(module, line, what, changed)
    if how != "numbers":
        broken = (*_comparisons(tree, inside), *_masks(tree, inside, strict=how == "strict"))
        for line, what, changed in broken:
            yield Mutant(module, line, what, changed)


def _unbroken(name: str) -> Mutant:
    """The module of a diagnosis, or of judging/, with nothing wrong."""
    module = _module(name)
    return Mutant(module, 0, "nothing", _tree(module))


def _module(name: str) -> str:
    """Return the module of a diagnosis, or that of judging/ by its name, in whatever folder."""
    from nsparse.registry import diagnoses

    if name in diagnoses():
        return str(diagnoses()[name].check.__module__)
    for module in _shared():
        if module.endswith(f".{name}"):
            return module
    raise SystemExit(f"no diagnosis and no module of judging/ is called {name}")


@cache
def _shared() -> frozenset[str]:
    """The modules of judging/."""
    folder = HERE.parent / "nsparse" / "judging"
    parts = (path.relative_to(folder).with_suffix("").parts for path in folder.rglob("*.py"))
    return frozenset(".".join([JUDGING, *part]) for part in parts if part[-1] != "__init__")


@cache
def _tree(module: str) -> ast.Module:
    """The module as it is when it is first asked for: somebody may edit it while this runs."""
    return ast.parse(_text(module))


@cache
def _text(module: str) -> str:
    return Path(str(import_module(module).__file__)).read_text("utf-8")


Change = tuple[int, str, ast.Module]


def _numbers(tree: ast.Module, id_: str, keys: dict[str, float]) -> Iterator[Change]:
    """The thresholds of a diagnosis, each one step higher and one lower."""
    for key, default in keys.items():
        for value in _beside(default):
            changed = copy.deepcopy(tree)
            line = _give(changed, id_, key, value)
            yield line, f"{key} {default:g} is {value:g}", changed


def _constants(tree: ast.Module, inside: Collection[ast.AST]) -> Iterator[Change]:
    """The numbers that a module gives a name, as far as these nodes use them: like thresholds."""
    used = {node.id for node in inside if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            name, number = ast.unparse(node.targets[0]), node.value.value
            if name in used and isinstance(number, int | float) and number:
                for value in _beside(number):
                    line, _, changed = _changed(tree, node.value, ast.Constant(value))
                    yield line, f"{name} {number:g} is {value:g}", changed


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


def _nodes(tree: ast.Module, check: str | None) -> frozenset[ast.AST]:
    """What stands in the functions that a check calls, or in all of the module."""
    if check is None:
        return frozenset(ast.walk(tree))
    reached = _reached(tree, check)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    mine = (function for function in functions if function.name in reached)
    return frozenset(node for function in mine for node in ast.walk(function))


def _comparisons(tree: ast.Module, inside: Collection[ast.AST]) -> Iterator[Change]:
    """The comparisons among these nodes, each turned into its opposite; of a chain one by one."""
    for node in ast.walk(tree):
        if node in inside and isinstance(node, ast.Compare):
            for at, op in enumerate(node.ops):
                ops = [*node.ops[:at], OPPOSITES[type(op)](), *node.ops[at + 1 :]]
                yield _changed(tree, node, ast.Compare(node.left, ops, node.comparators))


def _masks(tree: ast.Module, inside: Collection[ast.AST], *, strict: bool) -> Iterator[Change]:
    """The masks among these nodes, each turned over, and with its edge moved where it has one.

    A strict look lets each mean all rows, and none: what is turned over may be noticed by a case
    that has nothing to do with why it is there.
    """
    for node in ast.walk(tree):
        if node in inside and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of, name = node.func.value, node.func.attr
            if ast.unparse(of).endswith("view") and name in MASKS | EDGES:
                yield _changed(tree, node, ast.UnaryOp(ast.Invert(), node))
                if strict:
                    yield _changed(tree, node, ast.BinOp(node, ast.BitOr(), ast.Constant(True)))
                    yield _changed(tree, node, ast.BinOp(node, ast.BitAnd(), ast.Constant(False)))
                if name in EDGES:
                    other = ast.Attribute(of, EDGES[name], ast.Load())
                    yield _changed(tree, node, ast.Call(other, node.args, node.keywords))


def _changed(tree: ast.Module, node: ast.expr, other: ast.expr) -> Change:
    """A copy of a tree with another expression in the place of one of its own."""
    changed = copy.deepcopy(tree, {id(node): ast.copy_location(other, node)})
    what = f"{ast.unparse(node)} is {ast.unparse(other)}"
    return node.lineno, what, ast.fix_missing_locations(changed)


# ---- who notices ---------------------------------------------------------------------------------


About = dict[str, list[str] | None]
"""The diagnoses that each test is about, the quickest test first; None where it fails as it is."""


class Mutants:
    """A pytest plugin: in place of running the tests once, runs them against every mutant."""

    def __init__(self, names: Sequence[str], how: How) -> None:
        self.names = names
        self.how = how
        self.survivors: list[Mutant] = []
        self.sound = True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the examples among thousands of healthy rows: they say the same as alone."""
        items[:] = [item for item in items if not AMONG_MANY.search(item.nodeid)]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn which test is about what, then break one thing after the other."""
        session.config.option.tbstyle = "line"  # nobody reads how a test failed
        about = _about(session.items, session.config.pluginmanager.get_plugin("heard"))
        failed = [name for name, ids in about.items() if ids is None]
        for name in failed:
            print(f"fails as it is: {name}")
        self.sound = bool(about) and not failed
        gc.freeze()  # the children share what is there, and do not look through it
        if self.sound:
            self._break_all(session.items, about)
        return True

    def _break_all(self, items: Sequence[pytest.Item], about: About) -> None:
        """One diagnosis after the other; beforehand how long that may take."""
        by_name = {item.nodeid: item for item in items}
        for name in self.names:
            concerned = _concerned(name)
            mine = [
                by_name[test]
                for test, ids in about.items()
                if concerned & {*(ids or ())} or _is_about(test, name)
            ]
            start = time.monotonic()
            sound = _noticed_by(_unbroken(name), mine) is None
            assert sound, f"{name}: the tests fail with the module made anew, and nothing wrong"
            self._break(name, mine, time.monotonic() - start)

    def _break(self, name: str, mine: list[pytest.Item], alone: float) -> None:
        """Everything in one diagnosis; the test that noticed a mutant is the next one's first.

        Args:
            name: The diagnosis.
            mine: The tests about it.
            alone: Seconds that they take: a mutant that survives costs as many, one that is
                noticed about half, or less.
        """
        broken, left = list(mutants(name, self.how)), list[Mutant]()
        minutes = len(broken) * alone / 2 / 60
        print(f"{name}: {len(broken)} mutants, {len(mine)} tests, about {minutes:.1f} min")
        start = said = time.monotonic()
        for number, mutant in enumerate(broken):
            if time.monotonic() - said > PROGRESS_S:
                said = time.monotonic()
                print(f"  {number} of {len(broken)}, {len(left)} survive so far")
            sys.stdout.flush()
            noticed = _noticed_by(mutant, mine)
            if noticed is None:
                left.append(mutant)
                print(f"  {mutant}")
            else:
                mine.insert(0, mine.pop(noticed))
        print(f"  {len(left)} survive, {time.monotonic() - start:.0f} s")
        sys.stdout.flush()
        self.survivors += left


def _noticed_by(mutant: Mutant, items: Sequence[pytest.Item]) -> int | None:
    """Which test fails when the diagnosis is broken so.

    Returns:
        Its place; 0 where that is not known, and None where none fails.
    """
    if not items:
        return None
    child = os.fork()
    if child == 0:
        _silence()
        signal.alarm(TIME_LIMIT_S)
        os._exit(_fails(mutant, items))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == 0 else max(code - 1, 0)


def _silence() -> None:
    """What a test prints is not for the reader of the list."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _fails(mutant: Mutant, items: Sequence[pytest.Item]) -> int:
    """Which test fails first, counted from 1, as far as an exit code reaches; 0 where none does."""
    try:
        _install(mutant)
        if doctest.testmod(sys.modules[mutant.module]).failed:
            return 1
    except Exception:
        return 1
    failed = (number for number, passed in enumerate(_passes(items), 1) if not passed)
    return min(next(failed, 0), MOST)


def _concerned(name: str) -> set[str]:
    """The diagnoses that one change concerns: the one by this name, or all that need the module.

    What asks them, and what becomes of their findings, is in no folder of its own: all.
    """
    from nsparse.registry import diagnoses

    if name in diagnoses():
        return {name}
    module = _module(name)
    above = module == f"{JUDGING}.{name}"
    users = (d for d in diagnoses().values() if module in _needed(_text(d.check.__module__)))
    return {*diagnoses()} if above else {diagnosis.id for diagnosis in users}


@cache
def _needed(text: str) -> frozenset[str]:
    """The modules of judging/ that a source needs, and that those need; for their types alone, too.

    What a diagnosis is given is a type to it: it needs all that a scene is made of.
    """
    found, todo = set[str](), [text]
    while todo:
        for node in ast.walk(ast.parse(todo.pop())):
            if isinstance(node, ast.ImportFrom | ast.Import):
                of = (getattr(node, "module", None) or "",)
                names = {".".join([*filter(None, of), alias.name]) for alias in node.names}
                new = ({*of} | names) & _shared() - found
                found |= new
                todo += map(_text, new)
    return frozenset(found)


def _is_about(test: str, name: str) -> bool:
    """Whether a test is from a file about a module: one that needs it, or is about all of a scene.

    A file of cases that makes its scenes itself (`test_closing.py`) is about all of a scene, too.
    """
    from nsparse.registry import diagnoses

    if name in diagnoses():
        return False
    path = HERE / Path(test.partition("::")[0]).name
    return _module(name) in _needed(path.read_text("utf-8")) or (
        _is_of_scene(name) and path in map(_test, SCENE_FILES)
    )


@cache
def _is_of_scene(name: str) -> bool:
    """Whether what all diagnoses see is meant."""
    from nsparse.registry import diagnoses

    seen = (f"{JUDGING}.scene.", f"{JUDGING}.arrays.")
    return name not in diagnoses() and _module(name).startswith(seen)


def _install(mutant: Mutant) -> None:
    """Put a mutant in the place of its module, and of what others have imported from it."""
    from nsparse import registry

    module = sys.modules[mutant.module]
    kept = dict(vars(module))  # or what is made below is given the ids of what is gone
    before: dict[object, str] = {
        id(value) if callable(value) else (name, id(value)): name for name, value in kept.items()
    }
    exec(compile(mutant.tree, str(module.__file__), "exec"), module.__dict__)
    if mutant.module.startswith(JUDGING):
        ours = [other for name, other in sys.modules.items() if name.startswith("nsparse.")]
        tests = [other for other in [*sys.modules.values()] if _is_test(other)]
        for other in (*ours, *tests):
            same = [
                (name, before.get(id(value)) or before.get((name, id(value))))
                for name, value in vars(other).items()
            ]
            vars(other).update({at: vars(module)[was] for at, was in same if was is not None})
        SCENES.clear()  # they remember what the module made
    registry.diagnoses.cache_clear()


def _is_test(module: Any) -> bool:
    """Whether a module is one of the tests, which may have imported what is broken."""
    return (getattr(module, "__file__", None) or "").startswith(f"{HERE}{os.sep}test_")


def _passes(items: Sequence[pytest.Item]) -> Iterator[bool]:
    from _pytest.runner import runtestprotocol

    for item, after in zip(items, [*items[1:], None], strict=True):
        reports = runtestprotocol(item, log=False, nextitem=after)
        yield not any(report.failed for report in reports)


def _keep_what_is_read() -> None:
    """Read each text once for all mutants, up to its scenes: they are broken in what comes after.

    A text is known by its bytes, a frame by itself.
    """
    import nsparse
    from nsparse.judging.scene import scene

    nsparse.parse = _once(nsparse.parse, lambda source: isinstance(source, io.BytesIO), {})
    scene.scenes = _once(scene.scenes, lambda frame: len(frame) > 0, SCENES)


def _once(make: Any, keeps: Any, kept: dict[Any, Any]) -> Any:
    """A function that makes each thing once, out of what is worth keeping."""

    def known(source: Any, **given: Any) -> Any:
        if not keeps(source):
            return make(source, **given)
        is_text = isinstance(source, io.BytesIO)
        key = (source.getvalue() if is_text else id(source), repr(sorted(given.items())))
        if key not in kept:
            kept[key] = source, make(source, **given)  # with the source, or its id is given away
        return kept[key][1]

    return known


def _about(items: Sequence[pytest.Item], heard: Any) -> About:
    """What each test is about, by what is heard of the diagnoses while it runs (`conftest.py`)."""
    from nsparse import registry

    found: About = {}
    took: dict[str, float] = {}
    for item in items:
        start = time.monotonic()
        sound = all(_passes([item])) or not heard.asked
        took[item.nodeid] = time.monotonic() - start
        found[item.nodeid] = sorted(heard.about) if sound else None
    registry.diagnoses.cache_clear()
    return dict(sorted(found.items(), key=lambda test: took[test[0]]))


def _test(name: str) -> Path:
    return HERE / f"test_{name}.py"


def _names_one(path: Path, ids: Collection[str]) -> bool:
    """Whether a file of tests has a word to say on one of these diagnoses."""
    text = path.read_text("utf-8")
    return any(f'"{id_}"' in text or f" {id_} " in text for id_ in ids)


def main() -> int:
    """Read the arguments, break, and say what survived."""
    from nsparse.registry import diagnoses

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    says = "a diagnosis, or a module of judging/; all diagnoses without"
    parser.add_argument("names", nargs="*", metavar="NAME", help=says)
    parser.add_argument("--list", action="store_true", help="say what would be broken")
    parser.add_argument("--numbers", action="store_true", help="break the thresholds alone")
    more = "let each mask mean all rows, and none, too: three times as long"
    parser.add_argument("--strict", action="store_true", help=more)
    given = parser.parse_args()
    names = given.names or list(diagnoses())
    how: How = "numbers" if given.numbers else "strict" if given.strict else "all"
    if given.list:
        for name in names:
            for mutant in mutants(name, how):
                print(f"{name}: {mutant}")
        return 0
    _keep_what_is_read()
    ids = {id_ for name in names for id_ in _concerned(name)}
    loop = Mutants(names, how)
    files = [
        str(path)
        for path in map(_test, FILES + SHARED_FILES)
        if any(_is_about(str(path), name) for name in names)
        or (path in map(_test, FILES) and _names_one(path, ids))
    ]
    code = pytest.main(["-p", "no:cacheprovider", "-p", "no:terminal", *files], [loop])
    if code or not loop.sound:
        return 2
    print(f"{len(loop.survivors)} survive")
    return 1 if loop.survivors else 0


if __name__ == "__main__":
    sys.exit(main())
