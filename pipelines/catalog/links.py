"""Where things stand on the catalogue's site (``pipelines.pages.catalogue``), for receipts and scorecards to link to.

Links are relative to the site; a file of the home puts in front of them how to get there.
"""

from __future__ import annotations

from typing import Final

FROM_RECEIPT: Final = "../../../catalog/"
"""The site from ``outbox/<provider_id>/<batch_id>/``."""
FROM_SCORECARD: Final = "../../catalog/"
"""The site from ``scorecards/<period>/``."""


def link(anchor: str) -> str:
    """Where a rule (by its id) or a field (``<dataset_id>.<field_id>``) stands, relative to the site."""
    return f"{anchor.partition('.')[0]}.html#{anchor}"
