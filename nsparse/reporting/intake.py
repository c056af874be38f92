"""What a command reads: everything named, and what is said of it on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nsparse.errors import harmless
from nsparse.reporting import inputs, output
from nsparse.reporting.ending import Refused
from nsparse.reporting.inputs import How, Reading, Source

if TYPE_CHECKING:
    from nsparse.reading.dump import Dump

NONE_READ = "a table of which no row could be read"

MANY_FILES = 20
"""From here on reading takes long enough for a bar of progress."""


def read(paths: Sequence[str], target: Path | None, options: dict[str, Any]) -> Reading:
    """Read everything named; say on standard error what could not be read."""
    found = list(inputs.sources(paths, output=target))
    spare(found, target)
    with _progress(found, options) as watched:
        reading = inputs.read(watched, _how(options))
    for refusal in reading.refusals:
        output.complain(refusal.reason)
    if not options["quiet"] or not reading.dumps:
        for aside in reading.asides():
            output.complain(aside)
    for dump in reading.dumps:
        heard(dump, options)
    if not reading.dumps and not reading.refusals:
        reading.refusals += [inputs.Refusal(path, "no dump in this folder") for path in paths]
        output.complain("nothing to read: no dump in " + ", ".join(map(harmless, paths)))
    return reading


def spare(found: Iterable[Source], target: Path | None) -> None:
    """Refuse to write over what is to be read."""
    if target and any(Path(s.name).resolve() == target.resolve() for s in found):
        raise Refused(f"{harmless(str(target))} is an input; write somewhere else")


def _how(options: dict[str, Any]) -> How:
    return How(options["engine"], options["encoding"], options["host"])


@contextmanager
def _progress(found: Sequence[Source], options: dict[str, Any]) -> Iterator[Iterable[Source]]:
    """Show how far reading is, where somebody looks and it takes long."""
    if len(found) < MANY_FILES or options["quiet"] or not sys.stderr.isatty():
        yield found
        return
    with click.progressbar(found, label="reading", file=sys.stderr) as bar:
        yield bar


def heard(dump: Dump, options: dict[str, Any]) -> None:
    """How a dump was understood, for those who ask; of an empty one everybody hears."""
    from nsparse.reporting.heard import account

    if options["verbose"]:
        output.say(account(dump, output.width()))
    elif not len(dump.frame) and not options["quiet"]:
        why = NONE_READ if dump.problems else "; ".join(dump.notes)
        output.complain(f"{harmless(dump.file)}: {harmless(why)}")
