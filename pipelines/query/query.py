"""Read-only SQL over the hub.

Views: ``lake``, ``quarantine``, ``resolutions`` and ``superseded_versions`` by dataset, ``ledger.<table>``, ``shared.<product>``;
``lake.conflicts`` holds what code verification found.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from pipelines.ground.errors import InputError
from pipelines.storage.hub import Hub
from pipelines.storage.sql import literal, parquet
from pipelines.storage.tables import Table

_READING: Final = ("SELECT",)  # EXPLAIN ANALYZE runs what it explains


def query(hub: Hub, text: str) -> pl.DataFrame:
    """Run one reading statement.

    Raises:
        InputError: it is no SQL, or it would write.
    """
    con = duckdb.connect()
    try:
        con.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
        _views(con, hub)
        folders = (literal(str(hub.home.root / "lake")), literal(str(hub.home.shared)))
        con.execute(f"SET allowed_directories=[{', '.join(folders)}]")
        con.execute("SET enable_external_access=false; SET lock_configuration=true")
        statements = con.extract_statements(text)
        if len(statements) != 1 or statements[0].type.name not in _READING:
            raise InputError("only one statement that reads (SELECT, DESCRIBE, SHOW …) can be run here")
        result: pl.DataFrame = con.sql(text).pl()
        return result
    except duckdb.Error as error:
        raise InputError(f"the query cannot be run: {error}; views: {', '.join(names(hub))}") from error
    finally:
        con.close()


def names(hub: Hub) -> list[str]:
    """The views there are."""
    return [f"{schema}.{name}" for schema, name, _ in _relations(hub)]


def _relations(hub: Hub) -> list[tuple[str, str, Table | list[Path]]]:
    from pipelines.storage.conflicts import conflicts_table
    from pipelines.storage.ledger import TABLES, ledger
    from pipelines.storage.manifest import data_files
    from pipelines.storage.set_aside import set_aside_table

    found: list[tuple[str, str, Table | list[Path]]] = [("ledger", name, ledger(hub.home, name)) for name in TABLES]
    for dataset_id in hub.catalog.datasets:
        found.append(("lake", dataset_id, hub.records(dataset_id)))
        found.append(("quarantine", dataset_id, hub.quarantine(dataset_id)))
        found.append(("closings", dataset_id, hub.resolutions(dataset_id)))
        found.append(("losers", dataset_id, hub.superseded(dataset_id)))
        found.append(("set_aside", dataset_id, set_aside_table(hub.home, dataset_id)))
    found.append(("lake", "conflicts", conflicts_table(hub.home)))
    for product_id in hub.catalog.products:
        if files := data_files(hub.home, product_id):
            found.append(("shared", product_id, files))
    return found


def _views(con: duckdb.DuckDBPyConnection, hub: Hub) -> None:
    for schema in ("lake", "quarantine", "closings", "losers", "set_aside", "ledger", "shared"):
        con.execute(f'CREATE SCHEMA "{schema}"')
    for schema, name, source in _relations(hub):
        files: Sequence[Path]
        if isinstance(source, list):
            files = source
        else:
            files = list(source.files())
            if not files:
                empty = pl.DataFrame(schema={k: v for k, v in source.schema.items() if k != source.partition})
                con.register(f"empty_{schema}_{name}", empty.to_arrow())
                con.execute(f'CREATE TABLE "{schema}"."{name}" AS SELECT * FROM "empty_{schema}_{name}"')
                continue
        con.execute(f'CREATE VIEW "{schema}"."{name}" AS SELECT * FROM {parquet(files, union_by_name=True)}')
