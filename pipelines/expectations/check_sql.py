"""Every check of the suites as one SQL expression: true for a good value, false for a bad one, never null for a value.

``install_checks`` puts the functions they call on a DuckDB connection. Great Expectations puts all counts of a table into one
statement; what several checks of a column need (``SHARED``) is therefore read from a column, where the table has one named like
the expression, instead of being bound again for each of them.

Sources: GB 32100-2015, GB 11714-1997, GB 11643-1999, GS15-2006; written from the standards, not from the Polars route.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import duckdb

from pipelines.lake.sql import literal as text

Parameters = Sequence[int | float | str]

REASONS: Final = (
    "valid",
    "missing",
    "placeholder",
    "citizen_id",
    "legacy_number",
    "length",
    "alphabet",
    "checksum",
)
"""What ``hub_credit_code_reason`` answers, as the place in this list; of several the first after ``valid``."""

SHARED: Final = re.compile(
    r'(hub_credit_code_reason|hub_inner_check_holds|hub_date|hub_instant|hub_number)\("((?:[^"]|"")+)"\)'
)
"""Expressions worth a column of their own."""

SEPARATORS: Final = ";；、,，"
"""Between the items of a joined list."""

_BLANK: Final = r"[\s\x0B\x{85}\p{Z}]*"
_USCC: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STAND_INS: Final = (
    *("无", "/", "-", "—", "N/A", "NULL", "空", "不详", "待补"),
    *("123456789", "123456789012345", "123456789012345678"),
)
_DAY: Final = r"(\d{4}[-/.年]\d\d?[-/.月]\d\d?日?)"
_DAY_OR_COMPACT: Final = rf"({_DAY}|\d{{8}})"
_PERSON: Final = r"[1-9]\d{5}(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
_FINE: Final = r"罚款(?:人民币)?\s*(\d+(?:,\d\d\d)*(?:\.\d+)?)\s*(万?)元"
_NUMBER: Final = r"^[+-]?\d+(\.\d*)?$"


def identifier(name: str) -> str:
    """A column or table as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def install_checks(con: duckdb.DuckDBPyConnection) -> None:
    """Create the SQL functions that the checks call; as temporary macros, so only this connection knows them.

    Args:
        con: an open connection; installing again changes nothing.
    """
    for signature, body in _MACROS.items():
        con.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")


def _weighted(alphabet: str, weights: Sequence[int]) -> str:
    """Σ value·weight over the first characters of ``s``; a character's value is its place in the alphabet."""
    return " + ".join(f"(strpos('{alphabet}', s[{i}]) - 1) * {weight}" for i, weight in enumerate(weights, 1))


def _digits(weights: Sequence[int]) -> str:
    return " + ".join(f"(ascii(s[{i}]) - 48) * {weight}" for i, weight in enumerate(weights, 1))


def _mod_11_10() -> str:
    """ISO 7064 MOD 11,10 over fifteen digits: the last intermediate sum, 1 when the check digit is right."""
    product, total = "10", ""
    for place in range(1, 16):
        total = f"(({product} + ascii(s[{place}]) - 49) % 10 + 1)"
        product = f"{total} * 2 % 11"
    return total


_MACROS: Final[Mapping[str, str]] = {
    # GB 11714-1997: C9 = 11 - (Σ mod 11), 10 written X and 11 written 0.
    "hub_organisation_code_holds(s)": f"""regexp_full_match(s, '[0-9A-Z]{{8}}[0-9X]')
        AND '0X987654321'[({_weighted(_ORGANISATION, (3, 7, 9, 10, 5, 8, 4, 2))}) % 11 + 1] = s[9]""",
    # GS15-2006.
    "hub_inner_check_holds(s)": "CAST(hub_organisation_code_holds(s[9:17]) AS BOOLEAN)",
    "hub_registration_number_holds(s)": f"regexp_full_match(s, '[0-9]{{15}}') AND {_mod_11_10()} = 1",
    # GB 11643-1999.
    "hub_citizen_id_holds(s)": f"""regexp_full_match(s, '[0-9]{{17}}[0-9X]')
        AND '10X98765432'[({_digits((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))}) % 11 + 1] = s[18]""",
    "hub_province(s)": "regexp_matches(s, '^(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])')",
    "hub_compact_day(s)": r"try_cast(regexp_replace(s, '^(\d{4})(\d{2})(\d{2})$', '\1-\2-\3') AS DATE)",
    "hub_birth_date(s)": r"""CASE WHEN regexp_full_match(s, '\d{17}[\dX]') THEN hub_compact_day(s[7:14])
        WHEN regexp_full_match(s, '\d{15}') THEN hub_compact_day('19' || s[7:12]) END""",
    "hub_plausible_person(s)": """hub_province(s) AND length(s) IN (15, 18)
        AND coalesce(year(hub_birth_date(s)) BETWEEN 1900 AND 2099, false)
        AND (length(s) = 15 OR hub_citizen_id_holds(s))""",
    "hub_credit_code_layout(s)": rf"regexp_full_match(s, '[1-9ANY][{_USCC}]\d{{6}}[{_USCC}]{{10}}')",
    "hub_stand_in(s)": f"""s = repeat(s[1], length(s)) OR regexp_full_match(s, '0*X')
        OR s IN ({", ".join(map(text, _STAND_INS))})""",
    # GB 32100-2015: C18 = (31 - Σ mod 31) mod 31, so that with weight 1 the check character makes the sum 0. A code of
    # the layout with a letter before its end is valid or has a wrong check character: nearly all, so they come first.
    "hub_credit_code_reason(s)": rf"""CAST(coalesce(CASE
        WHEN hub_credit_code_layout(s) AND NOT regexp_full_match(s, '\d{{17}}.') THEN NULL
        WHEN s IS NULL OR s = '' THEN 1
        WHEN hub_stand_in(s) THEN 2
        WHEN regexp_full_match(s, '\d{{14,17}}[\dX]') AND hub_plausible_person(s)
            AND NOT hub_registration_number_holds(s) THEN 3
        WHEN length(s) IN (9, 13, 15) AND (hub_organisation_code_holds(s) OR regexp_full_match(s, '\d{{13}}')
            OR hub_registration_number_holds(s)) THEN 4
        WHEN length(s) <> 18 THEN 5
        WHEN NOT hub_credit_code_layout(s) THEN 6 END,
        CASE WHEN ({_weighted(_USCC, [*(pow(3, i, 31) for i in range(17)), 1])}) % 31 <> 0 THEN 7 ELSE 0 END
        ) AS UTINYINT)""",
    "hub_before_time(s)": "split_part(split_part(CAST(s AS VARCHAR), ' ', 1), 'T', 1)",
    "hub_after_time(s)": "regexp_extract(CAST(s AS VARCHAR), '^[^ T]+[ T]+(.*)$', 1)",
    # A calendar day alone. What is ISO already, nearly all, is not taken apart.
    "hub_day(s)": rf"""CASE WHEN CAST(try_cast(s AS DATE) AS VARCHAR) = s AND length(s) = 10 THEN try_cast(s AS DATE)
        WHEN s[1:4] = '0000' THEN NULL
        WHEN regexp_full_match(s, '\d{{8}}') THEN hub_compact_day(s)
        WHEN regexp_full_match(s, '{_DAY}') THEN try_cast(translate(s, '/.年月日', '----') AS DATE) END""",
    "hub_midnight(s)": rf"regexp_full_match(s, '{_DAY_OR_COMPACT}([ T]0?0:00(:00(\.0+)?)?)?')",
    # The calendar day of a text that may end in midnight, as spreadsheets write it; null where there is none.
    "hub_date(s)": """coalesce(hub_day(CAST(s AS VARCHAR)),
        CASE WHEN hub_midnight(CAST(s AS VARCHAR)) THEN hub_day(hub_before_time(s)) END)""",
    # The instant of a text, a day alone being its midnight; fractions of a second are cut off.
    "hub_instant(s)": rf"""CASE WHEN hub_after_time(s) = '' THEN CAST(hub_date(s) AS TIMESTAMP)
        WHEN regexp_full_match(CAST(s AS VARCHAR), '{_DAY}[ T]+([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?')
        THEN hub_day(hub_before_time(s)) + try_cast(split_part(hub_after_time(s), '.', 1) AS INTERVAL)
        WHEN hub_midnight(CAST(s AS VARCHAR)) THEN CAST(hub_date(s) AS TIMESTAMP) END""",
    # The numbers are taken apart only where there is one: nearly never.
    "hub_citizen_id_in_text(s)": rf"""CASE WHEN regexp_matches(s, '{_PERSON}')
        THEN len(list_filter(regexp_extract_all(s, '{_PERSON}'), lambda number: hub_plausible_person(upper(number)))) > 0
        ELSE false END""",
    # A name or number without blanks, middle dots and bracket styles.
    "hub_matched(s)": r"""regexp_replace(translate(s, '（〔[【［）〕]】］', '((((()))))'), '[\s\p{Z}·•・．]', '', 'g')""",
    # 罚款2,000元 is 2000, 罚款0.2万元 too; null where the text names no fine.
    "hub_fine_in_yuan(s)": rf"""try_cast(replace(regexp_extract(s, '{_FINE}', 1), ',', '') AS DOUBLE)
        * CASE WHEN regexp_extract(s, '{_FINE}', 2) = '万' THEN 10000.0::DOUBLE ELSE 1.0::DOUBLE END""",
    "hub_number(s)": f"try_cast(ltrim(regexp_extract(s, '{_NUMBER}'), '+') AS DOUBLE)",
}

ColumnCheck = Callable[[str, Parameters, Sequence[str]], str]


def _plain(sql: str) -> ColumnCheck:
    """A check without parameters; ``{s}`` stands for the column."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _expect(parameters, 0, int | float | str, prefixes)
        return sql.format(s=column)

    return check


def _reason(name: str) -> ColumnCheck:
    return _plain(f"hub_credit_code_reason({{s}}) <> {REASONS.index(name)}")


def _integer(sql: str) -> ColumnCheck:
    """A check with one whole number in it, ``{0}``."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _expect(parameters, 1, int, prefixes)
        return sql.format(parameters[0], s=column)

    return check


def _bit_unset(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _expect(parameters, 1, int, prefixes)
    return f"({column}::BIGINT & {1 << int(parameters[0])}) = 0"


def _bound(operator: str) -> ColumnCheck:
    """A bound on numbers; with precision and scale as further parameters, on decimals of that kind only."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _expect(parameters[:1], 1, int | float, prefixes)
        within = f"coalesce(hub_number({column}) {operator} {parameters[0]!r}, true)"
        return f"(NOT {_decimal(column, parameters[1:], ())} OR {within})" if parameters[1:] else within

    return check


def _legacy(present: str, legacy: str) -> ColumnCheck:
    """Present numbers; with the parameter ``legacy`` also those of the time before."""

    def check(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        if list(parameters) not in ([], ["legacy"]) or prefixes:
            raise ValueError("the only parameter it takes is 'legacy'")
        good = f"({present} OR {legacy})" if parameters else f"({present})"
        return f"(NOT hub_stand_in({{s}}) AND {good})".format(s=column)

    return check


def _decimal(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _expect(parameters, 2, int, prefixes)
    precision, scale = int(parameters[0]), int(parameters[1])
    if not 0 <= scale < precision:
        raise ValueError("precision must be greater than scale")
    return f"regexp_full_match({column}, '[+-]?[0-9]{{1,{precision - scale}}}(\\.[0-9]{{0,{scale}}}0*)?')"


def _pattern(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _expect(parameters, 1, str, prefixes)
    return f"regexp_full_match({column}, {text(str(parameters[0]))})"


def _texts(parameters: Parameters) -> list[str]:
    if not parameters or not all(isinstance(parameter, str) for parameter in parameters):
        raise ValueError("needs at least one text as parameter, and only texts")
    return [str(parameter) for parameter in parameters]


def _in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    found = f"{column} IN ({', '.join(map(text, _texts(parameters)))})"
    starts = [f"starts_with({column}, {text(prefix)})" for prefix in prefixes]
    return f"({' OR '.join([found, *starts])})"


def _items_in_set(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    within = [re.sub(r"([^\w])", r"\\\1", value) for value in _texts(parameters) if not set(value) & set(SEPARATORS)]
    starts = [re.sub(r"([^\w])", r"\\\1", prefix) + f"[^{SEPARATORS}]*" for prefix in prefixes]
    item = f"{_BLANK}(?:{'|'.join([*within, *starts])}){_BLANK}"
    return f"regexp_full_match({column}, {text(f'{item}(?:[{SEPARATORS}]{item})*')})"


def _registrar_pair(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    if prefixes:
        raise ValueError("takes no prefixes")
    return f"(hub_credit_code_reason({column}) = 0) <= ({column}[1:2] IN ({', '.join(map(text, _texts(parameters)))}))"


def _region_known(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """Six-digit codes, or the name of a table whose only column they are."""
    if prefixes:
        raise ValueError("takes no prefixes")
    names = _texts(parameters)
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
    "decimal": _decimal,
    "integer": _plain("try_cast(ltrim(regexp_extract({s}, '^[+-]?[0-9]+$'), '+') AS BIGINT) IS NOT NULL"),
    "min_exclusive": _bound(">"),
    "min_inclusive": _bound(">="),
    "max_inclusive": _bound("<="),
    "max_length": _integer("length({s}) <= {0}"),
    "pattern": _pattern,
    "in_set": _in_set,
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

PairCheck = Callable[[str, str, Parameters, Sequence[str]], str]


def _when(condition: Callable[[str, Parameters], str], verdict: str) -> PairCheck:
    """The first column must be (not) null where the condition holds for the second."""

    def check(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
        _no_prefixes(prefixes)
        return f"({a} IS {verdict} OR NOT coalesce({condition(b, parameters)}, false))"

    return check


def _is_in(column: str, parameters: Parameters) -> str:
    return _in_set(column, parameters, ())


def _contains(column: str, parameters: Parameters) -> str:
    return f"({' OR '.join(f'contains({column}, {text(part)})' for part in _texts(parameters))})"


def _is_filled(column: str, parameters: Parameters) -> str:
    _expect(parameters, 0, str, ())
    return f"({column} IS NOT NULL)"


def _date_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_date({a}) <= hub_date({b}), true)"


def _instant_not_after(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _expect(parameters, 0, str, prefixes)
    return f"coalesce(hub_instant({a}) <= hub_instant({b}), true)"


def _amount_not_in_yuan(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, a decimal in 10,000 yuan, is not the number of yuan that the second one, a text, names as a fine."""
    shaped = _decimal(a, parameters, prefixes)
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
    return f"({a} IS NULL OR coalesce(concat({b}, '|', {a}) IN ({', '.join(map(text, _texts(parameters)))}), false))"


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


def _expect(parameters: Parameters, count: int, kind: Any, prefixes: Sequence[str]) -> None:
    if len(parameters) != count or not all(isinstance(parameter, kind) for parameter in parameters):
        raise ValueError(f"takes {count} parameters of type {kind}, not {list(parameters)!r}")
    if prefixes:
        raise ValueError("takes no prefixes")
