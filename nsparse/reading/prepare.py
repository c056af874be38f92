"""Bytes to the lines that are read: decoded, and what escaped a whole text taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nsparse.reading.coded import SIGNS, Plain, may_be_coded, uncoded
from nsparse.reading.tail import LOOK, WHOLE, Tail, tail_of
from nsparse.reading.text import Decoded, decode
from nsparse.reading.text import lines as split_lines

if TYPE_CHECKING:
    from nsparse.reading.columns.runs import Runs


@dataclass(frozen=True)
class Prepared:
    """The lines of a text, as they stand and as they were before something escaped them.

    Attributes:
        decoded: How the bytes were read.
        lines: The lines as they stand.
        plain: The lines as they were.
        runs: Who reads many of these at a time, if anybody.
        tail: How the text stops.
    """

    decoded: Decoded
    lines: Sequence[str]
    plain: Plain
    runs: Runs | None = None
    tail: Tail = WHOLE


def prepared(data: bytes, encoding: str | None, *, many: bool) -> Prepared:
    """The lines of some bytes.

    Args:
        data: The bytes.
        encoding: Overrides the detection.
        many: Whether to prepare for reading many lines at a time.
    """
    if not many:
        return _line_by_line(data, encoding)
    from nsparse.reading.columns.lines import is_plain, lines_of, lines_of_text
    from nsparse.reading.columns.runs import Runs

    if encoding is None and is_plain(data, SIGNS) and not may_be_coded(data):
        lines = lines_of(data)
        tail = tail_of(data[-2 * LOOK :].decode("ascii"))
        return Prepared(Decoded("", "utf-8"), lines, Plain(lines), Runs(lines), tail)
    text = _line_by_line(data, encoding)
    plain = [line for line in text.plain.lines if line is not None]
    if len(plain) < len(text.plain.lines):
        return text  # lines that were joined have no place in the bytes
    lines = lines_of_text(plain)
    return replace(text, plain=replace(text.plain, lines=lines), runs=Runs(lines))


def _line_by_line(data: bytes, encoding: str | None) -> Prepared:
    decoded = decode(data, encoding)
    lines = split_lines(decoded.text)
    tail = tail_of(decoded.text[-2 * LOOK :])
    return Prepared(decoded, lines, uncoded(decoded.text, lines), tail=tail)
