"""The catalogue for the kernels."""

from __future__ import annotations

import pytest

from pipelines.catalog import Catalog, Dataset, catalog
from tests.conftest import ROOT
from tests.records.frames import PENALTY


@pytest.fixture(scope="package")
def known() -> Catalog:
    return catalog(ROOT / "catalog")


@pytest.fixture(scope="package")
def penalties(known: Catalog) -> Dataset:
    return known.datasets[PENALTY]
