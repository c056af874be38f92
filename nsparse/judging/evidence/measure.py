"""Small measures that the diagnoses share: thresholds, levels, ages.

Nothing here needs pandas, so that a diagnosis may import it at the top.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nsparse.diagnosis import CONFIDENCES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from nsparse.diagnosis import Confidence, Severity
    from nsparse.judging.scene.scene import Scene

SMALL_BASE = 4
"""A share of fewer rows says nothing: one of three is already a third."""

PERSISTS_S = 120
"""Longer than the TIME_WAIT and FIN_WAIT_2 timers of Linux, 60 s each (diagnoses: thresholds)."""

LINEAR_SYNS = 5
"""Linux 6.5 and newer repeat the SYN once a second before the gaps double (measured on 6.18:
retransmits 3, 4, 5, 6, 7, 8 at 3.5, 4.5, 5.5, 7.6, 11.7, 19.9 s)."""
LINEAR_SINCE = (6, 5)
RTO_MIN_S = 0.2
"""TCP_RTO_MIN of Linux: the first retransmission of data comes no earlier."""
RTO_MAX_S = 120
"""TCP_RTO_MAX of Linux: no gap between two retransmissions is longer."""
DOUBLINGS = 10
"""0.2 s doubled ten times is beyond RTO_MAX_S."""


def passes(n: int, base: float, few: float, share: float, many: float) -> bool:
    """Whether a group is large enough to speak of: many, or few that are a share of their base.

    >>> passes(5, 8, few=5, share=0.5, many=100), passes(5, 20, few=5, share=0.5, many=100)
    (True, False)
    >>> passes(3, 3, few=3, share=0.5, many=100)  # a share of three rows is not used
    False
    """
    return n >= many or (n >= few and base >= SMALL_BASE and n / base >= share)


def halved(few: float) -> int:
    """The smaller `few` of a group whose persistence, or whose other end, is seen.

    >>> halved(5)
    3
    """
    return math.ceil(few / 2)


def eased(few: float, proven: int) -> float:
    """The `few` of a group of which so many are proven: half, where these alone are that many.

    >>> eased(5, proven=2), eased(5, proven=3)
    (5, 3)
    """
    return halved(few) if proven >= halved(few) else few


def lower(confidence: Confidence, steps: int = 1) -> Confidence:
    """A confidence some steps further down, at most to low.

    >>> lower("high"), lower("low")
    ('medium', 'low')
    """
    at = CONFIDENCES.index(confidence) + steps
    return CONFIDENCES[max(0, min(at, len(CONFIDENCES) - 1))]


def higher(confidence: Confidence, steps: int = 1) -> Confidence:
    """A confidence some steps further up, at most to high.

    >>> higher("low"), higher("medium", 5)
    ('medium', 'high')
    """
    return lower(confidence, -steps)


def at_most(confidence: Confidence, cap: Confidence) -> Confidence:
    """The less sure of two confidences.

    >>> at_most("high", "medium")
    'medium'
    """
    return max(confidence, cap, key=CONFIDENCES.index)


def worst(severities: Iterable[Severity]) -> Severity:
    """The gravest of some severities; info when there is none.

    >>> worst(["notice", "critical", "warning"])
    'critical'
    """
    return min(severities, key=SEVERITIES.index, default="info")


def syn_age(
    k: int, scene: Scene, *, older: bool = False, rto_s: float = 0, backoff: int = 0
) -> int:
    """Least seconds since the first SYN, after `k` retransmissions (diagnoses: constants).

    A kernel that is unknown is taken as the one that repeats faster, 6.5 or newer, unless the
    rows show an `older` one, or its own clock.

    Args:
        k: How often the SYN was sent again.
        scene: The host.
        older: Whether the host is seen to double the gaps from the first on.
        rto_s: The timeout that runs now, where it is printed (`ss -i`).
        backoff: How often that was doubled.
    """
    if older or is_older(scene.constants.kernel, LINEAR_SINCE):
        counted = doubled_age(k)
    else:
        counted = max(k, 0) if k <= LINEAR_SYNS else int(3 + 2 ** (min(k, 40) - 4))
    return max(counted, int(backed_age(rto_s, backoff, k - backoff)))


def backed_age(rto_s: float, backoff: int, even: int = 0) -> float:
    """Least seconds that the timeouts took which ran out, by the one that runs now.

    Args:
        rto_s: The timeout that runs now.
        backoff: How often it was doubled, each time when it ran out.
        even: How often it ran out before that without being doubled.

    >>> backed_age(16, 4), backed_age(4, 2, even=4), backed_age(1, 0, even=3), backed_age(0, 3)
    (15.0, 7.0, 3.0, 0.0)
    """
    first = rto_s * 0.5 ** max(backoff, 0)
    return rto_s - first + first * max(even, 0)


def synack_age(k: int, tools: Collection[str], left_s: float = 0) -> int:
    """Least seconds since the first SYN-ACK, by the count `k` that these tools print.

    netstat counts how often the timer ran out, and the gaps double. The count of ss rises with
    every SYN that the client repeats as well: 4.5 s after the SYN, ss printed
    `timer:(on,1.580ms,5)` where netstat printed `on (1.57/1/0)` for the same socket (measured with
    iproute2 6.1 on Linux 6.x). All it proves is that a first second has passed. What the timer
    still has to run proves more: a gap of so long follows all the shorter ones.

    >>> synack_age(3, {"netstat"}), synack_age(5, {"ss"}), synack_age(5, {"netstat", "ss"})
    (7, 1, 1)
    >>> synack_age(5, {"ss"}, 1.58), synack_age(5, {"ss"}, 6.2), synack_age(0, {"ss"}, 0.9)
    (1, 7, 0)
    """
    counted = doubled_age(k) if set(tools) == {"netstat"} else min(max(k, 0), 1)
    return max(counted, doubled_age(math.ceil(math.log2(max(left_s, 1)))))


def doubled_age(k: int) -> int:
    """Least seconds after `k` retransmissions, the first after a second, whose gaps double.

    >>> doubled_age(3), doubled_age(5)
    (7, 31)
    """
    return int(2 ** min(max(k, 0), 40)) - 1


def data_age(k: int, left_s: float = 0, rto_s: float = 0, backoff: int = 0) -> float:
    """Least seconds since data was first sent, after `k` retransmissions.

    Args:
        k: How often it was sent again.
        left_s: What the timer still has to run, where that is printed: the gap that it measures is
            no shorter, and each gap before it was half as long or more.
        rto_s: The timeout that runs now, where it is printed (`ss -i`).
        backoff: How often that was doubled.

    >>> round(data_age(5)), round(data_age(8)), round(data_age(10)), round(data_age(12))
    (6, 51, 205, 445)
    >>> round(data_age(3)), round(data_age(3, 80)), round(data_age(3, 1)), round(data_age(0, 80))
    (1, 70, 1, 0)
    >>> round(data_age(4)), round(data_age(4, rto_s=16, backoff=4))
    (3, 15)
    """
    doubled = RTO_MIN_S * (2 ** min(max(k, 0), DOUBLINGS) - 1)
    counted = doubled + RTO_MAX_S * max(0, k - DOUBLINGS)
    return float(max(counted, left_s * (1 - 0.5 ** max(k, 0)), backed_age(rto_s, backoff)))


def is_older(kernel: str | None, than: tuple[int, int]) -> bool:
    """Whether a kernel is known to be older; of an unknown one it is not known.

    >>> is_older("5.15.0-91-generic", (6, 5)), is_older(None, (6, 5))
    (True, False)
    """
    parts = (kernel or "").split(".")
    numbers = ["".join(char for char in part if char.isdigit()) for part in parts[:2]]
    if len(numbers) < len(than) or not all(numbers):
        return False
    return (int(numbers[0]), int(numbers[1])) < than
