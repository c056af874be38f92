"""The executors that a run may use: threads with a child process each, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from time import monotonic
from typing import Any

from nsparse import __version__
from nsparse.batch.keeper import dismiss, probe, rest
from nsparse.batch.order import Order
from nsparse.errors import NsparseError

GROUP = 8
"""Bundles of one task on a cluster: its scheduler spends a millisecond on each task."""
AHEAD = 2
"""Tasks handed out for each worker: one in work, one waiting, so that no worker waits for us."""
RECOUNT_SECONDS = 5
"""How often a cluster is asked for its size: workers come and go."""


@dataclass(frozen=True)
class Pool:
    """Where tasks run.

    Attributes:
        executor: Takes the tasks.
        group: How many bundles one task has.
        window: How many tasks may be out at a time; it bounds the memory of the driver.
    """

    executor: Executor
    group: int
    window: Callable[[], int]


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def local(jobs: int, order: Order) -> Iterator[Pool]:
    """This machine: a thread for each job, and a process for each thread (`keeper`).

    Whatever ends the run, its processes end with it.

    Raises:
        CannotStart: Processes cannot be started, or cannot run nsparse.
    """
    probe(order)
    executor = ThreadPoolExecutor(jobs, thread_name_prefix="nsparse")
    try:
        yield Pool(executor, 1, lambda: AHEAD * jobs)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        dismiss()
        executor.shutdown()


@contextmanager
def dask(address: str, order: Order) -> Iterator[Pool]:
    """A cluster that runs already, by the address of its scheduler.

    Raises:
        NsparseError: It cannot be reached, has no workers, or they cannot run this nsparse.
    """
    try:
        library: Any = import_module("distributed")  # untyped
    except ImportError as error:
        raise NsparseError(f"--dask: {error}; install nsparse[dask]") from error
    try:
        client = library.Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NsparseError(f"--dask {address}: cannot be reached: {error}") from error
    executor = client.get_executor(pure=False)
    try:
        _check(client, executor, order)
        yield Pool(executor, GROUP, _window(client))
    finally:
        with suppress(Exception):  # the cluster may be gone, which then has been said already
            executor.shutdown(wait=False)
            client.run(rest)
        client.close()


def _check(client: Any, executor: Executor, order: Order) -> None:
    """Have one task done before a million are sent."""
    if not client.nthreads():
        raise NsparseError("--dask: the cluster has no workers")
    try:
        version = executor.submit(probe, order).result()
    except Exception as error:
        raise NsparseError(f"--dask: its workers cannot run nsparse: {error}") from error
    if version != __version__:
        raise NsparseError(f"--dask: its workers have nsparse {version}, this is {__version__}")


def _window(client: Any) -> Callable[[], int]:
    threads, due = 1, monotonic()

    def window() -> int:
        nonlocal threads, due
        if monotonic() >= due:
            threads = max(sum(client.nthreads().values()), 1)
            due = monotonic() + RECOUNT_SECONDS
        return AHEAD * threads

    return window
