"""What people say between tables: sentences, in any language."""

from __future__ import annotations

import re

from nsparse.reading.tables.noise import holds_numbers

_STOPS = re.compile("[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]")
"""What parts sentences in scripts that part no words."""
_SPOKEN_WORD = re.compile(
    r"[\"'(\u00ab\u201c\u201e]?(?P<first>[^\W\d_])(?:['\u2019-]?[^\W\d_])*[\"')\u00bb\u201d\u201c]?[.,;:!?]*"
)
SENTENCE = 4
"""Of so many words and more at most one in so many is none of letters alone."""


def is_sentence(line: str) -> bool:
    r"""Whether a line is what people say: words of letters, most of them small, or no words at all.

    What is left of a row, such as a program's name, has fewer words, or capitals.

    >>> is_sentence("and one hour later, on 198.51.100.7:"), is_sentence("Some App Helper (GPU)")
    (True, False)
    >>> is_sentence("10\u8868\u793a\uff0c128"), is_sentence("tcp O 0 192.0.2.1\uff1a22 ::\uff1a5")
    (True, False)
    """
    if _STOPS.search(line) and not holds_numbers(line):
        return True
    words = line.split()
    spoken = [found for found in map(_SPOKEN_WORD.fullmatch, words) if found]
    small = sum(not found["first"].isupper() for found in spoken)
    return (
        len(words) >= SENTENCE
        and len(words) - len(spoken) <= len(words) // SENTENCE
        and 2 * small > len(words)
    )
