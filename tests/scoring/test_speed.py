"""Twelve months of every indicator cost a few times what the database needs to read the columns, however many units there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from pipelines.bench.scorecards import LAST, write_year
from pipelines.scoring.card import measured
from pipelines.scoring.period import Period
from tests.scoring.conftest import Hub


def test_ten_times_the_rows_cost_far_less_than_ten_times_the_time(make_hub: Callable[[], Hub]) -> None:
    taken = []
    for rows in (20_000, 200_000):
        hub = make_hub()
        write_year(hub.home, hub.catalog, batches=2_000, rows=rows, seed=7)
        months = Period.parse(f"{LAST:%Y-%m}", datetime(2026, 11, 30, 4, tzinfo=UTC)).trend()
        begun = time.process_time()
        facts = measured(hub.home, hub.catalog, months)
        scored = [facts.scored(hub.catalog.scorecard, hub.catalog, month) for month in months]
        taken.append(time.process_time() - begun)
        assert (
            sum(facts.came[month.label][code].accepted for month in months for code in facts.came[month.label]) == rows
        )
        assert {len(some) for some in scored} == {len(hub.catalog.regions) + 13}
    assert taken[1] < 5 * taken[0], taken


def test_the_year_of_the_bench_is_the_same_for_the_same_seed(make_hub: Callable[[], Hub]) -> None:
    frames = []
    for _ in range(2):
        hub = make_hub()
        write_year(hub.home, hub.catalog, batches=200, rows=2_000, seed=3)
        paths = sorted(hub.home.ledger("batches").glob("*.parquet"))
        frames.append(pl.concat([pl.read_parquet(path) for path in paths]))
    assert frames[0].equals(frames[1])
