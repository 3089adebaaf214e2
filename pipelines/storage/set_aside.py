"""Rows set aside at publishing: ``lake/set_aside/<dataset_id>``.

    lake/set_aside/<dataset_id>/_bucket=<00..15>/<digest>.parquet     one row for each accepted row, field and rule

The gate found them in a candidate (``pipelines.publishing.gate``): rows that were accepted under older rules, or before there were
any for what is wrong with them. No product shows such a row (``withheld`` as ``unsound``). The table says where the row came from,
which field is wrong by which rule, and never the value. ``closed_on`` is null while the row is what the hub has of its record; else
the day of the release by which a later version had taken its place, or the record was repaired or withdrawn.

What was found holds under one ``definition`` of the dataset's products; under another the gate looks at everything again. The table
can be removed, and comes back with the next release.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.storage.columns import BATCH, BUCKET, PROVIDER, REGION, ROW_NUMBER
from pipelines.storage.home import Home
from pipelines.storage.tables import COMPRESSION_LEVEL, Schema, Table

UNSOUND: Final = "unsound"
"""Reason for which products withhold the rows, and by which they remove records."""

FIELD, RULE, DEFINITION = "field", "rule_id", "definition"
FOUND_ON, CLOSED_ON = "found_on", "closed_on"
PLACE: Final = (BATCH, ROW_NUMBER)
"""What names a row of the lake."""

FOUND: Final[Schema] = {
    BATCH: pl.String(),
    ROW_NUMBER: pl.Int64(),
    PROVIDER: pl.String(),
    REGION: pl.String(),
    FIELD: pl.String(),
    RULE: pl.String(),
}
"""What the gate says of a row: a line for each field and rule."""

SET_ASIDE: Final[Schema] = {
    **FOUND,
    FOUND_ON: pl.Date(),
    CLOSED_ON: pl.Date(),
    DEFINITION: pl.String(),
    BUCKET: pl.String(),
}


def set_aside_table(home: Home, dataset_id: str) -> Table:
    """The table of a dataset."""
    return Table(home.set_aside(dataset_id), SET_ASIDE, BUCKET)


def read_set_aside(home: Home, dataset_id: str) -> pl.DataFrame:
    """Every row of the table, with its bucket."""
    table = set_aside_table(home, dataset_id)
    found = [
        table.scan([path]).collect().with_columns(pl.lit(name).alias(BUCKET)) for path, name in table.files().items()
    ]
    return pl.concat([pl.DataFrame(schema=SET_ASIDE), *(rows.select(*SET_ASIDE) for rows in found)])


class SetAside:
    """Rows of a dataset that are set aside, during one run.

    Args:
        home: where the table is.
        dataset_id: whose rows.
        definitions: what the catalogue says of each of the dataset's products now; rows that were found when it said something
            else are forgotten. None: any.
        day: of the release that is made; only who sets rows aside needs it.
    """

    def __init__(
        self, home: Home, dataset_id: str, definitions: Iterable[str] | None = None, day: date | None = None
    ) -> None:
        self._home = home
        self._dataset_id = dataset_id
        self._definition = (
            "" if definitions is None else hashlib.sha256("\0".join(sorted(definitions)).encode()).hexdigest()[:16]
        )
        self._today = pl.lit(day, dtype=pl.Date)
        rows = self._kept = read_set_aside(home, dataset_id)
        self._rows = rows if definitions is None else rows.filter(pl.col(DEFINITION) == self._definition)

    def of(self, *buckets: str) -> pl.DataFrame:
        """``_batch_id, _row_number`` of the rows of some buckets, each once."""
        return self._rows.filter(pl.col(BUCKET).is_in(buckets)).select(PLACE).unique(maintain_order=True)

    def digest(self, bucket: str) -> str:
        """Changes when the rows of a bucket do; empty where there are none."""
        if self._rows.is_empty():
            return ""
        places = self.of(bucket).sort(PLACE)
        if places.is_empty():
            return ""
        text = "\n".join(f"{batch}-{row}" for batch, row in places.rows())
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def add(self, found: pl.DataFrame) -> bool:
        """Set rows aside.

        Args:
            found: in the columns of ``FOUND``, and ``_bucket``.

        Returns:
            False where every one of them was set aside before.
        """
        new = found.join(self._rows, on=list(PLACE), how="anti").unique()
        held = new.with_columns(
            self._today.alias(FOUND_ON),
            pl.lit(None, dtype=pl.Date).alias(CLOSED_ON),
            pl.lit(self._definition).alias(DEFINITION),
        )
        self._rows = pl.concat([self._rows, held.select(*SET_ASIDE)])
        return new.height > 0

    def settle(self, resolved: pl.DataFrame, standing: pl.DataFrame) -> None:
        """Say of rows that were resolved again which of them still stand.

        Args:
            resolved: ``_batch_id, _row_number`` of all versions of the keys in question.
            standing: those that are set aside and stand.
        """
        if self._rows.is_empty():
            return
        stands, looked_at = self._among(standing), self._among(resolved)
        self._rows = self._rows.with_columns(
            pl.when(stands)
            .then(None)
            .when(looked_at)
            .then(pl.coalesce(CLOSED_ON, self._today))
            .otherwise(pl.col(CLOSED_ON))
            .alias(CLOSED_ON)
        )

    def keep(self) -> None:
        """Write the table; a bucket that says what it said is left alone."""
        if self._rows.equals(self._kept):
            return
        folder = self._home.work(f"set-aside-{self._dataset_id}")
        shutil.rmtree(folder, ignore_errors=True)
        files: dict[str, Path | None] = dict.fromkeys(self._kept[BUCKET])
        for (bucket,), rows in self._rows.partition_by(BUCKET, as_dict=True, include_key=False).items():
            folder.mkdir(parents=True, exist_ok=True)
            path = files[str(bucket)] = folder / f"{bucket}.parquet"
            rows.sort(*PLACE, FIELD, RULE).write_parquet(path, compression_level=COMPRESSION_LEVEL)
        set_aside_table(self._home, self._dataset_id).replace_partitions(files)
        shutil.rmtree(folder, ignore_errors=True)
        self._kept = self._rows

    def _among(self, places: pl.DataFrame) -> pl.Series:
        """Whether each row is among some places."""
        held = places.unique().with_columns(pl.lit(True).alias("there"))
        found = self._rows.select(PLACE).join(held, on=list(PLACE), how="left", maintain_order="left")
        return found["there"].is_not_null()
