"""Each primitive of the catalogue's rules as a Polars expression that is true where a row breaks the rule.

The other route, SQL under Great Expectations, is ``pipelines.expectations.checks``; neither is translated from the other.

Columns the expressions read: ``<field>`` tidy text, ``typed:<field>`` the typed value, ``reason:<field>`` why a credit code
is none, ``cleaned:<field>`` whether clean-up changed the cell, ``applies:…`` whether a condition holds (``conditions``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import polars as pl

from pipelines.catalog import LAYOUT, RECEIVED_ON, Rule
from pipelines.catalog.rules import CREDIT_CODE_REASONS
from pipelines.identifiers import citizen_id, credit_code, organisation_code, registration_number
from pipelines.privacy.find import holds_citizen_id, holds_mobile
from pipelines.screening.amounts import yuan
from pipelines.screening.conditions import applies_name, conditional
from pipelines.screening.distinct import mapped

SEPARATORS: Final = ";；、,，"


def broken(rule: Rule, *, pairs: tuple[str, ...], divisions: tuple[str, ...]) -> pl.Expr:
    """True where the row breaks the rule, else False, never null.

    Raises:
        KeyError: the catalogue names a primitive nobody implements.
    """
    cell = pl.col(rule.field)
    if rule.primitive.startswith("credit_code_"):
        found = _credit_code(rule, pairs, divisions)
    elif conditional(rule):
        found = _conditional(rule, cell)
    else:
        found = _PRIMITIVES[rule.primitive](rule, cell)
    return found.fill_null(False)


def typed_name(field: str) -> str:
    """Column of the typed value of a field."""
    return f"typed:{field}"


def reason_name(field: str) -> str:
    """Column of the reason why a credit code is none."""
    return f"reason:{field}"


def cleaned_name(field: str) -> str:
    """Column that says whether clean-up changed the cell."""
    return f"cleaned:{field}"


def _credit_code(rule: Rule, pairs: tuple[str, ...], divisions: tuple[str, ...]) -> pl.Expr:
    cell, reason = pl.col(rule.field), pl.col(reason_name(rule.field))
    name = rule.primitive.removeprefix("credit_code_")
    if name in CREDIT_CODE_REASONS:
        return reason == name
    good = cell.is_not_null() & reason.is_null()
    match name:
        case "inner_check":
            return good & ~credit_code.inner_check_holds(cell)
        case "registrar_pair":
            return good & ~credit_code.registrar_pair_known(cell, pairs)
        case "region_unknown":
            return good & ~credit_code.region_known(cell, divisions)
        case _:
            raise KeyError(rule.primitive)


def _conditional(rule: Rule, cell: pl.Expr) -> pl.Expr:
    check = rule.primitive.partition("_when_")[0]
    applies = pl.col(applies_name(rule))
    match check:
        case "required":
            return cell.is_null() & applies
        case "empty":
            return cell.is_not_null() & applies
        case "prefix" | "no_prefix":
            # A code that is none has been refused for it; its first characters say nothing.
            starts = pl.any_horizontal(cell.str.starts_with(prefix) for prefix in rule.prefixes)
            good = cell.is_not_null() & pl.col(reason_name(rule.field)).is_null()
            return applies & good & (~starts if check == "prefix" else starts)
        case "citizen_id":
            return applies & cell.is_not_null() & citizen_id.reason(cell).is_not_null()
        case _:
            raise KeyError(rule.primitive)


def _too_long(rule: Rule, cell: pl.Expr) -> pl.Expr:
    limit = int(rule.parameters[0])

    def over(values: pl.Series) -> pl.Series:
        # Characters never outnumber bytes, and bytes are known without reading the text.
        longest = values.str.len_bytes().max()
        if longest is None or int(str(longest)) <= limit:
            return pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
        return values.str.len_chars() > limit

    return cell.map_batches(over, return_dtype=pl.Boolean, is_elementwise=True)


def _not_in_table(rule: Rule, cell: pl.Expr) -> pl.Expr:
    found = cell.is_in([str(p) for p in rule.parameters])
    for prefix in rule.prefixes:
        found = found | cell.str.starts_with(prefix)
    return ~found


def _in_layout(cell: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.col(LAYOUT), pl.lit("|"), cell)


def _items_not_in_table(rule: Rule, cell: pl.Expr) -> pl.Expr:
    texts = sorted((str(p) for p in rule.parameters if not set(str(p)) & set(SEPARATORS)), key=len, reverse=True)
    item = "|".join([*map(re.escape, texts), *(f"{re.escape(prefix)}[^{SEPARATORS}]*" for prefix in rule.prefixes)])
    return ~cell.str.contains(rf"^\s*(?:{item})\s*(?:[{SEPARATORS}]\s*(?:{item})\s*)*$")


def _after(rule: Rule, _: pl.Expr) -> pl.Expr:
    other = pl.col(RECEIVED_ON) if rule.other == RECEIVED_ON else pl.col(typed_name(str(rule.other)))
    return pl.col(typed_name(rule.field)) > other


def _in_yuan(rule: Rule, _: pl.Expr) -> pl.Expr:
    return pl.col(typed_name(rule.field)).cast(pl.Float64) == mapped(pl.col(str(rule.other)), yuan, pl.Float64())


def _unreadable(rule: Rule, cell: pl.Expr) -> pl.Expr:
    return cell.is_not_null() & pl.col(typed_name(rule.field)).is_null()


_PRIMITIVES: Final[dict[str, Callable[[Rule, pl.Expr], pl.Expr]]] = {
    "required": lambda rule, cell: cell.is_null(),
    "replacement_character": lambda rule, cell: cell.str.contains("\ufffd|锟斤拷"),
    "private_use_character": lambda rule, cell: cell.str.contains("[\ue000-\uf8ff]"),
    "date": _unreadable,
    "timestamp": _unreadable,
    "integer": _unreadable,
    "decimal": _unreadable,
    "max_length": _too_long,
    "pattern": lambda rule, cell: ~cell.str.contains(f"^(?:{rule.parameters[0]})$"),
    "in_table": _not_in_table,
    "items_in_table": _items_not_in_table,
    "in_table_of_layout": lambda rule, cell: ~_in_layout(cell).is_in([str(text) for text in rule.parameters]),
    "min_exclusive": lambda rule, cell: pl.col(typed_name(rule.field)) <= rule.parameters[0],
    "min_inclusive": lambda rule, cell: pl.col(typed_name(rule.field)) < rule.parameters[0],
    "max_inclusive": lambda rule, cell: pl.col(typed_name(rule.field)) > rule.parameters[0],
    "date_not_after": _after,
    "amount_unit": _in_yuan,
    "citizen_id_in_text": lambda rule, cell: holds_citizen_id(cell),
    "mobile_in_text": lambda rule, cell: holds_mobile(cell),
    "organisation_code": lambda rule, cell: cell.is_not_null() & organisation_code.reason(cell).is_not_null(),
    "registration_number": lambda rule, cell: cell.is_not_null() & registration_number.reason(cell).is_not_null(),
    "cleaned": lambda rule, cell: pl.col(cleaned_name(rule.field)),
}
