"""A hub of a year for the measurement of scorecards: a ledger of many deliveries of all units, a lake of many records.

Ledger and lake are written as Parquet straight into their Delta tables, with the shapes that matter to scoring: keys that repeat,
late records, refused rows, codes that are registered or not. Nothing is screened, so it takes seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Catalog
from pipelines.storage.columns import BUCKET, record_schema
from pipelines.storage.home import Home
from pipelines.storage.ledger import TABLES, ledger
from pipelines.storage.tables import Table

LAST: Final = date(2026, 11, 30)
_DAYS: Final = 365
_SLICE: Final = 500_000


def write_year(home: Home, catalog: Catalog, *, batches: int, rows: int, seed: int) -> None:
    """A year of deliveries up to ``LAST``: so many batches in the ledger and so many accepted rows in the lake.

    Args:
        home: an empty one.
        catalog: its providers deliver; datasets with a deadline and those a province owes are delivered.
        batches: rows of the ledger's batches.
        rows: accepted rows, spread over the batches.
        seed: the same seed gives the same year.
    """
    chance = np.random.default_rng(seed)
    owed = sorted({duty.dataset_id for some in catalog.duties.values() for duty in some})
    senders = [(one.id, one.region_code) for one in catalog.providers.values() if one.level != "site"]
    sender = chance.integers(0, len(senders), batches)
    dataset = chance.integers(0, len(owed), batches)
    received = chance.integers(0, _DAYS, batches)
    accepted = chance.multinomial(rows, np.full(batches, 1 / batches))
    refused = chance.binomial(accepted + 1, 0.02)
    frame = pl.DataFrame(
        {
            "batch_id": [f"{number:016x}" for number in range(batches)],
            "group_id": "bench",
            "provider_id": [senders[i][0] for i in sender],
            "region_code": [senders[i][1] for i in sender],
            "dataset_id": [owed[i] for i in dataset],
            "file_name": "bench.csv",
            "received_on": [LAST - timedelta(days=int(day)) for day in received],
            "status": np.where(refused > 0, "partial", "accepted"),
            "catalog_version": catalog.version,
            "rows_in": accepted + refused,
            "rows_accepted": accepted,
            "rows_refused": refused,
            "rows_warned": accepted // 50,
            "required_cells": (accepted + refused) * 10,
            "missing_cells": refused // 2,
            "code_rows": accepted + refused,
            "code_valid_rows": accepted,
            "dated_rows": accepted,
            "late_rows": accepted // 20,
        }
    )
    scratch = home.root / "scratch"
    _append(home, "batches", frame, scratch)
    counts = frame.filter(pl.col("rows_refused") > 0).select(
        "batch_id",
        pl.concat_str("dataset_id", pl.lit(".record.malformed")).alias("rule_id"),
        pl.lit("reject").alias("severity"),
        pl.col("rows_refused").alias("rows"),
    )
    _append(home, "rule_counts", counts, scratch)
    for name in owed:
        some = frame.filter(pl.col("dataset_id") == name, pl.col("rows_accepted") > 0)
        _write_records(home, catalog, name, some, chance, scratch)


def _append(home: Home, name: str, frame: pl.DataFrame, scratch: Path) -> None:
    empty = [
        pl.lit(None, dtype=dtype).alias(column) for column, dtype in TABLES[name].items() if column not in frame.columns
    ]
    ledger(home, name).append_frame("bench", frame.with_columns(empty), scratch)


def _write_records(
    home: Home, catalog: Catalog, dataset_id: str, batches: pl.DataFrame, chance: np.random.Generator, scratch: Path
) -> None:
    dataset = catalog.datasets[dataset_id]
    schema = record_schema(catalog.fields(dataset_id))
    each = batches.select(
        pl.col("batch_id").alias("_batch_id"),
        pl.col("provider_id").alias("_provider_id"),
        pl.col("region_code").alias("_region_code"),
        pl.col("received_on").alias("_received_on"),
        pl.int_ranges(0, "rows_accepted").alias("_row_number"),
    ).explode("_row_number")
    files = []
    for number, part in enumerate(each.iter_slices(_SLICE)):
        subject = chance.integers(0, 1_000_000, part.height)
        # One record in fifty is an earlier one again.
        document = np.where(chance.random(part.height) < 0.02, 7, np.arange(part.height) + number * _SLICE)
        codes = pl.Series(subject).cast(pl.String).str.zfill(10)
        made = part.with_columns(("9151" + codes + "000X").alias("_subject_key")).with_columns(
            pl.col("_subject_key").alias(dataset.subject.credit_code)
        )
        texts = [name for name in dataset.record_key if name in schema and name != dataset.subject.credit_code]
        made = made.with_columns(
            pl.concat_str(pl.lit("锦信罚字〔2026〕第"), pl.Series(document), pl.lit("号")).alias(name)
            if schema[name] == pl.String()
            else pl.lit(None).alias(name)
            for name in texts
        )
        if dataset.timeliness:
            days = pl.Series(chance.integers(1, 16, part.height))
            made = made.with_columns(
                (pl.col("_received_on") - pl.duration(days=pl.lit(days))).alias(dataset.timeliness.field)
            )
        path = scratch / f"{dataset_id}-{number}.parquet"
        made.select(
            pl.col(name).cast(dtype) if name in made.columns else pl.lit(None, dtype=dtype).alias(name)
            for name, dtype in schema.items()
            if name != BUCKET
        ).write_parquet(path, compression_level=1)
        files.append((path, f"{number % 16:02d}"))
    Table(home.records(dataset_id), schema, BUCKET).append("bench", [(path, str(bucket)) for path, bucket in files])
