"""Texts without headings: whose rows they are that only a heading makes rows.

`ss -H` prints none, and asked for sockets in one state it prints no word for that: what is left of
a row may as well be one of another tool that was cut. Where one dialect reads such lines below its
own heading, and all other rows of the text as well, it is that heading that was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from nsparse.reading.sockets import SEEN_AT_MOST
from nsparse.reading.tables.floor import Floor
from nsparse.reading.tables.table import Sections, Voice
from nsparse.reading.texts.text import BLANKS

LOOK = 500
"""So many lines show what a text holds of which nobody has read a row."""


def who_left_headings_out(
    found: Sections, floor: Floor, lines: Sequence[str | None]
) -> list[Voice]:
    """The dialect whose heading is missing in a text, or none.

    Args:
        found: What was read of the text without that.
        floor: Who read it.
        lines: Its lines.
    """
    if floor.headed:
        return []
    lost: Sequence[str | None] = [one.text for one in found.unread[:LOOK]]
    rows = [row.text for table in found.tables for row in table.records[:SEEN_AT_MOST]]
    texts = ((line or "").strip(BLANKS) for line in (lost if rows else lines[:LOOK]))
    claims = {voice for text in texts if text for voice, _ in floor.claiming("bare", text)}
    able = [voice for voice in claims if all(voice.reads(row, headed=True) for row in rows)]
    return able if len(able) == 1 else []
