"""What most diagnoses need to fill a finding: whose it is, how sure it is, which rows it is about.

Nothing here imports pandas at the top, so that a diagnosis may import it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from nsparse.diagnosis import Finding, Group
from nsparse.judging.evidence.measure import at_most, lower
from nsparse.judging.evidence.moment import is_torn
from nsparse.judging.scene.rows import Labels, Rows
from nsparse.prose import thousands, top

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from nsparse.diagnosis import Confidence, Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.scene.scene import Scene

    class Table(Protocol):
        """Some rows: a frame, or those of a view."""

        def __getitem__(self, name: str, /) -> pd.Series[Any]:
            """A column."""

        def __len__(self) -> int:
            """How many they are."""

        @property
        def index(self) -> pd.Index:
            """Their labels."""

    class Cells(Protocol):
        """The cells of one row by their column."""

        def __getitem__(self, name: str, /) -> Any:
            """A cell."""


PEERS_SHOWN = 3
QUEUES_SHOWN = 5
WHOSE = ("owner", "process", "pid")
"""Columns that tell the owner of a row (`owner_of`)."""
GROUPED = (*WHOSE, "role", "bound")
"""Columns that tell the group of a row (`group_of`)."""
LOCAL_PROGRAM = "the local program"


def settle(
    start: Confidence, scene: Scene, *, up: int = 0, down: int = 0, cap: Confidence = "high"
) -> Confidence:
    """Where a confidence ends after its steps (diagnoses: severity, confidence).

    Args:
        start: What the kind of evidence is worth.
        scene: A dump that is cut, or names no owner, costs a step each.
        up: How many things make it surer.
        down: How many more make it less sure.
        cap: The most that is allowed, whatever speaks for it; what may be passing is worth less in
            a dump that shows no single moment.
    """
    doubts = int(scene.truncated) + int("owner" not in scene.has)
    if cap == "medium" and is_torn(scene):
        cap = "low"
    return at_most(lower(start, down + doubts - up), cap)


# ---- rows ------------------------------------------------------------------------------------


def flagged(truth: pd.Series[Any]) -> pd.Series[bool]:
    """A comparison as plain truths: what is compared with NA is not true."""
    return truth.fillna(False).astype("bool")


def silent(scene: Scene, seconds: float) -> Bools:
    """Connections that have neither sent nor received for so long."""
    view, least = scene.view, 1000 * seconds
    return view.at_least("lastsnd_ms", least) & view.at_least("lastrcv_ms", least)


def labels(*parts: Table | Ints) -> Labels:
    """The labels of the rows that a finding stands on: of frames, of rows of a view, or as such."""
    import numpy as np

    each = [_labels(part) for part in parts]
    return Labels(each[0] if len(each) == 1 else np.concatenate(each))


def _labels(part: Table | Ints) -> Ints:
    if isinstance(part, Rows):
        return part.at
    found: Ints = part.index.to_numpy() if hasattr(part, "index") else part
    return found


def of_dump(
    limits: Limits,
    id_: str,
    rows: Bools,
    verdict: str,
    *,
    severity: Severity,
    confidence: Confidence = "high",
    evidence: tuple[str, ...] = (),
    cause: tuple[str, ...] = (),
    steps: tuple[Step, ...] = (),
    caveats: tuple[str, ...] = (),
) -> Finding:
    """A finding about some rows of a dump as such: they are nobody's in particular."""
    at = rows.nonzero()[0]
    return Finding(
        id=id_,
        severity=severity,
        confidence=confidence,
        group=Group(),
        n=len(at),
        verdict=verdict,
        sockets=Labels(at),
        limits=dict(limits),
        evidence=evidence,
        cause=cause,
        next=steps,
        caveats=caveats,
    )


# ---- whose they are --------------------------------------------------------------------------


def group_of(row: Cells) -> Group:
    """The group of a finding whose rows are all like this one."""
    role = row["role"] if row["role"] in ("server", "client") else None
    return Group(**owner_of(row), role=role, service=row["bound"] or None)


def common_group(rows: pd.DataFrame) -> Group:
    """What rows have in common: their group, else their owner, else nothing."""
    first = rows.iloc[0]
    if rows["group"].nunique() == 1:
        return group_of(first)
    return Group(**owner_of(first)) if rows["owner"].nunique() == 1 else Group()


def owner_of(row: Cells) -> dict[str, Any]:
    """The owner's part of a group, from one row; that of a program of many processes has no PID."""
    process, pid, owner = row["process"], count_of(row["pid"]), row["owner"] or None
    if pid is not None and not (owner or "").endswith((f"/{pid}", f" {pid}")):
        process, pid = owner, None
    return {"owner": owner, "process": None if is_missing(process) else str(process), "pid": pid}


def is_missing(value: Any) -> bool:
    """Whether a cell is empty."""
    import pandas as pd

    return bool(pd.isna(value))


def count_of(value: Any) -> int | None:
    """A cell with a whole number; None where it is empty."""
    return None if is_missing(value) else int(value)


def sysctl(scene: Scene, name: str) -> str | None:
    """A kernel setting of the host, where its bundle has it."""
    known = scene.facts.get("sysctl")
    value = known.get(name) if isinstance(known, Mapping) else None
    return None if value is None else str(value)


# ---- words -----------------------------------------------------------------------------------


def endpoint(addr: object, port: object) -> str:
    """An address and a port as one writes them.

    >>> endpoint("2001:db8::1", 443)
    '[2001:db8::1]:443'
    """
    return f"[{addr}]:{port}" if ":" in str(addr) else f"{addr}:{port}"


def peers(rows: Rows) -> str:
    """The line of evidence that names the addresses at the other ends."""
    more = rows.different("remote_addr") - PEERS_SHOWN
    said = f"peers: {top(rows.leading('remote_addr', PEERS_SHOWN), PEERS_SHOWN)}"
    return f"{said} and {thousands(more)} more" if more > 0 else said


def peers_of(scene: Scene, part: pd.DataFrame) -> str:
    """The same of some rows that are a frame."""
    from nsparse.judging.scene.rows import Rows

    return peers(Rows(scene.view, part.index.to_numpy()))


def some(told: Sequence[object], of: int) -> str:
    """The first of so many things, and how many more there are.

    >>> some([80, 443], of=3)
    '80, 443 and 1 more'
    """
    said, more = ", ".join(map(str, told)), of - len(told)
    return f"{said} and {thousands(more)} more" if more > 0 else said


def queues(name: str, waiting: Ints) -> str:
    """The line of evidence with the largest of some queues.

    >>> import numpy as np
    >>> queues("Recv-Q", np.array([20480, 61004, 52110]))
    'Recv-Q: 61 004, 52 110, 20 480'
    """
    import numpy as np

    largest = np.sort(waiting)[: -QUEUES_SHOWN - 1 : -1].tolist()
    return f"{name}: {some([thousands(size) for size in largest], len(waiting))}"


def tally(values: pd.Series[Any]) -> str:
    """How often each number stands there, empty cells as 0: `0 (2), 3 (1)`."""
    counts = values.fillna(0).value_counts().sort_index()
    return ", ".join(f"{value} ({thousands(n)})" for value, n in counts.items())


def others(rows: Rows, owners: Iterable[str]) -> str:
    """Who is at the other ends, with the verb: the one program there, where it is known.

    Args:
        rows: The connections.
        owners: The owners of their other ends, "" for one that is not known.
    """
    known = set(owners)
    if known == {rows.only("owner")} and _in_one_process(rows):
        return "the other end, in the same process, has"
    if len(known) == 1 and any(known):
        return f"{known.pop()} has"
    role = rows.only("role")
    if role == "client" and rows.only("bound") is not None:
        return "the server has"
    one, more = ("client", "clients") if role == "server" else ("other end", "other ends")
    return f"the {one} has" if len(rows) == 1 else f"the {more} have"


def _in_one_process(rows: Rows) -> bool:
    """Whether the owner of connections is a process, and their other ends are on this host.

    Another host may have a process of the same name and number.
    """
    return rows.only("pid") is not None and bool((rows.array("pair") >= 0).all())


# ---- what the dump does not show -------------------------------------------------------------

HOW_LONG = "how long: take a second snapshot 120 s later"
UNTIMED = "how long: no time is printed between the snapshots; run `date` before each"


LONGER = "whether it lasts: take the snapshots 120 s apart or more"


def how_long(scene: Scene, seen: int = 0) -> str:
    """That it is not known how long something lasts, and what would show it.

    Args:
        scene: The last moment.
        seen: For how many seconds it is seen to last; too few to prove anything.
    """
    if seen:
        return LONGER
    moments = (*scene.earlier, scene)
    untimed = scene.earlier and any(moment.taken_at is None for moment in moments)
    return UNTIMED if untimed else HOW_LONG


def assumed_limit(scene: Scene) -> str:
    """That the descriptor limit of the process is not known."""
    return f"the descriptor limit: {thousands(scene.constants.fd_limit)} is assumed"
