"""The impact of a rule change before it is made: ``impact(hub, other, ...)``.

Every retained delivery (``raw/``) of a dataset whose rules differ is screened twice, under the catalogue in force and under the
changed one, with the same references; so what differs is the rules' doing alone. Nothing is written but scratch outside the home.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines.catalog import Catalog, Rule
from pipelines.checks.registry import References
from pipelines.collecting.passes import open_delivery, screen_files
from pipelines.collecting.references import read_references
from pipelines.ground.errors import InputError
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.reading import Unreadable
from pipelines.screening import Screen
from pipelines.screening.screen import REFUSED
from pipelines.storage import raw
from pipelines.storage.columns import BATCH, ROW_NUMBER
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger

# No pseudonym leaves the scratch folder.
_NO_KEY: Final = b"pseudonyms of a comparison leave it nowhere"
_ROW: Final = [BATCH, ROW_NUMBER]
_BROKEN: Final = {BATCH: pl.String(), ROW_NUMBER: pl.Int64(), "rule_id": pl.String(), REFUSED: pl.Boolean()}


@dataclass(frozen=True)
class Turned:
    """One rule, one provider and one dataset: the rows whose verdict would turn, and the rows that break the rule.

    ``refused`` rows are accepted today and would be refused, breaking this rule; ``accepted`` rows are refused today, breaking
    this rule, and would be accepted. A row that breaks several rules counts under each. ``broke`` and ``would_break`` count the
    rows that break the rule, whether or not their verdict turns.
    """

    dataset_id: str
    provider_id: str
    rule_id: str
    severity: str
    refused: int
    accepted: int
    broke: int
    would_break: int


@dataclass(frozen=True)
class Impact:
    """What would turn. ``rows`` are those read; ``refused`` and ``accepted`` count each row once, by dataset and provider."""

    catalog_now: str
    catalog_then: str
    datasets: tuple[str, ...]
    unchanged: tuple[str, ...]
    batches: int
    unread: int
    rows: int
    refused: int
    accepted: int
    by_provider: tuple[tuple[str, str, int, int, int], ...]  # dataset, provider, rows, refused, accepted
    rules: tuple[Turned, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        names = ("dataset_id", "provider_id", "rows", "refused", "accepted")
        by_provider = [dict(zip(names, row, strict=True)) for row in self.by_provider]
        return {**asdict(self), "by_provider": by_provider}


def impact(
    hub: Hub,
    other: Catalog,
    *,
    dataset: str | None = None,
    provider: str | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Impact:
    """Screen retained deliveries under both catalogues and compare row by row.

    Args:
        hub: with the catalogue in force; only read.
        other: the changed catalogue.
        dataset: only this dataset.
        provider: only this provider.
        progress: called with what is being screened.

    Raises:
        InputError: the dataset or the provider is in neither catalogue.
    """
    if dataset is not None and dataset not in {*hub.catalog.datasets, *other.datasets}:
        raise InputError(f"--dataset {dataset}: is in neither catalogue; use one of: {', '.join(hub.catalog.datasets)}")
    if provider is not None and provider not in {*hub.catalog.providers, *other.providers}:
        raise InputError(
            f"--provider {provider}: is in neither catalogue; use one of: {', '.join(hub.catalog.providers)}"
        )
    asked = [name for name in hub.catalog.datasets if name in other.datasets and dataset in (None, name)]
    changed = [name for name in asked if _judges_by(hub.catalog, name) != _judges_by(other, name)]
    batches = ledger(hub.home, "batches").scan().filter(pl.col("status") != "duplicate")
    if provider is not None:
        batches = batches.filter(pl.col("provider_id") == provider)
    kept = batches.filter(pl.col("dataset_id").is_in(changed)).sort("dataset_id", "batch_id").collect()
    parts = [
        _Compared.of(hub, other, name, deliveries, progress)
        for (name,), deliveries in kept.group_by("dataset_id", maintain_order=True)
    ]
    rules = sorted(
        (turned for part in parts for turned in part.rules),
        key=lambda one: (-(one.refused + one.accepted), one.rule_id, one.provider_id),
    )
    by_provider = sorted(row for part in parts for row in part.by_provider)
    return Impact(
        catalog_now=hub.catalog.version,
        catalog_then=other.version,
        datasets=tuple(changed),
        unchanged=tuple(name for name in asked if name not in changed),
        batches=kept.height,
        unread=sum(part.unread for part in parts),
        rows=sum(row[2] for row in by_provider),
        refused=sum(row[3] for row in by_provider),
        accepted=sum(row[4] for row in by_provider),
        by_provider=tuple(by_provider),
        rules=tuple(rules),
    )


def _judges_by(catalog: Catalog, dataset_id: str) -> tuple[Any, ...]:
    """Everything a verdict on a row of a dataset depends on."""
    fields, rules = catalog.fields(dataset_id), catalog.rules[dataset_id]
    tables = {name: table.accepted for name, table in catalog.code_tables.items()}
    used = {field.code_table for field in fields}
    shapes = tuple((f.id, f.headers, f.kind, f.type, f.code_table) for f in fields)
    codes = {name: tables[name] for name in used if name}
    return rules, shapes, codes, catalog.registrar_pairs, catalog.division_codes, catalog.datasets[dataset_id].subject


@dataclass(frozen=True)
class _Compared:
    unread: int
    by_provider: tuple[tuple[str, str, int, int, int], ...]
    rules: tuple[Turned, ...]

    @classmethod
    def of(
        cls, hub: Hub, other: Catalog, name: Any, deliveries: pl.DataFrame, progress: Callable[[str], None]
    ) -> _Compared:
        """One dataset, delivery by delivery, so that memory does not grow with their number."""
        dataset_id = str(name)
        sides = [_Side.of(hub, catalog, dataset_id) for catalog in (hub.catalog, other)]
        unread = 0
        rows: dict[str, int] = {}
        turned: list[pl.DataFrame] = []
        broken: list[pl.DataFrame] = []
        for row in deliveries.iter_rows(named=True):
            delivery = _delivery(hub, row)
            progress(f"{dataset_id} · {delivery.provider_id} · {delivery.file_name}")
            now, then = (side.screened(hub, delivery) for side in sides)
            if now is None or then is None:
                unread += 1
                continue
            count, before = now
            _, after = then
            rows[delivery.provider_id] = rows.get(delivery.provider_id, 0) + count
            both = pl.concat([before.with_columns(side=pl.lit("now")), after.with_columns(side=pl.lit("then"))])
            both = both.with_columns(pl.lit(delivery.provider_id).alias("provider_id"))
            broken.append(both.group_by("provider_id", "rule_id", "side").agg(pl.len().alias("rows")))
            turned.append(_turned(both))
        severities = {rule.id: rule.severity.value for side in sides for rule in side.screen.rules}
        return cls(unread, *_summed(dataset_id, rows, turned, broken, severities))


def _turned(both: pl.DataFrame) -> pl.DataFrame:
    """Rows refused on one side only: ``provider_id, _row_number, rule_id, turns``; under every refusing rule they break there."""
    refused = both.filter(pl.col(REFUSED))
    sides = refused.group_by("provider_id", *_ROW).agg(pl.col("side").unique().sort().alias("sides"))
    once = sides.filter(pl.col("sides").list.len() == 1).with_columns(pl.col("sides").list.first().alias("side"))
    return refused.join(once.drop("sides"), on=["provider_id", *_ROW, "side"], how="inner").select(
        "provider_id", *_ROW, "rule_id", "side"
    )


def _summed(
    dataset_id: str,
    rows: dict[str, int],
    turned: Sequence[pl.DataFrame],
    broken: Sequence[pl.DataFrame],
    severities: dict[str, str],
) -> tuple[tuple[tuple[str, str, int, int, int], ...], tuple[Turned, ...]]:
    empty = {
        "provider_id": pl.String(),
        BATCH: pl.String(),
        ROW_NUMBER: pl.Int64(),
        "rule_id": pl.String(),
        "side": pl.String(),
    }
    every = pl.concat([pl.DataFrame(schema=empty), *turned])
    refusing = every.filter(pl.col("rule_id").replace_strict(severities, default="reject") == "reject")
    once = every.unique(["provider_id", *_ROW]).group_by("provider_id", "side").len()
    verdicts = {(row[0], row[1]): row[2] for row in once.iter_rows()}
    by_rule = {row[:3]: row[3] for row in refusing.group_by("provider_id", "rule_id", "side").len().iter_rows()}
    sums = pl.concat(
        [
            pl.DataFrame(
                schema={"provider_id": pl.String(), "rule_id": pl.String(), "side": pl.String(), "rows": pl.UInt32()}
            ),
            *broken,
        ]
    )
    breaks = {
        row[:3]: row[3] for row in sums.group_by("provider_id", "rule_id", "side").agg(pl.col("rows").sum()).iter_rows()
    }
    by_provider = tuple(
        (dataset_id, name, count, verdicts.get((name, "then"), 0), verdicts.get((name, "now"), 0))
        for name, count in sorted(rows.items())
    )
    found = []
    for name, rule in sorted({key[:2] for key in breaks}):
        refused, accepted = by_rule.get((name, rule, "then"), 0), by_rule.get((name, rule, "now"), 0)
        broke, would = breaks.get((name, rule, "now"), 0), breaks.get((name, rule, "then"), 0)
        if refused or accepted or broke != would:
            found.append(
                Turned(dataset_id, name, rule, severities.get(rule, "reject"), refused, accepted, broke, would)
            )
    return by_provider, tuple(found)


@dataclass(frozen=True)
class _Side:
    """A dataset compiled under one of the two catalogues."""

    screen: Screen
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, hub: Hub, catalog: Catalog, dataset_id: str) -> _Side:
        references: References = read_references(
            catalog, catalog.rules[dataset_id], replace(hub, catalog=catalog).records
        )
        screen = Screen.of(catalog, dataset_id, Pseudonyms(_NO_KEY), references)
        return cls(screen, catalog.rules[dataset_id])

    def screened(self, hub: Hub, delivery: Delivery) -> tuple[int, pl.DataFrame] | None:
        """Rows read, and the rules each row broke; None where the file cannot be read."""
        with tempfile.TemporaryDirectory(prefix="impact-") as scratch:
            work = Path(scratch)
            path = raw.path_of(hub.home, delivery.sha256)
            try:
                passed = screen_files(
                    self.screen, [open_delivery(self.screen, delivery, path, hub.settings.limits, work)], work
                )
            except Unreadable:
                return None
            if not passed.opened:
                return None
            rows = int(passed.measured["rows"].sum())
            return rows, pl.concat([pl.DataFrame(schema=_BROKEN), *self._broken(passed.flagged)])

    def _broken(self, folder: Path) -> Iterator[pl.DataFrame]:
        names = [rule.id for rule in self.screen.rules]
        for path in sorted(folder.iterdir()):
            flagged = pl.read_parquet(path, hive_partitioning=False, columns=[*_ROW, REFUSED, *names])
            long = flagged.unpivot(index=[*_ROW, REFUSED], on=names, variable_name="rule_id", value_name="broke")
            yield long.filter("broke").select(pl.col(name).cast(dtype) for name, dtype in _BROKEN.items())


def _delivery(hub: Hub, row: dict[str, Any]) -> Delivery:
    """The delivery of a batch, with what its manifest said."""
    record = raw.record_of(hub.home, row["sha256"], row["batch_id"])
    if record.exists():
        return Delivery.read(record)
    return Delivery(
        batch_id=row["batch_id"],
        first_batch_id=None,
        provider_id=row["provider_id"],
        region_code=row["region_code"],
        dataset_id=row["dataset_id"],
        file_name=row["file_name"],
        sha256=row["sha256"],
        bytes=row["bytes"],
        received_on=str(row["received_on"]),
        received_at=row["received_at"],
        token="",
    )
