"""`nsparse explain` and `nsparse list`: what nsparse knows, without a dump."""

from __future__ import annotations

import json
from pathlib import Path

import click

from nsparse.reporting import ending, output
from nsparse.reporting.options import CONFIG, EXPLAIN, OUTPUT, form, some_name


@click.command(epilog=EXPLAIN)
@click.argument("name", shell_complete=some_name)
@OUTPUT
@CONFIG
def explain(name: str, target: Path | None, config: Path | None) -> int:
    """Explain a diagnosis, a state, a column or a dialect.

    A TCP state may be spelled as any tool prints it, in any language; `states` explains them all.
    """
    from nsparse.reporting.configfile import in_force
    from nsparse.reporting.pages import explain

    output.write_text(explain(name, output.width(), in_force(config)), target)
    return ending.CLEAN


@click.command("list")
@form("text", "json")
@OUTPUT
def list_(form: str, target: Path | None) -> int:
    """List what there is: dialects, diagnoses, states, columns."""
    from nsparse.reporting import pages

    if form == "json":
        output.write_text([json.dumps(pages.facts(), indent=2)], target)
    else:
        output.write_text(pages.catalogue(output.width()), target)
    return ending.CLEAN
