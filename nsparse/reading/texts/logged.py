"""What a program puts before every line that it passes on, or behind it: a level, a task, a mark.

Such fronts are as many as programs, so none is known here: the heading of a table shows what
stands before it, and the line below has the same. Fronts that are known one line at a time are
left to `nsparse.reading.texts.mend`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile

from nsparse.reading.tables.noise import holds_numbers
from nsparse.reading.texts.mend import STAMP, mended
from nsparse.reading.texts.text import BLANKS, line_at
from nsparse.reading.texts.unbroken import QUOTES, is_row

LONGEST = 200
"""No front is longer."""

LOOK = 1 << 16
"""A text with fronts shows them in so many characters."""

BELOW = 3
"""A rule, or an empty line, may stand between a heading and its first row."""

MOST = 20
"""A text has no more fronts."""

NO_FRONTS = ("", "-")
"""What a diff has taken away does not stand there any more."""

MARKS = "$\\\u00b6\u21b5\u23ce"
"""How a line end is shown: `cat -A` and editors, Markdown's hard break, word processors."""

WORDS = ("Recv-Q", "Proto ", "Local Address")
"""One of them is in every heading: looked for first."""

_HEADING = re.compile(
    r"(?<=[ \t:>|)\]])(?:Proto[ \t]+(?:Recv-Q|RefCnt|Local|Listen)|Proto {2,}[^ \t]"
    r"|(?:Netid[ \t]*)?(?:State[ \t]+)?Recv-Q[ \t]+Send-Q|Local Address +Remote Address"
    r"|Address +Type +Recv-Q)"
)
_TIME = re.compile(rf"(?<![^ \t])(?:{STAMP})")
_ZONES = re.compile("(?<=[0-9])[TZ]")


def may_be(data: bytes) -> bool:
    """Whether ASCII bytes may have fronts, or show line ends."""
    text = data[:LOOK].decode("latin-1")
    return shows(text) or shows_ends(text)


def shows(text: str) -> bool:
    """Whether a heading has a front, and the line below has the same."""
    return bool(_fronts(text[:LOOK]))


def undone(lines: Sequence[str]) -> Iterator[str]:
    """The lines with blanks for their fronts, but for the time in one."""
    lengths = accumulate(len(line) + 1 for line in lines)
    head = sum(1 for _ in takewhile(LOOK.__gt__, lengths)) + 1
    fronts = re.compile("|".join(_fronts("\n".join(lines[:head])[:LOOK])) or r"(?!)")
    for line in lines:
        front = fronts.match(line)
        yield _blank(front[0]) + line[front.end() :] if front else line


def shows_ends(text: str) -> bool:
    """Whether line ends are shown, in a heading and in the row below."""
    return any(
        line[-1:] in MARKS and any(is_row(row) and row[-1:] == line[-1:] for row in below)
        for line, *below in _headed(text[:LOOK])
        if line
    )


def without_ends(lines: Sequence[str]) -> Iterator[str]:
    """The lines without marks for their ends."""
    for line in lines:
        text = line.rstrip(BLANKS)
        yield text[:-1] if text and text[-1] in MARKS else line


def _blank(front: str) -> str:
    time = _TIME.search(front)
    if time is None:
        return " " * len(front)
    return (" " * time.start() + time[0]).ljust(len(front))


def _fronts(text: str) -> list[str]:
    """Expressions for what stands before the headings of a text, the longest first."""
    found = set[str]()
    for line, *below in _headed(text):
        heading = None if _begins_one(line) else _HEADING.search(line, 0, LONGEST)
        front = line[: heading.start()] if heading else ""
        if front.strip(BLANKS) not in NO_FRONTS and set(QUOTES).isdisjoint(front):
            like = _like(front)
            if _goes_on(re.compile(like), below) and not _is_known(line):
                found.add(like)
        if len(found) == MOST:
            break
    return sorted(found, key=len, reverse=True)


def _headed(text: str) -> Iterator[list[str]]:
    """Every line that may be a heading, and the next ones."""
    for word in WORDS:
        at = text.find(word)
        while at >= 0:
            first, end = line_at(text, at, "\n")
            near = text[first : end + BELOW * LONGEST].splitlines()[: BELOW + 1]
            yield [line.rstrip(BLANKS) for line in near]
            at = text.find(word, end)


def _begins_one(line: str) -> bool:
    """Whether a line begins with a heading."""
    return _HEADING.match(f" {line[:LONGEST].lstrip(BLANKS)}", 1) is not None


def _like(front: str) -> str:
    """What is like a front: its words, any numbers and times for its own, any blanks."""
    core = front.rstrip(BLANKS)
    words = [
        r"[ \t]+" if not word.strip(BLANKS) else _any_number(word)
        for word in re.split("([ \t]+)", core)
        if word
    ]
    return "".join(words) + (r"(?=[ \t]|$)" if core[-1].isalnum() else "")


def _any_number(word: str) -> str:
    """A word as it stands, with any number for each of its own where it holds no letters."""
    named = any(map(str.isalpha, _ZONES.sub("", word)))
    escaped = re.escape(word)
    return escaped if named else re.sub("[0-9]+", "[0-9]+", escaped)


def _goes_on(like: re.Pattern[str], below: Sequence[str]) -> bool:
    """Whether a row stands below, behind the same."""
    fronts = ((like.match(line), line) for line in below)
    return any(front and _may_be_row(line[front.end() :]) for front, line in fronts)


def _may_be_row(text: str) -> bool:
    """Whether a text may be a row, of whatever section."""
    return is_row(text) or holds_numbers(text)


def _is_known(line: str) -> bool:
    """Whether a mend of single lines leaves a heading without its front."""
    return any(_begins_one(rest) for _, rest in mended(line.strip(BLANKS)))
