"""What a product shows of the records of its dataset: which records, which fields, under which masks.

Provenance columns (``_…``) are in every product: who sent the record, in which batch and row, the subject's key (a credit code,
or a keyed pseudonym), its display state and until when; in products of exchange sets two digests in place of the subject's key
(``pipelines.records.digests``). Records that are not shown have a reason, and are counted by it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Kind
from pipelines.catalog.models import Product, ProductFilter
from pipelines.ground.errors import HubError
from pipelines.privacy.policy import masked_by
from pipelines.records.digests import KEY_DIGEST, RECORD_DIGEST
from pipelines.records.display import NOT_DISPLAYED, STATE, TAKEN_DOWN, UNTIL, State, displayed_by_clock
from pipelines.storage.columns import BATCH, CODES_SEPARATOR, PROVIDER, REGION, ROW_NUMBER, SUBJECT_KEY

PROVENANCE: Final = (PROVIDER, REGION, BATCH, ROW_NUMBER, SUBJECT_KEY, STATE, UNTIL)
BY_DIGEST: Final = (PROVIDER, REGION, BATCH, ROW_NUMBER, KEY_DIGEST, RECORD_DIGEST, STATE, UNTIL)
FILTERED: Final = "not_in_class"
WITHHELD: Final = (State.WITHDRAWN, State.REPAIRED, FILTERED, State.ON_HOLD, State.RECORDED, State.EXPIRED)


def withheld(catalog: Catalog, product: Product) -> pl.Expr:
    """Why a record is not in the product: one of ``WITHHELD``, null where it is shown."""
    state = pl.col(STATE)
    reasons = [pl.when(state.is_in([str(one) for one in TAKEN_DOWN])).then(state)]
    if product.filter:
        met = pl.all_horizontal(_meets(catalog, product, one) for one in product.filter)
        reasons.append(pl.when(~met).then(pl.lit(FILTERED)))
    if product.access_class not in catalog.policies.display_periods.shown_on_hold:
        reasons.append(pl.when(state == State.ON_HOLD.value).then(state))
    if product.publication_clock:
        reasons.append(pl.when(state.is_in([str(one) for one in NOT_DISPLAYED])).then(state))
        if not displayed_by_clock(catalog.datasets[str(product.dataset)]):
            reasons.append(pl.when(state == State.OBJECTED.value).then(pl.lit(State.RECORDED.value)))
    return pl.coalesce(reasons)


def shown(records: pl.DataFrame, catalog: Catalog, product: Product) -> pl.DataFrame:
    """The fields of the product, masked, and provenance; of the records given, as ``with_digests`` gives them."""
    columns = []
    for name in catalog.product_fields(product.id):
        column = pl.col(name)
        if (mask_id := product.masks.get(name)) is not None:
            mask = catalog.policies.masking.mask(mask_id)
            if mask is None:
                raise HubError(f"{product.id}: mask '{mask_id}' is not in policies/masking.yaml; run catalog check")
            column = masked_by(mask, catalog.policies.masking, column)
        columns.append(column)
    return records.select(*columns, *(BY_DIGEST if product.names_records_by_digest else PROVENANCE))


def _meets(catalog: Catalog, product: Product, condition: ProductFilter) -> pl.Expr:
    """True or False, never null: a record whose field is empty meets ``is_not_in``, and not ``is_in``."""
    column = pl.col(condition.field)
    if condition.present:
        return column.is_not_null()
    kinds = {field.id: field.kind for field in catalog.fields(str(product.dataset))}
    values = list(condition.is_in or condition.is_not_in or ())
    if kinds[condition.field] is Kind.CODES:
        found = column.str.split(CODES_SEPARATOR).list.eval(pl.element().is_in(values)).list.any()
    else:
        found = column.is_in(values)
    found = found.fill_null(False)
    return found if condition.is_in is not None else ~found
