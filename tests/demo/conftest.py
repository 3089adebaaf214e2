"""One delivery at full size, and what the hub's own reading and screening make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.catalog import CONTRADICTS, Catalog, Rule
from pipelines.checks.references import SCHEMA
from pipelines.collecting.repeats import repeats
from pipelines.demo import DemoPlan, FilePlan, make_delivery
from pipelines.demo.vocabulary import profiles
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.reading import EMPTY, LAST_EMPTY, Source, open_source, salvage
from pipelines.records.comparing import matched
from pipelines.screening import REFUSED, Screen
from pipelines.screening.repair_terms import NAMED_RECORDS, named_record_key
from pipelines.screening.versions import VERSION
from tests.records.straightforward import months_later

CATALOG = Path(__file__).parents[2] / "catalog"
AS_OF = date(2026, 11, 20)


@dataclass(frozen=True)
class Delivered:
    home: Path
    catalog: Catalog
    plan: DemoPlan


@dataclass(frozen=True)
class Verdicts:
    """What was found in one file."""

    file: FilePlan
    source: Source
    rows: pl.DataFrame
    rules: tuple[Rule, ...]

    @property
    def found(self) -> dict[str, int]:
        sums = self.rows.select(pl.col(name).sum() for name in self.rows.columns if name.count(".") == 2)
        counts = {name: int(sums[name][0]) for name in sums.columns if sums[name][0]}
        if self.source.malformed:
            counts[f"{self.file.dataset_id}.record.column_count"] = len(self.source.malformed)
        return counts

    @property
    def refused(self) -> int:
        return int(self.rows[REFUSED].sum()) + len(self.source.malformed)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load(CATALOG)


@pytest.fixture(scope="session")
def few(catalog: Catalog) -> Catalog:
    """The catalogue with three providers, for what does not depend on how many there are."""
    return replace(catalog, providers={one: catalog.providers[one] for one in ("beijing", "sichuan", "samr")})


@pytest.fixture(scope="session")
def several(catalog: Catalog) -> Catalog:
    """The catalogue with whoever is special in a delivery: regions with a story, those that send everything, the corps, two ministries.

    For what is promised of every file, whoever sends it; that every region delivers is looked at in one delivery of all.
    """
    chosen = {one.id for one in profiles() if one.story or one.thorough} | {"bingtuan", "samr", "mem"}
    return replace(catalog, providers={name: one for name, one in catalog.providers.items() if name in chosen})


@pytest.fixture(scope="session")
def as_of() -> date:
    return AS_OF


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Delivered:
    home = tmp_path_factory.mktemp("home")
    return Delivered(home, catalog, make_delivery(home, catalog, as_of=AS_OF))


@pytest.fixture(scope="session")
def judged(delivered: Delivered, several: Catalog, tmp_path_factory: pytest.TempPathFactory) -> list[Verdicts]:
    """The files of those who are special; the others send more of the same."""
    files = tuple(one for one in delivered.plan.files if one.provider_id in several.providers)
    special = replace(delivered, plan=replace(delivered.plan, files=files))
    return list(judge(special, tmp_path_factory.mktemp("scratch")))


@pytest.fixture(scope="session")
def three_months(tmp_path_factory: pytest.TempPathFactory, several: Catalog) -> Delivered:
    """A small delivery of three months."""
    home = tmp_path_factory.mktemp("three")
    return Delivered(home, several, make_delivery(home, several, as_of=AS_OF, scale=0.1, months=3))


@pytest.fixture(scope="session")
def judged_months(three_months: Delivered, tmp_path_factory: pytest.TempPathFactory) -> list[Verdicts]:
    """Judged month by month, with what the hub has accepted in the months before."""
    scratch, found = tmp_path_factory.mktemp("scratch"), list[Verdicts]()
    for day in three_months.plan.days:
        found += list(judge(three_months, scratch / day, on=day, references=known(three_months.catalog, found)))
    return found


def known(catalog: Catalog, judged: list[Verdicts]) -> dict[str, pl.DataFrame]:
    """The references of the catalogue, from the rows that were accepted."""
    texts = catalog.code_tables["dataset"].texts_of
    found: dict[str, pl.DataFrame] = {}
    for name, reference in catalog.references.items():
        pairs = [pl.DataFrame(schema=SCHEMA)]
        for source in reference.sources:
            for one in (one for one in judged if one.file.dataset_id == source.dataset):
                rows = one.rows.filter(~pl.col(REFUSED))
                key = pl.lit(list(texts((source.dataset,)))) if source.key is None else pl.concat_list(source.key)
                pairs.append(rows.select(key.alias("key"), matched(pl.col(source.value)).alias("value")).explode("key"))
        found[name] = pl.concat(pairs).drop_nulls().unique()
    found[NAMED_RECORDS] = repairable(catalog, judged)
    return found


def repairable(catalog: Catalog, judged: list[Verdicts]) -> pl.DataFrame:
    """From when penalties may be repaired, by their names in messages."""
    dataset, codes = "administrative_penalty", catalog.code_tables["severity"]
    months = {"minor": 0, "general": 3, "serious": 12}
    of = {text: months[code] for code in codes.codes for text in codes.texts_of((code,))}
    days: dict[str, str] = {}
    for one in (one for one in judged if one.file.dataset_id == dataset):
        named = named_record_key(pl.lit(dataset), pl.col("document_number"), pl.col("authority_code")).alias("key")
        rows = one.rows.filter(~pl.col(REFUSED)).select(named, "severity_code", "typed:decision_date")
        for key, severity, decided in rows.rows():
            days[key] = months_later(decided, of.get(severity, months["general"])).isoformat()
    return pl.DataFrame({"key": list(days), "value": list(days.values())}, schema=SCHEMA)


def judge(
    delivered: Delivered,
    scratch: Path,
    *,
    on: str | None = None,
    references: Mapping[str, pl.DataFrame] | None = None,
) -> Iterator[Verdicts]:
    """Files of one dataset and day in one pass, as a work group is."""
    pseudonyms = Pseudonyms(b"0" * 32)
    groups: dict[tuple[str, str], list[FilePlan]] = {}
    for file in delivered.plan.files:
        if not file.problem and not file.duplicate_of and on in (None, file.received_on):
            groups.setdefault((file.received_on, file.dataset_id), []).append(file)
    for (received_on, dataset_id), group in groups.items():
        screen = Screen.of(delivered.catalog, dataset_id, pseudonyms, references)
        sources = {file.key: _opened(delivered, file, screen, scratch / received_on) for file in group}
        day = pl.lit(date.fromisoformat(received_on))
        cells = tuple(rule for rule in screen.rules if rule.cells)
        rows = [
            sources[file.key]
            .rows.filter(~pl.col(EMPTY))
            .with_columns(
                pl.lit(file.key).alias("_batch_id"),
                pl.lit(file.provider_id).alias("_provider_id"),
                pl.lit(delivered.catalog.providers[file.provider_id].region_code).alias("_region_code"),
                day.alias("_received_on"),
                day.alias("_in_time_from"),
            )
            .collect()
            for file in group
        ]
        every = pl.concat(rows, how="diagonal")
        folder = scratch / f"staged-{received_on}-{dataset_id}"
        judged = screen.verdicts(with_contradictions(screen, every, folder).lazy()).collect()
        for file in group:
            yield Verdicts(file, sources[file.key], judged.filter(pl.col("_batch_id") == file.key), cells)


def with_contradictions(screen: Screen, rows: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """The rows judged, with what can only be told when all of a file were seen, as the second pass over it judges them."""
    judged = screen.judged(rows.lazy()).collect()
    folder.mkdir(parents=True)
    screen.staged(judged.lazy()).collect().write_parquet(folder / "00000.parquet")
    found = repeats([judged[VERSION].drop_nulls()], folder).contradicting
    named = [(batch, row, others) for batch, some in found.items() for row, others in some.items()]
    schema = {"_batch_id": pl.String, "_row_number": pl.Int64, CONTRADICTS: pl.String}
    beside = pl.DataFrame(named, schema=schema, orient="row")
    place = ["_batch_id", "_row_number"]
    again = screen.judged(rows.join(beside, on=place, how="inner", maintain_order="left").lazy()).collect()
    return pl.concat([judged.join(beside, on=place, how="anti", maintain_order="left"), again.select(judged.columns)])


def _opened(delivered: Delivered, file: FilePlan, screen: Screen, scratch: Path) -> Source:
    """As the hub does it: the fast reader, and line by line where that fails or does not account for the file."""
    path = delivered.home / "inbox" / file.key
    folder = scratch / file.provider_id / file.dataset_id
    folder.mkdir(parents=True, exist_ok=True)
    title = screen.dataset.title_zh
    source = open_source(path, path.suffix, screen.fields, title, folder)
    try:
        rows = source.rows.collect()
    except pl.exceptions.PolarsError:
        return salvage(path, path.suffix, screen.fields, title, folder)
    empty = int(rows[EMPTY].sum())
    if source.accounts_for(rows.height - empty, empty, int(rows[LAST_EMPTY].sum())):
        return source
    return salvage(path, path.suffix, screen.fields, title, folder)
