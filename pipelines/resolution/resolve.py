"""One record per record key: the newest version wins, ties are broken by content, never by order of arrival.

The winner's *content* is that of the newest version in the declared order (nulls are oldest); among equal versions the
greatest content, compared field by field. Its *provenance* is that of the first row that brought this content, so that a
monthly full delivery of unchanged records changes nothing downstream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.screening.columns import BATCH, PROVENANCE, RECEIVED_ON, ROW_NUMBER, SUBJECT_KEY

_DERIVED: Final = {"subject_key": SUBJECT_KEY, "received_on": RECEIVED_ON}


@dataclass(frozen=True)
class Resolved:
    """The records of a bucket and what became of its other rows: ``accepted = published + superseded + duplicate``."""

    records: pl.DataFrame
    accepted: int
    superseded: int
    duplicate: int


def key_columns(dataset: Dataset) -> list[str]:
    """Columns of the lake that make the record key."""
    return [_DERIVED.get(name, name) for name in dataset.record_key]


def resolve(rows: pl.DataFrame, dataset: Dataset) -> Resolved:
    """Resolve rows that hold all versions of every key among them.

    Args:
        rows: in the columns of ``record_schema``.
        dataset: for record key and version order.

    Returns:
        Records sorted by key, and counts: ``duplicate`` rows have the winner's content, ``superseded`` ones another.
    """
    key = key_columns(dataset)
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series()
    if not repeated.any():
        return Resolved(rows.sort(key), rows.height, 0, 0)
    several = rows.filter(repeated)
    content = [name for name in rows.columns if name not in PROVENANCE or name == SUBJECT_KEY]
    version = [_DERIVED.get(name, name) for name in dataset.version_order]
    rest = [name for name in content if name not in key and name not in version]
    newest = several.sort(
        [*key, *version, *rest],
        descending=[False] * len(key) + [True] * (len(version) + len(rest)),
        nulls_last=True,
    ).unique(key, keep="first", maintain_order=True)
    same = several.join(newest.select(content), on=content, how="semi", nulls_equal=True)
    winners = same.sort([*key, RECEIVED_ON, BATCH, ROW_NUMBER]).unique(key, keep="first", maintain_order=True)
    records = pl.concat([rows.filter(~repeated), winners]).sort(key)
    return Resolved(
        records,
        accepted=rows.height,
        superseded=several.height - same.height,
        duplicate=same.height - winners.height,
    )
