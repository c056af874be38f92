"""One cause, one finding: findings of the same cause become lines of the one that explains them.

Which diagnosis takes over which other, and what they must share, is data (`Diagnosis.absorbs`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from nsparse.diagnosis import SEVERITIES, Finding
from nsparse.judging.evidence.elsewhere import opposite
from nsparse.judging.evidence.measure import worst
from nsparse.prose import plural

if TYPE_CHECKING:
    from nsparse.diagnosis import Absorbs, Diagnosis, Join
    from nsparse.judging.arrays.codes import Ints
    from nsparse.judging.arrays.view import View
    from nsparse.judging.scene.scene import Scene

PART = 0.5
"""A finding goes with another one when at least this part of its rows does: one that stands mostly
on other rows has a cause of its own."""

Edge = tuple[int, int]
"""Numbers of the findings that takes over, and of the one taken over."""


class Heard(NamedTuple):
    """A finding, and the number of the scene that it is about."""

    finding: Finding
    scene: int


def absorbed(
    findings: Sequence[Sequence[Finding]], scenes: Sequence[Scene], by_id: Mapping[str, Diagnosis]
) -> list[list[Finding]]:
    """The findings of each scene that stand after each has taken over what it explains.

    The winner takes the highest severity of all that it took over, also through several steps,
    and keeps the confidence of its own evidence. A rule with `raises=False` refutes: what it
    takes over does not raise it. The other ends of connections may be those of another host.
    """
    heard = [Heard(finding, at) for at, some in enumerate(findings) for finding in some]
    edges = _edges(heard, scenes, by_id)
    parents = _parents([one.finding for one in heard], edges)
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in parents.items():
        children[parent].append(child)
    left: list[list[Finding]] = [[] for _ in scenes]
    for number, one in enumerate(heard):
        if number not in parents:
            left[one.scene].append(_winner(number, heard, scenes, children, edges))
    return left


def _winner(
    number: int,
    heard: Sequence[Heard],
    scenes: Sequence[Scene],
    children: Mapping[int, list[int]],
    edges: Mapping[Edge, Absorbs],
) -> Finding:
    """A finding with what it took over."""
    finding, own = heard[number]
    taken: list[int] = []
    raising = [finding.severity]
    todo = [(number, child, True) for child in children.get(number, [])]
    while todo:
        above, at, raises = todo.pop(0)
        raises = raises and edges[above, at].raises
        taken.append(at)
        if raises:
            raising.append(heard[at].finding.severity)
        todo += [(at, child, raises) for child in children.get(at, [])]
    if not taken:
        return finding
    losers = [heard[at] for at in taken]
    hosts = ["" if one.scene == own else scenes[one.scene].host for one in losers]
    said = [describe(one.finding, finding, host) for one, host in zip(losers, hosts, strict=True)]
    return replace(
        finding,
        severity=worst(raising),
        absorbed=tuple(dict.fromkeys([*finding.absorbed, *said])),
    )


def describe(loser: Finding, winner: Finding, host: str = "") -> str:
    """A finding as a line of the one that took it over: `fin-wait2-stuck: 3 rows of node/300`.

    Args:
        loser: The finding.
        winner: The one that took it over.
        host: The host of the loser, where it is not that of the winner.
    """
    rows = plural(len(loser.sockets) or loser.n, "row")
    owner = loser.group.owner
    whose = f" of {owner}" if owner and owner != winner.group.owner else ""
    return f"{loser.id}: {rows}{whose}{f' on {host}' if host else ''}"


# ---- who takes over whom ---------------------------------------------------------------------


def _edges(
    heard: Sequence[Heard], scenes: Sequence[Scene], by_id: Mapping[str, Diagnosis]
) -> dict[Edge, Absorbs]:
    """Every pair of findings to which a rule applies."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(heard):
        numbers[one.finding.id].append(number)
    keys = _Keys(heard, scenes)
    edges: dict[Edge, Absorbs] = {}
    for id_, winners in numbers.items():
        for rule in by_id[id_].absorbs if id_ in by_id else ():
            losers = [
                number
                for number in numbers.get(rule.id, [])
                if rule.about in (None, heard[number].finding.about)
            ]
            for edge in _applies(rule, winners, losers, keys):
                edges.setdefault(edge, rule)
    return edges


def _applies(
    rule: Absorbs, winners: Iterable[int], losers: Sequence[int], keys: _Keys
) -> Iterable[Edge]:
    if not losers:
        return
    holders: dict[Hashable, list[int]] = defaultdict(list)
    for winner in winners:
        for key in set(keys.winning(winner, rule.by)):
            holders[key].append(winner)
    for loser in losers:
        own = keys.losing(loser, rule.by)
        shared = Counter(winner for key in own for winner in holders.get(key, ()))
        for winner, count in shared.items():
            if winner != loser and count >= PART * len(own):
                yield winner, loser


class _Keys:
    """What a finding shares with another one, for each way of joining.

    The rows of all scenes are counted through; any other key has the number of its scene.
    """

    def __init__(self, heard: Sequence[Heard], scenes: Sequence[Scene]) -> None:
        self._heard, self._scenes = heard, scenes
        self._first = [0, *accumulate(len(scene.view) for scene in scenes)]
        self._number = {id(scene.view): number for number, scene in enumerate(scenes)}

    def winning(self, number: int, by: Join) -> list[Hashable]:
        """Keys of the finding that would take over."""
        if by != "mirror":
            return self.losing(number, by)
        own, rows = self._heard[number].scene, self._rows(number)
        pair = self._view(number).numbers("pair")[rows]
        found: list[Hashable] = (pair[pair >= 0] + self._first[own]).tolist()
        for view, at in opposite(self._scenes[own], rows[pair < 0]):
            found += (at + self._first[self._number[id(view)]]).tolist()
        return found

    def losing(self, number: int, by: Join) -> list[Hashable]:
        """Keys of the finding that would be taken over, one for each of its rows."""
        own = self._heard[number].scene
        if by in ("rows", "mirror"):
            rows: list[Hashable] = (self._rows(number) + self._first[own]).tolist()
            return rows
        shared = self._shared(number, by)
        return shared if len(self._scenes) == 1 else [(own, key) for key in shared]

    def _shared(self, number: int, by: Join) -> list[Hashable]:
        finding = self._heard[number].finding
        if by == "owner":
            return self._owner(finding)
        if by == "port":
            return self._ports(number)
        if finding.sockets:
            told: list[Hashable] = self._view(number).keys_at(self._rows(number), "bound").tolist()
            return told
        return [finding.group.service] if finding.group.service else []

    def _view(self, number: int) -> View:
        return self._scenes[self._heard[number].scene].view

    def _rows(self, number: int) -> Ints:
        import numpy as np

        return np.asarray(self._heard[number].finding.sockets, dtype=np.int64)

    @staticmethod
    def _owner(finding: Finding) -> list[Hashable]:
        group = finding.group
        return [group.pid if group.pid is not None else group.owner] if group.owner else []

    def _ports(self, number: int) -> list[Hashable]:
        """Where each row is served on this host; a caller's row counts for the port it calls.

        A client of another host serves nobody on its own local port: it shares nothing.
        """
        import numpy as np

        view, rows = self._view(number), self._rows(number)
        target = view.numbers("target")[rows]
        at = np.where(target >= 0, target, rows)
        serves = view.is_("role", "listener", "server")[at]
        calls = ~serves & ~view.is_("role", "")[at]
        bound = view.keys_at(at, "proto", "bound")
        port = view.keys_at(at, "proto", "local_addr", "local_port")
        place = np.where(serves, bound, np.where(calls, rows, port))
        return list(zip((2 * serves + calls).tolist(), place.tolist(), strict=True))


# ---- one parent each -------------------------------------------------------------------------


def _parents(findings: Sequence[Finding], edges: Mapping[Edge, Absorbs]) -> dict[int, int]:
    """The one finding that takes over each other one; no finding is among its own parents."""
    rank = {number: _rank(finding, number) for number, finding in enumerate(findings)}
    offers: dict[int, list[int]] = defaultdict(list)
    for winner, loser in edges:
        # Two that would take over each other: the graver one wins, then the first by id.
        if (loser, winner) not in edges or rank[winner][:2] < rank[loser][:2]:
            offers[loser].append(winner)
    parents = {loser: min(winners, key=rank.__getitem__) for loser, winners in offers.items()}
    for number in sorted(parents, key=rank.__getitem__):
        _break_ring(number, parents, rank)
    return parents


def _rank(finding: Finding, number: int) -> tuple[int, str, int, int]:
    return (SEVERITIES.index(finding.severity), finding.id, -finding.n, number)


def _break_ring(
    start: int, parents: dict[int, int], rank: Mapping[int, tuple[int, str, int, int]]
) -> None:
    """If the way up from here comes back, its first-ranked finding has no parent."""
    way = [start]
    while way[-1] in parents and (above := parents[way[-1]]) not in way:
        way.append(above)
    if way[-1] in parents:
        ring = way[way.index(parents[way[-1]]) :]
        del parents[min(ring, key=rank.__getitem__)]
