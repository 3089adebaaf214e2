"""Made-up citizen IDs: of a region and a day that nobody has, with the right check character."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def checked(first_17: str) -> str:
    """The eighteen characters, by GB 11643."""
    return first_17 + _CHECKS[sum(int(d) * w for d, w in zip(first_17, _WEIGHTS, strict=True)) % 11]


def wrong(number: str) -> str:
    """The same number with another check character."""
    return number[:17] + ("0" if number[17] != "0" else "1")


PERSON: Final = checked("11010119000101000")

citizen_ids = st.builds(
    lambda region, year, month, day, order: checked(f"{region}{year}{month:02}{day:02}{order:03}"),
    st.sampled_from(["110101", "510104", "810000"]),
    st.integers(1900, 2025),
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 999),
)
prose = st.text("身份证电话：，。 a7\n", max_size=8).filter(
    lambda text: not text[-1:].isdigit() and not text[:1].isdigit()
)
"""Text around a number, which is not made longer by it."""
