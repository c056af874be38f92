r"""Rows between the quotes of a program's source: test data, scripts, configuration.

Each row is a string of its own (`"tcp 0 0 ...\n" +`), or a string of several lines begins in front
of one and ends behind one. What stands around goes; a line is never taken for two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from string import ascii_letters, digits
from typing import NamedTuple

from nsparse.later import later
from nsparse.reading.damage.readings import begins_as_rows_do
from nsparse.reading.tables.noise import known
from nsparse.reading.texts.opened import (
    ASSIGNED,
    ASSIGNS,
    FRONT,
    LONGEST,
    OWN,
    Part,
    is_source,
    part,
)
from nsparse.reading.texts.text import BLANKS
from nsparse.reading.texts.unbroken import (
    DOUBLED,
    FAMILY,
    QUOTES,
    is_doubled,
    is_heading,
    is_of_table,
    is_row,
    parts,
    unescaped,
)

LOOK = 1 << 16
"""Sources are smaller, or show it in so many characters."""

HEREDOC = "<<"
"""What stands before the word that ends a text in the source of a shell."""

DEPTH = 2
"""A command within a string holds strings (`'echo "tcp ..."'`), and may be one of a list."""

# Begins with the quote: few texts hold one, and it is found sooner than what stands before it.
_SIGN = later(
    # A quote, and a protocol or a state of which tables begin their rows, or their headings.
    rf"[{QUOTES}](?:[ \t]*(?:(?:tcp|udp|raw|TCP|UDP)[0-9v]*|ESTAB|LISTEN|UNCONN|[A-Z]+-WAIT"
    "|Active|Proto|Netid|State|(?:TCP|UDP):"
    # An end of a socket, and another one or a queue.
    rf"|{FAMILY}|[*0-9][0-9a-f.:*]*[.:](?:[0-9]+|\*)[ \t]+[*0-9][^ \t]*)[ \t]"
    # The end of a string, and of its line.
    rf"|[{QUOTES}]{{0,2}}[ \t]*[;,)\]}}+]*[ \t]*(?P<end>$))",
    re.MULTILINE,
)
_WORD_ENDS = frozenset(f"{ascii_letters}{digits}*)")
_ESCAPES = ("\\n\\\n", "\\n\\\r", "\n\\t ")
"""Line ends that are written out before a real one, and tabs."""
_OWNERS, _ESCAPED = "users:((", '\\"'
"""What owners begin with, and a quote that is escaped: ss 7.1 escapes those in a name alone."""

_STRING = later(
    rf"(?<!\\)(?P<quote>[{QUOTES}])(?P<inner>(?:{OWN}|\\.|(?!(?P=quote))[^\\])*+)(?P=quote)"
)
# Python's and Rust's: `f"..."`, `br#"..."#`.
_PREFIX = later(r"\b[A-Za-z]{1,2}#{0,3}\Z")
_LINE_END = later(r"(?:\\[nr])+\\?[ \t]*$")
_CLOSING = later(rf"[ \t]*[{QUOTES}]{{1,3}}[ \t;,)\]}}]*")
# What the shell reads up to a line that is this word.
_HEREDOC = later(r"<<[-~]?[ \t]*[\"'\\]?(?P<end>[A-Za-z_]\w*)")
_INDENTED = later(r"[ \t]*\\(?:t|x20)")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may be of such a text."""
    return shows(data[:LOOK].decode("latin-1"))


def shows(text: str) -> bool:
    """Whether a text holds a quote where only a program's source has one."""
    if not any(map(text.__contains__, (*QUOTES, HEREDOC))):
        return False
    if any(map(text.__contains__, _ESCAPES)) or is_doubled(text) or _heredoc(text[:LOOK]):
        return True
    if _OWNERS + _ESCAPED in text and any(map(_escapes_owners, text.splitlines())):
        return True
    signs = _SIGN.finditer(text, 0, LOOK)
    return any(sign["end"] is None or _ends_word(text, sign.start()) for sign in signs)


def _escapes_owners(line: str) -> bool:
    """Whether the quotes of a line's owners are escaped, and not one in a name alone."""
    return line.partition(_OWNERS)[2].startswith(_ESCAPED)


def _heredoc(text: str) -> str:
    """The word that ends a text which begins below; nothing where all know it (`EOF`)."""
    found = _HEREDOC.search(text) if HEREDOC in text else None
    return found["end"] if found and known(found["end"]) is None else ""


def _ends_word(text: str, at: int) -> bool:
    """Whether a word of a row stands before a place, with or without blanks between."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line.rstrip(BLANKS)[-1:] in _WORD_ENDS


# A string with nothing but blanks around it, or with what ends the text that it is a part of.
_PIECE = later(
    r"[ \t]*(?P<quote>[\"'])(?P<inner>(?:\\.|(?!(?P=quote))[^\\])*+)(?P=quote)(?P<rest>[ \t;,)]*)"
)
_ENDED = later(r"\\n\Z")
PIECES = 20
"""No line is written in more parts."""


def adjoin(text: str) -> bool:
    """Whether strings may stand below one another that are parts of one line."""
    return "\\n" in text and _ADJOIN.search(text) is not None


_ADJOIN = later(r"[^n]([\"'])[ \t]*\r?\n[ \t]*\1.*\\n\1")


def adjoined(lines: Sequence[str]) -> Iterator[str | None]:
    """Lines with strings below one another as one, where only the last of them ends a line."""
    last = -1
    for number, line in enumerate(lines):
        if number > last:
            pieces = _pieces(lines[number : number + PIECES])
            last = number + max(len(pieces) - 1, 0)
            text = "".join(piece["inner"] for piece in pieces)
            yield f"{pieces[0]['quote']}{text}{pieces[-1]['quote']}" if pieces else line
        else:
            yield None


def _pieces(lines: Sequence[str]) -> list[re.Match[str]]:
    """The strings that the first of some lines begins with, to the end of a line; or none."""
    found: list[re.Match[str]] = []
    for line in lines:
        piece = _PIECE.fullmatch(line) if len(line) <= LONGEST else None
        if piece is None or (found and _begins_line(piece["inner"])):
            return []
        found.append(piece)
        if _ENDED.search(piece["inner"]):
            return found if len(found) > 1 else []
        if piece["rest"].strip():
            return []
    return []


def _begins_line(inner: str) -> bool:
    return begins_as_rows_do(inner) or is_heading(inner)


class Said(NamedTuple):
    """What a line says between its quotes.

    Attributes:
        front: What stands before the first of these strings.
        quote: The quote of that.
        inner: The strings that are of a table; the first of the line, where none is.
    """

    front: str
    quote: str
    inner: tuple[str, ...]


def undone(lines: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """What stands between the quotes, where that is a part of a table.

    A line of the source right behind rows is none: it says nothing of them.
    """
    quotes: Counter[str] = Counter()
    rows = closed = False
    end = string = ""
    for quote, run in groupby(((line, _said(line)) for line in lines), key=_quote):
        near = list(run)
        fronts = _fronts(said for _, said in near if said) if quote else frozenset()
        for line, said in near:
            whole = said.inner if said and _goes_on(said, fronts) else ()
            plain, ends, string = Part(whole, True, string) if whole else part(line, string, quotes)
            ended = bool(end) and line.strip() == end
            code = closed and plain == (line,) and line.strip() and not is_of_table(line)
            several = chain.from_iterable(map(_lines, whole or map(_unescaped, plain)))
            yield () if ended or code else tuple(several)
            told = ends and bool(whole or any(map(is_row, plain)))
            closed = ended or told or (rows and _closes(line))
            end = "" if ended else _heredoc(line) or end
            rows = is_row(plain[-1])
            quotes.update(char for char in line if char in QUOTES)


def _said(line: str) -> Said | None:
    """What a line says that holds a whole string, and is no row itself."""
    first = _STRING.search(line) if len(line) <= LONGEST else None
    front = line[: first.start()] if first else ""
    if first is None or len(front) > FRONT or not is_source(front, line):
        return None
    told = [*_of_table(line, DEPTH)]
    if not told:
        return Said(front, first["quote"], (_inner(first["inner"]),))
    at, quote, _ = told[0]
    return Said(line[:at], quote, tuple(inner for _, _, inner in told))


def _of_table(text: str, depth: int) -> Iterator[tuple[int, str, str]]:
    """The strings of a text that are of a table, those within others first: place, quote, text."""
    for found in _STRING.finditer(text):
        inner = _inner(found["inner"])
        within = [*_of_table(inner, depth - 1)] if depth else []
        if within:
            yield from ((found.start(), quote, said) for _, quote, said in within)
        elif is_row(inner) or is_heading(inner):
            yield found.start(), found["quote"], inner


def _quote(pair: tuple[str, Said | None]) -> str:
    return pair[1].quote if pair[1] else ""


def _fronts(run: Iterable[Said]) -> frozenset[str]:
    """What stands before rows in lines near to one another; nothing, below one that is assigned."""
    fronts = {_before(said) for said in run if any(map(is_row, said.inner))}
    return frozenset(fronts | {""} if any(map(ASSIGNS.search, fronts)) else fronts)


def _before(said: Said) -> str:
    return _PREFIX.sub("", said.front).strip()


def _goes_on(said: Said, fronts: frozenset[str]) -> bool:
    """Whether a line is of the table that is told in such lines."""
    front = _before(said)
    told = front in fronts or ASSIGNED.fullmatch(front) or is_of_table(said.inner[0])
    return bool(fronts and told)


def _closes(line: str) -> bool:
    return _CLOSING.fullmatch(line) is not None


def _inner(text: str) -> str:
    return unescaped(_LINE_END.sub("", text))


def _lines(text: str) -> tuple[str, ...]:
    r"""The lines of a string that holds a row, and behind it what continues that (`\n\t cubic`)."""
    return parts(text) if "\\n" in text else (text,)


def _unescaped(line: str) -> str:
    """A line that shows to be of a string as it was; any other as it stands."""
    plain = _LINE_END.sub("", line)
    owners = _escapes_owners(line) or DOUBLED.search(line)
    escaped = plain != line or owners or _INDENTED.match(line)
    return unescaped(plain) if escaped else line
