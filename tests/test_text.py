r"""Bytes to lines: no bytes are an error, no line end is invented, no text is lost."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nsparse.errors import NsparseError
from nsparse.reading.texts.text import decode, lines, looks_binary

ROW = "tcp        0      0 192.0.2.10:22       198.51.100.7:51514  ESTABLISHED"
WINDOWS = "  TCP    192.0.2.10:445         198.51.100.7:50112     ESTABLISHED"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (ROW.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + ROW.encode(), "utf-8"),
        (b"\xff\xfe" + ROW.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + ROW.encode("utf-16-be"), "utf-16-be"),
        (ROW.encode("utf-16-le"), "utf-16-le"),
        (ROW.encode("utf-16-be"), "utf-16-be"),
        (b"\xff\xfe\0\0" + ROW.encode("utf-32-le"), "utf-32"),
        (f"{ROW}\r\n".encode("utf-16-le") * 3, "utf-16-le"),
    ],
)
def test_an_encoding_is_seen_and_its_mark_is_gone(data: bytes, encoding: str) -> None:
    found = decode(data)
    assert (found.encoding, found.notes) == (encoding, ())
    assert found.text.startswith(ROW)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_half_a_character_of_utf16_is_dropped_with_a_note(encoding: str, mark: str) -> None:
    found = decode((mark + ROW).encode(encoding) + b"t")
    assert found.text == ROW
    assert found.notes == (f"the last byte of {encoding} dropped: half a character",)


@pytest.mark.parametrize(
    ("heading", "page"),
    [
        ("  TCP    192.0.2.10:135    0.0.0.0:0    ABHÖREN", "cp850"),
        ("  TCP    192.0.2.10:135    0.0.0.0:0    ABHÖREN", "cp1252"),
        ("  Proto  Adresse locale    Adresse distante    État", "cp850"),
        ("  Proto  Dirección local   Dirección remota    Estado", "cp850"),
        ("  Proto  Endereço local    Endereço externo    Estado", "cp1252"),
        ("Aktivní Internetová spojení (servery a navázaná spojení)", "cp1250"),
        ("  TCP    192.0.2.10:135    0.0.0.0:0    NASŁUCHIWANIE", "cp852"),
        ("Etkin Bağlantılar", "cp857"),
        ("Etkin Bağlantılar", "cp1254"),
        ("  Имя    Локальный адрес   Внешний адрес       Состояние", "cp866"),
        ("  Имя    Локальный адрес   Внешний адрес       Состояние", "cp1251"),
        ("  プロトコル  ローカル アドレス  外部アドレス  状態", "cp932"),
        ("稼働中のインターネット接続 (サーバと確立)", "euc_jp"),
        ("  协议  本地地址          外部地址        状态", "gb18030"),
        ("  프로토콜  로컬 주소          외부 주소        상태", "cp949"),
        ("  通訊協定  本機位址        外部位址        狀態", "cp950"),
    ],
)
def test_a_code_page_is_known_by_netstats_own_words(heading: str, page: str) -> None:
    found = decode(f"\r\n{heading}\r\n{WINDOWS}\r\n".encode(page))
    assert found.text == f"\r\n{heading}\r\n{WINDOWS}\r\n"
    assert found.encoding == page
    assert found.notes == (f"decoded as {page}, by the words of the heading and the states",)


def test_code_page_437_reads_like_850() -> None:
    assert decode("ABHÖREN État".encode("cp437")).text == "ABHÖREN État"


def test_a_heading_far_from_the_first_foreign_byte_still_decides() -> None:
    data = f"{WINDOWS}\r\n".encode() * 30_000 + "ABHÖREN\r\n".encode("cp850")
    assert decode(data).encoding == "cp850"


def test_latin1_is_the_last_resort_and_says_so() -> None:
    found = decode(b"unix  3 [ ] STREAM /run/caf\xe9\n")
    assert found.encoding == "latin-1"
    assert "/run/café" in found.text
    assert len(found.notes) == 1


def test_one_foreign_byte_does_not_spoil_utf8() -> None:
    found = decode("Größe Ärger Übel ".encode() + b"\xff\n")
    assert found.encoding == "utf-8"
    assert found.text == "Größe Ärger Übel \ufffd\n"
    assert found.notes == ("1 character could not be decoded as utf-8",)


def test_a_file_cut_inside_a_character_loses_only_that() -> None:
    found = decode("État\nadresse é".encode()[:-1])
    assert found.text == "État\nadresse "
    assert found.notes == ("the last byte dropped: half a character",)


@pytest.mark.parametrize("first", ["wide", "narrow"])
def test_a_file_of_two_encodings_is_decoded_line_by_line(first: str) -> None:
    wide = f"\ufeff{WINDOWS} è\r\n{WINDOWS}\r\n".encode("utf-16-le")
    narrow = f"{WINDOWS}x\r\n{WINDOWS}y\r\n".encode()
    found = decode(wide + narrow if first == "wide" else narrow + wide)
    wide_lines, narrow_lines = [f"{WINDOWS} è", WINDOWS], [f"{WINDOWS}x", f"{WINDOWS}y"]
    together = wide_lines + narrow_lines if first == "wide" else narrow_lines + wide_lines
    assert lines(found.text) == together
    assert found.notes == ("UTF-16 and single bytes are mixed in this file: decoded line by line",)


def test_a_named_encoding_wins() -> None:
    assert decode(b"\x99", "cp850").text == "Ö"
    assert decode("Ö".encode("utf-16-be"), "utf-16-be").text == "Ö"
    assert decode(b"\xef\xbb\xbfa", "UTF8").text == "a"
    assert decode(b"\xff", "utf-8").notes == ("1 character could not be decoded as utf-8",)


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "idna", "unicode_escape", "a\0b", ""])
def test_an_unknown_encoding_is_refused(name: str) -> None:
    with pytest.raises(NsparseError, match="is no encoding"):
        decode(b"abc", name)


@given(st.binary(max_size=300))
@example(b"\0")
@example(b"\xff\xfe\0")
@example(b"\xff\xfe\0\0\0")
@example(b"\xff\xfe\0\xd8")
@example(b"a\0\r\0\n\0" * 9 + b"\r\n")
def test_no_bytes_are_an_error(data: bytes) -> None:
    lines(decode(data).text)
    looks_binary(data)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff")))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\n", [""]),
        ("\n\n", ["", ""]),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\nb", ["a", "b"]),
        ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("a\r\r\nb\r\r\n", ["a", "b"]),
        ("a\r\r\r\nb", ["a", "", "b"]),
        ("a\n\rb", ["a", "", "b"]),
        ("a \t\r\n  b\t \n", ["a", "  b"]),
        ("a \r", ["a"]),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", ["a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"]),
        ("tcp\xa0 0\xa0", ["tcp  0"]),
        ("tcp\u3000LISTEN\u2003\u20020\u3000", ["tcp LISTEN  0"]),
        ("\ufefftcp\n \u200b\u200budp\u200b", ["tcp", " udp\u200b"]),
    ],
)
def test_lines(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@given(st.text(st.sampled_from("ab \t\r\n\x0b\x0c\x85\u2028é")))
def test_lines_follow_their_definition(text: str) -> None:
    wanted = re.split(r"\r\r\n|\r\n|\n|\r", text)
    if not wanted[-1]:
        wanted.pop()
    assert lines(text) == [line.rstrip(" \t") for line in wanted]


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08\0",
        b"PK\x03\x04rest of an archive",
        b"\x7fELF\x02\x01\x01",
        b"\x89PNG\r\n\x1a\n",
        b"MZ\x90\0\x03\0",
        b"dump.txt".ljust(257, b"\0") + b"ustar\x0000",
        bytes(100),
        bytes(range(256)),
        bytes(n % 32 if n % 2 else 0 for n in range(400)),
    ],
)
def test_binary_is_told_from_text(data: bytes) -> None:
    assert looks_binary(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ROW.encode(),
        f"\x1b[32m{ROW}\x1b[0m\r\n\x0c".encode(),
        (ROW + " ÖÄÜ").encode("cp850"),
        "状態 프로토콜 Имя".encode("utf-16"),
        ROW.encode("utf-16-be"),
        b"BZh starts a sentence",
        f"{ROW}\n".encode() * 20 + bytes(10),
    ],
)
def test_text_is_told_from_binary(data: bytes) -> None:
    assert not looks_binary(data)


@pytest.mark.parametrize(
    "unit",
    [b" ", b"\r", b"\r\r\n", "\u200b".encode(), "\n\u200b ".encode(), b"\0a", b"\xe9", b"a\0\r\n"],
)
def test_time_grows_linearly(unit: bytes) -> None:
    # Ten times the seconds that the slowest unit needs on a slow machine; quadratic would be hours.
    started = time.perf_counter()
    lines(decode(unit * 400_000).text)
    assert time.perf_counter() - started < 20
