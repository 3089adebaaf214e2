"""How long it took from the receipt of a repair or a withdrawal to the takedown, record by record, without content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pipelines.catalog import Catalog
from pipelines.catalog.models import Product
from pipelines.storage.manifest import TakenDown

_DEADLINE: Final = {"public": "unpublish", "authorised": "unshare", "government": "unshare"}


def takedown_rows(
    catalog: Catalog, product: Product, taken_down: Sequence[Mapping[str, Any]], day: date
) -> list[TakenDown]:
    """Rows for the ledger.

    Args:
        catalog: for the deadline in ``policies/repair.yaml``: public display has one, sharing another.
        product: what the records were taken from.
        taken_down: ``reason``, ``provider_id``, ``region_code``, ``record`` and ``received_on`` of each.
        day: of the release without them.
    """
    rows = []
    for one in taken_down:
        received = date.fromisoformat(one["received_on"]) if one["received_on"] else None
        delta = _delta(catalog, product, received) if received else None
        rows.append(TakenDown(**one, due_on=delta.isoformat() if delta else None, taken_down_on=day.isoformat()))
    return sorted(rows, key=lambda row: (row.record, row.reason))


def _delta(catalog: Catalog, product: Product, received: date) -> date | None:
    """The last day in time; None where the rules of the day name no deadline."""
    try:
        terms = catalog.policies.repair.on(received)
    except LookupError:
        return None
    deadline = terms.deadline(_DEADLINE[product.access_class])
    return catalog.working_days.deadline(received, deadline.working_days) if deadline else None
