"""Texts as they are compared: without blanks, middle dots and bracket styles (domain.md §1.1)."""

from __future__ import annotations

import polars as pl


def matched(text: pl.Expr) -> pl.Expr:
    """A text as it is compared."""
    same = text.str.replace_all(r"[（〔\[【［]", "(").str.replace_all(r"[）〕\]】］]", ")")
    return same.str.replace_all(r"[\s\p{Z}·•・．]", "")
