"""How many records a product with a publication clock shows, by provider, and how many past their time (must be none)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.release.display import UNTIL
from pipelines.screening.columns import PROVIDER, REGION


def display_rows(files: Sequence[Path], day: date) -> list[dict[str, Any]]:
    """Counted from what was written, not from what was meant.

    Args:
        files: every data file of a release.
        day: the day it is of.

    Returns:
        ``provider_id``, ``region_code``, ``displayed``, ``overdue``: display should have stopped on or before the day.
    """
    if not files:
        return []
    counted = (
        pl.scan_parquet(list(files), hive_partitioning=False)
        .group_by(pl.col(PROVIDER).alias("provider_id"), pl.col(REGION).alias("region_code"))
        .agg(
            pl.len().cast(pl.Int64).alias("displayed"),
            (pl.col(UNTIL) <= pl.lit(day, dtype=pl.Date)).sum().cast(pl.Int64).alias("overdue"),
        )
        .sort("provider_id", "region_code")
        .collect(engine="streaming")
    )
    return counted.to_dicts()
