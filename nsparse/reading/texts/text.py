r"""Bytes to text, and text to numbered lines.

``decode`` never fails on bytes: what a dump went through (PowerShell's UTF-16, a console code page,
a cut in the middle of a character) is named in its notes. ``lines`` ends a line at LF, CR LF, CR CR
LF or a lone CR and at nothing else, so that line numbers are those of an editor.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import AnyStr

from nsparse.errors import NsparseError
from nsparse.later import later
from nsparse.reading.texts.codepages import code_page, is_mostly_utf8

__all__ = ["Decoded", "decode", "lines", "looks_binary"]

BLANKS = " \t"
"""What stands between words, and around what a line says."""

LOOK = 1 << 13
"""So many bytes from the start tell text, UTF-16 and binary apart."""

NUL_SHARE = 0.3
"""UTF-16 of a dump is mostly ASCII: nearly every second byte is NUL; noise has NULs anywhere."""

CONTROL_SHARE = 0.05
"""Coloured or paged terminal output stays far below, compressed data reaches a tenth."""

# Codecs that decode bytes to text and still are no encoding of a file; some never end or warn.
_NO_FILE = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})

_TEXT_CONTROLS = b"\t\n\f\r\b\a\x1b"
_NOT_CONTROLS = bytes(byte for byte in range(256) if byte >= 0x20 and byte != 0x7F) + _TEXT_CONTROLS

# First bytes of files that are no text. Those that could start a text, too, ask for a NUL nearby.
_MAGIC_PACKED = (
    b"\x1f\x8b",  # gzip
    b"\xfd7zXZ\x00",  # xz
    b"\x28\xb5\x2f\xfd",  # zstd
    b"PK\x03\x04",  # zip
    b"PK\x05\x06",  # empty zip
)
_MAGIC_SURE = (
    *_MAGIC_PACKED,
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\x7fELF",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # jpeg
    b"%PDF-",
    b"SQLite format 3\x00",
    b"\xd4\xc3\xb2\xa1",  # pcap
    b"\xa1\xb2\xc3\xd4",  # pcap, other byte order
    b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00",  # pcapng
)
# A stretch that only UTF-16 of ASCII text holds: what PowerShell's `>>` adds to a file of cmd.exe.
_WIDE_ASCII = later(rb"(?:[\t\r\n\x20-\x7e]\x00){16}")
_TAR = 257
"""Where a tar says what it is (POSIX, ustar)."""
_MAGIC_WITH_NUL = (b"BZh", b"GIF8", b"MZ", b"PAR1", b"RIFF", b"\xca\xfe\xba\xbe")

_LATE_CR = later(r"\r\r?\n|\r")

_WIDE_BLANKS = "\xa0\u2002\u2003\u2007\u2009\u202f\u3000"
"""Blanks of web pages, which align columns by them, and of Japanese and Chinese writing."""

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_ZERO_WIDTH_FIRST = later(f"(?m)^([ \t]*)[{_ZERO_WIDTH}]+")


@dataclass(frozen=True)
class Decoded:
    """A decoded text.

    Attributes:
        text: The text, without a byte order mark.
        encoding: The name of the encoding, as Python spells it.
        notes: What the reader of a report should know about the decoding, in sentences.
    """

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    r"""Decode a dump; only an unknown name of an encoding is an error.

    >>> decode("État".encode("cp850")).encoding
    'cp850'
    >>> decode("tcp\n".encode("utf-16")).text
    'tcp\n'
    """
    if encoding is not None:
        return _decode_as(data, encoding)
    if b"\0" in data and b"\r\n" in data and _WIDE_ASCII.search(data):
        return _decode_mixed(data)
    wide = _wide_kind(data)
    if wide is not None:
        return _decode_wide(data, wide)
    if data.startswith(codecs.BOM_UTF8):
        return _replacing(data, "utf-8-sig")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _decode_other(data, error)


def line_at(text: AnyStr, at: int, end: AnyStr) -> tuple[int, int]:
    r"""Where the line of a place begins, and where it ends.

    >>> line_at("tcp\nudp\nraw", 5, "\n"), line_at(b"tcp\nudp", 5, b"\n")
    ((4, 7), (4, 7))
    """
    after = text.find(end, at)
    return text.rfind(end, 0, at) + 1, len(text) if after < 0 else after


def without_entities(text: str) -> str:
    """The characters that entities of HTML stand for.

    >>> without_entities("&lt;gt; &#48;")
    '<gt; 0'
    """
    import html

    return html.unescape(text)


def lines(text: str) -> list[str]:
    r"""Split a text into its lines, without their ends and trailing blanks.

    Blanks that are not ASCII become one and zero-width characters at the start of a line go (web
    pages add both); a final newline starts no further line.

    >>> lines("tcp  \r\nudp\rraw\r\r\n")
    ['tcp', 'udp', 'raw']
    """
    if "\r" in text:
        if "\r\r" in text:
            text = _LATE_CR.sub("\n", text)
        else:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        for char in _WIDE_BLANKS:
            text = text.replace(char, " ")
        if any(char in text for char in _ZERO_WIDTH):
            text = _ZERO_WIDTH_FIRST.sub(r"\1", text)
    found = text.split("\n")
    if " \n" in text or "\t\n" in text or text.endswith((" ", "\t")):
        found = [line.rstrip(BLANKS) for line in found]
    if text.endswith("\n") or not text:
        found.pop()
    return found


def looks_binary(data: bytes) -> bool:
    r"""Tell whether the bytes are no text in any encoding: an archive, an image, a program.

    >>> looks_binary(b"\x1f\x8b\x08\x00"), looks_binary("tcp 0".encode("utf-16")), looks_binary(b"")
    (True, False, False)
    """
    head = data[:LOOK]
    if head.startswith(_MAGIC_SURE) or head[257:262] == b"ustar":
        return True
    wide = _wide_kind(head)
    if wide is not None:
        head = head.decode(wide, "replace").encode("utf-8", "replace")
    elif b"\0" in head[:512] and head.startswith(_MAGIC_WITH_NUL):
        return True
    return len(head.translate(None, _NOT_CONTROLS)) > len(head) * CONTROL_SHARE


def is_packed(data: bytes) -> bool:
    r"""Whether a binary file is packed, or holds others, in a way that bundles may be.

    >>> is_packed(b"\x1f\x8b\x08"), is_packed(b"\x7fELF")
    (True, False)
    """
    return data.startswith((*_MAGIC_PACKED, b"BZh")) or data[_TAR : _TAR + 5] == b"ustar"


def _decode_as(data: bytes, encoding: str) -> Decoded:
    """Decode with the encoding the user named."""
    try:
        name = codecs.lookup(encoding).name
        if name in _NO_FILE:
            raise LookupError(name)
        if name.startswith("utf-16"):
            return _decode_wide(data, name)
        return _replacing(data, "utf-8-sig" if name == "utf-8" else name)
    except (LookupError, ValueError) as error:
        # ValueError: a NUL in the name.
        raise NsparseError(f"{encoding!r} is no encoding that a text can be in") from error


def _replacing(data: bytes, encoding: str) -> Decoded:
    """Decode whatever comes; bytes that mean nothing become U+FFFD and are counted in a note."""
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    bad = text.count("\ufffd")
    # A text may hold the replacement character itself: then its bytes are valid.
    if not bad or _is_strict(data, encoding):
        return Decoded(text, name)
    noun = "character" if bad == 1 else "characters"
    return Decoded(text, name, (f"{bad} {noun} could not be decoded as {name}",))


def _is_strict(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _wide_kind(data: bytes) -> str | None:
    """Return the flavour of UTF-16 (or 32) of the bytes: by their mark, else by where NULs are."""
    marks = (
        (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    )
    for mark, name in marks:
        if data.startswith(mark):
            return name
    head = data[:LOOK]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    enough = max(1, len(head) // 2 * NUL_SHARE)
    if odd > enough and even * 20 < odd:
        return "utf-16-le"
    if even > enough and odd * 20 < even:
        return "utf-16-be"
    return None


def _decode_wide(data: bytes, encoding: str) -> Decoded:
    """Decode UTF-16 or 32; bytes behind the last whole character are dropped with a note."""
    size = 4 if encoding == "utf-32" else 2
    rest = len(data) % size
    found = _replacing(data[: len(data) - rest], encoding)
    if not rest:
        return found
    note = f"the last {_bytes(rest)} of {encoding} dropped: half a character"
    return Decoded(found.text, encoding, (*found.notes, note))


def _decode_mixed(data: bytes) -> Decoded:
    """Decode a file of which some commands wrote UTF-16 and others single bytes.

    In UTF-16 no CR byte touches an LF byte, so these pairs cut the file; in each piece all up to
    the last wide LF is wide, and the line behind it is so if it holds a NUL.
    """
    pieces = []
    for piece in data.split(b"\r\n"):
        border = piece.rfind(b"\n\0") + 2 if b"\n\0" in piece else 0
        if b"\0" in piece[border:]:
            border = len(piece)
        wide = piece[: border - border % 2].decode("utf-16-le", "replace").replace("\ufeff", "")
        narrow = piece[border:]
        pieces.append(wide + (narrow.decode() if narrow.isascii() else decode(narrow).text))
    if len(pieces) == 1 or not any(pieces[1:]):
        return _decode_wide(data, "utf-16-le")
    note = "UTF-16 and single bytes are mixed in this file: decoded line by line"
    return Decoded("\r\n".join(pieces), "utf-16-le", (note,))


def _bytes(count: int) -> str:
    return "byte" if count == 1 else f"{count} bytes"


def _decode_other(data: bytes, error: UnicodeDecodeError) -> Decoded:
    """Decode what is no UTF-8: a cut end, a code page, UTF-8 with foreign bytes, or unknown."""
    if error.end == len(data) and error.reason == "unexpected end of data":
        found = data[: error.start].decode("utf-8")
        # One foreign byte at the end of an ASCII text is as likely a code page: the words decide.
        if not found.isascii():
            rest = len(data) - error.start
            note = f"the last {_bytes(rest)} dropped: half a character"
            return Decoded(found, "utf-8", (note,))
    page = code_page(data, error.start)
    if page is not None:
        found_page = _replacing(data, page)
        note = f"decoded as {page}, by the words of the heading and the states"
        return Decoded(found_page.text, page, (note, *found_page.notes))
    if is_mostly_utf8(data, error.start):
        return _replacing(data, "utf-8")
    note = "neither UTF-8 nor a code page known by its words: decoded as latin-1"
    return Decoded(data.decode("latin-1"), "latin-1", (note,))
