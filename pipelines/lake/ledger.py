"""The ledger: small, append-only tables of what happened; the only thing downstream that is read upstream.

    batches        one row for each delivery, duplicates and rejected files included
    rule_counts    one row for each delivery and rule with at least one row that broke it
    releases       one row for each release of a product
    indicators     one row for each region, period and indicator of a scorecard

``batches`` is written last of a work group's commits: a group in it is done.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.home import Home
from pipelines.lake.tables import Schema, Table

BATCHES: Final[Schema] = {
    "batch_id": pl.String(),
    "first_batch_id": pl.String(),  # of a duplicate: the batch that brought the bytes first
    "group_id": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "dataset_id": pl.String(),
    "file_name": pl.String(),
    "sha256": pl.String(),
    "bytes": pl.Int64(),
    "encoding": pl.String(),
    "received_on": pl.Date(),
    "received_at": pl.String(),
    "status": pl.String(),  # accepted, partial, rejected, duplicate
    "problem_code": pl.String(),
    "problem_zh": pl.String(),
    "problem_en": pl.String(),
    "catalog_version": pl.String(),
    "unknown_columns": pl.List(pl.String()),
    "asides": pl.List(pl.String()),  # rows and sheets that were not read as records, in words, the first ones
    "manifest": pl.String(),  # agreed, differs; null where none came
    "period_from": pl.Date(),  # as the manifest says
    "period_to": pl.Date(),
    "operation": pl.String(),  # full, delta; null where no manifest says
    "rows_in": pl.Int64(),
    "rows_accepted": pl.Int64(),
    "rows_refused": pl.Int64(),
    "rows_warned": pl.Int64(),  # accepted rows with at least one warning
    "required_cells": pl.Int64(),  # cells that had to be filled, conditional ones included
    "missing_cells": pl.Int64(),  # of these, empty
    "code_rows": pl.Int64(),  # rows whose subject needs or has a credit code
    "code_valid_rows": pl.Int64(),  # of these, with a valid one
    "dated_rows": pl.Int64(),  # accepted rows with the date from which the deadline runs
    "late_rows": pl.Int64(),  # of these, received after the deadline
}

RULE_COUNTS: Final[Schema] = {
    "batch_id": pl.String(),
    "rule_id": pl.String(),
    "severity": pl.String(),
    "dimension": pl.String(),
    "responsibility": pl.String(),
    "field": pl.String(),
    "rows": pl.Int64(),
}

RELEASES: Final[Schema] = {
    "release_id": pl.String(),
    "product_id": pl.String(),
    "previous_release_id": pl.String(),
    "as_of": pl.String(),
    "catalog_version": pl.String(),
    "accepted": pl.Int64(),  # rows of the lake the release was made from
    "published": pl.Int64(),
    "superseded": pl.Int64(),
    "duplicate": pl.Int64(),
    "withheld": pl.Int64(),
    "added": pl.Int64(),
    "changed": pl.Int64(),
    "removed": pl.Int64(),
}

INDICATORS: Final[Schema] = {
    "region_code": pl.String(),
    "region_zh": pl.String(),
    "period": pl.String(),
    "dimension": pl.String(),
    "indicator": pl.String(),
    "numerator": pl.Float64(),
    "denominator": pl.Float64(),
    "value": pl.Float64(),
    "score": pl.Float64(),
    "weight": pl.Float64(),
    "status": pl.String(),
    "grade": pl.String(),
    "rank": pl.Int64(),
    "as_of": pl.String(),
    "catalog_version": pl.String(),
}

TABLES: Final[dict[str, Schema]] = {
    "batches": BATCHES,
    "rule_counts": RULE_COUNTS,
    "releases": RELEASES,
    "indicators": INDICATORS,
}


def ledger(home: Home, name: str) -> Table:
    """One ledger table.

    Raises:
        KeyError: there is no such table.
    """
    return Table(home.ledger(name), TABLES[name])
