"""Outputs about the rest of a system, what tools say when they fail, and files of other formats."""

from __future__ import annotations

from nsparse.reading.foreign.signatures import (
    BESIDE_SETTINGS,
    NO_COUNTS,
    NO_TOOL,
    SOCKETS,
    Signature,
)

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

SYSTEM = (
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
            r"Linux \d+\.\S+ \(.*\)\s.*_\s*\(\d+ CPU\)",
        ),
        rows=(r"\d\d:\d\d:\d\d up .*load average",),
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
