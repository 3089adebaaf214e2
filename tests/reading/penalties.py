"""Penalties as a provincial platform sends them, small and invented, for tests of what a file means as a whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

HEADER = [
    "行政相对人名称",
    "行政相对人类别",
    "统一社会信用代码",
    "法定代表人",
    "证件类型",
    "证件号码",
    "行政处罚决定书文号",
    "违法行为类型",
    "违法事实",
    "处罚依据",
    "处罚类别",
    "处罚内容",
    "罚款金额（万元）",
    "处罚决定日期",
    "处罚有效期",
    "公示截止期",
    "处罚机关",
    "处罚机关统一社会信用代码",
    "数据来源单位",
    "数据来源单位统一社会信用代码",
    "备注",
    "数据更新时间",
]
CODES = ("91350100M000100Y43", "91110108551385082Q", "91110000600037341L", "913400005957472253", "91320105780688132K")


def penalty(number: int = 0, **changes: str) -> list[str]:
    """A right penalty; ``changes`` replace cells by header."""
    cells = dict(
        zip(
            HEADER,
            (
                *(f"锦川示例{number}食品有限公司", "法人及非法人组织", CODES[number % 5], "诸葛若岚", "", ""),
                *(
                    f"锦市监处罚〔2026〕{number + 1}号",
                    "经营超过保质期的食品",
                    "货架上有超过保质期的饼干。",
                    "食品安全法第一百二十四条",
                ),
                *("罚款", "罚款人民币5000元。", "0.5", "2026-11-12", "2099-12-31", "2027-11-12"),
                *("锦川市市场监督管理局", "11510100MYTKY7NB6T", "锦川市公共信用信息中心", "12510100MYLXU54H4G"),
                *("", "2026-11-13 09:30:00"),
            ),
            strict=True,
        )
    )
    return list({**cells, **changes}.values())


def text(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, separator: str = ",") -> str:
    """Rows as CSV, quoted where needed."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()
