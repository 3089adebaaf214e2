"""What rows that are about to be published do not meet of a suite, and which rows these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.catalog import Catalog
from pipelines.checks.sql_functions import identifier, install_checks
from pipelines.expectations.double_entry import connection


def unmet(
    catalog: Catalog, suite: Mapping[str, Any], rows: str, memory_limit: str, spill: Path
) -> Mapping[str, int | str]:
    """Run a suite over rows.

    Args:
        catalog: for the tables that suites ask for.
        suite: a suite as Great Expectations writes it.
        rows: SQL that selects the rows.
        memory_limit: what DuckDB may hold.
        spill: where it may spill.

    Returns:
        Violations by rule id, or, where nothing was counted, what went wrong by rule id; empty only if the suite is wholly
        successful.
    """
    from pipelines.expectations.counting import count_unexpected

    con = connection(catalog, memory_limit, spill)
    try:
        con.execute(f"CREATE TEMP VIEW candidate AS {rows}")
        result = count_unexpected(con, "candidate", suite)
    finally:
        con.close()
    if result.successful:
        return {}
    broken = {rule: number for rule, number in result.unexpected.items() if number}
    return broken or result.errors or {"suite": "not successful"}


def unmet_rows(
    catalog: Catalog,
    suite: Mapping[str, Any],
    rows: str,
    place: Sequence[str],
    memory_limit: str,
    spill: Path,
) -> dict[str, pl.DataFrame]:
    """The rows that do not meet expectations of a suite; asked only where ``unmet`` has found some.

    Args:
        catalog: for the tables that suites ask for.
        suite: a suite as Great Expectations writes it.
        rows: SQL that selects the rows.
        place: columns of the rows by which they are named.
        memory_limit: what DuckDB may hold.
        spill: where it may spill.

    Returns:
        By rule id, the place of each row that breaks the rule; nothing for an expectation about the table as a whole.
    """
    from pipelines.expectations.checks import row_condition
    from pipelines.expectations.counting import loaded

    named = ", ".join(map(identifier, place))
    con = connection(catalog, memory_limit, spill)
    found = {}
    try:
        install_checks(con)
        con.execute(f"CREATE TEMP VIEW candidate AS {rows}")
        for expectation in loaded(suite).expectations:
            if condition := row_condition(expectation):
                broken = con.sql(f"SELECT {named} FROM candidate WHERE {condition}").to_arrow_table()
                found[str((expectation.meta or {})["rule_id"])] = pl.DataFrame(broken)
    finally:
        con.close()
    return found
