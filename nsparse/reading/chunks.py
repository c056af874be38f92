"""A dump of any size, a chunk at a time, in memory that does not grow with it.

A chunk is read as a dump of its own. Before it stand again the command and the headings of the
table that was open when the chunk before ended, and some of its rows: what they decide for the
whole table (which protocol a table of ss without Netid is of) holds for the rows that follow, and
what a log puts before each line is seen again.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from nsparse.errors import NotASocketTable
from nsparse.reading.dump import Dump
from nsparse.reading.pipeline import How
from nsparse.reading.tables.noise import prompt
from nsparse.reading.texts.controls import steering
from nsparse.reading.texts.prepare import Prepared
from nsparse.reading.texts.source import Source, name_of, only_bytes, opened
from nsparse.reading.texts.text import BLANKS, decode, lines

if TYPE_CHECKING:
    import pandas as pd

    from nsparse.reading.tables.table import Sections, Table

PIECE = 3 << 20
"""Bytes that are read at a time."""

HEADINGS_AT_MOST = 10
"""No table has so many lines above its rows."""

TAIL = 1 << 12
"""So many bytes hold a row and what continues it."""

ROWS_AT_MOST = 100
"""So many rows show everything that a table's rows decide for one another."""


def read_chunks(source: Source, **options: Any) -> Iterator[pd.DataFrame]:
    """The frame of `read` in parts, below one another in the order of the file.

    What only rows of a later chunk could tell of those of an earlier one stays untold there: the
    family of a wildcard of ss that is printed before the first address of a known family. Lines of
    several hosts that came in any order are not told apart.

    Args:
        source: As of `parse`; it is read once, from start to end.
        options: As of `read`.

    Yields:
        Frames with the same dtypes; some hundred thousand rows each of a large dump.

    Raises:
        NsparseError: As `read`.
    """
    import warnings

    for dump in dumps(source, **options):
        if dump.problems and options.get("on_bad_lines", "warn") == "warn":
            first = dump.problems[0]
            warnings.warn(f"{len(dump.problems)} lines not read, the first: {first}", stacklevel=2)
        yield dump.frame


def dumps(source: Source, *, name: str | None = None, **options: Any) -> Iterator[Dump]:
    """What `parse` says of a dump, in parts: frames, problems and census add up.

    Where tables and moments begin and end is not said.

    Args:
        source: As of `parse`.
        name: As of `parse`.
        options: As of `parse`.

    Raises:
        NsparseError: As `parse`.
    """
    how = How(**options)
    file = name or name_of(source)
    lead = Lead()
    refusal: NotASocketTable | None = None
    rest = b""
    with opened(source) as stream:
        blocks, how = _blocks(stream, how)
        for block, last in blocks:
            data = rest + block
            at = len(data) if last else _end(data, lead, how)
            piece, rest = data[:at], data[at:]
            how = replace(how, ends=last)
            try:
                part, lead = (
                    lead.apart(*how.read(lead.before(piece), file)) if piece else (None, lead)
                )
            except NotASocketTable as error:
                refusal = refusal or error
                lead = replace(lead, line=lead.line + piece.count(b"\n"))
                continue
            if part is not None:
                yield part
    if refusal is not None and not (lead.rows or lead.headings):
        raise refusal


# ---- pieces ------------------------------------------------------------------------------------


def _blocks(stream: IO[bytes], how: How) -> tuple[Iterator[tuple[bytes, bool]], How]:
    """Bytes as they come, in UTF-8 unless they are ASCII or that already; and whether they end."""
    first = only_bytes(stream.read(PIECE))
    decoded = decode(first, how.encoding)
    encoding = decoded.encoding
    how = replace(how, steering=steering(lines(decoded.text)))
    if first.isascii() or encoding == "utf-8":
        return _with_last(_read(stream, first)), how
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    texts = (decoder.decode(data).removeprefix("\ufeff") for data in _read(stream, first))
    return _with_last(text.encode() for text in texts), replace(how, encoding="utf-8")


def _read(stream: IO[bytes], first: bytes) -> Iterator[bytes]:
    data = first
    while data:
        yield data
        data = stream.read(PIECE)
    if not first:
        yield first


def _with_last(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    block = next(blocks)
    for after in blocks:
        yield block, False
        block = after
    yield block, True


def _end(data: bytes, lead: Lead, how: How) -> int:
    """Where to cut: before the last row, which lines to come may continue."""
    end = data.rfind(b"\n") + 1
    start = data.rfind(b"\n", 0, max(end - TAIL, 0)) + 1
    tail = data[start:end]
    if b"\r" in tail.replace(b"\r\n", b""):
        return end
    try:
        how = replace(how, engine="regex", on_bad_lines="skip", ends=False)
        _, found, text = how.read(lead.before(tail), "")
    except NotASocketTable:
        return end
    rows = found.tables[-1].records
    line = text.plain.number(rows.span[1]) - lead.above if len(rows) else 0
    return end - sum(map(len, tail.splitlines(keepends=True)[line - 1 :])) if line > 0 else end


# ---- what goes on from chunk to chunk ------------------------------------------------------------


@dataclass(frozen=True)
class Lead:
    """What a chunk must know of those before.

    Attributes:
        command: The line of the shell above the table that was open, if one shows its command.
        headings: The lines above the rows of the table that was open.
        rows: Some of its rows.
        line: How many lines were read before.
        snapshot: The number of the moment.
        host: The host that was named.
        taken_at: The time of the moment.
    """

    command: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    line: int = 0
    snapshot: int = 0
    host: Any = None
    taken_at: Any = None

    @property
    def above(self) -> int:
        """How many lines it puts above a chunk."""
        return len(self.command) + len(self.headings) + len(self.rows)

    def before(self, data: bytes) -> bytes:
        """A chunk with what must stand above it."""
        above = "".join(f"{line}\n" for line in (*self.command, *self.headings, *self.rows))
        return above.encode() + data

    def apart(self, dump: Dump, found: Sections, text: Prepared) -> tuple[Dump, Lead]:
        """What the chunk alone says, and what the next must know."""
        above = self.above
        table = found.tables[-1]
        frame = self._own(dump.frame, above)
        shift = self.line - above
        part = replace(
            dump,
            frame=frame,
            problems=[p._replace(line=p.line + shift) for p in dump.problems if p.line > above],
            census=self._census(dump.census),
            snapshots=[],
            stretches=[],
            parts=[],
            lines=dump.lines - above,
        )
        last = frame.iloc[-1] if len(frame) else None
        lead = Lead(
            _command(table, text.plain.lines),
            tuple(text.fronted(*one) for one in _headings(table, text.plain.lines)),
            tuple(text.fronted(*one) for one in _rows(table)),
            self.line + len(text.lines) - above,
            self.snapshot + (dump.snapshots[-1].number if dump.snapshots else 0),
            self.host if last is None else last["host"],
            self.taken_at if last is None else last["taken_at"],
        )
        return part, lead

    def _own(self, frame: pd.DataFrame, above: int) -> pd.DataFrame:
        """The rows of the chunk alone, with the numbers of the whole dump."""
        import pandas as pd

        if not self.line:
            return frame
        # Rows are in the order of their lines: to cut the first ones off copies no other.
        own = frame.iloc[int((frame["line"] <= above).sum()) :].reset_index(drop=True)
        first = own["snapshot"] == 0
        if pd.notna(self.host):
            own.loc[first, "host"] = self.host  # a prompt below begins another one
        if pd.notna(self.taken_at):
            own.loc[first & own["taken_at"].isna(), "taken_at"] = self.taken_at
        own["line"] += self.line - above
        own["snapshot"] += self.snapshot
        return own

    def _census(self, census: dict[str, int]) -> dict[str, int]:
        lines = {"prompt": self.command, "headers": self.headings, "rows": self.rows}
        above = {kind: len(some) for kind, some in lines.items()}
        own = {kind: count - above.get(kind, 0) for kind, count in census.items()}
        return {kind: count for kind, count in own.items() if count}


def _command(table: Table, lines: Sequence[str | None]) -> tuple[str, ...]:
    """The line of a shell that shows the command of a table, if it stands above it."""
    if table.command is None:
        return ()
    first = max(table.start - 1 - HEADINGS_AT_MOST, 0)
    above = ((line or "").strip(BLANKS) for line in lines[first : table.start - 1])
    said = {command.command: line for line in above if (command := prompt(line))}
    return (said[table.command],) if table.command in said else ()


def _headings(table: Table, lines: Sequence[str | None]) -> tuple[tuple[int, str], ...]:
    """The headings of a table as they stand, each with the number of its line."""
    if not table.header:
        return ()
    first = table.records.span[0] if len(table.records) else len(lines) + 1
    between = lines[table.start - 1 : min(first - 1, table.start - 1 + HEADINGS_AT_MOST)]
    near = list(enumerate(between, table.start))
    ends = (((at, _end_of(line or "", heading)) for at, line in near) for heading in table.header)
    found = (next((one for one in some if one[1]), None) for some in ends)
    return tuple(one for one in found if one)


def _end_of(line: str, heading: str) -> str:
    """The end of a line that says what a heading does, whatever stands before it."""
    words = heading.split()
    ends = (line[found.start() :] for found in re.finditer(re.escape(words[0]), line))
    return next((end for end in ends if end.split() == words), "")


def _rows(table: Table) -> tuple[tuple[int, str], ...]:
    """Rows that differ in more than what their numbers are, each with the number of its line."""
    known: dict[object, tuple[int, str]] = {}
    for record in islice(table.records.few, 10 * ROWS_AT_MOST):
        looks = tuple(_look(word) for word in record.text.split())
        known.setdefault((record.match.fields, looks), (record.line, record.text))
    return tuple(islice(known.values(), ROWS_AT_MOST))


def _look(word: str) -> str:
    """A word without its numbers; of a wildcard all that makes it one."""
    return word[:8] if word[0] in WILD else _NUMBER.sub("0", word)


WILD = "*[0:"
"""What wildcards begin with, as any tool writes them."""

_NUMBER = re.compile("[0-9a-f]*[0-9][0-9a-f]*")
