"""The receipt of a delivery, made from the ledger alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.catalog import Rule
from pipelines.catalog.links import FROM_RECEIPT, link
from pipelines.storage.receipt import Receipt


def receipt(
    batch: Mapping[str, Any],
    counts: Sequence[Mapping[str, Any]],
    rules: Mapping[str, Rule],
    corrected: Sequence[Mapping[str, Any]] = (),
    *,
    site: str | None = FROM_RECEIPT,
) -> Receipt:
    """The receipt of one delivery.

    Args:
        batch: its row of the ledger table ``batches``.
        counts: its rows of ``rule_counts``.
        rules: rules of the dataset by id.
        corrected: ``batch_id, file_name, rows`` of earlier batches of which it brought refused rows right.
        site: the way to the catalogue's site; None where there is none.
    """
    content: dict[str, Any] = {
        "batch_id": batch["batch_id"],
        "provider_id": batch["provider_id"],
        "region_code": batch["region_code"],
        "dataset_id": batch["dataset_id"],
        "file_name": batch["file_name"],
        "sha256": batch["sha256"],
        "bytes": batch["bytes"],
        "encoding": batch["encoding"],
        "received_at": batch["received_at"],
        "status": batch["status"],
        "catalog_version": batch["catalog_version"],
        "catalog_site": site,
        "rows": {
            "in": batch["rows_in"],
            "accepted": batch["rows_accepted"],
            "refused": batch["rows_refused"],
            "warned": batch["rows_warned"],
        },
        "rules": [
            _rule(count, rules)
            for count in sorted(counts, key=lambda c: (c["severity"], -c["rows"], c["rule_id"]))
            if count["rows"]
        ],
        "confirmed": {
            "rows": batch["rows_confirmed"] or 0,
            "rules": [
                {"rule_id": count["rule_id"], "rows": count["confirmed"], "message_zh": _message(count, rules)}
                for count in sorted(counts, key=lambda c: c["rule_id"])
                if count["confirmed"]
            ],
        },
        "corrects": {"rows": sum(one["rows"] for one in corrected), "batches": [dict(one) for one in corrected]},
        "problem": None,
        "columns": list(batch["columns"] or []),
        "unknown_columns": list(batch["unknown_columns"] or []),
        "not_records": list(batch["asides"] or []),
        "notices": list(batch["notices"] or []),
        "manifest": batch["manifest"],
    }
    if batch["problem_code"]:
        content["problem"] = {
            "code": batch["problem_code"],
            "message_zh": batch["problem_zh"],
            "message_en": batch["problem_en"],
        }
    if batch["first_batch_id"]:
        content["first_batch_id"] = batch["first_batch_id"]
    return Receipt(**content)


def _message(count: Mapping[str, Any], rules: Mapping[str, Rule]) -> str:
    rule = rules.get(count["rule_id"])
    return rule.message_zh if rule else ""


def _rule(count: Mapping[str, Any], rules: Mapping[str, Rule]) -> dict[str, Any]:
    rule = rules.get(count["rule_id"])
    return {
        "rule_id": count["rule_id"],
        "severity": count["severity"],
        "dimension": count["dimension"],
        "field": count["field"],
        "rows": count["rows"],
        "message_zh": _message(count, rules),
        "message_en": rule.message_en if rule else "",
        "catalog_page": link(rule.id) if rule else None,
    }
