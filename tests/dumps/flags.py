"""A command line as a printer's layout: the release that is run, and what its options change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from types import ModuleType
from typing import Any

Fields = Mapping[str, object]
"""Fields of a printer's `Layout`, and their values."""


def chosen(printer: ModuleType, release: str, options: str) -> Any:
    """What a release prints with these options.

    Args:
        printer: Its `PLAIN` is the layout without options, its `RELEASES` and `OPTIONS` what they
            change in it; an option is a letter, or a word that stands alone.
        release: As `RELEASES` calls it.
        options: As on a command line, `-an state established`.

    Raises:
        KeyError: The printer knows no such release or option.
    """
    fields = dict(printer.RELEASES[release])
    for name in _names(options):
        fields |= printer.OPTIONS[name]
    return replace(printer.PLAIN, **fields)


def _names(options: str) -> Iterator[str]:
    """Letters and words; a letter that is given twice, as in `-vv`, is an option of its own."""
    for word in options.split():
        letters = ("".join(same) for _, same in groupby(word[1:]))
        yield from letters if word.startswith("-") else [word]
