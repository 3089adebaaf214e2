"""Two standards, one code: 1 is 撤销 in a file of the 2015 layout and 有效 in one of the current layout."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.conftest import Home, rules_of

DATASET = "administrative_licence"
CURRENT = {
    "XK_XDR_MC": "成都蜀锦文化有限公司", "XK_XDR_LB": "法人及非法人组织", "XK_XDR_SHXYM": "91350100M000100Y43", "XK_FRDB": "诸葛若岚",
    "XK_XKWS": "准予食品经营许可决定书", "XK_WSH": "锦市监许准〔2026〕1号", "XK_XKLB": "普通", "XK_NR": "热食类食品制售",
    "XK_JDRQ": "2026-11-12", "XK_YXQZ": "2026-11-12", "XK_YXQZI": "2031-11-11", "XK_XKJG": "锦川市市场监督管理局",
    "XK_XKJGDM": "11510100MYTKY7NB6T", "XK_ZT": "1", "XK_LYDW": "锦川市公共信用信息中心", "XK_LYDWDM": "12510100MYLXU54H4G",
}  # fmt: skip
RENAMED = {"XK_XDR_MC": "XK_XDR", "XK_FRDB": "XK_FR", "XK_XKLB": "XK_SPLB", "XK_XKJG": "XK_XZJG"}


def content(statuses: list[str], renamed: dict[str, str] | None = None, serial: str = "") -> bytes:
    """A file of licences with these statuses, its columns renamed."""
    names = renamed or {}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([names.get(name, name) for name in CURRENT])
    for number, status in enumerate(statuses, start=1):
        cells = {**CURRENT, "XK_ZT": status, "XK_WSH": f"锦市监许准〔2026〕{serial}{number}号"}
        writer.writerow(cells.values())
    return buffer.getvalue().encode()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, dict[str, Any]]]:
    """One pass over files of both layouts; receipts by file name."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("layouts") / "home")))
    drop = home.drop("sichuan", DATASET, content(["1", "2", "有效", "撤销"], serial="10"), "current.csv")
    home.drop("sichuan", DATASET, content(["1", "0", "撤销", "2", "有效"], RENAMED, serial="20"), "legacy.csv")
    home.drop("sichuan", DATASET, content(["1"], {"XK_XDR_MC": "XK_XDR"}, serial="30"), "mixed.csv")
    home.drop("sichuan", DATASET, content(["1"], {"XK_XDR_MC": "行政相对人名称"}, serial="40"), "told.csv")
    home.drop("sichuan", DATASET, content(["1"], serial="50"), "strange.csv")
    (drop.parent / "told.manifest.json").write_text(json.dumps({"schema_version": "2015", "rows": 1}))
    (drop.parent / "strange.csv.manifest.json").write_text(json.dumps({"schema_version": "1949"}))
    return home, {receipt["file_name"]: receipt for receipt in home.collect()}


def stored(home: Home, receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """The status and the status as sent of a batch's accepted rows, by row."""
    rows = home.records(DATASET).filter(pl.col("_batch_id") == receipt["batch_id"]).sort("_row_number")
    return list(rows.select("record_status", "_record_status_as_sent").rows())


def test_the_same_code_means_what_the_layout_of_its_file_says(collected: tuple[Home, dict[str, Any]]) -> None:
    home, receipts = collected
    assert stored(home, receipts["current.csv"]) == [("1", "1"), ("2", "2"), ("1", "有效")]
    assert stored(home, receipts["legacy.csv"]) == [("2", "1"), ("1", "0"), ("2", "撤销")]


def test_a_code_that_its_layout_does_not_know_or_that_means_nothing_today_is_refused(
    collected: tuple[Home, dict[str, Any]],
) -> None:
    """撤销 is no text of the current table; 2 异议 of the old one has no meaning today, and 有效 is no text of it."""
    _, receipts = collected
    assert rules_of(receipts["current.csv"]) == {"record_status.in_table": 1}
    assert rules_of(receipts["legacy.csv"]) == {"record_status.in_table": 2}
    assert receipts["legacy.csv"]["rows"] == {"in": 5, "accepted": 3, "refused": 2, "warned": 0}


def test_columns_of_both_standards_in_one_file_are_not_guessed(collected: tuple[Home, dict[str, Any]]) -> None:
    _, receipts = collected
    assert receipts["mixed.csv"]["problem"]["code"] == "layout_unclear"
    assert "XK_XDR" in receipts["mixed.csv"]["problem"]["message_zh"]


def test_a_manifest_says_which_standard_holds_where_headers_do_not(collected: tuple[Home, dict[str, Any]]) -> None:
    home, receipts = collected
    assert receipts["told.csv"]["status"] == "accepted"
    assert stored(home, receipts["told.csv"]) == [("2", "1")]
    assert receipts["strange.csv"]["problem"]["code"] == "unknown_schema_version"


def test_the_suite_that_checks_independently_names_every_layout() -> None:
    """Double entry: the expectation in git asks for the texts of each layout, and the pass above balanced with it."""
    folder = Path(__file__).resolve().parents[2] / "expectations"
    suite = json.loads((folder / f"{DATASET}.json").read_text(encoding="utf-8"))
    rule = next(e for e in suite["expectations"] if e["meta"]["rule_id"] == f"{DATASET}.record_status.in_table")
    assert rule["kwargs"]["check"] == "in_set_of_layout"
    texts = set(rule["kwargs"]["parameters"])
    assert {"double_publicity_2018|1", "double_publicity_2015|1", "double_publicity_2015|0"} <= texts
    assert "double_publicity_2015|2" not in texts
