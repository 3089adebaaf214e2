"""The subject master as a product: ``shared/subject``, released like any other, and its conflicts (``pipelines.subjects``).

A bucket is rebuilt when the bucket of any dataset's latest release, or what lost to it, changed. Conflicts are replaced bucket
by bucket with it; names that several codes have are looked for over the whole candidate. Then the subjects of each provider and
those with conflicts are counted in the ledger, and each provider concerned finds the month's conflicts in its outbox.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines import expectations
from pipelines.catalog import Catalog
from pipelines.ground.clock import CHINA
from pipelines.ground.ordered_map import ordered_map
from pipelines.ground.stopwatch import stage
from pipelines.privacy.scan import scan_rows
from pipelines.publishing.bucket import Made, Part, part_file, previous_records, write
from pipelines.publishing.candidate import Candidate
from pipelines.publishing.gate import Refused
from pipelines.publishing.ledger_entries import record_in_ledger, recorded_releases, transaction_of
from pipelines.publishing.new_records import NewRecords
from pipelines.publishing.published import Conflicts, Published
from pipelines.publishing.sources import Source, made_from, save
from pipelines.publishing.subject_erasure import erase_from_subjects
from pipelines.records import source_ranks
from pipelines.records.changes import changes
from pipelines.storage import conflicts
from pipelines.storage.columns import PROVIDER
from pipelines.storage.conflicts import STATEMENT
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import SUBJECT_COUNTS, ledger
from pipelines.storage.manifest import Manifest, PartRows, Validation, latest
from pipelines.subjects.conflict_counts import counts
from pipelines.subjects.difference import Difference, differing, in_slices
from pipelines.subjects.master import MATCHED_NAME, schema, subjects
from pipelines.subjects.mentions import CODE, NAME, SubjectMaster
from pipelines.subjects.sources import BucketSources, Said, batch_days, read_bucket, sources_by_bucket
from pipelines.subjects.verification import in_order, names_given, own_conflicts, several_codes

GONE: Final = "superseded"
_OF_PROVIDER: Final = "subjects_of_"
_UNIQUE: Final = "unique"


@dataclass(frozen=True)
class _Bucket:
    """A bucket of subjects rebuilt, and the conflicts that show in it."""

    made: Made
    statements: pl.DataFrame


def publish_subjects(hub: Hub, as_of: datetime, tell: Conflicts) -> tuple[list[Published], list[str]]:
    """Release the subject master where the datasets' latest releases changed since.

    Args:
        hub: home and catalogue.
        as_of: the instant of the release; never before the latest release.
        tell: called with the conflicts of the release.

    Returns:
        The release it stands at, none where there are no subjects; and why a candidate was refused.
    """
    master = SubjectMaster.of(hub.catalog)
    if master is None:
        return [], []
    name = master.product.id
    with hub.home.locked(f"publish-{name}.lock"), hub.home.lake_in_use():
        previous = latest(hub.home, name)
        found = sources_by_bucket(hub)
        if not found and previous is None:
            return [], []
        at = max([as_of, *([datetime.fromisoformat(previous.as_of)] if previous else [])])
        if previous is not None and transaction_of(previous) not in recorded_releases(hub):
            record_in_ledger(hub, previous)  # a run that died after it had moved the pointer has not
        try:
            done = _publish(hub, master, previous, found, at)
        except Refused as error:
            return [], [str(error)]
        tell(hub.home, master, conflicts.conflicts_table(hub.home).read(), f"{at.astimezone(CHINA):%Y-%m}")
        return done, []


def _publish(
    hub: Hub, master: SubjectMaster, previous: Manifest | None, found: Mapping[str, BucketSources], at: datetime
) -> list[Published]:
    ranks = source_ranks(hub.catalog, at.astimezone(CHINA).date())
    defined = definition(master, ranks)
    there = previous.buckets if previous else {}
    sources = {
        bucket: Source(one.digest(defined), None, defined, one.names())
        for bucket, one in ((bucket, found.get(bucket, BucketSources())) for bucket in sorted({*found, *there}))
    }
    known = made_from(hub.home, previous)
    touched = [bucket for bucket, made in sources.items() if bucket not in there or known.get(bucket) != made]
    if previous is not None and not touched:
        _account(hub, master, previous)
        erase_from_subjects(hub, master, previous)
        return [_published(previous, new=False)]
    candidate = Candidate(hub, master.product, [CODE], previous, defined)
    for bucket in sorted(set(sources) - set(touched)):
        candidate.link(bucket)
    days = batch_days(hub)

    def made(bucket: str) -> _Bucket:
        mine, before = found.get(bucket, BucketSources()), known.get(bucket)
        if previous is not None and before is not None and before.rules == defined and in_slices(mine):
            difference = differing(hub, master, bucket, mine, before.files)
            if difference is not None:
                return _updated(hub, master, bucket, mine, difference, days, ranks, previous, candidate)
        said = read_bucket(hub, master, mine, days)
        return _bucket(
            master, bucket, said, ranks, previous_records(hub, master.product.id, bucket, previous, [CODE]), candidate
        )

    statements: dict[str, pl.DataFrame] = {}
    with stage("subjects"):
        for bucket, done in zip(touched, ordered_map(made, touched), strict=True):
            candidate.add(done.made)
            statements[bucket] = done.statements
    manifest = _described(candidate.manifest(at), master, found)
    files = [candidate.folder / file.path for file in manifest.files if file.rows]
    if not files and previous is None:
        candidate.discard()
        return []
    with stage("verification"):
        statements[conflicts.NAMES] = several_codes(master, files, hub.settings.memory_limit, candidate.work)
    if previous is not None and not candidate.changed:
        return [_settle(hub, master, candidate, previous, sources, statements, new=False)]
    validation = _check(hub, master, candidate, manifest, touched)
    release = candidate.move(manifest, validation)
    return [_settle(hub, master, candidate, release, sources, statements, new=True)]


def _settle(
    hub: Hub,
    master: SubjectMaster,
    candidate: Candidate,
    release: Manifest,
    sources: Mapping[str, Source],
    statements: Mapping[str, pl.DataFrame],
    *,
    new: bool,
) -> Published:
    """What follows once it is known which release stands; a run that died before this does it again."""
    conflicts.keep(hub.home, statements, candidate.work)
    save(hub.home, release, sources)
    candidate.discard()
    _account(hub, master, release)
    erase_from_subjects(hub, master, release)
    return _published(release, new=new)


def _bucket(
    master: SubjectMaster,
    bucket: str,
    said: Said,
    ranks: Mapping[str, int],
    before: pl.DataFrame | None,
    candidate: Candidate,
) -> _Bucket:
    given = names_given(master, said.mentions, said.lost, said.former)
    frame = subjects(master, said.mentions, given.select(CODE, MATCHED_NAME, NAME), said.first, ranks)
    statements = own_conflicts(master, said.mentions, given, frame, said.against)
    of_provider = said.mentions.group_by(PROVIDER).agg(pl.col(CODE).n_unique()).sort(PROVIDER)
    file = write(frame, candidate.data, bucket)
    account = PartRows(accepted=frame.height, published=frame.height, superseded=0, duplicate=0, withheld={})
    counted = {f"{_OF_PROVIDER}{provider}": number for provider, number in of_provider.rows()}
    return _Bucket(Made({bucket: Part(file, account, counted)}, changes(before, frame, [CODE], GONE)), statements)


def _updated(
    hub: Hub,
    master: SubjectMaster,
    bucket: str,
    sources: BucketSources,
    difference: Difference,
    days: pl.DataFrame,
    ranks: Mapping[str, int],
    previous: Manifest,
    candidate: Candidate,
) -> _Bucket:
    """The bucket with only those subjects built again of which something that was said differs."""
    codes = difference.codes
    said = read_bucket(hub, master, sources, days, difference.mentions)
    given = names_given(master, said.mentions, said.lost, said.former)
    new_records = subjects(master, said.mentions, given.select(CODE, MATCHED_NAME, NAME), said.first, ranks)
    table = conflicts.conflicts_table(hub.home)
    there = [path for path, partition in table.files().items() if partition == bucket]
    others = table.scan(there).select(*STATEMENT).filter(~pl.col("credit_code").is_in(codes.implode())).collect()
    statements = in_order(pl.concat([others, own_conflicts(master, said.mentions, given, new_records, said.against)]))
    described = previous.buckets[bucket]
    rows = pl.read_parquet(part_file(hub, master.product.id, bucket, previous), hive_partitioning=False)
    mine = rows.select(pl.col(CODE).is_in(codes.implode())).to_series()
    frame = _in_place(rows, mine, new_records)
    counted = Counter(described.findings)
    counted.update({f"{_OF_PROVIDER}{name}": number for name, number in difference.subjects_now.items()})
    counted.subtract({f"{_OF_PROVIDER}{name}": number for name, number in difference.subjects_before.items()})
    account = described.rows.model_copy(update={"accepted": frame.height, "published": frame.height})
    part = Part(write(frame, candidate.data, bucket), account, {name: n for name, n in sorted(counted.items()) if n})
    turned = changes(rows[mine.arg_true()], new_records, [CODE], GONE)
    return _Bucket(Made({bucket: part}, turned, updated=True), statements)


def _in_place(rows: pl.DataFrame, gone: pl.Series, new_records: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by code, some of them replaced; each row is moved once, which of so many columns is most of the work."""
    both = pl.concat([rows, new_records])
    there = pl.concat([~gone, pl.repeat(True, new_records.height, eager=True)])
    kept = both.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("place"), CODE).filter(there)
    return both[kept.sort(CODE)["place"]]


def _described(manifest: Manifest, master: SubjectMaster, found: Mapping[str, BucketSources]) -> Manifest:
    """The manifest with the columns there really are, what it was made from, and subjects by provider apart from findings."""
    findings: dict[str, int] = manifest.findings
    manifest.fields = [name for name in schema(master) if not name.startswith("_")]
    manifest.subjects = {
        name.removeprefix(_OF_PROVIDER): number for name, number in findings.items() if name.startswith(_OF_PROVIDER)
    }
    manifest.findings = {name: number for name, number in findings.items() if not name.startswith(_OF_PROVIDER)}
    manifest.made_from = {
        dataset_id: paths[0].parents[1].name
        for one in found.values()
        for dataset_id, paths in sorted(one.records.items())
    }
    return manifest


def _check(
    hub: Hub, master: SubjectMaster, candidate: Candidate, manifest: Manifest, touched: Sequence[str]
) -> Validation:
    """No citizen ID in any text, and the suite of the master wholly successful, in every file that is new.

    Raises:
        Refused: with the reason left beside ``latest``.
    """
    suite = master_suite(master, hub.settings.expectations)
    new_records = candidate.new_records(touched)
    texts = [name for name, dtype in schema(master).items() if dtype == pl.String]
    try:
        with stage("gate"):
            if new_records and (hits := scan_rows(new_records.lazy(), texts, [CODE])):
                shown = "; ".join(f"{hit.column}: {hit.rows} rows" for hit in hits)
                raise Refused(
                    f"{master.product.id}: citizen IDs stand in what was to be published ({shown}); latest does not move",
                    hits,
                )
            if new_records:  # none where subjects only went
                meets(hub, master.product.id, suite, new_records, candidate.work)
    except Refused as error:
        candidate.refuse(manifest, error)
        candidate.discard()
        raise
    return Validation(suite=master.product.id, expectations=len(suite["expectations"]), successful=True)


def meets(hub: Hub, name: str, suite: dict[str, Any], new_records: NewRecords, work: Path) -> None:
    """Put new records to a suite.

    Raises:
        Refused: an expectation is not met; the message says which.
    """
    columns = sorted(
        {value for item in suite["expectations"] for key, value in item["kwargs"].items() if key == "column"}
    )
    shown = ", ".join(f'CAST("{column}" AS VARCHAR) AS "{column}"' for column in columns)
    rows = f"SELECT {shown} FROM ({new_records.sql()})"
    if broken := expectations.unmet(hub.catalog, suite, rows, hub.settings.memory_limit, work):
        raise Refused(f"{name}: the candidate does not meet its suite: {broken}; latest does not move")


def master_suite(master: SubjectMaster, folder: Path) -> dict[str, Any]:
    """What first-hand datasets ask of code and name, and that a code stands once.

    All else in a subject was copied from releases, where it met its own suite.
    """
    asked: dict[str, dict[str, Any]] = {}
    for dataset_id in master.product.attributes_from:
        for item in expectations.read(folder, dataset_id)["expectations"]:
            if item["severity"] == expectations.CRITICAL and item["kwargs"].get("column") in (CODE, NAME):
                asked[item["meta"]["rule_id"]] = item
    rule = f"{master.product.id}.{CODE}.{_UNIQUE}"
    asked[rule] = {
        "type": "expect_column_values_to_be_unique",
        "kwargs": {"column": CODE},
        "meta": {"rule_id": rule},
        "severity": expectations.CRITICAL,
    }
    return {"name": master.product.id, "expectations": list(asked.values()), "meta": {}}


def _account(hub: Hub, master: SubjectMaster, manifest: Manifest) -> None:
    """Ledger rows of a release, each once."""
    record_in_ledger(hub, manifest)
    table = ledger(hub.home, "subject_counts")
    statements = conflicts.conflicts_table(hub.home).read()
    if not table.knows(manifest.release_id):
        regions = {one.id: one.region_code for one in hub.catalog.providers.values()}
        rows = counts(statements, manifest.subjects or {}).with_columns(
            pl.lit(manifest.release_id).alias("release_id"),
            pl.lit(manifest.as_of).alias("as_of"),
            pl.col("provider_id").replace_strict(regions, default=None, return_dtype=pl.String).alias("region_code"),
        )
        work = hub.home.work(f"ledger-{master.product.id}")
        table.append_frame(manifest.release_id, rows.select(*SUBJECT_COUNTS), work)
        shutil.rmtree(work, ignore_errors=True)


def definition(master: SubjectMaster, ranks: Mapping[str, int]) -> str:
    """Changes when anything in the catalogue does that subjects depend on."""
    catalog: Catalog = master.catalog
    said = [
        master.product.model_dump(
            mode="json", include={"fields", "filter", "attributes_from", "also_from_others", "verification"}
        ),
        {name: str(dtype) for name, dtype in schema(master).items()},
        catalog.registrar_pairs,
        [entry.code for entry in catalog.code_tables["province"].entries],
        dict(sorted(ranks.items())),
        [
            [
                dataset.id,
                dataset.subject.model_dump(),
                dataset.version_order,
                [p.model_dump() for field in catalog.fields(dataset.id) for p in field.code_prefix],
            ]
            for dataset in catalog.datasets.values()
        ],
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def _published(manifest: Manifest, *, new: bool) -> Published:
    return Published(manifest.product_id, manifest.release_id, manifest.rows, manifest.changes.counts, new=new)
