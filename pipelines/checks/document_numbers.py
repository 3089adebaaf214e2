"""Numbers of documents and certificates: what a spreadsheet made of one, what stands in place of one, and the year in it.

A number that a spreadsheet wrote in scientific notation, or turned into a date, is lost; two of them may look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.markup import hidden_in
from pipelines.checks.prepared_columns import typed_name
from pipelines.checks.registry import CellCheck, Lookups, PairCheck, Parameters, register, register_functions
from pipelines.checks.sql_functions import expect, plain
from pipelines.checks.texts import suspect
from pipelines.storage.sql import literal

_MONTH: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec"
_MONTHS: Final = f"(?:{_MONTH}|{_MONTH.upper()}|{_MONTH.lower()})"
_CLOCK: Final = r"(?:[ T]?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_MONTH_NUMBER: Final = "(?:0?[1-9]|1[0-2])"
_DAY_NUMBER: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_STAND_INS: Final = (
    *(
        "同上",
        "同前",
        "同左",
        "〃",
        "″",
        "”",
        '"',
        "略",
        "详见附件",
        "见附件",
        "附件",
        "见附表",
        "见文书",
        "见决定书",
        "见原件",
    ),
    *(
        "待定",
        "待补充",
        "待填",
        "暂缺",
        "未填",
        "未填写",
        "未知",
        "未提供",
        "没有",
        "空白",
        "保密",
        "涉密",
        "不公开",
        "无文书",
        "不适用",
    ),
    *("测试", "test", "TEST", "xxx", "XXX", "文号", "文书号", "编号", "许可编号", "决定书文号"),
)
_NONE: Final = (
    "(?:暂|尚)?(?:无|没有|未)(?:行政|处罚|许可|决定|决定书|文书|证书|正式)*(?:文号|号|编号|号码|文书号|编文号)"
)

# Scientific notation, ####, errors, zeros, a short number with a point (that of a patent is longer), a day, a month of a year, a month in English, and stand-ins.
LOST: Final = (
    r"^[+-]?(?:[0-9]+[.,][0-9]+[Ee][+-]?[0-9]{1,3}|[0-9]+[Ee][+-][0-9]{1,3})$"
    r"|^#+$|^#(?:N/A|REF!|VALUE!|NAME\?|NUM!|DIV/0!|NULL!|GETTING_DATA|SPILL!)$|^0+$|^[0-9]{1,7}\.[0-9]*$"
    rf"|^[0-9]{{4}}(?:年|-|/|\.){_MONTH_NUMBER}(?:月|-|/|\.){_DAY_NUMBER}日?{_CLOCK}$|^[0-9]{{4}}年{_MONTH_NUMBER}月$"
    rf"|^{_MONTH_NUMBER}月{_DAY_NUMBER}日$|^[0-9]{{1,2}}[-/][0-9]{{1,2}}[-/][0-9]{{4}}{_CLOCK}$"
    rf"|^{_MONTHS}-[0-9]{{1,4}}$|^[0-9]{{1,2}}-{_MONTHS}(?:-[0-9]{{2,4}})?$|^{_NONE}$"
)
DOUBTFUL: Final = (
    r"[?？□〓]|^0*[1-9][0-9]{0,7}$|^[0-9]{1,4}[-/][0-9]{1,4}$|^[0-9][Ee][0-9]{1,3}$"
    r"|^[^0-9０-９一二三四五六七八九十百千零〇○#无暂尚未没见详][^0-9０-９一二三四五六七八九十百千零〇○]{4,}$"
)
_FIRST_YEAR: Final = 1980  # an earlier day is told for itself
_YEAR: Final = r"[〔（(\[【［]([0-9]{4})[〕）)\]】］]"
_SQL_YEAR: Final = "[〔（([【［]([0-9][0-9][0-9][0-9])[]〕）)】］]"


def _lost(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    stand_in = cell.is_in(list(_STAND_INS))
    return stand_in | cell.str.contains(LOST) | hidden_in(suspect(rule)).fill_null(False)


def _doubtful(rule: Rule, _: Lookups) -> pl.Expr:
    return pl.col(rule.field).str.contains(DOUBTFUL)


def _of_a_later_year(rule: Rule, _: Lookups) -> pl.Expr:
    year = pl.col(rule.field).str.extract(_YEAR, 1).cast(pl.Int32, strict=False)
    decided = pl.col(typed_name(str(rule.other))).dt.year()
    return (year > decided) & (decided >= _FIRST_YEAR)


def _of_no_later_year(a: str, b: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    expect(parameters, 0, str, prefixes)
    year = f"try_cast(regexp_extract({a}, '{_SQL_YEAR}', 1) AS INTEGER)"
    # No OR: see pipelines.expectations.checks.
    return (
        f"coalesce({year} <= year(hub_date({b})) + 10000 * CAST(year(hub_date({b})) < {_FIRST_YEAR} AS INTEGER), true)"
    )


_BEGINNINGS: Final = "".join(
    sorted(
        {word[0] for word in (*_STAND_INS, *_MONTH.split("|"), *_MONTH.lower().split("|"))}
        | set("0123456789+-#暂尚无没未=@＝＋－＠")
    )
)
"""What a text begins with that may be no number: those of documents begin with the authority."""

register_functions(
    {
        "hub_number_lost(s)": rf"""CASE WHEN contains('{_BEGINNINGS}', left(s, 1)) OR contains(s, '<') THEN (s IN ({", ".join(map(literal, _STAND_INS))}) OR regexp_full_match(s, '{_NONE}')
        OR CASE WHEN contains('0123456789+-', left(s, 1)) THEN regexp_full_match(s, '[-+]?[0-9]+([.,][0-9]+[Ee][-+]?|[Ee][-+])[0-9]{{1,3}}'
            || '|0+|[0-9]{{1,7}}[.][0-9]*|[0-9]{{4}}年(0?[1-9]|1[0-2])月|(0?[1-9]|1[0-2])月(0?[1-9]|[12][0-9]|3[01])日'
            || '|([0-9]{{4}}[-/.年](0?[1-9]|1[0-2])[-/.月](0?[1-9]|[12][0-9]|3[01])日?|[0-9][0-9]?[-/][0-9][0-9]?[-/][0-9]{{4}}){_CLOCK}'
            || '|[0-9][0-9]?-{_MONTHS}(-[0-9]{{2,4}})?')
        WHEN left(s, 1) = '#' THEN replace(s, '#', '') = ''
            OR s IN ('#N/A', '#REF!', '#VALUE!', '#NAME?', '#NUM!', '#DIV/0!', '#NULL!', '#GETTING_DATA', '#SPILL!')
        ELSE regexp_full_match(s, '{_MONTHS}-[0-9][0-9]?[0-9]?[0-9]?') END OR regexp_matches(s, '<[A-Za-z/!?]') OR hub_formula(s)) ELSE false END""",
    }
)
register(
    __name__,
    CellCheck("number_lost", _lost, plain("NOT hub_number_lost({s})"), suite_name="number_not_lost"),
    CellCheck(
        "doubtful_number",
        _doubtful,
        plain(
            "NOT (regexp_matches({s}, '[?？□〓]')"
            " OR (length({s}) <= 9 AND regexp_full_match({s}, '([0-9]{{1,4}}[/-][0-9]{{1,4}}|[0-9][eE][0-9]{{1,3}})'))"
            " OR regexp_full_match({s}, '0*[1-9][0-9]{{0,7}}')"
            " OR (NOT contains('#无暂尚未没见详', left({s}, 1)) AND length({s}) >= 5"
            " AND NOT regexp_matches({s}, '[0-9０-９一二三四五六七八九十百千零〇○]')))"
        ),
        suite_name="no_doubtful_number",
    ),
    PairCheck("number_year", _of_a_later_year, _of_no_later_year, suite_name="number_of_no_later_year"),
)
