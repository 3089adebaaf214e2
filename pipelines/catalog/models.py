"""What the catalogue may say: frozen models that refuse unknown keys.

A dataset is a list of fields and a few facts about them; a field is declared once, with the headers under which providers
send it. Vocabulary: GB/T 39440 (catalogue), GB/T 39445 (data elements), GB/T 36344 (quality dimensions).
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, field_validator, model_validator

_TYPE: Final = re.compile(r"^(?P<kind>[a-z_]+)(?:\((?P<precision>\d+),\s*(?P<scale>\d+)\))?$")

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Model(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    """What a broken rule does to the row."""

    REJECT = "reject"
    WARN = "warn"


class Dimension(StrEnum):
    """Quality dimensions of GB/T 36344-2018."""

    CONFORMITY = "conformity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


class Kind(StrEnum):
    """Kinds of values a field can hold; each has its own checks and its own type in the lake."""

    STRING = "string"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INTEGER = "integer"
    DECIMAL = "decimal"
    CODE = "code"
    CODES = "codes"
    CREDIT_CODE = "credit_code"
    ORGANISATION_CODE = "organisation_code"
    REGISTRATION_NUMBER = "registration_number"
    CERTIFICATE_NUMBER = "certificate_number"
    DOCUMENT_NUMBER = "document_number"


class Condition(Model):
    """When a field must (or must not) be filled, by the value of another field.

    Exactly one of ``is_in`` (codes of that field's code table, or literal texts), ``contains`` (the same, for a joined list)
    and ``present`` (the other field is filled).
    """

    field: Identifier
    is_in: tuple[str, ...] | None = None
    contains: tuple[str, ...] | None = None
    present: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Condition:
        if sum(x is not None for x in (self.is_in, self.contains, self.present)) != 1:
            raise ValueError("a condition needs exactly one of is_in, contains, present")
        return self


class Field(Model):
    """One data element of a dataset (数据项).

    ``disclosure`` is the widest audience the field may have, that of the dataset where it is not given; ``free_text`` marks
    prose in which personal identifiers are looked for; ``keep_as_sent`` keeps the text of a coded field beside its code;
    ``samples`` are good values for the sample delivery, the templates and the site.
    """

    id: Identifier
    title_zh: Text
    definition: Text
    type: str = "string"
    headers: tuple[Text, ...] = ()
    required: bool = False
    required_when: Condition | None = None
    empty_when: Condition | None = None
    code_table: Identifier | None = None
    other_prefix: str | None = None
    pattern: str | None = None
    max_length: int | None = None
    min_exclusive: float | None = None
    min_inclusive: float | None = None
    max_inclusive: float | None = None
    not_future: bool = False
    citizen_id_when: Condition | None = None
    sensitive: bool = False
    free_text: bool = False
    keep_as_sent: bool = False
    disclosure: Literal["public", "government", "authorised"] | None = None
    samples: tuple[Text, ...] = ()
    confidence: Literal["found", "high", "medium", "low"] = "found"

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        parsed = _TYPE.match(value)
        if not parsed or parsed["kind"] not in set(Kind):
            raise ValueError(f"type '{value}' is none of {', '.join(Kind)}; decimals are written decimal(18, 6)")
        if (parsed["kind"] == Kind.DECIMAL) != (parsed["precision"] is not None):
            raise ValueError("a decimal needs precision and scale, other types take none: decimal(18, 6)")
        return value

    @model_validator(mode="after")
    def _code_table_where_coded(self) -> Field:
        if (self.kind in (Kind.CODE, Kind.CODES)) != (self.code_table is not None):
            raise ValueError("a field of type code or codes names its code_table, and no other field does")
        return self

    @cached_property
    def kind(self) -> Kind:
        """The kind without its parameters."""
        return Kind(self.type.partition("(")[0])

    @cached_property
    def precision_scale(self) -> tuple[int, int]:
        """Digits in all and behind the point, of a decimal."""
        parsed = _TYPE.match(self.type)
        if not parsed or parsed["precision"] is None:
            raise ValueError(f"{self.id} is no decimal")
        return int(parsed["precision"]), int(parsed["scale"])

    @property
    def accepted_headers(self) -> tuple[str, ...]:
        """Every header under which providers may send this field."""
        return tuple(dict.fromkeys((self.id, self.title_zh, *self.headers)))


class UseGroup(Model):
    """Takes a field group of ``catalog/fields/`` into a dataset, with the headers this dataset uses for it."""

    use: Identifier
    headers: dict[Identifier, tuple[Text, ...]] = {}
    titles: dict[Identifier, Text] = {}


class FieldGroup(Model):
    """Fields declared once and used by several datasets (主体信息段 and the like)."""

    id: Identifier
    title_zh: Text
    fields: tuple[Field, ...]


class DatasetRule(Model):
    """A rule over two fields of a row; ``check`` is one of ``catalog/checks.yaml``."""

    id: Identifier
    check: Identifier
    fields: tuple[Identifier, Identifier]
    severity: Severity = Severity.REJECT
    message_zh: Text | None = None
    message_en: Text | None = None
    hint_zh: Text | None = None


class SubjectFields(Model):
    """Which fields say whom a record is about (信用主体)."""

    name: Identifier
    credit_code: Identifier
    certificate_type: Identifier | None = None
    certificate_number: Identifier | None = None


class Timeliness(Model):
    """The record must reach the hub within so many working days after the date in ``field``."""

    field: Identifier
    working_days: int
    legal_basis: Identifier


class Dataset(Model):
    """One dataset of the catalogue (目录项)."""

    id: Identifier
    title_zh: Text
    title_en: Text
    definition: Text
    catalogue_class: Identifier
    edition: Identifier = "national_catalogue_2024"
    owner: Identifier
    legal_bases: tuple[Text, ...]
    subjects: tuple[Identifier, ...]
    update_cycle: Literal["daily", "7_working_days", "monthly", "quarterly", "yearly"]
    disclosure: Literal["public", "government", "authorised"]
    subject: SubjectFields
    record_key: tuple[Identifier, ...]
    version_order: tuple[Identifier, ...]
    timeliness: Timeliness | None = None
    fields: tuple[Field | UseGroup, ...]
    rules: tuple[DatasetRule, ...] = ()


class CodeEntry(Model):
    """One value of a code table, with every text accepted for it.

    ``rights_reducing`` and ``legal_bases`` are for measures and lists: what takes away a right needs a law behind it.
    """

    code: Text
    label_zh: Text
    label_en: Text
    aliases: tuple[Text, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    rights_reducing: bool | None = None
    legal_bases: tuple[Identifier, ...] = ()


class CodeTable(Model):
    """A controlled vocabulary (GB/T 39446 calls it 代码集)."""

    id: Identifier
    title_zh: Text
    source: Text
    confidence: Literal["found", "high", "medium", "low"] = "found"
    entries: tuple[CodeEntry, ...]

    @cached_property
    def accepted(self) -> dict[str, str]:
        """Every accepted text with the code it means."""
        return {
            text: entry.code
            for entry in self.entries
            for text in dict.fromkeys((entry.code, entry.label_zh, entry.label_en, *entry.aliases))
        }

    def texts_of(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Every accepted text of the given codes; a code the table does not know is returned as it is."""
        texts = [text for text, code in self.accepted.items() if code in codes]
        return tuple(dict.fromkeys([*texts, *(c for c in codes if c not in set(self.accepted.values()))]))


class Provider(Model):
    """Who delivers: a provincial platform or a ministry."""

    id: Identifier
    title_zh: Text
    title_en: Text
    level: Literal["province", "ministry"]
    region_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
    owes: tuple[Identifier, ...]


class Providers(Model):
    """``catalog/providers.yaml``."""

    providers: tuple[Provider, ...]


class Check(Model):
    """A kind of rule: how it is called, how bad it is, and what a provider is told.

    Messages may name ``{title}`` (the field), ``{other}`` (the second field) and ``{parameter}``.
    """

    id: Identifier
    title_zh: Text
    severity: Severity
    dimension: Dimension
    responsibility: Literal["provider", "hub"] = "provider"
    message_zh: Text
    message_en: Text
    hint_zh: Text


class Checks(Model):
    """``catalog/checks.yaml``."""

    checks: tuple[Check, ...]


class LegalBasis(Model):
    """A document that a dataset or a deadline rests on; the id carries issuer, year and number, which alone is not unique."""

    id: Text
    issuer_zh: Text
    year: int
    number: str
    title_zh: Text
    level: Literal["law", "administrative_regulation", "local_regulation", "policy_document", "rule", "standard"]
    in_force_from: date | None = None
    in_force_to: date | None = None
    confidence: Literal["found", "high", "medium", "low"] = "found"


class LegalBases(Model):
    """``catalog/legal_bases.yaml``."""

    legal_bases: tuple[LegalBasis, ...]


class CalendarYear(Model):
    """Days of one year that differ from Monday-to-Friday; provisional until the State Council has announced the year."""

    year: int
    provisional: bool
    source: Text
    holidays: tuple[date, ...]
    working_weekends: tuple[date, ...] = ()


class WorkingCalendar(Model):
    """``catalog/calendar.yaml``."""

    years: tuple[CalendarYear, ...]


class Indicator(Model):
    """One indicator of the scorecard; the score is linear between floor (0 points) and target (100 points)."""

    id: Identifier
    title_zh: Text
    title_en: Text
    dimension: Identifier
    weight: float
    floor: float
    target: float
    formula_zh: Text


class ScoreDimension(Model):
    """A group of indicators."""

    id: Identifier
    title_zh: Text


class Grade(Model):
    """Letter for a total score of at least ``minimum``."""

    grade: Text
    minimum: float
    title_zh: Text


class Scorecard(Model):
    """``catalog/scorecard.yaml``: a proposal (domain.md §6.3), so it is data."""

    scheme: Identifier
    title_zh: Text
    note_zh: Text
    dimensions: tuple[ScoreDimension, ...]
    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    minimum_measured_weight: float
