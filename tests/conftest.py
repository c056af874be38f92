"""What all tests share: hypothesis profiles, `--update-samples`, the package under test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
