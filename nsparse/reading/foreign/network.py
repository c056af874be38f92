"""Outputs about the network that are no socket tables, and how their lines look."""

from __future__ import annotations

from nsparse.reading.foreign.signatures import BESIDE, NO_COUNTS, SOCKETS, Signature

_IP4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_HEX_END = r"(?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4}"


NETWORK = (
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
        # Windows puts an empty line between a heading and its counters.
        rows=(
            r"[A-Z][A-Za-z]*(?: [A-Za-z]+)* {2,}= \d+$",
            r"Received\s+Sent$",
            r"(?:Bytes|(?:Unicast|Non-unicast) packets|Discards|Errors|Unknown protocols)"
            r"(?:\s+\d+){1,2}$",
        ),
    ),
    Signature(
        "network-direct",
        "a table of NetworkDirect endpoints",
        "netstat -x",
        SOCKETS,
        heads=(r"Active NetworkDirect\b", r"Mode\s+IfIndex\s+Type\s+Local Address\b"),
        rows=(r"(?:Kernel|User)\s+\d+\s+[A-Z]\w+\s",),
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
)
