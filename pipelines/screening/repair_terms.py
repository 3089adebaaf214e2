"""Which terms of repair hold for a row of an exchange set, and from when the record it names may be repaired.

Both are columns beside the row, as the layout is: ``_repair_terms`` has the id of the terms whose conditions are asked of it, null
where none are (it is not approved, it rests on a ground without conditions, no terms held on the day it was applied for);
``_repairable_from`` has that id and the day on which the shortest display of the named record is over, ``decree_36|2027-05-12``,
null where the hub does not know the record. Rules compare them with the row by two routes.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import REPAIR_TERMS, REPAIRABLE_FROM, Catalog, Dataset
from pipelines.checks.references import empty
from pipelines.checks.registry import References
from pipelines.records.comparing import matched
from pipelines.records.messages import under_terms
from pipelines.screening.field_checks import lake_name

NAMED_RECORDS: Final = "repairable_from"
"""Among references: by dataset, number and authority of a record, as ``named_record_key`` joins them, the day as ISO text."""

_BETWEEN: Final = "\x1f"
_NAMED, _FROM = "_named_record", "_from_named_record"


def named_record_key(dataset: pl.Expr, number: pl.Expr, authority: pl.Expr) -> pl.Expr:
    """A record as a message names it."""
    return pl.concat_str(dataset, matched(number), authority.fill_null(""), separator=_BETWEEN)


def with_repair_terms(rows: pl.LazyFrame, dataset: Dataset, catalog: Catalog, references: References) -> pl.LazyFrame:
    """The rows with both columns; as they are where no conditions are asked of the dataset.

    Args:
        rows: checked rows, with ``lake:<field>``.
        dataset: whose rows.
        catalog: for the terms.
        references: what the hub knows of records.
    """
    message = catalog.policies.repair.conditional(dataset.id)
    if message is None:
        return rows
    terms = pl.coalesce(
        *(
            pl.when(under_terms(message, one, lambda name: pl.col(lake_name(name)))).then(pl.lit(one.id))
            for one in catalog.policies.repair.terms
        )
    )
    of = message.record
    key = named_record_key(pl.col(lake_name(of.dataset)), pl.col(of.number), pl.col(of.authority))
    # Joined, and not looked up in a dictionary: the hub may know millions of records, and rows come in slices.
    known = (
        references.get(NAMED_RECORDS, empty()).lazy().select(pl.col("key").alias(_NAMED), pl.col("value").alias(_FROM))
    )
    named = rows.with_columns(terms.alias(REPAIR_TERMS), key.alias(_NAMED)).join(
        known, on=_NAMED, how="left", maintain_order="left"
    )
    day = pl.concat_str(pl.col(REPAIR_TERMS), pl.col(_FROM), separator="|")
    return named.with_columns(day.alias(REPAIRABLE_FROM)).drop(_NAMED, _FROM)


def staged_terms(dataset: Dataset, catalog: Catalog) -> list[pl.Expr]:
    """What the second route needs besides the fields."""
    return (
        []
        if catalog.policies.repair.conditional(dataset.id) is None
        else [pl.col(REPAIR_TERMS), pl.col(REPAIRABLE_FROM)]
    )
