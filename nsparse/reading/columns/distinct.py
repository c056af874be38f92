"""Words that differ, each judged once: by the grammar, and by the reader of its cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nsparse.dialect import CellFault, Values
from nsparse.reading.cells.normal import WILDCARDS
from nsparse.reading.columns.kinds import Meanings
from nsparse.reading.columns.plan import SENTINEL
from nsparse.reading.columns.site import LOOSE, Numbers, Outcome, Site
from nsparse.reading.columns.words import Bools, Ints, Positions, holds_at

if TYPE_CHECKING:
    from nsparse.dialect import Digits, Plain
    from nsparse.reading.columns.plan import Proof, Step

WORTH = 4
"""Where more than one word in so many is unlike all others, reading each once saves nothing."""

FEW = 1000
"""So many unlike words are no matter."""

MANY = 64
"""From so many words on, they are judged together."""

REFUSED = -1
"""The class of words that are left to the pattern."""


@dataclass
class Judged:
    """What is known of the words that differ.

    Attributes:
        meanings: What their classes say.
        classes: The class of each.
        front: How much stands before the text that is kept of each, -1 where none is.
        back: How much behind it, up to the number.
        said: The texts of those that are read otherwise than they are printed.
    """

    meanings: Meanings
    classes: Positions
    front: Positions
    back: Positions
    said: dict[int, str] = field(default_factory=dict)

    def of(self, outcome: Outcome, name: str, *key: object) -> int:
        """The class of words that say that."""
        return self.meanings.of(outcome, name, *key)


def judge(site: Site, meanings: Meanings, numbers: Numbers, first: Positions) -> Judged:
    """What the words that differ say; `first` are their numbers among all."""
    none = np.full(len(first), REFUSED, np.int32)
    judged = Judged(meanings, none, none.copy(), none * 0)
    form = numbers.form[first]
    whole = np.flatnonzero(form == -1)
    if 0 < len(whole) <= max(FEW, int(np.count_nonzero(numbers.form == -1)) // WORTH):
        starts = site.starts[first[whole]]
        words = site.text.words(starts, site.ends[first[whole]]).to_pylist()
        judged.classes[whole] = [_of_word(site, meanings, word) for word in words]
    for number, (spec, names, _) in enumerate(site.forms):
        chosen = np.flatnonzero(form == number)
        if len(chosen):
            reps = first[chosen]
            stems = numbers.stems[reps].astype(np.int32)
            alike = _Alike(
                site, spec, names, site.starts[reps], site.ends[reps], stems, numbers.counts[reps]
            )
            if spec.kept:
                _judge_numbers(alike, judged, chosen)
            else:
                _remembered(alike, judged, chosen)
    return judged


def _of_word(site: Site, meanings: Meanings, word: str) -> int:
    """The class of words that are taken as they stand and are this one."""
    known = meanings.words.get(word)
    if known is None:
        known = meanings.words[word] = _judge_word(site, meanings, word)
    return known


def _judge_word(site: Site, meanings: Meanings, word: str) -> int:
    step = site.step(word)
    if step is None:
        loose = not site.last or site.plan.goes_on(site.place)
        return meanings.of(LOOSE, "") if loose else REFUSED
    if all(_reads(site, span.field, word[span.start : span.end]) for span in step.spans):
        return meanings.of(site.leads(step), "", word)
    return REFUSED


def _reads(site: Site, name: str, text: str) -> bool:
    """Whether the reader of a cell has nothing to say against a text."""
    try:
        return "_odd" not in site.plan.cells[name].read(text)
    except CellFault:
        return False


@dataclass(frozen=True)
class _Alike:
    """Words that differ, with a number of one form.

    Attributes:
        site: Where they stand.
        spec: The form.
        names: The fields that hold such numbers.
        starts: Where each starts.
        ends: Where each ends.
        stems: How long each is before the number.
        counts: How many digits each number has.
    """

    site: Site
    spec: Digits
    names: Sequence[str]
    starts: Positions
    ends: Positions
    stems: Positions
    counts: Ints

    def some(self, which: Any) -> _Alike:
        """Some of them."""
        return replace(
            self,
            starts=self.starts[which],
            ends=self.ends[which],
            stems=self.stems[which],
            counts=self.counts[which],
        )

    def words(self) -> list[str]:
        """Each with its number."""
        return list(self.site.text.words(self.starts, self.ends).to_pylist())

    def in_a_row(self) -> str:
        """All words, with a blank behind each."""
        words = self.site.text.words(self.starts, self.ends + np.int32(1))
        offsets = np.frombuffer(words.buffers()[1], np.int64)
        text = np.frombuffer(words.buffers()[2], np.uint8).copy()
        text[offsets[1:] - 1] = ord(SENTINEL)
        return text.tobytes().decode()


def _remembered(alike: _Alike, judged: Judged, chosen: Ints) -> None:
    """Judge words of which nothing is kept but the number, unless such were judged before."""
    text, spec, known = alike.site.text, alike.spec, judged.meanings.numbers
    stems = text.words(alike.starts, alike.starts + alike.stems).to_pylist()
    counts = alike.counts.tolist()
    keys = [(spec.before, spec.after, *key) for key in zip(stems, counts, strict=True)]
    new = [at for at, key in enumerate(keys) if key not in known]
    if new:
        _judge_numbers(alike.some(new), judged, chosen[new])
        known |= {keys[at]: int(judged.classes[chosen[at]]) for at in new}
    judged.classes[chosen] = [known[key] for key in keys]


def _judge_numbers(alike: _Alike, judged: Judged, chosen: Ints) -> None:
    """Each word stands for all that have other numbers of as many digits."""
    site = alike.site
    step = site.step(alike.some(slice(1)).words()[0]) if len(chosen) >= MANY else None
    proof = _proof(alike, step)
    if step is not None and proof is not None and proof.holds_for_all(alike.in_a_row()):
        _read_numbers(alike, judged, step, chosen)
        return
    same: dict[tuple[Outcome, str], tuple[Step, list[int]]] = {}
    for at, word in enumerate(alike.words()):
        step = site.step(word)
        proof = _proof(alike, step)
        if step is None:
            if not site.last or site.plan.goes_on(site.place):
                judged.classes[chosen[at]] = judged.of(LOOSE, "")
        elif proof is not None and proof.holds(word):
            key = (site.leads(step), step.field)
            same.setdefault(key, (step, []))[1].append(at)
    for step, where in same.values():
        _read_numbers(alike.some(where), judged, step, chosen[where])


def _proof(alike: _Alike, step: Step | None) -> Proof | None:
    """The proof that words as this one are one field whatever their digits, if there is one."""
    if step is None or step.field not in alike.names or len(step.terminals) != 1:
        return None
    site = alike.site
    if step.behind is not None and site.plan.goes_on(step.behind):
        return None
    return site.plan.proof(site.place, step.terminals[0], last=site.last)


def _read_numbers(alike: _Alike, judged: Judged, step: Step, chosen: Ints) -> None:
    """What words of one field say beside their numbers."""
    outcome = alike.site.leads(step)
    spec = alike.site.plan.cells[step.field].digits
    assert spec is not None  # one of the place's forms
    for number, plain in enumerate(spec.plain):
        if len(chosen) and not (plain.long or plain.whole):
            fits = _plain(alike, plain)
            judged.classes[chosen[fits]] = judged.of(outcome, step.field, number)
            judged.front[chosen[fits]] = len(plain.front)
            judged.back[chosen[fits]] = len(plain.back) + len(spec.before)
            alike, chosen = alike.some(~fits), chosen[~fits]
    stems = alike.site.text.words(alike.starts, alike.starts + alike.stems).to_pylist()
    for at, (stem, count) in enumerate(zip(stems, alike.counts.tolist(), strict=True)):
        values = _beside(alike.site.plan.cells[step.field].read, spec, stem, count)
        if values is None:
            continue
        kept = values.pop(spec.kept, None) if spec.kept else None
        said = None if kept in (None, *WILDCARDS) else str(kept)
        special = None if said is not None else kept
        key = (said is None, special, repr(sorted(values.items())))
        judged.classes[chosen[at]] = judged.of(outcome, step.field, *key)
        if said is not None:
            _kept(judged, int(chosen[at]), stem, said)


def _kept(judged: Judged, number: int, stem: str, said: str) -> None:
    """Keep what a word says before its number: from its own bytes, where it stands there."""
    before, found, behind = stem.partition(said)
    if found:
        judged.front[number] = len(before.encode())
        judged.back[number] = len(behind.encode())
    else:
        judged.said[number] = said


def _plain(alike: _Alike, plain: Plain) -> Bools:
    """Which of the words hold such a text before their number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    front = np.int32(len(plain.front))
    back = np.int32(len(plain.back) + len(alike.spec.before))
    text = alike.site.text
    fits = holds_at(text, alike.starts, plain.front)
    fits &= holds_at(text, alike.starts + alike.stems - back, plain.back + alike.spec.before)
    fits &= alike.stems > front + back
    if plain.not_wide:
        fits &= alike.ends - alike.starts != plain.not_wide
    if plain.not_long:
        fits &= alike.stems - front - back != plain.not_long
    some = alike.some(fits)
    texts = alike.site.text.words(some.starts + front, some.starts + some.stems - back)
    like = pc.match_substring_regex(texts, f"^(?:{plain.like})$")
    like = pc.and_not(like, pc.is_in(texts, pa.array(WILDCARDS, pa.large_string())))
    if plain.never:
        like = pc.and_not(like, pc.match_substring_regex(texts, plain.never))
    fits[fits] = like.to_numpy(zero_copy_only=False)
    return fits


def _beside(
    read: Callable[[str], Values], spec: Digits, stem: str, count: int
) -> dict[str, Any] | None:
    """What a cell says beside its number; None where that depends on the number."""
    readings: list[dict[str, Any]] = []
    for digit in "12":
        number = digit * count
        try:
            values = dict(read(f"{stem}{number}{spec.after}"))
        except CellFault:
            return None
        if values.pop(spec.column, None) != int(number) or "_odd" in values:
            return None
        readings.append({name: said for name, said in values.items() if name not in spec.moot})
    return readings[0] if readings[0] == readings[1] else None
