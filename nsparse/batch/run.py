"""A whole run: list the bundles, leave out what is done, read the rest, tell what was found."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsparse.batch.dataset import Dataset
from nsparse.batch.drive import Driver
from nsparse.batch.manifest import Manifest, begin, examine, files, locked, read
from nsparse.batch.order import Order
from nsparse.batch.places import fingerprint, in_shard, listed, may_be_there, printable
from nsparse.batch.pools import Pool, dask, local, processors
from nsparse.batch.progress import progress
from nsparse.batch.summary import Summary, summarize
from nsparse.errors import NsparseError, harmless

TWO_ANSWERS = "--jobs is for this machine: with --dask each thread of a worker reads one bundle"


@dataclass(frozen=True)
class Run:
    """What a user asked for.

    Attributes:
        paths: Bundles, and folders of bundles.
        out: The folder to write.
        order: How bundles are read.
        resume: Whether to go on with what is in the folder.
        shard: Which of how many equal parts of the bundles, from 1.
        jobs: How many bundles to read at a time here; None: one a processor.
        dask: The scheduler of a cluster that is to do it instead.
        quiet: Whether to show no progress.
    """

    paths: Sequence[str]
    out: Path
    order: Order
    resume: bool = False
    shard: tuple[int, int] = (1, 1)
    jobs: int | None = None
    dask: str | None = None
    quiet: bool = False

    def execute(self, say: Callable[[str], None]) -> Summary:
        """Read all bundles that are not in the dataset yet.

        Args:
            say: Takes lines about how far it is.

        Raises:
            NsparseError: The folder cannot be used, nothing was named that is there, the options
                contradict one another, or the workers are gone. What was read is in the dataset.
            KeyboardInterrupt: Likewise.
        """
        if self.dask is not None and self.jobs is not None:
            raise NsparseError(TWO_ANSWERS)
        wanted = self._manifest()
        found = examine(self.out, wanted, resume=self.resume)
        names = list(self._listed())
        todo = _undone(names, self.out, found)
        if todo and len(todo) == len(names) and not any(map(may_be_there, todo)):
            raise self._nothing("no such file or directory:")
        with ExitStack() as stack:
            # Workers first: if they cannot start, nothing is written.
            pool = stack.enter_context(self._pool()) if todo else None
            stack.enter_context(locked(self.out))
            dataset = Dataset(self.out, begin(self.out, wanted, resume=self.resume))
            todo = _undone(names, self.out, dataset.manifest)
            if len(todo) < len(names):
                say(f"{len(names) - len(todo)} of {len(names)} bundles were done before")
            try:
                if pool is not None:
                    self._drive(pool, dataset, todo, say)
                dataset.commit(finished=True)
            except OSError:  # such as a full disk
                dataset.drop()
                say(f"what was finished is kept; {self._go_on()}")
                raise
            return summarize(self.out, dataset.manifest)

    def _listed(self) -> Iterator[str]:
        """The bundles of this shard."""
        found = False
        for name in listed(self.paths, str(self.out)):
            found = True
            if in_shard(name, self.shard):
                yield name
        if not found:
            raise self._nothing("no bundle in")

    def _nothing(self, why: str) -> NsparseError:
        paths = ", ".join(map(harmless, self.paths))
        return NsparseError(f"nothing to read: {why} {paths}")

    def _drive(
        self, pool: Pool, dataset: Dataset, todo: list[str], say: Callable[[str], None]
    ) -> None:
        with stoppable() as stop, progress(len(todo), say, quiet=self.quiet) as step:
            try:
                Driver(pool, self.order, dataset, step, stop).run(todo)
            except (KeyboardInterrupt, NsparseError):
                dataset.commit()
                say(f"interrupted; {self._go_on()}")
                raise
            except BaseException:
                dataset.drop()
                raise

    def _go_on(self) -> str:
        return f"go on with --resume -o {harmless(str(self.out))}"

    def _pool(self) -> AbstractContextManager[Pool]:
        if self.dask is not None:
            return dask(self.dask, self.order)
        return local(self.jobs or processors(), self.order)

    def _manifest(self) -> Manifest:
        settings: dict[str, Any] = {**self.order.decisive(), "shard": list(self.shard)}
        return Manifest(settings, str(Path.cwd()))


def _undone(names: list[str], out: Path, manifest: Manifest) -> list[str]:
    """The bundles that no part holds, in their order."""
    done = set[bytes]()
    for file in files(out, manifest, "bundles"):
        column = read([file], "bundles", ["bundle"])["bundle"]
        done.update(fingerprint(name, manifest.folder) for name in column.to_pylist())
    return [name for name in names if fingerprint(printable(name)) not in done]


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Whether the user wants an end, by Ctrl-C or by SIGTERM, which clusters send before a kill.

    The driver asks when nothing is half written. A second signal does not wait for that.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def stop(number: int, _: object) -> None:
        asked.append(number)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        restore()
