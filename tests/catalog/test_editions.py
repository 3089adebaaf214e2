"""Editions of the national basic catalogue: each day one edition, and every dataset in a class of its own edition."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.catalog import Catalog
from pipelines.catalog.effective import one_at
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(ROOT / "catalog")


@pytest.mark.parametrize(
    ("day", "edition", "classes"),
    [
        (date(2021, 12, 31), "national_catalogue_2021", 11),
        (date(2022, 12, 28), "national_catalogue_2022", 12),
        (date(2024, 3, 1), "national_catalogue_2024", 13),
        (date(2026, 11, 22), "national_catalogue_2025", None),
    ],
)
def test_each_day_has_its_edition(catalog: Catalog, day: date, edition: str, classes: int | None) -> None:
    national = [one for one in catalog.editions.values() if one.series == "national_catalogue"]
    found = one_at(national, day, "edition")
    assert (found.id, found.class_count) == (edition, classes)
    assert len(found.classes) == (classes or 0)


def test_what_is_not_known_of_the_edition_of_2025_is_not_invented(catalog: Catalog) -> None:
    edition = catalog.editions["national_catalogue_2025"]
    assert (edition.class_count, edition.classes, edition.confidence) == (None, (), "low")


def test_every_dataset_is_in_a_class_of_its_edition(catalog: Catalog) -> None:
    for name, dataset in catalog.datasets.items():
        found = catalog.class_of(name)
        assert found is not None
        assert found.title_zh == catalog.class_titles[dataset.catalogue_class]


def test_a_class_keeps_its_id_from_edition_to_edition(catalog: Catalog) -> None:
    known: set[str] = set()
    for year in (2021, 2022, 2024):
        now = {one.id for one in catalog.editions[f"national_catalogue_{year}"].classes}
        assert known < now
        known = now
    assert catalog.editions["hub_exchange"].titled("exchange") is not None
