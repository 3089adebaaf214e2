"""The workbook as a whole: its sheets in their order, its formats, and the sheet to fill in."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Field, Kind
from pipelines.pages.forms import notes, validation
from pipelines.pages.forms.sheets import write_codes, write_guide
from pipelines.pages.phrases import DatasetWords
from pipelines.pages.workbook import AS_TEXT, BAD, FONT, HEAD, letters, print_landscape, width, workbook

ENTRY: Final = "填报"
GUIDE: Final = "说明"
CODES: Final = "代码表"
CHOICES: Final = "选项"
_NUMBERS: Final = (Kind.DECIMAL, Kind.INTEGER)
_LAST_ROW: Final = 1_048_575
_MARKED_ROWS: Final = 5_000  # rows in which a required cell left empty turns red; more would slow a spreadsheet down
HEAD_COLOURS: Final = {"required": "#9C1C15", "sometimes": "#8A5200", "optional": "#3D5266"}


def header(field: Field) -> str:
    """The head of a field's column: its title, with a star where it must always be filled."""
    return f"*{field.title_zh}" if field.required else field.title_zh


def need(field: Field) -> str:
    """Whether a field is required, sometimes (under a condition) or optional."""
    if field.required:
        return "required"
    return "sometimes" if field.required_when else "optional"


def form(catalog: Catalog, dataset_id: str) -> bytes:
    """The workbook of a dataset, as the bytes of an XLSX file."""
    dataset, fields = catalog.datasets[dataset_id], catalog.fields(dataset_id)
    tables = {f.code_table: catalog.code_tables[f.code_table] for f in fields if f.code_table}
    stream = BytesIO()
    with workbook(stream, f"{dataset.title_zh}填报模板", f"{dataset_id}，目录版本 {catalog.version}") as book:
        entry, guide, codes = (book.add_worksheet(name) for name in (ENTRY, GUIDE, CODES))
        choices = validation.Choices(book.add_worksheet(CHOICES), CHOICES)
        words = DatasetWords(catalog, dataset)
        _write_entry(book, entry, catalog, dataset_id, words, choices)
        write_guide(book, guide, catalog, dataset, words)
        write_codes(book, codes, fields, tables)
        choices.sheet.hide()
        entry.activate()
    return stream.getvalue()


def _write_entry(
    book: Any, sheet: Any, catalog: Catalog, dataset_id: str, words: DatasetWords, choices: validation.Choices
) -> None:
    """The header row; formats, drop-downs and messages for the rows below, which stay empty."""
    heads = {
        need: book.add_format({**HEAD, "valign": "vcenter", "bg_color": colour})
        for need, colour in HEAD_COLOURS.items()
    }
    text = book.add_format({**FONT, **AS_TEXT})
    number = book.add_format(FONT)
    missing = book.add_format({"bg_color": BAD["bg_color"]})
    fields = catalog.fields(dataset_id)
    last = letters(len(fields) - 1)
    sheet.set_row(0, 48)
    for position, field in enumerate(fields):
        numeric = field.kind in _NUMBERS
        sheet.set_column(position, position, _width(field), number if numeric else text)
        sheet.write_string(0, position, header(field), heads[need(field)])
        said = notes.said(catalog, dataset_id, field, words)
        sheet.write_comment(
            0, position, "\n".join(said), {"author": GUIDE, "x_scale": 2.4, "y_scale": 0.5 + 0.22 * len(said)}
        )
        rule = validation.rule(catalog, field, choices, notes.short(said))
        sheet.data_validation(1, position, _LAST_ROW, position, rule)
        if field.required:
            here = letters(position)
            formula = f"=AND(COUNTA($A2:${last}2)>0,LEN(TRIM(${here}2))=0)"
            sheet.conditional_format(
                1, position, _MARKED_ROWS, position, {"type": "formula", "criteria": formula, "format": missing}
            )
    sheet.freeze_panes(1, 0)
    print_landscape(sheet, heads=0)


def _width(field: Field) -> int:
    """Characters a column is wide: a wide character counts twice, long prose gets more room."""
    if field.free_text or (field.max_length or 0) > 500:
        return 40
    return width(field.title_zh, least=22 if field.kind is Kind.CREDIT_CODE else 12, most=30)
