"""The buckets that a run makes again: updated where nothing but rows and messages came, else rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

import polars as pl

from pipelines.catalog import Dataset
from pipelines.ground.ordered_map import ordered_map
from pipelines.publishing.bucket import Bucket, make_bucket
from pipelines.publishing.incremental_update import BucketDelta, IncrementalUpdate, can_update
from pipelines.publishing.messages import Messages
from pipelines.publishing.sources import messages_used
from pipelines.publishing.verdicts import Plan
from pipelines.storage.hub import Hub
from pipelines.storage.set_aside import SetAside


def made_buckets(
    hub: Hub,
    messages: Messages,
    dataset: Dataset,
    active: Sequence[Plan],
    touched: Sequence[str],
    files: Mapping[str, list[Path]],
    set_aside: SetAside,
    day: date,
    folders: Mapping[str, Path],
) -> Iterator[tuple[str, Bucket]]:
    """Touched buckets in order, each for the products that want it: updated where that can be, else rebuilt."""
    plans = {bucket: [plan for plan in active if bucket in plan.touched] for bucket in touched}
    deltas = {
        bucket: _delta(hub, messages, dataset, plans[bucket], bucket, files.get(bucket, [])) for bucket in touched
    }

    def rebuilt(bucket: str) -> Bucket:
        wanted = [plan.wanted for plan in plans[bucket]]
        about = messages.of(dataset.id, bucket)
        return make_bucket(
            hub, dataset, bucket, files.get(bucket, []), about, day, wanted, folders, set_aside.of(bucket)
        )

    def alike(bucket: str) -> tuple[bool, list[str]]:
        return deltas[bucket] is not None, [plan.product.id for plan in plans[bucket]]

    for (updatable, _), some in groupby(touched, alike):
        buckets = list(some)
        if updatable:
            wanted = [plan.wanted for plan in plans[buckets[0]]]
            update = IncrementalUpdate(hub, dataset, wanted, folders, day, set_aside.of(*buckets))
            yield from update.make(delta for delta in map(deltas.get, buckets) if delta is not None)
        else:
            yield from zip(buckets, ordered_map(rebuilt, buckets), strict=True)


def _delta(
    hub: Hub, messages: Messages, dataset: Dataset, plans: Sequence[Plan], bucket: str, files: Sequence[Path]
) -> BucketDelta | None:
    """A bucket that can be renewed for all products that want it; else None."""
    about = messages.of(dataset.id, bucket)
    known = _known(plans, bucket)
    before = _messages_used(hub, plans, bucket, about.clear())
    if known is None or before is None or not can_update([plan.wanted for plan in plans], bucket):
        return None
    there = [path for path in files if path.name in known]
    return BucketDelta(bucket, there, [path for path in files if path.name not in known], about, before)


def _known(plans: Sequence[Plan], bucket: str) -> frozenset[str] | None:
    """The lake files all products were made from, where all that happened since is that files and messages came; else None."""
    made = [(plan.known.get(bucket), plan.sources[bucket]) for plan in plans]
    if not all(known is not None and known.only_appended(now) for known, now in made):
        return None
    files = {known.files for known, _ in made if known is not None}
    return frozenset(files.pop()) if len(files) == 1 else None


def _messages_used(
    hub: Hub, plans: Sequence[Plan], bucket: str, none: pl.DataFrame
) -> Mapping[str, pl.DataFrame] | None:
    """By product, the messages about a bucket that its latest release was made with; None where some are lost."""
    found: dict[str, pl.DataFrame] = {}
    for plan in plans:
        made = plan.known.get(bucket)
        messages = messages_used(hub.home, plan.product.id, made, none) if made else None
        if messages is None:
            return None
        found[plan.product.id] = messages
    return found
