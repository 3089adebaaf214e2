"""Double entry (invariant 8): the row rules and the suite, two routes from one catalogue, must count the same.

A difference is our own failure, never the provider's: the work group fails loudly, and nothing of it is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from pipelines.catalog import Catalog
from pipelines.checks.contradictions import MOST_LISTED, SQL_CONTRADICTING, sql_with_contradictions
from pipelines.checks.credit_codes import DIVISIONS
from pipelines.checks.references import reference_table
from pipelines.checks.sql_functions import identifier
from pipelines.ground.errors import HubError
from pipelines.storage.sql import literal, parquet

_NOTHING: Final[Mapping[str, pl.DataFrame]] = {}


def connection(
    catalog: Catalog,
    memory_limit: str,
    spill: Path | None = None,
    references: Mapping[str, pl.DataFrame] = _NOTHING,
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection of our own with the tables the suites ask for; it downloads nothing.

    Division codes, and one table for each reference of the catalogue, empty where it is not given.
    """
    con = duckdb.connect()
    con.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
    con.execute(f"SET memory_limit='{memory_limit}'")
    con.execute("SET preserve_insertion_order=false")
    if spill is not None:
        con.execute(f"SET temp_directory={literal(str(spill))}")
    codes = pl.DataFrame({"code": catalog.division_codes})
    con.register("division_codes", codes.to_arrow())
    con.execute(f"CREATE TEMP TABLE {DIVISIONS} AS SELECT code FROM division_codes")
    con.unregister("division_codes")
    for name in catalog.references:
        known = references.get(name, pl.DataFrame(schema=dict.fromkeys(("key", "value"), pl.String)))
        con.register("known", known.to_arrow())
        con.execute(f"CREATE TEMP TABLE {identifier(reference_table(name))} AS SELECT key, value FROM known")
        con.unregister("known")
    return con


def compare(
    catalog: Catalog,
    suite: Mapping[str, Any],
    staged: Path,
    row_counts: Mapping[str, int],
    memory_limit: str,
    references: Mapping[str, pl.DataFrame] = _NOTHING,
) -> int:
    """Run a suite over staged rows and compare its counts with those of the row rules.

    Args:
        catalog: for the division codes.
        suite: the suite of the dataset.
        staged: folder of Parquet files with the rows before the split.
        row_counts: violations by rule id as the row rules counted them; a rule that is not there has none.
        memory_limit: what DuckDB may hold.
        references: what rows are compared with, the same that the row rules had.

    Returns:
        How many expectations were run.

    Raises:
        HubError: a count differs, or an expectation could not be evaluated.
    """
    from pipelines.expectations.counting import count_unexpected

    con = connection(catalog, memory_limit, staged.parent, references)
    try:
        con.execute(f"CREATE TEMP VIEW as_staged AS SELECT * FROM {parquet(sorted(staged.iterdir()))}")
        con.execute(f"CREATE TEMP TABLE contradicting AS {SQL_CONTRADICTING.format(rows='as_staged')}")
        found = con.execute(f"SELECT _version FROM contradicting LIMIT {MOST_LISTED + 1}").fetchall()
        listed = [version for (version,) in found]
        con.execute(f"CREATE TEMP VIEW staged AS {sql_with_contradictions('as_staged', 'contradicting', listed)}")
        result = count_unexpected(con, "staged", suite)
    finally:
        con.close()
    if result.errors:
        rule, error = next(iter(result.errors.items()))
        raise HubError(f"{len(result.errors)} expectations could not be evaluated; first {rule}: {error}")
    rules = result.unexpected.keys() | row_counts.keys()
    different = {r: (row_counts.get(r, 0), result.unexpected.get(r, 0)) for r in sorted(rules)}
    different = {r: pair for r, pair in different.items() if pair[0] != pair[1]}
    if different:
        shown = "; ".join(f"{rule}: row rules {ours}, suite {theirs}" for rule, (ours, theirs) in different.items())
        raise HubError(f"double entry does not balance, nothing was committed: {shown}")
    return result.expectations
