"""Missing ≠ empty ≠ broken (invariant 9): three different things, none of them a score, and nobody vanishes."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.scoring import periods
from tests.scoring.conftest import DATASETS, Hub, indicator

TIBET, QINGHAI, SICHUAN = "540000", "630000", "510000"


def words_of(hub: Hub, code: str) -> tuple[str, str]:
    folder = hub.home.scorecards / "2026-03"
    return (folder / "index.html").read_text(), (folder / f"{code}.html").read_text()


def test_missing_empty_and_broken_show_as_three_different_things(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    hub.unreadable("xizang", "empty_file")
    hub.unreadable("xizang", "no_rows")
    hub.unreadable("qinghai", "undecodable", "文件不是 UTF-8，也不是 GB18030。")
    result = hub.score()

    states = {row["region_code"]: row["status"] for row in total_rows(result.frame)}
    assert states.pop(SICHUAN) == "scored"
    assert states.pop(TIBET) == "empty"
    assert states.pop(QINGHAI) == "broken"
    assert set(states.values()) == {"no_data"}
    assert len(states) == 29
    assert "都没有数据行" in words_of(hub, TIBET)[1]
    assert "都无法读取" in words_of(hub, QINGHAI)[1]
    assert "文件不是 UTF-8，也不是 GB18030。" in words_of(hub, QINGHAI)[1]
    assert "没有收到任何文件" in words_of(hub, "110000")[1]


@pytest.mark.parametrize("code", [TIBET, QINGHAI, "110000"])
def test_none_of_them_has_points_a_total_or_a_rank(hub: Hub, code: str) -> None:
    hub.unreadable("xizang", "empty_file")
    hub.unreadable("qinghai", "broken_workbook")
    result = hub.score()
    rows = result.frame.filter(pl.col("region_code") == code)
    assert rows.height == 16
    assert rows["score"].null_count() == rows["rank"].null_count() == rows["grade"].null_count() == 16
    assert rows["status"].n_unique() == 1
    feeds = indicator(result, code, "update_timeliness_rate")
    assert (feeds["numerator"], feeds["denominator"], feeds["value"]) == (0, len(DATASETS), 0)


def test_nobody_vanishes_when_nobody_sent_anything(hub: Hub) -> None:
    result = hub.score()
    assert {row["status"] for row in total_rows(result.frame)} == {"no_data"}
    assert result.frame["region_code"].n_unique() == 32
    index = result.index.read_text()
    for code, name in hub.catalog.regions.items():
        assert name in index
        assert (result.folder / f"{code}.html").is_file()
    assert "还没有一个地区有总分" in index
    assert periods(hub.home, hub.catalog) == []


def test_garbage_brings_no_credit_for_having_arrived(hub: Hub) -> None:
    hub.deliver("qinghai", "enterprise_registration")
    hub.deliver("qinghai", "administrative_penalty")
    hub.unreadable("qinghai", dataset="administrative_licence")
    feeds = indicator(hub.score(), QINGHAI, "update_timeliness_rate")
    assert (feeds["numerator"], feeds["denominator"]) == (2, len(DATASETS))


def test_rows_that_were_all_refused_are_measured_and_score_badly(hub: Hub) -> None:
    hub.deliver_all("qinghai", rows=100, refused=100, missing_cells=900, code_valid_rows=0)
    result = hub.score()
    assert indicator(result, QINGHAI, "conformity_rate")["value"] == 0
    assert indicator(result, QINGHAI, "update_timeliness_rate")["value"] == 0
    assert indicator(result, QINGHAI, "timeliness_rate")["value"] == 0
    assert indicator(result, QINGHAI, "total")["score"] < 10
    assert indicator(result, QINGHAI, "total")["grade"] == "D"


def test_only_old_bytes_again_is_nothing_sent(hub: Hub) -> None:
    from datetime import date

    first = hub.deliver("sichuan", day="2026-02-20")
    hub.again(first, received_on=date(2026, 3, 3))
    result = hub.score()
    assert indicator(result, SICHUAN, "total")["status"] == "no_data"
    assert "只收到 1 个以前报送过的文件" in result.index.read_text()


def test_an_unreadable_file_beside_good_ones_is_listed_with_its_reason(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    hub.unreadable("sichuan", "undecodable", "第 118 行第 3 个字节 0xFF。", file_name="坏文件.csv")
    page = (hub.score().folder / f"{SICHUAN}.html").read_text()
    assert "坏文件.csv" in page
    assert "第 118 行第 3 个字节 0xFF。" in page
    assert f"1 / {len(DATASETS) + 1} 个没有读到数据行" in page


def test_the_months_with_deliveries_are_known(hub: Hub) -> None:
    hub.deliver("sichuan", day="2026-03-31")
    hub.unreadable("xizang", day="2026-01-01")
    hub.deliver("samr", day="2025-12-31")
    hub.commit()
    assert periods(hub.home, hub.catalog) == ["2026-01", "2026-03"]


def total_rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    return frame.filter(pl.col("indicator") == "total").rows(named=True)
