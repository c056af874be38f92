"""Texts among numbers: hexadecimal ones and their like, in which letters come and go."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nsparse.reading.columns.lines import STEP
from nsparse.reading.columns.words import PAD, Bools, Positions, Text, with_room
from nsparse.reading.columns.words import Ints as Lengths

LONGEST = 32
"""Longer texts stay as they are."""


def without_texts(text: Text, texts: Mapping[str, str]) -> Text:
    """The same text with digits in place of those, so that lines with others are alike.

    Args:
        text: The text.
        texts: What stands before each at the beginning of a word, and the characters it is of.
    """
    masked = None
    for begin, chars in texts.items():
        starts = _behind(text, begin)
        if not len(starts):
            continue
        masked = text.bytes.copy() if masked is None else masked
        lengths = _lengths(text, starts, chars)
        for at in range(int(lengths.max())):
            masked[starts[lengths > at] + at] = ord("0")
    return text if masked is None else with_room(masked.tobytes())


def _behind(text: Text, begin: str) -> Positions:
    """Where words that begin so go on."""
    found = []
    for at in range(PAD, len(text.bytes) - PAD, STEP):
        part = text.bytes[at - 1 : min(at + STEP, len(text.bytes) - PAD) + len(begin)]
        count = len(part) - len(begin)
        here: Bools = part[:count] <= ord(" ")
        for number, char in enumerate(begin, 1):
            here &= part[number : number + count] == ord(char)
        found.append(here.nonzero()[0] + (at + len(begin)))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _lengths(text: Text, starts: Positions, chars: str) -> Lengths:
    """How long each text is; 0 where a word is more than that."""
    allowed = np.zeros(256, np.bool_)
    allowed[list(chars.encode())] = True
    lengths = np.zeros(len(starts), np.int64)
    going = np.arange(len(starts))
    for at in range(LONGEST):
        going = going[allowed[text.bytes[starts[going] + at]]]
        lengths[going] = at + 1
        if not len(going):
            break
    lengths[text.bytes[starts + lengths] > ord(" ")] = 0
    return lengths
