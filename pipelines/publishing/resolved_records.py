"""Counts of resolved records as the manifests of releases have them; what is counted is ``pipelines.records.resolved_records``."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from pipelines.catalog.models import Product
from pipelines.records.resolved_records import ACCEPTED, LATER_END, OF_OTHERS, PUBLISHED, REASON, Tally
from pipelines.records.view import WITHHELD
from pipelines.storage.manifest import PartEntry, PartRows
from pipelines.storage.set_aside import UNSOUND
from pipelines.storage.superseded import DUPLICATES, KINDS, SUPERSEDED

DUPLICATE: Final = "duplicate"


def entry(tally: Tally, product: Product) -> dict[str, Any]:
    """``rows`` and ``findings`` of a part, as manifests have them."""
    kinds = {kind: tally[kind] for kind in KINDS}
    reasons = {str(reason): tally[f"{REASON}{reason}"] for reason in (*WITHHELD, UNSOUND) if tally[f"{REASON}{reason}"]}
    rows = PartRows(
        accepted=tally[ACCEPTED],
        superseded=sum(kinds[kind] for kind in SUPERSEDED),
        duplicate=sum(kinds[kind] for kind in DUPLICATES),
        **kinds,
        published=tally[PUBLISHED],
        withheld=reasons,
    )
    names = (LATER_END, OF_OTHERS) if product.publication_clock else (OF_OTHERS,)
    return {"rows": rows, "findings": {name: tally[name] for name in names}}


def tally_of(described: PartEntry | None) -> Tally:
    """The counts of a part of a release; none where the release has no such part."""
    found: Tally = Counter()
    if described is None:
        return found
    rows = described.rows
    found.update({name: getattr(rows, name) for name in (ACCEPTED, PUBLISHED, *KINDS)})
    found.update({f"{REASON}{reason}": number for reason, number in rows.withheld.items()})
    found.update(described.findings)
    return found
