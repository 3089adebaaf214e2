"""``python -m pipelines.bench incremental`` measures a day as provinces send it: new decisions of recent days, few rows again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from pipelines.bench.days import AGAIN, DAY, SHARE, write_day, write_years
from pipelines.catalog import Catalog
from tests.conftest import ROOT


def test_a_day_is_one_in_a_hundred_mostly_new_decisions_of_recent_days(tmp_path: Path) -> None:
    catalog, rows = Catalog.load(ROOT / "catalog"), 8_000
    recent = write_years(tmp_path, rows, 1, catalog)
    before = pl.concat(pl.read_csv(path, infer_schema=False) for path in sorted(tmp_path.rglob("*.csv")))

    said = write_day(tmp_path, rows, 1, catalog, recent)

    day = pl.concat(pl.read_csv(path, infer_schema=False) for path in sorted(tmp_path.rglob(f"{DAY:%Y%m%d}.csv")))
    assert before.height == rows
    assert day.height == said
    assert abs(said - rows * SHARE) <= 4
    again = day.join(before, on="CF_WSH", how="semi")
    assert again.height == round(rows * SHARE * AGAIN)
    new_records = day.join(again, on="CF_WSH", how="anti")["CF_JDRQ"].str.to_date(strict=False).drop_nulls()
    assert new_records.is_between(DAY - timedelta(days=7), DAY, closed="left").all()
