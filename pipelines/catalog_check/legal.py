"""Legal bases: two records of one document, and numbers that do not say whose they are."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import LegalBases, LegalKey
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at

FILE = "legal_bases.yaml"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every document; two of the same number and year are two documents if their issuer prefixes differ."""
    owner: dict[LegalKey, str] = {}
    for index, basis in enumerate(LegalBases.model_validate(catalog.documents[FILE].data).legal_bases):
        where: Loc = ("legal_bases", index)
        if basis.lacks_prefix:
            message = (
                f"number '{basis.number}' does not say whose it is, and several documents may have it; "
                "write it with its issuer prefix, as in 国办发〔2025〕22号"
            )
            yield at(catalog, FILE, (*where, "number"), message)
        if basis.numbered_year not in (None, basis.year):
            message = f"year is {basis.year}, but the number says {basis.numbered_year}; correct one"
            yield at(catalog, FILE, (*where, "year"), message)
        first = owner.setdefault(basis.key, basis.id)
        if first != basis.id:
            message = (
                f"'{basis.id}' is the same document as '{first}' ({basis.key}); "
                "keep one record, or say in part which of several one decree carries"
            )
            yield at(catalog, FILE, where, message)
        if (basis.level == "local_regulation") != (basis.region_code is not None):
            message = (
                "a local regulation holds in one region: give its region_code"
                if basis.region_code is None
                else f"a document of level '{basis.level}' holds everywhere; take region_code out"
            )
            yield at(catalog, FILE, where, message)
        elif basis.region_code is not None and basis.region_code not in catalog.division_codes:
            message = f"'{basis.region_code}' is no code of GB/T 2260; correct it"
            yield at(catalog, FILE, (*where, "region_code"), message)
        if basis.in_force_from and basis.in_force_to and basis.in_force_to < basis.in_force_from:
            message = f"in force until {basis.in_force_to}, before it begins on {basis.in_force_from}; correct one"
            yield at(catalog, FILE, (*where, "in_force_to"), message)
