"""What a file called .xls is, where it is no workbook: export programs write text, web pages and XML under that name.

Excel opens all of these (with a question), so that the sender sees a table and no reason to change anything. They are read as
what they are, under the same rules as everything, and the receipt says so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from pipelines.reading.format_problems import no_workbook, wrong_content
from pipelines.reading.problems import Unreadable
from pipelines.reading.signature import content_of

_LOOKED_AT: Final = 8192
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_XML_2003: Final = re.compile(
    r"<(?:\w+:)?workbook[\s>][^>]*urn:schemas-microsoft-com:office:spreadsheet", re.IGNORECASE
)
_WEB_ARCHIVE: Final = re.compile(r"\A(?:[\w-]+:[^\n]*\n|[ \t][^\n]*\n)*mime-version:", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")


class Disguise(NamedTuple):
    """What it is, and the ending its content should have."""

    kind: str
    suffix: str
    zh: str


TEXT: Final = Disguise("text", ".csv", "文本（用逗号、制表符之类分隔）")
PAGE: Final = Disguise("page", ".html", "网页（HTML 表格）")
XML: Final = Disguise("xml", ".xml", "XML 电子表格 2003")
WEB_ARCHIVE: Final = Disguise("web_archive", ".mht", "单个文件网页（MHTML）")


def disguise_of(path: Path, suffix: str = ".xls") -> Disguise | None:
    """What a file called .xls or .xlsx is; None for a workbook.

    Raises:
        Unreadable: neither a workbook nor any of these.
    """
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    if head.startswith((bytes.fromhex("d0cf11e0a1b11ae1"), b"PK")):
        return None
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "latin-1")
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    if _CONTROL.search(text):
        known = content_of(path)
        raise Unreadable(wrong_content(suffix, known) if known else no_workbook(suffix))
    if _WEB_ARCHIVE.match(text):
        return WEB_ARCHIVE
    if _XML_2003.search(text):
        return XML
    if text.startswith("<"):
        return PAGE
    if (found := content_of(path)) is not None:
        raise Unreadable(wrong_content(suffix, found))
    return TEXT


def notice(suffix: str, found: Disguise) -> str:
    """What the receipt says of it; ``suffix``: the ending of the name."""
    return (
        f"文件名的结尾是 {suffix}，内容却是{found.zh}，不是 Excel 工作簿。这一次已按{found.zh}读取，各行照常核验；"
        "行号是表格里从上往下数的行（表头也算）。请把导出程序改为导出真正的 .xlsx 或 CSV，以免长数字、日期在转换中出错。"
    )
