"""Files that hold more than one moment, or more than one host: each is judged by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Number
from nsparse.judging.evidence.finding import of_dump
from nsparse.prose import thousands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nsparse.diagnosis import Finding, Limits
    from nsparse.judging.scene.scene import Scene

NUMBERS = (Number("parts", 2, "two moments, or two hosts, must not be counted as one"),)
REFS = ("own reasoning",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does one file hold several moments, or several hosts?

    Means: the same command stands in the file more than once, or the rows of another host do. They
        are told apart: the last moment of each host is judged, and those before it show what lasts.
    Do: nothing, if that is what was meant; else look which part is the one in question.
    False alarms: none: different commands of one moment are views of it, and count as one.
    """
    for what, others, told in (
        ("moments of this host", scene.earlier, "the last one is judged by those before"),
        ("hosts", scene.peers, "each is judged by itself"),
    ):
        beside = _beside(scene, others)
        n = 1 + len(beside)
        if n >= max(limits["parts"], 2) and scene.host == min([scene.host, *beside]):
            verdict = f"{thousands(n)} {what} in one file: {told}."
            yield of_dump(limits, "mixed-dumps", scene.view.last, verdict, severity="info")


def _beside(scene: Scene, others: Sequence[Scene]) -> list[str]:
    """The hosts of those scenes that share a file with this one; one of them speaks for all."""
    files = {*scene.view.values("file")}
    return [other.host for other in others if not files.isdisjoint(other.view.values("file"))]


DIAGNOSES = (
    Diagnosis(
        "mixed-dumps",
        "Does one file hold several moments, or several hosts?",
        check,
        numbers=NUMBERS,
        refs=REFS,
    ),
)
