"""The driver: hands out bundles, takes in outcomes, loses none and takes none twice.

Written against `concurrent.futures.Executor`, so that it does not know where the work is done.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from itertools import islice

from nsparse.batch.dataset import Dataset
from nsparse.batch.keeper import CannotStart, work
from nsparse.batch.order import Order, Outcome, failed
from nsparse.batch.pools import Pool
from nsparse.errors import NsparseError

TICK_SECONDS = 0.25
"""How long to wait for a task before looking at the clock."""
ATTEMPTS = 3
"""How often a bundle is handed out when the executor loses its task. A task never fails because of
a bundle, but a machine may go away three times."""

Task = tuple[str, ...]


@dataclass
class Driver:
    """One run.

    Attributes:
        pool: Where tasks run.
        order: How bundles are read.
        dataset: Where outcomes go.
        step: Called for each bundle, once it is in the dataset.
        stop: Whether to end early; asked when nothing is half done.
    """

    pool: Pool
    order: Order
    dataset: Dataset
    step: Callable[[], None]
    stop: Callable[[], bool] = lambda: False
    _out: dict[Future[list[Outcome]], Task] = field(default_factory=dict)
    _again: deque[Task] = field(default_factory=deque)
    _lost: dict[str, int] = field(default_factory=dict)

    def run(self, bundles: Iterable[str]) -> None:
        """Read every bundle.

        Raises:
            NsparseError: The executor is gone; what was read so far is in the dataset.
            KeyboardInterrupt: It was asked to stop; likewise.
        """
        tasks = _grouped(iter(bundles), self.pool.group)
        self._hand_out(tasks)
        while self._out:
            done, _ = wait(self._out, TICK_SECONDS, FIRST_COMPLETED)
            for future in done:
                self._take(future, self._out.pop(future))
            self.dataset.commit_when_due()
            if self.stop():
                raise KeyboardInterrupt
            self._hand_out(tasks)

    def _hand_out(self, tasks: Iterator[Task]) -> None:
        """Keep the window full."""
        room = self.pool.window() - len(self._out)
        while room > 0:
            task = self._again.popleft() if self._again else next(tasks, None)
            if task is None:
                return
            try:
                self._out[self.pool.executor.submit(work, task, self.order)] = task
            except RuntimeError as error:
                raise _gone(error) from error
            room -= 1

    def _take(self, future: Future[list[Outcome]], task: Task) -> None:
        """What a task gave; when it was lost on the way, its bundles go out again one by one."""
        try:
            outcomes = future.result()
        except CannotStart:
            raise
        except CancelledError as error:
            raise _gone(error) from error
        except Exception as error:
            outcomes = list(self._once_more(task, error))
        for outcome in outcomes:
            self.dataset.add(outcome)
            self.step()

    def _once_more(self, task: Task, error: Exception) -> Iterator[Outcome]:
        for bundle in task:
            self._lost[bundle] = self._lost.get(bundle, 0) + 1
            if self._lost[bundle] < ATTEMPTS:
                self._again.append((bundle,))
            else:
                yield failed(bundle, "lost", f"{type(error).__name__}: {error}")


def _gone(error: Exception) -> NsparseError:
    reason = str(error) or "it cancelled its tasks"
    return NsparseError(f"the workers are gone ({reason})")


def _grouped(bundles: Iterator[str], size: int) -> Iterator[Task]:
    while group := tuple(islice(bundles, size)):
        yield group
