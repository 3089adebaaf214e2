"""What came from each unit in each period: counts of files and rows, and the state that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.scoring.period import Period
from pipelines.scoring.relations import known_batches
from pipelines.scoring.state import EMPTY_PROBLEMS
from pipelines.storage.home import Home


@dataclass(frozen=True)
class Arrivals:
    """Plain counts of a unit and a period; but for ``repeated``, files whose bytes came before count for nothing."""

    files: int = 0
    repeated: int = 0
    unread_files: int = 0
    broken_files: int = 0
    rows_in: int = 0
    accepted: int = 0
    refused: int = 0
    warned: int = 0

    @property
    def clean(self) -> int:
        """Accepted rows without any warning."""
        return self.accepted - self.warned

    @staticmethod
    def sum(parts: Iterable[Arrivals]) -> Arrivals:
        """Several units together."""
        kept = [asdict(part) for part in parts]
        return Arrivals(**{one.name: sum(part[one.name] for part in kept) for one in fields(Arrivals)})


NOTHING: Final = Arrivals()


def arrivals(home: Home, catalog: Catalog, periods: Sequence[Period]) -> Mapping[str, Mapping[str, Arrivals]]:
    """By period and unit; units of which nothing came are left out."""
    fresh = pl.col("status") != "duplicate"
    unread = fresh & (pl.col("rows_in") == 0)
    broken = unread & ~(pl.col("problem_code").is_null() | pl.col("problem_code").is_in(sorted(EMPTY_PROBLEMS)))
    daily = (
        known_batches(home, catalog)
        .group_by("unit", "received_on")
        .agg(
            fresh.sum().alias("files"),
            (~fresh).sum().alias("repeated"),
            unread.sum().alias("unread_files"),
            broken.sum().alias("broken_files"),
            *(
                pl.when(fresh).then(column).otherwise(0).sum().alias(name)
                for name, column in {
                    "rows_in": "rows_in",
                    "accepted": "rows_accepted",
                    "refused": "rows_refused",
                    "warned": "rows_warned",
                }.items()
            ),
        )
        .collect()
    )
    found: dict[str, dict[str, Arrivals]] = {}
    for period in periods:
        within = daily.filter(pl.col("received_on").is_between(period.start, period.known_end, closed="left"))
        summed = within.group_by("unit").agg(pl.exclude("unit", "received_on").sum())
        found[period.label] = {row.pop("unit"): Arrivals(**row) for row in summed.to_dicts()}
    return found
