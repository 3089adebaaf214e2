"""What a candidate must pass before ``latest`` moves: no citizen ID in it, its suites wholly successful, no unexplained fall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines import expectations
from pipelines.catalog import Catalog
from pipelines.catalog.models import Product, Releases
from pipelines.ground.errors import HubError
from pipelines.ground.stopwatch import stage
from pipelines.privacy.scan import Hit, scan_rows
from pipelines.publishing.new_records import NewRecords, joined
from pipelines.publishing.product_suite import product_suite, value_checks_hold
from pipelines.records.display import STATE
from pipelines.storage.manifest import Validation

_OF_ANY_TEXT: Final = ("max_length", "no_control_character", "no_replacement_character")


@dataclass(frozen=True)
class Checked:
    """What is new in a candidate: records that the government set holds too, which was checked, and all others."""

    alone: NewRecords
    held_elsewhere: NewRecords

    @property
    def all(self) -> NewRecords:
        """Every record."""
        alone, other = self.alone, self.held_elsewhere
        spans = joined([*alone.spans, *other.spans])
        return NewRecords((*alone.files, *other.files), alone.changes or other.changes, spans)


class Refused(HubError):
    """A candidate may not be published."""

    def __init__(self, message: str, hits: Sequence[Hit] = ()) -> None:
        super().__init__(message)
        self.hits = tuple(hits)


def check(
    catalog: Catalog,
    product: Product,
    key: Sequence[str],
    new_records: Checked,
    memory_limit: str,
    spill: Path,
    suite: Any,
) -> Validation:
    """Check the data files of a candidate.

    Args:
        catalog: for fields and policies.
        product: of a dataset.
        key: the record key.
        new_records: the candidate's new records.
        memory_limit: what DuckDB may hold.
        spill: where it may spill.
        suite: the dataset's suite.

    Raises:
        Refused: there is a citizen ID in a column, or an expectation is not met; the message says where.
    """
    dataset_id = str(product.dataset)
    with stage("scan"):
        _no_citizen_id(product, key, new_records.all)
    asked = for_release(catalog, dataset_id, suite, product)
    own = product_suite(catalog, product)
    with stage("gate"):
        both = {**own, "expectations": [*asked["expectations"], *own["expectations"]]}
        _meets(catalog, product, both, new_records.alone, memory_limit, spill)
        _meets(catalog, product, own, new_records.held_elsewhere, memory_limit, spill)
    return Validation(
        suite=product.id, expectations=len(asked["expectations"]) + len(own["expectations"]), successful=True
    )


def no_fall(policy: Releases, product_id: str, rows_before: int, removed: Mapping[str, int]) -> None:
    """Refuse a candidate that lost too many records for no reason the policy accepts.

    Args:
        policy: ``catalog/policies/releases.yaml``.
        product_id: for the message.
        rows_before: records of the release before.
        removed: removed records by reason.

    Raises:
        Refused: more than the share that may be lost is.
    """
    lost = sum(number for reason, number in removed.items() if reason not in policy.explained_by)
    if lost > rows_before * policy.largest_fall:
        raise Refused(
            f"{product_id}: {lost:,} of {rows_before:,} records are gone without a reason, more than the share of "
            f"{policy.largest_fall:.0%} that policies/releases.yaml allows; latest does not move. Run 'credit-hub audit' to see "
            "what the lake has lost"
        )


def _no_citizen_id(product: Product, key: Sequence[str], new_records: NewRecords) -> None:
    """Every text column but the hub's own provenance: batch ids and pseudonyms are hexadecimal digits, and prove nothing."""
    if not new_records:
        return
    rows = new_records.lazy()
    texts = [name for name, dtype in rows.collect_schema().items() if dtype == pl.String and not name.startswith("_")]
    if hits := scan_rows(rows, texts, key):
        shown = "; ".join(
            f"{hit.column}: {hit.rows} rows, first in row {hit.row_number} of batch {hit.batch_id}" for hit in hits
        )
        raise Refused(
            f"{product.id}: citizen IDs stand in what was to be published ({shown}); latest does not move", hits
        )


def _meets(
    catalog: Catalog, product: Product, suite: dict[str, Any], new_records: NewRecords, memory_limit: str, spill: Path
) -> None:
    if not new_records or not suite["expectations"]:
        return
    rows = _texts([*catalog.product_fields(product.id), STATE], new_records.sql())
    if broken := expectations.unmet(catalog, suite, rows, memory_limit, spill):
        raise Refused(f"{product.id}: the candidate does not meet its suite: {broken}; latest does not move")


def as_text(catalog: Catalog, dataset_id: str, files: Sequence[Path]) -> str:
    """SQL of the published records with every field as text, which is what the suite was made for."""
    return _texts([field.id for field in catalog.fields(dataset_id)], NewRecords(tuple(files)).sql())


def _texts(columns: Sequence[str], rows: str) -> str:
    shown = ", ".join(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in columns)
    return f"SELECT {shown} FROM ({rows})"


def for_release(
    catalog: Catalog, dataset_id: str, suite: dict[str, Any], product: Product | None = None
) -> dict[str, Any]:
    """The refusing expectations that can be asked of published columns.

    A masked certificate number has lost its check digit, and the day of receipt and a provider's confirmation are not published;
    all were looked at before the split, by both routes. Of a field that a product masks only what is true of any text is asked;
    the product's own suite says more.
    """
    chosen = product or catalog.products[dataset_id]
    published = set(catalog.product_fields(chosen.id))
    confirmable = {rule.id for rule in catalog.rules[dataset_id] if rule.confirmable}
    asked = []
    for item in suite["expectations"]:
        columns = {value for name, value in item["kwargs"].items() if name.startswith("column")}
        checked = str(item["kwargs"].get("check", ""))
        masked = checked.startswith("citizen_id") or (
            "column" in item["kwargs"]
            and checked not in ("", *_OF_ANY_TEXT)
            and not value_checks_hold(catalog, chosen, item["kwargs"]["column"])
        )
        if item["severity"] == expectations.CRITICAL and columns <= published and not masked:
            if item["meta"]["rule_id"] in confirmable:
                continue
            asked.append(item)
    return {**suite, "expectations": asked}
