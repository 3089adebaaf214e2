"""Quotes and separators that databases escape with a backslash: read as they are meant, or refused; never cut in silence."""

from __future__ import annotations

import pytest

from tests.reading.reader import fields_of, read

FIELDS = fields_of(("名称", "事实", "备注"))
HEADER = "名称,事实,备注\n"


def cells(body: str, encoding: str = "utf-8") -> list[tuple[str, ...]]:
    """The records of a file, and no line is left out of them."""
    found = read((HEADER + body).encode(encoding), FIELDS)
    assert found.malformed == ()
    return list(found.records.values())


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_an_escaped_quote_ends_no_cell(encoding: str) -> None:
    body = '"甲公司","销售\\"三无\\"产品","x"\n"乙公司","平常","y"\n'
    assert cells(body, encoding) == [("甲公司", '销售\\"三无\\"产品', "x"), ("乙公司", "平常", "y")]


def test_a_cell_may_end_with_an_escaped_quote_or_run_over_lines() -> None:
    body = '"甲公司","\\"三无\\"","x"\n"乙公司","一\\"二\\"\n三","y"\n'
    assert cells(body) == [("甲公司", '\\"三无\\"', "x"), ("乙公司", '一\\"二\\"\n三', "y")]


def test_an_escaped_separator_is_part_of_its_cell() -> None:
    assert cells("甲公司,共3件\\,已下架,\\N\n乙公司,平常,y\n") == [
        ("甲公司", "共3件\\,已下架", "\\N"),
        ("乙公司", "平常", "y"),
    ]


def test_a_backslash_at_the_end_of_a_cell_is_no_escape() -> None:
    body = '"甲公司","C:\\","x"\n"乙公司","平常","y"\n'
    assert cells(body) == [("甲公司", "C:\\", "x"), ("乙公司", "平常", "y")]


def test_doubled_quotes_hold_in_the_same_file() -> None:
    body = '"甲公司","说""好""","x"\n"乙公司","\\"三无\\"产品","y"\n'
    assert cells(body) == [("甲公司", '说"好"', "x"), ("乙公司", '\\"三无\\"产品', "y")]


def test_a_line_that_escapes_do_not_explain_is_refused_alone() -> None:
    found = read((HEADER + '"甲公司","销售\\"三无"产品","x"\n"乙公司","\\"三无\\"","y"\n').encode(), FIELDS)
    assert list(found.records.values()) == [("乙公司", '\\"三无\\"', "y")]
    assert [number for number, _ in found.malformed] == [2]
