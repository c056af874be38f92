"""What a host is and how it is set: kernel settings, name, age, addresses."""

from __future__ import annotations

import re

_SETTING = re.compile(r"([a-z][\w.\-/:@]*?) ?[=:] ?(.*)")
_NAME = re.compile(r"(?!.*\.[0-9]+$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?")
"""The last part of a name is no number (RFC 1123): `hostname -I` prints addresses."""
_UNAME = re.compile(r"(?m)^([A-Z]\w+) ([\w.-]+) (\d[\w.+~-]*) ")
_ADDRESS = re.compile(
    r"\binet6? (?:addr: ?)?([0-9a-f.:]+)|(?:IPv[46]|IP|Link-local IPv6) Address[ .]*: ([0-9a-f.:]+)"
)
_UP = re.compile(r"\bup +(?:(\d+) days?, +)?(?:(\d+):(\d+)|(\d+) (min|hour|sec)\w*)?")
_DYNAMIC = re.compile(r":\s*(\d+)\s*\n[^\n:]*:\s*(\d+)")
_DYNAMIC_TCP = re.compile(r"(?i)\btcp\b[^\n]*\n[-\s]*\n?(.*)", re.DOTALL)
DAY_S, HOUR_S, MINUTE_S = 86400, 3600, 60


def sysctl(text: str) -> dict[str, str]:
    r"""Kernel settings by name, from `sysctl -a` of Linux, macOS or a BSD.

    >>> sysctl("net.core.somaxconn = 4096\nkern.ipc.somaxconn: 128\nnot a setting")
    {'net.core.somaxconn': '4096', 'kern.ipc.somaxconn': '128'}
    """
    # As JSON: one setting a line, quoted, with a comma behind.
    plain = text.replace('"', "").replace(",\n", "\n") if text.startswith("{") else text
    found = map(_SETTING.fullmatch, map(str.strip, plain.splitlines()))
    return {match[1]: match[2].strip() for match in found if match and "." in match[1]}


def hostname(text: str) -> str | None:
    """A name that stands alone in a text; a host that has none calls itself localhost."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 1 or not _NAME.fullmatch(lines[0]):
        return None
    return None if lines[0].split(".")[0] in ("localhost", "none") else lines[0]


def uname(text: str) -> dict[str, object]:
    """The kernel and the host name of `uname -a`.

    >>> uname("Linux web1 5.14.0-362.8.1.el9.x86_64 #1 SMP x86_64 GNU/Linux")
    {'kernel': '5.14.0-362.8.1.el9.x86_64', 'hostname': 'web1'}
    """
    found = _UNAME.search(text)
    if found is None:
        return {}
    name = {"hostname": found[2]} if hostname(found[2]) else {}
    return ({"kernel": found[3]} if found[1] == "Linux" else {}) | name


def uptime(text: str) -> int | None:
    """Seconds since the start, from `uptime` or /proc/uptime.

    >>> uptime(" 10:43:50 up 12 days,  3:45,  2 users"), uptime("86400.25 1000.00")
    (1050300, 86400)
    """
    first = text.split()[:1]
    if first and re.fullmatch(r"\d+\.\d+", first[0]):
        return int(float(first[0]))
    found = _UP.search(text)
    if found is None or not found[0].split("up")[1].strip():
        return None
    days, hours, minutes, count, unit = found.groups()
    size = {"min": MINUTE_S, "hour": HOUR_S, "sec": 1}.get(unit or "sec", 1)
    return sum(
        int(number or 0) * seconds
        for number, seconds in ((days, DAY_S), (hours, HOUR_S), (minutes, MINUTE_S), (count, size))
    )


def addresses(text: str) -> tuple[str, ...]:
    r"""The host's own addresses, from `ip addr`, `ifconfig` or `ipconfig`.

    >>> addresses("    inet 192.0.2.7/24 brd 192.0.2.255\n    inet6 2001:db8::7/64 scope global")
    ('192.0.2.7', '2001:db8::7')
    """
    return tuple(dict.fromkeys(a or b for a, b in _ADDRESS.findall(text)))


def ports(text: str) -> dict[str, int]:
    r"""The dynamic ports of Windows, of TCP where the text shows several protocols.

    >>> ports("Protocol tcp Dynamic Port Range\n---\nStart Port : 49152\nNumber of Ports : 16384")
    {'ephemeral_low': 49152, 'ephemeral_high': 65535}
    """
    tcp = _DYNAMIC_TCP.search(text)
    found = _DYNAMIC.search(tcp[1] if tcp else text)
    if found is None:
        return {}
    low, count = int(found[1]), int(found[2])
    return {"ephemeral_low": low, "ephemeral_high": low + count - 1} if count else {}


def system(text: str) -> dict[str, object]:
    """The host name of `systeminfo`."""
    found = re.search(r"(?m)^(?:Host Name|Hostname): +(\S+)", text)
    return {"hostname": found[1]} if found else {}
