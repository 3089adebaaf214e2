"""Where conflicts are kept: ``lake/conflicts``, one row for each statement (``pipelines.subjects.verification``).

    lake/conflicts/_bucket=<00..15>/<digest>.parquet    conflicts that show within a bucket of subjects
    lake/conflicts/_bucket=names/<digest>.parquet       names that several codes have

The table is what the latest release of the subject master was verified with; it is rebuilt with it, bucket by bucket.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.storage.columns import BUCKET
from pipelines.storage.home import Home
from pipelines.storage.tables import COMPRESSION_LEVEL, Table

NAMES: Final = "names"


def conflicts_table(home: Home) -> Table:
    """The table of conflicts."""
    return Table(home.conflicts, STATEMENT | {BUCKET: pl.String()}, BUCKET)


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


SEVERAL_NAMES, SEVERAL_CODES, REGISTRAR, REGION_DIFFERS = "several_names", "several_codes", "registrar", "region"


KINDS: Final = (SEVERAL_NAMES, SEVERAL_CODES, REGISTRAR, REGION_DIFFERS)


CONTRADICTING: Final = "contradicting_records"


STATEMENT: Final[dict[str, pl.DataType]] = {
    "conflict_id": pl.String(),
    "kind": pl.String(),
    "credit_code": pl.String(),
    "name": pl.String(),
    "said": pl.String(),  # a name, a code, a pair of characters, a region, or (contradicting_records) ids of differing fields
    "expected": pl.String(),  # what the subject master or the code says; null where nothing is expected
    "dataset_id": pl.String(),
    "provider_id": pl.String(),
    "region_code": pl.String(),
    "batch_id": pl.String(),
    "row_number": pl.Int64(),
    "received_on": pl.Date(),
    "records": pl.Int64(),
}
