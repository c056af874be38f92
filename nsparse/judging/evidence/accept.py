"""Accept queues: what waits at a listener, and the rows of its port that show it.

On Linux `ss` prints the length and the limit of the queue, net-tools the length alone; the BSDs
and macOS print both where they are asked for them (`netstat -L`), Windows neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nsparse.judging.evidence.across import unanswered
from nsparse.judging.evidence.advice import BSD_LIKE
from nsparse.judging.evidence.finding import GROUPED, flagged, peers
from nsparse.judging.evidence.queues import ownerless, told_of
from nsparse.prose import plural, thousands

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.rows import Rows
    from nsparse.judging.scene.scene import Scene

BSD_FACTOR = 1.5
"""The BSDs and macOS let a queue grow to one and a half times its limit (sonewconn)."""
USUAL = (6, 51, 101, 129, 512, 1025, 4097)
"""One more than the backlogs that programs ask for: 5 (Python), 50 (Java), 100 (Tomcat), 128 (old
somaxconn), 511 (nginx, node, redis), 1024, 4096 (somaxconn since 5.4). net-tools prints no limit,
and a queue that is exactly so long stands at one."""
EXPLAINED = 0.1
"""How far the rows without an owner may be from the queue to be the same thing."""
SHOWN = 5
"""Listeners that the evidence names."""
WORDS = {"SYN_RECEIVED": "SYN_RECV", "FIN_WAIT_1": "FIN_WAIT1"}
"""States as the tools spell them."""


@dataclass(frozen=True, eq=False)
class Queue:
    """The accept queue of one address and port, or those of several listeners there.

    Attributes:
        listeners: Their LISTEN rows.
        over: How long the longest is that is over its limit, not only at it; 0 where none is.
        unaccepted: Connections of the port that no program holds.
        half_open: Handshakes of the port that are not finished.
        callers: Connections of this host to the port that get no answer.
        away: How many attempts of each other host of the run to call the port get none.
    """

    listeners: pd.DataFrame
    over: int
    unaccepted: Rows
    half_open: Rows
    callers: Rows
    away: Mapping[str, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many connections wait for accept()."""
        return int(self.listeners["recv_q"].sum())

    @property
    def places(self) -> int:
        """At how many addresses and ports they listen."""
        return int(self.listeners["service"].nunique())

    @property
    def gave_up(self) -> int:
        """In how many of them the client has closed by now."""
        return int((self.unaccepted["state"] == "CLOSE_WAIT").sum())

    @property
    def limited(self) -> bool:
        """Whether the limit was printed."""
        return bool(self.listeners["send_q"].notna().all())

    @property
    def witnessed(self) -> bool:
        """Whether another row shows that connections do not get in."""
        left = self.unaccepted
        waits = flagged(left["recv_q"] > 0) | (left["state"] == "CLOSE_WAIT")
        called = (self.callers["state"] == "SYN_SENT").any()
        return bool(waits.any()) or bool(called or self.away) or len(self.half_open) > 0

    @property
    def lost(self) -> str:
        """The clients that gave up, as the end of a sentence about those that wait."""
        gone, n = self.gave_up, self.waiting
        if not gone:
            return ""
        if gone > n:
            return f"; in {plural(gone, 'connection')} of the port the client has already given up"
        if n == 1:
            return "; its client has already given up"
        return f"; in {thousands(gone)} of the {thousands(n)} the client has already given up"

    def evidence(self) -> Iterator[str]:
        """Lengths and limits, and the rows of the port: which of which state, and from where."""
        longest = self.listeners.sort_values("recv_q", ascending=False, kind="stable").head(SHOWN)
        cells = (longest[name] for name in ("service", "recv_q", "send_q"))
        for service, length, limit in zip(*cells, strict=True):
            place = f" {service}" if self.places > 1 else ""
            yield f"listener{place}: Recv-Q {length}" + f", Send-Q {limit}" * self.limited
        if (more := len(self.listeners) - len(longest)) > 0 and self.places > 1:
            yield f"and {plural(more, 'more listener')}"
        told = (self._left(), _counted(self.half_open), _counted(self.callers))
        if any(told):
            yield ", ".join(filter(None, told))
        if self.unaccepted.different("remote_addr"):
            yield peers(self.unaccepted)
        for host, n in self.away.items():
            gets = "gets" if n == 1 else "get"
            yield f"{plural(n, 'attempt')} of {host} to call it {gets} no answer"

    def _left(self) -> str:
        """The connections that make up the queue: `4 CLOSE_WAIT without owner (= Recv-Q 4)`."""
        rows, n = len(self.unaccepted), self.waiting
        sign = "= " if rows == n else "about " if abs(rows - n) <= EXPLAINED * n else ""
        counted = _counted(self.unaccepted)
        return f"{counted} without owner ({sign}Recv-Q {n})" if counted else ""


@dataclass(frozen=True)
class Length:
    """How long the queue of one listener is, and how long it may be; None where not printed."""

    waiting: int | None
    limit: int | None

    @property
    def full(self) -> bool:
        """Whether there is no room left; one that waits is enough where the limit is 0."""
        return None not in (self.waiting, self.limit) and self._waits >= max(self.limit or 0, 1)

    @property
    def over(self) -> bool:
        """Whether it is longer than its limit."""
        return self.full and self._waits > (self.limit or 0)

    @property
    def _waits(self) -> int:
        return self.waiting or 0

    def is_about(self, rows: int) -> bool:
        """Whether so many rows may be all that waits there."""
        near = abs(rows - self._waits) <= EXPLAINED * max(self._waits, 1)
        return self.waiting is not None and near

    def is_short_of(self, rows: int) -> bool:
        """Whether most of so many rows do not wait there."""
        return self.waiting is not None and 2 * self._waits < rows

    def __str__(self) -> str:
        """In words: `6 wait for accept(), the limit is 5`."""
        if self.waiting is None:
            return "the dump does not show how many wait for accept()"
        limit = "" if self.limit is None else f", the limit is {thousands(self.limit)}"
        return f"{thousands(self.waiting)} wait for accept(){limit}"


def _counted(rows: Rows) -> str:
    """How many of which state, with the words of the tools."""
    counts = rows["state"].value_counts()
    counts = counts[counts > 0]
    local = " of this host" if set(counts.index) & {"SYN_SENT", "FIN_WAIT_1"} else ""
    named = (f"{thousands(n)} {WORDS.get(str(state), state)}" for state, n in counts.items())
    return " and ".join(named) + local


def listening(scene: Scene) -> Bools:
    """Listeners of a port with a queue that is printed."""
    view = scene.view
    return view.is_("state", "LISTEN") & view.known("local_port") & view.known("recv_q")


def full(scene: Scene, least: int) -> Bools:
    """The listeners whose queue is at its limit, or at a usual one where none is printed.

    Args:
        scene: The scene.
        least: A queue that is shorter is not full, whatever its limit.
    """
    import numpy as np

    view, found = scene.view, listening(scene)
    at = found.nonzero()[0]
    waiting, limit = (view.numbers(name)[at] for name in ("recv_q", "send_q"))
    limited = view.known("send_q")[at]
    reached = limited & (waiting >= limit.clip(least))
    if scene.os == "linux":
        reached |= ~limited & np.isin(waiting, USUAL)
    found[at] = reached
    return found


def told(scene: Scene, which: Bools | Ints) -> pd.DataFrame:
    """Listeners with the columns that a finding about their queues is made of."""
    ends = ("netns", "proto", "state", "local_addr", "local_port", "remote_addr", "remote_port")
    more = ("inode", "recv_q", "send_q", "owned", "service")
    return scene.view.pick(which, *GROUPED, *ends, *more)


def over_limit(scene: Scene, listeners: pd.DataFrame) -> pd.Series[bool]:
    """Which queues are longer than their limit lets them grow to."""
    waiting, limit = listeners["recv_q"], listeners["send_q"]
    if scene.os in BSD_LIKE:
        return flagged(waiting >= BSD_FACTOR * limit)
    return flagged(waiting > limit)


def queues(scene: Scene, listeners: pd.DataFrame) -> Iterator[Queue]:
    """The queues of some listeners with the rows of their ports; those of one owner as one."""
    from nsparse.judging.scene.rows import Rows

    view = scene.view
    port, served = view.keys("bound"), view.is_("role", "server")
    left = _unaccepted(scene) & served
    half_open = view.is_("state", "SYN_RECEIVED") & served
    callers = _callers(scene)
    called = port[view.numbers("target")]
    for lot in view.lots(listeners.index.to_numpy(), "bound", "owner"):
        part, key = listeners.loc[lot], port[lot[0]]
        told = bool(part["owned"].any()) or "inode" in scene.has
        yield Queue(
            listeners=part,
            over=max(part["recv_q"][over_limit(scene, part)], default=0),
            unaccepted=Rows(view, left & (port == key) & told),
            half_open=Rows(view, half_open & (port == key)),
            callers=Rows(view, callers & (called == key)),
            away=unanswered(scene, {*part["local_addr"]}, int(view.numbers("local_port")[lot[0]])),
        )


def together(queues: Sequence[Queue]) -> Queue:
    """The queues of several ports as one: whoever does not accept has one reason for all."""
    import pandas as pd

    first, *others = queues
    if not others:
        return first
    away: Counter[str] = Counter()
    for queue in queues:
        away.update(queue.away)
    return Queue(
        listeners=pd.concat([queue.listeners for queue in queues]),
        over=max(queue.over for queue in queues),
        unaccepted=_joined([queue.unaccepted for queue in queues]),
        half_open=_joined([queue.half_open for queue in queues]),
        callers=_joined([queue.callers for queue in queues]),
        away=away,
    )


def _joined(parts: Sequence[Rows]) -> Rows:
    """Rows of several parts, in the order of the dump."""
    import numpy as np

    return type(parts[0])(parts[0].view, np.sort(np.concatenate([part.at for part in parts])))


def _unaccepted(scene: Scene) -> Bools:
    """Finished handshakes that no program holds; none where the dump cannot show it."""
    finished = scene.view.is_("state", "ESTABLISHED", "CLOSE_WAIT")
    return finished & ownerless(scene) & told_of(scene)


def _callers(scene: Scene) -> Bools:
    """Connections of this host to itself that are not taken: SYN or FIN unanswered."""
    view = scene.view
    closing = view.is_("state", "FIN_WAIT_1") & view.above("send_q", 0)
    return (view.is_("state", "SYN_SENT") | closing) & view.linked("target")
