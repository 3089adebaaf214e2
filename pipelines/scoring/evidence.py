"""What stands behind the indicators: deliveries, the rules that were broken, and the refused rows that are still open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from pipelines.catalog import Catalog, Rule
from pipelines.publishing.message_register import message_register
from pipelines.scoring.model import MessageCount
from pipelines.scoring.period import Period
from pipelines.scoring.relations import known_batches
from pipelines.scoring.units import unit_of, units
from pipelines.storage.columns import PROVIDER, REGION
from pipelines.storage.home import Home
from pipelines.storage.hub import Lake
from pipelines.storage.ledger import TABLES, ledger
from pipelines.storage.set_aside import CLOSED_ON, FOUND_ON, PLACE, read_set_aside


@dataclass(frozen=True)
class Delivery:
    """One delivery of the period, as the ledger has it; ``provider_id`` as it was sent, for its receipt lies there."""

    batch_id: str
    unit: str
    provider_id: str
    dataset_id: str
    file_name: str
    received_on: str
    status: str
    problem_code: str | None
    problem_zh: str | None
    rows_in: int
    rows_accepted: int
    rows_refused: int
    rows_warned: int
    manifest: str | None
    catalog_version: str | None
    rules: tuple[tuple[str, str, int], ...] = ()  # rule id, severity, rows


@dataclass(frozen=True)
class BrokenRule:
    """A rule with the rows that broke it; ``rule`` is None where the catalogue no longer has it."""

    rule_id: str
    rule: Rule | None
    severity: str
    rows: int
    files: int
    regions: int


@dataclass(frozen=True)
class OpenRefusals:
    """Rows of one delivery that were refused and that nobody has corrected or waived by the end of the period."""

    batch_id: str
    provider_id: str
    dataset_id: str
    file_name: str
    refused_on: date
    refused: int
    open: int


@dataclass(frozen=True)
class Evidence:
    """Deliveries and broken rules of one period, and open refusals up to its end, by unit.

    ``everywhere`` has the rules over all regions. Every unit is in every mapping, with nothing if it sent nothing. ``set_aside``
    has dataset, provider and number of the accepted rows that no product shows at the end of the period, of units that have any.
    """

    deliveries: Mapping[str, tuple[Delivery, ...]]
    broken: Mapping[str, tuple[BrokenRule, ...]]
    everywhere: tuple[BrokenRule, ...]
    open: Mapping[str, tuple[OpenRefusals, ...]]
    messages: Mapping[str, tuple[MessageCount, ...]]
    set_aside: Mapping[str, tuple[tuple[str, str, int], ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, home: Home, catalog: Catalog, period: Period) -> Evidence:
        """From the ledger."""
        known = known_batches(home, catalog).filter(pl.col("received_on") < period.known_end)
        batches = (
            known.filter(pl.col("received_on") >= period.start)
            .with_columns(pl.col("sent_as").alias("provider_id"))
            .select(name for name in Delivery.__annotations__ if name != "rules")
            .sort("received_on", "batch_id")
            .with_columns(pl.col("received_on").cast(pl.String))
            .collect()
        )
        counts = (
            ledger(home, "rule_counts")
            .scan()
            .join(batches.lazy().select("batch_id", "unit"), on="batch_id")
            .sort("batch_id", pl.col("severity") != "reject", -pl.col("rows"), "rule_id")
            .collect()
        )
        by_batch: dict[str, list[tuple[str, str, int]]] = {}
        for batch, rule, severity, rows in counts.select("batch_id", "rule_id", "severity", "rows").iter_rows():
            by_batch.setdefault(batch, []).append((rule, severity, rows))
        everybody = units(catalog)
        deliveries: dict[str, list[Delivery]] = {name: [] for name in everybody}
        for row in batches.iter_rows(named=True):
            deliveries[row["unit"]].append(Delivery(**row, rules=tuple(by_batch.get(row["batch_id"], ()))))
        rules = {rule.id: rule for some in catalog.rules.values() for rule in some}
        grouped = {str(name): part for (name,), part in counts.group_by("unit")}
        return cls(
            deliveries={name: tuple(some) for name, some in deliveries.items()},
            broken={name: _broken(grouped[name], rules) if name in grouped else () for name in everybody},
            everywhere=_broken(counts.filter(pl.col("unit").is_in(list(catalog.regions))), rules),
            open=_open(home, known, period, list(everybody)),
            set_aside=_set_aside(home, catalog, period),
            messages=_messages(home, catalog, period, list(everybody)),
        )


def _messages(
    home: Home, catalog: Catalog, period: Period, everybody: list[str]
) -> dict[str, tuple[MessageCount, ...]]:
    """Messages between units by the end of the period, by who sent them and by whose records they are about."""
    last = period.known_end - timedelta(days=1)
    register = message_register(Lake(home, catalog), last).filter(
        (pl.col("asked_on") <= last) & pl.col("sender").ne_missing(pl.col("record_provider"))
    )
    found: dict[str, list[MessageCount]] = {name: [] for name in everybody}
    for role, region, provider in (
        ("sent", "sender_region", "sender"),
        ("received", "record_region", "record_provider"),
    ):
        counted = register.with_columns(unit_of(catalog, region, provider)).group_by("unit", "kind", "state").len()
        for unit, kind, state, number in counted.drop_nulls("unit").sort("kind", "state").rows():
            title = catalog.datasets[kind].title_zh
            found[unit].append(MessageCount(role, kind, title, state, number))  # type: ignore[arg-type]
    return {name: tuple(some) for name, some in found.items()}


def _broken(counts: pl.DataFrame, rules: Mapping[str, Rule]) -> tuple[BrokenRule, ...]:
    """Rules that refuse rows first, then warnings; the most rows first."""
    totals = (
        counts.group_by("rule_id", "severity")
        .agg(
            pl.col("rows").sum(),
            pl.col("batch_id").n_unique().alias("files"),
            pl.col("unit").n_unique().alias("regions"),
        )
        .sort(pl.col("severity") != "reject", -pl.col("rows"), pl.col("rule_id"))
    )
    return tuple(
        BrokenRule(
            row["rule_id"], rules.get(row["rule_id"]), row["severity"], row["rows"], row["files"], row["regions"]
        )
        for row in totals.iter_rows(named=True)
    )


def _open(home: Home, known: pl.LazyFrame, period: Period, everybody: list[str]) -> dict[str, tuple[OpenRefusals, ...]]:
    """Refused less closed, by delivery; the oldest first."""
    closed = pl.LazyFrame(schema={"batch_id": pl.String, "closed": pl.Int64})
    if {"batch_id", "closed_on", "rows"} <= set(TABLES.get("closures", {})):
        rows = ledger(home, "closures").scan().filter(pl.col("closed_on") < period.known_end)
        closed = rows.group_by("batch_id").agg(pl.col("rows").sum().alias("closed"))
    left = (
        known.filter(pl.col("rows_refused") > 0)
        .join(closed, on="batch_id", how="left")
        .with_columns((pl.col("rows_refused") - pl.col("closed").fill_null(0)).alias("open"))
        .filter(pl.col("open") > 0)
        .sort("received_on", "batch_id")
        .select("unit", "batch_id", "sent_as", "dataset_id", "file_name", "received_on", "rows_refused", "open")
        .collect()
    )
    found: dict[str, list[OpenRefusals]] = {name: [] for name in everybody}
    for unit, *values in left.iter_rows():
        found[unit].append(OpenRefusals(*values))
    return {name: tuple(some) for name, some in found.items()}


def _set_aside(home: Home, catalog: Catalog, period: Period) -> dict[str, tuple[tuple[str, str, int], ...]]:
    """Rows found before the end of the period and not closed by then."""
    found: dict[str, list[tuple[str, str, int]]] = {}
    for dataset_id in catalog.datasets:
        then = read_set_aside(home, dataset_id).filter(
            pl.col(FOUND_ON) < period.known_end,
            pl.col(CLOSED_ON).is_null() | (pl.col(CLOSED_ON) >= period.known_end),
        )
        rows = then.unique(PLACE).rename({PROVIDER: "provider_id", REGION: "region_code"})
        counted = rows.with_columns(unit_of(catalog)).group_by("unit", "provider_id").len().sort("unit", "provider_id")
        for unit, provider_id, number in counted.drop_nulls("unit").iter_rows():
            found.setdefault(unit, []).append((dataset_id, provider_id, number))
    return {unit: tuple(lines) for unit, lines in found.items()}
