"""Mistakes other scorecards made (style.md), each as the promise not to make it."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog import Catalog
from pipelines.ground.errors import InputError
from tests.scoring.conftest import DATASETS, PERIOD, Hub, indicator

SICHUAN, HUBEI = "510000", "420000"


def renamed(catalog: Catalog, old: str, new: str) -> Catalog:
    from dataclasses import replace

    providers = {
        (new if name == old else name): (one.model_copy(update={"id": new}) if name == old else one)
        for name, one in catalog.providers.items()
    }
    return replace(catalog, providers=providers)


def test_a_dimension_that_examined_nothing_counts_for_nothing(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=100, refused=10, code_rows=0, code_valid_rows=0)
    result = hub.score()
    codes = indicator(result, SICHUAN, "code_accuracy_rate")
    assert (codes["value"], codes["score"], codes["status"]) == (None, None, "not_due")
    # Of the 15, code accuracy (7) has nothing, nor have the four that need events, nor linking: 68 are left. Conformity is 8 of them; the
    # refused rows were never corrected, which is 0 of the 5 for that.
    total = indicator(result, SICHUAN, "total")
    assert total["weight"] == 68
    assert total["score"] == pytest.approx(100 * (8 * 10 / 19.9 + 55) / 68)


def test_a_region_of_which_too_little_can_be_measured_has_no_total(hub: Hub) -> None:
    hub.deliver("sichuan", "enterprise_registration", code_rows=0, code_valid_rows=0)
    result = hub.score()
    total = indicator(result, SICHUAN, "total")
    assert (total["status"], total["score"], total["rank"], total["weight"]) == ("not_due", None, None, 43)
    assert indicator(result, SICHUAN, "conformity_rate")["score"] == 100
    assert "权重合计只有 43，不足 50" in result.index.read_text()


def test_invalid_data_gives_no_coverage(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=10, refused=10)
    assert indicator(hub.score(), SICHUAN, "update_timeliness_rate")["score"] == 0


def test_a_renamed_provider_keeps_its_history(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    before = hub.score()
    after = hub.score(catalog=renamed(hub.catalog, "sichuan", "sichuan_credit"))
    assert after.frame.equals(before.frame)
    assert indicator(after, SICHUAN, "update_timeliness_rate")["value"] == 1


def test_another_providers_delivery_does_not_fill_a_feed(hub: Hub) -> None:
    hub.deliver("hubei", "administrative_licence", region=SICHUAN)
    assert indicator(hub.score(), SICHUAN, "update_timeliness_rate")["numerator"] == 0


def test_a_resubmission_is_no_duplicate_of_what_failed(hub: Hub) -> None:
    hub.deliver("sichuan", rows=100, refused=100)
    hub.unreadable("sichuan")
    hub.deliver("sichuan", rows=100, keys=[f"k{n}" for n in range(100)])
    repeated = indicator(hub.score(), SICHUAN, "duplicate_rate")
    assert (repeated["numerator"], repeated["denominator"]) == (0, 100)


def test_the_same_bytes_again_change_nothing(hub: Hub) -> None:
    first = hub.deliver("sichuan", rows=100, refused=3)
    before = hub.score()
    hub.again(first, received_on=date(2026, 3, 20))
    after = hub.score()
    assert after.frame.equals(before.frame)
    assert "重复报送，未新增" in (after.folder / f"{SICHUAN}.html").read_text()


def test_the_same_record_in_two_files_is_a_duplicate(hub: Hub) -> None:
    hub.deliver("sichuan", rows=10, keys=[f"k{n}" for n in range(10)])
    hub.deliver("sichuan", rows=10, keys=[f"k{n}" for n in range(8, 18)])
    hub.deliver("hubei", rows=10, keys=[f"k{n}" for n in range(10)])
    result = hub.score()
    repeated = indicator(result, SICHUAN, "duplicate_rate")
    assert (repeated["numerator"], repeated["denominator"], repeated["score"]) == (2, 20, 0)
    assert indicator(result, HUBEI, "duplicate_rate")["value"] == 0


def test_records_of_another_month_are_no_duplicates(hub: Hub) -> None:
    hub.deliver("sichuan", rows=5, keys=list("abcde"), day="2026-02-10")
    hub.deliver("sichuan", rows=5, keys=list("abcde"))
    assert indicator(hub.score(), SICHUAN, "duplicate_rate")["numerator"] == 0


def test_a_failed_delivery_is_never_called_a_success(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    hub.unreadable("sichuan", file_name="坏.csv")
    page = (hub.score().folder / f"{SICHUAN}.html").read_text()
    row = next(part for part in page.split("<tr") if "坏.csv" in part)
    assert "退回，未入库" in row
    assert "全部入库" not in row


def test_two_per_cent_bad_rows_are_visible_beside_the_score(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=1_000, refused=20, day="2026-03-20")  # corrections are not due yet
    result = hub.score()
    total = indicator(result, SICHUAN, "total")["score"]
    assert total == pytest.approx(100 - 100 * 8 * 1.9 / 19.9 / 70)
    assert total < 99
    index = result.index.read_text()
    assert "98.00%" in index
    rows, refused = 1_000 * len(DATASETS), 20 * len(DATASETS)
    assert f"{rows - refused:,} / {rows:,}" in index
    page = result.regions[SICHUAN].read_text()
    assert f"{refused}<small>/ {rows:,} 行</small>" in page


def test_one_bad_row_in_a_million_is_not_rounded_away(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=1_000_000, refused=1, keys=["a"])
    result = hub.score()
    index = result.index.read_text()
    rows = 1_000_000 * len(DATASETS)
    counted = f"{rows - len(DATASETS):,} / {rows:,}"
    assert counted in index
    row = index[index.index(f'id="r{SICHUAN}"') :].partition("</tr>")[0]
    assert row.index("99.99%") < row.index(counted)


def test_what_is_not_due_is_not_counted_against_anyone(hub: Hub) -> None:
    from dataclasses import replace

    yearly = hub.catalog.datasets["enterprise_registration"].model_copy(update={"update_cycle": "yearly"})
    catalog = replace(hub.catalog, datasets={**hub.catalog.datasets, "enterprise_registration": yearly})
    hub.deliver("sichuan", "administrative_licence")
    hub.deliver("sichuan", "administrative_penalty")
    feeds = indicator(hub.score(catalog=catalog), SICHUAN, "update_timeliness_rate")
    assert (feeds["numerator"], feeds["denominator"]) == (2, len(DATASETS) - 1)
    nothing_due = {name: one.model_copy(update={"update_cycle": "yearly"}) for name, one in catalog.datasets.items()}
    result = hub.score(catalog=replace(catalog, datasets=nothing_due))
    assert indicator(result, HUBEI, "total")["status"] == "not_due"


def test_equal_totals_share_a_rank_and_the_next_is_skipped(hub: Hub) -> None:
    for provider in ("sichuan", "hubei"):
        hub.deliver_all(provider)
    hub.deliver_all("henan", rows=100, refused=10)
    result = hub.score()
    ranks = [indicator(result, code, "total")["rank"] for code in (SICHUAN, HUBEI, "410000")]
    assert ranks == [1, 1, 3]


def test_a_total_just_below_a_grade_does_not_show_as_that_grade(hub: Hub) -> None:
    from pipelines.ground.figures import floored
    from pipelines.scoring.scoring import grade_of

    found = grade_of(hub.catalog.scorecard.grades, 89.996)
    assert found is not None
    assert (found.grade, floored(89.996), floored(90.0)) == ("B", "89.99", "90.00")


@pytest.mark.parametrize("period", ["2026-13", "2026-Q5", "2027", "2026-3", "2026-03-01", "../etc", "2026-05"])
def test_a_period_that_is_no_month_or_has_not_begun_is_refused(hub: Hub, period: str) -> None:
    with pytest.raises(InputError):
        hub.score(period=period)


def test_a_month_that_is_still_running_says_so(hub: Hub) -> None:
    from datetime import UTC, datetime

    hub.deliver_all("sichuan")
    assert "尚未结束" not in hub.score(PERIOD).index.read_text()
    assert "尚未结束" in hub.score(PERIOD, as_of=datetime(2026, 3, 15, tzinfo=UTC)).index.read_text()


def test_every_indicator_of_the_scheme_has_its_sql_and_no_sql_is_idle(hub: Hub) -> None:
    from pipelines.scoring.measures import SQL

    assert {path.stem for path in SQL.glob("*.sql")} == {one.id for one in hub.catalog.scorecard.indicators}


def test_these_tests_deliver_everything_a_province_owes(hub: Hub) -> None:
    from datetime import date

    provinces = [one.id for one in hub.catalog.providers.values() if one.level == "province"]
    day = date(2026, 3, 31)
    assert {duty.dataset_id for one in provinces for duty in hub.catalog.owed(one, day)} == set(DATASETS)
