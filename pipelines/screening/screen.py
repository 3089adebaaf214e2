"""Text rows to accepted, flagged and counted rows, in one streaming pass.

``Screen`` is a dataset compiled: pure functions from lazy frame to lazy frame. One boolean column for each rule stands beside
the row; lists of broken rules are built for flagged rows only (measured: lists for all rows cost 2.5 times the whole pass).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Final

import polars as pl

from pipelines.catalog import CLEANED, Catalog, Dataset, Field, Kind, Rule
from pipelines.identifiers import clean, credit_code
from pipelines.privacy.mask import masked
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.screening import tidy
from pipelines.screening.checks import SEPARATORS, broken, cleaned_name, reason_name, typed_name
from pipelines.screening.columns import BATCH, BUCKET, PROVENANCE, RECEIVED_ON, ROW_NUMBER, SUBJECT_KEY, pseudonym_name
from pipelines.screening.subject import bucket, subject_key
from pipelines.screening.typed import value

REFUSED: Final = "_refused"
FLAGGED: Final = "_flagged"
_IDENTIFIERS: Final = (Kind.CREDIT_CODE, Kind.ORGANISATION_CODE, Kind.REGISTRATION_NUMBER)
_PLAIN: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.DECIMAL, Kind.INTEGER, Kind.CODE, Kind.CERTIFICATE_NUMBER)
_TYPED: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.DECIMAL, Kind.INTEGER)


def raw_name(field: str) -> str:
    """Column of a cell as sent."""
    return f"raw:{field}"


@dataclass(frozen=True)
class Screen:
    """The rules of one dataset, compiled."""

    dataset: Dataset
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    catalog: Catalog
    pseudonyms: Pseudonyms

    @classmethod
    def of(cls, catalog: Catalog, dataset_id: str, pseudonyms: Pseudonyms) -> Screen:
        """Compile the rules of a dataset of the catalogue."""
        rules = tuple(rule for rule in catalog.rules[dataset_id] if rule.cells)
        return cls(catalog.datasets[dataset_id], catalog.fields(dataset_id), rules, catalog, pseudonyms)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Field ids."""
        return tuple(field.id for field in self.fields)

    def tidied(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Adds the cells as sent under ``raw:<field>``, and what was cleaned; the field itself becomes tidy text.

        Args:
            rows: the fields as text, with ``_batch_id``, ``_row_number``, ``_provider_id``, ``_region_code``,
                ``_received_on``.
        """
        rows = rows.with_columns(pl.col(name).alias(raw_name(name)) for name in self.names)
        rows = rows.with_columns(_tidy(field) for field in self.fields)
        changed = {
            name: (pl.col(name) != pl.col(raw_name(name))).fill_null(False).alias(cleaned_name(name))
            for name in self.names
        }
        rows = rows.with_columns(changed.values())
        bits = (pl.col(cleaned_name(name)).cast(pl.Int64) * (1 << position) for position, name in enumerate(self.names))
        return rows.with_columns(reduce(lambda left, right: left + right, bits).alias(CLEANED))

    def judged(self, tidied: pl.LazyFrame) -> pl.LazyFrame:
        """Adds typed values, one boolean column per rule under its id, ``_refused`` and ``_flagged``."""
        codes = [f.id for f in self.fields if f.kind is Kind.CREDIT_CODE]
        rows = tidied.with_columns(
            *(credit_code.reason(pl.col(name)).cast(pl.String).alias(reason_name(name)) for name in codes),
            *(value(pl.col(f.id), f).alias(typed_name(f.id)) for f in self.fields if f.kind in _TYPED),
        )
        pairs, divisions = self.catalog.registrar_pairs, self.catalog.division_codes
        rows = rows.with_columns(broken(r, pairs=pairs, divisions=divisions).alias(r.id) for r in self.rules)
        return rows.with_columns(
            pl.any_horizontal(r.id for r in self.rules if r.rejects).alias(REFUSED),
            pl.any_horizontal(r.id for r in self.rules).alias(FLAGGED),
        )

    def staged(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """The rows as the second route sees them, before the split: tidy text, what was cleaned, the day of receipt."""
        return judged.select(*self.names, CLEANED, pl.col(RECEIVED_ON).dt.to_string("iso").alias(RECEIVED_ON))

    def accepted(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Rows that broke no refusing rule, in the columns of ``record_schema``."""
        rows = judged.filter(~pl.col(REFUSED))
        columns: list[pl.Expr] = []
        for field in self.fields:
            columns.append(self._lake_value(field).alias(field.id))
            if field.sensitive:
                columns.append(self.pseudonyms.column(pl.col(field.id)).alias(pseudonym_name(field.id)))
        provenance = [pl.col(name) for name in PROVENANCE if name != SUBJECT_KEY]
        rows = rows.select(*columns, *provenance, subject_key(self.dataset, self.pseudonyms).alias(SUBJECT_KEY))
        return rows.with_columns(bucket(pl.col(SUBJECT_KEY)).alias(BUCKET))

    def flagged(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Rows that broke any rule: cells as sent, the rule columns and ``_refused``."""
        return judged.filter(pl.col(FLAGGED)).select(
            BATCH,
            ROW_NUMBER,
            REFUSED,
            *(pl.col(raw_name(name)).alias(name) for name in self.names),
            *(r.id for r in self.rules),
            *(pl.col(reason_name(f.id)) for f in self.fields if f.kind is Kind.CREDIT_CODE),
        )

    def measured(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Counts per batch that the scorecard needs and the rules' counts do not give; columns as in ``MEASURES``."""
        accepted = ~pl.col(REFUSED)
        due = [_applies(r) for r in self.rules if r.primitive.startswith("required")]
        code = self.dataset.subject.credit_code
        needed = reduce(
            lambda left, right: left | right,
            (pl.col(r.id) for r in self.rules if r.field == code and r.primitive.startswith("required")),
            pl.col(code).is_not_null(),
        )
        good = pl.col(code).is_not_null() & pl.col(reason_name(code)).is_null()
        timely = self.dataset.timeliness
        if timely:
            decided = pl.col(typed_name(timely.field))
            dated = accepted & decided.is_not_null()
            late = dated & (decided < pl.col("_in_time_from"))
        else:
            dated = late = pl.lit(False)
        return judged.group_by(BATCH).agg(
            pl.len().cast(pl.Int64).alias("rows"),
            accepted.sum().cast(pl.Int64).alias("accepted"),
            (accepted & pl.col(FLAGGED)).sum().cast(pl.Int64).alias("warned"),
            reduce(lambda a, b: a + b, (d.sum().cast(pl.Int64) for d in due), pl.lit(0, dtype=pl.Int64)).alias(
                "required_cells"
            ),
            needed.sum().cast(pl.Int64).alias("code_rows"),
            (needed & good).sum().cast(pl.Int64).alias("code_valid_rows"),
            dated.sum().cast(pl.Int64).alias("dated_rows"),
            late.sum().cast(pl.Int64).alias("late_rows"),
        )

    def _lake_value(self, field: Field) -> pl.Expr:
        column = pl.col(field.id)
        if field.sensitive:
            return masked(column)
        if field.kind in _TYPED:
            return pl.col(typed_name(field.id))
        if field.code_table is None:
            return column
        accepted = self.catalog.code_tables[field.code_table].accepted
        if field.kind is Kind.CODE:
            return column.replace(accepted)
        return _codes(column, accepted)


MEASURES: Final = (
    "rows",
    "accepted",
    "warned",
    "required_cells",
    "code_rows",
    "code_valid_rows",
    "dated_rows",
    "late_rows",
)


def _tidy(field: Field) -> pl.Expr:
    if field.kind in _IDENTIFIERS:
        return clean(tidy.text(pl.col(field.id)))
    return tidy.plain(pl.col(field.id)) if field.kind in _PLAIN else tidy.text(pl.col(field.id))


def _applies(rule: Rule) -> pl.Expr:
    """True where the cell of a ``required`` rule has to be filled."""
    _, _, form = rule.primitive.partition("_when_")
    other, texts = pl.col(str(rule.other)), [str(p) for p in rule.parameters]
    match form:
        case "":
            return pl.col(rule.field).is_null() | True
        case "in":
            return other.is_in(texts)
        case "contains":
            return other.str.contains_any(texts)
        case "not_null":
            return other.is_not_null()
        case _:
            raise KeyError(rule.primitive)


def _codes(column: pl.Expr, accepted: dict[str, str]) -> pl.Expr:
    """A joined list as codes joined by ``;``; items that are no table value (``其他-…``) stay as they are."""

    def recoded(values: pl.Series) -> pl.Series:
        if values.null_count() == len(values):
            return values
        distinct = values.unique().drop_nulls()
        items = distinct.str.replace_all(rf"\s*[{SEPARATORS}]\s*", ";").str.strip_chars(";").str.split(";")
        coded = items.list.eval(pl.element().replace(accepted)).list.join(";")
        return values.replace(distinct, coded)

    return column.map_batches(recoded, return_dtype=pl.String, is_elementwise=True)


def counts(flagged: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Rows that broke each rule: ``_batch_id, rule_id, rows``, rules without any left out."""
    if flagged.height == 0:
        return pl.DataFrame(schema={BATCH: pl.String, "rule_id": pl.String, "rows": pl.Int64})
    wide = flagged.group_by(BATCH).agg(pl.col(r.id).sum().cast(pl.Int64) for r in rules)
    return (
        wide.unpivot(index=BATCH, variable_name="rule_id", value_name="rows")
        .filter(pl.col("rows") > 0)
        .sort(BATCH, "rule_id")
    )
