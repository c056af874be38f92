"""A text that is no socket table is named. The texts are made, after the layout of each tool."""

from __future__ import annotations

import time

import pytest

from nsparse.reading.foreign.outputs import SIGNATURES, identify, refusal
from nsparse.reading.foreign.signatures import BINARY, EMPTY, PROSE, Signature

# What each text is (the key of its signature), and the text.
CASES: tuple[tuple[str, str], ...] = (
    (
        "routing-table",
        """
Kernel IP routing table
Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface
0.0.0.0         192.0.2.1       0.0.0.0         UG        0 0          0 eth0
192.0.2.0       0.0.0.0         255.255.255.0   U         0 0          0 eth0
""",
    ),
    (
        "routing-table",
        """
0.0.0.0         192.0.2.1       0.0.0.0         UG    100    0        0 eth0
192.0.2.0       0.0.0.0         255.255.255.0   U     100    0        0 eth0
""",
    ),
    (
        "routing-table",
        """
Kernel IPv6 routing table
Destination                    Next Hop                   Flag Met Ref Use If
2001:db8::/64                  [::]                       U    256 1      0 eth0
""",
    ),
    (
        "routing-table",
        """
Routing tables

Internet:
Destination        Gateway            Flags           Netif Expire
default            192.0.2.1          UGScg             en0
127                127.0.0.1          UCS               lo0

Internet6:
Destination                             Gateway                         Flags         Netif Expire
::1                                     ::1                             UHL             lo0
""",
    ),
    (
        "routing-table",
        """
===========================================================================
Interface List
 12...02 00 5e 10 00 00 ......Example Gigabit Adapter
  1...........................Software Loopback Interface 1
===========================================================================

IPv4 Route Table
===========================================================================
Active Routes:
Network Destination        Netmask          Gateway       Interface  Metric
          0.0.0.0          0.0.0.0        192.0.2.1      192.0.2.10     25
        127.0.0.0        255.0.0.0         On-link         127.0.0.1    331
===========================================================================
Persistent Routes:
  None
""",
    ),
    (
        "ip-route",
        """
default via 192.0.2.1 dev eth0 proto dhcp metric 100
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10
""",
    ),
    (
        "interface-table",
        """
Kernel Interface table
Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg
eth0             1500     1200      0      0 0          1100      0      0      0 BMRU
""",
    ),
    (
        "interface-table",
        """
Name    Mtu Network       Address              Ipkts Ierrs Idrop     Ibytes    Opkts Oerrs
em0    1500 <Link#1>      02:00:5e:10:00:00      100     0     0       9000      200     0
em0       - 192.0.2.0/24  192.0.2.10              90     -     -       8000      190     -
""",
    ),
    (
        "interface-table",
        """
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo:    1000      10    0    0    0     0          0         0     1000      10    0    0
""",
    ),
    (
        "statistics",
        """
Tcp:
    12 active connection openings
    3 failed connection attempts
TcpExt:
    7 times the listen queue of a socket overflowed
""",
    ),
    (
        "statistics",
        """
tcp:
\t120 packets sent
\t\t40 data packets (5000 bytes)
udp:
\t10 datagrams received
""",
    ),
    (
        "statistics",
        """
TCP Statistics for IPv4

  Active Opens                        = 120
TCP Statistics for IPv6
  Active Opens                        = 12
""",
    ),
    (
        "statistics",
        """
IPv4 Statistics

  Packets Received                   = 120
  Received Header Errors             = 0

TCP Statistics for IPv4

  Current Connections                 = 3
""",
    ),
    (
        "statistics",
        """
Interface Statistics

                           Received            Sent

Bytes                    1234567890        12345678
Unicast packets               12345           12345
Errors                            0               0
Unknown protocols                 0
""",
    ),
    (
        "network-direct",
        """
Active NetworkDirect Connections, Listeners, SharedEndpoints

  Mode   IfIndex Type           Local Address          Foreign Address        PID

  Kernel 12      Connection     192.0.2.10:445         198.51.100.7:49152     4
""",
    ),
    ("statistics", "TCP     tcpRtoAlgorithm     =     4     tcpRtoMin           =   400\n"),
    (
        "multicast-groups",
        """
IPv6/IPv4 Group Memberships
Interface       RefCnt Group
--------------- ------ ---------------------
lo              1      224.0.0.1
eth0            1      ff02::1
""",
    ),
    (
        "multicast-groups",
        """
IPv4 Multicast Virtual Interface Table is empty

IPv6 Multicast Interface Table is empty
""",
    ),
    (
        "socket-summary",
        """
Total: 190
TCP:   12 (estab 5, closed 2, orphaned 0, timewait 1)

Transport Total     IP        IPv6
RAW\t  0         0         0
UDP\t  4         3         1
TCP\t  10        8         2
""",
    ),
    (
        "proc-net-tcp",
        """
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0A0200C0:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20000
""",
    ),
    (
        "proc-net-tcp",
        "   1: 0A0200C0:0016 076433C6:C93A 01 00000000:00000000 02:0009A1C0 00000000  0  0 2001\n",
    ),
    (
        "proc-net-unix",
        """
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 20001 /run/example.sock
""",
    ),
    ("proc-net-unix", "ffff888000000000: 00000003 00000000 00000000 0001 03 20002\n"),
    (
        "proc-net-counters",
        """
TcpExt: SyncookiesSent ListenOverflows ListenDrops
TcpExt: 0 7 7
IpExt: InNoRoutes InOctets
IpExt: 0 12000
""",
    ),
    ("proc-net-counters", "sockets: used 190\nTCP: inuse 5 orphan 0 tw 1 alloc 8 mem 1\n"),
    ("proc-net-counters", "Ip6InReceives                   \t120\nUdp6InDatagrams\t7\n"),
    (
        "nstat",
        """
#kernel
IpInReceives                    1200               0.0
TcpExtListenOverflows           7                  0.0
""",
    ),
    (
        "lsof",
        """
COMMAND   PID USER   FD   TYPE DEVICE SIZE/OFF NODE NAME
sshd      812 root    3u  IPv4  20830      0t0  TCP *:22 (LISTEN)
sshd      812 root    4u  IPv6  20832      0t0  TCP *:22 (LISTEN)
""",
    ),
    ("lsof", "web serve 2782 app  172u  IPv6  37504      0t0  TCP 192.0.2.10:8080 (LISTEN)\n"),
    (
        "sockstat",
        """
USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS
root     sshd       812   4   tcp4   *:22                  *:*
""",
    ),
    (
        "sockstat",
        "root     sshd       812   4   tcp4   192.0.2.10:22         198.51.100.7:51514\n",
    ),
    (
        "ifconfig",
        """
eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 192.0.2.10  netmask 255.255.255.0  broadcast 192.0.2.255
        ether 02:00:5e:10:00:00  txqueuelen 1000  (Ethernet)
""",
    ),
    (
        "ifconfig",
        """
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default
    link/ether 02:00:5e:10:00:00 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0
""",
    ),
    (
        "ifconfig",
        """
Windows IP Configuration

Ethernet adapter Ethernet:

   Connection-specific DNS Suffix  . : example.test
   IPv4 Address. . . . . . . . . . . : 192.0.2.10
""",
    ),
    (
        "firewall",
        """
Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     all  --  192.0.2.0/24         anywhere             ctstate ESTABLISHED
""",
    ),
    ("firewall", "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n"),
    (
        "conntrack",
        "tcp      6 431999 ESTABLISHED src=192.0.2.10 dst=198.51.100.7 sport=51514 dport=443"
        " src=198.51.100.7 dst=192.0.2.10 sport=443 dport=51514 [ASSURED] mark=0 use=1\n",
    ),
    (
        "processes",
        """
UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 09:00 ?        00:00:01 /sbin/init
""",
    ),
    (
        "processes",
        """
Image Name                     PID Session Name        Session#    Mem Usage
========================= ======== ================ =========== ============
svchost.exe                    812 Services                   0     12,000 K
""",
    ),
    ("arp", "? (192.0.2.1) at 02:00:5e:10:00:01 on en0 ifscope [ethernet]\n"),
    (
        "arp",
        """
Interface: 192.0.2.10 --- 0xc
  Internet Address      Physical Address      Type
  192.0.2.1             02-00-5e-10-00-01     dynamic
""",
    ),
    ("arp", "192.0.2.1 dev eth0 lladdr 02:00:5e:10:00:01 REACHABLE\n"),
    (
        "iftop",
        """
interface: eth0
IP address is: 192.0.2.10
   # Host name (port/service if enabled)            last 2s   last 10s   last 40s cumulative
--------------------------------------------------------------------------------------------
   1 192.0.2.10:ssh                           =>       448b       448b       448b       112B
     198.51.100.7:40876                       <=       208b       208b       208b        52B
""",
    ),
    (
        "packets",
        "09:00:00.000001 IP 192.0.2.10.22 > 198.51.100.7.51514: Flags [P.], seq 1:37, length 36\n",
    ),
    ("port-scan", "PORT   STATE SERVICE\n22/tcp open  ssh\n"),
    (
        "powershell",
        """
LocalAddress                        LocalPort RemoteAddress                       RemotePort State
------------                        --------- -------------                       ---------- -----
192.0.2.10                          49702     198.51.100.7                        443        Bound
""",
    ),
    ("powershell", "192.0.2.10   1120      198.51.100.7     60014      TimeWait        0\n"),
    ("powershell", "LocalAddress   : 192.0.2.10\nLocalPort      : 443\nState : Listen\n"),
    ("usage", "usage: netstat [-Aaln] [-f address_family]\n       netstat [-i | -I interface]\n"),
    ("usage", "Usage: ss [ OPTIONS ]\n   -h, --help          this message\n"),
    ("error", "bash: netstat: command not found\n"),
    ("error", "-bash: line 1: /usr/sbin/ss: No such file or directory\n"),
    ("error", "sh: 1: ss: not found\n"),
    (
        "error",
        "'netstat' is not recognized as an internal or external command,\n"
        "operable program or batch file.\n",
    ),
    ("error", "netstat: invalid option -- 'Q'\n"),
    ("error", "Cannot open netlink socket: Permission denied\n"),
    (
        "processes",
        """
USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
root           1  0.0  0.1 168136 11888 ?        Ss   Nov20   0:04 /sbin/init splash
""",
    ),
    ("processes", "www-data  812  1.0  0.0 1000 2000 pts/0   S+   10:43   0:00 nginx: worker\n"),
    ("processes", "root           1       0  0 Nov20 ?        00:00:04 /sbin/init splash\n"),
    ("processes", "    PID COMMAND         %CPU\n  12345 bash             0.0\n"),
    ("processes", "Abbildname                     PID Sitzungsname       Sitz.-Nr.\n"),
    ("processes", '"Image Name","PID","Session Name"\n"System Idle Process","0","Services"\n'),
    ("processes", "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\n"),
    ("settings", "net.ipv4.tcp_fin_timeout = 60\nnet.core.somaxconn = 4096\n"),
    ("settings", "net.inet.tcp.msl: 15000\nkern.ipc.somaxconn: 128\n"),
    (
        "limits",
        """
core file size              (blocks, -c) 0
open files                          (-n) 1024
real-time non-blocking time  (microseconds, -R) unlimited
""",
    ),
    (
        "limits",
        """
Limit                     Soft Limit           Hard Limit           Units
Max open files            1024                 4096                 files
""",
    ),
    (
        "load",
        """
               total        used        free      shared  buff/cache   available
Mem:        16300000     2000000    10000000      100000     4300000    14000000
""",
    ),
    ("load", " 10:43:50 up 3 days,  1:02,  1 user,  load average: 0.00, 0.01, 0.05\n"),
    ("load", "Filesystem     1K-blocks    Used Available Use% Mounted on\n/dev/sda1 1 1 1 1% /\n"),
    ("log", "[    1.234567] TCP: request_sock_TCP: Possible SYN flooding on port 8080.\n"),
    ("log", "Nov 22 10:43:50 web1 sshd[612]: Accepted publickey from 192.0.2.9 port 51514\n"),
    (
        "thread-dump",
        """
Full thread dump of a virtual machine:

"main" #1 prio=5 os_prio=0 tid=0x1 nid=0x2 waiting on condition
        at example.Pool.borrow(Pool.java:12)
""",
    ),
    ("system-calls", "connect(3, {sa_family=AF_INET, sin_port=htons(443)}, 16) = 0\n"),
    ("containers", "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS   PORTS   NAMES\n"),
    ("containers", "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0   3d\n"),
    (
        "probe",
        "PING 192.0.2.9 (192.0.2.9) 56(84) bytes of data.\n64 bytes from 192.0.2.9: ttl=64\n",
    ),
    ("probe", "traceroute to 192.0.2.9, 30 hops max\n 1  192.0.2.1  0.3 ms  0.2 ms  0.2 ms\n"),
    ("html", "<!DOCTYPE html>\n<html>\n<body>\n  <p>404 Not Found</p>\n</body>\n</html>\n"),
    ("json", '{\n  "sockets": [\n    {"state": "LISTEN"}\n  ]\n}\n'),
    ("json", '[{"proto": "tcp", "state": "LISTEN"}]\n'),
    ("counts", "     12 ESTABLISHED\n      3 TIME_WAIT\n      1 State\n"),
    ("counts", "ESTAB 12\nTIME-WAIT 3\n"),
    ("counts", "     44 192.0.2.10\n     12 2001:db8::7\n"),
)

SOCKETS = (
    """
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:22              0.0.0.0:*               LISTEN
tcp        0      0 192.0.2.10:22           198.51.100.7:51514      ESTABLISHED
""",
    """
State      Recv-Q Send-Q Local Address:Port               Peer Address:Port
LISTEN     0      128          *:22                       *:*
ESTAB      0      0      192.0.2.10:22                 198.51.100.7:51514
""",
    """
Active Connections

  Proto  Local Address          Foreign Address        State           PID
  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       812
 RpcSs
 [svchost.exe]
""",
    """
Active Internet connections (including servers)
Proto Recv-Q Send-Q  Local Address          Foreign Address        (state)
tcp4       0      0  192.0.2.10.22          198.51.100.7.51514     ESTABLISHED
""",
)

NOTES = """# How to look at sockets

The command prints a table. Its first column is the protocol.
Run it with -a to see the listening ones as well, and with -n to keep the numbers.
"""


@pytest.mark.parametrize(("key", "text"), CASES)
def test_a_foreign_text_is_named(key: str, text: str) -> None:
    found = identify(text.split("\n"))
    assert found is not None
    assert found.key == key


def test_every_signature_has_a_case() -> None:
    assert {signature.key for signature in SIGNATURES} == {key for key, _ in CASES}


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda signature: signature.key)
def test_a_signature_speaks_in_sentences(signature: Signature) -> None:
    found = signature.foreign
    text = next(text for key, text in CASES if key == found.key)
    message = str(refusal("dump.txt", text.split("\n")))
    assert message.startswith(f"dump.txt: this is {found.name}")
    assert found.hint
    assert not found.hint.endswith(".")
    assert "``" not in message


@pytest.mark.parametrize("text", SOCKETS)
def test_a_socket_table_is_not_foreign(text: str) -> None:
    assert identify(text.split("\n")) is None


@pytest.mark.parametrize("prefix", ["> ", "    ", "| ", "\t", ">> "])
@pytest.mark.parametrize(("key", "text"), CASES[:3])
def test_a_quoted_text_is_named_too(prefix: str, key: str, text: str) -> None:
    found = identify([prefix + line if line else line for line in text.split("\n")])
    assert found is not None
    assert found.key == key


def test_of_several_the_longest_is_named() -> None:
    texts = dict(CASES)
    both = texts["multicast-groups"] + texts["routing-table"] + texts["statistics"]
    found = identify(both.split("\n"))
    assert found is not None
    assert found.key == "routing-table"


def test_prose_has_no_name_of_its_own_but_is_refused() -> None:
    assert identify(NOTES.split("\n")) is None
    assert str(refusal("notes.md", NOTES.split("\n"))).startswith(
        f"notes.md: this is {PROSE.name}; for the sockets run"
    )


def test_a_page_that_quotes_a_table_is_not_that_table() -> None:
    text = NOTES * 4 + dict(CASES)["socket-summary"]
    assert identify(text.split("\n")) is None


@pytest.mark.parametrize("lines", [[], [""], ["", "  ", "\t"]])
def test_nothing_is_named(lines: list[str]) -> None:
    assert identify(lines) is EMPTY


def test_controls_are_binary() -> None:
    assert identify(["\x00\x01\x02ELF\x03\x04"]) is BINARY
    assert identify(["\ufffd\x7f\x05 \ufffd\ufffd"]) is BINARY


@pytest.mark.parametrize(
    "unit", ["a ", "1 ", "ss: ", "a: ", "1 1 1 1 ", "<a", '"', "[", "default dev ", "\t"]
)
def test_hostile_lines_take_no_more_time(unit: str) -> None:
    # A thousand lines take a tenth of a second; the bound only has to tell that from minutes.
    started = time.perf_counter()
    identify([unit * 20_000] * 1000)
    assert time.perf_counter() - started < 10
