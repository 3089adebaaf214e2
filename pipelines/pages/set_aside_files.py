"""What goes back to providers: ``outbox/<provider_id>/set_aside.csv``, accepted rows that no product shows.

One line for each row and field, of all datasets as they stand; the value itself is never there. UTF-8 with byte order mark. The
file is there while the provider has such rows: a later version of the record, or a withdrawal, takes its lines away, and the last
one the file. Receipts of earlier deliveries stay as they are.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.storage.columns import BATCH, PROVIDER, ROW_NUMBER
from pipelines.storage.files import replace_file
from pipelines.storage.hub import Lake
from pipelines.storage.outbox import SET_ASIDE_CSV
from pipelines.storage.set_aside import CLOSED_ON, FIELD, RULE, read_set_aside

COLUMNS: Final = ("dataset_id", "batch_id", "row_number", "field", "reason_zh")
WHAT_TO_DO_ZH: Final = "这一行已入库但没有发布；请更正后重新报送这条记录，或者把它撤回。"
_LOCK: Final = "set_aside.lock"


def write_set_aside_files(hub: Lake) -> list[Path]:
    """Write the file of every provider that has rows set aside, and remove those of others.

    Returns:
        Files that were written because they said something else, or nothing, before.
    """
    written = []
    # Whoever publishes last reads last: nobody overwrites what another has just found out.
    with hub.home.locked(_LOCK):
        lines = _lines(hub)
        for provider_id, mine in sorted(lines.partition_by(PROVIDER, as_dict=True).items()):
            path = hub.home.outbox_of(str(provider_id[0])) / SET_ASIDE_CSV
            content = BOM_UTF8 + mine.select(COLUMNS).write_csv(line_terminator="\r\n").encode()
            if path.exists() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, content)
            written.append(path)
        concerned = set(lines[PROVIDER])
        for path in hub.home.outboxes.glob(f"*/{SET_ASIDE_CSV}"):
            if path.parent.name not in concerned:
                path.unlink()
    return written


def _lines(hub: Lake) -> pl.DataFrame:
    """The columns of the file, and the provider; in the order of the file."""
    found = [
        read_set_aside(hub.home, dataset_id)
        .filter(pl.col(CLOSED_ON).is_null())
        .select(PROVIDER, pl.lit(dataset_id).alias("dataset_id"), BATCH, ROW_NUMBER, FIELD, RULE)
        for dataset_id in sorted(hub.catalog.datasets)
    ]
    reasons = _reasons(hub.catalog)
    every = pl.concat(found).rename({BATCH: "batch_id", ROW_NUMBER: "row_number"})
    titles = {
        f"{dataset_id}.{field.id}": field.title_zh
        for dataset_id in hub.catalog.datasets
        for field in hub.catalog.fields(dataset_id)
    }
    title = pl.concat_str("dataset_id", pl.lit("."), FIELD).replace(titles)
    other = pl.concat_str(pl.lit("“"), title, pl.lit("”的内容不符合发布要求。"))
    said = pl.coalesce(pl.col(RULE).replace_strict(reasons, default=None, return_dtype=pl.String), other)
    places = [PROVIDER, *COLUMNS[:-1]]
    return (
        every.with_columns(said.alias("reason_zh"))
        .sort(*places, RULE)
        .group_by(places, maintain_order=True)
        .agg(pl.col("reason_zh").unique(maintain_order=True).str.join("") + WHAT_TO_DO_ZH)
    )


def _reasons(catalog: Catalog) -> dict[str, str]:
    """What is wrong, by rule."""
    return {rule.id: rule.message_zh for rules in catalog.rules.values() for rule in rules}
