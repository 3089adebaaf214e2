"""A person who has never seen the hub is told, for each fault, what the line or the file should be and what it is."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from tests.conftest import GOOD_CODES, HEADER, Home, file, row

DATASET = "enterprise_registration"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], pl.DataFrame, str]]:
    """Receipt, findings and page by file name."""
    from pipelines.ground.settings import Settings
    from pipelines.storage.hub import Hub

    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("told") / "home")))
    lines = [row(GOOD_CODES[0]), "甲,乙", row(GOOD_CODES[1]) + ",多", '"' + row(GOOD_CODES[2]), row(GOOD_CODES[3])]
    text = "登记信息汇总\n" + file(*lines).removesuffix("\n") + "\n"
    broken = text.encode("gb18030").replace(b"\n" + row(GOOD_CODES[3]).encode("gb18030"), b"\n\xff\xff,")
    mixed = broken + row(GOOD_CODES[4]).encode() + b"\n"
    folder = home.drop("sichuan", DATASET, file(row()), name="right.csv").parent
    (folder / "broken.csv").write_bytes(mixed)
    elements = [dict(zip(HEADER.split(","), row(code, 所在省份="").split(","), strict=True)) for code in GOOD_CODES[:2]]
    (folder / "two.json").write_text(json.dumps(elements, ensure_ascii=False), encoding="utf-8")
    home.drop("sichuan", "administrative_penalty", file(row(GOOD_CODES[0])), name="elsewhere.csv")
    (folder / "wide_commas.csv").write_text(file(row()).replace(",", "，"), encoding="utf-8")
    found = {}
    for receipt in home.collect():
        page = home.root / "outbox/sichuan" / receipt["batch_id"] / "receipt.html"
        found[receipt["file_name"]] = (receipt, home.findings(receipt), page.read_text(encoding="utf-8"))
    return found


def test_a_malformed_line_says_what_it_should_be_and_what_it_is(told: dict[str, Any]) -> None:
    receipt, findings, page = told["broken.csv"]
    width = len(HEADER.split(","))
    lines = findings.filter(pl.col("rule_id") == f"{DATASET}.record.column_count")
    said = dict(lines.select("row_number", "expected").rows())
    assert said == {
        "4": f"{width} 列，与表头一致；这一行是 2 列",
        "5": f"{width} 列，与表头一致；这一行是 {width + 1} 列",
        "6": f"{width} 列，英文双引号成对；这一行的双引号不成对",
        "7": "与全文同一种编码；这一行有不能解码的字节",
        "8": "与全文同一种编码；这一行是另一种编码",
    }
    assert all(text in page for text in said.values())
    assert receipt["rows"] == {"in": 6, "accepted": 1, "refused": 5, "warned": 0}


def test_an_element_of_json_has_a_number_and_no_letters_of_columns(told: dict[str, Any]) -> None:
    receipt, findings, page = told["two.json"]
    assert receipt["rows"]["refused"] == 2
    assert set(findings["row_number"]) == {"1", "2"}
    assert "第 1 个元素</b><small>" in page
    assert "第 1 行" not in page


def test_a_file_in_the_wrong_folder_is_told_where_it_belongs(told: dict[str, Any]) -> None:
    receipt, _, page = told["elsewhere.csv"]
    assert receipt["problem"]["code"] == "missing_columns"
    assert f"如果放错了目录，请原样放到 {DATASET} 目录" in receipt["problem"]["message_zh"]
    assert f"请原样放到 {DATASET} 目录" in page


def test_a_file_of_which_nothing_was_taken_is_to_come_again_as_a_whole(told: dict[str, Any]) -> None:
    receipt, _, page = told["wide_commas.csv"]
    assert (receipt["status"], receipt["rows"]["in"]) == ("rejected", 0)
    assert "列名之间用的是“，”" in page
    assert "一行都没有入库" in page
    assert "把改好的整个文件放回原来的收件目录" in page
    assert "只报改正的行" not in page
