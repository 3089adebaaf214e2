"""Publish: resolve what changed, build a candidate for each product, check it, move to it.

A bucket is rebuilt when its lake files, the messages about it or what the catalogue says of the product changed, or when the
clock has come to a day on which one of its records turns; all others are taken over. Of a large bucket only the slices in which
something changed are rebuilt, where nothing but rows and messages came (``pipelines.publishing.incremental_update``). The
clock never runs back: what is published as of an earlier day than a product's latest release is made as of that release's day, or
records whose time is over would be shown again because somebody ran an old task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.ground.clock import CHINA
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.ordered_map import ordered_map
from pipelines.ground.stopwatch import stage
from pipelines.publishing import breaker, erasure, gate
from pipelines.publishing.bucket import Bucket, make_bucket
from pipelines.publishing.candidate import Candidate
from pipelines.publishing.displays import display_rows
from pipelines.publishing.incremental_update import BucketDelta, IncrementalUpdate, can_update
from pipelines.publishing.ledger_entries import (
    record_in_ledger,
    record_refusal_in_ledger,
    recorded_releases,
    transaction_of,
)
from pipelines.publishing.messages import Messages, read_messages
from pipelines.publishing.published import Conflicts, Published, SetAsideFiles
from pipelines.publishing.sources import (
    Source,
    definitions,
    made_from,
    messages_used,
    save,
    source,
)
from pipelines.publishing.subject import publish_subjects
from pipelines.publishing.verdicts import Examined, Plan, examine
from pipelines.records.digests import product_key
from pipelines.storage.compactions import compactions
from pipelines.storage.held import HeldRelease, forget, held_releases
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import Manifest, data_files, latest
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
            results.append(_published(plan.previous, new=False))
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
        for bucket, done in _made(hub, run, dataset, active, touched, files, set_aside, day, folders):
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
            results.append(_finish(hub, one, candidates[plan.product.id], sources, about, at))
        except gate.Refused as error:
            failures.append(str(error))
    return results, failures


def _made(
    hub: Hub,
    run: _Run,
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
    deltas = {bucket: _delta(hub, run, dataset, plans[bucket], bucket, files.get(bucket, [])) for bucket in touched}

    def rebuilt(bucket: str) -> Bucket:
        wanted = [plan.wanted for plan in plans[bucket]]
        about = run.messages.of(dataset.id, bucket)
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
    hub: Hub, run: _Run, dataset: Dataset, plans: Sequence[Plan], bucket: str, files: Sequence[Path]
) -> BucketDelta | None:
    """A bucket that can be renewed for all products that want it; else None."""
    about = run.messages.of(dataset.id, bucket)
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


def _finish(
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
            return _published(previous, new=False)
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
                stands = _published(previous, new=False)
                return replace(stands, held=verdict, newly_held=verdict.held_id not in known)
            manifest.approved = list(verdict.approved)
            candidate.move(manifest, validation)
            save(hub.home, manifest, sources, messages)
            candidate.discard()
            record_in_ledger(hub, manifest)
            forget(hub.home, product.id)
            return _published(manifest, new=True)


def _record_standing(hub: Hub, product: Product, standing: Manifest, candidate: Manifest, at: datetime) -> None:
    """What a candidate that did not become the release leaves as it is, in the ledger."""
    files = data_files(hub.home, product.id) if product.publication_clock else []
    shown = display_rows(hub.home, product.id, files, at.astimezone(CHINA).date())
    record_refusal_in_ledger(hub, standing, candidate, shown)


def _published(manifest: Manifest, *, new: bool) -> Published:
    return Published(manifest.product_id, manifest.release_id, manifest.rows, manifest.changes.counts, new=new)
