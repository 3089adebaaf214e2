"""Records whose content was erased from the lake after a withdrawal: a shell is left, and no message brings the content back.

What stays says that the record was there: record key, number and authority, the versions' times, provenance. Such a record stays
withdrawn, also where its withdrawal is undone later (``docs/decisions/0035``); sent again, it is a record like any other.
"""

from __future__ import annotations

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.records.display import EFFECT, State
from pipelines.storage.columns import BUCKET, PROVENANCE, record_schema
from pipelines.storage.superseded import key_columns


def content_columns(catalog: Catalog, dataset: Dataset) -> list[str]:
    """Columns of the lake that say what was decided, beyond which record it is and who sent it."""
    reference = dataset.reference
    kept = {*key_columns(dataset), *dataset.version_order, *PROVENANCE, BUCKET}
    if reference is not None:
        kept |= {reference.number, *filter(None, [reference.authority])}
    if dataset.authority is not None:
        # Who may withdraw it is asked again at every release.
        kept |= {dataset.authority.code, *filter(None, [dataset.authority.name])}
    return [name for name in record_schema(catalog.fields(dataset.id)) if name not in kept]


def still_withdrawn(records: pl.DataFrame, asked: pl.DataFrame, catalog: Catalog, dataset: Dataset) -> pl.DataFrame:
    """The effects of messages, with a withdrawal of each record of which only the shell is left.

    Args:
        records: one row per record key, in the columns of ``record_schema``.
        asked: as ``effects`` gives them: record key, ``_effect``, and who asked when.
        catalog: for the fields.
        dataset: what the records are of.
    """
    if dataset.reference is None:
        return asked
    key = key_columns(dataset)
    content = [name for name in content_columns(catalog, dataset) if name in records.columns]
    shells = records.filter(pl.all_horizontal(pl.col(name).is_null() for name in content)).select(key)
    if shells.is_empty():
        return asked
    withdrawn = asked.filter(pl.col(EFFECT) == State.WITHDRAWN.value)
    others = asked.join(shells, on=key, how="anti", nulls_equal=True)
    again = shells.join(withdrawn, on=key, how="left", nulls_equal=True).with_columns(
        pl.lit(State.WITHDRAWN.value).alias(EFFECT)
    )
    return pl.concat([others, again.select(asked.columns)])
