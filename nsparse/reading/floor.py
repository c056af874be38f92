"""Who has the floor: which dialects read a line, and the headings whose rows have not come yet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from nsparse.reading.grammar import ROWS
from nsparse.reading.ledger import Line
from nsparse.reading.tables import Claim, Readers, Table, Voice

OPENING, ANY = "opening", "any"
ASKED_FOR = (*ROWS, "header", "banner", "skip", "message", OPENING)
"""The kinds of line that claim it, and what a row begins with."""

ASKED = 5000
"""After so many questions, expressions that rule out all dialects at once have paid for their
making, which takes as long as some hundred lines."""

REMEMBERED = 64
"""So many lines are remembered: each is looked at again from those above, as what may go on there.
"""


class Floor:
    """Every dialect, the one that is speaking first, and what headings say of the rows to come.

    Attributes:
        table: The table that is open.
        coming: What is known of the table that begins next.
        headings: Those whose rows have not come yet.
        claims: The dialects that know these headings.
    """

    def __init__(self, voices: Sequence[Voice]) -> None:
        self.voices = voices
        self.table: Table | None = None
        self.coming = Table(voices[0])
        self.headings: list[str] = []
        self.claims: list[Voice] = []
        self._complete = 0  # so many of the headings end in a header: rows are what follows it
        self._asked = 0
        self._begins: dict[str, re.Pattern[str]] = {}
        self._known: dict[str, Collection[str]] = {}
        self._order = voices

    @property
    def speaks(self) -> Table | None:
        """The table that a row of it would simply go on."""
        return None if self.headings or self.coming.breaks else self.table

    def voice(self) -> Voice | None:
        """The dialect that is speaking."""
        return self.table.voice if self.table else None

    def expects(self, voice: Voice) -> bool:
        """Whether a dialect is one of those that the headings announce, or that speak."""
        return not self.near or voice in self.near

    # ---- who claims a line ------------------------------------------------------------------

    def claiming(self, kind: str, text: str, among: Sequence[Voice] | None = None) -> list[Claim]:
        """The dialects that read a line as of that kind, and what they read."""
        if among is not None and not among:
            return []
        if not self.may_start(text, kind):
            return []
        voices = (v for v in self._ordered() if kind in v.kinds and (among is None or v in among))
        claimed = ((voice, voice.match(kind, text)) for voice in voices)
        return [(voice, match) for voice, match in claimed if match is not None]

    def may_start(self, text: str, kind: str = ANY) -> bool:
        """Whether a line begins as one of a kind, or of any, does in some dialect."""
        self._asked += 1
        if self._asked <= ASKED:
            return True
        starts = self._starts(text)
        return kind in starts or (kind == ANY and bool(starts))

    def _starts(self, text: str) -> Collection[str]:
        """The kinds of line that a line begins as."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            begun = self._begun(ANY).match(text)
            starts = (kind for kind in ASKED_FOR if begun and self._begun(kind).match(text))
            known = self._known[text] = tuple(starts)
        return known

    def _begun(self, kind: str) -> re.Pattern[str]:
        """What lines of a kind begin with in any dialect."""
        if kind not in self._begins:
            begins = dict.fromkeys(self._beginnings(ASKED_FOR if kind == ANY else (kind,)))
            self._begins[kind] = re.compile("|".join(f"(?:{each})" for each in begins) or r"(?!)")
        return self._begins[kind]

    def _beginnings(self, kinds: Sequence[str]) -> Iterator[str]:
        for derived in (voice.grammar.derived for voice in self.voices):
            yield from (derived.patterns[kind].begins for kind in kinds if kind in derived.patterns)
            yield from [derived.opening] if OPENING in kinds else []

    def readers(self, text: str) -> Readers:
        """Who reads a row that begins a table.

        The dialect that was speaking, if it claims the headings as well; else those that claim
        them; else those that know the shape of the row.
        """
        known = self.claiming("row", text, self.claims)
        known += self.claiming("bare", text, self._without(known))
        faint = self.claiming("faint", text, self._without(known))
        spoke = (self.table.voice, *self.table.rivals) if self.table else ()
        went_on = [claim for claim in (*known, *faint) if claim[0] in spoke]
        equal = went_on or known or faint or self.claiming("row", text)
        chosen = [voice for voice, _ in equal]
        others = (voice for voice, _ in (*known, *faint))
        return Readers(equal, tuple(voice for voice in others if voice not in chosen))

    def _without(self, claims: list[Claim]) -> list[Voice]:
        """Those that claim the headings above and have not read the row yet."""
        done = [voice for voice, _ in claims]
        return [voice for voice in self.claims if voice not in done]

    def opens(self, text: str) -> Voice | None:
        """The dialect whose rows begin as this line does."""
        if not self.may_start(text, OPENING):
            return None
        speakers = self.table.speakers if self.table else ()
        openers = (v for v in self._ordered() if "row" in v.kinds or v in speakers)
        return next((voice for voice in openers if voice.opening.match(text)), None)

    def begins(self, text: str) -> bool:
        """Whether a line begins as the rows do that are being read, or come next."""
        return any(voice.opening.match(text) for voice in self.near)

    @property
    def near(self) -> Sequence[Voice]:
        """The dialects that the headings announce, else those that speak."""
        if self.headings:
            return self.claims
        return self.table.speakers if self.table else ()

    def _ordered(self) -> Sequence[Voice]:
        """All, the one that is speaking first."""
        first = self.voice()
        if first is not None and self._order[0] is not first:
            self._order = sorted(self.voices, key=lambda voice: voice is not first)
        return self._order

    # ---- headings ---------------------------------------------------------------------------

    def announce(self, line: Line, claims: list[Claim], *, header: bool) -> Table | None:
        """A heading: rows are to come; the table of those above, if they turn out to have none."""
        empty = self._without_rows() if claims else None
        self.headings.append(" ".join(line.text.split()))
        self._complete = len(self.headings) if header else self._complete
        # Who reads more than words in a heading knows it better than who does not.
        telling = [claim for claim in claims if claim[1].fields]
        self.coming.said += telling
        voices = [voice for voice, _ in telling or claims]
        if voices:
            self.claims = [voice for voice in self.claims if voice in voices] or voices
        self.coming.start = self.coming.start or line.number
        return empty

    def _without_rows(self) -> Table | None:
        """The table of the headings down to a header, if there is one: another's come below it.

        Whose they are, and so whose the next ones are likely to be, stays known.
        """
        if not (self._complete and self.claims):
            return None
        table = self.coming
        table.voice, *others = self.claims
        table.rivals = tuple(others)
        table.header = tuple(self.headings[: self._complete])
        self.coming = Table(self.voices[0], command=table.command, host=table.host)
        self.coming.time, self.coming.zone_known = table.time, table.zone_known
        self.headings, self._complete = self.headings[self._complete :], 0
        return table

    def begin(self, voice: Voice, number: int) -> Table:
        """The table of the headings: its first row has come."""
        table = self.coming
        table.voice = voice
        table.header = tuple(self.headings)
        table.start = table.start or number
        self.table, self.coming = table, Table(self.voices[0])
        self.headings, self.claims, self._complete = [], [], 0
        return table

    def date(self, number: int, when: tuple[datetime, bool] | None) -> None:
        """The time in front of a line is that of the table which begins with it."""
        for table in (self.coming, self.table):
            if when is not None and table is not None and table.start == number and not table.time:
                table.time, table.zone_known = when

    def leave(self) -> Table | None:
        """No rows will follow these headings: theirs is an empty table."""
        self._complete = len(self.headings)
        empty = self._without_rows()
        self.headings, self.claims, self._complete = [], [], 0
        self.coming.said, self.coming.start = [], 0
        return empty
