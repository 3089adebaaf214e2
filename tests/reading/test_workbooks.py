"""Workbooks: what a person sees is what is read, and what a delivery has no use for is refused before anything opens it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from pipelines.ground.limits import Limits
from pipelines.reading import Source, Terms, Unreadable, open_source
from pipelines.reading.opener import opener
from tests.conftest import SHARED
from tests.reading.reader import Read, fields_of, read

HEADERS = ("企业名称", "文号", "日期", "金额", "标志")
FIELDS = fields_of(HEADERS)
ROWS = [("甲", "一号", "2026-03-05", "0.2", "是"), ("乙", "二号", "", "", "否")]


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """An .xlsx made by a function."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        fill(book)
    return buffer.getvalue()


def simple(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("数据")
    for number, cells in enumerate([HEADERS, *ROWS]):
        sheet.write_row(number, 0, cells)


def changed(
    content: bytes, part: str, change: Callable[[bytes], bytes], extra: dict[str, bytes] | None = None
) -> bytes:
    """The workbook with one of its parts changed, and parts added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
        for name, more in (extra or {}).items():
            new.writestr(name, more)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def book(content: bytes) -> Read:
    return read(content, FIELDS, ".xlsx")


def problem(content: bytes, suffix: str = ".xlsx") -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, FIELDS, suffix)
    assert caught.value.problem.message_zh
    return caught.value.problem.code


def test_a_workbook_is_read_whatever_its_name_ends_in() -> None:
    for suffix in (".xlsx", ".xls"):
        found = read(workbook(simple), FIELDS, suffix)
        assert list(found.records.values()) == ROWS


def test_every_kind_of_cell_is_the_text_a_person_sees_under_the_row_number_a_person_sees() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        day, instant = (
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 4, "行政处罚报送表")
        sheet.write_row(3, 1, HEADERS)
        sheet.write_row(4, 1, ["甲", "\n一号"])
        sheet.write_datetime(4, 3, datetime(2026, 3, 5), day)
        sheet.write_number(4, 4, 0.1 + 0.2)
        sheet.write_boolean(4, 5, boolean=True)
        sheet.set_row(5, None, None, {"hidden": True})
        sheet.write_row(5, 1, ["乙"])
        sheet.write_datetime(5, 3, datetime(2026, 3, 5, 14, 30), instant)
        sheet.write_formula(5, 4, "=1+1", None, 2)
        sheet.write_number(7, 2, 510100003640013)
        sheet.write_number(7, 4, 1e21)
        sheet.write(8, 1, "合计")
        sheet.write(8, 4, 2.3)

    found = book(workbook(fill))

    assert found.records == {
        5: ("甲", "\n一号", "2026-03-05 00:00:00", "0.3", "TRUE"),
        6: ("乙", "", "2026-03-05 14:30:00", "2", ""),
        8: ("", "510100003640013", "", "1000000000000000000000", ""),
    }
    assert found.malformed == ()


def test_a_row_with_an_error_value_is_refused_with_its_text_and_takes_no_other_with_it() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        simple(book)
        book.worksheets()[0].write_formula(1, 3, "=1/0", None, "#DIV/0!")

    found = book(workbook(fill))
    assert found.records == {3: ROWS[1]}
    assert found.malformed == ((2, "甲\t一号\t2026-03-05\t#DIV/0!\t是"),)


def test_an_error_value_in_a_column_that_is_not_read_takes_no_row() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        simple(book)
        book.worksheets()[0].write(0, 5, "核对用")
        book.worksheets()[0].write_formula(1, 5, "=NA()", None, "#N/A")

    found = book(workbook(fill))
    assert (list(found.records.values()), found.malformed) == (ROWS, ())


def test_rows_on_two_sheets_are_refused_and_a_sheet_of_notes_is_told(tmp_path: Path) -> None:
    def both(book: xlsxwriter.Workbook) -> None:
        simple(book)
        book.add_worksheet("二月").write_row(0, 0, HEADERS)
        book.worksheets()[1].write_row(1, 0, ROWS[0])

    def notes(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("填写说明").write(0, 0, "请如实填写")
        simple(book)
        options = book.add_worksheet("选项")
        options.hide()
        options.write_column(0, 0, ["标志", "是", "否"])

    assert problem(workbook(both)) == "several_sheets"
    path = tmp_path / "notes.xlsx"
    path.write_bytes(workbook(notes))
    source = open_source(path, ".xlsx", FIELDS, "测试", tmp_path)
    assert source.rows.collect().height == 2
    assert [skipped_row.in_words() for skipped_row in source.skipped_rows] == [
        "工作表“填写说明”（未读的工作表）",
        "工作表“选项”（未读的工作表）",
    ]


def test_formulas_whose_results_were_never_saved_are_not_read_as_empty() -> None:
    content = workbook(simple)
    for cell in (b'<c r="D2"><f>A1*2</f></c>', b'<c r="D2"><f>A1*2</f><v></v></c>', b'<c r="D2"><f>A1*2</f><v/></c>'):
        no_value = changed(content, SHEET, lambda xml, c=cell: xml.replace(b"</row>", c + b"</row>", 1))
        assert problem(no_value) == "workbook_formulas"
    empty_text = b'<c r="F2" t="str"><f>IF(1,"","")</f><v></v></c></row>'
    kept = book(changed(content, SHEET, lambda xml: xml.replace(b"</row>", empty_text, 1)))
    assert len(kept.records) == 2


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda c: changed(c, "", bytes, {"xl/vbaProject.bin": b"macro"}), "workbook_macros"),
        (lambda c: changed(c, SHEET, lambda xml: DOCTYPE + xml[xml.index(b"<worksheet") :]), "workbook_entities"),
        (lambda c: changed(c, "xl/sharedStrings.xml", lambda xml: DOCTYPE + xml[xml.index(b"<sst") :]), "workbook_entities"),
        (lambda c: c[: len(c) // 2], "broken_workbook"),
        (lambda c: c[:2000] + bytes(100) + c[2100:], "broken_workbook"),
        (lambda c: changed(c, SHEET, lambda xml: xml.replace(b'r="A1"', b'r="A1048576"').replace(b'r="A2"', b'r="XFD2"')), "broken_workbook"),
        (lambda c: changed(c, SHEET, lambda xml: xml[: len(xml) // 2]), "broken_workbook"),
        (lambda c: changed(c, "xl/workbook.xml", lambda xml: b"<workbook/>"), "empty_file"),
        (lambda c: b"<html><table>", "broken_workbook"),
        (lambda c: b"PK and no workbook", "broken_workbook"),
        (lambda c: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "broken_workbook"),
        (lambda c: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (lambda c: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "_VBA_PROJECT".encode("utf-16-le"), "workbook_macros"),
    ],
)  # fmt: skip
def test_what_a_delivery_has_no_use_for_is_refused(change: Callable[[bytes], bytes], code: str) -> None:
    assert problem(change(workbook(simple))) == code
    assert len(book(workbook(simple)).records) == 2  # the next workbook is read as if nothing had been


def opened(content: bytes, folder: Path, limits: Limits) -> Source:
    path = folder / "book.xlsx"
    path.write_bytes(content)
    return open_source(path, ".xlsx", FIELDS, "测试", folder, Terms(limits))


def test_sizes_beyond_a_limit_are_told(tmp_path: Path) -> None:
    def sheets(book: xlsxwriter.Workbook) -> None:
        simple(book)
        for _ in range(3):
            book.add_worksheet()

    padded = changed(workbook(simple), "", bytes, {"xl/media/0.bin": bytes(3_000_000)})
    for content, limits in (
        (workbook(sheets), Limits(sheets=3)),
        (workbook(simple), Limits(cells=10)),
        (padded, Limits(zip_ratio_from_bytes=100_000)),
        (padded, Limits(file_bytes=2_000_000)),
        (workbook(simple), Limits(zip_members=5)),
    ):
        with pytest.raises(Unreadable) as caught:
            opened(content, tmp_path, limits)
        assert caught.value.problem.code == "too_large"


def test_a_process_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "hangs.py"
    program.write_text("import time\ntime.sleep(60)\n")
    opener.close()
    monkeypatch.setattr("pipelines.reading.opener.PROGRAM", program)
    with pytest.raises(Unreadable) as caught:
        opened(workbook(simple), tmp_path, Limits(seconds=1))
    assert caught.value.problem.code == "too_slow"
    monkeypatch.undo()
    assert opened(workbook(simple), tmp_path, Limits()).rows.collect().height == 2


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "rows"), [("simple.xls", 6), ("simple.xlsx", 6), ("span_rich.xls", None)])
def test_real_workbooks_of_both_kinds(shared_data: Path, name: str, rows: int | None) -> None:
    headers = {"span_rich.xls": ("I", "h", "g", "f")}.get(name, ("date", "temperature", "place"))
    found = read((SHARED / "data/csv_acid/horror" / name).read_bytes(), fields_of(headers), Path(name).suffix)
    assert found.malformed == ()
    assert rows is None or len(found.records) == rows


@pytest.mark.real_data
def test_a_real_workbook_that_excel_opens_without_asking_for_a_password_is_read(shared_data: Path) -> None:
    found = read(
        (SHARED / "data/csv_acid/horror/encrypted_no_password.xls").read_bytes(),
        fields_of(("date", "temperature", "place")),
        ".xls",
    )
    assert found.records[2] == ("2011-01-01", "1", "Galway")
