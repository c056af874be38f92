"""Where collectors put things: one file a layout in `layouts/`, and what commands tell.

A layout is data (its keys are described in docs/bundles.md): by which paths a bundle of that kind
is known, what its paths and its name say, and how its texts are cut into commands. No layout is
needed to find a table, which is known by its content; it tells whose and of when it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from nsparse.later import later

SOCKETS = "sockets"
ALWAYS = "commands"
"""The file that says what the output of a command is, whoever collected it."""

NAMES_KEPT = 16_384
"""Names of files, and of folders, that are remembered from bundle to bundle: some megabytes."""

_HOLES = {"netns": r"[^/]+?", "host": r"[^/]+?", "pid": r"[0-9]+", "time": r"[0-9][^/]*?"}
_TOKEN = re.compile(r"\{(\w+)\}|(\*\*)|(\*)|([^{*]+)")


@dataclass(frozen=True)
class Place:
    """One kind of member of a layout.

    Attributes:
        path: Its path in the bundle: `*` is a part of a name, `**` any path, `{host}`, `{netns}`,
            `{pid}` and `{time}` are told by it.
        holds: `sockets`, or the kind of fact.
        command: What was run.
    """

    path: str
    holds: str
    command: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Layout:
    """One collector's way to lay out a bundle.

    Attributes:
        key: Its file name.
        title: What people call it.
        evidence: Where the layout is written down.
        note: What a person should know of it.
        marks: Paths that only its bundles have.
        places: What its members are.
        names: Patterns of the name of the bundle, or of the folder it was packed as.
        sections: Pattern of what stands above each command in a text of several.
    """

    key: str
    title: str
    evidence: str
    note: str
    marks: tuple[str, ...]
    places: tuple[Place, ...]
    names: tuple[re.Pattern[str], ...]
    sections: re.Pattern[str] | None

    def place(self, path: str) -> tuple[Place, dict[str, str]] | None:
        """What a member is, and what its path tells; None where the layout does not know it."""
        for place in self.places:
            found = place.pattern.fullmatch(path)
            if found is not None:
                return place, {k: v for k, v in found.groupdict().items() if v}
        return None

    def named(self, name: str) -> dict[str, str]:
        """What a name tells: host, time."""
        for pattern in self.names:
            found = pattern.search(name)
            if found is not None:
                return {k: v for k, v in found.groupdict().items() if v}
        return {}


def pattern_of(path: str) -> str:
    """A path of a layout as a regular expression."""
    parts: list[str] = []
    for hole, any_path, any_name, text in _TOKEN.findall(path):
        if hole:
            again = any(f"(?P<{hole}>" in part for part in parts)
            parts.append(f"(?P={hole})" if again else f"(?P<{hole}>{_HOLES[hole]})")
        else:
            parts.append(".*" if any_path else "[^/]*" if any_name else re.escape(text))
    return "".join(parts)


@cache
def layouts() -> Mapping[str, Layout]:
    """Every layout by its name, sorted."""
    return {key: _layout(key) for key in sorted(_texts()) if key != ALWAYS}


@cache
def _texts() -> Mapping[str, str]:
    """The files as they are written, by name."""
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in (resources.files(__package__) / "layouts").iterdir()
        if file.name.endswith(".toml")
    }


@cache
def _layout(key: str) -> Layout:
    data: Mapping[str, object] = tomllib.loads(_texts()[key])
    members: Sequence[Mapping[str, str]] = data.get("members", ())  # type: ignore[assignment]
    sections = data.get("sections")
    return Layout(
        key=key,
        title=str(data["title"]),
        evidence=str(data["evidence"]),
        note=str(data.get("note", "")),
        marks=tuple(data["marks"]),  # type: ignore[arg-type]
        places=tuple(
            Place(m["path"], m["holds"], m.get("command", ""), later(pattern_of(m["path"])))
            for m in members
        ),
        names=tuple(later(name) for name in data.get("names", ())),  # type: ignore[attr-defined]
        sections=later(str(sections), re.MULTILINE) if sections else None,
    )


def _in_any_folder(parts: Sequence[str]) -> re.Pattern[str]:
    """Paths below a root that nobody knows: the first folder that fits is the root."""
    return re.compile(f"(?:.*?/)??(?:{'|'.join(parts)})\\Z", re.DOTALL)


@cache
def _marks() -> re.Pattern[str]:
    """All marks of all layouts as one pattern; the name of the group that matched is the layout."""
    parts = [
        f"(?P<{layout.key}>{'|'.join(pattern_of(mark) for mark in layout.marks)})"
        for layout in layouts().values()
    ]
    return _in_any_folder(parts)


def marked(path: str) -> tuple[str, str] | None:
    """The root of the bundle that a path belongs to, and its layout, where the path is a mark.

    >>> marked("sosreport-web1/sos_commands/host/hostname")
    ('sosreport-web1', 'sosreport')
    """
    folder, _, name = path.rpartition("/")
    return _marked(path) if _names_of_marks().fullmatch(name) else _marked_in(folder)


@cache
def _names_of_marks() -> re.Pattern[str]:
    """The names of the marks that are not whatever lies in some folder."""
    marks = {mark for layout in layouts().values() for mark in layout.marks}
    return _last_names({mark for mark in marks if mark.rpartition("/")[2].strip("*")})


@lru_cache(maxsize=NAMES_KEPT)
def speaks(name: str) -> bool:
    """Whether a file of this name may say more than its folder does: a mark, a fact, commands."""
    return bool(
        _names_of_marks().fullmatch(name) or _may_tell(name) or _names_of_cut().fullmatch(name)
    )


@lru_cache(maxsize=NAMES_KEPT)
def _marked_in(folder: str) -> tuple[str, str] | None:
    """The same for whatever lies in a folder: most folders hold many files."""
    return _marked(f"{folder}/\0")


def _marked(path: str) -> tuple[str, str] | None:
    found = _marks().match(path)
    if found is None:
        return None
    key = str(found.lastgroup)
    return path[: found.start(key)].rstrip("/"), key


@cache
def _suffixes() -> re.Pattern[str]:
    """All places of facts of all layouts; the group that matched begins with the kind."""
    parts = [
        f"(?P<{place.holds}_{number}>{_ungrouped(place)})"
        for layout in layouts().values()
        for number, place in enumerate(layout.places, 1000 * list(layouts()).index(layout.key))
        if place.holds != SOCKETS
    ]
    return _in_any_folder(parts)


@cache
def _names_of_facts() -> re.Pattern[str]:
    places = [place for layout in layouts().values() for place in layout.places]
    return _last_names({place.path for place in places if place.holds != SOCKETS})


def _last_names(paths: Iterable[str]) -> re.Pattern[str]:
    """What the last parts of some paths may be: most files are ruled out by their names alone."""
    lasts = sorted({path.rpartition("/")[2] for path in paths})
    return re.compile("|".join(_GROUP.sub("(?:", pattern_of(last)) for last in lasts))


_GROUP = re.compile(r"\(\?P<\w+>")
_SECTIONS = "\nsections = "
"""A line of a layout that has texts of several commands."""


def fact_kind(path: str) -> str | None:
    """What kind of fact a member tells, by any layout, or because it is named after a command."""
    if not _may_tell(path.rpartition("/")[2]):
        return None
    found = kind_of(path)
    if found is None and (match := _suffixes().match(path)) is not None:
        return str(match.lastgroup).rpartition("_")[0]
    return found


@lru_cache(maxsize=NAMES_KEPT)
def _may_tell(name: str) -> bool:
    """Whether a file of this name may tell a fact, wherever it lies; hosts share most names."""
    last = _plain(name).rpartition("/")[2]
    return bool(_names_of_facts().fullmatch(name) or _last_words().match(last))


@cache
def _several() -> Sequence[Layout]:
    """The layouts with texts of several commands.

    This is asked about every file that a user names: the others, most of them, are not even parsed.
    """
    found = [_layout(key) for key, text in sorted(_texts().items()) if _SECTIONS in text]
    return [layout for layout in found if layout.sections is not None]


@cache
def _cut() -> re.Pattern[str]:
    """The paths of texts of several commands; the group that matched is the layout."""
    parts = [
        f"(?P<{layout.key}>{'|'.join(map(_ungrouped, layout.places))})" for layout in _several()
    ]
    return _in_any_folder(parts)


@cache
def _names_of_cut() -> re.Pattern[str]:
    return _last_names({place.path for layout in _several() for place in layout.places})


def _ungrouped(place: Place) -> str:
    return _GROUP.sub("(?:", place.pattern.pattern)


def heading(path: str) -> re.Pattern[str] | None:
    """What stands above each command of a member of several; None for all others."""
    if not _names_of_cut().fullmatch(path.rpartition("/")[2]):
        return None
    found = _cut().match(path)
    return _layout(str(found.lastgroup)).sections if found is not None else None


_PID = re.compile(r"(?:^|/)proc/(\d+)/")


def pid_of(path: str) -> int | None:
    """The process that a member is about.

    >>> pid_of("proc/4711/limits")
    4711
    """
    found = _PID.search(path)
    return int(found[1]) if found is not None else None


# ---- commands --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of fact: what it tells, what people run for it, and patterns of command lines."""

    key: str
    tells: str
    run: str
    commands: tuple[str, ...]


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of fact."""
    return tuple(
        Kind(key, data["tells"], data["run"], tuple(data["commands"]))
        for key, data in tomllib.loads(_texts()[ALWAYS]).items()
    )


@cache
def _commands() -> re.Pattern[str]:
    parts = [
        f"(?P<{kind.key}>{'|'.join(f'(?:{pattern})' for pattern in kind.commands)})"
        for kind in kinds()
    ]
    return re.compile("|".join(parts))


@cache
def _last_words() -> re.Pattern[str]:
    """How what stands behind the last `/` of a command line begins: it rules out most files."""
    lasts = {pattern.rpartition("/")[2] for kind in kinds() for pattern in kind.commands}
    return re.compile("|".join(sorted(lasts)))


_SUFFIX = re.compile(r"\.(?:txt|out|log|dat|output)$")
_RUN_AS = re.compile(r"^(?:sudo |timeout \S+ |(?:\S*/)?ip netns exec \S+ |(?:/usr)?/s?bin/)+")


def kind_of(command: str) -> str | None:
    """What kind of fact the output of a command tells; None where it tells none.

    Args:
        command: A command line, or the path of a member as collectors name it after one.

    >>> kind_of("sos_commands/kernel/sysctl_-a"), kind_of("/sbin/sysctl -a"), kind_of("lsof -i")
    ('sysctl', 'sysctl', None)
    """
    plain = _plain(command)
    last = plain.rpartition("/")[2]
    if not _last_words().match(last):
        return None
    found = _commands().fullmatch(plain) or _commands().fullmatch(last)
    return str(found.lastgroup) if found is not None else None


def _plain(command: str) -> str:
    """A command line without what it is run by; a name with blanks, as the command had them."""
    plain = _SUFFIX.sub("", command.strip().lower())
    if " " not in plain:
        folder, _, name = plain.rpartition("/")
        plain = f"{folder}/{name.replace('_', ' ')}" if folder else name.replace("_", " ")
    return _RUN_AS.sub("", plain)
