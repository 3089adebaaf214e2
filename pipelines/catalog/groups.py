"""Field groups taken into a dataset: every ``use`` replaced by the fields of ``catalog/fields/<group>.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.catalog.models import Dataset, Field, FieldGroup, UseGroup
from pipelines.catalog.source import CatalogError, Document


def expanded(dataset: Dataset, groups: Mapping[str, FieldGroup], document: Document) -> Dataset:
    """The dataset with every ``use`` replaced by the fields of the group, carrying this dataset's headers and titles.

    Raises:
        CatalogError: there is no such group, it has no such field, or a field is declared twice.
    """
    fields: list[Field] = []
    for index, item in enumerate(dataset.fields):
        if isinstance(item, Field):
            fields.append(item)
            continue
        fields.extend(_of_group(item, groups, document, document.line(("fields", index))))
    known: set[str] = set()
    for one in fields:
        if one.id in known:
            raise CatalogError(
                document.path, document.line(("fields",)), f"field '{one.id}' is declared twice; keep one"
            )
        known.add(one.id)
    return dataset.model_copy(update={"fields": tuple(fields)})


def _of_group(use: UseGroup, groups: Mapping[str, FieldGroup], document: Document, line: int) -> list[Field]:
    group = groups.get(use.use)
    if group is None:
        raise CatalogError(
            document.path, line, f"field group '{use.use}' is not in catalog/fields; write it or correct the name"
        )
    unknown = (set(use.headers) | set(use.titles)) - {field.id for field in group.fields}
    if unknown:
        raise CatalogError(
            document.path, line, f"group '{use.use}' has no field {', '.join(sorted(unknown))}; correct the name"
        )
    result = []
    for one in group.fields:
        changes: dict[str, Any] = {"headers": (*one.headers, *use.headers.get(one.id, ()))}
        if one.id in use.titles:
            changes["title_zh"] = use.titles[one.id]
        result.append(one.model_copy(update=changes))
    return result
