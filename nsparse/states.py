"""The TCP state machine as data: what each state means, what may follow it, how tools spell it.

Normalising words, checking snapshots against each other, pairing the two ends of a
connection and `nsparse explain CLOSE_WAIT` all read this one module.

Sources. The machine: RFC 9293, section 3.3.2 with figure 5, and 3.10.7.4. The words:
netstat.c of net-tools, BusyBox, FreeBSD, NetBSD, OpenBSD, illumos and ReactOS, mptcp.c of
Apple's network_cmds, misc/ss.c of iproute2, Microsoft's netstat page. How long a state
lasts: named with each state.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, NamedTuple

Actor = Literal["this host's program", "this host's kernel", "the other end", "nobody"]

STATES: tuple[str, ...] = (
    "LISTEN",
    "SYN_SENT",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
    "CLOSED",
    # Not in the RFC: words of single systems, and "no table knows this word".
    "BOUND",
    "DELETE_TCB",
    "UNKNOWN",
)


class State(NamedTuple):
    """One state of a TCP socket, in words for someone who never read an RFC.

    Attributes:
        name: The canonical name, as in the `state` column.
        headline: The state in half a line.
        meaning: What is going on.
        actor: Who must do something so that the socket leaves this state.
        acts: What that is.
        lasts: How long the state lasts when all is well, and what ends it.
        piles_up: When it is a problem, and what many such sockets say.
        alone: What it says when the other end knows nothing of this connection.
        sources: What `lasts` and `piles_up` stand on.
        reference: Where the state is defined.
        predecessors: The states it is entered from.
        successors: The states it is left for.
        opposite: What the other end can be in while both follow the protocol; usual ones first.
        usual: Those of `opposite` met every day; the others need lost or crossing packets.
        spellings: The words for it, by who prints them.
    """

    name: str
    headline: str
    meaning: str
    actor: Actor
    acts: str
    lasts: str
    piles_up: str
    alone: str
    sources: tuple[str, ...]
    reference: str
    predecessors: tuple[str, ...]
    successors: tuple[str, ...]
    opposite: tuple[str, ...]
    usual: tuple[str, ...]
    spellings: Mapping[str, tuple[str, ...]]


class Move(NamedTuple):
    """One step of the machine: what happens, seen from the end that makes it ("": only on paper).

    `same_row` is False where the dump shows another row afterwards: a call that
    reaches a listener gets a socket of its own, and the listener stays.
    """

    before: str
    after: str
    event: str
    same_row: bool = True


# RFC 9293 figure 5 with its notes 1 to 3; SYN_RECEIVED to CLOSE_WAIT from 3.10.7.4 (FIN bit).
# A move to CLOSED that the figure leaves out is a reset, an abort or a timeout (3.5.3, 3.8.3,
# 3.10.5).
# BOUND is what bind(2) does. Windows documents no place for DELETE_TCB but "being deleted".
MOVES: tuple[Move, ...] = (
    Move("CLOSED", "BOUND", "the program takes a local port: bind()"),
    Move("CLOSED", "LISTEN", "the program waits for callers: listen()"),
    Move("CLOSED", "SYN_SENT", "the program calls: connect()"),
    Move("BOUND", "LISTEN", "the program waits for callers: listen()"),
    Move("BOUND", "SYN_SENT", "the program calls: connect()"),
    Move("LISTEN", "SYN_RECEIVED", "a call (SYN) comes in and gets a row of its own", False),
    Move("LISTEN", "SYN_SENT", "", False),  # a SEND on a listener; no sockets offer it
    Move("SYN_SENT", "ESTABLISHED", "the answer (SYN+ACK) arrives"),
    Move("SYN_SENT", "SYN_RECEIVED", "both ends call each other at one moment (rare)"),
    Move("SYN_RECEIVED", "ESTABLISHED", "the caller's confirmation (ACK) arrives"),
    Move("SYN_RECEIVED", "CLOSE_WAIT", "the caller's goodbye (FIN) arrives at once"),
    Move("SYN_RECEIVED", "FIN_WAIT_1", "this program closes before the confirmation"),
    Move("SYN_RECEIVED", "LISTEN", "the caller resets (RST): only the listener is left", False),
    Move("ESTABLISHED", "FIN_WAIT_1", "this program closes first"),
    Move("ESTABLISHED", "CLOSE_WAIT", "the other end closes first: its FIN arrives"),
    Move("FIN_WAIT_1", "FIN_WAIT_2", "the confirmation (ACK) of our FIN arrives"),
    Move("FIN_WAIT_1", "TIME_WAIT", "the other end's FIN and the ACK of ours arrive together"),
    Move("FIN_WAIT_1", "CLOSING", "the other end's FIN arrives, the ACK of ours does not"),
    Move("FIN_WAIT_2", "TIME_WAIT", "the other end closes too: its FIN arrives"),
    Move("CLOSE_WAIT", "LAST_ACK", "this program closes too"),
    Move("CLOSING", "TIME_WAIT", "the confirmation (ACK) of our FIN arrives"),
    Move("LAST_ACK", "CLOSED", "the confirmation (ACK) of our FIN arrives"),
    Move("LAST_ACK", "DELETE_TCB", "Windows clears the connection away"),
    Move("TIME_WAIT", "CLOSED", "the waiting time is over"),
    Move("TIME_WAIT", "DELETE_TCB", "Windows clears the connection away"),
    Move("DELETE_TCB", "CLOSED", "it is cleared away"),
    Move("BOUND", "CLOSED", "the program closes, or ends"),
    Move("LISTEN", "CLOSED", "the program closes, or ends"),
    Move("SYN_SENT", "CLOSED", "refused (RST), or no answer came"),
    Move("SYN_RECEIVED", "CLOSED", "reset (RST), or no confirmation came"),
    Move("ESTABLISHED", "CLOSED", "either end resets (RST), or gives up on the other"),
    Move("FIN_WAIT_1", "CLOSED", "reset (RST), or the retries ran out"),
    Move("FIN_WAIT_2", "CLOSED", "reset (RST), or the kernel gives up waiting"),
    Move("CLOSE_WAIT", "CLOSED", "reset (RST)"),
    Move("CLOSING", "CLOSED", "reset (RST), or the retries ran out"),
)

# Both ends of one connection, while nothing fails; each pair is meant both ways.
_USUAL_PAIRS: tuple[tuple[str, str], ...] = (
    ("ESTABLISHED", "ESTABLISHED"),
    ("LISTEN", "SYN_SENT"),
    ("SYN_SENT", "SYN_RECEIVED"),
    ("SYN_RECEIVED", "ESTABLISHED"),
    ("ESTABLISHED", "FIN_WAIT_1"),
    ("FIN_WAIT_2", "CLOSE_WAIT"),
    ("FIN_WAIT_1", "CLOSE_WAIT"),
    ("FIN_WAIT_2", "LAST_ACK"),
    ("TIME_WAIT", "CLOSED"),
    ("TIME_WAIT", "LAST_ACK"),
)
_RARE_PAIRS: tuple[tuple[str, str], ...] = (
    # Both ends open, or both close, at one moment (RFC 9293, 3.5 figure 7, 3.6 case 3).
    ("SYN_SENT", "SYN_SENT"),
    ("SYN_RECEIVED", "SYN_RECEIVED"),
    ("FIN_WAIT_1", "FIN_WAIT_1"),
    ("FIN_WAIT_1", "CLOSING"),
    ("CLOSING", "CLOSING"),
    ("CLOSING", "TIME_WAIT"),
    ("TIME_WAIT", "TIME_WAIT"),
    # One end closes before the handshake is over.
    ("SYN_SENT", "FIN_WAIT_1"),
    ("SYN_RECEIVED", "FIN_WAIT_1"),
    # A packet is late or lost: a confirmation (the first three), or a FIN that an ACK overtook.
    ("FIN_WAIT_1", "LAST_ACK"),
    ("LAST_ACK", "CLOSED"),
    ("CLOSING", "CLOSED"),
    ("FIN_WAIT_2", "CLOSING"),
)

PLATFORMS: tuple[str, ...] = (
    "net-tools, BusyBox",
    "ss",
    "macOS, BSD",
    "illumos",
    "Windows",
    "ReactOS",
    "NetBSD -A -n",
)

# One column for each of PLATFORMS; blanks separate words of one platform, "" is "never printed".
_PRINTED: Mapping[str, tuple[str, ...]] = {
    "LISTEN": ("LISTEN", "LISTEN", "LISTEN", "LISTEN", "LISTENING", "LISTENING", "LISTEN"),
    "SYN_SENT": ("SYN_SENT", "SYN-SENT", *["SYN_SENT"] * 4, "SYNSEN"),
    "SYN_RECEIVED": (
        "SYN_RECV",
        "SYN-RECV",
        "SYN_RCVD",
        "SYN_RCVD",
        "SYN_RECEIVED",
        "SYN_RCVD",
        "SYSRCV",  # so spelled in NetBSD's table
    ),
    "ESTABLISHED": ("ESTABLISHED", "ESTAB", *["ESTABLISHED"] * 4, "ESTABL"),
    "FIN_WAIT_1": ("FIN_WAIT1", "FIN-WAIT-1", *["FIN_WAIT_1"] * 3, "FIN_WAIT1", "FWAIT1"),
    "FIN_WAIT_2": ("FIN_WAIT2", "FIN-WAIT-2", *["FIN_WAIT_2"] * 3, "FIN_WAIT2", "FWAIT2"),
    "CLOSE_WAIT": ("CLOSE_WAIT", "CLOSE-WAIT", *["CLOSE_WAIT"] * 4, "CLWAIT"),
    "CLOSING": (*["CLOSING"] * 6, "CLOSNG"),
    "LAST_ACK": ("LAST_ACK", "LAST-ACK", *["LAST_ACK"] * 4, "LASTAK"),
    "TIME_WAIT": ("TIME_WAIT", "TIME-WAIT", *["TIME_WAIT"] * 4, "TMWAIT"),
    # `UNCONN` is the word for no connection; a TCP row of it that has a port is BOUND, which
    # only the row can tell, not the word.
    "CLOSED": ("CLOSE", "UNCONN", "CLOSED", "CLOSED IDLE", "CLOSED", "CLOSED", "CLOSED"),
    "BOUND": ("", "", "", "BOUND", "BOUND", "", ""),
    "DELETE_TCB": ("", "", "", "", "", "DELETE_TCB", ""),
    "UNKNOWN": ("UNKNOWN", "UNKNOWN UNDEF", "", "UnknownState", "", "???", ""),
}


class Translation(NamedTuple):
    """The state words of one tool in one language; a state not named stays English there."""

    where: str
    source: str
    words: Mapping[str, str]


# Only words seen in real output or in the tool's own catalogue of translations. Left out, since
# they are known from other programs' tests or tables alone: German Windows SYN_EMPFANGEN and
# SCHLIESSEND, FIN_WARTEN_1 and LETZTE_BESTÄTIGUNG; Windows in Italian, Turkish, Dutch, Polish,
# Swedish. French, Spanish, Portuguese, Russian, Japanese, Chinese, Korean Windows print English.
TRANSLATIONS: tuple[Translation, ...] = (
    Translation(
        "Windows in German",
        "captures; SYN_GESENDET also in Checkmk plug-ins",
        {
            "LISTEN": "ABHÖREN",
            "SYN_SENT": "SYN_GESENDET",
            "ESTABLISHED": "HERGESTELLT",
            "FIN_WAIT_2": "FIN_WARTEN_2",
            "CLOSE_WAIT": "SCHLIESSEN_WARTEN",
            "TIME_WAIT": "WARTEND",
        },
    ),
    Translation(
        "net-tools in German",
        "captures; net-tools po/de.po",
        {"ESTABLISHED": "VERBUNDEN", "UNKNOWN": "UNBEKANNT"},
    ),
    Translation(
        "net-tools in Spanish",
        "captures (distribution's translation, not in net-tools po/)",
        {"LISTEN": "ESCUCHAR", "ESTABLISHED": "ESTABLECIDO"},
    ),
    Translation(
        "net-tools in Brazilian Portuguese",
        "captures; net-tools po/pt_BR.po",
        {
            "LISTEN": "OUÇA",
            "SYN_SENT": "SYN_ENVIADO",
            "SYN_RECEIVED": "SYN_RECEBIDO",
            "ESTABLISHED": "ESTABELECIDA",
            "FIN_WAIT_1": "ESPERA_FIN1",
            "FIN_WAIT_2": "ESPERA_FIN2",
            "CLOSE_WAIT": "ESPERANDO_FECHAR",
            "CLOSING": "FECHANDO",
            "LAST_ACK": "ÚLTIMO_ACK",
            "CLOSED": "FECHAR",
            "UNKNOWN": "DESCONHECIDA",
        },
    ),
    Translation(
        "net-tools in Czech",
        "net-tools po/cs.po",
        {
            "LISTEN": "NASLOUCHÁ",
            "ESTABLISHED": "SPOJENO",
            "CLOSING": "ZAVÍRÁ",
            "LAST_ACK": "POSLEDNÍ ACK",
            "CLOSED": "ZAVŘEN",
            "UNKNOWN": "NEZNÁM",
        },
    ),
    Translation(
        "net-tools in Swedish",
        "net-tools po/sv.po (2025)",
        {
            "LISTEN": "LYSSNAR",
            "ESTABLISHED": "ETABLERAD",
            "CLOSE_WAIT": "STÄNG_VÄNTA",
            "CLOSING": "STÄNGER",
            "CLOSED": "STÄNG",
            "UNKNOWN": "OKÄND",
        },
    ),
    Translation(
        "net-tools in Catalan",
        "net-tools po/ca.po (2025)",
        {
            "LISTEN": "ESCOLTA",
            "SYN_SENT": "SYNSENT",
            "SYN_RECEIVED": "SYNRECV",
            "ESTABLISHED": "ESTABLERT",
            "FIN_WAIT_1": "FINWAIT1",
            "FIN_WAIT_2": "FINWAIT2",
            "CLOSE_WAIT": "CLOSEWAIT",
            "CLOSING": "TANCAMENT",
            "LAST_ACK": "LASTACK",
            "TIME_WAIT": "TEMPS",  # "time"; the second half of the word is lost there
            "CLOSED": "TANCA",
            "UNKNOWN": "DESCONEGUT",
        },
    ),
    Translation("net-tools in French", "net-tools po/fr.po", {"UNKNOWN": "INCONNU"}),
    Translation("net-tools in Estonian", "net-tools po/et.po", {"UNKNOWN": "TUNDMATU"}),
    Translation("net-tools in Japanese", "net-tools po/ja.po", {"UNKNOWN": "不明"}),
    Translation("net-tools in Georgian", "net-tools po/ka.po", {"UNKNOWN": "უცნობი"}),
)

# Words that manuals use and no tool prints: Microsoft's netstat page; a filter of ss(8).
_ALIASES: Mapping[str, str] = {
    "SYN_SEND": "SYN_SENT",
    "TIMED_WAIT": "TIME_WAIT",
    "BOUND-INACTIVE": "BOUND",
}

# States of other protocols that TCP has no like of (iproute2 misc/ss.c; illumos netstat.c; Apple
# network_cmds mptcp.c). They are known, so nobody is told of an unknown word; the state is UNKNOWN.
WITHOUT_TCP_STATE: Mapping[str, str] = {
    "COOKIE_WAIT": "SCTP",
    "COOKIE_ECHOED": "SCTP",
    "SHUTDOWN_PENDING": "SCTP",
    "SHUTDOWN_SENT": "SCTP",
    "SHUTDOWN_RECEIVED": "SCTP",
    "SHUTDOWN_ACK_SENT": "SCTP",
    "ACK_SENT": "SCTP",
    "TERMINATE": "MPTCP",
    "FASTCLOSE_WAIT": "MPTCP",
}

# FreeBSD marks hidden T/TCP states with `*`, illumos multilevel ports with ` P`, ` S` or both
# (netstat.c mitcp_state: private, then shared).
_MARK = re.compile(r"(?:\*| P| S| P S)$")
LEFT = 3
"""So many letters of ASCII tell a damaged word, which has more characters than these."""

# A number is what is left where a tool has no name for it: `UNKNOWN(3)` of net-tools,
# `UnknownState(3)` and `UNKNOWN STATE(3)` of illumos, a bare number of macOS and NetBSD.
_NUMBERED = re.compile(r"(?:UNKNOWN(?: ?STATE)? ?\(-?[0-9]+\)|-?[0-9]+)", re.IGNORECASE)


def canonical(word: str) -> str | None:
    """The canonical name of a state as any tool spells it; None when no table knows the word.

    Case, `-` for `_` and `FIN_WAIT1` for `FIN_WAIT_1` do not matter. A word that a wrong code
    page damaged is recognised by the letters that are left. Nothing is guessed: a
    word of another protocol, or a tool's own word for "no idea", is "UNKNOWN".

    >>> canonical("ESTAB"), canonical("fin-wait-1"), canonical("ABH™REN")
    ('ESTABLISHED', 'FIN_WAIT_1', 'LISTEN')
    >>> canonical("COOKIE_WAIT"), canonical("CLOSET_WAIT")
    ('UNKNOWN', None)
    """
    word = word.strip()
    known = _WORDS.get(fold(word)) or _WORDS.get(fold(_MARK.sub("", word)))
    if known is not None:
        return known
    if _NUMBERED.fullmatch(word):
        return "UNKNOWN"
    if len(word) <= LEFT:
        return None
    return next((name for shape, name in _damaged_words() if shape.fullmatch(word)), None)


def is_known(word: str) -> bool:
    """Whether some tool prints this word as a state, of TCP or of a protocol like it.

    >>> is_known("TERMINATE"), is_known("HALF_OPEN")
    (True, False)
    """
    return canonical(word) is not None


def begins_one(word: str) -> bool:
    """Whether a longer word that some tool prints as a state begins like that.

    >>> begins_one("ESTABLI"), begins_one("CONNECTED")
    (True, False)
    """
    return fold(word) in _beginnings()


def begins_another(word: str) -> bool:
    """Whether the word of another state begins like that: it may be this one, cut.

    >>> begins_another("CLOSE"), begins_another("LISTEN")
    (True, False)
    """
    start, state = fold(word), canonical(word)
    return any(known.startswith(start) and other != state for known, other in _WORDS.items())


def completed(word: str) -> str | None:
    """The word for a state that begins like that; None where several states do.

    >>> completed("ESTABLISHE"), completed("FIN_WAI"), completed("LISTEN")
    ('ESTABLISHED', None, None)
    """
    if is_known(word) or not begins_one(word):
        return None
    start = fold(word)
    meant = {name for known, name in _WORDS.items() if known.startswith(start)}
    spelled = (known for known, _ in _entries() if known.startswith(word))
    return next(spelled, None) if len(meant) == 1 else None


def can_follow(before: str, after: str) -> bool:
    """Whether one socket may show `before` in a snapshot and `after` in a later one.

    Any number of moves may lie between, none included, and every socket may have gone
    (CLOSED). A connection never turns into a listener nor a listener into a connection. What
    nobody knows (UNKNOWN) contradicts nothing. Both are canonical names.

    >>> can_follow("ESTABLISHED", "TIME_WAIT"), can_follow("CLOSE_WAIT", "ESTABLISHED")
    (True, False)
    """
    if "UNKNOWN" in (before, after):
        return True
    return after in _LATER[before]


def can_face(here: str, there: str) -> bool:
    """Whether the two ends of one connection may be in these states at one moment.

    An end can always have gone (crashed, reset, given up), so CLOSED faces everything, and
    UNKNOWN contradicts nothing. Both are canonical names.

    >>> can_face("FIN_WAIT_2", "CLOSE_WAIT"), can_face("SYN_SENT", "ESTABLISHED")
    (True, False)
    """
    if {here, there} & {"CLOSED", "DELETE_TCB", "UNKNOWN"}:
        return True
    return there in MACHINE[here].opposite


def fold(word: str) -> str:
    """A word without what differs between tools: case, `-` or `_`, `FIN_WAIT1` or `FIN_WAIT_1`.

    >>> fold("fin_wait1") == fold("FIN-WAIT-1")
    True
    """
    upper = unicodedata.normalize("NFC", word).upper()
    return re.sub(r"-(?=[0-9]$)", "", re.sub(r"[_ ]", "-", upper))


def _entries() -> Iterator[tuple[str, str]]:
    """Every word any table has, with the state it means."""
    for name in STATES:
        yield name, name
    for name, columns in _PRINTED.items():
        for words in columns:
            for word in words.split():
                yield word, name
    for translation in TRANSLATIONS:
        for name, word in translation.words.items():
            yield word, name
    yield from _ALIASES.items()
    for word in WITHOUT_TCP_STATE:
        yield word, "UNKNOWN"


def _damage(word: str) -> re.Pattern[str]:
    """What a word looks like after a wrong code page: the ASCII letters stay where they are.

    A character outside ASCII is then one or two others: bytes of cp850 read as cp1252, of
    UTF-8 read as cp437, or `?`. An ASCII letter there would make it another word.
    """
    parts = (re.escape(c) if c.isascii() else r"[^\x00-\x3e\x40-\x7f]{1,2}" for c in word)
    return re.compile("".join(parts), re.IGNORECASE)


def _survives(word: str) -> bool:
    """Whether enough ASCII letters are left of a damaged word to know it by (not of `不明`)."""
    return not word.isascii() and sum(c.isascii() and c.isalpha() for c in word) >= LEFT


def _reach(before: str) -> frozenset[str]:
    """Every state that `before` can have become, itself included; nothing comes after the end."""
    found = {before}
    edge = [before]
    while edge:
        state = edge.pop()
        later = {m.after for m in MOVES if m.before == state and m.same_row} - found
        found |= later
        edge += later - {"CLOSED"}
    return frozenset(found)


def _facing(name: str, pairs: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(b if a == name else a for a, b in pairs if name in (a, b))


def _spellings(name: str) -> Mapping[str, tuple[str, ...]]:
    printed = zip(PLATFORMS, _PRINTED[name], strict=True)
    found = {platform: tuple(words.split()) for platform, words in printed if words}
    found |= {t.where: (t.words[name],) for t in TRANSLATIONS if name in t.words}
    return MappingProxyType(found)


def _state(
    name: str,
    headline: str,
    *,
    meaning: str,
    actor: Actor,
    acts: str,
    lasts: str,
    piles_up: str,
    alone: str = "",
    sources: tuple[str, ...] = (),
    reference: str = "RFC 9293, section 3.3.2",
) -> State:
    """A state from what only it has; the rest comes from the tables above."""
    usual = _facing(name, _USUAL_PAIRS)
    return State(
        name=name,
        headline=headline,
        meaning=meaning,
        actor=actor,
        acts=acts,
        lasts=lasts,
        piles_up=piles_up,
        alone=alone,
        sources=sources,
        reference=reference,
        predecessors=tuple(m.before for m in MOVES if m.after == name),
        successors=tuple(m.after for m in MOVES if m.before == name),
        opposite=usual + _facing(name, _RARE_PAIRS),
        usual=usual,
        spellings=_spellings(name),
    )


_DESCRIBED = (
    _state(
        "LISTEN",
        "a server is waiting for callers",
        meaning=(
            "A program has opened this port and waits to be called. This row is the doorbell, not"
            " a conversation: each caller gets a row of its own, and this one stays."
        ),
        actor="nobody",
        acts=(
            "It waits for a call. The kernel then answers by itself, and the program must take the"
            " new connection over with accept()."
        ),
        lasts="As long as the server runs.",
        piles_up=(
            "It is no problem by itself; who may reach the port is worth a look. On Linux the"
            " Recv-Q of such a row counts callers that wait for accept(), and with ss Send-Q is"
            " the limit: at the limit new callers are turned away or left hanging."
        ),
        sources=("Linux net/ipv4/tcp_diag.c", "net-tools netstat(8)"),
    ),
    _state(
        "SYN_SENT",
        "this end is calling and nobody has answered yet",
        meaning=(
            "A program here wants a connection. Its call (a SYN packet) is on the way and the"
            " answer has not come."
        ),
        actor="the other end",
        acts="The other end must answer, or refuse. The kernel here repeats the call meanwhile.",
        lasts=(
            "One trip to the other end and back: well under a second. Without an answer Linux"
            " gives up after 127 to 134 seconds."
        ),
        piles_up=(
            "A refusal ends this state at once. A row that stays means silence: a firewall drops"
            " the call, the host is down, or its queue of callers is full. Calls to many"
            " addresses by one program look like a scan."
        ),
        alone="the call never got there: a firewall swallows it, or the host is down.",
        sources=("Linux ip-sysctl: tcp_syn_retries, tcp_syn_linear_timeouts",),
    ),
    _state(
        "SYN_RECEIVED",
        "a call came in, this end answered, the caller has not confirmed",
        meaning=(
            "Someone called a port that listens here. The kernel answered (SYN+ACK) and waits for"
            " the caller to confirm. No program knows of this connection yet."
        ),
        actor="the other end",
        acts="The caller must confirm (ACK). The kernel here repeats its answer meanwhile.",
        lasts=(
            "One trip to the caller and back. Without a confirmation Linux gives up after 5"
            " repeats, 63 seconds. It has no owning process there."
        ),
        piles_up=(
            "A few on a busy port are normal. Many that stay mean that our answers or the"
            " confirmations get lost, that the server's queue is full, or that somebody sends"
            " calls with false addresses (a SYN flood)."
        ),
        alone="the caller gave up, or never was: its address was false.",
        sources=("Linux ip-sysctl: tcp_synack_retries", "RFC 4987 (SYN floods)"),
    ),
    _state(
        "ESTABLISHED",
        "the connection is up, both ends may send",
        meaning="The two ends are connected and data can flow both ways. This is the normal state.",
        actor="nobody",
        acts=(
            "Either program may send or close; neither has to. A connection may rest here without"
            " a single packet."
        ),
        lasts=(
            "As long as the programs like: milliseconds or months. No timer ends a silent one"
            " unless the program asked for keepalive (on Linux first after two hours)."
        ),
        piles_up=(
            "Bytes that stay in Recv-Q: this program does not read. Bytes that stay in Send-Q:"
            " the other end does not take them. Many silent ones to one service: connections that"
            " were opened and forgotten, or clients that vanished."
        ),
        alone=(
            "it crashed, restarted, or a firewall cut the line. This end does not know until it"
            " sends something."
        ),
        sources=(
            "Linux net/ipv4/tcp_diag.c",
            "Linux ip-sysctl: tcp_keepalive_time",
            "RFC 9293, 3.5.1 (half-open connections)",
        ),
    ),
    _state(
        "FIN_WAIT_1",
        "this end has closed; its goodbye is not confirmed yet",
        meaning=(
            "The program here closed the connection first. The kernel sent the goodbye (a FIN"
            " packet), after any data still to go, and waits for a confirmation."
        ),
        actor="the other end",
        acts=(
            "The other end's kernel must confirm (ACK). No program has to do anything for that."
            " The kernel here repeats the goodbye meanwhile."
        ),
        lasts=(
            "One trip to the other end and back, once the data is through. Without confirmation"
            " Linux stops after about 8 repeats when no program here holds the connection."
        ),
        piles_up=(
            "Rows that stay: the other host is gone, the path is blocked, or the other program"
            " does not read, so that the data before the goodbye cannot get through."
        ),
        alone="it crashed or lost the connection; the repeats will end this row.",
        sources=("Linux ip-sysctl: tcp_orphan_retries", "RFC 9293, 3.8.6.1 (zero-window probing)"),
    ),
    _state(
        "FIN_WAIT_2",
        "this end has closed, the other end knows and has not closed yet",
        meaning=(
            "The program here closed the connection first, and the other end confirmed that. Now"
            " it is the other end's turn to close. Until then it may still send."
        ),
        actor="the other end",
        acts="The program at the other end must close its side.",
        lasts=(
            "As long as the other program takes. If no program here holds the connection any"
            " more, Linux drops it after 60 seconds; if one does, there is no limit."
        ),
        piles_up=(
            "Many that are held by a program: the other ends never close. Look there for"
            " CLOSE_WAIT. Without an owner they are on their way out."
        ),
        alone="it crashed or gave up; nothing more will come from it.",
        sources=("Linux ip-sysctl: tcp_fin_timeout", "RFC 9293, 3.6.1 (half-closed connections)"),
    ),
    _state(
        "CLOSE_WAIT",
        "the other end has closed, this program has not",
        meaning=(
            "The other end said goodbye (its FIN arrived) and the kernel here confirmed that by"
            " itself. Everything waits for the program here to close its side as well."
        ),
        actor="this host's program",
        acts="The program here must read what is left and call close(). Nobody else can help.",
        lasts=(
            "Milliseconds in a healthy program. No timer ends it: it lasts until the program"
            " closes or is stopped. No kernel setting changes that."
        ),
        piles_up=(
            "Many, or a number that grows: the program forgets to close, or hangs. Each one holds"
            " a file descriptor; when they run out the program can open nothing more. A handful"
            " of idle connections in a client's pool is harmless."
        ),
        alone="it waited in FIN_WAIT_2 and gave up long ago; this program still has not closed.",
        sources=("RFC 9293, 3.6 (closing)", "Linux net/ipv4/tcp.c"),
    ),
    _state(
        "CLOSING",
        "both ends closed at the same moment, the confirmation is missing",
        meaning=(
            "Both programs closed at once and the goodbyes crossed. This end has received the"
            " other's goodbye (FIN) but no confirmation of its own."
        ),
        actor="the other end",
        acts="The other end's kernel must confirm (ACK). The programs are done.",
        lasts="One trip to the other end and back. It is rarely seen at all.",
        piles_up=(
            "More than a few: confirmations get lost on the way, between programs that both hang"
            " up on the same message."
        ),
        alone="it is done; only its confirmation was lost.",
        sources=("RFC 9293, 3.6 case 3 (both users close)",),
    ),
    _state(
        "LAST_ACK",
        "both ends have closed, only the last confirmation is missing",
        meaning=(
            "The other end closed first, then the program here closed as well. The goodbye (FIN)"
            " of this end is on the way and its confirmation is all that is missing."
        ),
        actor="the other end",
        acts="The other end's kernel must confirm (ACK). The programs are done.",
        lasts=(
            "One trip to the other end and back. Without confirmation the kernel here repeats the"
            " goodbye and then drops the connection."
        ),
        piles_up=(
            "Rows that stay: the other host has vanished, or a firewall forgot the connection at"
            " the first goodbye. Beside many CLOSE_WAIT: the program closes, but far too late."
        ),
        alone="it is done with this connection; harmless.",
        sources=("RFC 9293, 3.6 (closing)", "Linux ip-sysctl: tcp_orphan_retries"),
    ),
    _state(
        "TIME_WAIT",
        "all is over, the kernel keeps the address pair a while",
        meaning=(
            "The connection is closed on both sides; this end was the first to close. The kernel"
            " remembers it for a while, so that late packets cannot get into a new connection with"
            " the same addresses and ports, and a lost last confirmation can be repeated."
        ),
        actor="this host's kernel",
        acts="The kernel here waits, then forgets it. No program has to do anything.",
        lasts=(
            "A fixed time: 60 seconds on Linux, 30 on macOS, 30 seconds to 4 minutes on Windows."
            " It has no owning process (Windows prints PID 0)."
        ),
        piles_up=(
            "Many on a server are harmless. Many towards one service on the calling side mean a"
            " new connection for each request; each keeps a local port, and those can run out."
            " Rows that outlast the fixed time suggest that the kernel's clock is stuck."
        ),
        alone="the normal case: only the end that closed first has to wait.",
        sources=(
            "RFC 9293, 3.6.1 (twice the longest life of a packet)",
            "Linux include/net/tcp.h: TCP_TIMEWAIT_LEN",
            "macOS sysctl net.inet.tcp.msl",
            "Microsoft: port exhaustion, TcpTimedWaitDelay",
        ),
    ),
    _state(
        "CLOSED",
        "no connection: not yet, or no longer",
        meaning=(
            "The socket has no connection. Mostly there is simply no row: a connection that ends"
            " disappears from the list."
        ),
        actor="nobody",
        acts="The program may connect, listen, or throw the socket away.",
        lasts="A moment, on the few systems that show it at all.",
        piles_up=(
            "Many of one program: sockets that it never used, or lost the connection of, and never"
            " threw away."
        ),
        sources=("Linux net/ipv4/tcp.c",),
    ),
    _state(
        "BOUND",
        "a local port is taken, and nothing is done with it",
        meaning=(
            "A program reserved a local port and neither listens on it nor has a connection. The"
            " RFC does not know this state; some systems show it."
        ),
        actor="this host's program",
        acts="The program here must go on: listen, connect, or close.",
        lasts="A moment, between two calls of the program.",
        piles_up=(
            "Many of one program: sockets that were left open after an error. They use up local"
            " ports, so that new connections fail."
        ),
        sources=("Microsoft: port exhaustion; netstat -q", "ss(8): bound-inactive"),
        reference="not in the RFC (Windows netstat -q, illumos, ss -B)",
    ),
    _state(
        "DELETE_TCB",
        "the connection is over and is being cleared away",
        meaning=(
            "Windows is deleting its record of the connection (the TCB, transmission control"
            " block). Nothing can be sent any more."
        ),
        actor="this host's kernel",
        acts="The kernel here clears its record away.",
        lasts="A moment.",
        piles_up="Many rows: the network stack cannot finish; filter drivers are the usual cause.",
        sources=("Microsoft: MIB_TCP_STATE, .NET TcpState",),
        reference="not a state of the RFC (Windows MIB_TCP_STATE 12)",
    ),
    _state(
        "UNKNOWN",
        "no table knows the word",
        meaning=(
            "The dump has a word that belongs to no TCP state: the tool said so itself, another"
            " protocol has it, or nsparse lacks that language. The word as printed is in the"
            " column state_raw."
        ),
        actor="nobody",
        acts="Without the state nobody can say.",
        lasts="",
        piles_up=(
            "No diagnosis that needs a state can use such rows. Take the dump again in English"
            " (LC_ALL=C netstat), or with ss."
        ),
        reference="not a state of the RFC",
    ),
)

MACHINE: Mapping[str, State] = MappingProxyType({state.name: state for state in _DESCRIBED})
"""Every state of `STATES`, in that order."""

_WORDS: Mapping[str, str] = {fold(word): name for word, name in _entries()}


@cache
def _beginnings() -> frozenset[str]:
    """What the words for states begin with: all that is shorter than one of them."""
    return frozenset(word[:end] for word in _WORDS for end in range(len(word)))


@cache
def _damaged_words() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What the words look like that a wrong code page damaged; most dumps hold none."""
    return (
        # The one word seen damaged in many ways, also with letters in the gap (`ABHOREN`).
        (re.compile(r"ABH..?REN", re.IGNORECASE), "LISTEN"),
        *((_damage(word), name) for word, name in _entries() if _survives(word)),
    )


_LATER: Mapping[str, frozenset[str]] = {name: _reach(name) for name in STATES}
