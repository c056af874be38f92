"""Make the damaged samples again: what mails, tickets, editors and collectors do to dumps.

Each function takes a sample of this folder and does one thing to it; its name is that of the
new sample. Nothing is invented but the words around the tables.

    python3 samples/damage.py            # all
    python3 samples/damage.py mail tss   # some

The expectations beside the dumps must be read again where a dump changed.
"""

from __future__ import annotations

import html
import quopri
import re
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

SAMPLES = Path(__file__).parent
ROWS = slice(2, None)
"""What stands under a banner and a header."""

Made = tuple[str, bytes]
"""The dialect of a new sample, and its bytes."""


def lines(name: str) -> list[str]:
    """The lines of a sample, as the tool printed them."""
    return (SAMPLES / f"{name}.txt").read_bytes().decode().splitlines()


def text(name: str) -> str:
    """A sample, line ends as on Linux."""
    return joined(lines(name))


def joined(parts: Iterable[str]) -> str:
    """Lines, each with its end."""
    return "".join(f"{part}\n" for part in parts)


# --- copied and pasted ----------------------------------------------------------------------------


def grepped() -> Made:
    """`netstat -neopa | grep 8080`: rows and nothing else."""
    rows = [row for row in lines("netstat_linux--close-wait-leak") if "8080" in row]
    return "netstat_linux", joined(rows).encode()


def grepped_files() -> Made:
    """`grep -n CLOSE_WAIT netstat-*.txt`, with grep's separators between distant hits."""
    rows = lines("netstat_linux--close-wait-leak")
    hits = [f"netstat-web1.txt:{n}:{row}" for n, row in enumerate(rows, 1) if "CLOSE_WAIT" in row]
    return "netstat_linux", joined([*hits[:2], "--", *hits[2:]]).encode()


def select_string() -> Made:
    r"""`Select-String CLOSE_WAIT C:\\case 4711\\netstat.txt` in PowerShell."""
    rows = lines("netstat_windows--ano")
    file = "C:\\case 4711\\netstat.txt"
    hits = [f"{file}:{n}:{row}" for n, row in enumerate(rows, 1) if "CLOSE_WAIT" in row]
    return "netstat_windows", ("\r\n" + "\r\n".join(hits) + "\r\n\r\n").encode()


def prompts() -> Made:
    """Two tools after one another, copied from a terminal."""
    leak = "close-wait-leak"
    return "netstat_linux+ss_linux", joined(
        [
            "ops@web1:~$ date",
            "Sun Nov 22 10:43:50 UTC 2026",
            "ops@web1:~$ sudo netstat -neopa",
            "[sudo] password for ops: ",
            *lines(f"netstat_linux--{leak}"),
            "ops@web1:~$ sudo ss -tanp",
            *lines(f"ss_linux--{leak}"),
            "ops@web1:~$ uptime",
            " 10:44:02 up 61 days,  3:05,  1 user,  load average: 0.00, 0.01, 0.05",
            "ops@web1:~$ exit",
        ]
    ).encode()


def fenced() -> Made:
    """A ticket in Markdown: prose, and tables between fences."""
    return "ss_linux", joined(
        [
            "## leaky-app does not answer",
            "",
            "Since 10:40 the health check of **web1** fails. This is what I see:",
            "",
            "```console",
            "$ ss -tanp",
            *lines("ss_linux--close-wait-leak"),
            "```",
            "",
            "and two minutes later, a bit shortened:",
            "",
            "~~~text",
            *lines("ss_linux--close-wait-leak")[:6],
            "~~~",
            "",
            "Restarting it helps for an hour. tcp 8080 is open in the firewall.",
        ]
    ).encode()


def mail() -> Made:
    """An answer that quotes a mail whose lines were wrapped at 72 columns."""
    body = ["Hello,", "", "this is the output of netstat on web1:", ""]
    for line in lines("netstat_linux--close-wait-leak")[:14]:
        body += textwrap.wrap(line, 72, break_on_hyphens=False)
    body += ["", "-- ", "Sam"]
    quoted = [f"> {line}".rstrip() for line in body]
    head = ["On Sun, Nov 22, 2026 at 10:50 AM Sam <sam@example.org> wrote:"]
    return "netstat_linux", joined(
        [*head, *quoted, "", "Sam, who owns leaky-app? Eight of them are not closed."]
    ).encode()


def mail_source() -> Made:
    """The source of a mail: quoted-printable, with soft line breaks."""
    body = [line.replace("leaky-app", "leaky=app") for line in lines("ss_linux--close-wait-leak")]
    encoded = quopri.encodestring(joined(["Grüße, hier die Liste:", "", *body]).encode())
    return "ss_linux", encoded


def escaped() -> Made:
    """Markdown that an editor escaped."""
    sample = text("netstat_linux--client-pool") + text("netstat_linux--listeners")
    return "netstat_linux", re.sub(r"([*_\[\]])", r"\\\1", sample).encode()


def entities() -> Made:
    """The source of a web page."""
    body = html.escape(text("ss_linux--syn-sent"))
    return "ss_linux", f"<pre><code>{body}</code></pre>\n".encode()


def bars() -> Made:
    """Rows put into a table of Markdown, as wikis keep them."""
    header = ["Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State", "PID"]
    rows = [row.split() for row in lines("netstat_linux--client-pool")[ROWS]]
    table = [header, ["---"] * len(header), *rows]
    return "netstat_linux", joined(f"| {' | '.join(cells)} |" for cells in table).encode()


def boxed() -> Made:
    """The same in a box drawn around it."""
    rows = lines("ss_linux--client-pool")
    width = max(map(len, rows))
    body = [f"│ {row.ljust(width)} │" for row in rows]
    edge = "─" * (width + 2)
    return "ss_linux", joined([f"┌{edge}┐", body[0], f"├{edge}┤", *body[1:], f"└{edge}┘"]).encode()


def tabs() -> Made:
    """`unexpand -a`: runs of blanks became tabs where they end at one."""
    return "netstat_linux", joined(map(_unexpanded, lines("netstat_linux--not-root"))).encode()


def _unexpanded(line: str) -> str:
    cells = [line[at : at + 8] for at in range(0, len(line), 8)]
    short = [cell.rstrip() + "\t" if cell.endswith("  ") else cell for cell in cells]
    return "".join(short).rstrip("\t")


def collapsed() -> Made:
    """`tr -s ' '`, or a web form: one blank between all columns, none in front."""
    body = [" ".join(line.split()) for line in lines("netstat_linux--healthy")]
    return "netstat_linux", joined(body).encode()


def collapsed_windows() -> Made:
    """The same with owner lines, which lose the indentation that tells them from others."""
    body = [" ".join(line.split()) for line in lines("netstat_windows--anob")]
    return "netstat_windows", joined(body).encode()


def realigned() -> Made:
    """`column -t`: every word is a column, headings as well."""
    rows = [line.split() for line in lines("netstat_linux--users-inodes")[:24]]
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    body = ["  ".join(w.ljust(widths[n]) for n, w in enumerate(row)).rstrip() for row in rows]
    return "netstat_linux", joined(body).encode()


def elided() -> Made:
    """Rows left out by the one who asks."""
    rows = lines("ss_linux--close-wait-leak")
    return "ss_linux", joined([*rows[:4], "...", *rows[7:10], "<snip>"]).encode()


def cut() -> Made:
    """The end of a terminal's memory at the start, and half a row at the end."""
    rows = lines("netstat_linux--syn-sent")
    return "netstat_linux", joined([rows[2][20:], *rows[3:7], rows[7][:52]]).encode()[:-1]


def merged() -> Made:
    """A conflict that somebody committed."""
    rows = lines("netstat_linux--client-pool")
    return "netstat_linux", joined(
        [*rows[:3], "<<<<<<< HEAD", *rows[3:5], "=======", rows[5], ">>>>>>> dumps", *rows[6:]]
    ).encode()


def numbered() -> Made:
    """`cat -n`."""
    rows = lines("ss_linux--close-wait-leak")
    return "ss_linux", joined(f"{n:6}\t{row}" for n, row in enumerate(rows, 1)).encode()


def stamped() -> Made:
    """A journal: time, host and program in front of every line."""
    rows = lines("netstat_linux--client-pool")
    return "netstat_linux", joined(
        f"Nov 22 10:43:50 web1 cron[4711]: {row}" for row in rows
    ).encode()


def spaced() -> Made:
    """A web page that shows every line end twice."""
    rows = lines("ss_linux--zero-window")
    return "ss_linux", joined(part for row in rows for part in (row, "")).encode()


def coloured() -> Made:
    """`netstat | grep --color 8080`, and a program whose name holds an escape sequence."""
    rows = [row for row in lines("netstat_linux--close-wait-leak") if "8080" in row]
    rows = [re.sub(r":(8080)", ":\x1b[01;31m\x1b[K\\1\x1b[m\x1b[K", row) for row in rows]
    rows.append(
        "tcp        0      0 192.0.2.10:9090         0.0.0.0:*               LISTEN      65534"
        "      27300      9931/a\x1b[31mb\x1b[0m        off (0.00/0/0)"
    )
    return "netstat_linux", joined(rows).encode()


def paged() -> Made:
    """What `more` leaves in a terminal's log: its prompt, and the backspaces that wipe it."""
    rows = lines("netstat_linux--users-inodes")
    wipe = "--More--" + "\b" * 8 + " " * 8 + "\b" * 8
    return "netstat_linux", joined([*rows[:9], wipe + rows[9], *rows[10:]]).encode()


def headed() -> Made:
    """A listing whose header comes again every ten rows, as some viewers show it."""
    rows = lines("netstat_linux--healthy")
    header, body = rows[1], [row for row in rows[ROWS] if not row.startswith(("unix", "Active"))]
    body = [row for row in body if not row.startswith("Proto")]
    pages = [part for at in range(0, len(body), 10) for part in (header, *body[at : at + 10])]
    return "netstat_linux", joined([rows[0], *pages]).encode()


def paged_windows() -> Made:
    """`netstat -anob | more` in a log: the pager's prompt, wiped by blanks or backspaces."""
    rows = lines("netstat_windows--anob")
    blanks = "-- More  -- \r" + " " * 12 + "\r"
    wipe = "-- More  --" + "\b" * 11 + " " * 11 + "\b" * 11
    paged = [*rows[:10], blanks + rows[10], *rows[11:20], wipe + rows[20], *rows[21:]]
    return "netstat_windows", "".join(f"{row}\r\n" for row in paged).encode()


def wrapped_verbose() -> Made:
    """`netstat -anv` of macOS in a mail that wraps at 72 columns: a row stands on four lines."""
    rows = lines("netstat_macos--anv-26")[:24]
    parts = [part for row in rows for part in textwrap.wrap(row, 72, break_on_hyphens=False)]
    return "netstat_macos", joined(parts).encode()


def wrapped_no_header() -> Made:
    """`ss -Htan` in a mail that wraps at 72 columns."""
    rows = lines("ss_linux--no-header")
    parts = [part for row in rows for part in textwrap.wrap(row, 72, break_on_hyphens=False)]
    return "ss_linux", joined(parts).encode()


def wrapped_bsd() -> Made:
    """FreeBSD's `netstat -an`, whose UNIX rows are longer than a mail's lines."""
    rows = lines("netstat_freebsd--an")
    parts = [part for row in rows for part in textwrap.wrap(row, 72, break_on_hyphens=False)]
    return "netstat_freebsd", joined(parts).encode()


def stamped_runs() -> Made:
    """`netstat` in a loop through `ts`: the times are those of the moments."""
    rows = lines("netstat_linux--client-pool")
    runs = (("10:43:50", rows), ("10:44:50", rows[:-1]))
    stamped = [f"2026-11-22T{time}+0000 {row}" for time, run in runs for row in run]
    return "netstat_linux", joined(stamped).encode()


def stderr() -> Made:
    """Messages that arrived between the header and the rows: another stream, another buffer."""
    rows = lines("netstat_linux--client-pool")
    warning = [
        "(Not all processes could be identified, non-owned process info",
        " will not be shown, you would have to be root to see it all.)",
    ]
    return "netstat_linux", joined(
        [
            *rows[:2],
            *warning,
            *rows[2:4],
            "netstat: no support for `AF IPX' on this system.",
            *rows[4:],
        ]
    ).encode()


# --- collectors -----------------------------------------------------------------------------------


def zzz() -> Made:
    """A collector that marks every run as OSWatcher does."""
    runs = lines("netstat_linux--two-snapshots")
    marked = [f"zzz ***{line}" if line.startswith("Tue ") else line for line in runs]
    return "netstat_linux", joined(marked).encode()


def suse() -> Made:
    """`network.txt` of supportconfig: many commands, each under its heading."""
    command = "#==[ Command ]======================================#"
    return "ss_linux", joined(
        [
            "=============================================================================",
            "                     Support Utilities - Supportconfig",
            "                          Script Version: 3.2.8",
            "=============================================================================",
            "",
            "#==[ Verification ]=================================#",
            "# rpm -V sysconfig-0.85.9",
            "# Verification Status: Passed",
            "",
            command,
            "# /sbin/ip route",
            "default via 192.0.2.1 dev eth0 proto dhcp",
            "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
            "",
            command,
            "# /usr/sbin/ss -nap",
            *lines("ss_linux--all-tables")[2:],
            "",
            command,
            "# /usr/sbin/ss -s",
            "Total: 173",
            "TCP:   16 (estab 9, closed 2, orphaned 0, timewait 2)",
            "",
            "Transport Total     IP        IPv6",
            "RAW\t  1         1         0        ",
            "UDP\t  5         4         1        ",
            "TCP\t  14        7         7        ",
            "INET\t  20        12        8        ",
            "FRAG\t  0         0         0        ",
            "",
            command,
            "# /usr/sbin/nstat -az",
            "#kernel",
            "IpInReceives                    401                0.0",
            "TcpActiveOpens                  12                 0.0",
            "",
            "#==[ Configuration File ]===========================#",
            "# /etc/hosts",
            "127.0.0.1       localhost",
            "192.0.2.10      web1.example.org web1",
        ]
    ).encode()


def sysdiagnose() -> Made:
    """`network-info/netstat.txt` of macOS: commands between lines of `#`."""

    def section(command: str, body: list[str]) -> list[str]:
        return ["#", f"# {command}", "#", *body, ""]

    routes = [
        "Routing tables",
        "",
        "Internet:",
        "Destination        Gateway            Flags               Netif Expire",
        "default            192.0.2.1          UGScg                 en0       ",
        "192.0.2/24         link#12            UCS                   en0      !",
        "",
        "Internet6:",
        f"{'Destination':<40}{'Gateway':<40}{'Flags':<20}Netif Expire",
        f"{'::1':<40}{'::1':<40}{'UHL':<22}lo0",
    ]
    counters = [
        "tcp:",
        "\t4711 packets sent",
        "\t\t812 data packets (40960 bytes)",
        "udp:",
        "\t17 datagrams received",
    ]
    interfaces = [
        "Name       Mtu   Network       Address            Ipkts Ierrs    Opkts Oerrs  Coll Drop",
        "en0        1500  192.0.2       192.0.2.10          4711     -      812     -     -   -",
    ]
    sockets = [_with_block(n, row) for n, row in enumerate(lines("netstat_macos--anv-26"))]
    return "netstat_macos", joined(
        [
            *section("netstat -n -r -a -l", routes),
            *section("netstat -A -a -l -n -v -W", sockets),
            *section("netstat -s", counters),
            *section("netstat -i -n -d", interfaces),
        ]
    ).encode()


def _with_block(number: int, row: str) -> str:
    """What -A puts in front of IP rows: the control block and the flow's hash."""
    if row.startswith("Proto"):
        return f"Socket           Flowhash {row}"
    named = row.startswith(("tcp", "udp"))
    return f"8a1f3c55{0x2000 + 0x170 * number:08x} {0xE1A20000 + number:8x} {row}" if named else row


def tss() -> Made:
    """`NetStat_Info.txt` of TSS: six commands of one moment in one file, by PowerShell 5.1."""
    rows = lines("netstat_windows--ano")
    bound = [row for row in lines("netstat_windows--anoq") if "BOUND" in row]
    offload = [_with_offload(row) for row in rows]
    tcp = [row for row in offload if not row.startswith("  UDP")]
    routes = [
        "===========================================================================",
        "Interface List",
        "  9...00 00 5e 00 53 01 ......Example Ethernet Adapter",
        "===========================================================================",
        "",
        "IPv4 Route Table",
        "===========================================================================",
        "Active Routes:",
        "Network Destination        Netmask          Gateway       Interface  Metric",
        "          0.0.0.0          0.0.0.0       192.0.2.1      192.0.2.70     25",
        "===========================================================================",
        "Persistent Routes:",
        "  None",
    ]
    counters = [
        "Interface Statistics",
        "",
        "                           Received            Sent",
        "",
        "Bytes                    4711000000       812000000",
        "Unicast packets             4711000          812000",
        "",
        "TCP Statistics for IPv4",
        "",
        "  Active Opens                        = 4711",
        "  Failed Connection Attempts          = 12",
    ]
    parts = [
        "",
        *(line for row in rows[1:] for line in (row, *_owner_lines(row))),
        *routes,
        *counters,
        *offload,
        *tcp,
        *rows[:4],
        *bound,
        *rows[4:],
    ]
    return "netstat_windows", "\r\n".join([*parts, ""]).encode("utf-16")


def _owner_lines(row: str) -> list[str]:
    """What -b prints under a row."""
    pid = row[-5:].strip()
    if not pid.isdigit() or pid == "0":
        return []
    owners = {"5540": "leaky app (x64).exe", "2976": "postgres.exe", "3120": "browser.exe"}
    services = {"1052": "RpcSs", "1312": "W32Time", "2004": "Dnscache", "8844": "SSDPSRV"}
    if pid in services:
        return [f"  {services[pid]}", " [svchost.exe]"]
    return [f" [{owners[pid]}]" if pid in owners else " Can not obtain ownership information"]


def _with_offload(row: str) -> str:
    if row.startswith("  Proto"):
        return row.replace("State           PID", "State           PID      Offload State")
    return f"{row:<79}  InHost" if row.startswith("  TCP") else row


def ec2rescue() -> Made:
    """`ss -anp` three times with nothing between, as EC2Rescue keeps them; the leak grows."""
    rows = lines("ss_linux--close-wait-leak")
    runs = [[rows[0], rows[1], *rows[2 : 2 + more]] for more in (5, 8, 11)]
    return "ss_linux", joined(line for run in runs for line in run).encode()


# --- languages ------------------------------------------------------------------------------------

NET_TOOLS = {
    "german": (
        "Aktive Internetverbindungen (Server und stehende Verbindungen)",
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State       "
        "PID/Program name     Timer",
        "Aktive Sockets in der UNIX-Domäne (Server und stehende Verbindungen)",
        "Proto RefZäh Flaggen     Typ        Zustand       I-Node   PID/Program name     Pfad",
        {"ESTABLISHED": "VERBUNDEN", "CLOSE": "CLOSE"},
        {"LISTENING": "HÖRT", "CONNECTED": "VERBUNDEN", "CONNECTING": "VERBINDUNGSAUFBAU"},
        {"off": "aus", "on": "ein"},
    ),
    "french": (
        "Connexions Internet actives (serveurs et établies)",
        "Proto Recv-Q Send-Q Adresse locale          Adresse distante        Etat       "
        "PID/Program name     Timer",
        "Sockets du domaine UNIX actives(serveurs et établies)",
        "Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Chemin",
        {},
        {"CONNECTED": "CONNECTE", "CONNECTING": "ENCONNEXION"},
        {},
    ),
    "portuguese": (
        "Conexões Internet Ativas (servidores e estabelecidas)",
        "Proto Recv-Q Send-Q Endereço Local          Endereço Remoto         Estado       "
        "PID/Program name     Temporizador",
        "Domain sockets UNIX ativos (servidores e estabelecidas)",
        "Proto CntRef Flags       Tipo       Estado        I-Node   PID/Program name     Caminho",
        {
            "LISTEN": "OUÇA",
            "ESTABLISHED": "ESTABELECIDA",
            "CLOSE_WAIT": "ESPERANDO_FECHAR",
            "SYN_SENT": "SYN_ENVIADO",
            "FIN_WAIT2": "ESPERA_FIN2",
        },
        {"LISTENING": "OUVINDO", "CONNECTED": "CONECTADO", "CONNECTING": "CONECTANDO"},
        {"off": "desligado", "on": "em"},
    ),
    "japanese": (
        "稼働中のインターネット接続 (サーバと確立)",
        "Proto 受信-Q 送信-Q 内部アドレス            外部アドレス            状態        "
        "PID/Program name     タイマ",
        "稼働中のUNIXドメインソケット (サーバと確立)",
        "Proto RefCnt フラグ      タイプ     状態          I-Node   PID/Program name     パス",
        {},
        {},
        {"off": "オフ", "on": "オン", "probe": "プローブ"},
    ),
    "spanish": (
        "Conexiones activas de Internet (servidores y establecidos)",
        "Proto  Recib Enviad Dirección local         Dirección remota       Estado       "
        "PID/Program name     Temporizador",
        "Activar zócalos de dominio UNIX (servidores y establecidos)",
        "Proto RefCnt Flags       Type       State         I-Node   PID/Program name     Ruta",
        {"LISTEN": "ESCUCHAR", "ESTABLISHED": "ESTABLECIDO"},
        {},
        {"off": "apagado", "on": "encendido"},
    ),
    "italian": (
        "Connessioni Internet attive (server e stabiliti)",
        "Proto CodaRic CodaInv Indirizzo locale        Indirizzo remoto       Stato       "
        "PID/Program name     Timer",
        "Domain socket UNIX attivi (server e stabiliti)",
        "Proto ContRif Flag        Tipo       Stato         I-Node   PID/Program name     Percorso",
        {},
        {},
        {},
    ),
}
"""Banner, header, UNIX banner, UNIX header, states, UNIX states, timers.

Words of net-tools po/{de,fr,pt_BR,ja}.po and of captures. Spanish and Italian are in no po file
of net-tools: distributions add them; banner, header and states after captures, the rest made.
"""


def _net_tools(language: str) -> Callable[[], Made]:
    def make() -> Made:
        banner, header, unix_banner, unix_header, states, unix_states, timers = NET_TOOLS[language]
        out = [banner, header]
        out += [_timer_said(_state_said(row, states, 68, 12), timers) for row in _timed()]
        out += [unix_banner, unix_header]
        unix = (row for row in lines("netstat_linux--not-root") if row.startswith("unix"))
        out += [_state_said(row, unix_states, 36, 14) for row in unix]
        return "netstat_linux", joined(out).encode()

    make.__doc__ = f"`netstat -anpo` of net-tools in {language}."
    return make


def _timed() -> list[str]:
    """Rows with every timer that samples have."""
    names = ("zero-window", "syn-sent", "close-wait-leak", "fin-wait2-held")
    rows = [row for name in names for row in lines(f"netstat_linux--{name}") if row[:3] == "tcp"]
    # -e of one of them: the columns of user and inode, 11 wide each, are not there with -anpo.
    return [
        row[:80] + row[102:] if row[80:91].strip().isdigit() and len(row) > 125 else row
        for row in rows
    ]


def _state_said(row: str, words: dict[str, str], start: int, width: int) -> str:
    """The state at its place in another language; a long word pushes the rest to the right."""
    word = row[start : start + width].strip()
    said = words.get(word, word)
    return f"{row[:start]}{said:<{width - 1}} {row[start + width :]}" if said else row


def _timer_said(row: str, words: dict[str, str]) -> str:
    name = re.search(r"([a-z]+) \([0-9.]+/", row)
    if name is None or name[1] not in words:
        return row
    return row[: name.start(1)] + words[name[1]] + row[name.end(1) :]


WINDOWS = {
    "french": (
        "cp850",
        "Connexions actives",
        ("Proto", "Adresse locale", "Adresse distante", "État", "PID"),
    ),
    "spanish": (
        "utf-16",
        "Conexiones activas",
        ("Proto", "Dirección local", "Dirección remota", "Estado", "PID"),
    ),
    "portuguese": (
        "cp850",
        "Conexões ativas",
        ("Proto", "Endereço local", "Endereço externo", "Estado", "PID"),
    ),
    "russian": (
        "cp866",
        "Активные подключения",
        ("Имя", "Локальный адрес", "Внешний адрес", "Состояние", "PID"),
    ),
    "chinese": ("gbk", "活动连接", ("协议", "本地地址", "外部地址", "状态", "PID")),
    "japanese": (
        "cp932",
        "アクティブな接続",
        ("プロトコル", "ローカル アドレス", "外部アドレス", "状態", "PID"),
    ),
}
"""Code page of the console, banner, header; states are English in each of them (captures)."""

NOT_KNOWN = {
    "french": "Impossible d'obtenir les informations de propriétaire",
    "spanish": "No se puede obtener información de propiedad",
    "chinese": "无法获取所有权信息",
}
"""`Can not obtain ownership information` where captures show it; elsewhere the dump is -ano."""


def _windows(language: str) -> Callable[[], Made]:
    def make() -> Made:
        encoding, banner, header = WINDOWS[language]
        known = language in NOT_KNOWN
        rows = lines("netstat_windows--anob" if known else "netstat_windows--ano")[4:]
        said = NOT_KNOWN.get(language, "")
        rows = [row.replace("Can not obtain ownership information", said) for row in rows]
        if language == "japanese":  # whose Proto column is wider
            rows = [
                f"{row[:5]}      {row[7:]}" if row[2:5] in ("TCP", "UDP") else row for row in rows
            ]
        columns = "  {:<5}  {:<21}  {:<21}  {:<14}  {}".format(*header)
        return "netstat_windows", "\r\n".join(["", banner, "", columns, *rows, ""]).encode(encoding)

    make.__doc__ = (
        f"`netstat -ano` or `-anob` of Windows in {language}, in the console's code page."
    )
    return make


def unknown_language() -> Made:
    """Windows in a language nobody has sent yet: made words, so that none of them is known."""
    words = {"LISTENING": "AVAKUOLI", "ESTABLISHED": "SIDOTTU", "CLOSE_WAIT": "LOPUN_OTTO"}
    body = text("netstat_windows--ano").replace("Active Connections", "Avatut sidokset")
    body = re.sub(
        r"  Proto .*",
        "  Kieli  Oma osoite             Toisen osoite          Tila            Numero",
        body,
    )
    for word, other in words.items():
        body = re.sub(f"{word:<15} ", f"{other:<15} ", body)
    return "netstat_windows", body.replace("\n", "\r\n").encode()


MAKERS: dict[str, Callable[[], Made]] = {
    **{
        make.__name__.replace("_", "-"): make
        for make in (
            *(grepped, grepped_files, select_string, prompts, fenced, mail, mail_source, escaped),
            *(entities, bars, boxed, tabs, collapsed, collapsed_windows, realigned, elided, cut),
            *(
                merged,
                numbered,
                stamped,
                spaced,
                coloured,
                paged,
                paged_windows,
                headed,
                wrapped_verbose,
                wrapped_no_header,
                wrapped_bsd,
                stamped_runs,
                stderr,
                zzz,
                suse,
                sysdiagnose,
                tss,
                ec2rescue,
            ),
            *(unknown_language,),
        )
    },
    **{f"net-tools-{language}": _net_tools(language) for language in NET_TOOLS},
    **{f"windows-{language}": _windows(language) for language in WINDOWS},
}


def main(wanted: list[str]) -> None:
    """Write the samples."""
    for name in wanted or MAKERS:
        dialect, data = MAKERS[name]()
        (SAMPLES / f"{dialect}--{name}.txt").write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
