"""What the SQL of the indicators sees: these relations in DuckDB, made from ledger, lake and catalogue.

    periods      period, first_day, end_day, over_day    end_day: the first day that does not count, or was not known; over_day:
                 the first one that was not over: a deadline on it has not passed
    deliveries   unit, provider_id, dataset_id, batch_id, received_on, … of the ledger's batches, exact re-sends left out
    datasets     dataset_id, has_deadline
    slots        period, unit, provider_id, dataset_id, slot_first, slot_end, came    one for each time a feed had to come; came:
                 accepted rows came within it
    broken       unit, provider_id, dataset_id, received_on, check_id, rows     rows that broke a rule, by kind of rule
    closures, takedowns, displays, subject_counts        the ledger's, with ``unit``; empty where nothing wrote them;
                 takedowns: also those no release has taken down, ``taken_down_on`` null
    cases        indicator, unit, provider_id, dataset_id, key_1, key_2, received_on, opened_on, closed_on, due_on
    base         code, known_from: the credit codes records are linked to, and the first day on which each was known
    records      unit, provider_id, dataset_id, received_on, key_1, key_2, version, in_time, has_code, known_from
                 one for each accepted row of the lake

A unit is a region's code or a ministry's provider id. ``key_1`` and ``key_2`` are two hashes of the record key within a dataset:
128 bits that only equal keys share, up to one chance in 10^25 for five million rows. ``version`` is a hash of what orders the
versions of a record, the day of receipt left out. ``in_time`` is null for a row without a deadline; ``known_from`` is the first
day on which the row's credit code stood in the base of linking, null if never; ``has_code`` is false for rows without a credit
code and for the base itself.

DuckDB reads the Parquet files that the Delta log names; it never loads an extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import polars as pl

from pipelines.catalog import Catalog
from pipelines.ground.clock import CHINA
from pipelines.ground.limits import MEMORY_LIMIT
from pipelines.publishing.waiting import waiting_takedowns
from pipelines.scoring.period import Period
from pipelines.scoring.records import base_sql, cases_sql, records_sql
from pipelines.scoring.slots import slots
from pipelines.scoring.units import current_names, unit_of
from pipelines.storage.home import Home
from pipelines.storage.hub import Lake
from pipelines.storage.ledger import TABLES, ledger
from pipelines.storage.sql import literal

# Tables other parts of the hub write, and the columns the indicators read of them.
_EVENTS: Final[dict[str, dict[str, pl.DataType]]] = {
    "closures": {
        "dataset_id": pl.String(),
        "closed_by": pl.String(),
        "refused_on": pl.Date(),
        "closed_on": pl.Date(),
        "rows": pl.Int64(),
    },
    "takedowns": {
        "dataset_id": pl.String(),
        "reason": pl.String(),
        "product_id": pl.String(),
        "record": pl.String(),
        "received_on": pl.Date(),
        "due_on": pl.Date(),
        "taken_down_on": pl.Date(),
    },
    "displays": {
        "product_id": pl.String(),
        "dataset_id": pl.String(),
        "release_id": pl.String(),
        "as_of": pl.String(),
        "displayed": pl.Int64(),
        "overdue": pl.Int64(),
    },
    "subject_counts": {"as_of": pl.String(), "kind": pl.String(), "number": pl.Int64()},
}

# A delivery counts for its own unit's feed only; provider_id is null where the catalogue no longer names the provider, whose
# deliveries stay with the unit's feed.
_SLOTS: Final = """
    SELECT due_slots.*, bool_or(deliveries.batch_id IS NOT NULL) AS came
    FROM due_slots
    JOIN periods USING (period)
    LEFT JOIN deliveries
        ON deliveries.unit = due_slots.unit
        AND deliveries.dataset_id = due_slots.dataset_id
        AND coalesce(deliveries.provider_id, due_slots.provider_id) = due_slots.provider_id
        AND deliveries.received_on >= slot_first AND deliveries.received_on < least(slot_end, end_day)
        AND deliveries.rows_accepted > 0
    GROUP BY ALL
"""


@contextmanager
def relations(
    home: Home, catalog: Catalog, periods: Sequence[Period], memory_limit: str = MEMORY_LIMIT
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with the relations above; spills to a scratch folder."""
    with TemporaryDirectory() as scratch:
        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": memory_limit,
                "temp_directory": scratch,
                "preserve_insertion_order": False,
            },
        )
        try:
            batches = known_batches(home, catalog).collect()
            _register(connection, "periods", _periods(periods))
            _register(connection, "deliveries", batches.filter(pl.col("status") != "duplicate"))
            limited = [(name, one.timeliness is not None) for name, one in catalog.datasets.items()]
            _register(
                connection, "datasets", pl.DataFrame(limited, schema=["dataset_id", "has_deadline"], orient="row")
            )
            _register(connection, "due_slots", slots(catalog, periods))
            connection.execute(f"CREATE TABLE slots AS {_SLOTS}")
            _register(connection, "broken", _broken(home, catalog, batches))
            for name, columns in _EVENTS.items():
                _register(connection, name, _events(home, catalog, name, columns))
            _senders(connection, catalog, batches)
            _register(connection, "earliest_in_time", _earliest_in_time(catalog, batches))
            connection.execute(f"CREATE TABLE base AS {base_sql(connection, home, catalog)}")
            connection.execute(f"CREATE TABLE records AS {records_sql(connection, home, catalog)}")
            connection.execute(f"CREATE TABLE cases AS {cases_sql(connection, home, catalog)}")
            yield connection
        finally:
            connection.close()


def _senders(connection: duckdb.DuckDBPyConnection, catalog: Catalog, batches: pl.DataFrame) -> None:
    """Who sent, with names as numbers: five million rows carry them."""
    _register(connection, "senders_named", batches.select("region_code", "sent_as", "unit", "provider_id").unique())
    for name, source in {"unit_name": "unit", "provider_name": "provider_id"}.items():
        wanted = f"SELECT DISTINCT {source} FROM senders_named WHERE {source} IS NOT NULL ORDER BY 1"
        connection.execute(f"CREATE TYPE {name} AS ENUM ({wanted})")
    connection.execute(f"CREATE TYPE dataset_name AS ENUM ({', '.join(literal(one) for one in catalog.datasets)})")
    connection.execute(
        "CREATE TABLE senders AS SELECT region_code, sent_as, unit::unit_name AS unit, provider_id::provider_name AS provider_id "
        "FROM senders_named"
    )


def known_batches(home: Home, catalog: Catalog) -> pl.LazyFrame:
    """The ledger's deliveries of everybody who is scored, with ``unit`` and the provider's current name."""
    wanted = ledger(home, "batches").scan().drop("unknown_columns")
    if "manifest" not in wanted.collect_schema().names():
        wanted = wanted.with_columns(pl.lit(None, dtype=pl.String).alias("manifest"))
    names = current_names(catalog)
    return (
        wanted.with_columns(unit_of(catalog))
        .filter(pl.col("unit").is_not_null())
        .with_columns(
            pl.col("provider_id").alias("sent_as"),
            # Null: the catalogue no longer names the provider; its deliveries stay with the unit's feed.
            pl.col("provider_id").replace_strict(names, default=None, return_dtype=pl.String),
        )
    )


def _periods(periods: Sequence[Period]) -> pl.DataFrame:
    rows = [(one.label, one.start, one.known_end, min(one.end, one.as_of.astimezone(CHINA).date())) for one in periods]
    days = ("first_day", "end_day", "over_day")
    return pl.DataFrame(rows, schema={"period": pl.String, **dict.fromkeys(days, pl.Date)}, orient="row")


def _broken(home: Home, catalog: Catalog, batches: pl.DataFrame) -> pl.DataFrame:
    checks = {rule.id: rule.primitive for some in catalog.rules.values() for rule in some}
    wanted = {name for one in catalog.scorecard.indicators for name in one.checks}
    rules = [rule for rule, check in checks.items() if check in wanted]
    return (
        ledger(home, "rule_counts")
        .scan()
        .filter(pl.col("rule_id").is_in(rules))
        .join(batches.lazy().select("batch_id", "unit", "provider_id", "dataset_id", "received_on"), on="batch_id")
        .with_columns(pl.col("rule_id").replace_strict(checks, default=None, return_dtype=pl.String).alias("check_id"))
        .select("unit", "provider_id", "dataset_id", "received_on", "check_id", "rows")
        .collect()
    )


def _events(home: Home, catalog: Catalog, name: str, columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """A ledger table with ``unit``; empty where the hub has none, or one without these columns."""
    named: dict[str, pl.DataType] = {"provider_id": pl.String(), "region_code": pl.String(), **columns}
    empty = pl.DataFrame(schema={"unit": pl.String(), **named})
    if name not in TABLES or not set(named) <= set(TABLES[name]):
        return empty
    told = ledger(home, name).read()
    if (
        name == "takedowns"
    ):  # the ledger is silent where nobody publishes: what is still offered then is late all the same
        told = pl.concat([told, waiting_takedowns(Lake(home, catalog))], how="diagonal")
    rows = told.lazy().select(pl.col(column).cast(dtype) for column, dtype in named.items())
    # As in ``known_batches``: what stands under a former name belongs to the name of today.
    today = pl.col("provider_id").replace_strict(current_names(catalog), default=None, return_dtype=pl.String)
    named_today = rows.with_columns(unit_of(catalog)).filter(pl.col("unit").is_not_null()).with_columns(today)
    return named_today.select(empty.columns).collect()


def _earliest_in_time(catalog: Catalog, batches: pl.DataFrame) -> pl.DataFrame:
    """By working days and day of receipt: the earliest date of a record that is still in time on that day."""
    limits = sorted({one.timeliness.working_days for one in catalog.datasets.values() if one.timeliness})
    days: list[date] = batches["received_on"].drop_nulls().unique().sort().to_list()
    rows = [(limit, day, catalog.working_days.earliest_in_time(day, limit)) for limit in limits for day in days]
    return pl.DataFrame(
        rows, schema={"working_days": pl.Int64, "received_on": pl.Date, "earliest": pl.Date}, orient="row"
    )


def _register(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    connection.register(name, frame.to_arrow())
