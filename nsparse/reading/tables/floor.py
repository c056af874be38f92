"""Who has the floor: which dialects read a line, and the headings whose rows have not come yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from nsparse.reading.tables.ledger import Line
from nsparse.reading.tables.looks import STARTS, Looks
from nsparse.reading.tables.noise import holds_data
from nsparse.reading.tables.table import Claim, Readers, Table, Voice
from nsparse.reading.texts.mend import FRONTS
from nsparse.reading.texts.text import BLANKS


class Floor:
    """Every dialect, the one that is speaking first, and what headings say of the rows to come.

    Attributes:
        table: The table that is open.
        coming: What is known of the table that begins next.
        headings: Those whose rows have not come yet.
        claims: The dialects that know these headings.
        implied: The dialects whose headings were left out, where no other stands.
        headed: Whether any dialect has known a heading.
    """

    def __init__(self, voices: Sequence[Voice], implied: Sequence[Voice] = ()) -> None:
        self.voices, self.implied = voices, implied
        self.table: Table | None = None
        self.coming = Table(voices[0])
        self.headings: list[str] = []
        self.claims: list[Voice] = []
        self._complete = 0  # so many of the headings end in a header: rows are what follows it
        self.headed = False
        self.looks = Looks(voices)

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
        """The dialects that read a line as of that kind, and what they read, who speaks first."""
        look = self.looks.of(text)
        voices = self._first(voice for voice in look.able(kind) if among is None or voice in among)
        claims = ((voice, look.read(kind, voice)) for voice in voices)
        return [(voice, match) for voice, match in claims if match is not None]

    def _first(self, voices: Iterable[Voice]) -> list[Voice]:
        """Some dialects, the one that is speaking first."""
        speaking = self.voice()
        return sorted(voices, key=lambda voice: voice is not speaking)

    def may_start(self, text: str) -> bool:
        """Whether a line begins as one that needs no other above does in some dialect."""
        return any(map(self.looks.of(text).able, STARTS))

    def readers(self, text: str) -> Readers:
        """Who reads a row that begins a table.

        The dialect that was speaking, if it claims the headings as well; else those that claim
        them; else those that know the shape of the row.
        """
        claims = self.claims or self.implied
        known = self.claiming("row", text, claims)
        known += self.claiming("bare", text, _without(claims, known))
        faint = self.claiming("faint", text, _without(claims, known))
        spoke = (self.table.voice, *self.table.rivals) if self.table else ()
        went_on = [claim for claim in (*known, *faint) if claim[0] in spoke]
        equal = went_on or known or faint or self.claiming("row", text)
        chosen = [voice for voice, _ in equal]
        others = (voice for voice, _ in (*known, *faint))
        return Readers(equal, tuple(voice for voice in others if voice not in chosen))

    def opens(self, text: str) -> Voice | None:
        """The dialect whose rows begin as this line does."""
        speakers = self.table.speakers if self.table else ()
        look = self.looks.of(text)
        able = {*look.able("row"), *(v for v in look.able("bare") if v in speakers)}
        openers = self._first(voice for voice in self.voices if voice in able)
        return next((voice for voice in openers if look.begun(voice)), None)

    def opens_behind(self, text: str) -> str | None:
        """What begins as rows do, and goes on like them, behind something in front of it."""
        mends = () if self.opens(text) else self.looks.of(text).mends
        behind = (undone.lstrip(BLANKS) for name, undone in mends if name in FRONTS)
        return next((one for one in behind if holds_data(one) and self.opens(one)), None)

    def begins(self, text: str) -> bool:
        """Whether a line begins as the rows do that are being read, or come next."""
        return any(voice.opening.match(text) for voice in self.near)

    @property
    def near(self) -> Sequence[Voice]:
        """The dialects that the headings announce, else those that speak."""
        if self.headings:
            return self.claims
        return self.table.speakers if self.table else ()

    # ---- headings ---------------------------------------------------------------------------

    def announce(self, line: Line, claims: list[Claim], *, header: bool) -> Table | None:
        """A heading: rows are to come; the table of those above, if they turn out to have none."""
        self.headed = self.headed or bool(claims)
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
        self.coming = Table(
            self.voices[0],
            command=table.command,
            host=table.host,
            away=table.away,
            loops=table.loops,
        )
        self.coming.time, self.coming.zone_known = table.time, table.zone_known
        self.headings, self._complete = self.headings[self._complete :], 0
        return table

    def begin(self, voice: Voice, number: int) -> Table:
        """The table of the headings: its first row has come."""
        table = self.coming
        table.voice = voice
        table.header = tuple(self.headings)
        table.start = table.start or number
        table.implied = voice in self.implied
        self.table, self.coming = table, Table(self.voices[0], loops=table.loops)
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


def _without(voices: Sequence[Voice], claims: list[Claim]) -> list[Voice]:
    """Some dialects without those that have read the row."""
    done = [voice for voice, _ in claims]
    return [voice for voice in voices if voice not in done]
