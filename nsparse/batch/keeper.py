"""Keeps worker processes: starts them, hands them bundles, ends those that hang, replaces the dead.

The task that an executor runs is `work`. It may run in a thread of this process or in a worker of a
cluster; the bundle itself is always read in a child process of its own, so that what crashes, hangs
or takes all memory is one child with one known bundle. A pool of processes could only say that some
worker died, and would lose what its others had in hand.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from tempfile import TemporaryFile
from typing import Any

from nsparse.batch.child import READY, receive, send
from nsparse.batch.order import Order, Outcome, failed
from nsparse.errors import NsparseError

START_LIMIT = 120
"""Seconds that a worker may need to load its libraries, from a slow network disk perhaps."""
BUNDLES_A_CHILD = 1000
"""Then it is replaced: what its libraries leak is given back, for a second of work."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Keeps libraries from starting a thread for each processor in each worker."""
KEEP_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(128 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20)}
"""Has glibc keep what one file needed for the next: else a tenth of the time goes into getting the
same pages from the system again and again. Other systems do not know these names."""


class CannotStart(NsparseError):
    """A worker process did not come to life, so no other would."""


class Child:
    """One worker process and its pipes."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.asked = 0
        self._overdue = False
        with TemporaryFile() as said:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "nsparse.batch.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=_environment(),
            )
            try:
                ready = self._exchange(order, START_LIMIT)
            except (EOFError, OSError, pickle.UnpicklingError):
                ready = None
            if ready != READY:
                self.close()
                said.seek(0)
                last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise CannotStart(f"a worker process cannot start: {last or self._death()}")

    def read(self, bundle: str) -> Outcome:
        """Read a bundle; if the child does not survive it, say so."""
        self.asked += 1
        try:
            outcome: Outcome = self._exchange(bundle, self.order.time_limit)
        except (EOFError, OSError, pickle.UnpicklingError):
            self.close()
            if self._overdue:
                limit = f"not done after {self.order.time_limit:g} seconds"
                return failed(bundle, "time", limit, seconds=float(self.order.time_limit))
            return failed(bundle, "crashed", self._death())
        return outcome

    @property
    def usable(self) -> bool:
        """Whether it may have another bundle."""
        alive = self._process.poll() is None and not self._overdue
        return alive and self.asked < BUNDLES_A_CHILD

    def end(self) -> None:
        """End the process, whatever it does; who waits for its answer hears of it."""
        self._process.kill()

    def close(self) -> None:
        """End the process and its pipes; nobody may be waiting for an answer."""
        self.end()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _exchange(self, message: Any, limit: float) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(limit, self._expire)
        timer.start()
        try:
            send(self._process.stdin, message)
            return receive(self._process.stdout)
        finally:
            timer.cancel()
            timer.join()  # else it might end the child during the next bundle

    def _expire(self) -> None:
        self._overdue = True
        self.end()

    def _death(self) -> str:
        code = self._process.wait()
        if code >= 0:
            return f"its worker ended with exit code {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = " (the system does so when memory runs out)" if name == "SIGKILL" else ""
        return f"its worker was ended by {name}{hint}"


def _environment() -> dict[str, str]:
    """Where the child finds its modules: where this process does, and never in a bundle's folder.

    `-P` keeps the current folder out unless this process has it on its path itself.
    """
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109
    return {**KEEP_MEMORY, **os.environ, **ONE_THREAD, "PYTHONPATH": path}


class Children:
    """The children of this process, lent to one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False

    def start(self, order: Order) -> None:
        """Have a child ready."""
        self._give_back(self._borrow(order))

    def read(self, bundles: Sequence[str], order: Order) -> list[Outcome]:
        """Read bundles one after another, in one child or in as many as they bring down."""
        outcomes = []
        for bundle in bundles:
            child = self._borrow(order)
            try:
                outcomes.append(child.read(bundle))
            finally:
                self._give_back(child)
        return outcomes

    def rest(self) -> None:
        """End those that have nothing to do."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.close()

    def close(self) -> None:
        """End all of them, and start no more."""
        with self._lock:
            self._closed = True
            for child in self._busy:
                child.end()
        self.rest()

    def _borrow(self, order: Order) -> Child:
        with self._lock:
            if self._closed:
                raise CannotStart("the run is over")
            child = self._idle.pop() if self._idle else None
        if child is not None and child.order != order:
            child.close()
            child = None
        child = child or Child(order)
        with self._lock:
            self._busy.add(child)
        return child

    def _give_back(self, child: Child) -> None:
        with self._lock:
            self._busy.discard(child)
            keep = child.usable and not self._closed
            if keep:
                self._idle.append(child)
        if not keep:
            child.close()


@cache
def children() -> Children:
    """The children of this process: tasks reach an executor's workers without any state."""
    return Children()


def work(bundles: Sequence[str], order: Order) -> list[Outcome]:
    """The task: read some bundles.

    Raises:
        CannotStart: There is no worker process to read them in.
    """
    return children().read(bundles, order)


def probe(order: Order) -> str:
    """The task that comes first: prove that children start there; return nsparse's version."""
    from nsparse import __version__

    children().start(order)
    return __version__


def rest() -> None:
    """End the children of this process that are idle, when a run is over."""
    children().rest()


def dismiss() -> None:
    """End all children of this process."""
    old = children()
    children.cache_clear()
    old.close()
