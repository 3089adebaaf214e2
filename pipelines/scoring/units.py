"""Who is scored: regions (by GB/T 2260 code) and sectors, each a ministry (by provider id); and whose a delivery is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Catalog
from pipelines.scoring.model import Scope


@dataclass(frozen=True)
class Unit:
    """A region or a sector."""

    scope: Scope
    id: str
    title_zh: str
    short_zh: str
    providers: tuple[str, ...]


def units(catalog: Catalog) -> Mapping[str, Unit]:
    """Every unit of the catalogue by its id: regions in the order of their codes, then sectors in the order of theirs."""
    entries = catalog.code_tables["province"].entries
    short = {entry.code: min((entry.label_zh, *entry.aliases), key=len) for entry in entries}
    found = {
        code: Unit(
            "region",
            code,
            title,
            short.get(code, title),
            tuple(one.id for one in catalog.providers.values() if one.region_code == code),
        )
        for code, title in catalog.regions.items()
    }
    for one in sorted(catalog.providers.values(), key=lambda provider: provider.id):
        if one.level == "ministry":
            found[one.id] = Unit("sector", one.id, one.title_zh, one.title_zh, (one.id,))
    return found


def current_names(catalog: Catalog) -> Mapping[str, str]:
    """The id a provider has now, by every id it has or had (``former_ids``)."""
    former = {old: one.id for one in catalog.providers.values() for old in one.former_ids}
    return former | {name: name for name in catalog.providers}


def unit_of(catalog: Catalog, region: str = "region_code", provider: str = "provider_id") -> pl.Expr:
    """Expression: the unit of a row; a region's whoever delivered, otherwise the ministry's; null where it is nobody's.

    A province that renames its platform keeps its history, for the region stays the same; a ministry through ``former_ids``.
    """
    ministries = {old: new for old, new in current_names(catalog).items() if catalog.providers[new].level == "ministry"}
    named = pl.col(provider).replace_strict(ministries, default=None, return_dtype=pl.String)
    return pl.when(pl.col(region).is_in(list(catalog.regions))).then(pl.col(region)).otherwise(named).alias("unit")
