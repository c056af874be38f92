"""The scene: what a diagnosis sees of one host.

From the common frame, which may hold several hosts, moments and files, come scenes: the last
moment of each host, cleaned, with the role, owner, service and pair of every row. A diagnosis
never cleans, parses or pairs by itself.

Columns of `Scene.rows` beside those of the frame, always there:

* `role`: "listener", "server", "client" or "unknown" of a TCP row; "" of all others.
* `service`: "ADDR:PORT" of the end that serves: the own one of a listener or server row, the
  remote one of a client row; "" where neither is known.
* `bound`: for a server row the "ADDR:PORT" of the LISTEN row that serves it, else as `service`.
* `owner`: "java/4711", "pid 4711", "uid 1000", "user www"; "postgres" where many processes of it
  have a few connections each (`families`); "" where none is known.
* `owned`: whether a process is known.
* `concrete`: a TCP row with a remote end. `live`: the same without TIME_WAIT.
* `pair`: index of the row of the other end, -1 where it is not in this dump.
* `listener`: index of the LISTEN row that serves a server row, else -1.
* `target`: index of the LISTEN row that a connection to this same host leads to, else -1.
* `once`: a TCP row with a remote end, of a pair only the first: one row for each connection.
* `seen_s`: for how many seconds the same socket is seen in the same state, by printed times.
* `persistent`: it is so for 120 s or more.
* `group`: number of (netns, owner, role, bound) of a TCP row with a remote end, else -1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Any, NamedTuple, TypeVar

import pandas as pd

from nsparse.judging.arrays.view import View
from nsparse.judging.evidence.measure import PERSISTS_S
from nsparse.judging.scene.capabilities import capabilities
from nsparse.judging.scene.clean import completed, repeats
from nsparse.judging.scene.constants import NO_FACTS, Constants, constants
from nsparse.judging.scene.derived import ages, derived, queues, with_remote
from nsparse.judging.scene.ends import alike, ends_of
from nsparse.judging.scene.hosts import Named, by_host, moments, named
from nsparse.judging.scene.impossible import aside, impossible
from nsparse.judging.scene.names import with_names
from nsparse.judging.scene.processes import called
from nsparse.judging.scene.seen import seen
from nsparse.judging.scene.shown import made_with_timers, shown

T = TypeVar("T")

__all__ = ["Constants", "Scene", "constants", "scenes"]


@dataclass(frozen=True, eq=False)
class Scene:
    """One host at its last moment.

    Attributes:
        view: The cleaned rows with the derived columns (see the module) as numpy sees them:
            masks, keys, and narrow frames of some rows.
        host: Its name, "" if unknown.
        os: Its system, None if unknown.
        tools: What printed the rows: netstat, ss.
        has: Capabilities: states queues accept backlog owner inode tcpinfo skmem snapshots hosts;
            `timer`, which one runs, and `timers`, how often it ran out, too; `owners` where it
            names all owners there are; `whole` where no dump is cut; `unfiltered` where no state
            is left out; `times`; and `sysctl`, `counters`, `sockstat`, `proctable` where the facts
            have them, the latter of all processes of Windows.
        constants: The numbers that no row shows.
        snapshots: How many moments of this host there are.
        truncated: Whether a dump of it is cut.
        duplicates: How many repeated rows were left out.
        moved: How many of them show their socket in another state.
        views: How many rows were left out as further views of a socket.
        taken_at: The printed time of the moment, if there is one.
        facts: What the bundle says about the host.
        earlier: The moments before, oldest first, as scenes.
        peers: The scenes of the other hosts of the run.
        aside: Rows that cannot be and are in nothing else: `file`, `line`, and what they say,
            `impossible`; None where there is none.
        numbers: The numbers in force for every diagnosis, by id.
    """

    view: View
    host: str
    os: str | None
    tools: frozenset[str]
    has: frozenset[str]
    constants: Constants
    snapshots: int = 1
    truncated: bool = False
    duplicates: int = 0
    moved: int = 0
    views: int = 0
    taken_at: pd.Timestamp | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    earlier: tuple[Scene, ...] = field(default=(), repr=False)
    peers: tuple[Scene, ...] = field(default=(), repr=False)
    aside: pd.DataFrame | None = field(default=None, repr=False)
    numbers: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made at the first call with this key.

        It may look at all of the scene: a scene that `dataclasses.replace` makes of this one, say
        with other moments before it, starts without what was made for this one.
        """
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @property
    def rows(self) -> pd.DataFrame:
        """The rows as one frame, whose index is 0, 1, 2, …; it costs as much as they are many."""
        return self.view.rows

    def column(self, name: str) -> pd.Series:
        """A column of the rows, all NA where no row of the dump has it.

        Raises:
            KeyError: Neither the frame nor the scene knows the name.
        """
        return pd.Series(self.view.array(name), name=name, copy=False)


class _Said(NamedTuple):
    """What headings, commands and ends of files say; see `scenes`.

    Of files whose dump is cut it is the line of their last row: that host's is cut.
    """

    cut: Mapping[str, int]
    full: frozenset[str]
    timed: frozenset[str]


def scenes(
    frame: pd.DataFrame,
    *,
    hosts: Mapping[str, Named] | None = None,
    facts: Mapping[str, Mapping[str, object]] | None = None,
    truncated: Collection[str] = (),
    unfiltered: Collection[str] = (),
    timed: Collection[str] = (),
) -> tuple[Scene, ...]:
    """Scenes of all hosts of a common frame, in order of appearance.

    Args:
        frame: The rows of any number of files.
        hosts: The host of each file, as `nsparse.judging.scene.hosts.named` gives it.
        facts: What is known of a host beside its sockets, by its name.
        truncated: Files whose dump is cut.
        unfiltered: Files that say that they show sockets of every state.
        timed: Files whose command asks for timers, where it is one of Linux.
    """
    if not len(frame):
        return (_scene(frame.reset_index(drop=True), "", _about(facts, "")),)
    said = _Said(_last_lines(frame, truncated), frozenset(unfiltered), frozenset(timed))
    parts = by_host(frame, named(frame) if hosts is None else hosts)
    found = [_host(name, rows, _about(facts, name), said) for name, rows in parts]
    if len(found) == 1:
        return tuple(found)
    return tuple(
        replace(
            scene,
            has=scene.has | {"hosts"},
            peers=tuple(other for other in found if other is not scene),
        )
        for scene in found
    )


def _last_lines(frame: pd.DataFrame, files: Collection[str]) -> dict[str, int]:
    """The line of the last row of each of some files."""
    if not files:
        return {}
    rows = frame.loc[frame["file"].isin(list(files)), ["file", "line"]]
    lines = rows.groupby("file", observed=True)["line"].max()
    return {str(file): int(line) for file, line in lines.items()}


def _ends_in(frame: pd.DataFrame, last: Mapping[str, int]) -> bool:
    """Whether one of some last rows is among these rows."""
    ends = (frame.loc[frame["line"] == line, "file"] == file for file, line in last.items())
    return any(bool(end.any()) for end in ends)


def _about(facts: Mapping[str, Mapping[str, object]] | None, host: str) -> Mapping[str, object]:
    return (facts or {}).get(host, NO_FACTS)


def _host(name: str, frame: pd.DataFrame, facts: Mapping[str, object], said: _Said) -> Scene:
    """The scene of one host's last moment, with those before."""
    is_cut = _ends_in(frame, said.cut)
    of, count = moments(frame)
    if count == 1:
        only = _scene(_relabelled(frame), name, facts)
        return replace(only, truncated=is_cut, has=only.has | _beside(only, is_cut, said))
    at = [frame[of == number].reset_index(drop=True) for number in range(count)]
    *earlier, last = [_scene(rows, name, facts) for rows in at]
    before = seen(last, earlier)
    return replace(
        last,
        view=last.view.beside_columns({"seen_s": before, "persistent": before >= PERSISTS_S}),
        snapshots=count,
        truncated=is_cut,
        has=last.has | _beside(last, is_cut, said) | {"snapshots"},
        earlier=tuple(earlier),
    )


def _relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows with the labels 0, 1, 2."""
    index = frame.index
    if isinstance(index, pd.RangeIndex) and (index.start, index.step) == (0, 1):
        return frame
    return frame.reset_index(drop=True)


def _beside(scene: Scene, is_cut: bool, said: _Said) -> frozenset[str]:
    """What a dump shows beside its rows: timers that do not run; not cut, what is not there."""
    files = list(map(str, scene.view.values("file")))
    timed = not said.timed.isdisjoint(files) or any(map(made_with_timers, files))
    told = frozenset({"timer", "timers"} if timed and scene.os == "linux" else ())
    if is_cut:
        return told
    return told | shown(scene.view, said=not said.full.isdisjoint(files)) | {"whole"}


def _scene(frame: pd.DataFrame, host: str, facts: Mapping[str, object]) -> Scene:
    """One moment of one host."""
    # The queues first of all: a 0 that means nothing must not hide a limit.
    view = with_names(ages(queues(View(frame))))
    ends = ends_of(view)
    os = next((str(os) for os, count in view.counts("os").items() if count), None)
    known = constants(os, facts)
    concrete = with_remote(view, ends)
    found = repeats(view, alike(view, ends), concrete)
    view = completed(view, found)  # what a repeat tells moves to the row that stays
    left = found.left(len(view))
    odd = impossible(view, concrete, left)
    left = reduce(and_, (~rows for rows in odd.values()), left)
    set_aside = aside(view, odd) if odd else None
    if not left.all():
        view, ends, concrete = view.at(left), ends.at(left), concrete[left]
    view = derived(called(view, os, facts), ends, concrete, known)
    time = _time(view)
    return Scene(
        view=view,
        host=host,
        os=os,
        tools=frozenset(map(str, view.values("tool"))),
        has=capabilities(view, os, facts) | ({"times"} if time is not None else set()),
        constants=known,
        duplicates=len(found.again) - found.views,
        moved=found.moved,
        views=found.views,
        taken_at=time,
        facts=facts,
        aside=set_aside,
    )


def _time(view: View) -> pd.Timestamp | None:
    """The last time that its rows show."""
    return None if view.empty("taken_at") else view.array("taken_at").max()
