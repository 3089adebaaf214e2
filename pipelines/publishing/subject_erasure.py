"""After a takedown old releases of the subject master say nothing of the subject any more: its row is taken out of them.

A row of a subject counts its records, and holds names and days taken from them; it cannot be computed again without one of them
as it was then, for the rows that lost are not kept by day (docs/decisions/0029). So in every release made from a release of the
dataset that still had the record, the subject's row is withheld with the reason, its tombstones stay, the first of these releases
removes the row that an earlier one has, and the first release made without the record brings it again: previous ⊕ changes = current
goes on to hold.

    state/erased/<product_id>.json     {"takedowns": rows of the ledger that were looked at, "clean": [release ids]}

Every step can be repeated; the state is written last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Dataset
from pipelines.publishing.erasure import TakenDown, Written, describe, remaining, rewrite, taken_down
from pipelines.publishing.messages import Messages, read_messages
from pipelines.records.changes import ADDED, CHANGE_TYPE, REASON, REMOVED
from pipelines.records.digests import key_digest
from pipelines.records.display import EFFECT
from pipelines.storage.columns import SUBJECT_KEY
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import CHANGES, Manifest, changes_file, read, releases, save
from pipelines.storage.parts import parts_of
from pipelines.storage.state import Erased
from pipelines.storage.superseded import key_columns
from pipelines.storage.tables import COMPRESSION_LEVEL
from pipelines.subjects.mentions import CODE, SubjectMaster

_BUCKET, _TAKEN_IN, _DATASET, _RECORD = "bucket", "release_id", "dataset_id", "record"
_GONE: Final = {CODE: pl.String, EFFECT: pl.String, _BUCKET: pl.String, _DATASET: pl.String, _TAKEN_IN: pl.String}


def erase_from_subjects(hub: Hub, master: SubjectMaster, standing: Manifest) -> None:
    """Take the subjects of repaired and withdrawn records out of the releases that counted them.

    Args:
        hub: home and catalogue; the publish lock of the subject master and the lake are held.
        master: the subject master.
        standing: its latest release, made from the latest releases of the datasets.
    """
    product_id = master.product.id
    path, known = _known(hub, product_id)
    number, present = _entered(hub).height, releases(hub.home, product_id)
    now = standing.release_id
    if number == known.takedowns and set(present) <= {*known.clean, now}:
        if number and now not in known.clean:
            Erased(takedowns=number, clean=sorted(present)).write(path)
        return
    folder = hub.home.shared / product_id
    gone = subjects_taken_down(hub, master, read_messages(hub))
    counting = _counting(folder, present, gone, now)
    written: Written = {}
    for release_id in present:
        rewrite(folder / release_id, _by_bucket(gone, counting[release_id]), [CODE], written)
    for before, release_id in pairwise(present):
        _remove(folder, before, release_id, _by_bucket(gone, counting[release_id] - counting[before]))
        _bring(folder / release_id, _by_bucket(gone, counting[before] - counting[release_id]))
    Erased(takedowns=number, clean=sorted(present)).write(path)


def unfinished(hub: Hub, product_id: str) -> bool:
    """True where records were taken down since older releases of the subject master were last looked through."""
    _, known = _known(hub, product_id)
    return bool(_entered(hub).height > known.takedowns)


def _known(hub: Hub, product_id: str) -> tuple[Path, Erased]:
    path = hub.home.erased(product_id)
    return path, Erased.read_if_there(path) or Erased()


def subjects_left(hub: Hub, master: SubjectMaster, messages: Messages) -> Iterator[Path]:
    """Files of releases that still hold the row of a subject as it was counted with a record that was taken down.

    Nothing is said of a subject of which no release was made without the record yet: that is for the next one.
    """
    product_id = master.product.id
    folder, present = hub.home.shared / product_id, releases(hub.home, product_id)
    gone = subjects_taken_down(hub, master, messages)
    counting = _counting(folder, present, gone, None)
    waiting = counting[present[-1]] if present else frozenset()
    for release_id in present:
        found = _by_bucket(gone, counting[release_id] - waiting)
        yield from remaining(folder / release_id, read(folder / release_id), found, [CODE])


def subjects_taken_down(hub: Hub, master: SubjectMaster, messages: Messages) -> pl.DataFrame:
    """Subjects of records that were offered and then repaired or withdrawn.

    Returns:
        ``credit_code``, the effect, the bucket, ``dataset_id`` and ``release_id``: the last release of the dataset in which one of
        the subject's records was taken down.
    """
    recorded_releases = _entered(hub)
    found = [pl.DataFrame(schema=_GONE)]
    for dataset_id in sorted(set(recorded_releases[_DATASET]) & set(master.catalog.datasets)):
        dataset = master.catalog.datasets[dataset_id]
        files = hub.records(dataset_id).by_partition()
        for bucket, taken in taken_down(hub, dataset, messages, files, messages.buckets(dataset_id)).items():
            rows = _named(dataset, taken).with_columns(
                pl.lit(bucket).alias(_BUCKET), pl.lit(dataset_id).alias(_DATASET)
            )
            both = rows.join(recorded_releases, on=[_DATASET, _RECORD])
            found.append(both.group_by(CODE, _BUCKET, _DATASET).agg(pl.col(EFFECT, _TAKEN_IN).max()).select(*_GONE))
    return pl.concat(found)


def _named(dataset: Dataset, taken: pl.DataFrame) -> pl.DataFrame:
    key = key_columns(dataset)
    subject = SUBJECT_KEY if SUBJECT_KEY in key else dataset.subject.credit_code
    records = [key_digest(values) for values in taken.select(key).rows()]
    return taken.select(pl.col(subject).alias(CODE), EFFECT, pl.Series(_RECORD, records, pl.String))


def _entered(hub: Hub) -> pl.DataFrame:
    """Takedowns from what the subject master is made from: the product that is called as its dataset."""
    rows = ledger(hub.home, "takedowns").scan().filter(pl.col("product_id") == pl.col(_DATASET))
    return rows.filter(pl.col("taken_down_on").is_not_null()).select(_DATASET, _RECORD, _TAKEN_IN).collect()


def _counting(
    folder: Path, present: Sequence[str], gone: pl.DataFrame, standing: str | None
) -> dict[str, frozenset[str]]:
    """By release the codes whose row may count a record that was taken down; none in the one that is known to stand."""
    last = {
        (code, dataset_id): taken_in for code, dataset_id, taken_in in gone.select(CODE, _DATASET, _TAKEN_IN).rows()
    }
    counting = {}
    for release_id in present:
        made_from = read(folder / release_id).made_from
        counting[release_id] = frozenset(
            code
            for (code, dataset_id), taken_in in last.items()
            if release_id != standing and _before(release_id, made_from, dataset_id, taken_in)
        )
    return counting


def _before(release_id: str, made_from: Mapping[str, str] | None, dataset_id: str, taken_in: str) -> bool:
    """True where a release was made from one of the dataset before that in which the record went."""
    if made_from is None:  # an older hub did not write it down: the day must do
        return release_id.partition("-")[0] <= taken_in.partition("-")[0]
    return made_from.get(dataset_id, taken_in) < taken_in


def _by_bucket(gone: pl.DataFrame, codes: frozenset[str]) -> TakenDown:
    rows = gone.filter(pl.col(CODE).is_in(sorted(codes)))
    one = rows.group_by(_BUCKET, CODE).agg(pl.col(EFFECT).max()).sort(CODE)  # a withdrawal before a repair
    return {str(bucket): part.drop(_BUCKET) for (bucket,), part in one.partition_by(_BUCKET, as_dict=True).items()}


def _remove(folder: Path, before: str, release_id: str, lost: TakenDown) -> None:
    """Make the changes of a release remove the rows that it lost and the release before has.

    That one was made before the dataset of the record had a release, so that it never counted it.
    """
    if not lost:
        return
    changes = pl.read_parquet(folder / release_id / CHANGES)
    removed = changes.filter(pl.col(CHANGE_TYPE) == REMOVED)
    unsaid = {bucket: subjects.join(removed, on=CODE, how="anti") for bucket, subjects in lost.items()}
    rows = _rows(folder / before, unsaid)
    if rows.is_empty():
        return
    reasons = pl.concat(unsaid.values()).select(CODE, pl.col(EFFECT).alias(REASON))
    tombstones = rows.select(CODE, pl.lit(REMOVED).alias(CHANGE_TYPE)).join(reasons, on=CODE)
    _say(folder / release_id, pl.concat([changes, tombstones], how="diagonal").select(changes.columns))


def _bring(folder: Path, back: TakenDown) -> None:
    """Make the changes of a release bring the rows that the release before no longer has, where they do not say anything of them.

    That is where the row did not change when the record went, as another came at the same time.
    """
    if not back:
        return
    changes = pl.read_parquet(folder / CHANGES)
    unsaid = {bucket: subjects.join(changes, on=CODE, how="anti") for bucket, subjects in back.items()}
    brought = _rows(folder, unsaid)
    if brought.is_empty():
        return
    added = brought.select(pl.lit(ADDED).alias(CHANGE_TYPE), pl.lit(None, pl.String).alias(REASON), *brought.columns)
    _say(folder, pl.concat([changes, added.select(changes.columns)]))


def _rows(folder: Path, subjects: TakenDown) -> pl.DataFrame:
    """The rows of some subjects in a release."""
    manifest = read(folder)
    found = [
        pl.read_parquet(folder / manifest.buckets[part].file.path, hive_partitioning=False).join(
            some, on=CODE, how="semi", maintain_order="left"
        )
        for bucket, some in sorted(subjects.items())
        for part in parts_of(manifest.buckets, bucket)
    ]
    return pl.concat(found) if found else pl.DataFrame()


def _say(folder: Path, changes: pl.DataFrame) -> None:
    """Write other changes for a release."""
    manifest, path = read(folder), folder / CHANGES
    temporary = path.with_name(f".{path.name}")
    changes.write_parquet(temporary, compression_level=COMPRESSION_LEVEL)
    temporary.replace(path)
    describe(manifest, path, changes_file(path), 0)
    save(manifest, folder)
