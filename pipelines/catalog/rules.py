"""Rules of a dataset, derived from its fields: what is checked, not how.

Two routes execute a rule, independently: ``pipelines.screening`` as a Polars expression, ``pipelines.expectations`` as a
Great Expectations expectation on DuckDB (invariant 8, double entry). ``primitive`` names what both must implement.

Rule id = ``<dataset>.<field>.<check>``; never reused for something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Final

from pipelines.catalog.examples import examples, sample
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
    Layout,
    Severity,
)

CREDIT_CODE_REASONS: Final = ("placeholder", "citizen_id", "legacy_number", "length", "alphabet", "checksum")
CREDIT_CODE_CAUTIONS: Final = ("inner_check", "registrar_pair", "region_unknown")
RECEIVED_ON: Final = "_received_on"
CLEANED: Final = "_cleaned"
LAYOUT: Final = "_layout"
RECORD: Final = "record"

Parameters = tuple[str | int | float, ...]


@dataclass(frozen=True)
class Rule:
    """One rule of one dataset.

    ``field`` is a field id, or ``record`` for the line as a whole; ``other`` the second field of a rule over two.
    ``cells`` says that the rule looks at cells: such a rule has an expectation too; others look at the raw line only.
    ``prefixes`` are beginnings that a value outside the code table may have (``其他-``), or that a code has or never has.
    ``confirmable`` says that a provider may have a row accepted that breaks the rule, by saying why.
    ``good`` and ``bad`` are examples: cells by field id, None for an empty one; empty where the check has none.
    """

    id: str
    dataset_id: str
    field: str
    field_zh: str
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
    good: Mapping[str, str | None] = attribute(default_factory=dict, compare=False)
    bad: Mapping[str, str | None] = attribute(default_factory=dict, compare=False)

    @property
    def rejects(self) -> bool:
        """True where a row that breaks the rule is refused."""
        return self.severity is Severity.REJECT


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

    def make(
        self,
        check_id: str,
        field: Field | None,
        primitive: str | None = None,
        parameters: Parameters = (),
        *,
        other: str | None = None,
        other_text: str | None = None,
        shown: str = "",
        name: str | None = None,
        prefixes: tuple[str, ...] = (),
        over: DatasetRule | None = None,
    ) -> Rule:
        """A rule; ``name`` is its last part where that is not the check's, ``other_text`` the other cell of the examples."""
        check = self.checks[check_id]
        other_field = self.fields.get(other or "")
        pair = None if other_field is None else (other_field.id, other_text)
        never = str(primitive).startswith("no_")
        cells = field and examples(
            check, field, self.tables, parameters=parameters, other=pair, prefixes=prefixes, never=never
        )
        words = {
            "title": field.title_zh if field else "整行",
            "other": other_field.title_zh if other_field else (other or ""),
            "parameter": shown,
        }
        english = words | {"title": field.id if field else "the record", "other": other or ""}
        return Rule(
            id=f"{self.dataset_id}.{field.id if field else RECORD}.{name or check_id.removeprefix('credit_code_')}",
            dataset_id=self.dataset_id,
            field=field.id if field else RECORD,
            field_zh=words["title"],
            primitive=primitive or check_id,
            parameters=parameters,
            other=other,
            severity=(over.severity if over else None) or check.severity,
            dimension=check.dimension,
            responsibility=check.responsibility,
            expected_zh=check.title_zh.format(**words),
            message_zh=((over.message_zh if over else None) or check.message_zh).format(**words),
            message_en=((over.message_en if over else None) or check.message_en).format(**english),
            hint_zh=((over.hint_zh if over else None) or check.hint_zh).format(**words),
            cells=field is not None,
            prefixes=prefixes,
            confirmable=check.confirmable if over is None or over.confirmable is None else over.confirmable,
            good=cells[0] if cells else {},
            bad=cells[1] if cells else {},
        )

    def texts(self, condition: Condition) -> tuple[str, ...]:
        """The literal texts a condition is about: every accepted text of its codes."""
        values = condition.is_in or condition.contains or ()
        table = self.fields[condition.field].code_table
        return self.tables[table].texts_of(values) if table else values

    def conditional(self, check_id: str, field: Field, condition: Condition) -> Rule:
        """``required_when``, ``empty_when`` or ``citizen_id`` under a condition on another field."""
        form = "not_null" if condition.present else "in" if condition.is_in else "contains"
        shown = "、".join(condition.is_in or condition.contains or ())
        table = self.fields[condition.field].code_table
        if table:
            labels = {entry.code: entry.label_zh for entry in self.tables[table].entries}
            shown = "、".join(labels.get(code, code) for code in condition.is_in or condition.contains or ())
        shown = shown or "已填写"
        base = "citizen_id_when" if check_id == "citizen_id" else check_id
        texts = self.texts(condition)
        text = texts[0] if texts else sample(self.fields[condition.field], self.tables)
        return self.make(check_id, field, f"{base}_{form}", texts, other=condition.field, other_text=text, shown=shown)

    def code_prefix(self, field: Field, prefix: CodePrefix) -> Rule:
        """A code begins so, or never begins so, where another field holds one of some codes."""
        texts = self.texts(Condition(field=prefix.field, is_in=prefix.is_in))
        return self.make(
            "code_prefix",
            field,
            "prefix_when_in" if prefix.starts_with else "no_prefix_when_in",
            texts,
            other=prefix.field,
            other_text=texts[0],
            name=f"code_prefix_{'_'.join(prefix.is_in)}",
            prefixes=prefix.starts_with or prefix.never_starts_with,
        )

    def of_kind(self, field: Field) -> Iterator[Rule]:
        """Rules that follow from the kind of value."""
        match field.kind:
            case Kind.STRING | Kind.DOCUMENT_NUMBER:
                yield self.make("replacement_character", field)
                yield self.make("private_use_character", field)
            case Kind.DATE | Kind.TIMESTAMP | Kind.INTEGER | Kind.ORGANISATION_CODE | Kind.REGISTRATION_NUMBER:
                yield self.make(field.kind.value, field)
            case Kind.DECIMAL:
                precision, scale = field.precision_scale
                yield self.make("decimal", field, parameters=(precision, scale), shown=f"{precision - scale}")
            case Kind.CODE | Kind.CODES:
                table = self.tables[str(field.code_table)]
                labels = "、".join(dict.fromkeys(entry.label_zh for entry in table.entries))
                name = "in_table" if field.kind is Kind.CODE else "items_in_table"
                prefixes = (field.other_prefix,) if field.other_prefix else ()
                if any(field.id in layout.code_tables for layout in self.layouts):
                    yield self.in_layouts(field, table, labels)
                    return
                yield self.make(name, field, parameters=tuple(table.accepted), shown=labels, prefixes=prefixes)
            case Kind.CREDIT_CODE:
                for suffix in (*CREDIT_CODE_REASONS, *CREDIT_CODE_CAUTIONS):
                    yield self.make(f"credit_code_{suffix}", field)
            case Kind.CERTIFICATE_NUMBER:
                yield self.make("replacement_character", field)

    def in_layouts(self, field: Field, table: CodeTable, labels: str) -> Rule:
        """In the code table of the layout that the row's file follows; what has no meaning today is in none."""
        texts: list[str] = []
        for layout in self.layouts:
            old = layout.code_tables.get(field.id)
            known = self.tables[old].meanings if old else table.accepted
            texts += [layout_text(layout.id, text) for text in known]
        return self.make("in_table", field, "in_table_of_layout", tuple(texts), other=LAYOUT, shown=labels)

    def bounds(self, field: Field) -> Iterator[Rule]:
        """What a number may be at least and at most."""
        for name in ("min_exclusive", "min_inclusive", "max_inclusive"):
            bound: float | None = getattr(field, name)
            if bound is not None:
                shape = field.precision_scale if field.kind is Kind.DECIMAL else ()
                yield self.make(name, field, parameters=(bound, *shape), shown=f"{bound:g}")
        if field.plausible_max is not None:
            shape = field.precision_scale if field.kind is Kind.DECIMAL else ()
            limit = (field.plausible_max, *shape)
            yield self.make("implausible", field, "max_inclusive", limit, shown=f"{field.plausible_max:g}")

    def of_field(self, field: Field, position: int) -> Iterator[Rule]:
        """Every rule of one field; ``position`` is its bit in the mask of cleaned fields."""
        if field.required:
            yield self.make("required", field)
        if field.required_when:
            yield self.conditional("required_when", field, field.required_when)
        if field.empty_when:
            yield self.conditional("empty_when", field, field.empty_when)
        yield from self.of_kind(field)
        if field.citizen_id_when:
            yield self.conditional("citizen_id", field, field.citizen_id_when)
        if field.max_length is not None:
            yield self.make("max_length", field, parameters=(field.max_length,), shown=str(field.max_length))
        if field.pattern is not None:
            yield self.make("pattern", field, parameters=(field.pattern,), shown=field.pattern)
        yield from self.bounds(field)
        for prefix in field.code_prefix:
            yield self.code_prefix(field, prefix)
        if known := field.known_with:
            yield self.make(known.check, field, "known_with", (known.reference,), other=known.field, name=known.check)
        if field.free_text:
            yield self.make("citizen_id_in_text", field)
            yield self.make("mobile_in_text", field)
        if field.not_future:
            yield self.make("not_future", field, "date_not_after", other=RECEIVED_ON)
        yield self.make("cleaned", field, parameters=(position,))


def rules_of(dataset: Dataset, checks: Mapping[str, Check], tables: Mapping[str, CodeTable]) -> tuple[Rule, ...]:
    """All rules of a dataset whose field groups are expanded, in the order of its fields; ids are unique.

    Raises:
        KeyError: a check or a code table is not in the catalogue (``catalog check`` reports it with file and line).
    """
    fields = {field.id: field for field in dataset.fields if isinstance(field, Field)}
    builder = _Builder(dataset.id, fields, checks, tables, dataset.layouts)
    rules = [builder.make("column_count", None)]
    for position, field in enumerate(fields.values()):
        rules.extend(builder.of_field(field, position))
    for over in dataset.rules:
        first, second = over.fields
        primitive = {"date_order": "date_not_after"}.get(over.check, over.check)
        shape = fields[first].precision_scale if fields[first].kind is Kind.DECIMAL else ()
        rules.append(builder.make(over.check, fields[first], primitive, shape, other=second, name=over.id, over=over))
    return tuple(rules)
