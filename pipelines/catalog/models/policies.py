"""Policies as effective-dated tables (``catalog/policies/``, ``catalog/calendar.yaml``): which rule held on which day.

Look a rule up by the day it is decided by: the date of the document for display periods, the day of the application for repair.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import model_validator

from pipelines.catalog.effective import one_at
from pipelines.catalog.models.masks import Masking
from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text
from pipelines.catalog.models.products import AccessClass
from pipelines.catalog.models.providers import ExpectedDeliveries
from pipelines.catalog.models.repair import Repair
from pipelines.catalog.months import add_months

Months = Annotated[int, Constraint(ge=0)]


class DisplayPeriod(Dated):
    """How long a record of a severity is shown (公示期限), for documents dated within its validity.

    ``displayed`` says whether it is shown at all unless an agency asks for it; at ``max_months`` display stops by itself,
    before ``min_months`` it cannot be repaired.
    """

    severity: Identifier
    min_months: Months
    max_months: Months
    displayed: bool
    starts_on: Literal["document_date"]
    legal_bases: Annotated[tuple[Text, ...], Constraint(min_length=1)]
    note_zh: Text | None = None
    confidence: Confidence = "found"

    @model_validator(mode="after")
    def _shortest_first(self) -> DisplayPeriod:
        if self.min_months > self.max_months:
            raise ValueError(f"min_months {self.min_months} is more than max_months {self.max_months}; correct one")
        return self

    def min_end(self, document_date: date) -> date:
        """The day on which the shortest display is over."""
        return add_months(document_date, self.min_months)

    def max_end(self, document_date: date) -> date:
        """The day on which display stops by itself."""
        return add_months(document_date, self.max_months)


class DisplayPeriods(Model):
    """``catalog/policies/display_periods.yaml``; ``shown_on_hold``: who still gets a record while an objection to it is open."""

    title_zh: Text
    note_zh: Text
    shown_on_hold: tuple[AccessClass, ...] = ()
    periods: tuple[DisplayPeriod, ...]

    def period(self, severity: str, document_date: date) -> DisplayPeriod:
        """The period that governs a document.

        Raises:
            LookupError: no row of that severity covers the day.
        """
        rows = [row for row in self.periods if row.severity == severity]
        return one_at(rows, document_date, f"display period of severity '{severity}'")


class SourceRank(Model):
    """A level of sources; 1 wins over 2."""

    level: Identifier
    title_zh: Text
    rank: Annotated[int, Constraint(ge=1)]


class SurvivorshipOrder(Dated):
    """Which of several sources' records of one key is kept: the criteria one after the other, until one decides.

    For ``datasets``, or, where none is named, for every dataset that no other order of the day names. ``authority``: who speaks
    for the record's authority; ``first_sender``: among those who do not, whoever sent it first.
    """

    datasets: tuple[Identifier, ...] = ()
    criteria: Annotated[
        tuple[
            Literal[
                "authority",
                "first_sender",
                "source_updated_at",
                "received_on",
                "source_rank",
                "completeness",
                "content",
            ],
            ...,
        ],
        Constraint(min_length=1),
    ]
    ranks: tuple[SourceRank, ...]
    legal_basis: Text | None = None
    note_zh: Text | None = None
    confidence: Confidence = "found"

    @model_validator(mode="after")
    def _each_criterion_once(self) -> SurvivorshipOrder:
        twice = sorted({name for name in self.criteria if self.criteria.count(name) > 1})
        if twice:
            raise ValueError(
                f"criteria names {', '.join(twice)} more than once; a criterion decides once, keep its first place"
            )
        return self

    def rank(self, level: str) -> int:
        """Rank of a level; an unknown one comes after all."""
        known = {one.level: one.rank for one in self.ranks}
        return known.get(level, max(known.values(), default=0) + 1)


class Survivorship(Model):
    """``catalog/policies/survivorship.yaml``.

    ``channel_fields`` say by which way a record came, and nothing of what was decided.
    """

    title_zh: Text
    note_zh: Text
    channel_fields: tuple[Identifier, ...] = ()
    orders: tuple[SurvivorshipOrder, ...]

    def on(self, day: date, dataset_id: str | None = None) -> SurvivorshipOrder:
        """The order in force on that day for a dataset; without one, that of every dataset nothing else is said of.

        Raises:
            LookupError: none covers the day.
        """
        own = [order for order in self.orders if dataset_id in order.datasets and order.covers(day)]
        others = [order for order in self.orders if not order.datasets]
        return one_at(own or others, day, "order of survivorship")


Reason = Literal["expired", "repaired", "withdrawn", "on_hold", "superseded", "catalogue", "unsound"]
"""Why a record leaves a product; contract.md, changes.parquet, and on_hold and unsound."""


Share = Annotated[float, Constraint(ge=0, le=1)]


class LargestShares(Model):
    """The largest shares of the records of the release before that may leave: of all, and of those of one provider."""

    of_product: Share
    of_provider: Share


class BreakerOverride(Model):
    """What is different for one product; what it does not say is as for all."""

    product: Identifier
    at_least: Annotated[int, Constraint(ge=1)] | None = None
    by_messages: LargestShares | None = None
    by_clock: LargestShares | None = None


class BreakerLimits(Model):
    """The limits of one product."""

    at_least: int
    by_messages: LargestShares
    by_clock: LargestShares


class Breaker(Model):
    """When a release waits for a person: more records would leave than these shares, for reasons that messages or the clock give.

    Fewer records than ``at_least`` never make a release wait.
    """

    note_zh: Text
    at_least: Annotated[int, Constraint(ge=1)]
    by_messages: LargestShares
    by_clock: LargestShares
    products: tuple[BreakerOverride, ...] = ()

    def of(self, product_id: str) -> BreakerLimits:
        """The limits of a product."""
        own = next((one for one in self.products if one.product == product_id), BreakerOverride(product=product_id))
        return BreakerLimits(
            at_least=own.at_least or self.at_least,
            by_messages=own.by_messages or self.by_messages,
            by_clock=own.by_clock or self.by_clock,
        )


class Releases(Model):
    """``catalog/policies/releases.yaml``: what a candidate may not do, and how long old releases are offered.

    A release is offered for ``kept_days`` after its day, and never fewer than ``kept_at_least`` are. A candidate is refused
    when more than ``largest_fall`` of the records of the release before it are gone for reasons not in ``explained_by``, and
    held when the ``breaker`` says so. The content of a withdrawn record stays in the lake for ``sealed_days``. A bucket of as
    many records as ``sliced_from`` is released in slices by the month of the document.
    """

    title_zh: Text
    note_zh: Text
    kept_days: Annotated[int, Constraint(ge=1)]
    kept_at_least: Annotated[int, Constraint(ge=1)]
    largest_fall: Annotated[float, Constraint(ge=0, le=1)]
    explained_by: tuple[Reason, ...]
    breaker: Breaker
    sealed_days: Annotated[int, Constraint(ge=0)]
    sliced_from: Annotated[int, Constraint(ge=1)]


class ContradictingNames(Model):
    """When a file is rejected because its names are not those of its codes: from so many rows, and beyond which share, on."""

    at_least: Annotated[int, Constraint(ge=1)]
    share: Share


class Volume(Model):
    """When the number of a file's rows is questioned: so many times the median of the last ``deliveries``, or as many times less.

    It is asked of nobody who has fewer than ``at_least`` of them, nor where the difference is less than ``rows``.
    """

    times: Annotated[float, Constraint(gt=1)]
    deliveries: Annotated[int, Constraint(ge=1)]
    at_least: Annotated[int, Constraint(ge=1)]
    rows: Annotated[int, Constraint(ge=0)]


class Full(Model):
    """What is said of a file that its manifest calls full; ``named``: so many of the records it lacks."""

    named: Annotated[int, Constraint(ge=0)]


class IntakePolicy(Model):
    """``catalog/policies/intake.yaml``: what is said of a file as a whole, beyond its rows."""

    title_zh: Text
    note_zh: Text
    contradicting_names: ContradictingNames
    volume: Volume
    full: Full


class Policies(Model):
    """Everything of ``catalog/policies/``."""

    display_periods: DisplayPeriods
    repair: Repair
    masking: Masking
    survivorship: Survivorship
    expected_deliveries: ExpectedDeliveries
    releases: Releases
    intake: IntakePolicy


class CalendarYear(Model):
    """Days of one year that differ from Monday-to-Friday; provisional until the State Council has announced the year."""

    year: int
    provisional: bool
    source: Text
    holidays: tuple[date, ...]
    working_weekends: tuple[date, ...] = ()


class WorkingCalendar(Model):
    """``catalog/calendar.yaml``."""

    years: tuple[CalendarYear, ...]
