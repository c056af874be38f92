"""Lines word by word: which kind each is of, and what it says beside that.

A line is read as its words are, one place after the other: lines that came to the same place are a
*cohort*, and the next words of all of them are read together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nsparse.reading.columns.classes import Classes, classify
from nsparse.reading.columns.column import Column, Sink, Telling
from nsparse.reading.columns.part import Part
from nsparse.reading.columns.site import LOOSE, Outcome, Site
from nsparse.reading.columns.words import Bools, Ints, Positions, Text, edges, encode

if TYPE_CHECKING:
    from nsparse.reading.columns.kinds import Kinds
    from nsparse.reading.columns.plan import Place, Plan

WORDS_AT_MOST = 64
"""No row has more words; a line that has is left to the pattern."""

KEYS_AT_MOST = 2**40
"""Where so many kinds could be, those that are get smaller numbers."""

MARK = 0xFF
"""The last word of lines that go on with words that are read elsewhere; no UTF-8 holds it."""

WHOLE = -1
"""Where lines that go on nowhere do so."""

Which = Any
"""Lines of a block: an array of their numbers, or a slice of all."""


@dataclass
class Found:
    """What lines say.

    Attributes:
        taken: Whether the plan reads a line.
        kinds: The kind of each that it reads.
        indents: How far each is indented.
        behind: The state in which each goes on with words that are read elsewhere, else `WHOLE`.
        columns: What they say beside their kind.
        telling: What tells the kind of each.
    """

    taken: Bools
    kinds: Positions
    indents: Positions
    behind: Positions
    columns: dict[str, Column] = field(default_factory=dict)
    telling: list[Telling] = field(default_factory=list)


def read_words(plan: Plan, part: Part, kinds: Kinds) -> Found:
    """Read lines word by word."""
    count = len(part)
    none = np.zeros(count, np.int32)
    found = Found(np.zeros(count, np.bool_), none, none.copy(), none + np.int32(WHOLE))
    for rows, word_starts, word_ends in _groups(part.text, part.ends):
        found.indents[rows] = word_starts[0] - part.starts[rows]
        words = _Words(rows, word_starts, word_ends)
        for some in words.parted(part.text):
            _Reader(plan, part.text, found, kinds, some).read()
    return found


class _Words(NamedTuple):
    """The words of lines that have equally many.

    Attributes:
        rows: The lines.
        starts: Where the words start: the first of all lines, the second, and so on.
        ends: Where they end.
        go_on: Whether others follow that are read elsewhere.
    """

    rows: Which
    starts: Positions
    ends: Positions
    go_on: bool = False

    def parted(self, text: Text) -> Iterator[_Words]:
        """Lines that end with their last word, and those that go on instead, without the mark."""
        marked = text.bytes[self.starts[-1]] == MARK
        if not marked.any():
            yield self
            return
        if not marked.all():
            yield self._some(~marked)
        if len(self.starts) > 1:
            some = self if marked.all() else self._some(marked)
            yield _Words(some.rows, some.starts[:-1], some.ends[:-1], go_on=True)

    def _some(self, which: Bools) -> _Words:
        rows = np.flatnonzero(which) if isinstance(self.rows, slice) else self.rows[which]
        return _Words(rows, self.starts[:, which], self.ends[:, which])


@dataclass(frozen=True)
class _Cohort:
    """Lines that came to the same place by their first words.

    Attributes:
        at: How many words they have behind them.
        place: Where the next word stands.
        which: The lines, as positions in their group.
        keys: What the words so far say.
        marks: The fields so far that change what digits say.
        before: The same lines one word earlier.
        classes: What the words before that place say; None before the first.
    """

    at: int
    place: Place
    which: Which
    keys: Ints
    marks: frozenset[str] = frozenset()
    before: _Cohort | None = None
    classes: Classes | None = None

    def places(self, lines: Positions) -> Any:
        """Where some lines of the group are among these."""
        return lines if isinstance(self.which, slice) else np.searchsorted(self.which, lines)


def _groups(text: Text, ends: Positions) -> Iterator[tuple[Which, Positions, Positions]]:
    """The lines with equally many words: which they are, and where their words start and end."""
    count = len(ends)
    starts, stops = edges(text, count)
    if not len(starts):
        return
    if len(starts) % count == 0 and _all_have(starts, stops, ends, len(starts) // count):
        if len(starts) // count <= WORDS_AT_MOST:
            yield slice(None), _turned(starts, count), _turned(stops, count)
        return
    behind = np.searchsorted(starts, ends)
    words = np.diff(behind, prepend=0)
    for number in np.unique(words).tolist():
        if 0 < number <= WORDS_AT_MOST:
            rows = np.flatnonzero(words == number)
            places = (behind[rows] - number) + np.arange(number)[:, None]
            yield rows, starts[places], stops[places]


def _all_have(starts: Positions, stops: Positions, ends: Positions, words: int) -> bool:
    """Whether every line has so many words."""
    first, last = starts[::words], stops[words - 1 :: words]
    return bool((last <= ends).all() and (first[1:] > ends[:-1]).all())


def _turned(places: Positions, lines: int) -> Positions:
    return np.ascontiguousarray(places.reshape(lines, -1).T)


class _Reader:
    """Reads the lines of one group."""

    def __init__(
        self,
        plan: Plan,
        text: Text,
        found: Found,
        kinds: Kinds,
        words: _Words,
    ) -> None:
        self.plan, self.text, self.found, self.kinds = plan, text, found, kinds
        self.rows, self.starts, self.ends, self.go_on = words
        self.words = len(self.starts)

    def read(self) -> None:
        nothing = np.zeros(self.starts.shape[1], np.int64)
        waiting = [_Cohort(0, self.plan.start, slice(None), nothing)]
        while waiting:
            cohort = waiting.pop()
            waiting += self._word(cohort)

    def _word(self, cohort: _Cohort) -> Iterator[_Cohort]:
        """Read the next word of a cohort; what its lines are then."""
        last = cohort.at == self.words - 1
        classes = self._classes(cohort, self.ends[cohort.at], last=last and not self.go_on)
        for outcome, which, keys in _parted(cohort, classes):
            behind = _Cohort(
                cohort.at + 1,
                outcome.behind or cohort.place,
                which,
                keys,
                outcome.marks,
                cohort,
                classes,
            )
            if self.go_on and (last or outcome is LOOSE):
                self._leave(behind, outcome)
            elif outcome is LOOSE:
                self._tail(replace(cohort, which=which, keys=_some(cohort, which)))
            elif last and outcome.final:
                self._finish(behind)
            elif not last and outcome.behind is not None:
                yield behind

    def _leave(self, cohort: _Cohort, outcome: Outcome) -> None:
        """Read no more of lines that go on elsewhere."""
        behind = outcome.behind
        if behind is not None and outcome.final and not self.plan.is_tail(behind.field):
            self.found.behind[self._rows(cohort.which)] = behind.state
            self._finish(cohort)

    def _tail(self, cohort: _Cohort) -> None:
        """Read all the rest of the lines as one."""
        before = cohort.before
        if before is not None and self.plan.goes_on(cohort.place):
            cohort = replace(before, which=cohort.which, keys=_some(before, cohort.which))
        classes = self._classes(cohort, self.ends[-1], last=True)
        for outcome, which, keys in _parted(cohort, classes):
            if outcome is not LOOSE and outcome.final:
                whole = replace(cohort, which=which, keys=keys, before=cohort, classes=classes)
                self._finish(whole)

    def _classes(self, cohort: _Cohort, ends: Positions, *, last: bool) -> Classes:
        site = Site(
            self.plan,
            self.text,
            cohort.place,
            cohort.marks,
            last,
            self.starts[cohort.at][cohort.which],
            ends[cohort.which],
        )
        found, rows = self.found, self._rows(cohort.which)
        sink = Sink(found.columns, found.telling, rows, len(found.taken), len(self.text.raw))
        return classify(site, self.kinds.meanings(site), sink)

    def _rows(self, which: Which) -> Which:
        return which if isinstance(self.rows, slice) else self.rows[which]

    def _finish(self, cohort: _Cohort) -> None:
        """Give lines that were read to their end their kinds."""
        rows = self._rows(cohort.which)
        codes, first = encode(cohort.keys)
        lines = first if isinstance(cohort.which, slice) else cohort.which[first]
        words = list(_said(cohort, lines))
        kinds = [self.kinds.of(said) for said in zip(*words, strict=True)]
        self.found.taken[rows] = True
        self.found.kinds[rows] = np.array(kinds, np.int32)[codes]


def _said(cohort: _Cohort | None, lines: Positions) -> Iterator[list[tuple[int, int]]]:
    """The classes of the words of some lines, each with its place, the last word first."""
    while cohort is not None and cohort.classes is not None and cohort.before is not None:
        classes, cohort = cohort.classes, cohort.before
        number = classes.meanings.number
        yield [(number, code) for code in classes.codes[cohort.places(lines)].tolist()]


def _some(cohort: _Cohort, which: Which) -> Ints:
    """The keys of some lines of a cohort, given as positions in their group."""
    keys: Ints = cohort.keys
    some: Ints = keys[cohort.places(which)]
    return some


def _parted(cohort: _Cohort, classes: Classes) -> Iterator[tuple[Outcome, Which, Ints]]:
    """The lines of a cohort by where their word leads, each with its key."""
    keys = cohort.keys
    if len(classes.outcomes) > 1:
        if len(keys) and int(keys.max()) * len(classes.outcomes) > KEYS_AT_MOST:
            keys = encode(keys)[0].astype(np.int64)
        keys = keys * len(classes.outcomes) + np.maximum(classes.codes, 0)
    leads = dict.fromkeys(classes.outcomes)
    if len(leads) == 1 and not classes.refuses:
        yield classes.outcomes[0], cohort.which, keys
        return
    number = {outcome: at for at, outcome in enumerate(leads)}
    # The last entry is for -1: words that nobody reads.
    by_class = np.array([*(number[outcome] for outcome in classes.outcomes), -1])
    leading: Ints = by_class[classes.codes]
    for outcome, at in number.items():
        chosen = np.flatnonzero(leading == at)
        if len(chosen):
            which = chosen if isinstance(cohort.which, slice) else cohort.which[chosen]
            yield outcome, which, keys[chosen]
