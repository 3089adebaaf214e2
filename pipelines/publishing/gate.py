"""What a candidate must pass before ``latest`` moves: no citizen ID in it, its suites wholly successful, no unexplained fall.

What single rows are at fault for is said of these rows (``Unsound``): the candidate is made again without them, and looked at
again. It is refused for what no row explains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipelines import expectations
from pipelines.catalog import Catalog
from pipelines.catalog.models import Product, Releases
from pipelines.checks.registry import OF_ANY_TEXT
from pipelines.ground.errors import HubError
from pipelines.ground.stopwatch import stage
from pipelines.privacy.scan import Hit, rows_holding, scan_rows
from pipelines.publishing.new_records import NewRecords, joined
from pipelines.publishing.product_suite import BLAMES, OURS, product_suite, value_checks_hold
from pipelines.records.display import STATE
from pipelines.screening.subject import bucket
from pipelines.storage.columns import BATCH, BUCKET, PROVIDER, REGION, ROW_NUMBER, SUBJECT_KEY
from pipelines.storage.manifest import Validation
from pipelines.storage.set_aside import FIELD, FOUND, RULE

_PLACED: Final = (BATCH, ROW_NUMBER, PROVIDER, REGION, SUBJECT_KEY)
_CITIZEN_ID: Final = "citizen_id_in_text"


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


class Unsound(Refused):
    """A candidate may not be published as it is, and single rows are at fault.

    They are ``rows``, in the columns of ``FOUND``, and ``_bucket``.
    """

    def __init__(self, message: str, rows: pl.DataFrame, hits: Sequence[Hit] = ()) -> None:
        super().__init__(message, hits)
        self.rows = rows


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
        Unsound: rows hold a citizen ID, or do not meet an expectation.
        Refused: an expectation is not met, and not because of single rows; the message says which.
    """
    dataset_id = str(product.dataset)
    with stage("scan"):
        unsound = [*_citizen_ids(catalog, product, key, new_records.all)]
    asked = for_release(catalog, dataset_id, suite, product)
    own = product_suite(catalog, product)
    with stage("gate"):
        both = {**own, "expectations": [*asked["expectations"], *own["expectations"]]}
        for suite_of, records in ((both, new_records.alone), (own, new_records.held_elsewhere)):
            unsound += _unmet(catalog, product, suite_of, records, memory_limit, spill)
    if unsound:
        raise Unsound(
            "; ".join(str(one) for one in unsound),
            pl.concat([one.rows for one in unsound]),
            [hit for one in unsound for hit in one.hits],
        )
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


def _citizen_ids(catalog: Catalog, product: Product, key: Sequence[str], new_records: NewRecords) -> Iterator[Unsound]:
    """Every text column but the hub's own provenance: batch ids and pseudonyms are hexadecimal digits, and prove nothing.

    Raises:
        Refused: there are some in a sensitive field, where the row is right and the mask is missing.
    """
    if not new_records:
        return
    rows = new_records.lazy()
    texts = [name for name, dtype in rows.collect_schema().items() if dtype == pl.String and not name.startswith("_")]
    if hits := scan_rows(rows, texts, key):
        shown = "; ".join(
            f"{hit.column}: {hit.rows} rows, first in row {hit.row_number} of batch {hit.batch_id}" for hit in hits
        )
        message = f"{product.id}: citizen IDs stand in what was to be published ({shown}); latest does not move"
        if {field.id for field in catalog.fields(str(product.dataset)) if field.sensitive} & {
            hit.column for hit in hits
        }:
            raise Refused(message, hits)
        found = rows_holding(rows, [hit.column for hit in hits])
        blamed = [
            _blamed(there, column, f"{product.dataset}.{column}.{_CITIZEN_ID}") for column, there in found.items()
        ]
        yield Unsound(message, pl.concat(blamed), hits)


def _unmet(
    catalog: Catalog, product: Product, suite: dict[str, Any], new_records: NewRecords, memory_limit: str, spill: Path
) -> Iterator[Unsound]:
    """What records do not meet of a suite.

    Raises:
        Refused: no row explains all of it.
    """
    if not new_records or not suite["expectations"]:
        return
    columns = [*catalog.product_fields(product.id), STATE]
    broken = expectations.unmet(catalog, suite, _texts(columns, new_records.sql()), memory_limit, spill)
    if not broken:
        return
    message = f"{product.id}: the candidate does not meet its suite: {broken}; latest does not move"
    asked = [
        item for item in suite["expectations"] if item["meta"]["rule_id"] in broken and item["meta"].get(BLAMES) != OURS
    ]
    # Provenance as it is: a row number that is cast to text would not be found again.
    placed = _texts(columns, new_records.sql(), _PLACED)
    found = expectations.unmet_rows(catalog, {**suite, "expectations": asked}, placed, _PLACED, memory_limit, spill)
    if any(rule not in found or found[rule].height != number for rule, number in broken.items()):
        raise Refused(message)
    fields = {item["meta"]["rule_id"]: _blamed_field(item["kwargs"]) for item in asked}
    yield Unsound(message, pl.concat(_blamed(rows, fields[rule], rule) for rule, rows in found.items()))


def _blamed_field(kwargs: Mapping[str, Any]) -> str:
    """The column of an expectation, of two the first."""
    return str(kwargs.get("column", kwargs.get("column_A")))


def _blamed(rows: pl.DataFrame, field: str, rule_id: str) -> pl.DataFrame:
    said = [pl.lit(field).alias(FIELD), pl.lit(rule_id).alias(RULE), bucket(pl.col(SUBJECT_KEY)).alias(BUCKET)]
    return rows.select(*_PLACED, *said).select(
        pl.col(name).cast(dtype) for name, dtype in {**FOUND, BUCKET: pl.String()}.items()
    )


def as_text(catalog: Catalog, dataset_id: str, files: Sequence[Path]) -> str:
    """SQL of the published records with every field as text, which is what the suite was made for."""
    return _texts([field.id for field in catalog.fields(dataset_id)], NewRecords(tuple(files)).sql())


def _texts(columns: Sequence[str], rows: str, as_they_are: Sequence[str] = ()) -> str:
    shown = ", ".join([*(f'CAST("{name}" AS VARCHAR) AS "{name}"' for name in columns), *as_they_are])
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
            and checked not in ("", *OF_ANY_TEXT)
            and not value_checks_hold(catalog, chosen, item["kwargs"]["column"])
        )
        if item["severity"] == expectations.CRITICAL and columns <= published and not masked:
            if item["meta"]["rule_id"] in confirmable:
                continue
            asked.append(item)
    return {**suite, "expectations": asked}
