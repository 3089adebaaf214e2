"""One field of a row checked: tidy text, the lake's value, and the rules of the field that the cell breaks, as bits.

A rule over one cell gives the same verdict for the same text, so that each distinct text is judged once (``distinct``), and one
number with a bit for each rule is beside the row instead of a column for each rule: nearly always it is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from pipelines.catalog import Field, Kind, Rule
from pipelines.checks.codes import SEPARATORS
from pipelines.checks.distinct import few, joined, one_of
from pipelines.checks.prepared_columns import cleaned_name, reason_name, suspect_name, typed_name
from pipelines.checks.registry import Lookups, broken
from pipelines.checks.suspects import suspects
from pipelines.identifiers import credit_code
from pipelines.privacy.mask import masked
from pipelines.screening import tidy
from pipelines.screening.typed import value
from pipelines.storage.columns import lake_type

_IDENTIFIERS: Final = (Kind.CREDIT_CODE, Kind.ORGANISATION_CODE, Kind.REGISTRATION_NUMBER)
_PLAIN: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.DECIMAL, Kind.INTEGER, Kind.CODE, Kind.CERTIFICATE_NUMBER)
TYPED: Final = (Kind.DATE, Kind.TIMESTAMP, Kind.DECIMAL, Kind.INTEGER)
_RAW: Final = "raw"
_TIDY: Final = "tidy"
_LAKE: Final = "lake"
_BITS: Final = "bits"
_REASON: Final = "reason"


def raw_name(field: str) -> str:
    """Column of a cell as sent."""
    return f"raw:{field}"


def bits_name(field: str) -> str:
    """Column of the broken rules of a field, one bit each."""
    return f"bits:{field}"


def lake_name(field: str) -> str:
    """Column of the value the lake gets, where that is not the tidy text."""
    return f"lake:{field}"


@dataclass(frozen=True)
class FieldChecks:
    """A field compiled: ``rules`` are those over this cell alone, in the order of their bits."""

    field: Field
    rules: tuple[Rule, ...]
    accepted: dict[str, str] | None
    lookups: Lookups

    @cached_property
    def dtype(self) -> pl.Struct:
        """What ``expression`` gives: ``tidy``, ``bits``, and where the field needs them ``lake`` and ``reason``."""
        parts: dict[str, pl.DataType] = {_TIDY: pl.String(), _BITS: pl.UInt32()}
        if self.valued:
            parts[_LAKE] = lake_type(self.field)
        if self.field.kind is Kind.CREDIT_CODE:
            parts[_REASON] = pl.String()
        return pl.Struct(parts)

    @property
    def valued(self) -> bool:
        """True where the lake gets something else than the tidy text."""
        return self.field.sensitive or self.field.kind in TYPED or self.accepted is not None

    def expression(self) -> pl.Expr:
        """The field's text as sent, checked."""
        return pl.col(self.field.id).map_batches(self._checked, return_dtype=self.dtype, is_elementwise=True)

    def columns(self, checked: pl.Expr) -> list[pl.Expr]:
        """The columns of a checked field: tidy text, bits, and the lake's value and the reason where there are any."""
        name, part = self.field.id, checked.struct.field
        columns = [part(_TIDY).alias(name), part(_BITS).alias(bits_name(name))]
        if self.valued:
            columns.append(part(_LAKE).alias(lake_name(name)))
        if self.field.kind is Kind.CREDIT_CODE:
            columns.append(part(_REASON).alias(reason_name(name)))
        return columns

    def mask(self, *, rejects: bool, confirmable: bool) -> int:
        """The bits of refusing rules, or of all, of those that can be confirmed or of the others."""
        return sum(
            1 << bit
            for bit, rule in enumerate(self.rules)
            if (rule.rejects or not rejects) and rule.confirmable == confirmable
        )

    def broke(self, bit: int) -> pl.Expr:
        """True where the cell breaks the rule of that bit."""
        return (pl.col(bits_name(self.field.id)) & (1 << bit)) != 0

    def _checked(self, values: pl.Series) -> pl.Series:
        distinct = few(values)
        if distinct is None:
            return self._judged(values).select(self._parts).to_struct()
        judged = self._judged(distinct)
        if self.valued:
            return joined(values, judged, _RAW).select(self._parts).to_struct()
        odd = judged.filter((pl.col(_BITS) != 0) | pl.col(_TIDY).ne_missing(pl.col(_RAW)))
        tidied, bits = values, pl.repeat(0, len(values), dtype=pl.UInt32, eager=True)
        reasons = pl.repeat(None, len(values), dtype=pl.String, eager=True)
        if odd.height:
            rows = one_of(values, odd[_RAW]).arg_true()
            found = joined(values.gather(rows), odd, _RAW)
            tidied = values.clone().scatter(rows, found[_TIDY])
            bits = bits.scatter(rows, found[_BITS])
            if _REASON in self._parts:
                reasons = reasons.scatter(rows, found[_REASON])
        parts = {_TIDY: tidied, _BITS: bits, _REASON: reasons}
        return pl.DataFrame({name: parts[name] for name in self._parts}).to_struct()

    @cached_property
    def _parts(self) -> list[str]:
        return [part.name for part in self.dtype.fields]

    def _judged(self, values: pl.Series) -> pl.DataFrame:
        """Every value with its parts; the expressions of ``pipelines.checks`` find the columns they read."""
        name = self.field.id
        cell = pl.col(name)
        tidied = self._tidied(values)
        if tidied is values:
            cleaned = pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
        else:
            cleaned = (tidied != values).fill_null(False)
        rows = pl.LazyFrame({_RAW: values, name: tidied, cleaned_name(name): cleaned})
        if self.field.holds_text or self.field.kind is Kind.CERTIFICATE_NUMBER:
            rows = rows.with_columns(suspects(tidied).alias(suspect_name(name)))
        if self.field.kind is Kind.CREDIT_CODE:
            rows = rows.with_columns(credit_code.reason(cell).alias(reason_name(name)))
        if self.field.kind in TYPED:
            rows = rows.with_columns(value(cell, self.field).alias(typed_name(name)))
        verdicts = [broken(rule, self.lookups) for rule in self.rules]
        bits = [verdict.cast(pl.UInt32) * (1 << bit) for bit, verdict in enumerate(verdicts)]
        columns = [pl.col(_RAW), cell.alias(_TIDY), pl.sum_horizontal(bits).cast(pl.UInt32).alias(_BITS)]
        if self.valued:
            columns.append(self._lake_value(cell).alias(_LAKE))
        if self.field.kind is Kind.CREDIT_CODE:
            columns.append(pl.col(reason_name(name)).alias(_REASON))
        return rows.select(columns).collect(engine="in-memory")

    def _tidied(self, raw: pl.Series) -> pl.Series:
        if self.field.kind in _IDENTIFIERS:
            return tidy.identifier(raw)
        if self.field.kind is Kind.DOCUMENT_NUMBER:
            return tidy.document_number(raw)
        if self.field.name_of is not None:
            return tidy.name(raw)
        return tidy.plain(raw) if self.field.kind in _PLAIN else tidy.text(raw)

    def _lake_value(self, cell: pl.Expr) -> pl.Expr:
        if self.field.sensitive:
            return masked(cell)
        if self.field.kind in TYPED:
            return pl.col(typed_name(self.field.id))
        accepted = self.accepted or {}
        return cell.replace(accepted) if self.field.kind is Kind.CODE else _codes(cell, accepted)


def field_checks(
    fields: Sequence[Field],
    rules: Sequence[Rule],
    accepted: dict[str, dict[str, str]],
    lookups: Lookups,
) -> tuple[FieldChecks, ...]:
    """The checks of each field, with the rules over that cell alone.

    Args:
        fields: of the dataset.
        rules: of the dataset, those over cells.
        accepted: code tables by id: every accepted text with its code.
        lookups: what rules look values up in.
    """
    return tuple(
        FieldChecks(
            field,
            tuple(rule for rule in rules if rule.field == field.id and rule.other is None),
            accepted[field.code_table] if field.code_table else None,
            lookups,
        )
        for field in fields
    )


def _codes(column: pl.Expr, accepted: dict[str, str]) -> pl.Expr:
    """A joined list as codes joined by ``;``; items that are no table value (``其他-…``) stay as they are."""
    items = column.str.replace_all(rf"\s*[{SEPARATORS}]\s*", ";").str.strip_chars(";").str.split(";")
    return items.list.eval(pl.element().replace(accepted)).list.join(";")
