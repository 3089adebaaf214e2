"""The amounts a text names, in yuan, against the amount field, which is in 万元 (domain.md R07).

The usual mistake is exact: 2,000 元 filed as 2000 万元. So a field of 1 or more whose number is that of some amount in yuan of the
text is suspect, unless the text names the amount that the field says as well: 罚款5万元，没收违法所得5元.

Amounts are written with digits (１，０００元, 1.2万元, 5千元, ￥800.00) or with Chinese numerals below a hundred million, plain ones
(一万二千元) or those of documents (壹万贰仟元整).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.numbers import decimal_shaped
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import Lookups, PairCheck, Parameters, register, register_functions

_WRITTEN: Final = "０１２３４５６７８９．，￥壹贰叁肆伍陆柒捌玖拾佰仟萬億亿圆圓块〇两兩弍貳參陸"
_MEANT: Final = "0123456789.,¥一二三四五六七八九十百千万亿亿元元元零二二二二三六"
_PLAIN: Final = str.maketrans(_WRITTEN, _MEANT)
_BLANKS: Final = re.compile("[ \t\r\n\u00a0\u3000]+")

_UNITS: Final = {"": 1.0, "百": 100.0, "千": 1_000.0, "万": 10_000.0, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_NUMBER: Final = r"([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)"
_UNIT: Final = "(亿|千万|百万|十万|万|千|百)?"
_IN_DIGITS: Final = re.compile(f"{_NUMBER}{_UNIT}余?元|¥{_NUMBER}{_UNIT}")
_IN_NUMERALS: Final = re.compile("([零一二三四五六七八九十百千万]+)元")
_SECTION: Final = (
    "(?:[一二三四五六七八九]千)?零?(?:[一二三四五六七八九]百)?零?(?:[一二三四五六七八九]?十)?零?[一二三四五六七八九]?"
)
_NUMERAL: Final = re.compile(f"(?:{_SECTION}万)?{_SECTION}")
_DIGITS: Final = {numeral: number for number, numeral in enumerate("零一二三四五六七八九")}
_POWERS: Final = {"十": 10, "百": 100, "千": 1_000}

_DIGIT_BEFORE: Final = re.compile("[0-9０-９.,．， \t\r\n\u00a0\u3000]$")

_SMALLEST: Final = 1.0
"""Of a field in 万元 that may hold yuan: no fine is less than one yuan."""
_CENT: Final = 0.005


def amounts_in(text: str) -> Iterator[float]:
    """Every amount that a text names, in yuan."""
    text = _BLANKS.sub("", text.translate(_PLAIN))
    for found in _IN_DIGITS.finditer(text):
        number, unit = (found[1], found[2]) if found[1] else (found[3], found[4])
        yield float(number.replace(",", "")) * _UNITS[unit or ""]
    for found in _IN_NUMERALS.finditer(text):
        if _NUMERAL.fullmatch(found[1]):
            yield _value(found[1])


def _value(numeral: str) -> float:
    """The number of a numeral: 一万零五百 is 10500."""
    total = section = digit = 0
    for one in numeral:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            # 十二 begins with a ten that nobody counts.
            section, digit = section + (digit or 1) * _POWERS[one], 0
    return float(total + section + digit)


def _named_plainly(yuan: float, text: str) -> bool:
    """True where a text names the amount in plain digits, as most do; nothing else has to be read then."""
    if not yuan.is_integer():
        return False
    part = f"{yuan:.0f}元"
    before, found, _ = text.partition(part)
    return bool(found) and not _DIGIT_BEFORE.search(before)


def named_in_yuan(amount: float, text: str) -> bool:
    """True where a text names an amount of so many yuan, and none of so many 万元."""
    if _named_plainly(amount * 10_000.0, text):
        return False
    named = list(amounts_in(text))
    return amount in named and not any(abs(amount * 10_000.0 - one) < _CENT for one in named)


def _in_yuan(rule: Rule, _: Lookups) -> pl.Expr:
    amount, text = pl.col(typed_name(rule.field)).cast(pl.Float64), pl.col(str(rule.other))
    return pl.struct(amount=amount, text=text).map_batches(_suspect, return_dtype=pl.Boolean, is_elementwise=True)


def _suspect(rows: pl.Series) -> pl.Series:
    cells = rows.struct.unnest()
    large = (cells["amount"] >= _SMALLEST).fill_null(False) & cells["text"].is_not_null()
    places = large.arg_true()
    if places.is_empty():
        return large
    pairs = cells[places]
    distinct = pairs.unique()
    named = [named_in_yuan(amount, text) for amount, text in distinct.iter_rows()]
    verdict = pairs.join(distinct.with_columns(named=pl.Series(named)), on=["amount", "text"], maintain_order="left")
    return large.scatter(places, verdict["named"])


def _not_in_yuan(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The first column, a decimal in 10,000 yuan, is not the number of yuan that the second one, a text, names as an amount."""
    shaped = decimal_shaped(a, parameters, prefixes)
    return f"""CASE WHEN coalesce({shaped} AND hub_number({a}) >= {_SMALLEST!r}, false) AND {b} IS NOT NULL
    AND NOT hub_named_plainly(hub_number({a}), {a}, {b})
    THEN NOT hub_named_in_yuan(hub_number({a}), hub_amounts(hub_plain_amounts({b}))) ELSE true END"""


_ONE: Final = "[一二三四五六七八九]"


def _digit(pattern: str) -> str:
    """The digit that stands in a place of a section, 0 where there is none."""
    return f"coalesce(strpos('一二三四五六七八九', nullif(regexp_extract(s, '{pattern}', 1), '')), 0)"


register_functions(
    {
        "hub_plain_amounts(s)": f"""regexp_replace(translate(s, '{_WRITTEN}', '{_MEANT}'),
        '[ \\t\\r\\n\\x{{A0}}\\x{{3000}}]+', '', 'g')""",
        # The right amount in plain digits, as most texts have it: nothing else has to be read then.
        "hub_named_plainly(amount, written, s)": """(hub_stands_alone(s, written || '万元')
        OR (amount < 1e9 AND amount * 10000.0 = round(amount * 10000.0) AND hub_stands_alone(s, CAST(CAST(amount * 10000.0 AS BIGINT) AS VARCHAR) || '元')))""",
        "hub_stands_alone(s, part)": r"""CASE WHEN contains(s, part) THEN strpos(s, part) = 1 OR NOT regexp_matches(
        substr(s, strpos(s, part) - 1, 1), '[0-9０-９.,．，\s\x{A0}\x{3000}]') ELSE false END""",
        # A numeral below ten thousand, place by place; 十 alone is one ten.
        "hub_section(s)": f"""CASE WHEN s = '' THEN 0 ELSE {_digit(f"({_ONE})千")} * 1000 + {_digit(f"({_ONE})百")} * 100
        + CASE WHEN contains(s, '十') THEN greatest({_digit(f"({_ONE})十")}, 1) * 10 ELSE 0 END + {_digit(f"({_ONE})$")} END""",
        "hub_numeral(s)": """CASE WHEN contains(s, '万') THEN hub_section(split_part(s, '万', 1)) * 10000
        + hub_section(split_part(s, '万', 2)) ELSE hub_section(s) END""",
        "hub_times(s)": r"""CASE regexp_extract(s, '(亿|[十百千]?万|[百千])余?元?$', 1) WHEN '亿' THEN 100000000.0::DOUBLE
        WHEN '千万' THEN 10000000.0::DOUBLE WHEN '百万' THEN 1000000.0::DOUBLE WHEN '十万' THEN 100000.0::DOUBLE
        WHEN '万' THEN 10000.0::DOUBLE WHEN '千' THEN 1000.0::DOUBLE WHEN '百' THEN 100.0::DOUBLE ELSE 1.0::DOUBLE END""",
        "hub_in_digits(s)": rf"""list_transform(regexp_extract_all(s, '({_NUMBER}{_UNIT}余?元|¥{_NUMBER}{_UNIT})'), lambda one:
        CAST(replace(regexp_extract(one, '[0-9][0-9,.]*'), ',', '') AS DOUBLE) * hub_times(one))""",
        "hub_in_numerals(s)": rf"""list_transform(list_filter(list_transform(regexp_extract_all(s, '[零一二三四五六七八九十百千万]+元'),
        lambda one: replace(one, '元', '')), lambda one: regexp_full_match(one, '({_SECTION}万)?{_SECTION}')),
        lambda one: CAST(hub_numeral(one) AS DOUBLE))""",
        "hub_amounts(s)": "list_concat(hub_in_digits(s), hub_in_numerals(s))",
        "hub_named_in_yuan(amount, named)": f"""(list_contains(named, amount)
        AND len(list_filter(named, lambda one: abs(amount * 10000.0::DOUBLE - one) < {_CENT!r}::DOUBLE)) = 0)""",
    }
)
register(__name__, PairCheck("amount_unit", _in_yuan, _not_in_yuan, suite_name="amount_not_in_yuan"))
