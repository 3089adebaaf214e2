"""Every check of one column as one SQL expression: true for a good value, false for a bad one, never null for a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pipelines.expectations.sql_functions import REASONS, identifier
from pipelines.storage.sql import literal as text

Parameters = Sequence[int | float | str]

SEPARATORS: Final = ";；、,，"
"""Between the items of a joined list."""

_BLANK: Final = r"[\s\x0B\x{85}\p{Z}]*"

ColumnCheck = Callable[[str, Parameters, Sequence[str]], str]


def _plain(sql: str) -> ColumnCheck:
    """A check without parameters; ``{s}`` stands for the column."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        expect(parameters, 0, int | float | str, prefixes)
        return sql.format(s=column)

    return check


def _reason(name: str) -> ColumnCheck:
    return _plain(f"hub_credit_code_reason({{s}}) <> {REASONS.index(name)}")


def _integer(sql: str) -> ColumnCheck:
    """A check with one whole number in it, ``{0}``."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        expect(parameters, 1, int, prefixes)
        return sql.format(parameters[0], s=column)

    return check


def _bit_unset(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 1, int, prefixes)
    return f"({column}::BIGINT & {1 << int(parameters[0])}) = 0"


def _bound(operator: str) -> ColumnCheck:
    """A bound on numbers; with precision and scale as further parameters, on decimals of that kind only."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        expect(parameters[:1], 1, int | float, prefixes)
        within = f"coalesce(hub_number({column}) {operator} {parameters[0]!r}, true)"
        return f"(NOT {decimal_shaped(column, parameters[1:], ())} OR {within})" if parameters[1:] else within

    return check


def _legacy(present: str, legacy: str) -> ColumnCheck:
    """Present numbers; with the parameter ``legacy`` also those of the time before."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        if list(parameters) not in ([], ["legacy"]) or prefixes:
            raise ValueError("the only parameter it takes is 'legacy'")
        good = f"({present} OR {legacy})" if parameters else f"({present})"
        return f"(NOT hub_stand_in({{s}}) AND {good})".format(s=column)

    return check


def decimal_shaped(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """A number of the precision and scale in the parameters; zeros behind the scale do no harm."""
    expect(parameters, 2, int, prefixes)
    precision, scale = int(parameters[0]), int(parameters[1])
    if not 0 <= scale < precision:
        raise ValueError("precision must be greater than scale")
    return f"regexp_full_match({column}, '[+-]?[0-9]{{1,{precision - scale}}}(\\.[0-9]{{0,{scale}}}0*)?')"


def _pattern(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 1, str, prefixes)
    return f"regexp_full_match({column}, {text(str(parameters[0]))})"


def texts(parameters: Parameters) -> list[str]:
    """The parameters, which must be texts.

    Raises:
        ValueError: there is none, or one is no text.
    """
    if not parameters or not all(isinstance(parameter, str) for parameter in parameters):
        raise ValueError("needs at least one text as parameter, and only texts")
    return [str(parameter) for parameter in parameters]


def in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """One of the texts in the parameters, or anything that starts with a prefix."""
    found = f"{column} IN ({', '.join(map(text, texts(parameters)))})"
    starts = [f"starts_with({column}, {text(prefix)})" for prefix in prefixes]
    return f"({' OR '.join([found, *starts])})"


def _items_in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    within = [re.sub(r"([^\w])", r"\\\1", value) for value in texts(parameters) if not set(value) & set(SEPARATORS)]
    starts = [re.sub(r"([^\w])", r"\\\1", prefix) + f"[^{SEPARATORS}]*" for prefix in prefixes]
    item = f"{_BLANK}(?:{'|'.join([*within, *starts])}){_BLANK}"
    return f"regexp_full_match({column}, {text(f'{item}(?:[{SEPARATORS}]{item})*')})"


def _registrar_pair(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    if prefixes:
        raise ValueError("takes no prefixes")
    return f"(hub_credit_code_reason({column}) = 0) <= ({column}[1:2] IN ({', '.join(map(text, texts(parameters)))}))"


def _region_known(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """Six-digit codes, or the name of a table whose only column they are."""
    if prefixes:
        raise ValueError("takes no prefixes")
    names = texts(parameters)
    by_table = len(names) == 1 and not names[0].isdigit()
    known = f"FROM {identifier(names[0])}" if by_table else ", ".join(map(text, names))
    return f"(hub_credit_code_reason({column}) = 0) <= coalesce({column}[3:8] IN ({known}), false)"


COLUMN_CHECKS: Final[Mapping[str, ColumnCheck]] = {
    **{f"credit_code_{name}": _reason(name) for name in REASONS[2:]},
    "credit_code_inner_check": _plain("(hub_credit_code_reason({s}) = 0) <= hub_inner_check_holds({s})"),
    "credit_code_registrar_pair": _registrar_pair,
    "credit_code_region_known": _region_known,
    "organisation_code": _plain("(NOT hub_stand_in({s}) AND hub_organisation_code_holds({s}))"),
    "registration_number": _legacy("hub_registration_number_holds({s})", "regexp_full_match({s}, '[0-9]{{13}}')"),
    "citizen_id": _legacy(
        "hub_citizen_id_holds({s}) AND hub_province({s}) AND hub_birth_date({s}) IS NOT NULL",
        "regexp_full_match({s}, '[0-9]{{15}}') AND hub_province({s}) AND hub_birth_date({s}) IS NOT NULL",
    ),
    "date": _plain("hub_date({s}) IS NOT NULL"),
    "timestamp": _plain("hub_instant({s}) IS NOT NULL"),
    "decimal": decimal_shaped,
    "integer": _plain("try_cast(ltrim(regexp_extract({s}, '^[+-]?[0-9]+$'), '+') AS BIGINT) IS NOT NULL"),
    "min_exclusive": _bound(">"),
    "min_inclusive": _bound(">="),
    "max_inclusive": _bound("<="),
    "max_length": _integer("length({s}) <= {0}"),
    "pattern": _pattern,
    "in_set": in_set,
    "items_in_set": _items_in_set,
    "no_replacement_character": _plain("NOT (contains({s}, chr(65533)) OR contains({s}, '锟斤拷'))"),
    "no_private_use_character": _plain(r"NOT regexp_matches({s}, '[\x{{E000}}-\x{{F8FF}}]')"),
    "no_control_character": _plain(r"NOT regexp_matches({s}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')"),
    "no_citizen_id_in_text": _plain("NOT hub_citizen_id_in_text({s})"),
    "no_mobile_in_text": _plain("NOT regexp_matches({s}, '(^|[^0-9])1[3-9][0-9]{{9}}([^0-9]|$)')"),
    "not_cleaned": _bit_unset,
}
"""Every check of one column by name. ``prefixes`` are for ``in_set`` and ``items_in_set`` only."""

TEXT_CHECKS: Final = (
    "no_replacement_character",
    "no_private_use_character",
    "no_control_character",
    "no_citizen_id_in_text",
    "no_mobile_in_text",
)
"""Checks that only a text can fail which is odd (``ODD_TEXT``)."""

ODD_TEXT: Final = (
    r"regexp_matches({s}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\x{{E000}}-\x{{F8FF}}\x{{FFFD}}]|锟斤拷|[0-9]{{11}}')"
)
"""SQL with ``{s}`` for the column: one look for all of ``TEXT_CHECKS``; true for every text that fails one of them."""


def expect(parameters: Parameters, count: int, kind: Any, prefixes: Sequence[str]) -> None:
    """Refuse parameters of another number or type, and any prefixes.

    Raises:
        ValueError: they are not as expected.
    """
    if len(parameters) != count or not all(isinstance(parameter, kind) for parameter in parameters):
        raise ValueError(f"takes {count} parameters of type {kind}, not {list(parameters)!r}")
    if prefixes:
        raise ValueError("takes no prefixes")
