"""Publish: resolve what changed, build a candidate for each product, check it, move to it.

A bucket is rebuilt when its lake files, the messages about it or what the catalogue says of the product changed, or when the
clock has come to a day on which one of its records turns; all others are taken over. Of a large bucket only the slices in which
something changed are rebuilt, where nothing but rows and messages came (``pipelines.publishing.incremental_update``). The
clock never runs back: what is published as of an earlier day than a product's latest release is made as of that release's day, or
records whose time is over would be shown again because somebody ran an old task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.ground.clock import CHINA
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.ordered_map import ordered_map
from pipelines.ground.stopwatch import stage
from pipelines.publishing import erasure, gate
from pipelines.publishing.candidate import Candidate
from pipelines.publishing.finish import finish, published
from pipelines.publishing.ledger_entries import (
    record_in_ledger,
    recorded_releases,
    transaction_of,
)
from pipelines.publishing.made_buckets import made_buckets
from pipelines.publishing.messages import Messages, read_messages
from pipelines.publishing.published import Conflicts, Published, SetAsideFiles
from pipelines.publishing.sources import (
    definitions,
    made_from,
    save,
    source,
)
from pipelines.publishing.subject import publish_subjects
from pipelines.publishing.verdicts import Plan, examine
from pipelines.records.digests import product_key
from pipelines.storage.compactions import compactions
from pipelines.storage.held import forget
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest, latest
from pipelines.storage.parts import by_bucket
from pipelines.storage.set_aside import SetAside
from pipelines.storage.superseded import SupersededFiles

__all__ = ["publish"]

_GOVERNMENT: Final = "government"
_LOOKS: Final = 3
"""How often candidates are made before rows that the gate finds refuse them: the second time shows nothing new."""


class _Run:
    """What all datasets of one run share, read when it is first needed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @cached_property
    def messages(self) -> Messages:
        return read_messages(self._hub)

    def about(self, dataset: Dataset, buckets: Iterable[str]) -> dict[str, pl.DataFrame]:
        """The messages about some buckets of a dataset."""
        return {bucket: self.messages.of(dataset.id, bucket) for bucket in buckets}

    @cached_property
    def recorded_releases(self) -> set[str]:
        return recorded_releases(self._hub)


def publish(
    hub: Hub,
    *,
    product: str | None,
    as_of: datetime,
    conflicts: Conflicts,
    set_aside: SetAsideFiles,
    datasets: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Published]:
    """Release every product whose records changed.

    Args:
        hub: home and catalogue.
        product: only this one.
        as_of: the instant of the release, aware; the publication clock is read at its day in China.
        conflicts: called with the conflicts of each release of the subject master.
        set_aside: called once the rows that are set aside are known.
        datasets: only products of these datasets.
        progress: called with the dataset that is worked on.

    Raises:
        InputError: there is no such product.
        HubError: a candidate was refused; ``latest`` did not move, and the reason lies beside it.

    Returns:
        The release each product stands at; also of those that wait for a person (``held``).
    """
    if product is not None and product not in hub.catalog.products:
        raise InputError(
            f"product '{product}' is not in the catalogue; use one of: {', '.join(sorted(hub.catalog.products))}"
        )
    chosen: dict[str, list[Product]] = {}
    for one in hub.catalog.products.values():
        if one.dataset in hub.catalog.datasets and product in (None, one.id):
            chosen.setdefault(str(one.dataset), []).append(one)
    results: list[Published] = []
    failures: list[str] = []
    run = _Run(hub)
    for dataset_id, products in sorted(chosen.items()):
        if datasets is not None and dataset_id not in datasets:
            continue
        progress(dataset_id)
        with hub.home.locked(f"publish-{dataset_id}.lock"), hub.home.lake_in_use():
            done, refused = _publish_dataset(hub, run, hub.catalog.datasets[dataset_id], products, as_of)
        results += done
        failures += refused
    set_aside(hub)
    if datasets is None and (product is None or hub.catalog.products[product].master is not None):
        progress("subject")
        done, refused = publish_subjects(hub, as_of, conflicts)
        results += done
        failures += refused
    if failures:
        raise HubError("; ".join(failures))
    return sorted(results, key=lambda one: one.product_id)


def _publish_dataset(
    hub: Hub, run: _Run, dataset: Dataset, products: Sequence[Product], as_of: datetime
) -> tuple[list[Published], list[str]]:
    """Every product of a dataset, the government set first; and why those that were refused were."""
    ordered = sorted(products, key=lambda one: (one.access_class != _GOVERNMENT, one.id))
    before = {one.id: latest(hub.home, one.id) for one in ordered}
    files = hub.records(dataset.id).by_partition()
    if not files and not any(before.values()):
        return [], []
    # Each by its own clock: where one was released as of a day far away and another was held, the other goes on where it stands.
    clocks: dict[datetime, list[Product]] = {}
    for one in ordered:
        standing = before[one.id]
        clocks.setdefault(max(as_of, standing.instant) if standing else as_of, []).append(one)
    results: list[Published] = []
    failures: list[str] = []
    for at, some in sorted(clocks.items()):
        done, refused = _publish_at(hub, run, dataset, some, before, files, at)
        day, asked = (one.astimezone(CHINA).date() for one in (at, as_of))
        results += [replace(one, held_at=day.isoformat()) for one in done] if day > asked else done
        failures += refused
    clean = {one.product_id for one in results if one.held is None}
    for one in ordered:
        if one.names_records_by_digest:
            erasure.remove_other_keys(hub.home, one.id, product_key(dataset, one))
    erasure.erase_from_releases(hub, dataset, [one.id for one in ordered if one.id in clean], run.messages, files)
    return results, failures


def _publish_at(
    hub: Hub,
    run: _Run,
    dataset: Dataset,
    ordered: Sequence[Product],
    before: Mapping[str, Manifest | None],
    files: Mapping[str, list[Path]],
    at: datetime,
) -> tuple[list[Published], list[str]]:
    """Some products of a dataset, all of them as of one instant."""
    # A run that died once it had moved the pointer has not: nobody else would, where more has come since.
    for manifest in (before[one.id] for one in ordered):
        if manifest is not None and transaction_of(manifest) not in run.recorded_releases:
            record_in_ledger(hub, manifest)
    today = at.astimezone(CHINA).date()
    defined = definitions(hub, dataset.id, today)
    set_aside = SetAside(hub.home, dataset.id, defined.values(), today)
    results: list[Published] = []
    failures: list[str] = []
    plans: list[Plan] = []
    for looks_left in reversed(range(_LOOKS)):
        plans = [
            _plan(
                hub, run, dataset, one, _comparable(dataset, one, before[one.id]), defined[one.id], files, set_aside, at
            )
            for one in ordered
        ]
        touched = sorted(frozenset().union(*(plan.touched for plan in plans)))
        if not touched:
            set_aside.keep()  # the table was lost, and says again what the latest releases were made with
            break
        made = _make(hub, run, dataset, plans, touched, files, set_aside, at, final=not looks_left)
        if made is not None:  # else rows are set aside, and the candidates are made again without them
            results, failures = made
            break
    for plan in plans:
        if plan.previous is not None and not plan.touched:
            if any(plan.known[bucket].source != made.source for bucket, made in plan.sources.items()):
                # The same rows in other files: compaction.
                sources = {
                    b: replace(made, next_state_change=plan.known[b].next_state_change)
                    for b, made in plan.sources.items()
                }
                save(hub.home, plan.previous, sources, run.about(dataset, sources))
            forget(hub.home, plan.product.id)
            results.append(published(plan.previous, new=False))
    return results, failures


def _comparable(dataset: Dataset, product: Product, previous: Manifest | None) -> Manifest | None:
    """The latest release, if changes can lead from it: one that named subjects and numbers is followed by a first release."""
    if product.names_records_by_digest and previous and previous.record_key != product_key(dataset, product):
        return None
    return previous


def _plan(
    hub: Hub,
    run: _Run,
    dataset: Dataset,
    product: Product,
    previous: Manifest | None,
    defined: str,
    files: Mapping[str, list[Path]],
    set_aside: SetAside,
    at: datetime,
) -> Plan:
    day = at.astimezone(CHINA).date()
    known = made_from(hub.home, previous)
    there = by_bucket(previous.buckets) if previous else {}
    sources = {
        bucket: source(
            defined, files.get(bucket, []), run.messages.digest(dataset.id, bucket), set_aside.digest(bucket)
        )
        for bucket in sorted({*files, *there})
    }
    replaced = compactions(hub.home, f"records/{dataset.id}")
    known = {bucket: one.compacted(sources[bucket], replaced) for bucket, one in known.items() if bucket in sources}
    touched = frozenset(
        bucket
        for bucket, made in sources.items()
        if bucket not in there or bucket not in known or not known[bucket].is_current(made, day)
    )
    return Plan(product, previous, defined, sources, known, touched)


def _make(
    hub: Hub,
    run: _Run,
    dataset: Dataset,
    plans: Sequence[Plan],
    touched: Sequence[str],
    files: Mapping[str, list[Path]],
    set_aside: SetAside,
    at: datetime,
    *,
    final: bool,
) -> tuple[list[Published], list[str]] | None:
    """Candidates of all products that have touched buckets: made together, then all checked, then moved to one after the other.

    Returns:
        What was published, and why what was refused was. None where rows were found for which a candidate would be refused: they
        are set aside now, and nothing was moved. Never None where this look is the ``final`` one.
    """
    active = [plan for plan in plans if plan.touched]
    candidates = {
        plan.product.id: Candidate(
            hub, plan.product, product_key(dataset, plan.product), plan.previous, plan.definition
        )
        for plan in active
    }
    folders = {name: candidate.data for name, candidate in candidates.items()}
    day = at.astimezone(CHINA).date()
    for plan in active:
        there = by_bucket(plan.previous.buckets) if plan.previous else {}
        for bucket in sorted(plan.sources.keys() - plan.touched):
            for part in there[bucket]:
                candidates[plan.product.id].link(part)

    turns = {}
    superseded_versions = SupersededFiles(hub.home, dataset, hub.catalog.fields(dataset.id))
    with stage("resolve"):
        for bucket, done in made_buckets(hub, run.messages, dataset, active, touched, files, set_aside, day, folders):
            turns[bucket] = done.next_state_change
            superseded_versions.add(bucket, done.superseded_versions)
            set_aside.settle(done.resolved, done.set_aside)
            for _ in ordered_map(lambda item: candidates[item[0]].add(item[1]), done.products.items()):
                pass
    superseded_versions.keep()  # before any pointer moves: a run that dies here rebuilds the buckets, and these with them
    examined = examine(hub, active, candidates, at)
    unsound = [one.unsound for one in examined if one.unsound is not None]
    if unsound and not final and set_aside.add(pl.concat(unsound)):
        for candidate in candidates.values():
            candidate.discard()
        return None
    if not all(one.refused for one in examined):
        set_aside.keep()  # as superseded versions: before any pointer moves
    results, failures = [], []
    for one in examined:
        plan = one.plan
        sources = {
            bucket: replace(
                made_of,
                next_state_change=turns[bucket] if bucket in plan.touched else plan.known[bucket].next_state_change,
            )
            for bucket, made_of in plan.sources.items()
        }
        about = run.about(dataset, sources)
        try:
            results.append(finish(hub, one, candidates[plan.product.id], sources, about, at))
        except gate.Refused as error:
            failures.append(str(error))
    return results, failures
