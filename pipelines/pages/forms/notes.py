"""What a form says about a column: when to fill it, what it means, what it must look like, and an example."""

from __future__ import annotations

from typing import Final

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Field, Kind
from pipelines.pages.phrases import DatasetWords, kind, limits

_LONGEST_MESSAGE: Final = 255  # of Excel, in characters
_HINTS: Final[dict[Kind, str]] = {
    Kind.CODE: "从下拉列表中选。",
    Kind.CODES: "从下拉列表中选；有几项的，用分号“;”隔开写在一格里。",
}


def hint(catalog: Catalog, dataset_id: str, field: Field) -> str:
    """How to write a value: what the catalogue says to those who broke the rule of its kind."""
    if field.kind in _HINTS:
        other = f"表里没有的，写“{field.other_prefix}”加具体内容。" if field.other_prefix else ""
        return _HINTS[field.kind] + other
    name = {Kind.CREDIT_CODE: "credit_code_length"}.get(field.kind, f"{field.kind}")
    ends = f"{dataset_id}.{field.id}.{name.removeprefix('credit_code_')}"
    return next((rule.hint_zh for rule in catalog.rules[dataset_id] if rule.id == ends), "")


def example(catalog: Catalog, field: Field) -> str:
    """A good value: a sample of the field, or the first of its code table; nothing where there is neither."""
    if field.samples:
        return field.samples[0]
    return catalog.code_tables[field.code_table].entries[0].label_zh if field.code_table else ""


def said(catalog: Catalog, dataset_id: str, field: Field, words: DatasetWords) -> list[str]:
    """All of it, a line each, the most needed first."""
    shape = "，".join([kind(field), *limits(field)])
    lines = [
        "；".join(words.required(field)),
        field.definition,
        shape,
        hint(catalog, dataset_id, field),
        f"例：{example(catalog, field)}" if example(catalog, field) else "",
    ]
    return [f"{line[:400]}" for line in lines if line]


def short(lines: list[str]) -> str:
    """As many whole lines as a message of Excel can hold, and at least the beginning of the first."""
    message = lines[0][:_LONGEST_MESSAGE]
    for line in lines[1:]:
        if len(message) + 1 + len(line) <= _LONGEST_MESSAGE:
            message = f"{message}\n{line}"
    return message
