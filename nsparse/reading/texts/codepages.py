"""Which code page a text is in: that in which the most of netstat's own words are found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

SAMPLE = 1 << 20
"""So many bytes around the first foreign one decide on a code page: headings and states repeat."""

# The words with letters outside ASCII that netstat itself prints, by family of languages, and the
# code pages a file of that family may be in, the likelier first. Sources: output of cmd.exe in the
# console's code page (headings and states of netstat.exe), po/*.po of net-tools (Linux).
# Code page 437 is not listed: 850 has the same bytes for each of these words that 437 can write.
_VOCABULARY: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("cp850", "cp1252"),
        "ABHÖREN BESTÄTIGUNG HÖRT Domäne État établies ÉCOUTE ÉTABLI propriétaire Dirección"
        " información Conexões Endereço Identificação OUÇA ÚLTIMO_ACK Usuário Utländsk Tillstånd"
        " OKÄND STÄNG VÄNTA domänuttag Sökväg FRÅN Sòcols Adreça només manténiu Camí"
        " internetiühendused ühendatud Väline ÜHENDATUD ÜHENDUMAS käib eikäi",
    ),
    (
        ("cp852", "cp1250", "iso8859-2"),
        "NASŁUCHIWANIE Połączenia Aktivní Internetová spojení navázaná Přích Místní Vzdálená"
        " NASLOUCHÁ ZAVŘEN ZAVÍRÁ POSLEDNÍ NEZNÁM NEALOKOVÁN domény Uživatel Časovač",
    ),
    (("cp857", "cp1254"), "Bağlantılar DİNLENİYOR Yabancı"),
    (("cp866", "cp1251"), "Имя Локальный Внешний адрес Состояние Активные ПРОСЛУШИВАНИЕ"),
    (
        ("cp932", "euc_jp"),
        "アクティブな接続 プロトコル ローカル 外部アドレス 状態 稼働中の インターネット接続"
        " 受信 送信 内部アドレス サーバ ドメインソケット ユーザ タイマ キープアライブ",
    ),
    (("gb18030",), "活动连接 协议 本地地址 外部地址 状态 卸载状态 无法获取所有权信息"),
    (("cp949",), "활성 연결 프로토콜 로컬 주소 외부 상태"),
    (("cp950",), "活動連線 使用中連線 通訊協定 本機位址 外部位址 狀態 偵聽"),
)


def code_page(data: bytes, first_bad: int) -> str | None:
    """The code page in which the most of netstat's own words are found; None where none is.

    Args:
        data: The whole text.
        first_bad: Where its first byte stands that is no UTF-8.

    >>> code_page("État".encode("cp850"), 0)
    'cp850'
    """
    sample = _around(data, first_bad)
    scores: dict[str, int] = {}
    for page, word in _words():
        if word in sample:
            scores[page] = scores.get(page, 0) + len(word)
    return max(scores, key=scores.__getitem__) if scores else None


def is_mostly_utf8(data: bytes, first_bad: int) -> bool:
    """Whether valid sequences of UTF-8 outnumber the bad ones where both occur."""
    text = _around(data, first_bad).decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(not char.isascii() for char in text) > 2 * bad


def _around(data: bytes, place: int) -> bytes:
    """The start of the data and the stretch at a place, together at most `SAMPLE` bytes."""
    if place < SAMPLE // 2:
        return data[:SAMPLE]
    return data[: SAMPLE // 2] + b"\n" + data[place - SAMPLE // 2 : place + SAMPLE // 2]


@cache
def _words() -> tuple[tuple[str, bytes], ...]:
    """Each word of the vocabulary in each of its code pages; the order breaks ties."""
    return tuple(_encoded_words())


def _encoded_words() -> Iterator[tuple[str, bytes]]:
    for pages, text in _VOCABULARY:
        for page in pages:
            for word in text.split():
                encoded = word.encode(page, "ignore")
                if encoded.decode(page) == word:  # the page has all its letters
                    yield page, encoded
