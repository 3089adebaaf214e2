"""Great Expectations on DuckDB: an execution engine and the datasource ``type: "duckdb"``.

Importing this module is how the hub gets Great Expectations (about two seconds): telemetry is off before the first line
of it runs, and the datasource is registered once however often the module is imported. ::

    with handed_over(con) as url:
        rows = new_context().data_sources.add_duckdb("hub", connection_string=url)
"""

from __future__ import annotations

import os

os.environ["GX_ANALYTICS_ENABLED"] = "False"  # before the import, when some versions read it

from types import ModuleType
from typing import Any, ClassVar, Literal

import great_expectations as gx
import sqlalchemy
from great_expectations.compatibility import pydantic
from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.config_str import ConfigStr
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, SQLDatasource, TableAsset
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from pipelines.expectations import duckdb_dialect


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """Tells Great Expectations what it may ask of DuckDB.

    It looks at ``dialect_module`` for column types, and for the dialects it knows. ``DremioDialect`` is the one whose
    SQL is also DuckDB's: ``REGEXP_MATCHES(column, pattern)`` finds anywhere in the text, and LIKE is allowed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        module = ModuleType("pipelines.expectations.duckdb_types")
        module.__dict__.update({type_.__name__: type_ for type_ in duckdb_dialect.TYPES.values()})
        module.__dict__.update(
            DECIMAL=sqlalchemy.DECIMAL,
            DremioDialect=duckdb_dialect.DuckDBDialect,
            dialect=duckdb_dialect.DuckDBDialect,
            name="duckdb",
        )
        self.dialect_module = module

    def execute_query(self, query: Any) -> Any:
        """Run a query, but not the one per expectation that asks for no rows (``partial_unexpected_count`` of 0)."""
        limit = query._limit_clause if isinstance(query, sqlalchemy.Select) else None
        if isinstance(limit, sqlalchemy.BindParameter) and limit.value == 0:
            return IteratorResult(SimpleResultMetaData(query.selected_columns.keys()), iter(()))
        return super().execute_query(query)


class DuckDBTableAsset(TableAsset):
    """A table, a view or a registered frame."""

    type: Literal["table"] = "table"


class DuckDBQueryAsset(QueryAsset):
    """The rows of a SELECT."""

    type: Literal["query"] = "query"


class DuckDBDatasource(SQLDatasource):
    """A lent DuckDB connection, see ``duckdb_dialect.handed_over``."""

    asset_types: ClassVar[list[type[Any]]] = [DuckDBTableAsset, DuckDBQueryAsset]
    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]  # every fluent datasource narrows it like this
    connection_string: ConfigStr | str
    _TableAsset: Any = pydantic.PrivateAttr(DuckDBTableAsset)
    _QueryAsset: Any = pydantic.PrivateAttr(DuckDBQueryAsset)

    @property
    def execution_engine_type(self) -> Any:
        """The engine above."""
        return DuckDBExecutionEngine


def new_context() -> EphemeralDataContext:
    """A context that lives in memory, asks nobody anything and draws no progress bars."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context
