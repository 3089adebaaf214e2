"""Duplicates by record key: one record for each key, and a reason for every row that is not it."""

from pipelines.resolution.resolve import Resolved, key_columns, resolve

__all__ = ["Resolved", "key_columns", "resolve"]
