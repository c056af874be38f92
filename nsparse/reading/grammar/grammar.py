"""One grammar a dialect, and what is derived from it.

`parsers/NAME.lark` describes every kind of line of the dialect NAME, one line at a
time: `row` and, where they exist, the kinds of `KINDS`. A terminal whose name does
not start with `_` is a *field*; a field that repeats, with blanks between, is one
free text (`PROGRAM__MORE` goes on with the field `PROGRAM`). From the compiled
grammar come the executors:

* `Exact`, Lark itself: the reference, and the voice of every refusal;
* `nsparse.reading.grammar.derive.Pattern`, one `re` a kind, derived from the same parse table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nsparse.errors import GrammarError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lark import Lark, Token

    from nsparse.reading.grammar.derive import Derived

ROWS = ("row", "bare", "faint")
"""The kinds of row: known by its shape; only its own header makes it one; and under its own
header it still looks like another dialect's, until a row comes that only this one reads.
"""
KINDS = (
    *(*ROWS, "first", "second"),
    *("detail", "owner", "rest"),
    *("header", "banner", "skip", "message"),
)
"""The kinds of line a grammar may name.

`first` and `second` are the lines of a row that is printed on two: neither is anything without
the other. `detail`, `owner` and `rest` continue the row above: indented deeper than it, indented at
all, or anywhere. `skip` opens a section that holds no sockets of ours; `message` is what the tool
says beside the table.
"""

END = "$END"


class Match(NamedTuple):
    """What a kind of line says: the names of its fields and their texts, in order."""

    fields: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """Each field and its text."""
        return zip(self.fields, self.texts, strict=True)


class Refusal(NamedTuple):
    """Where a line leaves its grammar: a 0-based offset and the terminals that would go on."""

    offset: int
    expected: tuple[str, ...]


class Executor(Protocol):
    """Reads one kind of line; both executors give the same answer."""

    def match(self, text: str) -> Match | None:
        """The fields of `text`, or None when it is no such line."""


@dataclass(frozen=True)
class Grammar:
    """The grammar of one dialect; Lark compiles it when it is first needed.

    Attributes:
        name: The dialect.
        text: The grammar as it is written.
        path: Where it lies, for its imports.
        strict: Whether Lark refuses terminals that collide.
        shipped: The patterns as they were derived when the package was built, if any.
    """

    name: str
    text: str
    path: str = ""
    strict: bool = False
    shipped: Derived | None = None

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of line it names."""
        return tuple(k for k in KINDS if re.search(rf"^{k}\s*:", self.text, re.MULTILINE))

    @cached_property
    def lark(self) -> Lark:
        """Lark's parser.

        Raises:
            GrammarError: Lark cannot read the grammar, or it is not LALR(1).
        """
        from lark import Lark
        from lark.exceptions import LarkError

        try:
            return Lark(
                self.text,
                parser="lalr",
                lexer="contextual",
                start=list(self.kinds),
                keep_all_tokens=True,
                source_path=self.path,
                strict=self.strict,
            )
        except LarkError as error:
            raise GrammarError(self.name, str(error)) from error

    @cached_property
    def derived(self) -> Derived:
        """The patterns, as shipped or derived now.

        Raises:
            NotRegular: A rule has no equal pattern.
        """
        from nsparse.reading.grammar.derive import derive_all

        return self.shipped or derive_all(self.lark, self.kinds)

    @property
    def patterns(self) -> Mapping[str, Executor]:
        """The derived patterns, by kind of line."""
        return self.derived.executors

    @cached_property
    def exact(self) -> Mapping[str, Executor]:
        """Lark itself, by kind of line."""
        return {kind: Exact(self, kind) for kind in self.kinds}

    def explain(self, kind: str, text: str) -> Match | Refusal:
        """Let Lark read a line, and say where it leaves the grammar."""
        return Exact(self, kind).read(text)

    def fields(self) -> frozenset[str]:
        """Every field of the grammar."""
        return frozenset(field_name(t.name) for t in self.lark.terminals if is_field(t.name))


class Exact(NamedTuple):
    """Lark's LALR parser with its contextual lexer, one line at a time."""

    grammar: Grammar
    kind: str

    def match(self, text: str) -> Match | None:
        """The fields of `text`, or None when Lark refuses it."""
        outcome = self.read(text)
        return outcome if isinstance(outcome, Match) else None

    def read(self, text: str) -> Match | Refusal:
        """The fields of `text`, or where and why Lark refuses it."""
        from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

        parser = self.grammar.lark.parse_interactive(text, start=self.kind)
        tokens: list[Token] = []
        try:
            tokens.extend(parser.iter_parse())
            parser.feed_eof()  # type: ignore[no-untyped-call]  # lark 1.3.1
        except UnexpectedCharacters as error:
            return _refusal(error.pos_in_stream or 0, _names(error.allowed or ()), tokens)
        except UnexpectedToken as error:
            # At the end of the input Lark gives no position of its own.
            expected = _names(error.accepts or error.expected)
            if error.token.type == END:
                return Refusal(len(text), expected)
            return _refusal(error.token.start_pos or 0, expected, tokens)
        except UnexpectedInput as error:  # pragma: no cover - no third kind is known
            return Refusal(error.pos_in_stream or 0, ())
        return fields_of(text, tokens)


def _refusal(at: int, expected: tuple[str, ...], tokens: list[Token]) -> Refusal:
    """A cell that breaks off in the middle of a word (`1O`) is the cell that is wrong."""
    last = tokens[-1] if tokens else None
    if last is not None and last.end_pos == at and is_field(last.type):
        return Refusal(last.start_pos or 0, (str(last.type),))
    return Refusal(at, expected)


def fields_of(text: str, tokens: Iterable[Token]) -> Match:
    """Tokens to fields: a run of one field, blanks aside, is one text."""
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    for token in tokens:
        if not is_field(token.type):
            continue
        name = field_name(token.type)
        start, end = token.start_pos or 0, token.end_pos or 0
        if names and names[-1] == name:
            spans[-1] = (spans[-1][0], end)
        else:
            names.append(name)
            spans.append((start, end))
    return Match(tuple(names), tuple(text[start:end] for start, end in spans))


def field_name(terminal: str) -> str:
    """The field a terminal belongs to: `PROGRAM` and `PROGRAM__MORE` make one text."""
    return terminal.partition("__")[0]


def _names(terminals: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in terminals))


def is_field(terminal: str) -> bool:
    """Whether a terminal's text is kept."""
    return not terminal.startswith(("_", "$"))


@cache
def load(name: str, package: str = "nsparse.parsers") -> Grammar:
    """The grammar of a dialect, with the patterns that were shipped for it."""
    from nsparse.reading.grammar.shipped import shipped

    source = files(package).joinpath(f"{name}.lark")
    text = source.read_text("utf-8")
    return Grammar(name, text, str(source), shipped=shipped(name, text, package))


def compile_grammar(name: str, text: str, path: str = "") -> Grammar:
    """A grammar from its text, compiled at once.

    Raises:
        GrammarError: Lark cannot read it, or it is not LALR(1).
    """
    grammar = Grammar(name, text, path)
    _ = grammar.lark
    return grammar
