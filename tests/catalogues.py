"""Catalogues that say something else, built from models: what a test changes is a policy, a product or a dataset, not a text.

Tests whose subject is the text of the catalogue (``catalog check``) write it with ``tests.catalog.spoiling``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from pipelines.catalog import Catalog
from pipelines.catalog.models import LegalBasis
from pipelines.catalog.models.checks import AppliesTo
from pipelines.catalog.models.model import Model

M = TypeVar("M", bound=Model)


def with_policies(catalog: Catalog, **changed: Model) -> Catalog:
    """The catalogue with other policies: ``releases=catalog.policies.releases.model_copy(update=…)``."""
    return _changed(catalog, policies=_updated(catalog.policies, changed))


def with_policy(catalog: Catalog, policy: str, **changed: Any) -> Catalog:
    """The catalogue with other values in one policy: ``with_policy(catalog, "releases", sliced_from=4)``."""
    return with_policies(catalog, **{policy: _updated(getattr(catalog.policies, policy), changed)})


def with_authorities(catalog: Catalog, **changed: Any) -> Catalog:
    """The catalogue with other rules of who speaks for whom."""
    return _changed(catalog, authorities=_updated(catalog.authorities, changed))


def with_product(catalog: Catalog, product_id: str, **changed: Any) -> Catalog:
    """The catalogue with other values in one product."""
    return _changed(catalog, products={**catalog.products, product_id: _updated(catalog.products[product_id], changed)})


def with_dataset(catalog: Catalog, dataset_id: str, **changed: Any) -> Catalog:
    """The catalogue with other values in one dataset."""
    return _changed(catalog, datasets={**catalog.datasets, dataset_id: _updated(catalog.datasets[dataset_id], changed)})


def with_code(catalog: Catalog, table_id: str, code: str, **changed: Any) -> Catalog:
    """The catalogue with other values in one entry of a code table."""
    table = catalog.code_tables[table_id]
    entries = tuple(_updated(entry, changed) if entry.code == code else entry for entry in table.entries)
    assert code in table.codes
    return with_code_table(catalog, table_id, entries=entries)


def with_code_table(catalog: Catalog, table_id: str, **changed: Any) -> Catalog:
    """The catalogue with other values in one code table."""
    table = _updated(catalog.code_tables[table_id], changed)
    return _changed(catalog, code_tables={**catalog.code_tables, table_id: table})


def with_legal_basis(catalog: Catalog, basis: LegalBasis) -> Catalog:
    """The catalogue with one document more, or another one of that id."""
    return _changed(catalog, legal_bases={**catalog.legal_bases, basis.id: basis})


def before_texts_were_looked_at(catalog: Catalog) -> Catalog:
    """The catalogue as it was when citizen IDs were looked for in prose only: what it accepted lies in homes of that time."""
    check = catalog.checks["citizen_id_in_text"].model_copy(update={"applies_to": AppliesTo(key="free_text")})
    return _changed(catalog, checks={**catalog.checks, check.id: check})


def _updated(model: M, changed: dict[str, Any]) -> M:
    unknown = changed.keys() - type(model).model_fields.keys()
    assert not unknown, f"{type(model).__name__} has no {sorted(unknown)}"
    return model.model_copy(update=changed)


def _changed(catalog: Catalog, **changed: Any) -> Catalog:
    """Another catalogue has another version."""
    return replace(catalog, version=f"{catalog.version}-changed", **changed)
