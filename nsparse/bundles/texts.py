"""What stands in one text of a bundle: one command, or several one after another, or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

JSON = re.compile(rb'\s*(?:\{\s*"|\[\s*[{\["])')
"""How a document begins; a shell prompt begins with a bracket, too."""
JSON_AT_MOST = 32 << 20
"""Characters of JSON that are taken apart; it needs ten times as much memory."""
NAMES = ("command", "cmd", "subsection", "section", "name", "ref", "tag")
"""Keys by which collectors name what they ran."""


class Part(NamedTuple):
    """The output of one command: what was run, where its heading, it itself and its end are."""

    command: str
    start: int
    body: int
    stop: int


def parts(text: str, heading: re.Pattern[str]) -> list[Part]:
    """The commands of a text, and what stands before the first of them."""
    found = [(match["command"], *match.span()) for match in heading.finditer(text)]
    begun = [("", 0, 0), *found, ("", len(text), len(text))]
    return [Part(name, start, body, stop) for (name, start, body), (_, stop, _) in pairwise(begun)]


def blanked(text: str, keep: list[Part]) -> str:
    """A text with all but some parts as blank lines, so that lines keep their numbers."""
    pieces, at = [], 0
    for part in keep:
        pieces += ["\n" * text.count("\n", at, part.start), text[part.start : part.stop]]
        at = part.stop
    return "".join([*pieces, "\n" * text.count("\n", at)])


def in_json(text: str) -> Iterator[tuple[str, str]]:
    r"""The texts inside JSON, each with the name that stands beside it.

    >>> list(in_json('{"section": "netstat", "output": ["Proto", "tcp"]}'))
    [('netstat', 'Proto\ntcp')]
    """
    if len(text) > JSON_AT_MOST:
        return
    for document in _documents(text):
        yield from _walk(document, "")


def _documents(text: str) -> Iterator[Any]:
    """One document, or one a line."""
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        for line in text.splitlines():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _walk(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Nested as deep as json allowed it, which is as deep as Python may go."""
    if isinstance(value, dict):
        told = [value[key] for key in NAMES if isinstance(value.get(key), str)]
        for key, inner in value.items():
            if key not in NAMES:
                yield from _walk(inner, told[0] if told else str(key))
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield name, "\n".join(value)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, name)
    elif isinstance(value, str) and "\n" in value:
        yield name, value
