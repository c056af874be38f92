"""A worker process: gets names of bundles through its standard input, answers with outcomes.

Run by `nsparse.batch.keeper` as `python -m nsparse.batch.child`. It shares nothing with the process
that started it but two pipes, so whatever a bundle does to it stays here. When the other end of the
pipes is gone, it ends.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import pickle
import signal
import struct
import sys
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nsparse.batch.order import Order

LENGTH = struct.Struct("!Q")
READY = "ready"
MEGABYTE = 1 << 20

NEW_OBJECTS = 50_000
"""Objects made before the collector looks for cycles: a bundle makes many, and few are cycles."""
ORPHAN_FACTOR = 2
"""A worker whose keeper was killed ends itself when a bundle takes so many times its limit."""


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises:
        EOFError: The other end is gone, perhaps in the middle of a message.
    """
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main() -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver acts
    asked, answers = _streams()
    order: Order = receive(asked)
    _limit_memory(order.memory_limit)
    _one_thread()

    from nsparse.batch.one import read_one, warm_up

    warm_up(order)
    gc.freeze()  # the libraries stay: to look through them again and again finds nothing
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])
    send(answers, READY)
    with suppress(EOFError, BrokenPipeError):
        while True:
            bundle: str = receive(asked)
            faulthandler.dump_traceback_later(order.time_limit * ORPHAN_FACTOR, exit=True)
            outcome = read_one(bundle, order)
            faulthandler.cancel_dump_traceback_later()
            send(answers, outcome)


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """The two pipes, out of reach of libraries that read or print something."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return asked, answers


def _limit_memory(megabytes: int) -> None:
    """Make too much memory an error in here; where the system cannot, nothing is done.

    RLIMIT_DATA counts what the process itself asked for, not the libraries that are mapped.
    """
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * MEGABYTE, megabytes * MEGABYTE))


def _one_thread() -> None:
    """The processors are shared by workers, not by the threads of one."""
    import pyarrow as pa

    pa.set_cpu_count(1)


if __name__ == "__main__":
    main()
