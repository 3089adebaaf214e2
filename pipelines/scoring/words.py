"""How numbers and states read on a page.

Nothing is rounded up into perfection: one bad row in a million never shows as 100 %, and one good one never as 0 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, Protocol

from pipelines.scoring.evidence import Delivery
from pipelines.scoring.model import Point, UnitCard


class Fraction(Protocol):
    """A numerator over a denominator, whichever class it is of."""

    @property
    def numerator(self) -> int: ...  # noqa: D102

    @property
    def denominator(self) -> int: ...  # noqa: D102


NONE: Final = "—"
_NOISE: Final = 1e-9

STATE_ZH: Final = {
    "scored": "有总分",
    "no_data": "未报送",
    "empty": "空文件",
    "broken": "无法读取",
    "not_due": "数据不足",
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


def signed(value: float | None) -> str:
    """A difference with its sign, two digits."""
    if value is None:
        return NONE
    return "0.00" if abs(value) < 0.005 else f"{'+' if value > 0 else '−'}{abs(value):.2f}"


def percent(ratio: Fraction) -> str:
    """A share in per cent with two digits; dash where there is no denominator."""
    if not ratio.denominator:
        return NONE
    parts = round(ratio.numerator * 10_000 / ratio.denominator)
    if 0 < ratio.numerator < ratio.denominator:
        parts = min(max(parts, 1), 9_999)
    return f"{parts / 100:.2f}%"


def rate(value: float | None) -> str:
    """A rate that has no counts of its own, as a median of rates, in per cent with two digits."""
    return NONE if value is None else f"{value * 100:.2f}%"


def share(value: float) -> str:
    """A floor or target of the scheme in per cent, no digit more than it has."""
    return f"{round(value * 100, 4):g}%"


def fraction(ratio: Fraction) -> str:
    """Numerator over denominator."""
    return f"{count(ratio.numerator)} / {count(ratio.denominator)}"


def day(text: str) -> str:
    """``2026-03-09`` as ``3月9日``."""
    _, month, of_month = text.split("-")
    return f"{int(month)}月{int(of_month)}日"


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
