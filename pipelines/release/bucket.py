"""One bucket of a dataset: resolved once, its states computed once, then written once for each product that needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.catalog.models import Product
from pipelines.intake.collect import Hub
from pipelines.lake.tables import COMPRESSION_LEVEL, digest
from pipelines.release.changes import REASON, REMOVED, changes
from pipelines.release.display import LATER, TAKEN_DOWN, TURNS, with_state
from pipelines.release.manifest import Manifest
from pipelines.release.messages import ASKED_BY, ASKED_IN, ASKED_ON, Messages, effects
from pipelines.release.view import FILTERED, WITHHELD, shown, withheld
from pipelines.resolution import Precedence, key_columns, resolve

SUPERSEDED: Final = "superseded"
CATALOGUE: Final = "catalogue"
UNEXPLAINED: Final = "unexplained"
_WHY: Final = "_withheld"


@dataclass(frozen=True)
class Wanted:
    """A product that is to be written anew for a bucket: the release before it, and whether the catalogue has changed since."""

    product: Product
    previous: Manifest | None
    redefined: bool


@dataclass(frozen=True)
class Made:
    """A bucket of a product.

    ``rows`` is its account: accepted, published, superseded, duplicate, and withheld by reason. ``taken_down`` has a row for
    each record that left the product by repair or withdrawal.
    """

    file: Mapping[str, Any]
    rows: Mapping[str, Any]
    findings: Mapping[str, int]
    changes: pl.DataFrame
    taken_down: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bucket:
    """What a bucket became: by product id, the next day on which the clock changes any of it, and the rows that lost."""

    products: Mapping[str, Made]
    turns_on: date | None
    losers: pl.DataFrame


def make_bucket(
    hub: Hub,
    dataset: Dataset,
    bucket: str,
    files: Sequence[Path],
    messages: Messages,
    day: date,
    wanted: Sequence[Wanted],
    folders: Mapping[str, Path],
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
    """
    rows = hub.records(dataset.id).scan(files).collect() if files else hub.records(dataset.id).scan([]).collect()
    resolved = resolve(rows, dataset, Precedence.of(hub.catalog, dataset.id, day))
    key = key_columns(dataset)
    asked = effects(rows, messages.of(dataset.id, bucket), dataset)
    del rows
    records = with_state(resolved.records.lazy(), asked.frame.lazy(), key, hub.catalog, dataset, day).collect()
    account = {
        "accepted": resolved.accepted,
        SUPERSEDED: resolved.superseded,
        "duplicate": resolved.duplicate,
        **resolved.kinds,
    }
    made = {}
    for one in wanted:
        made[one.product.id] = _of_product(hub, one, bucket, records, account, asked.refused, key, folders)
    for product_id, part in made.items():
        made[product_id] = _with_takedowns(part, asked.frame, key)
    return Bucket(made, records[TURNS].min(), resolved.losers)  # type: ignore[arg-type]


def _of_product(
    hub: Hub,
    one: Wanted,
    bucket: str,
    records: pl.DataFrame,
    account: Mapping[str, int],
    refused: int,
    key: Sequence[str],
    folders: Mapping[str, Path],
) -> Made:
    product = one.product
    why = records.select(withheld(hub.catalog, product).alias(_WHY)).to_series()
    kept = records if why.null_count() == records.height else records.filter(why.is_null())
    frame = shown(kept, hub.catalog, product).rechunk()
    file = write(frame, folders[product.id], bucket)
    hidden = records.select(key).with_columns(why).filter(pl.col(_WHY).is_not_null())
    counted = dict(hidden.group_by(_WHY).len().rows())
    reasons = hidden.select(
        *key,
        pl.col(_WHY)
        .replace(
            {
                FILTERED: CATALOGUE if one.redefined else SUPERSEDED,
                "recorded": CATALOGUE if one.redefined else SUPERSEDED,
            }
        )
        .alias(REASON),
    )
    otherwise = CATALOGUE if one.redefined else UNEXPLAINED
    turned = changes(previous_records(hub, product.id, bucket, one.previous), frame, key, otherwise, reasons)
    by_reason = {str(reason): counted[str(reason)] for reason in WITHHELD if counted.get(str(reason))}
    findings = {"later_end_supplied": int(kept[LATER].sum())} if product.publication_clock else {}
    findings["messages_of_others"] = refused
    return Made(file, {**account, "published": frame.height, "withheld": by_reason}, findings, turned, ())


def _with_takedowns(made: Made, asked: pl.DataFrame, key: Sequence[str]) -> Made:
    """The bucket of a product with who asked for each record that it lost by repair or withdrawal."""
    gone = made.changes.filter(pl.col(REASON).is_in([str(state) for state in TAKEN_DOWN]))
    if gone.is_empty():
        return made
    rows = gone.select(*key, REASON).join(asked, on=list(key), how="left", nulls_equal=True, maintain_order="left")
    found = [
        {
            "reason": row[REASON],
            "provider_id": row[ASKED_BY],
            "region_code": row[ASKED_IN],
            "record": key_digest([row[name] for name in key]),
            "received_on": row[ASKED_ON].isoformat() if row[ASKED_ON] else None,
        }
        for row in rows.to_dicts()
    ]
    return Made(made.file, made.rows, made.findings, made.changes, found)


def key_digest(values: Sequence[object]) -> str:
    """A record key without its content: 32 hexadecimal digits."""
    return hashlib.sha256("\0".join("" if value is None else str(value) for value in values).encode()).hexdigest()[:32]


def write(records: pl.DataFrame, folder: Path, bucket: str) -> dict[str, Any]:
    """Write the data file of a bucket under the digest of its bytes; how manifests name it."""
    temporary = folder / f".{bucket}.parquet"
    records.write_parquet(temporary, compression_level=COMPRESSION_LEVEL)
    sha256 = digest(temporary)
    path = folder / f"{bucket}-{sha256[:16]}.parquet"
    temporary.replace(path)
    return {"path": f"data/{path.name}", "rows": records.height, "bytes": path.stat().st_size, "sha256": sha256}


def previous_records(hub: Hub, product_id: str, bucket: str, previous: Manifest | None) -> pl.DataFrame | None:
    """The records of a bucket in a release, None where it has none."""
    if previous is None or bucket not in previous["buckets"]:
        return None
    folder = hub.home.shared / product_id / previous["release_id"]
    return pl.read_parquet(folder / previous["buckets"][bucket]["file"]["path"], hive_partitioning=False)


def removed_by_reason(changed: pl.DataFrame) -> dict[str, int]:
    """Removed records of a bucket by reason."""
    gone = changed.filter(pl.col("change_type") == REMOVED)
    return {str(reason): number for reason, number in gone.group_by(REASON).len().rows()}
