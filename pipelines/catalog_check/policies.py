"""Policies: severities exist, documents exist, masks do what their examples say, working days are working days."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.catalog.load import Catalog
from pipelines.catalog.source import CatalogError, Loc
from pipelines.catalog_check.place import at, unknown_bases, unknown_basis
from pipelines.privacy.policy import masked_by

DISPLAY, REPAIR, SURVIVORSHIP = (f"policies/{name}.yaml" for name in ("display_periods", "repair", "survivorship"))
MASKING, CALENDAR = "policies/masking.yaml", "calendar.yaml"
SEVERITY = "severity"


def findings(catalog: Catalog) -> Iterator[CatalogError]:
    """Of every policy; dates are for the dates' check."""
    yield from _display(catalog)
    yield from _repair(catalog)
    yield from _messages(catalog)
    yield from _masks(catalog)
    for position, order in enumerate(catalog.policies.survivorship.orders):
        where: Loc = ("orders", position)
        yield from unknown_basis(catalog, SURVIVORSHIP, (*where, "legal_basis"), order.legal_basis)
        for index, dataset_id in enumerate(order.datasets):
            if dataset_id not in catalog.datasets:
                message = f"'{dataset_id}' is no dataset of the catalogue; correct the name"
                yield at(catalog, SURVIVORSHIP, (*where, "datasets", index), message)
        if order.criteria[-1] != "content" or len(set(order.criteria)) < len(order.criteria):
            message = "criteria must differ and end with 'content', or equal records would be left to chance"
            yield at(catalog, SURVIVORSHIP, (*where, "criteria"), message)
        if len({one.rank for one in order.ranks}) < len(order.ranks):
            message = "two levels have the same rank; give each its own, or neither would win"
            yield at(catalog, SURVIVORSHIP, (*where, "ranks"), message)
    yield from _calendar(catalog)


def _display(catalog: Catalog) -> Iterator[CatalogError]:
    table = catalog.code_tables.get(SEVERITY)
    periods = catalog.policies.display_periods.periods
    for position, period in enumerate(periods):
        where: Loc = ("periods", position)
        if table is not None and period.severity not in table.codes:
            message = f"'{period.severity}' is no code of table '{SEVERITY}'; correct it"
            yield at(catalog, DISPLAY, (*where, "severity"), message)
        yield from unknown_bases(catalog, DISPLAY, (*where, "legal_bases"), period.legal_bases)
    missing = (table.codes if table else frozenset()) - {period.severity for period in periods}
    for severity in sorted(missing):
        yield at(catalog, DISPLAY, ("periods",), f"no display period for severity '{severity}'; add its rows")


def _repair(catalog: Catalog) -> Iterator[CatalogError]:
    for position, terms in enumerate(catalog.policies.repair.terms):
        where: Loc = ("terms", position)
        yield from unknown_bases(catalog, REPAIR, (*where, "legal_bases"), terms.legal_bases)
        for index, deadline in enumerate(terms.deadlines):
            place = (*where, "deadlines", index)
            yield from unknown_basis(catalog, REPAIR, (*place, "legal_basis"), deadline.legal_basis)
            if deadline.kind == "document" and deadline.legal_basis is None:
                message = f"deadline '{deadline.id}' is said to stand in a document; name it in legal_basis"
                yield at(catalog, REPAIR, place, message)


def _messages(catalog: Catalog) -> Iterator[CatalogError]:
    """Exchange sets that do something to the records they name: the sets exist, and so do the fields."""
    for position, message in enumerate(catalog.policies.repair.messages):
        where: Loc = ("messages", position)
        if message.dataset not in catalog.datasets:
            text = f"'{message.dataset}' is no dataset of the catalogue; correct the name"
            yield at(catalog, REPAIR, (*where, "dataset"), text)
            continue
        known = {field.id for field in catalog.fields(message.dataset)}
        conditions = [
            one.field for one in (message.takes_effect, message.undone, message.closed, message.unless) if one
        ]
        asked = [one.field for terms in catalog.policies.repair.terms for one in terms.enforced if one.field]
        more = [message.applied_on, *asked] if message.applied_on else []
        named = [*message.record.model_dump().values(), message.decided_on, *conditions, *more]
        for field in named:
            if field not in known:
                text = f"'{field}' is no field of dataset '{message.dataset}'; correct the name"
                yield at(catalog, REPAIR, where, text)
    yield from _answers(catalog)


def _answers(catalog: Catalog) -> Iterator[CatalogError]:
    """The exchange set of answers exists, and so do its fields."""
    answers = catalog.policies.repair.answers
    if answers is None:
        return
    if answers.dataset not in catalog.datasets:
        text = f"'{answers.dataset}' is no dataset of the catalogue; correct the name"
        yield at(catalog, REPAIR, ("answers", "dataset"), text)
        return
    known = {field.id for field in catalog.fields(answers.dataset)}
    for part, field in answers.model_dump(exclude={"dataset"}).items():
        if field not in known:
            text = f"'{field}' is no field of dataset '{answers.dataset}'; correct the name"
            yield at(catalog, REPAIR, ("answers", part), text)


def _masks(catalog: Catalog) -> Iterator[CatalogError]:
    masking = catalog.policies.masking
    if masking.mask(masking.sensitive_mask) is None:
        message = f"'{masking.sensitive_mask}' is no mask of this file; correct the name"
        yield at(catalog, MASKING, ("sensitive_mask",), message)
    for position, mask in enumerate(masking.masks):
        where: Loc = ("masks", position)
        yield from unknown_bases(catalog, MASKING, (*where, "legal_bases"), mask.legal_bases)
        values = pl.DataFrame({"value": [example.value for example in mask.examples]})
        shown = values.select(masked_by(mask, masking, pl.col("value"))).to_series()
        for index, example in enumerate(mask.examples):
            if shown[index] != example.shown:
                message = (
                    f"mask '{mask.id}' shows '{shown[index]}', not '{example.shown}'; correct the example or the mask"
                )
                yield at(catalog, MASKING, (*where, "examples", index), message)


def _calendar(catalog: Catalog) -> Iterator[CatalogError]:
    for position, year in enumerate(catalog.calendar.years):
        where: Loc = ("years", position)
        for part, days in (("holidays", year.holidays), ("working_weekends", year.working_weekends)):
            for index, day in enumerate(days):
                if day.year != year.year:
                    message = f"{day} is not in {year.year}; put it under its own year"
                    yield at(catalog, CALENDAR, (*where, part, index), message)
                if part == "working_weekends" and (day.weekday() < 5 or day in year.holidays):
                    message = f"{day} is no weekend day worked: a weekday, or a holiday too; correct it"
                    yield at(catalog, CALENDAR, (*where, part, index), message)
        previous = catalog.calendar.years[position - 1].year if position else year.year - 1
        if year.year != previous + 1:
            message = f"{year.year} does not follow {previous}; add the years between, or take one out"
            yield at(catalog, CALENDAR, (*where, "year"), message)
