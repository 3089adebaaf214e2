"""Rows below a header that are no records: totals, notes, instructions, samples, footers, and headers that came along.

They are left out of the records and reported in the receipt by row number and kind, so that nothing is dropped in silence. A row
counts as one only where its first filled cell says so, word for word, and the others bear it out: a company called 合计 is safe.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import polars as pl

from pipelines.reading.header_texts import is_remark, key

TITLE: Final = "title"
TOTAL: Final = "total"
NOTE: Final = "note"
HEADER: Final = "header"
HEADER_PART: Final = "header_part"
INSTRUCTION: Final = "instruction"
SAMPLE: Final = "sample"
PLACES: Final = "places"
BLANK: Final = "blank"
SHEET: Final = "sheet"
END: Final = "end"  # old programs end a text with Ctrl-Z, or fill its last block
OTHER_HEADER: Final = "other_header"  # the columns of the header in another order: its file cannot be read as one
KINDS_ZH: Final = {
    OTHER_HEADER: "另一种列顺序的表头",
    TITLE: "标题或说明",
    TOTAL: "合计行",
    NOTE: "说明文字",
    HEADER: "重复的表头",
    HEADER_PART: "两行表头的另一行",
    INSTRUCTION: "填写要求",
    SAMPLE: "示例",
    PLACES: "列的编号",
    BLANK: "空行：没有填写内容，只有序号或者每行都一样的预填值",
    SHEET: "未读的工作表",
    END: "结束符，没有内容",
}

_NOTES: Final = (
    *("表格说明", "填表说明", "填报说明", "填写说明", "填表须知", "填写须知", "填写要求", "填报要求", "填表要求", "使用说明"),
    *("填表人", "填报人", "填表单位", "填报单位", "制表人", "制表单位", "制表", "审核人", "审批人", "复核人", "经办人", "单位负责人"),
    *("填表日期", "填报日期", "填表时间", "填报时间", "制表日期", "制表时间", "导出日期", "导出时间", "打印日期", "打印时间"),
    *("生成时间", "数据截止", "统计截止", "截止日期：", "截止日期:", "报送单位：", "报送单位:", "联系人：", "联系人:"),
    *("联系电话：", "联系电话:", "审核：", "审核:", "复核：", "复核:", "注：", "注:", "备注：", "备注:", "说明：", "说明:"),
    *("温馨提示", "特别说明", "数据来源：", "数据来源:"),
)  # fmt: skip
_ENDINGS: Final = (
    r"[（(\[]?\s*以下(?:空白|无数据|无内容|无正文|为空)\s*[)）\]]?[。.]?",
    r"[-—=*#\s]*(?:完|结束|END|EOF|End of file|End of report)[-—=*#。.\s]*",
    r"第\s*\d+\s*页.{0,12}",
    r"共\s*\d+\s*页.{0,12}",
    r"\(?\d+ rows? (?:affected|selected|in set).{0,20}|已选择\s*\d+\s*行[。.]?|\(?\d+\s*行(?:受影响|已选择|记录)?\)",
)
_END: Final = re.compile(rf"^(?:{'|'.join(_ENDINGS)})$", re.IGNORECASE)
_TOTAL: Final = re.compile(r"^(?:本页|总)?(?:合|总|小|共)\s*计\s*[:：]?\s*[\d,.]*\s*(?:条|件|户|家|行|笔|个)?[。.]?$|^共\s*\d+\s*(?:条|件|户|家|行|笔|个)(?:记录|数据)?[。.]?$")  # fmt: skip
_SAMPLE: Final = re.compile(
    r"^[（(\[【]?\s*(?:填写|填报|填表)?(?:示例|样例|举例|范例|例子|样表|例)(?:行|数据)?\s*\d*\s*(?:[)）\]】:：]|$)|^(?:例如|如)[:：]"
)
_SAMPLE_BEGINS: Final = r"[（(\[【]?\s*(?:填写|填报|填表)?(?:示例|样例|举例|范例|例子|样表|例)(?:行|数据)?\s*\d*\s*(?:[)）\]】:：]|$)|(?:例如|如)[:：]"
_ASKS: Final = (
    r"[*（(\[【\s]*(?:非?必[填报须]|选[填报]|可为?空|不能为空|不得为空|请?填写|请?输入|请选择|请填|下拉|格式|例如|文本|字符|数字|日期|"
    r"\d+\s*位|不超过|最多|长度|varchar|char|string|number|date|datetime|int|decimal|text)"
)
_PLACES: Final = r"[（(]?\s*(?:1|①|A|a|甲|栏次|列号)\s*[)）]?\s*$"
_BLANKS: Final = r"[\s\ufeff\u200b]*"
_MAYBE: Final = (
    rf"^[\x00\x1a]+$|^{_BLANKS}(?:(?:本页|总)?[合总小共]\s*计|共\s*\d|{'|'.join(_NOTES)}|{_SAMPLE_BEGINS}|(?i:{_ASKS})|{_PLACES}"
    rf"|(?i:{'|'.join(_ENDINGS)})$)"
)
_BEGINNING: Final = re.compile(_MAYBE)
_NUMBER: Final = re.compile(r"^[-+]?[\d,.，\s]*(?:条|件|元|万元|户|家|个|笔)?$")
_LABEL: Final = re.compile(r"^\S{2,8}\s*[:：]")
_ENDS: Final = "\x00\x1a \t"
_FEW: Final = 2
_MANY: Final = 5
_SURELY: Final = 3  # so many cells that are column names are no coincidence
_INVISIBLE: Final = "\ufeff\u200b \t\r\n"
_COUNTED: Final = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class SkippedRow:
    """A row, or a sheet, that was not read as records; ``row_number`` as a spreadsheet shows it, 0 for a whole sheet.

    Rows of one kind that follow one another are one: ``last`` is the number of the last of them, ``rows`` how many they are.
    """

    row_number: int
    kind: str
    text: str = ""
    last: int = 0
    rows: int = 1

    def in_words(self) -> str:
        """For the receipt."""
        shown = " ".join(self.text.split())[:60]
        place = f"第 {self.row_number} 行" if self.row_number else f"工作表“{shown}”"
        if self.rows > 1:
            through = "" if self.last - self.row_number + 1 == self.rows else "之间"
            return f"第 {self.row_number}–{self.last} 行{through}（{KINDS_ZH[self.kind]}），共 {self.rows:,} 行"
        return f"{place}（{KINDS_ZH[self.kind]}）" + (f"：{shown}" if shown and self.row_number else "")


def header_rows(rows: Sequence[Sequence[str]], place: int, last: int, header: Sequence[str]) -> tuple[SkippedRow, ...]:
    """The further rows of a header, as skipped: its names again, or a part of them where it stands in several rows."""
    kind = HEADER if list(rows[place]) == list(header) else HEADER_PART
    return tuple(SkippedRow(n + 1, kind, " ".join(filter(None, rows[n]))) for n in range(place + 1, last + 1))


def kind_of(
    cells: Sequence[str | None], header: Sequence[str] = (), known: Mapping[str, str] | None = None
) -> str | None:
    """What a row of these cells is, None for a record.

    Args:
        cells: of the row, as sent.
        header: of the file; a row that repeats it is no record.
        known: which field a header is by its ``key``, so that a header in other words is found too.
    """
    first = next((text for cell in cells if cell and (text := cell.strip(_INVISIBLE))), None)
    if first is None:
        return None
    named = first in _stripped(tuple(header)) or (known is not None and key(first) in known)
    if not (named or _BEGINNING.match(first)):
        return None
    filled = [text for cell in cells if cell and (text := cell.strip(_INVISIBLE))]
    others = filled[1:]
    if not "".join(filled).strip(_ENDS) or (_END.match(first) and len(filled) <= _FEW):
        return END
    if _TOTAL.match(first) and all(_NUMBER.match(cell) for cell in others):
        return TOTAL
    if first.startswith(_NOTES) and (len(filled) <= _FEW or all(_LABEL.match(cell) for cell in others)):
        return NOTE
    if _SAMPLE.match(unicodedata.normalize("NFKC", first)):
        return SAMPLE
    if len(filled) >= _MANY and _are_places(filled):
        return PLACES
    if len(filled) >= _FEW and not named and 2 * sum(map(is_remark, filled)) > len(filled):
        return INSTRUCTION
    return _repeated(cells, header, known or {}) if named else None


@lru_cache(maxsize=64)
def _stripped(header: tuple[str, ...]) -> frozenset[str]:
    return frozenset(text for one in header if (text := one.strip(_INVISIBLE)))


def _repeated(cells: Sequence[str | None], header: Sequence[str], known: Mapping[str, str]) -> str | None:
    """Whether a row repeats the header: in its order, or in another."""
    own = {one for text in header if (one := key(text))}

    def column(text: str | None) -> str | None:
        one = key(text) if text and text.strip(_INVISIBLE) else ""
        return known.get(one, one if one in own else None)

    said, meant = [column(cell) for cell in cells], [column(text) for text in header]
    filled = sum(bool(cell and cell.strip()) for cell in cells)
    found = sum(one is not None for one in said)
    if filled < _FEW or not header:
        return None
    if said[: len(meant)] == meant and found == filled:
        return HEADER
    same = sum(a is not None and a == b for a, b in zip(said, meant, strict=False))
    if found < max(_SURELY, (filled + 1) // 2) or len(cells) != len(header):
        return None
    return HEADER if same == found else OTHER_HEADER


def _are_places(filled: Sequence[str]) -> bool:
    """True for the numbers of the columns: 1, 2, 3 and on, or A, B, C, or 甲, 1, 2."""
    plain = [unicodedata.normalize("NFKC", cell).strip("() ") for cell in filled]
    plain = plain[1:] if plain[0] in ("栏次", "列号") else plain
    letters = [chr(ord("A") + place) for place in range(26)]
    ordered = [cell for cell in plain if cell not in _COUNTED]
    counted = [str(place) for place in range(1, len(ordered) + 1)]
    numbered = len(ordered) >= _FEW and ordered == counted
    return numbered or (len(plain) >= _MANY and [cell.upper() for cell in plain] == letters[: len(plain)])


def kinds(header: Sequence[str], known: Mapping[str, str] | None = None, others: Collection[str] = ()) -> pl.Expr:
    """The kind of every row that is skipped, else null; over columns named ``0``, ``1``, … in their order.

    Only the first two cells are looked at for all rows, by one pattern: nearly no file has any, and a clean one must not pay.

    Args:
        header: of the file.
        known: which field a header is by its ``key``.
        others: texts that a header in other words may have.
    """
    names = [str(place) for place in range(len(header))]
    every = {text for one in (*header, *others) if (text := one.strip(_INVISIBLE))}
    texts = "|".join(re.escape(text) for text in sorted(every))
    pattern = rf"{_MAYBE}|^{_BLANKS}(?:{texts}){_BLANKS}$" if texts else _MAYBE

    def looked_at(columns: Sequence[pl.Series]) -> pl.Series:
        maybe = columns[0].str.contains(pattern).fill_null(False)
        if len(columns) > 1 and columns[0].null_count():
            maybe = maybe | (columns[0].is_null() & columns[1].str.contains(pattern).fill_null(False))
        places = maybe.arg_true()
        result = pl.repeat(None, len(maybe), dtype=pl.String, eager=True)
        if places.is_empty():
            return result
        rows = pl.DataFrame({name: column for name, column in zip(names, columns, strict=True)})[places].rows()
        return result.clone().scatter(places, pl.Series([kind_of(row, header, known) for row in rows], dtype=pl.String))

    return pl.map_batches(names, looked_at, return_dtype=pl.String, is_elementwise=True)
