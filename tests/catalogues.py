"""Catalogues that say something else, built from models: what a test changes is a policy, a product or a dataset, not a text.

Tests whose subject is the text of the catalogue (``catalog check``) write it with ``tests.catalog.spoiling``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from pipelines.catalog import Catalog
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


def _updated(model: M, changed: dict[str, Any]) -> M:
    unknown = changed.keys() - type(model).model_fields.keys()
    assert not unknown, f"{type(model).__name__} has no {sorted(unknown)}"
    return model.model_copy(update=changed)


def _changed(catalog: Catalog, **changed: Any) -> Catalog:
    """Another catalogue has another version."""
    return replace(catalog, version=f"{catalog.version}-changed", **changed)
