"""Confidence bounds of a rate: one-sided Wilson bounds (E. B. Wilson, JASA 22, 1927), for small samples only.

Three right rows of three say less than 2,999,000 of three million; a plain rate ranks them the wrong way round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

from pipelines.catalog.models.scorecard import SmallSample
from pipelines.scoring.measures import Ratio


@dataclass(frozen=True)
class Bounds:
    """Bounds at ``z`` standard deviations for samples of fewer than ``below``; larger ones speak for themselves."""

    below: int
    z: float

    @classmethod
    def of(cls, small: SmallSample) -> Self:
        """The bounds a scheme asks for."""
        return cls(small.below, NormalDist().inv_cdf(small.confidence))

    def around(self, ratio: Ratio) -> tuple[float, float]:
        """Lower and upper bound; the rate itself, twice, of a large sample. The denominator must not be zero."""
        n = ratio.denominator
        rate = ratio.numerator / n
        if n >= self.below:
            return rate, rate
        square = self.z * self.z
        centre = (rate + square / (2 * n)) / (1 + square / n)
        half = self.z / (1 + square / n) * math.sqrt(max(0.0, rate * (1 - rate) / n + square / (4 * n * n)))
        return max(0.0, centre - half), min(1.0, centre + half)
