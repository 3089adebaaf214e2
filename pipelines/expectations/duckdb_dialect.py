"""DuckDB for SQLAlchemy, as far as Great Expectations needs it: a DB-API shim and the dialect ``duckdb+gx://``.

Great Expectations leaves the connection's ``with`` block before it fetches. The published dialects share one native
result per connection, so it then sees no rows; here each cursor keeps its own. Reflection goes through ``DESCRIBE``:
DuckDB has no ``pg_collation``, which SQLAlchemy 2.1 asks PostgreSQL dialects for.

A connection is handed over by handle, never opened here: whatever its owner put on it (views on Parquet, registered
frames, macros) is seen, and the engine of SQLAlchemy, which lives longer, holds a name only. ::

    with handed_over(con) as url:
        engine = sqlalchemy.create_engine(url)
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import duckdb
from sqlalchemy import URL, Connection, exc, pool, types
from sqlalchemy.dialects import registry
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeEngine

_handed_over: Final[dict[str, duckdb.DuckDBPyConnection]] = {}
_numbers: Final = count(1)

_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
TYPES: Final[Mapping[str, type[TypeEngine[Any]]]] = {
    "BOOLEAN": types.BOOLEAN,
    "TINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "INTEGER": types.INTEGER,
    "BIGINT": types.BIGINT,
    "HUGEINT": types.NUMERIC,
    "UTINYINT": types.SMALLINT,
    "USMALLINT": types.INTEGER,
    "UINTEGER": types.BIGINT,
    "UBIGINT": types.NUMERIC,
    "FLOAT": types.REAL,
    "DOUBLE": types.DOUBLE,
    "VARCHAR": types.VARCHAR,
    "BLOB": types.BLOB,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "TIMESTAMP": types.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": types.TIMESTAMP,
    "UUID": types.UUID,
    "JSON": types.JSON,
}


def url_of(handle: str) -> str:
    """The connection string under which Great Expectations finds the connection of a handle."""
    return f"duckdb+gx:///?handle={handle}"


@contextmanager
def handed_over(con: duckdb.DuckDBPyConnection, handle: str | None = None) -> Iterator[str]:
    """Lend a connection to the dialect for the time of a ``with`` block; it is neither closed nor kept.

    Args:
        con: any open connection.
        handle: a fixed name, for an engine that outlives the block; without it a new one is made up.

    Yields:
        The connection string.

    Raises:
        ValueError: the handle is lent already.
    """
    handle = handle or f"lent-{next(_numbers)}"
    if handle in _handed_over:
        raise ValueError(f"a connection is already lent as '{handle}'")
    _handed_over[handle] = con
    try:
        yield url_of(handle)
    finally:
        del _handed_over[handle]


def lent_handles() -> tuple[str, ...]:
    """Handles lent at this moment."""
    return tuple(_handed_over)


class _Cursor:
    """Rows stay in DuckDB until fetched; when another statement starts first, the rest is drained to Python."""

    arraysize = 1000

    def __init__(self, owner: _Connection) -> None:
        self._owner = owner
        self._con: duckdb.DuckDBPyConnection | None = None
        self._rows: list[tuple[Any, ...]] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def execute(self, sql: str, parameters: Sequence[Any] | None = None) -> _Cursor:
        con = self._owner.start(self)
        con.execute(sql, list(parameters)) if parameters else con.execute(sql)
        self.description, self._rows = con.description, []
        self._con = con if con.description else None
        return self

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._owner.start(self).executemany(sql, [list(row) for row in rows])
        self.description, self._rows, self._con = None, [], None

    def drain(self) -> None:
        """Take what is left, because the connection is about to run something else."""
        if self._con is not None:
            self._rows.extend(self._con.fetchall())
            self._con = None

    def fetchone(self) -> tuple[Any, ...] | None:
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        size = size or self.arraysize
        taken, self._rows = self._rows[:size], self._rows[size:]
        if self._con is not None and len(taken) < size:
            more = self._con.fetchmany(size - len(taken))
            if len(more) < size - len(taken):
                self._con = None
            taken += more
        return taken

    def fetchall(self) -> list[tuple[Any, ...]]:
        self.drain()
        taken, self._rows = self._rows, []
        return taken

    def close(self) -> None:
        self._con, self._rows = None, []


class _Connection:
    """What SQLAlchemy keeps in its pool: the handle, looked up at every statement."""

    def __init__(self, handle: str) -> None:
        self._handle = handle
        self._last: weakref.ref[_Cursor] | None = None

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    def start(self, cursor: _Cursor) -> duckdb.DuckDBPyConnection:
        """The connection, free for a statement of ``cursor``."""
        last = self._last() if self._last else None
        if last is not None and last is not cursor:
            last.drain()
        self._last = weakref.ref(cursor)
        try:
            return _handed_over[self._handle]
        except KeyError:
            raise duckdb.Error(f"no connection is lent as '{self._handle}'") from None

    def commit(self) -> None:
        """Nothing to do: DuckDB commits by itself, and Great Expectations only reads."""

    def rollback(self) -> None:
        """Nothing to do, as in ``commit``; a real rollback would drop results not yet fetched."""

    def close(self) -> None:
        """The connection belongs to whoever lent it."""


class _DBAPI:
    """The module that PEP 249 expects."""

    paramstyle = "qmark"
    apilevel = "2.0"
    threadsafety = 1
    Error = duckdb.Error
    OperationalError = duckdb.OperationalError
    ProgrammingError = duckdb.ProgrammingError
    DatabaseError = duckdb.DatabaseError
    InterfaceError = duckdb.Error
    IntegrityError = duckdb.IntegrityError
    DataError = duckdb.DataError
    InternalError = duckdb.InternalError
    NotSupportedError = duckdb.NotSupportedError

    @staticmethod
    def connect(handle: str) -> _Connection:
        return _Connection(handle)


class DuckDBDialect(DefaultDialect):
    """Just enough of DuckDB: quoting and reflection by ``DESCRIBE``."""

    name = "duckdb"
    driver = "gx"
    default_paramstyle = "qmark"
    supports_native_boolean = True
    supports_statement_cache = True
    supports_sane_rowcount = False
    postfetch_lastrowid = False
    default_schema_name = "main"
    max_identifier_length = 255

    @classmethod
    def import_dbapi(cls) -> Any:
        """The shim above."""
        return _DBAPI

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:  # noqa: ARG003 - the signature is SQLAlchemy's
        """One shim connection for all: it holds nothing but a name."""
        return pool.StaticPool

    def create_connect_args(self, url: URL) -> Any:
        """Only ``?handle=`` is understood."""
        handle = url.query.get("handle")
        if not isinstance(handle, str):
            raise exc.ArgumentError("duckdb+gx:// needs ?handle=, see handed_over()")
        return [], {"handle": handle}

    def initialize(self, connection: Connection) -> None:
        """Nothing to ask the server."""

    def do_ping(self, dbapi_connection: Any) -> bool:  # noqa: ARG002
        """The connection is in this process."""
        return True

    def get_isolation_level(self, dbapi_connection: Any) -> Any:  # noqa: ARG002
        """DuckDB knows this one only."""
        return "SERIALIZABLE"

    def get_schema_names(self, connection: Connection, **_: Any) -> list[str]:
        """Schemas of the open databases."""
        return [str(row[0]) for row in connection.exec_driver_sql("SELECT DISTINCT schema_name FROM duckdb_schemas()")]

    def get_table_names(self, connection: Connection, schema: str | None = None, **_: Any) -> list[str]:
        """Tables of a schema."""
        sql = "SELECT table_name FROM duckdb_tables() WHERE schema_name = ?"
        return [str(row[0]) for row in connection.exec_driver_sql(sql, (schema or "main",))]

    def get_view_names(self, connection: Connection, schema: str | None = None, **_: Any) -> list[str]:
        """Views of a schema, registered frames among them."""
        sql = "SELECT view_name FROM duckdb_views() WHERE schema_name = ? AND NOT internal"
        return [str(row[0]) for row in connection.exec_driver_sql(sql, (schema or "main",))]

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """True for tables, views and registered frames."""
        try:
            self.get_columns(connection, table_name, schema)
        except exc.NoSuchTableError:
            return False
        return True

    def get_columns(self, connection: Connection, table_name: str, schema: str | None = None, **_: Any) -> list[Any]:
        """Columns with their SQLAlchemy types; a type unknown to SQLAlchemy becomes ``NullType``."""
        quote = self.identifier_preparer.quote_identifier
        identifier = ".".join(quote(str(part)) for part in (schema, table_name) if part)
        try:
            rows = connection.exec_driver_sql(f"DESCRIBE {identifier}").fetchall()
        except exc.DBAPIError as error:
            raise exc.NoSuchTableError(str(table_name)) from error
        return [
            {"name": str(row[0]), "type": _type(str(row[1])), "nullable": row[2] == "YES", "default": None}
            for row in rows
        ]

    def get_pk_constraint(self, *_: Any, **__: Any) -> Any:
        """Keys play no part in the checks."""
        return {"constrained_columns": [], "name": None}

    def get_foreign_keys(self, *_: Any, **__: Any) -> Any:
        """None, as above."""
        return []

    def get_indexes(self, *_: Any, **__: Any) -> Any:
        """None, as above."""
        return []


def _type(name: str) -> TypeEngine[Any]:
    if decimal := _DECIMAL.fullmatch(name):
        return types.DECIMAL(int(decimal[1]), int(decimal[2]))
    return TYPES.get(name, types.NullType)()


registry.register("duckdb.gx", __name__, DuckDBDialect.__name__)
