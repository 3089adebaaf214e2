"""Every check of two columns as one SQL expression: true for a good row, false for a bad one, never null."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pipelines.expectations.column_checks import COLUMN_CHECKS, Parameters, decimal_shaped, expect, in_set, texts
from pipelines.expectations.sql_functions import identifier
from pipelines.storage.sql import literal as text

PairCheck = Callable[[str, str, Parameters, Sequence[str]], str]


def _when(condition: Callable[[str, Parameters], str], verdict: str) -> PairCheck:
    """The first column must be (not) null where the condition holds for the second."""

    def check(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _no_prefixes(prefixes)
        return f"({a} IS {verdict} OR NOT coalesce({condition(b, parameters)}, false))"

    return check


def _is_in(column: str, parameters: Parameters) -> str:
    return in_set(column, parameters, ())


def _contains(column: str, parameters: Parameters) -> str:
    return f"({' OR '.join(f'contains({column}, {text(part)})' for part in texts(parameters))})"


def _is_filled(column: str, parameters: Parameters) -> str:
    expect(parameters, 0, str, ())
    return f"({column} IS NOT NULL)"


def _date_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_date({a}) <= hub_date({b}), true)"


def _instant_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_instant({a}) <= hub_instant({b}), true)"


def _amount_not_in_yuan(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, a decimal in 10,000 yuan, is not the number of yuan that the second one, a text, names as a fine."""
    shaped = decimal_shaped(a, parameters, prefixes)
    return f"coalesce({shaped}, false) <= coalesce(hub_number({a}) <> hub_fine_in_yuan({b}), true)"


def _citizen_id_when(condition: Callable[[str, Parameters], str]) -> PairCheck:
    """The first column, where filled, must be a citizen ID where the condition holds for the second."""

    def check(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _no_prefixes(prefixes)
        holds = COLUMN_CHECKS["citizen_id"](a, (), ())
        return f"({a} IS NULL OR {holds} OR NOT coalesce({condition(b, parameters)}, false))"

    return check


def _code_begins(*, so: bool) -> PairCheck:
    """The first column, where it is a credit code, begins with one of the prefixes (or with none) where the second is in a set."""

    def check(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        if not prefixes:
            raise ValueError("needs at least one prefix")
        begins = f"left({a}, {len(prefixes[0])}) IN ({', '.join(map(text, prefixes))})"
        verdict = begins if so else f"NOT {begins}"
        agrees = f"(NOT coalesce({_is_in(b, parameters)}, false) OR coalesce({verdict}, true))"
        return f"(hub_credit_code_reason({a}) = 0) <= {agrees}"  # the reason stands outside OR: see checks.py

    return check


def _known_with(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column stands with the second in a reference, where that knows the second at all."""
    _no_prefixes(prefixes)
    if len(parameters) != 1:
        raise ValueError("needs the id of one reference")
    table = identifier(reference_table(str(parameters[0])))
    known = f"coalesce({b} IN (SELECT key FROM {table}), false)"
    pair = f"coalesce(({b} || chr(31) || hub_matched({a})) IN (SELECT key || chr(31) || value FROM {table}), true)"
    return f"{known} <= {pair}"


def _in_set_of_layout(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, where filled, is one of the texts that the parameters give for the layout in the second one."""
    _no_prefixes(prefixes)
    return f"({a} IS NULL OR coalesce(concat({b}, '|', {a}) IN ({', '.join(map(text, texts(parameters)))}), false))"


def reference_table(name: str) -> str:
    """Table of a reference: ``key`` and ``value``, the value as ``hub_matched`` makes it."""
    return f"reference_{name}"


def _no_prefixes(prefixes: Sequence[str]) -> None:
    if prefixes:
        raise ValueError("takes no prefixes")


PAIR_CHECKS: Final[Mapping[str, PairCheck]] = {
    "date_not_after": _date_not_after,
    "amount_not_in_yuan": _amount_not_in_yuan,
    "known_with": _known_with,
    "in_set_of_layout": _in_set_of_layout,
    "prefix_when_in": _code_begins(so=True),
    "no_prefix_when_in": _code_begins(so=False),
    "instant_not_after": _instant_not_after,
    "required_when_in": _when(_is_in, "NOT NULL"),
    "required_when_contains": _when(_contains, "NOT NULL"),
    "required_when_not_null": _when(_is_filled, "NOT NULL"),
    "null_when_in": _when(_is_in, "NULL"),
    "null_when_contains": _when(_contains, "NULL"),
    "null_when_not_null": _when(_is_filled, "NULL"),
    "citizen_id_when_in": _citizen_id_when(_is_in),
    "citizen_id_when_contains": _citizen_id_when(_contains),
    "citizen_id_when_not_null": _citizen_id_when(_is_filled),
}
"""Every check of two columns by name; the first is the one that is blamed."""
