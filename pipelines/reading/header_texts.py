"""What of a header's text is the name of a column, and what was only said beside it: remarks, units, numbers.

Templates write how to fill a column into its header: ``*行政相对人名称（必填，填写全称）``, ``处罚决定日期（格式：2024-01-01）``. Such remarks
are taken off, bracketed or not; what else stands in brackets stays, for it may be the difference between two columns
(``法定代表人（证件号码）``). A unit is no remark: ``罚款金额（单位：万元）`` and ``罚款金额（元）`` are two columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_IGNORED: Final = re.compile(r"[\s\ufeff\u200b-\u200d\u2060_\-‐-―＿－\"'“”*＊★☆※▲△●○◆:：()\[\]{}〔〕【】<>《》]+")
_BRACKETS: Final = re.compile(r"[(\[【〔{<]([^()\[\]【】〔〕{}<>]*)(?:[)\]】〕}>]|$)")
_PARTS: Final = re.compile(r"[,，;；、。\s]+")
_UNIT: Final = re.compile(
    r"^(?:(?:计量|金额)?单位[:：为是]?|以|按)?(?:人民币)?([十百千万亿]*元|[十百千万亿]*美元|[十百千万亿]*港元)(?:人民币)?(?:为单位|计)?$"
)
_REMARK: Final = re.compile(
    r"""^[*\s]*(?:
        .*(?:非?必[填报须选]|[选可][填报]|可为?空|可不填|不可?为空|不能为空|不得为空|可留空|必须填|不必填|非空|必要项|如有|若有|没有的|无则|没有则|否则).*
        | .*(?:填写|填报|填入|填列|请填|填全称|照填|输入|录入|选择|下拉|勾选|多选|单选|字典|枚举).*
        | .*(?:格式|形如|例如|比如|譬如|举例|示例|样例|例[:：]|如[:：]|参照|参考|参见|详见|见说明|见填表|说明|注[:：]|备注[:：]).*
        | (?:长度|不超过|不多于|最[多长大]|限|共|至多|至少|须为|应为)?\s*\d+\s*(?:[-~至到]\s*\d+\s*)?(?:位|个?字符?|个汉字)
            (?:以内|之内|以下|数字|字符|编码|代码)?
        | (?:精确|保留|四舍五入).* | .*(?:全称|全名|分隔|隔开|隔离|与.*一致|同证照|小数).*
        | (?:文本|字符串?|数字|数值|日期|日期型|时间型|整数|文本型|字符型|数值型|文本格式|c\d+|n\d+|varchar2?\d*|date|string|text|number)
        | y{2,4}[-/.年]?m{1,2}[-/.月]?d{1,2}日?.* | 年[-/.]?月[-/.]?日.* | \d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?.*
        | (?:主键|唯一|关键字段?|公示项|不公示|公开|不公开|敏感|脱敏|重要|核心)项?
        | [A-Z]列 | 第\d+列
    )$""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERED: Final = re.compile(r"^\s*(?:[(（]?\d{1,3}[)）.、．:：]\s*|\d{1,3}\s+|[①-⑳⑴-⒇])")
_BEHIND: Final = re.compile(r"^(.*?\S)(?:[\s:：,，;；。/|*]+)(\S.*)$", re.DOTALL)
_TYPED: Final = re.compile(r"[,，。.;；、/|\s]+$")


def key(header: str) -> str:
    """What is compared of a header: without blanks, case, width, signs, style of brackets, and what only says that it must be filled."""
    return _plain(_without_brackets(unicodedata.normalize("NFKC", header)))


def unit_of(header: str) -> tuple[str, str] | None:
    """The key of a header without its unit of money, and that unit (``元``); None where it has none."""
    text = _without_brackets(unicodedata.normalize("NFKC", header))
    for match in _BRACKETS.finditer(text):
        if (unit := _UNIT.match(match[1].strip())) is not None:
            return _plain(text[: match.start()] + text[match.end() :]), unit[1]
    found = re.search(r"[\s:：,，\-_/]([十百千万亿]*元)\s*$", text)
    return (_plain(text[: found.start()]), found[1]) if found else None


def keys(header: str) -> Iterator[str]:
    """What a header may be called: its key, then with less and less of what stands before and behind the name."""
    text = unicodedata.normalize("NFKC", header)
    seen = {""}
    for found in (_plain(text), *(key(candidate) for candidate in _shorter(text))):
        if found not in seen:
            seen.add(found)
            yield found


def _shorter(text: str) -> Iterator[str]:
    for start in dict.fromkeys((text, _NUMBERED.sub("", text))):
        yield start
        yield _TYPED.sub("", start)
        # A name and, behind a line break or a blank, a remark; or two names of one column, as its title and its code.
        lines = [line for line in re.split(r"[\r\n]+", start) if line.strip()]
        if len(lines) > 1:
            yield "".join(lines)
            said = [line for line in lines if not _is_remark(line)]
            yield "".join(said)
        behind = _BEHIND.match(start.strip())
        if behind and _is_remark(behind[2]):
            yield behind[1]


def other_names(header: str) -> tuple[str, ...]:
    """The keys of two or more names that stand in one header, as ``行政相对人名称（CF_XDR_MC）`` or ``CF_WSH 决定书文号``."""
    text = unicodedata.normalize("NFKC", header)
    parts = [part for part in re.split(r"[\s()\[\]【】〔〕{}/|:：]+", text) if part.strip("*_- ")]
    return tuple(_plain(part) for part in parts) if len(parts) > 1 else ()


def is_remark(text: str) -> bool:
    """True for a text that says how to fill a column and names none."""
    return _is_remark(unicodedata.normalize("NFKC", text))


def _is_remark(text: str) -> bool:
    parts = [part for part in _PARTS.split(text.strip("()[]【】〔〕{} \t\r\n*")) if part]
    return bool(parts) and (_REMARK.match(text.strip("()[]【】〔〕 ")) is not None or all(map(_REMARK.match, parts)))


def _without_brackets(text: str) -> str:
    """The text without bracketed remarks; of a bracket that has a unit besides, the unit stays."""

    def kept(match: re.Match[str]) -> str:
        inner = match[1].strip()
        parts = [part for part in _PARTS.split(inner) if part]
        units = [unit[1] for part in parts if (unit := _UNIT.match(part))]
        rest = [part for part in parts if not _UNIT.match(part)]
        if units and (not rest or all(map(_REMARK.match, rest)) or rest == ["单位"]):
            return f"({units[0]})"
        return "" if not parts or _is_remark(inner) else match[0]

    return _BRACKETS.sub(kept, text)


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).casefold()
