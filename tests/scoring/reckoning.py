"""A scorecard reckoned a second time, in plain Python, from counts: scores, totals, ranks, medians, points; and how each reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist, median
from typing import Any, Final

Pair = tuple[int, int]
_Z: Final = NormalDist().inv_cdf(0.9)


def value(pair: Pair) -> float:
    return pair[0] / pair[1]


def cut(number: float) -> str:
    """Two digits, never rounded up."""
    return f"{math.floor(number * 100 + 1e-9) / 100:.2f}"


def cost(number: float) -> str:
    return f"{max(number, 0.01):.2f}" if number > 1e-9 else "0.00"


def rate(pair: Pair) -> set[str]:
    """A share, its numerator and its denominator."""
    if not pair[1]:
        return {str(pair[0])}
    parts = round(pair[0] * 10_000 / pair[1])
    if 0 < pair[0] < pair[1]:
        parts = min(max(parts, 1), 9_999)
    return {f"{parts / 100:.2f}%", str(pair[0]), str(pair[1])}


def bounds(pair: Pair) -> tuple[float, float]:
    """Wilson's interval, one-sided 90 %."""
    share, many = value(pair), pair[1]
    middle = (share + _Z**2 / (2 * many)) / (1 + _Z**2 / many)
    half = _Z / (1 + _Z**2 / many) * math.sqrt(share * (1 - share) / many + _Z**2 / (4 * many**2))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Reckoned:
    """A unit: its counts by indicator, and what follows from them under the scheme as the YAML file has it."""

    scheme: Mapping[str, Any]
    counts: Mapping[str, Pair]
    sent: bool
    rank: int | None = None
    scores: dict[str, float] = field(default_factory=dict)
    rank_scores: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in self.scheme["indicators"] if self.sent else ():
            pair = self.counts[one["id"]]
            if pair[1]:
                lower, upper = bounds(pair) if one.get("sample", True) and pair[1] < 200 else (value(pair),) * 2
                bound = upper if one["floor"] > one["target"] else lower
                self.scores[one["id"]] = _line(one, value(pair))
                self.rank_scores[one["id"]] = _line(one, bound)

    @property
    def weight(self) -> float:
        return sum(one["weight"] for one in self.scheme["indicators"] if one["id"] in self.scores)

    @property
    def scored(self) -> bool:
        return self.weight >= self.scheme["minimum_measured_weight"]

    def _mean(self, scores: Mapping[str, float]) -> float:
        weights = {one["id"]: one["weight"] for one in self.scheme["indicators"]}
        return sum(score * weights[name] for name, score in scores.items()) / self.weight

    @property
    def uncapped(self) -> float:
        return self._mean(self.scores)

    @property
    def cap(self) -> float:
        caps = [100.0]
        samples = {one["id"]: one.get("sample", True) for one in self.scheme["indicators"]}
        for line in self.scheme["red_lines"]:
            pair = self.counts[line["indicator"]]
            if not pair[1]:
                continue
            low, high = bounds(pair) if samples[line["indicator"]] and pair[1] < 200 else (value(pair),) * 2
            if high < line.get("below", -1) or low > line.get("above", 2):
                caps.append(line["cap"])
        return min(caps)

    @property
    def total(self) -> float:
        return min(self.uncapped, self.cap)

    @property
    def rank_total(self) -> float:
        return min(self._mean(self.rank_scores), self.cap)

    def lost(self, name: str) -> float:
        weights = {one["id"]: one["weight"] for one in self.scheme["indicators"]}
        return (100 - self.scores[name]) * weights[name] / self.weight

    def to_target(self, name: str) -> int:
        one = next(one for one in self.scheme["indicators"] if one["id"] == name)
        have, of = self.counts[name]
        if one["floor"] > one["target"]:
            return max(0, have - math.floor(one["target"] * of + 1e-9))
        return max(0, math.ceil(one["target"] * of - 1e-9) - have)

    def dimension(self, name: str) -> float | None:
        some = [one for one in self.scheme["indicators"] if one["dimension"] == name and one["id"] in self.scores]
        weight = sum(one["weight"] for one in some)
        return sum(self.scores[one["id"]] * one["weight"] for one in some) / weight if weight else None


def _line(one: Mapping[str, Any], share: float) -> float:
    return 100 * min(1.0, max(0.0, (share - one["floor"]) / (one["target"] - one["floor"])))


def ranked(units: Iterable[Reckoned]) -> None:
    """Give each unit with a total its rank."""
    some = [unit for unit in units if unit.scored]
    for unit in some:
        unit.rank = 1 + sum(other.rank_total > unit.rank_total + 1e-9 for other in some)


def middle(numbers: Iterable[float | None]) -> float | None:
    known = [one for one in numbers if one is not None]
    return median(known) if known else None
