"""Accept queues: what waits at a listener, and the rows of its port that show it.

On Linux `ss` prints the length and the limit of the queue, net-tools the length alone; the BSDs
and macOS print both where they are asked for them (`netstat -L`), Windows neither.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nsparse.judging.advice import BSD_LIKE
from nsparse.judging.finding import flagged, netns_of, peers, slim
from nsparse.judging.queues import ownerless, tells_owners
from nsparse.prose import thousands

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.judging.scene import Scene

BSD_FACTOR = 1.5
"""The BSDs and macOS let a queue grow to one and a half times its limit (sonewconn)."""
EXPLAINED = 0.1
"""How far the rows without an owner may be from the queue to be the same thing."""
WORDS = {"SYN_RECEIVED": "SYN_RECV", "FIN_WAIT_1": "FIN_WAIT1"}
"""States as the tools spell them."""


@dataclass(frozen=True, eq=False)
class Queue:
    """The accept queue of one address and port, or those of several listeners there.

    Attributes:
        listeners: Their LISTEN rows.
        over: Whether one is over its limit, not only at it.
        unaccepted: Connections of the port that no program holds.
        half_open: Handshakes of the port that are not finished.
        callers: Connections of this host to the port that get no answer.
    """

    listeners: pd.DataFrame
    over: bool
    unaccepted: pd.DataFrame
    half_open: pd.DataFrame
    callers: pd.DataFrame

    @property
    def waiting(self) -> int:
        """How many connections wait for accept()."""
        return int(self.listeners["recv_q"].sum())

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
        return bool(waits.any()) or bool(called) or not self.half_open.empty

    def evidence(self) -> Iterator[str]:
        """Lengths and limits, and the rows of the port: which of which state, and from where."""
        longest = self.listeners.sort_values("recv_q", ascending=False).head(5)
        for length, limit in zip(longest["recv_q"], longest["send_q"], strict=True):
            yield f"listener: Recv-Q {length}" + (f", Send-Q {limit}" if self.limited else "")
        told = (self._left(), _counted(self.half_open), _counted(self.callers))
        if any(told):
            yield ", ".join(filter(None, told))
        if len(self.unaccepted):
            yield peers(self.unaccepted)

    def _left(self) -> str:
        """The connections that make up the queue: `4 CLOSE_WAIT without owner (= Recv-Q 4)`."""
        rows, n = len(self.unaccepted), self.waiting
        sign = "= " if rows == n else "about " if abs(rows - n) <= EXPLAINED * n else ""
        counted = _counted(self.unaccepted)
        return f"{counted} without owner ({sign}Recv-Q {n})" if counted else ""


def _counted(rows: pd.DataFrame) -> str:
    """How many of which state, with the words of the tools."""
    counts = rows["state"].value_counts()
    counts = counts[counts > 0]
    local = " of this host" if set(counts.index) & {"SYN_SENT", "FIN_WAIT_1"} else ""
    named = (f"{thousands(n)} {WORDS.get(str(state), state)}" for state, n in counts.items())
    return " and ".join(named) + local


def over_limit(scene: Scene, listeners: pd.DataFrame) -> pd.Series[bool]:
    """Which queues are longer than their limit lets them grow to."""
    waiting, limit = listeners["recv_q"], listeners["send_q"]
    if scene.os in BSD_LIKE:
        return flagged(waiting >= BSD_FACTOR * limit)
    return flagged(waiting > limit)


def queues(scene: Scene, listeners: pd.DataFrame) -> Iterator[Queue]:
    """The queues of some listeners with the rows of their ports; those of one owner as one."""
    rows = scene.rows
    served = slim(rows[(rows["role"] == "server") & rows["bound"].isin(listeners["service"])])
    left = _Port(served[_unaccepted(scene, served)], "bound")
    half_open = _Port(served[served["state"] == "SYN_RECEIVED"], "bound")
    callers = _Port(_callers(rows), "service")
    groups = listeners.groupby([_keys(listeners, "service"), listeners["owner"]], sort=False)
    for (key, _), part in groups:
        told = bool(part["owned"].any()) or "inode" in scene.has
        yield Queue(
            listeners=part,
            over=bool(over_limit(scene, part).any()),
            unaccepted=left.at(key if told else None),
            half_open=half_open.at(key),
            callers=callers.at(key),
        )


class _Port:
    """Rows that can be asked for by the address and port that they belong to."""

    def __init__(self, rows: pd.DataFrame, end: str) -> None:
        self._rows = rows
        self._places = rows.groupby(_keys(rows, end)).indices

    def at(self, key: Hashable) -> pd.DataFrame:
        """Its rows; none of a key that has none."""
        rows: pd.DataFrame = self._rows.iloc[self._places.get(key, [])]
        return rows


def _keys(rows: pd.DataFrame, end: str) -> pd.Series[Any]:
    return netns_of(rows) + " " + rows[end].astype("object")


def _unaccepted(scene: Scene, rows: pd.DataFrame) -> pd.Series[bool]:
    """Finished handshakes that no program holds; none where the dump cannot show it."""
    finished = rows["state"].isin(("ESTABLISHED", "CLOSE_WAIT"))
    return finished & ownerless(rows) & tells_owners(scene)


def _callers(rows: pd.DataFrame) -> pd.DataFrame:
    """Connections of this host to itself that are not taken: SYN or FIN unanswered.

    Their `service` becomes that of the listener they lead to, which may listen on every address.
    """
    closing = (rows["state"] == "FIN_WAIT_1") & flagged(rows["send_q"] > 0)
    out = rows[((rows["state"] == "SYN_SENT") | closing) & (rows["target"] >= 0)]
    return slim(out).assign(service=rows.loc[out["target"], "service"].set_axis(out.index))
