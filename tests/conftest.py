"""What all tests share: hypothesis profiles, `--update-samples`, the package under test."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import nsparse
    from nsparse.diagnosis import Finding

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
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "nsparse"))


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


@pytest.fixture(scope="session")
def update_samples(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-samples"))


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
