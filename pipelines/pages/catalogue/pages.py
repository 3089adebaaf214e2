"""The pages as text: their sections, and what each page is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeTable, Dataset, Edition
from pipelines.catalog.rules import RECORD, Rule
from pipelines.pages import phrases
from pipelines.pages.catalogue import products
from pipelines.pages.catalogue.owed import owed
from pipelines.pages.catalogue.periods import windows
from pipelines.pages.theme import render

MARK: Final = '<meta name="generator" content="credit-hub catalog build">'


class Section(NamedTuple):
    """A part of a page: its anchor and the name of its template, and its heading."""

    id: str
    title_zh: str


INDEX: Final = (
    Section("datasets", "目录项"),
    Section("products", "产品"),
    Section("codes", "代码表"),
    Section("bases", "依据文件"),
    Section("providers", "报送单位"),
)
POLICIES: Final = (
    Section("display", "公示期限"),
    Section("repair", "信用修复"),
    Section("masks", "脱敏规则"),
    Section("authorities", "谁代表认定机关"),
    Section("survivorship", "多来源取舍"),
    Section("references", "跨目录比对"),
    Section("deliveries", "应报数据"),
    Section("calendar", "工作日历"),
    Section("editions", "目录版本"),
)
DATASET: Final = (
    Section("about", "说明"),
    Section("duties", "谁来报、何时报"),
    Section("fields", "数据项"),
    Section("rules", "规则"),
    Section("codes", "代码表"),
    Section("products", "产品"),
    Section("bases", "法律依据"),
)


def pages(catalog: Catalog) -> dict[str, str]:
    """Every page by its file name, ``index.html`` first."""
    common = _common(catalog)
    found = {
        "index.html": render(
            "catalogue/index.html.j2",
            **common,
            sections=INDEX,
            classes=_classes(catalog),
            products=products.by_class(catalog),
        ),
        "policies.html": render(
            "catalogue/policies.html.j2",
            **common,
            sections=POLICIES,
            policies=catalog.policies,
            windows=windows(catalog),
            owed=owed(catalog),
            years=sorted(catalog.calendar.years, key=lambda one: one.year, reverse=True),
        ),
    }
    for one in catalog.datasets.values():
        found[f"{one.id}.html"] = render(
            "catalogue/dataset.html.j2",
            **common,
            sections=DATASET,
            dataset=one,
            edition=catalog.editions.get(one.edition),
            successor=_unlisted_successor(catalog, one.edition),
            fields=catalog.fields(one.id),
            rules=_by_field(catalog, one.id),
            tables=_tables(catalog, one.id),
            products=products.of_dataset(catalog, one.id),
            owed=owed(catalog, one.id),
            words=phrases.DatasetWords(catalog, one),
        )
    return found


def _common(catalog: Catalog) -> Mapping[str, object]:
    """What the templates of every page look up in the catalogue."""
    datasets = catalog.datasets.values()
    return {
        "catalog": catalog,
        "class_name": lambda key: catalog.class_titles.get(key, key),
        "owner_name": lambda key: catalog.owner_titles.get(key, key),
        "subject_name": lambda key: phrases.labels(catalog, "subject_category").get(key, key),
        "region_name": lambda key: phrases.labels(catalog, "province").get(key, "全国" if key == "100000" else key),
        "owed_by": lambda provider: _owed_by(catalog, provider),
        "used_by": lambda table: [d for d in datasets if table in _tables(catalog, d.id)],
        "resting_on": lambda basis: [d for d in datasets if basis in d.legal_bases],
        "field_title": lambda dataset, name: next(f.title_zh for f in catalog.fields(dataset) if f.id == name),
        "compared_with": lambda reference: [
            (dataset, field)
            for dataset in datasets
            for field in catalog.fields(dataset.id)
            if field.known_with is not None and field.known_with.reference == reference
        ],
        "all_rules": [rule for rules in catalog.rules.values() for rule in rules],
    }


def _classes(catalog: Catalog) -> list[tuple[Edition | None, str, list[Dataset]]]:
    """Datasets by edition and class, in the order of the classes; those whose class no edition has come last."""
    found: list[tuple[Edition | None, str, list[Dataset]]] = []
    for edition in catalog.editions.values():
        for one in edition.classes:
            some = [d for d in catalog.datasets.values() if (d.edition, d.catalogue_class) == (edition.id, one.id)]
            if some:
                found.append((edition, one.title_zh, some))
    listed = {dataset.id for _, _, some in found for dataset in some}
    rest = [dataset for dataset in catalog.datasets.values() if dataset.id not in listed]
    return found + ([(None, "其他", rest)] if rest else [])


def _unlisted_successor(catalog: Catalog, edition_id: str) -> Edition | None:
    """The edition that took the place of another, where its classes are not known yet."""
    edition = catalog.editions.get(edition_id)
    if edition is None or edition.valid_to is None:
        return None
    later = [
        one
        for one in catalog.editions.values()
        if one.series == edition.series and one.valid_from and one.valid_from > edition.valid_to
    ]
    return next((one for one in later if not one.classes), None)


def _owed_by(catalog: Catalog, provider_id: str) -> list[str]:
    """Datasets that a provider owes until further notice, each once."""
    return list(dict.fromkeys(duty.dataset_id for duty in catalog.duties[provider_id] if duty.valid_to is None))


def _tables(catalog: Catalog, dataset_id: str) -> dict[str, CodeTable]:
    """Code tables of a dataset's fields, in the order of the fields."""
    return {f.code_table: catalog.code_tables[f.code_table] for f in catalog.fields(dataset_id) if f.code_table}


def _by_field(catalog: Catalog, dataset_id: str) -> dict[str, list[Rule]]:
    """Rules by field, in the order of the fields, those of the whole line first."""
    found: dict[str, list[Rule]] = {name: [] for name in (RECORD, *(f.id for f in catalog.fields(dataset_id)))}
    for rule in catalog.rules[dataset_id]:
        found[rule.field].append(rule)
    return {name: rules for name, rules in found.items() if rules}
