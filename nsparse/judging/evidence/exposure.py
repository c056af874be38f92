"""Services that are not for everybody: their ports, their programs, and what is at stake.

Data for `listener-exposed`. Sources of a row stand in it; the others are common knowledge of what
the services do as installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nsparse.diagnosis import Severity

DATA = "whoever reaches it reads and changes all its data"
CODE = "whoever reaches it runs code on this host"
CLUSTER = "whoever reaches it reads or steers the whole cluster"
AMPLIFIES = "UDP can be used to amplify attacks"
CLEAR = "callers send it their passwords in clear"
LOCAL = "bind it to 127.0.0.1, ::1 or a private address, or close the port in the host's firewall"


@dataclass(frozen=True)
class Service:
    """One service that is not for everybody.

    Attributes:
        name: What it is called at the head of a sentence.
        level: "warning", "notice", or "public": a notice that is a warning on a public address.
        tcp: Its ports.
        udp: Its UDP ports.
        process: Programs that serve it, a pattern at the start of their names.
        needs: How far the program counts: "" (the port alone says it), "known" (where a program
            is named it must be one of its own), "both" (one of its own must be named).
        anywhere: Whether the program alone says it too, on whatever port.
        risk: What whoever reaches it can do, as the verdict says it.
        amplifies: Whether its UDP side answers more than it is asked.
        listens: What comes after the name.
        windows: Its level on Windows, where it belongs to the system.
        do: What to do about it.
        refs: Where it stands, beside the registry of ports.
    """

    name: str
    level: str
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    process: str = ""
    needs: str = ""
    anywhere: bool = False
    risk: str = ""
    amplifies: bool = False
    listens: str = "listens"
    windows: Severity | None = None
    do: str = LOCAL
    refs: tuple[str, ...] = ()


SERVICES = (
    Service(
        "the Docker API",
        "warning",
        (2375,),
        process="docker|systemd",
        risk="whoever reaches it controls this host",
        listens="listens on its unencrypted port",
        do="start dockerd with -H unix:// alone, or with TLS on port 2376",
        refs=("docs.docker.com: daemon socket", "moby/moby #37299"),
    ),
    Service(
        "Redis",
        "warning",
        (6379,),
        process="redis|valkey",
        anywhere=True,
        risk=DATA,
        refs=("Redis commit edd4d55",),
    ),
    Service(
        "memcached",
        "warning",
        (11211,),
        (11211,),
        process="memcached",
        anywhere=True,
        risk=DATA,
        amplifies=True,
        do="start memcached with -l 127.0.0.1 and -U 0",
        refs=("CVE-2018-1000115",),
    ),
    Service("MongoDB", "warning", (27017,), process="mongo", anywhere=True, risk=DATA),
    Service("Elasticsearch", "warning", (9200, 9300), process="java|elastic|opensea", risk=DATA),
    Service("CouchDB", "warning", (5984,), process="beam|couchdb|erl", risk=DATA),
    Service("Cassandra", "warning", (9042,), process="java|cassandra|scylla", risk=DATA),
    Service("ZooKeeper", "warning", (2181,), process="java|zookeeper", risk=CLUSTER),
    Service("Consul", "warning", (8500,), process="consul", needs="both", risk=CLUSTER),
    Service("Spark", "warning", (7077,), process="java", needs="both", risk=CODE),
    Service("Hadoop", "warning", (8088, 50070), process="java", needs="both", risk=CLUSTER),
    Service("the Java debugger", "warning", (5005, 8000), process="java", needs="both", risk=CODE),
    Service("Java JMX or RMI", "warning", (1099, 7199), process="java", needs="both", risk=CODE),
    Service(
        "the Node.js inspector",
        "warning",
        (9229,),
        process=r"node(\.exe)?$|MainThread$",  # Node.js 20 and newer name their thread so
        needs="both",
        risk=CODE,
    ),
    Service("the Android debugger", "warning", (5555,), process="adbd", needs="both", risk=CODE),
    Service(
        "X11",
        "warning",
        tuple(range(6000, 6006)),
        process=r"X(org|wayland|vnc|tightvnc|quartz|11)?\b|systemd",
        needs="known",
        risk="whoever reaches it may see the screen and type",
    ),
    Service(
        "VNC",
        "warning",
        (5900,),
        process=r"\w*vnc|tvnserver|vino|screensharing|launchd|ARDAgent|qemu|krfb|gnome-remote|systemd",
        needs="known",
        risk="whoever reaches it may see the screen and type",
    ),
    Service(
        "the kubelet",
        "public",
        (10250, 10255),
        process="kubelet|k3s|rke2",
        risk="it answers about, and may run code in, the pods of this host",
    ),
    Service("etcd", "public", (2379, 2380), process="etcd|k3s|rke2", risk=CLUSTER),
    Service("rpcbind", "public", (111,), (111,), process="rpcbind|portmap|systemd", amplifies=True),
    Service("NFS", "public", (2049,), (2049,), process="nfsd|systemd"),
    Service("the NFS mount daemon", "public", (20048,), (20048,), process=r"rpc\.mountd|mountd"),
    Service("an NFS helper", "public", process=r"rpc\.(statd|lockd|rquotad)", anywhere=True),
    Service("Kafka", "public", (9092,), process="java", needs="both", risk=DATA),
    Service(
        "PostgreSQL",
        "notice",
        (5432, 6432),
        process="pgpool|pgbouncer|pgcat|odyssey",  # poolers, which speak its protocol
        needs="both",
    ),
    Service("PostgreSQL", "notice", (5432,), process="postgres|postmaster", anywhere=True),
    Service("MySQL", "notice", (3306,), process="mysqld|mariadbd", anywhere=True),
    Service("SQL Server", "notice", (1433,), (1434,), process="sqlserv|sqlbrowser", amplifies=True),
    Service("the Oracle listener", "notice", (1521,), process="tnslsnr|oracle"),
    Service("InfluxDB", "notice", (8086,), process="influxd"),
    Service(
        "the AMQP broker",
        "notice",
        (5672, 15672),
        process="beam|rabbitmq|erl|qpidd|activemq|artemis",
    ),
    Service("the Erlang port mapper", "notice", (4369,), process="epmd|beam|systemd"),
    Service(
        "LDAP",
        "notice",
        (389,),
        (389,),
        process="slapd|ns-slapd|lsass|samba|ldap|dirsrv",
        amplifies=True,
    ),
    Service("Jupyter", "notice", (8888,), process="jupyter|python", needs="both"),
    Service("Prometheus", "notice", (9090,), process="prometheus", needs="both"),
    Service("Grafana", "notice", (3000,), process="grafana", needs="both"),
    Service("the node exporter", "notice", (9100,), process="node_exporter|prometheus-node"),
    Service("SNMP", "notice", udp=(161,), process="snmpd|systemd|svchost|snmp", amplifies=True),
    Service(
        "NTP",
        "notice",
        udp=(123,),
        process="ntp|chrony|svchost|w32tm|timed",
        amplifies=True,
        windows="info",  # the time service of every Windows holds the port, as a client too
    ),
    Service(
        "CUPS",
        "notice",
        (631,),
        (631,),
        process="cups|systemd|launchd",
        amplifies=True,  # cups-browsed calls whatever address a packet names
        refs=("CVE-2024-47176",),
    ),
    Service("telnet", "notice", (23,), process="telnet|inetd|xinetd|systemd", risk=CLEAR),
    Service("FTP", "notice", (21,), process=r"\w*ftpd?|inetd|xinetd|systemd", risk=CLEAR),
    Service("SMB", "notice", (445,), process="smbd|System|launchd|ksmbd", windows="info"),
    Service(
        "remote desktop", "notice", (3389,), process="svchost|xrdp|TermService", windows="info"
    ),
    Service("WinRM", "notice", (5985,), process="System|svchost", windows="info"),
)
PUBLISHES = (
    r"docker-proxy|dockerd|rootlessport|slirp4netns|com\.docker|vpnkit|gvproxy|wslrelay|podman"
)
"""Programs that hold a port because somebody asked for a container's port to be published; dockerd
itself does for the services of a swarm."""
