"""Numbers and names in prose: what every sentence of nsparse is put together from."""

from __future__ import annotations

from collections import Counter
from heapq import nlargest, nsmallest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def thousands(n: float) -> str:
    """A whole number with a blank between the thousands.

    >>> thousands(216610)
    '216 610'
    """
    return f"{round(n):,}".replace(",", " ")


def plural(n: int, noun: str, many: str | None = None) -> str:
    """A number and its noun.

    >>> plural(1, "connection"), plural(1200, "connection"), plural(2, "address", "addresses")
    ('1 connection', '1 200 connections', '2 addresses')
    """
    return f"{thousands(n)} {noun if n == 1 else many or noun + 's'}"


def percent(n: float, base: float) -> str:
    """A share in whole percent, with one decimal below one percent.

    >>> percent(6, 7), percent(40, 28232), percent(1, 0)
    ('86 %', '0.1 %', '0 %')
    """
    share = 100 * n / base if base else 0.0
    return f"{share:.1f} %" if 0 < share < 1 else f"{share:.0f} %"


def severities(counts: Mapping[str, int]) -> str:
    """How many findings there are of each severity, in the order given; those of none left out.

    >>> severities({"critical": 2, "warning": 2, "notice": 1, "info": 0})
    '2 critical, 2 warnings, 1 notice'
    """
    return ", ".join(
        plural(n, name) if name in ("warning", "notice") else f"{thousands(n)} {name}"
        for name, n in counts.items()
        if n
    )


def lasted(seconds: float) -> str:
    """A time in the largest unit of which it has more than one.

    >>> lasted(90), lasted(7_300), lasted(1_050_300)
    ('90 seconds', '2 hours', '12 days')
    """
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return plural(int(seconds // size), unit)
    return plural(int(seconds), "second")


def are(n: int) -> str:
    """The verb for so many.

    >>> are(1), are(2)
    ('is', 'are')
    """
    return "is" if n == 1 else "are"


def top(values: Iterable[object], count: int = 3) -> str:
    """The most frequent values with their counts; equal counts in the order of the values.

    Args:
        values: The values, or how often each occurs. A Series counts its own: a column of a large
            dump holds few that differ.
        count: How many of them to name.

    >>> top(["203.0.113.9", "203.0.113.7", "203.0.113.7"])
    '203.0.113.7 (2), 203.0.113.9 (1)'
    """
    counted: dict[str, int] = {}
    for value, n in _counts(values, count):
        word = str(value)
        counted[word] = counted.get(word, 0) + n
    # Of hundreds most are as frequent: these need no more than the order of their words.
    least = min(nlargest(count, counted.values()), default=0)
    more = sorted((-n, word) for word, n in counted.items() if n > least)
    alike = nsmallest(count - len(more), (word for word, n in counted.items() if n == least))
    ranked = [*more, *((-least, word) for word in alike)]
    return ", ".join(f"{word} ({thousands(-n)})" for n, word in ranked)


def _counts(values: Iterable[object], count: int) -> Iterable[tuple[object, int]]:
    """How often each value occurs; of a Series those that may be among the most frequent."""
    if not hasattr(values, "value_counts"):
        return Counter(values).items()  # counts stay what they are
    counts = values.value_counts(dropna=False)
    most = counts[counts >= max(1, counts.iloc[:count].min())]
    return zip(most.index.tolist(), most.tolist(), strict=True)


def actor(owner: str | None, otherwise: str = "the program") -> str:
    """Who acts in a sentence: the owner, or a word for one who is not known.

    >>> actor("java/4711"), actor("")
    ('java/4711', 'the program')
    """
    return owner or otherwise


def port_of(end: str) -> str:
    """The port of an "ADDR:PORT".

    >>> port_of("[2001:db8::1]:443")
    '443'
    """
    return end.rpartition(":")[2]


def address_of(end: str) -> str:
    """The address of an "ADDR:PORT", without brackets.

    >>> address_of("[2001:db8::1]:443")
    '2001:db8::1'
    """
    return end.rpartition(":")[0].strip("[]")
