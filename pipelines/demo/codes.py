"""Invented identifiers whose check characters hold, and that cannot belong to anyone.

* **Credit codes** have a real registrar pair and a real region, and an organisation code that begins with ``MX``
  (bodies with a register entry) or ``MY`` (authorities). Registrars have given out ``MA`` and the letters shortly
  after it; none has reached these (domain.md §1.2, p9-10: confidence medium).
* **Citizen IDs** have a province as their region (``510000``, where a person's names a county) and a date of birth in
  2099. Each alone is enough that nobody has such a number. They satisfy the rules, and ``citizen_id.plausible`` takes
  them for what they imitate, so masking and scanning are really put to the test.

Arithmetic is on matrices of bytes: a million codes take about a second.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.identifiers import citizen_id, credit_code, organisation_code

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

SUBJECT: Final = "MX"
AUTHORITY: Final = "MY"
BIRTH_YEAR: Final = 2099

_ALPHABET: Final = np.frombuffer(credit_code.ALPHABET.encode(), dtype=np.uint8)
_BASE: Final = len(credit_code.ALPHABET)
_SPACE: Final = _BASE**6
_STRIDE: Final = 362_436_069  # no multiple of 31, so that serial to body is one to one
_OUTER: Final = np.array([pow(3, place, 31) for place in range(17)], dtype=np.int64)
_INNER: Final = np.array(organisation_code.WEIGHTS, dtype=np.int64)
_INNER_CHECKS: Final = np.frombuffer(b"0X987654321", dtype=np.uint8)
_PERSON: Final = np.array(citizen_id.WEIGHTS, dtype=np.int64)
_PERSON_CHECKS: Final = np.frombuffer(citizen_id.CHECKS.encode(), dtype=np.uint8)


def credit_codes(pairs: pl.Series, regions: pl.Series, serials: Integers, prefix: str = SUBJECT) -> pl.Series:
    """Credit codes right by both check characters.

    Args:
        pairs: registrar and category, two characters each.
        regions: six digits each.
        serials: below 31^6; different serials give different codes.
        prefix: first two characters of the organisation code.
    """
    count = len(serials)
    codes = np.empty((count, 18), dtype=np.uint8)
    codes[:, 0:2] = _matrix(pairs, 2)
    codes[:, 2:8] = _matrix(regions, 6)
    codes[:, 8:10] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    numbers = (serials * _STRIDE + _STRIDE // 7) % _SPACE
    for place in range(15, 9, -1):
        codes[:, place] = _ALPHABET[numbers % _BASE]
        numbers = numbers // _BASE
    codes[:, 16] = _INNER_CHECKS[(_values(codes[:, 8:16], organisation_code.BODY) @ _INNER) % 11]
    codes[:, 17] = _ALPHABET[(-(_values(codes[:, :17], credit_code.ALPHABET) @ _OUTER)) % 31]
    return _texts(codes)


def outer_check(first: str) -> str:
    """The eighteenth character after seventeen of a credit code."""
    total = sum(credit_code.ALPHABET.index(c) * pow(3, place, 31) for place, c in enumerate(first))
    return credit_code.ALPHABET[-total % 31]


def registration_numbers(regions: pl.Series, sequences: Integers) -> pl.Series:
    """Registration numbers of 15 digits (工商注册号): region, eight digits, check digit of ISO 7064 MOD 11,10."""
    numbers = np.empty((len(sequences), 15), dtype=np.uint8)
    numbers[:, 0:6] = _matrix(regions, 6)
    numbers[:, 6:14] = _digits(sequences, 8)
    product: Integers = np.full(len(sequences), 10, dtype=np.int64)
    for place in range(14):
        product = ((product + numbers[:, place].astype(np.int64) - 49) % 10 + 1) * 2 % 11
    numbers[:, 14] = (11 - product) % 10 + 48
    return _texts(numbers)


def citizen_ids(provinces: pl.Series, sequences: Integers) -> pl.Series:
    """Citizen IDs that nobody has or will be given: born in 2099, at a province instead of a county.

    Args:
        provinces: six digits each; the Corps (660000) counts as Xinjiang, which issues its IDs.
        sequences: different ones give different numbers, below 365,000.
    """
    numbers = np.empty((len(sequences), 18), dtype=np.uint8)
    numbers[:, 0:6] = _matrix(provinces.replace("660000", "650000"), 6)
    day = np.datetime64(f"{BIRTH_YEAR}-01-01") + (sequences // 1000) % 365
    born = np.char.replace(day.astype("U10"), "-", "")
    numbers[:, 6:14] = _matrix(pl.Series(born), 8)
    numbers[:, 14:17] = _digits(sequences % 1000, 3)
    total = (numbers[:, :17].astype(np.int64) - 48) @ _PERSON
    numbers[:, 17] = _PERSON_CHECKS[total % 11]
    return _texts(numbers)


def _values(characters: Bytes, alphabet: str) -> Integers:
    table = np.zeros(256, dtype=np.int64)
    table[np.frombuffer(alphabet.encode(), dtype=np.uint8)] = np.arange(len(alphabet))
    return table[characters]


def _matrix(texts: pl.Series, width: int) -> Bytes:
    return np.frombuffer("".join(texts.to_list()).encode(), dtype=np.uint8).reshape(-1, width)


def _digits(numbers: Integers, width: int) -> Bytes:
    return ((numbers[:, None] // 10 ** np.arange(width - 1, -1, -1)) % 10 + 48).astype(np.uint8)


def _texts(characters: Bytes) -> pl.Series:
    joined = np.ascontiguousarray(characters).view(f"S{characters.shape[1]}").reshape(-1)
    return pl.Series(joined.astype(f"U{characters.shape[1]}"))
