"""The references that a dataset's rules ask, read from the records the lake holds when a work group begins.

Only the lake is read, which collecting itself has written: a reference never waits for a release. What is known depends on what
came before, so a warning may come on one day and not on another; no row is refused for it (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import polars as pl

from pipelines.catalog import REPAIRABLE_FROM, Catalog, Rule
from pipelines.catalog.models import Reference, ReferenceSource
from pipelines.checks.references import SCHEMA
from pipelines.checks.registry import References
from pipelines.records.comparing import matched
from pipelines.records.display import repairable_from
from pipelines.screening.repair_terms import NAMED_RECORDS, named_record_key
from pipelines.storage.tables import Table

_DATASETS = "dataset"


def read_references(catalog: Catalog, rules: Iterable[Rule], records: Callable[[str], Table]) -> References:
    """Every reference the rules ask, by id.

    Args:
        catalog: for the references.
        rules: of the dataset that is to be screened.
        records: the table of a dataset's accepted records.
    """
    some = tuple(rules)
    asked = {str(rule.parameters[0]) for rule in some if rule.primitive == "known_with"}
    found = {name: _read(catalog, catalog.references[name], records) for name in sorted(asked)}
    if any(rule.other == REPAIRABLE_FROM for rule in some):
        found[NAMED_RECORDS] = _repairable_from(catalog, records)
    return found


def _repairable_from(catalog: Catalog, records: Callable[[str], Table]) -> pl.DataFrame:
    """By record, as a message names it, the day on which its shortest display is over; the earliest of several versions."""
    parts = [pl.LazyFrame(schema=SCHEMA)]
    for dataset in catalog.datasets.values():
        if dataset.reference is None or dataset.display is None:
            continue
        of = dataset.reference
        authority = pl.col(of.authority) if of.authority else pl.lit(None, dtype=pl.String)
        parts.append(
            records(dataset.id)
            .scan()
            .select(
                named_record_key(pl.lit(dataset.id), pl.col(of.number), authority).alias("key"),
                repairable_from(catalog, dataset).alias("day"),
            )
            .drop_nulls()
            .group_by("key")
            .agg(pl.col("day").min().dt.to_string("iso").alias("value"))
        )
    return pl.concat(parts).sort("key").collect(engine="streaming")


def _read(catalog: Catalog, reference: Reference, records: Callable[[str], Table]) -> pl.DataFrame:
    parts = [pl.LazyFrame(schema=SCHEMA), *(_pairs(catalog, source, records) for source in reference.sources)]
    return pl.concat(parts).drop_nulls().unique().sort("key", "value").collect(engine="streaming")


def _pairs(catalog: Catalog, source: ReferenceSource, records: Callable[[str], Table]) -> pl.LazyFrame:
    rows = records(source.dataset).scan()
    value = matched(pl.col(source.value)).alias("value")
    if source.key is not None:
        return rows.select(pl.col(source.key).alias("key"), value)
    # The key is the dataset, under every text that means it.
    texts = catalog.code_tables[_DATASETS].texts_of((source.dataset,))
    return rows.select(pl.lit(list(texts), dtype=pl.List(pl.String)).alias("key"), value).explode("key")
