"""One bucket of a dataset: resolved once, its states computed once, then written once for each product that needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.publishing.leaving import leaving
from pipelines.publishing.resolved_records import entry
from pipelines.records.changes import REASON, REMOVED, changes
from pipelines.records.digests import key_digest, product_key
from pipelines.records.display import TAKEN_DOWN
from pipelines.records.messages import ASKED_BY, ASKED_IN, ASKED_ON
from pipelines.records.resolved_records import WHY, View, resolve_display, view
from pipelines.records.view import FILTERED
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import DATA, DataFile, Manifest, PartRows
from pipelines.storage.parts import parts_of
from pipelines.storage.set_aside import PLACE, UNSOUND
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import COMPRESSION_LEVEL, digest

SUPERSEDED: Final = "superseded"
CATALOGUE: Final = "catalogue"
UNEXPLAINED: Final = "unexplained"


@dataclass(frozen=True)
class Wanted:
    """A product that is to be written again for a bucket: the release before it, and whether the catalogue has changed since."""

    product: Product
    previous: Manifest | None
    redefined: bool


@dataclass(frozen=True)
class Part:
    """A part of a product as the manifest describes it; ``taken_over``: its data file is that of the latest release."""

    file: DataFile
    rows: PartRows
    findings: Mapping[str, int]
    taken_over: bool = False


@dataclass(frozen=True)
class Made:
    """A bucket of a product, by part.

    ``rows`` of a part is its account: accepted, published, superseded, duplicate, and withheld by reason. ``taken_down`` has a row
    for each record that left the product by repair or withdrawal, ``leaving`` for each that messages or the clock took
    (``pipelines.publishing.leaving``). ``turned_unsound`` are records that left it as unsound although nothing came for them: the
    row was in the latest release. ``updated``: but for its changes, the bucket was in the latest release, where it passed the gate.
    """

    parts: Mapping[str, Part]
    changes: pl.DataFrame
    taken_down: Sequence[Mapping[str, Any]] = ()
    turned_unsound: int = 0
    updated: bool = False
    leaving: pl.DataFrame | None = None


@dataclass(frozen=True)
class Bucket:
    """What a bucket became: by product id, the next day on which the clock changes any of it, the rows that lost or are set aside.

    ``resolved`` and ``set_aside`` are ``_batch_id, _row_number``: of all versions that were resolved, and of those of them that no
    product may show.
    """

    products: Mapping[str, Made]
    next_state_change: date | None
    superseded_versions: pl.DataFrame
    resolved: pl.DataFrame
    set_aside: pl.DataFrame


def make_bucket(
    hub: Hub,
    dataset: Dataset,
    bucket: str,
    files: Sequence[Path],
    messages: pl.DataFrame,
    day: date,
    wanted: Sequence[Wanted],
    folders: Mapping[str, Path],
    set_aside: pl.DataFrame,
) -> Bucket:
    """Resolve a bucket and write it for every product that wants it.

    Args:
        hub: home and catalogue.
        dataset: what the records are of.
        bucket: its two digits.
        files: lake files of the bucket.
        messages: what the lake holds of them.
        day: the day the clock is read at.
        wanted: products to write.
        folders: where each product's data files go.
        set_aside: ``_batch_id, _row_number`` of rows that no product may show.
    """
    rows = hub.records(dataset.id).scan(files).collect()
    resolved = resolve_display(hub.catalog, dataset, bucket, rows, messages, day, set_aside=set_aside)
    key = key_columns(dataset)
    made = {}
    for one in wanted:
        own = product_key(dataset, one.product)
        seen = view(hub.catalog, resolved, one.product, own)
        parts = {
            name: Part(write(seen.of(name), folders[one.product.id], name), **entry(tally, one.product))
            for name, tally in seen.tallies.items()
        }
        before = previous_records(hub, one.product.id, bucket, one.previous, own)
        turned = changes_of(one, before, seen, own)
        made[one.product.id] = Made(
            parts,
            turned,
            takedowns(turned, resolved.asked, key),
            turned_unsound=turned_unsound(before, seen),
            leaving=leaving(turned, before, resolved.asked, own),
        )
    return Bucket(
        made, resolved.next_state_change, resolved.superseded_versions, rows.select(PLACE), resolved.set_aside
    )


def changes_of(one: Wanted, before: pl.DataFrame | None, seen: View, key: Sequence[str]) -> pl.DataFrame:
    """What turns records of the latest release of a product into those it is to show, removals with their reasons."""
    withheld_as = dict.fromkeys((FILTERED, "recorded"), CATALOGUE if one.redefined else SUPERSEDED)
    reasons = seen.hidden.select(*key, pl.col(WHY).replace(withheld_as).alias(REASON))
    return changes(before, seen.frame, key, CATALOGUE if one.redefined else UNEXPLAINED, reasons)


def turned_unsound(before: pl.DataFrame | None, seen: View) -> int:
    """Rows of the latest release that are set aside now: not because of what came, but because the hub thinks otherwise of them."""
    if before is None:
        return 0
    unsound = seen.hidden.filter(pl.col(WHY) == UNSOUND)
    return before.join(unsound, on=list(PLACE), how="semi").height


def takedowns(turned: pl.DataFrame, asked: pl.DataFrame, key: Sequence[str]) -> list[Mapping[str, Any]]:
    """Who asked for each record that a product lost by repair or withdrawal."""
    gone = turned.filter(pl.col(REASON).is_in([str(state) for state in TAKEN_DOWN]))
    if gone.is_empty():
        return []
    rows = gone.select(*key, REASON).join(asked, on=list(key), how="left", nulls_equal=True, maintain_order="left")
    return [
        {
            "reason": row[REASON],
            "provider_id": row[ASKED_BY],
            "region_code": row[ASKED_IN],
            "record": key_digest([row[name] for name in key]),
            "received_on": row[ASKED_ON].isoformat() if row[ASKED_ON] else None,
        }
        for row in rows.to_dicts()
    ]


def write(records: pl.DataFrame, folder: Path, part: str) -> DataFile:
    """Write the data file of a part under the digest of its bytes; how manifests name it."""
    temporary = folder / f".{part}.parquet"
    records.rechunk().write_parquet(temporary, compression_level=COMPRESSION_LEVEL)
    sha256 = digest(temporary)
    path = folder / f"{part}-{sha256[:16]}.parquet"
    temporary.replace(path)
    return DataFile(path=f"{DATA}/{path.name}", rows=records.height, bytes=path.stat().st_size, sha256=sha256)


def part_file(hub: Hub, product_id: str, part: str, previous: Manifest) -> Path:
    """The data file of a part of a release that has it."""
    return hub.home.release(product_id, previous.release_id) / previous.buckets[part].file.path


def previous_records(
    hub: Hub, product_id: str, bucket: str, previous: Manifest | None, key: Sequence[str]
) -> pl.DataFrame | None:
    """The records of a bucket in a release, sorted by key; None where it has none."""
    names = parts_of(previous.buckets, bucket) if previous is not None else []
    if previous is None or not names:
        return None
    files = [part_file(hub, product_id, name, previous) for name in names]
    found = [pl.read_parquet(file, hive_partitioning=False) for file in files]
    return found[0] if len(found) == 1 else pl.concat(found).sort([name for name in key if name in found[0].columns])


def removed_by_reason(changed: pl.DataFrame) -> dict[str, int]:
    """Removed records of a bucket by reason."""
    gone = changed.filter(pl.col("change_type") == REMOVED)
    return {str(reason): number for reason, number in gone.group_by(REASON).len().rows()}
