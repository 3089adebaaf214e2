"""Right records of any dataset, from its fields alone: a new dataset is in the sample delivery with no Python of its own.

Whom a record is about comes from the province's subjects; what else a field holds follows from its kind, samples, code table and
conditions; dates keep the orders the dataset declares; one field of the record key is numbered, so that no key comes twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Dataset, Field, Kind
from pipelines.catalog.models import Condition
from pipelines.demo.chronology import dates
from pipelines.demo.drawing import Draw
from pipelines.demo.province import Province
from pipelines.demo.referring import DAY, naming_field, referred
from pipelines.demo.repairs import as_terms_allow
from pipelines.demo.subjects import HOUSEHOLD

_PERSONS: Final = 0.09
_IDENTIFIED: Final = 0.06  # of the bodies: the representative's certificate is given too
_OPTIONAL: Final = 0.6
_LEFT: Final = 0.35  # of the entries of a list; the others are still on it
_AMOUNTS: Final = ("0.5", "1.2", "3", "8.5", "12", "20", "36.8", "75", "120")
_LAST_DIGITS: Final = re.compile(r"\d+(?=\D*$)")
_CATEGORY: Final = "subject_category"
_SEVERITY: Final = "severity_code"
_CATEGORY_ZH: Final = {"legal_person": "法人及非法人组织", "self_employed": "个体工商户", "natural_person": "自然人"}


@dataclass(frozen=True)
class Builder:
    """Makes records of one dataset about one province; ``referred`` are right records of others, by dataset."""

    province: Province
    dataset: Dataset
    draw: Draw
    referred: Mapping[str, pl.DataFrame]

    @cached_property
    def fields(self) -> dict[str, Field]:
        """Fields by id."""
        return {field.id: field for field in self.province.catalog.fields(self.dataset.id)}

    def records(self, count: int) -> pl.DataFrame:
        """About so many records, as text columns named by field id, dates in ISO form.

        Fewer where the dataset refers to others and there are not so many to refer to.
        """
        about = self._about(count)
        days = dates(self.dataset, self.fields, self.province, self.draw, about.height)
        rows = about.with_columns(days.values())
        if DAY in about.columns:
            rows = rows.with_columns(pl.max_horizontal(name, DAY).alias(name) for name in self._dates)
        rows = self._on_their_list(rows)
        for field in self.fields.values():
            if field.id not in rows.columns:
                rows = rows.with_columns(self._values(field, rows.height).alias(field.id))
        rows = self._conditional(as_terms_allow(rows, self.province.catalog, self.dataset))
        return rows.select(
            pl.col(field.id).str.head(field.max_length) if field.max_length else pl.col(field.id)
            for field in self.fields.values()
        )

    def _about(self, count: int) -> pl.DataFrame:
        """Whom the records are about, who took the decision and who sent them; and the records they refer to."""
        subject, rows = self.dataset.subject, self._subjects(count)
        if naming_field(self.province.catalog, self.dataset.id):
            rows = referred(self.province.catalog, self.dataset.id, self.referred, self.draw, count)
            rows = rows if rows.width else self._subjects(0)
        columns = {subject.name: "name", subject.credit_code: "credit_code", _CATEGORY: "category"}
        columns |= {subject.certificate_type or "": "certificate", subject.certificate_number or "": "person_id"}
        columns |= {"legal_representative": "legal_representative"}
        for kind, number in self._representatives.items():
            columns |= {kind: "representative_certificate", number: "representative_id"}
        columns |= {"authority_name": "authority_name", "authority_code": "authority_code"}
        columns |= {name: name for name in rows.columns if name.startswith("record_") or name == _SEVERITY}
        made = rows.select(
            *(
                pl.col(source).alias(name)
                for name, source in columns.items()
                if {name} & set(self.fields) and source in rows.columns
            ),
            *(name for name in (DAY,) if name in rows.columns),
        )
        centre = dict(zip(("source_name", "source_code"), self.province.centre, strict=True))
        return made.with_columns(pl.lit(text).alias(name) for name, text in centre.items() if name in self.fields)

    def _subjects(self, count: int) -> pl.DataFrame:
        """Subjects of the kinds the dataset is about, each once as long as there are enough, with an authority each."""
        wanted = self.dataset.subjects
        bodies = self.province.subjects
        if "self_employed" not in wanted:
            bodies = bodies.filter(pl.col("pair") != HOUSEHOLD)
        order = self.draw.shuffled(bodies.height)
        picked = bodies[np.resize(order, count)]
        persons = 1.0 if wanted == ("natural_person",) else _PERSONS if "natural_person" in wanted else 0.0
        natural = pl.Series(self.draw.chance(persons, count))
        offices = self.province.authorities[self.draw.places(self.province.authorities.height, count)]
        people = self.province.people[np.resize(self.draw.shuffled(self.province.people.height), count)]
        identified = pl.Series(self.draw.chance(_IDENTIFIED, count))
        return picked.with_columns(people.get_columns()).with_columns(
            pl.when(natural)
            .then(pl.lit(_CATEGORY_ZH["natural_person"]))
            .when(pl.col("pair") == HOUSEHOLD)
            .then(pl.lit(_CATEGORY_ZH["self_employed"]))
            .otherwise(pl.lit(_CATEGORY_ZH["legal_person"]))
            .alias("category"),
            pl.when(natural).then("person").otherwise("name").alias("name"),
            pl.when(~natural).then("credit_code").alias("credit_code"),
            pl.when(~natural).then("legal_representative").alias("legal_representative"),
            pl.when(natural).then("person_certificate").alias("certificate"),
            pl.when(natural).then("person_id").alias("person_id"),
            pl.when(~natural & identified).then(pl.lit("身份证")).alias("representative_certificate"),
            pl.when(~natural & identified).then("representative_id").alias("representative_id"),
            offices["authority_name"],
            offices["authority_code"],
        )

    def _on_their_list(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Of a dataset of lists, most entries are still on theirs, and the others left it by the day of the delivery."""
        left_on = self.dataset.display.ended_on if self.dataset.display else None
        if left_on is None:
            return rows
        left = pl.Series(self.draw.chance(_LEFT, rows.height))
        day = pl.min_horizontal(left_on, pl.lit(self.province.as_of.isoformat()))
        return rows.with_columns(pl.when(left).then(day).alias(left_on))

    def _values(self, field: Field, count: int) -> pl.Series:
        """What a field that stands alone may hold."""
        if field.sensitive or field.kind is Kind.CERTIFICATE_NUMBER:
            return pl.repeat(None, count, dtype=pl.String, eager=True)
        values = self._picked(field, count)
        if field.id == self._numbered:
            values = self._with_numbers(values, field)
        if field.required or field.id in self.dataset.record_key or field.required_when:
            return values
        kept = pl.Series(self.draw.chance(_OPTIONAL, count))
        return values.to_frame("v").select(pl.when(kept).then("v")).to_series()

    @cached_property
    def _dates(self) -> list[str]:
        return [field.id for field in self.fields.values() if field.kind is Kind.DATE]

    @cached_property
    def _representatives(self) -> dict[str, str]:
        """Kind of certificate and its number, of somebody beside the subject."""
        return {
            field.required_when.field: field.id
            for field in self.fields.values()
            if field.required_when and field.required_when.present and field.kind is Kind.CERTIFICATE_NUMBER
        }

    def _picked(self, field: Field, count: int) -> pl.Series:
        match field.kind:
            case Kind.CODE | Kind.CODES:
                table = self.province.catalog.code_tables[str(field.code_table)]
                day = self.province.as_of
                texts = [e.label_zh for e in table.entries if not e.valid_to or e.valid_to >= day]
                return self.draw.pick(texts or [table.entries[0].label_zh], count)
            case Kind.DECIMAL | Kind.INTEGER:
                return self.draw.pick([text for text in (*field.samples, *_AMOUNTS) if _fits(text, field)], count)
            case Kind.CREDIT_CODE:
                offices = self.province.authorities["authority_code"]
                return offices.gather(self.draw.places(len(offices), count))
            case Kind.DOCUMENT_NUMBER:
                sample = field.samples[0] if field.samples else f"{self.dataset.title_zh[:2]}〔2026〕1号"
                numbers = pl.Series([sample] * count, dtype=pl.String)
                return self._with_numbers(self.province.profile.mark + numbers, field)
            case _:
                return self.draw.pick(field.samples or (field.title_zh,), count)

    @cached_property
    def _numbered(self) -> str | None:
        """The field of the record key that tells records of a subject apart."""
        texts = [
            name
            for name in self.dataset.record_key
            if name in self.fields and self.fields[name].kind in (Kind.STRING, Kind.DOCUMENT_NUMBER)
        ]
        free = [name for name in texts if name != self.dataset.subject.name and not name.startswith("record_")]
        return next((name for name in free if "number" in name), free[0] if free else None)

    def _with_numbers(self, values: pl.Series, field: Field) -> pl.Series:
        """Each value with a number of its own in place of its last digits, or behind it."""
        made = []
        start = self.province.numbers_from(len(values)) + 1
        for number, text in enumerate(values.to_list(), start=start):
            found = _LAST_DIGITS.search(text)
            made.append(f"{text[: found.start()]}{number}{text[found.end() :]}" if found else f"{text}（{number}）")
        return pl.Series(field.id, made, dtype=pl.String)

    def _conditional(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Cells filled where a condition asks for it and emptied where one forbids it."""
        for field in self.fields.values():
            cell = pl.col(field.id)
            if field.required_when:
                wanted = self._holds(field.required_when)
                filled = self._picked(field, rows.height) if field.kind not in _DATED else rows[field.id]
                if field.kind is not Kind.CERTIFICATE_NUMBER and field.id != self.dataset.subject.credit_code:
                    rows = rows.with_columns(
                        pl.when(wanted).then(pl.coalesce(cell, filled)).otherwise(None).alias(field.id)
                    )
            if field.empty_when:
                rows = rows.with_columns(pl.when(~self._holds(field.empty_when)).then(cell).alias(field.id))
        return rows

    def _holds(self, condition: Condition) -> pl.Expr:
        other, field = pl.col(condition.field), self.fields[condition.field]
        if condition.present:
            return other.is_not_null()
        texts = condition.is_in or condition.contains or ()
        if field.code_table:
            texts = self.province.catalog.code_tables[field.code_table].texts_of(texts)
        found = other.is_in(list(texts)) if condition.is_in else other.str.contains_any(list(texts))
        return found.fill_null(False)


_DATED: Final = (Kind.DATE, Kind.TIMESTAMP)


def _fits(text: str, field: Field) -> bool:
    """Whether a number keeps the bounds of its field."""
    number = float(text)
    if field.kind is Kind.INTEGER and "." in text:
        return False
    over = [b for b in (field.max_inclusive, field.plausible_max) if b is not None]
    return (
        (field.min_exclusive is None or number > field.min_exclusive)
        and (field.min_inclusive is None or number >= field.min_inclusive)
        and all(number <= b for b in over)
    )
