"""Catalogue to rules, text rows to typed accepted rows and refused rows with all reasons."""

from pipelines.screening.columns import BATCH, BUCKET, ROW_NUMBER, quarantine_schema, record_schema
from pipelines.screening.screen import COUNTED, MEASURES, REFUSED, Screen, counts

__all__ = [
    "BATCH",
    "BUCKET",
    "COUNTED",
    "MEASURES",
    "REFUSED",
    "ROW_NUMBER",
    "Screen",
    "counts",
    "quarantine_schema",
    "record_schema",
]
