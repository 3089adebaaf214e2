"""The whole catalogue, loaded once: ``Catalog.load()``.

catalog/datasets/<dataset_id>.yaml    Dataset
catalog/fields/<group_id>.yaml        FieldGroup
catalog/codes/<table_id>.yaml         CodeTable
catalog/codes/administrative_division.csv   every GB/T 2260 code ever valid
catalog/products/<product_id>.yaml    Product
catalog/policies/{display_periods,repair,masking,survivorship,expected_deliveries,releases,intake}.yaml
catalog/{checks,providers,owners,authorities,legal_bases,editions,calendar,scorecard}.yaml
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

from pipelines.catalog.calendar import WorkingDays
from pipelines.catalog.duties import duties
from pipelines.catalog.groups import expanded
from pipelines.catalog.models import (
    Authorities,
    CatalogueClass,
    Check,
    Checks,
    CodeTable,
    Dataset,
    DisplayPeriods,
    Duty,
    Edition,
    Editions,
    ExpectedDeliveries,
    Field,
    FieldGroup,
    IntakePolicy,
    LegalBases,
    LegalBasis,
    Masking,
    Owner,
    Owners,
    Policies,
    Product,
    Provider,
    Providers,
    Reference,
    References,
    Releases,
    Repair,
    Scorecard,
    Survivorship,
    WorkingCalendar,
)
from pipelines.catalog.products import fields_shown, government_product
from pipelines.catalog.rules import Rule, rules_of
from pipelines.catalog.source import CatalogError, Document
from pipelines.catalog.typed import Reader


class _Rules(Mapping[str, tuple[Rule, ...]]):
    def __init__(
        self,
        datasets: Mapping[str, Dataset],
        checks: Mapping[str, Check],
        tables: Mapping[str, CodeTable],
        repair: Repair,
    ) -> None:
        self._datasets, self._checks, self._tables, self._repair = datasets, checks, tables, repair
        self._compiled: dict[str, tuple[Rule, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Rule, ...]:
        if name not in self._compiled:
            self._compiled[name] = rules_of(self._datasets[name], self._checks, self._tables, self._repair)
        return self._compiled[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._datasets)

    def __len__(self) -> int:
        return len(self._datasets)


@dataclass(frozen=True)
class Catalog:
    """Everything the hub knows about what it may collect; ``documents`` keeps the lines for messages.

    ``products`` holds a government product for every dataset: the one written under ``catalog/products``, or, until it is
    written (``catalog check`` asks for it), one that shows all the class allows.
    """

    folder: Path
    version: str
    datasets: Mapping[str, Dataset]
    providers: Mapping[str, Provider]
    owners: Mapping[str, Owner]
    code_tables: Mapping[str, CodeTable]
    checks: Mapping[str, Check]
    legal_bases: Mapping[str, LegalBasis]
    editions: Mapping[str, Edition]
    policies: Policies
    authorities: Authorities
    products: Mapping[str, Product]
    references: Mapping[str, Reference]
    calendar: WorkingCalendar
    scorecard: Scorecard
    documents: Mapping[str, Document] = field(repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Load and type-check a catalogue folder.

        Raises:
            CatalogError: a file is no YAML or says something the models do not know; names file and line.
        """
        loaded, errors = cls.attempt(folder)
        if loaded is None:
            raise errors[0]
        return loaded

    @classmethod
    def attempt(cls, folder: Path) -> tuple[Catalog | None, list[CatalogError]]:
        """Load and type-check a catalogue folder, and say everything that is in the way; None where anything is."""
        if not (folder / "datasets").is_dir():
            message = "no catalogue here; set CREDIT_HUB_CATALOG to the folder that holds datasets/"
            return None, [CatalogError(folder, 1, message)]
        reader = Reader(folder)
        groups, tables = reader.each("fields", FieldGroup), reader.each("codes", CodeTable)
        datasets = reader.each("datasets", Dataset)
        written = reader.each("products", Product)
        providers, owners = reader.one("providers.yaml", Providers), reader.one("owners.yaml", Owners)
        checks, bases = reader.one("checks.yaml", Checks), reader.one("legal_bases.yaml", LegalBases)
        editions = reader.one("editions.yaml", Editions)
        policies, references = _policies(reader), reader.one("references.yaml", References)
        authorities = reader.one("authorities.yaml", Authorities)
        calendar, card = reader.one("calendar.yaml", WorkingCalendar), reader.one("scorecard.yaml", Scorecard)
        if not reader.errors:
            datasets = _with_groups(reader, datasets, groups)
        if reader.errors:
            return None, reader.errors
        telling = {message.dataset for message in policies.repair.messages}
        assumed = {
            name: government_product(dataset, policies.masking, of_messages=name in telling)
            for name, dataset in datasets.items()
        }
        catalog = cls(
            folder=folder,
            version=_digest(folder),
            datasets=datasets,
            providers={one.id: one for one in providers.providers},
            owners={one.id: one for one in owners.owners},
            code_tables=tables,
            checks={one.id: one for one in checks.checks},
            legal_bases={one.id: one for one in bases.legal_bases},
            editions={one.id: one for one in editions.editions},
            policies=policies,
            authorities=authorities,
            products=assumed | written,
            references={one.id: one for one in references.references},
            calendar=calendar,
            scorecard=card,
            documents=reader.documents,
        )
        return catalog, []

    @cached_property
    def working_days(self) -> WorkingDays:
        """The working-day calendar."""
        return WorkingDays(self.calendar)

    @cached_property
    def rules(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules of every dataset, each compiled when it is first asked for: a command is about one dataset mostly."""
        return _Rules(self.datasets, self.checks, self.code_tables, self.policies.repair)

    def meanings(self, dataset_id: str) -> dict[tuple[str, str], dict[str, str]]:
        """What texts of earlier layouts mean today: accepted text to code, by field and layout."""
        return {
            (field, layout.id): self.code_tables[table].meanings
            for layout in self.datasets[dataset_id].layouts
            for field, table in layout.code_tables.items()
        }

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

    @cached_property
    def owner_titles(self) -> Mapping[str, str]:
        """Chinese name of everybody who may own a dataset."""
        owners = {one.id: one.title_zh for one in self.owners.values()}
        return owners | {one.id: one.title_zh for one in self.providers.values()}

    @cached_property
    def class_titles(self) -> Mapping[str, str]:
        """Chinese name of every class of the catalogue; where editions differ, that of the latest in the file."""
        return {one.id: one.title_zh for edition in self.editions.values() for one in edition.classes}

    @cached_property
    def duties(self) -> Mapping[str, tuple[Duty, ...]]:
        """What every provider owes, at any time, in the order of ``expected_deliveries.yaml``."""
        return duties(self.policies.expected_deliveries, self.providers, self.datasets)

    def owed(self, provider_id: str, on: date) -> tuple[Duty, ...]:
        """What a provider owes on a day; nothing for a provider the catalogue does not name."""
        return tuple(duty for duty in self.duties.get(provider_id, ()) if duty.covers(on))

    def fields(self, dataset_id: str) -> tuple[Field, ...]:
        """The fields of a dataset, groups expanded."""
        return tuple(f for f in self.datasets[dataset_id].fields if isinstance(f, Field))

    def class_of(self, dataset_id: str) -> CatalogueClass | None:
        """The class a dataset has in its edition, None where the edition does not list it (``catalog check`` refuses that)."""
        dataset = self.datasets[dataset_id]
        edition = self.editions.get(dataset.edition)
        return edition.titled(dataset.catalogue_class) if edition else None

    def product_fields(self, product_id: str) -> tuple[str, ...]:
        """Ids of the fields that a product shows, in the order of its list, or of its dataset where it shows all allowed."""
        product = self.products[product_id]
        return fields_shown(product, self.datasets[product.dataset] if product.dataset else None)


@lru_cache(maxsize=4)
def catalog(folder: Path) -> Catalog:
    """The catalogue of a folder, loaded once a process."""
    return Catalog.load(folder)


def _policies(reader: Reader) -> Policies:
    return Policies.model_construct(
        display_periods=reader.one("policies/display_periods.yaml", DisplayPeriods),
        repair=reader.one("policies/repair.yaml", Repair),
        masking=reader.one("policies/masking.yaml", Masking),
        survivorship=reader.one("policies/survivorship.yaml", Survivorship),
        expected_deliveries=reader.one("policies/expected_deliveries.yaml", ExpectedDeliveries),
        releases=reader.one("policies/releases.yaml", Releases),
        intake=reader.one("policies/intake.yaml", IntakePolicy),
    )


def _with_groups(
    reader: Reader, datasets: Mapping[str, Dataset], groups: Mapping[str, FieldGroup]
) -> dict[str, Dataset]:
    found = {}
    for name, dataset in datasets.items():
        try:
            found[name] = expanded(dataset, groups, reader.documents[f"datasets/{name}.yaml"])
        except CatalogError as error:
            reader.errors.append(error)
    return found


def _digest(folder: Path) -> str:
    """Twelve hexadecimal digits that change with any file of the catalogue."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".csv")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]
