"""The states of regions and sectors in words, and what their cards say in a phrase."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pipelines.scoring.evidence import Delivery
from pipelines.scoring.model import Point, UnitCard

STATE_ZH: Final = {
    "scored": "有总分",
    "no_data": "未报送",
    "empty": "空文件",
    "broken": "无法读取",
    "not_due": "数据不足",
}


def problem(delivery: Delivery) -> str:
    """Why a file brought nothing, in words; empty where nothing was wrong with the file as a whole."""
    if delivery.problem_zh:
        return delivery.problem_zh
    if delivery.problem_code:
        return f"文件无法处理（{delivery.problem_code}）。"
    if delivery.status != "duplicate" and delivery.rows_in == 0:
        return "文件没有数据行。"
    return ""


def difference(unit: UnitCard) -> float | None:
    """Points gained or lost since the period before; None where one of the two has no total."""
    if unit.total is None or unit.previous_total is None:
        return None
    return unit.total - unit.previous_total


def step(points: Iterable[Point]) -> float | None:
    """How the last point of a trend differs from the one before; None where one of them has no total."""
    totals = [point.total for point in points][-2:]
    if len(totals) < 2 or totals[0] is None or totals[1] is None:
        return None
    return totals[1] - totals[0]
