"""Messages about records, as providers read them (contract.md, "Messages").

    outbox/<provider_id>/messages.csv         messages of others about this provider's records that await its answer
    outbox/<provider_id>/messages_sent.csv    what became of the messages it sent about records of others

UTF-8 with byte order mark, so that a spreadsheet opens them. A provider that has none has no such file.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.pages.words import WORDS
from pipelines.privacy.mask import identifiers_masked
from pipelines.records.message_states import OPEN
from pipelines.screening.findings import escape_formula
from pipelines.storage.files import replace_file
from pipelines.storage.home import Home
from pipelines.storage.outbox import MESSAGES_CSV, SENT_CSV

COLUMNS: Final = (
    "message_id", "kind", "dataset_id", "document_number", "authority_code", "asked_by", "asked_on", "due_on", "claim",
)  # fmt: skip
SENT_COLUMNS: Final = (
    "message_id", "kind", "dataset_id", "document_number", "authority_code", "record_provider", "asked_on", "due_on", "state",
    "state_zh", "reason_zh",
)  # fmt: skip
STATES_ZH: Final = WORDS["message_state"]


def write_message_files(home: Home, catalog: Catalog, register: pl.DataFrame) -> list[Path]:
    """Write both files of every provider, and remove those that no longer say anything.

    Args:
        home: where the outboxes are.
        catalog: for the providers.
        register: as ``message_register`` gives it.

    Returns:
        The files that were written.
    """
    others = register.filter(pl.col("sender").ne_missing(pl.col("record_provider")))
    reason = pl.struct(pl.all()).map_elements(reason_zh, return_dtype=pl.String).alias("reason_zh")
    waiting = others.filter(pl.col("state").is_in([str(state) for state in OPEN])).rename({"sender": "asked_by"})
    sent = others.with_columns(pl.col("state").replace(STATES_ZH).alias("state_zh"), reason)
    written = []
    for name, rows, whose, columns in (
        (MESSAGES_CSV, waiting, "record_provider", COLUMNS),
        (SENT_CSV, sent, "sender", SENT_COLUMNS),
    ):
        by_provider = {str(key): part for (key,), part in rows.partition_by(whose, as_dict=True).items() if key}
        for provider_id in sorted({*by_provider, *catalog.providers}):
            path = home.outbox_of(provider_id) / name
            part = by_provider.get(provider_id)
            if part is None:
                path.unlink(missing_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, BOM_UTF8 + _shown(part.select(columns)).write_csv(line_terminator="\r\n").encode())
            written.append(path)
    return written


def reason_zh(message: dict[str, Any]) -> str | None:
    """Why a message has the state it has, in one sentence; None where the state says it all."""
    state, unmet = message["state"], message["unmet"]
    if state == "refused" and unmet == "min_display":
        return f"最短公示期未满，{_day(message['repairable_from'])}起才能修复。"
    if state == "refused" and unmet is not None:
        return _UNMET_ZH.get(str(unmet), "不符合修复条件。")
    if state == "refused":
        said = message["reply_reason"]
        return f"记录的报送单位不同意：{said}" if said else "记录的报送单位不同意。"
    if message["record_provider"] is None and state in ("pending", "lapsed"):
        return "总枢纽没有收到所指的记录，请核对目录项、文书号、认定机关。"
    if state == "pending":
        return f"本单位不代表该记录的认定机关，须经报送单位在{_day(message['due_on'])}前答复同意。"
    return None


_UNMET_ZH: Final = {
    "duty_fulfilled": "没有履行完法定义务，不能修复。",
    "commitment_made": "没有作出信用承诺，不能修复。",
}


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _shown(rows: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, kind in rows.schema.items() if kind == pl.String]
    return rows.with_columns(escape_formula(identifiers_masked(pl.col(name))).alias(name) for name in texts)
