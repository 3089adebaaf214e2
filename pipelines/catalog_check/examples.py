"""Kinds of rules: each has a good and a bad example, which are its test, and two routes."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every check, and of every rule whose examples do not differ."""
    places = {check_id: index for index, check_id in enumerate(catalog.checks)}
    for check in catalog.checks.values():
        for part in ("good", "bad"):
            if getattr(check, part) is None:
                message = (
                    f"check '{check.id}' has no {part} example; a rule needs one of each, they are its test: write it"
                )
                yield at(catalog, "checks.yaml", ("checks", places[check.id], "id"), message)
        if check.good is not None and check.good == check.bad:
            message = f"check '{check.id}': the good and the bad example are the same; correct one"
            yield at(catalog, "checks.yaml", ("checks", places[check.id], "bad"), message)
    for check_id, primitive in _without_routes(catalog).items():
        message = f"no module of pipelines/checks registers '{primitive}'; write both routes there, or name others under routes"
        yield at(catalog, "checks.yaml", ("checks", places[check_id], "id"), message)


def _without_routes(catalog: Catalog) -> dict[str, str]:
    """Checks whose routes nobody registers, with the name that is missing; rules that cannot be made are another finding."""
    from pipelines.checks.registry import CHECKS

    missing: dict[str, str] = {}
    for dataset_id in catalog.datasets:
        try:
            rules = catalog.rules[dataset_id]
        except KeyError:
            continue
        missing |= {rule.check: rule.primitive for rule in rules if rule.cells and rule.primitive not in CHECKS}
    return missing
