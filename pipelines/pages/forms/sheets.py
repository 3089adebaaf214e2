"""The sheets to read: how to fill in and deliver with a row for each field, and the code tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeTable, Dataset, Field
from pipelines.pages.forms import notes
from pipelines.pages.phrases import DatasetWords, document, kind, limits, spell
from pipelines.pages.words import name
from pipelines.pages.workbook import HEAD, LINE, TEXT, letters, write_heads

_FIELD_COLUMNS: Final = (
    ("列", 6), ("数据项", 24), ("填写", 32), ("类型和限制", 26), ("定义", 40), ("怎么填", 40), ("例子", 30), ("公开范围", 16),
)  # fmt: skip
_CODE_COLUMNS: Final = (("代码表", 22), ("名称", 28), ("代码", 22), ("还接受的写法", 46), ("有效期", 26), ("用于", 30))


def write_guide(book: Any, sheet: Any, catalog: Catalog, dataset: Dataset, words: DatasetWords) -> None:
    """What the dataset is, how to fill in, how to deliver, and each field."""
    title = book.add_format({**TEXT, "bold": True, "font_size": 15, "text_wrap": False})
    strong = book.add_format({**TEXT, "bold": True, "font_size": 11, "text_wrap": False})
    text = book.add_format(TEXT)
    last = len(_FIELD_COLUMNS) - 1
    sheet.write_string(0, 0, f"{dataset.title_zh}填报模板", title)
    row = 1
    for heading, lines in _guide(catalog, dataset):
        sheet.write_string(row, 0, heading, strong)
        for line in lines:
            row += 1
            sheet.merge_range(row, 0, row, last, "", text)
            sheet.write_string(row, 0, line, text)
            sheet.set_row(row, 16 * (1 + len(line) // 105))
        row += 1
    rows = [_field_row(catalog, dataset, field, place, words) for place, field in enumerate(catalog.fields(dataset.id))]
    _table(book, sheet, row, _FIELD_COLUMNS, rows)


def write_codes(book: Any, sheet: Any, fields: Sequence[Field], tables: Mapping[str, CodeTable]) -> None:
    """Every value of every table, with all texts accepted for it."""
    rows = []
    for table in tables.values():
        used = "、".join(field.title_zh for field in fields if field.code_table == table.id)
        for entry in table.entries:
            dates = "" if entry.valid_from is entry.valid_to is None else spell(entry.valid_from, entry.valid_to)
            rows.append((table.title_zh, entry.label_zh, entry.code, "、".join(entry.aliases), dates, used))
    _table(book, sheet, 0, _CODE_COLUMNS, rows)
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(_CODE_COLUMNS) - 1)


def _guide(catalog: Catalog, dataset: Dataset) -> list[tuple[str, list[str]]]:
    bases = "、".join(document(catalog.legal_bases[one]) for one in dataset.legal_bases if one in catalog.legal_bases)
    return [
        (
            "这是什么",
            [
                dataset.definition,
                f"依据：{bases}。",
                f"目录版本 {catalog.version}；规则和例子见目录网页 {dataset.id}.html。",
            ],
        ),
        (
            "怎么填",
            [
                "1. 在“填报”表从第 2 行起填写，一行一条记录，中间不留空行；第 1 行的表头不要改动，用不着的选填列可以空着或者删掉。",
                "2. 表头带 * 的红色列必填，褐色列在一定条件下必填，灰色列选填；一行里必填项漏填时，单元格显示为红色。",
                "3. 有下拉列表的从列表里选；粘贴进来的代码和“代码表”里列出的其他写法也接受。",
                "4. 编号、代码、日期各列已经设为文本，照原样输入，例如 2026-03-05；从别处复制时请“只粘贴值”，以免格式被改掉。",
                "5. 金额各列只填数字，单位见表头。“无”“/”一类的占位文字视为没有填写。",
            ],
        ),
        (
            "怎么报",
            [
                "1. 存为 .xlsx（不设密码），“填报”须是第一张表；“说明”“代码表”留着或者删掉都可以。",
                f"2. 放入 inbox/<报送单位标识>/{dataset.id}/；先用 .part 结尾的名字写入，写完再改名，可以避免被取走半个文件。",
                "3. 结果在 outbox/<报送单位标识>/<批次号>/：receipt.json 是回执；findings.csv 逐行列出问题，行号与本表一致。",
                "4. 只需改正被拒收的行重新报送，已入库的行不必再报。",
            ],
        ),
        ("各列说明", []),
    ]


def _field_row(catalog: Catalog, dataset: Dataset, field: Field, position: int, words: DatasetWords) -> tuple[str, ...]:
    audience = name(dataset.disclosure_of(field), "audience")
    return (
        letters(position),
        field.title_zh,
        "；".join(words.required(field)),
        "，".join([kind(field), *limits(field), *words.beginnings(field)]),
        field.definition,
        notes.hint(catalog, dataset.id, field),
        notes.example(catalog, field),
        f"{audience}；敏感" if field.sensitive else audience,
    )


def _table(
    book: Any, sheet: Any, first: int, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[str]]
) -> None:
    cell = book.add_format({**TEXT, "bottom": 1, "bottom_color": LINE})
    write_heads(sheet, first, columns, book.add_format(HEAD))
    for number, row in enumerate(rows, start=first + 1):
        for position, text in enumerate(row):
            sheet.write_string(number, position, text, cell)
