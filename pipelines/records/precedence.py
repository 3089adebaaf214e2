"""Which of two rows of one key becomes the record: the criteria of ``policies/survivorship.yaml``, bound to a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.catalog.models.policies import SurvivorshipOrder
from pipelines.records.authority import speaks_for_version
from pipelines.storage.columns import PROVIDER, RECEIVED_ON
from pipelines.storage.superseded import key_columns

RANK: Final = "_source_rank"
SPEAKS: Final = "_speaks_for_authority"
FIRST_SENT: Final = "_first_sent_on"
FIRST_SENDER: Final = "_first_sender"
FILLED: Final = "_filled_cells"
TIMES: Final = ("source_updated_at", "received_on")
"""Criteria that are points in time: a row that loses by one of them is an older version, not a contradiction."""

CONTENT: Final = "content"
_WHOSE: Final[dict[str, list[tuple[str, bool]]]] = {
    "authority": [(SPEAKS, True)],
    "first_sender": [(FIRST_SENT, False), (FIRST_SENDER, False)],
}
OF_AUTHORITY: Final = frozenset(_WHOSE)
"""Criteria that say whose record it is: nobody changes what another provider sent (invariant 11)."""
_BY_VERSION: Final = (*TIMES, CONTENT)


@dataclass(frozen=True)
class Precedence:
    """An order of survivorship as the rows of one dataset need it.

    ``ranks`` gives each provider its rank, 1 first; who is not in it comes last. ``channel_fields`` say by which way a record
    came, and are no part of what it says. ``speaks`` is true for a row whose provider speaks for the record's authority, and
    ``said`` everything it depends on.
    """

    criteria: tuple[str, ...] = _BY_VERSION
    ranks: Mapping[str, int] = field(default_factory=dict)
    channel_fields: tuple[str, ...] = ()
    speaks: pl.Expr | None = field(default=None, compare=False)
    said: tuple[object, ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, dataset_id: str, day: date) -> Precedence:
        """What the catalogue says of a dataset on a day.

        Raises:
            LookupError: no order covers the day.
        """
        survivorship = catalog.policies.survivorship
        order = survivorship.on(day, dataset_id)
        speaks: pl.Expr | None = None
        said: tuple[object, ...] = ()
        if OF_AUTHORITY & {*order.criteria}:
            dataset = catalog.datasets[dataset_id]
            speaks = speaks_for_version(catalog, dataset, key_columns(dataset))
            rules = [rule.model_dump(mode="json", exclude_none=True) for rule in catalog.authorities.rules]
            said = (rules, dataset.authority.model_dump() if dataset.authority else None)
        return cls(order.criteria, _ranks(catalog, order), survivorship.channel_fields, speaks, said)

    def to_json(self) -> list[object]:
        """Everything that a resolution depends on: a release made under another order is rebuilt."""
        return [list(self.criteria), dict(sorted(self.ranks.items())), list(self.channel_fields), *self.said]

    def measured(self, rows: pl.DataFrame, key: Sequence[str], content: Sequence[str]) -> pl.DataFrame:
        """All versions of some keys with the columns that authority, first sender, rank and completeness are compared by."""
        last = max(self.ranks.values(), default=0) + 1
        levels = pl.DataFrame(
            {PROVIDER: list(self.ranks), RANK: list(self.ranks.values())}, schema={PROVIDER: pl.String, RANK: pl.Int64}
        )
        ranked = rows.join(levels, on=PROVIDER, how="left", maintain_order="left").with_columns(
            pl.col(RANK).fill_null(last),
            pl.sum_horizontal(pl.col(name).is_not_null() for name in content).alias(FILLED),
        )
        if not OF_AUTHORITY & {*self.criteria}:
            return ranked
        speaks = pl.lit(False) if self.speaks is None else self.speaks
        others = ~pl.col(SPEAKS)
        return ranked.with_columns(speaks.alias(SPEAKS)).with_columns(
            pl.when(others).then(pl.col(RECEIVED_ON).min().over(*key, PROVIDER)).alias(FIRST_SENT),
            pl.when(others).then(pl.col(PROVIDER)).alias(FIRST_SENDER),
        )

    @property
    def whose(self) -> list[tuple[str, bool]]:
        """Columns that say whose record it is, and whether the greatest comes first; the same content is its provider's."""
        return [one for criterion in self.criteria for one in _WHOSE.get(criterion, [])]

    def columns(self, dataset: Dataset, content: Sequence[str]) -> list[tuple[str, str, bool]]:
        """Criterion, column and whether the greatest comes first, in the order in which they decide; nulls come last.

        Args:
            dataset: its ``version_order`` says which columns are the provider's own times.
            content: columns that are compared when nothing else decides.
        """
        times = [name for name in dataset.version_order if name != "received_on"]
        by_criterion: dict[str, list[tuple[str, bool]]] = {
            **_WHOSE,
            "source_updated_at": [(name, True) for name in times],
            "received_on": [(RECEIVED_ON, True)],
            "source_rank": [(RANK, False)],
            "completeness": [(FILLED, True)],
            CONTENT: [(name, True) for name in content if name not in times],
        }
        return [
            (criterion, column, greatest) for criterion in self.criteria for column, greatest in by_criterion[criterion]
        ]


def source_ranks(catalog: Catalog, day: date) -> dict[str, int]:
    """Rank of each provider on a day where nothing else is said of a dataset, 1 first.

    Raises:
        LookupError: no order covers the day.
    """
    return _ranks(catalog, catalog.policies.survivorship.on(day))


def _ranks(catalog: Catalog, order: SurvivorshipOrder) -> dict[str, int]:
    return {provider.id: order.rank(provider.level) for provider in catalog.providers.values()}
