"""The cells of rows that were sent back, as they came: what a mask hides of a corrected row is taken from there.

findings.xlsx shows the rows to correct with personal numbers masked, for it lies in an outbox. Whoever corrects another cell and
sends the sheet again sends the masks too. So a cell that is the mask of what the row named by 退回编号 had, is that; only of the
same provider, and only where the row fits (``fitting``). The original is read from the file in the raw zone, the only place it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.collecting.fitting import fitting
from pipelines.reading import Terms, Unreadable, open_source, salvage
from pipelines.screening import Screen
from pipelines.screening.confirmation import ECHO
from pipelines.screening.findings import shown
from pipelines.screening.tidy import text as tidied
from pipelines.storage import raw
from pipelines.storage.columns import BATCH, PROVIDER, ROW_NUMBER
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger

Originals = Callable[[str, Sequence[str]], pl.DataFrame]
"""Of a provider's refused rows, by their numbers: ``quarantine_id``, ``_provider_id``, ``raw_text`` and the fields as they came."""
_STAR: Final = "*"
_MOST_FILES: Final = 50
"""Files of the raw zone that are read again for one slice of rows."""
_CAME: Final = "_came:"


def with_originals(rows: pl.DataFrame, screen: Screen, originals: Originals | None) -> pl.DataFrame:
    """Rows in which no mask stands for a number that the hub has.

    Args:
        rows: of files, the fields as text, with ``_provider_id``.
        screen: of the dataset.
        originals: what the hub has; without, nothing is changed.
    """
    if originals is None or ECHO.id not in rows.columns or rows[ECHO.id].null_count() == rows.height:
        return rows
    names = [name for name in screen.names if name in rows.columns]
    starred = pl.any_horizontal(pl.col(name).str.contains(_STAR, literal=True) for name in names).fill_null(False)
    place = "_place"
    placed = rows.with_row_index(place)
    answers = placed.filter(starred & pl.col(ECHO.id).is_not_null()).with_columns(
        pl.col(ECHO.id).map_batches(tidied, return_dtype=pl.String).alias("quarantine_id")
    )
    if answers.is_empty():
        return rows
    came = [
        originals(str(provider), some["quarantine_id"].unique().to_list())
        for (provider,), some in answers.partition_by(PROVIDER, as_dict=True).items()
    ]
    known = pl.concat(came)
    fit = fitting(screen.catalog, screen.dataset, known, answers)
    beside = known.select("quarantine_id", PROVIDER, *(pl.col(name).alias(_CAME + name) for name in names))
    both = fit.join(beside.unique("quarantine_id"), on=["quarantine_id", PROVIDER], how="inner")
    fields = {field.id: field for field in screen.fields}
    restored = both.select(
        place,
        *(
            pl.when((pl.col(name) == shown(fields[name], pl.col(_CAME + name))) & pl.col(name).str.contains(r"\*"))
            .then(pl.col(_CAME + name))
            .otherwise(pl.col(name))
            .alias(name)
            for name in names
        ),
    )
    return placed.update(restored, on=place, how="left").drop(place)


def refused_before(hub: Hub, dataset_id: str, provider_id: str, numbers: Sequence[str]) -> pl.DataFrame:
    """Of some numbers those that name refused rows of a provider: rows of the quarantine."""
    wanted = pl.col("quarantine_id").is_in(list(numbers)) & (pl.col(PROVIDER) == provider_id)
    return hub.quarantine(dataset_id).scan().filter(wanted).collect()


def known_in(hub: Hub, dataset_id: str) -> Callable[[str], Callable[[Sequence[str]], pl.DataFrame]]:
    """By provider, ``refused_before`` of one dataset."""
    return lambda provider_id: partial(refused_before, hub, dataset_id, provider_id)


def originals_of(hub: Hub, screen: Screen) -> Originals:
    """What a hub has of the rows it sent back: read again from the raw zone; of a line that was no row, what the quarantine has.

    Args:
        hub: home and catalogue; no lake file may be removed meanwhile.
        screen: of the dataset.
    """

    def of(provider_id: str, numbers: Sequence[str]) -> pl.DataFrame:
        rows = refused_before(hub, screen.dataset.id, provider_id, numbers).select(
            "quarantine_id", PROVIDER, BATCH, ROW_NUMBER, "raw_text", *screen.names
        )
        digests = (
            ledger(hub.home, "batches")
            .scan()
            .filter(pl.col("batch_id").is_in(rows[BATCH].unique().implode()))
            .select(pl.col("batch_id").alias(BATCH), "sha256")
            .collect()
        )
        found = [rows.drop(BATCH, ROW_NUMBER)]
        for batch, sha256 in digests.sort(BATCH).head(_MOST_FILES).rows():
            mine = rows.filter((pl.col(BATCH) == batch) & pl.col("raw_text").is_null())
            cells = _cells(hub, screen, raw.record_of(hub.home, sha256, batch), mine[ROW_NUMBER].to_list())
            both = mine.select("quarantine_id", PROVIDER, ROW_NUMBER, "raw_text").join(cells, on=ROW_NUMBER)
            found.append(both.select(found[0].columns))
        return pl.concat(found).unique("quarantine_id", keep="last", maintain_order=True)

    return of


def _cells(hub: Hub, screen: Screen, record: Path, numbers: Sequence[int]) -> pl.DataFrame:
    """Some rows of a file in the raw zone, the fields as they came; none where it cannot be read any more."""
    nothing = pl.DataFrame(schema={ROW_NUMBER: pl.Int64, **dict.fromkeys(screen.names, pl.String)})
    if not numbers or not record.exists():
        return nothing
    delivery = Delivery.read(record)
    path = raw.path_of(hub.home, delivery.sha256)
    terms = Terms(hub.settings.limits, screen.dataset.layouts, (delivery.manifest or {}).get("schema_version"))
    with tempfile.TemporaryDirectory(prefix="returned-") as scratch:
        for read in (open_source, salvage):
            try:
                source = read(path, delivery.suffix, screen.delivered, screen.dataset.title_zh, Path(scratch), terms)
                return source.rows.filter(pl.col(ROW_NUMBER).is_in(list(numbers))).select(nothing.columns).collect()
            except (Unreadable, pl.exceptions.PolarsError):
                continue
    return nothing
