"""The command line: the commands by name, what an error looks like, how the process ends.

A command is loaded when it is asked for, and heavy libraries inside the commands that need them, so
that `--help`, `--version`, `explain` and `list` answer at once.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from nsparse import __version__
from nsparse.errors import NsparseError, harmless, nearest
from nsparse.reporting import output
from nsparse.reporting.ending import CLEAN, FAILED, INTERRUPTED, Refused
from nsparse.reporting.options import EXITS

NEW_OBJECTS = 250_000
"""Objects made before the collector looks for cycles: what start-up makes stays, all of it, and
that are 155 000 with pandas."""

HOME = {
    "diagnose": "diagnosing:diagnose",
    "parse": "parsing:parse",
    "batch": "batching:batch",
    "explain": "lookup:explain",
    "list": "lookup:list_",
}
"""Where each command is, in `nsparse.reporting`; in the order in which help shows them."""


def main() -> NoReturn:
    """Run, and end with the exit code: 0 clean, 1 findings, 2 could not run."""
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    try:
        code = cli.main(prog_name="nsparse", standalone_mode=False)
    except click.UsageError as error:
        _misused(error)
        code = FAILED
    except click.ClickException as error:
        error.show()
        code = FAILED
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except Exception:
        _internal_error()
        code = FAILED
    # What the libraries have made is not worth looking through for cycles once more at the end.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else CLEAN)


def _misused(error: click.UsageError) -> None:
    """What is wrong with the arguments, and where the right ones are listed."""
    message = error.format_message().rstrip(".")
    output.complain(harmless(message[:1].lower() + message[1:]))
    if error.ctx:
        click.echo(f"see {error.ctx.command_path} --help", err=True)


def _internal_error() -> None:
    """A mistake of ours, with what is needed to find it; 1 would mean findings."""
    import traceback

    output.complain("internal error; please report it with the lines below")
    for line in traceback.format_exc().split("\n"):
        click.echo(harmless(line), err=True)


class Commands(click.Group):
    """The commands of `HOME`; what one of them refuses is one line and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(HOME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded now."""
        if cmd_name not in HOME:
            return None
        module, _, attribute = HOME[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"nsparse.reporting.{module}"), attribute)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without any argument: how to use it, and exit code 2, whichever click it is."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(FAILED)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments ask for; one that was left out is guessed, not run."""
        if args[0] not in HOME and not ctx.resilient_parsing:
            raise Refused(f"no command is named {args[0]!r}; {_meant(args)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it returns is the exit code."""
        try:
            code = super().invoke(ctx)
        except NsparseError as error:
            raise Refused(str(error)) from error
        ctx.exit(code)


def _meant(args: list[str]) -> str:
    """What may have been meant by something that is no command."""
    first = args[0]
    if first == "help":
        return f"did you mean `{' '.join(['nsparse', *args[1:], '--help'])}`?"
    if first == "-" or Path(first).suffix or Path(first).exists():
        return f"did you mean `{' '.join(['nsparse', 'diagnose', *args])}`?"
    near = nearest(first, list(HOME))
    return f"did you mean {near}?" if near else f"there are {', '.join(HOME)}"


@click.command(
    cls=Commands,
    epilog=EXITS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Read what netstat and ss printed, on any system; find what is wrong in it.

    A PATH is a file, a folder (every file in it), a support bundle (tar, zip, gzip, xz, …), or -
    for standard input.
    """
