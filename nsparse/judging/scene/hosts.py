"""Which rows of a frame belong to one host, and to one moment of it.

A snapshot number counts within a file; a host may have several files. The same command again is a
new moment, different commands are views of one (design: moments and hosts).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd

from nsparse.judging.arrays.codes import Codes, Ints, codes, compact, joined
from nsparse.judging.arrays.columns import numbers, told
from nsparse.judging.arrays.texts import only
from nsparse.judging.scene.scope import WILDCARDS

VIEWS_WITHIN_S = 60
"""Files of one host whose printed times lie this close were taken in one go; the collectors run
their commands one after another, and each takes seconds."""
TRACES = ("pid", "inode", "timer", "uid")
"""Columns that an option of the command adds: their presence tells one command from another."""
EVERYWHERE = (
    "172.17.0.1",  # docker0
    "192.168.122.1",  # virbr0 of libvirt
    "10.0.2.15",  # guest behind VirtualBox's NAT
    "10.88.0.1",  # podman
    "192.168.65.1",  # Docker Desktop
)
"""Addresses that many hosts have: they prove nothing about being the same host."""
NOWHERE = ("127.", "169.254.", "fe80:", "::1")
"""How addresses begin that mean another place on every host."""


class Named(NamedTuple):
    """The host of a file, and what decided: option, text, bundle, address, folder, file."""

    host: str
    rule: str


def named(
    frame: pd.DataFrame, host: str | None = None, rules: Mapping[str, str] | None = None
) -> dict[str, Named]:
    """The host of each file; "" for files that are all of one host without a name.

    Args:
        frame: The rows of any number of files.
        host: The name that the user gave for all of them.
        rules: By file what the name in its rows comes from, where that was not its text.
    """
    given = {} if rules is None else rules
    one = only(frame["file"].array)
    files = [str(file) for file in frame["file"].fillna("").unique()] if one is None else [one]
    if host is not None:
        return {file: Named(host, "option") for file in files}
    said = _said(frame)
    if len(files) == 1:
        (file,) = files
        return {file: Named(said.get(file, ""), given.get(file, "text") if said else "file")}
    found = _grouped(files, said, _own_addresses(frame))
    return {
        file: entry._replace(rule=given.get(file, "text")) if entry.rule == "text" else entry
        for file, entry in found.items()
    }


def _said(frame: pd.DataFrame) -> dict[str, str]:
    """The host that a file's rows name; of several the first."""
    if told(frame["host"].array) is False:
        return {}
    pairs = frame.loc[frame["host"].notna(), ["file", "host"]].fillna({"file": ""})
    firsts = pairs.drop_duplicates("file")
    return dict(zip(firsts["file"].astype(str), firsts["host"].astype(str), strict=True))


def _own_addresses(frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The addresses that each file shows as this host's own."""
    pairs = frame.loc[frame["section"] == "inet", ["file", "local_addr"]].fillna({"file": ""})
    pairs = pairs.dropna().drop_duplicates()
    address = pairs["local_addr"].astype(str)
    common = address.isin((*WILDCARDS, *EVERYWHERE)) | address.str.startswith(NOWHERE)
    lots = pairs[~common].groupby("file", sort=False)["local_addr"]
    return {str(file): frozenset(lot) for file, lot in lots}


def _grouped(
    files: Sequence[str], said: Mapping[str, str], own: Mapping[str, frozenset[str]]
) -> dict[str, Named]:
    """Rule after rule for files without a name of their own."""
    lots = _alike(files, said, own)
    folders = _folders(files, own)
    result = {}
    for lot in lots:
        names = Counter(said[file] for file in lot if file in said)
        name = names.most_common(1)[0][0] if names else folders.get(lot[0], lot[0])
        for file in lot:
            result[file] = Named(said.get(file, name), _rule(file, lot, said, folders))
    hosts = {entry.host for entry in result.values()}
    if len(hosts) == 1 and not said and not folders:
        return {file: Named("", entry.rule) for file, entry in result.items()}
    return result


def _rule(
    file: str, lot: Sequence[str], said: Mapping[str, str], folders: Mapping[str, str]
) -> str:
    if file in said:
        return "text"
    if len(lot) > 1:
        return "address"
    return "folder" if file in folders else "file"


def _alike(
    files: Sequence[str], said: Mapping[str, str], own: Mapping[str, frozenset[str]]
) -> list[list[str]]:
    """Files with the same own addresses; half of the smaller set must be shared.

    A view of the same host may show fewer addresses; an address shared by two hosts (a virtual
    one) is only one of several.
    """
    lots: dict[int, list[str]] = {}
    of: dict[str, int] = {}
    holders: dict[str, list[str]] = defaultdict(list)
    for file in files:
        mine = own.get(file, frozenset())
        near = Counter(of[other] for address in mine for other in holders[address][:1])
        ranked = sorted(near, key=lambda lot: (-near[lot], lot))
        home = next((lot for lot in ranked if _fits(file, lots[lot], said, own)), len(lots))
        lots.setdefault(home, []).append(file)
        of[file] = home
        for address in mine:
            holders[address].append(file)
    return list(lots.values())


def _fits(
    file: str, lot: Sequence[str], said: Mapping[str, str], own: Mapping[str, frozenset[str]]
) -> bool:
    names = {said[other] for other in lot if other in said}
    if file in said and names and said[file] not in names:
        return False
    mine, theirs = own[file], frozenset().union(*(own.get(other, frozenset()) for other in lot))
    return 2 * len(mine & theirs) >= min(len(mine), len(theirs))


def _folders(files: Sequence[str], own: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """The folder of each file, where files lie in folders of their own.

    The folder is the first part of the paths that differs. A folder of files with different own
    addresses is no host's folder.
    """
    parts = {file: PurePosixPath(file.replace("\\", "/")).parts for file in files}
    levels = zip(*parts.values(), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    inside: dict[str, list[str]] = defaultdict(list)
    for file, part in parts.items():
        if len(part) > shared + 1:
            inside[part[shared]].append(file)
    if len(inside) < 2:
        return {}
    return {
        file: folder
        for folder, members in inside.items()
        if _one_host([own.get(file, frozenset()) for file in members])
        for file in members
    }


def _one_host(sets: Sequence[frozenset[str]]) -> bool:
    told = [one for one in sets if one]
    return all(one & told[0] for one in told)


def by_host(frame: pd.DataFrame, hosts: Mapping[str, Named]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each host's rows, in order of appearance. A row that names its host itself belongs to it."""
    if len({entry.host for entry in hosts.values()}) == 1 and not _differs(frame, hosts):
        yield next(iter(hosts.values())).host, frame
        return
    file = frame["file"].fillna("").astype("object")
    names = file.map({name: entry.host for name, entry in hosts.items()})
    free = file.map({name: entry.rule != "option" for name, entry in hosts.items()}).astype(bool)
    own = frame["host"].astype("object")
    names = own.where(free & own.notna(), names)
    found, known = pd.factorize(names)
    for number, name in enumerate(known):
        yield str(name), frame[found == number].reset_index(drop=True)


def _differs(frame: pd.DataFrame, hosts: Mapping[str, Named]) -> bool:
    """Whether rows name a host that is not that of their file."""
    if all(entry.rule == "option" for entry in hosts.values()):
        return False
    if told(frame["host"].array) is False:
        return False
    names = {str(name) for name in frame["host"].dropna().unique()}
    return not names <= {entry.host for entry in hosts.values()}


# ---- moments ---------------------------------------------------------------------------------


def moments(frame: pd.DataFrame) -> Codes:
    """The moment of each row of one host, the last one highest."""
    snapshot = numbers(frame["snapshot"].array)
    if only(frame["file"].array) is not None:
        return _ranked(snapshot)
    file = codes(frame["file"])
    if (file.of == file.of[:1]).all():
        return _ranked(snapshot)
    block = compact(joined(file, compact(snapshot)))
    blocks = _blocks(frame, block, file.of, snapshot)
    timed = bool(blocks["time"].notna().all())
    number = _by_time(blocks) if timed else _by_order(blocks)
    return _ranked(number[block.of])


def _ranked(numbers: Ints) -> Codes:
    if (numbers == numbers[:1]).all():
        return Codes(np.zeros(len(numbers), dtype=np.int8), 1)
    known, rank = np.unique(numbers, return_inverse=True)
    return Codes(rank.astype(np.int64), len(known))


def _blocks(frame: pd.DataFrame, block: Codes, file: Ints, snapshot: Ints) -> pd.DataFrame:
    """One row for each snapshot of each file: its time, and what command it was."""
    seen = pd.DataFrame({"block": block.of, "file": file, "snapshot": snapshot})
    seen["time"] = frame["taken_at"].reset_index(drop=True)
    seen["netns"], seen["dialect"] = codes(frame["netns"]).of, codes(frame["dialect"]).of
    marks = {name: frame[name].notna() for name in TRACES}
    marks |= {proto: frame["proto"] == proto for proto in ("tcp", "udp")}
    marks |= {"listen": frame["state"] == "LISTEN", "open": frame["remote_port"].notna()}
    for name, mark in marks.items():
        seen[f"has {name}"] = mark.fillna(False).to_numpy(dtype=np.bool_)
    had = [f"has {name}" for name in marks]
    lots = seen.groupby("block", sort=True)
    blocks = lots[["file", "snapshot", "time", "netns", "dialect"]].first().join(lots[had].any())
    blocks["command"] = blocks.groupby(["netns", "dialect", *had], sort=False).ngroup()
    return blocks


def _by_order(blocks: pd.DataFrame) -> Ints:
    """Without times: the last snapshots of all files are one moment, as are those before them.

    Two files of the same command cannot be one moment; the one that was read later is later.
    """
    back = blocks.groupby("file")["snapshot"].rank(method="dense", ascending=False).astype("int64")
    again = blocks.groupby([back, blocks["command"]]).cumcount(ascending=False)
    age = pd.DataFrame({"back": -back, "again": -again})
    number: Ints = age.groupby(["back", "again"], sort=True).ngroup().to_numpy().astype(np.int64)
    return number


def _by_time(blocks: pd.DataFrame) -> Ints:
    """With times: what lies close together and is no command twice is one moment."""
    ordered = blocks.sort_values(["time", "file"], kind="stable")
    times, commands = ordered["time"].tolist(), ordered["command"].tolist()
    number = np.empty(len(blocks), dtype=np.int64)
    at, begun, seen = 0, times[0], set[int]()
    for block, time, command in zip(ordered.index, times, commands, strict=True):
        if (time - begun).total_seconds() > VIEWS_WITHIN_S or command in seen:
            at, begun, seen = at + 1, time, set()
        seen.add(command)
        number[block] = at
    return number
