"""Where conflicts are kept: ``lake/conflicts``, one row for each statement (``pipelines.subjects.verification``).

    lake/conflicts/_bucket=<00..15>/<digest>.parquet    conflicts that show within a bucket of subjects
    lake/conflicts/_bucket=names/<digest>.parquet       names that several codes have

The table is what the latest release of the subject master was verified with; it is made anew with it, bucket by bucket.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.home import Home
from pipelines.lake.tables import COMPRESSION_LEVEL, Table
from pipelines.screening.columns import BUCKET
from pipelines.subjects.verification import CONTRADICTING, KINDS, STATEMENT

NAMES: Final = "names"
SUBJECTS: Final = "subjects"
CONFLICTING: Final = "conflicting"


def conflicts_table(home: Home) -> Table:
    """The table of conflicts."""
    return Table(home.root / "lake/conflicts", STATEMENT | {BUCKET: pl.String()}, BUCKET)


def keep(home: Home, found: Mapping[str, pl.DataFrame], work: Path) -> None:
    """Put the statements of some buckets in the place of what was known of them."""
    folder = work / "conflicts"
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path | None] = {}
    for bucket, statements in found.items():
        files[bucket] = None
        if statements.height:
            path = files[bucket] = folder / f"{bucket}.parquet"
            statements.write_parquet(path, compression_level=COMPRESSION_LEVEL)
    conflicts_table(home).replace_partitions(files)
    shutil.rmtree(folder, ignore_errors=True)


def counts(statements: pl.DataFrame, subjects: Mapping[str, int]) -> pl.DataFrame:
    """How many subjects have conflicts that a provider has a part in.

    Args:
        statements: all conflicts.
        subjects: subjects with records of a provider, by provider.

    Returns:
        ``provider_id, kind, number``: for each provider with a subject its ``subjects``, each kind of conflict
        with its code, ``conflicting`` for any of those, and ``contradicting_records``, in a fixed order.
    """
    by_kind = statements.group_by("provider_id", "kind").agg(pl.col("credit_code").n_unique().alias("number"))
    of_codes = statements.filter(pl.col("kind").is_in(KINDS))
    any_kind = of_codes.group_by("provider_id").agg(pl.col("credit_code").n_unique().alias("number"))
    found = {(provider, kind): number for provider, kind, number in by_kind.rows()}
    found |= {(provider, CONFLICTING): number for provider, number in any_kind.rows()}
    found |= {(provider, SUBJECTS): number for provider, number in subjects.items()}
    rows = [
        (provider, kind, found.get((provider, kind), 0))
        for provider in sorted({provider for provider, _ in found})
        for kind in (SUBJECTS, *KINDS, CONFLICTING, CONTRADICTING)
    ]
    schema = {"provider_id": pl.String, "kind": pl.String, "number": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
