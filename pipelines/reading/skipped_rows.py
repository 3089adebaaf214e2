"""Rows below a header that are no records: totals, notes, and headers that came along when files were pasted together.

They are left out of the records and reported in the receipt by row number and kind, so that nothing is dropped in silence. A row
counts as one only where its first filled cell says so, word for word, and hardly anything else is filled: a company called 合计 is
safe.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

TITLE: Final = "title"
TOTAL: Final = "total"
NOTE: Final = "note"
HEADER: Final = "header"
SHEET: Final = "sheet"
END: Final = "end"  # old programs end a text with Ctrl-Z, or fill its last block
OTHER_HEADER: Final = "other_header"  # the columns of the header in another order: its file cannot be read as one
KINDS_ZH: Final = {
    OTHER_HEADER: "另一种列顺序的表头",
    TITLE: "标题或说明",
    TOTAL: "合计行",
    NOTE: "说明文字",
    HEADER: "重复的表头",
    SHEET: "未读的工作表",
    END: "结束符，没有内容",
}

_NOTES: Final = (
    *(
        "表格说明",
        "填表说明",
        "填报说明",
        "填写说明",
        "填表须知",
        "填表人",
        "填报人",
        "填表单位",
        "填报单位",
        "制表人",
        "审核人",
    ),
    *("注：", "注:", "备注：", "备注:", "说明：", "说明:"),
)
_TOTAL: Final = re.compile(r"^(?:本页|总)?(?:合|总|小|共)\s*计\s*[:：]?\s*[\d,.]*\s*(?:条|件|户|家|行|笔|个)?[。.]?$")
_MAYBE: Final = rf"^[\x00\x1a]+$|^\s*(?:(?:本页|总)?[合总小共]\s*计|{'|'.join(_NOTES)})"
_BEGINNING: Final = re.compile(_MAYBE)
_NUMBER: Final = re.compile(r"^[-+]?[\d,.，\s]*(?:条|件|元|万元|户|家|个|笔)?$")
_ENDS: Final = "\x00\x1a \t"
_FEW: Final = 2
_SURELY: Final = 3  # so many cells that are column names are no coincidence


@dataclass(frozen=True)
class SkippedRow:
    """A row, or a sheet, that was not read as records; ``row_number`` as a spreadsheet shows it, 0 for a whole sheet."""

    row_number: int
    kind: str
    text: str = ""

    def in_words(self) -> str:
        """For the receipt."""
        shown = " ".join(self.text.split())[:60]
        place = f"第 {self.row_number} 行" if self.row_number else f"工作表“{shown}”"
        return f"{place}（{KINDS_ZH[self.kind]}）" + (f"：{shown}" if shown and self.row_number else "")


def kind_of(cells: Sequence[str | None], header: Sequence[str] = ()) -> str | None:
    """What a row of these cells is, None for a record.

    Args:
        cells: of the row, as sent.
        header: of the file; a row that repeats it is no record.
    """
    first = next((text for cell in cells if cell and (text := cell.strip())), None)
    names = {one.strip() for one in header if one}
    if first is None or not (first in names or _BEGINNING.match(first)):
        return None
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    others = filled[1:]
    if not "".join(filled).strip(_ENDS):
        return END
    if _TOTAL.match(first) and all(_NUMBER.match(cell) for cell in others):
        return TOTAL
    if first.startswith(_NOTES) and len(filled) <= _FEW:
        return NOTE
    if header and len(filled) > 1 and [c or "" for c in cells] == [h or "" for h in header]:
        return HEADER
    known = sum(cell in names for cell in filled)
    other = len(cells) == len(header) and known >= max(_SURELY, (len(filled) + 1) // 2)
    return OTHER_HEADER if other else None


def kinds(header: Sequence[str]) -> pl.Expr:
    """The kind of every row that is skipped, else null; over columns named ``0``, ``1``, … in their order.

    Only the first two cells are looked at for all rows, by one pattern: nearly no file has any, and a clean one must not pay.
    """
    names = [str(place) for place in range(len(header))]
    texts = "|".join(re.escape(text) for text in sorted({text.strip() for text in header if text.strip()}))
    pattern = rf"{_MAYBE}|^\s*(?:{texts})\s*$" if texts else _MAYBE

    def looked_at(columns: Sequence[pl.Series]) -> pl.Series:
        maybe = columns[0].str.contains(pattern).fill_null(False)
        if len(columns) > 1 and columns[0].null_count():
            maybe = maybe | (columns[0].is_null() & columns[1].str.contains(pattern).fill_null(False))
        places = maybe.arg_true()
        result = pl.repeat(None, len(maybe), dtype=pl.String, eager=True)
        if places.is_empty():
            return result
        rows = pl.DataFrame({name: column for name, column in zip(names, columns, strict=True)})[places].rows()
        return result.clone().scatter(places, pl.Series([kind_of(row, header) for row in rows], dtype=pl.String))

    return pl.map_batches(names, looked_at, return_dtype=pl.String, is_elementwise=True)
