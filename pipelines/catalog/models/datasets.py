"""Datasets (``catalog/datasets/<dataset_id>.yaml``) and their fields.

A dataset is a list of fields and a few facts about them; a field is declared once, with the headers under which providers
send it. Vocabulary: GB/T 39440 (catalogue), GB/T 39445 (data elements).
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import Field as Constraint
from pydantic import field_validator, model_validator

from pipelines.catalog.models.model import Confidence, Identifier, Model, Text
from pipelines.catalog.models.products import AccessClass, may_see
from pipelines.catalog.models.providers import Cycle
from pipelines.catalog.models.references import KnownWith
from pipelines.catalog.models.severity import Severity

_TYPE: Final = re.compile(r"^(?P<kind>[a-z_]+)(?:\((?P<precision>\d+),\s*(?P<scale>\d+)\))?$")


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


EARLIEST_DAY: Final = "1949-10-01"
LATEST_DAY: Final = "2099-12-31"
"""Bounds of dates that say no others: no record of the People's Republic is older, and an end that is never is 2099-12-31."""

_TEXTS: Final = (Kind.STRING, Kind.DOCUMENT_NUMBER, Kind.ORGANISATION_CODE, Kind.REGISTRATION_NUMBER)


class Condition(Model):
    """When a field must (or must not) be filled, by the value of another field.

    Exactly one of ``is_in`` (codes of that field's code table, or literal texts), ``contains`` (the same, for a joined list)
    and ``present`` (the other field is filled). ``hint_zh`` is what to do besides what the check says.
    """

    field: Identifier
    is_in: tuple[str, ...] | None = None
    contains: tuple[str, ...] | None = None
    present: Literal[True] | None = None
    hint_zh: Text | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Condition:
        if sum(x is not None for x in (self.is_in, self.contains, self.present)) != 1:
            raise ValueError("a condition needs exactly one of is_in, contains, present")
        return self


class CodePrefix(Model):
    """First characters a credit code has, or never has, where another field holds one of some codes (domain.md R02).

    Exactly one of ``starts_with`` and ``never_starts_with``; registrar and category, such as ``92``.
    """

    field: Identifier
    is_in: tuple[str, ...]
    starts_with: tuple[str, ...] = ()
    never_starts_with: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of(self) -> CodePrefix:
        if bool(self.starts_with) == bool(self.never_starts_with):
            raise ValueError("give exactly one of starts_with, never_starts_with")
        return self


class Field(Model):
    """One data element of a dataset (数据项).

    ``disclosure`` is the widest audience the field may have; where it is not given, that of the dataset, and government only
    for a sensitive field (``Dataset.disclosure_of``). ``free_text`` marks prose: its templates ask for no personal
    numbers; ``keep_as_sent`` keeps the text of a coded field beside its code; ``samples`` are good values for the sample
    delivery, the templates and the site. Above ``plausible_max`` and below ``plausible_min`` an amount is accepted with a warning.

    A date before ``plausible_from`` is refused, one after ``plausible_to`` accepted with a warning; a date that does not say them has
    ``EARLIEST_DAY`` and ``LATEST_DAY``. ``name_of`` says that the field is a name, and whose: of a ``subject`` (a body or a person),
    a ``body`` or a ``person``. ``is_number`` marks a text that is the number of a document or certificate, as every
    ``document_number`` is; some, as those of trade marks, ``may_be_bare``: short digits alone. A credit code that is good begins with none of ``never_starts_with``, or there is a warning.
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
    plausible_max: float | None = None
    plausible_min: float | None = None
    plausible_from: str | None = None
    plausible_to: str | None = None
    code_prefix: tuple[CodePrefix, ...] = ()
    never_starts_with: tuple[str, ...] = ()
    name_of: Literal["subject", "body", "person"] | None = None
    is_number: bool = False
    may_be_bare: bool = False
    known_with: KnownWith | None = None
    not_future: bool = False
    citizen_id_when: Condition | None = None
    organisation_when: Condition | None = None
    sensitive: bool = False
    free_text: bool = False
    keep_as_sent: bool = False
    disclosure: AccessClass | None = None
    samples: tuple[Text, ...] = ()
    confidence: Confidence = "found"

    @model_validator(mode="before")
    @classmethod
    def _dates_have_bounds(cls, said: Any) -> Any:
        """Every date has bounds, so that what a program writes for no date is found in a field nobody thought of."""
        if not isinstance(said, dict) or said.get("type") not in (Kind.DATE.value, Kind.TIMESTAMP.value):
            return said
        earliest = {"plausible_from": EARLIEST_DAY} if said["type"] == Kind.DATE.value else {}
        return {**earliest, "plausible_to": LATEST_DAY, **said}

    @field_validator("plausible_from", "plausible_to")
    @classmethod
    def _a_day(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value)
        return value

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

    @cached_property
    def holds_text(self) -> bool:
        """True where the lake holds, readable, what a provider wrote: a name, prose, a number, or what no code table has.

        In all of these personal identifiers are looked for. A sensitive field is masked in the lake, and a credit code that is
        a citizen ID is refused as none.
        """
        coded = self.kind in (Kind.CODE, Kind.CODES)
        return not self.sensitive and (self.kind in _TEXTS or (coded and self.other_prefix is not None))

    @cached_property
    def holds_number(self) -> bool:
        """True for the number of a document or certificate, readable in the lake."""
        return not self.sensitive and (self.kind is Kind.DOCUMENT_NUMBER or self.is_number)

    @cached_property
    def holds_composed_number(self) -> bool:
        """True for such a number that is more than a few digits: it says who gave it, or when."""
        return self.holds_number and not self.may_be_bare

    @cached_property
    def holds_prose(self) -> bool:
        """True for a readable text that is neither a name nor a number."""
        return not self.sensitive and self.kind is Kind.STRING and not self.is_number and self.name_of is None

    @property
    def accepted_headers(self) -> tuple[str, ...]:
        """Every header under which providers may send this field."""
        return tuple(dict.fromkeys((self.id, self.title_zh, *self.headers)))


class UseGroup(Model):
    """Takes a field group of ``catalog/fields/`` into a dataset, with the headers this dataset uses for it."""

    use: Identifier
    headers: dict[Identifier, tuple[Text, ...]] = Constraint(default_factory=dict)
    titles: dict[Identifier, Text] = Constraint(default_factory=dict)


class FieldGroup(Model):
    """Fields declared once and used by several datasets (主体信息段 and the like)."""

    id: Identifier
    title_zh: Text
    fields: tuple[Field, ...]


class DatasetRule(Model):
    """A rule over two fields of a row; ``check`` is one of ``catalog/checks.yaml``.

    Severity, and whether a provider may confirm a breach, are the check's where they are not given.
    """

    id: Identifier
    check: Identifier
    fields: tuple[Identifier, Identifier]
    severity: Severity | None = None
    confirmable: bool | None = None
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


class RecordReference(Model):
    """The fields by which a message (repair, withdrawal, objection) names a record: its number, and who decided it."""

    number: Identifier
    authority: Identifier | None = None


class UnclassedWhen(Model):
    """A severity for records without a class that meet a condition; exactly one of ``is_in`` and ``only``.

    ``is_in``: the field holds one of these codes. ``only``: of a joined list, it holds no code but these, and at least one.
    """

    severity: Identifier
    field: Identifier
    is_in: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> UnclassedWhen:
        if (self.is_in is None) == (self.only is None):
            raise ValueError("a condition needs exactly one of is_in, only")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes it asks for."""
        return self.is_in or self.only or ()


class Necessary(Model):
    """The field by which an agency says that display is necessary (确有必要公示), and the codes that say so."""

    field: Identifier
    is_in: tuple[str, ...]


class AuthorityFields(Model):
    """The fields that say which authority a record is of: its credit code, and its name where the record has one.

    Where no authority is named, the code of the subject stands for the division in which it was registered.
    """

    code: Identifier
    name: Identifier | None = None


class Display(Model):
    """The fields from which the display period (公示期限) of a record is computed.

    ``unclassed`` is the severity whose period holds for a record that has none, unless one of ``unclassed_when`` (the first that
    is met) says another: that gives a period, never a class. A record of a severity that is not displayed is displayed all the
    same where ``necessary`` says so, for as long as its period allows. Display ends earlier where ``ended_on`` says the list was
    left; a later end in ``supplied_end`` is a finding, and not used.
    """

    document_date: Identifier
    severity: Identifier | None = None
    unclassed: Identifier
    # Left out where nothing is said: what a release was made under is compared with what older hubs wrote down.
    unclassed_when: tuple[UnclassedWhen, ...] = Constraint(default=(), exclude_if=lambda value: not value)
    necessary: Necessary | None = Constraint(default=None, exclude_if=lambda value: value is None)
    ended_on: Identifier | None = None
    supplied_end: Identifier | None = None

    @property
    def named_fields(self) -> dict[str, str]:
        """Fields that stand alone under a key of their own, by that key."""
        named = {name: getattr(self, name) for name in ("document_date", "severity", "ended_on", "supplied_end")}
        return {name: field for name, field in named.items() if field is not None}


class Layout(Model):
    """One of the standards in which files of a dataset come, where a code means something else in another.

    ``marks`` are headers that only this one has; ``schema_versions`` what a manifest may call it besides its id;
    ``code_tables`` the tables that hold in it, by field: each entry says in ``now`` which code of the field's own table it means.
    ``lifts`` are fields that the dataset requires and this one does not have, ``headers`` names that mean a field in it alone.
    """

    id: Identifier
    title_zh: Text
    schema_versions: tuple[Text, ...] = ()
    marks: tuple[Text, ...] = ()
    code_tables: dict[Identifier, Identifier] = Constraint(default_factory=dict)
    lifts: tuple[Identifier, ...] = ()
    headers: dict[Identifier, tuple[Text, ...]] = Constraint(default_factory=dict)


class Dataset(Model):
    """One dataset of the catalogue (目录项); of its ``layouts`` the first is the current one."""

    id: Identifier
    title_zh: Text
    title_en: Text
    definition: Text
    catalogue_class: Identifier
    edition: Identifier = "national_catalogue_2024"
    owner: Identifier
    legal_bases: tuple[Text, ...]
    subjects: tuple[Identifier, ...]
    update_cycle: Cycle
    disclosure: AccessClass
    subject: SubjectFields
    record_key: tuple[Identifier, ...]
    version_order: tuple[Identifier, ...]
    timeliness: Timeliness | None = None
    reference: RecordReference | None = None
    authority: AuthorityFields | None = None
    display: Display | None = None
    fields: tuple[Field | UseGroup, ...]
    rules: tuple[DatasetRule, ...] = ()
    layouts: tuple[Layout, ...] = ()

    def disclosure_of(self, field: Field) -> AccessClass:
        """Widest audience of a field of this dataset: never wider than the dataset's; a sensitive one has to say more."""
        widest: AccessClass = field.disclosure or ("government" if field.sensitive else self.disclosure)
        return widest if may_see(widest, self.disclosure) else self.disclosure
