"""What a file is by its first bytes, where its name says something else: a workbook called .csv, a web page called .xls."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.reading.problems import Problem

_LOOKED_AT: Final = 1024
_OFFICE: Final = "[Content_Types].xml"


class Content(NamedTuple):
    """What it is and what to do, in both languages."""

    zh: str
    en: str
    todo_zh: str
    todo_en: str


_WORKBOOK: Final = Content(
    "Excel 工作簿",
    "an Excel workbook",
    "请把扩展名改成 .xlsx（旧格式改成 .xls）",
    "Give it the ending .xlsx (.xls if it is old)",
)
ZIP: Final = Content("ZIP 压缩包", "a ZIP archive", "请把扩展名改成 .zip", "Give it the ending .zip")
_OTHER_ARCHIVE: Final = "请解开后直接放入数据文件，或者重新打包为普通 ZIP"
_UNPACK: Final = "Unpack it and send its files, or pack them as a plain ZIP"
_TABLE: Final = "请从源系统导出数据表（CSV 或 Excel）"
_EXPORT: Final = "Export the table itself as CSV or Excel"
_PAGE: Final = Content("网页", "a web page", "请用 Excel 打开后“另存为 .xlsx”", "Open it in Excel and save it as .xlsx")
_BY_MAGIC: Final = (
    (bytes.fromhex("d0cf11e0a1b11ae1"), _WORKBOOK),
    (b"Rar!\x1a\x07", Content("RAR 压缩包", "a RAR archive", _OTHER_ARCHIVE, _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Content("7z 压缩包", "a 7z archive", _OTHER_ARCHIVE, _UNPACK)),
    (b"\x1f\x8b\x08", Content("gzip 压缩文件", "a gzip file", _OTHER_ARCHIVE, _UNPACK)),
    (b"%PDF-", Content("PDF 文档", "a PDF document", _TABLE, _EXPORT)),
    (b"\xff\xd8\xff", Content("图片", "a picture", _TABLE, _EXPORT)),
    (b"\x89PNG\r\n", Content("图片", "a picture", _TABLE, _EXPORT)),
    (b"GIF8", Content("图片", "a picture", _TABLE, _EXPORT)),
    (b"SQLite format 3\x00", Content("数据库文件", "a database", _TABLE, _EXPORT)),
)
_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|table|\?xml|!--)", re.IGNORECASE)


def content_of(path: Path) -> Content | None:
    """What a file is, where that is certain; None for text, and for what is not known."""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _WORKBOOK if is_office(path) else ZIP
    if _MARKUP.match(head):
        return _PAGE
    return next((content for magic, content in _BY_MAGIC if head.startswith(magic)), None)


def is_office(path: Path) -> bool:
    """True for a ZIP that is a workbook or another document of an office program."""
    try:
        with zipfile.ZipFile(path) as package:
            return _OFFICE in package.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def wrong_content(suffix: str, found: Content) -> Problem:
    """The name says one thing, the content another."""
    return Problem(
        "wrong_content",
        f"文件名的结尾是 {suffix}，内容却是{found.zh}，整个文件未入库。{found.todo_zh}，重新报送。",
        f"The name ends in {suffix}, but the content is {found.en}. Nothing was taken in. {found.todo_en} and send it again.",
    )
