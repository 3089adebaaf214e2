"""After a takedown nothing of the record is left in what is offered: old releases are rewritten, and it is checked on disk.

Repaired and withdrawn records leave every release that still exists, whatever its age: their rows in data files and in
``changes.parquet``. Both releases of a pair lose them, so that previous ⊕ changes = current goes on to hold; tombstones, which
have no content, stay. A rewritten release keeps its id; its manifest names the new files and counts what was ``erased``.

    state/erased/<product_id>.json     {"buckets": {"07": digest of messages and lake files}, "clean": [release ids]}

Every step can be repeated: new files first, then the manifest, then the old files go; the state is written last.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.catalog import Dataset
from pipelines.publishing.bucket import write
from pipelines.publishing.messages import Messages, named_records
from pipelines.records.changes import ADDED, CHANGE_TYPE, CHANGED, REMOVED
from pipelines.records.display import EFFECT, TAKEN_DOWN
from pipelines.records.message_effects import effects
from pipelines.records.messages import ASKED_ON
from pipelines.storage.home import Home
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import (
    CHANGES,
    DATA,
    Changes,
    ChangesFile,
    DataFile,
    Manifest,
    changes_file,
    latest,
    read,
    releases,
    save,
)
from pipelines.storage.parts import parts_of
from pipelines.storage.state import Erased
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import COMPRESSION_LEVEL

TakenDown = Mapping[str, pl.DataFrame]
"""By bucket: the record key and the effect of records that were taken down."""
Written = dict[tuple[str, frozenset[Any]], tuple[Path, DataFile]]
"""By the digest of a data file before it was rewritten and the keys that went: where the new one is, and how manifests name it."""


def taken_down(
    hub: Hub, dataset: Dataset, messages: Messages, files: Mapping[str, Sequence[Path]], buckets: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """Keys of the repaired and withdrawn records of some buckets, with effect and the day on which it began; no bucket without any.

    No day ends a repair or a withdrawal, so none is asked for.
    """
    if dataset.reference is None:
        return {}
    key = key_columns(dataset)
    found = {}
    for bucket in buckets:
        about = messages.of(dataset.id, bucket)
        if about.is_empty() or not files.get(bucket):
            continue
        records = named_records(hub, dataset, files[bucket], about)
        frame = effects(records, about, dataset, hub.catalog, date.max).frame
        frame = frame.filter(pl.col(EFFECT).is_in([str(s) for s in TAKEN_DOWN]))
        if frame.height:
            found[bucket] = frame.select(*key, EFFECT, ASKED_ON)
    return found


def erase_from_releases(
    hub: Hub, dataset: Dataset, products: Sequence[str], messages: Messages, files: Mapping[str, Sequence[Path]]
) -> None:
    """Take every repaired and withdrawn record out of the releases of some products.

    Args:
        hub: home and catalogue; the dataset's publish lock and the lake are held.
        dataset: what the records are of.
        products: products whose latest release was made with these messages.
        messages: what the lake holds of them.
        files: lake files of the dataset by bucket.
    """
    buckets = messages.buckets(dataset.id)
    if not buckets or dataset.reference is None:
        return
    digests = _digests(dataset, messages, files)
    found: dict[str, pl.DataFrame] | None = None
    for product_id in products:
        path, known = _known(hub, product_id)
        present = releases(hub.home, product_id)
        now = latest(hub.home, product_id)
        if now is not None and not _unfinished(known, digests, present, now):
            if now.release_id not in known.clean:
                Erased(buckets=digests, clean=sorted(present)).write(path)
            continue
        if found is None:
            found = taken_down(hub, dataset, messages, files, buckets)
        written: Written = {}
        for release_id in present:
            if now is not None and release_id != now.release_id:
                rewrite(hub.home.release(product_id, release_id), found, key_columns(dataset), written)
        Erased(buckets=digests, clean=releases(hub.home, product_id)).write(path)


def remove_other_keys(home: Home, product_id: str, key: Sequence[str]) -> None:
    """Remove releases of a product made under another record key, once the latest one is under this.

    A product that names records by digest may still have releases that name subjects and numbers: they are offered no more.
    """
    now = latest(home, product_id)
    if now is None or now.record_key != list(key):
        return
    for release_id in releases(home, product_id):
        folder = home.release(product_id, release_id)
        if read(folder).record_key != list(key):
            shutil.rmtree(folder)


def unfinished(
    hub: Hub, dataset: Dataset, standing: Manifest, messages: Messages, files: Mapping[str, Sequence[Path]]
) -> bool:
    """True where old releases of a product are still to be rewritten, its latest one being made with these messages."""
    _, known = _known(hub, standing.product_id)
    present = releases(hub.home, standing.product_id)
    digests = _digests(dataset, messages, files)
    return bool(digests) and _unfinished(known, digests, present, standing)


def _known(hub: Hub, product_id: str) -> tuple[Path, Erased]:
    path = hub.home.erased(product_id)
    return path, Erased.read_if_there(path) or Erased()


def _digests(dataset: Dataset, messages: Messages, files: Mapping[str, Sequence[Path]]) -> dict[str, str]:
    return {b: _digest(messages.digest(dataset.id, b), files.get(b, ())) for b in messages.buckets(dataset.id)}


def _unfinished(known: Erased, digests: Mapping[str, str], present: Sequence[str], standing: Manifest) -> bool:
    return known.buckets != digests or not set(present) <= {*known.clean, standing.release_id}


def remaining(folder: Path, manifest: Manifest, found: TakenDown, key: Sequence[str]) -> Iterator[Path]:
    """Files of a release that still hold something of a record that was taken down."""
    for name, taken in _parts(manifest, found):
        path = folder / manifest.buckets[name].file.path
        if _holds(path, taken, key):
            yield path
    if found and _content(folder / CHANGES, pl.concat(found.values()), key):
        yield folder / CHANGES


def rewrite(folder: Path, found: TakenDown, key: Sequence[str], written: Written) -> None:
    """Take records out of one release; ``written`` remembers new data files, so that releases that shared one go on to.

    What a run that died left of it is finished, also where nothing is to be taken out any more.
    """
    manifest = read(folder)
    if manifest.record_key != list(key):
        shutil.rmtree(folder)  # made under another record key: what it holds cannot be known, so it is offered no more
        return
    erased = 0
    for name, taken in _parts(manifest, found):
        if _holds(folder / manifest.buckets[name].file.path, taken, key):
            erased += _erase(folder, manifest, name, taken, key, written)
    path = folder / CHANGES
    every = pl.concat(found.values()) if found else None
    if every is not None and _content(path, every, key):
        _without(path, every, key)
    now = changes_file(path)
    if erased or now != manifest.changes_file:
        describe(manifest, path, now, erased)
        save(manifest, folder)
    named = {Path(file.path).name for file in manifest.files}
    for old in sorted((folder / DATA).iterdir()):
        if old.name not in named:
            old.unlink()


def _parts(manifest: Manifest, found: TakenDown) -> Iterator[tuple[str, pl.DataFrame]]:
    """Parts of the buckets from which records were taken down."""
    for bucket, taken in sorted(found.items()):
        for name in parts_of(manifest.buckets, bucket):
            yield name, taken


def _erase(
    folder: Path, manifest: Manifest, part: str, taken: pl.DataFrame, key: Sequence[str], written: Written
) -> int:
    """The data file of a part without the records; how many there were."""
    entry = manifest.buckets[part]
    old = entry.file
    rows = pl.read_parquet(folder / old.path, hive_partitioning=False)
    kept = rows.join(taken.select(key), on=list(key), how="anti", nulls_equal=True, maintain_order="left").rechunk()
    gone = rows.join(taken, on=list(key), how="inner", nulls_equal=True)
    rewritten = old.sha256, frozenset(gone.select(key).rows())
    there = written.get(rewritten)
    if there is None:
        entry.file = write(kept, folder / DATA, part)
        written[rewritten] = folder / entry.file.path, entry.file
    else:
        path, file = there
        if not (folder / file.path).exists():
            os.link(path, folder / file.path)
        entry.file = file
    counted = dict(gone.group_by(EFFECT).len().rows())
    entry.rows.published -= gone.height
    for reason, number in counted.items():
        entry.rows.withheld[reason] = entry.rows.withheld.get(reason, 0) + number
        manifest.withheld[reason] = manifest.withheld.get(reason, 0) + number
    manifest.account.published -= gone.height
    manifest.account.withheld += gone.height
    return gone.height


def describe(manifest: Manifest, path: Path, file: ChangesFile, erased: int) -> None:
    """Make a manifest say what the release now holds."""
    counts = dict.fromkeys((ADDED, CHANGED, REMOVED), 0)
    counts |= dict(pl.scan_parquet(path).group_by(CHANGE_TYPE).len().collect().rows())
    manifest.changes = Changes(**counts)
    manifest.changes_file = file
    manifest.files = [entry.file for _, entry in sorted(manifest.buckets.items())]
    manifest.rows = manifest.account.published
    manifest.erased += erased


def _holds(path: Path, taken: pl.DataFrame, key: Sequence[str]) -> bool:
    rows = pl.scan_parquet(path, hive_partitioning=False).select(key)
    held = rows.join(taken.lazy().select(key), on=list(key), how="semi", nulls_equal=True)
    return bool(held.select(pl.len()).collect().item())


def _content(path: Path, taken: pl.DataFrame, key: Sequence[str]) -> bool:
    """True where changes bring, and do not only remove, one of the records."""
    rows = pl.scan_parquet(path).filter(pl.col(CHANGE_TYPE) != REMOVED).select(key)
    held = rows.join(taken.lazy().select(key), on=list(key), how="semi", nulls_equal=True)
    return bool(held.select(pl.len()).collect().item())


def _without(path: Path, taken: pl.DataFrame, key: Sequence[str]) -> None:
    rows = pl.read_parquet(path)
    brought = rows.filter(pl.col(CHANGE_TYPE) != REMOVED)
    kept = brought.join(taken.select(key), on=list(key), how="anti", nulls_equal=True, maintain_order="left")
    temporary = path.with_name(f".{path.name}")
    pl.concat([kept, rows.filter(pl.col(CHANGE_TYPE) == REMOVED)]).write_parquet(
        temporary, compression_level=COMPRESSION_LEVEL
    )
    temporary.replace(path)


def _digest(messages: str, files: Sequence[Path]) -> str:
    return hashlib.sha256("\0".join([messages, *sorted(path.name for path in files)]).encode()).hexdigest()[:16]
