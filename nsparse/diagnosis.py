"""What a diagnosis is, and what it says.

A diagnosis is a pure function from a `Scene` to findings, with the numbers it
compares against, what it needs to see, and whose findings it takes over. All of
that is static data, so that `nsparse list` and `nsparse explain` need no pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from nsparse.judging.scene.scene import Scene

Severity = Literal["critical", "warning", "notice", "info"]
Confidence = Literal["high", "medium", "low"]
Join = Literal["rows", "mirror", "port", "service", "owner"]

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "notice", "info")
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")

Limits = Mapping[str, float]
"""The numbers in force for one diagnosis, by key."""


class Number(NamedTuple):
    """One threshold: its key in the config file, its default and the reason for it."""

    key: str
    default: float
    why: str


class Absorbs(NamedTuple):
    """One cause, one finding: findings of `id` on the same `by` are taken over.

    `rows`: they stand on rows the winner stands on too. `mirror`: on the other
    ends of the winner's connections, whichever host of the run has these. `port`: on
    the same local address and port. `service`, `owner`: the same service or owner of
    the group. A rule that refutes (`raises=False`) takes over without the severity of
    what it takes over. Where a diagnosis answers several questions, `about` names the
    one that is meant.
    """

    id: str
    by: Join = "rows"
    raises: bool = True
    about: str | None = None


@dataclass(frozen=True)
class Group:
    """Whose sockets a finding is about; a part that is unknown or does not apply is None."""

    owner: str | None = None
    process: str | None = None
    pid: int | None = None
    role: str | None = None
    service: str | None = None


class Step(NamedTuple):
    """A command that takes the reader further; its system is linux, macos, windows or any."""

    os: str
    cmd: str


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, on one host, with the rows that prove it.

    Attributes:
        id: The diagnosis that speaks.
        severity: How bad it is.
        confidence: How sure the dump makes us.
        group: Whose sockets they are.
        n: How many sockets (or ports) the verdict counts.
        base: What `n` is a part of, where a share is meant.
        verdict: One sentence with the numbers, the place and the actor.
        sockets: Index labels in `Scene.rows` of every row the finding stands on.
        limits: Each number the verdict was held against, by key.
        evidence: Lines of a small table, or of text, as the report prints them.
        cause: What the evidence suggests.
        next: What to do to confirm or mend it.
        caveats: What the dump could not show.
        refs: Where the rule comes from, if not from the sources of the diagnosis.
        absorbed: Findings of the same cause that this one took over.
        about: Which question it answers, where its diagnosis answers several.
    """

    id: str
    severity: Severity
    confidence: Confidence
    group: Group
    n: int
    verdict: str
    sockets: Sequence[int]
    base: int | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    next: tuple[Step, ...] = ()
    caveats: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    host: str | None = None
    netns: str | None = None
    rows: tuple[tuple[str, int], ...] = ()
    about: str | None = None

    @property
    def share(self) -> float | None:
        """`n` as a part of `base`, between 0 and 1; None without a base."""
        return self.n / self.base if self.base else None


Check = Callable[["Scene", Limits], Iterable[Finding]]


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis: its id, its check, and everything static about it.

    The docstring of `check` is the page that `nsparse explain ID` prints; it has
    the headings Means, Do and False alarms.

    Attributes:
        id: Stable; never given to another diagnosis.
        asks: The question it answers, in one sentence.
        check: Scene and limits in, findings out.
        needs: Capabilities without which it is listed as not evaluated; of `owner|inode` one is
            enough.
        numbers: Its thresholds; each can be set in the config file.
        absorbs: Whose findings it takes over, strongest rule first.
        refs: Standards and sources.
        states: The TCP states that it is about.
    """

    id: str
    asks: str
    check: Check
    needs: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    absorbs: tuple[Absorbs, ...] = ()
    refs: tuple[str, ...] = ()
    states: tuple[str, ...] = ()

    @property
    def defaults(self) -> dict[str, float]:
        """The thresholds as they are without a config file."""
        return {number.key: number.default for number in self.numbers}


def alternatives(needs: Iterable[str], has: Collection[str]) -> frozenset[str]:
    """Those needs that name several capabilities and are met, as one of these is there.

    >>> sorted(alternatives(("owner|inode", "timers", "skmem|tcpinfo"), {"inode", "timers"}))
    ['owner|inode']
    """
    return frozenset(
        need for need in needs if "|" in need and any(one in has for one in need.split("|"))
    )
