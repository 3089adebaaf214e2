"""Products in words: who gets what, which records, what is masked, and for how long it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Mask, Product, ProductFilter
from pipelines.pages.phrases import DatasetWords


@dataclass(frozen=True)
class ShownField:
    """A field that a product shows; ``page`` is the page it is described on, ``mask`` how it is masked."""

    id: str
    title: str
    anchor: str | None
    mask: Mask | None


@dataclass(frozen=True)
class Shown:
    """A product as the site shows it; ``page`` is where it is described at length."""

    product: Product
    fields: tuple[ShownField, ...]
    of_fields: int
    filters: tuple[str, ...]
    page: str

    @property
    def masked(self) -> tuple[ShownField, ...]:
        """Fields that are masked."""
        return tuple(field for field in self.fields if field.mask)

    @property
    def clock(self) -> str:
        """What display periods do to it."""
        return "公示期限届满的记录自动撤下" if self.product.publication_clock else "不因公示期限届满而撤下"


def shown(catalog: Catalog, product: Product) -> Shown:
    """A product with its fields, filters and masks resolved."""
    titles = _titles(catalog, product)
    fields = []
    for name in catalog.product_fields(product.id):
        title, anchor = titles.get(name, (name, None))
        mask = catalog.policies.masking.mask(product.masks.get(name, ""))
        fields.append(ShownField(name, title, anchor, mask))
    return Shown(
        product=product,
        fields=tuple(fields),
        of_fields=len(catalog.fields(product.dataset)) if product.dataset else len(fields),
        filters=tuple(_filter(catalog, product, one) for one in product.filter),
        page=f"{product.dataset}.html" if product.dataset else "index.html",
    )


def of_dataset(catalog: Catalog, dataset_id: str) -> list[Shown]:
    """The products of a dataset, in the order of the catalogue."""
    return [shown(catalog, one) for one in catalog.products.values() if one.dataset == dataset_id]


def by_class(catalog: Catalog) -> dict[str, list[Shown]]:
    """Every product by access class: for the public, for authorised users, for government."""
    order = {"public": 0, "authorised": 1, "government": 2}
    place = {name: number for number, name in enumerate(catalog.datasets)}
    found: dict[str, list[Shown]] = {name: [] for name in order}
    known = [one for one in catalog.products.values() if one.dataset is None or one.dataset in place]
    for one in sorted(known, key=lambda p: place.get(p.dataset or "", len(place))):
        found[one.access_class].append(shown(catalog, one))
    return {name: some for name, some in found.items() if some}


def _titles(catalog: Catalog, product: Product) -> dict[str, tuple[str, str | None]]:
    """Title and anchor of a product's fields; of the subject master, those of the first dataset that has the field."""
    datasets = [product.dataset] if product.dataset else list(catalog.datasets)
    found: dict[str, tuple[str, str | None]] = {}
    for dataset_id in datasets:
        for field in catalog.fields(dataset_id):
            found.setdefault(field.id, (field.title_zh, f"{dataset_id}.html#{dataset_id}.{field.id}"))
    return found


def _filter(catalog: Catalog, product: Product, one: ProductFilter) -> str:
    # The subject master is made from all datasets: its fields are named as the first one that has them names them.
    named = product.dataset or next(d for d in catalog.datasets if one.field in {f.id for f in catalog.fields(d)})
    words = DatasetWords(catalog, catalog.datasets[named])
    title = f"“{words.title(one.field)}”"
    if one.present:
        return f"{title}已填写"
    verb = "为" if one.is_in is not None else "不为"
    return f"{title}{verb}{words.values(one.field, one.is_in or one.is_not_in or ())}"
