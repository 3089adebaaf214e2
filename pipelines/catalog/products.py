"""What a product shows of its dataset, and the government product of a dataset for which none is written yet."""

from __future__ import annotations

from typing import Final

from pipelines.catalog.models import ALL_ALLOWED, Dataset, Field, Kind, Masking, Product, may_see

_SAYS_NOBODY: Final = (Kind.CODE, Kind.CODES, Kind.DATE)


def fields_shown(product: Product, dataset: Dataset | None) -> tuple[str, ...]:
    """Ids of the fields a product shows; ``dataset`` with its groups expanded, None for the subject master."""
    if dataset is None or not product.shows_all_allowed:
        return product.fields
    return tuple(
        field.id
        for field in dataset.fields
        if isinstance(field, Field) and may_see(product.access_class, dataset.disclosure_of(field))
    )


def government_product(dataset: Dataset, masking: Masking, *, of_messages: bool = False) -> Product:
    """The government product of a dataset (every field its class allows), under the id of the dataset.

    ``of_messages``: its records are messages about others, which are named by digest; shown are codes and dates alone.
    """
    if of_messages:
        shown = tuple(f.id for f in dataset.fields if isinstance(f, Field) and f.kind in _SAYS_NOBODY)
        return Product(
            id=dataset.id,
            title_zh=f"{dataset.title_zh}（政务共享）",
            title_en=f"{dataset.title_en} (government)",
            dataset=dataset.id,
            access_class="government",
            audience_zh="依法履职的行政机关",
            fields=shown,
            legal_bases=dataset.legal_bases,
            publication_clock=False,
            names_records_by_digest=True,
        )
    sensitive = [field.id for field in dataset.fields if isinstance(field, Field) and field.sensitive]
    return Product(
        id=dataset.id,
        title_zh=f"{dataset.title_zh}（政务共享）",
        title_en=f"{dataset.title_en} (government)",
        dataset=dataset.id,
        access_class="government",
        audience_zh="依法履职的行政机关",
        fields=(ALL_ALLOWED,),
        masks=dict.fromkeys(sensitive, masking.sensitive_mask),
        legal_bases=dataset.legal_bases,
        publication_clock=False,
    )
