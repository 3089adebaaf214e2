"""Codes of files that follow an earlier standard: judged by its code table, stored as what they mean now (docs/decisions/0013).

The rows carry in ``_layout`` which of the dataset's layouts their file follows (``pipelines.reading.layouts``). The text
as sent stays beside the code where the field says ``keep_as_sent``.
"""

from __future__ import annotations

import polars as pl

from pipelines.catalog import LAYOUT, Catalog, Dataset, Field, asked_name
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
    meanings = catalog.meanings(dataset.id)
    return rows.with_columns(
        pl.when(pl.col(LAYOUT) == layout)
        .then(pl.col(field).replace_strict(now, default=None, return_dtype=pl.String))
        .otherwise(pl.col(lake_name(field)))
        .alias(lake_name(field))
        for (field, layout), now in meanings.items()
    )


def with_layout(rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """The rows with ``_layout``, null for a dataset that has one layout only; a row that says none follows the current one."""
    if LAYOUT in rows.collect_schema().names():
        return rows
    current = dataset.layouts[0].id if dataset.layouts else None
    return rows.with_columns(pl.lit(current, dtype=pl.String).alias(LAYOUT))


def with_asked(rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """The rows with a column for each condition under which a field must be filled that some layout does not have.

    It holds the cell that the condition is about, null in rows of such a layout (``asked_name``).
    """
    return rows.with_columns(
        pl.when(~pl.col(LAYOUT).is_in(layouts)).then(pl.col(other)).alias(asked_name(field))
        for field, (other, layouts) in _lifted(dataset).items()
    )


def staged_columns(dataset: Dataset) -> list[pl.Expr]:
    """What the second route needs besides the fields."""
    return [pl.col(name) for name in (LAYOUT, *map(asked_name, _lifted(dataset)))] if dataset.layouts else []


def _lifted(dataset: Dataset) -> dict[str, tuple[str, list[str]]]:
    """Fields that must be filled under a condition, but not in all layouts: the field it is about, and those layouts."""
    found = {}
    for field in dataset.fields:
        layouts = [layout.id for layout in dataset.layouts if isinstance(field, Field) and field.id in layout.lifts]
        if isinstance(field, Field) and field.required_when and layouts:
            found[field.id] = (field.required_when.field, layouts)
    return found
