"""Who owes what by when, in words: the rows of ``policies/expected_deliveries.yaml``."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.catalog.duties import members
from pipelines.catalog.load import Catalog
from pipelines.catalog.models import ExpectedDelivery
from pipelines.pages.phrases import due
from pipelines.pages.words import WORDS


@dataclass(frozen=True)
class Owed:
    """A row of the expected deliveries.

    ``who`` holds the title of each group or provider, how many providers it is, and the provider's id where it is one;
    ``cycle`` is given where it is the same for every dataset of the row, or of the dataset asked for.
    """

    row: ExpectedDelivery
    who: tuple[tuple[str, int, str | None], ...]
    cycle: str
    due: str


def owed(catalog: Catalog, dataset_id: str | None = None) -> list[Owed]:
    """The rows of one dataset, or all; what holds until further notice first."""
    rows = [
        row
        for row in catalog.policies.expected_deliveries.deliveries
        if dataset_id is None or dataset_id in row.datasets
    ]
    rows.sort(key=lambda row: row.valid_to is not None)
    return [_owed(catalog, row, dataset_id) for row in rows]


def _owed(catalog: Catalog, row: ExpectedDelivery, dataset_id: str | None) -> Owed:
    groups = {one.id: one for one in catalog.policies.expected_deliveries.groups}
    who: list[tuple[str, int, str | None]] = []
    for name in row.who:
        if name in groups:
            who.append((groups[name].title_zh, len(members(groups[name], catalog.providers)), None))
        elif name in catalog.providers:
            who.append((catalog.providers[name].title_zh, 1, name))
    named = [dataset_id] if dataset_id else [name for name in row.datasets if name in catalog.datasets]
    cycles = dict.fromkeys(row.cycle or catalog.datasets[name].update_cycle for name in named)
    return Owed(row, tuple(who), "、".join(WORDS["cycle"][one] for one in cycles), due(row.due))
