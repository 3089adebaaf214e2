"""The whole catalogue, loaded once: ``Catalog.load()``.

catalog/datasets/<dataset_id>.yaml    Dataset
catalog/fields/<group_id>.yaml        FieldGroup
catalog/codes/<table_id>.yaml         CodeTable
catalog/codes/administrative_division.csv   every GB/T 2260 code ever valid
catalog/{checks,providers,legal_bases,calendar,scorecard}.yaml
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from pipelines.catalog.calendar import WorkingDays
from pipelines.catalog.models import (
    Check,
    Checks,
    CodeTable,
    Dataset,
    Field,
    FieldGroup,
    LegalBases,
    LegalBasis,
    Model,
    Provider,
    Providers,
    Scorecard,
    UseGroup,
    WorkingCalendar,
)
from pipelines.catalog.rules import Rule, rules_of
from pipelines.catalog.source import CatalogError, Document, load

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Catalog:
    """Everything the hub knows about what it may collect; ``documents`` keeps the lines for messages."""

    folder: Path
    version: str
    datasets: Mapping[str, Dataset]
    providers: Mapping[str, Provider]
    code_tables: Mapping[str, CodeTable]
    checks: Mapping[str, Check]
    legal_bases: Mapping[str, LegalBasis]
    calendar: WorkingCalendar
    scorecard: Scorecard
    documents: Mapping[str, Document] = field(repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Load and type-check a catalogue folder.

        Raises:
            CatalogError: a file is no YAML or says something the models do not know; names file and line.
        """
        documents: dict[str, Document] = {}

        def read(path: Path, model: type[M]) -> M:
            documents[path.relative_to(folder).as_posix()] = document = load(path)
            return _validated(document, model)

        if not (folder / "datasets").is_dir():
            raise CatalogError(
                folder, 1, "no catalogue here; set CREDIT_HUB_CATALOG to the folder that holds datasets/"
            )
        groups = {p.stem: read(p, FieldGroup) for p in sorted((folder / "fields").glob("*.yaml"))}
        tables = {p.stem: read(p, CodeTable) for p in sorted((folder / "codes").glob("*.yaml"))}
        datasets = {p.stem: read(p, Dataset) for p in sorted((folder / "datasets").glob("*.yaml"))}
        for name, dataset in datasets.items():
            document = documents[f"datasets/{name}.yaml"]
            if dataset.id != name:
                raise CatalogError(document.path, document.line(("id",)), f"id '{dataset.id}' is not the file's name")
            datasets[name] = _expanded(dataset, groups, document)
        return cls(
            folder=folder,
            version=_digest(folder),
            datasets=datasets,
            providers={p.id: p for p in read(folder / "providers.yaml", Providers).providers},
            code_tables=tables,
            checks={c.id: c for c in read(folder / "checks.yaml", Checks).checks},
            legal_bases={b.id: b for b in read(folder / "legal_bases.yaml", LegalBases).legal_bases},
            calendar=read(folder / "calendar.yaml", WorkingCalendar),
            scorecard=read(folder / "scorecard.yaml", Scorecard),
            documents=documents,
        )

    @cached_property
    def working_days(self) -> WorkingDays:
        """The working-day calendar."""
        return WorkingDays(self.calendar)

    @cached_property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules of every dataset."""
        return {name: rules_of(dataset, self.checks, self.code_tables) for name, dataset in self.datasets.items()}

    @cached_property
    def registrar_pairs(self) -> tuple[str, ...]:
        """First and second characters of a credit code that go together (GB 32100)."""
        return tuple(entry.code for entry in self.code_tables["registrar_pair"].entries)

    @cached_property
    def division_codes(self) -> tuple[str, ...]:
        """Every GB/T 2260 code that was ever valid."""
        with (self.folder / "codes/administrative_division.csv").open(encoding="utf-8", newline="") as stream:
            return tuple(row["code"] for row in csv.DictReader(stream))

    @cached_property
    def regions(self) -> Mapping[str, str]:
        """Regions on the scorecard: code and Chinese name, in the order of the codes."""
        labels = {entry.code: entry.label_zh for entry in self.code_tables["province"].entries}
        codes = sorted({p.region_code for p in self.providers.values() if p.level == "province"})
        return {code: labels[code] for code in codes}

    def fields(self, dataset_id: str) -> tuple[Field, ...]:
        """The fields of a dataset, groups expanded."""
        return tuple(f for f in self.datasets[dataset_id].fields if isinstance(f, Field))


@lru_cache(maxsize=4)
def catalog(folder: Path) -> Catalog:
    """The catalogue of a folder, loaded once a process."""
    return Catalog.load(folder)


def _validated(document: Document, model: type[M]) -> M:
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        loc = tuple(part for part in first["loc"] if not _is_model(part))
        where = ".".join(str(part) for part in loc) or "the file"
        message = {"extra_forbidden": "unknown key", "missing": "missing"}.get(first["type"], first["msg"])
        raise CatalogError(
            document.path, document.line(loc), f"{where}: {message}; see the models of pipelines.catalog"
        ) from error


def _is_model(part: str | int) -> bool:
    """True for what pydantic puts into a location that stands in no file: members of a union, validators."""
    return part in ("Field", "UseGroup") or str(part).startswith("function-")


def _expanded(dataset: Dataset, groups: Mapping[str, FieldGroup], document: Document) -> Dataset:
    """The dataset with every ``use`` replaced by the fields of the group, carrying this dataset's headers and titles."""
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
            document.path, line, f"field group '{use.use}' is not in catalog/fields; write it or mend the name"
        )
    unknown = (set(use.headers) | set(use.titles)) - {field.id for field in group.fields}
    if unknown:
        raise CatalogError(document.path, line, f"group '{use.use}' has no field {', '.join(sorted(unknown))}")
    result = []
    for one in group.fields:
        changes: dict[str, Any] = {"headers": (*one.headers, *use.headers.get(one.id, ()))}
        if one.id in use.titles:
            changes["title_zh"] = use.titles[one.id]
        result.append(one.model_copy(update=changes))
    return result


def _digest(folder: Path) -> str:
    """Twelve hexadecimal digits that change with any file of the catalogue."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".csv")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]
