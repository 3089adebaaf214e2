"""Rules of a dataset, derived from its fields: what is checked, not how.

``catalog/checks.yaml`` says what has a check; nothing here names one. Two routes execute a rule, independently (invariant 8, double
entry): a Polars expression in screening, and SQL under Great Expectations. Both are in ``pipelines.checks``, under the name
that ``primitive`` gives.

Rule id = ``<dataset>.<field>.<check>``; never reused for something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any, Final

from pipelines.catalog.examples import examples, repair_row, sample, terms_days
from pipelines.catalog.models import (
    Check,
    CodePrefix,
    CodeTable,
    Condition,
    Dataset,
    DatasetRule,
    Dimension,
    Field,
    Kind,
    KnownWith,
    Layout,
    Message,
    Repair,
    RepairTerms,
    Severity,
)

RECEIVED_ON: Final = "_received_on"
CLEANED: Final = "_cleaned"
LOST_DIGITS: Final = "_lost_digits"
SHOWN_OTHERWISE: Final = "_shown_otherwise"
TAKEN_AS_SHOWN: Final = "_taken_as_shown"
MERGED: Final = "_merged"
EVIDENCE: Final = (LOST_DIGITS, SHOWN_OTHERWISE, TAKEN_AS_SHOWN, MERGED)
"""Columns with a bit for each field, by its place: what a workbook says of the cell (``pipelines.reading.cell_evidence``)."""
LAYOUT: Final = "_layout"
REPAIR_TERMS: Final = "_repair_terms"
REPAIRABLE_FROM: Final = "_repairable_from"
"""Columns that the hub puts beside a row of repairs (``pipelines.screening.repair_terms``)."""
CONTRADICTS: Final = "_contradicts"
"""Column that the hub puts beside a row: other rows of its file that say something else of the same record."""
RECORD: Final = "record"
NEVER: Final = "no_"
_OF_CODES: Final = "credit_code_"

Parameters = tuple[str | int | float, ...]


@dataclass(frozen=True)
class Rule:
    """One rule of one dataset.

    ``check`` is its entry in ``checks.yaml``, ``primitive`` the name of its two routes. ``field`` is a field id, or ``record``
    for the line as a whole; ``other`` the second field of a rule over two.
    ``cells`` says that the rule looks at cells: such a rule has an expectation too; others look at the raw line only.
    ``prefixes`` are beginnings that a value outside the code table may have (``其他-``), or that a code has or never has.
    ``confirmable`` says that a provider may have a row accepted that breaks the rule, by saying why.
    ``compared`` is the column both routes look at in place of ``other``: its value where the row's layout asks for the field, else
    null.
    ``good`` and ``bad`` are examples: cells by field id, None for an empty one; empty where the check has none.
    """

    id: str
    dataset_id: str
    field: str
    field_zh: str
    check: str
    primitive: str
    parameters: Parameters
    other: str | None
    severity: Severity
    dimension: Dimension
    responsibility: str
    expected_zh: str
    message_zh: str
    message_en: str
    hint_zh: str
    cells: bool = True
    prefixes: tuple[str, ...] = ()
    confirmable: bool = False
    compared: str | None = None
    good: Mapping[str, str | None] = attribute(default_factory=dict, compare=False)
    bad: Mapping[str, str | None] = attribute(default_factory=dict, compare=False)

    @property
    def second(self) -> str:
        """The second column that both routes look at, of a rule over two."""
        return self.compared or str(self.other)

    @property
    def rejects(self) -> bool:
        """True where a row that breaks the rule is refused."""
        return self.severity is Severity.REJECT


def asked_name(field: str) -> str:
    """Column with the cell that says whether a field must be filled, null in rows whose layout does not have the field."""
    return f"_asked_{field}"


def layout_text(layout: str, text: str) -> str:
    """A text in a layout, as the rules compare it."""
    return f"{layout}|{text}"


@dataclass(frozen=True)
class _Builder:
    dataset_id: str
    fields: Mapping[str, Field]
    checks: Mapping[str, Check]
    tables: Mapping[str, CodeTable]
    layouts: tuple[Layout, ...] = ()

    def of_line(self) -> Iterator[Rule]:
        """Rules about the line as a whole."""
        for check in self.checks.values():
            if check.applies_to.every == "line":
                yield self._rule(check, None)

    def of_field(self, field: Field, place: int) -> Iterator[Rule]:
        """Every rule of one field; ``place`` is its position in the dataset, the parameter of checks that every field has."""
        if field.known_with and field.known_with.check not in self.checks:
            raise KeyError(field.known_with.check)
        for check in self.checks.values():
            applies = check.applies_to
            if applies.evidence is not None:
                if applies.every == "field" or field.kind in applies.kinds:
                    yield self._rule(check, field, parameters=(place,), other=applies.evidence)
            elif applies.every == "field":
                yield self._rule(check, field, parameters=(place,))
            elif applies.every is not None and _is_one_of(field, applies.every):
                yield self._rule(check, field)
            elif field.kind in applies.kinds:
                yield self._of_kind(check, field)
            elif applies.key is not None:
                yield from self._of_key(check, field, getattr(field, applies.key))

    def of_record(self, dataset: Dataset) -> Iterator[Rule]:
        """Rules about a row as the record of a key; blamed is its own number, or what else the key has.

        Where the key is the subject alone, rows are its states over time (a registration, and the one after a change), and not one
        decision said twice: they are let in with a remark.
        """
        states = set(dataset.record_key) <= {"subject_key", dataset.subject.credit_code}
        own = [name for name in (dataset.reference.number if dataset.reference else None, *dataset.record_key) if name]
        field = next((self.fields[name] for name in own if name in self.fields), None)
        for check in self.checks.values():
            if check.applies_to.every == "record" and field is not None:
                rule = self._rule(check, field, other=CONTRADICTS)
                yield replace(rule, severity=Severity.WARN) if states else rule

    def of_pair(self, named: DatasetRule) -> Rule:
        """A rule over two fields that the dataset names."""
        first, second = named.fields
        field = self.fields[first]
        return self._rule(
            self.checks[named.check], field, parameters=_shape(field), other=second, name=named.id, named=named
        )

    def of_repair(self, message: Message, terms: RepairTerms) -> Iterator[Rule]:
        """The conditions of repair that terms enforce, each as severe as the policy says."""
        every = {check.applies_to.every: check for check in self.checks.values()}
        for condition in terms.enforced:
            texts: tuple[str, ...] = ()
            severity = Severity.REJECT if condition.verdict == "refuse" else Severity.WARN
            name = f"{condition.id}_{terms.id}"
            if condition.field is None:
                check, field, other = every["shortest_display"], str(message.applied_on), REPAIRABLE_FROM
                shown = ""
            else:
                check, field, other = every["condition_of_repair"], condition.field, REPAIR_TERMS
                table = self.tables[str(self.fields[field].code_table)]
                texts = tuple(text for text in table.accepted if text not in table.texts_of(condition.is_in))
                shown = "、".join(entry.label_zh for entry in table.entries if entry.code in condition.is_in)
            rule = self._rule(
                check,
                self.fields[field],
                parameters=(terms.id, *texts),
                other=other,
                other_zh=terms.title_zh,
                shown=shown,
                name=name,
            )
            beside = repair_row(message, terms, self.fields, self.tables)
            days = terms_days(terms)
            good, bad = (
                {**beside, **{name: (text or "").format(**days) for name, text in cells.items()}}
                for cells in (rule.good, rule.bad)
            )
            yield replace(rule, severity=severity, good=good, bad=bad)

    def _of_kind(self, check: Check, field: Field) -> Rule:
        """A rule that follows from the kind of value: its parameters are what the kind is declared with."""
        match field.kind:
            case Kind.CODE | Kind.CODES:
                return self._in_table(check, field, self.tables[str(field.code_table)])
            case Kind.DECIMAL:
                precision, scale = field.precision_scale
                return self._rule(check, field, parameters=(precision, scale), shown=f"{precision - scale}")
            case _:
                return self._rule(check, field)

    def _of_key(self, check: Check, field: Field, value: Any) -> Iterator[Rule]:
        """Rules that a key of the field asks for; a bound of a decimal comes with precision and scale."""
        match value:
            case None | False | ():
                return
            case True if check.applies_to.asks_presence and (asking := self._asking(field)):
                yield self._rule(check, field, f"{check.primitive}_when_in", parameters=asking, other=LAYOUT)
            case True:
                yield self._rule(check, field, other=check.applies_to.compared_with)
            case Condition():
                yield self._conditional(check, field, value)
            case KnownWith():
                if value.check == check.id:
                    yield self._rule(check, field, parameters=(value.reference,), other=value.field)
            case (str(), *_):
                yield self._rule(check, field, parameters=value, shown="、".join(value))
            case (CodePrefix(), *_):
                for prefix in value:
                    yield self._code_prefix(check, field, prefix)
            case float():
                yield self._rule(check, field, parameters=(value, *_shape(field)), shown=f"{value:g}")
            case int() | str():
                yield self._rule(check, field, parameters=(value, *_kept_as(field)), shown=str(value))
            case _:
                raise TypeError(f"no rule can be made of {check.applies_to.key}: {value!r}")

    def _in_table(self, check: Check, field: Field, table: CodeTable) -> Rule:
        """In the code table, or in that of the layout which the row's file follows."""
        labels = "、".join(dict.fromkeys(entry.label_zh for entry in table.entries))
        if any(field.id in layout.code_tables for layout in self.layouts):
            texts, form = self._texts_in_layouts(field, table), f"{check.primitive}_of_layout"
            return self._rule(check, field, form, parameters=texts, other=LAYOUT, shown=labels)
        prefixes = (field.other_prefix,) if field.other_prefix else ()
        return self._rule(check, field, parameters=tuple(table.accepted), shown=labels, prefixes=prefixes)

    def _texts_in_layouts(self, field: Field, table: CodeTable) -> tuple[str, ...]:
        """Every accepted text with its layout; what has no meaning today is not accepted."""
        texts: list[str] = []
        for layout in self.layouts:
            old = layout.code_tables.get(field.id)
            known = self.tables[old].meanings if old else table.accepted
            texts += [layout_text(layout.id, text) for text in known]
        return tuple(texts)

    def _conditional(self, check: Check, field: Field, condition: Condition) -> Rule:
        """A rule that applies under a condition on another field."""
        form = "not_null" if condition.present else "in" if condition.is_in else "contains"
        named = condition.is_in or condition.contains or ()
        table = self.fields[condition.field].code_table
        labels = {entry.code: entry.label_zh for entry in self.tables[table].entries} if table else {}
        shown = "、".join(labels.get(code, code) for code in named) or "已填写"
        texts = self._texts(condition)
        text = texts[0] if texts else sample(self.fields[condition.field], self.tables)
        rule = self._rule(
            check,
            field,
            f"{check.primitive}_{form}",
            parameters=texts,
            other=condition.field,
            other_text=text,
            shown=shown,
        )
        rule = replace(rule, hint_zh=rule.hint_zh + (condition.hint_zh or ""))
        lifted = check.applies_to.asks_presence and self._asking(field)
        return replace(rule, compared=asked_name(field.id)) if lifted else rule

    def _asking(self, field: Field) -> tuple[str, ...]:
        """The layouts that have a field, where not all do; else nothing."""
        asking = tuple(layout.id for layout in self.layouts if field.id not in layout.lifts)
        return asking if len(asking) < len(self.layouts) else ()

    def _code_prefix(self, check: Check, field: Field, prefix: CodePrefix) -> Rule:
        """A code begins so, or never begins so, where another field holds one of some codes."""
        texts = self._texts(Condition(field=prefix.field, is_in=prefix.is_in))
        return self._rule(
            check,
            field,
            f"{'' if prefix.starts_with else NEVER}{check.primitive}_in",
            parameters=texts,
            other=prefix.field,
            other_text=texts[0],
            name=f"{check.id}_{'_'.join(prefix.is_in)}",
            prefixes=prefix.starts_with or prefix.never_starts_with,
        )

    def _texts(self, condition: Condition) -> tuple[str, ...]:
        """The literal texts a condition is about: every accepted text of its codes."""
        values = condition.is_in or condition.contains or ()
        table = self.fields[condition.field].code_table
        return self.tables[table].texts_of(values) if table else values

    def _rule(
        self,
        check: Check,
        field: Field | None,
        primitive: str | None = None,
        *,
        parameters: Parameters = (),
        other: str | None = None,
        other_text: str | None = None,
        other_zh: str | None = None,
        shown: str = "",
        name: str | None = None,
        prefixes: tuple[str, ...] = (),
        named: DatasetRule | None = None,
    ) -> Rule:
        """A rule; ``name`` is its last part where that is not the check's, ``other_text`` the other cell of the examples."""
        other_field = self.fields.get(other or "")
        pair = None if other_field is None else (other_field.id, other_text)
        if other in EVIDENCE:
            pair = (str(other), None)
        primitive = primitive or check.primitive
        never = primitive.startswith(NEVER)
        cells = field and examples(
            check, field, self.tables, parameters=parameters, other=pair, prefixes=prefixes, never=never
        )
        words = {
            "title": field.title_zh if field else "整行",
            "other": other_zh or (other_field.title_zh if other_field else (other or "")),
            "parameter": shown,
        }
        english = words | {"title": field.id if field else "the record", "other": other or ""}
        return Rule(
            id=f"{self.dataset_id}.{field.id if field else RECORD}.{name or check.id.removeprefix(_OF_CODES)}",
            dataset_id=self.dataset_id,
            field=field.id if field else RECORD,
            field_zh=words["title"],
            check=check.id,
            primitive=primitive,
            parameters=parameters,
            other=other,
            severity=(named and named.severity) or check.severity,
            dimension=check.dimension,
            responsibility=check.responsibility,
            expected_zh=check.title_zh.format(**words),
            message_zh=((named and named.message_zh) or check.message_zh).format(**words),
            message_en=((named and named.message_en) or check.message_en).format(**english),
            hint_zh=((named and named.hint_zh) or check.hint_zh).format(**words),
            cells=field is not None,
            prefixes=prefixes,
            confirmable=check.confirmable if named is None or named.confirmable is None else named.confirmable,
            good=cells[0] if cells else {},
            bad=cells[1] if cells else {},
        )


def rules_of(
    dataset: Dataset, checks: Mapping[str, Check], tables: Mapping[str, CodeTable], repair: Repair
) -> tuple[Rule, ...]:
    """All rules of a dataset whose field groups are expanded; ids are unique.

    In the order of the fields, those of one field in the order of ``checks.yaml``; the line comes first, named pairs last, then
    those about the record, and the conditions of repair.

    Raises:
        KeyError: a check or a code table is not in the catalogue (``catalog check`` reports it with file and line).
    """
    fields = {field.id: field for field in dataset.fields if isinstance(field, Field)}
    builder = _Builder(dataset.id, fields, checks, tables, dataset.layouts)
    rules = [*builder.of_line()]
    for place, field in enumerate(fields.values()):
        rules.extend(builder.of_field(field, place))
    rules.extend(builder.of_pair(named) for named in dataset.rules)
    rules.extend(builder.of_record(dataset))
    if message := repair.conditional(dataset.id):
        rules.extend(rule for terms in repair.terms for rule in builder.of_repair(message, terms))
    return tuple(rules)


def _shape(field: Field) -> tuple[int, ...]:
    """Precision and scale of a decimal; nothing for other fields."""
    return field.precision_scale if field.kind is Kind.DECIMAL else ()


def _kept_as(field: Field) -> tuple[str, ...]:
    """Where a bound is a day, how the field is read: as a day or as a point in time; nothing for other fields."""
    return (field.kind.value,) if field.kind in (Kind.DATE, Kind.TIMESTAMP) else ()


def _is_one_of(field: Field, every: str) -> bool:
    """True where a check applies to every text, number or piece of prose, and the field is one."""
    match every:
        case "text":
            return field.holds_text
        case "number":
            return field.holds_number
        case "composed_number":
            return field.holds_composed_number
        case "prose":
            return field.holds_prose
        case "required_prose":
            return field.holds_prose and (field.required or field.required_when is not None)
        case _:
            return False
