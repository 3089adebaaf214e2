"""What rows that are about to be published do not meet of a suite."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.catalog import Catalog
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
