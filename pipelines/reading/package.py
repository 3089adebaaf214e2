"""What an XLSX file is on the inside, looked at before any library opens it: sizes, passwords, macros, entities, formulas.

An XLSX is a ZIP of XML. Nothing is unpacked to disk, and each part is read in pieces.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Final

from pipelines.ground.limits import Limits
from pipelines.reading.problems import (
    SPLIT,
    Unreadable,
    broken_workbook,
    encrypted,
    external_entities,
    formulas_without_values,
    macros,
    not_a_workbook,
    too_large,
)

LOCKED: Final = "locked"
"""What ``check_workbook`` says of an encrypted workbook; Excel may know the password (``Opener.unlock``)."""
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_PIECE: Final = 1 << 20
_OVERLAP: Final = 4096
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_VBA: Final = "_VBA_PROJECT".encode("utf-16-le")
_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")
_BEGIN: Final = bytes.fromhex("0908")  # an .xls begins so; what follows is the version
_FILE_PASS: Final = 0x2F  # the record of an .xls that says how it is encrypted
_BEFORE_FILE_PASS: Final = (0x809, 0x86)  # beginning, and write protection; [MS-XLS] §2.1.7.20.1
_WORKBOOK: Final = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_DOCTYPE: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMULA: Final = re.compile(
    rb'<c (?![^>]*t="(?:str|e|b)")[^>]*?r="([A-Z]{1,3}[0-9]+)"[^>]*>\s*<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


def check_workbook(path: Path, limits: Limits) -> str:
    """Look at a delivered .xlsx or .xls before it is opened.

    Returns:
        ``.xlsx``, ``.xls`` or ``.ods``: what the content is, whatever the name says; ``LOCKED`` where it is encrypted.

    Raises:
        Unreadable: it is none, carries what no delivery needs, or is beyond a limit.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_OLE):
        return _check_ole(path)
    if head.startswith(b"PK"):
        return _check_zip(path, limits)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Unreadable(not_a_workbook("网页或 XML", "a web page or XML"))
    raise Unreadable(not_a_workbook("别的内容（例如文本）", "something else (text, for one)"))


def _check_ole(path: Path) -> str:
    content = path.read_bytes()
    if _PACKAGE in content or _has_file_pass(content):
        return LOCKED
    if _VBA in content:
        raise Unreadable(macros())
    return ".xls"


def _has_file_pass(content: bytes) -> bool:
    """Whether the records at the beginning of an .xls say that the rest is encrypted."""
    at = content.find(_BEGIN)
    while 0 <= at < len(content) - 4:
        kind, length = struct.unpack_from("<HH", content, at)
        if kind == _FILE_PASS:
            return True
        if kind not in _BEFORE_FILE_PASS:
            return False
        at += 4 + length
    return False


def _check_zip(path: Path, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(path) as package:
            members = package.infolist()
            _check_sizes(members, path.stat().st_size, limits)
            if any(member.flag_bits & 1 for member in members):
                raise Unreadable(encrypted("工作簿", "workbook"))
            if any(member.filename.lower().endswith("vbaproject.bin") for member in members):
                raise Unreadable(macros())
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _check_part(package, member)
            return ".ods" if _is_open_document(package) else ".xlsx"
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Unreadable(broken_workbook(str(error)[:120] or type(error).__name__)) from error


def _is_open_document(package: zipfile.ZipFile) -> bool:
    return "mimetype" in package.namelist() and package.read("mimetype").strip() == _OPEN_DOCUMENT


def _check_sizes(members: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    if len(members) > limits.zip_members:
        raise Unreadable(too_large("工作簿内部文件数", "Parts of the workbook", len(members), limits.zip_members))
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.file_bytes:
        name_zh, name_en = "工作簿解压后的大小", "The workbook unpacked"
        raise Unreadable(
            too_large(name_zh, name_en, unpacked, limits.file_bytes, unit_zh=" 字节", unit_en=" bytes", todo=SPLIT)
        )
    if unpacked > limits.zip_ratio_from_bytes and unpacked > limits.zip_ratio * packed:
        raise Unreadable(too_large("工作簿的压缩比", "Compression ratio", unpacked // max(1, packed), limits.zip_ratio))


def _check_part(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    sheet = "worksheets/" in member.filename
    kept = b""
    read = 0
    with package.open(member) as stream:
        while piece := stream.read(_PIECE):
            read += len(piece)
            if read > member.file_size:
                raise zipfile.BadZipFile(f"{member.filename} is larger than it says")
            text = kept + piece
            if _DOCTYPE.search(text):
                raise Unreadable(external_entities())
            if sheet and b"<f" in text and (found := _FORMULA.search(text)):
                raise Unreadable(formulas_without_values(found[1].decode()))
            kept = text[-_OVERLAP:]
