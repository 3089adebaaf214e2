"""One good and one bad example of every rule: the cells of a row that keeps the rule, and of one that breaks it.

The texts are in ``catalog/checks.yaml``, with placeholders for what depends on the field; they are shown on the site, and the
tests put them through the real screening.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from pipelines.catalog.models import Check, CodeTable, Field, Kind, Message, RepairTerms

Cells = dict[str, str | None]

_SAMPLES: Final[dict[Kind, str]] = {
    Kind.STRING: "示例",
    Kind.DATE: "2026-03-05",
    Kind.TIMESTAMP: "2026-03-05 14:30:00",
    Kind.INTEGER: "12",
    Kind.DECIMAL: "0.2",
    Kind.CREDIT_CODE: "91350100M000100Y43",  # an enterprise's, domain.md §1.8
    Kind.ORGANISATION_CODE: "D2143569X",
    Kind.REGISTRATION_NUMBER: "340000000056535",
    Kind.CERTIFICATE_NUMBER: "510000209912311002",  # born in 2099: nobody's
    Kind.DOCUMENT_NUMBER: "示例〔2026〕1号",
}
_HOUSEHOLD: Final = "92330106MA2B1C3D42"
_ENTERPRISE: Final = "91350100M000100Y43"


def sample(field: Field, tables: Mapping[str, CodeTable]) -> str:
    """A good value of a field."""
    if field.samples:
        return field.samples[0]
    if field.code_table:
        return tables[field.code_table].entries[0].label_zh
    return _SAMPLES[field.kind]


def examples(
    check: Check,
    field: Field,
    tables: Mapping[str, CodeTable],
    *,
    parameters: Sequence[str | int | float],
    other: tuple[str, str | None] | None,
    prefixes: Sequence[str],
    never: bool = False,
) -> tuple[Cells, Cells] | None:
    """The cells of the good and of the bad example, by field id; None is an empty cell.

    Args:
        check: the kind of rule.
        field: whose rule it is.
        tables: code tables by id.
        parameters: of the rule.
        other: the second field of a rule over two, and its text in both examples where the check does not give it.
        prefixes: of a rule about the beginning of a code.
        never: the code must not begin so.

    Returns:
        None where the check has no examples.
    """
    if check.good is None or check.bad is None:
        return None
    words = _words(field, tables, parameters)
    words |= {"before": "{before}", "after": "{after}"}  # of terms of repair: filled in where these are known
    words |= _codes(household=(_HOUSEHOLD[:2] in prefixes) != never)
    return _cells(check.good, field.id, other, words), _cells(check.bad, field.id, other, words)


def terms_days(terms: RepairTerms) -> dict[str, str]:
    """Two days under terms of repair, a year apart where they last so long."""
    first = terms.valid_from or date(2000, 1, 1)
    last = first + timedelta(days=365)
    return {"before": first.isoformat(), "after": min(last, terms.valid_to or last).isoformat()}


def repair_row(
    message: Message, terms: RepairTerms, fields: Mapping[str, Field], tables: Mapping[str, CodeTable]
) -> Cells:
    """The cells of an approved repair under these terms, and of the record it names."""
    cells: Cells = {str(message.applied_on): terms_days(terms)["after"]}
    if message.takes_effect and message.takes_effect.is_in:
        table = tables[str(fields[message.takes_effect.field].code_table)]
        cells[message.takes_effect.field] = table.texts_of(message.takes_effect.is_in)[0]
    named = message.record
    cells |= {name: sample(fields[name], tables) for name in (named.dataset, named.authority)}
    return cells | {named.number: f"示例〔{terms_days(terms)['before'][:4]}〕1号"}


def _cells(example: str | tuple[str, str], name: str, other: tuple[str, str | None] | None, words: Cells) -> Cells:
    first, *second = (example,) if isinstance(example, str) else example
    cells = {name: _filled(first, words)}
    if other is not None:
        cells[other[0]] = _filled(second[0], words) if second else other[1]
    return cells


def _filled(text: str, words: Mapping[str, str | None]) -> str | None:
    return text.format(**words) or None


def _codes(*, household: bool) -> Cells:
    """A code that agrees with the beginning asked for, and one that does not."""
    agreeing, other = (_HOUSEHOLD, _ENTERPRISE) if household else (_ENTERPRISE, _HOUSEHOLD)
    return {"agreeing_code": agreeing, "disagreeing_code": other}


def _words(field: Field, tables: Mapping[str, CodeTable], parameters: Sequence[str | int | float]) -> Cells:
    words: Cells = {"sample": sample(field, tables)}
    if field.code_table:
        words["label"] = tables[field.code_table].entries[0].label_zh
    if parameters and isinstance(parameters[0], int):
        words["bit"] = str(1 << parameters[0])
    if parameters and isinstance(parameters[0], int | float):
        bound = parameters[0]
        words |= {"bound": f"{bound:g}", "more": f"{bound + 1:g}", "less": f"{bound - 1:g}"}
        words["a_little"] = f"{bound / 10:f}".rstrip("0")
        words["too_long"] = "长" * (int(bound) + 1)
    elif parameters:
        words["bound_day"] = str(parameters[0])
    return words
