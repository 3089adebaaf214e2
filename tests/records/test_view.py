"""What a product shows of records: which of them, which fields by its access class, under which masks; and why not the others."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog
from pipelines.catalog.models import Product, ProductFilter
from pipelines.ground.errors import HubError
from pipelines.records.display import STATE, UNTIL, State
from pipelines.records.view import FILTERED, PROVENANCE, WITHHELD, shown, withheld
from tests.catalogues import with_policy
from tests.records.frames import PENALTY, Row, lake, penalty

GOVERNMENT, AUTHORISED, PUBLIC = PENALTY, f"{PENALTY}_authorised", f"{PENALTY}_public"
NOT_PERSONS = ProductFilter(field="subject_category", is_not_in=("natural_person",))


def records(known: Catalog, rows: Sequence[Row], *states: str) -> pl.DataFrame:
    """Records with their states on a day."""
    frame = lake(known, PENALTY, rows)
    return frame.with_columns(
        pl.Series(STATE, states or ["displayed"] * len(rows), dtype=pl.String), pl.lit(None, pl.Date).alias(UNTIL)
    )


def why(known: Catalog, product: Product, frame: pl.DataFrame) -> list[str | None]:
    return frame.select(withheld(known, product).alias("why"))["why"].to_list()


def filtered(known: Catalog, *conditions: ProductFilter) -> Product:
    """The government product, which has no clock, under these conditions."""
    return known.products[GOVERNMENT].model_copy(update={"filter": conditions})


@pytest.mark.parametrize(
    ("product", "withheld_states"),
    [
        (GOVERNMENT, {"repaired", "withdrawn"}),
        (AUTHORISED, {"repaired", "withdrawn", "on_hold", "recorded", "expired"}),
        (PUBLIC, {"repaired", "withdrawn", "on_hold", "recorded", "expired"}),
    ],
)
def test_every_state_is_shown_to_who_may_see_it(known: Catalog, product: str, withheld_states: set[str]) -> None:
    states = [state.value for state in State]
    frame = records(known, [penalty(document=n) for n in range(len(states))], *states)
    assert why(known, known.products[product], frame) == [s if s in withheld_states else None for s in states]


def test_who_is_shown_records_on_hold_is_the_policys(known: Catalog) -> None:
    frame = records(known, [penalty()], "on_hold")
    changed = with_policy(known, "display_periods", shown_on_hold=("public",))
    assert why(changed, known.products[PUBLIC], frame) == [None]
    assert why(changed, known.products[GOVERNMENT], frame) == ["on_hold"]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("repaired", "repaired"),
        ("withdrawn", "withdrawn"),
        ("on_hold", FILTERED),
        ("recorded", FILTERED),
        ("expired", FILTERED),
        ("displayed", FILTERED),
    ],
)
def test_of_several_reasons_the_first_is_given(known: Catalog, state: str, reason: str) -> None:
    """What was taken down is so for every product; of the rest a person is none of the public's."""
    frame = records(known, [penalty(subject_category="natural_person")], state)
    assert why(known, known.products[PUBLIC], frame) == [reason]


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (ProductFilter(field="subject_category", is_in=("legal_person", "self_employed")), [True, False, False]),
        (NOT_PERSONS, [True, False, True]),
        (ProductFilter(field="subject_category", present=True), [True, True, False]),
    ],
)
def test_an_empty_field_meets_is_not_in_and_nothing_else(
    known: Catalog, condition: ProductFilter, met: list[bool]
) -> None:
    rows = [penalty(subject_category=value) for value in ("legal_person", "natural_person", None)]
    reasons = why(known, filtered(known, condition), records(known, rows))
    assert reasons == [None if one else FILTERED for one in met]


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        (ProductFilter(field="penalty_kinds", is_in=("fine",)), [True, True, False, False, False]),
        (ProductFilter(field="penalty_kinds", is_not_in=("fine",)), [False, False, True, True, True]),
    ],
)
def test_of_a_field_with_several_codes_any_one_counts(
    known: Catalog, condition: ProductFilter, met: list[bool]
) -> None:
    rows = [penalty(penalty_kinds=value) for value in ("fine", "warning;fine", "warning", "fines", None)]
    reasons = why(known, filtered(known, condition), records(known, rows))
    assert reasons == [None if one else FILTERED for one in met]


def test_all_conditions_of_a_product_must_hold(known: Catalog) -> None:
    rows = [
        penalty(subject_category=category, severity_code=severity)
        for category in ("legal_person", "natural_person")
        for severity in ("general", None)
    ]
    product = filtered(known, NOT_PERSONS, ProductFilter(field="severity_code", present=True))
    assert why(known, product, records(known, rows)) == [None, FILTERED, FILTERED, FILTERED]


@settings(max_examples=35, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([one.value for one in State]), st.sampled_from(["legal_person", "natural_person", None])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_every_record_is_shown_or_has_one_of_the_known_reasons_whatever_stands_beside_it(
    known: Catalog, rows: list[tuple[str, str | None]]
) -> None:
    frame = records(known, [penalty(subject_category=one) for _, one in rows], *(state for state, _ in rows))
    for product in (GOVERNMENT, AUTHORISED, PUBLIC):
        reasons = why(known, known.products[product], frame)
        assert {*reasons} <= {None, *(str(one) for one in WITHHELD)}
        alone = [why(known, known.products[product], frame[n])[0] for n in range(frame.height)]
        assert reasons == alone


@pytest.mark.parametrize("product", [GOVERNMENT, AUTHORISED, PUBLIC])
def test_the_fields_of_the_class_are_shown_and_provenance_and_nothing_else(known: Catalog, product: str) -> None:
    frame = shown(records(known, [penalty()]), known, known.products[product])
    assert frame.columns == [*known.product_fields(product), *PROVENANCE]
    secret = {field.id for field in known.fields(PENALTY) if field.sensitive}
    assert secret
    if product != GOVERNMENT:
        assert not secret & set(frame.columns)
    assert not [name for name in frame.columns if name.endswith("_pseudonym")]


def test_a_field_under_a_mask_is_masked_and_every_other_is_as_it_was(known: Catalog) -> None:
    written = "电话13812345678，身份证110101199003070003。"
    frame = records(known, [penalty(facts=written, penalty_content=written, penalty_basis=written)])
    plain = known.products[PUBLIC].model_copy(update={"masks": {}})
    masked = plain.model_copy(update={"masks": {"violation_facts": "text_without_identifiers"}})

    [was], [now] = (shown(frame, known, one).to_dicts() for one in (plain, masked))

    assert now["violation_facts"] == "电话138****5678，身份证1****************3。"
    assert {name for name in was if was[name] != now[name]} == {"violation_facts"}


def test_a_mask_that_no_policy_knows_is_an_error_and_never_no_mask(known: Catalog) -> None:
    product = known.products[PUBLIC].model_copy(update={"masks": {"violation_facts": "nothing_of_the_kind"}})
    with pytest.raises(HubError, match=r"'nothing_of_the_kind' is not in policies/masking\.yaml"):
        shown(records(known, [penalty()]), known, product)
