"""Text rows to accepted, flagged and counted rows.

``Screen`` is a dataset compiled: pure functions from lazy frame to lazy frame. Rules over one cell are beside the row as bits of
one number for each field, rules over two as a boolean column under their id, what a workbook says of cells as bits of one number
for each thing said; a column for each rule, and lists of
broken rules, are made for flagged rows only (measured: lists for all rows cost 2.5 times the whole pass).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property, reduce
from operator import or_
from typing import Final

import polars as pl

from pipelines.catalog import CLEANED, CONTRADICTS, EVIDENCE, Catalog, Dataset, Field, Kind, Rule
from pipelines.checks.cells import bit_of
from pipelines.checks.conditions import applies_name, conditional, conditions
from pipelines.checks.prepared_columns import reason_name, typed_name
from pipelines.checks.registry import Lookups, References, broken
from pipelines.privacy.pseudonym import Pseudonyms
from pipelines.screening.confirmation import RESERVED, confirmed_rules, with_answers
from pipelines.screening.field_checks import FieldChecks, bits_name, field_checks, lake_name, raw_name
from pipelines.screening.layouts import in_layouts, staged_columns, with_asked, with_layout
from pipelines.screening.record import record_key, sound
from pipelines.screening.repair_terms import staged_terms, with_repair_terms
from pipelines.screening.subject import bucket, subject_key
from pipelines.screening.versions import staged_versions, versions, with_contradictions
from pipelines.storage.columns import (
    ANSWERS_TO,
    BATCH,
    BUCKET,
    CONFIRMED_RULES,
    PROVENANCE,
    RECEIVED_ON,
    RECORD_KEY,
    ROW_NUMBER,
    SUBJECT_KEY,
    as_sent_name,
    pseudonym_name,
)

REFUSED: Final = "_refused"
FLAGGED: Final = "_flagged"
WARNED: Final = "_warned"

MEASURES: Final = (
    "rows",
    "accepted",
    "warned",
    "required_cells",
    "code_rows",
    "code_valid_rows",
    "dated_rows",
    "late_rows",
    "rows_confirmed",
)


COUNTED: Final = {BATCH: pl.String(), "rule_id": pl.String(), "rows": pl.Int64(), "confirmed": pl.Int64()}


@dataclass(frozen=True)
class Screen:
    """The rules of one dataset, compiled."""

    dataset: Dataset
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    catalog: Catalog
    pseudonyms: Pseudonyms
    references: References = attribute(default_factory=dict)

    @classmethod
    def of(
        cls, catalog: Catalog, dataset_id: str, pseudonyms: Pseudonyms, references: References | None = None
    ) -> Screen:
        """Compile the rules of a dataset of the catalogue; a reference that is not given knows nothing."""
        rules = tuple(rule for rule in catalog.rules[dataset_id] if rule.cells)
        fields = catalog.fields(dataset_id)
        return cls(catalog.datasets[dataset_id], fields, rules, catalog, pseudonyms, references or {})

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Field ids."""
        return tuple(field.id for field in self.fields)

    @cached_property
    def delivered(self) -> tuple[Field, ...]:
        """What a file may hold: the fields, and the two columns that every dataset takes (``confirmation``)."""
        return (*self.fields, *RESERVED)

    @cached_property
    def field_checks(self) -> tuple[FieldChecks, ...]:
        """The checks of each field."""
        tables = {name: table.accepted for name, table in self.catalog.code_tables.items()}
        return field_checks(self.fields, self.rules, tables, self._lookups)

    @cached_property
    def over_two(self) -> tuple[Rule, ...]:
        """Rules that look at more than one cell."""
        return tuple(rule for rule in self.rules if rule.other is not None and rule.other not in EVIDENCE)

    @cached_property
    def of_cells(self) -> tuple[Rule, ...]:
        """Rules about what a workbook says of a cell."""
        return tuple(rule for rule in self.rules if rule.other in EVIDENCE)

    def judged(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """The rows with everything the screening says of them.

        Args:
            rows: the fields as text, with ``_batch_id``, ``_row_number``, ``_provider_id``, ``_region_code``,
                ``_received_on``, ``_in_time_from``; columns of ``EVIDENCE`` that are not there, or null, say nothing.

        Returns:
            The field as tidy text, ``raw:<field>`` as sent, ``lake:<field>`` and ``reason:<field>`` where there are any,
            ``bits:<field>``, a boolean column for each rule over two fields under its id, ``_cleaned``, ``_answers_to``,
            ``_confirmation``, ``_confirmed_rules``, ``_refused``, ``_flagged``, ``_warned``.
        """
        there = rows.collect_schema().names()
        rows = rows.with_columns(
            (pl.col(name).fill_null(0) if name in there else pl.lit(0, dtype=pl.Int64)).alias(name) for name in EVIDENCE
        )
        rows = with_contradictions(with_layout(with_answers(rows), self.dataset))
        rows = rows.with_columns(pl.col(name).alias(raw_name(name)) for name in self.names)
        rows = rows.with_columns(one.expression().alias(one.field.id) for one in self.field_checks)
        rows = rows.with_columns(column for one in self.field_checks for column in one.columns(pl.col(one.field.id)))
        rows = with_asked(rows, self.dataset).with_columns(*conditions(self.over_two), self._cleaned())
        rows = in_layouts(rows, self.dataset, self.catalog)
        rows = with_repair_terms(rows, self.dataset, self.catalog, self.references)
        rows = rows.with_columns(pl.col(lake_name(name)).alias(typed_name(name)) for name in self._typed)
        rows = rows.with_columns(broken(rule, self._lookups).alias(rule.id) for rule in self.over_two)
        rows = rows.with_columns(self._confirmed().alias(CONFIRMED_RULES))
        doubted = pl.col(CONFIRMED_RULES).is_null()
        alone = self._any(rejects=True, confirmable=False) | (self._any(rejects=True, confirmable=True) & doubted)
        warned = self._any(rejects=False, confirmable=False) | (self._any(rejects=False, confirmable=True) & doubted)
        rows = rows.with_columns(alone.alias(REFUSED), warned.alias(WARNED))
        valued = {one.field.id for one in self.field_checks if one.valued}
        rows = rows.with_columns(versions(self.dataset, self.fields, valued, pl.col(REFUSED)))
        # What other rows of the file say comes last: what is refused for itself contradicts nobody.
        beside = [rule for rule in self.over_two if rule.other == CONTRADICTS]
        contradicting = [pl.col(rule.id) & (doubted if rule.confirmable else True) for rule in beside]
        refusing = [one for one, rule in zip(contradicting, beside, strict=True) if rule.rejects]
        return rows.with_columns(
            pl.any_horizontal(REFUSED, *refusing).alias(REFUSED),
            pl.any_horizontal(WARNED, *contradicting).alias(WARNED),
        ).with_columns((pl.col(WARNED) | ~doubted).alias(FLAGGED))

    def verdicts(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """The judged rows with one boolean column for each rule under its id."""
        return judged.with_columns(self._verdicts())

    def staged(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """The rows as the second route sees them, before the split: tidy text, what was cleaned, the day of receipt."""
        received = pl.col(RECEIVED_ON).dt.to_string("iso").alias(RECEIVED_ON)
        beside = (*staged_columns(self.dataset), *staged_terms(self.dataset, self.catalog), *staged_versions())
        return judged.select(*self.names, CLEANED, *EVIDENCE, received, *beside)

    def accepted(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Rows that broke no refusing rule, in the columns of ``record_schema``."""
        rows = judged.filter(~pl.col(REFUSED))
        columns: list[pl.Expr] = []
        for one in self.field_checks:
            field = one.field
            columns.append(pl.col(lake_name(field.id) if one.valued else field.id).alias(field.id))
            if field.keep_as_sent:
                columns.append(pl.col(field.id).alias(as_sent_name(field.id)))
            if field.sensitive:
                columns.append(self.pseudonyms.column(pl.col(field.id)).alias(pseudonym_name(field.id)))
        provenance = [pl.col(name) for name in PROVENANCE if name != SUBJECT_KEY]
        rows = rows.select(*columns, *provenance, subject_key(self.dataset, self.pseudonyms).alias(SUBJECT_KEY))
        return rows.with_columns(bucket(pl.col(SUBJECT_KEY)).alias(BUCKET))

    def flagged(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Rows that broke any rule: cells as sent, the rule columns, ``_refused``, what the provider said, the record's key."""
        valued = {one.field.id for one in self.field_checks if one.valued}
        rows = judged.filter(pl.col(FLAGGED)).select(
            BATCH,
            ROW_NUMBER,
            REFUSED,
            ANSWERS_TO,
            CONFIRMED_RULES,
            record_key(self.dataset, valued, self.pseudonyms).alias(RECORD_KEY),
            *(pl.col(raw_name(name)).alias(name) for name in self.names),
            *self._verdicts(),
            *(pl.col(reason_name(f.id)) for f in self.fields if f.kind is Kind.CREDIT_CODE),
            *staged_terms(self.dataset, self.catalog),
            CONTRADICTS,
        )
        return rows.with_columns(pl.when(sound(self.dataset, self.rules)).then(RECORD_KEY).alias(RECORD_KEY))

    def measured(self, judged: pl.LazyFrame) -> pl.LazyFrame:
        """Counts per batch that the scorecard needs and the rules' counts do not give; columns as in ``MEASURES``."""
        accepted = ~pl.col(REFUSED)
        required = [rule for rule in self.rules if rule.primitive.startswith("required")]
        always = sum(not conditional(rule) for rule in required)
        due = [pl.col(applies_name(rule)).sum().cast(pl.Int64) for rule in required if conditional(rule)]
        code = self.dataset.subject.credit_code
        missing = (self._verdict(rule) for rule in required if rule.field == code)
        needed = reduce(or_, missing, pl.col(code).is_not_null())
        good = pl.col(code).is_not_null() & pl.col(reason_name(code)).is_null()
        timely = self.dataset.timeliness
        if timely:
            decided = pl.col(lake_name(timely.field))
            dated = accepted & decided.is_not_null()
            late = dated & (decided < pl.col("_in_time_from"))
        else:
            dated = late = pl.lit(False)
        rows = pl.len().cast(pl.Int64)
        return judged.group_by(BATCH).agg(
            rows.alias("rows"),
            accepted.sum().cast(pl.Int64).alias("accepted"),
            (accepted & pl.col(WARNED)).sum().cast(pl.Int64).alias("warned"),
            reduce(lambda a, b: a + b, due, rows * always).alias("required_cells"),
            needed.sum().cast(pl.Int64).alias("code_rows"),
            (needed & good).sum().cast(pl.Int64).alias("code_valid_rows"),
            dated.sum().cast(pl.Int64).alias("dated_rows"),
            late.sum().cast(pl.Int64).alias("late_rows"),
            (accepted & pl.col(CONFIRMED_RULES).is_not_null()).sum().cast(pl.Int64).alias("rows_confirmed"),
        )

    @cached_property
    def _typed(self) -> tuple[str, ...]:
        """Fields whose typed values a rule over two fields compares."""
        compared = {name for rule in self.over_two for name in (rule.field, str(rule.other))}
        return tuple(
            f.id
            for f in self.fields
            if f.id in compared and f.kind in (Kind.DATE, Kind.DECIMAL, Kind.TIMESTAMP, Kind.INTEGER)
        )

    @cached_property
    def _lookups(self) -> Lookups:
        return Lookups(self.catalog.registrar_pairs, self.catalog.division_codes, self.references)

    @cached_property
    def _bits(self) -> dict[str, tuple[FieldChecks, int]]:
        """Where the verdict of a rule over one cell is: its field and its bit."""
        return {rule.id: (one, bit) for one in self.field_checks for bit, rule in enumerate(one.rules)}

    def _verdict(self, rule: Rule) -> pl.Expr:
        if rule.other in EVIDENCE:
            return broken(rule, self._lookups)
        if rule.other is not None:
            return pl.col(rule.id)
        one, bit = self._bits[rule.id]
        return one.broke(bit)

    def _verdicts(self) -> list[pl.Expr]:
        return [self._verdict(rule).alias(rule.id) for rule in self.rules]

    def _any(self, *, rejects: bool, confirmable: bool) -> pl.Expr:
        """True where any rule is broken, or any refusing one, of those that can be confirmed or of the others.

        Rules that look at other rows of the file are left out.
        """
        cells = []
        for one in self.field_checks:
            if mask := one.mask(rejects=rejects, confirmable=confirmable):
                cells.append((pl.col(bits_name(one.field.id)) & mask) != 0)
        for name in EVIDENCE:
            said = [
                r
                for r in self.of_cells
                if r.other == name and (r.rejects or not rejects) and r.confirmable == confirmable
            ]
            if said:
                cells.append((pl.col(name) & sum(map(bit_of, said))) != 0)
        pairs = [
            rule.id
            for rule in self.over_two
            if (rule.rejects or not rejects) and rule.confirmable == confirmable and rule.other != CONTRADICTS
        ]
        return pl.any_horizontal(*cells, *pairs) if cells or pairs else pl.lit(False)

    def _confirmed(self) -> pl.Expr:
        rules = [rule for rule in self.rules if rule.confirmable]
        needed = dict.fromkeys(
            str(rule.other)
            if rule.other in EVIDENCE
            else rule.id
            if rule.other is not None
            else bits_name(self._bits[rule.id][0].field.id)
            for rule in rules
        )
        return confirmed_rules({rule.id: self._verdict(rule) for rule in rules}, list(needed))

    def _cleaned(self) -> pl.Expr:
        """The places of the fields that clean-up changed, as bits of one number.

        Looked at only where some rule is broken: a clean-up is rare, and there may be one rule for each field.
        """
        places = {name: place for place, name in enumerate(self.names)}
        rules = [rule for rule in self.rules if rule.primitive == "cleaned"]
        if not rules:
            return pl.lit(0, dtype=pl.Int64).alias(CLEANED)
        flags = [self._verdict(rule).cast(pl.Int64) * (1 << places[rule.field]) for rule in rules]
        columns = list(dict.fromkeys(bits_name(self._bits[rule.id][0].field.id) for rule in rules))

        def one(rows: pl.Series) -> pl.Series:
            frame = rows.struct.unnest()
            odd = (reduce(or_, frame.get_columns()) != 0).arg_true()
            made = pl.repeat(0, len(rows), dtype=pl.Int64, eager=True)
            return made.scatter(odd, frame[odd].select(pl.sum_horizontal(flags)).to_series()) if len(odd) else made

        return pl.struct(columns).map_batches(one, return_dtype=pl.Int64, is_elementwise=True).alias(CLEANED)


def counts(flagged: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Rows that broke each rule: ``_batch_id, rule_id, rows, confirmed``, rules without any left out.

    ``confirmed`` is how many of the rows a provider confirmed with a reason.
    """
    if flagged.height == 0:
        return pl.DataFrame(schema=COUNTED)
    broke = _by_rule(flagged, [rule.id for rule in rules]).rename({"number": "rows"})
    some = flagged.filter(pl.col(CONFIRMED_RULES).is_not_null())
    confirmed = _by_rule(some, [rule.id for rule in rules if rule.confirmable]).rename({"number": "confirmed"})
    return (
        broke.join(confirmed, on=[BATCH, "rule_id"], how="left")
        .with_columns(pl.col("confirmed").fill_null(0))
        .sort(BATCH, "rule_id")
        .select(*COUNTED)
    )


def _by_rule(rows: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    if rows.height == 0 or not names:
        return pl.DataFrame(schema={BATCH: pl.String, "rule_id": pl.String, "number": pl.Int64})
    wide = rows.group_by(BATCH).agg(pl.col(name).sum().cast(pl.Int64) for name in names)
    return wide.unpivot(index=BATCH, variable_name="rule_id", value_name="number").filter(pl.col("number") > 0)
