"""Catalogue to rules, text rows to typed accepted rows and refused rows with all reasons."""

from pipelines.screening.screen import COUNTED, MEASURES, REFUSED, Screen, counts
from pipelines.storage.columns import BATCH, BUCKET, ROW_NUMBER, quarantine_schema, record_schema

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
