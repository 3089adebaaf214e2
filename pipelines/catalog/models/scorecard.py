"""The scheme by which regions are scored (``catalog/scorecard.yaml``)."""

from __future__ import annotations

from pipelines.catalog.models.base import Identifier, Model, Text


class Indicator(Model):
    """One indicator of the scorecard; the score is linear between floor (0 points) and target (100 points)."""

    id: Identifier
    title_zh: Text
    title_en: Text
    dimension: Identifier
    weight: float
    floor: float
    target: float
    formula_zh: Text


class ScoreDimension(Model):
    """A group of indicators."""

    id: Identifier
    title_zh: Text


class Grade(Model):
    """Letter for a total score of at least ``minimum``."""

    grade: Text
    minimum: float
    title_zh: Text


class Scorecard(Model):
    """``catalog/scorecard.yaml``: a proposal (domain.md §6.3), so it is data."""

    scheme: Identifier
    title_zh: Text
    note_zh: Text
    dimensions: tuple[ScoreDimension, ...]
    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    minimum_measured_weight: float
