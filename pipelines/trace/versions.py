"""Every version of a subject's records in the lake: where it came from, what was noted of it, and whether it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.privacy.mask import identifiers_masked
from pipelines.records import Precedence, Resolved, resolve
from pipelines.storage import raw
from pipelines.storage.columns import BATCH, BUCKET, PROVENANCE, PROVIDER, RECEIVED_ON, REGION, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.outbox import FINDINGS_CSV
from pipelines.storage.set_aside import CLOSED_ON, FIELD, PLACE, RULE, UNSOUND, read_set_aside
from pipelines.storage.superseded import DECIDED_BY, DIFFERS, KIND, WINNER_BATCH, WINNER_ROW, key_columns
from pipelines.trace.values import plain

_OF_A_BATCH: Final = ("batch_id", "file_name", "sha256", "received_at", "received_on", "catalog_version")
Place = tuple[str, int]
"""Batch and row: what names a row of the lake."""


def bucket_files(hub: Hub, dataset_id: str, bucket: str) -> list[Path]:
    """Lake files that can hold rows of a subject."""
    return [path for path, partition in hub.records(dataset_id).files().items() if partition == bucket]


def rows_of(hub: Hub, dataset_id: str, bucket: str, code: str) -> pl.DataFrame:
    """Every accepted row about a subject, in the columns of the lake without the bucket."""
    files = bucket_files(hub, dataset_id, bucket)
    schema = {name: dtype for name, dtype in hub.records(dataset_id).schema.items() if name != BUCKET}
    if not files:
        return pl.DataFrame(schema=schema)
    return hub.records(dataset_id).scan(files).filter(pl.col(SUBJECT_KEY) == code).collect()


def batches(hub: Hub) -> dict[str, dict[str, Any]]:
    """Of every batch: file, digest, when it came."""
    rows = ledger(hub.home, "batches").scan().select(_OF_A_BATCH).unique("batch_id").collect()
    return {row["batch_id"]: row for row in rows.to_dicts()}


def records_of(
    hub: Hub, dataset: Dataset, rows: pl.DataFrame, known: Mapping[str, Mapping[str, Any]], day: date
) -> list[dict[str, Any]]:
    """The records of a subject in one dataset, each with all its versions, the one that stands first.

    ``state`` is ``unsound`` where that one is set aside, for what its ``set_aside`` says; else null, and its releases say more.
    A citizen ID in a text is masked.

    Args:
        hub: for catalogue and findings.
        dataset: what the rows are of.
        rows: as ``rows_of`` gives them.
        known: batches.
        day: which order of survivorship holds.
    """
    resolved = resolve(rows, dataset, Precedence.of(hub.catalog, dataset.id, day))
    key = key_columns(dataset)
    why = _why(resolved)
    noted = warnings(hub, dataset.id, {(row[BATCH], row[ROW_NUMBER], row[PROVIDER]) for row in rows.to_dicts()})
    held = set_aside(hub, dataset.id, rows)
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String and name not in PROVENANCE]
    masked = rows.with_columns(identifiers_masked(pl.col(texts))) if texts else rows
    found = []
    for record in resolved.records.select(key).iter_rows(named=True):
        same = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(record[name], dtype=rows.schema[name])) for name in key)
        mine = masked.filter(rows.select(same).to_series())
        versions = [_version(row, why, known, noted, held) for row in mine.to_dicts()]
        versions.sort(key=lambda one: (not one["stands"], one["received_on"] or "", one["batch_id"], one["row_number"]))
        names = {
            name.removeprefix("_") if name == SUBJECT_KEY else name: plain(value)
            for name, value in mine.select(key).row(0, named=True).items()
        }
        unsound = any(one["stands"] and one["set_aside"] for one in versions)
        found.append({"key": names, "state": UNSOUND if unsound else None, "versions": versions})
    return found


def set_aside(hub: Hub, dataset_id: str, rows: pl.DataFrame) -> dict[Place, list[dict[str, str]]]:
    """Why accepted rows are set aside, by batch and row."""
    rules = {rule.id: rule for rule in hub.catalog.rules[dataset_id]}
    lines = read_set_aside(hub.home, dataset_id).filter(pl.col(CLOSED_ON).is_null())
    found: dict[Place, list[dict[str, str]]] = {}
    for line in lines.join(rows.select(PLACE), on=list(PLACE), how="semi").sort(FIELD, RULE).to_dicts():
        rule = rules.get(line[RULE])
        said = {"rule_id": line[RULE], "field": line[FIELD]} | ({"message_zh": rule.message_zh} if rule else {})
        found.setdefault((line[BATCH], line[ROW_NUMBER]), []).append(said)
    return found


def warnings(hub: Hub, dataset_id: str, places: set[tuple[str, int, str]]) -> dict[Place, list[dict[str, str]]]:
    """What findings say of accepted rows, by batch and row; nothing of batches whose findings are no longer there."""
    rules = {rule.id: rule for rule in hub.catalog.rules[dataset_id]}
    found: dict[Place, list[dict[str, str]]] = {}
    for batch, provider in sorted({(batch, provider) for batch, _, provider in places}):
        path = hub.home.outbox(provider, batch) / FINDINGS_CSV
        if not path.exists():
            continue
        numbers = [str(row) for b, row, _ in places if b == batch]
        lines = pl.scan_csv(path, infer_schema=False).filter(
            pl.col("row_number").is_in(numbers) & (pl.col("severity") == "warn")
        )
        for line in lines.select("row_number", "rule_id", "field").collect().to_dicts():
            rule = rules.get(line["rule_id"])
            said = {"rule_id": line["rule_id"], "field": line["field"]}
            said |= {"message_zh": rule.message_zh, "message_en": rule.message_en} if rule else {}
            found.setdefault((batch, int(line["row_number"])), []).append(said)
    return found


def origin(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Where a row came from: provider, file, digest of the file, row in it, when."""
    batch = known.get(row[BATCH], {})
    sha256 = batch.get("sha256")
    return {
        "provider_id": row[PROVIDER],
        "region_code": row[REGION],
        "batch_id": row[BATCH],
        "row_number": row[ROW_NUMBER],
        "file_name": batch.get("file_name"),
        "sha256": sha256,
        "raw": raw.place_of(sha256) if sha256 else None,
        "received_on": plain(row[RECEIVED_ON]),
        "received_at": batch.get("received_at"),
        "catalog_version": batch.get("catalog_version"),
    }


def _why(resolved: Resolved) -> dict[Place, dict[str, Any]]:
    """Why a row does not stand, by its place."""
    columns = [BATCH, ROW_NUMBER, KIND, DECIDED_BY, DIFFERS, WINNER_BATCH, WINNER_ROW]
    return {(row[BATCH], row[ROW_NUMBER]): row for row in resolved.superseded_versions.select(columns).to_dicts()}


def _version(
    row: Mapping[str, Any],
    why: Mapping[Place, Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
    noted: Mapping[Place, Sequence[Mapping[str, str]]],
    held: Mapping[Place, Sequence[Mapping[str, str]]],
) -> dict[str, Any]:
    place = (row[BATCH], row[ROW_NUMBER])
    lost = why.get(place)
    content = {
        name: plain(value)
        for name, value in row.items()
        if name not in PROVENANCE and not name.startswith("_") and value is not None
    }
    return {
        **origin(row, known),
        "verdict": "accepted",
        "warnings": list(noted.get(place, ())),
        "set_aside": list(held.get(place, ())),
        "stands": lost is None,
        "not_because": lost[KIND] if lost else None,
        "decided_by": lost[DECIDED_BY] if lost else None,
        "differing_fields": lost[DIFFERS].split(",") if lost and lost[DIFFERS] else [],
        "stands_instead": {"batch_id": lost[WINNER_BATCH], "row_number": lost[WINNER_ROW]} if lost else None,
        "content": content,
    }
