"""The workbook a province fills in: right to look at, and what is filled in is collected."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from pipelines.catalog import Catalog, Kind
from pipelines.pages.forms import CHOICES, CODES, ENTRY, GUIDE, form, header
from pipelines.reading.headers import columns
from tests.catalog.test_every_dataset import CATALOG, PROVIDER, good_row
from tests.conftest import ROOT, Home

DATASETS = list(CATALOG.datasets)
NUMBERS = (Kind.DECIMAL, Kind.INTEGER)


@pytest.fixture(scope="module")
def books() -> dict[str, Any]:
    return {name: openpyxl.load_workbook(io.BytesIO(form(CATALOG, name))) for name in DATASETS}


def rules_by_column(sheet: Any) -> dict[int, Any]:
    found = {}
    for rule in sheet.data_validations.dataValidation:
        for area in rule.sqref.ranges:
            assert area.min_row == 2
            assert area.max_row == 1_048_576
            found |= dict.fromkeys(range(area.min_col, area.max_col + 1), rule)
    return found


def filled(dataset_id: str, rows: list[dict[str, str]]) -> bytes:
    """The workbook with these rows typed in, numbers as numbers."""
    book = openpyxl.load_workbook(io.BytesIO(form(CATALOG, dataset_id)))
    sheet, fields = book[ENTRY], CATALOG.fields(dataset_id)
    for number, row in enumerate(rows, start=2):
        for position, field in enumerate(fields, start=1):
            text = row.get(field.id)
            numeric = field.kind in NUMBERS and text
            sheet.cell(number, position).value = float(text) if numeric and text else text
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_the_header_has_every_field_under_its_title_and_stays_in_view(books: dict[str, Any], dataset_id: str) -> None:
    book, fields = books[dataset_id], CATALOG.fields(dataset_id)
    assert book.sheetnames == [ENTRY, GUIDE, CODES, CHOICES]
    sheet = book[ENTRY]
    texts = [cell.value for cell in sheet[1]]
    assert texts == [header(field) for field in fields]
    assert [text.removeprefix("*") for text in texts] == [field.title_zh for field in fields]
    assert columns(texts, fields, "").names == tuple(field.id for field in fields)
    assert sheet.freeze_panes == "A2"
    assert sheet.max_row == 1


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_required_columns_are_marked_by_a_star_and_a_colour(books: dict[str, Any], dataset_id: str) -> None:
    colours: dict[str, set[str]] = {}
    for cell, field in zip(books[dataset_id][ENTRY][1], CATALOG.fields(dataset_id), strict=True):
        assert cell.value.startswith("*") == field.required
        need = "required" if field.required else "sometimes" if field.required_when else "optional"
        colours.setdefault(need, set()).add(cell.fill.start_color.rgb)
    assert all(len(some) == 1 for some in colours.values())
    assert len(set.union(*colours.values())) == len(colours)


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_identifiers_dates_and_texts_are_text_so_that_nothing_is_damaged(
    books: dict[str, Any], dataset_id: str
) -> None:
    sheet = books[dataset_id][ENTRY]
    for position, field in enumerate(CATALOG.fields(dataset_id), start=1):
        letters = openpyxl.utils.get_column_letter(position)
        wanted = "General" if field.kind in NUMBERS else "@"
        style = next(d for d in sheet.column_dimensions.values() if d.min <= position <= d.max)
        assert style.number_format == wanted, (letters, field.id)


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_coded_fields_have_a_list_of_the_names_that_hold_today(books: dict[str, Any], dataset_id: str) -> None:
    book = books[dataset_id]
    assert book[CHOICES].sheet_state == "hidden"
    rules = rules_by_column(book[ENTRY])
    for position, field in enumerate(CATALOG.fields(dataset_id), start=1):
        rule = rules[position]
        assert (rule.type == "list") == (field.code_table is not None)
        if field.code_table:
            offered = choices(book, rule.formula1)
            table = CATALOG.code_tables[field.code_table]
            assert offered == list(dict.fromkeys(e.label_zh for e in table.entries if e.valid_to is None))
            assert set(offered) <= set(table.accepted)
            free = field.kind is Kind.CODES or field.other_prefix
            assert rule.errorStyle == ("warning" if free else None)  # None is stop


def choices(book: Any, formula: str) -> list[str]:
    sheet, _, area = formula.partition("!")
    return [row[0].value for row in book[sheet.strip("'")][area.replace("$", "")]]


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_every_column_says_what_belongs_into_it(books: dict[str, Any], dataset_id: str) -> None:
    book = books[dataset_id]
    rules = rules_by_column(book[ENTRY])
    guide = "\n".join(str(cell.value) for row in book[GUIDE].iter_rows() for cell in row if cell.value)
    for position, field in enumerate(CATALOG.fields(dataset_id), start=1):
        note, rule = book[ENTRY].cell(1, position).comment.text, rules[position]
        assert field.definition in note
        assert rule.showInputMessage
        assert rule.prompt
        assert len(rule.prompt) <= 255
        assert len(rule.promptTitle) <= 32
        assert field.definition in guide
        assert field.title_zh in guide
    for said in (f"inbox/<报送单位标识>/{dataset_id}/", "receipt.json", "findings.csv", ".part", CATALOG.version):
        assert said in guide


@pytest.mark.parametrize("dataset_id", DATASETS)
def test_the_sheet_of_codes_has_every_value_and_every_text_accepted_for_it(
    books: dict[str, Any], dataset_id: str
) -> None:
    text = "\n".join(str(cell.value) for row in books[dataset_id][CODES].iter_rows() for cell in row if cell.value)
    for field in CATALOG.fields(dataset_id):
        for entry in CATALOG.code_tables[field.code_table].entries if field.code_table else ():
            assert all(said in text for said in (entry.code, entry.label_zh, *entry.aliases))


@pytest.mark.usefixtures("without_the_second_route")
def test_every_workbook_filled_in_is_collected_without_a_remark(home: Home) -> None:
    for dataset_id in DATASETS:
        subjects = CATALOG.datasets[dataset_id].subjects
        home.drop(
            PROVIDER, dataset_id, filled(dataset_id, [good_row(dataset_id, one) for one in subjects]), "填报.xlsx"
        )
    receipts = {receipt["dataset_id"]: receipt for receipt in home.collect()}
    assert set(receipts) == set(DATASETS)
    for dataset_id, receipt in receipts.items():
        rows = len(CATALOG.datasets[dataset_id].subjects)
        assert receipt["rules"] == [], dataset_id
        assert receipt["unknown_columns"] == []
        assert receipt["status"] == "accepted"
        assert receipt["rows"] == {"in": rows, "accepted": rows, "refused": 0, "warned": 0}


def test_a_workbook_that_nobody_filled_in_has_no_rows_and_is_not_broken(home: Home) -> None:
    home.drop(PROVIDER, "honour", form(CATALOG, "honour"), "填报.xlsx")
    [receipt] = home.collect()
    assert receipt["status"] == "rejected"
    assert receipt["problem"]["code"] == "no_rows"


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    again = Catalog.load(ROOT / "catalog")
    assert all(form(CATALOG, name) == form(again, name) for name in DATASETS[:3])


def test_a_title_that_looks_like_a_formula_is_text(tmp_path: Any) -> None:
    import shutil

    copy = shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    path = copy / "datasets/honour.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("title_zh: 荣誉", "title_zh: =1+1 荣誉"), encoding="utf-8")
    book = openpyxl.load_workbook(io.BytesIO(form(Catalog.load(copy), "honour")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any("=1+1" in str(cell.value) for cell in cells)
    assert not [cell for cell in cells if cell.data_type == "f"]
