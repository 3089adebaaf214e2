"""What a candidate must pass before ``latest`` moves: no citizen ID in it, and the dataset's suite wholly successful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines import expectations
from pipelines.catalog import Catalog, Kind
from pipelines.errors import HubError
from pipelines.lake.sql import parquet
from pipelines.privacy.scan import scan

_TEXTS: Final = (Kind.STRING, Kind.DOCUMENT_NUMBER, Kind.CERTIFICATE_NUMBER, Kind.CODE, Kind.CODES)


@dataclass(frozen=True)
class Validation:
    """The ``validation`` of a manifest."""

    suite: str
    expectations: int
    successful: bool

    def to_json(self) -> dict[str, Any]:
        """As in the manifest."""
        return {"suite": self.suite, "expectations": self.expectations, "successful": self.successful}


class Refused(HubError):
    """A candidate may not be published."""


def check(
    catalog: Catalog, dataset_id: str, suite: dict[str, Any], files: Sequence[Path], memory_limit: str, spill: Path
) -> Validation:
    """Check the data files of a candidate.

    Raises:
        Refused: there is a citizen ID in a column, or an expectation is not met; the message says where.
    """
    from pipelines.expectations.counting import count_unexpected

    fields = catalog.fields(dataset_id)
    texts = [f.id for f in fields if f.kind in _TEXTS]
    if hits := scan(files, texts):
        shown = "; ".join(f"{hit.column}: {hit.rows} rows" for hit in hits)
        raise Refused(f"{dataset_id}: citizen IDs stand in what was to be published ({shown}); latest does not move")
    asked = for_release(catalog, dataset_id, suite)
    con = expectations.connection(catalog, memory_limit, spill)
    try:
        con.execute(f"CREATE TEMP VIEW candidate AS {as_text(catalog, dataset_id, files)}")
        result = count_unexpected(con, "candidate", asked)
    finally:
        con.close()
    if not result.successful:
        broken = {rule: rows for rule, rows in result.unexpected.items() if rows}
        raise Refused(
            f"{dataset_id}: the candidate does not meet its suite: {broken or result.errors}; latest does not move"
        )
    return Validation(dataset_id, result.expectations, result.successful)


def as_text(catalog: Catalog, dataset_id: str, files: Sequence[Path]) -> str:
    """SQL of the published records with every field as text, which is what the suite was made for."""
    columns = ", ".join(f'CAST("{field.id}" AS VARCHAR) AS "{field.id}"' for field in catalog.fields(dataset_id))
    return f"SELECT {columns} FROM {parquet(files)}"


def for_release(catalog: Catalog, dataset_id: str, suite: dict[str, Any]) -> dict[str, Any]:
    """The refusing expectations that can be asked of published columns.

    A masked certificate number has lost its check digit, and the day of receipt and a provider's confirmation are not published;
    all were looked at before the split, by both routes.
    """
    confirmable = {rule.id for rule in catalog.rules[dataset_id] if rule.confirmable}
    published = {f.id for f in catalog.fields(dataset_id)}
    asked = []
    for item in suite["expectations"]:
        columns = {value for name, value in item["kwargs"].items() if name.startswith("column")}
        masked = str(item["kwargs"].get("check", "")).startswith("citizen_id")
        if item["severity"] == expectations.CRITICAL and columns <= published and not masked:
            if item["meta"]["rule_id"] in confirmable:
                continue
            asked.append(item)
    return {**suite, "expectations": asked}
