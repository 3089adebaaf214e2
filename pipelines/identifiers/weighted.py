"""Check characters that are a weighted sum: Σ value·weight ≡ remainder (mod modulus) over a text of fixed length.

The credit code, the organisation code and the citizen ID are all of this kind once the check character is counted in
with weight 1. The text is read two bytes at a time where its length is even, and a table of 65,536 entries answers
"what do these two characters add, or may they not stand here": alphabet and sum in one look-up.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

ILLEGAL: Final = 10_000
"""What a character adds that may not stand at its place; no legal sum gets near."""

DIGITS: Final = "0123456789"
PAIR: Final = 2


@dataclass(frozen=True)
class Place:
    """One place of an identifier.

    Attributes:
        weight: what the value is multiplied by.
        values: ASCII characters in the order of their value 0, 1, 2, …
        allowed: those that may stand here; all of ``values`` when empty.
    """

    weight: int
    values: str
    allowed: str = ""

    def contributions(self) -> dict[int, int]:
        """What each allowed character adds to the sum, by its byte."""
        return {ord(c): self.weight * self.values.index(c) for c in self.allowed or self.values}


@dataclass(frozen=True)
class WeightedSum:
    """A fixed-length identifier whose weighted characters, the check character included, leave a known remainder."""

    places: tuple[Place, ...]
    modulus: int
    remainder: int = 0

    def holds(self, codes: pl.Series) -> pl.Series:
        """True where a text has the length, the characters and the remainder.

        Args:
            codes: strings of any length.

        Returns:
            Booleans of the same height; null for null, False for anything that does not fit.
        """
        length = len(self.places)
        sized = (codes.str.len_bytes() == length).fill_null(False)
        if not sized.any():
            return (
                pl.repeat(False, len(codes), dtype=pl.Boolean, eager=True).alias(codes.name).set(codes.is_null(), None)
            )
        # Reinterpreting needs exactly as many bytes in every row; the filler is in no alphabet.
        filled = codes if sized.all() else codes.zip_with(sized, pl.Series(["\0" * length]))
        width = PAIR if length % PAIR == 0 else 1
        unit = pl.Array(pl.UInt16 if width == PAIR else pl.UInt8, length // width)
        units = filled.cast(pl.Binary).bin.reinterpret(dtype=unit).to_frame("unit")
        added = (
            pl.lit(table).gather(pl.col("unit").arr.get(index)) for index, table in enumerate(_tables(self, width))
        )
        total = units.select(pl.sum_horizontal(added).alias("total"))
        good = total.select((pl.col("total") < ILLEGAL) & (pl.col("total") % self.modulus == self.remainder))
        verdict = good.to_series().alias(codes.name)
        if not codes.has_nulls():
            return verdict
        return verdict.zip_with(codes.is_not_null(), pl.Series([None], dtype=pl.Boolean))

    def holds_in(self, code: pl.Expr) -> pl.Expr:
        """The same as an expression; elementwise, so that it streams."""
        return code.cast(pl.String).map_batches(self.holds, return_dtype=pl.Boolean, is_elementwise=True)


@cache
def _tables(scheme: WeightedSum, width: int) -> tuple[pl.Series, ...]:
    """For each unit of one or two bytes: what it adds, by the number its bytes make in little-endian order."""
    places = [place.contributions() for place in scheme.places]
    tables = []
    for index in range(0, len(places), width):
        table = [ILLEGAL] * 256**width
        for first, low in places[index].items():
            for second, high in places[index + 1].items() if width == PAIR else ((0, 0),):
                table[first + 256 * second] = (low + high) % scheme.modulus
        tables.append(pl.Series(table, dtype=pl.UInt32))
    return tuple(tables)
