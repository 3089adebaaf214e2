"""What the SQL of the indicators sees: these relations in DuckDB, of regions only (ministries are not ranked).

    regions        region_code
    batches        the ledger's batches, with ``current_provider_id`` (null: the catalogue no longer names the provider)
    feeds          region_code, provider_id, dataset_id, update_cycle: what is owed on the first day of the period
    records_keys   region_code, dataset_id, received_on, record_key: one row for each accepted row of the lake

DuckDB reads the Parquet files that the Delta log names; it never loads an extension.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import polars as pl

from pipelines.catalog import Catalog
from pipelines.home import Home
from pipelines.lake.ledger import ledger
from pipelines.lake.sql import literal
from pipelines.lake.tables import Table
from pipelines.screening.columns import BUCKET, RECEIVED_ON, REGION, SUBJECT_KEY
from pipelines.settings import Settings

_DERIVED: Final = {"subject_key": SUBJECT_KEY, "received_on": RECEIVED_ON}
_KEY_SEPARATOR: Final = "chr(31)"
_KEY_NULL: Final = "chr(30)"
_NO_KEYS: Final = """
    SELECT '' AS region_code, '' AS dataset_id, DATE '2000-01-01' AS received_on, '' AS record_key
    WHERE false
"""


@contextmanager
def relations(home: Home, catalog: Catalog, on: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with the relations above, ``on`` the first day of the period; spills to a scratch folder."""
    with TemporaryDirectory() as scratch:
        connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": Settings.read(home.root).memory_limit,
                "temp_directory": scratch,
            },
        )
        try:
            connection.register("regions", pl.DataFrame({"region_code": list(catalog.regions)}).to_arrow())
            connection.register("batches", regional_batches(home, catalog).collect().to_arrow())
            connection.register("feeds", feeds(catalog, on).to_arrow())
            connection.execute(f"CREATE VIEW records_keys AS {_records_keys(connection, home, catalog)}")
            yield connection
        finally:
            connection.close()


def regional_batches(home: Home, catalog: Catalog) -> pl.LazyFrame:
    """The ledger's deliveries of the regions on the scorecard."""
    providers = pl.Series(list(catalog.providers), dtype=pl.String).implode()
    return (
        ledger(home, "batches")
        .scan()
        .drop("unknown_columns")
        .filter(pl.col("region_code").is_in(list(catalog.regions)))
        .with_columns(pl.when(pl.col("provider_id").is_in(providers)).then("provider_id").alias("current_provider_id"))
    )


def feeds(catalog: Catalog, on: date) -> pl.DataFrame:
    """Every provincial provider with every dataset it owes on a day."""
    rows = [
        (provider.region_code, provider.id, duty.dataset_id, duty.cycle)
        for provider in catalog.providers.values()
        if provider.level == "province"
        for duty in catalog.owed(provider.id, on)
    ]
    return pl.DataFrame(
        rows,
        schema={name: pl.String for name in ("region_code", "provider_id", "dataset_id", "update_cycle")},
        orient="row",
    )


def _records_keys(connection: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> str:
    """SQL over the record keys of every dataset that has files in the lake."""
    parts = []
    for name, dataset in catalog.datasets.items():
        files = Table(home.records(name), {}, BUCKET).files()
        if not files:
            continue
        source = f"read_parquet({_paths(files)}, union_by_name = true, hive_partitioning = false)"
        there = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        wanted = [_DERIVED.get(column, column) for column in dataset.record_key]
        cells = [f"coalesce(CAST({_quoted(c)} AS VARCHAR), {_KEY_NULL})" if c in there else _KEY_NULL for c in wanted]
        parts.append(
            f"SELECT {REGION} AS region_code, {literal(name)} AS dataset_id, {RECEIVED_ON} AS received_on, "
            f"concat_ws({_KEY_SEPARATOR}, {', '.join(cells)}) AS record_key "
            f"FROM {source} WHERE {REGION} IN (SELECT region_code FROM regions)"
        )
    return " UNION ALL ".join(parts) or _NO_KEYS


def _paths(files: dict[Path, str | None]) -> str:
    return f"[{', '.join(literal(str(path)) for path in files)}]"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
