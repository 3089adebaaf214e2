"""The clock agrees everywhere: nothing is offered to authorised users that the public no longer sees.

The rule: of a dataset that has both sets, a record that the authorised set shows on a day is shown by the public set on that day.
Subjects make no difference, as the filters of the two sets leave out the same ones (natural persons, where a dataset has them);
fields and masks may differ, record keys do not. What is repaired, withdrawn or over leaves both on the same day.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset, catalog
from pipelines.catalog.models import Product
from pipelines.records.display import EFFECT, EFFECT_UNTIL, OBJECTED, STATE, TURNS, State, with_state
from pipelines.records.view import withheld
from pipelines.storage.superseded import key_columns
from tests.catalogues import with_product
from tests.conftest import ROOT
from tests.records.frames import Row, lake

KNOWN = catalog(ROOT / "catalog")
BOTH = sorted(name for name in KNOWN.datasets if {f"{name}_public", f"{name}_authorised"} <= KNOWN.products.keys())
TIMED = [name for name in BOTH if KNOWN.datasets[name].display]
FIRST, LAST = date(2026, 11, 1), date(2027, 12, 1)
EFFECTS = (None, None, None, State.ON_HOLD, State.REPAIRED, State.WITHDRAWN)
Keys = set[tuple[object, ...]]


def sets(known: Catalog, dataset_id: str) -> tuple[Product, Product]:
    return known.products[f"{dataset_id}_public"], known.products[f"{dataset_id}_authorised"]


def entry(dataset: Dataset, number: int, day: date, ended: date | None = None, **said: object) -> Row:
    """A record of a dataset that has display periods, with a key of its own."""
    names = {field.id for field in KNOWN.fields(dataset.id)}
    display = dataset.display
    assert display is not None
    row: Row = {display.document_date: day}
    if display.ended_on:
        row[display.ended_on] = ended
    row |= {name: value for name, value in said.items() if name in names}
    return {name: f"{name} {number}" for name in key_columns(dataset)} | row


def states(dataset: Dataset, rows: list[Row], effects: list[State | None], day: date) -> pl.DataFrame:
    key = key_columns(dataset)
    records = lake(KNOWN, dataset.id, rows)
    asked = [
        {**{name: row[name] for name in key}, EFFECT: one.value, EFFECT_UNTIL: None, OBJECTED: False}
        for row, one in zip(rows, effects, strict=True)
        if one
    ]
    frame = pl.DataFrame(
        asked,
        schema={
            **{name: records.schema[name] for name in key},
            EFFECT: pl.String,
            EFFECT_UNTIL: pl.Date,
            OBJECTED: pl.Boolean,
        },
    )
    return with_state(records.lazy(), frame.lazy(), key, KNOWN, dataset, day).collect()


def keys(frame: pl.DataFrame, dataset: Dataset, product: Product, known: Catalog = KNOWN) -> Keys:
    """Record keys that a product shows."""
    return set(frame.filter(withheld(known, product).is_null()).select(key_columns(dataset)).rows())


def turning_days(dataset: Dataset, rows: list[Row], effects: list[State | None]) -> list[date]:
    """Every day of thirteen months on which the clock turns one of the records, the day before, and the ends of the months."""
    found = {FIRST, LAST, *(date(2026 + n // 12, n % 12 + 1, 1) - timedelta(days=1) for n in range(11, 24))}
    day: date | None = FIRST
    while day is not None and day < LAST:
        found |= {day - timedelta(days=1), day}
        day = states(dataset, rows, effects, day)[TURNS].min()  # type: ignore[assignment]
    return sorted(one for one in found if FIRST <= one <= LAST)


def test_most_datasets_have_both_sets_and_four_of_them_display_periods() -> None:
    assert len(BOTH) >= 7
    assert {"abnormal_operation", "administrative_penalty", "judicial_enforcement", "serious_dishonesty"} == set(TIMED)


@pytest.mark.parametrize("dataset_id", TIMED)
def test_in_thirteen_months_the_public_sees_whatever_authorised_users_are_offered(dataset_id: str) -> None:
    dataset = KNOWN.datasets[dataset_id]
    public, authorised = sets(KNOWN, dataset_id)
    rows: list[Row] = []
    begun = ("2023-12-05", "2024-11-30", "2025-12-31", "2026-04-02", "2026-11-30", "2027-03-08")
    for day in map(date.fromisoformat, begun):
        for severity in ("minor", "general", "serious", None):
            for number, ended in enumerate((None, date(2026, 11, 20), date(2027, 5, 4)), start=len(rows)):
                said = {
                    "penalty_kinds": ("warning", "fine")[number % 2],
                    "display_necessary": ("yes", "no")[number % 2],
                }
                person = "natural_person" if number % 5 == 0 else "legal_person"
                rows.append(entry(dataset, number, day, ended, severity_code=severity, subject_category=person, **said))
    effects: list[State | None] = [EFFECTS[number % len(EFFECTS)] for number in range(len(rows))]
    seen: list[Keys] = []
    for day in turning_days(dataset, rows, effects):
        frame = states(dataset, rows, effects, day)
        shown = keys(frame, dataset, public)
        assert keys(frame, dataset, authorised) <= shown, day
        assert keys(frame, dataset, authorised) == shown, "the two filters leave out the same subjects"
        displayed = set(frame.filter(pl.col(STATE) == "displayed").select(key_columns(dataset)).rows())
        assert shown <= displayed, "nothing that is over, repaired, withdrawn or on hold"
        seen.append(shown)
    assert len(seen) > 20
    assert any(seen)
    assert len({frozenset(one) for one in seen}) > 3, "what is shown changes in these months"


@settings(max_examples=40, deadline=None)
@given(
    dataset_id=st.sampled_from(TIMED),
    rows=st.lists(
        st.tuples(
            st.dates(date(2023, 1, 1), LAST),
            st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2028, 1, 1))),
            st.fixed_dictionaries(
                {
                    "severity_code": st.sampled_from(["minor", "general", "serious", None]),
                    "display_necessary": st.sampled_from(["yes", "no", None]),
                    "subject_category": st.sampled_from(["natural_person", "legal_person", None]),
                    "penalty_kinds": st.sampled_from(["warning", "fine;warning", None]),
                }
            ),
            st.sampled_from(EFFECTS),
        ),
        min_size=1,
        max_size=25,
    ),
    day=st.dates(FIRST, LAST),
)
def test_on_any_day_of_any_records_the_public_sees_whatever_authorised_users_are_offered(
    dataset_id: str, rows: list[tuple[date, date | None, dict[str, object], State | None]], day: date
) -> None:
    dataset = KNOWN.datasets[dataset_id]
    public, authorised = sets(KNOWN, dataset_id)
    sent = [entry(dataset, number, on, ended, **said) for number, (on, ended, said, _) in enumerate(rows)]
    frame = states(dataset, sent, [row[-1] for row in rows], day)
    offered = keys(frame, dataset, authorised)
    assert offered <= keys(frame, dataset, public)
    # Whoever is given more than the public, as government or by law, is still not given what was taken down.
    freed = with_product(KNOWN, authorised.id, publication_clock=False, beyond_clock_basis="guobanfa_2024_15")
    more = keys(frame, dataset, freed.products[authorised.id], freed)
    taken = set(frame.filter(pl.col(STATE).is_in(["repaired", "withdrawn"])).select(key_columns(dataset)).rows())
    assert offered <= more
    assert not taken & (more | keys(frame, dataset, KNOWN.products[dataset_id]))


@pytest.mark.parametrize("dataset_id", BOTH)
def test_the_two_sets_of_a_dataset_have_one_filter_and_one_clock(dataset_id: str) -> None:
    """Where there is no display period, this is all of the rule: what is taken down or on hold is withheld from both alike."""
    public, authorised = sets(KNOWN, dataset_id)
    assert public.filter == authorised.filter
    assert public.publication_clock == authorised.publication_clock == (KNOWN.datasets[dataset_id].display is not None)
