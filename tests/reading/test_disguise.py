"""What export programs call .xls and is none: read as what it is, said so, and never taken for something else in silence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pipelines.ground.limits import Limits
from pipelines.reading import Source, Terms, Unreadable, open_source
from tests.reading.reader import Read, fields_of, read

HEADERS = ("企业名称", "文号", "日期", "金额", "标志")
FIELDS = fields_of(HEADERS)
HEAD = "<tr>" + "".join(f"<th>{name}</th>" for name in HEADERS) + "</tr>"


def page(*rows: str, before: str = "", after: str = "") -> str:
    """A web page with a table below its header."""
    style = "<style>td{mso-number-format:'\\@'}</style><script>if(1<2){document.write('<tr><td>假</td></tr>')}</script>"
    begin = f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="gb2312"><title>导出</title>{style}'
    return f"{begin}</head><body>{before}<table border=1>{HEAD}{''.join(rows)}</table>{after}</body></html>"


def opened(content: bytes, suffix: str = ".xls", **limits: int) -> Source:
    """A file opened as the hub opens it."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "file"
    path.write_bytes(content)
    return open_source(path, suffix, FIELDS, "测试", folder, Terms(Limits(**limits)))


def book(content: str, encoding: str = "gb18030") -> Read:
    return read(content.encode(encoding), FIELDS, ".xls")


def problem(content: bytes, **limits: int) -> str:
    with pytest.raises(Unreadable) as caught:
        opened(content, **limits)
    assert caught.value.problem.message_zh
    return caught.value.problem.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_web_page_gives_the_rows_a_person_sees_under_the_numbers_a_person_sees(encoding: str) -> None:
    found = book(
        page(
            "<tr><td>甲&amp;乙<b>公司</b></td><td>一<br>号</td><td x:num=46086>2026-03-05</td><td> 0.3\n </td><td>&nbsp;</td></tr>",
            "<tr></tr>",
            "<TR><TD>丙<TD colspan=2>二号<TD>1&lt;2<!-- 不见 -->",
            "<tr><td rowspan=2>丁</td><td>三号</td></tr><tr><td>四号</td><td>2026-03-06</td></tr>",
        ),
        encoding,
    )
    assert found.records == {
        2: ("甲&乙公司", "一\n号", "2026-03-05", "0.3", ""),
        4: ("丙", "二号", "", "1<2", ""),
        5: ("丁", "三号", "", "", ""),
        6: ("", "四号", "2026-03-06", "", ""),
    }


def test_tables_of_a_page_stand_below_each_other_and_layout_tables_are_no_rows() -> None:
    inner = f"<table>{HEAD}<tr><td>甲</td><td>一号</td></tr></table>"
    second = f"<table>{HEAD}<tr><td>乙</td><td>二号</td></tr></table>"
    title = "<table><tr><td colspan=5>行政处罚报送表</td></tr></table>"
    content = f"<table><tr><td>{title}{inner}</td></tr><tr><td>{second}</td></tr></table>"
    source = opened(content.encode())
    rows = source.rows.filter(~source.rows.collect()["_empty"]).collect()
    assert rows["_row_number"].to_list() == [3, 5]
    assert [skipped_row.in_words() for skipped_row in source.skipped_rows] == ["第 1 行（标题或说明）：行政处罚报送表"]


def test_the_receipt_is_told_what_it_is() -> None:
    for content, words in (
        (page("<tr><td>甲</td></tr>"), "网页（HTML 表格）"),
        ("\t".join(HEADERS) + "\n甲\t一号\t\t\t\n", "文本"),
        (spreadsheet(cell("甲")), "XML 电子表格 2003"),
        (archive(page("<tr><td>甲</td></tr>")), "单个文件网页（MHTML）"),
    ):
        notice = opened(content.encode("gb18030"), ".xls").notice
        assert words in notice
        assert "文件名的结尾是 .xls" in notice


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_text_under_the_name_of_a_workbook_is_text(encoding: str) -> None:
    text = "\t".join(HEADERS) + "\n甲\t一号\t2026-03-05\t0.3\t是\n乙\t二号\n丙\t三号\t\t\t\n"
    found = book(text, encoding)
    assert sorted(found.records) == [2, 4]
    assert [number for number, _ in found.malformed] == [3]


def test_a_line_in_another_encoding_is_refused_in_a_page_too() -> None:
    lines = page(before="\n").replace("</table>", "\n")
    good = "".join(f"<tr><td>企业{n}有限公司</td><td>文书第{n}号</td></tr>\n" for n in range(9))
    foreign = "<tr><td>成都蜀锦文化有限公司</td><td>川市监处罚</td></tr>\n"
    for main, other in (("gb18030", "utf-8"), ("utf-8", "gb18030")):
        found = read((lines + good).encode(main) + foreign.encode(other) + b"</table>", FIELDS, ".xls")
        assert len(found.records) == 10
        last = found.records[max(found.records)]
        assert all("\ufffd" in cell for cell in last[:2])
        assert not any("\ufffd" in cell for number in range(2, 11) for cell in found.records[number])


SPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def cell(text: str, kind: str = "String", more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{text}</Data></Cell>'


def spreadsheet(*cells: str, rows: str = "", sheets: str = "", declared: str = "gb2312") -> str:
    """An XML spreadsheet of 2003."""
    head = "".join(map(cell, HEADERS))
    sheet = f'<Worksheet ss:Name="数据"><Table><Row>{head}</Row><Row>{"".join(cells)}</Row>{rows}</Table></Worksheet>'
    return (
        f'<?xml version="1.0" encoding="{declared}"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        f'<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}" xmlns:x="urn:schemas-microsoft-com:office:excel">{sheet}{sheets}</Workbook>'
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_an_xml_spreadsheet_gives_what_a_workbook_would(encoding: str) -> None:
    rows = (
        f'<Row ss:Index="5">{cell("乙")}{cell("2026-03-05T14:30:00.000", "DateTime", "ss:Index=" + chr(34) + "3" + chr(34))}'
        f"{cell('915101006400130000', 'Number')}{cell('1', 'Boolean')}</Row>"
        f"<Row>{cell('丙')}{cell('#REF!', 'Error')}</Row>"
    )
    number = cell("0.30000000000000004", "Number", 'ss:Formula="=0.1+0.2"')
    first = (cell("甲<B>公司</B>"), cell("一&#10;号"), cell("2026-03-05T00:00:00.000", "DateTime"), number)
    found = read(spreadsheet(*first, rows=rows).encode(encoding), FIELDS, ".xls")
    assert found.records == {
        2: ("甲公司", "一\n号", "2026-03-05", "0.3", ""),
        5: ("乙", "", "2026-03-05 14:30:00", "915101006400130000", "true"),
    }
    assert found.malformed == ((6, "丙\t#REF!\t\t\t"),)


def test_rows_on_two_sheets_of_an_xml_spreadsheet_are_refused() -> None:
    row = f"<Row>{''.join(map(cell, HEADERS))}</Row><Row>{cell('乙')}</Row>"
    more = f'<Worksheet ss:Name="二月"><Table>{row}</Table></Worksheet>'
    assert problem(spreadsheet(cell("甲"), sheets=more).encode()) == "several_sheets"


def archive(html: str) -> str:
    """A web archive with one part."""
    import base64

    body = base64.encodebytes(html.encode("gb18030")).decode()
    return (
        "MIME-Version: 1.0\nX-Document-Type: Workbook\n"
        'Content-Type: multipart/related; boundary="----=_X"\n\n'
        "------=_X\nContent-Location: file:///C:/a/sheet001.htm\nContent-Transfer-Encoding: base64\n"
        f'Content-Type: text/html; charset="gb2312"\n\n{body}\n------=_X--\n'
    )


def test_a_web_archive_gives_the_rows_of_its_pages() -> None:
    found = book(archive(page("<tr><td>甲</td><td>一号</td></tr>")))
    assert found.records == {2: ("甲", "一号", "", "", "")}


def test_what_is_hostile_or_no_table_is_refused_with_a_word() -> None:
    entity = spreadsheet(cell("&e;")).replace(
        "<Workbook", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Workbook', 1
    )
    assert problem(entity.encode()) == "workbook_entities"
    late = spreadsheet(cell("&e;")).replace(
        "<Workbook", f'<!--{"-x" * 40_000}--><!DOCTYPE x [<!ENTITY e "乙">]><Workbook', 1
    )
    assert problem(late.encode()) in {"workbook_entities", "broken_workbook"}
    assert problem(spreadsheet(cell("甲")).encode()[:-40]) == "broken_workbook"
    assert problem(spreadsheet('<Cell ss:Formula="=1+1"/>').encode()) == "workbook_formulas"
    assert problem(spreadsheet(cell("甲", more='ss:Index="99999999999"')).encode()) == "broken_workbook"
    assert problem(b"<html><body>404 Not Found</body></html>") == "broken_workbook"
    assert problem(b"\x00\x01\x02\x03" * 40) == "broken_workbook"
    assert problem(b"%PDF-1.7 and so on") == "broken_workbook"


def test_limits_hold_for_markup() -> None:
    rows = "".join(f"<tr><td>企业{n}</td><td>{n}号</td></tr>" for n in range(50))
    assert problem(page(rows).encode(), cells=100) == "too_large"
    assert problem(page(rows).encode(), rows=20) == "too_large"
    assert problem(page(f"<tr><td>{'长' * 3000}</td></tr>").encode(), row_bytes=2000) == "too_large"
    assert problem(page("<tr><td colspan=999999999>甲</td><td>乙</td></tr>").encode(), columns=50) == "too_large"
    assert problem(spreadsheet(cell("甲"), rows='<Row ss:Index="5000000"/>').encode(), rows=1000) == "too_large"
    two = spreadsheet(cell("甲"), sheets='<Worksheet ss:Name="二"><Table/></Worksheet>')
    assert problem(two.encode(), sheets=1) == "too_large"
