"""The scene: cleaning, roles, pairs, hosts and moments, on frames made by hand."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsparse.judging.arrays.codes import ROOM, Codes
from nsparse.judging.arrays.columns import ranged
from nsparse.judging.arrays.lots import lots, mask, positions, so_many
from nsparse.judging.arrays.view import View
from nsparse.judging.evidence.around import states_among, states_of
from nsparse.judging.evidence.census import census
from nsparse.judging.evidence.measure import data_age, passes, syn_age, synack_age
from nsparse.judging.scene.constants import constants
from nsparse.judging.scene.ends import ends_of
from nsparse.judging.scene.hosts import named
from nsparse.judging.scene.rows import Rows
from nsparse.judging.scene.scene import Scene, scenes
from nsparse.schema import COLUMNS, array, empty, frame

Row = dict[str, Any]


def row(state: str | None, local: str, remote: str, owner: str = "", **more: Any) -> Row:
    """One socket as `ss` and `netstat` print it; `owner` is "name/pid"."""
    cells: Row = {"state": state, "proto": "tcp", "recv_q": 0, "send_q": 0}
    for side, end in (("local", local), ("remote", remote)):
        address, _, port = end.rpartition(":")
        cells[f"{side}_addr"] = address.strip("[]") or None
        cells[f"{side}_port"] = None if port == "*" else int(port)
    if owner:
        process, _, pid = owner.partition("/")
        cells |= {"process": process or None, "pid": int(pid) if pid else None}
    return cells | more


def dump(*rows: Row, **common: Any) -> pd.DataFrame:
    """A common frame of these rows; `common` holds for all of them."""
    same = {"file": "dump.txt", "os": "linux", "tool": "ss", "section": "inet", **common}
    full = [{**same, "line": number, **cells} for number, cells in enumerate(rows, 1)]
    names = {name for cells in full for name in cells}
    return frame({name: [cells.get(name) for cells in full] for name in names}, len(full))


def scene(*rows: Row, **common: Any) -> Scene:
    (only,) = scenes(dump(*rows, **common))
    return only


def roles(*rows: Row, **common: Any) -> list[str]:
    return list(scene(*rows, **common).rows["role"])


def view_of(**columns: Any) -> View:
    """A view of columns of the common frame."""
    return View(frame(columns, len(next(iter(columns.values())))))


ANY = "0.0.0.0:*"
HTTPS = row("LISTEN", "0.0.0.0:443", ANY, "nginx/900")

# ---- roles -------------------------------------------------------------------------------------


def test_listener_makes_server() -> None:
    seen = scene(HTTPS, row("ESTABLISHED", "192.0.2.10:443", "203.0.113.5:1044", "nginx/900"))
    assert list(seen.rows["role"]) == ["listener", "server"]
    assert list(seen.rows["service"]) == ["0.0.0.0:443", "192.0.2.10:443"]
    assert list(seen.rows["bound"]) == ["0.0.0.0:443", "0.0.0.0:443"]
    assert list(seen.rows["listener"]) == [-1, 0]
    assert list(seen.rows["group"]) == [-1, 0]


@pytest.mark.parametrize(
    ("listener", "local", "more", "role"),
    [
        ("0.0.0.0:45000", "192.0.2.1:45000", {}, "server"),
        ("0.0.0.0:45000", "[2001:db8::1]:45000", {}, "client"),
        ("[::]:45000", "192.0.2.1:45000", {}, "server"),
        ("[::]:45000", "192.0.2.1:45000", {"v6only": True}, "client"),
        ("[::]:45000", "[2001:db8::1]:45000", {"v6only": True}, "server"),
        ("*:45000", "192.0.2.1:45000", {"family": "dual"}, "server"),
        ("*:45000", "[2001:db8::1]:45000", {"family": "dual"}, "server"),
        ("*:45000", "[2001:db8::1]:45000", {"family": "ipv4"}, "client"),
        ("192.0.2.1:45000", "192.0.2.1:45000", {}, "server"),
        ("192.0.2.2:45000", "192.0.2.1:45000", {}, "client"),
        ("0.0.0.0:45000", "192.0.2.1:45000", {"netns": "other"}, "client"),
    ],
)
def test_which_listener_serves(listener: str, local: str, more: Row, role: str) -> None:
    """Port 45000 is ephemeral: without a listener rule 3 makes it a client."""
    peer = "203.0.113.5:443" if local[0] != "[" else "[2001:db8::5]:443"
    found = roles(row("LISTEN", listener, ANY, **more), row("ESTABLISHED", local, peer))
    assert found == ["listener", role]


def test_exact_listener_before_wildcard_and_own_process_before_another() -> None:
    seen = scene(
        row("LISTEN", "0.0.0.0:80", ANY, "a/1", fd=3),
        row("LISTEN", "192.0.2.1:80", ANY, "b/2", fd=3),
        row("LISTEN", "0.0.0.0:81", ANY, "c/3", fd=3),
        row("LISTEN", "0.0.0.0:81", ANY, "c/4", fd=3),
        row("ESTABLISHED", "192.0.2.1:80", "203.0.113.5:1000", "a/1"),
        row("ESTABLISHED", "192.0.2.1:81", "203.0.113.5:1000", "c/4"),
        row("SYN_RECEIVED", "192.0.2.1:81", "203.0.113.5:1001"),
    )
    assert list(seen.rows["listener"])[4:] == [1, 3, 2]


@pytest.mark.parametrize("here", ["0.0.0.0:81", "192.0.2.1:81"])
def test_a_listener_of_the_own_process_before_others_of_the_same_place(here: str) -> None:
    place = [row("LISTEN", here, ANY, f"c/{pid}", fd=3) for pid in (3, 4)]
    served = [row("ESTABLISHED", "192.0.2.1:81", f"203.0.113.5:{n}", f"c/{n}") for n in (4, 3)]
    assert list(scene(*place, *served).rows["listener"])[2:] == [1, 0]


def test_self_connection_is_client_and_knows_its_listener() -> None:
    seen = scene(
        row("LISTEN", "127.0.0.1:3000", ANY),
        row("SYN_SENT", "127.0.0.1:3001", "127.0.0.1:3000"),
        row("ESTABLISHED", "192.0.2.1:3001", "127.0.0.1:3000"),
    )
    assert list(seen.rows["role"]) == ["listener", "client", "client"]
    assert list(seen.rows["target"]) == [-1, 0, 0]
    assert list(seen.rows["service"]) == ["127.0.0.1:3000"] * 3


def test_a_listener_shows_an_address_of_this_host() -> None:
    own = row("LISTEN", "192.0.2.9:3000", ANY, "node/3")
    call = row("SYN_SENT", "192.0.2.10:40110", "192.0.2.9:3000", "curl/7")
    assert list(scene(own, call).rows["target"]) == [-1, 0]


def test_wildcard_listener_is_no_target_of_other_hosts() -> None:
    seen = scene(HTTPS, row("ESTABLISHED", "192.0.2.10:40000", "203.0.113.5:443"))
    assert list(seen.rows["target"]) == [-1, -1]


def test_ephemeral_range_of_the_system() -> None:
    end = ("192.0.2.1:40000", "203.0.113.5:8443")
    assert roles(row("ESTABLISHED", *end)) == ["client"]
    assert roles(row("ESTABLISHED", *end), os="macos") == ["unknown"]
    assert roles(row("ESTABLISHED", *end[::-1])) == ["server"]


def test_repeated_port_is_the_service() -> None:
    calls = [
        row("ESTABLISHED", f"192.0.2.1:{port}", "203.0.113.5:9000") for port in (1001, 1002, 1003)
    ]
    assert roles(*calls) == ["client"] * 3
    assert roles(*calls[:2]) == ["client"] * 2  # towards one address: its port repeats
    assert roles(calls[0]) == ["unknown"]
    back = [
        row("ESTABLISHED", "192.0.2.1:9000", f"203.0.113.5:{port}") for port in (1001, 1002, 1003)
    ]
    assert roles(*back) == ["server"] * 3
    assert roles(*back[:2]) == ["server"] * 2


@pytest.mark.parametrize(
    ("here", "there", "role"),
    [
        (4608, 443, "client"),  # as Windows calls, whose range was moved
        (443, 4608, "server"),
        (4608, 511, "client"),
        (4608, 512, "unknown"),
        (739, 2049, "unknown"),  # NFS is called from a port that only root may take
        (2049, 739, "unknown"),
        (53, 53, "unknown"),
        (4608, 8443, "unknown"),
    ],
)
def test_a_reserved_port_is_the_service(here: int, there: int, role: str) -> None:
    """Of one connection alone, from a port outside the range of callers' ports."""
    one = row("ESTABLISHED", f"192.0.2.1:{here}", f"203.0.113.5:{there}")
    assert roles(one, os="windows") == [role]


def test_a_port_that_was_cut_is_not_known_to_be_reserved() -> None:
    """Such as `203.0.113.250.44300` after `443`, as macOS does."""
    one = row("ESTABLISHED", "192.0.2.1:4608", "203.0.113.250:443", addr_truncated=True)
    assert roles(one, os="macos") == ["unknown"]


MANY = "192.0.2.10:43434"
"""An end that many connections share, in the range of callers' ports."""


@pytest.mark.parametrize(
    ("ports", "here", "there"),
    [
        ((50001, 50002, 50003), "server", "client"),
        ((50001, 50002, 50003, 12654), "server", "client"),  # one outside the usual range
        ((50001, 50002), "unknown", "unknown"),  # a caller's port may be taken twice
    ],
)
def test_an_end_that_many_share_is_called(ports: tuple[int, ...], here: str, there: str) -> None:
    ends = [f"203.0.113.{number}:{port}" for number, port in enumerate(ports)]
    assert roles(*(row("ESTABLISHED", MANY, end) for end in ends)) == [here] * len(ends)
    assert roles(*(row("ESTABLISHED", end, MANY) for end in ends)) == [there] * len(ends)


@pytest.mark.parametrize(("services", "here"), [(4, "client"), (3, "server")])
def test_a_port_that_calls_many_services_is_not_called(services: int, here: str) -> None:
    """More of them than of ends that may call it."""
    ends = [f"203.0.113.{number}:443" for number in range(services)]
    ends += [f"198.51.100.{number}:50001" for number in range(3)]
    found = roles(*(row("ESTABLISHED", MANY, end) for end in ends))
    assert found[:services] == [here] * services


def test_ports_that_no_table_knows_are_not_one() -> None:
    """Each name is some port; only the same name of the same host is the same end."""
    other = {"local_port": None, "remote_port": None}
    listener = row("LISTEN", "*:*", ANY, "foo/100", local_name="*:foosvc")
    named = row("ESTABLISHED", "*:*", ANY) | other | {"local_addr": None, "remote_addr": None}
    ends = [{"local_name": f"web:{name}", "remote_name": "db:bar"} for name in ("x", "y")]
    assert roles(listener, *(named | end for end in ends)) == ["listener", "unknown", "unknown"]


def test_names_of_what_is_no_ip_socket_are_no_hosts() -> None:
    """`ss -a` prints netlink sockets as `4:10748`."""
    other = {"section": "netlink", "local_addr": None, "local_name": "4:10748"}
    seen = scene(HTTPS, row(None, "*:*", ANY) | {"proto": "netlink"} | other)
    assert list(seen.rows["local_addr"].isna()) == [False, True]


def test_a_syn_is_sent_by_the_caller() -> None:
    seen = scene(HTTPS, row("SYN_SENT", "192.0.2.1:443", "203.0.113.5:443")).rows
    assert (list(seen["role"])[1], list(seen["listener"])[1]) == ("client", -1)
    assert roles(row("SYN_RECEIVED", "192.0.2.1:1000", "203.0.113.5:1001")) == ["server"]


def test_what_is_no_connection() -> None:
    seen = scene(
        HTTPS,
        row(None, "0.0.0.0:53", ANY, proto="udp"),
        row("BOUND", "192.0.2.1:50000", ANY),
        row("TIME_WAIT", "192.0.2.1:443", "203.0.113.5:1000"),
    )
    assert list(seen.rows["role"]) == ["listener", "", "unknown", "server"]
    assert list(seen.rows["concrete"]) == [False, False, False, True]
    assert not seen.rows["live"].any()
    assert list(seen.rows["service"])[1:3] == ["", ""]


# ---- pairs -------------------------------------------------------------------------------------


def test_both_ends_are_one_connection() -> None:
    seen = scene(
        row("LISTEN", "127.0.0.1:3000", ANY),
        row("FIN_WAIT_2", "127.0.0.1:3000", "127.0.0.1:40110", "node/300"),
        row("CLOSE_WAIT", "127.0.0.1:40110", "127.0.0.1:3000", "worker/95"),
        row("ESTABLISHED", "127.0.0.1:3000", "127.0.0.1:40112", "node/300"),
    )
    assert list(seen.rows["pair"]) == [-1, 2, 1, -1]
    assert list(seen.rows["once"]) == [False, True, False, True]


def test_no_pair_across_namespaces_and_none_with_itself() -> None:
    seen = scene(
        row("ESTABLISHED", "10.0.0.1:80", "10.0.0.2:4000", netns="a"),
        row("ESTABLISHED", "10.0.0.2:4000", "10.0.0.1:80", netns="b"),
        row("ESTABLISHED", "127.0.0.1:40000", "127.0.0.1:40000"),
    )
    assert list(seen.rows["pair"]) == [-1, -1, -1]


def test_live_row_is_paired_before_time_wait() -> None:
    ends = ("127.0.0.1:80", "127.0.0.1:4000")
    seen = scene(
        row("TIME_WAIT", *ends),
        row("ESTABLISHED", *ends, inode=1),
        row("ESTABLISHED", *ends[::-1], inode=2),
    )
    assert list(seen.rows["pair"]) == [-1, 2, 1]


@pytest.mark.parametrize("odd", [-1, 65536, 65537, 10**6])
def test_what_no_port_can_be_counts_as_none(odd: int) -> None:
    ends = ends_of(view_of(local_addr=["192.0.2.1"] * 4, local_port=[0, 65535, odd, None]))
    ports = ["0", "65535", "*", "*"]
    assert ends.spell(ends.local).tolist() == [f"192.0.2.1:{port}" for port in ports]


def test_no_address_is_the_same_end_on_both_sides() -> None:
    here, there = [None, "192.0.2.1", "192.0.2.1"], ["192.0.2.9", None, "192.0.2.1"]
    same = [80] * 3
    ends = ends_of(view_of(local_addr=here, remote_addr=there, local_port=same, remote_port=same))
    assert ends.local[[0, 1]].tolist() == ends.remote[[1, 2]].tolist()
    assert len({*ends.local.tolist(), *ends.remote.tolist()}) == 3


def test_names_that_stand_for_ends_are_no_addresses() -> None:
    view = view_of(
        local_addr=[None, None], local_name=["web:x", "web:y"], remote_addr=["192.0.2.1"] * 2
    )
    ends = ends_of(view)
    assert ends.spell(ends.local).tolist() == ["web:x", "web:y"]
    assert (view.values("local_addr"), view.values("remote_addr")) == ([], ["192.0.2.1"])


def test_ends_are_paired_whatever_the_room_for_their_numbers() -> None:
    """So many namespaces that there is no number for each of them with two ends."""
    addrs = ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"]
    view = view_of(
        local_addr=addrs,
        remote_addr=[addrs[n] for n in (1, 0, 3, 2)],
        local_port=[80, 4000, 80, 4000],
        remote_port=[4000, 80, 4000, 80],
    )
    ends = ends_of(view)
    for space in (ends.space, Codes(np.array([3, 3, 0, 0]), ROOM >> 20)):
        both = replace(ends, space=space)
        assert both.mirrored(np.arange(4)).tolist() == both.tuples[[1, 0, 3, 2]].tolist()
        assert both.mirrored(np.array([1])).tolist() == both.tuples[[0]].tolist()
        assert len({*both.tuples.tolist()}) == 4


# ---- owners and groups ---------------------------------------------------------------------------


def test_owners() -> None:
    ends = ("192.0.2.1:443", "203.0.113.5:{}")
    rows = [
        row("ESTABLISHED", ends[0], ends[1].format(1), "java/4711", inode=1),
        row("ESTABLISHED", ends[0], ends[1].format(2), "/4711", inode=2),
        row("ESTABLISHED", ends[0], ends[1].format(3), "System", inode=3),
        row("ESTABLISHED", ends[0], ends[1].format(4), uid=1000, inode=4),
        row("ESTABLISHED", ends[0], ends[1].format(5), user="www", inode=5),
        row("ESTABLISHED", ends[0], ends[1].format(6), uid=0),
        row("TIME_WAIT", ends[0], ends[1].format(7), uid=0),
    ]
    seen = scene(*rows).rows
    wanted = ["java/4711", "pid 4711", "System", "uid 1000", "user www", "", ""]
    assert list(seen["owner"]) == wanted
    assert list(seen["owned"]) == [True, True, True, False, False, False, False]
    unowned = (row("LAST_ACK", ends[0], ends[1].format(8 + uid), uid=uid) for uid in (0, 1000))
    orphans = scene(*unowned).rows
    assert list(orphans["owner"]) == ["", "uid 1000"]


def test_group_is_owner_role_and_listener() -> None:
    seen = scene(
        HTTPS,
        row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1", "nginx/900"),
        row("ESTABLISHED", "192.0.2.2:443", "203.0.113.5:2", "nginx/900"),
        row("ESTABLISHED", "192.0.2.2:443", "203.0.113.5:3", "nginx/901"),
        row("TIME_WAIT", "192.0.2.1:443", "203.0.113.5:4"),
        row("TIME_WAIT", "192.0.2.2:443", "203.0.113.5:5"),
        row("ESTABLISHED", "192.0.2.2:50000", "203.0.113.5:443", "nginx/900"),
    )
    listener, *others = seen.rows["group"]
    assert listener == -1
    assert pd.factorize(np.array(others))[0].tolist() == [0, 0, 1, 2, 2, 3]


# ---- cleaning ------------------------------------------------------------------------------------


def test_repeats_are_dropped_and_counted() -> None:
    ends = ("192.0.2.1:443", "203.0.113.5:1")
    seen = scene(
        row("ESTABLISHED", *ends, inode=1),
        row("ESTABLISHED", *ends, inode=1),
        row("FIN_WAIT_1", *ends, inode=1),
        row("ESTABLISHED", *ends, inode=2),
        row("TIME_WAIT", "192.0.2.1:443", "203.0.113.5:2"),
        row("TIME_WAIT", "192.0.2.1:443", "203.0.113.5:2"),
    )
    assert seen.duplicates == 3
    assert list(seen.rows["line"]) == [1, 4, 5]
    assert list(seen.rows.index) == [0, 1, 2]


@pytest.mark.parametrize(("pids", "repeats"), [((531, 533), 0), ((531, 531), 1)])
def test_a_socket_that_two_processes_hold_is_no_repeat(pids: tuple[int, int], repeats: int) -> None:
    """`netstat -u` of illumos prints a row for each of them."""
    ends = ("192.0.2.1:22", "203.0.113.5:1")
    seen = scene(*(row("ESTABLISHED", *ends, f"sshd/{pid}") for pid in pids))
    assert (len(seen.rows), seen.duplicates) == (1, repeats)


def test_listeners_that_share_a_port_are_not_repeats() -> None:
    one = row("LISTEN", "0.0.0.0:443", ANY)
    assert len(scene(one, one, one).rows) == 3
    assert len(scene({**one, "inode": 7}, {**one, "inode": 7}, {**one, "inode": 8}).rows) == 2
    udp = {**one, "proto": "udp", "state": None}
    assert len(scene(udp, udp).rows) == 2


def test_views_of_one_moment_count_once_and_complete_each_other() -> None:
    ends = ("192.0.2.1:443", "203.0.113.5:1")
    listener = ("LISTEN", "0.0.0.0:443", ANY)
    seen = scene(
        row(*listener, view=0),
        row(*listener, view=0),
        row("ESTABLISHED", *ends, timer="keepalive", timer_ms=5, view=0),
        row(*listener, "nginx/1", view=1),
        row(*listener, "nginx/2", view=1),
        row("ESTABLISHED", *ends, "nginx/1", recv_q=9, view=1),
    )
    assert (seen.duplicates, seen.views) == (0, 3)
    assert list(seen.rows["line"]) == [1, 2, 3]
    assert list(seen.rows["owner"]) == ["nginx/1", "nginx/2", "nginx/1"]
    assert list(seen.rows["timer_ms"].dropna()) == [5]
    assert seen.rows["recv_q"].iloc[2] == 0


TOLD = [
    # what several commands print of one socket, and what it is taken for
    (
        [
            row("LISTEN", "192.0.2.1:90", ANY, "python3/7", recv_q=5, tool="netstat"),
            row("LISTEN", "192.0.2.1:90", ANY, "worker/7", recv_q=5, send_q=4, fd=3),
        ],
        {"process": "worker", "fd": 3, "recv_q": 5, "send_q": 4},
    ),
    (
        [
            row("LISTEN", "192.0.2.1:90", ANY, recv_q=0, tool="netstat"),
            row("LISTEN", "192.0.2.1:90", ANY, recv_q=5, send_q=128),
        ],
        {"recv_q": 5, "send_q": 128},
    ),
    (
        [
            row(
                "ESTABLISHED", "192.0.2.1:90", "192.0.2.2:5", timer="persist", timer_ms=9, retrans=2
            ),
            row("ESTABLISHED", "192.0.2.1:90", "192.0.2.2:5", "a/7", recv_q=8),
            row("ESTABLISHED", "192.0.2.1:90", "192.0.2.2:5", recv_q=9),
        ],
        {"process": "a", "timer": "persist", "retrans": 2, "recv_q": 0},
    ),
]


@pytest.mark.parametrize(("rows", "told"), TOLD)
def test_what_views_tell_together_does_not_depend_on_their_order(
    rows: list[Row], told: dict[str, object]
) -> None:
    for order in permutations(rows):
        seen = scene(*(dict(cells, view=view) for view, cells in enumerate(order)))
        assert seen.views == len(rows) - 1
        assert seen.rows.loc[:, list(told)].to_dict("records") == [told]


ONE = ("192.0.2.1:443", "203.0.113.5:1")
MOVED: dict[str, tuple[list[Row], list[int]]] = {
    # rows of two views, and the lines of those that stay
    "closed meanwhile": (
        [
            row("ESTABLISHED", *ONE, "nginx/1", inode=7, view=0),
            row("TIME_WAIT", *ONE, timer="timewait", timer_ms=9, view=1),
        ],
        [1],
    ),
    "the other command came first": (
        [row("TIME_WAIT", *ONE, view=0), row("ESTABLISHED", *ONE, "nginx/1", inode=7, view=1)],
        [2],
    ),
    "nobody prints inodes": (
        [row("ESTABLISHED", *ONE, view=0), row("CLOSE_WAIT", *ONE, view=1)],
        [1],
    ),
    "the ends are taken again": (
        [
            row("TIME_WAIT", *ONE, view=0),
            row("ESTABLISHED", *ONE, inode=7, view=1),
            row("TIME_WAIT", *ONE, view=1),
        ],
        [1, 2],
    ),
    "two connections, one after the other": (
        [row("ESTABLISHED", *ONE, inode=7, view=0), row("FIN_WAIT_2", *ONE, inode=8, view=1)],
        [1, 2],
    ),
    "one view": ([row("TIME_WAIT", *ONE), row("ESTABLISHED", *ONE, inode=7)], [1, 2]),
}


@pytest.mark.parametrize("case", MOVED)
def test_a_socket_that_moves_on_between_two_commands_counts_once(case: str) -> None:
    rows, stay = MOVED[case]
    seen = scene(*rows)
    assert list(seen.rows["line"]) == stay
    assert seen.duplicates == 0
    assert not seen.rows["timer"].notna().any(), "the timer is that of another state"


def test_truncated_addresses_prove_nothing() -> None:
    ends = ("[2001:db8::1]:443", "[2001:db8:1:2]:1")
    cut = row("ESTABLISHED", *ends, addr_truncated=True)
    back = row("ESTABLISHED", *ends[::-1], addr_truncated=True)
    seen = scene(cut, cut, back)
    assert seen.duplicates == 0
    assert list(seen.rows["pair"]) == [-1, -1, -1]


def test_sockets_without_addresses_are_left_alone() -> None:
    unix = {"section": "unix", "proto": "unix", "path": "/run/x"}
    seen, *_ = scenes(dump(unix, unix))
    assert len(seen.rows) == 2
    assert list(seen.rows["role"]) == ["", ""]


@pytest.mark.parametrize("sign", [":", "."])  # of macOS and the BSDs
def test_names_stand_for_addresses(sign: str) -> None:
    none = row("ESTABLISHED", ":*", ":*")
    web = {"local_name": f"web1{sign}ssh", "remote_name": f"admin{sign}50514"}
    odd = {"local_name": "web1:odd", "remote_name": "admin:50514"}
    listener = row("LISTEN", "*:22", "*:*", local_name="*:ssh", family="ipv4")
    known = {"local_port": 22, "remote_port": 50514}
    seen = scene(listener, {**none, **web, **known}, {**none, **odd})
    assert list(seen.rows["concrete"]) == [False, True, True]
    assert list(seen.rows["role"]) == ["listener", "server", "unknown"]
    assert list(seen.rows["service"]) == ["*:22", "web1:22", ""]


# ---- what the dump can show ----------------------------------------------------------------------


def test_capabilities() -> None:
    bare = scene(HTTPS | {"send_q": 511}, row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1"))
    assert bare.has == {"states", "queues", "accept", "backlog", "owner", "owners", "whole"}
    rich = scene(
        row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1", inode=5, timer="keepalive", rtt_ms=1.5)
    )
    assert rich.has == {"states", "queues", "inode", "timer", "timers", "tcpinfo", "whole"}
    freebsd = row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1", os="freebsd", timer="persist")
    assert scene(freebsd).has == {"states", "queues", "timer", "whole"}
    assert scene(freebsd | {"retrans": 0}).has >= {"timer", "timers"}
    assert scene(row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1", skmem_rb=1)).has >= {"skmem"}


def test_a_free_udp_socket_beside_a_connection_shows_that_nothing_is_left_out() -> None:
    """`ss -l` shows it, too, and what is closed; but no connection."""
    free = row(None, "0.0.0.0:68", ANY, proto="udp")
    assert "unfiltered" not in scene(free, row("CLOSED", "192.0.2.1:40000", ANY)).has
    assert "unfiltered" in scene(free, row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1")).has


@pytest.mark.parametrize(
    ("owned", "bare", "all_"),
    [
        ([80, 8080], [], True),
        ([8080], [80], False),  # those of root are hidden
        ([80], [8080], True),  # who has seen these may see all
        ([80], [443, 8080], True),  # half of them: the kernel has some
        ([80], [22, 443], False),
        ([1024], [1023], False),
        ([1023], [1024], True),
        ([8080], [9090], False),  # of high ones alone all must be owned
        ([8080], [], True),
    ],
)
def test_owners_of_all_are_known_by_those_of_low_ports(
    owned: list[int], bare: list[int], *, all_: bool
) -> None:
    seen = [row("LISTEN", f"0.0.0.0:{port}", ANY, f"app/{port}") for port in owned]
    hidden = [row("LISTEN", f"0.0.0.0:{port}", ANY) for port in bare]
    assert ("owners" in scene(*seen, *hidden).has) == all_


def test_owners_of_udp_do_not_show_owners_of_tcp() -> None:
    tcp = row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1")
    udp = row(None, "0.0.0.0:53", ANY, "named/1", proto="udp")
    assert "owner" not in scene(tcp, udp).has
    assert "owner" in scene(udp).has


@pytest.mark.parametrize(
    ("os", "tool", "queues", "kept"),
    [
        ("linux", "ss", (6, 5), [6, 5]),
        ("linux", "netstat", (6, 0), [6, None]),
        ("macos", "netstat", (0, 0), [None, None]),
        ("macos", "netstat", (3, 128), [3, 128]),
        ("windows", "netstat", (None, None), [None, None]),
    ],
)
def test_queues_of_listeners(os: str, tool: str, queues: tuple[int, int], kept: list[int]) -> None:
    cells = dict(zip(("recv_q", "send_q"), queues, strict=True))
    seen = scene(HTTPS | cells, os=os, tool=tool)
    found = seen.rows[["recv_q", "send_q"]].astype("object").iloc[0]
    assert list(found.where(found.notna(), None)) == kept
    assert ("accept" in seen.has) == (kept[0] is not None)
    assert ("backlog" in seen.has) == (kept[1] is not None)


def test_queues_are_those_of_connections_where_some_are_shown() -> None:
    """`netstat -L` of BSDs prints those of listeners alone."""
    bare = row("ESTABLISHED", "192.0.2.1:443", "203.0.113.5:1", recv_q=None, send_q=None)
    assert "queues" not in scene(HTTPS, bare).has
    assert "queues" in scene(HTTPS).has


def test_optional_columns_are_missing_not_zero() -> None:
    rtt = scene(HTTPS).column("rtt_ms")
    assert rtt.isna().all()
    assert str(rtt.dtype) == "Float64"
    with pytest.raises(KeyError):
        scene(HTTPS).column("no such column")


def test_constants_come_from_facts() -> None:
    plain = constants("linux")
    assert (plain.ephemeral_low, plain.ephemeral_high, plain.fd_limit) == (32768, 60999, 1024)
    told = constants("linux", {"ephemeral_low": 1024, "kernel": "5.4.0"})
    assert told.ephemeral_low == 1024
    assert plain.assumed - told.assumed == {"ephemeral_low", "kernel"}


def test_where_a_constant_is_told() -> None:
    """What the user states holds, and no file is named for it that says something else."""
    files = {"sysctl": "sysctl_-a", "fd_limit": "limits"}
    bundle = {"sysctl": {"net.ipv4.tcp_fin_timeout": "30"}, "fd_limit": 4096, "from": files}
    known = constants("linux", bundle)
    said = {"fin_timeout_s": "net.ipv4.tcp_fin_timeout in sysctl_-a", "fd_limit": "limits"}
    assert (known.fin_timeout_s, known.told) == (30, said)
    stated = constants("linux", {**bundle, "fin_timeout_s": 20})
    assert (stated.fin_timeout_s, stated.told) == (20, {"fd_limit": "limits"})


@pytest.mark.parametrize(
    ("os", "process", "owner"),
    [("windows", "", "System/4"), ("windows", "smb", "smb/4"), ("linux", "", "pid 4")],
)
def test_the_kernel_of_windows_needs_no_list_to_be_named(os: str, process: str, owner: str) -> None:
    """`netstat -b` says that it can not obtain its name, and -o prints the number alone."""
    more = [
        row("LISTEN", "0.0.0.0:80", ANY, "/8"),
        row("ESTABLISHED", "192.0.2.1:80", "203.0.113.5:1000"),
    ]
    seen = scene(row("LISTEN", "0.0.0.0:445", ANY, f"{process}/4"), *more, os=os)
    assert list(seen.rows["owner"]) == [owner, "pid 8", ""]


@pytest.mark.parametrize(
    ("os", "pids", "complete"),
    [
        ("windows", [4, 900], True),
        ("windows", [4], True),
        ("windows", [5, 900], False),
        ("windows", [], False),
        ("linux", [1, 4, 900], False),  # no dump of it names a process that has ended
    ],
)
def test_a_list_of_all_processes_is_of_use_on_windows(
    os: str, pids: list[int], complete: bool
) -> None:
    [seen] = scenes(dump(HTTPS, os=os), facts={"": {"proctable": pids}})
    assert ("proctable" in seen.has) is complete


@pytest.mark.parametrize("some", [slice(1, None), slice(None, None, 2)])
def test_rows_that_are_a_part_of_a_frame_are_counted_from_0(some: slice) -> None:
    """Findings point to rows by their place."""
    rows = [row("ESTABLISHED", f"192.0.2.1:{port}", "203.0.113.5:443") for port in (1, 2, 3)]
    [seen] = scenes(dump(*rows).iloc[some])
    assert list(seen.rows.index) == [0, 1]


# ---- hosts and moments -----------------------------------------------------------------------------


def connection(file: str, local: str, **more: Any) -> Row:
    return row("ESTABLISHED", f"{local}:443", "203.0.113.5:1044", file=file, **more)


def test_hosts_by_name_and_by_file() -> None:
    found = scenes(dump(connection("a", "192.0.2.1", host="web1"), connection("b", "192.0.2.2")))
    assert [one.host for one in found] == ["web1", "b"]
    assert [list(one.rows["file"]) for one in found] == [["a"], ["b"]]
    assert all("hosts" in one.has for one in found)
    assert [peer.host for peer in found[0].peers] == ["b"]


def test_files_with_the_same_addresses_are_one_host() -> None:
    found = scenes(
        dump(
            connection("x/a", "192.0.2.1"),
            connection("x/b", "192.0.2.1", pid=1),
            connection("x/c", "192.0.2.9"),
            connection("x/d", "172.17.0.1"),
            connection("x/e", "172.17.0.1"),
        )
    )
    assert [one.host for one in found] == ["x/a", "x/c", "x/d", "x/e"]


def test_a_file_that_may_be_of_two_hosts_is_of_the_first() -> None:
    ends = [(f"192.0.2.{n}", f"198.51.100.{n}") for n in range(1, 13)]
    rows = [
        connection(f"x/{n:02}{name}", addr, pid=n)
        for n, (one, other) in enumerate(ends)
        for name, addr in (("a", one), ("b", other), ("c", one), ("c", other))
    ]
    found = named(dump(*rows))
    assert {file[2:]: one.host[2:] for file, one in found.items() if file.endswith("c")} == {
        f"{n:02}c": f"{n:02}a" for n in range(12)
    }


def test_folders_are_hosts() -> None:
    found = scenes(
        dump(
            connection("in/web1/net/tcp.txt", "192.0.2.1"),
            connection("in/web1/net/udp.txt", "127.0.0.1"),
            connection("in/web2/net/tcp.txt", "192.0.2.2"),
        )
    )
    assert [one.host for one in found] == ["web1", "web2"]


@pytest.mark.parametrize(("bundle", "rule"), [({}, "text"), ({"in/a/1": "bundle"}, "bundle")])
def test_what_names_the_host_of_a_file(bundle: dict[str, str], rule: str) -> None:
    """A name, the own addresses that another file shows too, a folder of its own, or nothing."""
    rows = [
        connection("in/a/1", "192.0.2.1", host="web1"),
        connection("in/a/2", "192.0.2.1", pid=1),
        connection("in/b/3", "192.0.2.2"),
        connection("in/4", "192.0.2.3"),
    ]
    assert named(dump(*rows), rules=bundle) == {
        "in/a/1": ("web1", rule),
        "in/a/2": ("web1", "address"),
        "in/b/3": ("b", "folder"),
        "in/4": ("in/4", "file"),
    }


@pytest.mark.parametrize("files", [("x/1", "x/2"), ("x/1", "x/1")])
def test_two_names_are_two_hosts_whatever_their_addresses(files: tuple[str, str]) -> None:
    names = ("web1", "web2")
    ends = zip(files, names, strict=True)
    found = scenes(dump(*(connection(file, "192.0.2.1", host=name) for file, name in ends)))
    assert tuple(one.host for one in found) == names


def test_a_file_without_a_name_is_of_the_host_whose_address_it_shows() -> None:
    """Both named hosts have the first address: a virtual one, such as that of a pair of routers."""
    ends = [("x/1", 1, "web1"), ("x/2", 1, "web2"), ("x/2", 2, "web2"), ("x/3", 2, None)]
    rows = [connection(file, f"192.0.2.{end}", host=name) for file, end, name in ends]
    assert named(dump(*rows))["x/3"] == ("web2", "address")


def test_the_name_that_the_user_gives_is_that_of_all_files() -> None:
    ends = zip("ab", ("web1", None), strict=True)
    rows = dump(*(connection(file, "192.0.2.1", host=name) for file, name in ends))
    assert named(rows, host="web9") == dict.fromkeys("ab", ("web9", "option"))
    [only] = scenes(rows, hosts=named(rows, host="web9"))
    assert (only.host, only.snapshots) == ("web9", 2)


@pytest.mark.parametrize(("seconds", "moments"), [(60, 1), (61, 2)])
def test_commands_within_a_minute_show_one_moment(seconds: int, moments: int) -> None:
    begun = pd.Timestamp("2024-05-01T10:00:00Z")
    later = begun + pd.Timedelta(seconds=seconds)
    tcp = connection("x/1", "192.0.2.1", taken_at=begun)
    udp = row(None, "192.0.2.1:53", ANY, proto="udp", file="x/2", taken_at=later)
    assert scene(tcp, udp).snapshots == moments


def test_a_command_that_shows_listeners_too_is_another_one() -> None:
    first, second = connection("x/1", "192.0.2.1"), connection("x/2", "192.0.2.1")
    listener = row("LISTEN", "192.0.2.1:443", ANY, file="x/2")
    assert scene(first, second).snapshots == 2
    assert scene(first, second, listener).snapshots == 1


def test_a_command_of_another_protocol_is_another_one() -> None:
    tcp, end = connection("x/1", "192.0.2.1"), ("192.0.2.1:40000", "203.0.113.5:53")
    udp = row("ESTABLISHED", *end, proto="udp", file="x/1")
    raw = row("ESTABLISHED", *end, proto="raw", file="x/2")
    assert scene(tcp, udp, raw).snapshots == 1
    assert scene(tcp, udp, {**udp, "file": "x/2"}, {**tcp, "file": "x/2"}).snapshots == 2


@pytest.mark.parametrize("file", ["x/1", None])
def test_moments_that_one_file_tells_apart_are_several_however_close(file: str | None) -> None:
    begun = pd.Timestamp("2024-05-01T10:00:00Z")
    tcp = row("ESTABLISHED", *ONE, snapshot=0, taken_at=begun)
    udp = row(None, "192.0.2.1:53", ANY, proto="udp", snapshot=1)
    seen = scene(tcp, udp | {"taken_at": begun + pd.Timedelta(seconds=9)}, file=file)
    assert (seen.snapshots, list(seen.rows["line"])) == (2, [2])


def test_last_snapshot_is_judged_and_older_ones_prove_persistence() -> None:
    times = [pd.Timestamp(f"2024-05-01T09:0{minute}:00Z") for minute in (0, 1, 3)]
    rows = [
        row(
            "CLOSE_WAIT", "192.0.2.1:443", f"203.0.113.5:{port}", snapshot=n, taken_at=at, inode=ino
        )
        for n, at, port, ino in [
            (0, times[0], 1, 11),
            (0, times[0], 2, 12),
            (1, times[1], 3, 13),
            (2, times[2], 1, 11),
            (2, times[2], 2, 99),
            (2, times[2], 3, 13),
        ]
    ]
    seen = scene(*rows)
    assert (seen.snapshots, len(seen.rows), len(seen.earlier)) == (3, 3, 2)
    assert list(seen.rows["persistent"]) == [True, False, True]
    assert list(seen.rows["seen_s"]) == [180, 0, 120]
    assert {"snapshots", "times"} <= seen.has
    assert seen.taken_at == times[2]


def test_without_times_nothing_persists() -> None:
    same = [row("CLOSE_WAIT", "192.0.2.1:443", "203.0.113.5:1", snapshot=n) for n in (0, 1)]
    seen = scene(*same)
    assert seen.snapshots == 2
    assert not seen.rows["persistent"].any()


def test_the_same_command_in_two_files_is_two_moments() -> None:
    first, second = connection("x/1", "192.0.2.1"), connection("x/2", "192.0.2.1")
    seen = scene(first, second, row(None, "192.0.2.1:53", ANY, proto="udp", file="x/3"))
    assert seen.snapshots == 2
    assert list(seen.rows["file"]) == ["x/2", "x/3"]


def test_printed_times_order_files() -> None:
    late, soon = pd.Timestamp("2024-05-01T10:00:00Z"), pd.Timestamp("2024-05-01T09:00:00Z")
    udp = row(None, "192.0.2.1:53", ANY, proto="udp", file="x/3", taken_at=late)
    seen = scene(
        connection("x/1", "192.0.2.1", taken_at=late),
        connection("x/2", "192.0.2.1", taken_at=soon),
        udp,
    )
    assert seen.snapshots == 2
    assert list(seen.rows["file"]) == ["x/1", "x/3"]


def test_nothing_at_all() -> None:
    (seen,) = scenes(empty())
    assert (len(seen.rows), seen.host, seen.os, seen.has) == (0, "", None, frozenset())


# ---- measures --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "base", "passed"),
    [(5, 9, True), (5, 11, False), (4, 4, False), (100, 10_000, True), (5, 0, False)],
)
def test_few_share_many(n: int, base: int, passed: bool) -> None:
    assert passes(n, base, few=5, share=0.5, many=100) is passed


@pytest.mark.parametrize(
    ("kernel", "ages"),
    [
        (None, {0: 0, 3: 3, 5: 5, 6: 7, 7: 11, 8: 19, 10: 67}),
        ("6.5.0-14-generic", {3: 3, 6: 7}),
        ("5.15.0", {3: 7, 5: 31, 6: 63}),
    ],
)
def test_age_of_a_syn(kernel: str | None, ages: dict[int, int]) -> None:
    known: Any = SimpleNamespace(constants=constants("linux", {"kernel": kernel}))
    assert {k: syn_age(k, known) for k in ages} == ages


@pytest.mark.parametrize(
    ("tools", "ages"),
    [
        ({"netstat"}, {0: 0, 1: 1, 3: 7, 5: 31}),
        ({"ss"}, {0: 0, 1: 1, 3: 1, 5: 1}),
        ({"netstat", "ss"}, {5: 1}),
        (set(), {5: 1}),
    ],
)
def test_age_of_a_syn_ack(tools: set[str], ages: dict[int, int]) -> None:
    """The count of ss rises with the SYNs of the client: 5 after 4.5 s, where netstat printed 1."""
    assert {k: synack_age(k, tools) for k in ages} == ages


def test_a_hostile_count_costs_nothing() -> None:
    known: Any = SimpleNamespace(constants=constants("linux"))
    assert syn_age(10**9, known) > 0
    assert synack_age(10**9, {"netstat"}) > 0
    assert data_age(10**9) > 0


# ---- against the plain way -------------------------------------------------------------------------

ADDRESSES = ["192.0.2.1", "127.0.0.1", "2001:db8::1"]
addresses = st.sampled_from(ADDRESSES)
ports = st.sampled_from([80, 443, 33000, 40000])
several = st.sampled_from([None, 1, 2])


@given(st.lists(st.integers(-1, 5), max_size=30), st.sampled_from([1, 10**12]), st.integers(1, 4))
def test_lots_are_those_of_the_plain_way(keys: list[int], apart: int, least: int) -> None:
    """By first appearance, whether keys are small or far apart, and how many a lot must have."""
    plain: dict[int, list[int]] = {}
    for place, key in enumerate(keys, 10):
        plain.setdefault(key, []).append(place)
    told = np.array([key * apart if key > 0 else key for key in keys], dtype=np.int64)
    found = lots(np.arange(10, 10 + len(keys)), told, least)
    large = [lot for key, lot in plain.items() if key >= 0 and len(lot) >= least]
    assert [lot.tolist() for lot in found] == large


def test_lots_may_be_more_than_a_short_number_counts() -> None:
    n = 70_000
    found = list(lots(np.arange(2 * n), np.tile(np.arange(n), 2)))
    assert [lot.tolist() for lot in (found[0], found[n - 1])] == [[0, n], [n - 1, 2 * n - 1]]
    assert len(found) == n


def test_lots_of_keys_far_apart_that_are_more_than_a_few() -> None:
    """So many that some share a place where they are counted."""
    keys = np.random.default_rng(7).permutation(10**6)[:3000] * 10**6
    found = lots(np.arange(6000), np.tile(keys, 2), 2)
    assert [lot.tolist() for lot in found] == [[n, n + 3000] for n in range(3000)]


def test_rows_are_a_mask_or_positions() -> None:
    told, at = np.array([False, True, False, True]), np.array([1, 3])
    for which in (told, at):
        assert positions(which).tolist() == [1, 3]
        assert mask(which, 4).tolist() == told.tolist()
        assert so_many(which) == 2


@st.composite
def sockets(draw: st.DrawFn) -> Row:
    """A listener or a connection, from so few addresses and ports that they often meet."""
    more: Row = {
        "pid": draw(several),
        "inode": draw(several),
        "netns": draw(st.sampled_from([None, "n"])),
    }
    local = f"{draw(addresses)}:{draw(ports)}"
    if draw(st.booleans()):
        wild = draw(st.sampled_from(["0.0.0.0", "::", "*"]))
        here = draw(st.sampled_from([f"{wild}:{draw(ports)}", local]))
        only = draw(st.sampled_from([None, True, False]))
        return row("LISTEN", here, "*:*", v6only=only, **more)
    state = draw(st.sampled_from(["ESTABLISHED", "TIME_WAIT", "SYN_SENT", "CLOSED", "UNKNOWN"]))
    return row(state, local, f"{draw(addresses)}:{draw(ports)}", **more)


def serves(listener: Any, other: Any) -> bool:
    """Rule 1 of the roles, word for word."""
    if listener.state != "LISTEN" or listener.local_port != other.local_port:
        return False
    if (listener.netns == "n") != (other.netns == "n"):
        return False
    six = ":" in other.local_addr
    kinds = {
        other.local_addr: True,
        "0.0.0.0": not six,
        "::": six or listener.v6only is not True,
        "*": six or listener.v6only is not True,
    }
    return kinds.get(listener.local_addr, False)


@settings(max_examples=20)
@given(st.lists(sockets(), min_size=1, max_size=12))
def test_roles_and_pairs_as_the_rules_say(rows: list[Row]) -> None:
    seen = scene(*rows).rows
    told = seen.assign(v6only=seen.get("v6only"), netns=seen["netns"])
    told = told.astype("object").where(told.notna(), None)
    every: list[Any] = list(told.itertuples())
    for one in every:
        serving = [other.Index for other in every if serves(other, one)]
        if one.concrete and one.state != "SYN_SENT":
            assert (one.role == "server") >= bool(serving)
            assert (one.listener in serving) if serving else one.listener == -1
        if one.pair >= 0:
            other = every[one.pair]
            assert other.pair == one.Index
            assert (other.local_addr, other.local_port) == (one.remote_addr, one.remote_port)
            assert (other.remote_addr, other.remote_port) == (one.local_addr, one.local_port)
            assert other.netns == one.netns
    assert seen["once"].sum() == seen["concrete"].sum() - (seen["pair"] >= 0).sum() // 2


WHOLES = [("group",), ("owner",), ("role",), ("bound",), ("role", "bound"), ()]


@settings(max_examples=20)
@given(st.lists(sockets(), min_size=1, max_size=12))
def test_the_census_counts_as_the_rows_do(rows: list[Row]) -> None:
    seen = scene(*rows)
    view, counted = seen.view, census(seen)
    live, served = view.true("live"), view.is_("role", "server")
    every, waiting = np.arange(len(view)), view.is_("state", "TIME_WAIT") & view.true("concrete")
    for names in WHOLES:
        for each, among in (
            (counted.live, live),
            (counted.served, live & served),
            (counted.among(("TIME_WAIT",)), waiting),
        ):
            of = np.flatnonzero(view.true("concrete"))
            told = counted.sums(of, names, each)
            assert told.tolist() == view.tally(of, among, *names).tolist()
        keys = np.unique(view.keys_at(every, *names))
        assert states_of(seen, every, names)(keys[-1]) == states_among(seen, live, every, names)(
            keys[-1]
        )


@settings(max_examples=20)
@given(st.lists(sockets(), max_size=12), st.integers(1, 3))
def test_a_second_reading_adds_nothing(rows: list[Row], times: int) -> None:
    """The same text again as another view: every socket still counts once."""
    once = scenes(dump(*rows))[0]
    views = [dict(cells, view=view) for view in range(times + 1) for cells in rows]
    both = scenes(dump(*views))[0]
    assert len(both.rows) == len(once.rows)


def test_odd_cells_break_nothing() -> None:
    odd = dump(
        {"state": "ESTABLISHED", "proto": "tcp"},
        {"proto": "tcp", "local_addr": "x", "remote_addr": "y", "remote_port": 99999},
        {"proto": None, "section": None, "local_port": -5, "netns": ""},
        row("LISTEN", "*:*", "*:*", pid=-1, inode=-1),
    )
    assert len(scenes(odd)[0].rows) == 4


# ---- size ------------------------------------------------------------------------------------------


def big(rows: int) -> pd.DataFrame:
    """A busy server: most rows inbound to one port, the rest to some backends."""
    pick = np.random.default_rng(7)
    inbound = pick.random(rows) < 0.7
    peers = [f"203.0.{a}.{b}" for a in range(200) for b in range(1, 250)]
    states = ["ESTABLISHED", "TIME_WAIT", "CLOSE_WAIT"]
    values: dict[str, Any] = {
        "file": ["dump.txt"] * rows,
        "line": np.arange(1, rows + 1),
        "section": ["inet"] * rows,
        "proto": ["tcp"] * rows,
        "os": ["linux"] * rows,
        "tool": ["ss"] * rows,
        "state": np.array(states, dtype=object)[pick.integers(0, 3, rows)],
        "local_addr": ["192.0.2.10"] * rows,
        "local_port": np.where(inbound, 443, pick.integers(32768, 61000, rows)),
        "remote_addr": np.array(peers, dtype=object)[pick.integers(0, len(peers), rows)],
        "remote_port": np.where(inbound, pick.integers(1024, 65536, rows), 5432),
        "pid": pick.integers(1, 500, rows),
        "process": ["nginx"] * rows,
        "inode": pick.permutation(rows) + 1,
    }
    held = {
        column.name: array(column, list(values.get(column.name, [])) or None, rows)
        for column in COLUMNS
        if column.always
    }
    return pd.DataFrame(held)


@pytest.mark.slow
def test_time_grows_with_size_only() -> None:
    """Ten times the rows in well under thirty times the time: nothing is quadratic."""
    taken = {}
    for rows in (10_000, 100_000):
        made = big(rows)
        begun = time.perf_counter()
        scenes(made)
        taken[rows] = time.perf_counter() - begun
    assert taken[100_000] < 30 * max(taken[10_000], 0.02)


# ---- arrays ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        ([5, 7, 5], ([5, 7, 5], 8)),  # codes as they are
        ([5, None, 7], ([5, 0, 7], 8)),
        ([0, None, 7], ([1, 0, 8], 9)),  # 0 is a number, and no row without one
        ([-2, None, 3], ([1, 0, 6], 7)),
        ([10**6, 10**6 + 1, None], ([1, 2, 0], 3)),
        ([0, 10**6, None], None),
    ],
)
def test_whole_numbers_are_their_own_codes(
    cells: list[int | None], codes: tuple[list[int], int] | None
) -> None:
    view = view_of(inode=cells)
    found = ranged(view.numbers("inode"), view.known("inode"))
    assert (found and (found[0].of.tolist(), found[0].size)) == codes
    assert [
        None if not code else view.words("inode")[code - 1] for code in view.codes("inode").of
    ] == cells


def test_cells_of_what_is_beside_a_view() -> None:
    rows = Rows(view_of(pid=[7, None, 9]), np.array([0, 1]), age=np.array([1.5, np.nan]))
    assert list(rows.cells("pid", "age")) == [(0, 7, 1.5), (1, None, None)]


def test_the_leading_values_are_the_most_frequent() -> None:
    """One more than is asked for, in place of the empty word; and those as frequent as the last."""
    many = Rows(view_of(pid=[1, 2, 2, 3, 3, 3, 4]), np.arange(7))
    assert many.leading("pid", 1) == {"3": 3, "2": 2}
    even = Rows(view_of(pid=[1, 1, 2, 2, 3, 3, 4]), np.arange(7))
    assert even.leading("pid", 1) == {"1": 2, "2": 2, "3": 2}


@given(data=st.data())
@settings(max_examples=30)
def test_rows_alike_are_counted_whatever_their_number(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    ends = st.lists(st.sampled_from([None, *range(1, 7)]), min_size=size, max_size=size)
    ports, lines = data.draw(ends), data.draw(ends)
    view = view_of(local_port=ports, inode=lines)
    both = list(zip(ports, lines, strict=True))
    masks = st.lists(st.booleans(), min_size=size, max_size=size)
    of = np.flatnonzero(data.draw(masks))
    for _ in range(2):
        among = np.array(data.draw(masks))
        met = [pair for pair, counts in zip(both, among, strict=True) if counts]
        told = [0 if None in both[at] else met.count(both[at]) for at in of]
        assert view.tally(of, among, "local_port", "inode").tolist() == told
