"""A table with the verdicts of its values as columns: in a large table each distinct value is judged once, not each row.

Dates, amounts, codes and the names of authorities repeat. Of a column that repeats few values (by a sample) those are judged,
and joined only where some are bad; of one that does not, only the texts that could be bad (``ODD_TEXT``) are. What several
checks share (``shared_columns``) is joined too. Measured on 2 M penalties: the checks alone take twice as long on every row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import duckdb

from pipelines.catalog import CLEANED, EVIDENCE
from pipelines.checks.sql_functions import identifier
from pipelines.checks.texts import ODD_TEXT, TEXT_CHECKS
from pipelines.expectations.checks import ExpectColumnValuesToPassCheck, shared_columns, verdict_columns

MANY_ROWS: Final = 20_000
_MASKS: Final = (CLEANED, *EVIDENCE)
"""Columns with a bit for each field."""
_SAMPLE: Final = 4_096
_FEW: Final = 0.5
"""Share of different values in the sample up to which a column is taken to repeat few."""


@dataclass
class _View:
    """The view in the making: its columns and joins, and the tables made for it."""

    con: duckdb.DuckDBPyConnection
    table: str
    name: str
    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def judged(self, column: str, functions: Mapping[str, str], verdicts: Mapping[str, str], where: str) -> None:
        """Judge the distinct values for which a condition holds, and join what is needed of them."""
        cell, values = identifier(column), f"{self.name}_v{len(self.tables)}"
        distinct = f"SELECT DISTINCT {cell} FROM {identifier(self.table)} WHERE {where}"
        self._make(f"{values}_parts", f"SELECT {', '.join([cell, *_named(functions)])} FROM ({distinct})")
        # Verdicts read the parts from a table: in one statement each would be expanded and bound again.
        self._make(values, f"SELECT {', '.join(['*', *_named(verdicts)])} FROM {values}_parts")
        bad = self._some_bad(values, verdicts)
        wanted = [*functions, *bad]
        if wanted:
            self.joins.append(f"LEFT JOIN {values} ON {self.name}_t.{cell} = {values}.{cell}")
            self.columns += [f"{values}.{identifier(one)}" for one in wanted]
        self.columns += [f"true AS {identifier(one)}" for one in verdicts if one not in bad]

    def _some_bad(self, values: str, verdicts: Mapping[str, str]) -> set[str]:
        if not verdicts:
            return set()
        asked = ", ".join(f"bool_and({identifier(one)})" for one in verdicts)
        good = self.con.execute(f"SELECT {asked} FROM {values}").fetchone() or ()
        return {name for name, all_good in zip(verdicts, good, strict=True) if all_good is False}

    def _make(self, name: str, sql: str) -> None:
        self.con.execute(f"CREATE TEMP TABLE {name} AS {sql}")
        self.tables.append(name)

    def sql(self) -> str:
        """The view."""
        columns = ", ".join([f"{self.name}_t.*", *self.columns])
        return f"SELECT {columns} FROM {identifier(self.table)} AS {self.name}_t {' '.join(self.joins)}"


def is_large(rows: int) -> bool:
    """True where judging distinct values pays; of fewer rows nearly all the time goes into planning statements."""
    return rows >= MANY_ROWS


def with_judged_values(
    con: duckdb.DuckDBPyConnection, table: str, expectations: Collection[Any], name: str, rows: int
) -> tuple[str, list[str]]:
    """The rows with what several checks share, and the verdicts of checks over one column, as columns.

    Args:
        con: the connection that knows the table.
        table: name of a table or view.
        expectations: of a suite.
        name: what names made for this begin with.
        rows: of the table.

    Returns:
        SQL of a SELECT over the table; and the temporary tables it reads, which the caller drops.
    """
    shared = shared_columns(expectations)
    view = _View(con, table, name)
    if not is_large(rows):
        view.columns += [one for functions in shared.values() for one in _named(functions)]
        return view.sql(), []
    for column in (name for name in _checked(expectations) if name in _MASKS):
        # A row in which no bit is set passes them all; nearly every row is such a one.
        view.judged(column, {}, verdict_columns(expectations, column, {}, None), f"{identifier(column)} <> 0")
    repeats = _repeating(con, table, _checked(expectations))
    for column in dict.fromkeys([*shared, *repeats]):
        functions = shared.get(column, {})
        every = functions or repeats.get(column, False)
        verdicts = verdict_columns(expectations, column, functions, None if every else TEXT_CHECKS)
        if functions or verdicts:
            cell = identifier(column)
            where = f"{cell} IS NOT NULL" if every else ODD_TEXT.format(s=cell)
            view.judged(column, functions, verdicts, where)
    return view.sql(), view.tables


def _checked(expectations: Iterable[Any]) -> list[str]:
    """Columns that a check looks at alone."""
    return list(dict.fromkeys(one.column for one in expectations if isinstance(one, ExpectColumnValuesToPassCheck)))


def _repeating(con: duckdb.DuckDBPyConnection, table: str, columns: Collection[str]) -> dict[str, bool]:
    """Text columns, and whether the sample says that they repeat few values."""
    known = con.execute(f"SELECT * FROM {identifier(table)} LIMIT 0").description or []
    texts = {str(one[0]) for one in known if str(one[1]) in ("VARCHAR", "STRING")}
    chosen = [name for name in columns if name in texts]
    if not chosen:
        return {}
    asked = ", ".join(f"count(DISTINCT {identifier(one)}), count({identifier(one)})" for one in chosen)
    row = con.execute(f"SELECT {asked} FROM (SELECT * FROM {identifier(table)} LIMIT {_SAMPLE})").fetchone() or ()
    numbers = iter(row)
    return {name: different <= filled * _FEW for name, different, filled in zip(chosen, numbers, numbers, strict=True)}


def _named(columns: Mapping[str, str]) -> list[str]:
    return [f"{sql} AS {identifier(made)}" for made, sql in columns.items()]
