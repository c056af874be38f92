"""Piles: rows of one kind, counted inside the group that they are a part of.

A dump may hold thousands of groups. All are counted at once; only those that are large enough
are cut out of the frame, when a diagnosis looks at their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict, Unpack

from nsparse.diagnosis import Finding
from nsparse.judging.evidence.around import (
    GROUP,
    connections,
    of_nobody,
    so_many,
    states_of,
    wholes,
)
from nsparse.judging.evidence.finding import (
    LOCAL_PROGRAM,
    count_of,
    group_of,
    is_missing,
    labels,
    settle,
)
from nsparse.judging.evidence.measure import halved, passes
from nsparse.judging.evidence.stated import descriptors
from nsparse.layout import table
from nsparse.prose import actor, thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nsparse.diagnosis import Confidence, Group, Limits, Severity, Step
    from nsparse.judging.arrays.codes import Bools, Ints
    from nsparse.judging.evidence.around import States, Whole
    from nsparse.judging.evidence.stated import Descriptors
    from nsparse.judging.scene.rows import Row, Rows
    from nsparse.judging.scene.scene import Scene

TRUTHS = ("owned", "persistent")
"""What is counted of every pile, beside what its rows have of their own."""


class Told(TypedDict, total=False):
    """What a diagnosis may add to the finding about a pile."""

    group: Group
    limits: Mapping[str, float]
    evidence: tuple[str, ...]
    cause: tuple[str, ...]
    next: tuple[Step, ...]
    caveats: tuple[str, ...]
    refs: tuple[str, ...]


class Counts(Mapping[str, int]):
    """Of how many of some rows each truth holds, counted when somebody asks; `n` is all of them."""

    def __init__(self, truths: Mapping[str, Bools | None], places: Ints) -> None:
        """Count among the rows at some places; of None no row is true."""
        self._truths, self._places = truths, places

    def __getitem__(self, name: str) -> int:
        """How many."""
        if name == "n":
            return len(self._places)
        told = self._truths[name]
        return 0 if told is None else int(told[self._places].sum())

    def __iter__(self) -> Iterator[str]:
        """What is counted."""
        return iter(("n", *self._truths))

    def __len__(self) -> int:
        """How many things are counted."""
        return 1 + len(self._truths)


@dataclass(frozen=True, eq=False)
class Ground:
    """What piles are cut out of, each only when somebody looks.

    Attributes:
        scene: The scene.
        found: The rows of all piles.
        first: One row of each.
        of: What each is a part of.
    """

    scene: Scene
    found: Rows
    first: Ints
    of: Sequence[Whole]

    @cached_property
    def states(self) -> Mapping[Whole, Callable[[int], States]]:
        """How many live rows of what each pile is a part of are in which state."""
        parts = {whole: [each == whole for each in self.of] for whole in dict.fromkeys(self.of)}
        return {
            whole: states_of(self.scene, self.first[mine], whole) for whole, mine in parts.items()
        }


@dataclass(frozen=True, eq=False)
class Pile:
    """Rows of one kind in one group, and the numbers that they are held against.

    Attributes:
        scene: The scene they are from.
        limits: The numbers.
        key: The number of what the rows have in common (`View.keys`).
        n: How many they are.
        base: How many connections they are a part of.
        whole: What these have in common.
        counts: Of how many of them each truth holds.
        places: Where they stand among the rows of their kind.
        ground: Where they are cut out of.
    """

    scene: Scene
    limits: Limits
    key: int
    n: int
    base: int
    whole: Whole
    counts: Mapping[str, int]
    places: Ints = field(repr=False)
    ground: Ground = field(repr=False)

    @cached_property
    def rows(self) -> Rows:
        """The rows."""
        return self.ground.found.part(self.places)

    @cached_property
    def first(self) -> Row:
        """One of them, for what they have in common."""
        return self.rows.row(0)

    @property
    def who(self) -> str:
        """Who acts in a sentence about it."""
        return actor(self.first["owner"], LOCAL_PROGRAM)

    @property
    def program(self) -> str:
        """The program in a sentence about what it does: its name without a number."""
        name = self.first["process"]
        return self.who if is_missing(name) else str(name)

    @property
    def states(self) -> States:
        """How many live rows of all that they are a part of are in which state."""
        at, view = self.rows.at[:1], self.scene.view
        return self.ground.states[self.whole](int(view.keys_at(at, *self.whole)[0]))

    @property
    def kept(self) -> int:
        """How many were in the same state 120 s before."""
        return self.counts["persistent"]

    @cached_property
    def seen(self) -> int:
        """For how many seconds the oldest is seen in the same state, by printed times."""
        return int(self.scene.view.numbers("seen_s")[self.rows.at].max())

    @cached_property
    def proofs(self) -> int:
        """What proves that it lasts, 0 to 2: persistence, and the other ends; each for most rows.

        The other ends count where the rows have a column `paired`.
        """
        least = max(halved(self.limits["few"]), self.n / 2)
        return sum(self.counts.get(sign, 0) >= least for sign in ("persistent", "paired"))

    @property
    def held(self) -> dict[str, float]:
        """The numbers with half of `few` for a pile that is proven to last."""
        few = self.limits["few"]
        return {**self.limits, "few": halved(few) if self.proofs else few}

    @property
    def speaks(self) -> bool:
        """Whether it is large enough (diagnoses: few, share, many).

        A share counts inside a service, or a program: of what is nobody's only many say something.
        """
        held = self.held
        if not passes(self.n, self.base, held["few"], held["share"], held["many"]):
            return False
        return self.n >= held["many"] or not of_nobody(self.first, self.whole)

    @property
    def starves(self) -> bool:
        """Whether one process has so many that it may run out of descriptors (`fd_share`)."""
        enough = self.limits["fd_share"] * self.descriptors.limit
        return self.counts["owned"] > 0 and self.n >= enough and self.rows.different("pid") <= 1

    @cached_property
    def descriptors(self) -> Descriptors:
        """How many its process may have."""
        return descriptors(self.scene, count_of(self.first["pid"]))

    def part(self) -> str:
        """How many of which connections: `6 of 7 connections accepted on port 8080`."""
        at = int(self.rows.at[0])
        return f"{thousands(self.n)} of {connections(self.scene, at, self.base, self.whole)}"

    def confidence(self, *, up: int = 0, down: int = 0, proven: bool = False) -> Confidence:
        """How sure a state that could be passing makes us (diagnoses: the cap rule).

        Args:
            up: What makes it surer beside what proves that it lasts.
            down: What makes it less sure.
            proven: Whether it may be high though nothing proves that it lasts.
        """
        cap: Confidence = "high" if self.proofs or proven else "medium"
        return settle("medium", self.scene, up=self.proofs + up, down=down, cap=cap)

    def finding(
        self,
        id_: str,
        severity: Severity,
        confidence: Confidence,
        verdict: str,
        **told: Unpack[Told],
    ) -> Finding:
        """A finding that stands on all rows of the pile; its group is that of each of them."""
        limits = self.held if "few" in self.limits else self.limits
        more: Told = {"group": group_of(self.first), "limits": limits, **told}
        return Finding(
            id=id_,
            severity=severity,
            confidence=confidence,
            n=self.n,
            base=self.base,
            verdict=verdict,
            sockets=labels(self.rows),
            **more,
        )

    def table(
        self, state: str, states: States, rest: str, columns: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The table of evidence: the pile, and below it the other states around it.

        Args:
            state: The state of its rows.
            states: What is around it, the pile itself included.
            rest: What the rows of that state are called that are not in the pile.
            columns: Counts to show beside `n`.
        """
        oldest = f"at least {thousands(self.seen)} s" if self.seen else "not in this dump"
        shown = (str(self.counts[name]) for name in columns)
        lines = [("state", "n", *columns, "oldest"), (state, str(self.n), *shown, oldest)]
        for name, n in states.items():
            more = n - self.n if name == state else n
            called = f"{name}, {rest}" if name == state else name
            if more > 0:
                lines.append((called, str(more), *("" for _ in columns), ""))
        return tuple(table(lines, indent=0))


def piles(
    scene: Scene,
    found: Rows,
    limits: Limits,
    by: Whole = GROUP,
    *,
    keys: Ints | None = None,
    base: Ints | None = None,
    least: float | None = None,
) -> Iterator[Pile]:
    """The piles of some rows, in the order in which they appear.

    Args:
        scene: The scene they are from.
        found: Rows of one kind. Of every pile it is counted for how many each truth holds that is
            known of them.
        limits: The numbers that the piles are held against.
        by: The columns that the rows of a pile have in common.
        keys: What they have in common where no columns say it: a number for each row.
        base: For each row how many it is a part of; without it the live connections alike by `by`,
            or by more, where a group does not tell all (`wholes`).
        least: The fewest rows that are worth a look; without it what `few` and `many` ask for.
    """
    import numpy as np

    from nsparse.judging.arrays.lots import lots

    if least is None:
        least = min(halved(limits["few"]), limits["many"])
    if len(found) < max(least, 1):
        return
    at, view = found.at, scene.view
    if keys is None:
        keys = view.keys_at(at, *by)
    places = list(lots(np.arange(len(at)), keys, least))
    if not places:
        return
    first = at[[place[0] for place in places]]
    of = wholes(scene, first) if by == GROUP and base is None else [by] * len(first)
    totals = so_many(scene, first, of) if base is None else base[[place[0] for place in places]]
    told = {name: view.true(name)[at] for name in TRUTHS if name not in found.more}
    told |= {name: more for name, more in found.more.items() if more.dtype == bool}
    truths = {name: truth if truth.any() else None for name, truth in told.items()}
    ground = Ground(scene, found, first, of)
    for place, whole, total in zip(places, of, totals.tolist(), strict=True):
        yield Pile(
            scene,
            limits,
            int(keys[place[0]]),
            len(place),
            total,
            whole,
            Counts(truths, place),
            place,
            ground,
        )
