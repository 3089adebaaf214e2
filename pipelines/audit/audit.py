"""Conservation and integrity, recomputed from disk (invariants 1 and 6); nothing is taken on trust from a previous step.

For every file: rows in = accepted + refused, and the lake holds exactly these rows. Every refused row is open, resolved or waived,
and only one of these. For every release: accepted = published +
superseded + duplicate + withheld, previous ⊕ changes = this release, and every byte is what the manifest says. No row is in two
states (``pipelines.audit.two_states``), and no file is there that nothing names (``pipelines.audit.orphans``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.audit.finding import AuditFinding, below
from pipelines.audit.grown import changed_since_taken
from pipelines.audit.orphans import (
    leftovers_of_state,
    orphans_of_lake,
    orphans_of_outbox,
    orphans_of_raw,
    orphans_of_releases,
    unfinished,
)
from pipelines.audit.refused import lives, states
from pipelines.audit.two_states import accepted_and_refused, open_and_closed, shown_and_removed, standing_and_superseded
from pipelines.publishing import erasure, subject_erasure
from pipelines.publishing.erasure import remaining, taken_down
from pipelines.publishing.messages import Messages, read_messages
from pipelines.publishing.sources import is_current
from pipelines.publishing.verify import damage
from pipelines.records.changes import apply, in_columns
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import (
    CHANGES,
    MANIFEST,
    DataFile,
    Manifest,
    PartEntry,
    Pointer,
    latest,
    pointer_path,
    read,
    releases,
)
from pipelines.storage.outbox import RECEIPT_JSON
from pipelines.storage.parts import by_bucket
from pipelines.storage.receipt import Receipt
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import DIGEST_DIGITS, Table, digest
from pipelines.subjects import SubjectMaster

_AGAIN: Final = ": remove state/erased/{}.json, and publish, which takes it out again"


def audit(hub: Hub) -> list[AuditFinding]:
    """Everything that is wrong with a home; empty when all invariants hold."""
    return [one for one in examined(hub) if not one.leftover]


def examined(hub: Hub) -> list[AuditFinding]:
    """What is wrong with a home, and what runs that were killed left in it."""
    with hub.home.lake_in_use():
        every = hub.tables()
        unread = unfinished(hub)
        findings = [*_raw(hub), *_files(hub, every), *orphans_of_lake(hub, every)]
        if any(f"{hub.home.lake.name}/" in finding.subject for finding in findings if not finding.leftover):
            return findings  # counting rows of damaged files would only repeat it
        findings += [*changed_since_taken(hub)]
        findings += [*orphans_of_raw(hub, unread), *orphans_of_outbox(hub, unread), *leftovers_of_state(hub)]
        findings += [AuditFinding(subject, message) for subject, message in lives(hub)]
        findings += [*accepted_and_refused(hub), *open_and_closed(hub)]
        messages = read_messages(hub)
        findings += [
            *_batches(hub),
            *_receipts(hub),
            *_releases(hub, messages),
            *standing_and_superseded(hub, messages),
        ]
        return [*findings, *_taken_down(hub, messages)]


def _raw(hub: Hub) -> Iterator[AuditFinding]:
    for path in sorted(hub.home.raw.glob("??/*")):
        if path.name.startswith("."):
            continue  # a write that was killed; no name that counts
        if path.suffix != ".json" and digest(path) != path.name:
            yield AuditFinding(_name(hub, path), "the bytes are not those that were delivered: restore the file")


def _files(hub: Hub, every: Mapping[str, Table]) -> Iterator[AuditFinding]:
    for table in every.values():
        if table.path.exists() and not (table.path / "_delta_log").is_dir():
            yield AuditFinding(_name(hub, table.path), "the table has lost its log")
            continue
        for path in table.files():
            if not path.exists():
                yield AuditFinding(_name(hub, path), "a data file of the table is missing")
            elif digest(path)[:DIGEST_DIGITS] != path.stem:
                yield AuditFinding(_name(hub, path), "a data file was altered")


def _batches(hub: Hub) -> Iterator[AuditFinding]:
    batches = ledger(hub.home, "batches").read()
    for twice in batches.filter(pl.col("batch_id").is_duplicated())["batch_id"].unique().sort():
        yield AuditFinding(twice, "stands in the ledger twice")
    for row in batches.filter(pl.col("rows_in") != pl.col("rows_accepted") + pl.col("rows_refused")).iter_slices(1):
        yield AuditFinding(str(row["batch_id"].item()), "rows in are not accepted + refused")
    for dataset_id in hub.catalog.datasets:
        expected = batches.filter(pl.col("dataset_id") == dataset_id)
        for table, column in ((hub.records(dataset_id), "rows_accepted"), (hub.quarantine(dataset_id), "rows_refused")):
            where = _name(hub, table.path)
            rows = pl.len().cast(pl.Int64).alias("found"), pl.col(ROW_NUMBER).n_unique().cast(pl.Int64).alias("numbers")
            found = table.scan().group_by(pl.col(BATCH).alias("batch_id")).agg(rows).collect(engine="streaming")
            for batch_id in found.filter(pl.col("found") != pl.col("numbers"))["batch_id"].sort():
                yield AuditFinding(batch_id, f"rows of the file stand in {where} twice: restore the table")
            both = expected.select("batch_id", column).join(found, on="batch_id", how="full", coalesce=True)
            wrong = both.with_columns(pl.col("found").fill_null(0), pl.col(column).fill_null(-1)).filter(
                pl.col(column) != pl.col("found")
            )
            for batch_id, counted, there in wrong.sort("batch_id").select("batch_id", column, "found").rows():
                said = "nothing" if counted < 0 else counted
                yield AuditFinding(batch_id, f"the ledger says {said} in {column}, {where} holds {there}")


def _receipts(hub: Hub) -> Iterator[AuditFinding]:
    waiting = {path.stem for path in hub.home.pending.glob("*.json")}
    columns = ("batch_id", "provider_id", "status", "rows_in", "rows_accepted", "rows_refused")
    for batch_id, provider_id, status, *rows in ledger(hub.home, "batches").read().select(columns).rows():
        path = hub.home.outbox(provider_id, batch_id) / RECEIPT_JSON
        if batch_id in waiting:
            continue  # interrupted; the next collect writes it
        if not path.exists():
            yield AuditFinding(_name(hub, path), "the receipt is missing")
            continue
        receipt = Receipt.read(path)
        if receipt.status != status or [receipt.rows.received, receipt.rows.accepted, receipt.rows.refused] != rows:
            yield AuditFinding(_name(hub, path), "the receipt is not what the ledger says")


def _releases(hub: Hub, messages: Messages) -> Iterator[AuditFinding]:
    for product in sorted(p for p in hub.home.shared.glob("*") if p.is_dir()):
        folders = {p.name: p for p in sorted(product.iterdir()) if (p / MANIFEST).exists()}
        manifests = {name: read(folder) for name, folder in folders.items()}
        yield from orphans_of_releases(hub, product, manifests)
        pointer = pointer_path(hub.home, product.name)
        standing = Pointer.read_if_there(pointer)
        if standing is not None and standing.release_id not in folders:
            yield AuditFinding(_name(hub, pointer), "points to a release that is not there")
        yield from _lake_still_has(hub, manifests)
        for name, manifest in manifests.items():
            damaged = [AuditFinding(_name(hub, one.path), one.message) for one in damage(folders[name], manifest)]
            if damaged and _being_rewritten(hub, manifest, messages):
                said = "was being rewritten after a takedown when the run was killed; the next 'publish' finishes it"
                damaged = [AuditFinding(_name(hub, folders[name]), said, leftover=True)]
            yield from damaged
            if not damaged:
                yield from shown_and_removed(hub, folders[name], manifest)
            before = manifest.previous_release_id
            if damaged or (before is not None and before not in folders):
                continue
            yield from _chain(hub, folders, manifest, manifests.get(before or ""))


def _being_rewritten(hub: Hub, manifest: Manifest, messages: Messages) -> bool:
    """True for an older release of a product whose latest one came from the present messages, and that may still be erased."""
    standing = latest(hub.home, manifest.product_id)
    product = hub.catalog.products.get(manifest.product_id)
    if standing is None or product is None or manifest.release_id == standing.release_id:
        return False
    if product.master is not None:
        return subject_erasure.unfinished(hub, product.id)
    dataset = hub.catalog.datasets[str(product.dataset)]
    files = hub.records(dataset.id).by_partition()
    return is_current(hub, product, standing, files, messages) and erasure.unfinished(
        hub, dataset, standing, messages, files
    )


def _lake_still_has(hub: Hub, manifests: dict[str, Manifest]) -> Iterator[AuditFinding]:
    """Rows only come to the lake: a release cannot have been made from more than there are."""
    made = {manifest.dataset_id or manifest.product_id for manifest in manifests.values()}
    for dataset_id in sorted(made & set(hub.catalog.datasets)):
        there = hub.records(dataset_id).scan().select(pl.len()).collect().item()
        said = max(manifest.account.accepted for manifest in manifests.values())
        if there < said:
            message = f"a release was made from {said} rows, the lake holds {there}"
            yield AuditFinding(_name(hub, hub.home.records(dataset_id)), message)


def _taken_down(hub: Hub, messages: Messages) -> Iterator[AuditFinding]:
    """Nothing of a repaired or withdrawn record is left in what is offered, nor of a withdrawn one's content in the lake.

    A message that came after the latest release is for the next one; so is what ``maintain`` has not yet erased of the lake.
    """
    for dataset in hub.catalog.datasets.values():
        buckets = messages.buckets(dataset.id)
        if not buckets or dataset.reference is None:
            continue
        files = hub.records(dataset.id).by_partition()
        found = taken_down(hub, dataset, messages, files, buckets)
        for product in hub.catalog.products.values():
            now = latest(hub.home, product.id) if product.dataset == dataset.id else None
            if now is None or not is_current(hub, product, now, files, messages):
                continue
            for release_id in releases(hub.home, product.id):
                folder = hub.home.shared / product.id / release_id
                for path in remaining(folder, read(folder), found, key_columns(dataset)):
                    said = f"holds a record that was repaired or withdrawn{_AGAIN.format(product.id)}"
                    yield AuditFinding(_name(hub, path), said)
    master = SubjectMaster.of(hub.catalog)
    for path in subject_erasure.subjects_left(hub, master, messages) if master else ():
        said = "holds a subject as it was with a record that was repaired or withdrawn"
        yield AuditFinding(_name(hub, path), said + _AGAIN.format(path.relative_to(hub.home.shared).parts[0]))


def _chain(hub: Hub, folders: dict[str, Path], manifest: Manifest, previous: Manifest | None) -> Iterator[AuditFinding]:
    """Previous ⊕ changes = this release, bucket by bucket, so that memory does not grow with rows."""
    folder = folders[manifest.release_id]
    key: list[str] = manifest.record_key
    changed = pl.scan_parquet(folder / CHANGES)
    standing = previous.buckets if previous else {}
    before = folders[previous.release_id] if previous else folder
    for bucket, names in by_bucket({**standing, **manifest.buckets}).items():
        # A record goes from one part of a bucket to another when its document's day was corrected.
        differing = [one for one in names if _file(standing, one) != _file(manifest.buckets, one)]
        now = _records(folder, manifest.buckets, differing)
        was = _records(before, standing, differing)
        if not differing or (now is None and was is None):
            continue
        now = was.clear() if now is None and was is not None else now
        assert now is not None
        was = now.clear() if was is None or not set(key) <= set(was.columns) else in_columns(was, now.schema)
        keys = pl.concat([now.select(key), was.select(key)]).unique()
        mine = changed.join(keys.lazy(), on=key, how="semi", nulls_equal=True).collect()
        if not apply(was, mine, key).equals(now.sort(key)):
            yield AuditFinding(_name(hub, folder), f"previous release and changes do not give bucket {bucket}")


def _file(parts: Mapping[str, PartEntry], name: str) -> DataFile | None:
    return parts[name].file if name in parts else None


def _records(folder: Path, parts: Mapping[str, PartEntry], names: Sequence[str]) -> pl.DataFrame | None:
    """The records of some parts of a release, None where it has none of them."""
    files = [folder / parts[name].file.path for name in names if name in parts]
    return pl.concat(pl.read_parquet(file, hive_partitioning=False) for file in files) if files else None


def _name(hub: Hub, path: Path) -> str:
    return below(hub.home, path)


def summary(hub: Hub) -> dict[str, Any]:
    """What was looked at: rows of the ledger, for the person who ran the audit."""
    batches = ledger(hub.home, "batches").read()
    names = ("rows_in", "rows_accepted", "rows_refused")
    return {"files": batches.height, **{name: int(batches[name].sum()) for name in names}, **states(hub)}
