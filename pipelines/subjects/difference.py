"""Of which subjects of a bucket something that was said differs from what the latest release of the subject master was made from.

Data files are immutable and named by their contents: what differs stands in the files that came and in those that are no more. The
latter are looked for in older releases and among the files the table of superseded versions has replaced; where one
is gone from disk, there is no telling, and the bucket is rebuilt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipelines.storage.columns import PROVIDER, SUBJECT_KEY
from pipelines.storage.hub import Hub
from pipelines.subjects.mentions import CODE, SubjectMaster
from pipelines.subjects.sources import BucketSources, read_mentions


@dataclass(frozen=True)
class Difference:
    """Subjects to build again, their mentions by dataset, and how many subjects each provider has among them, now and before."""

    codes: pl.Series
    mentions: Mapping[str, pl.DataFrame]
    subjects_now: Mapping[str, int]
    subjects_before: Mapping[str, int]


def in_slices(sources: BucketSources) -> bool:
    """True where a dataset's bucket is so large that it is released in slices; others are as quickly rebuilt."""
    return any("_" in path.name for paths in sources.records.values() for path in paths)


def differing(
    hub: Hub, master: SubjectMaster, bucket: str, sources: BucketSources, before: Sequence[str]
) -> Difference | None:
    """What differs from the files a bucket was made from before; None where one of those is gone from disk.

    Args:
        hub: for releases and superseded versions.
        master: the subject master.
        bucket: its two digits.
        sources: what it is to be made from.
        before: what it was made from, as ``BucketSources.names`` gives it.
    """
    now, known = set(sources.names()), set(before)
    gone: dict[str, list[Path]] = {}
    lost: dict[str, list[Path]] = {}
    for name in sorted(known - now):
        dataset_id, _, file = name.partition("/")
        found = next((hub.home.shared / dataset_id).glob(f"*/data/{file}"), None)
        loser = hub.home.superseded(dataset_id) / f"_bucket={bucket}" / file
        if found is None and not loser.exists():
            return None
        (lost if found is None else gone).setdefault(dataset_id, []).append(loser if found is None else found)
    came = _those(sources.records, lambda name: name not in known)
    stayed = _those(sources.records, lambda name: name in known)
    told: dict[str, pl.DataFrame] = {}
    untold: dict[str, pl.DataFrame] = {}
    codes = []
    for dataset_id in sorted({*came, *gone}):
        new = told[dataset_id] = read_mentions(master, dataset_id, came.get(dataset_id, []))
        old = untold[dataset_id] = read_mentions(master, dataset_id, gone.get(dataset_id, []))
        codes += [_only(new, old)[CODE], _only(old, new)[CODE]]
    lost_now = _those(sources.superseded_versions, lambda name: name not in known)
    for dataset_id in sorted({*lost_now, *lost}):
        new, old = (_superseded(hub, dataset_id, some.get(dataset_id, [])) for some in (lost_now, lost))
        codes += [_only(new, old)[SUBJECT_KEY], _only(old, new)[SUBJECT_KEY]]
    affected = pl.concat(codes).unique().sort() if codes else pl.Series(CODE, [], pl.String)
    same = {name: read_mentions(master, name, paths, affected) for name, paths in sorted(stayed.items())}
    mine = pl.col(CODE).is_in(affected.implode())
    now_said = {
        name: pl.concat([some[name].filter(mine) for some in (same, told) if name in some])
        for name in sorted({*same, *told})
    }
    before_said = [*same.values(), *(some.filter(mine) for some in untold.values())]
    return Difference(affected, now_said, _by_provider([*now_said.values()]), _by_provider(before_said))


def _those(files: Mapping[str, list[Path]], wanted: Callable[[str], bool]) -> dict[str, list[Path]]:
    found = {
        dataset_id: [path for path in paths if wanted(f"{dataset_id}/{path.name}")]
        for dataset_id, paths in files.items()
    }
    return {dataset_id: paths for dataset_id, paths in found.items() if paths}


def _superseded(hub: Hub, dataset_id: str, files: Sequence[Path]) -> pl.DataFrame:
    return hub.superseded(dataset_id).scan(files).collect()


def _only(these: pl.DataFrame, those: pl.DataFrame) -> pl.DataFrame:
    return these.join(those, on=these.columns, how="anti", nulls_equal=True)


def _by_provider(mentions: Sequence[pl.DataFrame]) -> dict[str, int]:
    if not mentions:
        return {}
    said = pl.concat(one.select(PROVIDER, CODE) for one in mentions)
    return dict(said.group_by(PROVIDER).agg(pl.col(CODE).n_unique()).rows())
