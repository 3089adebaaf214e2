"""How numbers read for people.

Nothing is rounded up into perfection: one bad row in a million never shows as 100 %, and one good one never as 0 %.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

NONE: Final = "—"
_NOISE: Final = 1e-9


class Fraction(Protocol):
    """A numerator over a denominator, whichever class it is of."""

    @property
    def numerator(self) -> int: ...  # noqa: D102

    @property
    def denominator(self) -> int: ...  # noqa: D102


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
