"""Ledger rows of a work group: one for each delivery, and one for each delivery and rule that was broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from pipelines.catalog import Rule
from pipelines.reading import Problem
from pipelines.storage.delivery import Delivery
from pipelines.storage.ledger import BATCHES, RULE_COUNTS

NOTHING: Final = {
    "rows_in": 0, "rows_accepted": 0, "rows_refused": 0, "rows_warned": 0, "rows_confirmed": 0,
    "required_cells": 0, "missing_cells": 0,
    "code_rows": 0, "code_valid_rows": 0, "dated_rows": 0, "late_rows": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery."""

    delivery: Delivery
    status: str
    counts: Mapping[str, int]
    encoding: str = ""
    problem: Problem | None = None
    unknown_columns: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    skipped_rows: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def row(self, group_id: str, catalog_version: str) -> dict[str, Any]:
        """The row of ``batches``."""
        delivery = self.delivery
        return {
            "batch_id": delivery.batch_id,
            "first_batch_id": delivery.first_batch_id,
            "group_id": group_id,
            "provider_id": delivery.provider_id,
            "region_code": delivery.region_code,
            "dataset_id": delivery.dataset_id,
            "file_name": delivery.file_name,
            "sha256": delivery.sha256,
            "bytes": delivery.bytes,
            "encoding": self.encoding,
            "received_on": delivery.day,
            "received_at": delivery.received_at,
            "status": self.status,
            "problem_code": self.problem.code if self.problem else None,
            "problem_zh": self.problem.message_zh if self.problem else None,
            "problem_en": self.problem.message_en if self.problem else None,
            "catalog_version": catalog_version,
            "unknown_columns": list(self.unknown_columns),
            "columns": list(self.columns),
            "asides": list(self.skipped_rows),
            "notices": list(self.notices),
            **_of_manifest(delivery, self.problem),
            **NOTHING,
            **self.counts,
        }


def _of_manifest(delivery: Delivery, problem: Problem | None) -> dict[str, Any]:
    """What the ledger keeps of a manifest: whether it agreed, and what it said of period and operation."""
    said = delivery.manifest or {}
    differs = problem is not None and problem.code.startswith("manifest_")
    begins, ends = said.get("period_from"), said.get("period_to")
    return {
        "manifest": "differs" if differs else "agreed" if said else None,
        "period_from": date.fromisoformat(begins) if begins else None,
        "period_to": date.fromisoformat(ends) if ends else None,
        "operation": said.get("operation"),
    }


def status_of(accepted: int, refused: int) -> str:
    """``accepted``, ``partial`` or ``rejected`` by how many rows were which."""
    if refused == 0:
        return "accepted" if accepted else "rejected"
    return "partial" if accepted else "rejected"


def batches(outcomes: Sequence[Outcome], group_id: str, catalog_version: str) -> pl.DataFrame:
    """Rows of the ledger table ``batches``, by batch id."""
    rows = [outcome.row(group_id, catalog_version) for outcome in outcomes]
    return pl.DataFrame(rows, schema=dict(BATCHES)).sort("batch_id")


def rule_counts(counts: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Rows of the ledger table ``rule_counts`` from ``_batch_id, rule_id, rows, confirmed``; there ``rows`` are the others."""
    known = pl.DataFrame(
        {
            "rule_id": [r.id for r in rules],
            "severity": [r.severity.value for r in rules],
            "dimension": [r.dimension.value for r in rules],
            "responsibility": [r.responsibility for r in rules],
            "field": [r.field for r in rules],
        },
        schema={name: RULE_COUNTS[name] for name in ("rule_id", "severity", "dimension", "responsibility", "field")},
    )
    return (
        counts.with_columns(pl.col("rows") - pl.col("confirmed"))
        .join(known, on="rule_id", how="inner", maintain_order="left")
        .rename({"_batch_id": "batch_id"})
        .select(*RULE_COUNTS)
        .sort("batch_id", "rule_id")
    )
