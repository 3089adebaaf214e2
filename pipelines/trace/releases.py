"""In which releases of which products a subject's rows appeared, from when to when, and why they left.

Only the bucket of the subject is read, and a data file that several releases share is read once. A release that retention has
removed is not there to be seen: "from" is then the oldest that is still kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.records.changes import CHANGE_TYPE, REASON, REMOVED
from pipelines.records.digests import KEY_DIGEST, key_digest
from pipelines.storage.columns import BATCH, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import CHANGES, Manifest, latest, read, releases
from pipelines.storage.parts import parts_of
from pipelines.storage.superseded import key_columns
from pipelines.trace.values import plain
from pipelines.trace.versions import Place

STATE, UNTIL = "_display_state", "_display_until"
_FILE: Final = "_file"
_DERIVED: Final = (SUBJECT_KEY, KEY_DIGEST)
_SHOWN: Final = (BATCH, ROW_NUMBER, STATE, UNTIL)


def appearances(hub: Hub, dataset: Dataset, bucket: str, code: str) -> dict[Place, list[dict[str, Any]]]:
    """Appearances of a subject's rows in every product of a dataset, by batch and row."""
    found: dict[Place, list[dict[str, Any]]] = {}
    for product in sorted(hub.catalog.products.values(), key=lambda one: one.id):
        if product.dataset != dataset.id:
            continue
        for place, seen in _in_product(hub, product.id, dataset, bucket, code).items():
            found.setdefault(place, []).append(seen)
    return found


def tombstones(hub: Hub, dataset: Dataset, code: str) -> list[dict[str, Any]]:
    """Records of a subject that left a product, with the reason; of a tombstone only the key is known."""
    found = []
    for product in sorted(hub.catalog.products.values(), key=lambda one: one.id):
        if product.dataset != dataset.id:
            continue
        for folder, manifest in _releases(hub, product.id):
            if not manifest.changes.removed:
                continue
            gone = pl.scan_parquet(folder / CHANGES).filter(pl.col(CHANGE_TYPE) == REMOVED)
            key: list[str] = manifest.record_key
            for row in gone.filter(_about(hub, dataset, code, key)).select(*key, REASON).collect().to_dicts():
                names = {name.removeprefix("_") if name in _DERIVED else name: plain(row[name]) for name in key}
                found.append(
                    {
                        "product_id": product.id,
                        "release_id": manifest.release_id,
                        "as_of": manifest.as_of,
                        "reason": row[REASON],
                        "key": names,
                    }
                )
    return found


def subject_row(hub: Hub, product_id: str, bucket: str, code: str) -> dict[str, Any] | None:
    """The subject in the latest release of the subject master, None where it is not in it."""
    manifest = latest(hub.home, product_id)
    if manifest is None:
        return None
    folder = hub.home.shared / product_id / manifest.release_id
    for path in _bucket_files(folder, manifest, bucket):
        rows = pl.scan_parquet(path, hive_partitioning=False).filter(pl.col("credit_code") == code).collect()
        for row in rows.to_dicts():
            return {"release_id": manifest.release_id} | {name: plain(value) for name, value in row.items()}
    return None


def _about(hub: Hub, dataset: Dataset, code: str, columns: Sequence[str]) -> pl.Expr:
    """Which rows of a release are about a subject; of messages that name nobody, those with the digests of the subject's own."""
    if KEY_DIGEST in columns:
        key = key_columns(dataset)
        rows = hub.records(dataset.id).scan().filter(pl.col(SUBJECT_KEY) == code).select(key).unique().collect()
        return pl.col(KEY_DIGEST).is_in([key_digest(values) for values in rows.rows()])
    return pl.col(SUBJECT_KEY if SUBJECT_KEY in columns else dataset.subject.credit_code) == code


def _in_product(hub: Hub, product_id: str, dataset: Dataset, bucket: str, code: str) -> dict[Place, dict[str, Any]]:
    files: dict[str, list[dict[str, Any]]] = {}
    found: dict[Place, dict[str, Any]] = {}
    standing = latest(hub.home, product_id)
    for folder, manifest in _releases(hub, product_id):
        paths = _bucket_files(folder, manifest, bucket)
        files |= _rows(hub, [path for path in paths if path.name not in files], dataset, code)
        for path in paths:
            for row in files[path.name]:
                seen = found.setdefault(
                    (row[BATCH], row[ROW_NUMBER]),
                    {"product_id": product_id, "from": manifest.release_id, "from_as_of": manifest.as_of},
                )
                seen |= {
                    "to": manifest.release_id,
                    "to_as_of": manifest.as_of,
                    "current": standing is not None and standing.release_id == manifest.release_id,
                    "display_state": plain(row.get(STATE)),
                    "display_until": plain(row.get(UNTIL)),
                }
    return found


def _rows(hub: Hub, paths: Sequence[Path], dataset: Dataset, code: str) -> dict[str, list[dict[str, Any]]]:
    """Rows of a subject in data files of one release, by the file's name: one scan, for a large bucket has dozens of parts."""
    found: dict[str, list[dict[str, Any]]] = {path.name: [] for path in paths}
    if paths:
        rows = pl.scan_parquet(list(paths), hive_partitioning=False, include_file_paths=_FILE)
        there = rows.collect_schema().names()
        mine = rows.filter(_about(hub, dataset, code, there)).select(_FILE, *(name for name in _SHOWN if name in there))
        for row in mine.collect().to_dicts():
            found[Path(row[_FILE]).name].append(row)
    return found


def _bucket_files(folder: Path, manifest: Manifest, bucket: str) -> list[Path]:
    names = parts_of(manifest.buckets, bucket)
    return [folder / manifest.buckets[name].file.path for name in names]


def _releases(hub: Hub, product_id: str) -> Iterator[tuple[Path, Manifest]]:
    """Folder and manifest of every release that is kept, the oldest first."""
    for release_id in releases(hub.home, product_id):
        folder = hub.home.shared / product_id / release_id
        yield folder, read(folder)
