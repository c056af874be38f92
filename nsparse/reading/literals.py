r"""Rows between the quotes of a program's source: test data, scripts, configuration.

Each row is a string of its own (`"tcp 0 0 ...\n" +`), or a string of several lines begins in front
of one and ends behind one. What stands around goes; a line is never taken for two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from string import ascii_letters, digits

from nsparse.reading.readings import begins_as_rows_do
from nsparse.reading.text import BLANKS
from nsparse.reading.unbroken import FAMILY, QUOTES, is_of_table, is_row, unescaped

LOOK = 1 << 16
"""Sources are smaller, or show it in so many characters."""

LONGEST = 10_000
"""No row is longer."""

FENCE, OWNERS = "```", "users:(("
"""Quotes that are none of a program: what Markdown puts around a text, and `ss` around names."""

# Begins with the quote: few texts hold one, and it is found sooner than what stands before it.
_SIGN = re.compile(
    # A quote, and a protocol or a state of which tables begin their rows.
    rf"[{QUOTES}](?:[ \t]*(?:(?:tcp|udp|raw|TCP|UDP)[0-9v]*|ESTAB|LISTEN|UNCONN|[A-Z]+-WAIT"
    # An end of a socket, and another one or a queue.
    rf"|{FAMILY}|[*0-9][0-9a-f.:*]*[.:](?:[0-9]+|\*)[ \t]+[*0-9][^ \t]*)[ \t]"
    # The end of a string, and of its line.
    rf"|[{QUOTES}]{{0,2}}[ \t]*[;,)\]}}+]*[ \t]*(?P<end>$))",
    re.MULTILINE,
)
_WORD_ENDS = frozenset(f"{ascii_letters}{digits}*)")
_ESCAPES = (r"((\"", "\\n\\\n", "\\n\\\r", "\n\\t ")
"""Quotes of owners that are escaped, line ends that are written out before a real one, and tabs."""

_STRING = re.compile(
    rf"(?P<front>[^{QUOTES}]{{0,80}})(?P<quote>[{QUOTES}])"
    # The owners of a row have quotes of their own, escaped or not.
    r"(?P<inner>(?:\(\(\"(?:(?!\)\)).)*+\)\)|\\.|(?!(?P=quote))[^\\])*+)(?P=quote).*"
)
_FIRST = re.compile(
    rf"(?P<front>[^{QUOTES}]{{0,80}})(?P<quote>[{QUOTES}]){{1,3}}(?P<inner>[^{QUOTES}].*)"
)
_LAST = re.compile(rf"(?P<inner>.*[^{QUOTES} \t])[ \t]*(?P<quote>[{QUOTES}]){{1,3}}[ \t;,)\]}}]*")
_ASSIGNS = re.compile(r"(?:^|[=(,:\[{])[ \t]*\Z")
_LINE_END = re.compile(r"(?:\\[nr])+\\?[ \t]*$")
_CLOSING = re.compile(rf"[ \t]*[{QUOTES}]{{1,3}}[ \t;,)\]}}]*")
_INDENTED = re.compile(r"[ \t]*\\(?:t|x20)")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may be of such a text."""
    return shows(data[:LOOK].decode("latin-1"))


def shows(text: str) -> bool:
    """Whether a text holds a quote where only a program's source has one."""
    if not any(map(text.__contains__, QUOTES)):
        return False
    if any(map(text.__contains__, _ESCAPES)):
        return True
    signs = _SIGN.finditer(text, 0, LOOK)
    return any(sign["end"] is None or _ends_word(text, sign.start()) for sign in signs)


def _ends_word(text: str, at: int) -> bool:
    """Whether a word of a row stands before a place, with or without blanks between."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line.rstrip(BLANKS)[-1:] in _WORD_ENDS


def undone(lines: Sequence[str]) -> Iterator[str | tuple[str, ...]]:
    """What stands between the quotes, where that is a part of a table.

    A line of the source right behind rows is none: it says nothing of them.
    """
    quotes: Counter[str] = Counter()
    rows = closed = False
    for kind, run in groupby(((line, _string(line)) for line in lines), key=_quote):
        near = list(run)
        table = kind and any(said and is_row(said["inner"]) for _, said in near)
        for line, said in near:
            whole = said if table else None
            plain, ends = (_inner(whole), True) if whole else _part(line, quotes)
            code = closed and plain == line and line.strip() and not is_of_table(line)
            yield () if code else plain if whole else _unescaped(plain)
            closed = (ends and bool(whole or is_row(plain))) or (rows and _closes(line))
            rows = is_row(plain)
            quotes.update(char for char in line if char in QUOTES)


def _string(line: str) -> re.Match[str] | None:
    """A line that holds a whole string, and is no row itself."""
    said = _STRING.fullmatch(line) if len(line) <= LONGEST else None
    return said if said and _is_source(said["front"], line) else None


def _quote(pair: tuple[str, re.Match[str] | None]) -> str:
    return pair[1]["quote"] if pair[1] else ""


def _part(line: str, above: Counter[str]) -> tuple[str, bool]:
    """A line without the quotes in which a string of several lines begins, or ends.

    Args:
        line: The line.
        above: How many quotes stand above it: a string is open after an odd number.

    Returns:
        What the string says there, and whether it ends there.
    """
    if len(line) > LONGEST:
        return line, False
    first = _FIRST.fullmatch(line)
    if first and _is_source(first["front"], line):
        opens = _ASSIGNS.search(first["front"]) and line.count(first["quote"]) % 2
        if opens or is_row(first["inner"]):
            return first["inner"], False
    last = _LAST.fullmatch(line)
    if last and line.count(last["quote"]) % 2 and _may_end(last, above):
        return last["inner"], True
    return line, False


def _may_end(last: re.Match[str], above: Counter[str]) -> bool:
    """Whether a string is open; a text that begins within one holds too few quotes above."""
    return above[last["quote"]] % 2 == 1 or (last["quote"] != '"' and is_row(last["inner"]))


def _closes(line: str) -> bool:
    return _CLOSING.fullmatch(line) is not None


def _is_source(front: str, line: str) -> bool:
    return not (FENCE in line or OWNERS in front or begins_as_rows_do(front))


def _inner(string: re.Match[str]) -> str:
    return unescaped(_LINE_END.sub("", string["inner"]))


def _unescaped(line: str) -> str:
    """A line that shows to be of a string as it was; any other as it stands."""
    plain = _LINE_END.sub("", line)
    escaped = plain != line or _ESCAPES[0] in line or _INDENTED.match(line)
    return unescaped(plain) if escaped else line
