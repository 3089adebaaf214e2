"""A lake of years and one day more: penalties month by month, then a day's deliveries, as provinces send them.

The years come in one file for each month, sent by provinces in turn. A day brings 1 % as many rows: decisions of the last seven
days nine times out of ten, else rows of the last two months again, most of them with a correction. Subjects are as many as a
fifth of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pipelines.bench.generate import DATASET, Penalties
from pipelines.catalog import Catalog

FIRST: Final = date(2023, 7, 1)
LAST: Final = date(2026, 9, 30)
DAY: Final = date(2026, 10, 12)
SHARE: Final = 0.01
AGAIN: Final = 0.1
_PROVINCES: Final = ("sichuan", "zhejiang", "hebei", "shaanxi")
_CORRECTED: Final = "更正后重新报送"


def months() -> Iterator[tuple[date, date]]:
    """First day of each month and of the one after it."""
    day = FIRST
    while day <= LAST:
        after = (day + timedelta(days=32)).replace(day=1)
        yield day, after
        day = after


def write_years(inbox: Path, rows: int, seed: int, catalog: Catalog) -> pl.DataFrame:
    """Write the files of the years; the rows of the last two months, of which a day sends some again."""
    spans = list(months())
    source = Penalties(catalog, seed, subjects=max(1000, rows // 5))
    recent: list[pl.DataFrame] = []
    for number, (first, after) in enumerate(spans):
        count = rows // len(spans) + (number < rows % len(spans))
        path = inbox / _PROVINCES[number % len(_PROVINCES)] / DATASET / f"{first:%Y%m}.csv"
        kept = number >= len(spans) - 2
        for part in source.write(path, count, first, after):
            if kept:
                recent.append(part)
    return pl.concat(recent)


def write_day(inbox: Path, rows: int, seed: int, catalog: Catalog, recent: pl.DataFrame) -> int:
    """Write the files of one day after ``rows`` rows of years; how many rows it has."""
    count = max(len(_PROVINCES), round(rows * SHARE))
    again = round(count * AGAIN)
    fresh = Penalties(catalog, seed, subjects=max(1000, rows // 5), number_from=rows + 1)
    chance = np.random.default_rng(seed)
    sent = recent[np.sort(chance.choice(recent.height, min(again, recent.height), replace=False))]
    corrected = pl.Series(chance.random(sent.height) < 0.8)
    remark = sent.columns[-1]
    sent = sent.with_columns(pl.when(corrected).then(pl.lit(_CORRECTED)).otherwise(pl.col(remark)).alias(remark))
    share = -(-(count - sent.height) // len(_PROVINCES))
    for number, province in enumerate(_PROVINCES):
        path = inbox / province / DATASET / f"{DAY:%Y%m%d}.csv"
        list(fresh.write(path, share, DAY - timedelta(days=7), DAY))
        with path.open("ab") as stream:
            sent.gather_every(len(_PROVINCES), number).write_csv(stream, include_header=False)
    return share * len(_PROVINCES) + sent.height
