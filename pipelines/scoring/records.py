"""The lake's accepted rows as the indicators see them: keys as hashes, in time or not, known code or not; no content.

One scan of the columns that matter of every dataset; ``base``, ``records`` and ``cases`` of ``pipelines.scoring.relations`` are
made from these statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import duckdb
import polars as pl

from pipelines.catalog import Catalog
from pipelines.catalog.models import Dataset
from pipelines.publishing.message_register import record_owners
from pipelines.scoring.units import current_names, unit_of
from pipelines.storage.columns import BUCKET, PROVIDER, RECEIVED_ON, REGION
from pipelines.storage.home import Home
from pipelines.storage.hub import Lake
from pipelines.storage.sql import literal, parquet
from pipelines.storage.superseded import DERIVED
from pipelines.storage.tables import Table

_NO_RECORDS: Final = """
    SELECT
        NULL::VARCHAR AS unit, NULL::VARCHAR AS provider_id, NULL::VARCHAR AS dataset_id, NULL::DATE AS received_on,
        0::UBIGINT AS key_1, 0::UBIGINT AS key_2, 0::UBIGINT AS version, NULL::BOOLEAN AS in_time, false AS has_code,
        NULL::DATE AS known_from
    WHERE false
"""
_NO_CASES: Final = """
    SELECT
        NULL::VARCHAR AS indicator, NULL::VARCHAR AS unit, NULL::VARCHAR AS provider_id, NULL::VARCHAR AS dataset_id,
        0::UBIGINT AS key_1, 0::UBIGINT AS key_2, NULL::DATE AS received_on, NULL::DATE AS opened_on,
        NULL::DATE AS closed_on, NULL::DATE AS due_on
    WHERE false
"""


@dataclass(frozen=True)
class _Source:
    """The files of a dataset in the lake and the columns they have."""

    dataset: Dataset
    rows: str
    columns: frozenset[str]

    def cell(self, field: str, dtype: str = "VARCHAR") -> str:
        """A field's column; null of that type where no file has it."""
        column = DERIVED.get(field, field)
        return f"r.{_quoted(column)}" if column in self.columns else f"NULL::{dtype}"

    def hashed(self, fields: tuple[str, ...], salt: int) -> str:
        """A 64-bit hash of some fields; a null is a value like any other."""
        return f"hash({salt}, {', '.join(self.cell(field) for field in fields)})" if fields else "0::UBIGINT"


def records_sql(connection: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> str:
    """SQL over the accepted rows of every dataset that has files in the lake."""
    bases = {one.base.dataset for one in catalog.scorecard.indicators if one.base}
    parts = []
    for source in _sources(connection, home, catalog):
        dataset = source.dataset
        code = source.cell(dataset.subject.credit_code) if dataset.id not in bases else "NULL::VARCHAR"
        limit = dataset.timeliness.working_days if dataset.timeliness else 0
        dated = source.cell(dataset.timeliness.field, "DATE") if dataset.timeliness else "NULL::DATE"
        versions = tuple(name for name in dataset.version_order if name != "received_on")
        parts.append(
            f"SELECT s.unit, s.provider_id, {literal(dataset.id)}::dataset_name AS dataset_id, r.{RECEIVED_ON} AS received_on, "
            f"{source.hashed(dataset.record_key, 1)} AS key_1, {source.hashed(dataset.record_key, 2)} AS key_2, "
            f"{source.hashed(versions, 3)} AS version, {dated} >= e.earliest AS in_time, {code} IS NOT NULL AS has_code, "
            f"b.known_from FROM {source.rows} AS r "
            f"JOIN senders AS s ON s.region_code = r.{REGION} AND s.sent_as = r.{PROVIDER} "
            f"LEFT JOIN earliest_in_time AS e ON e.working_days = {limit} AND e.received_on = r.{RECEIVED_ON} "
            f"LEFT JOIN base AS b ON b.code = {code}"
        )
    return " UNION ALL ".join(parts) or _NO_RECORDS


def cases_sql(connection: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> str:
    """SQL over the records that are opened and have to be closed, with the last day in time."""
    sources = {source.dataset.id: source for source in _sources(connection, home, catalog)}
    parts = []
    for indicator in catalog.scorecard.indicators:
        cases = indicator.cases
        source = sources.get(cases.dataset) if cases else None
        if cases is None or source is None:
            continue
        opened, closed = source.cell(cases.opened, "DATE"), source.cell(cases.closed, "DATE")
        name = f"deadlines_{indicator.id}"
        days = connection.execute(
            f"SELECT DISTINCT {opened} FROM {source.rows} AS r WHERE {opened} IS NOT NULL"
        ).fetchall()
        rows = [(day, catalog.working_days.deadline(day, cases.working_days)) for (day,) in sorted(days)]
        deadlines = pl.DataFrame(rows, schema={"opened_on": pl.Date, "due_on": pl.Date}, orient="row")
        connection.register(name, deadlines.to_arrow())
        key = source.dataset.record_key
        owners = f"owners_{indicator.id}"
        connection.register(owners, _owners(home, catalog, cases.dataset).to_arrow())
        same = " AND ".join(
            f"o.{_quoted(DERIVED.get(field, field))} IS NOT DISTINCT FROM {source.cell(field)}" for field in key
        )
        parts.append(
            f"SELECT {literal(indicator.id)} AS indicator, coalesce(o.unit, s.unit::VARCHAR) AS unit, "
            f"coalesce(o.record_provider, s.provider_id::VARCHAR) AS provider_id, {literal(cases.dataset)} AS dataset_id, "
            f"{source.hashed(key, 1)} AS key_1, {source.hashed(key, 2)} AS key_2, r.{RECEIVED_ON} AS received_on, "
            f"d.opened_on, coalesce({closed}, o.handled_on) AS closed_on, coalesce(o.due_on, d.due_on) AS due_on "
            f"FROM {source.rows} AS r "
            f"JOIN senders AS s ON s.region_code = r.{REGION} AND s.sent_as = r.{PROVIDER} "
            f"JOIN {name} AS d ON d.opened_on = {opened} LEFT JOIN {owners} AS o ON {same}"
        )
    return " UNION ALL ".join(parts) or _NO_CASES


def _owners(home: Home, catalog: Catalog, dataset_id: str) -> pl.DataFrame:
    """Whose records the cases are about: they handle them, whoever took them. A case about no record stays with its sender."""
    found = record_owners(Lake(home, catalog), dataset_id)
    today = pl.col("record_provider").replace_strict(current_names(catalog), default=None, return_dtype=pl.String)
    named = found.with_columns(unit_of(catalog, "record_region", "record_provider"), today)
    return named.filter(pl.col("unit").is_not_null())


def base_sql(connection: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> str:
    """The codes records are linked to, with the first day on which each was known."""
    wanted = {(one.base.dataset, one.base.field) for one in catalog.scorecard.indicators if one.base}
    sources = {source.dataset.id: source for source in _sources(connection, home, catalog)}
    parts = [
        f"SELECT {sources[dataset].cell(field)} AS code, r.{RECEIVED_ON} AS received_on FROM {sources[dataset].rows} AS r"
        for dataset, field in sorted(wanted)
        if dataset in sources
    ]
    if not parts:
        return "SELECT NULL::VARCHAR AS code, NULL::DATE AS known_from WHERE false"
    return f"SELECT code, min(received_on) AS known_from FROM ({' UNION ALL '.join(parts)}) GROUP BY code"


def _sources(connection: duckdb.DuckDBPyConnection, home: Home, catalog: Catalog) -> Iterator[_Source]:
    for name, dataset in catalog.datasets.items():
        files = Table(home.records(name), {}, BUCKET).files()
        if files:
            rows = parquet(files, union_by_name=True)
            there = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
            yield _Source(dataset, rows, frozenset(row[0] for row in there))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
