"""The candidates of a dataset's products in one run, and what the gate says of each before any of them is moved to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from pipelines import expectations
from pipelines.catalog.models import Product
from pipelines.publishing import gate
from pipelines.publishing.bucket import Wanted
from pipelines.publishing.candidate import Candidate
from pipelines.publishing.sources import Source
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest, Validation

_GOVERNMENT: Final = "government"


@dataclass(frozen=True)
class Plan:
    """One product of a dataset in one run."""

    product: Product
    previous: Manifest | None
    definition: str
    sources: Mapping[str, Source]
    known: Mapping[str, Source]
    touched: frozenset[str]

    @property
    def wanted(self) -> Wanted:
        """What is to be written for it."""
        redefined = self.previous is not None and self.previous.definition != self.definition
        return Wanted(self.product, self.previous, redefined)


@dataclass(frozen=True)
class Examined:
    """A candidate and what the gate said of it: None where it is as the latest release, which needs no look."""

    plan: Plan
    manifest: Manifest
    verdict: Validation | gate.Refused | None

    @property
    def refused(self) -> bool:
        """True where it may not be published."""
        return isinstance(self.verdict, gate.Refused)

    @property
    def unsound(self) -> pl.DataFrame | None:
        """Rows without which it might be published."""
        return self.verdict.rows if isinstance(self.verdict, gate.Unsound) else None


def examine(hub: Hub, plans: Sequence[Plan], candidates: Mapping[str, Candidate], at: datetime) -> list[Examined]:
    """Every candidate with the gate's verdict, in the order of the plans: the government set is the first."""
    found: list[Examined] = []
    for plan in plans:
        candidate = candidates[plan.product.id]
        manifest = candidate.manifest(at)
        verdict: Validation | gate.Refused | None = None
        if plan.previous is None or candidate.changed:
            try:
                verdict = _verdict(hub, plan, candidate, manifest, [one.plan for one in found if not one.refused])
            except gate.Refused as error:
                verdict = error
        found.append(Examined(plan, manifest, verdict))
    return found


def _verdict(hub: Hub, plan: Plan, candidate: Candidate, manifest: Manifest, passed: Sequence[Plan]) -> Validation:
    """What the gate says of a candidate.

    Raises:
        Refused: it may not be published.
    """
    previous, product = plan.previous, plan.product
    gate.no_fall(hub.catalog.policies.releases, product.id, previous.rows if previous else 0, candidate.lost)
    suite = expectations.read(hub.settings.expectations, str(product.dataset))
    checked = _checked(plan, candidate, passed)
    return gate.check(
        hub.catalog, product, manifest.record_key, checked, hub.settings.memory_limit, candidate.work, suite
    )


def _checked(plan: Plan, candidate: Candidate, passed: Sequence[Plan]) -> gate.Checked:
    """Files whose records the government set holds too, which has passed in this run, need no second look."""
    whole = next((one for one in passed if _holds_all(one.product)), None)
    shared = plan.touched & whole.touched if whole else frozenset()
    return gate.Checked(candidate.new_records(sorted(plan.touched - shared)), candidate.new_records(sorted(shared)))


def _holds_all(product: Product) -> bool:
    """True where a product holds every record that any other product of its dataset may hold, with every field."""
    return (
        product.access_class == _GOVERNMENT
        and product.shows_all_allowed
        and not product.filter
        and not product.publication_clock
    )
