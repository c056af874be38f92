"""Outputs that are no socket tables: what each is, which command prints it, how its lines look.

One entry an output. Sources: the output of the named tools; the patterns keep to words and shapes
that they print whatever their version.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BINARY", "EMPTY", "PROSE", "SIGNATURES", "Foreign", "Signature"]

SOCKETS = (
    "for the sockets run `ss -tanpoemi` (Linux), `netstat -anob` (Windows), `netstat -anv` (macOS)"
    " or `netstat -an`"
)
BESIDE = "keep it beside a socket table, its counters support the findings; " + SOCKETS
BESIDE_SETTINGS = "keep it in the folder of a socket table, it is used there; " + SOCKETS
NO_COUNTS = "collect the rows themselves, with `ss -tanpoemi` or `netstat -anp`"
NO_TOOL = "run `ss` where `netstat` is missing and the other way round, as root if it may not read"


@dataclass(frozen=True)
class Foreign:
    """What a text is instead of a socket table.

    Attributes:
        key: A short word, stable: "routing-table".
        name: What it is, with its article and the command, for a sentence: "this is ...".
        command: The command that prints it; empty where there is none.
        hint: What to collect instead.
    """

    key: str
    name: str
    command: str
    hint: str


@dataclass(frozen=True)
class Signature:
    """How one kind of output is known.

    Attributes:
        key: The short word for the kind.
        name: The kind with its article.
        command: The command that prints it; empty where there is none.
        hint: What to collect instead.
        heads: Patterns of lines that begin such a text; what follows up to a blank line, too.
        rows: Patterns of lines that belong to it wherever they stand.
    """

    key: str
    name: str
    command: str
    hint: str
    heads: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def foreign(self) -> Foreign:
        """What a text with this signature is."""
        commands = "`, `".join(self.command.split(", "))
        name = f"{self.name} (`{commands}`)" if commands else self.name
        return Foreign(self.key, name, self.command, self.hint)


EMPTY = Foreign(
    "empty", "an empty file", "", "the command may have failed: look at its error output"
)
BINARY = Foreign("binary", "binary data", "", "name a text file, a folder or a bundle of them")
PROSE = Foreign("prose", "text without a socket table", "", SOCKETS)

_IP4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_STATE = (
    r"(?:LISTEN(?:ING)?|ESTAB(?:LISHED)?|SYN[-_](?:SENT|RECV|RCVD|RECEIVED)|FIN[-_]WAIT[-_]?[12]|TIME[-_]WAIT"
    r"|CLOSE[-_]?WAIT|CLOSE[D]?|CLOSING|LAST[-_]ACK|UNCONN|Foreign|State)"
)
_CAMEL_STATE = (
    r"(?:Listen|Established|TimeWait|CloseWait|SynSent|SynReceived|FinWait[12]|LastAck|Closing|Closed"
    r"|Bound|DeleteTCB)"
)
_SAID_BY = r"(?:[^\s:]+: )?(?:line \d+: |\d+: )?"
_HEX_END = r"(?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4}"

SIGNATURES = (
    Signature(
        "routing-table",
        "a routing table",
        "netstat -r",
        SOCKETS,
        heads=(
            r"Kernel IP(?:v6)? routing (?:table|cache)",
            r"Kernel-IP-Routentabelle",
            r"Table de routage IP",
            r"Routing tables?\b",
            r"(?:Network )?Destination(?:/Mask)?\s+(?:Gateway|Next Hop|Router|Netmask)\b",
            r"IPv[46] Route Table",
            r"(?:Active|Persistent) Routes:",
            r"(?:IPv[46]-Routentabelle|IPv[46] (?:Table de routage|Tabla de enrutamiento))",
            r"(?:Aktive|Ständige) Routen:",
            r"Interface List$",
            r"If\s+Metric\s+Network Destination",
        ),
        rows=(
            r"Internet6?:$",
            rf"(?:default|{_IP4})\s+{_IP4}\s+{_IP4}\s+!?U?[GHDMRSCA!]*\s+\d+\s+\d+\s+\d+\s+\S+$",
        ),
    ),
    Signature(
        "ip-route",
        "a routing table",
        "ip route",
        SOCKETS,
        rows=(
            r"(?:\w+ )?(?:default|[0-9a-f.:]+(?:/\d+)?) (?:via \S+ )?dev \S+"
            r"(?: (?:proto|scope|metric|src) .*)?$",
        ),
    ),
    Signature(
        "interface-table",
        "an interface table",
        "netstat -i",
        SOCKETS,
        heads=(
            r"Kernel Interface table",
            r"Iface\s+MTU\b.*\bRX-",
            r"Name\s+Mtu\s+Network\b",
            r"Name\s+Mtu\s+Net/Dest\b",
            r"Inter-\|\s+Receive\b",
        ),
    ),
    Signature(
        "multicast-groups",
        "a table of multicast groups",
        "netstat -g",
        SOCKETS,
        heads=(
            r"IPv6/IPv4 Group Memberships",
            r"Group Memberships: IPv[46]",
            r"Interface\s+RefCnt\s+Group\b",
            r"IPv[46] Multicast (?:Group|Virtual|Forwarding)\b",
            r"(?:IPv4 |IPv6 )?Virtual Interface Table",
        ),
    ),
    Signature(
        "socket-summary",
        "a summary of counts",
        "ss -s",
        NO_COUNTS,
        heads=(
            r"Total:\s+\d+(?:\s+\(kernel \d+\))?$",
            r"TCP:\s+\d+ \(estab\b",
            r"Transport\s+Total\s+IP\s+IPv6",
        ),
    ),
    Signature(
        "proc-net-tcp",
        "the kernel's hexadecimal socket table",
        "/proc/net/tcp",
        "nsparse reads what the tools print of it: " + SOCKETS,
        heads=(r"sl\s+local_address\s+rem(?:ote)?_address\s+st\b",),
        rows=(rf"\d+: {_HEX_END} {_HEX_END} [0-9A-F]{{2}}\b",),
    ),
    Signature(
        "proc-net-unix",
        "the kernel's table of UNIX sockets",
        "/proc/net/unix",
        "nsparse reads what the tools print of it: `ss -xanp` or `netstat -xanp`",
        heads=(r"Num\s+RefCount\s+Protocol\s+Flags\s+Type\s+St\s+Inode\b",),
        rows=(r"[0-9a-f]{8,16}: [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{8} [0-9A-F]{4} [0-9A-F]{2}\b",),
    ),
    Signature(
        "proc-net-counters",
        "a file of protocol counters",
        "/proc/net/netstat, /proc/net/snmp",
        BESIDE,
        heads=(r"sockets: used \d+",),
        rows=(
            r"(?:[A-Z]\w+Ext|Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite):(?: [A-Z]\w+)+$",
            r"(?:[A-Z]\w+Ext|Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite):(?: -?\d+)+$",
            r"(?:Ip|Icmp|Udp|UdpLite)6\w+\s+\d+$",
        ),
    ),
    Signature(
        "nstat",
        "a list of protocol counters",
        "nstat",
        BESIDE,
        heads=(r"#(?:kernel|\d+\.\d+)$",),
        rows=(r"(?:Ip|Icmp|Tcp|Udp|MPTcp)(?:6|Ext|Msg|Lite)?\w+\s+\d+\s+\d+\.\d+$",),
    ),
    Signature(
        "statistics",
        "protocol statistics",
        "netstat -s",
        BESIDE,
        heads=(
            r"(?:Ip|Icmp|IcmpMsg|Tcp|Udp|UdpLite|TcpExt|IpExt|MPTcpExt|Sctp|Ip6|Icmp6|Udp6|UdpLite6):$",
            r"(?:tcp|udp|ip|ip6|icmp|icmp6|igmp|ipsec|ipsec6|ah|esp|arp|sctp|carp|pfsync|pim6?|rip6|mptcp"
            r"|ipcomp|etherip|divert|unix):$",
            r"(?:TCP|UDP|IPv[46]|ICMPv[46]) Statistics(?: for IPv[46])?$",
            r"(?:TCP|UDP|IPv[46]|ICMPv[46])-Statistik|Statistiques (?:TCP|UDP|IPv|ICMP)",
            r"Interface Statistics$",
            r"(?:RAWIP|UDP|TCP|IPv4|IPv6|ICMPv4|ICMPv6|IGMP|SCTP)\s+\w+\s+=\s*\d+",
        ),
    ),
    Signature(
        "lsof",
        "a list of open files",
        "lsof",
        SOCKETS,
        heads=(r"COMMAND\s+PID\s+(?:.*\s)?FD\s+TYPE\b",),
        rows=(
            r"\S.*\s\d+(?:\s+\d+)?\s+\S+\s+(?:\d+[rwu-]?[rRwWuUNxX]?|cwd|rtd|txt|mem|DEL|NOFD)\s+"
            r"(?:IPv[46]|REG|DIR|CHR|BLK|FIFO|PIPE|unix|sock|a_inode|KQUEUE|netlink|unknown)\b",
        ),
    ),
    Signature(
        "sockstat",
        "a list of sockets by process",
        "sockstat",
        "nsparse does not read it; collect `netstat -an` beside it",
        heads=(r"USER\s+COMMAND\s+PID\s+FD\s+PROTO\s+LOCAL ADDRESS",),
        rows=(
            r"\S+\s+\S.*\s\d+\s+\d+\s+(?:tcp|udp)(?:4|6|46)\s+\S+[:.]\S+\s+\S+[:.]\S+(?:\s+\w+)?$",
        ),
    ),
    Signature(
        "ifconfig",
        "a list of network interfaces",
        "ifconfig, ip addr",
        SOCKETS,
        heads=(
            r"[\w.@:*-]+: flags=[0-9a-fx]+<",
            r"\S+\s+Link encap:",
            r"\d+: \S+: <[A-Z0-9_,-]+> mtu \d+",
            r"Windows IP Configuration",
            r"(?:Ethernet|Wireless LAN|Tunnel|PPP|Unknown) adapter .*:$",
        ),
        rows=(r"(?:Connection-specific DNS Suffix|Media State|Default Gateway)[ .]*:",),
    ),
    Signature(
        "firewall",
        "a list of firewall rules",
        "iptables, nft",
        SOCKETS,
        heads=(
            r"Chain \S+ \((?:policy \w+|\d+ references)",
            r"table (?:inet|ip|ip6|arp|bridge|netdev) \S+ \{",
            r"chain \S+ \{",
            r"target\s+prot\s+opt\s+source\s+destination",
        ),
        rows=(
            r"\*(?:filter|nat|mangle|raw|security)$",
            r"-[AIP] [A-Z]\S*\s",
            r":[A-Z]\S+ [A-Z-]+ \[",
        ),
    ),
    Signature(
        "conntrack",
        "the connection tracking table",
        "conntrack -L",
        "it lists what passed the host, not its sockets; " + SOCKETS,
        rows=(r"(?:ipv[46]\s+\d+\s+)?\w+\s+\d+\s+\d+\s+(?:[A-Z_]+ )?src=\S+ dst=",),
    ),
    Signature(
        "processes",
        "a list of processes",
        "ps, top, tasklist",
        SOCKETS,
        heads=(
            r"(?:UID|USER|RUSER)\s+PID\s+(?:PPID|%CPU)\b",
            r"F\s+S\s+UID\s+PID\s+PPID\b",
            r"PID\s+(?:TTY|TT|USER|PPID|COMMAND|CMD|COMM|ARGS|%CPU)\b(?:[A-Z0-9%+\s-]*)$",
            r"PID\s+(?:TTY|TT|USER|PPID)\b.*\b(?:TIME|TIME\+|COMMAND|CMD)\b",
            r"Image Name\s+PID\s+Session Name",
            r"\"Image Name\",\"PID\"",
            r"(?:Abbildname|Nom de l'image|Nombre de imagen|Nome immagine|Nome da imagem)\s+PID\b",
            r"Handles\s+(?:NPM\(K\)\s+)?.*\bProcessName$",
            r"top - \d\d:\d\d:\d\d up ",
        ),
        rows=(
            # `ps aux` and `ps -ef` without a heading: user, ids, a time behind the terminal.
            r"\S+\s+\d+\s+\d+\.\d\s+\d+\.\d\s+\d+\s+\d+\s+\S+\s+[A-Z]\S*\s+\S+\s+\d+:\d\d",
            r"\S+\s+\d+\s+\d+\s+\d+\s+\S+\s+(?:\?+|pts/\d+|tty\w+|-)\s+(?:\d+-)?\d+:\d\d",
        ),
    ),
    Signature(
        "settings",
        "a list of kernel settings",
        "sysctl -a",
        BESIDE_SETTINGS,
        rows=(r"(?:net|kernel|fs|vm|kern|hw|dev|user|debug)(?:\.[\w-]+)+(?: = |: |=)",),
    ),
    Signature(
        "limits",
        "a list of resource limits",
        "ulimit -a, /proc/PID/limits",
        BESIDE_SETTINGS,
        heads=(r"Limit\s+Soft Limit\s+Hard Limit\s+Units",),
        rows=(
            r"[\w /-]+\s+\((?:\w+, )?-\w\) (?:\d+|unlimited)$",
            r"Max [a-z ]+\s(?:\d+|unlimited)\s+(?:\d+|unlimited)\s",
        ),
    ),
    Signature(
        "load",
        "a report on processors, memory or disks",
        "free, vmstat, iostat, sar, df, uptime",
        SOCKETS,
        heads=(
            r"procs -+memory-+",
            r"total\s+used\s+free\s+shared\b",
            r"avg-cpu:\s+%user",
            r"(?:\d\d:\d\d:\d\d(?: [AP]M)?\s+)?(?:IFACE|CPU)\s+(?:rxpck/s|%usr|%user)",
            r"Filesystem\s+(?:\S+-blocks|Size)\s+Used\b",
        ),
        rows=(r"\d\d:\d\d:\d\d up .*load average", r"Linux \d+\.\S+ \(.*\)\s.*_\(\d+ CPU\)"),
    ),
    Signature(
        "log",
        "a log",
        "dmesg, journalctl",
        SOCKETS,
        rows=(
            r"\[\s*\d+\.\d{6}\] \S",
            r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:\[]+(?:\[\d+\])?: ",
        ),
    ),
    Signature(
        "thread-dump",
        "a dump of threads",
        "jstack",
        SOCKETS,
        heads=(r"Full thread dump ",),
        rows=(r"\"[^\"]*\" (?:#\d+ )?(?:daemon )?(?:prio=|os_prio=|\[\d)", r"at [\w.$/<>]+\(.*\)$"),
    ),
    Signature(
        "system-calls",
        "a trace of system calls",
        "strace",
        SOCKETS,
        rows=(
            r"(?:\[pid\s+\d+\] |\d+\s+)?(?:\d\d:\d\d:\d\d\S* )?[a-z_]\w*\(.*\)\s+= (?:-?\d|0x|\?)",
        ),
    ),
    Signature(
        "containers",
        "a list of containers",
        "docker ps, kubectl get pods",
        "collect the sockets inside them, with `ss -tanpoemi` or `netstat -anp`",
        heads=(r"CONTAINER ID\s+IMAGE\s+COMMAND\b", r"(?:NAMESPACE\s+)?NAME\s+READY\s+STATUS\b"),
    ),
    Signature(
        "probe",
        "a probe of the path",
        "ping, traceroute",
        SOCKETS,
        heads=(r"PING \S+ ", r"traceroute6? to ", r"Tracing route to ", r"Pinging \S+ "),
        rows=(r"\d+ bytes from ", r"Reply from \S+: "),
    ),
    Signature(
        "arp",
        "a table of neighbours",
        "arp -a, ip neigh",
        SOCKETS,
        heads=(
            r"Address\s+HWtype\s+HWaddress\b",
            r"Interface: \S+ --- 0x",
            r"Net to Media Table",
            r"Internet Address\s+Physical Address\s+Type",
        ),
        rows=(
            r"\S+ \([0-9a-f.:%\w]+\) at (?:[0-9a-f:]+|[<(]incomplete[>)])",
            r"bucket:\s+\d+\s+contains:",
            r"There are \d+ entries in the arp table",
            r"[0-9a-f.:]+ dev \S+ .*(?:REACHABLE|STALE|DELAY|PROBE|FAILED|PERMANENT|INCOMPLETE)$",
        ),
    ),
    Signature(
        "iftop",
        "a traffic display",
        "iftop",
        SOCKETS,
        heads=(r"# Host name \(port/service if enabled\)",),
        rows=(
            r"(?:interface: |IP address is: |MAC address is: |Listening on )\S+$",
            r"\d*\s*\S+\s+[<=]=?[>=]\s+(?:\d\S*\s+){3}\d\S*$",
            r"(?:Total (?:send|receive)|Peak rate|Cumulative)\b.*:",
        ),
    ),
    Signature(
        "packets",
        "a list of packets",
        "tcpdump",
        SOCKETS,
        rows=(r"(?:\S+ )?\d\d:\d\d:\d\d\.\d+ (?:\S+ +(?:In|Out) +)?(?:IP6?|ARP),? ",),
    ),
    Signature(
        "port-scan",
        "a port scan",
        "nmap",
        "it shows a host from outside; on the host itself, " + SOCKETS,
        heads=(r"Starting Nmap ", r"Nmap scan report for ", r"PORT\s+STATE\s+SERVICE\b"),
    ),
    Signature(
        "powershell",
        "PowerShell's list of connections",
        "Get-NetTCPConnection",
        "nsparse reads `netstat -ano` (as administrator `netstat -anob`); collect that",
        heads=(r"LocalAddress\s+LocalPort\b", r"LocalAddress\s+:\s"),
        rows=(rf"[0-9a-f.:%]+\s+\d+\s+[0-9a-f.:%]+\s+\d+\s+{_CAMEL_STATE}\b",),
    ),
    Signature(
        "usage",
        "the help text of a command",
        "",
        NO_TOOL,
        heads=(
            r"[Uu]sage: (?:\S*/)?(?:netstat|ss)\b",
            r"Displays protocol statistics and current TCP/IP",
            r"NETSTAT \[-",
        ),
        rows=(r"-\w(?:, --[\w-]+)?\s{2,}\S",),
    ),
    Signature(
        "error",
        "an error message of the command",
        "",
        NO_TOOL,
        rows=(
            rf"{_SAID_BY}(?:\S*/)?(?:netstat|ss): (?:command |applet )?not found",
            rf"{_SAID_BY}(?:\S*/)?(?:netstat|ss): (?:No such file|[Pp]ermission denied|[Cc]annot)",
            r"(?:\S*/)?(?:netstat|ss): (?:invalid|illegal|unrecogni[sz]ed|unknown|option)",
            r"\W?(?:netstat|ss)(?:\.exe)?\W* is not recognized",
            r"(?:\S+ : )?The term \W(?:netstat|ss)(?:\.exe)?\W is not recognized",
            r"operable program or batch file",
            r"The requested operation requires elevation",
            r"Command \W(?:netstat|ss)\W not found",
            r"[Ee]rror parsing /proc/net/",
            r"[Cc]annot open netlink socket",
            r"RTNETLINK answers:",
            r"timeout: failed to run command",
        ),
    ),
    Signature(
        "html",
        "a web page",
        "",
        "save the text of the page, or the attachment itself",
        heads=(r"(?i:<!doctype html|<html\b|<\?xml\b)",),
        rows=(r"</?[a-zA-Z][\w-]*[^<>]*>",),
    ),
    Signature(
        "json",
        "JSON",
        "",
        "nsparse reads the text that the tools print; " + SOCKETS,
        heads=(r"[\[{]$", r"\{\s*\"", r"\[\s*[{\[\"]"),
        rows=(r"[\]}],?$", r"\"[^\"]*\"\s*:"),
    ),
    Signature(
        "counts",
        "counts of sockets",
        "sort | uniq -c",
        NO_COUNTS,
        rows=(
            rf"\d+\s+(?:{_STATE}|{_IP4}|\[?[0-9a-f]*:[0-9a-f:]+\]?)$",
            rf"{_STATE}:?\s+\d+$",
        ),
    ),
)
