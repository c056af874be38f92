"""Rows that cannot be, or that nobody can read: unknown states, impossible ones, repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.errors import nearest
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import labels, of_dump
from nsparse.judging.evidence.moment import USUAL, USUAL_SHARE, apart
from nsparse.judging.report import ROWS_SHOWN
from nsparse.prose import are, percent, plural, thousands, top
from nsparse.states import STATES, is_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene.scene import Scene

WORDS = 8
"""Unknown words that are named; more of them are another language, which one line shows."""

ANY = (Number("rows", 1, "one such row is worth a word"),)
TWICE = (
    Number("rows", 1, "the kernel repeats rows when sockets are added while it is read"),
    Number("share", 0.01, "beyond one in a hundred the reader was far behind"),
)
TORN = (
    Number("rows", USUAL, "one row of a pair that moved on is usual"),
    Number("share", USUAL_SHARE, "beyond one in a hundred the dump shows no single moment"),
)


def unknown(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are there states that no table knows?

    Means: the tool printed a word for a state that nsparse does not know, of another language or
        of a new version. Such rows are counted, and no diagnosis about states sees them.
    Do: make the dump with LC_ALL=C; send the words to the authors of nsparse.
    False alarms: none; damaged lines may give such words too.
    """
    odd = scene.view.is_("state", "UNKNOWN")
    odd = odd & ~scene.view.where("state_raw", is_known, odd) if odd.any() else odd
    n = int(odd.sum())
    if n >= max(limits["rows"], 1):
        words = scene.view.pick(odd, "state_raw")["state_raw"].dropna()
        yield of_dump(
            limits,
            "unknown-state",
            odd,
            f"{plural(n, 'row')} {are(n)} in a state that no table knows.",
            severity="notice",
            evidence=(f"words: {top(words, WORDS)}", *_meant(words.unique()[:WORDS])),
            cause=("suggests another language, a new version of the tool, or damaged lines",),
            steps=advice.steps(scene, {"linux": "LC_ALL=C ss -tuan"}),
        )


def _meant(words: Iterable[str]) -> Iterator[str]:
    """The states that words look like, of which a letter or two may be damaged."""
    for word in words:
        state = nearest(word, STATES)
        if state is not None:
            yield f"{word} looks like {state}"


def repeated(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are rows of the dump repeated?

    Means: the same socket stands in the dump twice. The kernel prints rows again when sockets
        come and go while it is read; all counts are of unique rows.
    Do: nothing; ss reads faster than netstat on busy hosts.
    False alarms: none: several views of one moment are not counted.
    """
    n, base = scene.duplicates, len(scene.view) + scene.duplicates
    if n >= max(limits["rows"], 1):
        yield Finding(
            id="dup-rows",
            severity="notice" if n > limits["share"] * base else "info",
            confidence="high",
            group=Group(),
            n=n,
            base=base,
            verdict=(
                f"{thousands(n)} of {plural(base, 'row')} ({percent(n, base)}) "
                f"{'repeats' if n == 1 else 'repeat'} a socket: each is counted once."
            ),
            sockets=(),
            limits=dict(limits),
        )


def torn(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Does the dump show one moment?

    Means: the two ends of connections within this host are in states that cannot be at one
        time, or one socket (by its inode) is in two states: the host moved on while it was read.
    Do: trust no duration of this dump; take another when the host is less busy.
    False alarms: a few such rows on a busy host are usual.
    """
    odd = apart(scene)
    if odd.beyond(limits["rows"], limits["share"]):
        states = scene.view.pick(odd.ends, "state")
        told = [f"states: {top(states['state'])}"] if len(states) else []
        if scene.moved:
            told.append(f"{plural(scene.moved, 'socket')} printed again, in another state")
        yield Finding(
            id="dump-not-atomic",
            severity="notice",
            confidence="medium",
            group=Group(),
            n=odd.n,
            base=odd.base,
            verdict=(
                f"{plural(odd.n, 'connection')} {are(odd.n)} in states that cannot be at one time: "
                "the dump shows no single moment."
            ),
            sockets=labels(states),
            limits=dict(limits),
            evidence=tuple(told),
            cause=("the host moved on while it was read",),
            caveats=("durations and pairs of this dump: take another one",),
        )


def impossible(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Are there rows that cannot be?

    Means: a row says what no kernel says: TIME_WAIT with an owner or unread bytes, a listener
        with a remote end, unread bytes before the connection is open, port 0, a queue below 0.
        Such rows are set aside: nothing else is said of them.
    Do: look at the lines: the dump may be edited, damaged, or of another system than it seems.
    False alarms: kernels and tools with a bug of their own.
    """
    aside = scene.aside
    if aside is None or len(aside) < max(limits["rows"], 1):
        return
    shown = aside[aside["line"].notna()].head(ROWS_SHOWN)
    places = zip(shown["file"].fillna(""), shown["line"], strict=True)
    yield Finding(
        id="impossible-state",
        severity="notice",
        confidence="high",
        group=Group(),
        n=len(aside),
        verdict=f"{plural(len(aside), 'row')} cannot be as the dump says, and no other finding "
        "counts them.",
        sockets=(),
        rows=tuple((str(file), int(line)) for file, line in places),
        limits=dict(limits),
        evidence=(top(aside["impossible"], 7),),
        cause=("suggests an edited or damaged dump, or another system than it seems",),
    )


DIAGNOSES = (
    Diagnosis(
        "unknown-state",
        "Are there states that no table knows?",
        unknown,
        numbers=ANY,
        refs=("RFC 9293 3.3.2",),
        states=("UNKNOWN",),
    ),
    Diagnosis(
        "dup-rows",
        "Are rows of the dump repeated?",
        repeated,
        numbers=TWICE,
        refs=("prometheus/procfs #576", "elastic/quark #379"),
    ),
    Diagnosis(
        "dump-not-atomic",
        "Does the dump show one moment?",
        torn,
        needs=("states",),
        numbers=TORN,
        refs=("RFC 9293 3.3.2",),
    ),
    Diagnosis(
        "impossible-state",
        "Are there rows that cannot be?",
        impossible,
        numbers=ANY,
        refs=("RFC 9293 3.3.2", "Linux TCP_TIMEWAIT_LEN"),
    ),
)
