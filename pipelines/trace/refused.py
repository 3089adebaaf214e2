"""Rows that were refused and name a subject's code, where a code can be found in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipelines.catalog import Dataset
from pipelines.identifiers import clean
from pipelines.storage.columns import RECEIVED_ON
from pipelines.storage.hub import Hub
from pipelines.trace.versions import origin


def refused_rows(hub: Hub, dataset: Dataset, code: str, known: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Refused rows of a dataset whose code, cleaned, is the one asked for, and malformed lines in which it stands.

    Args:
        hub: for quarantine and rules.
        dataset: whose quarantine.
        code: a valid credit code.
        known: batches.
    """
    table = hub.quarantine(dataset.id)
    if not table.files():
        return []
    in_cell = clean(pl.col(dataset.subject.credit_code)) == code
    in_line = pl.col("raw_text").str.contains(code, literal=True)
    rows = table.scan().filter(in_cell.fill_null(False) | in_line.fill_null(False)).collect()
    rules = {rule.id: rule for rule in hub.catalog.rules[dataset.id]}
    found = []
    for row in rows.sort(RECEIVED_ON, "quarantine_id").to_dicts():
        broken = []
        for rule_id in row["rule_ids"]:
            rule = rules.get(rule_id)
            said = {"message_zh": rule.message_zh, "message_en": rule.message_en} if rule else {}
            broken.append({"rule_id": rule_id} | said)
        found.append(
            {
                **origin(row, known),
                "dataset_id": dataset.id,
                "verdict": "refused",
                "quarantine_id": row["quarantine_id"],
                "rules": broken,
            }
        )
    return found
