"""What all tests share: hypothesis profiles, `--update-samples`, the package under test.

And an inventory: a run of all tests fails if there is a diagnosis that speaks in no test, or keeps
silent in no test that is about it. (That each is not evaluated where its data are missing is held
in `test_quality.py`.)
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lark.lexer
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import nsparse
    from nsparse.diagnosis import Diagnosis, Finding

ROOT = Path(__file__).parent.parent

# `python -m pytest` puts the current folder first on the path. There `nsparse` lies without its
# subpackages, which the build puts into it (`package-dir`), so the installed package must win.
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT]
os.environ["PYTHONSAFEPATH"] = "1"  # the same for the interpreters that tests start

# One profile for everybody, so that a failure in CI is a failure at the desk: the examples come
# from the test's source (derandomize), and a slow machine is no failure (no deadline).
settings.register_profile(
    "nsparse",
    deadline=None,
    derandomize=True,
    max_examples=100,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# For a long search after a change of a grammar: HYPOTHESIS_PROFILE=search pytest
settings.register_profile(
    "search",
    deadline=None,
    max_examples=2000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "nsparse"))

# As the command line does: looking for cycles among all that the libraries have made, over and over,
# is a fifth of the time of small tests.
gc.set_threshold(50_000, *gc.get_threshold()[1:])

# With interegular, which users need not have, Lark looks for terminals that collide in all that it
# compiles, and takes ten times as long. `test_derived.py` has it look, once for each grammar.
lark.lexer.has_interegular = False


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-samples",
        action="store_true",
        help="rewrite the .expected files of samples/; read the diff before you commit it",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-samples") and os.environ.get("CI"):
        raise pytest.UsageError(
            "--update-samples is refused in CI: expectations are reviewed by people"
        )
    config.pluginmanager.register(HEARD, "heard")


@pytest.fixture(scope="session")
def update_samples(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-samples"))


class Heard:
    """What each diagnosis did in the tests, in all processes that share them (pytest-xdist).

    Attributes:
        FEW: A test that asks for so many diagnoses at most is about each of them.
        asked: The diagnoses that the test at hand, or the last one, has asked.
        spoke: Those that had something to say.
        silent: Those that once had nothing to say.
        did: What they did in tests that are about them.
        lacks: What none of them did.
    """

    FEW = 6

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.spoke: set[str] = set()
        self.silent: set[str] = set()
        self.did: dict[str, set[str]] = {"speaks": set(), "keeps silent": set()}
        self.lacks: list[str] = []

    def pytest_collection_finish(self) -> None:
        """Listen to all diagnoses."""
        from nsparse import registry

        known: Any = registry.diagnoses()  # the one table that all of this process share
        known.update({id_: self._heard(diagnosis) for id_, diagnosis in known.items()})

    def _heard(self, diagnosis: Diagnosis) -> Diagnosis:
        @wraps(diagnosis.check)
        def check(scene: Any, limits: Any) -> Iterator[Finding]:
            self.asked.add(diagnosis.id)
            findings = list(diagnosis.check(scene, limits))
            (self.spoke if findings else self.silent).add(diagnosis.id)
            yield from findings

        return replace(diagnosis, check=check)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None]:
        """Note what they do in each test."""
        for heard in (self.asked, self.spoke, self.silent):
            heard.clear()
        yield
        self.did["speaks"] |= self.spoke
        self.did["keeps silent"] |= self.silent & self.about

    @property
    def about(self) -> set[str]:
        """The diagnoses that the test is about."""
        return self.spoke | (self.asked if len(self.asked) <= self.FEW else set())

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take in what was heard in another process."""
        for kind, ids in getattr(node, "workeroutput", {}).get("heard", {}).items():
            self.did[kind] |= set(ids)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what was heard; at the end of a run of all tests something of all must be."""
        from nsparse.registry import diagnoses

        config = session.config
        output: dict[str, Any] | None = getattr(config, "workeroutput", None)
        if output is not None:
            output["heard"] = {kind: sorted(ids) for kind, ids in self.did.items()}
        elif session.exitstatus == pytest.ExitCode.OK and _runs_all(config):
            for kind, ids in self.did.items():
                none = sorted(diagnoses().keys() - ids)
                self.lacks += [f"no test in which {id_} {kind}" for id_ in none]
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if self.lacks else session.exitstatus

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what there is no case of."""
        for line in self.lacks:
            terminalreporter.write_line(line, red=True)


HEARD = Heard()


def _runs_all(config: pytest.Config) -> bool:
    fewer = ("keyword", "markexpr", "collectonly", "ignore", "ignore_glob", "deselect", "lf")
    chosen = any(config.getoption(name, None) for name in fewer)
    return config.args_source == pytest.Config.ArgsSource.TESTPATHS and not chosen


class Ask:
    """What diagnoses say of a dump, given as its text: all of them, or those of some ids."""

    def report(self, text: str, *ids: str, damaged: bool = False, **more: Any) -> nsparse.Report:
        """The report on a text that every line of can be read, unless it is damaged on purpose."""
        import nsparse

        dump = nsparse.parse(io.BytesIO(text.encode()))
        assert damaged or not dump.problems
        return nsparse.diagnose(dump, select=ids, **more)

    def found(self, text: str, *ids: str, **more: Any) -> list[Finding]:
        """The findings, the worst first."""
        return list(self.report(text, *ids, **more).findings)

    def levels(self, text: str, *ids: str, **more: Any) -> list[tuple[str, str]]:
        """Severity and confidence of each finding."""
        return [(one.severity, one.confidence) for one in self.found(text, *ids, **more)]

    def severities(self, text: str, *ids: str, **more: Any) -> list[str]:
        """The severity of each finding."""
        return [one.severity for one in self.found(text, *ids, **more)]

    def skipped(self, text: str, id_: str, **more: Any) -> bool:
        """Whether a diagnosis could not be judged."""
        return [name for name, _ in self.report(text, id_, **more).not_evaluated] == [id_]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Ask diagnoses about a dump."""
    return Ask()
