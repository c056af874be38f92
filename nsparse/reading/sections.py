"""Numbered lines to tables of sockets, with every line accounted for.

A line is asked, in this order: is it a row of the dialect that is speaking, does it
continue the row above, is it a row of another dialect, a header, a banner, something
the tool says beside its table, noise of shells and pagers? What is left is a problem
when it stands among rows or begins like one, and other text when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nsparse.reading import noise
from nsparse.reading.coded import double_spaced
from nsparse.reading.convert import Record
from nsparse.reading.grammar import Match
from nsparse.reading.mend import mended
from nsparse.reading.tables import Claim, Readers, Sections, Stretch, Table, Unread, Voice, agree

BLANKS = " \t"
MENDED_AT_MOST = 10_000
"""Longer lines are not mended: no row is that long, and mends look at every place of a line."""

LOST_AFTER = 1
"""So many unknown lines at a table's end are still called damaged rows."""

TERMINAL = 80
"""Terminals are at least so wide and wrap in the middle of a word; mailers before, at a blank."""

AROUND = frozenset({"quoted", "numbered", "stamped", "barred"})
"""Damage of every line of a text: one that is no line of a table has it as well."""

LOOK_AHEAD = 6
"""So many lines hold the next two, parts of wrapped ones left out."""

HEADING_WORDS = 3
"""A heading in any language names at least a protocol and two ends."""


@dataclass(frozen=True)
class Line:
    """One line: its number, how far it is indented, and what stands there between blanks."""

    number: int
    indent: int
    text: str


def read_sections(lines: Sequence[str | None], voices: Sequence[Voice]) -> Sections:
    """Find the tables of a text; a line that is None was the end of the one above."""
    walk = _Walk(lines, voices)
    for number, raw in enumerate(lines, 1):
        if raw is None:
            walk.found.census["joined"] += 1
            continue
        text = raw.strip(BLANKS)
        walk.take(Line(number, raw.find(text) if text else 0, text))
    walk.close()
    return walk.found


class _Walk:
    """The state between two lines."""

    def __init__(self, lines: Sequence[str | None], voices: Sequence[Voice]) -> None:
        self.lines = lines
        self.spaced = double_spaced(lines)
        self.voices = voices
        self.found = Sections()
        self.table: Table | None = None
        self.coming = Table(voices[0])  # what is known of the table that begins next
        self.headings: list[str] = []  # those whose rows have not come yet
        self.claims: list[Voice] = []  # the dialects that know these headings
        self.empty: Table | None = None
        self.open = False  # whether an unknown line here stands among rows
        self.unknown: list[Line] = []
        self.skipping: str | None = None
        self.indent = 0
        self.heading = ""  # the last heading as it stands
        self.announced = 0  # its line
        self.broken: Line | None = None  # the last line that nobody knew
        self.damaged = 0  # the line that would continue a row that could not be read
        self.damage: str | None = None  # the mend that helped the last line that needed one

    # ---- one line --------------------------------------------------------------------------

    def take(self, line: Line) -> None:
        if not line.text:
            self._blank()
        elif not (self._table_line(line) or self._known(line) or self._mended(line)):
            self._other(line)

    def _other(self, line: Line) -> None:
        """No line of a table as it stands."""
        if not (self._noise(line) or self._wrapped(line)):
            self._unknown(line)

    def _blank(self) -> None:
        self.found.census["blank"] += 1
        if not self.spaced:
            self._settle_unknown(among_rows=False)
            self.open = False

    def _table_line(self, line: Line) -> bool:
        """A row, a continuation, a heading or a message of a tool."""
        return self._row(line) or self._more(line) or self._heading(line) or self._new_row(line)

    def _begins(self, line: Line) -> bool:
        """A line that needs no other to be one of a table: a row or a heading."""
        return self._row(line) or self._heading(line) or self._new_row(line)

    def _mended(self, line: Line) -> bool:
        """A line of a table that something on the way has changed."""
        if len(line.text) > MENDED_AT_MOST or noise.prompt(line.text, strict=True):
            return False
        inner: Line | None = None
        for name, undone in mended(line.text, first=self.damage):
            text = undone.lstrip(BLANKS)
            indent = line.indent + len(undone) - len(text)
            whole = Line(line.number, indent, text)
            proved = name == self.damage
            if text and (self._table_line(whole) if proved else self._begins(whole)):
                self.damage = name
                self.found.mended[name] += 1
                return True
            if proved and self._beside(whole):
                return True
            inner = whole if proved and name in AROUND else inner
        if inner is not None:
            self.found.mended[str(self.damage)] += 1
            self._other(inner)
        return inner is not None

    def _wrapped(self, line: Line) -> bool:
        """The rest of a wrapped line: joined to the one above it is whole, or says more."""
        if self._goes_on(line):
            self.found.census["headers"] += 1
            self.found.mended["wrapped"] += 1
            return True
        wide = len(self.lines[line.number - 2] or "") >= TERMINAL if line.number > 1 else False
        for gap in ("", " ") if wide else (" ", ""):
            if self._completes(line, gap) or self._adds(line, gap):
                self.found.census["details"] += 1
                self.found.mended["wrapped"] += 1
                return True
        return False

    def _goes_on(self, line: Line) -> bool:
        """Whether the line above is a heading, and one with this line too."""
        if not self.headings or self.announced != line.number - 1 or self._opens(line.text):
            return False
        whole = f"{self.heading} {line.text}"
        claims = self._claims("header", whole, self.claims or None)
        if claims:
            self.claims = [voice for voice, _ in claims]
            self.heading, self.announced = whole, line.number
            self.headings[-1] = " ".join(whole.split())
        return bool(claims)

    def _completes(self, line: Line, gap: str) -> bool:
        """Whether nobody knew the line above, and it is a row with this one."""
        above = self.broken
        if above is None or above.number != line.number - 1:
            return False
        whole = Line(above.number, above.indent, above.text + gap + line.text)
        if not self._fits(whole.text):
            return False
        self._take_back(above)
        if not self._table_line(whole):
            return False
        if self.table is not None and self.table.records[-1].line == above.number:
            self.table.records[-1].lines += 1
        return True

    def _adds(self, line: Line, gap: str) -> bool:
        """Whether the row above says more with this line than in free words."""
        table = self.table
        record = table.records[-1] if table and table.records and not self.headings else None
        if table is None or record is None or record.line + record.lines != line.number:
            return False
        whole = record.text + gap + line.text
        match = table.reads(table.voice, whole)
        if match is None:
            return False
        new = set(match.fields) - set(record.match.fields)
        if not any(not table.voice.dialect.cells[name].free for name in new):
            return False
        record.text, record.match, record.lines = whole, match, record.lines + 1
        table.narrow(whole)
        return True

    def _fits(self, text: str) -> bool:
        """Whether a text is a row of the dialect that is speaking, or of any."""
        if self.table is not None and not self.headings:
            return self.table.reads(self.table.voice, text) is not None
        return bool(self._readers(text).claims)

    def _take_back(self, line: Line) -> None:
        """A line that was refused was only the first part."""
        if line in self.unknown:
            self.unknown.remove(line)
        elif self.found.unread and self.found.unread[-1].line == line.number:
            self.found.unread.pop()
            self.found.census["problems"] -= 1

    def _beside(self, line: Line) -> bool:
        """What stands between the lines of a table that all have the same damage."""
        if not line.text:
            self._blank()
        return not line.text or self._known(line) or self._noise(line)

    def _row(self, line: Line) -> bool:
        """One more row of the table that is open."""
        table = self.table
        if table is None or self.headings or self.coming.breaks:
            return False
        match = table.reads(table.voice, line.text)
        if match is None:
            return False
        self._add(table.voice, line, match)
        return True

    def _more(self, line: Line) -> bool:
        """A line that continues the row above, or the damaged one that stands there."""
        table = self.table
        if table is None or self.headings or not table.records or not self.open:
            return False
        if table.voice.opening.match(line.text):
            return False  # a damaged row, not a free text that happens to begin like one
        for kind in self._continuations(line):
            match = table.voice.match(kind, line.text)
            if match is not None:
                self._continue(table, line, match)
                return True
        return False

    def _continuations(self, line: Line) -> Iterator[str]:
        """The kinds of continuation line that may stand at this indentation."""
        if line.indent > self.indent:
            yield "detail"
        if line.indent or line.text.startswith("[") or self._between(line):
            yield "owner"
        yield "rest"

    def _continue(self, table: Table, line: Line, match: Match) -> None:
        if self.unknown:
            self._settle_unknown(among_rows=True)
            self.damaged = line.number
        if self.damaged == line.number:
            self._pass_over("orphan", line, "continues a row that could not be read")
            self.damaged = line.number + 1
            return
        table.records[-1].more.append(match)
        table.rivals = table.heirs = ()
        self.found.census["details"] += 1

    def _between(self, line: Line) -> bool:
        """Whether all indentation is lost, and what stands around tells an owner from a remark."""
        if self.indent or self.table is None:
            return False
        follows = (*self._following(line), "")[0]
        if follows.startswith("[") or self.table.voice.opening.match(follows):
            return True
        return " " not in line.text and any(record.more for record in self.table.records[-9:])

    def _new_row(self, line: Line) -> bool:
        """A row that begins a table, or shows that the one above is another dialect's."""
        if self._turns_out(line):
            return True
        readers = self._readers(line.text)
        if not readers.claims:
            return False
        (voice, match), *others = readers.claims
        table = self._add(voice, line, match)
        if len(table.records) == 1:
            table.rivals, table.heirs = tuple(v for v, _ in others), readers.heirs
        return True

    def _readers(self, text: str) -> Readers:
        """Who reads a row that begins a table.

        The dialect that was speaking, if it claims the headings as well; else those that claim
        them; else those that know the shape of the row.
        """
        known = self._claims("row", text, self.claims)
        known += self._claims("bare", text, self._without(known))
        faint = self._claims("faint", text, self._without(known))
        spoke = (self.table.voice, *self.table.rivals) if self.table else ()
        went_on = [claim for claim in (*known, *faint) if claim[0] in spoke]
        equal = went_on or known or faint or self._claims("row", text)
        chosen = [voice for voice, _ in equal]
        others = (voice for voice, _ in (*known, *faint))
        return Readers(equal, tuple(voice for voice in others if voice not in chosen))

    def _without(self, claims: list[Claim]) -> list[Voice]:
        """Those that claim the headings above and have not read the row yet."""
        done = [voice for voice, _ in claims]
        return [voice for voice in self.claims if voice not in done]

    def _turns_out(self, line: Line) -> bool:
        """Whether a row shows that the rows above were another dialect's, and which."""
        table = self.table
        if table is None or self.headings or self.coming.breaks:
            return False
        readers = [voice for voice in table.speakers[1:] if table.reads(voice, line.text)]
        if not readers:
            return False
        table.hand_over(readers[0])
        table.rivals, table.heirs = tuple(readers[1:]), ()
        return self._row(line)

    def _add(self, voice: Voice, line: Line, match: Match) -> Table:
        table = self.table
        if table is None or table.voice is not voice or self.headings or self.coming.breaks:
            table = self._begin(voice, line.number)
        self._settle_unknown(among_rows=self.open)
        if table.rivals or table.heirs:
            table.narrow(line.text)
        table.records.append(Record(line.number, line.text, match))
        self.found.census["rows"] += 1
        self.indent = line.indent
        self.open = True
        self.skipping = None
        return table

    # ---- headings, messages, noise ------------------------------------------------------------

    def _heading(self, line: Line) -> bool:
        """A heading of any dialect, the start of a section without sockets, a tool's message."""
        for kind in ("header", "banner", "skip", "message"):
            claims = self._claims(kind, line.text)
            if not claims:
                continue
            if kind == "skip":
                self._settle_unknown(among_rows=False)
                self._pass_over("section", line, line.text)
                self.skipping = line.text
                self.open = False
            elif kind == "message" and self.skipping is not None:
                self._pass_over("section", line, self.skipping)
            elif kind == "message":
                self._pass_over("message", line, f"message of the tool: {line.text}")
            else:
                self._announce(line, claims)
            return True
        return False

    def _announce(self, line: Line, claims: list[Claim]) -> None:
        """A header or banner: rows are to come."""
        self._settle_unknown(among_rows=False)
        self.found.census["headers"] += 1
        self.headings.append(" ".join(line.text.split()))
        self.heading, self.announced = line.text, line.number
        # Who reads more than words in a heading knows it better than who does not.
        telling = [claim for claim in claims if claim[1].fields]
        self.coming.said += telling
        voices = [voice for voice, _ in telling or claims]
        if voices:
            self.claims = [voice for voice in self.claims if voice in voices] or voices
        self.coming.start = self.coming.start or line.number
        self.open = True
        self.skipping = None

    def _noise(self, line: Line) -> bool:
        """What shells, pagers and people put around tables."""
        said = noise.prompt(line.text)
        if said is not None:
            self._leave()
            self.coming.host = said.host or self.coming.host
            if said.command is not None:
                self.coming.command = said.command if said.runs_tool else None
            self._pass_over("prompt", line, "prompt")
            return True
        when = noise.moment(line.text)
        if when is not None:
            self._leave()
            self.coming.time, self.coming.zone_known = when
            self._pass_over("time", line, "time")
            return True
        return False

    def _known(self, line: Line) -> bool:
        """Lines that stand beside tables and mean nothing for them."""
        kind = noise.known(line.text)
        if kind is not None:
            self._pass_over(kind, line, kind)
        return kind is not None

    def _unknown(self, line: Line) -> None:
        opener = self._opens(line.text)
        if opener is None and self._announces(line):
            self._announce(line, [])
        elif self.skipping is not None:
            self._pass_over("section", line, self.skipping)
        elif self.open:
            self.unknown.append(line)
            self.broken = line
        elif opener is not None or self._beheaded(line):
            self._refuse(line, opener)
            self.broken = line
        else:
            self._pass_over("text", line, "text")

    def _beheaded(self, line: Line) -> bool:
        """Whether a line above rows is the rest of one: a dump that was cut at its start."""
        if not noise.holds_data(line.text):
            return False
        following = self._following(line)
        return bool(following) and bool(self._claims("row", following[0]))

    # ---- what a line begins or ends ---------------------------------------------------------

    def _announces(self, line: Line) -> bool:
        """Whether an unknown line is a heading in another language, by what follows it."""
        following = self._following(line)
        if not following or not following[0] or noise.holds_data(line.text):
            return False
        if self._claims("header", following[0]):
            return True
        among_rows = self.open and not self.headings
        if among_rows or (len(line.text.split()) < HEADING_WORDS and not self.headings):
            return False
        if self._claims("row", following[0]) or (self.headings and self._opens(following[0])):
            return True
        unknown = len(following[0].split()) >= HEADING_WORDS and not noise.prompt(following[0])
        return unknown and len(following) > 1 and bool(self._claims("row", following[1]))

    def _following(self, line: Line) -> list[str]:
        """The next two lines."""
        near = self.lines[line.number : line.number + LOOK_AHEAD]
        return [raw.strip(BLANKS) for raw in near if raw is not None][:2]

    def _opens(self, text: str) -> Voice | None:
        """The dialect whose rows begin as this line does."""
        speakers = self.table.speakers if self.table else ()
        openers = (v for v in self._ordered() if "row" in v.kinds or v in speakers)
        return next((voice for voice in openers if voice.opening.match(text)), None)

    def _begin(self, voice: Voice, number: int) -> Table:
        self._settle_unknown(among_rows=False)
        table = self.coming
        table.voice = voice
        table.header = tuple(self.headings)
        table.start = table.start or number
        self.found.tables.append(table)
        self.table, self.coming = table, Table(self.voices[0])
        self.headings, self.claims = [], []
        return table

    def _leave(self) -> None:
        """A shell or a clock speaks: another command begins, headings without rows stay so."""
        self._settle_unknown(among_rows=False)
        self._empty_table()
        self.coming.breaks = True
        self.open = False
        self.skipping = None

    def _empty_table(self) -> None:
        """Keep a header that no row followed: it proves an empty table."""
        if self.headings and self.claims:
            empty = Table(self.claims[0], tuple(self.headings), self.coming.start)
            self.empty = self.empty or empty
        self.headings, self.claims = [], []
        self.coming.said = []

    def close(self) -> None:
        self._settle_unknown(among_rows=False)
        self._empty_table()
        if self.empty is not None and not self.found.tables:
            self.found.tables.append(self.empty)
        agree(self.found.tables)

    # ---- lines that are no rows -------------------------------------------------------------

    def _settle_unknown(self, *, among_rows: bool) -> None:
        """Lines nobody knew are damaged rows when rows follow or they are few; else text."""
        lost = among_rows or len(self.unknown) <= LOST_AFTER
        for line in self.unknown:
            voice = self._opens(line.text)
            if lost or voice is not None:
                self._refuse(line, voice or (self.table.voice if self.table else None))
            else:
                self._pass_over("text", line, "text")
        self.unknown = []

    def _refuse(self, line: Line, voice: Voice | None) -> None:
        self.found.unread.append(Unread(line.number, voice, line.text))
        self.found.census["problems"] += 1
        self.damaged = line.number + 1

    def _pass_over(self, kind: str, line: Line, what: str) -> None:
        self.found.census[kind] += 1
        stretches = self.found.stretches
        if stretches and stretches[-1].what == what and stretches[-1].last == line.number - 1:
            stretches[-1] = stretches[-1]._replace(last=line.number)
        else:
            stretches.append(Stretch(line.number, line.number, what))

    # ---- who claims a line ------------------------------------------------------------------

    def _claims(self, kind: str, text: str, among: Sequence[Voice] | None = None) -> list[Claim]:
        voices = (v for v in self._ordered() if among is None or v in among)
        claimed = ((voice, voice.match(kind, text)) for voice in voices)
        return [(voice, match) for voice, match in claimed if match is not None]

    def _ordered(self) -> Iterator[Voice]:
        """Every dialect, the one that is speaking first."""
        first = self.table.voice if self.table else None
        if first is not None:
            yield first
        yield from (voice for voice in self.voices if voice is not first)
