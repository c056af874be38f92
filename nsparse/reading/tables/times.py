"""Lines that say when: nothing but a date or a time, or with one at their beginning."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

# `date` in the C locale, in American and British English (`date` of newer coreutils puts AM or PM
# behind the time) and without a zone (ctime), with an optional OSWatcher mark, which may go on;
# ISO 8601, also with a day of the week before it and the name of a zone behind it (systemd).
# Before it may stand what loops and scripts write: `=== `, `zzz ***`, `Time: `.
_LABEL = r"(?:[#=*-]+\s*|zzz \*+ ?)?(?:[^\W\d_][^\d:：=|<>\[\](]{0,24}[:：=]\s*)?"
# What OSWatcher puts behind it in some releases.
_INTERVAL = r"\s*[#=*-]*(?:Sample [Ii]nterval: [0-9]+ [Ss]econds?)?"
_DATE = re.compile(
    rf"{_LABEL}[A-Z][a-z]{{2}},? "
    r"(?:(?P<month>[A-Z][a-z]{2})[ \t]{1,2}(?P<day>[0-9]{1,2})"
    r"|(?P<day_first>[0-9]{1,2}) (?P<month_next>[A-Z][a-z]{2})(?: (?P<year_next>[0-9]{4}))?)"
    r",? (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?: (?P<half>[AP]M))?"
    rf"(?: (?P<zone>[A-Z]{{3,5}}|[+-][0-9]{{4}}))?(?: (?P<year>[0-9]{{4}}))?{_INTERVAL}"
)
# `date` in other languages: weekday, day and month in either order, the year before the time or at
# the end; in East Asia year, month and day with their signs.
_WORD = r"[^\W\d_]{2,10}\.?"
_ELSEWHERE = re.compile(
    rf"{_LABEL}(?:{_WORD},? (?:(?P<day>[0-9]{{1,2}})\.? (?:de )?(?P<month>{_WORD})"
    rf"|(?P<month_next>{_WORD}) (?P<day_next>[0-9]{{1,2}})\.?)(?: (?:de )?(?P<year>[0-9]{{4}}))?,?"
    r"|(?P<year_first>[0-9]{4})[年.] ?(?P<month_number>[0-9]{1,2})[月.] ?"
    r"(?P<day_number>[0-9]{1,2})[日.](?: ?\(?[^\W\d_]{1,4}\)?)?)"
    r" (?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}),?"
    r"(?: \(?(?:UTC(?=[+-]))?(?P<zone>[A-Z]{3,5}|[+-][0-9]{2}(?:[0-9]{2})?)\)?)?"
    rf"(?: (?P<year_next>[0-9]{{4}}))?{_INTERVAL}"
)
_SPELLED = r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}"
_OFFSET = r"(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_ISO = re.compile(
    rf"{_LABEL}(?:[A-Z][a-z]{{2}},? )?(?P<stamp>{_SPELLED}(?:\.[0-9]+)?{_OFFSET})"
    rf"(?: (?P<zone>[A-Z]{{3,5}}))?{_INTERVAL}"
)
# ExaWatcher: month, day and year, in the time of the host.
_EXA = re.compile(
    r"zzz <(?P<month>[0-9]{2})/(?P<day>[0-9]{2})/(?P<year>[0-9]{4}) (?P<time>[0-9:]{8})>"
    r"(?: Count:[0-9]+)?"
)
_STAMP = re.compile(rf"\[?(?P<stamp>{_SPELLED}(?:[.,][0-9]+)?{_OFFSET})(?=\]?:?(?:[ \t]|$))")
# Seconds since 1970 with fractions, as `ts %.s` and logs have them.
_EPOCH = re.compile(r"\[?(?P<seconds>[0-9]{10}\.[0-9]{3,9})(?=\]?:?(?:[ \t]|$))")
_DAY = re.compile(r"^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_FINER = re.compile(r"(?<=\.[0-9]{6})[0-9]+")
_CLOCK = re.compile(rf"{_LABEL}[0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}}(?: [AP]M)?\s*[#=*-]*")
_HALVES = {None: "%H:%M:%S", "AM": "%I:%M:%S %p", "PM": "%I:%M:%S %p"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OTHER_MONTHS = (
    *("jan ene gen янв", "feb fév fev фев", "mar mär mrz mrt мар", "apr avr abr апр"),
    *("may mai mei mag maj май мая", "jun juin giu июн", "jul juil lug июл", "aug aoû ago авг"),
    *("sep set сен", "oct okt ott out окт", "nov ноя", "dec déc dez dic дек"),
)
"""How the months begin in English, German, French, Spanish, Portuguese, Italian, Dutch, Russian and
the languages of Scandinavia."""
ZONES = {
    **{"UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3},
    **{"MSK": 3, "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PDT": -7, "AKST": -9},
    **{"AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "HKT": 8, "WIB": 7, "AEST": 10, "AEDT": 11},
    **{"AWST": 8, "NZST": 12, "NZDT": 13, "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1},
}
"""Hours east of Greenwich, by the names of the tz database that are one zone's alone among those of
today, or nearly so (CDT is Cuba's too). CST, IST and PST are several's."""


def moment(line: str) -> tuple[datetime, bool] | None:
    """Read a line that is nothing but a time; the flag says whether it named a zone we know.

    >>> moment("Sun Nov 22 10:43:50 UTC 2026")[0].isoformat()
    '2026-11-22T10:43:50+00:00'
    >>> moment("Sun 2026-11-22 10:43:50 CET")[0].isoformat()
    '2026-11-22T10:43:50+01:00'
    """
    found = _ISO.fullmatch(line)
    if found:
        return _dated_iso(found["stamp"], found["zone"] or "")
    found = _EXA.fullmatch(line)
    if found:
        return _dated_iso("{year}-{month}-{day} {time}".format(**found.groupdict()))
    found = _DATE.fullmatch(line)
    when = _dated(found) if found else None
    elsewhere = None if when else _ELSEWHERE.fullmatch(line)
    return _dated_elsewhere(elsewhere) if elsewhere else when


def _dated(found: re.Match[str]) -> tuple[datetime, bool] | None:
    """What `date` printed; None without a year, or where no calendar has the day."""
    month = found["month"] or found["month_next"]
    year = found["year"] or found["year_next"]
    if year is None or month not in _MONTHS:
        return None
    offset, known = _offset(found["zone"] or "")
    day = int(found["day"] or found["day_first"])
    clock = _HALVES[found["half"]]
    stamp = (
        f"{year} {_MONTHS.index(month) + 1} {day} {found['time']} {found['half'] or ''} {offset}"
    )
    try:
        return datetime.strptime(stamp, f"%Y %m %d {clock} %z"), known
    except ValueError:
        return None


def _offset(zone: str) -> tuple[str, bool]:
    """The difference to UTC as `%z` reads it, and whether the zone is one that is known.

    >>> _offset("CET"), _offset("-0330"), _offset("IST")
    (('+0100', True), ('-0330', True), ('+0000', False))
    """
    if zone[:1] in ("+", "-"):
        return f"{zone:0<5}", True
    return f"{ZONES.get(zone, 0):+03}00", zone in ZONES


def _dated_elsewhere(found: re.Match[str]) -> tuple[datetime, bool] | None:
    """What `date` printed in another language; None where no month begins so."""
    year = found["year"] or found["year_next"] or found["year_first"]
    word = (found["month"] or found["month_next"] or "").lower()
    begins = (any(map(word.startswith, names.split())) for names in _OTHER_MONTHS)
    months = [number for number, fits in enumerate(begins, 1) if fits and word]
    month = int(found["month_number"] or (months[0] if len(months) == 1 else 0))
    if year is None or not month:
        return None
    day = found["day"] or found["day_next"] or found["day_number"]
    offset, known = _offset(found["zone"] or "")
    try:
        stamp = f"{year} {month} {day} {found['time']} {offset}"
        return datetime.strptime(stamp, "%Y %m %d %H:%M:%S %z"), known
    except ValueError:
        return None


def _dated_iso(stamp: str, zone: str = "") -> tuple[datetime, bool] | None:
    """What ISO 8601 says; None where no calendar has the day, or no zone is so far off.

    It has no blank before the zone, and at most six digits of a second are kept. The name of a zone
    tells what the stamp does not.
    """
    text = _FINER.sub("", stamp.replace(" +", "+").replace(" -", "-").replace(",", "."))
    text = _DAY.sub(lambda day: "{}-{:0>2}-{:0>2}".format(*day.groups()), text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    if when.tzinfo:
        return when, True
    hours = ZONES.get(zone)
    there = UTC if hours is None else timezone(timedelta(hours=hours))
    return when.replace(tzinfo=there), hours is not None


def clock(line: str) -> bool:
    """Whether a line is nothing but a time of day, between marks or not: `=== 12:00:01 ===`."""
    return _CLOCK.fullmatch(line) is not None


def stamp(line: str) -> tuple[datetime, bool] | None:
    """The date and time that a line begins with, and whether it names its zone.

    >>> stamp("2026-11-22T10:43:50Z stdout F tcp 0 0")[0].isoformat()
    '2026-11-22T10:43:50+00:00'
    >>> stamp("1795344230.000000 tcp 0 0")[0].isoformat()
    '2026-11-22T10:43:50+00:00'
    """
    found = _STAMP.match(line)
    since = None if found else _EPOCH.match(line)
    if since is not None:
        return datetime.fromtimestamp(float(since["seconds"]), UTC), True
    return _dated_iso(found["stamp"]) if found else None


def looks_like(line: str) -> bool:
    """Whether a line is written like one that is nothing but a time, whatever its digits are."""
    return any(look.fullmatch(line) for look in (_ISO, _EXA, _DATE, _ELSEWHERE, _CLOCK))
