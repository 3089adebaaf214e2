"""Shown as long as the law says and not a day more: the publication clock against an independent, straightforward one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import expectations
from pipelines.catalog import Catalog
from pipelines.ground.settings import Settings
from pipelines.publishing import gate
from pipelines.records.display import STATE, TURNS, UNTIL, with_state
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Validation, latest, releases
from pipelines.storage.superseded import key_columns
from tests.conftest import GOOD_CODES, ROOT, Home
from tests.publishing.penalties import PENALTY, PRODUCTS, sent
from tests.publishing.straightforward import expected, months_later, stops

FIRST, LAST = date(2026, 6, 1), date(2026, 11, 30)
SEVERITIES = {"minor": "轻微", "general": "一般", "serious": "严重", None: ""}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(ROOT / "catalog")


def states(catalog: Catalog, rows: list[tuple[str | None, date]], day: date) -> pl.DataFrame:
    """States of penalties by the kernel."""
    dataset = catalog.datasets[PENALTY]
    key = key_columns(dataset)
    records = pl.DataFrame(
        {
            "_subject_key": [str(n) for n in range(len(rows))],
            "document_number": "号",
            "authority_code": "关",
            "severity_code": [severity for severity, _ in rows],
            "decision_date": [decided for _, decided in rows],
            "publication_ends_on": [date(2099, 1, 1) for _ in rows],
        },
        schema_overrides={"severity_code": pl.String, "decision_date": pl.Date, "publication_ends_on": pl.Date},
    )
    none = pl.LazyFrame(schema={name: pl.String for name in (*key, "_effect")})
    return with_state(records.lazy(), none, key, catalog, dataset, day).collect()


@pytest.mark.parametrize(
    ("decided", "severity", "until"),
    [
        (date(2026, 11, 30), "general", date(2027, 11, 30)),
        (date(2026, 4, 1), "general", date(2027, 4, 1)),
        (date(2026, 3, 31), "general", date(2029, 3, 31)),
        (date(2024, 2, 29), "general", date(2027, 2, 28)),
        (date(2028, 2, 29), "general", date(2029, 2, 28)),
        (date(2026, 4, 1), "serious", date(2029, 4, 1)),
        (date(2026, 4, 1), "minor", None),
        (date(2026, 4, 1), None, date(2027, 4, 1)),
    ],
)
def test_display_stops_on_the_day_the_law_says(
    catalog: Catalog, decided: date, severity: str | None, until: date | None
) -> None:
    [row] = states(catalog, [(severity, decided)], decided).to_dicts()
    assert row[UNTIL] == until == stops(severity, decided)
    assert row[STATE] == ("displayed" if until else "recorded")
    assert row[TURNS] == until
    if until:
        [before] = states(catalog, [(severity, decided)], until - timedelta(days=1)).to_dicts()
        [on] = states(catalog, [(severity, decided)], until).to_dicts()
        assert (before[STATE], on[STATE], on[TURNS]) == ("displayed", "expired", None)


def test_month_ends_are_kept() -> None:
    """The vectors of domain.md §4.3."""
    days = pl.DataFrame({"day": [date(2026, 11, 30), date(2024, 2, 29)]})
    assert (
        days.select(pl.col("day").dt.offset_by("3mo"))["day"][0] == date(2027, 2, 28) == months_later(days["day"][0], 3)
    )
    assert (
        days.select(pl.col("day").dt.offset_by("12mo"))["day"][1]
        == date(2025, 2, 28)
        == months_later(days["day"][1], 12)
    )


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from([*SEVERITIES]), st.dates(date(2019, 1, 1), date(2027, 12, 31))),
        min_size=1,
        max_size=40,
    ),
    day=st.dates(date(2020, 1, 1), date(2031, 12, 31)),
)
def test_any_record_on_any_day_has_the_state_the_rules_give_it(
    catalog: Catalog, rows: list[tuple[str | None, date]], day: date
) -> None:
    found = states(catalog, rows, day)
    assert found[STATE].to_list() == [expected(severity, decided, day) for severity, decided in rows]
    # ``next_state_change`` is right: nothing changes before it, and something does on it.
    for (severity, decided), state, turns in zip(rows, found[STATE], found[TURNS], strict=True):
        if turns is not None:
            assert turns > day
            assert expected(severity, decided, turns - timedelta(days=1)) == state
            assert expected(severity, decided, turns) != state


def test_every_day_of_six_months_every_record_has_the_state_the_rules_give_it(catalog: Catalog) -> None:
    rows = [
        (severity, decided)
        for severity in SEVERITIES
        for decided in (FIRST - timedelta(days=370) + timedelta(days=9 * n) for n in range(60))
    ]
    rows += [("general", months_later(FIRST, -36) + timedelta(days=n)) for n in range(0, 180, 7)]
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        assert states(catalog, rows, day)[STATE].to_list() == [expected(s, d, day) for s, d in rows], day


def test_leaving_a_list_ends_display_before_its_time(catalog: Catalog) -> None:
    dataset = catalog.datasets["abnormal_operation"]
    key = key_columns(dataset)
    records = pl.DataFrame(
        {
            "_subject_key": ["a", "b"],
            "ground": "x",
            "listed_on": [date(2026, 5, 1)] * 2,
            "authority_code": "关",
            "severity_code": ["general", "general"],
            "removed_on": [None, date(2026, 8, 1)],
        }
    )
    none = pl.LazyFrame(schema={**{name: records.schema[name] for name in key}, "_effect": pl.String})
    found = with_state(records.lazy(), none, key, catalog, dataset, date(2026, 8, 1)).collect()
    assert found[STATE].to_list() == ["displayed", "expired"]
    assert found[UNTIL].to_list() == [date(2027, 5, 1), date(2026, 8, 1)]


TRAVELLERS = [
    ("general", date(2023, 6, 30)),  # three years: until 2026-06-30
    ("serious", date(2023, 8, 31)),
    (None, date(2023, 8, 31)),
    ("general", date(2023, 11, 15)),
    ("minor", date(2026, 4, 2)),
    ("general", date(2026, 4, 2)),
    ("general", date(2022, 9, 1)),  # before Decree 58: one year, long over
]


@pytest.fixture
def traveller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home that got all its penalties at once, long before the last of them turns."""
    monkeypatch.setattr(expectations, "compare", lambda *_: 0)
    monkeypatch.setattr(gate, "check", lambda *_: Validation(suite="suite", expectations=1, successful=True))
    home = Home(Hub.open(Settings.read(tmp_path / "home")))
    changes = [
        {
            "severity_code": SEVERITIES[severity],
            "decision_date": decided.isoformat(),
            "document_number": f"锦市监处罚〔{decided.year}〕{number}号",
            "credit_code": GOOD_CODES[number % 2],
            "subject_name": f"公司{number % 2}",
        }
        for number, (severity, decided) in enumerate(TRAVELLERS)
    ]
    home.drop("sichuan", PENALTY, sent(PENALTY, *changes))
    [receipt] = home.collect(noon(FIRST))
    assert receipt["rows"]["refused"] == 0, receipt["rules"]
    yield home
    shutil.rmtree(home.root)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def test_time_travel_shows_on_each_day_exactly_what_the_rules_allow(traveller: Home) -> None:
    """Nothing new comes in six months; on every day on which something turns, and on the day before, the sets are right."""
    turning = sorted({end for s, d in TRAVELLERS if (end := stops(s, d)) and FIRST < end <= LAST})
    assert len(turning) >= 3
    made = 0
    for day in sorted({FIRST, *(t - timedelta(days=1) for t in turning), *turning, LAST}):
        done = traveller.publish_all(noon(day))
        made += sum(one.new for one in done if one.product_id in PRODUCTS)
        right = {number: expected(s, d, day) for number, (s, d) in enumerate(TRAVELLERS)}
        public = traveller.shared(PRODUCTS[2])["document_number"].str.extract(r"〕(\d+)号").cast(pl.Int64)
        assert sorted(public) == [number for number, state in right.items() if state == "displayed"], day
        government = traveller.shared(PENALTY).with_columns(
            number=pl.col("document_number").str.extract(r"〕(\d+)号").cast(pl.Int64)
        )
        assert dict(government.select("number", STATE).rows()) == right, day
        manifest = latest(traveller.hub.home, PRODUCTS[2])
        assert manifest is not None
        hidden = [state for state in right.values() if state != "displayed"]
        assert manifest.withheld == {state: hidden.count(state) for state in sorted(set(hidden))}
        assert all(row.overdue == 0 for row in manifest.displays)
        if day in turning:
            assert manifest.removed == {"expired": right_turns(day)}
    assert made == 3 * (1 + len(turning)), "a release for each day on which something turns, and none on the others"


def right_turns(day: date) -> int:
    return sum(stops(s, d) == day for s, d in TRAVELLERS)


def test_the_clock_does_not_run_back(traveller: Home) -> None:
    """An old task that is run again shows nothing again whose time is over, and says at which day the clock stands."""
    traveller.publish_all(noon(date(2026, 7, 10)))
    before = releases(traveller.hub.home, PRODUCTS[2])
    again = traveller.publish_all(noon(date(2026, 6, 10)))
    assert [(one.new, one.held_at) for one in again if one.product_id in PRODUCTS] == [(False, "2026-07-10")] * 3
    assert releases(traveller.hub.home, PRODUCTS[2]) == before
