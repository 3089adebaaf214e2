"""Code verification (赋码校核): where what records say of a subject does not go with its code, or with what others say.

    several_names    one code, and current or contradicting records give it different names
    several_codes    one name, and several codes have it
    registrar        registrar and category of the code are unknown, or cannot be those of what the record is about
    region           the code was given in another province than the one the record names

and, beside these, what resolution could not settle by any time:

    contradicting_records    two rows are the same record by its key, and say different things

Names are compared without blanks, middle dots and bracket styles (domain.md §1.1). A name that the registration itself had
earlier is a former name and no conflict. A conflict is a list of *statements*: who says it, in which dataset, how often, and the
first row where it stands. So that a provider sees what others say, the statements that agree belong to the conflict too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from pipelines.records.comparing import matched
from pipelines.storage.columns import BATCH, PROVIDER, RECEIVED_ON, REGION, ROW_NUMBER
from pipelines.storage.conflicts import (
    CONTRADICTING,
    REGION_DIFFERS,
    REGISTRAR,
    SEVERAL_CODES,
    SEVERAL_NAMES,
    STATEMENT,
)
from pipelines.storage.sql import literal, parquet
from pipelines.subjects.master import MATCHED_NAME, OTHER_NAMES, region_of_code, source_name
from pipelines.subjects.mentions import CODE, DATASET, NAME, PAIR_DIFFERS, PLACE, SubjectMaster

CONTRADICTIONS: Final[dict[str, pl.DataType]] = {
    "credit_code": pl.String(),
    "name": pl.String(),
    "_dataset_id": pl.String(),
    PROVIDER: pl.String(),
    REGION: pl.String(),
    BATCH: pl.String(),
    ROW_NUMBER: pl.Int64(),
    RECEIVED_ON: pl.Date(),
    "said": pl.String(),
    "stands": pl.String(),  # "<batch>-<row>" of the row that stands
}
"""A row that says something else of a record than another, or the row that stands."""

NAMED: Final[dict[str, pl.DataType]] = {
    CODE: pl.String(),
    NAME: pl.String(),
    DATASET: pl.String(),
    PROVIDER: pl.String(),
    REGION: pl.String(),
    BATCH: pl.String(),
    ROW_NUMBER: pl.Int64(),
    RECEIVED_ON: pl.Date(),
}
"""A name that a row gives to a code."""


def names_given(master: SubjectMaster, said: pl.DataFrame, lost: pl.DataFrame, former: pl.DataFrame) -> pl.DataFrame:
    """Names of codes that count: those of current records and of the ones that contradict them, former names apart.

    Args:
        master: for texts that are no names.
        said: mentions, with ``_received_on``.
        lost: in the columns of ``NAMED``: rows that lost to a current record without a time to decide.
        former: ``credit_code, name`` of earlier versions of registrations.

    Returns:
        ``NAMED`` and ``_matched_name``.
    """
    given = pl.concat([said.select(*NAMED), lost.select(*NAMED)]).with_columns(
        matched(pl.col(NAME)).alias(MATCHED_NAME)
    )
    before = former.select(CODE, matched(pl.col(NAME)).alias(MATCHED_NAME)).unique()
    return given.filter(pl.col(NAME).is_not_null() & ~pl.col(NAME).is_in(master.rules.no_names)).join(
        before, on=[CODE, MATCHED_NAME], how="anti", maintain_order="left"
    )


def own_conflicts(
    master: SubjectMaster, said: pl.DataFrame, names: pl.DataFrame, subjects: pl.DataFrame, against: pl.DataFrame
) -> pl.DataFrame:
    """Conflicts that show within a bucket: all but ``several_codes``.

    Args:
        master: for the rules.
        said: mentions, with ``_received_on``.
        names: as ``names_given`` makes them.
        subjects: of the bucket.
        against: contradicting rows, in the columns of ``CONTRADICTIONS``.
    """
    parts = [
        _several_names(master, names, subjects),
        _registrar(said),
        _region(master, said),
        contradictions(against),
    ]
    return in_order(pl.concat(parts))


def in_order(statements: pl.DataFrame) -> pl.DataFrame:
    """Statements in the order in which they are kept."""
    return statements.sort("conflict_id", "provider_id", "dataset_id", "said", "batch_id", "row_number")


def contradictions(rows: pl.DataFrame) -> pl.DataFrame:
    """Statements of contradicting rows, in the columns of ``CONTRADICTIONS``: one conflict for each record that stands."""
    return _statements(
        rows.unique(["stands", BATCH, ROW_NUMBER])
        .with_columns(
            pl.concat_str(pl.lit(CONTRADICTING), pl.lit(":"), pl.col(CODE), pl.lit(":"), pl.col("stands")).alias(
                "conflict_id"
            ),
            pl.lit(CONTRADICTING).alias("kind"),
            pl.lit(None, dtype=pl.String).alias("expected"),
            pl.lit(1).alias("records"),
        )
        .rename(_RENAMED)
    )


def several_codes(master: SubjectMaster, files: Sequence[Path], memory_limit: str, spill: Path) -> pl.DataFrame:
    """Names that several codes have, over all data files of a release of the subject master."""
    if not files:
        return pl.DataFrame(schema=STATEMENT)
    common = ", ".join(literal(pair) for pair in ("", *master.rules.pairs_with_common_names))
    no_names = ", ".join(literal(name) for name in ("", *master.rules.no_names))
    rows = f"(SELECT * FROM {parquet(files)} WHERE left({CODE}, 2) NOT IN ({common}) AND {NAME} NOT IN ({no_names}))"
    source = source_name(NAME)
    spill.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    try:
        con.execute(f"SET memory_limit={literal(memory_limit)}; SET temp_directory={literal(str(spill / 'duckdb'))}")
        found = con.sql(
            f"""
            SELECT {CODE}, {NAME}, {MATCHED_NAME}, last_seen_on AS received_on, {source}.dataset_id AS dataset_id,
                   {source}.provider_id AS provider_id, {source}.batch_id AS batch_id, {source}.row_number AS row_number
            FROM {rows}
            WHERE {MATCHED_NAME} IN (SELECT {MATCHED_NAME} FROM {rows} GROUP BY 1 HAVING count(*) > 1)
            """
        ).pl()
    finally:
        con.close()
    regions = {provider.id: provider.region_code for provider in master.catalog.providers.values()}
    return _statements(
        found.with_columns(
            pl.concat_str(pl.lit(SEVERAL_CODES), pl.lit(":"), pl.col(MATCHED_NAME)).alias("conflict_id"),
            pl.lit(SEVERAL_CODES).alias("kind"),
            pl.col(CODE).alias("said"),
            pl.lit(None, dtype=pl.String).alias("expected"),
            pl.col("provider_id").replace_strict(regions, default=None, return_dtype=pl.String).alias("region_code"),
            pl.lit(1).alias("records"),
        )
    ).sort("conflict_id", CODE)


def _several_names(master: SubjectMaster, names: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """Who gives which name; the expected one is that of the registration, where there is one."""
    contested = subjects.filter(pl.col(OTHER_NAMES).is_not_null())
    registered = pl.col(source_name(NAME)).struct.field("dataset_id").is_in(master.product.attributes_from)
    expected = contested.select(CODE, pl.when(registered).then(pl.col(NAME)).alias("expected"))
    rows = names.join(expected, on=CODE, how="inner", maintain_order="left")
    return _grouped(SEVERAL_NAMES, rows.with_columns(pl.col(NAME).alias("said")), [MATCHED_NAME])


def _registrar(said: pl.DataFrame) -> pl.DataFrame:
    rows = said.filter(pl.col(PAIR_DIFFERS)).with_columns(
        pl.col(CODE).str.slice(0, 2).alias("said"), pl.lit(None, dtype=pl.String).alias("expected")
    )
    return _grouped(REGISTRAR, rows)


def _region(master: SubjectMaster, said: pl.DataFrame) -> pl.DataFrame:
    groups = {region: group[0] for group in master.rules.same_region for region in group}
    rows = said.with_columns(pl.col(PLACE).alias("said"), region_of_code(master).alias("expected"))
    same = pl.col("said").replace(groups) == pl.col("expected").replace(groups)
    return _grouped(REGION_DIFFERS, rows.filter(~same), ["said"])


def _grouped(kind: str, rows: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """One statement for each code, dataset, provider and thing said, with its first row."""
    first = rows.sort(CODE, DATASET, PROVIDER, *by, RECEIVED_ON, BATCH, ROW_NUMBER, nulls_last=True)
    found = first.group_by(CODE, DATASET, PROVIDER, *by, maintain_order=True).agg(
        *(
            pl.col(name).first()
            for name in (NAME, "said", "expected", REGION, BATCH, ROW_NUMBER, RECEIVED_ON)
            if name not in by
        ),
        pl.len().alias("records"),
    )
    return _statements(
        found.with_columns(
            pl.concat_str(pl.lit(kind), pl.lit(":"), pl.col(CODE)).alias("conflict_id"), pl.lit(kind).alias("kind")
        ).rename(_RENAMED)
    )


_RENAMED: Final = {
    DATASET: "dataset_id",
    PROVIDER: "provider_id",
    REGION: "region_code",
    BATCH: "batch_id",
    ROW_NUMBER: "row_number",
    RECEIVED_ON: "received_on",
}


def _statements(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(dtype) for name, dtype in STATEMENT.items())
