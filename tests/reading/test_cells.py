"""What a cell of a workbook is counts, not only the text in it: numbers, formats, days, merges, and what nobody sees."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msoffcrypto
import polars as pl
import pytest
import xlsxwriter
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from pipelines.catalog import EVIDENCE, LOST_DIGITS, MERGED, SHOWN_OTHERWISE, TAKEN_AS_SHOWN, Field
from pipelines.reading import EMPTY, Source, Unreadable, open_source
from tests.reading.test_workbooks import SHEET, changed, workbook

KINDS = {"名称": "string", "代码": "credit_code", "文书号": "document_number", "日期": "date", "罚款金额（万元）": "decimal(18, 6)", "时间": "timestamp"}  # fmt: skip
HEADER = list(KINDS)
FIELDS = tuple(
    Field(id=f"f{n}", title_zh=name, definition="-", type=kind) for n, (name, kind) in enumerate(KINDS.items())
)
NAME, CODE, NUMBER, DAY, AMOUNT, INSTANT = range(6)
Cells = dict[tuple[int, int], tuple[Any, str]]
"""Value and number format by row and column from 0."""


def opened(content: bytes, suffix: str, folder: Path) -> Source:
    path = folder / f"file{suffix}"
    path.write_bytes(content)
    return open_source(path, suffix, FIELDS, "测试", folder)


def cells_read(content: bytes, suffix: str = ".xlsx") -> dict[tuple[int, int], tuple[str | None, set[str]]]:
    """By row as shown, and column from 0: the text, and what is said of the cell."""
    with tempfile.TemporaryDirectory() as folder:
        rows = opened(content, suffix, Path(folder)).rows.filter(~pl.col(EMPTY)).collect()
    found = {}
    for row in rows.to_dicts():
        for place in range(len(FIELDS)):
            said = {name for name in EVIDENCE if row[name] >> place & 1}
            found[row["_row_number"], place] = (row[f"f{place}"], said)
    return found


def told(content: bytes, suffix: str = ".xlsx") -> str:
    with tempfile.TemporaryDirectory() as folder:
        return "\n".join(opened(content, suffix, Path(folder)).remarks)


def xlsx(cells: Cells, options: dict[str, Any] | None = None, more: Callable[..., None] | None = None) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options or {}) as book:
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, HEADER)
        for (row, column), (value, code) in cells.items():
            style = book.add_format({"num_format": code}) if code else None
            if isinstance(value, bool):
                sheet.write_boolean(row, column, value, style)
            else:
                sheet.write(row, column, value, style)
        if more:
            more(book, sheet)
    return buffer.getvalue()


def xls(cells: Cells, more: Callable[..., None] | None = None, *, since_1904: bool = False) -> bytes:
    book = xlwt.Workbook()
    book.dates_1904 = since_1904
    sheet = book.add_sheet("数据")
    for column, title in enumerate(HEADER):
        sheet.write(0, column, title)
    for (row, column), (value, code) in cells.items():
        sheet.write(row, column, value, xlwt.easyxf(num_format_str=code or "General"))
    if more:
        more(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


BOTH = pytest.mark.parametrize(("make", "suffix"), [(xlsx, ".xlsx"), (xls, ".xls")])


@BOTH
def test_a_number_of_more_than_fifteen_digits_is_no_identifier_and_is_shown_as_excel_shows_it(
    make: Callable[..., bytes], suffix: str
) -> None:
    found = cells_read(
        make({
            (1, CODE): (915101001439147008, ""),
            (1, NUMBER): (44010620241100000123, "0"),
            (1, AMOUNT): (1e15, ""),
            (2, CODE): ("915101001439147008", ""),
            (2, NUMBER): (510100003640013, "0"),
            (2, NAME): (123456789012, ""),
        }),
        suffix,
    )  # fmt: skip
    assert found[2, CODE] == ("915101001439147000", {LOST_DIGITS})
    assert found[2, NUMBER] == ("44010620241100000000", {LOST_DIGITS})
    assert found[2, AMOUNT] == ("1000000000000000", set())
    assert found[3, CODE] == ("915101001439147008", set())
    assert found[3, NUMBER] == ("510100003640013", set())
    assert found[3, NAME] == ("123456789012", set())


@BOTH
@pytest.mark.parametrize(
    ("column", "value", "code", "text", "said"),
    [
        (NUMBER, 18, '"锦市监罚〔2026〕"0"号"', "锦市监罚〔2026〕18号", {TAKEN_AS_SHOWN}),
        (NUMBER, 45621, "0000000000", "0000045621", {TAKEN_AS_SHOWN}),
        (NUMBER, 7, '"第"General"号"', "第7号", {TAKEN_AS_SHOWN}),
        (NUMBER, 18, "0.00", "18", set()),
        (NUMBER, 12345678, "#,##0", "12345678", set()),
        (NUMBER, 0.05, "0%", "5%", {TAKEN_AS_SHOWN}),
        (NUMBER, 500, "[DBNum2]General", "500", {SHOWN_OTHERWISE}),
        (NUMBER, 5, ";;;", "5", {SHOWN_OTHERWISE}),
        (NUMBER, "18", '"锦市监罚〔2026〕"@"号"', "锦市监罚〔2026〕18号", {TAKEN_AS_SHOWN}),
        (NUMBER, True, "", "TRUE", {TAKEN_AS_SHOWN}),
        (AMOUNT, 500, "0!.0000", "0.0500", {SHOWN_OTHERWISE}),
        (AMOUNT, 5000, "0!.0,", "0.5", {SHOWN_OTHERWISE}),
        (AMOUNT, 5000, "0\\.0,", "0.5", {SHOWN_OTHERWISE}),
        (AMOUNT, 0.05, "0%", "5%", {SHOWN_OTHERWISE}),
        (AMOUNT, 500, '0"元"', "500元", {SHOWN_OTHERWISE}),
        (AMOUNT, 50000, '[>=10000]0!.0,"万元";0"元"', "5.0万元", {SHOWN_OTHERWISE}),
        (AMOUNT, 0.05, '0.00"万元"', "0.05", set()),
        (AMOUNT, 1234.5, "#,##0.00", "1234.5", set()),
        (AMOUNT, 0.5, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "0.5", set()),
        (AMOUNT, 0.004, "0.00", "0.004", set()),
        (AMOUNT, 0.1 + 0.2, "", "0.3", set()),
        (DAY, 20261124, "0000-00-00", "2026-11-24", {TAKEN_AS_SHOWN}),
        (DAY, 46350, "", "46350", set()),
        (DAY, 46350, "0.00", "46350", set()),
    ],
)  # fmt: skip
def test_what_is_shown_counts_for_a_text_and_only_a_number_shown_as_it_is_for_an_amount(
    make: Callable[..., bytes], suffix: str, column: int, value: Any, code: str, text: str, said: set[str]
) -> None:
    found = cells_read(make({(1, NAME): ("甲公司", ""), (1, column): (value, code)}), suffix)
    assert found[2, column] == (text, said)


DAYS = ["yyyy/m/d", "yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "yyyy年m月d日", "[$-804]yyyy/m/d;@", "m/d", "yyyymmdd", "d-mmm-yy", "[$-F800]dddd, mmmm dd, yyyy", "yyyy/m/d h:mm"]  # fmt: skip


@BOTH
@pytest.mark.parametrize("code", DAYS)
def test_a_serial_number_in_a_format_that_shows_days_is_its_day(
    make: Callable[..., bytes], suffix: str, code: str
) -> None:
    text, said = cells_read(make({(1, NAME): ("甲公司", ""), (1, DAY): (46350, code)}), suffix)[2, DAY]
    assert (str(text).removesuffix(" 00:00:00"), said) == ("2026-11-24", set())


@pytest.mark.parametrize("number", [14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 59)])
def test_a_format_that_a_file_names_by_number_alone_shows_days_too(number: int) -> None:
    content = xlsx({(1, NAME): ("甲公司", ""), (1, DAY): (46350, "yyyy-mm-dd")})
    content = changed(
        content, "xl/styles.xml", lambda xml: xml.replace(b'numFmtId="164" fontId', b'numFmtId="%d" fontId' % number)
    )
    text, said = cells_read(content)[2, DAY]
    assert (str(text).removesuffix(" 00:00:00"), said) == ("2026-11-24", set())


@BOTH
@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0, "yyyy-mm-dd", "1900-01-00"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (60, "yyyy-mm-dd", "1900-02-29"),
        (61, "yyyy-mm-dd", "1900-03-01"),
        (-1, "yyyy-mm-dd", "#####"),
        (3000000, "yyyy-mm-dd", "#####"),
        (0.4375, "h:mm", "10:30:00"),
    ],
)
def test_days_before_march_1900_and_beyond_the_calendar_are_what_excel_shows(
    make: Callable[..., bytes], suffix: str, value: float, code: str, text: str
) -> None:
    read, said = cells_read(make({(1, NAME): ("甲公司", ""), (1, DAY): (value, code)}), suffix)[2, DAY]
    assert (str(read).removesuffix(" 00:00:00"), said) == (text, set())


def test_days_counted_from_1904_are_read_so_whatever_other_properties_a_workbook_has() -> None:
    cells: Cells = {
        (1, NAME): ("甲公司", ""),
        (1, DAY): (44888, "yyyy-mm-dd"),
        (1, INSTANT): (44888.4375, "yyyy-mm-dd hh:mm"),
    }
    newer = b'<x15:workbookPr xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" chartTrackingRefBase="1"/>'

    def with_newer(xml: bytes, since: bytes = b' date1904="1"') -> bytes:
        xml = xml.replace(b"<workbookPr", b"<workbookPr" + since)
        return xml.replace(b"</workbook>", b'<extLst><ext uri="{140}">' + newer + b"</ext></extLst></workbook>")

    since_1904 = cells_read(changed(xlsx(cells), "xl/workbook.xml", with_newer))
    assert since_1904[2, DAY] == ("2026-11-24", set())
    assert since_1904[2, INSTANT] == ("2026-11-24 10:30:00", set())
    plain = cells_read(changed(xlsx(cells), "xl/workbook.xml", lambda xml: with_newer(xml, b"")))
    assert str(plain[2, DAY][0])[:10] == "2022-11-23"
    assert cells_read(xls(cells, since_1904=True), ".xls")[2, DAY] == ("2026-11-24", set())


@BOTH
def test_a_day_with_a_time_is_its_day_with_a_remark_and_an_instant_keeps_it(
    make: Callable[..., bytes], suffix: str
) -> None:
    moment = (46350.4375, "yyyy-mm-dd")
    found = cells_read(make({(1, NAME): moment, (1, DAY): moment, (1, INSTANT): moment, (1, AMOUNT): moment}), suffix)
    assert found[2, DAY] == ("2026-11-24", {TAKEN_AS_SHOWN})
    assert found[2, INSTANT] == ("2026-11-24 10:30:00", set())
    assert found[2, NAME] == ("2026-11-24 10:30:00", {TAKEN_AS_SHOWN})
    assert found[2, AMOUNT][0] == "2026-11-24 10:30:00"


def test_a_day_written_as_text_in_the_cell_of_a_day_is_read() -> None:
    content = xlsx({(1, NAME): ("甲公司", ""), (1, DAY): (46350, "yyyy-mm-dd")})
    for said, text, remarks in (
        (b"2026-11-24", "2026-11-24", set()),
        (b"2026-11-24T10:30:00", "2026-11-24", {TAKEN_AS_SHOWN}),
    ):
        cell = b't="d"><v>' + said
        made = changed(content, SHEET, lambda xml, cell=cell: xml.replace(b"><v>46350", b" " + cell))
        assert cells_read(made)[2, DAY] == (text, remarks)


def merged(_book: Any, sheet: Any) -> None:
    sheet.merge_range(1, NAME, 3, NAME, "锦川甲公司")
    sheet.merge_range(1, CODE, 3, CODE, 915101001439147008)
    sheet.merge_range(4, NAME, 6, NAME, "锦川乙公司")


def merged_xls(sheet: Any) -> None:
    sheet.write_merge(1, 3, NAME, NAME, "锦川甲公司")
    sheet.write_merge(1, 3, CODE, CODE, 915101001439147008)
    sheet.write_merge(4, 6, NAME, NAME, "锦川乙公司")


@pytest.mark.parametrize(("make", "suffix", "more"), [(xlsx, ".xlsx", merged), (xls, ".xls", merged_xls)])
def test_a_merged_cell_counts_for_every_row_it_covers_that_has_something_of_its_own(
    make: Callable[..., bytes], suffix: str, more: Callable[..., None]
) -> None:
    numbers: Cells = {(row, NUMBER): (f"{row}号", "") for row in (1, 2, 3, 4, 7)}
    found = cells_read(make(numbers, more=more), suffix)
    assert {row for row, _ in found} == {2, 3, 4, 5, 8}
    assert found[2, NAME] == ("锦川甲公司", set())
    assert found[3, NAME] == found[4, NAME] == ("锦川甲公司", {MERGED})
    assert found[4, CODE] == ("915101001439147000", {MERGED, LOST_DIGITS})
    assert found[5, NAME] == ("锦川乙公司", set())
    assert found[8, NAME] == (None, set())


def test_merged_titles_and_cells_merged_across_columns_fill_nothing() -> None:
    def more(_book: Any, sheet: Any) -> None:
        sheet.merge_range(1, NAME, 1, CODE, "甲")

    found = cells_read(xlsx({(1, NUMBER): ("1号", ""), (2, NUMBER): ("2号", "")}, more=more))
    assert found[2, CODE] == found[3, NAME] == (None, set())


FEW: Cells = {(row, NAME): (f"公司{row}", "") for row in range(1, 5)}


def test_hidden_filtered_and_struck_out_rows_and_hidden_columns_are_told() -> None:
    def more(book: Any, sheet: Any) -> None:
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(40, None, None, {"hidden": True})
        sheet.write(3, NAME, "公司3", book.add_format({"font_strikeout": True}))
        sheet.write(50, NAME, None, book.add_format({"font_strikeout": True}))
        sheet.write(1, AMOUNT, 0.5)
        sheet.set_column(AMOUNT, INSTANT, None, None, {"hidden": True})

    said = told(xlsx(FEW, more=more))
    assert "第 3 行在工作表里是隐藏的" in said
    assert "第 4 行有划了删除线的内容" in said
    assert "“罚款金额（万元）”" in said
    assert "“时间”" not in said  # nothing in it
    assert told(xlsx(FEW)) == ""


def test_what_is_hidden_in_an_old_workbook_is_told_too() -> None:
    def more(sheet: Any) -> None:
        sheet.row(2).hidden = True
        sheet.col(AMOUNT).hidden = True
        sheet.write(1, AMOUNT, 0.5)
        sheet.write(4, NAME, "公司4", xlwt.easyxf("font: struck_out on"))

    cells = {place: cell for place, cell in FEW.items() if place != (4, NAME)}
    said = told(xls(cells, more), ".xls")
    assert "第 3 行在工作表里是隐藏的" in said
    assert "第 5 行有划了删除线的内容" in said
    assert "“罚款金额（万元）”" in said


def test_a_sheet_that_is_full_is_told_loudly_to_be_perhaps_cut_off() -> None:
    last: Cells = {(1, NAME): ("甲公司", ""), (65_535, NAME): ("末", "")}
    assert told(xls(last), ".xls").startswith("【可能被截断】")
    assert told(xlsx(last)) == ""
    assert told(xlsx({(1, NAME): ("甲公司", ""), (1_048_575, NAME): ("末", "")})).startswith("【可能被截断】")


def test_cells_are_found_whatever_the_program_that_wrote_them_makes_of_the_xml() -> None:
    content = xlsx({(1, CODE): (915101001439147008, ""), (1, NUMBER): (18, '"第"0"号"'), (1, NAME): ("甲公司", "")})
    meant = cells_read(content)
    assert meant[2, NUMBER] == ("第18号", {TAKEN_AS_SHOWN})

    def prefixed(xml: bytes) -> bytes:
        for name in (
            b"worksheet",
            b"sheetData",
            b"row",
            b"c",
            b"v",
            b"sheetViews",
            b"sheetView",
            b"sheetFormatPr",
            b"dimension",
            b"pageMargins",
        ):
            for begin in (b"<", b"</"):
                for end in (b">", b" ", b"/>"):
                    xml = xml.replace(begin + name + end, begin + b"x:" + name + end)
        return xml.replace(b'xmlns="http', b'xmlns:x="http')

    def single_quotes(xml: bytes) -> bytes:
        head, body = xml.split(b"<sheetData>")
        return head + b"<sheetData>" + body.replace(b'"', b"'")

    def other_order(xml: bytes) -> bytes:
        return xml.replace(b'<c r="C2" s="1">', b'<c s="1" r="C2">')

    def without_places(xml: bytes) -> bytes:
        for place in (b"A1", b"B1", b"C1", b"D1", b"E1", b"F1", b"A2", b"B2", b"C2"):
            xml = xml.replace(b'<c r="' + place + b'"', b"<c")
        return xml.replace(b'<row r="1"', b"<row").replace(b'<row r="2"', b"<row")

    for change in (prefixed, single_quotes, other_order, without_places):
        assert cells_read(changed(content, SHEET, change)) == meant, change.__name__


def locked(content: bytes, password: str) -> bytes:
    sink = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt(password, sink)
    return sink.getvalue()


def test_a_workbook_of_which_only_the_structure_is_protected_is_read_and_one_with_a_password_is_not() -> None:
    content = xlsx(FEW)
    assert cells_read(locked(content, "VelvetSweatshop")) == cells_read(content)
    with pytest.raises(Unreadable) as caught:
        cells_read(locked(content, "geheim"))
    assert caught.value.problem.code == "encrypted"
    assert msoffcrypto.OfficeFile(io.BytesIO(locked(content, "geheim"))).is_encrypted()


def test_an_encrypted_workbook_is_looked_at_as_any_other_once_it_is_open() -> None:
    with_macros = changed(workbook(lambda book: book.add_worksheet()), "", bytes, {"xl/vbaProject.bin": b"macro"})
    with pytest.raises(Unreadable) as caught:
        cells_read(locked(with_macros, "VelvetSweatshop"))
    assert caught.value.problem.code == "workbook_macros"


def test_the_library_reads_the_days_that_are_left_to_it() -> None:
    """Plain days are not looked at a second time; were the library to read one otherwise, this would show it."""
    codes = [
        "yyyy-mm-dd",
        "yyyy/m/d",
        "yy/m/d",
        "m/d",
        "yyyy.mm.dd",
        'yyyy"年"m"月"d"日"',
        "yyyy-mm-dd;@",
        "[$-804]yyyy/mm/dd",
    ]
    days = [date(1900, 3, 1), date(1999, 12, 31), date(2026, 11, 24), date(9999, 12, 31)]
    cells: Cells = {(1 + n, DAY): ((day - date(1899, 12, 30)).days, code) for n, (day, code) in enumerate((d, c) for c in codes for d in days)}  # fmt: skip
    for content, suffix in ((xlsx(cells), ".xlsx"), (xls(cells), ".xls")):
        found = cells_read(content, suffix)
        read = [datetime.fromisoformat(str(found[2 + n, DAY][0])).date() for n in range(len(cells))]
        assert read == days * len(codes)


ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" office:version="1.3"><office:automatic-styles>'
    '<style:style style:name="s" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/>'
    "</style:style></office:automatic-styles><office:body><office:spreadsheet>"
    '<table:table table:name="数据"><table:table-column table:number-columns-repeated="4"/>'
    '<table:table-column table:visibility="collapse"/>{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
)  # fmt: skip


def ods(*rows: str) -> bytes:
    header = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>' for one in HEADER
    )
    body = "".join(f"<table:table-row{row}</table:table-row>" for row in (">" + header, *rows))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", ODS.replace("{rows}", body))
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return buffer.getvalue()


def cell(kind: str, text: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}" {attributes}><text:p>{text}</text:p></table:table-cell>'


def test_an_open_document_says_itself_what_is_shown() -> None:
    name = cell("string", "甲", 'table:number-rows-spanned="2"')
    content = ods(
        ">" + name
        + cell("float", "915101001439147000", 'office:value="915101001439147008"')
        + cell("float", "第18号", 'office:value="18"')
        + cell("date", "2026年11月24日", 'office:date-value="2026-11-24T10:30:00"')
        + cell("float", "0.0500", 'office:value="500"'),
        ">" + '<table:covered-table-cell/>'
        + cell("string", "91350100M000100Y43", 'table:style-name="s"')
        + cell("float", "0018", 'office:value="18"')
        + cell("date", "26-11-24", 'office:date-value="2026-11-24"')
        + cell("float", "1,234.50", 'office:value="1234.5"'),
        ' table:visibility="filter">' + cell("string", "乙") + "<table:table-cell/>" + cell("float", "18", 'office:value="18"')
        + "<table:table-cell/>" + cell("percentage", "5%", 'office:value="0.05"'),
    )  # fmt: skip
    found = cells_read(content, ".ods")
    assert found[2, CODE] == ("915101001439147000", {LOST_DIGITS})
    assert found[2, NUMBER] == ("第18号", {TAKEN_AS_SHOWN})
    assert found[2, DAY] == ("2026-11-24", {TAKEN_AS_SHOWN})
    assert found[2, AMOUNT] == ("0.0500", {SHOWN_OTHERWISE})
    assert found[3, NAME] == ("甲", {MERGED})
    assert found[3, NUMBER] == ("0018", {TAKEN_AS_SHOWN})
    assert found[3, DAY] == ("2026-11-24", set())
    assert found[3, AMOUNT] == ("1234.5", set())
    assert found[4, NUMBER] == ("18", set())
    assert found[4, AMOUNT] == ("5%", {SHOWN_OTHERWISE})
    said = told(content, ".ods")
    assert "第 4 行在工作表里是隐藏的" in said
    assert "第 3 行有划了删除线的内容" in said
    assert "“罚款金额（万元）”" in said


def test_an_xml_spreadsheet_says_what_its_cells_are_too() -> None:
    def line(*cells: str, row: str = "") -> str:
        return f"<Row{row}>{''.join(f'<Cell{one}</Data></Cell>' for one in cells)}</Row>"

    head = line(*(f'><Data ss:Type="String">{one}' for one in HEADER))
    body = line(
        ' ss:MergeDown="1"><Data ss:Type="String">锦川甲公司',
        '><Data ss:Type="Number">915101001439147008',
        '><Data ss:Type="String">1号',
        '><Data ss:Type="DateTime">2026-11-24T10:30:00.000',
    ) + line('ss:Index="3"><Data ss:Type="String">2号'.join((" ", "")), row=' ss:Hidden="1"')
    content = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Worksheet ss:Name="数据"><Table>{head}{body}</Table></Worksheet></Workbook>'
    )
    found = cells_read(content.encode(), ".xls")
    assert found[2, CODE] == ("915101001439147000", {LOST_DIGITS})
    assert found[2, DAY] == ("2026-11-24", {TAKEN_AS_SHOWN})
    assert found[3, NAME] == ("锦川甲公司", {MERGED})
    assert "第 3 行在工作表里是隐藏的" in told(content.encode(), ".xls")
