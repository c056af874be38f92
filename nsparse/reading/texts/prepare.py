"""Bytes to the lines that are read: decoded, and what escaped a whole text taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nsparse.reading.damage.tail import LOOK, WHOLE, Tail, tail_of
from nsparse.reading.texts.coded import LOGGED, SIGNS, Plain, may_be_coded, uncoded
from nsparse.reading.texts.controls import LOOK as LOOK_AT
from nsparse.reading.texts.controls import Steering, steering
from nsparse.reading.texts.text import BLANKS, Decoded, decode
from nsparse.reading.texts.text import lines as split_lines

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

    def fronted(self, number: int, text: str) -> str:
        """A line that was read, with what a log had put before it, if that is seen by its heading.

        Args:
            number: The number of the line as it was.
            text: What was read of it.
        """
        whole = self.lines[self.plain.number(number) - 1] if LOGGED in self.plain.mended else ""
        return whole if whole.rstrip(BLANKS).endswith(text.strip(BLANKS)) else text


def prepared(
    data: bytes, encoding: str | None, known: Steering | None = None, *, many: bool
) -> Prepared:
    """The lines of some bytes.

    Args:
        data: The bytes.
        encoding: Overrides the detection.
        known: What steers a terminal in every line, where that was looked for above these bytes.
        many: Whether to prepare for reading many lines at a time.
    """
    if not many:
        return _line_by_line(data, encoding, known)
    from nsparse.reading.columns.lines import lines_of_text
    from nsparse.reading.columns.runs import Runs

    whole = _as_bytes(data, known) if encoding is None else None
    if whole is not None:
        return whole
    text = _line_by_line(data, encoding, known)
    plain = [line for line in text.plain.lines if line is not None]
    if len(plain) < len(text.plain.lines):
        return text  # lines that were joined have no place in the bytes
    lines = lines_of_text(plain)
    return replace(text, plain=replace(text.plain, lines=lines), runs=Runs(lines))


def _as_bytes(data: bytes, known: Steering | None) -> Prepared | None:
    """The lines of bytes that no line needs to be decoded for; None where one does."""
    from nsparse.reading.columns.lines import changed, is_plain, lines_of
    from nsparse.reading.columns.runs import Runs

    unsigned = is_plain(data, SIGNS)
    if not (unsigned or is_plain(data)):
        return None
    lines = plain = lines_of(data)
    mended = {}
    found = known or steering(lines[:LOOK_AT])
    if found.name:
        plain = lines_of(found.off_bytes(data))
        if len(plain) != len(lines):
            return None  # what was taken out stood within a line end
        unsigned = is_plain(plain.data, SIGNS)
        mended[found.name] = changed(lines, plain)
    if not unsigned or may_be_coded(plain.data):
        return None
    tail = tail_of(data[-2 * LOOK :].decode("ascii"))
    return Prepared(Decoded("", "utf-8"), lines, Plain(plain, mended=mended), Runs(plain), tail)


def _line_by_line(data: bytes, encoding: str | None, known: Steering | None) -> Prepared:
    decoded = decode(data, encoding)
    lines = split_lines(decoded.text)
    tail = tail_of(decoded.text[-2 * LOOK :])
    found = known or steering(lines)
    if not found.name:
        plain = uncoded(decoded.text, lines, whole=known is None)
        return Prepared(decoded, lines, plain, tail=tail)
    inner = found.off(lines)
    count = sum(new != old for new, old in zip(inner, lines, strict=True))
    plain = uncoded("\n".join(inner), inner)
    mended = Counter({found.name: count}) + Counter(plain.mended)
    return Prepared(decoded, lines, replace(plain, mended=mended), tail=tail)
