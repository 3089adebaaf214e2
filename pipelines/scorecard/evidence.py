"""What stands behind the indicators: deliveries, plain row counts and the rules that were broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from pipelines.catalog import Catalog, Rule
from pipelines.home import Home
from pipelines.lake.ledger import ledger
from pipelines.scorecard.period import Period
from pipelines.scorecard.relations import regional_batches


@dataclass(frozen=True)
class Delivery:
    """One delivery of the period, as the ledger has it."""

    batch_id: str
    region_code: str
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


@dataclass(frozen=True)
class Rows:
    """Plain counts, no average: rows in = accepted + refused; clean rows are accepted and without any warning."""

    rows_in: int
    accepted: int
    refused: int
    clean: int
    files: int
    unread_files: int

    @classmethod
    def of(cls, deliveries: Iterable[Delivery]) -> Rows:
        """Counts of deliveries; those whose bytes came before count for nothing."""
        fresh = [delivery for delivery in deliveries if delivery.status != "duplicate"]
        return cls(
            rows_in=sum(d.rows_in for d in fresh),
            accepted=sum(d.rows_accepted for d in fresh),
            refused=sum(d.rows_refused for d in fresh),
            clean=sum(d.rows_accepted - d.rows_warned for d in fresh),
            files=len(fresh),
            unread_files=sum(d.rows_in == 0 for d in fresh),
        )


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
class Evidence:
    """Deliveries and broken rules of one period, by region; ``everywhere`` has the rules over all regions."""

    deliveries: Mapping[str, tuple[Delivery, ...]]
    broken: Mapping[str, tuple[BrokenRule, ...]]
    everywhere: tuple[BrokenRule, ...]

    @classmethod
    def read(cls, home: Home, catalog: Catalog, period: Period) -> Evidence:
        """From the ledger; every region is there, with nothing if it sent nothing."""
        within = pl.col("received_on").is_between(period.start, period.known_end, closed="left")
        columns = list(Delivery.__annotations__)
        batches = (
            regional_batches(home, catalog)
            .filter(within)
            .select(columns)
            .sort("received_on", "batch_id")
            .with_columns(pl.col("received_on").cast(pl.String))
            .collect()
        )
        deliveries: dict[str, list[Delivery]] = {code: [] for code in catalog.regions}
        for row in batches.iter_rows(named=True):
            deliveries[row["region_code"]].append(Delivery(**row))
        counts = (
            ledger(home, "rule_counts")
            .scan()
            .join(batches.lazy().select("batch_id", "region_code"), on="batch_id")
            .collect()
        )
        rules = {rule.id: rule for some in catalog.rules.values() for rule in some}
        grouped = {str(code): part for (code,), part in counts.group_by("region_code")}
        return cls(
            deliveries={code: tuple(some) for code, some in deliveries.items()},
            broken={code: _broken(grouped[code], rules) if code in grouped else () for code in catalog.regions},
            everywhere=_broken(counts, rules),
        )


def _broken(counts: pl.DataFrame, rules: Mapping[str, Rule]) -> tuple[BrokenRule, ...]:
    """Rules that refuse rows first, then warnings; the most rows first."""
    totals = (
        counts.group_by("rule_id", "severity")
        .agg(
            pl.col("rows").sum(),
            pl.col("batch_id").n_unique().alias("files"),
            pl.col("region_code").n_unique().alias("regions"),
        )
        .sort(pl.col("severity") != "reject", -pl.col("rows"), pl.col("rule_id"))
    )
    return tuple(
        BrokenRule(
            row["rule_id"], rules.get(row["rule_id"]), row["severity"], row["rows"], row["files"], row["regions"]
        )
        for row in totals.iter_rows(named=True)
    )
