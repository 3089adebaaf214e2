"""How many records a product with a publication clock shows, by provider, and how many past their time (must be none).

    state/displays/<product_id>.json
        {"<data file>": {"until": "2027-02-28", "shown": [[provider, region, records], …]}}

Counted from what was written, not from what was meant. A data file never changes, so it is counted once, and again when the first
of its records comes to the end of its time; a file that the state does not know is counted again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.records.display import UNTIL
from pipelines.storage.columns import PROVIDER, REGION
from pipelines.storage.home import Home
from pipelines.storage.manifest import Displayed
from pipelines.storage.state import DisplayCounts, FileDisplays

_FILE: Final = "_file"


def display_rows(home: Home, product_id: str, files: Sequence[Path], day: date) -> list[Displayed]:
    """What the data files of a release show.

    Args:
        home: where counts are kept.
        product_id: whose release.
        files: every data file of it.
        day: the day it is of.

    Returns:
        ``provider_id``, ``region_code``, ``displayed``, ``overdue``: display should have stopped on or before the day.
    """
    path = home.displays(product_id)
    known = (DisplayCounts.read_if_there(path) or DisplayCounts()).files
    uncounted = [file for file in files if file.name not in known or _changes(known[file.name], day)]
    displayed: Counter[tuple[str | None, str | None]] = Counter()
    overdue: Counter[tuple[str | None, str | None]] = Counter()
    counts = {file.name: known[file.name] for file in files if file.name in known}
    if uncounted:
        counts |= {file.name: FileDisplays(until=None, shown=[]) for file in uncounted}
        for name, provider, region, number, until, late in _counted(uncounted, day).rows():
            one = counts[Path(name).name]
            one.shown.append((provider, region, number))
            one.until = min(filter(None, (one.until, until)), default=None)
            overdue[provider, region] += late
        DisplayCounts(files=counts).write(path)
    for one in counts.values():
        for provider, region, number in one.shown:
            displayed[provider, region] += number
    return [
        Displayed(provider_id=who[0], region_code=who[1], displayed=number, overdue=overdue[who])
        for who, number in sorted(displayed.items())
    ]


def _changes(counted: FileDisplays, day: date) -> bool:
    return counted.until is not None and counted.until <= day


def _counted(files: Sequence[Path], day: date) -> pl.DataFrame:
    """By file, provider and region: records, the first end of display, and records past it."""
    return (
        pl.scan_parquet(list(files), hive_partitioning=False, include_file_paths=_FILE)
        .group_by(_FILE, PROVIDER, REGION)
        .agg(
            pl.len().cast(pl.Int64).alias("records"),
            pl.col(UNTIL).min().alias("until"),
            (pl.col(UNTIL) <= pl.lit(day, dtype=pl.Date)).sum().cast(pl.Int64).alias("late"),
        )
        .sort(_FILE, PROVIDER, REGION)
        .collect(engine="streaming")
    )
