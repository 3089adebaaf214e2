"""Policies looked up by day: the rules that held on the date of the document, not those of today."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.models.providers import Due, ExpectedDelivery
from tests.catalogues import with_dataset, with_policy
from tests.conftest import ROOT

OLD_RULES_LAST, NEW_RULES_FIRST = date(2026, 3, 31), date(2026, 4, 1)
PROVINCE_OWES = {"enterprise_registration", "administrative_licence", "administrative_penalty"}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(ROOT / "catalog")


@pytest.mark.parametrize(
    ("severity", "day", "months", "displayed"),
    [
        ("minor", OLD_RULES_LAST, (0, 0), False),
        ("minor", NEW_RULES_FIRST, (0, 3), False),
        ("general", OLD_RULES_LAST, (3, 36), True),
        ("general", NEW_RULES_FIRST, (3, 12), True),
        ("serious", OLD_RULES_LAST, (12, 36), True),
        ("serious", NEW_RULES_FIRST, (12, 36), True),
        ("serious", date(2019, 1, 1), (6, 36), True),
    ],
)
def test_a_document_is_displayed_as_long_as_the_rules_of_its_date_say(
    catalog: Catalog, severity: str, day: date, months: tuple[int, int], displayed: bool
) -> None:
    period = catalog.policies.display_periods.period(severity, day)
    assert (period.min_months, period.max_months) == months
    assert period.displayed is displayed


def test_display_ends_so_many_months_after_the_date_of_the_document(catalog: Catalog) -> None:
    before = catalog.policies.display_periods.period("general", OLD_RULES_LAST)
    after = catalog.policies.display_periods.period("general", NEW_RULES_FIRST)
    assert (before.min_end(OLD_RULES_LAST), before.max_end(OLD_RULES_LAST)) == (date(2026, 6, 30), date(2029, 3, 31))
    assert (after.min_end(NEW_RULES_FIRST), after.max_end(NEW_RULES_FIRST)) == (date(2026, 7, 1), date(2027, 4, 1))
    assert before.legal_bases == ("ndrc_decree_58_2023",)
    assert "ndrc_decree_36_2025" in after.legal_bases


def test_the_old_decree_is_from_memory_and_says_so(catalog: Catalog) -> None:
    periods = catalog.policies.display_periods.periods
    assert {one.confidence for one in periods if one.valid_from == NEW_RULES_FIRST} == {"found"}
    assert {one.confidence for one in periods if one.valid_to == OLD_RULES_LAST} == {"medium"}


def test_a_severity_nobody_knows_is_an_error(catalog: Catalog) -> None:
    with pytest.raises(LookupError, match="severity 'huge': none in force on 2026-04-01"):
        catalog.policies.display_periods.period("huge", NEW_RULES_FIRST)


def test_repair_follows_the_rules_of_the_day_of_the_application(catalog: Catalog) -> None:
    repair = catalog.policies.repair
    assert repair.on(OLD_RULES_LAST).id == "decree_58"
    terms = repair.on(NEW_RULES_FIRST)
    assert terms.id == "decree_36"
    deadlines = {one.id: (one.working_days, one.kind) for one in terms.deadlines}
    assert deadlines == {
        "feedback": (10, "document"),
        "acceptance": (3, "document"),
        "unpublish": (1, "platform"),
        "unshare": (3, "platform"),
    }
    assert terms.deadline("nothing of the kind") is None


def test_a_ministry_comes_before_a_province_and_a_province_before_a_city(catalog: Catalog) -> None:
    order = catalog.policies.survivorship.on(date(2026, 11, 22))
    assert order.rank("ministry") < order.rank("province") < order.rank("city") < order.rank("somebody else")
    assert order.criteria[:2] == ("authority", "first_sender"), "nobody changes what another provider sent"
    assert order.criteria[2:5] == ("source_updated_at", "source_rank", "received_on")


def owed(catalog: Catalog, provider: str, on: date) -> set[str]:
    return {duty.dataset_id for duty in catalog.owed(provider, on)}


def test_every_province_owes_what_the_table_says_and_each_dataset_once(catalog: Catalog) -> None:
    on = date(2026, 3, 1)
    for provider in catalog.providers.values():
        duties = catalog.owed(provider.id, on)
        assert len({duty.dataset_id for duty in duties}) == len(duties)
        assert {duty.provider_id for duty in duties} == ({provider.id} if provider.level != "site" else set())
        if provider.level == "province":
            assert owed(catalog, provider.id, on) >= PROVINCE_OWES
    assert "enterprise_registration" not in owed(catalog, "nfra", on)


def test_nothing_is_owed_before_its_day_nor_by_somebody_unknown(catalog: Catalog) -> None:
    assert catalog.owed("atlantis", date(2026, 3, 1)) == ()
    assert "enterprise_registration" not in owed(catalog, "sichuan", date(2022, 2, 28))
    assert "enterprise_registration" in owed(catalog, "sichuan", date(2022, 3, 1))


def test_the_cycle_of_a_duty_is_its_own_or_that_of_the_dataset(catalog: Catalog) -> None:
    duties = {duty.dataset_id: duty for duty in catalog.owed("sichuan", date(2026, 3, 1))}
    assert duties["enterprise_registration"].cycle == catalog.datasets["enterprise_registration"].update_cycle
    assert duties["administrative_penalty"].due.working_days == 7
    changed = with_dataset(catalog, "enterprise_registration", update_cycle="yearly").owed("sichuan", date(2026, 3, 1))
    assert {duty.cycle for duty in changed if duty.dataset_id == "enterprise_registration"} == {"yearly"}


def test_a_duty_that_changes_is_owed_by_the_row_of_the_day(catalog: Catalog) -> None:
    owed_until = date(2026, 6, 30)
    rows = catalog.policies.expected_deliveries.deliveries
    ended = tuple(
        one.model_copy(update={"valid_to": owed_until}) if one.valid_from == date(2022, 3, 1) else one for one in rows
    )
    assert ended != rows
    daily = ExpectedDelivery(
        who=("sichuan",),
        datasets=("enterprise_registration",),
        cycle="daily",
        due=Due(working_days=1),
        valid_from=date(2026, 7, 1),
    )
    changed = with_policy(catalog, "expected_deliveries", deliveries=(*ended, daily))

    def cycles(provider: str, on: date) -> list[str]:
        return [one.cycle for one in changed.owed(provider, on) if one.dataset_id == "enterprise_registration"]

    assert cycles("sichuan", date(2026, 6, 30)) == ["monthly"]
    assert cycles("sichuan", date(2026, 7, 1)) == ["daily"]
    assert cycles("beijing", date(2026, 7, 1)) == []


def test_years_the_calendar_does_not_know_are_provisional_and_say_so(catalog: Catalog) -> None:
    days = catalog.working_days
    assert days.note_zh(date(2026, 12, 31)) is None
    assert "尚未公布" in str(days.note_zh(date(2027, 1, 4)))
    assert days.note_zh(date(2031, 1, 6)) == "2031年的工作日历没有收录，暂按周一至周五推算。"
    assert [days.is_provisional(date(year, 6, 1)) for year in (2014, 2015, 2026, 2027, 2031)] == [
        True,
        False,
        False,
        True,
        True,
    ]
