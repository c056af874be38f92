"""`nsparse batch`: from many bundles to a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from nsparse.reporting import ending, output
from nsparse.reporting.configfile import in_force
from nsparse.reporting.options import (
    BATCH,
    BUNDLES,
    batch_options,
    decoding_options,
    judging_options,
)


@click.command(epilog=BATCH, short_help="Read many bundles into one Parquet dataset.")
@BUNDLES
@batch_options
@judging_options
@decoding_options
def batch(
    paths: Sequence[str],
    target: Path,
    select: Sequence[str],
    ignore: Sequence[str],
    config: Path | None,
    **options: Any,
) -> int:
    """Read many bundles into one Parquet dataset, here or on a cluster.

    A PATH is a bundle, a folder of bundles, or such an address as s3://bucket/folder/. A bundle
    that cannot be read costs itself only, and is listed. Interrupted runs go on with --resume.
    """
    chosen = in_force(config, select, ignore, verbose=options["verbose"])
    from nsparse.batch.order import Order
    from nsparse.batch.run import Run
    from nsparse.batch.summary import text

    limits = {name: options[name] for name in ("time_limit", "memory_limit")}
    order = Order(options["engine"], options["encoding"], chosen, **limits)
    how = {name: options[name] for name in ("resume", "shard", "jobs", "dask", "quiet")}
    with output.writing(target):
        summary = Run(paths, target, order, **how).execute(output.complain)
    output.write_text(text(summary, everything=options["verbose"]), None)
    nothing = summary.statuses and not summary.read
    if nothing or (options["strict"] and summary.failures):
        return ending.FAILED
    return ending.of_findings(summary.severities.elements(), options["fail_on"])
