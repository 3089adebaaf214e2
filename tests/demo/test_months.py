"""What a delivery of several months promises: one story goes on, and every later file knows what came before it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog import Catalog
from pipelines.demo import make_delivery, monthly_deliveries
from pipelines.demo.months import delivery_days
from pipelines.demo.referring import naming_field
from pipelines.screening import REFUSED


def rows(judged: list[Any], dataset_id: str, day: str, provider: str | None = None) -> pl.DataFrame:
    """What was accepted of a dataset on a day."""
    found = [
        one.rows.filter(~pl.col(REFUSED))
        for one in judged
        if (one.file.dataset_id, one.file.received_on) == (dataset_id, day) and provider in (None, one.file.provider_id)
    ]
    return pl.concat(found, how="diagonal")


def test_months_end_before_the_day_of_the_last_delivery() -> None:
    assert delivery_days(date(2026, 11, 20), 3) == (date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 20))
    assert delivery_days(date(2026, 1, 1), 2) == (date(2025, 12, 31), date(2026, 1, 1))
    assert delivery_days(date(2026, 3, 31), 1) == (date(2026, 3, 31),)


@pytest.mark.long
def test_what_was_planted_in_each_month_is_what_screening_finds(judged_months: list[Any]) -> None:
    different = {
        f"{one.file.key} {rule}": (one.file.planted.get(rule, 0), found.get(rule, 0))
        for one in judged_months
        if (found := one.found) != one.file.planted
        for rule in {*one.file.planted, *found}
        if one.file.planted.get(rule, 0) != found.get(rule, 0)
    }

    assert different == {}
    assert {one.file.received_on for one in judged_months} == {"2026-09-30", "2026-10-31", "2026-11-20"}


def test_every_rule_that_asks_what_the_hub_knows_is_broken_somewhere(three_months: Any) -> None:
    rules = three_months.catalog.rules.values()
    asking = {rule.id for some in rules for rule in some if rule.primitive == "known_with"}

    assert asking
    assert asking <= three_months.plan.totals["rules"].keys()


@pytest.mark.long
def test_rows_and_refusals_of_each_month_are_as_planned(judged_months: list[Any]) -> None:
    for one in judged_months:
        assert one.rows.height + len(one.source.malformed) == one.file.rows, one.file.key
        assert one.refused == one.file.refused, one.file.key


def test_a_month_dropped_alone_is_the_same_as_among_the_others(few: Catalog, tmp_path: Path, as_of: Any) -> None:
    among, one_month = tmp_path / "among", tmp_path / "alone"
    all_three = make_delivery(among, few, as_of=as_of, scale=0.1, months=3)
    plan = make_delivery(one_month, few, as_of=as_of, scale=0.1, months=3, only=2)

    alone = {path.relative_to(one_month): path.read_bytes() for path in (one_month / "inbox").rglob("*.*")}
    assert {one.received_on for one in plan.files if Path("inbox", one.key) in alone} == {"2026-10-31"}
    assert all((among / name).read_bytes() == data for name, data in alone.items())
    assert [one.key for one in plan.files if one.received_on == "2026-10-31"] == [
        one.key for one in all_three.files if one.received_on == "2026-10-31"
    ]


def test_there_is_no_month_beyond_the_last(few: Catalog, tmp_path: Path, as_of: Any) -> None:
    with pytest.raises(ValueError, match="no month 2 among 1"):
        make_delivery(tmp_path, few, as_of=as_of, scale=0.01, only=2)


def test_a_month_is_dropped_when_it_is_asked_for(few: Catalog, tmp_path: Path, as_of: Any) -> None:
    months = monthly_deliveries(tmp_path, few, as_of=as_of, scale=0.01, months=2)

    first = next(months)
    before = {path.name for path in (tmp_path / "inbox").rglob("*.*") if path.suffix != ".done"}
    assert {one.received_on for one in first.files} == {"2026-10-31"}
    assert before == {one.name for one in first.files}


@pytest.mark.long
@pytest.mark.parametrize("dataset_id", ["administrative_licence", "administrative_penalty"])
def test_every_month_has_new_decisions_about_subjects_known_before(judged_months: list[Any], dataset_id: str) -> None:
    elsewhere = {code for one in judged_months for case in one.file.cases for code in (case.credit_code, case.said)}
    seen: set[str] = set()
    registered: set[str] = set()
    for day in ("2026-09-30", "2026-10-31", "2026-11-20"):
        decisions = rows(judged_months, dataset_id, day)
        decisions = decisions.filter(
            pl.col("credit_code").is_not_null(),
            pl.col("_region_code") != "100000",
            ~pl.col("credit_code").is_in(list(elsewhere)),  # those that contradict others are met nowhere else
        )
        registered |= set(rows(judged_months, "enterprise_registration", day)["credit_code"])
        new = decisions.filter(~pl.col("document_number").is_in(list(seen)))
        assert new.height > 0.8 * decisions.height
        assert new["credit_code"].is_in(list(registered)).mean() > 0.8
        fresh = new["typed:decision_date"].dt.month() == date.fromisoformat(day).month
        assert fresh.mean() > 0.8
        seen |= set(decisions["document_number"])


@pytest.mark.long
def test_refused_rows_come_right_the_month_after_under_the_same_key(judged_months: list[Any]) -> None:
    """Of a row whose document number was in order when it was refused, the number comes again and is accepted."""
    first, second = (
        [one for one in judged_months if (one.file.dataset_id, one.file.received_on) == ("administrative_penalty", day)]
        for day in ("2026-09-30", "2026-10-31")
    )
    key = ["_provider_id", "document_number"]
    refused = pl.concat([one.rows.filter(REFUSED).select(key) for one in first])
    accepted = pl.concat([one.rows.filter(~pl.col(REFUSED)).select(key) for one in second])
    planned = sum(one.file.again["resubmitted"] for one in second)

    assert 0 < accepted.join(refused, on=key, how="semi").height <= planned


@pytest.mark.long
def test_newer_versions_are_newer_and_differ(judged_months: list[Any]) -> None:
    old, new = (rows(judged_months, "enterprise_registration", day) for day in ("2026-09-30", "2026-10-31"))
    both = new.join(old, on="credit_code")

    assert both.height > 50
    assert (both["source_updated_at"] > both["source_updated_at_right"]).mean() > 0.95
    different = both["registered_address"] != both["registered_address_right"]
    assert 0.2 < different.mean() < 1


def test_an_old_file_comes_once_more_in_a_later_month(three_months: Any) -> None:
    again = [one for one in three_months.plan.files if one.duplicate_of and "20260930" in one.name]
    later = [one for one in again if one.received_on != "2026-09-30"]

    assert {one.received_on for one in later} == {"2026-10-31", "2026-11-20"}
    for one in later:
        folder = three_months.home / "inbox" / one.provider_id / one.dataset_id
        assert (folder / one.name).read_bytes() == (folder / str(one.duplicate_of)).read_bytes()


NAMING = ("credit_code", "record_dataset", "record_document_number", "record_authority_code")


OF_OTHERS = "补充"
"""In the names of files about the records of others (``pipelines.demo.between_parties``)."""


@pytest.mark.long
def test_what_refers_to_records_names_records_the_same_provider_sent(
    judged_months: list[Any], catalog: Catalog
) -> None:
    """Repairs, withdrawals and objections: subject, number and authority are those of a record of an earlier month."""
    datasets = [name for name in catalog.datasets if naming_field(catalog, name)]
    codes, unknown, looked_at = catalog.code_tables["dataset"].accepted, 0, 0
    for dataset_id in datasets:
        known = next(rule.id for rule in catalog.rules[dataset_id] if rule.id.endswith(".record_known"))
        about = [one for one in judged_months if one.file.dataset_id == dataset_id and OF_OTHERS not in one.file.name]
        others = [
            rule.id
            for rule in about[0].rules
            if rule.id != known and (rule.field in NAMING or rule.primitive.startswith("organisation_name"))
        ]
        right = pl.concat([one.rows.filter(~pl.any_horizontal(others)) for one in about])
        planted = int(right[known].sum())
        assert right.height > 0, dataset_id
        looked_at += right.height
        lost = 0
        for row in right.iter_rows(named=True):
            source = codes[row["record_dataset"]]
            assert row["record_dataset"], dataset_id
            sent = pl.concat(
                [rows(judged_months, source, day, row["_provider_id"]) for day in ("2026-09-30", "2026-10-31")]
            )
            lost += sent.filter(
                pl.col("document_number") == row["record_document_number"],
                pl.col("authority_code") == row["record_authority_code"],
                pl.col("credit_code").eq_missing(pl.lit(row["credit_code"])),
                pl.col("typed:decision_date") <= row["_received_on"],
            ).is_empty()
        assert lost == planted, dataset_id
        unknown += planted
    assert unknown > 0
    assert looked_at > 50


@pytest.mark.long
def test_nothing_about_a_record_lies_before_it(judged_months: list[Any]) -> None:
    """A repair is asked for when the penalty was there."""
    day = "2026-11-20"
    repairs = rows(judged_months, "credit_repair", day).select("record_document_number", "typed:applied_on")
    penalties = pl.concat([rows(judged_months, "administrative_penalty", one) for one in ("2026-09-30", "2026-10-31")])
    both = repairs.join(penalties, left_on="record_document_number", right_on="document_number")

    assert both.height > 20
    assert (both["typed:applied_on"] >= both["typed:decision_date"]).all()


@pytest.mark.long
def test_a_person_has_one_name_and_one_certificate(judged_months: list[Any]) -> None:
    """The same person is met in several datasets and months."""
    persons = pl.concat(
        [
            one.rows.filter(~pl.col(REFUSED) & ~pl.any_horizontal(r.id for r in one.rules))
            .filter(pl.col("certificate_number").is_not_null())
            .select("subject_name", "certificate_number", pl.lit(one.file.dataset_id).alias("dataset"))
            for one in judged_months
            if {"subject_name", "certificate_number"} <= set(one.rows.columns)
        ]
    )
    names = persons.group_by("certificate_number").agg(
        pl.n_unique("subject_name").alias("names"), pl.n_unique("dataset")
    )

    assert names["names"].max() == 1
    assert names["dataset"].max() > 1
