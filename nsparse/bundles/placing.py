"""Whose dumps and facts are, and of when: what a bundle's layout, names and facts tell of them.

The text of a dump comes first, then the bundle, then names (design: moments and hosts).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from nsparse.bundles import moments
from nsparse.bundles.facts import Fact, Values, merged
from nsparse.bundles.layouts import Layout, layouts
from nsparse.bundles.names import stem
from nsparse.bundles.reader import Found, Reader

ZONE = "times without a zone that is known are taken as UTC"


@dataclass
class Root:
    """One bundle inside a bundle: where it begins, how it is laid out, what it tells of its host.

    A loose one has no layout: files that somebody put together, of one host or of several.
    `holds` are the paths of its dumps.
    """

    path: str
    kinds: tuple[Layout, ...] = ()
    facts: list[Fact] = field(default_factory=list)
    holds: set[str] = field(default_factory=set)
    host: str | None = None
    when: datetime | None = None
    when_from: str = "bundle"
    zoned: bool = True
    told: Values = field(default_factory=dict)

    def place(self, path: str) -> dict[str, str]:
        """What the path of a member tells: host, netns, time."""
        inside = path[len(self.path) :].lstrip("/")
        found = (kind.place(inside) for kind in self.kinds)
        return next((told for _, told in filter(None, found)), {})

    def settle(self, name: str) -> None:
        """Find out host and time, from the facts and from the names of bundle and folder."""
        facts = [fact for fact in self.facts if "netns" not in self.place(fact.path)]
        self.told = merged(facts, self.path)
        names = [*reversed(self.path.split("/")), stem(name), name]
        # A bundle that is one text, such as a bug report, may be packed under another name.
        names += [path.rpartition("/")[2] for path in self.holds if len(self.holds) == 1]
        by_name: dict[str, str] = {}
        for kind in self.kinds:
            for part in names:
                by_name = {**kind.named(part), **by_name}
        self.host = self.told.get("hostname") or by_name.get("host")
        if self.kinds and self.host is None:
            self.host = stem(self.path.rpartition("/")[2] or name)
        self._timed(by_name.get("time"))

    def _timed(self, by_name: str | None) -> None:
        self.when, self.zoned = self.told.get("collected_at"), self.told.pop("zone_known", True)
        self.told.get("from", {}).pop("zone_known", None)
        named = moments.named(by_name) if by_name else None
        if self.when is None and named is not None:
            (self.when, self.zoned), self.when_from = named, "name"


def settled(reader: Reader, archives: Sequence[str]) -> Sequence[Root]:
    """Place every dump and fact of a bundle, and return the roots.

    Args:
        reader: What was found.
        archives: The archives inside the bundle: nothing outside tells of what is in one.
    """
    for path in filter(None, archives):
        reader.mark(path, _of(path.rpartition("/")[0], dict.fromkeys(archives)))
    known = {path: tuple(layouts()[key] for key in keys) for path, keys in reader.roots.items()}
    # An archive inside a bundle of a known layout is a part of it, unless it has a layout itself.
    apart = [path for path in archives if _of(path, known) not in known]
    roots = {path: Root(path, known.get(path, ())) for path in ("", *apart, *known)}
    loose = _loose(reader, roots)
    for one in reader.facts:
        (loose.get(one.path) or roots[_of(one.path, roots)]).facts.append(one)
    everyone = [*roots.values(), *{id(root): root for root in loose.values()}.values()]
    homes = [loose.get(found.path) or roots[_of(found.path, roots)] for found in reader.dumps]
    for found, root in zip(reader.dumps, homes, strict=True):
        root.holds.add(found.path)
    for root in everyone:
        root.settle(reader.name)
    for found, root in zip(reader.dumps, homes, strict=True):
        _place(found, root)
    reader.dumps = _ordered(reader.dumps, homes)
    return everyone


def _ordered(dumps: Sequence[Found], homes: Sequence[Root]) -> list[Found]:
    """The dumps of a collector in the order in which it wrote them; others as they were found."""
    first = {id(root): at for at, root in reversed(list(enumerate(homes)))}
    keys = [
        (first[id(root)], found.modified if root.kinds else 0.0, at)
        for at, (found, root) in enumerate(zip(dumps, homes, strict=True))
    ]
    return [dumps[at] for _, _, at in sorted(keys)]


def _of(path: str, roots: Mapping[str, Any]) -> str:
    """The innermost root that a member lies in."""
    while path and path not in roots:
        path = path.rpartition("/")[0]
    return path


def _loose(reader: Reader, roots: Mapping[str, Root]) -> dict[str, Root]:
    """A root for each folder of files without a layout, where several folders hold dumps."""
    members = [(found.path, True) for found in reader.dumps]
    members += [(fact.path, False) for fact in reader.facts]
    lots: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for path, is_dump in members:
        at = _of(path, roots)
        if not roots[at].kinds:
            lots[at].append((path, is_dump))
    return {path: root for at, lot in lots.items() for path, root in _folders(at, lot)}


def _folders(at: str, lot: Sequence[tuple[str, bool]]) -> Iterable[tuple[str, Root]]:
    depth = len(at.split("/")) if at else 0
    folders = [path.split("/")[depth:-1] for path, _ in lot]
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    tops = {
        path: "/".join(path.split("/")[: depth + shared + 1]) if len(folder) > shared else at
        for (path, _), folder in zip(lot, folders, strict=True)
    }
    if len({tops[path] for path, is_dump in lot if is_dump}) < 2:
        return ()
    made = {top: Root(top) for top in tops.values()}
    return [(path, made[top]) for path, top in tops.items()]


def _place(found: Found, root: Root) -> None:
    """Fill in what the text of a dump does not say itself."""
    place = root.place(found.path)
    dump, frame = found.dump, found.dump.frame
    _name(found, place.get("host") or root.host)
    if "netns" in place:
        frame["netns"] = frame["netns"].fillna(place["netns"])
    else:
        dump.facts = root.told
    when, zoned, rule = root.when, root.zoned, root.when_from
    named = moments.named(place["time"]) if root.when_from == "name" and "time" in place else None
    if named is not None:
        (when, zoned), rule = named, "name"
    if frame["taken_at"].notna().any():
        dump.time_from = "text"
    elif when is not None and len(dump.snapshots) == 1:
        frame["taken_at"] = _filled(frame["taken_at"], when)
        dump.snapshots = [replace(dump.snapshots[0], taken_at=when)]
        dump.time_from = rule
        if not zoned and ZONE not in dump.notes:
            dump.notes.append(ZONE)


def _filled(column: Any, when: datetime) -> Any:
    import pandas as pd

    stamp = pd.Timestamp(when).tz_convert("UTC")
    return column.fillna(stamp).astype(column.dtype)


def _name(found: Found, host: str | None) -> None:
    """The host of the rows: what the text says, the bundle's spelling where it is the same."""
    frame = found.dump.frame
    said = frame["host"].dropna()
    if len(said):
        found.dump.host_from = "text"
        short = str(said.iloc[0]).split(".")[0]
        if host is None or short != host.split(".")[0] or said.nunique() > 1:
            return
    if host is not None:
        frame["host"] = frame["host"].where(frame["host"].isna(), host).fillna(host)
        found.dump.host_from = found.dump.host_from or "bundle"
