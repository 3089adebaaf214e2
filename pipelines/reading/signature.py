"""What a file is by its first bytes, where its name says something else: a workbook called .csv, a web page called .xls."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from pipelines.reading import format_problems as formats
from pipelines.reading.format_problems import ZIP, Advice, encrypted_by_office
from pipelines.reading.problems import Unreadable

_LOOKED_AT: Final = 1024
_OFFICE: Final = "[Content_Types].xml"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_WORD: Final = "WordDocument".encode("utf-16-le")
_OLE_LOOKED_AT: Final = 1 << 20
_BY_MAGIC: Final = (
    (b"Rar!\x1a\x07", formats.RAR),
    (b"7z\xbc\xaf\x27\x1c", formats.SEVEN),
    (b"\x1f\x8b\x08", formats.GZIP),
    (b"\xfd7zXZ\x00", formats.OTHER_ARCHIVE),
    (b"%PDF-", formats.PDF),
    (b"{\\rtf", formats.DOCUMENT),
    (b"\xff\xd8\xff", formats.PICTURE),
    (b"\x89PNG\r\n", formats.PICTURE),
    (b"GIF8", formats.PICTURE),
    (b"II*\x00", formats.PICTURE),
    (b"MM\x00*", formats.PICTURE),
    (b"\x00\x01\x00\x00Standard Jet DB", formats.ACCESS),
    (b"\x00\x01\x00\x00Standard ACE DB", formats.ACCESS),
    (b"SQLite format 3\x00", formats.DATABASE),
    (b"MZ\x90\x00", formats.PROGRAM),
)
_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|table|\?xml|!--)", re.IGNORECASE)
# Headers that protection programs put before what they encrypted: E-SafeNet seen in the files of this project's cases,
# the other one is what the program itself is known by.
_PROTECTED: Final = ((b"E-SafeNet", "亿赛通 E-SafeNet"), (b"%TSD-Header-###%", "天锐绿盾"))
_PROTECTED_WITHIN: Final = 64
_UNPRINTABLE: Final = bytes(n for n in range(1, 32) if n not in (0x01, 0x02, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1A, 0x1F))
_FEW: Final = 0.02  # of the bytes of a text, control characters; of encrypted or packed bytes a tenth are


def check_protection(path: Path) -> None:
    """Refuse what the protection program of an office has encrypted, whatever its name.

    Raises:
        Unreadable: it is.
    """
    with path.open("rb") as stream:
        head = stream.read(_PROTECTED_WITHIN)
    for mark, program in _PROTECTED:
        if mark in head:
            raise Unreadable(encrypted_by_office(program))


def content_of(path: Path) -> Advice | None:
    """What a file is, where that is certain; None for text, and for what is not known."""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _of_package(path)
    if head.startswith(_OLE):
        with path.open("rb") as stream:
            return formats.DOCUMENT if _WORD in stream.read(_OLE_LOOKED_AT) else formats.WORKBOOK
    if _MARKUP.match(head):
        return formats.PAGE
    if head[257:262] == b"ustar":
        return formats.TAR
    if head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        return formats.OTHER_ARCHIVE
    if _is_dbf(head):
        return formats.DBF
    return next((content for magic, content in _BY_MAGIC if head.startswith(magic)), None)


def looks_like_text(path: Path) -> bool:
    """False where so many control characters stand in the beginning of a file that it can be no text."""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return len(head) - len(head.translate(None, _UNPRINTABLE)) <= _FEW * len(head)


def _of_package(path: Path) -> Advice:
    """What a ZIP is by the names in it."""
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            kind = package.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, KeyError):
        return ZIP
    if b"opendocument" in kind:
        return formats.ODS if b"spreadsheet" in kind else formats.DOCUMENT
    if "OFD.xml" in names:
        return formats.OFD
    if _OFFICE not in names:
        return ZIP
    if any(name.startswith("word/") for name in names):
        return formats.DOCUMENT
    if any(name.startswith("ppt/") for name in names):
        return formats.SLIDES
    return formats.XLSB if "xl/workbook.bin" in names else formats.WORKBOOK


def _is_dbf(head: bytes) -> bool:
    """A dBASE table: its header says how long it is, and ends with 0x0D."""
    if len(head) < 33 or head[0] not in (0x02, 0x03, 0x30, 0x31, 0x43, 0x83, 0x8B, 0xF5, 0xFB):
        return False
    length = int.from_bytes(head[8:10], "little")
    month, day = head[2], head[3]
    return length >= 33 and 1 <= month <= 12 and 1 <= day <= 31 and (length > len(head) or b"\r" in head[32:length])
