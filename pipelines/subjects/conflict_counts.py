"""How many subjects of each provider have conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from pipelines.storage.conflicts import CONTRADICTING, KINDS

SUBJECTS: Final = "subjects"


CONFLICTING: Final = "conflicting"


def counts(statements: pl.DataFrame, subjects: Mapping[str, int]) -> pl.DataFrame:
    """How many subjects have conflicts that a provider has a part in.

    Args:
        statements: all conflicts.
        subjects: subjects with records of a provider, by provider.

    Returns:
        ``provider_id, kind, number``: for each provider with a subject its ``subjects``, each kind of conflict
        with its code, ``conflicting`` for any of those, and ``contradicting_records``, in a fixed order.
    """
    by_kind = statements.group_by("provider_id", "kind").agg(pl.col("credit_code").n_unique().alias("number"))
    of_codes = statements.filter(pl.col("kind").is_in(KINDS))
    any_kind = of_codes.group_by("provider_id").agg(pl.col("credit_code").n_unique().alias("number"))
    found = {(provider, kind): number for provider, kind, number in by_kind.rows()}
    found |= {(provider, CONFLICTING): number for provider, number in any_kind.rows()}
    found |= {(provider, SUBJECTS): number for provider, number in subjects.items()}
    rows = [
        (provider, kind, found.get((provider, kind), 0))
        for provider in sorted({provider for provider, _ in found})
        for kind in (SUBJECTS, *KINDS, CONFLICTING, CONTRADICTING)
    ]
    schema = {"provider_id": pl.String, "kind": pl.String, "number": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
