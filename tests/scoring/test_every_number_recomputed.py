"""The numbers of a whole country, computed a second time in plain Python from ledger and lake as they lie on disk."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

import polars as pl
import pytest
import yaml

from pipelines.scoring import ScoreResult
from tests.scoring.conftest import DATASETS, PERIOD, ROOT, Hub, indicator, key_field
from tests.scoring.country import SPECIAL, deliver_a_month, events_of_a_month

SCHEME = yaml.safe_load((ROOT / "catalog/scorecard.yaml").read_text())
LIMITS = {one["id"]: (one["weight"], one["floor"], one["target"]) for one in SCHEME["indicators"]}
GRADES = [(90, "A"), (80, "B"), (70, "C"), (0, "D")]
FIRST, END = date(2026, 3, 1), date(2026, 4, 1)
CAPS = {"mostly_late": 59, "overdue_display": 59, "padded": 59}
Counts = dict[str, dict[str, tuple[int, int]]]


@pytest.fixture(scope="module")
def month(make_hub: Callable[[], Hub]) -> tuple[Hub, ScoreResult]:
    hub = make_hub()
    deliver_a_month(hub)
    events_of_a_month(hub)
    hub.deliver("samr", rows=50_000, refused=40_000, keys=["a"])
    hub.deliver("sichuan", rows=1_000, refused=900, day="2026-04-01")
    return hub, hub.score()


def unit_of(hub: Hub, row: dict[str, Any]) -> str:
    region = row.get("region_code", row.get("_region_code"))
    return region if region in hub.catalog.regions else row.get("provider_id", row.get("_provider_id"))


def plain_counts(hub: Hub) -> Counts:
    """Numerator and denominator by unit and indicator: loops, no SQL."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: {name: [0, 0] for name in LIMITS})
    _from_batches(hub, found)
    _from_records(hub, found)
    _from_events(hub, found)
    return {unit: {name: (pair[0], pair[1]) for name, pair in some.items()} for unit, some in found.items()}


def _from_batches(hub: Hub, found: dict[str, dict[str, list[int]]]) -> None:
    arrived, units, sent, breaches = set(), {}, {}, defaultdict(int)
    for row in hub_rows(hub, "ledger/batches"):
        if not FIRST <= row["received_on"] < END or row["status"] == "duplicate":
            continue
        unit = units[row["batch_id"]] = unit_of(hub, row)
        sent[row["batch_id"]] = row["rows_in"]
        for name, numerator, denominator in (
            ("conformity_rate", row["rows_accepted"], row["rows_in"]),
            ("code_accuracy_rate", row["code_valid_rows"], row["code_rows"]),
            ("completeness_rate", row["required_cells"] - row["missing_cells"], row["required_cells"]),
            ("transmission_completeness_rate", bool(row["rows_in"]) and row["manifest"] != "differs", 1),
        ):
            found[unit][name][0] += int(numerator)
            found[unit][name][1] += denominator
        if row["rows_accepted"]:
            arrived.add((unit, row["dataset_id"]))
    for row in hub_rows(hub, "ledger/rule_counts"):
        if row["rule_id"].endswith(("citizen_id_in_text", "mobile_in_text")) and row["batch_id"] in units:
            breaches[row["batch_id"]] += row["rows"]
    for batch, rows in sent.items():
        pair = found[units[batch]]["safety_compliance_rate"]
        pair[0] += rows - breaches[batch]
        pair[1] += rows
    for provider in hub.catalog.providers.values():
        unit = provider.region_code if provider.level == "province" else provider.id
        cycles = {duty.dataset_id: duty.cycle for duty in hub.catalog.owed(provider.id, FIRST)}
        # March ends a month and a quarter, not a year.
        due = [dataset for dataset, cycle in cycles.items() if cycle != "yearly"]
        for name in ("catalogue_coverage_rate", "update_timeliness_rate"):
            found[unit][name] = [sum((unit, dataset) in arrived for dataset in due), len(due)]


def _from_records(hub: Hub, found: dict[str, dict[str, list[int]]]) -> None:
    known: dict[str, date] = {}
    for row in hub_rows(hub, "records/enterprise_registration"):
        known[row["credit_code"]] = min(known.get(row["credit_code"], END), row["_received_on"])
    for dataset in (*DATASETS, "objection"):
        timeliness = hub.catalog.datasets[dataset].timeliness
        firsts: dict[tuple[str, str], tuple[date, bool]] = {}
        seen = set()
        for row in hub_rows(hub, f"records/{dataset}"):
            unit, day = unit_of(hub, row), row["_received_on"]
            key = (unit, row[key_field(hub.catalog, dataset)])
            if timeliness and day < END:
                late = hub.catalog.working_days.deadline(row[timeliness.field], timeliness.working_days) < day
                firsts[key] = min(firsts.get(key, (day, late)), (day, late))
            if not FIRST <= day < END:
                continue
            pair = found[unit]["duplicate_rate"]
            pair[0] += (*key, row["source_updated_at"]) in seen
            pair[1] += 1
            seen.add((*key, row["source_updated_at"]))
            if dataset != "enterprise_registration" and row["credit_code"]:
                pair = found[unit]["link_rate"]
                pair[0] += known.get(row["credit_code"], END) < END
                pair[1] += 1
        for (unit, _), (day, late) in firsts.items():
            if day >= FIRST:
                found[unit]["timeliness_rate"][0] += not late
                found[unit]["timeliness_rate"][1] += 1
    for row in hub_rows(hub, "records/objection"):
        due = hub.catalog.working_days.deadline(row["raised_on"], 15)
        if FIRST <= due < END:
            pair = found[unit_of(hub, row)]["objection_timeliness_rate"]
            pair[0] += row["closed_on"] is not None and row["closed_on"] <= due
            pair[1] += 1


def _from_events(hub: Hub, found: dict[str, dict[str, list[int]]]) -> None:
    days = timedelta(days=15)
    for row in hub_rows(hub, "ledger/batches"):
        if FIRST <= row["received_on"] + days < END:
            found[unit_of(hub, row)]["correction_rate"][1] += row["rows_refused"]
    for row in hub_rows(hub, "ledger/closures"):
        if FIRST <= row["refused_on"] + days < END and row["closed_on"] < END:
            pair = found[unit_of(hub, row)]["correction_rate"]
            pair[0] += row["rows"] if row["closed_by"] == "batch" else 0
            pair[1] -= row["rows"] if row["closed_by"] == "waiver" else 0
    repaired: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in hub_rows(hub, "ledger/takedowns"):
        if row["reason"] == "repaired" and FIRST <= row["due_on"] < END:
            repaired[unit_of(hub, row), row["record"]].append(row["taken_down_on"] <= row["due_on"])
    for (unit, _), in_time in repaired.items():
        found[unit]["repair_sync_rate"][0] += all(in_time)
        found[unit]["repair_sync_rate"][1] += 1
    displays = [row for row in hub_rows(hub, "ledger/displays") if row["as_of"] < "2026-03-31T16"]
    for row in displays:
        if row["as_of"] == max(one["as_of"] for one in displays if one["product_id"] == row["product_id"]):
            found[unit_of(hub, row)]["overdue_display_rate"][0] += row["overdue"]
            found[unit_of(hub, row)]["overdue_display_rate"][1] += row["displayed"]
    counts = [row for row in hub_rows(hub, "ledger/subject_counts") if row["as_of"] < "2026-03-31T16"]
    for row in counts:
        if row["as_of"] == max(one["as_of"] for one in counts):
            pair = found[unit_of(hub, row)]["code_conflict_rate"]
            pair[0] += row["number"] if row["kind"] == "conflicting" else 0
            pair[1] += row["number"] if row["kind"] == "subjects" else 0


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
    measured = table.filter(pl.col("value").is_not_null())["indicator"].unique()
    assert set(measured) == set(LIMITS), "an indicator nobody was measured by proves nothing"


def test_sectors_are_measured_in_the_same_way(month: tuple[Hub, ScoreResult]) -> None:
    hub, result = month
    plain = plain_counts(hub)
    table = pl.read_parquet(result.folder / "sectors.parquet")
    ministries = sorted(one.id for one in hub.catalog.providers.values() if one.level == "ministry")
    assert table["sector_id"].unique(maintain_order=True).to_list() == ministries
    for row in table.filter(pl.col("indicator") != "total").iter_rows(named=True):
        assert (row["numerator"], row["denominator"]) == plain[row["sector_id"]][row["indicator"]], row
    samr = table.filter(pl.col("sector_id") == "samr", pl.col("indicator") == "conformity_rate")
    assert samr["numerator"].item() >= 10_000
    assert samr["denominator"].item() >= 50_000


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
    best = sorted((row["rank_score"] for row in totals if row["score"] is not None), reverse=True)
    for total in totals:
        rows = result.frame.filter(pl.col("region_code") == total["region_code"], pl.col("indicator") != "total")
        measured = [row for row in rows.iter_rows(named=True) if row["score"] is not None]
        if total["status"] != "scored":
            assert (total["score"], total["grade"], total["rank"]) == (None, None, None)
            continue
        weight = sum(row["weight"] for row in measured)
        points = sum(row["score"] * row["weight"] for row in measured) / weight
        cap = min((CAPS[name] for name in (total["red_line"] or "").split(",") if name), default=100)
        assert total["score"] == pytest.approx(min(points, cap), abs=1e-6)
        assert total["denominator"] == total["weight"] == weight
        assert total["numerator"] == pytest.approx(points * weight / 100, abs=1e-6)
        bounded = sum(row["rank_score"] * row["weight"] for row in measured) / weight
        assert total["rank_score"] == pytest.approx(min(bounded, cap), abs=1e-6)
        assert total["grade"] == next(grade for minimum, grade in GRADES if total["score"] >= minimum)
        assert total["rank"] == best.index(total["rank_score"]) + 1


def test_the_table_has_the_columns_of_the_contract_and_every_region(month: tuple[Hub, ScoreResult]) -> None:
    hub, result = month
    table = pl.read_parquet(result.table)
    assert table.equals(result.frame)
    assert " ".join(table.columns) == (
        "region_code region_zh period dimension indicator numerator denominator value score weight status grade rank "
        "rank_score red_line"
    )
    assert table["region_code"].unique(maintain_order=True).to_list() == sorted(hub.catalog.regions)
    assert table["period"].unique().to_list() == [PERIOD]
    for _, some in table.group_by("region_code", maintain_order=True):
        assert some["indicator"].to_list() == [*LIMITS, "total"]


def test_ministries_are_not_on_the_regional_scorecard(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    assert "100000" not in result.frame["region_code"]
    assert "samr" not in result.frame["region_code"]
    assert not (result.folder / "100000.html").exists()


def test_the_parts_of_every_number_add_up_to_it(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    details = pl.read_parquet(result.folder / "details.parquet")
    summed = details.group_by("unit", "indicator").agg(pl.col("numerator", "denominator").sum())
    parts = {row[:2]: row[2:] for row in summed.iter_rows()}
    for row in result.frame.filter(pl.col("indicator") != "total").iter_rows(named=True):
        assert (row["numerator"], row["denominator"]) == parts.get((row["region_code"], row["indicator"]), (0, 0))


def test_from_a_region_the_way_leads_down_to_the_rules_of_a_file(month: tuple[Hub, ScoreResult]) -> None:
    hub, result = month
    files, rules = (pl.read_parquet(result.folder / f"{name}.parquet") for name in ("files", "rules"))
    counts = [row for row in hub_rows(hub, "ledger/rule_counts")]
    told = {
        (row["batch_id"], row["rule_id"]): row["rows"] for row in counts if row["batch_id"] in set(files["batch_id"])
    }
    assert {(row["batch_id"], row["rule_id"]): row["rows"] for row in rules.iter_rows(named=True)} == told
    for unit in result.model.regions:
        assert [one.batch_id for one in unit.files] == files.filter(pl.col("unit") == unit.id)["batch_id"].to_list()
        assert all(one.findings == f"../../outbox/{one.provider_id}/{one.batch_id}/findings.csv" for one in unit.files)


def test_the_model_of_the_pages_says_the_same_as_the_table(month: tuple[Hub, ScoreResult]) -> None:
    _, result = month
    for unit in result.model.regions:
        total = indicator(result, unit.id, "total")
        assert (unit.total, unit.grade, unit.rank, unit.status) == tuple(
            total[name] for name in ("score", "grade", "rank", "status")
        )
        for line in unit.indicators:
            row = indicator(result, unit.id, line.id)
            assert (line.count.numerator, line.count.denominator) == (row["numerator"], row["denominator"])
            assert (line.score, line.weight, line.status) == (row["score"], row["weight"], row["status"])
        if unit.uncapped is not None:
            lost = sum(line.points_lost or 0 for line in unit.indicators)
            assert lost == pytest.approx(100 - unit.uncapped, abs=1e-6)
    conformity = result.frame.filter(pl.col("indicator") == "conformity_rate", pl.col("status") == "scored")
    line = next(one for one in result.model.regions[0].indicators if one.id == "conformity_rate")
    assert line.median == median(conformity["value"].to_list())
    assert (line.of, line.pooled.denominator) == (
        conformity.height,
        result.frame.filter(pl.col("indicator") == "conformity_rate")["denominator"].sum(),
    )
    told = json.loads((result.folder / "card.json").read_text())
    assert [one["id"] for one in told["regions"]] == [one.id for one in result.model.regions]


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


def test_a_quarter_and_a_year_are_the_sum_of_their_months(hub: Hub) -> None:
    for month, rows in (("01", 10), ("02", 20), ("03", 40), ("04", 80)):
        hub.deliver("sichuan", rows=rows, day=f"2026-{month}-15")
    as_of = datetime(2026, 5, 1, tzinfo=UTC)
    expected = {"2026-01": 10, "2026-Q1": 70, "2026-Q2": 80, "2026": 150}
    for period, rows in expected.items():
        result = hub.score(period=period, as_of=as_of)
        assert indicator(result, "510000", "conformity_rate")["denominator"] == rows
        assert (result.folder.name, result.model.kind) == (
            period,
            "month" if "-0" in period else "quarter" if "Q" in period else "year",
        )
    # Three months, three slots; of the quarter to come, only April has begun to be due.
    feeds = indicator(hub.score(period="2026-Q1", as_of=as_of), "510000", "update_timeliness_rate")
    assert feeds["numerator"] == 3
    assert feeds["denominator"] == 3 * len(hub.catalog.owed("sichuan", date(2026, 1, 1)))
