"""The scorecard's scheme: weights that add up, dimensions, grades, datasets and fields that exist, a range to score in."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Scorecard
from pipelines.catalog.source import CatalogError
from pipelines.catalog_check.place import at

FILE = "scorecard.yaml"
Place = tuple[str | int, ...]


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of the one scheme there is."""
    for loc, message in wrong(catalog.scorecard):
        yield at(catalog, FILE, loc, message)
    for index, indicator in enumerate(catalog.scorecard.indicators):
        wanted = [(part, getattr(indicator, part)) for part in ("cases", "base") if getattr(indicator, part)]
        for part, one in wanted:
            if one.dataset not in catalog.datasets:
                message = f"'{one.dataset}' is no dataset of the catalogue; correct the name"
                yield at(catalog, FILE, ("indicators", index, part, "dataset"), message)
                continue
            known = {field.id for field in catalog.fields(one.dataset)}
            for key in ("opened", "closed", "field"):
                if getattr(one, key, None) not in (None, *known):
                    message = f"'{getattr(one, key)}' is no field of {one.dataset}; correct the name"
                    yield at(catalog, FILE, ("indicators", index, part, key), message)
        for number, check in enumerate(indicator.checks):
            if check not in catalog.checks:
                message = f"'{check}' is not in checks.yaml; correct the name"
                yield at(catalog, FILE, ("indicators", index, "checks", number), message)


def wrong(card: Scorecard) -> Iterator[tuple[Place, str]]:
    """What is wrong with a scheme by itself: where, and what to do."""
    dimensions = {d.id for d in card.dimensions}
    total = sum(indicator.weight for indicator in card.indicators)
    if abs(total - 100) > 1e-9:
        yield ("indicators",), f"weights add up to {total:g}, not to 100; correct them"
    known: set[str] = set()
    for index, indicator in enumerate(card.indicators):
        if indicator.id in known:
            yield ("indicators", index, "id"), f"'{indicator.id}' is there twice; remove one"
        known.add(indicator.id)
        if indicator.dimension not in dimensions:
            message = f"'{indicator.dimension}' is no dimension; correct it, or add it to dimensions"
            yield ("indicators", index, "dimension"), message
        if indicator.floor == indicator.target:
            yield ("indicators", index, "floor"), "floor and target are the same; no score between them; correct one"
    for index, line in enumerate(card.red_lines):
        if line.indicator not in known:
            yield (
                ("red_lines", index, "indicator"),
                f"'{line.indicator}' is no indicator of the scheme; correct the name",
            )
    best = card.small_sample.best_grade
    if best is not None and best not in {grade.grade for grade in card.grades}:
        yield ("small_sample", "best_grade"), f"'{best}' is no grade; correct it, or add it to grades"
