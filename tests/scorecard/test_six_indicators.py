"""The numbers of a whole country, computed a second time in plain Python from ledger and lake as they lie on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from pipelines.scorecard import ScoreResult
from tests.scorecard.conftest import DATASETS, PERIOD, Hub, indicator, key_field
from tests.scorecard.country import SPECIAL, deliver_a_month

LIMITS = {
    "conformity_rate": (16, 0.80, 0.99),
    "timeliness_rate": (40, 0.60, 0.99),
    "code_accuracy_rate": (14, 0.95, 0.999),
    "completeness_rate": (12, 0.90, 0.995),
    "duplicate_rate": (6, 0.05, 0.001),
    "update_timeliness_rate": (12, 0.60, 1.0),
}
GRADES = [(90, "A"), (80, "B"), (70, "C"), (0, "D")]


@pytest.fixture(scope="module")
def month(make_hub: Callable[[], Hub]) -> tuple[Hub, ScoreResult]:
    hub = make_hub()
    deliver_a_month(hub)
    hub.deliver("samr", rows=50_000, refused=40_000)
    hub.deliver("sichuan", rows=1_000, refused=900, day="2026-04-01")
    return hub, hub.score()


def plain_counts(hub: Hub) -> dict[str, dict[str, tuple[int, int]]]:
    """Numerator and denominator by region and indicator: loops, no SQL."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: {name: [0, 0] for name in LIMITS})
    arrived = set()
    for row in hub_rows(hub, "ledger/batches"):
        if (row["received_on"].year, row["received_on"].month) != (2026, 3) or row["status"] == "duplicate":
            continue
        region = found[row["region_code"]]
        for name, numerator, denominator in (
            ("conformity_rate", row["rows_accepted"], row["rows_in"]),
            ("timeliness_rate", row["dated_rows"] - row["late_rows"], row["dated_rows"]),
            ("code_accuracy_rate", row["code_valid_rows"], row["code_rows"]),
            ("completeness_rate", row["required_cells"] - row["missing_cells"], row["required_cells"]),
        ):
            region[name][0] += numerator
            region[name][1] += denominator
        if row["rows_accepted"]:
            arrived.add((row["region_code"], row["dataset_id"]))
    for dataset in DATASETS:
        seen = set()
        for row in hub_rows(hub, f"records/{dataset}"):
            if not date(2026, 3, 1) <= row["_received_on"] <= date(2026, 3, 31):
                continue
            key = (row[key_field(hub.catalog, dataset)],)
            counted = found[row["_region_code"]]["duplicate_rate"]
            counted[0] += (row["_region_code"], *key) in seen
            counted[1] += 1
            seen.add((row["_region_code"], *key))
    for code in hub.catalog.regions:
        found[code]["update_timeliness_rate"] = [sum((code, d) in arrived for d in DATASETS), len(DATASETS)]
    return {code: {name: (pair[0], pair[1]) for name, pair in some.items()} for code, some in found.items()}


def hub_rows(hub: Hub, folder: str) -> list[dict[str, Any]]:
    paths = sorted((hub.home.root / "lake" / folder).rglob("*.parquet"))
    return [row for path in paths for row in pl.read_parquet(path, hive_partitioning=False).rows(named=True)]


def test_every_numerator_and_denominator_equals_an_independent_count(month: tuple[Hub, ScoreResult]) -> None:
    hub, result = month
    plain = plain_counts(hub)
    table = result.frame.filter(pl.col("indicator") != "total")
    assert table.height == 32 * len(LIMITS)
    for row in table.iter_rows(named=True):
        assert (row["numerator"], row["denominator"]) == plain[row["region_code"]][row["indicator"]], row


def test_every_value_and_score_follows_from_numerator_and_denominator(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    for row in result.frame.filter(pl.col("indicator") != "total").iter_rows(named=True):
        weight, floor, target = LIMITS[row["indicator"]]
        assert row["weight"] == weight
        if not row["denominator"]:
            assert (row["value"], row["score"]) == (None, None)
            continue
        value = row["numerator"] / row["denominator"]
        assert row["value"] == pytest.approx(value)
        if row["status"] == "scored":
            line = 100 * (value - floor) / (target - floor)
            assert row["score"] == pytest.approx(min(100, max(0, line)), abs=1e-6)


def test_every_total_grade_and_rank_follows_from_the_indicators(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    totals = result.frame.filter(pl.col("indicator") == "total").rows(named=True)
    assert [row["status"] for row in totals].count("scored") == 32 - len(SPECIAL)
    best = sorted((row["score"] for row in totals if row["score"] is not None), reverse=True)
    for total in totals:
        rows = result.frame.filter(pl.col("region_code") == total["region_code"], pl.col("indicator") != "total")
        measured = [row for row in rows.iter_rows(named=True) if row["score"] is not None]
        if total["status"] != "scored":
            assert (total["score"], total["grade"], total["rank"]) == (None, None, None)
            continue
        weight = sum(row["weight"] for row in measured)
        points = sum(row["score"] * row["weight"] for row in measured) / weight
        assert total["score"] == pytest.approx(points, abs=1e-6)
        assert total["denominator"] == total["weight"] == weight
        assert total["numerator"] == pytest.approx(points * weight / 100, abs=1e-6)
        assert total["grade"] == next(grade for minimum, grade in GRADES if total["score"] >= minimum)
        assert total["rank"] == best.index(total["score"]) + 1


def test_the_table_has_the_columns_of_the_contract_and_every_region(month: tuple[Hub, ScoreResult]) -> None:
    hub, result = month
    table = pl.read_parquet(result.table)
    assert table.equals(result.frame)
    assert " ".join(table.columns) == (
        "region_code region_zh period dimension indicator numerator denominator value score weight status grade rank"
    )
    assert table["region_code"].unique(maintain_order=True).to_list() == sorted(hub.catalog.regions)
    assert table["period"].unique().to_list() == [PERIOD]
    for _, some in table.group_by("region_code"):
        assert some["indicator"].to_list() == [*LIMITS, "total"]


def test_ministries_are_not_on_the_regional_scorecard(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    assert "100000" not in result.frame["region_code"]
    assert not (result.folder / "100000.html").exists()


def test_what_came_in_another_month_or_after_as_of_does_not_count(hub: Hub) -> None:
    hub.deliver("sichuan", rows=10, day="2026-02-28")
    hub.deliver("sichuan", rows=20, day="2026-03-01")
    hub.deliver("sichuan", rows=40, day="2026-03-31")
    hub.deliver("sichuan", rows=80, day="2026-04-01")
    assert indicator(hub.score(), "510000", "conformity_rate")["denominator"] == 60
    midway = hub.score(as_of=datetime(2026, 3, 30, 15, 59, tzinfo=UTC))
    assert indicator(midway, "510000", "conformity_rate")["denominator"] == 20
    in_china_it_is_the_31st = hub.score(as_of=datetime(2026, 3, 30, 16, 0, tzinfo=UTC))
    assert indicator(in_china_it_is_the_31st, "510000", "conformity_rate")["denominator"] == 60
