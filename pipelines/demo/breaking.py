"""How to break one rule and no other: for each primitive, on which rows it can be done and what the cells become.

Nothing here knows a dataset. Rules are read from the catalogue, so a new field is broken in every way its rules allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Final

import polars as pl

from pipelines.catalog import LAYOUT, RECEIVED_ON, Field, Kind, Rule
from pipelines.checks.names import PERSON
from pipelines.checks.registry import References
from pipelines.demo.codes import outer_check
from pipelines.demo.disagreeing import (
    MOBILES,
    as_filed_in_yuan,
    fine_in_yuan,
    known,
    unlike_known,
    with_citizen_id,
    with_mobile,
)
from pipelines.identifiers import credit_code

Row = Mapping[str, str | None]
Change = Callable[[Row, Random], dict[str, str | None]]

_PLACEHOLDERS: Final = (None, None, None, "N/A", "无", "NULL", "/")
_DAYS: Final = (
    "2026-02-30",
    "2026-13-05",
    "0000-00-00",
    "1900-01-00",
    "43709",
    "1568180781000",
    "长期",
    "2026年",
    "26-3-5",
)
_INSTANTS: Final = ("2026-03-05 25:61:00", "2026-02-30 10:00:00", "昨天", "1773000000")
_AMOUNTS: Final = ("2,000", "5000元", "0.2万元", "1.5E3", "贰万元", "约3万", "0.1.2")
_UNLISTED: Final = ("民营企业", "未分类", "99", "待核实", "有限公司", "正常")
_STAND_INS: Final = ("000000000000000000", "123456789012345678", "00000000000000000X", "111111111111111111")
_UNREADABLE: Final = ("replacement_character", "private_use_character")
_NO_WORDS: Final = (
    "no_name",
    "doubtful_name",
    "number_lost",
    "doubtful_number",
    "lost_character",
    "markup",
    "placeholder_text",
    "masked_number",
)
_REPLACED: Final = (*_UNREADABLE, *_NO_WORDS)
_GARBLED: Final = ("\ufffd\ufffd", "\ufffd", "锟斤拷")
_ENTERPRISES: Final = ("91", "92")
_YEAR: Final = r"([〔（(])[0-9]{4}([〕）)])"
_WORDY: Final = "该项内容由业务系统自动带出未按填报要求归纳"  # punctuation would separate items


@dataclass(frozen=True)
class Break:
    """A way to break a rule: rows on which it can be done, the new cells, and rules that break with it unavoidably."""

    rule: Rule
    eligible: pl.Expr
    change: Change
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Breaker:
    """All rules of a dataset with its fields.

    ``as_of`` is the day on which the file will be received, ``references`` what the hub knows by then, ``approved_under`` by terms
    which rows are repairs approved under them. ``known_by`` are fields of which the hub will know the accepted values, and compare
    other files with them.
    """

    rules: tuple[Rule, ...]
    fields: Mapping[str, Field]
    as_of: date
    pairs: tuple[str, ...]
    divisions: frozenset[str]
    citizen_ids: tuple[str, ...]
    old_numbers: tuple[str, ...]
    references: References = field(default_factory=dict)
    approved_under: Mapping[str, pl.Expr] = field(default_factory=dict)
    known_by: frozenset[str] = frozenset()

    def ways(self, rules: Iterable[Rule]) -> list[Break]:
        """A way for each of the rules that has one."""
        return [way for rule in rules if rule.cells and (way := self._way(rule))]

    def _way(self, rule: Rule) -> Break | None:
        field, name = self.fields[rule.field], rule.primitive
        filled = pl.col(rule.field).is_not_null()
        if "_when_" in name:
            return self._conditional(rule, field)
        if name == "max_length":
            return self._too_long(rule, field)
        if name in ("date_not_after", "too_early", "doubtful_date"):
            return self._not_after(rule) if name == "date_not_after" else self._no_date(rule, field)
        if name in ("known_with", "amount_unit", "repair_condition", "number_year", "organ_as_subject"):
            return self._disagreeing(rule)
        if name in ("citizen_id_in_text", "mobile_in_text"):
            return self._personal(rule, field)
        if name == "credit_code_registrar_pair":
            filled = filled & ~self._bound_to_begin(rule.field)
        if name in _REPLACED:
            filled = filled & ~self._identified(rule.field) & ~self._compared(rule.field)
        change = self._credit_code(rule) if name.startswith("credit_code_") else _of_cell(rule, field)
        # What is less than it may be is less than it mostly is.
        less = rule.rejects and name in ("min_exclusive", "min_inclusive")
        also = [
            r.id
            for r in self.rules
            if less and r.field == rule.field and r.primitive == "min_inclusive" and not r.rejects
        ]
        way = Break(rule, filled, change, tuple(also)) if change else None
        return self._not_known(way) if way and name in _REPLACED else way

    def _credit_code(self, rule: Rule) -> Change:
        """The change for one reason or caution; lower case is a matter of the rule ``cleaned``."""
        name = rule.primitive.removeprefix("credit_code_")
        changes: dict[str, Callable[[str, Random], str]] = {
            "placeholder": lambda _code, r: r.choice(_STAND_INS),
            "citizen_id": lambda _code, r: r.choice(self.citizen_ids),
            "legacy_number": lambda _code, r: r.choice(self.old_numbers),
            "length": lambda code, r: code[:-1] if r.random() < 0.5 else code + "0",
            "alphabet": lambda code, _r: _confused(code),
            "checksum": lambda code, r: code[:-1] + r.choice([c for c in credit_code.ALPHABET if c != code[-1]]),
            "inner_check": lambda code, _r: _rechecked(code[:16] + ("7" if code[16] != "7" else "3")),
            "registrar_pair": lambda code, r: _rechecked(r.choice(self._strange_pairs()) + code[2:17]),
            "region_unknown": lambda code, _r: _rechecked(code[:2] + self._strange_region(code[2:4]) + code[8:17]),
        }
        change = changes[name]
        return lambda row, r: {rule.field: change(str(row[rule.field]), r)}

    def _disagreeing(self, rule: Rule) -> Break:
        """Rules that look beyond one value: at the cell beside it, at prose, or at what the hub knows."""
        match rule.primitive:
            case "repair_condition":
                approved = self.approved_under[str(rule.parameters[0])] & pl.col(rule.field).is_not_null()
                return Break(rule, approved, lambda _row, _r: {rule.field: rule.bad[rule.field]})
            case "known_with":
                eligible = known(rule, self.references)
                return Break(rule, eligible, lambda row, _r: {rule.field: unlike_known(str(row[rule.field]))})
            case "amount_unit":
                eligible = fine_in_yuan(rule, self.rules)
                return Break(rule, eligible, lambda row, _r: {rule.field: as_filed_in_yuan(str(row[str(rule.other)]))})
            case "number_year":
                dated = pl.col(rule.field).str.contains(_YEAR) & pl.col(str(rule.other)).is_not_null()
                return Break(rule, dated, lambda row, _r: {rule.field: _of_the_year_after(row, rule)})
            case "organ_as_subject":
                filled = pl.col(rule.field).is_not_null() & ~self._bound_to_begin(rule.field)
                return Break(rule, filled, lambda row, _r: {rule.field: _rechecked("11" + str(row[rule.field])[2:17])})
            case _:
                raise ValueError(f"no way to make two things disagree for {rule.primitive}")

    def _personal(self, rule: Rule, field: Field) -> Break:
        """Somebody's number behind what the cell says; in its place where both have no room, or where prose would be tidied."""
        mine = [r for r in self.rules if r.field == field.id]
        begin = next((prefix for r in mine for prefix in r.prefixes), "")
        wordy = field.kind in (Kind.STRING, Kind.DOCUMENT_NUMBER)
        also = tuple(r.id for r in mine if r.primitive in (Kind.ORGANISATION_CODE, Kind.REGISTRATION_NUMBER, "pattern"))
        if field.name_of == PERSON:  # whose name has digits then
            also += tuple(r.id for r in mine if r.primitive == "doubtful_name")
        add = with_citizen_id if rule.primitive == "citizen_id_in_text" else with_mobile
        numbers = self.citizen_ids if rule.primitive == "citizen_id_in_text" else MOBILES

        def change(row: Row, chance: Random) -> dict[str, str | None]:
            number = chance.choice(numbers)
            text = add(str(row[field.id]), number) if wordy else f"{begin}{number}"
            return {field.id: number if len(text) > (field.max_length or len(text)) else text}

        return self._not_known(Break(rule, pl.col(field.id).is_not_null() & ~self._compared(field.id), change, also))

    def _not_known(self, way: Break) -> Break:
        """The same way where it spoils what rows are compared with, and the row would be taken: a day that is none refuses it.

        Or others would be compared with such a name, and it with what comes on the same day.
        """
        rule = way.rule
        asks = any(r.primitive == "known_with" for r in self.rules if r.field == rule.field)
        if rule.rejects or not (asks or rule.field in self.known_by):
            return way
        day = next(r for r in self.rules if r.primitive == "date" and self.fields[r.field].required)

        def change(row: Row, chance: Random) -> dict[str, str | None]:
            return {**way.change(row, chance), day.field: _DAYS[0]}

        return Break(rule, way.eligible & pl.col(day.field).is_not_null(), change, (*way.also, day.id))

    def in_company(self, way: Break) -> Break | None:
        """The same way where no row is free for it: on rows in which it breaks others with it; None where there is none."""
        rule, field = way.rule, self.fields[way.rule.field]
        cell, mine = pl.col(field.id), [r for r in self.rules if r.field == field.id]
        if rule.primitive == "date_not_after" and rule.other == RECEIVED_ON:
            orders = [r for r in mine if r.primitive == "date_not_after" and r is not rule]
            soon = (self.as_of + timedelta(days=40)).isoformat()
            behind = [pl.col(str(r.other)) < soon for r in orders]
            also = tuple(r.id for r in orders)
            return replace(way, eligible=pl.all_horizontal(cell.is_not_null(), *behind), also=also)
        citizens = [r for r in mine if r.primitive.startswith("citizen_id_when")]
        if citizens and rule.primitive in (*_REPLACED, "max_length"):
            eligible = cell.is_not_null() & self._identified(field.id)
            return replace(way, eligible=eligible, also=(*way.also, *(r.id for r in citizens)))
        compared = tuple(r.id for r in mine if r.primitive == "known_with")
        if compared and rule.primitive in (*_REPLACED, "max_length"):
            return replace(way, eligible=self._compared(field.id), also=(*way.also, *compared))
        empty = next((r for r in mine if r.primitive.startswith("empty_when")), None)
        if empty is None or empty is rule or rule.primitive.startswith(("required", "citizen_id")):
            return None
        filled = self._conditional(empty, field)
        if filled is None:
            return None

        def change(row: Row, chance: Random) -> dict[str, str | None]:
            return way.change({**row, **filled.change(row, chance)}, chance)

        return Break(rule, filled.eligible, change, (empty.id, *dict.fromkeys((*way.also, *filled.also))))

    def _bound_to_begin(self, field: str) -> pl.Expr:
        """True where a code must begin so, so that another beginning breaks that rule, too."""
        bound = [_applies(r) for r in self.rules if r.field == field and r.primitive == "prefix_when_in"]
        return pl.any_horizontal(pl.lit(False), *bound).fill_null(False)

    def _compared(self, field: str) -> pl.Expr:
        """True where the hub knows the cell beside it, so that damage to this one differs from what is known, too."""
        found = [known(r, self.references) for r in self.rules if r.field == field and r.primitive == "known_with"]
        return pl.any_horizontal(pl.lit(False), *found).fill_null(False)

    def _strange_pairs(self) -> list[str]:
        every = (a + b for a in credit_code.REGISTRARS for b in "123456789")
        return [pair for pair in every if pair not in self.pairs]

    def _strange_region(self, province: str) -> str:
        return next(code for n in range(9499, 0, -1) if (code := f"{province}{n:04d}") not in self.divisions)

    def _conditional(self, rule: Rule, field: Field) -> Break | None:
        check, cell = rule.primitive.partition("_when_")[0], pl.col(rule.field)
        applies = _applies(rule)
        match check:
            case "required":
                return Break(rule, applies & cell.is_not_null(), lambda _row, r: {rule.field: r.choice(_PLACEHOLDERS)})
            case "prefix" | "no_prefix":
                begin = (
                    rule.prefixes[0]
                    if check == "no_prefix"
                    else next(p for p in (*_ENTERPRISES, *self.pairs) if p not in rule.prefixes)
                )
                return Break(
                    rule,
                    applies & cell.is_not_null(),
                    lambda row, _r: {rule.field: _rechecked(begin + str(row[rule.field])[2:17])},
                )
            case "citizen_id":
                return Break(
                    rule,
                    applies & cell.is_not_null(),
                    lambda row, _r: {rule.field: _last_changed(str(row[rule.field]))},
                )
            case "organisation_name":
                return self._person_as_organisation(rule)
            case "empty":
                also = tuple(
                    other.id
                    for other in self.rules
                    if other.other == field.id and other.primitive == "required_when_not_null"
                )
                return Break(
                    rule, applies & cell.is_null(), lambda _row, r: {rule.field: self._something(field, r)}, also
                )
            case _:
                return None

    def _person_as_organisation(self, rule: Rule) -> Break:
        """A person filed as an organisation that has no code: the category and the name say so, and no code is there."""
        codes = [f.id for f in self.fields.values() if f.kind is Kind.CREDIT_CODE and _asked_by(f, str(rule.other))]
        filed = {str(rule.other): str(rule.parameters[0]), **dict.fromkeys(codes)}
        eligible = pl.all_horizontal(pl.col(rule.field).is_not_null(), *(pl.col(code).is_not_null() for code in codes))
        return Break(rule, eligible, lambda _row, _r: {rule.field: rule.bad[rule.field], **filed})

    def _something(self, field: Field, chance: Random) -> str:
        """A right value for a field, for a row in which it should be empty."""
        match field.kind:
            case Kind.CREDIT_CODE:
                first = f"91{chance.choice(('110105', '440106', '510107'))}MX{chance.randrange(10**6):06d}"
                return _rechecked(first + _inner(first[8:16]))
            case Kind.ORGANISATION_CODE:
                body = f"MX{chance.randrange(10**6):06d}"
                return body + _inner(body)
            case Kind.REGISTRATION_NUMBER:
                return chance.choice(self.old_numbers)
            case Kind.CERTIFICATE_NUMBER:
                return chance.choice(self.citizen_ids)
            case Kind.CODE | Kind.CODES:
                return next(
                    str(t)
                    for rule in self.rules
                    if rule.field == field.id
                    for t in rule.parameters
                    if rule.primitive.endswith("in_table")
                )
            case _:
                return (
                    f"1{chance.randrange(10**9):011d}"[: field.max_length or 12] if "号" in field.title_zh else "张三丰"
                )

    def _too_long(self, rule: Rule, field: Field) -> Break | None:
        limit = int(rule.parameters[0])
        also: tuple[str, ...] = ()
        prefix = next((p for r in self.rules if r.field == field.id for p in r.prefixes), "")
        if field.kind in (Kind.CODE, Kind.CODES) and not prefix:
            also = tuple(r.id for r in self.rules if r.field == field.id and r.primitive.endswith("in_table"))
        if field.kind in (Kind.ORGANISATION_CODE, Kind.REGISTRATION_NUMBER):
            also = tuple(r.id for r in self.rules if r.field == field.id and r.primitive == field.kind.value)
        filled = pl.col(field.id).is_not_null() & ~self._identified(field.id) & ~self._compared(field.id)

        def change(row: Row, chance: Random) -> dict[str, str | None]:
            start = prefix or str(row[field.id])
            wanted = limit + chance.randrange(1, 12)
            return {field.id: (start + _WORDY * (wanted // len(_WORDY) + 1))[:wanted]}

        return Break(rule, filled, change, also)

    def _identified(self, field: str) -> pl.Expr:
        """True where the cell must be a citizen ID, so that damage to it breaks that rule too."""
        found = [_applies(r) for r in self.rules if r.field == field and r.primitive.startswith("citizen_id_when")]
        return pl.any_horizontal(pl.lit(False), *found).fill_null(False)

    def _no_date(self, rule: Rule, field: Field) -> Break:
        """A day before any that can be meant, or after it; where a day may not lie in the future, one of a program."""
        first = date.fromisoformat(str(field.plausible_from)) if field.plausible_from else None
        late = rule.primitive == "doubtful_date" and not field.not_future
        if rule.primitive == "too_early":
            day = f"{date.fromisoformat(str(rule.parameters[0])) - timedelta(days=400)}"
        else:
            day = "2206-01-01" if late else "1970-01-01"
        orders = [r for r in self.rules if r.primitive == "date_not_after" and r.other != RECEIVED_ON]
        broken = [r for r in orders if field.id == (r.field if late else r.other)]
        also = [r.id for r in broken]
        if rule.primitive == "doubtful_date" and not late and first and first.isoformat() > day:
            also += [r.id for r in self.rules if r.field == field.id and r.primitive == "too_early"]
        beside = (pl.col(str(r.other) if late else r.field).is_not_null() for r in broken)
        filled = pl.all_horizontal(pl.col(field.id).is_not_null(), *beside)
        return Break(rule, filled, lambda _row, _r: {field.id: day}, tuple(also))

    def _orders(self, field: str) -> int:
        """In how many declared orders a date stands."""
        return sum(
            rule.primitive == "date_not_after" and rule.other != RECEIVED_ON and field in (rule.field, rule.other)
            for rule in self.rules
        )

    def _not_after(self, rule: Rule) -> Break:
        """Later than the receipt, by a slip of the pen; or the second date moved before the first."""
        if rule.other != RECEIVED_ON:
            other = str(rule.other)
            both = pl.col(rule.field).is_not_null() & pl.col(other).is_not_null()
            if self._orders(other) > 1 and self._orders(rule.field) == 1:
                # The second date stands in other orders too: the first goes past it by a day, which none of them sees.
                both = both & (pl.col(other) < self.as_of.isoformat())
                return Break(rule, both, lambda row, _r: {rule.field: _moved(str(row[other]), 1)})
            return Break(rule, both, lambda row, r: {other: _moved(str(row[rule.field]), -r.randrange(1, 300))})
        orders = [r for r in self.rules if r.field == rule.field and r.primitive == "date_not_after" and r is not rule]
        # A date that may not lie in the future either is passed for certain; another must be far enough away.
        passed = [r for r in orders if self.fields[str(r.other)].not_future]
        bounds = [str(r.other) for r in orders if r not in passed]
        room = (self.as_of + timedelta(days=400)).isoformat()
        eligible = pl.all_horizontal(
            pl.col(rule.field).is_not_null(),
            *(pl.col(str(r.other)).is_not_null() for r in passed),
            *(pl.col(b) >= room for b in bounds),
        )
        return Break(
            rule,
            eligible,
            lambda _row, r: {rule.field: (self.as_of + timedelta(days=r.randrange(40, 390))).isoformat()},
            tuple(r.id for r in passed),
        )


def _of_cell(rule: Rule, field: Field) -> Change | None:
    """The change for rules that look at one cell alone: the bad example of the catalogue where no other way is known.

    None where the rule has no such example.
    """

    def drawn(texts: Sequence[str | None]) -> Change:
        return lambda _row, r: {rule.field: r.choice(texts)}

    def made(make: Callable[[str, Random], str]) -> Change:
        return lambda row, r: {rule.field: make(str(row[rule.field]), r)}

    changes: dict[str, Change] = {
        "required": drawn(_PLACEHOLDERS),
        "date": drawn(_DAYS),
        "timestamp": drawn(_INSTANTS),
        "integer": drawn(_AMOUNTS),
        "decimal": drawn(_AMOUNTS),
        "min_exclusive": made(lambda _text, _r: _out_of_bounds(rule)),
        "min_inclusive": made(lambda _text, _r: _out_of_bounds(rule)),
        "max_inclusive": made(lambda _text, _r: _out_of_bounds(rule)),
        "in_table": drawn([text for text in _UNLISTED if text not in rule.parameters]),
        "in_table_of_layout": drawn(_UNLISTED),
        "items_in_table": made(lambda text, _r: f"{text};责令改正"),
        "replacement_character": made(_garbled),
        "private_use_character": made(lambda text, _r: f"{text}\ue5e5"),
        "organisation_code": made(lambda text, _r: _last_changed(text)),
        "registration_number": made(lambda text, _r: _last_changed(text)),
        "cleaned": made(lambda text, r: _untidy(text, field, r)),
    }
    if rule.primitive == "pattern" and not re.fullmatch(str(rule.parameters[0]), "〓"):
        return drawn(["〓"])
    example = rule.bad.get(rule.field) if rule.other is None else None
    return changes.get(rule.primitive) or (drawn([example]) if example else None)


def _asked_by(field: Field, other: str) -> bool:
    """True where a field is to be empty because of what the other holds."""
    return field.empty_when is not None and field.empty_when.field == other


def _applies(rule: Rule) -> pl.Expr:
    if rule.other == LAYOUT:
        return pl.lit(True)  # all of the demo's files follow the current layout
    other, texts = pl.col(str(rule.other)), [str(p) for p in rule.parameters]
    match rule.primitive.partition("_when_")[2]:
        case "in":
            return other.is_in(texts)
        case "contains":
            return other.str.contains_any(texts)
        case _:
            return other.is_not_null()


def _confused(code: str) -> str:
    """A digit written as the letter it looks like; where there is none to confuse, the last character is a letter O."""
    swaps = ((digit, letter) for letter, digit in credit_code.CONFUSABLE.items() if digit in code)
    digit, letter = next(swaps, (code[-1], "O"))
    return code.replace(digit, letter, 1)


def _of_the_year_after(row: Row, rule: Rule) -> str:
    """The number of a document with the year after that of its date."""
    return re.sub(_YEAR, rf"\g<1>{int(str(row[str(rule.other)])[:4]) + 1}\g<2>", str(row[rule.field]))


def _rechecked(first: str) -> str:
    return first + outer_check(first)


def _inner(body: str) -> str:
    """Check character of an organisation code (GB 11714-1997)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c, 36) * w for c, w in zip(body, weights, strict=True))
    return "0X987654321"[total % 11]


def _last_changed(text: str) -> str:
    return text[:-1] + ("7" if text[-1] != "7" else "4")


def _out_of_bounds(rule: Rule) -> str:
    bound = float(rule.parameters[0])
    less = bound - 0.5 if rule.rejects else bound / 10
    beyond = {"min_exclusive": bound, "min_inclusive": less, "max_inclusive": bound + 1}[rule.primitive]
    return f"{beyond:.6f}".rstrip("0").rstrip(".")  # never as 1e+06, which is no number here


def _garbled(text: str, chance: Random) -> str:
    bad = chance.choice(_GARBLED)
    middle = len(text) // 2
    return text[:middle] + bad + text[middle + len(bad) :]


def _untidy(text: str, field: Field, chance: Random) -> str:
    if (
        field.kind in (Kind.CREDIT_CODE, Kind.ORGANISATION_CODE)
        and text.upper() != text.lower()
        and chance.random() < 0.7
    ):
        return text.lower()
    if field.kind in (Kind.DATE, Kind.DECIMAL) and chance.random() < 0.5:
        return "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)
    return chance.choice((f" {text}", f"\u3000{text}", f"{text}\u00a0", f"{text} "))


def _moved(iso: str, days: int) -> str:
    return (date.fromisoformat(iso) + timedelta(days=days)).isoformat()
