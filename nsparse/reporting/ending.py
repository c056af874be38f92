"""How a command ends: its exit code, and the one line of what could not be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import click

from nsparse.diagnosis import SEVERITIES

if TYPE_CHECKING:
    from nsparse.reporting.inputs import Reading

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
NEVER = "never"
"""What `--fail-on` says beside the severities."""


class Refused(click.ClickException):
    """Something that cannot be done, for a reason that is no matter of how options are used."""

    exit_code = FAILED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the reason as everything is printed on standard error."""
        from nsparse.reporting.output import complain

        complain(self.message)


def of_findings(severities: Iterable[str], fail_on: str) -> int:
    """Whether a finding is as bad as `--fail-on`, or worse.

    >>> of_findings(["notice", "warning"], "warning"), of_findings(["notice"], "warning")
    (1, 0)
    >>> of_findings(["critical"], "never")
    0
    """
    if fail_on == NEVER:
        return CLEAN
    bad = SEVERITIES[: list[str](SEVERITIES).index(fail_on) + 1]
    return FOUND if any(severity in bad for severity in severities) else CLEAN


def of_reading(reading: Reading, *, strict: bool) -> int:
    """What reading alone decides: nothing was read, or not everything that was named."""
    damaged = any(dump.problems for dump in reading.dumps)
    if damaged and not any(len(dump.frame) for dump in reading.dumps):
        return FAILED
    return FAILED if strict and reading.refusals else CLEAN
