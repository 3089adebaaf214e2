"""Who delivers (``catalog/providers.yaml``), who owns a dataset (``catalog/owners.yaml``), and who owes what by when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import StringConstraints, model_validator

from pipelines.catalog.models.model import Confidence, Dated, Identifier, Model, Text

Cycle = Literal["daily", "7_working_days", "monthly", "quarterly", "yearly"]


class Provider(Model):
    """Who delivers: a provincial platform, a ministry, or a national site that takes applications.

    ``former_ids`` are ids it had before, whose history is its own.
    """

    id: Identifier
    title_zh: Text
    title_en: Text
    level: Literal["province", "ministry", "site"]
    region_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    former_ids: tuple[Identifier, ...] = ()


class Providers(Model):
    """``catalog/providers.yaml``."""

    providers: tuple[Provider, ...]


class Owner(Model):
    """A body that is responsible for a dataset (主管单位) and delivers nothing itself; providers may own datasets too."""

    id: Identifier
    title_zh: Text
    title_en: Text


class Owners(Model):
    """``catalog/owners.yaml``."""

    owners: tuple[Owner, ...]


class ProviderGroup(Model):
    """Providers that owe the same: all of a level, or those named."""

    id: Identifier
    title_zh: Text
    level: Literal["province", "ministry"] | None = None
    providers: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _level_or_names(self) -> ProviderGroup:
        if (self.level is None) == (not self.providers):
            raise ValueError("a group is either a level or a list of providers; give one of level, providers")
        return self


class Due(Model):
    """By when: so many working days after the date of the record, or a day of the month after the period."""

    working_days: Annotated[int, Constraint(ge=0)] | None = None
    day_of_next_month: Annotated[int, Constraint(ge=1, le=28)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Due:
        if (self.working_days is None) == (self.day_of_next_month is None):
            raise ValueError("give exactly one of working_days, day_of_next_month")
        return self


class ExpectedDelivery(Dated):
    """What some providers owe: ``who`` names groups and providers; ``cycle`` is the dataset's update cycle where not given."""

    who: Annotated[tuple[Identifier, ...], Constraint(min_length=1)]
    datasets: Annotated[tuple[Identifier, ...], Constraint(min_length=1)]
    cycle: Cycle | None = None
    due: Due
    legal_basis: Text | None = None
    note_zh: Text | None = None
    confidence: Confidence = "found"


class ExpectedDeliveries(Model):
    """``catalog/policies/expected_deliveries.yaml``."""

    title_zh: Text
    note_zh: Text
    groups: tuple[ProviderGroup, ...]
    deliveries: tuple[ExpectedDelivery, ...]


class Duty(Dated):
    """One provider owes one dataset: a row of the expected deliveries, its groups and its cycle resolved."""

    provider_id: str
    dataset_id: str
    cycle: Cycle
    due: Due
    legal_basis: str | None
