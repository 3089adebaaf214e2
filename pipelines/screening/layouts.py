"""Codes of files that follow an earlier standard: judged by its code table, stored as what they mean now (docs/decisions/0013).

The rows carry in ``_layout`` which of the dataset's layouts their file follows (``pipelines.reading.layouts``). The text
as sent stays beside the code where the field says ``keep_as_sent``.
"""

from __future__ import annotations

import polars as pl

from pipelines.catalog import LAYOUT, Catalog, Dataset
from pipelines.screening.field_checks import lake_name


def in_layouts(rows: pl.LazyFrame, dataset: Dataset, catalog: Catalog) -> pl.LazyFrame:
    """The lake's values of coded fields by the layout of the row; a row that says none follows the current one.

    Args:
        rows: checked rows, with tidy text under the field and ``lake:<field>``.
        dataset: whose rows.
        catalog: for the code tables.
    """
    if not dataset.layouts:
        return rows
    if LAYOUT not in rows.collect_schema().names():
        rows = rows.with_columns(pl.lit(dataset.layouts[0].id).alias(LAYOUT))
    meanings = catalog.meanings(dataset.id)
    return rows.with_columns(
        pl.when(pl.col(LAYOUT) == layout)
        .then(pl.col(field).replace_strict(now, default=None, return_dtype=pl.String))
        .otherwise(pl.col(lake_name(field)))
        .alias(lake_name(field))
        for (field, layout), now in meanings.items()
    )


def staged_columns(dataset: Dataset) -> list[pl.Expr]:
    """What the second route needs besides the fields."""
    return [pl.col(LAYOUT)] if dataset.layouts else []
