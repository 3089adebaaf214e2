"""The catalogue (公共信用信息目录) as data: what may be collected, what a right record is, who owes it, how it is scored."""

from pipelines.catalog.load import Catalog, catalog
from pipelines.catalog.models import Dataset, Field, Kind, Layout, Provider, Severity
from pipelines.catalog.rules import (
    CLEANED,
    CONTRADICTS,
    EVIDENCE,
    LAYOUT,
    LOST_DIGITS,
    MERGED,
    RECEIVED_ON,
    RECORD,
    REPAIR_TERMS,
    REPAIRABLE_FROM,
    SHOWN_OTHERWISE,
    TAKEN_AS_SHOWN,
    Rule,
    asked_name,
)
from pipelines.catalog.source import CatalogError

__all__ = [
    "CLEANED",
    "CONTRADICTS",
    "EVIDENCE",
    "LAYOUT",
    "LOST_DIGITS",
    "MERGED",
    "RECEIVED_ON",
    "RECORD",
    "REPAIRABLE_FROM",
    "REPAIR_TERMS",
    "SHOWN_OTHERWISE",
    "TAKEN_AS_SHOWN",
    "Catalog",
    "CatalogError",
    "Dataset",
    "Field",
    "Kind",
    "Layout",
    "Provider",
    "Rule",
    "Severity",
    "asked_name",
    "catalog",
]
