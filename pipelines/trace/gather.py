"""Everything about one subject, as one object: ``credit-hub trace CODE --json``.

Only what can hold the subject is read: its bucket in lake and releases, one column of each quarantine, the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from pipelines.ground.errors import InputError
from pipelines.identifiers import MESSAGES_ZH, CodeReport, describe
from pipelines.publishing.message_register import messages_about
from pipelines.screening.subject import bucket as bucket_of
from pipelines.storage.columns import RECEIVED_ON
from pipelines.storage.conflicts import conflicts_table
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest
from pipelines.subjects import SubjectMaster
from pipelines.trace.refused import refused_rows
from pipelines.trace.releases import appearances, subject_row, tombstones
from pipelines.trace.values import plain
from pipelines.trace.versions import batches, records_of, rows_of


def trace(hub: Hub, text: str) -> dict[str, Any]:
    """What the hub knows of the subject with a credit code.

    Args:
        hub: home and catalogue.
        text: the code as typed; blanks, hyphens, full-width and lower-case letters do not matter.

    Returns:
        ``code, parts, subject, conflicts, datasets, refused, messages``; every key is there, also where there is nothing.

    Raises:
        InputError: it is no valid code, or nothing that ever came names it.
    """
    report = checked(hub, text)
    code = str(report.code)
    bucket = str(pl.select(bucket_of(pl.lit(code))).item())
    known = batches(hub)
    datasets = []
    refused: list[dict[str, Any]] = []
    with hub.home.lake_in_use():
        for dataset_id in hub.catalog.datasets:
            if found := _dataset(hub, dataset_id, bucket, code, known):
                datasets.append(found)
            refused += refused_rows(hub, hub.catalog.datasets[dataset_id], code, known)
        master = SubjectMaster.of(hub.catalog)
        subject = subject_row(hub, master.product.id, bucket, code) if master else None
        conflicts = _conflicts(hub, bucket, code)
    if not (datasets or refused or subject or conflicts):
        raise InputError(
            f"{code}: 总枢纽没有这个代码的任何记录 (no row that ever came names this code); "
            "核对代码；资料刚放入收件目录的，先运行 credit-hub collect (check the code, or run 'credit-hub collect' first)"
        )
    return {
        "code": code,
        "warnings": [warning.value for warning in report.warnings],
        "parts": report.parts.to_json() if report.parts else None,
        "subject": subject,
        "conflicts": conflicts,
        "datasets": datasets,
        "refused": refused,
        "messages": [one for found in datasets for one in found.pop("messages")],
    }


def checked(hub: Hub, text: str) -> CodeReport:
    """The report of a valid code.

    Raises:
        InputError: it is none; says why, and which was probably meant.
    """
    [report] = describe([text], pairs=hub.catalog.registrar_pairs, regions=hub.catalog.division_codes)
    if report.reason is not None:
        meant = f"；疑似应为 {report.suggestion} (probably meant: {report.suggestion})" if report.suggestion else ""
        shown = "" if report.reason.value == "citizen_id" else f"{text}: "
        raise InputError(
            f"{shown}不是有效的统一社会信用代码：{MESSAGES_ZH[report.reason]} ({report.reason.value}){meant}"
        )
    return report


def _dataset(
    hub: Hub, dataset_id: str, bucket: str, code: str, known: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any] | None:
    dataset = hub.catalog.datasets[dataset_id]
    gone = tombstones(hub, dataset, code)
    rows = rows_of(hub, dataset_id, bucket, code)
    if rows.is_empty() and not gone:
        return None
    records = []
    if rows.height:
        records = records_of(hub, dataset, rows, known, _day(hub, dataset_id, rows))
        seen = appearances(hub, dataset, bucket, code)
        for record in records:
            for version in record["versions"]:
                version["releases"] = seen.get((version["batch_id"], version["row_number"]), [])
    about = [] if rows.is_empty() else messages_about(hub, dataset_id, bucket, code, _day(hub, dataset_id, rows))
    return {
        "dataset_id": dataset_id,
        "title_zh": dataset.title_zh,
        "records": records,
        "removed": gone,
        "messages": [{name: plain(value) for name, value in one.items()} for one in about],
    }


def _day(hub: Hub, dataset_id: str, rows: pl.DataFrame) -> date:
    """The day whose order of survivorship holds: that of the latest release, or the last on which a row came."""
    manifest = latest(hub.home, dataset_id)
    if manifest is not None:
        return manifest.day
    last: date = rows[RECEIVED_ON].max()  # type: ignore[assignment]
    return last


def _conflicts(hub: Hub, bucket: str, code: str) -> list[dict[str, Any]]:
    """Conflicts the subject has a part in, with all their statements."""
    table = conflicts_table(hub.home)
    files = [path for path, partition in table.files().items() if partition in (bucket, "names")]
    if not files:
        return []
    rows = table.scan(files)
    mine = rows.filter(pl.col("credit_code") == code).select("conflict_id").unique()
    found: dict[str, dict[str, Any]] = {}
    for row in rows.join(mine, on="conflict_id", how="semi").collect().sort("conflict_id", "provider_id").to_dicts():
        one = found.setdefault(row["conflict_id"], {"kind": row["kind"], "statements": []})
        one["statements"].append(
            {name: plain(value) for name, value in row.items() if name not in ("conflict_id", "kind")}
        )
    return list(found.values())
