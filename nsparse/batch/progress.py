"""How far a run is: a bar where somebody looks, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from nsparse.prose import plural, thousands

FIRST_LINE_SECONDS = 10
LINE_SECONDS = 60
"""How often a log gets a line: a night's run has some hundred of them."""

Step = Callable[[], None]
"""Called once for each bundle."""


@contextmanager
def progress(total: int, say: Callable[[str], None], *, quiet: bool) -> Iterator[Step]:
    """Show how many of the bundles are done, how fast it goes, and how long it will take.

    Args:
        total: How many bundles there are.
        say: Takes a line, where nobody looks at a terminal.
        quiet: Whether to show nothing.
    """
    if quiet:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(total) as step:
            yield step
    else:
        yield Lines(total, say, monotonic)


@contextmanager
def _bar(total: int) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f}/s" if speed else "")

    columns = (TextColumn("bundles"), BarColumn(), MofNCompleteColumn(), Rate())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


class Lines:
    """Lines for a log.

    >>> now = iter((0.0, 5.0, 10.0)).__next__
    >>> step = Lines(200, print, now)
    >>> step(), step()
    2 of 200 bundles, 0.2 a second, 16 minutes left
    (None, None)
    """

    def __init__(self, total: int, say: Callable[[str], None], now: Callable[[], float]) -> None:
        self._total, self._say, self._now = total, say, now
        self._done, self._begun = 0, now()
        self._due = self._begun + FIRST_LINE_SECONDS

    def __call__(self) -> None:
        """Count a bundle; say something if it is time."""
        self._done += 1
        now = self._now()
        if now < self._due:
            return
        self._due = now + LINE_SECONDS
        rate = self._done / (now - self._begun)
        left = _duration((self._total - self._done) / rate)
        done, total = thousands(self._done), plural(self._total, "bundle")
        self._say(f"{done} of {total}, {rate:.1f} a second, {left} left")


def _duration(seconds: float) -> str:
    """A time to wait, in one unit.

    >>> _duration(5400), _duration(59)
    ('90 minutes', '59 seconds')
    """
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 2 * size:
            return plural(round(seconds / size), unit)
    return plural(round(seconds), "second")
