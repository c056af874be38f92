r"""Lines that hold several: their ends were written out (`\n`, `<br>`), or made blanks.

Such a line is parted only where that makes rows of it: what stands behind a line end in a
program's source is mostly no table. Rows that nothing but blanks part begin with a protocol or a
state each, and name both their ends before the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import AnyStr

from nsparse.later import later
from nsparse.reading.damage.readings import begins_as_rows_do
from nsparse.reading.tables.noise import begins_with_end, holds_data
from nsparse.reading.texts.text import BLANKS, without_entities

LOOK = 1 << 16
"""A text that holds such lines shows one in so many characters."""

LEAST = 4
"""No row of a table without a number for each queue has fewer words."""

NUMBERS = 2
"""A family of `ss` that is not of the internet is known by its form and so many numbers."""

BOTH = 2
"""A socket has two ends."""

AROUND = 2
"""So many lines of its own has what stands around a list of strings."""

HEADING = 400
"""No heading is longer, nor is what a row says before its owners."""

QUOTES = "\"'`"

END = r"(?:\\{1,2}r|#015)?(?:\\{1,2}n|#012)|<(?:br\b[^<>]{0,9}|/(?:tr|div|li|p))>"
r"""A line end as programs write it (`\n`, once more escaped in JSON), rsyslog, or HTML."""

_TAGS = tuple(
    end(tag) for tag in ("<br", "</tr", "</div", "</li", "</p>") for end in (str, str.upper)
)
_SIDE_BY_SIDE = (f"{quote}{by}{quote}" for quote in QUOTES for by in (", ", ",", " "))
_SIGNS = ("\\n", "#012", *_TAGS, *_SIDE_BY_SIDE)
"""What a text holds where a line end was written out, or a line holds strings side by side."""

_END = later(END, re.IGNORECASE)
_TAG = later(r"</?[a-z][^<>]*>", re.IGNORECASE)
_VALUES = r"(?:[\w.-]++[ \t]*+,[ \t]*+)*+"
"""What stands between the strings of a list and is none: `true, 22, `."""
# Two quotes with nothing between are an empty string, or one that is escaped; three begin one.
_WRITTEN = later(
    rf"(?:{END})|([{QUOTES}])(?:[ \t]*+[,+][ \t]*+{_VALUES}|[ \t]++)\1(?!\1)", re.IGNORECASE
)
FAMILY = "[a-z]{1,2}_[a-z]{2,3}|unix|nl"
"""Families that are not of the internet, as `ss` and `netstat` name them: `u_str`, `p_raw`."""

_OF_FAMILY = later(rf"(?:{FAMILY})[ \t]")
_PROTOCOL = r"(?:tcp|udp|TCP|UDP)[46]{0,2}"
_LONE = later(_PROTOCOL)
"""A protocol alone between quotes is a value, and no row."""
_STATE = r"[A-Z]{3}[A-Z0-9-]+[ \t]+[0-9]+[ \t]+[0-9]+[ \t]"
_BEGUN = tuple(
    later(rf"(?<![ \t])[ \t]+(?={begin})") for begin in (rf"{_PROTOCOL}[ \t]+[^a-z \t]", _STATE)
)
_HEADINGS = {
    "Active": "Active[ \t]+[A-Z]",
    "Proto": "Proto[ \t]+R",
    "Netid": "Netid[ \t]+State",
    "State": "State[ \t]+Recv-Q",
}
_OTHER_ROWS = {
    "unix": r"unix[ \t]+[0-9]+[ \t]+\[",
    "u_": rf"u_[a-z]{{3}}[ \t]+{_STATE}",
    "nl": rf"nl[ \t]+{_STATE}",
}
"""Rows that are not of the internet: of `netstat`, and of `ss`."""

_NEXT_TABLE = later(
    rf"(?<![ \t])(?<!Netid)[ \t]+(?={'|'.join((*_HEADINGS.values(), *_OTHER_ROWS.values()))})"
)
"""Where a row ends and no other of its table begins: the heading of the next, and its rows."""

_OF_UNIX = "Proto RefCnt"
"""What the heading begins with that rows of UNIX sockets have."""

_ENDPOINT = later(
    r"(?:[0-9a-fA-F*:\[][^ \t]*[:.]|[A-Za-z][A-Za-z0-9_.-]*:)(?:[0-9]{1,5}|\*|[a-z][a-z0-9-]+)"
)
_NAMES = later(r"Recv-Q|(?:Local|Foreign|Remote|Peer)[ \t]+Address", re.IGNORECASE)
_MAY_BEGIN = (
    *(
        (f" {word}", later(rf" {word}[46]{{0,2}}[ \t]+[^a-z \t]"))
        for word in ("tcp", "udp", "TCP", "UDP")
    ),
    *(
        (f" {word}", later(rf" {word}[ \t]+[0-9]+[ \t]+[0-9]+[ \t]+[^ \t]+[:.]"))
        for word in ("LISTEN", "ESTAB")
    ),
    *((f" {word}", later(f" {begin}")) for word, begin in (_HEADINGS | _OTHER_ROWS).items()),
)
"""What rows and headings begin with, and letters that are the same in all: looked for first."""


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may hold such a line."""
    return shows(_first(data, b"\n").decode("latin-1"))


def shows(text: str) -> bool:
    """Whether a text holds a line that is several."""
    return any(len(parts(line)) > 1 for line in _suspects(_first(text, "\n")))


def _first(text: AnyStr, end: AnyStr) -> AnyStr:
    """So much of a text, and the rest of the line that it ends in."""
    after = text.find(end, LOOK)
    return text if after < 0 else text[:after]


def _suspects(text: str) -> Iterator[str]:
    """The lines that may be several: those with a sign, or with a whole heading before a row.

    The last may be a hundred megabytes long: what it is shows where it begins.
    """
    near = text[: 2 * LOOK]
    if any(sign in near for sign in _SIGNS):
        yield from (line for line in text.splitlines() if any(sign in line for sign in _SIGNS))
    for word, begun in _MAY_BEGIN:
        found = begun.search(text) if word in near else None
        while found is not None:
            first, after = text.rfind("\n", 0, found.start()) + 1, found.end()
            if len(text[first : found.start()][:HEADING].split(None, LEAST)) >= LEAST:
                after = text.find("\n", found.start()) % (len(text) + 1)  # -1 at the last line
                yield text[first:after]
            found = begun.search(text, after)


def undone(lines: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """The lines, those that hold several parted; none for one that is printed twice.

    Ansible prints what a command said as one string, and below that once more, line by line.
    """
    for at, line in enumerate(lines, 1):
        several = parts(line)
        if len(several) == 1:
            yield line
        else:
            yield () if _again(several, lines[at : at + len(several) + AROUND]) else several


def _again(several: Sequence[str], below: Sequence[str]) -> bool:
    """Whether strings on the lines below say the same, each on one of its own."""
    near = iter(below)
    return all(
        any(f'"{part.rstrip(BLANKS)}' in unescaped(line) for line in islice(near, AROUND + 1))
        for part in several
        if part.strip(BLANKS)
    )


def parts(line: str) -> tuple[str, ...]:
    r"""The lines that one holds, itself where it is one.

    >>> parts(r'x = "tcp 0 0 *:22 *:* LISTEN\ntcp 0 0 *:80 *:* LISTEN\n"')
    ('tcp 0 0 *:22 *:* LISTEN', 'tcp 0 0 *:80 *:* LISTEN', '')
    """
    written = any(sign in line for sign in _SIGNS)
    return (written and _written(line)) or _in_a_row(line) or (line,)


def _written(line: str) -> tuple[str, ...]:
    """Lines whose ends are written out, with a row behind one; or a row and what continues it."""
    first, *below = _split(_WRITTEN, line)
    # What the last string of a line leaves open goes on below.
    several = _between_quotes((first, *map(_from_opening, below[:-1]), *below[-1:]))
    shown = map(_untagged, several[1:])
    if any(is_row(part) and _begins_one(part) for part in shown):
        return tuple("" if _LONE.fullmatch(part) else part for part in several)
    row, *more = _between_quotes(_split(_END, line))
    below = [*map(unescaped, more)]
    return (row, *below) if is_row(row) and any(below) and below[0][:1] in BLANKS else ()


def _from_opening(part: str) -> str:
    """A text from where its row begins, if that is behind the quotes of other strings."""
    if _begins_one(part):
        return part
    quotes = [*_QUOTE.finditer(part)]
    for at, quote in enumerate(quotes):
        rest = part[quote.end() :]
        ends = any(other[0] == quote[0] for other in quotes[at + 1 :])
        if not ends and is_row(rest) and _begins_one(rest):
            return rest
    return part


def _untagged(part: str) -> str:
    """What a web page shows of a text."""
    return without_entities(_TAG.sub(" ", part)) if "<" in part else part


def _begins_one(part: str) -> bool:
    """Whether a row begins here, and no name: in the path of a file stands no line end."""
    known = begins_as_rows_do(part) or begins_with_end(part)
    return known or _OF_FAMILY.match(part.lstrip()) is not None


def _in_a_row(line: str) -> tuple[str, ...]:
    """A heading or a row, and the rows that blanks alone part from it, or the next heading."""
    row, *next_table = _split(_NEXT_TABLE, line)
    if next_table and _begins_one(row) and (_names_both_ends(row) or is_of_family(row)):
        return (*(_in_a_row(row) or (row,)), *next_table)
    for begun in _BEGUN:
        first, *rows = _split(begun, line)
        headed = _NAMES.search(first) or (begins_as_rows_do(first) and _names_both_ends(first))
        if rows and (headed or len(rows) > 1) and all(map(_names_both_ends, rows[:-1] or rows)):
            return tuple(part for row in (first, *rows) for part in _split(_NEXT_TABLE, row))
    headed = is_heading(line) or _OF_UNIX in line
    return (row, *next_table) if headed and any(map(is_of_family, next_table)) else ()


def _names_both_ends(text: str) -> bool:
    return sum(_ENDPOINT.fullmatch(word) is not None for word in text.split()) >= BOTH


def is_row(text: str) -> bool:
    """Whether a text looks like a row of a table, of whatever tool."""
    words = text.split()
    if len(words) < LEAST:
        return False
    if _OF_FAMILY.match(text.lstrip()):
        return is_of_family(text)
    return holds_data(text) or (any(map(str.isdecimal, words)) and begins_as_rows_do(text))


def is_of_family(text: str) -> bool:
    """Whether a text looks like a row of sockets that are not of the internet."""
    numbers = sum(map(str.isdecimal, text.split()))
    return numbers >= NUMBERS and _OF_FAMILY.match(text.lstrip()) is not None


def is_of_table(text: str) -> bool:
    """Whether a text looks like a line of a table: a row, though it were damaged, or a heading."""
    return is_row(text) or begins_as_rows_do(text) or is_heading(text)


def is_heading(text: str) -> bool:
    """Whether a text names columns."""
    return _NAMES.search(text) is not None


def _split(pattern: re.Pattern[str], line: str) -> tuple[str, ...]:
    """What stands before, between and behind all that a pattern finds.

    A tag stays: it tells that there are others, which are taken off later.
    """
    places = [0]
    for found in pattern.finditer(line):
        places += (found.end() if found[0][:1] == "<" else found.start(), found.end())
    return tuple(line[a:b] for a, b in zip(places[::2], [*places[1::2], len(line)], strict=True))


def _between_quotes(several: tuple[str, ...]) -> tuple[str, ...]:
    """Lines of one string without the source around it, for which an empty line stands."""
    opening = _opening(several[0]) if len(several) > 1 else None
    if opening is None:
        return several
    last = several[-1]
    closing = next((one for one in _QUOTE.finditer(last) if one[0] == opening[0]), None)
    if closing is None:
        return several
    inner = [several[0][opening.end() :], *several[1:-1], last[: closing.start()]]
    return (*map(unescaped, inner), *([""] if inner[-1].strip() else []))


def _opening(first: str) -> re.Match[str] | None:
    """The quote behind which a string begins; a row has quotes of its own, around its owners."""
    quotes = [*_QUOTE.finditer(first)]
    begins = (one for one in quotes if _begins_one(first[one.end() :]))
    last = quotes[-1] if quotes and not is_row(first) else None
    return next(begins, last)


def unescaped(text: str) -> str:
    r"""A line between quotes as it was: `\t`, and quotes of its own."""
    text = text.replace('""', '"') if DOUBLED.search(text) else text
    return _ESCAPED.sub(r"\1", text.replace(r"\t", "\t").replace(r"\x20", " "))


def is_doubled(text: str) -> bool:
    """Whether quotes of owners are doubled, as they are between others: a name may have its own."""
    return DOUBLED.search(text) is not None and '"' in _OWNERS.sub("", text)


DOUBLED = later(r'\(\(""[^"\n]+"",')
"""How quotes of owners are escaped in CSV, C# and Visual Basic."""
_OWNERS = later(r"users:\(\(.*?\)\)")
_QUOTE = later(rf"(?<!\\)\\*+(?:\"{{3}}|'{{3}}|[{QUOTES}])")
_ESCAPED = later(rf"\\{{1,3}}([{QUOTES}\\])")
