"""Publish: resolve what changed, build a candidate, check it, move to it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow.parquet as pq

from pipelines import expectations
from pipelines.errors import HubError, InputError
from pipelines.home import write_json
from pipelines.intake.collect import Hub
from pipelines.intake.inbox import CHINA
from pipelines.lake.ledger import RELEASES, ledger
from pipelines.lake.tables import COMPRESSION_LEVEL, digest
from pipelines.overlap import two_at_a_time
from pipelines.release import gate
from pipelines.release.changes import ADDED, CHANGE_TYPE, CHANGED, REMOVED, changes
from pipelines.release.manifest import MANIFEST_VERSION, Manifest, latest, point_to, release_id
from pipelines.resolution import key_columns, resolve
from pipelines.screening.columns import BATCH, PROVIDER, REGION, ROW_NUMBER, SUBJECT_KEY
from pipelines.stopwatch import stage

PROVENANCE: Final = (PROVIDER, REGION, BATCH, ROW_NUMBER, SUBJECT_KEY)


@dataclass(frozen=True)
class Published:
    """The release a product stands at, and whether it is new."""

    product_id: str
    release_id: str
    rows: int
    changes: Mapping[str, int]
    new: bool


def publish(
    hub: Hub,
    *,
    product: str | None,
    as_of: datetime,
    datasets: Sequence[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Published]:
    """Release every product whose records changed.

    Args:
        hub: home and catalogue.
        product: only this one.
        as_of: the instant of the release, aware.
        datasets: only products of these datasets.
        progress: told the product that is worked on.

    Raises:
        InputError: there is no such product.
        HubError: a candidate was refused; ``latest`` did not move, and the reason lies beside it.
    """
    if product is not None and product not in hub.catalog.datasets:
        raise InputError(
            f"product '{product}' is not in the catalogue; use one of: {', '.join(sorted(hub.catalog.datasets))}"
        )
    results, failures = [], []
    for dataset_id in sorted(hub.catalog.datasets):
        if product not in (None, dataset_id) or (datasets is not None and dataset_id not in datasets):
            continue
        progress(dataset_id)
        try:
            with hub.home.locked(f"publish-{dataset_id}.lock"), hub.home.lake_in_use():
                done = _publish_one(hub, dataset_id, as_of)
        except gate.Refused as error:
            failures.append(str(error))
            continue
        if done is not None:
            results.append(done)
    if failures:
        raise HubError("; ".join(failures))
    return results


def _publish_one(hub: Hub, dataset_id: str, as_of: datetime) -> Published | None:
    table = hub.records(dataset_id)
    by_bucket: dict[str, list[Path]] = {}
    for path, bucket in table.files().items():
        by_bucket.setdefault(str(bucket), []).append(path)
    previous = latest(hub.home, dataset_id)
    if not by_bucket and previous is None:
        return None
    definition = _definition(hub, dataset_id)
    sources = {bucket: _source(definition, files) for bucket, files in sorted(by_bucket.items())}
    before = previous["buckets"] if previous else {}
    made_from = _made_from(hub, previous)
    touched = [b for b in sources if b not in before or made_from.get(b) != sources[b]]
    if previous is not None and not touched:
        _enter(hub, previous)
        return Published(dataset_id, previous["release_id"], previous["rows"], previous["changes"], new=False)

    work = hub.home.work(f"release-{dataset_id}")
    shutil.rmtree(work, ignore_errors=True)
    (work / "candidate/data").mkdir(parents=True)
    buckets: dict[str, Any] = {}
    changed = _Changes(work / "candidate/changes.parquet")
    key = key_columns(hub.catalog.datasets[dataset_id])
    for bucket in sorted(sources.keys() - set(touched)):
        buckets[bucket] = before[bucket]
        _link(hub, previous, before[bucket]["file"], work)
    with stage("resolve"):
        made = two_at_a_time(lambda b: _bucket(hub, dataset_id, b, by_bucket[b], key, previous, work), touched)
        for bucket, (entry, turned) in zip(touched, made, strict=True):
            buckets[bucket] = entry
            changed.add(turned)
        changed.close()
    if previous is not None and not any(changed.counts.values()) and previous["definition"] == definition:
        # Other files, the same records: compaction, the same rows again, or a run that died after it had moved the pointer.
        _remember(hub, previous, sources)
        _enter(hub, previous)
        shutil.rmtree(work)
        return Published(dataset_id, previous["release_id"], previous["rows"], previous["changes"], new=False)
    manifest = _manifest(hub, dataset_id, as_of, previous, buckets, changed.counts, changed.file(), definition)
    checked = [work / "candidate" / buckets[b]["file"]["path"] for b in touched]
    suite = expectations.read(hub.settings.expectations, dataset_id)
    try:
        with stage("gate"):
            validation = gate.check(hub.catalog, dataset_id, suite, checked, hub.settings.memory_limit, work)
    except gate.Refused as error:
        failure = {"release_id": manifest["release_id"], "as_of": manifest["as_of"], "reason": str(error)}
        write_json(hub.home.shared / dataset_id / "failures" / f"{manifest['release_id']}.json", failure)
        raise
    manifest["validation"] = validation.to_json()
    write_json(work / "candidate/manifest.json", manifest)
    _move_to(hub, dataset_id, manifest, work / "candidate")
    _remember(hub, manifest, sources)
    shutil.rmtree(work, ignore_errors=True)
    _enter(hub, manifest)
    return Published(dataset_id, manifest["release_id"], manifest["rows"], manifest["changes"], new=True)


def _made_from(hub: Hub, previous: Manifest | None) -> dict[str, str]:
    """Sources of the latest release by bucket; nothing where they are not known, so that all is made anew."""
    path = _sources_file(hub, previous["product_id"]) if previous else None
    if previous is None or path is None or not path.exists():
        return {}
    known = json.loads(path.read_text())
    return dict(known["sources"]) if known["release_id"] == previous["release_id"] else {}


def _remember(hub: Hub, manifest: Manifest, sources: Mapping[str, str]) -> None:
    content = {"release_id": manifest["release_id"], "sources": dict(sources)}
    write_json(_sources_file(hub, manifest["product_id"]), content)


def _sources_file(hub: Hub, product_id: str) -> Path:
    return hub.home.root / f"state/sources/{product_id}.json"


def _bucket(
    hub: Hub,
    dataset_id: str,
    bucket: str,
    files: list[Path],
    key: list[str],
    previous: Manifest | None,
    work: Path,
) -> tuple[dict[str, Any], pl.DataFrame]:
    dataset = hub.catalog.datasets[dataset_id]
    resolved = resolve(hub.records(dataset_id).scan(files).collect(), dataset)
    columns = [f.id for f in hub.catalog.fields(dataset_id)] + list(PROVENANCE)
    records = resolved.records.select(columns)
    file = _write(records, work / "candidate/data", bucket)
    before = _previous_records(hub, dataset_id, bucket, previous)
    account = {
        "accepted": resolved.accepted,
        "published": records.height,
        "superseded": resolved.superseded,
        "duplicate": resolved.duplicate,
    }
    return {"file": file, "rows": account}, changes(before, records, key, "catalogue")


def _write(records: pl.DataFrame, folder: Path, bucket: str) -> dict[str, Any]:
    temporary = folder / f".{bucket}.parquet"
    records.write_parquet(temporary, compression_level=COMPRESSION_LEVEL)
    sha256 = digest(temporary)
    path = folder / f"{bucket}-{sha256[:16]}.parquet"
    temporary.replace(path)
    return {"path": f"data/{path.name}", "rows": records.height, "bytes": path.stat().st_size, "sha256": sha256}


def _previous_records(hub: Hub, dataset_id: str, bucket: str, previous: Manifest | None) -> pl.DataFrame | None:
    if previous is None or bucket not in previous["buckets"]:
        return None
    folder = hub.home.shared / dataset_id / previous["release_id"]
    return pl.read_parquet(folder / previous["buckets"][bucket]["file"]["path"], hive_partitioning=False)


def _link(hub: Hub, previous: Manifest | None, file: Mapping[str, Any], work: Path) -> None:
    if previous is None:
        raise HubError("a bucket is unchanged, but there is no previous release")
    source = hub.home.shared / previous["product_id"] / previous["release_id"] / file["path"]
    os.link(source, work / "candidate" / file["path"])


class _Changes:
    """changes.parquet, written bucket by bucket, and how many there are of each kind."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self.counts = dict.fromkeys((ADDED, CHANGED, REMOVED), 0)

    def add(self, changed: pl.DataFrame) -> None:
        """Append the changes of a bucket."""
        table = changed.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", compression_level=COMPRESSION_LEVEL
            )
        self._writer.write_table(table)
        for kind, number in changed.group_by(CHANGE_TYPE).len().rows():
            self.counts[kind] += number

    def file(self) -> dict[str, Any]:
        """The finished file, as the manifest names files."""
        return {"path": self._path.name, "bytes": self._path.stat().st_size, "sha256": digest(self._path)}

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _manifest(
    hub: Hub,
    dataset_id: str,
    as_of: datetime,
    previous: Manifest | None,
    buckets: Mapping[str, Any],
    changed: Mapping[str, int],
    changes_file: Mapping[str, Any],
    definition: str,
) -> Manifest:
    files = [buckets[bucket]["file"] for bucket in sorted(buckets)]
    names = ("accepted", "published", "superseded", "duplicate")
    account = {name: sum(bucket["rows"][name] for bucket in buckets.values()) for name in names}
    account["withheld"] = 0
    rows = account["published"]
    if account["accepted"] != rows + account["superseded"] + account["duplicate"]:
        raise HubError(f"{dataset_id}: rows are missing from the release: {account}")
    was = previous["rows"] if previous else 0
    if was + changed[ADDED] - changed[REMOVED] != rows:
        raise HubError(f"{dataset_id}: {was} rows before, changes {dict(changed)}, but {rows} rows now")
    instant = as_of.isoformat(timespec="seconds")
    return {
        "manifest_version": MANIFEST_VERSION,
        "product_id": dataset_id,
        "release_id": release_id(as_of.astimezone(CHINA).date(), previous, files),
        "as_of": instant,
        "created_at": instant,
        "catalog_version": hub.catalog.version,
        "access_class": "government",
        "rows": rows,
        "record_key": key_columns(hub.catalog.datasets[dataset_id]),
        "fields": [f.id for f in hub.catalog.fields(dataset_id)],
        "files": files,
        "changes": dict(changed),
        "changes_file": changes_file,
        "previous_release_id": previous["release_id"] if previous else None,
        "withheld": {},
        "account": account,
        "definition": definition,
        "buckets": dict(buckets),
    }


def _move_to(hub: Hub, dataset_id: str, manifest: Manifest, candidate: Path) -> None:
    target = hub.home.shared / dataset_id / manifest["release_id"]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)  # a run that died between the rename and the pointer left the same thing
    candidate.replace(target)
    point_to(hub.home, dataset_id, manifest["release_id"])


def _enter(hub: Hub, manifest: Manifest) -> None:
    """The release's row in the ledger, once."""
    table = ledger(hub.home, "releases")
    if table.knows(manifest["release_id"] + manifest["product_id"]):
        return
    row = {
        **{
            name: manifest[name]
            for name in ("release_id", "product_id", "previous_release_id", "as_of", "catalog_version")
        },
        **manifest["account"],
        **manifest["changes"],
    }
    work = hub.home.work(f"ledger-{manifest['product_id']}")
    table.append_frame(
        manifest["release_id"] + manifest["product_id"], pl.DataFrame([row], schema=dict(RELEASES)), work
    )
    shutil.rmtree(work, ignore_errors=True)


def _definition(hub: Hub, dataset_id: str) -> str:
    """Changes when anything in the catalogue does that a bucket's records depend on."""
    dataset = hub.catalog.datasets[dataset_id]
    said = [[f.id, f.type, f.sensitive] for f in hub.catalog.fields(dataset_id)]
    text = json.dumps([said, dataset.record_key, dataset.version_order, expectations.suite(hub.catalog, dataset_id)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _source(definition: str, files: Sequence[Path]) -> str:
    """What a bucket is made from: file names are digests of their contents."""
    return hashlib.sha256("\0".join([definition, *sorted(p.name for p in files)]).encode()).hexdigest()[:16]
