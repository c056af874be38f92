"""Words to classes: what the words at one place of many lines say.

Words of one class say the same, but for a number and a plain text that go into columns of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nsparse.reading.columns.distinct import REFUSED, Judged, judge
from nsparse.reading.columns.shapes import shaped
from nsparse.reading.columns.site import Numbers, numbers_of
from nsparse.reading.columns.words import LONGEST, codes

if TYPE_CHECKING:
    from nsparse.reading.columns.column import Sink
    from nsparse.reading.columns.kinds import Meanings
    from nsparse.reading.columns.site import Outcome, Site
    from nsparse.reading.columns.words import Bools, Positions


@dataclass
class Classes:
    """The classes of many words.

    Attributes:
        codes: The class of each word, `REFUSED` for those that nobody reads.
        meanings: What the classes say.
    """

    codes: Positions
    meanings: Meanings

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """Where each class leads."""
        return self.meanings.outcomes

    @cached_property
    def refuses(self) -> bool:
        """Whether a word is refused."""
        return bool(len(self.codes)) and int(self.codes.min()) == REFUSED


def classify(site: Site, meanings: Meanings, sink: Sink) -> Classes:
    """The classes of the words at one place; their numbers and plain texts go into the sink."""
    classes = Classes(np.full(len(site.starts), REFUSED, np.int32), meanings)
    numbers = numbers_of(site)
    rest = shaped(site, numbers, meanings, classes.codes, sink)
    if isinstance(rest, slice):
        classes.codes[:] = _one_by_one(site, numbers, meanings, sink)
    elif len(rest):
        left = numbers.some(rest)
        classes.codes[rest] = _one_by_one(site.some(rest), left, meanings, sink.some(rest))
    return classes


def _one_by_one(site: Site, numbers: Numbers, meanings: Meanings, sink: Sink) -> Positions:
    """The classes of words of which each that differs is judged."""
    long = numbers.stems > LONGEST
    if long.any():
        numbers.stems[long] = 0
    sink.tells(site.starts, site.starts + numbers.stems)
    found, first = codes(
        site.text, site.starts, numbers.stems, numbers.counts | (numbers.form + 1) << 8
    )
    judged = judge(site, meanings, numbers, first)
    classes = judged.classes[found]
    classes[long] = REFUSED
    _keep(site, sink, numbers, found, classes, judged)
    return classes


# ---- what does not go into classes --------------------------------------------------------------


def _keep(
    site: Site, sink: Sink, numbers: Numbers, found: Positions, classes: Positions, judged: Judged
) -> None:
    """Put numbers and plain texts into their columns."""
    fields = judged.meanings.fields
    for name in dict.fromkeys(fields):
        form = site.form(name)
        if form is None:
            continue
        spec = form.spec
        holds = np.array([*(other == name for other in fields), False])[classes]
        if holds.all():
            sink.put(spec.column, site, numbers, form.bound)
        elif holds.any():
            some = np.flatnonzero(holds)
            sink.some(some).put(spec.column, site.some(some), numbers.some(some), form.bound)
        if spec.kept:
            _keep_texts(site, sink, spec.kept, numbers, found, holds, judged)


def _keep_texts(
    site: Site,
    sink: Sink,
    name: str,
    numbers: Numbers,
    found: Positions,
    holds: Bools,
    judged: Judged,
) -> None:
    """Put plain texts into a column."""
    which = np.flatnonzero(holds & (judged.front[found] >= 0))
    if len(which):
        some = found[which]
        ends = site.starts[which] + numbers.stems[which] - judged.back[some]
        sink.some(which).keep(name, site.starts[which] + judged.front[some], ends)
    if judged.said:
        spans = np.full((2, len(judged.front)), -1)
        for at, text in judged.said.items():
            spans[:, at] = sink.say(name, text)
        which = np.flatnonzero(holds & (spans[0][found] >= 0))
        sink.some(which).keep(name, *spans[:, found[which]])
