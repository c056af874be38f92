"""Damaged lines one below the other: those alike but for their digits are judged once.

Where many lines are damaged, most of them are damaged in a few ways. What a line that nobody can
read may be hangs on its characters, and of its digits hardly any expression tells one from another:
where none that is tried on a line does, all lines with other digits in the same places are nobody's
either. Nothing is said here of a line that somebody may read, mend or join: it goes its usual way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import inf
from typing import NamedTuple, Protocol, runtime_checkable

from nsparse.reading.tables.course import Course
from nsparse.reading.tables.ledger import Line, Lot, Opener
from nsparse.reading.tables.looks import LONGEST
from nsparse.reading.tables.table import Voice
from nsparse.reading.tables.verdicts import Judge, Verdict, is_steady
from nsparse.reading.texts.text import BLANKS

TOGETHER = 32
"""Of so many lines it is found out together which are alike."""

WIDEST = 10_000
"""Longer lines are judged with those around them: a mend is tried on none that is longer."""

REMEMBERED = 20_000
"""So many verdicts are remembered."""

_WORD = re.compile(rb"(?m)^[ \t]*([A-Za-z\x80-\xff][^ \n]*[0-9][^ \n]*)")
"""A first word that begins with a letter and holds a digit."""

MASK = {ord(digit): "0" for digit in "123456789"}
_MASKED = bytes.maketrans(b"123456789", b"000000000")


class _Kind(NamedTuple):
    """What is known of lines that differ in nothing but their digits.

    Attributes:
        indent: How far they are indented.
        verdict: What is true of all of them, if they are nobody's.
        steady: Whether no digit tells whether rows begin so.
        begun: Whether rows of those who speak or are expected begin so; of one, if not steady.
        begins: Whether nothing above goes on with them: they are empty, or begin as rows do.
        free: Whether they are nobody's whatever stands below.
        opener: Who can explain them, where that is sure.
        waits: Whether that is enough to let them wait for rows.
        voice: Who can explain them where they do not wait, if that is sure.
    """

    indent: int
    verdict: Verdict | None
    steady: bool
    begun: bool
    begins: bool
    free: bool
    opener: Opener | None
    waits: bool
    voice: Voice | None


@runtime_checkable
class Encoded(Protocol):
    """Lines that are held as bytes."""

    def encoded(self, some: slice) -> bytes:
        """Some of them."""


class Alike:
    """Takes damaged lines below others, as long as each is like one that was judged."""

    def __init__(self, course: Course) -> None:
        self.course, self.floor, self.ledger = course, course.floor, course.ledger
        self.voices = tuple(self.floor.voices)
        self._judge = Judge(self.voices, (), None, None)
        self._all: dict[object, dict[bytes, _Kind]] = {}
        self._known: dict[bytes, _Kind] = {}
        self._keys: tuple[int, Sequence[bytes]] = -1, ()
        self._bytes = course.lines if isinstance(course.lines, Encoded) else None

    def take(self, number: int, damage: str | None) -> int:
        """Take the lines from one on that are nobody's; how many there are.

        Args:
            number: The first.
            damage: What lines above had.
        """
        floor, course = self.floor, self.course
        near = tuple(floor.near)
        if not near or course.skipping or (floor.coming.breaks and not floor.headings):
            return 0
        self._judge = Judge(self.voices, near, floor.voice(), damage)
        self._known = self._all.setdefault((self._judge, bool(floor.headings)), {})
        waits = course.open and not floor.headings
        deepest = course.indent if floor.table is not None else inf
        kinds = self._kinds(number)
        voices: list[Voice | None] = []
        here = next(kinds)
        for at in range(number, len(course.lines)):
            if here.verdict is None:
                break
            below = next(kinds)
            free = here.free or (below.begins and here.indent <= deepest)
            if free and (here.waits if waits else here.voice):
                voices.append(here.voice)
            else:
                self._account(at, voices, waits=waits)
                voices = []
                if not self._take(at, here, below, free=free):
                    return at - number
            here = below
        else:
            at = max(number, len(course.lines))
        self._account(at, voices, waits=waits)
        return at - number

    def _kinds(self, number: int) -> Iterator[_Kind]:
        """What is known of a line, and of each below it."""
        for block in range((number - 1) // TOGETHER, len(self.course.lines) // TOGETHER + 1):
            first = block * TOGETHER + 1
            if block != self._keys[0]:
                self._keys = block, _keys(self._encoded(first - 1, first - 1 + TOGETHER))
            skipped = max(number - first, 0)
            for at, key in enumerate(self._keys[1][skipped:], first + skipped):
                kind = self._known.get(key)
                yield kind if kind and kind.steady else self._kind(at, key)

    def _encoded(self, first: int, behind: int) -> bytes:
        """The bytes of some lines, from 0."""
        if self._bytes is not None:
            return self._bytes.encoded(slice(first, behind))
        raws = self.course.lines[first:behind]
        return "\n".join(raw or "" for raw in raws).encode(errors="surrogatepass")

    def _account(self, behind: int, voices: Sequence[Voice | None], *, waits: bool) -> None:
        """Take the lines above one of which is known who can explain each."""
        first = behind - len(voices)
        if voices and waits:
            self.ledger.waiting.append(Lot(first, self._judge.speaks, voices))
        elif voices:
            self.ledger.refuse_all(first, voices)

    def _kind(self, number: int, key: bytes) -> _Kind:
        """What is known of a line."""
        raw = self._raw(number)
        text = raw.strip(BLANKS)
        kind = self._known.get(key)
        if kind is not None:
            return self._made(raw, kind.verdict)
        verdict = self._judge.verdict(text) if 0 < len(text) <= WIDEST else None
        steady = verdict is not None and all(is_steady(voice, text) for voice in self._judge.near)
        kind = self._made(raw, verdict, steady=steady)
        if 0 < len(text) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = kind
        return kind

    def _raw(self, number: int) -> str:
        """A line as it stands."""
        return self.course.lines[number - 1] or ""

    def _made(self, raw: str, verdict: Verdict | None, *, steady: bool = True) -> _Kind:
        """What is known of a line by its verdict, and what rows begin with."""
        text = raw.strip(BLANKS)
        indent = len(raw[: len(raw) - len(raw.lstrip(BLANKS))].expandtabs())
        begun = any(voice.opening.match(text) for voice in self._judge.near)
        free, waits, opener, voice = False, False, None, None
        if verdict is not None:
            goes_on = begun or verdict.short or not verdict.alone
            free = not indent and (verdict.dead or not goes_on)
            opener = self._surely(verdict, begun=begun)
            waits = opener is not None and (
                opener.voice is not None or (verdict.told and not verdict.sentence)
            )
            voice = self._refuser(verdict, opener.voice) if opener else None
        return _Kind(indent, verdict, steady, begun, begun or not text, free, opener, waits, voice)

    def _surely(self, verdict: Verdict, *, begun: bool) -> Opener | None:
        """Whose rows begin as lines do, where no look at one of them is needed for that."""
        speaker = self._judge.speaks
        if begun and self._judge.near == (speaker,):
            return Opener(speaker, speaker)
        return Opener(speaker, None) if verdict.alone and not begun else None

    def _refuser(self, verdict: Verdict, voice: Voice | None) -> Voice | None:
        """Who can explain lines: below headings whoever is expected, if they are rows."""
        return voice or (self._judge.near[0] if self.floor.headings and verdict.odd else None)

    def _is_nobodys(self, here: _Kind, below: _Kind, raw: str, next_raw: str) -> bool:
        """Whether a line is neither read by anybody nor joined with the one below."""
        verdict = here.verdict
        assert verdict is not None
        deeper = here.indent if self.floor.table is not None else 0
        if deeper > self.course.indent:
            return False
        goes_on = here.begun or verdict.short or deeper or not verdict.alone
        if not goes_on or below.begins or (verdict.dead and not deeper):
            return True
        both = verdict.both and below.verdict and below.verdict.both
        return bool(both) or self._judge.are_apart(raw.strip(BLANKS), next_raw)

    def _take(self, number: int, here: _Kind, below: _Kind, *, free: bool) -> bool:
        """Take a line, if it is nobody's and surely no heading."""
        verdict = here.verdict
        assert verdict is not None
        raw = self._raw(number)
        if not (free or self._is_nobodys(here, below, raw, self._raw(number + 1))):
            return False
        line = Line(number, here.indent, raw.strip(BLANKS))
        known = here.opener
        opener = known.voice if known else self.floor.opens(line.text)
        opener = self._refuser(verdict, opener)
        waits = self.course.open and not self.floor.headings
        if waits and (opener or verdict.told or below.verdict):
            speaker = self._judge.speaks
            sure = known or (Opener(speaker, opener) if opener is speaker else None)
            self.ledger.wait(line, sure)
        elif opener is not None and not waits:
            self.ledger.refuse(line, opener)
        elif not self.course.open and self._is_text(verdict, below):
            self.ledger.pass_over("text", line, "text")
        else:
            return False
        return True

    def _is_text(self, verdict: Verdict, below: _Kind) -> bool:
        """Whether lines behind a table are text, as they neither are nor announce rows.

        What holds data is a row without its beginning, if a row stands below; few words announce
        nothing but a heading, where no other heading stands above.
        """
        if verdict.family or not (verdict.told or (verdict.few and not self.floor.headings)):
            return False
        return below.verdict is not None or (verdict.told and not verdict.data)


def _keys(lines: bytes) -> list[bytes]:
    """What tells lines from those that are not alike: all but the digits behind a first word."""
    masked = bytearray(lines.translate(_MASKED))
    for found in _WORD.finditer(lines):
        masked[slice(*found.span(1))] = found[1]
    return [line.rstrip(b" \t\r") for line in bytes(masked).split(b"\n")]
