"""The state of every record on every day, against the rules written down once more without the hub's code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.catalog import Catalog, Dataset
from pipelines.records.display import (
    EFFECT,
    EFFECT_UNTIL,
    LATER,
    OBJECTED,
    STATE,
    TURNS,
    UNTIL,
    State,
    display_days,
    with_state,
)
from pipelines.storage.superseded import key_columns
from tests.catalogues import with_policy
from tests.records.frames import PENALTY, Row, lake, number, penalty
from tests.records.straightforward import expected, months_later, stops

FIRST, LAST = date(2026, 6, 1), date(2026, 11, 30)
SEVERITIES = ("minor", "general", "serious", None)
KINDS = (None, "warning", "public_criticism;warning", "warning;fine", "fine", "其他-责令改正;warning")
SAID = (None, "yes", "no")
HELD = (State.ON_HOLD, State.REPAIRED, State.WITHDRAWN)


def states(
    known: Catalog, dataset: Dataset, rows: Sequence[Row], day: date, effects: Sequence[Row] = ()
) -> pl.DataFrame:
    key = key_columns(dataset)
    records = lake(known, dataset.id, rows)
    asked = pl.DataFrame(
        [{EFFECT_UNTIL: None, OBJECTED: False, **effect} for effect in effects],
        schema={
            **{name: records.schema[name] for name in key},
            EFFECT: pl.String,
            EFFECT_UNTIL: pl.Date,
            OBJECTED: pl.Boolean,
        },
    )
    return with_state(records.lazy(), asked.lazy(), key, known, dataset, day).collect()


def decided(*documents: tuple[str | None, date]) -> list[Row]:
    return [
        penalty(document=n, severity_code=severity, decision_date=day, publication_ends_on=date(2099, 1, 1))
        for n, (severity, day) in enumerate(documents)
    ]


@pytest.mark.parametrize(
    ("day", "severity", "until"),
    [
        (date(2026, 11, 30), "general", date(2027, 11, 30)),
        (date(2026, 4, 1), "general", date(2027, 4, 1)),
        (date(2026, 3, 31), "general", date(2029, 3, 31)),
        (date(2023, 5, 1), "general", date(2026, 5, 1)),
        (date(2023, 4, 30), "general", date(2024, 4, 30)),
        (date(2024, 2, 29), "general", date(2027, 2, 28)),
        (date(2028, 2, 29), "general", date(2029, 2, 28)),
        (date(2026, 4, 1), "serious", date(2029, 4, 1)),
        (date(2026, 4, 1), "minor", None),
        (date(2026, 4, 1), None, date(2027, 4, 1)),
    ],
)
def test_display_stops_on_the_day_the_law_says(
    known: Catalog, penalties: Dataset, day: date, severity: str | None, until: date | None
) -> None:
    [row] = states(known, penalties, decided((severity, day)), day).to_dicts()
    assert row[UNTIL] == until == stops(severity, day)
    assert row[STATE] == ("displayed" if until else "recorded")
    assert row[TURNS] == until
    [eve] = states(known, penalties, decided((severity, day)), day - timedelta(days=1)).to_dicts()
    assert (eve[STATE], eve[TURNS]) == ("recorded", day if until else None), "a document of tomorrow"
    if until:
        [before] = states(known, penalties, decided((severity, day)), until - timedelta(days=1)).to_dicts()
        [on] = states(known, penalties, decided((severity, day)), until).to_dicts()
        assert (before[STATE], on[STATE], on[TURNS]) == ("displayed", "expired", None)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"penalty_kinds": "warning"}, False),
        ({"penalty_kinds": "public_criticism"}, False),
        ({"penalty_kinds": "warning;public_criticism"}, False),
        ({"penalty_kinds": "warning;fine"}, True),
        ({"penalty_kinds": "public_criticism;其他-责令改正"}, True),
        ({"penalty_kinds": "fine"}, True),
        ({"penalty_kinds": None}, True),
        ({"penalty_kinds": "fine", "simple_procedure": "yes"}, False),
        ({"penalty_kinds": "fine", "simple_procedure": "no"}, True),
        ({"penalty_kinds": "warning", "simple_procedure": "no"}, False),
    ],
)
def test_an_unclassed_warning_or_criticism_alone_and_simple_procedure_are_minor_and_not_displayed(
    known: Catalog, penalties: Dataset, said: Row, shown: bool
) -> None:
    """Decree 36 (domain.md §4.1, §13.3); the class of the agency comes first, whatever the kind of penalty."""
    rows = [penalty(document=n, severity_code=s, **said) for n, s in enumerate((None, "general", "minor"))]
    found = states(known, penalties, rows, LAST)[STATE].to_list()
    assert found == ["displayed" if shown else "recorded", "displayed", "recorded"]


def test_a_minor_record_whose_display_is_necessary_is_displayed_three_months_and_no_day_more(
    known: Catalog, penalties: Dataset
) -> None:
    rows = [
        penalty(document=1, severity_code="minor", display_necessary="yes", decision_date=date(2026, 11, 30)),
        penalty(document=2, penalty_kinds="warning", display_necessary="yes", decision_date=date(2026, 11, 30)),
        penalty(document=3, severity_code="minor", display_necessary="no", decision_date=date(2026, 11, 30)),
        penalty(document=4, severity_code="minor", display_necessary="yes", decision_date=date(2026, 3, 31)),
        penalty(document=5, severity_code="serious", display_necessary="no", decision_date=date(2026, 11, 30)),
    ]
    last = date(2027, 2, 28)
    eve, on = (states(known, penalties, rows, day)[STATE].to_list() for day in (last - timedelta(days=1), last))
    assert eve == ["displayed", "displayed", "recorded", "recorded", "displayed"]
    assert on == ["expired", "expired", "recorded", "recorded", "displayed"]
    assert states(known, penalties, rows, last)[UNTIL].to_list()[:4] == [last, last, None, None]


def test_month_ends_are_kept() -> None:
    """The vectors of domain.md §4.3."""
    days = pl.DataFrame({"day": [date(2026, 11, 30), date(2024, 2, 29)]})
    three, twelve = (days.select(pl.col("day").dt.offset_by(span))["day"] for span in ("3mo", "12mo"))
    assert three[0] == date(2027, 2, 28) == months_later(days["day"][0], 3)
    assert twelve[1] == date(2025, 2, 28) == months_later(days["day"][1], 12)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(SEVERITIES),
            st.dates(date(2019, 1, 1), date(2027, 12, 31)),
            st.sampled_from(KINDS),
            st.sampled_from(SAID),
            st.sampled_from(SAID),
        ),
        min_size=1,
        max_size=40,
    ),
    day=st.dates(date(2020, 1, 1), date(2031, 12, 31)),
)
def test_any_record_on_any_day_has_the_state_the_rules_give_it(
    known: Catalog,
    penalties: Dataset,
    rows: list[tuple[str | None, date, str | None, str | None, str | None]],
    day: date,
) -> None:
    sent = [
        penalty(
            document=n,
            severity_code=severity,
            decision_date=on,
            penalty_kinds=kinds,
            simple_procedure=simple,
            display_necessary=necessary,
        )
        for n, (severity, on, kinds, simple, necessary) in enumerate(rows)
    ]
    found = states(known, penalties, sent, day)
    assert found["document_number"].to_list() == [number(n) for n in range(len(rows))], "records keep their order"
    assert found[STATE].to_list() == [expected(severity, on, day, *more) for severity, on, *more in rows]
    # ``_turns_on`` is right: nothing changes before it, and something does on it.
    for (severity, on, *more), state, turns in zip(rows, found[STATE], found[TURNS], strict=True):
        if turns is not None:
            assert turns > day
            assert expected(severity, on, turns - timedelta(days=1), *more) == state
            assert expected(severity, on, turns, *more) != state


def test_every_day_of_six_months_every_record_has_the_state_the_rules_give_it(
    known: Catalog, penalties: Dataset
) -> None:
    rows = [
        (severity, on)
        for severity in SEVERITIES
        for on in (FIRST - timedelta(days=370) + timedelta(days=9 * n) for n in range(60))
    ]
    rows += [("general", months_later(FIRST, -36) + timedelta(days=n)) for n in range(0, 180, 7)]
    records = lake(known, PENALTY, decided(*rows)).lazy()
    key = key_columns(penalties)
    none = pl.LazyFrame(
        schema={**dict.fromkeys((*key, EFFECT), pl.String), EFFECT_UNTIL: pl.Date, OBJECTED: pl.Boolean}
    )
    for ahead in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=ahead)
        found = with_state(records, none, key, known, penalties, day).select(STATE).collect()
        assert found[STATE].to_list() == [expected(s, d, day) for s, d in rows], day


@pytest.mark.parametrize("effect", HELD)
@pytest.mark.parametrize("day", [date(2026, 5, 1), date(2026, 6, 1), date(2027, 5, 12)])
def test_what_was_asked_counts_before_the_clock_on_every_day(
    known: Catalog, penalties: Dataset, effect: State, day: date
) -> None:
    """Before display begins, while it lasts, and after it: and no day on which it would turn by itself."""
    rows = [penalty(document=1, severity_code="general"), penalty(document=2, severity_code="general")]
    key = {name: rows[0][name] for name in key_columns(penalties)}

    held, free = states(known, penalties, rows, day, [{**key, EFFECT: effect.value}]).to_dicts()

    assert held[STATE] == effect
    assert held[TURNS] is None
    assert held[UNTIL] == free[UNTIL] == date(2027, 5, 12)
    assert free[STATE] == expected("general", date(2026, 5, 12), day)
    assert EFFECT not in held


def test_a_hold_ends_by_itself_and_an_open_objection_marks_what_is_displayed(
    known: Catalog, penalties: Dataset
) -> None:
    rows = [
        penalty(document=n, severity_code=severity) for n, severity in enumerate(("general", "general", "minor"), 1)
    ]
    keys = [{name: row[name] for name in key_columns(penalties)} for row in rows]
    until = date(2026, 6, 10)
    held = {**keys[0], EFFECT: "on_hold", EFFECT_UNTIL: until, OBJECTED: True}
    marked = [{**key, EFFECT: None, OBJECTED: True} for key in keys[1:]]
    found = states(known, penalties, rows, date(2026, 6, 1), [held, *marked])
    assert found.select(STATE, TURNS).rows() == [
        ("on_hold", until),
        ("objected", date(2027, 5, 12)),
        ("recorded", None),  # what is not shown is not marked either
    ]


def test_a_key_with_an_empty_part_is_held_too(known: Catalog, penalties: Dataset) -> None:
    row = penalty(severity_code="general", authority_code=None)
    key = {name: row[name] for name in key_columns(penalties)}
    assert states(known, penalties, [row], LAST, [{**key, EFFECT: "on_hold"}])[STATE].to_list() == ["on_hold"]


def test_leaving_a_list_ends_display_before_its_time_and_never_after_it(known: Catalog) -> None:
    dataset = known.datasets["abnormal_operation"]
    rows: list[Row] = [
        {"_subject_key": name, "listed_on": date(2026, 5, 1), "severity_code": "general", "removed_on": left}
        for name, left in (("a", None), ("b", date(2026, 8, 1)), ("c", date(2030, 1, 1)))
    ]
    found = states(known, dataset, rows, date(2026, 8, 1))
    assert found[STATE].to_list() == ["displayed", "expired", "displayed"]
    assert found[UNTIL].to_list() == [date(2027, 5, 1), date(2026, 8, 1), date(2027, 5, 1)]


def test_a_later_end_than_the_law_is_marked_and_not_used(known: Catalog, penalties: Dataset) -> None:
    ends = [date(2027, 5, 11), date(2027, 5, 12), date(2027, 5, 13), None]
    rows = [penalty(document=n, severity_code="general", publication_ends_on=end) for n, end in enumerate(ends)]
    found = states(known, penalties, rows, LAST)
    assert found[LATER].to_list() == [False, False, True, False]
    assert set(found[UNTIL]) == {date(2027, 5, 12)}


def test_a_record_without_a_day_or_of_a_severity_without_a_period_is_held_and_not_displayed(
    known: Catalog, penalties: Dataset
) -> None:
    rows = [penalty(document=1, decision_date=None), penalty(document=2, severity_code="huge")]
    found = states(known, penalties, rows, LAST)
    assert found.select(STATE, UNTIL, TURNS).rows() == [("recorded", None, None)] * 2


@pytest.mark.parametrize(("disclosure", "state"), [("public", "displayed"), ("government", "recorded")])
def test_a_dataset_without_display_periods_is_displayed_always_where_it_is_public_and_else_never(
    known: Catalog, penalties: Dataset, disclosure: str, state: str
) -> None:
    dataset = penalties.model_copy(update={"display": None, "disclosure": disclosure})
    found = states(known, dataset, decided(("minor", FIRST)), date(1990, 1, 1))
    assert found.select(STATE, UNTIL, TURNS, LATER).rows() == [(state, None, None, False)]
    days = lake(known, PENALTY, decided(("general", FIRST))).select(
        day.alias(name) for name, day in zip(("begins", "stops"), display_days(known, dataset), strict=True)
    )
    assert days.rows() == [(None, None)]


def test_a_period_of_the_policy_decides_and_nothing_else(known: Catalog, penalties: Dataset) -> None:
    """With one period of one month, from a day on, everything before it and of another severity is not displayed."""
    only = known.policies.display_periods.periods[-1].model_copy(
        update={"severity": "general", "min_months": 0, "max_months": 1, "valid_from": FIRST, "valid_to": None}
    )
    changed = with_policy(known, "display_periods", periods=(only,))
    rows = decided(("general", FIRST), ("general", FIRST - timedelta(days=1)), ("serious", FIRST))
    found = states(changed, penalties, rows, FIRST)
    assert found.select(STATE, UNTIL).rows() == [
        ("displayed", date(2026, 7, 1)),
        ("recorded", None),
        ("recorded", None),
    ]


def test_the_days_of_display_are_those_of_the_states(known: Catalog, penalties: Dataset) -> None:
    rows = decided(*((severity, FIRST) for severity in SEVERITIES))
    begins, ends = display_days(known, penalties)
    days = lake(known, PENALTY, rows).select(begins.alias("begins"), ends.alias("ends"))
    assert days["begins"].to_list() == [FIRST] * 4
    assert days["ends"].to_list() == states(known, penalties, rows, LAST)[UNTIL].to_list()
