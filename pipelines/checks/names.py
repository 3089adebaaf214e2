"""Names of subjects, bodies and persons: what is no name, and what looks like something else than the name of one.

A rule of ``no_name`` has whose name it is (``Field.name_of``) as its parameter, which changes nothing; ``doubtful_name`` asks of a
person besides whether there are digits in the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.checks.markup import hidden_in
from pipelines.checks.registry import CellCheck, Lookups, Parameters, register, register_functions
from pipelines.checks.sql_functions import no_prefixes, texts
from pipelines.checks.texts import suspect
from pipelines.storage.sql import literal

PERSON: Final = "person"

_HAN: Final = "[㐀-鿿豈-﫿𠀀-𱍏]"
_DIGIT: Final = "0-9０-９"
_BODY: Final = "公司|厂|店|社|院|中心|局|站|所|学校|集团"
_KIND_OF_BODY: Final = (
    "公司|有限公司|有限责任公司|股份有限公司|股份公司|分公司|总公司|子公司|企业|个体企业|单位|商店|门店|分店|商行|工厂|机关|集团|"
    "合作社|农民专业合作社|专业合作社|合伙企业|个人独资企业|个体|个体户|经营部|经营者|当事人|相对人|行政相对人|法人|自然人|个人|负责人|"
    "法定代表人|法人代表|名称|姓名|企业名称|单位名称|公司名称|主体名称|处罚机关|许可机关|行政机关"
)
_STAND_IN: Final = "同上|同前|同左|〃|″|”|略|详见附件|见附件|附件|见附表|待定|待补充|待填|暂缺|未填|未填写|未知|未提供|没有|无名|无名氏|无名称|匿名|佚名|保密"
_TEST: Final = "测试|试验|演示|示例|样例|例子|demo|Demo|DEMO|test|Test|TEST|asdf|abc|ABC|xxx|XXX"
_MASK: Final = "XxＸｘ×＊*○●〇某"

# Digits and signs alone, a credit code, a kind of body, a stand-in, a word of testers, a mask of letters.
NO_NAME: Final = (
    rf"^[{_DIGIT}#.,，、:：;；/\\+\-—–_~%()（）〔〕\[\] 年月日号时分秒EeTZ]*[{_DIGIT}#][{_DIGIT}#.,，、:：;；/\\+\-—–_~%()（）〔〕\[\] 年月日号时分秒EeTZ]*$"
    rf"|^(?:{_KIND_OF_BODY}|{_STAND_IN})$"
    rf"|^(?:{_TEST})(?:数据|公司|有限公司|有限责任公司|企业|单位|用户|名称|姓名|主体|机关)?[{_DIGIT}一二三四五六七八九十]*(?:公司|有限公司)?$"
    rf"|^[{_MASK}]+(?:省|市|县|区)?[{_MASK}]*(?:有限|责任|股份|分|总)*(?:公司|企业|单位|厂|店|合作社|个体户|经营部|局)$"
    r"|^https?://|^www\."
)
_CODE: Final = r"^[0-9A-Z]*[0-9][0-9A-Z]*$"
_CODES: Final = (9, 13, 15, 18)

DOUBTFUL: Final = (
    rf"(?:{_BODY})[、，,;；/／|].*(?:{_BODY})(?:[)）]|$)"
    "|有限(?:责任)?公司[和与及].*有限(?:责任)?公司$"
    rf"|等[{_DIGIT}一二三四五六七八九十两几多]+余?[多]?(?:家|户|个|人|名|位|单位|公司)|等(?:公司|企业|单位|人|商户|户)$"
    rf"|^{_HAN}{{2,4}}[、，,;；/／]{_HAN}{{2,4}}$"
    rf"|{_HAN}[XxＸｘ×]{{2}}|[XxＸｘ×]{{2}}[省市县区镇乡村街路]|[^某XxＸｘ×*]某某|某[市省县区]"
    "|请忽略|勿删|测试数据|演示数据"
)


def _is_none(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    code = cell.str.contains(_CODE) & cell.str.len_chars().is_in(_CODES)
    return cell.str.contains(NO_NAME) | code | hidden_in(suspect(rule)).fill_null(False)


def _doubtful(rule: Rule, _: Lookups) -> pl.Expr:
    cell = pl.col(rule.field)
    found = cell.str.contains(DOUBTFUL) | suspect(rule).str.contains("[?？□〓]|烫烫烫|屯屯屯").fill_null(False)
    in_person = cell.str.contains(f"[{_DIGIT}]") & cell.str.contains(_HAN)
    return found | in_person if rule.parameters[0] == PERSON else found


def _whose(parameters: Parameters, prefixes: Sequence[str]) -> str:
    no_prefixes(prefixes)
    [whose] = texts(parameters)
    return whose


def _is_one(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    _whose(parameters, prefixes)
    return f"NOT hub_no_name({column})"


def _clear(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    return f"NOT hub_doubtful_name({column}, {literal(_whose(parameters, prefixes))})"


def _one_of(words: str) -> str:
    return ", ".join(literal(word) for word in words.split("|"))


_SIGNS: Final = rf"[-{_DIGIT}#.,，、:：;；/\\+—–_~%()（）〔〕\[\] 年月日号时分秒EeTZ]"
_BEGINNINGS: Final = "".join(
    sorted(
        {word[0] for words in (_KIND_OF_BODY, _STAND_IN, _TEST) for word in words.split("|")}
        | set(_MASK)
        | set("-0123456789０１２３４５６７８９#.,，、:：;；/\\+—–_~%()（）〔〕[] 年月日号时分秒")
        | set("ABCDEFGHIJKLMNOPQRSTUVWXYZ=@＝＋－＠ehw")
    )
)
"""What a text begins with that may be no name: nearly no name does."""

register_functions(
    {
        "hub_no_name(s)": rf"""CASE WHEN contains('{_BEGINNINGS}', left(s, 1)) OR contains(s, '<') THEN
        (s IN ({_one_of(_KIND_OF_BODY)}, {_one_of(_STAND_IN)})
        OR (length(s) IN (9, 13, 15, 18) AND regexp_full_match(s, '[A-Z0-9]+') AND regexp_matches(s, '[0-9]'))
        OR (regexp_full_match(s, '{_SIGNS}+') AND regexp_matches(s, '[{_DIGIT}#]'))
        OR regexp_full_match(s, '({_TEST})(|数据|公司|有限公司|有限责任公司|企业|单位|用户|名称|姓名|主体|机关)[{_DIGIT}一二三四五六七八九十]*(|公司|有限公司)')
        OR regexp_full_match(s, '[{_MASK}]+[省市县区]?[{_MASK}]*(有限|责任|股份|分|总)*(公司|企业|单位|厂|店|合作社|个体户|经营部|局)')
        OR starts_with(s, 'http://') OR starts_with(s, 'https://') OR starts_with(s, 'www.')
        OR regexp_matches(s, '<[A-Za-z/!?]') OR hub_formula(s)) ELSE false END""",
        "hub_doubtful_name(s, whose)": rf"""CASE WHEN regexp_matches(s, '[?？□〓、，,;；/／|XＸxｘ×某等]|公司[和与及]|烫烫烫|屯屯屯|请忽略|勿删|数据')
        OR whose = 'person' THEN (regexp_matches(s, '[?？□〓]|烫烫烫|屯屯屯|请忽略|勿删|(测试|演示)数据')
        OR regexp_matches(s, '({_BODY})[、，,;；/／|].*({_BODY})([)）]|$)|有限(责任)?公司[和与及].*有限(责任)?公司$')
        OR regexp_matches(s, '等[{_DIGIT}一二三四五六七八九十两几多]+余?多?([家户个人名位]|单位|公司)|等(公司|企业|单位|人|商户|户)$')
        OR regexp_full_match(s, '{_HAN}{{2,4}}[、，,;；/／]{_HAN}{{2,4}}')
        OR regexp_matches(s, '{_HAN}[XxＸｘ×][XxＸｘ×]|[XxＸｘ×][XxＸｘ×][省市县区镇乡村街路]|[^某XxＸｘ×*]某某|某[市省县区]')
        OR (whose = 'person' AND regexp_matches(s, '[{_DIGIT}]') AND regexp_matches(s, '{_HAN}'))) ELSE false END""",
    }
)
register(
    __name__,
    CellCheck("no_name", _is_none, _is_one, suite_name="is_name"),
    CellCheck("doubtful_name", _doubtful, _clear, suite_name="no_doubtful_name"),
)
