"""Nobody gains by a trick and nobody loses by being small, late with a correction, or renamed: each mistake by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from pipelines.catalog import Catalog
from pipelines.scoring.bounds import Bounds
from pipelines.scoring.measures import Ratio
from pipelines.scoring.period import Period
from pipelines.scoring.scoring import UnitScore
from pipelines.scoring.slots import due_slots
from tests.scoring.conftest import DATASETS, PERIOD, Hub

SICHUAN, HUBEI, TIBET = "510000", "420000", "540000"
LATER = datetime(2026, 6, 1, tzinfo=UTC)


def rate(unit: UnitScore, name: str) -> tuple[int, int]:
    ratio = next(one.ratio for one in unit.indicators if one.indicator.id == name)
    return ratio.numerator, ratio.denominator


def renamed(catalog: Catalog, old: str, new: str) -> Catalog:
    providers = dict(catalog.providers)
    one = providers.pop(old)
    providers[new] = one.model_copy(update={"id": new, "former_ids": (old,)})
    duties = {(new if name == old else name): some for name, some in catalog.duties.items()}
    duties[new] = tuple(duty.model_copy(update={"provider_id": new}) for duty in duties[new])
    changed = replace(catalog, providers=providers)
    object.__setattr__(changed, "duties", duties)
    return changed


def test_sending_nothing_gives_no_total_and_no_rank_and_stays_on_the_list(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    silent = hub.scored()[PERIOD][HUBEI]
    assert (silent.state.value, silent.total, silent.rank, rate(silent, "update_timeliness_rate")) == (
        "no_data",
        None,
        None,
        (0, 3),
    )


@pytest.mark.parametrize(("code", "state"), [("empty_file", "empty"), ("no_rows", "empty"), ("undecodable", "broken")])
def test_an_empty_file_or_garbage_gives_no_total(hub: Hub, code: str, state: str) -> None:
    for dataset in DATASETS:
        hub.unreadable("hubei", code, dataset=dataset)
    unit = hub.scored()[PERIOD][HUBEI]
    assert (unit.state.value, unit.total, unit.rank) == (state, None, None)


def test_garbage_beside_good_files_costs_points(hub: Hub) -> None:
    hub.deliver_all("sichuan")
    hub.deliver_all("hubei")
    hub.unreadable("hubei", "undecodable")
    units = hub.scored()[PERIOD]
    assert rate(units[HUBEI], "transmission_completeness_rate") == (3, 4)
    assert (units[HUBEI].total or 0) < (units[SICHUAN].total or 0) == 100


def test_one_perfect_row_ranks_below_honest_work_and_makes_no_good_grade(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=3_000, refused=60)
    hub.deliver_all("hubei", rows=1)
    units = hub.scored()[PERIOD]
    assert units[HUBEI].total == 100
    assert (units[SICHUAN].rank, units[HUBEI].rank) == (1, 2)
    assert units[HUBEI].grade is not None
    assert (units[SICHUAN].grade.grade, units[HUBEI].grade.grade) == ("A", "C")  # type: ignore[union-attr]


def test_a_resubmitted_fix_only_helps(hub: Hub) -> None:
    for provider in ("sichuan", "hubei"):
        hub.deliver_all(provider, rows=1_000, refused=100)
    before = hub.scored()[PERIOD][SICHUAN]
    hub.deliver("sichuan", rows=100, keys=[f"fixed{n}" for n in range(100)])
    units = hub.scored()[PERIOD]
    assert rate(units[SICHUAN], "duplicate_rate")[0] == 0
    assert (units[SICHUAN].total or 0) > (before.total or 0)
    assert units[SICHUAN].rank == 1


def test_a_renamed_province_and_a_renamed_ministry_keep_their_history(hub: Hub) -> None:
    hub.deliver_all("sichuan", refused=3)
    for dataset in DATASETS:
        hub.deliver("samr", dataset, refused=3)
    before = hub.scored()[PERIOD]
    province = hub.scored(catalog=renamed(hub.catalog, "sichuan", "sichuan_credit"))[PERIOD]
    ministry = hub.scored(catalog=renamed(hub.catalog, "samr", "market_regulation"))[PERIOD]
    assert province[SICHUAN].total == before[SICHUAN].total
    assert ministry["market_regulation"].total == before["samr"].total
    assert before["samr"].rows == ministry["market_regulation"].rows


def test_a_rule_change_in_mid_period_judges_nothing_again_and_is_told(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=100, catalog_version="before", day="2026-03-05")
    hub.deliver_all("sichuan", rows=100, refused=10, catalog_version="after", day="2026-03-20")
    first = hub.score()
    told = [(one.version, one.first_day, one.files, one.rows) for one in first.model.catalog_versions]
    assert told == [("before", "2026-03-05", 3, 300), ("after", "2026-03-20", 3, 300)]
    changed = hub.score(catalog=replace(hub.catalog, version="stricter"))
    assert changed.frame.equals(first.frame)
    assert changed.version.number == 1


def test_a_late_correction_of_a_record_that_came_in_time_costs_nothing(hub: Hub) -> None:
    keys = [f"k{n}" for n in range(100)]
    hub.deliver_all("sichuan", rows=100)
    hub.deliver("sichuan", rows=100, keys=keys, updated="2026-03-10", day="2026-03-12")
    before = hub.scored()[PERIOD][SICHUAN]
    hub.deliver("sichuan", rows=100, keys=keys, updated="2026-03-25", day="2026-03-27", late_rows=100)
    hub.deliver("sichuan", rows=100, keys=keys, updated="2026-04-20", day="2026-04-22", late_rows=100)
    units = hub.scored(PERIOD, "2026-04", as_of=LATER)
    assert rate(units[PERIOD][SICHUAN], "timeliness_rate") == rate(before, "timeliness_rate")
    assert rate(units[PERIOD][SICHUAN], "duplicate_rate")[0] == 0
    assert units[PERIOD][SICHUAN].total == before.total
    assert rate(units["2026-04"][SICHUAN], "timeliness_rate") == (0, 0)


def test_a_late_correction_of_refused_rows_counts_when_its_days_run_out(hub: Hub) -> None:
    batch = hub.deliver("sichuan", rows=100, refused=20, day="2026-03-10")
    hub.deliver("sichuan", rows=100, refused=20, day="2026-03-25")
    closing = {
        "closed_by": "batch",
        "closing_id": "x",
        "dataset_id": "administrative_penalty",
        "closed_on": date(2026, 3, 28),
    }
    hub.event("closures", batch_id=batch, refused_on=date(2026, 3, 10), rows=15, **closing)
    units = hub.scored(PERIOD, "2026-04", as_of=LATER)
    assert rate(units[PERIOD][SICHUAN], "correction_rate") == (15, 20), "of the second file nothing is due in March"
    assert rate(units["2026-04"][SICHUAN], "correction_rate") == (0, 20)


def test_refused_rows_nobody_ever_corrected_are_measured_and_a_new_name_keeps_its_corrections(hub: Hub) -> None:
    hub.deliver("hubei", rows=100, refused=20, day="2026-03-10")
    assert rate(hub.scored()[PERIOD][HUBEI], "correction_rate") == (0, 20), (
        "before anything was ever corrected anywhere"
    )
    batch = hub.deliver("sichuan", rows=100, refused=20, day="2026-03-10")
    closing = {"closed_by": "batch", "closing_id": "x", "dataset_id": "administrative_penalty"}
    days = {"refused_on": date(2026, 3, 10), "closed_on": date(2026, 3, 28)}
    hub.event("closures", batch_id=batch, rows=15, **closing, **days)
    hub.event("takedowns", reason="repaired", record="r", due_on=date(2026, 3, 20), dataset_id="administrative_penalty")
    hub.commit()
    later = renamed(hub.catalog, "sichuan", "sichuan_credit")
    unit = hub.scored(catalog=later)[PERIOD][SICHUAN]
    assert rate(unit, "correction_rate") == (15, 20)
    assert rate(unit, "repair_sync_rate") == (0, 1), "never taken down"
    lines = {
        one.id: one
        for one in next(one for one in hub.score(catalog=later).model.regions if one.id == SICHUAN).indicators
    }
    assert [part.provider_id for part in lines["correction_rate"].parts] == ["sichuan_credit"]
    assert [part.provider_id for part in lines["repair_sync_rate"].parts] == ["sichuan_credit"]


def test_thirty_rows_beside_three_million_neither_lead_by_luck_nor_fall_by_it(hub: Hub) -> None:
    for dataset in DATASETS:
        hub.deliver("sichuan", dataset, rows=3_000_000, refused=3_000, keys=[f"s{n}" for n in range(500)])
        hub.deliver("xizang", dataset, rows=30)
        hub.deliver(
            "hubei", dataset, rows=3_000, refused=600, missing_cells=3_000, keys=[f"h{n}" for n in range(2_400)]
        )
    units = hub.scored()[PERIOD]
    assert units[TIBET].total == 100
    assert units[TIBET].grade is not None
    assert units[TIBET].grade.grade == "A"
    assert [units[code].rank for code in (SICHUAN, TIBET, HUBEI)] == [1, 2, 3]


def test_two_bad_rows_of_three_do_not_cross_a_red_line(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=3, late_rows=2)
    hub.deliver_all("hubei", rows=300, late_rows=200)
    units = hub.scored()[PERIOD]
    assert [line.id for line in units[SICHUAN].red_lines] == []
    assert [line.id for line in units[HUBEI].red_lines] == ["mostly_late"]
    assert units[HUBEI].total == 59 < (units[HUBEI].uncapped or 0)


def test_padding_with_rows_sent_again_does_not_pay(hub: Hub) -> None:
    for provider in ("sichuan", "hubei"):
        for dataset in DATASETS:
            hub.deliver(provider, dataset, rows=100, refused=10, keys=[f"{dataset}{n}" for n in range(90)])
    for _ in range(10):
        for dataset in DATASETS:
            hub.deliver("hubei", dataset, rows=90, keys=[f"{dataset}{n}" for n in range(90)])
    units = hub.scored()[PERIOD]
    conformity = [value[0] / value[1] for value in (rate(units[c], "conformity_rate") for c in (SICHUAN, HUBEI))]
    assert conformity[1] > conformity[0], "the rate alone would reward it"
    assert (units[HUBEI].total or 0) < (units[SICHUAN].total or 0)


def test_more_than_half_missing_is_not_scored_and_just_enough_is(hub: Hub) -> None:
    hub.deliver("sichuan", "enterprise_registration", code_rows=0, code_valid_rows=0)
    hub.deliver("hubei", "enterprise_registration")
    units = hub.scored()[PERIOD]
    assert (units[SICHUAN].state.value, units[SICHUAN].total) == ("not_due", None)
    assert (units[HUBEI].state.value, units[HUBEI].measured_weight) == ("scored", 50)


def test_two_per_cent_of_bad_rows_show_in_the_score(hub: Hub) -> None:
    hub.deliver_all("sichuan", rows=10_000, refused=200, keys=["a"])
    unit = hub.scored()[PERIOD][SICHUAN]
    assert 90 < (unit.total or 0) < 99.2


def test_what_falls_due_later_is_not_counted(hub: Hub) -> None:
    def slots(period: str) -> list[str]:
        found = due_slots(yearly, Period.parse(period, datetime(2027, 1, 1, tzinfo=UTC)))
        return [one.dataset_id for one in found if one.provider_id == "sichuan"]

    cycles = {"enterprise_registration": "yearly", "administrative_licence": "quarterly"}
    duties = {
        name: tuple(one.model_copy(update={"cycle": cycles.get(one.dataset_id, one.cycle)}) for one in some)
        for name, some in hub.catalog.duties.items()
    }
    yearly = replace(hub.catalog)
    object.__setattr__(yearly, "duties", duties)
    assert sorted(set(slots("2026-02"))) == ["administrative_penalty"]
    assert sorted(set(slots("2026-03"))) == ["administrative_licence", "administrative_penalty"]
    assert sorted(slots("2026-12")) == sorted(DATASETS)
    assert len(slots("2026")) == 1 + 4 + 12


def test_a_duty_made_in_mid_month_is_first_due_in_the_next(hub: Hub) -> None:
    duties = {name: tuple(one.model_copy(update={"valid_from": date(2026, 3, 10)}) for one in some)
              for name, some in hub.catalog.duties.items()}  # fmt: skip
    catalog = replace(hub.catalog)
    object.__setattr__(catalog, "duties", duties)
    march, april = (list(due_slots(catalog, Period.parse(p, LATER))) for p in (PERIOD, "2026-04"))
    assert (march, bool(april)) == ([], True)


def test_the_bound_is_wilsons_and_large_samples_speak_for_themselves(catalog: Catalog) -> None:
    bounds = Bounds.of(catalog.scorecard.small_sample)
    assert bounds.z == pytest.approx(1.2815516, abs=1e-6)
    for ratio in (Ratio(30, 30), Ratio(1, 1), Ratio(0, 7), Ratio(9, 10), Ratio(150, 199)):
        rate = ratio.numerator / ratio.denominator
        # A bound is the rate from which the sample is exactly z standard errors away.
        for bound in bounds.around(ratio):
            assert abs(rate - bound) == pytest.approx(
                bounds.z * (bound * (1 - bound) / ratio.denominator) ** 0.5, abs=1e-9
            )
    assert bounds.around(Ratio(199, 200)) == (0.995, 0.995)
