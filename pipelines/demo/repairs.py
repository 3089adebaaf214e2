"""Approved repairs that the terms allow: conditions met, and the shortest display over, or a ground without conditions."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models import MessageCondition
from pipelines.catalog.months import add_months
from pipelines.demo.referring import DAY

_SEVERITY: Final = "severity_code"
_NOT_ACCEPTED: Final = "不予受理"
_TOO_EARLY: Final = "最短公示期未满。"
_ONE_IN: Final = (
    3  # of the repairs that come too early one is ordered by a reorganisation plan, the others are not accepted
)


def approved_under(catalog: Catalog, dataset_id: str) -> dict[str, pl.Expr]:
    """By terms: rows, as text columns, that are repairs approved under them; nothing where no conditions are asked of a dataset."""
    message = catalog.policies.repair.conditional(dataset_id)
    if message is None or message.takes_effect is None:
        return {}
    asks = pl.col(message.takes_effect.field).is_in(_texts(catalog, dataset_id, message.takes_effect))
    if message.unless:
        asks &= ~pl.col(message.unless.field).is_in(_texts(catalog, dataset_id, message.unless)).fill_null(False)
    applied, found = pl.col(str(message.applied_on)), {}
    for terms in catalog.policies.repair.terms:
        first, last = (terms.valid_from or date.min).isoformat(), (terms.valid_to or date.max).isoformat()
        found[terms.id] = (asks & applied.is_between(pl.lit(first), pl.lit(last))).fill_null(False)
    return found


def as_terms_allow(rows: pl.DataFrame, catalog: Catalog, dataset: Dataset) -> pl.DataFrame:
    """Rows of repairs with their conditions met; other rows, and those of other datasets, as they are.

    Args:
        rows: text columns named by field id, and ``referred_day``, on which the named record was decided at the latest.
        catalog: for the terms.
        dataset: what the rows are of.
    """
    message = catalog.policies.repair.conditional(dataset.id)
    if message is None or DAY not in rows.columns or message.takes_effect is None or message.unless is None:
        return rows
    for terms in catalog.policies.repair.terms:
        asked = [one for one in terms.enforced if one.field is not None]
        for one in asked:
            said = _texts(catalog, dataset.id, MessageCondition(field=str(one.field), is_in=one.is_in))[0]
            approved = approved_under(catalog, dataset.id)[terms.id]
            rows = rows.with_columns(
                pl.when(approved).then(pl.lit(said)).otherwise(str(one.field)).alias(str(one.field))
            )
    early = pl.Series([_early(catalog, row, str(message.applied_on)) for row in rows.to_dicts()], dtype=pl.Boolean)
    ordered = early & (pl.Series(range(rows.height)) % _ONE_IN == 0)
    plan = _texts(catalog, dataset.id, message.unless)[0]
    result = message.takes_effect.field
    reasons = [name for name in rows.columns if name == f"{result}_reason"]
    return rows.with_columns(
        pl.when(ordered).then(pl.lit(plan)).otherwise(message.unless.field).alias(message.unless.field),
        pl.when(early & ~ordered).then(pl.lit(_NOT_ACCEPTED)).otherwise(result).alias(result),
        *(pl.when(early & ~ordered).then(pl.lit(_TOO_EARLY)).otherwise(name).alias(name) for name in reasons),
    )


def _early(catalog: Catalog, row: dict[str, str | None], applied: str) -> bool:
    """True where the shortest display of the record is not over on the day of the application."""
    severities = catalog.code_tables["severity"]
    code = next((one for one in severities.codes if row.get(_SEVERITY) in severities.texts_of((one,))), None)
    day, on = row[DAY], row[applied]
    if code is None or not day or not on:
        return False
    decided = date.fromisoformat(day)
    months = catalog.policies.display_periods.period(code, decided).min_months
    return date.fromisoformat(on) < add_months(decided, months)


def _texts(catalog: Catalog, dataset_id: str, condition: MessageCondition) -> list[str]:
    """The texts of the codes of a condition, labels first."""
    [field] = [one for one in catalog.fields(dataset_id) if one.id == condition.field]
    table = catalog.code_tables[str(field.code_table)]
    labels = [entry.label_zh for entry in table.entries if entry.code in (condition.is_in or ())]
    return list(dict.fromkeys([*labels, *table.texts_of(condition.is_in or ())]))
