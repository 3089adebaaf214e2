"""What is wrong with a malformed line, in the words of its finding: what it should be, and what it is."""

from __future__ import annotations

from typing import Final

from pipelines.reading.rows import LONG_LINE, SHOWN_CHARACTERS, fields_of

_WORKBOOKS: Final = (".xlsx", ".xls", ".ods", ".html", ".xml", ".mht")
_ELEMENTS: Final = (".json", ".jsonl")
_TAIL: Final = 60
_NO_CHARACTER: Final = ("\ufffd", "\\x")


def fault(text: str, suffix: str, separator: str, width: int) -> str:
    """What was expected of a line, and what it is instead.

    Args:
        text: the line as ``Source.malformed`` has it.
        suffix: ending of the file's name.
        separator: of its cells.
        width: columns of the header.
    """
    if suffix in _WORKBOOKS:
        return "没有错误值；这一行有 #REF!、#N/A 一类的错误值"
    if suffix in _ELEMENTS:
        return "一个完整的 {…}：列名不重复，值不是对象、数组或 NaN，括号和引号成对"
    return _of_text(text, separator, width)


def _of_text(text: str, separator: str, width: int) -> str:
    if any(mark in text for mark in _NO_CHARACTER):
        return "与全文同一种编码；这一行有不能解码的字节"
    if LONG_LINE in text[-_TAIL:]:
        return "一行不超过上限（默认 1 MB）；这一行太长，只列出开头：多半是一个单元格里放了整份文件，或者漏了引号、换行"
    if len(text) > SHOWN_CHARACTERS:
        return f"{width} 列，与表头一致；这一行太长，只列出开头"
    cells = fields_of(text, separator)
    if cells is None or text.count('"') % 2:
        return f"{width} 列，英文双引号成对；这一行的双引号不成对"
    if len(cells) != width:
        return f"{width} 列，与表头一致；这一行是 {len(cells)} 列"
    return "与全文同一种编码；这一行是另一种编码"
