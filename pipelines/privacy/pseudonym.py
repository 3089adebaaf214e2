"""Keyed pseudonyms: HMAC-SM3 (GB/T 32905), because a bare hash of a citizen ID is undone by trying them all (domain.md §9).

The key comes from ``CREDIT_HUB_PSEUDONYM_KEY``. Without it a random key is made once for this user, in
``$XDG_CONFIG_HOME/credit-hub/pseudonym.key`` (mode 600), so that two homes of one user agree. A home remembers the key's
fingerprint and refuses another key: pseudonyms of two keys never meet, and subjects would silently fall apart.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

_LENGTH: Final = 32  # hexadecimal digits kept: 128 bits


class Pseudonyms:
    """Makes pseudonyms with one key."""

    def __init__(self, key: bytes) -> None:
        self._hmac = HMAC(key, SM3())

    def of(self, text: str) -> str:
        """32 hexadecimal digits."""
        mac = self._hmac.copy()
        mac.update(text.encode())
        return mac.finalize().hex()[:_LENGTH]

    def column(self, values: pl.Expr) -> pl.Expr:
        """Pseudonyms of a column of strings; null stays null."""
        return values.map_batches(self.series, return_dtype=pl.String, is_elementwise=True)

    def series(self, values: pl.Series) -> pl.Series:
        """Pseudonyms of a series of strings; null stays null."""
        index = values.is_not_null().arg_true()
        empty = pl.repeat(None, len(values), dtype=pl.String, eager=True).alias(values.name)
        if len(index) == 0:
            return empty
        made = pl.Series([self.of(text) for text in values.gather(index)], dtype=pl.String)
        return empty.scatter(index, made)
