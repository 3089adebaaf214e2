"""What a product promises beyond its dataset, as a Great Expectations suite made from the catalogue when it is asked.

That every record is one the product may show, by its filter and its display state; that masked fields look masked. What the
dataset's own suite says of values that the product shows as they are is asked once, of the government set, which holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pipelines import expectations
from pipelines.catalog import Catalog, Field
from pipelines.catalog.models import Mask, MaskKind, Product, ProductFilter
from pipelines.records.display import NOT_DISPLAYED, STATE, TAKEN_DOWN, State, displayed_by_clock

BLAMES, OURS = "blames", "hub"
_NOT_NULL: Final = "expect_column_values_to_not_be_null"
_PASSES: Final = "expect_column_values_to_pass_check"


def product_suite(catalog: Catalog, product: Product) -> dict[str, Any]:
    """The suite of a product of a dataset."""
    fields = {field.id: field for field in catalog.fields(str(product.dataset))}
    items = [*_states(catalog, product)]
    for condition in product.filter:
        items += _filtered(catalog, product, condition, fields[condition.field])
    for field_id, mask_id in product.masks.items():
        if mask := catalog.policies.masking.mask(mask_id):
            items += _masked(product, field_id, mask)
    return {"name": product.id, "expectations": items, "meta": {"title_zh": product.title_zh}}


def value_checks_hold(catalog: Catalog, product: Product, field_id: str) -> bool:
    """False where a mask changes what a value looks like, so that what is true of the value need not be true of the mask."""
    mask = catalog.policies.masking.mask(product.masks.get(field_id, ""))
    return mask is None or mask.kind is MaskKind.IDENTIFIERS


def _states(catalog: Catalog, product: Product) -> Iterator[dict[str, Any]]:
    hidden = set(TAKEN_DOWN)
    if product.publication_clock:
        hidden |= set(NOT_DISPLAYED)
        hidden |= set() if displayed_by_clock(catalog.datasets[str(product.dataset)]) else {State.OBJECTED}
    if product.access_class not in catalog.policies.display_periods.shown_on_hold:
        hidden.add(State.ON_HOLD)
    yield _ours(_expectation(product, STATE, "required", _NOT_NULL))
    shown = [str(state) for state in State if state not in hidden]
    yield _ours(_expectation(product, STATE, "may_be_shown", _PASSES, "in_set", shown))


def _filtered(catalog: Catalog, product: Product, condition: ProductFilter, field: Field) -> Iterator[dict[str, Any]]:
    """A condition on a field that is shown; one on a field that is not cannot be asked of what is published."""
    if condition.field not in catalog.product_fields(product.id):
        return
    if condition.present or condition.is_in is not None:
        yield _ours(_expectation(product, condition.field, "in_class", _NOT_NULL))
    table = catalog.code_tables.get(field.code_table or "")
    if condition.is_in is not None:
        allowed = list(condition.is_in)
    elif condition.is_not_in is not None and table is not None and field.other_prefix is None:
        allowed = sorted(table.codes - set(condition.is_not_in))
    else:
        return
    yield _ours(_expectation(product, condition.field, "of_the_class", _PASSES, "in_set", allowed))


def _masked(product: Product, field_id: str, mask: Mask) -> Iterator[dict[str, Any]]:
    match mask.kind:
        case MaskKind.IDENTIFIERS:
            yield _expectation(product, field_id, "no_citizen_id", _PASSES, "no_citizen_id_in_text", [])
            yield _expectation(product, field_id, "no_mobile", _PASSES, "no_mobile_in_text", [])
        case MaskKind.ENDS:
            ends = rf"[\s\S]{{{mask.keep_first}}}\*+[\s\S]{{{mask.keep_last}}}"
            yield _expectation(product, field_id, "masked", _PASSES, "pattern", [rf"\*+|{ends}"])
        case MaskKind.FAMILY_NAME:
            yield _expectation(product, field_id, "masked", _PASSES, "pattern", [r"\*|[\s\S]{1,2}\*+"])
        case MaskKind.COUNTY:
            yield _expectation(product, field_id, "masked", _PASSES, "pattern", [r"[\s\S]*" + re.escape("****")])


def _ours(expectation: dict[str, Any]) -> dict[str, Any]:
    """An expectation that only the hub can fail: which records it shows is its own work, whatever a row says."""
    return {**expectation, "meta": {**expectation["meta"], BLAMES: OURS}}


def _expectation(
    product: Product, column: str, rule: str, kind: str, check: str | None = None, parameters: list[str] | None = None
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"column": column}
    if check is not None:
        kwargs |= {"check": check, "parameters": parameters or []}
    rule_id = f"{product.id}.{column.lstrip('_')}.{rule}"
    return {"type": kind, "kwargs": kwargs, "meta": {"rule_id": rule_id}, "severity": expectations.CRITICAL}
