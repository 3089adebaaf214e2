"""The SQL functions that the checks of the suites call, as DuckDB macros.

Great Expectations puts all counts of a table into one statement; what several checks of a column need (``SHARED``) is therefore
read from a column, where the table has one named like the expression, instead of being bound again for each of them.

Sources: GB 32100-2015, GB 11714-1997, GB 11643-1999, GS15-2006; written from the standards, not from the Polars route.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import duckdb

from pipelines.storage.sql import literal as text

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
