"""Keyed pseudonyms: the same person the same under one key, nothing in common under another, and never the value."""

from __future__ import annotations

import polars as pl
from cryptography.hazmat.primitives.hashes import SM3, Hash
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.pseudonym import Pseudonyms
from tests.privacy.numbers import PERSON

KEY, OTHER = b"a key", b"another key"


def sm3(data: bytes) -> bytes:
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


def by_hand(key: bytes, text: str) -> str:
    """HMAC (RFC 2104) with SM3, written down once more; blocks of 64 bytes."""
    padded = (sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in padded) for pad in (0x36, 0x5C))
    return sm3(outer + sm3(inner + text.encode())).hex()[:32]


def made(key: bytes, *values: str | None) -> list[str | None]:
    frame = pl.DataFrame({"value": list(values)}, schema={"value": pl.String})
    return frame.select(Pseudonyms(key).column(pl.col("value")))["value"].to_list()


def test_sm3_is_the_one_of_the_standard() -> None:
    """The first example of GB/T 32905."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@settings(max_examples=50, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=6), key=st.binary(min_size=1, max_size=80))
def test_a_pseudonym_is_hmac_sm3_of_the_value_and_null_stays_null(values: list[str | None], key: bytes) -> None:
    assert made(key, *values) == [None if one is None else by_hand(key, one) for one in values]


def test_one_key_gives_one_pseudonym_and_another_key_another() -> None:
    first, second, third = made(KEY, PERSON, PERSON, PERSON[:-1] + "1")
    assert first == second != third
    assert not set(made(KEY, PERSON)) & set(made(OTHER, PERSON))
    assert PERSON not in str(first)


def test_a_column_with_nothing_in_it_and_one_in_pieces() -> None:
    assert made(KEY) == []
    assert made(KEY, None, None) == [None, None]
    pieces = pl.Series("value", ["a", None]).append(pl.Series("value", ["b"]))
    assert Pseudonyms(KEY).series(pieces).to_list() == [by_hand(KEY, "a"), None, by_hand(KEY, "b")]
    assert Pseudonyms(KEY).series(pieces).name == "value"
