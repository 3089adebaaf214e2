"""Whether the names of a file as a whole are those of its codes: a column that was sorted alone gives every row a wrong one.

A single name that differs is a remark (``subject_master``): it may have changed. Where many do, they all have one cause, and
nothing of the file can be trusted: it is rejected, with one sentence.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipelines.collecting.words import places
from pipelines.reading.problems import Problem, names_contradict_register
from pipelines.screening import REFUSED, Screen
from pipelines.storage.columns import BATCH, CONFIRMED_RULES, ROW_NUMBER

_CHECK = "subject_master"


def contradicting_names(screen: Screen, flagged: Path, staged: Path) -> dict[str, Problem]:
    """Files of which too many rows name another than the register has under their code, by batch.

    Args:
        screen: of the dataset, with what the hub knows.
        flagged: folder of the rows that broke any rule.
        staged: folder of all rows.
    """
    policy = screen.catalog.policies.intake.contradicting_names
    problems: dict[str, Problem] = {}
    for rule in screen.rules:
        known = screen.references.get(str(rule.parameters[0])) if rule.check == _CHECK else None
        if known is None or known.is_empty():
            continue
        rows = (
            pl.scan_parquet(flagged / "*.parquet")
            # What is refused for something else does no harm, and says little of the file.
            .filter(
                pl.col(rule.id)
                & ~pl.col(REFUSED)
                & ~pl.col(CONFIRMED_RULES).fill_null("").str.contains(rule.id, literal=True)
            )
            .select(BATCH, ROW_NUMBER)
            .collect(engine="streaming")
        )
        many = rows.group_by(BATCH).len().filter(pl.col("len") >= policy.at_least)[BATCH]
        if many.is_empty():
            continue
        codes = known["key"].unique()
        found = (
            pl.scan_parquet(staged / "*.parquet")
            .filter(pl.col(BATCH).is_in(many.implode()) & pl.col(rule.second).is_in(codes.implode()))
            .group_by(BATCH)
            .len()
            .collect(engine="streaming")
        )
        for batch, asked in found.rows():
            wrong = rows.filter(pl.col(BATCH) == batch)[ROW_NUMBER].sort()
            if len(wrong) > policy.share * asked:
                problems[batch] = names_contradict_register(asked, len(wrong), policy.share, places(wrong))
    return problems
