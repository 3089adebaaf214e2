"""Shown as long as the law says and not a day more: the publication clock against an independent, straightforward one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.ground.settings import Settings
from pipelines.records.display import STATE
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest, releases
from tests.conftest import GOOD_CODES, Home
from tests.publishing.penalties import PENALTY, PRODUCTS, sent
from tests.records.straightforward import expected, stops

FIRST, LAST = date(2026, 6, 1), date(2026, 11, 30)
SEVERITIES = {"minor": "轻微", "general": "一般", "serious": "严重", None: ""}

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
def traveller(tmp_path: Path, without_the_second_route: None) -> Iterator[Home]:
    """A home that got all its penalties at once, long before the last of them turns."""
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
