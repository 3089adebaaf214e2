"""Texts that stand in for content: 同上, 略, 见附件, 测试数据."""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.checks.registry import CellCheck, register
from pipelines.checks.sql_functions import plain

_LONGEST: Final = 72
"""Bytes of the longest text that is looked at."""
_END: Final = "[。.！!；;，,、 ]*"
STAND_IN: Final = (
    "^[（(]?(?:同上|同前|同左|如上|如前|〃|″|”|略|从略|省略|[详请]?见(?:附件|附表|附页|附后|文书|决定书|处罚决定书|许可决定书|原件|扫描件|后)"
    "|详见[^\\n]{0,12}(?:附件|文书|决定书|原件)|附件|附后|待定|待补充|待填|待完善|暂缺|未填|未填写|未知|没有|没有填|不适用"
    "|保密|涉密|不公开|无内容|空白|[Xx×*.·…]+|[0-9]"
    "|(?:测试|试验|演示|示例|样例|test|Test|TEST|demo|asdf)(?:数据|内容|文本|信息|用)?[0-9]*(?:[，,、 ]*(?:请忽略|勿用))?)"
    f"[)）]?{_END}$"
)
_SAME: Final = ("同上", "同前", "同左", "如上", "如前", "〃", "″", "”", "略", "从略", "省略")
_ELSEWHERE: Final = "附件|附表|附页|附后|文书|决定书|处罚决定书|许可决定书|原件|扫描件|后"
_NOTHING: Final = (
    "附件",
    "附后",
    "待定",
    "待补充",
    "待填",
    "待完善",
    "暂缺",
    "未填",
    "未填写",
    "未知",
    "没有",
    "没有填",
    "不适用",
)
_KEPT_BACK: Final = ("保密", "涉密", "不公开", "无内容", "空白")
_TESTED: Final = "测试|试验|演示|示例|样例|test|Test|TEST|demo|asdf"
_SQL: Final = (
    f"[(（]?({'|'.join((*_SAME, *_NOTHING, *_KEPT_BACK))}|见({_ELSEWHERE})|请见({_ELSEWHERE})|详见({_ELSEWHERE})"
    "|详见[^\\n]{0,12}(附件|文书|决定书|原件)|[0-9]|[*.Xx·×…]+"
    f"|({_TESTED})(|数据|内容|文本|信息|用)[0-9]*(|[ ,、，]*请忽略|[ ,、，]*勿用))[)）]?[ !,.;、。！，；]*"
)

register(
    __name__,
    CellCheck(
        "placeholder_text",
        lambda rule, _: (pl.col(rule.field).str.len_bytes() <= _LONGEST) & pl.col(rule.field).str.contains(STAND_IN),
        plain(
            f"NOT CASE WHEN strlen({{s}}) <= {_LONGEST} THEN regexp_full_match({{s}}, '{_SQL.replace('{', '{{').replace('}', '}}')}')"
            " ELSE false END"
        ),
        suite_name="no_placeholder_text",
    ),
)
