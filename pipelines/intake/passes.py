"""One streaming pass over the files of a work group: read, screen, split, stage, count.

The fast reader reads all files in one plan. A file it cannot read, or whose separators do not account for its rows, is read
again line by line, and the pass is repeated: a damaged file costs time, a clean one does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.errors import HubError
from pipelines.intake.delivery import Delivery
from pipelines.lake.tables import COMPRESSION_LEVEL
from pipelines.reading import EMPTY, LAST_EMPTY, Source, Unreadable, salvage
from pipelines.screening import BATCH, BUCKET, Screen
from pipelines.screening.columns import PROVIDER, RECEIVED_ON, REGION

_FEW: Final = 4  # files read directly; more are joined into one Parquet first, because tiny files make tiny morsels


@dataclass(frozen=True)
class Opened:
    """A delivery whose file can be read."""

    delivery: Delivery
    path: Path
    source: Source


@dataclass(frozen=True)
class Passed:
    """What one pass left on disk and counted.

    ``accepted`` holds the accepted rows by bucket, ``flagged`` the rows that broke any rule, ``staged`` all rows before the
    split; ``measured`` has the columns of ``Screen.measured``; ``rejected`` the files that turned out to be unreadable.
    """

    opened: tuple[Opened, ...]
    accepted: Path
    flagged: Path
    staged: Path
    measured: pl.DataFrame
    rejected: tuple[tuple[Delivery, Unreadable], ...]


def screen_files(screen: Screen, opened: Sequence[Opened], work: Path) -> Passed:
    """Screen the files of a group.

    Args:
        screen: the dataset, compiled.
        opened: at least one file of that dataset.
        work: scratch folder of the group.

    Raises:
        HubError: the files cannot be read in either way.
    """
    current = list(opened)
    rejected: list[tuple[Delivery, Unreadable]] = []
    for _ in range(3):
        try:
            passed, seen = _one_pass(screen, current, work)
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError, pl.exceptions.ShapeError, pl.exceptions.NoDataError) as error:
            damaged = {one.delivery.batch_id for one in current if _cannot_be_read(one, work)}
            if not damaged:
                raise HubError(f"a plan failed on files that each can be read: {error}") from error
        else:
            damaged = {
                one.delivery.batch_id
                for one in current
                if not one.source.accounts_for(*seen.get(one.delivery.batch_id, (0, 0, 0)))
            }
            if not damaged:
                return Passed(tuple(current), *passed, tuple(rejected))
        current = _salvaged(screen, current, damaged, work, rejected)
        if not current:
            return Passed((), work / "none", work / "none", work / "none", pl.DataFrame(), tuple(rejected))
    raise HubError("files stayed unreadable after they were read line by line")


def in_time_from(catalog: Catalog, delivery: Delivery) -> pl.Expr:
    """Literal: the earliest date that is still in time on the day of receipt."""
    timeliness = catalog.datasets[delivery.dataset_id].timeliness
    if timeliness is None:
        return pl.lit(None, dtype=pl.Date)
    return pl.lit(catalog.working_days.earliest_in_time(delivery.day, timeliness.working_days))


def _one_pass(
    screen: Screen, opened: Sequence[Opened], work: Path
) -> tuple[tuple[Path, Path, Path, pl.DataFrame], dict[str, tuple[int, int, int]]]:
    frames = [_identified(screen.catalog, one) for one in opened]
    rows = pl.concat(frames)
    if len(opened) > _FEW:
        joined = work / "joined.parquet"
        rows.sink_parquet(joined, compression="lz4", mkdir=True)
        rows = pl.scan_parquet(joined)
    seen = rows.group_by(BATCH).agg(
        (~pl.col(EMPTY)).sum().cast(pl.Int64).alias("rows"),
        pl.col(EMPTY).sum().cast(pl.Int64).alias("empty"),
        pl.col(LAST_EMPTY).sum().cast(pl.Int64).alias("last_empty"),
    )
    judged = screen.judged(screen.tidied(rows.filter(~pl.col(EMPTY)).drop(EMPTY, LAST_EMPTY)))
    accepted, flagged, staged = work / "accepted", work / "flagged.parquet", work / "staged.parquet"
    accepted.mkdir(parents=True, exist_ok=True)
    for stale in accepted.rglob("*.parquet"):
        stale.unlink()
    results = pl.collect_all(
        [
            screen.accepted(judged).sink_parquet(
                pl.PartitionBy(accepted, key=BUCKET, include_key=False, approximate_bytes_per_file=1 << 40),
                compression_level=COMPRESSION_LEVEL,
                lazy=True,
                mkdir=True,
            ),
            screen.flagged(judged).sink_parquet(flagged, compression="lz4", lazy=True, mkdir=True),
            screen.staged(judged).sink_parquet(staged, compression="lz4", lazy=True, mkdir=True),
            screen.measured(judged),
            seen,
        ],
        engine="streaming",
    )
    counts = {row[0]: (row[1], row[2], row[3]) for row in results[4].select(BATCH, "rows", "empty", "last_empty").rows()}
    return (accepted, flagged, staged, results[3]), counts


def _identified(catalog: Catalog, one: Opened) -> pl.LazyFrame:
    delivery = one.delivery
    return one.source.rows.with_columns(
        pl.lit(delivery.batch_id).alias(BATCH),
        pl.lit(delivery.provider_id).alias(PROVIDER),
        pl.lit(delivery.region_code).alias(REGION),
        pl.lit(delivery.day).alias(RECEIVED_ON),
        in_time_from(catalog, delivery).alias("_in_time_from"),
    )


def _cannot_be_read(one: Opened, work: Path) -> bool:
    probe = work / "probe.parquet"
    try:
        one.source.rows.sink_parquet(probe, compression="uncompressed", mkdir=True)
    except pl.exceptions.PolarsError:
        return True
    finally:
        probe.unlink(missing_ok=True)
    return False


def _salvaged(
    screen: Screen, current: Sequence[Opened], damaged: set[str], work: Path, rejected: list[tuple[Delivery, Unreadable]]
) -> list[Opened]:
    result = []
    for one in current:
        if one.delivery.batch_id not in damaged:
            result.append(one)
            continue
        try:
            source = salvage(one.path, one.delivery.suffix, screen.fields, screen.dataset.title_zh, work)
        except Unreadable as error:
            rejected.append((one.delivery, error))
            continue
        result.append(Opened(one.delivery, one.path, source))
    return result


