"""The tree of errors, and how a damaged line is shown to a person.

    ValueError
    └── NsparseError             everything that nsparse refuses
        ├── NotASocketTable      a whole file is something else, named
        ├── DumpError            one line does not follow its table
        ├── BundleError          an archive of which nothing can be read
        ├── ConfigError          an option or a config file asks for the impossible
        ├── UnknownName          a name that nothing has (with the nearest one that exists)
        └── GrammarError         a dialect's grammar cannot be used
            └── NotRegular       a rule has no equal regular expression

All data of an error is in ``args``, so that it survives the way out of a worker process. Errors of
other libraries (lark, codecs, zipfile) do not leave the core: they become one of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = [
    "BundleError",
    "ConfigError",
    "DumpError",
    "GrammarError",
    "NotASocketTable",
    "NotRegular",
    "NsparseError",
    "UnknownName",
    "because",
    "harmless",
    "nearest",
]

SHOWN_WIDTH = 100
"""Columns of a shown line: with the indent of two it fits a terminal and a code review."""

SHOWN_EXPECTED = 6
"""More alternatives than this help nobody; the rest is an ellipsis."""

SUCH_AS = " such as "
"""Between a kind of cell and examples of it."""

SHOWN_NAMES = 12
"""As many names are listed where none is near; `nsparse list` has them all."""

NEAR = 0.7
"""How alike names are of which one may have been meant: `warn` and `warning` are, 0.73."""

# What may move a cursor, hide text, reverse its direction or end a line: C0 and C1 controls, DEL,
# soft hyphen, Arabic letter mark, zero width and direction marks, line and paragraph separator,
# embeddings and isolates, BOM, interlinear marks, lone surrogates (they cannot be encoded), tags.
_DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    r"""Return a text of unknown origin as it may be printed: controls as escapes, a tab as a blank.

    >>> print(harmless("a\x1b[31mb"))
    a\x1b[31mb
    """
    plain = text.isascii() and text.isprintable()  # nearly all are, which takes a tenth of the time
    return text if plain else _DANGEROUS.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    char = found.group()
    if char == "\t":
        return " "
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _columns(text: str) -> int:
    """Count a harmless text's terminal columns (wide characters take two, combining ones none)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _with_caret(text: str, column: int) -> str:
    """Return the line and below it a caret under ``column`` (from 1; one behind it is its end)."""
    at = min(max(column - 1, 0), len(text))
    start = max(0, min(at - SHOWN_WIDTH // 2, len(text) - SHOWN_WIDTH))
    stop = start + SHOWN_WIDTH
    before = ("…" if start else "") + harmless(text[start:at])
    after = harmless(text[at:stop]) + ("…" if stop < len(text) else "")
    return f"  {before}{after}".rstrip() + f"\n  {' ' * _columns(before)}^"


def _one_of(words: Sequence[str]) -> str:
    """Join alternatives as a person says them.

    >>> _one_of(["a state", "a netid such as tcp", "a netid such as nl"])
    'a state or a netid such as tcp, nl'
    """
    kinds: dict[str, list[str]] = {}
    for word in words:
        kind, _, example = word.partition(SUCH_AS)
        kinds.setdefault(kind, []).extend([example] if example else [])
    words = [kind + (SUCH_AS + ", ".join(some) if some else "") for kind, some in kinds.items()]
    if len(words) > SHOWN_EXPECTED:
        return ", ".join(words[:SHOWN_EXPECTED]) + ", …"
    if len(words) > 1:
        return f"{', '.join(words[:-1])} or {words[-1]}"
    return words[0] if words else ""


def because(error: OSError) -> str:
    """Why the system refused, as the end of a sentence.

    >>> because(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    why = error.strerror or str(error)
    return harmless(why[:1].lower() + why[1:])


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was most likely meant, if one is near; `_` and `-` are the same.

    >>> nearest("close_wait_leek", ["close-wait-leak"]), nearest("bogus", ["BOUND"])
    ('close-wait-leak', None)
    """
    import difflib

    by_lower = {each.lower().replace("_", "-"): each for each in known}
    near = difflib.get_close_matches(name.lower().replace("_", "-"), by_lower, n=1, cutoff=NEAR)
    return by_lower[near[0]] if near else None


class NsparseError(ValueError):
    """Everything that nsparse refuses; catch this one."""

    def __str__(self) -> str:
        return harmless(super().__str__())


class NotASocketTable(NsparseError):
    """A file without a socket table.

    Args:
        file: The file, as the user named it.
        what: What it is instead, with its article: "a routing table (`netstat -r`)".
        hint: What to do instead, as a sentence without its full stop; may be empty.
    """

    def __init__(self, file: str, what: str, hint: str = "") -> None:
        super().__init__(file, what, hint)
        self.file, self.what, self.hint = file, what, hint

    def __str__(self) -> str:
        what = harmless(self.what)
        not_that = "" if "socket table" in what else ", not a socket table"
        way_out = f"; {harmless(self.hint)}" if self.hint else ""
        return f"{harmless(self.file)}: this is {what}{not_that}{way_out}"


class DumpError(NsparseError):
    """One line that does not follow its table.

    Args:
        file: The file, as the user named it.
        line: Its line, from 1.
        column: The first character that does not fit, from 1; one behind it at its end.
        text: The line as it stands in the file.
        expected: What could have stood there, in plain words.
    """

    def __init__(
        self, file: str, line: int, column: int, text: str, expected: tuple[str, ...] = ()
    ) -> None:
        super().__init__(file, line, column, text, expected)
        self.file, self.line, self.column = file, line, column
        self.text, self.expected = text, expected

    @property
    def reason(self) -> str:
        """What was wanted, in one phrase."""
        return (
            f"expected {_one_of(self.expected)}" if self.expected else "does not follow its table"
        )

    def __str__(self) -> str:
        place = f"{harmless(self.file)}:{self.line}:{self.column}"
        return f"{place}: {harmless(self.reason)}\n{_with_caret(self.text, self.column)}"


class BundleError(NsparseError):
    """An archive of which nothing can be read.

    Args:
        file: The archive, as the user named it.
        why: What is wrong with it, without a full stop.
    """

    def __init__(self, file: str, why: str) -> None:
        super().__init__(file, why)
        self.file, self.why = file, why

    def __str__(self) -> str:
        return harmless(f"{self.file}: {self.why}")


class ConfigError(NsparseError):
    """An option or a config file that asks for the impossible; the message says what would do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnknownName(NsparseError):
    """A name that nothing has.

    Args:
        kind: What was looked for: "dialect", "diagnosis", "column".
        name: The name as it was given.
        known: The names that exist.
    """

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        super().__init__(kind, name, tuple(known))
        self.kind, self.name, self.known = kind, name, tuple(known)

    @property
    def nearest(self) -> str | None:
        """The known name that was most likely meant, if one is near."""
        return nearest(self.name, self.known)

    def __str__(self) -> str:
        message = f"no {self.kind} is named {self.name!r}"
        if self.nearest is not None:
            message += f"; did you mean {self.nearest}?"
        elif len(self.known) > SHOWN_NAMES:
            message += "; `nsparse list` shows what there is"
        elif self.known:
            message += f"; known: {', '.join(sorted(self.known))}"
        return harmless(message)


class GrammarError(NsparseError):
    """A dialect's grammar that cannot be used.

    Args:
        grammar: The name of the grammar or dialect.
        reason: What is wrong with it, and in which rule.
    """

    def __init__(self, grammar: str, reason: str) -> None:
        super().__init__(grammar, reason)
        self.grammar, self.reason = grammar, reason

    def __str__(self) -> str:
        return f"grammar {harmless(self.grammar)}: {harmless(self.reason)}"


class NotRegular(GrammarError):
    """A rule that is no regular expression, or not the same one in every engine."""
