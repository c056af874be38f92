"""A low port is held by a program that one would not expect there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nsparse.diagnosis import Diagnosis, Finding, Group, Number
from nsparse.judging.evidence import advice
from nsparse.judging.evidence.finding import WHOSE, labels, owner_of, settle
from nsparse.judging.scene.processes import program_of
from nsparse.prose import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from nsparse.diagnosis import Limits
    from nsparse.judging.scene.scene import Scene

WEB = (
    r"nginx|httpd|apache|haproxy|caddy|envoy|traefik|java|node|openresty|lighttpd|varnish|squid|"
    r"litespeed|lshttpd|angie|pound|hitch|w3wp|uhttpd|gunicorn|python|ruby|puma|php|tomcat|System$"
)
MAIL = r"master|exim|sendmail|postfix|smtpd|opensmtpd|haraka|dovecot|courier|cyrus|imapd|pop3|nginx"
EXPECTED = {
    21: r"\w*ftpd?",
    22: r"sshd|dropbear|sshd-session|ssh",
    23: r"telnetd|in\.telnetd",
    25: MAIL,
    53: r"named|dnsmasq|unbound|systemd-resolve|coredns|pihole|dns|pdns|knot|bind|aardvark|kresd",
    80: WEB,
    110: MAIL,
    111: r"rpcbind|portmap|rpc\.",
    135: r"svchost|RpcSs|smbd|samba|epmap",
    139: r"System$|smbd|nmbd|samba",
    143: MAIL,
    389: r"slapd|ns-slapd|lsass|samba|ldap|dirsrv",
    443: WEB,
    445: r"System$|smbd|samba|ksmbd",
    465: MAIL,
    514: r"rsyslog|syslog|syslogd|in\.rshd|rshd",
    587: MAIL,
    631: r"cups",
    636: r"slapd|ns-slapd|lsass|samba|ldap|dirsrv",
    873: r"rsync",
    993: MAIL,
    995: MAIL,
}
"""What usually serves a port below 1024, which on most systems needs privilege: patterns at the
start of the program's name."""
ANY = r"systemd|launchd|init$|x?inetd|docker-proxy|dockerd|rootlessport|wslrelay|kube-proxy"
"""Programs that hold ports for others."""
CUT = 15
"""Characters of a name that the kernel keeps (Linux TASK_COMM_LEN, less the end)."""

NUMBERS = (Number("sockets", 1, "one listener of another program is worth a word"),)
REFS = ("ip-sysctl ip_unprivileged_port_start",)


def check(scene: Scene, limits: Limits) -> Iterator[Finding]:
    """Is a low port held by a program one would not expect there?

    Means: a program listens on a port that another kind of program usually serves. Low ports need
        privilege: it is a choice of this site, or somebody who should not have it.
    Do: look at the path and the package of the program.
    False alarms: every site has its own; ports without a usual program are not judged.
    """
    view = scene.view
    low = view.is_("role", "listener") & view.known("process")
    low = low & view.is_("local_port", *EXPECTED)
    if not low.any():
        return
    held = view.pick(low, "local_port", "process")
    pairs = zip(held["local_port"], held["process"], strict=True)
    odd = held.index[[_unusual(int(port), str(name)) for port, name in pairs]].to_numpy()
    for lot in view.lots(odd, "owner", "local_port", least=limits["sockets"]):
        yield _finding(scene, limits, view.pick(lot, *WHOSE, "bound", "local_port"))


def _unusual(port: int, process: str) -> bool:
    name, usual = program_of(process), f"{EXPECTED[port]}|{ANY}"
    # A name that Linux cut may be the beginning of an expected one: `/usr/sbin/apach`.
    cut = "/" in process and len(process) == CUT
    return re.match(f"(?i:{usual})", name) is None and not (cut and _begins(name, usual))


def _begins(start: str, usual: str) -> bool:
    """Whether one of these names begins so."""
    return any(name.startswith(start.lower()) for name in usual.lower().split("|"))


def _finding(scene: Scene, limits: Limits, part: pd.DataFrame) -> Finding:
    first = part.iloc[0]
    served = int(scene.view.is_("listener", *part.index).sum())
    return Finding(
        id="privileged-port-unusual",
        severity="info",
        confidence=settle("medium", scene),
        group=Group(**owner_of(first), service=first["bound"] or None),
        n=len(part),
        verdict=(
            f"{first['owner']} holds port {first['local_port']}, which other programs usually "
            "serve."
        ),
        sockets=labels(part),
        limits=dict(limits),
        evidence=(f"{plural(served, 'connection')} to it in this dump",),
        next=advice.steps(
            scene,
            advice.of_process(advice.BINARY, first),
            "find the package that the program is from",
        ),
    )


DIAGNOSES = (
    Diagnosis(
        "privileged-port-unusual",
        "Is a low port held by a program one would not expect there?",
        check,
        needs=("owner",),
        numbers=NUMBERS,
        refs=REFS,
        states=("LISTEN",),
    ),
)
