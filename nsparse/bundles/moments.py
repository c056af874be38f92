"""Times that collectors print or put into names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from nsparse.reading.tables.times import moment

# `date` where the locale is not C: `Sun 22 Nov 2026 03:01:23 PM UTC`.
_OTHER = re.compile(
    r"[A-Z][a-z]{2} +(\d{1,2} [A-Z][a-z]{2} \d{4}) (\d{2}:\d{2}:\d{2})(?: ([AP]M))? (\S+)"
)
_ZONE = re.compile(r"(?<=\d)([+-])(\d{2}):?(\d{2})$")
_FORMATS = {14: "%Y%m%d%H%M%S", 12: "%Y%m%d%H%M", 10: "%y%m%d%H%M"}


def printed(text: str) -> tuple[datetime, bool] | None:
    r"""The first line that is a time; the flag says whether its zone is known.

    >>> printed("I will collect\nSun Nov 22 10:43:50 UTC 2026")[0].isoformat()
    '2026-11-22T10:43:50+00:00'
    """
    for line in text.splitlines()[:40]:
        found = moment(line.strip()) or _other(line.strip())
        if found is not None:
            return found
    return None


def _other(line: str) -> tuple[datetime, bool] | None:
    found = _OTHER.fullmatch(line)
    if found is None:
        return None
    day, clock, half, zone = found.groups()
    form = "%d %b %Y %I:%M:%S %p" if half else "%d %b %Y %H:%M:%S"
    try:
        when = datetime.strptime(" ".join(filter(None, (day, clock, half))), form)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC), zone in ("UTC", "GMT")


def named(text: str) -> tuple[datetime, bool] | None:
    """A time in a name, to the minute at least; a day alone is none.

    >>> named("2026-11-22_10-43-50+0100")[0].isoformat()
    '2026-11-22T10:43:50+01:00'
    >>> named("261122_1043")[0].isoformat(), named("2026-11-22")
    ('2026-11-22T10:43:00+00:00', None)
    """
    zone = _ZONE.search(text)
    bare = text[: zone.start()] if zone else text
    digits = re.sub(r"\D", "", bare.partition(".")[0] if bare.count(".") == 1 else bare)
    form = _FORMATS.get(len(digits))
    if len(digits) == 12 and digits[:2] not in ("19", "20"):
        form = "%y%m%d%H%M%S"
    try:
        when = datetime.strptime(digits, form) if form else None
    except ValueError:
        return None
    if when is None:
        return None
    if zone is None:
        return when.replace(tzinfo=UTC), False
    ahead = timedelta(hours=int(zone[2]), minutes=int(zone[3]))
    return when.replace(tzinfo=timezone(ahead if zone[1] == "+" else -ahead)), True
