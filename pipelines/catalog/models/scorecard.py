"""The scheme by which regions and sectors are scored (``catalog/scorecard.yaml``)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Constraint
from pydantic import model_validator

from pipelines.catalog.models.model import Identifier, Model, Text

Share = Annotated[float, Constraint(ge=0, le=1)]
Points = Annotated[float, Constraint(ge=0, le=100)]


class Cases(Model):
    """Records of a dataset that are opened and must be closed within so many working days, such as objections."""

    dataset: Identifier
    opened: Identifier
    closed: Identifier
    working_days: Annotated[int, Constraint(ge=1)]


class SubjectBase(Model):
    """The field of a dataset that says which credit codes are known: what records are linked to."""

    dataset: Identifier
    field: Identifier


class Indicator(Model):
    """One indicator of the scorecard; the score is linear between floor (0 points) and target (100 points).

    ``sample``: the rate is one of rows, so that few rows say little and ranks use its confidence bound; a rate over everything
    that was due is no sample. ``sources`` are the tables its SQL reads. ``cases``, ``base``, ``checks`` and ``correction_days``
    are read by the SQL of the indicators that need them.
    """

    id: Identifier
    title_zh: Text
    title_en: Text
    dimension: Identifier
    weight: Annotated[float, Constraint(ge=0)]
    floor: Share
    target: Share
    formula_zh: Text
    sources: tuple[Text, ...] = ()
    sample: bool = True
    cases: Cases | None = None
    base: SubjectBase | None = None
    checks: tuple[Identifier, ...] = ()
    correction_days: Annotated[int, Constraint(ge=0)] = 0

    @property
    def lower_is_better(self) -> bool:
        """True where the floor is above the target."""
        return self.floor > self.target


class ScoreDimension(Model):
    """A group of indicators."""

    id: Identifier
    title_zh: Text


class Grade(Model):
    """Letter for a total score of at least ``minimum``."""

    grade: Text
    minimum: Points
    title_zh: Text


class RedLine(Model):
    """Whoever is below, or above, this value of an indicator has no total above ``cap``."""

    id: Identifier
    title_zh: Text
    indicator: Identifier
    below: Share | None = None
    above: Share | None = None
    cap: Points

    @model_validator(mode="after")
    def _one_side(self) -> RedLine:
        if (self.below is None) == (self.above is None):
            raise ValueError("give exactly one of below, above")
        return self


class SmallSample(Model):
    """Below so many rows a rate is ranked by its one-sided Wilson bound at this confidence.

    With fewer than ``grade_rows`` rows a month read in the period no grade is better than ``best_grade``.
    """

    below: Annotated[int, Constraint(ge=0)] = 0
    confidence: Annotated[float, Constraint(ge=0.5, lt=1)] = 0.9
    grade_rows: Annotated[int, Constraint(ge=0)] = 0
    best_grade: Text | None = None


class Scorecard(Model):
    """``catalog/scorecard.yaml``: a proposal (domain.md §6.3), so it is data."""

    scheme: Identifier
    title_zh: Text
    note_zh: Text
    dimensions: tuple[ScoreDimension, ...]
    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    minimum_measured_weight: float
    red_lines: tuple[RedLine, ...] = ()
    small_sample: SmallSample = SmallSample()
