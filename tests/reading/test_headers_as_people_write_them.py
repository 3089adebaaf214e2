"""Headers as templates and exports write them: remarks are no part of a name, a unit is, and a slip is named."""

from __future__ import annotations

import pytest

from pipelines.catalog import Catalog
from pipelines.reading.header_texts import is_remark, key, unit_of
from pipelines.reading.headers import aliases, columns, find_header, header_of
from pipelines.reading.problems import Unreadable
from tests.conftest import ROOT
from tests.reading.penalties import HEADER

FIELDS = Catalog.load(ROOT / "catalog").fields("administrative_penalty")


def field_of(header: str) -> str:
    """What a header is among right ones."""
    other = "处罚机关" if key(header) in (key("备注"), "remark", "bz") else "备注"
    return columns([header, other], FIELDS, "行政处罚").names[0]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("*行政相对人名称\n（必填，填写全称）", "subject_name"),
        ("统一社会信用代码（18位）", "credit_code"),
        ("处罚类别（下拉选择）", "penalty_kinds"),
        ("处罚决定日期（格式：2024-01-01）", "decision_date"),
        ("处罚决定日期(YYYY-MM-DD)", "decision_date"),
        ("处罚机关(必填项)", "authority_name"),
        ("法定代表人(为法人和其他组织时，必填)", "legal_representative"),
        ("证件号码（为自然人时必填", "certificate_number"),
        ("1.行政相对人名称", "subject_name"),
        ("处罚依据 必填", "penalty_basis"),
        ("处罚内容\n不超过4000个字符", "penalty_content"),
        ("★违法事实【选填】", "violation_facts"),
        ("行政相对人名称（CF_XDR_MC）", "subject_name"),
        ("CF_WSH 决定书文号", "document_number"),
        ("罚款金额（单位：万元）", "fine_amount_cny_10k"),
        ("罚款金额（万元，没有的填0）", "fine_amount_cny_10k"),
        ("罚款金额 (万元)（必填）", "fine_amount_cny_10k"),
    ],
)
def test_a_remark_in_a_header_is_no_part_of_its_name(header: str, field: str) -> None:
    assert field_of(header) == field


@pytest.mark.parametrize(
    "header",
    [
        "罚款金额（元）",
        "罚款金额（必填，单位：元）",
        "罚款金额/元",
        "罚款金额（千元）",
        "罚款金额",
        "罚款金额（人民币亿元）",
    ],
)
def test_an_amount_in_another_unit_or_in_none_is_not_read_and_its_right_header_is_told(header: str) -> None:
    found = columns([header, "备注"], FIELDS, "行政处罚")
    [unit] = found.other_units
    assert found.names[0].startswith("unknown:")
    assert (unit.field.id, unit.wanted, unit.wanted_unit) == ("fine_amount_cny_10k", "罚款金额（万元）", "万元")


@pytest.mark.parametrize("header", ["法定代表人（联系电话）", "行政相对人代码_2", "处罚日期", "公示截至期"])
def test_what_may_be_another_column_is_never_guessed(header: str) -> None:
    assert field_of(header).startswith("unknown:")


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("公示截至期", "公示截止期"),
        ("处罚日期", "处罚决定日期"),
        ("行政相对人名稱", "行政相对人名称"),
        ("处罚机关代码", "处罚机关统一社会信用代码"),
    ],
)
def test_the_nearest_column_is_named_for_a_slip(header: str, meant: str) -> None:
    [near] = columns([header, "备注", "处罚机关"], FIELDS, "行政处罚").near
    assert (near.text, near.field.title_zh) == (header, meant)


def test_every_known_header_is_its_own_field() -> None:
    known = aliases(FIELDS)
    for field in FIELDS:
        for header in field.accepted_headers:
            assert known[key(header)] == field.id
            assert field_of(header) == field.id


def test_a_header_in_two_rows_is_joined_column_by_column() -> None:
    upper = ["行政相对人名称", "统一社会信用代码", "处罚决定书文号", "金额", "", "处罚机关", ""]
    lower = ["", "", "", "罚款金额（万元）", "说明", "处罚机关", "统一社会信用代码"]
    row = ["甲公司", "91350100M000100Y43", "一号", "0.5", "", "锦川市局", "11510100MYTKY7NB6T"]
    rows = [["处罚信息表"], upper, lower, row]
    place, last, known = find_header(rows, FIELDS)
    assert (place, last, known) == (1, 2, 6)
    assert columns(header_of(rows, place, last, FIELDS), FIELDS, "").names == (
        *("subject_name", "credit_code", "document_number", "fine_amount_cny_10k", "unknown:5:说明", "authority_name"),
        "authority_code",
    )


def test_a_row_of_data_below_a_header_is_never_taken_for_a_part_of_it() -> None:
    rows = [HEADER, ["甲公司", "", "", *["备注"] * (len(HEADER) - 3)]]
    assert find_header(rows, FIELDS)[:2] == (0, 0)
    assert header_of(rows, 0, 0, FIELDS) == tuple(HEADER)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["行政相对人名称\x01处罚机关\x01备注"], "Hive"),
        (
            [text.encode("big5").decode("gb18030") for text in ("行政相對人名稱", "統一社會信用代碼", "處罰機關")],
            "Big5",
        ),
        ([["行政相对人名", "处罚决定文号"][0], "处罚的决定文号"], "是不是“行政相对人名称”"),
    ],
)
def test_why_no_column_is_known_is_said(header: list[str], said: str) -> None:
    with pytest.raises(Unreadable) as caught:
        columns(header, FIELDS, "行政处罚")
    assert caught.value.problem.code == "unknown_header"
    assert said in caught.value.problem.message_zh


@pytest.mark.parametrize(
    "text", ["必填", "18位", "不超过200字符", "格式：2024-01-01", "下拉选择", "填写全称", "varchar(200)"]
)
def test_a_remark_is_known(text: str) -> None:
    assert is_remark(text)


@pytest.mark.parametrize("text", ["锦川示例食品有限公司", "2000", "1", "罚款", "第一百二十四条", "0.5"])
def test_a_cell_of_a_record_is_no_remark(text: str) -> None:
    assert not is_remark(text)


def test_a_unit_is_found_wherever_it_stands() -> None:
    assert unit_of("罚款金额（必填，单位：元）") == ("罚款金额", "元")
    assert unit_of("罚款金额 元") == ("罚款金额", "元")
    assert unit_of("处罚机关") is None
