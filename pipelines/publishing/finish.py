"""The end of a candidate: it becomes the release, or leaves as it is what stands, and the reason why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from pipelines.catalog.models import Product
from pipelines.ground.clock import CHINA
from pipelines.publishing import breaker, gate
from pipelines.publishing.candidate import Candidate
from pipelines.publishing.displays import display_rows
from pipelines.publishing.ledger_entries import record_in_ledger, record_refusal_in_ledger
from pipelines.publishing.published import Published
from pipelines.publishing.sources import Source, save
from pipelines.publishing.verdicts import Examined
from pipelines.storage.held import HeldRelease, forget, held_releases
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest, data_files


def finish(
    hub: Hub,
    examined: Examined,
    candidate: Candidate,
    sources: Mapping[str, Source],
    messages: Mapping[str, pl.DataFrame],
    at: datetime,
) -> Published:
    """Move to a candidate, or leave the reason why not beside the latest release.

    Raises:
        Refused: as the gate said.
    """
    previous, product, manifest = examined.plan.previous, examined.plan.product, examined.manifest
    match examined.verdict:
        case None:
            # Other files, the same records: compaction, the same rows again, or a run that died after it had moved the pointer.
            assert previous is not None
            save(hub.home, previous, sources, messages)
            forget(hub.home, product.id)
            candidate.discard()
            return published(previous, new=False)
        case gate.Refused() as error:
            candidate.refuse(manifest, error)
            if previous is not None:
                _record_standing(hub, product, previous, manifest, at)
            candidate.discard()
            raise error
        case validation:
            known = {one.held_id for one in held_releases(hub.home, product.id)}
            limits = hub.catalog.policies.releases.breaker.of(product.id)
            verdict = breaker.judge(hub.home, limits, previous, manifest, candidate.leaving, candidate.work)
            if isinstance(verdict, HeldRelease):
                assert previous is not None
                _record_standing(hub, product, previous, manifest, at)
                candidate.discard()
                stands = published(previous, new=False)
                return replace(stands, held=verdict, newly_held=verdict.held_id not in known)
            manifest.approved = list(verdict.approved)
            candidate.move(manifest, validation)
            save(hub.home, manifest, sources, messages)
            candidate.discard()
            record_in_ledger(hub, manifest)
            forget(hub.home, product.id)
            return published(manifest, new=True)


def _record_standing(hub: Hub, product: Product, standing: Manifest, candidate: Manifest, at: datetime) -> None:
    """What a candidate that did not become the release leaves as it is, in the ledger."""
    files = data_files(hub.home, product.id) if product.publication_clock else []
    shown = display_rows(hub.home, product.id, files, at.astimezone(CHINA).date())
    record_refusal_in_ledger(hub, standing, candidate, shown)


def published(manifest: Manifest, *, new: bool) -> Published:
    """What is said of the release a product stands at."""
    return Published(manifest.product_id, manifest.release_id, manifest.rows, manifest.changes.counts, new=new)
