"""Seeded drawing: the same seed and the same name give the same values, whatever else was drawn before."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt
import polars as pl

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


class Draw:
    """Whole columns of random values."""

    def __init__(self, generator: np.random.Generator) -> None:
        self.generator = generator

    @classmethod
    def named(cls, seed: int, *names: str) -> Self:
        """A source of its own for every name, so that one file does not change with another."""
        return cls(np.random.default_rng([seed, zlib.crc32("/".join(names).encode())]))

    def pick(self, values: Sequence[str], count: int, weights: Sequence[float] | None = None) -> pl.Series:
        """That many of the values, with repeats."""
        return pl.Series(values, dtype=pl.String).gather(self.places(len(values), count, weights))

    def places(self, of: int, count: int, weights: Sequence[float] | None = None) -> Integers:
        """That many numbers from 0 to ``of`` - 1."""
        if weights is None:
            return self.generator.integers(0, of, count)
        share = np.asarray(weights) / np.sum(weights)
        return self.generator.choice(of, count, p=share).astype(np.int64)

    def chance(self, probability: float, count: int) -> Booleans:
        """True with that probability."""
        return self.generator.random(count) < probability

    def between(self, low: int, high: int, count: int) -> Integers:
        """Whole numbers from ``low`` to ``high`` - 1."""
        return self.generator.integers(low, high, count)

    def shuffled(self, count: int) -> Integers:
        """0 to ``count`` - 1 in another order."""
        return self.generator.permutation(count).astype(np.int64)

    def days(self, values: Sequence[date], count: int) -> pl.Series:
        """That many of the days, with repeats."""
        return pl.Series(values, dtype=pl.Date).gather(self.places(len(values), count))

    def people(self, surnames: Sequence[str], given: Sequence[str], count: int) -> pl.Series:
        """Personal names, put together character by character."""
        second = (
            self.pick(given, count)
            .to_frame("s")
            .select(pl.when(pl.Series(self.chance(0.75, count))).then(pl.col("s")).otherwise(pl.lit("")))
        )
        return self.pick(surnames, count) + self.pick(given, count) + second.to_series()
