"""How numbers and states read on a page.

Nothing is rounded up into perfection: one bad row in a million never shows as 100 %, and one good one never as 0 %.
"""

from __future__ import annotations

import math
from typing import Final

from pipelines.scorecard.evidence import Delivery
from pipelines.scorecard.measures import Ratio

NONE: Final = "—"
_NOISE: Final = 1e-9

STATUS_ZH: Final = {
    "accepted": "全部入库",
    "partial": "部分入库",
    "rejected": "退回，未入库",
    "duplicate": "重复报送，未新增",
}
SEVERITY_ZH: Final = {"reject": "拒收", "warn": "提示"}
CYCLE_ZH: Final = {
    "daily": "每日",
    "7_working_days": "七个工作日",
    "monthly": "每月",
    "quarterly": "每季度",
    "yearly": "每年",
}


def count(value: float) -> str:
    """A whole number with thousands separators."""
    return f"{value:,.0f}"


def floored(value: float | None, digits: int = 2) -> str:
    """A number cut, not rounded: 89.996 is 89.99, so that it never shows a grade it has not reached."""
    if value is None:
        return NONE
    scale = 10**digits
    return f"{math.floor(value * scale + _NOISE) / scale:.{digits}f}"


def lost(value: float | None) -> str:
    """Points lost, with two digits; what is lost at all never shows as nothing."""
    if value is None:
        return NONE
    return f"{max(value, 0.01):.2f}" if value > _NOISE else "0.00"


def percent(ratio: Ratio) -> str:
    """A share in per cent with two digits; dash where there is no denominator."""
    if not ratio.denominator:
        return NONE
    parts = round(ratio.numerator * 10_000 / ratio.denominator)
    if 0 < ratio.numerator < ratio.denominator:
        parts = min(max(parts, 1), 9_999)
    return f"{parts / 100:.2f}%"


def share(value: float) -> str:
    """A floor or target of the scheme in per cent, no digit more than it has."""
    return f"{round(value * 100, 4):g}%"


def fraction(ratio: Ratio) -> str:
    """Numerator over denominator."""
    return f"{count(ratio.numerator)} / {count(ratio.denominator)}"


def problem(delivery: Delivery) -> str:
    """Why a file brought nothing, in words; empty where nothing was wrong with the file as a whole."""
    if delivery.problem_zh:
        return delivery.problem_zh
    if delivery.problem_code:
        return f"文件无法处理（{delivery.problem_code}）。"
    if delivery.status != "duplicate" and delivery.rows_in == 0:
        return "文件没有数据行。"
    return ""
