"""A hub whose ledger and lake are written row by row, so that every number of a scorecard is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.catalog import Catalog
from pipelines.pages.scorecards import ScorecardPages, write_pages
from pipelines.scoring import ScoreResult, score
from pipelines.scoring.card import measured
from pipelines.scoring.model import PeriodCard
from pipelines.scoring.period import Period
from pipelines.scoring.scoring import UnitScore
from pipelines.storage.columns import BUCKET, record_schema
from pipelines.storage.home import Home
from pipelines.storage.ledger import BATCHES, TABLES, ledger
from pipelines.storage.tables import Table

PERIOD = "2026-03"
AS_OF = datetime(2026, 4, 2, 4, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
DATASETS = (
    "enterprise_registration",
    "administrative_licence",
    "administrative_penalty",
)  # all a province owes here: catalog()


def key_field(catalog: Catalog, dataset: str) -> str:
    """The part of the record key that differs from record to record here: its first field."""
    return next(name for name in catalog.datasets[dataset].record_key if name != "subject_key")


class PagesAlone(ScorecardPages):
    """The pages of a period without its workbook."""

    def write(self, card: PeriodCard, folder: Path) -> None:
        write_pages(card, folder)


@dataclass
class Hub:
    """Notes deliveries; ``score`` writes them to ledger and lake and scores.

    The ``workbook`` of a scorecard costs as much as all the rest; it is written where a test wants it.
    """

    home: Home
    catalog: Catalog
    batches: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    commits: int = 0
    workbook: bool = False

    def deliver(
        self,
        provider: str,
        dataset: str = "administrative_penalty",
        rows: int = 100,
        refused: int = 0,
        *,
        day: str = "2026-03-10",
        keys: list[str] | None = None,
        broken: Mapping[str, int] | None = None,
        region: str | None = None,
        codes: list[str] | None = None,
        updated: str | None = None,
        **changes: Any,
    ) -> str:
        """One delivery without a fault, but for what is said.

        ``keys`` are the record keys of its accepted rows, ``codes`` their credit codes, ``updated`` their version; the first
        ``late_rows`` of them are dated half a year before the delivery.
        """
        number = len(self.known)
        batch_id = f"{number:016x}"
        accepted = rows - refused
        dated = self.catalog.datasets[dataset].timeliness is not None
        region = region or self.catalog.providers[provider].region_code
        self.batches.append(
            dict.fromkeys(BATCHES)
            | {
                "batch_id": batch_id,
                "group_id": f"g{number}",
                "provider_id": provider,
                "region_code": region,
                "dataset_id": dataset,
                "file_name": f"{dataset}-{number}.csv",
                "received_on": date.fromisoformat(day),
                "received_at": f"{day}T02:00:00Z",
                "status": "accepted" if not refused else "partial" if accepted else "rejected",
                "rows_in": rows,
                "rows_accepted": accepted,
                "rows_refused": refused,
                "rows_warned": 0,
                "required_cells": rows * 10,
                "missing_cells": 0,
                "code_rows": rows,
                "code_valid_rows": rows,
                "dated_rows": accepted if dated else 0,
                "late_rows": 0,
            }
            | changes
        )
        self.known[batch_id] = self.batches[-1]
        keys = [f"{batch_id}-{n}" for n in range(accepted)] if keys is None else keys
        key = key_field(self.catalog, dataset)
        timeliness = self.catalog.datasets[dataset].timeliness
        received, late = date.fromisoformat(day), changes.get("late_rows", 0)
        self.records.setdefault(dataset, []).extend(
            {
                key: value,
                "authority_code": "11510000000000000X",
                "_batch_id": batch_id,
                "_row_number": row,
                "_provider_id": provider,
                "_region_code": region,
                "_received_on": date.fromisoformat(day),
                "_subject_key": "91510000000000000X",
            }
            | ({timeliness.field: received - timedelta(days=180 if row < late + 2 else 1)} if timeliness else {})
            | ({"credit_code": codes[row - 2]} if codes else {})
            | ({"source_updated_at": datetime.fromisoformat(updated)} if updated else {})
            for row, value in enumerate(keys, start=2)
        )
        self.rules.extend(
            {
                "batch_id": batch_id,
                "rule_id": rule_id,
                "severity": "reject",
                "dimension": "completeness",
                "responsibility": "provider",
                "field": rule_id.split(".")[1],
                "rows": count,
            }
            for rule_id, count in (broken or {}).items()
        )
        return batch_id

    def deliver_all(self, provider: str, rows: int = 100, refused: int = 0, **changes: Any) -> None:
        """One delivery of each dataset."""
        for dataset in DATASETS:
            self.deliver(provider, dataset, rows, refused, **changes)

    def objections(self, provider: str, some: list[tuple[str, int, int | None]]) -> None:
        """Objections raised on a day of February 2026 and closed so many days later, or not at all."""
        self.deliver(provider, "objection", rows=len(some), keys=[name for name, _, _ in some])
        for row, (_, day, after) in zip(self.records["objection"][-len(some) :], some, strict=True):
            raised = date(2026, 2, day)
            row |= {"raised_on": raised, "closed_on": None if after is None else raised + timedelta(days=after)}

    def event(self, table: str, provider: str = "sichuan", **values: Any) -> None:
        """A row of one of the ledger tables that other parts of the hub write."""
        known: dict[str, Any] = dict.fromkeys(TABLES[table])
        region = self.catalog.providers[provider].region_code
        self.events.setdefault(table, []).append(known | {"provider_id": provider, "region_code": region} | values)

    def unreadable(
        self, provider: str, code: str = "undecodable", words: str = "文件读不出来。", **changes: Any
    ) -> str:
        """A file of which nothing could be taken."""
        status = {"status": "rejected", "problem_code": code, "problem_zh": words}
        return self.deliver(provider, rows=0, **(status | changes))

    def again(self, first_batch_id: str, **changes: Any) -> None:
        """The same bytes once more."""
        first = self.known[first_batch_id]
        zeros = {name: 0 for name, value in first.items() if isinstance(value, int) and name != "bytes"}
        copy = first | zeros | {"batch_id": f"{first_batch_id}-again", "first_batch_id": first_batch_id}
        self.batches.append(copy | {"status": "duplicate", "problem_code": None, "problem_zh": None} | changes)

    def commit(self) -> None:
        """Write what was noted since the last time."""
        self.commits += 1
        name, scratch = f"t{self.commits}", self.home.root / "scratch"
        for dataset, rows in self.records.items():
            schema = record_schema(self.catalog.fields(dataset))
            frame = pl.DataFrame(rows, schema={n: t for n, t in schema.items() if n != BUCKET})
            path = scratch / f"{dataset}.parquet"
            scratch.mkdir(parents=True, exist_ok=True)
            frame.write_parquet(path)
            Table(self.home.records(dataset), schema, BUCKET).append(name, [(path, "00")])
        for table, rows in {**self.events, "rule_counts": self.rules, "batches": self.batches}.items():
            ledger(self.home, table).append_frame(name, pl.DataFrame(rows, schema=dict(TABLES[table])), scratch)
        self.batches, self.rules, self.records, self.events = [], [], {}, {}

    def scored(
        self, *periods: str, as_of: datetime = AS_OF, catalog: Catalog | None = None
    ) -> dict[str, dict[str, UnitScore]]:
        """Commit, then compute periods without writing anything: by period and unit."""
        if self.batches or self.events:
            self.commit()
        known = catalog or self.catalog
        wanted = [Period.parse(period, as_of) for period in periods or (PERIOD,)]
        facts = measured(self.home, known, wanted)
        return {one.label: {u.code: u for u in facts.scored(known.scorecard, known, one)} for one in wanted}

    def score(self, period: str = PERIOD, as_of: datetime = AS_OF, catalog: Catalog | None = None) -> ScoreResult:
        """Commit, then score."""
        if self.batches or self.events:
            self.commit()
        pages = ScorecardPages() if self.workbook else PagesAlone()
        return score(self.home, catalog or self.catalog, pages, period=period, as_of=as_of)


# Tables as the parts of the hub that write them declare them; here so that the indicators are tested wherever these stand.
AGREED: dict[str, dict[str, pl.DataType]] = {
    "closures": {
        **dict.fromkeys(
            ("batch_id", "provider_id", "region_code", "dataset_id", "closed_by", "closing_id"), pl.String()
        ),
        **dict.fromkeys(("refused_on", "closed_on"), pl.Date()),
        "rows": pl.Int64(),
    },
    "takedowns": {
        **dict.fromkeys(
            ("product_id", "dataset_id", "release_id", "reason", "provider_id", "region_code"), pl.String()
        ),
        "record": pl.String(),
        **dict.fromkeys(("received_on", "due_on", "taken_down_on"), pl.Date()),
    },
    "displays": {
        **dict.fromkeys(("product_id", "dataset_id", "release_id", "as_of", "provider_id", "region_code"), pl.String()),
        **dict.fromkeys(("displayed", "overdue"), pl.Int64()),
    },
    "subject_counts": {
        **dict.fromkeys(("release_id", "as_of", "provider_id", "region_code", "kind"), pl.String()),
        "number": pl.Int64(),
    },
}


@pytest.fixture(scope="module", autouse=True)
def agreed_tables() -> Iterator[None]:
    """The ledger knows every table that was agreed, until all of them have their owner's code."""
    added = [name for name in AGREED if name not in TABLES]
    TABLES.update({name: AGREED[name] for name in added})
    columns = dict(TABLES["batches"])
    TABLES["batches"] = {"manifest": pl.String(), **columns}
    yield
    TABLES["batches"] = columns
    for name in added:
        del TABLES[name]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The catalogue, in which a province owes three datasets, however many it owes today: so numbers can be reckoned by hand."""
    found = Catalog.load(ROOT / "catalog")
    expected = found.policies.expected_deliveries
    rows = []
    for row in expected.deliveries:
        kept = tuple(name for name in row.datasets if name in DATASETS) if "provinces" in row.who else row.datasets
        if kept:
            rows.append(row.model_copy(update={"datasets": kept}))
    expected = expected.model_copy(update={"deliveries": tuple(rows)})
    return replace(found, policies=found.policies.model_copy(update={"expected_deliveries": expected}))


@pytest.fixture
def hub(tmp_path: Path, catalog: Catalog) -> Hub:
    return Hub(Home(tmp_path / "home"), catalog)


@pytest.fixture(scope="session")
def make_hub(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Callable[[], Hub]:
    return lambda: Hub(Home(tmp_path_factory.mktemp("hub")), catalog)


def indicator(result: ScoreResult, region_code: str, name: str) -> dict[str, Any]:
    """One row of scorecard.parquet."""
    found = result.frame.filter(pl.col("region_code") == region_code, pl.col("indicator") == name)
    assert found.height == 1
    return found.row(0, named=True)
