"""The files of a work group: read, screened, split, staged and counted slice by slice.

Slices of a fixed number of rows are screened two at a time, so that peak memory does not grow with rows (invariant 10). Measured
on Polars 2.1, 2 M rows of 30 columns: one streaming plan with five outputs took 16 to 26 s and 4.0 GB, growing with rows, because
the CSV reader hands out about 4,500 rows at a time; slices from a joined Parquet file 15 to 21 s; slices gathered from the reader
and a look at each distinct value (``pipelines.screening.field_checks``) 9 to 11 s.

The fast reader reads all files in one plan. A file it cannot read, or whose separators do not account for its rows, is read
again line by line, and the pass is repeated: a damaged file costs time, a clean one does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import CONTRADICTS, EVIDENCE, LAYOUT, Catalog, Dataset, Field
from pipelines.collecting.agreement import disagreement
from pipelines.collecting.columns import check_columns
from pipelines.collecting.manifest import Manifest
from pipelines.collecting.register import contradicting_names
from pipelines.collecting.repeats import Repeats, in_words, repeats
from pipelines.collecting.returned_rows import Originals, with_originals
from pipelines.ground.errors import HubError
from pipelines.ground.limits import Limits
from pipelines.ground.ordered_map import ordered_map
from pipelines.ground.stopwatch import stage
from pipelines.reading import (
    EMPTY,
    LAST_EMPTY,
    ROW_NUMBER,
    SKIPPED_ROW,
    SkippedRow,
    Source,
    Terms,
    Unreadable,
    open_source,
    salvage,
)
from pipelines.reading.blank_rows import with_blank_rows, without_identity
from pipelines.reading.problems import several_headers, too_large
from pipelines.reading.skipped_rows import BLANK, OTHER_HEADER
from pipelines.screening import Screen
from pipelines.screening.versions import VERSION
from pipelines.storage.columns import BATCH, BUCKET, PROVIDER, RECEIVED_ON, REGION
from pipelines.storage.delivery import Delivery
from pipelines.storage.superseded import DERIVED
from pipelines.storage.tables import COMPRESSION_LEVEL

SLICE_ROWS: Final = 65_536
_MOST_SKIPPED: Final = 50
_MOST_PASSES: Final = 8  # each says something of files that only all rows of them tell, or reads some line by line
_FLUSH_ROWS: Final = 2 * SLICE_ROWS  # accepted rows are written to their buckets when so many have gathered


@dataclass(frozen=True)
class Opened:
    """A delivery whose file can be read; ``contradicting``: rows that contradict others of the file, with these."""

    delivery: Delivery
    path: Path
    source: Source
    contradicting: Mapping[int, str] = attribute(default_factory=dict)


@dataclass(frozen=True)
class _Slice:
    """What a slice leaves in memory: counts by file, and the accepted rows; of one without records only the first of these."""

    name: str
    seen: pl.DataFrame
    skipped_rows: pl.DataFrame
    measured: pl.DataFrame | None = None
    accepted: pl.DataFrame | None = None
    versions: pl.Series | None = None


@dataclass(frozen=True)
class ScreeningResult:
    """What one pass left on disk and counted.

    Folders of Parquet files: ``accepted`` holds the accepted rows by bucket, ``flagged`` the rows that broke any rule,
    ``staged`` all rows before the split; ``measured`` has the columns of ``Screen.measured``; ``rejected`` the files that
    turned out to be unreadable, or not what their manifest says; ``skipped_rows`` by batch what was not read as records, in words,
    ``repeated`` what rows of a file repeat exactly.
    """

    opened: tuple[Opened, ...]
    accepted: Path
    flagged: Path
    staged: Path
    measured: pl.DataFrame
    rejected: tuple[tuple[Delivery, Unreadable], ...]
    skipped_rows: Mapping[str, tuple[str, ...]] = attribute(default_factory=dict)
    repeated: Mapping[str, str] = attribute(default_factory=dict)


@dataclass(frozen=True)
class _Pass:
    """What one pass over the files of a group left.

    The folders and measures; by batch the rows, those that are no records and those with an empty last cell; the skipped
    rows of all files, ``_batch_id, _row_number, _aside``; the files that have rows without anything by which a record is known; and
    rows that are one record.
    """

    folders: tuple[Path, Path, Path, pl.DataFrame]
    seen: dict[str, tuple[int, int, int]]
    skipped_rows: pl.DataFrame
    nameless: set[str]
    repeats: Repeats


def open_delivery(screen: Screen, delivery: Delivery, path: Path, limits: Limits, work: Path) -> Opened:
    """Open the file of a delivery, on the terms of its dataset, its manifest and the settings.

    Args:
        screen: the dataset, compiled.
        delivery: what it is sent as.
        path: the bytes.
        limits: of the settings.
        work: folder for what has to be written on the way.

    Raises:
        Unreadable: no row of the file can be judged.
    """
    terms = Terms(limits, screen.dataset.layouts, (delivery.manifest or {}).get("schema_version"))
    source = open_source(path, delivery.suffix, screen.delivered, screen.dataset.title_zh, work, terms)
    check_columns(source, screen)
    return Opened(delivery, path, source)


def screen_files(
    screen: Screen, opened: Sequence[Opened], work: Path, originals: Originals | None = None
) -> ScreeningResult:
    """Screen the files of a group.

    Args:
        screen: the dataset, compiled.
        opened: at least one file of that dataset.
        work: scratch folder of the group.
        originals: what the hub has of the rows it sent back before; without, masks in corrected rows stay masks.

    Raises:
        HubError: the files cannot be read in either way.
    """
    current = list(opened)
    rejected: list[tuple[Delivery, Unreadable]] = []
    looked_at: set[str] = set()
    for _ in range(_MOST_PASSES):
        damaged: set[str] = set()
        try:
            done = _one_pass(screen, current, work, originals)
        except (
            pl.exceptions.ComputeError,
            pl.exceptions.SchemaError,
            pl.exceptions.ShapeError,
            pl.exceptions.NoDataError,
        ) as error:
            damaged = {one.delivery.batch_id for one in current if _cannot_be_read(one, work)}
            if not damaged:
                raise HubError(f"a plan failed on files that each can be read: {error}") from error
        else:
            damaged = {
                one.delivery.batch_id
                for one in current
                if not one.source.accounts_for(*done.seen.get(one.delivery.batch_id, (0, 0, 0)))
            }
            if not damaged:
                again = _looked_at_again(screen, current, done, looked_at, rejected)
                if again is None:
                    repeated = {batch: in_words(groups) for batch, groups in done.repeats.repeated.items()}
                    told = _told(current, done.skipped_rows)
                    return ScreeningResult(tuple(current), *done.folders, tuple(rejected), told, repeated)
                current = again
        current = _salvaged(screen, current, damaged, work, rejected)
        if not current:
            return ScreeningResult((), work / "none", work / "none", work / "none", pl.DataFrame(), tuple(rejected))
    raise HubError("files stayed unreadable after they were read line by line")


def _looked_at_again(
    screen: Screen,
    current: Sequence[Opened],
    done: _Pass,
    looked_at: set[str],
    rejected: list[tuple[Delivery, Unreadable]],
) -> list[Opened] | None:
    """The files as they have to be passed once more, after what could only be told from all their rows; None for no more.

    Files that are rejected thereby go into ``rejected``, files looked at for blank rows into ``looked_at``.
    """
    if done.nameless - looked_at:
        looked_at |= done.nameless
        again = [_with_blank_rows(screen, one, done.nameless) for one in current]
        if any(one is not before for one, before in zip(again, current, strict=True)):
            return again
    wrong = _not_as_said(current, done.seen, done.skipped_rows)
    if not wrong and screen.references:
        _, flagged, staged, _ = done.folders
        names = contradicting_names(screen, flagged, staged)
        wrong = {
            one.delivery.batch_id: Unreadable(names[one.delivery.batch_id], one.source.encoding)
            for one in current
            if one.delivery.batch_id in names
        }
    if wrong:
        rejected += [(one.delivery, wrong[one.delivery.batch_id]) for one in current if one.delivery.batch_id in wrong]
        return [one for one in current if one.delivery.batch_id not in wrong]
    found = done.repeats.contradicting
    if all(one.contradicting == found.get(one.delivery.batch_id, {}) for one in current):
        return None
    return [replace(one, contradicting=found.get(one.delivery.batch_id, {})) for one in current]


def in_time_from(catalog: Catalog, delivery: Delivery) -> pl.Expr:
    """Literal: the earliest date that is still in time on the day of receipt."""
    timeliness = catalog.datasets[delivery.dataset_id].timeliness
    if timeliness is None:
        return pl.lit(None, dtype=pl.Date)
    return pl.lit(catalog.working_days.earliest_in_time(delivery.day, timeliness.working_days))


def _one_pass(screen: Screen, opened: Sequence[Opened], work: Path, originals: Originals | None) -> _Pass:
    """Read and screen all files, slice by slice."""
    unknown = without_identity(identity_of(screen.dataset))
    rows = pl.concat([_identified(screen.catalog, one) for one in opened])
    accepted, flagged, staged = (_emptied(work / name) for name in ("accepted", "flagged", "staged"))

    def screened(numbered: tuple[int, pl.DataFrame]) -> _Slice:
        number, part = numbered
        name = f"{number:05d}.parquet"
        filled = with_originals(part.filter(~pl.col(EMPTY)).drop(EMPTY, LAST_EMPTY, SKIPPED_ROW), screen, originals)
        skipped_row = part.filter(pl.col(SKIPPED_ROW).is_not_null()).select(BATCH, ROW_NUMBER, SKIPPED_ROW)
        if number and filled.is_empty():
            # A file may be millions of blank lines; the first slice leaves files with columns all the same.
            return _Slice(name, _seen(part, unknown), skipped_row)
        judged = screen.judged(filled.lazy()).collect(engine="in-memory").lazy()
        _write(screen.flagged(judged), flagged / name)
        _write(screen.staged(judged), staged / name)
        measured = screen.measured(judged).collect(engine="in-memory")
        taken = screen.accepted(judged).collect(engine="in-memory")
        versions = judged.select(VERSION).collect(engine="in-memory")[VERSION].drop_nulls()
        return _Slice(name, _seen(part, unknown), skipped_row, measured, taken, versions)

    waiting: list[pl.DataFrame] = []
    slices: list[_Slice] = []
    with stage("read and screen"):
        for done in ordered_map(screened, enumerate(_sliced(rows))):
            waiting += [done.accepted] if done.accepted is not None else []
            slices.append(replace(done, accepted=None))
            if sum(frame.height for frame in waiting) >= _FLUSH_ROWS:
                _flush(waiting, accepted, done.name)
        _flush(waiting, accepted, "last.parquet")
    seen = pl.concat(one.seen for one in slices).group_by(BATCH).agg(pl.all().sum())
    counts = {row[0]: (row[1], row[2], row[3]) for row in seen.select(BATCH, "rows", "empty", "last_empty").rows()}
    measured = pl.concat(one.measured for one in slices if one.measured is not None).group_by(BATCH).agg(pl.all().sum())
    nameless = set(seen.filter(pl.col("nameless") > 0)[BATCH])
    return _Pass(
        (accepted, flagged, staged, measured),
        counts,
        pl.concat(one.skipped_rows for one in slices),
        nameless,
        repeats([one.versions for one in slices if one.versions is not None], staged),
    )


def _write(rows: pl.LazyFrame, path: Path) -> None:
    # Scratch that is read once: compressing it costs more than it saves.
    rows.collect(engine="in-memory").write_parquet(path, compression="uncompressed", statistics=False)


def _sliced(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """The rows in slices; at least one, so that an empty group leaves files with columns too."""
    batches = iter(rows.collect_batches(chunk_size=SLICE_ROWS, maintain_order=True, engine="streaming"))
    first = next(batches, None)
    if first is None:
        yield pl.DataFrame(schema=rows.collect_schema())
        return
    # The reader's batches consist of many small pieces, on which everything after would be slow.
    yield first.rechunk()
    for part in batches:
        yield part.rechunk()


def identity_of(dataset: Dataset) -> tuple[str, ...]:
    """The fields by which a record is known: whom it is about, and its own number."""
    subject = dataset.subject
    coded = {field.id for field in dataset.fields if isinstance(field, Field) and field.code_table}
    others = {*DERIVED, *coded, dataset.authority.code if dataset.authority else ""}
    named = (subject.name, subject.credit_code, subject.certificate_number, *dataset.record_key)
    return tuple(dict.fromkeys(name for name in named if name and name not in others))


def _with_blank_rows(screen: Screen, one: Opened, nameless: set[str]) -> Opened:
    if one.delivery.batch_id not in nameless:
        return one
    source = with_blank_rows(one.source, identity_of(screen.dataset))
    return one if source is one.source else replace(one, source=source)


def _seen(part: pl.DataFrame, unknown: pl.Expr) -> pl.DataFrame:
    return part.group_by(BATCH).agg(
        (~pl.col(EMPTY)).sum().cast(pl.Int64).alias("rows"),
        pl.col(EMPTY).sum().cast(pl.Int64).alias("empty"),
        pl.col(LAST_EMPTY).sum().cast(pl.Int64).alias("last_empty"),
        (~pl.col(EMPTY) & unknown).sum().cast(pl.Int64).alias("nameless"),
    )


def _flush(waiting: list[pl.DataFrame], folder: Path, name: str) -> None:
    if not waiting:
        return
    buckets = pl.concat(waiting).partition_by(BUCKET, as_dict=True, include_key=False)
    waiting.clear()
    for (bucket,), rows in sorted(buckets.items()):
        target = folder / f"{BUCKET}={bucket}"
        target.mkdir(exist_ok=True)
        rows.write_parquet(target / name, compression_level=COMPRESSION_LEVEL)


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _identified(catalog: Catalog, one: Opened) -> pl.LazyFrame:
    delivery = one.delivery
    layout = one.source.layout
    others = one.contradicting
    contradicts = pl.col(ROW_NUMBER).replace_strict(others, default=None, return_dtype=pl.String) if others else None
    unsaid = () if one.source.has_evidence else EVIDENCE
    return one.source.rows.with_columns(
        # First: the rows of workbooks have them already, and files are put together by the order of their columns.
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in unsaid),
        (pl.lit(None, dtype=pl.String) if contradicts is None else contradicts).alias(CONTRADICTS),
        *([pl.lit(layout.id).alias(LAYOUT)] if layout else []),
        pl.lit(delivery.batch_id).alias(BATCH),
        pl.lit(delivery.provider_id).alias(PROVIDER),
        pl.lit(delivery.region_code).alias(REGION),
        pl.lit(delivery.day).alias(RECEIVED_ON),
        in_time_from(catalog, delivery).alias("_in_time_from"),
    )


def _not_as_said(
    opened: Sequence[Opened], seen: Mapping[str, tuple[int, int, int]], skipped_rows: pl.DataFrame
) -> dict[str, Unreadable]:
    """Files that are not what their manifest or their header says, or have more rows than the limit, by batch."""
    headers = skipped_rows.filter(pl.col(SKIPPED_ROW) == OTHER_HEADER).group_by(BATCH).agg(pl.col(ROW_NUMBER).min())
    others = dict(headers.rows())
    wrong = {}
    for one in opened:
        rows = seen.get(one.delivery.batch_id, (0, 0, 0))[0]
        limit = one.source.terms.limits.rows
        problem = None
        if rows + len(one.source.malformed) > limit:
            problem = too_large("行数", "Rows", rows + len(one.source.malformed), limit)
        elif one.delivery.batch_id in others:
            problem = several_headers(others[one.delivery.batch_id])
        elif one.delivery.manifest:
            problem = disagreement(Manifest.from_json(one.delivery.manifest), one.source, rows)
        if problem is not None:
            wrong[one.delivery.batch_id] = Unreadable(problem, one.source.encoding)
    return wrong


def _told(opened: Sequence[Opened], skipped_rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """What was not read as records, for the receipts: the first of each file, and how many more."""
    by_batch = skipped_rows.partition_by(BATCH, as_dict=True)
    declared = {}
    for one in opened:
        below = by_batch.get((one.delivery.batch_id,))
        found = [*one.source.skipped_rows]
        if below is not None:
            found += _runs(below)
        found.sort(key=lambda row: row.row_number)
        words = [row.in_words() for row in found[:_MOST_SKIPPED]]
        if len(found) > _MOST_SKIPPED:
            words.append(f"……另有 {len(found) - _MOST_SKIPPED} 处")
        if words:
            declared[one.delivery.batch_id] = tuple(words)
    return declared


def _runs(skipped_rows: pl.DataFrame) -> list[SkippedRow]:
    """Skipped rows of a file; those of one kind between which no record stands are one."""
    rows = skipped_rows.sort(ROW_NUMBER)
    gap = (pl.col(ROW_NUMBER).diff() != 1) & (pl.col(SKIPPED_ROW) != BLANK)
    ids = (gap | (pl.col(SKIPPED_ROW) != pl.col(SKIPPED_ROW).shift())).fill_null(True).cum_sum()
    runs = rows.group_by(ids.alias("run"), maintain_order=True).agg(
        pl.col(ROW_NUMBER).first().alias("first"),
        pl.col(SKIPPED_ROW).first().alias("kind"),
        pl.col(ROW_NUMBER).last().alias("last"),
        pl.len().alias("rows"),
    )
    return [SkippedRow(first, kind, "", last, number) for _, first, kind, last, number in runs.rows()]


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
    screen: Screen,
    current: Sequence[Opened],
    damaged: set[str],
    work: Path,
    rejected: list[tuple[Delivery, Unreadable]],
) -> list[Opened]:
    result = []
    for one in current:
        if one.delivery.batch_id not in damaged:
            result.append(one)
            continue
        try:
            source = salvage(
                one.path, one.delivery.suffix, screen.delivered, screen.dataset.title_zh, work, one.source.terms
            )
            check_columns(source, screen)
        except Unreadable as error:
            rejected.append((one.delivery, error))
            continue
        result.append(Opened(one.delivery, one.path, source))
    return result
