"""The parts of a release: a bucket of subjects, or, where a bucket is large, its slices by the month of the document.

    07              a whole bucket
    07_202603       records of bucket 07 whose document is of March 2026
    07_000000       records of bucket 07 without a day

A day brings documents of recent days, and the clock turns those of the same days of an earlier year: of a large bucket it
touches a few months. Which part a record lies in follows from what is in the lake, never from when it came: a bucket has slices
from ``sliced_from`` records on (``policies/releases.yaml``), and the lake only grows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.storage.columns import BUCKET

PART: Final = "_part"
_NO_DAY: Final = "000000"


def document_date(dataset: Dataset) -> str | None:
    """The field whose month slices a bucket; None where the dataset has no day of a document."""
    if dataset.display is not None:
        return dataset.display.document_date
    return dataset.timeliness.field if dataset.timeliness is not None else None


def is_sliced(catalog: Catalog, dataset: Dataset, records: int) -> bool:
    """True where a bucket of so many records is released in slices."""
    return document_date(dataset) is not None and records >= catalog.policies.releases.sliced_from


def part(bucket: str | None, dataset: Dataset, *, sliced: bool) -> pl.Expr:
    """The part each record lies in, as ``_part``; of a bucket, or of the one that ``_bucket`` says."""
    day = document_date(dataset)
    mine = pl.col(BUCKET) if bucket is None else pl.lit(bucket)
    if not sliced or day is None:
        return mine.alias(PART)
    month = pl.col(day).dt.strftime("%Y%m").fill_null(_NO_DAY)
    return pl.concat_str(mine, pl.lit("_"), month).alias(PART)


def bucket_of_part(name: str) -> str:
    """The bucket of a part."""
    return name.partition("_")[0]


def parts_of(names: Iterable[str], bucket: str) -> list[str]:
    """The parts of a bucket among those of a release, in order."""
    return sorted(name for name in names if bucket_of_part(name) == bucket)


def by_bucket(parts: Mapping[str, Any]) -> dict[str, list[str]]:
    """Parts of a release by bucket."""
    found: dict[str, list[str]] = {}
    for name in sorted(parts):
        found.setdefault(bucket_of_part(name), []).append(name)
    return found
