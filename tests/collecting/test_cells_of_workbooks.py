"""What a cell is decides over its row: in the receipt, in the findings and in the lake; both routes count it, or this raises."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from pipelines.ground.clock import CHINA
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.conftest import Home

DATASET = "administrative_penalty"
NOW = datetime(2026, 11, 30, 10, tzinfo=CHINA)
RIGHT = {
    "行政相对人名称": "锦川示例食品有限公司",
    "行政相对人类别": "法人及非法人组织",
    "统一社会信用代码": "91510100MYPYE93785",
    "法定代表人": "诸葛若岚",
    "证件类型": None,
    "证件号码": None,
    "行政处罚决定书文号": "锦市监处罚〔2026〕18号",
    "违法行为类型": "经营超过保质期的食品",
    "违法事实": "当事人货架上有超过保质期的饼干12袋。",
    "处罚依据": "《中华人民共和国食品安全法》第一百二十四条第一款第（五）项",
    "处罚类别": "罚款",
    "处罚内容": "罚款人民币5000元。",
    "罚款金额（万元）": "0.5",
    "处罚决定日期": "2026-11-24",
    "处罚有效期": "2099-12-31",
    "公示截止期": "2027-11-24",
    "处罚机关": "锦川市市场监督管理局",
    "处罚机关统一社会信用代码": "11510100MYTKY7NB6T",
    "数据来源单位": "锦川市公共信用信息中心",
    "数据来源单位统一社会信用代码": "12510100MYLXU54H4G",
    "数据更新时间": "2026-11-25 09:30:00",
}
NUMBER, CODE, PERSON, AMOUNT, DAY = (
    "行政处罚决定书文号",
    "统一社会信用代码",
    "证件号码",
    "罚款金额（万元）",
    "处罚决定日期",
)


def workbook(*rows: dict[str, Any], merges: tuple[tuple[int, int, str], ...] = ()) -> bytes:
    """Rows of a penalty file; a cell that is a pair is a value and its number format."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, RIGHT)
        for number, changed in enumerate(rows, start=1):
            for column, cell in enumerate((RIGHT | {NUMBER: f"锦市监处罚〔2026〕{number}号"} | changed).values()):
                value, code = cell if isinstance(cell, tuple) else (cell, None)
                sheet.write(number, column, value, book.add_format({"num_format": code}) if code else None)
        for first, last, name in merges:
            sheet.merge_range(first, list(RIGHT).index(name), last, list(RIGHT).index(name), RIGHT[name])
    return buffer.getvalue()


FILES = {
    "号码.xlsx": workbook(
        {},
        {CODE: (915101001439147008, None)},
        {CODE: None, "行政相对人类别": "自然人", "证件类型": "身份证", PERSON: (510100196504099968, "0")},
        {NUMBER: (18, '"锦市监处罚〔2026〕"0"号"')},
        {NUMBER: (44010620241101000123, "0")},
    ),
    "金额.xlsx": workbook({AMOUNT: (500, "0!.0000")}, {AMOUNT: (0.5, '0.00"万元"')}, {AMOUNT: (5000, '0"元"')}),
    "日期.xlsx": workbook({DAY: (46350, "yyyy年m月d日")}, {DAY: (46350.4375, "yyyy-mm-dd")}, {DAY: (46350, None)}),
    "合并.xlsx": workbook({}, {"行政相对人名称": None}, {"行政相对人名称": None}, merges=((1, 3, "行政相对人名称"),)),
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, dict[str, Any]]]:
    """One pass over the files; receipts by file name."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("cells") / "home")))
    for name, content in FILES.items():
        home.drop("sichuan", DATASET, content, name)
    home.drop(
        "sichuan", DATASET, ",".join(RIGHT).encode() + b"\n", "leer.csv"
    )  # files with and without cells in one group
    return home, {receipt["file_name"]: receipt for receipt in home.collect(NOW)}


def found(collected: tuple[Home, dict[str, dict[str, Any]]], name: str) -> set[tuple[int, str]]:
    """Rows and rules of the findings, the subject's name left out: the examples are no registered ones."""
    home, receipts = collected
    path = home.hub.home.outbox("sichuan", receipts[name]["batch_id"]) / "findings.csv"
    lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    return {(int(one["row_number"]), one["rule_id"].partition(".")[2]) for one in lines}


def lake(home: Home, receipt: dict[str, Any]) -> pl.DataFrame:
    return home.records(DATASET).filter(pl.col("_batch_id") == receipt["batch_id"]).sort("_row_number")


def test_number_cells_are_no_identifiers_and_a_number_shown_as_a_text_is_that_text(collected: Any) -> None:
    home, receipts = collected
    assert {
        (3, "credit_code.lost_digits"),
        (4, "certificate_number.lost_digits"),
        (5, "document_number.taken_as_shown"),
        (6, "document_number.lost_digits"),
    } <= found(collected, "号码.xlsx")
    rows = lake(home, receipts["号码.xlsx"])
    assert rows["_row_number"].to_list() == [2, 5]
    assert rows["document_number"].to_list() == ["锦市监处罚〔2026〕1号", "锦市监处罚〔2026〕18号"]


def test_an_amount_that_is_shown_in_another_unit_is_refused(collected: Any) -> None:
    home, receipts = collected
    broken = {one for one in found(collected, "金额.xlsx") if one[1].endswith(".shown_otherwise")}
    assert broken == {(2, "fine_amount_cny_10k.shown_otherwise"), (4, "fine_amount_cny_10k.shown_otherwise")}
    assert lake(home, receipts["金额.xlsx"])["fine_amount_cny_10k"].to_list() == [Decimal("0.5")]


def test_days_are_days_in_every_format_that_shows_them(collected: Any) -> None:
    home, receipts = collected
    assert {(3, "decision_date.taken_as_shown"), (4, "decision_date.date")} <= found(collected, "日期.xlsx")
    assert lake(home, receipts["日期.xlsx"])["decision_date"].to_list() == [date(2026, 11, 24)] * 2


def test_merged_cells_count_for_each_of_their_rows_with_a_remark(collected: Any) -> None:
    home, receipts = collected
    merged = {one for one in found(collected, "合并.xlsx") if one[1].endswith(".merged_cell")}
    assert merged == {(3, "subject_name.merged_cell"), (4, "subject_name.merged_cell")}
    assert lake(home, receipts["合并.xlsx"])["subject_name"].to_list() == [RIGHT["行政相对人名称"]] * 3
