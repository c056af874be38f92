"""Bundles: what collectors pack, found by content, placed by layout, and hostile archives.

The bundles are built here in the layouts of the real collectors, from the samples.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import json
import lzma
import os
import pickle
import stat
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import nsparse
from nsparse.bundles import about, counters, facts, gunzip, moments, processes, unxz
from nsparse.bundles.layouts import SOCKETS, kind_of, kinds, layouts, marked
from nsparse.bundles.limits import LIMITS
from nsparse.bundles.names import clean
from nsparse.bundles.sift import LONG, Sift, promising
from nsparse.bundles.words import fronts
from nsparse.cli import cli
from tests.frames import assert_frame_equal

SAMPLES = Path(__file__).parent.parent / "samples"
PLACED = ["file", "host", "netns", "taken_at", "snapshot"]
"""Columns that a bundle fills in; all others are those of the single file."""

Files = Mapping[str, bytes]
ONE = ("close-wait-leak",)
"""Where the diagnoses do not matter, one is enough."""


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.txt").read_bytes()


NETSTAT, SS = sample("netstat_linux--healthy"), sample("ss_linux--healthy")
LEAK, FULL = sample("ss_linux--close-wait-leak"), sample("ss_linux--accept-queue-full")
WINDOWS = sample("netstat_windows--utf16")
LOG = b"Nov 22 10:43:50 web1 sshd[612]: Accepted publickey for root from 192.0.2.9\n" * 50
DATE = b"Sun Nov 22 10:43:50 UTC 2026\n"
SYSCTL = b"net.core.somaxconn = 4096\nnet.ipv4.ip_local_port_range = 40000\t40399\n"
NSTAT = b"#kernel\nTcpExtListenOverflows           12                 0.0\n"
PS = b"UID PID PPID C STIME TTY TIME CMD\nroot 1 0 0 Nov01 ? 00:01 /sbin/init\n"

# ---- ways to pack ----------------------------------------------------------------------------


def tar(files: Files, *more: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for entry in more:
            archive.addfile(entry)
    return out.getvalue()


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    library: Any = pytest.importorskip(
        "backports.zstd", reason="zstd needs Python 3.14 or the extra `zstd`"
    )
    packed: bytes = library.compress(data)
    return packed


PACKED: dict[str, Callable[[Files], bytes]] = {
    "tar": tar,
    "tar.gz": lambda files: gzip.compress(tar(files)),
    "tar.bz2": lambda files: bz2.compress(tar(files)),
    "tar.xz": lambda files: lzma.compress(tar(files)),
    "tar.zst": lambda files: zstd(tar(files)),
    "zip": zipped,
}


def written(folder: Path, files: Files) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def opened(data: bytes, name: str = "bundle.tar", **options: Any) -> nsparse.Bundle:
    return nsparse.open_bundle(io.BytesIO(data), name=name, **options)


def alone(data: bytes) -> Any:
    return nsparse.parse(io.BytesIO(data), on_bad_lines="skip").frame


def same_rows(
    bundle: nsparse.Bundle, expected: Mapping[tuple[str | None, str | None], list[bytes]]
) -> None:
    """Hold that each host and namespace has the frames of the single files."""
    found: dict[Any, list[Any]] = {}
    for dump in bundle.dumps:
        places = dump.frame[["host", "netns"]].drop_duplicates()
        ((host, netns),) = places.astype("object").where(places.notna(), None).to_numpy()
        found.setdefault((host, netns), []).append(dump.frame)
    assert found.keys() == expected.keys()
    for place, frames in found.items():
        for frame, data in zip(frames, expected[place], strict=True):
            left, right = frame.drop(columns=PLACED), alone(data).drop(columns=PLACED)
            assert_frame_equal(left, right)


# ---- sosreport, in every packing -------------------------------------------------------------

SOS = "sosreport-web1-2026-11-22-abcdefg"
SOSREPORT: Files = {
    f"{SOS}/{path}": data
    for path, data in {
        "sos_commands/networking/netstat_-W_-neopa": NETSTAT,
        "sos_commands/networking/ss_-peaonmi": SS,
        "sos_commands/networking/namespaces/blue/ip_netns_exec_blue_ss_-peaonmi": LEAK,
        "sos_commands/networking/ip_netns_exec_old_netstat_-W_-neopa": NETSTAT,
        "sos_commands/networking/namespaces/blue/ip_netns_exec_blue_nstat_-zas": b"TcpExtListenOverflows  99  0.0\n",
        "sos_commands/networking/nstat_-zas": NSTAT,
        "sos_commands/networking/netstat_-r": b"Kernel IP routing table\n",
        "sos_commands/kernel/sysctl_-a": SYSCTL,
        "sos_commands/host/hostname": b"web1.example.com\n",
        "sos_commands/date/date": DATE,
        "sos_commands/process/ps_auxwww": PS,
        "proc/4711/limits": b"Max open files            1024                 4096                 files\n",
        "var/log/messages": LOG,
    }.items()
}
SOS_ROWS: dict[tuple[str | None, str | None], list[bytes]] = {
    ("web1.example.com", None): [NETSTAT, SS],
    ("web1.example.com", "blue"): [LEAK],
    ("web1.example.com", "old"): [NETSTAT],
}


@pytest.mark.parametrize("packing", [*PACKED, "folder"])
def test_a_sosreport_however_it_is_packed(packing: str, tmp_path: Path) -> None:
    if packing == "folder":
        bundle = nsparse.open_bundle(written(tmp_path, SOSREPORT))
    else:
        path = tmp_path / f"{SOS}.{packing}"
        path.write_bytes(PACKED[packing](SOSREPORT))
        bundle = nsparse.open_bundle(path)
    same_rows(bundle, SOS_ROWS)
    assert bundle.layout == "sosreport"
    assert bundle.problems == ()
    assert bundle.members == {"files": 13, "dumps": 4, "facts": 7, "others": 2}


def test_what_a_sosreport_tells_of_its_host() -> None:
    bundle = opened(tar(SOSREPORT))
    assert str(bundle.frame()["taken_at"].unique()[0]) == "2026-11-22 10:43:50+00:00"
    known: Mapping[str, Any] = bundle.facts["web1.example.com"]
    assert list(bundle.facts) == ["web1.example.com"]
    assert known["sysctl"]["net.core.somaxconn"] == "4096"
    assert known["counters"] == {"TcpExtListenOverflows": 12}, "not those of a namespace"
    assert known["proctable"] == {1: "init"}
    assert known["limits"] == {4711: 1024}
    assert known["from"]["sysctl"] == "sos_commands/kernel/sysctl_-a"
    assert not set(known) & {"kernel", "uptime_s", "ephemeral_low"}


def test_the_sources_say_where_host_and_time_came_from() -> None:
    report = nsparse.diagnose(opened(tar(SOSREPORT)), select=ONE)
    told = {(source.host, source.host_from, source.time_from) for source in report.sources}
    assert told == {("web1.example.com", "bundle", "bundle")}
    report = nsparse.diagnose(opened(tar(SOSREPORT)), host="here", select=ONE)
    assert {(source.host, source.host_from) for source in report.sources} == {("here", "option")}
    assert report.scenes[0].constants.ephemeral_size == 400, "the facts go with the dumps"


def test_sockets_that_two_commands_print_count_once() -> None:
    both = {
        "sos_commands/networking/netstat_-W_-neopa": sample("netstat_linux--close-wait-leak"),
        "sos_commands/networking/ss_-peaonmi": LEAK,
    }
    bundle = opened(tar(both))
    assert set(bundle.frame()["tool"]) == {"netstat", "ss"}, "kept apart in the frame"
    ((one,), (two,)) = (nsparse.diagnose(data, select=ONE).scenes for data in (alone(LEAK), bundle))
    assert two.snapshots == 1
    assert (two.duplicates, two.views) == (one.duplicates, len(alone(LEAK)))
    assert two.rows["once"].sum() == one.rows["once"].sum()


def test_a_socket_that_closes_between_two_commands_counts_once() -> None:
    ends = b"198.51.100.20:8080", b"203.0.113.9:50110"
    netstat = (
        b"Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name\n"
        b"tcp 0 0 %s %s ESTABLISHED 0 33 7/app\n" % ends
    )
    ss = (
        b"Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
        b"tcp TIME-WAIT 0 0 %s %s timer:(timewait,41sec,0)\n" % ends
    )
    files = {
        "sos_commands/networking/netstat_-W_-neopa": netstat,
        "sos_commands/networking/ss_-peaonmi": ss,
    }
    report = nsparse.diagnose(opened(tar(files)), select=ONE)
    assert report.summary["rows"] == 2
    assert report.summary["connections"] == 1
    (kept,) = report.scenes[0].rows.to_dict("records")
    assert (kept["state"], kept["process"]) == ("ESTABLISHED", "app"), "who names the program stays"


def test_a_bundle_survives_the_way_out_of_a_process() -> None:
    bundle = pickle.loads(pickle.dumps(opened(tar(SOSREPORT))))
    assert bundle.facts["web1.example.com"]["sysctl"]
    same_rows(bundle, SOS_ROWS)


# ---- the other layouts -----------------------------------------------------------------------

SUSE_HEAD = b"#==[ Command ]======================================#\n# %s\n"


def suse(*sections: tuple[bytes, bytes]) -> bytes:
    head = b"=" * 77 + b"\n                     Support Utilities - Supportconfig\n\n"
    return head + b"\n\n".join(SUSE_HEAD % command + text for command, text in sections)


def sectioned(heading: str, *sections: tuple[str, bytes]) -> bytes:
    return b"\n".join(heading.format(command).encode() + b"\n" + text for command, text in sections)


MDIAG = json.dumps(
    [
        {"section": "sysctl", "command": "sysctl -a", "output": SYSCTL.decode().splitlines()},
        {
            "section": "netstat",
            "command": "netstat -anpoe",
            "output": NETSTAT.decode().splitlines(),
        },
    ],
    indent=1,
).encode()
MAC = sample("netstat_macos--sysdiagnose")
BUGREPORT = sectioned(
    "------ {} ------",
    ("SYSTEM LOG (logcat -v threadtime)", LOG),
    ("UPTIME (uptime)", b" 10:43:50 up 12 days,  3:45,  0 users\n"),
    ("DETAILED SOCKET STATE (ss -eionptu)", SS),
    ("LIST OF OPEN FILES (lsof)", LOG),
)
TASKLIST = (
    b"Image Name                     PID Session Name        Session#    Mem Usage\r\n"
    b"========================= ======== ================ =========== ============\r\n"
    b"System Idle Process              0 Services                   0          8 K\r\n"
    b"leaky app (x64).exe           4711 Services                   0     12,000 K\r\n"
)
PORTS = (
    "\r\nProtocol tcp Dynamic Port Range\r\n---------------------------------\r\n"
    "Start Port      : 50000\r\nNumber of Ports : 1000\r\n"
).encode("utf-16")

HOSTS: dict[str, tuple[str, Files, str | None, dict[str, Any]]] = {
    # name of the bundle, its files, the host, and some facts
    "sosreport": ("a.tar", SOSREPORT, "web1.example.com", {"hostname": "web1.example.com"}),
    "insights": (
        "insights-web1-20261122104350.tar.gz",
        {
            "insights-web1-20261122104350/data/insights_commands/ss_-tupna": SS,
            "insights-web1-20261122104350/data/insights_commands/netstat_-s": b"TcpExt:\n    7 times the listen queue of a socket overflowed\n",
            "insights-web1-20261122104350/data/insights_commands/hostname_-I": b"192.0.2.7\n",
            "insights-web1-20261122104350/data/insights_commands/hostname_-f": b"web1.example.com\n",
        },
        "web1.example.com",
        {"counters": {"TcpExtListenOverflows": 7}},
    ),
    "supportconfig": (
        "scc_web1_261122_1043.txz",
        {
            "scc_web1_261122_1043/basic-environment.txt": suse(
                (b"/bin/date", DATE),
                (b"/bin/uname -a", b"Linux web1 6.4.0-150600.23-default #1 SMP x86_64\n"),
            ),
            "scc_web1_261122_1043/env.txt": suse((b"/sbin/sysctl -a", SYSCTL)),
            "scc_web1_261122_1043/network.txt": suse(
                (b"/sbin/route -n", b"Kernel IP routing table\n"),
                (b"/usr/sbin/nstat -az", NSTAT),
                (b"/usr/sbin/ss -nap", SS),
                (b"/sbin/ip rule", b"0:      from all lookup local\n"),
            ),
        },
        "web1",
        {"kernel": "6.4.0-150600.23-default", "counters": {"TcpExtListenOverflows": 12}},
    ),
    "elastic": (
        "local-diagnostics-20261122-104350.zip",
        {
            "local-diagnostics-20261122-104350/syscalls/netstat.txt": NETSTAT,
            "local-diagnostics-20261122-104350/syscalls/process-list.txt": PS,
        },
        "local-diagnostics-20261122-104350",
        {"proctable": {1: "init"}},
    ),
    "mdiag": (
        "mdiag-web1.json",
        {"": MDIAG},
        "web1",
        {"from": {"sysctl": "mdiag-web1.json/sysctl -a"}},
    ),
    "uac": (
        "uac-web1-linux-20261122104350.tar.gz",
        {
            "live_response/network/ss_-tanp.txt": SS,
            "live_response/system/sysctl_-a.txt": SYSCTL,
            "live_response/process/ps_-ef.txt": PS,
        },
        "web1",
        {"proctable": {1: "init"}},
    ),
    "eks": (
        "eks_i-0123456789abcdef0_2026-11-22_1043-UTC_0.7.6.tar.gz",
        {
            "./system/netstat.txt": NETSTAT,
            "./sysctls/sysctl_all.txt": SYSCTL,
            "./kernel/uname.txt": b"Linux ip-192-0-2-7 5.10.0 #1 SMP x86_64 GNU/Linux\n",
        },
        "ip-192-0-2-7",
        {"kernel": "5.10.0"},
    ),
    "ec2rescue": (
        "ec2rl-2026-11-22T10_43_50.000000.tgz",
        {
            "2026-11-22T10_43_50.000000/mod_out/run/netstatanp.log": SS,
            "2026-11-22T10_43_50.000000/mod_out/run/date.log": b"I will collect date output\n"
            + DATE,
        },
        "2026-11-22T10_43_50.000000",
        {},
    ),
    "supportbundle": (
        "support-bundle-2026-11-22T10_43_50.tar.gz",
        {
            "support-bundle-2026-11-22T10_43_50/host-collectors/run-host/netstat-ports.txt": NETSTAT,
            "support-bundle-2026-11-22T10_43_50/host-collectors/run-host/hostname.txt": b"node1\n",
            "support-bundle-2026-11-22T10_43_50/host-collectors/system/sysctl.json": b'{\n  "net.core.somaxconn": "4096"\n}\n',
        },
        "node1",
        {"sysctl": {"net.core.somaxconn": "4096"}},
    ),
    "gitlabsos": (
        "gitlabsos.tar.gz",
        {
            "gitlabsos.web1_20261122104350/netstat": NETSTAT,
            "gitlabsos.web1_20261122104350/hostname": b"git.example.com\n",
            "gitlabsos.web1_20261122104350/sysctl_a": SYSCTL,
            "gitlabsos.web1_20261122104350/gitlabsos.log": LOG,
        },
        "git.example.com",
        {"hostname": "git.example.com"},
    ),
    "tss": (
        "TSS_WEB1_261122-104350.zip",
        {
            "TSS\\WEB1_261122-104350_NetStat_Info.txt": WINDOWS,
            "TSS\\WEB1_261122-104350_tasklist.txt": TASKLIST,
            "TSS\\WEB1_261122-104350_SystemInfo_Stop_.txt": b"\r\nHost Name:      WEB1\r\n",
            "TSS\\WEB1_261122-104350_NETWORK_TCPIP_info.txt": PORTS,
        },
        "WEB1",
        {
            "proctable": {0: "System Idle Process", 4711: "leaky app (x64).exe"},
            "ephemeral_high": 50999,
            "hostname": "WEB1",
        },
    ),
    "sqltrace": ("output.zip", {"output/NetStatAtStart.txt": WINDOWS}, "output", {}),
    "sysdiagnose": (
        "sysdiagnose_2026.11.22_10-43-50+0000_macOS_Mac14-2_23C71.tar.gz",
        {
            "sysdiagnose_2026.11.22_10-43-50+0000/network-info/netstat.txt": MAC,
            "sysdiagnose_2026.11.22_10-43-50+0000/network-info/hostname.txt": b"#\n# /bin/hostname\n#\nmac1.example.com\n",
        },
        "mac1.example.com",
        {"hostname": "mac1.example.com"},
    ),
    "bugreport": (
        "bugreport-redfin-RQ3A.210805.001-2026-11-22-10-43-50.zip",
        {"bugreport-redfin-RQ3A.210805.001-2026-11-22-10-43-50.txt": BUGREPORT},
        "redfin",
        {"uptime_s": 12 * 86400 + 3 * 3600 + 45 * 60},
    ),
    "ovirt": (
        "sosreport-LogCollector-20261122104350.tar.xz",
        {
            "sosreport-LogCollector/log-collector-data/192.0.2.7/sosreport.tar.xz": lzma.compress(
                tar(SOSREPORT)
            ),
        },
        "web1.example.com",
        {"hostname": "web1.example.com"},
    ),
}
NO_SOCKETS = {"oswatcher"}


def packed(name: str, files: Files) -> bytes:
    if "" in files:
        return files[""]
    return next(pack for kind, pack in PACKED.items() if _is(name, kind))(files)


def _is(name: str, kind: str) -> bool:
    return name.replace(".tgz", ".tar.gz").replace(".txz", ".tar.xz").endswith(f".{kind}")


@pytest.mark.parametrize("key", HOSTS)
def test_a_layout(key: str) -> None:
    name, files, host, known = HOSTS[key]
    bundle = opened(packed(name, files), name)
    assert layouts()[key].title in str(bundle.layout)
    assert bundle.problems == ()
    assert {dump.frame["host"].unique()[0] for dump in bundle.dumps} == {host}
    assert {dump.host_from for dump in bundle.dumps} == {"bundle"}
    told: Mapping[str, Any] = bundle.facts.get(str(host), {})
    for name, value in known.items():
        wanted = value.items() if isinstance(value, dict) else None
        assert wanted <= told[name].items() if wanted else told[name] == value
    # All of them were taken at this minute, as a text or a name of the bundle says.
    if key not in ("gitlabsos", "sqltrace", "mdiag"):
        assert {str(when)[:16] for when in bundle.frame()["taken_at"]} == {"2026-11-22 10:43"}


def test_a_bundle_of_one_text_under_another_name() -> None:
    _, files, host, _ = HOSTS["bugreport"]
    bundle = opened(zipped(files), "case-4711.zip")
    assert [str(host) for host in bundle.frame()["host"].unique()] == [host]
    assert {str(when)[:16] for when in bundle.frame()["taken_at"]} == {"2026-11-22 10:43"}


def test_each_layout_is_tried() -> None:
    assert HOSTS.keys() | NO_SOCKETS == layouts().keys()
    held = {place.holds for layout in layouts().values() for place in layout.places}
    assert held - {SOCKETS} <= {kind.key for kind in kinds()} == facts.READERS.keys()


def test_a_network_file_of_suse_is_read_with_its_lines() -> None:
    name, files, *_ = HOSTS["supportconfig"]
    (dump,) = opened(packed(name, files), name).dumps
    text = next(data for path, data in files.items() if path.endswith("network.txt"))
    assert_frame_equal(
        dump.frame.drop(columns=[*PLACED, "line"]), alone(SS).drop(columns=[*PLACED, "line"])
    )
    first = dump.frame["line"].iloc[0]
    assert text.splitlines()[int(first) - 1] == SS.splitlines()[int(alone(SS)["line"].iloc[0]) - 1]
    assert sum(dump.census.values()) == dump.lines == len(text.splitlines())
    assert "network.txt" in dump.file


def test_a_namespace_of_suse_has_its_own_file() -> None:
    files = {
        "scc_web1_261122_1043/basic-environment.txt": b"",
        "scc_web1_261122_1043/network-blue.txt": suse((b"ip netns exec blue ss -nap", SS)),
    }
    (dump,) = opened(tar(files), "scc_web1_261122_1043.tar").dumps
    assert set(dump.frame["netns"]) == {"blue"}


def test_archives_inside_a_collectors_bundle() -> None:
    own = {f"{SOS}/etc/hostname": b"engine\n", f"{SOS}/sos_commands/date/date": DATE}
    packed_part = {f"{SOS}/sos_commands/networking.tar": tar({"networking/ss_-peaonmi": SS})}
    inner = {f"{SOS}/log-collector-data/db1/sosreport.tar.xz": lzma.compress(tar(SOSREPORT))}
    bundle = opened(tar({**own, **packed_part, **inner}))
    same_rows(bundle, {("engine", None): [SS], **SOS_ROWS})
    assert bundle.layout == "sosreport, oVirt log collector"  # in each run alike


def test_a_bundle_without_sockets_says_so() -> None:
    files = {
        "archive/oswnetstat/web1_netstat_26.11.22.1000.dat": b"zzz ***Sun Nov 22 10:43:50 UTC 2026\nKernel Interface table\nIface      MTU    RX-OK RX-ERR\n"
    }
    bundle = opened(tar(files))
    assert bundle.dumps == ()
    assert any("no sockets" in note for note in bundle.notes)


def test_a_text_of_several_commands_is_a_bundle_by_its_name(tmp_path: Path) -> None:
    text = sectioned(
        "=========== start section {} ===========",
        ("date", DATE),
        ("sysctl", SYSCTL),
        ("netstat", NETSTAT),
        ("ps", PS),
    )
    path = tmp_path / "mdiag-web1.txt"
    path.write_bytes(text)
    (dump,) = nsparse.open_bundle(path).dumps
    assert dump.file == str(path)
    assert dump.facts.keys() >= {"sysctl", "proctable", "collected_at"}
    document = json.loads(run("diagnose", *SELECT, "-f", "json", path).stdout)
    (source,) = document["sources"]
    assert (source["host"], source["host_from"], source["time_from"]) == (
        "web1",
        "bundle",
        "bundle",
    )
    assert source["lines"] == len(text.splitlines())


def test_folders_of_hosts_without_a_layout() -> None:
    files = {"all/web1/ss.txt": LEAK, "all/web1/sysctl_-a": SYSCTL, "all/db1/netstat.txt": NETSTAT}
    bundle = opened(tar(files))
    assert bundle.layout is None
    assert bundle.facts.keys() == {"web1"}, "the settings are those of one of the two"
    assert {dump.host_from for dump in bundle.dumps} == {None}


def test_each_archive_in_an_archive_is_a_host_of_its_own() -> None:
    other = {
        path.replace("web1", "web2"): data.replace(b"web1", b"web2")
        for path, data in SOSREPORT.items()
    }
    inner = {
        "one.tar.xz": lzma.compress(tar(SOSREPORT)),
        "two.zip": zipped(other),
        "readme.txt": LOG,
    }
    bundle = opened(gzip.compress(tar(inner)))
    hosts = {
        str(name).replace("web1", host): rows
        for host in ("web1", "web2")
        for (name, _), rows in SOS_ROWS.items()
    }
    assert (
        {dump.frame["host"].iloc[0] for dump in bundle.dumps} == hosts.keys() == bundle.facts.keys()
    )
    assert len(bundle.dumps) == 8


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_packed_file(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "ss.txt.packed"
    path.write_bytes(pack(LEAK))
    (dump,) = nsparse.open_bundle(path).dumps
    assert dump.file == str(path)
    assert_frame_equal(dump.frame.drop(columns=PLACED), alone(LEAK).drop(columns=PLACED))


# ---- gzip ------------------------------------------------------------------------------------

LINES = b"".join(b"line %d of %d\n" % (n, n * n * 7919 % 1_000_003) for n in range(40_000))
"""Several pieces of what is unpacked at a time."""
ZIPPED = gzip.compress(LINES, 1, mtime=0)
BARE, BODY = ZIPPED[:3], ZIPPED[4:]
A_PIECE = 8 * gunzip.PIECE
"""What comes out of the last piece before damage, at most."""
STREAMS = {
    "whole": ZIPPED,
    "two members and zeros between": ZIPPED + bytes(3) + gzip.compress(b"second"),
    "zeros behind it": ZIPPED + bytes(70_000),
    "a name and a remark": BARE + b"\x18" + BODY[:6] + b"ss.txt\0remark\0" + BODY[6:],
    "more in the header": BARE + b"\x06" + BODY[:6] + b"\x03\x00abc\x12\x34" + BODY[6:],
    "rubbish behind it": ZIPPED + b"rubbish behind",
    "cut in the trailer": ZIPPED[:-3],
    "cut in the middle": ZIPPED[: len(ZIPPED) // 2],
    "cut in the header": ZIPPED[:7],
    "another checksum": ZIPPED[:-8] + bytes(4) + ZIPPED[-4:],
    "another length": ZIPPED[:-4] + bytes(4),
    "another method": ZIPPED[:2] + b"\x07" + ZIPPED[3:],
    "a name without an end": BARE + b"\x08" + BODY[:6] + b"x" * 100_000,
    "damaged": ZIPPED[:90_000] + bytes(64) + ZIPPED[90_064:],
}


def unpacked(stream: Any) -> tuple[bytes, bool]:
    """What comes out of a stream, and whether all of it did."""
    found = []
    try:
        while data := stream.read1(1 << 16):
            found.append(data)
        assert stream.read1(1) == b""
    except (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError):
        return b"".join(found), False
    return b"".join(found), True


@pytest.mark.parametrize("library", ["zlib", "isal.isal_zlib"])
@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
def test_gzip_is_unpacked_as_python_does(
    stream: bytes, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = pytest.importorskip(library, reason="isal comes with the extra `fast`")
    monkeypatch.setattr(gunzip, "library", lambda: used)
    with gzip.GzipFile(fileobj=io.BytesIO(stream)) as python:
        same_content(gunzip.Gunzip(io.BytesIO(stream)), python)


def same_content(stream: Any, python: Any) -> None:
    """Two readers of one packed stream tell the same."""
    (found, is_whole), (expected, whole) = unpacked(stream), unpacked(python)
    assert is_whole == whole
    # Before damage, one may have come some bytes further than the other.
    assert max(found, expected, key=len).startswith(min(found, expected, key=len))
    assert len(found) == len(expected) if whole else len(found) > len(expected) - A_PIECE


XZIPPED = lzma.compress(LINES, preset=1)
XZ_STREAMS = {
    "whole": XZIPPED,
    "two streams": XZIPPED + lzma.compress(b"second"),
    "rubbish behind it": XZIPPED + b"rubbish behind",
    "cut in its index": XZIPPED[:-20],
    "cut in the middle": XZIPPED[: len(XZIPPED) // 2],
    "cut in the second": XZIPPED + XZIPPED[:20],
    "damaged": XZIPPED[:20_000] + bytes(64) + XZIPPED[20_064:],
}
LZMAS = pytest.mark.parametrize("library", ["lzma", "lzma_mt"])


@LZMAS
@pytest.mark.parametrize("stream", XZ_STREAMS.values(), ids=XZ_STREAMS)
def test_xz_is_unpacked_as_python_does(
    stream: bytes, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = pytest.importorskip(library, reason="lzma-mt comes with `fast`, where it has wheels")
    monkeypatch.setattr(unxz, "library", lambda: used)
    with lzma.LZMAFile(io.BytesIO(stream)) as python:
        same_content(unxz.Unxz(io.BytesIO(stream)), python)


@LZMAS
def test_zeros_behind_streams_of_xz(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The format allows them; Python ends there, or takes them for a stream that is cut."""
    used = pytest.importorskip(library, reason="lzma-mt comes with `fast`, where it has wheels")
    monkeypatch.setattr(unxz, "library", lambda: used)
    zeros = bytes(4 * gunzip.PIECE)
    stream = XZIPPED + zeros + lzma.compress(b"second") + zeros
    assert unpacked(unxz.Unxz(io.BytesIO(stream))) == (LINES + b"second", True)


# ---- hostile archives ------------------------------------------------------------------------


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def encrypted() -> bytes:
    data = bytearray(zipped({"ss.txt": SS, "netstat.txt": NETSTAT}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1  # the first entry, in its own head and the directory
    return bytes(data)


def nested(depth: int) -> bytes:
    data = SS
    for _ in range(depth):
        data = tar({"inner": data, "beside.txt": NETSTAT})
    return data


def damaged() -> bytes:
    data = bytearray(tar({"netstat.txt": NETSTAT, "log": LOG, "ss.txt": SS}))
    at = data.index(b"log\0")
    data[at : at + 512] = b"\xff" * 512
    return bytes(data)


def attributes(size: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in {"netstat.txt": NETSTAT, "ss.txt": SS}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.pax_headers = {"comment": os.urandom(size // 2).hex()} if name == "ss.txt" else {}
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 1)


SMALL = replace(
    LIMITS, ratio=50, slack=1 << 20, members=100, nesting=3, total=8 << 20, member=4 << 20
)
ZEROS = b"0\n" * (3 << 20)
WHOLE = tar({"netstat.txt": NETSTAT, "ss.txt": SS})
HOSTILE: dict[str, tuple[Callable[[], bytes], int, str]] = {
    # what it is, the dumps that are read all the same, the problem
    "zeros in a gzip": (lambda: gzip.compress(ZEROS), 0, "more than 50 times as large"),
    "zeros in a tar": (
        lambda: lzma.compress(tar({"n.txt": NETSTAT, "z": ZEROS}), preset=0),
        1,
        "more than 50 times as large",
    ),
    "zeros in a zip": (
        lambda: zipped({"n.txt": NETSTAT, "z": ZEROS}),
        1,
        "more than 50 times as large",
    ),
    "too much in all": (
        lambda: gzip.compress(tar({str(n): bytes(range(256)) * 8192 for n in range(5)}), 0),
        0,
        "more than 8,388,608 bytes",
    ),
    "too many files": (
        lambda: gzip.compress(tar({str(n): b"" for n in range(101)})),
        0,
        "more than 100 files",
    ),
    "too many in a zip": (
        lambda: zipped({str(n): b"" for n in range(101)}),
        0,
        "more than 100 files",
    ),
    "too deep": (lambda: nested(50), 3, "nested more than 3 deep"),
    "a cut gzip": (lambda: gzip.compress(WHOLE)[:-200], 1, "cut"),
    "a cut xz": (lambda: lzma.compress(WHOLE)[:-200], 1, "cut"),
    "a cut tar": (lambda: WHOLE[: WHOLE.index(b"ss.txt\0") + 1000], 1, "cut"),
    "a tar without an end": (lambda: WHOLE[: WHOLE.index(b"ss.txt\0")], 1, "cut"),
    "a damaged tar": (damaged, 1, "damaged"),
    "a damaged bzip2": (
        lambda: bz2.compress(WHOLE)[:-99] + b"\xff" * 99,
        0,
        "damaged",
    ),
    "a cut zip": (lambda: zipped({"n.txt": NETSTAT})[:-30], 0, "damaged"),
    "a locked file in a zip": (encrypted, 1, "1 of 2 files are encrypted"),
    "endless attributes": (
        lambda: attributes(6 << 20),
        1,
        "what describes a file in it is too large",
    ),
    "a 7z archive": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100), 0, "unpack it first"),
    "an archive of another kind inside": (
        lambda: tar({"n.txt": NETSTAT, "x": b"MSCF" + bytes(600)}),
        1,
        "a cabinet file",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_costs_itself_alone(what: str, tmp_path: Path) -> None:
    make, dumps, problem = HOSTILE[what]
    written(tmp_path, {"bad": make(), "good.tar": WHOLE})
    bundle = nsparse.open_bundle(tmp_path, limits=SMALL)
    (told,) = bundle.problems
    assert problem in told.why
    assert told.path.split("/")[0] == "bad"
    assert "\n" not in told.why
    assert len(bundle.dumps) == dumps + 2
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "good.tar"}


SOCKETS_OF_A_HOST = b"State Recv-Q Send-Q Local Address:Port Peer Address:Port\n" + b"".join(
    b"ESTAB 0 0 192.0.2.1:%d 198.51.100.7:443\n" % port for port in range(5000, 8000)
)


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(SOCKETS_OF_A_HOST),
        lzma.compress(SOCKETS_OF_A_HOST),
        tar({"ss.txt": SOCKETS_OF_A_HOST}),
        gzip.compress(tar({"ss.txt": SOCKETS_OF_A_HOST})),
    ],
    ids=["gzip", "xz", "tar", "tar.gz"],
)
def test_what_stands_before_a_cut_is_read(packed: bytes) -> None:
    bundle = opened(packed[: len(packed) * 9 // 10], "web1")
    (dump,) = bundle.dumps
    ports = dump.frame["local_port"].tolist()[:-1]  # the last row may be cut itself
    assert len(ports) > 1000
    assert ports == [*range(5000, 5000 + len(ports))]
    assert [problem.why for problem in bundle.problems] == ["cut: its end is missing"]


@pytest.mark.parametrize(
    "data",
    [gzip.compress(WHOLE)[:60], b"PK\x03\x04" + bytes(99)],
    ids=["gzip", "zip"],
)
def test_an_archive_of_which_nothing_can_be_read(data: bytes) -> None:
    with pytest.raises(nsparse.NsparseError, match=r"^bad\.tgz: (cut|damaged)"):
        opened(data, "bad.tgz")


def test_zstd_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("compression", "backports"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(nsparse.NsparseError, match=r"packed with zstd: install nsparse\[zstd\]$"):
        opened(b"\x28\xb5\x2f\xfd" + bytes(99))


def test_only_plain_files_of_a_tar_are_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes(NETSTAT)
    entries = (
        special("netstat.txt", tarfile.SYMTYPE, str(tmp_path / "secret.txt")),
        special("hard.txt", tarfile.LNKTYPE, "ss.txt"),
        special("pipe", tarfile.FIFOTYPE),
        special("dev", tarfile.CHRTYPE),
        special("folder", tarfile.DIRTYPE),
    )
    bundle = opened(tar({"ss.txt": SS}, *entries))
    assert [dump.file for dump in bundle.dumps] == ["bundle.tar/ss.txt"]
    assert bundle.problems == ()


def test_a_folder_that_may_not_be_looked_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the tests may look into every folder, so the system's answer is made up."""
    written(tmp_path, {"a/ss.txt": LEAK, "locked/ss.txt": LEAK})
    scandir = os.scandir

    def scanned(path: Any) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scanned)
    real = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *how: scanned(path) if path.is_dir() else real(path, *how)
    )
    bundle = nsparse.open_bundle(tmp_path)
    assert len(bundle.dumps) == 1
    assert [(one.path, one.why) for one in bundle.problems] == [("locked", "permission denied")]
    assert run("parse", tmp_path).stderr == f"nsparse: {tmp_path}/locked: permission denied\n"


def test_links_in_a_zip_and_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("netstat.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, NETSTAT)
        archive.writestr("ss.txt", SS)
    assert len(opened(out.getvalue()).dumps) == 1
    (tmp_path / "out.txt").write_bytes(SS)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ss.txt").symlink_to(tmp_path / "out.txt")
    assert nsparse.open_bundle(tmp_path / "in").members["files"] == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/etc/ss.txt", "etc/ss.txt"),
        ("../../ss.txt", "ss.txt"),
        ("a/./b//../ss.txt", "a/b/ss.txt"),
        ("C:\\Users\\u\\..\\ss.txt", "Users/u/ss.txt"),
        ("a\udcff.txt", "a\\udcff.txt"),
        ("x" * 2000, "x" * 1024),
    ],
)
def test_no_name_leads_out_of_the_bundle(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clean(name, 1024) == said
    monkeypatch.chdir(tmp_path)
    if "\udcff" not in name:
        (dump,) = opened(tar({name: SS})).dumps
        assert dump.file == f"bundle.tar/{said}"
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_is_too_large_is_named() -> None:
    files = {"huge.txt": NETSTAT * 5000, "log": LOG * 2000, "ss.txt": SS}
    bundle = opened(tar(files), limits=replace(LIMITS, member=1 << 20))
    assert [(told.path, told.why) for told in bundle.problems] == [
        ("huge.txt", "a text of more than 1,048,576 bytes")
    ]
    assert len(bundle.dumps) == 1


def test_hostile_json_is_no_table() -> None:
    deep = b'["tcp 0 0 ' + b"[" * 100_000
    assert opened(tar({"deep.json": deep, "ss.txt": SS})).members["dumps"] == 1


# ---- found by content ------------------------------------------------------------------------

TABLES = sorted(path for path in SAMPLES.glob("*.txt") if ".expected" not in path.name)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_each_sample_looks_like_a_table(path: Path) -> None:
    data = path.read_bytes()
    assert promising(data)
    text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8", "replace")
    assert promising(json.dumps({"output": text}, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "text",
    [
        LOG,
        SYSCTL,
        NSTAT,
        PS,
        b"",
        b"\0" * 9999,
        b"the tcp port and the udp port LISTEN to 5 or 6\n",
        b"tcp\n" * 5000,
        b"tcp      6 431999 ESTABLISHED src=192.0.2.1 dst=192.0.2.2 sport=40000 dport=22\n",
        b"Proto Kind\nState of Recv-Q and Local Address\n",
    ],
)
def test_other_texts_do_not(text: bytes) -> None:
    assert not promising(text)


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("tcp(?:4|6)?[ \\t]+x", {"tcp"}),
        ("(?:LISTEN|ESTAB) ", {"LISTEN", "ESTAB"}),
        ("(?>raw)6", {"raw"}),
        ("x?udp", {"x", "udp"}),
        ("(?:tcp|udp)*+sctp", {"tcp", "udp", "sctp"}),
        ("(?P<state>UNCONN)+", {"UNCONN"}),
        ("(?!x)Proto|[A-Z]tate", {"Proto", ""}),
    ],
)
def test_what_patterns_begin_with(pattern: str, begins: set[str]) -> None:
    """Python has no public form of a parsed pattern; a new one may parse them in another way."""
    found = fronts(pattern)
    assert found == begins, "re._parser has changed: see what words.py reads from it"


@pytest.mark.parametrize(
    "table",
    [NETSTAT, SS, WINDOWS.decode("utf-16").encode(), SS.splitlines()[-1]],
    ids=["netstat", "ss", "windows", "a row without a heading"],
)
@pytest.mark.parametrize("front", [b"Nov 22 ", b"2026-11-22T"], ids=["letters", "numbers"])
def test_a_table_in_a_long_text(table: bytes, front: bytes) -> None:
    log = LOG.replace(b"Nov 22 ", front) * (LONG // len(LOG) + 1)
    text = log + table + b"\n" + log
    assert promising(text)
    for cut in range(len(log) - 1, len(log) + 4):
        sift = Sift()
        assert not sift.look(text[:cut])
        sift.look(text[cut : cut + 2])  # the end of a stream may come in small pieces
        assert sift.look(text[cut + 2 :])
    assert not promising(log)
    assert not promising(log.replace(front, b"tcp 22"))


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/sbin/sysctl -a", "sysctl"),
        ("sysctls/sysctl_all.txt", "sysctl"),
        ("netstat -s", "counters"),
        ("sos_commands/networking/netstat_-W_-agn", None),
        ("sos_commands/networking/netstat_-W_-neopa", None),
        ("proc/4711/net/netstat", "counters"),
        ("a/proc/net/sockstat", "sockstat"),
        ("sos_commands/networking/ip_-o_addr", "addresses"),
        ("ps_auxwww", "processes"),
        ("psacct", None),
        ("/usr/bin/hostname -f", "hostname"),
        ("hostnamectl_status", None),
        ("etc/hostname", "hostname"),
        ("netsh int ipv4 show dynamicport tcp", "ports"),
        ("update", None),
    ],
)
def test_what_a_command_tells(command: str, kind: str | None) -> None:
    assert kind_of(command) == kind


def test_a_mark_is_at_the_root_of_its_bundle() -> None:
    assert marked("x/sos_commands/host/hostname") == ("x", "sosreport")
    assert marked("bugreport-a-b-2026.txt") == ("", "bugreport")
    assert marked("x/my_sos_commands/hostname") is None


# ---- facts -----------------------------------------------------------------------------------

LINUX_STATISTICS = """\
Tcp:
    45 active connection openings
    102 segments received
    97 segments sent out
    12 segments retransmitted
TcpExt:
    3 resets received for embryonic SYN_RECV sockets
    1234 times the listen queue of a socket overflowed
    1240 SYNs to LISTEN sockets dropped
    TCPReqQFullDrop: 5
"""
FREEBSD_STATISTICS = "tcp:\n\t102 packets sent\n\t7 listen queue overflows\n"
SNMP = "Tcp: RtoAlgorithm RtoMin InSegs\nTcp: 1 200 -5\nUdp: InDatagrams\nUdp: 9\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            LINUX_STATISTICS,
            {"TcpActiveOpens": 45, "TcpInSegs": 102, "TcpOutSegs": 97, "TcpRetransSegs": 12},
        ),
        (
            LINUX_STATISTICS,
            {"TcpExtListenOverflows": 1234, "TcpExtListenDrops": 1240, "TcpExtTCPReqQFullDrop": 5},
        ),
        (FREEBSD_STATISTICS, {"TcpExtListenOverflows": 7}),
        (SNMP, {"TcpInSegs": -5, "UdpInDatagrams": 9}),
        (NSTAT.decode(), {"TcpExtListenOverflows": 12}),
    ],
)
def test_counters(text: str, expected: dict[str, int]) -> None:
    assert expected.items() <= counters.counters(text).items()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "USER PID %CPU COMMAND\nroot 1 0.0 /sbin/init splash\nwww 900 0.1 nginx: worker process\n",
            {1: "init", 900: "nginx:"},
        ),
        (
            "  PID USER       TIME  COMMAND\n    1 root       0:01 {busybox} init\n",
            {1: "{busybox}"},
        ),
        (TASKLIST.decode(), {0: "System Idle Process", 4711: "leaky app (x64).exe"}),
        ('"Image Name","PID","Session Name"\n"a b.exe","12","Console"\n', {12: "a b.exe"}),
        ("bash: ps: command not found\n", {}),
    ],
)
def test_processes(text: str, expected: dict[int, str]) -> None:
    assert processes.proctable(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (
            about.sysctl,
            '{\n  "kernel.pid_max": "4194304",\n  "net.core.somaxconn": "4096"\n}\n',
            {"kernel.pid_max": "4194304", "net.core.somaxconn": "4096"},
        ),
        (about.hostname, "web1.example.com\n", "web1.example.com"),
        (about.hostname, "localhost\n", None),
        (about.hostname, "192.0.2.7\n", None),
        (about.hostname, "bash: hostname: command not found\n", None),
        (about.uptime, "3600.25 7000.00\n", 3600),
        (about.uptime, " 10:43:50 up 45 min,  1 user,  load average: 0.00", 45 * 60),
        (about.uptime, " 10:43:50 up  3:45,  1 user", 3 * 3600 + 45 * 60),
        (about.uptime, "uptime: command not found", None),
        (
            about.addresses,
            "   IPv4 Address. . . . . . . . . . . : 192.0.2.70(Preferred)\n",
            ("192.0.2.70",),
        ),
        (about.addresses, "eth0  inet addr:192.0.2.7  Bcast:192.0.2.255\n", ("192.0.2.7",)),
        (
            about.ports,
            PORTS.decode("utf-16").replace("\r", ""),
            {"ephemeral_low": 50000, "ephemeral_high": 50999},
        ),
        (about.ports, "access is denied\n", {}),
        (
            about.system,
            "\nHost Name:                 WEB1\nOS Name: Windows\n",
            {"hostname": "WEB1"},
        ),
        (
            processes.open_files,
            "Max open files            unlimited            unlimited            files\n",
            None,
        ),
    ],
)
def test_facts_of_one_text(read: Callable[[str], Any], text: str, expected: Any) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "when", "zoned"),
    [
        ("Sun Nov 22 10:43:50 UTC 2026", "2026-11-22T10:43:50+00:00", True),
        ("Sun Nov 22 10:43:50 CET 2026", "2026-11-22T10:43:50+01:00", True),
        ("Sun Nov 22 10:43:50 CST 2026", "2026-11-22T10:43:50+00:00", False),
        ("Sun 22 Nov 2026 10:43:50 PM UTC", "2026-11-22T22:43:50+00:00", True),
        ("2026-11-22T10:43:50+01:00", "2026-11-22T10:43:50+01:00", True),
    ],
)
def test_printed_times(text: str, when: str, zoned: bool) -> None:
    found = moments.printed(f"\n{text}\n")
    assert found is not None
    assert (found[0].isoformat(), found[1]) == (when, zoned)


def test_of_two_texts_that_tell_the_same_both_are_kept() -> None:
    found = [
        facts.fact("b/sysctl_-a", "sysctl", "a.b = 2\na.c = 3"),
        facts.fact("a/sysctl_-a", "sysctl", "a.b = 1"),
    ]
    told = facts.merged(one for one in found if one is not None)
    assert told["sysctl"] == {"a.b": "1", "a.c": "3"}
    assert told["from"] == {"sysctl": "a/sysctl_-a"}


# ---- facts in findings -----------------------------------------------------------------------


def evidence(files: Files, id_: str) -> str:
    found = [
        one for one in nsparse.diagnose(opened(tar(files)), select=[id_]).findings if one.id == id_
    ]
    return "\n".join("\n".join(one.evidence) for one in found)


OPEN = b"State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n" + b"".join(
    b'ESTAB 0 0 192.0.2.1:80 203.0.113.%d:40000 users:(("app",pid=7,fd=%d))\n' % (i, i + 3)
    for i in range(60)
)
ORPHANS = (
    b"Proto Recv-Q Send-Q Local Address Foreign Address State User Inode PID/Program name\n"
    + b"".join(b"tcp 0 1 192.0.2.1:80 203.0.113.%d:40000 FIN_WAIT1 0 0 -\n" % i for i in range(60))
    + b"tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 0 33 7/app\n"
)
HELD = (
    b"\r\nActive Connections\r\n\r\n  Proto  Local Address          Foreign Address        State           PID\r\n"
    + b"".join(
        b"  TCP    0.0.0.0:%d          0.0.0.0:0              LISTENING       %d\r\n" % (port, pid)
        for port, pid in ((135, 10), (445, 4), (5000, 12), (8080, 5540))
    )
)
ALIVE = (
    b"Image Name                     PID Session Name\r\n========================= ======== ============\r\n"
    + b"".join(b"a.exe %27d Services\r\n" % pid for pid in (0, 4, 10, 12))
)
DROPS = b"TcpExtListenOverflows  12  0.0\nTcpExtListenDrops  15  0.0\n"
RESENT = b"TcpOutSegs  1000000  0.0\nTcpRetransSegs  21000  0.0\n"
COOKIES = b"TcpExt:\n    480 SYN cookies sent\n"
UNREAD = b"Udp:\n    93 receive buffer errors\n"
HEADING = b"State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"


def connections(count: int, more: bytes) -> bytes:
    """Rows of a client of one service, each with the same behind it."""
    rows = (
        b'ESTAB 0 0 192.0.2.1:%d 203.0.113.8:5432 users:(("app",pid=7,fd=9)) %s\n'
        % (40000 + i, more)
        for i in range(count)
    )
    return HEADING + b"".join(rows)


LOSSY = connections(4, b"\n\t cubic rtt:1/1 bytes_sent:30000000 bytes_retrans:600000")
IDLE = connections(12, b"\n\t cubic rtt:1/1 lastsnd:400000 lastrcv:400000 lastack:400000") + (
    b"ESTAB 0 0 192.0.2.1:22 192.0.2.9:50000 timer:(keepalive,60sec,0)\n"
)
CALLING = connections(12, b"timer:(on,9sec,5)").replace(b"ESTAB 0 0", b"SYN-SENT 0 1")
STALLED = connections(4, b"timer:(on,9sec,8)").replace(b"ESTAB 0 0", b"ESTAB 0 900")
DATAGRAMS = (
    HEADING.replace(b"State", b"Netid State")
    + b'udp UNCONN 180000 0 0.0.0.0:514 0.0.0.0:* users:(("d",pid=9,fd=4))\n'
)
FACTS_USED = [
    # the dump, a member with a fact, the finding, and what it says of the fact
    (
        FULL,
        "nstat_-az",
        NSTAT,
        "accept-queue-full",
        "ListenOverflows 12 since the host started, of all its ports (nstat_-az)",
    ),
    (
        sample("ss_linux--ports-exhausted"),
        "sysctl_-a",
        SYSCTL,
        "ephemeral-exhaustion-tuple",
        "range 40000-40399: net.ipv4.ip_local_port_range in sysctl_-a",
    ),
    (
        OPEN,
        "proc/7/limits",
        b"Max open files            64                   64                   files\n",
        "fd-pressure",
        "its limit: /proc/7/limits",
    ),
    (
        ORPHANS,
        "sysctl.txt",
        b"net.ipv4.tcp_max_orphans = 64\n",
        "orphan-pressure",
        "net.ipv4.tcp_max_orphans 64 (sysctl.txt)",
    ),
    (
        HELD,
        "tasklist.txt",
        ALIVE,
        "listener-dead-process",
        "not among the 4 PIDs of the list (tasklist.txt): 5540",
    ),
    (
        FULL,
        "nstat",
        DROPS,
        "accept-queue-full",
        "ListenOverflows 12 and ListenDrops 15 since the host started, of all its ports (nstat)",
    ),
    (
        FULL,
        "sysctl_-a",
        SYSCTL,
        "backlog-too-small",
        "the kernel allows 4 096: net.core.somaxconn in sysctl_-a",
    ),
    (
        sample("ss_linux--syn-recv"),
        "netstat_-s",
        COOKIES,
        "syn-recv-pile",
        "SyncookiesSent 480 since the host started, of all its ports (netstat_-s)",
    ),
    (
        LOSSY,
        "nstat",
        RESENT,
        "loss-high",
        "of all that the host has sent since it started 2.1 % was sent again (nstat)",
    ),
    (
        DATAGRAMS,
        "netstat_-s",
        UNREAD,
        "udp-recv-backlog",
        "RcvbufErrors 93 since the host started, of all its ports (netstat_-s)",
    ),
    (
        IDLE,
        "sysctl_-a",
        b"net.ipv4.tcp_keepalive_time = 600\n",
        "keepalive-missing",
        "net.ipv4.tcp_keepalive_time 600 (sysctl_-a)",
    ),
    (
        connections(3, b"timer:(keepalive,9sec,4)"),
        "sysctl_-a",
        b"net.ipv4.tcp_keepalive_probes = 6\n",
        "keepalive-failing",
        "net.ipv4.tcp_keepalive_probes 6 (sysctl_-a)",
    ),
    *(
        (
            dump,
            "sysctl_-a",
            b"net.netfilter.nf_conntrack_count = 59000\nnet.netfilter.nf_conntrack_max = 65536\n",
            id_,
            "the packet filter tracks 59 000 connections, of 65 536 at most, and drops what is more",
        )
        for dump, id_ in ((CALLING, "syn-sent-dead-peer"), (STALLED, "retransmit-stall"))
    ),
]


@pytest.mark.parametrize(
    ("dump", "fact", "text", "id_", "said"),
    FACTS_USED,
    ids=[f"{case[3]}-{case[1]}" for case in FACTS_USED],
)
def test_a_finding_says_which_fact_it_used(
    dump: bytes, fact: str, text: bytes, id_: str, said: str
) -> None:
    assert said in evidence({"ss.txt": dump, fact: text}, id_)
    assert said not in evidence({"ss.txt": dump}, id_)


def test_counters_tell_over_what_time() -> None:
    files = {"ss.txt": FULL, "nstat": NSTAT, "uptime": b" 10:43:50 up 12 days,  3:45,  2 users\n"}
    told = evidence(files, "accept-queue-full")
    assert "ListenOverflows 12 since the host started 12 days ago, of all its ports (nstat)" in told


USUAL = (
    b"Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
    b"tcp      129      0 0.0.0.0:80              0.0.0.0:*               LISTEN\n"
)


@pytest.mark.parametrize(
    ("dump", "counters", "id_", "levels"),
    [
        (USUAL, NSTAT, "accept-queue-full", ["low", "medium"]),
        (sample("netstat_linux--syn-recv"), COOKIES, "syn-recv-pile", ["medium", "high"]),
        (LOSSY, RESENT, "loss-high", ["medium", "high"]),
        (LOSSY, RESENT.replace(b"21000", b"9999"), "loss-high", ["medium", "medium"]),
        (DATAGRAMS, UNREAD, "udp-recv-backlog", ["low", "medium"]),
    ],
)
def test_counters_make_a_finding_surer(
    dump: bytes, counters: bytes, id_: str, levels: list[str]
) -> None:
    lots = [
        nsparse.diagnose(opened(tar(files)), select=[id_]).findings
        for files in ({"ss.txt": dump}, {"ss.txt": dump, "netstat_-s": counters})
    ]
    assert [one.confidence for lot in lots for one in lot if one.id == id_] == levels


def test_a_table_of_tracked_connections_with_room_says_nothing() -> None:
    roomy = b"net.netfilter.nf_conntrack_count = 58000\nnet.netfilter.nf_conntrack_max = 65536\n"
    told = evidence({"ss.txt": STALLED, "sysctl_-a": roomy}, "retransmit-stall")
    assert told
    assert "tracks" not in told


@pytest.mark.parametrize(
    ("counters", "said"),
    [
        (b"", "whether SYN cookies are being sent: then the table stops growing"),
        (b"TcpExtSyncookiesSent  0  0.0\n", ""),
        (COOKIES, "SYN cookies were sent, and with them the table stops growing"),
    ],
    ids=["unknown", "none", "some"],
)
def test_what_is_known_of_cookies(counters: bytes, said: str) -> None:
    files = {"ss.txt": sample("ss_linux--syn-recv"), "netstat_-s": counters}
    [finding] = nsparse.diagnose(opened(tar(files)), select=["syn-recv-pile"]).findings
    told = [caveat for caveat in finding.caveats if "cookies" in caveat]
    assert (said in told[0]) if said else not told


# ---- the command line ------------------------------------------------------------------------


SELECT = ("--select", *ONE)


def run(*arguments: object, input: bytes | None = None) -> Result:
    return CliRunner().invoke(
        cli, [str(part) for part in arguments], input=input, env={"COLUMNS": "80"}
    )


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    leak = {f"{SOS}/sos_commands/networking/ss_-peaonmi": LEAK, f"{SOS}/etc/hostname": b"web1\n"}
    empty = {"archive/oswnetstat/web1_netstat_26.11.22.1000.dat": b"zzz ***\n"}
    return written(
        tmp_path_factory.mktemp("bundles"),
        {
            "leak.tar.xz": lzma.compress(tar(leak)),
            "empty.tar": tar(empty),
            "cut.tgz": gzip.compress(WHOLE)[:-200],
            "bad.tgz": gzip.compress(WHOLE)[:60],
        },
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("diagnose", *SELECT, "leak.tar.xz"), 1),
        (("diagnose", *SELECT, "--fail-on", "never", "leak.tar.xz"), 0),
        (("parse", "leak.tar.xz"), 0),
        (("parse", "empty.tar"), 2),
        (("parse", "bad.tgz"), 2),
        (("parse", "cut.tgz"), 0),
        (("parse", "--strict", "cut.tgz"), 2),
        (("parse", "leak.tar.xz", "bad.tgz"), 0),
    ],
)
def test_exit_codes(
    bundles: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(bundles)
    assert run(*arguments).exit_code == code


def test_a_bundle_on_the_command_line(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundles)
    document = json.loads(run("diagnose", *SELECT, "-f", "json", "leak.tar.xz").stdout)
    (source,) = document["sources"]
    assert source["file"] == f"leak.tar.xz/{SOS}/sos_commands/networking/ss_-peaonmi"
    assert (source["host"], source["host_from"], source["time_from"]) == ("web1", "bundle", None)
    assert {finding["host"] for finding in document["findings"]} == {"web1"}
    assert "close-wait-leak" in {finding["id"] for finding in document["findings"]}
    named = json.loads(run("diagnose", *SELECT, "-f", "json", "--host", "x", "leak.tar.xz").stdout)
    assert {finding["host"] for finding in named["findings"]} == {"x"}
    piped = json.loads(
        run(
            "diagnose", *SELECT, "-f", "json", "-", input=(bundles / "leak.tar.xz").read_bytes()
        ).stdout
    )
    assert len(piped["findings"]) == len(document["findings"])


def test_what_cannot_be_read_is_one_line(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundles)
    assert run("parse", "empty.tar").stderr == (
        "nsparse: empty.tar: no socket table in this bundle (1 file); Oracle OSWatcher or "
        "ExaWatcher: it keeps `netstat -a -i -n` and `netstat -s`: interfaces and counters, no "
        "sockets\n"
    )
    assert run("parse", "cut.tgz").stderr == "nsparse: cut.tgz: cut: its end is missing\n"
    assert run("parse", "bad.tgz").stderr == "nsparse: bad.tgz: cut: its end is missing\n"


def test_a_name_in_a_bundle_moves_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    evil = "x\x1b[2J.tgz"
    path.write_bytes(tar({evil: gzip.compress(WHOLE)[:60], f"{evil}.txt": SS}))
    done = run("parse", path)
    assert done.exit_code == 0
    assert "\x1b" not in done.stderr + done.stdout
    assert "x\\x1b[2J.tgz: cut" in done.stderr


def test_a_folder_of_bundles(bundles: Path) -> None:
    done = run("parse", "-f", "jsonl", bundles)
    assert done.exit_code == 0
    files = {
        json.loads(line)["file"].removeprefix(f"{bundles}/").split("/")[0]
        for line in done.stdout.splitlines()
    }
    assert files == {"leak.tar.xz", "cut.tgz"}
    assert f"{bundles}/bad.tgz: cut: its end is missing" in done.stderr
