"""Whether a row can be what a row that was sent back became: same subject, or a part of the record key in common.

A number in the column 退回编号 alone would let any row close any other (docs/decisions/0040). Texts are compared: name and credit
code of the subject, and what of the record key names one record (numbers; not days, authorities or codes, which many share). A name
that is no name, as 个体工商户, says nothing. A line that could not be read fits where one of these texts stands in it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.catalog import Catalog, Dataset, Kind
from pipelines.records.comparing import matched
from pipelines.storage.columns import PROVIDER

_SHORTEST: Final = 4  # characters a text has at least that is looked for in a line
_NAMING: Final = (Kind.STRING, Kind.DOCUMENT_NUMBER, Kind.REGISTRATION_NUMBER)
_MINE, _OTHERS, _LINE = "_mine", "_others", "_line"


def fitting(catalog: Catalog, dataset: Dataset, refused: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """The answers that fit the row they name.

    Args:
        catalog: for fields and code tables.
        dataset: what the rows are of.
        refused: ``quarantine_id``, ``_provider_id``, ``raw_text`` and the fields, as in ``quarantine_schema``.
        answers: ``quarantine_id``, ``_provider_id`` and the fields, as text or as the lake has them.

    Returns:
        Rows of ``answers``, in their order.
    """
    if answers.is_empty():
        return answers
    line = matched(_plain(pl.col("raw_text"))).alias(_LINE)
    named = refused.select("quarantine_id", PROVIDER, line, _identity(catalog, dataset, refused).alias(_OTHERS))
    both = answers.with_columns(_identity(catalog, dataset, answers).alias(_MINE)).join(
        named.unique("quarantine_id"), on=["quarantine_id", PROVIDER], how="left", maintain_order="left"
    )
    shared = pl.col(_MINE).list.set_intersection(_OTHERS).list.len() > 0
    return both.filter(shared | _in_line(both)).select(answers.columns)


def _in_line(both: pl.DataFrame) -> pl.Series:
    """Whether a text of an answer stands in the line that could not be read."""
    found = [
        bool(line) and any(len(one) >= _SHORTEST and one in line for one in mine or ())
        for line, mine in both.select(_LINE, _MINE).rows()
    ]
    return pl.Series(found, dtype=pl.Boolean)


def _identity(catalog: Catalog, dataset: Dataset, rows: pl.DataFrame) -> pl.Expr:
    """The texts that say which subject and record a row is about."""
    fields = {field.id: field for field in catalog.fields(dataset.id)}
    subject = dataset.subject
    names = [one for one in dataset.record_key if one in fields and fields[one].kind in _NAMING]
    wanted = [name for name in dict.fromkeys((subject.name, subject.credit_code, *names)) if name in rows.columns]
    texts = [matched(_plain(pl.col(name).cast(pl.String))) for name in wanted]
    tables = {field.code_table for field in fields.values() if field.code_table}
    common = sorted({text for name in tables for text in catalog.code_tables[name].accepted})
    listed = pl.concat_list(texts).list.drop_nulls()
    return listed.list.eval(pl.element().filter((pl.element() != "") & ~pl.element().is_in(common)))


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.to_uppercase()
