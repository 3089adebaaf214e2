"""Where a finding stands: file and line of a key, of a field, of an item of a list."""

from __future__ import annotations

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError, Loc


def at(catalog: Catalog, name: str, loc: Loc, message: str) -> CatalogError:
    """A finding about a location of a file, named by its path below the catalogue."""
    document = catalog.documents[name]
    return CatalogError(document.path, document.line(loc), message)


def at_field(catalog: Catalog, name: str, field_id: str, part: str, message: str) -> CatalogError:
    """A finding about a field: in the dataset's file, or in that of the group it was taken from."""
    uses = []
    for index, item in enumerate(catalog.documents[name].data["fields"]):
        if item.get("id") == field_id:
            return at(catalog, name, ("fields", index, part), message)
        if "use" in item:
            uses.append(f"fields/{item['use']}.yaml")
    for group in uses:
        for index, item in enumerate(catalog.documents[group].data["fields"]):
            if item.get("id") == field_id:
                return at(catalog, group, ("fields", index, part), message)
    return at(catalog, name, ("fields",), message)


def rows(catalog: Catalog, name: str, part: str) -> dict[str, int]:
    """Position of every item of a list by its id; of two with the same id, the first."""
    found: dict[str, int] = {}
    for index, item in enumerate(catalog.documents[name].data[part]):
        found.setdefault(str(item["id"]), index)
    return found


def unknown_basis(catalog: Catalog, name: str, loc: Loc, basis: str | None) -> list[CatalogError]:
    """A finding where a legal basis is named that ``legal_bases.yaml`` does not have."""
    if basis is None or basis in catalog.legal_bases:
        return []
    return [at(catalog, name, loc, f"legal basis '{basis}' is not in legal_bases.yaml; add it there")]


def unknown_bases(catalog: Catalog, name: str, loc: Loc, bases: tuple[str, ...]) -> list[CatalogError]:
    """The same for a list of them."""
    return [
        finding for index, basis in enumerate(bases) for finding in unknown_basis(catalog, name, (*loc, index), basis)
    ]
