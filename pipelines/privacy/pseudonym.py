"""Keyed pseudonyms: HMAC-SM3 (GB/T 32905), because a bare hash of a citizen ID is undone by trying them all (domain.md §9).

The key comes from ``CREDIT_HUB_PSEUDONYM_KEY``. Without it a random key is made once for this user, in
``$XDG_CONFIG_HOME/credit-hub/pseudonym.key`` (mode 600), so that two homes of one user agree. A home remembers the key's
fingerprint and refuses another key: pseudonyms of two keys never meet, and subjects would silently fall apart.
"""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from pipelines.errors import InputError
from pipelines.home import Home, replace_file

VARIABLE: Final = "CREDIT_HUB_PSEUDONYM_KEY"
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


def pseudonyms(home: Home) -> Pseudonyms:
    """The pseudonyms of a home.

    Raises:
        InputError: the home was made with another key.
    """
    made = Pseudonyms(_key())
    path = home.root / "state/pseudonym_key.id"
    fingerprint = made.of("fingerprint")[:16]
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, fingerprint.encode())
    elif path.read_text() != fingerprint:
        raise InputError(
            f"{home.root}: was made with another pseudonym key; set {VARIABLE} to the key this home was made with, "
            "or start a new home and drop the files there again"
        )
    return made


@lru_cache(maxsize=1)
def _key() -> bytes:
    given = os.environ.get(VARIABLE)
    if given:
        return given.encode()
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "credit-hub"
    path = folder / "pseudonym.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".pseudonym.key.{os.getpid()}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(secrets.token_hex(32).encode())
    try:
        os.link(temporary, path)  # the first of several processes wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_bytes()
