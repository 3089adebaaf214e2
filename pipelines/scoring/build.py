"""Computes a scorecard and puts it in its place: ``score(home, catalog, pages, period=..., as_of=...)``."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import polars as pl

from pipelines.catalog import Catalog
from pipelines.ground.limits import MEMORY_LIMIT
from pipelines.scoring.assemble import assemble
from pipelines.scoring.card import compute, measured
from pipelines.scoring.model import PeriodCard
from pipelines.scoring.period import Period
from pipelines.scoring.relations import known_batches
from pipelines.scoring.table import CONTRACT, tables
from pipelines.scoring.versions import Version, carry, earlier, next_version
from pipelines.storage.home import Home
from pipelines.storage.ledger import ledger
from pipelines.storage.scorecards import INDEX, MODEL, TABLE, WORKBOOK

_LOCK: Final = "scorecards.lock"
_DIGITS: Final = 16


class Pages(Protocol):
    """What people read of a scorecard; a floor above writes it."""

    def write(self, card: PeriodCard, folder: Path) -> None:
        """Pages and the workbook ``WORKBOOK`` of a period into its folder."""

    def write_index(self, scorecards: Path) -> None:
        """The page that lists all periods."""


@dataclass(frozen=True)
class ScoreResult:
    """What ``score`` wrote.

    ``frame`` is the content of ``table``, ``recorded`` whether it is new in the ledger, ``version`` which version of the period
    it is, and ``model`` what the pages were made from.
    """

    period: str
    folder: Path
    index: Path
    regions: dict[str, Path]
    table: Path
    workbook: Path
    frame: pl.DataFrame
    recorded: bool
    version: Version
    model: PeriodCard


def periods(home: Home, catalog: Catalog) -> list[str]:
    """Months in which anything came from a region, the oldest first."""
    known = known_batches(home, catalog).filter(pl.col("region_code").is_in(list(catalog.regions)))
    months = known.select(pl.col("received_on").dt.strftime("%Y-%m")).collect().to_series()
    return sorted(months.drop_nulls().unique())


def score(
    home: Home,
    catalog: Catalog,
    pages: Pages,
    *,
    period: str,
    as_of: datetime,
    memory_limit: str = MEMORY_LIMIT,
) -> ScoreResult:
    """Score every region and sector for a period, write pages, tables and workbook, and note the indicators in the ledger.

    Args:
        home: where the ledger and the lake are.
        catalog: regions, feeds owed, rules and the scheme.
        pages: writes what people read, from the model.
        period: ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY``; deliveries received on a day of it count.
        as_of: an aware instant; what was received on a later day (in China) is not looked at.
        memory_limit: what DuckDB may hold before it spills to disk.

    Returns:
        Paths and the table. The same ledger, catalogue, period and ``as_of`` give the same bytes, and the same numbers stay
        the same version.

    Raises:
        InputError: ``period`` is no period or has not begun.
    """
    span = Period.parse(period, as_of)
    facts = measured(home, catalog, since_anything_came(home, catalog, span), memory_limit=memory_limit)
    card = compute(home, catalog, span, facts)
    made = tables(card)
    with home.locked(_LOCK):
        folder = home.scorecards / span.label
        _put_back(folder)
        version = next_version(
            folder,
            made,
            card.scheme,
            period=span.label,
            as_of=span.as_of_text,
            final=not span.running,
            catalog_version=catalog.version,
        )
        with _exchanged(folder) as new:
            carry(folder, new, version)
            for name, frame in made.items():
                frame.write_parquet(new / f"{name}.parquet", compression_level=1)
            version.put(new)
            model = assemble(home, catalog, card, facts, version, earlier(new), new)
            (new / MODEL).write_text(json.dumps(model, default=vars, ensure_ascii=False) + "\n", encoding="utf-8")
            pages.write(model, new)
        pages.write_index(home.scorecards)
        recorded = _record(home, made["scorecard"], span, catalog.version)
    return ScoreResult(
        period=span.label,
        folder=folder,
        index=folder / INDEX,
        regions={code: folder / f"{code}.html" for code in catalog.regions},
        table=folder / TABLE,
        workbook=folder / WORKBOOK,
        frame=made["scorecard"],
        recorded=recorded,
        version=version,
        model=model,
    )


@contextmanager
def _exchanged(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``folder`` when it is full; nobody sees a half-written one.

    POSIX cannot replace a folder that is not empty, so the old one steps aside first. A crash between the two renames
    leaves the old one beside; the next run puts it back, for it holds the versions that were issued.
    """
    new, old = _beside(folder)
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    yield new
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def since_anything_came(home: Home, catalog: Catalog, span: Period) -> list[Period]:
    """The periods of the trend, those before the first delivery left out."""
    first = known_batches(home, catalog).select(pl.col("received_on").min()).collect().item()
    return [one for one in span.trend() if one.label == span.label or (first is not None and first < one.end)]


def _put_back(folder: Path) -> None:
    """After a crash between the two renames: the old folder takes its place again."""
    _, old = _beside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)


def _beside(folder: Path) -> tuple[Path, Path]:
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")


def _record(home: Home, frame: pl.DataFrame, period: Period, catalog_version: str) -> bool:
    """Append the indicators to the ledger unless its latest entry for the period says the same already."""
    table = ledger(home, "indicators")
    frame = frame.select(CONTRACT.keys())
    known = table.scan().filter(pl.col("period") == period.label).collect()
    latest = known.filter(pl.col("as_of") == pl.col("as_of").max())
    if latest.height and _digest(latest.select(CONTRACT.keys())) == _digest(frame):
        return False
    entry = frame.with_columns(as_of=pl.lit(period.as_of_text), catalog_version=pl.lit(catalog_version))
    transaction = f"score-{period.label}-{_digest(entry)}"
    scratch = home.work(f"score-{period.label}")
    try:
        return table.append_frame(transaction, entry, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _digest(frame: pl.DataFrame) -> str:
    """Of the rows in whatever order."""
    content = frame.sort("region_code", "indicator").write_csv()
    return hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
