"""What a provider still has to correct: ``outbox/<provider_id>/open.csv`` (every row) and ``open.html`` (for a person).

A row that was sent again and refused again is listed once, as it was refused last; its age runs from the first refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from pipelines.catalog import Catalog, Dataset
from pipelines.collecting.fitting import fitting
from pipelines.pages.theme import render
from pipelines.storage.columns import ANSWERS_TO, BATCH, PROVIDER, RECEIVED_ON, RECORD_KEY, ROW_NUMBER
from pipelines.storage.files import make_folder, replace_file, replaced
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.outbox import OPEN_CSV, OPEN_HTML

COLUMNS: Final = {
    "quarantine_id": pl.String(),
    "provider_id": pl.String(),
    "dataset_id": pl.String(),
    "dataset_zh": pl.String(),
    "file_name": pl.String(),
    "batch_id": pl.String(),
    "row_number": pl.Int64(),
    "refused_on": pl.Date(),
    "first_refused_on": pl.Date(),
    "age_days": pl.Int64(),
    "times_refused": pl.Int64(),
    "rule_ids": pl.String(),
    "reasons_zh": pl.String(),
}
_MOST_SHOWN: Final = 200
_MOST_FILES: Final = 100


def open_rows(hub: Hub, providers: Sequence[str], day: date) -> pl.DataFrame:
    """Open rows of some providers, the oldest first.

    Args:
        hub: the hub.
        providers: their ids.
        day: the day up to which ages run.

    Returns:
        The columns of ``COLUMNS``.
    """
    known = ledger(hub.home, "batches").scan().filter(pl.col("provider_id").is_in(list(providers)))
    batches = known.select(pl.col("batch_id").alias(BATCH), "file_name").collect()
    parts = [pl.DataFrame(schema=COLUMNS)]
    for dataset_id, dataset in hub.catalog.datasets.items():
        if hub.quarantine(dataset_id).snapshot() is None:
            continue
        fields = [field.id for field in hub.catalog.fields(dataset_id)]
        rows = (
            hub.still_open(dataset_id)
            .filter(pl.col(PROVIDER).is_in(list(providers)))
            .select(
                *("quarantine_id", PROVIDER, BATCH, ROW_NUMBER, RECEIVED_ON, "rule_ids", "raw_text"),
                *(RECORD_KEY, ANSWERS_TO, *fields),
            )
            .collect()
            .join(batches, on=BATCH)
        )
        if rows.height:
            said = {rule.id: rule.message_zh for rule in hub.catalog.rules[dataset_id]}
            parts.append(
                _listed(
                    _last_of_each(_with_threads(rows, hub.catalog, dataset)), dataset_id, dataset.title_zh, said, day
                )
            )
    return pl.concat(parts).sort("provider_id", "first_refused_on", "dataset_id", "batch_id", "row_number")


def write_open_rows(hub: Hub, providers: Sequence[str], day: date) -> None:
    """Write the lists of some providers; one who has nothing open and never had gets none."""
    found = open_rows(hub, providers, day)
    for provider in providers:
        folder = hub.home.outbox_of(provider)
        mine = found.filter(pl.col("provider_id") == provider)
        if mine.is_empty() and not (folder / OPEN_CSV).exists():
            continue
        make_folder(folder)
        with replaced(folder / OPEN_CSV) as stream:
            mine.write_csv(stream, line_terminator="\r\n", include_bom=True)
        replace_file(folder / OPEN_HTML, _page(hub, provider, mine, day).encode())


def _last_of_each(rows: pl.DataFrame) -> pl.DataFrame:
    """Of every record the refusal that came last, with the first day and the number of refusals."""
    rows = rows.sort(RECEIVED_ON, BATCH, ROW_NUMBER)
    return (
        rows.with_columns(
            pl.col(RECEIVED_ON).min().over("thread").alias("first_refused_on"),
            pl.col(BATCH).n_unique().over("thread").cast(pl.Int64).alias("times_refused"),
        )
        .with_columns((pl.col(BATCH) == pl.col(BATCH).last().over("thread")).alias("last"))
        .filter("last")
    )


def _with_threads(rows: pl.DataFrame, catalog: Catalog, dataset: Dataset) -> pl.DataFrame:
    """The rows with ``thread``, which names the record: one key or the same cells are one, and so is a row and what it answers."""
    names = ["raw_text", *(field.id for field in catalog.fields(dataset.id))]
    cells = pl.concat_str([pl.col(name).fill_null("") for name in names], separator="\x1f")
    own = pl.coalesce(pl.when(pl.col(RECORD_KEY) != "").then(RECORD_KEY), cells.hash().cast(pl.String))
    named = rows.with_columns(pl.concat_str(PROVIDER, own, separator="\x1f").alias("thread"))
    answers = named.filter(pl.col(ANSWERS_TO).is_not_null()).with_columns(pl.col(ANSWERS_TO).alias("quarantine_id"))
    there = named.select("quarantine_id", pl.col("thread").alias("before"))
    linked = fitting(catalog, dataset, rows, answers).join(there, on="quarantine_id")
    links = linked.select("thread", "before").unique().sort("thread", "before").rows()
    of: dict[str, str] = {}

    def first(name: str) -> str:
        while name in of:
            name = of[name]
        return name

    for thread, before in links:
        one, other = first(thread), first(before)
        if one != other:
            of[one] = other
    return named.with_columns(pl.col("thread").replace({name: first(name) for name in of}))


def _listed(rows: pl.DataFrame, dataset_id: str, title: str, said: dict[str, str], day: date) -> pl.DataFrame:
    reasons = pl.col("rule_ids").list.eval(pl.element().replace_strict(said, default=pl.element()))
    return rows.select(
        "quarantine_id",
        pl.col(PROVIDER).alias("provider_id"),
        pl.lit(dataset_id).alias("dataset_id"),
        pl.lit(title).alias("dataset_zh"),
        "file_name",
        pl.col(BATCH).alias("batch_id"),
        pl.col(ROW_NUMBER).alias("row_number"),
        pl.col(RECEIVED_ON).alias("refused_on"),
        "first_refused_on",
        (pl.lit(day) - pl.col("first_refused_on")).dt.total_days().alias("age_days"),
        "times_refused",
        pl.col("rule_ids").list.join(" "),
        reasons.list.join("").alias("reasons_zh"),
    )


def _page(hub: Hub, provider_id: str, rows: pl.DataFrame, day: date) -> str:
    provider = hub.catalog.providers.get(provider_id)
    files: list[dict[str, Any]] = (
        rows.group_by("batch_id", "file_name", "dataset_zh", "refused_on")
        .agg(pl.len().alias("rows"), pl.col("age_days").max())
        .sort("refused_on", "batch_id")
        .head(_MOST_FILES)
        .to_dicts()
    )
    return render(
        "receipts/open.html.j2",
        provider_zh=provider.title_zh if provider else provider_id,
        day=day.isoformat(),
        total=rows.height,
        oldest=rows["first_refused_on"].min(),
        oldest_days=rows["age_days"].max(),
        files=files,
        rows=rows.head(_MOST_SHOWN).to_dicts(),
    )
