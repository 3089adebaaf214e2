"""On what lists and measures may rest (中办发〔2025〕22号, 12): the liar's catalogues, each made from the one that is right."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.models import LegalBasis
from pipelines.catalog_check import findings
from tests.catalogues import with_code, with_code_table, with_dataset, with_legal_basis, with_policy, with_product
from tests.conftest import ROOT

DAY = date(2026, 11, 30)
LISTS, ABNORMAL, MEASURES = "list_type", "abnormal_list", "measure"
SICHUAN, CHENGDU, HUBEI = "510000", "510100", "420000"
RULE = "samr_decree_44_2021"


@pytest.fixture(scope="module")
def right() -> Catalog:
    return Catalog.load(ROOT / "catalog")


def said(catalog: Catalog, day: date | None = DAY) -> list[str]:
    return [f"{one.path.name}: {one.message}" for one in findings(catalog, day)]


def basis(level: str, region: str | None = None, **dates: date) -> LegalBasis:
    return LegalBasis.model_validate(
        {
            "id": "made_up",
            "issuer_zh": "某机关",
            "year": 2020,
            "number": "某发〔2020〕1号",
            "title_zh": "某文件",
            "level": level,
        }
        | {"region_code": region, **dates}
    )


def resting(right: Catalog, table: str, code: str, on: LegalBasis, **changed: object) -> Catalog:
    """The catalogue with one list or measure that rests on one document alone."""
    return with_code(with_legal_basis(right, on), table, code, legal_bases=(on.id,), **changed)


def test_the_catalogue_that_is_shipped_rests_on_what_it_must() -> None:
    assert said(Catalog.load(ROOT / "catalog")) == []


@pytest.mark.parametrize(
    ("table", "code"), [(LISTS, "market_regulation"), (ABNORMAL, "enterprise"), (MEASURES, "awards")]
)
@pytest.mark.parametrize(
    ("level", "enough"),
    [
        ("law", True),
        ("administrative_regulation", True),
        ("central_policy_document", True),
        ("policy_document", False),
        ("rule", False),
        ("standard", False),
    ],
)
def test_a_list_or_a_measure_rests_on_law_regulation_or_central_policy_alone(
    right: Catalog, table: str, code: str, level: str, enough: bool
) -> None:
    found = said(resting(right, table, code, basis(level)))
    assert (found == []) is enough, found
    if not enough:
        [one] = found
        what = "a measure" if table == MEASURES else "a list"
        assert f"{table}.yaml: '{code}' is {what} and rests on 某发〔2020〕1号 ({level})" in one
        assert "name one in legal_bases, or take it out" in one


@pytest.mark.parametrize(
    ("level", "enough"),
    [("law", True), ("administrative_regulation", True), ("central_policy_document", False), ("rule", False)],
)
def test_a_measure_that_takes_away_a_right_rests_on_a_law_or_a_regulation(
    right: Catalog, level: str, enough: bool
) -> None:
    found = said(resting(right, MEASURES, "market_access", basis(level)))
    assert (found == []) is enough, found
    assert enough or "'market_access' takes away a right and rests on" in found[0]


def test_departmental_rules_are_for_entry_and_exit_and_several_of_them_are_no_law(right: Catalog) -> None:
    rules = (RULE, "mohrss_decree_45_2021")
    [one] = said(with_code(right, LISTS, "market_regulation", legal_bases=rules))
    assert "a departmental rule only says how a list is entered and left" in one
    assert said(with_code(right, LISTS, "market_regulation", legal_bases=(*rules, "sc_decree_654_2014"))) == []
    assert len(said(with_code(right, LISTS, "market_regulation", legal_bases=()))) == 1, "nothing is no basis either"


@pytest.mark.parametrize(
    ("regulation", "of_list", "enough"),
    [
        (SICHUAN, SICHUAN, True),
        (SICHUAN, CHENGDU, True),
        (CHENGDU, CHENGDU, True),
        (CHENGDU, SICHUAN, False),
        (SICHUAN, None, False),
        (SICHUAN, HUBEI, False),
    ],
)
@pytest.mark.parametrize(("table", "code"), [(LISTS, "statistics"), (MEASURES, "office")])
def test_a_local_regulation_counts_in_its_region_and_nowhere_else(
    right: Catalog, table: str, code: str, regulation: str, of_list: str | None, enough: bool
) -> None:
    found = said(resting(right, table, code, basis("local_regulation", regulation), region_code=of_list))
    assert (found == []) is enough, found
    assert enough or f"holds in {regulation} only" in found[0]


def test_a_region_there_is_not_is_refused(right: Catalog) -> None:
    [one] = said(with_code(right, LISTS, "statistics", region_code="990000"))
    assert "'990000' is no code of GB/T 2260" in one


@pytest.mark.parametrize("dates", [{"in_force_to": date(2026, 11, 29)}, {"in_force_from": date(2026, 12, 1)}])
@pytest.mark.parametrize(("table", "code"), [(LISTS, "statistics"), (MEASURES, "office"), (ABNORMAL, "institution")])
def test_a_document_not_in_force_on_the_day_is_no_basis(
    right: Catalog, table: str, code: str, dates: dict[str, date]
) -> None:
    changed = resting(right, table, code, basis("law", **dates))
    weak, ended = said(changed)
    assert f"rests on 某发〔2020〕1号 (law, not in force on {DAY})" in weak
    assert f"'made_up' (某发〔2020〕1号) is not in force on {DAY}" in ended
    assert said(changed, None) == [], "no day is asked about"
    assert said(with_code(changed, table, code, valid_to=date(2026, 11, 29))) == [], "what is over rests on what was"


def test_what_is_given_out_rests_on_what_is_in_force(right: Catalog) -> None:
    ended = with_legal_basis(right, basis("law", in_force_to=date(2026, 11, 29)))
    product = with_product(ended, "honour_public", legal_bases=("zhongbanfa_2025_22", "made_up"))
    assert [one for one in said(product) if "honour_public.yaml" in one] == said(product) != []
    several = with_dataset(ended, "honour", legal_bases=("zhongbanfa_2025_22", "made_up"))
    assert said(several) == [], "records of many years: one in force is enough"
    [one] = said(with_dataset(ended, "honour", legal_bases=("made_up",)))
    assert f"nothing it rests on is in force on {DAY} (某发〔2020〕1号)" in one


def test_a_display_period_of_today_rests_on_no_decree_of_yesterday(right: Catalog) -> None:
    """Decree 58 ended on 2026-03-31: what is dated before may rest on it, what is dated later may not."""
    periods = right.policies.display_periods.periods
    today = tuple(
        one.model_copy(update={"legal_bases": ("ndrc_decree_58_2023",)}) if not one.valid_to else one for one in periods
    )
    found = said(with_policy(right, "display_periods", periods=today))
    assert len(found) == 3
    assert all("display_periods.yaml: nothing it rests on is in force" in one for one in found)


@pytest.mark.parametrize("table", [LISTS, ABNORMAL])
def test_a_class_of_lists_cannot_hide_that_its_code_table_says_which_list(right: Catalog, table: str) -> None:
    dataset = {LISTS: "serious_dishonesty", ABNORMAL: "abnormal_operation"}[table]
    [one] = said(with_code_table(right, table, governs=None))
    assert f"{dataset}.yaml: class '{dataset}' is one of lists, but no field says which list" in one


def test_measures_cannot_hide_that_they_are_measures(right: Catalog) -> None:
    found = said(with_code_table(right, MEASURES, governs=None))
    assert len(found) == len(right.code_tables[MEASURES].entries)
    assert all("write 'governs: measures' for the table" in one for one in found)
    [one] = said(with_code(right, MEASURES, "awards", rights_reducing=None))
    assert "'awards' does not say whether it takes away a right" in one


def test_a_dataset_whose_records_leave_a_list_rests_on_what_may_set_one(right: Catalog) -> None:
    """The list of judgment defaulters is a dataset of its own, of a class that is not one of lists."""
    [one] = said(
        with_dataset(right, "judicial_enforcement", legal_bases=("spc_fashi_2017_7", "national_catalogue_2024"))
    )
    assert "judicial_enforcement.yaml: its records are entries of a list, and it rests on 法释〔2017〕7号 (rule)" in one


def test_an_authorised_product_follows_the_clock_or_names_the_law_that_allows_more(right: Catalog) -> None:
    name = "serious_dishonesty_authorised"
    free = with_product(right, name, publication_clock=False)
    [one] = said(free)
    assert "is shown as long as the public set and no longer" in one
    assert "name in beyond_clock_basis the document that allows more" in one
    assert said(with_product(free, name, beyond_clock_basis="guobanfa_2024_15")) == []
    for weak in (RULE, "ndrc_fagaibancaijin_2018_424", "gb_t_45255_2025"):
        [one] = said(with_product(free, name, beyond_clock_basis=weak))
        assert "allows no more than the public sees" in one
    [one] = said(with_product(free, name, beyond_clock_basis="nothing_of_the_kind"))
    assert "'nothing_of_the_kind' is not in legal_bases.yaml" in one
    ended = with_legal_basis(free, basis("law", in_force_to=date(2026, 11, 29)))
    [one] = said(with_product(ended, name, beyond_clock_basis="made_up"))
    assert "is not in force" in one


def test_nobody_else_goes_beyond_the_clock(right: Catalog) -> None:
    [one] = said(with_product(right, "serious_dishonesty_public", publication_clock=False))
    assert "display periods end what the public sees" in one
    for name in ("serious_dishonesty_authorised", "serious_dishonesty", "honour_authorised"):
        [one] = said(with_product(right, name, beyond_clock_basis="guobanfa_2024_15"))
        assert "only an authorised product that does not follow the clock rests on this" in one


@pytest.mark.parametrize(
    "field", ["subject_name", "credit_code", "certificate_number", "record_document_number", "result_reason"]
)
def test_a_repair_tells_nobody_again_what_was_repaired(right: Catalog, field: str) -> None:
    masks = {"certificate_number": "certificate_number"} if field == "certificate_number" else {}
    shown = right.products["credit_repair"].fields
    [one] = said(with_product(right, "credit_repair", fields=(*shown, field), masks=masks))
    assert f"'{field}' may say whom the record is about, or which it is" in one


def test_messages_are_named_by_digest_and_nothing_else_is(right: Catalog) -> None:
    found = said(with_product(right, "objection", names_records_by_digest=False))
    assert any("holds messages about records that must not be used any more" in one for one in found)
    found = said(with_product(right, "honour", names_records_by_digest=True))
    assert any("'honour' is no exchange set" in one for one in found)


@pytest.mark.parametrize("field", ["document_number", "authority_code"])
def test_whoever_is_given_a_record_is_given_what_names_it(right: Catalog, field: str) -> None:
    name = "abnormal_operation_authorised"
    fields = tuple(one for one in right.products[name].fields if one != field)
    found = said(with_product(right, name, fields=fields))
    assert any(f"'{field}'" in one and "recipients cannot tell which record" in one for one in found)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"unclassed": "huge"}, "'huge' has no row"),
        ({"unclassed_when": "severity"}, "'huge' has no row"),
        ({"unclassed_when": "field"}, "'nothing' is no coded field"),
        ({"unclassed_when": "code"}, "'nothing' is no code of table 'penalty_kind'"),
        ({"necessary": "decision_date"}, "'decision_date' is no coded field"),
    ],
)
def test_what_display_is_computed_from_exists(right: Catalog, changed: dict[str, str], message: str) -> None:
    display = right.datasets["administrative_penalty"].display
    assert display is not None
    assert display.necessary is not None
    first = display.unclassed_when[0]
    wrong = {
        "severity": first.model_copy(update={"severity": "huge"}),
        "field": first.model_copy(update={"field": "nothing"}),
        "code": first.model_copy(update={"only": ("nothing",)}),
    }
    [(key, value)] = changed.items()
    update: dict[str, object] = {key: value}
    if key == "unclassed_when":
        update = {key: (wrong[value],)}
    if key == "necessary":
        update = {key: display.necessary.model_copy(update={"field": value})}
    [one] = said(with_dataset(right, "administrative_penalty", display=display.model_copy(update=update)))
    assert message in one
